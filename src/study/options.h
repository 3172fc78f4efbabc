/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All rows of the study file, joined from the rooms. The command line, the help, the manual and the checks read this. */
#ifndef MLAB_STUDY_OPTIONS_H
#define MLAB_STUDY_OPTIONS_H

#include "core/options.h"

/* The rows that no other room keeps: title, who is compared, matched, simulated, paid. */
extern const mlab_option mlab_study_option_rows[];
extern const size_t mlab_study_n_option_rows;

#define MLAB_STUDY_MOST_TABLES 8
typedef struct mlab_option_tables {
    const mlab_option *tables[MLAB_STUDY_MOST_TABLES];
    size_t n_rows[MLAB_STUDY_MOST_TABLES];
    size_t n;
} mlab_option_tables;
mlab_option_tables mlab_study_options(void);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of stages. */
#ifndef MLAB_STUDY_STAGES_H
#define MLAB_STUDY_STAGES_H

#include "core/os.h"
#include "core/text.h"
#include "mentorlab/study.h"

/* One stage: why it does not apply (NULL = it does), the work, reading its stage file back, the line it says. */
typedef struct mlab_stage_row {
    const char *name;
    unsigned needs;       /* bits of the stages whose results it reads, directly or not */
    const char *prefixes; /* paths of the study file that decide its numbers, separated by blanks */
    const char *(*why_not)(const mlab_study *study);
    mlab_status (*work)(mlab_study *study, const char *path, const char *key, mlab_error *err);
    mlab_status (*load)(mlab_study *study, const char *path, mlab_error *err);
    void (*tell)(const mlab_study *study, mlab_text *line);
} mlab_stage_row;
extern const mlab_stage_row mlab_stage_rows[MLAB_N_STAGES];

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of comparison.* that decide how arms are compared. */
#ifndef MLAB_COMPARE_OPTIONS_H
#define MLAB_COMPARE_OPTIONS_H

#include "core/options.h"
#include "mentorlab/compare.h"

extern const mlab_option mlab_compare_option_rows[];
extern const size_t mlab_compare_n_option_rows;

#endif

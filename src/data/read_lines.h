/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of rows while a file is read: most follow each other, so that runs of them are kept. */
#ifndef MLAB_DATA_READ_LINES_H
#define MLAB_DATA_READ_LINES_H

#include "mentorlab/data.h"

typedef struct mlab_line_run {
    size_t row; /* first one */
    uint64_t line;
} mlab_line_run;

typedef struct mlab_line_runs {
    mlab_line_run *items; /* [n] rising rows */
    size_t n, capacity;
} mlab_line_runs;

/* The line of the row behind the last one. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_line_runs_add(const mlab_context *context, mlab_line_runs *runs, size_t row, uint64_t line, mlab_error *err);
/* *lines [n_rows], released with mlab_release. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_line_runs_expand(const mlab_context *context, const mlab_line_runs *runs, size_t n_rows, uint64_t **lines,
                                                mlab_error *err);

#endif

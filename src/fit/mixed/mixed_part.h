/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Some rows of a problem with random effects as a problem of their own. */
#ifndef MLAB_FIT_MIXED_PART_H
#define MLAB_FIT_MIXED_PART_H

#include "fit/mixed/mixed.h"
#include "fit/mixed/web.h"

typedef struct mlab_mixed_part {
    const mlab_context *context;
    mlab_fit_problem problem; /* without clusters */
    mlab_engine engine;       /* that of the whole problem, told of this one: for aliased columns, families and shifts, not for its tiles */
    mlab_prepared prepared;
    mlab_random_grouping random[MLAB_MOST_TERMS];
    double *number; /* linear models: the response as the engine has it */
    void *owned[8 + 2 * MLAB_MOST_TERMS];
    size_t n_owned;
} mlab_mixed_part;

/* Rows order[0 .. n - 1] of the problem. local[t][g]: the number that group g of grouping t has among them, of which there are count[t]. Not to be
 * moved; released with mlab_mixed_part_free, also after a failure. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_mixed_part_make(const mlab_context *context, const mlab_prepared *from, const uint32_t *order, size_t n,
                                               uint32_t *const *local, const uint32_t *count, mlab_mixed_part *part, mlab_error *err);
void mlab_mixed_part_free(mlab_mixed_part *part);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What refits of one problem share, and a batch of them side by side. */
#ifndef MLAB_FIT_REFITS_CLIMB_H
#define MLAB_FIT_REFITS_CLIMB_H

#include "fit/refits.h"
#include "fit/refits_series.h"

struct mlab_refits {
    const mlab_context *context;
    const mlab_prepared *prepared;
    const mlab_engine *engine; /* NULL = every refit is done in full */
    double *start, *inward;    /* [n_parameters] as given; of the engine's columns */
    size_t n_units, n_blocks, p;
    mlab_series series;
    float *sums; /* [n_blocks * n_sums * MLAB_SERIES_BLOCK] of each cluster, over `unit` */
    double unit; /* a power of two, so that no sum is beyond a float */
};

/* How a refit of a batch ended: whether its estimates are there, and the steps that it took on rows. */
typedef struct mlab_refits_end {
    bool there;
    int rounds;
} mlab_refits_end;

/* estimates and count as of mlab_refits_run, of refits with an engine; ends [n]. Estimates of refits that are not there are left as they are. Errors:
 * MLAB_ERR_MEMORY, those of the design. */
MLAB_MUST_USE mlab_status mlab_refits_climb(const mlab_context *context, const mlab_refits *refits, size_t n, const uint16_t *const *count,
                                            double *estimates, mlab_refits_end *ends, mlab_error *err);

#endif

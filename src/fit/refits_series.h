/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score of a sample near the common start as a series in the change of its parameters:
 *
 *   S(start + d) = S - H d - T[d, d] / 2 - F[d, d, d] / 6
 *
 * S and H (minus the second derivative) and, of few columns, T are the sample's own, sums over its clusters; F, and else T, are those of all rows. */
#ifndef MLAB_FIT_REFITS_SERIES_H
#define MLAB_FIT_REFITS_SERIES_H

#include "fit/engine.h"

/* Clusters whose sums stand together: a few sums and a batch of counts stay in the nearest caches. */
#define MLAB_SERIES_BLOCK ((size_t)512)

typedef struct mlab_series {
    const mlab_context *context;
    size_t p;
    int order; /* 1: only S and H are known; 2: T of all rows too; 3: T is a sample's own, and F of all rows */
    size_t n_sums, n_third;
    double *third, *fourth; /* [p^3], [p^4] of all rows, or NULL */
} mlab_series;

/* What of the series is known of an engine of one predictor. */
mlab_series mlab_series_of(const mlab_context *context, const mlab_engine *engine);
/* sums [blocks * n_sums * MLAB_SERIES_BLOCK], zeros: what the rows give at `parameters` is added to their clusters' places: cluster g has sum k at
 * (g / MLAB_SERIES_BLOCK * n_sums + k) * MLAB_SERIES_BLOCK + g % MLAB_SERIES_BLOCK. Makes third and fourth. Errors: MLAB_ERR_MEMORY, those of
 * the design. */
MLAB_MUST_USE mlab_status mlab_series_add(const mlab_context *context, const mlab_engine *engine, const double *parameters, double *sums,
                                          mlab_series *series, mlab_error *err);
void mlab_series_free(mlab_series *series);

/* information [p * p], its upper half: H at the change d, from a sample's sums [n_sums]; residual [p] (NULL = not wanted): the score there.
 * work [mlab_series_room]. */
void mlab_series_at(const mlab_series *series, const double *sums, const double *d, double *residual, double *information, double *work);
size_t mlab_series_room(const mlab_series *series);

#endif

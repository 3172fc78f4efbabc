/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the Laplace approximation of one grouping and its quadrature share: the work on one chunk of groups. */
#ifndef MLAB_FIT_MIXED_LAPLACE_H
#define MLAB_FIT_MIXED_LAPLACE_H

#include "fit/mixed/mixed.h"

typedef struct mlab_mode_search {
    double v[MLAB_MOST_EFFECTS], step[MLAB_MOST_EFFECTS], value, part;
    bool moving;
} mlab_mode_search;

/* A thread's own arrays, [rows] each but groups. */
typedef struct mlab_chunk_room {
    double *fixed, *eta, *likelihood, *score, *weight, *upper, *lower, *upper_upper, *upper_lower, *lower_lower, *slope, *other, *leverage, *effect,
        *junk;
    double *mean_score, *mean_upper, *mean_lower; /* over the nodes of a quadrature; of the mode without one */
    double *scratch;                              /* of a tile */
    double *group;                                /* [groups * mlab_laplace_group_size] */
    mlab_mode_search *searches;
} mlab_chunk_room;

typedef struct mlab_laplace_work {
    mlab_mixed *mixed;
    const double *psi;
    double lambda[MLAB_MOST_EFFECTS * MLAB_MOST_EFFECTS];
    size_t part;   /* 1 + n_parameters */
    double *parts; /* [n_chunks * part] */
    bool gradient;
} mlab_laplace_work;

/* Of each group: Q [q * q], what the curvature is weighted by in the gradient (H^-1 for Laplace); A [q], the gradient by the mode, 0 for
 * Laplace; D [q * q], the mean of Z's v' by rows of Z's. */
size_t mlab_laplace_group_size(const mlab_mixed *mixed);
bool mlab_laplace_evaluate(const mlab_mixed *m, const mlab_chunk_room *room, const double *thresholds, size_t first, size_t n, const double *eta,
                           double *likelihood, double *score, double *weight);
void mlab_laplace_by_lambda(const mlab_laplace_work *w, bool transposed, const double *a, double *out);
void mlab_laplace_set_eta(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t first, size_t from, size_t to, const double *v);

/* Adaptive Gauss-Hermite quadrature of the groups of a chunk whose modes are found (fit/mixed/mixed_quadrature.c): their log-likelihoods, and,
 * with a gradient, Q, A, D and the means over the nodes. False = not allowed. */
bool mlab_quadrature_chunk(const mlab_laplace_work *w, const mlab_chunk_room *room, size_t chunk, double *log_likelihood);

#endif

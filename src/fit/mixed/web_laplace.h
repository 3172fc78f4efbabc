/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Laplace approximation of several groupings or predictors: rows, modes, gradient. */
#ifndef MLAB_FIT_WEB_LAPLACE_H
#define MLAB_FIT_WEB_LAPLACE_H

#include "fit/mixed/web.h"

/* Arrays over the rows in the web's order: predictor k of row i at k * n + i, pairs of predictors (0, 0), (0, 1), ..., (1, 1) likewise. */
typedef struct mlab_web_rows {
    mlab_web *web;
    bool with_shape;                                  /* the last parameter is the log of the family's shape */
    size_t n_parameters, n_pairs;                     /* thresholds, coefficients of each predictor, Lambda (, log shape) */
    double *fixed, *eta, *score, *weight;             /* offset + Xb; predictors; first derivative of the log-likelihood, minus the second */
    double *leverage, *bend, *tied;                   /* h = z Lambda H^-1 Lambda' z of each pair; sum of h dW by each predictor; z Lambda H^-1 c */
    double *slope;                                    /* thresholds: dW by the predictor; else empty */
    double *u, *right, *c, *hc, *zs, *zt, *zw, *room; /* [n_effects] */
    double *local;                                    /* sums of z times something of each cell, at local_first, [base * n_eta] */
    size_t *local_first;                              /* [n_cells + 1] */
    double *parts;                                    /* [n_chunks * part] */
    size_t part;
    const double *psi;
    double shape;
    double *memory;
} mlab_web_rows;

MLAB_MUST_USE mlab_status mlab_web_rows_make(mlab_web *web, mlab_web_rows *rows, mlab_error *err); /* freed also after a failure */
void mlab_web_rows_free(mlab_web_rows *rows);
/* An mlab_climb_evaluate: work is an mlab_web_rows. Leaves modes in web->v and the factor of H there; with a gradient its inverse. */
MLAB_MUST_USE mlab_status mlab_web_laplace(void *work, const double *psi, double *value, double *gradient, mlab_error *err);

/* --- parts ------------------------------------------------------------------------------------------------------- */

/* What a family finds in a tile of rows, times their weights; predictor or pair k at k * MLAB_TILE. */
typedef struct mlab_web_tile {
    double *likelihood, *score, *weight, *upper, *lower, *upper_upper, *upper_lower, *lower_lower;
} mlab_web_tile;
size_t mlab_web_tile_scratch(const mlab_web *web); /* doubles */
/* Rows from .. from + n - 1 (n <= MLAB_TILE) with predictor `moved` (SIZE_MAX = none) moved by `by`. False = not allowed. */
bool mlab_web_tile_at(const mlab_web_rows *rows, const double *thresholds, double shape, size_t from, size_t n, size_t moved, double by,
                      double *scratch, mlab_web_tile *tile);
/* into [n_effects] = the local sums, added cell by cell. */
void mlab_web_add_local(const mlab_web_rows *rows, double *into);
/* The gradient at the modes that mlab_web_laplace left. */
MLAB_MUST_USE mlab_status mlab_web_gradient(mlab_web_rows *rows, double *gradient, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mixed models of several groupings, several memberships or several predictors. All effects stand in one vector u = Lambda v, v standard
 * normal: first those of the leaves, the grouping of most effects, which no two groups of share a row, then all others ("knots"). So
 *
 *     H = Lambda' Z'WZ Lambda + I = [ A  B' ; B  K ],   A block by block,   S = K - B A^-1 B'
 *
 * and only S, of the knots, is factored as a whole (dense, or sparse by CHOLMOD). Rows that are in the same groups are a cell. */
#ifndef MLAB_FIT_WEB_H
#define MLAB_FIT_WEB_H

#include "fit/climb.h"
#include "fit/engine.h"
#include "fit/mixed/sparse.h"

#define MLAB_MOST_TERMS ((size_t)8)
#define MLAB_MOST_OF_TERM ((size_t)12) /* effects of a group, all predictors */
#define MLAB_MOST_LOCAL ((size_t)64)   /* effects on one row, all predictors */

typedef struct mlab_web_term {
    const mlab_random_grouping *grouping;
    bool independent;
    size_t columns, q, n_groups, memberships; /* q = columns times predictors: those of the first predictor come first */
    size_t first;                             /* its first effect in v; effect a of group g is first + g * q + a */
    size_t lambda, n_lambda;                  /* its entries of Lambda among all */
    const uint32_t *group;                    /* [n * memberships] of the problem's rows, rising, UINT32_MAX behind the last */
    const double *share;                      /* [n * memberships] or NULL = 1 */
    uint32_t *own_group;
    double *own_share;
} mlab_web_term;

/* Rows in the same groups. Its effects ("local" ones) are those of the leaf, then those of its knots' groups, `base` columns and
 * base * predictors effects. */
typedef struct mlab_web_cell {
    size_t begin, end;      /* rows */
    size_t z;               /* place of its rows' columns in mlab_web.z, [rows * base] row by row */
    size_t cross;           /* place of its sum of z W z', lower triangle by rows, in mlab_web.cross */
    size_t slot;            /* first of its groups in the slots */
    uint32_t n_slots, base; /* groups that are knots; columns */
} mlab_web_cell;

typedef struct mlab_web {
    const mlab_context *context;
    const mlab_fit_problem *problem;
    const mlab_family *family;
    bool expected;
    double shape;
    size_t n, p, n_eta, n_thresholds;
    size_t n_terms, leaf; /* leaf: the term, or n_terms = none; leaves are then blocks of rows without effects */
    mlab_web_term terms[MLAB_MOST_TERMS];
    size_t n_lambda, q_leaf, n_leaves, n_of_leaves, n_knots, n_effects; /* n_of_leaves = n_leaves * q_leaf; n_effects = + n_knots */
    size_t *row;                                                        /* [n] of the problem */
    double *x, *offset;                                                 /* [p * n] column by column, [n] */
    double *number, *weight;                                            /* [n] or NULL */
    int32_t *category;                                                  /* [n] or NULL */
    double *z;
    size_t n_cells, n_slots, cross_size, z_size;
    mlab_web_cell *cells;
    uint8_t *slot_term;
    uint32_t *slot_knot, *slot_near;                                        /* [n_slots] first knot of the group; its place in the leaf's list */
    size_t *leaf_cell;                                                      /* [n_leaves + 1] */
    size_t *near_first;                                                     /* [n_leaves + 1] */
    uint32_t *near;                                                         /* knots tied to a leaf, rising; none when q_leaf = 0 */
    size_t n_chunks, *chunk_leaf;                                           /* [n_chunks + 1] */
    size_t most_rows, most_near;                                            /* of a chunk; of a leaf */
    mlab_sparse *s;                                                         /* of the knots; NULL when there are none */
    double *cross;                                                          /* [cross_size] */
    double lambda[MLAB_MOST_TERMS * MLAB_MOST_OF_TERM * MLAB_MOST_OF_TERM]; /* of the last factor; term t at t * 144, by rows of q */
    double *leaf_factor;                                                    /* [n_leaves * q_leaf^2] */
    double *half;                        /* [q_leaf * near] L^-1 B of each leaf, [q_leaf rows * its knots] at q_leaf * near_first */
    double *leaf_inverse, *near_inverse; /* blocks of the inverse of H, the same shapes; after mlab_web_invert */
    double log_det;                      /* of H */
    double *v, *trial;                   /* [n_effects] */
} mlab_web;

/* number [n of the problem]: the response of models of numbers, NULL = none. */
MLAB_MUST_USE mlab_status mlab_web_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit_problem *problem,
                                        const double *number, mlab_web **web, mlab_error *err);
void mlab_web_free(mlab_web *web); /* NULL is fine */
/* Its parts (fit/mixed/web_cells.c): sorts the rows and finds cells, slots, leaves and the pattern of S. */
MLAB_MUST_USE mlab_status mlab_web_sort(mlab_web *web, mlab_error *err);

/* Entry k of the Lambda of a term is in this row and column. */
void mlab_web_entry(const mlab_web_term *term, size_t k, size_t *row, size_t *column);
void mlab_web_set_lambda(mlab_web *web, const double *entries);
static inline const double *mlab_web_lambda(const mlab_web *web, size_t term)
{
    return web->lambda + term * MLAB_MOST_OF_TERM * MLAB_MOST_OF_TERM;
}
/* Block s of a cell: 0 = the leaf (when q_leaf > 0), then its slots: the term, the place of its first local column, its first effect in v. */
typedef struct mlab_web_block {
    size_t term, base, effect;
    size_t near; /* place among the leaf's knots; SIZE_MAX for the leaf */
} mlab_web_block;
size_t mlab_web_blocks(const mlab_web *web, const mlab_web_cell *cell, size_t leaf, mlab_web_block *blocks);

/* From cross and Lambda: the factor of H. False = not positive definite. Errors: memory. */
MLAB_MUST_USE mlab_status mlab_web_factor(mlab_web *web, bool *definite, mlab_error *err);
/* b [n_effects] becomes H^-1 b. room [n_knots + most_near + 12]. */
void mlab_web_solve(const mlab_web *web, double *b, double *room);
static inline size_t mlab_web_room(const mlab_web *web)
{
    return web->n_knots + web->most_near + MLAB_MOST_OF_TERM;
}
/* z [n_effects] becomes C'^-1 z, H = C C': its covariance is the inverse of H when that of z is 1. room as for mlab_web_solve. */
void mlab_web_spread(const mlab_web *web, double *z, double *room);
/* Those entries of the inverse of H whose effects share a row. */
MLAB_MUST_USE mlab_status mlab_web_invert(mlab_web *web, mlab_error *err);
/* The inverse at the local effects of a cell: inverse [local * local]. */
void mlab_web_local_inverse(const mlab_web *web, size_t leaf, const mlab_web_cell *cell, const mlab_web_block *blocks, size_t n_blocks,
                            double *inverse);
/* traces [n_lambda] += for each entry (a, b) of Lambda, (M Lambda H^-1)_ab of the groups in the cells of a leaf. */
void mlab_web_leaf_trace(const mlab_web *web, size_t leaf, double *traces);
/* out = Lambda a, or Lambda' a; [n_effects] each. */
void mlab_web_by_lambda(const mlab_web *web, bool transposed, const double *a, double *out);
/* out = M a with M = Z'WZ, the cross of the cells. */
void mlab_web_by_cross(const mlab_web *web, const double *a, double *out);

/* --- what comes out (fit/mixed/web_effects.c); as their kin in fit/mixed/mixed.h ------------------------------------ */

/* Root mean square of column `column` of a term over the rows. */
double mlab_web_size(const mlab_web *web, size_t term, size_t column);
void mlab_web_start_lambda(mlab_climb *climb, const mlab_web *web, size_t at, double sd);
/* mlab_climb_edge of each grouping whose effects are correlated; at: place of Lambda in the climb. */
MLAB_MUST_USE mlab_status mlab_web_climb_edges(mlab_climb *climb, const mlab_web *web, size_t at, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_web_effects_make(const mlab_context *context, const mlab_web *web, mlab_fit *fit, mlab_error *err);
/* Standard deviations, and modes from v and the inverse of H, which must be those of psi. */
void mlab_web_effects_place(const mlab_climb *climb, const mlab_web *web, size_t base, size_t log_scale, mlab_fit *fit);
MLAB_MUST_USE mlab_status mlab_web_doubt(const mlab_climb *climb, const mlab_web *web, double boundary, mlab_fit *fit, mlab_error *err);
/* The effects u = Lambda v [n_effects] at their modes for other parameters; *fine = false where there are none. */
typedef mlab_status (*mlab_web_modes)(void *work, const double *psi, double *u, bool *fine, mlab_error *err);
/* mode_error of all effects (fit/mixed/web_errors.c); NULL stays where the curvature has no inverse. known [n_effects]: variances that `modes` does
 * not see, NULL = none. */
MLAB_MUST_USE mlab_status mlab_web_mode_errors(const mlab_climb *climb, const mlab_web *web, mlab_web_modes modes, void *work, const double *known,
                                               mlab_fit *fit, mlab_error *err);
/* The fits: linear models, and all others. */
MLAB_MUST_USE mlab_status mlab_web_gaussian_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_web_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);

#endif

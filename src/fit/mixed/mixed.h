/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mixed models of one grouping: eta = x'b + z'u of the row's group, u = Lambda v, v standard normal [q]; Lambda is lower triangular
 * (diagonal when the effects are independent). Parameters psi: thresholds, coefficients, then the entries of Lambda by rows. */
#ifndef MLAB_FIT_MIXED_H
#define MLAB_FIT_MIXED_H

#include "fit/climb.h"
#include "fit/engine.h"

#define MLAB_MOST_EFFECTS ((size_t)6) /* random effects of a group */
#define MLAB_MOST_NODES ((size_t)25)
#define MLAB_MOST_QUADRATURE ((size_t)3) /* effects that a quadrature takes */

typedef struct mlab_mixed {
    const mlab_context *context;
    const mlab_family *family;
    bool independent, expected;
    double shape;
    size_t n, p, q, n_groups, n_thresholds, n_lambda, n_parameters;
    size_t *row;                   /* [n] row of the problem, groups together, in the problem's order within */
    size_t *first;                 /* [n_groups + 1] */
    size_t n_chunks, *chunk_group; /* [n_chunks + 1] first group of each chunk; chunks do not depend on the threads */
    size_t most_rows, most_groups; /* of a chunk */
    double *x, *z, *offset;        /* [p * n], [q * n] column by column, [n] */
    double *number, *weight;       /* [n] or NULL */
    int32_t *category;             /* [n] or NULL */
    size_t n_nodes;                /* of a quadrature in each effect; 1 = the Laplace approximation */
    double node[MLAB_MOST_NODES], log_weight[MLAB_MOST_NODES];
    double *mode;   /* [n_groups * q] v at the maximum, start values of the next evaluation */
    double *factor; /* [n_groups * q * q] lower Cholesky factor of the curvature in v at it */
} mlab_mixed;

/* Copies the rows of the problem, groups together. keep [n_columns of the design used]: 0 = aliased, left out. */
MLAB_MUST_USE mlab_status mlab_mixed_make(const mlab_context *context, const mlab_prepared *prepared, mlab_mixed **mixed, mlab_error *err);
void mlab_mixed_free(mlab_mixed *mixed); /* NULL is fine */
/* Entry k of Lambda is in this row and column. */
void mlab_mixed_entry(const mlab_mixed *mixed, size_t k, size_t *row, size_t *column);

/* Nodes and logs of weights of the rule of n nodes for the normal density; false beyond MLAB_MOST_NODES. */
bool mlab_quadrature_rule(size_t n, double *node, double *log_weight);
/* Whether a quadrature (fit.quadrature above 1) can take the place of the Laplace approximation: one grouping of few effects, one cause. */
bool mlab_mixed_takes_nodes(const mlab_prepared *prepared);
/* Laplace approximation (or, with nodes, adaptive Gauss-Hermite quadrature) to the marginal log-likelihood at psi [n_parameters], and its gradient
 * (NULL = not wanted). -HUGE_VAL where psi is not allowed. */
MLAB_MUST_USE mlab_status mlab_mixed_laplace(mlab_mixed *mixed, const double *psi, double *log_likelihood, double *gradient, mlab_error *err);

/* --- shared by the fitters (fit/mixed/mixed_effects.c) -------------------------------------------------------------- */

/* Start values of the entries of Lambda at psi[at ...], as standard deviations `sd` on the predictor, and their guess of the inverse Hessian. */
void mlab_mixed_start_lambda(mlab_climb *climb, const mlab_mixed *mixed, size_t at, double sd);
/* Room for n effects of each of n_groups groups, with the names of the groups; the effects' own are the caller's. False without memory. */
bool mlab_random_effects_room(const mlab_context *context, const mlab_random_grouping *grouping, size_t n, size_t n_groups,
                              mlab_random_effects *random);
/* fit->random with its names. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_mixed_effects_make(const mlab_context *context, const mlab_mixed *mixed, const mlab_fit_problem *problem,
                                                  mlab_fit *fit, mlab_error *err);
/* Standard deviations and modes. base: place of Lambda in psi; log_scale: place of the logarithm of what everything is a multiple of, or SIZE_MAX. */
void mlab_mixed_effects_place(const mlab_climb *climb, const mlab_mixed *mixed, size_t base, size_t log_scale, mlab_random_effects *random);
/* The start of a refit from problem->warm_mixed, its curvature as the guess: the parameters of the climb, coefficients [fixed] (0 = it has none) and
 * the spread; standard deviations near 0 stay where they are. The climb is then a quick one. Nothing without such a fit, or when it left out other
 * columns. */
void mlab_mixed_warm(mlab_climb *climb, const mlab_prepared *prepared, size_t fixed);
/* fit->spread and the joint covariance, when estimate, aliased and covariance are placed: the parameters of the climb from `fixed` on; fixed = 0
 * where the climb has no coefficients, which then stand beside them without covariance. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_mixed_keep_spread(const mlab_context *context, const mlab_climb *climb, size_t fixed, mlab_fit *fit, mlab_error *err);
/* Standard deviations below `boundary` on the scale of the predictor, a climb that did not arrive, too few groups. */
MLAB_MUST_USE mlab_status mlab_mixed_doubt(const mlab_climb *climb, const mlab_mixed *mixed, double boundary, mlab_fit *fit, mlab_error *err);
/* Effects that others of the same groups foretell: a correlation of 1 or -1 (fit/mixed/singular.c). */
MLAB_MUST_USE mlab_status mlab_mixed_doubt_singular(const mlab_random_effects *random, mlab_fit *fit, mlab_error *err);
/* A climb of coefficients begins at the fit without random effects: estimates that are not aliased, their covariance as the guess of the inverse;
 * returns how many they are. And back at its end: fit->estimate, aliased, covariance (fit/mixed/mixed_place.c). */
size_t mlab_mixed_start_fixed(mlab_climb *climb, const mlab_engine *engine, const mlab_fit *fit);
void mlab_mixed_place_fixed(const mlab_climb *climb, const mlab_engine *engine, mlab_fit *fit);
/* Iterations and the gradient in standard errors where the climb ended. */
void mlab_mixed_place_climb(const mlab_climb *climb, mlab_fit *fit);
/* Generalised least squares: b = a^-1 rhs, the inverse and log determinant of a = X'V^-1X + variance * the priors' precision [p * p], and *rss =
 * y'V^-1y becomes the residual sum of squares. work [p * p], out [p]. False when a has no inverse or nothing is left over. */
struct mlab_mixed_priors;
bool mlab_mixed_solve_linear(const double *a, const double *rhs, size_t p, const struct mlab_mixed_priors *priors, double variance, double *inverse,
                             double *work, uint8_t *out, double *b, double *log_det, double *rss);
/* Where the columns alone tell nearly all of the response (a large offset that a coefficient takes back), sums of squares lose the digits that the
 * residuals have. Then centre [p], least squares of the response by the columns, is to be taken out of it first and added to b later; false = it need
 * not, and centre is 0. xx [p * p], xy [p], yy: cross-products; work [2 * p * p], out [p]. */
bool mlab_mixed_centre(const double *xx, const double *xy, double yy, size_t p, double *centre, double *work, uint8_t *out);
/* What the priors add to the derivative of the restricted likelihood by log s. */
double mlab_mixed_priors_slope(const struct mlab_mixed_priors *priors, const double *inverse, size_t p, double variance);
/* b [p] and variance * inverse into the fit. */
void mlab_mixed_place_linear(const mlab_engine *engine, const double *b, const double *inverse, size_t p, double variance, mlab_fit *fit);
/* Takes away what the fit without random effects left behind and does not hold any more. */
void mlab_mixed_forget(mlab_fit *fit);

/* The fit of a linear model with random effects. */
MLAB_MUST_USE mlab_status mlab_mixed_gaussian_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
/* The fit of a model with random effects: what mlab_model.fit is to one without. */
MLAB_MUST_USE mlab_status mlab_mixed_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);

/* A refit to a sample of clusters: what mlab_model.refit is to one without random effects. */
MLAB_MUST_USE mlab_status mlab_mixed_refit(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights,
                                           const double *start, double *estimate, mlab_refit_info *info, mlab_error *err);

/* The same from a fit: warm, to 1e-5 standard errors, without errors of its own. spread [n_spread], NULL = not wanted. */
MLAB_MUST_USE mlab_status mlab_mixed_refit_from(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights,
                                                const mlab_fit *from, const double *start, double *estimate, double *spread, mlab_refit_info *info,
                                                mlab_error *err);
/* The same with the cumulative baseline hazard of the refit at the steps of the fit's [from->baseline->n], NULL = not wanted. */
MLAB_MUST_USE mlab_status mlab_mixed_refit_whole(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights,
                                                 const mlab_fit *from, const double *start, double *estimate, double *spread, double *hazard,
                                                 mlab_refit_info *info, mlab_error *err);
/* estimate, spread (NULL = not wanted) and info of a refit `fit` of what `from` is the fit of. */
void mlab_mixed_refit_tell(const mlab_prepared *prepared, const mlab_fit *from, const mlab_fit *fit, double *estimate, double *spread,
                           mlab_refit_info *info);

#endif

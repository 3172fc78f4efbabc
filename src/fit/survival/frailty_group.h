/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a frailty shared by the rows of a group adds to the likelihood of a model of times, whatever its baseline: the hazard of everybody in group g
 * is z_g times that of the model, z_g gamma with mean 1 or log-normal. A group with d events, a cumulative hazard of L while it was seen and one of T
 * before its people came under observation adds
 *
 *     log E[z^d exp(-z (L + T))] - log E[exp(-z T)],
 *
 * which conditions on everybody having come as far as their entry. */
#ifndef MLAB_FIT_FRAILTY_GROUP_H
#define MLAB_FIT_FRAILTY_GROUP_H

#include "fit/model.h"

/* log E[z^d exp(-z H)] of one group and its derivatives. */
typedef struct mlab_frailty_term {
    double value;
    double mean, spread;          /* of z given d and H: minus the first, and the second derivative by H */
    double by, by_by, by_hazard;  /* by the variance: first and second derivative, and the one by it and H */
    double effect, effect_spread; /* of log z given d and H: mean and standard deviation; gamma: log of the mean of z, spread over mean */
} mlab_frailty_term;

/* events whole and >= 0, hazard >= 0, variance > 0. */
typedef mlab_frailty_term (*mlab_frailty_law)(double events, double hazard, double variance);
/* z gamma with mean 1 and the variance: closed form, exact to the last digits also for small variances. */
mlab_frailty_term mlab_frailty_gamma(double events, double hazard, double variance);
/* log z normal with mean 0 and the variance: the trapezoidal rule on the whole line, which misses the integral by less than 1e-12 of it. */
mlab_frailty_term mlab_frailty_normal(double events, double hazard, double variance);

/* One frailty (1 | group) of every row, weights that are counts; prepared->enters. Errors: MLAB_ERR_DATA_NOT_BUILT, MLAB_ERR_FIT_RANK,
 * MLAB_ERR_FIT_MODEL (weights that are no counts; late rows that cannot be told from rows that go on), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_frailty_prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err);
/* enters [n]: 1 = the row is the first of somebody who comes under observation after 0 and was at risk before; released by the caller, NULL = nobody.
 */
MLAB_MUST_USE mlab_status mlab_frailty_entries(const mlab_context *context, const mlab_fit_problem *problem, uint8_t **enters, mlab_error *err);

/* fit->random with its names. */
MLAB_MUST_USE mlab_status mlab_frailty_effects_make(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
/* The variance and its standard error, effects of the groups, and the test against a likelihood without a frailty. */
void mlab_frailty_effects_place(const mlab_frailty_term *term, double variance, double variance_se, double gain, mlab_fit *fit);
/* fit->spread and the joint covariance from that of the coefficients and the variance [(n_parameters + 1)^2]. NULL: on the boundary. */
MLAB_MUST_USE mlab_status mlab_frailty_keep_spread(const mlab_context *context, const double *covariance, mlab_fit *fit, mlab_error *err);
/* Of a variance of 0 everything but the effects is that of the fit without them. */
MLAB_MUST_USE mlab_status mlab_frailty_boundary(const mlab_context *context, mlab_fit *fit, mlab_error *err);
/* Half the sum of (d - H)^2 - d: the slope of the likelihood in the variance at 0. hazard: of all the time, entry: before they came. */
double mlab_frailty_slope(const double *events, const double *hazard, const double *entry, size_t n_groups);

#endif

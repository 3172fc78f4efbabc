/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of rows with their derivatives by the parameters of the fit. */
#ifndef MLAB_FIT_AFTER_INTERVALS_H
#define MLAB_FIT_AFTER_INTERVALS_H

#include "mentorlab/after.h"

enum { MLAB_SLOPE_ROWS = 128 }; /* at most at once */

/* A prediction moves by `n_ways` numbers of its row: its predictors (through x), then the parameters that are in no predictor. */
typedef struct mlab_slopes {
    const mlab_context *context;
    const mlab_fit *fit;
    const mlab_prediction_request *request;
    size_t width, n_ways, n_predictors; /* n_predictors 0 = every parameter is a way of its own */
    size_t columns, skip;               /* of the design, and those before the columns of a block */
    size_t *parameter;                  /* [n_ways] of each way from n_predictors on */
    double *x, *offset;                 /* [rows * columns], [rows] */
    double *value;                      /* [rows * width] */
    double *slope;                      /* [n_ways * rows * width] */
    double *moved, *effect, *parameters;
} mlab_slopes;

/* Errors: those of mlab_predict_intervals. Release on failure too. */
MLAB_MUST_USE mlab_status mlab_slopes_make(const mlab_context *context, const mlab_fit *fit, const mlab_prediction_request *request,
                                           mlab_slopes *slopes, mlab_error *err);
void mlab_slopes_free(mlab_slopes *slopes);
/* Values and slopes of n <= MLAB_SLOPE_ROWS rows from `at` of the request on. */
MLAB_MUST_USE mlab_status mlab_slopes_of(mlab_slopes *slopes, size_t at, size_t n, mlab_error *err);
/* Predictions of some rows at other parameters. shift: added to one predictor of every row; 0 = none. */
MLAB_MUST_USE mlab_status mlab_prediction_at(mlab_slopes *slopes, size_t at, size_t n, const double *parameters, size_t predictor, double shift,
                                             double *out, mlab_error *err);
/* gradient [n_parameters] += slope times the derivative of way w of row i of those last read. */
void mlab_slopes_spread(const mlab_slopes *slopes, size_t i, size_t w, double slope, double *gradient);
/* Covariance that errors are taken from. */
static inline const double *mlab_fit_covariance(const mlab_fit *fit)
{
    return fit->robust ? fit->robust : fit->covariance;
}
/* What errors are multiplied by; HUGE_VAL = the fit has no intervals. */
double mlab_prediction_factor(const mlab_fit *fit, double level);

#endif

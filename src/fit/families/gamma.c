/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gamma regression of a positive number: log of the mean is linear, the standard deviation is proportional to the mean (McCullagh &
 * Nelder 1989, ch. 8). The coefficients do not depend on the shape, which is the maximum-likelihood one; the covariance is that of the
 * likelihood at it. Observed information, expected on request.
 * Weakness: a few very small numbers pull the shape.
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>

static bool gamma_tile(const mlab_family_tile *tile)
{
    double *inverse = tile->scratch, shape = tile->shape > 0 ? tile->shape : 1; /* 1 where it is found afterwards */
    for (size_t i = 0; i < tile->rows; i++) inverse[i] = -tile->eta[i];
    mlab_exp_array(tile->context, inverse, inverse, tile->rows);
    for (size_t i = 0; i < tile->rows; i++) {
        double ratio = tile->number[i] * inverse[i];
        tile->log_likelihood[i] = shape * (-ratio - tile->eta[i]);
        if (!tile->derivatives) continue;
        tile->score[i] = shape * (ratio - 1);
        tile->curvature[i] = shape * (tile->expected ? 1 : ratio);
    }
    return true;
}

/* logs: weighted sum of log y, kernel: weighted sum of -y/mu - log mu, n: sum of weights. */
static double log_likelihood(double shape, double kernel, double logs, double n)
{
    return n * (shape * log(shape) - gsl_sf_lngamma(shape)) + (shape - 1) * logs + shape * kernel;
}

/* The weighted sum of log y; total: the sum of the weights. */
static double logs_of(const double *number, const double *weight, size_t n, double *total)
{
    double sum = 0, logs = 0;
    for (size_t i = 0; i < n; i++) {
        double w = weight ? weight[i] : 1;
        sum += w;
        logs += w * mlab_log(number[i]);
    }
    *total = sum;
    return logs;
}

static double left_out(const double *number, const double *weight, size_t n, double shape)
{
    double total, logs = logs_of(number, weight, n, &total);
    return log_likelihood(shape, 0, logs, total);
}

static double left_out_slope(const double *number, const double *weight, size_t n, double shape)
{
    double total, logs = logs_of(number, weight, n, &total);
    return shape * (total * (log(shape) + 1 - gsl_sf_psi(shape)) + logs);
}

static const mlab_family gamma_family = {.link = "log",
                                         .knows_expected = true,
                                         .tile = gamma_tile,
                                         .log_mean = true,
                                         .bounded = true,
                                         .above = true,
                                         .left_out = left_out,
                                         .left_out_slope = left_out_slope};

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    return mlab_engine_prepare(context, prepared, &gamma_family, err);
}

/* The shape a at which log a - psi(a) = deviance, the mean of y/mu - 1 - log(y/mu) >= 0; 0 = there is none (a perfect fit). */
static double shape_of(double deviance)
{
    if (!(deviance > 1e-14)) return 0;
    double a = (3 - deviance + sqrt((deviance - 3) * (deviance - 3) + 24 * deviance)) / (12 * deviance); /* Minka 2002 */
    for (int i = 0; i < 50; i++) {
        double step = (log(a) - gsl_sf_psi(a) - deviance) / (1 / a - gsl_sf_psi_1(a)), next = a - step;
        if (!(next > 0)) next = a / 2;
        if (fabs(next - a) <= 4e-16 * a) break;
        a = next;
    }
    return a;
}

double mlab_gamma_at_best_shape(const mlab_fit_problem *problem, double kernel, double *shape)
{
    double n = 0, logs = 0;
    for (size_t i = 0; i < problem->n; i++) {
        double w = problem->weight ? problem->weight[i] : 1;
        n += w;
        logs += w * log(problem->number[i]);
    }
    double best = shape_of(-kernel / n - 1 - logs / n);
    if (shape) *shape = best;
    return best > 0 ? log_likelihood(best, kernel, logs, n) : HUGE_VAL;
}

static mlab_status fit_gamma(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = mlab_engine_fit(context, prepared, fit, err);
    if (status) return status;
    double shape, null_shape, n = 0, whole = mlab_gamma_at_best_shape(prepared->problem, fit->log_likelihood, &shape);
    double null = mlab_gamma_at_best_shape(prepared->problem, fit->null_log_likelihood, &null_shape);
    for (size_t i = 0; i < prepared->problem->n; i++) n += prepared->problem->weight ? prepared->problem->weight[i] : 1;
    if (shape == 0) return mlab_fit_doubt(fit, MLAB_TOO_FEW_EVENTS, err, "%s", mlab_no_variation(prepared->problem));
    fit->shape = shape;
    fit->shape_se = sqrt(1 / (n * (gsl_sf_psi_1(shape) - 1 / shape)));
    fit->log_likelihood = whole;
    fit->null_log_likelihood = null_shape > 0 ? null : whole;
    for (size_t j = 0; j < fit->n_parameters * fit->n_parameters; j++)
        fit->covariance[j] *= prepared->dispersion > 0 ? prepared->dispersion : 1 / shape;
    return MLAB_OK;
}

const mlab_model mlab_model_gamma = {
    .name = "gamma",
    .summary = "a positive number: log of the mean is linear, gamma around it",
    .kind = MLAB_OUTCOME_NUMBER,
    .marks = MLAB_MODEL_NUMBER | MLAB_MODEL_PENALTY | MLAB_MODEL_MIXED,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = fit_gamma,
    .refit = mlab_engine_refit,
    .width = mlab_width_one,
    .predict = mlab_predict_log,
};

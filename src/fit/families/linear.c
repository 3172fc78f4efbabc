/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear regression of a number, or of the logarithm of a positive one: least squares by the same Newton steps, the second of which
 * refines the first. Where columns are nearly collinear, estimates, covariance and sums of squares are those of fit/exact.c.
 *
 * Covariance with RSS / (N - p); log-likelihood at the maximum-likelihood variance RSS / N, as logLik of lm in R.
 * Weakness: outliers and unequal variances; the cluster-robust covariance answers the second.
 */
#include "fit/engine.h"
#include "fit/exact.h"
#include "fit/families/responses.h"

#include <math.h>
#include <string.h>

static bool linear_tile(const mlab_family_tile *tile)
{
    for (size_t i = 0; i < tile->rows; i++) {
        double left = tile->number[i] - tile->eta[i];
        tile->log_likelihood[i] = -0.5 * left * left;
        if (!tile->derivatives) continue;
        tile->score[i] = left;
        tile->curvature[i] = 1;
    }
    return true;
}

const mlab_family mlab_family_linear = {.link = "identity", .knows_expected = true, .tile = linear_tile, .additive = true};
/* The logarithm of a positive number. */
static const mlab_family lognormal = {
    .link = "identity", .knows_expected = true, .tile = linear_tile, .additive = true, .log_number = true, .bounded = true, .above = true};

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    mlab_status status = mlab_engine_prepare(context, prepared, &mlab_family_linear, err);
    return status ? status : mlab_engine_make_exact(context, prepared, err);
}

static mlab_status prepare_lognormal(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    mlab_status status = mlab_engine_prepare(context, prepared, &lognormal, err);
    return status ? status : mlab_engine_make_exact(context, prepared, err);
}

static double gaussian(double squares, double n)
{
    return -0.5 * n * (log(6.283185307179586476925 * squares / n) + 1);
}

/* In place of what Newton found; log-likelihoods are those of a variance of one. */
static void take_exact(const mlab_exact *exact, mlab_fit *fit)
{
    size_t p = exact->p;
    for (size_t j = 0; j < p; j++) fit->estimate[j] = exact->estimate[j].high;
    memcpy(fit->covariance, exact->covariance, p * p * sizeof *fit->covariance);
    fit->log_likelihood = -0.5 * exact->squares;
    fit->null_log_likelihood = -0.5 * exact->total;
}

static mlab_status fit_linear(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = mlab_engine_fit(context, prepared, fit, err);
    if (status) return status;
    const mlab_fit_problem *problem = prepared->problem;
    const mlab_engine *engine = prepared->own;
    size_t p = fit->n_parameters, used = 0;
    bool precision = problem->weights == MLAB_WEIGHTS_PRECISION;
    double n = 0, logs = 0;
    if (engine->exact && prepared->problem->n_priors == 0 && prepared->options.penalty == 0) take_exact(engine->exact, fit);
    double squares = -2 * fit->log_likelihood;
    for (size_t j = 0; j < p; j++) used += !fit->aliased[j];
    for (size_t i = 0; i < problem->n; i++) {
        double w = problem->weight ? problem->weight[i] : 1;
        if (w == 0) continue;
        n += precision ? 1 : w;
        if (precision) logs -= 0.5 * log(w);
        if (engine->family->log_number)
            logs += (precision ? 1 : w) * (engine->number[i] + engine->shift); /* the density is that of the number itself */
    }
    fit->null_log_likelihood = gaussian(-2 * fit->null_log_likelihood, n) - logs;
    fit->log_likelihood = gaussian(squares, n) - logs;
    if (n <= (double)used)
        return mlab_fit_doubt(fit, MLAB_TOO_FEW_EVENTS, err, "%.0f rows for %zu coefficients: nothing is left to judge by", n, used);
    fit->residual_variance = squares / (n - (double)used);
    if (!(squares > 0)) {
        fit->residual_variance = 0;
        mlab_status doubted = mlab_fit_doubt(fit, MLAB_TOO_FEW_EVENTS, err, "%s", mlab_no_variation(prepared->problem));
        if (doubted) return doubted;
    }
    double dispersion = prepared->dispersion > 0 ? prepared->dispersion : fit->residual_variance;
    for (size_t j = 0; j < p * p; j++) fit->covariance[j] *= dispersion;
    return MLAB_OK;
}

const mlab_model mlab_model_linear = {
    .name = "linear",
    .summary = "a number: linear regression",
    .kind = MLAB_OUTCOME_NUMBER,
    .marks = MLAB_MODEL_NUMBER | MLAB_MODEL_MIXED | MLAB_MODEL_PRECISION | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = fit_linear,
    .refit = mlab_engine_refit,
    .width = mlab_width_one,
    .predict = mlab_predict_identity,
};

const mlab_model mlab_model_lognormal = {
    .name = "lognormal",
    .summary = "a positive number: its logarithm is linear and normal",
    .kind = MLAB_OUTCOME_NUMBER,
    .marks = MLAB_MODEL_NUMBER | MLAB_MODEL_MIXED | MLAB_MODEL_PRECISION | MLAB_MODEL_PENALTY,
    .prepare = prepare_lognormal,
    .release = mlab_engine_release,
    .fit = fit_linear,
    .refit = mlab_engine_refit,
    .width = mlab_width_one,
    .predict = mlab_predict_lognormal,
};

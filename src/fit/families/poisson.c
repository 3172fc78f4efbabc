/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Poisson regression of a count: log of the mean is linear; exposure is an offset(log(...)). Canonical link: observed and expected
 * information are the same (Nelder & Wedderburn 1972, doi:10.2307/2344614).
 * Weakness: the variance is the mean. Counts that vary more have standard errors that are too small: use cluster-robust ones, or the
 * negative binomial.
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

#include "core/elementary.h"

#include <gsl/gsl_sf_gamma.h>

static bool poisson_tile(const mlab_family_tile *tile)
{
    double *mean = tile->scratch;
    mlab_exp_array(tile->context, tile->eta, mean, tile->rows);
    for (size_t i = 0; i < tile->rows; i++) {
        tile->log_likelihood[i] = tile->number[i] * tile->eta[i] - mean[i];
        if (!tile->derivatives) continue;
        tile->score[i] = tile->number[i] - mean[i];
        tile->curvature[i] = mean[i];
    }
    return true;
}

static const mlab_family poisson = {
    .link = "log", .knows_expected = true, .firth = true, .tile = poisson_tile, .log_mean = true, .bounded = true, .whole = true};

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    return mlab_engine_prepare(context, prepared, &poisson, err);
}

static double constant(const mlab_prepared *prepared)
{
    const mlab_fit_problem *problem = prepared->problem;
    double sum = 0;
    for (size_t i = 0; i < problem->n; i++) sum -= (problem->weight ? problem->weight[i] : 1) * gsl_sf_lngamma(problem->number[i] + 1);
    return sum;
}

static mlab_status fit_poisson(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = mlab_engine_fit(context, prepared, fit, err);
    if (status) return status;
    double left_out = constant(prepared);
    fit->log_likelihood += left_out;
    fit->null_log_likelihood += left_out;
    return MLAB_OK;
}

const mlab_model mlab_model_poisson = {
    .name = "poisson",
    .summary = "a count: log of the mean is linear",
    .kind = MLAB_OUTCOME_COUNT,
    .marks = MLAB_MODEL_NUMBER | MLAB_MODEL_MIXED | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = fit_poisson,
    .refit = mlab_engine_refit,
    .width = mlab_width_one,
    .predict = mlab_predict_log,
    .constant = constant,
};

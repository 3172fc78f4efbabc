/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binomial probit: P = Phi(eta). The log-likelihood is concave; tails by erfc, whose logarithm is taken apart where it would underflow.
 * Observed information, expected on request.
 * Weakness: coefficients are in standard deviations of a trait nobody sees; use logit where odds are wanted.
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

#include "core/elementary.h"

#include <gsl/gsl_sf_erf.h>
#include <math.h>

static bool probit_tile(const mlab_family_tile *tile)
{
    for (size_t i = 0; i < tile->rows; i++) {
        double side = tile->category[i] ? 1 : -1, z = side * tile->eta[i];
        double hazard = gsl_sf_hazard(-z); /* phi(z) / Phi(z) */
        tile->log_likelihood[i] = gsl_sf_log_erfc(-z * 0.70710678118654752440) - 0.69314718055994530942;
        if (!tile->derivatives) continue;
        tile->score[i] = side * hazard;
        tile->curvature[i] = tile->expected ? hazard * gsl_sf_hazard(z) : hazard * (z + hazard);
    }
    return true;
}

static void probit_start(const double *counts, size_t n_categories, double *intercepts)
{
    (void)n_categories;
    double yes = fmax(counts[1], 0.5), no = fmax(counts[0], 0.5);
    intercepts[0] = mlab_normal_quantile(yes / (yes + no));
}

const mlab_family mlab_family_probit = {.link = "probit", .knows_expected = true, .firth = true, .tile = probit_tile, .start = probit_start};

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    return mlab_engine_prepare(context, prepared, &mlab_family_probit, err);
}

const mlab_model mlab_model_probit = {
    .name = "probit",
    .summary = "yes or no of a row: its normal quantile is linear",
    .kind = MLAB_OUTCOME_YES_NO,
    .marks = MLAB_MODEL_TWO | MLAB_MODEL_MIXED | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = mlab_engine_fit,
    .refit = mlab_engine_refit,
    .width = mlab_width_one,
    .predict = mlab_predict_probit,
};

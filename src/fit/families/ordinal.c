/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative logit (probit, complementary log-log) of ordered levels, thresholds minus x'b; a positive coefficient means more. Observed
 * information. Terms may differ by threshold, and act on the scale (fit/families/ordinal_effects.h).
 * Weakness: a coefficient is the same at every threshold (proportional odds) unless its term is named so.
 */
#include "fit/families/ordinal_effects.h"
#include "fit/families/responses.h"

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    static const mlab_family *const families[] = {&mlab_family_ordinal, &mlab_family_ordinal_probit, &mlab_family_ordinal_cloglog};
    return mlab_engine_prepare(context, prepared, families[prepared->options.ordinal_link], err);
}

static mlab_status fit_ordinal(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = mlab_engine_fit(context, prepared, fit, err);
    return status ? status : mlab_level_doubt_crossing(context, prepared, fit, err);
}

const mlab_model mlab_model_ordinal = {
    .name = "ordinal",
    .summary = "one of ordered levels: cumulative logit, positive means more",
    .kind = MLAB_OUTCOME_ORDINAL,
    .marks = MLAB_MODEL_THRESHOLDS | MLAB_MODEL_NO_INTERCEPT | MLAB_MODEL_MIXED | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = fit_ordinal,
    .refit = mlab_engine_refit,
    .width = mlab_width_levels,
    .predict = mlab_predict_ordinal,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative logit (probit, complementary log-log) of ordered levels, thresholds minus x'b; a positive coefficient means more. Observed
 * information.
 * Weakness: a coefficient is the same at every threshold (proportional odds).
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    static const mlab_family *const families[] = {&mlab_family_ordinal, &mlab_family_ordinal_probit, &mlab_family_ordinal_cloglog};
    return mlab_engine_prepare(context, prepared, families[prepared->options.ordinal_link], err);
}

const mlab_model mlab_model_ordinal = {
    .name = "ordinal",
    .summary = "one of ordered levels: cumulative logit, positive means more",
    .kind = MLAB_OUTCOME_ORDINAL,
    .marks = MLAB_MODEL_THRESHOLDS | MLAB_MODEL_NO_INTERCEPT | MLAB_MODEL_MIXED | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = mlab_engine_fit,
    .refit = mlab_engine_refit,
    .width = mlab_width_levels,
    .predict = mlab_predict_ordinal,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binomial logit: log(P / (1 - P)) is linear. Observed and expected information are the same (canonical link).
 * Weakness: on person-periods of unequal length use `hazard`, which knows the days at risk.
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    return mlab_engine_prepare(context, prepared, &mlab_family_logit, err);
}

const mlab_model mlab_model_logit = {
    .name = "logit",
    .summary = "yes or no of a row: log odds are linear in the covariates",
    .kind = MLAB_OUTCOME_YES_NO,
    .marks = MLAB_MODEL_TWO | MLAB_MODEL_MIXED | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = mlab_engine_fit,
    .refit = mlab_engine_refit,
    .width = mlab_width_one,
    .predict = mlab_predict_logit,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binomial complementary log-log: log(-log(1 - P)) is linear. glm of R reports the expected information; here it is observed
 * unless asked for. Weakness: as logit.
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    return mlab_engine_prepare(context, prepared, &mlab_family_cloglog, err);
}

const mlab_model mlab_model_cloglog = {
    .name = "cloglog",
    .summary = "yes or no of a row: log(-log(1 - P)) is linear in the covariates",
    .kind = MLAB_OUTCOME_YES_NO,
    .marks = MLAB_MODEL_TWO | MLAB_MODEL_MIXED | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = mlab_engine_fit,
    .refit = mlab_engine_refit,
    .width = mlab_width_one,
    .predict = mlab_predict_cloglog,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multinomial logit: log(P(level) / P(first level)) is linear, one block of coefficients for each level but the first.
 * Weakness: independence of irrelevant alternatives (McFadden 1974).
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    return mlab_engine_prepare(context, prepared, &mlab_family_logit, err);
}

const mlab_model mlab_model_multinomial = {
    .name = "multinomial",
    .summary = "one of several levels: log odds against the first level are linear",
    .kind = -1,
    .marks = MLAB_MODEL_BLOCK_EACH | MLAB_MODEL_PENALTY | MLAB_MODEL_MIXED,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = mlab_engine_fit,
    .refit = mlab_engine_refit,
    .width = mlab_width_levels,
    .predict = mlab_predict_logit,
};

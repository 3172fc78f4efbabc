/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discrete hazards of one or more competing causes on person-periods, fitted together.
 *
 * Complementary log-log with offset log(days at risk / days in the period), so that exp(b) is a hazard ratio whatever the period
 * (Prentice & Gloeckler 1978, doi:10.2307/2529588); several causes: P(cause j) = (h_j / H)(1 - exp(-H)). With `link: logit` a
 * (multinomial) logit of whole periods; rows at risk for less than a period are dropped and counted.
 * Weakness: within a period the hazard is constant; nothing is said about its shape.
 */
#include "fit/engine.h"
#include "fit/families/responses.h"

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    return mlab_engine_prepare(context, prepared, prepared->options.link == 1 ? &mlab_family_logit : &mlab_family_cloglog, err);
}

const mlab_model mlab_model_hazard = {
    .name = "hazard",
    .summary = "events in person-periods: discrete hazards, competing causes together",
    .kind = MLAB_OUTCOME_EVENT,
    .marks = MLAB_MODEL_BLOCK_EACH | MLAB_MODEL_SHARE | MLAB_MODEL_MIXED | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_engine_release,
    .fit = mlab_engine_fit,
    .refit = mlab_engine_refit,
    .width = mlab_width_hazard,
    .predict = mlab_predict_hazard,
};

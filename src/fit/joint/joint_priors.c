/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normal priors of coefficients of the parts: the mode of likelihood times priors, its curvature (fit/penalty/priors.c has the sources). Coefficients
 * are those of the formulas; psi is in the centred and mixed columns of the engines, so that each prior is one of a row of the transform. */
#include "fit/joint/joint.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

void mlab_joint_priors_free(mlab_joint_model *model)
{
    for (size_t k = 0; model->priors && k < model->n_priors; k++) mlab_release(model->context, model->priors[k].row);
    mlab_release(model->context, model->priors);
    model->priors = NULL;
    model->n_priors = 0;
}

mlab_status mlab_joint_add_prior(mlab_joint_model *model, size_t at, double mean, double sd, mlab_error *err)
{
    const mlab_context *context = model->context;
    size_t n = model->n_parameters, r = 0;
    mlab_joint_prior *grown = mlab_reallocate(context, model->priors, model->n_priors + 1, sizeof *grown);
    if (grown) model->priors = grown;
    double *row = grown ? mlab_allocate(context, n, sizeof *row) : NULL, *unit = mlab_allocate(context, n, sizeof *unit);
    if (!row || !unit) {
        mlab_release(context, row);
        mlab_release(context, unit);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a prior of %zu parameters", n);
    }
    while (r + 1 < model->n_parts && model->parts[r + 1].at <= at) r++;
    const mlab_joint_rows *part = &model->parts[r];
    for (size_t k = 0; k < part->engine->n_parameters; k++) {
        memset(unit, 0, n * sizeof *unit);
        unit[k] = 1;
        mlab_engine_uncentre(part->engine, unit, 1);
        row[part->at + k] = unit[at - part->at];
    }
    if (part->engine->own_number && at == part->at) mean -= part->engine->shift;
    model->priors[model->n_priors++] = (mlab_joint_prior){.at = at, .mean = mean, .sd = sd, .row = row};
    mlab_release(context, unit);
    return MLAB_OK;
}

double mlab_joint_prior_value(const mlab_joint_model *model, const double *psi, double *gradient, double *complete, double *information)
{
    size_t n = model->n_parameters;
    double value = 0;
    for (size_t k = 0; k < model->n_priors; k++) {
        const mlab_joint_prior *prior = &model->priors[k];
        double off = -prior->mean, weight = 1 / (prior->sd * prior->sd);
        for (size_t i = 0; i < n; i++) off += prior->row[i] * psi[i];
        value -= 0.5 * weight * off * off + log(prior->sd * 2.506628274631000502416);
        for (size_t i = 0; i < n; i++) {
            double own = weight * prior->row[i];
            if (own == 0) continue;
            if (gradient) gradient[i] -= own * off;
            for (size_t j = 0; j < n; j++) {
                if (complete) complete[i * n + j] += own * prior->row[j];
                if (information) information[i * n + j] += own * prior->row[j];
            }
        }
    }
    return value;
}

/* --- as they are stated ------------------------------------------------------------------------------------------------ */

void mlab_joint_priors_end(mlab_joint_stated *stated)
{
    for (size_t k = 0; stated->priors && k < stated->problem.n_priors; k++) mlab_release(stated->context, stated->priors[k].parameter);
    mlab_release(stated->context, stated->priors);
}

mlab_status mlab_joint_priors_start(const mlab_context *context, const char *name, const mlab_joint_part_problem *parts, const char *const *names,
                                    size_t n_parts, mlab_joint_stated *stated, mlab_error *err)
{
    size_t n = 0;
    *stated = (mlab_joint_stated){.context = context, .problem = {.outcome = name}};
    for (size_t r = 0; r < n_parts; r++) n += parts[r].prepared->problem->n_priors;
    if (n == 0) return MLAB_OK;
    if (!(stated->priors = mlab_allocate(context, n, sizeof *stated->priors))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu priors", n);
    stated->problem.priors = stated->priors;
    for (size_t r = 0; r < n_parts; r++)
        for (size_t k = 0; k < parts[r].prepared->problem->n_priors; k++) {
            mlab_prior *to = &stated->priors[stated->problem.n_priors];
            *to = parts[r].prepared->problem->priors[k];
            mlab_text text = MLAB_TEXT(context);
            mlab_text_print(&text, "%s:%s", names[r], to->parameter);
            to->parameter = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
            mlab_text_free(&text);
            if (!to->parameter) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu priors", n);
            stated->problem.n_priors++;
        }
    return MLAB_OK;
}

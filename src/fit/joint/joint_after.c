/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the options ask for of the parts of a joint model beyond the fit: average effects and predictions, for a person whose effect is 0 or averaged
 * over the normal effects of people. Errors by the delta method with the covariance of the whole model: that of the part's own parameters, of the
 * entries of Lambda behind its effects and, of numbers, of the log residual standard deviation together; or by draws of all of these. An average is
 * over the people of the model, not over those who are still there: who stays is no other population here.
 * Weakness: tests, profile limits and diagnoses are not made of joint models; the fit says so.
 */
#include "fit/after/after.h"
#include "fit/after/average.h"
#include "fit/joint/joint_draws.h"
#include "fit/joint/joint_parts.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

typedef struct part_after {
    mlab_joint_model *model;
    const mlab_fit *whole;
    size_t part;
    size_t *at; /* [spread.n] place in the parameters of the whole */
    double *value, *covariance;
    mlab_average_spread spread;
} part_after;

static size_t effects_of(const mlab_joint_rows *part)
{
    return part->n_eta * part->n_z;
}

/* at [n]: the entries of Lambda of the part's effects, then the log residual standard deviation. NULL = they are counted. */
static size_t list_numbers(const mlab_joint_model *model, const mlab_joint_rows *part, size_t *at)
{
    size_t n = 0;
    for (size_t k = 0; k < effects_of(part) * model->q; k++) {
        size_t entry = model->entry[part->effect * model->q + k];
        if (entry == SIZE_MAX) continue;
        if (at) at[n] = entry;
        n++;
    }
    if (part->gaussian && at) at[n] = part->at + part->n_own - 1;
    return n + part->gaussian;
}

/* The covariance of e = Lambda v, and the residual variance. */
static void put(const mlab_average_spread *spread, const double *value, mlab_fit *view)
{
    const part_after *p = spread->of;
    const mlab_joint_model *model = p->model;
    const mlab_joint_rows *part = &model->parts[p->part];
    size_t n = effects_of(part), q = model->q, next = 0;
    double lambda[MLAB_JOINT_EFFECTS * MLAB_JOINT_NORMALS] = {0};
    for (size_t k = 0; k < n * q; k++)
        if (model->entry[part->effect * q + k] != SIZE_MAX) lambda[k] = value[next++];
    for (size_t e = 0; e < n; e++)
        for (size_t f = 0; f < n; f++) {
            double sum = 0;
            for (size_t a = 0; a < q; a++) sum += lambda[e * q + a] * lambda[f * q + a];
            view->random->covariance[e * n + f] = sum;
        }
    if (part->gaussian) view->residual_variance = exp(2 * value[next]);
}

static mlab_status draw(const mlab_average_spread *spread, size_t n_draws, uint64_t seed, double *parameters, double *values, mlab_error *err)
{
    const part_after *p = spread->of;
    const mlab_joint_rows *part = &p->model->parts[p->part];
    size_t n = p->whole->n_parameters, own = p->whole->joint->parts[p->part]->n_parameters;
    double *all = mlab_allocate(p->model->context, n_draws, n * sizeof *all);
    mlab_status status = all ? mlab_joint_draw_parameters(p->model, p->whole, n_draws, seed, all, err)
                             : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws of %s", n_draws, p->whole->outcome);
    for (size_t k = 0; k < n_draws && !status; k++) {
        memcpy(parameters + k * own, all + k * n + part->at, own * sizeof *parameters);
        for (size_t j = 0; j < spread->n; j++) values[k * spread->n + j] = all[k * n + p->at[j]];
    }
    mlab_release(p->model->context, all);
    return status;
}

static mlab_status start(part_after *p, mlab_error *err)
{
    const mlab_context *context = p->model->context;
    const mlab_joint_rows *part = &p->model->parts[p->part];
    const mlab_fit *whole = p->whole;
    const double *v = whole->robust ? whole->robust : whole->covariance;
    size_t n = list_numbers(p->model, part, NULL), own = whole->joint->parts[p->part]->n_parameters, all = own + n;
    p->at = mlab_allocate(context, n, sizeof *p->at);
    p->value = mlab_allocate(context, n, sizeof *p->value);
    p->covariance = mlab_allocate(context, all, all * sizeof *p->covariance);
    if (!p->at || !p->value || !p->covariance) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for averages of %s", whole->outcome);
    list_numbers(p->model, part, p->at);
    for (size_t j = 0; j < n; j++) p->value[j] = whole->estimate[p->at[j]];
    for (size_t i = 0; i < all; i++)
        for (size_t j = 0; j < all; j++) {
            size_t row = i < own ? part->at + i : p->at[i - own], column = j < own ? part->at + j : p->at[j - own];
            p->covariance[i * all + j] = v[row * whole->n_parameters + column];
        }
    p->spread = (mlab_average_spread){.n = n, .value = p->value, .covariance = p->covariance, .put = put, .draw = draw, .of = p};
    return MLAB_OK;
}

/* The part is doubted as the whole is, and what is said of its averages is said of the whole. */
static mlab_status make(const part_after *p, const mlab_prepared *prepared, mlab_fit *whole, mlab_error *err)
{
    mlab_fit *part = whole->joint->parts[p->part];
    mlab_prepared view = *prepared;
    mlab_trust trust = part->trust;
    char *reason = part->reason;
    view.spread = &p->spread;
    view.options.tests = view.options.profile = view.options.diagnose = false;
    if (!(part->reason = mlab_copy_text(whole->context, ""))) {
        part->reason = reason;
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for averages of %s", whole->outcome);
    }
    if (whole->trust == MLAB_NOT_CONVERGED || whole->trust == MLAB_SEPARATED) part->trust = whole->trust;
    mlab_status status = mlab_after_make(whole->context, &view, part, err);
    if (!status && part->reason[0]) status = mlab_fit_doubt(whole, MLAB_TRUSTED, err, "%s: %s", part->outcome, part->reason);
    mlab_release(whole->context, part->reason);
    part->reason = reason;
    part->trust = trust;
    return status;
}

mlab_status mlab_joint_after(mlab_joint_model *model, const mlab_joint_part_problem *parts, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_options *options = &parts[0].prepared->options;
    mlab_status status = MLAB_OK;
    for (size_t r = 0; r < model->n_parts && !status; r++) {
        part_after p = {.model = model, .whole = fit, .part = r};
        status = start(&p, err);
        if (!status) status = make(&p, parts[r].prepared, fit, err);
        void *const memory[] = {p.at, p.value, p.covariance};
        for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(model->context, memory[k]);
    }
    if (!status && (options->tests || options->profile || options->diagnose))
        status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "tests, profile limits and diagnoses are not built for joint models, and were left out");
    return status;
}

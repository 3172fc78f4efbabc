/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log-likelihoods of the models that have profiles: those of the engine (the variance of numbers and the shape of gamma at their best for the
 * coefficients in closed form or nearly so, that of counts in every pass), Cox's, and parametric laws of times.
 */
#include "fit/after/profile.h"
#include "fit/engine.h"
#include "fit/families/responses.h"
#include "fit/mixed/mixed_held.h"
#include "fit/survival/cox.h"
#include "fit/survival/frailty.h"
#include "fit/survival/times_frailty.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static bool is_times(const mlab_prepared *prepared)
{
    return prepared->model->release == mlab_times_release && !prepared->problem->n_random;
}

static bool is_cox(const mlab_prepared *prepared)
{
    return prepared->model == &mlab_model_cox && !prepared->problem->n_random;
}

static bool is_mixed(const mlab_prepared *prepared, const mlab_fit *fit)
{
    return prepared->problem->n_random && (prepared->model->marks & MLAB_MODEL_MIXED) && fit->spread;
}

bool mlab_profile_is_made(const mlab_prepared *prepared, const mlab_fit *fit)
{
    bool frailty = mlab_fit_has_frailty(fit) && fit->trust != MLAB_ON_BOUNDARY && fit->random->sd[0] > 0;
    return is_cox(prepared) || is_times(prepared) || frailty || mlab_engine_of(prepared) || is_mixed(prepared, fit);
}

static double same(const mlab_profile_machine *machine, double value)
{
    (void)machine;
    return value;
}

static mlab_status no_memory(const mlab_fit *fit, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for profiles of %s", fit->outcome);
}

/* --- engine ----------------------------------------------------------------------------------------------------- */

static bool engine_has(const mlab_profile_machine *machine, size_t j)
{
    const mlab_engine *engine = machine->prepared->own;
    if (j < machine->prepared->n_thresholds) return false;
    size_t column = (j - machine->prepared->n_thresholds) % engine->p;
    return !(engine->intercept && column == 0) && !(engine->tiles->mix && engine->tiles->mixed[column]);
}

/* The variance is the mean square of what is left. */
static double of_squares(const mlab_profile_machine *machine, double value)
{
    double n = 0;
    const mlab_fit_problem *problem = machine->prepared->problem;
    for (size_t i = 0; i < problem->n; i++) n += problem->weight ? problem->weight[i] : 1;
    return -0.5 * n * log(-2 * value);
}

static double of_gamma(const mlab_profile_machine *machine, double value)
{
    return mlab_gamma_at_best_shape(machine->prepared->problem, value, NULL);
}

static mlab_status start_engine(const mlab_context *context, const mlab_fit *fit, mlab_profile_machine *machine, mlab_error *err)
{
    const mlab_engine *engine = machine->prepared->own;
    const mlab_model *model = machine->prepared->model;
    machine->has = engine_has;
    machine->spec.scale = engine->scale;
    if (model == &mlab_model_linear || model == &mlab_model_lognormal) machine->of_value = of_squares;
    if (model == &mlab_model_gamma) machine->of_value = of_gamma;
    memcpy(machine->best, fit->estimate, fit->n_parameters * sizeof *machine->best);
    mlab_engine_inward(engine, machine->best);
    if (model == &mlab_model_negative_binomial) {
        machine->spec.evaluate = mlab_counts_at_best_theta;
        machine->release = mlab_counts_work_free;
        return mlab_counts_work_make(context, machine->prepared, fit->shape, &machine->own, err);
    }
    mlab_pass *pass = machine->own = mlab_allocate(context, 1, sizeof *pass);
    if (!pass) return no_memory(fit, err);
    *pass = (mlab_pass){context, engine, machine->prepared->problem->weight, 1, false};
    machine->spec.evaluate = mlab_pass_evaluate;
    return MLAB_OK;
}

/* --- times ------------------------------------------------------------------------------------------------------ */

/* Scales and shapes have profiles, the coefficients of a spline of time have none. */
static bool times_has(const mlab_profile_machine *machine, size_t j)
{
    const mlab_times *times = machine->prepared->own;
    if (j >= times->p) return !times->n_knots;
    return !(times->intercept && j == 0) && !(times->tiles->mix && times->tiles->mixed[j]);
}

static mlab_status start_times(const mlab_context *context, const mlab_fit *fit, mlab_profile_machine *machine, mlab_error *err)
{
    const mlab_times *times = machine->prepared->own;
    mlab_times_pass *pass = machine->own = mlab_allocate(context, 1, sizeof *pass);
    if (!pass) return no_memory(fit, err);
    *pass = (mlab_times_pass){context, times, machine->prepared->problem->weight, machine->fixed, false};
    memcpy(machine->best, fit->estimate, times->n * sizeof *machine->best);
    mlab_times_uncentre(times, machine->best, -1);
    machine->has = times_has;
    machine->spec.scale = times->scale;
    machine->spec.evaluate = mlab_times_evaluate;
    return MLAB_OK;
}

/* The same with a frailty: its log variance is the last parameter, held as the log standard deviation. */
typedef struct frail_times {
    mlab_times_groups groups;
    double *unit;
} frail_times;

static void free_frail_times(const mlab_context *context, void *own)
{
    frail_times *frail = own;
    mlab_times_groups_end(&frail->groups);
    mlab_release(context, frail->unit);
    mlab_release(context, frail);
}

static mlab_status start_frail_times(const mlab_context *context, const mlab_fit *fit, mlab_profile_machine *machine, mlab_error *err)
{
    const mlab_times *times = machine->prepared->own;
    frail_times *frail = machine->own = mlab_allocate(context, 1, sizeof *frail);
    if (!frail) return no_memory(fit, err);
    machine->release = free_frail_times;
    frail->unit = mlab_allocate(context, times->n + 1, sizeof *frail->unit);
    if (!frail->unit) return no_memory(fit, err);
    for (size_t j = 0; j < times->n; j++) frail->unit[j] = 1;
    frail->unit[times->n] = 2;
    memcpy(machine->best, fit->estimate, times->n * sizeof *machine->best);
    mlab_times_uncentre(times, machine->best, -1);
    machine->best[times->n] = 2 * log(fit->random->sd[0]);
    machine->unit = frail->unit;
    machine->has = times_has;
    machine->spec.n = times->n + 1;
    machine->spec.bounded = true;
    machine->spec.tolerance = 1e-5; /* the likelihood to 1e-10 */
    machine->spec.evaluate = mlab_times_groups_evaluate;
    machine->spec.work = &frail->groups;
    mlab_status status = mlab_times_groups_begin(context, machine->prepared, &frail->groups, err);
    frail->groups.held = machine->fixed;
    return status;
}

/* --- cox -------------------------------------------------------------------------------------------------------- */

typedef struct cox_machine {
    mlab_cox_work work;
    double *weight;
} cox_machine;

static void free_cox(const mlab_context *context, void *own)
{
    cox_machine *cox = own;
    mlab_cox_work_free(context, &cox->work);
    mlab_release(context, cox->weight);
    mlab_release(context, cox);
}

static bool cox_has(const mlab_profile_machine *machine, size_t j)
{
    (void)machine;
    (void)j;
    return true;
}

static mlab_status start_cox(const mlab_context *context, const mlab_fit *fit, mlab_profile_machine *machine, mlab_error *err)
{
    const mlab_fit_problem *problem = machine->prepared->problem;
    const mlab_cox_rows *rows = machine->prepared->own;
    cox_machine *cox = machine->own = mlab_allocate(context, 1, sizeof *cox);
    if (!cox) return no_memory(fit, err);
    machine->release = free_cox;
    machine->unit = rows->scale;
    machine->has = cox_has;
    machine->spec.evaluate = mlab_cox_evaluate;
    machine->spec.work = &cox->work;
    cox->weight = mlab_allocate(context, rows->n, sizeof *cox->weight);
    if (!cox->weight) return no_memory(fit, err);
    for (size_t i = 0; i < rows->n; i++) cox->weight[i] = problem->weight ? problem->weight[rows->row[i]] : 1;
    for (size_t j = 0; j < rows->p; j++) machine->best[j] = fit->estimate[j] * rows->scale[j];
    return mlab_cox_work_make(context, rows, cox->weight, &cox->work, err);
}

/* The same with a frailty, which has a climb of its own; best[0]: the largest log-likelihood. */
static void free_frail_cox(const mlab_context *context, void *own)
{
    mlab_frailty_again_end(own);
    mlab_release(context, own);
}

static mlab_status hold_frail_cox(mlab_profile_machine *machine, size_t j, double at, double *value, bool *good, mlab_error *err)
{
    mlab_frailty_again *again = machine->own;
    mlab_frailty *f = &again->f;
    again->top.hold_variance = j == f->p;
    if (j == f->p)
        f->variance = exp(2 * at);
    else
        f->beta[j] = at * f->rows->scale[j];
    mlab_status status = mlab_frailty_climb(f, machine->fixed, 1e-7, (int)machine->prepared->options.iterations, &again->top, err);
    *good = !status && again->top.converged;
    *value = f->value;
    return status;
}

static mlab_status start_frail_cox(const mlab_context *context, const mlab_fit *fit, mlab_profile_machine *machine, mlab_error *err)
{
    mlab_frailty_again *again = machine->own = mlab_allocate(context, 1, sizeof *again);
    if (!again) return no_memory(fit, err);
    machine->release = free_frail_cox;
    machine->has = cox_has;
    machine->held = hold_frail_cox;
    mlab_status status = mlab_frailty_again_begin(context, machine->prepared, fit, again, err);
    if (!status) status = mlab_frailty_climb(&again->f, fit->aliased, 1e-7, (int)machine->prepared->options.iterations, &again->top, err);
    machine->best[0] = again->f.value;
    return status;
}

/* --- mixed: climbs of their own; best[0]: the largest log-likelihood ---------------------------------------------- */

static void free_mixed(const mlab_context *context, void *own)
{
    (void)context;
    mlab_mixed_held_free(own);
}

static mlab_status hold_mixed(mlab_profile_machine *machine, size_t j, double at, double *value, bool *good, mlab_error *err)
{
    return mlab_mixed_held_at(machine->own, j, at, value, good, err);
}

static bool mixed_has(const mlab_profile_machine *machine, size_t j)
{
    const mlab_engine *engine = machine->prepared->own;
    return j >= machine->prepared->n_thresholds && !(engine->intercept && (j - machine->prepared->n_thresholds) % engine->p == 0);
}

static mlab_status start_mixed(const mlab_context *context, const mlab_fit *fit, mlab_profile_machine *machine, mlab_error *err)
{
    machine->has = mixed_has;
    machine->held = hold_mixed;
    machine->settled = 1e-6;
    machine->release = free_mixed;
    mlab_mixed_held *held = NULL;
    mlab_status status = mlab_mixed_held_make(context, machine->prepared, fit, &held, machine->best, err);
    machine->own = held;
    return status;
}

/* ---------------------------------------------------------------------------------------------------------------- */

mlab_status mlab_profile_machine_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, const uint8_t *fixed,
                                      mlab_profile_machine *machine, mlab_error *err)
{
    *machine = (mlab_profile_machine){.prepared = prepared, .fixed = fixed, .of_value = same, .release = mlab_release};
    machine->spec = (mlab_newton_spec){.n = fit->n_parameters, .fixed = fixed, .tolerance = 1e-7, .iterations = (int)prepared->options.iterations};
    machine->best = mlab_allocate(context, fit->n_parameters + 1, sizeof *machine->best);
    if (!machine->best) return no_memory(fit, err);
    bool frail = mlab_fit_has_frailty(fit), cox = prepared->model == &mlab_model_cox;
    mlab_status status = (frail                     ? cox ? start_frail_cox : start_frail_times
                          : is_cox(prepared)        ? start_cox
                          : is_times(prepared)      ? start_times
                          : is_mixed(prepared, fit) ? start_mixed
                                                    : start_engine)(context, fit, machine, err);
    if (!machine->spec.work) machine->spec.work = machine->own;
    return status;
}

void mlab_profile_machine_free(const mlab_context *context, mlab_profile_machine machine)
{
    if (machine.own) machine.release(context, machine.own);
    mlab_release(context, machine.best);
}

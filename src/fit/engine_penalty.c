/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Penalties of the engine's models: from the coefficients as they are named to the centred and mixed columns that Newton moves. */
#include "fit/engine.h"
#include "fit/families/ordinal_effects.h"
#include "fit/penalty/penalty.h"

#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { FIRTH_ITERATIONS = 500 };
#define MOST_PROFILE_WORK 2e8 /* rows times cubed parameters; beyond, Wald limits have to do */

static void outward(const void *engine, double *v, double sign)
{
    mlab_engine_uncentre(engine, v, sign);
}

static mlab_status check(const mlab_prepared *prepared, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const char *outcome = problem->outcome ? problem->outcome : "outcome";
    if (prepared->options.penalty == 1 && !((const mlab_engine *)prepared->own)->family->firth)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: Firth's penalty is for " MLAB_FIRTH_MODELS ", not for %s", outcome, prepared->model->name);
    if (prepared->options.penalty == 1 && problem->n_priors > 0)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: Firth's penalty is a prior itself; state either it or priors", outcome);
    return MLAB_OK;
}

mlab_status mlab_engine_penalise(const mlab_context *context, const mlab_prepared *prepared, mlab_pass *pass, const mlab_fit *fit,
                                 mlab_newton_spec *spec, mlab_penalty *penalty, mlab_error *err)
{
    bool firth = prepared->options.penalty == 1;
    if (!firth && prepared->problem->n_priors == 0) return MLAB_OK;
    mlab_status status = check(prepared, err);
    if (status) return status;
    *penalty = (mlab_penalty){
        .context = context, .evaluate = spec->evaluate, .work = pass, .n = spec->n, .fixed = spec->fixed, .scale = spec->scale, .firth = firth};
    status = mlab_penalty_start(penalty, err);
    if (!status && firth && prepared->n_thresholds) status = mlab_penalise_levels(context, prepared->own, pass, spec, penalty, err);
    if (!status && prepared->problem->n_priors > 0) {
        const mlab_engine *engine = prepared->own;
        status = mlab_penalty_priors(penalty, prepared, fit, engine->aliased, outward, engine, engine->own_number ? engine->shift : 0, err);
    }
    spec->evaluate = mlab_penalty_evaluate;
    spec->work = penalty;
    spec->bounded = firth;
    if (firth && spec->iterations < FIRTH_ITERATIONS) spec->iterations = FIRTH_ITERATIONS; /* they converge linearly */
    return status;
}

/* Half the log determinant changes with the scale of the columns: to that of the columns as they are named. */
static double unmixed(const mlab_engine *engine)
{
    const mlab_tiles *tiles = engine->tiles;
    double sum = 0;
    for (size_t j = 0; tiles->mix && j < tiles->p; j++)
        if (tiles->mixed[j]) sum += log(tiles->mix[j * tiles->p + j]);
    return sum * (double)engine->n_eta;
}

static mlab_status add_limits(const mlab_prepared *prepared, mlab_penalty *penalty, const double *parameters, double value, mlab_fit *fit,
                              mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    size_t n = engine->n_parameters;
    double *t = NULL, *own = NULL, fall = 0.5 * gsl_cdf_chisq_Pinv(prepared->options.level, 1);
    mlab_status status = mlab_penalty_outward(penalty->context, outward, engine, n, &t, err);
    if (status) return status;
    own = mlab_allocate(penalty->context, n, sizeof *own);
    fit->lower = mlab_allocate(fit->context, n, sizeof *fit->lower);
    fit->upper = mlab_allocate(fit->context, n, sizeof *fit->upper);
    if (!own || !fit->lower || !fit->upper) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the limits of %zu parameters", n);
    if (own) {
        memcpy(own, parameters, n * sizeof *own);
        mlab_engine_uncentre(engine, own, 1);
    }
    for (size_t j = 0; j < n && !status; j++) {
        if (engine->aliased[j]) continue;
        status = mlab_penalty_profile(penalty, t + j * n, parameters, value, fall, -1, &fit->lower[j], err);
        if (!status) status = mlab_penalty_profile(penalty, t + j * n, parameters, value, fall, 1, &fit->upper[j], err);
        fit->lower[j] += own[j];
        fit->upper[j] += own[j];
    }
    mlab_release(penalty->context, t);
    mlab_release(penalty->context, own);
    return status;
}

mlab_status mlab_engine_penalised(const mlab_prepared *prepared, mlab_penalty *penalty, const double *parameters, double value, mlab_fit *fit,
                                  mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    double at, *score = mlab_allocate(penalty->context, penalty->n, (penalty->n + 1) * sizeof *score), n = (double)penalty->n;
    if (!score) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", penalty->n);
    mlab_status status = mlab_penalty_evaluate(penalty, parameters, &at, score, score + penalty->n, err);
    mlab_release(penalty->context, score);
    if (status) return status;
    fit->log_likelihood = at - penalty->added;
    fit->penalised = penalty->firth;
    fit->penalised_log_likelihood = penalty->added + unmixed(prepared->own); /* the likelihood is added when it is whole */
    bool sandwich = (problem->cluster || problem->weights_sampling) && !prepared->separated;
    if (!penalty->firth || sandwich || (double)problem->n * n * n * n > MOST_PROFILE_WORK) return MLAB_OK;
    return add_limits(prepared, penalty, parameters, value > at ? value : at, fit, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Penalties of the partial likelihood: Firth's for monotone likelihoods (Heinze & Schemper 2001, doi:10.1111/j.0006-341X.2001.00114.x) with its
 * profile limits, and normal priors of coefficients. Newton moves scaled columns, so that a coefficient is what it moves over the spread of its
 * column. */
#include "fit/survival/cox.h"

#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

enum { FIRTH_ITERATIONS = 500 };
#define MOST_PROFILE_WORK 2e8 /* rows times cubed parameters; beyond, Wald limits have to do */

static void outward(const void *of, double *v, double sign)
{
    const mlab_cox_rows *rows = of;
    for (size_t j = 0; j < rows->p; j++) v[j] *= sign > 0 ? 1 / rows->scale[j] : rows->scale[j];
}

mlab_status mlab_cox_penalise(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_newton_spec *spec,
                              mlab_penalty *penalty, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const char *outcome = problem->outcome ? problem->outcome : "outcome";
    bool firth = prepared->options.penalty == 1;
    *penalty = (mlab_penalty){0};
    if ((!firth && problem->n_priors == 0) || spec->n == 0) return MLAB_OK;
    if (firth && problem->n_priors > 0)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: Firth's penalty is a prior itself; state either it or priors", outcome);
    *penalty = (mlab_penalty){
        .context = context, .evaluate = spec->evaluate, .work = spec->work, .n = spec->n, .fixed = spec->fixed, .scale = spec->scale, .firth = firth};
    mlab_status status = mlab_penalty_start(penalty, err);
    if (!status && problem->n_priors > 0) {
        const mlab_cox_rows *rows = prepared->own;
        status = mlab_penalty_priors(penalty, prepared, fit, rows->aliased, outward, rows, 0, err);
    }
    spec->evaluate = mlab_penalty_evaluate;
    spec->work = penalty;
    spec->bounded = firth;
    if (firth && spec->iterations < FIRTH_ITERATIONS) spec->iterations = FIRTH_ITERATIONS; /* they converge linearly */
    return status;
}

static mlab_status add_limits(const mlab_prepared *prepared, mlab_penalty *penalty, const double *beta, double value, mlab_fit *fit, mlab_error *err)
{
    const mlab_cox_rows *rows = prepared->own;
    size_t n = rows->p;
    double fall = 0.5 * gsl_cdf_chisq_Pinv(prepared->options.level, 1), *one = mlab_allocate(penalty->context, n, sizeof *one);
    fit->lower = mlab_allocate(fit->context, n, sizeof *fit->lower);
    fit->upper = mlab_allocate(fit->context, n, sizeof *fit->upper);
    mlab_status status =
        one && fit->lower && fit->upper ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the limits of %zu coefficients", n);
    for (size_t j = 0; j < n && !status; j++) {
        if (rows->aliased[j]) continue;
        one[j] = 1 / rows->scale[j];
        status = mlab_penalty_profile(penalty, one, beta, value, fall, -1, &fit->lower[j], err);
        if (!status) status = mlab_penalty_profile(penalty, one, beta, value, fall, 1, &fit->upper[j], err);
        fit->lower[j] += beta[j] * one[j];
        fit->upper[j] += beta[j] * one[j];
        one[j] = 0;
    }
    mlab_release(penalty->context, one);
    return status;
}

mlab_status mlab_cox_penalised(const mlab_prepared *prepared, mlab_penalty *penalty, const double *beta, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const mlab_cox_rows *rows = prepared->own;
    double at, n = (double)rows->p, *score = mlab_allocate(penalty->context, rows->p, (rows->p + 1) * sizeof *score);
    if (!score) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu coefficients", rows->p);
    mlab_status status = mlab_penalty_evaluate(penalty, beta, &at, score, score + rows->p, err);
    mlab_release(penalty->context, score);
    if (status) return status;
    fit->log_likelihood = at - penalty->added;
    fit->penalised = penalty->firth;
    fit->penalised_log_likelihood = penalty->added;        /* the likelihood is added when it is whole */
    for (size_t j = 0; j < rows->p && penalty->firth; j++) /* the information is that of the coefficients as they are named */
        if (!rows->aliased[j]) fit->penalised_log_likelihood += log(rows->scale[j]);
    bool sandwich = (problem->cluster || problem->weights_sampling) && !prepared->separated;
    if (!penalty->firth || sandwich || (double)problem->n * n * n * n > MOST_PROFILE_WORK) return MLAB_OK;
    return add_limits(prepared, penalty, beta, at, fit, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox's proportional hazards model (1972): Efron, Breslow or exact ties, strata, (start, stop], weights, cluster-robust errors.
 *
 * Newton-Raphson on centred and scaled columns; times are whole numbers (days, periods), so ties are ties. The robust covariance
 * is that of Lin & Wei 1989 (sum over clusters of the dfbetas' outer product) times the program's small-sample factor CR1.
 * Weakness: the baseline is a step function that ends with the last event, so nothing can be simulated from this fit. */
#include "fit/survival/frailty.h"
#include "fit/survival/steps.h"

#include "core/error.h"
#include "core/memory.h"

/* Weights and memory of one fit; free with end. */
static mlab_status begin(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, double **weight,
                         double **beta, mlab_cox_work *work, mlab_error *err)
{
    const mlab_cox_rows *rows = prepared->own;
    *work = (mlab_cox_work){0};
    *weight = mlab_reallocate(context, NULL, rows->n, sizeof **weight);
    *beta = mlab_allocate(context, rows->p, sizeof **beta);
    if (!*weight || !*beta) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a Cox fit of %zu rows", rows->n);
    for (size_t k = 0; k < rows->n; k++) (*weight)[k] = mlab_refit_weight(prepared->problem, weights, rows->row[k]);
    mlab_status status = mlab_cox_work_make(context, rows, *weight, work, err);
    work->at_zero = weights ? NULL : rows->at_zero;
    return status;
}

static void end(const mlab_context *context, double *weight, double *beta, mlab_cox_work *work)
{
    mlab_cox_work_free(context, work);
    mlab_release(context, beta);
    mlab_release(context, weight);
}

/* Start values of the caller to scaled columns. */
static void set_start(const mlab_cox_rows *rows, const double *start, double *beta)
{
    for (size_t j = 0; j < rows->p; j++) beta[j] = start && !rows->aliased[j] ? start[j] * rows->scale[j] : 0;
}

static void set_estimates(const mlab_cox_rows *rows, const double *beta, double *estimate)
{
    for (size_t j = 0; j < rows->p; j++) estimate[j] = rows->aliased[j] ? 0 : beta[j] / rows->scale[j];
}

static mlab_newton_spec newton_of(const mlab_prepared *prepared, mlab_cox_work *work)
{
    const mlab_cox_rows *rows = prepared->own;
    return (mlab_newton_spec){.n = rows->p,
                              .evaluate = mlab_cox_evaluate,
                              .work = work,
                              .fixed = rows->aliased,
                              .tolerance = prepared->options.tolerance,
                              .iterations = (int)prepared->options.iterations};
}

static mlab_status add_robust(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, const double *beta, mlab_fit *fit,
                              mlab_error *err)
{
    const mlab_cox_rows *rows = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    if (!problem->cluster && !problem->weights_sampling) return MLAB_OK;
    if (rows->exact) return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "exact ties have no cluster-robust errors: these are the model's");
    size_t n = problem->cluster ? problem->n_clusters : problem->n, p = rows->p;
    double *scores = mlab_allocate(context, n, (p ? p : 1) * sizeof *scores);
    if (!scores) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu clusters", n);
    mlab_status status = mlab_cox_scores(context, work, beta, problem->cluster, scores, err);
    for (size_t i = 0; i < n && !status; i++)
        for (size_t j = 0; j < p; j++) scores[i * p + j] *= rows->aliased[j] ? 0 : rows->scale[j];
    if (!status) status = mlab_influence(context, fit->covariance, p, scores, n, err);
    if (status) {
        mlab_release(context, scores);
        return status;
    }
    if ((status = mlab_fit_robust(context, prepared, fit, scores, (double)problem->n, err))) return status;
    return mlab_baseline_robust(context, prepared, fit, mlab_robust_factor(fit, (double)problem->n), err);
}

static mlab_status climb(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, double *beta, mlab_fit *fit,
                         mlab_newton_result *result, mlab_error *err)
{
    mlab_newton_spec spec = newton_of(prepared, work);
    mlab_penalty penalty;
    set_start(prepared->own, prepared->problem->warm, beta);
    mlab_status status = mlab_cox_penalise(context, prepared, fit, &spec, &penalty, err);
    if (!status) status = mlab_newton(context, &spec, beta, fit->covariance, NULL, result, err);
    fit->log_likelihood = result->log_likelihood;
    if (!status && penalty.context) status = mlab_cox_penalised(prepared, &penalty, beta, fit, err);
    mlab_penalty_end(&penalty);
    return status;
}

static mlab_status fit_cox(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_cox_rows *rows = prepared->own;
    size_t p = rows->p;
    double *weight, *beta;
    mlab_cox_work work;
    mlab_newton_result result = {.converged = true};
    mlab_status status = begin(context, prepared, NULL, &weight, &beta, &work, err);
    if (status) goto out;
    if ((status = mlab_cox_evaluate(&work, beta, &fit->null_log_likelihood, NULL, NULL, err))) goto out;
    fit->log_likelihood = fit->null_log_likelihood;
    if (p > 0 && (status = climb(context, prepared, &work, beta, fit, &result, err))) goto out;
    fit->iterations = result.iterations;
    fit->gradient = result.gradient;
    set_estimates(rows, beta, fit->estimate);
    for (size_t j = 0; j < p; j++) {
        fit->aliased[j] = rows->aliased[j];
        for (size_t k = 0; k < p; k++)
            fit->covariance[j * p + k] = rows->aliased[j] || rows->aliased[k] ? 0 : fit->covariance[j * p + k] / (rows->scale[j] * rows->scale[k]);
    }
    if ((status = mlab_newton_doubt_times(&result, "event", fit, err))) goto out;
    if (fit->n_events > 0 && !result.diverged && (status = mlab_cox_baseline(context, prepared, &work, beta, fit, NULL, err))) goto out;
    if (!prepared->problem->n_random)
        status = add_robust(context, prepared, &work, beta, fit, err);
    else if (fit->baseline)
        status = mlab_frailty_fit(context, prepared, &work, beta, fit, err);
out:
    end(context, weight, beta, &work);
    return status;
}

static mlab_status refit_cox(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                             double *estimate, mlab_refit_info *info, mlab_error *err)
{
    const mlab_cox_rows *rows = prepared->own;
    double *weight, *beta;
    mlab_cox_work work;
    mlab_newton_result result = {.converged = true};
    mlab_penalty penalty = {0};
    if (prepared->problem->n_random) return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "refits of a Cox model with a frailty are not built yet");
    mlab_status status = begin(context, prepared, weights, &weight, &beta, &work, err);
    if (status) goto out;
    set_start(rows, start, beta);
    mlab_newton_spec spec = newton_of(prepared, &work);
    if ((status = mlab_cox_penalise(context, prepared, NULL, &spec, &penalty, err))) goto out;
    if (rows->p > 0 && (status = mlab_newton(context, &spec, beta, NULL, NULL, &result, err))) goto out;
    set_estimates(rows, beta, estimate);
    *info = mlab_newton_refit(&result);
out:
    mlab_penalty_end(&penalty);
    end(context, weight, beta, &work);
    return status;
}

static mlab_status refit_baseline(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const mlab_fit *fit,
                                  const double *estimate, double *hazard, mlab_error *err)
{
    double *weight, *beta;
    mlab_cox_work work;
    mlab_fit sample = {.context = context};
    mlab_status status = begin(context, prepared, weights, &weight, &beta, &work, err);
    if (!status) set_start(prepared->own, estimate, beta);
    if (!status) status = mlab_cox_baseline(context, prepared, &work, beta, &sample, NULL, err);
    if (!status) mlab_baseline_place(sample.baseline, fit->baseline, estimate, hazard);
    mlab_baseline_free(context, sample.baseline);
    end(context, weight, beta, &work);
    return status;
}

const mlab_model mlab_model_cox = {
    .name = "cox",
    .summary = "proportional hazards in continuous time; Efron, Breslow or exact ties",
    .kind = MLAB_OUTCOME_EVENT,
    .not_simulated = "a Cox fit knows no hazard after its last event, so there is nothing to simulate from",
    .marks = MLAB_MODEL_TIMES | MLAB_MODEL_NO_INTERCEPT | MLAB_MODEL_FRAILTY | MLAB_MODEL_PENALTY,
    .prepare = mlab_cox_prepare,
    .release = mlab_cox_release,
    .fit = fit_cox,
    .refit = refit_cox,
    .width = mlab_cox_width,
    .predict = mlab_cox_predict,
    .variance = mlab_cox_variance,
    .steps = mlab_cox_steps,
    .baseline = refit_baseline,
};

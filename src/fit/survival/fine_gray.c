/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subdistribution hazards of one cause among competing ones (Fine & Gray 1999, doi:10.1080/01621459.1999.10474144): covariates act on the
 * cumulative incidence, log(-log(1 - F(t))) = log(H0(t)) + x'b.
 *
 * Newton-Raphson on centred and scaled columns; the covariance is the sandwich with the part of the estimated censoring distribution.
 * Weakness: censoring must not depend on the covariates; a coefficient says nothing of the rate among those still there, and models of two
 * causes cannot both hold. */
#include "fit/survival/fine_gray.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "fit/survival/cox.h"

#include <math.h>

typedef struct memory {
    double *weight, *beta, *inverse;
    mlab_fine_gray_work work;
} memory;

static mlab_status begin(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, memory *m, mlab_error *err)
{
    const mlab_fine_gray_rows *rows = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    *m = (memory){.work = {.context = context}};
    m->weight = mlab_allocate(context, rows->n, sizeof *m->weight);
    m->beta = mlab_allocate(context, rows->p, sizeof *m->beta);
    m->inverse = mlab_allocate(context, rows->p, rows->p * sizeof *m->inverse);
    if (!m->weight || !m->beta || !m->inverse) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit of %zu rows", rows->n);
    for (size_t k = 0; k < rows->n; k++) m->weight[k] = mlab_refit_weight(problem, weights, rows->row[k]);
    return mlab_fine_gray_work_make(context, rows, m->weight, &m->work, err);
}

static void end(const mlab_context *context, memory *m)
{
    mlab_fine_gray_work_free(&m->work);
    mlab_release(context, m->weight);
    mlab_release(context, m->beta);
    mlab_release(context, m->inverse);
}

static mlab_status climb(const mlab_context *context, const mlab_prepared *prepared, const double *start, memory *m, mlab_newton_result *result,
                         mlab_error *err)
{
    const mlab_fine_gray_rows *rows = prepared->own;
    mlab_newton_spec spec = {.n = rows->p,
                             .evaluate = mlab_fine_gray_evaluate,
                             .work = &m->work,
                             .fixed = rows->aliased,
                             .tolerance = prepared->options.tolerance,
                             .iterations = (int)prepared->options.iterations};
    for (size_t j = 0; j < rows->p; j++) m->beta[j] = start && !rows->aliased[j] ? start[j] * rows->scale[j] : 0;
    return mlab_newton(context, &spec, m->beta, m->inverse, NULL, result, err);
}

static void set_estimates(const mlab_fine_gray_rows *rows, const double *beta, double *estimate)
{
    for (size_t j = 0; j < rows->p; j++) estimate[j] = rows->aliased[j] ? 0 : beta[j] / rows->scale[j];
}

/* The mean columns at risk, less where the baseline stands, by the hazard: how the baseline moves with the coefficients. */
static mlab_status put_mean(const mlab_context *context, const memory *m, mlab_baseline *b, mlab_error *err)
{
    const mlab_fine_gray_rows *rows = m->work.rows;
    size_t p = rows->p;
    if (!(b->mean = mlab_allocate(context, b->n, (p ? p : 1) * sizeof *b->mean))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a baseline");
    for (size_t k = 0; k < b->n; k++) {
        double hazard = m->work.happened[k] > 0 ? m->work.happened[k] / m->work.total[k] : 0;
        for (size_t j = 0; j < p; j++) /* centred columns: less `at` already */
            b->mean[k * p + j] = (k ? b->mean[(k - 1) * p + j] : 0) + (hazard > 0 ? hazard * m->work.mean[k * p + j] * rows->scale[j] : 0);
    }
    return MLAB_OK;
}

/* Errors of the baseline by the rows, as the covariance: each [n * p] is what each row adds to the estimates. */
static mlab_status put_errors(const mlab_context *context, const mlab_prepared *prepared, const memory *m, double *each, mlab_fit *fit,
                              mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t n = problem->n, p = fit->n_parameters;
    mlab_steps steps = {0};
    double *scale = mlab_allocate(context, n, sizeof *scale);
    mlab_status status = scale ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of a baseline");
    for (size_t i = 0; i < n && !status; i++) { /* a row of frequency w is w rows, each with its own influence */
        double w = problem->weight ? problem->weight[i] : 1;
        scale[i] = problem->weights_sampling ? 1 : w > 0 ? 1 / sqrt(w) : 0;
        for (size_t j = 0; j < p; j++) each[i * p + j] *= w * scale[i];
    }
    mlab_step_groups groups = {.n_groups = n, .scale = scale};
    if (!status) status = mlab_fine_gray_steps_of(&m->work, fit->baseline, &steps, err);
    if (!status) status = mlab_baseline_clear_errors(context, fit->baseline, err);
    if (!status) status = mlab_steps_errors(&steps, &groups, each, p, 1, fit->baseline->variance, fit->baseline->covariance, err);
    mlab_steps_free(&steps);
    mlab_release(context, scale);
    return status;
}

/* Where the likelihood has no maximum the sandwich shrinks with the residuals: the inverse information, whose errors are as huge as they should be.
 */
static void put_information(const mlab_fine_gray_rows *rows, const memory *m, mlab_fit *fit)
{
    for (size_t j = 0; j < rows->p; j++)
        for (size_t k = 0; k < rows->p; k++)
            fit->covariance[j * rows->p + k] =
                rows->aliased[j] || rows->aliased[k] ? 0 : m->inverse[j * rows->p + k] / (rows->scale[j] * rows->scale[k]);
}

/* Rows of influence, the covariance from them with a factor of 1, and the cluster-robust one. */
static mlab_status put_covariance(const mlab_context *context, const mlab_prepared *prepared, const memory *m, mlab_fit *fit, mlab_error *err)
{
    const mlab_fine_gray_rows *rows = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    size_t n = rows->n, p = rows->p, n_clusters = problem->cluster ? problem->n_clusters : n;
    double *each = mlab_allocate(context, n, p * sizeof *each), *by_cluster = NULL, observations = 0;
    mlab_status status = each ? mlab_fine_gray_residuals(&m->work, each, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for residuals");
    if (!status) status = mlab_influence(context, m->inverse, p, each, n, err);
    if (status) goto out;
    if (!(by_cluster = mlab_allocate(context, n_clusters, p * sizeof *by_cluster))) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu clusters", n_clusters);
        goto out;
    }
    for (size_t k = 0; k < n; k++) { /* in the order of the problem, so that the order of ties does not matter */
        double w = problem->weight ? problem->weight[k] : 1, *row = each + k * p;
        double *into = by_cluster + (problem->cluster ? problem->cluster[k] : k) * p;
        observations += problem->weights_sampling ? 1 : w;
        for (size_t j = 0; j < p; j++) row[j] = rows->aliased[j] ? 0 : row[j] / rows->scale[j];
        for (size_t j = 0; j < p; j++) into[j] += w * row[j];
        double square = problem->weights_sampling ? w * w : w;
        for (size_t j = 0; j < p; j++)
            for (size_t i = 0; i < p; i++) fit->covariance[j * p + i] += square * row[j] * row[i];
    }
    status = mlab_fit_robust(context, prepared, fit, by_cluster, observations, err);
    by_cluster = NULL;
    if (!status && !fit->robust)
        status = put_errors(context, prepared, m, each, fit, err);
    else if (!status)
        status = mlab_baseline_robust(context, prepared, fit, mlab_robust_factor(fit, observations), err);
out:
    mlab_release(context, each);
    mlab_release(context, by_cluster);
    return status;
}

/* hazard [n_times]: the cumulative subdistribution hazard where every column of the design has its mean, after an evaluation with derivatives. */
static void sum_hazards(const mlab_fine_gray_work *work, double *hazard)
{
    double sum = 0;
    for (size_t k = 0; k < work->rows->n_times; k++) hazard[k] = sum += work->happened[k] > 0 ? work->happened[k] / work->total[k] : 0;
}

static mlab_status put_baseline(const mlab_context *context, const mlab_prepared *prepared, const memory *m, mlab_fit *fit, mlab_error *err)
{
    const mlab_fine_gray_rows *rows = prepared->own;
    size_t time = 0;
    mlab_status status = mlab_baseline_make(context, prepared->problem, rows->n_times, rows->p, false, &fit->baseline, err);
    if (status) return status;
    for (size_t j = 0; j < rows->p; j++) fit->baseline->at[j] = rows->centre[j];
    fit->baseline->offset = rows->offset_mean;
    fit->baseline->first[1] = rows->n_times;
    for (size_t i = 0, last = SIZE_MAX; i < rows->n; i++) {
        if (rows->status[i] != 1 || (last != SIZE_MAX && rows->stop[i] == rows->stop[last])) continue;
        last = i;
        fit->baseline->time[time] = rows->stop[i];
        fit->baseline->events[time] = m->work.happened[time];
        time++;
    }
    sum_hazards(&m->work, fit->baseline->cumulative_hazard);
    return put_mean(context, m, fit->baseline, err);
}

static mlab_status fit_fine_gray(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_fine_gray_rows *rows = prepared->own;
    memory m;
    mlab_newton_result result = {.converged = true};
    mlab_status status = begin(context, prepared, NULL, &m, err);
    if (status) goto out;
    if ((status = mlab_fine_gray_evaluate(&m.work, m.beta, &fit->null_log_likelihood, NULL, NULL, err))) goto out;
    if ((status = climb(context, prepared, prepared->problem->warm, &m, &result, err))) goto out;
    fit->iterations = result.iterations;
    fit->gradient = result.gradient;
    set_estimates(rows, m.beta, fit->estimate);
    for (size_t j = 0; j < rows->p; j++) fit->aliased[j] = rows->aliased[j];
    double *vectors = mlab_allocate(context, rows->p, (rows->p + 1) * sizeof *vectors);
    if (!vectors) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", rows->p);
        goto out;
    }
    status = mlab_fine_gray_evaluate(&m.work, m.beta, &fit->log_likelihood, vectors, vectors + rows->p, err); /* risk sets at the estimates */
    mlab_release(context, vectors);
    if (status || (status = mlab_newton_doubt_times(&result, "event of interest", fit, err)) ||
        (status = put_baseline(context, prepared, &m, fit, err)))
        goto out;
    if (result.diverged)
        put_information(rows, &m, fit);
    else if (fit->n_events > 0)
        status = put_covariance(context, prepared, &m, fit, err);
out:
    end(context, &m);
    return status;
}

static mlab_status refit_fine_gray(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                                   double *estimate, mlab_refit_info *info, mlab_error *err)
{
    memory m;
    mlab_newton_result result = {.converged = true};
    mlab_status status = begin(context, prepared, weights, &m, err);
    if (!status) status = climb(context, prepared, start, &m, &result, err);
    if (!status) {
        set_estimates(prepared->own, m.beta, estimate);
        *info = mlab_newton_refit(&result);
    }
    end(context, &m);
    return status;
}

/* Sums and risk sets at given estimates; freed by end. */
static mlab_status begin_at(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *estimate,
                            memory *m, mlab_error *err)
{
    const mlab_fine_gray_rows *rows = prepared->own;
    double log_likelihood, *vectors = mlab_allocate(context, rows->p, (rows->p + 1) * sizeof *vectors);
    mlab_status status = begin(context, prepared, weights, m, err);
    if (!status && !vectors) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", rows->p);
    for (size_t j = 0; j < rows->p && !status; j++) m->beta[j] = rows->aliased[j] ? 0 : estimate[j] * rows->scale[j];
    if (!status) status = mlab_fine_gray_evaluate(&m->work, m->beta, &log_likelihood, vectors, vectors + rows->p, err);
    mlab_release(context, vectors);
    return status;
}

static mlab_status refit_baseline(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const mlab_fit *fit,
                                  const double *estimate, double *hazard, mlab_error *err)
{
    (void)fit;
    memory m;
    mlab_status status = begin_at(context, prepared, weights, estimate, &m, err);
    if (!status) sum_hazards(&m.work, hazard);
    end(context, &m);
    return status;
}

mlab_status mlab_fine_gray_steps(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_steps *steps, mlab_error *err)
{
    memory m;
    *steps = (mlab_steps){0};
    mlab_status status = begin_at(context, prepared, NULL, fit->estimate, &m, err);
    if (!status) status = mlab_fine_gray_steps_of(&m.work, fit->baseline, steps, err);
    end(context, &m);
    return status;
}

static size_t predict_width(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    return scale == MLAB_SCALE_INCIDENCE && fit->baseline ? n_times : 0;
}

/* 1 - exp(-H0(t) exp(eta - eta of the baseline)). */
static mlab_status predict(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n, const double *eta,
                           const double *share, const double *times, size_t n_times, double *out, mlab_error *err)
{
    (void)context, (void)scale, (void)share, (void)err;
    if (n == 0) return MLAB_OK;
    double at = mlab_baseline_predictor(fit->baseline, parameters), *hazard = out + (n - 1) * n_times; /* the last row's place; it is used up last */
    mlab_baseline_hazards(fit, parameters, times, n_times, hazard);
    for (size_t i = 0; i < n; i++) {
        double ratio = mlab_exp(fmin(eta[i] - at, 700));
        for (size_t t = 0; t < n_times; t++) out[i * n_times + t] = hazard[t] > 0 ? -mlab_expm1(-hazard[t] * ratio) : 0;
    }
    return MLAB_OK;
}

const mlab_model mlab_model_fine_gray = {
    .name = "fine_gray",
    .summary = "subdistribution hazard of one cause among competing ones",
    .kind = MLAB_OUTCOME_EVENT,
    .not_simulated = "a subdistribution hazard is no rate to simulate from",
    .marks = MLAB_MODEL_TIMES | MLAB_MODEL_NO_INTERCEPT | MLAB_MODEL_COMPETING,
    .prepare = mlab_fine_gray_prepare,
    .release = mlab_fine_gray_release,
    .fit = fit_fine_gray,
    .refit = refit_fine_gray,
    .width = predict_width,
    .predict = predict,
    .variance = mlab_cox_variance,
    .steps = mlab_fine_gray_steps,
    .baseline = refit_baseline,
};

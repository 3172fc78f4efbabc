/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits and refits a parametric survival model: start from a law without covariates, Newton, back to the design's own columns, covariance,
 * influence, doubts. Weakness: the start is one point; a likelihood of several maxima (generalised gamma on few events) may end in a lower one.
 */
#include "fit/penalty/penalty.h"
#include "fit/survival/times_frailty.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

/* Largest last step of a refit in standard errors; it is taken, so that what is left is of the order of its square. */
#define REFIT_TOLERANCE 1e-5
/* Numbers of influence kept for rows that are their own clusters. */
#define MOST_INFLUENCE ((size_t)1 << 22)

static void outward(const void *times, double *v, double sign)
{
    mlab_times_uncentre(times, v, sign);
}

/* Puts priors between Newton and the rows. penalty: ended by mlab_penalty_end. */
static mlab_status penalise(const mlab_times_pass *pass, const mlab_prepared *prepared, const mlab_fit *fit, mlab_newton_spec *spec,
                            mlab_penalty *penalty, mlab_error *err)
{
    const mlab_times *times = pass->times;
    *penalty = (mlab_penalty){0};
    if (prepared->options.penalty == 1)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: Firth's penalty is for " MLAB_FIRTH_MODELS ", not for %s",
                          prepared->problem->outcome ? prepared->problem->outcome : "outcome", prepared->model->name);
    if (prepared->problem->n_priors == 0) return MLAB_OK;
    *penalty = (mlab_penalty){
        .context = pass->context, .evaluate = spec->evaluate, .work = spec->work, .n = spec->n, .fixed = spec->fixed, .scale = spec->scale};
    mlab_status status = mlab_penalty_start(penalty, err);
    if (!status) status = mlab_penalty_priors(penalty, prepared, fit, times->aliased, outward, times, 0, err);
    spec->evaluate = mlab_penalty_evaluate;
    spec->work = penalty;
    return status;
}

/* Newton's end; the log-likelihood of the result is that of the data alone. */
static mlab_status climb(const mlab_times_pass *pass, const mlab_prepared *prepared, const mlab_fit *fit, const mlab_newton_spec *spec,
                         double *parameters, double *covariance, uint8_t *singular, mlab_newton_result *result, mlab_error *err)
{
    mlab_penalty penalty;
    mlab_newton_spec own = *spec;
    mlab_status status = penalise(pass, prepared, fit, &own, &penalty, err);
    if (!status) status = mlab_newton(pass->context, &own, parameters, covariance, singular, result, err);
    if (!status && penalty.context) status = mlab_times_evaluate(penalty.work, parameters, &result->log_likelihood, NULL, NULL, err);
    mlab_penalty_end(&penalty);
    return status;
}

static mlab_newton_spec spec_of(const mlab_times *times, mlab_times_pass *pass, const mlab_fit_options *options)
{
    return (mlab_newton_spec){.n = times->n,
                              .evaluate = mlab_times_evaluate,
                              .work = pass,
                              .fixed = times->aliased,
                              .scale = times->scale,
                              .tolerance = options->tolerance,
                              .iterations = (int)options->iterations};
}

/* The shape of a generalised gamma that suits one law for all rows best, the others fitted to each: its likelihood may have a second, lower hill. */
static mlab_status choose_shape(mlab_times_pass *one, const mlab_newton_spec *spec, double *parameters, mlab_error *err)
{
    static const double shapes[] = {-1, 0, 0.5, 1, 2};
    static const uint8_t fixed[] = {0, 0, 1};
    double best = -HUGE_VAL, tried[3], kept[3] = {0};
    mlab_newton_spec at = *spec;
    at.fixed = one->fixed = fixed;
    at.tolerance = 1e-2;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        mlab_newton_result result;
        memcpy(tried, parameters, sizeof tried);
        tried[2] = shapes[k];
        mlab_status status = mlab_newton(one->context, &at, tried, NULL, NULL, &result, err);
        if (status) return status;
        if (!(result.log_likelihood > best)) continue;
        best = result.log_likelihood;
        memcpy(kept, tried, sizeof kept);
    }
    one->fixed = NULL;
    if (best > -HUGE_VAL) memcpy(parameters, kept, sizeof kept);
    return MLAB_OK;
}

/* One law for all rows: parameters [1 + n_ancillary], intercept first. */
static mlab_status fit_null(const mlab_times_pass *pass, const mlab_prepared *prepared, double *parameters, double *log_likelihood, mlab_error *err)
{
    const mlab_times *times = pass->times;
    mlab_times_pass one = *pass;
    double weight = 0, events = 0, total = 0, mean = 0, square = 0;
    one.null_model = true;
    one.fixed = NULL;
    for (size_t i = 0; i < times->problem->n; i++) {
        double w = pass->weight ? pass->weight[i] : 1;
        weight += w;
        events += times->problem->status[i] ? w : 0;
        total += w * (times->stop[i] - (times->start ? times->start[i] : 0));
        mean += w * times->log_stop[i];
        square += w * times->log_stop[i] * times->log_stop[i];
    }
    mean /= weight;
    times->family->begin(prepared, events, total, mean, sqrt(fmax(square / weight - mean * mean, 0)), parameters);
    mlab_newton_spec spec = {.n = 1 + times->n_ancillary, .evaluate = mlab_times_evaluate, .work = &one, .tolerance = 1e-7, .iterations = 200};
    mlab_newton_result result = {0};
    mlab_status status = times->n_ancillary == 2 && !times->n_knots ? choose_shape(&one, &spec, parameters, err) : MLAB_OK;
    if (!status) status = mlab_newton(pass->context, &spec, parameters, NULL, NULL, &result, err);
    if (!status && !times->intercept) { /* nothing takes up the level: coefficients of 0 */
        parameters[0] = 0;
        status = mlab_times_evaluate(&one, parameters, &result.log_likelihood, NULL, NULL, err);
    }
    *log_likelihood = result.log_likelihood;
    return status;
}

static mlab_status begin(const mlab_times_pass *pass, const mlab_prepared *prepared, const double *start, double *null_log_likelihood,
                         double *parameters, mlab_error *err)
{
    const mlab_times *times = pass->times;
    double null[1 + MLAB_MOST_ANCILLARY] = {0};
    mlab_status status = MLAB_OK;
    if (null_log_likelihood || !start) status = fit_null(pass, prepared, null, null_log_likelihood ? null_log_likelihood : &(double){0}, err);
    if (status) return status;
    if (start) {
        memcpy(parameters, start, times->n * sizeof *parameters);
        mlab_times_uncentre(times, parameters, -1);
        return MLAB_OK;
    }
    if (times->intercept) parameters[0] = null[0];
    for (size_t k = 0; k < times->n_ancillary; k++) parameters[times->p + k] = null[1 + k];
    return MLAB_OK;
}

/* undetermined: a parameter without information at the end, SIZE_MAX = none. */
static mlab_status doubt(const mlab_prepared *prepared, mlab_fit *fit, const mlab_newton_result *result, size_t undetermined, mlab_error *err)
{
    size_t used = 0;
    if (result->diverged)
        return mlab_fit_doubt(fit, MLAB_SEPARATED, err, "%s has no maximum: it runs to %s infinity (stopped at %.1f)", fit->names[result->runaway],
                              fit->estimate[result->runaway] < 0 ? "minus" : "plus", fit->estimate[result->runaway]);
    if (!result->converged)
        return mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "after %d iterations of at most %lld the largest score is %.2g standard errors",
                              result->iterations, (long long)prepared->options.iterations, result->gradient);
    if (undetermined != SIZE_MAX)
        return mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "%s is not determined by these times", fit->names[undetermined]);
    for (size_t j = 0; j < fit->n_parameters - fit->n_ancillary; j++) used += !fit->aliased[j];
    if (((const mlab_times *)prepared->own)->intercept && used) used--;
    return mlab_fit_doubt_events(fit, fit->outcome, fit->n_events, used, "events", err);
}

static mlab_status add_influence(const mlab_context *context, const mlab_prepared *prepared, const mlab_times_pass *pass, const double *parameters,
                                 mlab_fit *fit, mlab_error *err)
{
    const mlab_times *times = pass->times;
    const mlab_fit_problem *problem = times->problem;
    size_t n_clusters = problem->cluster ? problem->n_clusters : problem->n, n = times->n;
    double total = (double)problem->n;
    if (!problem->cluster && !problem->weights_sampling && n_clusters > MOST_INFLUENCE / n) return MLAB_OK;
    if (problem->weight && !problem->weights_sampling) {
        total = 0;
        for (size_t i = 0; i < problem->n; i++) total += problem->weight[i];
    }
    double *influence = mlab_allocate(context, n_clusters, n * sizeof *influence);
    if (!influence) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu clusters", n_clusters);
    mlab_status status = mlab_times_scores(pass, parameters, influence, err);
    if (!status) status = mlab_influence(context, fit->covariance, n, influence, n_clusters, err);
    if (status) {
        mlab_release(context, influence);
        return status;
    }
    for (size_t g = 0; g < n_clusters; g++) mlab_times_uncentre(times, influence + g * n, 1);
    return mlab_fit_robust(context, prepared, fit, influence, total, err);
}

static mlab_status name_link(mlab_fit *fit, const char *name, mlab_error *err)
{
    char *link = mlab_copy_text(fit->context, name);
    if (!link) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    mlab_release(fit->context, fit->link);
    fit->link = link;
    return MLAB_OK;
}

static mlab_status keep_knots(const mlab_times *times, mlab_fit *fit, mlab_error *err)
{
    if (!times->n_knots) return MLAB_OK;
    fit->knots = mlab_allocate(fit->context, times->n_knots, sizeof *fit->knots);
    if (!fit->knots) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu knots", times->n_knots);
    fit->n_knots = times->n_knots;
    memcpy(fit->knots, times->knots, times->n_knots * sizeof *fit->knots);
    return MLAB_OK;
}

mlab_status mlab_times_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_times *times = prepared->own;
    size_t n = times->n, undetermined = SIZE_MAX;
    mlab_times_pass pass = {context, times, prepared->problem->weight, times->aliased, false};
    mlab_newton_result result;
    mlab_status status = name_link(fit, times->family->link, err);
    if (!status) status = keep_knots(times, fit, err);
    if (status) return status;
    if (fit->n_events == 0) return mlab_fit_doubt(fit, MLAB_TOO_FEW_EVENTS, err, "no event happened");
    double *parameters = mlab_allocate(context, n, sizeof *parameters);
    uint8_t *singular = mlab_allocate(context, n, 1);
    if (!parameters || !singular) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", n);
        goto out;
    }
    if ((status = begin(&pass, prepared, prepared->problem->warm, &fit->null_log_likelihood, parameters, err))) goto out;
    mlab_newton_spec spec = spec_of(times, &pass, &prepared->options);
    if ((status = climb(&pass, prepared, fit, &spec, parameters, fit->covariance, singular, &result, err))) goto out;
    for (size_t j = 0; j < n; j++) {
        fit->aliased[j] = times->aliased[j];
        if (times->aliased[j]) parameters[j] = 0;
        if (singular[j] && !times->aliased[j] && undetermined == SIZE_MAX) undetermined = j;
    }
    bool frailty = prepared->problem->n_random && result.converged && undetermined == SIZE_MAX;
    if (!prepared->problem->n_random && (status = add_influence(context, prepared, &pass, parameters, fit, err))) goto out;
    mlab_covariance_carry(times, outward, n, fit->covariance);
    memcpy(fit->estimate, parameters, n * sizeof *parameters);
    mlab_times_uncentre(times, fit->estimate, 1);
    fit->log_likelihood = result.log_likelihood;
    fit->iterations = result.iterations;
    fit->gradient = result.gradient;
    status = doubt(prepared, fit, &result, undetermined, err);
    if (!status && frailty) status = mlab_times_frailty_fit(context, prepared, parameters, fit, err);
out:
    mlab_release(context, parameters);
    mlab_release(context, singular);
    return status;
}

mlab_status mlab_times_refit(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                             double *estimate, mlab_refit_info *info, mlab_error *err)
{
    const mlab_times *times = prepared->own;
    double *own;
    mlab_status status = mlab_refit_weights_make(context, prepared->problem, weights, &own, err);
    if (status) return status;
    mlab_times_pass pass = {context, times, own ? own : prepared->problem->weight, times->aliased, false};
    mlab_newton_result result = {0};
    memset(estimate, 0, times->n * sizeof *estimate);
    status = begin(&pass, prepared, start, NULL, estimate, err);
    mlab_newton_spec spec = spec_of(times, &pass, &prepared->options);
    spec.tolerance = fmax(spec.tolerance, REFIT_TOLERANCE);
    if (!status) status = climb(&pass, prepared, NULL, &spec, estimate, NULL, NULL, &result, err);
    if (!status) {
        mlab_times_uncentre(times, estimate, 1);
        *info = mlab_newton_refit(&result);
    }
    mlab_release(context, own);
    return status;
}

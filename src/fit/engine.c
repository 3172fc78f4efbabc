/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits and refits any family: start, Newton, back to the design's own columns, covariance, influence, doubts.
 *
 * Start values are the intercepts that give the category counts; from 65,000 rows on, the fit to every 16th tile (about 512 rows
 * each), so that two or three passes over all rows are left. Inside, columns are centred (fit/tiles.c); results are not.
 */
#include "fit/exact.h"
#include "fit/families/ordinal_effects.h"
#include "fit/penalty/penalty.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

/* Largest last step of a refit in standard errors; it is taken, so that what is left is of the order of its square. */
#define REFIT_TOLERANCE 1e-5
/* Numbers of influence kept for rows that are their own clusters; beyond, draws use the covariance of each fit alone. */
#define MOST_INFLUENCE ((size_t)1 << 22)
#define SAMPLE_TILES ((size_t)8) /* at least so many tiles in the sample */

void mlab_engine_release(const mlab_context *context, void *own)
{
    mlab_engine *engine = own;
    if (!engine) return;
    mlab_tiles_free(engine->tiles);
    mlab_exact_free(engine->exact);
    mlab_release(context, engine->own_number);
    mlab_release(context, engine->aliased);
    mlab_release(context, engine->scale);
    mlab_release(context, engine);
}

static void set_columns(mlab_engine *engine, const uint8_t *aliased)
{
    for (size_t t = 0; t < engine->n_thresholds; t++) engine->scale[t] = 1;
    for (size_t k = 0; k < engine->n_eta; k++)
        for (size_t j = 0; j < engine->p; j++) {
            size_t at = engine->n_thresholds + k * engine->p + j;
            engine->aliased[at] = aliased[j];
            engine->scale[at] = engine->tiles->reach[j] > 0 ? engine->tiles->reach[j] : 1;
        }
    if (engine->effects) mlab_level_columns(engine);
}

mlab_status mlab_engine_prepare(const mlab_context *context, mlab_prepared *prepared, const mlab_family *family, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_status status = MLAB_ERR_MEMORY;
    uint8_t *aliased = NULL;
    mlab_engine *engine = mlab_allocate(context, 1, sizeof *engine);
    if (!engine) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit");
    prepared->own = engine;
    engine->problem = problem;
    engine->family = family;
    engine->n_eta = prepared->n_blocks;
    engine->n_thresholds = prepared->n_thresholds;
    engine->p = prepared->n_columns;
    engine->n_parameters = prepared->n_parameters;
    engine->link = prepared->options.ordinal_link;
    engine->effects = prepared->effects;
    engine->intercept = prepared->first_column == 0 && mlab_design_has_intercept(problem->design);
    engine->expected = (prepared->options.information == 1 && family->knows_expected) ||
                       (prepared->options.penalty == 1 && (family->knows_expected || family->firth));
    engine->aliased = mlab_allocate(context, engine->n_parameters, 1);
    engine->scale = mlab_allocate(context, engine->n_parameters, sizeof *engine->scale);
    aliased = mlab_allocate(context, engine->p, 1);
    if (!engine->aliased || !engine->scale || !aliased) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", engine->n_parameters);
        goto out;
    }
    if ((status = mlab_engine_numbers(context, engine, err))) goto out;
    bool constant = engine->n_thresholds > 0;
    size_t bytes = problem->keep_bytes ? problem->keep_bytes : MLAB_PREPARED_BYTES;
    status = mlab_tiles_make(context, problem, prepared->first_column, constant || engine->intercept, engine->intercept, bytes, &engine->tiles, err);
    if (status || (status = mlab_find_aliased(context, engine->tiles, constant, engine->effects ? engine->p : engine->intercept, aliased, err)))
        goto out;
    set_columns(engine, aliased);
    size_t n_used = engine->n_thresholds;
    for (size_t j = 0; j < engine->p; j++) n_used += !aliased[j];
    if (n_used == 0) status = mlab_raise(err, MLAB_ERR_FIT_RANK, "no column of \"%s\" can be estimated", problem->formula ? problem->formula : "");
out:
    mlab_release(context, aliased);
    return status;
}

/* --- centred and back ------------------------------------------------------------------------------------ */

void mlab_engine_uncentre(const mlab_engine *engine, double *v, double sign)
{
    for (size_t k = 0; k < engine->n_eta; k++) {
        double *b = v + engine->n_thresholds + k * engine->p, sum = 0;
        if (sign > 0) mlab_tiles_unmix(engine->tiles, b);
        for (size_t j = 0; j < engine->p; j++) sum += engine->tiles->centre[j] * b[j];
        if (sign < 0) mlab_tiles_remix(engine->tiles, b);
        if (engine->intercept) b[0] -= sign * sum;
        for (size_t t = 0; t < engine->n_thresholds; t++) v[t] += sign * sum + (engine->effects ? sign * mlab_level_centre(engine, v, t) : 0);
    }
}

static void shift_intercept(const mlab_engine *engine, double *v, double sign)
{
    if (engine->own_number) v[0] += sign * engine->shift;
}

void mlab_engine_inward(const mlab_engine *engine, double *v)
{
    shift_intercept(engine, v, -1);
    mlab_engine_uncentre(engine, v, -1);
}

void mlab_engine_outward(const mlab_engine *engine, double *v)
{
    mlab_engine_uncentre(engine, v, 1);
    shift_intercept(engine, v, 1);
}

const mlab_engine *mlab_engine_of(const mlab_prepared *prepared)
{
    return prepared->model->release == mlab_engine_release && !prepared->problem->random ? prepared->own : NULL;
}

static void uncentre_row(const void *engine, double *v, double sign)
{
    mlab_engine_uncentre(engine, v, sign);
}

/* --- start values ----------------------------------------------------------------------------------------- */

static bool is_large(const mlab_engine *engine)
{
    return engine->tiles->n_tiles >= MLAB_SAMPLE_STRIDE * SAMPLE_TILES;
}

static void place_intercepts(const mlab_engine *engine, const double *intercepts, double *parameters)
{
    memset(parameters, 0, engine->n_parameters * sizeof *parameters);
    for (size_t t = 0; t < engine->n_thresholds; t++) parameters[t] = intercepts[t];
    for (size_t k = 0; k < engine->n_eta && engine->intercept; k++) parameters[engine->n_thresholds + k * engine->p] = intercepts[k];
}

static mlab_newton_spec spec_of(const mlab_engine *engine, mlab_pass *pass, const mlab_fit_options *options)
{
    return (mlab_newton_spec){.n = engine->n_parameters,
                              .evaluate = mlab_pass_evaluate,
                              .work = pass,
                              .fixed = engine->aliased,
                              .scale = engine->scale,
                              .quadratic = engine->family->additive,
                              .tolerance = options->tolerance,
                              .iterations = (int)options->iterations};
}

/* Better start values by the fit to a sample of the tiles, when the data are large and that fit converges. */
static mlab_status sample_start(const mlab_pass *pass, const mlab_fit_options *options, double *parameters, mlab_error *err)
{
    const mlab_engine *engine = pass->engine;
    if (!is_large(engine)) return MLAB_OK;
    mlab_pass sample = *pass;
    sample.stride = MLAB_SAMPLE_STRIDE;
    mlab_newton_spec spec = spec_of(engine, &sample, options);
    spec.tolerance = 1e-2;
    spec.iterations = 15;
    mlab_newton_result result;
    double *tried = mlab_allocate(pass->context, engine->n_parameters, sizeof *tried);
    if (!tried) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", engine->n_parameters);
    memcpy(tried, parameters, engine->n_parameters * sizeof *tried);
    mlab_status status = mlab_newton(pass->context, &spec, tried, NULL, NULL, &result, err);
    if (!status && result.converged && result.n_singular == 0) memcpy(parameters, tried, engine->n_parameters * sizeof *tried);
    mlab_release(pass->context, tried);
    return status;
}

/* --- the fit ---------------------------------------------------------------------------------------------- */

/* Answers that nearly all have one level tell as much as N (1 - sum of shares^3) numbers (Whitehead 1993, Statistics in Medicine 12:2257-2271). */
static mlab_status doubt_levels(const mlab_prepared *prepared, size_t used, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    double all = 0, cubes = 0;
    for (size_t k = 0; k < problem->n_categories; k++) {
        double n = 0;
        for (size_t i = 0; i < problem->n; i++) n += (size_t)problem->category[i] == k ? (double)mlab_problem_count(problem, i) : 0;
        all += n;
        cubes += n * n * n;
    }
    if (!(all > 0)) return MLAB_OK;
    return mlab_fit_doubt_events(fit, fit->outcome, (uint64_t)(all - cubes / (all * all)), used,
                                 "events' worth of answers (most have one level, or are few)", err);
}

static mlab_status doubt_counts(const mlab_prepared *prepared, size_t used, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    double counted = 0;
    for (size_t i = 0; i < problem->n; i++) counted += problem->number[i] * (double)mlab_problem_count(problem, i);
    return mlab_fit_doubt_events(fit, fit->outcome, counted < 1e15 ? (uint64_t)counted : (uint64_t)1e15, used, "counted", err);
}

static mlab_status doubt_events(const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    size_t used = 0;
    for (size_t j = 0; j < engine->p; j++) used += !engine->aliased[j];
    if (engine->intercept) used--;
    if (engine->n_thresholds) return doubt_levels(prepared, used, fit, err);
    if (prepared->model->kind == MLAB_OUTCOME_COUNT) return doubt_counts(prepared, used, fit, err);
    if (!engine->family->start) return MLAB_OK;
    uint64_t none = 0;
    if (prepared->problem->weight)
        for (size_t i = 0; i < prepared->problem->n; i++) none += prepared->problem->category[i] == 0 ? mlab_problem_count(prepared->problem, i) : 0;
    else
        for (size_t i = 0; i < prepared->problem->n; i++) none += prepared->problem->category[i] == 0;
    for (size_t k = 0; k < fit->n_blocks; k++) {
        uint64_t events = fit->events_by_block[k];
        const char *what = fit->n_blocks > 1 ? fit->blocks[k] : fit->outcome;
        if (events == 0 || none == 0)
            return mlab_fit_doubt(fit, MLAB_SEPARATED, err, "%s: %s of %llu rows has an event", what, events == 0 ? "none" : "every one",
                                  (unsigned long long)none + (unsigned long long)fit->n_events);
        mlab_status status =
            mlab_fit_doubt_events(fit, what, events < none ? events : none, used, events < none ? "events" : "rows without an event", err);
        if (status) return status;
    }
    return MLAB_OK;
}

static mlab_status doubt_newton(mlab_fit *fit, const mlab_newton_result *result, const mlab_fit_options *options, mlab_error *err)
{
    if (result->diverged)
        return mlab_fit_doubt(fit, MLAB_SEPARATED, err, "the coefficient of %s has no maximum: it runs to %s infinity (stopped at %.1f)",
                              fit->names[result->runaway], fit->estimate[result->runaway] < 0 ? "minus" : "plus", fit->estimate[result->runaway]);
    if (!result->converged)
        return result->blank
                   ? mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err,
                                    "the rows tell nothing of any coefficient at the start: is an offset or a column out of scale?")
                   : mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "after %d iterations of at most %lld the largest score is %.2g standard errors",
                                    result->iterations, (long long)options->iterations, result->gradient);
    return MLAB_OK;
}

static mlab_status add_influence(const mlab_context *context, const mlab_prepared *prepared, const mlab_pass *pass, const double *parameters,
                                 const double *inverse, mlab_fit *fit, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    size_t n_clusters = problem->cluster ? problem->n_clusters : problem->n, n = engine->n_parameters;
    double total = (double)problem->n;
    if (!problem->cluster && n_clusters > MOST_INFLUENCE / n) return MLAB_OK;
    if (problem->weight && !problem->weights_sampling && problem->weights != MLAB_WEIGHTS_PRECISION) {
        total = 0;
        for (size_t i = 0; i < problem->n; i++) total += problem->weight[i];
    }
    double *influence = mlab_allocate(context, n_clusters, n * sizeof *influence);
    if (!influence) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu clusters", n_clusters);
    mlab_status status = mlab_pass_cluster_scores(pass, parameters, influence, err);
    if (!status) status = mlab_influence(context, inverse, n, influence, n_clusters, err);
    if (status) {
        mlab_release(context, influence);
        return status;
    }
    for (size_t g = 0; g < n_clusters; g++) mlab_engine_uncentre(engine, influence + g * n, 1);
    return mlab_fit_robust(context, prepared, fit, influence, total, err);
}

static mlab_status name_family(mlab_fit *fit, const mlab_engine *engine, mlab_error *err)
{
    char *link = mlab_copy_text(fit->context, engine->family->link);
    char *information = mlab_copy_text(fit->context, engine->expected ? "expected" : "observed");
    if (!link || !information) {
        mlab_release(fit->context, link);
        mlab_release(fit->context, information);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    }
    mlab_release(fit->context, fit->link);
    mlab_release(fit->context, fit->information);
    fit->link = link;
    fit->information = information;
    return MLAB_OK;
}

mlab_status mlab_engine_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    const mlab_fit_options *options = &prepared->options;
    size_t n = engine->n_parameters;
    mlab_pass pass = {context, engine, prepared->problem->weight, 1, false};
    mlab_newton_result result;
    mlab_penalty penalty = {0};
    mlab_status status = MLAB_OK;
    size_t n_intercepts = engine->n_thresholds + engine->n_eta;
    double *parameters = mlab_allocate(context, n, sizeof *parameters), *intercepts = mlab_allocate(context, n_intercepts, sizeof *intercepts);
    uint8_t *singular = mlab_allocate(context, n, 1);
    if (!parameters || !intercepts || !singular) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", n);
        goto out;
    }
    if ((status = name_family(fit, engine, err))) goto out;
    if ((status = mlab_null_fit(&pass, is_large(engine), options, intercepts, &fit->null_log_likelihood, err))) goto out;
    if (prepared->problem->warm) {
        memcpy(parameters, prepared->problem->warm, n * sizeof *parameters);
        mlab_engine_inward(engine, parameters);
    } else {
        place_intercepts(engine, intercepts, parameters);
        if ((status = sample_start(&pass, options, parameters, err))) goto out;
    }
    mlab_newton_spec spec = spec_of(engine, &pass, options);
    if ((status = mlab_engine_penalise(context, prepared, &pass, fit, &spec, &penalty, err))) goto out;
    if ((status = mlab_newton(context, &spec, parameters, fit->covariance, singular, &result, err))) goto out;
    for (size_t j = 0; j < n; j++) {
        fit->aliased[j] = engine->aliased[j] || singular[j];
        if (fit->aliased[j]) parameters[j] = 0;
    }
    if ((status = add_influence(context, prepared, &pass, parameters, fit->covariance, fit, err))) goto out;
    mlab_covariance_carry(engine, uncentre_row, n, fit->covariance);
    fit->log_likelihood = result.log_likelihood;
    if (penalty.context && (status = mlab_engine_penalised(prepared, &penalty, parameters, result.log_likelihood, fit, err))) goto out;
    mlab_engine_uncentre(engine, parameters, 1);
    shift_intercept(engine, parameters, 1);
    memcpy(fit->estimate, parameters, n * sizeof *parameters);
    fit->iterations = result.iterations;
    fit->gradient = result.gradient;
    if ((status = doubt_newton(fit, &result, options, err))) goto out;
    status = doubt_events(prepared, fit, err);
out:
    mlab_penalty_end(&penalty);
    mlab_release(context, parameters);
    mlab_release(context, intercepts);
    mlab_release(context, singular);
    return status;
}

/* --- refits ----------------------------------------------------------------------------------------------- */

mlab_status mlab_engine_refit(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights, const double *start,
                              double *estimate, mlab_refit_info *info, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    size_t n = engine->n_parameters;
    mlab_status status = MLAB_OK;
    mlab_newton_result result;
    mlab_penalty penalty = {0};
    double *own;
    if ((status = mlab_refit_weights_make(context, problem, weights, &own, err))) return status;
    double *intercepts = mlab_allocate(context, engine->n_thresholds + engine->n_eta, sizeof *intercepts);
    mlab_pass pass = {context, engine, own ? own : problem->weight, 1, false};
    if (!intercepts) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a refit");
        goto out;
    }
    if (start) {
        memcpy(estimate, start, n * sizeof *estimate);
        mlab_engine_inward(engine, estimate);
    } else {
        if ((status = mlab_null_start(&pass, intercepts, err))) goto out;
        place_intercepts(engine, intercepts, estimate);
    }
    mlab_newton_spec spec = spec_of(engine, &pass, &prepared->options);
    spec.tolerance = fmax(spec.tolerance, REFIT_TOLERANCE);
    if ((status = mlab_engine_penalise(context, prepared, &pass, NULL, &spec, &penalty, err))) goto out;
    if ((status = mlab_newton(context, &spec, estimate, NULL, NULL, &result, err))) goto out;
    mlab_engine_outward(engine, estimate);
    *info = mlab_newton_refit(&result);
out:
    mlab_penalty_end(&penalty);
    mlab_release(context, own);
    mlab_release(context, intercepts);
    return status;
}

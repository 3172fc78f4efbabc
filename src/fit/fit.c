/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fit: made with its names and counts, released, doubted, and asked for errors and intervals. */
#include "fit/families/ordinal_effects.h"
#include "mentorlab/after.h"
#include "mentorlab/joint.h"
#include "mentorlab/raters.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fewer events for each coefficient make intervals and tests unreliable (Vittinghoff & McCulloch 2007, doi:10.1093/aje/kwk052). */
enum { EVENTS_PER_COEFFICIENT = 5 };

static void free_texts(const mlab_context *context, char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++) mlab_release(context, texts[i]);
    mlab_release(context, texts);
}

static void free_effects(const mlab_context *context, mlab_random_effects *random)
{
    free_texts(context, random->names, random->n);
    free_texts(context, random->groups, random->n_groups);
    mlab_design_free(random->design);
    void *const memory[] = {random->group, random->covariance, random->sd,         random->sd_se,
                            random->mode,  random->mode_se,    random->mode_error, random->n_people};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(context, memory[i]);
}

void mlab_fit_free(mlab_fit *fit)
{
    if (!fit) return;
    const mlab_context *context = fit->context;
    char *const texts[] = {fit->outcome, fit->model,         fit->formula,     fit->information, fit->link,
                           fit->cluster, fit->cluster_other, fit->robust_kind, fit->reason};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) mlab_release(context, texts[i]);
    free_texts(context, fit->names, fit->n_parameters);
    free_texts(context, fit->blocks, fit->n_blocks);
    free_texts(context, fit->levels, fit->n_levels);
    for (size_t k = 0; k < fit->n_priors; k++) mlab_release(context, fit->priors[k].source);
    mlab_release(context, fit->priors);
    mlab_release(context, fit->lower);
    mlab_release(context, fit->upper);
    mlab_release(context, fit->estimate);
    mlab_release(context, fit->people_behind);
    mlab_release(context, fit->aliased);
    mlab_release(context, fit->covariance);
    mlab_release(context, fit->robust);
    mlab_release(context, fit->robust_df);
    mlab_release(context, fit->missing_information);
    mlab_release(context, fit->imputed);
    mlab_release(context, fit->events_by_block);
    mlab_release(context, fit->influence_id);
    mlab_release(context, fit->influence);
    mlab_design_free(fit->design);
    mlab_after_free(fit->after);
    mlab_joint_free(fit->joint);
    mlab_raters_free(fit->raters);
    for (size_t t = 0; fit->random && t < fit->n_random; t++) free_effects(context, &fit->random[t]);
    mlab_release(context, fit->random);
    mlab_release(context, fit->spread);
    mlab_release(context, fit->joint_covariance);
    mlab_release(context, fit->knots);
    mlab_release(context, fit->nominal);
    mlab_release(context, fit->scale);
    mlab_baseline_free(context, fit->baseline);
    mlab_release(context, fit);
}

mlab_status mlab_fit_doubt(mlab_fit *fit, mlab_trust trust, mlab_error *err, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    mlab_text text = MLAB_TEXT(fit->context);
    mlab_text_append(&text, fit->reason);
    if (fit->reason[0]) mlab_text_append(&text, "; ");
    mlab_text_append(&text, sentence);
    char *reason = text.failed ? NULL : mlab_copy_text(fit->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!reason) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
    mlab_release(fit->context, fit->reason);
    fit->reason = reason;
    if (fit->trust == MLAB_TRUSTED) fit->trust = trust;
    return MLAB_OK;
}

mlab_status mlab_fit_doubt_events(mlab_fit *fit, const char *what, uint64_t events, size_t coefficients, const char *name, mlab_error *err)
{
    if (coefficients == 0 || events >= EVENTS_PER_COEFFICIENT * coefficients) return MLAB_OK;
    if (events > 0 && events < EVENTS_PER_COEFFICIENT) /* reasons are told where small counts are not */
        return mlab_fit_doubt(fit, MLAB_TOO_FEW_EVENTS, err, "%s: fewer than %d %s for %zu coefficients; at least %d for each", what,
                              EVENTS_PER_COEFFICIENT, name, coefficients, EVENTS_PER_COEFFICIENT);
    return mlab_fit_doubt(fit, MLAB_TOO_FEW_EVENTS, err, "%s: %llu %s for %zu coefficients; at least %d for each", what, (unsigned long long)events,
                          name, coefficients, EVENTS_PER_COEFFICIENT);
}

/* --- start ------------------------------------------------------------------------------------------------ */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* "voluntary:armstructured" for the blocks of several causes, "armstructured" for one, "1|2" for a threshold. */
static char *parameter_name(const mlab_context *context, const mlab_prepared *prepared, size_t parameter)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_text text = MLAB_TEXT(context);
    if (parameter < prepared->n_thresholds) {
        mlab_text_append(&text, problem->categories[parameter]);
        mlab_text_append(&text, "|");
        mlab_text_append(&text, problem->categories[parameter + 1]);
    } else if (parameter >= prepared->n_parameters - prepared->n_ancillary) {
        mlab_text_append(&text, prepared->ancillary[parameter - (prepared->n_parameters - prepared->n_ancillary)]);
    } else {
        size_t at = parameter - prepared->n_thresholds;
        const char *column = mlab_design_name(problem->design, prepared->first_column + at % prepared->n_columns);
        if (prepared->effects && prepared->effects->nominal_at[at] != SIZE_MAX) return mlab_nominal_name(context, problem, 0, column);
        if (prepared->n_blocks > 1) {
            mlab_text_append(&text, problem->categories[at / prepared->n_columns + 1]);
            mlab_text_append(&text, ":");
        }
        mlab_text_append(&text, column);
    }
    char *name = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return name;
}

mlab_status mlab_prepared_names(const mlab_context *context, const mlab_prepared *prepared, char ***names, mlab_error *err)
{
    size_t n = prepared->n_parameters;
    bool whole = (*names = mlab_allocate(context, n, sizeof **names));
    for (size_t j = 0; whole && j < n; j++) whole = ((*names)[j] = parameter_name(context, prepared, j));
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the names of %zu parameters", n);
}

void mlab_prepared_names_free(const mlab_context *context, char **names, size_t n)
{
    free_texts(context, names, n);
}

/* Blocks: the categories beyond the first; one block has the name of its category, or "". */
static bool name_blocks(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit)
{
    const mlab_fit_problem *problem = prepared->problem;
    bool by_category = problem->categories && !prepared->n_thresholds && problem->n_categories == fit->n_blocks + 1;
    fit->blocks = mlab_allocate(context, fit->n_blocks, sizeof *fit->blocks);
    fit->events_by_block = mlab_allocate(context, fit->n_blocks, sizeof *fit->events_by_block);
    if (!fit->blocks || !fit->events_by_block) return false;
    for (size_t k = 0; k < fit->n_blocks; k++)
        if (!(fit->blocks[k] = mlab_copy_text(context, by_category ? problem->categories[k + 1] : ""))) return false;
    bool levels = problem->categories && (prepared->n_thresholds || prepared->model == &mlab_model_multinomial);
    fit->n_levels = levels ? problem->n_categories : 0;
    fit->levels = mlab_allocate(context, fit->n_levels, sizeof *fit->levels);
    if (!fit->levels) return false;
    for (size_t k = 0; k < fit->n_levels; k++)
        if (!(fit->levels[k] = mlab_copy_text(context, problem->categories[k]))) return false;
    return true;
}

static bool copy_effects(const mlab_context *context, const mlab_level_effects *effects, mlab_fit *fit)
{
    if (!effects) return true;
    fit->n_nominal = effects->n_nominal;
    fit->n_scale = effects->n_scale;
    fit->nominal = mlab_allocate(context, fit->n_nominal, sizeof *fit->nominal);
    fit->scale = mlab_allocate(context, fit->n_scale, sizeof *fit->scale);
    for (size_t k = 0; fit->nominal && k < fit->n_nominal; k++) fit->nominal[k] = (uint32_t)effects->nominal[k];
    for (size_t k = 0; fit->scale && k < fit->n_scale; k++) fit->scale[k] = (uint32_t)effects->scale[k];
    return fit->nominal && fit->scale;
}

/* Rows with an event: a category beyond the first, or a status of 1. */
static uint64_t count_where(const mlab_fit_problem *problem, bool times)
{
    const int32_t *what = times ? problem->status : problem->category;
    uint64_t events = 0;
    if (!what) return 0;
    if (problem->weight)
        for (size_t i = 0; i < problem->n; i++) events += (times ? what[i] == 1 : what[i] > 0) ? mlab_problem_count(problem, i) : 0;
    else if (times)
        for (size_t i = 0; i < problem->n; i++) events += what[i] == 1;
    else
        for (size_t i = 0; i < problem->n; i++) events += what[i] > 0;
    return events;
}

static void count_causes(const mlab_fit_problem *problem, mlab_fit *fit)
{
    for (size_t i = 0; i < problem->n; i++) {
        int32_t what = problem->category ? problem->category[i] : problem->status ? problem->status[i] : 0;
        if (what <= 0 || (problem->status && what > 1)) continue;
        uint64_t count = mlab_problem_count(problem, i);
        fit->n_events += count;
        fit->events_by_block[fit->n_blocks > 1 ? (size_t)what - 1 : 0] += count;
    }
}

static void count_rows(const mlab_prepared *prepared, mlab_fit *fit)
{
    const mlab_fit_problem *problem = prepared->problem;
    fit->n_rows = problem->n;
    fit->n_clusters = problem->cluster ? problem->n_clusters : problem->n;
    fit->n_people = problem->n_people ? problem->n_people : fit->n_clusters;
    fit->n_dropped_missing = problem->n_dropped_missing;
    fit->n_dropped_stubs = problem->n_dropped_stubs;
    fit->n_dropped_weightless = problem->n_dropped_weightless;
    fit->weights = problem->weights;
    for (size_t i = 0; problem->weight && i < problem->n; i++) fit->weight_total += problem->weight[i];
    if (fit->n_blocks > 1 || (problem->category && problem->status))
        count_causes(problem, fit);
    else
        fit->events_by_block[0] = fit->n_events = count_where(problem, !problem->category);
    for (size_t k = 0; prepared->n_thresholds && k < fit->n_blocks; k++) fit->events_by_block[k] = 0;
    if (prepared->n_thresholds || problem->number) fit->n_events = 0;
}

mlab_status mlab_fit_start(const mlab_context *context, const mlab_prepared *prepared, mlab_fit **out, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t n = prepared->n_parameters;
    mlab_status status = MLAB_OK;
    *out = NULL;
    mlab_fit *fit = mlab_allocate(context, 1, sizeof *fit);
    if (!fit) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit");
    fit->context = context;
    fit->n_parameters = n;
    fit->n_thresholds = prepared->n_thresholds;
    fit->n_blocks = prepared->n_blocks;
    fit->n_ancillary = prepared->n_ancillary;
    fit->block_size = (n - fit->n_ancillary) / prepared->n_blocks;
    fit->outcome = mlab_copy_text(context, or_empty(problem->outcome));
    fit->model = mlab_copy_text(context, prepared->model->name);
    fit->formula = mlab_copy_text(context, or_empty(problem->formula));
    fit->information = mlab_copy_text(context, "observed");
    fit->link = mlab_copy_text(context, prepared->model->marks & MLAB_MODEL_TIMES ? "log" : "");
    fit->cluster = mlab_copy_text(context, or_empty(problem->cluster ? problem->cluster_name : ""));
    fit->cluster_other = mlab_copy_text(context, "");
    fit->robust_kind = mlab_copy_text(context, "");
    fit->reason = mlab_copy_text(context, "");
    fit->estimate = mlab_allocate(context, n, sizeof *fit->estimate);
    fit->aliased = mlab_allocate(context, n, sizeof *fit->aliased);
    fit->covariance = mlab_allocate(context, n, n * sizeof *fit->covariance);
    bool whole = fit->outcome && fit->model && fit->formula && fit->information && fit->link && fit->cluster && fit->cluster_other &&
                 fit->robust_kind && fit->reason && fit->estimate && fit->aliased && fit->covariance &&
                 mlab_prepared_names(context, prepared, &fit->names, NULL) == MLAB_OK && name_blocks(context, prepared, fit) &&
                 copy_effects(context, prepared->effects, fit);
    if (!whole) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit of %zu parameters", n);
        goto out;
    }
    count_rows(prepared, fit);
    status = mlab_design_copy(problem->design, &fit->design, err);
out:
    if (status) {
        mlab_fit_free(fit);
        fit = NULL;
    }
    *out = fit;
    return status;
}

/* --- what is read from a fit ------------------------------------------------------------------------------ */

size_t mlab_fit_first_column(const mlab_fit *fit)
{
    return mlab_design_columns(fit->design) - (fit->block_size - fit->n_thresholds);
}

double mlab_fit_standard_error(const mlab_fit *fit, size_t j)
{
    const double *covariance = fit->robust ? fit->robust : fit->covariance;
    return sqrt(covariance[j * fit->n_parameters + j]);
}

double mlab_t_quantile(double p, double df)
{
    return gsl_cdf_tdist_Pinv(p, df);
}

double mlab_fit_interval_factor(const mlab_fit *fit, double level)
{
    double upper = (1 + level) / 2, n = (double)fit->n_clusters;
    if (fit->cluster[0] && fit->n_clusters < 3) return HUGE_VAL;
    if (fit->n_clusters_other) n = fmin(n, (double)fit->n_clusters_other);
    if (fit->robust && n < 3) return HUGE_VAL;
    return fit->robust ? mlab_t_quantile(upper, n - 1) : gsl_cdf_gaussian_Pinv(upper, 1);
}

double mlab_fit_interval_factor_of(const mlab_fit *fit, size_t j, double level)
{
    double factor = mlab_fit_interval_factor(fit, level);
    if (isinf(factor) || !fit->robust_df) return factor;
    return fit->robust_df[j] > 0 ? mlab_t_quantile((1 + level) / 2, fit->robust_df[j]) : HUGE_VAL;
}

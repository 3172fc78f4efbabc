/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Did it work: marginal contrasts between arms from time zero, everyone and by subgroup.
 *
 * Standardisation (g-computation) over pooled hazards with arm by time splines and what was known at time zero, or stabilised weights,
 * or both. Source: Hernan & Robins 2020, What If, chapters 12, 13, 17. Weakness: both stand on the recorded covariates; confounding
 * that earlier exposure changes needs other methods. */
#include "compare/analysis.h"

#include "compare/options.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

static mlab_status check(const mlab_data *data, const mlab_compare_spec *spec, const mlab_compare_options *options, mlab_error *err)
{
    mlab_status status = mlab_options_check(mlab_compare_option_rows, mlab_compare_n_option_rows, options, err);
    if (status) return status;
    if (options->bootstrap > 0 && options->bootstrap < 20)
        return mlab_raise(err, MLAB_ERR_OPTION, "comparison.bootstrap: found %lld, allowed 0 or at least 20", (long long)options->bootstrap);
    if (data->person_level ? !data->people : !data->panel) return mlab_raise(err, MLAB_ERR_DATA_EMPTY, "there is nobody to compare");
    for (size_t a = 0; a < spec->n_adjust; a++) {
        const char *name = spec->adjust[a];
        bool arm = !strcmp(name, data->person_level && data->arm_column ? data->arm_column : "arm");
        bool event = data->panel && (!strcmp(name, "promoted") || !strcmp(name, "exit") || mlab_panel_find_event(data->panel, name));
        if (arm || event)
            return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "comparison.adjust: \"%s\" is %s, not something known at time zero", name,
                              arm ? "what is compared" : "an outcome");
    }
    return MLAB_OK;
}

/* The first time, in periods, at which the arm's level rests on somebody observed in it: events are counted from time zero on, answers
 * from the end of the first period with one. */
static double observed_from(const mlab_task *task, size_t arm)
{
    size_t times = task->cohort->n_times, first = times;
    if (task->kind != MLAB_TASK_ANSWERS) return 0;
    for (size_t r = 0; r < task->answers.first[task->cohort->n_people]; r++) {
        size_t cell = task->answers.cell[r];
        if (cell / times == arm && cell % times < first) first = cell % times;
    }
    return (double)first + 1;
}

/* level [times * n_stats]: the first of each time is taken. */
static mlab_status add_curve(const mlab_analysis *analysis, const mlab_task *task, size_t arm, const double *level, mlab_comparison *out,
                             mlab_error *err)
{
    const mlab_cohort *cohort = analysis->cohort;
    size_t times = cohort->n_times + 1, at = out->n_standardised;
    mlab_text name = MLAB_TEXT(analysis->context);
    mlab_text_print(&name, "%s/%s", task->outcome->name, cohort->arms[arm]);
    char *copy = name.failed ? NULL : mlab_copy_text(analysis->context, mlab_text_get(&name));
    mlab_text_free(&name);
    if (!copy) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the standardised curves");
    for (size_t t = 0; t < times; t++) out->standardised[at * times + t] = level[t * task->n_stats];
    out->standardised_from[at] = cohort->months * observed_from(task, arm);
    out->standardised_names[at] = copy;
    out->n_standardised++;
    return MLAB_OK;
}

/* Levels at every time, had everyone been in an arm; one curve an outcome and arm. */
static mlab_status add_standardised(const mlab_analysis *analysis, mlab_comparison *out, mlab_error *err)
{
    const mlab_context *context = analysis->context;
    const mlab_cohort *cohort = analysis->cohort;
    size_t arms = cohort->n_arms, times = cohort->n_times + 1, n = cohort->n_people, size = 0, wide = 0;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < analysis->n_tasks; k++) {
        size_t own = mlab_task_room(analysis->task[k]);
        size = own > size ? own : size;
        wide += arms;
    }
    mlab_room room = {.memory = mlab_allocate(context, size, sizeof(double)), .size = size};
    uint32_t *who = mlab_allocate(context, n, sizeof *who);
    double *one = mlab_allocate(context, n, sizeof *one), *level = mlab_allocate(context, 2 * arms, times * sizeof *level);
    int32_t *at = mlab_allocate(context, times, sizeof *at);
    out->standardised = mlab_allocate(context, wide, times * sizeof *out->standardised);
    out->standardised_names = mlab_allocate(context, wide, sizeof *out->standardised_names);
    out->standardised_from = mlab_allocate(context, wide, sizeof *out->standardised_from);
    if (!room.memory || !who || !one || !level || !at || !out->standardised || !out->standardised_names || !out->standardised_from)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the standardised curves");
    for (size_t g = 0; !status && g < n; g++) {
        who[g] = (uint32_t)g;
        one[g] = 1;
    }
    mlab_sample everybody = {.n = n, .who = who, .weight = one};
    for (size_t k = 0; !status && k < analysis->n_tasks; k++) {
        const mlab_task *task = analysis->task[k];
        if (k > 0 && analysis->task[k - 1]->outcome == task->outcome) continue;
        bool answers = task->kind == MLAB_TASK_ANSWERS;
        for (size_t t = 0; t < times; t++) at[t] = (int32_t)(answers ? (t > 0 ? t - 1 : 0) : t);
        mlab_task_levels(context, task, &everybody, task->estimate, at, times, &room, level);
        for (size_t a = 0; !status && a < arms; a++)
            if (task->people[a] > 0) status = add_curve(analysis, task, a, level + a * times * task->n_stats, out, err);
    }
    out->n_times = times;
    out->months_per_time = cohort->months;
    mlab_release(context, at);
    mlab_release(context, level);
    mlab_release(context, one);
    mlab_release(context, who);
    mlab_release(context, room.memory);
    return status;
}

static mlab_status add_everyone(const mlab_analysis *analysis, mlab_comparison *out, size_t *capacity, mlab_error *err)
{
    const mlab_weights *weights = analysis->weights;
    mlab_status status = mlab_contrasts_add(analysis, &out->contrasts, &out->n_contrasts, capacity, err);
    if (!status) status = mlab_balance_make(analysis->context, weights, &out->balance, &out->n_balance, err);
    if (!status) status = mlab_observed_curves(analysis, &out->curves, &out->n_curves, err);
    if (!status) status = mlab_observed_stays(analysis, &out->stays, &out->n_stays, err);
    if (!status && !analysis->cohort->no_time) status = add_standardised(analysis, out, err);
    if (!status && !(out->caveats = mlab_comparison_caveats(analysis))) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the caveats");
    if (analysis->options->method > 0) {
        out->weight_lowest = weights->lowest;
        out->weight_highest = weights->highest;
        out->weight_mean = weights->mean;
        out->effective_share = weights->effective_share;
    }
    return status;
}

/* One level of one subgroup column; levels that cannot be compared (one arm only, nobody) are passed over. */
static mlab_status add_level(const mlab_context *context, mlab_cohort_choice *choice, const mlab_column *column, mlab_contrast **contrasts, size_t *n,
                             size_t *capacity, mlab_error *err)
{
    mlab_text name = MLAB_TEXT(context);
    mlab_text_print(&name, "%s = %s", choice->group_column, column->levels[choice->group_level]);
    mlab_analysis *analysis = NULL;
    mlab_status status = name.failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a subgroup")
                                     : mlab_analysis_make(context, choice, mlab_text_get(&name), true, &analysis, err);
    mlab_text_free(&name);
    if (status == MLAB_ERR_DATA_EMPTY || status == MLAB_ERR_COMPARE_ARM || status == MLAB_ERR_COMPARE_HORIZON) return MLAB_OK;
    if (!status) status = mlab_contrasts_add(analysis, contrasts, n, capacity, err);
    mlab_analysis_free(analysis);
    return status;
}

static mlab_status add_subgroups(const mlab_context *context, mlab_cohort_choice choice, mlab_contrast **contrasts, size_t *n, size_t *capacity,
                                 mlab_error *err)
{
    const mlab_table *table = choice.data->person_level ? choice.data->people : choice.data->panel->rows;
    for (size_t b = 0; b < choice.spec->n_by; b++) {
        const mlab_column *column;
        mlab_status status = mlab_cohort_column(table, choice.spec->by[b], "comparison.by", &column, err);
        if (status) return status;
        if (column->type != MLAB_COLUMN_FACTOR)
            return mlab_raise(err, MLAB_ERR_DATA_TYPE, "comparison.by: column \"%s\" has no levels; make groups of it first", column->name);
        choice.group_column = column->name;
        for (choice.group_level = 0; choice.group_level < column->n_levels; choice.group_level++)
            if ((status = add_level(context, &choice, column, contrasts, n, capacity, err))) return status;
    }
    return MLAB_OK;
}

mlab_status mlab_compare_estimates(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                   const mlab_compare_options *options, mlab_contrast **contrasts, size_t *n, mlab_error *err)
{
    mlab_cohort_choice choice = {.data = data, .spec = spec, .options = options, .estimates_only = true};
    mlab_analysis *analysis;
    size_t capacity = 0;
    *contrasts = NULL;
    *n = 0;
    mlab_status status = mlab_analysis_make(context, &choice, "", false, &analysis, err);
    if (!status) status = mlab_contrasts_add(analysis, contrasts, n, &capacity, err);
    mlab_analysis_free(analysis);
    if (!status) status = add_subgroups(context, choice, contrasts, n, &capacity, err);
    if (!status) return MLAB_OK;
    for (size_t i = 0; i < *n; i++) mlab_contrast_clear(context, &(*contrasts)[i]);
    mlab_release(context, *contrasts);
    *contrasts = NULL;
    *n = 0;
    return status;
}

mlab_status mlab_compare(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec, const mlab_compare_options *options,
                         mlab_comparison **out, mlab_error *err)
{
    *out = NULL;
    mlab_status status = check(data, spec, options, err);
    if (status) return status;
    mlab_cohort_choice choice = {.data = data, .spec = spec, .options = options};
    mlab_analysis *analysis = NULL;
    size_t capacity = 0;
    mlab_comparison *comparison = mlab_allocate(context, 1, sizeof *comparison);
    if (!comparison) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a comparison");
    comparison->context = context;
    if ((status = mlab_analysis_make(context, &choice, "", false, &analysis, err))) goto out;
    if ((status = add_everyone(analysis, comparison, &capacity, err))) goto out;
    status = add_subgroups(context, choice, &comparison->contrasts, &comparison->n_contrasts, &capacity, err);
out:
    mlab_analysis_free(analysis);
    if (status)
        mlab_comparison_free(comparison);
    else
        *out = comparison;
    return status;
}

void mlab_comparison_free(mlab_comparison *comparison)
{
    if (!comparison) return;
    const mlab_context *context = comparison->context;
    for (size_t i = 0; i < comparison->n_contrasts; i++) mlab_contrast_clear(context, &comparison->contrasts[i]);
    for (size_t i = 0; i < comparison->n_balance; i++) {
        mlab_release(context, comparison->balance[i].arm);
        mlab_release(context, comparison->balance[i].covariate);
    }
    for (size_t i = 0; i < comparison->n_standardised; i++) mlab_release(context, comparison->standardised_names[i]);
    for (size_t i = 0; i < comparison->n_stays; i++) {
        const mlab_stay *stay = &comparison->stays[i];
        char *const texts[] = {stay->outcome, stay->arm, stay->reference, stay->state};
        for (size_t k = 0; k < 4; k++) mlab_release(context, texts[k]);
    }
    mlab_release(context, comparison->stays);
    mlab_curves_free(comparison->curves, comparison->n_curves);
    if (comparison->n_curves == 0) mlab_release(context, comparison->curves);
    mlab_release(context, comparison->contrasts);
    mlab_release(context, comparison->balance);
    mlab_release(context, comparison->standardised);
    mlab_release(context, comparison->standardised_names);
    mlab_release(context, comparison->standardised_from);
    mlab_release(context, comparison->caveats);
    mlab_release(context, comparison);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All outcomes of one set of people on one clock: cohort, models, estimates on everybody. */
#include "compare/analysis.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

/* Horizons in whole periods. */
static mlab_status set_horizons(mlab_analysis *analysis, mlab_error *err)
{
    static const double usual[] = {12, 24};
    const mlab_compare_spec *spec = analysis->spec;
    const mlab_cohort *cohort = analysis->cohort;
    bool stated = spec->n_horizons > 0;
    const double *months = stated ? spec->horizons : usual;
    size_t n = stated ? spec->n_horizons : 2;
    double last = cohort->months * (double)cohort->n_times;
    if (cohort->no_time && stated)
        return mlab_raise(err, MLAB_ERR_COMPARE_HORIZON, "comparison.horizons: the outcomes of this table have no time; leave the horizons out");
    analysis->horizon = mlab_allocate(analysis->context, n, sizeof *analysis->horizon);
    if (!analysis->horizon) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu horizons", n);
    for (size_t h = 0; h < n && !cohort->no_time; h++) {
        double periods = months[h] / cohort->months, whole = round(periods);
        if (!stated && periods > (double)cohort->n_times) continue;
        if (!(whole >= 1) || fabs(periods - whole) > 1e-6)
            return mlab_raise(err, MLAB_ERR_COMPARE_HORIZON, "comparison.horizons: %.6g months is not a whole number of periods of %.6g months",
                              months[h], cohort->months);
        if (whole > (double)cohort->n_times)
            return mlab_raise(err, MLAB_ERR_COMPARE_HORIZON,
                              "comparison.horizons: nobody is followed to %.6g months; the data end %.6g months after time zero", months[h], last);
        analysis->horizon[analysis->n_horizons++] = (int32_t)whole;
    }
    if (analysis->n_horizons == 0) analysis->horizon[analysis->n_horizons++] = (int32_t)cohort->n_times;
    for (size_t h = 1; h < analysis->n_horizons; h++)
        for (size_t k = h; k > 0 && analysis->horizon[k] < analysis->horizon[k - 1]; k--) {
            int32_t swap = analysis->horizon[k];
            analysis->horizon[k] = analysis->horizon[k - 1];
            analysis->horizon[k - 1] = swap;
        }
    return MLAB_OK;
}

static mlab_status check_arms(const mlab_cohort *cohort, mlab_error *err)
{
    size_t arms = 0;
    bool reference = false;
    for (size_t a = 0; a < cohort->n_arms; a++) {
        bool found = false;
        for (size_t r = 0; r < cohort->n_rows && !found; r++) found = cohort->arm[r] == (int32_t)a;
        arms += found;
        reference = reference || (found && (int32_t)a == cohort->reference);
    }
    if (!reference) return mlab_raise(err, MLAB_ERR_COMPARE_ARM, "nobody is ever in the reference arm \"%s\"", cohort->arms[cohort->reference]);
    if (arms < 2)
        return mlab_raise(err, MLAB_ERR_COMPARE_ARM, "everybody is in the arm \"%s\": there is nothing to compare it with",
                          cohort->arms[cohort->reference]);
    return MLAB_OK;
}

static mlab_status add_tasks(mlab_analysis *analysis, bool first_method_only, mlab_error *err)
{
    const mlab_compare_spec *spec = analysis->spec;
    int method = analysis->options->method;
    mlab_text skipped = MLAB_TEXT(analysis->context);
    mlab_status status = MLAB_OK;
    analysis->task = mlab_allocate(analysis->context, 2 * spec->n_outcomes, sizeof *analysis->task);
    analysis->offset = mlab_allocate(analysis->context, 2 * spec->n_outcomes + 1, sizeof *analysis->offset);
    if (!analysis->task || !analysis->offset) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu outcomes", spec->n_outcomes);
    for (size_t k = 0; !status && k < spec->n_outcomes; k++)
        for (int weighted = method == 1; !status && weighted <= (method > 0 && !(first_method_only && method == 2)); weighted++) {
            const char *why;
            mlab_task_request request = {.cohort = analysis->cohort,
                                         .outcome = &spec->outcomes[k],
                                         .options = analysis->options,
                                         .satisfied_from = spec->satisfied_from,
                                         .horizon = analysis->horizon,
                                         .n_horizons = analysis->n_horizons,
                                         .weighted = weighted};
            status = mlab_task_make(analysis->context, &request, &analysis->task[analysis->n_tasks], &why, err);
            if (!status && why && !weighted) mlab_text_print(&skipped, "%s is not compared: %s.\n", spec->outcomes[k].name, why);
            if (status || why) continue;
            size_t levels = analysis->cohort->n_arms * analysis->n_horizons * analysis->task[analysis->n_tasks]->n_stats;
            analysis->offset[analysis->n_tasks + 1] = analysis->offset[analysis->n_tasks] + levels;
            analysis->n_tasks++;
        }
    analysis->n_levels = analysis->offset[analysis->n_tasks];
    analysis->skipped = mlab_copy_text(analysis->context, mlab_text_get(&skipped));
    if (!status && (skipped.failed || !analysis->skipped)) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the outcomes");
    mlab_text_free(&skipped);
    return status;
}

void mlab_task_start(const mlab_task *task)
{
    if (task->kind == MLAB_TASK_ANSWERS) {
        size_t m = task->answers.n_levels ? task->answers.n_levels - 1 : 0, n = task->answers.first[task->cohort->n_people];
        for (size_t k = 0; k < m; k++) {
            size_t below = 0;
            for (size_t r = 0; r < n; r++) below += task->answers.level[r] <= (int32_t)k;
            double p = fmin(fmax((double)below / (double)(n ? n : 1), 1e-6), 1 - 1e-6);
            task->estimate[k] = log(p / (1 - p)) + 1e-9 * (double)k;
        }
        return;
    }
    const mlab_hazard *hazards[] = {&task->main, &task->leaving};
    for (size_t j = 0; j < 1 + (size_t)task->has_leaving; j++) {
        const mlab_hazard *hazard = hazards[j];
        double *estimate = task->estimate + (j ? task->n_main : 0), periods = 0;
        size_t people = task->cohort->n_people, rows = hazard->first_row[people], blocks = hazard->is.n_blocks;
        double events[8] = {0};
        for (size_t r = 0; r < hazard->first_run[people]; r++) periods += hazard->runs[r].length;
        for (size_t r = 0; r < rows; r++) {
            periods += hazard->rows[r].share;
            if (hazard->rows[r].event) events[hazard->rows[r].event - 1]++;
        }
        for (size_t k = 0; k < blocks; k++) estimate[k * (hazard->is.n_basis + hazard->is.n_z)] = log((events[k] + 0.5) / (periods + 1));
    }
}

static mlab_status fit_everybody(mlab_analysis *analysis, mlab_error *err)
{
    const mlab_context *context = analysis->context;
    size_t n = analysis->cohort->n_people, size = 0;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < analysis->n_tasks; k++) {
        size_t own = mlab_task_room(analysis->task[k]);
        size = own > size ? own : size;
    }
    mlab_room room = {.memory = mlab_allocate(context, size, sizeof(double)), .size = size};
    uint32_t *who = mlab_allocate(context, n, sizeof *who);
    double *one = mlab_allocate(context, n, sizeof *one);
    analysis->level = mlab_allocate(context, analysis->n_levels, sizeof *analysis->level);
    if (!room.memory || !who || !one || !analysis->level) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to compare %zu people", n);
        goto out;
    }
    for (size_t g = 0; g < n; g++) {
        who[g] = (uint32_t)g;
        one[g] = 1;
    }
    mlab_sample everybody = {.n = n, .who = who, .weight = one};
    for (size_t k = 0; k < analysis->n_tasks; k++) {
        mlab_task *task = analysis->task[k];
        mlab_task_start(task);
        task->converged = mlab_task_fit(context, task, &everybody, analysis->weights->row, 1e-14, &room, task->estimate, task->information,
                                        task->leaving_information);
        mlab_task_levels(context, task, &everybody, task->estimate, task->horizon, task->n_horizons, &room, analysis->level + analysis->offset[k]);
    }
out:
    mlab_release(context, one);
    mlab_release(context, who);
    mlab_release(context, room.memory);
    return status;
}

mlab_status mlab_analysis_make(const mlab_context *context, const mlab_cohort_choice *choice, const char *group, bool first_method_only,
                               mlab_analysis **out, mlab_error *err)
{
    *out = NULL;
    mlab_analysis *analysis = mlab_allocate(context, 1, sizeof *analysis);
    if (!analysis) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a comparison");
    analysis->context = context;
    analysis->data = choice->data;
    analysis->spec = choice->spec;
    analysis->options = choice->options;
    mlab_status status = MLAB_OK;
    if (!(analysis->group = mlab_copy_text(context, group))) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a comparison");
    if (!status) status = mlab_cohort_make(choice, context, &analysis->cohort, err);
    if (!status) status = check_arms(analysis->cohort, err);
    if (!status) status = set_horizons(analysis, err);
    if (!status) status = mlab_weights_make(context, analysis->cohort, choice->options, &analysis->weights, err);
    if (!status) status = add_tasks(analysis, first_method_only, err);
    if (!status) status = fit_everybody(analysis, err);
    if (!status && !choice->estimates_only) status = mlab_bounds_make(analysis, choice, &analysis->bounds, err);
    if (!status && !choice->estimates_only)
        status = choice->options->bootstrap > 0 ? mlab_analysis_bootstrap(analysis, err) : mlab_analysis_influence(analysis, err);
    if (status)
        mlab_analysis_free(analysis);
    else
        *out = analysis;
    return status;
}

void mlab_analysis_free(mlab_analysis *analysis)
{
    if (!analysis) return;
    const mlab_context *context = analysis->context;
    for (size_t k = 0; analysis->task && k < analysis->n_tasks; k++) mlab_task_free(analysis->task[k]);
    for (size_t k = 0; analysis->scores && k < analysis->n_tasks; k++) mlab_release(context, analysis->scores[k]);
    mlab_bounds_free(analysis->bounds);
    mlab_weights_free(analysis->weights);
    mlab_cohort_free(analysis->cohort);
    void *parts[] = {analysis->group,  analysis->horizon, analysis->task,    analysis->offset, analysis->level,
                     analysis->spread, analysis->failed,  analysis->skipped, analysis->scores};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(context, parts[j]);
    mlab_release(context, analysis);
}

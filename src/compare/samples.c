/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cluster bootstrap by person (Field & Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x): a sample draws as many people as there are,
 * with replacement, with all their rows; every outcome and the weights are refitted on the same sample.
 *
 * Draw j of sample b is the person at floor(n u), u at the address (seed, draw b, entity j, purpose BOOTSTRAP): samples do not depend
 * on threads. What each person adds to the score at the estimates on everybody is worked out once: with the information there a sum of it over the
 * sample is the first step of its refit, which then goes on by itself (compare/separable.h). Intervals are estimate -+ t(people - 1) times the
 * standard deviation over samples. Weakness: 200 samples give that standard deviation within 5 %. */
#include "compare/analysis.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/random.h"

#include <string.h>

static const double refit_tolerance = 1e-10; /* squared length of the last step, in standard errors: 1e-5 of one, as in the refits of fits */

static void take_sample(const mlab_analysis *analysis, size_t b, mlab_room *room, mlab_sample *sample)
{
    const mlab_cohort *cohort = analysis->cohort;
    size_t n = cohort->n_people, units = mlab_cohort_units(cohort), kept = 0;
    double *count = mlab_room_take(room, n), *weight = mlab_room_take(room, n);
    uint32_t *who = (uint32_t *)(void *)mlab_room_take(room, (n + 1) / 2);
    mlab_address address = {.seed = (uint64_t)analysis->options->seed, .draw = (uint32_t)b, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    mlab_random_sample(analysis->context, &address, units, count);
    for (size_t g = 0; g < n; g++) {
        const double times = count[cohort->cluster ? cohort->cluster[g] : g];
        if (!(times > 0)) continue;
        who[kept] = (uint32_t)g;
        weight[kept++] = times;
    }
    *sample = (mlab_sample){.n = kept, .who = who, .weight = weight};
}

#define MOST_BYTES ((size_t)1 << 29)

/* Scores of every person at the estimate, where rows are not weighted anew in every sample. */
static mlab_status share_scores(mlab_analysis *analysis, size_t k, double *memory, size_t size, mlab_error *err)
{
    const mlab_task *task = analysis->task[k];
    const mlab_context *context = analysis->context;
    size_t people = analysis->cohort->n_people, n = task->n_main + task->n_leaving;
    if (task->weighted || !task->converged || n > MOST_BYTES / sizeof(double) / (people + 1)) return MLAB_OK;
    double *scores = analysis->scores[k] = mlab_allocate(context, people, n * sizeof *scores), one = 1, value;
    if (!scores) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu people", people);
    bool answers = task->kind == MLAB_TASK_ANSWERS;
    for (size_t g = 0; g < people; g++) {
        uint32_t who = (uint32_t)g;
        mlab_sample alone = {.n = 1, .who = &who, .weight = &one};
        mlab_room room = {.memory = memory, .size = size};
        bool good = answers ? mlab_answers_evaluate(context, &task->answers, &alone, task->estimate, &room, &value, scores + g * n, NULL)
                            : mlab_hazard_evaluate(context, &task->main, &alone, task->estimate, &room, &value, scores + g * n, NULL);
        if (good && task->has_leaving)
            good = mlab_hazard_evaluate(context, &task->leaving, &alone, task->estimate + task->n_main, &room, &value, scores + g * n + task->n_main,
                                        NULL);
        if (good) continue;
        mlab_release(context, scores);
        analysis->scores[k] = NULL;
        return MLAB_OK;
    }
    return MLAB_OK;
}

/* Where the refit of a task begins. */
static void begin(const mlab_analysis *analysis, size_t k, const mlab_sample *sample, mlab_room *room, double *parameters)
{
    const mlab_task *task = analysis->task[k];
    size_t n = task->n_main + task->n_leaving, most = task->n_main > task->n_leaving ? task->n_main : task->n_leaving, mark = room->used;
    memcpy(parameters, task->estimate, n * sizeof *parameters);
    if (!analysis->scores[k]) return;
    double *step = mlab_room_take(room, n), *work = mlab_room_take(room, most * most);
    for (size_t i = 0; i < sample->n; i++) {
        const double *own = analysis->scores[k] + sample->who[i] * n, times = sample->weight[i];
        for (size_t j = 0; j < n; j++) step[j] += times * own[j];
    }
    memcpy(work, task->information, task->n_main * task->n_main * sizeof *work);
    mlab_solve(work, task->n_main, step, step);
    memcpy(work, task->leaving_information, task->n_leaving * task->n_leaving * sizeof *work);
    mlab_solve(work, task->n_leaving, step + task->n_main, step + task->n_main);
    for (size_t j = 0; j < n; j++) parameters[j] += step[j];
    room->used = mark;
}

static size_t room_of(const mlab_analysis *analysis)
{
    size_t n = analysis->cohort->n_people, rows = analysis->cohort->n_rows, most = mlab_weights_room(analysis->weights), parameters = 0;
    for (size_t k = 0; k < analysis->n_tasks; k++) {
        const mlab_task *task = analysis->task[k];
        size_t own = mlab_task_room(task);
        most = own > most ? own : most;
        parameters = task->n_main + task->n_leaving > parameters ? task->n_main + task->n_leaving : parameters;
    }
    if (analysis->weights->n_parameters > parameters) parameters = analysis->weights->n_parameters;
    return most + parameters + 2 * n + n / 2 + 1 + rows;
}

static mlab_status one_sample(void *work, size_t b, void *scratch, mlab_error *err)
{
    (void)err;
    mlab_analysis *analysis = work;
    const mlab_context *context = analysis->context;
    mlab_room room = {.memory = scratch, .size = room_of(analysis)};
    mlab_sample sample;
    take_sample(analysis, b, &room, &sample);
    double *row = mlab_room_take(&room, analysis->cohort->n_rows);
    bool weighted = true, need = false;
    for (size_t k = 0; k < analysis->n_tasks; k++) need = need || analysis->task[k]->weighted;
    if (need) {
        size_t mark = room.used, n = analysis->weights->n_parameters;
        double *parameters = mlab_room_take(&room, n);
        memcpy(parameters, analysis->weights->estimate, n * sizeof *parameters);
        weighted = mlab_weights_fit(context, analysis->weights, &sample, refit_tolerance, &room, parameters, row);
        room.used = mark;
    }
    for (size_t k = 0; k < analysis->n_tasks; k++) {
        const mlab_task *task = analysis->task[k];
        size_t mark = room.used, n = task->n_main + task->n_leaving;
        double *parameters = mlab_room_take(&room, n);
        begin(analysis, k, &sample, &room, parameters);
        bool good = (weighted || !task->weighted) && mlab_task_fit(context, task, &sample, row, refit_tolerance, &room, parameters, NULL, NULL);
        if (!good && analysis->scores[k]) { /* the first step was too long */
            memcpy(parameters, task->estimate, n * sizeof *parameters);
            good = mlab_task_fit(context, task, &sample, row, refit_tolerance, &room, parameters, NULL, NULL);
        }
        analysis->failed[b * analysis->n_tasks + k] = !good;
        if (good)
            mlab_task_levels(context, task, &sample, parameters, task->horizon, task->n_horizons, &room,
                             analysis->spread + b * analysis->n_levels + analysis->offset[k]);
        room.used = mark;
    }
    return MLAB_OK;
}

mlab_status mlab_analysis_bootstrap(mlab_analysis *analysis, mlab_error *err)
{
    const mlab_context *context = analysis->context;
    size_t samples = (size_t)analysis->options->bootstrap, size = room_of(analysis);
    analysis->spread = mlab_allocate(context, samples, (analysis->n_levels ? analysis->n_levels : 1) * sizeof *analysis->spread);
    analysis->failed = mlab_allocate(context, samples, analysis->n_tasks ? analysis->n_tasks : 1);
    analysis->scores = mlab_allocate(context, analysis->n_tasks + 1, sizeof *analysis->scores);
    double *memory = mlab_allocate(context, size, sizeof *memory);
    mlab_status status = MLAB_OK;
    if (!analysis->spread || !analysis->failed || !analysis->scores || !memory)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu bootstrap samples", samples);
    for (size_t k = 0; k < analysis->n_tasks && !status; k++) status = share_scores(analysis, k, memory, size, err);
    mlab_release(context, memory);
    return status ? status : mlab_parallel_blocks(context, "compare", samples, size * sizeof(double), one_sample, analysis, err);
}

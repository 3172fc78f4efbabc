/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far people of unknown arm could move a contrast: their time is put into the reference arm, into the arm, and people with the event
 * into one of the two with the others in the other; every model is chosen and fitted anew, on all these people, by the same estimator.
 *
 * In the spirit of worst cases without assumptions (Manski 1990, "Nonparametric bounds on treatment effects"). Weakness: four of all the ways to
 * fill in. Each person's unknown time goes as a whole; a covariate-adjusted estimate need not be most extreme in one of these. Sampling error
 * is not in them. */
#include "compare/analysis.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

typedef struct filling {
    const mlab_analysis *analysis;
    mlab_bounds *bounds;
    const mlab_cohort *full; /* everybody, unknown time in the reference arm */
    uint8_t *unknown;        /* [full n_rows] */
    uint8_t *with;           /* [n_tasks * full n_people] with the event, or answers above the mean, in unknown time */
} filling;

/* What speaks of a person in unknown time: an event, or the mean of the answers less `mean`; *any = it speaks at all. */
static double speaks(const filling *f, const mlab_task *task, size_t g, double mean, bool *any)
{
    double sum = 0;
    *any = false;
    for (size_t r = f->full->first[g]; r < f->full->first[g + 1]; r++) {
        uint32_t row = f->full->source[r];
        if (!f->unknown[r]) continue;
        if (task->kind != MLAB_TASK_ANSWERS) {
            bool event = f->full->person_level ? f->full->event[r] : task->event->at_risk[row] && task->event->what[row] == task->target + 1;
            sum += event;
            *any = *any || event;
        } else if (!(task->column->missing && task->column->missing[row])) {
            sum += (task->column->type == MLAB_COLUMN_REAL ? task->column->as.real[row] : (double)task->column->as.integer[row]) - mean;
            *any = true;
        }
    }
    return sum;
}

static double mean_answer(const filling *f, const mlab_task *task)
{
    double sum = 0, n = 0;
    for (size_t r = 0; task->kind == MLAB_TASK_ANSWERS && r < f->full->n_rows; r++) {
        uint32_t row = f->full->source[r];
        if (task->column->missing && task->column->missing[row]) continue;
        sum += task->column->type == MLAB_COLUMN_REAL ? task->column->as.real[row] : (double)task->column->as.integer[row];
        n++;
    }
    return n > 0 ? sum / n : 0;
}

static void look(filling *f)
{
    const mlab_cohort *full = f->full;
    for (size_t r = 0; r < full->n_rows; r++) f->unknown[r] = mlab_cohort_is_unknown(full, r);
    for (size_t k = 0; k < f->analysis->n_tasks; k++) {
        const mlab_task *task = f->analysis->task[k];
        double mean = mean_answer(f, task);
        for (size_t g = 0; g < full->n_people; g++) {
            bool any, is = false;
            f->with[k * full->n_people + g] = speaks(f, task, g, mean, &any) > 0;
            for (size_t r = full->first[g]; r < full->first[g + 1]; r++) is = is || f->unknown[r];
            f->bounds->people[k] += is;
            f->bounds->events[k] += any;
        }
    }
}

static void fill_arms(const filling *f, size_t arm, mlab_filling which, size_t task, int32_t *into)
{
    const mlab_cohort *full = f->full;
    memcpy(into, full->arm, full->n_rows * sizeof *into);
    for (size_t g = 0; g < full->n_people; g++) {
        bool with = f->with[task * full->n_people + g];
        bool in = which == MLAB_FILLING_ALL || (which == MLAB_FILLING_WITH) == with;
        for (size_t r = full->first[g]; r < full->first[g + 1]; r++)
            if (f->unknown[r]) into[r] = in ? (int32_t)arm : full->reference;
    }
}

/* Fits task k anew on a filled cohort; its levels at the horizons of the task it stands for. */
static mlab_status refit(const filling *f, const mlab_cohort *filled, size_t k, double *level, uint8_t *good, mlab_error *err)
{
    const mlab_analysis *analysis = f->analysis;
    const mlab_context *context = analysis->context;
    const mlab_task *as = analysis->task[k];
    size_t n = filled->n_people;
    const char *why;
    mlab_task *task = NULL;
    mlab_weights *weights = NULL;
    mlab_room room = {.memory = NULL};
    uint32_t *who = mlab_allocate(context, n, sizeof *who);
    double *one = mlab_allocate(context, n, sizeof *one);
    mlab_task_request request = {.cohort = filled,
                                 .outcome = as->outcome,
                                 .options = analysis->options,
                                 .satisfied_from = analysis->spec->satisfied_from,
                                 .horizon = analysis->horizon,
                                 .n_horizons = analysis->n_horizons,
                                 .weighted = as->weighted};
    mlab_status status = who && one ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the bounds of %zu people", n);
    if (!status && as->weighted) status = mlab_weights_make(context, filled, analysis->options, &weights, err);
    if (!status) status = mlab_task_make(context, &request, &task, &why, err);
    if (status || !task || task->n_stats != as->n_stats) goto out;
    room.size = mlab_task_room(task);
    if (!(room.memory = mlab_allocate(context, room.size, sizeof(double)))) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the bounds of %zu people", n);
        goto out;
    }
    for (size_t g = 0; g < n; g++) {
        who[g] = (uint32_t)g;
        one[g] = 1;
    }
    mlab_sample everybody = {.n = n, .who = who, .weight = one};
    mlab_task_start(task);
    *good = mlab_task_fit(context, task, &everybody, weights ? weights->row : NULL, 1e-14, &room, task->estimate, NULL, NULL) &&
            (!weights || weights->converged);
    mlab_task_levels(context, task, &everybody, task->estimate, as->horizon, as->n_horizons, &room, level);
out:
    mlab_release(context, room.memory);
    mlab_release(context, one);
    mlab_release(context, who);
    mlab_task_free(task);
    mlab_weights_free(weights);
    return status;
}

/* Block = ((arm * MLAB_N_FILLINGS) + filling) * n_tasks + task. */
static mlab_status one_filling(void *work, size_t block, void *scratch, mlab_error *err)
{
    (void)scratch;
    const filling *f = work;
    const mlab_analysis *analysis = f->analysis;
    const size_t k = block % analysis->n_tasks, at = block / analysis->n_tasks, arm = at / MLAB_N_FILLINGS;
    const mlab_filling which = (mlab_filling)(at % MLAB_N_FILLINGS);
    const bool reference = (int32_t)arm == f->full->reference;
    if (!strcmp(f->full->arms[arm], "past") || !analysis->task[k]->people[arm] || (reference && which != MLAB_FILLING_ALL)) return MLAB_OK;
    mlab_cohort filled = *f->full;
    filled.arm = mlab_allocate(analysis->context, filled.n_rows, sizeof *filled.arm);
    if (!filled.arm) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the bounds of %zu people", filled.n_people);
    fill_arms(f, arm, which, k, filled.arm);
    mlab_status status = refit(f, &filled, k, f->bounds->level + at * analysis->n_levels + analysis->offset[k], &f->bounds->good[block], err);
    mlab_release(analysis->context, filled.arm);
    return status;
}

static mlab_status allocate(const mlab_analysis *analysis, filling *f, mlab_error *err)
{
    const mlab_context *context = analysis->context;
    size_t fillings = analysis->cohort->n_arms * MLAB_N_FILLINGS, tasks = analysis->n_tasks;
    mlab_bounds *bounds = f->bounds;
    bounds->level = mlab_allocate(context, fillings, analysis->n_levels * sizeof *bounds->level);
    bounds->good = mlab_allocate(context, fillings, tasks);
    bounds->people = mlab_allocate(context, tasks, sizeof *bounds->people);
    bounds->events = mlab_allocate(context, tasks, sizeof *bounds->events);
    f->unknown = mlab_allocate(context, f->full->n_rows, 1);
    f->with = mlab_allocate(context, tasks, f->full->n_people);
    return bounds->level && bounds->good && bounds->people && bounds->events && f->unknown && f->with
               ? MLAB_OK
               : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the bounds of %zu people", f->full->n_people);
}

mlab_status mlab_bounds_make(const mlab_analysis *analysis, const mlab_cohort_choice *choice, mlab_bounds **out, mlab_error *err)
{
    const mlab_context *context = analysis->context;
    *out = NULL;
    if (!analysis->cohort->unknown_people || !analysis->n_tasks) return MLAB_OK;
    mlab_cohort_choice wide = *choice;
    wide.take_unknown = true;
    mlab_cohort *full = NULL;
    mlab_bounds *bounds = mlab_allocate(context, 1, sizeof *bounds);
    if (!bounds) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for bounds");
    bounds->context = context;
    filling f = {.analysis = analysis, .bounds = bounds};
    mlab_status status = mlab_cohort_make(&wide, context, &full, err);
    f.full = full;
    if (!status) status = allocate(analysis, &f, err);
    if (!status) {
        look(&f);
        status = mlab_parallel_blocks(context, NULL, analysis->cohort->n_arms * MLAB_N_FILLINGS * analysis->n_tasks, 0, one_filling, &f, err);
    }
    mlab_release(context, f.unknown);
    mlab_release(context, f.with);
    mlab_cohort_free(full);
    if (status)
        mlab_bounds_free(bounds);
    else
        *out = bounds;
    return status;
}

void mlab_bounds_free(mlab_bounds *bounds)
{
    if (!bounds) return;
    void *parts[] = {bounds->level, bounds->good, bounds->people, bounds->events};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(bounds->context, parts[j]);
    mlab_release(bounds->context, bounds);
}

void mlab_bounds_set(const mlab_analysis *analysis, size_t task, size_t arm, size_t at, size_t at_reference, mlab_contrast *c)
{
    const mlab_bounds *bounds = analysis->bounds;
    if (!bounds || !bounds->people[task]) return;
    const size_t reference = (size_t)analysis->cohort->reference * MLAB_N_FILLINGS, own = arm * MLAB_N_FILLINGS;
    const size_t fillings[] = {reference, own, own + MLAB_FILLING_WITH, own + MLAB_FILLING_WITHOUT};
    double value[4], lowest = c->estimate, highest = lowest;
    c->unknown_people = bounds->people[task];
    c->unknown_events = bounds->events[task];
    c->bounded = true;
    for (size_t j = 0; j < 4; j++) {
        const double *level = bounds->level + fillings[j] * analysis->n_levels;
        value[j] = level[at] - level[at_reference];
        c->bounded = c->bounded && bounds->good[fillings[j] * analysis->n_tasks + task] && isfinite(value[j]);
        lowest = fmin(lowest, value[j]);
        highest = fmax(highest, value[j]);
    }
    if (!c->bounded) return;
    c->if_reference = value[0];
    c->if_arm = value[1];
    c->worst_lowest = lowest;
    c->worst_highest = highest;
}

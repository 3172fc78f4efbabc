/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of pooled hazards: whole periods without an event become runs, the rest rows of their own.
 *
 *   person g   none  none  none  struct struct struct      time 0 .. 5, leaves in 5
 *   runs       [none, 0, length 3]  [struct, 3, length 2]   rows  (struct, 5, event)                    */
#include "compare/task.h"

#include "core/error.h"
#include "core/memory.h"

/* One pass over the cohort's rows of one hazard. */
typedef struct maker {
    mlab_task *task;
    mlab_hazard *hazard;
    bool leaving; /* exits among those not promoted yet */
    bool fill;    /* arrays are there */
    size_t runs, rows;
    uint32_t *row_of;  /* only when weighted */
    double *events_at; /* [n_times], while counting */
    uint64_t *events_of, *people_of;
    uint64_t *seen_at; /* [n_arms * n_times] people at risk, while counting; NULL = nobody asks */
} maker;

/* Share of the period at risk and event (0 = none, else block + 1) of cohort row r; false = not at risk there. */
static bool read_row(const maker *make, size_t r, double *share, int32_t *event)
{
    const mlab_task *task = make->task;
    const mlab_cohort *cohort = task->cohort;
    if (cohort->person_level) {
        *share = cohort->share[r];
        *event = cohort->event[r];
        return true;
    }
    const mlab_panel_event *what = make->leaving ? task->exit : task->event;
    uint32_t row = cohort->source[r];
    if (!what || !what->at_risk[row]) return false;
    *share = what->share[row];
    *event = make->leaving ? what->what[row] != 0 : what->what[row];
    return *share > 0;
}

/* FIRST: rows after the first event are out, and a row with the event is out of the hazard of leaving. */
static bool before_first(const maker *make, size_t r, bool *over)
{
    const mlab_task *task = make->task;
    if (task->kind != MLAB_TASK_FIRST) return true;
    if (*over) return false;
    if (task->event && task->event->what[task->cohort->source[r]]) {
        *over = true;
        return !make->leaving;
    }
    return true;
}

static void put(maker *make, size_t r, double share, int32_t event, bool *in_run)
{
    const mlab_cohort *cohort = make->task->cohort;
    size_t arm = (size_t)cohort->arm[r], time = (size_t)cohort->time[r], times = cohort->n_times, slot = arm * (times + 1) + time;
    if (!event && share == 1 && !make->task->weighted) {
        mlab_run *last = make->fill && make->runs ? &make->hazard->runs[make->runs - 1] : NULL;
        bool goes_on = *in_run && cohort->arm[r - 1] == cohort->arm[r] && cohort->time[r - 1] + 1 == cohort->time[r];
        *in_run = true;
        if (goes_on) {
            if (last) last->length++;
            return;
        }
        if (make->fill) make->hazard->runs[make->runs] = (mlab_run){(uint32_t)slot, 1};
        make->runs++;
        return;
    }
    *in_run = false;
    if (make->fill) {
        make->hazard->rows[make->rows] = (mlab_row){(uint32_t)(arm * times + time), event, share};
        if (make->row_of) make->row_of[make->rows] = (uint32_t)r;
    }
    make->rows++;
}

static void count(maker *make, size_t r, int32_t event, uint64_t *seen)
{
    const mlab_task *task = make->task;
    const mlab_cohort *cohort = task->cohort;
    int32_t arm = cohort->arm[r];
    if (event) make->events_at[cohort->time[r]]++;
    if (make->leaving) {
        make->people_of[arm]++;
        if (event) make->events_of[arm]++;
        return;
    }
    if (!(*seen >> arm & 1)) make->people_of[arm]++;
    *seen |= (uint64_t)1 << arm;
    if (event == (int32_t)task->target + 1) make->events_of[arm]++;
    task->years[arm] += cohort->years[r];
    if (make->seen_at) make->seen_at[(size_t)arm * cohort->n_times + (size_t)cohort->time[r]]++;
    if (cohort->time[r] >= task->followed[arm]) task->followed[arm] = cohort->time[r] + 1;
}

static void walk(maker *make)
{
    mlab_task *task = make->task;
    const mlab_cohort *cohort = task->cohort;
    make->runs = make->rows = 0;
    for (size_t g = 0; g < cohort->n_people; g++) {
        bool over = false, in_run = false;
        uint64_t seen = 0;
        for (size_t r = cohort->first[g]; r < cohort->first[g + 1] && (!task->eligible || task->eligible[g]); r++) {
            double share;
            int32_t event;
            if (!before_first(make, r, &over) || !read_row(make, r, &share, &event)) {
                in_run = false;
                continue;
            }
            if (!make->fill) count(make, r, event, &seen);
            put(make, r, share, event, &in_run);
        }
        if (make->fill) {
            make->hazard->first_run[g + 1] = make->runs;
            make->hazard->first_row[g + 1] = make->rows;
        }
    }
}

static mlab_status make_hazard(maker *make, const mlab_task_request *request, size_t blocks, double **basis, mlab_error *err)
{
    const mlab_cohort *cohort = make->task->cohort;
    const mlab_context *context = cohort->context;
    mlab_hazard *hazard = make->hazard;
    make->fill = false;
    walk(make);
    mlab_basis_request wanted = {.n_arms = cohort->n_arms,
                                 .n_times = cohort->n_times,
                                 .reference = cohort->reference,
                                 .df = request->options->time_df + (cohort->person_level ? 2 : 0),
                                 .from_zero = cohort->person_level,
                                 .events_at = make->events_at,
                                 .events_of = make->events_of,
                                 .people_of = make->people_of};
    size_t n_basis;
    mlab_status status = mlab_basis_make(context, &wanted, basis, &n_basis, err);
    if (status) return status;
    hazard->is = (mlab_separable){.n_people = cohort->n_people,
                                  .n_arms = cohort->n_arms,
                                  .n_times = cohort->n_times,
                                  .n_basis = n_basis,
                                  .n_z = request->weighted ? 0 : cohort->n_z,
                                  .n_blocks = blocks,
                                  .basis = *basis,
                                  .z = cohort->z};
    hazard->first_run = mlab_allocate(context, cohort->n_people + 1, sizeof *hazard->first_run);
    hazard->first_row = mlab_allocate(context, cohort->n_people + 1, sizeof *hazard->first_row);
    hazard->runs = mlab_allocate(context, make->runs, sizeof *hazard->runs);
    hazard->rows = mlab_allocate(context, make->rows, sizeof *hazard->rows);
    uint32_t **row_of = make->leaving ? &make->task->leaving_row : &make->task->row;
    if (request->weighted) make->row_of = *row_of = mlab_allocate(context, make->rows, sizeof **row_of);
    if (!hazard->first_run || !hazard->first_row || !hazard->runs || !hazard->rows || (request->weighted && !*row_of))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the %zu rows of a hazard", make->rows + make->runs);
    make->fill = true;
    walk(make);
    return MLAB_OK;
}

/* The first time at which enough people of each arm are at risk to say anything of it. */
static void find_begins(mlab_task *task, const uint64_t *seen_at)
{
    enum { ENOUGH = 5 };
    const mlab_cohort *cohort = task->cohort;
    for (size_t a = 0; a < cohort->n_arms; a++) {
        int32_t t = 0;
        while ((size_t)t < cohort->n_times && seen_at[a * cohort->n_times + (size_t)t] < ENOUGH) t++;
        task->begins[a] = t;
    }
}

/* People at risk of the event at their time zero; the others (in the top grade) are out. */
static mlab_status find_eligible(mlab_task *task, mlab_error *err)
{
    const mlab_cohort *cohort = task->cohort;
    if (task->kind != MLAB_TASK_FIRST) return MLAB_OK;
    task->eligible = mlab_allocate(cohort->context, cohort->n_people, sizeof *task->eligible);
    if (!task->eligible) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to compare %s", task->outcome->name);
    for (size_t g = 0; g < cohort->n_people; g++) task->eligible[g] = task->event->at_risk[cohort->zero_row[g]];
    return MLAB_OK;
}

mlab_status mlab_task_hazards(mlab_task *task, const mlab_task_request *request, mlab_error *err)
{
    const mlab_cohort *cohort = task->cohort;
    const mlab_context *context = cohort->context;
    size_t arms = cohort->n_arms;
    if (arms > 64) return mlab_raise(err, MLAB_ERR_COMPARE_ARM, "%zu arms, allowed at most 64", arms);
    mlab_status status = find_eligible(task, err);
    if (status) return status;
    double *events_at = mlab_allocate(context, 2 * cohort->n_times, sizeof *events_at);
    uint64_t *counts = mlab_allocate(context, arms * (2 + cohort->n_times), sizeof *counts);
    if (!events_at || !counts) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to compare %s", task->outcome->name);
        goto out;
    }
    maker make = {.task = task, .hazard = &task->main, .events_at = events_at, .events_of = task->events, .people_of = task->people};
    make.seen_at = counts + 2 * arms;
    if ((status = make_hazard(&make, request, task->event ? (size_t)task->event->n_causes : 1, &task->basis, err))) goto out;
    find_begins(task, make.seen_at);
    task->has_leaving = task->kind == MLAB_TASK_FIRST && task->exit;
    if (!task->has_leaving) goto out;
    make = (maker){.task = task,
                   .hazard = &task->leaving,
                   .leaving = true,
                   .events_at = events_at + cohort->n_times,
                   .events_of = counts,
                   .people_of = counts + arms};
    status = make_hazard(&make, request, 1, &task->leaving_basis, err);
out:
    mlab_release(context, counts);
    mlab_release(context, events_at);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares in states and mean times there, observed by arm as started: restricted mean time and time lost to each cause of event outcomes, and the
 * ladder of grades with its exits (mentorlab/curves.h has methods and sources).
 *
 * Weakness: people choose when to start, so these are not what would have been; an event counts at the end of its period, so mean times are up to a
 * period too long, by the same in every arm where events are as even. */
#include "compare/analysis.h"

#include "core/error.h"
#include "core/memory.h"
#include "mentorlab/curves.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_STATES = 60 };

/* One outcome or column: rows, names of its states. */
typedef struct state_set {
    const char *name;
    mlab_moves moves;
    char names[MOST_STATES][64];
    int32_t value[MOST_STATES]; /* ladder: of the column, by state, rising */
    size_t n_values;
} state_set;

typedef struct stay_list {
    const mlab_analysis *analysis;
    mlab_stay *stays;
    size_t n, capacity;
} stay_list;

static int32_t group_of(const mlab_cohort *cohort, int32_t arm)
{
    return arm == cohort->reference ? 0 : arm < cohort->reference ? arm + 1 : arm;
}

static mlab_status put(stay_list *list, const state_set *set, const mlab_occupation *all, size_t arm, size_t t, size_t s, mlab_error *err)
{
    const mlab_context *context = list->analysis->context;
    const mlab_cohort *cohort = list->analysis->cohort;
    const mlab_occupation *own = &all[group_of(cohort, (int32_t)arm)], *other = &all[0];
    size_t at = t * own->n_states + s;
    double unit = cohort->months, level = list->analysis->options->level;
    mlab_status status = mlab_grow(context, &list->stays, list->n, &list->capacity, sizeof *list->stays, err);
    if (status) return status;
    mlab_stay *stay = &list->stays[list->n++];
    *stay = (mlab_stay){.horizon = unit * own->time[t],
                        .in_state = own->at_risk[at],
                        .share = own->share[at],
                        .share_se = own->share_se[at],
                        .share_lower = own->share_lower[at],
                        .share_upper = own->share_upper[at],
                        .months = unit * own->stay[at],
                        .months_se = unit * own->stay_se[at],
                        .months_lower = unit * own->stay_lower[at],
                        .months_upper = unit * own->stay_upper[at],
                        .from = unit * set->moves.origin,
                        .until = unit * own->followed,
                        .level = level};
    for (size_t k = 0; k < own->n_states; k++) stay->n += own->at_risk[t * own->n_states + k];
    if (own != other && fmin(own->followed, other->followed) >= own->time[t]) { /* both are watched so long */
        mlab_gap gap = mlab_gap_of(own->stay[at], own->stay_se[at], other->stay[at], other->stay_se[at], own->stay_covariance[at], level);
        stay->difference = unit * gap.difference;
        stay->difference_se = unit * gap.se;
        stay->difference_lower = unit * gap.lower;
        stay->difference_upper = unit * gap.upper;
        stay->ratio = gap.ratio;
        stay->ratio_lower = gap.ratio_lower;
        stay->ratio_upper = gap.ratio_upper;
        stay->compared = true;
    }
    stay->outcome = mlab_copy_text(context, set->name);
    stay->arm = mlab_copy_text(context, cohort->arms[arm]);
    stay->reference = mlab_copy_text(context, cohort->arms[cohort->reference]);
    stay->state = mlab_copy_text(context, set->names[s]);
    bool made = stay->outcome && stay->arm && stay->reference && stay->state;
    return made ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states of %s", set->name);
}

static mlab_status add_set(stay_list *list, state_set *set, const double *times, size_t n_times, mlab_error *err)
{
    const mlab_cohort *cohort = list->analysis->cohort;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_occupation *all;
    options.level = list->analysis->options->level;
    set->moves.n_groups = cohort->n_arms;
    mlab_status status = mlab_occupation_fit(list->analysis->context, &set->moves, times, n_times, &options, &all, err);
    if (status) return status;
    for (size_t a = 0; a < cohort->n_arms && !status; a++) {
        const mlab_occupation *own = &all[group_of(cohort, (int32_t)a)];
        for (size_t t = 0; t < n_times && own->followed > -HUGE_VAL && !status; t++)
            for (size_t s = 0; s < own->n_states && !status; s++) status = put(list, set, all, a, t, s, err);
    }
    mlab_occupations_free(all, cohort->n_arms);
    return status;
}

/* Cause k (from 1) of a task as the curves count them, in words. */
static const char *cause_name(const mlab_task *task, size_t k)
{
    if (task->kind == MLAB_TASK_FIRST) return k == 1 ? task->outcome->name : "exit";
    if (!task->event || !task->event->causes) return "event";
    size_t target = task->target + 1, what = k == 1 ? target : k - 1 < target ? k - 1 : k;
    return task->event->causes[what - 1];
}

/* Time at which five people of every arm are watched, so that no arm has time in which nobody can leave it; arms that come after the first horizon
 * are left out (group -1). */
static double common_start(const mlab_task *task, int32_t first_horizon, mlab_stay_rows *rows)
{
    int32_t start = 0;
    for (size_t a = 0; a < task->cohort->n_arms; a++)
        if (task->people[a] > 0 && task->begins[a] > start && task->begins[a] < first_horizon) start = task->begins[a];
    for (size_t i = 0; i < rows->n; i++) rows->arm[i] = task->begins[rows->arm[i]] <= start ? group_of(task->cohort, rows->arm[i]) : -1;
    return start;
}

static mlab_status add_task(stay_list *list, const mlab_task *task, mlab_error *err)
{
    const mlab_context *context = list->analysis->context;
    const mlab_cohort *cohort = task->cohort;
    size_t causes = mlab_task_causes(task), n_times = list->analysis->n_horizons;
    mlab_stay_rows rows;
    state_set *set = mlab_allocate(context, 1, sizeof *set);
    double *times = mlab_allocate(context, n_times, sizeof *times);
    mlab_status status = mlab_stay_rows_make(context, task, &rows, err);
    if (!status && (!set || !times)) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states of %s", task->outcome->name);
    if (status || causes + 1 > MOST_STATES) goto out;
    for (size_t h = 0; h < n_times; h++) times[h] = list->analysis->horizon[h];
    double origin = common_start(task, list->analysis->horizon[0], &rows);
    for (size_t i = 0; i < rows.n; i++) {
        rows.status[i] = rows.status[i] ? rows.status[i] : -1;
        if (cohort->cluster) rows.person[i] = cohort->cluster[rows.person[i]];
    }
    set->name = task->outcome->name;
    snprintf(set->names[0], sizeof set->names[0], "no event");
    for (size_t k = 1; k <= causes; k++) snprintf(set->names[k], sizeof set->names[k], "%s", cause_name(task, k));
    set->moves = (mlab_moves){.n = rows.n,
                              .n_states = causes + 1,
                              .origin = origin,
                              .start = rows.start,
                              .stop = rows.stop,
                              .to = rows.status,
                              .group = rows.arm,
                              .cluster = rows.person,
                              .n_clusters = mlab_cohort_units(cohort)};
    status = add_set(list, set, times, n_times, err);
out:
    mlab_stay_rows_free(context, &rows);
    mlab_release(context, set);
    mlab_release(context, times);
    return status;
}

/* --- columns of states ---------------------------------------------------------------------------------------------- */

typedef struct ladder_rows {
    double *start, *stop;
    int32_t *from, *to, *group;
    uint32_t *person;
    double *times;
} ladder_rows;

static size_t state_of(const state_set *set, int32_t value)
{
    size_t s = 0;
    while (s < set->n_values && set->value[s] != value) s++;
    return s;
}

/* Values that the column has in the cohort, rising. */
static mlab_status find_values(const mlab_cohort *cohort, const mlab_column *column, size_t n_exits, state_set *set, mlab_error *err)
{
    for (size_t r = 0; r < cohort->n_rows; r++) {
        uint32_t row = cohort->source[r];
        if ((column->missing && column->missing[row]) || state_of(set, column->as.integer[row]) < set->n_values) continue;
        if (set->n_values + n_exits >= MOST_STATES)
            return mlab_raise(err, MLAB_ERR_DATA_TYPE, "comparison.states: column \"%s\" has over %d states", column->name, MOST_STATES);
        size_t k = set->n_values++;
        for (; k > 0 && set->value[k - 1] > column->as.integer[row]; k--) set->value[k] = set->value[k - 1];
        set->value[k] = column->as.integer[row];
    }
    for (size_t k = 0; k < set->n_values; k++) {
        if (column->type == MLAB_COLUMN_FACTOR)
            snprintf(set->names[k], sizeof set->names[k], "%s", column->levels[set->value[k]]);
        else
            snprintf(set->names[k], sizeof set->names[k], "%s %d", column->name, (int)set->value[k]);
    }
    return MLAB_OK;
}

/* A row a period: its state at the start, and that of the next period, or the cause of exit. The clock is that of the stay in the arm, so that every
 * arm begins with the states of those who come. */
static size_t fill_rows(const mlab_cohort *cohort, const mlab_column *column, const mlab_panel_event *exit, const state_set *set, ladder_rows *l)
{
    size_t n = 0;
    int32_t zero = 0;
    for (size_t g = 0; g < cohort->n_people; g++)
        for (size_t r = cohort->first[g]; r < cohort->first[g + 1]; r++) {
            uint32_t row = cohort->source[r];
            bool goes_on = r > cohort->first[g] && cohort->time[r] == cohort->time[r - 1] + 1 && cohort->arm[r] == cohort->arm[r - 1];
            if (!goes_on) zero = cohort->time[r];
            if (column->missing && column->missing[row]) continue;
            bool next = r + 1 < cohort->first[g + 1] && cohort->time[r + 1] == cohort->time[r] + 1;
            size_t from = state_of(set, column->as.integer[row]), to = from;
            if (exit && exit->what[row] > 0)
                to = set->n_values + (size_t)exit->what[row] - 1;
            else if (next && !(column->missing && column->missing[cohort->source[r + 1]]))
                to = state_of(set, column->as.integer[cohort->source[r + 1]]);
            l->start[n] = cohort->time[r] - zero;
            l->stop[n] = l->start[n] + 1;
            l->from[n] = (int32_t)from;
            l->to[n] = to == from ? -1 : (int32_t)to;
            l->group[n] = group_of(cohort, cohort->arm[r]);
            l->person[n++] = cohort->cluster ? cohort->cluster[g] : (uint32_t)g;
        }
    return n;
}

static mlab_status make_ladder(const mlab_context *context, const mlab_cohort *cohort, ladder_rows *l, mlab_error *err)
{
    size_t n = cohort->n_rows;
    l->start = mlab_allocate(context, n, sizeof *l->start);
    l->stop = mlab_allocate(context, n, sizeof *l->stop);
    l->from = mlab_allocate(context, n, sizeof *l->from);
    l->to = mlab_allocate(context, n, sizeof *l->to);
    l->group = mlab_allocate(context, n, sizeof *l->group);
    l->person = mlab_allocate(context, n, sizeof *l->person);
    l->times = mlab_allocate(context, cohort->n_times, sizeof *l->times);
    bool made = l->start && l->stop && l->from && l->to && l->group && l->person && l->times;
    return made ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states of %zu rows", n);
}

static mlab_status add_column(stay_list *list, const char *name, mlab_error *err)
{
    const mlab_context *context = list->analysis->context;
    const mlab_cohort *cohort = list->analysis->cohort;
    const mlab_column *column;
    if (cohort->person_level)
        return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "comparison.states: \"%s\" needs a panel of periods, with the state in each", name);
    mlab_status status = mlab_cohort_column(cohort->table, name, "comparison.states", &column, err);
    if (status) return status;
    if (column->type != MLAB_COLUMN_FACTOR && column->type != MLAB_COLUMN_INTEGER)
        return mlab_raise(err, MLAB_ERR_DATA_TYPE, "comparison.states: column \"%s\" has no states; they are labels or whole numbers", column->name);
    const mlab_panel_event *exit = mlab_panel_find_event(list->analysis->data->panel, "exit");
    size_t n_exits = exit ? (size_t)exit->n_causes : 0;
    ladder_rows l = {0};
    state_set *set = mlab_allocate(context, 1, sizeof *set);
    if (!set) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states of %s", name);
    set->name = column->name;
    if ((status = find_values(cohort, column, n_exits, set, err))) goto out;
    for (size_t k = 0; k < n_exits; k++) snprintf(set->names[set->n_values + k], sizeof set->names[0], "%s", exit->causes[k]);
    if (set->n_values + n_exits < 2) goto out;
    if ((status = make_ladder(context, cohort, &l, err))) goto out;
    for (size_t t = 0; t < cohort->n_times; t++) l.times[t] = (double)(t + 1);
    set->moves = (mlab_moves){.n_states = set->n_values + n_exits,
                              .start = l.start,
                              .stop = l.stop,
                              .from = l.from,
                              .to = l.to,
                              .group = l.group,
                              .cluster = l.person,
                              .n_clusters = mlab_cohort_units(cohort)};
    set->moves.n = fill_rows(cohort, column, exit, set, &l);
    status = add_set(list, set, l.times, cohort->n_times, err);
out:;
    void *const memory[] = {l.start, l.stop, l.from, l.to, l.group, l.person, l.times, set};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    return status;
}

mlab_status mlab_observed_stays(const mlab_analysis *analysis, mlab_stay **stays, size_t *n, mlab_error *err)
{
    stay_list list = {.analysis = analysis};
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < analysis->n_tasks && !analysis->cohort->no_time && !status; k++) {
        const mlab_task *task = analysis->task[k];
        bool again = k > 0 && analysis->task[k - 1]->outcome == task->outcome;
        if (task->kind != MLAB_TASK_ANSWERS && !again) status = add_task(&list, task, err);
    }
    for (size_t k = 0; k < analysis->spec->n_states && !status; k++) status = add_column(&list, analysis->spec->states[k], err);
    *stays = list.stays;
    *n = list.n;
    return status;
}

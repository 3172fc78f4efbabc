/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a frailty model, its likelihood, and sums over those at risk: a row is at risk of the steps of its stratum in (start, stop], so that
 * what it has of the baseline is a difference of two sums over steps, and what a step has of the rows a sum from the last step on. Both cost O(rows).
 *
 * Late entry: those who come late are the less frail of their group, which the likelihood would have to be conditioned on; rows that begin after 0
 * must go on from where another row of their cluster (of their group when groups are people) ends, else the fit is refused.
 */
#include "fit/survival/frailty.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static mlab_status check_entry(const mlab_context *context, const mlab_fit_problem *problem, mlab_error *err)
{
    size_t n = problem->n, late = 0, found = 0;
    if (!problem->start) return MLAB_OK;
    const uint32_t *of = problem->cluster ? problem->cluster : problem->random->person ? problem->random->group : NULL;
    for (size_t i = 0; !of && i < n; i++)
        if (problem->start[i] > 0)
            return mlab_raise(err, MLAB_ERR_FIT_MODEL,
                              "%s: row %zu enters at %d, not at 0, and no column says which rows are of one person; write cluster(person) in the "
                              "formula when rows go on from one another; those who come late are the less frail, which a frailty (1 | %s) does not "
                              "know of yet",
                              problem->outcome ? problem->outcome : "outcome", (problem->rows ? problem->rows[i] : i) + 1, (int)problem->start[i],
                              problem->random->name ? problem->random->name : "group");
    if (!of) return MLAB_OK;
    uint64_t *starts = mlab_allocate(context, n, sizeof *starts), *stops = mlab_allocate(context, n, sizeof *stops);
    if (starts && stops) {
        for (size_t i = 0; i < n; i++) {
            stops[i] = (uint64_t)of[i] << 32 | ((uint32_t)problem->stop[i] ^ 0x80000000u);
            if (problem->start[i] > 0) starts[late++] = (uint64_t)of[i] << 32 | ((uint32_t)problem->start[i] ^ 0x80000000u);
        }
        qsort(starts, late, sizeof *starts, by_key);
        qsort(stops, n, sizeof *stops, by_key);
        for (size_t k = 0; k < n && found < late; k++) found += stops[k] == starts[found];
    }
    mlab_status status = MLAB_OK;
    if (!starts || !stops)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look for late entry in %zu rows", n);
    else if (found < late)
        status = mlab_raise(err, MLAB_ERR_FIT_MODEL,
                            "%s: somebody enters at %d, not at 0, where no row of the same %s ends; those who come late are the less frail, which a "
                            "frailty (1 | %s) does not know of yet; leave it out, or begin every time at 0",
                            problem->outcome ? problem->outcome : "outcome", (int)((uint32_t)starts[found] ^ 0x80000000u),
                            problem->cluster && problem->cluster_name ? problem->cluster_name : "group",
                            problem->random->name ? problem->random->name : "group");
    mlab_release(context, starts);
    mlab_release(context, stops);
    return status;
}

static mlab_status check(const mlab_context *context, const mlab_prepared *prepared, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const char *name = problem->outcome ? problem->outcome : "outcome";
    if (prepared->options.ties == 2) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: exact ties have no frailty; write fit: {ties: breslow}", name);
    for (size_t i = 0; problem->weight && i < problem->n; i++)
        if (problem->weights_sampling || problem->weight[i] != floor(problem->weight[i]))
            return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a frailty takes weights that are whole numbers of equal rows (row %zu has %g)", name,
                              (problem->rows ? problem->rows[i] : i) + 1, problem->weight[i]);
    return check_entry(context, problem, err);
}

/* Steps of all strata, strata ascending, times rising. */
static void find_steps(mlab_frailty *f, const double *weight)
{
    const mlab_cox_rows *rows = f->rows;
    size_t n = rows->n, step = f->n_steps;
    for (size_t end = n; end > 0;) { /* from the last row: the last stratum, its first time */
        size_t begin = end - 1;
        while (begin > 0 && rows->stop[begin - 1] == rows->stop[end - 1] && rows->stratum[begin - 1] == rows->stratum[end - 1]) begin--;
        double events = 0;
        for (size_t i = begin; i < end; i++) events += rows->event[i] ? weight[i] : 0;
        if (events > 0) {
            f->first[rows->stratum[end - 1] + 1]++;
            f->time[--step] = rows->stop[end - 1];
            f->events[step] = events;
        }
        end = begin;
    }
    for (size_t s = 0; s < f->n_strata; s++) { /* within a stratum they were put in falling order */
        f->first[s + 1] += f->first[s];
        for (size_t a = f->first[s], b = f->first[s + 1]; a + 1 < b; a++) {
            b--;
            int32_t time = f->time[a];
            double events = f->events[a];
            f->time[a] = f->time[b], f->time[b] = time;
            f->events[a] = f->events[b], f->events[b] = events;
        }
    }
}

/* Steps of the stratum at or before the time, from its first. */
static uint32_t steps_to(const mlab_frailty *f, int32_t stratum, int32_t time)
{
    size_t low = f->first[stratum], high = f->first[stratum + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->time[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static size_t count_steps(const mlab_cox_rows *rows, const double *weight)
{
    size_t steps = 0;
    bool counted = false;
    for (size_t i = 0; i < rows->n; i++) {
        if (i > 0 && (rows->stop[i] != rows->stop[i - 1] || rows->stratum[i] != rows->stratum[i - 1])) counted = false;
        if (counted || !rows->event[i] || !(weight[i] > 0)) continue;
        counted = true;
        steps++;
    }
    return steps;
}

static mlab_status allocate(mlab_frailty *f, mlab_error *err)
{
    size_t n = f->n, k = f->n_steps, g = f->n_groups, p = f->p;
    f->indices = mlab_allocate(f->context, n, 3 * sizeof *f->indices);
    f->first = mlab_allocate(f->context, f->n_strata + 1, sizeof *f->first);
    f->time = mlab_allocate(f->context, k, sizeof *f->time);
    f->term = mlab_allocate(f->context, g, sizeof *f->term);
    f->memory = mlab_allocate(f->context, n + 5 * k + 1 + g * (p + 2) + p, sizeof *f->memory);
    if (!f->indices || !f->first || !f->time || !f->term || !f->memory)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a frailty of %zu groups and %zu steps", g, k);
    f->group = f->indices;
    f->from = f->indices + n;
    f->to = f->indices + 2 * n;
    double *at = f->memory,
           **const parts[] = {&f->at_row, &f->events, &f->log_step, &f->step, &f->expected, &f->sum, &f->group_events, &f->at_group, &f->beta};
    const size_t sizes[] = {n, k, k, k, k, k + 1, g, g * (p + 1), p};
    for (size_t m = 0; m < sizeof sizes / sizeof *sizes; m++, at += sizes[m - 1]) *parts[m] = at;
    return MLAB_OK;
}

mlab_status mlab_frailty_begin(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, mlab_frailty *f, mlab_error *err)
{
    const mlab_cox_rows *rows = work->rows;
    const mlab_fit_problem *problem = prepared->problem;
    *f = (mlab_frailty){.context = context, .rows = rows, .work = work, .n = rows->n, .p = rows->p, .n_groups = problem->random->n_groups};
    f->law = prepared->options.frailty == 1 ? mlab_frailty_gamma : mlab_frailty_normal;
    f->n_strata = problem->stratum ? problem->n_strata : 1;
    mlab_status status = check(context, prepared, err);
    if (status) return status;
    f->n_steps = count_steps(rows, work->weight);
    if ((status = allocate(f, err))) return status;
    find_steps(f, work->weight);
    for (size_t i = 0; i < f->n; i++) {
        f->group[i] = problem->random->group[rows->row[i]];
        f->to[i] = steps_to(f, rows->stratum[i], rows->stop[i]);
        f->from[i] = rows->start ? steps_to(f, rows->stratum[i], rows->start[i]) : (uint32_t)f->first[rows->stratum[i]];
        if (rows->event[i]) f->group_events[f->group[i]] += work->weight[i];
    }
    return MLAB_OK;
}

void mlab_frailty_end(mlab_frailty *f)
{
    if (!f->context) return;
    void *const parts[] = {f->indices, f->first, f->time, f->term, f->memory};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) mlab_release(f->context, parts[k]);
}

void mlab_frailty_at_risk(const mlab_frailty *f, const double *value, double *out)
{
    memset(out, 0, f->n_steps * sizeof *out);
    for (size_t i = 0; i < f->n; i++) {
        if (f->to[i] == f->from[i]) continue;
        out[f->to[i] - 1] += value[i];
        if (f->from[i] > f->first[f->rows->stratum[i]]) out[f->from[i] - 1] -= value[i];
    }
    for (size_t s = 0; s < f->n_strata; s++)
        for (size_t k = f->first[s + 1]; k-- > f->first[s] + 1;) out[k - 1] += out[k];
}

void mlab_frailty_breslow(mlab_frailty *f)
{
    mlab_cox_risks(f->work, f->beta);
    mlab_frailty_at_risk(f, f->work->risk, f->step);
    for (size_t k = 0; k < f->n_steps; k++) f->log_step[k] = mlab_log(f->events[k] / f->step[k]);
}

/* at_group [n_groups]: the cumulative hazard of each group by steps whose sums are given. */
static void add_up(const mlab_frailty *f, const double *sum, double *of_group)
{
    memset(of_group, 0, f->n_groups * sizeof *of_group);
    for (size_t i = 0; i < f->n; i++) of_group[f->group[i]] += f->work->risk[i] * (sum[f->to[i]] - sum[f->from[i]]);
}

void mlab_frailty_evaluate(mlab_frailty *f)
{
    const mlab_cox_rows *rows = f->rows;
    double value = 0;
    mlab_cox_risks(f->work, f->beta);
    mlab_exp_array(f->context, f->log_step, f->step, f->n_steps);
    for (size_t k = 0; k < f->n_steps; k++) {
        f->sum[k + 1] = f->sum[k] + f->step[k];
        value += f->events[k] * f->log_step[k];
    }
    for (size_t i = 0; i < f->n; i++)
        if (rows->event[i] && f->work->weight[i] > 0) value += f->work->weight[i] * f->work->eta[i];
    add_up(f, f->sum, f->at_group);
    for (size_t g = 0; g < f->n_groups; g++) {
        f->term[g] = f->law(f->group_events[g], f->at_group[g], f->variance);
        value += f->term[g].value;
    }
    f->value = value;
}

void mlab_frailty_product(mlab_frailty *f, const double *v, double *room, double *out)
{
    room[0] = 0;
    for (size_t k = 0; k < f->n_steps; k++) room[k + 1] = room[k] + f->step[k] * v[k];
    add_up(f, room, f->at_group);
    for (size_t i = 0; i < f->n; i++) f->at_row[i] = f->work->risk[i] * f->term[f->group[i]].spread * f->at_group[f->group[i]];
    mlab_frailty_at_risk(f, f->at_row, out);
    for (size_t k = 0; k < f->n_steps; k++) out[k] = f->expected[k] * v[k] - f->step[k] * out[k];
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a frailty model, its likelihood, and sums over those at risk: a row is at risk of the steps of its stratum in (start, stop], so that
 * what it has of the baseline is a difference of two sums over steps, and what a step has of the rows a sum from the last step on. Both cost O(rows).
 * Who comes late was at risk of the steps before the entry too, which the likelihood is conditioned on (fit/survival/frailty_entry.c).
 */
#include "fit/survival/frailty.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

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
    size_t n = f->n, k = f->n_steps, g = f->n_groups, p = f->p, late = f->enters != NULL;
    f->indices = mlab_allocate(f->context, n, 3 * sizeof *f->indices);
    f->first = mlab_allocate(f->context, f->n_strata + 1, sizeof *f->first);
    f->time = mlab_allocate(f->context, k, sizeof *f->time);
    f->term = mlab_allocate(f->context, g, sizeof *f->term);
    f->memory = mlab_allocate(f->context, (1 + late) * n + 5 * k + 1 + (3 + 2 * late) * g + p, sizeof *f->memory);
    if (late) f->entry = mlab_allocate(f->context, g, sizeof *f->entry);
    if (!f->indices || !f->first || !f->time || !f->term || !f->memory || (late && !f->entry))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a frailty of %zu groups and %zu steps", g, k);
    f->group = f->indices;
    f->from = f->indices + n;
    f->to = f->indices + 2 * n;
    double *at = f->memory,
           **const parts[] = {&f->at_row,   &f->events, &f->log_step, &f->step,       &f->expected, &f->sum,         &f->group_events,
                              &f->at_group, &f->hazard, &f->beta,     &f->row_before, &f->before,   &f->group_before};
    const size_t sizes[] = {n, k, k, k, k, k + 1, g, g, g, p, n, g, g};
    for (size_t m = 0; m < (late ? 13 : 10); m++, at += sizes[m - 1]) *parts[m] = at;
    return MLAB_OK;
}

mlab_status mlab_frailty_begin(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, mlab_frailty *f, mlab_error *err)
{
    const mlab_cox_rows *rows = work->rows;
    const mlab_fit_problem *problem = prepared->problem;
    *f = (mlab_frailty){.context = context, .rows = rows, .work = work, .n = rows->n, .p = rows->p, .n_groups = problem->random->n_groups};
    f->law = prepared->options.frailty == 1 ? mlab_frailty_gamma : mlab_frailty_normal;
    f->n_strata = problem->stratum ? problem->n_strata : 1;
    f->enters = prepared->enters;
    if (prepared->options.ties == 2)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: exact ties have no frailty; write fit: {ties: breslow}",
                          problem->outcome ? problem->outcome : "outcome");
    f->n_steps = count_steps(rows, work->weight);
    mlab_status status = allocate(f, err);
    if (status) return status;
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
    void *const parts[] = {f->indices, f->first, f->time, f->term, f->entry, f->memory};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) mlab_release(f->context, parts[k]);
}

void mlab_frailty_at_risk(const mlab_frailty *f, const double *value, const double *before, double *out)
{
    memset(out, 0, f->n_steps * sizeof *out);
    for (size_t i = 0; i < f->n; i++) {
        bool later = f->from[i] > f->first[f->rows->stratum[i]];
        if (before && later && f->enters[f->rows->row[i]]) out[f->from[i] - 1] += before[i];
        if (f->to[i] == f->from[i]) continue;
        out[f->to[i] - 1] += value[i];
        if (later) out[f->from[i] - 1] -= value[i];
    }
    for (size_t s = 0; s < f->n_strata; s++)
        for (size_t k = f->first[s + 1]; k-- > f->first[s] + 1;) out[k - 1] += out[k];
}

void mlab_frailty_breslow(mlab_frailty *f)
{
    mlab_cox_risks(f->work, f->beta);
    mlab_frailty_at_risk(f, f->work->risk, NULL, f->step);
    for (size_t k = 0; k < f->n_steps; k++) f->log_step[k] = mlab_log(f->events[k] / f->step[k]);
}

/* all [n_groups]: the cumulative hazard of each group by steps whose sums are given, and of it what came before the entries. */
static void add_up(const mlab_frailty *f, const double *sum, double *all, double *before)
{
    memset(all, 0, f->n_groups * sizeof *all);
    if (f->enters) memset(before, 0, f->n_groups * sizeof *before);
    for (size_t i = 0; i < f->n; i++) {
        double unseen = mlab_frailty_unseen(f, sum, i);
        all[f->group[i]] += f->work->risk[i] * (mlab_frailty_seen(f, sum, i) + unseen);
        if (unseen != 0) before[f->group[i]] += f->work->risk[i] * unseen;
    }
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
    add_up(f, f->sum, f->hazard, f->before);
    for (size_t g = 0; g < f->n_groups; g++) {
        f->term[g] = f->law(f->group_events[g], f->hazard[g], f->variance);
        if (f->enters) f->entry[g] = f->law(0, f->before[g], f->variance);
        value += f->term[g].value - (f->enters ? f->entry[g].value : 0);
    }
    f->value = value;
}

void mlab_frailty_product(mlab_frailty *f, const double *v, double *room, double *out)
{
    room[0] = 0;
    for (size_t k = 0; k < f->n_steps; k++) room[k + 1] = room[k] + f->step[k] * v[k];
    add_up(f, room, f->at_group, f->group_before);
    for (size_t i = 0; i < f->n; i++) {
        uint32_t g = f->group[i];
        f->at_row[i] = f->work->risk[i] * f->term[g].spread * f->at_group[g];
        if (f->enters) f->row_before[i] = f->at_row[i] - f->work->risk[i] * f->entry[g].spread * f->group_before[g];
    }
    mlab_frailty_at_risk(f, f->at_row, f->row_before, out);
    for (size_t k = 0; k < f->n_steps; k++) out[k] = f->expected[k] * v[k] - f->step[k] * out[k];
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of moves between states: checked, put in one order, counted by the times at which somebody moves; occupation by the product of the
 * matrices of those times (Aalen & Johansen 1978).
 *
 * Weakness: the table of moves has times x states^2 numbers. */
#include "fit/survival/occupation.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/order.h"

#include <math.h>
#include <string.h>

static mlab_status check_row(const mlab_moves *m, size_t i, mlab_error *err)
{
    double start = mlab_move_start(m, i);
    int32_t states = (int32_t)m->n_states, from = mlab_move_from(m, i), to = m->to[i];
    if (!isfinite(start) || !isfinite(m->stop[i]) || !(start < m->stop[i]))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu of moves: start %g is not before time %g", i + 1, start, m->stop[i]);
    if (from < 0 || from >= states || to < -1 || to >= states || to == from)
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu of moves: from state %d to %d, allowed 0 to %d and not to itself; -1 = no move", i + 1,
                          (int)from, (int)to, (int)states - 1);
    if (m->weight && !(m->weight[i] >= 0 && isfinite(m->weight[i])))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu of moves: the weight is not a finite number of at least 0", i + 1);
    if (m->cluster && m->cluster[i] >= m->n_clusters)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "row %zu of moves: cluster %u of %zu", i + 1, (unsigned)m->cluster[i], m->n_clusters);
    return MLAB_OK;
}

/* Rows by group, stop, start, states, weight. */
static mlab_status put_in_order(const mlab_context *context, const mlab_moves *m, uint64_t *keys, uint32_t *rows, size_t n, mlab_error *err)
{
    for (int by = 0; by < 5; by++) {
        if ((by == 0 && !m->weight) || (by == 2 && !m->start) || (by == 4 && !m->group)) continue;
        for (size_t k = 0; k < n; k++) {
            size_t i = rows[k];
            keys[k] = by == 0   ? mlab_order_of_real(m->weight[i])
                      : by == 1 ? (uint64_t)mlab_move_from(m, i) * m->n_states + (uint64_t)(m->to[i] + 1)
                      : by == 2 ? mlab_order_of_real(m->start[i])
                      : by == 3 ? mlab_order_of_real(m->stop[i])
                                : (uint64_t)m->group[i];
        }
        mlab_status status = mlab_order_by(context, keys, rows, n, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* Times of the group not after t. */
static uint32_t times_until(const mlab_group_moves *g, double t)
{
    size_t low = 0, high = g->n_times;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->time[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static mlab_status make_room(const mlab_context *context, const mlab_moves *m, mlab_group_moves *g, mlab_error *err)
{
    size_t s = m->n_states;
    g->first = mlab_allocate(context, g->n, sizeof *g->first);
    g->end = mlab_allocate(context, g->n, sizeof *g->end);
    g->out = mlab_allocate(context, g->n_times, s * s * sizeof *g->out);
    g->at_risk = mlab_allocate(context, g->n_times + 1, s * sizeof *g->at_risk);
    g->before = mlab_allocate(context, g->n_times + 1, s * sizeof *g->before);
    g->begin = mlab_allocate(context, s, sizeof *g->begin);
    g->last = mlab_allocate(context, s, sizeof *g->last);
    return g->first && g->end && g->out && g->at_risk && g->before && g->begin && g->last
               ? MLAB_OK
               : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the moves of %zu rows at %zu times", g->n, g->n_times);
}

static void count(const mlab_moves *m, mlab_group_moves *g)
{
    size_t s = m->n_states;
    for (size_t k = 0; k < s; k++) g->last[k] = -HUGE_VAL;
    for (size_t k = 0; k < g->n; k++) {
        size_t i = g->row[k], from = (size_t)mlab_move_from(m, i);
        double w = mlab_move_weight(m, i), start = mlab_move_start(m, i);
        g->first[k] = times_until(g, start);
        g->end[k] = times_until(g, m->stop[i]);
        g->at_risk[g->first[k] * s + from] += w;
        g->at_risk[g->end[k] * s + from] -= w;
        if (m->to[i] >= 0) g->out[((g->end[k] - 1) * s + from) * s + (size_t)m->to[i]] += w;
        if (m->stop[i] > g->last[from]) g->last[from] = m->stop[i];
        if (start <= m->origin && m->stop[i] > m->origin) {
            g->begin[from] += w;
            g->watched += w;
        }
    }
    for (size_t t = 1; t < g->n_times; t++)
        for (size_t h = 0; h < s; h++) g->at_risk[t * s + h] += g->at_risk[(t - 1) * s + h];
}

/* Shares at the origin; all 0 where they are not known. */
static void begin(const mlab_moves *m, mlab_group_moves *g)
{
    size_t several = 0, state = 0;
    g->began = HUGE_VAL;
    for (size_t k = 0; k < g->n; k++) g->began = fmin(g->began, fmax(mlab_move_start(m, g->row[k]), m->origin));
    for (size_t h = 0; h < m->n_states && g->watched > 0; h++) g->begin[h] /= g->watched;
    if (g->watched > 0) return;
    for (size_t h = 0; h < m->n_states; h++) {
        bool any = false;
        for (size_t k = 0; k < g->n && !any; k++) any = (size_t)mlab_move_from(m, g->row[k]) == h;
        several += any;
        if (any) state = h;
    }
    if (several == 1) g->begin[state] = 1;
}

/* Weights of moves become shares of those at risk; occupation before every time. */
static void multiply(size_t s, mlab_group_moves *g)
{
    for (size_t h = 0; h < s; h++) g->before[h] = g->begin[h];
    for (size_t t = 0; t < g->n_times; t++) {
        const double *now = g->before + t * s;
        double *next = g->before + (t + 1) * s;
        for (size_t h = 0; h < s; h++) {
            double *out = g->out + (t * s + h) * s, all = 0, n = g->at_risk[t * s + h];
            for (size_t j = 0; j < s; j++) all += out[j];
            if (n - all < 1e-12 * all) g->at_risk[t * s + h] = n = all; /* the rest is rounding of the running sum */
            for (size_t j = 0; j < s && all > 0; j++) out[j] /= n;
            out[h] = all > 0 ? (n - all) / n : 1;
            for (size_t j = 0; j < s; j++) next[j] += now[h] * out[j];
        }
    }
}

static mlab_status make_group(const mlab_context *context, const mlab_moves *m, mlab_group_moves *g, mlab_error *err)
{
    g->time = mlab_allocate(context, g->n, sizeof *g->time);
    if (!g->time) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the moves of %zu rows", g->n);
    for (size_t k = 0; k < g->n; k++) {
        double stop = m->stop[g->row[k]];
        bool moved = m->to[g->row[k]] >= 0 && stop > m->origin;
        if (moved && (g->n_times == 0 || stop != g->time[g->n_times - 1])) g->time[g->n_times++] = stop;
    }
    mlab_status status = make_room(context, m, g, err);
    if (status) return status;
    count(m, g);
    begin(m, g);
    multiply(m->n_states, g);
    return MLAB_OK;
}

mlab_status mlab_group_moves_make(const mlab_context *context, const mlab_moves *m, mlab_group_moves *groups, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t kept = 0;
    uint32_t *rows = mlab_allocate(context, m->n, sizeof *rows);
    uint64_t *keys = mlab_allocate(context, m->n, sizeof *keys);
    if (!rows || !keys) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the moves of %zu rows", m->n);
    for (size_t i = 0; i < m->n && !status; i++) {
        if (m->group && m->group[i] < 0) continue;
        if (m->group && (size_t)m->group[i] >= m->n_groups)
            status = mlab_raise(err, MLAB_ERR_ARGUMENT, "row %zu of moves: group %d of %zu", i + 1, (int)m->group[i], m->n_groups);
        else
            status = check_row(m, i, err);
        if (!status && mlab_move_weight(m, i) > 0 && m->stop[i] > m->origin) rows[kept++] = (uint32_t)i;
    }
    if (!status) status = put_in_order(context, m, keys, rows, kept, err);
    for (size_t g = 0, at = 0; g < m->n_groups && !status; g++) {
        size_t end = at;
        while (end < kept && (!m->group || (size_t)m->group[rows[end]] == g)) end++;
        groups[g].n = end - at;
        groups[g].row = mlab_allocate(context, end - at, sizeof *rows);
        if (!groups[g].row) {
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the moves of %zu rows", end - at);
            break;
        }
        memcpy(groups[g].row, rows + at, (end - at) * sizeof *rows);
        status = make_group(context, m, &groups[g], err);
        at = end;
    }
    mlab_release(context, keys);
    mlab_release(context, rows);
    return status;
}

void mlab_group_moves_free(const mlab_context *context, mlab_group_moves *groups, size_t n_groups)
{
    if (!groups) return;
    for (size_t k = 0; k < n_groups; k++) {
        mlab_group_moves *g = &groups[k];
        void *const memory[] = {g->row, g->first, g->end, g->time, g->out, g->at_risk, g->before, g->begin, g->last};
        for (size_t j = 0; j < sizeof memory / sizeof *memory; j++) mlab_release(context, memory[j]);
    }
    mlab_release(context, groups);
}

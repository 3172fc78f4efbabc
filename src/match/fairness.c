/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool as a flow in which groups are counted, and the leximin matching on it.
 *
 * Leximin: first the fewest mentees without a mentor, then the fewest at the lowest score, then at the next, ... (fair matchings, Huang, Kavitha,
 * Mehlhorn & Michail 2016, doi:10.1007/s00453-015-9994-9). Level by level, the lowest first: the flow that has the fewest pairs of this level among
 * all that were best so far. Values of the nodes tell which arcs every such flow fills and which it leaves empty; these are fixed, and what is left
 * free is exactly the set of flows that are still best. A level that the flow at hand does not use needs no search. It is used where mentors have
 * fewest mentees; leximin.c is for all other pools. Weakness: a pass over all pairs for most of the scores in use.
 */
#include "match/fairness.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"

#include <math.h>
#include <stdlib.h>

void mlab_fairness_free(mlab_fairness *f)
{
    mlab_flow_free(f->flow);
    mlab_lots_free(f->context, &f->lots);
    mlab_release(f->context, f->block);
}

bool mlab_fairness_late(const mlab_fairness *f)
{
    return f->end > 0 && mlab_os_seconds() >= f->end;
}

void mlab_fairness_set(mlab_fairness *f, size_t arc, mlab_gain gain)
{
    if (f->arcs[arc].gain.first == gain.first && f->arcs[arc].gain.second == gain.second) return;
    f->arcs[arc].gain = gain;
    mlab_flow_set_gain(f->flow, arc, gain);
}

int64_t mlab_fairness_gain(const mlab_fairness *f, size_t k, double factor)
{
    const double whole = (double)mlab_lots_whole(f->request->pool->score[f->lots.edges[k].edge], f->scale);
    return (int64_t)ceil(whole * factor) * f->per_pair + 1;
}

void mlab_fairness_bound(mlab_fairness *f, size_t group, int64_t lower, int64_t upper)
{
    lower -= f->locked[group];
    upper -= f->locked[group];
    for (size_t a = f->first_count[group]; a < f->first_count[group + 1]; a++) {
        const int64_t k = (int64_t)(a - f->first_count[group]);
        mlab_fairness_set(f, a, (mlab_gain){k < lower ? 1 : k < upper ? 0 : -1, 0});
    }
}

void mlab_fairness_read(const mlab_fairness *f, int32_t *mentor_of)
{
    for (size_t t = 0; t < f->request->pool->n_mentees; t++) {
        int32_t *mine = &mentor_of[f->lots.mentees[t].who];
        *mine = MLAB_UNMATCHED;
        for (size_t k = f->lots.first[t]; k < f->lots.first[t + 1]; k++)
            if (mlab_flow_on(f->flow, f->first_candidate + k)) *mine = (int32_t)f->lots.mentors[f->lots.edges[k].mentor].who;
    }
}

double mlab_fairness_total(const mlab_fairness *f, const int32_t *mentor_of)
{
    double total = 0;
    for (size_t t = 0; t < f->request->pool->n_mentees; t++) { /* by turn: a sum in the order of rows would round by it */
        const uint32_t i = f->lots.mentees[t].who;
        if (mentor_of[i] != MLAB_UNMATCHED) total += mlab_match_score(f->request->pool, i, mentor_of[i]);
    }
    return total;
}

/* --- the network --------------------------------------------------------------------------------- */

static void count_groups(mlab_fairness *f)
{
    const mlab_pool *pool = f->request->pool;
    const uint64_t which = f->request->options.fair_groups;
    for (size_t t = 0; t < pool->n_mentees; t++) {
        const uint32_t i = f->lots.mentees[t].who;
        const int32_t g = pool->mentee_group ? pool->mentee_group[i] : -1;
        const bool counts = g >= 0 && (which == 0 || (g < 64 && which >> g & 1));
        f->group_of[t] = counts ? (uint32_t)g : (uint32_t)f->n_groups;
        f->size[f->group_of[t]]++;
        f->locked[f->group_of[t]] += pool->locked && pool->locked[i] != MLAB_UNMATCHED;
    }
    for (size_t g = 0; g <= f->n_groups; g++) f->first_count[g + 1] = f->first_count[g] + (size_t)f->size[g];
}

static void lay_arcs(mlab_fairness *f)
{
    const mlab_pool *pool = f->request->pool;
    const uint32_t root = 0, group = 1, mentee = group + (uint32_t)f->n_groups + 1, mentor = mentee + (uint32_t)pool->n_mentees;
    size_t a = 0;
    for (uint32_t g = 0; g <= f->n_groups; g++)
        for (int32_t k = 0; k < f->size[g]; k++) f->arcs[a++] = (mlab_flow_arc){root, group + g, 1, {0, 0}};
    f->first_mentee = a;
    for (uint32_t t = 0; t < pool->n_mentees; t++) f->arcs[a++] = (mlab_flow_arc){group + f->group_of[t], mentee + t, 1, {0, 0}};
    f->first_candidate = a;
    for (uint32_t t = 0; t < pool->n_mentees; t++)
        for (size_t k = f->lots.first[t]; k < f->lots.first[t + 1]; k++)
            f->arcs[a++] = (mlab_flow_arc){mentee + t, mentor + f->lots.edges[k].mentor, 1, {0, mlab_fairness_gain(f, k, 1)}};
    f->first_mentor = a;
    for (uint32_t t = 0; t < pool->n_mentors; t++) {
        const uint32_t who = f->lots.mentors[t].who;
        const int32_t capacity = pool->capacity[who], lower = pool->lower ? pool->lower[who] : 0, kept = lower < capacity ? lower : capacity;
        f->arcs[a++] = (mlab_flow_arc){mentor + t, root, kept, {1, 0}};
        f->arcs[a++] = (mlab_flow_arc){mentor + t, root, capacity - kept, {0, 0}};
        f->lower += lower;
    }
    f->n_arcs = a;
    f->n_nodes = mentor + pool->n_mentors;
}

mlab_status mlab_fairness_make(const mlab_context *context, const mlab_policy_request *request, mlab_fairness *f, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const size_t n = pool->n_mentees, candidates = pool->first[n];
    const size_t groups = pool->mentee_group && pool->n_groups > 0 ? (size_t)pool->n_groups : 0;
    *f = (mlab_fairness){.context = context, .request = request, .n_groups = groups};
    if (request->options.time_limit > 0) f->end = mlab_os_seconds() + request->options.time_limit;
    f->per_pair = (int64_t)n + 1;
    f->scale = mlab_lots_scale((double)(n + 1), (double)(2 * n + pool->n_mentors + groups + 3));
    mlab_status status = mlab_lots_make(context, request, &f->lots, err);
    if (status) return status;
    const mlab_part parts[] = {{&f->arcs, 2 * n + candidates + 2 * pool->n_mentors, sizeof *f->arcs},
                               {&f->group_of, n, sizeof *f->group_of},
                               {&f->first_count, groups + 2, sizeof *f->first_count},
                               {&f->size, groups + 1, sizeof *f->size},
                               {&f->locked, groups + 1, sizeof *f->locked}};
    if ((status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &f->block, err))) return status;
    count_groups(f);
    lay_arcs(f);
    return mlab_flow_make(context, f->n_nodes, f->arcs, f->n_arcs, &f->flow, err);
}

/* --- leximin ------------------------------------------------------------------------------------- */

typedef struct level_edge {
    double score;
    uint32_t candidate; /* by turn */
} level_edge;

static int by_score(const void *a, const void *b)
{
    const level_edge *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    return x->candidate < y->candidate ? -1 : x->candidate > y->candidate;
}

/* All flows as good as the one at hand, and no others, fill the arcs that gain now and leave those empty that cost. */
static void fix_arcs(mlab_fairness *f, bool again)
{
    for (size_t a = 0; a < f->n_arcs; a++) {
        if (again && f->arcs[a].gain.first) { /* fixed for good: flows are only ruled out */
            mlab_fairness_set(f, a, (mlab_gain){f->arcs[a].gain.first, 0});
            continue;
        }
        const mlab_gain u = mlab_flow_value(f->flow, f->arcs[a].from), v = mlab_flow_value(f->flow, f->arcs[a].to), g = f->arcs[a].gain;
        const int64_t first = v.first - u.first + g.first, second = v.second - u.second + g.second;
        const int64_t sign = first ? (first > 0) - (first < 0) : (second > 0) - (second < 0);
        mlab_fairness_set(f, a, (mlab_gain){sign, 0});
    }
}

static size_t free_uses(const mlab_fairness *f, const level_edge *level, size_t n)
{
    size_t used = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t a = f->first_candidate + level[k].candidate;
        used += f->arcs[a].gain.first < 1 && mlab_flow_on(f->flow, a) > 0;
    }
    return used;
}

static mlab_status fewest_of_level(mlab_fairness *f, const level_edge *level, size_t n, mlab_error *err)
{
    const bool used = free_uses(f, level, n) > 0;
    for (size_t k = 0; k < n; k++) {
        const size_t a = f->first_candidate + level[k].candidate;
        const int64_t first = f->arcs[a].gain.first;
        mlab_fairness_set(f, a, used ? (mlab_gain){first, -1} : (mlab_gain){first > 0 ? 1 : -1, 0});
    }
    if (!used) return MLAB_OK;
    mlab_status status = mlab_flow_solve(f->flow, err);
    if (!status) fix_arcs(f, true);
    return status;
}

void mlab_fair_tell_lowest(const mlab_pool *pool, mlab_policy_result *result)
{
    double lowest = 0;
    bool any = false;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        if (result->mentor_of[i] == MLAB_UNMATCHED) continue;
        const double s = mlab_match_score(pool, i, result->mentor_of[i]);
        if (!any || s < lowest) lowest = s;
        any = true;
    }
    result->objective = lowest;
    result->bound = result->status == MLAB_POLICY_TIME_LIMIT ? 100 : lowest;
    result->gap = result->bound > 0 ? (result->bound - lowest) / result->bound : 0;
}

mlab_status mlab_fair_leximin(mlab_fairness *f, mlab_policy_result *result, mlab_error *err)
{
    const size_t n = f->lots.first[f->request->pool->n_mentees];
    level_edge *edges = mlab_allocate(f->context, n, sizeof *edges);
    if (!edges) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu candidates", n);
    for (size_t k = 0; k < n; k++) {
        edges[k] = (level_edge){f->request->pool->score[f->lots.edges[k].edge], (uint32_t)k};
        mlab_fairness_set(f, f->first_candidate + k, (mlab_gain){0, 1}); /* first of all the most pairs */
    }
    if (n) qsort(edges, n, sizeof *edges, by_score);
    mlab_status status = mlab_flow_solve(f->flow, err);
    const int64_t kept = mlab_flow_total(f->flow).first;
    if (!status) fix_arcs(f, false);
    result->status = kept < f->lower ? MLAB_POLICY_INFEASIBLE : MLAB_POLICY_OPTIMAL;
    for (size_t k = 0; k < n && !status;) {
        size_t end = k + 1;
        while (end < n && edges[end].score == edges[k].score) end++;
        status = fewest_of_level(f, edges + k, end - k, err);
        k = end;
        if (result->status == MLAB_POLICY_OPTIMAL && mlab_fairness_late(f)) {
            result->status = MLAB_POLICY_TIME_LIMIT;
            break;
        }
    }
    mlab_release(f->context, edges);
    if (status) return status;
    mlab_fairness_read(f, result->mentor_of);
    mlab_fair_tell_lowest(f->request->pool, result);
    return MLAB_OK;
}

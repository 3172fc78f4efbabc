/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Developmental networks: each mentee up to m mentors, at most one of each role.
 *
 * A person's development rests on several ties with different functions (Kram 1985; Higgins & Kram 2001, doi:10.5465/amr.2001.4378023). As
 * every mentor has one role, the limits are nested - places of a mentor; one of a role, then m of a mentee - and the best
 * network is a flow (flow.c), exact in whole numbers: least numbers of mentees first, then the most mentees with at least one mentor,
 * then (participation_first) the most pairs, then the highest total score.
 * Weakness: the second mentor of one counts as much as the second of another; after the first, nothing spreads mentors evenly.
 */
#include "match/flow.h"
#include "match/lots.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdio.h>

typedef struct network {
    const mlab_policy_request *request;
    const mlab_pool *pool;
    mlab_policy_result *result;
    int32_t each;
    bool roles;
    mlab_lots lots;
    void *memory;
    mlab_flow_arc *arcs;     /* 2 a mentee, each roles of a mentee, 2 a mentor, candidates */
    size_t n_arcs, n_before; /* arcs before the candidates */
    uint32_t *candidate;     /* [n_arcs - n_before] */
    uint32_t *owner;         /* mentee */
    int32_t *places, *least; /* [n_mentors] beside locked pairs */
    double scale;
    mlab_flow *flow;
} network;

static mlab_status check(const network *w, mlab_error *err)
{
    for (size_t j = 0; w->roles && j < w->pool->n_mentors; j++)
        if (w->pool->mentor_role[j] < 0 || w->pool->mentor_role[j] >= w->each)
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentor %zu has role %d, allowed 0 to %d", j, w->pool->mentor_role[j], w->each - 1);
    return MLAB_OK;
}

static int32_t locked_at(const network *w, size_t i, int32_t slot)
{
    return w->pool->locked ? w->pool->locked[i * (size_t)w->each + (size_t)slot] : MLAB_UNMATCHED;
}

static bool is_locked(const network *w, size_t i, int32_t mentor)
{
    for (int32_t r = 0; r < w->each; r++)
        if (locked_at(w, i, r) == mentor) return true;
    return false;
}

static mlab_status lock_pairs(network *w, mlab_error *err)
{
    for (size_t j = 0; j < w->pool->n_mentors; j++) {
        w->places[j] = w->pool->capacity[j];
        w->least[j] = w->pool->lower ? w->pool->lower[j] : 0;
    }
    for (size_t i = 0; w->pool->locked && i < w->pool->n_mentees; i++)
        for (int32_t r = 0; r < w->each; r++) {
            const int32_t m = locked_at(w, i, r);
            if (m == MLAB_UNMATCHED) continue;
            if (m < 0 || (size_t)m >= w->pool->n_mentors)
                return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu is locked to mentor %d, allowed below %zu", i, m, w->pool->n_mentors);
            if (w->places[m]-- <= 0)
                return mlab_raise(err, MLAB_ERR_MATCH_CAPACITY, "mentor %d has more locked pairs than the %d places offered", m,
                                  w->pool->capacity[m]);
            if (w->least[m] > 0) w->least[m]--;
            w->result->mentor_of[i * (size_t)w->each + (size_t)r] = m;
        }
    return MLAB_OK;
}

static uint32_t mentee_node(size_t turn)
{
    return 1 + (uint32_t)turn;
}

/* Node of a mentee's role, or of the mentee when there are none. */
static uint32_t role_node(const network *w, size_t turn, int32_t role)
{
    return w->roles ? 1 + (uint32_t)(w->pool->n_mentees + turn * (size_t)w->each) + (uint32_t)role : mentee_node(turn);
}

static uint32_t mentor_node(const network *w, size_t turn)
{
    return 1 + (uint32_t)(w->pool->n_mentees * (w->roles ? 1 + (size_t)w->each : 1) + turn);
}

static void build_mentees(network *w)
{
    for (size_t t = 0; t < w->pool->n_mentees; t++) {
        const uint32_t i = w->lots.mentees[t].who;
        int32_t left = w->each;
        for (int32_t r = 0; r < w->each; r++) {
            const bool taken = locked_at(w, i, r) != MLAB_UNMATCHED;
            left -= taken;
            if (w->roles) w->arcs[w->n_arcs++] = (mlab_flow_arc){mentee_node(t), role_node(w, t, r), !taken, {0, 0}};
        }
        const int32_t head = left == w->each; /* the first mentor of somebody with none counts before every score */
        w->arcs[w->n_arcs++] = (mlab_flow_arc){0, mentee_node(t), head, {(int64_t)w->pool->n_mentees * w->each + 1, 0}};
        w->arcs[w->n_arcs++] = (mlab_flow_arc){0, mentee_node(t), left - head, {0, 0}};
    }
}

static void build(network *w)
{
    const mlab_pool *pool = w->pool;
    const int64_t pairs = (int64_t)pool->n_mentees * w->each + 1, full = pairs * pairs;
    build_mentees(w);
    for (size_t t = 0; t < pool->n_mentors; t++) {
        const uint32_t j = w->lots.mentors[t].who;
        w->arcs[w->n_arcs++] = (mlab_flow_arc){mentor_node(w, t), 0, w->least[j], {full, 0}};
        w->arcs[w->n_arcs++] = (mlab_flow_arc){mentor_node(w, t), 0, w->places[j] - w->least[j], {0, 0}};
    }
    w->n_before = w->n_arcs;
    for (size_t t = 0; t < pool->n_mentees; t++)
        for (size_t k = w->lots.first[t]; k < w->lots.first[t + 1]; k++) {
            const mlab_lot_edge edge = w->lots.edges[k];
            const int32_t m = pool->mentor[edge.edge];
            const uint32_t i = w->lots.mentees[t].who;
            if (is_locked(w, i, m)) continue;
            w->candidate[w->n_arcs - w->n_before] = edge.edge;
            w->owner[w->n_arcs - w->n_before] = i;
            const mlab_gain gain = {w->request->options.participation_first, mlab_lots_whole(pool->score[edge.edge], w->scale) * pairs + 1};
            w->arcs[w->n_arcs++] = (mlab_flow_arc){role_node(w, t, w->roles ? pool->mentor_role[m] : 0), mentor_node(w, edge.mentor), 1, gain};
        }
}

/* The pair on the flow that comes after (score, arc) in descending order of score among arcs from .. to - 1; SIZE_MAX = none. */
static size_t next_best(const network *w, size_t from, size_t to, size_t after)
{
    size_t best = SIZE_MAX;
    for (size_t a = from; a < to; a++) {
        if (!mlab_flow_on(w->flow, a)) continue;
        const double score = w->pool->score[w->candidate[a - w->n_before]];
        if (after != SIZE_MAX) {
            const double last = w->pool->score[w->candidate[after - w->n_before]];
            if (score > last || (score == last && a <= after)) continue;
        }
        if (best == SIZE_MAX || score > w->pool->score[w->candidate[best - w->n_before]]) best = a;
    }
    return best;
}

/* The pairs of one mentee, arcs from .. to - 1: by role, or the best in the first slot that is not locked. */
static void read_mentee(network *w, size_t from, size_t to)
{
    int32_t *slots = &w->result->mentor_of[w->owner[from - w->n_before] * (size_t)w->each], slot = 0;
    for (size_t a = next_best(w, from, to, SIZE_MAX); a != SIZE_MAX; a = next_best(w, from, to, a)) {
        const uint32_t e = w->candidate[a - w->n_before];
        while (!w->roles && slots[slot] != MLAB_UNMATCHED) slot++;
        slots[w->roles ? w->pool->mentor_role[w->pool->mentor[e]] : slot] = w->pool->mentor[e];
        w->result->objective += w->pool->score[e];
    }
}

static void read_pairs(network *w)
{
    for (size_t from = w->n_before, to; from < w->n_arcs; from = to) {
        for (to = from + 1; to < w->n_arcs && w->owner[to - w->n_before] == w->owner[from - w->n_before]; to++) continue;
        read_mentee(w, from, to);
    }
    w->result->bound = w->result->objective;
    w->result->status = MLAB_POLICY_OPTIMAL;
}

/* Least numbers that cannot all be reached are told; as many of their places as can be are filled. */
static void tell_least(network *w)
{
    int64_t missing = 0;
    for (size_t j = 0; j < w->pool->n_mentors; j++) missing += w->least[j];
    const size_t first = w->n_before - 2 * w->pool->n_mentors;
    for (size_t a = first; a < w->n_before; a += 2) missing -= mlab_flow_on(w->flow, a);
    if (!missing) return;
    w->result->status = MLAB_POLICY_INFEASIBLE;
    snprintf(w->result->why, sizeof w->result->why, "%lld of the places that mentors must at least fill have no mentee who may take them",
             (long long)missing);
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const size_t n = pool->n_mentees, m = pool->n_mentors, edges = pool->first[n];
    network w = {.request = request, .pool = pool, .result = result, .each = request->options.mentors_each, .roles = pool->mentor_role};
    const size_t slots = n * (size_t)w.each, nodes = 1 + n + (w.roles ? slots : 0) + m;
    mlab_status status = check(&w, err);
    if (status) return status;
    if (slots + m >= (size_t)1 << 19)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu mentors wanted of %zu, allowed fewer than 524288 together", slots, m);
    const mlab_part parts[] = {{&w.arcs, 2 * n + slots + 2 * m + edges, sizeof *w.arcs},
                               {&w.candidate, edges, sizeof *w.candidate},
                               {&w.owner, edges, sizeof *w.owner},
                               {&w.places, m, sizeof *w.places},
                               {&w.least, m, sizeof *w.least}};
    if ((status = mlab_lots_make(context, request, &w.lots, err))) goto out;
    if ((status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &w.memory, err))) goto out;
    if ((status = lock_pairs(&w, err))) goto out;
    w.scale = mlab_lots_scale((double)slots + 1, (double)nodes);
    build(&w);
    if ((status = mlab_flow_make(context, nodes, w.arcs, w.n_arcs, &w.flow, err)) || (status = mlab_flow_solve(w.flow, err))) goto out;
    read_pairs(&w);
    tell_least(&w);
out:
    mlab_flow_free(w.flow);
    mlab_release(context, w.memory);
    mlab_lots_free(context, &w.lots);
    return status;
}

const mlab_policy mlab_policy_network = {
    .name = "network",
    .summary = "each mentee up to a number of mentors, at most one of each role",
    .source = "Higgins & Kram 2001, doi:10.5465/amr.2001.4378023; Ahuja, Magnanti & Orlin 1993, ch. 9 and 12",
    .keeps = MLAB_KEEPS_LOWER | MLAB_KEEPS_SEVERAL | MLAB_KEEPS_OWN_LOCKS,
    .assign = assign,
};

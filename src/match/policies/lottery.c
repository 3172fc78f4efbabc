/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lottery: chances for all pairs with the highest expected total score, none above a cap, and then a matching drawn by these chances.
 *
 * Budish, Che, Kojima & Milgrom 2013, doi:10.1257/aer.103.2.585: any such table of chances is a mixture of matchings. The table is a flow in whole
 * parts of 1 / D, D <= 1000 the least for which the cap is whole (a cap such as 1/3 is taken down to 0.333). The draw is dependent rounding (Gandhi,
 * Khuller, Parthasarathy & Srinivasan 2006, Journal of the ACM 53, 324-360): along a circle or a longest path of pairs still open, chances go up and
 * down in turn by one of two steps, drawn so that no chance changes on average, until all are 0 or 1. So every pair comes with exactly its chance,
 * and nobody has more than the places. With participation_first the expected number of pairs comes first. Weakness: chances of different people
 * depend on each other; who has the best chance of all with cap 1 is the optimal matching.
 */
#include "match/flow.h"
#include "match/lots.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"

#include <math.h>

enum { MOST_PARTS = 1000, STEPS_OF_ENTITY = 500, FIRST_UNIFORM = 8 };

typedef struct draw {
    const mlab_policy_request *request;
    mlab_lots lots;
    uint32_t *mentee_of; /* [candidates] by turn */
    int32_t *part;       /* [candidates] chance in parts; open while above 0 and below parts */
    int32_t parts;
    size_t *first;   /* [n_nodes + 1] candidates of a node: mentees, then mentors */
    uint32_t *at;    /* [2 candidates] */
    size_t *next;    /* [n_nodes] candidates before are closed */
    size_t *seen;    /* [n_nodes] place on the path + 1 */
    uint32_t *path;  /* [n_nodes + 1] candidates */
    uint32_t *nodes; /* [n_nodes + 1] */
    uint64_t step;
} draw;

static uint32_t other_end(const draw *d, uint32_t k, uint32_t node)
{
    const uint32_t mentor = (uint32_t)d->request->pool->n_mentees + d->lots.edges[k].mentor;
    return node == d->mentee_of[k] ? mentor : d->mentee_of[k];
}

/* An open candidate of the node other than `not`; UINT32_MAX = none. */
static uint32_t open_candidate(draw *d, uint32_t node, uint32_t not )
{
    for (;; d->next[node]++) {
        if (d->next[node] == d->first[node + 1]) return UINT32_MAX;
        const int32_t part = d->part[d->at[d->next[node]]];
        if (part > 0 && part < d->parts) break;
    }
    for (size_t a = d->next[node]; a < d->first[node + 1]; a++) {
        const uint32_t k = d->at[a];
        if (k != not &&d->part[k] > 0 && d->part[k] < d->parts) return k;
    }
    return UINT32_MAX;
}

static double next_uniform(draw *d)
{
    const mlab_address address = {.seed = d->request->seed,
                                  .draw = d->request->draw,
                                  .replicate = d->request->replicate,
                                  .entity = (uint32_t)(d->step / STEPS_OF_ENTITY),
                                  .period = d->request->period,
                                  .purpose = MLAB_PURPOSE_MATCH};
    return mlab_random_uniform(&address, FIRST_UNIFORM + (uint32_t)(d->step++ % STEPS_OF_ENTITY));
}

/* Chances along path[from] .. path[to - 1] go up and down in turn. */
static void round_path(draw *d, size_t from, size_t to)
{
    int32_t up = d->parts, down = up; /* most that even places can go up and odd ones down, and the other way */
    for (size_t p = from; p < to; p++) {
        const int32_t part = d->part[d->path[p]], to_one = d->parts - part;
        const bool even = (p - from) % 2 == 0;
        if ((even ? to_one : part) < up) up = even ? to_one : part;
        if ((even ? part : to_one) < down) down = even ? part : to_one;
    }
    const bool goes_up = next_uniform(d) * (double)(up + down) < (double)down;
    for (size_t p = from; p < to; p++) d->part[d->path[p]] += ((p - from) % 2 == 0) == goes_up ? (goes_up ? up : down) : -(goes_up ? up : down);
}

/* Walks on open candidates from the node; rounds the circle it runs into, or the path to where it ends. Returns whether it ran into a circle. */
static bool walk(draw *d, uint32_t node, uint32_t *end)
{
    size_t n = 0;
    uint32_t last = UINT32_MAX;
    d->nodes[0] = node;
    d->seen[node] = 1;
    size_t circle = SIZE_MAX;
    for (;;) {
        const uint32_t k = open_candidate(d, node, last);
        if (k == UINT32_MAX) break;
        d->path[n++] = last = k;
        node = other_end(d, k, node);
        if (d->seen[node]) {
            circle = d->seen[node] - 1;
            break;
        }
        d->nodes[n] = node;
        d->seen[node] = n + 1;
    }
    *end = node;
    for (size_t k = 0; k < n; k++) d->seen[d->nodes[k]] = 0;
    d->seen[node] = 0;
    if (circle != SIZE_MAX) round_path(d, circle, n);
    return circle != SIZE_MAX;
}

/* The path from one end to another: the end has one open candidate. */
static void walk_path(draw *d, uint32_t node)
{
    size_t n = 0;
    uint32_t last = UINT32_MAX;
    for (uint32_t k; (k = open_candidate(d, node, last)) != UINT32_MAX; last = k) {
        d->path[n++] = k;
        node = other_end(d, k, node);
    }
    round_path(d, 0, n);
}

static void draw_matching(draw *d)
{
    const uint32_t n_nodes = (uint32_t)(d->request->pool->n_mentees + d->request->pool->n_mentors);
    for (uint32_t node = 0; node < n_nodes;) {
        uint32_t end, back;
        if (open_candidate(d, node, UINT32_MAX) == UINT32_MAX) {
            node++;
            continue;
        }
        if (walk(d, node, &end)) continue;
        if (walk(d, end, &back)) continue; /* from an end: a circle, or all the way to another end */
        walk_path(d, end);
    }
}

/* --- the table of chances ------------------------------------------------------------------------ */

static int32_t parts_of(double cap)
{
    for (int32_t parts = 1; parts < MOST_PARTS; parts++)
        if (fabs(cap * parts - floor(cap * parts + 0.5)) < 1e-9 * parts && cap * parts > 0.5) return parts;
    return MOST_PARTS;
}

static mlab_status find_chances(const mlab_context *context, draw *d, mlab_error *err)
{
    const mlab_pool *pool = d->request->pool;
    const size_t n = pool->n_mentees, candidates = pool->first[n], n_arcs = n + candidates + pool->n_mentors;
    const bool first = d->request->options.participation_first;
    const double cap = d->request->options.lottery_cap > 0 ? d->request->options.lottery_cap : 1;
    d->parts = parts_of(cap);
    const int32_t most = (int32_t)floor(cap * d->parts + 1e-6);
    mlab_flow *flow = NULL;
    mlab_flow_arc *arcs = mlab_allocate(context, n_arcs, sizeof *arcs);
    if (!arcs) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu candidates", candidates);
    const double scale = mlab_lots_scale((double)(n + 1), (double)(n + pool->n_mentors + 1));
    size_t a = 0;
    for (uint32_t t = 0; t < n; t++) arcs[a++] = (mlab_flow_arc){0, 1 + t, d->parts, {0, 0}};
    for (uint32_t t = 0; t < n; t++)
        for (size_t k = d->lots.first[t]; k < d->lots.first[t + 1]; k++) {
            const int64_t gain = mlab_lots_whole(pool->score[d->lots.edges[k].edge], scale) * (int64_t)(n + 1) + 1;
            arcs[a++] = (mlab_flow_arc){1 + t, 1 + (uint32_t)n + d->lots.edges[k].mentor, most, {first, gain}};
        }
    for (uint32_t t = 0; t < pool->n_mentors; t++) {
        const int64_t places = pool->capacity[d->lots.mentors[t].who];
        const int64_t room = places < (int64_t)n ? places * d->parts : (int64_t)n * d->parts;
        arcs[a++] = (mlab_flow_arc){1 + (uint32_t)n + t, 0, room < INT32_MAX ? (int32_t)room : INT32_MAX, {0, 0}};
    }
    mlab_status status = mlab_flow_make(context, 1 + n + pool->n_mentors, arcs, n_arcs, &flow, err);
    if (!status) status = mlab_flow_solve(flow, err);
    for (size_t k = 0; k < candidates && !status; k++) d->part[k] = mlab_flow_on(flow, n + k);
    mlab_flow_free(flow);
    mlab_release(context, arcs);
    return status;
}

static void list_nodes(draw *d)
{
    const mlab_pool *pool = d->request->pool;
    const size_t n = pool->n_mentees, candidates = d->lots.first[n], n_nodes = n + pool->n_mentors;
    for (uint32_t t = 0; t < n; t++)
        for (size_t k = d->lots.first[t]; k < d->lots.first[t + 1]; k++) {
            d->mentee_of[k] = t;
            d->first[t + 1]++;
            d->first[n + d->lots.edges[k].mentor + 1]++;
        }
    for (size_t v = 0; v < n_nodes; v++) d->first[v + 1] += d->first[v];
    for (size_t v = 0; v < n_nodes; v++) d->next[v] = d->first[v];
    for (uint32_t k = 0; k < candidates; k++) {
        d->at[d->next[d->mentee_of[k]]++] = k;
        d->at[d->next[n + d->lots.edges[k].mentor]++] = k;
    }
    for (size_t v = 0; v < n_nodes; v++) d->next[v] = d->first[v];
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const size_t candidates = pool->first[pool->n_mentees], n_nodes = pool->n_mentees + pool->n_mentors;
    draw d = {.request = request};
    void *block = NULL;
    mlab_status status = mlab_lots_make(context, request, &d.lots, err);
    if (status) return status;
    const mlab_part parts[] = {
        {&d.mentee_of, candidates, sizeof *d.mentee_of}, {&d.part, candidates, sizeof *d.part},   {&d.first, n_nodes + 1, sizeof *d.first},
        {&d.at, 2 * candidates, sizeof *d.at},           {&d.next, n_nodes, sizeof *d.next},      {&d.seen, n_nodes, sizeof *d.seen},
        {&d.path, n_nodes + 1, sizeof *d.path},          {&d.nodes, n_nodes + 1, sizeof *d.nodes}};
    status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (!status) status = find_chances(context, &d, err);
    if (!status) {
        list_nodes(&d);
        for (size_t k = 0; k < candidates; k++) {
            const double chance = (double)d.part[k] / d.parts;
            result->objective += chance * pool->score[d.lots.edges[k].edge];
            if (result->probability) result->probability[d.lots.edges[k].edge] = chance;
        }
        draw_matching(&d);
        for (size_t k = 0; k < candidates; k++)
            if (d.part[k] == d.parts) result->mentor_of[d.lots.mentees[d.mentee_of[k]].who] = (int32_t)d.lots.mentors[d.lots.edges[k].mentor].who;
        result->bound = result->objective;
        result->status = MLAB_POLICY_OPTIMAL;
    }
    mlab_release(context, block);
    mlab_lots_free(context, &d.lots);
    return status;
}

const mlab_policy mlab_policy_lottery = {
    .name = "lottery",
    .summary = "the highest expected total with a cap on the chance of any pair, drawn by these chances",
    .source = "Budish, Che, Kojima & Milgrom 2013, doi:10.1257/aer.103.2.585",
    .assign = assign,
};

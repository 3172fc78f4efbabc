/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peers: mutual pairs from one pool. Two people can be a pair when each is an allowed candidate of the other and offers a place.
 *
 * Highest total: each pair counts the scores of both directions; matching in a general graph (Edmonds 1965, doi:10.6028/jres.069B.013, see
 * graph_matching.c), of the best the one with the most pairs, or the most pairs first. Stable (peer_stable): nobody would rather swap, by
 * the ranks people gave and then by score (Irving 1985, doi:10.1016/0196-6774(85)90033-1, see roommates.c); such pairs need not exist.
 * Scores are taken to whole multiples of 2^-k of a point, k at most 30, so "equal" means equal; an order of people by lot decides
 * between equal answers, and a lot of each direction between equal wishes.
 * Weakness: an odd one stays alone whatever the scores; people on one side of the pool only take no part.
 */
#include "match/graph_matching.h"
#include "match/matching.h"
#include "match/policies.h"
#include "match/roommates.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

typedef struct peers {
    const mlab_policy_request *request;
    uint32_t *as_mentor;    /* [n_mentees] the mentor who is the same person, or NONE */
    uint32_t *as_mentee;    /* [n_mentors] */
    uint8_t *taken;         /* [n_mentees] 1 = in a locked pair */
    mlab_match_turn *order; /* [n_mentees] mentees by lot */
    uint32_t *turn;         /* [n_mentees] */
    size_t *first;          /* [n_mentees + 1] mutual candidates, by turn */
    uint32_t *to;           /* [edges] turns */
    double *mine;           /* [edges] score in this direction */
    double *both;           /* [edges] */
    int64_t *weight;        /* [edges] */
    uint32_t *partner;      /* [n_mentees] by turn */
    double *wish;           /* [edges] sort key within a rank */
    int64_t *rank;          /* [edges] */
} peers;

static uint32_t entity(const uint32_t *entities, size_t i)
{
    return entities ? entities[i] : (uint32_t)i;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The same number on both sides is one person. keys [n_mentors]: working memory. */
static void find_same(peers *p, uint64_t *keys)
{
    const mlab_pool *pool = p->request->pool;
    for (size_t j = 0; j < pool->n_mentors; j++) {
        p->as_mentee[j] = NONE;
        keys[j] = (uint64_t)entity(pool->mentor_entity, j) << 32 | j;
    }
    qsort(keys, pool->n_mentors, sizeof *keys, by_number);
    for (size_t i = 0; i < pool->n_mentees; i++) {
        const uint32_t wanted = entity(pool->mentee_entity, i);
        size_t low = 0, high = pool->n_mentors;
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            if (keys[middle] >> 32 < wanted)
                low = middle + 1;
            else
                high = middle;
        }
        p->as_mentor[i] = low < pool->n_mentors && keys[low] >> 32 == wanted ? (uint32_t)keys[low] : NONE;
        if (p->as_mentor[i] != NONE) p->as_mentee[p->as_mentor[i]] = (uint32_t)i;
    }
}

/* The candidate of the other direction of candidate e of mentee i, SIZE_MAX when the pair is not mutual or one offers no place. */
static size_t other_way(const peers *p, size_t i, size_t e)
{
    const mlab_pool *pool = p->request->pool;
    const uint32_t other = p->as_mentee[pool->mentor[e]], self = p->as_mentor[i];
    if (other == NONE || self == NONE || other == i || p->taken[i] || p->taken[other]) return SIZE_MAX;
    if (!pool->capacity[self] || !pool->capacity[pool->mentor[e]]) return SIZE_MAX;
    return mlab_pool_find(pool, other, (int32_t)self);
}

/* A locked pair is one pair of two people: neither may be locked to a third. */
static mlab_status lock_pairs(peers *p, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = p->request->pool;
    for (size_t i = 0; pool->locked && i < pool->n_mentees; i++) {
        const int32_t m = pool->locked[i];
        if (m == MLAB_UNMATCHED) continue;
        if (m < 0 || (size_t)m >= pool->n_mentors)
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu is locked to mentor %d, allowed below %zu", i, m, pool->n_mentors);
        const uint32_t other = p->as_mentee[m], self = p->as_mentor[i];
        if (result->mentor_of[i] != MLAB_UNMATCHED && result->mentor_of[i] != m)
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %zu stands in two locked pairs; a peer has one partner", i);
        result->mentor_of[i] = m;
        p->taken[i] = 1;
        if (other == NONE || self == NONE) continue;
        if (result->mentor_of[other] != MLAB_UNMATCHED && result->mentor_of[other] != (int32_t)self)
            return mlab_raise(err, MLAB_ERR_MATCH_POOL, "mentee %u stands in two locked pairs; a peer has one partner", other);
        result->mentor_of[other] = (int32_t)self;
        p->taken[other] = 1;
    }
    return MLAB_OK;
}

static size_t count_mutual(peers *p)
{
    const mlab_pool *pool = p->request->pool;
    size_t n = 0;
    for (size_t i = 0; i < pool->n_mentees; i++)
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) n += other_way(p, i, e) != SIZE_MAX;
    return n;
}

/* Lists by turn. People are walked in turn and written into the lists of the others, so lists ascend; a pair's other place is found on the way. */
static void fill_mutual(peers *p)
{
    const mlab_pool *pool = p->request->pool;
    for (size_t i = 0; i < pool->n_mentees; i++)
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++)
            if (other_way(p, i, e) != SIZE_MAX) p->first[p->turn[i] + 1]++;
    for (size_t t = 0; t < pool->n_mentees; t++) p->first[t + 1] += p->first[t];
    for (size_t t = 0; t < pool->n_mentees; t++) {
        const uint32_t i = p->order[t].who;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            const size_t back = other_way(p, i, e);
            if (back == SIZE_MAX) continue;
            const uint32_t other = p->as_mentee[pool->mentor[e]];
            const size_t at = p->first[p->turn[other]]++;
            p->to[at] = (uint32_t)t;
            p->mine[at] = pool->score[back];
            p->both[at] = pool->score[e] + pool->score[back];
            if (!p->rank) continue;
            const int32_t given = pool->mentee_rank ? pool->mentee_rank[back] : 0;
            p->rank[at] = given > 0 ? given : INT64_MAX;
            p->wish[at] = mlab_match_pair_uniform(p->request, other, p->as_mentor[i]);
        }
    }
    for (size_t t = pool->n_mentees; t > 0; t--) p->first[t] = p->first[t - 1];
    p->first[0] = 0;
}

/* --- the highest total ---------------------------------------------------------------------------- */

/* Weights of pairs: of equal totals the most pairs, or pairs before everything. All sums stay below 2^58. */
static void weigh(peers *p, size_t edges)
{
    const double n = (double)p->request->pool->n_mentees + 2;
    double scale = 0x1p30;
    while (scale * 200 * n >= 0x1p56) scale /= 2;
    const bool most_first = p->request->options.participation_first;
    for (size_t e = 0; e < edges; e++) {
        const int64_t score = (int64_t)floor(p->both[e] * scale + 0.5);
        p->weight[e] = most_first ? score + (int64_t)(scale * 100 * n) : score * (int64_t)n + 1;
    }
}

static mlab_status best_total(const mlab_context *context, peers *p, mlab_error *err)
{
    const size_t n = p->request->pool->n_mentees, edges = p->first[n];
    void *block = NULL;
    const mlab_part parts[] = {{&p->weight, edges, sizeof *p->weight}};
    mlab_status status = mlab_allocate_parts(context, parts, 1, &block, err);
    if (status) return status;
    weigh(p, edges);
    const mlab_graph graph = {n, p->first, p->to, p->weight};
    status = mlab_graph_matching(context, &graph, p->partner, NULL, err);
    mlab_release(context, block);
    return status;
}

/* --- stable --------------------------------------------------------------------------------------- */

typedef struct wish {
    int64_t rank;
    double score, lot;
    uint32_t to;
    size_t at; /* place in the list by turn */
} wish;

static int by_wish(const void *a, const void *b)
{
    const wish *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    if (x->lot != y->lot) return x->lot < y->lot ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static size_t find_in_list(const peers *p, uint32_t owner, uint32_t other)
{
    size_t low = p->first[owner], high = p->first[owner + 1];
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (p->to[middle] <= other)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static mlab_status stable(const mlab_context *context, peers *p, mlab_policy_result *result, mlab_error *err)
{
    const size_t n = p->request->pool->n_mentees, edges = p->first[n];
    void *block = NULL;
    wish *wishes;
    uint32_t *to, *reverse, *place; /* place: of a list by turn in the list by wish */
    const mlab_part parts[] = {
        {&wishes, edges, sizeof *wishes}, {&to, edges, sizeof *to}, {&reverse, edges, sizeof *reverse}, {&place, edges, sizeof *place}};
    if (edges >= NONE) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu allowed pairs, at most %u; add a constraint that rules pairs out", edges, NONE);
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;
    for (size_t e = 0; e < edges; e++) wishes[e] = (wish){p->rank[e], p->mine[e], p->wish[e], p->to[e], e};
    for (size_t i = 0; i < n; i++) qsort(wishes + p->first[i], p->first[i + 1] - p->first[i], sizeof *wishes, by_wish);
    for (size_t e = 0; e < edges; e++) {
        to[e] = wishes[e].to;
        place[wishes[e].at] = (uint32_t)e;
    }
    for (uint32_t i = 0; i < n; i++)
        for (size_t e = p->first[i]; e < p->first[i + 1]; e++) reverse[place[e]] = place[find_in_list(p, p->to[e], i)];
    const mlab_roommates lists = {n, p->first, to, reverse};
    bool exists;
    status = mlab_roommates_solve(context, &lists, p->partner, &exists, err);
    if (!status && !exists) {
        result->status = MLAB_POLICY_NONE_EXISTS;
        strcpy(result->why, "however they are paired, two would rather have each other than what they get; peer without stable makes pairs");
    }
    mlab_release(context, block);
    return status;
}

/* --- all ------------------------------------------------------------------------------------------ */

static void read_pairs(const peers *p, mlab_policy_result *result)
{
    const size_t n = p->request->pool->n_mentees;
    for (uint32_t t = 0; t < n; t++) {
        if (p->partner[t] == NONE) continue;
        result->mentor_of[p->order[t].who] = (int32_t)p->as_mentor[p->order[p->partner[t]].who];
        result->objective += p->mine[find_in_list(p, t, p->partner[t])];
    }
    if (!p->request->options.peer_stable) result->bound = result->objective;
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const size_t n = pool->n_mentees;
    const bool is_stable = request->options.peer_stable;
    peers p = {.request = request};
    void *people = NULL, *lists = NULL;
    uint64_t *keys;
    const mlab_part parts[] = {{&p.as_mentor, n, sizeof *p.as_mentor}, {&keys, pool->n_mentors, sizeof *keys},
                               {&p.taken, n, sizeof *p.taken},         {&p.as_mentee, pool->n_mentors, sizeof *p.as_mentee},
                               {&p.order, n, sizeof *p.order},         {&p.turn, n, sizeof *p.turn},
                               {&p.first, n + 1, sizeof *p.first},     {&p.partner, n, sizeof *p.partner}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &people, err);
    if (status) goto out;
    find_same(&p, keys);
    if ((status = lock_pairs(&p, result, err))) goto out;
    mlab_match_order(request, MLAB_MATCH_MENTEE_ORDER, pool->mentee_entity, n, p.order);
    for (size_t t = 0; t < n; t++) p.turn[p.order[t].who] = (uint32_t)t;
    const size_t edges = count_mutual(&p);
    const mlab_part more[] = {{&p.to, edges, sizeof *p.to},
                              {&p.mine, edges, sizeof *p.mine},
                              {&p.both, edges, sizeof *p.both},
                              {&p.wish, is_stable ? edges : 0, sizeof *p.wish},
                              {&p.rank, is_stable ? edges : 0, sizeof *p.rank}};
    if ((status = mlab_allocate_parts(context, more, sizeof more / sizeof *more, &lists, err))) goto out;
    if (!is_stable) p.rank = NULL;
    fill_mutual(&p);
    result->status = MLAB_POLICY_OPTIMAL;
    if ((status = is_stable ? stable(context, &p, result, err) : best_total(context, &p, err))) goto out;
    read_pairs(&p, result);
out:
    mlab_release(context, lists);
    mlab_release(context, people);
    return status;
}

const mlab_policy mlab_policy_peer = {
    .name = "peer",
    .summary = "mutual pairs from one pool with the highest total score, or stable ones",
    .source = "Edmonds 1965, doi:10.6028/jres.069B.013; Irving 1985, doi:10.1016/0196-6774(85)90033-1",
    .keeps = MLAB_KEEPS_OWN_LOCKS,
    .assign = assign,
};

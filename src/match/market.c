/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deferred acceptance on lists, in rounds: all who wait propose, who was turned away waits for the next round (Gale & Shapley 1962,
 * doi:10.2307/2312726; capacities Roth 1985, doi:10.1016/0022-0531(85)90106-1). The result does not depend on the order, so those who wait
 * are taken in an order in which the memory they need can be asked for ahead.
 *
 * Weakness: lists and ranks must be there; a small pool in which only first choices are looked at is cheaper without them.
 */
#include "match/market.h"

#include "core/error.h"
#include "core/memory.h"
#include "match/policies.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__GNUC__)
#define PREFETCH(address_) __builtin_prefetch(address_)
#else
#define PREFETCH(address_) ((void)0)
#endif

enum { AHEAD = 12 }; /* proposals ahead: a list and a slot take about this many proposals to come from memory */

static size_t slot_of(const mlab_market *m, uint32_t r)
{
    return m->first_slot ? m->first_slot[r] : r;
}

static size_t slots_of(const mlab_market *m, uint32_t r)
{
    return m->first_slot ? m->first_slot[r + 1] - m->first_slot[r] : 1;
}

/* The worst one held, or an empty slot, is on top of a heap; gives it up for x. */
static uint64_t replace_worst(uint64_t *heap, size_t n, uint64_t x)
{
    const uint64_t out = heap[0];
    size_t i = 0;
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && heap[child + 1] > heap[child]) child++;
        if (heap[child] <= x) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = x;
    return out;
}

static size_t run_round(const mlab_market *m, uint32_t *next, const uint32_t *waiting, size_t n, uint32_t *then, uint64_t *held)
{
    size_t n_then = 0;
    for (size_t k = 0; k < n; k++) {
        if (k + 2 * AHEAD < n) PREFETCH(&m->choice[m->first[waiting[k + 2 * AHEAD]] + next[waiting[k + 2 * AHEAD]]]);
        if (k + AHEAD < n) {
            const size_t soon = m->first[waiting[k + AHEAD]] + next[waiting[k + AHEAD]];
            if (soon < m->first[waiting[k + AHEAD] + 1]) PREFETCH(&held[slot_of(m, m->choice[soon].to)]);
        }
        const uint32_t p = waiting[k];
        const size_t at = m->first[p] + next[p];
        if (at == m->first[p + 1]) continue;
        next[p]++;
        const mlab_choice choice = m->choice[at];
        const size_t slot = slot_of(m, choice.to), slots = slots_of(m, choice.to);
        const uint64_t x = (uint64_t)choice.rank << 32 | p;
        if (slots == 0 || held[slot] < x) {
            then[n_then++] = p;
            continue;
        }
        const uint64_t out = replace_worst(held + slot, slots, x);
        if (out != MLAB_NO_TAKER) then[n_then++] = (uint32_t)out;
    }
    return n_then;
}

mlab_status mlab_market_clear(const mlab_context *context, const mlab_market *market, uint64_t *held, mlab_error *err)
{
    const size_t n = market->n_proposers, slots = market->first_slot ? market->first_slot[market->n_receivers] : market->n_receivers;
    size_t units = 0;
    for (size_t p = 0; p < n; p++) {
        const size_t list = market->first[p + 1] - market->first[p], wanted = market->units ? (size_t)market->units[p] : 1;
        units += wanted < list ? wanted : list;
    }
    if (units >= UINT32_MAX || n >= UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu places to be filled, at most 4294967294", units);
    void *block;
    uint32_t *next, *waiting, *then;
    const mlab_part parts[] = {{&next, n, sizeof *next}, {&waiting, units, sizeof *waiting}, {&then, units, sizeof *then}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;
    for (size_t s = 0; s < slots; s++) held[s] = MLAB_NO_TAKER;
    size_t n_waiting = 0;
    for (uint32_t p = 0; p < n; p++) {
        const size_t list = market->first[p + 1] - market->first[p], wanted = market->units ? (size_t)market->units[p] : 1;
        for (size_t k = 0; k < wanted && k < list; k++) waiting[n_waiting++] = p;
    }
    while (n_waiting) {
        n_waiting = run_round(market, next, waiting, n_waiting, then, held);
        uint32_t *swap = waiting;
        waiting = then;
        then = swap;
    }
    mlab_release(context, block);
    return MLAB_OK;
}

mlab_status mlab_tell_fewest(const mlab_context *context, const mlab_pool *pool, mlab_policy_result *result, mlab_error *err)
{
    size_t mentors = 0;
    if (!pool->lower) return MLAB_OK;
    int32_t *load = mlab_allocate(context, pool->n_mentors, sizeof *load);
    if (!load) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentors", pool->n_mentors);
    for (size_t i = 0; i < pool->n_mentees; i++)
        if (result->mentor_of[i] != MLAB_UNMATCHED) load[result->mentor_of[i]]++;
    for (size_t j = 0; j < pool->n_mentors; j++) mentors += load[j] < pool->lower[j];
    mlab_release(context, load);
    if (!mentors) return MLAB_OK;
    result->status = MLAB_POLICY_INFEASIBLE;
    snprintf(result->why, sizeof result->why, "%zu %s the fewest mentees asked for, and would not in any stable matching", mentors,
             mentors == 1 ? "mentor does not have" : "mentors do not have");
    return MLAB_OK;
}

/* --- strict preferences -------------------------------------------------------------------------- */

/* A candidate as a side sees it: smaller comes first. */
typedef struct wish {
    uint64_t rank; /* UINT64_MAX = nothing said */
    double score, lot;
    uint32_t at;
} wish;

int mlab_compare_wishes(const int32_t *rank, const double *score, size_t a, size_t b)
{
    if (rank && rank[a] != rank[b]) return !rank[a] ? 1 : !rank[b] ? -1 : rank[a] < rank[b] ? -1 : 1;
    if (rank && rank[a]) return 0;
    return (score[a] < score[b]) - (score[a] > score[b]);
}

static int by_wish(const void *a, const void *b)
{
    const wish *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    if (x->rank == UINT64_MAX && x->score != y->score) return x->score > y->score ? -1 : 1;
    if (x->lot != y->lot) return x->lot < y->lot ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at; /* equal lots are possible: 52 bits, many pairs */
}

static wish wish_of(const mlab_pool *pool, const int32_t *rank, const double *lot, size_t e)
{
    return (wish){rank && rank[e] ? (uint64_t)rank[e] : UINT64_MAX, pool->score[e], lot[e], (uint32_t)e};
}

static void order_mentees(const mlab_pool *pool, const double *lot, mlab_preferences *p, wish *wishes)
{
    for (size_t i = 0; i < pool->n_mentees; i++) {
        const size_t first = pool->first[i], n = pool->first[i + 1] - first;
        for (size_t k = 0; k < n; k++) wishes[k] = wish_of(pool, pool->mentee_rank, lot, first + k);
        qsort(wishes, n, sizeof *wishes, by_wish);
        for (size_t k = 0; k < n; k++) p->mentee_order[first + k] = wishes[k].at;
    }
}

static void order_mentors(const mlab_pool *pool, const double *lot, mlab_preferences *p, wish *wishes)
{
    const size_t n_candidates = pool->first[pool->n_mentees];
    for (size_t e = 0; e < n_candidates; e++) p->mentor_first[pool->mentor[e] + 1]++;
    for (size_t j = 0; j < pool->n_mentors; j++) p->mentor_first[j + 1] += p->mentor_first[j];
    for (size_t e = 0; e < n_candidates; e++) p->mentor_order[p->mentor_first[pool->mentor[e]]++] = (uint32_t)e;
    for (size_t j = pool->n_mentors; j > 0; j--) p->mentor_first[j] = p->mentor_first[j - 1];
    p->mentor_first[0] = 0;
    for (size_t j = 0; j < pool->n_mentors; j++) {
        const size_t first = p->mentor_first[j], n = p->mentor_first[j + 1] - first;
        for (size_t k = 0; k < n; k++) wishes[k] = wish_of(pool, pool->mentor_rank, lot, p->mentor_order[first + k]);
        qsort(wishes, n, sizeof *wishes, by_wish);
        for (size_t k = 0; k < n; k++) {
            p->mentor_order[first + k] = wishes[k].at;
            p->mentor_rank[wishes[k].at] = (uint32_t)k;
        }
    }
}

mlab_status mlab_preferences_make(const mlab_context *context, const mlab_policy_request *request, mlab_preferences *p, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    const size_t n = pool->first[pool->n_mentees];
    const size_t most = pool->n_mentees > pool->n_mentors ? pool->n_mentees : pool->n_mentors;
    *p = (mlab_preferences){0};
    if (n >= UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu allowed pairs, at most 4294967294; add a constraint that rules pairs out", n);
    void *work;
    wish *wishes;
    double *lot;
    const mlab_part scratch[] = {{&wishes, most, sizeof *wishes}, {&lot, n, sizeof *lot}};
    mlab_status status = mlab_allocate_parts(context, scratch, 2, &work, err);
    if (status) return status;
    const mlab_part parts[] = {{&p->mentee_order, n, sizeof *p->mentee_order},
                               {&p->mentor_first, pool->n_mentors + 1, sizeof *p->mentor_first},
                               {&p->mentor_order, n, sizeof *p->mentor_order},
                               {&p->mentor_rank, n, sizeof *p->mentor_rank},
                               {&p->mentee_of, n, sizeof *p->mentee_of}};
    status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &p->block, err);
    if (!status) {
        for (size_t i = 0; i < pool->n_mentees; i++)
            for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
                p->mentee_of[e] = (uint32_t)i;
                lot[e] = mlab_match_pair_uniform(request, i, (size_t)pool->mentor[e]);
            }
        order_mentees(pool, lot, p, wishes);
        order_mentors(pool, lot, p, wishes);
    }
    mlab_release(context, work);
    return status;
}

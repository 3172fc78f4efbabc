/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In turns: each mentee takes the mentor they like best of those with a place left. Turns are by sign-up day or priority where the pool has them
 * (smaller first, equal ones by lot), else all by lot.
 *
 * Random serial dictatorship (Abdulkadiroglu & Sonmez 1998, doi:10.2307/2998580): nobody gains by misstating a preference, and no two mentees
 * would rather swap. Mentees prefer by the ranks given, else by score; equal ones are told apart by a lot of the pair. Hours that differ are
 * kept: a place is left only where the hours suffice.
 * Weakness: who comes late gets what is left, and mentors are not asked.
 */
#include "match/market.h"
#include "match/policies.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct turn {
    int64_t day;
    double lot;
    uint32_t entity, who;
} turn;

static int by_turn(const void *a, const void *b)
{
    const turn *x = a, *y = b;
    if (x->day != y->day) return x->day < y->day ? -1 : 1;
    if (x->lot != y->lot) return x->lot < y->lot ? -1 : 1;
    return x->entity < y->entity ? -1 : x->entity > y->entity;
}

static void order_turns(const mlab_policy_request *request, turn *turns)
{
    const mlab_pool *pool = request->pool;
    for (size_t i = 0; i < pool->n_mentees; i++)
        turns[i] = (turn){.day = pool->mentee_turn ? pool->mentee_turn[i] : 0,
                          .lot = mlab_match_mentee_uniform(request, i, MLAB_MATCH_MENTEE_ORDER),
                          .entity = pool->mentee_entity ? pool->mentee_entity[i] : (uint32_t)i,
                          .who = (uint32_t)i};
    if (pool->n_mentees) qsort(turns, pool->n_mentees, sizeof *turns, by_turn);
}

/* Whether candidate a goes before b for mentee i. */
static bool before(const mlab_policy_request *request, size_t i, size_t a, size_t b)
{
    const mlab_pool *pool = request->pool;
    const int order = mlab_compare_wishes(pool->mentee_rank, pool->score, a, b);
    if (order) return order < 0;
    const double x = mlab_match_pair_uniform(request, i, (size_t)pool->mentor[a]), y = mlab_match_pair_uniform(request, i, (size_t)pool->mentor[b]);
    return x != y ? x < y : a < b;
}

static int32_t choose(const mlab_policy_request *request, size_t i, const int32_t *places, const int32_t *hours, int32_t takes)
{
    const mlab_pool *pool = request->pool;
    size_t best = SIZE_MAX;
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
        const int32_t m = pool->mentor[e];
        if (places[m] <= 0 || (pool->mentor_hours && hours[m] < takes)) continue;
        if (best == SIZE_MAX || before(request, i, e, best)) best = e;
    }
    return best == SIZE_MAX ? MLAB_UNMATCHED : pool->mentor[best];
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    void *block;
    int32_t *places, *hours;
    turn *turns;
    const mlab_part parts[] = {
        {&places, pool->n_mentors, sizeof *places}, {&hours, pool->n_mentors, sizeof *hours}, {&turns, pool->n_mentees, sizeof *turns}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;
    if (pool->n_mentors) memcpy(places, pool->capacity, pool->n_mentors * sizeof *places);
    if (pool->n_mentors && pool->mentor_hours) memcpy(hours, pool->mentor_hours, pool->n_mentors * sizeof *hours);
    order_turns(request, turns);
    for (size_t t = 0; t < pool->n_mentees; t++) {
        const uint32_t i = turns[t].who;
        const int32_t takes = pool->mentee_hours ? pool->mentee_hours[i] : 1, m = choose(request, i, places, hours, takes);
        result->mentor_of[i] = m;
        if (m == MLAB_UNMATCHED) continue;
        places[m]--;
        hours[m] -= takes;
    }
    mlab_release(context, block);
    return MLAB_OK;
}

const mlab_policy mlab_policy_serial_dictatorship = {
    .name = "serial_dictatorship",
    .summary = "in turns, by sign-up day, priority or lot, each mentee takes the best mentor left",
    .source = "Abdulkadiroglu & Sonmez 1998, doi:10.2307/2998580",
    .keeps = MLAB_KEEPS_HOURS,
    .assign = assign,
};

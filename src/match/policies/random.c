/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random matching: in an order by lot, each mentee draws one of the places still free among the mentors allowed.
 *
 * Every free place is equally likely, so a mentor with two free places is drawn twice as often (an urn of places; random serial
 * dictatorship without preferences, Abdulkadiroglu & Sonmez 1998, doi:10.2307/2998580). It is the yardstick for the others.
 * Weakness: it does not look at the score, and with few candidates it can leave more people without a mentor than need be.
 */
#include "match/policies.h"

#include "core/memory.h"

#include <string.h>

static int32_t draw_place(const mlab_policy_request *request, size_t mentee, const int32_t *places, uint64_t free_places)
{
    const mlab_pool *pool = request->pool;
    double u = mlab_match_mentee_uniform(request, mentee, MLAB_MATCH_CHOICE);
    uint64_t ticket = (uint64_t)(u * (double)free_places);
    if (ticket >= free_places) ticket = free_places - 1;
    size_t e = pool->first[mentee];
    for (; ticket >= (uint64_t)places[pool->mentor[e]]; e++) ticket -= (uint64_t)places[pool->mentor[e]];
    return pool->mentor[e];
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    int32_t *mentor_of = result->mentor_of;
    void *block = NULL;
    int32_t *places;
    mlab_match_turn *turns;
    const mlab_part parts[] = {{&places, pool->n_mentors, sizeof *places}, {&turns, pool->n_mentees, sizeof *turns}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;

    if (pool->n_mentors) memcpy(places, pool->capacity, pool->n_mentors * sizeof *places);
    mlab_match_order(request, MLAB_MATCH_MENTEE_ORDER, pool->mentee_entity, pool->n_mentees, turns);
    for (size_t t = 0; t < pool->n_mentees; t++) {
        uint32_t i = turns[t].who;
        uint64_t free_places = 0;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) free_places += (uint64_t)places[pool->mentor[e]];
        mentor_of[i] = free_places ? draw_place(request, i, places, free_places) : MLAB_UNMATCHED;
        if (free_places) places[mentor_of[i]]--;
    }
    mlab_release(context, block);
    return MLAB_OK;
}

const mlab_policy mlab_policy_random = {
    .name = "random",
    .summary = "in an order by lot, each mentee draws one of the places still free",
    .source = "Abdulkadiroglu & Sonmez 1998, doi:10.2307/2998580",
    .assign = assign,
};

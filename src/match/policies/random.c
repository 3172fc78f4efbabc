/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random matching: in an order by lot, each mentee draws one of the places still free among the mentors allowed.
 *
 * Every free place is equally likely, so a mentor with two free places is drawn twice as often (an urn of places; random serial
 * dictatorship without preferences, Abdulkadiroglu & Sonmez 1998, doi:10.2307/2998580). It is the yardstick for the others.
 * Weakness: it does not look at the score, and with few candidates it can leave more people without a mentor than need be.
 */
#include "match/policies.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct urn {
    const mlab_policy_request *request;
    int32_t *places;
    mlab_match_turn *turns, *mentors; /* mentors by their number of chance, so that their order in the pool decides nothing */
    uint32_t *asked;                  /* [n_mentors] 1 + the last mentee who may have them */
    bool in_order;                    /* the pool has them so */
} urn;

static int by_entity(const void *a, const void *b)
{
    const mlab_match_turn *x = a, *y = b;
    return (x->entity > y->entity) - (x->entity < y->entity);
}

static void order_mentors(urn *u)
{
    const mlab_pool *pool = u->request->pool;
    u->in_order = true;
    for (size_t j = 0; j < pool->n_mentors; j++) {
        u->mentors[j] = (mlab_match_turn){.entity = pool->mentor_entity ? pool->mentor_entity[j] : (uint32_t)j, .who = (uint32_t)j};
        u->in_order = u->in_order && (!j || u->mentors[j].entity > u->mentors[j - 1].entity);
    }
    if (!u->in_order) qsort(u->mentors, pool->n_mentors, sizeof *u->mentors, by_entity);
}

static int32_t draw_place(const urn *u, size_t mentee, uint64_t free_places)
{
    const mlab_pool *pool = u->request->pool;
    const double drawn = mlab_match_mentee_uniform(u->request, mentee, MLAB_MATCH_CHOICE);
    uint64_t ticket = (uint64_t)(drawn * (double)free_places);
    if (ticket >= free_places) ticket = free_places - 1;
    if (u->in_order) {
        size_t e = pool->first[mentee];
        for (; ticket >= (uint64_t)u->places[pool->mentor[e]]; e++) ticket -= (uint64_t)u->places[pool->mentor[e]];
        return pool->mentor[e];
    }
    for (size_t e = pool->first[mentee]; e < pool->first[mentee + 1]; e++) u->asked[pool->mentor[e]] = 1 + (uint32_t)mentee;
    for (size_t k = 0;; k++) {
        const uint32_t j = u->mentors[k].who;
        if (u->asked[j] != 1 + (uint32_t)mentee) continue;
        if (ticket < (uint64_t)u->places[j]) return (int32_t)j;
        ticket -= (uint64_t)u->places[j];
    }
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    int32_t *mentor_of = result->mentor_of;
    void *block = NULL;
    urn u = {.request = request};
    const mlab_part parts[] = {{&u.places, pool->n_mentors, sizeof *u.places},
                               {&u.mentors, pool->n_mentors, sizeof *u.mentors},
                               {&u.asked, pool->n_mentors, sizeof *u.asked},
                               {&u.turns, pool->n_mentees, sizeof *u.turns}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &block, err);
    if (status) return status;

    if (pool->n_mentors) memcpy(u.places, pool->capacity, pool->n_mentors * sizeof *u.places);
    mlab_match_order(request, MLAB_MATCH_MENTEE_ORDER, pool->mentee_entity, pool->n_mentees, u.turns);
    order_mentors(&u);
    for (size_t t = 0; t < pool->n_mentees; t++) {
        const uint32_t i = u.turns[t].who;
        uint64_t free_places = 0;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) free_places += (uint64_t)u.places[pool->mentor[e]];
        mentor_of[i] = free_places ? draw_place(&u, i, free_places) : MLAB_UNMATCHED;
        if (free_places) u.places[mentor_of[i]]--;
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

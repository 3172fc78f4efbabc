/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of policies, and what every policy needs: memory in one block, an order by lot. */
#include "match/policies.h"
#include "match/matching.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"

#include <stdlib.h>
#include <string.h>

static const mlab_policy *const policies[] = {
    &mlab_policy_random,
    &mlab_policy_serial_dictatorship,
    &mlab_policy_deferred_acceptance,
    &mlab_policy_stable_best,
    &mlab_policy_optimal,
    &mlab_policy_lottery,
    &mlab_policy_fair,
    &mlab_policy_peer,
    &mlab_policy_network,
    &mlab_policy_self_selection,
    &mlab_policy_hybrid,
    &mlab_policy_group,
};
enum { N_POLICIES = sizeof policies / sizeof *policies };

const mlab_policy *mlab_policy_row(size_t row)
{
    return row < N_POLICIES ? policies[row] : NULL;
}

const mlab_policy *mlab_policy_find(const char *name)
{
    for (size_t i = 0; i < N_POLICIES; i++)
        if (strcmp(policies[i]->name, name) == 0) return policies[i];
    return NULL;
}

static mlab_address address_of(const mlab_policy_request *request, uint32_t entity)
{
    return (mlab_address){.seed = request->seed,
                          .draw = request->draw,
                          .replicate = request->replicate,
                          .entity = entity,
                          .period = request->period,
                          .purpose = MLAB_PURPOSE_MATCH};
}

static uint32_t entity_of(const uint32_t *entities, size_t i)
{
    return entities ? entities[i] : (uint32_t)i;
}

double mlab_match_mentee_uniform(const mlab_policy_request *request, size_t mentee, uint32_t which)
{
    mlab_address address = address_of(request, entity_of(request->pool->mentee_entity, mentee));
    return mlab_random_uniform(&address, which);
}

double mlab_match_pair_draw(const mlab_policy_request *request, size_t mentee, size_t mentor, uint32_t which)
{
    mlab_address address = address_of(request, entity_of(request->pool->mentee_entity, mentee));
    address.pair = entity_of(request->pool->mentor_entity, mentor) + 1;
    return mlab_random_uniform(&address, which);
}

double mlab_match_pair_uniform(const mlab_policy_request *request, size_t mentee, size_t mentor)
{
    return mlab_match_pair_draw(request, mentee, mentor, 0);
}

static int by_key(const void *a, const void *b)
{
    const mlab_match_turn *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->entity < y->entity ? -1 : x->entity > y->entity; /* equal keys are possible: 52 bits, many people */
}

void mlab_match_order(const mlab_policy_request *request, uint32_t which, const uint32_t *entities, size_t n, mlab_match_turn *turns)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t entity = entity_of(entities, i);
        mlab_address address = address_of(request, entity);
        turns[i] = (mlab_match_turn){mlab_random_uniform(&address, which), entity, (uint32_t)i};
    }
    qsort(turns, n, sizeof *turns, by_key);
}

double mlab_match_score(const mlab_pool *pool, size_t mentee, int32_t mentor)
{
    return pool->score[mlab_pool_find(pool, mentee, mentor)];
}

enum { LINE = 64 }; /* arrays begin on a cache line */

mlab_status mlab_allocate_parts(const mlab_context *context, const mlab_part *parts, size_t n, void **block, mlab_error *err)
{
    size_t total = LINE;
    *block = NULL;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].count > (SIZE_MAX / 2 - LINE) / parts[i].size || total > SIZE_MAX / 2)
            return mlab_raise(err, MLAB_ERR_OVERFLOW, "an array of %zu elements of %zu bytes is too large", parts[i].count, parts[i].size);
        total += (parts[i].count * parts[i].size + LINE - 1) / LINE * LINE;
    }
    unsigned char *bytes = mlab_allocate(context, total, 1);
    if (!bytes) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu bytes", total);
    *block = bytes;
    bytes += (LINE - (uintptr_t)bytes % LINE) % LINE;
    for (size_t i = 0; i < n; i++) {
        void *start = bytes;
        memcpy(parts[i].pointer, &start, sizeof start); /* all object pointers look alike on every target */
        bytes += (parts[i].count * parts[i].size + LINE - 1) / LINE * LINE;
    }
    return MLAB_OK;
}

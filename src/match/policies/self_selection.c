/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Informal mentoring: people find each other. The yardstick that a program has to beat.
 *
 * A choice model with stated or fitted weights (choice.c: McFadden 1974; McPherson, Smith-Lovin & Cook 2001,
 * doi:10.1146/annurev.soc.27.1.415): score, being of one group, and the chance of meeting at all.
 * Weakness: what nobody wrote down - charm, history, the coffee corner - is in the Gumbel draws and not in the score.
 */
#include "match/choice.h"

#include "core/memory.h"

#include <string.h>

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    int32_t *places;
    void *block;
    const mlab_part parts[] = {{&places, pool->n_mentors, sizeof *places}};
    mlab_status status = mlab_allocate_parts(context, parts, 1, &block, err);
    if (status) return status;
    if (pool->n_mentors) memcpy(places, pool->capacity, pool->n_mentors * sizeof *places);
    status = mlab_choice_draw(context, request, places, result->mentor_of, err);
    mlab_release(context, block);
    return status;
}

const mlab_policy mlab_policy_self_selection = {
    .name = "self_selection",
    .summary = "informal: mentees choose among the mentors they meet, by score, by likeness and by chance",
    .source = "McPherson, Smith-Lovin & Cook 2001, doi:10.1146/annurev.soc.27.1.415",
    .assign = assign,
};

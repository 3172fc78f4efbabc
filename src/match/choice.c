/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Informal pairing as a choice.
 *
 * Who is met is a coin for each pair (access); of those met with a place left, a mentee takes the one with the highest utility plus a Gumbel
 * draw, which is the conditional logit model (McFadden 1974, in Zarembka, Frontiers in Econometrics, 105-142) with homophily as one of its
 * terms (McPherson, Smith-Lovin & Cook 2001, doi:10.1146/annurev.soc.27.1.415). Draws belong to the pair, so that another mentee or
 * mentor in the pool changes nobody else's taste. Elementary functions of core only: the same bytes on every processor.
 * Weakness: mentors take whoever asks first; nobody waits for a better one.
 */
#include "match/choice.h"

#include "core/elementary.h"
#include "core/memory.h"

bool mlab_choice_same_group(const mlab_pool *pool, size_t mentee, size_t edge)
{
    if (!pool->mentee_group || !pool->mentor_group) return false;
    const int32_t mine = pool->mentee_group[mentee];
    return mine >= 0 && mine == pool->mentor_group[pool->mentor[edge]];
}

double mlab_choice_utility(const mlab_pool *pool, const mlab_policy_options *options, size_t mentee, size_t edge)
{
    return options->choice_score * pool->score[edge] / 10 + (mlab_choice_same_group(pool, mentee, edge) ? options->choice_same_group : 0);
}

static bool meets(const mlab_policy_request *request, size_t mentee, size_t edge)
{
    const mlab_policy_options *o = &request->options;
    double chance = o->choice_meeting > 0 ? o->choice_meeting : 1;
    if (o->choice_meeting_across > 0 && !mlab_choice_same_group(request->pool, mentee, edge)) chance = o->choice_meeting_across;
    return chance >= 1 || mlab_match_pair_draw(request, mentee, (size_t)request->pool->mentor[edge], MLAB_MATCH_MEETING) < chance;
}

/* The candidate chosen; SIZE_MAX = nobody met has a place. Equal sums, which have no chance, go to the lower draw of the pair's lot. */
static size_t choose(const mlab_policy_request *request, size_t mentee, const int32_t *places)
{
    const mlab_pool *pool = request->pool;
    size_t best = SIZE_MAX;
    double most = 0, lot = 0;
    for (size_t e = pool->first[mentee]; e < pool->first[mentee + 1]; e++) {
        const size_t m = (size_t)pool->mentor[e];
        if (places[m] <= 0 || !meets(request, mentee, e)) continue;
        const double taste = -mlab_log(-mlab_log(mlab_match_pair_draw(request, mentee, m, MLAB_MATCH_TASTE)));
        const double worth = mlab_choice_utility(pool, &request->options, mentee, e) + taste, tie = mlab_match_pair_uniform(request, mentee, m);
        if (best != SIZE_MAX && (worth < most || (worth == most && tie > lot))) continue;
        best = e;
        most = worth;
        lot = tie;
    }
    return best;
}

mlab_status mlab_choice_draw(const mlab_context *context, const mlab_policy_request *request, int32_t *places, int32_t *mentor_of, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    mlab_match_turn *turns;
    void *block;
    const mlab_part parts[] = {{&turns, pool->n_mentees, sizeof *turns}};
    mlab_status status = mlab_allocate_parts(context, parts, 1, &block, err);
    if (status) return status;
    mlab_match_order(request, MLAB_MATCH_MENTEE_ORDER, pool->mentee_entity, pool->n_mentees, turns);
    for (size_t t = 0; t < pool->n_mentees; t++) {
        const uint32_t i = turns[t].who;
        const size_t e = choose(request, i, places);
        mentor_of[i] = e == SIZE_MAX ? MLAB_UNMATCHED : pool->mentor[e];
        if (e != SIZE_MAX) places[pool->mentor[e]]--;
    }
    mlab_release(context, block);
    return MLAB_OK;
}

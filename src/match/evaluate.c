/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How good a matching is: totals, loads, ranks on both sides, regret, and blocking pairs (Gale & Shapley 1962, doi:10.2307/2312726).
 *
 * A side's own ranks come first; whom it does not rank comes after, by score. Weakness: for networks blocking pairs are not counted, since what
 * a mentee with several mentors would rather have depends on all of them.
 */
#include "core/error.h"
#include "core/memory.h"
#include "match/matching.h"
#include "match/policies.h"
#include "match/score.h"

#include <math.h>
#include <string.h>

size_t mlab_pool_find(const mlab_pool *pool, size_t mentee, int32_t mentor)
{
    size_t low = pool->first[mentee], n = pool->first[mentee + 1] - low;
    while (n > 0) {
        size_t half = n / 2;
        if (pool->mentor[low + half] < mentor) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return low < pool->first[mentee + 1] && pool->mentor[low] == mentor ? low : SIZE_MAX;
}

/* What a partner is worth to somebody. */
typedef struct standing {
    int32_t rank; /* 0 = not ranked */
    double score; /* -1 = nobody */
} standing;
static const standing nobody = {0, -1};

static bool better(standing a, standing b)
{
    const int32_t x = a.rank ? a.rank : INT32_MAX, y = b.rank ? b.rank : INT32_MAX;
    if (x != y) return x < y;
    return !a.rank && a.score > b.score;
}

static standing standing_at(const mlab_pool *pool, const int32_t *rank, size_t e)
{
    return (standing){rank ? rank[e] : 0, pool->score[e]};
}

/* Every pair by mentor, and what each side thinks of it. */
typedef struct judged {
    size_t *first;    /* [n_mentors + 1] pairs of a mentor */
    size_t *slot;     /* [slots] places in mentor_of */
    standing *mentee; /* [slots] by slot */
    standing *mentor; /* [slots] */
    standing *worst;  /* [n_mentors] the least liked of a full mentor; nobody while there is a place */
    uint64_t *above;  /* [slots] mentees whom the mentor would rather have */
    void *block;
} judged;

static mlab_status judge_make(const mlab_context *context, const mlab_pairs *pairs, judged *j, mlab_error *err)
{
    const size_t slots = pairs->n_mentees * pairs->each;
    const mlab_part parts[] = {{&j->first, pairs->n_mentors + 2, sizeof *j->first},
                               {&j->slot, slots, sizeof *j->slot},
                               {&j->mentee, slots, sizeof *j->mentee},
                               {&j->mentor, slots, sizeof *j->mentor},
                               {&j->worst, pairs->n_mentors, sizeof *j->worst},
                               {&j->above, slots, sizeof *j->above}};
    return mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &j->block, err);
}

static void judge_pairs(const mlab_pool *pool, const mlab_pairs *pairs, judged *j)
{
    const size_t slots = pairs->n_mentees * pairs->each;
    for (size_t s = 0; s < slots; s++) {
        j->mentee[s] = j->mentor[s] = nobody;
        const int32_t mentor = pairs->mentor_of[s];
        if (mentor == MLAB_UNMATCHED) continue;
        const size_t e = mlab_pool_find(pool, s / pairs->each, mentor);
        j->mentee[s] = e == SIZE_MAX ? (standing){0, pairs->score[s]} : standing_at(pool, pool->mentee_rank, e);
        j->mentor[s] = e == SIZE_MAX ? (standing){0, pairs->score[s]} : standing_at(pool, pool->mentor_rank, e);
        j->first[mentor + 2]++;
    }
    for (size_t m = 0; m < pairs->n_mentors; m++) j->first[m + 2] += j->first[m + 1];
    for (size_t s = 0; s < slots; s++)
        if (pairs->mentor_of[s] != MLAB_UNMATCHED) j->slot[j->first[pairs->mentor_of[s] + 1]++] = s;
    for (size_t m = 0; m < pairs->n_mentors; m++) {
        j->worst[m] = nobody;
        if (pairs->load[m] < pool->capacity[m]) continue;
        for (size_t k = j->first[m]; k < j->first[m + 1]; k++)
            if (k == j->first[m] || better(j->worst[m], j->mentor[j->slot[k]])) j->worst[m] = j->mentor[j->slot[k]];
    }
}

static void add_up(const mlab_matching *m, mlab_pairs *pairs)
{
    const size_t slots = pairs->n_mentees * pairs->each;
    double squares = 0;
    for (size_t s = 0; s < slots; s++) {
        const int32_t mentor = pairs->mentor_of[s];
        pairs->score[s] = 0;
        if (mentor == MLAB_UNMATCHED) continue;
        const size_t i = s / pairs->each, e = mlab_pool_find(&m->pool, i, mentor);
        const double mine = pairs->score[s] = e == SIZE_MAX ? mlab_matching_score(m, i, (size_t)mentor) : m->pool.score[e];
        pairs->load[mentor]++;
        pairs->total_score += mine;
        if (!pairs->n_pairs || mine < pairs->lowest_score) pairs->lowest_score = mine;
        pairs->n_pairs++;
    }
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        bool any = false;
        for (size_t k = 0; k < pairs->each; k++) any = any || pairs->mentor_of[i * pairs->each + k] != MLAB_UNMATCHED;
        pairs->n_matched += any;
    }
    if (!pairs->n_pairs) return;
    pairs->mean_score = pairs->total_score / (double)pairs->n_pairs;
    for (size_t s = 0; s < slots; s++)
        if (pairs->mentor_of[s] != MLAB_UNMATCHED) squares += (pairs->score[s] - pairs->mean_score) * (pairs->score[s] - pairs->mean_score);
    pairs->score_sd = pairs->n_pairs > 1 ? sqrt(squares / (double)(pairs->n_pairs - 1)) : 0;
    if (!pairs->mutual) return;
    pairs->n_pairs /= 2;
    pairs->total_score /= 2;
}

static void count_places(const mlab_pool *pool, mlab_pairs *pairs)
{
    for (size_t j = 0; j < pool->n_mentors; j++) {
        pairs->mentors_used += pairs->load[j] > 0;
        pairs->mentors_full += pairs->load[j] > 0 && pairs->load[j] >= pool->capacity[j];
        if ((uint64_t)pairs->load[j] > pairs->most_load) pairs->most_load = (uint64_t)pairs->load[j];
    }
}

/* The mentee who is the same person as a mentor; SIZE_MAX = takes no part as one. */
static size_t as_mentee(const mlab_pool *pool, int32_t mentor)
{
    const uint32_t wanted = pool->mentor_entity[mentor];
    size_t low = 0, n = pool->n_mentees;
    while (n > 0) {
        const size_t half = n / 2;
        if (pool->mentee_entity[low + half] < wanted) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return low < pool->n_mentees && pool->mentee_entity[low] == wanted ? low : SIZE_MAX;
}

/* Two peers who would both rather have each other; each such pair is met from both ends and counts at the first. */
static bool peers_block(const mlab_pool *pool, const judged *j, size_t i, size_t e)
{
    const size_t other = as_mentee(pool, pool->mentor[e]);
    if (other == SIZE_MAX || other < i || !better(standing_at(pool, pool->mentee_rank, e), j->mentee[i])) return false;
    for (size_t back = pool->first[other]; back < pool->first[other + 1]; back++)
        if (as_mentee(pool, pool->mentor[back]) == i) return better(standing_at(pool, pool->mentee_rank, back), j->mentee[other]);
    return false;
}

/* Ranks, regret and blocking pairs over all candidates. */
static void look_at_candidates(const mlab_pool *pool, mlab_pairs *pairs, judged *j)
{
    uint64_t ranks = 0, mentor_ranks = 0, with_candidates = 0;
    double regret = 0;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        double best = -1, got = 0;
        for (size_t k = 0; k < pairs->each; k++)
            if (pairs->score[i * pairs->each + k] > got) got = pairs->score[i * pairs->each + k];
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            const int32_t m = pool->mentor[e];
            const standing mine = standing_at(pool, pool->mentee_rank, e), theirs = standing_at(pool, pool->mentor_rank, e);
            if (pool->score[e] > best) best = pool->score[e];
            for (size_t k = 0; k < pairs->each; k++)
                ranks += j->mentee[i * pairs->each + k].score >= 0 && better(mine, j->mentee[i * pairs->each + k]);
            for (size_t k = j->first[m]; k < j->first[m + 1]; k++) mentor_ranks += better(theirs, j->mentor[j->slot[k]]);
            if (pairs->each > 1 || pool->capacity[m] <= 0) continue;
            if (pairs->mutual)
                pairs->blocking_pairs += peers_block(pool, j, i, e);
            else
                pairs->blocking_pairs += better(mine, j->mentee[i]) && better(theirs, j->worst[m]);
        }
        with_candidates += best >= 0;
        if (best >= 0) regret += best - got;
    }
    const double n = (double)(pairs->mutual ? 2 * pairs->n_pairs : pairs->n_pairs);
    if (n > 0) pairs->mean_rank = 1 + (double)ranks / n;
    if (n > 0) pairs->mentor_mean_rank = 1 + (double)mentor_ranks / n;
    if (with_candidates) pairs->mean_regret = regret / (double)with_candidates;
}

/* What candidates that were left out could add to the highest total, at most. Prices v >= 0 of mentors give the bound sum(capacity v) +
 * sum(max(0, best of a mentee less its price)) on any matching (weak duality; Ahuja, Magnanti & Orlin 1993, ch. 9). A candidate that was left out
 * scores at most cut and costs at least nothing. The prices come from the pairs by lengthening paths over exchanges, and need not be exact. */
static mlab_status bound_cut(const mlab_matching *m, mlab_pairs *pairs, mlab_error *err)
{
    const mlab_pool *pool = &m->pool;
    if (!m->work.cut_mentees || pairs->each > 1 || pairs->mutual) return MLAB_OK;
    double *price = mlab_allocate(m->context, pool->n_mentors, sizeof *price);
    if (!price) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for prices");
    bool moved = true;
    for (int pass = 0; moved && pass < 60; pass++) {
        moved = false;
        for (size_t i = 0; i < pool->n_mentees; i++) {
            const int32_t mine = pairs->mentor_of[i];
            const double left = mine == MLAB_UNMATCHED ? 0 : pairs->score[i] - price[mine];
            for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
                const int32_t j = pool->mentor[e];
                if (j == mine || pairs->load[j] < pool->capacity[j] || !(pool->score[e] - left > price[j] + 1e-9)) continue;
                price[j] = pool->score[e] - left;
                moved = true;
            }
        }
    }
    double bound = 0, cheapest = INFINITY;
    for (size_t j = 0; j < pool->n_mentors; j++) {
        bound += price[j] * pool->capacity[j];
        if (price[j] < cheapest) cheapest = price[j];
    }
    for (size_t i = 0; i < pool->n_mentees; i++) {
        double best = m->work.cut[i] > cheapest ? m->work.cut[i] - cheapest : 0;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++)
            if (pool->score[e] - price[pool->mentor[e]] > best) best = pool->score[e] - price[pool->mentor[e]];
        bound += best;
    }
    mlab_release(m->context, price);
    pairs->most_left_out = bound > pairs->total_score ? bound - pairs->total_score : 0;
    return MLAB_OK;
}

mlab_status mlab_pairs_evaluate(const mlab_matching *m, mlab_pairs *pairs, mlab_error *err)
{
    judged j = {0};
    const mlab_pool *pool = &m->pool;
    mlab_status status = judge_make(m->context, pairs, &j, err);
    if (status) return status;
    for (size_t k = 0; k < pool->n_mentors; k++) {
        pairs->capacity[k] = pool->capacity[k];
        pairs->load[k] = 0;
        pairs->places += (uint64_t)pool->capacity[k];
    }
    add_up(m, pairs);
    count_places(pool, pairs);
    judge_pairs(pool, pairs, &j);
    look_at_candidates(pool, pairs, &j);
    mlab_release(m->context, j.block);
    if (strcmp(pairs->policy, "optimal") != 0) return MLAB_OK;
    if (pairs->status == MLAB_POLICY_OPTIMAL || pairs->status == MLAB_POLICY_DONE) pairs->optimum = pairs->total_score;
    return bound_cut(m, pairs, err);
}

void mlab_pairs_compare(mlab_pairs **pairs, size_t n)
{
    double optimum = NAN;
    for (size_t k = 0; k < n; k++)
        if (!isnan(pairs[k]->optimum)) optimum = pairs[k]->optimum;
    for (size_t k = 0; k < n; k++)
        if (!pairs[k]->mutual && pairs[k]->each == 1) pairs[k]->optimum = optimum;
}

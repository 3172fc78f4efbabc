/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How good a matching is: totals, loads, blocking pairs (Gale & Shapley 1962, doi:10.2307/2312726) and mean rank, all by score. */
#include "core/error.h"
#include "core/memory.h"
#include "match/match.h"

static double score_of(const mlab_pool *pool, size_t mentee, int32_t mentor)
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
    return pool->score[low];
}

static void add_up(const mlab_pool *pool, mlab_pairs *pairs)
{
    uint64_t ranks = 0;
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        int32_t mentor = pairs->mentor_of[i];
        pairs->score[i] = 0;
        if (mentor == MLAB_UNMATCHED) continue;
        double mine = pairs->score[i] = score_of(pool, i, mentor);
        pairs->load[mentor]++;
        pairs->total_score += mine;
        if (!pairs->n_pairs || mine < pairs->lowest_score) pairs->lowest_score = mine;
        pairs->n_pairs++;
        ranks++;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) ranks += pool->score[e] > mine;
    }
    if (!pairs->n_pairs) return;
    pairs->mean_score = pairs->total_score / (double)pairs->n_pairs;
    pairs->mean_rank = (double)ranks / (double)pairs->n_pairs;
}

/* Pairs who would both rather have each other: the mentee scores higher there, and the mentor has a free place or someone lower. */
static uint64_t count_blocking(const mlab_pool *pool, const mlab_pairs *pairs, double *lowest)
{
    uint64_t blocking = 0;
    for (size_t j = 0; j < pool->n_mentors; j++) lowest[j] = pairs->load[j] < pool->capacity[j] ? -1 : 101;
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        int32_t mentor = pairs->mentor_of[i];
        if (mentor != MLAB_UNMATCHED && pairs->score[i] < lowest[mentor]) lowest[mentor] = pairs->score[i];
    }
    for (size_t i = 0; i < pairs->n_mentees; i++) {
        double mine = pairs->mentor_of[i] == MLAB_UNMATCHED ? -1 : pairs->score[i];
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            const int32_t j = pool->mentor[e];
            blocking += pool->capacity[j] > 0 && pool->score[e] > mine && pool->score[e] > lowest[j];
        }
    }
    return blocking;
}

mlab_status mlab_pairs_evaluate(const mlab_context *context, const mlab_pool *pool, mlab_pairs *pairs, mlab_error *err)
{
    double *lowest = mlab_allocate(context, pool->n_mentors, sizeof *lowest);
    if (!lowest) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu mentors", pool->n_mentors);
    pairs->places = pairs->n_pairs = 0;
    pairs->total_score = pairs->mean_score = pairs->lowest_score = pairs->mean_rank = 0;
    for (size_t j = 0; j < pool->n_mentors; j++) {
        pairs->capacity[j] = pool->capacity[j];
        pairs->load[j] = 0;
        pairs->places += (uint64_t)pool->capacity[j];
    }
    add_up(pool, pairs);
    pairs->blocking_pairs = count_blocking(pool, pairs, lowest);
    mlab_release(context, lowest);
    return MLAB_OK;
}

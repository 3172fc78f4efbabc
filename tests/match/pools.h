/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pools for tests: by hand, and from a hash that scripts/reference/assignment.py knows too. */
#ifndef MLAB_TESTS_POOLS_H
#define MLAB_TESTS_POOLS_H

#include "mentorlab/match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct test_pool {
    mlab_pool pool;
    size_t *first;
    int32_t *mentor, *capacity;
    double *score;
} test_pool;

static inline double test_hash(uint64_t seed, uint64_t k)
{
    uint64_t z = (k + (seed << 40)) * UINT64_C(0x9E3779B97F4A7C15);
    z ^= z >> 30;
    z *= UINT64_C(0xBF58476D1CE4E5B9);
    z ^= z >> 27;
    z *= UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

/* See the script for the meaning; salt shifts the seeds, 0 = those of the script. */
static inline test_pool test_pool_hashed(size_t n, size_t m, int most, int levels, double density, uint64_t salt)
{
    test_pool t = {.first = calloc(n + 1, sizeof *t.first),
                   .mentor = calloc(n * m + 1, sizeof *t.mentor),
                   .capacity = calloc(m + 1, sizeof *t.capacity),
                   .score = calloc(n * m + 1, sizeof *t.score)};
    size_t e = 0;
    for (size_t j = 0; j < m; j++) t.capacity[j] = (int32_t)floor(test_hash(10 * salt + 2, j) * (most + 1));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            if (test_hash(10 * salt + 3, i * m + j) >= density) continue;
            double s = test_hash(10 * salt + 1, i * m + j);
            t.mentor[e] = (int32_t)j;
            t.score[e++] = 100 * (levels ? floor(levels * s) / levels : s);
        }
        t.first[i + 1] = e;
    }
    t.pool = (mlab_pool){.n_mentees = n, .n_mentors = m, .capacity = t.capacity, .first = t.first, .mentor = t.mentor, .score = t.score};
    return t;
}

static inline void test_pool_free(test_pool *t)
{
    free(t->first);
    free(t->mentor);
    free(t->capacity);
    free(t->score);
}

/* The score of a pair, -1 when it is not allowed. */
static inline double test_score(const mlab_pool *pool, size_t i, int32_t mentor)
{
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++)
        if (pool->mentor[e] == mentor) return pool->score[e];
    return -1;
}

static inline double test_total(const mlab_pool *pool, const int32_t *mentor_of, size_t *pairs)
{
    double total = 0;
    *pairs = 0;
    for (size_t i = 0; i < pool->n_mentees; i++)
        if (mentor_of[i] != MLAB_UNMATCHED) {
            total += test_score(pool, i, mentor_of[i]);
            ++*pairs;
        }
    return total;
}

/* One policy with default options. */
static inline mlab_status test_assign(const mlab_context *context, const char *policy, const mlab_pool *pool, uint64_t seed, uint32_t replicate,
                                      int32_t *mentor_of, mlab_error *err)
{
    const mlab_policy_request request = {.pool = pool, .seed = seed, .replicate = replicate};
    mlab_policy_result result = {.mentor_of = mentor_of};
    return mlab_policy_assign(context, mlab_policy_find(policy), &request, &result, err);
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judges of matchings that know nothing of how they were made: certificates, searches for a counterexample, and trying everything. */
#ifndef MLAB_TESTS_CHECKERS_H
#define MLAB_TESTS_CHECKERS_H

#include "match/assignment.h"
#include "pools.h"
#include "support/support.h"

/* Weak duality: prices and values that no pair exceeds bound every assignment from above; where pairs made are equal to theirs and what is left over
 * is worth 0, the bound is reached. */
static inline void check_certificate(const mlab_arcs *arcs, const int32_t *room, const uint32_t *mate, const double *value, const double *price)
{
    int32_t *load = calloc(arcs->n_columns + 1, sizeof *load);
    for (size_t i = 0; i < arcs->n_rows; i++) {
        bool found = mate[i] == MLAB_NOBODY;
        ck_assert(value[i] >= 0);
        if (found) ck_assert(value[i] == 0);
        for (size_t e = arcs->first[i]; e < arcs->first[i + 1]; e++) {
            const uint32_t c = arcs->column[e];
            ck_assert_msg(value[i] + price[c] >= arcs->worth[e], "row %zu would rather have column %u", i, c);
            if (mate[i] != c) continue;
            found = true;
            load[c]++;
            ck_assert(value[i] + price[c] == arcs->worth[e]);
        }
        ck_assert_msg(found, "row %zu has a column that is not on its list", i);
    }
    for (size_t c = 0; c < arcs->n_columns; c++) {
        ck_assert_int_le(load[c], room[c]);
        ck_assert(price[c] >= 0);
        if (load[c] < room[c]) ck_assert_msg(price[c] == 0, "column %zu has room and a price", c);
    }
    free(load);
}

/* Nobody is matched to somebody who is not allowed, no mentor has more than the places. */
static inline void check_feasible(const mlab_pool *pool, const int32_t *mentor_of)
{
    int32_t *load = calloc(pool->n_mentors + 1, sizeof *load);
    for (size_t i = 0; i < pool->n_mentees; i++) {
        if (mentor_of[i] == MLAB_UNMATCHED) continue;
        ck_assert_int_ge(mentor_of[i], 0);
        ck_assert_uint_lt((size_t)mentor_of[i], pool->n_mentors);
        ck_assert_msg(test_score(pool, i, mentor_of[i]) >= 0, "mentee %zu has a mentor who is not allowed", i);
        load[mentor_of[i]]++;
    }
    for (size_t j = 0; j < pool->n_mentors; j++) ck_assert_msg(load[j] <= pool->capacity[j], "mentor %zu has more than the places", j);
    free(load);
}

/* Is a wanted strictly more than b by the mentee (a, b candidates of one mentee)? By ranks where there are, then by score. */
static inline int test_compare(const int32_t *rank, const double *score, size_t a, size_t b)
{
    if (rank) {
        const int64_t x = rank[a] ? rank[a] : INT64_MAX, y = rank[b] ? rank[b] : INT64_MAX;
        if (x != y) return x < y ? 1 : -1;
        if (rank[a]) return 0;
    }
    return (score[a] > score[b]) - (score[a] < score[b]);
}

static inline size_t test_candidate(const mlab_pool *pool, size_t i, int32_t mentor)
{
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++)
        if (pool->mentor[e] == mentor) return e;
    return SIZE_MAX;
}

/* Pairs who would both strictly rather have each other than what they have (a free place is worse than anybody allowed). */
static inline size_t count_blocking_pairs(const mlab_pool *pool, const int32_t *mentor_of)
{
    size_t blocking = 0;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        const size_t mine = mentor_of[i] == MLAB_UNMATCHED ? SIZE_MAX : test_candidate(pool, i, mentor_of[i]);
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            if (mine != SIZE_MAX && test_compare(pool->mentee_rank, pool->score, e, mine) <= 0) continue;
            int32_t load = 0;
            bool wants = false;
            for (size_t k = 0; k < pool->n_mentees; k++) {
                if (mentor_of[k] != pool->mentor[e]) continue;
                load++;
                const size_t held = test_candidate(pool, k, mentor_of[k]);
                wants = wants || test_compare(pool->mentor_rank, pool->score, e, held) > 0;
            }
            blocking += wants || load < pool->capacity[pool->mentor[e]];
        }
    }
    return blocking;
}

/* Every matching of a small pool, one after the other. */
typedef void (*test_visit)(void *user, const mlab_pool *pool, const int32_t *mentor_of);
static inline void test_all_matchings_from(const mlab_pool *pool, size_t i, int32_t *places, int32_t *mentor_of, test_visit visit, void *user)
{
    if (i == pool->n_mentees) {
        visit(user, pool, mentor_of);
        return;
    }
    mentor_of[i] = MLAB_UNMATCHED;
    test_all_matchings_from(pool, i + 1, places, mentor_of, visit, user);
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
        if (!places[pool->mentor[e]]) continue;
        places[pool->mentor[e]]--;
        mentor_of[i] = pool->mentor[e];
        test_all_matchings_from(pool, i + 1, places, mentor_of, visit, user);
        places[pool->mentor[e]]++;
    }
}
static inline void test_all_matchings(const mlab_pool *pool, test_visit visit, void *user)
{
    int32_t places[16], mentor_of[16];
    if (pool->n_mentors) memcpy(places, pool->capacity, pool->n_mentors * sizeof *places);
    test_all_matchings_from(pool, 0, places, mentor_of, visit, user);
}

#endif

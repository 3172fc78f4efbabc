/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peers: pairs from one pool, of the highest total and stable ones, against trying everything. */
#include "match/roommates.h"
#include "pools.h"
#include "support/support.h"

#include <stdio.h>

static const mlab_context *plain(void)
{
    static mlab_context context;
    context = mlab_test_context(NULL, 1);
    return &context;
}

static mlab_policy_result peer(const mlab_pool *pool, bool stable, bool most, uint64_t seed, int32_t *got)
{
    const mlab_policy_request request = {.pool = pool, .seed = seed, .options = {.peer_stable = stable, .participation_first = most}};
    mlab_policy_result result = {.mentor_of = got};
    mlab_error err = {0};
    ck_assert_msg(mlab_policy_assign(plain(), mlab_policy_find("peer"), &request, &result, &err) == MLAB_OK, "%s", err.sentence);
    return result;
}

static bool mutual(const mlab_pool *pool, size_t i, size_t j)
{
    return i != j && pool->capacity[i] && pool->capacity[j] && test_score(pool, i, (int32_t)j) >= 0 && test_score(pool, j, (int32_t)i) >= 0;
}

static double both(const mlab_pool *pool, size_t i, size_t j)
{
    return test_score(pool, i, (int32_t)j) + test_score(pool, j, (int32_t)i);
}

typedef struct best {
    double total;
    unsigned pairs;
} best;

static bool better(best a, best b, bool most)
{
    if (most && a.pairs != b.pairs) return a.pairs > b.pairs;
    if (fabs(a.total - b.total) > 1e-6) return a.total > b.total;
    return a.pairs > b.pairs;
}

static best try_everything(const mlab_pool *pool, unsigned left, bool most)
{
    if (!left) return (best){0, 0};
    size_t i = 0;
    while (!(left >> i & 1)) i++;
    left &= ~(1U << i);
    best found = try_everything(pool, left, most);
    for (size_t j = i + 1; j < pool->n_mentees; j++) {
        if (!(left >> j & 1) || !mutual(pool, i, j)) continue;
        best with = try_everything(pool, left & ~(1U << j), most);
        with.total += both(pool, i, j);
        with.pairs++;
        if (better(with, found, most)) found = with;
    }
    return found;
}

START_TEST(pairs_have_the_highest_total_or_are_the_most_as_asked)
{
    for (uint64_t salt = 0; salt < 1500; salt++) {
        const size_t n = 1 + salt % 9;
        const bool most = salt / 9 % 2;
        test_pool t = test_pool_hashed(n, n, salt % 5 ? 3 : 1, salt % 3 ? 0 : 4, salt % 4 ? 0.6 : 1, salt);
        int32_t got[9];
        const mlab_policy_result result = peer(&t.pool, false, most, salt, got);
        best found = {0, 0};
        for (size_t i = 0; i < n; i++) {
            if (got[i] == MLAB_UNMATCHED) continue;
            ck_assert(mutual(&t.pool, i, (size_t)got[i]));
            ck_assert_int_eq(got[got[i]], (int)i);
            found.total += test_score(&t.pool, i, got[i]);
            found.pairs += (size_t)got[i] > i;
        }
        const best expected = try_everything(&t.pool, (1U << n) - 1, most);
        ck_near(found.total, expected.total, 1e-9, 1e-6);
        ck_assert_uint_eq(found.pairs, expected.pairs);
        ck_near(result.objective, found.total, 1e-12, 1e-9);
        ck_assert_int_eq(result.status, MLAB_POLICY_OPTIMAL);
        test_pool_free(&t);
    }
}
END_TEST

/* i would rather have j than what it has; scores all differ. */
static bool rather(const mlab_pool *pool, const int32_t *got, size_t i, size_t j)
{
    return got[i] == MLAB_UNMATCHED || test_score(pool, i, (int32_t)j) > test_score(pool, i, got[i]);
}

static bool is_stable(const mlab_pool *pool, const int32_t *got)
{
    for (size_t i = 0; i < pool->n_mentees; i++)
        for (size_t j = i + 1; j < pool->n_mentees; j++)
            if (mutual(pool, i, j) && got[i] != (int32_t)j && rather(pool, got, i, j) && rather(pool, got, j, i)) return false;
    return true;
}

static bool some_is_stable(const mlab_pool *pool, unsigned left, int32_t *got)
{
    if (!left) return is_stable(pool, got);
    size_t i = 0;
    while (!(left >> i & 1)) i++;
    left &= ~(1U << i);
    got[i] = MLAB_UNMATCHED;
    if (some_is_stable(pool, left, got)) return true;
    for (size_t j = i + 1; j < pool->n_mentees; j++) {
        if (!(left >> j & 1) || !mutual(pool, i, j)) continue;
        got[i] = (int32_t)j;
        got[j] = (int32_t)i;
        if (some_is_stable(pool, left & ~(1U << j), got)) return true;
    }
    return false;
}

START_TEST(stable_pairs_are_found_exactly_when_there_are_any)
{
    unsigned none = 0;
    for (uint64_t salt = 0; salt < 3000; salt++) {
        const size_t n = 2 + salt % 7;
        test_pool t = test_pool_hashed(n, n, 9, 0, salt % 3 ? 1 : 0.7, 7000 + salt);
        for (size_t j = 0; j < n; j++) t.capacity[j] = 1;
        int32_t got[8], tried[8];
        const mlab_policy_result result = peer(&t.pool, true, false, salt, got);
        if (some_is_stable(&t.pool, (1U << n) - 1, tried)) {
            ck_assert_int_eq(result.status, MLAB_POLICY_OPTIMAL);
            ck_assert(is_stable(&t.pool, got));
            for (size_t i = 0; i < n; i++) ck_assert(got[i] == MLAB_UNMATCHED || got[got[i]] == (int)i);
        } else {
            none++;
            ck_assert_int_eq(result.status, MLAB_POLICY_NONE_EXISTS);
            ck_assert_ptr_nonnull(strstr(result.why, "rather have each other"));
            for (size_t i = 0; i < n; i++) ck_assert_int_eq(got[i], MLAB_UNMATCHED);
        }
        test_pool_free(&t);
    }
    ck_assert_uint_gt(none, 50);
}
END_TEST

START_TEST(a_large_stable_matching_has_no_pair_that_would_rather_swap)
{
    enum { N = 150 };
    unsigned found = 0;
    for (uint64_t salt = 0; salt < 12; salt++) {
        test_pool t = test_pool_hashed(N, N, 9, 0, salt % 2 ? 1 : 0.1, 900 + salt);
        for (size_t j = 0; j < N; j++) t.capacity[j] = 1;
        int32_t got[N];
        if (peer(&t.pool, true, false, salt, got).status == MLAB_POLICY_OPTIMAL) {
            found++;
            ck_assert(is_stable(&t.pool, got));
        }
        test_pool_free(&t);
    }
    ck_assert_uint_gt(found, 0);
}
END_TEST

/* Three people, each mutual with each:      0 wants 1, then 2
 * ranks against the scores                  1 wants 2, then 0
 *                                           2 wants 0, then 1: nobody can be left alone */
static const int32_t one_place[] = {1, 1, 1};
static const size_t first_of[] = {0, 2, 4, 6};
static const int32_t mentor_at[] = {1, 2, 0, 2, 0, 1};
static const double equal_score[] = {50, 50, 50, 50, 50, 50};
static const int32_t ring[] = {1, 2, 2, 1, 1, 2};
static const mlab_pool three = {
    .n_mentees = 3, .n_mentors = 3, .capacity = one_place, .first = first_of, .mentor = mentor_at, .score = equal_score, .mentee_rank = ring};

START_TEST(three_who_want_each_other_in_a_ring_have_no_stable_pairs_but_a_best_pair)
{
    int32_t got[3];
    ck_assert_int_eq(peer(&three, true, false, 1, got).status, MLAB_POLICY_NONE_EXISTS);
    unsigned alone[3] = {0, 0, 0};
    for (uint64_t seed = 0; seed < 300; seed++) {
        ck_assert_int_eq(peer(&three, false, false, seed, got).status, MLAB_POLICY_OPTIMAL);
        for (int i = 0; i < 3; i++) alone[i] += got[i] == MLAB_UNMATCHED;
    }
    for (int i = 0; i < 3; i++) ck_assert(alone[i] > 60 && alone[i] < 140); /* 100 +- 8.2: outside with chance 2e-6 each */
}
END_TEST

START_TEST(equal_wishes_are_told_apart_by_lot_and_the_same_lot_gives_the_same_pairs)
{
    mlab_pool pool = three;
    pool.mentee_rank = NULL;
    int32_t got[3], again[3];
    unsigned exists = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        exists += peer(&pool, true, false, seed, got).status == MLAB_POLICY_OPTIMAL;
        peer(&pool, true, false, seed, again);
        ck_assert_mem_eq(got, again, sizeof got);
    }
    ck_assert(exists > 250 && exists < 350); /* 2 of 8 orders are rings: 300 +- 8.7 */
}
END_TEST

START_TEST(a_locked_pair_is_one_pair_of_two_and_two_locks_of_one_person_are_refused)
{
    mlab_pool pool = three;
    const int32_t locked[] = {MLAB_UNMATCHED, MLAB_UNMATCHED, 1}, twice[] = {1, MLAB_UNMATCHED, 1};
    int32_t got[3];
    pool.locked = locked;
    peer(&pool, false, false, 1, got);
    ck_assert_int_eq(got[0], MLAB_UNMATCHED);
    ck_assert_int_eq(got[1], 2);
    ck_assert_int_eq(got[2], 1);
    pool.locked = twice;
    const mlab_policy_request request = {.pool = &pool};
    mlab_policy_result result = {.mentor_of = got};
    mlab_error err = {0};
    ck_assert_int_eq(mlab_policy_assign(plain(), mlab_policy_find("peer"), &request, &result, &err), MLAB_ERR_MATCH_POOL);
    ck_assert_str_eq(err.sentence, "mentee 1 stands in two locked pairs; a peer has one partner");
}
END_TEST

START_TEST(people_of_one_side_only_take_no_part_and_the_order_of_people_decides_nothing)
{
    enum { N = 14, M = 12 };
    uint32_t mentee_entity[N], mentor_entity[M], entity_back[N], mentor_back[M];
    for (uint64_t salt = 0; salt < 100; salt++) {
        test_pool t = test_pool_hashed(N, M, 3, salt % 2 ? 4 : 0, 0.7, 300 + salt), u = test_pool_hashed(N, M, 3, 0, 0.7, 300 + salt);
        for (uint32_t i = 0; i < N; i++) mentee_entity[i] = 3 * i + 1; /* mentee 4 k + 1 and mentor 3 k + 1 are one person */
        for (uint32_t j = 0; j < M; j++) mentor_entity[j] = 4 * j + 1;
        size_t e = 0;
        for (size_t i = 0; i < N; i++) { /* u is t from the end */
            for (size_t j = 0; j < M; j++) {
                const double s = test_score(&t.pool, N - 1 - i, (int32_t)(M - 1 - j));
                if (s < 0) continue;
                u.mentor[e] = (int32_t)j;
                u.score[e++] = s;
            }
            u.first[i + 1] = e;
            entity_back[i] = mentee_entity[N - 1 - i];
        }
        for (size_t j = 0; j < M; j++) {
            u.capacity[j] = t.capacity[M - 1 - j];
            mentor_back[j] = mentor_entity[M - 1 - j];
        }
        t.pool.mentee_entity = mentee_entity;
        t.pool.mentor_entity = mentor_entity;
        u.pool.mentee_entity = entity_back;
        u.pool.mentor_entity = mentor_back;
        for (int stable = 0; stable < 2; stable++) {
            int32_t got[N], back[N];
            peer(&t.pool, stable, false, salt, got);
            peer(&u.pool, stable, false, salt, back);
            for (size_t i = 0; i < N; i++) {
                const int32_t b = back[N - 1 - i];
                ck_assert_int_eq(got[i], b == MLAB_UNMATCHED ? MLAB_UNMATCHED : M - 1 - b);
                if (mentee_entity[i] % 4 != 1) ck_assert_int_eq(got[i], MLAB_UNMATCHED);
            }
        }
        test_pool_free(&t);
        test_pool_free(&u);
    }
}
END_TEST

START_TEST(every_failed_allocation_is_told)
{
    test_pool t = test_pool_hashed(12, 12, 3, 0, 1, 5);
    for (int stable = 0; stable < 2; stable++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            const mlab_context context = mlab_test_context(&memory, 1);
            int32_t got[12];
            const mlab_policy_request request = {.pool = &t.pool, .options = {.peer_stable = stable}};
            mlab_policy_result result = {.mentor_of = got};
            const mlab_status status = mlab_policy_assign(&context, mlab_policy_find("peer"), &request, &result, NULL);
            ck_assert_int_eq(memory.live, 0);
            if (status == MLAB_OK) {
                ck_assert_int_gt(k, 2);
                break;
            }
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
    test_pool_free(&t);
}
END_TEST

MLAB_TEST_MAIN("peer", pairs_have_the_highest_total_or_are_the_most_as_asked, stable_pairs_are_found_exactly_when_there_are_any,
               a_large_stable_matching_has_no_pair_that_would_rather_swap, three_who_want_each_other_in_a_ring_have_no_stable_pairs_but_a_best_pair,
               equal_wishes_are_told_apart_by_lot_and_the_same_lot_gives_the_same_pairs,
               a_locked_pair_is_one_pair_of_two_and_two_locks_of_one_person_are_refused,
               people_of_one_side_only_take_no_part_and_the_order_of_people_decides_nothing, every_failed_allocation_is_told)

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pools.h"
#include "support/support.h"

#include <stdio.h>

static mlab_context context;
static const char *const all[] = {"random", "deferred_acceptance", "optimal"};
enum { N_ALL = sizeof all / sizeof *all };

static void assign(const char *policy, const mlab_pool *pool, uint64_t seed, uint32_t replicate, int32_t *got)
{
    context = mlab_test_context(NULL, 1);
    mlab_error err = {0};
    ck_assert_msg(test_assign(&context, policy, pool, seed, replicate, got, &err) == MLAB_OK, "%s", err.sentence);
}

/*      mentor   0   1   2
 * places        1   1   2
 * mentee 0     90  50   -
 * mentee 1     90   -  10
 * mentee 2      -  70  60
 */
static const int32_t places_of[] = {1, 1, 2};
static const size_t first_of[] = {0, 2, 4, 6};
static const int32_t mentor_at[] = {0, 1, 0, 2, 1, 2};
static const double score_at[] = {90, 50, 90, 10, 70, 60};
static const mlab_pool small = {.n_mentees = 3, .n_mentors = 3, .capacity = places_of, .first = first_of, .mentor = mentor_at, .score = score_at};

START_TEST(the_best_total_of_three_mentees_is_the_one_found_by_hand)
{
    /* 50 + 90 + 60 = 200; the favourites of the first two clash, 90 + 10 + 70 = 170 */
    int32_t got[3];
    assign("optimal", &small, 1, 0, got);
    ck_assert_int_eq(got[0], 1);
    ck_assert_int_eq(got[1], 0);
    ck_assert_int_eq(got[2], 2);
}
END_TEST

START_TEST(deferred_acceptance_keeps_the_pair_that_both_sides_want)
{
    /* Mentees 0 and 1 both want mentor 0 and are equal there: the lot decides. Mentee 2 wants mentor 1 and beats mentee 0 there,
     * so mentee 0 stays unmatched when the lot goes to mentee 1. */
    int32_t got[3];
    unsigned zero = 0;
    for (uint32_t replicate = 0; replicate < 100; replicate++) {
        assign("deferred_acceptance", &small, 7, replicate, got);
        ck_assert_int_eq(got[2], 1);
        if (got[0] == 0) {
            zero++;
            ck_assert_int_eq(got[1], 2);
        } else {
            ck_assert_int_eq(got[0], MLAB_UNMATCHED);
            ck_assert_int_eq(got[1], 0);
        }
    }
    ck_assert_uint_ge(zero, 25); /* fair lots: outside 25 .. 75 with chance 6e-7 */
    ck_assert_uint_le(zero, 75);
}
END_TEST

START_TEST(ranks_given_by_mentees_come_before_scores)
{
    const int32_t ranks[] = {2, 1, 1, 2, 2, 1};
    mlab_pool pool = small;
    pool.mentee_rank = ranks;
    int32_t got[3];
    assign("deferred_acceptance", &pool, 1, 0, got);
    ck_assert_int_eq(got[0], 1);
    ck_assert_int_eq(got[1], 0);
    ck_assert_int_eq(got[2], 2);
}
END_TEST

static void check_places(const mlab_pool *pool, const int32_t *got, const char *policy)
{
    for (size_t j = 0; j < pool->n_mentors; j++) {
        int32_t load = 0;
        for (size_t i = 0; i < pool->n_mentees; i++) load += got[i] == (int32_t)j;
        ck_assert_int_le(load, pool->capacity[j]);
    }
    for (size_t i = 0; i < pool->n_mentees; i++) {
        if (got[i] != MLAB_UNMATCHED) {
            ck_assert_msg(test_score(pool, i, got[i]) >= 0, "%s: mentee %zu has a mentor who is not allowed", policy, i);
            continue;
        }
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            int32_t load = 0;
            for (size_t k = 0; k < pool->n_mentees; k++) load += got[k] == pool->mentor[e];
            ck_assert_msg(load == pool->capacity[pool->mentor[e]], "%s: mentee %zu waits beside a free place", policy, i);
        }
    }
}

START_TEST(no_policy_fills_more_than_the_places_or_leaves_a_mentee_beside_a_free_one)
{
    int32_t got[30];
    for (uint64_t salt = 1; salt <= 200; salt++) {
        test_pool t = test_pool_hashed(30, 9, 4, salt % 2 ? 4 : 0, salt % 3 ? 0.3 : 1, salt);
        for (size_t p = 0; p < N_ALL; p++) {
            assign(all[p], &t.pool, salt, 0, got);
            check_places(&t.pool, got, all[p]);
        }
        test_pool_free(&t);
    }
}
END_TEST

typedef struct best_found {
    double total;
    size_t pairs;
} best_found;

static void try_all(const mlab_pool *pool, size_t i, int32_t *places, double total, size_t pairs, best_found *best)
{
    if (i == pool->n_mentees) {
        if (total > best->total + 1e-9 || (total > best->total - 1e-9 && pairs > best->pairs)) *best = (best_found){total, pairs};
        return;
    }
    try_all(pool, i + 1, places, total, pairs, best);
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
        if (!places[pool->mentor[e]]) continue;
        places[pool->mentor[e]]--;
        try_all(pool, i + 1, places, total + pool->score[e], pairs + 1, best);
        places[pool->mentor[e]]++;
    }
}

START_TEST(optimal_is_as_good_as_trying_everything_and_makes_the_most_pairs_of_the_best)
{
    int32_t got[6], places[5];
    for (uint64_t salt = 1; salt <= 600; salt++) {
        size_t n = 1 + salt % 6, m = 1 + salt / 6 % 5;
        int levels = (int)(salt % 3) * 2; /* any score, or two or four levels with scores of 0 among them */
        test_pool t = test_pool_hashed(n, m, salt % 7 ? 2 : 3, levels, salt % 2 ? 0.6 : 1, salt);
        memcpy(places, t.capacity, m * sizeof *places);
        best_found best = {0, 0};
        try_all(&t.pool, 0, places, 0, 0, &best);
        size_t pairs;
        assign("optimal", &t.pool, salt, 0, got);
        double total = test_total(&t.pool, got, &pairs);
        ck_assert_msg(fabs(total - best.total) < 1e-6 && pairs == best.pairs, "pool %u: total %g with %zu pairs, best %g with %zu", (unsigned)salt,
                      total, pairs, best.total, best.pairs);
        test_pool_free(&t);
    }
}
END_TEST

START_TEST(optimal_agrees_with_scipy)
{
    FILE *file = fopen(mlab_test_path("reference/assignment.csv"), "r");
    ck_assert_ptr_nonnull(file);
    char line[256];
    unsigned rows = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned n, m;
        int most, levels;
        double density, total;
        if (sscanf(line, "%u,%u,%d,%d,%lf,%lf", &n, &m, &most, &levels, &density, &total) != 6) continue;
        test_pool t = test_pool_hashed(n, m, most, levels, density, 0);
        int32_t *got = malloc(n * sizeof *got);
        size_t pairs;
        assign("optimal", &t.pool, 3, 0, got);
        ck_near(test_total(&t.pool, got, &pairs), total, 1e-9, 1e-9);
        free(got);
        test_pool_free(&t);
        rows++;
    }
    fclose(file);
    ck_assert_uint_eq(rows, 48);
}
END_TEST

/* The promise of deferred acceptance: whoever would rather have another mentor, that mentor is full of people wanted as much. */
START_TEST(nobody_in_a_stable_matching_would_rather_swap)
{
    int32_t got[40];
    for (uint64_t salt = 1; salt <= 200; salt++) {
        test_pool t = test_pool_hashed(40, 12, 4, salt % 2 ? 5 : 0, 0.5, salt);
        assign("deferred_acceptance", &t.pool, salt, 0, got);
        for (size_t i = 0; i < 40; i++) {
            double mine = got[i] == MLAB_UNMATCHED ? -1 : test_score(&t.pool, i, got[i]);
            for (size_t e = t.first[i]; e < t.first[i + 1]; e++) {
                if (t.score[e] <= mine) continue;
                int32_t full = 0;
                for (size_t k = 0; k < 40; k++) {
                    if (got[k] != t.mentor[e]) continue;
                    full++;
                    ck_assert_msg(test_score(&t.pool, k, got[k]) >= t.score[e], "mentee %zu and mentor %d would rather swap", i, t.mentor[e]);
                }
                ck_assert_int_eq(full, t.capacity[t.mentor[e]]);
            }
        }
        test_pool_free(&t);
    }
}
END_TEST

/* Turns the pool around: mentee i becomes n - 1 - i, mentor j becomes m - 1 - j, with the same entities. */
static test_pool turned(const test_pool *t, uint32_t *mentee_entity, uint32_t *mentor_entity)
{
    size_t n = t->pool.n_mentees, m = t->pool.n_mentors, e = 0;
    test_pool back = test_pool_hashed(n, m, 0, 0, 1, 1);
    for (size_t i = 0; i < n; i++) {
        size_t was = n - 1 - i;
        mentee_entity[i] = (uint32_t)was;
        for (size_t k = t->first[was + 1]; k-- > t->first[was]; e++) {
            back.mentor[e] = (int32_t)m - 1 - t->mentor[k];
            back.score[e] = t->score[k];
        }
        back.first[i + 1] = e;
    }
    for (size_t j = 0; j < m; j++) {
        mentor_entity[j] = (uint32_t)(m - 1 - j);
        back.capacity[j] = t->capacity[m - 1 - j];
    }
    back.pool.mentee_entity = mentee_entity;
    back.pool.mentor_entity = mentor_entity;
    return back;
}

START_TEST(the_order_of_people_decides_nothing_also_where_scores_tie)
{
    enum { N = 30, M = 9 };
    int32_t got[N], back[N];
    uint32_t mentee_entity[N], mentor_entity[M];
    for (uint64_t salt = 1; salt <= 100; salt++) {
        test_pool t = test_pool_hashed(N, M, salt % 2 ? 2 : 6, 3, 0.7, salt);
        test_pool u = turned(&t, mentee_entity, mentor_entity);
        for (size_t p = 1; p < N_ALL; p++) {
            assign(all[p], &t.pool, salt, 0, got);
            assign(all[p], &u.pool, salt, 0, back);
            for (size_t i = 0; i < N; i++)
                ck_assert_msg(got[i] == (back[N - 1 - i] == MLAB_UNMATCHED ? MLAB_UNMATCHED : M - 1 - back[N - 1 - i]), "%s, pool %u, mentee %zu",
                              all[p], (unsigned)salt, i);
        }
        test_pool_free(&t);
        test_pool_free(&u);
    }
}
END_TEST

START_TEST(one_place_for_two_equal_mentees_goes_by_lot)
{
    const int32_t one = 1, mentors[] = {0, 0};
    const size_t first[] = {0, 1, 2};
    const double score[] = {40, 40};
    const mlab_pool pool = {.n_mentees = 2, .n_mentors = 1, .capacity = &one, .first = first, .mentor = mentors, .score = score};
    for (size_t p = 0; p < N_ALL; p++) {
        unsigned first_wins = 0;
        int32_t got[2];
        for (uint32_t replicate = 0; replicate < 400; replicate++) {
            assign(all[p], &pool, 11, replicate, got);
            first_wins += got[0] == 0;
            ck_assert_int_eq(got[0] + got[1], MLAB_UNMATCHED);
        }
        ck_assert_msg(first_wins > 150 && first_wins < 250, "%s: %u of 400", all[p], first_wins); /* 5 standard deviations: 6e-7 each */
    }
}
END_TEST

START_TEST(random_matching_draws_places_not_mentors)
{
    const int32_t places[] = {3, 1}, mentors[] = {0, 1};
    const size_t first[] = {0, 2};
    const double score[] = {0, 100};
    const mlab_pool pool = {.n_mentees = 1, .n_mentors = 2, .capacity = places, .first = first, .mentor = mentors, .score = score};
    unsigned to_first = 0;
    for (uint32_t replicate = 0; replicate < 1600; replicate++) {
        int32_t got;
        assign("random", &pool, 5, replicate, &got);
        to_first += got == 0;
    }
    ck_assert_msg(to_first > 1114 && to_first < 1286, "%u of 1600, expected 1200", to_first); /* 5 standard deviations */
}
END_TEST

START_TEST(empty_sides_give_nobody_a_mentor)
{
    const size_t first[] = {0, 0, 0};
    int32_t got[2] = {5, 5};
    const mlab_pool no_mentors = {.n_mentees = 2, .first = first}, nobody = {.first = first};
    for (size_t p = 0; p < N_ALL; p++) {
        got[0] = got[1] = 5;
        assign(all[p], &nobody, 1, 0, got);
        assign(all[p], &no_mentors, 1, 0, got);
        ck_assert_int_eq(got[0], MLAB_UNMATCHED);
        ck_assert_int_eq(got[1], MLAB_UNMATCHED);
    }
}
END_TEST

static void expect(const mlab_pool *pool, mlab_status status, const char *sentence)
{
    context = mlab_test_context(NULL, 1);
    for (size_t p = 0; p < N_ALL; p++) {
        int32_t got[3];
        mlab_error err = {0};
        ck_assert_int_eq(test_assign(&context, all[p], pool, 1, 0, got, &err), status);
        ck_assert_str_eq(err.sentence, sentence);
    }
}

START_TEST(a_pool_that_contradicts_itself_is_refused_with_what_and_where)
{
    mlab_pool pool = small;
    const int32_t places[] = {1, -2, 2}, twice[] = {0, 0, 0, 2, 1, 2}, beyond[] = {0, 1, 0, 3, 1, 2};
    const double nan_score[] = {90, 50, (double)NAN, 10, 70, 60};
    pool.capacity = places;
    expect(&pool, MLAB_ERR_MATCH_CAPACITY, "mentor 1 offers -2 places, allowed 0 or more");
    pool = small;
    pool.mentor = twice;
    expect(&pool, MLAB_ERR_MATCH_POOL, "candidates of mentee 0 do not ascend: 0 after 0");
    pool.mentor = beyond;
    expect(&pool, MLAB_ERR_MATCH_POOL, "mentee 1 has candidate 3, allowed 0 to 2");
    pool = small;
    pool.score = nan_score;
    expect(&pool, MLAB_ERR_MATCH_POOL, "the score of mentee 1 and mentor 0 is outside 0 to 100");
    ck_assert_ptr_null(mlab_policy_find("by_the_stars"));
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    for (size_t p = 0; p < N_ALL; p++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            mlab_context failing = mlab_test_context(&memory, 1);
            int32_t got[3];
            mlab_error err = {0};
            mlab_status status = test_assign(&failing, all[p], &small, 1, 0, got, &err);
            ck_assert_int_eq(memory.live, 0);
            if (status == MLAB_OK) {
                ck_assert_int_gt(k, 1);
                break;
            }
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
}
END_TEST

MLAB_TEST_MAIN("policies", the_best_total_of_three_mentees_is_the_one_found_by_hand, deferred_acceptance_keeps_the_pair_that_both_sides_want,
               ranks_given_by_mentees_come_before_scores, no_policy_fills_more_than_the_places_or_leaves_a_mentee_beside_a_free_one,
               optimal_is_as_good_as_trying_everything_and_makes_the_most_pairs_of_the_best, optimal_agrees_with_scipy,
               nobody_in_a_stable_matching_would_rather_swap, the_order_of_people_decides_nothing_also_where_scores_tie,
               one_place_for_two_equal_mentees_goes_by_lot, random_matching_draws_places_not_mentors, empty_sides_give_nobody_a_mentor,
               a_pool_that_contradicts_itself_is_refused_with_what_and_where, every_failed_allocation_is_reported_and_nothing_leaks)

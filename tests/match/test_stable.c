/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stable matchings: deferred acceptance from both sides and the best one, against all stable matchings of small markets; taking turns. */
#include "checkers.h"
#include "match/market.h"

static mlab_context context;

enum { MOST = 6 };

typedef struct market {
    test_pool t;
    int32_t mentee_rank[MOST * MOST], mentor_rank[MOST * MOST], lower[MOST];
} market;

/* Ranks that have nothing to do with the scores, and no two alike for one person; a rank of 0 (nothing said) for at most one candidate each. */
static market market_make(size_t n, size_t m, uint64_t salt)
{
    market x = {.t = test_pool_hashed(n, m, 2, 0, salt % 3 ? 0.7 : 1, salt)};
    mlab_pool *pool = &x.t.pool;
    for (size_t i = 0; i < n; i++)
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            int32_t mine = 1, theirs = 1;
            for (size_t f = pool->first[i]; f < pool->first[i + 1]; f++) mine += test_hash(salt, 7000 + f) < test_hash(salt, 7000 + e);
            for (size_t k = 0; k < n; k++) {
                const size_t f = test_candidate(pool, k, pool->mentor[e]);
                if (f != SIZE_MAX) theirs += test_hash(salt, 9000 + f) < test_hash(salt, 9000 + e);
            }
            x.mentee_rank[e] = (size_t)mine == pool->first[i + 1] - pool->first[i] && salt % 2 ? 0 : mine;
            x.mentor_rank[e] = theirs;
        }
    return x;
}

static mlab_policy_result run(const char *policy, const mlab_pool *pool, const mlab_policy_options *options, uint64_t seed, int32_t *got)
{
    context = mlab_test_context(NULL, 1);
    mlab_policy_request request = {.pool = pool, .seed = seed};
    if (options) request.options = *options;
    mlab_policy_result result = {.mentor_of = got};
    mlab_error err = {0};
    ck_assert_msg(mlab_policy_assign(&context, mlab_policy_find(policy), &request, &result, &err) == MLAB_OK, "%s", err.sentence);
    return result;
}

typedef struct found {
    const int32_t *best, *worst; /* for the mentees */
    double total;
    size_t n;
} found;

static void look_at(void *user, const mlab_pool *pool, const int32_t *mentor_of)
{
    found *f = user;
    if (count_blocking_pairs(pool, mentor_of)) return;
    size_t pairs;
    const double total = test_total(pool, mentor_of, &pairs);
    if (!f->n || total > f->total) f->total = total;
    f->n++;
    for (size_t i = 0; i < pool->n_mentees; i++) {
        ck_assert_int_eq(mentor_of[i] == MLAB_UNMATCHED, f->best[i] == MLAB_UNMATCHED);
        if (mentor_of[i] == MLAB_UNMATCHED) continue;
        const size_t mine = test_candidate(pool, i, mentor_of[i]);
        ck_assert_int_le(test_compare(pool->mentee_rank, pool->score, mine, test_candidate(pool, i, f->best[i])), 0);
        ck_assert_int_ge(test_compare(pool->mentee_rank, pool->score, mine, test_candidate(pool, i, f->worst[i])), 0);
    }
}

START_TEST(the_best_stable_matching_and_the_two_ends_are_those_found_by_trying_everything)
{
    size_t several = 0, better = 0;
    for (uint64_t salt = 1; salt <= 500; salt++) {
        const size_t n = 2 + salt % 5, m = 2 + salt / 5 % 4;
        market x = market_make(n, m, salt);
        mlab_pool *pool = &x.t.pool;
        pool->mentee_rank = x.mentee_rank;
        pool->mentor_rank = x.mentor_rank;
        int32_t first[MOST], last[MOST], got[MOST];
        const mlab_policy_options mentors = {.mentors_propose = true};
        run("deferred_acceptance", pool, NULL, 1, first);
        run("deferred_acceptance", pool, &mentors, 1, last);
        ck_assert_uint_eq(count_blocking_pairs(pool, first), 0);
        ck_assert_uint_eq(count_blocking_pairs(pool, last), 0);
        found f = {.best = first, .worst = last};
        test_all_matchings(pool, look_at, &f);
        ck_assert_uint_ge(f.n, 1);
        const mlab_policy_result result = run("stable_best", pool, NULL, 1, got);
        check_feasible(pool, got);
        ck_assert_uint_eq(count_blocking_pairs(pool, got), 0);
        size_t pairs;
        ck_assert_msg(fabs(test_total(pool, got, &pairs) - f.total) < 1e-6, "market %u: %g, best of %zu stable ones %g", (unsigned)salt,
                      test_total(pool, got, &pairs), f.n, f.total);
        ck_assert_int_eq(result.status, MLAB_POLICY_OPTIMAL);
        several += f.n > 1;
        better += f.total > test_total(pool, first, &pairs) + 1e-9 && f.total > test_total(pool, last, &pairs) + 1e-9;
        test_pool_free(&x.t);
    }
    ck_assert_uint_gt(several, 15);
    ck_assert_uint_gt(better, 0);
}
END_TEST

/* A market made of circles: mentee i likes mentors i, i + 1, ... best first, mentor j mentees j + 1, j + 2, ...: n stable matchings, one a
 * rotation apart. */
START_TEST(a_long_chain_of_rotations_is_walked_to_the_one_that_scores)
{
    enum { N = 40 };
    for (size_t wanted = 0; wanted < N; wanted += 7) {
        static int32_t capacity[N], mentor[N * N], mentee_rank[N * N], mentor_rank[N * N];
        static size_t first[N + 1];
        static double score[N * N];
        for (size_t i = 0; i < N; i++) {
            capacity[i] = 1;
            first[i + 1] = (i + 1) * N;
            for (size_t j = 0; j < N; j++) {
                const size_t steps = (j + N - i) % N;
                mentor[i * N + j] = (int32_t)j;
                mentee_rank[i * N + j] = (int32_t)steps + 1;
                mentor_rank[i * N + j] = (int32_t)(N - steps);
                score[i * N + j] = steps == wanted ? 90 : 10;
            }
        }
        const mlab_pool pool = {.n_mentees = N,
                                .n_mentors = N,
                                .capacity = capacity,
                                .first = first,
                                .mentor = mentor,
                                .score = score,
                                .mentee_rank = mentee_rank,
                                .mentor_rank = mentor_rank};
        int32_t got[N];
        run("stable_best", &pool, NULL, 1, got);
        for (size_t i = 0; i < N; i++) ck_assert_int_eq(got[i], (int32_t)((i + wanted) % N));
    }
}
END_TEST

START_TEST(with_ties_nobody_would_rather_swap_and_no_end_is_better)
{
    for (uint64_t salt = 1; salt <= 150; salt++) {
        enum { N = 25 };
        test_pool t = test_pool_hashed(N, 9, 4, 3, 0.8, salt);
        int32_t got[N], first[N], last[N];
        const mlab_policy_options mentors = {.mentors_propose = true};
        run("stable_best", &t.pool, NULL, salt, got);
        run("deferred_acceptance", &t.pool, NULL, salt, first);
        run("deferred_acceptance", &t.pool, &mentors, salt, last);
        ck_assert_uint_eq(count_blocking_pairs(&t.pool, got), 0);
        ck_assert_uint_eq(count_blocking_pairs(&t.pool, last), 0);
        size_t pairs;
        const double best = test_total(&t.pool, got, &pairs);
        ck_assert(best >= test_total(&t.pool, first, &pairs) - 1e-9);
        ck_assert(best >= test_total(&t.pool, last, &pairs) - 1e-9);
        test_pool_free(&t);
    }
}
END_TEST

START_TEST(fewest_mentees_that_no_stable_matching_gives_are_said)
{
    /* two mentees want mentor 0, who has two places; mentor 1 asks for one */
    const int32_t places[] = {2, 1}, lower[] = {0, 1}, mentors[] = {0, 1, 0, 1};
    const size_t first[] = {0, 2, 4};
    const double score[] = {90, 10, 80, 20};
    const mlab_pool pool = {.n_mentees = 2, .n_mentors = 2, .capacity = places, .first = first, .mentor = mentors, .score = score, .lower = lower};
    static const char *const stable[] = {"deferred_acceptance", "stable_best"};
    for (size_t k = 0; k < 2; k++) {
        int32_t got[2];
        const mlab_policy_result result = run(stable[k], &pool, NULL, 1, got);
        ck_assert_int_eq(result.status, MLAB_POLICY_INFEASIBLE);
        ck_assert_str_eq(result.why, "1 mentor does not have the fewest mentees asked for, and would not in any stable matching");
        ck_assert_int_eq(got[0] + got[1], 0);
    }
}
END_TEST

START_TEST(turns_go_by_day_then_by_lot_and_everyone_takes_the_best_left)
{
    /* three mentees, one mentor with one place who all want, one with one place, nobody else */
    const int32_t places[] = {1, 1}, mentors[] = {0, 1, 0, 1, 0, 1};
    const size_t first[] = {0, 2, 4, 6};
    const double score[] = {90, 10, 80, 20, 70, 60};
    const int64_t day[] = {5, 3, 5};
    const mlab_pool pool = {
        .n_mentees = 3, .n_mentors = 2, .capacity = places, .first = first, .mentor = mentors, .score = score, .mentee_turn = day};
    unsigned zero = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        int32_t got[3];
        run("serial_dictatorship", &pool, NULL, seed, got);
        ck_assert_int_eq(got[1], 0);
        ck_assert_int_eq(got[0] + got[2], 1 + MLAB_UNMATCHED);
        zero += got[0] == 1;
    }
    ck_assert_msg(zero > 150 && zero < 250, "%u of 400", zero); /* 5 standard deviations: 6e-7 */
}
END_TEST

START_TEST(turns_keep_to_the_hours_of_a_mentor)
{
    const int32_t places[] = {3}, hours[] = {5}, takes[] = {3, 3, 2}, mentors[] = {0, 0, 0};
    const size_t first[] = {0, 1, 2, 3};
    const double score[] = {50, 50, 50};
    const int64_t day[] = {1, 2, 3};
    const mlab_pool pool = {.n_mentees = 3,
                            .n_mentors = 1,
                            .capacity = places,
                            .first = first,
                            .mentor = mentors,
                            .score = score,
                            .mentee_turn = day,
                            .mentee_hours = takes,
                            .mentor_hours = hours};
    int32_t got[3];
    run("serial_dictatorship", &pool, NULL, 1, got);
    ck_assert_int_eq(got[0], 0);
    ck_assert_int_eq(got[1], MLAB_UNMATCHED);
    ck_assert_int_eq(got[2], 0);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    market x = market_make(6, 5, 3);
    x.t.pool.mentee_rank = x.mentee_rank;
    x.t.pool.mentor_rank = x.mentor_rank;
    x.t.pool.lower = x.lower;
    static const char *const policies[] = {"deferred_acceptance", "stable_best", "serial_dictatorship"};
    for (size_t p = 0; p < 4; p++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            mlab_context failing = mlab_test_context(&memory, 1);
            int32_t got[MOST];
            const mlab_policy_request request = {.pool = &x.t.pool, .options = {.mentors_propose = p == 3}};
            mlab_policy_result result = {.mentor_of = got};
            const mlab_status status = mlab_policy_assign(&failing, mlab_policy_find(policies[p % 3]), &request, &result, NULL);
            ck_assert_int_eq(memory.live, 0);
            if (status == MLAB_OK) break;
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
    test_pool_free(&x.t);
}
END_TEST

MLAB_TEST_MAIN("stable", the_best_stable_matching_and_the_two_ends_are_those_found_by_trying_everything,
               a_long_chain_of_rotations_is_walked_to_the_one_that_scores, with_ties_nobody_would_rather_swap_and_no_end_is_better,
               fewest_mentees_that_no_stable_matching_gives_are_said, turns_go_by_day_then_by_lot_and_everyone_takes_the_best_left,
               turns_keep_to_the_hours_of_a_mentor, every_failed_allocation_is_reported_and_nothing_leaks)

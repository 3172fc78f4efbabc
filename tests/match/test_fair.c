/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fair matchings and the lottery, against all matchings of small pools. */
#include "checkers.h"

static mlab_context context;

enum { MOST = 6 };

static mlab_policy_result run(const char *policy, const mlab_pool *pool, mlab_policy_options options, uint64_t seed, int32_t *got)
{
    context = mlab_test_context(NULL, 1);
    const mlab_policy_request request = {.pool = pool, .seed = seed, .options = options};
    mlab_policy_result result = {.mentor_of = got};
    mlab_error err = {0};
    ck_assert_msg(mlab_policy_assign(&context, mlab_policy_find(policy), &request, &result, &err) == MLAB_OK, "%s", err.sentence);
    return result;
}

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Scores of all mentees, the worst first; nobody = -1. */
static void worst_first(const mlab_pool *pool, const int32_t *mentor_of, double *scores)
{
    for (size_t i = 0; i < pool->n_mentees; i++) scores[i] = mentor_of[i] == MLAB_UNMATCHED ? -1 : test_score(pool, i, mentor_of[i]);
    qsort(scores, pool->n_mentees, sizeof *scores, descending);
}

typedef struct leximin {
    double best[MOST];
    bool seen;
} leximin;

static void judge_leximin(void *user, const mlab_pool *pool, const int32_t *mentor_of)
{
    leximin *l = user;
    double now[MOST];
    worst_first(pool, mentor_of, now);
    size_t k = 0;
    while (l->seen && k < pool->n_mentees && now[k] == l->best[k]) k++;
    if (!l->seen || (k < pool->n_mentees && now[k] > l->best[k])) memcpy(l->best, now, sizeof now);
    l->seen = true;
}

START_TEST(the_worst_off_are_as_well_off_as_trying_everything_can_make_them)
{
    for (uint64_t salt = 1; salt <= 600; salt++) {
        const size_t n = 1 + salt % 6, m = 1 + salt / 6 % 4;
        test_pool t = test_pool_hashed(n, m, 3, salt % 3 ? (int)(salt % 3) * 2 : 0, salt % 2 ? 0.6 : 1, salt);
        leximin l = {.seen = false};
        test_all_matchings(&t.pool, judge_leximin, &l);
        int32_t got[MOST];
        double mine[MOST];
        const mlab_policy_result result = run("fair", &t.pool, (mlab_policy_options){0}, salt, got);
        check_feasible(&t.pool, got);
        worst_first(&t.pool, got, mine);
        for (size_t k = 0; k < n; k++) ck_assert_msg(mine[k] == l.best[k], "pool %u, place %zu: %g, best %g", (unsigned)salt, k, mine[k], l.best[k]);
        ck_assert_int_eq(result.status, MLAB_POLICY_OPTIMAL);
        test_pool_free(&t);
    }
}
END_TEST

START_TEST(leximin_of_a_larger_pool_cannot_be_bettered_by_moving_one_person_or_swapping_two)
{
    enum { N = 80, M = 30 };
    for (uint64_t salt = 1; salt <= 4; salt++) {
        test_pool t = test_pool_hashed(N, M, 4, salt % 2 ? 0 : 12, 0.6, salt);
        int32_t got[N], load[M] = {0};
        run("fair", &t.pool, (mlab_policy_options){0}, salt, got);
        for (size_t i = 0; i < N; i++)
            if (got[i] != MLAB_UNMATCHED) load[got[i]]++;
        for (size_t i = 0; i < N; i++) {
            const double mine = got[i] == MLAB_UNMATCHED ? -1 : test_score(&t.pool, i, got[i]);
            for (size_t e = t.first[i]; e < t.first[i + 1]; e++) {
                if (t.score[e] <= mine) continue;
                ck_assert_msg(load[t.mentor[e]] == t.capacity[t.mentor[e]], "mentee %zu could move up", i);
                for (size_t k = 0; k < N; k++) { /* k gives way: to mentor got[i], or to nobody */
                    if (got[k] != t.mentor[e]) continue;
                    const double theirs = test_score(&t.pool, k, got[k]);
                    const double then = got[i] == MLAB_UNMATCHED ? -1 : test_score(&t.pool, k, got[i]);
                    const double low = mine < theirs ? mine : theirs, high = mine < theirs ? theirs : mine;
                    const double low_then = t.score[e] < then ? t.score[e] : then, high_then = t.score[e] < then ? then : t.score[e];
                    ck_assert_msg(low_then < low || (low_then == low && high_then <= high), "mentees %zu and %zu could swap", i, k);
                }
            }
        }
        test_pool_free(&t);
    }
}
END_TEST

START_TEST(the_worst_off_first_stopped_by_time_says_so_and_how_far_the_lowest_may_rise)
{
    test_pool t = test_pool_hashed(60, 20, 3, 0, 1, 5);
    int32_t got[60];
    const mlab_policy_result result = run("fair", &t.pool, (mlab_policy_options){.time_limit = 1e-9}, 1, got);
    check_feasible(&t.pool, got);
    ck_assert_int_eq(result.status, MLAB_POLICY_TIME_LIMIT);
    ck_assert(result.bound == 100);
    ck_near(result.gap, (100 - result.objective) / 100, 1e-12, 0);
    ck_assert(result.gap > 0);
    test_pool_free(&t);
}
END_TEST

/* A mentor who takes at least one mentee and a mentee nobody else may have: the pool goes through the flow that counts fewest mentees, and everybody
 * else must fare as in the pool without the two. */
START_TEST(two_ways_to_the_worst_off_first_agree)
{
    enum { N = 36, M = 14 };
    for (uint64_t salt = 1; salt <= 60; salt++) {
        const int levels[] = {0, 3, 8, 30};
        test_pool t = test_pool_hashed(N, M, 1 + (int)(salt % 5), levels[salt % 4], salt % 3 ? 0.3 : 0.9, 70 + salt);
        test_pool u = test_pool_hashed(N + 1, M + 1, 0, 0, 1, 1);
        int32_t got[N + 1], lower[M + 1] = {0};
        double mine[N], other[N + 1];
        for (size_t j = 0; j < M; j++) u.capacity[j] = t.capacity[j];
        u.capacity[M] = lower[M] = 1;
        memcpy(u.first, t.first, (N + 1) * sizeof *u.first);
        memcpy(u.mentor, t.mentor, t.first[N] * sizeof *u.mentor);
        memcpy(u.score, t.score, t.first[N] * sizeof *u.score);
        u.mentor[t.first[N]] = M;
        u.score[t.first[N]] = 100;
        u.first[N + 1] = t.first[N] + 1;
        u.pool.lower = lower;
        run("fair", &t.pool, (mlab_policy_options){0}, salt, got);
        check_feasible(&t.pool, got);
        worst_first(&t.pool, got, mine);
        run("fair", &u.pool, (mlab_policy_options){0}, salt, got);
        worst_first(&u.pool, got, other);
        for (size_t k = 0; k < N; k++) ck_assert_msg(mine[k] == other[k], "pool %u, place %zu: %g and %g", (unsigned)salt, k, mine[k], other[k]);
        ck_assert(other[N] == 100);
        test_pool_free(&t);
        test_pool_free(&u);
    }
}
END_TEST

/* --- groups -------------------------------------------------------------------------------------- */

typedef struct groups {
    mlab_fair_kind kind;
    double level, total;
    bool seen;
} groups;

static bool is_fair(const groups *g, const mlab_pool *pool, const int32_t *mentor_of)
{
    double low = INFINITY, high = -INFINITY;
    for (int32_t k = 0; k < pool->n_groups; k++) {
        double size = 0, matched = 0, scores = 0;
        for (size_t i = 0; i < pool->n_mentees; i++) {
            if (pool->mentee_group[i] != k) continue;
            size++;
            if (mentor_of[i] == MLAB_UNMATCHED) continue;
            matched++;
            scores += test_score(pool, i, mentor_of[i]);
        }
        if (size == 0) continue;
        const double value = (g->kind == MLAB_FAIR_PARITY_QUALITY ? scores : matched) / size;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    if (g->kind == MLAB_FAIR_GROUP_MINIMUM) return low >= g->level - 1e-9;
    return high - low <= g->level + 1e-9;
}

static void judge_groups(void *user, const mlab_pool *pool, const int32_t *mentor_of)
{
    groups *g = user;
    size_t pairs;
    if (!is_fair(g, pool, mentor_of)) return;
    const double total = test_total(pool, mentor_of, &pairs);
    if (!g->seen || total > g->total) g->total = total;
    g->seen = true;
}

static void try_groups(mlab_fair_kind kind, uint64_t first, uint64_t last)
{
    size_t infeasible = 0, binding = 0;
    for (uint64_t salt = first; salt <= last; salt++) {
        const size_t n = 2 + salt % 5, m = 1 + salt / 5 % 4;
        test_pool t = test_pool_hashed(n, m, 2, salt % 3 ? 5 : 0, salt % 2 ? 0.6 : 1, salt);
        int32_t group[MOST], got[MOST];
        for (size_t i = 0; i < n; i++) group[i] = (int32_t)(test_hash(salt, 500 + i) * 3) - (salt % 4 == 0);
        t.pool.mentee_group = group;
        t.pool.n_groups = 3;
        groups g = {.kind = kind, .level = kind == MLAB_FAIR_PARITY_QUALITY ? (double)(salt % 6) * 6 : (double)(salt % 4) / 4};
        test_all_matchings(&t.pool, judge_groups, &g);
        const mlab_policy_result result = run("fair", &t.pool, (mlab_policy_options){.fair_kind = kind, .fair_level = g.level}, salt, got);
        check_feasible(&t.pool, got);
        size_t pairs;
        const double total = test_total(&t.pool, got, &pairs);
        infeasible += !g.seen;
        ck_assert_int_eq(result.status, g.seen ? MLAB_POLICY_OPTIMAL : MLAB_POLICY_INFEASIBLE);
        if (g.seen) {
            ck_assert_msg(is_fair(&g, &t.pool, got), "pool %u is not fair", (unsigned)salt);
            ck_assert_msg(fabs(total - g.total) < 1e-5, "pool %u: %g, best %g", (unsigned)salt, total, g.total);
            ck_assert(result.bound >= total - 1e-5);
        } else
            ck_assert(result.why[0]);
        int32_t best[MOST];
        binding += g.seen && run("optimal", &t.pool, (mlab_policy_options){0}, salt, best).objective > total + 1e-6;
        test_pool_free(&t);
    }
    ck_assert_uint_gt(binding, 5);
    if (kind == MLAB_FAIR_GROUP_MINIMUM) ck_assert_uint_gt(infeasible, 10);
}

START_TEST(least_shares_of_groups_cost_no_more_than_they_must)
{
    try_groups(MLAB_FAIR_GROUP_MINIMUM, 1, 400);
}
END_TEST

START_TEST(shares_of_groups_brought_close_cost_no_more_than_they_must)
{
    try_groups(MLAB_FAIR_PARITY_RATE, 1, 400);
}
END_TEST

START_TEST(mean_scores_of_groups_brought_close_cost_no_more_than_they_must)
{
    try_groups(MLAB_FAIR_PARITY_QUALITY, 1, 200);
}
END_TEST

START_TEST(a_search_of_mean_scores_in_a_larger_pool_tells_its_gap)
{
    enum { N = 40, M = 15 };
    test_pool t = test_pool_hashed(N, M, 3, 0, 1, 4);
    int32_t group[N], got[N];
    for (size_t i = 0; i < N; i++) {
        group[i] = i % 3 == 0;
        for (size_t e = t.first[i]; group[i] && e < t.first[i + 1]; e++) t.score[e] *= 0.7; /* one group scores lower */
    }
    t.pool.mentee_group = group;
    t.pool.n_groups = 2;
    const mlab_policy_options options = {.fair_kind = MLAB_FAIR_PARITY_QUALITY, .fair_level = 5, .gap = 0.02};
    const mlab_policy_result result = run("fair", &t.pool, options, 1, got);
    const groups g = {.kind = MLAB_FAIR_PARITY_QUALITY, .level = 5};
    ck_assert(is_fair(&g, &t.pool, got));
    ck_assert(result.status == MLAB_POLICY_OPTIMAL || result.status == MLAB_POLICY_WITHIN_GAP);
    ck_assert(result.gap <= 0.02);
    ck_near(result.objective, test_total(&t.pool, got, &(size_t){0}), 1e-9, 0);
    const double most = run("optimal", &t.pool, (mlab_policy_options){0}, 1, got).objective;
    ck_assert(result.bound <= most + 1e-4);
    test_pool_free(&t);
}
END_TEST

/* Places for a third of the people: whom to take from each group costs next to nothing, and the search must find that. */
START_TEST(means_of_groups_are_brought_close_in_a_crowded_pool_at_next_to_no_cost)
{
    enum { N = 150, M = 25 };
    test_pool t = test_pool_hashed(N, M, 3, 0, 1, 9);
    int32_t group[N], got[N];
    for (size_t i = 0; i < N; i++) group[i] = i % 5 < 2;
    t.pool.mentee_group = group;
    t.pool.n_groups = 2;
    const mlab_policy_options options = {.fair_kind = MLAB_FAIR_PARITY_QUALITY, .fair_level = 0.5, .gap = 0.01};
    const mlab_policy_result result = run("fair", &t.pool, options, 1, got);
    const groups g = {.kind = MLAB_FAIR_PARITY_QUALITY, .level = 0.5};
    check_feasible(&t.pool, got);
    ck_assert(is_fair(&g, &t.pool, got));
    ck_assert_msg(result.gap <= 0.01, "gap %g", result.gap);
    test_pool_free(&t);
}
END_TEST

/* The same search to the last point: it ends by its number of steps, and does not blame a time limit that nobody set. */
START_TEST(a_search_that_ends_by_its_steps_says_so)
{
    enum { N = 40, M = 15 };
    test_pool t = test_pool_hashed(N, M, 3, 0, 1, 4);
    int32_t group[N], got[N];
    for (size_t i = 0; i < N; i++) {
        group[i] = i % 3 == 0;
        for (size_t e = t.first[i]; group[i] && e < t.first[i + 1]; e++) t.score[e] *= 0.7;
    }
    t.pool.mentee_group = group;
    t.pool.n_groups = 2;
    const mlab_policy_result result = run("fair", &t.pool, (mlab_policy_options){.fair_kind = MLAB_FAIR_PARITY_QUALITY, .fair_level = 0.01}, 1, got);
    ck_assert_int_eq(result.status, MLAB_POLICY_TIME_LIMIT);
    ck_assert_msg(strstr(result.why, "steps, at the same place on every machine"), "%s", result.why);
    test_pool_free(&t);
}
END_TEST

/* --- lottery ------------------------------------------------------------------------------------- */

static void look_at_chances(const mlab_pool *pool, const double *chance, double cap)
{
    double load[16] = {0};
    for (size_t i = 0; i < pool->n_mentees; i++) {
        double row = 0;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            ck_assert(chance[e] >= 0 && chance[e] <= cap + 1e-12);
            row += chance[e];
            load[pool->mentor[e]] += chance[e];
        }
        ck_assert(row <= 1 + 1e-12);
    }
    for (size_t j = 0; j < pool->n_mentors; j++) ck_assert(load[j] <= pool->capacity[j] + 1e-12);
}

START_TEST(pairs_are_drawn_with_their_chances_and_never_more_than_the_places)
{
    enum { N = 7, M = 5, DRAWS = 2000 };
    static const double caps[] = {0.5, 0.3, 1.0 / 3};
    for (size_t c = 0; c < 3; c++) {
        test_pool t = test_pool_hashed(N, M, 2, 0, 0.9, 21 + c);
        double chance[N * M];
        unsigned drawn[N * M] = {0};
        for (uint64_t seed = 1; seed <= DRAWS; seed++) {
            context = mlab_test_context(NULL, 1);
            int32_t got[N];
            /* lots move ties alone: these scores have none, so the table is the same for every seed */
            const mlab_policy_request request = {.pool = &t.pool, .seed = seed, .options = {.lottery_cap = caps[c]}};
            mlab_policy_result result = {.mentor_of = got, .probability = chance};
            ck_assert_int_eq(mlab_policy_assign(&context, mlab_policy_find("lottery"), &request, &result, NULL), MLAB_OK);
            check_feasible(&t.pool, got);
            for (size_t i = 0; i < N; i++)
                if (got[i] != MLAB_UNMATCHED) drawn[test_candidate(&t.pool, i, got[i])]++;
        }
        look_at_chances(&t.pool, chance, caps[c]);
        size_t open = 0;
        for (size_t e = 0; e < t.first[N]; e++) {
            open += chance[e] > 0 && chance[e] < 1;
            const double sd = sqrt(DRAWS * chance[e] * (1 - chance[e]));
            ck_assert_msg(fabs(drawn[e] - DRAWS * chance[e]) <= 5 * sd, "pair %zu: %u of %d, chance %g", e, drawn[e], DRAWS,
                          chance[e]); /* 6e-7 each, about 100 of them */
        }
        ck_assert_uint_gt(open, 4);
        test_pool_free(&t);
    }
}
END_TEST

START_TEST(without_a_cap_the_lottery_is_the_optimal_matching_and_a_cap_costs)
{
    for (uint64_t salt = 1; salt <= 60; salt++) {
        test_pool t = test_pool_hashed(12, 6, 3, 0, 0.8, salt);
        int32_t got[12], best[12];
        const double most = run("optimal", &t.pool, (mlab_policy_options){0}, 1, best).objective;
        ck_near(run("lottery", &t.pool, (mlab_policy_options){0}, 1, got).objective, most, 1e-7, 1e-6);
        ck_assert_mem_eq(got, best, sizeof got);
        const double half = run("lottery", &t.pool, (mlab_policy_options){.lottery_cap = 0.5}, 1, got).objective;
        ck_assert(half <= most + 1e-6);
        ck_assert(half >= most / 2 - 1e-6); /* half of the optimal matching is one such table */
        test_pool_free(&t);
    }
}
END_TEST

START_TEST(chances_around_a_locked_pair_stand_at_the_right_candidates)
{
    const int32_t places[] = {1, 1, 1}, mentors[] = {0, 1, 2, 0, 1, 2, 0, 1, 2}, locked[] = {MLAB_UNMATCHED, 1, MLAB_UNMATCHED};
    const size_t first[] = {0, 3, 6, 9};
    const double score[] = {90, 95, 10, 50, 40, 60, 70, 99, 20};
    const mlab_pool pool = {.n_mentees = 3, .n_mentors = 3, .capacity = places, .first = first, .mentor = mentors, .score = score, .locked = locked};
    int32_t got[3];
    double chance[9];
    context = mlab_test_context(NULL, 1);
    const mlab_policy_request request = {.pool = &pool, .options = {.lottery_cap = 0.5, .minimum_score = 15}};
    mlab_policy_result result = {.mentor_of = got, .probability = chance};
    ck_assert_int_eq(mlab_policy_assign(&context, mlab_policy_find("lottery"), &request, &result, NULL), MLAB_OK);
    /* mentee 0 may have mentor 0 (mentor 2 is below the minimum, mentor 1 taken), mentee 2 mentors 0 and 2 */
    static const double expected[] = {0.5, 0, 0, 0, 1, 0, 0.5, 0, 0.5};
    for (size_t e = 0; e < 9; e++) ck_near(chance[e], expected[e], 1e-12, 0);
    ck_assert_int_eq(got[1], 1);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    test_pool t = test_pool_hashed(6, 4, 2, 0, 1, 3);
    static const int32_t group[] = {0, 1, 0, 1, 0, 1};
    t.pool.mentee_group = group;
    t.pool.n_groups = 2;
    for (int kind = 0; kind < 5; kind++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            mlab_context failing = mlab_test_context(&memory, 1);
            int32_t got[MOST];
            const mlab_policy_request request = {.pool = &t.pool, .options = {.fair_kind = (mlab_fair_kind)(kind % 4), .fair_level = 0.5}};
            mlab_policy_result result = {.mentor_of = got};
            const mlab_status status = mlab_policy_assign(&failing, mlab_policy_find(kind < 4 ? "fair" : "lottery"), &request, &result, NULL);
            ck_assert_int_eq(memory.live, 0);
            if (status == MLAB_OK) break;
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
    test_pool_free(&t);
}
END_TEST

START_TEST(groups_that_are_not_given_and_shares_above_one_are_refused)
{
    test_pool t = test_pool_hashed(3, 2, 2, 0, 1, 3);
    int32_t got[3];
    mlab_error err = {0};
    context = mlab_test_context(NULL, 1);
    mlab_policy_request request = {.pool = &t.pool, .options = {.fair_kind = MLAB_FAIR_PARITY_RATE}};
    mlab_policy_result result = {.mentor_of = got};
    ck_assert_int_eq(mlab_policy_assign(&context, mlab_policy_find("fair"), &request, &result, &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "a fair matching of groups needs to know the groups of mentees");
    static const int32_t group[] = {0, 0, 1};
    t.pool.mentee_group = group;
    t.pool.n_groups = 2;
    request.options.fair_level = 7;
    ck_assert_int_eq(mlab_policy_assign(&context, mlab_policy_find("fair"), &request, &result, &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "fair_level is 7, a share, allowed 0 to 1");
    test_pool_free(&t);
}
END_TEST

MLAB_TEST_MAIN("fair", the_worst_off_are_as_well_off_as_trying_everything_can_make_them,
               leximin_of_a_larger_pool_cannot_be_bettered_by_moving_one_person_or_swapping_two,
               the_worst_off_first_stopped_by_time_says_so_and_how_far_the_lowest_may_rise, two_ways_to_the_worst_off_first_agree,
               least_shares_of_groups_cost_no_more_than_they_must, shares_of_groups_brought_close_cost_no_more_than_they_must,
               mean_scores_of_groups_brought_close_cost_no_more_than_they_must, a_search_of_mean_scores_in_a_larger_pool_tells_its_gap,
               means_of_groups_are_brought_close_in_a_crowded_pool_at_next_to_no_cost, a_search_that_ends_by_its_steps_says_so,
               pairs_are_drawn_with_their_chances_and_never_more_than_the_places, without_a_cap_the_lottery_is_the_optimal_matching_and_a_cap_costs,
               chances_around_a_locked_pair_stand_at_the_right_candidates, every_failed_allocation_is_reported_and_nothing_leaks,
               groups_that_are_not_given_and_shares_above_one_are_refused)

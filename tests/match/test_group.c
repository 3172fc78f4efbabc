/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circles: sizes, mixes and teams against trying everything; gap, limit, locks and contradictions told. */
#include "pools.h"
#include "support/support.h"

static mlab_context context;

static mlab_policy_result assign(const mlab_policy_request *request, int32_t *got)
{
    context = mlab_test_context(NULL, 1);
    mlab_policy_result result = {.mentor_of = got};
    mlab_error err = {0};
    ck_assert_msg(mlab_policy_assign(&context, mlab_policy_find("group"), request, &result, &err) == MLAB_OK, "%s", err.sentence);
    return result;
}

/* Whether every circle of the pairs keeps every bound. */
static bool keeps(const mlab_policy_request *r, const int32_t *got)
{
    const mlab_pool *pool = r->pool;
    const mlab_policy_options *o = &r->options;
    for (size_t j = 0; j < pool->n_mentors; j++) {
        int32_t size = 0, in_group[8] = {0}, in_mix[8] = {0};
        for (size_t i = 0; i < pool->n_mentees; i++) {
            if (got[i] != (int32_t)j) continue;
            size++;
            if (pool->mentee_group && pool->mentee_group[i] >= 0) in_group[pool->mentee_group[i]]++;
            if (pool->mentee_mix && pool->mentee_mix[i] >= 0) in_mix[pool->mentee_mix[i]]++;
            const size_t columns = pool->team_columns ? pool->team_columns : 1;
            for (size_t k = 0; pool->mentee_team && k < i; k++)
                for (size_t t = 0; t < columns; t++) {
                    const int32_t mine = pool->mentee_team[i * columns + t];
                    if (got[k] == (int32_t)j && mine >= 0 && pool->mentee_team[k * columns + t] == mine) return false;
                }
        }
        if (!size) continue;
        if (size > pool->capacity[j] || size < o->group_low || (o->group_high && size > o->group_high)) return false;
        for (int32_t g = 0; g < pool->n_groups; g++)
            if (in_group[g] < o->mix_least || (o->mix_most && in_group[g] > o->mix_most)) return false;
        for (int32_t g = 0; pool->mentee_mix && g < pool->mix_groups[0]; g++)
            if (in_mix[g] < o->mix_least || (o->mix_most && in_mix[g] > o->mix_most)) return false;
    }
    return true;
}

typedef struct trial {
    const mlab_policy_request *r;
    int32_t got[8];
    double best;
    size_t pairs;
} trial;

static void try_everything(trial *t, size_t i)
{
    const mlab_pool *pool = t->r->pool;
    if (i == pool->n_mentees) {
        if (!keeps(t->r, t->got)) return;
        size_t pairs;
        const double total = test_total(pool, t->got, &pairs);
        const bool most = t->r->options.participation_first;
        if (most && pairs != t->pairs ? pairs > t->pairs : total > t->best + 1e-9) {
            t->best = total;
            t->pairs = pairs;
        }
        return;
    }
    t->got[i] = MLAB_UNMATCHED;
    try_everything(t, i + 1);
    for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
        t->got[i] = pool->mentor[e];
        try_everything(t, i + 1);
    }
    t->got[i] = MLAB_UNMATCHED;
}

START_TEST(circles_are_as_good_as_trying_everything)
{
    unsigned some = 0;
    for (uint64_t salt = 0; salt < 900; salt++) {
        const size_t n = 2 + salt % 6, m = 1 + salt % 3;
        test_pool t = test_pool_hashed(n, m, 5, salt % 4 ? 0 : 5, 0.85, 20000 + salt);
        int32_t group[8], team[16], mix[8], got[8], two = 2;
        for (size_t i = 0; i < n; i++) {
            group[i] = (int32_t)(test_hash(salt, 300 + i) * 3) - (int32_t)(salt % 2); /* -1: not known */
            if (group[i] > 1) group[i] = 1;
            team[i] = (int32_t)(test_hash(salt, 400 + i) * 5) - 1;
            mix[i] = (int32_t)(test_hash(salt, 600 + i) * 2.5) - 1;
            team[8 + i] = (int32_t)(test_hash(salt, 500 + i) * 4) - 1;
        }
        t.pool.mentee_group = salt % 5 ? group : NULL;
        t.pool.n_groups = 2;
        t.pool.mentee_team = salt % 3 ? team : NULL;
        t.pool.team_columns = salt % 3; /* of one column, or of two */
        t.pool.mentee_mix = salt % 5 && salt / 17 % 2 ? mix : NULL;
        t.pool.mix_groups = &two;
        t.pool.mix_columns = t.pool.mentee_mix ? 1 : 0;
        const mlab_policy_request request = {.pool = &t.pool,
                                             .seed = salt,
                                             .options = {.group_low = 1 + (int32_t)(salt / 7 % 3),
                                                         .group_high = salt / 5 % 2 ? 4 : 0,
                                                         .mix_least = t.pool.mentee_group ? (int32_t)(salt / 11 % 2) : 0,
                                                         .mix_most = t.pool.mentee_group ? (int32_t)(salt / 3 % 3) : 0,
                                                         .participation_first = salt / 13 % 2}};
        const mlab_policy_result result = assign(&request, got);
        trial all = {.r = &request, .best = 0};
        try_everything(&all, 0);
        size_t pairs;
        const double total = test_total(&t.pool, got, &pairs);
        ck_assert_int_eq(result.status, MLAB_POLICY_OPTIMAL);
        ck_assert(keeps(&request, got));
        ck_near(total, all.best, 1e-9, 1e-6);
        if (request.options.participation_first) ck_assert_uint_eq(pairs, all.pairs);
        ck_near(result.objective, total, 1e-9, 1e-6);
        ck_near(result.bound, total, 1e-9, 1e-6);
        some += pairs > 0;
        test_pool_free(&t);
    }
    ck_assert_uint_gt(some, 450);
}
END_TEST

/* Forty people, eight mentors, circles of 4 to 6 with at least one of each of two groups and nobody with one of the team. */
static void forty(test_pool *t, int32_t *group, int32_t *team, mlab_policy_request *request)
{
    *t = test_pool_hashed(40, 8, 0, 0, 0.8, 5);
    for (size_t j = 0; j < 8; j++) t->capacity[j] = 7;
    for (size_t i = 0; i < 40; i++) {
        group[i] = test_hash(7, i) < 0.3;
        team[i] = (int32_t)(test_hash(8, i) * 12);
    }
    t->pool.mentee_group = group;
    t->pool.n_groups = 2;
    t->pool.mentee_team = team;
    *request = (mlab_policy_request){.pool = &t->pool, .seed = 3, .options = {.group_low = 4, .group_high = 6, .mix_least = 1}};
}

START_TEST(a_gap_that_is_allowed_is_kept_and_the_bound_holds)
{
    test_pool t;
    int32_t group[40], team[40], exact[40], near[40];
    mlab_policy_request request;
    forty(&t, group, team, &request);
    const mlab_policy_result best = assign(&request, exact);
    ck_assert(keeps(&request, exact));
    ck_assert_int_eq(best.status, MLAB_POLICY_OPTIMAL);
    ck_assert_double_eq(best.gap, 0);
    request.options.gap = 0.1;
    const mlab_policy_result rough = assign(&request, near);
    ck_assert(keeps(&request, near));
    ck_assert(rough.status == MLAB_POLICY_WITHIN_GAP || rough.status == MLAB_POLICY_OPTIMAL);
    ck_assert(rough.gap <= 0.1);
    ck_assert(rough.bound >= best.objective - 1e-6);
    ck_assert(rough.objective <= best.objective + 1e-6);
    ck_assert_uint_le(rough.nodes, best.nodes);
    request.options.gap = 0;
    request.options.time_limit = 1e-9;
    const mlab_policy_result stopped = assign(&request, near);
    ck_assert_int_eq(stopped.status, MLAB_POLICY_TIME_LIMIT);
    ck_assert(stopped.bound >= best.objective - 1e-6);
    test_pool_free(&t);
}
END_TEST

START_TEST(locked_pairs_open_their_circle_and_bounds_that_contradict_are_told)
{
    test_pool t;
    int32_t group[40], team[40], got[40], locked[40];
    mlab_policy_request request;
    forty(&t, group, team, &request);
    for (size_t i = 0; i < 40; i++) locked[i] = i == 3 ? 6 : MLAB_UNMATCHED;
    t.pool.locked = locked;
    ck_assert_int_eq(assign(&request, got).status, MLAB_POLICY_OPTIMAL);
    ck_assert_int_eq(got[3], 6);
    ck_assert(keeps(&request, got));
    for (size_t i = 0; i < 40; i++) { /* two of one team in one circle */
        locked[i] = i < 2 ? 6 : MLAB_UNMATCHED;
        if (i < 2) team[i] = 0;
    }
    mlab_policy_result result = assign(&request, got);
    ck_assert_int_eq(result.status, MLAB_POLICY_INFEASIBLE);
    ck_assert_str_eq(result.why, "the locked pairs and the bounds on size and mix of a circle cannot all be kept");
    ck_assert_int_eq(got[0], 6); /* what was locked stays */
    ck_assert_int_eq(got[2], MLAB_UNMATCHED);
    t.pool.locked = NULL;
    request.options.mix_least = 4;
    result = assign(&request, got);
    ck_assert_int_eq(result.status, MLAB_POLICY_INFEASIBLE);
    ck_assert_str_eq(result.why, "at least 4 of each of 2 groups in a circle of at most 6");
    request.options = (mlab_policy_options){.group_low = 5, .group_high = 3};
    result = assign(&request, got);
    ck_assert_str_eq(result.why, "a circle of at least 5 and at most 3");
    test_pool_free(&t);
}
END_TEST

START_TEST(the_order_of_people_decides_nothing)
{
    enum { N = 18, M = 4 };
    for (uint64_t salt = 0; salt < 40; salt++) {
        test_pool t = test_pool_hashed(N, M, 6, 4, 0.8, 100 + salt), u = test_pool_hashed(N, M, 6, 4, 0.8, 100 + salt);
        uint32_t mentees[N], mentors[M], mentees_back[N], mentors_back[M];
        int32_t team[N], team_back[N], got[N], back[N];
        size_t e = 0;
        for (size_t i = 0; i < N; i++) {
            for (size_t j = 0; j < M; j++) {
                const double s = test_score(&t.pool, N - 1 - i, (int32_t)(M - 1 - j));
                if (s < 0) continue;
                u.mentor[e] = (int32_t)j;
                u.score[e++] = s;
            }
            u.first[i + 1] = e;
            mentees[i] = (uint32_t)i;
            mentees_back[i] = (uint32_t)(N - 1 - i);
            team[i] = (int32_t)(i % 7);
            team_back[i] = (int32_t)((N - 1 - i) % 7);
        }
        for (size_t j = 0; j < M; j++) {
            u.capacity[j] = t.capacity[M - 1 - j];
            mentors[j] = (uint32_t)j;
            mentors_back[j] = (uint32_t)(M - 1 - j);
        }
        t.pool.mentee_entity = mentees;
        t.pool.mentor_entity = mentors;
        t.pool.mentee_team = team;
        u.pool.mentee_entity = mentees_back;
        u.pool.mentor_entity = mentors_back;
        u.pool.mentee_team = team_back;
        mlab_policy_request request = {.pool = &t.pool, .seed = salt, .options = {.group_low = 3}};
        assign(&request, got);
        request.pool = &u.pool;
        assign(&request, back);
        for (size_t i = 0; i < N; i++) ck_assert_int_eq(got[i], back[N - 1 - i] == MLAB_UNMATCHED ? MLAB_UNMATCHED : M - 1 - back[N - 1 - i]);
        test_pool_free(&t);
        test_pool_free(&u);
    }
}
END_TEST

START_TEST(a_mix_without_groups_is_refused_and_every_failed_allocation_is_told)
{
    test_pool t;
    int32_t group[40], team[40], got[40];
    mlab_policy_request request;
    forty(&t, group, team, &request);
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        const mlab_context failing = mlab_test_context(&memory, 1);
        mlab_policy_result result = {.mentor_of = got};
        const mlab_status status = mlab_policy_assign(&failing, mlab_policy_find("group"), &request, &result, NULL);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 3);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    t.pool.mentee_group = NULL;
    mlab_policy_result result = {.mentor_of = got};
    mlab_error err = {0};
    ck_assert_int_eq(mlab_policy_assign(&context, mlab_policy_find("group"), &request, &result, &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "bounds on the mix of a circle need the group of each mentee");
    test_pool_free(&t);
}
END_TEST

MLAB_TEST_MAIN("group", circles_are_as_good_as_trying_everything, a_gap_that_is_allowed_is_kept_and_the_bound_holds,
               locked_pairs_open_their_circle_and_bounds_that_contradict_are_told, the_order_of_people_decides_nothing,
               a_mix_without_groups_is_refused_and_every_failed_allocation_is_told)

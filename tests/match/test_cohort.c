/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cohort matched again: declines, locks, withdrawals, newcomers; the least change, by hand and against trying everything. */
#include "match/cohort.h"
#include "pools.h"
#include "support/support.h"

static mlab_context context;

static mlab_status rematch(const mlab_cohort_request *request, int32_t *mentor_of, mlab_fate *fate, mlab_cohort_result *result, mlab_error *err)
{
    context = mlab_test_context(NULL, 1);
    *result = (mlab_cohort_result){.mentor_of = mentor_of, .fate = fate};
    return mlab_cohort_rematch(&context, request, result, err);
}

/*      mentor   0   1   2            before: 0-0, 1-1, nobody at 2
 * places        1   1   1
 * mentee 0     90  80   -
 * mentee 1     70  60  10
 * mentee 2     50   -   -                                               */
static const int32_t one_place[] = {1, 1, 1};
static const size_t first_of[] = {0, 2, 5, 6};
static const int32_t mentor_at[] = {0, 1, 0, 1, 2, 0};
static const double score_at[] = {90, 80, 70, 60, 10, 50};
static const mlab_pool small = {.n_mentees = 3, .n_mentors = 3, .capacity = one_place, .first = first_of, .mentor = mentor_at, .score = score_at};
static const int32_t before[] = {0, 1, MLAB_UNMATCHED};

START_TEST(a_newcomer_gets_a_place_at_the_cost_of_the_fewest_moves)
{
    /* mentee 2 can only have mentor 0: mentee 0 moves to 1 and mentee 1 to 2, or 0 is not placed. Three pairs: both move. */
    const mlab_decision open[] = {MLAB_DECISION_OPEN, MLAB_DECISION_OPEN, MLAB_DECISION_NEW};
    mlab_cohort_request request = {.pool = &small, .previous = before, .decision = open};
    int32_t got[3];
    mlab_fate fate[3];
    mlab_cohort_result result;
    ck_assert_int_eq(rematch(&request, got, fate, &result, NULL), MLAB_OK);
    ck_assert_int_eq(got[0], 1);
    ck_assert_int_eq(got[1], 2);
    ck_assert_int_eq(got[2], 0);
    ck_assert_int_eq(fate[0], MLAB_FATE_MOVED);
    ck_assert_int_eq(fate[2], MLAB_FATE_PLACED);
    ck_near(result.total_before, 150, 0, 1e-9);
    ck_near(result.total, 140, 0, 1e-9);
    ck_near(result.total_free, 150, 0, 1e-9); /* 0-0 and 1-1 without the newcomer, or 0-1 and 1-0 */
    ck_near(result.cost, 10, 0, 1e-9);
    ck_assert_uint_eq(result.n_fell, 2);
    ck_near(result.lost_points, 60, 0, 1e-9);
}
END_TEST

START_TEST(who_accepted_stays_and_who_declined_gets_the_next_choice)
{
    const mlab_decision decided[] = {MLAB_DECISION_ACCEPT, MLAB_DECISION_REJECT, MLAB_DECISION_NEW};
    mlab_cohort_request request = {.pool = &small, .previous = before, .decision = decided};
    int32_t got[3];
    mlab_fate fate[3];
    mlab_cohort_result result;
    ck_assert_int_eq(rematch(&request, got, fate, &result, NULL), MLAB_OK);
    ck_assert_int_eq(got[0], 0);
    ck_assert_int_eq(fate[0], MLAB_FATE_KEPT);
    ck_assert_int_eq(got[1], 2);
    ck_assert_int_eq(fate[1], MLAB_FATE_REMATCHED);
    ck_assert_int_eq(fate[2], MLAB_FATE_WAITING);
    ck_assert_uint_eq(result.broken, 0);
}
END_TEST

START_TEST(a_lock_holds_without_being_allowed_and_a_pair_rejected_once_never_comes_back)
{
    const int32_t locked_to_two[] = {2, 1, MLAB_UNMATCHED};
    const mlab_decision decided[] = {MLAB_DECISION_LOCK, MLAB_DECISION_WITHDRAW, MLAB_DECISION_NEW};
    const uint64_t rejected[] = {(uint64_t)2 << 32 | 0};
    mlab_cohort_request request = {.pool = &small, .previous = locked_to_two, .decision = decided, .rejected = rejected, .n_rejected = 1};
    int32_t got[3];
    mlab_fate fate[3];
    mlab_cohort_result result;
    ck_assert_int_eq(rematch(&request, got, fate, &result, NULL), MLAB_OK);
    ck_assert_int_eq(got[0], 2);
    ck_assert_int_eq(got[1], MLAB_UNMATCHED);
    ck_assert_int_eq(fate[1], MLAB_FATE_WITHDRAWN);
    ck_assert_int_eq(got[2], MLAB_UNMATCHED);
    request.n_rejected = 0;
    ck_assert_int_eq(rematch(&request, got, fate, &result, NULL), MLAB_OK);
    ck_assert_int_eq(got[2], 0);
}
END_TEST

START_TEST(an_accepted_pair_whose_mentor_left_is_told_as_broken)
{
    const int32_t none_at_0[] = {0, 1, 1};
    mlab_pool pool = small;
    pool.capacity = none_at_0;
    const mlab_decision decided[] = {MLAB_DECISION_ACCEPT, MLAB_DECISION_OPEN, MLAB_DECISION_NEW};
    mlab_cohort_request request = {.pool = &pool, .previous = before, .decision = decided};
    int32_t got[3];
    mlab_fate fate[3];
    mlab_cohort_result result;
    ck_assert_int_eq(rematch(&request, got, fate, &result, NULL), MLAB_OK);
    ck_assert_uint_eq(result.broken, 1);
    ck_assert_int_eq(got[0], 1); /* two pairs before one kept pair */
    ck_assert_int_eq(got[1], 2);
    ck_assert_int_eq(fate[0], MLAB_FATE_REMATCHED);
    ck_assert_int_eq(fate[1], MLAB_FATE_MOVED);
}
END_TEST

typedef struct tally {
    unsigned accepted, pairs, kept;
    double total;
} tally;

typedef struct trial {
    const mlab_cohort_request *r;
    int32_t left[8], got[8];
    tally best;
} trial;

static tally tally_of(const trial *t)
{
    tally sum = {0, 0, 0, 0};
    for (size_t i = 0; i < t->r->pool->n_mentees; i++) {
        const bool same = t->got[i] != MLAB_UNMATCHED && t->got[i] == t->r->previous[i];
        sum.pairs += t->got[i] != MLAB_UNMATCHED;
        sum.accepted += same && t->r->decision[i] == MLAB_DECISION_ACCEPT;
        sum.kept += same && t->r->decision[i] == MLAB_DECISION_OPEN;
        if (t->got[i] != MLAB_UNMATCHED) sum.total += test_score(t->r->pool, i, t->got[i]);
    }
    return sum;
}

static bool beats(const mlab_cohort_request *r, tally a, tally b)
{
    if (a.accepted != b.accepted) return a.accepted > b.accepted;
    if (r->change == MLAB_CHANGE_PRICED) return a.total + r->price * a.kept > b.total + r->price * b.kept + 1e-6;
    if (a.pairs != b.pairs) return a.pairs > b.pairs;
    if (a.kept != b.kept) return a.kept > b.kept;
    return a.total > b.total + 1e-6;
}

static void try_everything(trial *t, size_t i)
{
    const mlab_pool *pool = t->r->pool;
    if (i == pool->n_mentees) {
        const tally now = tally_of(t);
        if (beats(t->r, now, t->best)) t->best = now;
        return;
    }
    t->got[i] = MLAB_UNMATCHED;
    try_everything(t, i + 1);
    for (size_t e = pool->first[i]; t->r->decision[i] != MLAB_DECISION_WITHDRAW && e < pool->first[i + 1]; e++) {
        const int32_t m = pool->mentor[e];
        if (!t->left[m] || (t->r->decision[i] == MLAB_DECISION_REJECT && m == t->r->previous[i])) continue;
        t->left[m]--;
        t->got[i] = m;
        try_everything(t, i + 1);
        t->left[m]++;
    }
    t->got[i] = MLAB_UNMATCHED;
}

START_TEST(the_least_change_is_the_one_found_by_trying_everything)
{
    for (uint64_t salt = 0; salt < 800; salt++) {
        const size_t n = 2 + salt % 5, m = 1 + salt % 4;
        test_pool t = test_pool_hashed(n, m, 2, salt % 3 ? 0 : 5, 0.8, 4000 + salt);
        int32_t previous[8], got[8];
        mlab_decision decision[8];
        mlab_fate fate[8];
        for (size_t i = 0; i < n; i++) {
            const double u = test_hash(salt, 100 + i);
            previous[i] = u < 0.3 ? MLAB_UNMATCHED : (int32_t)(test_hash(salt, 200 + i) * (double)m);
            decision[i] = previous[i] == MLAB_UNMATCHED ? MLAB_DECISION_NEW
                          : u < 0.6                     ? MLAB_DECISION_OPEN
                          : u < 0.75                    ? MLAB_DECISION_ACCEPT
                          : u < 0.9                     ? MLAB_DECISION_REJECT
                                                        : MLAB_DECISION_WITHDRAW;
        }
        const mlab_cohort_request request = {.pool = &t.pool,
                                             .previous = previous,
                                             .decision = decision,
                                             .change = salt % 2 ? MLAB_CHANGE_PRICED : MLAB_CHANGE_FEWEST,
                                             .price = 12,
                                             .seed = salt};
        mlab_cohort_result result;
        mlab_error err = {0};
        ck_assert_msg(rematch(&request, got, fate, &result, &err) == MLAB_OK, "%s", err.sentence);
        trial all = {.r = &request};
        memcpy(all.left, t.capacity, m * sizeof *t.capacity);
        try_everything(&all, 0);
        trial mine = {.r = &request};
        memcpy(mine.got, got, sizeof got);
        const tally found = tally_of(&mine);
        ck_assert(!beats(&request, all.best, found));
        ck_assert(!beats(&request, found, all.best));
        ck_near(result.total, found.total, 1e-9, 1e-9);
        ck_assert(result.cost >= -1e-6);
        test_pool_free(&t);
    }
}
END_TEST

START_TEST(the_order_of_people_decides_nothing_also_where_scores_tie)
{
    enum { N = 16, M = 7 };
    for (uint64_t salt = 0; salt < 100; salt++) {
        test_pool t = test_pool_hashed(N, M, 3, 4, 0.7, 600 + salt), u = test_pool_hashed(N, M, 3, 4, 0.7, 600 + salt);
        uint32_t mentees[N], mentors[M];
        int32_t previous[2][N], got[2][N];
        mlab_decision decision[2][N];
        mlab_fate fate[2][N];
        size_t e = 0;
        for (size_t i = 0; i < N; i++) { /* u is t from the end, with the same numbers of chance */
            const size_t who = N - 1 - i;
            for (size_t j = 0; j < M; j++) {
                const double s = test_score(&t.pool, who, (int32_t)(M - 1 - j));
                if (s < 0) continue;
                u.mentor[e] = (int32_t)j;
                u.score[e++] = s;
            }
            u.first[i + 1] = e;
            mentees[i] = (uint32_t)who;
            const double d = test_hash(salt, 300 + i);
            previous[0][i] = d < 0.3 ? MLAB_UNMATCHED : (int32_t)(test_hash(salt, 400 + i) * M);
            decision[0][i] = d < 0.3 ? MLAB_DECISION_NEW : d < 0.7 ? MLAB_DECISION_OPEN : d < 0.8 ? MLAB_DECISION_ACCEPT : MLAB_DECISION_REJECT;
        }
        for (size_t i = 0; i < N; i++) {
            const int32_t was = previous[0][N - 1 - i];
            previous[1][i] = was == MLAB_UNMATCHED ? was : M - 1 - was;
            decision[1][i] = decision[0][N - 1 - i];
        }
        for (size_t j = 0; j < M; j++) {
            mentors[j] = (uint32_t)(M - 1 - j);
            u.capacity[j] = t.capacity[M - 1 - j];
        }
        u.pool.mentee_entity = mentees;
        u.pool.mentor_entity = mentors;
        for (int k = 0; k < 2; k++) {
            const mlab_cohort_request request = {.pool = k ? &u.pool : &t.pool,
                                                 .previous = previous[k],
                                                 .decision = decision[k],
                                                 .change = salt % 2 ? MLAB_CHANGE_PRICED : MLAB_CHANGE_FEWEST,
                                                 .price = 12,
                                                 .seed = salt};
            mlab_cohort_result result;
            ck_assert_int_eq(rematch(&request, got[k], fate[k], &result, NULL), MLAB_OK);
        }
        for (size_t i = 0; i < N; i++) {
            const int32_t other = got[1][N - 1 - i];
            ck_assert_int_eq(got[0][i], other == MLAB_UNMATCHED ? other : M - 1 - other);
            ck_assert_int_eq(fate[0][i], fate[1][N - 1 - i]);
        }
        test_pool_free(&t);
        test_pool_free(&u);
    }
}
END_TEST

static void expect(const mlab_cohort_request *request, mlab_status status, const char *sentence)
{
    int32_t got[3];
    mlab_fate fate[3];
    mlab_cohort_result result;
    mlab_error err = {0};
    ck_assert_int_eq(rematch(request, got, fate, &result, &err), status);
    ck_assert_str_eq(err.sentence, sentence);
}

START_TEST(decisions_that_do_not_fit_are_refused)
{
    const mlab_decision accepts_nothing[] = {MLAB_DECISION_OPEN, MLAB_DECISION_OPEN, MLAB_DECISION_ACCEPT};
    const mlab_decision locks[] = {MLAB_DECISION_LOCK, MLAB_DECISION_LOCK, MLAB_DECISION_NEW};
    const int32_t both_at_0[] = {0, 0, MLAB_UNMATCHED}, beyond[] = {0, 7, MLAB_UNMATCHED};
    const uint64_t falling[] = {5, 4};
    mlab_cohort_request request = {.pool = &small, .previous = before, .decision = accepts_nothing};
    expect(&request, MLAB_ERR_MATCH_POOL, "mentee 2 accepts, locks or rejects a pair, but had none");
    request.decision = locks;
    request.previous = both_at_0;
    expect(&request, MLAB_ERR_MATCH_CAPACITY, "mentor 0 has more locked pairs than the 1 places offered");
    request.previous = beyond;
    expect(&request, MLAB_ERR_MATCH_POOL, "mentee 1 was paired with mentor 7, allowed below 3");
    request.previous = before;
    request.rejected = falling;
    request.n_rejected = 2;
    expect(&request, MLAB_ERR_MATCH_POOL, "rejected pairs do not ascend at 1");
    request.n_rejected = 0;
    request.price = -1;
    expect(&request, MLAB_ERR_ARGUMENT, "a change is priced -1 points, allowed 0 to 100");
}
END_TEST

START_TEST(every_failed_allocation_is_told)
{
    const mlab_decision open[] = {MLAB_DECISION_OPEN, MLAB_DECISION_OPEN, MLAB_DECISION_NEW};
    const mlab_cohort_request request = {.pool = &small, .previous = before, .decision = open};
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        const mlab_context failing = mlab_test_context(&memory, 1);
        int32_t got[3];
        mlab_fate fate[3];
        mlab_cohort_result result = {.mentor_of = got, .fate = fate};
        const mlab_status status = mlab_cohort_rematch(&failing, &request, &result, NULL);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 2);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}
END_TEST

MLAB_TEST_MAIN("cohort", a_newcomer_gets_a_place_at_the_cost_of_the_fewest_moves, who_accepted_stays_and_who_declined_gets_the_next_choice,
               a_lock_holds_without_being_allowed_and_a_pair_rejected_once_never_comes_back, an_accepted_pair_whose_mentor_left_is_told_as_broken,
               the_least_change_is_the_one_found_by_trying_everything, the_order_of_people_decides_nothing_also_where_scores_tie,
               decisions_that_do_not_fit_are_refused, every_failed_allocation_is_told)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for every policy of the table, whatever it does: a new policy is tested by its row, with its options when a variant is added here. */
#include "pools.h"
#include "support/support.h"

#include "match/policies.h"

#include <stdio.h>

/* Options with which a policy is also run; "" = every policy. */
static const struct variant {
    const char *policy;
    mlab_policy_options options;
} variants[] = {
    {"", {.gap = 0}},
    {"", {.minimum_score = 40}},
    {"optimal", {.participation_first = true}},
    {"deferred_acceptance", {.mentors_propose = true}},
    {"lottery", {.lottery_cap = 0.5}},
    {"fair", {.fair_kind = MLAB_FAIR_GROUP_MINIMUM, .fair_level = 0.5}},
    {"fair", {.fair_kind = MLAB_FAIR_PARITY_RATE, .fair_level = 0.2}},
    {"fair", {.fair_kind = MLAB_FAIR_PARITY_QUALITY, .fair_level = 20, .gap = 0.05}},
    {"peer", {.peer_stable = true}},
    {"peer", {.participation_first = true}},
    {"group", {.group_low = 2, .group_high = 4, .mix_most = 3}},
    {"network", {.mentors_each = 2}},
    {"self_selection", {.choice_score = 1, .choice_same_group = 1, .choice_meeting = 0.8, .choice_meeting_across = 0.4}},
    {"hybrid", {.choice_score = 1, .choice_meeting = 0.5, .hybrid_reserve = 0.5}},
};
enum { N_VARIANTS = sizeof variants / sizeof *variants, N = 18, M = 8, EACH = 2 };

/* A pool with everything a policy may look at. People and their numbers of chance: mentee 4 k + 1 and mentor 3 k + 1 are one person. */
typedef struct world {
    test_pool t;
    uint32_t mentee_entity[N], mentor_entity[M];
    int32_t mentee_group[N], mentor_group[M], mentee_team[N], mentor_role[M];
    int64_t turn[N];
    int32_t rank[2][N * M];
    uint8_t places[N];
} world;

static void fill(world *w, uint64_t salt, bool turned)
{
    test_pool straight = test_pool_hashed(N, M, salt % 2 ? 2 : 5, salt % 4 ? 3 : 0, 0.7, 40 + salt);
    w->t = test_pool_hashed(N, M, 0, 0, 1, 1);
    size_t e = 0;
    for (size_t i = 0; i < N; i++) {
        const size_t who = turned ? N - 1 - i : i;
        w->mentee_entity[i] = 3 * (uint32_t)who + 1;
        w->mentee_group[i] = (int32_t)(who % 4) - 1;
        w->mentee_team[i] = (int32_t)(who % 9);
        w->turn[i] = (int64_t)(who % 5);
        w->places[i] = who % 3 > 0;
        for (size_t j = 0; j < M; j++) {
            const size_t whom = turned ? M - 1 - j : j;
            const double s = test_score(&straight.pool, who, (int32_t)whom);
            if (s < 0 || 3 * who == 4 * whom) continue; /* not with oneself */
            w->rank[0][e] = (int32_t)((who + whom) % 4);
            w->rank[1][e] = (int32_t)((who + 2 * whom) % 5);
            w->t.mentor[e] = (int32_t)j;
            w->t.score[e++] = s;
        }
        w->t.first[i + 1] = e;
    }
    for (size_t j = 0; j < M; j++) {
        const size_t whom = turned ? M - 1 - j : j;
        w->mentor_entity[j] = 4 * (uint32_t)whom + 1;
        w->mentor_group[j] = (int32_t)(whom % 3);
        w->mentor_role[j] = (int32_t)(whom % EACH);
        w->t.capacity[j] = straight.capacity[whom];
    }
    test_pool_free(&straight);
    mlab_pool *p = &w->t.pool;
    p->mentee_entity = w->mentee_entity;
    p->mentor_entity = w->mentor_entity;
    p->mentee_group = w->mentee_group;
    p->mentor_group = w->mentor_group;
    p->n_groups = 3;
    p->mentee_team = w->mentee_team;
    p->mentee_turn = w->turn;
    p->mentee_places = w->places;
    if (salt % 3 == 1) {
        p->mentee_rank = w->rank[0];
        p->mentor_rank = w->rank[1];
    }
    if (salt % 3 == 2) p->mentor_role = w->mentor_role;
}

static bool applies(const struct variant *v, const mlab_policy *policy)
{
    return !v->policy[0] || strcmp(v->policy, policy->name) == 0;
}

static mlab_policy_result run(const mlab_policy *policy, const struct variant *v, const mlab_pool *pool, int threads, uint64_t seed, int32_t *got)
{
    const mlab_context context = mlab_test_context(NULL, threads);
    mlab_policy_request request = {.pool = pool, .seed = seed, .options = v->options};
    if (pool->mentor_role && strcmp(policy->name, "network") == 0) request.options.mentors_each = EACH;
    mlab_policy_result result = {.mentor_of = got};
    mlab_error err = {0};
    const mlab_status status = mlab_policy_assign(&context, policy, &request, &result, &err);
    ck_assert_msg(status == MLAB_OK, "%s: %s", policy->name, err.sentence);
    return result;
}

static size_t each_of(const mlab_policy *policy, const struct variant *v, const mlab_pool *pool)
{
    return v->options.mentors_each > 1 || (pool->mentor_role && strcmp(policy->name, "network") == 0) ? EACH : 1;
}

START_TEST(every_policy_gives_the_same_pairs_for_any_order_of_people)
{
    for (uint64_t salt = 0; salt < 24; salt++) {
        world straight, back;
        fill(&straight, salt, false);
        fill(&back, salt, true);
        const mlab_policy *policy;
        for (size_t row = 0; (policy = mlab_policy_row(row)); row++)
            for (size_t k = 0; k < N_VARIANTS; k++) {
                if (!applies(&variants[k], policy)) continue;
                int32_t a[N * EACH], b[N * EACH];
                const mlab_policy_result one = run(policy, &variants[k], &straight.t.pool, 1, salt, a);
                const mlab_policy_result two = run(policy, &variants[k], &back.t.pool, 1, salt, b);
                ck_assert_msg(one.status == two.status, "%s: %d and %d", policy->name, (int)one.status, (int)two.status);
                const size_t each = each_of(policy, &variants[k], &straight.t.pool);
                for (size_t i = 0; i < N; i++)
                    for (size_t r = 0; r < each; r++) {
                        const int32_t other = b[(N - 1 - i) * each + r];
                        ck_assert_msg(a[i * each + r] == (other == MLAB_UNMATCHED ? other : M - 1 - other), "%s, variant %zu, pool %u, mentee %zu",
                                      policy->name, k, (unsigned)salt, i);
                    }
            }
        test_pool_free(&straight.t);
        test_pool_free(&back.t);
    }
}
END_TEST

START_TEST(every_policy_gives_the_same_pairs_for_1_2_and_7_threads)
{
    for (uint64_t salt = 0; salt < 12; salt++) {
        world w;
        fill(&w, salt, false);
        const mlab_policy *policy;
        for (size_t row = 0; (policy = mlab_policy_row(row)); row++)
            for (size_t k = 0; k < N_VARIANTS; k++) {
                if (!applies(&variants[k], policy)) continue;
                int32_t got[3][N * EACH] = {{0}};
                const int threads[] = {1, 2, 7};
                for (size_t t = 0; t < 3; t++) run(policy, &variants[k], &w.t.pool, threads[t], salt, got[t]);
                ck_assert_msg(!memcmp(got[0], got[1], sizeof *got) && !memcmp(got[0], got[2], sizeof *got), "%s, variant %zu", policy->name, k);
            }
        test_pool_free(&w.t);
    }
}
END_TEST

/* Places, and pairs that are allowed: the partner of a peer stands there from both sides. */
static void check_pairs(const mlab_policy *policy, const mlab_pool *pool, const int32_t *got, size_t each)
{
    int32_t load[M] = {0};
    for (size_t i = 0; i < pool->n_mentees; i++)
        for (size_t r = 0; r < each; r++) {
            const int32_t m = got[i * each + r];
            if (m == MLAB_UNMATCHED) continue;
            ck_assert_msg(m >= 0 && (size_t)m < pool->n_mentors, "%s: mentor %d", policy->name, m);
            ck_assert_msg(test_score(pool, i, m) >= 0, "%s: mentee %zu has mentor %d, who is not allowed", policy->name, i, m);
            load[m]++;
        }
    for (size_t j = 0; j < pool->n_mentors; j++)
        ck_assert_msg(load[j] <= pool->capacity[j], "%s: mentor %zu has %d mentees", policy->name, j, load[j]);
}

START_TEST(no_policy_makes_a_pair_that_is_not_allowed_or_fills_more_than_the_places)
{
    for (uint64_t salt = 0; salt < 24; salt++) {
        world w;
        fill(&w, 50 + salt, false);
        const mlab_policy *policy;
        for (size_t row = 0; (policy = mlab_policy_row(row)); row++)
            for (size_t k = 0; k < N_VARIANTS; k++) {
                int32_t got[N * EACH];
                if (!applies(&variants[k], policy)) continue;
                run(policy, &variants[k], &w.t.pool, 1, salt, got);
                check_pairs(policy, &w.t.pool, got, each_of(policy, &variants[k], &w.t.pool));
            }
        test_pool_free(&w.t);
    }
}
END_TEST

START_TEST(empty_sides_and_nobody_allowed_leave_everybody_waiting_with_every_policy)
{
    world w;
    fill(&w, 1, false);
    const size_t nobody[N + 1] = {0};
    const int32_t no_places[M] = {0};
    mlab_pool pools[4] = {w.t.pool, w.t.pool, w.t.pool, w.t.pool};
    pools[0].first = nobody;
    pools[1].n_mentors = 0;
    pools[1].first = nobody;
    pools[2].n_mentees = 0;
    pools[3].capacity = no_places;
    const mlab_policy *policy;
    for (size_t row = 0; (policy = mlab_policy_row(row)); row++)
        for (size_t k = 0; k < N_VARIANTS; k++)
            for (size_t p = 0; p < 4; p++) {
                int32_t got[N * EACH];
                if (!applies(&variants[k], policy)) continue;
                run(policy, &variants[k], &pools[p], 1, 1, got);
                for (size_t i = 0; i < pools[p].n_mentees; i++) ck_assert_msg(got[i] == MLAB_UNMATCHED, "%s, pool %zu", policy->name, p);
            }
    test_pool_free(&w.t);
}
END_TEST

START_TEST(a_thousand_equal_pairs_are_made_by_every_policy_without_favouring_an_early_row)
{
    enum { MANY = 60 };
    test_pool t = test_pool_hashed(MANY, MANY, 0, 0, 1, 1);
    for (size_t j = 0; j < MANY; j++) t.capacity[j] = j % 2; /* a place for every second one */
    for (size_t e = 0; e < (size_t)MANY * MANY; e++) t.score[e] = 50;
    const struct variant plain = {"", {.choice_meeting = 0}};
    const mlab_policy *policy;
    for (size_t row = 0; (policy = mlab_policy_row(row)); row++) {
        int32_t got[MANY];
        unsigned early = 0, pairs = 0;
        const bool mutual = strcmp(policy->name, "peer") == 0;
        if (mutual) continue; /* needs both to be on both sides with a place */
        for (uint64_t seed = 1; seed <= 40; seed++) {
            run(policy, &plain, &t.pool, 1, seed, got);
            for (size_t i = 0; i < MANY; i++) {
                pairs += got[i] != MLAB_UNMATCHED;
                early += got[i] != MLAB_UNMATCHED && i < MANY / 2;
            }
        }
        ck_assert_msg(pairs == 40 * MANY / 2, "%s: %u pairs", policy->name, pairs);
        /* Of 1,200 pairs 600 fall to the first half; 30 of 60 drawn without replacement 40 times: standard deviation 12.3; 5 of them: 6e-7 a policy.
         */
        ck_assert_msg(early > 538 && early < 662, "%s: %u of %u pairs to the first half", policy->name, early, pairs);
    }
    test_pool_free(&t);
}
END_TEST

static void expect(const mlab_pool *pool, mlab_status status, const char *sentence)
{
    const mlab_policy *policy;
    for (size_t row = 0; (policy = mlab_policy_row(row)); row++) {
        const mlab_context context = mlab_test_context(NULL, 1);
        int32_t got[N];
        const mlab_policy_request request = {.pool = pool};
        mlab_policy_result result = {.mentor_of = got};
        mlab_error err = {0};
        const mlab_status answer = mlab_policy_assign(&context, policy, &request, &result, &err);
        ck_assert_msg(answer == status && strcmp(err.sentence, sentence) == 0, "%s: %d, %s", policy->name, (int)answer, err.sentence);
    }
}

START_TEST(every_policy_refuses_a_pool_that_contradicts_itself_with_what_and_where)
{
    world w;
    fill(&w, 4, false);
    mlab_pool pool = w.t.pool;
    int32_t places[M] = {1, -2, 1, 1, 1, 1, 1, 1}, lower[M] = {0};
    pool.capacity = places;
    expect(&pool, MLAB_ERR_MATCH_CAPACITY, "mentor 1 offers -2 places, allowed 0 or more");
    places[1] = 1;
    lower[2] = 3;
    pool.lower = lower;
    expect(&pool, MLAB_ERR_MATCH_CAPACITY, "mentor 2 takes at least 3 mentees, allowed 0 to the 1 places offered");
    pool.lower = NULL;
    const double kept = w.t.score[0];
    w.t.score[0] = (double)NAN;
    char sentence[100];
    snprintf(sentence, sizeof sentence, "the score of mentee 0 and mentor %d is outside 0 to 100", w.t.mentor[0]);
    expect(&pool, MLAB_ERR_MATCH_POOL, sentence);
    w.t.score[0] = 100.5;
    expect(&pool, MLAB_ERR_MATCH_POOL, sentence);
    w.t.score[0] = kept;
    w.t.mentor[w.t.first[1]] = M;
    snprintf(sentence, sizeof sentence, "mentee 1 has candidate %d, allowed 0 to %d", M, M - 1);
    expect(&pool, MLAB_ERR_MATCH_POOL, sentence);
    test_pool_free(&w.t);
}
END_TEST

static bool always(void *user)
{
    (void)user;
    return true;
}

START_TEST(a_failed_allocation_of_any_policy_is_told_and_one_that_is_stopped_ends_as_such)
{
    world w;
    fill(&w, 4, false);
    const mlab_policy *policy;
    for (size_t row = 0; (policy = mlab_policy_row(row)); row++)
        for (size_t k = 0; k < N_VARIANTS; k++) {
            if (!applies(&variants[k], policy)) continue;
            for (long call = 1;; call++) {
                mlab_test_memory memory = {.fail_at = call};
                const mlab_context failing = mlab_test_context(&memory, 1);
                int32_t got[N * EACH];
                const mlab_policy_request request = {.pool = &w.t.pool, .options = variants[k].options};
                mlab_policy_result result = {.mentor_of = got};
                const mlab_status status = mlab_policy_assign(&failing, policy, &request, &result, NULL);
                ck_assert_msg(memory.live == 0, "%s: %ld blocks left", policy->name, memory.live);
                if (status == MLAB_OK) break;
                ck_assert_msg(status == MLAB_ERR_MEMORY, "%s: %d", policy->name, (int)status);
            }
            mlab_context stopped = mlab_test_context(NULL, 1);
            stopped.cancelled = always;
            int32_t got[N * EACH];
            const mlab_policy_request request = {.pool = &w.t.pool, .options = variants[k].options};
            mlab_policy_result result = {.mentor_of = got};
            const mlab_status status = mlab_policy_assign(&stopped, policy, &request, &result, NULL);
            ck_assert_msg(status == MLAB_OK || status == MLAB_ERR_CANCELLED, "%s: %d", policy->name, (int)status);
        }
    test_pool_free(&w.t);
}
END_TEST

MLAB_TEST_MAIN("every_policy", every_policy_gives_the_same_pairs_for_any_order_of_people, every_policy_gives_the_same_pairs_for_1_2_and_7_threads,
               no_policy_makes_a_pair_that_is_not_allowed_or_fills_more_than_the_places,
               empty_sides_and_nobody_allowed_leave_everybody_waiting_with_every_policy,
               a_thousand_equal_pairs_are_made_by_every_policy_without_favouring_an_early_row,
               every_policy_refuses_a_pool_that_contradicts_itself_with_what_and_where,
               a_failed_allocation_of_any_policy_is_told_and_one_that_is_stopped_ends_as_such)

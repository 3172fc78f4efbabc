/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Developmental networks, self-selection and the hybrid: against trying everything, and by the chances they promise. */
#include "pools.h"
#include "support/support.h"

#include "core/elementary.h"
#include "match/choice.h"

#include <stdio.h>

static mlab_context context;

static mlab_policy_result assign(const char *policy, const mlab_policy_request *request, int32_t *got)
{
    context = mlab_test_context(NULL, 1);
    mlab_policy_result result = {.mentor_of = got};
    mlab_error err = {0};
    ck_assert_msg(mlab_policy_assign(&context, mlab_policy_find(policy), request, &result, &err) == MLAB_OK, "%s", err.sentence);
    return result;
}

/* --- networks ------------------------------------------------------------------------------------- */

typedef struct trial {
    const mlab_pool *pool;
    int32_t each, left[8], used[8];
    bool role_used[8][4], most;
    size_t covered, pairs;
    double total;
    size_t best_covered, best_pairs;
    double best_total;
} trial;

/* Each candidate in or out, in order. */
static void try_everything(trial *t, size_t i, size_t e)
{
    const mlab_pool *pool = t->pool;
    while (i < pool->n_mentees && e == pool->first[i + 1]) i++;
    if (i == pool->n_mentees) {
        const bool more = t->most && t->pairs != t->best_pairs;
        const bool better = t->covered != t->best_covered ? t->covered > t->best_covered
                            : more                        ? t->pairs > t->best_pairs
                                                          : t->total > t->best_total + 1e-6;
        if (better) {
            t->best_covered = t->covered;
            t->best_pairs = t->pairs;
            t->best_total = t->total;
        }
        return;
    }
    try_everything(t, i, e + 1);
    const int32_t m = pool->mentor[e], r = pool->mentor_role ? pool->mentor_role[m] : 0;
    if (!t->left[m] || t->used[i] == t->each || (pool->mentor_role && t->role_used[i][r])) return;
    const bool before = t->role_used[i][r];
    t->left[m]--;
    t->covered += t->used[i]++ == 0;
    t->role_used[i][r] = true;
    t->pairs++;
    t->total += pool->score[e];
    try_everything(t, i, e + 1);
    t->left[m]++;
    t->covered -= --t->used[i] == 0;
    t->role_used[i][r] = before;
    t->pairs--;
    t->total -= pool->score[e];
}

START_TEST(networks_are_as_good_as_trying_everything)
{
    for (uint64_t salt = 0; salt < 400; salt++) {
        const size_t n = 1 + salt % 4, m = 1 + salt % 5;
        test_pool t = test_pool_hashed(n, m, 3, salt % 3 ? 0 : 4, 0.7, 8000 + salt);
        int32_t role[8], got[4 * 3];
        for (size_t j = 0; j < m; j++) role[j] = (int32_t)(test_hash(salt, 500 + j) * 3);
        if (salt % 2) t.pool.mentor_role = role;
        const mlab_policy_request request = {.pool = &t.pool, .seed = salt, .options = {.mentors_each = 3, .participation_first = salt / 2 % 2}};
        const mlab_policy_result result = assign("network", &request, got);
        trial all = {.pool = &t.pool, .each = 3, .most = salt / 2 % 2};
        memcpy(all.left, t.capacity, m * sizeof *t.capacity);
        try_everything(&all, 0, 0);
        size_t covered = 0, pairs = 0;
        double total = 0;
        int32_t load[8] = {0};
        for (size_t i = 0; i < n; i++) {
            covered += got[3 * i] != MLAB_UNMATCHED || got[3 * i + 1] != MLAB_UNMATCHED || got[3 * i + 2] != MLAB_UNMATCHED;
            for (int32_t r = 0; r < 3; r++) {
                const int32_t mentor = got[3 * i + (size_t)r];
                if (mentor == MLAB_UNMATCHED) continue;
                if (salt % 2) ck_assert_int_eq(role[mentor], r);
                for (int32_t q = 0; q < r; q++) ck_assert_int_ne(got[3 * i + (size_t)q], mentor);
                pairs++;
                load[mentor]++;
                ck_assert(test_score(&t.pool, i, mentor) >= 0);
                total += test_score(&t.pool, i, mentor);
            }
        }
        for (size_t j = 0; j < m; j++) ck_assert_int_le(load[j], t.capacity[j]);
        ck_assert_uint_eq(covered, all.best_covered);
        if (all.most) ck_assert_uint_eq(pairs, all.best_pairs);
        ck_near(total, all.best_total, 1e-9, 1e-6);
        ck_near(result.objective, total, 1e-12, 1e-9);
        ck_assert_int_eq(result.status, MLAB_POLICY_OPTIMAL);
        test_pool_free(&t);
    }
}
END_TEST

/*      mentor   0   1        mentor 0 is for the career, 1 for support
 * places        1   2
 * mentee 0     90  50
 * mentee 1     80   -                                                  */
static const int32_t places_of[] = {1, 2}, roles[] = {0, 1};
static const size_t first_of[] = {0, 2, 3};
static const int32_t mentor_at[] = {0, 1, 0};
static const double score_at[] = {90, 50, 80};
static const mlab_pool small = {
    .n_mentees = 2, .n_mentors = 2, .capacity = places_of, .first = first_of, .mentor = mentor_at, .score = score_at, .mentor_role = roles};

START_TEST(everybody_gets_a_first_mentor_before_anybody_a_second)
{
    int32_t got[4];
    const mlab_policy_request request = {.pool = &small, .options = {.mentors_each = 2}};
    assign("network", &request, got); /* 90 + 50 = 140 would leave mentee 1 without */
    ck_assert_int_eq(got[0], MLAB_UNMATCHED);
    ck_assert_int_eq(got[1], 1);
    ck_assert_int_eq(got[2], 0);
    ck_assert_int_eq(got[3], MLAB_UNMATCHED);
}
END_TEST

START_TEST(locked_mentors_stay_and_least_numbers_that_cannot_be_are_told)
{
    int32_t got[4];
    mlab_pool pool = small;
    const int32_t locked[] = {0, MLAB_UNMATCHED, MLAB_UNMATCHED, MLAB_UNMATCHED}, lower[] = {0, 2}, wrong[] = {0, 2};
    mlab_policy_request request = {.pool = &pool, .options = {.mentors_each = 2}};
    pool.locked = locked;
    assign("network", &request, got);
    ck_assert_int_eq(got[0], 0);
    ck_assert_int_eq(got[1], 1);
    ck_assert_int_eq(got[2], MLAB_UNMATCHED);
    pool.locked = NULL;
    pool.lower = lower;
    const mlab_policy_result result = assign("network", &request, got);
    ck_assert_int_eq(result.status, MLAB_POLICY_INFEASIBLE);
    ck_assert_str_eq(result.why, "1 of the places that mentors must at least fill have no mentee who may take them");
    ck_assert_int_eq(got[1], 1);
    pool.mentor_role = wrong;
    mlab_policy_result refused = {.mentor_of = got};
    mlab_error err = {0};
    ck_assert_int_eq(mlab_policy_assign(&context, mlab_policy_find("network"), &request, &refused, &err), MLAB_ERR_MATCH_POOL);
    ck_assert_str_eq(err.sentence, "mentor 1 has role 2, allowed 0 to 1");
}
END_TEST

/* --- self-selection ------------------------------------------------------------------------------- */

static const int32_t two_places[] = {1, 1}, zero_one[] = {0, 1}, zero[] = {0};
static const size_t one_of_two[] = {0, 2};
static const double twenty_apart[] = {60, 40};
static const mlab_pool one_mentee = {.n_mentees = 1,
                                     .n_mentors = 2,
                                     .capacity = two_places,
                                     .first = one_of_two,
                                     .mentor = zero_one,
                                     .score = twenty_apart,
                                     .mentee_group = zero,
                                     .mentor_group = zero_one,
                                     .n_groups = 2};

static unsigned chosen(const mlab_policy_options *options, int32_t mentor)
{
    unsigned times = 0;
    for (uint32_t replicate = 0; replicate < 4000; replicate++) {
        int32_t got[1];
        const mlab_policy_request request = {.pool = &one_mentee, .seed = 3, .replicate = replicate, .options = *options};
        assign("self_selection", &request, got);
        times += got[0] == mentor;
    }
    return times;
}

START_TEST(the_odds_of_a_choice_are_those_of_the_model)
{
    /* 4000 draws; bounds are 5 standard deviations, a false alarm in 1.7 million each */
    const mlab_policy_options by_score = {.choice_score = 0.5}, by_group = {.choice_same_group = -1}, by_chance = {0};
    const mlab_policy_options meeting = {.choice_meeting = 0.5}, across = {.choice_meeting = 1, .choice_meeting_across = 0.25};
    ck_near(chosen(&by_score, 0), 4000 * mlab_logistic(1), 0, 5 * 28.1);
    ck_near(chosen(&by_group, 0), 4000 * mlab_logistic(-1), 0, 5 * 28.1);
    ck_near(chosen(&by_chance, 0), 2000, 0, 5 * 31.7);
    ck_near(chosen(&meeting, MLAB_UNMATCHED), 1000, 0, 5 * 27.4);
    ck_near(chosen(&across, 1), 4000 * 0.125, 0, 5 * 21); /* met with chance 1/4, then taken with 1/2 */
}
END_TEST

START_TEST(self_selection_fills_no_more_than_the_places_and_does_not_depend_on_the_others_taste)
{
    test_pool t = test_pool_hashed(40, 12, 3, 0, 0.8, 77);
    const mlab_policy_request request = {.pool = &t.pool, .seed = 5, .options = {.choice_score = 1}};
    int32_t got[40], load[12] = {0};
    assign("self_selection", &request, got);
    for (size_t i = 0; i < 40; i++)
        if (got[i] != MLAB_UNMATCHED) load[got[i]]++;
    for (size_t j = 0; j < 12; j++) ck_assert_int_le(load[j], t.capacity[j]);
    test_pool_free(&t);
}
END_TEST

typedef struct made_choices {
    size_t first[151];
    int32_t mentor[1000];
    double score[1000];
    int32_t same[1000];
    mlab_choice chosen[150];
    double expected[6];
} made_choices;

static void read_choices(made_choices *m)
{
    FILE *file = fopen(mlab_test_path("reference/choice.csv"), "r");
    ck_assert_ptr_nonnull(file);
    char line[256];
    size_t e = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned i;
        int j, same, chosen;
        double score;
        double *x = m->expected;
        if (sscanf(line, "%u,%d,%lf,%d,%d", &i, &j, &score, &same, &chosen) == 5) {
            m->mentor[e] = j;
            m->score[e] = score;
            m->same[e] = same;
            if (chosen) m->chosen[i] = (mlab_choice){i, e};
            m->first[i + 1] = ++e;
        } else if (sscanf(line, "estimate,%lf,%lf,%lf,%lf,%lf,%lf", x, x + 1, x + 2, x + 3, x + 4, x + 5) == 6)
            e += 0;
    }
    fclose(file);
    ck_assert_uint_gt(e, 500);
}

START_TEST(a_fitted_choice_has_the_weights_errors_and_likelihoods_of_clogit)
{
    made_choices m = {.first = {0}};
    read_choices(&m);
    /* being of one group is given candidate by candidate there: a mentor for each candidate */
    int32_t group[1000], mine[150], own[1000];
    for (size_t i = 0; i < 150; i++) mine[i] = 1;
    for (size_t e = 0; e < m.first[150]; e++) {
        own[e] = (int32_t)e;
        group[e] = m.same[e];
    }
    const mlab_pool pool = {.n_mentees = 150,
                            .n_mentors = m.first[150],
                            .first = m.first,
                            .mentor = own,
                            .score = m.score,
                            .mentee_group = mine,
                            .mentor_group = group,
                            .n_groups = 2};
    mlab_choice_estimate got;
    ck_assert_int_eq(mlab_choice_fit(&pool, m.chosen, 150, &got, NULL), MLAB_OK);
    ck_assert_int_eq(got.trust, MLAB_TRUSTED);
    ck_near(got.score, m.expected[0], 1e-7, 0);
    ck_near(got.same_group, m.expected[1], 1e-7, 0);
    ck_near(got.score_error, m.expected[2], 1e-7, 0);
    ck_near(got.same_group_error, m.expected[3], 1e-7, 0);
    ck_near(got.likelihood_of_chance, m.expected[4], 1e-9, 0);
    ck_near(got.likelihood, m.expected[5], 1e-9, 0);
}
END_TEST

START_TEST(a_choice_that_always_falls_on_the_same_kind_is_told_and_one_without_groups_has_no_weight_for_them)
{
    const size_t first[] = {0, 2, 4, 6};
    const int32_t mentor[] = {0, 1, 0, 1, 0, 1};
    const double score[] = {90, 10, 80, 20, 30, 70};
    const mlab_choice best[] = {{0, 0}, {1, 2}, {2, 5}}, mixed[] = {{0, 0}, {1, 3}, {2, 5}};
    const mlab_pool pool = {.n_mentees = 3, .n_mentors = 2, .first = first, .mentor = mentor, .score = score};
    mlab_choice_estimate got;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_choice_fit(&pool, best, 3, &got, NULL), MLAB_OK);
    ck_assert_int_eq(got.trust, MLAB_SEPARATED);
    ck_assert_int_eq(mlab_choice_fit(&pool, mixed, 3, &got, NULL), MLAB_OK);
    ck_assert_int_eq(got.trust, MLAB_TRUSTED);
    ck_assert_double_eq(got.same_group, 0);
    ck_assert(isnan(got.same_group_error));
    const mlab_choice no_candidate[] = {{0, 4}};
    ck_assert_int_eq(mlab_choice_fit(&pool, no_candidate, 1, &got, &err), MLAB_ERR_MATCH_POOL);
    ck_assert_str_eq(err.sentence, "choice 0 is no candidate of its mentee");
}
END_TEST

/* --- hybrid --------------------------------------------------------------------------------------- */

START_TEST(who_finds_nobody_gets_a_structured_place_and_who_found_somebody_keeps_them)
{
    for (uint64_t salt = 0; salt < 50; salt++) {
        test_pool t = test_pool_hashed(40, 20, 3, 0, 0.8, 600 + salt);
        uint8_t claim[40];
        for (size_t i = 0; i < 40; i++) claim[i] = i % 4 != 0;
        mlab_policy_request request = {.pool = &t.pool, .seed = salt, .options = {.choice_meeting = 0.05}};
        int32_t alone[40], got[40], claimed[40], load[20] = {0};
        unsigned more = 0;
        assign("self_selection", &request, alone);
        assign("hybrid", &request, got);
        t.pool.mentee_places = claim;
        assign("hybrid", &request, claimed);
        for (size_t i = 0; i < 40; i++) {
            if (alone[i] != MLAB_UNMATCHED) ck_assert_int_eq(got[i], alone[i]);
            if (!claim[i]) ck_assert_int_eq(claimed[i], alone[i]);
            more += alone[i] == MLAB_UNMATCHED && got[i] != MLAB_UNMATCHED;
            if (got[i] != MLAB_UNMATCHED) load[got[i]]++;
        }
        ck_assert_uint_gt(more, 0);
        for (size_t j = 0; j < 20; j++) ck_assert_int_le(load[j], t.capacity[j]);
        request.options.choice_meeting = 1;
        request.options.hybrid_reserve = 1;
        t.pool.mentee_places = NULL;
        assign("hybrid", &request, got); /* all places held back: the optimal matching */
        assign("optimal", &request, alone);
        ck_assert_mem_eq(got, alone, sizeof got);
        test_pool_free(&t);
    }
}
END_TEST

START_TEST(every_failed_allocation_is_told)
{
    static const char *const names[] = {"network", "self_selection", "hybrid"};
    for (size_t p = 0; p < 3; p++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            const mlab_context failing = mlab_test_context(&memory, 1);
            int32_t got[4];
            const mlab_policy_request request = {.pool = &small, .options = {.mentors_each = p ? 1 : 2}};
            mlab_policy_result result = {.mentor_of = got};
            const mlab_status status = mlab_policy_assign(&failing, mlab_policy_find(names[p]), &request, &result, NULL);
            ck_assert_int_eq(memory.live, 0);
            if (status == MLAB_OK) {
                ck_assert_int_gt(k, 1);
                break;
            }
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
}
END_TEST

MLAB_TEST_MAIN("network", networks_are_as_good_as_trying_everything, everybody_gets_a_first_mentor_before_anybody_a_second,
               locked_mentors_stay_and_least_numbers_that_cannot_be_are_told, the_odds_of_a_choice_are_those_of_the_model,
               self_selection_fills_no_more_than_the_places_and_does_not_depend_on_the_others_taste,
               a_fitted_choice_has_the_weights_errors_and_likelihoods_of_clogit,
               a_choice_that_always_falls_on_the_same_kind_is_told_and_one_without_groups_has_no_weight_for_them,
               who_finds_nobody_gets_a_structured_place_and_who_found_somebody_keeps_them, every_failed_allocation_is_told)

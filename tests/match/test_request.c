/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front door of the policies: locked pairs, minimum score, hours, refusals. */
#include "pools.h"
#include "support/support.h"

static mlab_context context;

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
static const char *const simple[] = {"random", "deferred_acceptance", "optimal"};

static mlab_status run(const char *policy, const mlab_pool *pool, const mlab_policy_options *options, int32_t *got, mlab_error *err)
{
    context = mlab_test_context(NULL, 1);
    mlab_policy_request request = {.pool = pool, .seed = 1};
    if (options) request.options = *options;
    mlab_policy_result result = {.mentor_of = got};
    return mlab_policy_assign(&context, mlab_policy_find(policy), &request, &result, err);
}

START_TEST(a_locked_pair_stays_and_takes_its_place_whether_or_not_it_is_allowed)
{
    const int32_t locked[] = {MLAB_UNMATCHED, 1, MLAB_UNMATCHED}; /* mentee 1 and mentor 1: not among the candidates */
    mlab_pool pool = small;
    pool.locked = locked;
    for (size_t p = 0; p < 3; p++) {
        int32_t got[3];
        ck_assert_int_eq(run(simple[p], &pool, NULL, got, NULL), MLAB_OK);
        ck_assert_int_eq(got[0], 0); /* mentor 1 is full */
        ck_assert_int_eq(got[1], 1);
        ck_assert_int_eq(got[2], 2);
    }
}
END_TEST

START_TEST(more_locked_pairs_than_places_are_refused)
{
    const int32_t locked[] = {1, 1, MLAB_UNMATCHED}, beyond[] = {3, -1, -1};
    mlab_pool pool = small;
    mlab_error err = {0};
    int32_t got[3];
    pool.locked = locked;
    ck_assert_int_eq(run("optimal", &pool, NULL, got, &err), MLAB_ERR_MATCH_CAPACITY);
    ck_assert_str_eq(err.sentence, "mentor 1 has more locked pairs than the 1 places offered");
    pool.locked = beyond;
    ck_assert_int_eq(run("optimal", &pool, NULL, got, &err), MLAB_ERR_MATCH_POOL);
    ck_assert_str_eq(err.sentence, "mentee 0 is locked to mentor 3, allowed below 3");
}
END_TEST

START_TEST(no_pair_below_the_minimum_score_is_made)
{
    const mlab_policy_options options = {.minimum_score = 65};
    for (size_t p = 0; p < 3; p++) {
        int32_t got[3];
        ck_assert_int_eq(run(simple[p], &small, &options, got, NULL), MLAB_OK);
        ck_assert_int_eq(got[2], 1);
        ck_assert_int_eq(got[0] + got[1], MLAB_UNMATCHED); /* one of them has mentor 0, the other nobody */
    }
}
END_TEST

START_TEST(hours_that_are_alike_become_places_and_others_are_refused_by_name)
{
    const int32_t three[] = {3, 3, 3}, differ[] = {3, 2, 3}, hours[] = {5, 2, 7}; /* places 1, 0, 2 */
    mlab_pool pool = small;
    mlab_error err = {0};
    pool.mentor_hours = hours;
    pool.mentee_hours = three;
    for (size_t p = 0; p < 3; p++) {
        int32_t got[3];
        ck_assert_int_eq(run(simple[p], &pool, NULL, got, NULL), MLAB_OK);
        ck_assert_int_eq(got[2], 2);
        ck_assert_int_ne(got[0], 1);
    }
    int32_t got[3];
    pool.mentee_hours = differ;
    ck_assert_int_eq(run("deferred_acceptance", &pool, NULL, got, &err), MLAB_ERR_MATCH_UNSUPPORTED);
    ck_assert_str_eq(err.sentence, "policy 'deferred_acceptance' cannot keep to mentors' hours when mentees take different ones");
}
END_TEST

START_TEST(options_and_bounds_outside_their_range_are_refused)
{
    mlab_policy_options options = {.gap = 2};
    mlab_error err = {0};
    int32_t got[3];
    ck_assert_int_eq(run("optimal", &small, &options, got, &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "gap is 2, allowed 0 to 1");
    options = (mlab_policy_options){.minimum_score = (double)NAN};
    ck_assert_int_eq(run("optimal", &small, &options, got, &err), MLAB_ERR_ARGUMENT);
    options = (mlab_policy_options){.mentors_each = -1};
    ck_assert_int_eq(run("optimal", &small, &options, got, &err), MLAB_ERR_ARGUMENT);
    const int32_t lower[] = {2, 0, 0}, groups[] = {0, 2, 0};
    mlab_pool pool = small;
    pool.lower = lower;
    ck_assert_int_eq(run("optimal", &pool, NULL, got, &err), MLAB_ERR_MATCH_CAPACITY);
    ck_assert_str_eq(err.sentence, "mentor 0 takes at least 2 mentees, allowed 0 to the 1 places offered");
    pool = small;
    pool.mentee_group = groups;
    pool.n_groups = 2;
    ck_assert_int_eq(run("optimal", &pool, NULL, got, &err), MLAB_ERR_MATCH_POOL);
    ck_assert_str_eq(err.sentence, "mentee 1 is in group 2, allowed -1 to 1");
}
END_TEST

START_TEST(every_failed_allocation_with_locked_pairs_is_reported)
{
    const int32_t locked[] = {MLAB_UNMATCHED, 0, MLAB_UNMATCHED};
    mlab_pool pool = small;
    pool.locked = locked;
    for (size_t p = 0; p < 3; p++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            mlab_context failing = mlab_test_context(&memory, 1);
            int32_t got[3];
            mlab_status status = test_assign(&failing, simple[p], &pool, 1, 0, got, NULL);
            ck_assert_int_eq(memory.live, 0);
            if (status == MLAB_OK) break;
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
}
END_TEST

MLAB_TEST_MAIN("request", a_locked_pair_stays_and_takes_its_place_whether_or_not_it_is_allowed, more_locked_pairs_than_places_are_refused,
               no_pair_below_the_minimum_score_is_made, hours_that_are_alike_become_places_and_others_are_refused_by_name,
               options_and_bounds_outside_their_range_are_refused, every_failed_allocation_with_locked_pairs_is_reported)

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/pool.h"
#include "tables.h"

/* A firm of four whose grade and team change; their languages stand in the table, at rows 0 to 2 (a hire shares a row).
 *
 * person        10   20   30   40
 * row            0    1    2    1
 * language      en   de   en   de
 * grade          2    3    5    -      state
 * team           7    7    8    8      state
 */
static char seniority[] = "seniority", grade[] = "grade", team[] = "team", language[] = "language", semicolon[] = ";";
static mlab_rule rules[] = {
    {.name = seniority, .kind = MLAB_RULE_GAP, .mentee_column = grade, .mentor_column = grade, .weight = 2, .best = 2, .spread = 4},
    {.name = language, .kind = MLAB_RULE_OVERLAP, .mentee_column = language, .mentor_column = language, .weight = 1, .separator = semicolon},
};
static mlab_forbid forbids[] = {{.kind = MLAB_FORBID_SAME_TEAM, .column = team}};
static const mlab_match_spec spec = {.rules = rules, .n_rules = 2, .forbids = forbids, .n_forbids = 1};
static const char *const state_names[] = {"grade", "team"};

static const uint32_t mentee_entity[] = {10, 20, 40}, mentee_row[] = {0, 1, 1};
static const double mentee_grade[] = {2, 3, MLAB_ATTRIBUTE_MISSING}, mentee_team[] = {7, 7, 8};
static const uint32_t mentor_entity[] = {20, 30}, mentor_row[] = {1, 2};
static const double mentor_grade[] = {3, 5}, mentor_team[] = {7, 8};
static const double *const mentee_state[] = {mentee_grade, mentee_team}, *const mentor_state[] = {mentor_grade, mentor_team};
static const int32_t capacity[] = {1, 2};
static const mlab_pool_request request = {
    .mentees = {3, mentee_row, mentee_entity, mentee_state}, .mentors = {2, mentor_row, mentor_entity, mentor_state}, .capacity = capacity};

static mlab_scorer *scorer_of(const mlab_context *context, mlab_table **table)
{
    mlab_findings findings;
    mlab_scorer *scorer = NULL;
    mlab_error err = {0};
    mlab_findings_start(&findings, context);
    *table = test_table(context, 3);
    test_texts(*table, "language", TEXTS("en", "de", "en;fr"));
    ck_assert_msg(mlab_scorer_make(context, &spec, *table, *table, state_names, 2, &findings, &scorer, &err) == MLAB_OK, "%s", err.sentence);
    mlab_findings_free(&findings);
    return scorer;
}

START_TEST(a_cohort_is_scored_from_its_state_and_its_rows)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_table *table;
    mlab_scorer *scorer = scorer_of(&context, &table);
    mlab_pool_work work = MLAB_POOL_WORK(&context);
    ck_assert_int_eq(mlab_pool_build(scorer, &request, &work, NULL), MLAB_OK);
    /* 10-20: same team. 10-30: gap 3, s 3/4; en of en: 100 (1.5 + 1) / 3
     * 20-20: themselves. 20-30: gap 2, s 1; de: none of en, fr: 200 / 3
     * 40-20: grade not known; de of de: 100. 40-30: same team */
    ck_assert_uint_eq(work.pool.first[1], 1);
    ck_assert_uint_eq(work.pool.first[2], 2);
    ck_assert_uint_eq(work.pool.first[3], 3);
    ck_assert_int_eq(work.pool.mentor[0], 1);
    ck_assert_int_eq(work.pool.mentor[1], 1);
    ck_assert_int_eq(work.pool.mentor[2], 0);
    ck_near(work.pool.score[0], 250.0 / 3, 1e-11, 0);
    ck_near(work.pool.score[1], 200.0 / 3, 1e-11, 0);
    ck_near(work.pool.score[2], 100, 1e-11, 0);
    ck_assert_uint_eq(work.terms_missing, 1);
    ck_assert_uint_eq(work.pool.mentee_entity[2], 40);

    const long calls = memory.calls;
    ck_assert_int_eq(mlab_pool_build(scorer, &request, &work, NULL), MLAB_OK);
    ck_assert_int_eq(memory.calls, calls); /* the second cohort of a size allocates nothing */

    const uint64_t pairs[] = {UINT64_C(10) << 32 | 30, UINT64_C(40) << 32 | 99};
    const mlab_forbidden past = {"were a pair before", pairs, 2};
    mlab_pool_request again = request;
    again.forbidden = &past;
    again.n_forbidden = 1;
    ck_assert_int_eq(mlab_pool_build(scorer, &again, &work, NULL), MLAB_OK);
    ck_assert_uint_eq(work.pool.first[1], 0);
    ck_assert_uint_eq(work.pool.first[3], 2);
    ck_assert_str_eq(mlab_pool_forbidden(&again, 0, 1), "were a pair before");
    ck_assert_str_eq(mlab_pool_forbidden(&again, 1, 0), "themselves");
    ck_assert_ptr_null(mlab_pool_forbidden(&again, 2, 0));

    mlab_pool_work_free(&work);
    mlab_scorer_free(scorer);
    mlab_table_free(table);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(what_cannot_be_built_is_refused)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_table *table;
    mlab_scorer *scorer = scorer_of(&context, &table), *other = NULL;
    mlab_pool_work work = MLAB_POOL_WORK(&context);
    mlab_error err = {0};
    const uint32_t descending[] = {30, 20};
    mlab_pool_request wrong = request;
    wrong.mentors.entity = descending;
    ck_assert_int_eq(mlab_pool_build(scorer, &wrong, &work, &err), MLAB_ERR_MATCH_POOL);
    ck_assert_str_eq(err.sentence, "the mentors are not in ascending order of entity: 20 after 30");

    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_rule half = {.name = seniority, .kind = MLAB_RULE_SAME, .mentee_column = grade, .mentor_column = language, .weight = 1};
    const mlab_match_spec bad = {.rules = &half, .n_rules = 1};
    ck_assert_int_eq(mlab_scorer_make(&context, &bad, table, table, state_names, 2, &findings, &other, &err), MLAB_ERR_MATCH_COLUMN);
    ck_assert_str_eq(err.sentence, "rule 'seniority': 'grade' and 'language' cannot be compared while people change");
    ck_assert_ptr_null(other);
    mlab_findings_free(&findings);
    mlab_pool_work_free(&work);
    mlab_scorer_free(scorer);
    mlab_table_free(table);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_context whole = mlab_test_context(NULL, 1);
    mlab_table *table;
    mlab_scorer *scorer = scorer_of(&whole, &table);
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context context = mlab_test_context(&memory, 1);
        mlab_pool_work work = MLAB_POOL_WORK(&context);
        mlab_status status = mlab_pool_build(scorer, &request, &work, NULL);
        if (status) ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        mlab_pool_work_free(&work);
        ck_assert_int_eq(memory.live, 0);
        if (!status) break;
    }
    mlab_scorer_free(scorer);
    mlab_table_free(table);
}
END_TEST

MLAB_TEST_MAIN("pool", a_cohort_is_scored_from_its_state_and_its_rows, what_cannot_be_built_is_refused,
               every_failed_allocation_is_reported_and_nothing_leaks)

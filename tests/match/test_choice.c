/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Self-selection as in the past pairs, from tables of people; circles of teams that stay apart, from tables too. */
#include "tables.h"

#include <stdio.h>

enum { MENTORS = 4, MENTEES = 24 };

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_table *people[2]; /* mentors, mentees */
    char names[MENTEES][8];
    const char *past[MENTEES][2];
    mlab_policy_ask ask;
    mlab_match_spec spec;
    mlab_findings findings;
    mlab_pairs *got;
    mlab_error err;
} world;

static char gender[] = "gender", team[] = "team", self_selection[] = "self_selection", group[] = "group";
static char *policy;

/* Mentors a, b are f and c, d are m; every other mentee is f. Three of four past pairs are alike; six teams of four. */
static void start(world *w, const char *what)
{
    static const char *const mentors[] = {"a", "b", "c", "d"}, *const theirs[] = {"f", "f", "m", "m"};
    const char *ids[MENTEES], *kind[MENTEES], *teams[MENTEES];
    static const char *const letters[] = {"t0", "t1", "t2", "t3", "t4", "t5"};
    *w = (world){.memory = {0}};
    w->context = mlab_test_context(&w->memory, 1);
    for (size_t i = 0; i < MENTEES; i++) {
        snprintf(w->names[i], sizeof w->names[i], "p%02u", (unsigned)i);
        ids[i] = w->names[i];
        kind[i] = i % 2 ? "m" : "f";
        teams[i] = letters[i / 4];
        const bool alike = i % 4 != 1;
        w->past[i][0] = mentors[((i % 2 != 0) == alike ? 2 : 0) + i / 2 % 2];
        w->past[i][1] = w->names[i];
    }
    w->people[0] = test_table(&w->context, MENTORS);
    test_texts(w->people[0], "id", mentors);
    test_texts(w->people[0], "gender", theirs);
    w->people[1] = test_table(&w->context, MENTEES);
    test_texts(w->people[1], "id", ids);
    test_texts(w->people[1], "gender", kind);
    test_texts(w->people[1], "team", teams);
    policy = strcmp(what, "group") == 0 ? group : self_selection;
    w->spec = (mlab_match_spec){.default_capacity = 6, .policies = &policy, .n_policies = 1, .asks = &w->ask, .seed = 3};
    mlab_findings_start(&w->findings, &w->context);
}

static mlab_status match(world *w, size_t n_past)
{
    return mlab_match(&w->context, w->people[0], w->people[1], (const char *const(*)[2])w->past, n_past, &w->spec, &w->findings, &w->got, &w->err);
}

static void finish(world *w)
{
    mlab_pairs_free(w->got);
    mlab_findings_free(&w->findings);
    mlab_table_free(w->people[0]);
    mlab_table_free(w->people[1]);
    ck_assert_int_eq(w->memory.live, 0);
}

START_TEST(likeness_in_past_pairs_is_fitted_and_told_as_odds)
{
    world w;
    start(&w, "self_selection");
    w.ask.group_column = gender;
    w.ask.options.choice_fitted = true;
    ck_assert_msg(match(&w, MENTEES) == MLAB_OK, "%s", w.err.sentence);
    /* 18 of 24 alike, two of four candidates alike: odds 18/6 = 3; the standard error of the logarithm is sqrt(1/18 + 1/6) = 0.471;
     * scores are all equal */
    ck_assert_str_eq(w.got->why,
                     "as in 24 past pairs: 10 points more multiply the odds of a pair by not known, being of one group by 3.00 (1.19 to 7.56)");
    finish(&w);
}
END_TEST

START_TEST(too_few_past_pairs_and_a_policy_alone_are_refused)
{
    world w;
    start(&w, "self_selection");
    w.ask.options.choice_fitted = true;
    ck_assert_int_eq(match(&w, 19), MLAB_ERR_MATCH_POLICY);
    ck_assert_str_eq(w.err.sentence,
                     "19 past pairs are among the pairs allowed now, at least 20 are needed to fit a choice; state score and same_group");
    ck_assert_ptr_null(w.got);
    finish(&w);
    const size_t first[] = {0};
    const mlab_pool nobody = {.first = first};
    const mlab_policy_request request = {.pool = &nobody, .options = {.choice_fitted = true}};
    mlab_policy_result result = {.mentor_of = NULL};
    mlab_error err = {0};
    const mlab_context context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_policy_assign(&context, mlab_policy_find("self_selection"), &request, &result, &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "a choice is fitted to past pairs by matching people, not by a policy alone");
}
END_TEST

START_TEST(circles_from_tables_keep_teams_apart)
{
    world w;
    start(&w, "group");
    w.ask.team_columns = (char *[]){team};
    w.ask.n_team_columns = 1;
    w.ask.options.group_low = 3;
    ck_assert_msg(match(&w, 0) == MLAB_OK, "%s", w.err.sentence);
    unsigned met[MENTORS][6] = {{0}};
    for (size_t i = 0; i < MENTEES; i++)
        if (w.got->mentor_of[i] != MLAB_UNMATCHED) ck_assert_uint_eq(met[w.got->mentor_of[i]][i / 4]++, 0);
    ck_assert_uint_eq(w.got->n_pairs, MENTEES); /* six teams of four in four circles of six */
    ck_assert_int_eq(w.got->status, MLAB_POLICY_OPTIMAL);
    finish(&w);
}
END_TEST

START_TEST(every_failed_allocation_of_a_fitted_choice_is_told)
{
    for (long k = 1;; k++) {
        world w;
        start(&w, "self_selection");
        w.ask.group_column = gender;
        w.ask.options.choice_fitted = true;
        w.memory.fail_at = w.memory.calls + k;
        const mlab_status status = match(&w, MENTEES);
        w.memory.fail_at = 0;
        finish(&w);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 5);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}
END_TEST

MLAB_TEST_MAIN("choice", likeness_in_past_pairs_is_fitted_and_told_as_odds, too_few_past_pairs_and_a_policy_alone_are_refused,
               circles_from_tables_keep_teams_apart, every_failed_allocation_of_a_fitted_choice_is_told)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stays, leaves, states that change in time, and promotions by rule in a panel. */
#include "data/panel_world.h"

static world w;

/*          Q1          Q2          Q3          Q4
 *  p00  |-------X   H-|-----------|-----------|           leaves on 10 February and is back on 15 May
 *       a stay of its own: since, tenure and time in grade begin again; both exits would count
 *  p01  |-----------|---LLLLLLLLL|LLLLL------|             on leave from 1 May to 31 July, which is not at risk
 */
START_TEST(a_return_is_a_new_stay_and_a_leave_may_be_out_of_risk)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 2);
    world_stay(&w, 0, "2020-01-01", "2021-02-10", 0);
    world_stay(&w, 0, "2021-05-15", "2021-11-01", 1);
    world_stay(&w, 1, "2020-01-01", NULL, MLAB_CAUSE_STAYS);
    w.leaves[w.n_leaves++] = (mlab_panel_leave){1, day("2021-05-01"), day("2021-09-30")};
    const mlab_panel *panel = world_build(&w);
    const mlab_panel_event *exits = mlab_panel_find_event(panel, "exit");
    ck_assert_uint_eq(panel->n_rows, 4 + 4);
    ck_assert_uint_eq(panel->n_people, 2);
    ck_assert_int_eq(exits->what[0], 1);
    ck_assert_uint_eq(panel->spell[0], 0);
    ck_assert_uint_eq(panel->spell[1], 1);
    ck_assert_int_eq(panel->start[1], day("2021-05-14"));
    ck_assert_int_eq(panel->since[1], 0);
    ck_near(real(panel, "tenure", 1), 0, 0, 0);
    ck_assert_int_eq(exits->what[3], 2);
    ck_assert(panel->final[0].gone);
    size_t q2 = row_of(panel, 1, 1), q3 = row_of(panel, 1, 2);
    ck_near(exits->share[q2], 30.0 / 91, 1e-15, 0);
    ck_assert(!exits->at_risk[q3] && is_missing(panel, "exit", q3));
    ck_near(exits->share[row_of(panel, 1, 3)], 1, 0, 0);
    world_free(&w);
}
END_TEST

/*          Q1          Q2          Q3
 *  role |fitter-----|M----------|-----------   master from 1 April, the first day of Q2, on, with a promotion and a raise of hours
 *       the row of Q2 has the state of the evening before: what comes with a promotion cannot foretell it                          */
START_TEST(a_state_counts_from_the_day_after_its_change)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 2);
    world_states_start(&w, 3);
    world_change(&w, 0, day("2020-01-01"), 0, 0.5);
    world_change(&w, 0, day("2021-04-01"), 2, 1);
    world_change(&w, 0, day("2021-07-02"), 2, 0.75); /* the role stays: its clock runs on */
    world_promote(&w, 0, "2021-04-01", 1);
    const mlab_panel *panel = world_build(&w);
    const mlab_column *role = mlab_table_find(panel->rows, "role");
    ck_assert_str_eq(mlab_column_text(role, 0), "fitter");
    ck_assert_str_eq(mlab_column_text(role, 1), "fitter");
    ck_assert_int_eq(mlab_panel_find_event(panel, "promotion")->what[1], 1);
    ck_assert_int_eq(integer(panel, "grade", 1), 1);
    ck_near(real(panel, "fte", 1), 0.5, 0, 0);
    ck_assert_str_eq(mlab_column_text(role, 2), "master");
    ck_assert_int_eq(integer(panel, "grade", 2), 2);
    ck_near(real(panel, "fte", 2), 1, 0, 0);
    ck_near(real(panel, "fte", 3), 0.75, 0, 0);
    ck_near(real(panel, "months_in_role", 3), (day("2021-09-30") - day("2021-04-01")) / 30.4375, 1e-12, 0);
    ck_near(real(panel, "months_in_role", 0), 366 / 30.4375, 1e-12, 0);
    ck_assert(is_missing(panel, "role", row_of(panel, 1, 0)));
    world_free(&w);
}
END_TEST

/* A rule may count a change that is not upward, and leave out one that is. */
START_TEST(a_rule_says_which_changes_of_grade_are_promotions)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 2);
    world_promote(&w, 0, "2021-02-10", 2);
    w.promotions[0].counting = MLAB_COUNTS_NEVER;
    world_promote(&w, 1, "2021-02-10", 0);
    w.promotions[1].counting = MLAB_COUNTS_ALWAYS;
    const mlab_panel *panel = world_build(&w);
    const mlab_panel_event *promotion = mlab_panel_find_event(panel, "promotion");
    ck_assert_int_eq(promotion->what[row_of(panel, 0, 0)], 0);
    ck_assert_int_eq(integer(panel, "grade", row_of(panel, 0, 1)), 3);
    ck_near(real(panel, "time_in_grade", row_of(panel, 0, 1)), real(panel, "tenure", row_of(panel, 0, 1)), 0, 0);
    ck_assert_int_eq(promotion->what[row_of(panel, 1, 0)], 1);
    ck_assert_int_eq(integer(panel, "grade", row_of(panel, 1, 1)), 1);
    ck_assert_uint_eq(count_of(&w, "promotion_not_upward"), 0);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("panel_stays", a_return_is_a_new_stay_and_a_leave_may_be_out_of_risk, a_state_counts_from_the_day_after_its_change,
               a_rule_says_which_changes_of_grade_are_promotions)

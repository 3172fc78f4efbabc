/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Risk sets, clocks, answers and the grid of a panel. */
#include "core/error.h"
#include "data/panel_world.h"

static world w;

/*          Q1 (90 days)  Q2 (91 days)
 *  p00           H-------|------X      hired 2021-02-10 (day 41), leaves 2021-05-20 of her own will
 *  p01   ----------------|--R          retires 2021-04-10: censored
 *  p02   H=X                           hired and left on one day
 */
START_TEST(entry_is_delayed_and_days_at_risk_are_days_it_could_have_been)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 3);
    w.hired[0] = day("2021-02-10");
    world_leave(&w, 0, "2021-05-20", 0);
    world_leave(&w, 1, "2021-04-10", MLAB_CAUSE_CENSORS);
    w.hired[2] = day("2021-03-31");
    world_leave(&w, 2, "2021-03-31", 1);
    const mlab_panel *panel = world_build(&w);
    const mlab_panel_event *exits = mlab_panel_find_event(panel, "retention"), *promotion = mlab_panel_find_event(panel, "promoted");
    size_t entry = row_of(panel, 0, 0), last = row_of(panel, 0, 1), retires = row_of(panel, 1, 1), single = row_of(panel, 2, 0);
    ck_assert_uint_eq(panel->n_rows, 5);
    ck_assert_int_eq(panel->start[entry], day("2021-02-09"));
    ck_near(exits->share[entry], 50.0 / 90, 1e-15, 0);
    ck_near(real(panel, "tenure", entry), 0, 0, 0);
    ck_near(real(panel, "tenure", last), 50 / 365.25, 1e-15, 0);
    ck_assert_int_eq(panel->since[last], 1);
    ck_assert_int_eq(exits->what[last], 1);
    ck_assert_int_eq(exits->day[last], day("2021-05-20"));
    ck_near(exits->share[last], 1, 0, 0);     /* could have left on any day of the quarter */
    ck_near(promotion->share[last], 1, 0, 0); /* promotion comes before the exits of its period */
    ck_assert_str_eq(mlab_column_text(mlab_table_find(panel->rows, "exit"), last), "voluntary");
    ck_assert_int_eq(exits->what[retires], 0);
    ck_near(exits->share[retires], 10.0 / 91, 1e-15, 0);
    ck_assert_int_eq(exits->what[single], 2);
    ck_near(exits->share[single], 1.0 / 90, 1e-15, 0);
    world_free(&w);
}
END_TEST

/*          Q1          Q2          Q3          Q4       grades 1 2 3; 3 is the top
 *  p00  |----P------|--P----P---|-----------|-----------|   1 -> 2, 2 -> 3; the third is above the top
 *  p01  |--P--P-----|-----------|                           two in one period: the second only sets the grade
 *  p02  |---P----X--|                                       promotion and exit in one period
 */
START_TEST(promotion_recurs_its_clock_restarts_and_the_top_grade_is_not_at_risk)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 4);
    world_promote(&w, 0, "2020-06-30", 0); /* before the panel, to the same grade: nothing */
    world_promote(&w, 0, "2021-02-14", -1);
    world_promote(&w, 0, "2021-04-10", 2);
    world_promote(&w, 0, "2021-06-01", -1);
    world_promote(&w, 1, "2021-02-01", -1);
    world_promote(&w, 1, "2021-03-01", -1);
    world_promote(&w, 2, "2021-02-01", 1);
    world_promote(&w, 3, "2020-01-01", 1); /* on the day of hire */
    world_leave(&w, 2, "2021-03-01", 1);
    const mlab_panel *panel = world_build(&w);
    const mlab_panel_event *promotion = mlab_panel_find_event(panel, "promotion"), *exits = mlab_panel_find_event(panel, "exit");
    ck_assert_int_eq(promotion->day[row_of(panel, 0, 0)], day("2021-02-14"));
    ck_near(promotion->share[row_of(panel, 0, 0)], 1, 0, 0);
    ck_assert_int_eq(integer(panel, "grade", row_of(panel, 0, 0)), 1);
    ck_assert_int_eq(integer(panel, "grade", row_of(panel, 0, 1)), 2);
    ck_near(real(panel, "time_in_grade", row_of(panel, 0, 0)), 366 / 365.25, 1e-15, 0);
    ck_near(real(panel, "time_in_grade", row_of(panel, 0, 1)), 45 / 365.25, 1e-15, 0);
    ck_assert_int_eq(promotion->day[row_of(panel, 0, 1)], day("2021-04-10"));
    ck_assert_int_eq(promotion->at_risk[row_of(panel, 0, 2)], 0);
    ck_assert(is_missing(panel, "promoted", row_of(panel, 0, 2)));
    ck_near(promotion->share[row_of(panel, 0, 2)], 0, 0, 0);
    ck_assert_int_eq(exits->at_risk[row_of(panel, 0, 2)], 1);
    ck_assert_int_eq(promotion->day[row_of(panel, 1, 0)], day("2021-02-01"));
    ck_assert_int_eq(integer(panel, "grade", row_of(panel, 1, 1)), 3);
    ck_near(real(panel, "time_in_grade", row_of(panel, 1, 1)), 30 / 365.25, 1e-15, 0);
    ck_assert_int_eq(promotion->what[row_of(panel, 2, 0)], 1);
    ck_assert_int_eq(exits->what[row_of(panel, 2, 0)], 2);
    ck_near(promotion->share[row_of(panel, 2, 0)], 1, 1e-15, 0);
    ck_assert_int_eq(integer(panel, "grade", row_of(panel, 3, 0)), 2);
    ck_near(real(panel, "time_in_grade", row_of(panel, 3, 0)), real(panel, "tenure", row_of(panel, 3, 0)), 0, 0);
    ck_assert_uint_eq(count_of(&w, "second_promotion"), 2);
    ck_assert_uint_eq(count_of(&w, "promotion_before_panel"), 1);
    ck_assert_uint_eq(count_of(&w, "promotion_on_hire_day"), 1);
    world_free(&w);
}
END_TEST

START_TEST(nothing_after_as_of_has_happened)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 4);
    w.spec.as_of = day("2021-08-14"); /* 45 days into Q3 of 92 */
    world_leave(&w, 0, "2021-08-14", 0);
    world_leave(&w, 1, "2021-08-15", 0);
    world_promote(&w, 2, "2021-08-15", -1);
    w.hired[3] = day("2021-09-01");
    const mlab_panel *panel = world_build(&w);
    const mlab_panel_event *exits = mlab_panel_find_event(panel, "exit"), *promotion = mlab_panel_find_event(panel, "promotion");
    ck_assert_uint_eq(panel->n_rows, 9);
    ck_assert_uint_eq(panel->n_people, 3);
    ck_assert_int_eq(panel->n_periods, 4);
    ck_assert_int_eq(panel->stop[row_of(panel, 1, 2)], day("2021-08-14"));
    ck_assert_int_eq(exits->what[row_of(panel, 0, 2)], 1);
    ck_near(exits->share[row_of(panel, 0, 2)], 45.0 / 92, 1e-15, 0);
    ck_assert_int_eq(exits->what[row_of(panel, 1, 2)], 0);
    ck_assert_int_eq(promotion->what[row_of(panel, 2, 2)], 0);
    ck_assert_uint_eq(count_of(&w, "exit_after_panel"), 1);
    ck_assert_uint_eq(count_of(&w, "promotion_after_panel"), 1);
    ck_assert_uint_eq(count_of(&w, "not_in_panel"), 1);
    world_free(&w);
}
END_TEST

/*          Q1          Q2          Q3          Q4
 *  mood       low         high,-      -
 *  last   -           low         high        high       the missing answer is passed over
 */
START_TEST(answers_are_inside_the_period_and_the_last_one_before_it)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 2);
    world_answer(&w, 0, "2021-02-02", 0, 1.5);
    world_answer(&w, 0, "2021-04-02", 2, 2.5);
    world_answer(&w, 0, "2021-06-30", -1, 3.5);
    const mlab_panel *panel = world_build(&w);
    const mlab_column *mood = mlab_table_find(panel->rows, "mood"), *last = mlab_table_find(panel->rows, "mood_last");
    ck_assert(mood->ordered && last->ordered);
    ck_assert_str_eq(mlab_column_text(mood, 0), "low");
    ck_assert(last->missing[0]);
    ck_assert_str_eq(mlab_column_text(mood, 1), "high");
    ck_assert_str_eq(mlab_column_text(last, 1), "low");
    ck_assert(mood->missing[2] && mood->missing[3]);
    ck_assert_str_eq(mlab_column_text(last, 3), "high");
    ck_near(real(panel, "score", 1), 3.5, 0, 0);
    ck_near(real(panel, "score_last", 2), 3.5, 0, 0);
    ck_assert_str_eq(mlab_column_text(mlab_table_find(panel->rows, "code"), 4), "p00"); /* attributes by the file's row */
    world_free(&w);
}
END_TEST

START_TEST(split_exact_cuts_at_the_day_of_a_change)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 2);
    w.spec.split_exact = true;
    world_tie(&w, 1, 0, "2021-02-10", NULL, 0);
    world_promote(&w, 0, "2021-05-20", -1);
    const mlab_panel *panel = world_build(&w);
    ck_assert_int_eq(panel->stop[0], day("2021-02-09"));
    ck_assert_int_eq(panel->start[1], day("2021-02-09"));
    ck_assert_str_eq(arms_of(panel, 0), "none structured structured structured structured structured");
    ck_assert_int_eq(panel->stop[2], day("2021-05-20"));
    ck_assert_int_eq(mlab_panel_find_event(panel, "promotion")->what[2], 1);
    ck_assert_int_eq(integer(panel, "grade", 3), 2);
    world_free(&w);
}
END_TEST

START_TEST(the_grid_has_months_half_years_and_years)
{
    static const struct {
        int32_t months, periods;
        const char *from, *first_stop, *name;
    } grids[] = {{1, 12, "2021-01-01", "2021-01-31", "month"},    {3, 4, "2021-01-01", "2021-03-31", "quarter"},
                 {6, 2, "2021-01-01", "2021-06-30", "half-year"}, {12, 1, "2021-01-01", "2021-12-31", "year"},
                 {12, 2, "2020-02-15", "2021-02-14", "year"},     {1, 12, "2021-01-31", "2021-02-27", "month"}};
    for (size_t k = 0; k < sizeof grids / sizeof *grids; k++) {
        context = mlab_test_context(NULL, 1);
        world_start(&w, 2);
        w.spec.months_per_period = grids[k].months;
        w.spec.from = day(grids[k].from);
        const mlab_panel *panel = world_build(&w);
        ck_assert_int_eq(panel->n_periods, grids[k].periods);
        ck_assert_int_eq(panel->stop[0], day(grids[k].first_stop));
        ck_assert_str_eq(panel->period_name, grids[k].name);
        world_free(&w);
    }
}
END_TEST

/* The year ends with the last row; what happened in Q4 is in no row's start:
 *   p00   Q3 grade 1   Q4: promoted to 2, then up to 3 ---   a relationship from 5 November on: none in Q4's row
 *   p01   the mentor, and retires on the last day
 *   p02   nothing happens                                                                                        */
START_TEST(the_state_at_the_end_of_the_last_row_has_what_happened_in_it)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 3);
    world_promote(&w, 0, "2021-10-20", -1);
    world_promote(&w, 0, "2021-12-01", -1);
    world_tie(&w, 1, 0, "2021-11-05", NULL, 0);
    world_leave(&w, 1, "2021-12-31", MLAB_CAUSE_CENSORS);
    const mlab_panel *panel = world_build(&w);
    const size_t last = row_of(panel, 0, 3);
    ck_assert_int_eq(integer(panel, "grade", last), 1);
    ck_assert_int_eq(panel->arm[last], 0);
    ck_assert_int_eq(panel->final[0].grade, 3);
    ck_assert_int_eq(panel->final[0].grade_since, day("2021-12-01"));
    ck_assert_str_eq(panel->arms[panel->final[0].arm], "structured");
    ck_assert(!panel->final[0].gone && !panel->final[0].mentoring);
    ck_assert(panel->final[1].gone && panel->final[1].mentoring);
    ck_assert_int_eq(panel->final[2].grade, 1);
    ck_assert_int_eq(panel->final[2].grade_since, day("2019-12-31"));
    ck_assert_int_eq(panel->final[2].arm, 0);
    world_free(&w);
}
END_TEST

START_TEST(what_cannot_be_built_is_told)
{
    mlab_error err = {0};
    context = mlab_test_context(NULL, 1);
    world_start(&w, 1);
    w.hired[0] = day("2022-01-01");
    ck_assert_int_eq(world_try(&w, &err), MLAB_ERR_DATA_EMPTY);
    ck_assert_ptr_null(w.panel);
    world_free(&w);
    world_start(&w, 2);
    world_tie(&w, 0, 1, "2021-02-01", NULL, 0);
    w.arms[0].filter = "knid == 'program'";
    w.arms[0].place = mlab_place_text("study.yaml", 30, 20);
    ck_assert_int_eq(world_try(&w, &err), MLAB_ERR_DATA_COLUMN);
    ck_assert_str_eq(err.place.file, "study.yaml");
    ck_assert_uint_eq(err.place.line, 30);
    world_free(&w);
    world_start(&w, 2);
    w.spec.months_per_period = 2;
    ck_assert_int_eq(world_try(&w, &err), MLAB_ERR_ARGUMENT);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("panel", the_state_at_the_end_of_the_last_row_has_what_happened_in_it, entry_is_delayed_and_days_at_risk_are_days_it_could_have_been,
               promotion_recurs_its_clock_restarts_and_the_top_grade_is_not_at_risk, nothing_after_as_of_has_happened,
               answers_are_inside_the_period_and_the_last_one_before_it, split_exact_cuts_at_the_day_of_a_change,
               the_grid_has_months_half_years_and_years, what_cannot_be_built_is_told)

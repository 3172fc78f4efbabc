/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/error.h"
#include "core/random.h"
#include "panel_world.h"

#include <stdlib.h>

static void world_stay(world *w, uint32_t person, const char *from, const char *to, int32_t cause)
{
    int32_t first = day(from);
    w->spells[w->n_spells++] = (mlab_panel_spell){person, first, to ? day(to) : NEVER, cause, first, 0, first - 1};
}

static const char *const world_roles[] = {"fitter", "foreman", "master"}, *const world_states[] = {"role", "fte"},
                         *const world_clocks[] = {"months_in_role", NULL};

/* Room for n changes of the states role (-1 = missing) and fte; in the order of person and day. */
static void world_states_start(world *w, size_t n)
{
    mlab_error err = {0};
    mlab_table *table;
    ck_assert_int_eq(mlab_table_make(&context, n, &table, &err), MLAB_OK);
    add_column(table, "role", MLAB_COLUMN_FACTOR, world_roles, 3);
    add_column(table, "fte", MLAB_COLUMN_REAL, NULL, 0);
    w->states = (mlab_panel_states){.table = table,
                                    .person = w->state_person,
                                    .date = w->state_date,
                                    .row = w->state_row,
                                    .names = world_states,
                                    .clocks = world_clocks,
                                    .n_names = 2};
}

static void world_change(world *w, uint32_t person, int32_t date, int32_t role, double fte)
{
    mlab_table *table = (mlab_table *)(uintptr_t)w->states.table;
    size_t i = w->states.n++;
    ck_assert_uint_lt(i, table->n_rows);
    w->state_person[i] = person;
    w->state_date[i] = date;
    w->state_row[i] = (uint32_t)(table->n_rows - 1 - i); /* the table's order is another */
    set_integer(table, mlab_table_find(table, "role"), w->state_row[i], role);
    mlab_table_find(table, "fte")->as.real[w->state_row[i]] = fte;
}

static world w;

/* "none none structured" of a person's rows */
static const char *arms_of(const mlab_panel *panel, uint32_t person)
{
    static char into[400];
    into[0] = 0;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (panel->person[i] != person) continue;
        if (into[0]) strcat(into, " ");
        strcat(into, panel->arm[i] < 0 ? "?" : panel->arms[panel->arm[i]]);
    }
    return into;
}

static size_t row_of(const mlab_panel *panel, uint32_t person, int32_t period)
{
    for (size_t i = 0; i < panel->n_rows; i++)
        if (panel->person[i] == person && panel->period[i] == period) return i;
    ck_abort_msg("person %u has no row in period %d", person, period);
    return 0;
}

static double real(const mlab_panel *panel, const char *name, size_t row)
{
    return mlab_table_find(panel->rows, name)->as.real[row];
}
static int32_t integer(const mlab_panel *panel, const char *name, size_t row)
{
    return mlab_table_find(panel->rows, name)->as.integer[row];
}
static bool is_missing(const mlab_panel *panel, const char *name, size_t row)
{
    const mlab_column *column = mlab_table_find(panel->rows, name);
    return column->missing && column->missing[row];
}

static uint64_t count_of(const char *kind)
{
    uint64_t n = 0;
    for (size_t k = 0; k < w.findings.n; k++)
        if (!strcmp(w.findings.items[k].kind, kind)) n += w.findings.items[k].count;
    return n;
}

/*          Q1          Q2          Q3          Q4
 *  p00  |-----------|-----------|-----------|-----------|
 *  p01  |-----------|--S========|===========|===========|   starts inside Q2: counts from Q3
 *  p02  |-----------|S==========|===========|===========|   starts on the first day of Q2: counts from Q2
 *  p03  |-----------|-----S===E-|===========|===========|   ends before Q3: stays in its arm
 *  p04  |-----------|-----------|-----------|--------S==|   after the last start: never counts
 */
START_TEST(a_relationship_counts_from_the_first_period_that_begins_with_it)
{
    context = mlab_test_context(NULL, 2);
    world_start(&w, 6);
    world_tie(&w, 5, 2, "2021-04-01", NULL, 0);
    world_tie(&w, 5, 3, "2021-05-10", "2021-06-10", 0);
    world_tie(&w, 5, 1, "2021-04-20", NULL, 0);
    world_tie(&w, 5, 4, "2021-10-02", NULL, 0);
    const mlab_panel *panel = world_build(&w);
    ck_assert_uint_eq(panel->n_rows, 24);
    ck_assert_int_eq(panel->start[0], day("2020-12-31"));
    ck_assert_int_eq(panel->stop[0], day("2021-03-31"));
    ck_assert_int_eq(panel->stop[3], day("2021-12-31"));
    ck_assert_str_eq(arms_of(panel, 0), "none none none none");
    ck_assert_str_eq(arms_of(panel, 1), "none none structured structured");
    ck_assert_str_eq(arms_of(panel, 2), "none structured structured structured");
    ck_assert_str_eq(arms_of(panel, 3), "none none structured structured");
    ck_assert_str_eq(arms_of(panel, 4), "none none none none");
    ck_assert_int_eq(panel->n_arms, 3); /* nobody is in "both" or "past" */
    for (uint32_t person = 0; person < 5; person++) ck_assert(!panel->prevalent[row_of(panel, person, 3)]);
    /* the mentor: mentoring at the start of Q2, Q3, Q4 */
    ck_assert_int_eq(integer(panel, "mentoring_others", row_of(panel, 5, 0)), 0);
    ck_assert_int_eq(integer(panel, "mentoring_others", row_of(panel, 5, 1)), 1);
    ck_assert_int_eq(integer(panel, "mentoring_others", row_of(panel, 5, 3)), 1);
    world_free(&w);
}
END_TEST

/*          Q1          Q2          Q3          Q4
 *  p00  |--S=====E--|-----------|-----S=====|==E--------|   arm none, then past, then past, structured... as it is now
 */
START_TEST(current_exposure_has_a_level_past_and_never_goes_back_to_none)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 2);
    w.spec.exposure_current = true;
    world_tie(&w, 1, 0, "2021-01-10", "2021-03-01", 0);
    world_tie(&w, 1, 0, "2021-08-01", "2021-11-01", 1);
    const mlab_panel *panel = world_build(&w);
    ck_assert_str_eq(arms_of(panel, 0), "none past past informal");
    ck_assert_int_eq(panel->n_arms, 4);
    ck_assert_str_eq(panel->arms[3], "past");
    world_free(&w);
}
END_TEST

START_TEST(a_relationship_ends_when_either_of_the_two_leaves)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 4);
    w.spec.exposure_current = true;
    world_tie(&w, 1, 0, "2021-01-10", NULL, 0); /* the mentor leaves in Q2 */
    world_tie(&w, 2, 3, "2021-01-10", NULL, 0); /* the mentee leaves in Q3 */
    world_leave(&w, 1, "2021-05-05", 0);
    world_leave(&w, 3, "2021-08-08", 0);
    const mlab_panel *panel = world_build(&w);
    ck_assert_str_eq(arms_of(panel, 0), "none structured past past");
    ck_assert_int_eq(integer(panel, "mentoring_others", row_of(panel, 2, 2)), 1);
    ck_assert_int_eq(integer(panel, "mentoring_others", row_of(panel, 2, 3)), 0);
    world_free(&w);
}
END_TEST

/*          Q1          Q2          Q3          Q4
 *  p00  |--S========|===========|==I========|===========|   structured, then informal beside it
 */
START_TEST(a_second_arm_is_both_or_the_first_of_the_list)
{
    for (int listed = 0; listed < 3; listed++) {
        context = mlab_test_context(NULL, 1);
        world_start(&w, 2);
        world_tie(&w, 1, 0, "2021-01-10", "2021-02-10", 0);
        world_tie(&w, 1, 0, "2021-07-10", NULL, 1);
        w.spec.both_separate = listed == 0;
        if (listed == 2) memcpy(w.priority, (const int32_t[]){1, 0}, sizeof w.priority);
        const mlab_panel *panel = world_build(&w);
        ck_assert_str_eq(arms_of(panel, 0), listed == 0   ? "none structured structured both"
                                            : listed == 1 ? "none structured structured structured"
                                                          : "none structured structured informal");
        ck_assert_int_eq(panel->n_arms, listed ? 3 : 4);
        world_free(&w);
    }
}
END_TEST

/*  records of relationships cover 2021-04-01 .. 2021-09-30; p00 has none, p01 one from Q2 on */
START_TEST(time_that_no_source_covers_is_unknown_not_none)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 3);
    w.known_from = day("2021-04-01");
    w.known_to = day("2021-09-30");
    world_tie(&w, 2, 1, "2021-04-05", NULL, 0);
    const mlab_panel *panel = world_build(&w);
    ck_assert_str_eq(arms_of(panel, 0), "? none none ?");
    ck_assert_str_eq(arms_of(panel, 1), "? none structured structured");
    ck_assert(is_missing(panel, "arm", 0) && !is_missing(panel, "arm", 1));
    ck_assert_uint_eq(count_of("unknown_arm"), 1);
    world_free(&w);
    /* without any source of arms, all of it is unknown */
    world_start(&w, 1);
    w.spec.n_arms = 0;
    ck_assert_str_eq(arms_of(world_build(&w), 0), "? ? ? ?");
    world_free(&w);
}
END_TEST

START_TEST(pairs_that_never_met_do_not_count_and_unclear_ones_make_the_arm_unknown)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 5);
    w.arms[0].met = "met";
    w.arms[0].least_meetings = 1;
    for (uint32_t mentee = 0; mentee < 4; mentee++) world_tie(&w, 4, mentee, "2021-02-01", NULL, 0);
    w.ties[0].met = 0;
    w.ties[1].met = 1;
    w.ties[2].met = -1;  /* missing */
    w.ties[3].kind = -1; /* missing */
    const mlab_panel *panel = world_build(&w);
    ck_assert_str_eq(arms_of(panel, 0), "none none none none");
    ck_assert_str_eq(arms_of(panel, 1), "none structured structured structured");
    ck_assert_str_eq(arms_of(panel, 2), "none ? ? ?");
    ck_assert_str_eq(arms_of(panel, 3), "none ? ? ?");
    ck_assert_int_eq(w.items[0].kind, -1);
    ck_assert_int_eq(w.items[1].kind, 1);
    ck_assert_uint_eq(count_of("relationship_unclear"), 2);
    world_free(&w);
}
END_TEST

/*            2020 |  Q1          Q2
 *  p00    S=======|===========|====     before the panel: prevalent
 *  p01            |S==========|====     on its first day: not
 *  p02      hired in Q2, matched since before: |--H===   prevalent
 */
START_TEST(relationships_older_than_the_panel_or_the_entry_are_prevalent)
{
    context = mlab_test_context(NULL, 1);
    world_start(&w, 4);
    w.hired[2] = day("2021-05-05");
    world_tie(&w, 3, 0, "2020-06-01", "2020-09-01", 0);
    world_tie(&w, 3, 1, "2021-01-01", NULL, 0);
    world_tie(&w, 3, 2, "2021-05-01", NULL, 0);
    const mlab_panel *panel = world_build(&w);
    ck_assert(panel->prevalent[row_of(panel, 0, 0)] && panel->prevalent[row_of(panel, 0, 3)]);
    ck_assert(!panel->prevalent[row_of(panel, 1, 0)]);
    ck_assert(panel->prevalent[row_of(panel, 2, 1)]);
    ck_assert(w.items[0].prevalent && !w.items[1].prevalent && w.items[2].prevalent);
    ck_assert_uint_eq(count_of("prevalent_relationship"), 2);
    ck_assert_str_eq(arms_of(panel, 0), "structured structured structured structured");
    world_free(&w);
}
END_TEST

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
    ck_assert_uint_eq(count_of("second_promotion"), 2);
    ck_assert_uint_eq(count_of("promotion_before_panel"), 1);
    ck_assert_uint_eq(count_of("promotion_on_hire_day"), 1);
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
    ck_assert_uint_eq(count_of("exit_after_panel"), 1);
    ck_assert_uint_eq(count_of("promotion_after_panel"), 1);
    ck_assert_uint_eq(count_of("not_in_panel"), 1);
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

/* --- random worlds -------------------------------------------------------------------------------- */

static uint32_t drawn; /* number of the next draw of a world */
static mlab_address address;
static int32_t below(int32_t n)
{
    return (int32_t)mlab_random_below(&(mlab_address){.seed = address.seed, .entity = drawn++}, 0, (uint64_t)n);
}

static void random_spec(void)
{
    static const int32_t months[] = {1, 3, 6, 12};
    w.spec.months_per_period = months[below(4)];
    w.spec.from = day("2020-06-01") + below(400);
    w.spec.to = w.spec.from + 200 + below(500);
    w.spec.as_of = w.spec.to - 100 + below(200);
    w.spec.both_separate = below(2);
    w.spec.exposure_current = below(2);
    w.spec.split_exact = below(4) == 0;
    w.priority[0] = below(2);
    w.priority[1] = 1 - w.priority[0];
    if (below(2)) {
        w.arms[0].met = "met";
        w.arms[0].least_meetings = 2;
    }
    if (below(3) == 0) w.arms[1].filter = "";
    if (below(3) == 0) w.known_from = w.spec.from + below(300);
    if (below(3) == 0) w.known_to = w.spec.to - below(300);
}

static int by_person_date(const void *a, const void *b)
{
    const mlab_panel_promotion *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    return x->date != y->date ? (x->date < y->date ? -1 : 1) : x->line < y->line ? -1 : 1;
}

/* Each person hired between 2019 and 2021, some leave, some are promoted, answer, mentor and are mentored. */
static void random_world(uint64_t seed)
{
    address.seed = seed;
    drawn = 0;
    world_start(&w, 20);
    random_spec();
    for (uint32_t i = 0; i < w.n; i++) {
        w.hired[i] = day("2019-06-01") + below(900);
        w.grade[i] = below(4) - 1;
        if (below(2)) {
            w.left[i] = w.hired[i] + below(700);
            w.cause[i] = below(3);
            if (w.cause[i] == 2) w.cause[i] = MLAB_CAUSE_CENSORS;
        }
        int32_t until = w.left[i] == NEVER ? w.spec.to + 50 : w.left[i];
        if (until < w.hired[i]) until = w.hired[i];
        for (int k = below(4); k > 0; k--)
            w.promotions[w.n_promotions++] =
                (mlab_panel_promotion){.person = i, .date = w.hired[i] + below(until - w.hired[i] + 1), .to = below(4) - 1};
        int32_t at = w.hired[i];
        for (int k = below(4); k > 0; k--) {
            w.answers[w.n_answers].person = i;
            w.answers[w.n_answers].date = at += below(150);
            w.answers[w.n_answers].mood = below(4) - 1;
            w.answers[w.n_answers++].score = below(100);
        }
    }
    for (size_t i = 0; i < w.n_promotions; i++) w.promotions[i].line = i + 2;
    qsort(w.promotions, w.n_promotions, sizeof *w.promotions, by_person_date);
    int32_t start = day("2020-01-01");
    for (int k = 0; k < 30; k++) {
        uint32_t mentee = (uint32_t)below(20), mentor = below(10) ? (uint32_t)below(20) : MLAB_NO_PERSON;
        start += below(40);
        w.ties[w.n_ties].mentor = mentor;
        w.ties[w.n_ties].mentee = mentee;
        w.ties[w.n_ties].start = start;
        w.ties[w.n_ties].end = below(3) ? start + below(300) : NEVER;
        w.ties[w.n_ties].kind = below(20) ? below(3) : -1;
        w.ties[w.n_ties++].met = below(20) ? below(5) : -1;
    }
}

/* Half of those who left come back; all have states that change, some are on leave; some changes of grade are no promotions. */
static void random_stays(void)
{
    world_states_start(&w, 160);
    for (uint32_t i = 0; i < w.n; i++) {
        int32_t until = w.left[i] == NEVER ? w.spec.to + 50 : w.left[i], at = w.hired[i];
        w.spells[w.n_spells++] = (mlab_panel_spell){i, w.hired[i], w.left[i], w.cause[i], w.hired[i], w.grade[i], w.hired[i] - 1};
        for (int k = below(4); k > 0 && at <= until; k--, at += below(300)) world_change(&w, i, at, below(4) - 1, below(2) ? 1 : 0.5);
        if (until > w.hired[i] + 40 && below(3) == 0) {
            int32_t from = w.hired[i] + 1 + below(until - w.hired[i] - 20);
            w.leaves[w.n_leaves++] = (mlab_panel_leave){i, from, from + below(19)};
        }
        if (w.left[i] == NEVER || below(2)) continue;
        mlab_panel_spell again = {i, w.left[i] + 1 + below(200), NEVER, MLAB_CAUSE_STAYS, 0, below(4) - 1, 0};
        if (below(2)) {
            again.to = again.from + below(300);
            again.cause = below(2);
        }
        again.since = below(2) ? again.from : again.from - (w.left[i] - w.hired[i] + 1);
        again.grade_since = again.since - 1;
        w.spells[w.n_spells++] = again;
        for (int k = below(3); k > 0; k--) {
            int32_t end = again.to == NEVER ? again.from + 300 : again.to;
            w.promotions[w.n_promotions] = (mlab_panel_promotion){
                .person = i, .date = again.from + below(end - again.from + 1), .to = below(5) - 2, .line = 500 + w.n_promotions};
            w.n_promotions++;
        }
        if (below(2)) world_change(&w, i, again.from, below(4) - 1, 0.25);
        if (below(2)) world_change(&w, i, again.from + 30, below(4) - 1, 0.75);
    }
    size_t kept = 0; /* nothing happens on a leave */
    for (size_t k = 0; k < w.n_promotions; k++) {
        bool away = false;
        for (size_t m = 0; m < w.n_leaves; m++)
            away |=
                w.leaves[m].person == w.promotions[k].person && w.promotions[k].date >= w.leaves[m].from && w.promotions[k].date <= w.leaves[m].to;
        w.promotions[k].counting = (mlab_panel_counting)below(3);
        if (!away) w.promotions[kept++] = w.promotions[k];
    }
    w.n_promotions = kept;
    qsort(w.promotions, w.n_promotions, sizeof *w.promotions, by_person_date);
}

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
    ck_assert_uint_eq(count_of("promotion_not_upward"), 0);
    world_free(&w);
}
END_TEST

START_TEST(random_worlds_agree_with_a_second_derivation)
{
    size_t rows = 0, events = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        context = mlab_test_context(NULL, 1);
        random_world(seed);
        if (seed > 150) random_stays();
        const mlab_panel *panel = world_build(&w);
        rows += panel->n_rows;
        for (size_t i = 0; i < panel->n_rows; i++) events += (size_t)(panel->events[0].what[i] > 0) + (size_t)(panel->events[1].what[i] > 0);
        world_free(&w);
    }
    ck_assert_uint_gt(rows, 20000);
    ck_assert_uint_gt(events, 2000);
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

/* Flips a bit of a cell; the check must fail; flips it back. */
static void damage(void *cell, size_t byte, unsigned char bit)
{
    mlab_error err = {0};
    ((unsigned char *)cell)[byte] ^= bit;
    ck_assert_int_eq(mlab_panel_check_inputs(&context, &w.people_in, w.promotions, w.n_promotions, &w.surveys_in, &w.ties_in, &w.spec, w.panel, &err),
                     MLAB_ERR_ARGUMENT);
    ((unsigned char *)cell)[byte] ^= bit;
}

START_TEST(a_damaged_panel_is_found)
{
    mlab_error err = {0};
    context = mlab_test_context(NULL, 1);
    random_world(7);
    mlab_panel *panel = world_build(&w);
    size_t i = panel->n_rows / 2;
    damage(&panel->start[i], 0, 1);
    damage(&panel->stop[i], 0, 1);
    damage(&panel->period[i], 0, 1);
    damage(&panel->since[i], 0, 1);
    damage(&panel->arm[i], 0, 1);
    damage(&panel->prevalent[i], 0, 1);
    damage(&panel->person[i], 0, 1);
    damage(&panel->n_people, 0, 1);
    damage(&panel->events[0].share[i], 6, 8);
    damage(&panel->events[1].share[i], 6, 8);
    damage(&panel->events[1].what[i], 0, 1);
    damage(&mlab_table_find(panel->rows, "tenure")->as.real[i], 6, 8);
    damage(&mlab_table_find(panel->rows, "time_in_grade")->as.real[i], 6, 8);
    damage(&mlab_table_find(panel->rows, "mentoring_others")->as.integer[i], 0, 1);
    ck_assert_int_eq(mlab_panel_check(panel, &err), MLAB_OK);
    world_free(&w);
}
END_TEST

START_TEST(one_and_seven_threads_make_the_same_panel)
{
    static world kept;
    context = mlab_test_context(NULL, 1);
    random_world(11);
    const mlab_panel *one = world_build(&w);
    kept = w;
    context.threads = 7;
    random_world(11);
    const mlab_panel *seven = world_build(&w);
    ck_assert_uint_eq(one->n_rows, seven->n_rows);
    ck_assert_mem_eq(one->arm, seven->arm, one->n_rows * sizeof *one->arm);
    ck_assert_mem_eq(one->events[1].share, seven->events[1].share, one->n_rows * sizeof(double));
    ck_assert_mem_eq(mlab_table_find(one->rows, "mood_last")->as.integer, mlab_table_find(seven->rows, "mood_last")->as.integer, one->n_rows * 4);
    world_free(&w);
    world_free(&kept);
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

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    context = mlab_test_context(&memory, 1);
    random_world(5);
    world_tables(&w);
    world_inputs(&w);
    long live = memory.live;
    for (long k = 1;; k++) {
        mlab_error err = {0};
        memory.calls = 0;
        memory.fail_at = k;
        mlab_findings_start(&w.findings, &context);
        mlab_status status =
            mlab_panel_build(&context, &w.people_in, w.promotions, w.n_promotions, &w.surveys_in, &w.ties_in, &w.spec, &w.findings, &w.panel, &err);
        ck_assert((status == MLAB_OK) == (w.panel != NULL));
        mlab_panel_free(w.panel);
        mlab_findings_free(&w.findings);
        ck_assert_int_eq(memory.live, live);
        if (status == MLAB_OK) {
            ck_assert_int_gt(k, 50);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    memory.fail_at = 0;
    w.panel = NULL;
    world_free(&w);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("panel", a_relationship_counts_from_the_first_period_that_begins_with_it,
               current_exposure_has_a_level_past_and_never_goes_back_to_none, a_relationship_ends_when_either_of_the_two_leaves,
               a_second_arm_is_both_or_the_first_of_the_list, time_that_no_source_covers_is_unknown_not_none,
               pairs_that_never_met_do_not_count_and_unclear_ones_make_the_arm_unknown, the_state_at_the_end_of_the_last_row_has_what_happened_in_it,
               relationships_older_than_the_panel_or_the_entry_are_prevalent, entry_is_delayed_and_days_at_risk_are_days_it_could_have_been,
               promotion_recurs_its_clock_restarts_and_the_top_grade_is_not_at_risk, nothing_after_as_of_has_happened,
               answers_are_inside_the_period_and_the_last_one_before_it, split_exact_cuts_at_the_day_of_a_change,
               the_grid_has_months_half_years_and_years, a_return_is_a_new_stay_and_a_leave_may_be_out_of_risk,
               a_state_counts_from_the_day_after_its_change, a_rule_says_which_changes_of_grade_are_promotions,
               random_worlds_agree_with_a_second_derivation, a_damaged_panel_is_found, one_and_seven_threads_make_the_same_panel,
               what_cannot_be_built_is_told, every_failed_allocation_is_reported_and_nothing_leaks)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When somebody counts as mentored, and by which arm. */
#include "data/panel_world.h"

static world w;

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
    ck_assert_uint_eq(count_of(&w, "unknown_arm"), 1);
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
    ck_assert_uint_eq(count_of(&w, "relationship_unclear"), 2);
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
    ck_assert_uint_eq(count_of(&w, "prevalent_relationship"), 2);
    ck_assert_str_eq(arms_of(panel, 0), "structured structured structured structured");
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("panel_exposure", a_relationship_counts_from_the_first_period_that_begins_with_it,
               current_exposure_has_a_level_past_and_never_goes_back_to_none, a_relationship_ends_when_either_of_the_two_leaves,
               a_second_arm_is_both_or_the_first_of_the_list, time_that_no_source_covers_is_unknown_not_none,
               pairs_that_never_met_do_not_count_and_unclear_ones_make_the_arm_unknown, relationships_older_than_the_panel_or_the_entry_are_prevalent)

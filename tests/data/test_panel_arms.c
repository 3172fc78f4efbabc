/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arms from several sources on the panel: what surveys say beside relationships, what stays unknown, and meetings with days. */
#include "core/random.h"
#include "panel_world.h"

#include <stdlib.h>

static world w;
static mlab_panel_exposure items[MOST];
static uint8_t asked[2] = {0, 1};
static mlab_panel_exposures exposures = {.items = items, .asked = asked};

/* The arm informal is asked for in a survey, structured comes from pairs. */
static void start(uint32_t n)
{
    context = mlab_test_context(NULL, 2);
    world_start(&w, n);
    w.arms[1] = (mlab_panel_arm){.name = "informal", .filter = "", .met = "", .not_related = true};
    exposures.n = 0;
    w.spec.exposures = &exposures;
}

static void say(uint32_t person, const char *from, const char *to, bool in)
{
    items[exposures.n++] =
        (mlab_panel_exposure){.person = person, .arm = 1, .from = day(from), .to = to ? day(to) : NEVER, .in = in, .began = day(from)};
}

static void has_arms(const char *expected)
{
    static char got[400];
    mlab_panel *panel = world_build(&w);
    got[0] = 0;
    for (size_t i = 0; i < panel->n_rows; i++) {
        if (got[0]) strcat(got, i && panel->person[i] != panel->person[i - 1] ? " | " : " ");
        strcat(got, panel->arm[i] < 0 ? "?" : panel->arms[panel->arm[i]]);
    }
    ck_assert_str_eq(got, expected);
    world_free(&w);
}

/*  person   Q1        Q2             Q3               Q4
 *  p0       no ─────────────────┐    (nothing said)
 *  p1       (nothing)  since 05-10 informal ──────────
 *  p2       no ──────────────────────────────────────
 */
START_TEST(what_no_source_says_is_unknown_and_not_none)
{
    start(3);
    say(0, "2021-01-01", "2021-06-30", false);
    say(1, "2021-05-10", "2021-12-31", true);
    say(2, "2021-01-01", NULL, false);
    has_arms("none none ? ? | ? ? informal informal | none none none none");
}
END_TEST

START_TEST(who_is_in_one_arm_is_unknown_while_the_other_is)
{
    start(2);
    world_tie(&w, MLAB_NO_PERSON, 0, "2021-02-01", NULL, 0);
    world_tie(&w, MLAB_NO_PERSON, 1, "2021-02-01", NULL, 0);
    say(0, "2021-01-01", "2021-09-30", false);
    say(1, "2021-05-01", NULL, true);
    has_arms("none structured structured ? | ? ? both both");
}
END_TEST

START_TEST(a_ranking_settles_what_the_second_arm_would_leave_open)
{
    start(2);
    w.spec.both_separate = false;
    world_tie(&w, MLAB_NO_PERSON, 0, "2021-02-01", NULL, 0);
    say(1, "2021-01-01", "2021-06-30", false);
    has_arms("? structured structured structured | none none ? ?");
    start(2);
    w.spec.both_separate = false;
    w.priority[0] = 1;
    w.priority[1] = 0;
    world_tie(&w, MLAB_NO_PERSON, 0, "2021-02-01", NULL, 0);
    say(1, "2021-01-01", "2021-06-30", true);
    has_arms("? ? ? ? | informal informal informal informal");
}
END_TEST

START_TEST(with_current_exposure_an_answer_that_ran_out_is_unknown_and_a_no_is_past)
{
    start(2);
    w.spec.exposure_current = true;
    say(0, "2021-01-01", "2021-05-31", true);
    say(0, "2021-06-01", NULL, false);
    say(1, "2021-01-01", "2021-05-31", true);
    has_arms("informal informal past past | informal informal ? ?");
}
END_TEST

START_TEST(unknown_time_may_be_counted_as_an_arm_for_a_bound)
{
    start(1);
    say(0, "2021-01-01", "2021-06-30", false);
    w.spec.fill_unknown = 1;
    has_arms("none none none none");
    start(1);
    say(0, "2021-01-01", "2021-06-30", false);
    w.spec.fill_unknown = 3;
    has_arms("none none informal informal");
}
END_TEST

START_TEST(an_exposure_before_the_panel_is_prevalent)
{
    start(2);
    say(0, "2020-06-01", NULL, true);
    say(1, "2021-03-01", NULL, true);
    mlab_panel *panel = world_build(&w);
    ck_assert_int_eq(panel->prevalent[0], 1);
    ck_assert_int_eq(panel->prevalent[4], 0);
    world_free(&w);
}
END_TEST

/* Two pairs from February on; the first meets in May and August, the second once in March: structured asks for two meetings. */
START_TEST(a_pair_counts_from_the_meeting_that_makes_it_count)
{
    static const size_t first[] = {0, 2, 3};
    int32_t days[3] = {day("2021-05-04"), day("2021-08-20"), day("2021-03-01")};
    context = mlab_test_context(NULL, 2);
    world_start(&w, 3);
    w.arms[0].met_dated = true;
    w.arms[0].met = "met";
    w.arms[0].least_meetings = 2;
    w.meeting_first = first;
    w.meeting_day = days;
    world_tie(&w, 2, 0, "2021-02-01", NULL, 0);
    world_tie(&w, 2, 1, "2021-02-02", NULL, 0);
    mlab_panel *panel = world_build(&w);
    ck_assert_int_eq(panel->arm[2], 0);
    ck_assert_int_eq(panel->arm[3], 1); /* the fourth quarter: the second meeting was in August */
    for (size_t i = 4; i < 8; i++) ck_assert_int_eq(panel->arm[i], 0);
    const mlab_column *mentoring = mlab_table_find(panel->rows, "mentoring_others");
    ck_assert_int_eq(mentoring->as.integer[10], 0);
    ck_assert_int_eq(mentoring->as.integer[11], 1);
    world_free(&w);
}
END_TEST

static uint32_t drawn;
static uint64_t seed;
static int32_t below(int32_t n)
{
    return (int32_t)mlab_random_below(&(mlab_address){.seed = seed, .entity = drawn++}, 0, (uint64_t)n);
}

static int by_start(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static size_t meeting_first[2 * MOST + 1];
static int32_t meeting_day[8 * MOST];

/* 12 people, ties by rising start, up to three meetings each, up to four statements each. */
static void random_world(void)
{
    drawn = 0;
    start(12);
    asked[0] = (uint8_t)below(2);
    w.spec.both_separate = below(2);
    w.spec.exposure_current = below(2);
    w.spec.split_exact = below(3) == 0;
    w.spec.fill_unknown = below(3) ? 0 : below(4);
    w.priority[0] = below(2);
    w.priority[1] = 1 - w.priority[0];
    w.arms[1].not_related = below(2);
    w.arms[1].filter = below(2) ? "kind == 'informal'" : "";
    w.arms[0].met_dated = below(2);
    w.arms[0].met = "met";
    w.arms[0].least_meetings = below(3);
    if (below(3) == 0) w.known_from = w.spec.from + below(200);
    if (below(3) == 0) w.known_to = w.spec.to - below(200);
    int32_t at = w.spec.from - 100;
    size_t n = 0;
    for (size_t t = 0; t < 14; t++) {
        at += below(40);
        uint32_t mentee = (uint32_t)below(12);
        world_tie(&w, (mentee + 1) % 12, mentee, "2021-01-01", NULL, below(4) - 1);
        w.ties[t].start = at;
        w.ties[t].end = below(2) ? NEVER : at + below(200);
        w.ties[t].met = below(4) - 1;
        meeting_first[t] = n;
        for (int32_t k = below(4); k > 0; k--) meeting_day[n++] = at + below(150);
        qsort(meeting_day + meeting_first[t], n - meeting_first[t], sizeof *meeting_day, by_start);
    }
    meeting_first[14] = n;
    w.meeting_first = meeting_first;
    w.meeting_day = meeting_day;
    for (uint32_t person = 0; person < 12; person++)
        for (int32_t k = below(4); k > 0; k--) {
            int32_t from = w.spec.from - 50 + below(350);
            items[exposures.n++] = (mlab_panel_exposure){.person = person,
                                                         .arm = asked[0] ? below(2) : 1,
                                                         .from = from,
                                                         .to = below(3) ? from + below(200) : NEVER,
                                                         .in = below(2),
                                                         .began = from - below(60)};
        }
}

START_TEST(random_worlds_agree_with_a_second_derivation)
{
    size_t unknown = 0, rows = 0;
    for (seed = 1; seed <= 300; seed++) {
        random_world();
        mlab_panel *panel = world_build(&w);
        for (size_t i = 0; i < panel->n_rows; i++) unknown += panel->arm[i] < 0;
        rows += panel->n_rows;
        world_free(&w);
    }
    asked[0] = 0;
    ck_assert_uint_gt(unknown, rows / 20); /* the worlds are worth it */
    ck_assert_uint_lt(unknown, rows);
}
END_TEST

MLAB_TEST_MAIN("data/panel_arms", what_no_source_says_is_unknown_and_not_none, who_is_in_one_arm_is_unknown_while_the_other_is,
               a_ranking_settles_what_the_second_arm_would_leave_open, with_current_exposure_an_answer_that_ran_out_is_unknown_and_a_no_is_past,
               unknown_time_may_be_counted_as_an_arm_for_a_bound, an_exposure_before_the_panel_is_prevalent,
               a_pair_counts_from_the_meeting_that_makes_it_count, random_worlds_agree_with_a_second_derivation)

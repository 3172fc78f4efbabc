/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far people of unknown arm could move a difference, in worlds where the answer is arithmetic; and arms that are seen late. */
#include "compare/world.h"

#include <math.h>

/* One quarter, no covariates; the arm of the last forty is unknown.
 *
 *              people   leave                    |  had the unknown been      none        structured     difference of those who stay
 *   none         100      20    80.0 % stay      |  all in none               110/140     90/100         11.43
 *   structured   100      10    90.0 % stay      |  all in structured          80/100     120/140         5.71
 *   unknown       40      10                     |  leavers in structured     110/130      90/110        -2.80
 *   as it is: +10 points                         |  leavers in none            80/110     120/130        19.58      */
static world *forty_unknown(void)
{
    world *w = world_start(2, 1);
    for (uint32_t i = 0; i < 240; i++) {
        int arm = i < 100 ? 0 : i < 200 ? 1 : -1, k = (int)(i % 100);
        int exit = k < (arm == 0 ? 20 : 10);
        world_add(w, (world_row){.person = i, .arm = arm, .share = 1, .exit = exit, .promoted = -1, .level = -1});
    }
    world_finish(w);
    return w;
}

static mlab_compare_options quick(void)
{
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    return options;
}

START_TEST(bounds_of_one_quarter_are_those_of_arithmetic)
{
    world *w = forty_unknown();
    double horizons[] = {3};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    spec.n_outcomes = 1;
    mlab_compare_options options = quick();
    mlab_comparison *c = world_compare(w, &spec, &options);
    const mlab_contrast *k = world_find(c, "retention", "structured", "risk_difference", "standardisation", 3);
    ck_near(k->estimate, 0.1, 0, 1e-9);
    ck_assert_uint_eq(k->unknown_people, 40);
    ck_assert_uint_eq(k->unknown_events, 10);
    ck_assert(k->bounded);
    ck_near(k->if_reference, 90.0 / 100 - 110.0 / 140, 0, 1e-9);
    ck_near(k->if_arm, 120.0 / 140 - 80.0 / 100, 0, 1e-9);
    ck_near(k->worst_lowest, 90.0 / 110 - 110.0 / 130, 0, 1e-9);
    ck_near(k->worst_highest, 120.0 / 130 - 80.0 / 110, 0, 1e-9);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

START_TEST(without_unknown_arms_there_are_no_bounds)
{
    world *w = forty_unknown();
    for (size_t i = 200; i < 240; i++) w->arm[i] = 0;
    double horizons[] = {3};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    spec.n_outcomes = 1;
    mlab_compare_options options = quick();
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_uint_eq(c->contrasts[0].unknown_people, 0);
    ck_assert(!c->contrasts[0].bounded);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

/* Six quarters with starts that hang on x; from quarter 2 on every fifth person's arm is unknown. */
static world *half_known(uint32_t people, int32_t n_arms)
{
    world *w = world_start(n_arms, 2);
    uint32_t state = 77;
    for (uint32_t i = 0; i < people; i++) {
        int arm = 0;
        double x = (double)(i % 11) / 5 - 1;
        for (int t = 0; t < 6; t++) {
            uint32_t draw[4];
            for (int k = 0; k < 4; k++) draw[k] = (state = state * 1664525 + 1013904223) >> 16;
            int exit = draw[0] % 100 < (arm ? 6u : 9u) ? 1 + (draw[1] % 3 == 0) : 0;
            world_add(w, (world_row){.person = i,
                                     .since = t,
                                     .arm = i % 5 == 0 && t >= 2 ? -1 : arm,
                                     .share = t == 0 ? 0.5 : 1,
                                     .exit = exit,
                                     .promoted = draw[3] % 100 < 8,
                                     .level = t % 2 ? (int)(draw[2] % 5) : -1,
                                     .x = x,
                                     .g = (int)(i % 3)});
            if (exit) break;
            if (arm == 0 && draw[1] % 100 < (x > 0 ? 20u : 10u)) arm = 1 + (int)(draw[2] % (uint32_t)(n_arms - 1));
        }
    }
    world_finish(w);
    return w;
}

static void fill_unknown(world *w, int32_t arm)
{
    for (size_t i = 0; i < w->n; i++) w->arm[i] = w->row[i].arm < 0 ? arm : w->row[i].arm;
}

START_TEST(each_bound_is_the_comparison_of_a_panel_filled_in_that_way)
{
    world *w = half_known(400, 3);
    double horizons[] = {6, 12};
    mlab_compare_spec spec = world_spec(horizons, 2, 2);
    mlab_compare_options options = quick();
    options.method = 2;
    mlab_comparison *c = world_compare(w, &spec, &options), *filled[3];
    for (int32_t arm = 0; arm < 3; arm++) {
        fill_unknown(w, arm);
        filled[arm] = world_compare(w, &spec, &options);
        ck_assert_uint_eq(filled[arm]->n_contrasts, c->n_contrasts);
    }
    for (size_t i = 0; i < c->n_contrasts; i++) {
        const mlab_contrast *k = &c->contrasts[i];
        int32_t arm = !strcmp(k->arm, "structured") ? 1 : 2;
        ck_assert_msg(k->bounded, "%s %s", k->outcome, k->arm);
        ck_near(k->if_reference, filled[0]->contrasts[i].estimate, 0, 1e-12);
        ck_near(k->if_arm, filled[arm]->contrasts[i].estimate, 0, 1e-12);
        ck_assert_double_le(k->worst_lowest, fmin(k->estimate, fmin(k->if_reference, k->if_arm)));
        ck_assert_double_ge(k->worst_highest, fmax(k->estimate, fmax(k->if_reference, k->if_arm)));
        ck_assert_double_gt(k->worst_highest, k->worst_lowest);
        ck_assert_uint_gt(k->unknown_people, k->unknown_events);
    }
    for (int32_t arm = 0; arm < 3; arm++) mlab_comparison_free(filled[arm]);
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

/* A table of persons: the arm of every tenth is missing. */
START_TEST(a_table_of_persons_has_bounds_too)
{
    enum { N = 400 };
    static const char *const arms[] = {"none", "coach"};
    static char column[] = "coach", exposure[] = "baseline", name[] = "retention", formula[] = "event(days, left) ~ coach";
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_data data = {.context = &context, .person_level = true, .arm_column = column, .arm_exposure = exposure};
    mlab_column *days, *left, *arm;
    ck_assert_int_eq(mlab_table_make(&context, N, &data.people, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(data.people, "days", MLAB_COLUMN_REAL, NULL, 0, &days, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(data.people, "left", MLAB_COLUMN_INTEGER, NULL, 0, &left, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(data.people, "coach", MLAB_COLUMN_FACTOR, arms, 2, &arm, NULL), MLAB_OK);
    for (size_t i = 0; i < N; i++) {
        days->as.real[i] = 30 + (double)(i * 37 % 300);
        left->as.integer[i] = i % 3 == 0;
        arm->as.integer[i] = i % 2 == 1;
        if (i % 10 == 4) ck_assert_int_eq(mlab_column_set_missing(data.people, arm, i, NULL), MLAB_OK);
    }
    mlab_outcome outcome = {.name = name, .kind = MLAB_OUTCOME_EVENT, .absence = true, .formula = formula};
    double horizons[] = {6};
    mlab_compare_spec spec = {.outcomes = &outcome, .n_outcomes = 1, .horizons = horizons, .n_horizons = 1, .satisfied_from = -1};
    mlab_compare_options options = quick();
    mlab_comparison *c, *all;
    mlab_error err = {0};
    ck_assert_msg(mlab_compare(&context, &data, &spec, &options, &c, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(c->contrasts[0].unknown_people, N / 10);
    memset(arm->missing, 0, N);
    for (size_t i = 4; i < N; i += 10) arm->as.integer[i] = 1;
    ck_assert_msg(mlab_compare(&context, &data, &spec, &options, &all, &err) == MLAB_OK, "%s", err.sentence);
    ck_near(c->contrasts[0].if_arm, all->contrasts[0].estimate, 0, 1e-12);
    mlab_comparison_free(all);
    mlab_comparison_free(c);
    mlab_table_free(data.people);
}
END_TEST

START_TEST(bounds_are_the_same_for_any_threads)
{
    world *w = half_known(150, 3);
    double horizons[] = {12};
    mlab_compare_spec spec = world_spec(horizons, 1, 2);
    mlab_compare_options options = quick();
    mlab_comparison *one = world_compare(w, &spec, &options);
    for (int threads = 2; threads <= 7; threads += 5) {
        w->context.threads = threads;
        mlab_comparison *more = world_compare(w, &spec, &options);
        for (size_t i = 0; i < one->n_contrasts; i++) {
            ck_assert_mem_eq(&one->contrasts[i].worst_lowest, &more->contrasts[i].worst_lowest, sizeof(double));
            ck_assert_mem_eq(&one->contrasts[i].if_arm, &more->contrasts[i].if_arm, sizeof(double));
        }
        mlab_comparison_free(more);
    }
    mlab_comparison_free(one);
    world_end(w);
}
END_TEST

START_TEST(every_failed_allocation_of_the_bounds_is_reported)
{
    world *w = half_known(40, 2);
    double horizons[] = {6};
    mlab_compare_spec spec = world_spec(horizons, 1, 1);
    mlab_compare_options options = quick();
    options.method = 2;
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_status got = MLAB_ERR_MEMORY;
    long k = 1;
    for (; got == MLAB_ERR_MEMORY && k < 5000; k += k < 40 ? 1 : 11) {
        mlab_comparison *c;
        mlab_error err = {0};
        memory = (mlab_test_memory){.fail_at = k};
        got = mlab_compare(&context, &w->data, &spec, &options, &c, &err);
        if (got == MLAB_OK) mlab_comparison_free(c);
        ck_assert_msg(memory.live == 0, "call %ld leaves %ld blocks", k, memory.live);
        ck_assert_msg(got == MLAB_OK || got == MLAB_ERR_MEMORY, "call %ld: %s", k, err.sentence);
    }
    ck_assert_int_eq(got, MLAB_OK);
    ck_assert_int_gt(k, 150);
    world_end(w);
}
END_TEST

/* Nobody is in the arm before quarter `from`: what would have been there is the model's alone. Horizon four quarters, of which a quarter is 1. */
static void starting_at(int from, mlab_trust trust, const char *reason)
{
    world *w = world_start(2, 1);
    for (uint32_t i = 0; i < 400; i++)
        for (int t = 0; t < 4; t++) {
            int exit = (i * 7 + (uint32_t)t * 13) % 19 == 0;
            world_add(w, (world_row){.person = i, .since = t, .arm = i % 2 && t >= from, .share = 1, .exit = exit, .promoted = -1, .level = -1});
            if (exit) break;
        }
    world_finish(w);
    double horizons[] = {12};
    mlab_compare_spec spec = world_spec(horizons, 1, 0);
    spec.n_outcomes = 1;
    mlab_compare_options options = quick();
    mlab_comparison *c = world_compare(w, &spec, &options);
    ck_assert_int_eq(c->contrasts[0].trust, trust);
    ck_assert_msg(strstr(c->contrasts[0].reason, reason), "%s", c->contrasts[0].reason);
    mlab_comparison_free(c);
    world_end(w);
}

START_TEST(an_arm_that_nobody_was_seen_in_at_first_is_not_trusted)
{
    starting_at(1, MLAB_TRUSTED, "");
    starting_at(2, MLAB_NO_OVERLAP, "Fewer than 5 people of one of the groups were seen in its first periods after time zero");
}
END_TEST

/* Only who was still there could answer: leaving is not to be compared with an arm that counts from before the answer. */
START_TEST(leaving_is_not_trusted_where_an_arm_counts_from_before_its_answers)
{
    static char line[] = "structured is what people answered.\n";
    world *w = half_known(400, 2);
    double horizons[] = {6};
    mlab_compare_spec spec = world_spec(horizons, 1, 1);
    mlab_compare_options options = quick();
    w->data.before_answer = 2;
    w->data.caveats = line;
    mlab_comparison *c = world_compare(w, &spec, &options);
    const mlab_contrast *leaving = world_find(c, "retention", "structured", "risk_difference", "standardisation", 6);
    const mlab_contrast *answers = world_find(c, "satisfaction", "structured", "mean_difference", "standardisation", 6);
    ck_assert_int_eq(leaving->trust, MLAB_IMMORTAL_TIME);
    ck_assert_ptr_nonnull(strstr(leaving->reason, "counts from before the answer that tells of it (from_since)"));
    ck_assert_ptr_null(strstr(answers->reason, "from_since"));
    ck_assert_ptr_nonnull(strstr(c->caveats, line));
    mlab_comparison_free(c);
    world_end(w);
}
END_TEST

MLAB_TEST_MAIN("bounds", leaving_is_not_trusted_where_an_arm_counts_from_before_its_answers, bounds_of_one_quarter_are_those_of_arithmetic,
               without_unknown_arms_there_are_no_bounds, each_bound_is_the_comparison_of_a_panel_filled_in_that_way,
               a_table_of_persons_has_bounds_too, bounds_are_the_same_for_any_threads, every_failed_allocation_of_the_bounds_is_reported,
               an_arm_that_nobody_was_seen_in_at_first_is_not_trusted)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of answers without a time: a trial in waves, rows of one firm together. */
#include "mentorlab/compare.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRMS = 60, WAVES = 4, ROWS = FIRMS * WAVES };

typedef struct trial {
    mlab_context context;
    mlab_test_memory memory;
    mlab_data data;
    double profit[ROWS];
    int arm[ROWS], firm[ROWS], wave[ROWS];
} trial;

static char arm_name[] = "arm", baseline[] = "baseline", formula[] = "profit ~ arm + wave + cluster(firm)", alone[] = "profit ~ arm + wave";
static char wave_name[] = "wave", *adjust[] = {wave_name};
static mlab_outcome clustered = {.name = "profit", .kind = MLAB_OUTCOME_NUMBER, .better = 1, .formula = formula};
static mlab_outcome unclustered = {.name = "profit", .kind = MLAB_OUTCOME_NUMBER, .better = 1, .formula = alone};

/* Half of the firms get a mentor after the first wave; what is peculiar to a firm is in all of its rows. Turned: rows in another order. */
static void start(trial *t, bool turned)
{
    static const char *const arms[] = {"control", "mentor"}, *const waves[] = {"w0", "w1", "w2", "w3"};
    uint32_t state = 99;
    mlab_column *arm, *firm, *wave, *profit;
    memset(t, 0, sizeof *t);
    t->context = mlab_test_context(&t->memory, 1);
    t->data = (mlab_data){.context = &t->context, .person_level = true, .arm_column = arm_name, .arm_exposure = baseline};
    ck_assert_int_eq(mlab_table_make(&t->context, ROWS, &t->data.people, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t->data.people, "arm", MLAB_COLUMN_FACTOR, arms, 2, &arm, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t->data.people, "wave", MLAB_COLUMN_FACTOR, waves, WAVES, &wave, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t->data.people, "firm", MLAB_COLUMN_INTEGER, NULL, 0, &firm, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(t->data.people, "profit", MLAB_COLUMN_REAL, NULL, 0, &profit, NULL), MLAB_OK);
    for (int f = 0; f < FIRMS; f++) {
        double own = (double)((state = state * 1664525 + 1013904223) >> 16) / 65536;
        for (int w = 0; w < WAVES; w++) {
            int at = f * WAVES + w, row = turned ? ROWS - 1 - at : at;
            double noise = (double)((state = state * 1664525 + 1013904223) >> 16) / 65536;
            arm->as.integer[row] = t->arm[row] = f % 2 && w > 0;
            wave->as.integer[row] = t->wave[row] = w;
            firm->as.integer[row] = t->firm[row] = 1000 + f;
            profit->as.real[row] = t->profit[row] = 10 + 5 * own + noise + 0.3 * w + 1.5 * t->arm[row];
        }
    }
}

static mlab_comparison *compare(trial *t, mlab_outcome *outcome, int64_t bootstrap)
{
    mlab_compare_spec spec = {.outcomes = outcome, .n_outcomes = 1, .adjust = adjust, .n_adjust = 1, .satisfied_from = -1};
    mlab_compare_options options = mlab_compare_defaults();
    mlab_comparison *c;
    mlab_error err = {0};
    options.bootstrap = bootstrap;
    ck_assert_msg(mlab_compare(&t->context, &t->data, &spec, &options, &c, &err) == MLAB_OK, "%s", err.sentence);
    return c;
}

/* Least squares of profit on arm and waves by the normal equations; the sandwich of firms. */
static void by_hand(const trial *t, bool clusters, double *estimate, double *se)
{
    enum { P = 1 + WAVES };
    double a[P][2 * P] = {{0}}, b[P] = {0}, beta[P] = {0}, meat = 0, sum[FIRMS] = {0};
    for (int i = 0; i < ROWS; i++) {
        double x[P] = {t->arm[i], 0};
        x[1 + t->wave[i]] = 1;
        for (int j = 0; j < P; j++) {
            b[j] += x[j] * t->profit[i];
            for (int k = 0; k < P; k++) a[j][k] += x[j] * x[k];
        }
    }
    for (int j = 0; j < P; j++) a[j][P + j] = 1;
    for (int j = 0; j < P; j++) { /* Gauss and Jordan */
        double d = a[j][j];
        for (int k = 0; k < 2 * P; k++) a[j][k] /= d;
        for (int i = 0; i < P; i++) {
            double by = a[i][j];
            for (int k = 0; i != j && k < 2 * P; k++) a[i][k] -= by * a[j][k];
        }
    }
    for (int j = 0; j < P; j++)
        for (int k = 0; k < P; k++) beta[j] += a[j][P + k] * b[k];
    for (int i = 0; i < ROWS; i++) {
        double off = t->profit[i] - beta[0] * t->arm[i] - beta[1 + t->wave[i]];
        double along = (a[0][P] * t->arm[i] + a[0][P + 1 + t->wave[i]]) * off;
        sum[t->firm[i] - 1000] += along;
        if (!clusters) meat += along * along;
    }
    for (int f = 0; clusters && f < FIRMS; f++) meat += sum[f] * sum[f];
    *estimate = beta[0];
    *se = sqrt(meat);
}

START_TEST(the_difference_of_a_trial_in_waves_is_that_of_least_squares_with_the_sandwich_of_firms)
{
    for (int k = 0; k < 2; k++) {
        trial t;
        double estimate, se;
        start(&t, false);
        mlab_comparison *c = compare(&t, k ? &clustered : &unclustered, 0);
        by_hand(&t, k, &estimate, &se);
        ck_assert_uint_eq(c->n_contrasts, 1);
        ck_near(c->contrasts[0].estimate, estimate, 1e-9, 0);
        ck_near(c->contrasts[0].se, se, 1e-8, 0);
        ck_near(c->contrasts[0].horizon, 0, 0, 0);
        ck_assert_uint_eq(c->contrasts[0].n_arm, k ? FIRMS / 2 : FIRMS / 2 * (WAVES - 1));
        ck_assert_uint_eq(c->contrasts[0].n_reference, k ? FIRMS : FIRMS / 2 * (WAVES + 1));
        ck_assert_str_eq(
            c->contrasts[0].estimand,
            k ? "Difference in mean profit, had everyone been in \"mentor\", against \"control\"; average over the 240 rows, of 60 that were "
                "asked."
              : "Difference in mean profit, had everyone been in \"mentor\", against \"control\"; average over the 240 rows.");
        ck_assert_uint_eq(c->n_standardised, 0);
        mlab_comparison_free(c);
        mlab_table_free(t.data.people);
        ck_assert_int_eq(t.memory.live, 0);
    }
}
END_TEST

START_TEST(samples_of_firms_know_the_error_and_do_not_hang_on_the_order_of_rows)
{
    trial t, turned;
    double estimate, se;
    start(&t, false);
    start(&turned, true);
    mlab_comparison *a = compare(&t, &clustered, 400), *b = compare(&turned, &clustered, 400);
    by_hand(&t, true, &estimate, &se);
    ck_near(a->contrasts[0].se, se, 0.15, 0); /* 400 samples know it within 4 % */
    ck_near(b->contrasts[0].se, a->contrasts[0].se, 1e-9, 0);
    ck_near(b->contrasts[0].estimate, a->contrasts[0].estimate, 1e-12, 0);
    mlab_comparison_free(a);
    mlab_comparison_free(b);
    mlab_table_free(t.data.people);
    mlab_table_free(turned.data.people);
}
END_TEST

START_TEST(rows_without_a_time_have_no_horizons_and_no_prior_word_about_their_arm_is_refused)
{
    trial t;
    start(&t, false);
    double horizons[] = {12};
    mlab_compare_spec spec = {.outcomes = &clustered, .n_outcomes = 1, .horizons = horizons, .n_horizons = 1, .satisfied_from = -1};
    mlab_compare_options options = mlab_compare_defaults();
    mlab_comparison *c;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_compare(&t.context, &t.data, &spec, &options, &c, &err), MLAB_ERR_COMPARE_HORIZON);
    ck_assert_ptr_nonnull(strstr(err.sentence, "have no time"));
    ck_assert_ptr_null(c);
    spec.n_horizons = 0;
    t.data.arm_exposure = NULL;
    ck_assert_int_eq(mlab_compare(&t.context, &t.data, &spec, &options, &c, &err), MLAB_ERR_COMPARE_IMMORTAL);
    mlab_table_free(t.data.people);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    trial t;
    start(&t, false);
    mlab_compare_spec spec = {.outcomes = &clustered, .n_outcomes = 1, .adjust = adjust, .n_adjust = 1, .satisfied_from = -1};
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    const long live = t.memory.live;
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 2000; k++) {
        mlab_comparison *c;
        mlab_error err = {0};
        t.memory.calls = 0;
        t.memory.fail_at = k;
        got = mlab_compare(&t.context, &t.data, &spec, &options, &c, &err);
        if (got == MLAB_OK) mlab_comparison_free(c);
        ck_assert_msg(got == MLAB_OK || got == MLAB_ERR_MEMORY, "call %ld: %s", k, err.sentence);
        ck_assert_int_eq(t.memory.live, live);
    }
    ck_assert_int_eq(got, MLAB_OK);
    mlab_table_free(t.data.people);
}
END_TEST

MLAB_TEST_MAIN("rows", the_difference_of_a_trial_in_waves_is_that_of_least_squares_with_the_sandwich_of_firms,
               samples_of_firms_know_the_error_and_do_not_hang_on_the_order_of_rows,
               rows_without_a_time_have_no_horizons_and_no_prior_word_about_their_arm_is_refused,
               every_failed_allocation_is_reported_and_nothing_leaks)

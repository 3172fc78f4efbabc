/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coverage of pooled intervals where values are missing at random given the outcome. 200 samples of 400 people, 10 imputations of 5 rounds, fixed
 * seeds. With a true coverage of 95 % a sample of 200 lies outside 90 to 99.5 % in fewer than one of 1,000 such tests; the mean of the slopes
 * lies further than 3.3 of its errors from the truth in one of 1,000. */
#include "core/random.h"
#include "mentorlab/impute.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>

enum { SAMPLES = 200, PEOPLE = 400 };

static mlab_context context;
static mlab_outcome outcome = {.name = "y", .kind = MLAB_OUTCOME_NUMBER, .better = 1, .model = "linear", .formula = "y ~ x + g"};

/* y = 1 + x + 0.5 g + e; x is missing in 70 % of those with y above 1.5 and 10 % of the others, g in 15 %. */
static mlab_table *sample(uint32_t number)
{
    static const char *const levels[] = {"no", "yes"};
    mlab_table *table;
    mlab_column *x, *y, *g;
    ck_assert_int_eq(mlab_table_make(&context, PEOPLE, &table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "x", MLAB_COLUMN_REAL, NULL, 0, &x, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "y", MLAB_COLUMN_REAL, NULL, 0, &y, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "g", MLAB_COLUMN_FACTOR, levels, 2, &g, NULL), MLAB_OK);
    x = mlab_table_find(table, "x"), y = mlab_table_find(table, "y");
    for (size_t i = 0; i < PEOPLE; i++) {
        mlab_address who = {.seed = 2026, .draw = number, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_TEST};
        g->as.integer[i] = mlab_random_uniform(&who, 0) < 0.4;
        x->as.real[i] = mlab_random_normal(&who, 1) + 0.4 * g->as.integer[i];
        y->as.real[i] = 1 + x->as.real[i] + 0.5 * g->as.integer[i] + mlab_random_normal(&who, 2);
        if (mlab_random_uniform(&who, 3) < (y->as.real[i] > 1.5 ? 0.7 : 0.1)) ck_assert_int_eq(mlab_column_set_missing(table, x, i, NULL), MLAB_OK);
        if (mlab_random_uniform(&who, 4) < 0.15) ck_assert_int_eq(mlab_column_set_missing(table, g, i, NULL), MLAB_OK);
    }
    return table;
}

START_TEST(pooled_intervals_cover_the_truth_where_complete_cases_do_not)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    int covered[2] = {0}, naive_covered = 0;
    double mean[2] = {0}, square[2] = {0}, naive = 0;
    static const double truth[] = {1, 0.5};
    for (uint32_t s = 0; s < SAMPLES; s++) {
        mlab_table *table = sample(s);
        mlab_data data = {.context = &context, .people = table, .person_level = true};
        mlab_imputation *imputation;
        mlab_fit *fit, *cases;
        ck_assert_int_eq(mlab_impute(&context, &data, &outcome, 1, 10, 5, s, &imputation, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, 0, NULL, 1, &fit, NULL, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_fit_outcome(&context, &data, &outcome, &options, &cases, NULL), MLAB_OK);
        for (size_t j = 0; j < 2; j++) {
            double half = mlab_t_quantile(0.975, fit->robust_df[j + 1]) * mlab_fit_standard_error(fit, j + 1);
            covered[j] += fabs(fit->estimate[j + 1] - truth[j]) <= half;
            mean[j] += fit->estimate[j + 1] / SAMPLES;
            square[j] += fit->estimate[j + 1] * fit->estimate[j + 1] / SAMPLES;
        }
        naive += cases->estimate[1] / SAMPLES;
        naive_covered += fabs(cases->estimate[1] - 1) <= 1.96 * mlab_fit_standard_error(cases, 1);
        mlab_fit_free(fit), mlab_fit_free(cases);
        mlab_imputation_free(imputation);
        mlab_table_free(table);
    }
    printf("slope %.3f, covered %.3f; group %.3f, covered %.3f; complete cases: slope %.3f, covered %.3f\n", mean[0], covered[0] / (double)SAMPLES,
           mean[1], covered[1] / (double)SAMPLES, naive, naive_covered / (double)SAMPLES);
    for (size_t j = 0; j < 2; j++) {
        double error = sqrt((square[j] - mean[j] * mean[j]) / SAMPLES);
        ck_assert_msg(covered[j] >= 0.9 * SAMPLES && covered[j] <= 0.995 * SAMPLES, "covered %d of %d", covered[j], SAMPLES);
        ck_assert_msg(fabs(mean[j] - truth[j]) < 3.3 * error + 0.02, "%.4f for %.2f, error %.4f", mean[j], truth[j], error);
    }
    ck_assert_msg(naive_covered < 0.9 * SAMPLES, "complete cases cover %d", naive_covered);
}
END_TEST

MLAB_TEST_MAIN("statistical/impute", pooled_intervals_cover_the_truth_where_complete_cases_do_not)

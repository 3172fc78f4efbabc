/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multiple imputation: Rubin's rules beside mice, a bias that complete cases have and imputations do not, any order and threads, what cannot be. */
#include "core/random.h"
#include "fit/csv.h"
#include "mentorlab/after.h"
#include "mentorlab/impute.h"

#include <math.h>

enum { MOST = 2000 };

static mlab_context context;

START_TEST(pooled_numbers_agree_with_mice)
{
    csv file = csv_read(mlab_test_path("reference/impute_pool.csv"));
    for (size_t first = 0, next; first < file.n_rows; first = next) {
        double q[64], u[64], mean, total, df, missing, complete = csv_number(&file, first, "complete");
        size_t n = 0;
        for (next = first; next < file.n_rows && csv_number(&file, next, "case") == csv_number(&file, first, "case"); next++, n++)
            q[n] = csv_number(&file, next, "q"), u[n] = csv_number(&file, next, "u");
        mlab_rubin(q, u, n, complete < 0 ? HUGE_VAL : complete, &mean, &total, &df, &missing);
        ck_near(mean, csv_number(&file, first, "mean"), 1e-12, 0);
        ck_near(total, csv_number(&file, first, "total"), 1e-12, 0);
        ck_near(df, csv_number(&file, first, "df"), 1e-10, 0);
        ck_near(missing, csv_number(&file, first, "fmi"), 1e-10, 0);
    }
    csv_free(&file);
}
END_TEST

START_TEST(numbers_that_do_not_differ_miss_nothing)
{
    static const double q[] = {2, 2, 2}, u[] = {0.5, 0.5, 0.5};
    double mean, total, df, missing;
    mlab_rubin(q, u, 3, HUGE_VAL, &mean, &total, &df, &missing);
    ck_near(mean, 2, 0, 1e-15);
    ck_near(total, 0.5, 1e-15, 0);
    ck_assert(isinf(df));
    ck_assert(missing == 0);
}
END_TEST

/* y = x + z / 2 + e; x is missing for most people with a high y, z (a factor of 3) for some. */
static mlab_table *people(size_t n, bool backwards, bool missing)
{
    static const char *const levels[] = {"a", "b", "c"};
    mlab_table *table;
    mlab_column *x, *y, *z;
    ck_assert_int_eq(mlab_table_make(&context, n, &table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "x", MLAB_COLUMN_REAL, NULL, 0, &x, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "y", MLAB_COLUMN_REAL, NULL, 0, &y, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "z", MLAB_COLUMN_FACTOR, levels, 3, &z, NULL), MLAB_OK);
    x = mlab_table_find(table, "x"), y = mlab_table_find(table, "y");
    for (size_t i = 0; i < n; i++) {
        mlab_address who = {.seed = 77, .entity = (uint32_t)(backwards ? n - 1 - i : i), .purpose = MLAB_PURPOSE_TEST};
        double u = mlab_random_uniform(&who, 4);
        z->as.integer[i] = (int32_t)(3 * mlab_random_uniform(&who, 0));
        double own = mlab_random_normal(&who, 1) + 0.3 * z->as.integer[i];
        y->as.real[i] = own + 0.5 * z->as.integer[i] + mlab_random_normal(&who, 2);
        x->as.real[i] = own;
        if (missing && u < (y->as.real[i] > 0.8 ? 0.95 : 0.02)) ck_assert_int_eq(mlab_column_set_missing(table, x, i, NULL), MLAB_OK);
        if (missing && mlab_random_uniform(&who, 5) < 0.1) ck_assert_int_eq(mlab_column_set_missing(table, z, i, NULL), MLAB_OK);
    }
    return table;
}

static mlab_outcome outcome = {.name = "y", .kind = MLAB_OUTCOME_NUMBER, .better = 1, .model = "linear", .formula = "y ~ x + z"};

static mlab_fit *imputed(mlab_table *table, int m, int rounds)
{
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_imputation *imputation;
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_impute(&context, &data, &outcome, 1, m, rounds, 3, &imputation, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(imputation->n_columns, 2);
    ck_assert_str_eq(imputation->columns[0].name, "x");
    ck_assert_str_eq(imputation->columns[0].model, "matching");
    ck_assert_str_eq(imputation->columns[1].model, "multinomial");
    ck_assert(imputation->columns[0].r_hat < 1.2);
    ck_assert_uint_eq(imputation->columns[0].n_unaided, 0);
    ck_assert_msg(mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, 0, NULL, 1, &fit, NULL, &err) == MLAB_OK, "%s", err.sentence);
    mlab_imputation_free(imputation);
    return fit;
}

static mlab_fit *complete_cases(mlab_table *table)
{
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

/* With this seed: complete cases 0.8 for a slope of 1, imputations within two errors of what all data give. */
START_TEST(complete_cases_are_biased_where_imputations_are_not)
{
    context = mlab_test_context(NULL, 2);
    mlab_table *full = people(MOST, false, false), *part = people(MOST, false, true);
    mlab_fit *truth = complete_cases(full), *naive = complete_cases(part), *fit = imputed(part, 10, 5);
    double error = mlab_fit_standard_error(fit, 1);
    ck_assert(fabs(truth->estimate[1] - 1) < 0.05);
    ck_assert_msg(naive->estimate[1] < 0.85, "complete cases: %.3f", naive->estimate[1]);
    ck_assert_msg(fabs(fit->estimate[1] - truth->estimate[1]) < 2 * error, "%.3f (%.3f), all data %.3f", fit->estimate[1], error, truth->estimate[1]);
    ck_assert(error > mlab_fit_standard_error(truth, 1));
    ck_assert_msg(fit->missing_information[1] > 0.1 && fit->missing_information[1] < 1, "%.3f", fit->missing_information[1]);
    ck_assert_int_eq(fit->n_imputations, 10);
    ck_assert_uint_eq(fit->n_rows, MOST);
    ck_assert_ptr_nonnull(strstr(fit->imputed, "x for "));
    mlab_fit_free(truth), mlab_fit_free(naive), mlab_fit_free(fit);
    mlab_table_free(full), mlab_table_free(part);
}
END_TEST

START_TEST(threads_and_the_order_of_rows_do_not_matter)
{
    double first[4];
    for (int turn = 0; turn < 4; turn++) {
        static const int threads[] = {1, 2, 7, 1};
        context = mlab_test_context(NULL, threads[turn]);
        mlab_table *table = people(300, turn == 3, true);
        mlab_fit *fit = imputed(table, 3, 3);
        for (int j = 0; j < 4; j++)
            if (turn == 0)
                first[j] = fit->estimate[j];
            else
                ck_near(fit->estimate[j], first[j], turn == 3 ? 1e-10 : 0, 0);
        mlab_fit_free(fit);
        mlab_table_free(table);
    }
}
END_TEST

START_TEST(what_cannot_be_imputed_is_said)
{
    context = mlab_test_context(NULL, 1);
    mlab_table *table = people(50, false, true);
    mlab_column *x = mlab_table_find(table, "x");
    for (size_t i = 0; i < 50; i++) ck_assert_int_eq(mlab_column_set_missing(table, x, i, NULL), MLAB_OK);
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_imputation *imputation;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_impute(&context, &data, &outcome, 1, 5, 5, 3, &imputation, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_ptr_nonnull(strstr(err.sentence, "has no value at all"));
    ck_assert_ptr_null(imputation);
    ck_assert_int_eq(mlab_impute(&context, &data, &outcome, 1, 0, 5, 3, &imputation, &err), MLAB_ERR_ARGUMENT);
    mlab_table_free(table);
    /* A column that changes over time is a state, not an attribute. */
    uint32_t person[] = {0, 0, 1, 1}, spell[4] = {0};
    int32_t arm[4] = {0};
    mlab_column *mood;
    ck_assert_int_eq(mlab_table_make(&context, 4, &table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "x", MLAB_COLUMN_REAL, NULL, 0, &mood, NULL), MLAB_OK);
    for (size_t i = 0; i < 4; i++) mood->as.real[i] = (double)i;
    ck_assert_int_eq(mlab_column_set_missing(table, mood, 3, NULL), MLAB_OK);
    mlab_panel panel = {.context = &context, .rows = table, .n_rows = 4, .n_people = 2, .person = person, .spell = spell, .arm = arm};
    data = (mlab_data){.context = &context, .panel = &panel};
    ck_assert_int_eq(mlab_impute(&context, &data, &outcome, 1, 5, 5, 3, &imputation, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_ptr_nonnull(strstr(err.sentence, "changes over time"));
    mlab_table_free(table);
}
END_TEST

/* The level c is there once only: the multinomial model runs away, and the values come from those there are. */
START_TEST(a_model_that_runs_away_is_not_used_and_counted)
{
    context = mlab_test_context(NULL, 1);
    mlab_table *table = people(40, false, true);
    mlab_column *z = mlab_table_find(table, "z"), *y = mlab_table_find(table, "y");
    for (size_t i = 0; i < 40; i++) z->as.integer[i] = z->missing && z->missing[i] ? 0 : y->as.real[i] > 0.5;
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_imputation *imputation;
    mlab_error err = {0};
    ck_assert_msg(mlab_impute(&context, &data, &outcome, 1, 2, 2, 3, &imputation, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_gt(imputation->columns[1].n_unaided, 0);
    for (size_t i = 0; i < 2 * imputation->columns[1].n_missing; i++) {
        double value = imputation->columns[1].value[i];
        ck_assert(value == 0 || value == 1);
    }
    mlab_imputation_free(imputation);
    mlab_table_free(table);
}
END_TEST

/* Effects, tests and limits of one imputation must not stand beside pooled estimates. */
START_TEST(what_is_not_made_of_imputed_data_is_left_out_and_said)
{
    context = mlab_test_context(NULL, 1);
    mlab_table *table = people(200, false, true);
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_imputation *imputation;
    mlab_fit *fit;
    mlab_draws *draws;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_impute(&context, &data, &outcome, 1, 2, 2, 3, &imputation, NULL), MLAB_OK);
    options.tests = options.profile = options.diagnose = true;
    ck_assert_int_eq(mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, 0, NULL, 1, &fit, NULL, NULL), MLAB_OK);
    ck_assert_ptr_null(fit->after);
    ck_assert_ptr_nonnull(strstr(fit->imputed, "are not made of imputed data"));
    mlab_fit_free(fit);
    options = mlab_fit_defaults();
    options.draws = 2;
    ck_assert_int_eq(mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, 4, NULL, 1, &fit, &draws, &err), MLAB_ERR_DATA_NOT_BUILT);
    ck_assert_ptr_nonnull(strstr(err.sentence, "responses are drawn, not what is missing"));
    mlab_prior prior = {.parameter = "x", .mean = 0, .sd = 1};
    mlab_outcome with = outcome;
    with.priors = &prior;
    with.n_priors = 1;
    options = mlab_fit_defaults();
    ck_assert_int_eq(mlab_fit_imputed(&context, &data, &with, 1, &options, imputation, 0, NULL, 1, &fit, NULL, &err), MLAB_ERR_DATA_NOT_BUILT);
    ck_assert_ptr_null(fit);
    mlab_imputation_free(imputation);
    mlab_table_free(table);
}
END_TEST

/* The slope of a straight line is its coefficient, so that its pooled effect is the pooled coefficient; a prediction is pooled as one number. */
START_TEST(effects_and_predictions_are_pooled)
{
    context = mlab_test_context(NULL, 1);
    mlab_table *table = people(200, false, true);
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_profile_value at = {.column = "x", .text = "1", .number = 1, .is_number = true};
    mlab_predict_profile profile = {.name = "one", .values = &at, .n_values = 1};
    mlab_predict_spec spec = {.profiles = &profile, .n_profiles = 1, .reference = SIZE_MAX};
    mlab_imputation *imputation;
    mlab_fit *fit, *own[3];
    double value[3], variance[3], mean, total, df;
    options.margins = true;
    options.predict = &spec;
    ck_assert_int_eq(mlab_impute(&context, &data, &outcome, 1, 3, 2, 3, &imputation, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, 0, NULL, 1, &fit, NULL, NULL), MLAB_OK);
    for (int k = 0; k < 3; k++) {
        mlab_completed *completed;
        ck_assert_int_eq(mlab_impute_complete(&context, &data, imputation, k, &completed, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_fit_outcome(&context, &completed->data, &outcome, &options, &own[k], NULL), MLAB_OK);
        value[k] = own[k]->after->predictions[0].value;
        variance[k] = own[k]->after->predictions[0].se * own[k]->after->predictions[0].se;
        mlab_completed_free(&context, completed);
    }
    size_t slope = 0, x = 0;
    while (slope < fit->after->n_margins && strcmp(fit->after->margins[slope].what, "x: slope")) slope++;
    while (x < fit->n_parameters && strcmp(fit->names[x], "x")) x++;
    ck_assert(slope < fit->after->n_margins && x < fit->n_parameters);
    ck_near(fit->after->margins[slope].effect, fit->estimate[x], 1e-8, 0);
    ck_near(fit->after->margins[slope].se, mlab_fit_standard_error(fit, x), 1e-8, 0);
    mlab_rubin(value, variance, 3, (double)fit->n_rows - (double)fit->n_parameters, &mean, &total, &df, NULL);
    const mlab_prediction *pooled = &fit->after->predictions[0];
    ck_near(pooled->value, mean, 1e-12, 0);
    ck_near(pooled->upper - pooled->value, mlab_t_quantile(0.975, df) * sqrt(total), 1e-9, 0);
    for (int k = 0; k < 3; k++) mlab_fit_free(own[k]);
    mlab_fit_free(fit);
    mlab_imputation_free(imputation);
    mlab_table_free(table);
}
END_TEST

/* Samples of people, each imputed anew: one imputation a sample spreads more than the pooled error, at most by what is missing. 300 draws: a standard
 * deviation is within 14 % with chance 0.999; seed 9. The mean is that of the pooled fit within 4 of its errors. */
START_TEST(bootstrap_draws_impute_inside_every_sample)
{
    double first[3][300];
    for (int threads = 1; threads < 8; threads += threads == 1 ? 1 : 5) {
        context = mlab_test_context(NULL, threads);
        mlab_table *table = people(250, false, true);
        mlab_data data = {.context = &context, .people = table, .person_level = true};
        mlab_fit_options options = mlab_fit_defaults();
        mlab_imputation *imputation;
        mlab_fit *fit;
        mlab_draws *draws;
        mlab_error err = {0};
        options.draws = 1;
        size_t n = threads == 1 ? 300 : 20;
        ck_assert_int_eq(mlab_impute(&context, &data, &outcome, 1, 10, 3, 9, &imputation, NULL), MLAB_OK);
        ck_assert_msg(!mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, n, NULL, 9, &fit, &draws, &err), "%s", err.sentence);
        ck_assert_int_eq(draws->kind, MLAB_DRAWS_BOOTSTRAP);
        ck_assert_uint_eq(draws->n_parameters, fit->n_parameters);
        for (size_t j = 0; j < draws->n_parameters && j < 3; j++) {
            double mean = 0, square = 0, se = mlab_fit_standard_error(fit, j);
            for (size_t d = 0; d < n; d++) {
                double value = draws->value[d * draws->n_parameters + j];
                if (threads == 1) first[j][d] = value;
                ck_assert(value == first[j][d]);
                mean += value / (double)n;
            }
            for (size_t d = 0; d < n; d++) square += pow(draws->value[d * draws->n_parameters + j] - mean, 2) / (double)(n - 1);
            ck_assert_double_eq(draws->estimate[j], fit->estimate[j]);
            if (threads > 1) continue;
            ck_assert_msg(sqrt(square) > 0.8 * se && sqrt(square) < 1.35 * se, "%s: spread %g, pooled error %g", fit->names[j], sqrt(square), se);
            ck_assert_double_lt(fabs(mean - fit->estimate[j]), 0.4 * se);
        }
        mlab_draws_free(draws);
        mlab_fit_free(fit);
        mlab_imputation_free(imputation);
        mlab_table_free(table);
    }
}
END_TEST

START_TEST(every_failed_allocation_of_a_redrawn_sample_is_reported)
{
    context = mlab_test_context(NULL, 1);
    mlab_table *table = people(40, false, true);
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_imputation *imputation;
    mlab_fit *fit;
    const mlab_outcome *outcomes[] = {&outcome};
    ck_assert_int_eq(mlab_impute(&context, &data, &outcome, 1, 2, 1, 3, &imputation, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_fit_imputed(&context, &data, &outcome, 1, &options, imputation, 0, NULL, 1, &fit, NULL, NULL), MLAB_OK);
    const mlab_fit *fits[] = {fit};
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 20000; k += 1 + k / 12) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context failing = mlab_test_context(&memory, 1);
        mlab_draws *draws;
        got = mlab_draws_redrawn(&failing, &data, &outcome, 1, outcomes, &options, fits, 1, imputation, 2, 5, &draws, NULL);
        mlab_draws_free(draws);
        ck_assert_msg(memory.live == 0, "allocation %ld leaves %ld blocks", k, memory.live);
    }
    ck_assert_int_eq(got, MLAB_OK);
    mlab_fit_free(fit);
    mlab_imputation_free(imputation);
    mlab_table_free(table);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    context = mlab_test_context(NULL, 1);
    mlab_table *table = people(30, false, true);
    mlab_data data = {.context = &context, .people = table, .person_level = true};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_test_memory memory;
    for (long k = 0, calls = 1; k <= calls; k++) {
        memory = (mlab_test_memory){.fail_at = k};
        mlab_context failing = mlab_test_context(&memory, 1);
        mlab_imputation *imputation;
        mlab_fit *fit = NULL;
        mlab_status status = mlab_impute(&failing, &data, &outcome, 1, 2, 1, 3, &imputation, NULL);
        if (!status) status = mlab_fit_imputed(&failing, &data, &outcome, 1, &options, imputation, 0, NULL, 1, &fit, NULL, NULL);
        ck_assert_msg(status == (k ? MLAB_ERR_MEMORY : MLAB_OK), "allocation %ld of %ld: status %d", k, calls, (int)status);
        if (!k) calls = memory.calls;
        mlab_fit_free(fit);
        mlab_imputation_free(imputation);
        ck_assert_int_eq(memory.live, 0);
    }
    mlab_table_free(table);
}
END_TEST

MLAB_TEST_MAIN("impute", pooled_numbers_agree_with_mice, numbers_that_do_not_differ_miss_nothing, complete_cases_are_biased_where_imputations_are_not,
               threads_and_the_order_of_rows_do_not_matter, what_cannot_be_imputed_is_said, a_model_that_runs_away_is_not_used_and_counted,
               what_is_not_made_of_imputed_data_is_left_out_and_said, effects_and_predictions_are_pooled, bootstrap_draws_impute_inside_every_sample,
               every_failed_allocation_of_a_redrawn_sample_is_reported, every_failed_allocation_is_reported_and_nothing_leaks)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Worlds small enough to be fitted by hand. */
#include "fit/worlds.h"

static mlab_context context;
static mlab_fit_options options;

static void start(void)
{
    context = mlab_test_context(NULL, 2);
    options = mlab_fit_defaults();
}

enum { FOUR = 100 };

/* x = 0: 40 rows, 10 with the event; x = 1: 60 rows, 30 with it. */
static int32_t four_event[FOUR];
static double four_x[FOUR];
static const char *const no_yes[] = {"no", "yes"};

static world four_cells(const char *formula)
{
    world w = {0};
    for (size_t i = 0; i < FOUR; i++) {
        four_x[i] = i >= 40;
        four_event[i] = i < 10 || (i >= 40 && i < 70);
    }
    world_real(&w, &context, "x", four_x, FOUR);
    world_formula(&w, &context, formula);
    world_categories(&w, four_event, 2, no_yes);
    return w;
}

START_TEST(a_logit_of_two_groups_is_the_table_of_their_odds)
{
    start();
    world w = four_cells("~ x");
    mlab_fit *fit = world_fit(&w, &context, "logit", &options);
    ck_near(fit->estimate[0], log(10.0 / 30), 1e-12, 0);
    ck_near(fit->estimate[1], log(30.0 / 30) - log(10.0 / 30), 1e-12, 0);
    ck_near(mlab_fit_standard_error(fit, 0), sqrt(1.0 / 10 + 1.0 / 30), 1e-12, 0);
    ck_near(mlab_fit_standard_error(fit, 1), sqrt(1.0 / 10 + 1.0 / 30 + 2.0 / 30), 1e-12, 0);
    ck_near(fit->log_likelihood, 10 * log(0.25) + 30 * log(0.75) + 60 * log(0.5), 1e-13, 0);
    ck_near(fit->null_log_likelihood, 40 * log(0.4) + 60 * log(0.6), 1e-13, 0);
    ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
    ck_assert_str_eq(fit->reason, "");
    ck_assert_str_eq(fit->names[1], "x");
    ck_assert_uint_eq(fit->n_events, 40);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_hazard_of_two_groups_is_minus_the_log_of_their_survival)
{
    start();
    world w = four_cells("~ x");
    mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
    double h0 = -log(0.75), h1 = -log(0.5);
    ck_near(fit->estimate[0], log(h0), 1e-12, 0);
    ck_near(fit->estimate[1], log(h1 / h0), 1e-12, 0);
    /* observed information of a saturated group: var log h = p / (n (1 - p) h^2) by the delta method */
    ck_near(fit->covariance[0], 0.25 / (40 * 0.75 * h0 * h0), 1e-11, 0);
    ck_assert_str_eq(fit->link, "cloglog");
    mlab_fit_free(fit);
    mlab_fit_options as_logit = options;
    as_logit.link = 1;
    fit = world_fit(&w, &context, "hazard", &as_logit);
    ck_near(fit->estimate[1], log(3.0), 1e-12, 0);
    ck_assert_str_eq(fit->link, "logit");
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* Two causes in one kind of rows: 50 rows, 5 leave, 10 are dismissed. H = -log(35/50), shared 1 : 2. */
START_TEST(competing_hazards_share_the_total_as_their_counts)
{
    start();
    static int32_t cause[50];
    static const char *const names[] = {"none", "voluntary", "involuntary"};
    double one[50];
    for (size_t i = 0; i < 50; i++) cause[i] = i < 5 ? 1 : i < 15 ? 2 : 0, one[i] = 1;
    world w = {0};
    world_real(&w, &context, "one", one, 50);
    world_formula(&w, &context, "~ 1");
    world_categories(&w, cause, 3, names);
    mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
    double H = -log(35.0 / 50);
    ck_assert_uint_eq(fit->n_blocks, 2);
    ck_near(fit->estimate[0], log(H / 3), 1e-12, 0);
    ck_near(fit->estimate[1], log(2 * H / 3), 1e-12, 0);
    ck_near(fit->log_likelihood, 35 * log(0.7) + 5 * log(0.1) + 10 * log(0.2), 1e-13, 0);
    ck_assert_str_eq(fit->names[0], "voluntary:(Intercept)");
    ck_assert_str_eq(fit->blocks[1], "involuntary");
    ck_assert_uint_eq(fit->events_by_block[1], 10);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* A row of half a period has half the hazard: 100 whole rows with 20 events and 100 half rows with P = 1 - sqrt(0.8). */
START_TEST(the_offset_makes_hazards_of_unequal_rows_comparable)
{
    start();
    enum { N = 2000 };
    static int32_t event[N];
    static double offset[N], one[N];
    size_t half_events = 106; /* 1000 (1 - sqrt(0.8)) = 105.57 */
    for (size_t i = 0; i < N; i++) {
        one[i] = 1;
        offset[i] = i < 1000 ? 0 : log(0.5);
        event[i] = i < 200 || (i >= 1000 && i < 1000 + half_events);
    }
    world w = {0};
    world_real(&w, &context, "one", one, N);
    world_formula(&w, &context, "~ 1");
    world_categories(&w, event, 2, no_yes);
    w.problem.offset = offset;
    mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
    double h = exp(fit->estimate[0]);
    ck_near(h, -log(0.8), 0.003, 0);
    /* the score at the maximum */
    double score = -800 * h - (1000.0 - (double)half_events) * h / 2 + 200 * h / expm1(h) + (double)half_events * h / 2 / expm1(h / 2);
    ck_near(score, 0, 0, 1e-9);
    ck_near(fit->log_likelihood, fit->null_log_likelihood, 1e-13, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(thresholds_without_covariates_are_the_logits_of_cumulative_shares)
{
    start();
    static int32_t level[60];
    static const char *const names[] = {"low", "mid", "high", "top"};
    static double x[60];
    for (size_t i = 0; i < 60; i++) level[i] = i < 10 ? 0 : i < 30 ? 1 : i < 50 ? 2 : 3, x[i] = 1;
    world w = {0};
    world_real(&w, &context, "x", x, 60);
    world_formula(&w, &context, "~ 1");
    world_categories(&w, level, 4, names);
    mlab_fit *fit = world_fit(&w, &context, "ordinal", &options);
    ck_assert_uint_eq(fit->n_thresholds, 3);
    ck_assert_uint_eq(fit->n_parameters, 3);
    ck_near(fit->estimate[0], log(10.0 / 50), 1e-12, 0);
    ck_near(fit->estimate[1], 0, 0, 1e-12);
    ck_near(fit->estimate[2], log(5.0), 1e-12, 0);
    ck_near(fit->covariance[0], 1.0 / 10 + 1.0 / 50, 1e-11, 0);
    ck_near(fit->covariance[4], 2.0 / 30, 1e-11, 0);
    ck_assert_str_eq(fit->names[0], "low|mid");
    ck_assert_uint_eq(mlab_fit_first_column(fit), 1);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* With two levels a cumulative logit is a logit: intercept = minus the threshold. */
START_TEST(an_ordinal_of_two_levels_is_a_logit)
{
    start();
    world w = four_cells("~ x");
    mlab_fit *logit = world_fit(&w, &context, "logit", &options), *ordinal = world_fit(&w, &context, "ordinal", &options);
    ck_near(ordinal->estimate[0], -logit->estimate[0], 1e-12, 0);
    ck_near(ordinal->estimate[1], logit->estimate[1], 1e-12, 0);
    ck_near(ordinal->covariance[3], logit->covariance[3], 1e-12, 0);
    mlab_fit *several = world_fit(&w, &context, "multinomial", &options);
    ck_near(several->estimate[1], logit->estimate[1], 1e-12, 0);
    mlab_fit_free(several);
    mlab_fit_free(logit);
    mlab_fit_free(ordinal);
    world_free(&w);
}
END_TEST

/* Without an intercept a factor has all its dummies; thresholds stand for one of them. */
START_TEST(thresholds_take_the_place_of_an_intercept)
{
    start();
    static const char *const groups[] = {"a", "b", "c"};
    int32_t group[FOUR];
    world with = four_cells("~ x"), without = four_cells("~ x");
    for (size_t i = 0; i < FOUR; i++) group[i] = (int32_t)(i % 3);
    world_free(&with);
    world_free(&without);
    with = without = (world){0};
    world_factor(&with, &context, "g", group, FOUR, groups, 3);
    world_formula(&with, &context, "~ g");
    world_categories(&with, four_event, 2, no_yes);
    world_factor(&without, &context, "g", group, FOUR, groups, 3);
    world_formula(&without, &context, "~ g - 1");
    world_categories(&without, four_event, 2, no_yes);
    mlab_fit *a = world_fit(&with, &context, "ordinal", &options), *b = world_fit(&without, &context, "ordinal", &options);
    ck_assert_uint_eq(a->n_parameters, 3);
    ck_assert_uint_eq(b->n_parameters, 4);
    ck_assert_int_eq(b->aliased[3], 1);
    ck_near(a->log_likelihood, b->log_likelihood, 1e-12, 0);
    ck_near(a->estimate[1], b->estimate[2] - b->estimate[1], 1e-10, 0);
    mlab_fit_free(a);
    mlab_fit_free(b);
    world_free(&with);
    world_free(&without);
}
END_TEST

START_TEST(a_column_that_repeats_others_is_left_out_and_said)
{
    start();
    world w = four_cells("~ x + I(2 * x) + I(x + 3)");
    mlab_fit *fit = world_fit(&w, &context, "logit", &options);
    ck_assert_uint_eq(fit->aliased[1], 0);
    ck_assert_uint_eq(fit->aliased[2], 1);
    ck_assert_uint_eq(fit->aliased[3], 1);
    ck_assert(fit->estimate[2] == 0 && fit->covariance[2 * 4 + 2] == 0);
    ck_near(fit->estimate[1], log(3.0), 1e-12, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* R's tolerance of 1e-7: a tenth of a billionth of noise is none, a hundred thousandth is a column of its own. */
START_TEST(a_column_almost_like_another_is_left_out_only_within_the_tolerance_of_R)
{
    start();
    double almost[FOUR];
    const double sizes[] = {1e-10, 1e-5};
    for (int k = 0; k < 2; k++) {
        world w = {0};
        for (size_t i = 0; i < FOUR; i++) {
            four_x[i] = sin((double)i);
            almost[i] = four_x[i] / 3 + sizes[k] * cos(5.0 * (double)i);
            four_event[i] = i % 3 == 0;
        }
        world_real(&w, &context, "x", four_x, FOUR);
        world_real(&w, &context, "almost", almost, FOUR);
        world_formula(&w, &context, "~ x + almost");
        world_categories(&w, four_event, 2, no_yes);
        mlab_fit *fit = world_fit(&w, &context, "logit", &options);
        ck_assert_int_eq(fit->aliased[1], 0);
        ck_assert_int_eq(fit->aliased[2], k == 0);
        mlab_fit_free(fit);
        world_free(&w);
    }
}
END_TEST

START_TEST(a_group_with_events_only_is_separated_by_name)
{
    start();
    world w = four_cells("~ x");
    uint32_t person[FOUR];
    for (size_t i = 0; i < FOUR; i++) {
        person[i] = (uint32_t)i / 2;
        if (i >= 40) four_event[i] = 1;
    }
    w.problem.cluster = person;
    w.problem.n_clusters = FOUR / 2;
    const char *const models[] = {"logit", "cloglog", "ordinal", "multinomial"};
    for (size_t m = 0; m < 4; m++) {
        mlab_fit *fit = world_fit(&w, &context, models[m], &options);
        ck_assert_int_eq(fit->trust, MLAB_SEPARATED);
        ck_assert_ptr_null(fit->robust); /* its scores are 0, but it is not certain */
        ck_assert(mlab_fit_standard_error(fit, fit->n_parameters - 1) > 10);
        ck_assert_msg(strstr(fit->reason, "x has no maximum: it runs to plus infinity") != NULL, "%s: %s", models[m], fit->reason);
        mlab_fit_free(fit);
    }
    world_free(&w);
}
END_TEST

START_TEST(no_events_and_all_events_are_outcomes_not_errors)
{
    start();
    world w = four_cells("~ x");
    for (int all = 0; all < 2; all++) {
        for (size_t i = 0; i < FOUR; i++) four_event[i] = all;
        const char *const models[] = {"logit", "hazard"};
        for (size_t m = 0; m < 2; m++) {
            mlab_fit *fit = world_fit(&w, &context, models[m], &options);
            ck_assert_int_eq(fit->trust, MLAB_SEPARATED);
            ck_assert_msg(strstr(fit->reason, all ? "every one of 100 rows" : "none of 100 rows") != NULL, "%s", fit->reason);
            mlab_fit_free(fit);
        }
    }
    world_free(&w);
}
END_TEST

START_TEST(few_events_for_many_coefficients_are_said)
{
    start();
    world w = four_cells("~ x + I((x + 1)^2) + x");
    for (size_t i = 0; i < FOUR; i++) four_event[i] = i % 30 == 0;
    mlab_fit *fit = world_fit(&w, &context, "logit", &options);
    ck_assert_int_eq(fit->trust, MLAB_TOO_FEW_EVENTS);
    ck_assert_msg(strstr(fit->reason, "fewer than 5 events for 1 coefficients") != NULL, "%s", fit->reason);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(too_few_iterations_are_said)
{
    start();
    world w = four_cells("~ x");
    mlab_fit_options once = options;
    once.iterations = 1;
    mlab_fit *fit = world_fit(&w, &context, "cloglog", &once);
    ck_assert_int_eq(fit->trust, MLAB_NOT_CONVERGED);
    ck_assert_msg(strstr(fit->reason, "after 1 iterations") != NULL, "%s", fit->reason);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(responses_that_a_model_does_not_allow_are_errors_with_their_row)
{
    start();
    world w = four_cells("~ x");
    mlab_fit *fit;
    mlab_error err;
    four_event[7] = 2;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("logit"), &w.problem, &options, &fit, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_msg(strstr(err.sentence, "row 8") != NULL, "%s", err.sentence);
    ck_assert_ptr_null(fit);
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("linear"), &w.problem, &options, &fit, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("cox"), &w.problem, &options, &fit, &err), MLAB_ERR_FIT_MODEL);
    w.problem.n_categories = 3;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("logit"), &w.problem, &options, &fit, &err), MLAB_ERR_FIT_RESPONSE);
    w.problem.n = 0;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("logit"), &w.problem, &options, &fit, &err), MLAB_ERR_DATA_EMPTY);
    world_free(&w);
    w = four_cells("~ I(0 * x) - 1");
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("logit"), &w.problem, &options, &fit, &err), MLAB_ERR_FIT_RANK);
    world_free(&w);
}
END_TEST

/* almost = x / 3 + 1e-6 noise: 1e-11 of its square is left beside x. The noise alone as a column gives the same model. */
START_TEST(nearly_collinear_columns_cost_no_digits)
{
    start();
    double almost[FOUR], noise[FOUR];
    const char *const models[] = {"logit", "cloglog", "ordinal"};
    for (size_t i = 0; i < FOUR; i++) {
        four_x[i] = sin((double)i);
        noise[i] = cos(5.0 * (double)i);
        almost[i] = four_x[i] / 3 + 1e-6 * noise[i];
        four_event[i] = i * i % 7 < 3;
    }
    world raw = {0}, good = {0};
    world_real(&raw, &context, "x", four_x, FOUR);
    world_real(&raw, &context, "almost", almost, FOUR);
    world_formula(&raw, &context, "~ x + almost");
    world_categories(&raw, four_event, 2, no_yes);
    world_real(&good, &context, "x", four_x, FOUR);
    world_real(&good, &context, "noise", noise, FOUR);
    world_formula(&good, &context, "~ x + noise");
    world_categories(&good, four_event, 2, no_yes);
    for (size_t m = 0; m < 3; m++) {
        mlab_fit *a = world_fit(&raw, &context, models[m], &options), *b = world_fit(&good, &context, models[m], &options);
        ck_assert_int_eq(a->trust, MLAB_TRUSTED);
        ck_near(a->estimate[2], b->estimate[2] * 1e6, 1e-8, 0);
        ck_near(mlab_fit_standard_error(a, 2), mlab_fit_standard_error(b, 2) * 1e6, 1e-8, 0);
        ck_near(a->log_likelihood, b->log_likelihood, 1e-12, 0);
        double at[2], near[2];
        ck_assert_int_eq(mlab_predict(&context, a, raw.table, NULL, 7, 1, NULL, NULL, MLAB_SCALE_RESPONSE, at, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_predict(&context, b, good.table, NULL, 7, 1, NULL, NULL, MLAB_SCALE_RESPONSE, near, NULL), MLAB_OK);
        ck_near(at[0], near[0], 1e-8, 0);
        mlab_fit_free(a);
        mlab_fit_free(b);
    }
    world_free(&raw);
    world_free(&good);
}
END_TEST

/* Large constants: a year, and a response of 10^12. */
START_TEST(large_constants_do_not_cost_digits)
{
    start();
    enum { N = 50 };
    static double year[N], far_year[N], y[N], far_y[N];
    for (size_t i = 0; i < N; i++) {
        year[i] = (double)(i % 7);
        far_year[i] = 2020 + year[i];
        y[i] = 3 * year[i] + (double)(i % 4) - 1.5;
        far_y[i] = y[i] + 1e12; /* exact: halves */
    }
    world near = {0}, far = {0};
    world_real(&near, &context, "year", year, N);
    world_formula(&near, &context, "~ year");
    near.problem.number = y;
    world_real(&far, &context, "year", far_year, N);
    world_formula(&far, &context, "~ year");
    far.problem.number = far_y;
    mlab_fit *a = world_fit(&near, &context, "linear", &options), *b = world_fit(&far, &context, "linear", &options);
    ck_near(a->estimate[1], b->estimate[1], 1e-13, 0);
    ck_near(mlab_fit_standard_error(a, 1), mlab_fit_standard_error(b, 1), 1e-13, 0);
    ck_near(b->estimate[0], 1e12 + a->estimate[0] - 2020 * a->estimate[1], 1e-15, 0);
    ck_near(a->log_likelihood, b->log_likelihood, 1e-13, 0);
    mlab_fit_free(a);
    mlab_fit_free(b);
    world_free(&near);
    world_free(&far);
}
END_TEST

MLAB_TEST_MAIN("models", a_logit_of_two_groups_is_the_table_of_their_odds, a_hazard_of_two_groups_is_minus_the_log_of_their_survival,
               competing_hazards_share_the_total_as_their_counts, the_offset_makes_hazards_of_unequal_rows_comparable,
               thresholds_without_covariates_are_the_logits_of_cumulative_shares, an_ordinal_of_two_levels_is_a_logit,
               thresholds_take_the_place_of_an_intercept, a_column_that_repeats_others_is_left_out_and_said,
               a_column_almost_like_another_is_left_out_only_within_the_tolerance_of_R, a_group_with_events_only_is_separated_by_name,
               no_events_and_all_events_are_outcomes_not_errors, few_events_for_many_coefficients_are_said, too_few_iterations_are_said,
               responses_that_a_model_does_not_allow_are_errors_with_their_row, nearly_collinear_columns_cost_no_digits,
               large_constants_do_not_cost_digits)

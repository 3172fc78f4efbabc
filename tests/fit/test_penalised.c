/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles and tests of penalised fits: against penalised likelihoods written plainly in R, clusters, and what is not made. */
#include "fit/after/after.h"
#include "fit/phd.h"

static mlab_fit_options asked(int penalty)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.profile = options.tests = true;
    options.penalty = penalty;
    return options;
}

static study endometrial(void)
{
    const char *const columns[] = {"NV", "PI", "EH"};
    static const char *const grades[] = {"0", "1"}, *const names[] = {"no", "yes"};
    study s = open_file(mlab_test_path("reference/endometrial.csv"));
    context = mlab_test_context(NULL, 2);
    for (size_t k = 0; k < 3; k++) add_column(&s, columns[k], NULL);
    respond_by_text(&s, "HG", grades, 2);
    mlab_fit_problem response = s.w.problem;
    world_formula(&s.w, &context, "~ NV + PI + EH");
    s.w.problem.category = response.category;
    s.w.problem.n_categories = 2;
    s.w.problem.categories = names;
    return s;
}

static void agree(const mlab_fit *fit, const char *name, bool tests)
{
    csv table = csv_read(mlab_test_path("reference/penalised.csv"));
    size_t k = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        ck_assert_uint_lt(k, fit->after->n_profiles);
        const mlab_profile *p = &fit->after->profiles[k];
        double lower = csv_number(&table, row, "lower"), upper = csv_number(&table, row, "upper"), se = (upper - lower) / 4;
        ck_assert_str_eq(p->name, csv_text(&table, row, "name"));
        ck_assert(!p->lower_open && !p->upper_open);
        ck_near(p->lower, lower, 0, 1e-6 * se);
        ck_near(p->upper, upper, 0, 1e-6 * se);
        if (tests) {
            ck_near(fit->after->tests[k].likelihood_ratio.statistic, csv_number(&table, row, "ratio"), 0, 1e-6);
            ck_assert_uint_eq(fit->after->tests[k].likelihood_ratio.df, 1);
            ck_assert(fit->after->tests[k].wald.df == 1 && fit->after->tests[k].score.df == 0);
        }
        k++;
    }
    ck_assert(k > 0 && k == fit->after->n_profiles && (!tests || k == fit->after->n_tests));
    csv_free(&table);
}

START_TEST(limits_and_ratios_agree_with_the_penalised_likelihood_written_plainly)
{
    mlab_prior priors[] = {{.parameter = (char *)"NV", .mean = 1, .sd = 2, .source = (char *)"stated"},
                           {.parameter = (char *)"EH", .mean = 0, .sd = 0.5, .source = (char *)"stated"}};
    study s = endometrial();
    mlab_fit *fit = fit_after(&s.w.problem, "logit", asked(1));
    agree(fit, "firth_logit", true);
    for (size_t k = 0; k < fit->after->n_profiles; k++) ck_near(fit->after->profiles[k].lower, fit->lower[k + 1], 0, 1e-9);
    mlab_fit_free(fit);
    s.w.problem.priors = priors;
    s.w.problem.n_priors = 2;
    fit = fit_after(&s.w.problem, "logit", asked(0));
    agree(fit, "prior_logit", false);
    ck_assert_uint_eq(fit->after->n_tests, 0);
    ck_assert_msg(strstr(fit->reason, "no tests of terms: with priors"), "%s", fit->reason);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(a_cox_model_has_them_too)
{
    const char *const columns[] = {"week", "arrest", "age", "prio"};
    mlab_fit_options options = asked(1);
    mlab_fit *fit;
    context = mlab_test_context(NULL, 1);
    options.ties = 1;
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) add_column(&s, columns[j], NULL);
    mlab_data data = {.context = &context, .people = s.w.table, .person_level = true};
    mlab_outcome outcome = {.name = "arrest", .kind = MLAB_OUTCOME_EVENT, .model = "cox", .formula = (char *)"event(week, arrest) ~ age + prio"};
    ck_assert_int_eq(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, NULL), MLAB_OK);
    agree(fit, "firth_cox", true);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* The robust errors of clustered rows leave no limits beside the coefficients; asked for, they are those of independent rows. */
START_TEST(clustered_rows_have_them_when_asked)
{
    context = mlab_test_context(NULL, 2);
    study s = phd("poisson", "~ gender + prestige");
    mlab_fit *clustered = fit_after(&s.w.problem, "poisson", asked(1)), *alone;
    s.w.problem.cluster = NULL;
    alone = fit_after(&s.w.problem, "poisson", asked(1));
    ck_assert(clustered->robust && !clustered->lower && alone->lower);
    ck_assert_uint_eq(clustered->after->n_profiles, 2);
    for (size_t k = 0; k < 2; k++) {
        ck_near(clustered->after->profiles[k].lower, alone->lower[k + 1], 0, 1e-9);
        ck_near(clustered->after->profiles[k].upper, alone->upper[k + 1], 0, 1e-9);
        ck_near(clustered->after->tests[k].likelihood_ratio.statistic, alone->after->tests[k].likelihood_ratio.statistic, 1e-9, 0);
    }
    mlab_fit_free(clustered);
    mlab_fit_free(alone);
    close_study(&s);
}
END_TEST

/* a, b and a:b: those that a:b contains would need another fit. Terms of several columns are tested together. */
START_TEST(terms_that_another_contains_have_no_test)
{
    context = mlab_test_context(NULL, 2);
    study s = phd("logit", "~ gender * prestige + married");
    s.w.problem.cluster = NULL;
    mlab_fit *fit = fit_after(&s.w.problem, "logit", asked(1));
    ck_assert_uint_eq(fit->after->n_tests, 4);
    ck_assert_uint_eq(fit->after->tests[0].likelihood_ratio.df, 0);
    ck_assert_uint_eq(fit->after->tests[1].likelihood_ratio.df, 0);
    ck_assert_uint_eq(fit->after->tests[3].likelihood_ratio.df + fit->after->tests[2].likelihood_ratio.df, 2);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(what_is_not_made_is_said)
{
    mlab_prior prior = {.parameter = (char *)"prestige", .mean = 0, .sd = 1, .source = (char *)"stated"};
    context = mlab_test_context(NULL, 2);
    study s = phd("linear", "~ gender + prestige");
    s.w.problem.priors = &prior;
    s.w.problem.n_priors = 1;
    mlab_fit *fit = fit_after(&s.w.problem, "linear", asked(0));
    ck_assert(fit->after->n_profiles == 0 && fit->after->n_tests == 0);
    ck_assert_msg(strstr(fit->reason, "no profile intervals: with priors"), "%s", fit->reason);
    ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
    mlab_fit_free(fit);
    close_study(&s);
    s = endometrial();
    fit = fit_after(&s.w.problem, "logit", asked(0));
    ck_assert_msg(strstr(fit->reason, "no profile intervals: the likelihood has no maximum; fit.penalty: firth"), "%s", fit->reason);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* Twelve rows, an empty cell among them. */
START_TEST(memory_that_runs_out_is_an_error)
{
    static const double x[12] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
    static const int32_t y[12] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1};
    static const char *const names[] = {"no", "yes"};
    mlab_test_memory memory = {0};
    mlab_context failing = mlab_test_context(&memory, 1);
    mlab_fit_options options = asked(1);
    world w = {0};
    context = mlab_test_context(NULL, 1);
    world_real(&w, &context, "x", x, 12);
    world_formula(&w, &context, "~ x");
    world_categories(&w, y, 2, names);
    mlab_prepared *prepared;
    mlab_fit *fit;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    for (long k = 1;; k++) {
        mlab_fit copy = *fit;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_after_make(&failing, prepared, &copy, NULL);
        if (!status) ck_assert(copy.after->n_profiles == 1 && copy.after->n_tests == 1);
        mlab_after_free(copy.after);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("penalised", limits_and_ratios_agree_with_the_penalised_likelihood_written_plainly, a_cox_model_has_them_too,
               clustered_rows_have_them_when_asked, terms_that_another_contains_have_no_test, what_is_not_made_is_said,
               memory_that_runs_out_is_an_error)

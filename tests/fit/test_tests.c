/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests of terms and hypotheses: against references made by scripts/reference/tests.R, by hand, and where they must refuse. */
#include "fit/after/after.h"
#include "fit/phd.h"

static mlab_fit *tested(const study *s, const char *model, mlab_prepared **prepared)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit;
    mlab_error err = {0};
    options.tests = true;
    options.tolerance = 1e-12;
    ck_assert_msg(!mlab_prepare(&context, mlab_model_find(model), &s->w.problem, &options, prepared, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_prepared_fit(&context, *prepared, &fit, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_after_make(&context, *prepared, fit, &err), "%s", err.sentence);
    return fit;
}

#define HOLD(what_, ours_, name_)                                                                                                                    \
    do {                                                                                                                                             \
        double reference_ = csv_number(&table, row, name_);                                                                                          \
        ck_assert_msg(fabs((ours_)-reference_) <= 1e-8 * fmax(1, fabs(reference_)), "%s %s %s: %.17g, reference %.17g", models[m], test->term,       \
                      what_, ours_, reference_);                                                                                                     \
    } while (0)

START_TEST(tests_of_terms_agree_with_r)
{
    static const char *const models[] = {"logit", "poisson", "linear", "ordinal", "cox"};
    csv table = csv_read(mlab_test_path("reference/tests_phd.csv"));
    size_t held = 0;
    context = mlab_test_context(NULL, 2);
    ck_assert_uint_gt(table.n_rows, 0);
    for (size_t m = 0; m < 5; m++) {
        study s = phd(models[m], is(models[m], "cox") ? "~ gender * married + prestige" : "~ gender * married + kids + prestige");
        mlab_prepared *prepared;
        mlab_fit *fit = tested(&s, models[m], &prepared);
        size_t k = 0;
        for (size_t row = 0; row < table.n_rows; row++) {
            if (strcmp(csv_text(&table, row, "case"), models[m])) continue;
            const mlab_term_test *test = &fit->after->tests[k++];
            ck_assert_str_eq(test->term, csv_text(&table, row, "term"));
            HOLD("ratio", test->likelihood_ratio.statistic, "lr");
            HOLD("Wald", test->wald.statistic, "wald");
            HOLD("p", test->wald.p, "wald_p");
            ck_assert_uint_eq(test->likelihood_ratio.df, 1);
            if (csv_number(&table, row, "score") >= 0) HOLD("score", test->score.statistic, "score");
            held++;
        }
        ck_assert_uint_eq(k, fit->after->n_tests);
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
        close_study(&s);
    }
    ck_assert_uint_eq(held, table.n_rows);
    csv_free(&table);
}
END_TEST

/* 30 people in three groups of ten with 2, 5 and 8 events: nothing but the group. */
START_TEST(a_term_of_three_levels_has_two_degrees_of_freedom)
{
    static const char *const levels[] = {"a", "b", "c"};
    static const int events[] = {2, 5, 8};
    int32_t group[30], what[30];
    context = mlab_test_context(NULL, 1);
    for (int i = 0; i < 30; i++) {
        group[i] = i / 10;
        what[i] = i % 10 < events[i / 10];
    }
    study s = {0};
    world_factor(&s.w, &context, "group", group, 30, levels, 3);
    world_formula(&s.w, &context, "~ group");
    world_categories(&s.w, what, 2, yes);
    mlab_prepared *prepared;
    mlab_fit *fit = tested(&s, "logit", &prepared);
    const mlab_term_test *test = fit->after->tests;
    ck_assert_uint_eq(test->likelihood_ratio.df, 2);
    ck_near(test->likelihood_ratio.statistic, 2 * (2 * (2 * log(0.2) + 8 * log(0.8)) + 10 * log(0.5) - 30 * log(0.5)), 1e-9, 0);
    ck_near(test->score.statistic, (9 + 0 + 9) / 10.0 / 0.25, 1e-9, 0); /* Pearson's chi-squared */
    ck_near(test->score.p, exp(-test->score.statistic / 2), 1e-12, 0);
    double equal[] = {0, 1, -1}, twice[] = {0, 1, -1, 0, 2, -2}, value = 0.5;
    mlab_test wald;
    ck_assert_int_eq(mlab_fit_wald(&context, fit, equal, NULL, 1, &wald, NULL), MLAB_OK);
    ck_near(wald.statistic, pow(log(4.0), 2) / (1 / 2.5 + 1 / 1.6), 1e-9, 0); /* log odds 0 and log 4 */
    ck_assert_int_eq(mlab_fit_wald(&context, fit, twice, NULL, 2, &wald, NULL), MLAB_OK);
    ck_assert_uint_eq(wald.df, 1); /* said twice, counted once */
    ck_assert_int_eq(mlab_fit_wald(&context, fit, equal, &value, 1, &wald, NULL), MLAB_OK);
    ck_near(wald.statistic, pow(log(4.0) + 0.5, 2) / (1 / 2.5 + 1 / 1.6), 1e-9, 0);
    ck_assert_int_eq(mlab_fit_wald(&context, fit, equal, NULL, 0, &wald, NULL), MLAB_ERR_ARGUMENT);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    world_free(&s.w);
}
END_TEST

START_TEST(likelihoods_of_other_rows_or_models_are_not_compared)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_test test;
    mlab_error err;
    context = mlab_test_context(NULL, 1);
    study large = phd("logit", "~ gender + kids"), small = phd("logit", "~ gender"), other = phd("logit", "~ prestige");
    mlab_fit *a = world_fit(&large.w, &context, "logit", &options), *b = world_fit(&small.w, &context, "logit", &options);
    mlab_fit *c = world_fit(&other.w, &context, "logit", &options), *d = world_fit(&small.w, &context, "probit", &options);
    small.w.problem.n--;
    mlab_fit *e = world_fit(&small.w, &context, "logit", &options);
    a->rows_digest = mlab_rows_digest(&large.w.problem);
    e->rows_digest = mlab_rows_digest(&small.w.problem);
    b->rows_digest = c->rows_digest = d->rows_digest = a->rows_digest;
    ck_assert_int_eq(mlab_fit_likelihood_ratio(b, a, &test, NULL), MLAB_OK);
    ck_near(test.statistic, 2 * (a->log_likelihood - b->log_likelihood), 1e-12, 0);
    ck_assert_int_eq(mlab_fit_likelihood_ratio(a, b, &test, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(mlab_fit_likelihood_ratio(c, a, &test, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "prestige is in the smaller one alone") != NULL, "%s", err.sentence);
    ck_assert_int_eq(mlab_fit_likelihood_ratio(d, a, &test, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(mlab_fit_likelihood_ratio(e, a, &test, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "other rows (914 and 915)") != NULL, "%s", err.sentence);
    mlab_fit *const fits[] = {a, b, c, d, e};
    for (size_t k = 0; k < 5; k++) mlab_fit_free(fits[k]);
    close_study(&large);
    close_study(&small);
    close_study(&other);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    context = mlab_test_context(NULL, 1);
    study s = phd("logit", "~ gender * married");
    mlab_fit_options options = mlab_fit_defaults();
    options.tests = true;
    s.w.problem.n = 100;
    sweep_fit("logit", &s.w.problem, options);
    close_study(&s);
}
END_TEST

MLAB_TEST_MAIN("tests", tests_of_terms_agree_with_r, a_term_of_three_levels_has_two_degrees_of_freedom,
               likelihoods_of_other_rows_or_models_are_not_compared, any_allocation_may_fail)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profile intervals: against references made by scripts/reference/profile.R, by hand, and where there is no end. */
#include "fit/after/after.h"
#include "fit/phd.h"

#include <gsl/gsl_cdf.h>

/* Rows are taken as independent. */
static study alone(const char *model, const char *formula)
{
    study s = phd(model, formula);
    s.w.problem.cluster = NULL;
    return s;
}

static mlab_fit *profiled(const mlab_fit_problem *problem, const char *model)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.profile = true;
    return fit_after(problem, model, options);
}

START_TEST(intervals_agree_with_r)
{
    static const char *const models[] = {
        "logit", "poisson", "linear", "ordinal", "cox", "exponential", "weibull", "survival_lognormal", "loglogistic", "negative_binomial", "gamma"};
    csv table = csv_read(mlab_test_path("reference/profile_phd.csv"));
    size_t held = 0;
    context = mlab_test_context(NULL, 2);
    ck_assert_uint_gt(table.n_rows, 0);
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        study s = alone(models[m], m >= 4 && m < 9 ? "~ gender + prestige" : "~ gender + kids + prestige");
        mlab_fit *fit = profiled(&s.w.problem, models[m]);
        size_t k = 0;
        for (size_t row = 0; row < table.n_rows; row++) {
            if (strcmp(csv_text(&table, row, "case"), models[m])) continue;
            const mlab_profile *p = &fit->after->profiles[k++];
            ck_assert_str_eq(p->name, csv_text(&table, row, "name"));
            ck_assert(!p->lower_open && !p->upper_open);
            double se = (p->upper - p->lower) / 4, lower = csv_number(&table, row, "lower"), upper = csv_number(&table, row, "upper");
            ck_assert_msg(fabs(p->lower - lower) <= 1e-7 * se, "%s %s: %.17g, reference %.17g", models[m], p->name, p->lower, lower);
            ck_assert_msg(fabs(p->upper - upper) <= 1e-7 * se, "%s %s: %.17g, reference %.17g", models[m], p->name, p->upper, upper);
            held++;
        }
        ck_assert_uint_eq(k, fit->after->n_profiles);
        mlab_fit_free(fit);
        close_study(&s);
    }
    ck_assert_uint_eq(held, table.n_rows);
    csv_free(&table);
}
END_TEST

/* One mean, least squares: the likelihood falls by n / 2 log(1 + n (m - b)^2 / RSS). */
START_TEST(the_interval_of_a_difference_of_means_is_known)
{
    double x[8] = {0, 0, 0, 0, 1, 1, 1, 1}, y[8] = {1, 3, 1, 3, 4, 6, 4, 6};
    context = mlab_test_context(NULL, 1);
    world w = {0};
    world_real(&w, &context, "x", x, 8);
    world_formula(&w, &context, "~ x");
    w.problem.number = y;
    mlab_fit *fit = profiled(&w.problem, "linear");
    double q = gsl_cdf_chisq_Pinv(0.95, 1), half = sqrt(8 * expm1(q / 8) / 2); /* RSS 8; b off by d adds 2 d^2 */
    ck_assert_uint_eq(fit->after->n_profiles, 1);
    ck_near(fit->after->profiles[0].lower, 3 - half, 1e-8, 0);
    ck_near(fit->after->profiles[0].upper, 3 + half, 1e-8, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* Started from its own estimates the fit needs one step, each on the way to an end more than the one that is allowed. */
START_TEST(an_end_is_not_found_where_a_fit_on_the_way_does_not_converge)
{
    context = mlab_test_context(NULL, 1);
    study s = alone("logit", "~ gender + kids + prestige");
    mlab_fit *fit = profiled(&s.w.problem, "logit");
    ck_assert(!fit->after->profiles[0].lower_unknown && !fit->after->profiles[0].upper_unknown);
    mlab_fit_options options = mlab_fit_defaults();
    options.profile = true;
    options.iterations = 1;
    s.w.problem.warm = fit->estimate;
    mlab_fit *again = fit_after(&s.w.problem, "logit", options);
    ck_assert_int_eq(again->trust, fit->trust);
    ck_assert_uint_eq(again->after->n_profiles, fit->after->n_profiles);
    for (size_t k = 0; k < again->after->n_profiles; k++) {
        const mlab_profile *p = &again->after->profiles[k];
        ck_assert(p->lower_unknown && p->upper_unknown && !p->lower_open && !p->upper_open);
        ck_assert(p->lower == 0 && p->upper == 0);
    }
    mlab_fit_free(again);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* Its weights are no likelihood. */
START_TEST(models_without_profiles_have_none)
{
    context = mlab_test_context(NULL, 1);
    study s = alone("cox", "~ gender");
    mlab_fit *fit = profiled(&s.w.problem, "fine_gray");
    ck_assert_uint_eq(fit->after->n_profiles, 0);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    static const char *const models[] = {"logit", "cox", "negative_binomial", "gamma", "weibull"};
    mlab_fit_options options = mlab_fit_defaults();
    options.profile = true;
    context = mlab_test_context(NULL, 1);
    for (int m = 0; m < 5; m++) {
        study s = alone(models[m], "~ gender");
        sweep_after(models[m], &s.w.problem, options);
        close_study(&s);
    }
}
END_TEST

MLAB_TEST_MAIN("profile", an_end_is_not_found_where_a_fit_on_the_way_does_not_converge, intervals_agree_with_r,
               the_interval_of_a_difference_of_means_is_known, models_without_profiles_have_none, any_allocation_may_fail)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profile intervals of mixed models: against lme4, glmmTMB and a likelihood written plainly (scripts/reference/mixed_profile.R), by hand, on the
 * boundary, for any threads. */
#include "fit/mixed/mixed_held.h"
#include "fit/mixed_study.h"
#include "fit/model.h"

#include <gsl/gsl_cdf.h>

static mlab_fit *profiled(const mixed_study *made, const char *model, int quadrature, bool restricted)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.profile = true;
    options.quadrature = quadrature;
    options.restricted = restricted ? 0 : 1;
    return fit_after(&made->s.w.problem, model, options);
}

static size_t agree(const mixed_study *made, const char *name, const char *model, int quadrature, bool restricted)
{
    csv table = csv_read(mlab_test_path("reference/mixed_profile.csv"));
    mlab_fit *fit = profiled(made, model, quadrature, restricted);
    size_t k = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        ck_assert_uint_lt(k, fit->after->n_profiles);
        const mlab_profile *p = &fit->after->profiles[k++];
        double se = csv_number(&table, row, "se"), lower = csv_number(&table, row, "lower"), upper = csv_number(&table, row, "upper");
        ck_assert_str_eq(p->name, csv_text(&table, row, "name"));
        ck_assert(!p->lower_open && !p->upper_open);
        ck_assert_msg(fabs(p->lower - lower) <= 1e-4 * se, "%s %s: %.12g, reference %.12g, error %.4g", name, p->name, p->lower, lower, se);
        ck_assert_msg(fabs(p->upper - upper) <= 1e-4 * se, "%s %s: %.12g, reference %.12g, error %.4g", name, p->name, p->upper, upper, se);
    }
    ck_assert_uint_eq(k, fit->after->n_profiles);
    ck_assert_uint_gt(k, 0);
    csv_free(&table);
    mlab_fit_free(fit);
    return k;
}

START_TEST(one_grouping_agrees_with_lme4_and_glmmtmb)
{
    static const char *const days[] = {"Days"};
    mixed_study made = open_mixed("reference/mixed_sleep.csv", days, 1, NULL);
    respond_number(&made.s, "reaction");
    random_by(&made, "~ Days", "~ 1 + Days", "subject", false);
    agree(&made, "linear_sleep", "linear", 1, false);
    agree(&made, "linear_sleep", "linear", 1, true); /* by maximum likelihood too, as lme4 has it */
    close_mixed(&made);
    made = bacteria();
    random_by(&made, "~ trt + late", "~ 1", "ID", false);
    agree(&made, "logit_bacteria", "logit", 1, false);
    agree(&made, "logit_bacteria_9", "logit", 9, false);
    close_mixed(&made);
    made = epil("~ 1 + period", false);
    agree(&made, "poisson_slope_epil", "poisson", 1, false);
    close_mixed(&made);
    made = wine();
    agree(&made, "ordinal_wine", "ordinal", 1, false);
    close_mixed(&made);
}
END_TEST

/* From where the likelihood is 0 no climb finds its top: then no limit can be found either. */
START_TEST(without_the_maximum_no_limit_is_told)
{
    mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_mixed_held *held;
    double top = 0, value;
    bool good = true;
    mixed_study made = bacteria();
    random_by(&made, "~ trt + late", "~ 1", "ID", false);
    mlab_fit_options options = mlab_fit_defaults();
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &made.s.w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    double found = fit->estimate[1];
    for (size_t j = 0; j < fit->n_parameters; j++) fit->estimate[j] = 1e300;
    ck_assert_int_eq(mlab_mixed_held_make(&context, prepared, fit, &held, &top, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_mixed_held_at(held, 1, found, &value, &good, NULL), MLAB_OK);
    ck_assert(!good);
    mlab_mixed_held_free(held);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    close_mixed(&made);
}
END_TEST

/* Broods of ticks within locations. */
static mixed_study ticks(mlab_random_grouping both[2], uint32_t **broods, bool counts)
{
    static const char *const columns[] = {"y96", "y97", "height"}, *const no_yes[] = {"0", "1"};
    mixed_study made = open_mixed("reference/crossed_grouseticks.csv", columns, 3, NULL);
    if (counts)
        respond_number(&made.s, "ticks");
    else
        respond_by_text(&made.s, "any", no_yes, 2);
    cluster_by(&made.s, "brood");
    *broods = made.s.cluster;
    size_t n_broods = n_clusters(&made.s);
    random_by(&made, "~ y96 + y97 + height", "~ 1", "location", false);
    both[0] = (mlab_random_grouping){.design = made.random, .group = *broods, .n_groups = n_broods, .name = "brood"};
    both[1] = *made.grouping;
    made.s.w.problem.random = both;
    made.s.w.problem.n_random = 2;
    return made;
}

START_TEST(two_groupings_agree_with_lme4_and_glmmtmb)
{
    static const char *const cases[] = {"linear_ticks", "cloglog_ticks", "negative_binomial_ticks"}, *const models[] = {"linear", "cloglog",
                                                                                                                        "negative_binomial"};
    for (int k = 0; k < 3; k++) {
        mlab_random_grouping both[2];
        uint32_t *broods;
        mixed_study made = ticks(both, &broods, k != 1);
        ck_assert_uint_eq(agree(&made, cases[k], models[k], 1, k == 0), 3);
        close_mixed(&made);
        free(broods);
    }
}
END_TEST

/* Four groups of two rows that have both values of x and effects that add nothing (the standard deviation between groups is 0):
 *
 *     x  0 1 | 0 1 | 0 1 | 0 1        y  1 6 | 3 4 | 1 6 | 3 4        RSS 8, means 2 and 5
 *
 * With x held d off the likelihood falls as without groups, by n / 2 log(1 + 2 d^2 / RSS). */
START_TEST(a_standard_deviation_of_0_leaves_the_interval_of_least_squares)
{
    static const double x[] = {0, 1, 0, 1, 0, 1, 0, 1}, y[] = {1, 6, 3, 4, 1, 6, 3, 4};
    static const uint32_t group[] = {0, 0, 1, 1, 2, 2, 3, 3};
    context = mlab_test_context(NULL, 1);
    mixed_study made = {0};
    world_real(&made.s.w, &context, "x", x, 8);
    world_formula(&made.s.w, &context, "~ x");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &made.terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(made.terms, made.s.w.table, NULL, &made.random, NULL), MLAB_OK);
    mlab_random_grouping grouping = {.design = made.random, .group = group, .n_groups = 4, .name = "group"};
    made.s.w.problem.random = &grouping;
    made.s.w.problem.n_random = 1;
    made.s.w.problem.number = y;
    mlab_fit *fit = profiled(&made, "linear", 1, false);
    double q = gsl_cdf_chisq_Pinv(0.95, 1), half = sqrt(8 * expm1(q / 8) / 2);
    ck_assert_int_eq(fit->trust, MLAB_ON_BOUNDARY);
    ck_assert_uint_eq(fit->after->n_profiles, 1);
    ck_near(fit->after->profiles[0].lower, 3 - half, 1e-5, 0);
    ck_near(fit->after->profiles[0].upper, 3 + half, 1e-5, 0);
    mlab_fit_free(fit);
    mlab_design_free(made.random);
    mlab_formula_free(made.terms);
    world_free(&made.s.w);
}
END_TEST

/* Pairs whose x is nearly the pair's: held off its estimate, pairs differ by what x told. The log-likelihood at b, both variances at their best: with
 * S and D the squares of the pairs' sums and differences, halved, s^2 = D / G and s^2 + 2 sd^2 = S / G, or both (S + D) / 2G. */
static double of_pairs(const double *x, const double *y, size_t n, double b, bool *apart)
{
    double mean = 0, sums = 0, differences = 0, pairs = (double)n;
    for (size_t i = 0; i < 2 * n; i++) mean += (y[i] - b * x[i]) / (2 * pairs);
    for (size_t g = 0; g < n; g++) {
        double r = y[2 * g] - b * x[2 * g] - mean, s = y[2 * g + 1] - b * x[2 * g + 1] - mean;
        sums += (r + s) * (r + s) / 2, differences += (r - s) * (r - s) / 2;
    }
    *apart = sums > differences;
    if (!*apart) sums = differences = (sums + differences) / 2;
    return -0.5 * pairs * (log(sums) + log(differences));
}

START_TEST(a_standard_deviation_of_0_moves_when_a_coefficient_is_held)
{
    static const double x[] = {0, 0.2, 1, 1.1, 2, 2.1, 3, 2.8, 4, 4.1, 5, 4.9},
                        y[] = {1.05, -0.05, 0.05, 0.85, 2.33, 1.23, 2.48, 3.67, 4.15, 4.95, 5.05, 3.95};
    static const uint32_t group[] = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5};
    context = mlab_test_context(NULL, 1);
    mixed_study made = {0};
    world_real(&made.s.w, &context, "x", x, 12);
    world_formula(&made.s.w, &context, "~ x");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &made.terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(made.terms, made.s.w.table, NULL, &made.random, NULL), MLAB_OK);
    mlab_random_grouping grouping = {.design = made.random, .group = group, .n_groups = 6, .name = "group"};
    made.s.w.problem.random = &grouping;
    made.s.w.problem.n_random = 1;
    made.s.w.problem.number = y;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_fit *fit;
    options.restricted = 1;
    options.profile = true;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("linear"), &made.s.w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    ck_assert_double_lt(fabs(fit->spread[0]), 0.01);
    fit->spread[0] = 0; /* the climb leaves it at 1e-4 or so; here it is exactly where the gradient is 0 for every b */
    ck_assert_int_eq(mlab_after_make(&context, prepared, fit, NULL), MLAB_OK);
    mlab_prepared_free(prepared);
    ck_assert_int_eq(fit->trust, MLAB_ON_BOUNDARY);
    const mlab_profile *p = &fit->after->profiles[0];
    bool at_top, below, above;
    double top = of_pairs(x, y, 6, fit->estimate[1], &at_top), q = gsl_cdf_chisq_Pinv(0.95, 1);
    ck_near(2 * (top - of_pairs(x, y, 6, p->lower, &below)), q, 0, 1e-5);
    ck_near(2 * (top - of_pairs(x, y, 6, p->upper, &above)), q, 0, 1e-5);
    ck_assert(!at_top && below && above);
    mlab_fit_free(fit);
    mlab_design_free(made.random);
    mlab_formula_free(made.terms);
    world_free(&made.s.w);
}
END_TEST

START_TEST(the_same_bytes_for_any_threads)
{
    mlab_random_grouping both[2];
    uint32_t *broods;
    mixed_study made = ticks(both, &broods, false);
    mlab_profile first[3] = {0};
    for (int threads = 1; threads <= 7; threads += 3) {
        context = mlab_test_context(NULL, threads);
        mlab_fit *fit = profiled(&made, "logit", 1, false);
        ck_assert_uint_eq(fit->after->n_profiles, 3);
        for (size_t k = 0; k < 3; k++) {
            if (threads == 1) first[k] = fit->after->profiles[k];
            ck_assert_double_eq(fit->after->profiles[k].lower, first[k].lower);
            ck_assert_double_eq(fit->after->profiles[k].upper, first[k].upper);
        }
        mlab_fit_free(fit);
    }
    close_mixed(&made);
    free(broods);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_test_memory memory = {0};
    context = mlab_test_context(NULL, 1);
    mlab_context failing = mlab_test_context(&memory, 1);
    mlab_fit_options options = mlab_fit_defaults();
    options.profile = true;
    for (int which = 0; which < 2; which++) {
        mlab_prepared *prepared;
        mlab_fit *fit;
        mixed_study made = bacteria();
        const char *model = which ? "linear" : "logit";
        if (which) respond_number(&made.s, "week");
        random_by(&made, "~ late", "~ 1", "ID", false);
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find(model), &made.s.w.problem, &options, &prepared, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
        for (long k = 1;; k++) {
            mlab_fit copy = *fit;
            memory = (mlab_test_memory){.fail_at = k};
            mlab_status status = mlab_after_make(&failing, prepared, &copy, NULL);
            mlab_after_free(copy.after);
            ck_assert_int_eq(memory.live, 0);
            if (status == MLAB_OK) break;
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
        close_mixed(&made);
    }
}
END_TEST

MLAB_TEST_MAIN("mixed_profile", without_the_maximum_no_limit_is_told, one_grouping_agrees_with_lme4_and_glmmtmb,
               two_groupings_agree_with_lme4_and_glmmtmb, a_standard_deviation_of_0_leaves_the_interval_of_least_squares,
               a_standard_deviation_of_0_moves_when_a_coefficient_is_held, the_same_bytes_for_any_threads, any_allocation_may_fail)

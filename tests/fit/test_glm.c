/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probit, counts, positive numbers and the other ordinal links: against references made by scripts/reference/glm.R, on worlds with known
 * answers, and where they must say no. */
#include "core/random.h"
#include "fit/reference.h"

#define REFERENCE "reference/glm_phd.csv"

static const char *const output[] = {"none", "one", "few", "many"};

static study phd(const char *formula, const char *number, const char *cluster)
{
    const char *const columns[] = {"gender", "married", "kids", "prestige", "mentor"};
    study s = open_file(mlab_test_path("reference/phd.csv"));
    context = mlab_test_context(NULL, 2);
    for (size_t k = 0; k < 5; k++) add_column(&s, columns[k], k == 0 ? "female" : NULL);
    cluster_by(&s, cluster);
    if (number) respond_number(&s, number);
    s.category = room(s.n, sizeof *s.category);
    for (size_t i = 0; !number && i < s.n; i++) {
        long articles = strtol(cell(&s, i, "articles"), NULL, 10);
        s.category[i] = articles == 0 ? 0 : articles == 1 ? 1 : articles <= 3 ? 2 : 3;
    }
    if (!number) respond(&s, 4, output);
    ready(&s, formula);
    return s;
}

START_TEST(probit_and_ordinal_links_agree_with_r)
{
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("~ gender + married + kids + prestige + mentor", NULL, "mentor");
    options.ordinal_link = 1;
    compare(&s, REFERENCE, "ordinal_probit", "ordinal", &options);
    options.ordinal_link = 2;
    compare(&s, REFERENCE, "ordinal_cloglog", "ordinal", &options);
    for (size_t i = 0; i < s.n; i++) s.category[i] = s.category[i] > 0;
    s.w.problem.n_categories = 2;
    compare(&s, REFERENCE, "probit", "probit", &options);
    close_study(&s);
}
END_TEST

START_TEST(counts_agree_with_r)
{
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("~ gender + married + kids + prestige + mentor", "articles", "mentor");
    compare(&s, REFERENCE, "poisson", "poisson", &options);
    compare(&s, REFERENCE, "negative_binomial", "negative_binomial", &options);
    close_study(&s);
}
END_TEST

START_TEST(positive_numbers_agree_with_r)
{
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("~ gender + married + kids + mentor", "prestige", "kids");
    compare(&s, REFERENCE, "gamma", "gamma", &options);
    compare(&s, REFERENCE, "lognormal", "lognormal", &options);
    close_study(&s);
}
END_TEST

/* 40 rows, mean 2 where x = 0 and 6 where x = 1. */
static double four_x[40], four_y[40];

static world of_numbers(double low, double high)
{
    world w = {0};
    context = mlab_test_context(NULL, 2);
    for (size_t i = 0; i < 40; i++) {
        four_x[i] = i >= 20;
        four_y[i] = (i >= 20 ? 6 : 2) + (i % 2 ? high : -low);
    }
    world_real(&w, &context, "x", four_x, 40);
    world_formula(&w, &context, "~ x");
    w.problem.number = four_y;
    return w;
}

START_TEST(a_log_linear_mean_of_two_groups_is_their_ratio)
{
    static const char *const models[] = {"poisson", "negative_binomial", "gamma"};
    mlab_fit_options options = mlab_fit_defaults();
    double means[2];
    for (int m = 0; m < 3; m++) {
        world w = of_numbers(2, 2);
        for (size_t i = 0; m && i < 40; i++) four_y[i] = (i >= 20 ? 6 : 2) + (m == 1 ? (i % 4 == 0 ? 21 : 0) : 1); /* varies more; above 0 */
        mlab_fit *fit = world_fit(&w, &context, models[m], &options);
        double low = 0, high = 0;
        for (size_t i = 0; i < 40; i++) *(i < 20 ? &low : &high) += four_y[i] / 20;
        if (m == 2) { /* no spread at all: a shape cannot be had */
            ck_assert_int_ne(fit->trust, MLAB_TRUSTED);
        } else {
            ck_near(fit->estimate[0], log(low), 1e-10, 0);
            ck_near(fit->estimate[1], log(high / low), 1e-10, 0);
            ck_assert_int_eq(mlab_predict(&context, fit, w.table, NULL, 19, 2, NULL, NULL, MLAB_SCALE_RESPONSE, means, NULL), MLAB_OK);
            ck_near(means[0], low, 1e-10, 0);
            ck_near(means[1], high, 1e-10, 0);
        }
        mlab_fit_free(fit);
        world_free(&w);
    }
}
END_TEST

START_TEST(the_mean_of_a_log_normal_number_is_above_its_median)
{
    mlab_fit_options options = mlab_fit_defaults();
    double mean;
    world w = of_numbers(1, 1);
    mlab_fit *fit = world_fit(&w, &context, "lognormal", &options);
    ck_near(fit->estimate[0], (log(1.0) + log(3.0)) / 2, 1e-12, 0);
    ck_assert_int_eq(mlab_predict(&context, fit, w.table, NULL, 0, 1, NULL, NULL, MLAB_SCALE_RESPONSE, &mean, NULL), MLAB_OK);
    ck_near(mean, exp(fit->estimate[0] + fit->residual_variance / 2), 1e-12, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(counts_that_vary_no_more_than_poisson_have_no_theta_and_it_is_said)
{
    mlab_fit_options options = mlab_fit_defaults();
    world w = of_numbers(0, 0);
    mlab_fit *fit = world_fit(&w, &context, "negative_binomial", &options);
    ck_assert_int_eq(fit->trust, MLAB_NOT_CONVERGED);
    ck_assert_msg(strstr(fit->reason, "use model poisson"), "%s", fit->reason);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* Pearson's sum is known: (y - m)^2 / m is 6 where m = 6 and 24 where m = 24; with offsets, of four rows 2, 2, 6, 6. */
START_TEST(counts_that_vary_more_than_poisson_are_told_with_how_much)
{
    enum { PLAIN, WEIGHTED, OFFSET, ROBUST, MIXED, CASES };
    static const char *const told[CASES] = {"counts vary 15.79 times", "counts vary 15.38 times", "counts vary 4.21 times", NULL, NULL};
    static uint32_t own[40], team[40];
    static double twice[40], offset[40];
    mlab_fit_options options = mlab_fit_defaults();
    for (int c = 0; c < CASES; c++) {
        world w = of_numbers(0, 0);
        mlab_formula *one;
        mlab_design *ones;
        char expected[80];
        ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &one, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_design_make(one, w.table, NULL, &ones, NULL), MLAB_OK);
        mlab_random_grouping grouping = {.design = ones, .group = team, .n_groups = 4, .name = "team"};
        for (uint32_t i = 0; i < 40; i++) {
            own[i] = i;
            team[i] = i / 2 % 4;
            twice[i] = 2;
            offset[i] = i % 4 < 2 ? 0 : log(3);
            four_y[i] = c == OFFSET ? (i % 2 ? i % 4 < 2 ? 4 : 12 : 0) : (i % 2 ? i < 20 ? 12 : 48 : 0) + (c == MIXED ? 10 * team[i] : 0);
        }
        if (c == WEIGHTED) w.problem.weight = twice;
        if (c == OFFSET) w.problem.offset = offset;
        if (c == ROBUST) w.problem.cluster = own, w.problem.n_clusters = 40;
        if (c == MIXED) w.problem.random = &grouping, w.problem.n_random = 1;
        mlab_fit *fit = world_fit(&w, &context, "poisson", &options);
        if (c != MIXED) ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
        if (c == MIXED) {
            double phi = 0;
            for (size_t i = 0; i < 40; i++) {
                double mean = exp(fit->estimate[0] + fit->estimate[1] * four_x[i] + fit->random[0].mode[team[i]]);
                phi += (four_y[i] - mean) * (four_y[i] - mean) / mean / 38;
            }
            snprintf(expected, sizeof expected, "counts vary %.2f times as much as Poisson's, given the groups", phi);
        } else
            snprintf(expected, sizeof expected, "%s", told[c] ? told[c] : "");
        ck_assert_msg(told[c] || c == MIXED ? strstr(fit->reason, expected) != NULL : !fit->reason[0], "case %d: \"%s\", expected \"%s\"", c,
                      fit->reason, expected);
        mlab_fit_free(fit);
        mlab_design_free(ones);
        mlab_formula_free(one);
        world_free(&w);
    }
}
END_TEST

/* 300 samples of 40 small counts; the seed is fixed. */
START_TEST(poisson_counts_are_hardly_ever_said_to_vary_more)
{
    mlab_fit_options options = mlab_fit_defaults();
    int alarms = 0;
    for (uint32_t sample = 0; sample < 300; sample++) {
        world w = of_numbers(0, 0);
        for (uint32_t i = 0; i < 40; i++) {
            mlab_address at = {.seed = 11, .entity = i, .draw = sample, .purpose = MLAB_PURPOSE_TEST};
            double left = exp(i < 20 ? -0.3 : -1.5);
            four_y[i] = -1;
            for (double product = 1; product >= left; four_y[i]++) product *= mlab_random_uniform(&at, (uint32_t)(four_y[i] + 1));
        }
        mlab_fit *fit = world_fit(&w, &context, "poisson", &options);
        alarms += strstr(fit->reason, "counts vary") != NULL;
        mlab_fit_free(fit);
        world_free(&w);
    }
    ck_assert_int_le(alarms, 1);
}
END_TEST

START_TEST(numbers_that_a_model_cannot_have_are_refused_with_their_row)
{
    static const struct {
        const char *model;
        double value;
        const char *sentence;
    } cases[] = {{"poisson", -1, "row 4 is -1; allowed: whole numbers from 0"},
                 {"negative_binomial", 1.5, "row 4 is 1.5; allowed: whole numbers from 0"},
                 {"gamma", 0, "row 4 is 0; allowed: numbers above 0"},
                 {"lognormal", -2, "row 4 is -2; allowed: numbers above 0"}};
    mlab_fit_options options = mlab_fit_defaults();
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        world w = of_numbers(1, 1);
        mlab_fit *fit;
        mlab_error err = {0};
        four_y[3] = cases[k].value;
        ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find(cases[k].model), &w.problem, &options, &fit, &err), MLAB_ERR_FIT_RESPONSE);
        ck_assert_msg(strstr(err.sentence, cases[k].sentence), "%s", err.sentence);
        ck_assert_ptr_null(fit);
        world_free(&w);
    }
}
END_TEST

/* A bootstrap refit with every cluster once is the fit. */
START_TEST(a_refit_of_counts_finds_theta_anew)
{
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("~ gender + kids + mentor", "articles", "mentor");
    mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_refit_info info;
    double estimate[4], twice[4];
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("negative_binomial"), &s.w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    double *weight = room(s.w.problem.n_clusters, sizeof *weight);
    for (size_t g = 0; g < s.w.problem.n_clusters; g++) weight[g] = 1;
    mlab_refit_weights once = {.cluster = weight};
    ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &once, fit->estimate, estimate, &info, NULL), MLAB_OK);
    ck_assert_int_eq(info.trust, MLAB_TRUSTED);
    for (size_t j = 0; j < 4; j++) ck_near(estimate[j], fit->estimate[j], 1e-8, 1e-9);
    weight[0] = 0, weight[1] = 2;
    ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &once, fit->estimate, twice, &info, NULL), MLAB_OK);
    ck_assert(fabs(twice[3] - estimate[3]) > 1e-5);
    free(weight);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    close_study(&s);
}
END_TEST

static mlab_status fit_all(const mlab_context *failing, const world *w, mlab_error *err)
{
    static const char *const models[] = {"poisson", "negative_binomial", "gamma", "lognormal"};
    mlab_fit_options options = mlab_fit_defaults();
    for (int k = 0; k < 4; k++) {
        mlab_fit *fit;
        mlab_status status = mlab_fit_problem_fit(failing, mlab_model_find(models[k]), &w->problem, &options, &fit, err);
        mlab_fit_free(fit);
        if (status) return status;
    }
    return MLAB_OK;
}

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    world w = of_numbers(1, 1);
    four_y[0] = 30; /* varies enough for a theta */
    mlab_test_memory memory = {0};
    mlab_context counting = mlab_test_context(&memory, 1);
    ck_assert_int_eq(fit_all(&counting, &w, NULL), MLAB_OK);
    long calls = memory.calls;
    ck_assert_int_eq(memory.live, 0);
    for (long k = 1; k <= calls; k++) {
        memory = (mlab_test_memory){.fail_at = k};
        counting = mlab_test_context(&memory, 1);
        mlab_error err = {0};
        ck_assert_msg(fit_all(&counting, &w, &err) == MLAB_ERR_MEMORY, "allocation %ld of %ld", k, calls);
        ck_assert_int_eq(memory.live, 0);
    }
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("glm", probit_and_ordinal_links_agree_with_r, counts_agree_with_r, positive_numbers_agree_with_r,
               a_log_linear_mean_of_two_groups_is_their_ratio, the_mean_of_a_log_normal_number_is_above_its_median,
               counts_that_vary_no_more_than_poisson_have_no_theta_and_it_is_said, counts_that_vary_more_than_poisson_are_told_with_how_much,
               poisson_counts_are_hardly_ever_said_to_vary_more, numbers_that_a_model_cannot_have_are_refused_with_their_row,
               a_refit_of_counts_finds_theta_anew, every_failed_allocation_is_reported_and_nothing_leaks)

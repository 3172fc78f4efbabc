/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random effects: against glmmTMB and a Laplace approximation written a second time (scripts/reference/mixed.R), the gradient against
 * differences, and worlds in which the answer is known.
 *
 * Tolerance of references: estimates and log standard deviations 1e-4 of their standard error (linear: 1e-7 of the larger of the two), standard
 * errors 1e-3, log-likelihood 1e-5.
 */
#include "fit/mixed_study.h"

static void compare_mixed(const mixed_study *made, const char *name, const char *model, const mlab_fit_options *options)
{
    csv table = csv_read(mlab_test_path("reference/mixed.csv"));
    mlab_fit *fit = world_fit(&made->s.w, &context, model, options);
    const mlab_random_effects *r = fit->random;
    size_t j = 0, seen = 0;
    ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->trust == MLAB_TOO_FEW_EVENTS, "%s: %s", name, fit->reason);
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        const char *what = csv_text(&table, row, "name");
        double estimate = csv_number(&table, row, "estimate"), loglik = csv_number(&table, row, "loglik"), ours, se, known;
        ck_near(fit->log_likelihood, loglik, 0, 1e-5);
        seen++;
        if (strcmp(what, "cor") == 0) {
            ck_near(r->covariance[1] / (r->sd[0] * r->sd[1]), estimate, 0, 1e-4);
            continue;
        }
        known = csv_number(&table, row, "se");
        if (strncmp(what, "sd_", 3) == 0) {
            size_t a = strcmp(what, "sd_(Intercept)") == 0 ? 0 : 1;
            ours = log(r->sd[a]), se = r->sd_se[a] / r->sd[a], estimate = log(estimate);
        } else {
            ck_assert_msg(same_name(fit->names[j], what), "%s: %s", fit->names[j], what);
            ours = fit->estimate[j], se = mlab_fit_standard_error(fit, j), j++;
        }
        double allowed = strcmp(model, "linear") == 0 ? 1e-7 * fmax(fabs(estimate), known) : 1e-4 * known;
        ck_assert_msg(fabs(ours - estimate) <= allowed, "%s %s: %.12g, reference %.12g", name, what, ours, estimate);
        ck_assert_msg(fabs(se / known - 1) <= 1e-3, "%s %s: standard error %.12g, reference %.12g", name, what, se, known);
    }
    ck_assert_uint_eq(j, fit->n_parameters);
    ck_assert_uint_gt(seen, j);
    csv_free(&table);
    mlab_fit_free(fit);
}

START_TEST(random_intercepts_of_binomial_models_agree_with_glmmtmb)
{
    mlab_fit_options options = mlab_fit_defaults();
    mixed_study made = bacteria();
    random_by(&made, "~ trt + late", "~ 1", "ID", false);
    compare_mixed(&made, "logit_bacteria", "logit", &options);
    compare_mixed(&made, "cloglog_bacteria", "cloglog", &options);
    compare_mixed(&made, "cloglog_bacteria", "hazard", &options);
    compare_mixed(&made, "probit_bacteria", "probit", &options);
    close_mixed(&made);
}
END_TEST

START_TEST(random_effects_of_counts_agree_with_glmmtmb)
{
    mlab_fit_options options = mlab_fit_defaults();
    mixed_study made = epil("~ 1", false);
    compare_mixed(&made, "poisson_epil", "poisson", &options);
    close_mixed(&made);
    made = epil("~ 1 + period", false);
    compare_mixed(&made, "poisson_slope_epil", "poisson", &options);
    close_mixed(&made);
    made = epil("~ 1 + period", true);
    compare_mixed(&made, "poisson_independent_epil", "poisson", &options);
    close_mixed(&made);
}
END_TEST

START_TEST(judges_of_wine_agree_with_the_likelihood_written_twice)
{
    mlab_fit_options options = mlab_fit_defaults();
    mixed_study made = wine();
    compare_mixed(&made, "ordinal_wine", "ordinal", &options);
    for (options.ordinal_link = 1; options.ordinal_link <= 2; options.ordinal_link++) { /* probit, cloglog: against a quadrature of the same */
        options.quadrature = 1;
        mlab_fit *fit = world_fit(&made.s.w, &context, "ordinal", &options);
        options.quadrature = 15;
        mlab_fit *finer = world_fit(&made.s.w, &context, "ordinal", &options);
        ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->trust == MLAB_TOO_FEW_EVENTS, "link %d: %s", options.ordinal_link, fit->reason);
        ck_assert_int_lt(fit->iterations, 50);
        for (size_t j = 0; j < fit->n_parameters; j++)
            ck_assert_double_le(fabs(fit->estimate[j] - finer->estimate[j]), 0.1 * mlab_fit_standard_error(finer, j));
        mlab_fit_free(finer);
        mlab_fit_free(fit);
    }
    close_mixed(&made);
}
END_TEST

START_TEST(linear_models_agree_with_the_dense_likelihood)
{
    static const char *const days[] = {"Days"};
    mlab_fit_options options = mlab_fit_defaults();
    for (int k = 0; k < 3; k++) {
        static const char *const cases[] = {"linear_reml_sleep", "linear_ml_sleep", "linear_independent_sleep"};
        mixed_study made = open_mixed("reference/mixed_sleep.csv", days, 1, NULL);
        respond_number(&made.s, "reaction");
        random_by(&made, "~ Days", "~ 1 + Days", "subject", k == 2);
        options.restricted = k == 1;
        compare_mixed(&made, cases[k], "linear", &options);
        close_mixed(&made);
    }
}
END_TEST

/* 2 groups of 2 rows each: 1, 3 and 5, 7. By hand (balanced one-way): within mean square 2, between mean square 16, sd^2 = (16 - 2) / 2. */
START_TEST(a_balanced_one_way_layout_is_the_analysis_of_variance)
{
    static const double y[] = {1, 3, 5, 7}, one[] = {1, 1, 1, 1};
    static const uint32_t group[] = {0, 0, 1, 1};
    mlab_fit_options options = mlab_fit_defaults();
    mixed_study made = {0};
    context = mlab_test_context(NULL, 1);
    world_real(&made.s.w, &context, "one", one, 4);
    world_formula(&made.s.w, &context, "~ 1");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &made.terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(made.terms, made.s.w.table, NULL, &made.random, NULL), MLAB_OK);
    mlab_fit_problem *problem = &made.s.w.problem;
    made.grouping = room(1, sizeof *made.grouping);
    *made.grouping = (mlab_random_grouping){.design = made.random, .group = group, .n_groups = 2, .name = "pair"};
    problem->number = y, problem->random = made.grouping, problem->n_random = 1;
    mlab_fit *fit = world_fit(&made.s.w, &context, "linear", &options);
    ck_near(fit->estimate[0], 4, 1e-12, 0);
    ck_near(fit->residual_variance, 2, 1e-7, 0);
    ck_near(fit->random->covariance[0], 7, 1e-6, 0);
    ck_near(mlab_fit_standard_error(fit, 0), sqrt(16.0 / 4), 1e-7, 0);
    ck_near(fit->random->mode[1], 2 * 14.0 / 16, 1e-7, 0); /* shrunk by sd^2 / (sd^2 + 2 / 2) */
    ck_assert_int_eq(fit->trust, MLAB_TOO_FEW_CLUSTERS);
    mlab_fit_free(fit);
    mlab_design_free(made.random);
    free(made.grouping);
    mlab_formula_free(made.terms);
    world_free(&made.s.w);
}
END_TEST

static void gradient_with_nodes(const mixed_study *made, const char *model, int link, size_t nodes, const double *psi, size_t n)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.ordinal_link = link;
    mlab_prepared *prepared;
    mlab_mixed *mixed;
    double value, gradient[12], moved[12], side[2];
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find(model), &made->s.w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_mixed_make(&context, prepared, &mixed, NULL), MLAB_OK);
    ck_assert_uint_eq(mixed->n_parameters, n);
    mixed->n_nodes = nodes;
    ck_assert(mlab_quadrature_rule(nodes, mixed->node, mixed->log_weight));
    ck_assert_int_eq(mlab_mixed_laplace(mixed, psi, &value, gradient, NULL), MLAB_OK);
    ck_assert(isfinite(value));
    for (size_t j = 0; j < n; j++) {
        double apart = 1e-4;
        for (int k = 0; k < 2; k++) {
            memcpy(moved, psi, n * sizeof *moved);
            moved[j] += k ? apart : -apart;
            ck_assert_int_eq(mlab_mixed_laplace(mixed, moved, &side[k], NULL, NULL), MLAB_OK);
        }
        double known = (side[1] - side[0]) / (2 * apart);
        ck_assert_msg(fabs(gradient[j] - known) <= 2e-6 * (1 + fabs(known)), "%s, parameter %zu: %.12g, by differences %.12g", model, j, gradient[j],
                      known);
    }
    mlab_mixed_free(mixed);
    mlab_prepared_free(prepared);
}

static void gradient_is_that_of_differences(const mixed_study *made, const char *model, const double *psi, size_t n)
{
    for (int link = 0; link < (strcmp(model, "ordinal") ? 1 : 3); link++) {
        gradient_with_nodes(made, model, link, 1, psi, n);
        gradient_with_nodes(made, model, link, 5, psi, n);
    }
}

/* The rule of n nodes integrates powers of a normal number up to 2 n - 1: 1, 0, 1, 0, 3, 0, 15, ... */
START_TEST(a_rule_of_n_nodes_has_the_moments_of_the_normal_density)
{
    double node[25], log_weight[25];
    for (size_t n = 1; n <= 25; n++) {
        double known = 1;
        ck_assert(mlab_quadrature_rule(n, node, log_weight));
        for (size_t power = 0; power < 2 * n && power <= 20; power += 2) {
            double even = 0, odd = 0;
            for (size_t i = 0; i < n; i++)
                even += exp(log_weight[i]) * pow(node[i], (double)power), odd += exp(log_weight[i]) * pow(node[i], (double)power + 1);
            ck_near(even, known, 1e-12, 0);
            ck_near(odd, 0, 0, 1e-10 * known);
            known *= (double)power + 1;
        }
    }
    ck_assert(!mlab_quadrature_rule(26, node, log_weight));
}
END_TEST

/* The log-likelihood of the bacteria at given parameters by the trapezoidal rule on 4,001 points, which is exact to rounding for such integrands. */
static double brute_force(const mixed_study *made, const double *psi)
{
    const mlab_fit_problem *p = &made->s.w.problem;
    double total = 0;
    for (uint32_t g = 0; g < p->random->n_groups; g++) {
        double sum = 0;
        for (int k = -2000; k <= 2000; k++) {
            double v = 0.005 * k, term = -0.5 * v * v;
            for (size_t i = 0; i < p->n; i++) {
                if (p->random->group[i] != g) continue;
                double x[4], eta;
                uint32_t row = (uint32_t)i;
                ck_assert_int_eq(mlab_design_fill(p->design, p->table, &row, 0, 1, x, &eta, NULL), MLAB_OK);
                for (size_t j = 0; j < 4; j++) eta += x[j] * psi[j];
                eta += psi[4] * v;
                term -= log1p(exp(p->category[i] ? -eta : eta));
            }
            sum += exp(term);
        }
        total += log(0.005 * sum / sqrt(2 * acos(-1)));
    }
    return total;
}

START_TEST(a_quadrature_comes_to_the_integral_where_the_laplace_approximation_does_not)
{
    static const double psi[] = {2.5, -1, 0.2, -1.2, 1.5};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_mixed *mixed;
    mixed_study made = bacteria();
    double value, known;
    random_by(&made, "~ trt + late", "~ 1", "ID", false);
    known = brute_force(&made, psi);
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &made.s.w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_mixed_make(&context, prepared, &mixed, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_mixed_laplace(mixed, psi, &value, NULL, NULL), MLAB_OK);
    ck_assert(fabs(value - known) > 0.05);
    mixed->n_nodes = 25;
    ck_assert(mlab_quadrature_rule(25, mixed->node, mixed->log_weight));
    ck_assert_int_eq(mlab_mixed_laplace(mixed, psi, &value, NULL, NULL), MLAB_OK);
    ck_near(value, known, 0, 1e-6);
    mlab_mixed_free(mixed);
    mlab_prepared_free(prepared);
    mlab_fit *laplace = world_fit(&made.s.w, &context, "logit", &options);
    options.quadrature = 25;
    mlab_fit *fit = world_fit(&made.s.w, &context, "logit", &options);
    ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
    double at[5] = {fit->estimate[0], fit->estimate[1], fit->estimate[2], fit->estimate[3], fit->random->sd[0]};
    ck_near(fit->log_likelihood, brute_force(&made, at), 0, 1e-6);
    ck_assert(fabs(fit->log_likelihood - laplace->log_likelihood) > 1e-3);
    mlab_fit_free(fit);
    mlab_fit_free(laplace);
    close_mixed(&made);
}
END_TEST

START_TEST(the_gradient_is_that_of_differences)
{
    mixed_study made = bacteria();
    random_by(&made, "~ trt + late", "~ 1 + late", "ID", false);
    gradient_is_that_of_differences(&made, "logit", (double[]){3, -1, 0.5, -1.2, 0.8, 0.3, 0.6}, 7);
    gradient_is_that_of_differences(&made, "cloglog", (double[]){1, -0.5, 0.5, -0.2, 0.8, -0.3, 0.6}, 7);
    made.grouping->independent = true;
    gradient_is_that_of_differences(&made, "probit", (double[]){1, -0.5, 0.5, -0.2, 0.8, 0.6}, 6);
    close_mixed(&made);
    made = wine();
    gradient_is_that_of_differences(&made, "ordinal", (double[]){-1, 1, 3, 5, 2, 1, 0.7}, 7);
    double weight[72];
    for (size_t i = 0; i < 72; i++) weight[i] = 0.5 + (double)(i % 3);
    made.s.w.problem.weight = weight;
    gradient_is_that_of_differences(&made, "ordinal", (double[]){-1, 1, 3, 5, 2, 1, -0.7}, 7);
    close_mixed(&made);
    made = epil("~ 1 + period", false);
    gradient_is_that_of_differences(&made, "poisson", (double[]){1, 0.5, -0.3, 0.4, 0.5, -0.1, 0.2}, 7);
    close_mixed(&made);
}
END_TEST

/* 30 groups of 20 rows with the same share of events: nothing differs between groups. */
START_TEST(groups_that_do_not_differ_have_a_standard_deviation_of_0_and_it_is_said)
{
    enum { N = 600 };
    static int32_t event[N];
    static uint32_t group[N];
    static double x[N];
    static const char *const no_yes[] = {"no", "yes"};
    mlab_fit_options options = mlab_fit_defaults();
    mixed_study made = {0};
    context = mlab_test_context(NULL, 2);
    for (size_t i = 0; i < N; i++) x[i] = (double)(i % 4), event[i] = i % 20 < 6, group[i] = (uint32_t)(i / 20);
    world_real(&made.s.w, &context, "x", x, N);
    world_formula(&made.s.w, &context, "~ x");
    world_categories(&made.s.w, event, 2, no_yes);
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &made.terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(made.terms, made.s.w.table, NULL, &made.random, NULL), MLAB_OK);
    mlab_fit_problem *problem = &made.s.w.problem;
    made.grouping = room(1, sizeof *made.grouping);
    *made.grouping = (mlab_random_grouping){.design = made.random, .group = group, .n_groups = 30, .name = "team"};
    problem->random = made.grouping, problem->n_random = 1;
    mlab_fit *fit = world_fit(&made.s.w, &context, "logit", &options);
    ck_assert_int_eq(fit->trust, MLAB_ON_BOUNDARY);
    ck_assert_msg(strstr(fit->reason, "standard deviation of (Intercept) between team is 0"), "%s", fit->reason);
    ck_assert(fit->random->sd[0] < 1e-3);
    problem->n_random = 0;
    mlab_fit *plain = world_fit(&made.s.w, &context, "logit", &options);
    for (size_t j = 0; j < 2; j++) ck_near(fit->estimate[j], plain->estimate[j], 1e-4, 1e-4);
    mlab_fit_free(fit);
    mlab_fit_free(plain);
    mlab_design_free(made.random);
    free(made.grouping);
    mlab_formula_free(made.terms);
    world_free(&made.s.w);
}
END_TEST

/* 30 groups of 20 rows; the slope of group g is exactly half its intercept's deviation, and noise has the same sum in every group and no slope. */
static mlab_trust trust_of_slopes(bool multiple, char *reason, size_t size, double *correlation)
{
    enum { N = 600 };
    static const double noise[] = {1, -1, -1, 1};
    static double x[N], y[N];
    static uint32_t group[N];
    mlab_fit_options options = mlab_fit_defaults();
    mixed_study made = {0};
    context = mlab_test_context(NULL, 2);
    for (size_t i = 0; i < N; i++) {
        size_t g = i / 20;
        double intercept = (double)(g % 6) - 2.5, slope = multiple ? intercept / 2 : ((double)(g / 6) - 2) / 2;
        group[i] = (uint32_t)g, x[i] = (double)(i % 4) - 1.5;
        y[i] = 3 + intercept + slope * x[i] + 3 * noise[i % 4] * (i % 8 < 4 ? 1 : 0.8);
    }
    world_real(&made.s.w, &context, "x", x, N);
    world_formula(&made.s.w, &context, "~ x");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1 + x", NULL, &made.terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(made.terms, made.s.w.table, NULL, &made.random, NULL), MLAB_OK);
    mlab_fit_problem *problem = &made.s.w.problem;
    problem->number = y;
    made.grouping = room(1, sizeof *made.grouping);
    *made.grouping = (mlab_random_grouping){.design = made.random, .group = group, .n_groups = 30, .name = "team"};
    problem->random = made.grouping, problem->n_random = 1;
    mlab_fit *fit = world_fit(&made.s.w, &context, "linear", &options);
    mlab_trust trust = fit->trust;
    ck_assert(mlab_random_correlation(fit->random, 1, 0, correlation));
    snprintf(reason, size, "%s", fit->reason);
    mlab_fit_free(fit);
    mlab_design_free(made.random);
    free(made.grouping);
    mlab_formula_free(made.terms);
    world_free(&made.s.w);
    return trust;
}

START_TEST(slopes_that_are_a_multiple_of_intercepts_are_on_the_boundary_and_it_is_said)
{
    char reason[600];
    double correlation;
    ck_assert_msg(trust_of_slopes(true, reason, sizeof reason, &correlation) == MLAB_ON_BOUNDARY, "%g %s", correlation, reason);
    ck_assert_msg(strstr(reason, "effects of x between team are a multiple of those of (Intercept)") && strstr(reason, "use ||"), "%s", reason);
    ck_assert_double_gt(correlation, 0.999);
    ck_assert_msg(trust_of_slopes(false, reason, sizeof reason, &correlation) == MLAB_TRUSTED, "%g %s", correlation, reason);
    ck_assert_double_lt(fabs(correlation), 0.5);
}
END_TEST

START_TEST(a_model_without_random_effects_says_that_they_are_not_built)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit;
    mlab_error err = {0};
    mixed_study made = epil("~ 1", false);
    int32_t *stop = room(made.s.n, sizeof *stop), *happened = room(made.s.n, sizeof *happened);
    for (size_t i = 0; i < made.s.n; i++) stop[i] = 1 + (int32_t)(i % 9), happened[i] = i % 2;
    made.s.w.problem.stop = stop, made.s.w.problem.status = happened, made.s.w.problem.number = NULL;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("fine_gray"), &made.s.w.problem, &options, &fit, &err), MLAB_ERR_DATA_NOT_BUILT);
    ck_assert_ptr_null(fit);
    free(stop);
    free(happened);
    close_mixed(&made);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_fit_options options = mlab_fit_defaults();
    mixed_study made = wine();
    mlab_test_memory memory = {0};
    mlab_context counting = mlab_test_context(&memory, 1);
    mlab_status got = MLAB_ERR_MEMORY;
    long k = 1;
    for (; got == MLAB_ERR_MEMORY && k < 2000; k += k < 80 ? 1 : 7) {
        mlab_fit *fit;
        memory = (mlab_test_memory){.fail_at = k};
        counting = mlab_test_context(&memory, 1);
        got = mlab_fit_problem_fit(&counting, mlab_model_find("ordinal"), &made.s.w.problem, &options, &fit, NULL);
        mlab_fit_free(fit);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(got, MLAB_OK);
    close_mixed(&made);
}
END_TEST

MLAB_TEST_MAIN("mixed", slopes_that_are_a_multiple_of_intercepts_are_on_the_boundary_and_it_is_said, the_gradient_is_that_of_differences,
               a_rule_of_n_nodes_has_the_moments_of_the_normal_density, a_quadrature_comes_to_the_integral_where_the_laplace_approximation_does_not,
               random_intercepts_of_binomial_models_agree_with_glmmtmb, random_effects_of_counts_agree_with_glmmtmb,
               judges_of_wine_agree_with_the_likelihood_written_twice, linear_models_agree_with_the_dense_likelihood,
               a_balanced_one_way_layout_is_the_analysis_of_variance, groups_that_do_not_differ_have_a_standard_deviation_of_0_and_it_is_said,
               a_model_without_random_effects_says_that_they_are_not_built, every_failed_allocation_is_reported_and_nothing_leaks)

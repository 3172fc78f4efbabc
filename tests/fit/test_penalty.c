/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights of a stated kind, Firth's penalty and normal priors: against references made by scripts/reference/small.R, and where the answer is known.
 */
#include "fit/reference.h"

#define REFERENCE "reference/small.csv"
#define PENALTY "reference/penalty.csv"

static const char *const output[] = {"none", "one", "few", "many"}, *const any_names[] = {"no", "yes"};

static study phd(const char *formula, const char *number)
{
    const char *const columns[] = {"gender", "married", "prestige", "mentor"};
    study s = open_file(mlab_test_path("reference/phd.csv"));
    context = mlab_test_context(NULL, 2);
    for (size_t k = 0; k < 4; k++) add_column(&s, columns[k], k == 0 ? "female" : NULL);
    cluster_by(&s, "mentor");
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

static double *weights(const study *s, const char *column, double more, bool scaled)
{
    double *w = room(s->n, sizeof *w), sum = 0;
    for (size_t i = 0; i < s->n; i++) sum += w[i] = strtod(cell(s, i, column), NULL) + more;
    for (size_t i = 0; scaled && i < s->n; i++) w[i] *= (double)s->n / sum;
    return w;
}

START_TEST(weights_of_each_kind_agree_with_r)
{
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("~ gender + married + prestige + mentor", NULL);
    double *often = weights(&s, "kids", 1, false), *sampled = weights(&s, "prestige", 0, true);
    s.w.problem.weight = often;
    s.w.problem.weights = MLAB_WEIGHTS_FREQUENCY;
    compare(&s, REFERENCE, "frequency_ordinal", "ordinal", &options);
    for (size_t i = 0; i < s.n; i++) s.category[i] = s.category[i] > 0;
    s.w.problem.n_categories = 2;
    s.w.problem.categories = any_names;
    compare(&s, REFERENCE, "frequency_logit", "logit", &options);
    s.w.problem.weight = sampled;
    s.w.problem.weights = MLAB_WEIGHTS_SAMPLING;
    s.w.problem.weights_sampling = true;
    compare(&s, REFERENCE, "sampling_logit", "logit", &options);
    free(sampled);
    close_study(&s);
    s = phd("~ gender + married + mentor", "prestige");
    s.w.problem.weight = often;
    s.w.problem.weights = MLAB_WEIGHTS_PRECISION;
    compare(&s, REFERENCE, "precision_linear", "linear", &options);
    compare(&s, REFERENCE, "precision_lognormal", "lognormal", &options);
    free(often);
    close_study(&s);
}
END_TEST

/* Parameter j of a case; lower and upper where there are some. */
static void compare_from(const char *file, const mlab_fit *fit, const char *name)
{
    csv table = csv_read(mlab_test_path(file));
    size_t j = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        if (strcmp(csv_text(&table, row, "name"), "log(theta)") == 0) {
            ck_near(log(fit->shape), csv_number(&table, row, "estimate"), 1e-8, 0);
            ck_near(fit->shape_se / fit->shape, csv_number(&table, row, "se"), 1e-7, 0); /* by differences of refits */
            continue;
        }
        ck_assert_uint_lt(j, fit->n_parameters);
        double estimate = csv_number(&table, row, "estimate"), se = csv_number(&table, row, "se");
        double off = fabs(fit->estimate[j] - estimate) / fmax(fabs(estimate), se);
        ck_assert_msg(off <= 1e-8, "%s %s: %.17g, reference %.17g", name, fit->names[j], fit->estimate[j], estimate);
        ck_near(sqrt(fit->covariance[j * fit->n_parameters + j]), se, fit->shape > 0 ? 1e-7 : 1e-8, 0); /* of counts by differences of refits */
        if (strcmp(csv_text(&table, row, "loglik"), "NA")) ck_near(fit->log_likelihood, csv_number(&table, row, "loglik"), 0, 1e-6);
        if (fit->penalised && strcmp(csv_text(&table, row, "robust"), "NA"))
            ck_near(fit->penalised_log_likelihood, csv_number(&table, row, "robust"), 0, 1e-6);
        ck_near(fit->null_log_likelihood, csv_number(&table, row, "null"), 0, 1e-6);
        if (strcmp(csv_text(&table, row, "lower"), "NA")) {
            ck_assert_ptr_nonnull(fit->lower);
            ck_near(fit->lower[j], csv_number(&table, row, "lower"), 1e-7, 1e-8);
            ck_near(fit->upper[j], csv_number(&table, row, "upper"), 1e-7, 1e-8);
        }
        j++;
    }
    ck_assert_uint_eq(j, fit->n_parameters);
    csv_free(&table);
}

static void compare_penalised(const mlab_fit *fit, const char *name)
{
    compare_from(REFERENCE, fit, name);
}

static study endometrial(void)
{
    const char *const columns[] = {"NV", "PI", "EH"};
    static const char *const grades[] = {"0", "1"};
    study s = open_file(mlab_test_path("reference/endometrial.csv"));
    context = mlab_test_context(NULL, 2);
    for (size_t k = 0; k < 3; k++) add_column(&s, columns[k], NULL);
    respond_by_text(&s, "HG", grades, 2);
    mlab_fit_problem response = s.w.problem;
    world_formula(&s.w, &context, "~ NV + PI + EH");
    s.w.problem.category = response.category;
    s.w.problem.n_categories = 2;
    s.w.problem.categories = any_names;
    return s;
}

START_TEST(separated_data_are_finite_under_firths_penalty_and_agree_with_brglm2)
{
    static const char *const models[] = {"logit", "cloglog", "probit"};
    mlab_fit_options options = mlab_fit_defaults();
    study s = endometrial();
    mlab_fit *plain = world_fit(&s.w, &context, "logit", &options);
    ck_assert_int_eq(plain->trust, MLAB_SEPARATED);
    ck_assert(!plain->penalised && !plain->lower);
    mlab_fit_free(plain);
    options.penalty = 1;
    for (int k = 0; k < 3; k++) {
        char name[40];
        snprintf(name, sizeof name, "firth_%s", models[k]);
        mlab_fit *fit = world_fit(&s.w, &context, models[k], &options);
        ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
        ck_assert(fit->penalised && fit->gradient < 1e-8);
        compare_penalised(fit, name);
        mlab_fit_free(fit);
    }
    close_study(&s);
}
END_TEST

/* rows, category [100]. */
static void take_every_20th(study *s, uint32_t *rows, int32_t *category)
{
    size_t n = 0;
    for (uint32_t i = 0; i < s->n; i += 20) {
        category[n] = s->category[i];
        rows[n++] = i;
    }
    s->w.problem.cluster = NULL;
    s->w.problem.rows = rows;
    s->w.problem.n = n;
    s->w.problem.category = category;
}

START_TEST(firths_counts_and_several_categories_agree_with_brglm2)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.penalty = 1;
    study s = phd("~ gender + married + prestige + mentor", "articles");
    s.w.problem.cluster = NULL;
    mlab_fit *fit = world_fit(&s.w, &context, "poisson", &options);
    compare_penalised(fit, "firth_poisson");
    mlab_fit_free(fit);
    close_study(&s);
    s = phd("~ gender + married", NULL);
    uint32_t rows[100];
    int32_t category[100];
    take_every_20th(&s, rows, category);
    fit = world_fit(&s.w, &context, "multinomial", &options);
    compare_penalised(fit, "firth_multinomial");
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* Every 20th scientist: four levels of output, each link. And 79 women, where everybody with NV has the highest of three levels. */
START_TEST(firths_ordered_levels_agree_with_the_penalised_likelihood_written_plainly)
{
    static const char *const names[] = {"firth_ordinal_logit", "firth_ordinal_probit", "firth_ordinal_cloglog"}, *const three[] = {"0", "1", "2"};
    mlab_fit_options options = mlab_fit_defaults();
    options.penalty = 1;
    study s = phd("~ gender + married", NULL);
    uint32_t rows[100];
    int32_t category[100];
    take_every_20th(&s, rows, category);
    for (options.ordinal_link = 0; options.ordinal_link < 3; options.ordinal_link++) {
        mlab_fit *fit = world_fit(&s.w, &context, "ordinal", &options);
        ck_assert_str_eq(fit->information, "expected");
        compare_from(PENALTY, fit, names[options.ordinal_link]);
        mlab_fit_free(fit);
    }
    options.ordinal_link = 0;
    close_study(&s);
    s = endometrial();
    int32_t level[79];
    for (size_t i = 0; i < s.n; i++) {
        bool nv = strtod(cell(&s, i, "NV"), NULL) > 0.5, early = strtod(cell(&s, i, "EH"), NULL) < 0.9;
        level[i] = s.w.problem.category[i] + (s.w.problem.category[i] && (nv || early));
    }
    s.w.problem.category = level;
    s.w.problem.n_categories = 3;
    s.w.problem.categories = three;
    mlab_fit_options without = mlab_fit_defaults();
    mlab_fit *plain = world_fit(&s.w, &context, "ordinal", &without), *fit = world_fit(&s.w, &context, "ordinal", &options);
    ck_assert_int_eq(plain->trust, MLAB_SEPARATED);
    ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
    compare_from(PENALTY, fit, "firth_ordinal_separated");
    mlab_fit_free(plain);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(priors_of_a_negative_binomial_agree_with_r)
{
    mlab_prior priors[] = {{.parameter = (char *)"gendermale", .mean = 0.5, .sd = 0.2, .source = (char *)"stated"},
                           {.parameter = (char *)"prestige", .mean = 0.5, .sd = 0.1, .source = (char *)"stated"}};
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("~ gender + married + prestige + mentor", "articles");
    s.w.problem.cluster = NULL;
    s.w.problem.priors = priors;
    s.w.problem.n_priors = 2;
    mlab_fit *fit = world_fit(&s.w, &context, "negative_binomial", &options);
    compare_from(PENALTY, fit, "prior_negative_binomial");
    ck_assert_uint_eq(fit->n_priors, 2);
    ck_assert(fit->priors[1].data_se > 0 && fit->estimate[fit->priors[1].parameter] > fit->priors[1].data_estimate);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* 2 x 2 tables: Firth's logit adds a half to each cell (Firth 1993); so that even an empty cell has an odds ratio.
 *
 *        y=0  y=1
 *   x=0   5    3        log odds (3.5 / 5.5), ratio (4.5 / .5) / (3.5 / 5.5)
 *   x=1   0    4
 */
START_TEST(firths_saturated_logit_is_a_half_in_every_cell)
{
    static const double x[12] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
    static const int32_t y[12] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1};
    mlab_fit_options options = mlab_fit_defaults();
    options.penalty = 1;
    world w = {0};
    context = mlab_test_context(NULL, 1);
    world_real(&w, &context, "x", x, 12);
    world_formula(&w, &context, "~ x");
    world_categories(&w, y, 2, any_names);
    mlab_fit *fit = world_fit(&w, &context, "logit", &options);
    ck_near(fit->estimate[0], log(3.5 / 5.5), 1e-10, 0);
    ck_near(fit->estimate[1], log(4.5 / .5) - log(3.5 / 5.5), 1e-10, 0);
    ck_assert(isfinite(fit->lower[1]) && isfinite(fit->upper[1]));
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(priors_agree_with_r_and_data_prior_and_both_stand_apart)
{
    mlab_prior priors[] = {{.parameter = (char *)"NV", .mean = 1, .sd = 2, .source = (char *)"stated"},
                           {.parameter = (char *)"EH", .mean = 0, .sd = 0.5, .source = (char *)"evidence: it"}};
    mlab_fit_options options = mlab_fit_defaults();
    study s = endometrial();
    s.w.problem.priors = priors;
    s.w.problem.n_priors = 2;
    mlab_fit *fit = world_fit(&s.w, &context, "logit", &options);
    compare_penalised(fit, "prior_logit");
    ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s", fit->reason);
    ck_assert_uint_eq(fit->n_priors, 2);
    ck_assert_str_eq(fit->names[fit->priors[1].parameter], "EH");
    ck_assert_str_eq(fit->priors[1].source, "evidence: it");
    ck_assert(isinf(fit->priors[0].data_se)); /* separated: the data say nothing of NV */
    mlab_fit_free(fit);
    close_study(&s);
    s = phd("~ gender + married + mentor", "prestige");
    s.w.problem.cluster = NULL;
    s.w.problem.priors = priors;
    s.w.problem.n_priors = 1;
    priors[0] = (mlab_prior){.parameter = (char *)"gendermale", .mean = 0.5, .sd = 0.2};
    fit = world_fit(&s.w, &context, "linear", &options);
    compare_penalised(fit, "prior_linear");
    double V = fit->priors[0].data_se * fit->priors[0].data_se,
           m = fit->priors[0].data_estimate; /* one prior: the normal update of what the data say */
    ck_near(fit->estimate[1], (m / V + 0.5 / 0.04) / (1 / V + 1 / 0.04), 1e-9, 0);
    ck_assert_msg(strstr(fit->reason, "gendermale: the data (0.0505) and the prior (0.5, stated) are 2.1 standard errors apart"), "%s", fit->reason);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* Clusters of two equal rows say half as much: with a prior the robust error is that of half the rows. */
START_TEST(a_prior_counts_beside_clusters)
{
    mlab_prior prior = {.parameter = (char *)"gendermale", .mean = 0.5, .sd = 0.1};
    mlab_fit_options options = mlab_fit_defaults();
    study s = phd("~ gender + married + mentor", "prestige");
    s.w.problem.priors = &prior;
    s.w.problem.n_priors = 1;
    mlab_fit *fit = world_fit(&s.w, &context, "linear", &options);
    ck_assert_ptr_nonnull(fit->robust);
    double se = mlab_fit_standard_error(fit, 1);
    ck_assert(se < fit->priors[0].sd && se < fit->priors[0].data_se && se > 0.5 * sqrt(fit->covariance[1 * 4 + 1]));
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(what_has_no_penalty_is_refused_with_a_sentence)
{
    static const struct {
        const char *model, *parameter, *sentence;
        int penalty;
    } cases[] = {{"multinomial", "gendrmale", "has no coefficient of that name", 0},
                 {"multinomial", "one:gendrmale", "did you mean \"one:gendermale\"?", 0},
                 {"multinomial", "one:gendermale", "state either it or priors", 1}};
    study s = phd("~ gender + married", NULL);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        mlab_prior prior = {.parameter = (char *)cases[k].parameter, .mean = 0, .sd = 1};
        mlab_fit_options options = mlab_fit_defaults();
        mlab_fit *fit;
        mlab_error err = {0};
        options.penalty = cases[k].penalty;
        s.w.problem.priors = &prior;
        s.w.problem.n_priors = cases[k].parameter != NULL;
        ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find(cases[k].model), &s.w.problem, &options, &fit, &err), MLAB_ERR_FIT_MODEL);
        ck_assert_msg(strstr(err.sentence, cases[k].sentence), "%s", err.sentence);
    }
    close_study(&s);
    s = phd("~ gender + married", "articles");
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit;
    mlab_error err = {0};
    options.penalty = 1;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("linear"), &s.w.problem, &options, &fit, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "Firth's penalty is for logit"), "%s", err.sentence);
    close_study(&s);
}
END_TEST

static mlab_status fit_all(const mlab_context *failing, world *w, const mlab_prior *prior, mlab_error *err)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_status status = MLAB_OK;
    for (int k = 0; k < 2 && !status; k++) {
        mlab_fit *fit;
        options.penalty = k;
        w->problem.priors = prior;
        w->problem.n_priors = !k;
        status = mlab_fit_problem_fit(failing, mlab_model_find("logit"), &w->problem, &options, &fit, err);
        mlab_fit_free(fit);
    }
    return status;
}

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    static const double x[12] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
    static const int32_t y[12] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0};
    mlab_prior prior = {.parameter = (char *)"x", .mean = 9, .sd = 0.1};
    world w = {0};
    context = mlab_test_context(NULL, 1);
    world_real(&w, &context, "x", x, 12);
    world_formula(&w, &context, "~ x");
    world_categories(&w, y, 2, any_names);
    mlab_test_memory memory = {0};
    mlab_context counting = mlab_test_context(&memory, 1);
    ck_assert_int_eq(fit_all(&counting, &w, &prior, NULL), MLAB_OK);
    long calls = memory.calls;
    ck_assert_int_eq(memory.live, 0);
    for (long k = 1; k <= calls; k += k < 300 ? 1 : 37) { /* every evaluation allocates alike */
        memory = (mlab_test_memory){.fail_at = k};
        counting = mlab_test_context(&memory, 1);
        mlab_error err = {0};
        ck_assert_msg(fit_all(&counting, &w, &prior, &err) == MLAB_ERR_MEMORY, "allocation %ld of %ld", k, calls);
        ck_assert_int_eq(memory.live, 0);
    }
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("penalty", weights_of_each_kind_agree_with_r, separated_data_are_finite_under_firths_penalty_and_agree_with_brglm2,
               firths_counts_and_several_categories_agree_with_brglm2, firths_ordered_levels_agree_with_the_penalised_likelihood_written_plainly,
               priors_of_a_negative_binomial_agree_with_r, firths_saturated_logit_is_a_half_in_every_cell,
               priors_agree_with_r_and_data_prior_and_both_stand_apart, a_prior_counts_beside_clusters,
               what_has_no_penalty_is_refused_with_a_sentence, every_failed_allocation_is_reported_and_nothing_leaks)

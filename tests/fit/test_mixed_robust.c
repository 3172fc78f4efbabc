/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Robust errors of mixed models by whole clusters, and mixed models with priors: against references made by scripts/reference/mixed_robust.R
 * (clubSandwich; likelihoods and scores written plainly), and where they must say no.
 *
 * Tolerance: linear 1e-6; others estimates 1e-4 of their standard error, standard errors 1e-3.
 */
#include "fit/mixed_study.h"

#include "fit/mixed/mixed_robust.h"

static const struct {
    const char *name;
    mlab_robust kind;
} kinds[] = {{"CR1", MLAB_ROBUST_CR1}, {"CR0", MLAB_ROBUST_CR0}, {"CR2", MLAB_ROBUST_CR2}, {"CR3", MLAB_ROBUST_CR3}};

static void agrees(const mlab_fit *fit, const char *name, const char *kind, bool linear)
{
    csv table = csv_read(mlab_test_path("reference/mixed_robust.csv"));
    size_t j = 0;
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name) || strcmp(csv_text(&table, row, "kind"), kind)) continue;
        double known = csv_number(&table, row, "estimate"), known_se = csv_number(&table, row, "se"), ours = fit->estimate[j];
        ck_assert_msg(same_name(fit->names[j], csv_text(&table, row, "name")), "%s %s", name, fit->names[j]);
        ck_assert_msg(fabs(ours - known) <= (linear ? 1e-6 : 1e-4) * known_se, "%s %s: %.12g, reference %.12g", name, fit->names[j], ours, known);
        double se = mlab_fit_standard_error(fit, j);
        ck_assert_msg(fabs(se / known_se - 1) <= (linear ? 1e-6 : 1e-3), "%s %s %s: standard error %.12g, reference %.12g", name, kind, fit->names[j],
                      se, known_se);
        if (!strcmp(kind, "CR2")) ck_near(fit->robust_df[j], csv_number(&table, row, "df"), 1e-6, 0);
        j++;
    }
    ck_assert_uint_eq(j, fit->n_parameters);
    csv_free(&table);
}

/* The clusters of a study by a column. */
static void clusters(study *s, uint32_t **cluster, const char *name)
{
    mlab_fit_problem *problem = &s->w.problem;
    uint32_t *before = s->cluster;
    cluster_by(s, name);
    *cluster = s->cluster;
    s->cluster = before;
    problem->cluster = *cluster;
    problem->n_clusters = 0;
    for (size_t i = 0; i < s->n; i++)
        if ((*cluster)[i] >= problem->n_clusters) problem->n_clusters = (*cluster)[i] + 1u;
    problem->cluster_name = name;
    problem->cluster_stated = true;
}

static void holds(const study *s, const char *name, const char *model, size_t n_kinds, bool linear)
{
    mlab_fit_options options = mlab_fit_defaults();
    for (size_t k = 0; k < n_kinds; k++) {
        options.robust = (int)kinds[k].kind;
        mlab_fit *fit = world_fit(&s->w, &context, model, &options);
        ck_assert_str_eq(fit->robust_kind, kinds[k].name);
        ck_assert_str_eq(fit->cluster, s->w.problem.cluster_name);
        agrees(fit, name, kinds[k].name, linear);
        mlab_fit_free(fit);
    }
}

/* CR2 and CR3 by the information of clusters, differences of their scores (scripts/reference/mixed_leverage.R). */
static void leverages(const study *s, const char *name, const char *model)
{
    static const mlab_robust kind[] = {MLAB_ROBUST_CR2, MLAB_ROBUST_CR3};
    static const char *const names[] = {"CR2", "CR3"};
    mlab_fit_options options = mlab_fit_defaults();
    csv table = csv_read(mlab_test_path("reference/mixed_leverage.csv"));
    for (int k = 0; k < 2; k++) {
        options.robust = (int)kind[k];
        mlab_fit *fit = world_fit(&s->w, &context, model, &options);
        size_t j = 0;
        ck_assert_str_eq(fit->robust_kind, names[k]);
        for (size_t row = 0; row < table.n_rows; row++) {
            if (strcmp(csv_text(&table, row, "case"), name) || strcmp(csv_text(&table, row, "kind"), names[k])) continue;
            ck_assert(same_name(fit->names[j], csv_text(&table, row, "name")));
            ck_near(mlab_fit_standard_error(fit, j), csv_number(&table, row, "se"), 1e-3, 0);
            if (k == 0) ck_near(fit->robust_df[j], csv_number(&table, row, "df"), 5e-3, 0);
            j++;
        }
        ck_assert_uint_eq(j, fit->n_parameters);
        mlab_fit_free(fit);
    }
    csv_free(&table);
}

static mixed_study sleep_of(void)
{
    static const char *const columns[] = {"Days"};
    mixed_study made = open_mixed("reference/mixed_sleep.csv", columns, 1, NULL);
    respond_number(&made.s, "reaction");
    random_by(&made, "~ Days", "~ Days", "subject", false);
    return made;
}

START_TEST(linear_models_agree_with_clubsandwich_and_plain_matrices)
{
    uint32_t *cluster;
    mixed_study made = sleep_of();
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit = world_fit(&made.s.w, &context, "linear", &options);
    agrees(fit, "sleep", "model", true);
    ck_assert_ptr_null(fit->robust);
    mlab_fit_free(fit);
    clusters(&made.s, &cluster, "subject");
    holds(&made.s, "sleep", "linear", 4, true);
    free(cluster);
    close_mixed(&made);
}
END_TEST

START_TEST(events_and_levels_agree_with_scores_written_plainly)
{
    uint32_t *cluster;
    mixed_study made = bacteria();
    random_by(&made, "~ trt + late", "~ 1", "ID", false);
    clusters(&made.s, &cluster, "ID");
    holds(&made.s, "bacteria", "logit", 2, false);
    leverages(&made.s, "bacteria", "logit");
    free(cluster);
    close_mixed(&made);
    made = wine();
    clusters(&made.s, &cluster, "judge");
    holds(&made.s, "wine", "ordinal", 2, false);
    leverages(&made.s, "wine", "ordinal");
    free(cluster);
    close_mixed(&made);
}
END_TEST

/* --- two groupings, the clusters those of the outer one ---------------------------------------------------------------- */

typedef struct nested {
    mixed_study m;
    mlab_random_grouping groupings[2];
    uint32_t *outer;
} nested;

static nested ticks(const char *response)
{
    static const char *const columns[] = {"y96", "y97", "height"}, *const no_yes[] = {"0", "1"};
    nested made = {.m = open_mixed("reference/crossed_grouseticks.csv", columns, 3, NULL)};
    if (!strcmp(response, "any"))
        respond_by_text(&made.m.s, response, no_yes, 2);
    else
        respond_number(&made.m.s, response);
    random_by(&made.m, "~ y96 + y97 + height", "~ 1", "brood", false);
    clusters(&made.m.s, &made.outer, "location");
    mlab_fit_problem *problem = &made.m.s.w.problem;
    made.groupings[0] = *made.m.grouping;
    made.groupings[1] = made.groupings[0];
    made.groupings[1].group = made.outer;
    made.groupings[1].n_groups = problem->n_clusters;
    made.groupings[1].name = "location";
    return made;
}

static void nest(nested *made)
{
    made->m.s.w.problem.random = made->groupings;
    made->m.s.w.problem.n_random = 2;
}

static void close_nested(nested *made)
{
    free(made->outer);
    close_mixed(&made->m);
}

START_TEST(nested_groupings_agree_by_clusters_of_the_outer_one)
{
    nested made = ticks("any");
    nest(&made);
    holds(&made.m.s, "logit_ticks", "logit", 2, false);
    close_nested(&made);
    made = ticks("ticks");
    nest(&made);
    holds(&made.m.s, "poisson_ticks", "poisson", 2, false);
    close_nested(&made);
}
END_TEST

START_TEST(scores_of_clusters_sum_to_the_gradient_of_the_fit_whatever_the_threads)
{
    mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_cluster_scores one, two;
    const char *spans;
    nested made = ticks("ticks");
    nest(&made);
    mlab_fit_options options = mlab_fit_defaults();
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("negative_binomial"), &made.m.s.w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    ck_assert_ptr_nonnull(fit->robust);
    ck_assert_int_eq(mlab_cluster_scores_make(&context, prepared, fit, false, &two, &spans, NULL), MLAB_OK);
    context.threads = 1;
    ck_assert_int_eq(mlab_cluster_scores_make(&context, prepared, fit, false, &one, &spans, NULL), MLAB_OK);
    ck_assert_mem_eq(one.score, two.score, one.n_clusters * one.n * sizeof(double));
    size_t all = fit->n_parameters + fit->n_spread;
    ck_assert_uint_eq(one.n, all);
    for (size_t j = 0; j < one.n; j++) {
        double sum = 0, size = 0;
        for (size_t g = 0; g < one.n_clusters; g++) sum += one.score[g * one.n + j], size += fabs(one.score[g * one.n + j]);
        ck_assert_double_gt(size, 0);
        ck_assert_double_le(fabs(sum), 1e-5 * size);
    }
    mlab_cluster_scores_free(&one);
    mlab_cluster_scores_free(&two);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    close_nested(&made);
}
END_TEST

static void refused(const study *s, const char *model, mlab_robust kind, const char *words)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.robust = (int)kind;
    mlab_fit *fit = world_fit(&s->w, &context, model, &options);
    ck_assert_msg(strstr(fit->reason, words) != NULL, "%s", fit->reason);
    ck_assert_ptr_null(fit->robust);
    mlab_fit_free(fit);
}

START_TEST(what_cannot_be_robust_is_said)
{
    nested made = ticks("ticks");
    uint32_t *broods = made.m.s.cluster;
    mlab_fit_problem *problem = &made.m.s.w.problem;
    refused(&made.m.s, "poisson", MLAB_ROBUST_HC1, "HC1 is of rows");
    problem->cluster_other = broods;
    refused(&made.m.s, "poisson", MLAB_ROBUST_CR1, "by two clusters is not there");
    problem->cluster_other = NULL;
    made.groupings[0] = made.groupings[1];
    problem->random = made.groupings; /* locations differ, clusters are broods */
    problem->cluster = broods;
    problem->n_clusters = made.m.grouping->n_groups;
    problem->cluster_name = "brood";
    refused(&made.m.s, "poisson", MLAB_ROBUST_CR1, "a group of location lies in several");
    problem->cluster = NULL;
    refused(&made.m.s, "poisson", MLAB_ROBUST_CR0, "needs clusters");
    close_nested(&made);
}
END_TEST

/* --- priors ------------------------------------------------------------------------------------------------------------- */

static void with_priors(study *s, const char *name, const char *model, const mlab_prior *priors, size_t n, bool linear)
{
    mlab_fit_options options = mlab_fit_defaults();
    s->w.problem.priors = NULL;
    s->w.problem.n_priors = 0;
    mlab_fit *data = world_fit(&s->w, &context, model, &options);
    s->w.problem.priors = priors;
    s->w.problem.n_priors = n;
    mlab_fit *fit = world_fit(&s->w, &context, model, &options);
    agrees(fit, name, "model", linear);
    ck_assert_uint_eq(fit->n_priors, n);
    for (size_t k = 0; k < n; k++) { /* data, prior and what comes of both stand apart */
        size_t j = fit->priors[k].parameter;
        ck_assert_str_eq(fit->names[j], priors[k].parameter);
        ck_near(fit->priors[k].data_estimate, data->estimate[j], 1e-12, 0);
        ck_near(fit->priors[k].data_se, mlab_fit_standard_error(data, j), 1e-12, 0);
        ck_assert((fit->estimate[j] - data->estimate[j]) * (fit->priors[k].mean - data->estimate[j]) > 0);
    }
    ck_assert_double_lt(fit->penalised_log_likelihood, fit->log_likelihood);
    mlab_fit_free(data);
    mlab_fit_free(fit);
}

START_TEST(priors_agree_with_penalised_likelihoods_written_plainly)
{
    mlab_prior days[] = {{.parameter = (char *)"Days", .mean = 5, .sd = 1.5}};
    mlab_prior trial[] = {{.parameter = (char *)"trtdrug", .mean = -0.5, .sd = 0.3}, {.parameter = (char *)"late", .mean = 0, .sd = 1}};
    mlab_prior height[] = {{.parameter = (char *)"height", .mean = -1, .sd = 0.3}};
    mixed_study made = sleep_of();
    with_priors(&made.s, "sleep_prior", "linear", days, 1, true);
    close_mixed(&made);
    made = bacteria();
    random_by(&made, "~ trt + late", "~ 1", "ID", false);
    with_priors(&made.s, "bacteria_prior", "logit", trial, 2, false);
    close_mixed(&made);
    nested two = ticks("ticks");
    nest(&two);
    two.m.s.w.problem.cluster = NULL;
    with_priors(&two.m.s, "poisson_prior", "poisson", height, 1, false);
    close_nested(&two);
}
END_TEST

START_TEST(a_linear_model_of_two_groupings_with_a_prior_agrees_with_plain_matrices)
{
    static const char *const columns[] = {"strength"};
    mlab_prior prior[] = {{.parameter = (char *)"x", .mean = 1, .sd = 0.5}};
    mixed_study made = open_mixed("reference/crossed_pastes.csv", columns, 1, NULL);
    double *x = room(made.s.n, sizeof *x);
    uint32_t *cask = room(made.s.n, sizeof *cask);
    for (size_t i = 0; i < made.s.n; i++) x[i] = !strcmp(cell(&made.s, i, "cask"), "b");
    world_real(&made.s.w, &context, "x", x, made.s.n);
    respond_number(&made.s, "strength");
    random_by(&made, "~ x", "~ 1", "batch", false);
    for (size_t i = 0; i < made.s.n; i++) cask[i] = 3 * made.s.cluster[i] + (uint32_t)(*cell(&made.s, i, "cask") - 'a');
    mlab_random_grouping groupings[2] = {*made.grouping, *made.grouping};
    groupings[1].group = cask;
    groupings[1].n_groups = 30;
    groupings[1].name = "cask";
    mlab_fit_problem *problem = &made.s.w.problem;
    problem->random = groupings;
    problem->n_random = 2;
    with_priors(&made.s, "pastes_prior", "linear", prior, 1, true);
    problem->n_priors = 0;
    problem->cluster = made.s.cluster;
    problem->n_clusters = 10;
    problem->cluster_name = "batch";
    problem->cluster_stated = true;
    holds(&made.s, "pastes", "linear", 4, true);
    free(cask);
    free(x);
    close_mixed(&made);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_test_memory memory = {0};
    mlab_status got = MLAB_ERR_MEMORY;
    mlab_fit_options options = mlab_fit_defaults();
    uint32_t *cluster;
    mixed_study made = sleep_of();
    options.robust = MLAB_ROBUST_CR2;
    clusters(&made.s, &cluster, "subject");
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 5000; k += k < 80 ? 1 : 7) {
        mlab_fit *fit;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_context counting = mlab_test_context(&memory, 1);
        got = mlab_fit_problem_fit(&counting, mlab_model_find("linear"), &made.s.w.problem, &options, &fit, NULL);
        mlab_fit_free(fit);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(got, MLAB_OK);
    free(cluster);
    close_mixed(&made);
}
END_TEST

MLAB_TEST_MAIN("mixed_robust", linear_models_agree_with_clubsandwich_and_plain_matrices, events_and_levels_agree_with_scores_written_plainly,
               nested_groupings_agree_by_clusters_of_the_outer_one, scores_of_clusters_sum_to_the_gradient_of_the_fit_whatever_the_threads,
               what_cannot_be_robust_is_said, priors_agree_with_penalised_likelihoods_written_plainly,
               a_linear_model_of_two_groupings_with_a_prior_agrees_with_plain_matrices, any_allocation_may_fail)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnoses of mixed models: folds of whole clusters, averaged and given known groups, and the self-test. */
#include "core/random.h"
#include "fit/diagnose/folds.h"
#include "fit/worlds.h"

#include <stdio.h>

/* 600 rows of 60 teams: yes, a level, a count and a number lean by team (standard deviation 1.2). One seed; a right model raises an alarm by one of
 * its findings in about 1 of 200 such runs. */
enum { N = 600, TEAMS = 60 };
static mlab_context context;
static double x[N], number[N], count[N];
static int32_t yes[N], level[N];
static uint32_t team[N];
static const char *const no_yes[] = {"no", "yes"}, *const levels[] = {"low", "mid", "high"};

static world make(mlab_random_grouping *grouping, mlab_formula **terms, mlab_design **design)
{
    world w = {0};
    for (uint32_t i = 0; i < N; i++) {
        mlab_address own = {.seed = 5, .entity = i, .purpose = MLAB_PURPOSE_TEST}, of = own;
        of.entity = N + i % TEAMS;
        double lean = 1.2 * mlab_random_normal(&of, 0), u = mlab_random_uniform(&own, 8), eta;
        team[i] = i % TEAMS;
        x[i] = mlab_random_normal(&own, 1);
        eta = 0.8 * x[i] + lean;
        yes[i] = u < 1 / (1 + exp(0.3 - eta));
        level[i] = (u < 1 / (1 + exp(0.8 - eta))) + (u < 1 / (1 + exp(-0.9 - eta)));
        number[i] = 1 + eta + mlab_random_normal(&own, 2);
        double mean = exp(0.3 + 0.5 * eta), sum = 0, p = exp(-mean);
        count[i] = -1;
        while (sum < u && count[i] < 1000) sum += p, count[i]++, p *= mean / (count[i] + 1);
    }
    world_real(&w, &context, "x", x, N);
    world_formula(&w, &context, "~ x");
    ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, terms, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(*terms, w.table, NULL, design, NULL), MLAB_OK);
    *grouping = (mlab_random_grouping){.design = *design, .group = team, .n_groups = TEAMS, .name = "team"};
    w.problem.random = grouping;
    w.problem.n_random = 1;
    return w;
}

static void respond(world *w, const char *model)
{
    w->problem.category = NULL;
    w->problem.number = NULL;
    if (!strcmp(model, "linear") || !strcmp(model, "poisson"))
        w->problem.number = strcmp(model, "linear") ? count : number;
    else
        world_categories(w, strcmp(model, "logit") ? level : yes, strcmp(model, "logit") ? 3 : 2, strcmp(model, "logit") ? levels : no_yes);
}

static const mlab_diagnosis *find(const mlab_fit *fit, const char *what, const char *about)
{
    for (size_t k = 0; k < fit->after->n_diagnoses; k++)
        if (!strcmp(fit->after->diagnoses[k].what, what) && !strcmp(fit->after->diagnoses[k].about, about)) return &fit->after->diagnoses[k];
    return NULL;
}

static mlab_fit *diagnosed(const world *w, const char *model, const mlab_context *own, mlab_status *status)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared = NULL;
    mlab_fit *fit = NULL;
    mlab_error err = {0};
    options.diagnose = true;
    if (!strcmp(model, "logit")) options.quadrature = 9;
    *status = mlab_prepare(own, mlab_model_find(model), &w->problem, &options, &prepared, &err);
    if (!*status) *status = mlab_prepared_fit(own, prepared, &fit, &err);
    if (!*status) *status = mlab_after_make(own, prepared, fit, &err);
    mlab_prepared_free(prepared);
    if (*status) {
        mlab_fit_free(fit);
        fit = NULL;
    }
    return fit;
}

START_TEST(right_models_raise_no_alarm_and_known_groups_are_told_better)
{
    static const char *const models[] = {"logit", "ordinal", "poisson", "linear"}, *const what[] = {"discrimination", "discrimination", "prediction",
                                                                                                    "prediction"};
    static const char *const about[] = {"", "above low", "", ""}, *const known[] = {"known groups", "known groups: above low", "known groups",
                                                                                    "known groups"};
    mlab_random_grouping grouping;
    mlab_formula *terms;
    mlab_design *design;
    mlab_status status;
    context = mlab_test_context(NULL, 2);
    world w = make(&grouping, &terms, &design);
    for (size_t k = 0; k < 4; k++) {
        respond(&w, models[k]);
        mlab_fit *fit = diagnosed(&w, models[k], &context, &status);
        ck_assert_int_eq(status, MLAB_OK);
        const mlab_diagnosis *averaged = find(fit, what[k], about[k]), *given = find(fit, what[k], known[k]), *score = find(fit, "score", "");
        ck_assert_msg(averaged && given && score, "%s", models[k]);
        ck_assert_double_gt(given->statistic, averaged->statistic + 0.05); /* teams differ much */
        ck_assert_ptr_nonnull(strstr(given->sentence, "in groups that it has"));
        for (size_t d = 0; d < fit->after->n_diagnoses; d++)
            ck_assert_msg(!fit->after->diagnoses[d].doubt, "%s: %s", models[k], fit->after->diagnoses[d].sentence);
        mlab_fit_free(fit);
    }
    w.problem.cluster = team; /* folds of whole teams: no row's team is known */
    w.problem.n_clusters = TEAMS;
    w.problem.cluster_name = "team";
    respond(&w, "logit");
    mlab_fit *fit = diagnosed(&w, "logit", &context, &status);
    ck_assert_ptr_nonnull(find(fit, "discrimination", ""));
    ck_assert_ptr_null(find(fit, "discrimination", "known groups"));
    ck_assert_ptr_nonnull(find(fit, "calibration", ""));
    mlab_fit_free(fit);
    mlab_design_free(design);
    mlab_formula_free(terms);
    world_free(&w);
}
END_TEST

/* One fold by hand: the fit to the other rows, its probabilities averaged over a fine grid, and at the mode of the row's team. */
START_TEST(a_fold_is_predicted_from_a_fit_to_the_others)
{
    mlab_random_grouping grouping;
    mlab_formula *terms;
    mlab_design *design;
    context = mlab_test_context(NULL, 2);
    world w = make(&grouping, &terms, &design);
    respond(&w, "logit");
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_fit *fit, *others;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    static uint8_t fold[N];
    static double value[N], known[N];
    static uint32_t rows[N], group[N];
    static int32_t category[N];
    mlab_after after = {0};
    mlab_diagnosing d = {.context = &context, .prepared = prepared, .fit = fit, .after = &after};
    mlab_folds f = {.d = &d, .n = N, .width = 1, .fold = fold, .value = value, .known = known, .usable = true};
    size_t n = 0;
    for (uint32_t i = 0; i < N; i++) {
        fold[i] = (uint8_t)(i / 60);
        if (fold[i] == 3) continue;
        rows[n] = i, group[n] = team[i], category[n++] = yes[i];
    }
    ck_assert_int_eq(mlab_folds_mixed(&f, 3, NULL), MLAB_OK);
    ck_assert(f.usable && f.some_known);
    mlab_random_grouping part = grouping;
    mlab_fit_problem problem = w.problem;
    part.group = group;
    problem.rows = rows, problem.n = n, problem.category = category, problem.random = &part;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("logit"), &problem, &options, &others, NULL), MLAB_OK);
    for (size_t i = 180; i < 240; i++) { /* the fit of a fold ends within 1e-5 standard errors */
        double eta = others->estimate[0] + others->estimate[1] * x[i], mean = 0, all = 0;
        for (double z = -8; z <= 8; z += 0.01) {
            double p = exp(-0.5 * z * z);
            mean += p / (1 + exp(-eta - others->random->sd[0] * z)), all += p;
        }
        ck_near(value[i], mean / all, 0, 1e-5);
        ck_near(known[i], 1 / (1 + exp(-eta - others->random->mode[team[i]])), 0, 1e-5);
    }
    mlab_fit_free(others);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    mlab_design_free(design);
    mlab_formula_free(terms);
    world_free(&w);
}
END_TEST

/* Rows of one team; then of a team and a rater, where the fit refuses a quadrature. */
START_TEST(a_quadrature_is_advised_only_where_there_is_one)
{
    mlab_random_grouping grouping, crossed[2];
    mlab_formula *terms;
    mlab_design *design;
    mlab_prepared *prepared;
    mlab_fit_options options = mlab_fit_defaults();
    static uint32_t rater[N];
    context = mlab_test_context(NULL, 1);
    world w = make(&grouping, &terms, &design);
    respond(&w, "ordinal");
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("ordinal"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(mlab_score_sentence(prepared, true), "ask for fit.quadrature: 15"));
    ck_assert_ptr_nonnull(strstr(mlab_score_sentence(prepared, false), "passed"));
    mlab_prepared_free(prepared);
    options.quadrature = 15;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("ordinal"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_ptr_null(strstr(mlab_score_sentence(prepared, true), "Laplace"));
    mlab_prepared_free(prepared);
    options.quadrature = 1;
    for (uint32_t i = 0; i < N; i++) rater[i] = i / 20;
    crossed[0] = crossed[1] = grouping;
    crossed[1].group = rater, crossed[1].n_groups = N / 20, crossed[1].name = "rater";
    w.problem.random = crossed, w.problem.n_random = 2;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("ordinal"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_ptr_null(strstr(mlab_score_sentence(prepared, true), "quadrature"));
    mlab_prepared_free(prepared);
    mlab_design_free(design);
    mlab_formula_free(terms);
    world_free(&w);
}
END_TEST

START_TEST(the_bytes_do_not_depend_on_the_threads_and_any_allocation_may_fail)
{
    mlab_random_grouping grouping;
    mlab_formula *terms;
    mlab_design *design;
    mlab_status status = MLAB_ERR_MEMORY;
    context = mlab_test_context(NULL, 1);
    world w = make(&grouping, &terms, &design);
    w.problem.n = 200;
    grouping.n_groups = TEAMS;
    respond(&w, "linear");
    mlab_fit *one = diagnosed(&w, "linear", &context, &status);
    ck_assert_int_eq(status, MLAB_OK);
    for (int threads = 2; threads <= 7; threads += 5) {
        mlab_context own = mlab_test_context(NULL, threads);
        mlab_fit *fit = diagnosed(&w, "linear", &own, &status);
        ck_assert_uint_eq(fit->after->n_diagnoses, one->after->n_diagnoses);
        for (size_t k = 0; k < one->after->n_diagnoses; k++)
            ck_assert_mem_eq(&fit->after->diagnoses[k].statistic, &one->after->diagnoses[k].statistic, sizeof(double));
        mlab_fit_free(fit);
    }
    mlab_fit_free(one);
    status = MLAB_ERR_MEMORY;
    for (long k = 1; status == MLAB_ERR_MEMORY && k < 20000; k += k < 60 ? 1 : 97) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context counting = mlab_test_context(&memory, 1);
        mlab_fit *fit = diagnosed(&w, "linear", &counting, &status);
        mlab_fit_free(fit);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(status, MLAB_OK);
    mlab_design_free(design);
    mlab_formula_free(terms);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("diagnose_mixed", right_models_raise_no_alarm_and_known_groups_are_told_better, a_fold_is_predicted_from_a_fit_to_the_others,
               a_quadrature_is_advised_only_where_there_is_one, the_bytes_do_not_depend_on_the_threads_and_any_allocation_may_fail)

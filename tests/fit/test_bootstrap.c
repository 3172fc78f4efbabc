/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bootstrap draws: whole clusters, full refits, one sample for outcomes that share their clusters, failures counted. */
#include "core/random.h"
#include "fit/outcome.h"
#include "fit/worlds.h"
#include "mentorlab/draws.h"

static mlab_context context;
static mlab_fit_options options;

/* 80 teams of 5 people. yes leans by team, score too:
 *
 *   team     0 0 0 0 0 1 1 1 1 1 ...
 *   x        standard normal, of the person
 *   yes      P = logistic(-0.5 + 0.7 x + lean of the team), score = 1 + 0.5 x + lean + noise                                         */
enum { TEAMS = 80, N = 5 * TEAMS };
static mlab_table *table;
static mlab_data data;

static double normal(uint32_t entity, uint32_t j, uint64_t seed)
{
    mlab_address address = {.seed = seed, .entity = entity, .purpose = MLAB_PURPOSE_TEST};
    return mlab_random_normal(&address, j);
}

static void make_data(int threads, bool rare)
{
    static const char *const no_yes[] = {"no", "yes"};
    static double x[N], score[N], team[N];
    static int32_t yes[N];
    mlab_column *column;
    context = mlab_test_context(NULL, threads);
    options = mlab_fit_defaults();
    for (uint32_t i = 0; i < N; i++) {
        double lean = 0.8 * normal(i / 5, 0, 11);
        mlab_address address = {.seed = 12, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        team[i] = i / 5;
        x[i] = normal(i, 2, 12);
        yes[i] = mlab_random_uniform(&address, 0) < 1 / (1 + exp(0.5 - 0.7 * x[i] - lean));
        score[i] = 1 + 0.5 * x[i] + lean + normal(i, 4, 12);
        if (rare) yes[i] = i % 50 == 0; /* 8 events in 8 teams, all of them where x is high: soon separated */
        if (rare) x[i] = yes[i] ? 1 : i % 7 == 0 ? 1 : 0;
    }
    ck_assert_int_eq(mlab_table_make(&context, N, &table, NULL), MLAB_OK);
    const char *const names[] = {"x", "score", "team"};
    double *const values[] = {x, score, team};
    for (size_t k = 0; k < 3; k++) {
        ck_assert_int_eq(mlab_table_add(table, names[k], MLAB_COLUMN_REAL, NULL, 0, &column, NULL), MLAB_OK);
        memcpy(column->as.real, values[k], sizeof x);
    }
    ck_assert_int_eq(mlab_table_add(table, "yes", MLAB_COLUMN_FACTOR, no_yes, 2, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, yes, sizeof yes);
    data = (mlab_data){.context = &context, .people = table, .person_level = true};
}

static mlab_outcome yes_of = {.name = "yes", .kind = MLAB_OUTCOME_YES_NO, .better = 1, .model = "logit", .formula = "yes ~ x + cluster(team)"};
static mlab_outcome score_of = {.name = "score", .kind = MLAB_OUTCOME_NUMBER, .better = 1, .model = "linear", .formula = "score ~ x + cluster(team)"};
static const mlab_outcome *const outcomes[] = {&yes_of, &score_of};

static void fit_both(mlab_fit *fits[2])
{
    mlab_error err = {0};
    for (size_t k = 0; k < 2; k++) ck_assert_msg(!mlab_fit_outcome(&context, &data, outcomes[k], &options, &fits[k], &err), "%s", err.sentence);
}

static mlab_draws *draws_of(mlab_fit *const fits[2], bool parametric, size_t n)
{
    mlab_draws *draws;
    mlab_error err = {0};
    mlab_status status = mlab_draws_bootstrap(&context, &data, outcomes, &options, (const mlab_fit *const *)fits, 2, parametric, n, 99, &draws, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    return draws;
}

static double spread(const mlab_draws *draws, size_t a, size_t b)
{
    double sum = 0, means[2] = {0};
    for (size_t d = 0; d < draws->n_draws; d++) {
        means[0] += draws->value[d * draws->n_parameters + a] / (double)draws->n_draws;
        means[1] += draws->value[d * draws->n_parameters + b] / (double)draws->n_draws;
    }
    for (size_t d = 0; d < draws->n_draws; d++)
        sum += (draws->value[d * draws->n_parameters + a] - means[0]) * (draws->value[d * draws->n_parameters + b] - means[1]);
    return sum / (double)(draws->n_draws - 1);
}

/* 400 samples give a standard deviation within 3.5 %: 15 % is over four of its errors. Seed 99. */
START_TEST(the_spread_over_samples_of_clusters_is_the_robust_error)
{
    mlab_fit *fits[2];
    make_data(2, false);
    fit_both(fits);
    mlab_draws *draws = draws_of(fits, false, 400);
    ck_assert_int_eq(draws->kind, MLAB_DRAWS_BOOTSTRAP);
    ck_assert_uint_eq(draws->n_failed, 0);
    for (size_t j = 0; j < 4; j++) ck_near(sqrt(spread(draws, j, j)), mlab_fit_standard_error(fits[j / 2], j % 2), 0.15, 0);
    const double *const infl[] = {fits[0]->influence, fits[1]->influence};
    double covariance = 0;
    for (size_t g = 0; g < TEAMS; g++) covariance += infl[0][2 * g] * infl[1][2 * g];
    ck_assert_double_gt(covariance, 0); /* teams that lean one way lean so in both: intercepts are drawn together */
    ck_near(spread(draws, 0, 2), covariance, 0.25, 0);
    mlab_draws_free(draws);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    mlab_table_free(table);
}
END_TEST

/* Each prior counts as one more observation, in the sandwich and in the samples. Rows of score differ by a variance that every sample tells anew. */
START_TEST(the_spread_over_samples_with_priors_is_the_robust_error_with_them)
{
    mlab_fit *fits[2];
    static mlab_prior on_x[2] = {{.parameter = (char *)"x", .mean = 0.2, .sd = 0.12}, {.parameter = (char *)"x", .mean = 0.3, .sd = 0.05}};
    mlab_outcome with[2] = {yes_of, score_of};
    const mlab_outcome *const described[] = {&with[0], &with[1]};
    mlab_draws *draws;
    mlab_error err = {0};
    make_data(2, false);
    for (size_t k = 0; k < 2; k++) {
        with[k].priors = &on_x[k], with[k].n_priors = 1;
        ck_assert_msg(!mlab_fit_outcome(&context, &data, &with[k], &options, &fits[k], &err), "%s", err.sentence);
    }
    mlab_status status = mlab_draws_bootstrap(&context, &data, described, &options, (const mlab_fit *const *)fits, 2, false, 400, 99, &draws, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    for (size_t j = 0; j < 4; j++) ck_near(sqrt(spread(draws, j, j)), mlab_fit_standard_error(fits[j / 2], j % 2), 0.15, 0);
    mlab_draws_free(draws);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    mlab_table_free(table);
}
END_TEST

/* A refit with priors to weights is the fit of the rows so often. */
START_TEST(a_refit_with_priors_is_the_fit_to_its_sample)
{
    static mlab_prior on_x = {.parameter = (char *)"x", .mean = 0.2, .sd = 0.12};
    static const char *const models[] = {"logit", "linear"};
    make_data(1, false);
    for (size_t k = 0; k < 2; k++) {
        mlab_outcome with = *outcomes[k];
        mlab_outcome_problem *made;
        mlab_prepared *prepared;
        mlab_fit *fit;
        mlab_refit_info info;
        mlab_error err = {0};
        double count[TEAMS], estimate[2], row[N];
        for (size_t g = 0; g < TEAMS; g++) count[g] = (double)(g * 7 % 3);
        for (size_t i = 0; i < N; i++) row[i] = count[i / 5];
        with.priors = &on_x, with.n_priors = 1;
        ck_assert_msg(!mlab_outcome_problem_make(&context, &data, &with, &options, &made, &err), "%s", err.sentence);
        ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &options, &prepared, NULL), MLAB_OK);
        mlab_refit_weights weights = {.cluster = count};
        ck_assert_msg(!mlab_prepared_refit(&context, prepared, &weights, NULL, estimate, &info, &err), "%s", err.sentence);
        ck_assert_int_eq(info.trust, MLAB_TRUSTED);
        made->problem.weight = row, made->problem.weights = MLAB_WEIGHTS_FREQUENCY;
        ck_assert_msg(!mlab_fit_problem_fit(&context, mlab_model_find(models[k]), &made->problem, &options, &fit, &err), "%s", err.sentence);
        for (size_t j = 0; j < 2; j++) ck_near(estimate[j], fit->estimate[j], 0, 1e-8 * mlab_fit_standard_error(fit, j));
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
        mlab_outcome_problem_free(made);
    }
    mlab_table_free(table);
}
END_TEST

START_TEST(a_draw_is_the_fit_to_its_sample)
{
    mlab_fit *fits[2];
    make_data(1, false);
    fit_both(fits);
    mlab_draws *draws = draws_of(fits, false, 3);
    double weight[N] = {0};
    for (uint32_t j = 0; j < TEAMS; j++) {
        mlab_address address = {.seed = 99, .draw = 2, .entity = j, .purpose = MLAB_PURPOSE_BOOTSTRAP};
        size_t team = (size_t)mlab_random_below(&address, 0, TEAMS);
        for (size_t i = 0; i < 5; i++) weight[5 * team + i]++;
    }
    mlab_outcome_problem *made;
    mlab_fit *fit;
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &yes_of, &options, &made, NULL), MLAB_OK);
    made->problem.weight = weight;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, made->model, &made->problem, &options, &fit, NULL), MLAB_OK);
    for (size_t j = 0; j < 2; j++) ck_near(draws->value[2 * draws->n_parameters + j], fit->estimate[j], 1e-8, 0);
    mlab_fit_free(fit);
    mlab_outcome_problem_free(made);
    mlab_draws_free(draws);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    mlab_table_free(table);
}
END_TEST

START_TEST(the_spread_over_drawn_responses_is_the_error_of_the_model)
{
    mlab_fit *fits[2];
    make_data(2, false);
    fit_both(fits);
    mlab_draws *draws = draws_of(fits, true, 400);
    for (size_t j = 0; j < 4; j++) ck_near(sqrt(spread(draws, j, j)), sqrt(fits[j / 2]->covariance[j % 2 * 3]), 0.15, 0);
    ck_near(spread(draws, 0, 2), 0, 0, 4e-3); /* outcomes are drawn apart */
    mlab_draws_free(draws);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    mlab_table_free(table);
}
END_TEST

START_TEST(threads_do_not_change_a_byte)
{
    double first[2][40];
    for (int threads = 1; threads < 8; threads += threads == 1 ? 1 : 5) {
        mlab_fit *fits[2];
        make_data(threads, false);
        fit_both(fits);
        for (int parametric = 0; parametric < 2; parametric++) {
            mlab_draws *draws = draws_of(fits, parametric, 10);
            if (threads == 1) memcpy(first[parametric], draws->value, sizeof first[0]);
            ck_assert_mem_eq(first[parametric], draws->value, sizeof first[0]);
            mlab_draws_free(draws);
        }
        mlab_fit_free(fits[0]);
        mlab_fit_free(fits[1]);
        mlab_table_free(table);
    }
}
END_TEST

START_TEST(samples_that_cannot_be_fitted_are_told_not_hidden)
{
    mlab_fit *fits[2];
    mlab_draws *draws;
    mlab_error err = {0};
    make_data(1, true);
    fit_both(fits);
    fits[0]->trust = MLAB_TRUSTED; /* as if nobody had noticed */
    mlab_status status = mlab_draws_bootstrap(&context, &data, outcomes, &options, (const mlab_fit *const *)fits, 1, false, 20, 99, &draws, &err);
    ck_assert_int_eq(status, MLAB_ERR_FIT_DRAWS);
    ck_assert_msg(strstr(err.sentence, "of 20 bootstrap samples too many cannot be fitted") != NULL, "%s", err.sentence);
    ck_assert_ptr_null(draws);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    mlab_table_free(table);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_test_memory memory = {0};
    mlab_fit *fits[2];
    make_data(1, false);
    fit_both(fits);
    mlab_context failing = mlab_test_context(&memory, 1);
    for (int parametric = 0; parametric < 2; parametric++)
        for (long k = 1;; k++) {
            mlab_draws *draws;
            memory = (mlab_test_memory){.fail_at = k};
            mlab_status status =
                mlab_draws_bootstrap(&failing, &data, outcomes, &options, (const mlab_fit *const *)fits, 2, parametric, 2, 1, &draws, NULL);
            mlab_draws_free(draws);
            ck_assert_int_eq(memory.live, 0);
            if (status == MLAB_OK) break;
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    mlab_table_free(table);
}
END_TEST

MLAB_TEST_MAIN("bootstrap", the_spread_over_samples_of_clusters_is_the_robust_error,
               the_spread_over_samples_with_priors_is_the_robust_error_with_them, a_refit_with_priors_is_the_fit_to_its_sample,
               a_draw_is_the_fit_to_its_sample, the_spread_over_drawn_responses_is_the_error_of_the_model, threads_do_not_change_a_byte,
               samples_that_cannot_be_fitted_are_told_not_hidden, any_allocation_may_fail)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions and parameter draws. */
#include "fit/worlds.h"
#include "mentorlab/draws.h"

#include "core/random.h"

static mlab_context context;
static mlab_fit_options options;

enum { N = 600, PEOPLE = 60 };
static double x[N], one[N];
static int32_t cause[N], level[N];
static uint32_t person[N], person_id[PEOPLE];
static const char *const causes[] = {"none", "voluntary", "involuntary"};
static const char *const levels[] = {"low", "mid", "high", "top"};

/* 60 people of 10 rows; a person's rows lean the same way, so that the two outcomes are correlated through people. */
static world people_world(const char *formula)
{
    context = mlab_test_context(NULL, 2);
    options = mlab_fit_defaults();
    for (uint32_t i = 0; i < N; i++) {
        mlab_address address = {.seed = 5, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        mlab_address own = {.seed = 6, .entity = i / 10, .purpose = MLAB_PURPOSE_TEST};
        double lean = mlab_random_normal(&own, 0), u = mlab_random_uniform(&address, 0);
        x[i] = mlab_random_normal(&address, 1);
        one[i] = 1;
        person[i] = i / 10;
        person_id[i / 10] = 3 * (i / 10);
        double h = exp(-1.5 + 0.4 * x[i] + lean), v = mlab_random_uniform(&address, 2);
        cause[i] = u < 1 - exp(-h) ? (u < 0.5 * (1 - exp(-h)) ? 1 : 2) : 0;
        double z = log(v / (1 - v)) + 0.5 * x[i] + lean;
        level[i] = z < -1 ? 0 : z < 0 ? 1 : z < 1.5 ? 2 : 3;
    }
    world w = {0};
    world_real(&w, &context, "x", x, N);
    world_formula(&w, &context, formula);
    w.problem.cluster = person;
    w.problem.cluster_id = person_id;
    w.problem.n_clusters = PEOPLE;
    w.problem.cluster_name = "person";
    return w;
}

static void two_fits(world *w, mlab_fit *fits[2])
{
    *w = people_world("~ x");
    world_categories(w, cause, 3, causes);
    w->problem.outcome = "retention";
    fits[0] = world_fit(w, &context, "hazard", &options);
    world_categories(w, level, 4, levels);
    w->problem.outcome = "satisfaction";
    fits[1] = world_fit(w, &context, "ordinal", &options);
}

START_TEST(probabilities_of_a_row_add_up_and_come_from_the_link)
{
    world w;
    mlab_fit *fits[2];
    double link[4], response[4], share = 0.5;
    uint32_t row = 17;
    two_fits(&w, fits);
    ck_assert_uint_eq(mlab_predict_width(fits[0], MLAB_SCALE_RESPONSE), 2);
    ck_assert_uint_eq(mlab_predict_width(fits[1], MLAB_SCALE_RESPONSE), 4);
    ck_assert_int_eq(mlab_predict(&context, fits[0], w.table, &row, 0, 1, NULL, &share, MLAB_SCALE_LINK, link, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict(&context, fits[0], w.table, &row, 0, 1, NULL, &share, MLAB_SCALE_RESPONSE, response, NULL), MLAB_OK);
    double expected = fits[0]->estimate[0] + fits[0]->estimate[1] * x[17] + log(0.5);
    ck_near(link[0], expected, 1e-14, 0);
    double H = exp(link[0]) + exp(link[1]);
    ck_near(response[0] + response[1], 1 - exp(-H), 1e-13, 0);
    ck_near(response[0] / response[1], exp(link[0] - link[1]), 1e-13, 0);
    ck_assert_int_eq(mlab_predict(&context, fits[1], w.table, NULL, 17, 1, NULL, NULL, MLAB_SCALE_RESPONSE, response, NULL), MLAB_OK);
    double b = fits[1]->estimate[3] * x[17];
    ck_near(response[0], 1 / (1 + exp(b - fits[1]->estimate[0])), 1e-13, 0);
    ck_near(response[3], 1 - 1 / (1 + exp(b - fits[1]->estimate[2])), 1e-12, 0);
    ck_near(response[0] + response[1] + response[2] + response[3], 1, 1e-13, 0);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    world_free(&w);
}
END_TEST

/* The mean over the rows of the probability of an event is the share with it, where the link is the canonical one. */
START_TEST(a_logit_predicts_as_many_events_as_there_are)
{
    world w = people_world("~ x");
    int32_t any[N];
    double p[N], sum = 0, events = 0;
    static const char *const names[] = {"no", "yes"};
    for (size_t i = 0; i < N; i++) events += any[i] = cause[i] > 0;
    world_categories(&w, any, 2, names);
    mlab_fit *fit = world_fit(&w, &context, "logit", &options);
    ck_assert_int_eq(mlab_predict(&context, fit, w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_RESPONSE, p, NULL), MLAB_OK);
    for (size_t i = 0; i < N; i++) sum += p[i];
    ck_near(sum, events, 1e-12, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* Means within 4.5 standard errors of 20,000 draws, 8 parameters and 8 variances: a false alarm once in 10,000 runs; the seed is fixed. */
START_TEST(draws_have_the_robust_covariance_and_cross_the_outcomes)
{
    world w;
    mlab_fit *fits[2];
    mlab_draws *draws;
    enum { D = 20000 };
    two_fits(&w, fits);
    ck_assert_int_eq(mlab_draws_make(&context, (const mlab_fit *const *)fits, 2, D, 99, &draws, NULL), MLAB_OK);
    ck_assert_uint_eq(draws->n_parameters, 8);
    ck_assert_str_eq(draws->names[1], "retention:voluntary:x");
    ck_assert_str_eq(draws->names[7], "satisfaction:x");
    double mean[8] = {0}, second[64] = {0};
    for (size_t d = 0; d < D; d++)
        for (size_t j = 0; j < 8; j++) mean[j] += draws->value[d * 8 + j] / D;
    for (size_t d = 0; d < D; d++)
        for (size_t j = 0; j < 8; j++)
            for (size_t k = 0; k < 8; k++) second[j * 8 + k] += (draws->value[d * 8 + j] - mean[j]) * (draws->value[d * 8 + k] - mean[k]) / D;
    const size_t plain[] = {0, 1, 2, 3, 4, 7}; /* not the log gaps */
    for (size_t a = 0; a < 6; a++) {
        size_t j = plain[a];
        const mlab_fit *fit = j < 4 ? fits[0] : fits[1];
        size_t own = j < 4 ? j : j - 4;
        double variance = fit->robust[own * 4 + own];
        ck_near(mean[j], fit->estimate[own], 0, 4.5 * sqrt(variance / D));
        ck_near(second[j * 8 + j], variance, 4.5 * sqrt(2.0 / D), 0);
    }
    for (size_t d = 0; d < D; d++) ck_assert(draws->value[d * 8 + 4] < draws->value[d * 8 + 5] && draws->value[d * 8 + 5] < draws->value[d * 8 + 6]);
    /* the first gap of the thresholds: its log by the delta method */
    const double *V = fits[1]->robust;
    double gap = fits[1]->estimate[1] - fits[1]->estimate[0], gap_mean = 0, gap_second = 0;
    for (size_t d = 0; d < D; d++) {
        double off = log(draws->value[d * 8 + 5] - draws->value[d * 8 + 4]) - log(gap);
        gap_mean += off / D;
        gap_second += off * off / D;
    }
    double gap_variance = (V[0] + V[5] - 2 * V[1]) / (gap * gap);
    ck_near(gap_mean, 0, 0, 4.5 * sqrt(gap_variance / D));
    ck_near(gap_second, gap_variance, 4.5 * sqrt(2.0 / D), 0);
    /* people lean the same way in both: the cross covariance is that of the shared influence */
    double cross = 0, G = PEOPLE, k0 = G / (G - 1) * (N - 1.0) / (N - 4.0);
    for (size_t g = 0; g < PEOPLE; g++) cross += k0 * fits[0]->influence[g * 4] * fits[1]->influence[g * 4];
    double r = second[0 * 8 + 4] / sqrt(second[0] * second[4 * 9]), expected = cross / sqrt(fits[0]->robust[0] * fits[1]->robust[0]);
    ck_assert(fabs(expected) > 0.05);
    ck_near(r, expected, 0, 4.5 / sqrt(D));
    mlab_draws_free(draws);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    world_free(&w);
}
END_TEST

START_TEST(draw_k_depends_on_the_seed_and_k_alone)
{
    world w;
    mlab_fit *fits[2];
    mlab_draws *few, *many;
    two_fits(&w, fits);
    ck_assert_int_eq(mlab_draws_make(&context, (const mlab_fit *const *)fits, 2, 3, 7, &few, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_draws_make(&context, (const mlab_fit *const *)fits, 2, 50, 7, &many, NULL), MLAB_OK);
    ck_assert_mem_eq(few->value, many->value, 3 * 8 * sizeof(double));
    mlab_draws_free(few);
    mlab_draws_free(many);
    ck_assert_int_eq(mlab_draws_make_fixed(&context, (const mlab_fit *const *)fits, 2, 3, &few, NULL), MLAB_OK);
    ck_assert_int_eq(few->kind, MLAB_DRAWS_FIXED);
    ck_assert_mem_eq(few->value + 8, few->estimate, 8 * sizeof(double));
    mlab_draws_free(few);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    world_free(&w);
}
END_TEST

START_TEST(fewer_clusters_than_parameters_or_a_broken_fit_give_no_draws)
{
    world w;
    mlab_fit *fits[2];
    mlab_draws *draws;
    mlab_error err;
    two_fits(&w, fits);
    fits[0]->trust = MLAB_SEPARATED;
    ck_assert_int_eq(mlab_draws_make(&context, (const mlab_fit *const *)fits, 2, 3, 7, &draws, &err), MLAB_ERR_FIT_DRAWS);
    ck_assert_ptr_null(draws);
    ck_assert(strstr(err.sentence, "retention") != NULL);
    fits[0]->trust = MLAB_TRUSTED;
    fits[0]->n_clusters = fits[1]->n_clusters = 5;
    ck_assert_int_eq(mlab_draws_make(&context, (const mlab_fit *const *)fits, 2, 3, 7, &draws, &err), MLAB_ERR_FIT_COVARIANCE);
    ck_assert(strstr(err.sentence, "not positive definite") != NULL);
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    world_free(&w);
}
END_TEST

/* One cluster only: no interval. Two rows of every cluster copied: the robust errors stay, the model's shrink. */
START_TEST(repeated_rows_do_not_pretend_to_be_new_people)
{
    world w = people_world("~ x");
    int32_t any[N];
    static const char *const names[] = {"no", "yes"};
    for (size_t i = 0; i < N; i++) any[i] = cause[i] > 0;
    world_categories(&w, any, 2, names);
    mlab_fit *fit = world_fit(&w, &context, "logit", &options);
    double twice[N];
    for (size_t i = 0; i < N; i++) twice[i] = 2;
    w.problem.weight = twice;
    mlab_fit *copied = world_fit(&w, &context, "logit", &options);
    ck_near(copied->estimate[1], fit->estimate[1], 1e-10, 0);
    ck_near(copied->covariance[3], fit->covariance[3] / 2, 1e-9, 0);
    ck_near(copied->robust[3], fit->robust[3] * ((2 * N - 1.0) / (2 * N - 2)) / ((N - 1.0) / (N - 2)), 1e-9, 0);
    ck_near(mlab_fit_interval_factor(fit, 0.95), 2.0009953780882674, 1e-10, 0); /* t with 59 degrees of freedom */
    mlab_fit_free(copied);
    mlab_fit_free(fit);
    w.problem.weight = NULL;
    memset(person, 0, sizeof person);
    w.problem.n_clusters = 1;
    fit = world_fit(&w, &context, "logit", &options);
    ck_assert_int_eq(fit->trust, MLAB_TOO_FEW_CLUSTERS);
    ck_assert_ptr_null(fit->robust);
    ck_assert(isinf(mlab_fit_interval_factor(fit, 0.95)));
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_refit_with_counts_of_people_is_a_fit_of_the_resampled_rows)
{
    world w = people_world("~ x");
    world_categories(&w, cause, 3, causes);
    mlab_prepared *prepared;
    double times[PEOPLE], rows[N], estimate[4];
    mlab_refit_info info;
    for (size_t g = 0; g < PEOPLE; g++) times[g] = (double)(g % 3);
    for (size_t i = 0; i < N; i++) rows[i] = times[person[i]];
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("hazard"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    mlab_fit *whole;
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &whole, NULL), MLAB_OK);
    mlab_refit_weights weights = {.cluster = times};
    ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, whole->estimate, estimate, &info, NULL), MLAB_OK);
    ck_assert_int_eq(info.trust, MLAB_TRUSTED);
    w.problem.weight = rows;
    mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
    for (size_t j = 0; j < 4; j++) ck_near(estimate[j], fit->estimate[j], 1e-9, 0);
    ck_near(info.log_likelihood, fit->log_likelihood, 1e-12, 0);
    ck_assert(fabs(whole->estimate[1] - estimate[1]) > 1e-3);
    mlab_fit_free(fit);
    mlab_fit_free(whole);
    mlab_prepared_free(prepared);
    world_free(&w);
}
END_TEST

START_TEST(no_memory_is_an_error_that_leaks_nothing)
{
    world w;
    mlab_fit *fits[2];
    mlab_test_memory memory = {0};
    two_fits(&w, fits);
    mlab_context failing = mlab_test_context(&memory, 1);
    for (long call = 1;; call++) {
        mlab_draws *draws;
        double out[2];
        memory.calls = 0;
        memory.fail_at = call;
        mlab_status status = mlab_draws_make(&failing, (const mlab_fit *const *)fits, 2, 3, 1, &draws, NULL);
        if (status == MLAB_OK) status = mlab_predict(&failing, fits[0], w.table, NULL, 0, 1, draws->value, NULL, MLAB_SCALE_RESPONSE, out, NULL);
        long done = memory.calls;
        memory.fail_at = 0;
        mlab_draws_free(draws);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) {
            ck_assert_int_lt(done, call);
            ck_assert_int_gt(call, 20);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    mlab_fit_free(fits[0]);
    mlab_fit_free(fits[1]);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("draws", probabilities_of_a_row_add_up_and_come_from_the_link, a_logit_predicts_as_many_events_as_there_are,
               draws_have_the_robust_covariance_and_cross_the_outcomes, draw_k_depends_on_the_seed_and_k_alone,
               fewer_clusters_than_parameters_or_a_broken_fit_give_no_draws, repeated_rows_do_not_pretend_to_be_new_people,
               a_refit_with_counts_of_people_is_a_fit_of_the_resampled_rows, no_memory_is_an_error_that_leaks_nothing)

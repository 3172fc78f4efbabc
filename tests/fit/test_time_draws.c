/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of Cox fits with their baseline: they spread as the errors say, and a bootstrap draw is the fit to its sample. Rossi's 432 prisoners, and
 *
 *   day    1 2 2 3 4 5 5 6      event 1 1 1 0 1 1 0 1      x 0 1 0 1 1 0 1 0                                                          */
#include "core/random.h"
#include "fit/after/after.h"
#include "fit/draws.h"
#include "fit/outcome.h"
#include "fit/reference.h"

#include <string.h>

static mlab_fit_options options;

static study rossi(mlab_data *data, int threads)
{
    context = mlab_test_context(NULL, threads);
    options = mlab_fit_defaults();
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    const char *const columns[] = {"week", "arrest", "fin", "age", "race", "mar", "prio", "entry"};
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) add_column(&s, columns[j], NULL);
    *data = (mlab_data){.context = &context, .people = s.w.table, .person_level = true};
    return s;
}

static mlab_outcome cox_of(const char *formula)
{
    return (mlab_outcome){.name = "arrest", .kind = MLAB_OUTCOME_EVENT, .better = -1, .model = "cox", .formula = (char *)formula};
}

static mlab_fit *fit_of(const mlab_data *data, const char *formula)
{
    mlab_outcome outcome = cox_of(formula);
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

static mlab_draws *normal_draws(const mlab_fit *fit, size_t n)
{
    mlab_draws *draws;
    mlab_error err = {0};
    ck_assert_msg(mlab_draws_make(&context, &fit, 1, n, 7, &draws, &err) == MLAB_OK, "%s", err.sentence);
    return draws;
}

/* 6 fits x 2 people x 3 times and 3 pairs of times; the spread of 1,500 draws misses its mean by 1.9 %, so that 9 % is 5 of its standard errors:
 * a false alarm in less than 1 of 10,000 seeds. The seed is fixed. */
START_TEST(survival_at_draws_spreads_as_its_errors_say)
{
    enum { DRAWS = 1500 };
    static const struct {
        const char *formula;
        int ties, penalty;
    } cases[] = {{"event(week, arrest) ~ fin + age + race + prio", 0, 0}, {"event(week, arrest) ~ fin + age + race + prio", 1, 0},
                 {"event(week, arrest) ~ fin + age + prio", 2, 0},        {"event(week, arrest) ~ fin + age + strata(race)", 0, 0},
                 {"event(entry, week, arrest) ~ fin + age + prio", 0, 0}, {"event(week, arrest) ~ fin + age + prio", 0, 1}};
    static const double times[] = {20, 37, 52};
    static double value[DRAWS][3];
    mlab_data data;
    study s = rossi(&data, 1);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        options.ties = cases[c].ties;
        options.penalty = cases[c].penalty;
        mlab_fit *fit = fit_of(&data, cases[c].formula);
        mlab_draws *draws = normal_draws(fit, DRAWS);
        for (size_t row = 1; row < 432; row += 300) {
            double estimate[3], se[3], lower[3], upper[3], drawn[4][3], mean[3] = {0};
            mlab_prediction_request request = {
                .table = data.people, .first = row, .n = 1, .scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = 3, .level = 0.95};
            ck_assert_int_eq(mlab_predict_intervals(&context, fit, &request, estimate, se, lower, upper, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_predict_intervals_drawn(&context, fit, draws, 0, &request, drawn[0], drawn[1], drawn[2], drawn[3], NULL), MLAB_OK);
            for (size_t d = 0; d < DRAWS; d++) {
                ck_assert_int_eq(
                    mlab_predict_drawn(&context, fit, draws, 0, d, data.people, NULL, row, 1, NULL, MLAB_SCALE_SURVIVAL, times, 3, value[d], NULL),
                    MLAB_OK);
                for (size_t t = 0; t < 3; t++) mean[t] += value[d][t] / DRAWS;
            }
            for (size_t t = 0; t < 3; t++) {
                ck_near(drawn[0][t], estimate[t], 1e-15, 0);
                ck_assert_msg(fabs(drawn[1][t] / se[t] - 1) < (se[t] < 0.06 ? 0.09 : 0.13), /* survival is less and less straight in the hazard */
                              "case %zu, row %zu, time %g: %g, expected %g", c, row, times[t], drawn[1][t], se[t]);
                ck_near(drawn[2][t], lower[t], 0, 0.5 * se[t]); /* these are normal on the log-log scale */
                ck_near(drawn[3][t], upper[t], 0, 0.5 * se[t]);
                ck_near(mean[t], estimate[t], 0, 0.15 * se[t]);
            }
        }
        mlab_draws_free(draws);
        mlab_fit_free(fit);
    }
    close_study(&s);
}
END_TEST

/* The hazard over a time and the one before it have nothing in common but the coefficients: their covariance is that of the sums of steps. */
START_TEST(hazards_of_two_times_vary_together_as_sums_of_independent_steps)
{
    enum { DRAWS = 2000 };
    mlab_data data;
    study s = rossi(&data, 1);
    mlab_fit *fit = fit_of(&data, "event(week, arrest) ~ fin + age");
    const mlab_baseline *b = fit->baseline;
    mlab_draws *draws = normal_draws(fit, DRAWS);
    size_t early = b->n / 3, late = b->n - 1, p = b->n_columns;
    double expected = b->variance[early], mean[2] = {0}, sum = 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++) expected += b->mean[early * p + j] * fit->covariance[j * p + k] * b->mean[late * p + k];
    for (int pass = 0; pass < 2; pass++)
        for (size_t d = 0; d < DRAWS; d++) {
            const double *hazard = draws->baselines->cumulative_hazard + d * b->n;
            if (pass)
                sum += (hazard[early] - mean[0]) * (hazard[late] - mean[1]) / (DRAWS - 1);
            else
                mean[0] += hazard[early] / DRAWS, mean[1] += hazard[late] / DRAWS;
            for (size_t k = 1; k < b->n; k++) ck_assert(hazard[k] >= hazard[k - 1]);
        }
    ck_near(sum, expected, 0, 0.1 * sqrt(b->variance[early] * b->variance[late])); /* 4.4 standard errors: chance 1e-5 */
    mlab_draws_free(draws);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* Baselines whose steps depend on each other: clusters, weights, rows, subdistributions. 5 fits x (2 people x 3 times + 2 coefficients x 2 times)
 * with 3,000 draws: a false alarm in less than 1 of 1,000 seeds. */
START_TEST(baselines_of_the_jackknife_spread_as_their_errors_say_and_with_the_coefficients)
{
    enum { DRAWS = 1500 };
    static const struct {
        const char *formula;
        int robust;
        bool sampling, subdistribution;
    } cases[] = {{"event(week, arrest) ~ fin + prio + cluster(age)", 0, false, false},
                 {"event(week, arrest) ~ fin + age + strata(race)", MLAB_ROBUST_HC0, false, false},
                 {"event(week, arrest) ~ fin + age", 0, true, false},
                 {"event(week, what) ~ fin + age", 0, false, true},
                 {"event(week, what) ~ fin + prio + cluster(age)", 0, false, true}};
    static const char *const whats[] = {"none", "one", "two"};
    static const double times[] = {20, 37, 51};
    mlab_data data;
    study s = rossi(&data, 2);
    int32_t *what = room(s.n, sizeof *what);
    for (size_t i = 0; i < s.n; i++) what[i] = atoi(cell(&s, i, "cause"));
    world_factor(&s.w, &context, "what", what, s.n, whats, 3);
    add_column(&s, "weight", NULL);
    free(what);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mlab_scale scale = cases[c].subdistribution ? MLAB_SCALE_INCIDENCE : MLAB_SCALE_SURVIVAL;
        mlab_outcome outcome = cox_of(cases[c].formula);
        const mlab_outcome *outcomes[] = {&outcome};
        mlab_fit *fit;
        mlab_draws *draws;
        mlab_error err = {0};
        options.robust = cases[c].robust;
        if (cases[c].subdistribution) outcome.model = (char *)"fine_gray";
        if (cases[c].sampling) outcome.weight = (char *)"weight", outcome.weights = MLAB_WEIGHTS_SAMPLING;
        ck_assert_msg(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
        const mlab_fit *fits[] = {fit};
        const mlab_baseline *b = fit->baseline;
        ck_assert_int_eq(mlab_draws_make(&context, fits, 1, 2, 1, &draws, &err), MLAB_ERR_FIT_DRAWS);
        ck_assert_msg(strstr(err.sentence, "need its data") != NULL, "%s", err.sentence);
        ck_assert_msg(!mlab_draws_make_mixed(&context, &data, outcomes, &options, fits, 1, DRAWS, 7, &draws, &err), "%s", err.sentence);
        for (size_t row = 1; row < 432; row += 300) {
            double estimate[3], se[3], drawn[4][3], upper[3];
            mlab_prediction_request request = {
                .table = data.people, .first = row, .n = 1, .scale = scale, .times = times, .n_times = 3, .level = 0.95};
            ck_assert_int_eq(mlab_predict_intervals(&context, fit, &request, estimate, se, drawn[0], upper, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_predict_intervals_drawn(&context, fit, draws, 0, &request, drawn[0], drawn[1], drawn[2], drawn[3], NULL), MLAB_OK);
            for (size_t t = 0; t < 3; t++) {
                double nearness = se[t] < 0.04 ? 0.09 : 0.14; /* the curve is less and less straight in the logarithm of the hazard */
                ck_assert_msg(fabs(drawn[1][t] / se[t] - 1) < nearness, "case %zu, row %zu, time %g: %g, expected %g", c, row, times[t], drawn[1][t],
                              se[t]);
                ck_near(drawn[3][t], upper[t], 0, 0.4 * se[t]);
            }
        }
        const double *v = fit->robust ? fit->robust : fit->covariance;
        for (size_t k = b->first[1] / 2; k < b->first[1]; k += b->first[1] / 3)
            for (size_t j = 0; j < 2; j++) {
                double expected = b->covariance[k * 2 + j], sum = 0, square = 0;
                for (size_t m = 0; m < 2; m++) expected -= v[j * 2 + m] * b->mean[k * 2 + m];
                for (size_t d = 0; d < DRAWS; d++) {
                    double by = b->cumulative_hazard[k] * log(draws->baselines->cumulative_hazard[d * b->n + k] / b->cumulative_hazard[k]);
                    sum += by * (draws->value[d * 2 + j] - fit->estimate[j]) / DRAWS;
                    square += by * by / DRAWS;
                }
                ck_near(sum, expected, 0, 0.1 * sqrt(square * v[j * 3]));
            }
        mlab_draws_free(draws);
        mlab_fit_free(fit);
    }
    close_study(&s);
}
END_TEST

START_TEST(threads_do_not_change_a_byte)
{
    static const int threads[] = {1, 2, 7};
    double *kept[2] = {NULL};
    for (int k = 0; k < 3; k++) {
        mlab_data data;
        study s = rossi(&data, threads[k]);
        mlab_outcome outcome = cox_of("event(week, arrest) ~ fin + age + strata(race)");
        const mlab_outcome *outcomes[] = {&outcome};
        mlab_fit *fit = fit_of(&data, outcome.formula);
        const mlab_fit *fits[] = {fit};
        mlab_draws *draws[2] = {normal_draws(fit, 20)};
        ck_assert_int_eq(mlab_draws_bootstrap(&context, &data, outcomes, &options, fits, 1, false, 20, 7, &draws[1], NULL), MLAB_OK);
        for (int kind = 0; kind < 2; kind++) {
            const mlab_draws_baseline *made = draws[kind]->baselines;
            ck_assert_uint_eq(made->n, fit->baseline->n);
            if (k == 0) memcpy(kept[kind] = room(20 * made->n, sizeof(double)), made->cumulative_hazard, 20 * made->n * sizeof(double));
            ck_assert_int_eq(memcmp(kept[kind], made->cumulative_hazard, 20 * made->n * sizeof(double)), 0);
            mlab_draws_free(draws[kind]);
        }
        mlab_fit_free(fit);
        close_study(&s);
    }
    free(kept[0]);
    free(kept[1]);
}
END_TEST

/* Weights of a sample, put into the problem, and fitted. */
static mlab_fit *fit_of_sample(const mlab_data *data, const mlab_outcome *outcome, size_t n, uint32_t draw)
{
    double *count = room(n, sizeof *count);
    mlab_outcome_problem *made;
    mlab_fit *fit;
    mlab_error err = {0};
    mlab_address address = {.seed = 99, .draw = draw, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    mlab_random_sample(&context, &address, n, count);
    ck_assert_int_eq(mlab_outcome_problem_make(&context, data, outcome, &options, &made, NULL), MLAB_OK);
    ck_assert_uint_eq(made->problem.n, n);
    made->problem.weight = count;
    ck_assert_msg(mlab_fit_problem_fit(&context, made->model, &made->problem, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    mlab_outcome_problem_free(made);
    free(count);
    return fit;
}

START_TEST(a_bootstrap_draw_is_the_fit_to_its_sample_with_its_baseline)
{
    static const double times[] = {10, 30, 52};
    static const struct {
        const char *formula;
        int ties;
    } cases[] = {{"event(week, arrest) ~ fin + age + prio", 0},
                 {"event(week, arrest) ~ fin + age + prio", 1},
                 {"event(week, arrest) ~ fin + age + prio", 2},
                 {"event(week, arrest) ~ fin + age + strata(race)", 0},
                 {"event(entry, week, arrest) ~ fin + age", 0}};
    mlab_data data;
    study s = rossi(&data, 1);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        options.ties = cases[c].ties;
        mlab_outcome outcome = cox_of(cases[c].formula);
        const mlab_outcome *outcomes[] = {&outcome};
        mlab_fit *fit = fit_of(&data, outcome.formula), *own = fit_of_sample(&data, &outcome, s.n, 2);
        const mlab_fit *fits[] = {fit};
        mlab_draws *draws;
        mlab_error err = {0};
        ck_assert_msg(!mlab_draws_bootstrap(&context, &data, outcomes, &options, fits, 1, false, 3, 99, &draws, &err), "%s", err.sentence);
        for (size_t j = 0; j < fit->n_parameters; j++) ck_near(draws->value[2 * draws->n_parameters + j], own->estimate[j], 1e-8, 0);
        for (size_t row = 5; row < 400; row += 200) {
            double drawn[3], expected[3];
            ck_assert_int_eq(
                mlab_predict_drawn(&context, fit, draws, 0, 2, data.people, NULL, row, 1, NULL, MLAB_SCALE_SURVIVAL, times, 3, drawn, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_predict_at(&context, own, data.people, NULL, row, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 3, expected, NULL),
                             MLAB_OK);
            for (size_t t = 0; t < 3; t++) ck_near(drawn[t], expected[t], 1e-8, 0);
        }
        mlab_draws_free(draws);
        mlab_fit_free(fit);
        mlab_fit_free(own);
    }
    close_study(&s);
}
END_TEST

static world eight_people(const mlab_context *with)
{
    static const double day[] = {1, 2, 2, 3, 4, 5, 5, 6}, event[] = {1, 1, 1, 0, 1, 1, 0, 1}, x[] = {0, 1, 0, 1, 1, 0, 1, 0};
    world w = {0};
    world_real(&w, with, "day", day, 8);
    world_real(&w, with, "event", event, 8);
    world_real(&w, with, "x", x, 8);
    return w;
}

/* A draw that is the estimate predicts what the fit predicts; draws without a baseline, or of another fit, are refused. */
START_TEST(predictions_at_a_draw_need_its_baseline)
{
    static const double times[] = {2, 5};
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    world w = eight_people(&context);
    mlab_data data = {.context = &context, .people = w.table, .person_level = true};
    mlab_fit *fit = fit_of(&data, "event(day, event) ~ x");
    const mlab_fit *fits[] = {fit};
    mlab_draws *draws;
    mlab_error err = {0};
    double drawn[2], expected[2];
    ck_assert_int_eq(mlab_draws_make_fixed(&context, fits, 1, 2, &draws, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_drawn(&context, fit, draws, 0, 1, w.table, NULL, 1, 1, NULL, MLAB_SCALE_SURVIVAL, times, 2, drawn, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 1, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 2, expected, NULL), MLAB_OK);
    for (size_t t = 0; t < 2; t++) ck_near(drawn[t], expected[t], 1e-15, 0);
    ck_assert_int_eq(mlab_predict_drawn(&context, fit, draws, 0, 2, w.table, NULL, 1, 1, NULL, MLAB_SCALE_SURVIVAL, times, 2, drawn, &err),
                     MLAB_ERR_ARGUMENT);
    mlab_draws_drop_baselines(draws);
    ck_assert_int_eq(mlab_predict_drawn(&context, fit, draws, 0, 1, w.table, NULL, 1, 1, NULL, MLAB_SCALE_SURVIVAL, times, 2, drawn, &err),
                     MLAB_ERR_ARGUMENT);
    ck_assert_msg(strstr(err.sentence, "no baseline") != NULL, "%s", err.sentence);
    mlab_draws_free(draws);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    static const double times[] = {2, 5};
    mlab_test_memory memory = {0};
    mlab_status status = MLAB_ERR_MEMORY;
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    world w = eight_people(&context);
    mlab_data data = {.context = &context, .people = w.table, .person_level = true};
    mlab_outcome outcome = cox_of("event(day, event) ~ x");
    const mlab_outcome *outcomes[] = {&outcome};
    mlab_fit *fit = fit_of(&data, outcome.formula);
    const mlab_fit *fits[] = {fit};
    mlab_context failing = mlab_test_context(&memory, 1);
    for (int kind = 0; kind < 3; kind++, status = MLAB_ERR_MEMORY)
        for (long k = 1; status == MLAB_ERR_MEMORY && k < 3000; k++) {
            mlab_draws *draws = NULL;
            double out[2];
            memory = (mlab_test_memory){.fail_at = k};
            status = kind == 0   ? mlab_draws_make(&failing, fits, 1, 3, 1, &draws, NULL)
                     : kind == 1 ? mlab_draws_bootstrap(&failing, &data, outcomes, &options, fits, 1, false, 2, 3, &draws, NULL)
                                 : mlab_draws_make_fixed(&failing, fits, 1, 2, &draws, NULL);
            if (!status) status = mlab_predict_drawn(&failing, fit, draws, 0, 1, w.table, NULL, 0, 1, NULL, MLAB_SCALE_SURVIVAL, times, 2, out, NULL);
            mlab_draws_free(draws);
            ck_assert_int_eq(memory.live, 0);
            if (!status) ck_assert_int_gt(k, 5);
        }
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("time_draws", survival_at_draws_spreads_as_its_errors_say, hazards_of_two_times_vary_together_as_sums_of_independent_steps,
               baselines_of_the_jackknife_spread_as_their_errors_say_and_with_the_coefficients, threads_do_not_change_a_byte,
               a_bootstrap_draw_is_the_fit_to_its_sample_with_its_baseline, predictions_at_a_draw_need_its_baseline, any_allocation_may_fail)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parametric models of times and splines: against likelihoods written a second time in R (scripts/reference/times.R), against each other where
 * one is a case of another, and where they must say no. */
#include "fit/reference.h"
#include "fit/survival/times.h"

#include <gsl/gsl_cdf.h>

#define REFERENCE "reference/times.csv"

static int32_t *numbers(const study *s, const char *name)
{
    int32_t *values = room(s->n, sizeof *values);
    for (size_t i = 0; i < s->n; i++) values[i] = (int32_t)strtol(cell(s, i, name), NULL, 10);
    return values;
}

typedef struct times_study {
    study s;
    int32_t *start, *stop, *status;
    double *weight;
} times_study;

static times_study rossi(const char *formula)
{
    const char *const columns[] = {"fin", "age", "prio", "wexp"};
    context = mlab_test_context(NULL, 2);
    times_study t = {.s = open_file(mlab_test_path("reference/rossi.csv"))};
    for (size_t k = 0; k < 4; k++) add_column(&t.s, columns[k], NULL);
    cluster_by(&t.s, "educ");
    t.start = numbers(&t.s, "entry");
    t.stop = numbers(&t.s, "week");
    t.status = numbers(&t.s, "arrest");
    t.weight = room(t.s.n, sizeof *t.weight);
    for (size_t i = 0; i < t.s.n; i++) t.weight[i] = strtod(cell(&t.s, i, "weight"), NULL);
    ready(&t.s, formula);
    t.s.w.problem.stop = t.stop;
    t.s.w.problem.status = t.status;
    return t;
}

static void close_times(times_study *t)
{
    close_study(&t->s);
    free(t->start);
    free(t->stop);
    free(t->status);
    free(t->weight);
}

static const char *const laws[] = {"exponential", "weibull", "survival_lognormal", "loglogistic", "generalised_gamma", "gompertz", "spline"};
enum { LAWS = 7 };

static void compare_all(const times_study *t, const char *tag)
{
    mlab_fit_options options = mlab_fit_defaults();
    for (int k = 0; k < LAWS; k++) {
        char name[60];
        snprintf(name, sizeof name, "%s%s", laws[k], tag);
        compare(&t->s, REFERENCE, name, laws[k], &options);
    }
}

START_TEST(fits_to_censored_times_agree_with_r)
{
    times_study t = rossi("~ fin + age + prio");
    compare_all(&t, "");
    mlab_fit_options options = mlab_fit_defaults();
    options.survival_link = 1;
    options.spline_df = 2;
    compare(&t.s, REFERENCE, "spline_odds", "spline", &options);
    options.survival_link = 2;
    options.spline_df = 4;
    compare(&t.s, REFERENCE, "spline_normal", "spline", &options);
    close_times(&t);
}
END_TEST

START_TEST(fits_with_late_entry_and_with_weights_agree_with_r)
{
    times_study t = rossi("~ fin + age + prio");
    t.s.w.problem.start = t.start;
    compare_all(&t, "_entry");
    t.s.w.problem.start = NULL;
    t.s.w.problem.weight = t.weight;
    compare_all(&t, "_weights");
    close_times(&t);
}
END_TEST

/* log S and log f of the generalised gamma against the incomplete gamma function. */
START_TEST(the_generalised_gamma_agrees_with_the_incomplete_gamma_function)
{
    for (double q = -3; q <= 3; q += 0.25)
        for (double w = -6; w <= 4; w += 0.5) {
            if (q == 0) continue;
            double a = 1 / (q * q), x = a * exp(q * w), s = q > 0 ? gsl_cdf_gamma_Q(x, a, 1) : gsl_cdf_gamma_P(x, a, 1);
            if (s > 1e-250) ck_near(mlab_gamma_log_survival(w, q).value, log(s), 1e-10, 2e-14);
            if (s < 1e-30) continue; /* differences tell nothing there */
            double h = 1e-4;
            mlab_time_value at = mlab_gamma_log_survival(w, q), up = mlab_gamma_log_survival(w, q + h), down = mlab_gamma_log_survival(w, q - h);
            ck_near(at.q, (up.value - down.value) / (2 * h), 1e-5, 1e-7);
            ck_near(at.qq, (up.q - down.q) / (2 * h), 1e-4, 1e-6);
            ck_near(at.wq, (up.first - down.first) / (2 * h), 1e-5, 1e-7);
            up = mlab_gamma_log_survival(w + h, q), down = mlab_gamma_log_survival(w - h, q);
            ck_near(at.second, (up.first - down.first) / (2 * h), 1e-4, 1e-7);
        }
    for (double w = -5; w <= 5; w += 0.25) {
        mlab_time_value zero = mlab_gamma_log_survival(w, 0), normal = mlab_time_log_survival(MLAB_TIME_NORMAL, w, 0);
        ck_near(zero.value, normal.value, 1e-12, 1e-15);
        ck_near(zero.first, normal.first, 1e-12, 1e-15);
        zero = mlab_gamma_log_survival(w, 1), normal = mlab_time_log_survival(MLAB_TIME_EXTREME, w, 0);
        ck_near(zero.value, normal.value, 1e-12, 1e-15);
    }
}
END_TEST

/* A spline of one degree of freedom is the Weibull: gamma1 = 1 / sigma, coefficients = -b / sigma. */
START_TEST(a_spline_without_knots_is_the_weibull)
{
    times_study t = rossi("~ fin + age + prio");
    mlab_fit_options options = mlab_fit_defaults();
    options.spline_df = 1;
    mlab_fit *spline = world_fit(&t.s.w, &context, "spline", &options), *weibull = world_fit(&t.s.w, &context, "weibull", &options);
    double sigma = exp(weibull->estimate[4]);
    ck_near(spline->log_likelihood, weibull->log_likelihood, 1e-12, 0);
    for (size_t j = 0; j < 4; j++) ck_near(spline->estimate[j], -weibull->estimate[j] / sigma, 1e-8, 1e-9);
    ck_near(spline->estimate[4], 1 / sigma, 1e-8, 0);
    mlab_fit_free(spline);
    mlab_fit_free(weibull);
    close_times(&t);
}
END_TEST

START_TEST(survival_is_predicted_and_falls_from_one)
{
    times_study t = rossi("~ fin + age + prio");
    mlab_fit_options options = mlab_fit_defaults();
    const double at[] = {0, 1, 10, 52, 500};
    double survival[LAWS][2][5];
    for (int k = 0; k < LAWS; k++) {
        mlab_fit *fit = world_fit(&t.s.w, &context, laws[k], &options);
        mlab_error err = {0};
        ck_assert_uint_eq(mlab_predict_width_at(fit, MLAB_SCALE_SURVIVAL, 5), 5);
        ck_assert_uint_eq(mlab_predict_width_at(fit, MLAB_SCALE_INCIDENCE, 5), 0);
        mlab_status status = mlab_predict_at(&context, fit, t.s.w.table, NULL, 3, 2, NULL, NULL, MLAB_SCALE_SURVIVAL, at, 5, survival[k][0], &err);
        ck_assert_msg(status == MLAB_OK, "%s: %s", laws[k], err.sentence);
        for (int i = 0; i < 2; i++) {
            ck_near(survival[k][i][0], 1, 0, 0);
            for (int m = 1; m < 5; m++) ck_assert(survival[k][i][m] < survival[k][i][m - 1] && survival[k][i][m] >= 0);
            ck_near(survival[k][i][3], survival[0][i][3], 0, 0.1); /* within the data the laws agree */
        }
        if (k == 1) { /* by hand */
            double eta = 0, x[] = {1, !strcmp(cell(&t.s, 3, "fin"), "yes"), strtod(cell(&t.s, 3, "age"), NULL), strtod(cell(&t.s, 3, "prio"), NULL)};
            for (int j = 0; j < 4; j++) eta += x[j] * fit->estimate[j];
            ck_near(survival[1][0][2], exp(-exp((log(10) - eta) / exp(fit->estimate[4]))), 1e-12, 0);
        }
        mlab_fit_free(fit);
    }
    close_times(&t);
}
END_TEST

START_TEST(a_group_without_events_is_separation_and_no_event_at_all_is_said)
{
    times_study t = rossi("~ wexp + age");
    mlab_fit_options options = mlab_fit_defaults();
    t.s.w.problem.cluster = NULL;
    for (size_t i = 0; i < t.s.n; i++)
        if (!strcmp(cell(&t.s, i, "wexp"), "yes")) t.status[i] = 0;
    for (int k = 0; k < LAWS; k++) {
        if (k == 4) continue; /* slow */
        mlab_fit *fit = world_fit(&t.s.w, &context, laws[k], &options);
        ck_assert_msg(fit->trust == MLAB_SEPARATED && strstr(fit->reason, "wexp"), "%s: %s %s", laws[k], mlab_trust_name(fit->trust), fit->reason);
        mlab_fit_free(fit);
    }
    memset(t.status, 0, t.s.n * sizeof *t.status);
    for (int k = 0; k < LAWS - 1; k++) {
        mlab_fit *fit = world_fit(&t.s.w, &context, laws[k], &options);
        ck_assert_msg(fit->trust == MLAB_TOO_FEW_EVENTS && strstr(fit->reason, "no event"), "%s: %s", laws[k], fit->reason);
        mlab_fit_free(fit);
    }
    close_times(&t);
}
END_TEST

START_TEST(impossible_times_and_too_many_knots_are_errors_that_say_what_to_do)
{
    times_study t = rossi("~ fin");
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit;
    mlab_error err = {0};
    int32_t kept = t.stop[4];
    t.stop[4] = 0;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("weibull"), &t.s.w.problem, &options, &fit, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_msg(strstr(err.sentence, "row 5") && strstr(err.sentence, "more than 0"), "%s", err.sentence);
    ck_assert_ptr_null(fit);
    t.stop[4] = kept;
    for (size_t i = 0; i < t.s.n; i++) t.stop[i] = t.stop[i] > 20 ? 30 : 20;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("spline"), &t.s.w.problem, &options, &fit, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_msg(strstr(err.sentence, "spline_df"), "%s", err.sentence);
    close_times(&t);
}
END_TEST

START_TEST(a_refit_with_cluster_counts_is_the_fit_of_the_repeated_rows)
{
    times_study t = rossi("~ fin + age + prio");
    mlab_fit_options options = mlab_fit_defaults();
    double counts[60], estimate[8];
    for (size_t g = 0; g < 60; g++) counts[g] = (double)(g % 3);
    for (int k = 0; k < LAWS - 1; k++) { /* a spline keeps the knots of the data */
        if (k == 4) continue;            /* slow, and the same code as the other locations */
        mlab_prepared *prepared;
        mlab_refit_info info;
        mlab_refit_weights weights = {.cluster = counts};
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find(laws[k]), &t.s.w.problem, &options, &prepared, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, NULL, estimate, &info, NULL), MLAB_OK);
        ck_assert_int_eq(info.trust, MLAB_TRUSTED);
        mlab_prepared_free(prepared);
        double *row = room(t.s.n, sizeof *row);
        for (size_t i = 0; i < t.s.n; i++) row[i] = counts[t.s.cluster[i]];
        t.s.w.problem.weight = row;
        mlab_fit *fit = world_fit(&t.s.w, &context, laws[k], &options);
        for (size_t j = 0; j < fit->n_parameters; j++) ck_near(estimate[j], fit->estimate[j], 1e-6, 1e-6 * mlab_fit_standard_error(fit, j));
        ck_near(info.log_likelihood, fit->log_likelihood, 1e-9, 0);
        t.s.w.problem.weight = NULL;
        free(row);
        mlab_fit_free(fit);
    }
    close_times(&t);
}
END_TEST

START_TEST(the_bytes_do_not_depend_on_the_threads)
{
    times_study t = rossi("~ fin + age + prio");
    mlab_fit_options options = mlab_fit_defaults();
    for (int k = 0; k < LAWS; k++) {
        mlab_fit *fits[2];
        for (int threads = 0; threads < 2; threads++) {
            context.threads = threads ? 7 : 1;
            fits[threads] = world_fit(&t.s.w, &context, laws[k], &options);
        }
        ck_assert_mem_eq(fits[0]->estimate, fits[1]->estimate, fits[0]->n_parameters * sizeof(double));
        ck_assert_mem_eq(fits[0]->robust, fits[1]->robust, fits[0]->n_parameters * fits[0]->n_parameters * sizeof(double));
        mlab_fit_free(fits[0]);
        mlab_fit_free(fits[1]);
    }
    close_times(&t);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    times_study t = rossi("~ fin");
    mlab_fit_options options = mlab_fit_defaults();
    t.s.w.problem.start = t.start;
    mlab_test_memory memory = {0};
    mlab_context small = mlab_test_context(&memory, 1);
    t.s.w.problem.n = 80;
    for (int k = 5; k < LAWS; k++) {
        mlab_status got = MLAB_ERR_MEMORY;
        for (long at = 1; got == MLAB_ERR_MEMORY && at < 3000; at++) {
            mlab_fit *fit;
            memory = (mlab_test_memory){.fail_at = at};
            got = mlab_fit_problem_fit(&small, mlab_model_find(laws[k]), &t.s.w.problem, &options, &fit, NULL);
            if (got == MLAB_OK) mlab_fit_free(fit);
            ck_assert_int_eq(memory.live, 0);
        }
        ck_assert_int_eq(got, MLAB_OK);
    }
    close_times(&t);
}
END_TEST

MLAB_TEST_MAIN("times", fits_to_censored_times_agree_with_r, fits_with_late_entry_and_with_weights_agree_with_r,
               the_generalised_gamma_agrees_with_the_incomplete_gamma_function, a_spline_without_knots_is_the_weibull,
               survival_is_predicted_and_falls_from_one, a_group_without_events_is_separation_and_no_event_at_all_is_said,
               impossible_times_and_too_many_knots_are_errors_that_say_what_to_do, a_refit_with_cluster_counts_is_the_fit_of_the_repeated_rows,
               the_bytes_do_not_depend_on_the_threads, every_failed_allocation_is_reported_and_nothing_leaks)

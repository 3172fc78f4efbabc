/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normal priors in parametric models of times: against the penalised likelihood written plainly in R, refits, refusals. */
#include "fit/reference.h"
#include "fit/sweep.h"

static int32_t stop[500], status_of[500];

static study rossi(const char *formula)
{
    const char *const columns[] = {"fin", "age", "prio"};
    context = mlab_test_context(NULL, 2);
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    for (size_t k = 0; k < 3; k++) add_column(&s, columns[k], NULL);
    cluster_by(&s, "educ");
    ready(&s, formula);
    s.w.problem.cluster = NULL;
    for (size_t i = 0; i < s.n; i++) {
        stop[i] = (int32_t)strtol(cell(&s, i, "week"), NULL, 10);
        status_of[i] = (int32_t)strtol(cell(&s, i, "arrest"), NULL, 10);
    }
    s.w.problem.stop = stop;
    s.w.problem.status = status_of;
    return s;
}

static mlab_prior priors[2];

static void state(study *s, double mean)
{
    priors[0] = (mlab_prior){.parameter = "finyes", .mean = mean, .sd = 0.1, .source = "stated"};
    priors[1] = (mlab_prior){.parameter = "age", .mean = 0, .sd = 0.02, .source = "stated"};
    s->w.problem.priors = priors;
    s->w.problem.n_priors = 2;
}

static mlab_status fit_into(const study *s, const char *model, const mlab_fit_options *options, mlab_fit **fit, mlab_error *err)
{
    return mlab_fit_problem_fit(&context, mlab_model_find(model), &s->w.problem, options, fit, err);
}

START_TEST(priors_pull_as_the_likelihood_written_plainly_says)
{
    static const char *const laws[] = {"weibull", "gompertz"};
    csv reference = csv_read(mlab_test_path("reference/times_priors.csv"));
    study s = rossi("~ fin + age + prio");
    mlab_fit_options options = mlab_fit_defaults();
    size_t held = 0;
    for (int k = 0; k < 2; k++) {
        mlab_fit *fit;
        size_t j = 0;
        state(&s, k == 0 ? 0.5 : -0.6);
        ck_assert_int_eq(fit_into(&s, laws[k], &options, &fit, NULL), MLAB_OK);
        ck_assert_msg(fit->trust == MLAB_TRUSTED && fit->n_priors == 2, "%s", fit->reason);
        for (size_t r = 0; r < reference.n_rows; r++) {
            if (strcmp(csv_text(&reference, r, "case"), laws[k])) continue;
            double estimate = csv_number(&reference, r, "estimate"), se = csv_number(&reference, r, "se");
            ck_assert_str_eq(fit->names[j], csv_text(&reference, r, "name"));
            ck_assert_msg(fabs(fit->estimate[j] - estimate) <= 1e-8 * fmax(fabs(estimate), se), "%s %s: %.15g, expected %.15g", laws[k],
                          fit->names[j], fit->estimate[j], estimate);
            ck_near(sqrt(fit->covariance[j * (fit->n_parameters + 1)]), se, 1e-8, 0);
            ck_near(fit->log_likelihood, csv_number(&reference, r, "loglik"), 0, 1e-7);
            ck_near(fit->penalised_log_likelihood, csv_number(&reference, r, "penalised"), 0, 1e-7);
            j++;
            held++;
        }
        mlab_fit_free(fit);
    }
    ck_assert_uint_eq(held, reference.n_rows);
    ck_assert_uint_eq(held, 10);
    csv_free(&reference);
    close_study(&s);
}
END_TEST

/* The refit to the data as they are is the fit, from any start. */
START_TEST(a_refit_with_priors_ends_where_the_fit_does)
{
    static const char *const models[] = {"weibull", "spline", "cox"};
    study s = rossi("~ fin + age");
    mlab_fit_options options = mlab_fit_defaults();
    for (int k = 0; k < 3; k++) {
        mlab_prepared *prepared;
        mlab_fit *fit;
        mlab_refit_info info;
        double estimate[10];
        state(&s, 0.5);
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find(models[k]), &s.w.problem, &options, &prepared, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_refit(&context, prepared, NULL, NULL, estimate, &info, NULL), MLAB_OK);
        ck_assert_int_eq(info.trust, MLAB_TRUSTED);
        for (size_t j = 0; j < fit->n_parameters; j++) ck_near(estimate[j], fit->estimate[j], 1e-8, 1e-9);
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
    }
    close_study(&s);
}
END_TEST

START_TEST(wrong_priors_and_firths_penalty_are_refused)
{
    study s = rossi("~ fin + age");
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit;
    mlab_error err;
    state(&s, 0);
    priors[0].parameter = "finyess";
    ck_assert_int_eq(fit_into(&s, "weibull", &options, &fit, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_ptr_nonnull(strstr(err.sentence, "did you mean \"finyes\"?"));
    s.w.problem.n_priors = 0;
    options.penalty = 1;
    ck_assert_int_eq(fit_into(&s, "weibull", &options, &fit, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_ptr_nonnull(strstr(err.sentence, "not for weibull"));
    close_study(&s);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    study s = rossi("~ fin + age");
    state(&s, 0.5);
    s.w.problem.n = 80;
    sweep_fit("gompertz", &s.w.problem, mlab_fit_defaults());
    close_study(&s);
}
END_TEST

MLAB_TEST_MAIN("times_priors", priors_pull_as_the_likelihood_written_plainly_says, a_refit_with_priors_ends_where_the_fit_does,
               wrong_priors_and_firths_penalty_are_refused, any_allocation_may_fail)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox's model with Firth's penalty and with normal priors: against the penalised likelihood maximised in R, a monotone likelihood, refusals. */
#include "fit/reference.h"
#include "fit/sweep.h"

static mlab_fit_options options;

static study rossi(mlab_data *data)
{
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    options.ties = 1;
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    const char *const columns[] = {"week", "arrest", "age", "prio", "fin"};
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) add_column(&s, columns[j], NULL);
    double *never = room(s.n, sizeof *never);
    for (size_t i = 0; i < s.n; i++) never[i] = strtod(cell(&s, i, "arrest"), NULL) == 0 && strtol(cell(&s, i, "row"), NULL, 10) % 3 == 0;
    world_real(&s.w, &context, "never", never, s.n);
    free(never);
    *data = (mlab_data){.context = &context, .people = s.w.table, .person_level = true};
    return s;
}

static mlab_status fit_into(const mlab_data *data, const char *formula, mlab_prior *priors, size_t n_priors, mlab_fit **fit, mlab_error *err)
{
    mlab_outcome outcome = {.name = "arrest", .kind = MLAB_OUTCOME_EVENT, .model = "cox", .formula = (char *)formula};
    outcome.priors = priors;
    outcome.n_priors = n_priors;
    return mlab_fit_outcome(&context, data, &outcome, &options, fit, err);
}

static void check(const mlab_fit *fit, const char *name)
{
    csv reference = csv_read(mlab_test_path("reference/cox_penalty.csv"));
    size_t j = 0;
    for (size_t r = 0; r < reference.n_rows; r++) {
        if (strcmp(csv_text(&reference, r, "case"), name)) continue;
        double estimate = csv_number(&reference, r, "estimate"), se = csv_number(&reference, r, "se");
        ck_assert_msg(fabs(fit->estimate[j] - estimate) <= 1e-8 * fmax(fabs(estimate), se), "%s %s: %.15g, expected %.15g", name, fit->names[j],
                      fit->estimate[j], estimate);
        ck_near(sqrt(fit->covariance[j * 3]), se, 1e-8, 0);
        ck_near(fit->log_likelihood, csv_number(&reference, r, "loglik"), 0, 1e-7);
        ck_near(fit->penalised_log_likelihood, csv_number(&reference, r, "penalised"), 0, 1e-7);
        double lower = csv_number(&reference, r, "lower"), upper = csv_number(&reference, r, "upper");
        if (lower != 0) ck_near(fit->lower[j], lower, 0, 1e-6 * se);
        if (upper != 0) ck_near(fit->upper[j], upper, 0, 1e-6 * se);
        j++;
    }
    ck_assert_uint_eq(j, 2);
    csv_free(&reference);
}

START_TEST(firths_penalty_is_that_of_the_likelihood_written_plainly)
{
    mlab_data data;
    study s = rossi(&data);
    mlab_fit *fit;
    options.penalty = 1;
    for (options.ties = 0; options.ties < 2; options.ties++) {
        ck_assert_int_eq(fit_into(&data, "event(week, arrest) ~ age + prio", NULL, 0, &fit, NULL), MLAB_OK);
        ck_assert_msg(fit->trust == MLAB_TRUSTED && fit->penalised, "%s", fit->reason);
        check(fit, options.ties ? "firth" : "firth_efron");
        mlab_fit_free(fit);
    }
    close_study(&s);
}
END_TEST

START_TEST(a_monotone_likelihood_has_an_end_with_firths_penalty)
{
    mlab_data data;
    study s = rossi(&data);
    mlab_fit *fit;
    ck_assert_int_eq(fit_into(&data, "event(week, arrest) ~ age + never", NULL, 0, &fit, NULL), MLAB_OK);
    ck_assert_int_eq(fit->trust, MLAB_SEPARATED);
    ck_assert_ptr_null(fit->baseline);
    mlab_fit_free(fit);
    options.penalty = 1;
    ck_assert_int_eq(fit_into(&data, "event(week, arrest) ~ age + never", NULL, 0, &fit, NULL), MLAB_OK);
    ck_assert_int_eq(fit->trust, MLAB_TRUSTED);
    ck_assert_msg(strstr(fit->reason, "without Firth's penalty: the coefficient of never runs away"), "%s", fit->reason);
    check(fit, "separated");
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(priors_pull_coefficients_as_the_likelihood_written_plainly_says)
{
    static char names[2][16] = {"finyes", "age"};
    mlab_prior priors[] = {{.parameter = names[0], .mean = 0.5, .sd = 0.1, .source = "stated"},
                           {.parameter = names[1], .mean = 0, .sd = 0.02, .source = "stated"}};
    mlab_data data;
    study s = rossi(&data);
    mlab_fit *fit;
    mlab_error err;
    options.ties = 0;
    ck_assert_msg(fit_into(&data, "event(week, arrest) ~ fin + age", priors, 2, &fit, &err) == MLAB_OK, "%s", err.sentence);
    check(fit, "priors");
    ck_assert_uint_eq(fit->n_priors, 2);
    ck_assert(fit->priors[0].data_estimate < -0.3 && fit->estimate[0] > 0);
    ck_assert_msg(strstr(fit->reason, "finyes: the data") && strstr(fit->reason, "standard errors apart"), "%s", fit->reason);
    mlab_fit_free(fit);
    snprintf(names[0], sizeof names[0], "finyess");
    ck_assert_int_eq(fit_into(&data, "event(week, arrest) ~ fin + age", priors, 2, &fit, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "did you mean \"finyes\"?"), "%s", err.sentence);
    snprintf(names[0], sizeof names[0], "finyes");
    options.penalty = 1;
    ck_assert_int_ne(fit_into(&data, "event(week, arrest) ~ fin + age", priors, 2, &fit, &err), MLAB_OK);
    close_study(&s);
}
END_TEST

START_TEST(every_allocation_of_a_penalised_fit_may_fail)
{
    mlab_data data;
    study s = rossi(&data);
    mlab_outcome outcome = {.name = "arrest", .kind = MLAB_OUTCOME_EVENT, .model = "cox", .formula = "event(week, arrest) ~ age"};
    options.penalty = 1;
    sweep_outcome(&data, &outcome, options);
    close_study(&s);
}
END_TEST

MLAB_TEST_MAIN("cox_penalty", firths_penalty_is_that_of_the_likelihood_written_plainly, a_monotone_likelihood_has_an_end_with_firths_penalty,
               priors_pull_coefficients_as_the_likelihood_written_plainly_says, every_allocation_of_a_penalised_fit_may_fail)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lag of the outcome beside an effect of each person, where the first value has an equation of its own in the same likelihood. */
#include "fit/csv.h"
#include "fit/lag_fit.h"

/* --- against brute force ---------------------------------------------------------------------------------------- */

/* Ours come with a column that is 0 in all first rows and is left out there. */
static const char *const stages[] = {"1", "2", "3", "4"};

/* Levels of bilirubin. */
static double value_of(double number, bool levels)
{
    return levels ? (number > -0.5) + (number > 0.5) + (number > 1.5) : number;
}

static mlab_column *add(mlab_table *table, const char *name, mlab_column_type type, const char *const *levels, int32_t n)
{
    mlab_column *column;
    ck_assert_int_eq(mlab_table_add(table, name, type, levels, n, &column, NULL), MLAB_OK);
    column->ordered = levels == stages;
    return column;
}

/* Rows of a file, people side by side, as a panel: the first row of each has no last value. */
static void open_rows(lag_world *w, const char *file, const char *id, const char *response, bool levels, const char *covariate)
{
    static const char *const arms[] = {"placebo", "drug", "drug+"};
    csv rows = csv_read(mlab_test_path(file));
    bool yes_no = strcmp(response, "y") == 0;
    lag_world_start(w, &context, LAG_NUMBER, rows.n_rows, 0);
    mlab_column_type type = yes_no ? MLAB_COLUMN_INTEGER : levels ? MLAB_COLUMN_FACTOR : MLAB_COLUMN_REAL;
    add(w->table, "r", type, levels ? stages : NULL, levels ? 4 : 0);
    add(w->table, "r_last", type, levels ? stages : NULL, levels ? 4 : 0);
    add(w->table, covariate, yes_no ? MLAB_COLUMN_FACTOR : MLAB_COLUMN_REAL, yes_no ? arms : NULL, yes_no ? 3 : 0);
    for (size_t i = 0; i < rows.n_rows; i++) {
        bool first = i == 0 || strcmp(csv_text(&rows, i, id), csv_text(&rows, i - 1, id)) != 0;
        w->panel.n_people += first;
        w->person[i] = (uint32_t)w->panel.n_people - 1;
        lag_put(w->table, "r", i, value_of(csv_number(&rows, i, response), levels));
        if (first)
            ck_assert_int_eq(mlab_column_set_missing(w->table, mlab_table_find(w->table, "r_last"), i, NULL), MLAB_OK);
        else
            lag_put(w->table, "r_last", i, value_of(csv_number(&rows, i - 1, response), levels));
        double value = yes_no ? 0 : csv_number(&rows, i, covariate);
        for (int k = 1; yes_no && k < 3; k++)
            if (strcmp(csv_text(&rows, i, covariate), arms[k]) == 0) value = k;
        lag_put(w->table, covariate, i, value);
        w->start[i] = first ? 0 : w->stop[i - 1];
        w->stop[i] = w->start[i] + 90;
    }
    w->panel.n_ids = w->panel.n_people;
    csv_free(&rows);
}

/* Names there speak of y, level and bili. */
static const char *name_here(const char *name, char *into)
{
    const char *last = strstr(name, "_last");
    if (!last) return name;
    sprintf(into, "r%s", last);
    return into;
}

static void compare(const mlab_fit *fit, const char *name)
{
    csv table = csv_read(mlab_test_path("reference/initial.csv"));
    size_t n = 0;
    char here[64];
    for (size_t row = 0; row < table.n_rows; row++) {
        if (strcmp(csv_text(&table, row, "case"), name)) continue;
        const char *of = csv_text(&table, row, "name");
        double known = csv_number(&table, row, "estimate"), se = csv_number(&table, row, "se"), loglik = csv_number(&table, row, "loglik");
        ck_near(fit->log_likelihood, loglik, 0, fmax(1e-5, 1e-10 * fabs(loglik)));
        bool sd = strcmp(of, "sd") == 0, log_residual = strcmp(of, "log(residual sd)") == 0;
        size_t j = sd || log_residual ? 0 : lag_parameter(fit, name_here(of, here));
        double ours = sd ? fit->random->sd[0] : log_residual ? 0.5 * log(fit->residual_variance) : fit->estimate[j];
        double our_se = sd ? fit->random->sd_se[0] : log_residual ? se : sqrt(fit->covariance[j * fit->n_parameters + j]);
        ck_assert_msg(fabs(ours - known) <= 1e-4 * se, "%s %s: %.10g, reference %.10g (error %g)", name, of, ours, known, se);
        ck_assert_msg(fabs(our_se - se) <= 1e-3 * se, "%s %s: error %.10g, reference %.10g", name, of, our_se, se);
        n++;
    }
    ck_assert_uint_gt(n, 6);
    csv_free(&table);
}

static void reference_case(const char *name, const char *file, const char *id, const char *response, const char *covariate, const char *formula,
                           lag_kind kind)
{
    lag_world w;
    open_rows(&w, file, id, response, kind == LAG_LEVELS, covariate);
    mlab_fit *fit = fit_with(&w, lag_outcome(kind, MLAB_INITIAL_JOINT, formula));
    compare(fit, name);
    mlab_fit_free(fit);
    lag_world_free(&w);
}

START_TEST(fits_with_first_values_agree_with_brute_force)
{
    start();
    options.quadrature = 61; /* with 25 the log-likelihood of the levels is off by 3e-5 */
    reference_case("gaussian", "reference/joint_visits.csv", "id", "bili", "year", "r ~ r_last + year + (1 | person)", LAG_NUMBER);
    reference_case("ordinal", "reference/joint_visits.csv", "id", "bili", "year", "r ~ r_last + year + (1 | person)", LAG_LEVELS);
    reference_case("logit", "reference/mixed_bacteria.csv", "ID", "y", "trt", "r ~ r_last + trt + (1 | person)", LAG_YES_NO);
}
END_TEST

/* --- a known truth ---------------------------------------------------------------------------------------------- */

static double z_of(const mlab_fit *fit, const char *name, double truth)
{
    size_t j = lag_parameter(fit, name);
    return (fit->estimate[j] - truth) / mlab_fit_standard_error(fit, j);
}

/* 4 standard errors: a right fit is missed by chance in 1 of 16,000 comparisons, of which there are 4 a kind (lag, x, spread, lag of Wooldridge).
 * Seeds are fixed. begins: of 4 people so many are seen from their first answer on. */
static void recover(lag_kind kind, uint32_t begins)
{
    lag_truth t = {.kind = kind, .seed = 11, .people = 600, .periods = 5, .before = 10, .begins = begins, .slope = 0.5, .sd = 0.9};
    t.lag = kind == LAG_NUMBER ? 0.3 : 0.6;
    const char *lag = kind == LAG_LEVELS ? "y_lasthigh" : "y_last";
    double truth = kind == LAG_LEVELS ? 2 * t.lag : t.lag;
    lag_world w;
    start();
    lag_world_make(&w, &context, &t);
    mlab_fit *naive = fit_with(&w, lag_outcome(kind, MLAB_INITIAL_NONE, FORMULA)),
             *with = fit_with(&w, lag_outcome(kind, MLAB_INITIAL_WOOLDRIDGE, FORMULA)),
             *fit = fit_with(&w, lag_outcome(kind, MLAB_INITIAL_JOINT, FORMULA));
    const mlab_random_effects *r = fit->random;
    ck_assert_msg(strstr(naive->reason, "initial: wooldridge or initial: joint") != NULL, "%s", naive->reason);
    ck_assert_msg(z_of(naive, lag, truth) > 3, "without: %.2f", z_of(naive, lag, truth));
    ck_assert_msg(fabs(z_of(with, lag, truth)) < 4, "wooldridge: %.2f", z_of(with, lag, truth));
    ck_assert_msg(fabs(z_of(fit, lag, truth)) < 4, "lag: %.2f", z_of(fit, lag, truth));
    ck_assert_msg(fabs(z_of(fit, "x", t.slope)) < 4, "x: %.2f", z_of(fit, "x", t.slope));
    ck_assert_msg(fabs(r->sd[0] - t.sd) < 4 * r->sd_se[0], "spread: %.3f (%.3f)", r->sd[0], r->sd_se[0]);
    ck_assert_str_eq(fit->reason, "");
    ck_assert_str_eq(fit->formula, FORMULA);
    lag_parameter(fit, "before ~ person");
    if (begins) lag_parameter(fit, "first ~ person");
    mlab_fit_free(naive);
    mlab_fit_free(with);
    mlab_fit_free(fit);
    lag_world_free(&w);
}

START_TEST(a_lag_of_a_number_is_found_again)
{
    recover(LAG_NUMBER, 0);
    recover(LAG_NUMBER, 2);
}
END_TEST

START_TEST(a_lag_of_yes_or_no_is_found_again)
{
    recover(LAG_YES_NO, 0);
    recover(LAG_YES_NO, 2);
}
END_TEST

START_TEST(a_lag_of_levels_is_found_again)
{
    recover(LAG_LEVELS, 0);
    recover(LAG_LEVELS, 2);
}
END_TEST

/* --- which values are first ---------------------------------------------------------------------------------------- */

/* Without the rows of first answers, these are known as the last answers of the first rows left; without covariates it is the same likelihood. */
START_TEST(an_answer_before_the_panel_is_as_good_as_one_in_it)
{
    lag_truth t = {.kind = LAG_YES_NO, .seed = 3, .people = 120, .periods = 4, .before = 5, .begins = 4, .slope = 0, .sd = 1, .lag = 0.5};
    lag_world w;
    start();
    lag_world_make(&w, &context, &t);
    mlab_outcome outcome = lag_outcome(t.kind, MLAB_INITIAL_JOINT, "y ~ y_last + (1 | person)");
    mlab_fit *in = fit_with(&w, outcome);
    for (size_t i = 0; i < w.table->n_rows; i += 4)
        ck_assert_int_eq(mlab_column_set_missing(w.table, mlab_table_find(w.table, "y"), i, NULL), MLAB_OK);
    mlab_fit *before = fit_with(&w, outcome);
    ck_assert_uint_eq(in->n_initial, 2);
    ck_assert_uint_eq(before->n_initial, 2);
    ck_near(before->log_likelihood, in->log_likelihood, 1e-10, 0);
    ck_near(before->estimate[lag_parameter(before, "before:(Intercept)")], in->estimate[lag_parameter(in, "first:(Intercept)")], 1e-7, 1e-7);
    ck_near(before->estimate[lag_parameter(before, "before ~ person")], in->estimate[lag_parameter(in, "first ~ person")], 1e-7, 1e-7);
    ck_near(before->estimate[1], in->estimate[1], 1e-7, 1e-7);
    mlab_fit_free(in);
    mlab_fit_free(before);
    lag_world_free(&w);
}
END_TEST

/* 10 of 120 began before the panel: too few for an equation of their own, so that all have their last value of the first row. A covariate that is
 * missing in the row of a first answer does the same for one person. */
START_TEST(few_of_a_kind_have_no_equation_of_their_own)
{
    lag_truth t = {.kind = LAG_NUMBER, .seed = 4, .people = 120, .periods = 4, .before = 5, .begins = 4, .slope = 0.5, .sd = 1, .lag = 0.3};
    lag_world w;
    start();
    lag_world_make(&w, &context, &t);
    mlab_fit *all = fit_with(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA));
    lag_parameter(all, "first:x");
    for (size_t i = 0; i < 40; i += 4) ck_assert_int_eq(mlab_column_set_missing(w.table, mlab_table_find(w.table, "x"), i, NULL), MLAB_OK);
    mlab_fit *few = fit_with(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA));
    lag_parameter(few, "before:x");
    for (size_t j = 0; j < few->n_parameters; j++) ck_assert_ptr_null(strstr(few->names[j], "first"));
    mlab_fit_free(all);
    mlab_fit_free(few);
    lag_world_free(&w);
}
END_TEST

/* --- weights and priors ------------------------------------------------------------------------------------------------ */

static mlab_fit *weighted(lag_world *w, lag_kind kind, mlab_weight_kind weights, int32_t times)
{
    mlab_outcome outcome = lag_outcome(kind, MLAB_INITIAL_JOINT, FORMULA);
    int32_t *weight = mlab_table_find(w->table, "weight")->as.integer;
    for (size_t i = 0; i < w->table->n_rows; i++) weight[i] = times;
    outcome.weight = (char *)"weight";
    outcome.weights = weights;
    return fit_with(w, outcome);
}

/* Everybody twice: the same estimates, half the covariance. */
START_TEST(people_may_have_weights)
{
    for (lag_kind kind = LAG_NUMBER; kind <= LAG_LEVELS; kind = kind == LAG_NUMBER ? LAG_LEVELS : kind + 1) {
        lag_truth t = {.kind = kind, .seed = 9, .people = 200, .periods = 4, .before = 3, .begins = 4, .slope = 0.5, .sd = 1, .lag = 0.3};
        lag_world w;
        start();
        lag_world_make(&w, &context, &t);
        add(w.table, "weight", MLAB_COLUMN_INTEGER, NULL, 0);
        mlab_fit *plain = fit_with(&w, lag_outcome(kind, MLAB_INITIAL_JOINT, FORMULA)), *twice = weighted(&w, kind, MLAB_WEIGHTS_FREQUENCY, 2);
        size_t n = plain->n_parameters;
        ck_near(twice->log_likelihood, 2 * plain->log_likelihood, 1e-9, 0);
        ck_assert_ptr_null(twice->robust);
        for (size_t j = 0; j < n; j++) {
            double se = sqrt(plain->covariance[j * n + j]);
            ck_near(twice->estimate[j], plain->estimate[j], 0, 1e-6 * se);
            ck_near(twice->covariance[j * n + j], 0.5 * se * se, 1e-5, 0);
        }
        ck_near(twice->random->sd[0], plain->random->sd[0], 1e-6, 0);
        mlab_fit_free(plain);
        mlab_fit_free(twice);
        lag_world_free(&w);
    }
}
END_TEST

START_TEST(a_prior_pulls_its_coefficient)
{
    lag_truth t = {.kind = LAG_LEVELS, .seed = 9, .people = 200, .periods = 4, .before = 3, .begins = 4, .slope = 0.5, .sd = 1, .lag = 0.3};
    lag_world w;
    start();
    lag_world_make(&w, &context, &t);
    mlab_fit *data = fit_with(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA));
    size_t at = lag_parameter(data, "x"), n = data->n_parameters;
    double se = sqrt(data->covariance[at * n + at]);
    mlab_prior prior = {.parameter = (char *)"x", .mean = 0, .sd = se, .source = (char *)"stated"};
    mlab_outcome outcome = lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA);
    outcome.priors = &prior;
    outcome.n_priors = 1;
    mlab_fit *fit = fit_with(&w, outcome);
    ck_assert_uint_eq(fit->n_priors, 1);
    ck_assert_uint_eq(fit->priors[0].parameter, at);
    ck_near(fit->priors[0].data_estimate, data->estimate[at], 0, 1e-6 * se);
    ck_near(fit->priors[0].data_se, se, 1e-5, 0);
    ck_near(fit->estimate[at], data->estimate[at] / 2, 0, 0.25 * se); /* as much as the data say: half way, nearly normal */
    ck_near(fit->covariance[at * n + at], se * se / 2, 0.12, 0);
    ck_near(fit->joint_covariance[at * (n + fit->n_spread + 1)], fit->covariance[at * n + at], 1e-12, 0); /* draws have it */
    mlab_fit_free(data);
    mlab_fit_free(fit);
    lag_world_free(&w);
}
END_TEST

START_TEST(first_values_are_counted_and_are_not_left_out)
{
    lag_truth t = {.kind = LAG_NUMBER, .seed = 7, .people = 120, .periods = 4, .before = 3, .begins = 2, .slope = 0.5, .sd = 1, .lag = 0.3};
    lag_world w;
    start();
    lag_world_make(&w, &context, &t);
    mlab_fit *alone = fit_with(&w, lag_outcome(t.kind, MLAB_INITIAL_NONE, FORMULA)),
             *fit = fit_with(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA));
    ck_assert_uint_eq(fit->n_first_values, 120); /* somebody's each: in the panel, or before it */
    ck_assert_uint_gt(alone->n_dropped_missing, 50);
    ck_assert_uint_eq(fit->n_dropped_missing, 0);
    ck_assert_uint_eq(fit->n_rows, alone->n_rows);
    mlab_fit_free(alone);
    mlab_fit_free(fit);
    lag_world_free(&w);
}
END_TEST

/* --- what is refused --------------------------------------------------------------------------------------------------- */

static void refused(const lag_world *w, mlab_outcome outcome, const char *word)
{
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_int_ne(mlab_fit_outcome(&context, &w->data, &outcome, &options, &fit, &err), MLAB_OK);
    ck_assert_ptr_null(fit);
    ck_assert_msg(strstr(err.sentence, word) != NULL, "%s", err.sentence);
}

START_TEST(what_it_does_not_take_is_said)
{
    lag_truth t = {.kind = LAG_NUMBER, .seed = 7, .people = 60, .periods = 4, .before = 3, .begins = 4, .slope = 0.5, .sd = 1, .lag = 0.3};
    lag_world w;
    start();
    lag_world_make(&w, &context, &t);
    refused(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, "y ~ x + (1 | person)"), "initial: joint is for a formula");
    refused(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, "y ~ y_last + x + (1 + x | person)"), "(1 | person)");
    refused(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, "y ~ y_last + (1 | person) + (1 | x)"), "no other random effects");
    mlab_prior prior = {.parameter = (char *)"first:x", .sd = 1, .source = (char *)"stated"};
    mlab_outcome outcome = lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA);
    outcome.priors = &prior;
    outcome.n_priors = 1;
    refused(&w, outcome, "first:x");
    outcome.n_priors = 0;
    outcome.weight = (char *)"weight";
    outcome.weights = MLAB_WEIGHTS_SAMPLING;
    int32_t *weight = add(w.table, "weight", MLAB_COLUMN_INTEGER, NULL, 0)->as.integer;
    for (size_t i = 0; i < w.table->n_rows; i++) weight[i] = 1 + (i % 3 == 0);
    refused(&w, outcome, "sampling weights: which level they sample is not known");
    outcome.weights = MLAB_WEIGHTS_FREQUENCY;
    refused(&w, outcome, "all rows of a person must have the same one");
    options.tests = true;
    mlab_fit *fit = fit_with(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA));
    ck_assert_msg(strstr(fit->reason, "not built beside initial: joint") != NULL, "%s", fit->reason);
    mlab_fit_free(fit);
    options.tests = false;
    w.data.panel = NULL;
    w.data.people = w.table;
    memcpy(add(w.table, "person", MLAB_COLUMN_INTEGER, NULL, 0)->as.integer, w.person, w.table->n_rows * sizeof *w.person);
    refused(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA), "needs a panel");
    lag_world_free(&w);
}
END_TEST

START_TEST(every_failing_allocation_is_told)
{
    lag_truth t = {.kind = LAG_NUMBER, .seed = 8, .people = 104, .periods = 2, .before = 3, .begins = 2, .slope = 0.5, .sd = 1, .lag = 0.3};
    mlab_test_memory memory = {0};
    lag_world w;
    start();
    context = mlab_test_context(&memory, 1);
    options.quadrature = 3;
    lag_world_make(&w, &context, &t);
    mlab_outcome outcome = lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA);
    size_t k = 1;
    for (;; k++) {
        mlab_fit *fit;
        long live = memory.live;
        memory.fail_at = memory.calls + (long)k;
        mlab_status status = mlab_fit_outcome(&context, &w.data, &outcome, &options, &fit, NULL);
        bool done = memory.calls < memory.fail_at;
        memory.fail_at = 0;
        if (done) {
            ck_assert_int_eq(status, MLAB_OK);
            lag_parameter(fit, "before:x");
            lag_parameter(fit, "first:x");
            mlab_fit_free(fit);
            break;
        }
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_ptr_null(fit);
        ck_assert_int_eq(memory.live, live);
    }
    ck_assert_uint_gt(k, 100);
    lag_world_free(&w);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("initial_joint", fits_with_first_values_agree_with_brute_force, a_lag_of_a_number_is_found_again, a_lag_of_yes_or_no_is_found_again,
               a_lag_of_levels_is_found_again, an_answer_before_the_panel_is_as_good_as_one_in_it, few_of_a_kind_have_no_equation_of_their_own,

               people_may_have_weights, a_prior_pulls_its_coefficient, first_values_are_counted_and_are_not_left_out, what_it_does_not_take_is_said,
               every_failing_allocation_is_told)

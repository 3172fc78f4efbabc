/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact ties of Cox models: by hand, against coxph of R, and what is too many. */
#include "fit/cox_world.h"

/* Quarters of a year: 20 to 37 events at a time. */
START_TEST(exact_ties_of_many_events_are_those_of_coxph)
{
    csv data = csv_read(mlab_test_path("reference/rossi.csv")), reference = csv_read(mlab_test_path("reference/cox_rossi.csv"));
    world *w = rossi(&data, false);
    for (size_t i = 0; i < w->n; i++) w->stop[i] = (w->stop[i] + 12) / 13;
    set(w, "event(week, arrest) ~ fin + age + prio", NULL, &data, NULL, NULL, false);
    check_against(w, &reference, "exact_heavy", 2);
    end(w);
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

/*  person   a  b  c  d        a and b have the event on day 1; x is 1 for a and c
 *  L(b) = e^b / (e^2b + 4 e^b + 1)          pairs ac; ab, ad, cb, cd; bd                                                        */
START_TEST(two_tied_events_of_four_are_one_pair_of_six)
{
    const double x[] = {1, 0, 1, 0};
    world w = {0};
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    const int32_t stop[] = {1, 1, 1, 1}, status[] = {1, 1, 0, 0};
    mlab_column *column;
    ck_assert_int_eq(mlab_table_make(&context, 4, &w.table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(w.table, "x", MLAB_COLUMN_REAL, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.real, x, sizeof x);
    ck_assert_int_eq(mlab_formula_parse(&context, "event(t, s) ~ x", NULL, &w.formula, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(w.formula, w.table, NULL, &w.design, NULL), MLAB_OK);
    mlab_fit_problem problem = {.table = w.table, .n = 4, .design = w.design, .stop = stop, .status = status, .outcome = "it"};
    mlab_fit *fit;
    options.ties = 2;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, &mlab_model_cox, &problem, &options, &fit, NULL), MLAB_OK);
    ck_near(fit->null_log_likelihood, -log(6), 1e-14, 0);
    ck_near(fit->estimate[0], 0, 0, 1e-12);
    ck_near(fit->covariance[0], 3, 1e-12, 0); /* information (4 + 4) / 6 - 1 */
    mlab_fit_free(fit);
    double weight[] = {1, 2, 1, 1}; /* five people: every three of them with the same chance */
    mlab_error err;
    problem.weight = weight;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, &mlab_model_cox, &problem, &options, &fit, NULL), MLAB_OK);
    ck_near(fit->null_log_likelihood, -log(10), 1e-14, 0);
    mlab_fit_free(fit);
    weight[1] = 1.5;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, &mlab_model_cox, &problem, &options, &fit, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "(row 2 has 1.5)") != NULL, "%s", err.sentence);
    mlab_design_free(w.design);
    mlab_formula_free(w.formula);
    mlab_table_free(w.table);
}
END_TEST

/* 1,300 people, 650 of whom leave on one day. */
START_TEST(exact_ties_that_are_too_many_are_refused_with_the_remedy)
{
    world *w = calloc(1, sizeof *w);
    w->context = mlab_test_context(NULL, 1);
    w->n = 1300;
    mlab_column *column;
    ck_assert_int_eq(mlab_table_make(&w->context, w->n, &w->table, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(w->table, "x", MLAB_COLUMN_REAL, NULL, 0, &column, NULL), MLAB_OK);
    for (size_t i = 0; i < w->n; i++) {
        column->as.real[i] = (double)(i * 7 % 13);
        w->stop[i] = 1;
        w->status[i] = i % 2 == 0;
    }
    ck_assert_int_eq(mlab_formula_parse(&w->context, "event(t, s) ~ x", NULL, &w->formula, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_design_make(w->formula, w->table, NULL, &w->design, NULL), MLAB_OK);
    w->problem = (mlab_fit_problem){.table = w->table, .n = w->n, .design = w->design, .stop = w->stop, .status = w->status, .outcome = "it"};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit;
    mlab_error err;
    options.ties = 2;
    ck_assert_int_eq(mlab_fit_problem_fit(&w->context, &mlab_model_cox, &w->problem, &options, &fit, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_msg(strstr(err.sentence, "650 events at a time") && strstr(err.sentence, "fit: {ties: efron}"), "%s", err.sentence);
    end(w);
}
END_TEST

MLAB_TEST_MAIN("cox_ties", exact_ties_of_many_events_are_those_of_coxph, two_tied_events_of_four_are_one_pair_of_six,
               exact_ties_that_are_too_many_are_refused_with_the_remedy)

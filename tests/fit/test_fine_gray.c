/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subdistribution hazards: crr of R on mgus2, five people by hand, and what cannot be fitted. */
#include "fit/csv.h"
#include "fit/sweep.h"
#include "fit/worlds.h"

enum { PEOPLE = 1400 };

/* People with whole times and statuses; w.problem borrows the arrays. */
typedef struct people {
    world w;
    int32_t stop[PEOPLE], status[PEOPLE];
    uint32_t cluster[PEOPLE];
    size_t n;
} people;

static mlab_context context;

static void end(people *p)
{
    world_free(&p->w);
    free(p);
}

static people *mgus(const csv *file, size_t step, int32_t cause, const char *formula)
{
    static const char *const columns[] = {"age", "male", "hgb", "mspike"};
    people *p = calloc(1, sizeof *p);
    double value[PEOPLE];
    ck_assert_ptr_nonnull(p);
    for (int c = 0; c < 4; c++) {
        p->n = 0;
        for (size_t i = 0; i < file->n_rows; i += step) {
            int32_t status = (int32_t)csv_number(file, i, "status");
            p->stop[p->n] = (int32_t)csv_number(file, i, "time");
            p->status[p->n] = status == 0 ? 0 : status == cause ? 1 : 2;
            value[p->n++] = csv_number(file, i, columns[c]);
        }
        world_real(&p->w, &context, columns[c], value, p->n);
    }
    world_formula(&p->w, &context, formula);
    p->w.problem.stop = p->stop;
    p->w.problem.status = p->status;
    return p;
}

static void check(const csv *reference, const char *name, const mlab_fit *fit)
{
    size_t seen = 0;
    for (size_t i = 0; i < reference->n_rows; i++) {
        if (strcmp(csv_text(reference, i, "fit"), name) != 0) continue;
        size_t j = 0;
        while (j < fit->n_parameters && strcmp(fit->names[j], csv_text(reference, i, "term"))) j++;
        ck_assert_uint_lt(j, fit->n_parameters);
        double estimate = csv_number(reference, i, "estimate"), se = csv_number(reference, i, "se");
        ck_assert_msg(fabs(fit->estimate[j] - estimate) <= 1e-7 * fmax(fabs(estimate), se), "%s: %s is %.12g, expected %.12g", name, fit->names[j],
                      fit->estimate[j], estimate);
        ck_near(sqrt(fit->covariance[j * fit->n_parameters + j]), se, 1e-7, 0);
        ck_near(fit->log_likelihood, csv_number(reference, i, "loglik"), 0, 1e-6);
        ck_near(fit->null_log_likelihood, csv_number(reference, i, "null"), 0, 1e-6);
        seen++;
    }
    ck_assert_uint_eq(seen, fit->n_parameters);
}

START_TEST(coefficients_errors_and_likelihood_agree_with_crr)
{
    csv file = csv_read(mlab_test_path("reference/mgus.csv")), reference = csv_read(mlab_test_path("reference/fine_gray.csv"));
    mlab_fit_options options = mlab_fit_defaults();
    for (int threads = 1; threads <= 7; threads += 3) {
        context = mlab_test_context(NULL, threads);
        people *all = mgus(&file, 1, 1, "~ age + male + hgb + mspike"), *dead = mgus(&file, 1, 2, "~ age + male + hgb + mspike"),
               *half = mgus(&file, 2, 1, "~ age + male");
        mlab_fit *fits[] = {world_fit(&all->w, &context, "fine_gray", &options), world_fit(&dead->w, &context, "fine_gray", &options),
                            world_fit(&half->w, &context, "fine_gray", &options)};
        check(&reference, "progression", fits[0]);
        check(&reference, "death", fits[1]);
        check(&reference, "half", fits[2]);
        ck_assert_int_eq(fits[0]->trust, MLAB_TRUSTED);
        ck_assert_uint_eq(fits[0]->n_events, 114);
        for (int k = 0; k < 3; k++) mlab_fit_free(fits[k]);
        end(all), end(dead), end(half);
    }
    csv_free(&file);
    csv_free(&reference);
}
END_TEST

START_TEST(predicted_incidence_agrees_with_crr)
{
    csv file = csv_read(mlab_test_path("reference/mgus.csv")), reference = csv_read(mlab_test_path("reference/fine_gray_incidence.csv"));
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 1);
    people *all = mgus(&file, 1, 1, "~ age + male + hgb + mspike");
    mlab_fit *fit = world_fit(&all->w, &context, "fine_gray", &options);
    world two = {0};
    static const double who[4][2] = {{60, 80}, {1, 0}, {13, 11}, {1, 2}};
    static const char *const columns[] = {"age", "male", "hgb", "mspike"};
    for (int c = 0; c < 4; c++) world_real(&two, &context, columns[c], who[c], 2);
    double times[4], out[8];
    for (size_t t = 0; t < 4; t++) times[t] = csv_number(&reference, t, "time");
    ck_assert_int_eq(mlab_predict_at(&context, fit, two.table, NULL, 0, 2, NULL, NULL, MLAB_SCALE_INCIDENCE, times, 4, out, NULL), MLAB_OK);
    /* crr accumulates 1 - exp(-sum) of the same steps */
    for (size_t t = 0; t < 4; t++) {
        ck_near(out[t], csv_number(&reference, t, "first"), 1e-7, 0);
        ck_near(out[4 + t], csv_number(&reference, t, "second"), 1e-7, 0);
    }
    mlab_error err = {0};
    ck_assert_int_eq(mlab_predict(&context, fit, two.table, NULL, 0, 2, NULL, NULL, MLAB_SCALE_RESPONSE, out, &err), MLAB_ERR_FIT_MODEL);
    world_free(&two);
    mlab_fit_free(fit);
    end(all);
    csv_free(&file);
    csv_free(&reference);
}
END_TEST

/* Time    1      2        3      4      5
 * status  event  another  event  event  censored      x  1 0 0 1 0
 * Nobody is censored before the last event, so the weights are 1 and whoever had another event stays at risk for ever:
 * risk sets {1..5}, {2..5} (2 stays), {2, 4, 5}. With t = exp(b): l = log(t / (2t + 3)) + log(1 / (t + 3)) + log(t / (t + 2)). */
static const double five_x[] = {1, 0, 0, 1, 0};
static const int32_t five_stop[] = {1, 2, 3, 4, 5}, five_status[] = {1, 2, 1, 1, 0};

static void five(world *w)
{
    world_real(w, &context, "x", five_x, 5);
    world_formula(w, &context, "~ x");
    w->problem.stop = five_stop;
    w->problem.status = five_status;
}

START_TEST(five_people_by_hand)
{
    context = mlab_test_context(NULL, 1);
    world w = {0};
    five(&w);
    mlab_fit_options options = mlab_fit_defaults();
    mlab_fit *fit = world_fit(&w, &context, "fine_gray", &options);
    double t = exp(fit->estimate[0]);
    ck_near(fit->log_likelihood, log(t / (2 * t + 3)) + log(1 / (t + 3)) + log(t / (t + 2)), 1e-12, 1e-12);
    ck_near(2 - 2 * t / (2 * t + 3) - t / (t + 3) - t / (t + 2), 0, 0, 1e-9);
    ck_assert_int_eq(fit->trust, MLAB_TOO_FEW_EVENTS);
    ck_assert_uint_eq(fit->baseline->n, 3);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

/* Two in place of every one: the same estimates as a weight of 2. */
START_TEST(a_weight_of_two_is_two_people)
{
    csv file = csv_read(mlab_test_path("reference/mgus.csv"));
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 2);
    people *one = mgus(&file, 4, 1, "~ age + male"), *two = mgus(&file, 2, 1, "~ age + male");
    static double value[PEOPLE], weight[PEOPLE];
    mlab_table_free(two->w.table), two->w.table = NULL;
    mlab_design_free(two->w.design), mlab_formula_free(two->w.formula);
    static const char *const columns[] = {"age", "male"};
    for (int c = 0; c < 2; c++) {
        for (size_t i = 0; i < one->n; i++) value[2 * i] = value[2 * i + 1] = csv_number(&file, 4 * i, columns[c]);
        world_real(&two->w, &context, columns[c], value, 2 * one->n);
    }
    for (size_t i = 0; i < one->n; i++) {
        two->stop[2 * i] = two->stop[2 * i + 1] = one->stop[i];
        two->status[2 * i] = two->status[2 * i + 1] = one->status[i];
        weight[i] = 2;
    }
    world_formula(&two->w, &context, "~ age + male");
    two->w.problem.stop = two->stop;
    two->w.problem.status = two->status;
    one->w.problem.weight = weight;
    mlab_fit *a = world_fit(&one->w, &context, "fine_gray", &options), *b = world_fit(&two->w, &context, "fine_gray", &options);
    for (size_t j = 0; j < 2; j++) ck_near(a->estimate[j], b->estimate[j], 1e-9, 1e-12);
    for (size_t j = 0; j < 4; j++) ck_near(a->covariance[j], b->covariance[j], 1e-9, 0);
    for (size_t i = 0; i < one->n; i++) one->cluster[i] = two->cluster[2 * i] = two->cluster[2 * i + 1] = (uint32_t)i;
    one->w.problem.cluster = one->cluster, one->w.problem.cluster_name = "person", one->w.problem.n_clusters = one->n;
    two->w.problem.cluster = two->cluster, two->w.problem.cluster_name = "person", two->w.problem.n_clusters = one->n;
    mlab_fit_free(a), mlab_fit_free(b);
    a = world_fit(&one->w, &context, "fine_gray", &options), b = world_fit(&two->w, &context, "fine_gray", &options);
    for (size_t j = 0; j < 4; j++) ck_near(a->robust[j], b->robust[j], 1e-9, 0);
    mlab_fit_free(a), mlab_fit_free(b);
    end(one), end(two);
    csv_free(&file);
}
END_TEST

START_TEST(what_cannot_be_fitted_is_said)
{
    context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    static const int32_t start[5] = {0}, stratum[5] = {0}, no_event[] = {2, 2, 0, 0, 0}, only_one[] = {1, 0, 0, 1, 2};
    world w = {0};
    five(&w);
    mlab_fit *fit;
    mlab_error err = {0};
    w.problem.start = start;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("fine_gray"), &w.problem, &options, &fit, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_ptr_nonnull(strstr(err.sentence, "late entry"));
    w.problem.start = NULL;
    w.problem.stratum = stratum;
    ck_assert_int_eq(mlab_fit_problem_fit(&context, mlab_model_find("fine_gray"), &w.problem, &options, &fit, &err), MLAB_ERR_FIT_MODEL);
    w.problem.stratum = NULL;
    w.problem.status = no_event;
    fit = world_fit(&w, &context, "fine_gray", &options);
    ck_assert_int_eq(fit->trust, MLAB_TOO_FEW_EVENTS);
    ck_assert_ptr_nonnull(strstr(fit->reason, "no event of interest"));
    mlab_fit_free(fit);
    w.problem.status = only_one; /* x = 1 has all the events */
    fit = world_fit(&w, &context, "fine_gray", &options);
    ck_assert_int_eq(fit->trust, MLAB_SEPARATED);
    ck_assert_double_gt(mlab_fit_standard_error(fit, 0), 100); /* not 0, which would say that it is known exactly */
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    context = mlab_test_context(NULL, 1);
    world w = {0};
    five(&w);
    sweep_fit("fine_gray", &w.problem, mlab_fit_defaults());
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("fine_gray", coefficients_errors_and_likelihood_agree_with_crr, predicted_incidence_agrees_with_crr, five_people_by_hand,
               a_weight_of_two_is_two_people, what_cannot_be_fitted_is_said, every_failed_allocation_is_reported_and_nothing_leaks)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival and incidence curves: tiny worlds by hand, and survfit of R on Rossi and on the turnover data. */
#include "fit/csv.h"
#include "mentorlab/fit.h"

#include <math.h>

static const mlab_fit_options plain_options = {.curve_interval = 2, .level = 0.95};

/*  day      1   2   3   4   5        person a leaves on 2, b is censored on 3, c and d leave on 4, e is censored on 5
 *  at risk  5   5   4   3   1
 *  S            4/5     4/5*1/3                                                                                   */
static const double tiny_time[] = {2, 3, 4, 4, 5};
static const int32_t tiny_status[] = {1, 0, 1, 1, 0};

START_TEST(survival_of_five_people_is_the_product_by_hand)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_curve *c;
    ck_assert_int_eq(mlab_curve_fit(&context, 5, NULL, tiny_time, tiny_status, 0, NULL, 1, NULL, &plain_options, &c, NULL), MLAB_OK);
    ck_assert_uint_eq(c->n_times, 4);
    const double at_risk[] = {5, 4, 3, 1}, survival[] = {0.8, 0.8, 0.8 / 3, 0.8 / 3};
    for (size_t t = 0; t < 4; t++) {
        ck_near(c->at_risk[t], at_risk[t], 0, 0);
        ck_near(c->estimate[t], survival[t], 1e-15, 0);
    }
    ck_near(c->se[3], 0.8 / 3 * sqrt(1.0 / 20 + 2.0 / 3), 1e-14, 0);
    mlab_curves_free(c, 1);
}
END_TEST

START_TEST(a_person_who_enters_on_the_day_of_an_event_is_not_at_risk_of_it)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const double start[] = {0, 2, 0}, time[] = {2, 5, 6};
    const int32_t status[] = {1, 1, 0};
    mlab_curve *c;
    ck_assert_int_eq(mlab_curve_fit(&context, 3, start, time, status, 0, NULL, 1, NULL, &plain_options, &c, NULL), MLAB_OK);
    ck_near(c->at_risk[0], 2, 0, 0);
    ck_near(c->at_risk[1], 2, 0, 0);
    ck_near(c->estimate[1], 0.25, 1e-15, 0);
    mlab_curves_free(c, 1);
}
END_TEST

START_TEST(without_censoring_incidence_is_the_share_and_its_error_the_binomial_one)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const double time[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const int32_t status[] = {1, 2, 1, 1, 2, 1, 2, 2};
    mlab_curve *c;
    ck_assert_int_eq(mlab_curve_fit(&context, 8, NULL, time, status, 2, NULL, 1, NULL, &plain_options, &c, NULL), MLAB_OK);
    double ones = 0;
    for (size_t t = 0; t < 8; t++) {
        ones += status[t] == 1;
        double p = ones / 8;
        ck_near(c->estimate[2 * t], p, 1e-14, 0);
        ck_near(c->se[2 * t], sqrt(p * (1 - p) / 8), 1e-13, 1e-15);
    }
    mlab_curves_free(c, 1);
}
END_TEST

/* The influence of a person, by giving that person a little more weight, squared and summed. */
START_TEST(the_jackknife_error_is_the_one_that_small_changes_of_weight_give)
{
    enum { N = 60 };
    mlab_context context = mlab_test_context(NULL, 1);
    double start[N], time[N], weight[N], square[3 * N] = {0};
    int32_t status[N];
    for (int i = 0; i < N; i++) {
        start[i] = i % 7;
        time[i] = start[i] + 1 + (i * 37) % 11;
        status[i] = (i * 5) % 4;
        weight[i] = 1 + i % 3;
    }
    mlab_curve *base, *up, *down;
    ck_assert_int_eq(mlab_curve_fit(&context, N, start, time, status, 3, NULL, 1, weight, &plain_options, &base, NULL), MLAB_OK);
    size_t n = base->n_times * 3;
    for (int i = 0; i < N; i++) {
        double w = weight[i], h = 1e-5 * w;
        weight[i] = w + h;
        ck_assert_int_eq(mlab_curve_fit(&context, N, start, time, status, 3, NULL, 1, weight, &plain_options, &up, NULL), MLAB_OK);
        weight[i] = w - h;
        ck_assert_int_eq(mlab_curve_fit(&context, N, start, time, status, 3, NULL, 1, weight, &plain_options, &down, NULL), MLAB_OK);
        weight[i] = w;
        for (size_t j = 0; j < n; j++) square[j] += pow(w * (up->estimate[j] - down->estimate[j]) / (2 * h), 2);
        mlab_curves_free(up, 1);
        mlab_curves_free(down, 1);
    }
    for (size_t j = 0; j < n; j++) ck_near(base->se[j], sqrt(square[j]), 1e-7, 1e-12);
    mlab_curves_free(base, 1);
}
END_TEST

typedef struct world {
    size_t n;
    double start[1200], time[1200], weight[1200];
    int32_t event[1200], cause[1200], group[1200], one[1200];
    const char *group_name[3];
    size_t n_groups;
} world;

static void check_against(const world *w, const csv *reference, const char *name, bool entry, bool weighted, bool grouped, size_t n_causes,
                          int interval)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_fit_options options = {.curve_interval = interval, .level = 0.95};
    mlab_curve *c;
    size_t n_groups = grouped ? w->n_groups : 1, seen = 0, wide = n_causes ? n_causes : 1;
    ck_assert_int_eq(mlab_curve_fit(&context, w->n, entry ? w->start : NULL, w->time, n_causes ? w->cause : w->event, n_causes,
                                    grouped ? w->group : NULL, n_groups, weighted ? w->weight : NULL, &options, &c, NULL),
                     MLAB_OK);
    for (size_t r = 0; r < reference->n_rows; r++) {
        if (strcmp(csv_text(reference, r, "curve"), name)) continue;
        size_t g = 0, t = 0;
        while (grouped && strcmp(csv_text(reference, r, "group"), w->group_name[g])) g++;
        while (c[g].time[t] != csv_number(reference, r, "time")) ck_assert_uint_lt(++t, c[g].n_times);
        size_t cause = (size_t)csv_number(reference, r, "cause"), j = t * wide + (cause ? cause - 1 : 0);
        if (!weighted || !n_causes) { /* survfit counts rows, not weights, in its multi-state tables */
            ck_near(c[g].at_risk[t], csv_number(reference, r, "at_risk"), 1e-10, 0);
            ck_near(c[g].events[j], csv_number(reference, r, "events"), 1e-10, 0);
        }
        ck_near(c[g].estimate[j], csv_number(reference, r, "estimate"), 1e-10, 1e-14);
        double se = csv_number(reference, r, "se"), lower = csv_number(reference, r, "lower"), upper = csv_number(reference, r, "upper");
        if (se >= 0) ck_near(c[g].se[j], se, 1e-10, 1e-12);
        if (lower >= 0) ck_near(c[g].lower[j], lower, 1e-10, 1e-12);
        if (upper >= 0) ck_near(c[g].upper[j], upper, 1e-10, 1e-12);
        seen++;
    }
    ck_assert_uint_gt(seen, 10);
    mlab_curves_free(c, n_groups);
}

START_TEST(curves_of_rossi_are_those_of_survfit)
{
    csv data = csv_read(mlab_test_path("reference/rossi.csv")), reference = csv_read(mlab_test_path("reference/curves_rossi.csv"));
    ck_assert_ptr_nonnull(data.cell);
    ck_assert_ptr_nonnull(reference.cell);
    static world w = {.group_name = {"no", "yes"}, .n_groups = 2};
    w.n = data.n_rows;
    for (size_t i = 0; i < w.n; i++) {
        w.time[i] = csv_number(&data, i, "week");
        w.start[i] = csv_number(&data, i, "entry");
        w.weight[i] = csv_number(&data, i, "weight");
        w.event[i] = (int32_t)csv_number(&data, i, "arrest");
        w.cause[i] = (int32_t)csv_number(&data, i, "cause");
        w.group[i] = !strcmp(csv_text(&data, i, "fin"), "yes");
    }
    check_against(&w, &reference, "km_loglog", false, false, true, 0, 0);
    check_against(&w, &reference, "km_log", false, false, false, 0, 1);
    check_against(&w, &reference, "km_plain", false, false, false, 0, 2);
    check_against(&w, &reference, "km_weight", false, true, true, 0, 0);
    check_against(&w, &reference, "km_entry", true, false, false, 0, 0);
    check_against(&w, &reference, "aj_loglog", false, false, true, 2, 0);
    check_against(&w, &reference, "aj_weight", false, true, false, 2, 2);
    check_against(&w, &reference, "aj_entry", true, false, true, 2, 0);
    check_against(&w, &reference, "aj_entry_weight", true, true, false, 2, 0);
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

START_TEST(curves_of_the_turnover_data_are_those_of_survfit)
{
    const char *folder = getenv("MLAB_TEST_DATA");
    if (!folder) {
        fprintf(stderr, "SKIPPED: curves of the turnover data: MLAB_TEST_DATA is not set\n");
        return;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/employee-turnover/turnover.csv", folder);
    csv data = csv_read(path), reference = csv_read(mlab_test_path("reference/curves_turnover.csv"));
    ck_assert_ptr_nonnull(data.cell);
    static world w = {.group_name = {"my_head", "no", "yes"}, .n_groups = 3};
    w.n = data.n_rows;
    for (size_t i = 0; i < w.n; i++) {
        const char *coach = csv_text(&data, i, "coach");
        w.time[i] = round(csv_number(&data, i, "stag") * 30.4375);
        w.event[i] = (int32_t)csv_number(&data, i, "event");
        w.cause[i] = !w.event[i] ? 0 : !strcmp(csv_text(&data, i, "gender"), "m") ? 1 : 2;
        w.group[i] = !strcmp(coach, "no") ? 1 : !strcmp(coach, "yes") ? 2 : 0;
    }
    check_against(&w, &reference, "km", false, false, true, 0, 0);
    check_against(&w, &reference, "aj", false, false, true, 2, 0);
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

START_TEST(a_start_that_is_not_before_its_time_is_an_error_that_names_the_row)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const double start[] = {0, 3, 0, 0, 0};
    mlab_curve *c;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_curve_fit(&context, 5, start, tiny_time, tiny_status, 0, NULL, 1, NULL, &plain_options, &c, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_str_eq(err.sentence, "row 2 of a curve: start 3 is not before time 3");
    ck_assert_ptr_null(c);
    const int32_t status[] = {1, 0, 4, 1, 0};
    ck_assert_int_eq(mlab_curve_fit(&context, 5, NULL, tiny_time, status, 2, NULL, 1, NULL, &plain_options, &c, &err), MLAB_ERR_FIT_RESPONSE);
    ck_assert_str_eq(err.sentence, "row 3 of a curve: status 4, allowed 0 to 2");
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    const double start[] = {0, 1, 0, 2, 1};
    const int32_t status[] = {1, 0, 2, 1, 0}, group[] = {0, 1, 0, 1, -1};
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 200; k++) {
        mlab_curve *c;
        memory = (mlab_test_memory){.fail_at = k};
        got = mlab_curve_fit(&context, 5, start, tiny_time, status, 2, group, 2, NULL, &plain_options, &c, NULL);
        if (got == MLAB_OK) mlab_curves_free(c, 2);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(got, MLAB_OK);
}
END_TEST

MLAB_TEST_MAIN("curve", survival_of_five_people_is_the_product_by_hand, a_person_who_enters_on_the_day_of_an_event_is_not_at_risk_of_it,
               without_censoring_incidence_is_the_share_and_its_error_the_binomial_one,
               the_jackknife_error_is_the_one_that_small_changes_of_weight_give, curves_of_rossi_are_those_of_survfit,
               curves_of_the_turnover_data_are_those_of_survfit, a_start_that_is_not_before_its_time_is_an_error_that_names_the_row,
               every_failed_allocation_is_reported_and_nothing_leaks)

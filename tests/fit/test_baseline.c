/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors of predictions that rest on a baseline hazard: survival, incidence, mean times and time lost of single rows, of means over rows and of
 * their differences, held to scripts/reference/baseline.R; and the influence of rows that they come from. */
#include "fit/after/baseline_means.h"
#include "fit/outcome.h"
#include "fit/reference.h"

#include <string.h>

static mlab_fit_options options;
static mlab_data data;
static csv reference;

enum { SOME = 60, LEVELS = 3 };
typedef struct reference_case {
    const char *name, *formula;
    int ties, robust;
    bool sampling;
} reference_case;

static study rossi(void)
{
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    const char *const columns[] = {"week", "arrest", "fin", "age", "race", "prio", "entry", "weight"};
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) add_column(&s, columns[j], NULL);
    double *block = room(s.n, sizeof *block);
    for (size_t i = 0; i < s.n; i++) block[i] = 10 * strtod(cell(&s, i, "educ"), NULL) + atoi(cell(&s, i, "prio")) % 7;
    world_real(&s.w, &context, "block", block, s.n);
    free(block);
    data = (mlab_data){.context = &context, .people = s.w.table, .person_level = true};
    return s;
}

/* Every third row; cause 1 or 2 is the event. */
static study mgus(int cause)
{
    static const char *const whats[] = {"censored", "it", "another"};
    study s = open_file(mlab_test_path("reference/mgus.csv"));
    for (s.n = 0; 3 * s.n < s.file.n_rows; s.n++) s.source[s.n] = (uint32_t)(3 * s.n);
    const char *const columns[] = {"time", "age", "male", "hgb"};
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) add_column(&s, columns[j], NULL);
    int32_t *what = room(s.n, sizeof *what);
    for (size_t i = 0; i < s.n; i++) {
        int status = atoi(cell(&s, i, "status"));
        what[i] = !status ? 0 : status == cause ? 1 : 2;
    }
    world_factor(&s.w, &context, "what", what, s.n, whats, 3);
    free(what);
    data = (mlab_data){.context = &context, .people = s.w.table, .person_level = true};
    return s;
}

/* One fit with what it was fitted to. */
typedef struct fitted {
    mlab_fit *fit;
    mlab_outcome_problem *made;
    mlab_prepared *prepared;
    mlab_jackknife jackknife;
    bool independent;
} fitted;

static fitted fit_of(const char *model, const reference_case *of)
{
    fitted f = {0};
    mlab_error err = {0};
    mlab_outcome outcome = {.name = "it", .kind = MLAB_OUTCOME_EVENT, .better = -1, .model = (char *)model, .formula = (char *)of->formula};
    options = mlab_fit_defaults();
    options.ties = of->ties;
    options.robust = of->robust;
    if (of->sampling) outcome.weight = (char *)"weight", outcome.weights = MLAB_WEIGHTS_SAMPLING;
    ck_assert_msg(!mlab_fit_outcome(&context, &data, &outcome, &options, &f.fit, &err), "%s: %s", of->name, err.sentence);
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &outcome, &options, &f.made, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepare(&context, f.made->model, &f.made->problem, &options, &f.prepared, NULL), MLAB_OK);
    f.independent = f.fit->baseline->covariance == NULL;
    if (!f.independent) ck_assert_msg(!mlab_jackknife_make(&context, f.prepared, f.fit, &f.jackknife, &err), "%s: %s", of->name, err.sentence);
    return f;
}

static void end(fitted *f)
{
    mlab_jackknife_free(&f->jackknife);
    mlab_prepared_free(f->prepared);
    mlab_outcome_problem_free(f->made);
    mlab_fit_free(f->fit);
}

static size_t checked;

static void check(const char *name, const char *quantity, const char *of, double time, double value, double se, double tolerance)
{
    char what[60];
    snprintf(what, sizeof what, "%s %s", quantity, of);
    for (size_t r = 0; r < reference.n_rows; r++) {
        if (strcmp(csv_text(&reference, r, "case"), name) || strcmp(csv_text(&reference, r, "quantity"), what) ||
            csv_number(&reference, r, "time") != time)
            continue;
        double expected = csv_number(&reference, r, "value"), error = csv_number(&reference, r, "se");
        ck_assert_msg(fabs(value - expected) <= 1e-7 * fmax(fabs(expected), error), "%s, %s at %g: %.12g, expected %.12g", name, what, time, value,
                      expected);
        ck_assert_msg(fabs(se / error - 1) <= tolerance, "%s, %s at %g: error %.12g, expected %.12g", name, what, time, se, error);
        checked++;
        return;
    }
    ck_abort_msg("%s has no %s at %g", name, what, time);
}

/* Single rows; survival is told as the cumulative hazard. */
static void check_rows(const char *name, const mlab_fit *fit, mlab_scale scale, const size_t rows[2], const double times[3], double tolerance)
{
    for (int k = 0; k < 2; k++) {
        char of[20];
        double value[3], se[3], lower[3], upper[3];
        mlab_prediction_request request = {
            .table = data.people, .first = rows[k], .n = 1, .scale = scale, .times = times, .n_times = 3, .level = 0.95};
        ck_assert_int_eq(mlab_predict_intervals(&context, fit, &request, value, se, lower, upper, NULL), MLAB_OK);
        snprintf(of, sizeof of, "%zu", rows[k]);
        for (size_t t = 0; t < 3; t++) {
            bool survival = scale == MLAB_SCALE_SURVIVAL;
            ck_assert(lower[t] < value[t] && value[t] < upper[t] && lower[t] > 0 && upper[t] < 1);
            check(name, survival ? "hazard" : "incidence", of, times[t], survival ? -log(value[t]) : value[t], survival ? se[t] / value[t] : se[t],
                  tolerance);
        }
    }
}

/* Means over the first rows: as they are, with the column at its first level, at its second. */
static void check_means(const char *name, const fitted *f, mlab_scale scale, const char *quantity, const char *column, const double *times, size_t n,
                        double tolerance)
{
    static const char *const of[] = {"all", "no", "yes"};
    const mlab_column *real = mlab_table_find(data.people, column);
    mlab_baseline_means means;
    size_t all = LEVELS * n;
    double *covariance = room(all * all, sizeof *covariance);
    ck_assert(mlab_baseline_means_apply(f->fit, scale));
    ck_assert_int_eq(mlab_baseline_means_make(&context, f->fit, all, &means, NULL), MLAB_OK);
    for (size_t k = 0; k < LEVELS; k++) {
        mlab_variant variant;
        mlab_column *own;
        ck_assert_int_eq(mlab_variant_make(&context, data.people, data.people->n_rows, 1, &variant, NULL), MLAB_OK);
        if (k) ck_assert_int_eq(mlab_variant_column(&variant, column, real->levels, real->n_levels, &own, NULL), MLAB_OK);
        for (size_t i = 0; k && i < data.people->n_rows; i++) {
            if (real->levels)
                own->as.integer[i] = (int32_t)k - 1;
            else
                own->as.real[i] = (double)k - 1;
        }
        mlab_average_rows rows = {.table = &variant.table, .n = SOME};
        ck_assert_int_eq(mlab_baseline_means_fill(&means, k * n, f->fit, scale, times, n, &rows, NULL), MLAB_OK);
        mlab_variant_free(&variant);
    }
    ck_assert_int_eq(mlab_baseline_means_covariance(&means, f->fit, f->independent ? NULL : &f->jackknife, covariance, NULL), MLAB_OK);
    for (size_t t = 0; t < n; t++) {
        for (size_t k = 0; k < LEVELS; k++)
            check(name, quantity, of[k], times[t], means.value[k * n + t], sqrt(covariance[(k * n + t) * (all + 1)]), tolerance);
        size_t a = 2 * n + t, b = n + t;
        double one = means.value[a], two = means.value[b], va = covariance[a * all + a], vb = covariance[b * all + b], ab = covariance[a * all + b];
        check(name, quantity, "difference", times[t], one - two, sqrt(va + vb - 2 * ab), tolerance);
        check(name, quantity, "ratio", times[t], log(one / two), sqrt(va / one / one + vb / two / two - 2 * ab / one / two), tolerance);
    }
    mlab_baseline_means_free(&means);
    free(covariance);
}

START_TEST(errors_of_cox_predictions_are_those_of_the_jackknife_and_of_the_model)
{
    static const reference_case cases[] = {{"cluster", "event(week, arrest) ~ fin + age + prio + cluster(block)", 0, 0, false},
                                           {"strata", "event(week, arrest) ~ fin + age + strata(race) + cluster(age)", 0, 0, false},
                                           {"entry", "event(entry, week, arrest) ~ fin + prio + cluster(age)", 1, 0, false},
                                           {"sampling", "event(week, arrest) ~ fin + age", 0, 0, true},
                                           {"rows", "event(week, arrest) ~ fin + age", 1, MLAB_ROBUST_HC0, false},
                                           {"model", "event(week, arrest) ~ fin + age + prio", 1, 0, false},
                                           {"model strata", "event(week, arrest) ~ fin + age + strata(race)", 1, 0, false}};
    static const double times[] = {10, 30, 52}, horizons[] = {20, 52};
    context = mlab_test_context(NULL, 1);
    reference = csv_read(mlab_test_path("reference/baseline.csv"));
    study s = rossi();
    checked = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        fitted f = fit_of("cox", &cases[c]);
        double tolerance = f.independent ? 1e-7 : 1e-6;
        if (!f.independent) check_rows(cases[c].name, f.fit, MLAB_SCALE_SURVIVAL, (const size_t[]){0, 76}, times, tolerance);
        check_means(cases[c].name, &f, MLAB_SCALE_SURVIVAL, "survival", "fin", times, 3, tolerance);
        check_means(cases[c].name, &f, MLAB_SCALE_RESTRICTED, "area", "fin", horizons, 2, tolerance);
        end(&f);
    }
    ck_assert_uint_eq(checked, 5 * 6 + 7 * 25);
    close_study(&s);
    csv_free(&reference);
}
END_TEST

START_TEST(errors_of_incidence_and_time_lost_are_those_of_fine_and_gray)
{
    static const reference_case cases[] = {{"progression", "event(time, what) ~ age + male", 0, 0, false},
                                           {"death", "event(time, what) ~ age + male + hgb", 0, 0, false},
                                           {"death by cluster", "event(time, what) ~ age + male + cluster(age)", 0, 0, false}};
    static const double times[] = {24, 120, 240}, horizons[] = {60, 240};
    context = mlab_test_context(NULL, 1);
    reference = csv_read(mlab_test_path("reference/baseline.csv"));
    checked = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        study s = mgus(c == 0 ? 1 : 2);
        fitted f = fit_of("fine_gray", &cases[c]);
        for (size_t j = 0; j < 2; j++)
            check(cases[c].name, "coefficient", f.fit->names[j], 0, f.fit->estimate[j], mlab_fit_standard_error(f.fit, j), 1e-7);
        check_rows(cases[c].name, f.fit, MLAB_SCALE_INCIDENCE, (const size_t[]){0, 39}, times, 1e-7);
        check_means(cases[c].name, &f, MLAB_SCALE_INCIDENCE, "incidence", "male", times, 3, 1e-7);
        check_means(cases[c].name, &f, MLAB_SCALE_LOST, "lost", "male", horizons, 2, 1e-7);
        end(&f);
        close_study(&s);
    }
    ck_assert_uint_eq(checked, 3 * (2 + 6 + 25));
    csv_free(&reference);
}
END_TEST

/* Mean times of single rows: those of a mean over this row alone; with robust errors the data are needed, and the sentence says so. */
START_TEST(mean_times_of_single_rows_have_errors_where_the_fit_alone_tells_them)
{
    static const reference_case model = {"model", "event(week, arrest) ~ fin + age + prio", 1, 0, false},
                                robust = {"cluster", "event(week, arrest) ~ fin + age + prio + cluster(block)", 0, 0, false};
    static const double times[] = {20, 52};
    double value[4], se[4], lower[4], upper[4], covariance[4];
    mlab_error err = {0};
    context = mlab_test_context(NULL, 1);
    study s = rossi();
    fitted f = fit_of("cox", &model);
    mlab_prediction_request request = {
        .table = data.people, .first = 3, .n = 2, .scale = MLAB_SCALE_RESTRICTED, .times = times, .n_times = 2, .level = 0.95};
    mlab_baseline_means means;
    uint32_t row = 4;
    mlab_average_rows one = {.table = data.people, .row = &row, .n = 1};
    ck_assert_int_eq(mlab_predict_intervals(&context, f.fit, &request, value, se, lower, upper, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_baseline_means_make(&context, f.fit, 2, &means, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_baseline_means_fill(&means, 0, f.fit, MLAB_SCALE_RESTRICTED, times, 2, &one, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_baseline_means_covariance(&means, f.fit, NULL, covariance, NULL), MLAB_OK);
    for (size_t t = 0; t < 2; t++) {
        ck_near(value[2 + t], means.value[t], 1e-14, 0);
        ck_near(se[2 + t], sqrt(covariance[3 * t]), 1e-14, 0);
        ck_assert(lower[2 + t] < value[2 + t] && value[2 + t] < upper[2 + t] && upper[2 + t] <= times[t]);
    }
    mlab_baseline_means_free(&means);
    end(&f);
    f = fit_of("cox", &robust);
    ck_assert_int_eq(mlab_predict_intervals(&context, f.fit, &request, value, se, lower, upper, &err), MLAB_ERR_DATA_NOT_BUILT);
    ck_assert_msg(strstr(err.sentence, "need its data") != NULL, "%s", err.sentence);
    end(&f);
    close_study(&s);
}
END_TEST

/* Fits, jackknife, means and draws of six people, with every allocation failing once. */
START_TEST(any_allocation_may_fail)
{
    static const double time[] = {1, 2, 2, 3, 4, 5}, x[] = {0, 1, 1, 0, 1, 0}, times[] = {2, 4};
    static const int32_t what[] = {1, 2, 1, 0, 1, 1};
    static const char *const whats[] = {"none", "it", "another"}, *const models[] = {"fine_gray", "cox"};
    mlab_test_memory memory = {0};
    mlab_context failing = mlab_test_context(&memory, 1);
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    options.robust = MLAB_ROBUST_HC0;
    world w = {0};
    world_real(&w, &context, "time", time, 6);
    world_real(&w, &context, "x", x, 6);
    world_factor(&w, &context, "what", what, 6, whats, 3);
    mlab_data six = {.context = &context, .people = w.table, .person_level = true};
    for (int m = 0; m < 2; m++) {
        mlab_outcome outcome = {.name = "it", .kind = MLAB_OUTCOME_EVENT, .better = -1, .model = (char *)models[m]};
        outcome.formula = (char *)(m ? "event(time, x) ~ what" : "event(time, what) ~ x");
        const mlab_outcome *outcomes[] = {&outcome};
        double line[] = {2, 4};
        mlab_predict_outcome wish = {.outcome = (char *)"it", .scale = m ? MLAB_SCALE_RESTRICTED : MLAB_SCALE_LOST, .times = line, .n_times = 2};
        mlab_predict_spec spec = {.reference = SIZE_MAX, .outcomes = &wish, .n_outcomes = 1};
        options.predict = &spec;
        mlab_status status = MLAB_ERR_MEMORY;
        for (long k = 1; status == MLAB_ERR_MEMORY && k < 3000; k++) {
            mlab_fit *fit = NULL;
            mlab_draws *draws = NULL;
            double out[2];
            memory = (mlab_test_memory){.fail_at = k};
            status = mlab_fit_outcome(&failing, &six, &outcome, &options, &fit, NULL);
            const mlab_fit *fits[] = {fit};
            if (!status) status = mlab_draws_make_mixed(&failing, &six, outcomes, &options, fits, 1, 3, 1, &draws, NULL);
            if (!status)
                status = mlab_predict_drawn(&failing, fit, draws, 0, 1, w.table, NULL, 0, 1, NULL, m ? MLAB_SCALE_SURVIVAL : MLAB_SCALE_INCIDENCE,
                                            times, 2, out, NULL);
            if (status && status != MLAB_ERR_MEMORY) ck_assert_int_eq(status, MLAB_ERR_FIT_DRAWS);
            mlab_draws_free(draws);
            mlab_fit_free(fit);
            ck_assert_int_eq(memory.live, 0);
            ck_assert_int_gt(status ? k : k - 40, 0);
        }
        ck_assert(status != MLAB_ERR_MEMORY);
    }
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("baseline", mean_times_of_single_rows_have_errors_where_the_fit_alone_tells_them, any_allocation_may_fail,
               errors_of_cox_predictions_are_those_of_the_jackknife_and_of_the_model, errors_of_incidence_and_time_lost_are_those_of_fine_and_gray)

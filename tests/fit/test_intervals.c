/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors and intervals of predictions: held to R, to small changes of every parameter, and to draws. */
#include "fit/outcome.h"
#include "fit/reference.h"
#include "mentorlab/after.h"

enum { MOST = 64 };
static mlab_fit_options options;

/* Rossi or wine as a person-level study. */
static study people(const char *file, const char *const *columns, size_t n, mlab_data *data)
{
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    study s = open_file(mlab_test_path(file));
    for (size_t j = 0; j < n; j++) add_column(&s, columns[j], NULL);
    *data = (mlab_data){.context = &context, .people = s.w.table, .person_level = true};
    return s;
}

static study rossi(mlab_data *data)
{
    static const char *const columns[] = {"week", "arrest", "fin", "age", "prio", "educ", "cause", "race"};
    return people("reference/rossi.csv", columns, 8, data);
}

static mlab_fit *fit_of(const mlab_data *data, mlab_outcome_kind kind, const char *model, const char *formula)
{
    mlab_outcome outcome = {.name = "it", .kind = kind, .better = 1, .model = (char *)model, .formula = (char *)formula};
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

typedef struct predicted {
    double estimate[MOST], se[MOST], lower[MOST], upper[MOST];
} predicted;

static predicted predict(const mlab_fit *fit, mlab_prediction_request request)
{
    predicted p;
    mlab_error err = {0};
    request.level = 0.95;
    mlab_status status = mlab_predict_intervals(&context, fit, &request, p.estimate, p.se, p.lower, p.upper, &err);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    return p;
}

static void check_case(const mlab_fit *fit, const mlab_table *table, const char *name, mlab_scale scale, const double *times, size_t n_times)
{
    csv reference = csv_read(mlab_test_path("reference/predict.csv"));
    size_t seen = 0;
    for (size_t r = 0; r < reference.n_rows; r++) {
        if (strcmp(csv_text(&reference, r, "case"), name)) continue;
        size_t cell = (size_t)csv_number(&reference, r, "cell");
        predicted p = predict(
            fit, (mlab_prediction_request){
                     .table = table, .first = (size_t)csv_number(&reference, r, "row"), .n = 1, .scale = scale, .times = times, .n_times = n_times});
        ck_near(p.estimate[cell], csv_number(&reference, r, "estimate"), 1e-8, 1e-12);
        ck_near(p.se[cell], csv_number(&reference, r, "se"), 1e-8, 0);
        ck_near(p.lower[cell], csv_number(&reference, r, "lower"), 1e-8, 1e-11);
        ck_near(p.upper[cell], csv_number(&reference, r, "upper"), 1e-8, 1e-11);
        seen++;
    }
    ck_assert_uint_gt(seen, 4);
    csv_free(&reference);
}

START_TEST(errors_and_limits_of_generalised_linear_models_are_those_of_predict_glm)
{
    static const struct {
        mlab_outcome_kind kind;
        const char *model, *formula;
    } cases[] = {{MLAB_OUTCOME_YES_NO, "logit", "arrest ~ fin + age + prio"},
                 {MLAB_OUTCOME_YES_NO, "cloglog", "arrest ~ fin + age + prio"},
                 {MLAB_OUTCOME_COUNT, "poisson", "prio ~ fin + age"},
                 {MLAB_OUTCOME_NUMBER, "linear", "educ ~ fin + age"}};
    mlab_data data;
    study s = rossi(&data);
    options.information = 1; /* as glm */
    for (size_t c = 0; c < 4; c++) {
        char link[40];
        mlab_fit *fit = fit_of(&data, cases[c].kind, cases[c].model, cases[c].formula);
        snprintf(link, sizeof link, "%s_link", cases[c].model);
        check_case(fit, data.people, link, MLAB_SCALE_LINK, NULL, 0);
        check_case(fit, data.people, cases[c].model, MLAB_SCALE_RESPONSE, NULL, 0);
        mlab_fit_free(fit);
    }
    close_study(&s);
}
END_TEST

START_TEST(survival_of_a_weibull_fit_has_the_errors_of_derivatives_by_hand)
{
    const double times[] = {10, 30, 52};
    mlab_data data;
    study s = rossi(&data);
    mlab_fit *fit = fit_of(&data, MLAB_OUTCOME_EVENT, "weibull", "event(week, arrest) ~ fin + age + prio");
    check_case(fit, data.people, "weibull", MLAB_SCALE_SURVIVAL, times, 3);
    check_case(fit, data.people, "weibull_area", MLAB_SCALE_RESTRICTED, times, 3);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* S = (1 - h)^t of a discrete hazard and exp(-H t): the area is (1 - S(t)) / H; of a Cox fit the sum of its steps. */
START_TEST(restricted_means_are_areas_under_survival)
{
    const double times[] = {0, 0.5, 40};
    double area[3], survival[52], every[52];
    mlab_data data;
    study s = rossi(&data);
    mlab_fit *fit = fit_of(&data, MLAB_OUTCOME_EVENT, "exponential", "event(week, arrest) ~ fin + age");
    ck_assert_int_eq(mlab_predict_at(&context, fit, data.people, NULL, 7, 1, NULL, NULL, MLAB_SCALE_RESTRICTED, times, 3, area, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_at(&context, fit, data.people, NULL, 7, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 3, survival, NULL), MLAB_OK);
    ck_near(area[0], 0, 0, 0);
    for (int t = 1; t < 3; t++) ck_near(area[t], (1 - survival[t]) * times[t] / -log(survival[t]), 1e-12, 0);
    mlab_fit_free(fit);
    fit = fit_of(&data, MLAB_OUTCOME_EVENT, "cox", "event(week, arrest) ~ fin + age + strata(race)");
    double by_hand = 1;
    for (int w = 0; w < 52; w++) every[w] = w + 1;
    ck_assert_int_eq(mlab_predict_at(&context, fit, data.people, NULL, 7, 1, NULL, NULL, MLAB_SCALE_RESTRICTED, times, 3, area, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_at(&context, fit, data.people, NULL, 7, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, every, 39, survival, NULL), MLAB_OK);
    for (int w = 0; w < 39; w++) by_hand += survival[w];
    ck_near(area[1], 0.5, 1e-15, 0);
    ck_near(area[2], by_hand, 1e-12, 0);
    mlab_prediction_request request = {.table = data.people, .n = 1, .scale = MLAB_SCALE_RESTRICTED, .times = times, .n_times = 3, .level = 0.95};
    double se[3];
    ck_assert_int_eq(mlab_predict_intervals(&context, fit, &request, area, se, NULL, NULL, NULL), MLAB_OK);
    ck_assert(se[0] == 0 && se[1] == 0 && se[2] > 0); /* held to R in test_baseline.c */
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(probabilities_of_levels_have_the_intervals_of_clm)
{
    static const char *const columns[] = {"temp", "contact"}, *const levels[] = {"1", "2", "3", "4", "5"};
    mlab_data data;
    study s = people("reference/mixed_wine.csv", columns, 2, &data);
    int32_t *rating = room(s.n, sizeof *rating);
    for (size_t i = 0; i < s.n; i++) rating[i] = atoi(cell(&s, i, "rating")) - 1;
    world_factor(&s.w, &context, "rating", rating, s.n, levels, 5);
    for (options.ordinal_link = 0; options.ordinal_link < 2; options.ordinal_link++) {
        mlab_fit *fit = fit_of(&data, MLAB_OUTCOME_ORDINAL, "ordinal", "rating ~ temp + contact");
        check_case(fit, data.people, options.ordinal_link ? "ordinal_probit" : "ordinal_logit", MLAB_SCALE_RESPONSE, NULL, 0);
        mlab_fit_free(fit);
    }
    free(rating);
    close_study(&s);
}
END_TEST

/* What small changes of every parameter, one by one, give: another way than through the predictors. */
static void check_by_parameters(const mlab_fit *fit, mlab_prediction_request request)
{
    size_t np = fit->n_parameters, width = mlab_predict_width_at(fit, request.scale, request.n_times), cells = request.n * width;
    const double *v = fit->robust ? fit->robust : fit->covariance;
    double *gradient = room(np * cells, sizeof *gradient), *moved = room(np, sizeof *moved), up[MOST], down[MOST];
    predicted p = predict(fit, request);
    ck_assert_uint_le(cells, MOST);
    memcpy(moved, fit->estimate, np * sizeof *moved);
    for (size_t j = 0; j < np; j++) {
        const double h = 1e-5;
        double *const ends[] = {up, down};
        for (int k = 0; k < 2; k++) {
            moved[j] = fit->estimate[j] + (k ? -h : h);
            ck_assert_int_eq(mlab_predict_at(&context, fit, request.table, request.rows, request.first, request.n, moved, request.share,
                                             request.scale, request.times, request.n_times, ends[k], NULL),
                             MLAB_OK);
        }
        moved[j] = fit->estimate[j];
        for (size_t c = 0; c < cells; c++) gradient[j * cells + c] = (up[c] - down[c]) / (2 * h);
    }
    for (size_t c = 0; c < cells; c++) {
        double variance = 0;
        for (size_t j = 0; j < np; j++)
            for (size_t k = 0; k < np; k++) variance += gradient[j * cells + c] * v[j * np + k] * gradient[k * cells + c];
        ck_near(p.se[c], sqrt(variance), 1e-6, 1e-12);
        ck_assert(p.lower[c] <= p.estimate[c] && p.estimate[c] <= p.upper[c]);
        ck_assert(p.lower[c] >= 0 && p.upper[c] <= 1);
    }
    free(gradient);
    free(moved);
}

START_TEST(effects_by_threshold_and_on_the_scale_are_in_the_errors)
{
    static const char *const names[] = {"1", "2", "3", "4", "5"}, *const nominal[] = {"contact"}, *const scale[] = {"temp"};
    static const char *const columns[] = {"temp", "contact"};
    mlab_data data;
    study s = people("reference/mixed_wine.csv", columns, 2, &data);
    respond_by_text(&s, "rating", names, 5);
    cluster_by(&s, "judge");
    ready(&s, "~ temp + contact");
    s.w.problem.nominal = nominal;
    s.w.problem.n_nominal = 1;
    s.w.problem.scale = scale;
    s.w.problem.n_scale = 1;
    mlab_fit *fit = world_fit(&s.w, &context, "ordinal", &options);
    ck_assert_uint_gt(mlab_fit_predictors(fit), 1);
    check_by_parameters(fit, (mlab_prediction_request){.table = s.w.table, .first = 10, .n = 12, .scale = MLAB_SCALE_RESPONSE});
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* Two causes, periods of a person are a cluster. */
static study periods(mlab_fit **fit)
{
    static const char *const names[] = {"none", "one", "two"};
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    study s = open_file(mlab_test_path("reference/rossi.csv"));
    double *time = room(s.n, sizeof *time);
    int32_t *cause = room(s.n, sizeof *cause);
    for (size_t i = 0; i < s.n; i++) time[i] = strtod(cell(&s, i, "week"), NULL), cause[i] = atoi(cell(&s, i, "cause"));
    split_periods(&s, time, cause, 13);
    add_column(&s, "fin", "no");
    add_column(&s, "age", NULL);
    respond(&s, 3, names);
    ready(&s, "~ fin + age + period");
    s.w.problem.offset = s.offset;
    *fit = world_fit(&s.w, &context, "hazard", &options);
    free(time);
    free(cause);
    return s;
}

START_TEST(errors_of_curves_of_competing_hazards_are_those_that_small_changes_give)
{
    const double times[] = {1, 3, 7}, share[] = {1, 0.5, 0.25};
    mlab_fit *fit;
    study s = periods(&fit);
    ck_assert_ptr_nonnull(fit->robust);
    const mlab_prediction_request survival = {.table = s.w.table, .first = 5, .n = 3, .scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = 3};
    mlab_prediction_request incidence = survival, response = {.table = s.w.table, .n = 3, .share = share, .scale = MLAB_SCALE_RESPONSE};
    incidence.scale = MLAB_SCALE_INCIDENCE;
    check_by_parameters(fit, survival);
    check_by_parameters(fit, incidence);
    check_by_parameters(fit, response);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(a_mean_over_rows_has_the_error_of_the_mean_of_their_derivatives)
{
    const double times[] = {1, 3};
    enum { ROWS = 200 };
    mlab_fit *fit;
    study s = periods(&fit);
    size_t np = fit->n_parameters, width = 4;
    double *weight = room(ROWS, sizeof *weight), *moved = room(np, sizeof *moved), *gradient = room(np * width, sizeof *gradient), mean[4],
           covariance[16], up[4], down[4];
    for (size_t i = 0; i < ROWS; i++) weight[i] = 1 + (double)(i % 3);
    const mlab_prediction_request request = {
        .table = s.w.table, .n = ROWS, .scale = MLAB_SCALE_INCIDENCE, .times = times, .n_times = 2, .level = 0.95};
    ck_assert_int_eq(mlab_predict_mean(&context, fit, &request, weight, mean, covariance, NULL), MLAB_OK);
    for (size_t j = 0; j < np; j++) {
        const double keep = fit->estimate[j], h = 1e-5;
        fit->estimate[j] = keep + h;
        ck_assert_int_eq(mlab_predict_mean(&context, fit, &request, weight, up, NULL, NULL), MLAB_OK);
        fit->estimate[j] = keep - h;
        ck_assert_int_eq(mlab_predict_mean(&context, fit, &request, weight, down, NULL, NULL), MLAB_OK);
        fit->estimate[j] = keep;
        for (size_t c = 0; c < width; c++) gradient[c * np + j] = (up[c] - down[c]) / (2 * h);
    }
    for (size_t a = 0; a < width; a++)
        for (size_t b = 0; b < width; b++) {
            double sum = 0;
            for (size_t j = 0; j < np; j++)
                for (size_t k = 0; k < np; k++) sum += gradient[a * np + j] * fit->robust[j * np + k] * gradient[b * np + k];
            ck_near(covariance[a * width + b], sum, 1e-6, 1e-12);
        }
    double *one = room(ROWS * width, sizeof *one), total = 0, by_hand = 0;
    ck_assert_int_eq(mlab_predict_at(&context, fit, s.w.table, NULL, 0, ROWS, NULL, NULL, MLAB_SCALE_INCIDENCE, times, 2, one, NULL), MLAB_OK);
    for (size_t i = 0; i < ROWS; i++) total += weight[i], by_hand += weight[i] * one[i * width + 3];
    ck_near(mean[3], by_hand / total, 1e-12, 0);
    void *const memory[] = {weight, moved, gradient, one};
    for (size_t k = 0; k < 4; k++) free(memory[k]);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* 4,000 draws: a standard deviation has an error of 1.1 %, a 2.5 % quantile one of about 4 % of the error; seed fixed. */
START_TEST(draws_of_the_parameters_give_nearly_the_same_errors_and_limits)
{
    const double times[] = {1, 3};
    mlab_fit *fit;
    study s = periods(&fit);
    mlab_draws *draws;
    mlab_error err = {0};
    const mlab_fit *const fits[] = {fit};
    ck_assert_msg(mlab_draws_make(&context, fits, 1, 4000, 20261122, &draws, &err) == MLAB_OK, "%s", err.sentence);
    mlab_prediction_request request = {.table = s.w.table, .n = 2, .scale = MLAB_SCALE_LINK, .level = 0.95};
    predicted p = predict(fit, request), q;
    ck_assert_int_eq(mlab_predict_intervals_drawn(&context, fit, draws, 0, &request, q.estimate, q.se, q.lower, q.upper, NULL), MLAB_OK);
    for (size_t c = 0; c < 4; c++) {
        ck_near(q.estimate[c], p.estimate[c], 0, 0);
        ck_near(q.se[c], p.se[c], 0.05, 0);
        ck_near(q.lower[c], p.estimate[c] - 1.96 * p.se[c], 0, 0.2 * p.se[c]);
        ck_near(q.upper[c], p.estimate[c] + 1.96 * p.se[c], 0, 0.2 * p.se[c]);
    }
    request.scale = MLAB_SCALE_INCIDENCE;
    request.times = times;
    request.n_times = 2;
    p = predict(fit, request);
    ck_assert_int_eq(mlab_predict_intervals_drawn(&context, fit, draws, 0, &request, q.estimate, q.se, q.lower, q.upper, NULL), MLAB_OK);
    for (size_t c = 0; c < 8; c++) {
        ck_near(log(q.lower[c]), log(p.lower[c]), 0, 0.25 * p.se[c] / p.estimate[c]);
        ck_near(log(q.upper[c]), log(p.upper[c]), 0, 0.25 * p.se[c] / p.estimate[c]);
    }
    ck_assert_int_eq(mlab_predict_intervals_drawn(&context, fit, draws, 1, &request, q.estimate, q.se, q.lower, q.upper, &err), MLAB_ERR_ARGUMENT);
    mlab_draws_free(draws);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(cox_survival_has_the_errors_that_its_baseline_tells)
{
    static const char *const whats[] = {"none", "one", "two"};
    const double times[] = {10, 30};
    mlab_data data;
    study s = rossi(&data);
    int32_t *what = room(s.n, sizeof *what);
    for (size_t i = 0; i < s.n; i++) what[i] = atoi(cell(&s, i, "cause"));
    world_factor(&s.w, &context, "what", what, s.n, whats, 3);
    free(what);
    mlab_fit *fit = fit_of(&data, MLAB_OUTCOME_EVENT, "cox", "event(week, arrest) ~ fin + age + strata(race)");
    predicted p = predict(fit, (mlab_prediction_request){.table = data.people, .n = 1, .scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = 2});
    double half = 1.959963984540054 * p.se[1] / (p.estimate[1] * fabs(log(p.estimate[1])));
    ck_near(log(-log(p.lower[1])) - log(-log(p.estimate[1])), half, 1e-10, 0);
    ck_assert_double_gt(p.se[1], p.se[0]);
    mlab_fit_free(fit);
    fit = fit_of(&data, MLAB_OUTCOME_EVENT, "fine_gray", "event(week, what) ~ fin + age");
    mlab_prediction_request request = {.table = data.people, .n = 1, .scale = MLAB_SCALE_INCIDENCE, .times = times, .n_times = 2, .level = 0.95};
    mlab_error err = {0};
    ck_assert_int_eq(mlab_predict_intervals(&context, fit, &request, p.estimate, p.se, NULL, NULL, &err), MLAB_OK);
    ck_assert(p.se[0] > 0 && p.se[1] > p.se[0]);
    request.level = 95;
    ck_assert_int_eq(mlab_predict_intervals(&context, fit, &request, p.estimate, p.se, NULL, NULL, &err), MLAB_ERR_ARGUMENT);
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(a_separated_fit_has_no_interval_but_the_whole_scale)
{
    static const double y[] = {0, 0, 0, 0, 1, 1, 1, 1}, x[] = {1, 2, 3, 4, 5, 6, 7, 8};
    world w = {0};
    context = mlab_test_context(NULL, 1);
    options = mlab_fit_defaults();
    world_real(&w, &context, "y", y, 8);
    world_real(&w, &context, "x", x, 8);
    mlab_data data = {.context = &context, .people = w.table, .person_level = true};
    mlab_fit *fit = fit_of(&data, MLAB_OUTCOME_YES_NO, "logit", "y ~ x");
    ck_assert_int_eq(fit->trust, MLAB_SEPARATED);
    predicted p = predict(fit, (mlab_prediction_request){.table = w.table, .first = 4, .n = 1, .scale = MLAB_SCALE_RESPONSE});
    ck_assert(p.lower[0] == 0 && p.upper[0] == 1);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(any_allocation_of_an_interval_may_fail)
{
    const double times[] = {1, 3};
    mlab_test_memory memory = {0};
    mlab_fit *fit;
    study s = periods(&fit);
    mlab_context failing = mlab_test_context(&memory, 1);
    const mlab_prediction_request request = {.table = s.w.table, .n = 3, .scale = MLAB_SCALE_INCIDENCE, .times = times, .n_times = 2, .level = 0.9};
    for (int what = 0; what < 2; what++) {
        mlab_status status = MLAB_ERR_MEMORY;
        for (long k = 1; status == MLAB_ERR_MEMORY && k < 4000; k++) {
            predicted p;
            double covariance[16];
            memory = (mlab_test_memory){.fail_at = k};
            status = what ? mlab_predict_mean(&failing, fit, &request, NULL, p.estimate, covariance, NULL)
                          : mlab_predict_intervals(&failing, fit, &request, p.estimate, p.se, p.lower, p.upper, NULL);
            ck_assert_int_eq(memory.live, 0);
        }
        ck_assert_int_eq(status, MLAB_OK);
    }
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

MLAB_TEST_MAIN("intervals", errors_and_limits_of_generalised_linear_models_are_those_of_predict_glm,
               survival_of_a_weibull_fit_has_the_errors_of_derivatives_by_hand, restricted_means_are_areas_under_survival,
               probabilities_of_levels_have_the_intervals_of_clm, effects_by_threshold_and_on_the_scale_are_in_the_errors,
               errors_of_curves_of_competing_hazards_are_those_that_small_changes_give,
               a_mean_over_rows_has_the_error_of_the_mean_of_their_derivatives, draws_of_the_parameters_give_nearly_the_same_errors_and_limits,
               cox_survival_has_the_errors_that_its_baseline_tells, a_separated_fit_has_no_interval_but_the_whole_scale,
               any_allocation_of_an_interval_may_fail)

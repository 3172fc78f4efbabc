/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions for profiles: against references made by scripts/reference/margins.R, against plain derivatives, by draws, and wrong profiles. */
#include "core/error.h"
#include "core/random.h"
#include "fit/after/after.h"
#include "fit/after/average.h"
#include "fit/after/limits.h"
#include "fit/phd.h"

static mlab_profile_value of_all[] = {{.column = "gender", .text = "male"},
                                      {.column = "kids", .text = "1", .number = 1, .is_number = true},
                                      {.column = "prestige", .text = "3.2", .number = 3.2, .is_number = true}};
static mlab_profile_value of_her[] = {{.column = "gender", .text = "female"}};
static mlab_predict_profile profiles[] = {{.name = "whole", .values = of_all, .n_values = 3}, {.name = "her", .values = of_her, .n_values = 1}};

static mlab_predict_spec two_profiles(void)
{
    return (mlab_predict_spec){.profiles = profiles, .n_profiles = 2, .reference = 1, .n_draws = 4000, .seed = 7};
}

static mlab_fit *predicted(const mlab_fit_problem *problem, const char *model, const mlab_predict_spec *spec)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.predict = spec;
    return fit_after(problem, model, options);
}

static const mlab_prediction *find(const mlab_fit *fit, const char *profile, const char *measure, const char *of)
{
    for (size_t k = 0; k < fit->after->n_predictions; k++) {
        const mlab_prediction *p = &fit->after->predictions[k];
        if (!strcmp(p->profile, profile) && !strcmp(p->measure, measure) && !strcmp(p->of, of)) return p;
    }
    ck_abort_msg("no %s of %s, %s: %s", measure, profile, of, fit->reason);
    return NULL;
}

START_TEST(predictions_and_their_limits_agree_with_r)
{
    static const char *const models[] = {"logit", "poisson", "ordinal", "linear"};
    mlab_predict_spec spec = two_profiles();
    csv table = csv_read(mlab_test_path("reference/predictions_phd.csv"));
    size_t held = 0;
    context = mlab_test_context(NULL, 2);
    for (size_t m = 0; m < 4; m++) {
        study s = phd(models[m], "~ gender * kids + prestige + I(prestige^2)");
        mlab_fit *fit = predicted(&s.w.problem, models[m], &spec);
        for (size_t row = 0; row < table.n_rows; row++) {
            if (strcmp(csv_text(&table, row, "case"), models[m])) continue;
            const char *of = csv_text(&table, row, "of");
            const mlab_prediction *p = find(fit, csv_text(&table, row, "profile"), csv_text(&table, row, "measure"), strcmp(of, "-") ? of : "");
            double se = csv_number(&table, row, "se");
            ck_near(p->value, csv_number(&table, row, "value"), 1e-7, 1e-7 * se);
            ck_near(p->se, se, 1e-7, 0);
            ck_near(p->lower, csv_number(&table, row, "lower"), 1e-7, 1e-7 * se);
            ck_near(p->upper, csv_number(&table, row, "upper"), 1e-7, 1e-7 * se);
            ck_assert(p->time == -1 && !strcmp(p->scale, "response"));
            held++;
        }
        mlab_fit_free(fit);
        close_study(&s);
    }
    ck_assert_uint_gt(table.n_rows, 0);
    ck_assert_uint_eq(held, table.n_rows);
    csv_free(&table);
}
END_TEST

/* 4,000 draws: a standard deviation is within 6 % with chance 0.99999; quantiles of nearly normal numbers likewise. Seed 7. */
START_TEST(draws_have_the_spread_of_the_delta_method)
{
    mlab_predict_spec spec = two_profiles(), drawn = two_profiles();
    context = mlab_test_context(NULL, 2);
    drawn.draws = true;
    study s = phd("logit", "~ gender + kids + prestige");
    mlab_fit *delta = predicted(&s.w.problem, "logit", &spec), *draws = predicted(&s.w.problem, "logit", &drawn);
    ck_assert_uint_eq(delta->after->n_predictions, 4);
    ck_assert_uint_eq(draws->after->n_predictions, 4);
    for (size_t k = 0; k < 4; k++) {
        const mlab_prediction *a = &delta->after->predictions[k], *b = &draws->after->predictions[k];
        ck_assert_double_eq(a->value, b->value);
        ck_near(b->se, a->se, 0.06, 0);
        ck_near(b->upper - b->lower, a->upper - a->lower, 0.1, 0); /* the delta method has t(22), draws the normal */
        ck_assert(b->lower != a->lower);
    }
    mlab_fit_free(delta);
    mlab_fit_free(draws);
    close_study(&s);
}
END_TEST

/* Over time every number is held to mlab_predict_at, and its error to plain differences of it by every parameter. */
static void hold_to_differences(const mlab_fit *fit, const mlab_table *one, mlab_scale scale, const double *times, size_t n_times)
{
    size_t width = mlab_predict_width_at(fit, scale, n_times), np = fit->n_parameters;
    double at[64], up[64], down[64], parameters[64], gradient[64][64];
    ck_assert(width <= 64 && np <= 64 && width > 0);
    ck_assert_int_eq(mlab_predict_at(&context, fit, one, NULL, 0, 1, NULL, NULL, scale, times, n_times, at, NULL), MLAB_OK);
    for (size_t j = 0; j < np; j++) {
        double step = 1e-4 * sqrt(fit->covariance[j * np + j]);
        memcpy(parameters, fit->estimate, np * sizeof(double));
        parameters[j] += step;
        ck_assert_int_eq(mlab_predict_at(&context, fit, one, NULL, 0, 1, parameters, NULL, scale, times, n_times, up, NULL), MLAB_OK);
        parameters[j] -= 2 * step;
        ck_assert_int_eq(mlab_predict_at(&context, fit, one, NULL, 0, 1, parameters, NULL, scale, times, n_times, down, NULL), MLAB_OK);
        for (size_t c = 0; c < width; c++) gradient[c][j] = step > 0 ? (up[c] - down[c]) / (2 * step) : 0;
    }
    ck_assert_uint_eq(fit->after->n_predictions, width);
    for (size_t c = 0; c < width; c++) {
        const mlab_prediction *p = &fit->after->predictions[c];
        double variance = 0;
        for (size_t j = 0; j < np; j++)
            for (size_t k = 0; k < np; k++) variance += gradient[c][j] * fit->covariance[j * np + k] * gradient[c][k];
        ck_near(p->value, at[c], 1e-12, 0);
        ck_near(p->se, sqrt(variance), 1e-6, 0);
        ck_assert(p->lower > 0 && p->lower < p->value && p->value < p->upper && p->upper < 1);
        ck_assert_double_eq(p->time, times[c / (width / n_times)]);
    }
}

START_TEST(survival_and_incidence_have_the_errors_of_plain_differences)
{
    static const char *const causes[] = {"none", "left", "sent"};
    static const struct {
        const char *model;
        mlab_scale scale;
    } cases[] = {
        {"weibull", MLAB_SCALE_SURVIVAL}, {"spline", MLAB_SCALE_SURVIVAL}, {"hazard", MLAB_SCALE_SURVIVAL}, {"hazard", MLAB_SCALE_INCIDENCE}};
    double times[] = {1, 3.5}, x[400], one_x = 0.4;
    int32_t what[400], end[400], seen[400];
    mlab_profile_value value = {.column = "x", .text = "0.4", .number = 0.4, .is_number = true};
    mlab_predict_profile profile = {.name = "one", .values = &value, .n_values = 1};
    context = mlab_test_context(NULL, 1);
    for (uint32_t i = 0; i < 400; i++) {
        mlab_address address = {.seed = 5, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        x[i] = mlab_random_normal(&address, 0);
        double u = mlab_random_uniform(&address, 2);
        what[i] = u < 0.2 + 0.05 * x[i] ? 1 : u < 0.35 ? 2 : 0;
        end[i] = 1 + (int32_t)(-4 * log(mlab_random_uniform(&address, 3)) * exp(0.3 * x[i]));
        seen[i] = u < 0.8;
    }
    for (size_t k = 0; k < 4; k++) {
        world w = {0}, alone = {0};
        world_real(&w, &context, "x", x, 400);
        world_real(&alone, &context, "x", &one_x, 1);
        world_formula(&w, &context, "~ x");
        if (strcmp(cases[k].model, "hazard"))
            w.problem.stop = end, w.problem.status = seen;
        else
            world_categories(&w, what, 3, causes);
        mlab_predict_outcome wish = {.outcome = "it", .scale = (int)cases[k].scale, .times = times, .n_times = 2};
        mlab_predict_spec spec = {.profiles = &profile, .n_profiles = 1, .reference = SIZE_MAX, .outcomes = &wish, .n_outcomes = 1};
        mlab_fit *fit = predicted(&w.problem, cases[k].model, &spec);
        hold_to_differences(fit, alone.table, cases[k].scale, times, 2);
        mlab_fit_free(fit);
        world_free(&w);
        world_free(&alone);
    }
}
END_TEST

/* 30 people of 4 rows: those of person p have x = p + row; the mean over first rows of a straight line is that at the mean of their x. */
START_TEST(averages_over_people_take_the_first_row_of_each)
{
    double x[120], y[120];
    uint32_t person[120];
    context = mlab_test_context(NULL, 1);
    for (uint32_t i = 0; i < 120; i++) {
        person[i] = i / 4;
        x[i] = i / 4 + i % 4;
        y[i] = 3 + 2 * x[i] + (i * 7 % 5);
    }
    world w = {0};
    world_real(&w, &context, "x", x, 120);
    world_formula(&w, &context, "~ x");
    w.problem.number = y;
    w.problem.person = person;
    mlab_predict_spec spec = {.reference = SIZE_MAX, .people = true}, rows = {.reference = SIZE_MAX};
    mlab_fit *of_people = predicted(&w.problem, "linear", &spec), *of_rows = predicted(&w.problem, "linear", &rows);
    const double *b = of_people->estimate;
    ck_near(find(of_people, "everybody", "level", "")->value, b[0] + b[1] * 14.5, 1e-12, 0);
    ck_near(find(of_rows, "everybody", "level", "")->value, b[0] + b[1] * 16, 1e-12, 0);
    mlab_fit_free(of_people);
    mlab_fit_free(of_rows);
    world_free(&w);
}
END_TEST

START_TEST(cox_profiles_have_intervals_and_differences)
{
    double times[] = {1, 3};
    mlab_predict_spec spec = two_profiles();
    mlab_predict_outcome wish = {.outcome = "it", .scale = -1, .times = times, .n_times = 2};
    context = mlab_test_context(NULL, 1);
    study s = phd("cox", "~ gender + prestige");
    wish.outcome = (char *)s.w.problem.outcome;
    spec.outcomes = &wish;
    spec.n_outcomes = 1;
    mlab_fit *fit = predicted(&s.w.problem, "cox", &spec);
    const mlab_prediction *whole = find(fit, "whole", "level", ""), *her = find(fit, "her", "level", "");
    ck_assert_str_eq(whole->scale, "survival");
    ck_assert(whole->lower < whole->value && whole->value < whole->upper && whole->upper < 1);
    ck_assert(her->lower < her->value && her->value < her->upper && her->upper < 1 && her->se > 0);
    for (size_t k = 0; k < fit->after->n_predictions; k++) {
        const mlab_prediction *p = &fit->after->predictions[k];
        ck_assert(p->se > 0 && p->lower < p->value && p->value < p->upper);
    }
    ck_assert_msg(!fit->reason || !strstr(fit->reason, "interval"), "%s", fit->reason);
    mlab_fit_free(fit);
    wish.n_times = 0; /* a default scale needs times */
    fit = predicted(&s.w.problem, "cox", &spec);
    ck_assert_uint_eq(fit->after->n_predictions, 0);
    ck_assert_ptr_nonnull(strstr(fit->reason, "states no times"));
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

/* 200 people of two sites, the second with thrice the hazard, everybody watched for 24 days; the sites are text, or a factor. */
static world sites(bool text)
{
    static const char *const names[] = {"Lyon", "Oslo"};
    double time[200], seen[200], x[200];
    int32_t site[200];
    world w = {0};
    for (uint32_t i = 0; i < 200; i++) {
        mlab_address address = {.seed = 6, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        site[i] = i % 2;
        x[i] = mlab_random_normal(&address, 0);
        double at = ceil(-log(mlab_random_uniform(&address, 1)) * (site[i] ? 15 : 45));
        time[i] = fmin(at, 24);
        seen[i] = at <= 24;
    }
    world_real(&w, &context, "time", time, 200);
    world_real(&w, &context, "seen", seen, 200);
    world_real(&w, &context, "x", x, 200);
    mlab_column *column;
    if (!text) world_factor(&w, &context, "site", site, 200, names, 2);
    if (text) ck_assert_int_eq(mlab_table_add(w.table, "site", MLAB_COLUMN_TEXT, NULL, 0, &column, NULL), MLAB_OK);
    for (size_t i = 0; i < 200 && text; i++) ck_assert_int_eq(mlab_column_set_text(w.table, column, i, names[site[i]], 4, NULL), MLAB_OK);
    return w;
}

START_TEST(a_profile_is_of_the_stratum_it_names_and_of_times_that_are_watched)
{
    double times[] = {12}, later[] = {60}, survival;
    mlab_profile_value value[] = {{.column = "site", .text = "Oslo"}, {.column = "x", .text = "0", .is_number = true}};
    mlab_predict_profile profile = {.name = "north", .values = value, .n_values = 2};
    mlab_predict_outcome wish = {.outcome = "it", .scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = 1};
    mlab_predict_spec spec = {.profiles = &profile, .n_profiles = 1, .reference = SIZE_MAX, .outcomes = &wish, .n_outcomes = 1};
    mlab_outcome outcome = {.name = "it", .kind = MLAB_OUTCOME_EVENT, .better = 1, .model = "cox", .formula = "event(time, seen) ~ x + strata(site)"};
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 1);
    options.predict = &spec;
    for (int text = 0; text < 2; text++) {
        world w = sites(text);
        mlab_data data = {.context = &context, .people = w.table, .person_level = true};
        mlab_fit *fit;
        mlab_error err = {0};
        mlab_table_find(w.table, "x")->as.real[1] = 0; /* row 2, of Oslo */
        value[0].text = "Oslo";
        ck_assert_msg(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err) == MLAB_OK, "%s", err.sentence);
        const mlab_prediction *p = find(fit, "north", "level", "");
        ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 1, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 1, &survival, NULL), MLAB_OK);
        ck_near(p->value, survival, 1e-12, 0);
        ck_assert(p->lower < p->value && p->value < p->upper);
        mlab_fit_free(fit);
        wish.times = later;
        ck_assert_int_eq(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err), MLAB_ERR_FIT_MODEL);
        ck_assert_str_eq(err.sentence, "predict.outcomes.it: nobody is followed to 60; the data end at 24");
        wish.times = times;
        value[0].text = "Rome";
        ck_assert_int_ne(mlab_fit_outcome(&context, &data, &outcome, &options, &fit, &err), MLAB_OK);
        ck_assert_msg(strstr(err.sentence, text ? "site=Rome" : "'Rome' is no level of site"), "%s", err.sentence);
        world_free(&w);
    }
}
END_TEST

START_TEST(wrong_profiles_are_refused_with_their_place)
{
    static const char *const sentences[] = {"profile odd: 'unknown' is no level of gender in the rows of it; allowed: female, male",
                                            "profile odd: kids is a number, found 'some'", "profile odd: there is no column 'nothing'",
                                            "predict.outcomes.it: a logit model has no survival scale", "predict.outcomes.it: survival needs times"};
    double times[] = {1};
    context = mlab_test_context(NULL, 1);
    study s = phd("logit", "~ gender + kids + prestige");
    for (size_t k = 0; k < 5; k++) {
        mlab_profile_value value[] = {
            {.column = "gender", .text = "unknown"}, {.column = "kids", .text = "some"}, {.column = "nothing", .text = "1"}};
        for (size_t v = 0; v < 3; v++) value[v].place = mlab_place_text("study.yaml", 31, 9);
        mlab_predict_profile profile = {.name = "odd", .values = &value[k < 3 ? k : 0], .n_values = 1};
        mlab_predict_outcome wish = {
            .outcome = (char *)s.w.problem.outcome, .scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = k == 3, .place = value[0].place};
        mlab_predict_spec spec = {.reference = SIZE_MAX, .profiles = k < 3 ? &profile : NULL, .n_profiles = k < 3};
        if (k > 2) spec.outcomes = &wish, spec.n_outcomes = 1;
        mlab_fit_options options = mlab_fit_defaults();
        mlab_prepared *prepared;
        mlab_fit *fit;
        mlab_error err = {0};
        options.predict = &spec;
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &s.w.problem, &options, &prepared, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
        ck_assert_int_ne(mlab_after_make(&context, prepared, fit, &err), MLAB_OK);
        ck_assert_msg(strstr(err.sentence, sentences[k]), "%s", err.sentence);
        ck_assert_uint_eq(err.place.line, 31);
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
    }
    close_study(&s);
}
END_TEST

START_TEST(limits_stay_in_their_range)
{
    double lower, upper, sorted[] = {1, 2, 4, 8};
    mlab_limits(MLAB_RANGE_PROBABILITY, 0.98, 0.2, &lower, &upper);
    ck_assert(lower > 0 && lower < 0.98 && upper > 0.98 && upper < 1);
    mlab_limits(MLAB_RANGE_POSITIVE, 2, 2 * log(2), &lower, &upper);
    ck_near(lower, 1, 1e-12, 0);
    ck_near(upper, 4, 1e-12, 0);
    mlab_limits(MLAB_RANGE_SURVIVAL, 0.5, 0.5 * log(2) * log(2), &lower, &upper); /* log(-log) moves by log 2 */
    ck_near(lower, 0.25, 1e-12, 0);
    ck_near(upper, sqrt(0.5), 1e-12, 0);
    ck_assert_double_eq(mlab_quantile(sorted, 4, 0), 1);
    ck_assert_double_eq(mlab_quantile(sorted, 4, 0.5), 3);
    ck_assert_double_eq(mlab_quantile(sorted, 4, 1), 8);
}
END_TEST

START_TEST(a_pooled_mean_time_is_within_its_horizon)
{
    mlab_prediction lines[] = {{.time = 12, .value = 11.5, .se = 1}, {.time = 12, .value = 11.7, .se = 1}};
    mlab_after after[2];
    mlab_fit made[2] = {0}, *fits[] = {&made[0], &made[1]};
    for (int k = 0; k < 2; k++) {
        lines[k].profile = lines[k].of = lines[k].against = (char *)"";
        lines[k].measure = (char *)"level";
        lines[k].scale = (char *)"restricted_mean";
        after[k] = (mlab_after){.predictions = &lines[k], .n_predictions = 1, .level = 0.95};
        made[k].model = made[k].cluster = (char *)"";
        made[k].n_rows = 500;
        made[k].after = &after[k];
    }
    ck_assert_int_eq(mlab_after_pool(fits, 2, NULL), MLAB_OK);
    ck_assert(lines[0].lower < 11.6 && lines[0].lower > 9);
    ck_assert_double_eq(lines[0].upper, 12);
}
END_TEST

START_TEST(threads_do_not_change_a_byte)
{
    double first[64];
    mlab_predict_spec spec = two_profiles();
    for (int threads = 1; threads < 8; threads += threads == 1 ? 1 : 5) {
        context = mlab_test_context(NULL, threads);
        study s = phd("ordinal", "~ gender + kids");
        mlab_fit *fit = predicted(&s.w.problem, "ordinal", &spec);
        for (size_t k = 0; k < fit->after->n_predictions; k++) {
            if (threads == 1) first[2 * k] = fit->after->predictions[k].value;
            if (threads == 1) first[2 * k + 1] = fit->after->predictions[k].se;
            ck_assert(first[2 * k] == fit->after->predictions[k].value && first[2 * k + 1] == fit->after->predictions[k].se);
        }
        mlab_fit_free(fit);
        close_study(&s);
    }
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_predict_spec spec = two_profiles();
    mlab_fit_options options = mlab_fit_defaults();
    options.predict = &spec;
    spec.draws = true;
    spec.n_draws = 100;
    sweep_phd("logit", "~ gender + kids", options);
}
END_TEST

MLAB_TEST_MAIN("predictions", predictions_and_their_limits_agree_with_r, draws_have_the_spread_of_the_delta_method,
               survival_and_incidence_have_the_errors_of_plain_differences, averages_over_people_take_the_first_row_of_each,
               cox_profiles_have_intervals_and_differences, a_profile_is_of_the_stratum_it_names_and_of_times_that_are_watched,
               wrong_profiles_are_refused_with_their_place, limits_stay_in_their_range, a_pooled_mean_time_is_within_its_horizon,
               threads_do_not_change_a_byte, any_allocation_may_fail)

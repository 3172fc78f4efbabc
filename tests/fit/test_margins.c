/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Average marginal effects: against references made by scripts/reference/margins.R, by hand, and where there are none. */
#include "fit/phd.h"

static mlab_fit *with_margins(const mlab_fit_problem *problem, const char *model)
{
    mlab_fit_options options = mlab_fit_defaults();
    options.margins = true;
    return fit_after(problem, model, options);
}

static const mlab_margin *find(const mlab_fit *fit, const char *what, const char *of)
{
    for (size_t k = 0; k < fit->after->n_margins; k++)
        if (!strcmp(fit->after->margins[k].what, what) && !strcmp(fit->after->margins[k].of, of)) return &fit->after->margins[k];
    ck_abort_msg("no effect %s of %s", what, of);
    return NULL;
}

START_TEST(effects_and_their_errors_agree_with_r)
{
    static const char *const models[] = {"logit", "poisson", "ordinal", "linear"};
    csv table = csv_read(mlab_test_path("reference/margins_phd.csv"));
    size_t held = 0;
    context = mlab_test_context(NULL, 2);
    ck_assert_uint_gt(table.n_rows, 0);
    for (size_t m = 0; m < 4; m++) {
        study s = phd(models[m], "~ gender * kids + prestige + I(prestige^2)");
        mlab_fit *fit = with_margins(&s.w.problem, models[m]);
        for (size_t row = 0; row < table.n_rows; row++) {
            if (strcmp(csv_text(&table, row, "case"), models[m])) continue;
            const char *of = csv_text(&table, row, "of");
            const mlab_margin *margin = find(fit, csv_text(&table, row, "what"), strcmp(of, "-") ? of : "");
            double effect = csv_number(&table, row, "effect"), se = csv_number(&table, row, "se");
            ck_assert_msg(fabs(margin->effect - effect) <= 1e-7 * fmax(fabs(effect), se), "%s %s: %.17g, reference %.17g", models[m], margin->what,
                          margin->effect, effect);
            ck_assert_msg(mlab_test_near(margin->se, se, 1e-7, 0), "%s %s: error %.17g, reference %.17g", models[m], margin->what, margin->se, se);
            ck_near((margin->upper - margin->lower) / 2, se * mlab_fit_interval_factor(fit, 0.95), 1e-6, 0);
            held++;
        }
        mlab_fit_free(fit);
        close_study(&s);
    }
    ck_assert_uint_eq(held, table.n_rows);
    csv_free(&table);
}
END_TEST

static const mlab_margin *find_measure(const mlab_fit *fit, const char *what, const char *measure, const char *of)
{
    for (size_t k = 0; k < fit->after->n_margins; k++) {
        const mlab_margin *m = &fit->after->margins[k];
        if (!strcmp(m->what, what) && !strcmp(m->measure, measure) && !strcmp(m->of, of)) return m;
    }
    ck_abort_msg("no %s of %s: %s", measure, what, of);
    return NULL;
}

START_TEST(ratios_and_their_errors_agree_with_r)
{
    static const char *const models[] = {"logit", "poisson", "ordinal", "linear"};
    csv table = csv_read(mlab_test_path("reference/ratios_phd.csv"));
    mlab_fit_options options = mlab_fit_defaults();
    size_t held = 0, made = 0;
    context = mlab_test_context(NULL, 2);
    options.ratios = true;
    for (size_t m = 0; m < 4; m++) {
        study s = phd(models[m], "~ gender * kids + prestige + I(prestige^2)");
        mlab_fit *fit = fit_after(&s.w.problem, models[m], options);
        double factor = mlab_fit_interval_factor(fit, 0.95);
        for (size_t k = 0; k < fit->after->n_margins; k++)
            made += mlab_margin_is_ratio(&fit->after->margins[k]) && !strstr(fit->after->margins[k].what, "prestige");
        for (size_t row = 0; row < table.n_rows; row++) {
            if (strcmp(csv_text(&table, row, "case"), models[m])) continue;
            const char *of = csv_text(&table, row, "of");
            const mlab_margin *margin = find_measure(fit, csv_text(&table, row, "what"), csv_text(&table, row, "measure"), strcmp(of, "-") ? of : "");
            double effect = csv_number(&table, row, "effect"), se = csv_number(&table, row, "se");
            ck_near(margin->effect, effect, 1e-7, 1e-7 * se);
            ck_near(margin->se, se, 1e-7, 0);
            ck_near(margin->lower, effect * exp(-factor * se), 1e-6, 0);
            ck_near(margin->upper, effect * exp(factor * se), 1e-6, 0);
            held++;
        }
        mlab_fit_free(fit);
        close_study(&s);
    }
    ck_assert_uint_eq(held, table.n_rows);
    ck_assert_uint_eq(held, made); /* a linear model has none */
    csv_free(&table);
}
END_TEST

/* 500 draws: a standard deviation is within 14 % with chance 0.99999. Seed 7. */
START_TEST(draws_have_the_spread_of_the_delta_method)
{
    mlab_predict_spec spec = {.n_draws = 500, .seed = 7};
    mlab_fit_options options = mlab_fit_defaults(), drawn;
    context = mlab_test_context(NULL, 2);
    options.ratios = true;
    options.predict = &spec;
    drawn = options;
    drawn.margins_interval = 1;
    study s = phd("logit", "~ gender");
    mlab_fit *delta = fit_after(&s.w.problem, "logit", options), *draws = fit_after(&s.w.problem, "logit", drawn);
    ck_assert_uint_eq(delta->after->n_margins, 4); /* mean; a difference and two ratios */
    ck_assert_uint_eq(draws->after->n_margins, 4);
    for (size_t k = 0; k < 4; k++) {
        const mlab_margin *a = &delta->after->margins[k], *b = &draws->after->margins[k];
        ck_assert_str_eq(a->measure, b->measure);
        ck_near(b->effect, a->effect, 1e-12, 0);
        ck_near(b->se, a->se, 0.14, 0);
        ck_near(b->upper - b->lower, a->upper - a->lower, 0.2, 0); /* the delta method has t(22), draws the normal */
        ck_assert(b->lower != a->lower && b->lower < b->effect && b->effect < b->upper);
    }
    mlab_fit_free(delta);
    mlab_fit_free(draws);
    close_study(&s);
}
END_TEST

/* Survival at two times had all been of one gender: held to means of mlab_predict_at over the rows. */
START_TEST(models_of_times_have_effects_at_the_times_that_are_predicted)
{
    static const char *const models[] = {"weibull", "cox"};
    double times[] = {2, 4}, stated[] = {1, 2}, mean[2][2], *at = room(2000, sizeof *at);
    mlab_predict_outcome wish = {
        .scale = -1, .times = times, .n_times = 2, .stated = stated, .stated_unit = (char *)"years", .unit = (char *)"terms"};
    mlab_predict_spec spec = {.reference = SIZE_MAX, .outcomes = &wish, .n_outcomes = 1};
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 2);
    options.ratios = true;
    options.predict = &spec;
    for (int k = 0; k < 2; k++) {
        study s = phd(models[k], "~ gender + prestige");
        wish.outcome = (char *)s.w.problem.outcome;
        mlab_fit *fit = fit_after(&s.w.problem, models[k], options);
        mlab_column *gender = mlab_table_find(s.w.table, "gender");
        for (int32_t g = 0; g < 2; g++) {
            mean[g][0] = mean[g][1] = 0;
            for (size_t i = 0; i < s.n; i++) gender->as.integer[i] = g;
            ck_assert_int_eq(mlab_predict_at(&context, fit, s.w.table, NULL, 0, s.n, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 2, at, NULL), MLAB_OK);
            for (size_t i = 0; i < 2 * s.n; i++) mean[g][i % 2] += at[i] / (double)s.n;
        }
        size_t found = 0;
        for (size_t m = 0; m < fit->after->n_margins; m++) {
            const mlab_margin *margin = &fit->after->margins[m];
            int t = margin->time == 2;
            ck_assert_str_eq(margin->unit, "years");
            ck_assert((margin->se > 0) == (k == 0)); /* a baseline is uncertain, too */
            ck_assert(k == 0 ? margin->lower < margin->effect && margin->effect < margin->upper : isnan(margin->lower) && isnan(margin->upper));
            if (strchr(margin->what, '/')) ck_assert_str_eq(margin->measure, "ratio of probabilities");
            if (!strcmp(margin->what, "gender: male - female")) ck_near(margin->effect, mean[1][t] - mean[0][t], 1e-10, 0), found++;
            if (!strcmp(margin->what, "gender: male / female")) ck_near(margin->effect, mean[1][t] / mean[0][t], 1e-10, 0), found++;
        }
        ck_assert_uint_eq(found, 4);
        mlab_fit_free(fit);
        close_study(&s);
    }
    free(at);
}
END_TEST

/* Differences of mean times in half the unit are half as large; their ratios have no unit. */
START_TEST(differences_of_mean_times_stand_in_the_unit_that_was_written)
{
    double times[] = {4, 6}, stated[] = {2, 3};
    mlab_predict_outcome wish = {.scale = MLAB_SCALE_RESTRICTED, .times = times, .n_times = 2, .stated_unit = (char *)"years"};
    mlab_predict_spec spec = {.reference = SIZE_MAX, .outcomes = &wish, .n_outcomes = 1};
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 1);
    options.ratios = true;
    options.predict = &spec;
    study s = phd("weibull", "~ gender + prestige");
    wish.outcome = (char *)s.w.problem.outcome;
    mlab_fit *in_terms = fit_after(&s.w.problem, "weibull", options);
    wish.stated = stated;
    mlab_fit *in_years = fit_after(&s.w.problem, "weibull", options);
    size_t n = in_terms->after->n_margins, n_ratios = 0;
    ck_assert_uint_ge(n, 4);
    ck_assert_uint_eq(in_years->after->n_margins, n);
    for (size_t m = 0; m < n; m++) {
        const mlab_margin *one = &in_terms->after->margins[m], *other = &in_years->after->margins[m];
        bool ratio = strstr(one->measure, "ratio") != NULL;
        double by = ratio ? 1 : 0.5;
        n_ratios += ratio;
        ck_assert_str_eq(one->what, other->what);
        ck_assert(one->effect != 0 && other->time == one->time / 2);
        ck_near(other->effect, by * one->effect, 1e-14, 0);
        ck_near(other->se, by * one->se, 1e-14, 0);
        ck_near(other->lower, by * one->lower, 1e-14, 0);
        ck_near(other->upper, by * one->upper, 1e-14, 0);
    }
    ck_assert(n_ratios > 0 && n_ratios < n);
    mlab_fit_free(in_terms);
    mlab_fit_free(in_years);
    close_study(&s);
}
END_TEST

/* Draws of a Cox fit hold its baseline, robust or not: the mean over everybody has the error of its prediction, which is by the delta method with the
 * baseline in it. 500 draws: a standard deviation is within 14 % with chance 0.99999. Seed 7. */
START_TEST(draws_of_a_cox_fit_hold_its_baseline)
{
    double times[] = {2, 4};
    mlab_predict_outcome wish = {.scale = -1, .times = times, .n_times = 2};
    mlab_predict_spec spec = {.reference = SIZE_MAX, .outcomes = &wish, .n_outcomes = 1, .n_draws = 500, .seed = 7};
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 2);
    options.margins = true;
    options.margins_interval = 1;
    options.predict = &spec;
    for (int robust = 0; robust < 2; robust++) {
        options.robust = robust ? MLAB_ROBUST_HC0 : MLAB_ROBUST_CR1;
        study s = phd("cox", "~ gender + prestige");
        wish.outcome = (char *)s.w.problem.outcome;
        mlab_fit *fit = fit_after(&s.w.problem, "cox", options);
        ck_assert_uint_eq(fit->after->n_predictions, 2);
        for (size_t t = 0; t < 2; t++) {
            const mlab_margin *drawn = &fit->after->margins[t];
            const mlab_prediction *delta = &fit->after->predictions[t];
            ck_assert_str_eq(drawn->what, "mean");
            ck_assert_str_eq(delta->profile, "everybody");
            ck_near(drawn->effect, delta->value, 1e-10, 0);
            ck_near(drawn->se, delta->se, 0.14, 0);
            ck_assert(drawn->lower < drawn->effect && drawn->effect < drawn->upper);
        }
        mlab_fit_free(fit);
        close_study(&s);
    }
}
END_TEST

/* 20 rows of x = 0 with 5 events, 20 of x = 1 with 10: the effect is the difference of shares, with the errors of two shares. */
START_TEST(the_effect_of_a_factor_alone_is_the_difference_of_shares)
{
    static const char *const levels[] = {"off", "on"};
    int32_t group[40], what[40];
    context = mlab_test_context(NULL, 1);
    for (int i = 0; i < 40; i++) {
        group[i] = i / 20;
        what[i] = i % 20 < (i < 20 ? 5 : 10);
    }
    world w = {0};
    world_factor(&w, &context, "arm", group, 40, levels, 2);
    world_formula(&w, &context, "~ arm");
    world_categories(&w, what, 2, yes);
    mlab_fit *fit = with_margins(&w.problem, "logit");
    ck_assert_uint_eq(fit->after->n_margins, 2);
    ck_near(fit->after->margins[0].effect, 15.0 / 40, 1e-10, 0);
    ck_assert_str_eq(fit->after->margins[1].what, "arm: on - off");
    ck_near(fit->after->margins[1].effect, 0.25, 1e-9, 0);
    ck_near(fit->after->margins[1].se, sqrt(0.25 * 0.75 / 20 + 0.5 * 0.5 / 20), 1e-8, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_model_without_a_response_scale_has_no_effects)
{
    context = mlab_test_context(NULL, 1);
    study s = phd("cox", "~ gender + kids");
    mlab_fit *fit = with_margins(&s.w.problem, "cox");
    ck_assert_uint_eq(fit->after->n_margins, 0);
    ck_assert_ptr_nonnull(strstr(fit->reason, "no average effects: a cox model has them over time; state predict.outcomes.it.times"));
    mlab_fit_free(fit);
    close_study(&s);
}
END_TEST

START_TEST(a_number_whose_logarithm_ends_a_step_away_has_no_slope_and_the_others_do)
{
    double x[40], z[40];
    int32_t what[40];
    context = mlab_test_context(NULL, 1);
    for (int i = 0; i < 40; i++) {
        x[i] = i == 0 ? 1e-9 : i % 5 + 1;
        z[i] = i % 3;
        what[i] = i * 7 % 10 < 4;
    }
    world w = {0};
    world_real(&w, &context, "x", x, 40);
    world_real(&w, &context, "z", z, 40);
    world_formula(&w, &context, "~ log(x) + z");
    world_categories(&w, what, 2, yes);
    mlab_fit *fit = with_margins(&w.problem, "logit");
    ck_assert_uint_eq(fit->after->n_margins, 2);
    ck_assert_str_eq(fit->after->margins[1].what, "z: slope");
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(threads_do_not_change_a_byte)
{
    double first[64];
    for (int threads = 1; threads < 8; threads += threads == 1 ? 1 : 5) {
        context = mlab_test_context(NULL, threads);
        study s = phd("ordinal", "~ gender + kids");
        mlab_fit *fit = with_margins(&s.w.problem, "ordinal");
        for (size_t k = 0; k < fit->after->n_margins; k++) {
            if (threads == 1) first[2 * k] = fit->after->margins[k].effect;
            if (threads == 1) first[2 * k + 1] = fit->after->margins[k].se;
            ck_assert(first[2 * k] == fit->after->margins[k].effect && first[2 * k + 1] == fit->after->margins[k].se);
        }
        mlab_fit_free(fit);
        close_study(&s);
    }
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_predict_spec spec = {.n_draws = 20, .seed = 1};
    mlab_fit_options options = mlab_fit_defaults();
    options.margins = true;
    sweep_phd("ordinal", "~ gender", options);
    sweep_phd("linear", "~ kids", options);
    options.ratios = true;
    options.margins_interval = 1;
    options.predict = &spec;
    sweep_phd("linear", "~ 1", options);
}
END_TEST

MLAB_TEST_MAIN("margins", effects_and_their_errors_agree_with_r, ratios_and_their_errors_agree_with_r, draws_have_the_spread_of_the_delta_method,
               models_of_times_have_effects_at_the_times_that_are_predicted, differences_of_mean_times_stand_in_the_unit_that_was_written,
               draws_of_a_cox_fit_hold_its_baseline, the_effect_of_a_factor_alone_is_the_difference_of_shares,
               a_model_without_a_response_scale_has_no_effects, a_number_whose_logarithm_ends_a_step_away_has_no_slope_and_the_others_do,
               threads_do_not_change_a_byte, any_allocation_may_fail)

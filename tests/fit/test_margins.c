/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Average marginal effects: against references made by scripts/reference/margins.R, by hand, and where there are none. */
#include "fit/after/after.h"
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
    mlab_test_memory memory = {0};
    context = mlab_test_context(NULL, 1);
    study s = phd("ordinal", "~ gender + kids");
    mlab_context failing = mlab_test_context(&memory, 1);
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_fit *fit;
    options.margins = true;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("ordinal"), &s.w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    for (long k = 1;; k++) {
        mlab_fit copy = *fit;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_after_make(&failing, prepared, &copy, NULL);
        mlab_after_free(copy.after);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    close_study(&s);
}
END_TEST

MLAB_TEST_MAIN("margins", effects_and_their_errors_agree_with_r, the_effect_of_a_factor_alone_is_the_difference_of_shares,
               a_model_without_a_response_scale_has_no_effects, a_number_whose_logarithm_ends_a_step_away_has_no_slope_and_the_others_do,
               threads_do_not_change_a_byte, any_allocation_may_fail)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of predicted risks of censored times against R, and the diagnoses of models of times on right and wrong worlds. */
#include "core/random.h"
#include "fit/after/after.h"
#include "fit/diagnose/scores.h"
#include "fit/reference.h"

START_TEST(scores_are_those_of_concordance_and_of_plain_r)
{
    csv data = csv_read(mlab_test_path("reference/rossi.csv")), reference = csv_read(mlab_test_path("reference/diagnose.csv"));
    static double time[500], risk[500];
    static int32_t event[500];
    mlab_time_scores s;
    context = mlab_test_context(NULL, 1);
    for (size_t i = 0; i < data.n_rows; i++) {
        double week = csv_number(&data, i, "week"), watched = 10 + (double)((37 * (i + 1)) % 45);
        time[i] = fmin(week, watched);
        event[i] = watched < week ? 0 : (int32_t)csv_number(&data, i, "arrest");
        risk[i] = 1 / (1 + exp(-(csv_number(&data, i, "prio") - csv_number(&data, i, "age") / 5) / 4));
    }
    ck_assert_int_eq(mlab_time_scores_make(&context, data.n_rows, time, event, risk, 40, &s, NULL), MLAB_OK);
    const struct {
        const char *name;
        double value;
    } ours[] = {{"harrell", s.harrell}, {"uno", s.uno}, {"auc", s.auc}, {"brier", s.brier}, {"alike", s.brier_alike}, {"share", s.share}};
    size_t held = 0;
    for (size_t r = 0; r < reference.n_rows; r++)
        for (size_t k = 0; k < 6 && !strcmp(csv_text(&reference, r, "case"), "scores"); k++)
            if (!strcmp(csv_text(&reference, r, "term"), ours[k].name)) {
                ck_assert_msg(mlab_test_near(ours[k].value, csv_number(&reference, r, "statistic"), 1e-10, 0), "%s: %.17g", ours[k].name,
                              ours[k].value);
                held++;
            }
    ck_assert_uint_eq(held, 6);
    csv_free(&data);
    csv_free(&reference);
}
END_TEST

START_TEST(without_pairs_there_is_no_share_of_them)
{
    const double time[] = {1, 2}, risk[] = {0.3, 0.2};
    const int32_t none[] = {0, 0};
    mlab_time_scores s;
    context = mlab_test_context(NULL, 1);
    ck_assert_int_eq(mlab_time_scores_make(&context, 2, time, none, risk, 1, &s, NULL), MLAB_OK);
    ck_assert(s.harrell == -1 && s.uno == -1 && s.auc == -1);
}
END_TEST

/* 600 people: exponential times at rate exp(x), x in -1, 0, 1 and a group; wrong: the group's people have events at a constant day. */
enum { PEOPLE = 600 };
static int32_t stop[PEOPLE], status_of[PEOPLE];

static void make_world(world *w, const char *formula, bool wrong, int threads)
{
    static const char *const names[] = {"a", "b"};
    static double x[PEOPLE];
    static int32_t group[PEOPLE];
    *w = (world){0};
    context = mlab_test_context(NULL, threads);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        mlab_address address = {.seed = 3, .entity = i, .purpose = MLAB_PURPOSE_GENERATE_HIRE};
        x[i] = (double)(i % 3) - 1;
        group[i] = (int32_t)(i / 3 % 2);
        double day = -log(mlab_random_uniform(&address, 0)) * 400 * exp(-x[i]), seen = 200 + 600 * mlab_random_uniform(&address, 1);
        if (wrong && group[i]) day = 150 + 20 * mlab_random_uniform(&address, 2);
        stop[i] = 1 + (int32_t)fmin(day, seen);
        status_of[i] = day <= seen;
    }
    world_real(w, &context, "x", x, PEOPLE);
    world_factor(w, &context, "group", group, PEOPLE, names, 2);
    world_formula(w, &context, formula);
    w->problem.stop = stop;
    w->problem.status = status_of;
}

static mlab_fit *diagnosed(const char *model, const char *formula, bool wrong, int threads)
{
    world w;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_error err = {0};
    make_world(&w, formula, wrong, threads);
    options.diagnose = true;
    ck_assert_msg(!mlab_prepare(&context, mlab_model_find(model), &w.problem, &options, &prepared, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_prepared_fit(&context, prepared, &fit, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_after_make(&context, prepared, fit, &err), "%s", err.sentence);
    mlab_prepared_free(prepared);
    world_free(&w);
    return fit;
}

static const mlab_diagnosis *find(const mlab_fit *fit, const char *what)
{
    for (size_t k = 0; k < fit->after->n_diagnoses; k++)
        if (!strcmp(fit->after->diagnoses[k].what, what)) return &fit->after->diagnoses[k];
    ck_abort_msg("nothing about %s", what);
    return NULL;
}

/* One seed; a doubt would need a chance of about 1 in 1,000 (residuals) or 4 standard errors. C is that of x: about 0.67. */
START_TEST(right_models_of_times_raise_no_alarm)
{
    static const char *const models[] = {"cox", "exponential", "weibull", "spline"};
    for (int k = 0; k < 4; k++) {
        mlab_fit *fit = diagnosed(models[k], "~ x + group", false, 1 + k % 2);
        for (size_t j = 0; j < fit->after->n_diagnoses; j++)
            ck_assert_msg(!fit->after->diagnoses[j].doubt, "%s: %s", models[k], fit->after->diagnoses[j].sentence);
        ck_near(find(fit, "discrimination")->statistic, 0.68, 0, 0.03);
        ck_assert_double_gt(find(fit, "residuals")->p, 0.001);
        ck_assert_double_gt(find(fit, "prediction")->statistic, 0.1);
        mlab_fit_free(fit);
    }
}
END_TEST

START_TEST(a_wrong_law_is_found_by_its_residuals_and_a_wrong_group_by_its_calibration)
{
    mlab_fit *fit = diagnosed("exponential", "~ x + group", true, 1);
    ck_assert_msg(find(fit, "residuals")->doubt, "%s", find(fit, "residuals")->sentence);
    mlab_fit_free(fit);
    fit = diagnosed("cox", "~ x * group", true, 1);
    ck_assert_msg(find(fit, "calibration by group")->doubt, "%s", find(fit, "calibration by group")->sentence);
    mlab_fit_free(fit);
}
END_TEST

START_TEST(every_failed_allocation_is_reported_and_nothing_leaks)
{
    world w;
    mlab_fit_options options = mlab_fit_defaults();
    mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_test_memory memory = {0};
    mlab_status got = MLAB_ERR_MEMORY;
    make_world(&w, "~ x", false, 1);
    w.problem.n = 150;
    mlab_context failing = mlab_test_context(&memory, 1);
    options.diagnose = true;
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("exponential"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 100000; k += k < 60 ? 1 : 37) {
        memory = (mlab_test_memory){.fail_at = k};
        got = mlab_after_make(&failing, prepared, fit, NULL);
        mlab_after_free(fit->after);
        fit->after = NULL;
        ck_assert_msg(memory.live == 0, "call %ld leaves %ld blocks", k, memory.live);
    }
    ck_assert_int_eq(got, MLAB_OK);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("scores", scores_are_those_of_concordance_and_of_plain_r, without_pairs_there_is_no_share_of_them,
               right_models_of_times_raise_no_alarm, a_wrong_law_is_found_by_its_residuals_and_a_wrong_group_by_its_calibration,
               every_failed_allocation_is_reported_and_nothing_leaks)

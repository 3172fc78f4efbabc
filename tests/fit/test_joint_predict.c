/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions and average effects of the parts of joint models: errors against the covariance of the whole model by plain differences, draws against
 * both; values against a reference: test_joint_predict_values.c. */
#include "fit/joint_mean.h"

#include "core/random.h"

static char col_time[] = "time", col_x[] = "x", one[] = "1", minus[] = "-1";
static char name_high[] = "high", name_low[] = "low", of_leaving[] = "retention", of_answers[] = "satisfaction";
static mlab_profile_value is_high[] = {{.column = col_x, .text = one, .number = 1, .is_number = true},
                                       {.column = col_time, .text = one, .number = 1, .is_number = true}};
static mlab_profile_value is_low[] = {{.column = col_x, .text = minus, .number = -1, .is_number = true},
                                      {.column = col_time, .text = one, .number = 1, .is_number = true}};
static double times[] = {1, 4};

/* --- errors ------------------------------------------------------------------------------------------------------------ */

static const joint_truth plain = {.people = 300, .periods = 8, .seed = 5, .sd = 1, .gain = -0.6, .base = -2.3, .two_causes = true, .gain_other = 0.4};

/* Retention at other parameters of the whole: its own, then the loadings of its causes. */
static double moved(const mlab_fit *fit, const world *w, const size_t *at, const double *psi, size_t cause, double time)
{
    mlab_fit view = *fit->joint->parts[1];
    mlab_random_effects random = *view.random;
    double estimate[16], covariance[4];
    for (size_t j = 0; j < view.n_parameters; j++) estimate[j] = psi[at[0] + j];
    for (size_t k = 0; k < 4; k++) covariance[k] = psi[at[1 + k / 2]] * psi[at[1 + k % 2]];
    view.estimate = estimate, view.random = &random, random.covariance = covariance;
    return mean_of(&view, w, 1, "x", 1, "incidence", true, time, cause);
}

/* Error by the whole covariance and differences of second order. */
static double plain_error(const mlab_fit *fit, const world *w, size_t cause, double time)
{
    const size_t at[] = {joint_parameter(fit, "retention:voluntary:(Intercept)"), joint_parameter(fit, "retention:voluntary ~ satisfaction"),
                         joint_parameter(fit, "retention:involuntary ~ satisfaction")};
    size_t n = fit->n_parameters;
    double psi[32], gradient[32] = {0}, variance = 0;
    memcpy(psi, fit->estimate, n * sizeof *psi);
    for (size_t j = 0; j < n; j++) {
        double h = 1e-3 * sqrt(fit->robust[j * n + j]);
        psi[j] += h;
        double up = moved(fit, w, at, psi, cause, time);
        psi[j] -= 2 * h;
        gradient[j] = (up - moved(fit, w, at, psi, cause, time)) / (2 * h);
        psi[j] = fit->estimate[j];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) variance += gradient[i] * fit->robust[i * n + j] * gradient[j];
    return sqrt(variance);
}

typedef struct predicted {
    joint_world w;
    mlab_fit *fit;
} predicted;

static mlab_predict_spec spec_of(mlab_predict_profile *profiles, mlab_predict_outcome *outcomes)
{
    return (mlab_predict_spec){
        .profiles = profiles, .n_profiles = 2, .reference = 1, .n_draws = 400, .seed = 3, .outcomes = outcomes, .n_outcomes = 2};
}

static predicted predict(const joint_truth *truth, mlab_joint_effects effects, int64_t draws, bool typical)
{
    static mlab_predict_profile profiles[] = {{.name = name_high, .values = is_high, .n_values = 2},
                                              {.name = name_low, .values = is_low, .n_values = 2}};
    mlab_predict_outcome outcomes[] = {{.outcome = of_leaving, .scale = MLAB_SCALE_INCIDENCE, .times = times, .n_times = 2, .typical = typical},
                                       {.outcome = of_answers, .scale = MLAB_SCALE_RESPONSE, .typical = typical}};
    mlab_predict_spec spec = spec_of(profiles, outcomes);
    mlab_fit_options options = mlab_fit_defaults();
    spec.draws = draws > 0;
    spec.n_draws = draws;
    options.predict = &spec;
    options.margins = truth->people < 100;
    options.margins_interval = draws > 0;
    predicted p = {.w = joint_world_make(&context, truth)};
    joint_prepare(&p.w, &context, truth, &options);
    p.fit = joint_world_fit(&p.w, &context, effects, &options);
    ck_assert_msg(p.fit->trust == MLAB_TRUSTED, "%s", p.fit->reason);
    return p;
}

static void predicted_free(predicted *p)
{
    mlab_fit_free(p->fit);
    joint_world_free(&p->w);
}

static const mlab_margin *margin_of(const mlab_fit *part, const char *what, const char *of)
{
    ck_assert_ptr_nonnull(part->after);
    for (size_t k = 0; k < part->after->n_margins; k++)
        if (!strcmp(part->after->margins[k].what, what) && !strcmp(part->after->margins[k].of, of)) return &part->after->margins[k];
    ck_abort_msg("no %s of %s", what, of);
    return NULL;
}

/* What the options ask for hangs on the parts: lines of profiles, and effects, which are differences of averages. */
START_TEST(profiles_and_average_effects_hang_on_the_parts)
{
    context = mlab_test_context(NULL, 2);
    joint_truth t = plain;
    t.people = 90;
    predicted p = predict(&t, MLAB_JOINT_SHARED, 0, false);
    const mlab_fit *part = p.fit->joint->parts[1], *answers = p.fit->joint->parts[0];
    const mlab_after *after = part->after;
    ck_assert_uint_eq(after->n_predictions, 16);          /* two times and two causes of two levels, a difference, a ratio */
    ck_assert_uint_eq(answers->after->n_predictions, 20); /* of five levels each */
    const mlab_prediction *high = &after->predictions[2];
    ck_assert_str_eq(high->profile, "high");
    ck_assert_str_eq(high->scale, "incidence");
    ck_near(high->value, mean_of(part, &p.w.exits, 1, "x", 1, "incidence", true, 4, 0), 1e-10, 0);
    ck_assert(high->se > 0 && 0 < high->lower && high->lower < high->value && high->value < high->upper && high->upper < 1);
    const mlab_prediction *difference = &after->predictions[10];
    ck_assert_str_eq(difference->measure, "difference");
    ck_near(difference->value, high->value - after->predictions[6].value, 1e-12, 1e-14);
    for (int r = 0; r < 2; r++) {
        const mlab_fit *of = p.fit->joint->parts[r];
        const mlab_margin *mean = margin_of(of, "mean", r ? "voluntary" : "5"), *slope = margin_of(of, "x: slope", r ? "voluntary" : "5");
        size_t which = r ? 0 : 4;
        const world *w = r ? &p.w.exits : &p.w.answers;
        ck_near(mean->effect, mean_of(of, w, SIZE_MAX, NULL, 0, "response", true, -1, which), 1e-9, 0);
        ck_assert(slope->se > 0 && slope->lower < slope->effect && slope->effect < slope->upper);
        double *x = mlab_table_find(w->table, "x")->as.real, h = 1e-3, up, down;
        for (size_t i = 0; i < w->table->n_rows; i++) x[i] += h;
        up = mean_of(of, w, SIZE_MAX, NULL, 0, "response", true, -1, which);
        for (size_t i = 0; i < w->table->n_rows; i++) x[i] -= 2 * h;
        down = mean_of(of, w, SIZE_MAX, NULL, 0, "response", true, -1, which);
        for (size_t i = 0; i < w->table->n_rows; i++) x[i] += h;
        ck_near(slope->effect, (up - down) / (2 * h), 1e-5, 0);
    }
    predicted_free(&p);
}
END_TEST

START_TEST(errors_know_that_how_people_differ_is_estimated)
{
    context = mlab_test_context(NULL, 2);
    predicted p = predict(&plain, MLAB_JOINT_SHARED, 0, false);
    const mlab_after *after = p.fit->joint->parts[1]->after;
    for (size_t c = 0; c < 4; c++) { /* time by time, both causes */
        const mlab_prediction *line = &after->predictions[c];
        ck_assert_str_eq(line->of, c % 2 ? "involuntary" : "voluntary");
        ck_near(line->se, plain_error(p.fit, &p.w.exits, c % 2, times[c / 2]), 1e-5, 0);
    }
    predicted_free(&p);
}
END_TEST

/* 1,500 draws: an error of an error of 2 %, quantiles of 5 %; limits of 4 of these and of what is not linear. */
START_TEST(draws_spread_as_the_errors_say)
{
    context = mlab_test_context(NULL, 2);
    for (int typical = 0; typical < 2; typical++) {
        predicted delta = predict(&plain, MLAB_JOINT_SHARED, 0, typical), drawn = predict(&plain, MLAB_JOINT_SHARED, 1500, typical);
        for (size_t r = 0; r < 2; r++) {
            const mlab_after *a = delta.fit->joint->parts[r]->after, *b = drawn.fit->joint->parts[r]->after;
            ck_assert_uint_eq(a->n_predictions, b->n_predictions);
            for (size_t k = 0; k < a->n_predictions; k++) {
                ck_assert(a->predictions[k].value == b->predictions[k].value);
                ck_near(a->predictions[k].se, b->predictions[k].se, 0.12, 0);
                ck_near(a->predictions[k].lower, b->predictions[k].lower, 0, 0.5 * a->predictions[k].se * fmax(1, a->predictions[k].value));
            }
        }
        predicted_free(&delta);
        predicted_free(&drawn);
    }
}
END_TEST

/* Effects of their own: the variance of the hazard's effect is the sum of both squares; of a number in the first part nothing hangs on them. */
START_TEST(effects_of_their_own_and_numbers_are_averaged_over)
{
    context = mlab_test_context(NULL, 2);
    joint_truth t = plain;
    t.gaussian = true, t.two_causes = false, t.own = 0.5;
    predicted p = predict(&t, MLAB_JOINT_CORRELATED, 0, false), q = predict(&t, MLAB_JOINT_CORRELATED, 0, true);
    for (size_t k = 0; k < 2; k++) {
        const mlab_prediction *a = &p.fit->joint->parts[0]->after->predictions[k], *b = &q.fit->joint->parts[0]->after->predictions[k];
        ck_near(a->value, b->value, 1e-9, 0); /* a mean of numbers is that of the typical person */
        ck_near(a->se, b->se, 1e-6, 0);
    }
    const mlab_fit *part = p.fit->joint->parts[1];
    ck_near(part->after->predictions[1].value, mean_of(part, &p.w.exits, 1, "x", 1, "incidence", true, 4, 0), 1e-10, 0);
    ck_assert(part->after->predictions[1].se > 0);
    predicted_free(&p);
    predicted_free(&q);
}
END_TEST

START_TEST(threads_change_no_byte)
{
    predicted p[3];
    joint_truth t = plain;
    t.people = 70, t.gaussian = true;
    for (int k = 0; k < 3; k++) {
        context = mlab_test_context(NULL, (int[]){1, 2, 7}[k]);
        p[k] = predict(&t, MLAB_JOINT_SHARED, 6, false);
    }
    for (int k = 1; k < 3; k++)
        for (size_t r = 0; r < 2; r++) {
            const mlab_after *a = p[0].fit->joint->parts[r]->after, *b = p[k].fit->joint->parts[r]->after;
            for (size_t i = 0; i < a->n_margins; i++)
                ck_assert(a->margins[i].effect == b->margins[i].effect && a->margins[i].lower == b->margins[i].lower);
            for (size_t i = 0; i < a->n_predictions; i++)
                ck_assert(!memcmp(&a->predictions[i].value, &b->predictions[i].value, sizeof(double)) &&
                          !memcmp(&a->predictions[i].lower, &b->predictions[i].lower, sizeof(double)));
        }
    for (int k = 0; k < 3; k++) predicted_free(&p[k]);
}
END_TEST

START_TEST(what_is_not_made_of_joint_models_is_said)
{
    context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    options.tests = options.diagnose = true;
    joint_truth t = plain;
    t.people = 80;
    joint_world w = joint_world_make(&context, &t);
    joint_prepare(&w, &context, &t, &options);
    mlab_fit *fit = joint_world_fit(&w, &context, MLAB_JOINT_SHARED, &options);
    ck_assert_ptr_nonnull(strstr(fit->reason, "tests, profile limits and diagnoses are not built for joint models, and were left out"));
    mlab_fit_free(fit);
    joint_world_free(&w);
}
END_TEST

/* Of a fit with these options; before: calls that a fit without them makes, which another test sweeps. */
static long sweep(const mlab_predict_spec *spec, long before)
{
    mlab_test_memory memory = {0};
    mlab_fit_options options = mlab_fit_defaults();
    joint_truth t = plain;
    t.people = 30, t.periods = 4, t.two_causes = false, t.gaussian = true;
    options.predict = spec;
    options.quadrature = 3;
    context = mlab_test_context(&memory, 1);
    joint_world w = joint_world_make(&context, &t);
    joint_prepare(&w, &context, &t, &options);
    const mlab_joint_part_problem parts[] = {{w.prepared[0], w.effects}, {w.prepared[1], NULL}};
    long live = memory.live;

    for (long k = before;; k++) {
        mlab_fit *fit;
        mlab_error err = {0};
        memory.calls = 0, memory.fail_at = k;
        mlab_status status = mlab_joint_fit_parts(&context, "together", parts, joint_names, 2, MLAB_JOINT_SHARED, &options, &fit, &err);
        memory.fail_at = 0;
        ck_assert_msg(!status || status == MLAB_ERR_MEMORY, "allocation %ld: %s", k, err.sentence);
        ck_assert(!status || !fit);
        mlab_fit_free(fit);
        ck_assert_int_eq(memory.live, live);
        if (!status) break;
    }
    joint_world_free(&w);
    return memory.calls;
}

START_TEST(memory_may_run_out_anywhere)
{
    static mlab_predict_profile profiles[] = {{.name = name_high, .values = is_high, .n_values = 2}};
    mlab_predict_outcome outcomes[] = {{.outcome = of_leaving, .scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = 1}};
    mlab_predict_spec spec = {.profiles = profiles, .n_profiles = 1, .reference = SIZE_MAX, .n_draws = 2, .outcomes = outcomes, .n_outcomes = 1};
    long plainly = sweep(NULL, 0);
    ck_assert_int_gt(sweep(&spec, plainly), plainly + 20);
    spec.draws = true;
    sweep(&spec, plainly);
}
END_TEST

MLAB_TEST_MAIN("joint predictions", profiles_and_average_effects_hang_on_the_parts, errors_know_that_how_people_differ_is_estimated,
               draws_spread_as_the_errors_say, effects_of_their_own_and_numbers_are_averaged_over, threads_change_no_byte,
               what_is_not_made_of_joint_models_is_said, memory_may_run_out_anywhere)

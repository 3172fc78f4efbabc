/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of every row: for own groups, averaged, typical; their errors; what has none; wrong requests.
 *
 *     240 people in 24 teams, y = 1 + (0.5 + slope of the team) x + team + noise; 12 teams of 4 people, 12 of 16
 */
#include "fit/reference.h"
#include "mentorlab/after.h"

#include "core/random.h"

enum { PEOPLE = 240, TEAMS = 24 };

static double x[PEOPLE], y[PEOPLE], time_of[PEOPLE], seen[PEOPLE];
static int32_t team[PEOPLE];

static world people(void)
{
    static char names[TEAMS][8];
    static const char *levels[TEAMS];
    world w = {0};
    for (int g = 0; g < TEAMS; g++) {
        snprintf(names[g], sizeof names[g], "t%02d", g);
        levels[g] = names[g];
    }
    for (uint32_t i = 0; i < PEOPLE; i++) {
        mlab_address at = {.seed = 12, .entity = i, .purpose = MLAB_PURPOSE_TEST}, of = {.seed = 13, .purpose = MLAB_PURPOSE_TEST};
        team[i] = (int32_t)(i < 96 ? i % TEAMS : 12 + i % 12);
        of.entity = (uint32_t)team[i];
        x[i] = mlab_random_normal(&at, 0);
        y[i] = 1 + (0.5 + 0.6 * mlab_random_normal(&of, 1)) * x[i] + 0.8 * mlab_random_normal(&of, 0) + mlab_random_normal(&at, 2);
        time_of[i] = ceil(-log(mlab_random_uniform(&at, 1)) * 30);
        seen[i] = i % 4 != 0;
    }
    world_real(&w, &context, "x", x, PEOPLE);
    world_real(&w, &context, "y", y, PEOPLE);
    world_real(&w, &context, "time", time_of, PEOPLE);
    world_real(&w, &context, "seen", seen, PEOPLE);
    world_factor(&w, &context, "team", team, PEOPLE, levels, TEAMS);
    return w;
}

typedef struct asked {
    world w;
    mlab_data data;
    mlab_outcome outcome;
    mlab_fit_options options;
    mlab_fit *fit;
} asked;

static asked fitted(const char *model, const char *formula)
{
    asked a = {.w = people(), .options = mlab_fit_defaults()};
    mlab_error err = {0};
    a.data = (mlab_data){.context = &context, .people = a.w.table, .person_level = true};
    a.outcome = (mlab_outcome){.name = (char *)"it", .kind = MLAB_OUTCOME_NUMBER, .better = 1, .model = (char *)model, .formula = (char *)formula};
    ck_assert_msg(mlab_fit_outcome(&context, &a.data, &a.outcome, &a.options, &a.fit, &err) == MLAB_OK, "%s", err.sentence);
    return a;
}

static void end(asked *a, mlab_row_predictions *p)
{
    mlab_row_predictions_free(p);
    mlab_fit_free(a->fit);
    world_free(&a->w);
}

static mlab_row_predictions *predicted(asked *a, const mlab_predict_outcome *wish, const mlab_predict_spec *spec, mlab_group_effects effects)
{
    mlab_row_predictions *p;
    mlab_error err = {0};
    ck_assert_msg(mlab_predict_rows(&context, &a->data, &a->outcome, &a->options, a->fit, wish, spec, effects, &p, &err) == MLAB_OK, "%s",
                  err.sentence);
    ck_assert_uint_eq(p->n_rows, PEOPLE);
    return p;
}

/* Error of x'b + u of a row, with the standard deviations known, by Henderson's equations: the inverse of
 * [X'X, X'Z; Z'X, Z'Z + s^2 / t^2] / s^2, solved for one row by Gauss and Jordan. */
static double exact_error(const mlab_fit *fit, size_t row)
{
    enum { N = 2 + TEAMS };
    double a[N][N] = {{0}}, right[N] = {0}, sum = 0;
    double s2 = fit->residual_variance, t2 = fit->random[0].sd[0] * fit->random[0].sd[0];
    for (size_t i = 0; i < PEOPLE; i++) {
        double z[N] = {1, x[i]};
        z[2 + team[i]] = 1;
        for (size_t j = 0; j < N; j++)
            for (size_t k = 0; k < N; k++) a[j][k] += z[j] * z[k] / s2;
    }
    for (size_t j = 2; j < N; j++) a[j][j] += 1 / t2;
    double want[N] = {1, x[row]};
    want[2 + team[row]] = 1;
    memcpy(right, want, sizeof right);
    for (size_t j = 0; j < N; j++)
        for (size_t k = 0; k < N; k++) {
            double by = a[k][j] / a[j][j];
            if (k == j) continue;
            for (size_t c = j; c < N; c++) a[k][c] -= by * a[j][c];
            right[k] -= by * right[j];
        }
    for (size_t j = 0; j < N; j++) sum += want[j] * right[j] / a[j][j];
    return sqrt(sum);
}

/* 1,000 draws: a standard deviation is within 10 % with chance 0.99999; drawn standard deviations of teams widen it by a little. Seed 3. */
START_TEST(own_groups_have_their_effects_and_the_errors_of_henderson)
{
    mlab_predict_spec spec = {.n_draws = 1000, .seed = 3};
    context = mlab_test_context(NULL, 2);
    asked a = fitted("linear", "y ~ x + (1 | team)");
    mlab_row_predictions *p = predicted(&a, NULL, &spec, MLAB_EFFECTS_OWN);
    ck_assert(p->mixed && p->drawn && p->width == 1 && p->scale == MLAB_SCALE_RESPONSE && !strcmp(p->names[0], "") && !strcmp(p->note, ""));
    for (size_t i = 0; i < PEOPLE; i++) {
        ck_assert_uint_eq(p->row[i], i);
        ck_near(p->value[i], a.fit->estimate[0] + a.fit->estimate[1] * x[i] + a.fit->random[0].mode[team[i]], 1e-10, 1e-10);
        ck_assert(p->lower[i] < p->value[i] && p->value[i] < p->upper[i]);
        if (i % 24 == 0) ck_near(p->se[i], exact_error(a.fit, i), 0.15, 0);
    }
    end(&a, p);
}
END_TEST

START_TEST(averaged_and_typical_rows_are_those_of_the_library)
{
    double value[PEOPLE], se[PEOPLE], lower[PEOPLE], upper[PEOPLE];
    context = mlab_test_context(NULL, 2);
    asked a = fitted("poisson", "seen ~ x + (1 | team)");
    for (int averaged = 0; averaged < 2; averaged++) {
        mlab_prediction_request request = {
            .table = a.w.table, .n = PEOPLE, .averaged = averaged, .scale = MLAB_SCALE_RESPONSE, .level = a.options.level};
        mlab_row_predictions *p = predicted(&a, NULL, NULL, averaged ? MLAB_EFFECTS_AVERAGED : MLAB_EFFECTS_TYPICAL);
        ck_assert(!p->drawn);
        ck_assert_int_eq(mlab_predict_intervals(&context, a.fit, &request, value, se, lower, upper, NULL), MLAB_OK);
        for (size_t i = 0; i < PEOPLE; i++)
            ck_assert(p->value[i] == value[i] && p->se[i] == se[i] && p->lower[i] == lower[i] && p->upper[i] == upper[i]);
        mlab_row_predictions_free(p);
    }
    end(&a, NULL);
}
END_TEST

START_TEST(numbers_over_time_are_named_in_the_unit_that_was_written)
{
    double times[] = {12, 24}, stated[] = {1, 2}, at[2];
    mlab_predict_outcome wish = {.scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = 2, .stated = stated, .stated_unit = (char *)"years"};
    context = mlab_test_context(NULL, 1);
    asked a = fitted("weibull", "event(time, seen) ~ x");
    mlab_row_predictions *p = predicted(&a, &wish, NULL, MLAB_EFFECTS_OWN);
    ck_assert(!p->mixed && p->width == 2 && p->se);
    ck_assert_str_eq(p->names[0], "1 years");
    ck_assert_str_eq(p->names[1], "2 years");
    ck_assert_int_eq(mlab_predict_at(&context, a.fit, a.w.table, NULL, 7, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 2, at, NULL), MLAB_OK);
    ck_near(p->value[14], at[0], 1e-12, 0);
    ck_near(p->value[15], at[1], 1e-12, 0);
    end(&a, p);
}
END_TEST

/* A restricted mean in years is a twelfth of that in months. */
START_TEST(mean_times_stand_in_the_unit_that_was_written)
{
    double times[] = {12, 24}, stated[] = {1, 2};
    mlab_predict_outcome months = {.scale = MLAB_SCALE_RESTRICTED, .times = times, .n_times = 2}, years = months;
    years.stated = stated, years.stated_unit = (char *)"years";
    mlab_predict_spec spec = {.n_draws = 20, .seed = 3};
    context = mlab_test_context(NULL, 1);
    for (int k = 0; k < 2; k++) { /* by the delta method; of own groups by draws */
        asked a = fitted("weibull", k ? "event(time, seen) ~ x + (1 | team)" : "event(time, seen) ~ x");
        mlab_row_predictions *in_months = predicted(&a, &months, &spec, MLAB_EFFECTS_OWN), *in_years = predicted(&a, &years, &spec, MLAB_EFFECTS_OWN);
        ck_assert(in_years->mixed == (k == 1) && in_years->width == 2 && in_years->se && in_months->se);
        for (size_t i = 0; i < 2 * PEOPLE; i++) {
            ck_assert(in_months->value[i] > 0 && in_months->value[i] <= times[i % 2]);
            ck_near(in_years->value[i], in_months->value[i] / 12, 1e-14, 0);
            ck_near(in_years->se[i], in_months->se[i] / 12, 1e-14, 0);
            ck_near(in_years->lower[i], in_months->lower[i] / 12, 1e-14, 0);
            ck_near(in_years->upper[i], in_months->upper[i] / 12, 1e-14, 0);
        }
        mlab_row_predictions_free(in_months);
        end(&a, in_years);
    }
}
END_TEST

/* The delta method knows of the baseline's errors; draws must, too. 1,000 draws: a standard deviation is within 10 % with chance 0.99999. Seed 3. */
START_TEST(draws_of_a_cox_fit_hold_its_baseline)
{
    double times[] = {5, 40};
    mlab_predict_outcome wish = {.scale = MLAB_SCALE_SURVIVAL, .times = times, .n_times = 2};
    mlab_predict_spec spec = {.n_draws = 1000, .seed = 3, .draws = true};
    context = mlab_test_context(NULL, 2);
    asked a = fitted("cox", "event(time, seen) ~ x");
    mlab_row_predictions *drawn = predicted(&a, &wish, &spec, MLAB_EFFECTS_OWN), *delta = predicted(&a, &wish, NULL, MLAB_EFFECTS_OWN);
    ck_assert(drawn->drawn && !delta->drawn);
    for (size_t c = 0; c < 2 * PEOPLE; c++) {
        ck_assert(drawn->value[c] == delta->value[c]);
        if (fabs(x[c / 2]) < 1) ck_near(drawn->se[c], delta->se[c], 0.12, 0);
    }
    mlab_row_predictions_free(delta);
    end(&a, drawn);
}
END_TEST

START_TEST(what_cannot_be_predicted_says_why)
{
    double times[] = {12};
    mlab_predict_outcome wish = {.scale = -1};
    mlab_row_predictions *p;
    mlab_error err;
    context = mlab_test_context(NULL, 1);
    asked a = fitted("cox", "event(time, seen) ~ x");
    ck_assert_int_eq(mlab_predict_rows(&context, &a.data, &a.outcome, &a.options, a.fit, NULL, NULL, MLAB_EFFECTS_OWN, &p, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_str_eq(err.sentence, "it: a cox model predicts over time; state predict: {outcomes: {it: {times: {months: [12]}}}}");
    ck_assert_ptr_null(p);
    wish.scale = MLAB_SCALE_RESPONSE;
    ck_assert_int_eq(mlab_predict_rows(&context, &a.data, &a.outcome, &a.options, a.fit, &wish, NULL, MLAB_EFFECTS_OWN, &p, &err),
                     MLAB_ERR_FIT_MODEL);
    ck_assert_str_eq(err.sentence, "it: a cox model has no response scale");
    wish = (mlab_predict_outcome){.scale = MLAB_SCALE_RESTRICTED, .times = times, .n_times = 1};
    p = predicted(&a, &wish, NULL, MLAB_EFFECTS_OWN);
    ck_assert(p->se && p->se[0] > 0 && p->lower[0] < p->value[0] && p->value[0] < p->upper[0] && p->upper[0] <= 12 && !strcmp(p->note, ""));
    end(&a, p);
    a = fitted("cox", "event(time, seen) ~ x + (1 | team)");
    p = predicted(&a, &wish, NULL, MLAB_EFFECTS_AVERAGED); /* its baseline is uncertain, too, and so is the spread of teams */
    ck_assert(!p->se && !p->lower && !p->upper && strlen(p->note) > 0);
    ck_assert(p->value[0] > 0 && p->value[0] < 12);
    end(&a, p);
}
END_TEST

/* All draws of all groups are kept: 11 million of 24 groups are 2.1 GB. */
START_TEST(draws_that_take_too_much_memory_are_refused_with_what_to_state)
{
    mlab_predict_spec spec = {.n_draws = 11000000, .seed = 3};
    context = mlab_test_context(NULL, 1);
    asked a = fitted("linear", "y ~ x + (1 | team)");
    mlab_row_predictions *p = predicted(&a, NULL, &spec, MLAB_EFFECTS_OWN);
    ck_assert(!p->se && !p->drawn);
    ck_assert_str_eq(p->note,
                     "predictions for own groups have no errors: 11000000 draws of its effects and baseline take 2.1 GB, allowed 2; state fewer "
                     "predict.draws, or --effects averaged");
    mlab_row_predictions_free(p);
    spec.draws = true;
    p = predicted(&a, NULL, &spec, MLAB_EFFECTS_TYPICAL);
    ck_assert(p->se && !p->drawn && strstr(p->note, "errors are by the delta method: 11000000 draws"));
    end(&a, p);
}
END_TEST

START_TEST(threads_do_not_change_a_byte)
{
    double first[2 * PEOPLE];
    mlab_predict_spec spec = {.n_draws = 50, .seed = 3};
    for (int threads = 1; threads < 8; threads += threads == 1 ? 1 : 5) {
        context = mlab_test_context(NULL, threads);
        asked a = fitted("linear", "y ~ x + (1 + x | team)");
        mlab_row_predictions *p = predicted(&a, NULL, &spec, MLAB_EFFECTS_OWN);
        ck_assert_msg(p->se != NULL, "%s", p->note);
        for (size_t i = 0; i < PEOPLE; i++) {
            if (threads == 1) first[2 * i] = p->value[i], first[2 * i + 1] = p->se[i];
            ck_assert(first[2 * i] == p->value[i] && first[2 * i + 1] == p->se[i]);
            ck_near(p->value[i],
                    a.fit->estimate[0] + a.fit->random[0].mode[2 * team[i]] + (a.fit->estimate[1] + a.fit->random[0].mode[2 * team[i] + 1]) * x[i],
                    1e-9, 1e-9);
        }
        end(&a, p);
    }
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    mlab_test_memory memory = {0};
    mlab_predict_spec spec = {.n_draws = 3, .seed = 3};
    context = mlab_test_context(NULL, 1);
    asked a = fitted("linear", "y ~ x + (1 | team)");
    mlab_context failing = mlab_test_context(&memory, 1);
    for (long k = 1;; k++) {
        mlab_row_predictions *p;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_predict_rows(&failing, &a.data, &a.outcome, &a.options, a.fit, NULL, &spec, MLAB_EFFECTS_OWN, &p, NULL);
        mlab_row_predictions_free(p);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_ptr_null(p);
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    end(&a, NULL);
}
END_TEST

MLAB_TEST_MAIN("each_row", own_groups_have_their_effects_and_the_errors_of_henderson, averaged_and_typical_rows_are_those_of_the_library,
               numbers_over_time_are_named_in_the_unit_that_was_written, mean_times_stand_in_the_unit_that_was_written,
               draws_of_a_cox_fit_hold_its_baseline, what_cannot_be_predicted_says_why,
               draws_that_take_too_much_memory_are_refused_with_what_to_state, threads_do_not_change_a_byte, any_allocation_may_fail)

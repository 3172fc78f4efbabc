/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of mixed models: parameters, how groups differ, and the effects of the groups in the data. */
#include "fit/mixed/mixed.h"
#include "fit/mixed/web_draw.h"
#include "fit/outcome.h"
#include "fit/spread.h"
#include "fit/worlds.h"
#include "mentorlab/draws.h"

#include "core/random.h"

enum { GROUPS = 40, ROWS = 8, N = GROUPS * ROWS, TEAMS = 6, EFFECTS = GROUPS + TEAMS };

static mlab_context context;
static double x[N], number[N];
static int32_t person[N], team[N], event[N];

/* People of 8 rows each, who change between 6 teams; a slope of x that differs between people by 0.5. */
static mlab_table *table_of(int threads)
{
    mlab_column *column;
    world w = {0};
    context = mlab_test_context(NULL, threads);
    for (uint32_t i = 0; i < N; i++) {
        mlab_address row = {.seed = 31, .entity = i, .purpose = MLAB_PURPOSE_TEST}, who = row, where = row;
        person[i] = (int32_t)(who.entity = i / ROWS);
        who.period = 1;
        team[i] = (int32_t)(where.entity = (uint32_t)(TEAMS * mlab_random_uniform(&row, 2)));
        where.period = 2;
        x[i] = mlab_random_normal(&row, 0);
        double eta = 0.3 + (0.5 + 0.5 * mlab_random_normal(&who, 1)) * x[i] + mlab_random_normal(&who, 0) + 0.7 * mlab_random_normal(&where, 0);
        double u = mlab_random_uniform(&row, 4);
        event[i] = eta + log(u / (1 - u)) > 0;
        number[i] = eta + 0.8 * mlab_random_normal(&row, 6);
    }
    world_real(&w, &context, "x", x, N);
    world_real(&w, &context, "number", number, N);
    ck_assert_int_eq(mlab_table_add(w.table, "event", MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, event, sizeof event);
    ck_assert_int_eq(mlab_table_add(w.table, "person", MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, person, sizeof person);
    ck_assert_int_eq(mlab_table_add(w.table, "team", MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    memcpy(column->as.integer, team, sizeof team);
    return w.table;
}

static const mlab_outcome linear_outcome = {.name = "number", .kind = MLAB_OUTCOME_NUMBER, .model = "linear", .better = 1};
static const mlab_outcome yes_no_outcome = {.name = "event", .kind = MLAB_OUTCOME_YES_NO, .model = "logit", .better = 1};

static mlab_fit *fit_of(const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options)
{
    mlab_fit *fit;
    mlab_error err = {0};
    ck_assert_msg(mlab_fit_outcome(&context, data, outcome, options, &fit, &err) == MLAB_OK, "%s", err.sentence);
    return fit;
}

/* --- the effects at given parameters -------------------------------------------------------------------------------- */

static void invert(double *a, size_t n)
{
    for (size_t k = 0; k < n; k++) { /* Gauss and Jordan; a is positive definite */
        double pivot = a[k * n + k];
        a[k * n + k] = 1;
        for (size_t j = 0; j < n; j++) a[k * n + j] /= pivot;
        for (size_t i = 0; i < n; i++) {
            if (i == k) continue;
            double factor = a[i * n + k];
            a[i * n + k] = 0;
            for (size_t j = 0; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
        }
    }
}

/* Exact covariance of the effects of people and teams of a linear model with its parameters known: (Z'Z / s^2 + D^-1)^-1. */
static void exact_covariance(const mlab_fit *fit, double *a)
{
    memset(a, 0, EFFECTS * EFFECTS * sizeof *a);
    for (size_t i = 0; i < N; i++) {
        size_t at[2] = {(size_t)person[i], GROUPS + (size_t)team[i]};
        for (int p = 0; p < 2; p++)
            for (int q = 0; q < 2; q++) a[at[p] * EFFECTS + at[q]] += 1 / fit->residual_variance;
    }
    for (size_t e = 0; e < EFFECTS; e++) a[e * EFFECTS + e] += 1 / fit->random[e >= GROUPS].covariance[0];
    invert(a, EFFECTS);
}

/* Means and covariances of D draws within 5 standard errors: 46 means and 1,081 covariances, a false alarm once in 1,500 runs; the seed is fixed. */
START_TEST(effects_at_given_parameters_have_the_modes_and_the_exact_covariance)
{
    enum { D = 1500 };
    static double drawn[D][EFFECTS], exact[EFFECTS * EFFECTS];
    mlab_fit_options options = mlab_fit_defaults();
    mlab_table *table = table_of(2);
    const mlab_data data = {.people = table};
    mlab_outcome outcome = linear_outcome;
    mlab_outcome_problem *made;
    mlab_prepared *prepared;
    mlab_web_draw *work;
    outcome.formula = "number ~ x + (1 | person) + (1 | team)";
    mlab_fit *fit = fit_of(&data, &outcome, &options);
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &outcome, &options, &made, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &made->options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_web_draw_make(&context, prepared, fit, &work, NULL), MLAB_OK);
    for (uint32_t d = 0; d < D; d++) {
        mlab_address address = {.seed = 5, .draw = d, .purpose = MLAB_PURPOSE_EFFECT};
        double *value[2] = {drawn[d], drawn[d] + GROUPS};
        bool possible = false;
        ck_assert_int_eq(mlab_web_draw_effects(work, fit->estimate, fit->spread, &address, value, &possible, NULL), MLAB_OK);
        ck_assert(possible);
    }
    exact_covariance(fit, exact);
    for (size_t a = 0; a < EFFECTS; a++) {
        const mlab_random_effects *r = &fit->random[a >= GROUPS];
        double mean = 0, mode = r->mode[a < GROUPS ? a : a - GROUPS], own = exact[a * EFFECTS + a];
        for (size_t d = 0; d < D; d++) mean += drawn[d][a] / D;
        ck_near(mean, mode, 0, 5 * sqrt(own / D));
        for (size_t b = 0; b <= a; b++) {
            double sum = 0, other = exact[b * EFFECTS + b], cross = exact[a * EFFECTS + b];
            double mode_b = fit->random[b >= GROUPS].mode[b < GROUPS ? b : b - GROUPS];
            for (size_t d = 0; d < D; d++) sum += (drawn[d][a] - mode) * (drawn[d][b] - mode_b) / D;
            ck_near(sum, cross, 0, 5 * sqrt((own * other + cross * cross) / D));
        }
    }
    mlab_web_draw_free(work);
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

/* Away from the estimates: with much more difference between people, effects of yes and no answers are shrunk less, and lie apart. */
START_TEST(effects_follow_the_parameters_of_the_draw)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_table *table = table_of(2);
    const mlab_data data = {.people = table};
    mlab_outcome outcome = yes_no_outcome;
    mlab_outcome_problem *made;
    mlab_prepared *prepared;
    mlab_web_draw *work;
    double first[GROUPS], again[GROUPS], far[GROUPS], *value[1] = {first}, *other[1] = {far}, *third[1] = {again}, size[2] = {0}, big;
    bool possible;
    outcome.formula = "event ~ x + (1 | person)";
    mlab_fit *fit = fit_of(&data, &outcome, &options);
    ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &outcome, &options, &made, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &made->options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_web_draw_make(&context, prepared, fit, &work, NULL), MLAB_OK);
    mlab_address address = {.seed = 5, .draw = 3, .purpose = MLAB_PURPOSE_EFFECT};
    big = 4 * fit->spread[0];
    ck_assert_int_eq(mlab_web_draw_effects(work, fit->estimate, fit->spread, &address, value, &possible, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_web_draw_effects(work, fit->estimate, &big, &address, other, &possible, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_web_draw_effects(work, fit->estimate, fit->spread, &address, third, &possible, NULL), MLAB_OK);
    ck_assert_int_eq(memcmp(first, again, sizeof first), 0); /* whatever was drawn before */
    for (size_t g = 0; g < GROUPS; g++) size[0] += first[g] * first[g], size[1] += far[g] * far[g];
    ck_assert_double_gt(size[1], 2 * size[0]);
    mlab_web_draw_free(work);
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

/* --- the unbounded scale --------------------------------------------------------------------------------------------- */

START_TEST(spread_goes_to_its_scale_and_back_and_its_derivative_is_right)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_table *table = table_of(2);
    const mlab_data data = {.people = table};
    mlab_outcome outcome = linear_outcome;
    outcome.formula = "number ~ x + (1 + x | person) + (1 | team)";
    mlab_fit *fit = fit_of(&data, &outcome, &options);
    double there[5], back[5], deviation[5], aside[5];
    ck_assert_uint_eq(fit->n_spread, 5); /* three entries, one, the residual standard deviation */
    memcpy(there, fit->spread, sizeof there);
    mlab_spread_unbound(fit, there);
    const mlab_random_effects *r = &fit->random[0];
    double s = sqrt(fit->residual_variance);
    ck_near(there[0], log(r->sd[0] / s), 0, 1e-12);
    ck_near(there[2], log(r->sd[1] / s), 0, 1e-12);
    ck_near(there[1], atanh(r->covariance[1] / (r->sd[0] * r->sd[1])), 0, 1e-12); /* Fisher's z */
    ck_near(there[3], log(fit->random[1].sd[0] / s), 0, 1e-12);
    ck_near(exp(there[4]), s, 1e-12, 0);
    memcpy(back, there, sizeof back);
    mlab_spread_bound(fit, back);
    for (size_t k = 0; k < 5; k++) ck_near(fabs(back[k]), fabs(fit->spread[k]), 1e-12, 1e-14);
    for (size_t j = 0; j < 5; j++) {
        double h = 1e-6;
        memset(deviation, 0, sizeof deviation);
        deviation[j] = 1;
        mlab_spread_unbound_deviation(fit, deviation);
        for (int side = 0; side < 2; side++) {
            memcpy(aside, fit->spread, sizeof aside);
            aside[j] += side ? h : -h;
            mlab_spread_unbound(fit, aside);
            for (size_t k = 0; k < 5; k++) back[k] = side ? (aside[k] - back[k]) / (2 * h) : aside[k];
        }
        for (size_t k = 0; k < 5; k++) ck_near(deviation[k], back[k], 1e-6, 1e-7);
    }
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

/* --- draws of all ------------------------------------------------------------------------------------------------------ */

static mlab_draws *draws_of(const mlab_data *data, const mlab_outcome *outcomes, const mlab_fit *const *fits, size_t n, size_t n_draws)
{
    mlab_fit_options options = mlab_fit_defaults();
    const mlab_outcome *all[2] = {&outcomes[0], n > 1 ? &outcomes[1] : NULL};
    mlab_draws *draws;
    mlab_error err = {0};
    ck_assert_msg(mlab_draws_make_mixed(&context, data, all, &options, fits, n, n_draws, 77, &draws, &err) == MLAB_OK, "%s", err.sentence);
    return draws;
}

/* Within 4.5 standard errors of 1,200 draws: six figures, a false alarm once in 20,000 runs; the seed is fixed. */
START_TEST(standard_deviations_are_drawn_as_logarithms_beside_the_coefficients)
{
    enum { D = 1200 };
    mlab_fit_options options = mlab_fit_defaults();
    mlab_table *table = table_of(2);
    const mlab_data data = {.people = table};
    mlab_outcome outcome = yes_no_outcome;
    outcome.formula = "event ~ x + (1 | person)";
    mlab_fit *fit = fit_of(&data, &outcome, &options);
    const mlab_fit *fits[] = {fit};
    mlab_draws *draws = draws_of(&data, &outcome, fits, 1, D);
    const mlab_draws_effects *e = draws->effects;
    ck_assert_uint_eq(draws->n_effects, 1);
    ck_assert(e->outcome == 0 && e->n == 1 && e->n_groups == GROUPS && !e->people);
    ck_assert_str_eq(e->group, "person");
    for (size_t g = 0; g < GROUPS; g++) ck_assert_uint_eq(e->key[g], g * ROWS); /* the group's first row */
    double expected[3] = {fit->estimate[0], fit->estimate[1], log(fit->random->sd[0])}, mean[3] = {0}, square[3] = {0};
    double se[3] = {sqrt(fit->covariance[0]), sqrt(fit->covariance[3]), fit->random->sd_se[0] / fit->random->sd[0]};
    for (size_t d = 0; d < D; d++) {
        double now[3] = {draws->value[2 * d], draws->value[2 * d + 1], log(e->factor[d])};
        for (int k = 0; k < 3; k++) mean[k] += now[k] / D, square[k] += (now[k] - expected[k]) * (now[k] - expected[k]) / D;
    }
    for (int k = 0; k < 3; k++) {
        ck_near(mean[k], expected[k], 0, 4.5 * se[k] / sqrt(D));
        ck_near(square[k], se[k] * se[k], 4.5 * sqrt(2.0 / D), 0);
    }
    double sum = 0; /* effects vary around the mode by more than with the parameters known */
    for (size_t d = 0; d < D; d++) sum += pow(e->value[d * GROUPS + 7] - fit->random->mode[7], 2) / D;
    ck_assert_double_gt(sqrt(sum), fit->random->mode_se[7]);
    ck_assert_double_lt(sqrt(sum), 1.5 * fit->random->mode_se[7]);
    mlab_draws_free(draws);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

START_TEST(a_draw_depends_on_its_number_alone_and_threads_change_no_byte)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_draws *draws[3];
    for (int run = 0; run < 3; run++) {
        mlab_table *table = table_of(run == 0 ? 1 : run == 1 ? 2 : 7);
        const mlab_data data = {.people = table};
        mlab_outcome outcomes[2] = {linear_outcome, yes_no_outcome};
        outcomes[0].formula = "number ~ x + (1 | person) + (1 | team)";
        outcomes[1].formula = "event ~ x + (1 | person) + (1 | team)";
        mlab_fit *fits[2] = {fit_of(&data, &outcomes[0], &options), fit_of(&data, &outcomes[1], &options)};
        draws[run] = draws_of(&data, outcomes, (const mlab_fit *const *)fits, 2, run == 1 ? 9 : 5);
        mlab_fit_free(fits[0]);
        mlab_fit_free(fits[1]);
        mlab_table_free(table);
    }
    for (int run = 1; run < 3; run++) {
        ck_assert_int_eq(memcmp(draws[0]->value, draws[run]->value, 5 * draws[0]->n_parameters * sizeof(double)), 0);
        ck_assert_uint_eq(draws[run]->n_effects, 4);
        for (size_t k = 0; k < 4; k++) {
            const mlab_draws_effects *a = &draws[0]->effects[k], *b = &draws[run]->effects[k];
            ck_assert_uint_eq(b->outcome, k / 2);
            ck_assert_int_eq(memcmp(a->value, b->value, 5 * a->n_groups * sizeof(double)), 0);
            ck_assert_int_eq(memcmp(a->factor, b->factor, 5 * sizeof(double)), 0);
        }
    }
    for (int run = 0; run < 3; run++) mlab_draws_free(draws[run]);
}
END_TEST

/* --- near 0 ---------------------------------------------------------------------------------------------------------------- */

/* Groups that do not differ: every tenth row one group, so that a standard deviation of 0 is what is found. Half the draws of it are 0 (within 4.5
 * standard errors of 1,000 draws; the seed is fixed), the others those of the profile, known in closed form for balanced groups: twice the fall of
 * the log-likelihood at the drawn value is the square of a half normal number. */
START_TEST(a_standard_deviation_on_its_boundary_is_zero_in_half_the_draws)
{
    enum { D = 1000 };
    mlab_fit_options options = mlab_fit_defaults();
    options.restricted = 1;
    mlab_table *table = table_of(2);
    mlab_column *column = mlab_table_find(table, "team"), *number_column = mlab_table_find(table, "number");
    for (uint32_t i = 0; i < N; i++) {
        mlab_address row = {.seed = 8, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        column->as.integer[i] = (int32_t)(i % 10);
        number_column->as.real[i] = mlab_random_normal(&row, 0);
    }
    double mean[10] = {0};
    for (uint32_t i = 0; i < N; i++) mean[i % 10] += number_column->as.real[i] / (N / 10.0);
    for (uint32_t i = 0; i < N; i++) number_column->as.real[i] -= 0.9 * mean[i % 10]; /* groups differ less than by chance */
    const mlab_data data = {.people = table};
    mlab_outcome outcome = linear_outcome;
    outcome.formula = "number ~ 1 + (1 | team)";
    mlab_fit *fit = fit_of(&data, &outcome, &options);
    ck_assert_int_eq(fit->trust, MLAB_ON_BOUNDARY);
    const mlab_outcome *outcomes[] = {&outcome};
    const mlab_fit *fits[] = {fit};
    mlab_draws *draws;
    mlab_error err = {0};
    ck_assert_msg(mlab_draws_make_mixed(&context, &data, outcomes, &options, fits, 1, D, 3, &draws, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(strstr(draws->note, "the standard deviation of (Intercept) between team is within two standard errors of 0: it is drawn by its "
                                      "profile likelihood, as 0 with chance 0.50") != NULL,
                  "%s", draws->note);
    double zero = 0, square = 0, n = N / 10.0;
    for (size_t d = 0; d < D; d++) {
        double ratio = draws->effects->factor[d] / exp(0.5 * log(fit->residual_variance)), fallen = 0;
        zero += ratio == 0;
        /* balanced groups: -2 log L = N log(W + B / (1 + n ratio^2)) + 10 log(1 + n ratio^2), W within, B between */
        double within = 0, between = 0, now[10] = {0};
        for (uint32_t i = 0; i < N; i++) now[i % 10] += number_column->as.real[i] / n;
        for (uint32_t i = 0; i < N; i++) within += pow(number_column->as.real[i] - now[i % 10], 2);
        double all = 0;
        for (int g = 0; g < 10; g++) all += now[g] / 10;
        for (int g = 0; g < 10; g++) between += n * pow(now[g] - all, 2);
        double scale = draws->effects->factor[d] == 0 ? 0 : ratio;
        fallen = N * log((within + between / (1 + n * scale * scale)) / (within + between)) + 10 * log(1 + n * scale * scale);
        square += fallen;
    }
    ck_near(zero / D, 0.5, 0, 4.5 * 0.5 / sqrt(D));
    ck_near(square / (D - zero), 1, 0.25, 0); /* the mean of a squared half normal number; the scale of the draw is drawn too */
    mlab_draws_free(draws);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

/* --- refits -------------------------------------------------------------------------------------------------------------- */

/* From the fit of everybody to a sample of people: where a fit from nothing ends, to 1e-4 standard errors. */
START_TEST(a_warm_refit_ends_where_a_cold_one_does)
{
    static const char *const formulas[] = {"number ~ x + cluster(person) + (1 + x | person)",
                                           "event ~ x + cluster(person) + (1 | person) + (1 | team)", "event ~ x + cluster(person) + (1 | person)",
                                           "number ~ x + cluster(person) + (1 | person) + (1 | team)"};
    mlab_fit_options options = mlab_fit_defaults();
    mlab_table *table = table_of(2);
    const mlab_data data = {.people = table};
    for (size_t f = 0; f < 4; f++) {
        mlab_outcome outcome = f % 3 ? yes_no_outcome : linear_outcome;
        mlab_outcome_problem *made;
        mlab_prepared *prepared;
        mlab_refit_info info;
        double times[GROUPS], cold[2], warm[2], spread[5], again[5];
        outcome.formula = (char *)formulas[f];
        mlab_fit *fit = fit_of(&data, &outcome, &options);
        ck_assert_int_eq(mlab_outcome_problem_make(&context, &data, &outcome, &options, &made, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepare(&context, made->model, &made->problem, &made->options, &prepared, NULL), MLAB_OK);
        for (size_t g = 0; g < GROUPS; g++) times[g] = (double)(g * 7 % 3);
        const mlab_refit_weights weights = {.cluster = times};
        ck_assert_int_eq(mlab_mixed_refit_from(&context, prepared, &weights, NULL, NULL, cold, spread, &info, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_mixed_refit_from(&context, prepared, &weights, fit, fit->estimate, warm, again, &info, NULL), MLAB_OK);
        ck_assert(info.trust == MLAB_TRUSTED && info.n_aliased == 0);
        ck_assert(fabs(warm[1] - fit->estimate[1]) > 1e-3);
        for (size_t j = 0; j < 2; j++) ck_near(warm[j], cold[j], 0, 1e-4 * mlab_fit_standard_error(fit, j));
        for (size_t k = 0; k < fit->n_spread; k++) {
            size_t n = fit->n_parameters + fit->n_spread;
            ck_near(fabs(again[k]), fabs(spread[k]), 0, 2e-4 * sqrt(fit->joint_covariance[(2 + k) * (n + 1)]));
        }
        mlab_prepared_free(prepared);
        mlab_outcome_problem_free(made);
        mlab_fit_free(fit);
    }
    mlab_table_free(table);
}
END_TEST

static mlab_draws *refitted(const mlab_data *data, const mlab_outcome *outcome, const mlab_fit *fit, bool parametric, size_t n_draws)
{
    mlab_fit_options options = mlab_fit_defaults();
    const mlab_outcome *outcomes[] = {outcome};
    const mlab_fit *fits[] = {fit};
    mlab_draws *draws;
    mlab_error err = {0};
    ck_assert_msg(mlab_draws_bootstrap(&context, data, outcomes, &options, fits, 1, parametric, n_draws, 99, &draws, &err) == MLAB_OK, "%s",
                  err.sentence);
    return draws;
}

/* Spread of 70 refits against the errors of the model: within 30 per cent (their own Monte Carlo error is 8.5), and centred within 4 of its errors.
 */
START_TEST(refits_to_new_effects_and_responses_spread_as_the_errors_say)
{
    enum { D = 70 };
    mlab_fit_options options = mlab_fit_defaults();
    mlab_table *table = table_of(2);
    const mlab_data data = {.people = table};
    for (int linear = 0; linear < 2; linear++) {
        mlab_outcome outcome = linear ? linear_outcome : yes_no_outcome;
        outcome.formula = linear ? "number ~ x + (1 | person)" : "event ~ x + (1 | person)";
        mlab_fit *fit = fit_of(&data, &outcome, &options);
        mlab_draws *draws = refitted(&data, &outcome, fit, true, D);
        const mlab_draws_effects *e = draws->effects;
        double expected[3] = {fit->estimate[0], fit->estimate[1], log(fit->random->sd[0])}, mean[3] = {0}, square[3] = {0};
        double se[3] = {sqrt(fit->covariance[0]), sqrt(fit->covariance[3]), fit->random->sd_se[0] / fit->random->sd[0]};
        ck_assert(draws->n_effects == 1 && e->n_groups == GROUPS);
        for (size_t d = 0; d < D; d++) {
            double now[3] = {draws->value[2 * d], draws->value[2 * d + 1], log(fabs(e->factor[d]))};
            for (int k = 0; k < 3; k++) mean[k] += now[k] / D, square[k] += (now[k] - expected[k]) * (now[k] - expected[k]) / D;
        }
        for (int k = 0; k < 3; k++) {
            ck_near(mean[k], expected[k], 0, 6 * se[k] / sqrt(D)); /* the logarithm is biased a little */
            ck_near(sqrt(square[k]), se[k], 0.3, 0);
        }
        double sum = 0;
        for (size_t d = 0; d < D; d++) sum += e->value[d * GROUPS + 7] / D;
        ck_near(sum, fit->random->mode[7], 0, 0.5 * fit->random->mode_se[7]);
        mlab_draws_free(draws);
        mlab_fit_free(fit);
    }
    mlab_table_free(table);
}
END_TEST

START_TEST(refits_to_samples_of_people_keep_the_effects_and_threads_change_no_byte)
{
    enum { D = 12 };
    mlab_fit_options options = mlab_fit_defaults();
    mlab_draws *draws[4];
    for (int run = 0; run < 4; run++) {
        mlab_table *table = table_of(run % 2 ? 7 : 1);
        const mlab_data data = {.people = table};
        mlab_outcome outcome = yes_no_outcome;
        outcome.formula = "event ~ x + cluster(person) + (1 | person) + (1 | team)";
        mlab_fit *fit = fit_of(&data, &outcome, &options);
        draws[run] = refitted(&data, &outcome, fit, run > 1, D);
        mlab_fit_free(fit);
        mlab_table_free(table);
    }
    for (int run = 0; run < 4; run += 2) {
        ck_assert_int_eq(memcmp(draws[run]->value, draws[run + 1]->value, D * 2 * sizeof(double)), 0);
        for (int k = 0; k < 2; k++) {
            const mlab_draws_effects *a = &draws[run]->effects[k], *b = &draws[run + 1]->effects[k];
            ck_assert_int_eq(memcmp(a->value, b->value, D * a->n_groups * sizeof(double)), 0);
            ck_assert_int_eq(memcmp(a->factor, b->factor, D * sizeof(double)), 0);
        }
    }
    ck_assert(memcmp(draws[0]->value, draws[2]->value, D * 2 * sizeof(double)) != 0);
    for (int run = 0; run < 4; run++) mlab_draws_free(draws[run]);
}
END_TEST

START_TEST(mixed_draws_without_data_or_with_other_data_are_refused)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_table *table = table_of(2);
    mlab_data data = {.people = table};
    mlab_outcome outcome = yes_no_outcome, other = yes_no_outcome;
    const mlab_outcome *outcomes[] = {&other};
    outcome.formula = "event ~ x + (1 | person)";
    other.formula = "event ~ x + (1 | team)";
    mlab_fit *fit = fit_of(&data, &outcome, &options);
    const mlab_fit *fits[] = {fit};
    mlab_draws *draws;
    mlab_error err = {0};
    ck_assert_int_eq(mlab_draws_make(&context, fits, 1, 3, 1, &draws, &err), MLAB_ERR_FIT_DRAWS);
    ck_assert_str_eq(err.sentence, "event: draws of a mixed model need its data");
    ck_assert_int_eq(mlab_draws_make_fixed(&context, fits, 1, 3, &draws, &err), MLAB_ERR_FIT_DRAWS);
    ck_assert_int_eq(mlab_draws_make_mixed(&context, &data, outcomes, &options, fits, 1, 3, 1, &draws, &err), MLAB_ERR_FIT_DRAWS);
    ck_assert_ptr_null(draws);
    ck_assert_str_eq(err.sentence, "event: the fit is to other data");
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

START_TEST(every_failed_allocation_of_mixed_draws_is_reported)
{
    mlab_fit_options options = mlab_fit_defaults();
    mlab_table *table = table_of(1);
    const mlab_data data = {.people = table};
    mlab_outcome outcome = yes_no_outcome;
    const mlab_outcome *outcomes[] = {&outcome};
    outcome.formula = "event ~ x + (1 | person) + (1 | team)";
    mlab_fit *fit = fit_of(&data, &outcome, &options);
    const mlab_fit *fits[] = {fit};
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 4000; k += k < 60 ? 1 : 13) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context counting = mlab_test_context(&memory, 1);
        mlab_draws *draws;
        got = mlab_draws_make_mixed(&counting, &data, outcomes, &options, fits, 1, 2, 1, &draws, NULL);
        if (got) ck_assert_ptr_null(draws);
        mlab_draws_free(draws);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(got, MLAB_OK);
    mlab_fit_free(fit);
    mlab_table_free(table);
}
END_TEST

MLAB_TEST_MAIN("mixed_draws", effects_at_given_parameters_have_the_modes_and_the_exact_covariance, effects_follow_the_parameters_of_the_draw,
               spread_goes_to_its_scale_and_back_and_its_derivative_is_right, standard_deviations_are_drawn_as_logarithms_beside_the_coefficients,
               a_draw_depends_on_its_number_alone_and_threads_change_no_byte, a_standard_deviation_on_its_boundary_is_zero_in_half_the_draws,
               a_warm_refit_ends_where_a_cold_one_does, refits_to_new_effects_and_responses_spread_as_the_errors_say,
               refits_to_samples_of_people_keep_the_effects_and_threads_change_no_byte, mixed_draws_without_data_or_with_other_data_are_refused,
               every_failed_allocation_of_mixed_draws_is_reported)

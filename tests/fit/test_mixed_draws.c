/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of mixed models: parameters, how groups differ, and the effects of the groups in the data. */
#include "fit/mixed/mixed.h"
#include "fit/mixed/web_draw.h"
#include "fit/people_and_teams.h"
#include "fit/spread.h"
#include "mentorlab/draws.h"

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
               mixed_draws_without_data_or_with_other_data_are_refused, every_failed_allocation_of_mixed_draws_is_reported)

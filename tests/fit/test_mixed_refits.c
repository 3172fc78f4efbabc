/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refits of mixed models: to samples of whole people, and to groups and responses drawn from the fit. */
#include "fit/mixed/mixed.h"
#include "fit/people_and_teams.h"
#include "mentorlab/draws.h"

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

MLAB_TEST_MAIN("mixed_refits", a_warm_refit_ends_where_a_cold_one_does, refits_to_new_effects_and_responses_spread_as_the_errors_say,
               refits_to_samples_of_people_keep_the_effects_and_threads_change_no_byte)

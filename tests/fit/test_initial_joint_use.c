/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with a fit whose first values have an equation of their own: average effects, predictions, draws, the same bytes for all threads. */
#include "fit/lag_fit.h"
#include "mentorlab/after.h"
#include "mentorlab/draws.h"

START_TEST(the_fit_is_a_mixed_model_that_predicts_for_a_person)
{
    lag_truth t = {.kind = LAG_LEVELS, .seed = 5, .people = 150, .periods = 4, .before = 5, .begins = 4, .slope = 0.5, .sd = 1, .lag = 0.3};
    lag_world w;
    start();
    lag_world_make(&w, &context, &t);
    for (size_t i = 1; i < 4; i++) /* person 0 has a first answer alone: no group of the model, but in its likelihood */
        ck_assert_int_eq(mlab_column_set_missing(w.table, mlab_table_find(w.table, "y"), i, NULL), MLAB_OK);
    options.margins = true;
    mlab_fit *fit = fit_with(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA));
    ck_assert_uint_gt(fit->after->n_margins, 0);
    for (size_t k = 0; k < fit->after->n_margins; k++) ck_assert(fit->after->margins[k].se > 0);
    ck_assert_uint_eq(fit->random->n_groups, 149);
    ck_assert_uint_eq(fit->n_rows, 149 * 3);
    ck_assert_uint_eq(fit->n_spread, 1);
    ck_near(fit->spread[0], fit->random->sd[0], 1e-12, 0);
    double up[3], middle[3], averaged[3], effect = 2;
    ck_assert_int_eq(mlab_predict_conditional(&context, fit, w.table, NULL, 5, 1, NULL, NULL, &effect, MLAB_SCALE_RESPONSE, NULL, 0, up, NULL),
                     MLAB_OK);
    ck_assert_int_eq(mlab_predict(&context, fit, w.table, NULL, 5, 1, NULL, NULL, MLAB_SCALE_RESPONSE, middle, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_predict_averaged(&context, fit, w.table, NULL, 5, 1, NULL, NULL, MLAB_SCALE_RESPONSE, NULL, 0, averaged, NULL), MLAB_OK);
    ck_assert(up[2] > middle[2]);
    ck_near(middle[0] + middle[1] + middle[2], 1, 1e-12, 0);
    ck_near(averaged[0] + averaged[1] + averaged[2], 1, 1e-9, 0);
    /* People who answer higher have higher effects. */
    double sum = 0;
    for (size_t g = 0; g < 149; g++) {
        double mean = 0;
        for (size_t i = 0; i < 4; i++) mean += mlab_table_find(w.table, "y")->as.integer[(g + 1) * 4 + i] / 4.0 - 0.25;
        sum += (mean - 0.75) * fit->random->mode[g];
    }
    ck_assert(sum > 0);
    mlab_fit_free(fit);
    lag_world_free(&w);
}
END_TEST

/* Draws: of the parameters, normal around the estimates; of the effects of people, around their means given what they answered, the first answer too.
 * 400 draws of 60 people: means within 5 standard errors, 60 + 8 comparisons, a false alarm in 20,000; seeds are fixed. */
static void check_draws(lag_kind kind)
{
    enum { D = 200 };
    lag_truth t = {.kind = kind, .seed = 5, .people = 110, .periods = 4, .before = 5, .begins = 2, .slope = 0.5, .sd = 1, .lag = 0.3};
    lag_world w;
    mlab_draws *draws;
    mlab_error err = {0};
    start();
    lag_world_make(&w, &context, &t);
    const mlab_outcome outcome = lag_outcome(kind, MLAB_INITIAL_JOINT, FORMULA), *const outcomes[] = {&outcome};
    mlab_fit *fit = fit_with(&w, outcome);
    const mlab_fit *const fits[] = {fit};
    ck_assert_msg(mlab_draws_make_mixed(&context, &w.data, outcomes, &options, fits, 1, D, 1, &draws, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(draws->n_parameters, fit->n_parameters);
    const mlab_draws_effects *e = &draws->effects[0];
    ck_assert_uint_eq(e->n_groups, fit->random->n_groups);
    for (size_t j = fit->n_thresholds; j < fit->n_parameters; j++) {
        double sum = 0, se = sqrt(fit->covariance[j * fit->n_parameters + j]);
        for (size_t d = 0; d < D; d++) sum += draws->value[d * draws->n_parameters + j];
        ck_assert_msg(fit->aliased[j] || fabs(sum / D - fit->estimate[j]) < 5 * se / sqrt(D), "%s", fit->names[j]);
    }
    double off = 0, spread = 0;
    for (size_t g = 0; g < e->n_groups; g++) {
        double sum = 0, square = 0;
        for (size_t d = 0; d < D; d++) sum += e->value[d * e->n_groups + g];
        for (size_t d = 0; d < D; d++) square += pow(e->value[d * e->n_groups + g] - sum / D, 2);
        double sd = sqrt(square / (D - 1));
        off += (sum / D - fit->random->mode[g]) / sd;
        spread += sd / fit->random->mode_se[g];
    }
    /* a mode is not a mean where answers are levels; what is drawn is wider than with known parameters */
    ck_assert_msg(fabs(off / (double)e->n_groups) < 0.25, "effects off by %.3f deviations", off / (double)e->n_groups);
    ck_assert_msg(spread / (double)e->n_groups > 0.98 && spread / (double)e->n_groups < 1.5, "spread %.3f", spread / (double)e->n_groups);
    mlab_draws *again;
    context = mlab_test_context(NULL, 7);
    ck_assert_int_eq(mlab_draws_make_mixed(&context, &w.data, outcomes, &options, fits, 1, D, 1, &again, NULL), MLAB_OK);
    ck_assert_mem_eq(again->effects[0].value, e->value, D * e->n_groups * sizeof(double));
    mlab_draws_free(again);
    ck_assert_int_eq(mlab_draws_bootstrap(&context, &w.data, outcomes, &options, fits, 1, false, 10, 1, &again, &err), MLAB_ERR_DATA_NOT_BUILT);
    ck_assert_msg(strstr(err.sentence, "fit.draws: normal") != NULL, "%s", err.sentence);
    mlab_draws_free(draws);
    mlab_fit_free(fit);
    lag_world_free(&w);
}

START_TEST(draws_hold_the_effects_of_people_given_their_first_answers_too)
{
    check_draws(LAG_NUMBER);
    check_draws(LAG_LEVELS);
}
END_TEST

START_TEST(the_same_bytes_for_any_number_of_threads)
{
    lag_truth t = {.kind = LAG_LEVELS, .seed = 6, .people = 300, .periods = 4, .before = 5, .begins = 2, .slope = 0.5, .sd = 1, .lag = 0.3};
    lag_world w;
    mlab_fit *fits[3];
    for (int k = 0; k < 3; k++) {
        start();
        context = mlab_test_context(NULL, (const int[]){1, 2, 7}[k]);
        lag_world_make(&w, &context, &t);
        fits[k] = fit_with(&w, lag_outcome(t.kind, MLAB_INITIAL_JOINT, FORMULA));
        lag_world_free(&w);
    }
    for (int k = 1; k < 3; k++) {
        ck_assert_mem_eq(fits[k]->estimate, fits[0]->estimate, fits[0]->n_parameters * sizeof(double));
        ck_assert_mem_eq(fits[k]->covariance, fits[0]->covariance, fits[0]->n_parameters * fits[0]->n_parameters * sizeof(double));
    }
    for (int k = 0; k < 3; k++) mlab_fit_free(fits[k]);
}
END_TEST

MLAB_TEST_MAIN("initial_joint_use", the_fit_is_a_mixed_model_that_predicts_for_a_person,
               draws_hold_the_effects_of_people_given_their_first_answers_too, the_same_bytes_for_any_number_of_threads)

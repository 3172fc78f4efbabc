/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions on every scale of every model: curves of hazards by hand, scales that a model does not have, failing memory. */
#include "fit/worlds.h"

enum { N = 60 };

static mlab_context context;
static mlab_fit_options options;
static double x[N];
static int32_t what[N];
static const char *const causes[] = {"none", "left", "dismissed"};

/* Two causes, x is 0 or 1:
 *            none  left  dismissed
 *   x = 0     20     6      4
 *   x = 1     15     3     12 */
static world two_causes(void)
{
    static const int32_t counts[2][3] = {{20, 6, 4}, {15, 3, 12}};
    world w = {0};
    size_t i = 0;
    options = mlab_fit_defaults();
    for (int g = 0; g < 2; g++)
        for (int c = 0; c < 3; c++)
            for (int32_t k = 0; k < counts[g][c]; k++, i++) {
                x[i] = g;
                what[i] = c;
            }
    world_real(&w, &context, "x", x, N);
    world_formula(&w, &context, "~ x");
    world_categories(&w, what, 3, causes);
    return w;
}

START_TEST(curves_of_a_hazard_are_its_probabilities_period_by_period)
{
    const double times[] = {0, 1, 2.5, 4};
    context = mlab_test_context(NULL, 1);
    world w = two_causes();
    for (options.link = 0; options.link < 2; options.link++) {
        double p[2], survival[4], incidence[8];
        mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
        ck_assert_uint_eq(mlab_predict_width_at(fit, MLAB_SCALE_SURVIVAL, 4), 4);
        ck_assert_uint_eq(mlab_predict_width_at(fit, MLAB_SCALE_INCIDENCE, 4), 8);
        ck_assert_int_eq(mlab_predict(&context, fit, w.table, NULL, 45, 1, NULL, NULL, MLAB_SCALE_RESPONSE, p, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 45, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 4, survival, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 45, 1, NULL, NULL, MLAB_SCALE_INCIDENCE, times, 4, incidence, NULL), MLAB_OK);
        ck_near(p[0], 0.1, 1e-9, 0); /* saturated: the shares */
        ck_near(p[1], 0.4, 1e-9, 0);
        for (size_t t = 0; t < 4; t++) {
            ck_near(survival[t], pow(0.5, times[t]), 1e-9, 0);
            ck_near(incidence[2 * t], 0.2 * (1 - pow(0.5, times[t])), 1e-9, 1e-12);
            ck_near(incidence[2 * t] + incidence[2 * t + 1] + survival[t], 1, 1e-12, 0);
        }
        mlab_fit_free(fit);
    }
    world_free(&w);
}
END_TEST

START_TEST(a_period_at_risk_for_half_has_half_the_hazard)
{
    double p[4], eta[4], share[2] = {1, 0.5};
    uint32_t rows[2] = {3, 3};
    context = mlab_test_context(NULL, 1);
    world w = two_causes();
    mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
    ck_assert_int_eq(mlab_predict(&context, fit, w.table, rows, 0, 2, NULL, share, MLAB_SCALE_RESPONSE, p, NULL), MLAB_OK);
    ck_near(1 - p[2] - p[3], sqrt(1 - p[0] - p[1]), 1e-12, 0);
    ck_assert_int_eq(mlab_predict(&context, fit, w.table, rows, 0, 2, NULL, share, MLAB_SCALE_LINK, eta, NULL), MLAB_OK);
    ck_near(eta[2], eta[0] + log(0.5), 1e-12, 0);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(a_scale_that_a_model_does_not_have_is_refused_by_name)
{
    const double times[] = {1, 2}, falling[] = {2, 1};
    double out[8];
    mlab_error err;
    context = mlab_test_context(NULL, 1);
    world w = two_causes();
    mlab_fit *fit = world_fit(&w, &context, "multinomial", &options);
    ck_assert_uint_eq(mlab_predict_width(fit, MLAB_SCALE_RESPONSE), 3);
    ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 0, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, times, 2, out, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_str_eq(err.sentence, "it: a multinomial fit has no survival scale");
    mlab_fit_free(fit);
    fit = world_fit(&w, &context, "hazard", &options);
    ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 0, 1, NULL, NULL, MLAB_SCALE_OCCUPATION, times, 2, out, &err), MLAB_ERR_FIT_MODEL);
    ck_assert_int_eq(mlab_predict_at(&context, fit, w.table, NULL, 0, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, falling, 2, out, &err), MLAB_ERR_ARGUMENT);
    ck_assert_int_eq(mlab_predict(&context, fit, w.table, NULL, 0, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, out, &err), MLAB_ERR_ARGUMENT);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

START_TEST(any_allocation_of_a_prediction_may_fail)
{
    const double times[] = {1, 2};
    mlab_test_memory memory = {0};
    double out[N * 4];
    context = mlab_test_context(NULL, 1);
    world w = two_causes();
    mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
    mlab_context failing = mlab_test_context(&memory, 1);
    for (long k = 1;; k++) {
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_predict_at(&failing, fit, w.table, NULL, 0, N, NULL, NULL, MLAB_SCALE_INCIDENCE, times, 2, out, NULL);
        ck_assert_int_eq(memory.live, 0);
        if (status == MLAB_OK) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("predict", curves_of_a_hazard_are_its_probabilities_period_by_period, a_period_at_risk_for_half_has_half_the_hazard,
               a_scale_that_a_model_does_not_have_is_refused_by_name, any_allocation_of_a_prediction_may_fail)

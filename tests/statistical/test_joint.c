/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coverage of joint models: 200 samples of 400 people over 8 periods, fixed seeds. With a true coverage of 95 % a sample of 200 lies outside 90
 * to 99.5 % in fewer than one of 1,000 such tests; a mean lies further than 3.3 of its errors from the truth in one of 1,000. Means are allowed 2 %
 * more: the estimates are biased by the order of 1 / people. */
#include "fit/joint_world.h"

#include <stdio.h>

enum { SAMPLES = 200, MOST = 8 };

static mlab_context context;

typedef struct claim {
    const char *name;
    double truth;
    int covered, covered_model;
    double sum, square;
} claim;

static void count(claim *c, const mlab_fit *fit)
{
    size_t j = joint_parameter(fit, c->name);
    double half = mlab_fit_interval_factor(fit, 0.95) * mlab_fit_standard_error(fit, j), off = fabs(fit->estimate[j] - c->truth);
    c->covered += off <= half;
    c->covered_model += off <= 1.96 * sqrt(fit->covariance[j * fit->n_parameters + j]);
    c->sum += fit->estimate[j] / SAMPLES;
    c->square += fit->estimate[j] * fit->estimate[j] / SAMPLES;
}

static void judge(const char *what, claim *claims, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        claim *c = &claims[k];
        double error = sqrt((c->square - c->sum * c->sum) / SAMPLES);
        printf("%s, %s: truth %.3f, mean %.4f (%.4f), robust intervals cover %.1f %%, those of the model %.1f %%\n", what, c->name, c->truth, c->sum,
               error, 100.0 * c->covered / SAMPLES, 100.0 * c->covered_model / SAMPLES);
        ck_assert(c->covered >= 180 && c->covered <= 199);
        ck_assert(c->covered_model >= 180 && c->covered_model <= 199);
        ck_assert(fabs(c->sum - c->truth) <= 3.3 * error + 0.02 * fabs(c->truth));
    }
}

static void run(const char *what, joint_truth truth, mlab_joint_effects effects, claim *claims, size_t n)
{
    mlab_fit_options options = mlab_fit_defaults();
    for (uint32_t s = 0; s < SAMPLES; s++) {
        truth.replicate = s;
        joint_world w = joint_world_make(&context, &truth);
        joint_prepare(&w, &context, &truth, &options);
        mlab_fit *fit = joint_world_fit(&w, &context, effects, &options);
        ck_assert_msg(fit->trust == MLAB_TRUSTED, "%s %u: %s", what, s, fit->reason);
        for (size_t k = 0; k < n; k++) count(&claims[k], fit);
        mlab_fit_free(fit);
        joint_world_free(&w);
    }
    judge(what, claims, n);
}

static const joint_truth levels = {.people = 400, .periods = 8, .seed = 77, .sd = 1, .gain = -0.6, .base = -2.3};

START_TEST(levels_and_one_cause)
{
    context = mlab_test_context(NULL, 2);
    claim claims[] = {{.name = "satisfaction:x", .truth = 0.5},
                      {.name = "retention:x", .truth = 0.3},
                      {.name = "retention:(Intercept)", .truth = -2.3},
                      {.name = "person(satisfaction)", .truth = 1},
                      {.name = "retention ~ satisfaction", .truth = -0.6}};
    run("levels", levels, MLAB_JOINT_SHARED, claims, 5);
}
END_TEST

START_TEST(no_association_is_found_where_there_is_none)
{
    context = mlab_test_context(NULL, 2);
    joint_truth truth = levels;
    truth.gain = 0, truth.seed = 78;
    claim claims[] = {{.name = "retention ~ satisfaction", .truth = 0}, {.name = "person(satisfaction)", .truth = 1}};
    run("no association", truth, MLAB_JOINT_SHARED, claims, 2);
}
END_TEST

START_TEST(numbers_and_two_causes)
{
    context = mlab_test_context(NULL, 2);
    joint_truth truth = levels;
    truth.gaussian = truth.two_causes = true, truth.gain_other = 0.4, truth.seed = 79;
    claim claims[] = {{.name = "satisfaction:time", .truth = -0.1},
                      {.name = "person(satisfaction)", .truth = 1},
                      {.name = "satisfaction:log(residual sd)", .truth = -0.22314355131420976},
                      {.name = "retention:voluntary ~ satisfaction", .truth = -0.6},
                      {.name = "retention:involuntary ~ satisfaction", .truth = 0.4}};
    run("numbers, two causes", truth, MLAB_JOINT_SHARED, claims, 5);
}
END_TEST

START_TEST(slopes_of_people)
{
    context = mlab_test_context(NULL, 2);
    joint_truth truth = levels;
    truth.gaussian = true, truth.slope = 0.2, truth.seed = 80;
    claim claims[] = {{.name = "person(satisfaction:time)", .truth = 0.2},
                      {.name = "retention ~ satisfaction", .truth = -0.6},
                      {.name = "retention ~ satisfaction:time", .truth = -0.24}};
    run("slopes", truth, MLAB_JOINT_SHARED, claims, 3);
}
END_TEST

MLAB_TEST_MAIN("joint coverage", levels_and_one_cause, no_association_is_found_where_there_is_none, numbers_and_two_causes, slopes_of_people)

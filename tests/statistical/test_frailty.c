/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared frailties on simulated truth: coefficients and variances come back, and intervals cover as often as they say.
 *
 * 100 replicates of 150 groups of 4, constant hazard 0.1 a day, censored at 12 days, coefficient 0.7 of an x that half of them have, variance 0.5,
 * for each law. Coverage of the coefficient's 95 % interval: binomial(100, 0.95) is outside 88 .. 100 once in 180 (false alarm 0.6 % a law); means of
 * estimates are held within 4 standard errors of the mean (false alarm 0.006 %), the variance with 0.05 for its bias with few groups. */
#include "core/random.h"
#include "fit/worlds.h"

#include <stdio.h>

enum { GROUPS = 150, OF_GROUP = 4, N = GROUPS * OF_GROUP, REPLICATES = 100 };
static const double B = 0.7, VARIANCE = 0.5;

static double x[N];
static int32_t stop[N], status[N];
static uint32_t group[N];

/* A gamma number of shape 2: the sum of two exponentials, over 2: mean 1, variance 0.5. */
static double draw_frailty(const mlab_address *at, bool gamma)
{
    if (!gamma) return exp(sqrt(VARIANCE) * mlab_random_normal(at, 0));
    return -(log(mlab_random_uniform(at, 0)) + log(mlab_random_uniform(at, 1))) / 2;
}

static void draw_world(uint32_t replicate, bool gamma)
{
    for (uint32_t g = 0; g < GROUPS; g++) {
        mlab_address at = {.seed = 20240501 + gamma, .replicate = replicate, .entity = g, .purpose = MLAB_PURPOSE_TEST};
        double z = draw_frailty(&at, gamma);
        for (uint32_t i = 0; i < OF_GROUP; i++) {
            size_t row = g * OF_GROUP + i;
            double day = -log(mlab_random_uniform(&at, 2 + i)) / (0.1 * z * exp(B * (i % 2)));
            x[row] = i % 2;
            group[row] = g;
            status[row] = day < 12;
            stop[row] = (int32_t)ceil(1000 * fmin(day, 12)); /* thousandths of a day: hardly a tie */
        }
    }
}

static void recover(bool gamma)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    options.frailty = gamma;
    options.ties = 1;
    double sum = 0, square = 0, variances = 0, variances2 = 0;
    int covered = 0;
    for (uint32_t r = 0; r < REPLICATES; r++) {
        world w = {0};
        mlab_formula *one;
        mlab_design *design;
        draw_world(r, gamma);
        world_real(&w, &context, "x", x, N);
        world_formula(&w, &context, "~ x");
        ck_assert_int_eq(mlab_formula_parse(&context, "~ 1", NULL, &one, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_design_make(one, w.table, NULL, &design, NULL), MLAB_OK);
        mlab_random_grouping grouping = {.design = design, .memberships = 1, .group = group, .n_groups = GROUPS, .name = "group"};
        w.problem.stop = stop;
        w.problem.status = status;
        w.problem.random = &grouping;
        w.problem.n_random = 1;
        mlab_fit *fit = world_fit(&w, &context, "cox", &options);
        ck_assert_msg(fit->trust == MLAB_TRUSTED || fit->trust == MLAB_ON_BOUNDARY, "%s", fit->reason);
        double estimate = fit->estimate[0], se = sqrt(fit->covariance[0]), variance = fit->random->covariance[0];
        covered += fabs(estimate - B) < 1.959964 * se;
        sum += estimate, square += estimate * estimate;
        variances += variance, variances2 += variance * variance;
        mlab_fit_free(fit);
        mlab_design_free(design);
        mlab_formula_free(one);
        world_free(&w);
    }
    double mean = sum / REPLICATES, error = sqrt((square / REPLICATES - mean * mean) / REPLICATES);
    double variance = variances / REPLICATES, of_variance = sqrt((variances2 / REPLICATES - variance * variance) / REPLICATES);
    printf("%s: coefficient %.3f +- %.3f (true %.1f), covered %d of %d, variance %.3f +- %.3f (true %.1f)\n", gamma ? "gamma" : "normal", mean, error,
           B, covered, (int)REPLICATES, variance, of_variance, VARIANCE);
    ck_assert(fabs(mean - B) < 4 * error);
    ck_assert(fabs(variance - VARIANCE) < 4 * of_variance + 0.05);
    ck_assert_int_ge(covered, 88);
}

START_TEST(a_gamma_frailty_is_recovered)
{
    recover(true);
}
END_TEST

START_TEST(a_normal_frailty_is_recovered)
{
    recover(false);
}
END_TEST

MLAB_TEST_MAIN("frailty_truth", a_gamma_frailty_is_recovered, a_normal_frailty_is_recovered)

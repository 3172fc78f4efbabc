/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model without covariates, from the cells of few offsets and from the rows of many: its log-likelihood is that of the fit of "~ 1".
 *
 *   row       0  1  2  3 ...      categories in turn by the row's noise; offsets: 5 values, or one for every row
 */
#include "core/random.h"
#include "fit/worlds.h"

enum { N = 3000 };
static double x[N], offset[N], weight[N];
static int32_t category[N];
static const char *const names[] = {"none", "first", "second"};

static world make(const mlab_context *context, const char *formula, size_t n_categories, size_t n_offsets)
{
    world w = {0};
    for (uint32_t i = 0; i < N; i++) {
        mlab_address address = {.seed = 5, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        double u = mlab_random_uniform(&address, 0);
        x[i] = mlab_random_normal(&address, 1);
        offset[i] = -0.5 * (double)(i % n_offsets) / (double)n_offsets;
        weight[i] = (double)(i % 4);
        category[i] = u < 0.1 + 0.05 * offset[i] + 0.02 * (x[i] > 0) ? 1 : u < 0.2 && n_categories > 2 ? 2 : 0;
    }
    world_real(&w, context, "x", x, N);
    world_formula(&w, context, formula);
    world_categories(&w, category, n_categories, names);
    w.problem.offset = offset;
    return w;
}

START_TEST(the_null_model_is_the_fit_of_an_intercept)
{
    static const struct {
        const char *model;
        size_t categories;
        int link;
    } models[] = {{"logit", 2, 0}, {"hazard", 3, 0}, {"hazard", 2, 1}, {"probit", 2, 0}, {"ordinal", 3, 0}, {"multinomial", 3, 0}};
    mlab_context context = mlab_test_context(NULL, 2);
    for (size_t m = 0; m < sizeof models / sizeof *models; m++)
        for (size_t offsets = 5; offsets <= N; offsets *= N / 5)
            for (int weighted = 0; weighted < 2; weighted++) {
                mlab_fit_options options = mlab_fit_defaults();
                options.link = models[m].link;
                bool ordinal = !strcmp(models[m].model, "ordinal");
                world w = make(&context, "~ x", models[m].categories, offsets), none = make(&context, "~ 1", models[m].categories, offsets);
                w.problem.weight = none.problem.weight = weighted ? weight : NULL;
                w.problem.weights = none.problem.weights = weighted ? MLAB_WEIGHTS_FREQUENCY : MLAB_WEIGHTS_NONE;
                mlab_fit *fit = world_fit(&w, &context, models[m].model, &options);
                mlab_fit *alone = world_fit(&none, &context, models[m].model, &options);
                ck_assert_int_eq(alone->trust, MLAB_TRUSTED);
                ck_assert_msg(mlab_test_near(fit->null_log_likelihood, alone->log_likelihood, 1e-12, 0), "%s, %zu offsets: %.15g, expected %.15g",
                              models[m].model, offsets, fit->null_log_likelihood, alone->log_likelihood);
                ck_assert(fit->log_likelihood > fit->null_log_likelihood);
                ck_assert(ordinal || fit->n_events > 0);
                mlab_fit_free(fit);
                mlab_fit_free(alone);
                world_free(&w);
                world_free(&none);
            }
}
END_TEST

START_TEST(counts_of_events_are_those_of_the_rows_and_their_weights)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_fit_options options = mlab_fit_defaults();
    for (int weighted = 0; weighted < 2; weighted++) {
        world w = make(&context, "~ x", 3, 5);
        w.problem.weight = weighted ? weight : NULL;
        w.problem.weights = weighted ? MLAB_WEIGHTS_FREQUENCY : MLAB_WEIGHTS_NONE;
        mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
        uint64_t first = 0, second = 0;
        for (size_t i = 0; i < N; i++) {
            first += (uint64_t)(category[i] == 1) * (uint64_t)(weighted ? weight[i] : 1);
            second += (uint64_t)(category[i] == 2) * (uint64_t)(weighted ? weight[i] : 1);
        }
        ck_assert_uint_eq(fit->events_by_block[0], first);
        ck_assert_uint_eq(fit->events_by_block[1], second);
        ck_assert_uint_eq(fit->n_events, first + second);
        mlab_fit_free(fit);
        world_free(&w);
    }
}
END_TEST

MLAB_TEST_MAIN("null", the_null_model_is_the_fit_of_an_intercept, counts_of_events_are_those_of_the_rows_and_their_weights)

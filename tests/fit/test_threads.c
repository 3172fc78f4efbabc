/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same bytes for any threads, any instruction set, and whether the design is kept or made anew. */
#include "core/elementary.h"
#include "core/random.h"
#include "fit/worlds.h"

enum { N = 70000 }; /* enough for the sample start and for several chunks */
static double x[N], z[N], offset[N];
static int32_t cause[N], level[N];
static uint32_t person[N];
static const char *const causes[] = {"none", "first", "second"}, *const levels[] = {"a", "b", "c"};

static void generate(void)
{
    for (uint32_t i = 0; i < N; i++) {
        mlab_address address = {.seed = 11, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        double u = mlab_random_uniform(&address, 0);
        x[i] = mlab_random_normal(&address, 1);
        z[i] = 2020 + (double)(i % 5);
        offset[i] = i % 11 ? 0 : log(0.5);
        person[i] = i / 9;
        double h = exp(-3 + 0.3 * x[i] + offset[i]);
        cause[i] = u < 1 - exp(-h) ? 1 + (u < 0.3 * (1 - exp(-h))) : 0;
        level[i] = u < 0.2 + 0.1 * (x[i] > 0) ? 0 : u < 0.7 ? 1 : 2;
    }
}

/* plain: columns as they stand in the table. */
static world big(const mlab_context *context, bool ordinal, bool plain)
{
    world w = {0};
    world_real(&w, context, "x", x, N);
    world_real(&w, context, "z", z, N);
    world_formula(&w, context, plain ? "~ x + z" : "~ x + z + I(x * z) + I(x^2)");
    world_categories(&w, ordinal ? level : cause, 3, ordinal ? levels : causes);
    w.problem.offset = ordinal ? NULL : offset;
    w.problem.cluster = person;
    w.problem.n_clusters = N / 9 + 1;
    w.problem.cluster_name = "person";
    return w;
}

static bool same_fit(const mlab_fit *a, const mlab_fit *b)
{
    size_t n = a->n_parameters;
    return a->iterations == b->iterations && memcmp(&a->log_likelihood, &b->log_likelihood, sizeof(double)) == 0 &&
           memcmp(a->estimate, b->estimate, n * sizeof(double)) == 0 && memcmp(a->covariance, b->covariance, n * n * sizeof(double)) == 0 &&
           memcmp(a->robust, b->robust, n * n * sizeof(double)) == 0 && memcmp(a->influence, b->influence, a->n_clusters * n * sizeof(double)) == 0;
}

START_TEST(threads_and_instruction_sets_and_memory_do_not_change_a_bit)
{
    generate();
    mlab_fit_options options = mlab_fit_defaults();
    for (int round = 0; round < 4; round++) {
        int ordinal = round % 2;
        const char *model = ordinal ? "ordinal" : "hazard";
        mlab_context context = mlab_test_context(NULL, 1);
        mlab_isa best = context.isa;
        world w = big(&context, ordinal, round >= 2);
        mlab_fit *first = world_fit(&w, &context, model, &options);
        ck_assert_int_eq(first->trust, MLAB_TRUSTED);
        const struct {
            int threads;
            mlab_isa isa;
            size_t keep;
        } ways[] = {{2, best, 0}, {7, best, 0}, {2, MLAB_ISA_GENERIC, 0}, {2, best, 1}};
        for (size_t k = round < 2 ? 0 : 2; k < sizeof ways / sizeof *ways; k++) {
            context.threads = ways[k].threads;
            context.isa = ways[k].isa;
            w.problem.keep_bytes = ways[k].keep;
            mlab_fit *again = world_fit(&w, &context, model, &options);
            ck_assert_msg(same_fit(first, again), "%s: %d threads, instruction set %d, keep %zu", model, ways[k].threads, (int)ways[k].isa,
                          ways[k].keep);
            mlab_fit_free(again);
        }
        mlab_fit_free(first);
        world_free(&w);
    }
}
END_TEST

/* A fit that begins at zero and one that begins at a sample of the rows end at the same place. */
START_TEST(the_sample_start_ends_where_a_cold_start_ends)
{
    generate();
    mlab_context context = mlab_test_context(NULL, 2);
    mlab_fit_options options = mlab_fit_defaults();
    world w = big(&context, false, false);
    mlab_prepared *prepared;
    double cold[10];
    mlab_refit_info info;
    mlab_fit *fit = world_fit(&w, &context, "hazard", &options);
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("hazard"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_refit(&context, prepared, NULL, NULL, cold, &info, NULL), MLAB_OK);
    ck_assert_int_ge(info.iterations, fit->iterations);
    for (size_t j = 0; j < 10; j++) ck_near(cold[j], fit->estimate[j], 0, 1e-9 * sqrt(fit->covariance[j * 11]));
    mlab_prepared_free(prepared);
    mlab_fit_free(fit);
    world_free(&w);
}
END_TEST

MLAB_TEST_MAIN("threads", threads_and_instruction_sets_and_memory_do_not_change_a_bit, the_sample_start_ends_where_a_cold_start_ends)

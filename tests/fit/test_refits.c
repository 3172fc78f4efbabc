/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refits of a bootstrap side by side: each is the refit done alone.
 *
 *   600 rows of 200 people, x smooth, z of two levels:  arm ~ x + z,  counts ~ x + z,  numbers ~ x + z
 */
#include "core/random.h"
#include "fit/refits.h"
#include "fit/worlds.h"

#include <stdio.h>

enum { ROWS = 600, PEOPLE = 200, SAMPLES = 11 };

static mlab_context context;
static double x[ROWS], z[ROWS], number[ROWS], positive[ROWS], weight[ROWS];
static int32_t category[ROWS];
static uint32_t cluster[ROWS], id[PEOPLE];
static const char *const no_yes[] = {"no", "yes", "perhaps"};

static double hash(size_t i, uint32_t j)
{
    return mlab_random_uniform(&(mlab_address){.seed = 77, .entity = (uint32_t)i}, j);
}

static void make(world *w, const mlab_context *of, bool clustered)
{
    *w = (world){0};
    for (size_t i = 0; i < ROWS; i++) {
        x[i] = 2 * hash(i, 0) + 30;
        z[i] = hash(i, 1) < 0.4;
        category[i] = hash(i, 2) < 1 / (1 + exp(0.5 - 0.8 * (x[i] - 31) + 0.5 * z[i]));
        number[i] = floor(-log(hash(i, 3)) * exp(0.3 + 0.4 * (x[i] - 31)));
        positive[i] = number[i] + hash(i, 4);
        weight[i] = 0.5 + hash(i, 5);
        cluster[i] = (uint32_t)(i * 7 % PEOPLE);
    }
    for (uint32_t g = 0; g < PEOPLE; g++) id[g] = g;
    world_real(w, of, "x", x, ROWS);
    world_real(w, of, "z", z, ROWS);
    world_formula(w, of, "~ x + z");
    world_categories(w, category, 2, no_yes);
    w->problem.number = number;
    if (!clustered) return;
    w->problem.weight = weight;
    w->problem.cluster = cluster;
    w->problem.cluster_id = id;
    w->problem.n_clusters = PEOPLE;
    w->problem.cluster_name = "person";
}

static void sample(size_t k, size_t n, uint16_t *count)
{
    mlab_random_counts(&context, &(mlab_address){.seed = 5, .draw = (uint32_t)k, .purpose = MLAB_PURPOSE_BOOTSTRAP}, n, count);
}

START_TEST(a_sample_is_that_of_numbers_drawn_one_by_one)
{
    enum { N = 1500 };
    double count[N], expected[N] = {0};
    uint16_t narrow[N];
    context = mlab_test_context(NULL, 1);
    mlab_address at = {.seed = 5, .draw = 3, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    for (uint32_t j = 0; j < N; j++) {
        mlab_address own = at;
        own.entity = j;
        expected[mlab_random_below(&own, 0, N)]++;
    }
    for (mlab_isa isa = MLAB_ISA_GENERIC, best = context.isa; isa <= best; isa++) {
        double all = 0;
        context.isa = isa;
        mlab_random_sample(&context, &at, N, count);
        mlab_random_counts(&context, &at, N, narrow);
        for (size_t i = 0; i < N; i++) {
            all += count[i];
            ck_assert_double_eq(narrow[i], count[i]);
        }
        ck_assert_mem_eq(count, expected, sizeof count);
        ck_assert_double_eq(all, N);
    }
}
END_TEST

START_TEST(each_is_the_refit_done_alone)
{
    static const char *const models[] = {"logit", "cloglog", "probit", "poisson", "linear", "multinomial", "ordinal"};
    for (size_t m = 0; m < 14; m++) {
        world w;
        mlab_prepared *prepared;
        mlab_refits *refits;
        mlab_fit *fit;
        mlab_fit_options options = mlab_fit_defaults();
        context = mlab_test_context(NULL, 1);
        make(&w, &context, m % 2);
        size_t units = m % 2 ? PEOPLE : ROWS;
        if (m / 2 >= 5) {
            w.problem.n_categories = 3;
            for (size_t i = 0; i < ROWS; i++) category[i] += hash(i, 6) < 0.3 && category[i] == 1;
        }
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find(models[m / 2]), &w.problem, &options, &prepared, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_refits_make(&context, prepared, fit->estimate, &refits, NULL), MLAB_OK);
        for (size_t k = 0; k < SAMPLES; k += 4) {
            double times[ROWS], estimates[4 * 10], alone[10], again[10];
            uint16_t count[4][ROWS];
            const uint16_t *const each[] = {count[0], count[1], count[2], count[3]};
            mlab_refit_info info[4], own;
            for (size_t i = 0; i < 4; i++) sample(k + i, units, count[i]);
            ck_assert_int_eq(mlab_refits_run(&context, refits, 4, each, estimates, info, NULL), MLAB_OK);
            for (size_t i = 0; i < 4; i++) {
                for (size_t g = 0; g < units; g++) times[g] = count[i][g];
                mlab_refit_weights weights = {.cluster = times};
                ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, NULL, alone, &own, NULL), MLAB_OK);
                ck_assert_int_eq(info[i].trust, own.trust);
                const double *together = estimates + i * fit->n_parameters;
                for (size_t j = 0; j < fit->n_parameters; j++)
                    ck_assert_msg(fabs(together[j] - alone[j]) < 1e-8 * sqrt(fit->covariance[j * (fit->n_parameters + 1)]) + 1e-14 * fabs(alone[j]),
                                  "%s, sample %zu, parameter %zu: %.17g and %.17g", models[m / 2], k + i, j, together[j], alone[j]);
                ck_assert_int_eq(mlab_refits_run(&context, refits, 1, each + i, again, &own, NULL), MLAB_OK);
                ck_assert_mem_eq(again, together, fit->n_parameters * sizeof *again);
            }
        }
        mlab_refits_free(refits);
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
        world_free(&w);
    }
}
END_TEST

/* Of 3 columns the samples have third derivatives of their own, of 8 those of all rows, of 14 none: rounds over the rows that each needs. */
START_TEST(it_ends_at_the_same_place_however_many_columns_there_are)
{
    static const size_t columns[] = {3, 8, 14};
    static double noise[12][ROWS];
    for (size_t m = 0; m < 3; m++) {
        world w;
        mlab_prepared *prepared;
        mlab_refits *refits;
        mlab_fit *fit;
        mlab_fit_options options = mlab_fit_defaults();
        char formula[200] = "~ x + z", name[8];
        context = mlab_test_context(NULL, 1);
        make(&w, &context, false);
        for (size_t c = 3; c < columns[m]; c++) {
            for (size_t i = 0; i < ROWS; i++) noise[c - 3][i] = hash(i, (uint32_t)(20 + c)) < 0.5;
            snprintf(name, sizeof name, "n%zu", c);
            world_real(&w, &context, name, noise[c - 3], ROWS);
            snprintf(formula + strlen(formula), sizeof formula - strlen(formula), " + %s", name);
        }
        mlab_design_free(w.design);
        mlab_formula_free(w.formula);
        world_formula(&w, &context, formula);
        world_categories(&w, category, 2, no_yes);
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &w.problem, &options, &prepared, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
        ck_assert_uint_eq(fit->n_parameters, columns[m]);
        ck_assert_int_eq(mlab_refits_make(&context, prepared, fit->estimate, &refits, NULL), MLAB_OK);
        for (size_t k = 0; k < SAMPLES; k++) {
            double times[ROWS], together[14], alone[14];
            uint16_t count[ROWS];
            const uint16_t *const each[] = {count};
            mlab_refit_info info, own;
            mlab_refit_weights weights = {.cluster = times};
            sample(k, ROWS, count);
            for (size_t g = 0; g < ROWS; g++) times[g] = count[g];
            ck_assert_int_eq(mlab_refits_run(&context, refits, 1, each, together, &info, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, NULL, alone, &own, NULL), MLAB_OK);
            ck_assert_msg(isnan(info.log_likelihood) && info.iterations <= 6, "%zu columns, sample %zu: %d rounds", columns[m], k, info.iterations);
            for (size_t j = 0; j < columns[m]; j++)
                ck_assert_msg(fabs(together[j] - alone[j]) < 1e-8 * sqrt(fit->covariance[j * (columns[m] + 1)]), "%zu columns, sample %zu: %g",
                              columns[m], k, together[j] - alone[j]);
        }
        mlab_refits_free(refits);
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
        world_free(&w);
    }
}
END_TEST

/* n is z but for 0.01 of noise: variances are 30,000 times those of either alone. Weights of 1e-60 and 1e6 move no
 * root. */
START_TEST(it_ends_at_the_same_place_where_columns_are_hardly_apart_and_weights_tiny_or_large)
{
    static const double scales[] = {1, 1e-60, 1e6};
    static double near[ROWS];
    for (size_t m = 0; m < 3; m++) {
        world w;
        mlab_prepared *prepared;
        mlab_refits *refits;
        mlab_fit *fit;
        mlab_fit_options options = mlab_fit_defaults();
        context = mlab_test_context(NULL, 1);
        make(&w, &context, true);
        for (size_t i = 0; i < ROWS; i++) near[i] = z[i] + 0.01 * hash(i, 30);
        for (size_t i = 0; i < ROWS; i++) weight[i] *= scales[m];
        world_real(&w, &context, "n", near, ROWS);
        mlab_design_free(w.design);
        mlab_formula_free(w.formula);
        world_formula(&w, &context, m ? "~ x + z" : "~ x + z + n");
        world_categories(&w, category, 2, no_yes);
        w.problem.weight = weight;
        w.problem.cluster = cluster;
        w.problem.cluster_id = id;
        w.problem.n_clusters = PEOPLE;
        w.problem.cluster_name = "person";
        size_t p = m ? 3 : 4;
        ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &w.problem, &options, &prepared, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
        ck_assert_uint_eq(fit->n_parameters, p);
        ck_assert_int_eq(mlab_refits_make(&context, prepared, fit->estimate, &refits, NULL), MLAB_OK);
        for (size_t k = 0; k < SAMPLES; k++) {
            double times[PEOPLE], together[4], alone[4];
            uint16_t count[PEOPLE];
            const uint16_t *const each[] = {count};
            mlab_refit_info info, own;
            mlab_refit_weights weights = {.cluster = times};
            sample(k, PEOPLE, count);
            for (size_t g = 0; g < PEOPLE; g++) times[g] = count[g];
            ck_assert_int_eq(mlab_refits_run(&context, refits, 1, each, together, &info, NULL), MLAB_OK);
            ck_assert_int_eq(mlab_prepared_refit(&context, prepared, &weights, NULL, alone, &own, NULL), MLAB_OK);
            ck_assert_msg(isnan(info.log_likelihood), "scale %g, sample %zu: refitted in full", scales[m], k);
            for (size_t j = 0; j < p; j++)
                ck_assert_msg(fabs(together[j] - alone[j]) < 1e-8 * sqrt(fit->covariance[j * (p + 1)]), "scale %g, sample %zu, %zu: %g of %g",
                              scales[m], k, j, together[j] - alone[j], sqrt(fit->covariance[j * (p + 1)]));
        }
        mlab_refits_free(refits);
        mlab_fit_free(fit);
        mlab_prepared_free(prepared);
        world_free(&w);
    }
}
END_TEST

START_TEST(a_sample_that_is_separated_or_loses_a_column_says_so)
{
    world w;
    mlab_prepared *prepared;
    mlab_refits *refits;
    mlab_fit *fit;
    mlab_refit_info info[2];
    uint16_t separated[ROWS], lost[ROWS];
    double estimates[6];
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(NULL, 1);
    make(&w, &context, false);
    for (size_t i = 0; i < ROWS; i++) {
        separated[i] = category[i] == (x[i] > 31);
        lost[i] = z[i] == 0;
    }
    const uint16_t *const each[] = {separated, lost};
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_refits_make(&context, prepared, fit->estimate, &refits, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_refits_run(&context, refits, 2, each, estimates, info, NULL), MLAB_OK);
    ck_assert_int_eq(info[0].trust, MLAB_SEPARATED);
    ck_assert_uint_eq(info[1].n_aliased, 1);
    mlab_refits_free(refits);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    world_free(&w);
}
END_TEST

START_TEST(memory_that_fails_anywhere_is_an_error_and_leaves_none_behind)
{
    world w;
    mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_test_memory memory = {0};
    mlab_fit_options options = mlab_fit_defaults();
    context = mlab_test_context(&memory, 1);
    make(&w, &context, true);
    ck_assert_int_eq(mlab_prepare(&context, mlab_model_find("logit"), &w.problem, &options, &prepared, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_prepared_fit(&context, prepared, &fit, NULL), MLAB_OK);
    uint16_t count[PEOPLE];
    double estimate[3];
    sample(1, PEOPLE, count);
    const uint16_t *const each[] = {count};
    long before = memory.live, failed = 0;
    for (long k = 1;; k++) {
        mlab_refits *refits = NULL;
        mlab_refit_info info;
        memory.calls = 0;
        memory.fail_at = k;
        mlab_status status = mlab_refits_make(&context, prepared, fit->estimate, &refits, NULL);
        if (!status) status = mlab_refits_run(&context, refits, 1, each, estimate, &info, NULL);
        memory.fail_at = 0;
        mlab_refits_free(refits);
        ck_assert_int_eq(memory.live, before);
        if (!status) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        failed++;
    }
    ck_assert_int_gt(failed, 6);
    mlab_fit_free(fit);
    mlab_prepared_free(prepared);
    world_free(&w);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("refits", a_sample_is_that_of_numbers_drawn_one_by_one, each_is_the_refit_done_alone,
               it_ends_at_the_same_place_however_many_columns_there_are,
               it_ends_at_the_same_place_where_columns_are_hardly_apart_and_weights_tiny_or_large,
               a_sample_that_is_separated_or_loses_a_column_says_so, memory_that_fails_anywhere_is_an_error_and_leaves_none_behind)

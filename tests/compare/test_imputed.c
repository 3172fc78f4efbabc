/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons over imputations: pooled as one would by hand, what is imputed and what is not, threads, failures. */
#include "compare/world.h"
#include "core/random.h"
#include "fit/impute/sampled.h"
#include "fit/model.h"

#include <math.h>

enum { TIMES = 4 };

/* x of every third person is not known. */
static world *with_gaps(void)
{
    world *w = world_starters(300, 3);
    mlab_column *x = mlab_table_find(w->panel.rows, "x");
    for (size_t i = 0; i < w->n; i++)
        if (w->person[i] % 3 == 1) ck_assert_int_eq(mlab_column_set_missing(w->panel.rows, x, i, NULL), MLAB_OK);
    return w;
}

static mlab_imputation *imputed(world *w, const mlab_compare_spec *spec)
{
    mlab_imputation *imputation;
    mlab_error err = {0};
    ck_assert_msg(!mlab_compare_impute(&w->context, &w->data, spec, TIMES, 3, 11, &imputation, &err), "%s", err.sentence);
    return imputation;
}

static mlab_comparison *pooled(world *w, const mlab_compare_spec *spec, const mlab_compare_options *options, const mlab_imputation *imputation)
{
    mlab_comparison *comparison;
    mlab_error err = {0};
    ck_assert_msg(!mlab_compare_imputed(&w->context, &w->data, spec, options, imputation, &comparison, &err), "%s", err.sentence);
    return comparison;
}

START_TEST(contrasts_are_pooled_as_one_would_by_hand)
{
    double horizons[] = {6, 12};
    mlab_compare_spec spec = world_spec(horizons, 2, 2);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = 0;
    options.method = 2;
    world *w = with_gaps();
    mlab_imputation *imputation = imputed(w, &spec);
    ck_assert_uint_eq(imputation->n_columns, 1);
    ck_assert_uint_eq(imputation->columns[0].n_missing, 100);
    mlab_comparison *all = pooled(w, &spec, &options, imputation), *own[TIMES];
    for (int k = 0; k < TIMES; k++) {
        mlab_completed *completed;
        ck_assert_int_eq(mlab_impute_complete(&w->context, &w->data, imputation, k, &completed, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_compare(&w->context, &completed->data, &spec, &options, &own[k], NULL), MLAB_OK);
        mlab_completed_free(&w->context, completed);
    }
    ck_assert_uint_eq(all->n_contrasts, own[0]->n_contrasts);
    for (size_t c = 0; c < all->n_contrasts; c++) {
        const mlab_contrast *to = &all->contrasts[c];
        double value[TIMES], variance[TIMES], ratio[TIMES], mean, total, df, missing, between = 0;
        for (int k = 0; k < TIMES; k++) {
            const mlab_contrast *from = &own[k]->contrasts[c];
            value[k] = from->estimate;
            variance[k] = from->se * from->se;
            ratio[k] = from->risk_ratio;
            between += fabs(from->estimate - own[0]->contrasts[c].estimate);
        }
        ck_assert_double_gt(between, 0);
        mlab_rubin(value, variance, TIMES, own[0]->contrasts[c].df, &mean, &total, &df, &missing);
        ck_near(to->estimate, mean, 1e-12, 0);
        ck_near(to->se, sqrt(total), 1e-12, 0);
        ck_near(to->upper - to->estimate, mlab_t_quantile(0.975, df) * sqrt(total), 1e-12, 0);
        ck_near(to->missing_information, missing, 1e-12, 0);
        ck_near(to->risk_arm - to->risk_reference, to->estimate, 1e-9, 1e-12);
        if (ratio[0] > 0) ck_near(log(to->risk_ratio), (log(ratio[0]) + log(ratio[1]) + log(ratio[2]) + log(ratio[3])) / 4, 1e-9, 1e-12);
        ck_assert_uint_eq(to->imputations, TIMES);
        ck_assert_double_lt(df, own[0]->contrasts[c].df);
        ck_assert_ptr_nonnull(strstr(to->caveats, "Missing values were imputed 4 times"));
    }
    ck_assert_ptr_nonnull(strstr(all->caveats, "Imputed: x for 100 people, 4 times"));
    ck_assert_ptr_null(strstr(all->caveats, "something that is adjusted for is missing"));
    for (int k = 0; k < TIMES; k++) mlab_comparison_free(own[k]);
    mlab_comparison_free(all);
    mlab_imputation_free(imputation);
    world_end(w);
}
END_TEST

/* Nothing is missing, or only what changes over time: people without it are left out as before. */
START_TEST(what_changes_over_time_is_not_imputed)
{
    double horizons[] = {6};
    mlab_compare_spec spec = world_spec(horizons, 1, 2);
    mlab_imputation *imputation;
    world *w = world_starters(100, 3);
    ck_assert_int_eq(mlab_compare_impute(&w->context, &w->data, &spec, 2, 2, 1, &imputation, NULL), MLAB_OK);
    ck_assert_ptr_null(imputation);
    mlab_column *x = mlab_table_find(w->panel.rows, "x");
    x->as.real[1] = 0.77;
    ck_assert_int_eq(mlab_column_set_missing(w->panel.rows, x, 0, NULL), MLAB_OK);
    for (size_t i = 2; i < w->n; i++) x->as.real[i] += 0.01 * (double)w->since[i];
    ck_assert_int_eq(mlab_compare_impute(&w->context, &w->data, &spec, 2, 2, 1, &imputation, NULL), MLAB_OK);
    ck_assert_ptr_null(imputation);
    spec.n_adjust = 0;
    ck_assert_int_eq(mlab_compare_impute(&w->context, &w->data, &spec, 2, 2, 1, &imputation, NULL), MLAB_OK);
    ck_assert_ptr_null(imputation);
    world_end(w);
}
END_TEST

/* What sample b says of the first contrast, imputed twice: value [2]. */
static void by_hand(world *w, const mlab_compare_spec *spec, const mlab_compare_options *options, uint32_t b, double *value)
{
    double count[300];
    mlab_sampled *sampled;
    mlab_imputation *imputation;
    mlab_address at = {.seed = (uint64_t)options->seed, .draw = b, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    mlab_compare_options plain = *options;
    plain.bootstrap = 0;
    ck_assert_uint_eq(mlab_sampled_people(&w->data), 300);
    mlab_random_sample(&w->context, &at, 300, count);
    ck_assert_int_eq(mlab_sampled_make(&w->context, &w->data, NULL, 0, count, &sampled, NULL), MLAB_OK);
    uint64_t seed = (uint64_t)options->seed ^ (UINT64_C(0x9e3779b97f4a7c15) * (b + 1));
    ck_assert_int_eq(mlab_compare_impute(&w->context, &sampled->data, spec, 2, 3, seed, &imputation, NULL), MLAB_OK);
    for (int k = 0; k < 2; k++) {
        mlab_completed *completed;
        mlab_comparison *own;
        ck_assert_int_eq(mlab_impute_complete(&w->context, &sampled->data, imputation, k, &completed, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_compare(&w->context, &completed->data, spec, &plain, &own, NULL), MLAB_OK);
        value[k] = own->contrasts[0].estimate;
        mlab_comparison_free(own);
        mlab_completed_free(&w->context, completed);
    }
    mlab_imputation_free(imputation);
    mlab_sampled_free(sampled);
}

/* Twenty samples; variance (B - W) / 2 + W / m of the mean over m = 4 imputations. */
START_TEST(every_bootstrap_sample_is_imputed_anew_and_threads_change_no_byte)
{
    enum { SAMPLES = 20 };
    double horizons[] = {6}, first = 0, first_se = 0, mean[SAMPLES], all_mean = 0, between = 0, within = 0;
    mlab_compare_spec spec = world_spec(horizons, 1, 2);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = SAMPLES;
    for (int threads = 1; threads < 8; threads += threads == 1 ? 1 : 5) {
        world *w = with_gaps();
        w->context.threads = threads;
        mlab_imputation *imputation = imputed(w, &spec);
        mlab_comparison *all = pooled(w, &spec, &options, imputation);
        const mlab_contrast *c = &all->contrasts[0];
        ck_assert_uint_eq(c->bootstrap_done, SAMPLES);
        ck_assert_ptr_nonnull(strstr(c->caveats, "20 samples of people, in each of which everything missing was imputed anew"));
        if (threads == 1) first = c->estimate, first_se = c->se;
        ck_assert(c->estimate == first && c->se == first_se && first_se > 0);
        ck_near(c->upper - c->estimate, mlab_t_quantile(0.975, c->df) * c->se, 1e-9, 0);
        for (uint32_t b = 0; b < SAMPLES && threads == 1; b++) {
            double value[2];
            by_hand(w, &spec, &options, b, value);
            mean[b] = (value[0] + value[1]) / 2;
            all_mean += mean[b] / SAMPLES;
            within += (value[0] - value[1]) * (value[0] - value[1]) / 2 / SAMPLES;
        }
        mlab_comparison_free(all);
        mlab_imputation_free(imputation);
        world_end(w);
    }
    for (int b = 0; b < SAMPLES; b++) between += 2 * (mean[b] - all_mean) * (mean[b] - all_mean) / (SAMPLES - 1);
    ck_assert_double_gt(within, 0);
    ck_near(first_se * first_se, (between - within) / 2 + within / TIMES, 1e-9, 0);
}
END_TEST

static void fail_each(int64_t samples, long part)
{
    double horizons[] = {6};
    mlab_compare_spec spec = world_spec(horizons, 1, 1);
    mlab_compare_options options = mlab_compare_defaults();
    options.bootstrap = samples;
    world *w = world_starters(40, 3);
    mlab_column *x = mlab_table_find(w->panel.rows, "x");
    for (size_t i = 0; i < w->n; i++)
        if (w->person[i] % 5 == 1) ck_assert_int_eq(mlab_column_set_missing(w->panel.rows, x, i, NULL), MLAB_OK);
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_status got = MLAB_ERR_MEMORY;
    for (long k = 1; got == MLAB_ERR_MEMORY && k < 10000000; k += 1 + k / part) {
        mlab_imputation *imputation = NULL;
        mlab_comparison *all = NULL;
        memory = (mlab_test_memory){.fail_at = k};
        got = mlab_compare_impute(&context, &w->data, &spec, 2, 1, 11, &imputation, NULL);
        if (!got) got = mlab_compare_imputed(&context, &w->data, &spec, &options, imputation, &all, NULL);
        mlab_comparison_free(all);
        mlab_imputation_free(imputation);
        ck_assert_msg(memory.live == 0, "call %ld leaves %ld blocks", k, memory.live);
        ck_assert(got == MLAB_OK || got == MLAB_ERR_MEMORY);
    }
    ck_assert_int_eq(got, MLAB_OK);
    world_end(w);
}

START_TEST(any_allocation_may_fail)
{
    fail_each(0, 9);
}
END_TEST

START_TEST(any_allocation_may_fail_while_samples_are_imputed_anew)
{
    fail_each(20, 2);
}
END_TEST

MLAB_TEST_MAIN("imputed", contrasts_are_pooled_as_one_would_by_hand, what_changes_over_time_is_not_imputed,
               every_bootstrap_sample_is_imputed_anew_and_threads_change_no_byte, any_allocation_may_fail,
               any_allocation_may_fail_while_samples_are_imputed_anew)

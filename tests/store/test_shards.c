/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/small_results.h"
#include "support/support.h"

#include "core/os.h"

#include <stdio.h>
#include <string.h>

#define OTHER_KEY "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static char folder[4200];

/* Draw `draw` of the small simulation as outcomes of one draw. */
static mlab_outcomes one_draw(const mlab_context *context, size_t draw, float values[MLAB_N_METRICS][S * R * P * G])
{
    small_results(context);
    mlab_outcomes one = small_outcomes;
    one.n_draws = 1;
    one.person_periods = 100 + draw;
    for (size_t k = 0; k < MLAB_N_METRICS; k++) {
        one.value[k] = values[k];
        for (size_t s = 0; s < S; s++) memcpy(values[k] + s * R * P * G, metric_values[k] + (s * D + draw) * R * P * G, R * P * G * sizeof(float));
    }
    return one;
}

static void take_draw(const mlab_context *context, const mlab_sink *sink, size_t draw)
{
    static float values[MLAB_N_METRICS][S * R * P * G];
    mlab_outcomes one = one_draw(context, draw, values);
    mlab_error err;
    ck_assert_msg(sink->take(sink->user, draw, &one, &err) == MLAB_OK, "%s", err.sentence);
}

static mlab_sink shards(const mlab_context *context, const char *key)
{
    mlab_sink sink;
    mlab_error err;
    ck_assert_int_eq(mlab_store_shards(context, folder, key, &sink, &err), MLAB_OK);
    return sink;
}

START_TEST(shards_written_in_any_order_merge_to_the_same_whole)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    snprintf(folder, sizeof folder, "%s/shards", mlab_test_folder("shards"));
    mlab_sink sink = shards(&context, KEY);
    mlab_error err;
    mlab_outcomes *all;
    take_draw(&context, &sink, 2);
    take_draw(&context, &sink, 0);
    ck_assert(sink.has(sink.user, 0) && !sink.has(sink.user, 1) && sink.has(sink.user, 2));
    ck_assert_int_eq(mlab_store_merge(&context, folder, KEY, D, &all, &err), MLAB_ERR_STORE_OPEN);
    take_draw(&context, &sink, 1);
    ck_assert_msg(mlab_store_merge(&context, folder, KEY, D, &all, &err) == MLAB_OK, "%s", err.sentence);
    for (size_t k = 0; k < MLAB_N_METRICS; k++) ck_assert_int_eq(memcmp(all->value[k], metric_values[k], sizeof metric_values[k]), 0);
    ck_assert_uint_eq(all->n_draws, D);
    ck_assert_uint_eq(all->person_periods, 303);
    mlab_outcomes_free(all);
    mlab_store_shards_end(&sink);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(a_shard_of_another_run_or_a_broken_one_counts_as_missing)
{
    mlab_context context = mlab_test_context(NULL, 1);
    snprintf(folder, sizeof folder, "%s/shards", mlab_test_folder("shards"));
    mlab_sink sink = shards(&context, KEY), later = shards(&context, OTHER_KEY), none;
    mlab_error err;
    mlab_outcomes *all;
    char path[4300];
    take_draw(&context, &sink, 0);
    ck_assert(sink.has(sink.user, 0));
    ck_assert(!later.has(later.user, 0));
    ck_assert_int_eq(mlab_store_merge(&context, folder, OTHER_KEY, 1, &all, &err), MLAB_ERR_STORE_READ);
    ck_assert_ptr_nonnull(strstr(err.sentence, "belongs to another run"));
    snprintf(path, sizeof path, "%s/draw-000001.h5", folder);
    ck_assert_int_eq(mlab_os_write_file(&context, path, "half", 4, false, &err), MLAB_OK);
    ck_assert(!sink.has(sink.user, 1));
    ck_assert_int_eq(mlab_store_shards(&context, folder, "short", &none, &err), MLAB_ERR_ARGUMENT);
    mlab_store_shards_end(&sink);
    mlab_store_shards_end(&later);
}
END_TEST

START_TEST(every_failed_allocation_of_a_merge_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    snprintf(folder, sizeof folder, "%s/shards", mlab_test_folder("shards"));
    mlab_sink sink = shards(&context, KEY);
    mlab_error err;
    for (size_t draw = 0; draw < D; draw++) take_draw(&context, &sink, draw);
    mlab_store_shards_end(&sink);
    for (long k = 1;; k++) {
        mlab_outcomes *all = NULL;
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = mlab_store_merge(&context, folder, KEY, D, &all, &err);
        mlab_outcomes_free(all);
        ck_assert_int_eq(memory.live, 0);
        if (!status) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
    }
}
END_TEST

MLAB_TEST_MAIN("store/shards", shards_written_in_any_order_merge_to_the_same_whole, a_shard_of_another_run_or_a_broken_one_counts_as_missing,
               every_failed_allocation_of_a_merge_is_reported_and_nothing_leaks)

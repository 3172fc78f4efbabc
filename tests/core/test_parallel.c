/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/error.h"
#include "core/os.h"
#include "core/parallel.h"
#include "core/parallel_worth.h"
#include "core/random.h"
#include "support/support.h"

#include <math.h>
#include <string.h>

enum { BLOCKS = 37, N = 5 };

typedef struct work {
    double parts[BLOCKS * N];
    size_t fails_from;   /* blocks from here on fail; BLOCKS = none */
    size_t scratch_size; /* checked to be zero at a thread's first block */
    int runs[BLOCKS];
} work;

static mlab_status add_up(void *arg, size_t block, void *scratch, mlab_error *err)
{
    work *w = arg;
    w->runs[block]++;
    if (w->scratch_size) {
        unsigned char *own = scratch;
        if (own[0] == 0)
            for (size_t i = 1; i < w->scratch_size; i++)
                if (own[i]) return mlab_raise(err, MLAB_ERR_ARGUMENT, "scratch is not zero");
        own[0] = 1;
    }
    if (block >= w->fails_from) return mlab_raise(err, MLAB_ERR_NUMBER, "block %zu fails", block);
    for (uint32_t i = 0; i < 1000 * (block % 7); i++) {
        const mlab_address address = {.seed = 5, .entity = i, .replicate = (uint32_t)block};
        for (uint32_t j = 0; j < N; j++) w->parts[block * N + j] += exp(8 * mlab_random_uniform(&address, j));
    }
    return MLAB_OK;
}

START_TEST(sums_have_the_same_bytes_for_1_2_and_7_threads)
{
    double sums[3][N];
    const int threads[] = {1, 2, 7};
    for (int t = 0; t < 3; t++) {
        work w = {.fails_from = BLOCKS, .scratch_size = 64};
        mlab_context context = mlab_test_context(NULL, threads[t]);
        ck_assert_int_eq(mlab_parallel_blocks(&context, "adding", BLOCKS, 64, add_up, &w, NULL), MLAB_OK);
        for (int b = 0; b < BLOCKS; b++) ck_assert_int_eq(w.runs[b], 1);
        mlab_sum_blocks(w.parts, BLOCKS, N, sums[t]);
    }
    ck_assert_mem_eq(sums[0], sums[1], sizeof sums[0]);
    ck_assert_mem_eq(sums[0], sums[2], sizeof sums[0]);
}
END_TEST

START_TEST(the_error_of_the_lowest_failing_block_is_told_whatever_the_threads)
{
    for (int threads = 1; threads <= 7; threads += 2)
        for (int again = 0; again < 20; again++) {
            work w = {.fails_from = 11};
            mlab_error err = {0};
            mlab_context context = mlab_test_context(NULL, threads);
            ck_assert_int_eq(mlab_parallel_blocks(&context, NULL, BLOCKS, 0, add_up, &w, &err), MLAB_ERR_NUMBER);
            ck_assert_str_eq(err.sentence, "block 11 fails");
            for (int b = 0; b <= 11; b++) ck_assert_int_eq(w.runs[b], 1);
            ck_assert_int_eq(w.runs[BLOCKS - 1], 0);
        }
}
END_TEST

START_TEST(no_blocks_are_no_work)
{
    mlab_context context = mlab_test_context(NULL, 2);
    ck_assert_int_eq(mlab_parallel_blocks(&context, NULL, 0, 10, add_up, NULL, NULL), MLAB_OK);
    double sum = 7;
    mlab_sum_blocks(NULL, 0, 1, &sum);
    ck_assert(sum == 0);
}
END_TEST

static bool always(void *user)
{
    (void)user;
    return true;
}

START_TEST(a_request_made_before_the_start_stops_all_work)
{
    work w = {.fails_from = BLOCKS};
    mlab_error err = {0};
    mlab_context context = mlab_test_context(NULL, 2);
    context.cancelled = always;
    ck_assert_int_eq(mlab_parallel_blocks(&context, NULL, BLOCKS, 0, add_up, &w, &err), MLAB_ERR_CANCELLED);
    ck_assert_int_eq(w.runs[0], 0);
    ck_assert_str_eq(err.sentence, "stopped on request");
}
END_TEST

typedef struct listener {
    int looks, tells;
    uint64_t last;
} listener;

static bool at_second_look(void *user)
{
    listener *l = user;
    return ++l->looks > 1;
}

static void listen(void *user, const char *stage, uint64_t done, uint64_t total)
{
    listener *l = user;
    ck_assert_str_eq(stage, "waiting");
    ck_assert(done >= l->last && done <= total);
    l->last = done;
    l->tells++;
}

static mlab_status wait_a_while(void *arg, size_t block, void *scratch, mlab_error *err)
{
    (void)scratch, (void)err;
    int *runs = arg;
    runs[block]++;
    for (double end = mlab_os_seconds() + 0.02; mlab_os_seconds() < end;) continue;
    return MLAB_OK;
}

START_TEST(a_request_in_the_middle_is_seen_within_a_second_and_progress_is_told)
{
    enum { MANY = 2000 };
    int runs[MANY] = {0};
    listener l = {0};
    mlab_context context = mlab_test_context(NULL, 2);
    context.cancelled = at_second_look;
    context.progress = listen;
    context.user = &l;
    ck_assert_int_eq(mlab_parallel_blocks(&context, "waiting", MANY, 0, wait_a_while, runs, NULL), MLAB_ERR_CANCELLED);
    ck_assert_int_eq(l.tells, 1);
    ck_assert(l.last > 0 && l.last < MANY);
}
END_TEST

START_TEST(progress_ends_at_the_total)
{
    work w = {.fails_from = BLOCKS};
    listener l = {0};
    mlab_context context = mlab_test_context(NULL, 2);
    context.progress = listen;
    context.user = &l;
    ck_assert_int_eq(mlab_parallel_blocks(&context, "waiting", BLOCKS, 0, add_up, &w, NULL), MLAB_OK);
    ck_assert_uint_eq(l.last, BLOCKS);
}
END_TEST

START_TEST(missing_scratch_memory_is_an_error_and_nothing_leaks)
{
    for (int threads = 1; threads <= 3; threads++)
        for (long k = 1; k <= threads; k++) {
            work w = {.fails_from = BLOCKS, .scratch_size = 100};
            mlab_test_memory memory = {.fail_at = k};
            mlab_error err = {0};
            mlab_context context = mlab_test_context(&memory, threads);
            mlab_status status = mlab_parallel_blocks(&context, NULL, BLOCKS, 100, add_up, &w, &err);
            ck_assert(status == MLAB_ERR_MEMORY || (status == MLAB_OK && memory.calls < k));
            ck_assert_int_eq(memory.live, 0);
        }
}
END_TEST

START_TEST(sums_keep_what_a_plain_sum_loses)
{
    const double parts[] = {1, 1, 1e100, INFINITY, 1, 1, -1e100, 3};
    double sums[2];
    mlab_sum_blocks(parts, 4, 2, sums);
    ck_assert(sums[0] == 2);
    ck_assert(sums[1] == INFINITY);
}
END_TEST

#ifndef MLAB_SHARE_EVERY_LOOP
static mlab_status idle(void *none, size_t block, void *scratch, mlab_error *err)
{
    (void)none, (void)block, (void)scratch, (void)err;
    return MLAB_OK;
}
#endif

START_TEST(short_loops_and_loops_that_sharing_does_not_help_are_done_alone)
{
#ifndef MLAB_SHARE_EVERY_LOOP
    ck_assert(mlab_parallel_worth(idle, 10)); /* nothing is known */
    mlab_parallel_took(idle, 10, 2, 0.0001, 0.00001);
    ck_assert(!mlab_parallel_worth(idle, 10));
    ck_assert(mlab_parallel_worth(idle, 1000)); /* 10 ms */
    mlab_parallel_took(idle, 1000, 2, 0.006, 0.00001);
    ck_assert(mlab_parallel_worth(idle, 1000));
    mlab_parallel_took(idle, 1000, 2, 0.011, 0.00001); /* no sooner than alone */
    int alone = 0;
    while (!mlab_parallel_worth(idle, 1000)) alone++;
    ck_assert_int_eq(alone, 30);
    mlab_parallel_took(idle, 1000, 2, 0.011, 0.00001);
    ck_assert(mlab_parallel_worth(idle, 10000)); /* a long loop is always shared */
#endif
}
END_TEST

MLAB_TEST_MAIN("parallel", short_loops_and_loops_that_sharing_does_not_help_are_done_alone, sums_have_the_same_bytes_for_1_2_and_7_threads,
               the_error_of_the_lowest_failing_block_is_told_whatever_the_threads, no_blocks_are_no_work,
               a_request_made_before_the_start_stops_all_work, a_request_in_the_middle_is_seen_within_a_second_and_progress_is_told,
               progress_ends_at_the_total, missing_scratch_memory_is_an_error_and_nothing_leaks, sums_keep_what_a_plain_sum_loses)

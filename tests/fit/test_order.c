/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting by keys: in order, stable, for few and for many rows; keys of numbers have the order of the numbers. */
#include "core/random.h"
#include "fit/order.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>

START_TEST(items_stand_in_the_order_of_their_keys_and_equal_keys_keep_theirs)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const size_t sizes[] = {0, 1, 2, 47, 49, 1000, 20000};
    const uint64_t ranges[] = {1, 7, 5000, (uint64_t)1 << 40, UINT64_MAX};
    for (size_t s = 0; s < 7; s++)
        for (size_t r = 0; r < 5; r++) {
            size_t n = sizes[s];
            uint64_t *keys = calloc(n + 1, sizeof *keys), *own = calloc(n + 1, sizeof *own);
            uint32_t *items = calloc(n + 1, sizeof *items);
            for (uint32_t i = 0; i < n; i++) {
                mlab_address at = {.seed = 5, .entity = i, .purpose = MLAB_PURPOSE_TEST};
                items[i] = i;
                own[i] = keys[i] = (uint64_t)(mlab_random_uniform(&at, 0) * (double)ranges[r] * 0.999);
            }
            ck_assert_int_eq(mlab_order_by(&context, keys, items, n, NULL), MLAB_OK);
            for (size_t k = 0; k < n; k++) {
                ck_assert_uint_eq(keys[k], own[items[k]]);
                if (k > 0) ck_assert(keys[k - 1] < keys[k] || (keys[k - 1] == keys[k] && items[k - 1] < items[k]));
            }
            free(keys);
            free(own);
            free(items);
        }
}
END_TEST

START_TEST(keys_of_numbers_rise_with_them)
{
    const double numbers[] = {-HUGE_VAL, -1e300, -2, -1, -1e-300, 0, 1e-300, 0.5, 1, 1.5, 1e300, HUGE_VAL};
    for (size_t k = 1; k < sizeof numbers / sizeof *numbers; k++)
        ck_assert_uint_lt(mlab_order_of_real(numbers[k - 1]), mlab_order_of_real(numbers[k]));
    ck_assert_uint_eq(mlab_order_of_real(-0.0), mlab_order_of_real(0.0));
}
END_TEST

START_TEST(a_failed_allocation_is_reported_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    for (long k = 1; k <= 4; k++) {
        uint64_t keys[100];
        uint32_t items[100];
        for (uint32_t i = 0; i < 100; i++) keys[i] = (i * 37) % 100, items[i] = i;
        memory = (mlab_test_memory){.fail_at = k};
        ck_assert_int_eq(mlab_order_by(&context, keys, items, 100, NULL), k < 4 ? MLAB_ERR_MEMORY : MLAB_OK);
        ck_assert_int_eq(memory.live, 0);
    }
}
END_TEST

MLAB_TEST_MAIN("order", items_stand_in_the_order_of_their_keys_and_equal_keys_keep_theirs, keys_of_numbers_rise_with_them,
               a_failed_allocation_is_reported_and_nothing_leaks)

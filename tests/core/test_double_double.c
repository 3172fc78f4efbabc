/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Double-double arithmetic: identities that hold to 32 digits, and whole numbers too long for a double. */
#include "core/double_double.h"
#include "support/support.h"

/* |a - b| relative to |b|. */
static double apart(mlab_dd a, mlab_dd b)
{
    mlab_dd d = mlab_dd_subtract(a, b);
    return fabs(d.high + d.low) / fabs(b.high);
}

START_TEST(products_of_whole_numbers_keep_every_digit)
{
    mlab_dd square = mlab_dd_product(134217729, 134217729); /* (2^27 + 1)^2 = 2^54 + 2^28 + 1 */
    ck_assert_double_eq(square.high, 18014398777917440.0);
    ck_assert_double_eq(square.low, 1);
    mlab_dd sum = mlab_dd_sum(1e16, 1);
    ck_assert_double_eq(sum.high, 1e16);
    ck_assert_double_eq(sum.low, 1);
    sum = mlab_dd_sum(1, 1e16);
    ck_assert_double_eq(sum.low, 1);
}
END_TEST

START_TEST(sums_products_quotients_and_roots_hold_32_digits)
{
    for (int k = 2; k < 200; k++) {
        mlab_dd third = mlab_dd_divide(mlab_dd_of(1), mlab_dd_of(k + 0.1)), whole = mlab_dd_multiply(third, mlab_dd_of(k + 0.1));
        ck_assert_double_lt(apart(whole, mlab_dd_of(1)), 1e-30);
        mlab_dd root = mlab_dd_root(third);
        ck_assert_double_lt(apart(mlab_dd_multiply(root, root), third), 1e-30);
        mlab_dd back = mlab_dd_subtract(mlab_dd_add(third, root), root);
        ck_assert_double_lt(apart(back, third), 1e-30 * k);
        ck_assert_double_le(fabs(third.low), fabs(third.high) * 0x1p-53);
    }
}
END_TEST

START_TEST(the_root_of_zero_is_zero_and_a_division_by_zero_is_infinite)
{
    ck_assert_double_eq(mlab_dd_root(mlab_dd_of(0)).high, 0);
    ck_assert_double_eq(mlab_dd_root(mlab_dd_of(0)).low, 0);
    ck_assert_double_infinite(mlab_dd_divide(mlab_dd_of(1), mlab_dd_of(0)).high);
}
END_TEST

MLAB_TEST_MAIN("double_double", products_of_whole_numbers_keep_every_digit, sums_products_quotients_and_roots_hold_32_digits,
               the_root_of_zero_is_zero_and_a_division_by_zero_is_infinite)

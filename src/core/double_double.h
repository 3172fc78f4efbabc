/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of about 32 digits as unevaluated sums of two doubles, high + low with |low| at most half a unit in the last place of high.
 *
 * Sums and products of doubles without error, those of pairs with relative errors of a few 2^-106 (Joldes, Muller & Popescu 2017,
 * doi:10.1145/3121432). No fused operations, so that the bits are the same on every machine. Weakness: values beyond 2^996 overflow in the splitting,
 * and products below 2^-969 lose their low part: scale first. */
#ifndef MLAB_CORE_DOUBLE_DOUBLE_H
#define MLAB_CORE_DOUBLE_DOUBLE_H

#include <math.h>

typedef struct mlab_dd {
    double high, low;
} mlab_dd;

static inline mlab_dd mlab_dd_of(double a)
{
    return (mlab_dd){a, 0};
}

/* a + b; |a| >= |b| or a == 0. */
static inline mlab_dd mlab_dd_quick_sum(double a, double b)
{
    double sum = a + b;
    return (mlab_dd){sum, b - (sum - a)};
}

static inline mlab_dd mlab_dd_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (mlab_dd){sum, (a - (sum - part)) + (b - part)};
}

static inline mlab_dd mlab_dd_product(double a, double b)
{
    const double half = 134217729; /* 2^27 + 1 */
    double product = a * b, sa = half * a, sb = half * b;
    double a1 = sa - (sa - a), b1 = sb - (sb - b), a2 = a - a1, b2 = b - b1;
    return (mlab_dd){product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

static inline mlab_dd mlab_dd_negate(mlab_dd a)
{
    return (mlab_dd){-a.high, -a.low};
}

static inline mlab_dd mlab_dd_add(mlab_dd a, mlab_dd b)
{
    mlab_dd s = mlab_dd_sum(a.high, b.high), t = mlab_dd_sum(a.low, b.low);
    s = mlab_dd_quick_sum(s.high, s.low + t.high);
    return mlab_dd_quick_sum(s.high, s.low + t.low);
}

static inline mlab_dd mlab_dd_subtract(mlab_dd a, mlab_dd b)
{
    return mlab_dd_add(a, mlab_dd_negate(b));
}

static inline mlab_dd mlab_dd_multiply(mlab_dd a, mlab_dd b)
{
    mlab_dd p = mlab_dd_product(a.high, b.high);
    return mlab_dd_quick_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}

static inline mlab_dd mlab_dd_divide(mlab_dd a, mlab_dd b)
{
    double first = a.high / b.high;
    if (!isfinite(first)) return mlab_dd_of(first);
    mlab_dd left = mlab_dd_subtract(a, mlab_dd_multiply(b, mlab_dd_of(first)));
    double second = left.high / b.high;
    left = mlab_dd_subtract(left, mlab_dd_multiply(b, mlab_dd_of(second)));
    mlab_dd sum = mlab_dd_quick_sum(first, second);
    return mlab_dd_add(sum, mlab_dd_of(left.high / b.high));
}

/* a >= 0. */
static inline mlab_dd mlab_dd_root(mlab_dd a)
{
    double root = sqrt(a.high);
    if (!(root > 0) || !isfinite(root)) return mlab_dd_of(root);
    mlab_dd left = mlab_dd_subtract(a, mlab_dd_product(root, root));
    return mlab_dd_quick_sum(root, left.high / (2 * root));
}

/* a times a power of two. */
static inline mlab_dd mlab_dd_scale(mlab_dd a, double power)
{
    return (mlab_dd){a.high * power, a.low * power};
}

#endif

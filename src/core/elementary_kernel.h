/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The elementary functions, once. Only +, -, *, /, sqrt, comparisons and bit moves of IEEE doubles in one fixed order,
 * no branch, so that a compiler may put any number of values side by side without changing a bit. To be compiled with
 * -ffp-contract=off and never with -ffast-math. A per-ISA kernel of another folder may include this file.
 *
 * Reduction to |r| <= ln(2)/2 and the split of log into f - f^2/2 follow Tang 1989, doi:10.1145/63522.214389, and 1990,
 * doi:10.1145/98267.98294; the polynomials are our own, made by scripts/reference/elementary_coefficients.py. */
#ifndef MLAB_CORE_ELEMENTARY_KERNEL_H
#define MLAB_CORE_ELEMENTARY_KERNEL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define MLAB_LN2_HIGH 0x1.62e42fefa3800p-1 /* 42 bits: k * it is exact for |k| < 2048 */
#define MLAB_LN2_LOW 0x1.ef35793c76730p-45
#define MLAB_ROUNDER 0x1.8p52 /* x + it - it rounds to a whole number, which stands in its low bits */

static inline uint64_t mlab_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double mlab_from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline double mlab_power_of_two(uint64_t biased)
{
    return mlab_from_bits(biased << 52);
}

/* x = k ln 2 + r + rest, k whole, |r| <= ln(2)/2; shifted = k + 2048. */
typedef struct mlab_reduced {
    double r, rest;
    uint64_t shifted;
} mlab_reduced;

static inline mlab_reduced mlab_reduce(double x)
{
    double t = x * 0x1.71547652b82fep+0 + MLAB_ROUNDER, k = t - MLAB_ROUNDER;
    double high = x - k * MLAB_LN2_HIGH, low = k * MLAB_LN2_LOW;
    double r = high - low;
    return (mlab_reduced){r, (high - r) - low, mlab_bits(t) - mlab_bits(MLAB_ROUNDER) + 2048};
}

/* exp(r) - 1 - r for |r| <= ln(2)/2, relative error of 1 + r + it below 2^-61 before rounding. Neighbouring terms first (Estrin
 * 1960, doi:10.1145/1460361.1460365): a shorter chain, a quarter faster than Horner's. */
static inline double mlab_exp_rest(double r)
{
    double r2 = r * r, r4 = r2 * r2;
    double a = 0x1.5555555555559p-3 + 0x1.5555555555549p-5 * r, b = 0x1.111111110f7e7p-7 + 0x1.6c16c16c1ccf8p-10 * r;
    double c = 0x1.a01a01af77e3bp-13 + 0x1.a01a01830132fp-16 * r, d = 0x1.71ddf94d60a9fp-19 + 0x1.27e52b322f3d4p-22 * r;
    double e = 0x1.af5d2cbcdf8f3p-26 + 0x1.1ef522267813dp-29 * r;
    return r2 * (0.5 + r * ((a + b * r2) + r4 * ((c + d * r2) + r4 * e)));
}

static inline double mlab_kernel_exp(double x)
{
    double y = x > 710 ? 710 : x;
    y = y < -746 ? -746 : y;
    mlab_reduced a = mlab_reduce(y);
    double value = 1 + (a.r + (a.rest + mlab_exp_rest(a.r)));
    uint64_t half = a.shifted >> 1; /* two factors, since 2^1024 and 2^-1075 are no doubles */
    return value * mlab_power_of_two(half - 1) * mlab_power_of_two(a.shifted - half - 1);
}

static inline double mlab_kernel_expm1(double x)
{
    double y = x > 710 ? 710 : x;
    y = y < -40 ? -40 : y;
    mlab_reduced a = mlab_reduce(y);
    double rest = a.rest + mlab_exp_rest(a.r);
    double half = mlab_power_of_two(a.shifted - 2048 + 1022); /* 2^k / 2 */
    double big = half - 0.5, small = half * a.r;
    double sum = big + small, shown = sum - big; /* sum + lost = big + small, Knuth's two-sum */
    double lost = (big - (sum - shown)) + (small - shown);
    double value = 2 * (sum + (lost + half * rest));
    return fabs(x) < 0x1p-54 ? x : value;
}

/* k ln 2 + log(1 + f) + more, sqrt(1/2) <= 1 + f <= sqrt(2) */
static inline double mlab_log_sum(double k, double f, double more)
{
    double s = f / (2 + f), z = s * s, half_square = 0.5 * f * f;
    double z2 = z * z, z4 = z2 * z2;
    double a = 0x1.5555555555592p-1 + 0x1.999999997fd77p-2 * z, b = 0x1.24924941f4fbbp-2 + 0x1.c71c520607cefp-3 * z;
    double c = 0x1.74663fa22cbe1p-3 + 0x1.39a1a6f6acfdap-3 * z;
    double q = (a + b * z2) + z4 * (c + 0x1.2f06348a64faep-3 * z2);
    return k * MLAB_LN2_HIGH - ((half_square - (s * (half_square + z * q) + (k * MLAB_LN2_LOW + more))) - f);
}

/* x = 2^k m, sqrt(1/2) <= m < sqrt(2), for x normal */
static inline double mlab_log_split(double x, double *k)
{
    uint64_t up = mlab_bits(x) + (mlab_bits(1.0) - UINT64_C(0x3FE6A09E667F3BCD)); /* carries into the exponent at sqrt(1/2) */
    *k = mlab_from_bits(UINT64_C(0x4330000000000000) | up >> 52) - (0x1p52 + 1023);
    return mlab_from_bits((up & UINT64_C(0x000FFFFFFFFFFFFF)) + UINT64_C(0x3FE6A09E667F3BCD));
}

static inline double mlab_log_ends(double x, double value)
{
    value = x == 0 ? -INFINITY : value;
    value = x == INFINITY ? INFINITY : value;
    return x >= 0 ? value : NAN;
}

static inline double mlab_kernel_log(double x)
{
    double k, scaled = x < 0x1p-1022 ? x * 0x1p54 : x;
    double m = mlab_log_split(scaled, &k);
    k = x < 0x1p-1022 ? k - 54 : k;
    return mlab_log_ends(x, mlab_log_sum(k, m - 1, 0));
}

static inline double mlab_kernel_log1p(double x)
{
    double k, u = 1 + x;
    double m = mlab_log_split(u, &k);
    double lost = (u >= 2 ? 1 - (u - x) : x - (u - 1)) / u;
    double value = mlab_log_sum(k, k == 0 ? x : m - 1, k == 0 ? 0 : lost);
    value = fabs(x) < 0x1p-54 ? x : value;
    return mlab_log_ends(u, value);
}

static inline double mlab_kernel_logistic(double x)
{
    double e = mlab_kernel_exp(-fabs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
}

static inline double mlab_kernel_cloglog_inverse(double x)
{
    return -mlab_kernel_expm1(-mlab_kernel_exp(x));
}

/* AS241 of Wichura 1988, routine PPND16; all three of its regions are worked out side by side as two rationals. */
static inline double mlab_quantile_middle(double q)
{
    double r = 0.180625 - q * q, a = 2.5090809287301226727e+3, b = 5.2264952788528545610e+3;
    a = a * r + 3.3430575583588128105e+4, b = b * r + 2.8729085735721942674e+4;
    a = a * r + 6.7265770927008700853e+4, b = b * r + 3.9307895800092710610e+4;
    a = a * r + 4.5921953931549871457e+4, b = b * r + 2.1213794301586595867e+4;
    a = a * r + 1.3731693765509461125e+4, b = b * r + 5.3941960214247511077e+3;
    a = a * r + 1.9715909503065514427e+3, b = b * r + 6.8718700749205790830e+2;
    a = a * r + 1.3314166789178437745e+2, b = b * r + 4.2313330701600911252e+1;
    a = a * r + 3.3871328727963666080e+0, b = b * r + 1;
    return q * a / b;
}

static inline double mlab_quantile_tail(double root)
{
    int far = root > 5;
    double r = root - (far ? 5 : 1.6);
    double a = far ? 2.01033439929228813265e-7 : 7.74545014278341407640e-4, b = far ? 2.04426310338993978564e-15 : 1.05075007164441684324e-9;
    a = a * r + (far ? 2.71155556874348757815e-5 : 2.27238449892691845833e-2),
    b = b * r + (far ? 1.42151175831644588870e-7 : 5.47593808499534494600e-4);
    a = a * r + (far ? 1.24266094738807843860e-3 : 2.41780725177450611770e-1),
    b = b * r + (far ? 1.84631831751005468180e-5 : 1.51986665636164571966e-2);
    a = a * r + (far ? 2.65321895265761230930e-2 : 1.27045825245236838258e+0),
    b = b * r + (far ? 7.86869131145613259100e-4 : 1.48103976427480074590e-1);
    a = a * r + (far ? 2.96560571828504891230e-1 : 3.64784832476320460504e+0),
    b = b * r + (far ? 1.48753612908506148525e-2 : 6.89767334985100004550e-1);
    a = a * r + (far ? 1.78482653991729133580e+0 : 5.76949722146069140550e+0),
    b = b * r + (far ? 1.36929880922735805310e-1 : 1.67638483018380384940e+0);
    a = a * r + (far ? 5.46378491116411436990e+0 : 4.63033784615654529590e+0),
    b = b * r + (far ? 5.99832206555887937690e-1 : 2.05319162663775882187e+0);
    a = a * r + (far ? 6.65790464350110377720e+0 : 1.42343711074968357734e+0), b = b * r + 1;
    return a / b;
}

/* sqrt(-log of the nearer tail), which the tail's rational takes */
static inline double mlab_quantile_root(double p)
{
    return sqrt(-mlab_kernel_log(p - 0.5 < 0 ? p : 1 - p));
}

static inline double mlab_quantile_of(double p, double root)
{
    double q = p - 0.5, far = mlab_quantile_tail(root);
    double value = fabs(q) <= 0.425 ? mlab_quantile_middle(q) : q < 0 ? -far : far;
    value = p == 0 ? -INFINITY : value;
    value = p == 1 ? INFINITY : value;
    return value;
}

static inline double mlab_kernel_normal_quantile(double p)
{
    return mlab_quantile_of(p, mlab_quantile_root(p));
}

#endif

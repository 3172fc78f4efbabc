/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/elementary.h"
#include "core/random.h"
#include "support/support.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 40000 };

/* |value - exact| in units of the last place of exact */
static double ulps(double value, long double exact)
{
    if ((long double)value == exact) return 0;
    int exponent;
    frexpl(exact, &exponent);
    if (exponent < -1021) exponent = -1021;
    return (double)fabsl(((long double)value - exact) / ldexpl(1, exponent - 53));
}

static double uniform(uint32_t purpose, uint32_t i)
{
    const mlab_address address = {.seed = 12345, .purpose = (uint8_t)purpose, .entity = i};
    return mlab_random_uniform(&address, 0);
}

typedef struct range {
    double low, high;
} range;

/* The largest error over random values of each range; 80-bit long double is the oracle, 2^11 times finer. */
static double worst(double (*f)(double), long double (*exact)(long double), const range *ranges, size_t n)
{
    double largest = 0, at = 0;
    for (size_t r = 0; r < n; r++)
        for (uint32_t i = 0; i < N; i++) {
            double x = ranges[r].low + (ranges[r].high - ranges[r].low) * uniform((uint32_t)r, i), error = ulps(f(x), exact(x));
            if (!(error <= largest)) {
                largest = error;
                at = x;
            }
        }
    printf("    largest error %.3f ulp, at %a\n", largest, at);
    return largest;
}

static long double logistic_exact(long double x)
{
    return 1 / (1 + expl(-x));
}

START_TEST(errors_against_long_double_stay_below_their_bounds)
{
    if (LDBL_MANT_DIG < 64) {
        printf("SKIPPED errors_against_long_double_stay_below_their_bounds: long double is no finer here\n");
        return;
    }
    static const range wide[] = {{-708, 709.7}, {-1, 1}, {-1e-3, 1e-3}, {-40, 40}, {-745, -708}};
    ck_assert(worst(mlab_exp, expl, wide, 5) <= 1.0);
    static const range positive[] = {{0, 1}, {0.5, 2}, {0.99, 1.01}, {1, 1e6}, {0, DBL_MAX}, {0, 1e-300}, {0, 1e-310}};
    ck_assert(worst(mlab_log, logl, positive, 7) <= 1.0);
    static const range about[] = {{-40, 709}, {-1, 1}, {-1e-3, 1e-3}, {-1e-10, 1e-10}, {0.34, 0.42}, {-0.42, -0.34}, {-1e-300, 1e-300}};
    ck_assert(worst(mlab_expm1, expm1l, about, 7) <= 1.25);
    static const range above[] = {{-1, 1}, {-0.3, 0.5}, {-1e-3, 1e-3}, {-1e-10, 1e-10}, {0, 1e10}, {0, DBL_MAX}, {-1e-300, 1e-300}};
    ck_assert(worst(mlab_log1p, log1pl, above, 7) <= 1.5);
    static const range both[] = {{-708, 708}, {-5, 5}, {-1e-3, 1e-3}, {-40, 40}};
    ck_assert(worst(mlab_logistic, logistic_exact, both, 4) <= 2.5);
}
END_TEST

/* Frozen from mpmath 1.2.1 with 40 digits: sqrt(2) erfinv(2 p - 1) at the double p. */
static const struct {
    double p, z;
} quantiles[] = {{0x0.0000000000001p-1022, -0x1.33bd3f27fcd03p+5}, {0x1.56e1fc2f8f359p-997, -0x1.286074064c26ep+5},
                 {0x1.87e92154ef7acp-665, -0x1.e34a1d1f58ae2p+4},  {0x1.bff2ee48e0530p-333, -0x1.546010d755221p+4},
                 {0x1.dee7a4ad4b81fp-167, -0x1.dddde6ad81776p+3},  {0x1.79ca10c924223p-67, -0x1.2865170b43a4cp+3},
                 {0x1.ec94ca210599ep-37, -0x1.aa07c04a264fbp+2},   {0x1.e58b5986f33c4p-37, -0x1.aa2a68f7c5bcbp+2},
                 {0x1.b7cdfd9d7bdbbp-34, -0x1.97203597a2155p+2},   {0x1.0c6f7a0b5ed8dp-20, -0x1.30381a9799f7ep+2},
                 {0x1.a36e2eb1c432dp-14, -0x1.dc08bb712893bp+1},   {0x1.0624dd2f1a9fcp-10, -0x1.8b8cbb7204471p+1},
                 {0x1.47ae147ae147bp-7, -0x1.29c5c4630ff0fp+1},    {0x1.47ae147ae147bp-6, -0x1.06e13e8aadfdcp+1},
                 {0x1.999999999999ap-5, -0x1.a515209676abdp+0},    {0x1.32ca57a786c22p-4, -0x1.70b374817af52p+0},
                 {0x1.339c0ebedfa44p-4, -0x1.7056dc6686c9bp+0},    {0x1.999999999999ap-4, -0x1.4813c36e26d32p+0},
                 {0x1.999999999999ap-3, -0x1.aee8fa73a1333p-1},    {0x1.3333333333333p-2, -0x1.0c7e39582c5fbp-1},
                 {0x1.999999999999ap-2, -0x1.036d6c4a04b59p-2},    {0x1.ccccccccccccdp-2, -0x1.015abc78e92d0p-3},
                 {0x1.f5c28f5c28f5cp-2, -0x1.9aba9f4786911p-6},    {0x1.fef9db22d0e56p-2, -0x1.488c93793e58ep-9},
                 {0x1.ffffbce4217d3p-2, -0x1.506f1779a5abdp-19},   {0x1.0000035afe535p-1, 0x1.0d25ac5f0e9c8p-22},
                 {0x1.051eb851eb852p-1, 0x1.9aba9f4786911p-6},     {0x1.3333333333333p-1, 0x1.036d6c4a04b59p-2},
                 {0x1.8000000000000p-1, 0x1.5956b87528a49p-1},     {0x1.ccccccccccccdp-1, 0x1.4813c36e26d33p+0},
                 {0x1.d916872b020c5p-1, 0x1.6eb87f9160bccp+0},     {0x1.d9a6b50b0f27cp-1, 0x1.70b374817af53p+0},
                 {0x1.e666666666666p-1, 0x1.a515209676abbp+0},     {0x1.f333333333333p-1, 0x1.f5c0331eeff83p+0},
                 {0x1.fae147ae147aep-1, 0x1.29c5c4630ff0ep+1},     {0x1.ff7ced916872bp-1, 0x1.8b8cbb7204470p+1},
                 {0x1.fffeb074a771dp-1, 0x1.10f3f8843a851p+2},     {0x1.ffffffff24190p-1, 0x1.97203589fd4f6p+2},
                 {0x1.fffffffffe000p-1, 0x1.c30d8560989abp+2},     {0x1.fffffffffffffp-1, 0x1.06b48528cea52p+3}};

START_TEST(normal_quantiles_agree_with_frozen_values_over_all_of_0_to_1)
{
    double largest = 0;
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double error = fabs(mlab_normal_quantile(quantiles[i].p) - quantiles[i].z) / (fabs(quantiles[i].z) + DBL_MIN);
        if (error > largest) largest = error;
        ck_assert_msg(error <= 8e-16, "p = %a: %a, expected %a", quantiles[i].p, mlab_normal_quantile(quantiles[i].p), quantiles[i].z);
    }
    printf("    largest relative error %.2g\n", largest);
    ck_assert(mlab_normal_quantile(0.5) == 0);
    ck_assert(mlab_normal_quantile(0) == -INFINITY && mlab_normal_quantile(1) == INFINITY);
    ck_assert(isnan(mlab_normal_quantile(-0.1)) && isnan(mlab_normal_quantile(1.1)) && isnan(mlab_normal_quantile(NAN)));
}
END_TEST

START_TEST(the_ends_of_each_function_are_as_promised)
{
    ck_assert(mlab_exp(0) == 1 && mlab_exp(-0.0) == 1 && mlab_exp(1000) == INFINITY && mlab_exp(-1000) == 0 && mlab_exp(-746) == 0);
    ck_assert(mlab_exp(INFINITY) == INFINITY && mlab_exp(-INFINITY) == 0 && isnan(mlab_exp(NAN)));
    ck_assert(mlab_exp(709.78) < INFINITY && mlab_exp(709.79) == INFINITY && mlab_exp(-745) == 0x1p-1074);
    ck_assert(mlab_log(0) == -INFINITY && mlab_log(1) == 0 && isnan(mlab_log(-1)) && mlab_log(INFINITY) == INFINITY && isnan(mlab_log(NAN)));
    ck_assert(mlab_expm1(0) == 0 && signbit(mlab_expm1(-0.0)) && mlab_expm1(-1000) == -1 && mlab_expm1(1000) == INFINITY && isnan(mlab_expm1(NAN)));
    ck_assert(mlab_expm1(-INFINITY) == -1 && mlab_expm1(0x1p-1074) == 0x1p-1074);
    ck_assert(mlab_log1p(0) == 0 && signbit(mlab_log1p(-0.0)) && mlab_log1p(-1) == -INFINITY && isnan(mlab_log1p(-2)) && isnan(mlab_log1p(NAN)));
    ck_assert(mlab_log1p(INFINITY) == INFINITY);
    ck_assert(mlab_logistic(0) == 0.5 && mlab_logistic(800) == 1 && mlab_logistic(-800) == 0 && isnan(mlab_logistic(NAN)));
}
END_TEST

/* 1 - exp(-exp(x)) for small probabilities is exp(x) (1 - exp(x) / 2 + ...) */
START_TEST(the_complementary_log_log_inverse_is_accurate_for_small_chances)
{
    mlab_context context = mlab_test_context(NULL, 1);
    for (uint32_t i = 0; i < N; i++) {
        double x = -40 + 45 * uniform(1, i), p;
        mlab_cloglog_inverse_array(&context, &x, &p, 1);
        ck_assert_msg(ulps(p, -expm1l(-expl(x))) <= 2, "x = %a", x);
    }
}
END_TEST

typedef void array_function(const mlab_context *, const double *, double *, size_t);

START_TEST(every_instruction_set_and_every_place_in_an_array_gives_the_same_bits)
{
    static double in[N + 16], expected[N + 16], got[N + 16];
    array_function *const functions[] = {mlab_exp_array, mlab_log_array, mlab_logistic_array, mlab_cloglog_inverse_array, mlab_normal_quantile_array};
    mlab_context context = mlab_test_context(NULL, 1);
    const mlab_isa best = context.isa;
    if (best < MLAB_ISA_AVX512) printf("SKIPPED instruction sets above %d: this processor lacks them\n", (int)best);
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        for (uint32_t i = 0; i < N; i++) {
            double u = uniform(2, i);
            in[i] = f == 4   ? (i % 3 ? u : u * u * u * u * u * u * 1e-9)
                    : f == 1 ? (i % 3 ? u * 100 : ldexp(u, (int)(i % 2000) - 1000))
                             : 1600 * (u - 0.5) * (i % 2 ? 0.02 : 1);
        }
        in[7] = 0, in[8] = -0.0, in[9] = INFINITY, in[10] = 1, in[11] = 0x1p-1074;
        for (size_t i = 0; i < N; i++) {
            context.isa = MLAB_ISA_GENERIC;
            functions[f](&context, in + i, expected + i, 1);
        }
        for (int isa = 0; isa <= (int)best; isa++) {
            context.isa = (mlab_isa)isa;
            for (size_t offset = 0; offset < 3; offset++) {
                memset(got, 0, sizeof got);
                functions[f](&context, in + offset, got + offset, N - offset);
                for (size_t i = offset; i < N; i++)
                    ck_assert_msg(memcmp(got + i, expected + i, sizeof *got) == 0 || (isnan(got[i]) && isnan(expected[i])),
                                  "function %zu, isa %d, x = %a: %a, expected %a", f, isa, in[i], got[i], expected[i]);
            }
            memcpy(got, in, sizeof in);
            functions[f](&context, got, got, N); /* in place */
            for (size_t i = 0; i < N; i++) ck_assert(memcmp(got + i, expected + i, sizeof *got) == 0 || isnan(expected[i]));
        }
    }
}
END_TEST

MLAB_TEST_MAIN("elementary", errors_against_long_double_stay_below_their_bounds, normal_quantiles_agree_with_frozen_values_over_all_of_0_to_1,
               the_ends_of_each_function_are_as_promised, the_complementary_log_log_inverse_is_accurate_for_small_chances,
               every_instruction_set_and_every_place_in_an_array_gives_the_same_bits)

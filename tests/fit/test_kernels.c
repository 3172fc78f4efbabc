/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over tiles and over rows have the same bits at every instruction set, and are the sums. */
#include "core/random.h"
#include "fit/kernels.h"
#include "support/support.h"

#include <string.h>

enum { MOST = 13 };
static double x[MOST * MLAB_TILE], w[MLAB_TILE];

static const mlab_kernels *kernels_at(mlab_isa isa)
{
    mlab_context context = mlab_test_context(NULL, 1);
    context.isa = isa;
    return mlab_kernels_of(&context);
}

static void fill(void)
{
    for (uint32_t i = 0; i < MLAB_TILE; i++) {
        mlab_address address = {.seed = 9, .entity = i, .purpose = MLAB_PURPOSE_TEST};
        w[i] = mlab_random_uniform(&address, 0);
        for (uint32_t j = 0; j < MOST; j++) x[j * MLAB_TILE + i] = mlab_random_normal(&address, 1 + j);
    }
}

START_TEST(cross_products_have_the_same_bits_at_every_instruction_set)
{
    mlab_isa best = mlab_test_context(NULL, 1).isa;
    fill();
    for (size_t p = 1; p <= MOST; p++) {
        double expected[MOST * MOST] = {0}, own[MOST * MOST], wx[MLAB_TILE];
        kernels_at(MLAB_ISA_GENERIC)->cross(x, p, w, 504, expected, p, wx);
        for (size_t j = 0; j < p; j++)
            for (size_t k = j; k < p; k++) {
                double sum = 0;
                for (size_t i = 0; i < 504; i++) sum += w[i] * x[j * MLAB_TILE + i] * x[k * MLAB_TILE + i];
                ck_near(expected[j * p + k], sum, 1e-12, 1e-11);
            }
        for (mlab_isa isa = MLAB_ISA_GENERIC; isa <= best; isa++) {
            memset(own, 0, sizeof own);
            kernels_at(isa)->cross(x, p, w, 504, own, p, wx);
            for (size_t j = 0; j < p; j++) /* what is below the diagonal is nobody's */
                ck_assert_msg(memcmp(own + j * p + j, expected + j * p + j, (p - j) * sizeof *own) == 0, "%zu columns, instruction set %d", p,
                              (int)isa);
        }
    }
}
END_TEST

START_TEST(sums_of_rows_have_the_same_bits_at_every_instruction_set)
{
    static const size_t rows[] = {0, 1, 7, 8, 50};
    mlab_isa best = mlab_test_context(NULL, 1).isa;
    fill();
    for (size_t p = 1; p <= 9; p++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (mlab_isa isa = MLAB_ISA_GENERIC; isa <= best; isa++) {
                double sum[9], square[81], expected[9], squares[81];
                for (size_t j = 0; j < 81; j++) square[j] = squares[j] = 0.25 * (double)j;
                for (size_t j = 0; j < p; j++) sum[j] = expected[j] = 1 + (double)j;
                for (size_t i = 0; i < rows[r]; i++)
                    for (size_t j = 0; j < p; j++) {
                        double wx = w[i] * x[i * p + j];
                        expected[j] += wx;
                        for (size_t k = 0; k <= j; k++) squares[j * p + k] += wx * x[i * p + k];
                    }
                kernels_at(isa)->add_rows(x, p, w, rows[r], sum, square);
                ck_assert_msg(memcmp(sum, expected, p * sizeof *sum) == 0 && memcmp(square, squares, sizeof square) == 0,
                              "%zu columns, %zu rows, instruction set %d", p, rows[r], (int)isa);
            }
}
END_TEST

/* Floats are summed as floats within a call: 208 products of a lane, each right to 2^-24, and their sums to 13 times that. */
START_TEST(counts_by_sums_have_the_same_bits_at_every_instruction_set)
{
    enum { ROWS = 208, ARRAYS = 7 };
    static float narrow[MOST * MLAB_TILE], counts[ARRAYS][ROWS];
    mlab_isa best = mlab_test_context(NULL, 1).isa;
    fill();
    for (size_t i = 0; i < MOST * MLAB_TILE; i++) narrow[i] = (float)x[i];
    for (size_t k = 0; k < ARRAYS; k++) {
        uint16_t count[ROWS];
        for (size_t i = 0; i < ROWS; i++) count[i] = (uint16_t)(5 * w[(i + 17 * k) % MLAB_TILE]);
        kernels_at(best)->widen_single(count, ROWS, counts[k]);
        for (size_t i = 0; i < ROWS; i++) ck_assert_float_eq(counts[k][i], (float)count[i]);
    }
    for (size_t p = 1; p <= MOST; p++)
        for (size_t m = 1; m <= ARRAYS; m++) {
            double expected[ARRAYS][MOST * MLAB_LANES], own[ARRAYS][MOST * MLAB_LANES], *into[ARRAYS];
            const float *u[ARRAYS];
            for (mlab_isa isa = MLAB_ISA_GENERIC; isa <= best; isa++) {
                for (size_t k = 0; k < ARRAYS; k++) {
                    u[k] = counts[k];
                    into[k] = isa == MLAB_ISA_GENERIC ? expected[k] : own[k];
                    for (size_t j = 0; j < MOST * MLAB_LANES; j++) into[k][j] = 3;
                }
                kernels_at(isa)->project_each(narrow, MLAB_TILE, p, u, m, ROWS, into);
                ck_assert_msg(isa == MLAB_ISA_GENERIC || memcmp(own, expected, sizeof own) == 0, "%zu columns, %zu arrays, set %d", p, m, (int)isa);
            }
            for (size_t k = 0; k < ARRAYS; k++)
                for (size_t j = 0; j < MOST; j++)
                    for (size_t l = 0; l < MLAB_LANES; l++) {
                        double sum = 3;
                        for (size_t i = l; i < ROWS && k < m && j < p; i += MLAB_LANES) sum += (double)narrow[j * MLAB_TILE + i] * counts[k][i];
                        ck_near(expected[k][j * MLAB_LANES + l], sum, 0, 1e-4);
                    }
        }
}
END_TEST

MLAB_TEST_MAIN("kernels", counts_by_sums_have_the_same_bits_at_every_instruction_set, cross_products_have_the_same_bits_at_every_instruction_set,
               sums_of_rows_have_the_same_bits_at_every_instruction_set)

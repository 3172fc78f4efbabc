/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/random.h"
#include "core/random_gsl.h"
#include "support/support.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static mlab_address address_of(const uint32_t counter[4], const uint32_t key[2])
{
    return (mlab_address){.seed = (uint64_t)key[1] << 32 | key[0],
                          .entity = counter[0],
                          .period = (uint16_t)(counter[1] >> 16),
                          .purpose = (uint8_t)(counter[1] >> 8),
                          .block = (uint8_t)counter[1],
                          .replicate = counter[2],
                          .draw = counter[3]};
}

/* kat_vectors of Random123 1.14.0: philox4x32 10 */
START_TEST(the_known_answers_of_random123_come_out)
{
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t words[4];
        mlab_address address = address_of(known[i].counter, known[i].key);
        mlab_random_words(&address, words);
        ck_assert_mem_eq(words, known[i].words, sizeof words);
    }
}
END_TEST

/* counter   entity | period purpose block | replicate | draw       key   seed low | seed high XOR pair
 * The layout is part of the file format: these numbers may never change. */
START_TEST(the_layout_of_an_address_is_pinned)
{
    const mlab_address address = {.seed = UINT64_C(0x0123456789abcdef),
                                  .draw = 7,
                                  .replicate = 5,
                                  .entity = 0x00030201,
                                  .period = 11,
                                  .purpose = MLAB_PURPOSE_EXIT,
                                  .block = 2,
                                  .pair = 42};
    const uint32_t counter[4] = {0x00030201, 11u << 16 | 10u << 8 | 2, 5, 7}, key[2] = {0x89abcdef, 0x01234567 ^ 42};
    const mlab_address same = address_of(counter, key);
    uint32_t words[4], expected[4];
    mlab_random_words(&address, words);
    mlab_random_words(&same, expected);
    ck_assert_mem_eq(words, expected, sizeof words);
    for (uint32_t j = 0; j < 4; j++) {
        uint32_t at[4];
        mlab_address block = address;
        block.block = (uint8_t)(2 + j / 2);
        mlab_random_words(&block, at);
        uint64_t w = at[2 * (j % 2)] + ((uint64_t)at[2 * (j % 2) + 1] << 32);
        ck_assert(mlab_random_uniform(&address, j) == ((double)(w >> 12) + 0.5) * 0x1p-52);
    }
    static const double pinned[4] = {0x1.9706df88455dcp-3, 0x1.fc68d86bb8e62p-2, 0x1.51f8ee5bc1f4ep-2, 0x1.18a07df853d47p-1};
    for (uint32_t j = 0; j < 4; j++) ck_assert_msg(mlab_random_uniform(&address, j) == pinned[j], "%u: %a", j, mlab_random_uniform(&address, j));
    ck_assert_msg(mlab_random_normal(&address, 0) == -0x1.b13652ad4bc91p-1, "%a", mlab_random_normal(&address, 0));
    ck_assert_uint_eq(mlab_random_below(&address, 0, 1000), (uint64_t)(pinned[0] * 1000));
}
END_TEST

START_TEST(numbers_stay_inside_0_and_1_at_both_ends)
{
    ck_assert(((double)(UINT64_MAX >> 12) + 0.5) * 0x1p-52 < 1);
    const mlab_address address = {.seed = 3};
    ck_assert_uint_eq(mlab_random_below(&address, 0, 1), 0);
    ck_assert_uint_lt(mlab_random_below(&address, 0, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(an_address_beyond_its_blocks_is_no_number)
{
    mlab_address address = {.seed = 3, .block = 250};
    ck_assert(!isnan(mlab_random_uniform(&address, 11)));
    ck_assert(isnan(mlab_random_uniform(&address, 12)));
    address.block = 0;
    ck_assert(isnan(mlab_random_uniform(&address, 512)) && isnan(mlab_random_uniform(&address, UINT32_MAX)));
    mlab_context context = mlab_test_context(NULL, 1);
    double out[13];
    const uint32_t entity = 9;
    address.block = 250;
    mlab_random_fill(&context, &address, &entity, 1, 13, out);
    for (int i = 0; i < 13; i++) ck_assert(isnan(out[i]));
}
END_TEST

/* Every instruction set, every number of numbers an entity, every rest after the lanes. */
START_TEST(a_fill_holds_the_numbers_of_the_addresses_at_every_instruction_set)
{
    enum { N = 131, MOST = 9 };
    static double out[N * 512 + 1];
    uint32_t entities[N];
    for (uint32_t i = 0; i < N; i++) entities[i] = i * 2654435761u;
    mlab_context context = mlab_test_context(NULL, 1);
    const mlab_isa best = context.isa;
    if (best < MLAB_ISA_AVX512) printf("SKIPPED instruction sets above %d: this processor lacks them\n", (int)best);
    const mlab_address start = {
        .seed = UINT64_C(0xfedcba9876543210), .draw = 1, .replicate = 2, .period = 3, .purpose = MLAB_PURPOSE_HIRE, .block = 4, .pair = 77};
    static const uint32_t per[] = {1, 2, 3, 4, 5, 6, 9, 64, 504};
    for (int isa = 0; isa <= (int)best; isa++) {
        context.isa = (mlab_isa)isa;
        for (size_t k = 0; k < sizeof per / sizeof *per; k++) {
            size_t n = per[k] > 9 ? 3 : N - k;
            out[n * per[k]] = -1;
            mlab_random_fill(&context, &start, entities, n, per[k], out);
            for (size_t i = 0; i < n; i++) {
                mlab_address address = start;
                address.entity = entities[i];
                for (uint32_t j = 0; j < per[k]; j++)
                    ck_assert_msg(out[i * per[k] + j] == mlab_random_uniform(&address, j), "isa %d, %u each, entity %zu, number %u", isa, per[k], i,
                                  j);
            }
            ck_assert(out[n * per[k]] == -1);
        }
    }
}
END_TEST

/* Mean, variance and the Kolmogorov-Smirnov distance of 2^20 numbers over entities, periods and replicates; the seed is
 * fixed, each limit is passed by chance with probability below 1e-4. */
START_TEST(numbers_along_each_part_of_the_address_are_uniform)
{
    enum { N = 1 << 16, BINS = 256 };
    mlab_address address = {.seed = 20240501};
    for (int part = 0; part < 4; part++) {
        double sum = 0, square = 0;
        unsigned count[BINS] = {0};
        for (uint32_t i = 0; i < N; i++) {
            mlab_address at = address;
            if (part == 0) at.entity = i;
            if (part == 1) at.period = (uint16_t)i;
            if (part == 2) at.replicate = i;
            if (part == 3) at.pair = i;
            double u = mlab_random_uniform(&at, 1);
            sum += u - 0.5;
            square += (u - 0.5) * (u - 0.5);
            count[(int)(u * BINS)]++;
        }
        double chi = 0;
        for (int b = 0; b < BINS; b++) chi += pow(count[b] - (double)N / BINS, 2) / ((double)N / BINS);
        ck_assert(fabs(sum / N) < 3.9 * sqrt(1.0 / 12 / N));
        ck_assert(fabs(square / N - 1.0 / 12) < 3.9 * sqrt(1.0 / 180 / N));
        ck_assert_msg(gsl_cdf_chisq_Q(chi, BINS - 1) > 1e-4, "part %d: chi-squared %g", part, chi);
    }
}
END_TEST

START_TEST(the_gsl_generator_gives_the_numbers_of_the_address_in_order_and_never_ends)
{
    const mlab_address address = {.seed = 99, .entity = 4, .period = 5, .purpose = MLAB_PURPOSE_FORECAST, .replicate = 6, .draw = 7};
    gsl_rng *generator = gsl_rng_alloc(&mlab_random_gsl);
    mlab_random_gsl_at(generator, &address);
    for (uint32_t j = 0; j < 510; j++) ck_assert(gsl_rng_uniform(generator) == mlab_random_uniform(&address, j));
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double u = gsl_rng_uniform(generator);
        ck_assert(u > 0 && u < 1);
        sum += u;
    }
    ck_assert(fabs(sum / 100000 - 0.5) < 4.5 * sqrt(1.0 / 12 / 100000)); /* chance 7e-6, one fixed seed */
    gsl_rng *copy = gsl_rng_clone(generator);
    ck_assert(gsl_ran_gamma(generator, 0.3, 2) == gsl_ran_gamma(copy, 0.3, 2));
    ck_assert_uint_lt(gsl_rng_uniform_int(generator, 10), 10);
    gsl_rng_set(generator, 99);
    const mlab_address zeros = {.seed = 99};
    ck_assert(gsl_rng_uniform(generator) == mlab_random_uniform(&zeros, 0));
    gsl_rng_free(copy);
    gsl_rng_free(generator);
}
END_TEST

MLAB_TEST_MAIN("random", the_known_answers_of_random123_come_out, the_layout_of_an_address_is_pinned, numbers_stay_inside_0_and_1_at_both_ends,
               an_address_beyond_its_blocks_is_no_number, a_fill_holds_the_numbers_of_the_addresses_at_every_instruction_set,
               numbers_along_each_part_of_the_address_are_uniform, the_gsl_generator_gives_the_numbers_of_the_address_in_order_and_never_ends)

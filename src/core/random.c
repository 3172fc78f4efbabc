/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addressed random numbers: philox4x32-10 of Salmon et al. 2011, doi:10.1145/2063384.2063405. */
#include "core/random.h"
#include "core/elementary.h"
#include "core/random_isa.h"

#include <math.h>
#include <string.h>

static mlab_philox philox_at(const mlab_address *address)
{
    return (mlab_philox){
        .counter = {address->entity, (uint32_t)address->period << 16 | (uint32_t)address->purpose << 8 | address->block, address->replicate,
                    address->draw},
        .key = {(uint32_t)address->seed, (uint32_t)(address->seed >> 32) ^ address->pair},
    };
}

static void ten_rounds(mlab_philox at, uint32_t words[4])
{
    uint32_t *c = at.counter, *key = at.key;
    for (int round = 0; round < MLAB_PHILOX_ROUNDS; round++) {
        uint64_t p0 = (uint64_t)c[0] * MLAB_PHILOX_M0, p1 = (uint64_t)c[2] * MLAB_PHILOX_M1;
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ key[0];
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ key[1];
        c[1] = (uint32_t)p1;
        c[3] = (uint32_t)p0;
        key[0] += MLAB_PHILOX_W0;
        key[1] += MLAB_PHILOX_W1;
    }
    for (int i = 0; i < 4; i++) words[i] = c[i];
}

void mlab_random_words(const mlab_address *address, uint32_t words[4])
{
    ten_rounds(philox_at(address), words);
}

double mlab_random_uniform(const mlab_address *address, uint32_t j)
{
    uint32_t block = address->block + j / 2, words[4];
    if (j > 511 || block > 255) return NAN;
    mlab_address at = *address;
    at.block = (uint8_t)block;
    mlab_random_words(&at, words);
    const uint32_t *pair = words + 2 * (j % 2);
    return ((double)(((uint64_t)pair[1] << 32 | pair[0]) >> 12) + 0.5) * 0x1p-52;
}

double mlab_random_normal(const mlab_address *address, uint32_t j)
{
    return mlab_normal_quantile(mlab_random_uniform(address, j));
}

uint64_t mlab_random_below(const mlab_address *address, uint32_t j, uint64_t n)
{
    uint64_t drawn = (uint64_t)(mlab_random_uniform(address, j) * (double)n);
    return drawn < n ? drawn : n - 1;
}

static mlab_fill_function *fill_of(const mlab_context *context)
{
#if defined(__x86_64__)
    if (context->isa == MLAB_ISA_AVX512) return mlab_fill_avx512;
    if (context->isa == MLAB_ISA_AVX2) return mlab_fill_avx2;
#else
    (void)context;
#endif
    return mlab_fill_generic;
}

void mlab_random_fill(const mlab_context *context, const mlab_address *address, const uint32_t *entities, size_t n, uint32_t per_entity, double *out)
{
    if (per_entity == 0) return;
    if (per_entity > 512u - 2u * address->block) {
        for (size_t i = 0; i < n * per_entity; i++) out[i] = NAN;
        return;
    }
    mlab_philox start = philox_at(address);
    fill_of(context)(&start, entities, n, per_entity, out);
}

enum { PIECE = 16 * MLAB_PICKED };

static mlab_pick_function *pick_of(const mlab_context *context)
{
#if defined(__x86_64__)
    if (context->isa == MLAB_ISA_AVX512) return mlab_pick_avx512;
    if (context->isa == MLAB_ISA_AVX2) return mlab_pick_avx2;
#else
    (void)context;
#endif
    return mlab_pick_generic;
}

/* drawn [PIECE]: which of n the n_drawn <= PIECE draws first, first + 1, ... are. */
static void draw_piece(const mlab_context *context, const mlab_address *address, size_t n, size_t first, size_t n_drawn, uint32_t *drawn)
{
    if (n <= INT32_MAX) {
        mlab_philox start = philox_at(address);
        pick_of(context)(&start, (uint32_t)first, n_drawn, n, drawn);
        return;
    }
    uint32_t entity[PIECE] = {0};
    double u[PIECE], top = (double)n, last = (double)(n - 1);
    for (size_t i = 0; i < PIECE; i++) entity[i] = (uint32_t)(first + i);
    mlab_random_fill(context, address, entity, n_drawn, 1, u);
    for (size_t i = 0; i < n_drawn; i++) {
        double at = u[i] * top;
        drawn[i] = (uint32_t)(at < last ? at : last);
    }
}

void mlab_random_sample(const mlab_context *context, const mlab_address *address, size_t n, double *count)
{
    uint32_t drawn[PIECE];
    memset(count, 0, n * sizeof *count);
    for (size_t first = 0; first < n; first += PIECE) {
        size_t m = n - first < PIECE ? n - first : PIECE;
        draw_piece(context, address, n, first, m, drawn);
        for (size_t i = 0; i < m; i++) count[drawn[i]]++;
    }
}

void mlab_random_counts(const mlab_context *context, const mlab_address *address, size_t n, uint16_t *count)
{
    uint32_t drawn[PIECE];
    memset(count, 0, n * sizeof *count);
    for (size_t first = 0; first < n; first += PIECE) {
        size_t m = n - first < PIECE ? n - first : PIECE;
        draw_piece(context, address, n, first, m, drawn);
        for (size_t i = 0; i < m; i++) count[drawn[i]]++;
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block fill with AVX-512: eight counters to a register, one 32-bit word in the low half of each 64 bits. The high
 * halves may hold anything, the product reads the low ones alone. */
#define MLAB_FILL mlab_fill_avx512
#define MLAB_PICK mlab_pick_avx512
#include "core/random_body.h"

#include <immintrin.h>

enum { WIDTH = 8, VECTORS = 4 };

static __m512i load_words(const uint32_t *words)
{
    return _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)words));
}

static __m512d to_double(__m512i low, __m512i high)
{
    const __m512i one = _mm512_set1_epi64(0x3FF0000000000000);
    __m512i word = _mm512_mask_blend_epi32(0xAAAA, low, _mm512_slli_epi64(high, 32));
    return _mm512_sub_pd(_mm512_castsi512_pd(_mm512_or_si512(_mm512_srli_epi64(word, 12), one)), _mm512_set1_pd(1 - 0x1p-53));
}

static void store_pairs(double *out, __m512d even, __m512d odd)
{
    const __m512i low = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), high = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
    _mm512_storeu_pd(out, _mm512_permutex2var_pd(even, low, odd));
    _mm512_storeu_pd(out + 8, _mm512_permutex2var_pd(even, high, odd));
}

static __m512i xor3(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

static inline void ten_rounds(const mlab_lanes *lanes, bool all, double *out)
{
    const __m512i m0 = _mm512_set1_epi64(MLAB_PHILOX_M0), m1 = _mm512_set1_epi64(MLAB_PHILOX_M1);
    __m512i a[VECTORS], b[VECTORS], c[VECTORS], d[VECTORS];
    uint32_t k0 = lanes->key[0], k1 = lanes->key[1];
    for (int v = 0; v < VECTORS; v++) {
        a[v] = load_words(lanes->entity + WIDTH * v);
        b[v] = load_words(lanes->second + WIDTH * v);
        c[v] = _mm512_set1_epi64(lanes->replicate);
        d[v] = _mm512_set1_epi64(lanes->draw);
    }
    for (int round = 0; round < MLAB_PHILOX_ROUNDS; round++) {
        const __m512i key0 = _mm512_set1_epi64(k0), key1 = _mm512_set1_epi64(k1);
        for (int v = 0; v < VECTORS; v++) {
            __m512i p0 = _mm512_mul_epu32(a[v], m0), p1 = _mm512_mul_epu32(c[v], m1);
            a[v] = xor3(_mm512_srli_epi64(p1, 32), b[v], key0);
            c[v] = xor3(_mm512_srli_epi64(p0, 32), d[v], key1);
            b[v] = p1;
            d[v] = p0;
        }
        k0 += MLAB_PHILOX_W0;
        k1 += MLAB_PHILOX_W1;
    }
    if (!all)
        for (int v = 0; v < VECTORS; v++) _mm512_storeu_pd(out + WIDTH * v, to_double(a[v], b[v]));
    for (int v = 0; v < VECTORS && all; v++) store_pairs(out + 2 * WIDTH * v, to_double(a[v], b[v]), to_double(c[v], d[v]));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block fill with AVX2: four counters to a register, one 32-bit word in the low half of each 64 bits. The high
 * halves may hold anything, the product reads the low ones alone. */
#define MLAB_FILL mlab_fill_avx2
#define MLAB_PICK mlab_pick_avx2
#include "core/random_body.h"

#include <immintrin.h>

enum { WIDTH = 4, VECTORS = 4 };

static __m256i load_words(const uint32_t *words)
{
    return _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(const void *)words));
}

static __m256d to_double(__m256i low, __m256i high)
{
    const __m256i one = _mm256_set1_epi64x(0x3FF0000000000000);
    __m256i word = _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xAA);
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64(word, 12), one)), _mm256_set1_pd(1 - 0x1p-53));
}

static void store_pairs(double *out, __m256d even, __m256d odd)
{
    __m256d low = _mm256_unpacklo_pd(even, odd), high = _mm256_unpackhi_pd(even, odd);
    _mm256_storeu_pd(out, _mm256_permute2f128_pd(low, high, 0x20));
    _mm256_storeu_pd(out + 4, _mm256_permute2f128_pd(low, high, 0x31));
}

static inline void ten_rounds(const mlab_lanes *lanes, bool all, double *out)
{
    const __m256i m0 = _mm256_set1_epi64x(MLAB_PHILOX_M0), m1 = _mm256_set1_epi64x(MLAB_PHILOX_M1);
    for (int first = 0; first < MLAB_LANES; first += WIDTH * VECTORS) {
        __m256i a[VECTORS], b[VECTORS], c[VECTORS], d[VECTORS];
        uint32_t k0 = lanes->key[0], k1 = lanes->key[1];
        for (int v = 0; v < VECTORS; v++) {
            a[v] = load_words(lanes->entity + first + WIDTH * v);
            b[v] = load_words(lanes->second + first + WIDTH * v);
            c[v] = _mm256_set1_epi64x(lanes->replicate);
            d[v] = _mm256_set1_epi64x(lanes->draw);
        }
        for (int round = 0; round < MLAB_PHILOX_ROUNDS; round++) {
            const __m256i key0 = _mm256_set1_epi64x(k0), key1 = _mm256_set1_epi64x(k1);
            for (int v = 0; v < VECTORS; v++) {
                __m256i p0 = _mm256_mul_epu32(a[v], m0), p1 = _mm256_mul_epu32(c[v], m1);
                a[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), b[v]), key0);
                c[v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), d[v]), key1);
                b[v] = p1;
                d[v] = p0;
            }
            k0 += MLAB_PHILOX_W0;
            k1 += MLAB_PHILOX_W1;
        }
        if (!all)
            for (int v = 0; v < VECTORS; v++) _mm256_storeu_pd(out + first + WIDTH * v, to_double(a[v], b[v]));
        for (int v = 0; v < VECTORS && all; v++) store_pairs(out + 2 * (first + WIDTH * v), to_double(a[v], b[v]), to_double(c[v], d[v]));
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 with the SHA extensions of x86 (Gulley, Gopal, Yap, Feghali, Guilford, Wolrich 2013, "Intel SHA Extensions"): two rounds an
 * instruction, on the state kept as a, b, e, f and c, d, g, h. The same digests as the portable code. */
#include "core/sha256_isa.h"

#include <immintrin.h>

typedef struct halves {
    __m128i abef, cdgh;
} halves;

static inline halves four_rounds(halves at, __m128i words, const uint32_t *constants)
{
    __m128i sum = _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)(const void *)constants));
    at.cdgh = _mm_sha256rnds2_epu32(at.cdgh, at.abef, sum);
    at.abef = _mm_sha256rnds2_epu32(at.abef, at.cdgh, _mm_shuffle_epi32(sum, 0x0E));
    return at;
}

/* The four words after w[12 .. 15] of the sixteen before them. */
static inline __m128i next_words(__m128i w0, __m128i w4, __m128i w8, __m128i w12)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(sum, w12);
}

static inline __m128i load_words(const unsigned char *bytes)
{
    const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)bytes), swap);
}

static inline halves take_block(halves at, const unsigned char *block)
{
    const halves before = at;
    const uint32_t *k = mlab_sha256_constants;
    __m128i w0 = load_words(block), w4 = load_words(block + 16), w8 = load_words(block + 32), w12 = load_words(block + 48);
    for (int round = 0;; round += 16) {
        at = four_rounds(at, w0, k + round);
        at = four_rounds(at, w4, k + round + 4);
        at = four_rounds(at, w8, k + round + 8);
        at = four_rounds(at, w12, k + round + 12);
        if (round == 48) break;
        w0 = next_words(w0, w4, w8, w12);
        w4 = next_words(w4, w8, w12, w0);
        w8 = next_words(w8, w12, w0, w4);
        w12 = next_words(w12, w0, w4, w8);
    }
    return (halves){_mm_add_epi32(at.abef, before.abef), _mm_add_epi32(at.cdgh, before.cdgh)};
}

void mlab_sha256_shani(uint32_t state[8], const unsigned char *bytes, size_t n_blocks)
{
    __m128i *first = (__m128i *)(void *)state, *second = (__m128i *)(void *)(state + 4);
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(first), 0xB1), hgfe = _mm_shuffle_epi32(_mm_loadu_si128(second), 0x1B);
    halves at = {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xF0)};
    for (size_t i = 0; i < n_blocks; i++) at = take_block(at, bytes + 64 * i);
    __m128i abef = _mm_shuffle_epi32(at.abef, 0x1B), ghcd = _mm_shuffle_epi32(at.cdgh, 0xB1);
    _mm_storeu_si128(first, _mm_blend_epi16(abef, ghcd, 0xF0));
    _mm_storeu_si128(second, _mm_alignr_epi8(ghcd, abef, 8));
}

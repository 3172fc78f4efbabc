/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes that end a cell, 64 at a time: bit k of `special` is set where byte k is the delimiter, the end of a line or NUL, bit k of
 * `high` where it is not ASCII (Langdale and Lemire 2019, doi:10.1007/s00778-019-00578-5, do so for JSON). SSE2 is in every x86-64. */
#ifndef MLAB_DATA_ROWS_MARKS_H
#define MLAB_DATA_ROWS_MARKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define MLAB_MARKS_WINDOW 64 /* bytes that have to be readable */

typedef struct mlab_marks {
    uint64_t special, high;
} mlab_marks;

static inline mlab_marks mlab_marks_of(const char *bytes, char delimiter)
{
    mlab_marks marks = {0, 0};
#if defined(__SSE2__)
    const __m128i mark = _mm_set1_epi8(delimiter), feed = _mm_set1_epi8('\n'), back = _mm_set1_epi8('\r'), zero = _mm_setzero_si128();
    for (unsigned k = 0; k < 4; k++) {
        __m128i x;
        memcpy(&x, bytes + 16 * k, sizeof x);
        __m128i lines = _mm_or_si128(_mm_cmpeq_epi8(x, feed), _mm_cmpeq_epi8(x, back));
        __m128i others = _mm_or_si128(_mm_cmpeq_epi8(x, mark), _mm_cmpeq_epi8(x, zero));
        marks.special |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(lines, others)) << (16 * k);
        marks.high |= (uint64_t)(uint32_t)_mm_movemask_epi8(x) << (16 * k);
    }
#else
    for (unsigned k = 0; k < 64; k++) {
        char c = bytes[k];
        marks.special |= (uint64_t)(c == delimiter || c == '\n' || c == '\r' || c == '\0') << k;
        marks.high |= (uint64_t)((c & 0x80) != 0) << k;
    }
#endif
    return marks;
}

/* Place of the lowest bit that is set; bits != 0. */
static inline unsigned mlab_lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned k = 0;
    while (!(bits >> k & 1)) k++;
    return k;
#endif
}

#endif

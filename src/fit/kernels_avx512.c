/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels compiled for AVX-512: eight lanes are one register. */
#include "fit/kernels.h"

#include <immintrin.h>

typedef __m512d lanes;
static inline lanes lanes_at(const double *x)
{
    return _mm512_loadu_pd(x);
}
static inline lanes lanes_zero(void)
{
    return _mm512_setzero_pd();
}
static inline lanes lanes_add_product(lanes sum, lanes a, lanes b)
{
    return _mm512_add_pd(sum, _mm512_mul_pd(a, b));
}
static inline lanes lanes_product(lanes a, lanes b)
{
    return _mm512_mul_pd(a, b);
}
static inline void lanes_store(double *into, lanes a)
{
    _mm512_storeu_pd(into, a);
}

typedef __m512 singles;
static inline singles singles_at(const float *x)
{
    return _mm512_loadu_ps(x);
}
static inline singles singles_zero(void)
{
    return _mm512_setzero_ps();
}
static inline singles singles_add_product(singles sum, singles a, singles b)
{
    return _mm512_add_ps(sum, _mm512_mul_ps(a, b));
}
static inline void singles_add(double *into, singles a)
{
    __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(a)), high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
    _mm512_storeu_pd(into, _mm512_add_pd(_mm512_loadu_pd(into), _mm512_add_pd(low, high)));
}

/* add_rows of up to 7 columns: the sums side by side in at most five registers, each the product of two picks from the row and a 1 behind it. */
static inline void add_packed_in(size_t groups, const double *x, size_t p, const double *risk, size_t n, const int64_t *left, const int64_t *right,
                                 double *packed)
{
    const __m512i l0 = _mm512_loadu_si512(left), r0 = _mm512_loadu_si512(right), l1 = _mm512_loadu_si512(left + 8),
                  r1 = _mm512_loadu_si512(right + 8), l2 = _mm512_loadu_si512(left + 16), r2 = _mm512_loadu_si512(right + 16),
                  l3 = _mm512_loadu_si512(left + 24), r3 = _mm512_loadu_si512(right + 24), l4 = _mm512_loadu_si512(left + 32),
                  r4 = _mm512_loadu_si512(right + 32);
    const __m512d ones = _mm512_set1_pd(1);
    const __mmask8 columns = (__mmask8)((1u << p) - 1);
    __m512d a = _mm512_loadu_pd(packed), b = _mm512_loadu_pd(packed + 8), c = _mm512_loadu_pd(packed + 16), d = _mm512_loadu_pd(packed + 24),
            e = _mm512_loadu_pd(packed + 32);
    for (size_t i = 0; i < n; i++, x += p) {
        __m512d row = _mm512_mask_loadu_pd(ones, columns, x), rx = _mm512_mul_pd(_mm512_set1_pd(risk[i]), row);
        a = lanes_add_product(a, _mm512_permutexvar_pd(l0, rx), _mm512_permutexvar_pd(r0, row));
        if (groups > 1) b = lanes_add_product(b, _mm512_permutexvar_pd(l1, rx), _mm512_permutexvar_pd(r1, row));
        if (groups > 2) c = lanes_add_product(c, _mm512_permutexvar_pd(l2, rx), _mm512_permutexvar_pd(r2, row));
        if (groups > 3) d = lanes_add_product(d, _mm512_permutexvar_pd(l3, rx), _mm512_permutexvar_pd(r3, row));
        if (groups > 4) e = lanes_add_product(e, _mm512_permutexvar_pd(l4, rx), _mm512_permutexvar_pd(r4, row));
    }
    _mm512_storeu_pd(packed, a);
    _mm512_storeu_pd(packed + 8, b);
    _mm512_storeu_pd(packed + 16, c);
    _mm512_storeu_pd(packed + 24, d);
    _mm512_storeu_pd(packed + 32, e);
}

static void add_packed(const double *x, size_t p, const double *risk, size_t n, double *sum, double *square)
{
    int64_t left[40] = {0}, right[40] = {0};
    double packed[40] = {0}, *at[40];
    size_t m = 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k <= j + 1; k++, m++) { /* behind the pairs: the column by the 1 */
            at[m] = k <= j ? &square[j * p + k] : &sum[j];
            packed[m] = *at[m];
            left[m] = (int64_t)j;
            right[m] = (int64_t)(k <= j ? k : p);
        }
    switch ((m + 7) / 8) {
    case 1: add_packed_in(1, x, p, risk, n, left, right, packed); break;
    case 2: add_packed_in(2, x, p, risk, n, left, right, packed); break;
    case 3: add_packed_in(3, x, p, risk, n, left, right, packed); break;
    case 4: add_packed_in(4, x, p, risk, n, left, right, packed); break;
    default: add_packed_in(5, x, p, risk, n, left, right, packed);
    }
    for (size_t i = 0; i < m; i++) *at[i] = packed[i];
}

#define MLAB_WIDE_REGISTERS /* 32 of 8 numbers */
#define MLAB_FETCH_LINE(from) _mm_prefetch(from, _MM_HINT_T1)
#define MLAB_KERNELS mlab_kernels_avx512
#include "fit/kernels_body.h"

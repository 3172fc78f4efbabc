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

#define MLAB_WIDE_REGISTERS /* 32 of 8 numbers */
#define MLAB_FETCH_LINE(from) _mm_prefetch(from, _MM_HINT_T1)
#define MLAB_KERNELS mlab_kernels_avx512
#include "fit/kernels_body.h"

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels compiled for AVX2: eight lanes are two registers. */
#include "fit/kernels.h"

#include <immintrin.h>

typedef struct lanes {
    __m256d low, high;
} lanes;
static inline lanes lanes_at(const double *x)
{
    return (lanes){_mm256_loadu_pd(x), _mm256_loadu_pd(x + 4)};
}
static inline lanes lanes_zero(void)
{
    return (lanes){_mm256_setzero_pd(), _mm256_setzero_pd()};
}
static inline lanes lanes_add_product(lanes sum, lanes a, lanes b)
{
    return (lanes){_mm256_add_pd(sum.low, _mm256_mul_pd(a.low, b.low)), _mm256_add_pd(sum.high, _mm256_mul_pd(a.high, b.high))};
}
static inline void lanes_store(double *into, lanes a)
{
    _mm256_storeu_pd(into, a.low);
    _mm256_storeu_pd(into + 4, a.high);
}

#define MLAB_FETCH_LINE(from) _mm_prefetch(from, _MM_HINT_T1)
#define MLAB_KERNELS mlab_kernels_avx2
#include "fit/kernels_body.h"

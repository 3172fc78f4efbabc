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

typedef struct singles {
    __m256 low, high;
} singles;
static inline singles singles_at(const float *x)
{
    return (singles){_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)};
}
static inline singles singles_zero(void)
{
    return (singles){_mm256_setzero_ps(), _mm256_setzero_ps()};
}
static inline singles singles_add_product(singles sum, singles a, singles b)
{
    return (singles){_mm256_add_ps(sum.low, _mm256_mul_ps(a.low, b.low)), _mm256_add_ps(sum.high, _mm256_mul_ps(a.high, b.high))};
}
static inline void four_add(double *into, __m128 low, __m128 high)
{
    _mm256_storeu_pd(into, _mm256_add_pd(_mm256_loadu_pd(into), _mm256_add_pd(_mm256_cvtps_pd(low), _mm256_cvtps_pd(high))));
}
static inline void singles_add(double *into, singles a)
{
    four_add(into, _mm256_castps256_ps128(a.low), _mm256_castps256_ps128(a.high));
    four_add(into + 4, _mm256_extractf128_ps(a.low, 1), _mm256_extractf128_ps(a.high, 1));
}

#define MLAB_FETCH_LINE(from) _mm_prefetch(from, _MM_HINT_T1)
#define MLAB_KERNELS mlab_kernels_avx2
#include "fit/kernels_body.h"

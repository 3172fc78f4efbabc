/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The array functions for one instruction set: included by elementary_<isa>.c, which names the set in MLAB_ARRAYS. */
#include "core/elementary_isa.h"
#include "core/elementary_kernel.h"

#define MLAB_ARRAY(name)                                                                                                                             \
    static void name##_array(const double *in, double *out, size_t n)                                                                                \
    {                                                                                                                                                \
        _Pragma("omp simd") for (size_t i = 0; i < n; i++) out[i] = mlab_kernel_##name(in[i]);                                                       \
    }

MLAB_ARRAY(exp)
MLAB_ARRAY(log)
MLAB_ARRAY(logistic)

/* Two steps over pieces that stay in the cache, since the processor cannot look far enough ahead to overlap one long chain. */
enum { MLAB_PIECE = 512 };

static void cloglog_inverse_array(const double *in, double *out, size_t n)
{
    double y[MLAB_PIECE];
    for (size_t first = 0; first < n; first += MLAB_PIECE) {
        const size_t m = n - first < MLAB_PIECE ? n - first : MLAB_PIECE;
        _Pragma("omp simd") for (size_t i = 0; i < m; i++) y[i] = mlab_kernel_exp(in[first + i]);
        _Pragma("omp simd") for (size_t i = 0; i < m; i++) out[first + i] = -mlab_kernel_expm1(-y[i]);
    }
}

static void normal_quantile_array(const double *in, double *out, size_t n)
{
    double root[MLAB_PIECE];
    for (size_t first = 0; first < n; first += MLAB_PIECE) {
        const size_t m = n - first < MLAB_PIECE ? n - first : MLAB_PIECE;
        _Pragma("omp simd") for (size_t i = 0; i < m; i++) root[i] = mlab_quantile_root(in[first + i]);
        _Pragma("omp simd") for (size_t i = 0; i < m; i++) out[first + i] = mlab_quantile_of(in[first + i], root[i]);
    }
}

const mlab_elementary_arrays MLAB_ARRAYS = {exp_array, log_array, logistic_array, cloglog_inverse_array, normal_quantile_array};

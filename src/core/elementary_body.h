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
MLAB_ARRAY(cloglog_inverse)
MLAB_ARRAY(normal_quantile)

const mlab_elementary_arrays MLAB_ARRAYS = {exp_array, log_array, logistic_array, cloglog_inverse_array, normal_quantile_array};

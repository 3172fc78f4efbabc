/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table of array functions per instruction set; elementary.c chooses by the context. */
#ifndef MLAB_CORE_ELEMENTARY_ISA_H
#define MLAB_CORE_ELEMENTARY_ISA_H

#include <stddef.h>

typedef void mlab_array_function(const double *in, double *out, size_t n);
typedef struct mlab_elementary_arrays {
    mlab_array_function *exp, *log, *logistic, *cloglog_inverse, *normal_quantile;
} mlab_elementary_arrays;

extern const mlab_elementary_arrays mlab_elementary_generic, mlab_elementary_avx2, mlab_elementary_avx512;

#endif

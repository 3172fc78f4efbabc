/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The product of two vectors, summed from the first element to the last: the same bits everywhere. Long sums have kernels of their own. */
#ifndef MLAB_CORE_DOT_H
#define MLAB_CORE_DOT_H

#include <stddef.h>

static inline double mlab_dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

#endif

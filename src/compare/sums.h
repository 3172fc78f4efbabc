/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of rows into scores and informations. */
#ifndef MLAB_COMPARE_SUMS_H
#define MLAB_COMPARE_SUMS_H

#include <stddef.h>

/* Adds by * x to into [q]. */
static inline void mlab_add(size_t q, double by, const double *x, double *into)
{
    for (size_t i = 0; i < q; i++) into[i] += by * x[i];
}

/* Adds by * x x' to the lower half of into [q * q]. */
static inline void mlab_add_square(size_t q, double by, const double *x, double *into)
{
    for (size_t i = 0; i < q; i++) {
        double xi = by * x[i];
        for (size_t j = 0; j <= i; j++) into[i * q + j] += xi * x[j];
    }
}

#endif

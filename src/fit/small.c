/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cholesky factors of matrices of a few rows. */
#include "fit/small.h"

#include <math.h>

bool mlab_small_factor(double *a, size_t q)
{
    for (size_t j = 0; j < q; j++)
        for (size_t i = j; i < q; i++) {
            double sum = a[i * q + j];
            for (size_t k = 0; k < j; k++) sum -= a[i * q + k] * a[j * q + k];
            if (i == j && !(sum > 0)) return false;
            a[i * q + j] = i == j ? sqrt(sum) : sum / a[j * q + j];
        }
    return true;
}

void mlab_small_solve(const double *l, size_t q, double *b)
{
    for (size_t i = 0; i < q; i++) {
        for (size_t k = 0; k < i; k++) b[i] -= l[i * q + k] * b[k];
        b[i] /= l[i * q + i];
    }
    for (size_t i = q; i-- > 0;) {
        for (size_t k = i + 1; k < q; k++) b[i] -= l[k * q + i] * b[k];
        b[i] /= l[i * q + i];
    }
}

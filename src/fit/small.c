/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cholesky factors of matrices of a few rows; eigenvalues by cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, 8.5). */
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

double mlab_small_log_determinant(double *a, size_t q)
{
    double sum = 0;
    if (!mlab_small_factor(a, q)) return HUGE_VAL;
    for (size_t i = 0; i < q; i++) sum += 2 * log(a[i * q + i]);
    return sum;
}

void mlab_small_solve_lower(const double *l, size_t q, double *b)
{
    for (size_t i = 0; i < q; i++) {
        for (size_t k = 0; k < i; k++) b[i] -= l[i * q + k] * b[k];
        b[i] /= l[i * q + i];
    }
}

void mlab_small_solve_upper(const double *l, size_t q, double *b)
{
    for (size_t i = q; i-- > 0;) {
        for (size_t k = i + 1; k < q; k++) b[i] -= l[k * q + i] * b[k];
        b[i] /= l[i * q + i];
    }
}

void mlab_small_solve(const double *l, size_t q, double *b)
{
    mlab_small_solve_lower(l, q, b);
    mlab_small_solve_upper(l, q, b);
}

/* Makes a[i][j] zero. */
static void rotate(double *a, double *vectors, size_t q, size_t i, size_t j)
{
    double theta = (a[j * q + j] - a[i * q + i]) / (2 * a[i * q + j]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < q; k++) {
        double x = a[k * q + i], y = a[k * q + j];
        a[k * q + i] = c * x - s * y;
        a[k * q + j] = s * x + c * y;
    }
    for (size_t k = 0; k < q; k++) {
        double x = a[i * q + k], y = a[j * q + k];
        a[i * q + k] = c * x - s * y;
        a[j * q + k] = s * x + c * y;
        x = vectors[k * q + i], y = vectors[k * q + j];
        vectors[k * q + i] = c * x - s * y;
        vectors[k * q + j] = s * x + c * y;
    }
}

void mlab_small_eigen(double *a, size_t q, double *vectors)
{
    for (size_t i = 0; i < q * q; i++) vectors[i] = i % (q + 1) == 0;
    for (int sweep = 0; sweep < 60; sweep++) {
        double off = 0, all = 0;
        for (size_t i = 0; i < q; i++)
            for (size_t j = 0; j < q; j++) {
                all += a[i * q + j] * a[i * q + j];
                if (i != j) off += a[i * q + j] * a[i * q + j];
            }
        if (!(off > 1e-32 * all)) return;
        for (size_t i = 0; i < q; i++)
            for (size_t j = i + 1; j < q; j++)
                if (a[i * q + j] != 0) rotate(a, vectors, q, i, j);
    }
}

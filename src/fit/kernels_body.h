/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one source of the kernels, compiled once for each instruction set; MLAB_KERNELS is the name of the table it defines. */
#include "fit/kernels.h"

static inline double sum_lanes(const double *a)
{
    return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

static inline void dot_four(const double *restrict u, const double *restrict x, size_t n, double *restrict into)
{
    double a[MLAB_LANES] = {0}, b[MLAB_LANES] = {0}, c[MLAB_LANES] = {0}, d[MLAB_LANES] = {0};
    const double *x1 = x + MLAB_TILE, *x2 = x + 2 * MLAB_TILE, *x3 = x + 3 * MLAB_TILE;
    for (size_t i = 0; i < n; i += MLAB_LANES) {
        for (size_t l = 0; l < MLAB_LANES; l++) a[l] += u[i + l] * x[i + l];
        for (size_t l = 0; l < MLAB_LANES; l++) b[l] += u[i + l] * x1[i + l];
        for (size_t l = 0; l < MLAB_LANES; l++) c[l] += u[i + l] * x2[i + l];
        for (size_t l = 0; l < MLAB_LANES; l++) d[l] += u[i + l] * x3[i + l];
    }
    into[0] += sum_lanes(a);
    into[1] += sum_lanes(b);
    into[2] += sum_lanes(c);
    into[3] += sum_lanes(d);
}

static double dot(const double *restrict u, const double *restrict x, size_t n)
{
    double a[MLAB_LANES] = {0};
    for (size_t i = 0; i < n; i += MLAB_LANES)
        for (size_t l = 0; l < MLAB_LANES; l++) a[l] += u[i + l] * x[i + l];
    return sum_lanes(a);
}

static void project(const double *restrict x, size_t p, const double *restrict u, size_t n, double *restrict into)
{
    size_t j = 0;
    for (; j + 4 <= p; j += 4) dot_four(u, x + j * MLAB_TILE, n, into + j);
    for (; j < p; j++) into[j] += dot(u, x + j * MLAB_TILE, n);
}

static void cross(const double *restrict x, size_t p, const double *restrict w, size_t n, double *restrict into, size_t stride, double *restrict wx)
{
    for (size_t j = 0; j < p; j++) {
        const double *xj = x + j * MLAB_TILE;
        for (size_t i = 0; i < n; i++) wx[i] = w[i] * xj[i];
        project(xj, p - j, wx, n, into + j * stride + j);
    }
}

static void predict(const double *restrict x, size_t p, const double *restrict b, size_t n, double *restrict out)
{
    size_t j = 0;
    for (; j + 4 <= p; j += 4) {
        const double *x0 = x + j * MLAB_TILE, *x1 = x0 + MLAB_TILE, *x2 = x1 + MLAB_TILE, *x3 = x2 + MLAB_TILE;
        double b0 = b[j], b1 = b[j + 1], b2 = b[j + 2], b3 = b[j + 3];
        for (size_t i = 0; i < n; i++) out[i] += (b0 * x0[i] + b1 * x1[i]) + (b2 * x2[i] + b3 * x3[i]);
    }
    for (; j < p; j++) {
        const double *xj = x + j * MLAB_TILE;
        double bj = b[j];
        for (size_t i = 0; i < n; i++) out[i] += bj * xj[i];
    }
}

const mlab_kernels MLAB_KERNELS = {predict, project, cross, dot};

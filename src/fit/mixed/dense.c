/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cholesky factors by panels of columns (right-looking; Golub & Van Loan 2013, 4.2.6), every sum in one order for any number of threads. */
#include "fit/mixed/dense.h"

#include "core/error.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

enum { PANEL = 48 };

typedef struct dense {
    double *a;
    const double *l;
    size_t n, from, to; /* the panel */
} dense;

/* column -= sum of the columns from .. to - 1 of L times their entry in row c; rows c and below. */
static void subtract(const double *l, size_t n, size_t from, size_t to, size_t c, double *restrict column)
{
    size_t k = from;
    for (; k + 4 <= to; k += 4) {
        const double *restrict a = l + k * n, *restrict b = a + n, *restrict d = b + n, *restrict e = d + n;
        const double p = a[c], q = b[c], r = d[c], s = e[c];
        for (size_t i = c; i < n; i++) column[i] -= (a[i] * p + b[i] * q) + (d[i] * r + e[i] * s);
    }
    for (; k < to; k++) {
        const double *restrict a = l + k * n;
        const double p = a[c];
        for (size_t i = c; i < n; i++) column[i] -= a[i] * p;
    }
}

static mlab_status update(void *arg, size_t block, void *scratch, mlab_error *err)
{
    (void)scratch;
    (void)err;
    const dense *d = arg;
    size_t begin = d->to + block * PANEL, end = begin + PANEL < d->n ? begin + PANEL : d->n;
    for (size_t c = begin; c < end; c++) subtract(d->a, d->n, d->from, d->to, c, d->a + c * d->n);
    return MLAB_OK;
}

mlab_status mlab_dense_factor(const mlab_context *context, double *a, size_t n, bool *definite, mlab_error *err)
{
    dense d = {.a = a, .n = n};
    *definite = false;
    for (d.from = 0; d.from < n; d.from = d.to) {
        d.to = d.from + PANEL < n ? d.from + PANEL : n;
        for (size_t j = d.from; j < d.to; j++) {
            double *column = a + j * n;
            subtract(a, n, d.from, j, j, column);
            if (!(column[j] > 0) || !isfinite(column[j])) return MLAB_OK;
            double root = sqrt(column[j]), inverse = 1 / root;
            for (size_t i = j + 1; i < n; i++) column[i] *= inverse;
            column[j] = root;
        }
        size_t blocks = (n - d.to + PANEL - 1) / PANEL;
        mlab_status status = blocks ? mlab_parallel_blocks(context, NULL, blocks, 0, update, &d, err) : MLAB_OK;
        if (status) return status;
    }
    *definite = true;
    return MLAB_OK;
}

/* Sum of a[i] b[i] in eight strands, which the compiler keeps in one register. */
static double product(const double *restrict a, const double *restrict b, size_t n)
{
    double strand[8] = {0}, sum = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) strand[k] += a[i + k] * b[i + k];
    for (; i < n; i++) sum += a[i] * b[i];
    return ((strand[0] + strand[1]) + (strand[2] + strand[3])) + ((strand[4] + strand[5]) + (strand[6] + strand[7])) + sum;
}

/* Both solutions, of rows `from` and below; b is 0 above it. */
static void solve_below(const double *l, size_t n, size_t from, double *restrict b)
{
    for (size_t j = from; j < n; j++) {
        const double *restrict column = l + j * n;
        const double at = b[j] /= column[j];
        for (size_t i = j + 1; i < n; i++) b[i] -= column[i] * at;
    }
    for (size_t j = n; j-- > from;) b[j] = (b[j] - product(l + j * n + j + 1, b + j + 1, n - j - 1)) / l[j * n + j];
}

void mlab_dense_solve(const double *l, size_t n, double *b)
{
    solve_below(l, n, 0, b);
}

static mlab_status invert_columns(void *arg, size_t block, void *scratch, mlab_error *err)
{
    (void)scratch;
    (void)err;
    const dense *d = arg;
    for (size_t j = block * 4; j < block * 4 + 4 && j < d->n; j++) {
        double *column = d->a + j * d->n;
        memset(column, 0, d->n * sizeof *column);
        column[j] = 1;
        solve_below(d->l, d->n, j, column);
    }
    return MLAB_OK;
}

mlab_status mlab_dense_invert(const mlab_context *context, const double *l, size_t n, double *inverse, mlab_error *err)
{
    dense d = {.a = inverse, .l = l, .n = n};
    return mlab_parallel_blocks(context, NULL, (n + 3) / 4, 0, invert_columns, &d, err);
}

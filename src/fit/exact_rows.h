/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of fit/exact.c: the rows of a problem as columns of double-doubles, and triangles made of them. */
#ifndef MLAB_FIT_EXACT_ROWS_H
#define MLAB_FIT_EXACT_ROWS_H

#include "fit/exact.h"

/* Rows worked at a time: 12 columns of them stay in the first cache. */
#define MLAB_EXACT_BLOCK ((size_t)128)
#define MLAB_EXACT_LANES ((size_t)4)

typedef struct mlab_exact_rows {
    const mlab_fit_problem *problem;
    const double *response;                    /* [n] */
    size_t first_column, p, q, design_columns; /* q = p + 1: the response less the offset comes last */
    double *scale;                             /* [q] powers of two that bring every column to about 1 */
    size_t n_chunks, chunk_rows;
} mlab_exact_rows;

/* A column of MLAB_EXACT_BLOCK rows: its high parts, then its low parts. */
static inline double *mlab_exact_column(double *columns, size_t j)
{
    return columns + 2 * j * MLAB_EXACT_BLOCK;
}

/* Doubles of scratch for mlab_exact_fill: the columns come first. */
size_t mlab_exact_scratch(const mlab_exact_rows *rows);
/* Rows first .. first + n - 1 (at most MLAB_EXACT_BLOCK) as scaled columns, the response last; weighted: times the root of the weight. Rows
 * beyond n and rows of weight 0 are zeros. */
MLAB_MUST_USE mlab_status mlab_exact_fill(const mlab_exact_rows *rows, size_t first, size_t n, bool weighted, double *scratch, mlab_error *err);
/* triangle [q * q] becomes that of itself and the m rows (a multiple of MLAB_EXACT_LANES, at most MLAB_EXACT_BLOCK) of columns, which are
 * used up; by Householder reflections. */
void mlab_exact_reduce(mlab_dd *triangle, size_t q, double *columns, size_t m);
/* Sum of a[i] b[i] over m rows. */
mlab_dd mlab_exact_dot(const double *a, const double *b, size_t m);
/* a[i] -= factor b[i]. */
void mlab_exact_less(double *a, const double *b, mlab_dd factor, size_t m);

#endif

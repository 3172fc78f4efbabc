/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares of nearly collinear columns in double-double arithmetic. */
#ifndef MLAB_FIT_EXACT_H
#define MLAB_FIT_EXACT_H

#include "core/double_double.h"
#include "fit/problem.h"

/* Columns of a design beyond which it is not done: the triangles of 64 chunks stay in memory. */
#define MLAB_EXACT_COLUMNS ((size_t)256)

/* A solution. */
typedef struct mlab_exact {
    const mlab_context *context;
    size_t p;
    uint8_t *aliased;   /* [p] */
    mlab_dd *estimate;  /* [p] 0 where aliased */
    double *covariance; /* [p * p] of unit variance: the inverse of X'WX, 0 where aliased */
    double *triangle;   /* [p * p] R of the kept columns, X'WX = R'R, in their places; the diagonal is positive */
    double squares;     /* weighted residual sum of squares */
    double total;       /* the same of the response about its mean where there is an intercept, about 0 where there is none */
    double largest;     /* |response less offset| */
    int iterations;     /* refinements */
} mlab_exact;

/* response [n]; columns first_column .. of the problem's design, intercept: the first of them is ones. Rows of weight 0 do not count.
 * Errors: MLAB_ERR_MEMORY, those of the design. */
MLAB_MUST_USE mlab_status mlab_exact_make(const mlab_context *context, const mlab_fit_problem *problem, const double *response, size_t first_column,
                                          bool intercept, mlab_exact **exact, mlab_error *err);
void mlab_exact_free(mlab_exact *exact); /* NULL is fine */

#endif

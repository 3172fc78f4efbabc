/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A symmetric positive definite matrix of fixed pattern: factor, solve, and its inverse on the pattern. */
#ifndef MLAB_FIT_SPARSE_H
#define MLAB_FIT_SPARSE_H

#include "mentorlab/core.h"

typedef struct mlab_sparse mlab_sparse;

/* Lower triangle of n columns: rows `row` [first[j] .. first[j + 1] - 1] of column j, rising, the diagonal first. Taken over (also on
 * failure). A pattern that is dense, or whose factor would be, is kept dense. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_sparse_make(const mlab_context *context, size_t n, size_t *first, uint32_t *row, mlab_sparse **sparse,
                                           mlab_error *err);
void mlab_sparse_free(mlab_sparse *sparse); /* NULL is fine */
/* The place of (row, column), row >= column; it must be in the pattern. */
size_t mlab_sparse_place(const mlab_sparse *sparse, size_t row, size_t column);
size_t mlab_sparse_size(const mlab_sparse *sparse); /* places */
/* Entries of a column: their number, the place of the first, and their rows; NULL = `column` and all after it. */
size_t mlab_sparse_column(const mlab_sparse *sparse, size_t column, size_t *place, const uint32_t **row);
double *mlab_sparse_values(mlab_sparse *sparse); /* at their places */
void mlab_sparse_clear(mlab_sparse *sparse);
bool mlab_sparse_is_dense(const mlab_sparse *sparse);
/* The values become the factor's business and are lost when dense. */
MLAB_MUST_USE mlab_status mlab_sparse_factor(mlab_sparse *sparse, bool *definite, double *log_det, mlab_error *err);
/* b [n] becomes the solution; room [n]. */
void mlab_sparse_solve(const mlab_sparse *sparse, double *b, double *room);
/* With S = L L': z [n] becomes L'^-1 z, whose covariance is the inverse of S when that of z is 1; room [n]. */
void mlab_sparse_spread(const mlab_sparse *sparse, double *z, double *room);
/* The inverse at the places of the pattern. */
MLAB_MUST_USE mlab_status mlab_sparse_invert(mlab_sparse *sparse, mlab_error *err);
const double *mlab_sparse_inverse(const mlab_sparse *sparse);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dense symmetric positive definite matrices of up to some thousand rows, column by column, lower triangle; on the context's threads, the
 * same bytes for any number of them. */
#ifndef MLAB_FIT_DENSE_H
#define MLAB_FIT_DENSE_H

#include "mentorlab/core.h"

/* a [n * n] becomes its lower Cholesky factor; what is above the diagonal is not touched. Errors: MLAB_ERR_MEMORY, MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_dense_factor(const mlab_context *context, double *a, size_t n, bool *definite, mlab_error *err);
void mlab_dense_solve(const double *l, size_t n, double *b);
/* inverse [n * n]: lower triangle of (L L')^-1. */
MLAB_MUST_USE mlab_status mlab_dense_invert(const mlab_context *context, const double *l, size_t n, double *inverse, mlab_error *err);

#endif

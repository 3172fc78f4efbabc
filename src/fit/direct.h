/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Designs whose columns all stand in the table as they are: a number, a level, ones. Their tiles are written straight from the table's own arrays,
 * so fast that nothing need be kept. Read only after it is made. */
#ifndef MLAB_FIT_DIRECT_H
#define MLAB_FIT_DIRECT_H

#include "fit/kernels.h"
#include "fit/problem.h"

typedef enum mlab_direct_kind { MLAB_DIRECT_ONES, MLAB_DIRECT_REAL, MLAB_DIRECT_WHOLE, MLAB_DIRECT_LEVEL } mlab_direct_kind;

typedef struct mlab_direct_column {
    mlab_direct_kind kind;
    const double *real;   /* REAL: of the table's rows */
    const int32_t *whole; /* WHOLE; LEVEL: codes of the column */
    int32_t code;         /* LEVEL: the code that counts 1 */
} mlab_direct_column;

typedef struct mlab_direct {
    const mlab_context *context;
    const mlab_kernels *kernels;
    const uint32_t *rows; /* of the problem; NULL = all */
    size_t n;
    mlab_direct_column columns[]; /* [n] of the design, without those skipped at its front */
} mlab_direct;

/* *direct = NULL when some column has to be worked out, an offset() is in the design, or a row is missing or has an unknown level (which is said by
 * mlab_design_fill). Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_direct_make(const mlab_context *context, const mlab_fit_problem *problem, size_t first_column, mlab_direct **direct,
                                           mlab_error *err);
void mlab_direct_free(mlab_direct *direct); /* NULL is fine */
/* Asks for a part of the rows from `first` on, which will be filled soon: column j is in part j % MLAB_DIRECT_PARTS. */
#define MLAB_DIRECT_PARTS ((size_t)4)
void mlab_direct_fetch(const mlab_direct *direct, size_t part, size_t first, size_t n);
/* Rows first .. first + n - 1 of the problem, n <= MLAB_TILE, less the centres [n], as a tile; zeros behind them. */
void mlab_direct_fill(const mlab_direct *direct, size_t first, size_t n, const double *centre, double *x);

#endif

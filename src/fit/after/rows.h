/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Score and information of single rows and of groups of them, at given parameters, of models that use the engine. */
#ifndef MLAB_FIT_AFTER_ROWS_H
#define MLAB_FIT_AFTER_ROWS_H

#include "data/design_terms.h"
#include "fit/engine.h"

typedef struct mlab_row_parts {
    const mlab_context *context;
    const mlab_prepared *prepared;
    mlab_engine engine; /* with the shape of the fit */
    size_t n, n_parameters, width;
    double *parts;      /* [n * width], see mlab_pass_rows */
    double *parameters; /* [n_parameters] in the engine's columns */
    size_t q;           /* parameters that are estimated */
    size_t *free;       /* [q] */
    double *factor;     /* [q * q] lower Cholesky factor of the information of all rows in the engine's columns */
} mlab_row_parts;

/* estimate [n_parameters]; aliased [n_parameters] those left out. Errors: MLAB_ERR_MEMORY, MLAB_ERR_FIT_COVARIANCE. */
MLAB_MUST_USE mlab_status mlab_row_parts_make(const mlab_context *context, const mlab_prepared *prepared, const double *estimate,
                                              const uint8_t *aliased, double shape, mlab_row_parts *made, mlab_error *err);
void mlab_row_parts_free(mlab_row_parts *parts); /* zeroed is fine */

/* Reads designs of rows; one per thread or block. */
typedef struct mlab_row_reader {
    const mlab_row_parts *parts;
    mlab_design_bound *bound;
    double *x;    /* [columns of the design] of the row read last */
    double *room; /* ordinal effects */
} mlab_row_reader;
MLAB_MUST_USE mlab_status mlab_row_reader_make(const mlab_row_parts *parts, mlab_row_reader *reader, mlab_error *err);
void mlab_row_reader_free(mlab_row_reader *reader);
/* Adds row i (of the problem) to score [n_parameters] and, unless NULL, the upper triangle of information [n_parameters^2], in the engine's columns.
 */
MLAB_MUST_USE mlab_status mlab_row_add(mlab_row_reader *reader, size_t i, double *score, double *information, mlab_error *err);
/* From the engine's columns to the design's own: a vector of parameters. */
void mlab_row_outward(const mlab_row_parts *parts, double *v);

/* Rows by group: rows of group g are order[start[g]] .. order[start[g + 1] - 1], ascending. group NULL = every row its own. */
typedef struct mlab_row_groups {
    const mlab_context *context;
    size_t n_groups;
    uint32_t *order; /* [n] */
    size_t *start;   /* [n_groups + 1] */
} mlab_row_groups;
MLAB_MUST_USE mlab_status mlab_row_groups_make(const mlab_context *context, const uint32_t *group, size_t n, size_t n_groups, mlab_row_groups *made,
                                               mlab_error *err);
void mlab_row_groups_free(mlab_row_groups *groups);

#endif

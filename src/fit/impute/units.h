/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What imputation works on: one row a person, columns v0, v1, ... that stand for attributes and for what happened. */
#ifndef MLAB_FIT_IMPUTE_UNITS_H
#define MLAB_FIT_IMPUTE_UNITS_H

#include "mentorlab/impute.h"

typedef struct mlab_impute_units {
    const mlab_context *context;
    mlab_table *table; /* [n] rows; columns v0 .. v(n_columns - 1), those with missing values first */
    size_t n, n_columns, n_targets;
    char **names;      /* [n_targets] what they are called in the data */
    uint32_t *unit_of; /* [rows of the data] people by the rank of their ids, rows of a person-level table by their values: the order of
                        * the rows does not matter */
} mlab_impute_units;

/* Errors: those of mlab_impute. */
MLAB_MUST_USE mlab_status mlab_impute_units_make(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes,
                                                 mlab_impute_units **units, mlab_error *err);
void mlab_impute_units_free(mlab_impute_units *units); /* NULL is fine */

/* The columns that describe what happened to each unit are added here (fit/impute/happened.c). name: "v<k>". */
MLAB_MUST_USE mlab_status mlab_impute_happened(mlab_impute_units *units, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes,
                                               mlab_error *err);
/* A new column v<n_columns> of reals, zeroed. */
MLAB_MUST_USE mlab_status mlab_impute_add(mlab_impute_units *units, mlab_column_type type, const mlab_column *like, mlab_column **column,
                                          mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step of a chain: the missing values of one column drawn anew, given all other columns. */
#ifndef MLAB_FIT_IMPUTE_STEP_H
#define MLAB_FIT_IMPUTE_STEP_H

#include "core/random.h"
#include "fit/impute/units.h"

/* The units of a column: those with a value, and those without. */
typedef struct mlab_impute_rows {
    size_t n_seen, n_missing;
    uint32_t *seen, *missing; /* rising */
    const char *model;        /* "matching", "logit", "ordinal", "multinomial" */
} mlab_impute_rows;

/* table: the units' columns, complete. formula: "~ v1 + v2". Fills values [n_missing]: numbers, or codes of levels. unaided is set when the
 * model could not be fitted and the values were drawn from those seen. address: seed, imputation, round and column are set; this sets entity. */
MLAB_MUST_USE mlab_status mlab_impute_step(const mlab_context *context, const mlab_table *table, const char *column, const char *formula,
                                           const mlab_impute_rows *rows, const mlab_address *address, double *values, bool *unaided, mlab_error *err);
/* Values drawn from those seen, whatever the other columns say. */
void mlab_impute_from_seen(const mlab_column *column, const mlab_impute_rows *rows, const mlab_address *address, double *values);

#endif

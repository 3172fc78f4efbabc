/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data with imputed values in place. */
#include "mentorlab/impute.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

void mlab_imputation_free(mlab_imputation *imputation)
{
    if (!imputation) return;
    const mlab_context *context = imputation->context;
    for (size_t k = 0; imputation->columns && k < imputation->n_columns; k++) {
        mlab_imputed_column *column = &imputation->columns[k];
        mlab_release(context, column->name);
        mlab_release(context, column->unit);
        mlab_release(context, column->value);
    }
    mlab_release(context, imputation->columns);
    mlab_release(context, imputation->unit_of);
    mlab_release(context, imputation);
}

void mlab_completed_free(const mlab_context *context, mlab_completed *completed)
{
    if (!completed) return;
    mlab_table_free(completed->table);
    mlab_release(context, completed);
}

/* known [n_units]: what a unit's value is where it is in some row; given from the data, then from the imputation. */
static mlab_status complete_column(const mlab_context *context, const mlab_table *from, const mlab_imputation *imputation,
                                   const mlab_imputed_column *imputed, int k, mlab_table *table, mlab_error *err)
{
    const mlab_column *old = mlab_table_find(from, imputed->name);
    if (!old) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "\"%s\" is not a column of the data", imputed->name);
    double *known = mlab_allocate(context, imputation->n_units, sizeof *known);
    if (!known) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", imputation->n_units);
    mlab_column *column;
    for (size_t row = 0; row < from->n_rows; row++)
        if (!old->missing[row]) known[imputation->unit_of[row]] = old->type == MLAB_COLUMN_REAL ? old->as.real[row] : old->as.integer[row];
    for (size_t i = 0; i < imputed->n_missing; i++) known[imputed->unit[i]] = imputed->value[(size_t)k * imputed->n_missing + i];
    mlab_table_drop(table, imputed->name);
    mlab_status status = mlab_table_add(table, imputed->name, old->type, (const char *const *)old->levels, old->n_levels, &column, err);
    if (!status) {
        column->ordered = old->ordered;
        for (size_t row = 0; row < from->n_rows; row++)
            if (old->type == MLAB_COLUMN_REAL)
                column->as.real[row] = known[imputation->unit_of[row]];
            else
                column->as.integer[row] = (int32_t)known[imputation->unit_of[row]];
    }
    mlab_release(context, known);
    return status;
}

mlab_status mlab_impute_complete(const mlab_context *context, const mlab_data *data, const mlab_imputation *imputation, int k, mlab_completed **out,
                                 mlab_error *err)
{
    const mlab_table *from = data->panel ? data->panel->rows : data->people;
    *out = NULL;
    if (k < 0 || k >= imputation->n_imputations) return mlab_raise(err, MLAB_ERR_ARGUMENT, "imputation %d of %d", k, imputation->n_imputations);
    mlab_completed *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for completed data");
    mlab_status status = mlab_table_borrow(from, &made->table, err);
    for (size_t c = 0; c < imputation->n_columns && !status; c++)
        status = complete_column(context, from, imputation, &imputation->columns[c], k, made->table, err);
    if (status) {
        mlab_completed_free(context, made);
        return status;
    }
    made->data = *data;
    if (data->panel) {
        made->panel = *data->panel;
        made->panel.rows = made->table;
        made->data.panel = &made->panel;
    } else
        made->data.people = made->table;
    *out = made;
    return MLAB_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that share all columns with another, but some that are put in their place. */
#include "fit/after/average.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

mlab_status mlab_variant_make(const mlab_context *context, const mlab_table *table, size_t n_rows, size_t most, mlab_variant *variant,
                              mlab_error *err)
{
    *variant = (mlab_variant){.context = context, .most = most};
    variant->columns = mlab_allocate(context, table->n_columns, sizeof *variant->columns);
    variant->real = mlab_allocate(context, most, sizeof *variant->real);
    variant->codes = mlab_allocate(context, most, sizeof *variant->codes);
    if (!variant->columns || !variant->real || !variant->codes) {
        mlab_variant_free(variant);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", table->n_columns);
    }
    mlab_variant_reset(variant, table);
    variant->table.n_rows = n_rows;
    return MLAB_OK;
}

void mlab_variant_reset(mlab_variant *variant, const mlab_table *table)
{
    size_t n_rows = variant->table.n_rows;
    memcpy(variant->columns, table->columns, table->n_columns * sizeof *variant->columns);
    variant->table = *table;
    variant->table.columns = variant->columns;
    if (n_rows) variant->table.n_rows = n_rows;
    variant->n_own = 0;
}

void mlab_variant_free(mlab_variant *variant)
{
    if (!variant->context) return;
    for (size_t k = 0; variant->real && k < variant->most; k++) mlab_release(variant->context, variant->real[k]);
    for (size_t k = 0; variant->codes && k < variant->most; k++) mlab_release(variant->context, variant->codes[k]);
    mlab_release(variant->context, variant->columns);
    mlab_release(variant->context, variant->real);
    mlab_release(variant->context, variant->codes);
    *variant = (mlab_variant){0};
}

mlab_status mlab_variant_column(mlab_variant *variant, const char *name, char **levels, int32_t n_levels, mlab_column **out, mlab_error *err)
{
    mlab_column *column = mlab_table_find(&variant->table, name);
    size_t k = variant->n_own, n = variant->table.n_rows;
    *out = NULL;
    if (!column) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "column '%s' is not in the table", name);
    if (k == variant->most) return mlab_raise(err, MLAB_ERR_ARGUMENT, "over %zu columns are varied", variant->most);
    if (!levels && !variant->real[k]) variant->real[k] = mlab_allocate(variant->context, n, sizeof(double));
    if (levels && !variant->codes[k]) variant->codes[k] = mlab_allocate(variant->context, n, sizeof(int32_t));
    if (levels ? !variant->codes[k] : !variant->real[k]) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", n);
    variant->n_own++;
    column->missing = NULL;
    column->type = levels ? MLAB_COLUMN_FACTOR : MLAB_COLUMN_REAL;
    if (levels) {
        column->as.integer = variant->codes[k];
        column->levels = levels;
        column->n_levels = n_levels;
    } else {
        column->as.real = variant->real[k];
    }
    *out = column;
    return MLAB_OK;
}

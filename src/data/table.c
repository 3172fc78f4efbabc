/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The typed table: columns as narrow as their type, missing explicit, and a borrowed view that shares columns.
 *
 * Weakness: columns are found by a linear search of names; a view must not outlive the table it borrows from.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/reading.h"
#include "mentorlab/data.h"

#include <string.h>

static void column_free(const mlab_context *context, mlab_column *column)
{
    if (!column->borrowed) {
        for (int32_t i = 0; column->levels && i < column->n_levels; i++) mlab_release(context, column->levels[i]);
        mlab_release(context, column->levels);
        mlab_release(context, column->as.real);
        mlab_release(context, column->missing);
        mlab_release(context, column->pool);
        mlab_release(context, column->unit);
        mlab_release(context, column->name);
    }
    *column = (mlab_column){0};
}

mlab_status mlab_table_make(const mlab_context *context, size_t n_rows, mlab_table **table, mlab_error *err)
{
    *table = mlab_allocate(context, 1, sizeof **table);
    if (!*table) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a table");
    **table = (mlab_table){.context = context, .n_rows = n_rows};
    (*table)->file = mlab_copy_text(context, "");
    if ((*table)->file) return MLAB_OK;
    mlab_table_free(*table);
    *table = NULL;
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a table");
}

void mlab_table_free(mlab_table *table)
{
    if (!table) return;
    const mlab_context *context = table->context;
    for (size_t i = 0; i < table->n_columns; i++) column_free(context, &table->columns[i]);
    mlab_release(context, table->columns);
    if (!table->lines_borrowed) mlab_release(context, table->lines);
    mlab_release(context, table->file);
    mlab_release(context, table);
}

mlab_column *mlab_table_find(const mlab_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (!strcmp(table->columns[i].name, name)) return &table->columns[i];
    return NULL;
}

static size_t value_size(mlab_column_type type)
{
    if (type == MLAB_COLUMN_REAL) return sizeof(double);
    return type == MLAB_COLUMN_TEXT ? sizeof(uint64_t) : sizeof(int32_t);
}

static bool copy_levels(const mlab_context *context, mlab_column *column, const char *const *levels, int32_t n_levels)
{
    column->levels = mlab_allocate(context, (size_t)n_levels, sizeof *column->levels);
    if (!column->levels) return false;
    column->n_levels = n_levels;
    for (int32_t i = 0; i < n_levels; i++)
        if (!(column->levels[i] = mlab_copy_text(context, levels[i]))) return false;
    return true;
}

static bool column_allocate(const mlab_context *context, mlab_column *column, const char *name, size_t n_rows, const char *const *levels,
                            int32_t n_levels)
{
    column->name = mlab_copy_text(context, name);
    column->unit = mlab_copy_text(context, "");
    void *values = mlab_allocate(context, n_rows, value_size(column->type));
    if (column->type == MLAB_COLUMN_REAL)
        column->as.real = values;
    else if (column->type == MLAB_COLUMN_TEXT)
        column->as.text = values;
    else
        column->as.integer = values;
    if (!column->name || !column->unit || !values) return false;
    if (column->type == MLAB_COLUMN_TEXT) { /* offset 0 is the empty text, so that zeroed rows read "" */
        column->pool = mlab_allocate(context, 1, 1);
        column->pool_size = column->pool_capacity = 1;
        return column->pool != NULL;
    }
    return column->type != MLAB_COLUMN_FACTOR || copy_levels(context, column, levels, n_levels);
}

mlab_status mlab_table_add(mlab_table *table, const char *name, mlab_column_type type, const char *const *levels, int32_t n_levels,
                           mlab_column **column, mlab_error *err)
{
    if (column) *column = NULL;
    if (n_levels < 0) return mlab_raise(err, MLAB_ERR_ARGUMENT, "column '%s': %d levels, allowed 0 or more", name, (int)n_levels);
    if (mlab_table_find(table, name)) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "a column named '%s' is already in the table", name);
    mlab_status status = mlab_grow(table->context, &table->columns, table->n_columns, &table->capacity, sizeof *table->columns, err);
    if (status) return status;
    mlab_column made = {.type = type};
    if (!column_allocate(table->context, &made, name, table->n_rows, levels, n_levels)) {
        column_free(table->context, &made);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for column '%s' of %zu rows", name, table->n_rows);
    }
    table->columns[table->n_columns] = made;
    if (column) *column = &table->columns[table->n_columns];
    table->n_columns++;
    return MLAB_OK;
}

mlab_status mlab_table_borrow(const mlab_table *from, mlab_table **table, mlab_error *err)
{
    mlab_status status = mlab_table_make(from->context, from->n_rows, table, err);
    if (status) return status;
    mlab_table *view = *table;
    char *file = mlab_copy_text(from->context, from->file);
    view->columns = mlab_allocate(from->context, from->n_columns, sizeof *view->columns);
    if (!file || !view->columns) {
        mlab_release(from->context, file);
        mlab_table_free(view);
        *table = NULL;
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a view of a table");
    }
    mlab_release(from->context, view->file);
    view->file = file;
    view->lines = from->lines;
    view->lines_borrowed = true;
    view->n_columns = view->capacity = from->n_columns;
    for (size_t i = 0; i < from->n_columns; i++) {
        view->columns[i] = from->columns[i];
        view->columns[i].borrowed = true;
    }
    return MLAB_OK;
}

void mlab_table_drop(mlab_table *table, const char *name)
{
    mlab_column *column = mlab_table_find(table, name);
    if (!column) return;
    size_t at = (size_t)(column - table->columns);
    column_free(table->context, column);
    memmove(column, column + 1, (table->n_columns - at - 1) * sizeof *column);
    table->n_columns--;
}

mlab_status mlab_column_set_missing(mlab_table *table, mlab_column *column, size_t row, mlab_error *err)
{
    if (row >= table->n_rows) return mlab_raise(err, MLAB_ERR_ARGUMENT, "row %zu of a table of %zu rows", row, table->n_rows);
    if (column->borrowed) return mlab_raise(err, MLAB_ERR_ARGUMENT, "column '%s' belongs to another table and cannot be changed", column->name);
    if (!column->missing && !(column->missing = mlab_allocate(table->context, table->n_rows, 1)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for column '%s'", column->name);
    column->missing[row] = 1;
    if (column->type == MLAB_COLUMN_REAL)
        column->as.real[row] = 0;
    else if (column->type == MLAB_COLUMN_TEXT)
        column->as.text[row] = 0;
    else
        column->as.integer[row] = 0;
    return MLAB_OK;
}

mlab_status mlab_column_set_text(mlab_table *table, mlab_column *column, size_t row, const char *text, size_t n, mlab_error *err)
{
    if (row >= table->n_rows) return mlab_raise(err, MLAB_ERR_ARGUMENT, "row %zu of a table of %zu rows", row, table->n_rows);
    if (column->type != MLAB_COLUMN_TEXT || column->borrowed)
        return mlab_raise(err, MLAB_ERR_DATA_TYPE, "column '%s' is not a text column of this table", column->name);
    if (n == 0) {
        column->as.text[row] = 0;
        return MLAB_OK;
    }
    if (column->pool_capacity - column->pool_size < n + 1) {
        size_t wanted = column->pool_capacity + column->pool_capacity / 2;
        if (wanted < column->pool_size + n + 1) wanted = column->pool_size + n + 64;
        char *pool = mlab_reallocate(table->context, column->pool, wanted, 1);
        if (!pool) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the texts of column '%s'", column->name);
        column->pool = pool;
        column->pool_capacity = wanted;
    }
    column->as.text[row] = column->pool_size;
    memcpy(column->pool + column->pool_size, text, n);
    column->pool[column->pool_size + n] = '\0';
    column->pool_size += n + 1;
    return MLAB_OK;
}

const char *mlab_column_text(const mlab_column *column, size_t row)
{
    if (column->missing && column->missing[row]) return "";
    if (column->type == MLAB_COLUMN_TEXT) return column->pool + column->as.text[row];
    if (column->type != MLAB_COLUMN_FACTOR) return "";
    int32_t code = column->as.integer[row];
    return code >= 0 && code < column->n_levels ? column->levels[code] : "";
}

void mlab_table_keep_rows(mlab_table *table, const uint8_t *keep)
{
    size_t n = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
        if (!keep[i]) continue;
        for (size_t k = 0; k < table->n_columns; k++) {
            mlab_column *column = &table->columns[k];
            if (column->missing) column->missing[n] = column->missing[i];
            if (column->type == MLAB_COLUMN_REAL)
                column->as.real[n] = column->as.real[i];
            else if (column->type == MLAB_COLUMN_TEXT)
                column->as.text[n] = column->as.text[i];
            else
                column->as.integer[n] = column->as.integer[i];
        }
        if (table->lines) table->lines[n] = table->lines[i];
        n++;
    }
    table->n_rows = n;
}

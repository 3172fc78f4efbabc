/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row a person from a panel or a person-level table, for imputation.
 *
 * Weakness: of a column that changes over time the first value alone helps to impute others. */
#include "fit/impute/units.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/missing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const mlab_table *rows_of(const mlab_data *data)
{
    return data->panel ? data->panel->rows : data->people;
}

mlab_status mlab_impute_add(mlab_impute_units *units, mlab_column_type type, const mlab_column *like, mlab_column **column, mlab_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "v%zu", units->n_columns);
    const char *const *levels = type == MLAB_COLUMN_FACTOR ? (const char *const *)like->levels : NULL;
    mlab_status status = mlab_table_add(units->table, name, type, levels, levels ? like->n_levels : 0, column, err);
    if (status) return status;
    (*column)->ordered = like && like->ordered;
    units->n_columns++;
    return MLAB_OK;
}

void mlab_impute_units_free(mlab_impute_units *units)
{
    if (!units) return;
    for (size_t k = 0; units->names && k < units->n_targets; k++) mlab_release(units->context, units->names[k]);
    void *const memory[] = {units->names, units->unit_of};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(units->context, memory[k]);
    mlab_table_free(units->table);
    mlab_release(units->context, units);
}

static double value_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

static void put(mlab_column *column, size_t row, double value)
{
    if (column->type == MLAB_COLUMN_REAL)
        column->as.real[row] = value;
    else
        column->as.integer[row] = (int32_t)value;
}

static bool can_be(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER || column->type == MLAB_COLUMN_FACTOR;
}

/* Whether some row has no value, and whether a unit has two. */
static void look(const mlab_impute_units *units, const mlab_column *column, const uint32_t *first, size_t n_rows, bool *some, bool *changes)
{
    *some = *changes = false;
    for (size_t row = 0; row < n_rows; row++) {
        if (mlab_is_missing_at(column, row)) {
            *some = true;
            continue;
        }
        uint32_t seen = first[units->unit_of[row]];
        if (!mlab_is_missing_at(column, seen)) *changes |= value_at(column, row) != value_at(column, seen);
    }
}

/* Copies a column to the units: of each its first value. */
static mlab_status take(mlab_impute_units *units, const mlab_column *from, size_t n_rows, mlab_error *err)
{
    mlab_column *to;
    uint8_t *seen = mlab_allocate(units->context, units->n, 1);
    mlab_status status =
        seen ? mlab_impute_add(units, from->type, from, &to, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", units->n);
    size_t known = 0;
    for (size_t row = 0; !status && row < n_rows; row++) {
        uint32_t u = units->unit_of[row];
        if (mlab_is_missing_at(from, row) || seen[u]) continue;
        put(to, u, value_at(from, row));
        seen[u] = 1;
        known++;
    }
    for (size_t u = 0; !status && u < units->n; u++)
        if (!seen[u]) status = mlab_column_set_missing(units->table, to, u, err);
    mlab_release(units->context, seen);
    if (!status && known == 0)
        status = mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "\"%s\" has no value at all; there is nothing to impute it from", from->name);
    return status;
}

/* --- the columns of formulas --------------------------------------------------------------------------------- */

enum { MOST_COLUMNS = 200 };

typedef struct wanted {
    const mlab_column *column[MOST_COLUMNS];
    size_t n;
} wanted;

static mlab_status want(const mlab_context *context, const mlab_table *table, const mlab_outcome *outcome, wanted *all, mlab_error *err)
{
    mlab_formula *formula;
    const char *const *names;
    if (!outcome->formula || !outcome->formula[0]) return MLAB_OK;
    mlab_status status = mlab_formula_parse(context, outcome->formula, &outcome->formula_place, &formula, err);
    if (status) return status;
    size_t n = mlab_formula_columns(formula, &names);
    for (size_t k = 0; k < n && !status; k++) {
        const mlab_column *column = mlab_table_find(table, names[k]);
        size_t at = 0;
        while (at < all->n && all->column[at] != column) at++;
        if (!column || !can_be(column) || at < all->n) continue;
        if (all->n == MOST_COLUMNS)
            status = mlab_raise(err, MLAB_ERR_OVERFLOW, "over %d columns in the formulas; imputation takes so many at most", MOST_COLUMNS);
        else
            all->column[all->n++] = column;
    }
    mlab_formula_free(formula);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const mlab_column *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Targets come first. An arm is no attribute: its share of time is taken elsewhere. */
static mlab_status take_columns(mlab_impute_units *units, const mlab_data *data, const wanted *all, const uint32_t *first, mlab_error *err)
{
    size_t n_rows = rows_of(data)->n_rows;
    mlab_status status = MLAB_OK;
    for (int targets = 1; targets >= 0; targets--)
        for (size_t k = 0; k < all->n && !status; k++) {
            const mlab_column *column = all->column[k];
            bool some, changes;
            look(units, column, first, n_rows, &some, &changes);
            bool arm = strcmp(column->name, data->panel ? "arm" : data->arm_column ? data->arm_column : "") == 0;
            if (some != targets || (arm && (some || data->panel))) continue; /* an arm that is not known stays so */
            if (some && changes)
                return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "\"%s\" changes over time and has missing values; only what stays is imputed",
                                  column->name);
            if ((status = take(units, column, n_rows, err)) || !some) continue;
            if (!(units->names[units->n_targets++] = mlab_copy_text(units->context, column->name)))
                status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for names");
        }
    return status;
}

/* --- an order of the units that does not depend on that of the rows ------------------------------------------- */

typedef struct unit_key {
    const mlab_table *table;
    uint32_t unit;
} unit_key;

static int by_values(const void *a, const void *b)
{
    const unit_key *x = a, *y = b;
    for (size_t k = 0; k < x->table->n_columns; k++) {
        const mlab_column *column = &x->table->columns[k];
        int missing = mlab_is_missing_at(column, x->unit) - mlab_is_missing_at(column, y->unit);
        if (missing) return missing;
        double u = value_at(column, x->unit), v = value_at(column, y->unit);
        if (u != v) return u < v ? -1 : 1;
    }
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* Rows of a person-level table take the place of their values' rank. */
static mlab_status sort_units(mlab_impute_units *units, mlab_error *err)
{
    unit_key *keys = mlab_allocate(units->context, units->n, sizeof *keys);
    if (!keys) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to sort %zu people", units->n);
    for (size_t u = 0; u < units->n; u++) keys[u] = (unit_key){units->table, (uint32_t)u};
    qsort(keys, units->n, sizeof *keys, by_values);
    for (size_t k = 0; k < units->n; k++) units->unit_of[keys[k].unit] = (uint32_t)k;
    mlab_release(units->context, keys);
    return MLAB_OK;
}

static mlab_status number_units(mlab_impute_units *units, const mlab_data *data, mlab_error *err)
{
    size_t n_rows = rows_of(data)->n_rows;
    units->unit_of = mlab_allocate(units->context, n_rows, sizeof *units->unit_of);
    if (!units->unit_of) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", n_rows);
    for (size_t row = 0; row < n_rows; row++) {
        bool new_unit = !data->panel || row == 0 || data->panel->person[row] != data->panel->person[row - 1];
        units->n += new_unit;
        units->unit_of[row] = (uint32_t)(units->n - 1);
    }
    return MLAB_OK;
}

static void forget_columns(mlab_impute_units *units)
{
    for (size_t k = 0; units->names && k < units->n_targets; k++) mlab_release(units->context, units->names[k]);
    mlab_release(units->context, units->names);
    mlab_table_free(units->table);
    units->names = NULL;
    units->table = NULL;
    units->n_columns = units->n_targets = 0;
}

static mlab_status fill(mlab_impute_units *units, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes, const wanted *all,
                        mlab_error *err)
{
    size_t n_rows = rows_of(data)->n_rows;
    forget_columns(units);
    mlab_status status = mlab_table_make(units->context, units->n, &units->table, err);
    if (status) return status;
    uint32_t *first = mlab_allocate(units->context, units->n, sizeof *first);
    units->names = mlab_allocate(units->context, all->n, sizeof *units->names);
    if (!first || !units->names) {
        mlab_release(units->context, first);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", units->n);
    }
    for (size_t row = n_rows; row-- > 0;) first[units->unit_of[row]] = (uint32_t)row;
    status = take_columns(units, data, all, first, err);
    mlab_release(units->context, first);
    return status ? status : mlab_impute_happened(units, data, outcomes, n_outcomes, err);
}

mlab_status mlab_impute_units_make(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes,
                                   mlab_impute_units **out, mlab_error *err)
{
    const mlab_table *rows = rows_of(data);
    wanted all = {.n = 0};
    *out = NULL;
    mlab_impute_units *units = mlab_allocate(context, 1, sizeof *units);
    if (!units) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to impute");
    units->context = context;
    mlab_status status = number_units(units, data, err);
    for (size_t k = 0; k < n_outcomes && !status; k++) status = want(context, rows, &outcomes[k], &all, err);
    qsort(all.column, all.n, sizeof *all.column, by_name);
    if (!status) status = fill(units, data, outcomes, n_outcomes, &all, err);
    if (!status && !data->panel && !(status = sort_units(units, err))) status = fill(units, data, outcomes, n_outcomes, &all, err);
    if (status) {
        mlab_impute_units_free(units);
        units = NULL;
    }
    *out = units;
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks of the columns of a table that has been read. All are notes: nothing is changed and nothing dropped. */
#include "data/checks.h"
#include "core/error.h"
#include "core/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool same_value(const mlab_column *column, size_t a, size_t b)
{
    if (column->type == MLAB_COLUMN_REAL) return column->as.real[a] == column->as.real[b];
    if (column->type == MLAB_COLUMN_TEXT) return !strcmp(mlab_column_text(column, a), mlab_column_text(column, b));
    return column->as.integer[a] == column->as.integer[b];
}

static mlab_status say_column(const mlab_table *table, const mlab_column *column, mlab_findings *findings, const char *kind, mlab_error *err,
                              const char *sentence)
{
    mlab_place place = mlab_place_cell(table->file, 0, 0, column->name);
    return mlab_findings_add(findings, MLAB_SEVERITY_NOTE, kind, &place, NULL, NULL, err, "%s", sentence);
}

static mlab_status check_content(const mlab_table *table, const mlab_column *column, mlab_findings *findings, mlab_error *err)
{
    size_t present = 0, first = 0;
    bool measured = column->type != MLAB_COLUMN_TEXT && column->type != MLAB_COLUMN_DATE; /* ids and days may well be one */
    bool constant = true;
    for (size_t i = 0; i < table->n_rows; i++) {
        if (column->missing && column->missing[i]) continue;
        if (present == 0)
            first = i;
        else if (constant)
            constant = same_value(column, first, i);
        present++;
    }
    if (table->n_rows < 2) return MLAB_OK;
    if (present == 0) return say_column(table, column, findings, "empty_column", err, "columns without any value");
    if (measured && present == table->n_rows && constant)
        return say_column(table, column, findings, "constant_column", err, "columns with the same value in every row");
    if (table->n_rows >= 20 && present * 20 <= table->n_rows)
        return say_column(table, column, findings, "nearly_empty_column", err, "columns with 95 % or more of their cells missing");
    return MLAB_OK;
}

/* Fractions in at most one row of twenty, in a column of numbers that are otherwise whole. */
static mlab_status check_fractions(const mlab_table *table, const mlab_column *column, mlab_findings *findings, mlab_error *err)
{
    size_t present = 0, broken = 0;
    if (column->type != MLAB_COLUMN_REAL || column->unit[0]) return MLAB_OK;
    for (size_t i = 0; i < table->n_rows; i++) {
        if (column->missing && column->missing[i]) continue;
        present++;
        broken += column->as.real[i] != rint(column->as.real[i]);
    }
    if (!broken || broken * 20 > present) return MLAB_OK;
    char sentence[300], value[32];
    snprintf(sentence, sizeof sentence, "column \"%.100s\" has whole numbers in %zu rows and fractions in %zu", column->name, present - broken,
             broken);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        if ((column->missing && column->missing[i]) || column->as.real[i] == rint(column->as.real[i])) continue;
        mlab_place place = mlab_place_cell(table->file, table->lines ? table->lines[i] : 0, 0, column->name);
        mlab_number_print(column->as.real[i], value, sizeof value);
        status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "fractions", &place, value, NULL, err, "%s", sentence);
    }
    return status;
}

mlab_status mlab_check_columns(const mlab_table *table, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < table->n_columns && !status; k++) {
        status = check_content(table, &table->columns[k], findings, err);
        if (!status) status = check_fractions(table, &table->columns[k], findings, err);
    }
    return status;
}

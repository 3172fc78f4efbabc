/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joining tables below one another, column by column by name. A column without any value in a part (its type is then a guess) takes
 * the type that it has in the others. */
#include "data/table_join.h"
#include "core/error.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

typedef struct joining {
    const mlab_context *context;
    const mlab_table *const *parts;
    size_t n_parts;
    mlab_findings *findings;
    mlab_table *made;
} joining;

static bool is_number(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER;
}

/* Has it any value? */
static bool is_filled(const mlab_column *column, size_t n_rows)
{
    return !column->missing || (n_rows && memchr(column->missing, 0, n_rows));
}

static mlab_status say_types(const joining *j, const mlab_column *first, size_t part, const mlab_column *other, mlab_error *err)
{
    static const char *const names[] = {"numbers", "whole numbers", "labels", "dates", "text"};
    char remedy[200];
    mlab_place place = mlab_place_cell(j->parts[part]->file, 0, 0, other->name);
    snprintf(remedy, sizeof remedy, "columns: {\"%.80s\": {type: factor}}      (or number, date, text)", other->name);
    return mlab_findings_add(j->findings, MLAB_SEVERITY_STOP, "types_disagree", &place, NULL, remedy, err,
                             "column \"%.80s\" holds %s here and %s in an earlier file", other->name, names[other->type], names[first->type]);
}

/* The type that a column has in all parts; *ordered when all levels are the same scale. */
static mlab_status find_type(const joining *j, const char *name, mlab_column_type *type, bool *ordered, mlab_error *err)
{
    const mlab_column *first = NULL;
    mlab_status status = MLAB_OK;
    *type = MLAB_COLUMN_TEXT;
    *ordered = false;
    for (size_t p = 0; p < j->n_parts && !status; p++) {
        const mlab_column *column = mlab_table_find(j->parts[p], name);
        if (!column || !is_filled(column, j->parts[p]->n_rows)) continue;
        if (!first) {
            first = column;
            *type = column->type;
            *ordered = column->ordered;
        } else if (column->type != *type && is_number(column) && is_number(first)) {
            *type = MLAB_COLUMN_REAL;
        } else if (column->type != first->type) {
            status = say_types(j, first, p, column, err);
        }
        *ordered &= column->ordered;
    }
    return status;
}

/* Levels of all parts in the order met; *n of them, borrowed. */
static mlab_status list_levels(const joining *j, const char *name, const char ***levels, int32_t *n, mlab_error *err)
{
    size_t most = 0;
    *n = 0;
    for (size_t p = 0; p < j->n_parts; p++) {
        const mlab_column *column = mlab_table_find(j->parts[p], name);
        if (column && column->type == MLAB_COLUMN_FACTOR) most += (size_t)column->n_levels;
    }
    if (!(*levels = mlab_allocate(j->context, most, sizeof **levels)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the levels of %s", name);
    for (size_t p = 0; p < j->n_parts; p++) {
        const mlab_column *column = mlab_table_find(j->parts[p], name);
        for (int32_t i = 0; column && column->type == MLAB_COLUMN_FACTOR && i < column->n_levels; i++) {
            int32_t k = 0;
            while (k < *n && strcmp((*levels)[k], column->levels[i]) != 0) k++;
            if (k == *n) (*levels)[(*n)++] = column->levels[i];
        }
    }
    return MLAB_OK;
}

static int32_t level_of(const mlab_column *made, const char *label)
{
    int32_t k = 0;
    while (k + 1 < made->n_levels && strcmp(made->levels[k], label) != 0) k++;
    return k;
}

static mlab_status copy_cell(const joining *j, const mlab_column *from, size_t row, mlab_column *made, size_t at, mlab_error *err)
{
    if (from->type == MLAB_COLUMN_TEXT) {
        const char *text = mlab_column_text(from, row);
        return mlab_column_set_text(j->made, made, at, text, strlen(text), err);
    }
    if (made->type == MLAB_COLUMN_REAL)
        made->as.real[at] = from->type == MLAB_COLUMN_REAL ? from->as.real[row] : from->as.integer[row];
    else if (made->type == MLAB_COLUMN_FACTOR)
        made->as.integer[at] = level_of(made, mlab_column_text(from, row));
    else
        made->as.integer[at] = from->as.integer[row];
    return MLAB_OK;
}

static mlab_status fill(const joining *j, const char *name, mlab_column *made, mlab_error *err)
{
    size_t at = 0;
    mlab_status status = MLAB_OK;
    for (size_t p = 0; p < j->n_parts; p++) {
        const mlab_column *from = mlab_table_find(j->parts[p], name);
        bool usable = from && (from->type == made->type || (is_number(from) && is_number(made)));
        for (size_t i = 0; i < j->parts[p]->n_rows && !status; i++, at++)
            if (!usable || (from->missing && from->missing[i]))
                status = mlab_column_set_missing(j->made, made, at, err);
            else
                status = copy_cell(j, from, i, made, at, err);
    }
    return status;
}

static mlab_status join_column(joining *j, const char *name, mlab_error *err)
{
    const char **levels = NULL;
    int32_t n_levels = 0;
    mlab_column_type type;
    mlab_column *made;
    bool ordered;
    mlab_status status = find_type(j, name, &type, &ordered, err);
    if (!status && type == MLAB_COLUMN_FACTOR) status = list_levels(j, name, &levels, &n_levels, err);
    if (!status) status = mlab_table_add(j->made, name, type, levels, n_levels, &made, err);
    mlab_release(j->context, levels);
    if (status) return status;
    made->ordered = ordered;
    return fill(j, name, made, err);
}

static mlab_status start(joining *j, const char *file, mlab_error *err)
{
    size_t n = 0;
    for (size_t p = 0; p < j->n_parts; p++) n += j->parts[p]->n_rows;
    if (n > UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%s has more than 4 billion rows", file);
    mlab_status status = mlab_table_make(j->context, n, &j->made, err);
    if (status) return status;
    char *name = mlab_copy_text(j->context, file);
    j->made->lines = mlab_allocate(j->context, n, sizeof *j->made->lines);
    if (name) {
        mlab_release(j->context, j->made->file);
        j->made->file = name;
    }
    if (!name || !j->made->lines) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %s", file);
    for (size_t p = 0, at = 0; p < j->n_parts; p++)
        for (size_t i = 0; i < j->parts[p]->n_rows; i++) j->made->lines[at++] = j->parts[p]->lines ? j->parts[p]->lines[i] : 0;
    return MLAB_OK;
}

mlab_status mlab_tables_join(const mlab_context *context, const mlab_table *const *parts, size_t n_parts, const char *file, mlab_findings *findings,
                             mlab_table **joined, mlab_error *err)
{
    joining j = {context, parts, n_parts, findings, NULL};
    *joined = NULL;
    mlab_status status = start(&j, file, err);
    for (size_t p = 0; p < n_parts; p++)
        for (size_t k = 0; k < parts[p]->n_columns && !status; k++)
            if (!mlab_table_find(j.made, parts[p]->columns[k].name)) status = join_column(&j, parts[p]->columns[k].name, err);
    if (status)
        mlab_table_free(j.made);
    else
        *joined = j.made;
    return status;
}

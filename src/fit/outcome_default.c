/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formula of an outcome whose study states none: what the data have of the usual covariates, each only where it varies.
 *
 * Person-periods: arm + mentoring_others + ns(tenure, 3) + grade + department; promotion with the time in grade, surveys without a
 * clock. One row a person: the arm alone. Weakness: a default cannot know the confounders; `compare` adjusts by its own list.
 */
#include "fit/outcome.h"
#include "fit/raters/raters.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

enum { MOST_LEVELS = 40 };

static bool plain_name(const char *name)
{
    for (const char *c = name; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' || *c == '.' || (unsigned char)*c >= 0x80;
        if (!letter && !(c > name && *c >= '0' && *c <= '9')) return false;
    }
    return name[0] != 0;
}

static void append_name(mlab_text *text, const char *name)
{
    bool plain = plain_name(name);
    if (!plain) mlab_text_append(text, "`");
    mlab_text_append(text, name);
    if (!plain) mlab_text_append(text, "`");
}

static double number_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

/* Distinct values of a column, counted up to 8. */
static int distinct(const mlab_column *column, size_t n)
{
    double seen[8];
    int n_seen = 0;
    for (size_t i = 0; i < n && n_seen < 8; i++) {
        if (column->missing && column->missing[i]) continue;
        double value = number_at(column, i);
        int k = 0;
        while (k < n_seen && seen[k] != value) k++;
        if (k == n_seen) seen[n_seen++] = value;
    }
    return n_seen;
}

static void add_term(mlab_text *text, bool *any, const mlab_table *table, const char *name, bool spline)
{
    const mlab_column *column = mlab_table_find(table, name);
    if (!column || column->type == MLAB_COLUMN_TEXT) return;
    int values = distinct(column, table->n_rows);
    if (values < 2 || (column->type == MLAB_COLUMN_FACTOR && column->n_levels > MOST_LEVELS)) return;
    mlab_text_append(text, *any ? " + " : " ");
    *any = true;
    if (spline && values >= 8) mlab_text_append(text, "ns(");
    append_name(text, name);
    if (spline && values >= 8) mlab_text_append(text, ", 3)");
}

static bool is_clock(const mlab_column *column)
{
    return (column->type == MLAB_COLUMN_INTEGER || column->type == MLAB_COLUMN_REAL) && column->unit && strcmp(column->unit, "days") == 0;
}

static bool is_zero_one(const mlab_column *column, size_t n)
{
    if (column->type != MLAB_COLUMN_INTEGER) return false;
    for (size_t i = 0; i < n; i++)
        if (!(column->missing && column->missing[i]) && column->as.integer[i] != 0 && column->as.integer[i] != 1) return false;
    return true;
}

/* event(time, status) of the first duration and the first column of 0 and 1; a column named like the outcome comes first. */
static bool person_level_response(mlab_text *text, const mlab_data *data, const mlab_outcome *outcome)
{
    const mlab_table *people = data->people;
    const mlab_column *time = NULL, *status = NULL, *own = mlab_table_find(people, outcome->name);
    if (own && outcome->kind != MLAB_OUTCOME_EVENT) {
        append_name(text, outcome->name);
        return true;
    }
    for (size_t k = 0; k < people->n_columns; k++) {
        const mlab_column *column = &people->columns[k];
        if (!time && is_clock(column)) time = column;
        if (!status && is_zero_one(column, people->n_rows)) status = column;
    }
    if (own && is_zero_one(own, people->n_rows)) status = own;
    if (!time || !status) return false;
    mlab_text_append(text, "event(");
    append_name(text, time->name);
    mlab_text_append(text, ", ");
    append_name(text, status->name);
    mlab_text_append(text, ")");
    return true;
}

static bool write_formula(mlab_text *text, const mlab_data *data, const mlab_outcome *outcome)
{
    bool any = false;
    if (!data->panel) {
        if (!data->people || !person_level_response(text, data, outcome)) return false;
        mlab_text_append(text, " ~");
        if (data->arm_column && data->arm_column[0]) add_term(text, &any, data->people, data->arm_column, false);
    } else {
        const mlab_panel_event *event = mlab_panel_find_event(data->panel, outcome->name);
        const mlab_table *rows = data->panel->rows;
        if (!event && !mlab_table_find(rows, outcome->name)) return false;
        append_name(text, event ? event->response : outcome->name);
        mlab_text_append(text, " ~");
        if (!outcome->of_mentor) add_term(text, &any, rows, "arm", false); /* what mentoring others does to them is the question */
        add_term(text, &any, rows, "mentoring_others", false);
        if (event) add_term(text, &any, rows, strcmp(event->response, "promoted") == 0 ? "time_in_grade" : "tenure", true);
        add_term(text, &any, rows, "grade", false);
        add_term(text, &any, rows, "department", false);
    }
    if (!any) mlab_text_append(text, " 1");
    return true;
}

mlab_status mlab_outcome_default_formula(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome, char **out, mlab_error *err)
{
    mlab_text text = MLAB_TEXT(context);
    mlab_status status = MLAB_OK;
    *out = NULL;
    if (mlab_outcome_is_raters(outcome) && data->ratings)
        status = mlab_raters_formula(context, data->ratings, data->as_of, &text, err);
    else if (mlab_outcome_is_raters(outcome))
        status = mlab_raise_at(err, MLAB_ERR_DATA_FORMULA, &outcome->formula_place,
                               "%s: model raters needs ratings of people: data: {ratings: {file: ...}}", outcome->name);
    else if (!write_formula(&text, data, outcome))
        status = mlab_raise_at(err, MLAB_ERR_DATA_FORMULA, &outcome->formula_place,
                               "%s: the data have no response of that name; state a formula, for example \"y ~ arm\"", outcome->name);
    if (!status && (text.failed || !(*out = mlab_copy_text(context, mlab_text_get(&text)))))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula");
    mlab_text_free(&text);
    return status;
}

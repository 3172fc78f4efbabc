/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The people who are there at the end of the panel, with their state then: those who can be matched. A row of the panel has the state in its first
 * morning, so that the last period's promotions, relationships and answers are brought in here. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "study/inside.h"

#include <string.h>

/* The last row of each person who is still there at the end, the last day that any row covers; returns how many. */
static size_t last_rows(const mlab_panel *panel, uint32_t *rows)
{
    size_t n = 0;
    int32_t end = INT32_MIN;
    for (size_t i = 0; i < panel->n_rows; i++)
        if (panel->stop[i] > end) end = panel->stop[i];
    for (size_t i = 0; i < panel->n_rows; i++) {
        bool last = i + 1 == panel->n_rows || panel->person[i + 1] != panel->person[i];
        if (last && panel->stop[i] >= end && !panel->final[panel->person[i]].gone) rows[n++] = (uint32_t)i;
    }
    return n;
}

static mlab_status copy_column(mlab_table *to, const mlab_column *from, const uint32_t *rows, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = mlab_table_add(to, from->name, from->type, (const char *const *)from->levels, from->n_levels, &column, err);
    if (status) return status;
    column->ordered = from->ordered;
    for (size_t i = 0; !status && i < to->n_rows; i++) {
        uint32_t row = rows[i];
        if (from->missing && from->missing[row])
            status = mlab_column_set_missing(to, column, i, err);
        else if (from->type == MLAB_COLUMN_REAL)
            column->as.real[i] = from->as.real[row];
        else if (from->type == MLAB_COLUMN_TEXT)
            status = mlab_column_set_text(to, column, i, mlab_column_text(from, row), strlen(mlab_column_text(from, row)), err);
        else
            column->as.integer[i] = from->as.integer[row];
    }
    return status;
}

static void set_integer(mlab_column *column, size_t i, int32_t value, bool missing)
{
    if (!column || (missing && !column->missing)) return; /* what is never missing in the panel is not missing at its end either */
    column->as.integer[i] = missing ? 0 : value;
    if (column->missing) column->missing[i] = missing;
}

/* The clocks and the state of each person at the end of the row that was copied. */
static void move_to_end(const mlab_panel *panel, const uint32_t *rows, mlab_table *table)
{
    mlab_column *tenure = mlab_table_find(table, "tenure"), *in_grade = mlab_table_find(table, "time_in_grade");
    for (size_t i = 0; i < table->n_rows; i++) {
        const uint32_t row = rows[i];
        const mlab_panel_final *final = &panel->final[panel->person[row]];
        if (tenure) tenure->as.real[i] += (panel->stop[row] - panel->start[row]) / 365.25;
        if (in_grade) in_grade->as.real[i] = (panel->stop[row] - final->grade_since) / 365.25;
        set_integer(mlab_table_find(table, "grade"), i, final->grade, final->grade == MLAB_DATE_MISSING);
        set_integer(mlab_table_find(table, "arm"), i, final->arm, final->arm < 0);
        set_integer(mlab_table_find(table, "mentoring_others"), i, final->mentoring, false);
    }
}

/* The last answer is that of the last row, where there is one. */
static mlab_status move_answers(const mlab_panel *panel, mlab_table *table, mlab_error *err)
{
    for (size_t m = 0; m < panel->n_measures; m++) {
        mlab_text name = MLAB_TEXT(table->context);
        mlab_text_print(&name, "%s_last", panel->measures[m]);
        if (name.failed) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to list the people");
        mlab_column *last = mlab_table_find(table, mlab_text_get(&name));
        const mlab_column *now = mlab_table_find(table, panel->measures[m]);
        mlab_text_free(&name);
        for (size_t i = 0; last && now && i < table->n_rows; i++) {
            if (now->missing && now->missing[i]) continue;
            if (now->type == MLAB_COLUMN_REAL)
                last->as.real[i] = now->as.real[i];
            else
                last->as.integer[i] = now->as.integer[i];
            if (last->missing) last->missing[i] = 0;
        }
    }
    return MLAB_OK;
}

static mlab_status fill(const mlab_panel *panel, const uint32_t *rows, mlab_table *table, mlab_error *err)
{
    mlab_column *id;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < panel->rows->n_columns; k++)
        if (strcmp(panel->rows->columns[k].name, "id") != 0) status = copy_column(table, &panel->rows->columns[k], rows, err);
    if (!status) status = move_answers(panel, table, err);
    if (!status) move_to_end(panel, rows, table);
    if (!status) status = mlab_table_add(table, "id", MLAB_COLUMN_TEXT, NULL, 0, &id, err);
    for (size_t i = 0; !status && i < table->n_rows; i++) {
        const char *text = panel->ids[panel->person[rows[i]]];
        status = mlab_column_set_text(table, id, i, text, strlen(text), err);
    }
    return status;
}

mlab_status mlab_study_present(const mlab_study *study, mlab_table **table, mlab_error *err)
{
    const mlab_panel *panel = study->data->panel;
    *table = NULL;
    uint32_t *rows = mlab_allocate(study->context, panel->n_people, sizeof *rows);
    if (!rows) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to list the people");
    mlab_table *made = NULL;
    mlab_status status = mlab_table_make(study->context, last_rows(panel, rows), &made, err);
    if (!status) status = fill(panel, rows, made, err);
    mlab_release(study->context, rows);
    if (status)
        mlab_table_free(made);
    else
        *table = made;
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The people who are there at the end of the panel, with their state then: those who can be matched. */
#include "core/error.h"
#include "core/memory.h"
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
        if (!last || panel->stop[i] < end) continue;
        const mlab_panel_event *exit = mlab_panel_find_event(panel, "exit");
        if (!exit || !exit->what[i]) rows[n++] = (uint32_t)i;
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

static mlab_status fill(const mlab_panel *panel, const uint32_t *rows, mlab_table *table, mlab_error *err)
{
    mlab_column *id;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < panel->rows->n_columns; k++)
        if (strcmp(panel->rows->columns[k].name, "id") != 0) status = copy_column(table, &panel->rows->columns[k], rows, err);
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

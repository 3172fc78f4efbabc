/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The panel as a workbook: the columns of the CSV with their types, and the codebook as a second sheet. */
#include "report/panel_book.h"
#include "core/error.h"
#include "core/memory.h"
#include "report/workbook.h"

#include <stdio.h>

typedef struct panel_book {
    const mlab_panel *panel;
    const char *const *names; /* NULL = ids */
    mlab_workbook *book;
    mlab_panel_layout layout;
    mlab_sheet_column *columns;
    size_t n_columns;
    char (*event_names)[2][160]; /* [n_events] */
} panel_book;

static mlab_sheet_type type_of(mlab_column_type type)
{
    switch (type) {
    case MLAB_COLUMN_REAL: return MLAB_SHEET_NUMBER;
    case MLAB_COLUMN_INTEGER: return MLAB_SHEET_INTEGER;
    case MLAB_COLUMN_DATE: return MLAB_SHEET_DATE;
    case MLAB_COLUMN_FACTOR:
    case MLAB_COLUMN_TEXT: break;
    }
    return MLAB_SHEET_TEXT;
}

static mlab_status make_columns(panel_book *b, mlab_error *err)
{
    const mlab_panel *panel = b->panel;
    const mlab_sheet_type fixed[MLAB_PANEL_N_FIXED] = {MLAB_SHEET_TEXT, MLAB_SHEET_INTEGER, MLAB_SHEET_INTEGER, MLAB_SHEET_INTEGER,
                                                       MLAB_SHEET_DATE, MLAB_SHEET_DATE,    MLAB_SHEET_INTEGER};
    b->columns = mlab_allocate(panel->context, MLAB_PANEL_N_FIXED + panel->rows->n_columns + 2 * panel->n_events, sizeof *b->columns);
    b->event_names = mlab_allocate(panel->context, panel->n_events, sizeof *b->event_names);
    if (!b->columns || !b->event_names) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write a panel");
    for (size_t k = 0; k < MLAB_PANEL_N_FIXED; k++)
        b->columns[b->n_columns++] = (mlab_sheet_column){.heading = mlab_panel_fixed_columns[k].name, .type = fixed[k]};
    for (size_t c = 0; c < panel->rows->n_columns; c++)
        if (b->layout.written[c])
            b->columns[b->n_columns++] = (mlab_sheet_column){.heading = panel->rows->columns[c].name, .type = type_of(panel->rows->columns[c].type)};
    for (size_t k = 0; k < panel->n_events; k++) {
        snprintf(b->event_names[k][0], sizeof b->event_names[k][0], "%s_share", panel->events[k].response);
        snprintf(b->event_names[k][1], sizeof b->event_names[k][1], "%s_date", panel->events[k].response);
        b->columns[b->n_columns++] = (mlab_sheet_column){.heading = b->event_names[k][0], .type = MLAB_SHEET_NUMBER};
        b->columns[b->n_columns++] = (mlab_sheet_column){.heading = b->event_names[k][1], .type = MLAB_SHEET_DATE};
    }
    return MLAB_OK;
}

/* --- rows --------------------------------------------------------------------------------------------- */

static mlab_status put_value(mlab_workbook *book, size_t at, const mlab_column *column, size_t row, mlab_error *err)
{
    if (column->missing && column->missing[row]) return MLAB_OK;
    switch (column->type) {
    case MLAB_COLUMN_REAL: return mlab_workbook_number(book, at, column->as.real[row], err);
    case MLAB_COLUMN_INTEGER: return mlab_workbook_integer(book, at, column->as.integer[row], err);
    case MLAB_COLUMN_DATE: return mlab_workbook_date(book, at, column->as.integer[row], err);
    case MLAB_COLUMN_FACTOR:
    case MLAB_COLUMN_TEXT: break;
    }
    return mlab_workbook_text(book, at, mlab_column_text(column, row), err);
}

static mlab_status put_fixed(const panel_book *b, size_t row, mlab_error *err)
{
    const mlab_panel *panel = b->panel;
    mlab_status status = mlab_workbook_text(b->book, 0, b->names ? b->names[panel->person[row]] : panel->ids[panel->person[row]], err);
    if (!status) status = mlab_workbook_integer(b->book, 1, panel->spell[row], err);
    if (!status) status = mlab_workbook_integer(b->book, 2, panel->period[row], err);
    if (!status) status = mlab_workbook_integer(b->book, 3, panel->since[row], err);
    if (!status) status = mlab_workbook_date(b->book, 4, panel->start[row], err);
    if (!status) status = mlab_workbook_date(b->book, 5, panel->stop[row], err);
    return status ? status : mlab_workbook_integer(b->book, 6, panel->prevalent[row] != 0, err);
}

static mlab_status put_row(const panel_book *b, size_t row, mlab_error *err)
{
    const mlab_panel *panel = b->panel;
    size_t at = MLAB_PANEL_N_FIXED;
    mlab_status status = put_fixed(b, row, err);
    for (size_t c = 0; c < panel->rows->n_columns && !status; c++)
        if (b->layout.written[c]) status = put_value(b->book, at++, &panel->rows->columns[c], row, err);
    for (size_t k = 0; k < panel->n_events && !status; k++, at += 2) {
        const mlab_panel_event *event = &panel->events[k];
        if (event->at_risk[row]) status = mlab_workbook_number(b->book, at, event->share[row], err);
        if (!status) status = mlab_workbook_date(b->book, at + 1, event->day[row], err);
    }
    mlab_workbook_end_row(b->book);
    return status;
}

static mlab_status put_rows(const panel_book *b, mlab_error *err)
{
    const mlab_context *context = b->panel->context;
    mlab_status status = mlab_workbook_sheet(b->book, "panel", b->columns, b->n_columns, err);
    for (size_t k = 0; k < b->panel->n_rows && !status; k++) {
        status = put_row(b, b->layout.order[k], err);
        if (!status && k % 16384 == 0 && context->cancelled && context->cancelled(context->user))
            status = mlab_raise(err, MLAB_ERR_CANCELLED, "writing was stopped");
    }
    return status;
}

/* --- codebook ----------------------------------------------------------------------------------------- */

static mlab_status put_line(const panel_book *b, const char *name, const char *type, const char *meaning, mlab_error *err)
{
    mlab_status status = mlab_workbook_text(b->book, 0, name, err);
    if (!status) status = mlab_workbook_text(b->book, 1, type, err);
    if (!status) status = mlab_workbook_text(b->book, 2, meaning, err);
    mlab_workbook_end_row(b->book);
    return status;
}

static mlab_status put_codebook(const panel_book *b, mlab_error *err)
{
    static const mlab_sheet_column columns[] = {{.heading = "column"}, {.heading = "type"}, {.heading = "meaning"}};
    const mlab_panel *panel = b->panel;
    mlab_status status = mlab_workbook_sheet(b->book, "codebook", columns, 3, err);
    for (size_t k = 0; k < MLAB_PANEL_N_FIXED && !status; k++)
        status = put_line(b, mlab_panel_fixed_columns[k].name, mlab_panel_fixed_columns[k].type, mlab_panel_fixed_columns[k].meaning, err);
    for (size_t c = 0; c < panel->rows->n_columns && !status; c++) {
        if (!b->layout.written[c]) continue;
        mlab_text type = MLAB_TEXT(panel->context);
        mlab_panel_describe(&panel->rows->columns[c], &type);
        status = type.failed
                     ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write a codebook")
                     : put_line(b, panel->rows->columns[c].name, mlab_text_get(&type), mlab_panel_meaning(panel, &panel->rows->columns[c]), err);
        mlab_text_free(&type);
    }
    for (size_t k = 0; k < panel->n_events && !status; k++) {
        status = put_line(b, b->event_names[k][0], "number, 0 to 1",
                          "days on which the event could have happened / days in the period; empty = not at risk", err);
        if (!status) status = put_line(b, b->event_names[k][1], "date", "day of the event; empty = none", err);
    }
    return status;
}

mlab_status mlab_panel_workbook(const mlab_panel *panel, const char *const *names, const char *path, mlab_error *err)
{
    panel_book b = {.panel = panel, .names = names};
    if (panel->n_rows > MLAB_WORKBOOK_MOST_ROWS)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "the panel has %zu rows, a sheet takes 1,048,575; write it as CSV: --out panel.csv", panel->n_rows);
    mlab_status status = mlab_panel_layout_make(panel, names, &b.layout, err);
    if (!status) status = make_columns(&b, err);
    if (!status) status = mlab_workbook_start(panel->context, path, true, &b.book, err);
    if (!status) status = put_rows(&b, err);
    if (!status) status = put_codebook(&b, err);
    if (!status) status = mlab_workbook_save(b.book, err);
    mlab_workbook_free(b.book);
    mlab_release(panel->context, b.columns);
    mlab_release(panel->context, b.event_names);
    mlab_panel_layout_free(panel->context, &b.layout);
    return status;
}

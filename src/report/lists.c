/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of pairs as a workbook. Weakness: a decision of the kind "pair with ID" is typed, not chosen, for there are too many ids to offer. */
#include "report/lists.h"

#include "core/error.h"
#include "core/memory.h"
#include "report/workbook.h"

#include <string.h>

static const char *const decisions[] = {"accept", "reject", "lock", "withdraw", "mentor withdraws"};

static const char *sheet_name(mlab_pairs_view view)
{
    static const char *const names[] = {"Pairs", "By person", "Mentors", "Unmatched", "Summary", "Chronus", "PushFar"};
    return names[view];
}

static mlab_status put_cell(mlab_workbook *book, const mlab_list *list, size_t column, const char *text, mlab_error *err)
{
    double value;
    if (!*text) return MLAB_OK;
    if (list->numbers[column] && mlab_number_parse(text, strlen(text), '.', &value)) return mlab_workbook_number(book, column, value, err);
    return mlab_workbook_text(book, column, text, err);
}

static void describe(const mlab_list *list, mlab_sheet_column *columns)
{
    for (size_t c = 0; c < list->n_columns; c++) {
        const bool decision = list->view == MLAB_VIEW_PAIRS && strcmp(list->headings[c], "decision") == 0;
        columns[c] = (mlab_sheet_column){.heading = list->headings[c], .type = list->numbers[c] ? MLAB_SHEET_NUMBER : MLAB_SHEET_TEXT};
        if (!decision) continue;
        columns[c].width = 16;
        columns[c].choices = decisions;
        columns[c].n_choices = sizeof decisions / sizeof *decisions;
        columns[c].hint = "accept, reject, lock, withdraw, mentor withdraws, or: pair with and an id. Leave it empty where nothing is decided.";
    }
}

static mlab_status put_sheet(mlab_workbook *book, const mlab_list *list, const mlab_sheet_column *columns, mlab_error *err)
{
    mlab_status status = mlab_workbook_sheet(book, sheet_name(list->view), columns, list->n_columns, err);
    for (size_t k = 0; !status && k < list->n_cells; k++) {
        status = put_cell(book, list, k % list->n_columns, list->cells[k], err);
        if (!status && (k + 1) % list->n_columns == 0) mlab_workbook_end_row(book);
    }
    return status;
}

mlab_status mlab_lists_workbook(const mlab_context *context, const char *path, const mlab_list *const *lists, size_t n, mlab_error *err)
{
    mlab_workbook *book = NULL;
    size_t total = 0, at = 0;
    for (size_t k = 0; k < n; k++) total += lists[k]->n_columns;
    mlab_sheet_column *columns = mlab_allocate(context, total, sizeof *columns); /* they live as long as the book */
    if (!columns) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", total);
    mlab_status status = mlab_workbook_start(context, path, true, &book, err);
    for (size_t k = 0; !status && k < n; at += lists[k++]->n_columns) {
        describe(lists[k], columns + at);
        status = put_sheet(book, lists[k], columns + at, err);
    }
    if (!status) status = mlab_workbook_save(book, err);
    mlab_workbook_free(book);
    mlab_release(context, columns);
    return status;
}

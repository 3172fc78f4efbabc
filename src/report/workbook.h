/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing workbooks (.xlsx): sheets of typed columns, written row by row in bounded memory, for people who open them in a
 * spreadsheet. Ids are texts and stay texts; nothing is ever written as a formula. The same calls give the same bytes. */
#ifndef MLAB_REPORT_WORKBOOK_H
#define MLAB_REPORT_WORKBOOK_H

#include "core/number.h"

typedef struct mlab_workbook mlab_workbook;

/* TEXT is for ids too: its cells have the text format, so that editing 007 keeps it 007. A NUMBER is written with 16
 * significant digits, DATE as a spreadsheet's date shown as 2024-12-31. */
typedef enum mlab_sheet_type { MLAB_SHEET_TEXT, MLAB_SHEET_NUMBER, MLAB_SHEET_INTEGER, MLAB_SHEET_DATE } mlab_sheet_type;

/* Texts must live until the next sheet begins or the workbook is saved. */
typedef struct mlab_sheet_column {
    const char *heading;
    mlab_sheet_type type;
    double width;               /* in characters; 0 = from what is written, 6 to 60 */
    const char *const *choices; /* [n_choices] offered by each cell of the column, without commas; anything else may be typed; NULL = none */
    size_t n_choices;
    const char *hint; /* shown beside a chosen cell of a column with choices, at most 255 bytes; NULL = none */
} mlab_sheet_column;

#define MLAB_WORKBOOK_MOST_ROWS ((uint64_t)1048575) /* of a sheet, without the headings */
#define MLAB_WORKBOOK_MOST_COLUMNS ((size_t)16384)
#define MLAB_WORKBOOK_LONGEST_TEXT ((size_t)32000) /* bytes of a cell; what is longer is cut and ends in "..." */

/* A workbook that will be at path once it is saved; until then its bytes are under a temporary name beside it and in
 * unnamed temporary files. secret: mode 0600. Errors: MLAB_ERR_WRITE, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_workbook_start(const mlab_context *context, const char *path, bool secret, mlab_workbook **book, mlab_error *err);
/* Begins a sheet with a row of headings that stays in sight; the one before is finished. name: 1 to 31 characters, none of
 * []:*?/\, not twice. Errors: MLAB_ERR_ARGUMENT, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_workbook_sheet(mlab_workbook *book, const char *name, const mlab_sheet_column *columns, size_t n_columns,
                                              mlab_error *err);
/* Fill cells of the row that is being written; a cell that is not filled is empty. A text may go into a column of any type;
 * bytes that are not UTF-8 become U+FFFD; NULL and "" leave the cell empty, and so do numbers that are not finite and
 * MLAB_DATE_MISSING. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW (more than MLAB_WORKBOOK_MOST_ROWS rows). */
MLAB_MUST_USE mlab_status mlab_workbook_text(mlab_workbook *book, size_t column, const char *text, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_workbook_number(mlab_workbook *book, size_t column, double value, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_workbook_integer(mlab_workbook *book, size_t column, int64_t value, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_workbook_date(mlab_workbook *book, size_t column, mlab_date date, mlab_error *err);
void mlab_workbook_end_row(mlab_workbook *book);
/* Writes the file to the disk under its name. Nothing but mlab_workbook_free may follow, whatever it returns. */
MLAB_MUST_USE mlab_status mlab_workbook_save(mlab_workbook *book, mlab_error *err);
void mlab_workbook_free(mlab_workbook *book); /* NULL is fine; what was not saved is removed */

#endif

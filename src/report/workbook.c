/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workbooks by libxlsxwriter in its mode of constant memory: each row is on the disk before the next one begins.
 *
 * Texts are written as text cells, never through a function that would see a formula in "=1+1"; text columns have the text
 * format "@", so that editing a cell does not turn it into a formula, a number or a date either. The date of making in the
 * properties is fixed, so that the same calls give the same bytes.
 * Source: ECMA-376 part 1, 18.2 (workbook) and 18.3 (worksheets); limits from Microsoft's "Excel specifications and limits".
 * Weakness: libxlsxwriter prints numbers with 16 significant digits, one fewer than every double needs. Where the disk is full
 * it also says so on standard error itself, and where one of its own allocations fails it may end the process.
 */
#include "report/workbook.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "core/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xlsxwriter.h>

#define MADE ((time_t)946684800)       /* 2000-01-01: a fixed date of making */
#define WHOLE_LIMIT ((int64_t)1 << 53) /* beyond it a spreadsheet would round */
enum { NARROWEST = 6, WIDEST = 60, MARCH_1900 = -25508 /* 1900-03-01; a spreadsheet's 1900 has a 29th of February */ };
enum { EPOCH_SERIAL = 25569 /* 1970-01-01 in the 1900 date system */ };

struct mlab_workbook {
    const mlab_context *context;
    char *path, *temporary;
    void *plain; /* locale: the library prints numbers by that of the thread */
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *heading, *text, *date, *number;
    const mlab_sheet_column *columns;
    size_t n_columns;
    size_t *widest; /* [n_columns] characters of the widest cell */
    uint64_t row;   /* being written; 0 = headings */
    mlab_text clean;
};

static mlab_status no_memory(const mlab_workbook *book, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the workbook %s", book->path);
}

static mlab_status from_library(const mlab_workbook *book, lxw_error error, mlab_error *err)
{
    if (error == LXW_NO_ERROR) return MLAB_OK;
    if (error == LXW_ERROR_MEMORY_MALLOC_FAILED) return no_memory(book, err);
    return mlab_raise(err, MLAB_ERR_WRITE, "%s cannot be written: %s", book->path, lxw_strerror(error));
}

/* --- the workbook ------------------------------------------------------------------------------------ */

static mlab_status make_formats(mlab_workbook *book, mlab_error *err)
{
    lxw_doc_properties made = {.created = MADE};
    mlab_status status = from_library(book, workbook_set_properties(book->book, &made), err);
    book->heading = workbook_add_format(book->book);
    book->text = workbook_add_format(book->book);
    book->date = workbook_add_format(book->book);
    book->number = workbook_add_format(book->book);
    if (status) return status;
    if (!book->heading || !book->text || !book->date || !book->number) return no_memory(book, err);
    format_set_bold(book->heading);
    format_set_bottom(book->heading, LXW_BORDER_THIN);
    format_set_num_format(book->text, "@");
    format_set_num_format(book->date, "yyyy-mm-dd");
    return MLAB_OK;
}

mlab_status mlab_workbook_start(const mlab_context *context, const char *path, bool secret, mlab_workbook **out, mlab_error *err)
{
    *out = NULL;
    mlab_workbook *book = mlab_allocate(context, 1, sizeof *book);
    if (!book) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the workbook %s", path);
    book->context = context;
    book->clean = MLAB_TEXT(context);
    book->path = mlab_copy_text(context, path);
    mlab_status status = book->path ? mlab_os_make_beside(context, path, secret, &book->temporary, err)
                                    : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the workbook %s", path);
    if (!status && !(book->plain = mlab_os_locale_make())) status = no_memory(book, err);
    if (!status) {
        lxw_workbook_options options = {.constant_memory = LXW_TRUE};
        book->book = workbook_new_opt(book->temporary, &options);
        status = book->book ? make_formats(book, err) : no_memory(book, err);
    }
    if (status)
        mlab_workbook_free(book);
    else
        *out = book;
    return status;
}

void mlab_workbook_free(mlab_workbook *book)
{
    if (!book) return;
    const mlab_context *context = book->context;
    if (book->book) lxw_workbook_free(book->book);
    if (book->temporary) mlab_os_remove(book->temporary);
    mlab_os_locale_free(book->plain);
    mlab_release(context, book->temporary);
    mlab_release(context, book->widest);
    mlab_release(context, book->path);
    mlab_text_free(&book->clean);
    mlab_release(context, book);
}

/* --- a sheet ----------------------------------------------------------------------------------------- */

static mlab_status add_choices(mlab_workbook *book, size_t at, mlab_error *err)
{
    const mlab_sheet_column *column = &book->columns[at];
    char **list = mlab_allocate(book->context, column->n_choices + 1, sizeof *list); /* the library only reads what it takes as char * */
    if (!list) return no_memory(book, err);
    memcpy(list, column->choices, column->n_choices * sizeof *list);
    lxw_data_validation rule = {.validate = LXW_VALIDATION_TYPE_LIST,
                                .value_list = list,
                                .input_message = (char *)column->hint,
                                .show_error = LXW_VALIDATION_OFF,
                                .ignore_blank = LXW_VALIDATION_ON};
    lxw_error error = worksheet_data_validation_range(book->sheet, 1, (lxw_col_t)at, (lxw_row_t)book->row - 1, (lxw_col_t)at, &rule);
    mlab_release(book->context, list);
    return from_library(book, error, err);
}

static double width_of(const mlab_workbook *book, size_t at)
{
    if (book->columns[at].width > 0) return book->columns[at].width;
    size_t wide = book->widest[at] + 2; /* room for the filter's arrow */
    return wide < NARROWEST ? NARROWEST : wide > WIDEST ? WIDEST : (double)wide;
}

/* What needs to know all rows: widths, the filter, the choices. */
static mlab_status finish_sheet(mlab_workbook *book, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (!book->sheet) return MLAB_OK;
    for (size_t k = 0; k < book->n_columns && !status; k++)
        status = from_library(book, worksheet_set_column(book->sheet, (lxw_col_t)k, (lxw_col_t)k, width_of(book, k), NULL), err);
    if (!status && book->row > 1)
        status = from_library(book, worksheet_autofilter(book->sheet, 0, 0, (lxw_row_t)book->row - 1, (lxw_col_t)(book->n_columns - 1)), err);
    for (size_t k = 0; k < book->n_columns && !status && book->row > 1; k++)
        if (book->columns[k].n_choices) status = add_choices(book, k, err);
    book->sheet = NULL;
    return status;
}

/* The library would tell the user on standard error what it does not take; so it is looked at here. */
static mlab_status check_sheet(const mlab_workbook *book, const char *name, const mlab_sheet_column *columns, size_t n, mlab_error *err)
{
    const size_t long_name = mlab_text_width(name);
    if (!n || n > MLAB_WORKBOOK_MOST_COLUMNS) return mlab_raise(err, MLAB_ERR_ARGUMENT, "sheet '%.40s' has %zu columns, allowed 1 to 16384", name, n);
    if (!long_name || long_name > 31 || strpbrk(name, "[]:*?/\\") || *name == '\'' || name[strlen(name) - 1] == '\'')
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "a sheet cannot be called '%.80s': allowed are 1 to 31 characters, none of []:*?/\\", name);
    for (lxw_worksheet *sheet = STAILQ_FIRST(book->book->worksheets); sheet; sheet = STAILQ_NEXT(sheet, list_pointers))
        if (mlab_equal_fold(sheet->name, name)) return mlab_raise(err, MLAB_ERR_ARGUMENT, "there are two sheets '%s'", name);
    for (size_t k = 0; k < n; k++) {
        size_t length = 0;
        for (size_t c = 0; c < columns[k].n_choices; c++) length += strlen(columns[k].choices[c]) + 1;
        if (length > 255 || (columns[k].hint && strlen(columns[k].hint) > 255))
            return mlab_raise(err, MLAB_ERR_ARGUMENT, "choices or hint of column '%.80s' are longer than 255 characters", columns[k].heading);
    }
    return MLAB_OK;
}

mlab_status mlab_workbook_sheet(mlab_workbook *book, const char *name, const mlab_sheet_column *columns, size_t n, mlab_error *err)
{
    mlab_status status = finish_sheet(book, err);
    if (!status) status = check_sheet(book, name, columns, n, err);
    if (status) return status;
    size_t *widest = mlab_allocate(book->context, n, sizeof *widest);
    if (!widest) return no_memory(book, err);
    mlab_release(book->context, book->widest);
    book->widest = widest;
    book->columns = columns;
    book->n_columns = n;
    book->row = 0;
    book->sheet = workbook_add_worksheet(book->book, name);
    if (!book->sheet) return no_memory(book, err);
    worksheet_freeze_panes(book->sheet, 1, 0);
    for (size_t k = 0; k < n && !status; k++) status = mlab_workbook_text(book, k, columns[k].heading, err);
    book->row = 1;
    return status;
}

/* --- cells ------------------------------------------------------------------------------------------- */

static mlab_status check_cell(const mlab_workbook *book, size_t column, mlab_error *err)
{
    if (!book->sheet || column >= book->n_columns)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "column %zu of a sheet with %zu columns", column + 1, book->sheet ? book->n_columns : 0);
    if (book->row > MLAB_WORKBOOK_MOST_ROWS)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "a sheet of %s takes at most 1,048,575 rows; write a .csv file instead", book->path);
    return MLAB_OK;
}

static void note_width(mlab_workbook *book, size_t column, size_t characters)
{
    if (characters > book->widest[column]) book->widest[column] = characters;
}

/* U+FFFE and U+FFFF may not stand in XML. */
static bool is_noncharacter(const char *at, size_t left)
{
    return left >= 3 && at[0] == '\xEF' && at[1] == '\xBF' && (at[2] == '\xBE' || at[2] == '\xBF');
}

/* Valid UTF-8 of XML's characters, at most MLAB_WORKBOOK_LONGEST_TEXT bytes. */
static const char *clean_text(mlab_workbook *book, const char *text)
{
    size_t n = strlen(text), at = 0;
    const bool cut = n > MLAB_WORKBOOK_LONGEST_TEXT;
    book->clean.n = 0;
    if (cut)
        for (n = MLAB_WORKBOOK_LONGEST_TEXT - 3; n && (text[n] & '\xC0') == '\x80';) n--;
    while (at < n) {
        size_t good;
        if (mlab_utf8_valid(text + at, n - at, &good)) good = n - at;
        for (size_t i = 0; i < good; i++)
            if (is_noncharacter(text + at + i, good - i)) good = i;
        mlab_text_append_bytes(&book->clean, text + at, good);
        at += good;
        if (at == n) break;
        mlab_text_append(&book->clean, "\xEF\xBF\xBD");
        at += is_noncharacter(text + at, n - at) ? 3 : 1;
    }
    if (cut) mlab_text_append(&book->clean, "...");
    return book->clean.failed ? NULL : mlab_text_get(&book->clean);
}

mlab_status mlab_workbook_text(mlab_workbook *book, size_t column, const char *text, mlab_error *err)
{
    mlab_status status = check_cell(book, column, err);
    if (status || !text || !*text) return status;
    const char *clean = clean_text(book, text);
    if (!clean) return no_memory(book, err);
    note_width(book, column, mlab_text_width(clean));
    lxw_format *format = book->row == 0 ? book->heading : book->text;
    void *before = mlab_os_locale_use(book->plain); /* the row before is printed now */
    const lxw_error error = worksheet_write_string(book->sheet, (lxw_row_t)book->row, (lxw_col_t)column, clean, format);
    mlab_os_locale_use(before);
    return from_library(book, error, err);
}

static mlab_status put_number(mlab_workbook *book, size_t column, double value, lxw_format *format, mlab_error *err)
{
    void *before = mlab_os_locale_use(book->plain);
    const lxw_error error = worksheet_write_number(book->sheet, (lxw_row_t)book->row, (lxw_col_t)column, value, format);
    mlab_os_locale_use(before);
    return from_library(book, error, err);
}

mlab_status mlab_workbook_number(mlab_workbook *book, size_t column, double value, mlab_error *err)
{
    mlab_status status = check_cell(book, column, err);
    if (status || !isfinite(value)) return status;
    char shown[64];
    note_width(book, column, mlab_number_print(value, shown, sizeof shown));
    return put_number(book, column, value, book->number, err);
}

mlab_status mlab_workbook_integer(mlab_workbook *book, size_t column, int64_t value, mlab_error *err)
{
    if (value > -WHOLE_LIMIT && value < WHOLE_LIMIT) return mlab_workbook_number(book, column, (double)value, err);
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return mlab_workbook_text(book, column, text, err);
}

mlab_status mlab_workbook_date(mlab_workbook *book, size_t column, mlab_date date, mlab_error *err)
{
    mlab_status status = check_cell(book, column, err);
    if (status || date == MLAB_DATE_MISSING) return status;
    int year, month, day;
    mlab_date_to_civil(date, &year, &month, &day);
    if (date < MARCH_1900 || year > 9999) { /* days that a spreadsheet does not know */
        char text[32];
        mlab_date_print(date, text, sizeof text);
        return mlab_workbook_text(book, column, text, err);
    }
    note_width(book, column, strlen("2024-12-31"));
    return put_number(book, column, date + EPOCH_SERIAL, book->date, err);
}

void mlab_workbook_end_row(mlab_workbook *book)
{
    book->row++;
}

mlab_status mlab_workbook_save(mlab_workbook *book, mlab_error *err)
{
    if (!book->book || !STAILQ_FIRST(book->book->worksheets)) return mlab_raise(err, MLAB_ERR_ARGUMENT, "a workbook without sheets");
    mlab_status status = finish_sheet(book, err);
    if (status) return status;
    lxw_workbook *closing = book->book;
    book->book = NULL; /* workbook_close frees it, also when it fails */
    void *before = mlab_os_locale_use(book->plain);
    const lxw_error closed = workbook_close(closing);
    mlab_os_locale_use(before);
    status = from_library(book, closed, err);
    if (!status) status = mlab_os_sync_and_rename(book->temporary, book->path, err);
    if (!status) {
        mlab_release(book->context, book->temporary);
        book->temporary = NULL;
    }
    return status;
}

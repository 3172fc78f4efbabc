/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing a page of a results file: text, or a workbook with one sheet. */
#include "report/export.h"
#include "core/error.h"
#include "core/os.h"
#include "report/workbook.h"

#include <stdio.h>
#include <string.h>

bool mlab_page_is_about_people(const mlab_page *page)
{
    const size_t n = strlen(page->path), m = strlen("/raters/scores");
    const bool scores = strstr(page->path, "/raters/scores/") || (n >= m && !strcmp(page->path + n - m, "/raters/scores"));
    return scores || !strncmp(page->path, "/matching/", strlen("/matching/")) || !strncmp(page->path, "/predictions/", strlen("/predictions/"));
}

bool mlab_export_format_of(const char *name, mlab_export_format *format)
{
    static const char *const endings[] = {".csv", ".json", ".xlsx", ".h5"};
    const size_t n = strlen(name);
    for (int k = 0; k < 4; k++) {
        const size_t m = strlen(endings[k]);
        if (n <= m || strcmp(name + n - m, endings[k]) != 0) continue;
        *format = (mlab_export_format)k;
        return true;
    }
    return false;
}

/* "contrasts" of "/comparison/contrasts": signs that no sheet's name takes do not stand in names of variables but may in outcomes. */
static void name_sheet(const mlab_page *page, char name[32])
{
    const char *slash = strrchr(page->path, '/');
    snprintf(name, 32, "%s", slash && slash[1] ? slash + 1 : "table");
    for (char *c = name; *c; c++)
        if (strchr("[]:*?/\\'", *c) || (*c & '\x80')) *c = '_';
}

static mlab_status put_cell(mlab_workbook *book, const mlab_page *page, size_t k, size_t line, mlab_error *err)
{
    const mlab_page_column *column = &page->columns[k];
    const size_t at = mlab_page_at(page, k, line);
    if (mlab_page_hidden(column, at)) return MLAB_OK;
    if (column->texts) return mlab_workbook_text(book, k, column->texts[at], err);
    return column->numbers ? mlab_workbook_integer(book, k, column->numbers[at], err) : mlab_workbook_number(book, k, column->reals[at], err);
}

static mlab_status put_sheet(mlab_workbook *book, const mlab_page *page, mlab_error *err)
{
    mlab_sheet_column columns[MLAB_PAGE_MOST_COLUMNS] = {{.heading = NULL}};
    char name[32];
    name_sheet(page, name);
    for (size_t k = 0; k < page->n_columns; k++) {
        const mlab_page_column *column = &page->columns[k];
        columns[k] = (mlab_sheet_column){.heading = column->name,
                                         .type = column->texts     ? MLAB_SHEET_TEXT
                                                 : column->numbers ? MLAB_SHEET_INTEGER
                                                                   : MLAB_SHEET_NUMBER};
    }
    mlab_status status = mlab_workbook_sheet(book, name, columns, page->n_columns, err);
    for (size_t line = 0; line < page->n_lines && !status; line++) {
        for (size_t k = 0; k < page->n_columns && !status; k++) status = put_cell(book, page, k, line, err);
        mlab_workbook_end_row(book);
    }
    return status ? status : mlab_workbook_save(book, err); /* while the columns are there */
}

mlab_status mlab_page_write(const mlab_page *page, mlab_export_format format, const char *path, mlab_error *err)
{
    const bool secret = mlab_page_is_about_people(page);
    mlab_status status;
    if (format == MLAB_EXPORT_H5) return mlab_page_store(page, path, secret, err);
    if (format == MLAB_EXPORT_XLSX) {
        mlab_workbook *book;
        if (page->n_lines > MLAB_WORKBOOK_MOST_ROWS)
            return mlab_raise(err, MLAB_ERR_OVERFLOW, "%s has %zu lines, a sheet takes 1,048,575; export it as .csv", page->path, page->n_lines);
        status = mlab_workbook_start(page->context, path, secret, &book, err);
        if (!status) status = put_sheet(book, page, err);
        mlab_workbook_free(book);
        return status;
    }
    mlab_text text = MLAB_TEXT(page->context);
    mlab_page_print(page, format == MLAB_EXPORT_JSON, &text);
    status = text.failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", page->path)
                         : mlab_os_write_file(page->context, path, text.bytes, text.n, secret, err);
    mlab_text_free(&text);
    return status;
}

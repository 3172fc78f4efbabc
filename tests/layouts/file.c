/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing a fixture: rows of cells as delimited text, as UTF-16 with tabs, or as a workbook with typed cells. */
#include "core/memory.h"
#include "core/os.h"
#include "layouts/firm.h"

#include <stdio.h>
#include <string.h>
#include <xlsxwriter.h>

void firm_open(firm_file *file, const mlab_context *context, const char *folder, const char *name, firm_form form, firm_dates dates)
{
    *file = (firm_file){.context = context, .form = form, .dates = dates, .text = MLAB_TEXT(context)};
    snprintf(file->path, sizeof file->path, "%s/%s", folder, name);
    if (form != FIRM_XLSX) return;
    lxw_workbook *book = workbook_new(file->path);
    lxw_format *format = workbook_add_format(book);
    format_set_num_format(format, "dd/mm/yyyy");
    file->book = book;
    file->date_format = format;
    file->sheet = workbook_add_worksheet(book, NULL);
}

static char mark_of(const firm_file *file)
{
    return file->form == FIRM_CSV ? ',' : file->form == FIRM_SEMICOLONS ? ';' : '\t';
}

static void begin_cell(firm_file *file)
{
    if (file->column++) mlab_text_append_bytes(&file->text, (const char[]){mark_of(file)}, 1);
}

void firm_text(firm_file *file, const char *text)
{
    if (file->form == FIRM_XLSX) {
        if (*text) worksheet_write_string(file->sheet, (lxw_row_t)file->row, (lxw_col_t)file->column, text, NULL);
        file->column++;
        return;
    }
    begin_cell(file);
    const char special[] = {'"', '\n', mark_of(file), '\0'};
    if (!strpbrk(text, special)) {
        mlab_text_append(&file->text, text);
        return;
    }
    mlab_text_append(&file->text, "\"");
    for (; *text; text++) mlab_text_append_bytes(&file->text, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    mlab_text_append(&file->text, "\"");
}

void firm_number(firm_file *file, double value)
{
    char text[32];
    if (file->form == FIRM_XLSX) {
        worksheet_write_number(file->sheet, (lxw_row_t)file->row, (lxw_col_t)file->column++, value, NULL);
        return;
    }
    mlab_number_print(value, text, sizeof text);
    char *point = strchr(text, '.');
    if (point && file->form != FIRM_CSV) *point = ',';
    firm_text(file, text);
}

void firm_date(firm_file *file, int32_t date)
{
    char text[48] = "";
    int year = 0, month = 0, day = 0;
    if (date != MLAB_DATE_MISSING) {
        mlab_date_to_civil(date, &year, &month, &day);
        if (file->form == FIRM_XLSX) {
            lxw_datetime when = {.year = year, .month = month, .day = day};
            worksheet_write_datetime(file->sheet, (lxw_row_t)file->row, (lxw_col_t)file->column++, &when, file->date_format);
            return;
        }
        if (file->dates == FIRM_ISO) snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
        if (file->dates == FIRM_DOTS) snprintf(text, sizeof text, "%02d.%02d.%04d", day, month, year);
        if (file->dates == FIRM_SLASHES_MDY) snprintf(text, sizeof text, "%02d/%02d/%04d", month, day, year);
        if (file->dates == FIRM_SLASHES_YMD) snprintf(text, sizeof text, "%04d/%02d/%02d", year, month, day);
    }
    firm_text(file, text);
}

void firm_end_row(firm_file *file)
{
    if (file->form != FIRM_XLSX) mlab_text_append(&file->text, "\r\n");
    file->row++;
    file->column = 0;
}

void firm_headings(firm_file *file, const char *const *headings, size_t n)
{
    for (size_t i = 0; i < n; i++) firm_text(file, headings[i]);
    firm_end_row(file);
}

/* UTF-8 to UTF-16, little end first, with its mark; only characters of the first plane stand in the firm. */
static void write_utf16(firm_file *file)
{
    mlab_text wide = MLAB_TEXT(file->context);
    mlab_text_append_bytes(&wide, "\xFF\xFE", 2);
    const unsigned char *at = (const unsigned char *)mlab_text_get(&file->text), *end = at + file->text.n;
    while (at < end) {
        unsigned code = *at++;
        if (code >= 0xE0) {
            code = (code & 0x0F) << 12 | (at[0] & 0x3Fu) << 6 | (at[1] & 0x3Fu);
            at += 2;
        } else if (code >= 0xC0) {
            code = (code & 0x1F) << 6 | (*at++ & 0x3Fu);
        }
        mlab_text_append_bytes(&wide, (const char[]){(char)(code & 0xFF), (char)(code >> 8)}, 2);
    }
    mlab_text_free(&file->text);
    file->text = wide;
}

void firm_close(firm_file *file)
{
    mlab_error err;
    if (file->form == FIRM_XLSX) {
        firm_must(workbook_close(file->book) == LXW_NO_ERROR, file->path);
        return;
    }
    if (file->form == FIRM_TABS_UTF16) write_utf16(file);
    firm_must(!file->text.failed, "no memory");
    firm_must(!mlab_os_write_file(file->context, file->path, mlab_text_get(&file->text), file->text.n, false, &err), file->path);
    mlab_text_free(&file->text);
}

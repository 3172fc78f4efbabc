/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of findings as CSV (RFC 4180) and as a workbook. A group of findings keeps 10,000 places; what is beyond them is
 * counted in the sheet Summary. */
#include "report/findings_table.h"
#include "core/error.h"
#include "core/os.h"
#include "core/text.h"
#include "report/workbook.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SEVERITY, KIND, FILE_NAME, SHEET, ROW, COLUMN, HEADING, VALUE, SENTENCE, REMEDY, N_CELLS };
static const mlab_sheet_column columns[N_CELLS] = {
    {.heading = "severity"}, {.heading = "kind"},    {.heading = "file"},  {.heading = "sheet"},    {.heading = "row", .type = MLAB_SHEET_INTEGER},
    {.heading = "column"},   {.heading = "heading"}, {.heading = "value"}, {.heading = "sentence"}, {.heading = "remedy"},
};
static const mlab_sheet_column summary_columns[] = {{.heading = "severity"},
                                                    {.heading = "kind"},
                                                    {.heading = "times", .type = MLAB_SHEET_INTEGER},
                                                    {.heading = "in Findings", .type = MLAB_SHEET_INTEGER},
                                                    {.heading = "sentence"},
                                                    {.heading = "remedy"}};
static const char *const severities[] = {"note", "decide", "stop"};

bool mlab_name_ends(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && mlab_equal_fold(path + n - m, ending);
}

/* One row; texts point into the finding or into this struct. */
typedef struct finding_row {
    const char *text[N_CELLS];
    uint64_t row; /* 0 = none */
    char file[160], sheet[160], letters[MLAB_COLUMN_LETTERS], number[24];
} finding_row;

/* jobs.xlsx, sheet "2024" is told in two cells. */
static void split_file(const char *file, finding_row *r)
{
    const char *sheet = strstr(file, ", sheet \"");
    snprintf(r->file, sizeof r->file, "%.*s", sheet ? (int)(sheet - file) : (int)strlen(file), file);
    snprintf(r->sheet, sizeof r->sheet, "%s", sheet ? sheet + strlen(", sheet \"") : "");
    if (sheet && *r->sheet) r->sheet[strlen(r->sheet) - 1] = '\0';
}

static bool is_study_file(const char *file)
{
    const char *dot = strrchr(file, '.');
    return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static void fill_row(const mlab_finding *finding, const mlab_occurrence *occurrence, finding_row *r)
{
    static const mlab_occurrence nowhere = {.value = NULL};
    if (!occurrence) occurrence = &nowhere;
    const mlab_place *place = &occurrence->place;
    split_file(place->file, r);
    r->row = place->line;
    snprintf(r->number, sizeof r->number, "%" PRIu64, place->line);
    if (is_study_file(r->file) && place->column)
        snprintf(r->letters, sizeof r->letters, "%" PRIu32, place->column); /* a character of the line, not a column of a sheet */
    else
        mlab_column_letters(place->column, r->letters);
    r->text[SEVERITY] = severities[finding->severity];
    r->text[KIND] = finding->kind;
    r->text[FILE_NAME] = r->file;
    r->text[SHEET] = r->sheet;
    r->text[ROW] = place->line ? r->number : "";
    r->text[COLUMN] = r->letters;
    r->text[HEADING] = place->column_name;
    r->text[VALUE] = occurrence->value ? occurrence->value : "";
    r->text[SENTENCE] = finding->sentence;
    r->text[REMEDY] = finding->remedy;
}

typedef mlab_status (*take_row)(void *user, const finding_row *row, mlab_error *err);

/* Every occurrence of every finding, the most severe first. */
static mlab_status each_row(const mlab_findings *findings, take_row take, void *user, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    finding_row row;
    for (int severity = MLAB_SEVERITY_STOP; severity >= MLAB_SEVERITY_NOTE; severity--)
        for (size_t k = 0; k < findings->n && !status; k++) {
            const mlab_finding *finding = &findings->items[k];
            if ((int)finding->severity != severity) continue;
            for (size_t i = 0; i < (finding->n_occurrences ? finding->n_occurrences : 1) && !status; i++) {
                fill_row(finding, finding->n_occurrences ? &finding->occurrences[i] : NULL, &row);
                status = take(user, &row, err);
            }
        }
    return status;
}

/* --- CSV --------------------------------------------------------------------------------------------- */

static mlab_status csv_row(void *user, const finding_row *row, mlab_error *err)
{
    mlab_text *csv = user;
    (void)err;
    for (int c = 0; c < N_CELLS; c++) {
        if (c) mlab_text_append(csv, ",");
        if (c == SEVERITY || c == KIND || c == ROW || c == COLUMN)
            mlab_text_append(csv, row->text[c]);
        else
            mlab_text_csv(csv, row->text[c]);
    }
    mlab_text_append(csv, "\n");
    return MLAB_OK;
}

static mlab_status write_csv(const mlab_context *context, const mlab_findings *findings, const char *path, mlab_error *err)
{
    mlab_text csv = MLAB_TEXT(context);
    for (int c = 0; c < N_CELLS; c++) mlab_text_print(&csv, "%s%s", c ? "," : "", columns[c].heading);
    mlab_text_append(&csv, "\n");
    mlab_status status = each_row(findings, csv_row, &csv, err);
    if (!status && csv.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the table of findings");
    if (!status) status = mlab_os_write_file(context, path, csv.bytes, csv.n, true, err);
    mlab_text_free(&csv);
    return status;
}

/* --- workbook ------------------------------------------------------------------------------------------ */

static mlab_status book_row(void *user, const finding_row *row, mlab_error *err)
{
    mlab_workbook *book = user;
    mlab_status status = MLAB_OK;
    for (size_t c = 0; c < N_CELLS && !status; c++) {
        if (c != ROW)
            status = mlab_workbook_text(book, c, row->text[c], err);
        else if (row->row)
            status = mlab_workbook_integer(book, c, (int64_t)row->row, err);
    }
    mlab_workbook_end_row(book);
    return status;
}

static mlab_status write_summary(mlab_workbook *book, const mlab_findings *findings, mlab_error *err)
{
    mlab_status status = mlab_workbook_sheet(book, "Summary", summary_columns, sizeof summary_columns / sizeof *summary_columns, err);
    for (int severity = MLAB_SEVERITY_STOP; severity >= MLAB_SEVERITY_NOTE; severity--)
        for (size_t k = 0; k < findings->n && !status; k++) {
            const mlab_finding *finding = &findings->items[k];
            if ((int)finding->severity != severity) continue;
            status = mlab_workbook_text(book, 0, severities[severity], err);
            if (!status) status = mlab_workbook_text(book, 1, finding->kind, err);
            if (!status) status = mlab_workbook_integer(book, 2, (int64_t)finding->count, err);
            if (!status) status = mlab_workbook_integer(book, 3, (int64_t)finding->n_occurrences, err);
            if (!status) status = mlab_workbook_text(book, 4, finding->sentence, err);
            if (!status) status = mlab_workbook_text(book, 5, finding->remedy, err);
            mlab_workbook_end_row(book);
        }
    return status;
}

static mlab_status write_book(const mlab_context *context, const mlab_findings *findings, const char *path, mlab_error *err)
{
    mlab_workbook *book = NULL;
    mlab_status status = mlab_workbook_start(context, path, true, &book, err);
    if (!status) status = mlab_workbook_sheet(book, "Findings", columns, N_CELLS, err);
    if (!status) status = each_row(findings, book_row, book, err);
    if (!status) status = write_summary(book, findings, err);
    if (!status) status = mlab_workbook_save(book, err);
    mlab_workbook_free(book);
    return status;
}

mlab_status mlab_findings_table(const mlab_context *context, const mlab_findings *findings, const char *path, mlab_error *err)
{
    if (mlab_name_ends(path, ".xlsx")) return write_book(context, findings, path, err);
    if (mlab_name_ends(path, ".csv")) return write_csv(context, findings, path, err);
    return mlab_raise(err, MLAB_ERR_ARGUMENT, "the table of findings is written to a name that ends in .csv or .xlsx, not to %s", path);
}

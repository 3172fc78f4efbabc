/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a workbook: `bench_sheet` writes one of 200,000 people and prints figures; `bench_sheet FILE ROWS strings|texts [TIMES]` only
 * writes FILE, with shared strings or with texts in their cells, the columns so many times beside each other; `bench_sheet FILE [typed]` reads it
 * once (into typed columns) and prints seconds and the peak of memory. The file is written by another process, so that the peak is that of reading.
 * `bench_sheet FILE dump SHEET` prints the rows of a sheet as JSON, for tests/bench/sheet_compare. */
#include "bench/bench.h"

#include "core/number.h"
#include "core/os.h"
#include "core/text.h"
#include "data/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum { ROWS = 200000, COLUMNS = 12, RUNS = 3, EPOCH_SERIAL = 25569 };
static const char bench_path[] = "/tmp/mentorlab-bench.xlsx";

/* An id, two dates, labels, whole numbers, a score, names: as bench_csv has them. */
static int write_book(const char *path, uint32_t rows, bool strings, lxw_col_t times)
{
    static const char *const headings[COLUMNS] = {"id",     "hired", "left",  "exit_reason", "grade", "site",
                                                  "gender", "age",   "score", "salary",      "name",  "team"};
    static const char *const sites[] = {"Lyon", "Nice", "Graz", "Berlin", "Porto"}, *const sexes[] = {"f", "m"};
    lxw_workbook_options options = {.constant_memory = !strings};
    lxw_workbook *book = workbook_new_opt(path, &options);
    lxw_worksheet *sheet = book ? workbook_add_worksheet(book, "People") : NULL;
    lxw_format *date = book ? workbook_add_format(book) : NULL;
    if (!sheet || !date) return EXIT_FAILURE;
    format_set_num_format(date, "yyyy-mm-dd");
    for (lxw_col_t k = 0; k < COLUMNS * times; k++) {
        char heading[40];
        snprintf(heading, sizeof heading, k < COLUMNS ? "%s" : "%s_%u", headings[k % COLUMNS], (unsigned)(k / COLUMNS));
        worksheet_write_string(sheet, 0, k, heading, NULL);
    }
    uint64_t x = 1;
    for (uint32_t j = 0; j < rows * times; j++) {
        char text[32];
        const uint32_t i = j / times;
        const lxw_row_t row = i + 1;
        const lxw_col_t at = (lxw_col_t)(j % times * COLUMNS);
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint32_t r = (uint32_t)(x >> 33);
        snprintf(text, sizeof text, "E%08u", i * 7 % 99999989);
        worksheet_write_string(sheet, row, at, text, NULL);
        worksheet_write_number(sheet, row, (lxw_col_t)(at + 1), EPOCH_SERIAL + 12000 + r % 6000, date);
        if (r % 3 == 0) {
            worksheet_write_number(sheet, row, (lxw_col_t)(at + 2), EPOCH_SERIAL + 18000 + r % 1000, date);
            worksheet_write_string(sheet, row, (lxw_col_t)(at + 3), "voluntary", NULL);
        }
        worksheet_write_number(sheet, row, (lxw_col_t)(at + 4), 1 + r % 6, NULL);
        worksheet_write_string(sheet, row, (lxw_col_t)(at + 5), sites[r % 5], NULL);
        worksheet_write_string(sheet, row, (lxw_col_t)(at + 6), sexes[r % 2], NULL);
        worksheet_write_number(sheet, row, (lxw_col_t)(at + 7), 20 + r % 45, NULL);
        worksheet_write_number(sheet, row, (lxw_col_t)(at + 8), r % 1000000000 / 1e7, NULL);
        worksheet_write_number(sheet, row, (lxw_col_t)(at + 9), 30000 + r % 70000, NULL);
        worksheet_write_string(sheet, row, (lxw_col_t)(at + 10), i % 50 ? "Smith" : "Smith, \"Al\"", NULL);
        snprintf(text, sizeof text, "team %u", r % 300);
        worksheet_write_string(sheet, row, (lxw_col_t)(at + 11), text, NULL);
    }
    return workbook_close(book) == LXW_NO_ERROR ? EXIT_SUCCESS : EXIT_FAILURE;
}

typedef struct reading_work {
    mlab_context context;
    mlab_file_spec spec;
    uint64_t rows;
} reading_work;

static void end(const char *what, const mlab_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->sentence);
    exit(EXIT_FAILURE);
}

static void scan(void *work)
{
    reading_work *w = work;
    mlab_findings findings;
    mlab_rows *rows = NULL;
    mlab_row_block block;
    mlab_error err;
    mlab_findings_start(&findings, &w->context);
    if (mlab_rows_open(&w->context, w->spec.path, w->spec.file, &w->spec.rows, &findings, &rows, &err)) end("open", &err);
    do
        if (mlab_rows_next(rows, &block, &err)) end("rows", &err);
    while (block.n_rows);
    w->rows = rows->n_rows;
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
}

static void read_table(void *work)
{
    reading_work *w = work;
    mlab_findings findings;
    mlab_reading reading;
    mlab_error err;
    mlab_text guesses = MLAB_TEXT(&w->context);
    mlab_findings_start(&findings, &w->context);
    if (mlab_read_file(&w->context, &w->spec, &findings, &guesses, &reading, &err)) end("read", &err);
    w->rows = reading.table->n_rows;
    mlab_reading_free(&w->context, &reading);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
}

static int read_once(const char *path, bool typed)
{
    reading_work w = {.context = mlab_bench_context(1), .spec = {.role = "people", .file = path, .path = path}};
    const double before = mlab_os_seconds();
    if (typed)
        read_table(&w);
    else
        scan(&w);
    mlab_bench_figure(typed ? "XLSX, typed columns, once" : "XLSX, rows of cells, once", 1, mlab_os_seconds() - before, "s");
    mlab_bench_memory(typed ? "XLSX, typed columns" : "XLSX, rows of cells");
    printf("%llu rows\n", (unsigned long long)w.rows);
    return EXIT_SUCCESS;
}

/* Rows as JSON, one a line: number of the row, cells. */
static int dump(const char *path, const char *sheet)
{
    const mlab_context context = mlab_bench_context(1);
    const mlab_rows_options options = {.sheet = sheet};
    mlab_findings findings;
    mlab_rows *rows = NULL;
    mlab_row_block block;
    mlab_error err;
    mlab_findings_start(&findings, &context);
    if (mlab_rows_open(&context, path, path, &options, &findings, &rows, &err)) end("open", &err);
    for (;;) {
        if (mlab_rows_next(rows, &block, &err)) end("rows", &err);
        if (!block.n_rows) break;
        for (size_t i = 0; i < block.n_rows; i++) {
            mlab_text line = MLAB_TEXT(&context);
            mlab_text_print(&line, "[%llu", (unsigned long long)block.lines[i]);
            for (size_t k = 0; k < block.n_columns; k++) {
                mlab_text_append(&line, ", ");
                mlab_json_text(&line, block.cells[i * block.n_columns + k].text);
            }
            printf("%s]\n", mlab_text_get(&line));
            mlab_text_free(&line);
        }
    }
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    return EXIT_SUCCESS;
}

int main(int n, char **arguments)
{
    if (n == 4 && !strcmp(arguments[2], "dump")) return dump(arguments[1], arguments[3]);
    if (n == 2 || (n == 3 && !strcmp(arguments[2], "typed"))) return read_once(arguments[1], n == 3);
    if (n > 2) {
        const bool strings = n > 3 && !strcmp(arguments[3], "strings");
        return write_book(arguments[1], (uint32_t)strtoul(arguments[2], NULL, 10), strings, n > 4 ? (lxw_col_t)strtoul(arguments[4], NULL, 10) : 1);
    }
    fflush(stdout);
    int state = 0;
    const pid_t child = fork();
    if (child == 0) _exit(write_book(bench_path, ROWS, true, 1));
    if (child < 0 || waitpid(child, &state, 0) < 0 || state) return EXIT_FAILURE;
    reading_work w = {.context = mlab_bench_context(1), .spec = {.role = "people", .file = "people.xlsx", .path = bench_path}};
    mlab_bench_rate("XLSX, rows of 12 cells", 1, RUNS, ROWS / 1e6, "M/s", scan, &w);
    mlab_bench_memory("XLSX, rows of 12 cells");
    mlab_bench_rate("XLSX, 12 typed columns, all found", 1, RUNS, ROWS / 1e6, "M/s", read_table, &w);
    mlab_bench_memory("XLSX, 200,000 rows of 12 typed columns");
    remove(bench_path);
    return w.rows == ROWS ? EXIT_SUCCESS : EXIT_FAILURE;
}

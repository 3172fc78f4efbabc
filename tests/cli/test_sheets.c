/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workbooks as a user has them: a study whose tables are workbooks gives the numbers of one whose tables are CSV, and what the program
 * writes as a workbook holds what it writes as CSV. */
#include "cli/program.h"

#include "core/number.h"
#include "data/rows.h"
#include "report/workbook.h"

#include <math.h>

static mlab_rows *open_rows(const mlab_context *context, const char *name, const char *sheet, mlab_findings *findings)
{
    char path[4400];
    const mlab_rows_options options = {.sheet = sheet};
    mlab_rows *rows;
    mlab_error err;
    snprintf(path, sizeof path, "%s/%s", here, name);
    mlab_findings_start(findings, context);
    ck_assert_msg(!mlab_rows_open(context, path, name, &options, findings, &rows, &err), "%s", err.sentence);
    return rows;
}

/* A cell of CSV as people have it in a workbook: days as days, numbers as numbers, the rest as texts. */
static void put_as_typed(mlab_workbook *book, size_t column, const mlab_cell *cell)
{
    double number;
    mlab_date date;
    if (mlab_date_parse_iso(cell->text, cell->n, &date))
        ck_assert_int_eq(mlab_workbook_date(book, column, date, NULL), MLAB_OK);
    else if (cell->n && mlab_number_parse(cell->text, cell->n, '.', &number) && (cell->n == 1 || *cell->text != '0' || cell->text[1] == '.'))
        ck_assert_int_eq(mlab_workbook_number(book, column, number, NULL), MLAB_OK);
    else
        ck_assert_int_eq(mlab_workbook_text(book, column, cell->text, NULL), MLAB_OK);
}

/* name.csv to name.xlsx with its table on the second sheet, below two rows of titles. */
static void to_workbook(const char *csv, const char *xlsx)
{
    static const mlab_sheet_column notes[] = {{.heading = "About this file"}}, title[64] = {{.heading = "Exported on 2025-01-02"}, {.heading = ""}};
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_rows *rows = open_rows(&context, csv, NULL, &findings);
    mlab_row_block block;
    mlab_workbook *book;
    char path[4400];
    ck_assert_uint_le(rows->n_columns, 64);
    snprintf(path, sizeof path, "%s/%s", here, xlsx);
    ck_assert_int_eq(mlab_workbook_start(&context, path, false, &book, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_workbook_sheet(book, "Notes", notes, 1, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_workbook_sheet(book, "Data", title, rows->n_columns, NULL), MLAB_OK);
    mlab_workbook_end_row(book);
    for (size_t k = 0; k < rows->n_columns; k++) ck_assert_int_eq(mlab_workbook_text(book, k, rows->names[k], NULL), MLAB_OK);
    mlab_workbook_end_row(book);
    for (;;) {
        ck_assert_int_eq(mlab_rows_next(rows, &block, NULL), MLAB_OK);
        if (!block.n_rows) break;
        for (size_t i = 0; i < block.n_rows; i++) {
            for (size_t k = 0; k < block.n_columns; k++) put_as_typed(book, k, &block.cells[i * block.n_columns + k]);
            mlab_workbook_end_row(book);
        }
    }
    ck_assert_int_eq(mlab_workbook_save(book, NULL), MLAB_OK);
    mlab_workbook_free(book);
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
}

START_TEST(a_study_of_workbooks_gives_the_numbers_of_one_of_csv)
{
    static const char *const files[] = {"people", "promotions", "relationships", "surveys"};
    static char first_digest[200];
    start_here();
    ck_assert_int_eq(shell(PROGRAM " new first && cp -r first second"), 0);
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        char csv[100], xlsx[100];
        snprintf(csv, sizeof csv, "second/%s.csv", files[k]);
        snprintf(xlsx, sizeof xlsx, "second/%s.xlsx", files[k]);
        to_workbook(csv, xlsx);
        ck_assert_int_eq(shell("rm second/%s.csv && sed -i 's/%s\\.csv/%s.xlsx, sheet: Data/' second/study.yaml", files[k], files[k], files[k]), 0);
    }
    ck_assert_int_eq(shell("for s in first second; do " PROGRAM " fit $s/study.yaml --out $s --quiet || exit 1; done"), 0);
    ck_assert_int_eq(shell(PROGRAM " inspect first/results.h5 --digest --group /fits"), 0);
    snprintf(first_digest, sizeof first_digest, "%s", out);
    ck_assert_int_eq(shell(PROGRAM " inspect second/results.h5 --digest --group /fits"), 0);
    ck_assert_str_eq(out, first_digest);
    ck_assert_int_eq(shell(PROGRAM " check second/study.yaml --out second"), 0);
    ck_says(out, "people.xlsx: the headings are in row 3, what stands above them is left out");
    ck_assert_int_eq(shell("sed -i 's/sheet: Data/sheet: Date/' second/study.yaml; " PROGRAM " check second/study.yaml --out second"), 3);
    ck_says(err_out, "there is no sheet \"Date\" in the workbook; it has \"Notes\", \"Data\"");
    ck_says(err_out, "sheet: \"Data\"");
}
END_TEST

/* The next cell of rows; NULL at the end. */
typedef struct cell_walk {
    mlab_rows *rows;
    mlab_row_block block;
    size_t at;
} cell_walk;

static const mlab_cell *next_cell(cell_walk *walk)
{
    if (walk->at == walk->block.n_rows * walk->block.n_columns) {
        ck_assert_int_eq(mlab_rows_next(walk->rows, &walk->block, NULL), MLAB_OK);
        walk->at = 0;
        if (!walk->block.n_rows) return NULL;
    }
    return &walk->block.cells[walk->at++];
}

START_TEST(the_panel_as_a_workbook_holds_what_it_holds_as_csv)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings[2];
    start_here();
    ck_assert_int_eq(shell(PROGRAM " new first && " PROGRAM " panel first/study.yaml --out p/rows.csv && " PROGRAM
                                   " panel first/study.yaml --out p/rows.xlsx && stat -c %%a p/rows.csv p/rows.xlsx && ls p"),
                     0);
    ck_says(out, "rows.csv, codebook.md and check.R are in p (rows about people: mode 0600)\nrows.xlsx with its codebook is in p (rows about");
    ck_says(out, "600\n600\ncheck.R\ncodebook.md\nrows.csv\nrows.xlsx\n");
    ck_assert_int_eq(shell("grep -q 'rows.csv' p/check.R"), 0);
    cell_walk csv = {.rows = open_rows(&context, "p/rows.csv", NULL, &findings[0])};
    cell_walk book = {.rows = open_rows(&context, "p/rows.xlsx", "panel", &findings[1])};
    size_t n = 0;
    ck_assert_uint_eq(csv.rows->n_columns, book.rows->n_columns);
    for (size_t k = 0; k < csv.rows->n_columns; k++) ck_assert_str_eq(csv.rows->names[k], book.rows->names[k]);
    for (;; n++) {
        const mlab_cell *a = next_cell(&csv), *b = next_cell(&book);
        double x, y;
        ck_assert((a == NULL) == (b == NULL));
        if (!a) break;
        if (!b->quoted && mlab_number_parse(a->text, a->n, '.', &x) && mlab_number_parse(b->text, b->n, '.', &y))
            ck_near(x, y, 1e-15, 0); /* a workbook has 16 digits */
        else
            ck_assert_str_eq(a->text, b->text);
    }
    ck_assert_uint_gt(n, 100000);
    for (int k = 0; k < 2; k++) {
        ck_assert_uint_eq(findings[k].n, 0);
        mlab_rows_close(k ? book.rows : csv.rows);
        mlab_findings_free(&findings[k]);
    }
}
END_TEST

START_TEST(findings_are_written_as_a_workbook_too_and_another_ending_is_refused)
{
    start_here();
    ck_assert_int_eq(shell(PROGRAM " new first && echo 'E9,x' >> first/promotions.csv; " PROGRAM
                                   " check first/study.yaml --table findings.xlsx; stat -c %%a findings.xlsx"),
                     0);
    ck_says(out, "600\n");
    ck_assert_int_ne(shell(PROGRAM " check first/study.yaml --table findings.pdf"), 0);
    ck_says(err_out, "ends in .csv or .xlsx");
}
END_TEST

MLAB_TEST_MAIN("cli/sheets", a_study_of_workbooks_gives_the_numbers_of_one_of_csv, the_panel_as_a_workbook_holds_what_it_holds_as_csv,
               findings_are_written_as_a_workbook_too_and_another_ending_is_refused)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of findings, written and read back by our own reader. */
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "core/text.h"
#include "data/rows.h"
#include "report/findings_table.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void make_findings(mlab_findings *findings, const mlab_context *context)
{
    const mlab_place note = mlab_place_cell("people.csv", 5, 2, "pay"), stop = mlab_place_cell("jobs.xlsx, sheet \"Old 2\"", 214, 4, "Hire Date");
    mlab_findings_start(findings, context);
    ck_assert_int_eq(mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "odd", &note, "-12.5", "", NULL, "odd \"pay\""), MLAB_OK);
    ck_assert_int_eq(mlab_findings_add(findings, MLAB_SEVERITY_STOP, "no_date", &stop, "=HYPERLINK(1)", "dates: dmy", NULL, "not a date"), MLAB_OK);
    ck_assert_int_eq(mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "nowhere", NULL, NULL, NULL, NULL, "somewhere"), MLAB_OK);
}

static void is_secret(const char *path)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0600);
}

START_TEST(a_place_in_the_study_file_has_its_character_and_no_letter)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    char path[4200], *text;
    size_t n;
    mlab_place place = {.line = 14, .column = 9};
    snprintf(place.file, sizeof place.file, "study.yaml");
    snprintf(path, sizeof path, "%s/findings.csv", mlab_test_folder("findings"));
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_findings_add(&findings, MLAB_SEVERITY_NOTE, "odd_key", &place, NULL, NULL, NULL, "odd"), MLAB_OK);
    ck_assert_int_eq(mlab_findings_table(&context, &findings, path, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_os_read_file(&context, path, &text, &n, NULL), MLAB_OK);
    ck_assert_msg(strstr(text, "note,odd_key,\"study.yaml\",\"\",14,9,"), "%s", text);
    mlab_release(&context, text);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(the_most_severe_comes_first_and_no_cell_of_the_csv_is_a_formula)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    char path[4200], *text;
    size_t n;
    snprintf(path, sizeof path, "%s/findings.csv", mlab_test_folder("findings"));
    make_findings(&findings, &context);
    ck_assert_int_eq(mlab_findings_table(&context, &findings, path, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_os_read_file(&context, path, &text, &n, NULL), MLAB_OK);
    ck_assert_str_eq(text, "severity,kind,file,sheet,row,column,heading,value,sentence,remedy\n"
                           "stop,no_date,\"jobs.xlsx\",\"Old 2\",214,D,\"Hire Date\",\"'=HYPERLINK(1)\",\"not a date\",\"dates: dmy\"\n"
                           "note,odd,\"people.csv\",\"\",5,B,\"pay\",\"-12.5\",\"odd \"\"pay\"\"\",\"\"\n"
                           "note,nowhere,\"\",\"\",,,\"\",\"\",\"somewhere\",\"\"\n");
    is_secret(path);
    mlab_release(&context, text);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(the_workbook_reads_back_with_its_texts_as_texts)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings, found;
    mlab_rows *rows;
    mlab_row_block block;
    const mlab_rows_options options = {.sheet = "Findings"};
    char path[4200];
    snprintf(path, sizeof path, "%s/findings.XLSX", mlab_test_folder("findings"));
    make_findings(&findings, &context);
    ck_assert_int_eq(mlab_findings_table(&context, &findings, path, NULL), MLAB_OK);
    is_secret(path);
    mlab_findings_start(&found, &context);
    ck_assert_int_eq(mlab_rows_open(&context, path, "findings.xlsx", &options, &found, &rows, NULL), MLAB_OK);
    static const char *const wanted[2][10] = {
        {"stop", "no_date", "jobs.xlsx", "Old 2", "214", "D", "Hire Date", "=HYPERLINK(1)", "not a date", "dates: dmy"},
        {"note", "odd", "people.csv", "", "5", "B", "pay", "-12.5", "odd \"pay\"", ""}};
    size_t row = 0;
    for (;;) {
        ck_assert_int_eq(mlab_rows_next(rows, &block, NULL), MLAB_OK);
        if (!block.n_rows) break;
        ck_assert_uint_eq(block.n_columns, 10);
        for (size_t i = 0; i < block.n_rows; i++, row++)
            for (size_t k = 0; k < 10 && row < 2; k++) {
                const mlab_cell *cell = &block.cells[i * 10 + k];
                ck_assert_str_eq(cell->text, wanted[row][k]);
                ck_assert(cell->quoted == (k != 4 && cell->n));
            }
    }
    ck_assert_uint_eq(row, 3);
    ck_assert_uint_eq(found.n, 0);
    mlab_rows_close(rows);
    mlab_findings_free(&found);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(another_ending_is_refused_and_names_those_that_are_known)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_error err;
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_findings_table(&context, &findings, "findings.pdf", &err), MLAB_ERR_ARGUMENT);
    ck_assert_str_eq(err.sentence, "the table of findings is written to a name that ends in .csv or .xlsx, not to findings.pdf");
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(no_memory_at_any_call_is_an_error_and_nothing_leaks)
{
    static const char *const names[] = {"a.csv", "a.xlsx"};
    char folder[4096], path[4200];
    mlab_context plain = mlab_test_context(NULL, 1);
    mlab_findings findings;
    make_findings(&findings, &plain);
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("findings"));
    for (int which = 0; which < 2; which++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            mlab_context context = mlab_test_context(&memory, 1);
            snprintf(path, sizeof path, "%s/%s", folder, names[which]);
            mlab_status status = mlab_findings_table(&context, &findings, path, NULL);
            ck_assert_int_eq(memory.live, 0);
            if (!status) break;
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
    mlab_findings_free(&findings);
}
END_TEST

MLAB_TEST_MAIN("findings table", a_place_in_the_study_file_has_its_character_and_no_letter,
               the_most_severe_comes_first_and_no_cell_of_the_csv_is_a_formula, the_workbook_reads_back_with_its_texts_as_texts,
               another_ending_is_refused_and_names_those_that_are_known, no_memory_at_any_call_is_an_error_and_nothing_leaks)

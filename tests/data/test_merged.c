/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merged cells of a workbook: asked about, filled, or left to the first cell, never in silence.
 *
 *      A        B      C                     with merged: fill
 *   1  Staff list (merged over A1:C1)        stays a title
 *   2  unit     id     grade                 stay headings
 *   3  Sales    1      4                     Sales   1   4
 *   4  │        2      5                     Sales   2   5
 *   5  Lab      3 ──── (merged over B5:C5)   Lab     3   3
 */
#include "data/loading.h"
#include "data/render.h"
#include "data/settings.h"
#include "data/sheet_world.h"

#include "core/os.h"

#include <unistd.h>

#define TEXT_CELL(at_, text_) "<c r=\"" at_ "\" t=\"str\"><v>" text_ "</v></c>"
#define NUMBER_CELL(at_, text_) "<c r=\"" at_ "\"><v>" text_ "</v></c>"
#define UNITS(merges_)                                                                                                                               \
    "<worksheet><sheetData><row r=\"1\">" TEXT_CELL("A1", "Staff list") "</row><row r=\"2\">" TEXT_CELL("A2", "unit") TEXT_CELL("B2", "id")          \
        TEXT_CELL("C2", "grade") "</row><row r=\"3\">" TEXT_CELL("A3", "Sales") NUMBER_CELL("B3", "1")                                               \
            NUMBER_CELL("C3", "4") "</row><row r=\"4\">"                                                                                             \
                                   "<c r=\"A4\" s=\"1\"/>" NUMBER_CELL("B4", "2")                                                                    \
                                       NUMBER_CELL("C4", "5") "</row><row r=\"5\">" TEXT_CELL("A5", "Lab")                                           \
                                           NUMBER_CELL("B5", "3") "</row></sheetData><mergeCells><mergeCell ref=\"A1:C1\"/>" merges_                 \
                                                                  "</mergeCells></worksheet>"
#define MERGES "<mergeCell ref=\"A3:A4\"/><mergeCell ref=\"B5:C5\"/>"

static mlab_status read_as(const mlab_context *context, const char *sheet, mlab_merged merged, mlab_text *into, mlab_error *err)
{
    const book_parts b = {.sheet = sheet};
    mlab_sheet_bytes parts[MOST_PARTS];
    const size_t n = fill_parts(&b, parts);
    const mlab_rows_options options = {.merged = merged};
    mlab_rows *rows = NULL;
    mlab_row_block block;
    mlab_findings findings;
    mlab_findings_start(&findings, context);
    mlab_status status = mlab_rows_open_parts(context, "people.xlsx", parts, n, &options, &findings, &rows, err);
    while (!status && !(status = mlab_rows_next(rows, &block, err)) && block.n_rows)
        for (size_t i = 0; i < block.n_rows; i++)
            for (size_t k = 0; k < block.n_columns; k++)
                mlab_text_print(into, "%s%c", block.cells[i * block.n_columns + k].text, k + 1 < block.n_columns ? ' ' : '\n');
    if (!status) render_findings(&findings, into);
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    return status;
}

static void gives(const char *sheet, mlab_merged merged, const char *wanted)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_text got = MLAB_TEXT(&context);
    mlab_error err;
    ck_assert_int_eq(read_as(&context, sheet, merged, &got, &err), MLAB_OK);
    ck_assert_msg(!strcmp(mlab_text_get(&got), wanted), "expected\n%sgot\n%s", wanted, mlab_text_get(&got));
    mlab_text_free(&got);
    ck_assert_int_eq(memory.live, 0);
}

#define PLACES "         people.xlsx, row 3, column A \"unit\"  found: A3:A4\n         people.xlsx, row 5, column B \"id\"  found: B5:C5\n       "

START_TEST(merged_cells_among_the_data_are_asked_about_at_their_place)
{
    gives(
        UNITS(MERGES), MLAB_MERGED_ASK,
        "Sales 1 4\n 2 5\nLab 3 \ndecide merged_cells (2)\n" PLACES
        "cells are merged, and only the first of them holds the value; does it count for all of them?\n       > merged: fill      (or merged: first, "
        "which leaves the others empty)\n");
}
END_TEST

START_TEST(filled_cells_have_the_value_of_the_first_and_titles_stay_titles)
{
    gives(UNITS(MERGES), MLAB_MERGED_FILL,
          "Sales 1 4\nSales 2 5\nLab 3 3\nnote   merged_cells (2)\n" PLACES
          "merged cells; the value of the first counts for all of them, as the study says\n");
    gives(UNITS(MERGES), MLAB_MERGED_FIRST,
          "Sales 1 4\n 2 5\nLab 3 \nnote   merged_cells (2)\n" PLACES
          "merged cells; the first holds the value and the others are empty, as the study says\n");
}
END_TEST

START_TEST(cells_merged_from_the_headings_into_the_data_are_a_stop)
{
    gives(
        UNITS("<mergeCell ref=\"A2:A4\"/>"), MLAB_MERGED_FILL,
        "Sales 1 4\n 2 5\nLab 3 \nstop   merged_headings (1)\n         people.xlsx, row 2, column A \"unit\"  found: A2:A4\n       cells are merged "
        "from the headings into the rows of data; unmerge them in the spreadsheet\n");
}
END_TEST

START_TEST(ranges_that_are_none_are_passed_over)
{
    gives(UNITS("<mergeCell ref=\"A3\"/><mergeCell/><mergeCell ref=\"C4:A3\"/><mergeCell ref=\"R1:C2\"/><mergeCell ref=\"Z3:Z9\"/><mergeCell "
                "ref=\"A3:A3\"/>"),
          MLAB_MERGED_FILL, "Sales 1 4\n 2 5\nLab 3 \n");
}
END_TEST

/* 20,000 rows in pairs that share their unit: pairs lie across the ends of blocks too. */
START_TEST(filling_goes_on_from_block_to_block)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_text sheet = MLAB_TEXT(&context), got = MLAB_TEXT(&context), wanted = MLAB_TEXT(&context);
    mlab_error err;
    mlab_text_append(&sheet, "<worksheet><sheetData><row><c t=\"str\"><v>unit</v></c><c t=\"str\"><v>id</v></c></row>");
    for (int i = 0; i < 20000; i++) {
        mlab_text_print(&sheet, i % 3 == 0 ? "<row><c t=\"str\"><v>u%d</v></c><c><v>%d</v></c></row>" : "<row><c/><c><v>%.0d%d</v></c></row>",
                        i % 3 ? 0 : i, i);
        mlab_text_print(&wanted, "u%d %d\n", i - i % 3, i);
    }
    mlab_text_append(&sheet, "</sheetData><mergeCells>");
    for (int i = 19998; i >= 0; i -= 3) mlab_text_print(&sheet, "<mergeCell ref=\"A%d:A%d\"/>", i + 2, i + 4);
    mlab_text_append(&sheet, "</mergeCells></worksheet>");
    ck_assert_int_eq(read_as(&context, mlab_text_get(&sheet), MLAB_MERGED_FILL, &got, &err), MLAB_OK);
    ck_assert_msg(!strncmp(mlab_text_get(&got), mlab_text_get(&wanted), wanted.n), "%.300s", mlab_text_get(&got));
    ck_assert_ptr_nonnull(strstr(mlab_text_get(&got), "note   merged_cells (6667)"));
    mlab_text_free(&sheet);
    mlab_text_free(&got);
    mlab_text_free(&wanted);
}
END_TEST

START_TEST(the_study_says_what_merged_cells_mean)
{
    static const char *const lines[] = {"", ", merged: fill", ", merged: first"};
    static const int loads[] = {0, 1, 1};
    mlab_context context = mlab_test_context(NULL, 1);
    const book_parts b = {.sheet = UNITS("<mergeCell ref=\"A3:A4\"/>")};
    ck_assert_int_eq(chdir(mlab_test_folder("merged")), 0);
    write_book(&b, "people.xlsx", NULL);
    for (int k = 0; k < 3; k++) {
        char study[200];
        const mlab_option *table = mlab_data_options;
        mlab_settings *settings = NULL;
        mlab_data *data = NULL;
        mlab_findings findings;
        mlab_error err;
        snprintf(study, sizeof study, "data: {people: {file: people.xlsx%s}}\n", lines[k]);
        mlab_findings_start(&findings, &context);
        ck_assert_int_eq(
            mlab_settings_parse(&context, "study.yaml", study, strlen(study), &table, &mlab_data_n_options, 1, &findings, &settings, &err), MLAB_OK);
        mlab_status status = mlab_data_load(&context, settings, &findings, &data, &err);
        ck_assert_msg((status == MLAB_OK) == loads[k], "%s: %s", lines[k], err.sentence);
        if (data) {
            const mlab_column *unit = mlab_table_find(data->people, "unit");
            ck_assert_int_eq(unit->missing ? unit->missing[1] : 0, k == 2);
            if (k == 1) ck_assert_str_eq(mlab_column_text(unit, 1), "Sales");
        }
        mlab_data_free(data);
        mlab_settings_free(settings);
        mlab_findings_free(&findings);
    }
}
END_TEST

START_TEST(no_memory_at_any_call_is_an_error_and_nothing_leaks)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1), plain = mlab_test_context(NULL, 1);
    mlab_status status = MLAB_ERR_MEMORY;
    mlab_error err;
    long k = 1;
    for (; status; k++) {
        mlab_text got = MLAB_TEXT(&plain);
        memory.calls = 0;
        memory.fail_at = k;
        status = read_as(&context, UNITS(MERGES), MLAB_MERGED_FILL, &got, &err);
        memory.fail_at = 0;
        if (status) ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_int_eq(memory.live, 0);
        mlab_text_free(&got);
    }
    ck_assert_int_gt(k, 30);
}
END_TEST

MLAB_TEST_MAIN("merged", merged_cells_among_the_data_are_asked_about_at_their_place, filled_cells_have_the_value_of_the_first_and_titles_stay_titles,
               cells_merged_from_the_headings_into_the_data_are_a_stop, ranges_that_are_none_are_passed_over, filling_goes_on_from_block_to_block,
               the_study_says_what_merged_cells_mean, no_memory_at_any_call_is_an_error_and_nothing_leaks)

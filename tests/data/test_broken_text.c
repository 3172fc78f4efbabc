/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of text with something wrong: the first finding of each, its place, and the line that settles it. */
#include "data/reading.h"
#include "data/remedies.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct broken {
    const char *name, *bytes;
    size_t n;
    mlab_rows_options options;
    mlab_severity severity;
    const char *kind;
    uint64_t line;
    uint32_t column;
    const char *says, *remedy;
} broken;

#define T(text_) text_, sizeof text_ - 1
#define STOP MLAB_SEVERITY_STOP
#define DECIDE MLAB_SEVERITY_DECIDE
#define NOTE MLAB_SEVERITY_NOTE
#define FOUND                                                                                                                                        \
    {                                                                                                                                                \
        0                                                                                                                                            \
    }

static const broken cases[] = {
    {"an empty file", T(""), FOUND, STOP, "empty_file", 0, 0, "the file is empty", ""},
    {"blank lines", T("\n \n\r\n\n"), FOUND, STOP, "empty_file", 0, 0, "the file is empty", ""},
    {"headings alone", T("id,grade\n"), FOUND, STOP, "no_rows", 0, 0, "headings but no rows", ""},
    {"no headings", T("1,2020-01-01\n2,2020-01-02\n"), FOUND, STOP, "no_header", 1, 0, "holds numbers or dates where headings", ""},
    {"a heading twice", T("id,grade,id\n1,2,3\n"), FOUND, STOP, "duplicate_heading", 1, 3, "'id' stands in columns 1 and 3", ""},
    {"a row too short", T("id,grade\n1,2\n3\n"), FOUND, STOP, "too_few_cells", 3, 0, "fewer cells than the 2 headings", ""},
    {"a row too long", T("id,grade\n1,2\n3,4,5\n"), FOUND, STOP, "too_many_cells", 3, 0, "more cells than the 2 headings", ""},
    {"a delimiter too many", T("id,grade\n1,2,\n3,4,\n"), FOUND, NOTE, "extra_empty_cells", 2, 3, "left out", ""},
    {"a note below", T("id,grade,site\n1,2,x\nPrinted by Al\n"), FOUND, STOP, "loose_text", 3, 0, "notes above or below",
     "stop_at: \"Printed by Al\""},
    {"a total among the rows", T("id,grade\na,2\nTotal,2\nb,3\nc,4\n"), FOUND, DECIDE, "total_row", 3, 0, "do the data end there?",
     "stop_at: \"Total\"      (or stop_at: \"\" when all rows are data)"},
    {"marks that change", T("id;grade;site\n1;2;x\n3,4,y\n"), FOUND, STOP, "other_delimiter", 3, 0, "divided by another mark", ""},
    {"marks that change after the headings", T("id;grade;site\n1,2,x\n3,4,y\n5,6,z\n"), FOUND, STOP, "mixed_delimiters", 1, 0,
     "headings are divided by semicolons and the rows below by commas", ""},
    {"an open quote", T("id,grade\n1,\"2\n3,4\n"), FOUND, STOP, "unterminated_quote", 2, 2, "never closed", ""},
    {"text behind a quote", T("id,grade\n1,\"2\"x\n3,4\n"), FOUND, STOP, "text_after_quote", 2, 2, "is written twice", ""},
    {"NUL in a cell", T("id,grade\n1,2\0\n"), FOUND, STOP, "nul", 2, 2, "a NUL character", ""},
    {"NUL for a file", T("\0\0\0\0\0\0\0\0"), FOUND, STOP, "nul", 1, 1, "a NUL character", ""},
    {"Windows-1252 in a cell", T("id,name\n1,M\xFCller\n"), FOUND, STOP, "bad_utf8", 2, 2, "not UTF-8", "encoding: windows-1252"},
    {"Windows-1252 in a heading",
     T("id,Gr\xF6\xDF"
       "e\n1,2\n"),
     FOUND, STOP, "bad_utf8", 1, 2, "not UTF-8", "encoding: windows-1252"},
    {"a byte that Windows-1252 lacks",
     T("id,name\n1,\x81\n"),
     {.encoding = MLAB_ENCODING_WINDOWS_1252},
     STOP,
     "bad_utf8",
     2,
     2,
     "Windows-1252 does not have",
     ""},
    {"UTF-8 said to be Windows-1252",
     T("\xEF\xBB\xBFid,name\n1,x\n"),
     {.encoding = MLAB_ENCODING_WINDOWS_1252},
     STOP,
     "encoding",
     1,
     0,
     "begins with the mark of UTF-8",
     "encoding: utf-8"},
    {"UTF-16 said to be UTF-8",
     T("\xFF\xFEi\0\n\0"),
     {.encoding = MLAB_ENCODING_UTF8},
     STOP,
     "encoding",
     1,
     0,
     "the mark of UTF-16",
     "encoding: utf-16"},
    {"UTF-16 cut in a character", T("\xFF\xFEi\0d\0\n\0a\0b"), FOUND, STOP, "bad_utf8", 2, 1, "half a character", ""},
    {"half a pair of UTF-16", T("\xFF\xFEi\0d\0\n\0\x3D\xD8\n\0"), FOUND, STOP, "bad_utf8", 2, 1, "half a character", ""},
    {"UTF-32", T("\xFF\xFE\0\0i\0\0\0"), FOUND, STOP, "utf32", 1, 0, "UTF-32", ""},
    {"headings stated where none are", T("id,grade\n1,2\n"), {.header = 9}, STOP, "no_header_there", 9, 0, "said to be in row 9", ""},
    {"headings stated at a blank line", T("a\n\nid,grade\n1,2\n"), {.header = 2}, STOP, "no_header_there", 2, 0, "said to be in row 2", ""},
    {"headings stated among the data", T("id,grade\n1,2\n3,4\n"), {.header = 2}, STOP, "no_header", 2, 0, "holds numbers or dates", ""},
    {"a comma that is a mark or not", T("id,pay\na,\"1,234\"\nb,\"2,345\"\n"), FOUND, DECIDE, "decimal_comma", 2, 2,
     "with a decimal comma and with commas between thousands", "columns: {pay: {decimal: comma}}"},
    {"a point that is a mark or not", T("id,pay\na,1.234\nb,2.345\n"), FOUND, DECIDE, "decimal_point", 2, 2, "points between thousands",
     "columns: {pay: {decimal: point}}"},
    {"blanks between thousands",
     T("id,pay\na,1 234\nb,12\xC2\xA0"
       "345\nc,1\xE2\x80\xAF"
       "234\n"),
     FOUND, DECIDE, "thousands", 2, 2, "with blanks between thousands", "columns: {pay: {thousands: blank}}"},
    {"apostrophes between thousands",
     T("id,pay\na,1'234\nb,12\xE2\x80\x99"
       "345\n"),
     FOUND, DECIDE, "thousands", 2, 2, "with apostrophes between thousands", "columns: {pay: {thousands: apostrophe}}"},
    {"days that are months", T("id,on\na,03/04/2021\nb,05/06/2021\n"), FOUND, DECIDE, "date_order", 2, 2, "as day/month and as month/day",
     "columns: {on: {dates: dmy}}"},
    {"no heading over a column", T("id,,site\n1,2,x\n3,4,y\n"), FOUND, NOTE, "no_heading", 1, 2, "columns without a heading are called", ""},
    {"nothing in a row", T("id,site\n1,x\n,\n2,y\n"), FOUND, NOTE, "empty_row", 3, 0, "rows without any content", ""},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static void check(const broken *b)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_findings findings;
    mlab_rows *rows = NULL;
    mlab_reading reading = {0};
    mlab_text guesses = MLAB_TEXT(&context);
    mlab_error err = {0};
    const mlab_file_spec spec = {.role = "people", .file = "people.csv", .rows = b->options};
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open_bytes(&context, "people.csv", b->bytes, b->n, &b->options, &findings, &rows, &err), MLAB_OK);
    ck_assert_int_eq(mlab_read_rows(rows, &spec, &findings, &guesses, &reading, &err), MLAB_OK);
    ck_assert_msg(findings.n > 0, "%s: nothing was found", b->name);
    const mlab_finding *first = &findings.items[0];
    const mlab_place *place = &first->occurrences[0].place;
    ck_assert_msg(!strcmp(first->kind, b->kind), "%s: %s, wanted %s", b->name, first->kind, b->kind);
    ck_assert_msg(first->severity == b->severity, "%s: severity %d", b->name, (int)first->severity);
    ck_assert_msg(place->line == b->line && place->column == b->column, "%s: row %d column %d", b->name, (int)place->line, (int)place->column);
    ck_assert_str_eq(place->file, "people.csv");
    ck_assert_msg(strstr(first->sentence, b->says), "%s: %s", b->name, first->sentence);
    const char *remedy = *b->remedy || b->severity == NOTE ? b->remedy : mlab_usual_remedy(b->kind);
    ck_assert_msg(!strcmp(first->remedy, remedy), "%s: remedy '%s'", b->name, first->remedy);
    ck_assert_msg(b->severity == NOTE || *first->remedy, "%s: no remedy", b->name);
    mlab_reading_free(&context, &reading);
    mlab_rows_close(rows);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
    ck_assert_int_eq(memory.live, 0);
}

START_TEST(every_broken_text_gives_its_first_finding_with_place_and_remedy)
{
    for (size_t i = 0; i < N_CASES; i++) check(&cases[i]);
}
END_TEST

START_TEST(a_million_columns_are_a_finding)
{
    enum { N = 1000000 };
    char *bytes = malloc((size_t)N * 3 + 10);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < N; i++) memcpy(bytes + 3 * i, i + 1 < N ? "ab," : "ab\n", 3);
    const broken many = {"a million columns", bytes, (size_t)N * 3, FOUND, STOP, "too_many_columns", 1, 0, "more than 20,000 columns", ""};
    check(&many);
    free(bytes);
}
END_TEST

/* One file for each remedy: with its line the same bytes are read without a finding. */
START_TEST(the_remedies_settle_what_was_found)
{
    static const struct {
        const char *bytes;
        size_t n;
        mlab_rows_options options;
        mlab_reading_rules rules;
    } settled[] = {
        {T("id,name\n1,M\xFCller\n2,x\n"), {.encoding = MLAB_ENCODING_WINDOWS_1252}, {0}},
        {T("id,grade,site\n1,2,x\n2,3,y\nPrinted by Al\n"), {.stop_at = "Printed by Al"}, {0}},
        {T("id,grade\na,2\nTotal,2\nb,3\nc,4\n"), {.stop_at = ""}, {0}},
        {T("id,grade\na,2\nb,3\nTotal,2\nc,4\n"), {.stop_at = "Total"}, {0}},
        {T("\xFF\xFEi\0,\0j\0\n\0a\0,\0b\0\n\0c\0,\0d\0\n\0"), {.encoding = MLAB_ENCODING_UTF16}, {0}},
        {T("id,pay\na,1 234\nb,12\xC2\xA0"
           "345\n"),
         {0},
         {.thousands = ' '}},
        {T("id,pay\na,1'234\nb,12\xE2\x80\x99"
           "345\n"),
         {0},
         {.thousands = '\''}},
        {T("id,pay\na,1.234\nb,2.345\n"), {0}, {.decimal = '.'}},
        {T("id;pay\na;1,234\nb;2,345\n"), {0}, {.decimal = ','}},
        {T("id,on\na,03/04/2021\nb,05/06/2021\n"), {0}, {.dates = MLAB_DATES_DMY}},
    };
    for (size_t i = 0; i < sizeof settled / sizeof *settled; i++) {
        mlab_context context = mlab_test_context(NULL, 1);
        mlab_findings findings;
        mlab_rows *rows = NULL;
        mlab_reading reading = {0};
        mlab_text guesses = MLAB_TEXT(&context);
        mlab_error err = {0};
        const mlab_file_spec spec = {.role = "people", .file = "people.csv", .rows = settled[i].options, .rules = settled[i].rules};
        mlab_findings_start(&findings, &context);
        ck_assert_int_eq(mlab_rows_open_bytes(&context, "people.csv", settled[i].bytes, settled[i].n, &spec.rows, &findings, &rows, &err), MLAB_OK);
        ck_assert_int_eq(mlab_read_rows(rows, &spec, &findings, &guesses, &reading, &err), MLAB_OK);
        ck_assert_msg(findings.n == 0, "%zu: %s", i, findings.n ? findings.items[0].sentence : "");
        ck_assert_uint_ge(reading.table->n_rows, 2);
        if (settled[i].rules.thousands) ck_assert_double_eq(reading.table->columns[1].as.real[1], 12345);
        mlab_reading_free(&context, &reading);
        mlab_rows_close(rows);
        mlab_text_free(&guesses);
        mlab_findings_free(&findings);
    }
}
END_TEST

/* What was found about a file is told in one line each, with the line that pins it. */
START_TEST(what_was_found_around_a_table_is_told_with_the_line_that_pins_it)
{
    static const char text[] = "Staff in May\n\nid;grade;site\n1;2;x\n2;3;y\nTotal;5;\n";
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_rows *rows = NULL;
    mlab_reading reading = {0};
    mlab_text guesses = MLAB_TEXT(&context);
    mlab_error err = {0};
    const mlab_file_spec spec = {.role = "people", .file = "people.csv"};
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open_bytes(&context, "people.csv", text, sizeof text - 1, &spec.rows, &findings, &rows, &err), MLAB_OK);
    ck_assert_int_eq(mlab_read_rows(rows, &spec, &findings, &guesses, &reading, &err), MLAB_OK);
    ck_assert_uint_eq(reading.table->n_rows, 2);
    static const char *const told[] = {
        "people.csv: cells are divided by semicolons; to pin it: delimiter: semicolon\n",
        "people.csv: the headings are in row 3, what stands above them is left out; to pin it: people: {header: 3}\n",
        "people.csv: row 6 (\"Total\") is taken for totals, 1 row from there on left out; to pin it: people: {stop_at: \"Total\"}\n"};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        ck_assert_msg(strstr(mlab_text_get(&guesses), told[i]), "%s is not in %s", told[i], mlab_text_get(&guesses));
    mlab_reading_free(&context, &reading);
    mlab_rows_close(rows);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
}
END_TEST

MLAB_TEST_MAIN("broken_text", every_broken_text_gives_its_first_finding_with_place_and_remedy, a_million_columns_are_a_finding,
               the_remedies_settle_what_was_found, what_was_found_around_a_table_is_told_with_the_line_that_pins_it)

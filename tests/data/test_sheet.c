/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workbooks as rows. The good ones are compared cell by cell; the broken ones, with all that is found in each, stand in
 * sheets.txt beside this file. MLAB_TEST_WRITE=1 writes that anew, to be read before it is kept. */
#include "core/memory.h"
#include "core/os.h"
#include "data/reading.h"
#include "data/render.h"
#include "data/sheet_world.h"

/* Rows as "a|b" lines, texts after an apostrophe, then the findings. */
static mlab_status tell(const mlab_context *context, mlab_rows *rows, mlab_text *into, mlab_error *err)
{
    mlab_row_block block;
    mlab_status status = MLAB_OK;
    mlab_text_print(into, "%s", rows->file);
    for (size_t k = 0; k < rows->n_columns; k++) mlab_text_print(into, "%s%s", k ? " | " : ": ", rows->names[k]);
    mlab_text_append(into, "\n");
    (void)context;
    while (!status && !(status = mlab_rows_next(rows, &block, err)) && block.n_rows)
        for (size_t i = 0; i < block.n_rows; i++) {
            mlab_text_print(into, "%llu:", (unsigned long long)block.lines[i]);
            for (size_t k = 0; k < block.n_columns; k++) {
                const mlab_cell *cell = &block.cells[i * block.n_columns + k];
                ck_assert_uint_eq(strlen(cell->text), cell->n);
                mlab_text_print(into, " %s%s%s", cell->quoted ? "'" : "", cell->text, k + 1 < block.n_columns ? " |" : "\n");
            }
        }
    return status;
}

static mlab_status read_parts(const mlab_context *context, const book_parts *b, const char *sheet, mlab_text *into, mlab_error *err)
{
    mlab_sheet_bytes parts[MOST_PARTS];
    const size_t n = fill_parts(b, parts);
    const mlab_rows_options options = {.sheet = sheet};
    mlab_rows *rows = NULL;
    mlab_findings findings;
    mlab_findings_start(&findings, context);
    mlab_status status = mlab_rows_open_parts(context, "people.xlsx", parts, n, &options, &findings, &rows, err);
    ck_assert((status != MLAB_OK) == (rows == NULL));
    if (!status) status = tell(context, rows, into, err);
    if (!status) ck_assert_uint_eq(strlen(rows->sha256), 64);
    if (!status) render_findings(&findings, into);
    for (size_t i = 0; i < findings.n && !status; i++) /* a line, or the end of the sentence, says what to do */
        ck_assert_msg(findings.items[i].severity == MLAB_SEVERITY_NOTE || *findings.items[i].remedy || strchr(findings.items[i].sentence, ';'),
                      "%s has no remedy", findings.items[i].kind);
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    return status;
}

static void reads_as(book_parts b, const char *sheet, const char *wanted)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_text got = MLAB_TEXT(&context);
    mlab_error err;
    ck_assert_int_eq(read_parts(&context, &b, sheet, &got, &err), MLAB_OK);
    ck_assert_msg(!strcmp(mlab_text_get(&got), wanted), "expected\n%sgot\n%s", wanted, mlab_text_get(&got));
    mlab_text_free(&got);
    ck_assert_int_eq(memory.live, 0);
}

#define LETTERS "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>a</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>b</t></is></c></row>"

START_TEST(texts_numbers_days_and_ids_are_read_as_the_sheet_shows_them)
{
    reads_as(
        (book_parts){.sheet = SHEET(
                         HEADINGS "<row r=\"2\"><c r=\"A2\" s=\"2\"><v>123</v></c><c r=\"B2\" s=\"1\"><v>43831</v></c><c r=\"C2\" t=\"s\">"
                                  "<v>3</v></c></row><row r=\"5\"><c r=\"A5\"><v>1.0000000000000001E-2</v></c><c r=\"C5\" t=\"s\"><v>4</v></c></row>"
                                  "<row r=\"7\"><c r=\"B7\" s=\"4\"><v>43831.572916666664</v></c><c r=\"C7\" t=\"s\"><v>5</v></c></row>")},
        NULL, "people.xlsx: id | hired | grade\n2: '0000123 | 2020-01-01 | 'G1\n5: 0.01 |  | 'G2\n7:  | 2020-01-01 13:45:00 | ' a\r_b \n");
}
END_TEST

START_TEST(a_percent_is_its_number_a_time_its_clock_and_a_mask_its_digits)
{
    reads_as(
        (book_parts){.sheet = SHEET(
                         LETTERS "<row r=\"2\"><c r=\"A2\" s=\"7\"><v>0.125</v></c><c r=\"B2\" s=\"3\"><v>0.5</v></c></row><row r=\"3\"><c r=\"A3\" "
                                 "s=\"5\"><v>1.5625</v></c><c r=\"B3\" s=\"6\"><v>123456789</v></c></row><row r=\"4\"><c r=\"A4\" s=\"2\">"
                                 "<v>123456789</v></c><c r=\"B4\" s=\"2\"><v>1.5</v></c></row>")},
        NULL, "people.xlsx: a | b\n2: 0.125 | 12:00:00\n3: 37:30:00 | '123-45-6789\n4: '123456789 | 1.5\n");
}
END_TEST

START_TEST(truth_values_results_of_formulas_and_iso_days_are_read)
{
    reads_as(
        (book_parts){
            .sheet = SHEET(LETTERS "<row><c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c></row><row><c><f>1+1</f><v>2</v></c><c t=\"str\"><f>x</f><v>=y"
                                   "</v></c></row><row><c t=\"d\"><v>2024-02-29</v></c><c t=\"str\"><f>x</f><v></v></c></row>")},
        NULL, "people.xlsx: a | b\n2: TRUE | FALSE\n3: 2 | '=y\n4: 2024-02-29 | \n");
}
END_TEST

START_TEST(days_of_1904_and_the_29th_of_february_1900_are_known)
{
    const char *days =
        SHEET(LETTERS "<row><c s=\"1\"><v>59</v></c><c s=\"1\"><v>60</v></c></row><row><c s=\"1\"><v>61</v></c><c s=\"1\"><v>0</v></c></row>"
                      "<row><c s=\"1\"><v>2958465</v></c><c s=\"1\"><v>-1</v></c></row><row><c s=\"1\"><v>45351.99999999999</v></c><c "
                      "s=\"1\"><v>1</v></c></row>");
    reads_as((book_parts){.sheet = days}, NULL,
             "people.xlsx: a | b\n2: 1900-02-28 | 1900-02-29\n3: 1900-03-01 | 1900-01-00\n4: 9999-12-31 | -1\n5: 2024-03-01 | 1900-01-01\n");
    reads_as(
        (book_parts){.sheet = SHEET(LETTERS "<row><c s=\"1\"><v>0</v></c><c s=\"1\"><v>43889</v></c></row>"),
                     .book = "<workbook xmlns:r=\"x\"><workbookPr date1904=\"true\"/><sheets><sheet name=\"S\" r:id=\"r1\"/></sheets></workbook>"},
        NULL, "people.xlsx: a | b\n2: 1904-01-01 | 2024-02-29\n");
}
END_TEST

/* <x14:workbookPr/> stands in most workbooks of today and says nothing of the date system. */
START_TEST(elements_of_extensions_are_not_taken_for_those_of_the_sheet)
{
    reads_as((book_parts){.sheet = "<worksheet><sheetData>" LETTERS "<row><c s=\"1\"><v>0</v></c><c s=\"1\"><v>43889</v><x14:v>7</x14:v></c></row>"
                                   "</sheetData><extLst><ext><mergeCell ref=\"A1:A3\"/></ext></extLst></worksheet>",
                          .book = "<workbook xmlns:r=\"x\"><workbookPr date1904=\"1\"/><sheets><sheet name=\"S\" r:id=\"r1\"/></sheets><extLst><ext>"
                                  "<x14:workbookPr defaultImageDpi=\"32767\"/><workbookPr/><sheet name=\"T\"/></ext></extLst></workbook>"},
             NULL, "people.xlsx: a | b\n2: 1904-01-01 | 2024-02-29\n");
}
END_TEST

START_TEST(format_codes_tell_days_from_numbers)
{
    static const struct {
        const char *code;
        mlab_sheet_shown shown;
    } cases[] = {{"General", MLAB_SHOWN_NUMBER},
                 {"0.00", MLAB_SHOWN_NUMBER},
                 {"#,##0 \"days\"", MLAB_SHOWN_NUMBER},
                 {"[Red]#,##0.00\\ \\d", MLAB_SHOWN_NUMBER},
                 {"0.00E+00", MLAB_SHOWN_NUMBER},
                 {"_-* #,##0.00\\ [$\xE2\x82\xAC-407]_-", MLAB_SHOWN_NUMBER},
                 {"0%", MLAB_SHOWN_NUMBER},
                 {"@", MLAB_SHOWN_NUMBER},
                 {"00", MLAB_SHOWN_NUMBER},
                 {"00.00", MLAB_SHOWN_NUMBER},
                 {"yyyy-mm-dd", MLAB_SHOWN_DATE},
                 {"DD.MM.YYYY", MLAB_SHOWN_DATE},
                 {"[$-409]mmmm\\ d\\,\\ yyyy;@", MLAB_SHOWN_DATE},
                 {"mmm", MLAB_SHOWN_DATE},
                 {"m/d/yy h:mm", MLAB_SHOWN_DATE},
                 {"mm:ss.0", MLAB_SHOWN_TIME},
                 {"h:mm AM/PM", MLAB_SHOWN_TIME},
                 {"[h]:mm:ss", MLAB_SHOWN_ELAPSED},
                 {"[mm]:ss", MLAB_SHOWN_ELAPSED},
                 {"00000", MLAB_SHOWN_MASK},
                 {"000\\-00\\-0000", MLAB_SHOWN_MASK},
                 {"000\" \"000", MLAB_SHOWN_MASK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(mlab_sheet_style_of(cases[i].code).shown == cases[i].shown, "%s: %d", cases[i].code, mlab_sheet_style_of(cases[i].code).shown);
}
END_TEST

START_TEST(numbers_are_printed_as_short_as_they_read_back)
{
    static const struct {
        const char *written, *shown;
    } cases[] = {{"1", "1"},
                 {"-12.5", "-12.5"},
                 {"3.1400000000000001", "3.14"},
                 {"1E3", "1000"},
                 {"1.0", "1"},
                 {"123456789012345", "123456789012345"},
                 {"007", "7"},
                 {"-0", "0"},
                 {"1.5E+2", "150"},
                 {"1.2345678901234567E+17", "123456789012345660"}};
    const mlab_sheet_style plain = {.shown = MLAB_SHOWN_NUMBER};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        size_t n;
        bool as_text;
        ck_assert(mlab_sheet_number_text(cases[i].written, strlen(cases[i].written), &plain, false, text, &n, &as_text));
        ck_assert_msg(!strcmp(text, cases[i].shown), "%s is shown as %s, expected %s", cases[i].written, text, cases[i].shown);
        ck_assert_uint_eq(n, strlen(text));
    }
}
END_TEST

START_TEST(a_sheet_is_read_by_name_or_the_first_with_rows)
{
    const book_parts two = {.sheet = "<worksheet><sheetData/></worksheet>", .other = SHEET(LETTERS "<row><c><v>1</v></c><c><v>2</v></c></row>")};
    reads_as(two, NULL, "people.xlsx, sheet \"Old\": a | b\n2: 1 | 2\n");
    reads_as(two, "Old", "people.xlsx, sheet \"Old\": a | b\n2: 1 | 2\n");
    reads_as((book_parts){.sheet = two.other}, "Staff", "people.xlsx: a | b\n2: 1 | 2\n");
}
END_TEST

START_TEST(prefixes_of_names_titles_and_totals_are_passed_over)
{
    reads_as(
        (book_parts){
            .sheet = "<x:worksheet><x:sheetData><x:row r=\"1\"><x:c t=\"s\"><x:v>6</x:v></x:c></x:row><x:row r=\"3\"><x:c t=\"s\"><x:v>0</x:v></x:c>"
                     "<x:c t=\"s\"><x:v>1</x:v></x:c><x:c t=\"s\"><x:v>2</x:v></x:c></x:row><x:row r=\"4\"><x:c><x:v>1</x:v></x:c><x:c s=\"1\"><x:v>"
                     "43831</x:v></x:c><x:c t=\"s\"><x:v>3</x:v></x:c></x:row><x:row r=\"5\"><x:c t=\"str\"><x:v>Total</x:v></x:c><x:c/><x:c><x:v>1"
                     "</x:v></x:c></x:row></x:sheetData><x:mergeCells><x:mergeCell ref=\"A1:C2\"/></x:mergeCells></x:worksheet>"},
        NULL, "people.xlsx: id | hired | grade\n4: 1 | 2020-01-01 | 'G1\n");
}
END_TEST

/* --- broken workbooks --------------------------------------------------------------------------------- */

#define ROW2 "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"B2\"><v>2</v></c></row>"

static const struct broken {
    const char *name, *sheet;
    book_parts parts;
} broken[] = {
    {"the XML of the sheet ends in the middle", NULL, {.sheet = "<worksheet><sheetData>" LETTERS ROW2 "<row r=\"3\"><c r=\"A3\"><v>1"}},
    {"the XML of the sheet is no XML", NULL, {.sheet = "not XML"}},
    {"tags that cross", NULL, {.sheet = "<worksheet><sheetData>" LETTERS "<row><c><v>1</c></v></row></sheetData></worksheet>"}},
    {"a document type with entities",
     NULL,
     {.sheet =
          "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><worksheet><sheetData><row><c t=\"str\"><v>&c;</v></c></row></sheetData></"
          "worksheet>"}},
    {"shared strings cut off", NULL, {.sheet = SHEET(HEADINGS), .strings = "<sst><si><t>id</t></si><si><t>"}},
    {"styles cut off", NULL, {.sheet = SHEET(HEADINGS), .styles = "<styleSheet><numFmts>"}},
    {"no list of sheets", NULL, {.sheet = SHEET(HEADINGS), .book = ""}},
    {"a list without sheets", NULL, {.sheet = SHEET(HEADINGS), .book = "<workbook><sheets/></workbook>"}},
    {"a sheet that is listed and missing", NULL, {.sheet = ""}},
    {"no relationships of the workbook", NULL, {.sheet = SHEET(HEADINGS), .relations = ""}},
    {"a chart and nothing else",
     NULL,
     {.sheet = SHEET(HEADINGS), .book = "<workbook xmlns:r=\"x\"><sheets><sheet name=\"C\" r:id=\"r5\"/></sheets></workbook>"}},
    {"the only sheet is empty", NULL, {.sheet = "<worksheet><sheetData/></worksheet>"}},
    {"the named sheet is empty", "Staff", {.sheet = "<worksheet/>", .other = SHEET(LETTERS ROW2)}},
    {"the named sheet is not there", "staff", {.sheet = SHEET(LETTERS ROW2), .other = SHEET(LETTERS ROW2)}},
    {"the only sheet with rows is hidden",
     NULL,
     {.sheet = SHEET(LETTERS ROW2),
      .book = "<workbook xmlns:r=\"x\"><sheets><sheet name=\"Staff\" state=\"veryHidden\" r:id=\"r1\"/></sheets></workbook>"}},
    {"headings and no rows", NULL, {.sheet = SHEET(LETTERS)}},
    {"a text that the workbook does not have",
     NULL,
     {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>99</v></c><c t=\"s\"><v>-1</v></c></row>")}},
    {"a number that is none", NULL, {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"A2\"><v>1,5</v></c><c r=\"B2\"><v>INF</v></c></row>")}},
    {"formulas without results",
     NULL,
     {.sheet =
          SHEET(LETTERS "<row r=\"2\"><c r=\"A2\"><f>B2*2</f></c><c r=\"B2\"><v>2</v></c></row><row r=\"3\"><c r=\"A3\"><f>B3*2</f><v></v></c><c "
                        "r=\"B3\"><v>2</v></c></row>")}},
    {"errors of formulas",
     NULL,
     {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"A2\" t=\"e\"><f>x</f><v>#N/A</v></c><c r=\"B2\" t=\"e\"><v>#DIV/0!</v></c></row>")}},
    {"cells out of order", NULL, {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"B2\"><v>1</v></c><c r=\"A2\"><v>2</v></c></row>")}},
    {"a cell twice", NULL, {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"A2\"><v>2</v></c></row>")}},
    {"rows out of order", NULL, {.sheet = SHEET(LETTERS "<row r=\"3\"><c><v>1</v></c></row><row r=\"2\"><c><v>1</v></c></row>")}},
    {"a row beyond the last", NULL, {.sheet = SHEET(LETTERS "<row r=\"99999999999999999999\"><c><v>1</v></c></row>")}},
    {"a column beyond the last", NULL, {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"ZZZZ2\"><v>1</v></c></row>")}},
    {"a reference that is none", NULL, {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"R2C1\"><v>1</v></c></row>")}},
    {"a cell of an unknown type", NULL, {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"A2\" t=\"money\"><v>1</v></c></row>")}},
    {"an id of 16 digits as a number", NULL, {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"A2\"><v>1234567890123450</v></c><c><v>1</v></c></row>")}},
    {"a value right of the headings", NULL, {.sheet = SHEET(LETTERS "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"E2\"><v>1</v></c></row>")}},
    {"headings twice", NULL, {.sheet = SHEET("<row><c t=\"str\"><v>a</v></c><c t=\"str\"><v>a</v></c></row>" ROW2)}},
    {"cells merged over rows of data",
     NULL,
     {.sheet =
          "<worksheet><cols><col min=\"2\" max=\"3\" hidden=\"1\"/></cols><sheetData>" LETTERS
          "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"B2\"><v>2</v></c></row><row r=\"3\" hidden=\"1\"><c r=\"B3\"><v>3</v></c></row></sheetData>"
          "<mergeCells count=\"2\"><mergeCell ref=\"A2:A3\"/><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>"}},
    {"headings merged beside each other",
     NULL,
     {.sheet =
          "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c><c r=\"B1\"/><c r=\"C1\" t=\"str\"><v>c</v></c></row><row r=\"2\"><c "
          "r=\"A2\"><v>1</v></c><c r=\"B2\"><v>2</v></c><c r=\"C2\"><v>3</v></c></row></sheetData><mergeCells><mergeCell "
          "ref=\"A1:B1\"/></mergeCells></worksheet>"}},
};

static const char *expected_path(void)
{
    return mlab_test_path("data/sheets.txt");
}

START_TEST(every_broken_workbook_gives_its_complete_list_of_findings)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_text got = MLAB_TEXT(&context);
    mlab_error err;
    char *expected = NULL;
    size_t n;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        mlab_text_print(&got, "=== %s\n", broken[i].name);
        ck_assert_int_eq(read_parts(&context, &broken[i].parts, broken[i].sheet, &got, &err), MLAB_OK);
    }
    if (getenv("MLAB_TEST_WRITE")) ck_assert_int_eq(mlab_os_write_file(&context, expected_path(), got.bytes, got.n, false, &err), MLAB_OK);
    ck_assert_int_eq(mlab_os_read_file(&context, expected_path(), &expected, &n, &err), MLAB_OK);
    ck_assert_msg(!strcmp(expected, mlab_text_get(&got)), "expected\n%sgot\n%s", expected, mlab_text_get(&got));
    mlab_release(&context, expected);
    mlab_text_free(&got);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* --- files --------------------------------------------------------------------------------------------- */

static void file_reads_as(const char *path, const char *wanted)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    const mlab_rows_options options = {0};
    mlab_findings findings;
    mlab_rows *rows = NULL;
    mlab_error err;
    mlab_text got = MLAB_TEXT(&context);
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open(&context, path, "people.xlsx", &options, &findings, &rows, &err), MLAB_OK);
    ck_assert_int_eq(tell(&context, rows, &got, &err), MLAB_OK);
    render_findings(&findings, &got);
    ck_assert_msg(!strcmp(mlab_text_get(&got), wanted), "expected\n%sgot\n%s", wanted, mlab_text_get(&got));
    mlab_text_free(&got);
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    ck_assert_int_eq(memory.live, 0);
}

static const book_parts good = {.sheet = SHEET(LETTERS ROW2)};

static void cut_file(const char *path, size_t keep, size_t damage)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char *bytes;
    size_t n;
    ck_assert_int_eq(mlab_os_read_file(&context, path, &bytes, &n, NULL), MLAB_OK);
    if (damage) bytes[damage] = (char)(bytes[damage] ^ 0x55);
    ck_assert_int_eq(mlab_os_write_file(&context, path, bytes, keep ? keep : n, false, NULL), MLAB_OK);
    mlab_release(&context, bytes);
}

START_TEST(a_file_is_read_through_its_archive_and_its_digest_is_that_of_its_bytes)
{
    char path[4200], wanted[65];
    mlab_context context = mlab_test_context(NULL, 1);
    const mlab_rows_options options = {0};
    mlab_findings findings;
    mlab_rows *rows;
    mlab_row_block block;
    char *bytes;
    size_t n;
    snprintf(path, sizeof path, "%s/people.xlsx", mlab_test_folder("sheet"));
    write_book(&good, path, NULL);
    file_reads_as(path, "people.xlsx: a | b\n2: 1 | 2\n");
    ck_assert_int_eq(mlab_os_read_file(&context, path, &bytes, &n, NULL), MLAB_OK);
    mlab_sha256_hex(bytes, n, wanted);
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open(&context, path, path, &options, &findings, &rows, NULL), MLAB_OK);
    do ck_assert_int_eq(mlab_rows_next(rows, &block, NULL), MLAB_OK);
    while (block.n_rows);
    ck_assert_str_eq(rows->sha256, wanted);
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    mlab_release(&context, bytes);
}
END_TEST

START_TEST(a_file_that_is_cut_damaged_or_locked_is_told_how_to_be_mended)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/people.xlsx", mlab_test_folder("sheet"));
    write_book(&good, path, NULL);
    cut_file(path, 700, 0);
    file_reads_as(path, "people.xlsx\nstop   broken_archive (1)\n         people.xlsx\n       the workbook is cut off or damaged: its table of "
                        "contents cannot be found; fetch the file again, or open it in a spreadsheet program, let that repair it and save it anew\n");
    write_book(&good, path, NULL);
    cut_file(path, 0, 30 + strlen("[Content_Types].xml") + 8 + 30 + strlen("_rels/.rels") + 20);
    file_reads_as(path, "people.xlsx\nstop   broken_part (1)\n         people.xlsx\n       _rels/.rels of the workbook cannot be unpacked (it is "
                        "damaged); fetch the file again, or open it in a spreadsheet program and save it anew\n");
    write_book(&good, path, "secret");
    file_reads_as(path, "people.xlsx\nstop   encrypted (1)\n         people.xlsx\n       the workbook is locked with a password; open it in a "
                        "spreadsheet program and save it without one\n");
}
END_TEST

START_TEST(a_sheet_that_unpacks_too_far_ends_in_a_finding)
{
    const size_t n = (size_t)80 << 20;
    char path[4200], *sheet = malloc(n + 1);
    ck_assert_ptr_nonnull(sheet);
    snprintf(path, sizeof path, "%s/people.xlsx", mlab_test_folder("sheet"));
    memset(sheet, ' ', n);
    sheet[n] = '\0';
    const char *head = "<worksheet><sheetData>" LETTERS ROW2;
    memcpy(sheet, head, strlen(head));
    const book_parts bomb = {.sheet = sheet};
    write_book(&bomb, path, NULL);
    file_reads_as(path,
                  "people.xlsx: a | b\n2: 1 | 2\nstop   unpacks_too_far (1)\n         people.xlsx\n       xl/worksheets/sheet1.xml unpacks to more "
                  "than 400 times its size, as files do that are made to fill a memory; if it is no such file, save the sheet as CSV UTF-8\n");
    free(sheet);
}
END_TEST

/* Blocks end between rows and nothing is lost between them: 3,000 rows of three cells. */
START_TEST(a_long_sheet_comes_in_blocks)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_text sheet = MLAB_TEXT(&context);
    const mlab_rows_options options = {0};
    mlab_findings findings;
    mlab_rows *rows;
    mlab_row_block block;
    size_t n = 0, blocks = 0;
    mlab_text_append(&sheet, "<worksheet><sheetData><row><c t=\"str\"><v>a</v></c><c t=\"str\"><v>b</v></c><c t=\"str\"><v>c</v></c></row>");
    for (int i = 0; i < 30000; i++)
        mlab_text_print(&sheet, "<row><c><v>%d</v></c><c t=\"str\"><v>text %d</v></c>%s</row>", i, i, i % 2 ? "<c t=\"s\"><v>6</v></c>" : "");
    mlab_text_append(&sheet, "</sheetData></worksheet>");
    const book_parts b = {.sheet = sheet.bytes};
    mlab_sheet_bytes parts[MOST_PARTS];
    const size_t n_parts = fill_parts(&b, parts);
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open_parts(&context, "long.xlsx", parts, n_parts, &options, &findings, &rows, NULL), MLAB_OK);
    for (;; blocks++) {
        ck_assert_int_eq(mlab_rows_next(rows, &block, NULL), MLAB_OK);
        if (!block.n_rows) break;
        for (size_t i = 0; i < block.n_rows; i++, n++) {
            char wanted[40];
            const mlab_cell *cells = block.cells + i * block.n_columns;
            ck_assert_uint_eq(block.lines[i], n + 2);
            snprintf(wanted, sizeof wanted, "%zu", n);
            ck_assert_str_eq(cells[0].text, wanted);
            snprintf(wanted, sizeof wanted, "text %zu", n);
            ck_assert_str_eq(cells[1].text, wanted);
            ck_assert_str_eq(cells[2].text, n % 2 ? "M\xC3\xBCller" : "");
            ck_assert(cells[2].not_ascii == (n % 2 == 1));
        }
    }
    ck_assert_uint_eq(n, 30000);
    ck_assert_uint_gt(blocks, 3);
    ck_assert_uint_eq(findings.n, 0);
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
    mlab_text_free(&sheet);
}
END_TEST

/* A study may state a decimal comma for its text files; the numbers of a workbook have none. */
START_TEST(a_decimal_comma_of_the_study_does_not_touch_the_numbers_of_a_workbook)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const book_parts b = {.sheet = SHEET(LETTERS "<row><c><v>1.234</v></c><c><v>1</v></c></row><row><c><v>2.345</v></c><c><v>2</v></c></row>")};
    mlab_sheet_bytes parts[MOST_PARTS];
    const size_t n = fill_parts(&b, parts);
    const mlab_file_spec spec = {.role = "people", .file = "people.xlsx", .rules = {.decimal = ',', .thousands = '.'}};
    mlab_findings findings;
    mlab_rows *rows;
    mlab_reading reading;
    mlab_text guesses = MLAB_TEXT(&context);
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open_parts(&context, "people.xlsx", parts, n, &spec.rows, &findings, &rows, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_read_rows(rows, &spec, &findings, &guesses, &reading, NULL), MLAB_OK);
    ck_assert_uint_eq(findings.n, 0);
    const mlab_column *a = mlab_table_find(reading.table, "a");
    ck_assert_int_eq(a->type, MLAB_COLUMN_REAL);
    ck_assert(a->as.real[0] == 1.234 && a->as.real[1] == 2.345);
    mlab_reading_free(&context, &reading);
    mlab_rows_close(rows);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(digits_that_were_entered_as_text_are_labels)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const book_parts b = {
        .sheet = SHEET(LETTERS "<row><c t=\"str\"><v>12</v></c><c><v>12</v></c></row><row><c t=\"str\"><v>7</v></c><c><v>7</v></c></row>")};
    mlab_sheet_bytes parts[MOST_PARTS];
    const size_t n = fill_parts(&b, parts);
    const mlab_file_spec spec = {.role = "people", .file = "people.xlsx"};
    mlab_findings findings;
    mlab_rows *rows;
    mlab_reading reading;
    mlab_text guesses = MLAB_TEXT(&context);
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open_parts(&context, "people.xlsx", parts, n, &spec.rows, &findings, &rows, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_read_rows(rows, &spec, &findings, &guesses, &reading, NULL), MLAB_OK);
    ck_assert_int_eq(mlab_table_find(reading.table, "a")->type, MLAB_COLUMN_FACTOR);
    ck_assert_int_eq(mlab_table_find(reading.table, "b")->type, MLAB_COLUMN_INTEGER);
    ck_assert_ptr_nonnull(strstr(mlab_text_get(&guesses), "column \"a\""));
    mlab_reading_free(&context, &reading);
    mlab_rows_close(rows);
    mlab_text_free(&guesses);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(no_memory_at_any_call_is_an_error_and_nothing_leaks)
{
    const book_parts b = {.sheet = SHEET(HEADINGS "<row r=\"2\"><c r=\"A2\" s=\"2\"><v>123</v></c><c r=\"B2\" t=\"e\"><v>#N/A</v></c><c r=\"C2\" "
                                                  "t=\"s\"><v>3</v></c></row>"),
                          .other = SHEET(LETTERS)};
    for (long k = 1;; k++) {
        mlab_test_memory memory = {.fail_at = k};
        mlab_context context = mlab_test_context(&memory, 1), plain = mlab_test_context(NULL, 1);
        mlab_text got = MLAB_TEXT(&plain);
        mlab_error err;
        mlab_status status = read_parts(&context, &b, NULL, &got, &err);
        mlab_text_free(&got);
        ck_assert_int_eq(memory.live, 0);
        if (!status) break;
        ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        ck_assert_int_lt(k, 500);
    }
}
END_TEST

MLAB_TEST_MAIN("sheet", texts_numbers_days_and_ids_are_read_as_the_sheet_shows_them, a_percent_is_its_number_a_time_its_clock_and_a_mask_its_digits,
               truth_values_results_of_formulas_and_iso_days_are_read, days_of_1904_and_the_29th_of_february_1900_are_known,
               elements_of_extensions_are_not_taken_for_those_of_the_sheet, format_codes_tell_days_from_numbers,
               numbers_are_printed_as_short_as_they_read_back, a_sheet_is_read_by_name_or_the_first_with_rows,
               prefixes_of_names_titles_and_totals_are_passed_over, every_broken_workbook_gives_its_complete_list_of_findings,
               a_file_is_read_through_its_archive_and_its_digest_is_that_of_its_bytes, a_file_that_is_cut_damaged_or_locked_is_told_how_to_be_mended,
               a_sheet_that_unpacks_too_far_ends_in_a_finding, a_long_sheet_comes_in_blocks,
               a_decimal_comma_of_the_study_does_not_touch_the_numbers_of_a_workbook, digits_that_were_entered_as_text_are_labels,
               no_memory_at_any_call_is_an_error_and_nothing_leaks)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands around a table in a file: titles, several rows of headings, totals, marks of encodings. */
#include "core/os.h"
#include "data/rows.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_rows *rows;
    mlab_error err;
} world;

static void open_bytes(world *w, const char *bytes, size_t n, const mlab_rows_options *options)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    mlab_findings_start(&w->findings, &w->context);
    ck_assert_int_eq(mlab_rows_open_bytes(&w->context, "people.csv", bytes, n, options, &w->findings, &w->rows, &w->err), MLAB_OK);
}

static void close_world(world *w)
{
    mlab_rows_close(w->rows);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

/* Headings, ':' and all cells, rows divided by '/'. */
static void join(world *w, char *into, size_t size)
{
    mlab_row_block block;
    size_t at = 0;
    into[0] = '\0';
    for (size_t i = 0; i < w->rows->n_columns; i++)
        at += (size_t)snprintf(into + at, size - at, "%s%s", w->rows->names[i], i + 1 < w->rows->n_columns ? "|" : ":");
    for (;;) {
        ck_assert_int_eq(mlab_rows_next(w->rows, &block, &w->err), MLAB_OK);
        if (!block.n_rows) return;
        for (size_t i = 0; i < block.n_rows * block.n_columns; i++) {
            at += (size_t)snprintf(into + at, size - at, "%s%s", block.cells[i].text, (i + 1) % block.n_columns ? "|" : "/");
            ck_assert_uint_lt(at, size);
        }
    }
}

static const mlab_rows_options nothing = {0};

static void bytes_read_as(const char *bytes, size_t n, const mlab_rows_options *options, const char *wanted, const char *found)
{
    world w;
    char got[2000], kinds[200] = "";
    open_bytes(&w, bytes, n, options);
    join(&w, got, sizeof got);
    ck_assert_str_eq(got, wanted);
    for (size_t i = 0; i < w.findings.n; i++)
        snprintf(kinds + strlen(kinds), sizeof kinds - strlen(kinds), "%s%s:%d", i ? " " : "", w.findings.items[i].kind,
                 (int)w.findings.items[i].occurrences[0].place.line);
    ck_assert_msg(!strcmp(kinds, found), "%s: found '%s', wanted '%s'", wanted, kinds, found);
    close_world(&w);
}

static void read_as(const char *text, const mlab_rows_options *options, const char *wanted, const char *found)
{
    bytes_read_as(text, strlen(text), options, wanted, found);
}

START_TEST(headings_below_titles_are_found)
{
    read_as("Report\nid,site\n1,a\n2,b\n", &nothing, "id|site:1|a/2|b/", "");
    read_as("Report of all,,\nMay 2024,,\n,,\nid,site,grade\n1,a,3\n2,b,4\n", &nothing, "id|site|grade:1|a|3/2|b|4/", "");
    read_as("Employees; exported by Smith, Al\n\nid;site;sex;pay\n1;a;f;3,5\n2;b;m;4,5\n3;b;f;4,5\n", &nothing,
            "id|site|sex|pay:1|a|f|3,5/2|b|m|4,5/3|b|f|4,5/", "");
    read_as("sep=;\nid;site\n1;a,b\n", &nothing, "id|site:1|a,b/", "");
    world w;
    open_bytes(&w, "Report\nid,site\n1,a\n", 19, &nothing);
    ck_assert(w.rows->header_found);
    ck_assert_uint_eq(w.rows->header_line, 2);
    close_world(&w);
}
END_TEST

/* Tables that are clean, or wrong in another way, keep their first row as headings. */
START_TEST(the_first_row_stays_the_headings_of_a_clean_table)
{
    static const char *const texts[] = {
        "a,b\nx,y\n",          "a\nx\ny\n", ",b\nx,y\nz,w\n",    "a,,c\nx,y,z\nx,y,z\n", "a,b,c\nx,y\nz,w\n",
        "a,b\nx,y,z\nx,y,z\n", "id\n",      "id,note\n1,\n2,\n", "\nid,note\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        world w;
        open_bytes(&w, texts[i], strlen(texts[i]), &nothing);
        ck_assert_msg(!w.rows->header_found && w.rows->n_columns, "%s", texts[i]);
        ck_assert_uint_eq(w.rows->header_line, texts[i][0] == '\n' ? 2 : 1);
        close_world(&w);
    }
}
END_TEST

START_TEST(what_is_stated_comes_before_what_is_found)
{
    const char *text = "a,b\nc,d\n1,2\n3,4\nTotal,6\n";
    read_as(text, &(mlab_rows_options){.header = 2}, "c|d:1|2/3|4/", "");
    read_as(text, &(mlab_rows_options){.header_rows = 2}, "a|b:1|2/3|4/", "");
    read_as(text, &(mlab_rows_options){.skip_after_header = 2}, "a|b:3|4/", "");
    read_as(text, &(mlab_rows_options){.skip_after_header = 9}, "a|b:", "");
    read_as(text, &(mlab_rows_options){.stop_at = "3"}, "a|b:c|d/1|2/", "");
    read_as(text, &(mlab_rows_options){.stop_at = ""}, "a|b:c|d/1|2/3|4/Total|6/", "");
    read_as(text, &(mlab_rows_options){.header = 6}, "", "no_header_there:6");
    read_as("a,b\n\nc,d\n1,2\n", &(mlab_rows_options){.header = 2}, "", "no_header_there:2");
}
END_TEST

START_TEST(rows_of_headings_are_counted_by_the_mark_of_the_survey_program)
{
    const char *text = "Q1,Q2\n\"How are you?\",\"And now?\"\n\"{\"\"ImportId\"\":\"\"QID1\"\"}\",\"{\"\"ImportId\"\":\"\"QID2\"\"}\"\n5,4\n";
    world w;
    char got[200];
    open_bytes(&w, text, strlen(text), &nothing);
    ck_assert_uint_eq(w.rows->header_rows, 3);
    ck_assert(w.rows->header_rows_found);
    ck_assert_str_eq(w.rows->labels[1], "And now?");
    join(&w, got, sizeof got);
    ck_assert_str_eq(got, "Q1|Q2:5|4/");
    close_world(&w);
}
END_TEST

START_TEST(totals_at_the_end_are_left_out_and_between_the_rows_asked_about)
{
    read_as("id,n\na,1\nb,2\nTotal,3\n", &nothing, "id|n:a|1/b|2/", "");
    read_as("id,n\na,1\nb,2\nGRAND TOTAL:,3\nmade by Al,\n", &nothing, "id|n:a|1/b|2/", "");
    read_as("id,n\na,1\nTotal,3\nb,2\nc,2\n", &nothing, "id|n:a|1/", "total_row:3");
    read_as("id,n\na,1\nTotal,yes\nb,2\n", &nothing, "id|n:a|1/Total|yes/b|2/", "");
    read_as("id,n\na,1\nTotality,3\nb,2\n", &nothing, "id|n:a|1/Totality|3/b|2/", "");
    read_as("id\nTotal\nb\n", &nothing, "id:Total/b/", "");
    read_as("id,n,m\na,1,2\nb,2,3\nPrinted on paper\n", &nothing, "id|n|m:a|1|2/b|2|3/", "loose_text:4");
    world w;
    char got[100];
    open_bytes(&w, "id,n\na,1\nTotal (2),3\nend,\n", 27, &(mlab_rows_options){.stop_at = "total"});
    join(&w, got, sizeof got);
    ck_assert_str_eq(got, "id|n:a|1/");
    ck_assert_uint_eq(w.rows->n_after_stop, 2);
    ck_assert_uint_eq(w.rows->stop_line, 3);
    close_world(&w);
}
END_TEST

START_TEST(one_mark_for_the_headings_and_another_for_the_rows_is_a_finding)
{
    read_as("a;b;c\n1,2,3\n4,5,6\n7,8,9\n", &nothing, "", "mixed_delimiters:1");
    read_as("a,b,c\n1,2,3\n4;5;6\n", &nothing, "a|b|c:1|2|3/", "other_delimiter:3");
}
END_TEST

/* UTF-16 of the text, with or without a byte order mark. */
static size_t widen(const char *text, bool big, bool mark, char *into)
{
    size_t n = 0;
    if (mark) {
        into[n++] = big ? '\xFE' : '\xFF';
        into[n++] = big ? '\xFF' : '\xFE';
    }
    for (; *text; text++) {
        into[n++] = big ? '\0' : *text;
        into[n++] = big ? *text : '\0';
    }
    return n;
}

START_TEST(utf_16_is_read_in_both_orders_with_and_without_its_mark)
{
    char bytes[400];
    for (int k = 0; k < 4; k++) {
        size_t n = widen("id\tsite\n1\tLyon\n2\tNice\n", k & 1, k & 2, bytes);
        bytes_read_as(bytes, n, &nothing, "id|site:1|Lyon/2|Nice/", "");
        bytes_read_as(bytes, n, &(mlab_rows_options){.encoding = MLAB_ENCODING_UTF16}, "id|site:1|Lyon/2|Nice/", "");
    }
    size_t n = widen("id,site\n1,Lyon\n", false, true, bytes);
    bytes_read_as(bytes, n, &(mlab_rows_options){.encoding = MLAB_ENCODING_UTF8}, "", "encoding:1");
    bytes[n] = 'x';
    bytes_read_as(bytes, n + 1, &nothing, "id|site:1|Lyon/", "bad_utf8:3");
    bytes_read_as(bytes, n - 1, &nothing, "id|site:", "bad_utf8:2");
    bytes_read_as("\xFF\xFEi\0d\0\n\0\x3D\xD8\x00\xDE\n\0\x3D\xD8x\0\n\0", 20, &nothing, "id:\xF0\x9F\x98\x80/", "bad_utf8:3");
    bytes_read_as("\xFF\xFE\0\0i\0\0\0", 8, &nothing, "", "utf32:1");
    read_as("\xEF\xBB\xBFid,site\n1,x\n", &(mlab_rows_options){.encoding = MLAB_ENCODING_WINDOWS_1252}, "", "encoding:1");
}
END_TEST

/* A surrogate pair and a line on every edge of a block. */
START_TEST(utf_16_on_the_edges_of_blocks_is_whole)
{
    enum { N = 60000 };
    size_t size = 0;
    char *bytes = malloc((size_t)N * 20 + 20);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, "\xFF\xFEi\0d\0\n\0", 8);
    size = 8;
    for (size_t i = 0; i < N; i++) {
        memcpy(bytes + size, "a\0\x3D\xD8\x00\xDEz\0\n\0", 10 - 0);
        if (i % 3 == 0) memmove(bytes + size, bytes + size + 2, 8); /* shifts the pairs against the blocks */
        size += i % 3 == 0 ? 8 : 10;
    }
    world w;
    mlab_row_block block;
    size_t n = 0;
    char digest[65];
    open_bytes(&w, bytes, size, &nothing);
    do {
        ck_assert_int_eq(mlab_rows_next(w.rows, &block, &w.err), MLAB_OK);
        for (size_t i = 0; i < block.n_rows; i++, n++) ck_assert_str_eq(block.cells[i].text, n % 3 ? "a\xF0\x9F\x98\x80z" : "\xF0\x9F\x98\x80z");
    } while (block.n_rows);
    ck_assert_uint_eq(n, N);
    mlab_sha256_hex(bytes, size, digest);
    ck_assert_str_eq(w.rows->sha256, digest);
    close_world(&w);
    free(bytes);
}
END_TEST

/* --- files of other kinds ---------------------------------------------------------------------------- */

static void write_file(const char *path, const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(files_that_are_no_tables_say_how_to_save_them)
{
#define T(text_) text_, sizeof text_ - 1
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } cases[] = {
        {T("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....W\0o\0r\0k\0b\0o\0o\0k\0"), "old workbook (.xls)"},
        {T("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"), "encrypted with a password"},
        {T("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1...."), "old document of an office program"},
        {T("PK\x03\x04...mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"},
        {T("PK\x03\x04...xl/workbook.bin"), ".xlsb"},
        {T("PK\x03\x04...people.csv"), "ZIP archive without a workbook"},
        {T("PK\x05\x06\0\0\0\0"), "nothing in it"},
        {T("\x1F\x8B\x08"), "gzip"},
        {T("%PDF-1.7\n"), "PDF"},
        {T("\n <HTML><table><tr><td>id"), "web page"},
        {T("<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">"), "XML spreadsheet of 2003"},
        {T("<?xml version=\"1.0\"?><people/>"), "XML, not a table"},
        {T("SQLite format 3\0"), "SQLite"},
        {T("PAR1...."), "Parquet"},
        {T("$FL2@(#) SPSS"), "SPSS"},
    };
#undef T
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world w = {0};
        mlab_row_block block;
        char path[200], digest[65];
        snprintf(path, sizeof path, "%s/mentorlab-not-a-table", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
        write_file(path, cases[i].bytes, cases[i].n);
        w.context = mlab_test_context(&w.memory, 1);
        mlab_findings_start(&w.findings, &w.context);
        ck_assert_int_eq(mlab_rows_open(&w.context, path, "people.csv", &nothing, &w.findings, &w.rows, &w.err), MLAB_OK);
        ck_assert_uint_eq(w.findings.n, 1);
        ck_assert_str_eq(w.findings.items[0].kind, "not_text");
        ck_assert_msg(strstr(w.findings.items[0].sentence, cases[i].says), "%s: %s", cases[i].says, w.findings.items[0].sentence);
        ck_assert_int_eq(mlab_rows_next(w.rows, &block, &w.err), MLAB_OK);
        ck_assert_uint_eq(block.n_rows, 0);
        mlab_sha256_hex(cases[i].bytes, cases[i].n, digest);
        ck_assert_str_eq(w.rows->sha256, digest);
        close_world(&w);
        remove(path);
    }
}
END_TEST

START_TEST(every_failed_allocation_of_the_frame_is_reported_and_nothing_leaks)
{
    const char *text = "Report,,\nid,site,n\nnames,places,numbers\n{\"\"ImportId\"\"},,\n1,a,1\n2,b\n\xE9,b,2\n3,c,4\nTotal,,3\n4,d,4\n";
    for (long k = 1;; k++) {
        world w = {0};
        w.context = mlab_test_context(&w.memory, 1);
        w.memory.fail_at = k;
        mlab_findings_start(&w.findings, &w.context);
        mlab_row_block block = {0};
        const mlab_rows_options options = {.header_rows = 2};
        mlab_status status = mlab_rows_open_bytes(&w.context, "people.csv", text, strlen(text), &options, &w.findings, &w.rows, &w.err);
        if (!status) status = mlab_rows_next(w.rows, &block, &w.err);
        bool failed = w.memory.calls >= k;
        ck_assert_int_eq(status, failed ? MLAB_ERR_MEMORY : MLAB_OK);
        close_world(&w);
        if (!failed) break;
    }
}
END_TEST

MLAB_TEST_MAIN("rows_frame", headings_below_titles_are_found, the_first_row_stays_the_headings_of_a_clean_table,
               what_is_stated_comes_before_what_is_found, rows_of_headings_are_counted_by_the_mark_of_the_survey_program,
               totals_at_the_end_are_left_out_and_between_the_rows_asked_about, one_mark_for_the_headings_and_another_for_the_rows_is_a_finding,
               utf_16_is_read_in_both_orders_with_and_without_its_mark, utf_16_on_the_edges_of_blocks_is_whole,
               files_that_are_no_tables_say_how_to_save_them, every_failed_allocation_of_the_frame_is_reported_and_nothing_leaks)

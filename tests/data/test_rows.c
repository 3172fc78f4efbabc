/* SPDX-License-Identifier: GPL-3.0-or-later */
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
    mlab_status status;
} world;

static const mlab_rows_options find_all = {0};

static void open_bytes(world *w, const char *bytes, size_t n, mlab_rows_options options)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    mlab_findings_start(&w->findings, &w->context);
    w->status = mlab_rows_open_bytes(&w->context, "people.csv", bytes, n, &options, &w->findings, &w->rows, &w->err);
    ck_assert_int_eq(w->status, MLAB_OK);
}

static void close_world(world *w)
{
    mlab_rows_close(w->rows);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

/* All cells as "a|b/c|d", rows divided by '/', into a buffer. */
static void join(world *w, char *into, size_t size)
{
    mlab_row_block block;
    size_t at = 0;
    into[0] = '\0';
    for (;;) {
        ck_assert_int_eq(mlab_rows_next(w->rows, &block, &w->err), MLAB_OK);
        if (!block.n_rows) break;
        for (size_t i = 0; i < block.n_rows * block.n_columns; i++) {
            const char *mark = (i + 1) % block.n_columns ? "|" : "/";
            ck_assert_uint_eq(strlen(block.cells[i].text), block.cells[i].n);
            at += (size_t)snprintf(into + at, size - at, "%s%s", block.cells[i].text, mark);
            ck_assert_uint_lt(at, size);
        }
    }
}

static void reads_as(const char *text, mlab_rows_options options, const char *wanted)
{
    world w;
    char got[2000];
    open_bytes(&w, text, strlen(text), options);
    join(&w, got, sizeof got);
    ck_assert_str_eq(got, wanted);
    ck_assert_msg(w.findings.n == 0, "%s", w.findings.n ? w.findings.items[0].sentence : "");
    close_world(&w);
}

START_TEST(cells_come_back_whatever_quotes_ends_of_lines_and_delimiters)
{
    reads_as("a,b\n1,2\n3,4\n", find_all, "1|2/3|4/");
    reads_as("a,b\r\n1,2\r\n3,4", find_all, "1|2/3|4/");
    reads_as("a,b\r1,2\r3,4\r", find_all, "1|2/3|4/");
    reads_as("\xEF\xBB\xBF"
             "a;b\n1,5;2\n\n\n3;4\n",
             find_all, "1,5|2/3|4/");
    reads_as("a\tb\n1\t\n\t4\n", find_all, "1|/|4/");
    reads_as("a,b\n\"1,5\",\"say \"\"so\"\"\"\n\"\",\"x\ny\"\n", find_all, "1,5|say \"so\"/|x\ny/");
    reads_as("\"a,1\";b\n5'11\";x\n", find_all, "5'11\"|x/");
    reads_as("a;b,c\n1;2,3\n", (mlab_rows_options){.delimiter = ';'}, "1|2,3/");
    reads_as("a,b\nM\xFCller,\x80\n", (mlab_rows_options){.encoding = MLAB_ENCODING_WINDOWS_1252}, "M\xC3\xBCller|\xE2\x82\xAC/");
    reads_as("a\n\"\"\nx\n", find_all, "/x/");
}
END_TEST

START_TEST(every_row_knows_its_line_also_after_newlines_inside_quotes)
{
    world w;
    mlab_row_block block;
    const char *text = "a,b\n1,\"x\r\ny\nz\"\n\n2,3\n\"q\rq\",4\n5,6\n";
    const uint64_t lines[] = {2, 6, 7, 9};
    open_bytes(&w, text, strlen(text), find_all);
    ck_assert_int_eq(mlab_rows_next(w.rows, &block, &w.err), MLAB_OK);
    ck_assert_uint_eq(block.n_rows, 4);
    for (size_t i = 0; i < 4; i++) ck_assert_uint_eq(block.lines[i], lines[i]);
    close_world(&w);
}
END_TEST

static void finds(const char *text, size_t n, const char *kind, uint64_t line, uint32_t column, const char *value, const char *left)
{
    world w;
    char got[2000];
    open_bytes(&w, text, n, find_all);
    join(&w, got, sizeof got);
    ck_assert_msg(w.findings.n == 1, "%s: %zu findings", kind, w.findings.n);
    const mlab_finding *finding = &w.findings.items[0];
    ck_assert_str_eq(finding->kind, kind);
    ck_assert_uint_eq(finding->occurrences[0].place.line, line);
    ck_assert_uint_eq(finding->occurrences[0].place.column, column);
    ck_assert_str_eq(finding->occurrences[0].value, value);
    ck_assert_str_eq(got, left);
    close_world(&w);
}

START_TEST(malformed_rows_are_findings_and_the_others_are_read)
{
#define T(text_) text_, sizeof text_ - 1
    finds(T("a,b\n1,2\n3\n4,5\n"), "too_few_cells", 3, 0, "1 cells", "1|2/4|5/");
    finds(T("a,b\n1,2,3\n4,5\n"), "too_many_cells", 2, 0, "3 cells", "4|5/");
    finds(T("a,b\n\"1\"x,2\n4,5\n"), "text_after_quote", 2, 1, "", "4|5/");
    finds(T("a,b\n1,2\n3,\"4\n5,6\n"), "unterminated_quote", 3, 2, "", "1|2/");
    finds(T("a,b\n1,\xE9t\xE9\n4,5\n"), "bad_utf8", 2, 2, "0xE9", "4|5/");
    finds(T("a,b\n1,x\0y\n4,5\n"), "nul", 2, 2, "", "4|5/");
    finds(T("a,b\n1,\"x\0y\"\n4,5\n"), "nul", 2, 2, "", "4|5/");
    finds(T(""), "empty_file", 0, 0, "", "");
    finds(T("\n\n"), "empty_file", 0, 0, "", "");
    finds(T("17,2020-01-02\n18,2020-02-02\n"), "no_header", 1, 0, "17", "18|2020-02-02/");
    finds(T("a,b,a\n1,2,3\n"), "duplicate_heading", 1, 3, "a", "1|2|3/");
    finds(T("a,,b\n1,2,3\n"), "no_heading", 1, 2, "column_2", "1|2|3/");
    finds(T("a, b\n1,2\n"), "heading_blanks", 1, 2, " b", "1|2/");
    finds(T("\"a,b\n1,2\n"), "unterminated_quote", 1, 1, "", "");
#undef T
}
END_TEST

START_TEST(bytes_that_windows_1252_does_not_have_are_found)
{
    world w;
    char got[100];
    const char *text = "a,b\n1,\x81\n2,\x82\n";
    open_bytes(&w, text, strlen(text), (mlab_rows_options){.encoding = MLAB_ENCODING_WINDOWS_1252});
    join(&w, got, sizeof got);
    ck_assert_str_eq(got, "2|\xE2\x80\x9A/");
    ck_assert_str_eq(w.findings.items[0].sentence, "a byte that Windows-1252 does not have");
    close_world(&w);
}
END_TEST

/* 40,000 rows of awkward cells over several blocks of reading: every cell and line must be what was written. */
START_TEST(cells_on_the_edges_of_blocks_are_whole)
{
    enum { N = 40000 };
    size_t size = 0, capacity = (size_t)N * 80;
    char *text = malloc(capacity);
    ck_assert_ptr_nonnull(text);
    size += (size_t)snprintf(text, capacity, "n,quoted,plain\n");
    for (unsigned i = 0; i < N; i++)
        size += (size_t)snprintf(text + size, capacity - size, "%u,\"%.*s\"\"\n,%u\",%.*s\r\n", i, (int)(i % 23), "xxxxxxxxxxxxxxxxxxxxxxx", i % 7,
                                 (int)(i % 31), "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
    for (int crammed = 0; crammed < 2; crammed++) {
        world w;
        mlab_row_block block;
        unsigned i = 0;
        open_bytes(&w, text, size, (mlab_rows_options){.encoding = crammed ? MLAB_ENCODING_WINDOWS_1252 : MLAB_ENCODING_FOUND});
        for (;;) {
            ck_assert_int_eq(mlab_rows_next(w.rows, &block, &w.err), MLAB_OK);
            if (!block.n_rows) break;
            for (size_t r = 0; r < block.n_rows; r++, i++) {
                char wanted[64];
                const mlab_cell *cells = block.cells + r * 3;
                ck_assert_uint_eq(strtoul(cells[0].text, NULL, 10), i);
                snprintf(wanted, sizeof wanted, "%.*s\"\n,%u", (int)(i % 23), "xxxxxxxxxxxxxxxxxxxxxxx", i % 7);
                ck_assert_str_eq(cells[1].text, wanted);
                ck_assert_uint_eq(cells[2].n, i % 31);
                ck_assert_uint_eq(block.lines[r], 2 + 2 * (uint64_t)i);
            }
        }
        ck_assert_uint_eq(i, N);
        ck_assert_uint_eq(w.rows->n_rows, N);
        ck_assert_uint_eq(w.findings.n, 0);
        char digest[65];
        mlab_sha256_hex(text, size, digest);
        ck_assert_str_eq(w.rows->sha256, digest);
        close_world(&w);
    }
    free(text);
}
END_TEST

START_TEST(a_row_that_never_ends_is_a_finding_and_memory_stays_bounded)
{
    size_t n = (size_t)40 << 20;
    char *text = malloc(n);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', n);
    memcpy(text, "a,b\n1,\"", 7);
    world w;
    char got[100];
    open_bytes(&w, text, n, find_all);
    join(&w, got, sizeof got);
    ck_assert_str_eq(w.findings.items[0].kind, "row_too_long");
    ck_assert_uint_eq(w.findings.items[0].occurrences[0].place.line, 2);
    char digest[65];
    mlab_sha256_hex(text, n, digest);
    ck_assert_str_eq(w.rows->sha256, digest);
    close_world(&w);
    free(text);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_error_with_its_name)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_findings findings;
    mlab_rows *rows = NULL;
    mlab_error err;
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open_text(&context, "/nowhere/people.csv", "people.csv", &find_all, &findings, &rows, &err), MLAB_ERR_OPEN);
    ck_assert_str_eq(err.sentence, "people.csv cannot be opened: No such file or directory");
    ck_assert_ptr_null(rows);
    ck_assert_int_eq(mlab_rows_open_text(&context, "/", "people.csv", &find_all, &findings, &rows, &err), MLAB_ERR_READ);
    ck_assert_ptr_null(rows);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(every_failed_allocation_of_the_rows_is_reported_and_nothing_leaks)
{
    const char *text = "a,b, c\n1,\"2\"\"\",\xE9\n3,4\n5,6,7\n";
    for (long k = 1;; k++) {
        world w = {0};
        w.context = mlab_test_context(&w.memory, 1);
        w.memory.fail_at = k;
        mlab_findings_start(&w.findings, &w.context);
        mlab_row_block block = {0};
        mlab_rows_options options = {.encoding = k % 2 ? MLAB_ENCODING_FOUND : MLAB_ENCODING_WINDOWS_1252};
        mlab_status status = mlab_rows_open_bytes(&w.context, "people.csv", text, strlen(text), &options, &w.findings, &w.rows, &w.err);
        if (!status) status = mlab_rows_next(w.rows, &block, &w.err);
        bool failed = w.memory.calls >= k;
        ck_assert_int_eq(status, failed ? MLAB_ERR_MEMORY : MLAB_OK);
        close_world(&w);
        if (!failed && k % 2) break;
    }
}
END_TEST

MLAB_TEST_MAIN("rows", cells_come_back_whatever_quotes_ends_of_lines_and_delimiters, every_row_knows_its_line_also_after_newlines_inside_quotes,
               malformed_rows_are_findings_and_the_others_are_read, bytes_that_windows_1252_does_not_have_are_found,
               cells_on_the_edges_of_blocks_are_whole, a_row_that_never_ends_is_a_finding_and_memory_stays_bounded,
               a_file_that_is_not_there_is_an_error_with_its_name, every_failed_allocation_of_the_rows_is_reported_and_nothing_leaks)

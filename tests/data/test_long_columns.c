/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of more distinct texts than are held as codes: codes with leading zeros stay codes, wherever they stand. */
#include "data/reading.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 70000 }; /* more than MLAB_COLUMN_MOST_FOUND */

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_reading reading;
} world;

/* Rows 1 to N of column "code" printed with the format, and one more text at the end. */
static void read_column(world *w, const char *format, const char *last)
{
    mlab_error err = {0};
    mlab_rows *rows = NULL;
    mlab_text text, guesses;
    const mlab_file_spec spec = {.role = "people", .file = "people.csv"};
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    text = MLAB_TEXT(&w->context);
    guesses = MLAB_TEXT(&w->context);
    mlab_findings_start(&w->findings, &w->context);
    mlab_text_append(&text, "code,x\n");
    for (unsigned i = 1; i <= N; i++) {
        char cell[40];
        snprintf(cell, sizeof cell, format, i);
        mlab_text_print(&text, "%s,1\n", cell);
    }
    mlab_text_print(&text, "%s,1\n", last);
    ck_assert_int_eq(mlab_rows_open_bytes(&w->context, "people.csv", mlab_text_get(&text), text.n, &spec.rows, &w->findings, &rows, &err), MLAB_OK);
    ck_assert_int_eq(mlab_read_rows(rows, &spec, &w->findings, &guesses, &w->reading, &err), MLAB_OK);
    mlab_rows_close(rows);
    mlab_text_free(&text);
    mlab_text_free(&guesses);
}

static void finish(world *w)
{
    mlab_reading_free(&w->context, &w->reading);
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

START_TEST(a_code_behind_many_whole_numbers_makes_them_codes)
{
    world w;
    read_column(&w, "%u", "00815");
    const mlab_column *code = &w.reading.table->columns[0];
    ck_assert_int_eq(code->type, MLAB_COLUMN_TEXT);
    ck_assert_str_eq(mlab_column_text(code, 0), "1");
    ck_assert_str_eq(mlab_column_text(code, N - 1), "70000");
    ck_assert_str_eq(mlab_column_text(code, N), "00815");
    finish(&w);
    read_column(&w, "%05u", "99999999");
    code = &w.reading.table->columns[0];
    ck_assert_str_eq(mlab_column_text(code, 0), "00001");
    ck_assert_str_eq(mlab_column_text(code, N), "99999999");
    finish(&w);
}
END_TEST

START_TEST(numbers_stay_numbers_and_what_is_none_is_found)
{
    world w;
    read_column(&w, "%u", "12");
    ck_assert_int_eq(w.reading.table->columns[0].type, MLAB_COLUMN_INTEGER);
    ck_assert_int_eq(w.reading.table->columns[0].as.integer[N - 1], N);
    finish(&w);
    read_column(&w, "%u.5", "007"); /* their texts cannot be had back: the code is asked about */
    ck_assert_int_eq(w.reading.table->columns[0].type, MLAB_COLUMN_REAL);
    ck_assert_double_eq(w.reading.table->columns[0].as.real[1], 2.5);
    ck_assert_int_eq(w.reading.table->columns[0].missing[N], 1);
    bool found = false;
    for (size_t i = 0; i < w.findings.n; i++)
        found |= !strcmp(w.findings.items[i].kind, "not_a_number") && w.findings.items[i].occurrences[0].place.line == N + 2;
    ck_assert(found);
    finish(&w);
}
END_TEST

MLAB_TEST_MAIN("long_columns", a_code_behind_many_whole_numbers_makes_them_codes, numbers_stay_numbers_and_what_is_none_is_found)

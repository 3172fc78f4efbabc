/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that a query answers: from a source in memory, from SQLite, and from a PostgreSQL server that the test starts. */
#include "core/os.h"
#include "data/reading.h"
#include "data/rows_query.h"
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct world {
    mlab_test_memory memory;
    mlab_context context;
    mlab_findings findings;
    mlab_rows *rows;
    mlab_error err;
} world;

static void begin(world *w)
{
    *w = (world){0};
    w->context = mlab_test_context(&w->memory, 1);
    mlab_findings_start(&w->findings, &w->context);
}

static void finish(world *w)
{
    mlab_rows_close(w->rows);
    w->rows = NULL;
    mlab_findings_free(&w->findings);
    ck_assert_int_eq(w->memory.live, 0);
}

/* Names, ':' and cells, a text in brackets, rows divided by '/'. */
static void join(world *w, char *into, size_t size)
{
    mlab_row_block block;
    size_t at = 0;
    uint64_t line = 0;
    into[0] = '\0';
    for (size_t i = 0; i < w->rows->n_columns; i++)
        at += (size_t)snprintf(into + at, size - at, "%s%s", w->rows->names[i], i + 1 < w->rows->n_columns ? "|" : ":");
    for (;;) {
        ck_assert_int_eq(mlab_rows_next(w->rows, &block, &w->err), MLAB_OK);
        if (!block.n_rows) return;
        for (size_t i = 0; i < block.n_rows * block.n_columns; i++) {
            const mlab_cell *cell = &block.cells[i];
            ck_assert_uint_eq(strlen(cell->text), cell->n);
            at += (size_t)snprintf(into + at, size - at, cell->quoted ? "[%s]%s" : "%s%s", cell->text, (i + 1) % block.n_columns ? "|" : "/");
            ck_assert_uint_lt(at, size);
        }
        for (size_t i = 0; i < block.n_rows; i++) ck_assert_uint_eq(block.lines[i], ++line);
    }
}

/* --- a source in memory ------------------------------------------------------------------------------- */

typedef struct little {
    int row, last;
    bool closed;
} little;

static mlab_status little_row(void *user, mlab_query_rows *into, bool *end, mlab_error *err)
{
    little *l = user;
    const uint16_t face[] = {'a', 0xD83D}, rest[] = {0xDE00, 0xDC00, 'z', 0xD800};
    int row = l->row++;
    if (row == 0) {
        mlab_status status = mlab_query_put_text(into, "id", 2, err);
        if (!status) status = mlab_query_put_text(into, "pay", 3, err);
        return status ? status : mlab_query_put_text(into, "note", 4, err);
    }
    *end = row > l->last;
    if (*end) return MLAB_OK;
    mlab_status status = mlab_query_put_text(into, "007", 3, err);
    if (!status) status = row == 1 ? mlab_query_put_number(into, 0.1, err) : mlab_query_put_null(into, err);
    mlab_query_add_utf16(into, face, 2);
    mlab_query_add_utf16(into, rest, 4);
    return status ? status : mlab_query_end_utf16(into, err);
}

static void little_close(void *user)
{
    ((little *)user)->closed = true;
}

START_TEST(values_become_cells_and_missing_ones_stay_missing)
{
    world w;
    char got[400];
    little l = {.last = 2};
    const mlab_query_source source = {little_row, little_close, &l};
    begin(&w);
    ck_assert_int_eq(mlab_rows_open_source(&w.context, "query", &source, &w.findings, &w.rows, &w.err), MLAB_OK);
    join(&w, got, sizeof got);
    ck_assert_str_eq(got, "id|pay|note:[007]|0.1|[a\xF0\x9F\x98\x80\xEF\xBF\xBDz\xEF\xBF\xBD]/[007]||[a\xF0\x9F\x98\x80\xEF\xBF\xBDz\xEF\xBF\xBD]/");
    ck_assert_uint_eq(strlen(w.rows->sha256), 64);
    ck_assert_uint_eq(w.findings.n, 0);
    finish(&w);
    ck_assert(l.closed);
}
END_TEST

START_TEST(the_digest_of_a_query_is_that_of_its_rows)
{
    char digests[3][65];
    for (int k = 0; k < 3; k++) {
        world w;
        char got[400];
        little l = {.last = k == 2 ? 1 : 2};
        const mlab_query_source source = {little_row, little_close, &l};
        begin(&w);
        ck_assert_int_eq(mlab_rows_open_source(&w.context, "query", &source, &w.findings, &w.rows, &w.err), MLAB_OK);
        join(&w, got, sizeof got);
        memcpy(digests[k], w.rows->sha256, 65);
        finish(&w);
    }
    ck_assert_str_eq(digests[0], digests[1]);
    ck_assert_str_ne(digests[0], digests[2]);
}
END_TEST

START_TEST(every_failed_allocation_of_a_query_is_reported_and_nothing_leaks)
{
    for (long k = 1;; k++) {
        world w;
        mlab_row_block block = {0};
        little l = {.last = 2};
        const mlab_query_source source = {little_row, little_close, &l};
        begin(&w);
        w.memory.fail_at = k;
        mlab_status status = mlab_rows_open_source(&w.context, "query", &source, &w.findings, &w.rows, &w.err);
        do
            if (!status) status = mlab_rows_next(w.rows, &block, &w.err);
        while (!status && block.n_rows);
        bool failed = w.memory.calls >= k;
        ck_assert_int_eq(status, failed ? MLAB_ERR_MEMORY : MLAB_OK);
        finish(&w);
        ck_assert(l.closed);
        if (!failed) break;
    }
}
END_TEST

/* --- databases ---------------------------------------------------------------------------------------- */

static const char table[] =
    "create table people(id varchar(20), hired date, seen timestamp, grade integer, pay double precision, rate numeric(10,2), "
    "name varchar(80), gone smallint);"
    "insert into people values"
    "('007','2020-01-02','2020-01-02 08:30:00',3,0.1,12.50,'M\xC3\xBCller, \xF0\x9F\x98\x80 \"Al\"',null),"
    "('008','2021-12-31','2020-01-02 00:00:00',-4,1e300,-0.25,'O''Neil',1),"
    "('009',null,null,null,123456.789,null,'',0);";
static const char wanted[] = "id|hired|seen|grade|pay|rate|name|gone:"
                             "[007]|2020-01-02|2020-01-02 08:30:00|3|0.1|12.50|[M\xC3\xBCller, \xF0\x9F\x98\x80 \"Al\"]|/"
                             "[008]|2021-12-31|2020-01-02 00:00:00|-4|1e+300|-0.25|[O'Neil]|1/"
                             "[009]||||123456.789||[]|0/";

static void run(const char *command)
{
    ck_assert_msg(system(command) == 0, "%s", command);
}

static void refuse(const char *sql, const char *connection, const char *folder, mlab_status wanted_status, const char *says, const char *not_says)
{
    world w;
    begin(&w);
    mlab_status status = mlab_rows_open_sql(&w.context, "query of people", sql, connection, folder, &w.findings, &w.rows, &w.err);
    ck_assert_msg(status == wanted_status, "%s: %s", sql, mlab_status_name(status));
    ck_assert_msg(strstr(w.err.sentence, says), "wanted '%s', got '%s'", says, w.err.sentence);
    ck_assert_msg(!not_says || !strstr(w.err.sentence, not_says), "%s", w.err.sentence);
    ck_assert_ptr_null(w.rows);
    finish(&w);
}

START_TEST(sqlite_answers_and_its_errors_are_told)
{
    char folder[] = "/tmp/mentorlab-sql-XXXXXX", command[2000], got[2000];
    if (system("command -v sqlite3 >/dev/null && ls /usr/lib/*/odbc/libsqlite3odbc.so >/dev/null 2>&1") != 0) {
        fprintf(stderr, "SKIPPED: sqlite3 or its ODBC driver is not installed, queries to SQLite are not tried\n");
        return;
    }
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(command, sizeof command, "%s/table.sql", folder);
    FILE *file = fopen(command, "w");
    ck_assert_ptr_nonnull(file);
    fputs(table, file);
    ck_assert_int_eq(fclose(file), 0);
    snprintf(command, sizeof command, "sqlite3 %s/hr.db <%s/table.sql", folder, folder);
    run(command);
    const char *connection = "Driver=SQLite3;Database=hr.db;Pwd=geheim";
    world w;
    begin(&w);
    mlab_status status =
        mlab_rows_open_sql(&w.context, "query of people", " (select * from people) order by id", connection, folder, &w.findings, &w.rows, &w.err);
    ck_assert_int_eq(status, MLAB_ERR_READ); /* SQLite knows no such brackets; the sentence says so */
    ck_assert_msg(strstr(w.err.sentence, "SQLSTATE HY000"), "%s", w.err.sentence);
    finish(&w);
    begin(&w);
    status = mlab_rows_open_sql(&w.context, "query of people", "select * from people order by id", connection, folder, &w.findings, &w.rows, &w.err);
    ck_assert_msg(status == MLAB_OK, "%s", w.err.sentence);
    join(&w, got, sizeof got);
    ck_assert_uint_eq(w.rows->n_columns, 8);
    ck_assert_msg(strstr(got, "[007]|2020-01-02|") && strstr(got, "|3|0.1|12.5"), "%s", got);
    ck_assert_msg(strstr(got, "M\xC3\xBCller, \xF0\x9F\x98\x80 \"Al\""), "%s", got);
    finish(&w);
    refuse("select nowhere from people", connection, folder, MLAB_ERR_READ, "no such column: nowhere", "geheim");
    refuse("select * from geheim", connection, folder, MLAB_ERR_READ, "no such table: ******", "geheim");
    refuse("delete from people", connection, folder, MLAB_ERR_READ, "has to begin with select", NULL);
    refuse("select 1 as x", "Driver=SQLite3;Database=none.db", folder, MLAB_ERR_OPEN, "none.db is not there", NULL);
    refuse("select 1 as x", "Driver=NoSuchDriver", folder, MLAB_ERR_OPEN, "SQLSTATE", NULL);
    refuse("select 1 as x", "", folder, MLAB_ERR_OPEN, "SQLSTATE", NULL);
    refuse("select x'00ff' as b from people", connection, folder, MLAB_ERR_READ, "holds bytes", NULL);
    snprintf(command, sizeof command, "rm -r %s/hr.db %s/table.sql; rmdir %s", folder, folder, folder);
    run(command);
}
END_TEST

/* The server is stopped whatever the checks find: they are made after it. */
START_TEST(postgresql_answers_the_same_in_every_type)
{
    char folder[64], command[2000], connection[400], got[2000] = "", undone[100] = "";
    snprintf(folder, sizeof folder, "/tmp/mentorlab-pg-%ld", (long)getpid());
    snprintf(command, sizeof command, "ls /usr/lib/*/odbc/psqlodbcw.so >/dev/null 2>&1 && bash %s start %s", mlab_test_path("support/postgres"),
             folder);
    int started = system(command);
    if (started) {
        fprintf(stderr, "SKIPPED: no PostgreSQL server or no ODBC driver for it, its queries are not tried\n");
        return;
    }
    snprintf(command, sizeof command, "psql -q -h %s -U tester -d postgres -f - >/dev/null 2>&1 <<'END'\n%s\nEND\n", folder, table);
    int loaded = system(command);
    snprintf(connection, sizeof connection, "Driver=PostgreSQL Unicode;Servername=%s;Username=tester;Database=postgres;Password=geheim", folder);
    world w, lost;
    begin(&w);
    mlab_status status = mlab_rows_open_sql(&w.context, "query", "select * from people order by id", connection, "", &w.findings, &w.rows, &w.err);
    mlab_row_block block = {0};
    if (!status) join(&w, got, sizeof got);
    begin(&lost);
    mlab_status failed = mlab_rows_open_sql(&lost.context, "query", "select * from geheim", connection, "", &lost.findings, &lost.rows, &lost.err);
    mlab_error refused = lost.err;
    /* What a query did is rolled back. */
    mlab_status wrote = mlab_rows_open_sql(&lost.context, "query", "with d as (delete from people returning 1) select count(*) as n from d",
                                           connection, "", &lost.findings, &lost.rows, &lost.err);
    mlab_rows_close(lost.rows);
    lost.rows = NULL;
    mlab_status again =
        mlab_rows_open_sql(&lost.context, "query", "select count(*) as n from people", connection, "", &lost.findings, &lost.rows, &lost.err);
    if (!again && !mlab_rows_next(lost.rows, &block, &lost.err) && block.n_rows) snprintf(undone, sizeof undone, "%s", block.cells[0].text);
    mlab_rows_close(lost.rows);
    lost.rows = NULL;
    snprintf(command, sizeof command, "bash %s stop %s", mlab_test_path("support/postgres"), folder);
    int stopped = system(command);
    ck_assert_int_eq(stopped, 0);
    ck_assert_int_eq(loaded, 0);
    ck_assert_msg(status == MLAB_OK, "%s", w.err.sentence);
    ck_assert_str_eq(got, wanted);
    ck_assert_int_eq(failed, MLAB_ERR_READ);
    ck_assert_msg(strstr(refused.sentence, "42P01") && !strstr(refused.sentence, "geheim"), "%s", refused.sentence);
    (void)wrote; /* a server may refuse it */
    ck_assert_str_eq(undone, "3");
    finish(&w);
    finish(&lost);
}
END_TEST

MLAB_TEST_MAIN("sql", values_become_cells_and_missing_ones_stay_missing, the_digest_of_a_query_is_that_of_its_rows,
               every_failed_allocation_of_a_query_is_reported_and_nothing_leaks, sqlite_answers_and_its_errors_are_told,
               postgresql_answers_the_same_in_every_type)

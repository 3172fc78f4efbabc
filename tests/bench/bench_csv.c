/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a table of 1 million people: rows alone, rows into typed columns (found and stated), with the digest of the file.
 * The file is written by another process, so that the peak of memory is that of reading.
 * bench_csv write FILE MEGABYTES; bench_csv read FILE all|named: for tests/bench/read_peers. */
#include "bench/bench.h"

#include "core/number.h"
#include "core/os.h"
#include "data/reading.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 1000000, RUNS = 5 };
static const char path[] = "/tmp/mentorlab-bench.csv";

/* Some 100 bytes a row: an id, three dates, labels, whole numbers, a score of 9 digits, every 50th name in quotes. */
static void write_rows(FILE *file, uint32_t n)
{
    static const char *const sites[] = {"Lyon", "Nice", "Graz", "Berlin", "Porto"}, *const sexes[] = {"f", "m"};
    fputs("id,hired,left,exit_reason,grade,site,gender,age,score,salary,name,team\n", file);
    uint64_t x = 1;
    for (uint32_t i = 0; i < n; i++) {
        char hired[16], left[16] = "";
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint32_t r = (uint32_t)(x >> 33);
        mlab_date_print((mlab_date)(12000 + r % 6000), hired, sizeof hired);
        if (r % 3 == 0) mlab_date_print((mlab_date)(18000 + r % 1000), left, sizeof left);
        fprintf(file, "E%08u,%s,%s,%s,%u,%s,%s,%u,%u.%07u,%u,%s,team %u\n", i * 7 % 99999989, hired, left, *left ? "voluntary" : "", 1 + r % 6,
                sites[r % 5], sexes[r % 2], 20 + r % 45, r % 100, r % 10000000, 30000 + r % 70000, i % 50 ? "Smith" : "\"Smith, \"\"Al\"\"\"",
                r % 300);
    }
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
    if (mlab_rows_open_text(&w->context, path, "people.csv", &w->spec.rows, &findings, &rows, &err)) end("open", &err);
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

static void figures(reading_work *w, const char *what, double megabytes, void (*body)(void *))
{
    char name[100];
    snprintf(name, sizeof name, "%s, bytes", what);
    mlab_bench_rate(name, 1, RUNS, megabytes, "MB/s", body, w);
    snprintf(name, sizeof name, "%s, bytes by the processor's time", what);
    mlab_bench_rate_of_processor(name, RUNS, megabytes, "MB/s", body, w);
}

/* --- for tests/bench/read_peers ------------------------------------------------------------------------ */

static int write_file(const char *name, double megabytes)
{
    FILE *file = fopen(name, "wb");
    if (!file) return EXIT_FAILURE;
    write_rows(file, (uint32_t)(megabytes * 1e6 / 88)); /* bytes of a row */
    return fclose(file) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool is_named(const void *user, const char *column)
{
    (void)user;
    return !strcmp(column, "id") || !strcmp(column, "hired") || !strcmp(column, "grade") || !strcmp(column, "score");
}

static int read_file(const char *name, const char *which)
{
    reading_work w = {.context = mlab_bench_context(1), .spec = {.role = "people", .file = "people.csv", .path = name}};
    if (!strcmp(which, "named")) {
        w.spec.named = is_named;
        w.spec.drop_unnamed = true;
    }
    read_table(&w);
    printf("%llu rows, peak %.0f MB\n", (unsigned long long)w.rows, (double)mlab_os_peak_memory() / 1e6);
    return EXIT_SUCCESS;
}

int main(int n_arguments, char **arguments)
{
    if (n_arguments == 4 && !strcmp(arguments[1], "write")) return write_file(arguments[2], strtod(arguments[3], NULL));
    if (n_arguments == 4 && !strcmp(arguments[1], "read")) return read_file(arguments[2], arguments[3]);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        FILE *file = fopen(path, "wb");
        if (!file) _exit(EXIT_FAILURE);
        write_rows(file, ROWS);
        _exit(fclose(file) ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    int state = 0;
    struct stat info;
    if (child < 0 || waitpid(child, &state, 0) < 0 || state || stat(path, &info)) return EXIT_FAILURE;
    const double megabytes = (double)info.st_size / 1e6;
    reading_work w = {.context = mlab_bench_context(1), .spec = {.role = "people", .file = "people.csv", .path = path}};
    figures(&w, "CSV, rows of cells", megabytes, scan);
    mlab_bench_memory("CSV, rows of cells");
    static const struct {
        const char *name;
        mlab_reading_type type;
    } stated[] = {{"id", MLAB_READ_ID},         {"hired", MLAB_READ_DATE},  {"left", MLAB_READ_DATE},    {"exit_reason", MLAB_READ_FACTOR},
                  {"grade", MLAB_READ_INTEGER}, {"age", MLAB_READ_INTEGER}, {"score", MLAB_READ_NUMBER}, {"salary", MLAB_READ_NUMBER}};
    mlab_column_spec columns[sizeof stated / sizeof *stated];
    for (size_t i = 0; i < sizeof stated / sizeof *stated; i++)
        columns[i] = (mlab_column_spec){.name = stated[i].name, .from = stated[i].name, .type = stated[i].type, .low = -HUGE_VAL, .high = HUGE_VAL};
    figures(&w, "CSV, 12 typed columns, all found", megabytes, read_table);
    w.spec.columns = columns;
    w.spec.n_columns = sizeof stated / sizeof *stated;
    figures(&w, "CSV, 12 typed columns, 8 stated", megabytes, read_table);
    mlab_bench_memory("CSV, 1 million rows of 12 typed columns");
    remove(path);
    return w.rows == ROWS ? EXIT_SUCCESS : EXIT_FAILURE;
}

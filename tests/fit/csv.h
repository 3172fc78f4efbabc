/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small reader of reference tables for tests: comma, no quotes, lines that begin with '#' are comments. */
#ifndef MLAB_TESTS_FIT_CSV_H
#define MLAB_TESTS_FIT_CSV_H

#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CSV_COLUMNS = 40, CSV_ROWS = 6000, CSV_CELL = 40 };

typedef struct csv {
    size_t n_rows, n_columns;
    char head[CSV_COLUMNS][CSV_CELL];
    char (*cell)[CSV_COLUMNS][CSV_CELL]; /* [n_rows] */
} csv;

static inline size_t csv_split(const char *line, char (*into)[CSV_CELL])
{
    size_t column = 0, n = 0;
    into[0][0] = 0;
    for (const char *c = line; *c && *c != '\n' && *c != '\r'; c++) {
        if (*c == ',') {
            ck_assert(++column < CSV_COLUMNS);
            n = 0;
        } else if (*c != '"' && n + 1 < CSV_CELL) {
            into[column][n++] = *c;
        }
        into[column][n] = 0;
    }
    return column + 1;
}

/* NULL cell when the file cannot be opened. */
static inline csv csv_read(const char *path)
{
    csv table = {0};
    FILE *file = fopen(path, "r");
    if (!file) return table;
    table.cell = calloc(CSV_ROWS, sizeof *table.cell);
    char line[4096];
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#') continue;
        if (!table.n_columns) {
            table.n_columns = csv_split(line, table.head);
            continue;
        }
        ck_assert_uint_lt(table.n_rows, CSV_ROWS);
        csv_split(line, table.cell[table.n_rows++]);
    }
    fclose(file);
    return table;
}

static inline void csv_free(csv *table)
{
    free(table->cell);
}

static inline const char *csv_text(const csv *table, size_t row, const char *column)
{
    for (size_t j = 0; j < table->n_columns; j++)
        if (!strcmp(table->head[j], column)) return table->cell[row][j];
    ck_abort_msg("no column %s", column);
    return "";
}

static inline double csv_number(const csv *table, size_t row, const char *column)
{
    return strtod(csv_text(table, row, column), NULL);
}

#endif

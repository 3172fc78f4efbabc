/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that a query answers: typed values become cells. What gives the values is a source (a database, or a test). */
#ifndef MLAB_DATA_ROWS_QUERY_H
#define MLAB_DATA_ROWS_QUERY_H

#include "core/os.h"
#include "core/text.h"
#include "data/rows.h"

typedef struct mlab_query_rows mlab_query_rows;
typedef struct mlab_query_source {
    /* Puts the cells of the next row, or sets *end. The first row is the names of the columns. */
    mlab_status (*row)(void *user, mlab_query_rows *into, bool *end, mlab_error *err);
    void (*close)(void *user);
    void *user;
} mlab_query_source;

struct mlab_query_rows {
    mlab_rows base;
    mlab_query_source source;
    mlab_text pool; /* bytes of the block's cells, each terminated */
    mlab_cell *cells;
    size_t *offsets; /* [cells_capacity] of the cells in the pool */
    size_t n_cells, cells_capacity;
    size_t *first;
    uint64_t *lines;
    size_t n_rows, rows_capacity;
    uint64_t given; /* rows so far, that of the names included */
    size_t begun;   /* offset of the cell that is being put */
    unsigned high;  /* first half of a character of UTF-16 */
    mlab_sha256 hash;
    bool ended;
};

/* Opens rows on a source, which is closed with them, also when opening fails. name: what findings call it. */
MLAB_MUST_USE mlab_status mlab_rows_open_source(const mlab_context *context, const char *name, const mlab_query_source *source,
                                                mlab_findings *findings, mlab_rows **rows, mlab_error *err);
/* The answer of a query through a driver of ODBC. connection: "Driver=SQLite3;Database=hr.db"; the file of an SQLite database is
 * looked for in `folder`. Errors: MLAB_ERR_OPEN (the connection), MLAB_ERR_READ (the query), with what the driver says. */
MLAB_MUST_USE mlab_status mlab_rows_open_sql(const mlab_context *context, const char *name, const char *sql, const char *connection,
                                             const char *folder, mlab_findings *findings, mlab_rows **rows, mlab_error *err);

/* --- cells of the row that is being put; each call is one cell --------------------------------------- */

MLAB_MUST_USE mlab_status mlab_query_put_null(mlab_query_rows *rows, mlab_error *err); /* a missing cell */
MLAB_MUST_USE mlab_status mlab_query_put_text(mlab_query_rows *rows, const char *text, size_t n, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_query_put_number(mlab_query_rows *rows, double value, mlab_error *err);
/* Text in UTF-16 comes in parts: any number of them, then the end of the cell. Half characters become U+FFFD. */
void mlab_query_add_utf16(mlab_query_rows *rows, const uint16_t *units, size_t n);
MLAB_MUST_USE mlab_status mlab_query_end_utf16(mlab_query_rows *rows, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A source of rows of cells: one interface for delimited text now and spreadsheets later. Rows come in blocks; every
 * cell knows its file, row and column by where it stands in the block. */
#ifndef MLAB_DATA_ROWS_H
#define MLAB_DATA_ROWS_H

#include "mentorlab/data.h"

/* A cell as written, quotes and doubled quotes undone; text[n] == 0; valid until the next block. */
typedef struct mlab_cell {
    const char *text;
    uint32_t n;
    bool quoted;
    bool not_ascii;
} mlab_cell;

typedef struct mlab_row_block {
    size_t n_rows, n_columns;
    const mlab_cell *cells; /* [n_rows * n_columns] by row */
    const uint64_t *lines;  /* [n_rows] line of the file where the row begins */
} mlab_row_block;

typedef struct mlab_rows mlab_rows;
typedef struct mlab_rows_kind {
    const char *name;
    /* The next rows, all with n_columns cells; n_rows == 0 at the end. Malformed rows become findings and are left out. */
    mlab_status (*next)(mlab_rows *rows, mlab_row_block *block, mlab_error *err);
    void (*close)(mlab_rows *rows);
} mlab_rows_kind;

/* The first member of every kind's own struct. */
struct mlab_rows {
    const mlab_context *context;
    const mlab_rows_kind *kind;
    mlab_findings *findings;
    char *file;       /* as named by the user */
    char **names;     /* [n_columns] headings, without blanks around them */
    size_t n_columns; /* 0: nothing could be read, the findings say why */
    uint64_t n_rows;  /* usable rows given so far */
    uint64_t n_bytes; /* size of the file, 0 = not known */
    char delimiter;   /* of delimited text */
    bool found;       /* the delimiter was found, not stated */
    bool no_header;   /* the first row is not one of headings: a finding */
    char sha256[65];  /* of the file's bytes; complete after the last block */
};

typedef struct mlab_rows_text_options {
    char delimiter; /* ',' ';' '\t' '|'; 0 = find it */
    bool windows_1252;
} mlab_rows_text_options;

/* Opens delimited text (RFC 4180 and what programs make of it) and reads its header. What is wrong with the text becomes
 * findings. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_MEMORY; *rows NULL then. */
MLAB_MUST_USE mlab_status mlab_rows_open_text(const mlab_context *context, const char *path, const char *name, const mlab_rows_text_options *options,
                                              mlab_findings *findings, mlab_rows **rows, mlab_error *err);
/* The same over bytes in memory, which must outlive the rows. */
MLAB_MUST_USE mlab_status mlab_rows_open_bytes(const mlab_context *context, const char *name, const char *bytes, size_t n,
                                               const mlab_rows_text_options *options, mlab_findings *findings, mlab_rows **rows, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_rows_next(mlab_rows *rows, mlab_row_block *block, mlab_error *err);
void mlab_rows_close(mlab_rows *rows); /* NULL is fine */

#endif

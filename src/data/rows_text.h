/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of delimited text: the bytes read in blocks, and the scanner over them. */
#ifndef MLAB_DATA_ROWS_TEXT_H
#define MLAB_DATA_ROWS_TEXT_H

#include "core/os.h"
#include "data/rows.h"
#include "data/rows_marks.h"

#include <stdio.h>

#ifndef MLAB_ROWS_BLOCK
#define MLAB_ROWS_BLOCK ((size_t)1 << 18) /* bytes read at a time; a fuzzer makes it small, so that every edge is met */
#endif
#define MLAB_ROWS_LONGEST_ROW ((size_t)16 << 20) /* bytes; a longer row is an open quote */

typedef enum mlab_text_encoding {
    MLAB_TEXT_UTF8,
    MLAB_TEXT_WINDOWS_1252,
    MLAB_TEXT_UTF16_LE,
    MLAB_TEXT_UTF16_BE,
    MLAB_TEXT_UTF32
} mlab_text_encoding;

typedef struct mlab_text_bytes {
    const mlab_context *context;
    FILE *stream;
    const char *bytes; /* or memory */
    size_t bytes_left;
    mlab_text_encoding encoding;
    unsigned char *raw;   /* [MLAB_ROWS_BLOCK] before the change of encoding */
    unsigned high;        /* UTF-16: first half of a character at the end of a block; 0 = none */
    bool started, marked; /* the encoding is settled; a byte order mark was passed over */
    bool says_otherwise;  /* the byte order mark is not that of the stated encoding */
    char *buffer;         /* [size + 1]; buffer[end] == 0 */
    size_t size, start, end;
    bool at_end;
    mlab_sha256 hash;
    uint64_t n_read;
    mlab_encoding stated;
} mlab_text_bytes;

/* What is wrong with a row; the first trouble counts. */
typedef struct mlab_text_trouble {
    const char *kind, *sentence;
    size_t cell;
    uint64_t line;
    char value[8];
} mlab_text_trouble;

typedef struct mlab_text_rows {
    mlab_rows base;
    mlab_text_bytes input;
    unsigned char class_of[256];
    mlab_marks marks; /* of the bytes from marked_at on ... */
    size_t marked_at; /* ... in the buffer; far away = of none */
    mlab_cell *cells;
    size_t n_cells, cells_capacity;
    uint64_t *lines;
    size_t *first; /* [lines_capacity] cells before each row */
    size_t n_lines, lines_capacity;
    uint64_t line; /* of the next row */
    bool broken;   /* no more rows can be told apart */
    bool framed;   /* the headings are known; before that, troubles wait */
    mlab_text_trouble *waiting;
    size_t n_waiting, waiting_capacity;
} mlab_text_rows;

/* More bytes behind start .. end, which move to the front. Errors: MLAB_ERR_READ, MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW (a row is
 * longer than allowed). */
MLAB_MUST_USE mlab_status mlab_text_bytes_more(mlab_text_bytes *input, const char *name, mlab_error *err);

typedef enum mlab_scan { MLAB_SCAN_ROW, MLAB_SCAN_MORE, MLAB_SCAN_END, MLAB_SCAN_BLANK } mlab_scan;

/* One row from the start of the buffer into t->cells from t->n_cells on: MLAB_SCAN_ROW and the cells are finished, n_cells moved
 * on; MLAB_SCAN_MORE: bytes are missing; MLAB_SCAN_BLANK: an empty line was passed. Malformed rows become findings and are passed. */
MLAB_MUST_USE mlab_status mlab_text_scan(mlab_text_rows *t, size_t *n_in_row, mlab_scan *got, mlab_error *err);
/* Makes findings of the troubles that waited for the headings. */
MLAB_MUST_USE mlab_status mlab_text_say_waiting(mlab_text_rows *t, mlab_error *err);
/* The delimiter of the lines; *mixed = another one divides the first line from the one that divides the rest. */
char mlab_text_find_delimiter(const char *bytes, size_t n, char *mixed);
void mlab_text_classes(mlab_text_rows *t, char delimiter);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A source of rows of cells: one interface for delimited text, sheets of workbooks and queries. Rows come in blocks; every
 * cell knows its file, row and column by where it stands in the block. A kind of source gives raw rows as they stand in the file;
 * the frame (rows_frame.c) finds the headings among them and gives rows that all have the cells of the headings. */
#ifndef MLAB_DATA_ROWS_H
#define MLAB_DATA_ROWS_H

#include "mentorlab/data.h"

/* A cell as written, quotes and doubled quotes undone; text[n] == 0; valid until the next block. A sheet renders numbers
 * shortest round trip, dates as ISO days, and marks cells of text as quoted. */
typedef struct mlab_cell {
    const char *text;
    uint32_t n;
    bool quoted;
    bool not_ascii;
} mlab_cell;

typedef struct mlab_row_block {
    size_t n_rows, n_columns;
    const mlab_cell *cells; /* [n_rows * n_columns] by row */
    const uint64_t *lines;  /* [n_rows] line of the file (row of the sheet, of the query's answer) where the row begins */
} mlab_row_block;

/* Rows as they stand in the file, each with its own number of cells. Rows without any cell are not given. */
typedef struct mlab_raw_block {
    size_t n_rows;
    const mlab_cell *cells;
    const size_t *first;   /* [n_rows + 1] row i has cells first[i] to first[i + 1] - 1 */
    const uint64_t *lines; /* [n_rows] rising */
} mlab_raw_block;

typedef enum mlab_encoding { MLAB_ENCODING_FOUND, MLAB_ENCODING_UTF8, MLAB_ENCODING_WINDOWS_1252, MLAB_ENCODING_UTF16 } mlab_encoding;

/* What cells mean that are merged with others: it is asked, all have the value, the first has it. */
typedef enum mlab_merged { MLAB_MERGED_ASK, MLAB_MERGED_FILL, MLAB_MERGED_FIRST } mlab_merged;

/* What is stated about a file; zeros and NULL = to be found. The texts are only read while opening. */
typedef struct mlab_rows_options {
    char delimiter; /* of text: ',' ';' '\t' '|' */
    mlab_encoding encoding;
    uint32_t header;            /* line (row of the sheet) of the headings */
    uint32_t header_rows;       /* rows of headings; the first names the columns */
    uint32_t skip_after_header; /* rows passed over after those */
    const char *stop_at;        /* the row whose first filled cell is this, and all after it, are left out; "" = nothing is */
    const char *sheet;          /* name; NULL = the first sheet with rows */
    mlab_merged merged;         /* of sheets */
    const char *role;           /* "people": for the lines that pin a guess; NULL = none are said */
} mlab_rows_options;

typedef struct mlab_rows mlab_rows;
typedef struct mlab_rows_kind {
    const char *name;
    bool typed;      /* the source knows texts from numbers: a quoted cell is a text, whatever it looks like, and numbers are written with a
                        point and without thousands marks, whatever the study says of text files */
    bool short_rows; /* cells that are missing at the end of a row are empty ones (a sheet); else they are a finding */
    /* The next raw rows; n_rows == 0 at the end. The first block holds at least 100 rows when the source has them, unless they are larger
     * than 128 KB. Malformed rows become findings and are left out. */
    mlab_status (*next)(mlab_rows *rows, mlab_raw_block *block, mlab_error *err);
    mlab_status (*digest)(mlab_rows *rows, char into[65], mlab_error *err); /* of the file; called once, after the last block */
    void (*close)(mlab_rows *rows);                                         /* what the kind itself holds; not `rows` */
} mlab_rows_kind;

/* The first member of every kind's own struct. Kinds fill context, kind, findings, file, n_bytes, delimiter and sheet. */
struct mlab_rows {
    const mlab_context *context;
    const mlab_rows_kind *kind;
    mlab_findings *findings;
    char *file;       /* as named by the user; of a workbook with several sheets with the sheet: jobs.xlsx, sheet "2024" */
    char **names;     /* [n_columns] headings, without blanks around them */
    char **labels;    /* [n_columns] the second row of headings (questions of a survey); NULL = there is none */
    size_t n_columns; /* 0: nothing could be read, the findings say why */
    uint64_t n_rows;  /* usable rows given so far */
    uint64_t n_bytes; /* size of the file, 0 = not known */
    uint64_t n_read;  /* bytes of it read so far, for progress */
    char delimiter;   /* of delimited text */
    bool found;       /* the delimiter was found, not stated */
    bool utf16_found; /* of delimited text */
    char *sheet;      /* name of the sheet that is read, NULL = none */
    bool sheet_found; /* among several, not stated */
    bool heading_twice;
    bool no_header;  /* the first row is not one of headings: a finding */
    bool troubled;   /* rows were left out: the file is not empty */
    char sha256[65]; /* of the file's bytes; complete after the last block */
    /* of the frame */
    char *stop_at;
    uint32_t header_rows, skip; /* rows to pass over after the first row of headings */
    mlab_raw_block raw;         /* rows of the kind's last block ... */
    size_t raw_at;              /* ... and how many of them were given */
    uint64_t header_line;       /* of the headings */
    bool header_found;          /* not in the first row, and not stated */
    bool header_rows_found;     /* more than one, and not stated */
    bool stopped, stop_found;   /* a total row was met; it was not stated */
    uint64_t stop_line;         /* of that row */
    char *stop_text;            /* its first filled cell */
    uint64_t n_after_stop;      /* rows left out, that one included */
    mlab_cell *cells;           /* rows that had to be put together anew */
    size_t cells_capacity;
    uint64_t *lines;
    size_t lines_capacity;
};

/* Opens any file that rows can be read from: looks at its first bytes and gives it to its kind; what cannot be read is told how to be
 * saved. What is wrong with the file becomes findings. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_MEMORY; *rows NULL then. */
MLAB_MUST_USE mlab_status mlab_rows_open(const mlab_context *context, const char *path, const char *name, const mlab_rows_options *options,
                                         mlab_findings *findings, mlab_rows **rows, mlab_error *err);
/* Delimited text (RFC 4180 and what programs make of it). */
MLAB_MUST_USE mlab_status mlab_rows_open_text(const mlab_context *context, const char *path, const char *name, const mlab_rows_options *options,
                                              mlab_findings *findings, mlab_rows **rows, mlab_error *err);
/* The same over bytes in memory, which must outlive the rows. */
MLAB_MUST_USE mlab_status mlab_rows_open_bytes(const mlab_context *context, const char *name, const char *bytes, size_t n,
                                               const mlab_rows_options *options, mlab_findings *findings, mlab_rows **rows, mlab_error *err);
/* A sheet of a workbook (Office Open XML). */
MLAB_MUST_USE mlab_status mlab_rows_open_sheet(const mlab_context *context, const char *path, const char *name, const mlab_rows_options *options,
                                               mlab_findings *findings, mlab_rows **rows, mlab_error *err);
/* The sheets of cells of a workbook, in their order; n = 0 of anything else, and of a workbook that cannot be read. */
typedef struct mlab_sheet_names {
    const mlab_context *context;
    char **names; /* [n] */
    bool *hidden; /* [n] */
    size_t n;
} mlab_sheet_names;
/* Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_rows_sheet_names(const mlab_context *context, const char *path, const char *name, mlab_sheet_names *sheets,
                                                mlab_error *err);
void mlab_sheet_names_free(mlab_sheet_names *sheets); /* zeros are fine */
MLAB_MUST_USE mlab_status mlab_rows_next(mlab_rows *rows, mlab_row_block *block, mlab_error *err);
void mlab_rows_close(mlab_rows *rows); /* NULL is fine */

/* --- for kinds --------------------------------------------------------------------------------------- */

/* Fills a kind's zeroed struct; false = no memory. */
bool mlab_rows_start(mlab_rows *rows, const mlab_context *context, const mlab_rows_kind *kind, const char *name, mlab_findings *findings);
/* Reads the first block and finds the headings in it: the last step of opening. On an error the caller closes the rows. */
MLAB_MUST_USE mlab_status mlab_rows_frame(mlab_rows *rows, const mlab_rows_options *options, mlab_error *err);
/* A finding at a row and a column (from 1; 0 = none) of the file. */
MLAB_MUST_USE mlab_status mlab_rows_say(mlab_rows *rows, mlab_severity severity, const char *kind, uint64_t line, size_t column, const char *value,
                                        const char *remedy, mlab_error *err, const char *sentence);
/* Rows without headings and without cells: for a file that cannot be read, whose finding has been made. */
MLAB_MUST_USE mlab_status mlab_rows_open_nothing(const mlab_context *context, const char *path, const char *name, mlab_findings *findings,
                                                 mlab_rows **rows, mlab_error *err);

#endif

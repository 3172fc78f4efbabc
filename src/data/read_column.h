/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One column while its file is read: cells go in, a typed column of a table comes out. */
#ifndef MLAB_DATA_READ_COLUMN_H
#define MLAB_DATA_READ_COLUMN_H

#include "data/reading.h"

/* How cells are held until the type is known. */
typedef enum mlab_column_hold {
    MLAB_HOLD_CODES,   /* numbers of distinct texts */
    MLAB_HOLD_NUMBERS, /* values, and the few cells that are none */
    MLAB_HOLD_TEXTS,   /* texts one after the other */
    MLAB_HOLD_NOTHING  /* not kept */
} mlab_column_hold;

#define MLAB_COLUMN_MOST_FOUND 65536 /* distinct texts after which a column whose type is to be found is no longer held as codes */

typedef struct mlab_column_exception {
    size_t row;
    uint32_t code; /* of its text in the dictionary */
} mlab_column_exception;

typedef struct mlab_column_reading {
    const mlab_context *context;
    const char *file;      /* for places */
    mlab_column_spec spec; /* of its own; names point elsewhere */
    size_t at;             /* column in the file, from 0 */
    bool typed;            /* of the source: quoted cells are texts */
    bool any_plain;        /* a filled cell is no such text */
    bool named;            /* the study uses it: doubts about it are to be decided */
    mlab_column_hold hold;
    mlab_dictionary texts; /* CODES: distinct cells; NUMBERS: distinct exceptions */
    uint32_t *codes;       /* CODES [n] */
    double *numbers;       /* NUMBERS [n] */
    uint64_t *offsets;     /* TEXTS [n] */
    char *pool;            /* TEXTS */
    size_t pool_size, pool_capacity;
    uint8_t *missing; /* NUMBERS, TEXTS [capacity] */
    bool any_missing;
    bool whole;       /* NUMBERS: all are whole and fit int32 */
    bool canonical;   /* NUMBERS: all are whole numbers as we print them, so that their texts can be had back */
    bool only_groups; /* NUMBERS: every point stands as between thousands ... */
    bool any_group;   /* ... and there is one */
    size_t n, capacity;
    bool doubted; /* its odd cells have been found */
    mlab_column_exception *exceptions;
    size_t n_exceptions, exceptions_capacity;
} mlab_column_reading;

void mlab_column_reading_start(mlab_column_reading *column, const mlab_context *context);
void mlab_column_reading_free(mlab_column_reading *column);
/* The cells of the column in the rows of a block that use[i] != 0; hashes as cells. */
MLAB_MUST_USE mlab_status mlab_column_reading_take(mlab_column_reading *column, const mlab_row_block *block, const uint8_t *use,
                                                   const uint64_t *hashes, mlab_error *err);

/* What finishing a column needs beside the column. */
typedef struct mlab_column_finish {
    mlab_table *table; /* made, with lines; the column is added */
    mlab_findings *findings;
    mlab_text *guesses;
} mlab_column_finish;

/* Decides the type where it is to be found, checks every cell, adds the column to the table. */
MLAB_MUST_USE mlab_status mlab_column_reading_finish(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err);

/* Parts of finishing: */
MLAB_MUST_USE mlab_status mlab_column_finish_factor(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_column_finish_numbers(mlab_column_reading *column, const mlab_column_finish *finish, bool integers, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_column_finish_dates(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_column_finish_texts(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_column_finish_event(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err);
/* One value for each distinct text; false = it has none. */
typedef bool (*mlab_text_value)(const mlab_column_reading *column, const char *text, size_t n, int32_t *value);
/* Fills the table's column from codes; texts that have no value are flagged. */
MLAB_MUST_USE mlab_status mlab_column_values(mlab_column_reading *column, const mlab_column_finish *finish, mlab_column_type type,
                                             mlab_text_value read, uint8_t *flag, mlab_error *err);
/* Finds the type of a column held as codes and says so. */
MLAB_MUST_USE mlab_status mlab_column_find_type(mlab_column_reading *column, const mlab_column_finish *finish, mlab_error *err);

/* Adds a finding at every row whose code has flag[code] != 0 (CODES). */
MLAB_MUST_USE mlab_status mlab_column_say_codes(const mlab_column_reading *column, const mlab_column_finish *finish, const uint8_t *flag,
                                                mlab_severity severity, const char *kind, const char *remedy, const char *sentence, mlab_error *err);
/* Adds one at a row. */
MLAB_MUST_USE mlab_status mlab_column_say_row(const mlab_column_reading *column, const mlab_column_finish *finish, size_t row, const char *value,
                                              mlab_severity severity, const char *kind, const char *remedy, const char *sentence, mlab_error *err);
/* "columns: {age: {type: number}}" */
const char *mlab_column_pin(const mlab_column_reading *column, const char *what, char *into, size_t size);
bool mlab_column_code_missing(const mlab_column_reading *column, uint32_t code);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From rows of cells to a typed table: what is stated about a file and its columns, and the reading itself. */
#ifndef MLAB_DATA_READING_H
#define MLAB_DATA_READING_H

#include "core/text.h"
#include "data/dictionary.h"
#include "data/rows.h"
#include "data/settings.h"

typedef enum mlab_reading_type {
    MLAB_READ_FOUND,    /* to be found from the cells */
    MLAB_READ_NUMBER,   /* REAL */
    MLAB_READ_INTEGER,  /* INTEGER */
    MLAB_READ_DATE,     /* DATE */
    MLAB_READ_FACTOR,   /* FACTOR */
    MLAB_READ_TEXT,     /* TEXT */
    MLAB_READ_ID,       /* TEXT, never missing, blanks around it left out, padded when asked */
    MLAB_READ_DURATION, /* REAL, whole days; unit says what the cells count */
    MLAB_READ_EVENT     /* INTEGER 0 or 1 */
} mlab_reading_type;

typedef enum mlab_date_order { MLAB_DATES_FOUND, MLAB_DATES_DMY, MLAB_DATES_MDY, MLAB_DATES_YMD } mlab_date_order;

typedef enum mlab_serials { MLAB_SERIALS_UNSTATED, MLAB_SERIALS_1900, MLAB_SERIALS_1904 } mlab_serials;
typedef enum mlab_zone_rule { MLAB_ZONE_UNSTATED, MLAB_ZONE_AS_WRITTEN, MLAB_ZONE_NEAREST_MIDNIGHT } mlab_zone_rule;

/* What a file's columns share unless a column says otherwise. */
typedef struct mlab_reading_rules {
    char decimal;   /* '.' or ','; 0 = not stated */
    char thousands; /* ',' '.' ' ' '\''; 0 = none */
    mlab_date_order dates;
    mlab_serials serials;        /* of cells that are numbers in a column of dates */
    mlab_zone_rule zone;         /* of moments in another zone */
    const mlab_setting *missing; /* list of texts; NULL = NA and the empty text */
    bool trim;
} mlab_reading_rules;

typedef struct mlab_column_spec {
    const char *name; /* in the table */
    const char *from; /* heading in the file */
    const char *also; /* heading taken, and said, where that one is not there; NULL = none */
    mlab_reading_type type;
    bool optional;             /* a heading that is not there is fine */
    bool filled;               /* a missing cell is a stop */
    const char *filled_remedy; /* the line that settles it; NULL = the file has to be mended */
    bool open_end;             /* DATE: a day far ahead (9999-12-31) is no end: missing */
    bool ordered;              /* FACTOR: levels are a scale */
    bool folded;               /* FACTOR: labels and missing codes are met without case and outer blanks */
    bool makes_arms;           /* FACTOR: its labels become arms, so that a slip of the pen in one is to be decided */
    mlab_reading_rules rules;
    const mlab_setting *levels; /* FACTOR, EVENT: list of labels, or map label: name; NULL = those found */
    const mlab_setting *rename; /* FACTOR: map label: label that it is read as; others stay; NULL = none */
    double low, high;           /* REAL, INTEGER: allowed */
    double days;                /* DURATION: days in one unit */
    size_t pad;                 /* ID: to so many digits with leading zeros; 0 = as written */
    mlab_place place;           /* in the study file */
    const char *pin;            /* role of the file, for the line that pins a guess */
} mlab_column_spec;

typedef struct mlab_file_spec {
    const char *role; /* "people" */
    const char *file; /* as named */
    const char *path; /* to open */
    mlab_rows_options rows;
    const char *sql; /* in the place of a file; NULL = none */
    const char *connection, *folder;
    mlab_reading_rules rules;
    const mlab_column_spec *columns;
    size_t n_columns;
    /* Columns that are only named somewhere (formulas, adjust) or not at all are found by their cells. */
    bool (*named)(const void *user, const char *column); /* NULL = all are */
    const void *user;
    bool drop_unnamed;                 /* checked, but not kept in the table */
    bool drop_duplicates;              /* exact copies of earlier rows are left out */
    bool duplicates_stated;            /* the study says what to do with them */
    const mlab_setting *near_ignoring; /* columns that near-duplicates may differ in; NULL = do not look */
} mlab_file_spec;

typedef struct mlab_reading {
    mlab_table *table;
    mlab_input input;
    bool complete; /* every row could be read */
} mlab_reading;

/* Reads a file into a table: the columns of the spec first, in its order, then the others in the order of the file.
 * Guesses get one line each. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_MEMORY; what is wrong inside becomes findings and the
 * table holds what could be read. */
MLAB_MUST_USE mlab_status mlab_read_file(const mlab_context *context, const mlab_file_spec *spec, mlab_findings *findings, mlab_text *guesses,
                                         mlab_reading *reading, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_read_rows(mlab_rows *rows, const mlab_file_spec *spec, mlab_findings *findings, mlab_text *guesses,
                                         mlab_reading *reading, mlab_error *err);
/* Leaves only the rows with keep[i] != 0. */
void mlab_table_keep_rows(mlab_table *table, const uint8_t *keep);
void mlab_reading_free(const mlab_context *context, mlab_reading *reading);

/* --- what one text can be read as ------------------------------------------------------------------ */

enum {
    MLAB_AS_INTEGER = 1,       /* digits, fits int32, no leading zeros */
    MLAB_AS_NUMBER = 2,        /* a number with a decimal point */
    MLAB_AS_COMMA_NUMBER = 4,  /* a number with a decimal comma */
    MLAB_AS_COMMA_GROUPS = 8,  /* 1,234,567.8: commas between groups of three */
    MLAB_AS_POINT_GROUPS = 16, /* 1.234.567,8 */
    MLAB_AS_ISO = 32,          /* 2024-12-31 */
    MLAB_AS_DMY = 64,
    MLAB_AS_MDY = 128,
    MLAB_AS_YMD = 256,
    MLAB_AS_BLANK_GROUPS = 1024,      /* 1 234 567 */
    MLAB_AS_APOSTROPHE_GROUPS = 2048, /* 1'234'567 */
    MLAB_AS_DATE_SHAPE = 512          /* three numbers as in a date, a real day or not */
};
unsigned mlab_text_readings(const char *text, size_t n);

/* Blanks around the text are left out first; false = it is something else. */
bool mlab_read_number(const char *text, size_t n, char decimal, char thousands, double *value);
/* The day as it is written, with what stands behind it. */
typedef struct mlab_moment {
    int32_t date;
    int32_t second; /* of the day */
    int32_t offset; /* minutes that the zone is ahead of UTC */
    bool zoned;
} mlab_moment;
/* ISO, or day, month and year in the order, divided by '/', '.', '-' or a blank, the month perhaps by its English name; then perhaps a time
 * and a zone. */
bool mlab_read_moment(const char *text, size_t n, mlab_date_order order, mlab_moment *moment);
bool mlab_read_date(const char *text, size_t n, mlab_date_order order, int32_t *date);
/* A day as spreadsheets count them: 45017 = 2023-04-01, or from 1904 on. */
bool mlab_read_serial(const char *text, size_t n, bool since_1904, int32_t *date);
unsigned mlab_date_readings(const char *text, size_t n); /* MLAB_AS_DATE_SHAPE and so on of a trimmed text */
void mlab_trim(const char **text, size_t *n);
/* One of the missing codes? */
bool mlab_is_missing(const mlab_setting *codes, const char *text, size_t n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One options table: every key of the study file and every flag of the command line is one row. The rows give
 * defaults, validation, command line, study file, help, manual page and provenance. Each folder keeps its rows in
 * src/<folder>/options.c; study joins them. */
#ifndef MLAB_CORE_OPTIONS_H
#define MLAB_CORE_OPTIONS_H

#include "mentorlab/core.h"

#define MLAB_DAYS_PER_MONTH 30.4375
#define MLAB_DAYS_PER_YEAR 365.25

typedef enum mlab_option_type {
    MLAB_OPTION_FLAG,     /* bool: yes, no, true, false */
    MLAB_OPTION_INTEGER,  /* int64_t */
    MLAB_OPTION_NUMBER,   /* double */
    MLAB_OPTION_TEXT,     /* const char *, kept by the settings */
    MLAB_OPTION_CHOICE,   /* int, place in `choices` */
    MLAB_OPTION_DATE,     /* int32_t mlab_date */
    MLAB_OPTION_DURATION, /* double, in days: "18 months", "4 quarters", "2 years", "90 days" */
    MLAB_OPTION_LIST,     /* a sequence of texts, or one text; read through the settings */
    MLAB_OPTION_MAP,      /* a mapping whose keys are other rows or free names; read through the settings */
    MLAB_OPTION_ANY       /* text, list or map; read through the settings */
} mlab_option_type;

typedef enum mlab_option_mark {
    MLAB_OPTION_REQUIRED = 1,  /* an error when absent from a map that is present */
    MLAB_OPTION_DECIDES = 2,   /* decides numbers: part of a stage's key and of the provenance */
    MLAB_OPTION_NOT_BUILT = 4, /* read and answered with "not built yet", a located stop */
    MLAB_OPTION_NO_STRUCT = 8  /* has no field in a struct */
} mlab_option_mark;

typedef struct mlab_option {
    const char *key;      /* path in the study file, '.' between keys, '*' for a free name: "outcomes.*.formula" */
    const char *flag;     /* command line flag without "--", NULL = none */
    const char *commands; /* commands that take the flag, separated by blanks; NULL = all that run stages */
    mlab_option_type type;
    size_t offset;        /* of the field in its folder's options struct; unused with MLAB_OPTION_NO_STRUCT */
    const char *fallback; /* default as the user would write it; NULL = no default */
    double low, high;     /* allowed range, INTEGER, NUMBER, DURATION (days); both 0 = no limit, INFINITY = none on that side */
    const char *choices;  /* CHOICE: names separated by '|' */
    const char *unit;     /* "" = none */
    const char *help;     /* one line */
    unsigned marks;       /* mlab_option_mark */
} mlab_option;

/* Reads text by a row into *value (of the row's C type; TEXT stores the pointer `text`). Errors: MLAB_ERR_OPTION with
 * what was found and what is allowed. LIST, MAP and ANY are not read here (MLAB_ERR_ARGUMENT). */
MLAB_MUST_USE mlab_status mlab_option_read(const mlab_option *option, const char *text, void *value, mlab_error *err);

/* Sets every field of `into` that the n rows describe to its default. Rows with '*' in the key, LIST, MAP, ANY and
 * MLAB_OPTION_NO_STRUCT have no field. A row without a default sets "absent": false, INT64_MIN, NaN, NULL, choice -1,
 * MLAB_DATE_MISSING. */
MLAB_MUST_USE mlab_status mlab_options_default(const mlab_option *rows, size_t n, void *into, mlab_error *err);

/* Checks every field against its row. Errors: MLAB_ERR_OPTION, key, found, allowed. */
MLAB_MUST_USE mlab_status mlab_options_check(const mlab_option *rows, size_t n, const void *from, mlab_error *err);

/* Bytes of the row's field, 0 when it has none. */
size_t mlab_option_size(const mlab_option *option);

/* "0 to 1", "none|random|optimal", "yes or no": what the row allows, for messages and help. */
const char *mlab_option_allowed(const mlab_option *option, char *into, size_t size);

#endif

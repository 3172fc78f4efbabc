/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file is, and what its columns mean: found from headings, cells and the layouts in models/layouts. */
#ifndef MLAB_DATA_RECOGNISE_H
#define MLAB_DATA_RECOGNISE_H

#include "data/dictionary.h"
#include "data/reading.h"

/* --- layouts ------------------------------------------------------------------------------------------ */

typedef struct mlab_layouts {
    const mlab_context *context;
    mlab_settings **files; /* [n]; the first one holds the words of plain tables */
    size_t n;
} mlab_layouts;

/* Reads models/layouts/registry.yaml and the files it lists. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_DATA_SYNTAX (with the place
 * of what is wrong), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_layouts_read(const mlab_context *context, mlab_layouts *layouts, mlab_error *err);
void mlab_layouts_free(mlab_layouts *layouts); /* safe after a failed read */
/* Does the label hold one of the words of labels.<name> (of plain tables, or of the layout, which may be NULL), or is it such a word when
 * `whole`? */
bool mlab_layouts_label(const mlab_layouts *layouts, const mlab_settings *layout, const char *name, const char *label, bool whole);

/* A heading or label for comparing: words of small letters and digits divided by one blank; "RecordedDate" and "RECORDED_DATE" are
 * "recorded date"; bytes beyond ASCII stay. Cut at `size`. */
void mlab_plain_words(const char *text, char *into, size_t size);
/* Equal but for blanks, both in plain words. */
bool mlab_same_words(const char *a, const char *b);

/* --- what stands in a file -------------------------------------------------------------------------------- */

enum { MLAB_PROFILE_MOST_DISTINCT = 200000, MLAB_PROFILE_MOST_LABELS = 40 };

typedef struct mlab_profile {
    char *heading, *question; /* question: of the second row of headings, "" = none */
    char words[128];          /* the heading in plain words */
    uint64_t filled, numbers, whole, commas, points, shapes, iso, dmy, mdy, ymd, timed, emails, bracketed, digits;
    uint64_t zeros;         /* digits with a leading zero */
    size_t longest;         /* of texts of digits, those in brackets included */
    int32_t first, last;    /* days, open ends left out; MLAB_DATE_MISSING = none */
    mlab_dictionary values; /* distinct texts, blanks around them left out; n > MOST_DISTINCT are not kept */
} mlab_profile;

typedef enum mlab_file_role {
    MLAB_FILE_UNKNOWN,
    MLAB_FILE_PEOPLE,
    MLAB_FILE_HISTORY,
    MLAB_FILE_PROMOTIONS,
    MLAB_FILE_SURVEYS,
    MLAB_FILE_RELATIONSHIPS,
    MLAB_FILE_SNAPSHOTS, /* who is there, on one day or several */
    MLAB_FILE_RATINGS,
    MLAB_FILE_MEETINGS,
    MLAB_FILE_TRAINING,
    MLAB_FILE_GOALS,
    MLAB_FILE_CROSSWALK,
    MLAB_FILE_PERSONS, /* a table of persons: how long, whether it ended so, in which group */
    MLAB_N_FILE_ROLES
} mlab_file_role;
extern const char *const mlab_file_role_names[MLAB_N_FILE_ROLES];

enum { MLAB_MOST_MEANINGS = 24 };
typedef enum mlab_need { MLAB_NEED_ANY, MLAB_NEED_ID, MLAB_NEED_DATE, MLAB_NEED_LABEL, MLAB_NEED_NUMBER, MLAB_NEED_EMAIL } mlab_need;
typedef struct mlab_meaning {
    const char *name;
    mlab_need need;
    double weight; /* what a column of this meaning tells of the file's role */
    bool required;
} mlab_meaning;
const mlab_meaning *mlab_meanings_of(mlab_file_role role, size_t *n);
enum { MLAB_HISTORY_REASON = 4, MLAB_HISTORY_EVENT = 5 }; /* among the meanings of a job history */

typedef struct mlab_known_file {
    const mlab_context *context;
    char *path, *name; /* name: without folders; of a workbook with several sheets also the sheet: jobs.xlsx, sheet "2024" */
    char *sheet;       /* NULL = the file has one table */
    char delimiter;
    bool merged; /* cells of the data are merged */
    bool stated; /* the user said what it is */
    uint64_t n_rows;
    mlab_profile *columns; /* [n_columns] */
    size_t n_columns;
    mlab_file_role role;
    const mlab_settings *layout;             /* NULL = plain table; belongs to the layouts */
    int column_of[MLAB_MOST_MEANINGS];       /* of each meaning of the role; -1 = none */
    const char *word_of[MLAB_MOST_MEANINGS]; /* the word that the heading matched; "" = found by its cells */
    int *scale_of;                           /* [n_columns] of the scale of answers, -1 = none; -2 = numbers 1 to 5, -3 = 1 to 7 */
    double score;
    char id_words[128]; /* heading of the ids in the list of people, in plain words; "" = not known yet */
} mlab_known_file;

/* Reads the file, or the sheet of it (NULL = the file's own choice), at most 300,000 rows, and finds out what it is. What is wrong with the file
 * becomes findings, and then the role is UNKNOWN. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_recognise(const mlab_context *context, const mlab_layouts *layouts, const char *path, const char *sheet,
                                         mlab_findings *findings, mlab_known_file *file, mlab_error *err);
void mlab_known_file_free(mlab_known_file *file);
/* Once more, knowing what ids are headed in the list of people. */
void mlab_recognise_again(const mlab_layouts *layouts, mlab_known_file *file, const char *id_words);
void mlab_recognise_as(const mlab_layouts *layouts, mlab_known_file *file, mlab_file_role role);
/* Ids of a meaning, and what people's columns hold, by the cells alone. */
void mlab_recognise_ids(mlab_known_file *file, size_t meaning);
void mlab_recognise_cells(mlab_known_file *file);
int mlab_known_column(const mlab_known_file *file, const char *meaning);            /* -1 = none */
const char *mlab_known_heading(const mlab_known_file *file, const char *meaning);   /* NULL = none */
bool mlab_known_by_question(const mlab_known_file *file, const char *meaning);      /* the word stands in the question, not in the heading */
bool mlab_known_by_whole_heading(const mlab_known_file *file, const char *meaning); /* the heading is the word and nothing else */
/* What the shape of the table says against the role: 0 = it cannot be, 1 = fine, more = for it. */
double mlab_recognise_shape(const mlab_known_file *file);
/* Why a file of unknown kind is none of the known ones, in one sentence of at most `size` bytes. */
void mlab_recognise_why_not(const mlab_layouts *layouts, mlab_known_file *file, char *into, size_t size);
const mlab_setting *mlab_known_setting(const mlab_known_file *file, const char *key); /* of the layout's block for the role; NULL = none */
bool mlab_profile_is_date(const mlab_profile *column);
bool mlab_profile_is_email(const mlab_profile *column);
bool mlab_profile_day(const mlab_profile *column, uint32_t value, int32_t *day); /* of a distinct text of a column of days; false = none */
bool mlab_profile_is_bracketed(const mlab_profile *column);                      /* "Jane Doe (00123456)" */

/* The profile of rows; columns [n_columns] zeroed. */
MLAB_MUST_USE mlab_status mlab_profile_rows(mlab_rows *rows, mlab_profile *columns, mlab_error *err);
/* The scale of answers that a column holds, as in scale_of. */
int mlab_profile_scale(const mlab_layouts *layouts, const mlab_profile *column);
void mlab_profile_free(const mlab_context *context, mlab_profile *column);

/* --- links ------------------------------------------------------------------------------------------------ */

typedef struct mlab_link_evidence {
    uint64_t distinct, as_written, with_take, with_zeros; /* each counts what the ones before it do */
} mlab_link_evidence;
/* How many of the distinct texts of a column are ids of the other: as written (case aside), by the digits in brackets, and with leading
 * zeros made equal. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_link_columns(const mlab_context *context, const mlab_profile *from, const mlab_profile *to,
                                            mlab_link_evidence *evidence, mlab_error *err);

#endif

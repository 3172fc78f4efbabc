/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of reading surveys share while they are read. */
#ifndef MLAB_DATA_SURVEYS_H
#define MLAB_DATA_SURVEYS_H

#include "data/measures.h"

/* One file, with the rows that count. */
typedef struct mlab_survey_part {
    mlab_table *table;
    uint32_t *rank; /* [n_rows] of its person; NULL = not linked */
    size_t n_rows;
    int32_t day; /* of the wave; MLAB_DATE_MISSING = every row has its own */
    uint64_t unfinished;
} mlab_survey_part;

typedef struct mlab_surveying {
    const mlab_setting *waves; /* map day: file; NULL = one file with days */
    const char *group;         /* heading of the column of groups, when no key leads to people; NULL = none */
    bool anonymous;
    mlab_measure_specs measures;
    size_t *made; /* [measures made] which of the specs */
    mlab_survey_part *parts;
    size_t n_parts, parts_capacity;
    uint32_t *rank; /* [rows of all] */
} mlab_surveying;

/* An answer of a person on a day, in a row of the answers. */
typedef struct mlab_survey_answer {
    uint32_t person, row;
    int32_t date;
} mlab_survey_answer;
/* Orders them by person, then day, then row. */
int mlab_by_survey_answer(const void *a, const void *b);
/* Sorted answers of people, the waves, and how well items hang together (survey_waves.c). */
MLAB_MUST_USE mlab_status mlab_survey_take_answers(mlab_loading *l, mlab_surveying *s, mlab_error *err);
/* Waves from days: what is stated, else days that are no more than 30 apart are one wave; days [n] in any order, 0 unused. */
MLAB_MUST_USE mlab_status mlab_survey_find_waves(mlab_loading *l, const mlab_surveying *s, const int32_t *days, size_t n, mlab_error *err);
/* Scores by group and wave alone (survey_groups.c). */
MLAB_MUST_USE mlab_status mlab_survey_take_groups(mlab_loading *l, mlab_surveying *s, mlab_error *err);
/* A finding at a row of all answers, told in the file that it stands in. */
MLAB_MUST_USE mlab_status mlab_survey_say(const mlab_loading *l, const mlab_surveying *s, mlab_severity severity, const char *kind, size_t row,
                                          const char *column, const char *value, const char *remedy, mlab_error *err, const char *sentence);

#endif

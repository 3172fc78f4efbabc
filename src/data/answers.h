/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a study can answer before any model: per outcome and arm the people, events, person-years, and the smallest
 * difference from the reference that would likely be seen. */
#ifndef MLAB_DATA_ANSWERS_H
#define MLAB_DATA_ANSWERS_H

#include "mentorlab/data.h"

#define MLAB_ANSWERABLE_NOT (-1.0) /* no smallest difference: too few events or people */
#define MLAB_ANSWERABLE_LEAST 5    /* events, or people with answers, in each of the two arms */

typedef struct mlab_answerable_arm {
    const char *name;            /* lives with the data */
    uint64_t people;             /* with time at risk, or with an answer, in this arm */
    uint64_t asked;              /* people with any time in this arm */
    uint64_t events;             /* events, or answers (a person may give several) */
    double years;                /* person-years at risk; 0 for answers, and for times whose unit is not days */
    double mean, sd;             /* of the answers, levels counted 1, 2, ...; 0 for events */
    uint64_t invited, replied;   /* answers: times that people of this arm were asked, and answered; invited 0 = not known */
    double raw;                  /* difference from arm 0: of the share with the event within 12 months, or of the mean */
    double if_reference, if_arm; /* the same if all time (or answers) of unknown arm were arm 0, or were this arm */
    double seen;                 /* smallest difference from arm 0 likely to be seen: of the share with the event within 12 months, or of
                                  * the mean; 0 for arm 0, MLAB_ANSWERABLE_NOT when it cannot be said */
} mlab_answerable_arm;

typedef struct mlab_answerable {
    const char *outcome; /* "retention", "promotion", "satisfaction"; lives with the data */
    bool event;
    bool leaves;               /* the event is leaving: an exit of the panel, by whatever name, or what the study says */
    mlab_answerable_arm *arms; /* [n_arms] */
    int32_t n_arms;
    mlab_answerable_arm rest; /* what nobody says the arm of; its name is NULL */
    bool bounded;             /* there is such a rest: if_reference and if_arm are there where `seen` is */
    uint64_t unknown;         /* people with time at risk, or with an answer, while nothing says in which arm; they are in no count of it */
} mlab_answerable;

typedef struct mlab_answerables {
    const mlab_context *context;
    mlab_answerable *items; /* [n] */
    size_t n;
} mlab_answerables;

/* Columns of an outcome of a person-level study. */
typedef struct mlab_answer_columns {
    const char *outcome; /* its name; lives as long as the answers */
    const char *start;   /* days at entry, NULL = 0 */
    const char *time;    /* days at the event or the end; NULL = `event` holds answers */
    const char *event;   /* 0 or 1 or two levels, or answers: numbers or labels */
    bool leaves;         /* the event is leaving */
    const char *cause;   /* of a status of several events the level that counts, "" = the first of them; NULL = the status has two levels */
} mlab_answer_columns;

/* For a panel all its outcomes (columns may be NULL), for a person-level study the one of these columns. Errors: MLAB_ERR_DATA_COLUMN,
 * MLAB_ERR_DATA_TYPE, MLAB_ERR_FIT_RESPONSE (a status that does not say which of its values is no event), MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_answers(const mlab_context *context, const mlab_data *data, const mlab_answer_columns *columns,
                                       mlab_answerables *answers, mlab_error *err);
void mlab_answerables_free(mlab_answerables *answers); /* safe after a failure and twice */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading hands to the panel builder: everything is parsed, linked and ranked; what is left is time.
 *
 *   people.csv ─────┐  ids, attributes                                     [n_people] by rank
 *   (or history, ───┤  spells: from, to, cause, grade                      sorted by person, from
 *   or snapshots)   ┤  states: department, manager, ... as they change     sorted by person, date
 *   promotions.csv ─┤  person, date, to                                    sorted by person, date
 *   surveys.csv ────┤  person, date, measures                              sorted by person, date
 *   pairs.csv ──────┘  mentor, mentee, start, end, row of its table        sorted by start, mentor, mentee
 *                      + spec (grid, arms, exposure) ──► mlab_panel_build ──► mlab_panel
 *
 * Reading has found and reported: bad cells, unlinked ids, promoted before hire, mentoring oneself, left before hired.
 * Rows that cannot be used (their finding is a stop) never come here. The simple form (hired, left, grade at hire) is one spell a
 * person and no states.
 *
 * Days: what begins (employment, a relationship) begins in the morning of its day; what happens (promotion, exit, answer, the
 * end of a relationship) happens in its evening. The grid covers the days from .. to, both included: quarter 0 of a panel from
 * 2021-01-01 is the row (2020-12-31, 2021-03-31], its state that of the morning of 2021-01-01. A change of grade or of another
 * state counts from the day after its own, as a promotion does: a raise that comes with a promotion cannot foretell it. What
 * stands on the first day of a spell is there from the start. See docs/panel.md. */
/* Decided for the whole house (rule 4, docs/architecture.md): promotion is evaluated first in a period, on everyone at risk at its
 * start, then the exits. So the days of promotion do not end with an exit of the same period; generated firms, the simulator, true
 * contrasts and comparisons draw a promotion before the exits of its period and lose none to them. Change all five or none. */
#ifndef MLAB_DATA_PANEL_BUILD_H
#define MLAB_DATA_PANEL_BUILD_H

#include "mentorlab/data.h"

#define MLAB_NO_PERSON UINT32_MAX /* a mentor who is not in the people file (accepted by the study) */

/* Why somebody's time ended. */
enum {
    MLAB_CAUSE_STAYS = -1,  /* no exit: `left` is missing */
    MLAB_CAUSE_CENSORS = -2 /* left for a reason that ends their study time without being an event (retirement, transfer, ...) */
};

/* A stay: somebody is there from the morning of `from` until the evening of `to`. */
typedef struct mlab_panel_spell {
    uint32_t person;     /* rank */
    int32_t from;        /* first day; never missing */
    int32_t to;          /* last day, >= from; MLAB_DATE_MISSING = still there */
    int32_t cause;       /* of its end: index into causes, or MLAB_CAUSE_STAYS, MLAB_CAUSE_CENSORS */
    int32_t since;       /* day on which tenure begins to count: `from`, or earlier by the days of earlier stays */
    int32_t grade;       /* code of the grade on the first day, -1 = missing */
    int32_t grade_since; /* date in whose evening that grade began: the day before `from`, or earlier */
} mlab_panel_spell;

/* Days that are not at risk of any event, from .. to: a leave, where the study says so. No event falls on one of them. */
typedef struct mlab_panel_leave {
    uint32_t person; /* rank */
    int32_t from, to;
} mlab_panel_leave;

/* States that change in time: row[k] of the table is how the person is from the evening of date[k] on (on the first day of a
 * spell: from the start), until their next change. */
typedef struct mlab_panel_states {
    const mlab_table *table;   /* NULL = none */
    size_t n;                  /* changes, sorted by person, date; the last of a day counts */
    const uint32_t *person;    /* [n] rank */
    const int32_t *date;       /* [n] */
    const uint32_t *row;       /* [n] row of the table */
    const char *const *names;  /* [n_names] columns of the table that go into the panel */
    const char *const *clocks; /* [n_names] a column that counts the months since the state changed; NULL = none of that name */
    size_t n_names;
} mlab_panel_states;

typedef struct mlab_panel_people {
    const mlab_table *table;        /* [n_people] rows in the order of the file */
    uint32_t n;                     /* ids are distinct */
    const char *const *ids;         /* [n] by rank, in byte order */
    const uint32_t *row;            /* [n] row of the table of each rank */
    const mlab_panel_spell *spells; /* [n_spells] sorted by person, from; those of one person do not overlap */
    size_t n_spells;
    const mlab_panel_leave *leaves; /* [n_leaves] sorted by person, from; those of one person do not overlap */
    size_t n_leaves;
    const mlab_panel_states *states; /* NULL = none */
    const char *const *causes;       /* [n_causes] "voluntary", "involuntary"; "exit" alone when no reasons are given */
    int32_t n_causes;                /* >= 1 when anybody's exit can be seen, else 0: no exit outcome */
    const char *const *grades;       /* [n_grades] labels from low to high; the last is the top grade, not at risk of promotion */
    int32_t n_grades;                /* 0 = no grades */
    bool grade_is_number;            /* every label is an integer: the panel's column is INTEGER with grade_value, else an ordered FACTOR */
    const int32_t *grade_value;      /* [n_grades] when grade_is_number */
    const char *const *attributes;   /* [n_attributes] columns of the table that go into the panel as they are */
    size_t n_attributes;
} mlab_panel_people;

/* Is a change of grade the event promotion? */
typedef enum mlab_panel_counting {
    MLAB_COUNTS_UPWARD, /* when it leads to a higher grade (or there are no grades) */
    MLAB_COUNTS_ALWAYS, /* the study's rule says that it is one */
    MLAB_COUNTS_NEVER   /* the study's rule says that it is none: it sets the grade, the clock of the grade runs on */
} mlab_panel_counting;

enum { MLAB_GRADE_ONE_UP = -1, MLAB_GRADE_UNKNOWN = -2 };

typedef struct mlab_panel_promotion {
    uint32_t person; /* rank */
    int32_t date;    /* inside a spell */
    int32_t to;      /* code of the grade after, MLAB_GRADE_ONE_UP (or not known, when there are no grades), MLAB_GRADE_UNKNOWN */
    uint64_t line;
    mlab_panel_counting counting;
} mlab_panel_promotion;

typedef struct mlab_panel_surveys {
    const mlab_table *table;     /* NULL = none */
    size_t n;                    /* usable answers, sorted by person, date, row */
    const uint32_t *person;      /* [n] rank */
    const int32_t *date;         /* [n] */
    const uint32_t *row;         /* [n] row of the table */
    const char *const *measures; /* [n_measures] columns of the table: ordered FACTOR or REAL (or INTEGER) */
    size_t n_measures;
} mlab_panel_surveys;

typedef struct mlab_panel_relationships {
    const mlab_table *table;  /* the file's columns, for the arms' filters; NULL = none */
    mlab_relationship *items; /* [n] sorted by start, mentor, mentee; the builder sets kind and prevalent */
    const uint32_t *row;      /* [n] row of the table */
    size_t n;
    const size_t *meeting_first; /* [n + 1] each one's days of meetings in meeting_day, ascending; NULL = no meetings are recorded */
    const int32_t *meeting_day;
    int32_t known_from, known_to; /* the days that the records cover; outside, time with no relationship is unknown;
                                   * MLAB_DATE_MISSING = always */
} mlab_panel_relationships;

/* One arm other than the reference. A relationship belongs to the first arm whose filter it passes. */
typedef struct mlab_panel_arm {
    const char *name;
    const char *filter;    /* expression over the relationships' columns; "" = every relationship */
    mlab_place place;      /* of the filter in the study file */
    const char *met;       /* column with the number of meetings; "" = not asked */
    double least_meetings; /* with met: those that met at least so often */
    bool not_related;      /* no relationship belongs to it, whatever the filter: its source is another */
    bool met_dated;        /* the meetings' days are known: the arm begins with the meeting that makes it count, not before */
} mlab_panel_arm;

/* What a source other than the relationships says of a person and an arm: from the morning of `from` until the evening of `to` they are
 * in it, or are not. An `in` begins the exposure; after its `to` nothing is said. */
typedef struct mlab_panel_exposure {
    uint32_t person; /* rank */
    int32_t arm;     /* index into the spec's arms */
    int32_t from;    /* never missing */
    int32_t to;      /* MLAB_DATE_MISSING = open */
    bool in;
    int32_t began; /* of an `in`: the day on which it began, <= from: earlier where it is only known from `from` on */
} mlab_panel_exposure;

typedef struct mlab_panel_exposures {
    const mlab_panel_exposure *items; /* [n] sorted by person */
    size_t n;
    const uint8_t *asked; /* [n_arms] 1 = a source speaks of the arm: where it says nothing the arm is unknown */
} mlab_panel_exposures;

/* A column of the panel that adds up what was recorded of a person: scale times the sum of the values dated up to the evening before a
 * row begins, of the last `window` days (0 = ever). */
typedef struct mlab_panel_record {
    const char *name, *unit;
    size_t n;               /* sorted by person, date */
    const uint32_t *person; /* [n] rank */
    const int32_t *date;    /* [n] */
    const double *value;    /* [n] */
    int32_t window;         /* days */
    double scale;
} mlab_panel_record;

typedef struct mlab_panel_spec {
    int32_t months_per_period; /* 1, 3, 6 or 12 */
    int32_t from, to;          /* of the grid; never missing, from < to */
    int32_t as_of;             /* nothing after it counts as having happened; never missing */
    const char *reference;     /* name of the arm of those without a relationship: "none" */
    const mlab_panel_arm *arms;
    size_t n_arms;
    bool both_separate;                    /* a second arm makes the arm "both"; else the first of priority wins */
    const int32_t *priority;               /* [n_arms] indexes into arms, when not both_separate */
    bool exposure_current;                 /* false: stays in the arm from the start on; true: level "past" after the end */
    bool split_exact;                      /* cut rows at the day of a change */
    const mlab_panel_exposures *exposures; /* beside the relationships; NULL = none */
    int32_t fill_unknown;             /* 0 = an unknown arm stays unknown; k > 0 = it counts as the arm of code k - 1 (a bound, not an estimate) */
    const mlab_panel_record *records; /* [n_records] */
    size_t n_records;
    const char *promotions_file; /* for the places of notes; NULL = none */
} mlab_panel_spec;

/* Makes the panel of everybody who is there for some of from .. to. Adds notes to findings (prevalent relationships, time with
 * unknown arm, events outside the grid). Errors: MLAB_ERR_DATA_FORMULA (a filter, with its place), MLAB_ERR_DATA_COLUMN,
 * MLAB_ERR_DATA_EMPTY (nobody has a row), MLAB_ERR_OVERFLOW, MLAB_ERR_MEMORY. *panel NULL on failure. */
MLAB_MUST_USE mlab_status mlab_panel_build(const mlab_context *context, const mlab_panel_people *people, const mlab_panel_promotion *promotions,
                                           size_t n_promotions, const mlab_panel_surveys *surveys, mlab_panel_relationships *relationships,
                                           const mlab_panel_spec *spec, mlab_findings *findings, mlab_panel **panel, mlab_error *err);

#endif

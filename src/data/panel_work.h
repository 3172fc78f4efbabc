/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the panel builder share while a panel is made. */
#ifndef MLAB_DATA_PANEL_WORK_H
#define MLAB_DATA_PANEL_WORK_H

#include "data/panel_build.h"

/* What a relationship means for its mentee's arm, when it is not an arm's code (1 .. n_arms). */
enum {
    MLAB_TIE_NO_ARM = -1, /* passes no arm's filter */
    MLAB_TIE_UNMET = -2,  /* passes a filter but met too seldom: as if it had never been */
    MLAB_TIE_UNCLEAR = -3 /* a missing value leaves it open */
};

enum { MLAB_PANEL_BLOCK = 1024, MLAB_PANEL_FILL_BLOCK = 65536 }; /* people, and rows, a parallel block */

/* Pointers into the columns of panel->rows; missing is allocated for those that may lack values. */
typedef struct mlab_panel_columns {
    int32_t *arm, *grade, *mentoring, *promoted, *exit, *period, *since; /* grade, promoted, exit: NULL when there are none */
    uint8_t *arm_missing, *grade_missing, *promoted_missing, *exit_missing;
    double *tenure, *time_in_grade; /* time_in_grade: NULL without grades and promotions */
} mlab_panel_columns;

typedef struct mlab_panel_work {
    const mlab_context *context;
    const mlab_panel_people *people;
    const mlab_panel_promotion *promotions;
    size_t n_promotions;
    const mlab_panel_surveys *surveys;
    mlab_panel_relationships *relationships;
    const mlab_panel_spec *spec;
    int32_t *boundaries; /* [n_periods + 1] period q covers the days boundaries[q] + 1 .. boundaries[q + 1] */
    int32_t n_periods;
    int32_t last;            /* the last day of any row: the earlier of to and as_of */
    size_t *spell_first;     /* [people + 1] into people->spells */
    size_t *leave_first;     /* [people + 1] */
    size_t *state_first;     /* [people + 1] */
    size_t *promotion_first; /* [people + 1] */
    size_t *answer_first;    /* [people + 1] */
    size_t *mentee_first;    /* [people + 1] into mentee_ties */
    size_t *mentor_first;
    uint32_t *mentee_ties; /* indexes of relationships by mentee, then start */
    uint32_t *mentor_ties;
    int32_t *meaning;       /* [relationships] arm's code or MLAB_TIE_* */
    int32_t *begins;        /* [relationships] first day of the exposure: the start, or the meeting that makes it count */
    int32_t *ends;          /* [relationships] last day: of the record, or when one of the two leaves; INT32_MAX = none */
    size_t *exposure_first; /* [people + 1] */
    size_t *row_first;      /* [people + 1] */
    mlab_panel *panel;
    mlab_panel_columns columns;
    mlab_panel_event *promotion, *exit; /* NULL when there are none */
} mlab_panel_work;

/* One spell of a person while its rows are walked. */
typedef struct mlab_panel_walk {
    const mlab_panel_spell *spell;
    uint32_t person;
    int32_t start, end; /* its rows cover start + 1 .. end; start >= end: none */
    int32_t q;          /* period of the next row */
} mlab_panel_walk;

/* panel_index.c: boundaries, indexes, meaning and ends; panel_work_free releases them. */
MLAB_MUST_USE mlab_status mlab_panel_index(mlab_panel_work *work, mlab_findings *findings, mlab_error *err);
void mlab_panel_work_free(mlab_panel_work *work);
/* panel_arms.c: in the morning of start + 1. The arm's code, -1 = unknown; has somebody to mentor; is exposed since time_zero or before. */
int32_t mlab_panel_arm_at(const mlab_panel_work *work, uint32_t person, int32_t start);
bool mlab_panel_mentors_at(const mlab_panel_work *work, uint32_t person, int32_t start);
bool mlab_panel_is_prevalent(const mlab_panel_work *work, uint32_t person, int32_t time_zero);
/* panel_rows.c */
mlab_panel_walk mlab_panel_walk_start(const mlab_panel_work *work, const mlab_panel_spell *spell);
/* The stop of the row that begins at walk->start; moves walk->q to its period first. */
int32_t mlab_panel_walk_stop(const mlab_panel_work *work, mlab_panel_walk *walk);
MLAB_MUST_USE mlab_status mlab_panel_fill(mlab_panel_work *work, mlab_error *err);
/* panel_columns.c: the empty panel with all columns; then attributes and answers, which need only person and dates. */
MLAB_MUST_USE mlab_status mlab_panel_make_columns(mlab_panel_work *work, size_t n_rows, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_panel_fill_columns(mlab_panel_work *work, mlab_error *err);
void mlab_panel_copy_value(const mlab_column *from, size_t source, mlab_column *to, size_t row);
/* A column of the panel like `from`, with room for missing ones. */
MLAB_MUST_USE mlab_status mlab_panel_add_like(mlab_panel_work *work, const char *name, const mlab_column *from, mlab_error *err);
/* panel_states.c: the states that change in time, and the clocks that count from their changes */
MLAB_MUST_USE mlab_status mlab_panel_fill_states(mlab_panel_work *work, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_panel_fill_records(mlab_panel_work *work, mlab_error *err); /* panel_records.c */
/* panel_findings.c */
MLAB_MUST_USE mlab_status mlab_panel_note(const mlab_panel_work *work, mlab_findings *findings, mlab_error *err);

#endif

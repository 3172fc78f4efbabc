/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of gains: the rows that a fold leaves to be fitted, and what a fit tells of each person. */
#ifndef MLAB_MATCH_GAINS_H
#define MLAB_MATCH_GAINS_H

#include "mentorlab/gains.h"

/* The panel with two arms alone; the rows of a fold are hidden by an unknown arm. */
typedef struct mlab_gain_rows {
    const mlab_context *context;
    mlab_data data; /* of it the panel alone is changed */
    mlab_panel panel;
    mlab_table *table;    /* borrows the panel's rows but for the arm */
    int32_t *code;        /* [rows] of the arm: 0 against, 1 arm, -1 neither */
    uint8_t *missing;     /* [rows] of the arm's column, to be changed */
    uint8_t *fold;        /* [ids] */
    mlab_outcome outcome; /* with the formula and the one cause that is told */
    char *cause;
    char *formula;
} mlab_gain_rows;
MLAB_MUST_USE mlab_status mlab_gain_rows_make(const mlab_context *context, const mlab_data *data, const mlab_gains_ask *ask, const char *arm,
                                              const char *against, int32_t folds, mlab_gain_rows *rows, mlab_error *err);
void mlab_gain_rows_free(mlab_gain_rows *rows);
/* Fits with the people of a fold hidden; -1 = nobody. Errors: MLAB_ERR_MATCH_GAINS where the fit is not trusted. */
MLAB_MUST_USE mlab_status mlab_gain_rows_fit(mlab_gain_rows *rows, int32_t fold, const mlab_fit_options *options, mlab_fit **fit, mlab_error *err);

/* People today in each of the two arms, and as time goes on. */
typedef struct mlab_gain_people {
    const mlab_context *context;
    mlab_table *tables[2];              /* against, arm */
    mlab_column *clocks[2][4], *now[4]; /* tenure, time_in_grade, since, period: in each table, and today; NULL = not there */
    size_t n;
    int32_t steps; /* periods of the horizon, 1 for an outcome without one */
    int32_t months_per_period;
    double sign; /* of a difference, to points: times 100 for shares, -1 where less is better */
} mlab_gain_people;
MLAB_MUST_USE mlab_status mlab_gain_people_make(const mlab_context *context, const mlab_table *people, const mlab_panel *panel,
                                                const mlab_gain_rows *rows, int32_t months, mlab_gain_people *made, mlab_error *err);
void mlab_gain_people_free(mlab_gain_people *people);

/* known [n]: narrowed to those whom the fit can tell. */
MLAB_MUST_USE mlab_status mlab_gain_known(const mlab_gain_people *people, const mlab_fit *fit, uint8_t *known, mlab_error *err);
/* gain [m] and its slope [m * parameters] of the people rows [m]. */
MLAB_MUST_USE mlab_status mlab_gain_predict(mlab_gain_people *people, const mlab_fit *fit, const uint32_t *rows, size_t m, double *gain,
                                            double *slope, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One outcome to compare: its rows, its model, and what the model says had everyone been in an arm. */
#ifndef MLAB_COMPARE_TASK_H
#define MLAB_COMPARE_TASK_H

#include "compare/cohort.h"

typedef enum mlab_task_kind {
    MLAB_TASK_EXIT,   /* competing causes of leaving; the target is one of them */
    MLAB_TASK_FIRST,  /* first event of a kind that does not end the time at risk; exits compete */
    MLAB_TASK_ANSWERS /* survey answers */
} mlab_task_kind;

/* Levels (shares or means) of a task are level[(arm * n_horizons + horizon) * n_stats + stat]; stat 0 = share with the event, mean,
 * or share satisfied (yes_no); stat 1 = share satisfied (ordinal). */
typedef struct mlab_task {
    const mlab_cohort *cohort;
    const mlab_outcome *outcome;
    mlab_task_kind kind;
    bool weighted;                        /* no covariates in the model, weights in the rows */
    size_t target;                        /* block of the event counted */
    const mlab_panel_event *event, *exit; /* of the panel; NULL for answers and person-level data */
    const mlab_column *column;            /* of the answers */
    mlab_hazard main, leaving;            /* leaving: of FIRST, when the panel has exits */
    bool has_leaving;
    mlab_answers answers;
    double *basis, *leaving_basis;
    uint32_t *row, *leaving_row; /* cohort row of each row of main (or answer) and of leaving; only when weighted */
    uint8_t *eligible;           /* [n_people] counts in the average; NULL = all */
    size_t n_stats, n_main, n_leaving;
    double *estimate;                          /* [n_main + n_leaving] */
    double *information, *leaving_information; /* [n_main^2], [n_leaving^2] at the estimate */
    bool converged;
    int32_t satisfied_from; /* first level that counts, after closing up */
    double *score;          /* [n_levels] what a level counts in the mean: 1 for the worst of the scale */
    double spread;          /* standard deviation of the answers */
    size_t n_horizons;
    const int32_t *horizon; /* [n_horizons] periods; for answers the time of the last wave before each, -1 = none */
    int32_t *wave;          /* those of answers */
    /* by arm */
    uint64_t *people, *events; /* people ever in it with a row here; events, or answers */
    double *years;
    int32_t *begins;   /* first time at which 5 people of the arm were at risk; 0 for answers */
    int32_t *followed; /* periods from time zero up to which somebody was at risk, or answered, in the arm */
} mlab_task;

typedef struct mlab_task_request {
    const mlab_cohort *cohort;
    const mlab_outcome *outcome;
    const mlab_compare_options *options;
    int32_t satisfied_from; /* -1 = the two best levels */
    const int32_t *horizon;
    size_t n_horizons;
    bool weighted;
} mlab_task_request;

/* *task NULL with MLAB_OK when the outcome cannot be compared; then *why is a sentence. */
MLAB_MUST_USE mlab_status mlab_task_make(const mlab_context *context, const mlab_task_request *request, mlab_task **task, const char **why,
                                         mlab_error *err);
void mlab_task_free(mlab_task *task); /* NULL is fine */
/* The cause that is counted, where several compete; "" = there is one only. */
const char *mlab_task_cause(const mlab_task *task);
/* What a task of yes or no counts: "left = yes", "left = 1". Released by the caller; NULL = no memory. */
char *mlab_task_yes(const mlab_task *task);
mlab_status mlab_task_hazards(mlab_task *task, const mlab_task_request *request, mlab_error *err);
mlab_status mlab_task_answers(mlab_task *task, const mlab_task_request *request, mlab_error *err);

/* Basis of arm-by-time cells: level and natural spline of the reference, and for every other arm with rows a level and a natural
 * spline of its own, as differences. Degrees of freedom: at most `df`; one for every 20 events, but differences of arms
 * that people start later one from 20 of the arm's events on and one for every 100. */
typedef struct mlab_basis_request {
    size_t n_arms, n_times;
    int32_t reference;
    int64_t df;
    bool from_zero;            /* arms are fixed at time zero: early times are as full as any, and df is 2 more than asked for */
    bool without_level;        /* of the reference: thresholds take its place */
    const double *events_at;   /* [n_times] events by time, for the knots */
    const uint64_t *events_of; /* [n_arms] */
    const uint64_t *people_of; /* [n_arms] 0 = no columns */
} mlab_basis_request;
MLAB_MUST_USE mlab_status mlab_basis_make(const mlab_context *context, const mlab_basis_request *request, double **basis, size_t *n_basis,
                                          mlab_error *err);

/* Fits the task on a sample from its estimate (parameters: [n_main + n_leaving], start and result) and works out the levels.
 * false = a fit did not converge. information may be NULL. */
bool mlab_task_fit(const mlab_context *context, const mlab_task *task, const mlab_sample *sample, const double *row_weight, double tolerance,
                   mlab_room *room, double *parameters, double *information, double *leaving_information);
void mlab_task_levels(const mlab_context *context, const mlab_task *task, const mlab_sample *sample, const double *parameters, const int32_t *horizon,
                      size_t n_horizons, mlab_room *room, double *level);
size_t mlab_task_room(const mlab_task *task); /* doubles that the two need */

#endif

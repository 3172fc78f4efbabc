/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the subdistribution hazards model: rows in the order of time, cut into blocks at distinct times, and passes over them. */
#ifndef MLAB_FIT_FINE_GRAY_H
#define MLAB_FIT_FINE_GRAY_H

#include "fit/survival/steps.h"

/* Rows by rising time. Columns are centred on their mean and divided by their standard deviation. Read only after it is made. */
typedef struct mlab_fine_gray_rows {
    size_t n, p;
    size_t width;           /* of sums over rows: risk, risk x, lower half of risk x x' */
    size_t n_events;        /* rows with the event of interest */
    size_t n_times;         /* distinct times of it */
    size_t n_blocks;        /* blocks do not depend on the threads and end between distinct times */
    uint32_t *row;          /* [n] place in the problem */
    int32_t *stop;          /* [n] */
    uint8_t *status;        /* [n] 0 censored, 1 event of interest, 2 competing event */
    double *offset;         /* [n] minus its mean, offset_mean */
    double *x;              /* [n * p] */
    double *centre, *scale; /* [p]; scale 0 = constant */
    uint8_t *aliased;       /* [p] */
    size_t *first;          /* [n_blocks + 1] first row */
    size_t *first_time;     /* [n_blocks + 1] times of the event before the block */
    double offset_mean;
} mlab_fine_gray_rows;

/* Memory of one fit with its weights. */
typedef struct mlab_fine_gray_work {
    const mlab_context *context;
    const mlab_fine_gray_rows *rows;
    const double *weight; /* [n] in the order of rows */
    double *uncensored;   /* [n] Kaplan-Meier estimate of staying uncensored to just before the row's time */
    double *risk;         /* [n] weight * exp(predictor) */
    double *eta;          /* [n] */
    double *at_risk;      /* [n_blocks * width] sums of the block, then of the blocks after it */
    double *competing;    /* [n_blocks * width] the same of risk / uncensored over competing events, then of the blocks before it */
    double *part;         /* [n_blocks * (1 + p + p * p)] what each block adds */
    double *total, *mean; /* [n_times], [n_times * p] of the risk set at each time of the event: sum of risks, mean of x */
    double *happened;     /* [n_times] weight of the events */
} mlab_fine_gray_work;

/* Of the model: make and release mlab_prepared.own. */
MLAB_MUST_USE mlab_status mlab_fine_gray_prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err);
void mlab_fine_gray_release(const mlab_context *context, void *own);

MLAB_MUST_USE mlab_status mlab_fine_gray_work_make(const mlab_context *context, const mlab_fine_gray_rows *rows, const double *weight,
                                                   mlab_fine_gray_work *work, mlab_error *err);
void mlab_fine_gray_work_free(mlab_fine_gray_work *work);
/* mlab_newton_evaluate on the scaled columns; work is mlab_fine_gray_work. Leaves total, mean and happened at beta when score is wanted. */
MLAB_MUST_USE mlab_status mlab_fine_gray_evaluate(void *work, const double *beta, double *log_likelihood, double *score, double *information,
                                                  mlab_error *err);
/* residual [n * p], in the order of the problem: what each row, its part in the estimated censoring included, adds to the score, without its
 * weight; on the scaled columns, after an evaluation with derivatives. */
MLAB_MUST_USE mlab_status mlab_fine_gray_residuals(const mlab_fine_gray_work *work, double *residual, mlab_error *err);

/* Influence on the steps of a baseline, after an evaluation with derivatives. Errors: MLAB_ERR_MEMORY. Freed on failure too. */
MLAB_MUST_USE mlab_status mlab_fine_gray_steps_of(const mlab_fine_gray_work *work, const mlab_baseline *baseline, mlab_steps *steps, mlab_error *err);

#endif

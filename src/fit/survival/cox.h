/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the Cox model: rows sorted by stratum and falling time, and what one pass over them gives. */
#ifndef MLAB_FIT_COX_H
#define MLAB_FIT_COX_H

#include "fit/model.h"
#include "fit/penalty/penalty.h"

/* Rows in the order stratum ascending, stop descending, events first. Columns are centred on their mean and divided by a
 * power of two near their standard deviation. Read only after it is made. */
typedef struct mlab_cox_rows {
    size_t n, p, n_events;
    uint32_t *row;      /* [n] place in the problem */
    uint32_t *by_start; /* [n] places in this order, stratum ascending, start descending; NULL when all start together */
    int32_t *start, *stop, *stratum;
    uint8_t *event;
    double *offset;         /* [n] minus its mean */
    double *x;              /* [n * p] */
    double *centre, *scale; /* [p]; scale 0 = constant */
    uint8_t *aliased;       /* [p] */
    double offset_mean;     /* taken off each offset */
    bool breslow, exact;
    double *at_zero; /* [1 + p + p * p] log-likelihood, score and information where all coefficients are 0, with the problem's weights */
} mlab_cox_rows;

/* Memory of one evaluation; one block, made once per fit. */
typedef struct mlab_cox_work {
    const mlab_context *context;
    const mlab_cox_rows *rows;
    const double *weight;     /* [n] in the order of rows */
    const double *at_zero;    /* that of the rows when the weights are the problem's; NULL = not known */
    double *eta, *risk;       /* [n] linear predictor; weight * exp(eta) */
    double *sum, *sum2;       /* [p] at risk: risk * x; the same over the events of one time */
    double *square, *square2; /* [p * p] risk * x x', lower half */
    double *mean, *part;      /* [p] */
    double *memory;
} mlab_cox_work;

/* Of the model: make and release mlab_prepared.own. */
mlab_status mlab_cox_prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err);
void mlab_cox_release(const mlab_context *context, void *own);

mlab_status mlab_cox_work_make(const mlab_context *context, const mlab_cox_rows *rows, const double *weight, mlab_cox_work *work, mlab_error *err);
void mlab_cox_work_free(const mlab_context *context, mlab_cox_work *work);
/* mlab_newton_evaluate on the scaled columns; work is mlab_cox_work. */
mlab_status mlab_cox_evaluate(void *work, const double *beta, double *log_likelihood, double *score, double *information, mlab_error *err);
/* The same with exact ties, and whether they can be done: MLAB_ERR_FIT_MODEL says why not. */
MLAB_MUST_USE mlab_status mlab_cox_exact_evaluate(mlab_cox_work *work, const double *beta, double *log_likelihood, double *score, double *information,
                                                  mlab_error *err);
MLAB_MUST_USE mlab_status mlab_cox_exact_check(const mlab_context *context, const mlab_fit_problem *problem, const mlab_cox_rows *rows,
                                               mlab_error *err);
/* Adds weight * score residual of each row to scores[cluster_of(row) * p], at beta, on the scaled columns; cluster NULL = row. */
mlab_status mlab_cox_scores(const mlab_context *context, mlab_cox_work *work, const double *beta, const uint32_t *cluster, double *scores,
                            mlab_error *err);
/* Puts Firth's penalty or the priors between Newton and the partial likelihood (spec->evaluate and work); without them penalty->context stays NULL.
 * fit NULL = a refit. Ended by mlab_penalty_end, also after a failure. */
MLAB_MUST_USE mlab_status mlab_cox_penalise(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_newton_spec *spec,
                                            mlab_penalty *penalty, mlab_error *err);
/* Puts into the fit what the penalty makes of it at its maximum beta (scaled columns). */
MLAB_MUST_USE mlab_status mlab_cox_penalised(const mlab_prepared *prepared, mlab_penalty *penalty, const double *beta, mlab_fit *fit,
                                             mlab_error *err);
/* *each [n * p], in the order of the problem: what each row, with its weight, adds to the estimates: score residual times covariance. Released by the
 * caller. */
MLAB_MUST_USE mlab_status mlab_cox_influence(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, double **each,
                                             mlab_error *err);
/* fit->baseline: the cumulative hazard of every stratum at beta (scaled columns), for somebody at the means of the rows. own [steps], or NULL = not
 * wanted: at each step alone, the part of the variance that Efron's ties take off a row with its event there. */
MLAB_MUST_USE mlab_status mlab_cox_baseline(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, const double *beta,
                                            mlab_fit *fit, double *own, mlab_error *err);
/* Hooks of mlab_model. */
size_t mlab_cox_width(const mlab_fit *fit, mlab_scale scale, size_t n_times);
mlab_status mlab_cox_predict(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n,
                             const double *eta, const double *share, const double *times, size_t n_times, double *out, mlab_error *err);
mlab_status mlab_cox_variance(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *covariance, size_t n, const double *x,
                              const double *eta, const double *times, size_t n_times, double *variance, mlab_error *err);
/* hazard [n_times]: the cumulative hazard of the fit's baseline (of one stratum) at each time, at these parameters; the predictor it stands at. */
void mlab_baseline_hazards(const mlab_fit *fit, const double *parameters, const double *times, size_t n_times, double *hazard);
double mlab_baseline_predictor(const mlab_baseline *baseline, const double *parameters);
/* Linear predictors and risks at beta. */
void mlab_cox_risks(mlab_cox_work *work, const double *beta);

#endif

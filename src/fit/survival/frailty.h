/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frailty shared by the rows of a group: the hazard of everybody in group g is z_g times that of the model, z_g gamma with mean 1 or log-normal.
 * The steps of the baseline hazard are parameters beside the coefficients and the variance of the frailty; together they have one likelihood,
 *
 *     sum over events of (log step + predictor) + sum over groups of log E[z^d exp(-z H)],       d events, H cumulative hazard of the group. */
#ifndef MLAB_FIT_FRAILTY_H
#define MLAB_FIT_FRAILTY_H

#include "fit/survival/cox.h"
#include "fit/survival/frailty_group.h"

typedef struct mlab_frailty {
    const mlab_context *context;
    const mlab_cox_rows *rows;
    mlab_cox_work *work; /* risk: weight * exp(predictor) */
    mlab_frailty_law law;
    size_t n, p, n_groups, n_steps, n_strata;
    uint32_t *group;          /* [n] of each place */
    uint32_t *from, *to;      /* [n] at risk of the steps from .. to - 1 */
    size_t *first;            /* [n_strata + 1] first step of each stratum */
    double *events;           /* [n_steps] weight of the events of each step */
    int32_t *time;            /* [n_steps] */
    double *group_events;     /* [n_groups] */
    mlab_frailty_term *term;  /* [n_groups] */
    const uint8_t *enters;    /* [rows of the problem] who comes late, or NULL */
    mlab_frailty_term *entry; /* [n_groups] before they came; NULL with enters */
    double *hazard, *before;  /* [n_groups] cumulative hazards: in all, and before the entries */
    /* Where it is, and the gradient: coefficients on scaled columns, logarithms of steps, the variance. */
    double *beta, *log_step, variance;
    double value;
    double *step, *sum;                /* [n_steps] exp(log_step); [n_steps + 1] sums before each */
    double *expected;                  /* [n_steps] events expected at each step */
    double *at_row, *at_group;         /* [n], [n_groups] */
    double *row_before, *group_before; /* the same of the time before an entry; NULL with enters */
    double *memory;
    uint32_t *indices;
} mlab_frailty;

/* Errors: MLAB_ERR_FIT_MODEL (exact ties), MLAB_ERR_MEMORY. Ended by mlab_frailty_end, also after a
 * failure. */
MLAB_MUST_USE mlab_status mlab_frailty_begin(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, mlab_frailty *f,
                                             mlab_error *err);
void mlab_frailty_end(mlab_frailty *f);
/* value, terms, step, sum, and work->risk at beta, log_step, variance. */
void mlab_frailty_evaluate(mlab_frailty *f);
/* The hazards of the groups, before a frailty: Breslow's steps at beta. Sets log_step. */
void mlab_frailty_breslow(mlab_frailty *f);
/* out [n_steps]: at each step the sum of value [n] over those at risk, and of before [n] over those who were before they came (NULL = not wanted). */
void mlab_frailty_at_risk(const mlab_frailty *f, const double *value, const double *before, double *out);
/* Steps of row i while it was seen, and before. */
static inline double mlab_frailty_seen(const mlab_frailty *f, const double *sum, size_t i)
{
    return sum[f->to[i]] - sum[f->from[i]];
}
static inline double mlab_frailty_unseen(const mlab_frailty *f, const double *sum, size_t i)
{
    return f->enters && f->enters[f->rows->row[i]] ? sum[f->from[i]] - sum[f->first[f->rows->stratum[i]]] : 0;
}
/* out [n_steps] = minus the second derivative by the logarithms of the steps, times v [n_steps]; room [n_steps + 1]. After an evaluation. */
void mlab_frailty_product(mlab_frailty *f, const double *v, double *room, double *out);

typedef struct mlab_frailty_top {
    double *covariance;    /* [(p + 1)^2] of the scaled coefficients and the variance */
    double *steps_by;      /* [n_steps * (p + 1)] derivative of the log steps by them, along the maximum over the steps */
    double gradient;       /* largest score over the root of its information */
    double *step_variance; /* [n_steps] of the sum of the steps of the stratum up to each, coefficients and variance known; with with_errors */
    int iterations;
    bool converged, boundary;
    bool with_errors;   /* set before: a system is solved for every step */
    bool hold_variance; /* set before: it stays where it is */
} mlab_frailty_top;

/* From beta, log_step and variance to the maximum. Released by the caller. */
MLAB_MUST_USE mlab_status mlab_frailty_climb(mlab_frailty *f, const uint8_t *fixed, double tolerance, int iterations, mlab_frailty_top *top,
                                             mlab_error *err);

/* A fitted model once more at its maximum. */
typedef struct mlab_frailty_again {
    const mlab_context *context;
    mlab_cox_work work;
    mlab_frailty f;
    mlab_frailty_top top;
    double *weight;
} mlab_frailty_again;
/* fit: not on the boundary, or the start is a variance of 0.3. Ended also after a failure. Errors: MLAB_ERR_MEMORY, MLAB_ERR_FIT_DRAWS (other data).
 */
MLAB_MUST_USE mlab_status mlab_frailty_again_begin(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                                   mlab_frailty_again *again, mlab_error *err);
void mlab_frailty_again_end(mlab_frailty_again *again);
/* scores [n_clusters * (p + 1)] of the profile likelihood over the steps: of the coefficients of the design's columns and of the variance. After a
 * climb; groups lie in one cluster. */
MLAB_MUST_USE mlab_status mlab_frailty_scores(const mlab_frailty_again *again, const uint32_t *cluster, double *scores, mlab_error *err);

/* Puts a frailty into a fitted Cox model: everything that the fit without one set is set anew. */
MLAB_MUST_USE mlab_status mlab_frailty_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, const double *beta,
                                           mlab_fit *fit, mlab_error *err);

#endif

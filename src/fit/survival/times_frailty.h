/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frailty shared by groups in the parametric models of times: parameters are those of the model without it, in its centred columns, and behind them
 * the logarithm of the variance. */
#ifndef MLAB_FIT_TIMES_FRAILTY_H
#define MLAB_FIT_TIMES_FRAILTY_H

#include "fit/survival/frailty_group.h"
#include "fit/survival/times.h"

typedef struct mlab_times_groups {
    const mlab_context *context;
    const mlab_times *times;
    mlab_times_pass pass;
    mlab_frailty_law law;
    const uint32_t *group;  /* [rows] */
    size_t n_groups, n;     /* n: parameters, the log variance last */
    size_t *first;          /* [n_groups + 1] */
    uint32_t *row;          /* [rows] group by group */
    double *events;         /* [n_groups] */
    const uint8_t *late_of; /* [rows] 1 = enters late; NULL = nobody does */
    double *late;           /* [rows] the weight of such a row, else 0; NULL with late_of */
    /* Where it is. */
    double *hazard, *before;    /* [n_groups] in all; before the entries, NULL with late */
    mlab_frailty_term *term;    /* [n_groups] */
    mlab_frailty_term *entry;   /* [n_groups] NULL with late */
    double *of_row, *of_before; /* [rows] cumulative hazard while seen; before */
    double *by_row, *by_before; /* [(1 + n_ancillary) rows] derivatives of these by eta and the ancillary parameters */
    uint8_t *fixed;             /* [n] aliased */
    const uint8_t *held;        /* [n] in its place, where some stay; NULL = none */
} mlab_times_groups;

/* Ended also after a failure. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_times_groups_begin(const mlab_context *context, const mlab_prepared *prepared, mlab_times_groups *groups,
                                                  mlab_error *err);
void mlab_times_groups_end(mlab_times_groups *groups);
/* An mlab_newton_evaluate; work is an mlab_times_groups. */
mlab_status mlab_times_groups_evaluate(void *work, const double *parameters, double *log_likelihood, double *score, double *information,
                                       mlab_error *err);
/* scores [n_clusters * n] += score of each row and group, added to that of its cluster. Groups lie in one cluster. */
MLAB_MUST_USE mlab_status mlab_times_groups_scores(mlab_times_groups *groups, const double *parameters, double *scores, mlab_error *err);

/* Puts a frailty into a fitted model; parameters [n - 1]: the maximum without one, in centred columns. */
MLAB_MUST_USE mlab_status mlab_times_frailty_fit(const mlab_context *context, const mlab_prepared *prepared, const double *parameters, mlab_fit *fit,
                                                 mlab_error *err);

#endif

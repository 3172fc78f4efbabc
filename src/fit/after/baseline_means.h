/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Means over rows of what models with a baseline hazard predict, as functions of the coefficients and of the baseline's steps, for their errors. */
#ifndef MLAB_FIT_AFTER_BASELINE_MEANS_H
#define MLAB_FIT_AFTER_BASELINE_MEANS_H

#include "fit/after/average.h"
#include "fit/survival/steps.h"

/* Some means: of one curve at several times, or of several. A small change of the coefficients by d and of the cumulative baseline hazard, the
 * coefficients known, by e [n_steps] moves mean c by gradient[c]'d + weight[c]'e. */
typedef struct mlab_baseline_means {
    const mlab_context *context;
    size_t n, n_parameters, n_steps;
    double *value;    /* [n] */
    double *gradient; /* [n * n_parameters] */
    double *weight;   /* [n * n_steps] */
} mlab_baseline_means;

/* Whether the means of a fit on a scale can be told so: it has a baseline, no random effects, and the scale is one over time. */
bool mlab_baseline_means_apply(const mlab_fit *fit, mlab_scale scale);
/* Room for n means. Errors: MLAB_ERR_MEMORY. Freed on failure too. */
MLAB_MUST_USE mlab_status mlab_baseline_means_make(const mlab_context *context, const mlab_fit *fit, size_t n, mlab_baseline_means *means,
                                                   mlab_error *err);
void mlab_baseline_means_free(mlab_baseline_means *means); /* zeroed is fine */
/* Fills means at .. at + n_times - 1, of one curve over the rows (squares are not looked at). The same for any number of threads. Errors: those of
 * mlab_predict_at. */
MLAB_MUST_USE mlab_status mlab_baseline_means_fill(mlab_baseline_means *means, size_t at, const mlab_fit *fit, mlab_scale scale, const double *times,
                                                   size_t n_times, const mlab_average_rows *rows, mlab_error *err);

/* What every row or cluster of the data adds to the coefficients and to the baseline: the robust covariance of both, and its draws. */
typedef struct mlab_jackknife {
    const mlab_context *context;
    mlab_steps steps;
    mlab_step_groups groups;
    const double *influence; /* [n_groups * n_parameters] */
    double *own, *scale;     /* memory of these, or NULL */
    double factor;           /* of the sums over groups */
} mlab_jackknife;

/* Of a fit whose baseline is not independent. Errors: MLAB_ERR_DATA_NOT_BUILT (two-way clusters, influence that was not kept), MLAB_ERR_MEMORY. Freed
 * on failure too. */
MLAB_MUST_USE mlab_status mlab_jackknife_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                              mlab_jackknife *jackknife, mlab_error *err);
void mlab_jackknife_free(mlab_jackknife *jackknife); /* zeroed is fine */

/* covariance [n * n] of the means. jackknife NULL: the baseline's steps are independent. */
MLAB_MUST_USE mlab_status mlab_baseline_means_covariance(const mlab_baseline_means *means, const mlab_fit *fit, const mlab_jackknife *jackknife,
                                                         double *covariance, mlab_error *err);

#endif

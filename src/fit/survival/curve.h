/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the survival curves: one group of rows in, one curve out. */
#ifndef MLAB_FIT_CURVE_H
#define MLAB_FIT_CURVE_H

#include "mentorlab/fit.h"

/* Rows of one group. The indexes point into the caller's arrays. */
typedef struct mlab_curve_rows {
    size_t n;
    const uint32_t *by_time;  /* [n] ascending time */
    const uint32_t *by_start; /* [n] ascending start; NULL = all enter before the first time */
    const double *start, *time;
    const int32_t *status;
    const double *weight; /* NULL = 1 */
} mlab_curve_rows;

/* Rows at risk while a sweep goes forward through the times. */
typedef struct mlab_curve_sweep {
    size_t left;    /* rows that ended before the time */
    size_t entered; /* rows whose start lies before the time */
    double weight;  /* of the rows at risk; exactly 0 when there are none */
} mlab_curve_sweep;

static inline double mlab_curve_weight(const mlab_curve_rows *rows, uint32_t row)
{
    return rows->weight ? rows->weight[row] : 1;
}

/* The curve's arrays are allocated and its times are set. */
void mlab_curve_survival(const mlab_curve_rows *rows, mlab_curve *curve);
mlab_status mlab_curve_incidence(const mlab_context *context, const mlab_curve_rows *rows, mlab_curve *curve, mlab_error *err);
/* Interval ends of one estimate in 0 .. 1 with standard error se; kind as in mlab_fit_options. */
void mlab_curve_interval(int kind, double z, double estimate, double se, double *lower, double *upper);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits of numbers that have a range, and quantiles of draws. */
#ifndef MLAB_FIT_AFTER_LIMITS_H
#define MLAB_FIT_AFTER_LIMITS_H

#include "fit/model.h"

typedef enum mlab_range { MLAB_RANGE_ALL, MLAB_RANGE_POSITIVE, MLAB_RANGE_PROBABILITY, MLAB_RANGE_SURVIVAL, MLAB_RANGE_INCIDENCE } mlab_range;

/* Of what a fit predicts on the scale. */
mlab_range mlab_range_of(const mlab_fit *fit, mlab_scale scale);
/* Limits `step` (a standard error times its factor) away, symmetric on a scale without bounds: as it is, logarithm, logit, log(-log), log(-log(1 -
 * F)). Left as they are where the value is at the end of its range. */
void mlab_limits(mlab_range range, double value, double step, double *lower, double *upper);
/* Quantile at 0 .. 1 of n >= 1 sorted values by linear interpolation, R's type 7. */
double mlab_quantile(const double *sorted, size_t n, double at);
/* For qsort of doubles. */
int mlab_by_size(const void *a, const void *b);

#endif

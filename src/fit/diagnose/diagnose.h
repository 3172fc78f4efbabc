/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnoses of a fit: each looks at one thing and says what it found. */
#ifndef MLAB_FIT_DIAGNOSE_H
#define MLAB_FIT_DIAGNOSE_H

#include "fit/after/after.h"

typedef struct mlab_diagnosing {
    const mlab_context *context;
    const mlab_prepared *prepared;
    const mlab_fit *fit;
    mlab_after *after;
    size_t capacity;
} mlab_diagnosing;

/* Adds a finding; statistic and p: -1 = none. */
MLAB_MUST_USE mlab_status mlab_diagnose_add(mlab_diagnosing *d, bool doubt, const char *what, const char *about, double statistic, double p,
                                            mlab_error *err, const char *format, ...) MLAB_PRINTF(8, 9);

/* Variance inflation of terms; influence of single clusters. */
MLAB_MUST_USE mlab_status mlab_diagnose_collinearity(mlab_diagnosing *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_diagnose_influence(mlab_diagnosing *d, mlab_error *err);
/* Scaled Schoenfeld residuals against time: cox. */
MLAB_MUST_USE mlab_status mlab_diagnose_hazards(mlab_diagnosing *d, mlab_error *err);
/* The same coefficients at every threshold: ordinal with the logit link. */
MLAB_MUST_USE mlab_status mlab_diagnose_odds(mlab_diagnosing *d, mlab_error *err);
/* Randomised quantile residuals; the score of responses drawn from the fit. */
MLAB_MUST_USE mlab_status mlab_diagnose_residuals(mlab_diagnosing *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_diagnose_score(mlab_diagnosing *d, mlab_error *err);
/* Calibration and discrimination on people that the fit has not seen. */
MLAB_MUST_USE mlab_status mlab_diagnose_folds(mlab_diagnosing *d, mlab_error *err);
/* The same of models of times, and residuals. */
MLAB_MUST_USE mlab_status mlab_diagnose_times(mlab_diagnosing *d, mlab_error *err);
/* Residuals of mixed models given drawn effects, normality of these effects, totals of groups (fit/diagnose/residuals_mixed.c); influence of single
 * groups (fit/diagnose/influence_mixed.c). */
MLAB_MUST_USE mlab_status mlab_diagnose_residuals_mixed(mlab_diagnosing *d, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_diagnose_influence_mixed(mlab_diagnosing *d, mlab_error *err);
static inline bool mlab_diagnosing_mixed(const mlab_diagnosing *d)
{
    return d->prepared->problem->n_random && (d->prepared->model->marks & MLAB_MODEL_MIXED);
}
/* Largest distance of n numbers, which it sorts, from uniform. */
double mlab_distance_from_uniform(double *numbers, size_t n);
/* P(Kolmogorov's distance >= d) of n uniform numbers, for large n; numbers in rising order. */
double mlab_kolmogorov(double d, double n);
void mlab_sort_numbers(double *numbers, size_t n);

#endif

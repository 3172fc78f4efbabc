/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normal priors of the coefficients of a mixed model, in the parameters that its climb moves. */
#ifndef MLAB_FIT_MIXED_PRIORS_H
#define MLAB_FIT_MIXED_PRIORS_H

#include "fit/mixed/mixed.h"

typedef struct mlab_mixed_priors {
    const mlab_context *context;
    size_t n;
    size_t *at;               /* [n] place among the thresholds and coefficients that are estimated */
    double *mean, *precision; /* [n] */
    bool holds;               /* a linear model without priors: coefficient `held` of those estimated stays at held_at */
    size_t held;
    double held_at;
    mlab_climb_evaluate inner;
    void *work;
} mlab_mixed_priors;

/* Of the problem's priors (none is fine); released with mlab_mixed_priors_free, also after a failure. Errors: those of mlab_priors_find. */
MLAB_MUST_USE mlab_status mlab_mixed_priors_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                                 mlab_mixed_priors *priors, mlab_error *err);
void mlab_mixed_priors_free(mlab_mixed_priors *priors);
/* An mlab_climb_evaluate: work is an mlab_mixed_priors; inner(work) less half of the priors' squared distances. */
MLAB_MUST_USE mlab_status mlab_mixed_priors_evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err);
/* Half of the squared distances at b. */
double mlab_mixed_priors_distance(const mlab_mixed_priors *priors, const double *b);
/* The fit without random effects that a climb starts from, without priors too; what it leaves behind is forgotten. */
MLAB_MUST_USE mlab_status mlab_mixed_start(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prediction hooks of the models of this folder: widths, and from predictors to probabilities, means and curves. */
#ifndef MLAB_FIT_RESPONSES_H
#define MLAB_FIT_RESPONSES_H

#include "fit/model.h"

/* One number on the response scale: two categories, means. */
size_t mlab_width_one(const mlab_fit *fit, mlab_scale scale, size_t n_times);
/* A probability for each level: ordinal, multinomial. */
size_t mlab_width_levels(const mlab_fit *fit, mlab_scale scale, size_t n_times);
/* A probability for each cause in the period; survival and incidence over periods with the same covariates. */
size_t mlab_width_hazard(const mlab_fit *fit, mlab_scale scale, size_t n_times);

#define MLAB_PREDICT_HOOK(name_)                                                                                                                     \
    mlab_status name_(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n, const double *eta,     \
                      const double *share, const double *times, size_t n_times, double *out, mlab_error *err)
MLAB_PREDICT_HOOK(mlab_predict_logit);     /* two categories, or all of several */
MLAB_PREDICT_HOOK(mlab_predict_cloglog);   /* two categories */
MLAB_PREDICT_HOOK(mlab_predict_probit);    /* two categories */
MLAB_PREDICT_HOOK(mlab_predict_identity);  /* the mean is the predictor */
MLAB_PREDICT_HOOK(mlab_predict_log);       /* the mean is its exponential */
MLAB_PREDICT_HOOK(mlab_predict_lognormal); /* the mean is exp(eta + s2 / 2) */
MLAB_PREDICT_HOOK(mlab_predict_ordinal);
MLAB_PREDICT_HOOK(mlab_predict_hazard);

#endif

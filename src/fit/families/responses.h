/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the models of this folder lend: widths, from predictors to probabilities, means and curves, and likelihoods at the best shape. */
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
/* The same with derivatives: out [n * width * (1 + n_blocks)], of each row what is predicted [width], then its derivatives by each predictor
 * [n_blocks * width]. */
MLAB_MUST_USE mlab_status mlab_hazard_slopes(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, size_t n, const double *eta,
                                             const double *times, size_t n_times, double *out, mlab_error *err);

/* The log-likelihood of a gamma model at the shape that is best for its coefficients, from kernel, the weighted sum of -y/mean - log mean.
 * *shape (or NULL): that shape; 0 = none, every number is its mean, and the log-likelihood infinite. */
double mlab_gamma_at_best_shape(const mlab_fit_problem *problem, double kernel, double *shape);

/* An mlab_newton_evaluate of negative binomial counts, theta the best for the coefficients. work is made for what was prepared, with a theta
 * > 0 to begin with. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_counts_work_make(const mlab_context *context, const mlab_prepared *prepared, double theta, void **work,
                                                mlab_error *err);
void mlab_counts_work_free(const mlab_context *context, void *work); /* NULL is fine */
mlab_status mlab_counts_at_best_theta(void *work, const double *parameters, double *log_likelihood, double *score, double *information,
                                      mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of whole clusters under a mixed model, and the robust covariance made of them. */
#ifndef MLAB_FIT_MIXED_ROBUST_H
#define MLAB_FIT_MIXED_ROBUST_H

#include "fit/mixed/mixed.h"

/* Of each cluster [n_clusters], in the parameters that are estimated: coefficients, for models that are not linear also those of the spread. */
typedef struct mlab_cluster_scores {
    const mlab_context *context;
    size_t n_clusters, n;
    double *score;       /* [n_clusters * n] derivative of the log-likelihood of the cluster */
    double *information; /* [n_clusters * n * n] X'V^-1X of linear models, minus the derivative of the score of others, when wanted; else NULL */
} mlab_cluster_scores;

/* At the estimates of the fit. *spans: the first grouping with a group in several clusters, whose likelihood does not fall apart (then nothing is
 * made), or NULL. Errors: MLAB_ERR_MEMORY, those of a mixed model. */
MLAB_MUST_USE mlab_status mlab_cluster_scores_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, bool information,
                                                   mlab_cluster_scores *scores, const char **spans, mlab_error *err);
/* The same of a frailty (fit/survival/frailty_robust.c); no information. */
MLAB_MUST_USE mlab_status mlab_frailty_cluster_scores(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                                      mlab_cluster_scores *scores, const char **spans, mlab_error *err);
void mlab_cluster_scores_free(mlab_cluster_scores *scores); /* zeroed is fine */

/* CR2 or CR3: scores become L (1 - M_g)^power L^-1 s_g, with A = L L' the sum of the information and M_g = L^-1 A_g L'^-1. df [n]:
 * Satterthwaite's, NULL = not wanted. *saturated: clusters that a coefficient hangs on alone. Errors: MLAB_ERR_MEMORY, MLAB_ERR_FIT_COVARIANCE. */
MLAB_MUST_USE mlab_status mlab_cluster_scores_adjust(const mlab_cluster_scores *scores, double power, double *df, size_t *saturated, mlab_error *err);

/* fit->robust, where the formula names clusters or options.robust another kind than the default; where it cannot be, the fit says why. */
MLAB_MUST_USE mlab_status mlab_mixed_robust(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);

#endif

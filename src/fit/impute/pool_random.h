/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How groups differ, and their effects, of fits to several imputations. */
#ifndef MLAB_FIT_IMPUTE_POOL_RANDOM_H
#define MLAB_FIT_IMPUTE_POOL_RANDOM_H

#include "fit/model.h"

/* Whether the groups of all fits are the same. */
bool mlab_same_random(mlab_fit *const *fits, size_t n);
/* Whether some standard deviation of a fit is so near 0 that the logarithm is no scale for it. */
bool mlab_pool_near_zero(const mlab_fit *fit);
/* One standard deviation of n fits and its errors [n], as logarithms, or where one is near 0 in some fit as they are. sd and se
 * become scratch. */
void mlab_pool_sd(double *sd, double *se, size_t n, bool near, double *pooled, double *pooled_se);
/* fits[0]->random, spread, joint covariance, residual variance and shape become the pooled ones; fits[k]->estimate are still their own. The entries
 * of Lambda of all fits may change sign. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_pool_random(mlab_fit *const *fits, size_t n, mlab_error *err);

#endif

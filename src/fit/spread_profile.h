/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standard deviations near 0, by their profile likelihood. */
#ifndef MLAB_FIT_SPREAD_PROFILE_H
#define MLAB_FIT_SPREAD_PROFILE_H

#include "fit/draws.h"
#include "fit/mixed/web_draw.h"

enum { MLAB_MOST_ROOTS = 40 };

/* Signed root of twice what the profile log-likelihood of one entry of Lambda is below its maximum: root [n] rising at values at [n] rising from 0.
 */
typedef struct mlab_spread_profile {
    size_t n; /* 0 = the entry is not near 0, or not by itself in its row */
    double at[MLAB_MOST_ROOTS], root[MLAB_MOST_ROOTS];
} mlab_spread_profile;

/* profiles [n_spread] of a fit: those entries near 0 that are the only one of their row. */
MLAB_MUST_USE mlab_status mlab_spread_profiles_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                                    mlab_spread_profile *profiles, mlab_error *err);
/* The value at which the root is z; 0 for a z below that at 0. */
double mlab_spread_profile_at(const mlab_spread_profile *profile, double z);

#endif

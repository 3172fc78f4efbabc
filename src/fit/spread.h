/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unbounded scale of how groups differ: logarithms of standard deviations, Fisher's z of (partial) correlations. */
#ifndef MLAB_FIT_SPREAD_H
#define MLAB_FIT_SPREAD_H

#include "mentorlab/fit.h"

/* Whether standard deviation a of a grouping is so near 0 (two standard errors) that its logarithm is no scale for it. */
bool mlab_spread_near_zero(const mlab_random_effects *random, size_t a);
/* The same of entry k of fit->spread, by its row of Lambda; false for a log scale or shape. */
bool mlab_spread_entry_near_zero(const mlab_fit *fit, size_t k);
/* In place: fit->spread, or other values of it [n_spread], to the unbounded scale, and back. Rows of Lambda that are near 0 stay as they are. */
void mlab_spread_unbound(const mlab_fit *fit, double *spread);
void mlab_spread_bound(const mlab_fit *fit, double *spread);
/* In place: a deviation [n_spread] from fit->spread to the unbounded scale, by the derivative of mlab_spread_unbound. */
void mlab_spread_unbound_deviation(const mlab_fit *fit, double *deviation);

#endif

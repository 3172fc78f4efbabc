/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of draws, whoever fills it. */
#ifndef MLAB_FIT_DRAWS_H
#define MLAB_FIT_DRAWS_H

#include "fit/model.h"
#include "mentorlab/draws.h"

/* Names and estimates of the parameters of all fits; no value yet. */
MLAB_MUST_USE mlab_status mlab_draws_frame(const mlab_context *context, mlab_draws_kind kind, const mlab_fit *const *fits, size_t n_fits,
                                           size_t n_draws, mlab_draws **draws, mlab_error *err);
/* MLAB_ERR_FIT_DRAWS with the reason when nothing can be simulated from a fit; uncertain: its covariance is wanted too. */
MLAB_MUST_USE mlab_status mlab_draws_check(const mlab_fit *fit, bool uncertain, mlab_error *err);

struct mlab_spread_profile;
/* mlab_draws_make_mixed without effects: *spread [n_draws * sum of n_spread], outcome by outcome, released by the caller. profiles [sum of n_spread]
 * of entries near 0, NULL = none. */
MLAB_MUST_USE mlab_status mlab_draws_normal(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws, uint64_t seed,
                                            const struct mlab_spread_profile *profiles, mlab_draws **draws, double **spread, mlab_error *err);
/* The effects of all groups of the mixed fits among them, given the parameters and spread [n_draws * sum of n_spread] of each draw. */
MLAB_MUST_USE mlab_status mlab_draws_add_effects(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                                 const mlab_fit_options *options, const mlab_fit *const *fits, const double *spread,
                                                 mlab_draws *draws, mlab_error *err);

#endif

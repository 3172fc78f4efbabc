/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normal draws of baselines that need the rows of the data. */
#ifndef MLAB_FIT_AFTER_BASELINE_DRAWS_H
#define MLAB_FIT_AFTER_BASELINE_DRAWS_H

#include "fit/after/baseline_means.h"
#include "mentorlab/draws.h"

/* Draws the baseline of one outcome given the coefficients of each draw. Errors: MLAB_ERR_MEMORY, MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_draws_fill_jackknife(const mlab_context *context, mlab_draws *draws, size_t outcome, const mlab_fit *fit,
                                                    const mlab_jackknife *jackknife, mlab_error *err);
/* Those of all fits that need it, by the data that they were fitted to. Errors: also those of mlab_jackknife_make and of preparing the outcomes,
 * MLAB_ERR_FIT_DRAWS (other data). */
MLAB_MUST_USE mlab_status mlab_draws_add_baselines(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                                   const mlab_fit_options *options, const mlab_fit *const *fits, mlab_draws *draws, mlab_error *err);
/* Draws of one fit whose rows are at hand, as options.draws has them. */
MLAB_MUST_USE mlab_status mlab_draws_make_prepared(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, size_t n_draws,
                                                   uint64_t seed, mlab_draws **draws, mlab_error *err);

#endif

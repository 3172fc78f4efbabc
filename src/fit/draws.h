/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of draws, whoever fills it. */
#ifndef MLAB_FIT_DRAWS_H
#define MLAB_FIT_DRAWS_H

#include "fit/model.h"

/* Names and estimates of the parameters of all fits; no value yet. */
MLAB_MUST_USE mlab_status mlab_draws_frame(const mlab_context *context, mlab_draws_kind kind, const mlab_fit *const *fits, size_t n_fits,
                                           size_t n_draws, mlab_draws **draws, mlab_error *err);
/* MLAB_ERR_FIT_DRAWS with the reason when nothing can be simulated from a fit; uncertain: its covariance is wanted too. */
MLAB_MUST_USE mlab_status mlab_draws_check(const mlab_fit *fit, bool uncertain, mlab_error *err);

#endif

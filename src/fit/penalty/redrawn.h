/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A refit to one sample of a bootstrap, its priors drawn anew. */
#ifndef MLAB_FIT_PENALTY_REDRAWN_H
#define MLAB_FIT_PENALTY_REDRAWN_H

#include "core/random.h"
#include "fit/model.h"

/* As mlab_prepared_refit, of mixed models mlab_mixed_refit_from, started at `fit`. Each prior is one more independent observation of its coefficient,
 * as in the sandwich: its mean is drawn from itself at the sample's address, whose entity and block are set here. */
MLAB_MUST_USE mlab_status mlab_refit_redrawn(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights,
                                             const mlab_fit *fit, const mlab_address *address, double *estimate, double *spread,
                                             mlab_refit_info *info, mlab_error *err);

/* *priors [n_priors] of a sample, released by the caller. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_priors_redraw(const mlab_context *context, const mlab_fit_problem *problem, const mlab_address *address,
                                             mlab_prior **priors, mlab_error *err);

#endif

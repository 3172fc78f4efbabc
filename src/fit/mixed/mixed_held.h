/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The likelihood of a mixed model with one coefficient held: what its profile is made of. */
#ifndef MLAB_FIT_MIXED_HELD_H
#define MLAB_FIT_MIXED_HELD_H

#include "fit/model.h"

typedef struct mlab_mixed_held mlab_mixed_held;

/* From a fit without priors; both are borrowed. *top: the largest log-likelihood, by maximum likelihood also where the fit is a restricted one, on
 * the scale of mlab_mixed_held_at. Errors: MLAB_ERR_MEMORY, those of a pass over the rows. */
MLAB_MUST_USE mlab_status mlab_mixed_held_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                               mlab_mixed_held **held, double *top, mlab_error *err);
void mlab_mixed_held_free(mlab_mixed_held *held); /* NULL is fine */
/* The largest log-likelihood with coefficient j (estimated, no threshold, no intercept) held at a value, all others and the spread at their best;
 * *good: the climb arrived. Starts from the one before where that held the same coefficient on the same side of its estimate. */
MLAB_MUST_USE mlab_status mlab_mixed_held_at(mlab_mixed_held *held, size_t j, double at, double *value, bool *good, mlab_error *err);

#endif

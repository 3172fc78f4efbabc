/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many refits of one problem to other weights of its clusters, as a bootstrap asks for, all from one start. */
#ifndef MLAB_FIT_REFITS_H
#define MLAB_FIT_REFITS_H

#include "fit/problem.h"

/* Refits done side by side: what the rows give at the start is read once for all of them. */
#define MLAB_REFITS_BATCH ((size_t)16)

typedef struct mlab_refits mlab_refits;

/* start [n_parameters], in the order of mlab_fit.estimate, at or near the fit to all rows. The prepared problem is borrowed. Errors: MLAB_ERR_MEMORY.
 */
MLAB_MUST_USE mlab_status mlab_refits_make(const mlab_context *context, const mlab_prepared *prepared, const double *start, mlab_refits **refits,
                                           mlab_error *err);
void mlab_refits_free(mlab_refits *refits); /* NULL is fine */
/* n <= MLAB_REFITS_BATCH of them: cluster g (row g where rows are their own clusters) counts count[k][g] times in refit k; estimates
 * [n * n_parameters] and info [n] as of mlab_prepared_refit, which does those that this cannot; info.log_likelihood is NaN where it was not needed.
 * Does not depend on which refits share a batch. Read only: several threads may run batches, each with its own context. */
MLAB_MUST_USE mlab_status mlab_refits_run(const mlab_context *context, const mlab_refits *refits, size_t n, const uint16_t *const *count,
                                          double *estimates, mlab_refit_info *info, mlab_error *err);

#endif

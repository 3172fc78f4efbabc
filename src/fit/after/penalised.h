/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles and tests of fits whose likelihood is penalised. */
#ifndef MLAB_FIT_AFTER_PENALISED_H
#define MLAB_FIT_AFTER_PENALISED_H

#include "fit/after/after.h"

/* Whether the penalised likelihood of the model can be evaluated again: those of the engine without a dispersion, and Cox's. */
bool mlab_penalised_is_made(const mlab_prepared *prepared, const mlab_fit *fit);
/* Profile limits of the penalised likelihood into after->profiles, which the caller has made [n_parameters + 1]; nothing where rows times
 * parameters^4 pass what can be waited for. Errors: MLAB_ERR_MEMORY, those of a pass over the rows. */
MLAB_MUST_USE mlab_status mlab_penalised_profiles(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after,
                                                  mlab_error *err);
/* Tests of the terms with Firth's penalty, into after->tests [n_terms]: ratios of penalised likelihoods and Wald tests; those of terms that another
 * term contains are left out. Errors: the same. */
MLAB_MUST_USE mlab_status mlab_penalised_tests(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after,
                                               mlab_error *err);

#endif

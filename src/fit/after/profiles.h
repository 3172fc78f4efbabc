/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles of predictions: the columns that one names get its values in every row. */
#ifndef MLAB_FIT_AFTER_PROFILES_H
#define MLAB_FIT_AFTER_PROFILES_H

#include "fit/after/average.h"
#include "mentorlab/after.h"

/* Whether the profile names every column of the fit, its strata and (averaged) its random effects, so that one row tells all. */
bool mlab_profile_alone(const mlab_fit *fit, const mlab_predict_profile *profile, bool averaged);
/* Its values in all rows of the variant, which borrows them; columns that the model does not read may stay. Errors: MLAB_ERR_DATA_COLUMN,
 * MLAB_ERR_DATA_TYPE (no number, or no level in the rows of the fit). */
MLAB_MUST_USE mlab_status mlab_profile_put(const mlab_fit *fit, const mlab_predict_profile *profile, mlab_variant *variant, mlab_error *err);

#endif

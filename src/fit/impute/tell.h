/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a pooled fit. */
#ifndef MLAB_FIT_IMPUTE_TELL_H
#define MLAB_FIT_IMPUTE_TELL_H

#include "mentorlab/impute.h"

/* fit->imputed: what was imputed for how many, and whether the chains settled; chains that did not are doubted. left_out: tests and the like were
 * asked for. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_imputation_tell(const mlab_data *data, const mlab_imputation *imputation, bool left_out, mlab_fit *fit,
                                               mlab_error *err);

#endif

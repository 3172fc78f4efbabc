/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of fit.* and outcomes.*, and the outcomes of a study made from them. */
#ifndef MLAB_FIT_OPTIONS_H
#define MLAB_FIT_OPTIONS_H

#include "core/options.h"
#include "data/settings.h"
#include "mentorlab/fit.h"

extern const mlab_option mlab_fit_option_rows[];
extern const size_t mlab_fit_n_option_rows;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of the rows of a part of a joint model, whose draws are made for all parts together. */
#ifndef MLAB_FIT_AFTER_EACH_ROW_H
#define MLAB_FIT_AFTER_EACH_ROW_H

#include "fit/outcome.h"
#include "mentorlab/after.h"

typedef struct mlab_tied_rows {
    const mlab_outcome_problem *made; /* rows of the part; its one grouping is that of the people of the whole */
    const mlab_fit *whole;
    size_t part;
    /* Draws of the whole, outcome r = part r, as mlab_draws_joint makes them. */
    mlab_status (*draw)(const void *of, size_t n_draws, uint64_t seed, mlab_draws **draws, mlab_error *err);
    const void *of;
} mlab_tied_rows;

/* mlab_predict_rows of a part. Errors by draws also where averages are asked for: how people differ is drawn with the rest. */
MLAB_MUST_USE mlab_status mlab_predict_tied_rows(const mlab_context *context, const mlab_tied_rows *tied, const mlab_fit_options *options,
                                                 const mlab_predict_outcome *wish, const mlab_predict_spec *spec, mlab_group_effects effects,
                                                 mlab_row_predictions **predictions, mlab_error *err);

#endif

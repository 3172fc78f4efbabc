/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Means over the normal effects of groups, of whatever a model predicts from its predictors. */
#ifndef MLAB_FIT_AVERAGED_H
#define MLAB_FIT_AVERAGED_H

#include "fit/model.h"

/* root [n * K * K], K = n_blocks: for each row the lower factor of the covariance of the effects' sums on its K predictors. rows as in
 * mlab_predict. squares [n * n_random]: sum of the squared shares of the row in the groups of each grouping; NULL = 1, one group.
 * Errors: MLAB_ERR_DATA_NOT_BUILT with more than four predictors; those of mlab_design_fill. */
MLAB_MUST_USE mlab_status mlab_effects_root(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                            size_t first, size_t n, const double *squares, double *root, mlab_error *err);
/* out [n * width]: the mean over effects with these factors of what the model predicts at eta [n * K] plus effects; root NULL = effects of 0.
 * Other arguments as mlab_predict_scale; the link is eta itself. room [n * (K + width)]. */
MLAB_MUST_USE mlab_status mlab_respond_averaged(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                                size_t first, size_t n, const double *parameters, const double *eta, const double *root,
                                                const double *share, mlab_scale scale, const double *times, size_t n_times, double *out, double *room,
                                                mlab_error *err);

/* Whether the model has its derivatives by the predictors on this scale in closed form. */
bool mlab_respond_has_slopes(const mlab_fit *fit, mlab_scale scale);
/* As mlab_respond_averaged, of such models, with derivatives: out [n * width * (1 + K)], of each row the means [width], then their derivatives by
 * each predictor [K * width]. room [n * (K + width * (1 + K))]. */
MLAB_MUST_USE mlab_status mlab_respond_slopes(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                              size_t first, size_t n, const double *eta, const double *root, mlab_scale scale, const double *times,
                                              size_t n_times, double *out, double *room, mlab_error *err);

/* mlab_predict_averaged for rows in the groups that squares [n * n_random] tell; NULL = in one each. */
MLAB_MUST_USE mlab_status mlab_predict_averaged_in(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows,
                                                   size_t first, size_t n, const double *squares, const double *parameters, const double *share,
                                                   mlab_scale scale, const double *times, size_t n_times, double *out, mlab_error *err);
/* The same at the estimates, with derivatives: out [n * width * (1 + K)] as mlab_respond_slopes. */
MLAB_MUST_USE mlab_status mlab_predict_averaged_slopes(const mlab_context *context, const mlab_fit *fit, const mlab_table *table,
                                                       const uint32_t *rows, size_t first, size_t n, const double *squares, const double *share,
                                                       mlab_scale scale, const double *times, size_t n_times, double *out, mlab_error *err);

#endif

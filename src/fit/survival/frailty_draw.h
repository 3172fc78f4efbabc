/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frailties of all groups of a fit, drawn given its parameters and its rows. */
#ifndef MLAB_FIT_FRAILTY_DRAW_H
#define MLAB_FIT_FRAILTY_DRAW_H

#include "core/random.h"
#include "fit/model.h"

typedef struct mlab_frailty_draw mlab_frailty_draw;

/* prepared: what the fit is a fit of; borrowed. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_frailty_draw_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                                 mlab_frailty_draw **draw, mlab_error *err);
void mlab_frailty_draw_free(mlab_frailty_draw *draw); /* NULL is fine */
/* value [n_groups] = the log frailty of each group at estimate [n_parameters] and standard deviation sd, from its distribution given the rows; number
 * of group g: the address with entity g. hazard (Cox, else NULL) [n steps of the baseline]: the cumulative baseline hazard, drawn here given these
 * parameters unless `kept`. *possible: the model allows these parameters. */
MLAB_MUST_USE mlab_status mlab_frailty_draw_effects(mlab_frailty_draw *draw, const double *estimate, double sd, const mlab_address *address,
                                                    bool kept, double *hazard, double *value, bool *possible, mlab_error *err);
/* The log frailty of a group with d events and cumulative hazard H at which its distribution function is u. */
double mlab_frailty_quantile(bool gamma, double events, double hazard, double variance, double u);

/* The likelihood of a fit with the standard deviation of its frailty held. */
typedef struct mlab_frailty_held mlab_frailty_held;
MLAB_MUST_USE mlab_status mlab_frailty_held_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                                 mlab_frailty_held **held, mlab_error *err);
void mlab_frailty_held_free(mlab_frailty_held *held); /* NULL is fine */
/* work: an mlab_frailty_held. *value = the log-likelihood at standard deviation sd >= 0, everything else at its best from where the last call ended.
 */
MLAB_MUST_USE mlab_status mlab_frailty_held_at(void *work, double sd, double *value, mlab_error *err);

#endif

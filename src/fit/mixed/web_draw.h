/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects of all groups of a mixed model, drawn given its parameters and its rows. */
#ifndef MLAB_FIT_WEB_DRAW_H
#define MLAB_FIT_WEB_DRAW_H

#include "core/random.h"
#include "fit/climb.h"
#include "fit/model.h"

typedef struct mlab_web_draw mlab_web_draw;

/* prepared: what the fit is a fit of; borrowed. Errors: MLAB_ERR_MEMORY, MLAB_ERR_FIT_DRAWS (no most likely effects at the estimates). */
MLAB_MUST_USE mlab_status mlab_web_draw_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_web_draw **draw,
                                             mlab_error *err);
void mlab_web_draw_free(mlab_web_draw *draw); /* NULL is fine */
/* value[t] [n_groups * n] = the effects of grouping t, normal around the most likely ones with the curvature there, at estimate [n_parameters] and
 * spread [n_spread] of the fit. Numbers are those of the address with replicate = that of the address + t, entity = place in value[t]. *possible is
 * false where there are no most likely effects at these parameters. */
MLAB_MUST_USE mlab_status mlab_web_draw_effects(mlab_web_draw *draw, const double *estimate, const double *spread, const mlab_address *address,
                                                double *const *value, bool *possible, mlab_error *err);
/* An mlab_climb_evaluate of the model itself: work is an mlab_web_draw; psi: coefficients but aliased ones (none in linear models), then the spread.
 */
MLAB_MUST_USE mlab_status mlab_web_draw_evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err);
bool mlab_web_draw_is_linear(const mlab_web_draw *draw);
/* The lower factor [n * n] of the covariance between groups of grouping t at spread. */
void mlab_web_draw_factor(const mlab_web_draw *draw, const double *spread, size_t t, double *factor);

#endif

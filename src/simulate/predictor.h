/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of making a predictor: what its files share. */
#ifndef MLAB_SIMULATE_PREDICTOR_H
#define MLAB_SIMULATE_PREDICTOR_H

#include "simulate/world.h"

/* The one place that a variable depends on; *input is its column among the design's inputs. Errors: MLAB_ERR_SIMULATE_PARAMETER. */
MLAB_MUST_USE mlab_status mlab_variable_place(const mlab_world *world, const mlab_fit *fit, const mlab_design_variable *variable,
                                              mlab_state_place *place, uint32_t *input, mlab_error *err);

/* The pieces of a clock: those of the first spline over it, else one. */
MLAB_MUST_USE mlab_status mlab_clock_start(const mlab_world *world, const mlab_fit *fit, mlab_state_place place, mlab_clock_basis *clock,
                                           mlab_error *err);
/* Whether a term of this variable alone can go into the clock. */
bool mlab_clock_takes(const mlab_clock_basis *clock, const mlab_design_variable *variable);
MLAB_MUST_USE mlab_status mlab_clock_add(const mlab_context *context, const mlab_design_term *term, const mlab_design_variable *variable,
                                         mlab_clock_basis *clock, mlab_error *err);

#endif

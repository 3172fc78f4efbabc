/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running histories: one alone, or all of a draw. */
#ifndef MLAB_SIMULATE_RUNNER_H
#define MLAB_SIMULATE_RUNNER_H

#include "simulate/organisation.h"

/* Zeroed outcomes of the world's shape with n_draws draws. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_outcomes_make(const mlab_world *world, size_t n_draws, mlab_outcomes **outcomes, mlab_error *err);

/* One history alone, the same numbers as within a run, into place (scenario, 0, replicate) of outcomes of one draw. */
MLAB_MUST_USE mlab_status mlab_history_run(mlab_organisation *organisation, const mlab_world_draw *draw, size_t scenario, uint32_t replicate,
                                           mlab_outcomes *one_draw, mlab_error *err);

/* The numbers of one draw into their place among those of all. */
void mlab_outcomes_take_numbers(mlab_outcomes *to, const mlab_outcomes *one, size_t draw);

#endif

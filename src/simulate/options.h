/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulation: and scenarios: blocks of a study file: their rows, and what they say beyond single values. */
#ifndef MLAB_SIMULATE_OPTIONS_H
#define MLAB_SIMULATE_OPTIONS_H

#include "data/settings.h"
#include "mentorlab/simulate.h"

extern const mlab_option mlab_simulate_option_rows[];
extern const size_t mlab_simulate_n_option_rows;

/* The single values of simulation:; what is not built becomes a stop with its place. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_simulation_read(const mlab_settings *settings, mlab_findings *findings, mlab_simulate_options *options,
                                               mlab_error *err);

/* The scenarios in the order of the file; without a block: one, "today", policy none. What rows cannot check becomes findings with
 * places: unknown policies, a duration that is no whole number of periods. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_scenarios_read(const mlab_context *context, const mlab_settings *settings, int32_t months_per_period,
                                              mlab_findings *findings, mlab_scenario **scenarios, size_t *n, mlab_error *err);
void mlab_scenarios_free(const mlab_context *context, mlab_scenario *scenarios, size_t n);

/* simulation.assumptions, name: value, or name: {value: , standard_error: , source: }. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_assumptions_read(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings,
                                                mlab_assumption **assumptions, size_t *n, mlab_error *err);
void mlab_assumptions_free(const mlab_context *context, mlab_assumption *assumptions, size_t n);

#endif

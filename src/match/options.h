/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matching: block of the study file: its rows, and the spec that it says. */
#ifndef MLAB_MATCH_OPTIONS_H
#define MLAB_MATCH_OPTIONS_H

#include "data/settings.h"
#include "mentorlab/match.h"

extern const mlab_option mlab_match_option_rows[];
extern const size_t mlab_match_n_option_rows;

/* Reads the block into a spec (released with mlab_match_spec_free). What the rows cannot check becomes findings with places: unknown
 * policies, rules of no kind, forbids of no kind; those that are not built yet are stops. Without a block: one place a mentor, policy
 * optimal, no rules. Paths of lists are relative to the study file. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_match_spec_read(const mlab_context *context, const mlab_settings *settings, mlab_findings *findings,
                                               mlab_match_spec *spec, mlab_error *err);

#endif

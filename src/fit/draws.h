/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of draws, whoever fills it. */
#ifndef MLAB_FIT_DRAWS_H
#define MLAB_FIT_DRAWS_H

#include "fit/model.h"
#include "mentorlab/draws.h"

/* Names and estimates of the parameters of all fits; no value yet. */
MLAB_MUST_USE mlab_status mlab_draws_frame(const mlab_context *context, mlab_draws_kind kind, const mlab_fit *const *fits, size_t n_fits,
                                           size_t n_draws, mlab_draws **draws, mlab_error *err);
/* MLAB_ERR_FIT_DRAWS with the reason when nothing can be simulated from a fit; uncertain: its covariance is wanted too. */
MLAB_MUST_USE mlab_status mlab_draws_check(const mlab_fit *fit, bool uncertain, mlab_error *err);

/* The same for draws by refitting. */
MLAB_MUST_USE mlab_status mlab_draws_check_refits(const mlab_fit *fit, mlab_error *err);

enum { MLAB_DRAWS_ATTEMPTS = 5, MLAB_DRAWS_SEPARATED = 0, MLAB_DRAWS_NOT_CONVERGED = 1, MLAB_DRAWS_LOST_COLUMN = 2, MLAB_DRAWS_REASONS = 3 };
/* Puts into the draws how many refits failed and why: attempts [n_draws] that failed, reasons [n_draws]. Errors: MLAB_ERR_FIT_DRAWS (too many),
 * MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_draws_count_failures(mlab_draws *draws, const uint8_t *attempts, uint32_t (*reasons)[MLAB_DRAWS_REASONS],
                                                    mlab_error *err);
/* mlab_draws_bootstrap of one fit without random effects whose rows are at hand. */
MLAB_MUST_USE mlab_status mlab_draws_bootstrap_prepared(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                                        bool parametric, size_t n_draws, uint64_t seed, mlab_draws **draws, mlab_error *err);

/* --- baselines of models of times (fit/draws_baseline.c) --------------------------------------------------- */

/* Room for the baseline of every fit that has one; every draw is that of the fit. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_draws_make_baselines(mlab_draws *draws, const mlab_fit *const *fits, mlab_error *err);
void mlab_draws_drop_baselines(mlab_draws *draws);
/* That of an outcome; NULL = none. */
const mlab_draws_baseline *mlab_draws_baseline_of(const mlab_draws *draws, size_t outcome);
/* Draws every baseline given the coefficients of each draw, where the fit alone tells how (independent steps); the others stay for those who have the
 * data. */
MLAB_MUST_USE mlab_status mlab_draws_fill_baselines(const mlab_context *context, mlab_draws *draws, const mlab_fit *const *fits, mlab_error *err);
/* Whether the steps of a fit's baseline depend on each other given the coefficients, so that draws of them need the rows of the data. */
bool mlab_draws_needs_rows(const mlab_fit *fit);
/* The fit at draw d: borrowed, its estimates and baseline those of the draw. draws: of this outcome, with a baseline if the fit has one. */
void mlab_draws_view(const mlab_draws *draws, size_t outcome, size_t d, const mlab_fit *fit, mlab_fit *view, mlab_baseline *baseline);

struct mlab_spread_profile;
/* mlab_draws_make_mixed without effects: *spread [n_draws * sum of n_spread], outcome by outcome, released by the caller. profiles [sum of n_spread]
 * of entries near 0, NULL = none. */
MLAB_MUST_USE mlab_status mlab_draws_normal(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws, uint64_t seed,
                                            const struct mlab_spread_profile *profiles, mlab_draws **draws, double **spread, mlab_error *err);
/* The effects of all groups of the mixed fits among them, given the parameters and spread [n_draws * sum of n_spread] of each draw. */
MLAB_MUST_USE mlab_status mlab_draws_add_effects(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                                 const mlab_fit_options *options, const mlab_fit *const *fits, const double *spread,
                                                 mlab_draws *draws, mlab_error *err);
/* Releases all effects. */
void mlab_draws_drop_effects(mlab_draws *draws);
/* Effects of groups of the draws k, k + step, ... from other draws of the same outcomes; false when they are of other groups. */
bool mlab_draws_take_effects(mlab_draws *into, const mlab_draws *from, size_t k, size_t step);

#endif

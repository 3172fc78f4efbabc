/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One writer and one reader per stage; each works on the root group and leaves failures in the file. */
#ifndef MLAB_STORE_STAGES_H
#define MLAB_STORE_STAGES_H

#include "mentorlab/after.h"
#include "mentorlab/store.h"
#include "store/group.h"

void mlab_store_put_surveys(const mlab_h5_group *data_group, const mlab_data *data); /* nothing without scores */
void mlab_store_put_data(const mlab_h5_group *root, const mlab_data *data);
void mlab_store_put_fits(const mlab_h5_group *root, const mlab_fit *const *fits, size_t n_fits);
/* Weights, penalty and priors of a fit, in its own group; read after its parameters. */
void mlab_store_put_level_effects(const mlab_h5_group *fit_group, const mlab_fit *fit);
void mlab_store_get_level_effects(const mlab_h5_group *fit_group, mlab_fit *fit); /* after its counts */
void mlab_store_put_penalty(const mlab_h5_group *fit_group, const mlab_fit *fit);
void mlab_store_get_penalty(const mlab_h5_group *fit_group, mlab_fit *fit);
/* What ratings by several raters say; nothing for NULL, NULL when there is nothing. Scores must be under pseudonyms. */
void mlab_store_put_raters(const mlab_h5_group *fit, const struct mlab_raters *raters);
struct mlab_raters *mlab_store_get_raters(const mlab_h5_group *fit);
void mlab_store_put_missing(const mlab_h5_group *group, const mlab_fit *fit);
void mlab_store_get_missing(const mlab_h5_group *group, mlab_fit *fit);
/* The baseline hazard of a fit, steps of few events joined; nothing for NULL, NULL when there is none. */
void mlab_store_put_baseline(const mlab_h5_group *fit_group, const mlab_baseline *baseline);
mlab_baseline *mlab_store_get_baseline(const mlab_h5_group *fit_group);
/* One fit below a group; a fit from its own group, zeroed but for its context. */
void mlab_store_put_fit(const mlab_h5_group *fits, const mlab_fit *fit);
void mlab_store_put_shown_fit(const mlab_h5_group *fits, const mlab_fit *fit); /* as it is */
/* Whether parameter j of a fit has no number in the file: it tells of few people. */
bool mlab_store_hides_term(const mlab_h5_file *file, const mlab_fit *fit, size_t j);
void mlab_store_get_fit(const mlab_h5_group *fit_group, mlab_fit *fit);
/* Parts and associations of a joint model in the group of its fit; nothing for NULL. */
void mlab_store_put_joint(const mlab_h5_group *fit_group, const mlab_fit *fit);
struct mlab_joint *mlab_store_get_joint(const mlab_h5_group *fit_group);
/* fits: those of the outcomes, or NULL; without its fit a drawn baseline is not written, and steps of few events are joined as in the fit's. */
void mlab_store_put_draws(const mlab_h5_group *root, const mlab_draws *draws, const mlab_fit *const *fits, size_t n_fits);
/* Before effects of groups go into a file without people: random->mode, mode_se and n_people become copies without the groups that may not be told
 * (NaN, 0 people), the two NULL where no group may be. Returns the memory behind them, for mlab_release; NULL = nothing was copied. */
double *mlab_store_hide_groups(mlab_h5_file *file, mlab_random_effects *random);
/* kept [baseline->n]: the steps that a results file has, which take in those before them. Returns how many. */
size_t mlab_store_kept_steps(const mlab_baseline *baseline, size_t *kept);
mlab_draws *mlab_store_get_draws(const mlab_h5_group *root); /* of an open file, also after a failure; NULL = no memory */
void mlab_store_put_comparison(const mlab_h5_group *root, const mlab_comparison *comparison);
void mlab_store_put_pairs(const mlab_h5_group *root, const mlab_pairs *const *pairs, size_t n_pairs, bool are_masked, const char *secret);
void mlab_store_put_review(const mlab_h5_group *root, const mlab_review *review, const char *secret);
void mlab_store_put_outcomes(const mlab_h5_group *root, const mlab_outcomes *outcomes);
void mlab_store_put_forecast(const mlab_h5_group *root, const mlab_forecast *forecast);

/* Tests and the like of one fit in its group; nothing for NULL, NULL when there are none. */
/* clustered: profile limits, which take rows as independent, say so in an attribute `rows`. */
void mlab_store_put_after(const mlab_h5_group *fit, const mlab_after *after, bool clustered);
mlab_after *mlab_store_get_after(const mlab_h5_group *fit);

/* mlab_store_write; fleeting as in mlab_h5_file. */
mlab_status mlab_store_write_file(const mlab_context *context, const char *path, const mlab_results *results, const char *key, bool fleeting,
                                  mlab_error *err);

/* Reads /simulation of an open file; NULL after a failure. */
mlab_outcomes *mlab_store_get_outcomes(const mlab_h5_group *root);

#endif

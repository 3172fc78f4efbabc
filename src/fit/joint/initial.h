/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model with the outcome's last value and an effect of each person, fitted together with equations of the first values (Heckman 1981). */
#ifndef MLAB_FIT_JOINT_INITIAL_H
#define MLAB_FIT_JOINT_INITIAL_H

#include "fit/joint/joint.h"
#include "fit/outcome.h"
#include "mentorlab/draws.h"

/* Which values are first. */
typedef enum mlab_first_kind {
    MLAB_FIRST_IN,     /* answered in a row of the panel without an earlier answer: with the covariates of that row */
    MLAB_FIRST_BEFORE, /* answered before the panel: the last value in a person's first row of the fit, with the covariates of that row */
    MLAB_FIRST_KINDS
} mlab_first_kind;

typedef struct mlab_first_equations {
    mlab_outcome_problem *made[MLAB_FIRST_KINDS]; /* NULL = nobody's */
} mlab_first_equations;
void mlab_first_equations_free(mlab_first_equations *first); /* NULL is fine */
/* The equations of main's people: its formula without what holds the last value and without random effects. Errors: those of mlab_fit_outcome. */
MLAB_MUST_USE mlab_status mlab_first_equations_make(const mlab_data *data, const mlab_outcome *outcome, const mlab_outcome_problem *main,
                                                    mlab_first_equations *first, mlab_error *err);

/* The fit of main, prepared, with the first values in its likelihood: parameters as of the mixed model, then those of the first equations.
 * Weights are frequencies of people; priors of coefficients of main's equation. Errors: MLAB_ERR_DATA_NOT_BUILT (other effects than (1 | person),
 * penalties), those of mlab_fit_outcome. */
MLAB_MUST_USE mlab_status mlab_fit_initial(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                           const mlab_outcome_problem *main, const mlab_prepared *prepared, mlab_fit **fit, mlab_error *err);

/* people_behind of a joint model and of its parts, made [parts]; of a fit with `own` parameters of main, then those of the first equations, parts
 * [1 ...], each with a loading behind. Errors: MLAB_ERR_MEMORY, those of the design. */
MLAB_MUST_USE mlab_status mlab_joint_count_behind(mlab_outcome_problem *const *made, mlab_fit *whole, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_initial_count_behind(const mlab_outcome_problem *main, const mlab_first_equations *first, size_t own,
                                                    mlab_fit *const *parts, size_t n_parts, bool gaussian, mlab_fit *fit, mlab_error *err);

/* The effects of all groups in draws->effects, the last of which is theirs, at the drawn parameters of outcome k and spread [n_draws] `stride` apart.
 * Errors: MLAB_ERR_FIT_DRAWS, those of mlab_fit_outcome. */
MLAB_MUST_USE mlab_status mlab_initial_draw_effects(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                                    const mlab_outcome_problem *main, const mlab_prepared *prepared, const mlab_fit *fit, size_t k,
                                                    const double *spread, size_t stride, mlab_draws *draws, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every row of a model of times adds to the cumulative baseline hazard with the coefficients known (its influence, weight included). */
#ifndef MLAB_FIT_STEPS_H
#define MLAB_FIT_STEPS_H

#include "fit/model.h"

enum { MLAB_STEP_BASES = 4 };

/* From this step of its stratum on the row's coefficients are other ones, by so much. */
typedef struct mlab_step_change {
    uint32_t step, row; /* step of all strata; row of the problem */
    double by[MLAB_STEP_BASES];
} mlab_step_change;

/* Influence of row i at step k = sum over f of the changes of its coefficient f in the stratum up to the step, times basis f at the step. */
typedef struct mlab_steps {
    const mlab_context *context;
    const mlab_baseline *baseline; /* borrowed: its steps and strata */
    double *basis;                 /* [steps * MLAB_STEP_BASES] */
    mlab_step_change *change;      /* [n] */
    size_t n, most;
    uint32_t *order; /* [n] changes by step */
    size_t *start;   /* [steps + 1] first in order of each step */
} mlab_steps;

/* Whose influence is summed. */
typedef struct mlab_step_groups {
    const uint32_t *group; /* [rows]; NULL = rows are their own groups */
    size_t n_groups;
    const double *scale; /* [rows] the influence of each row is multiplied by it; NULL = 1 */
} mlab_step_groups;

/* Room for `most` changes. Errors: MLAB_ERR_MEMORY. Freed on failure too. */
MLAB_MUST_USE mlab_status mlab_steps_make(const mlab_context *context, const mlab_baseline *baseline, size_t most, mlab_steps *steps,
                                          mlab_error *err);
/* Changes at or after `end`, the end of the row's stratum, come too late to be kept. */
void mlab_steps_change(mlab_steps *steps, size_t step, size_t end, uint32_t row, const double by[MLAB_STEP_BASES]);
MLAB_MUST_USE mlab_status mlab_steps_sort(mlab_steps *steps, mlab_error *err); /* after the last change */
void mlab_steps_free(mlab_steps *steps);                                       /* zeroed is fine */

/* variance [steps] and covariance [steps * p] += factor times the sums over groups of squared influence, and of influence times that on the
 * coefficients, influence [n_groups * p]. */
MLAB_MUST_USE mlab_status mlab_steps_errors(const mlab_steps *steps, const mlab_step_groups *groups, const double *influence, size_t p, double factor,
                                            double *variance, double *covariance, mlab_error *err);
/* out [steps]: sum over groups of multiplier [n_groups] times influence. */
void mlab_steps_towards(const mlab_steps *steps, const mlab_step_groups *groups, const double *multiplier, double *out);
/* into [n_groups] += sum over the steps of weight [steps] times influence. room [steps * MLAB_STEP_BASES]. */
void mlab_steps_sum(const mlab_steps *steps, const mlab_step_groups *groups, const double *weight, double *room, double *into);

/* The errors of the fit's baseline by the clusters of its influence, times the factor of its robust covariance; nothing where it has none. Errors:
 * MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_baseline_robust(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, double factor,
                                               mlab_error *err);

/* Of the models: influence at the fit's estimates. Errors: MLAB_ERR_MEMORY. Freed on failure too. */
MLAB_MUST_USE mlab_status mlab_cox_steps(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_steps *steps,
                                         mlab_error *err);
MLAB_MUST_USE mlab_status mlab_fine_gray_steps(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_steps *steps,
                                               mlab_error *err);

/* Empties the errors of a fit's baseline before groups are added; makes room for the covariance. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_baseline_clear_errors(const mlab_context *context, mlab_baseline *baseline, mlab_error *err);

#endif

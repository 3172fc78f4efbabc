/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of a joint model: parameters of all parts and of what ties them, and the effects of all people given these. */
#ifndef MLAB_FIT_JOINT_DRAWS_H
#define MLAB_FIT_JOINT_DRAWS_H

#include "core/random.h"
#include "fit/draws.h"
#include "fit/joint/joint.h"

/* parts, names: as for mlab_joint_fit_parts, of which fit is the result. Errors: those of mlab_joint_draws. */
MLAB_MUST_USE mlab_status mlab_joint_draw_parts(const mlab_context *context, const mlab_joint_part_problem *parts, size_t n_parts,
                                                const mlab_fit *fit, mlab_draws_kind kind, size_t n_draws, uint64_t seed, mlab_draws **draws,
                                                mlab_error *err);

/* all [n_draws * n_parameters]: normal draws of the parameters alone. Errors: MLAB_ERR_FIT_DRAWS, MLAB_ERR_FIT_COVARIANCE, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_joint_draw_parameters(mlab_joint_model *model, const mlab_fit *fit, size_t n_draws, uint64_t seed, double *all,
                                                     mlab_error *err);

/* --- its parts ------------------------------------------------------------------------------------------------------ */

/* What all draws start from: the model at the estimates. */
typedef struct mlab_joint_drawing {
    const mlab_context *context;
    mlab_joint_model *model;
    const mlab_fit *fit;
    size_t n;       /* parameters of the joint model */
    double *psi;    /* [n] estimates in the columns of the engines */
    double *placed; /* mode, factor, shift, spread of all people there, one after the other */
    double *all;    /* [n_draws * n] drawn, in the columns of the formulas */
    mlab_draws *draws;
} mlab_joint_drawing;

/* psi [n] to the columns of the engines, and back. */
void mlab_joint_inward(const mlab_joint_model *model, double *psi);
void mlab_joint_outward(const mlab_joint_model *model, double *psi);
/* v_a and -v_a are alike: diagonals of Lambda become positive. */
void mlab_joint_positive(const mlab_joint_model *model, double *psi);
/* Mode, factor, shift and spread of `model` (of these people) become those at the estimates. */
void mlab_joint_replace(const mlab_joint_drawing *drawing, mlab_joint_model *model);
/* d->all by refits to samples of whole people or, parametric, to responses drawn from the fit; counts failures. Errors: MLAB_ERR_FIT_DRAWS. */
MLAB_MUST_USE mlab_status mlab_joint_redraw(mlab_joint_drawing *d, bool parametric, mlab_error *err);

/* Responses of all parts drawn from the fit: the same people and rows, those after a drawn event that ends a person's rows left out. */
typedef struct mlab_joint_simulated mlab_joint_simulated;
MLAB_MUST_USE mlab_status mlab_joint_simulated_make(const mlab_joint_drawing *drawing, mlab_joint_simulated **simulated, mlab_error *err);
void mlab_joint_simulated_free(mlab_joint_simulated *simulated); /* NULL is fine */
/* The model of the next sample. Effects: purpose BOOTSTRAP, block 64, entity = person; responses: replicate = 1 + part, entity = row. */
MLAB_MUST_USE mlab_status mlab_joint_simulated_draw(mlab_joint_simulated *simulated, const mlab_address *address, mlab_joint_model **model,
                                                    mlab_error *err);

#endif

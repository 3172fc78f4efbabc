/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes out of a joint model: its fit, the fits of its parts, the effects of people, associations. */
#ifndef MLAB_FIT_JOINT_PARTS_H
#define MLAB_FIT_JOINT_PARTS_H

#include "fit/joint/joint.h"
#include "fit/mixed/mixed.h"

/* *text becomes a copy of `to`; what it was is released. */
MLAB_MUST_USE mlab_status mlab_joint_text(const mlab_context *context, char **text, const char *to, mlab_error *err);
/* A standard deviation on the scale of the predictor that counts as 0. */
#define MLAB_JOINT_BOUNDARY 1e-3
/* Of column c of the effects of people of a part; 1 without columns. */
double mlab_joint_root_mean_square(const mlab_joint_rows *part, size_t c);
/* Doubts (fit/joint/joint_doubts.c): of how people differ and of the climb; initial: the second part is the first period. */
MLAB_MUST_USE mlab_status mlab_joint_doubt_effects(const mlab_joint_model *model, const mlab_joint_climb *c, mlab_fit *fit, const char *name,
                                                   bool initial, mlab_error *err);
/* What the fits of the parts alone had to say, too few events last: the first doubt is the fit's trust. */
MLAB_MUST_USE mlab_status mlab_joint_doubt_parts(mlab_fit *const *parts, const char *const *names, size_t n, mlab_fit *fit, mlab_error *err);
/* How far one step of a finer rule would go. */
MLAB_MUST_USE mlab_status mlab_joint_doubt_rule(mlab_joint_model *model, mlab_joint_climb *c, mlab_fit *fit, mlab_error *err);
/* What the tiles leave out of the log-likelihood of a part. */
double mlab_joint_constant(const mlab_joint_rows *part);
/* The fit with names, counts and zeroed arrays. alone [n_parts]: fits of the parts. */
MLAB_MUST_USE mlab_status mlab_joint_fit_start(const mlab_joint_model *model, const char *name, const char *const *names, mlab_fit *const *alone,
                                               mlab_fit **fit, mlab_error *err);
/* fit->random from psi and the inverse of its information: effects of all parts. */
MLAB_MUST_USE mlab_status mlab_joint_place_effects(const mlab_joint_model *model, const double *psi, const double *inverse, const char *const *names,
                                                   mlab_fit *fit, mlab_error *err);
/* fit->joint: takes over *alone, which get the estimates of the joint model, and makes the associations. */
MLAB_MUST_USE mlab_status mlab_joint_place_parts(const mlab_joint_model *model, mlab_joint_effects effects, mlab_fit ***alone,
                                                 const char *const *names, mlab_fit *fit, mlab_error *err);
/* Average effects and predictions that the options of the parts ask for, hung on fit->joint->parts; model: at the estimates of fit. */
MLAB_MUST_USE mlab_status mlab_joint_after(mlab_joint_model *model, const mlab_joint_part_problem *parts, mlab_fit *fit, mlab_error *err);

#endif

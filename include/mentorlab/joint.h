/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joint models: satisfaction over time and the chances of promotion and of leaving as one likelihood, tied by effects of the person. */
#ifndef MENTORLAB_JOINT_H
#define MENTORLAB_JOINT_H

#include "mentorlab/draws.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What ties the parts. u: the effects of the first part (its intercept by person, and slopes that its formula has). */
typedef enum mlab_joint_effects {
    MLAB_JOINT_SHARED,    /* every predictor of the other parts holds a multiple of each u (shared parameters) */
    MLAB_JOINT_OWN,       /* and an independent effect of its own besides */
    MLAB_JOINT_CORRELATED /* the effects of all parts have a full covariance */
} mlab_joint_effects;

/* How a predictor of another part goes with an effect of the first part, all normal: e = loading * u + what is left. */
typedef struct mlab_association {
    char *part, *block;         /* "retention", "voluntary"; block "" where there is one */
    bool absence;               /* the part's name tells the absence of its event: retention */
    char *effect;               /* of the first part: "(Intercept)", "tenure" */
    size_t parameter;           /* of the fit that per_sd is */
    double per_sd, per_sd_se;   /* change of the predictor for one standard deviation of u (given the effects before it); error 0 = not known */
    double loading, loading_se; /* for one unit of u; only with one effect u, else 0 */
    double correlation;         /* of e with u (given the effects before it): -1 .. 1; 1 in size when shared; 0 when it has no spread */
} mlab_association;

typedef struct mlab_joint {
    const mlab_context *context;
    mlab_joint_effects effects;
    double level;     /* of intervals in sentences */
    size_t n_nodes;   /* of the quadrature in each independent effect */
    mlab_fit **parts; /* [n_parts] each a fit of its own, with these estimates and covariances: to predict from, for a person whose effects are 0 */
    size_t n_parts;
    mlab_association *associations; /* [n_associations] */
    size_t n_associations;
} mlab_joint;
MLAB_API void mlab_joint_free(mlab_joint *joint); /* NULL is fine */

#define MLAB_JOINT_PARTS 8 /* at most */
/* What a study says of a joint model. */
typedef struct mlab_joint_outcome {
    char *name; /* "wellbeing_and_leaving" */
    mlab_place place;
    char **of;             /* [n_of] names of outcomes of the study, 2 .. 8; the first is the one whose level by person ties them */
    mlab_place *of_places; /* [n_of] or NULL */
    size_t n_of;
    mlab_joint_effects effects;
    bool simulated; /* its parts drive the simulation, with effects of people that go together, in the place of the fits of these outcomes alone */
} mlab_joint_outcome;

/* Fits the outcomes that `joint` names among outcomes [n_outcomes] together, on the panel. Parts are hazard, ordinal, linear, lognormal, logit,
 * cloglog, probit, multinomial or poisson; the formula of the first may hold (1 | person) or slopes, (1 + tenure | person), the others no random
 * effects. The integral over the effects of a person is an adaptive quadrature of options->quadrature nodes in each independent effect; 1 or 0: 15,
 * 9, 7, 5 of one to four. fit->parameters: of each part, then Lambda, "retention ~ satisfaction" = change of the predictor for one standard
 * deviation of the first part's effect. Parts are predicted from fit->joint->parts. Errors: MLAB_ERR_FIT_MODEL, MLAB_ERR_DATA_NOT_BUILT with the
 * place of the part, those of mlab_fit_outcome. What is doubtful is fit->trust. */
MLAB_API MLAB_MUST_USE mlab_status mlab_fit_joint(const mlab_context *context, const mlab_data *data, const mlab_joint_outcome *joint,
                                                  const mlab_outcome *outcomes, size_t n_outcomes, const mlab_fit_options *options, mlab_fit **fit,
                                                  mlab_error *err);

/* Draws of a joint model that mlab_fit_joint made of the same arguments: outcome r is part r (parameters as in fit->joint->parts[r], to be predicted
 * with mlab_predict_intervals_drawn), the last one what ties them (log residual standard deviations, entries of Lambda). draws->effects[r]: those of
 * all people for part r, made of the same normal numbers in all parts; somebody new has factor z. kind: NORMAL, from the robust covariance;
 * BOOTSTRAP, refits to samples of whole people; PARAMETRIC, refits to responses of all parts drawn from the fit. A refit without a maximum is drawn
 * again, up to four times. Errors: MLAB_ERR_FIT_DRAWS (a fit that is not trusted enough, too many failed refits, other data),
 * MLAB_ERR_FIT_COVARIANCE (fewer people than parameters), those of mlab_fit_joint. */
MLAB_API MLAB_MUST_USE mlab_status mlab_draws_joint(const mlab_context *context, const mlab_data *data, const mlab_joint_outcome *joint,
                                                    const mlab_outcome *outcomes, size_t n_outcomes, const mlab_fit_options *options,
                                                    const mlab_fit *fit, mlab_draws_kind kind, size_t n_draws, uint64_t seed, mlab_draws **draws,
                                                    mlab_error *err);

/* Whether associations have numbers: true for every other model; false for a joint model with a doubt other than too few events, whose numbers are
 * kept for programs and are not shown to people. */
MLAB_API bool mlab_joint_told(const mlab_fit *fit);
/* Whether parameter j is one of the numbers that are not shown. */
MLAB_API bool mlab_joint_hides(const mlab_fit *fit, size_t j);
/* Whether the spread of effect e of fit->random is one of them: that of another part than the first; of any fit that did not converge or is
 * separated, all. */
MLAB_API bool mlab_joint_hides_effect(const mlab_fit *fit, size_t e);
/* Whether the spread of effect e of fit->random can be told from 0: true for every other model; false for a joint model where it is under two of its
 * errors, whose interval is then none. */
MLAB_API bool mlab_joint_from_zero(const mlab_fit *fit, size_t e);
/* Whether the correlation of two effects of fit->random says something: true for every other model; false for a joint model where one of them is not
 * told or not from 0, and where all effects are multiples of one. */
MLAB_API bool mlab_joint_tells_correlation(const mlab_fit *fit, size_t one, size_t other);
/* The same of the correlation of an association's two effects of a person. */
MLAB_API bool mlab_joint_tells_association(const mlab_fit *fit, size_t association);
/* One association in words, with its interval and what it does not say, or why it cannot be told; released with mlab_joint_text_free. Errors:
 * MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_joint_sentence(const mlab_fit *fit, size_t association, char **sentence, mlab_error *err);
MLAB_API void mlab_joint_text_free(const mlab_fit *fit, char *sentence);

#ifdef __cplusplus
}
#endif
#endif

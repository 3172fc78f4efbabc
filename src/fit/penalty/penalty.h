/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is added to a log-likelihood before it is maximised: Firth's penalty, or normal priors of coefficients. */
#ifndef MLAB_FIT_PENALTY_H
#define MLAB_FIT_PENALTY_H

#include "fit/model.h"

/* A likelihood with a penalty, in the parameters that Newton moves. */
typedef struct mlab_penalty {
    const mlab_context *context;
    mlab_newton_evaluate evaluate; /* of the likelihood alone */
    void *work;
    size_t n;
    const uint8_t *fixed; /* [n] as in mlab_newton_spec */
    const double *scale;  /* [n] or NULL, the same */
    bool firth;           /* log sqrt |information|; the information is that which evaluate gives */
    double *precision;    /* [n * n] of the priors; NULL = none */
    double *pull;         /* [n] precision times the means */
    double at_means;      /* the priors' quadratic form at 0, halved, and their constant: log densities = at_means + pull'b - b'Pb/2 */
    double *room;         /* [n * (n + 3)], or NULL without Firth's penalty */
    uint8_t *out;         /* [n] */
    double added;         /* the penalty at the last evaluation */
    void *own;            /* what `work` is, where it is the penalty's own; ended by forget */
    void (*forget)(const mlab_context *context, void *own);
} mlab_penalty;

/* An mlab_newton_evaluate: work is an mlab_penalty. */
MLAB_MUST_USE mlab_status mlab_penalty_evaluate(void *work, const double *parameters, double *log_likelihood, double *score, double *information,
                                                mlab_error *err);
/* room and out; then mlab_penalty_end, also after a failure. */
MLAB_MUST_USE mlab_status mlab_penalty_start(mlab_penalty *penalty, mlab_error *err);
void mlab_penalty_end(mlab_penalty *penalty);

/* Profile limits of the combination a'b [n] of the parameters: where the penalised likelihood, maximised over the rest, has fallen by `fall` from
 * its maximum (Venzon & Moolgavkar 1988, doi:10.2307/2347496). at [n], information [n * n], maximum: those of the maximum; side: -1, +1; limit:
 * change of a'b, or HUGE_VAL with its sign when it was not found. */
MLAB_MUST_USE mlab_status mlab_penalty_profile(mlab_penalty *penalty, const double *a, const double *at, double maximum, double fall, int side,
                                               double *limit, mlab_error *err);

/* Makes parameters v [n] as they are named (sign +1) of those that Newton moves, in place; of: the model's own. */
typedef void (*mlab_outward)(const void *of, double *v, double sign);
/* matrix [n * n], released by the caller: row j gives parameter j as it is named. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_penalty_outward(const mlab_context *context, mlab_outward outward, const void *of, size_t n, double **matrix,
                                               mlab_error *err);
/* The problem's priors into a penalty that was started. fit NULL: a refit, whose names are made anew. shift: taken off the first parameter already.
 * Errors: those of mlab_priors_find, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_penalty_priors(mlab_penalty *penalty, const mlab_prepared *prepared, const mlab_fit *fit, const uint8_t *aliased,
                                              mlab_outward outward, const void *of, double shift, mlab_error *err);

/* --- priors of a fit ------------------------------------------------------------------------------------------------ */

/* The place of each prior of the problem in names [n]; where [n_priors]. Errors: MLAB_ERR_FIT_MODEL with the place of the prior and the nearest name.
 */
MLAB_MUST_USE mlab_status mlab_priors_find(const mlab_fit_problem *problem, char *const *names, size_t n, const uint8_t *aliased, size_t *where,
                                           mlab_error *err);
/* Whether a prior of the model is weighed against a variance that the data alone give. */
bool mlab_has_dispersion(const mlab_model *model);
/* Fits with priors: first without them, for what the data say alone; then with them. Fills fit->priors and says where the two disagree. */
MLAB_MUST_USE mlab_status mlab_priors_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
/* fit->priors of the problem's priors beside the fit without them, the penalised likelihood, and where data and priors disagree. */
MLAB_MUST_USE mlab_status mlab_priors_describe(const mlab_fit_problem *problem, const mlab_fit *data, mlab_fit *fit, mlab_error *err);
/* Models that take Firth's penalty: whether this is one, and their names as a sentence has them. */
#define MLAB_FIRTH_MODELS "logit, cloglog, probit, multinomial, ordinal, hazard, poisson and cox"
bool mlab_model_takes_firth(const char *model);
/* Fits with Firth's penalty, after a fit without it that tells whether the data are separated: then the sandwich, which would be far too small, gives
 * way to the model's covariance, and the fit says so. */
MLAB_MUST_USE mlab_status mlab_firth_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err);
/* into [n * n] += covariance * diagonal(1 / sd^2) * covariance: what the priors' own uncertainty adds to a cluster-robust covariance. */
void mlab_priors_add(const mlab_fit *fit, double *into);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a profile needs of a model: its log-likelihood as Newton's steps see it, with some parameters held. */
#ifndef MLAB_FIT_PROFILE_H
#define MLAB_FIT_PROFILE_H

#include "fit/after/after.h"
#include "fit/model.h"

typedef struct mlab_profile_machine mlab_profile_machine;
struct mlab_profile_machine {
    const mlab_prepared *prepared;
    mlab_newton_spec spec; /* evaluates a value that rises with the log-likelihood; n: with a frailty one more, the log of its variance */
    const uint8_t *fixed;  /* [n] the caller's, changed between fits */
    double *best;          /* [n] estimates in the columns of the machine */
    const double *unit;    /* [n] what a coefficient is multiplied by there; NULL = 1 */
    void *own;
    /* Instead of Newton's steps with spec: value = log-likelihood with parameter j held. NULL = Newton. */
    mlab_status (*held)(mlab_profile_machine *machine, size_t j, double at, double *value, bool *good, mlab_error *err);
    double settled; /* standard errors to which an end is found; 0 = 1e-10 */
    void (*release)(const mlab_context *context, void *own);
    double (*of_value)(const mlab_profile_machine *machine, double value); /* the log-likelihood, but for a constant */
    bool (*has)(const mlab_profile_machine *machine, size_t j);            /* whether parameter j has a profile */
};

/* Whether the model has profiles: no frailties on their boundary, Fine-Gray (no likelihood), multistate. */
bool mlab_profile_is_made(const mlab_prepared *prepared, const mlab_fit *fit);
/* Errors: MLAB_ERR_MEMORY, those of a pass over the rows. Ended by mlab_profile_machine_free, also after a failure. */
MLAB_MUST_USE mlab_status mlab_profile_machine_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit,
                                                    const uint8_t *fixed, mlab_profile_machine *machine, mlab_error *err);
void mlab_profile_machine_free(const mlab_context *context, mlab_profile_machine machine);

#endif

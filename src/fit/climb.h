/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The maximum of a smooth function, and the inverse of its curvature there. */
#ifndef MLAB_FIT_CLIMB_H
#define MLAB_FIT_CLIMB_H

#include "mentorlab/core.h"

/* The value at psi and its gradient (NULL = not wanted); -HUGE_VAL where psi is not allowed. */
typedef mlab_status (*mlab_climb_evaluate)(void *work, const double *psi, double *value, double *gradient, mlab_error *err);

typedef struct mlab_climb {
    const mlab_context *context;
    size_t n;
    mlab_climb_evaluate evaluate;
    void *work_of;
    double *psi, *gradient;              /* [n] where it is */
    double *inverse;                     /* [n * n] of minus the Hessian; before the start a guess of it */
    double *next, *next_gradient, *step; /* [n] */
    double *hessian, *work, *memory;
    uint8_t *out;
    double value;
    int iterations;
    bool quick;               /* no Hessian: the climb ends at 1e-5 standard errors of the guess of inverse */
    bool converged, definite; /* definite: the curvature at the end has an inverse */
} mlab_climb;

/* Then the caller sets psi and the guess of inverse. Ended also after a failed start. */
MLAB_MUST_USE mlab_status mlab_climb_start(const mlab_context *context, size_t n, mlab_climb_evaluate evaluate, void *work, mlab_climb *climb,
                                           mlab_error *err);
MLAB_MUST_USE mlab_status mlab_climb_up(mlab_climb *climb, mlab_error *err);
/* Where a climb did not end at a definite maximum: again with parameter k at 0, where the function must be even in it, so that it stays there; kept
 * where a maximum no lower is found, such as that of a singular covariance, whose last diagonal entry of Lambda is 0. */
MLAB_MUST_USE mlab_status mlab_climb_edge(mlab_climb *climb, size_t k, mlab_error *err);
void mlab_climb_end(mlab_climb *climb);

#endif

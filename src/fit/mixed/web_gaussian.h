/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The likelihood of a linear model with random effects of several groupings. */
#ifndef MLAB_FIT_WEB_GAUSSIAN_H
#define MLAB_FIT_WEB_GAUSSIAN_H

#include "fit/mixed/mixed_priors.h"
#include "fit/mixed/web.h"

typedef struct mlab_web_linear {
    mlab_web *web;
    bool restricted;
    mlab_mixed_priors priors;      /* of the coefficients; the maker's own; n = 0: none */
    size_t p, columns;             /* coefficients; with the response */
    double n, yy;                  /* sum of weights, y'y */
    double *xx, *xy;               /* [p * p], [p] */
    double *centre;                /* [p] taken out of the response: beta and what is held are found around it; 0 unless mlab_web_linear_centre */
    double *zx;                    /* [columns * n_effects] Z'X, then Z'y */
    double *half, *solved, *other; /* [columns * n_effects] Lambda'Z'X, H^-1 of it; scratch */
    double *a, *inverse, *rhs, *beta, *work, *mixed;
    double *room; /* [columns * web room] */
    double *parts;
    size_t part;
    uint8_t *out;
    double *memory;
} mlab_web_linear;

MLAB_MUST_USE mlab_status mlab_web_linear_make(mlab_web_linear *linear, mlab_web *web, bool restricted,
                                               mlab_error *err); /* freed also after a failure */
void mlab_web_linear_free(mlab_web_linear *linear);              /* before its web */
/* The cross products of the rows: once. */
MLAB_MUST_USE mlab_status mlab_web_linear_read(mlab_web_linear *linear, mlab_error *err);
/* After it, without priors: takes out of the response what the columns tell, where that is nearly all of it. */
MLAB_MUST_USE mlab_status mlab_web_linear_centre(mlab_web_linear *linear, mlab_error *err);
/* An mlab_climb_evaluate: work is an mlab_web_linear, psi the entries of Lambda and log s. Leaves beta and inverse (of X'V^-1X) there, the factor of
 * H, and in solved H^-1 Lambda'Z'X and H^-1 Lambda'Z'y (with a gradient: of the residuals, as in web->v). */
MLAB_MUST_USE mlab_status mlab_web_linear_evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err);
/* mode_error of all effects (fit/mixed/web_errors.c), after the fit is placed. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_web_linear_errors(const mlab_climb *climb, mlab_web_linear *linear, mlab_fit *fit, mlab_error *err);

#endif

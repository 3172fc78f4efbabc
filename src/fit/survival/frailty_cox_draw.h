/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawn baselines of Cox's model with a frailty. */
#ifndef MLAB_FIT_FRAILTY_COX_DRAW_H
#define MLAB_FIT_FRAILTY_COX_DRAW_H

#include "core/random.h"
#include "fit/survival/frailty.h"

typedef struct mlab_cox_draw {
    const mlab_context *context;
    mlab_frailty_again again;
    double *factor;         /* [n_steps^2] inverse of the lower Cholesky factor of the information of the log steps; NULL on the boundary */
    double *sd;             /* [n_steps] of the log steps */
    double *z, *normal;     /* [n_steps] */
    double *top, *top_beta; /* [n_steps], [p] log steps and coefficients (scaled columns) at the maximum */
    double variance;        /* there */
} mlab_cox_draw;

/* Ended also after a failure. Errors: MLAB_ERR_MEMORY, MLAB_ERR_FIT_DRAWS (more than 3,000 steps; other data). */
MLAB_MUST_USE mlab_status mlab_cox_draw_begin(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_cox_draw *draw,
                                              mlab_error *err);
void mlab_cox_draw_end(mlab_cox_draw *draw);
/* hazard [n_steps]: drawn at these parameters (kept, or on the boundary: read), and with it the hazards of the groups, again.f.hazard. */
void mlab_cox_draw_steps(mlab_cox_draw *draw, const double *estimate, double variance, const mlab_address *address, bool kept, double *hazard);

#endif

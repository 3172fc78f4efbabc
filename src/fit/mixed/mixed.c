/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits a mixed model by the Laplace approximation, from the fit without random effects. Entries of Lambda are not bounded: a standard deviation is
 * the length of its row, and 0 is a point like any other.
 * Weakness: the Laplace approximation is biased where groups are small and answers are yes or no.
 */
#include "fit/mixed/mixed.h"

#include <math.h>
#include <string.h>

static const double BOUNDARY = 1e-3; /* a standard deviation on the scale of the predictor that counts as 0 */
static const double START_SD = 0.5;

/* From the fit without random effects; its covariance is the first guess of the inverse Hessian. */
static void climb_from(mlab_climb *c, const mlab_prepared *prepared, const mlab_fit *fit)
{
    const mlab_mixed *m = c->work_of;
    const mlab_engine *engine = prepared->own;
    size_t at = 0, n = c->n, total = fit->n_parameters;
    for (size_t j = 0; j < total; j++) {
        if (engine->aliased[j]) continue;
        size_t to = 0;
        for (size_t k = 0; k < total; k++)
            if (!engine->aliased[k]) c->inverse[at * n + to++] = fit->covariance[j * total + k];
        if (!(c->inverse[at * n + at] > 0)) c->inverse[at * n + at] = 1e-4;
        c->psi[at++] = fit->estimate[j];
    }
    mlab_mixed_start_lambda(c, m, at, START_SD);
}

/* --- what comes out ---------------------------------------------------------------------------------------- */

static void place_estimates(const mlab_climb *c, const mlab_engine *engine, mlab_fit *fit)
{
    size_t n = fit->n_parameters, at = 0;
    memset(fit->estimate, 0, n * sizeof *fit->estimate);
    memset(fit->covariance, 0, n * n * sizeof *fit->covariance);
    for (size_t j = 0; j < n; j++) {
        fit->aliased[j] = engine->aliased[j];
        if (engine->aliased[j]) continue;
        fit->estimate[j] = c->psi[at];
        for (size_t k = 0, to = 0; k < n; k++)
            if (!engine->aliased[k]) fit->covariance[j * n + k] = c->inverse[at * c->n + to++];
        at++;
    }
}

static mlab_status evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    return mlab_mixed_laplace(work, psi, value, gradient, err);
}

mlab_status mlab_mixed_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_mixed *mixed = NULL;
    mlab_climb c = {0};
    mlab_status status = mlab_engine_fit(context, prepared, fit, err);
    if (!status) mlab_mixed_forget(fit);
    if (!status) status = mlab_mixed_make(context, prepared, &mixed, err);
    if (!status) status = mlab_climb_start(context, mixed->n_parameters, evaluate, mixed, &c, err);
    if (status) goto out;
    climb_from(&c, prepared, fit);
    if ((status = mlab_climb_up(&c, err)) || (status = mlab_mixed_laplace(mixed, c.psi, &c.value, NULL, err)) ||
        (status = mlab_mixed_effects_make(context, mixed, prepared->problem, fit, err)))
        goto out;
    place_estimates(&c, prepared->own, fit);
    mlab_mixed_effects_place(&c, mixed, mixed->n_thresholds + mixed->p, SIZE_MAX, fit->random);
    fit->log_likelihood = c.value + (prepared->model->constant ? prepared->model->constant(prepared) : 0);
    fit->iterations = c.iterations;
    fit->gradient = 0;
    for (size_t j = 0; j < c.n; j++) fit->gradient = fmax(fit->gradient, fabs(c.gradient[j]) * sqrt(fmax(c.inverse[j * c.n + j], 0)));
    status = mlab_mixed_doubt(&c, mixed, BOUNDARY, fit, err);
out:
    mlab_mixed_free(mixed);
    mlab_climb_end(&c);
    return status;
}

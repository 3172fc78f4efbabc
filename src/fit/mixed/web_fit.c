/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits a mixed model of several groupings, memberships or causes, or of a family with a shape, by the Laplace approximation; starts from the
 * fit without random effects. */
#include "fit/mixed/mixed_priors.h"
#include "fit/mixed/web_laplace.h"

#include <math.h>

static const double BOUNDARY = 1e-3; /* a standard deviation on the scale of the predictor that counts as 0 */
static const double START_SD = 0.5;

static void climb_from(mlab_climb *c, const mlab_web_rows *r, const mlab_prepared *prepared, const mlab_fit *fit)
{
    size_t n = c->n;
    mlab_web_start_lambda(c, r->web, mlab_mixed_start_fixed(c, prepared->own, fit), START_SD);
    if (!r->with_shape) return;
    bool known = fit->shape > 0 && fit->shape < 1e6 && fit->shape_se > 0;
    c->psi[n - 1] = known ? log(fit->shape) : 0;
    c->inverse[n * n - 1] = known ? pow(fit->shape_se / fit->shape, 2) : 0.01;
}

static void place_estimates(const mlab_climb *c, const mlab_web_rows *r, const mlab_engine *engine, mlab_fit *fit)
{
    mlab_mixed_place_fixed(c, engine, fit);
    if (!r->with_shape) return;
    fit->shape = exp(c->psi[c->n - 1]);
    fit->shape_se = fit->shape * sqrt(fmax(c->inverse[c->n * c->n - 1], 0));
}

static mlab_status modes_at(void *work, const double *psi, double *u, bool *fine, mlab_error *err)
{
    mlab_web_rows *rows = work;
    double value;
    mlab_status status = mlab_web_laplace(rows, psi, &value, NULL, err);
    *fine = value > -HUGE_VAL;
    if (!status && *fine) mlab_web_by_lambda(rows->web, false, rows->web->v, u);
    return status;
}

mlab_status mlab_web_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_web *web = NULL;
    mlab_web_rows rows = {0};
    mlab_climb c = {0};
    mlab_mixed_priors priors = {.inner = mlab_web_laplace, .work = &rows};
    mlab_status status = mlab_mixed_start(context, prepared, fit, err);
    if (!status) status = mlab_mixed_priors_make(context, prepared, fit, &priors, err);
    if (!status) status = mlab_web_make(context, prepared, prepared->problem, prepared->problem->number, &web, err);
    if (!status) status = mlab_web_rows_make(web, &rows, err);
    if (!status) status = mlab_climb_start(context, rows.n_parameters, mlab_mixed_priors_evaluate, &priors, &c, err);
    if (status) goto out;
    climb_from(&c, &rows, prepared, fit);
    mlab_mixed_warm(&c, prepared, web->n_thresholds + web->n_eta * web->p);
    if ((status = mlab_climb_up(&c, err)) || (status = mlab_web_climb_edges(&c, web, web->n_thresholds + web->n_eta * web->p, err)) ||
        (status = mlab_web_laplace(&rows, c.psi, &c.value, c.next_gradient, err)) || (status = mlab_web_effects_make(context, web, fit, err)))
        goto out;
    place_estimates(&c, &rows, prepared->own, fit);
    mlab_web_effects_place(&c, web, web->n_thresholds + web->n_eta * web->p, SIZE_MAX, fit);
    if ((status = mlab_mixed_keep_spread(context, &c, web->n_thresholds + web->n_eta * web->p, fit, err))) goto out;
    fit->log_likelihood = c.value + (prepared->model->constant ? prepared->model->constant(prepared) : 0);
    mlab_mixed_place_climb(&c, fit);
    status = mlab_web_doubt(&c, web, BOUNDARY, fit, err);
    if (!status && prepared->problem->mode_errors) status = mlab_web_mode_errors(&c, web, modes_at, &rows, NULL, fit, err);
    if (!status && prepared->options.quadrature > 1)
        status = mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                                rows.with_shape ? "fitted by the Laplace approximation: %s has no quadrature"
                                                : "fitted by the Laplace approximation: a quadrature takes one grouping and one cause",
                                fit->model);
out:
    mlab_mixed_priors_free(&priors);
    mlab_web_rows_free(&rows);
    mlab_web_free(web);
    mlab_climb_end(&c);
    return status;
}

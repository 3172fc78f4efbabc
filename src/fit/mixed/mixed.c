/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits a mixed model by the Laplace approximation, from the fit without random effects. Entries of Lambda are not bounded: a standard deviation is
 * the length of its row, and 0 is a point like any other.
 * Weakness: the Laplace approximation is biased where groups are small and answers are yes or no.
 */
#include "fit/mixed/mixed_priors.h"

#include "core/error.h"

#include <math.h>

static const double BOUNDARY = 1e-3; /* a standard deviation on the scale of the predictor that counts as 0 */
static const double START_SD = 0.5;
static const double FAR = 0.25;             /* standard errors that the Laplace approximation may be off without a word */
enum { SMALL_GROUP = 50, CHECK_NODES = 9 }; /* rows of a group on average, up to which it is looked at */

/* Where groups are small: how far one Newton step of a quadrature would go from where the Laplace approximation ended. */
static mlab_status compare_quadrature(const mlab_climb *c, mlab_mixed *m, mlab_fit *fit, mlab_error *err)
{
    double value, worst = 0;
    size_t which = 0;
    if (m->q > 1 || m->n > SMALL_GROUP * m->n_groups || !c->definite || fit->trust == MLAB_ON_BOUNDARY) return MLAB_OK;
    m->n_nodes = CHECK_NODES;
    mlab_quadrature_rule(m->n_nodes, m->node, m->log_weight);
    mlab_status status = c->evaluate(c->work_of, c->psi, &value, c->next_gradient, err);
    for (size_t j = 0; j < c->n && !status && value > -HUGE_VAL; j++) {
        double step = 0;
        for (size_t k = 0; k < c->n; k++) step += c->inverse[j * c->n + k] * c->next_gradient[k];
        step = fabs(step) / sqrt(c->inverse[j * c->n + j]);
        if (step > worst) worst = step, which = j;
    }
    if (status || worst <= FAR) return status;
    return mlab_fit_doubt(
        fit, MLAB_TRUSTED, err,
        "a quadrature would move %s by about %.1f standard errors from the Laplace approximation: groups are small; ask for fit.quadrature: 15",
        which >= m->n_thresholds + m->p ? "the standard deviation between groups" : "a coefficient", worst);
}

static mlab_status evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    return mlab_mixed_laplace(work, psi, value, gradient, err);
}

mlab_status mlab_mixed_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_mixed *mixed = NULL;
    mlab_climb c = {0};
    mlab_mixed_priors priors = {.inner = evaluate};
    mlab_status status = mlab_mixed_start(context, prepared, fit, err);
    if (!status) status = mlab_mixed_priors_make(context, prepared, fit, &priors, err);
    if (!status) status = mlab_mixed_make(context, prepared, &mixed, err);
    priors.work = mixed;
    if (!status) status = mlab_climb_start(context, mixed->n_parameters, mlab_mixed_priors_evaluate, &priors, &c, err);
    if (status) goto out;
    bool nodes = prepared->options.quadrature > 1 && mixed->q <= MLAB_MOST_QUADRATURE;
    if (nodes) mixed->n_nodes = (size_t)prepared->options.quadrature;
    if (nodes && !mlab_quadrature_rule(mixed->n_nodes, mixed->node, mixed->log_weight)) {
        status = mlab_raise(err, MLAB_ERR_FIT_MODEL, "fit.quadrature is %zu; allowed 1 to %zu", mixed->n_nodes, MLAB_MOST_NODES);
        goto out;
    }
    mlab_mixed_start_lambda(&c, mixed, mlab_mixed_start_fixed(&c, prepared->own, fit), START_SD);
    mlab_mixed_warm(&c, prepared, mixed->n_thresholds + mixed->p);
    if ((status = mlab_climb_up(&c, err)) ||
        (mixed->q > 1 && (status = mlab_climb_edge(&c, mixed->n_thresholds + mixed->p + mixed->n_lambda - 1, err))) ||
        (status = mlab_mixed_laplace(mixed, c.psi, &c.value, NULL, err)) ||
        (status = mlab_mixed_effects_make(context, mixed, prepared->problem, fit, err)))
        goto out;
    mlab_mixed_place_fixed(&c, prepared->own, fit);
    mlab_mixed_effects_place(&c, mixed, mixed->n_thresholds + mixed->p, SIZE_MAX, fit->random);
    if ((status = mlab_mixed_keep_spread(context, &c, mixed->n_thresholds + mixed->p, fit, err))) goto out;
    fit->log_likelihood = c.value + (prepared->model->constant ? prepared->model->constant(prepared) : 0);
    mlab_mixed_place_climb(&c, fit);
    status = mlab_mixed_doubt(&c, mixed, BOUNDARY, fit, err);
    if (!status && prepared->options.quadrature > 1 && !nodes)
        status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "fitted by the Laplace approximation: a quadrature takes up to %zu effects of a group",
                                MLAB_MOST_QUADRATURE);
    if (!status && !nodes && !c.quick) status = compare_quadrature(&c, mixed, fit, err);
out:
    mlab_mixed_priors_free(&priors);
    mlab_mixed_free(mixed);
    mlab_climb_end(&c);
    return status;
}

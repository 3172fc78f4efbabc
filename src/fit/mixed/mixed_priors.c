/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normal priors in mixed models: the mode of the marginal likelihood (Laplace, or quadrature) times priors. Linear models by restricted maximum
 * likelihood integrate over the coefficients under their priors, which is exact: X'V^-1X becomes X'V^-1X + s^2 P.
 * Weakness: the standard deviations between groups have no priors.
 */
#include "fit/mixed/mixed_priors.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/penalty/penalty.h"

mlab_status mlab_mixed_priors_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_mixed_priors *priors,
                                   mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const mlab_engine *engine = prepared->own;
    size_t n = problem->n_priors;
    priors->context = context;
    priors->n = 0;
    if (n == 0) return MLAB_OK;
    priors->at = mlab_allocate(context, n, sizeof *priors->at);
    priors->mean = mlab_allocate(context, n, sizeof *priors->mean);
    priors->precision = mlab_allocate(context, n, sizeof *priors->precision);
    if (!priors->at || !priors->mean || !priors->precision) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu priors", n);
    mlab_status status = mlab_priors_find(problem, fit->names, fit->n_parameters, engine->aliased, priors->at, err);
    for (size_t k = 0; k < n && !status; k++) {
        const mlab_prior *prior = &problem->priors[k];
        size_t j = priors->at[k], left = 0;
        for (size_t i = 0; i < j; i++) left += engine->aliased[i];
        priors->at[k] = j - left;
        priors->mean[k] = prior->mean - (j == 0 && engine->own_number ? engine->shift : 0);
        priors->precision[k] = 1 / (prior->sd * prior->sd);
    }
    if (!status) priors->n = n;
    return status;
}

void mlab_mixed_priors_free(mlab_mixed_priors *priors)
{
    if (!priors->context) return;
    mlab_release(priors->context, priors->at);
    mlab_release(priors->context, priors->mean);
    mlab_release(priors->context, priors->precision);
    *priors = (mlab_mixed_priors){0};
}

double mlab_mixed_priors_distance(const mlab_mixed_priors *priors, const double *b)
{
    double sum = 0;
    for (size_t k = 0; k < priors->n; k++) {
        double away = b[priors->at[k]] - priors->mean[k];
        sum += 0.5 * priors->precision[k] * away * away;
    }
    return sum;
}

mlab_status mlab_mixed_priors_evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    const mlab_mixed_priors *priors = work;
    mlab_status status = priors->inner(priors->work, psi, value, gradient, err);
    if (status) return status;
    *value -= mlab_mixed_priors_distance(priors, psi);
    for (size_t k = 0; k < priors->n && gradient; k++) gradient[priors->at[k]] -= priors->precision[k] * (psi[priors->at[k]] - priors->mean[k]);
    return MLAB_OK;
}

mlab_status mlab_mixed_start(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_fit_problem problem = *prepared->problem;
    mlab_prepared without = *prepared;
    problem.n_priors = 0;
    without.problem = &problem;
    mlab_status status = prepared->model->fit(context, &without, fit, err);
    if (!status) mlab_mixed_forget(fit);
    return status;
}

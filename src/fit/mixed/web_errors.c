/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standard errors of the effects of single groups that hold the uncertainty of the parameters, too: with u(psi) the modes and C the covariance of
 * the parameters,
 *
 *     Var(u_g - mode) ~ conditional variance + u'(psi) C u'(psi)'
 *
 * (Kass & Steffey 1989, J. Am. Stat. Assoc. 84:717-726; Skrondal & Rabe-Hesketh 2009, J. R. Stat. Soc. A 172:659-687). The derivative is a central
 * difference over a hundredth of a standard error each way; modes are found to rounding.
 * Weakness: to first order in the parameters; not given where the standard deviations are on their boundary.
 */
#include "fit/mixed/web_gaussian.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double STEP = 0.01; /* standard errors */

/* slope [n * n_effects] of the modes by each parameter; false in *fine where they cannot be found. */
static mlab_status find_slopes(const mlab_climb *c, const mlab_web *web, mlab_web_modes modes, void *work, double *slope, bool *fine, mlab_error *err)
{
    size_t e = web->n_effects;
    double *psi = mlab_allocate(web->context, c->n, sizeof *psi), *other = mlab_allocate(web->context, e, sizeof *other);
    mlab_status status = psi && other ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of %zu effects", e);
    *fine = true;
    for (size_t k = 0; k < c->n && *fine && !status; k++) {
        double h = STEP * sqrt(c->inverse[k * c->n + k]), *at = slope + k * e;
        memcpy(psi, c->psi, c->n * sizeof *psi);
        psi[k] = c->psi[k] + h;
        status = modes(work, psi, at, fine, err);
        psi[k] = c->psi[k] - h;
        if (!status && *fine) status = modes(work, psi, other, fine, err);
        for (size_t i = 0; i < e && *fine && !status; i++) at[i] = (at[i] - other[i]) / (2 * h);
    }
    mlab_release(web->context, psi);
    mlab_release(web->context, other);
    return status;
}

/* The variance that comes of the parameters, added to that of effect i. */
static double added(const mlab_climb *c, const double *slope, size_t n_effects, size_t i)
{
    double sum = 0;
    for (size_t k = 0; k < c->n; k++)
        for (size_t l = 0; l < c->n; l++) sum += slope[k * n_effects + i] * c->inverse[k * c->n + l] * slope[l * n_effects + i];
    return fmax(sum, 0);
}

mlab_status mlab_web_mode_errors(const mlab_climb *c, const mlab_web *web, mlab_web_modes modes, void *work, const double *known, mlab_fit *fit,
                                 mlab_error *err)
{
    bool fine = c->definite;
    for (size_t k = 0; k < c->n; k++) fine = fine && c->inverse[k * c->n + k] > 0;
    if (!fine) return MLAB_OK;
    double *slope = mlab_allocate(web->context, c->n, web->n_effects * sizeof *slope);
    if (!slope) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of %zu effects", web->n_effects);
    mlab_status status = find_slopes(c, web, modes, work, slope, &fine, err);
    for (size_t t = 0; t < web->n_terms && fine && !status; t++) {
        mlab_random_effects *random = &fit->random[t];
        size_t n = random->n_groups * random->n, first = web->terms[t].first;
        random->mode_error = mlab_allocate(fit->context, n, sizeof *random->mode_error);
        if (!random->mode_error) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of %zu effects", n);
        for (size_t i = 0; i < n && !status; i++)
            random->mode_error[i] =
                sqrt(random->mode_se[i] * random->mode_se[i] + (known ? known[first + i] : 0) + added(c, slope, web->n_effects, first + i));
    }
    mlab_release(web->context, slope);
    return status;
}

/* --- linear models ------------------------------------------------------------------------------------------------------ */

/* Modes: what the residuals give, b solved for. */
static mlab_status modes_at(void *work, const double *psi, double *u, bool *fine, mlab_error *err)
{
    mlab_web_linear *w = work;
    size_t e = w->web->n_effects;
    double value, *v = w->web->v;
    mlab_status status = mlab_web_linear_evaluate(w, psi, &value, NULL, err);
    *fine = value > -HUGE_VAL;
    if (status || !*fine) return status;
    memcpy(v, w->solved + w->p * e, e * sizeof *v);
    for (size_t j = 0; j < w->p; j++)
        for (size_t i = 0; i < e; i++) v[i] -= w->beta[j] * w->solved[j * e + i];
    mlab_web_by_lambda(w->web, false, v, u);
    return MLAB_OK;
}

/* Variances of the modes that come of the coefficients: s^2 L (X'V^-1X)^-1 L', L = Lambda H^-1 Lambda'Z'X. */
mlab_status mlab_web_linear_errors(const mlab_climb *c, mlab_web_linear *w, mlab_fit *fit, mlab_error *err)
{
    size_t p = w->p, e = w->web->n_effects;
    bool fine;
    double *known = mlab_allocate(w->web->context, e, sizeof *known), variance = fit->residual_variance;
    mlab_status status = known ? modes_at(w, c->psi, known, &fine, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of effects");
    for (size_t j = 0; j < p && !status; j++) mlab_web_by_lambda(w->web, false, w->solved + j * e, w->other + j * e);
    for (size_t i = 0; i < e && !status; i++) {
        known[i] = 0;
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k < p; k++) known[i] += variance * w->other[j * e + i] * w->inverse[j * p + k] * w->other[k * e + i];
    }
    if (!status) status = mlab_web_mode_errors(c, w->web, modes_at, w, known, fit, err);
    mlab_release(w->web->context, known);
    return status;
}

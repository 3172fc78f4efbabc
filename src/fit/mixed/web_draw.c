/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of the effects of groups: with H = C C' the curvature at the most likely effects v of the drawn parameters, v + C'^-1 z has their normal
 * approximation, in linear models their exact distribution (McCulloch, Searle & Neuhaus 2008, Generalized, Linear, and Mixed Models, ch. 9). Every
 * draw starts from the effects of the estimates, so that it does not depend on others. The distribution of few counts or events is skewed: its mean
 * lies, to the first order, at v - H^-1 d(log|H|)/dv / 2 (Tierney & Kadane 1986, doi:10.1080/01621459.1986.10478240), and there draws are centred;
 * the vector is a part of the gradient of the Laplace approximation. Weakness: the draws themselves are not skewed.
 */
#include "fit/mixed/web_draw.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/web_gaussian.h"
#include "fit/mixed/web_laplace.h"

#include <math.h>
#include <string.h>

static const double MOST_MOVED = 1; /* standard deviations between groups; more is beyond the first order */

struct mlab_web_draw {
    const mlab_context *context;
    const mlab_engine *engine;
    mlab_web *web;
    mlab_web_rows rows;
    mlab_web_linear linear;
    bool additive;
    double *start, *z, *room, *psi; /* [n_effects], [n_effects], [web room], [parameters] */
    double *gradient;               /* [parameters] not used but for what it is made of */
    uint32_t *entity;               /* [n_effects] 0, 1, ... */
};

void mlab_web_draw_free(mlab_web_draw *d)
{
    if (!d) return;
    mlab_web_linear_free(&d->linear);
    mlab_web_rows_free(&d->rows);
    mlab_web_free(d->web);
    void *const memory[] = {d->start, d->z, d->room, d->psi, d->gradient, d->entity};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(d->context, memory[k]);
    mlab_release(d->context, d);
}

/* The most likely effects at the parameters, in units of the residual standard deviation for linear models: web->v and the factor of H. */
static mlab_status go_to(mlab_web_draw *d, const double *estimate, const double *spread, size_t n_spread, bool *possible, mlab_error *err)
{
    const mlab_engine *engine = d->engine;
    mlab_web *web = d->web;
    size_t n = 0, e = web->n_effects;
    double value;
    for (size_t j = 0; j < engine->n_parameters; j++)
        if (!engine->aliased[j]) d->psi[n++] = estimate[j] - (d->additive && j == 0 && engine->intercept ? engine->shift : 0);
    memcpy(web->v, d->start, e * sizeof *web->v);
    if (!d->additive) {
        memcpy(d->psi + n, spread, n_spread * sizeof *spread);
        mlab_status status = mlab_web_laplace(&d->rows, d->psi, &value, d->gradient, err);
        *possible = value > -HUGE_VAL;
        return status;
    }
    const mlab_web_linear *w = &d->linear;
    mlab_status status = mlab_web_linear_evaluate(&d->linear, spread, &value, NULL, err);
    *possible = value > -HUGE_VAL;
    memcpy(web->v, w->solved + w->p * e, e * sizeof *web->v);
    for (size_t j = 0; j < w->p; j++)
        for (size_t i = 0; i < e; i++) web->v[i] -= (d->psi[j] - w->centre[j]) * w->solved[j * e + i];
    return status;
}

mlab_status mlab_web_draw_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_web_draw **out, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    bool possible = false;
    *out = NULL;
    mlab_web_draw *d = mlab_allocate(context, 1, sizeof *d);
    if (!d) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", fit->outcome);
    d->context = context;
    d->engine = engine;
    d->additive = engine->family->additive;
    mlab_status status = mlab_web_make(context, prepared, prepared->problem, d->additive ? engine->number : prepared->problem->number, &d->web, err);
    if (status) goto out;
    size_t n = d->web->n_effects, n_psi = engine->n_parameters + fit->n_spread;
    d->start = mlab_allocate(context, n, sizeof *d->start);
    d->z = mlab_allocate(context, n, sizeof *d->z);
    d->room = mlab_allocate(context, mlab_web_room(d->web), sizeof *d->room);
    d->psi = mlab_allocate(context, n_psi, sizeof *d->psi);
    d->gradient = mlab_allocate(context, n_psi, sizeof *d->gradient);
    d->entity = mlab_allocate(context, n, sizeof *d->entity);
    if (!d->start || !d->z || !d->room || !d->psi || !d->gradient || !d->entity) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %zu effects", n);
        goto out;
    }
    for (size_t i = 0; i < n; i++) d->entity[i] = (uint32_t)i;
    if (d->additive) {
        status = mlab_web_linear_make(&d->linear, d->web, fit->restricted, err);
        if (!status) status = mlab_web_linear_read(&d->linear, err);
        if (!status) status = mlab_web_linear_centre(&d->linear, err);
    } else
        status = mlab_web_rows_make(d->web, &d->rows, err);
    if (!status) status = go_to(d, fit->estimate, fit->spread, fit->n_spread, &possible, err);
    if (!status && !possible)
        status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the groups have no most likely effects at the estimates", fit->outcome);
    if (!status) memcpy(d->start, d->web->v, n * sizeof *d->start);
out:
    if (status) {
        mlab_web_draw_free(d);
        d = NULL;
    }
    *out = d;
    return status;
}

mlab_status mlab_web_draw_evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    mlab_web_draw *d = work;
    return d->additive ? mlab_web_linear_evaluate(&d->linear, psi, value, gradient, err) : mlab_web_laplace(&d->rows, psi, value, gradient, err);
}

bool mlab_web_draw_is_linear(const mlab_web_draw *d)
{
    return d->additive;
}

static double scale_of(const mlab_web_draw *d, const double *spread)
{
    return d->additive ? exp(spread[d->web->n_lambda]) : 1;
}

mlab_status mlab_web_draw_effects(mlab_web_draw *d, const double *estimate, const double *spread, const mlab_address *address, double *const *value,
                                  bool *possible, mlab_error *err)
{
    mlab_web *web = d->web;
    size_t n_spread = web->n_lambda + (d->additive || d->rows.with_shape);
    double scale = scale_of(d, spread);
    mlab_status status = go_to(d, estimate, spread, n_spread, possible, err);
    if (status || !*possible) return status;
    for (size_t t = 0; t < web->n_terms; t++) {
        const mlab_web_term *term = &web->terms[t];
        mlab_address at = *address;
        at.replicate += (uint32_t)t;
        mlab_random_fill(d->context, &at, d->entity, term->q * term->n_groups, 1, d->z + term->first);
    }
    for (size_t i = 0; i < web->n_effects && !d->additive; i++) web->v[i] -= fmin(fmax(0.5 * d->rows.hc[i], -MOST_MOVED), MOST_MOVED);
    mlab_normal_quantile_array(d->context, d->z, d->z, web->n_effects);
    mlab_web_spread(web, d->z, d->room);
    for (size_t i = 0; i < web->n_effects; i++) web->v[i] += scale * d->z[i];
    mlab_web_by_lambda(web, false, web->v, d->z);
    for (size_t t = 0; t < web->n_terms; t++) {
        const mlab_web_term *term = &web->terms[t];
        memcpy(value[t], d->z + term->first, term->q * term->n_groups * sizeof(double));
    }
    return MLAB_OK;
}

void mlab_web_draw_factor(const mlab_web_draw *d, const double *spread, size_t t, double *factor)
{
    const mlab_web_term *term = &d->web->terms[t];
    double scale = scale_of(d, spread);
    memset(factor, 0, term->q * term->q * sizeof *factor);
    for (size_t k = 0; k < term->n_lambda; k++) {
        size_t a, b;
        mlab_web_entry(term, k, &a, &b);
        factor[a * term->q + b] = scale * spread[term->lambda + k];
    }
}

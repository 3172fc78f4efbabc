/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The likelihood of a mixed model with one coefficient held, all others, the standard deviations and a shape at their best: by the same approximation
 * as the fit (Laplace, or its quadrature), of linear models exactly and always by maximum likelihood, as the restricted one has no coefficients
 * (Bates et al. 2015, doi:10.18637/jss.v067.i01, section 5.1). Each climb starts along the ridge from where the one before ended (Venzon & Moolgavkar
 * 1988, doi:10.2307/2347496).
 * Weakness: a standard deviation of 0 is left by a push of its start alone.
 */
#include "fit/mixed/mixed_held.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/climb.h"
#include "fit/mixed/mixed.h"
#include "fit/mixed/web_kinds.h"
#include "fit/mixed/web_laplace.h"
#include "fit/spread.h"

#include <math.h>
#include <string.h>

static const double NO_GUESS = 1e-4; /* a variance, where the fit has none */
static const double PUSH = 0.1;      /* of a standard deviation at 0, on the scale of the predictor (linear: of the residual one) */

struct mlab_mixed_held {
    const mlab_context *context;
    const mlab_fit *fit;
    bool linear;
    mlab_mixed *mixed; /* one of the two */
    mlab_web *web;
    mlab_web_rows rows;
    mlab_web_linear cross;
    mlab_web_kinds *kinds;
    mlab_climb_evaluate inner;
    void *work;
    size_t n, n_fixed;      /* parameters of inner; those before the spread */
    double *best, *inverse; /* [n], [n * n] at the maximum: where climbs begin */
    double *all, *gradient; /* [n] of inner */
    double *along;          /* [n] how the others move with the one that is held, to first order */
    size_t *place;          /* [n_parameters] of a coefficient among the n; SIZE_MAX = none (linear: among the columns) */
    size_t j, entry;        /* held now: parameter, and its place; SIZE_MAX = nothing */
    bool lost;              /* the maximum was not found: no limit can be */
    double at, before;      /* value now, and of the climb before */
    mlab_climb climb;
};

void mlab_mixed_held_free(mlab_mixed_held *h)
{
    if (!h) return;
    mlab_climb_end(&h->climb);
    mlab_web_kinds_free(h->kinds);
    mlab_web_linear_free(&h->cross);
    mlab_web_rows_free(&h->rows);
    mlab_web_free(h->web);
    mlab_mixed_free(h->mixed);
    void *const memory[] = {h->best, h->inverse, h->all, h->gradient, h->along, h->place};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(h->context, memory[k]);
    mlab_release(h->context, h);
}

/* The climb's parameters are those of inner but the one held; of linear models all, since there the coefficients are solved for. */
static size_t n_of_climb(const mlab_mixed_held *h)
{
    return h->linear || h->entry == SIZE_MAX ? h->n : h->n - 1;
}

static mlab_status evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    mlab_mixed_held *h = work;
    if (h->linear || h->entry == SIZE_MAX) return h->inner(h->work, psi, value, gradient, err);
    for (size_t k = 0, from = 0; k < h->n; k++) h->all[k] = k == h->entry ? h->at : psi[from++];
    mlab_status status = h->inner(h->work, h->all, value, gradient ? h->gradient : NULL, err);
    for (size_t k = 0, to = 0; gradient && k < h->n; k++)
        if (k != h->entry) gradient[to++] = h->gradient[k];
    return status;
}

static mlab_status laplace(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    return mlab_mixed_laplace(work, psi, value, gradient, err);
}

static mlab_status start_inner(mlab_mixed_held *h, const mlab_prepared *prepared, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    if (mlab_mixed_takes_nodes(prepared)) {
        h->inner = laplace;
        mlab_status status = mlab_mixed_make(h->context, prepared, &h->mixed, err);
        h->work = h->mixed;
        if (status || prepared->options.quadrature <= 1) return status;
        h->mixed->n_nodes = (size_t)prepared->options.quadrature;
        if (mlab_quadrature_rule(h->mixed->n_nodes, h->mixed->node, h->mixed->log_weight)) return MLAB_OK;
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "fit.quadrature is %zu; allowed 1 to %zu", h->mixed->n_nodes, MLAB_MOST_NODES);
    }
    mlab_status status = mlab_web_make(h->context, prepared, problem, h->linear ? engine->number : problem->number, &h->web, err);
    if (status) return status;
    if (!h->linear) {
        h->inner = mlab_web_laplace;
        h->work = &h->rows;
        return mlab_web_rows_make(h->web, &h->rows, err);
    }
    status = mlab_web_linear_make(&h->cross, h->web, false, err);
    if (!status) status = mlab_web_linear_read(&h->cross, err);
    if (!status) status = mlab_web_linear_centre(&h->cross, err);
    if (!status) status = mlab_web_kinds_make(&h->cross, &h->kinds, err);
    h->inner = h->kinds ? mlab_web_kinds_evaluate : mlab_web_linear_evaluate;
    h->work = h->kinds ? (void *)h->kinds : &h->cross;
    return status;
}

/* Root mean square of what standard deviation a of grouping t is multiplied by. */
static double size_of(const mlab_mixed_held *h, size_t t, size_t a)
{
    if (h->web) return mlab_web_size(h->web, t, a);
    double square = 0;
    for (size_t i = 0; i < h->mixed->n; i++) square += h->mixed->z[a * h->mixed->n + i] * h->mixed->z[a * h->mixed->n + i];
    return square > 0 ? sqrt(square / (double)h->mixed->n) : 1;
}

/* At 0 the gradient is 0 although the best may lie elsewhere when a coefficient is held: climbs begin a little off it. */
static void push(mlab_mixed_held *h)
{
    size_t at = h->n_fixed;
    for (size_t t = 0; t < h->fit->n_random; t++) {
        const mlab_random_effects *r = &h->fit->random[t];
        for (size_t a = 0; a < r->n; a++) {
            at += r->independent ? 1 : a + 1;
            double size = size_of(h, t, a), least = PUSH / size;
            if (!mlab_spread_near_zero(r, a) || fabs(h->best[at - 1]) >= least) continue;
            h->best[at - 1] = least;
            for (size_t k = 0; k < h->n; k++) h->inverse[(at - 1) * h->n + k] = h->inverse[k * h->n + at - 1] = 0;
            h->inverse[(at - 1) * (h->n + 1)] = least * least;
        }
    }
}

/* best and inverse from the fit, and the place of each coefficient. */
static void take_best(mlab_mixed_held *h)
{
    const mlab_fit *fit = h->fit;
    size_t p = fit->n_parameters, all = p + fit->n_spread, row = 0, columns = 0;
    for (size_t j = 0; j < p; j++) h->place[j] = fit->aliased[j] ? SIZE_MAX : columns++;
    h->n_fixed = h->linear ? 0 : columns;
    for (size_t j = h->linear ? p : 0; j < all; j++) {
        if (j < p && fit->aliased[j]) continue;
        h->best[row] = j < p ? fit->estimate[j] : fit->spread[j - p];
        for (size_t k = h->linear ? p : 0, to = 0; k < all; k++)
            if (k >= p || !fit->aliased[k]) h->inverse[row * h->n + to++] = fit->joint_covariance[j * all + k];
        if (!(h->inverse[row * (h->n + 1)] > 0)) h->inverse[row * (h->n + 1)] = NO_GUESS;
        row++;
    }
    push(h);
}

/* A climb anew from the maximum: of all parameters, or of all but the one held, whose others move along. */
static mlab_status begin(mlab_mixed_held *h, mlab_error *err)
{
    size_t n = h->n, m = n_of_climb(h);
    bool without = m < n;
    mlab_climb_end(&h->climb);
    mlab_status status = mlab_climb_start(h->context, m, evaluate, h, &h->climb, err);
    if (status) return status;
    mlab_climb *c = &h->climb;
    const double *held = h->inverse + (without ? h->entry * n : 0);
    for (size_t j = 0, to = 0; j < n; j++) {
        if (without && j == h->entry) continue;
        h->along[to] = without ? held[j] / held[h->entry] : 0;
        c->psi[to] = h->best[j];
        for (size_t k = 0, at = 0; k < n; k++)
            if (!without || k != h->entry) c->inverse[to * m + at++] = h->inverse[j * n + k] - (without ? held[j] * held[k] / held[h->entry] : 0);
        if (!(c->inverse[to * (m + 1)] > 0)) c->inverse[to * (m + 1)] = NO_GUESS;
        to++;
    }
    h->before = without ? h->best[h->entry] : 0;
    return MLAB_OK;
}

static mlab_status climb(mlab_mixed_held *h, mlab_error *err)
{
    mlab_climb *c = &h->climb;
    for (size_t k = 0; k < c->n; k++) c->psi[k] += h->along[k] * (h->at - h->before);
    h->before = h->at;
    c->quick = true;
    c->converged = false;
    return mlab_climb_up(c, err);
}

mlab_status mlab_mixed_held_at(mlab_mixed_held *h, size_t j, double at, double *value, bool *good, mlab_error *err)
{
    double estimate = h->fit->estimate[j];
    bool again = h->j == j && (at - estimate) * (h->before - estimate) > 0;
    mlab_status status = MLAB_OK;
    *value = -HUGE_VAL;
    *good = false;
    if (h->lost) return MLAB_OK;
    h->j = j;
    h->entry = h->place[j];
    h->at = at;
    h->cross.priors.holds = h->linear;
    h->cross.priors.held = h->entry;
    h->cross.priors.held_at = h->linear ? at - h->cross.centre[h->entry] : at;
    if (!again) status = begin(h, err);
    if (!status) status = climb(h, err);
    if (!status && again && !h->climb.converged) {
        status = begin(h, err);
        if (!status) status = climb(h, err);
    }
    *value = h->climb.value;
    *good = !status && h->climb.converged && isfinite(*value);
    return status;
}

static mlab_status start(mlab_mixed_held *h, const mlab_prepared *prepared, double *top, mlab_error *err)
{
    size_t p = h->fit->n_parameters;
    for (size_t j = 0; j < p && !h->linear; j++) h->n += !h->fit->aliased[j];
    h->n += h->fit->n_spread;
    double **const vectors[] = {&h->best, &h->all, &h->gradient, &h->along};
    bool whole = true;
    for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) whole = (*vectors[k] = mlab_allocate(h->context, h->n, sizeof(double))) && whole;
    h->inverse = mlab_allocate(h->context, h->n, h->n * sizeof *h->inverse);
    h->place = mlab_allocate(h->context, p, sizeof *h->place);
    if (!whole || !h->inverse || !h->place) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for profiles of %s", h->fit->outcome);
    mlab_status status = start_inner(h, prepared, err);
    if (status) return status;
    take_best(h);
    if (!(status = begin(h, err))) status = climb(h, err);
    if (status) return status;
    *top = h->climb.value;
    h->lost = !h->climb.converged;
    if (h->lost) return MLAB_OK;
    memcpy(h->best, h->climb.psi, h->n * sizeof *h->best); /* of a restricted fit: the maximum of the other likelihood */
    push(h);
    return MLAB_OK;
}

mlab_status mlab_mixed_held_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_mixed_held **out, double *top,
                                 mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    *out = NULL;
    mlab_mixed_held *h = mlab_allocate(context, 1, sizeof *h);
    if (!h) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for profiles of %s", fit->outcome);
    h->context = context;
    h->fit = fit;
    h->linear = engine->family->additive;
    h->j = h->entry = SIZE_MAX;
    mlab_status status = start(h, prepared, top, err);
    if (status) {
        mlab_mixed_held_free(h);
        h = NULL;
    }
    *out = h;
    return status;
}

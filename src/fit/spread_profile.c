/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A standard deviation s near 0 has no normal draws. It is drawn from its confidence distribution Phi(r(s)), r the signed root of the likelihood
 * ratio of its profile; all that lies below r(0) is drawn as 0: on the boundary one half, the mixture of Self & Liang (1987,
 * doi:10.1080/01621459.1987.10478472). The likelihood is even in an entry of Lambda, so that near 0 it has nothing in common with the other
 * parameters, which are drawn beside it. Weakness: first order only; the Laplace approximation also where the fit used a quadrature.
 */
#include "fit/spread_profile.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/engine.h"
#include "fit/spread.h"
#include "fit/survival/frailty_draw.h"

#include <math.h>
#include <string.h>

static const double ENOUGH = 4.5; /* the last root */

typedef struct held {
    mlab_web_draw *draw;
    size_t n, entry; /* parameters, and the one that is held */
    double at;
    double *psi, *gradient; /* [n] */
} held;

static mlab_status evaluate(void *work, const double *others, double *value, double *gradient, mlab_error *err)
{
    held *h = work;
    for (size_t j = 0, k = 0; j < h->n; j++) h->psi[j] = j == h->entry ? h->at : others[k++];
    mlab_status status = mlab_web_draw_evaluate(h->draw, h->psi, value, gradient ? h->gradient : NULL, err);
    for (size_t j = 0, k = 0; gradient && j < h->n; j++)
        if (j != h->entry) gradient[k++] = h->gradient[j];
    return status;
}

/* Where the climbs begin: the estimates, and the covariance of all parameters but the one held. */
static void begin(const mlab_fit *fit, const held *h, mlab_climb *c)
{
    size_t p = fit->n_parameters, all = p + fit->n_spread, place = 0, own = 0;
    bool linear = mlab_web_draw_is_linear(h->draw);
    for (size_t j = linear ? p : 0; j < all; j++) {
        if (j < p && fit->aliased[j]) continue;
        if (own++ == h->entry) continue;
        size_t other = 0, to = 0;
        c->psi[place] = j < p ? fit->estimate[j] : fit->spread[j - p];
        for (size_t k = linear ? p : 0; k < all; k++) {
            if (k < p && fit->aliased[k]) continue;
            if (other++ != h->entry) c->inverse[place * c->n + to++] = fit->joint_covariance[j * all + k];
        }
        if (!(c->inverse[place * c->n + place] > 0)) c->inverse[place * c->n + place] = 1e-4;
        place++;
    }
    c->quick = true;
}

/* The likelihood at one value of the entry: of a mixed model. */
typedef struct climbing {
    held *h;
    mlab_climb *c;
} climbing;

static mlab_status climb_at(void *work, double at, double *value, mlab_error *err)
{
    climbing *w = work;
    w->h->at = at;
    mlab_status status = mlab_climb_up(w->c, err);
    *value = w->c->value;
    return status;
}

typedef mlab_status (*likelihood_at)(void *work, double at, double *value, mlab_error *err);

/* likelihood [n] at steps that grow until it has fallen far enough. */
static mlab_status walk(const mlab_fit *fit, size_t k, likelihood_at value_at, void *work, mlab_spread_profile *p, mlab_error *err)
{
    size_t all = fit->n_parameters + fit->n_spread, own = fit->n_parameters + k;
    double estimate = fabs(fit->spread[k]), se = sqrt(fmax(fit->joint_covariance[own * all + own], 0)), best = -HUGE_VAL,
           value[MLAB_MOST_ROOTS] = {0};
    double step = 0.25 * fmax(fmax(se, estimate), 1e-3), top = 0;
    double now, at = 0;
    mlab_status status = value_at(work, estimate, &now, err);
    if (status) return status;
    best = now, top = estimate;
    for (; p->n < MLAB_MOST_ROOTS && !status; at += step) {
        if ((status = value_at(work, at, &now, err))) break;
        if (!(now > -HUGE_VAL)) break;
        if (now > best) best = now, top = at;
        p->at[p->n] = at;
        value[p->n++] = now;
        double fallen = sqrt(2 * fmax(best - now, 0));
        if (at > top && fallen > ENOUGH) break;
        if (at > top && fallen < 0.25 * (double)p->n) step *= 1.5;
    }
    for (size_t i = 0; i < p->n; i++) {
        double root = sqrt(2 * fmax(best - value[i], 0));
        p->root[i] = p->at[i] < top ? -root : root;
        if (i > 0) p->root[i] = fmax(p->root[i], p->root[i - 1]);
    }
    return status;
}

static mlab_status profile_one(const mlab_context *context, mlab_web_draw *draw, const mlab_fit *fit, size_t k, mlab_spread_profile *profile,
                               mlab_error *err)
{
    held h = {.draw = draw};
    mlab_climb c = {0};
    for (size_t j = 0; j < fit->n_parameters && !mlab_web_draw_is_linear(draw); j++) h.n += !fit->aliased[j];
    h.entry = h.n + k;
    h.n += fit->n_spread;
    h.psi = mlab_allocate(context, h.n, sizeof *h.psi);
    h.gradient = mlab_allocate(context, h.n, sizeof *h.gradient);
    mlab_status status = h.psi && h.gradient ? mlab_climb_start(context, h.n - 1, evaluate, &h, &c, err)
                                             : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the profile of a standard deviation");
    if (!status) {
        begin(fit, &h, &c);
        status = walk(fit, k, climb_at, &(climbing){&h, &c}, profile, err);
    }
    mlab_climb_end(&c);
    mlab_release(context, h.psi);
    mlab_release(context, h.gradient);
    return status;
}

mlab_status mlab_spread_profiles_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_spread_profile *profiles,
                                      mlab_error *err)
{
    mlab_web_draw *draw = NULL;
    mlab_status status = MLAB_OK;
    size_t k = 0;
    if (prepared->model->marks & MLAB_MODEL_FRAILTY) {
        mlab_frailty_held *frailty = NULL;
        if (!mlab_spread_near_zero(fit->random, 0)) return MLAB_OK;
        status = mlab_frailty_held_make(context, prepared, fit, &frailty, err);
        if (!status) status = walk(fit, 0, mlab_frailty_held_at, frailty, profiles, err);
        mlab_frailty_held_free(frailty);
        return status;
    }
    for (size_t t = 0; t < fit->n_random && !status; t++) {
        const mlab_random_effects *r = &fit->random[t];
        for (size_t a = 0; a < r->n && !status; k += r->independent ? 1 : a + 1, a++) {
            if (!mlab_spread_near_zero(r, a) || (!r->independent && r->n > 1)) continue;
            if (!draw) status = mlab_web_draw_make(context, prepared, fit, &draw, err);
            if (!status) status = profile_one(context, draw, fit, k, &profiles[k], err);
        }
    }
    mlab_web_draw_free(draw);
    return status;
}

double mlab_spread_profile_at(const mlab_spread_profile *p, double z)
{
    if (z <= p->root[0]) return 0;
    size_t i = 1;
    while (i + 1 < p->n && p->root[i] < z) i++;
    double width = p->root[i] - p->root[i - 1];
    return width > 0 ? p->at[i - 1] + (p->at[i] - p->at[i - 1]) * (z - p->root[i - 1]) / width : p->at[i];
}

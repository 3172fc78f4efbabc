/* SPDX-License-Identifier: GPL-3.0-or-later */
/* To the maximum of a smooth function with a gradient: quasi-Newton steps (Broyden, Fletcher, Goldfarb & Shanno; Nocedal & Wright 2006,
 * ch. 6), then Newton steps with a Hessian by central differences of the gradient, whose inverse is left behind.
 * Weakness: a maximum nearby, not the highest of several.
 */
#include "fit/climb.h"

#include "core/dot.h"
#include "core/error.h"
#include "core/memory.h"
#include "fit/model.h"

#include <math.h>
#include <string.h>

enum { QUASI_STEPS = 200, NEWTON_STEPS = 12, HALVINGS = 40 };
static const double NEAR = 1e-9;     /* squared decrement at which Newton takes over */
static const double QUICK = 1e-10;   /* squared decrement at which a quick climb ends */
static const double SETTLED = 1e-14; /* squared decrement at the end: 1e-7 standard errors */
static const double ROUNDED = 1e-9;  /* squared decrement that is taken where no step makes it smaller */
static const double APART = 5e-3;    /* of a standard error: the step of differences */
static const double MOVED = 1e-3;    /* standard errors after which the Hessian is made again */

mlab_status mlab_climb_start(const mlab_context *context, size_t n, mlab_climb_evaluate evaluate, void *work, mlab_climb *c, mlab_error *err)
{
    *c = (mlab_climb){.context = context, .n = n, .evaluate = evaluate, .work_of = work};
    c->memory = mlab_allocate(context, 7 * n + 3 * n * n, sizeof *c->memory); /* work: [n * n + 2 n] */
    c->out = mlab_allocate(context, n, 1);
    if (!c->memory || !c->out) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the Hessian of %zu parameters", n);
    double *at = c->memory, **const vectors[] = {&c->psi, &c->gradient, &c->next, &c->next_gradient, &c->step};
    for (int k = 0; k < 5; k++, at += n) *vectors[k] = at;
    c->inverse = at;
    c->hessian = at + n * n;
    c->work = at + 2 * n * n;
    return MLAB_OK;
}

void mlab_climb_end(mlab_climb *c)
{
    if (!c->context) return;
    mlab_release(c->context, c->memory);
    mlab_release(c->context, c->out);
}

static void find_step(mlab_climb *c)
{
    for (size_t i = 0; i < c->n; i++) c->step[i] = mlab_dot(c->inverse + i * c->n, c->gradient, c->n);
}

/* Along the step, halved until the likelihood rises; next and next_gradient are those of the point taken. */
static mlab_status go(mlab_climb *c, bool *moved, mlab_error *err)
{
    double part = 1, rise = mlab_dot(c->step, c->gradient, c->n);
    *moved = false;
    for (int h = 0; h < HALVINGS; h++, part /= 2) {
        double value;
        for (size_t i = 0; i < c->n; i++) c->next[i] = c->psi[i] + part * c->step[i];
        mlab_status status = c->evaluate(c->work_of, c->next, &value, c->next_gradient, err);
        if (status) return status;
        if (value > -HUGE_VAL && value >= c->value + 1e-4 * part * rise - 1e-12 * (fabs(c->value) + 1)) {
            c->value = value;
            *moved = true;
            return MLAB_OK;
        }
    }
    return MLAB_OK;
}

static void update(mlab_climb *c)
{
    size_t n = c->n;
    double *s = c->step, *y = c->work, *hy = c->work + n, sy = 0, yhy = 0; /* maximising: y is minus the change of the gradient */
    for (size_t i = 0; i < n; i++) {
        s[i] = c->next[i] - c->psi[i];
        y[i] = c->gradient[i] - c->next_gradient[i];
        sy += s[i] * y[i];
    }
    if (sy > 1e-12 * sqrt(mlab_dot(s, s, n) * mlab_dot(y, y, n))) {
        for (size_t i = 0; i < n; i++) hy[i] = mlab_dot(c->inverse + i * n, y, n);
        yhy = mlab_dot(y, hy, n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) c->inverse[i * n + j] += (1 + yhy / sy) * s[i] * s[j] / sy - (hy[i] * s[j] + s[i] * hy[j]) / sy;
    }
    memcpy(c->psi, c->next, n * sizeof *c->psi);
    memcpy(c->gradient, c->next_gradient, n * sizeof *c->psi);
}

static mlab_status quasi_newton(mlab_climb *c, mlab_error *err)
{
    mlab_status status = c->evaluate(c->work_of, c->psi, &c->value, c->gradient, err);
    for (int k = 0; k < QUASI_STEPS && !status; k++, c->iterations++) {
        bool moved;
        find_step(c);
        double decrement = mlab_dot(c->step, c->gradient, c->n);
        c->converged = decrement < (c->quick ? QUICK : NEAR);
        if (c->converged) break;
        if ((status = go(c, &moved, err))) break;
        if (!moved) {
            c->converged = decrement < 1e-8; /* as near as the likelihood's digits let it */
            break;
        }
        update(c);
    }
    return status;
}

/* inverse = inverse of minus the Hessian at psi, by central differences of gradients a small part of a standard error away. */
static mlab_status invert_hessian(mlab_climb *c, bool *definite, mlab_error *err)
{
    size_t n = c->n;
    for (size_t j = 0; j < n; j++) {
        double apart = APART * sqrt(c->inverse[j * n + j]), value;
        for (int side = 0; side < 2; side++) {
            memcpy(c->next, c->psi, n * sizeof *c->psi);
            c->next[j] += side ? apart : -apart;
            mlab_status status = c->evaluate(c->work_of, c->next, &value, side ? c->next_gradient : c->step, err);
            if (status) return status;
        }
        for (size_t i = 0; i < n; i++) c->hessian[i * n + j] = (c->step[i] - c->next_gradient[i]) / (2 * apart);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) c->hessian[i * n + j] = c->hessian[j * n + i] = 0.5 * (c->hessian[i * n + j] + c->hessian[j * n + i]);
    *definite = mlab_symmetric_invert(c->hessian, n, NULL, c->out, c->work) == 0;
    if (*definite) memcpy(c->inverse, c->hessian, n * n * sizeof *c->inverse);
    return MLAB_OK;
}

static mlab_status newton(mlab_climb *c, mlab_error *err)
{
    double moved_by = 0, before = HUGE_VAL;
    bool noisy = false; /* a step made the decrement larger: near its end that is rounding; towards a flat edge decrements fall slowly */
    mlab_status status = invert_hessian(c, &c->definite, err);
    for (int k = 0; k < NEWTON_STEPS && !status && c->definite; k++, c->iterations++) {
        bool moved;
        find_step(c);
        double decrement = mlab_dot(c->step, c->gradient, c->n);
        if (decrement <= SETTLED) {
            c->converged = true;
            if (moved_by <= MOVED) return MLAB_OK;
            moved_by = 0;
            before = HUGE_VAL;
            status = invert_hessian(c, &c->definite, err);
            continue;
        }
        noisy = noisy || decrement > before;
        before = decrement;
        moved_by += sqrt(fabs(decrement));
        if ((status = go(c, &moved, err))) return status;
        if (!moved) {
            c->converged = decrement <= ROUNDED;
            return MLAB_OK;
        }
        memcpy(c->psi, c->next, c->n * sizeof *c->psi);
        memcpy(c->gradient, c->next_gradient, c->n * sizeof *c->psi);
    }
    if (status || !c->definite || !noisy) return status;
    find_step(c);
    c->converged = c->converged || mlab_dot(c->step, c->gradient, c->n) <= ROUNDED;
    return status;
}

mlab_status mlab_climb_up(mlab_climb *c, mlab_error *err)
{
    mlab_status status = quasi_newton(c, err);
    if (status || c->quick) {
        c->definite = true;
        return status;
    }
    c->converged = false;
    return newton(c, err);
}

mlab_status mlab_climb_edge(mlab_climb *c, size_t k, mlab_error *err)
{
    size_t n = c->n, size = n + n * n; /* psi and inverse stand apart */
    if (c->converged && c->definite) return MLAB_OK;
    double *kept = mlab_allocate(c->context, size, sizeof *kept), value = c->value;
    bool converged = c->converged, definite = c->definite;
    if (!kept) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", n);
    memcpy(kept, c->psi, n * sizeof *kept);
    memcpy(kept + n, c->inverse, n * n * sizeof *kept);
    c->psi[k] = 0;
    for (size_t j = 0; j < n; j++)
        if (j != k) c->inverse[j * n + k] = c->inverse[k * n + j] = 0;
    mlab_status status = mlab_climb_up(c, err);
    if (!status && !(c->converged && c->definite && c->value >= value - ROUNDED * (fabs(value) + 1))) {
        memcpy(c->psi, kept, n * sizeof *kept);
        memcpy(c->inverse, kept + n, n * n * sizeof *kept);
        c->value = value;
        c->converged = converged;
        c->definite = definite;
    }
    mlab_release(c->context, kept);
    return status;
}

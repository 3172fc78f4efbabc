/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits a mixed model: quasi-Newton steps (Broyden, Fletcher, Goldfarb & Shanno; Nocedal & Wright 2006, ch. 6) on the Laplace approximation
 * from the fit without random effects, then Newton steps with the Hessian by central differences of the gradient, whose inverse is
 * the covariance. Entries of Lambda are not bounded: a standard deviation is the length of its row, and 0 is a point like any other.
 * Weakness: the Laplace approximation is biased where groups are small and answers are yes or no.
 */
#include "fit/mixed.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { QUASI_STEPS = 200, NEWTON_STEPS = 12, HALVINGS = 40 };
static const double NEAR = 1e-4;     /* squared decrement at which Newton takes over */
static const double SETTLED = 1e-14; /* squared decrement at the end: 1e-7 standard errors */
static const double APART = 5e-3;    /* of a standard error: the step of differences */
static const double MOVED = 1e-2;    /* standard errors after which the Hessian is made again */
static const double BOUNDARY = 1e-3; /* a standard deviation on the scale of the predictor that counts as 0 */
static const double START_SD = 0.5;

typedef struct climb {
    mlab_mixed *mixed;
    size_t n;
    double *psi, *gradient, *next, *next_gradient, *step; /* [n] each */
    double *inverse, *hessian, *work;                     /* [n * n] */
    uint8_t *out;                                         /* [n] */
    double value;
    int iterations;
    bool converged;
} climb;

static mlab_status climb_start(const mlab_context *context, climb *c, mlab_mixed *mixed, double **memory, mlab_error *err)
{
    size_t n = mixed->n_parameters;
    *c = (climb){.mixed = mixed, .n = n};
    *memory = mlab_allocate(context, 5 * n + 3 * n * n, sizeof **memory);
    c->out = mlab_allocate(context, n, 1);
    if (!*memory || !c->out) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the Hessian of %zu parameters", n);
    double *at = *memory, **const vectors[] = {&c->psi, &c->gradient, &c->next, &c->next_gradient, &c->step};
    for (int k = 0; k < 5; k++, at += n) *vectors[k] = at;
    c->inverse = at;
    c->hessian = at + n * n;
    c->work = at + 2 * n * n;
    return MLAB_OK;
}

/* From the fit without random effects; its covariance is the first guess of the inverse Hessian. */
static void climb_from(climb *c, const mlab_prepared *prepared, const mlab_fit *fit)
{
    const mlab_mixed *m = c->mixed;
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
    for (size_t k = 0; k < m->n_lambda; k++, at++) {
        size_t a, b;
        double square = 0;
        mlab_mixed_entry(m, k, &a, &b);
        for (size_t i = 0; i < m->n; i++) square += m->z[a * m->n + i] * m->z[a * m->n + i];
        double size = square > 0 ? sqrt(square / (double)m->n) : 1;
        c->psi[at] = a == b ? START_SD / size : 0;
        c->inverse[at * n + at] = START_SD * START_SD / (size * size * (double)m->n_groups);
    }
}

static double product(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void find_step(climb *c)
{
    for (size_t i = 0; i < c->n; i++) c->step[i] = product(c->inverse + i * c->n, c->gradient, c->n);
}

/* Along the step, halved until the likelihood rises; next and next_gradient are those of the point taken. */
static mlab_status go(climb *c, bool *moved, mlab_error *err)
{
    double part = 1, rise = product(c->step, c->gradient, c->n);
    *moved = false;
    for (int h = 0; h < HALVINGS; h++, part /= 2) {
        double value;
        for (size_t i = 0; i < c->n; i++) c->next[i] = c->psi[i] + part * c->step[i];
        mlab_status status = mlab_mixed_laplace(c->mixed, c->next, &value, c->next_gradient, err);
        if (status) return status;
        if (value > -HUGE_VAL && value >= c->value + 1e-4 * part * rise - 1e-12 * (fabs(c->value) + 1)) {
            c->value = value;
            *moved = true;
            return MLAB_OK;
        }
    }
    return MLAB_OK;
}

static void update(climb *c)
{
    size_t n = c->n;
    double *s = c->step, *y = c->work, *hy = c->work + n, sy = 0, yhy = 0; /* maximising: y is minus the change of the gradient */
    for (size_t i = 0; i < n; i++) {
        s[i] = c->next[i] - c->psi[i];
        y[i] = c->gradient[i] - c->next_gradient[i];
        sy += s[i] * y[i];
    }
    if (sy > 1e-12 * sqrt(product(s, s, n) * product(y, y, n))) {
        for (size_t i = 0; i < n; i++) hy[i] = product(c->inverse + i * n, y, n);
        yhy = product(y, hy, n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) c->inverse[i * n + j] += (1 + yhy / sy) * s[i] * s[j] / sy - (hy[i] * s[j] + s[i] * hy[j]) / sy;
    }
    memcpy(c->psi, c->next, n * sizeof *c->psi);
    memcpy(c->gradient, c->next_gradient, n * sizeof *c->psi);
}

static mlab_status quasi_newton(climb *c, mlab_error *err)
{
    mlab_status status = mlab_mixed_laplace(c->mixed, c->psi, &c->value, c->gradient, err);
    for (int k = 0; k < QUASI_STEPS && !status; k++, c->iterations++) {
        bool moved;
        find_step(c);
        if (product(c->step, c->gradient, c->n) < NEAR) break;
        if ((status = go(c, &moved, err)) || !moved) break;
        update(c);
    }
    return status;
}

/* inverse = inverse of minus the Hessian at psi, by central differences of gradients a small part of a standard error away. */
static mlab_status invert_hessian(climb *c, bool *definite, mlab_error *err)
{
    size_t n = c->n;
    for (size_t j = 0; j < n; j++) {
        double apart = APART * sqrt(c->inverse[j * n + j]), value;
        for (int side = 0; side < 2; side++) {
            memcpy(c->next, c->psi, n * sizeof *c->psi);
            c->next[j] += side ? apart : -apart;
            mlab_status status = mlab_mixed_laplace(c->mixed, c->next, &value, side ? c->next_gradient : c->step, err);
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

static mlab_status newton(climb *c, bool *definite, mlab_error *err)
{
    double moved_by = 0;
    mlab_status status = invert_hessian(c, definite, err);
    for (int k = 0; k < NEWTON_STEPS && !status && *definite; k++, c->iterations++) {
        bool moved;
        find_step(c);
        double decrement = product(c->step, c->gradient, c->n);
        if (decrement <= SETTLED) {
            c->converged = true;
            if (moved_by <= MOVED) return MLAB_OK;
            moved_by = 0;
            status = invert_hessian(c, definite, err);
            continue;
        }
        moved_by += sqrt(fabs(decrement));
        if ((status = go(c, &moved, err))) return status;
        if (!moved) {
            c->converged = decrement <= 1e-9;
            return MLAB_OK;
        }
        memcpy(c->psi, c->next, c->n * sizeof *c->psi);
        memcpy(c->gradient, c->next_gradient, c->n * sizeof *c->psi);
    }
    return status;
}

/* --- what comes out ---------------------------------------------------------------------------------------- */

static void place_estimates(const climb *c, const mlab_engine *engine, mlab_fit *fit)
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

static char *copy_name(const mlab_context *context, const mlab_fit_problem *problem, size_t g)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", g + 1);
    return mlab_copy_text(context, problem->groups ? problem->groups[g] : number);
}

static mlab_status allocate_effects(const mlab_context *context, const mlab_mixed *m, const mlab_fit_problem *problem, mlab_fit *fit, mlab_error *err)
{
    mlab_random_effects *r = fit->random = mlab_allocate(context, 1, sizeof *r);
    if (!r) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for random effects");
    r->n = m->q;
    r->n_groups = m->n_groups;
    r->independent = m->independent;
    r->group = mlab_copy_text(context, problem->group_name ? problem->group_name : "group");
    r->names = mlab_allocate(context, m->q, sizeof *r->names);
    r->groups = mlab_allocate(context, m->n_groups, sizeof *r->groups);
    r->covariance = mlab_allocate(context, m->q, m->q * sizeof *r->covariance);
    r->sd = mlab_allocate(context, m->q, sizeof *r->sd);
    r->sd_se = mlab_allocate(context, m->q, sizeof *r->sd_se);
    r->mode = mlab_allocate(context, m->n_groups, m->q * sizeof *r->mode);
    r->mode_se = mlab_allocate(context, m->n_groups, m->q * sizeof *r->mode_se);
    bool whole = r->group && r->names && r->groups && r->covariance && r->sd && r->sd_se && r->mode && r->mode_se;
    for (size_t a = 0; whole && a < m->q; a++) whole = (r->names[a] = mlab_copy_text(context, mlab_design_name(problem->random, a)));
    for (size_t g = 0; whole && g < m->n_groups; g++) whole = (r->groups[g] = copy_name(context, problem, g));
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the effects of %zu groups", m->n_groups);
}

/* Standard deviations, their errors by the delta method, and the modes u = Lambda v with the variance Lambda H^-1 Lambda'. */
static void place_effects(const climb *c, mlab_random_effects *r)
{
    const mlab_mixed *m = c->mixed;
    size_t q = m->q, base = m->n_thresholds + m->p;
    double lambda[MLAB_MOST_EFFECTS * MLAB_MOST_EFFECTS] = {0};
    for (size_t k = 0; k < m->n_lambda; k++) {
        size_t a, b;
        mlab_mixed_entry(m, k, &a, &b);
        lambda[a * q + b] = c->psi[base + k];
    }
    for (size_t a = 0; a < q; a++) {
        for (size_t b = 0; b < q; b++) r->covariance[a * q + b] = product(lambda + a * q, lambda + b * q, q);
        r->sd[a] = sqrt(r->covariance[a * q + a]);
        double variance = 0;
        for (size_t k = 0; k < m->n_lambda && r->sd[a] > 0; k++)
            for (size_t l = 0; l < m->n_lambda; l++) {
                size_t ka, kb, la, lb;
                mlab_mixed_entry(m, k, &ka, &kb);
                mlab_mixed_entry(m, l, &la, &lb);
                if (ka == a && la == a) variance += lambda[a * q + kb] * lambda[a * q + lb] * c->inverse[(base + k) * c->n + base + l];
            }
        r->sd_se[a] = r->sd[a] > 0 ? sqrt(variance) / r->sd[a] : 0;
    }
    for (size_t g = 0; g < m->n_groups; g++)
        for (size_t a = 0; a < q; a++) {
            const double *l = m->factor + g * q * q;
            double half[MLAB_MOST_EFFECTS];
            r->mode[g * q + a] = product(lambda + a * q, m->mode + g * q, q);
            for (size_t i = 0; i < q; i++) { /* L^-1 (row a of Lambda) */
                half[i] = lambda[a * q + i];
                for (size_t k = 0; k < i; k++) half[i] -= l[i * q + k] * half[k];
                half[i] /= l[i * q + i];
            }
            r->mode_se[g * q + a] = sqrt(product(half, half, q));
        }
}

static mlab_status doubt(const climb *c, bool definite, mlab_fit *fit, mlab_error *err)
{
    const mlab_random_effects *r = fit->random;
    const mlab_mixed *m = c->mixed;
    mlab_status status = MLAB_OK;
    for (size_t a = 0; a < r->n && !status; a++) {
        double square = product(m->z + a * m->n, m->z + a * m->n, m->n) / (double)m->n;
        if (r->sd[a] * sqrt(square) < BOUNDARY)
            status = mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err, "the standard deviation of %s between %s is 0: nothing is left over for it",
                                    r->names[a], r->group);
    }
    if (!status && fit->trust != MLAB_ON_BOUNDARY && (!definite || !c->converged))
        status = mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err,
                                definite ? "the mixed model did not settle in %d steps"
                                         : "the likelihood of the mixed model has no definite maximum after %d steps",
                                c->iterations);
    if (!status && r->n_groups < 5)
        status = mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err, "%zu groups of %s are too few to tell how they differ", r->n_groups, r->group);
    return status;
}

/* What the fit without random effects left behind and does not hold any more. */
static void forget(mlab_fit *fit)
{
    mlab_release(fit->context, fit->robust);
    mlab_release(fit->context, fit->influence);
    mlab_release(fit->context, fit->influence_id);
    fit->robust = fit->influence = NULL;
    fit->influence_id = NULL;
    fit->cluster[0] = 0;
    if (fit->trust == MLAB_TOO_FEW_CLUSTERS || fit->trust == MLAB_NOT_CONVERGED) {
        fit->trust = MLAB_TRUSTED;
        fit->reason[0] = 0;
    }
}

mlab_status mlab_mixed_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_mixed *mixed = NULL;
    double *memory = NULL;
    climb c = {0};
    bool definite = false;
    mlab_status status = mlab_engine_fit(context, prepared, fit, err);
    if (!status) forget(fit);
    if (!status) status = mlab_mixed_make(context, prepared, &mixed, err);
    if (!status) status = climb_start(context, &c, mixed, &memory, err);
    if (status) goto out;
    climb_from(&c, prepared, fit);
    if ((status = quasi_newton(&c, err)) || (status = newton(&c, &definite, err))) goto out;
    if ((status = mlab_mixed_laplace(mixed, c.psi, &c.value, NULL, err)) || (status = allocate_effects(context, mixed, prepared->problem, fit, err)))
        goto out;
    place_estimates(&c, prepared->own, fit);
    place_effects(&c, fit->random);
    fit->log_likelihood = c.value + (prepared->model->constant ? prepared->model->constant(prepared) : 0);
    fit->iterations = c.iterations;
    fit->gradient = 0;
    for (size_t j = 0; j < c.n; j++) fit->gradient = fmax(fit->gradient, fabs(c.gradient[j]) * sqrt(fmax(c.inverse[j * c.n + j], 0)));
    status = doubt(&c, definite, fit, err);
out:
    mlab_mixed_free(mixed);
    mlab_release(context, memory);
    mlab_release(context, c.out);
    return status;
}

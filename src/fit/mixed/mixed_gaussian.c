/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear models with random effects of one grouping, by maximum likelihood or restricted maximum likelihood (Patterson & Thompson 1971,
 * doi:10.1093/biomet/58.3.545). The rows are read once, into cross products of each group; with u = sigma Lambda v and H = Lambda' Z'Z Lambda + I,
 *
 *     V^-1 = I - Z Lambda H^-1 Lambda' Z',    -2 log L = n log(2 pi s^2) + sum log|H| + (y - Xb)' V^-1 (y - Xb) / s^2 (+ log|X'V^-1X / s^2| - p log 2
 * pi)
 *
 * (as Bates et al. 2015, doi:10.18637/jss.v067.i01), b solved for, the gradient by Lambda and log s exact. The covariance of the coefficients takes
 * the standard deviations as known.
 * Weakness: intervals of coefficients are somewhat short with few groups.
 */
#include "fit/mixed/mixed_priors.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double LOG_TWO_PI = 1.83787706640934548356;
static const double BOUNDARY = 1e-4; /* of the residual standard deviation */
#define MOST MLAB_MOST_EFFECTS

typedef struct gaussian {
    mlab_mixed *m;
    bool restricted;
    mlab_mixed_priors priors;
    size_t p;                                /* coefficients */
    double n, yy;                            /* sum of weights, y'y */
    double *xx, *xy, *centre;                /* [p * p], [p], [p] taken out of the response (mlab_mixed_centre) */
    double *zz, *zx, *zy;                    /* of each group: [q * q], [q * p], [q] */
    double *a, *inverse, *rhs, *beta, *work; /* X'V^-1X, its inverse, X'V^-1y, b: [p * p], [p * p], [p], [p], [p * p] */
    double *half;                            /* [p * q] of one group */
    uint8_t *out;
    double *memory;
} gaussian;

static mlab_status make(gaussian *w, mlab_mixed *m, bool restricted, mlab_error *err)
{
    size_t p = m->p, q = m->q, g = m->n_groups;
    *w = (gaussian){.m = m, .restricted = restricted, .p = p};
    w->memory = mlab_allocate(m->context, 5 * p * p + 4 * p + p * q + g * (q * q + q * p + q), sizeof *w->memory);
    w->out = mlab_allocate(m->context, p, 1);
    if (!w->memory || !w->out) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the cross products of %zu groups", g);
    double *at = w->memory,
           **const parts[] = {&w->xx, &w->a, &w->inverse, &w->work, &w->xy, &w->rhs, &w->beta, &w->centre, &w->half, &w->zz, &w->zx, &w->zy};
    const size_t sizes[] = {p * p, p * p, p * p, 2 * p * p, p, p, p, p, p * q, g * q * q, g * q * p, g * q};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++, at += sizes[k - 1]) *parts[k] = at;
    return MLAB_OK;
}

static double weighted(const gaussian *w, size_t i)
{
    return w->m->weight ? w->m->weight[i] : 1;
}

/* One pass over the rows. */
static void read_rows(gaussian *w)
{
    const mlab_mixed *m = w->m;
    size_t p = w->p, q = m->q, n = m->n;
    for (size_t g = 0; g < m->n_groups; g++)
        for (size_t i = m->first[g]; i < m->first[g + 1]; i++) {
            double k = weighted(w, i), y = m->number[i];
            w->n += k;
            w->yy += k * y * y;
            for (size_t a = 0; a < p; a++) {
                double x = k * m->x[a * n + i];
                w->xy[a] += x * y;
                for (size_t b = 0; b <= a; b++) w->xx[a * p + b] += x * m->x[b * n + i];
            }
            for (size_t a = 0; a < q; a++) {
                double z = k * m->z[a * n + i];
                w->zy[g * q + a] += z * y;
                for (size_t b = 0; b < q; b++) w->zz[(g * q + a) * q + b] += z * m->z[b * n + i];
                for (size_t b = 0; b < p; b++) w->zx[(g * q + a) * p + b] += z * m->x[b * n + i];
            }
        }
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < a; b++) w->xx[b * p + a] = w->xx[a * p + b];
}

/* The same of what the columns leave, where they tell nearly all. */
static void read_centred(gaussian *w)
{
    const mlab_mixed *m = w->m;
    size_t p = w->p, q = m->q;
    read_rows(w);
    if (w->priors.n || !mlab_mixed_centre(w->xx, w->xy, w->yy, p, w->centre, w->work, w->out)) return;
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < m->n; i++) m->number[i] -= w->centre[j] * m->x[j * m->n + i];
    double *const parts[] = {w->xx, w->xy, w->zz, w->zx, w->zy};
    const size_t sizes[] = {p * p, p, m->n_groups * q * q, m->n_groups * q * p, m->n_groups * q};
    for (size_t k = 0; k < 5; k++) memset(parts[k], 0, sizes[k] * sizeof(double));
    w->n = w->yy = 0;
    read_rows(w);
}

/* Lower factor of Lambda' zz Lambda + I; log|H| is added to *log_det. */
static void factor_group(const double *zz, const double *lambda, size_t q, double *l, double *log_det)
{
    double half[MOST * MOST] = {0};
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < q; j++) {
            for (size_t k = 0; k < q; k++) half[i * q + j] += zz[i * q + k] * lambda[k * q + j];
        }
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = i == j;
            for (size_t k = 0; k < q; k++) sum += lambda[k * q + i] * half[k * q + j];
            for (size_t k = 0; k < j; k++) sum -= l[i * q + k] * l[j * q + k];
            l[i * q + j] = i == j ? sqrt(sum) : sum / l[j * q + j];
        }
    for (size_t i = 0; i < q; i++) *log_det += 2 * log(l[i * q + i]);
}

/* r = L^-1 Lambda' z, q numbers of z with stride. */
static void half_solve(const double *l, const double *lambda, size_t q, const double *z, size_t stride, double *r)
{
    for (size_t i = 0; i < q; i++) {
        double sum = 0;
        for (size_t k = 0; k < q; k++) sum += lambda[k * q + i] * z[k * stride];
        for (size_t k = 0; k < i; k++) sum -= l[i * q + k] * r[k];
        r[i] = sum / l[i * q + i];
    }
}

/* u = Lambda L'^-1 r: so that z - Z'Z u = Z'V^-1 of what r was made of. */
static void back_solve(const double *l, const double *lambda, size_t q, const double *r, double *v, double *u)
{
    for (size_t i = q; i-- > 0;) {
        v[i] = r[i];
        for (size_t k = i + 1; k < q; k++) v[i] -= l[k * q + i] * v[k];
        v[i] /= l[i * q + i];
    }
    for (size_t i = 0; i < q; i++) {
        u[i] = 0;
        for (size_t k = 0; k < q; k++) u[i] += lambda[i * q + k] * v[k];
    }
}

/* X'V^-1X, its inverse and log determinant, b, the residual sum of squares; false when X'V^-1X has no inverse. */
static bool solve_coefficients(gaussian *w, const double *lambda, double variance, double *log_h, double *log_xvx, double *rss)
{
    const mlab_mixed *m = w->m;
    size_t p = w->p, q = m->q;
    double yv = w->yy;
    memcpy(w->a, w->xx, p * p * sizeof *w->a);
    memcpy(w->rhs, w->xy, p * sizeof *w->rhs);
    *log_h = 0;
    for (size_t g = 0; g < m->n_groups; g++) {
        double *l = m->factor + g * q * q, cy[MOST];
        factor_group(w->zz + g * q * q, lambda, q, l, log_h);
        half_solve(l, lambda, q, w->zy + g * q, 1, cy);
        for (size_t a = 0; a < q; a++) yv -= cy[a] * cy[a];
        for (size_t j = 0; j < p; j++) {
            double *own = w->half + j * q;
            half_solve(l, lambda, q, w->zx + g * q * p + j, p, own);
            for (size_t a = 0; a < q; a++) w->rhs[j] -= own[a] * cy[a];
            for (size_t k = 0; k <= j; k++)
                for (size_t a = 0; a < q; a++) w->a[j * p + k] -= own[a] * w->half[k * q + a];
        }
    }
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < j; k++) w->a[k * p + j] = w->a[j * p + k];
    *rss = yv;
    return mlab_mixed_solve_linear(w->a, w->rhs, p, &w->priors, variance, w->inverse, w->work, w->out, w->beta, log_xvx, rss);
}

/* Adds what one group has of the gradient by Lambda. */
static void group_gradient(const gaussian *w, const double *lambda, size_t g, double variance, double *gradient)
{
    const mlab_mixed *m = w->m;
    size_t p = w->p, q = m->q;
    const double *zz = w->zz + g * q * q, *zx = w->zx + g * q * p, *l = m->factor + g * q * q;
    double e[MOST], r[MOST], u[MOST], we[MOST], outer[MOST * MOST] = {0}, unit[MOST], column[MOST];
    for (size_t a = 0; a < q; a++) { /* Z'(y - Xb) */
        e[a] = w->zy[g * q + a];
        for (size_t j = 0; j < p; j++) e[a] -= zx[a * p + j] * w->beta[j];
    }
    half_solve(l, lambda, q, e, 1, r);
    back_solve(l, lambda, q, r, m->mode + g * q, u);
    for (size_t a = 0; a < q; a++) {
        we[a] = e[a];
        for (size_t b = 0; b < q; b++) we[a] -= zz[a * q + b] * u[b];
    }
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < q; b++) outer[a * q + b] = we[a] * we[b] / variance;
    for (size_t j = 0; w->restricted && j < p; j++) { /* M = Z'V^-1X */
        double *mj = w->half + j * q;
        for (size_t a = 0; a < q; a++) e[a] = zx[a * p + j];
        half_solve(l, lambda, q, e, 1, r);
        back_solve(l, lambda, q, r, unit, u);
        for (size_t a = 0; a < q; a++) {
            mj[a] = e[a];
            for (size_t b = 0; b < q; b++) mj[a] -= zz[a * q + b] * u[b];
        }
    }
    for (size_t j = 0; w->restricted && j < p; j++)
        for (size_t k = 0; k < p; k++)
            for (size_t a = 0; a < q; a++)
                for (size_t b = 0; b < q; b++) outer[a * q + b] += w->inverse[j * p + k] * w->half[j * q + a] * w->half[k * q + b];
    for (size_t k = 0; k < m->n_lambda; k++) {
        size_t a, b;
        double sum = 0;
        mlab_mixed_entry(m, k, &a, &b);
        for (size_t c = 0; c < q; c++) sum += outer[a * q + c] * lambda[c * q + b]; /* (outer Lambda)_ab */
        for (size_t c = 0; c < q; c++) unit[c] = c == b;                            /* (Z'Z Lambda H^-1)_ab */
        for (size_t i = 0; i < q; i++) {
            for (size_t c = 0; c < i; c++) unit[i] -= l[i * q + c] * unit[c];
            unit[i] /= l[i * q + i];
        }
        back_solve(l, lambda, q, unit, column, u);
        for (size_t c = 0; c < q; c++) sum -= zz[a * q + c] * u[c];
        gradient[k] += sum;
    }
}

static mlab_status evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    (void)err;
    gaussian *w = work;
    const mlab_mixed *m = w->m;
    double lambda[MOST * MOST] = {0}, log_h, log_xvx, rss, log_s = psi[m->n_lambda], variance = exp(2 * log_s);
    for (size_t k = 0; k < m->n_lambda; k++) {
        size_t a, b;
        mlab_mixed_entry(m, k, &a, &b);
        lambda[a * m->q + b] = psi[k];
    }
    *value = -HUGE_VAL;
    if (!(variance > 0) || !isfinite(variance) || !solve_coefficients(w, lambda, variance, &log_h, &log_xvx, &rss)) return MLAB_OK;
    double free_n = w->restricted ? w->n - (double)w->p : w->n;
    *value = -0.5 * (free_n * (LOG_TWO_PI + 2 * log_s) + log_h + rss / variance + (w->restricted ? log_xvx : 0)) -
             mlab_mixed_priors_distance(&w->priors, w->beta);
    if (!gradient) return MLAB_OK;
    memset(gradient, 0, (m->n_lambda + 1) * sizeof *gradient);
    gradient[m->n_lambda] = rss / variance - free_n + (w->restricted ? mlab_mixed_priors_slope(&w->priors, w->inverse, w->p, variance) : 0);
    for (size_t g = 0; g < m->n_groups; g++) group_gradient(w, lambda, g, variance, gradient);
    return MLAB_OK;
}

/* Start: half of the residual variance between groups. */
static void start(mlab_climb *c, const mlab_mixed *m, double residual_variance)
{
    mlab_mixed_start_lambda(c, m, 0, 0.5);
    c->psi[m->n_lambda] = 0.5 * log(residual_variance);
    c->inverse[m->n_lambda * c->n + m->n_lambda] = 0.5 / (double)m->n;
}

mlab_status mlab_mixed_gaussian_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_engine *engine = prepared->own;
    mlab_mixed *mixed = NULL;
    gaussian w = {0};
    mlab_climb c = {0};
    double logs = 0, value;
    mlab_status status = mlab_mixed_start(context, prepared, fit, err);
    if (!status) status = mlab_mixed_make(context, prepared, &mixed, err);
    if (status) goto out;
    for (size_t i = 0; i < mixed->n; i++) { /* less the shift, or its logarithm */
        if (engine->family->log_number) logs += (mixed->weight ? mixed->weight[i] : 1) * mlab_log(mixed->number[i]);
        mixed->number[i] = engine->number[mixed->row[i]] - mixed->offset[i];
    }
    if ((status = make(&w, mixed, prepared->options.restricted == 0, err)) ||
        (status = mlab_mixed_priors_make(context, prepared, fit, &w.priors, err)) ||
        (status = mlab_climb_start(context, mixed->n_lambda + 1, evaluate, &w, &c, err)))
        goto out;
    read_centred(&w);
    start(&c, mixed, fit->residual_variance > 0 ? fit->residual_variance : 1);
    mlab_mixed_warm(&c, prepared, 0);
    double gradient[MOST * MOST + 1]; /* leaves the modes of the end behind */
    if ((status = mlab_climb_up(&c, err)) || (mixed->q > 1 && (status = mlab_climb_edge(&c, mixed->n_lambda - 1, err))) ||
        (status = evaluate(&w, c.psi, &value, gradient, err)) || (status = mlab_mixed_effects_make(context, mixed, prepared->problem, fit, err)))
        goto out;
    fit->residual_variance = exp(2 * c.psi[mixed->n_lambda]);
    for (size_t j = 0; j < w.p; j++) w.rhs[j] = w.beta[j] + w.centre[j];
    mlab_mixed_place_linear(engine, w.rhs, w.inverse, w.p, fit->residual_variance, fit);
    mlab_mixed_effects_place(&c, mixed, 0, mixed->n_lambda, fit->random);
    if ((status = mlab_mixed_keep_spread(context, &c, 0, fit, err))) goto out;
    fit->log_likelihood = value - logs + mlab_mixed_priors_distance(&w.priors, w.beta);
    mlab_mixed_place_climb(&c, fit);
    status = mlab_mixed_doubt(&c, mixed, BOUNDARY * sqrt(fit->residual_variance), fit, err);
out:
    mlab_mixed_priors_free(&w.priors);
    mlab_mixed_free(mixed);
    mlab_release(context, w.memory);
    mlab_release(context, w.out);
    mlab_climb_end(&c);
    return status;
}

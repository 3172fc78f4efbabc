/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of the baseline of Cox's model with a frailty: given the coefficients and the variance, the logarithms of all steps have the inverse of their
 * information as covariance (Murphy & van der Vaart 2000, Journal of the American Statistical
 * Association 95, 449-465; Balan & Putter 2019, doi:10.18637/jss.v090.i07, take the same covariance). Frailties tie the steps to each other: they are
 * drawn as gamma numbers, as without a frailty, whose normal scores have the correlations of the log steps. Weakness: memory and time of a dense
 * matrix of the steps, up to 3,000 of them.
 */
#include "fit/survival/frailty_cox_draw.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { MOST_STEPS = 3000 };

void mlab_cox_draw_end(mlab_cox_draw *d)
{
    if (!d->context) return;
    mlab_frailty_again_end(&d->again);
    void *const memory[] = {d->factor, d->z, d->top, d->top_beta, d->sd, d->normal};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(d->context, memory[k]);
}

/* l [n * n], lower, becomes W = l^-1; sd [n]: roots of the diagonal of W'W. */
static void invert(double *l, size_t n, double *sd)
{
    for (size_t j = 0; j < n; j++) {
        l[j * n + j] = 1 / l[j * n + j];
        for (size_t i = j + 1; i < n; i++) {
            double sum = 0;
            for (size_t k = j; k < i; k++) sum -= l[i * n + k] * l[k * n + j];
            l[i * n + j] = sum / l[i * n + i];
        }
    }
    for (size_t k = 0; k < n; k++) {
        double sum = 0;
        for (size_t i = k; i < n; i++) sum += l[i * n + k] * l[i * n + k];
        sd[k] = sqrt(sum);
    }
}

/* Inverse of the lower Cholesky factor of the information of the log steps. */
static mlab_status factorise(mlab_cox_draw *d, const mlab_fit *fit, mlab_error *err)
{
    mlab_frailty *f = &d->again.f;
    size_t n = f->n_steps;
    double *room = mlab_allocate(d->context, n + 1, sizeof *room), *l = d->factor = mlab_allocate(d->context, n, n * sizeof *l);
    if (!room || !l) {
        mlab_release(d->context, room);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %zu steps", n);
    }
    for (size_t j = 0; j < n; j++) {
        memset(d->z, 0, n * sizeof *d->z);
        d->z[j] = 1;
        mlab_frailty_product(f, d->z, room, l + j * n);
    }
    mlab_release(d->context, room);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i <= j; i++) {
            double sum = l[j * n + i];
            for (size_t k = 0; k < i; k++) sum -= l[j * n + k] * l[i * n + k];
            if (i < j)
                l[j * n + i] = sum / l[i * n + i];
            else if (sum > 0)
                l[j * n + j] = sqrt(sum);
            else
                return mlab_raise(err, MLAB_ERR_FIT_COVARIANCE, "%s: the steps of the baseline have no covariance; state fit.draws: bootstrap",
                                  fit->outcome);
        }
    invert(l, n, d->sd);
    return MLAB_OK;
}

mlab_status mlab_cox_draw_begin(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_cox_draw *d, mlab_error *err)
{
    *d = (mlab_cox_draw){.context = context};
    mlab_status status = mlab_frailty_again_begin(context, prepared, fit, &d->again, err);
    mlab_frailty *f = &d->again.f;
    if (status) return status;
    if (f->n_steps > MOST_STEPS)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS,
                          "%s: draws of a frailty's baseline are for up to %d event times, found %zu; state fit.draws: bootstrap", fit->outcome,
                          (int)MOST_STEPS, f->n_steps);
    d->z = mlab_allocate(context, f->n_steps, sizeof *d->z);
    d->top = mlab_allocate(context, f->n_steps, sizeof *d->top);
    d->sd = mlab_allocate(context, f->n_steps, sizeof *d->sd);
    d->normal = mlab_allocate(context, f->n_steps, sizeof *d->normal);
    d->top_beta = mlab_allocate(context, f->p, sizeof *d->top_beta);
    if (!d->z || !d->top || !d->top_beta || !d->sd || !d->normal)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %zu steps", f->n_steps);
    if (fit->trust == MLAB_ON_BOUNDARY) return MLAB_OK;
    status = mlab_frailty_climb(f, f->rows->aliased, prepared->options.tolerance, (int)prepared->options.iterations, &d->again.top, err);
    memcpy(d->top, f->log_step, f->n_steps * sizeof *d->top);
    memcpy(d->top_beta, f->beta, f->p * sizeof *d->top_beta);
    d->variance = f->variance;
    return status ? status : factorise(d, fit, err);
}

/* d->z = logarithms of gamma numbers with mean 1 that are correlated as the steps. */
static void draw_away(mlab_cox_draw *d, const mlab_address *address)
{
    size_t n = d->again.f.n_steps;
    mlab_address at = *address;
    at.purpose = MLAB_PURPOSE_PARAMETERS;
    at.replicate = (address->replicate >> 8) + 1; /* as without a frailty */
    for (size_t k = 0; k < n; k++) {
        at.entity = (uint32_t)k;
        d->normal[k] = mlab_random_normal(&at, 0);
    }
    for (size_t k = 0; k < n; k++) {
        double sum = 0;
        for (size_t i = k; i < n; i++) sum += d->factor[i * n + k] * d->normal[i];
        double variance = d->sd[k] * d->sd[k], u = 0.5 * erfc(-sum / d->sd[k] / sqrt(2)); /* of a gamma number with mean 1 */
        d->z[k] = mlab_log(fmax(variance * gsl_cdf_gamma_Pinv(fmin(fmax(u, 1e-15), 1 - 1e-15), 1 / variance, 1), 1e-300));
    }
}

void mlab_cox_draw_steps(mlab_cox_draw *d, const double *estimate, double variance, const mlab_address *address, bool kept, double *hazard)
{
    mlab_frailty *f = &d->again.f;
    size_t p = f->p, q = p + 1;
    for (size_t j = 0; j < p; j++) f->beta[j] = estimate[j] * f->rows->scale[j];
    f->variance = fmax(variance, 1e-9);
    bool drawn = !kept && d->factor;
    if (drawn) draw_away(d, address);
    for (size_t s = 0; s < f->n_strata; s++)
        for (size_t k = f->first[s]; k < f->first[s + 1]; k++) {
            double before = k > f->first[s] ? hazard[k - 1] : 0, step = hazard[k] - before;
            f->log_step[k] = step > 0 ? mlab_log(step) : -700;
            if (!drawn) continue;
            f->log_step[k] = d->top[k] + d->z[k] + d->again.top.steps_by[k * q + p] * (variance - d->variance);
            for (size_t j = 0; j < p; j++) f->log_step[k] += d->again.top.steps_by[k * q + j] * (f->beta[j] - d->top_beta[j]);
            hazard[k] = before + mlab_exp(fmin(f->log_step[k], 700));
        }
    mlab_frailty_evaluate(f);
}

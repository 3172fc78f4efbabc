/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox's model with a frailty shared by groups, (1 | group), log-normal or gamma: maximum of the whole marginal likelihood over the steps of the
 * baseline hazard, the coefficients and the variance (Nielsen, Gill, Andersen & Sorensen 1992, Scandinavian Journal of Statistics 19, 25-43; Balan &
 * Putter 2019, doi:10.18637/jss.v090.i07). Ties are Breslow's, which the likelihood with free steps implies.
 * Weakness: errors of coefficients hold the uncertainty of the
 * variance to second order alone; with few groups the variance is estimated too small.
 */
#include "fit/survival/frailty.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double STARTS[] = {0.3, 0.03, 2};
#define MOST_FOR_ERRORS 2e7 /* steps times rows; beyond, the baseline has no errors */

/* The likelihood without a frailty, less what does not depend on anything: then it is the partial likelihood. */
static double constant(const mlab_frailty *f)
{
    double sum = 0;
    for (size_t k = 0; k < f->n_steps; k++) sum += f->events[k] * (mlab_log(f->events[k]) - 1);
    return sum;
}

static void put_estimates(const mlab_frailty *f, const mlab_frailty_top *top, mlab_fit *fit)
{
    const mlab_cox_rows *rows = f->rows;
    size_t p = f->p, q = p + 1;
    for (size_t j = 0; j < p; j++) {
        fit->estimate[j] = rows->aliased[j] ? 0 : f->beta[j] / rows->scale[j];
        for (size_t k = 0; k < p; k++)
            fit->covariance[j * p + k] = rows->aliased[j] || rows->aliased[k] ? 0 : top->covariance[j * q + k] / (rows->scale[j] * rows->scale[k]);
    }
    fit->iterations += top->iterations;
    fit->gradient = top->gradient;
}

static mlab_status keep_spread(const mlab_frailty *f, const mlab_frailty_top *top, mlab_fit *fit, mlab_error *err)
{
    size_t p = f->p, q = p + 1;
    double *covariance = mlab_allocate(f->context, q, q * sizeof *covariance);
    if (!covariance) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", q);
    for (size_t j = 0; j < q; j++)
        for (size_t k = 0; k < q; k++)
            covariance[j * q + k] = top->covariance[j * q + k] / ((j < p ? f->rows->scale[j] : 1) * (k < p ? f->rows->scale[k] : 1));
    mlab_status status = mlab_frailty_keep_spread(f->context, covariance, fit, err);
    mlab_release(f->context, covariance);
    return status;
}

/* c [p] = inverse of the coefficients' covariance times that with the variance; returns what of the variance's own is left. room [2 p^2 + p]. */
static double regress(const mlab_frailty *f, const mlab_frailty_top *top, double *c, double *room)
{
    size_t p = f->p, q = p + 1;
    double left = top->covariance[p * q + p], *inverse = room, *work = room + p * p;
    uint8_t *out = (uint8_t *)(room + 2 * p * p);
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++) inverse[j * p + k] = top->covariance[j * q + k];
    mlab_symmetric_invert(inverse, p, f->rows->aliased, out, work);
    for (size_t j = 0; j < p; j++) {
        c[j] = 0;
        for (size_t k = 0; k < p; k++) c[j] += inverse[j * p + k] * top->covariance[p * q + k];
        left -= c[j] * top->covariance[p * q + j];
    }
    return fmax(left, 0);
}

/* The baseline of a frailty of 1. Steps follow the coefficients, and the variance as far as these tell it (mean); what is left of the variance and of
 * the steps themselves is in the baseline's own. */
static mlab_status put_baseline(const mlab_frailty *f, const mlab_frailty_top *top, mlab_baseline *b, mlab_error *err)
{
    size_t p = f->p, q = p + 1;
    double *c = mlab_allocate(f->context, 2 * p * p + 2 * p + 1, sizeof *c);
    if (!c) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the baseline of %zu steps", f->n_steps);
    double left = regress(f, top, c, c + p);
    for (size_t s = 0; s < f->n_strata; s++) {
        double by_variance = 0;
        for (size_t k = f->first[s]; k < f->first[s + 1]; k++) {
            bool begins = k == f->first[s];
            b->cumulative_hazard[k] = (begins ? 0 : b->cumulative_hazard[k - 1]) + f->step[k];
            by_variance += f->step[k] * top->steps_by[k * q + p];
            for (size_t j = 0; j < p; j++) {
                double by = top->steps_by[k * q + j] + top->steps_by[k * q + p] * c[j];
                b->mean[k * p + j] = (begins ? 0 : b->mean[(k - 1) * p + j]) - f->step[k] * by * f->rows->scale[j];
            }
            b->variance[k] = top->with_errors ? top->step_variance[k] + by_variance * by_variance * left : 0;
        }
    }
    mlab_release(f->context, c);
    if (top->with_errors) return MLAB_OK;
    mlab_release(f->context, b->variance);
    b->variance = NULL;
    return MLAB_OK;
}

static bool has_ties(const mlab_frailty *f)
{
    size_t events = 0;
    for (size_t i = 0; i < f->n; i++) events += f->rows->event[i] && f->work->weight[i] > 0;
    return events > f->n_steps;
}

static mlab_status doubts(const mlab_frailty *f, const mlab_prepared *prepared, const mlab_frailty_top *top, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (!top->converged && !top->boundary)
        status = mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "the frailty of %s did not settle in %d steps", fit->random->group, top->iterations);
    if (!status && f->n_groups < 5)
        status = mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err,
                                "%zu groups of %s are too few to tell how they differ: intervals for other groups than these would be wider",
                                f->n_groups, fit->random->group);
    if (!status && prepared->options.ties == 0 && has_ties(f))
        status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "with a frailty tied times are Breslow's, not Efron's");
    return status;
}

/* To the maximum, from several variances until one holds; back at the steps without a frailty when none does. */
static mlab_status find_top(mlab_frailty *f, const mlab_prepared *prepared, const double *beta, double none, double slope, mlab_frailty_top *top,
                            mlab_error *err)
{
    int used = 0;
    for (size_t k = 0; k < sizeof STARTS / sizeof *STARTS; k++) {
        memcpy(f->beta, beta, f->p * sizeof *beta);
        mlab_frailty_breslow(f);
        f->variance = STARTS[k];
        mlab_status status = mlab_frailty_climb(f, f->rows->aliased, prepared->options.tolerance, (int)prepared->options.iterations, top, err);
        used += top->iterations;
        top->iterations = used;
        if (status || (!top->boundary && top->converged && f->value > none)) return status;
        if (top->boundary && !(slope > 0)) break;
    }
    if (!(slope > 0) && !(f->value > none + 1e-6)) top->boundary = true; /* the likelihood falls from 0 on, and nothing higher was found */
    return MLAB_OK;
}

mlab_status mlab_frailty_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, const double *beta, mlab_fit *fit,
                             mlab_error *err)
{
    mlab_frailty f;
    size_t q = work->rows->p + 1;
    mlab_frailty_top top = {0};
    mlab_status status = mlab_frailty_begin(context, prepared, work, &f, err);
    if (status) goto out;
    top.covariance = mlab_allocate(context, q, q * sizeof *top.covariance);
    top.steps_by = mlab_allocate(context, f.n_steps, q * sizeof *top.steps_by);
    top.step_variance = mlab_allocate(context, f.n_steps, sizeof *top.step_variance);
    top.with_errors = (double)f.n_steps * (double)f.n <= MOST_FOR_ERRORS;
    if (!top.covariance || !top.steps_by || !top.step_variance) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the frailty of %zu groups", f.n_groups);
        goto out;
    }
    if ((status = mlab_frailty_effects_make(context, prepared, fit, err))) goto out;
    memcpy(f.beta, beta, f.p * sizeof *beta);
    mlab_frailty_breslow(&f);
    f.variance = 1e-8;
    mlab_frailty_evaluate(&f);
    double none = fit->log_likelihood + constant(&f), slope = mlab_frailty_slope(f.group_events, f.hazard, f.before, f.n_groups);
    if ((status = find_top(&f, prepared, beta, none, slope, &top, err))) goto out;
    fit->cluster[0] = 0;
    if (top.boundary) {
        if (!(status = mlab_frailty_boundary(context, fit, err))) status = doubts(&f, prepared, &top, fit, err);
        goto out;
    }
    top.with_errors = top.with_errors && top.converged;
    put_estimates(&f, &top, fit);
    if ((status = put_baseline(&f, &top, fit->baseline, err))) goto out;
    fit->log_likelihood = f.value - constant(&f);
    mlab_frailty_effects_place(f.term, f.variance, sqrt(fmax(top.covariance[q * q - 1], 0)), f.value - none, fit);
    if ((status = keep_spread(&f, &top, fit, err))) goto out;
    status = doubts(&f, prepared, &top, fit, err);
out:
    mlab_release(context, top.covariance);
    mlab_release(context, top.steps_by);
    mlab_release(context, top.step_variance);
    mlab_frailty_end(&f);
    return status;
}

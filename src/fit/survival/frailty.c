/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cox's model with a frailty shared by groups, (1 | group), log-normal or gamma: maximum of the whole marginal likelihood over the steps of the
 * baseline hazard, the coefficients and the variance (Nielsen, Gill, Andersen & Sorensen 1992, Scandinavian Journal of Statistics 19, 25-43; Balan &
 * Putter 2019, doi:10.18637/jss.v090.i07). Ties are Breslow's, which the likelihood with free steps implies.
 *
 * A variance of 0 lies on the boundary: it is the estimate when the likelihood falls from there, and the test of it takes half of a chi-square with
 * one degree of freedom (Self & Liang 1987, doi:10.1080/01621459.1987.10478472). Weakness: errors of coefficients hold the uncertainty of the
 * variance to second order alone; with few groups the variance is estimated too small.
 */
#include "fit/survival/frailty.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double STARTS[] = {0.3, 0.03, 2};
#define MOST_FOR_ERRORS 2e7 /* steps times rows; beyond, the baseline has no errors */

/* The slope of the likelihood in the variance at 0, where the frailty is 1: half the sum of (d - H)^2 - d. */
static double slope_at_zero(const mlab_frailty *f)
{
    double slope = 0;
    for (size_t g = 0; g < f->n_groups; g++) {
        double left = f->group_events[g] - f->at_group[g];
        slope += 0.5 * (left * left - f->group_events[g]);
    }
    return slope;
}

/* The likelihood without a frailty, less what does not depend on anything: then it is the partial likelihood. */
static double constant(const mlab_frailty *f)
{
    double sum = 0;
    for (size_t k = 0; k < f->n_steps; k++) sum += f->events[k] * (mlab_log(f->events[k]) - 1);
    return sum;
}

static bool effects_make(const mlab_context *context, const mlab_fit_problem *problem, mlab_fit *fit, mlab_error *err)
{
    const mlab_random_grouping *from = problem->random;
    mlab_random_effects *r = fit->random = mlab_allocate(context, 1, sizeof *r);
    char number[24];
    if (!r) return false;
    fit->n_random = r->n = 1;
    r->n_groups = from->n_groups;
    r->people = from->person != NULL;
    r->group = mlab_copy_text(context, from->name ? from->name : "group");
    r->names = mlab_allocate(context, 1, sizeof *r->names);
    r->groups = mlab_allocate(context, r->n_groups, sizeof *r->groups);
    double **const arrays[] = {&r->covariance, &r->sd, &r->sd_se};
    for (size_t a = 0; a < 3; a++) *arrays[a] = mlab_allocate(context, 1, sizeof(double));
    r->mode = mlab_allocate(context, r->n_groups, sizeof *r->mode);
    r->mode_se = mlab_allocate(context, r->n_groups, sizeof *r->mode_se);
    bool whole = mlab_design_copy(from->design, &r->design, err) == MLAB_OK && r->group && r->names && r->groups && r->covariance && r->sd &&
                 r->sd_se && r->mode && r->mode_se;
    if (whole) whole = (r->names[0] = mlab_copy_text(context, "(Intercept)"));
    for (size_t g = 0; whole && g < r->n_groups; g++) {
        snprintf(number, sizeof number, "%zu", g + 1);
        whole = (r->groups[g] = mlab_copy_text(context, from->groups ? from->groups[g] : number));
    }
    return whole;
}

/* Of a variance of 0 everything but the effects is that of the fit without them. */
static mlab_status put_boundary(mlab_fit *fit, mlab_error *err)
{
    fit->random->tested = true;
    fit->random->p = 1;
    return mlab_fit_doubt(fit, MLAB_ON_BOUNDARY, err, "the variance between %s is 0: nothing is left over for it", fit->random->group);
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
    mlab_random_effects *r = fit->random;
    r->covariance[0] = f->variance;
    r->sd[0] = sqrt(f->variance);
    r->sd_se[0] = sqrt(fmax(top->covariance[p * q + p], 0)) / (2 * r->sd[0]);
    for (size_t g = 0; g < f->n_groups; g++) {
        r->mode[g] = f->term[g].effect;
        r->mode_se[g] = f->term[g].effect_spread;
    }
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
        status =
            mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err, "%zu groups of %s are too few to tell how they differ", f->n_groups, fit->random->group);
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
    if (!top.covariance || !top.steps_by || !top.step_variance || !effects_make(context, prepared->problem, fit, err)) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the frailty of %zu groups", f.n_groups);
        goto out;
    }
    fit->random->gamma = prepared->options.frailty == 1;
    memcpy(f.beta, beta, f.p * sizeof *beta);
    mlab_frailty_breslow(&f);
    f.variance = 1e-8;
    mlab_frailty_evaluate(&f);
    double none = fit->log_likelihood + constant(&f), slope = slope_at_zero(&f);
    if ((status = find_top(&f, prepared, beta, none, slope, &top, err))) goto out;
    fit->cluster[0] = 0;
    if (top.boundary) {
        if (!(status = put_boundary(fit, err))) status = doubts(&f, prepared, &top, fit, err);
        goto out;
    }
    top.with_errors = top.with_errors && top.converged;
    put_estimates(&f, &top, fit);
    if ((status = put_baseline(&f, &top, fit->baseline, err))) goto out;
    fit->log_likelihood = f.value - constant(&f);
    fit->random->tested = true;
    fit->random->deviance = fmax(2 * (f.value - none), 0);
    fit->random->p = 0.5 * gsl_cdf_chisq_Q(fit->random->deviance, 1);
    status = doubts(&f, prepared, &top, fit, err);
out:
    mlab_release(context, top.covariance);
    mlab_release(context, top.steps_by);
    mlab_release(context, top.step_variance);
    mlab_frailty_end(&f);
    return status;
}

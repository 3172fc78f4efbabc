/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the parameters of a mixed model's climb, which have no aliased ones, and those of its fit, and what all linear mixed models solve. */
#include "fit/mixed/mixed_priors.h"

#include "fit/small.h"

#include <math.h>
#include <string.h>

static const double MOST_TOLD = 1e-6; /* of the squares left over, under which the response is centred */
static const double NO_GUESS = 1e-4;  /* a variance, where the fit without random effects has none */

size_t mlab_mixed_start_fixed(mlab_climb *c, const mlab_engine *engine, const mlab_fit *fit)
{
    size_t at = 0, n = c->n, total = fit->n_parameters;
    for (size_t j = 0; j < total; j++) {
        if (engine->aliased[j]) continue;
        size_t to = 0;
        for (size_t k = 0; k < total; k++)
            if (!engine->aliased[k]) c->inverse[at * n + to++] = fit->covariance[j * total + k];
        if (!(c->inverse[at * n + at] > 0)) c->inverse[at * n + at] = NO_GUESS;
        c->psi[at++] = fit->estimate[j];
    }
    return at;
}

void mlab_mixed_place_fixed(const mlab_climb *c, const mlab_engine *engine, mlab_fit *fit)
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

void mlab_mixed_place_climb(const mlab_climb *c, mlab_fit *fit)
{
    fit->iterations = c->iterations;
    fit->gradient = 0;
    for (size_t j = 0; j < c->n; j++) fit->gradient = fmax(fit->gradient, fabs(c->gradient[j]) * sqrt(fmax(c->inverse[j * c->n + j], 0)));
}

/* One coefficient where it is told to be, the others at their best beside it. */
static void hold(const mlab_mixed_priors *priors, const double *inverse, size_t p, double *b, double *rss)
{
    const double *row = inverse + priors->held * p;
    double off = (b[priors->held] - priors->held_at) / row[priors->held];
    *rss += off * off * row[priors->held];
    for (size_t k = 0; k < p; k++) b[k] -= off * row[k];
    b[priors->held] = priors->held_at;
}

bool mlab_mixed_solve_linear(const double *a, const double *rhs, size_t p, const mlab_mixed_priors *priors, double variance, double *inverse,
                             double *work, uint8_t *out, double *b, double *log_det, double *rss)
{
    memcpy(inverse, a, p * p * sizeof *a);
    for (size_t k = 0; k < priors->n; k++) inverse[priors->at[k] * (p + 1)] += variance * priors->precision[k];
    memcpy(work, inverse, p * p * sizeof *a);
    *log_det = mlab_small_log_determinant(work, p);
    if (mlab_symmetric_invert(inverse, p, NULL, out, work)) return false;
    memcpy(work, rhs, p * sizeof *rhs);
    for (size_t k = 0; k < priors->n; k++) work[priors->at[k]] += variance * priors->precision[k] * priors->mean[k];
    for (size_t j = 0; j < p; j++) {
        b[j] = 0;
        for (size_t k = 0; k < p; k++) b[j] += inverse[j * p + k] * work[k];
        if (priors->n == 0) *rss -= b[j] * rhs[j];
    }
    for (size_t j = 0; j < p && priors->n; j++) {
        double sum = -2 * rhs[j];
        for (size_t k = 0; k < p; k++) sum += a[j * p + k] * b[k];
        *rss += b[j] * sum;
    }
    if (priors->holds) hold(priors, inverse, p, b, rss);
    return *rss > 0 && isfinite(*log_det);
}

bool mlab_mixed_centre(const double *xx, const double *xy, double yy, size_t p, double *centre, double *work, uint8_t *out)
{
    double left = yy, *inverse = work + p * p;
    memset(centre, 0, p * sizeof *centre);
    memcpy(inverse, xx, p * p * sizeof *xx);
    if (p == 0 || mlab_symmetric_invert(inverse, p, NULL, out, work)) return false;
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k < p; k++) centre[j] += inverse[j * p + k] * xy[k];
        left -= centre[j] * xy[j];
    }
    if (left < MOST_TOLD * yy && isfinite(left)) return true;
    memset(centre, 0, p * sizeof *centre);
    return false;
}

double mlab_mixed_priors_slope(const mlab_mixed_priors *priors, const double *inverse, size_t p, double variance)
{
    double sum = 0;
    for (size_t k = 0; k < priors->n; k++) sum += variance * priors->precision[k] * inverse[priors->at[k] * (p + 1)];
    return -sum;
}

void mlab_mixed_place_linear(const mlab_engine *engine, const double *b, const double *inverse, size_t p, double variance, mlab_fit *fit)
{
    size_t n = fit->n_parameters, at = 0;
    memset(fit->covariance, 0, n * n * sizeof *fit->covariance);
    for (size_t j = 0; j < n; j++) {
        if (engine->aliased[j]) continue;
        fit->estimate[j] = b[at] + (j == 0 && engine->intercept ? engine->shift : 0);
        for (size_t k = 0, to = 0; k < n; k++)
            if (!engine->aliased[k]) fit->covariance[j * n + k] = variance * inverse[at * p + to++];
        at++;
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lambda by rows as log standard deviation and Fisher's z of the canonical partial correlations of each row with those before (Lewandowski, Kurowicka
 * & Joe 2009), any values of which are a covariance. */
#include "fit/spread.h"

#include <math.h>

bool mlab_spread_near_zero(const mlab_random_effects *random, size_t a)
{
    return !(random->sd[a] > 2 * random->sd_se[a]);
}

bool mlab_spread_entry_near_zero(const mlab_fit *fit, size_t k)
{
    size_t at = 0;
    for (size_t t = 0; t < fit->n_random; t++)
        for (size_t a = 0; a < fit->random[t].n; a++) {
            at += fit->random[t].independent ? 1 : a + 1;
            if (k < at) return mlab_spread_near_zero(&fit->random[t], a);
        }
    return false;
}

typedef void (*row_function)(const double *lambda, const double *sign, size_t a, double *v);

/* lambda, v: row a of Lambda and of what is changed, entries 0 .. a; sign: of the diagonals, which are made positive. */
static void unbound_row(const double *lambda, const double *sign, size_t a, double *v)
{
    double square = 0;
    (void)lambda;
    for (size_t b = 0; b <= a; b++) square += v[b] * v[b];
    double log_sd = 0.5 * log(square);
    for (size_t b = 0; b < a; b++) {
        double part = sign[b] * v[b];
        v[b] = atanh(part / sqrt(square));
        square -= part * part;
    }
    v[a] = log_sd;
}

static void bound_row(const double *lambda, const double *sign, size_t a, double *v)
{
    double left = exp(v[a]);
    (void)lambda;
    (void)sign;
    for (size_t b = 0; b < a; b++) {
        double z = v[b];
        v[b] = tanh(z) * left;
        left /= cosh(z);
    }
    v[a] = left;
}

static void deviate_row(const double *lambda, const double *sign, size_t a, double *v)
{
    double square = 0, change = 0; /* of what is left of the row's length, and half its change */
    for (size_t b = 0; b <= a; b++) {
        square += lambda[b] * lambda[b];
        change += lambda[b] * v[b];
    }
    double log_sd = change / square;
    for (size_t b = 0; b < a; b++) {
        double length = sqrt(square), c = lambda[b] / length, own = v[b];
        v[b] = sign[b] * (own / length - c * change / square) / (1 - c * c);
        square -= lambda[b] * lambda[b];
        change -= lambda[b] * own;
    }
    v[a] = log_sd;
}

/* A row near 0 stays as it is, on the side of the diagonals made positive. */
static void flip_row(const double *lambda, const double *sign, size_t a, double *v)
{
    (void)lambda;
    for (size_t b = 0; b <= a; b++) v[b] *= sign[b];
}

static void each_row(const mlab_fit *fit, double *v, row_function function, row_function near)
{
    static const double one = 1;
    const double *lambda = fit->spread;
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *r = &fit->random[t];
        double sign[64];
        for (size_t a = 0; a < r->n; a++) {
            size_t width = r->independent ? 1 : a + 1;
            sign[a] = lambda[width - 1] < 0 ? -1 : 1;
            row_function now = mlab_spread_near_zero(r, a) ? near : function;
            if (now) now(lambda, r->independent ? &one : sign, width - 1, v);
            lambda += width;
            v += width;
        }
    }
}

void mlab_spread_unbound(const mlab_fit *fit, double *spread)
{
    each_row(fit, spread, unbound_row, flip_row);
}

void mlab_spread_bound(const mlab_fit *fit, double *spread)
{
    each_row(fit, spread, bound_row, NULL);
}

void mlab_spread_unbound_deviation(const mlab_fit *fit, double *deviation)
{
    each_row(fit, deviation, deviate_row, flip_row);
}

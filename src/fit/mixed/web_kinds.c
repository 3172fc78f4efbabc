/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The likelihood of a linear model whose groups have one effect each, from kinds of leaves (fit/mixed/web_kinds_make.c): a step costs as much as
 * there are kinds, whatever the rows and people are. With the leaves' standard deviation a, of a leaf d = z'z, g = its cross-products with knots, s =
 * Z'X:
 *
 *     w = a^2 / (1 + a^2 d),   X'X - sum w s s',   Z'X - sum w g s',   K = Z'Z - sum w g g',   S = Lambda K Lambda + 1,   log|H| = sum log(1 + a^2 d)
 * + log|S|
 *
 * are those of a model of the knots alone. Derivatives are those of fit/mixed/web_gaussian.c, by a those of w with everything else fixed.
 * Weakness: where hardly two leaves are alike it saves only the passes over cells. */
#include "fit/mixed/web_kinds.h"

#include "core/elementary.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double LOG_TWO_PI = 1.83787706640934548356;

static size_t at_of(size_t a, size_t b) /* lower triangle by rows */
{
    return a >= b ? a * (a + 1) / 2 + b : b * (b + 1) / 2 + a;
}

/* --- leaves out ------------------------------------------------------------------------------------------------------ */

/* into [triangle] += factor * sum of (s - h) (s - h)' over the leaves of a kind; h NULL = 0. */
static void add_products(const mlab_web_kinds *k, size_t i, double factor, const double *h, double *restrict into)
{
    const mlab_web_kind *kind = &k->kinds[i];
    const double *s = k->sums + i * k->columns;
    size_t c = k->columns, at = 0;
    double r[MLAB_WEB_COLUMNS];
    if (kind->products == SIZE_MAX) {
        for (size_t a = 0; a < c; a++) {
            r[a] = h ? s[a] - h[a] : s[a];
            double scaled = factor * r[a];
            for (size_t b = 0; b <= a; b++) into[at++] += scaled * r[b];
        }
        return;
    }
    const double *products = k->products + kind->products, count = (double)kind->count;
    for (size_t t = 0; t < k->triangle; t++) into[t] += factor * products[t];
    for (size_t a = 0; h && a < c; a++)
        for (size_t b = 0; b <= a; b++) into[at++] += factor * (count * h[a] * h[b] - s[a] * h[b] - h[a] * s[b]);
}

/* Returns the sum of log(1 + a^2 d). */
static double take_leaves(mlab_web_kinds *k, double a)
{
    size_t c = k->columns;
    double sum = 0;
    memcpy(k->reduced, k->knots, mlab_sparse_size(k->linear->web->s) * sizeof *k->reduced);
    memcpy(k->left, k->knot_sums, k->linear->web->n_knots * c * sizeof *k->left);
    memset(k->taken, 0, k->triangle * sizeof *k->taken);
    for (size_t i = 0; i < k->n; i++) {
        const mlab_web_kind *kind = &k->kinds[i];
        const double *g = k->cross + kind->near, *s = k->sums + i * c, one = k->one_plus[i] = 1 + a * a * kind->square, w = a * a / one;
        const uint32_t *knot = k->knot + kind->near;
        const size_t *place = k->place + kind->pair;
        add_products(k, i, w, NULL, k->taken);
        for (size_t x = 0; x < kind->n; x++) {
            double *left = k->left + knot[x] * c, wg = w * g[x];
            for (size_t j = 0; j < c; j++) left[j] -= wg * s[j];
            for (size_t y = 0; y <= x; y++) k->reduced[*place++] -= (double)kind->count * wg * g[y];
        }
    }
    mlab_log_array(k->linear->web->context, k->one_plus, k->one_plus, k->n);
    for (size_t i = 0; i < k->n; i++) sum += (double)k->kinds[i].count * k->one_plus[i];
    return sum;
}

/* --- knots ------------------------------------------------------------------------------------------------------------ */

static void set_lambda(mlab_web_kinds *k, const double *psi)
{
    const mlab_web *web = k->linear->web;
    for (size_t t = 0; t < web->n_terms; t++)
        for (size_t g = 0; t != web->leaf && g < web->terms[t].n_groups; g++)
            k->lambda[web->terms[t].first - web->n_of_leaves + g] = psi[web->terms[t].lambda];
}

static mlab_status factor(mlab_web_kinds *k, bool *definite, double *log_det, mlab_error *err)
{
    mlab_web *web = k->linear->web;
    double *values = mlab_sparse_values(web->s);
    for (size_t j = 0; j < web->n_knots; j++) {
        size_t at;
        const uint32_t *row;
        size_t n = mlab_sparse_column(web->s, j, &at, &row);
        for (size_t i = 0; i < n; i++) values[at + i] = k->lambda[j] * k->lambda[row ? row[i] : j + i] * k->reduced[at + i];
        values[at] += 1;
    }
    return mlab_sparse_factor(web->s, definite, log_det, err);
}

/* v = S^-1 Lambda left, u = Lambda v. */
static void solve_knots(mlab_web_kinds *k)
{
    const mlab_web *web = k->linear->web;
    size_t c = k->columns, n = web->n_knots;
    for (size_t j = 0; j < c; j++) {
        double *v = k->v + j * n;
        for (size_t b = 0; b < n; b++) v[b] = k->lambda[b] * k->left[b * c + j];
        mlab_sparse_solve(web->s, v, k->room);
        for (size_t b = 0; b < n; b++) k->u[b * c + j] = k->lambda[b] * v[b];
    }
}

/* X'V^-1X and what goes with it, and the coefficients. */
static bool solve_coefficients(mlab_web_kinds *k, double variance, double *log_xvx, double *rss)
{
    mlab_web_linear *w = k->linear;
    size_t c = k->columns, p = w->p;
    double *taken = k->taken;
    for (size_t b = 0; b < w->web->n_knots; b++) {
        const double *left = k->left + b * c, *u = k->u + b * c;
        for (size_t i = 0, at = 0; i < c; i++)
            for (size_t j = 0; j <= i; j++) taken[at++] += left[i] * u[j];
    }
    for (size_t i = 0; i < p; i++) {
        for (size_t j = 0; j <= i; j++) w->a[i * p + j] = w->a[j * p + i] = w->xx[i * p + j] - taken[at_of(i, j)];
        w->rhs[i] = w->xy[i] - taken[at_of(p, i)];
    }
    *rss = w->yy - taken[at_of(p, p)];
    return mlab_mixed_solve_linear(w->a, w->rhs, p, &w->priors, variance, w->inverse, w->work, w->out, w->beta, log_xvx, rss);
}

/* --- the gradient ------------------------------------------------------------------------------------------------------ */

/* What a change of sum of q v' [c * c], symmetric or not, does to the likelihood: by the residuals and by log|X'V^-1X|. */
static double contract(const mlab_web_kinds *k, const double *full, double variance)
{
    const mlab_web_linear *w = k->linear;
    size_t c = k->columns, p = w->p;
    double residual = 0, design = 0;
    for (size_t i = 0; i < c; i++)
        for (size_t j = 0; j < c; j++) residual += (i < p ? -w->beta[i] : 1) * (j < p ? -w->beta[j] : 1) * full[i * c + j];
    for (size_t i = 0; w->restricted && i < p; i++)
        for (size_t j = 0; j < p; j++) design += w->inverse[i * p + j] * full[i * c + j];
    return residual / variance + design;
}

/* q = left - reduced u; traces [n_knots] of reduced Lambda S^-1. */
static void find_rest(mlab_web_kinds *k, double *traces)
{
    const mlab_web *web = k->linear->web;
    const double *inverse = mlab_sparse_inverse(web->s);
    size_t c = k->columns;
    memcpy(k->q, k->left, web->n_knots * c * sizeof *k->q);
    memset(traces, 0, web->n_knots * sizeof *traces);
    for (size_t j = 0; j < web->n_knots; j++) {
        size_t at;
        const uint32_t *row;
        size_t n = mlab_sparse_column(web->s, j, &at, &row);
        for (size_t e = 0; e < n; e++) {
            size_t i = row ? row[e] : j + e;
            double value = k->reduced[at + e];
            for (size_t l = 0; l < c; l++) k->q[i * c + l] -= value * k->u[j * c + l];
            traces[i] += value * k->lambda[j] * inverse[at + e];
            if (i == j) continue;
            for (size_t l = 0; l < c; l++) k->q[j * c + l] -= value * k->u[i * c + l];
            traces[j] += value * k->lambda[i] * inverse[at + e];
        }
    }
}

static void knot_gradient(mlab_web_kinds *k, double variance, double *gradient)
{
    const mlab_web *web = k->linear->web;
    size_t c = k->columns, n = web->n_knots;
    double *traces = k->room, full[MLAB_WEB_COLUMNS * MLAB_WEB_COLUMNS] = {0};
    find_rest(k, traces);
    for (size_t t = 0; t < web->n_terms; t++) {
        if (t == web->leaf) continue;
        size_t from = web->terms[t].first - web->n_of_leaves;
        double trace = 0;
        memset(full, 0, c * c * sizeof *full);
        for (size_t b = from; b < from + web->terms[t].n_groups; b++) {
            trace += traces[b];
            for (size_t i = 0; i < c; i++)
                for (size_t j = 0; j < c; j++) full[i * c + j] += k->q[b * c + i] * k->v[j * n + b];
        }
        gradient[web->terms[t].lambda] = contract(k, full, variance) - trace;
    }
}

/* By the leaves' standard deviation a: the derivative of w is 2 a / (1 + a^2 d)^2. */
static double leaf_gradient(const mlab_web_kinds *k, double a, double variance, double *triangle)
{
    const double *inverse = mlab_sparse_inverse(k->linear->web->s);
    size_t c = k->columns;
    double h[MLAB_WEB_COLUMNS], full[MLAB_WEB_COLUMNS * MLAB_WEB_COLUMNS] = {0}, trace = 0;
    memset(triangle, 0, k->triangle * sizeof *triangle);
    for (size_t i = 0; i < k->n; i++) {
        const mlab_web_kind *kind = &k->kinds[i];
        const double *g = k->cross + kind->near, one = 1 + a * a * kind->square, slope = 2 * a / (one * one), count = (double)kind->count;
        const uint32_t *knot = k->knot + kind->near;
        const size_t *place = k->place + kind->pair;
        double spread = 0; /* g' Lambda S^-1 Lambda g */
        memset(h, 0, c * sizeof *h);
        for (size_t x = 0; x < kind->n; x++) {
            const double *u = k->u + knot[x] * c;
            for (size_t j = 0; j < c; j++) h[j] += g[x] * u[j];
            for (size_t y = 0; y <= x; y++) spread += (x == y ? 1 : 2) * g[x] * g[y] * k->lambda[knot[x]] * k->lambda[knot[y]] * inverse[*place++];
        }
        add_products(k, i, 0.5 * slope, h, triangle);
        trace += count * (a * kind->square / one - 0.5 * slope * spread);
    }
    for (size_t i = 0; i < c; i++)
        for (size_t j = 0; j < c; j++) full[i * c + j] = triangle[at_of(i, j)];
    return contract(k, full, variance) - trace;
}

mlab_status mlab_web_kinds_evaluate(void *work, const double *psi, double *value, double *gradient, mlab_error *err)
{
    mlab_web_kinds *k = work;
    mlab_web_linear *w = k->linear;
    mlab_web *web = w->web;
    double log_xvx, rss, log_det, log_s = psi[web->n_lambda], variance = exp(2 * log_s), a = psi[web->terms[web->leaf].lambda];
    bool definite;
    *value = -HUGE_VAL;
    if (!(variance > 0) || !isfinite(variance)) return MLAB_OK;
    set_lambda(k, psi);
    double log_leaves = take_leaves(k, a);
    if (!isfinite(log_leaves)) return MLAB_OK;
    mlab_status status = factor(k, &definite, &log_det, err);
    if (status || !definite) return status;
    solve_knots(k);
    if (!solve_coefficients(k, variance, &log_xvx, &rss)) return MLAB_OK;
    double free_n = w->restricted ? w->n - (double)w->p : w->n;
    *value = -0.5 * (free_n * (LOG_TWO_PI + 2 * log_s) + log_leaves + log_det + rss / variance + (w->restricted ? log_xvx : 0)) -
             mlab_mixed_priors_distance(&w->priors, w->beta);
    if (!gradient) return MLAB_OK;
    if ((status = mlab_sparse_invert(web->s, err))) return status;
    knot_gradient(k, variance, gradient);
    gradient[web->terms[web->leaf].lambda] = leaf_gradient(k, a, variance, k->taken);
    gradient[web->n_lambda] = rss / variance - free_n + (w->restricted ? mlab_mixed_priors_slope(&w->priors, w->inverse, w->p, variance) : 0);
    return MLAB_OK;
}

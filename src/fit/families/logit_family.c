/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logit of one or more categories against the first: log(P_k / P_0) = eta_k (multinomial logit; McFadden 1974). The logit is the
 * canonical link: observed and expected information are the same. */
#include "fit/engine.h"

#include "core/elementary.h"

#include <math.h>

/* Two categories. exp of minus |eta| only, so that nothing overflows. */
static void two(const mlab_family_tile *tile)
{
    const mlab_kernels *kernels = mlab_kernels_of(tile->context);
    size_t n = tile->rows;
    double *below = tile->scratch, *l = tile->log_likelihood;
    kernels->logit(tile->eta, tile->category, n, below, tile->without_likelihood ? NULL : l, tile->derivatives ? tile->score : NULL, tile->curvature);
    if (tile->without_likelihood) return;
    if (tile->summed) { /* one logarithm of a product of many, each between 1 and 2 */
        for (size_t i = n; i < mlab_whole_lanes(n); i++) l[i] = 0;
        double ahead = kernels->sum(l, mlab_whole_lanes(n));
        l[0] = ahead - kernels->log_product(below, n);
        *tile->summed = true;
        return;
    }
    mlab_log_array(tile->context, below, below, n);
    for (size_t i = 0; i < n; i++) l[i] -= below[i];
}

/* Row i of more categories; e holds exp(eta - m) of each, base the same of the first category. */
static void several_row(const mlab_family_tile *tile, size_t i, const double *e, double base)
{
    double sum = base;
    for (size_t k = 0; k < tile->n_eta; k++) sum += e[k * MLAB_TILE + i];
    size_t pair = 0;
    for (size_t k = 0; k < tile->n_eta; k++) {
        double p = e[k * MLAB_TILE + i] / sum;
        tile->score[k * MLAB_TILE + i] = (tile->category[i] == (int32_t)k + 1) - p;
        tile->curvature[pair++ * MLAB_TILE + i] = p * (1 - p);
        for (size_t l = k + 1; l < tile->n_eta; l++) tile->curvature[pair++ * MLAB_TILE + i] = -p * (e[l * MLAB_TILE + i] / sum);
    }
}

static void several(const mlab_family_tile *tile)
{
    size_t n = tile->rows;
    double *e = tile->scratch, *most = tile->scratch + tile->n_eta * MLAB_TILE, *sum = most + MLAB_TILE;
    for (size_t i = 0; i < n; i++) {
        most[i] = 0;
        for (size_t k = 0; k < tile->n_eta; k++) most[i] = fmax(most[i], tile->eta[k * MLAB_TILE + i]);
        tile->log_likelihood[i] = -most[i];
        if (tile->category[i]) tile->log_likelihood[i] += tile->eta[(size_t)(tile->category[i] - 1) * MLAB_TILE + i];
    }
    for (size_t k = 0; k < tile->n_eta; k++) {
        for (size_t i = 0; i < n; i++) e[k * MLAB_TILE + i] = tile->eta[k * MLAB_TILE + i] - most[i];
        mlab_exp_array(tile->context, e + k * MLAB_TILE, e + k * MLAB_TILE, n);
    }
    for (size_t i = 0; i < n; i++) most[i] = -most[i];
    mlab_exp_array(tile->context, most, most, n);
    for (size_t i = 0; i < n; i++) {
        sum[i] = most[i];
        for (size_t k = 0; k < tile->n_eta; k++) sum[i] += e[k * MLAB_TILE + i];
    }
    mlab_log_array(tile->context, sum, sum, n);
    for (size_t i = 0; i < n; i++) tile->log_likelihood[i] -= sum[i];
    for (size_t i = 0; tile->derivatives && i < n; i++) several_row(tile, i, e, most[i]);
}

static bool logit_tile(const mlab_family_tile *tile)
{
    if (tile->n_eta == 1)
        two(tile);
    else
        several(tile);
    return true;
}

static void logit_start(const double *counts, size_t n_categories, double *intercepts)
{
    for (size_t k = 1; k < n_categories; k++) intercepts[k - 1] = mlab_log(fmax(counts[k], 0.5) / fmax(counts[0], 0.5));
}

const mlab_family mlab_family_logit = {.link = "logit", .knows_expected = true, .firth = true, .tile = logit_tile, .start = logit_start};

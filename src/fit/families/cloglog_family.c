/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Complementary log-log of one or more competing causes: hazards h_j = exp(eta_j) constant within the period, H = sum of h_j,
 * P(no event) = exp(-H), P(cause j) = (h_j / H) (1 - exp(-H)) (Prentice & Gloeckler 1978, doi:10.2307/2529588; for causes
 * Kalbfleisch & Prentice 2002, ch. 8). The log-likelihood is concave in the predictors.
 *
 * Rows without an event are cheap: log P = -H, score -h_j, information h_j. Rows with one are few and are done one by one.
 */
#include "fit/engine.h"

#include "core/elementary.h"

#include <math.h>

/* a(H) = 1 / H - 1 / (exp(H) - 1), and its derivative; by their series (Bernoulli numbers) where the difference cancels. */
static double mean_waited(double H, double *derivative)
{
    if (H < 0.25) {
        double q = H * H;
        *derivative = -1.0 / 12 + q * (1.0 / 240 - q * (1.0 / 6048 - q * (1.0 / 172800 - q / 5322240)));
        return 0.5 - H * (1.0 / 12 - q * (1.0 / 720 - q * (1.0 / 30240 - q * (1.0 / 1209600 - q / 47900160))));
    }
    double e = mlab_expm1(H);
    *derivative = isinf(e) ? -1 / (H * H) : (1 + 1 / e) / e - 1 / (H * H);
    return 1 / H - 1 / e;
}

static void event_row(const mlab_family_tile *tile, size_t i, const double *h)
{
    size_t cause = (size_t)tile->category[i] - 1;
    double H = 0;
    for (size_t k = 0; k < tile->n_eta; k++) H += h[k * MLAB_TILE + i];
    double any = -mlab_expm1(-H); /* P(some event) */
    tile->log_likelihood[i] = tile->n_eta == 1 ? mlab_log(any) : tile->eta[cause * MLAB_TILE + i] - mlab_log(H) + mlab_log(any);
    if (!tile->derivatives) return;
    double slope, a = mean_waited(H, &slope);
    size_t pair = 0;
    for (size_t k = 0; k < tile->n_eta; k++) {
        double hk = h[k * MLAB_TILE + i];
        tile->score[k * MLAB_TILE + i] = (k == cause) - a * hk;
        tile->curvature[pair++ * MLAB_TILE + i] = a * hk + slope * hk * hk;
        for (size_t l = k + 1; l < tile->n_eta; l++) tile->curvature[pair++ * MLAB_TILE + i] = slope * hk * h[l * MLAB_TILE + i];
    }
}

/* The information expected of a row whatever happened in it. */
static void expected_row(const mlab_family_tile *tile, size_t i, const double *h)
{
    double H = 0, slope;
    for (size_t k = 0; k < tile->n_eta; k++) H += h[k * MLAB_TILE + i];
    double any = -mlab_expm1(-H), none = mlab_exp(-H), a = mean_waited(H, &slope), both = none + a * a * any;
    double share = H > 0 ? any / H : 1;
    size_t pair = 0;
    for (size_t k = 0; k < tile->n_eta; k++) {
        double hk = h[k * MLAB_TILE + i];
        tile->curvature[pair++ * MLAB_TILE + i] = hk * hk * both + share * hk - 2 * a * share * hk * hk;
        for (size_t l = k + 1; l < tile->n_eta; l++) {
            double hl = h[l * MLAB_TILE + i];
            tile->curvature[pair++ * MLAB_TILE + i] = hk * hl * (both - 2 * a * share);
        }
    }
}

static void no_event_rows(const mlab_family_tile *tile, const double *h)
{
    size_t n = tile->rows, pair = 0;
    if (tile->n_eta == 1) {
        for (size_t i = 0; tile->derivatives && i < n; i++) tile->curvature[i] = h[i];
        return;
    }
    for (size_t i = 0; i < n; i++) tile->log_likelihood[i] = -h[i];
    for (size_t k = 1; k < tile->n_eta; k++)
        for (size_t i = 0; i < n; i++) tile->log_likelihood[i] -= h[k * MLAB_TILE + i];
    for (size_t k = 0; tile->derivatives && k < tile->n_eta; k++) {
        double *score = tile->score + k * MLAB_TILE, *own = tile->curvature + pair++ * MLAB_TILE;
        for (size_t i = 0; i < n; i++) own[i] = h[k * MLAB_TILE + i];
        for (size_t i = 0; i < n; i++) score[i] = -h[k * MLAB_TILE + i];
        for (size_t l = k + 1; l < tile->n_eta; l++, pair++)
            for (size_t i = 0; i < n; i++) tile->curvature[pair * MLAB_TILE + i] = 0;
    }
}

static bool cloglog_tile(const mlab_family_tile *tile)
{
    double *h = tile->scratch;
    if (tile->n_eta == 1)
        mlab_kernels_of(tile->context)->no_event(tile->eta, tile->rows, h, tile->log_likelihood, tile->derivatives ? tile->score : h + MLAB_TILE);
    for (size_t k = 0; tile->n_eta > 1 && k < tile->n_eta; k++)
        mlab_exp_array(tile->context, tile->eta + k * MLAB_TILE, h + k * MLAB_TILE, tile->rows);
    no_event_rows(tile, h);
    for (size_t i = 0; i < tile->rows; i++)
        if (tile->category[i]) event_row(tile, i, h);
    for (size_t i = 0; tile->derivatives && tile->expected && i < tile->rows; i++) expected_row(tile, i, h);
    return true;
}

static void cloglog_start(const double *counts, size_t n_categories, double *intercepts)
{
    double events = 0, none = fmax(counts[0], 0.5);
    for (size_t k = 1; k < n_categories; k++) events += fmax(counts[k], 0.5);
    double H = mlab_log1p(events / none); /* -log(1 - P(some event)) */
    for (size_t k = 1; k < n_categories; k++) intercepts[k - 1] = mlab_log(H * fmax(counts[k], 0.5) / events);
}

const mlab_family mlab_family_cloglog = {.link = "cloglog", .knows_expected = true, .firth = true, .tile = cloglog_tile, .start = cloglog_start};

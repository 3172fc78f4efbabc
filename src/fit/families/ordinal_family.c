/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative logit: logit P(Y <= k) = threshold_k - eta, so that a positive coefficient means more (McCullagh 1980,
 * doi:10.1111/j.2517-6161.1980.tb01109.x; parametrisation of clm in R's ordinal).
 *
 * With a = threshold_y - eta and b = threshold_(y-1) - eta, P(y) = F(a) F(-b) (1 - exp(b - a)): nothing cancels in the tails, and
 * the last factor depends on the category alone. The log-likelihood is concave (Pratt 1981). Observed information only.
 */
#include "fit/engine.h"

#include "core/elementary.h"

#include <math.h>

/* Of the two ends of a category: log of 1 - exp(-gap), 1 / (exp(gap) - 1) and exp(gap) / (exp(gap) - 1)^2. */
typedef struct gap {
    double log_share, slope, bend;
} gap;

static gap gap_of(const mlab_family_tile *tile, size_t y)
{
    if (y == 0 || y == tile->n_thresholds) return (gap){0, 0, 0};
    double width = tile->thresholds[y] - tile->thresholds[y - 1], e = mlab_expm1(width);
    return (gap){mlab_log(-mlab_expm1(-width)), 1 / e, (1 + 1 / e) / e};
}

/* F(z) and F(-z) from t = exp(-|z|). */
static inline void logistic_pair(double z, double t, double *at, double *against)
{
    double q = 1 / (1 + t), small = t * q;
    *at = z > 0 ? q : small;
    *against = z > 0 ? small : q;
}

static void derive_row(const mlab_family_tile *tile, size_t i, gap g, double a, double ta, double b, double tb)
{
    size_t y = (size_t)tile->category[i];
    double fa = 1, na = 0, fb = 0, nb = 1;
    if (y < tile->n_thresholds) logistic_pair(a, ta, &fa, &na);
    if (y > 0) logistic_pair(b, tb, &fb, &nb);
    tile->upper[i] = na + g.slope;
    tile->lower[i] = -fb - g.slope;
    tile->score[i] = fb - na;
    tile->upper_upper[i] = fa * na + g.bend;
    tile->lower_lower[i] = fb * nb + g.bend;
    tile->upper_lower[i] = -g.bend;
    tile->curvature[i] = fa * na + fb * nb;
}

static bool ordinal_tile(const mlab_family_tile *tile)
{
    size_t n = tile->rows;
    double *ta = tile->scratch, *tb = ta + MLAB_TILE, *l = tile->log_likelihood;
    for (size_t k = 1; k < tile->n_thresholds; k++)
        if (!(tile->thresholds[k] > tile->thresholds[k - 1])) return false;
    gap *gaps = (gap *)(void *)(tb + MLAB_TILE); /* MLAB_MOST_LEVELS of three numbers fit a tile */
    for (size_t y = 0; y <= tile->n_thresholds; y++) gaps[y] = gap_of(tile, y);
    for (size_t i = 0; i < n; i++) {
        size_t y = (size_t)tile->category[i];
        ta[i] = y < tile->n_thresholds ? -fabs(tile->thresholds[y] - tile->eta[i]) : -1000; /* exp of it is 0 */
        tb[i] = y > 0 ? -fabs(tile->thresholds[y - 1] - tile->eta[i]) : -1000;
    }
    mlab_exp_array(tile->context, ta, ta, n);
    mlab_exp_array(tile->context, tb, tb, n);
    for (size_t i = 0; i < n; i++) l[i] = (1 + ta[i]) * (1 + tb[i]);
    mlab_log_array(tile->context, l, l, n);
    for (size_t i = 0; i < n; i++) {
        size_t y = (size_t)tile->category[i];
        double a = y < tile->n_thresholds ? tile->thresholds[y] - tile->eta[i] : 0, b = y > 0 ? tile->thresholds[y - 1] - tile->eta[i] : 0;
        l[i] = (a < 0 ? a : 0) - (b > 0 ? b : 0) - l[i] + gaps[y].log_share;
        if (tile->derivatives) derive_row(tile, i, gaps[y], a, ta[i], b, tb[i]);
    }
    return true;
}

static void ordinal_start(const double *counts, size_t n_categories, double *thresholds)
{
    double total = 0, below = 0;
    for (size_t k = 0; k < n_categories; k++) total += fmax(counts[k], 0.5);
    for (size_t k = 0; k + 1 < n_categories; k++) {
        below += fmax(counts[k], 0.5);
        thresholds[k] = mlab_log(below / (total - below));
    }
}

const mlab_family mlab_family_ordinal = {.link = "logit", .tile = ordinal_tile, .start = ordinal_start};

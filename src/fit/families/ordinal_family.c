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

static mlab_ordinal_level level_of(const mlab_family_tile *tile, size_t y)
{
    mlab_ordinal_level level = {.low = -1e300, .high = 1e300};
    if (y > 0) level.low = tile->thresholds[y - 1];
    if (y < tile->n_thresholds) level.high = tile->thresholds[y];
    if (y == 0 || y == tile->n_thresholds) return level;
    double width = level.high - level.low, e = mlab_expm1(width);
    level.log_share = mlab_log(-mlab_expm1(-width));
    level.slope = 1 / e;
    level.bend = (1 + 1 / e) / e;
    return level;
}

static bool ordinal_tile(const mlab_family_tile *tile)
{
    const mlab_kernels *kernels = mlab_kernels_of(tile->context);
    size_t n = tile->rows;
    double below[MLAB_TILE], *l = tile->log_likelihood;
    for (size_t k = 1; k < tile->n_thresholds; k++)
        if (!(tile->thresholds[k] > tile->thresholds[k - 1])) return false;
    mlab_ordinal_level levels[MLAB_MOST_LEVELS];
    for (size_t y = 0; y <= tile->n_thresholds; y++) levels[y] = level_of(tile, y);
    const mlab_ordinal_derivatives into = {tile->upper,       tile->lower,       tile->score,    tile->upper_upper,
                                           tile->lower_lower, tile->upper_lower, tile->curvature};
    kernels->ordinal(tile->eta, tile->category, n, levels, tile->scratch, below, l, tile->derivatives ? &into : NULL);
    if (tile->without_likelihood) return true;
    if (tile->summed) { /* one logarithm of a product of many, each between 1 and 4 */
        for (size_t i = n; i < mlab_whole_lanes(n); i++) l[i] = 0;
        l[0] = kernels->sum(l, mlab_whole_lanes(n)) - kernels->log_product(below, n);
        *tile->summed = true;
        return true;
    }
    mlab_log_array(tile->context, below, below, n);
    for (size_t i = 0; i < n; i++) l[i] -= below[i];
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

const mlab_family mlab_family_ordinal = {.link = "logit", .firth = true, .tile = ordinal_tile, .start = ordinal_start};

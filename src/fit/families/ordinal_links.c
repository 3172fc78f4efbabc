/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative probit and complementary log-log: P(Y <= k) = F(threshold_k - eta), so that a positive coefficient means more, as in clm of
 * R's ordinal (McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x). Observed information.
 *
 * With a and b the two ends of a row's category, P = F(a) - F(b), and A = f(a) / P, B = f(b) / P: the derivatives are A, -B, and
 * A^2 - f'(a) / P, B^2 + f'(b) / P, -A B. P is taken on the side of the distribution where nothing cancels.
 */
#include "fit/families/ordinal_effects.h"

#include "core/elementary.h"

#include <math.h>

typedef mlab_level_ends (*ends_of)(double a, double b, bool has_a, bool has_b);

static mlab_level_ends probit_ends(double a, double b, bool has_a, bool has_b)
{
    static const double root = 0.70710678118654752440, density = 0.39894228040143267794;
    double p;
    if (!has_b)
        p = 0.5 * erfc(-a * root);
    else if (!has_a)
        p = 0.5 * erfc(b * root);
    else if (b > 0)
        p = 0.5 * (erfc(b * root) - erfc(a * root));
    else
        p = 0.5 * (erfc(-a * root) - erfc(-b * root));
    mlab_level_ends e = {.log_p = log(p)};
    if (has_a) e.upper = density * exp(-0.5 * a * a) / p;
    if (has_b) e.lower = density * exp(-0.5 * b * b) / p;
    e.upper_slope = -a * e.upper;
    e.lower_slope = -b * e.lower;
    return e;
}

/* F(z) = 1 - exp(-exp(z)): P = exp(-exp(b)) (1 - exp(exp(b) - exp(a))). */
static mlab_level_ends cloglog_ends(double a, double b, bool has_a, bool has_b)
{
    double ea = has_a ? exp(a) : HUGE_VAL, eb = has_b ? exp(b) : 0, inside = has_a ? -expm1(eb - ea) : 1;
    mlab_level_ends e = {.log_p = log(inside) - eb};
    if (has_a) e.upper = exp(a - ea + eb) / inside;
    if (has_b) e.lower = exp(b) / inside;
    e.upper_slope = has_a ? e.upper * (1 - ea) : 0;
    e.lower_slope = has_b ? e.lower * (1 - eb) : 0;
    return e;
}

/* P = F(a) F(-b) (1 - exp(b - a)); f(a) / P = F(-a) / F(-b) / (1 - exp(b - a)), f(b) / P = F(b) / F(a) / (1 - exp(b - a)). */
static mlab_level_ends logit_ends(double a, double b, bool has_a, bool has_b)
{
    double ta = has_a ? mlab_exp(-fabs(a)) : 0, tb = has_b ? mlab_exp(-fabs(b)) : 0, inside = has_a && has_b ? -mlab_expm1(b - a) : 1;
    mlab_level_ends e = {.log_p = mlab_log(inside) - mlab_log((1 + ta) * (1 + tb)) + (has_a && a < 0 ? a : 0) - (has_b && b > 0 ? b : 0)};
    if (has_a) {
        double against = (a > 0 ? ta : 1) / (1 + ta); /* F(-a) */
        e.upper = !has_b ? against : b > 0 ? mlab_exp(b - a) * (1 + tb) / ((1 + ta) * inside) : against * (1 + tb) / inside;
        e.upper_slope = e.upper * (2 * against - 1);
    }
    if (has_b) {
        double below = (b > 0 ? 1 : tb) / (1 + tb); /* F(b) */
        e.lower = !has_a ? below : a < 0 ? mlab_exp(b - a) * (1 + ta) / ((1 + tb) * inside) : below * (1 + ta) / inside;
        e.lower_slope = e.lower * (1 - 2 * below);
    }
    return e;
}

mlab_level_ends mlab_level_ends_of(int link, double a, double b, bool has_a, bool has_b)
{
    return (link == 0 ? logit_ends : link == 1 ? probit_ends : cloglog_ends)(a, b, has_a, has_b);
}

static bool tile_by(const mlab_family_tile *tile, ends_of ends_at)
{
    const double *thresholds = tile->thresholds;
    for (size_t k = 1; k < tile->n_thresholds; k++)
        if (!(thresholds[k] > thresholds[k - 1])) return false;
    for (size_t i = 0; i < tile->rows; i++) {
        size_t y = (size_t)tile->category[i];
        bool has_a = y<tile->n_thresholds, has_b = y> 0;
        mlab_level_ends e = ends_at(has_a ? thresholds[y] - tile->eta[i] : 0, has_b ? thresholds[y - 1] - tile->eta[i] : 0, has_a, has_b);
        tile->log_likelihood[i] = e.log_p;
        if (!tile->derivatives) continue;
        tile->upper[i] = e.upper;
        tile->lower[i] = -e.lower;
        tile->score[i] = e.lower - e.upper;
        double above = e.upper * e.upper - e.upper_slope, below = e.lower * e.lower + e.lower_slope, across = -e.upper * e.lower;
        tile->upper_upper[i] = above;
        tile->lower_lower[i] = below;
        tile->upper_lower[i] = across;
        tile->curvature[i] = above + below + 2 * across; /* not read back: callers without thresholds give one array for all three */
    }
    return true;
}

static bool probit_tile(const mlab_family_tile *tile)
{
    return tile_by(tile, probit_ends);
}

static bool cloglog_tile(const mlab_family_tile *tile)
{
    return tile_by(tile, cloglog_ends);
}

static void start_by(const double *counts, size_t n_categories, double *thresholds, double (*quantile)(double p))
{
    double total = 0, below = 0;
    for (size_t k = 0; k < n_categories; k++) total += fmax(counts[k], 0.5);
    for (size_t k = 0; k + 1 < n_categories; k++) {
        below += fmax(counts[k], 0.5);
        thresholds[k] = quantile(below / total);
    }
}

static double cloglog_quantile(double p)
{
    return mlab_log(-mlab_log1p(-p));
}

static void probit_start(const double *counts, size_t n_categories, double *thresholds)
{
    start_by(counts, n_categories, thresholds, mlab_normal_quantile);
}

static void cloglog_start(const double *counts, size_t n_categories, double *thresholds)
{
    start_by(counts, n_categories, thresholds, cloglog_quantile);
}

const mlab_family mlab_family_ordinal_probit = {.link = "probit", .firth = true, .tile = probit_tile, .start = probit_start};
const mlab_family mlab_family_ordinal_cloglog = {.link = "cloglog", .firth = true, .tile = cloglog_tile, .start = cloglog_start};

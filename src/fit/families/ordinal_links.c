/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative probit and complementary log-log: P(Y <= k) = F(threshold_k - eta), so that a positive coefficient means more, as in clm of
 * R's ordinal (McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x). Observed information.
 *
 * With a and b the two ends of a row's category, P = F(a) - F(b), and A = f(a) / P, B = f(b) / P: the derivatives are A, -B, and
 * A^2 - f'(a) / P, B^2 + f'(b) / P, -A B. P is taken on the side of the distribution where nothing cancels.
 */
#include "fit/engine.h"

#include "core/elementary.h"

#include <math.h>

/* What a category contributes: log P, A and B, and f'(a) / P, f'(b) / P. A missing end contributes nothing. */
typedef struct ends {
    double log_p, A, B, bend_a, bend_b;
} ends;
typedef ends (*ends_of)(double a, double b, bool has_a, bool has_b);

static ends probit_ends(double a, double b, bool has_a, bool has_b)
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
    ends e = {.log_p = log(p)};
    if (has_a) e.A = density * exp(-0.5 * a * a) / p;
    if (has_b) e.B = density * exp(-0.5 * b * b) / p;
    e.bend_a = -a * e.A;
    e.bend_b = -b * e.B;
    return e;
}

/* F(z) = 1 - exp(-exp(z)): P = exp(-exp(b)) (1 - exp(exp(b) - exp(a))). */
static ends cloglog_ends(double a, double b, bool has_a, bool has_b)
{
    double ea = has_a ? exp(a) : HUGE_VAL, eb = has_b ? exp(b) : 0, inside = has_a ? -expm1(eb - ea) : 1;
    ends e = {.log_p = log(inside) - eb};
    if (has_a) e.A = exp(a - ea + eb) / inside;
    if (has_b) e.B = exp(b) / inside;
    e.bend_a = has_a ? e.A * (1 - ea) : 0;
    e.bend_b = has_b ? e.B * (1 - eb) : 0;
    return e;
}

static bool tile_by(const mlab_family_tile *tile, ends_of ends_at)
{
    const double *thresholds = tile->thresholds;
    for (size_t k = 1; k < tile->n_thresholds; k++)
        if (!(thresholds[k] > thresholds[k - 1])) return false;
    for (size_t i = 0; i < tile->rows; i++) {
        size_t y = (size_t)tile->category[i];
        bool has_a = y<tile->n_thresholds, has_b = y> 0;
        ends e = ends_at(has_a ? thresholds[y] - tile->eta[i] : 0, has_b ? thresholds[y - 1] - tile->eta[i] : 0, has_a, has_b);
        tile->log_likelihood[i] = e.log_p;
        if (!tile->derivatives) continue;
        tile->upper[i] = e.A;
        tile->lower[i] = -e.B;
        tile->score[i] = e.B - e.A;
        tile->upper_upper[i] = e.A * e.A - e.bend_a;
        tile->lower_lower[i] = e.B * e.B + e.bend_b;
        tile->upper_lower[i] = -e.A * e.B;
        tile->curvature[i] = tile->upper_upper[i] + tile->lower_lower[i] + 2 * tile->upper_lower[i];
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

const mlab_family mlab_family_ordinal_probit = {.link = "probit", .tile = probit_tile, .start = probit_start};
const mlab_family mlab_family_ordinal_cloglog = {.link = "cloglog", .tile = cloglog_tile, .start = cloglog_start};

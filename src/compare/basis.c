/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Natural cubic splines of time for the cells of arm and time.
 *
 * Truncated powers in the natural form (Hastie, Tibshirani & Friedman 2009, section 5.2.1): interior knots at quantiles of the event
 * times, boundary knots at the first and last time, so the columns span what R's ns(time, knots, Boundary.knots) spans. Columns are
 * made orthonormal over the grid of times; those that repeat others are left out. */
#include "compare/task.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { MOST_DF = 8 };

/* The time below or at which a share p of the events lies. */
static double quantile(const double *events_at, size_t n, double p)
{
    double total = 0, sum = 0;
    for (size_t t = 0; t < n; t++) total += events_at[t];
    for (size_t t = 0; t < n; t++) {
        sum += events_at[t];
        if (sum >= p * total) return (double)t;
    }
    return (double)(n - 1);
}

static double cube_above(double x, double knot)
{
    return x > knot ? (x - knot) * (x - knot) * (x - knot) : 0;
}

/* Columns of the spline of `df` [n_times * MOST_DF], orthonormal to the constant and to each other; returns how many. */
static size_t spline(const mlab_basis_request *request, int64_t df, double *column)
{
    size_t n = request->n_times, made = 0;
    double knot[MOST_DF + 2], last = (double)(n - 1);
    if (df > (int64_t)n - 1) df = (int64_t)n - 1;
    if (df > MOST_DF) df = MOST_DF;
    for (int64_t k = 0; k <= df; k++) knot[k] = k == 0 ? 0 : k == df ? 1 : quantile(request->events_at, n, (double)k / (double)df) / last;
    for (int64_t j = 0; j < df; j++) {
        double *x = column + made * n, before = 0, after = 0;
        if (j > 0 && !(knot[j] > knot[j - 1] && knot[j] < 1)) continue;
        for (size_t t = 0; t < n; t++) {
            double at = (double)t / last, end = cube_above(at, 1);
            x[t] = at;
            if (j > 0) {
                double first = (cube_above(at, knot[0]) - end) / (1 - knot[0]);
                x[t] = (cube_above(at, knot[j]) - end) / (1 - knot[j]) - first;
            }
        }
        for (size_t t = 0; t < n; t++) before += x[t] * x[t];
        for (int pass = 0; pass < 2; pass++)
            for (size_t k = 0; k <= made; k++) { /* the constant last; every column has squared length n */
                double along = 0;
                for (size_t t = 0; t < n; t++) along += x[t] * (k == made ? 1 : column[k * n + t]) / (double)n;
                for (size_t t = 0; t < n; t++) x[t] -= along * (k == made ? 1 : column[k * n + t]);
            }
        for (size_t t = 0; t < n; t++) after += x[t] * x[t];
        if (!(after > 1e-16 * before)) continue;
        for (size_t t = 0; t < n; t++) x[t] *= sqrt((double)n / after);
        made++;
    }
    return made;
}

/* One for every 20 events; differences of an arm that people start later: one from 20 of its events on, then one for every 100. Such
 * an arm is thin in early times, and a curve that few events draw is mostly noise there. */
static int64_t df_of(const mlab_basis_request *request, uint64_t events, bool difference)
{
    int64_t most = (int64_t)(events / 20);
    if (difference && !request->from_zero) most = events >= 20 && events < 100 ? 1 : (int64_t)(events / 100);
    return most < request->df ? most : request->df;
}

mlab_status mlab_basis_make(const mlab_context *context, const mlab_basis_request *request, double **out, size_t *n_basis, mlab_error *err)
{
    size_t times = request->n_times, arms = request->n_arms, wide = arms * (1 + MOST_DF), made = 0, reference = (size_t)request->reference;
    uint64_t all = 0;
    mlab_status status = MLAB_OK;
    double *column = mlab_allocate(context, times, (MOST_DF + 1) * sizeof *column);
    double *cells = mlab_allocate(context, arms * times, wide * sizeof *cells);
    *out = NULL;
    if (!column || !cells) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the basis of %zu times", times);
        goto out;
    }
    for (size_t a = 0; a < arms; a++) all += request->events_of[a];
    for (size_t which = 0; which <= arms; which++) {
        size_t arm = which ? which - 1 : reference; /* the reference first, for all arms */
        if (which && (arm == reference || !request->people_of[arm])) continue;
        size_t n = times > 1 ? spline(request, df_of(request, which ? request->events_of[arm] : all, which > 0), column) : 0;
        bool level = which || !request->without_level;
        for (size_t a = 0; a < arms; a++)
            for (size_t t = 0; (!which || a == arm) && t < times; t++) {
                double *cell = cells + (a * times + t) * wide + made;
                if (level) cell[0] = 1;
                for (size_t j = 0; j < n; j++) cell[level + j] = column[j * times + t];
            }
        made += level + n;
    }
    for (size_t c = 0; c < arms * times; c++) memmove(cells + c * made, cells + c * wide, made * sizeof *cells);
    *n_basis = made;
    *out = cells;
    cells = NULL;
out:
    mlab_release(context, cells);
    mlab_release(context, column);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Royston & Parmar 2002 (doi:10.1002/sim.1203): g(S(t)) = s(log t) + x'b + o with a natural cubic spline s and g = log(-log) (proportional hazards),
 * minus the logit (proportional odds) or minus the probit. Parameters: the intercept, coefficients, then gamma1 of log t and gamma2 ... of the
 * spline's bends, in the basis of the paper; knots at the least and the greatest log event time and at equal quantiles between them.
 * Weakness: s may fall between events; events keep it rising where they are, and the fit says when it falls at an observed time.
 */
#include "fit/survival/times.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/order.h"

#include <math.h>

static double cube(double x)
{
    return x > 0 ? x * x * x : 0;
}

static double square(double x)
{
    return x > 0 ? x * x : 0;
}

void mlab_time_basis(const double *knots, size_t n_knots, double x, double *basis, double *slope)
{
    double low = knots[0], high = knots[n_knots - 1];
    if (basis) basis[0] = x;
    if (slope) slope[0] = 1;
    for (size_t k = 1; k + 1 < n_knots; k++) {
        double part = (high - knots[k]) / (high - low);
        if (basis) basis[k] = cube(x - knots[k]) - part * cube(x - low) - (1 - part) * cube(x - high);
        if (slope) slope[k] = 3 * (square(x - knots[k]) - part * square(x - low) - (1 - part) * square(x - high));
    }
}

static double predictor(const mlab_time_tile *tile, size_t i, const double *basis)
{
    double eta = tile->eta[i];
    for (size_t k = 0; k < tile->n_ancillary; k++) eta += tile->ancillary[k] * basis[k];
    return eta;
}

/* Adds sign * l and its derivatives by eta and the spline. */
static void add_value(const mlab_time_tile *tile, size_t i, mlab_time_value l, const double *basis, double sign)
{
    size_t pair = 0;
    tile->log_likelihood[i] += sign * l.value;
    if (!tile->derivatives) return;
    tile->score[i] += sign * l.first;
    tile->curvature[i] -= sign * l.second;
    for (size_t k = 0; k < tile->n_ancillary; k++) {
        tile->own[k * MLAB_TILE + i] += sign * l.first * basis[k];
        tile->mixed[k * MLAB_TILE + i] -= sign * l.second * basis[k];
        for (size_t m = k; m < tile->n_ancillary; m++, pair++) tile->own_pairs[pair * MLAB_TILE + i] -= sign * l.second * basis[k] * basis[m];
    }
}

static void clear(const mlab_time_tile *tile, size_t i)
{
    size_t a = tile->n_ancillary;
    tile->log_likelihood[i] = 0;
    if (!tile->derivatives) return;
    tile->score[i] = tile->curvature[i] = 0;
    for (size_t k = 0; k < a; k++) tile->own[k * MLAB_TILE + i] = tile->mixed[k * MLAB_TILE + i] = 0;
    for (size_t k = 0; k < a * (a + 1) / 2; k++) tile->own_pairs[k * MLAB_TILE + i] = 0;
}

/* The event's log slope of s by log time; false where s falls. */
static bool add_slope(const mlab_time_tile *tile, size_t i, const double *slope)
{
    double rise = 0;
    size_t pair = 0;
    for (size_t k = 0; k < tile->n_ancillary; k++) rise += tile->ancillary[k] * slope[k];
    if (!(rise > 0)) return false;
    tile->log_likelihood[i] += log(rise) - tile->log_stop[i];
    for (size_t k = 0; tile->derivatives && k < tile->n_ancillary; k++) {
        tile->own[k * MLAB_TILE + i] += slope[k] / rise;
        for (size_t m = k; m < tile->n_ancillary; m++, pair++) tile->own_pairs[pair * MLAB_TILE + i] += slope[k] * slope[m] / (rise * rise);
    }
    return true;
}

static bool tile_of(const mlab_time_tile *tile, mlab_time_error kind)
{
    double basis[MLAB_MOST_ANCILLARY], slope[MLAB_MOST_ANCILLARY];
    for (size_t i = 0; i < tile->rows; i++) {
        bool event = tile->status[i];
        mlab_time_basis(tile->knots, tile->n_knots, tile->log_stop[i], basis, event ? slope : NULL);
        double w = predictor(tile, i, basis);
        clear(tile, i);
        add_value(tile, i, event ? mlab_time_log_density(kind, w, 0) : mlab_time_log_survival(kind, w, 0), basis, 1);
        if (event && !add_slope(tile, i, slope)) return false;
        if (!tile->start || tile->start[i] == 0) continue;
        mlab_time_basis(tile->knots, tile->n_knots, tile->log_start[i], basis, NULL);
        add_value(tile, i, mlab_time_log_survival(kind, predictor(tile, i, basis), 0), basis, -1);
    }
    return true;
}

static bool tile_hazard(const mlab_time_tile *tile)
{
    return tile_of(tile, MLAB_TIME_EXTREME);
}

static bool tile_odds(const mlab_time_tile *tile)
{
    return tile_of(tile, MLAB_TIME_LOGISTIC);
}

static bool tile_normal(const mlab_time_tile *tile)
{
    return tile_of(tile, MLAB_TIME_NORMAL);
}

static void begin(const mlab_prepared *prepared, double events, double total, double mean_log, double sd_log, double *parameters)
{
    double slope = prepared->options.survival_link == 0 ? 1 : sd_log > 0 ? 1 / sd_log : 1;
    parameters[0] = prepared->options.survival_link == 0 ? log(events / total) : -slope * (mean_log + 0.5 * sd_log);
    parameters[1] = slope;
}

static const mlab_time_family families[] = {{"cloglog", tile_hazard, begin}, {"logit", tile_odds, begin}, {"probit", tile_normal, begin}};

static size_t ancillary(const mlab_fit_options *options, const char *const **of)
{
    static const char *const names[] = {"gamma1", "gamma2", "gamma3", "gamma4", "gamma5", "gamma6", "gamma7", "gamma8", "gamma9", "gamma10"};
    *of = names;
    return (size_t)options->spline_df;
}

/* Knots from the log event times in order; quantiles between neighbours are interpolated, as type 7 of R. */
static mlab_status place_knots(const mlab_prepared *prepared, const uint32_t *row, size_t n_events, mlab_times *times, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t df = times->n_knots - 1;
    for (size_t k = 0; k <= df; k++) {
        double at = (double)(n_events - 1) * (double)k / (double)df, part = at - floor(at);
        size_t low = (size_t)at, high = low + 1 < n_events ? low + 1 : low;
        times->knots[k] = (1 - part) * times->log_stop[row[low]] + part * times->log_stop[row[high]];
        if (k > 0 && !(times->knots[k] > times->knots[k - 1]))
            return mlab_raise(err, MLAB_ERR_FIT_RESPONSE,
                              "%s: the event times have too many ties for a spline of %zu degrees of freedom; write spline_df: %zu or less",
                              problem->outcome ? problem->outcome : "outcome", df, df > 1 ? df - 1 : 1);
    }
    return MLAB_OK;
}

static mlab_status make_knots(const mlab_context *context, const mlab_prepared *prepared, mlab_times *times, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t n = 0;
    mlab_status status;
    times->n_knots = (size_t)prepared->options.spline_df + 1;
    times->knots = mlab_allocate(context, times->n_knots, sizeof *times->knots);
    uint64_t *keys = mlab_allocate(context, problem->n, sizeof *keys);
    uint32_t *row = mlab_allocate(context, problem->n, sizeof *row);
    if (!times->knots || !keys || !row) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the knots of %zu rows", problem->n);
        goto out;
    }
    for (size_t i = 0; i < problem->n; i++) {
        if (!problem->status[i] || (problem->weight && problem->weight[i] == 0)) continue;
        keys[n] = mlab_order_of_real(times->log_stop[i]);
        row[n++] = (uint32_t)i;
    }
    if (n < times->n_knots) {
        status = mlab_raise(err, MLAB_ERR_FIT_RESPONSE,
                            "%s: %zu events are too few for a spline of %zu degrees of freedom; write spline_df: 1, or more data",
                            problem->outcome ? problem->outcome : "outcome", n, times->n_knots - 1);
        goto out;
    }
    if ((status = mlab_order_by(context, keys, row, n, err))) goto out;
    status = place_knots(prepared, row, n, times, err);
out:
    mlab_release(context, keys);
    mlab_release(context, row);
    return status;
}

static mlab_status prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    mlab_status status = mlab_times_prepare(context, prepared, &families[prepared->options.survival_link], err);
    return status ? status : make_knots(context, prepared, prepared->own, err);
}

/* Where s falls at an observed time the survival would rise there. */
static mlab_status doubt_falling(const mlab_times *times, mlab_fit *fit, mlab_error *err)
{
    double slope[MLAB_MOST_ANCILLARY] = {0};
    for (size_t i = 0; i < times->problem->n; i++) {
        double rise = 0;
        mlab_time_basis(times->knots, times->n_knots, times->log_stop[i], NULL, slope);
        for (size_t k = 0; k < times->n_ancillary; k++) rise += fit->estimate[times->p + k] * slope[k];
        if (!(rise > 0))
            return mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err,
                                  "the fitted hazard is negative at time %g; a spline of fewer degrees of freedom would not be", times->stop[i]);
    }
    return MLAB_OK;
}

static mlab_status fit_spline(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_times *times = prepared->own;
    mlab_status status = mlab_times_fit(context, prepared, fit, err);
    return status || fit->n_events == 0 ? status : doubt_falling(times, fit, err);
}

const mlab_model mlab_model_spline = {
    .name = "spline",
    .summary = "log cumulative hazard, odds or probit of an event as a smooth curve of log time (Royston-Parmar)",
    .kind = MLAB_OUTCOME_EVENT,
    .not_simulated = "a law of times in days does not drive periods yet",
    .marks = MLAB_MODEL_TIMES | MLAB_MODEL_FRAILTY | MLAB_MODEL_PENALTY,
    .prepare = prepare,
    .release = mlab_times_release,
    .fit = fit_spline,
    .refit = mlab_times_refit,
    .ancillary = ancillary,
    .width = mlab_times_width,
    .predict = mlab_times_predict,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standard errors and intervals of predictions: delta method, and draws of the parameters.
 *
 * Limits are made on a scale on which the number has no ends (Kalbfleisch & Prentice 2002, section 1.4, for survival) and brought back. Weakness:
 * what is not among the parameters (the spread of random effects, residual variances) counts as known; use draws of refits for them. */
#include "fit/after/intervals.h"
#include "fit/after/after.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/after/baseline_means.h"
#include "fit/draws.h"
#include "fit/model.h"
#include "fit/survival/curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_probability(const mlab_fit *fit, mlab_scale scale)
{
    const mlab_model *model = mlab_model_find(fit->model);
    if (scale == MLAB_SCALE_LINK || mlab_scale_is_time(scale)) return false;
    return scale != MLAB_SCALE_RESPONSE || !model || !(model->marks & MLAB_MODEL_NUMBER);
}

static void ends_of_scale(const mlab_fit *fit, mlab_scale scale, double *lower, double *upper)
{
    bool probability = is_probability(fit, scale);
    *lower = probability ? 0 : -HUGE_VAL;
    *upper = probability ? 1 : HUGE_VAL;
}

/* c: place of the number in its row. */
static void limits(const mlab_fit *fit, const mlab_prediction_request *r, size_t c, double value, double se, double factor, double *lower,
                   double *upper)
{
    double turned[2];
    if (mlab_scale_is_time(r->scale)) {
        double most = r->times[r->scale == MLAB_SCALE_LOST ? c / fit->n_blocks : c];
        *lower = isfinite(factor) ? fmax(value - factor * se, 0) : 0;
        *upper = isfinite(factor) ? fmin(value + factor * se, most) : most;
    } else if (!isfinite(factor)) {
        ends_of_scale(fit, r->scale, lower, upper);
    } else if (r->scale == MLAB_SCALE_SURVIVAL) {
        mlab_curve_interval(0, factor, value, se, lower, upper);
    } else if (r->scale == MLAB_SCALE_INCIDENCE) {
        mlab_curve_interval(0, factor, 1 - value, se, &turned[0], &turned[1]);
        *lower = value < 1 ? 1 - turned[1] : value;
        *upper = value < 1 ? 1 - turned[0] : value;
    } else if (is_probability(fit, r->scale)) {
        bool inside = value > 0 && value < 1;
        double middle = inside ? log(value / (1 - value)) : 0, half = inside ? factor * se / (value * (1 - value)) : 0;
        *lower = inside ? 1 / (1 + exp(half - middle)) : value;
        *upper = inside ? 1 / (1 + exp(-half - middle)) : value;
    } else if (r->scale == MLAB_SCALE_RESPONSE && strcmp(fit->link, "log") == 0 && value > 0) {
        *lower = value * exp(-factor * se / value);
        *upper = value * exp(factor * se / value);
    } else {
        *lower = value - factor * se;
        *upper = value + factor * se;
    }
}

/* covariance [n_ways * n_ways] of what moves the predictions of row i: J V J'. jacobian, half [n_ways * n_parameters] are scratch. */
static void ways_covariance(const mlab_slopes *s, size_t i, double *jacobian, double *half, double *covariance)
{
    size_t np = s->fit->n_parameters, q = s->n_ways;
    const double *v = mlab_fit_covariance(s->fit);
    memset(jacobian, 0, q * np * sizeof *jacobian);
    memset(half, 0, q * np * sizeof *half);
    memset(covariance, 0, q * q * sizeof *covariance);
    for (size_t w = 0; w < q; w++) {
        mlab_slopes_spread(s, i, w, 1, jacobian + w * np);
        for (size_t j = 0; j < np; j++)
            for (size_t k = 0; k < np && jacobian[w * np + j] != 0; k++) half[w * np + k] += jacobian[w * np + j] * v[j * np + k];
    }
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b < q; b++)
            for (size_t j = 0; j < np; j++) covariance[a * q + b] += half[a * np + j] * jacobian[b * np + j];
}

typedef struct delta_room {
    double *jacobian, *half, *covariance; /* see above */
    double *low, *high;                   /* [rows * width] values at the predictor's limits */
    double *predictor_se;                 /* [rows] */
} delta_room;

/* One number a row that rises or falls with one predictor: its values at the predictor's limits. */
static mlab_status through_predictor(mlab_slopes *s, delta_room *room, size_t at, size_t n, double factor, mlab_error *err)
{
    for (size_t i = 0; i < n; i++) {
        double low, high;
        mlab_status status = mlab_prediction_at(s, at + i, 1, s->fit->estimate, 0, -factor * room->predictor_se[i], &low, err);
        if (!status) status = mlab_prediction_at(s, at + i, 1, s->fit->estimate, 0, factor * room->predictor_se[i], &high, err);
        if (status) return status;
        room->low[i] = fmin(low, high);
        room->high[i] = fmax(low, high);
    }
    return MLAB_OK;
}

static mlab_status delta_block(mlab_slopes *s, delta_room *room, size_t at, size_t n, double *estimate, double *se, double *lower, double *upper,
                               mlab_error *err)
{
    const mlab_prediction_request *r = s->request;
    size_t q = s->n_ways;
    double factor = mlab_prediction_factor(s->fit, r->level);
    bool one = !r->averaged && r->scale == MLAB_SCALE_RESPONSE && s->width == 1 && s->n_predictors == 1 && q == 1 && isfinite(factor);
    mlab_status status = mlab_slopes_of(s, at, n, err);
    if (status) return status;
    for (size_t i = 0; i < n; i++) {
        ways_covariance(s, i, room->jacobian, room->half, room->covariance);
        room->predictor_se[i] = sqrt(fmax(room->covariance[0], 0));
        for (size_t c = 0; c < s->width; c++) {
            double variance = 0;
            for (size_t a = 0; a < q; a++)
                for (size_t b = 0; b < q; b++)
                    variance += s->slope[(a * MLAB_SLOPE_ROWS) * s->width + i * s->width + c] * room->covariance[a * q + b] *
                                s->slope[(b * MLAB_SLOPE_ROWS) * s->width + i * s->width + c];
            size_t to = (at + i) * s->width + c;
            double value = s->value[i * s->width + c], error = sqrt(fmax(variance, 0)), low, high;
            limits(s->fit, r, c, value, error, factor, &low, &high);
            if (estimate) estimate[to] = value;
            if (se) se[to] = error;
            if (lower) lower[to] = low;
            if (upper) upper[to] = high;
        }
    }
    if (!one || (!lower && !upper)) return MLAB_OK;
    status = through_predictor(s, room, at, n, factor, err);
    for (size_t i = 0; i < n && !status; i++) {
        if (lower) lower[at + i] = room->low[i];
        if (upper) upper[at + i] = room->high[i];
    }
    return status;
}

/* A model that tells the variance itself (cox). */
static mlab_status told_block(mlab_slopes *s, size_t at, size_t n, double *estimate, double *se, double *lower, double *upper, mlab_error *err)
{
    const mlab_prediction_request *r = s->request;
    mlab_status status = mlab_prediction_at(s, at, n, NULL, 0, 0, s->value, err);
    if (!status)
        status = mlab_predict_variance(s->context, s->fit, r->table, r->rows ? r->rows + at : NULL, r->first + at, n, mlab_fit_covariance(s->fit),
                                       r->scale, r->times, r->n_times, s->moved, err);
    double factor = mlab_prediction_factor(s->fit, r->level);
    for (size_t c = 0; c < n * s->width && !status; c++) {
        double error = sqrt(fmax(s->moved[c], 0)), low, high;
        limits(s->fit, r, c % s->width, s->value[c], error, factor, &low, &high);
        size_t to = at * s->width + c;
        if (estimate) estimate[to] = s->value[c];
        if (se) se[to] = error;
        if (lower) lower[to] = low;
        if (upper) upper[to] = high;
    }
    return status;
}

/* Numbers over time of n rows whose errors a baseline of independent steps tells (mean times of cox): value, error. */
static mlab_status mean_times(mlab_slopes *s, size_t at, size_t n, double *value, double *se, mlab_error *err)
{
    const mlab_prediction_request *r = s->request;
    mlab_status status = MLAB_OK;
    double *covariance = mlab_allocate(s->context, s->width, s->width * sizeof *covariance);
    if (!covariance) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for intervals of %s", s->fit->outcome);
    for (size_t i = 0; i < n && !status; i++) {
        mlab_baseline_means means;
        uint32_t row = r->rows ? r->rows[at + i] : (uint32_t)(r->first + at + i);
        mlab_average_rows one = {.table = r->table, .row = &row, .n = 1};
        status = mlab_baseline_means_make(s->context, s->fit, s->width, &means, err);
        if (!status) status = mlab_baseline_means_fill(&means, 0, s->fit, r->scale, r->times, r->n_times, &one, err);
        if (!status) status = mlab_baseline_means_covariance(&means, s->fit, NULL, covariance, err);
        for (size_t c = 0; c < s->width && !status; c++) {
            value[i * s->width + c] = means.value[c];
            se[i * s->width + c] = sqrt(fmax(covariance[c * (s->width + 1)], 0));
        }
        mlab_baseline_means_free(&means);
    }
    mlab_release(s->context, covariance);
    return status;
}

/* Whether mean_times tells them. */
static bool tells_times(const mlab_fit *fit, const mlab_prediction_request *r)
{
    return mlab_baseline_means_apply(fit, r->scale) && !mlab_draws_needs_rows(fit) && !r->effect && !r->averaged;
}

static mlab_status times_block(mlab_slopes *s, size_t at, size_t n, double *estimate, double *se, double *lower, double *upper, mlab_error *err)
{
    double factor = mlab_prediction_factor(s->fit, s->request->level);
    mlab_status status = mean_times(s, at, n, s->value, s->moved, err);
    for (size_t c = 0; c < n * s->width && !status; c++) {
        double low, high;
        limits(s->fit, s->request, c % s->width, s->value[c], s->moved[c], factor, &low, &high);
        size_t to = at * s->width + c;
        if (estimate) estimate[to] = s->value[c];
        if (se) se[to] = s->moved[c];
        if (lower) lower[to] = low;
        if (upper) upper[to] = high;
    }
    return status;
}

/* The steps of a baseline are no parameters: their uncertainty is in no covariance. */
static mlab_status refuse_baseline(const mlab_fit *fit, const mlab_prediction_request *request, mlab_error *err)
{
    if (!fit->baseline || request->scale == MLAB_SCALE_LINK) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT,
                      "%s: errors of such predictions of a %s fit need its data, or draws: its baseline is uncertain too", fit->outcome, fit->model);
}

static mlab_status check_level(const mlab_fit *fit, const mlab_prediction_request *request, mlab_error *err)
{
    if (request->level > 0 && request->level < 1) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: level %g of an interval, allowed 0 to 1", fit->outcome, request->level);
}

mlab_status mlab_predict_intervals(const mlab_context *context, const mlab_fit *fit, const mlab_prediction_request *request, double *estimate,
                                   double *se, double *lower, double *upper, mlab_error *err)
{
    mlab_slopes s;
    bool told = mlab_predict_has_variance(fit, request->scale) && !request->effect && !request->averaged, times = !told && tells_times(fit, request);
    mlab_status status = check_level(fit, request, err);
    if (!status && !told && !times) status = refuse_baseline(fit, request, err);
    if (status) return status;
    status = mlab_slopes_make(context, fit, request, &s, err);
    delta_room room = {.jacobian = mlab_allocate(context, s.n_ways, fit->n_parameters * sizeof(double)),
                       .half = mlab_allocate(context, s.n_ways, fit->n_parameters * sizeof(double)),
                       .covariance = mlab_allocate(context, s.n_ways, s.n_ways * sizeof(double) + 1),
                       .low = mlab_allocate(context, MLAB_SLOPE_ROWS, sizeof(double)),
                       .high = mlab_allocate(context, MLAB_SLOPE_ROWS, sizeof(double)),
                       .predictor_se = mlab_allocate(context, MLAB_SLOPE_ROWS, sizeof(double))};
    if (!status && (!room.jacobian || !room.half || !room.covariance || !room.low || !room.high || !room.predictor_se))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for intervals of %s", fit->outcome);
    for (size_t at = 0; at < request->n && !status; at += MLAB_SLOPE_ROWS) {
        size_t some = request->n - at < MLAB_SLOPE_ROWS ? request->n - at : MLAB_SLOPE_ROWS;
        status = told    ? told_block(&s, at, some, estimate, se, lower, upper, err)
                 : times ? times_block(&s, at, some, estimate, se, lower, upper, err)
                         : delta_block(&s, &room, at, some, estimate, se, lower, upper, err);
    }
    void *const memory[] = {room.jacobian, room.half, room.covariance, room.low, room.high, room.predictor_se};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    mlab_slopes_free(&s);
    return status;
}

/* --- draws ------------------------------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Type 7 of R; values [n] sorted. */
static double quantile(const double *values, size_t n, double p)
{
    double h = p * (double)(n - 1);
    size_t k = (size_t)h;
    return k + 1 < n ? values[k] + (h - (double)k) * (values[k + 1] - values[k]) : values[n - 1];
}

static mlab_status drawn_block(mlab_slopes *s, const mlab_draws *draws, size_t outcome, size_t at, size_t n, double *cells, double *estimate,
                               double *se, double *lower, double *upper, mlab_error *err)
{
    size_t n_draws = draws->n_draws;
    const mlab_fit *fit = s->fit;
    mlab_status status = mlab_prediction_at(s, at, n, NULL, 0, 0, s->value, err);
    for (size_t d = 0; d < n_draws && !status; d++) {
        mlab_fit view;
        mlab_baseline baseline;
        mlab_draws_view(draws, outcome, d, fit, &view, &baseline);
        s->fit = &view;
        status = mlab_prediction_at(s, at, n, NULL, 0, 0, s->moved, err);
        s->fit = fit;
        for (size_t c = 0; c < n * s->width && !status; c++) cells[c * n_draws + d] = s->moved[c];
    }
    for (size_t c = 0; c < n * s->width && !status; c++) {
        double *of = cells + c * n_draws, mean = 0, square = 0, tail = (1 - s->request->level) / 2;
        size_t to = at * s->width + c;
        for (size_t d = 0; d < n_draws; d++) mean += of[d] / (double)n_draws;
        for (size_t d = 0; d < n_draws; d++) square += (of[d] - mean) * (of[d] - mean);
        qsort(of, n_draws, sizeof *of, by_value);
        if (estimate) estimate[to] = s->value[c];
        if (se) se[to] = sqrt(square / (double)(n_draws - 1));
        if (lower) lower[to] = quantile(of, n_draws, tail);
        if (upper) upper[to] = quantile(of, n_draws, 1 - tail);
    }
    return status;
}

mlab_status mlab_predict_intervals_drawn(const mlab_context *context, const mlab_fit *fit, const mlab_draws *draws, size_t outcome,
                                         const mlab_prediction_request *request, double *estimate, double *se, double *lower, double *upper,
                                         mlab_error *err)
{
    mlab_slopes s;
    mlab_status status = check_level(fit, request, err);
    if (!status && (outcome >= draws->n_outcomes || draws->n_draws < 2 || draws->first[outcome + 1] - draws->first[outcome] < fit->n_parameters))
        status = mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: predictions need at least 2 draws of its %zu parameters", fit->outcome, fit->n_parameters);
    if (!status && !mlab_draws_baseline_of(draws, outcome)) status = refuse_baseline(fit, request, err);
    if (status) return status;
    status = mlab_slopes_make(context, fit, request, &s, err);
    double *cells = mlab_allocate(context, draws->n_draws, MLAB_SLOPE_ROWS * (s.width + 1) * sizeof *cells);
    if (!status && !cells) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws of predictions", draws->n_draws);
    for (size_t at = 0; at < request->n && !status; at += MLAB_SLOPE_ROWS) {
        size_t some = request->n - at < MLAB_SLOPE_ROWS ? request->n - at : MLAB_SLOPE_ROWS;
        status = drawn_block(&s, draws, outcome, at, some, cells, estimate, se, lower, upper, err);
    }
    mlab_release(context, cells);
    mlab_slopes_free(&s);
    return status;
}

/* --- means ------------------------------------------------------------------------------------------------------ */

/* covariance [width * width] = gradient V gradient'. */
static void carry(const mlab_fit *fit, const double *gradient, size_t width, double *half, double *covariance)
{
    size_t np = fit->n_parameters;
    const double *v = mlab_fit_covariance(fit);
    for (size_t a = 0; a < width; a++) {
        memset(half, 0, np * sizeof *half);
        for (size_t j = 0; j < np; j++)
            for (size_t k = 0; k < np && gradient[a * np + j] != 0; k++) half[k] += gradient[a * np + j] * v[j * np + k];
        for (size_t b = 0; b < width; b++) {
            double sum = 0;
            for (size_t k = 0; k < np; k++) sum += half[k] * gradient[b * np + k];
            covariance[a * width + b] = sum;
        }
    }
}

mlab_status mlab_predict_mean(const mlab_context *context, const mlab_fit *fit, const mlab_prediction_request *request, const double *weight,
                              double *mean, double *covariance, mlab_error *err)
{
    mlab_slopes s;
    double total = 0;
    mlab_status status = covariance ? refuse_baseline(fit, request, err) : MLAB_OK;
    if (status) return status;
    status = mlab_slopes_make(context, fit, request, &s, err);
    size_t width = s.width, np = fit->n_parameters;
    double *gradient = mlab_allocate(context, width + 2, np * sizeof *gradient);
    if (!status && !gradient) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a mean of %s", fit->outcome);
    if (!status) memset(mean, 0, width * sizeof *mean);
    for (size_t at = 0; at < request->n && !status; at += MLAB_SLOPE_ROWS) {
        size_t some = request->n - at < MLAB_SLOPE_ROWS ? request->n - at : MLAB_SLOPE_ROWS;
        if ((status = covariance ? mlab_slopes_of(&s, at, some, err) : mlab_prediction_at(&s, at, some, NULL, 0, 0, s.value, err))) break;
        for (size_t i = 0; i < some; i++) {
            double w = weight ? weight[at + i] : 1;
            total += w;
            for (size_t c = 0; c < width; c++) {
                mean[c] += w * s.value[i * width + c];
                for (size_t k = 0; covariance && k < s.n_ways; k++)
                    mlab_slopes_spread(&s, i, k, w * s.slope[(k * MLAB_SLOPE_ROWS + i) * width + c], gradient + c * np);
            }
        }
    }
    if (!status && !(total > 0)) status = mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: a mean of predictions of no rows", fit->outcome);
    if (!status) {
        for (size_t c = 0; c < width; c++) mean[c] /= total;
        for (size_t k = 0; k < width * np; k++) gradient[k] /= total;
        if (covariance) carry(fit, gradient, width, gradient + width * np, covariance);
    }
    mlab_release(context, gradient);
    mlab_slopes_free(&s);
    return status;
}

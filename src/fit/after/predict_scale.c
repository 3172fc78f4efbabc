/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From linear predictors to the other scales by the hook of the model, stratum by stratum where the baseline has strata, and the variance of
 * predictions where the model tells it exactly.
 *
 * Weakness: rows of strata that alternate are predicted one at a time.
 */
#include "fit/after/after.h"
#include "fit/families/responses.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { ROWS = 512, NODES = 48 };

/* Rows of one call: where their predictors are, and where what is made of them goes. */
typedef struct some_rows {
    mlab_scale scale;
    const double *parameters, *eta, *share, *times;
    size_t n_times, width;
    const double *x, *covariance; /* x: variances are wanted */
    double *out;
    const mlab_predict_frailty *frailty; /* NULL = none */
} some_rows;

/* Survivals [n] of row i with its frailty: to its power, then (1 - w log S)^(-1 / w). */
static void bend(const some_rows *rows, size_t i, double *survival, size_t n)
{
    if (!rows->frailty) return;
    double power = rows->frailty->log_frailty ? mlab_exp(rows->frailty->log_frailty[i]) : 1;
    double w = rows->frailty->variance ? rows->frailty->variance[i] : 0;
    for (size_t t = 0; t < n; t++) {
        if (!(survival[t] > 0)) continue;
        double hazard = -power * mlab_log(survival[t]);
        survival[t] = w > 0 ? mlab_exp(-mlab_log1p(w * hazard) / w) : mlab_exp(-hazard);
    }
}

/* Nodes and weights of Gauss-Legendre quadrature on 0 .. 1 by Newton steps on the Legendre polynomial (Davis & Rabinowitz 1984, section 2.7). */
static void legendre(double *node, double *weight)
{
    for (size_t k = 0; k < NODES; k++) {
        double x = cos(3.14159265358979323846 * ((double)k + 0.75) / (NODES + 0.5)), slope = 1;
        for (int step = 0; step < 100; step++) {
            double below = 1, here = x;
            for (size_t j = 2; j <= NODES; j++) {
                double next = ((double)(2 * j - 1) * x * here - (double)(j - 1) * below) / (double)j;
                below = here;
                here = next;
            }
            slope = NODES * (x * here - below) / (x * x - 1);
            double by = here / slope;
            x -= by;
            if (fabs(by) < 1e-15) break;
        }
        node[NODES - 1 - k] = (1 + x) / 2;
        weight[NODES - 1 - k] = 1 / ((1 - x * x) * slope * slope);
    }
}

/* Survival, or incidence of every cause, of row i at times [n]: out [n * curves]. */
static mlab_status curve_of(const mlab_context *context, const mlab_fit *fit, const some_rows *rows, size_t i, const double *times, size_t n,
                            double *out, mlab_error *err)
{
    const mlab_model *model = mlab_model_find(fit->model);
    bool lost = rows->scale == MLAB_SCALE_LOST;
    mlab_status status = model->predict(context, fit, lost ? MLAB_SCALE_INCIDENCE : MLAB_SCALE_SURVIVAL, rows->parameters, 1,
                                        rows->eta + i * mlab_fit_predictors(fit), rows->share ? rows->share + i : NULL, times, n, out, err);
    if (!lost) bend(rows, i, out, n);
    return status;
}

/* Areas under the curves of one row up to t where they are functions of the parameters: u = t z^4 takes a rate that is infinite at 0. room
 * [NODES * (1 + curves)]. */
static mlab_status smooth_area(const mlab_context *context, const mlab_fit *fit, const some_rows *rows, const double *rule, size_t i, double t,
                               size_t curves, double *room, double *area, mlab_error *err)
{
    memset(area, 0, curves * sizeof *area);
    if (!(t > 0)) return MLAB_OK;
    for (size_t k = 0; k < NODES; k++) room[k] = t * pow(rule[k], 4);
    mlab_status status = curve_of(context, fit, rows, i, room, NODES, room + NODES, err);
    for (size_t k = 0; k < NODES; k++)
        for (size_t c = 0; c < curves; c++) area[c] += rule[NODES + k] * 4 * t * pow(rule[k], 3) * room[NODES + k * curves + c];
    return status;
}

/* The same where they are step functions: room [steps * (1 + curves)]. */
static mlab_status step_area(const mlab_context *context, const mlab_fit *fit, const some_rows *rows, size_t i, double t, size_t curves, double *room,
                             double *area, mlab_error *err)
{
    size_t n = 0, all = fit->baseline->n;
    for (; n < all && fit->baseline->time[n] < t; n++) room[n] = fit->baseline->time[n];
    for (size_t c = 0; c < curves; c++) area[c] = rows->scale == MLAB_SCALE_LOST ? 0 : n ? room[0] : t;
    if (!n) return MLAB_OK;
    mlab_status status = curve_of(context, fit, rows, i, room, n, room + all, err);
    for (size_t k = 0; k < n; k++)
        for (size_t c = 0; c < curves; c++) area[c] += room[all + k * curves + c] * ((k + 1 < n ? room[k + 1] : t) - room[k]);
    return status;
}

static mlab_status areas(const mlab_context *context, const mlab_fit *fit, const some_rows *rows, size_t at, size_t n, mlab_error *err)
{
    const mlab_model *model = mlab_model_find(fit->model);
    if (model->predict == mlab_predict_hazard) /* in closed form */
        return model->predict(context, fit, rows->scale, rows->parameters, n, rows->eta + at * mlab_fit_predictors(fit),
                              rows->share ? rows->share + at : NULL, rows->times, rows->n_times, rows->out + at * rows->width, err);
    size_t nodes = fit->baseline ? fit->baseline->n + 1 : NODES, curves = rows->width / rows->n_times;
    double *room = mlab_allocate(context, 1 + curves, (nodes + 2 * NODES) * sizeof *room);
    if (!room) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for mean times of %s", fit->outcome);
    double *rule = room + (1 + curves) * nodes;
    mlab_status status = MLAB_OK;
    if (!fit->baseline) legendre(rule, rule + NODES);
    for (size_t i = at; i < at + n && !status; i++)
        for (size_t t = 0; t < rows->n_times && !status; t++) {
            double *area = rows->out + i * rows->width + t * curves;
            status = fit->baseline ? step_area(context, fit, rows, i, rows->times[t], curves, room, area, err)
                                   : smooth_area(context, fit, rows, rule, i, rows->times[t], curves, room, area, err);
        }
    mlab_release(context, room);
    return status;
}

static mlab_status call(const mlab_context *context, const mlab_fit *fit, const some_rows *rows, size_t at, size_t n, mlab_error *err)
{
    const mlab_model *model = mlab_model_find(fit->model);
    const double *eta = rows->eta + at * mlab_fit_predictors(fit);
    double *out = rows->out + at * rows->width;
    if (mlab_scale_is_time(rows->scale)) return areas(context, fit, rows, at, n, err);
    if (rows->x)
        return model->variance(context, fit, rows->scale, rows->covariance, n, rows->x + at * fit->block_size, eta, rows->times, rows->n_times, out,
                               err);
    mlab_status status = model->predict(context, fit, rows->scale, rows->parameters, n, eta, rows->share ? rows->share + at : NULL, rows->times,
                                        rows->n_times, out, err);
    for (size_t i = 0; i < n && !status && rows->scale == MLAB_SCALE_SURVIVAL; i++) bend(rows, at + i, out + i * rows->width, rows->width);
    return status;
}

static mlab_status by_strata(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                             const some_rows *of, mlab_error *err)
{
    mlab_fit view = *fit;
    mlab_baseline part;
    uint32_t *stratum = mlab_allocate(context, n, sizeof *stratum);
    mlab_status status = stratum ? mlab_baseline_strata(context, fit, table, rows, first, n, stratum, err)
                                 : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the strata of %zu rows", n);
    view.baseline = &part;
    for (size_t i = 0, end; i < n && !status; i = end) {
        for (end = i + 1; end < n && stratum[end] == stratum[i];) end++;
        part = mlab_baseline_part(fit->baseline, stratum[i]);
        status = call(context, &view, of, i, end - i, err);
    }
    mlab_release(context, stratum);
    return status;
}

static mlab_status finish(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                          const some_rows *of, mlab_error *err)
{
    bool strata = fit->baseline && fit->baseline->n_strata > 1;
    return strata ? by_strata(context, fit, table, rows, first, n, of, err) : call(context, fit, of, 0, n, err);
}

mlab_status mlab_predict_scale(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                               size_t n, const double *parameters, const double *eta, const double *share, mlab_scale scale, const double *times,
                               size_t n_times, double *out, mlab_error *err)
{
    some_rows of = {.scale = scale,
                    .parameters = parameters ? parameters : fit->estimate,
                    .eta = eta,
                    .share = share,
                    .times = times,
                    .n_times = n_times,
                    .width = mlab_predict_width_at(fit, scale, n_times),
                    .out = out};
    return finish(context, fit, table, rows, first, n, &of, err);
}

bool mlab_fit_has_frailty(const mlab_fit *fit)
{
    const mlab_model *model = mlab_model_find(fit->model);
    return fit->n_random == 1 && model && (model->marks & MLAB_MODEL_FRAILTY);
}

mlab_status mlab_predict_frail(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                               size_t n, const double *parameters, const double *eta, const mlab_predict_frailty *frailty, mlab_scale scale,
                               const double *times, size_t n_times, double *out, mlab_error *err)
{
    some_rows of = {.scale = scale,
                    .parameters = parameters ? parameters : fit->estimate,
                    .eta = eta,
                    .times = times,
                    .n_times = n_times,
                    .width = mlab_predict_width_at(fit, scale, n_times),
                    .out = out,
                    .frailty = frailty};
    return finish(context, fit, table, rows, first, n, &of, err);
}

bool mlab_predict_has_variance(const mlab_fit *fit, mlab_scale scale)
{
    const mlab_model *model = mlab_model_find(fit->model);
    return model && model->variance && model->width && scale != MLAB_SCALE_LINK && !mlab_scale_is_time(scale) && model->width(fit, scale, 1) > 0 &&
           (!fit->baseline || fit->baseline->variance);
}

mlab_status mlab_predict_variance(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                  size_t n, const double *covariance, mlab_scale scale, const double *times, size_t n_times, double *variance,
                                  mlab_error *err)
{
    if (!mlab_predict_has_variance(fit, scale) || fit->n_blocks != 1)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s fit has no variance of its own for this scale", fit->outcome, fit->model);
    size_t wide = mlab_design_columns(fit->design), skip = mlab_fit_first_column(fit), p = fit->block_size;
    mlab_status status = MLAB_OK;
    double *x = mlab_allocate(context, ROWS, (wide + 1) * sizeof *x), *offset = mlab_allocate(context, ROWS, sizeof *offset);
    double *eta = mlab_allocate(context, ROWS, sizeof *eta);
    if (!x || !offset || !eta) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of predictions of %s", fit->outcome);
    some_rows of = {.scale = scale, .eta = eta, .times = times, .n_times = n_times, .x = x, .covariance = covariance};
    of.width = status ? 0 : mlab_predict_width_at(fit, scale, n_times);
    for (size_t at = 0; at < n && !status; at += ROWS) {
        size_t some = n - at < ROWS ? n - at : ROWS;
        const uint32_t *own = rows ? rows + at : NULL;
        status = mlab_design_fill(fit->design, table, own, first + at, some, x, offset, err);
        for (size_t i = 0; i < some && !status; i++) {
            eta[i] = offset[i];
            for (size_t j = 0; j < p; j++) eta[i] += fit->estimate[j] * (x[i * p + j] = x[i * wide + skip + j]);
        }
        of.out = variance + at * of.width;
        if (!status) status = finish(context, fit, table, own, first + at, some, &of, err);
    }
    mlab_release(context, x);
    mlab_release(context, offset);
    mlab_release(context, eta);
    return status;
}

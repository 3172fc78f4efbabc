/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The baseline of a Cox fit and the survival predicted from it: cumulative hazard of Breslow 1972 (in the discussion of Cox 1972,
 * doi:10.1111/j.2517-6161.1972.tb00899.x), with Efron's ties the sum of the terms of each time; its variance by Tsiatis 1981
 * (doi:10.1214/aos/1176345335), or with robust errors by the infinitesimal jackknife (fit/survival/steps.h). Survival is exp(-H0(t) exp(x'b - at'b)).
 * At other parameters than the estimates each step is that of the estimates times exp(-(mean at risk - at)'(b - estimate)): the steps rise still, and
 * the derivative is the right one. Weakness: after the last event the survival stays where it is; it is not known there.
 */
#include "fit/survival/cox.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

/* Adds the terms of one time: its hazard, its variance, and the mean of the scaled columns at risk by the hazard. */
static void add_terms(const mlab_cox_work *work, size_t events, double weight, double total, double total2, mlab_baseline *into, double *own,
                      size_t step)
{
    size_t p = work->rows->p, terms = work->rows->breslow || work->rows->exact ? 1 : events;
    for (size_t k = 0; k < terms; k++) {
        double part = (double)k / (double)events, rest = total - part * total2, hazard = weight / (double)terms / rest;
        into->cumulative_hazard[step] += hazard;
        into->variance[step] += hazard / rest;
        if (own) own[step] += part * hazard / rest;
        for (size_t j = 0; j < p; j++) into->mean[step * p + j] += hazard * (work->sum[j] - part * work->sum2[j]) / rest;
    }
}

typedef struct at_risk {
    size_t rows;
    double total;
} at_risk;

static void add(const mlab_cox_work *work, size_t i, double sign, at_risk *now)
{
    const mlab_cox_rows *rows = work->rows;
    if (!(work->weight[i] > 0)) return;
    if (sign > 0)
        now->rows++;
    else
        now->rows--;
    now->total = now->rows ? now->total + sign * work->risk[i] : 0;
    for (size_t j = 0; j < rows->p; j++) work->sum[j] = now->rows ? work->sum[j] + sign * work->risk[i] * rows->x[i * rows->p + j] : 0;
}

/* Those of one stratum that start at `time` or later leave the risk set; earlier strata are passed over. */
static size_t let_leave(const mlab_cox_work *work, size_t gone, int32_t stratum, int32_t time, at_risk *now)
{
    const mlab_cox_rows *rows = work->rows;
    for (; rows->by_start && gone < rows->n; gone++) {
        uint32_t k = rows->by_start[gone];
        if (rows->stratum[k] > stratum || (rows->stratum[k] == stratum && rows->start[k] < time)) break;
        if (rows->stratum[k] == stratum) add(work, k, -1, now);
    }
    return gone;
}

/* Steps of each stratum, from the last time to the first; `first` counts them. Returns their number. sum and sum2 of work are used up. */
static size_t collect(const mlab_cox_work *work, mlab_baseline *baseline, double *own)
{
    const mlab_cox_rows *rows = work->rows;
    size_t n = rows->n, p = rows->p, gone = 0, steps = 0;
    at_risk now = {0};
    for (size_t i = 0; i < n;) {
        int32_t time = rows->stop[i], stratum = rows->stratum[i];
        if (i == 0 || rows->stratum[i - 1] != stratum) {
            now = (at_risk){0};
            memset(work->sum, 0, p * sizeof(double));
        }
        gone = let_leave(work, gone, stratum, time, &now);
        size_t events = 0;
        double weight = 0, total2 = 0;
        memset(work->sum2, 0, p * sizeof(double));
        for (; i < n && rows->stop[i] == time && rows->stratum[i] == stratum; i++) {
            add(work, i, 1, &now);
            if (!rows->event[i] || !(work->weight[i] > 0)) continue;
            events++;
            weight += work->weight[i];
            total2 += work->risk[i];
            for (size_t j = 0; j < p; j++) work->sum2[j] += work->risk[i] * rows->x[i * p + j];
        }
        if (!events) continue;
        baseline->time[steps] = time;
        baseline->events[steps] = weight;
        add_terms(work, events, weight, now.total, total2, baseline, own, steps++);
        baseline->first[stratum + 1]++;
    }
    return steps;
}

static void swap(double *a, size_t i, size_t j)
{
    double kept = a[i];
    a[i] = a[j];
    a[j] = kept;
}

/* Steps of one stratum that fall in time become sums that rise. */
static void accumulate(mlab_baseline *b, double *own, size_t first, size_t end)
{
    size_t p = b->n_columns;
    for (size_t k = first, l = end; k + 1 < l; k++) {
        l--;
        double *const arrays[] = {b->time, b->events, b->cumulative_hazard, b->variance, own};
        for (size_t a = 0; a < (own ? 5 : 4); a++) swap(arrays[a], k, l);
        for (size_t j = 0; j < p; j++) swap(b->mean, k * p + j, l * p + j);
    }
    for (size_t k = first + 1; k < end; k++) {
        b->cumulative_hazard[k] += b->cumulative_hazard[k - 1];
        b->variance[k] += b->variance[k - 1];
        for (size_t j = 0; j < p; j++) b->mean[k * p + j] += b->mean[(k - 1) * p + j];
    }
}

mlab_status mlab_cox_baseline(const mlab_context *context, const mlab_prepared *prepared, mlab_cox_work *work, const double *beta, mlab_fit *fit,
                              double *own, mlab_error *err)
{
    const mlab_cox_rows *rows = work->rows;
    size_t times = 0, p = rows->p;
    bool counted = false; /* an event of this time and stratum */
    for (size_t i = 0; i < rows->n; i++) {
        if (i > 0 && (rows->stop[i] != rows->stop[i - 1] || rows->stratum[i] != rows->stratum[i - 1])) counted = false;
        if (counted || !rows->event[i] || !(work->weight[i] > 0)) continue;
        counted = true;
        times++;
    }
    mlab_status status = mlab_baseline_make(context, prepared->problem, times, p, true, &fit->baseline, err);
    if (status) return status;
    mlab_baseline *baseline = fit->baseline;
    mlab_cox_risks(work, beta);
    collect(work, baseline, own);
    for (size_t s = 0; s < baseline->n_strata; s++) {
        baseline->first[s + 1] += baseline->first[s];
        accumulate(baseline, own, baseline->first[s], baseline->first[s + 1]);
    }
    for (size_t j = 0; j < p; j++) {
        baseline->at[j] = rows->centre[j];
        for (size_t k = 0; k < baseline->n; k++) baseline->mean[k * p + j] *= rows->scale[j]; /* centred columns: less `at` already */
    }
    baseline->offset = rows->offset_mean;
    return MLAB_OK;
}

/* --- prediction ------------------------------------------------------------------------------------------------------ */

size_t mlab_cox_width(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    return scale == MLAB_SCALE_SURVIVAL && fit->baseline ? n_times : 0;
}

double mlab_baseline_predictor(const mlab_baseline *baseline, const double *parameters)
{
    double at = baseline->offset;
    for (size_t j = 0; j < baseline->n_columns; j++) at += baseline->at[j] * parameters[j];
    return at;
}

/* The sum of steps up to `from` .. `to`, less the first, at other parameters than the estimates. */
static double moved_steps(const mlab_fit *fit, const double *parameters, size_t from, size_t to)
{
    const mlab_baseline *b = fit->baseline;
    double sum = 0;
    for (size_t k = from; k < to; k++) {
        double step = b->cumulative_hazard[k] - (k ? b->cumulative_hazard[k - 1] : 0), by = 0;
        if (!(step > 0)) continue;
        for (size_t j = 0; b->mean && j < b->n_columns; j++) {
            double mean = b->mean[k * b->n_columns + j] - (k ? b->mean[(k - 1) * b->n_columns + j] : 0);
            by -= mean / step * (parameters[j] - fit->estimate[j]);
        }
        sum += step * mlab_exp(fmin(by, 700));
    }
    return sum;
}

void mlab_baseline_hazards(const mlab_fit *fit, const double *parameters, const double *times, size_t n_times, double *hazard)
{
    const mlab_baseline *b = fit->baseline;
    bool moved = parameters != fit->estimate && memcmp(parameters, fit->estimate, b->n_columns * sizeof *parameters) != 0;
    double sum = 0;
    for (size_t t = 0, step = 0; t < n_times; t++) {
        size_t before = step;
        while (step < b->n && b->time[step] <= times[t]) step++;
        sum = moved ? sum + moved_steps(fit, parameters, before, step) : step ? b->cumulative_hazard[step - 1] : 0;
        hazard[t] = sum;
    }
}

mlab_status mlab_cox_predict(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n,
                             const double *eta, const double *share, const double *times, size_t n_times, double *out, mlab_error *err)
{
    (void)context, (void)scale, (void)share, (void)err;
    if (n == 0) return MLAB_OK;
    double at = mlab_baseline_predictor(fit->baseline, parameters), *hazard = out + (n - 1) * n_times; /* the last row's place; it is used up last */
    mlab_baseline_hazards(fit, parameters, times, n_times, hazard);
    for (size_t i = 0; i < n; i++) {
        double ratio = mlab_exp(fmin(eta[i] - at, 700));
        for (size_t t = 0; t < n_times; t++) out[i * n_times + t] = hazard[t] > 0 ? mlab_exp(-hazard[t] * ratio) : 1;
    }
    return MLAB_OK;
}

mlab_status mlab_cox_variance(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *covariance, size_t n, const double *x,
                              const double *eta, const double *times, size_t n_times, double *variance, mlab_error *err)
{
    (void)scale;
    const mlab_baseline *b = fit->baseline;
    size_t p = b->n_columns;
    if (!b->variance || !b->mean) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the baseline of the fit has no errors", fit->outcome);
    double at = mlab_baseline_predictor(b, fit->estimate), *d = mlab_allocate(context, p, sizeof *d);
    if (!d) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of predictions of %s", fit->outcome);
    for (size_t i = 0; i < n; i++) {
        double ratio = mlab_exp(fmin(eta[i] - at, 700));
        for (size_t t = 0, step = 0; t < n_times; t++) {
            while (step < b->n && b->time[step] <= times[t]) step++;
            double *to = &variance[i * n_times + t], hazard = step ? b->cumulative_hazard[step - 1] : 0, of_hazard = step ? b->variance[step - 1] : 0;
            for (size_t j = 0; j < p; j++) d[j] = fit->aliased[j] || !step ? 0 : (x[i * p + j] - b->at[j]) * hazard - b->mean[(step - 1) * p + j];
            for (size_t j = 0; j < p; j++) {
                for (size_t k = 0; k < p; k++) of_hazard += d[j] * covariance[j * fit->n_parameters + k] * d[k];
                if (b->covariance && step) of_hazard += 2 * d[j] * b->covariance[(step - 1) * p + j];
            }
            double derivative = ratio * mlab_exp(-hazard * ratio); /* of the survival by the baseline's hazard */
            *to = step ? derivative * derivative * of_hazard : 0;
        }
    }
    mlab_release(context, d);
    return MLAB_OK;
}

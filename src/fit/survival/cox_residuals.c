/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Score residuals of the Cox model, for the cluster-robust covariance of Lin & Wei 1989 (doi:10.1080/01621459.1989.10478874).
 *
 * Row i: x_i - mean(t_i) at its event, minus exp(eta_i) times the integral over its time at risk of (x_i - mean(t)) dH(t); with
 * Efron's ties the d terms of a time are averaged, and a row's own event counts (1 - k/d) of term k. Running sums of dH and of
 * mean dH over the event times of a stratum give every row in O(p). Weakness: memory of (event times) x (p + 1). */
#include "fit/survival/cox.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

/* One event time, sums over it and the times before it in its stratum (after `accumulate`). */
typedef struct event_times {
    size_t n, p;
    int32_t *time, *stratum; /* [n] stratum ascending, time descending */
    double *hazard;          /* [n] sum of dH */
    double *mean;            /* [n * p] sum of mean dH */
    double *own_hazard;      /* [n] at this time alone: sum over k of k/d dH_k */
    double *own_mean;        /* [n * p] the same times mean_k */
    double *at_event;        /* [n * p] at this time alone: mean over k of mean_k */
} event_times;

static void add(size_t p, double by, const double *x, double *into)
{
    for (size_t j = 0; j < p; j++) into[j] += by * x[j];
}

/* The d terms of one event time. total and total2 as in the likelihood; sums in work. */
static void put_time(const mlab_cox_work *work, event_times *times, size_t events, double weight, double total, double total2)
{
    size_t p = times->p, e = times->n;
    bool breslow = work->rows->breslow;
    size_t terms = breslow ? 1 : events;
    for (size_t k = 0; k < terms; k++) {
        double part = breslow ? 0 : (double)k / (double)events;
        double rest = total - part * total2, hazard = weight / (double)terms / rest;
        times->hazard[e] += hazard;
        times->own_hazard[e] += part * hazard;
        for (size_t j = 0; j < p; j++) {
            double mean = (work->sum[j] - part * work->sum2[j]) / rest;
            times->mean[e * p + j] += mean * hazard;
            times->own_mean[e * p + j] += part * mean * hazard;
            times->at_event[e * p + j] += mean / (double)terms;
        }
    }
}

static void collect(mlab_cox_work *work, event_times *times)
{
    const mlab_cox_rows *rows = work->rows;
    size_t n = rows->n, p = rows->p, gone = 0, at_risk = 0;
    double total = 0;
    for (size_t i = 0; i < n;) {
        int32_t now = rows->stop[i], stratum = rows->stratum[i];
        if (i == 0 || rows->stratum[i - 1] != stratum) {
            total = 0;
            at_risk = 0;
            memset(work->sum, 0, p * sizeof(double));
        }
        while (rows->by_start && gone < n) {
            uint32_t k = rows->by_start[gone];
            if (rows->stratum[k] > stratum || (rows->stratum[k] == stratum && rows->start[k] < now)) break;
            gone++;
            if (rows->stratum[k] != stratum || !(work->weight[k] > 0)) continue;
            total = --at_risk ? total - work->risk[k] : 0;
            add(p, -work->risk[k], rows->x + k * p, work->sum);
            if (!at_risk) memset(work->sum, 0, p * sizeof(double));
        }
        size_t events = 0;
        double weight = 0, total2 = 0;
        memset(work->sum2, 0, p * sizeof(double));
        for (; i < n && rows->stop[i] == now && rows->stratum[i] == stratum; i++) {
            if (!(work->weight[i] > 0)) continue;
            at_risk++;
            total += work->risk[i];
            add(p, work->risk[i], rows->x + i * p, work->sum);
            if (!rows->event[i]) continue;
            events++;
            weight += work->weight[i];
            total2 += work->risk[i];
            add(p, work->risk[i], rows->x + i * p, work->sum2);
        }
        if (!events) continue;
        put_time(work, times, events, weight, total, total2);
        times->time[times->n] = now;
        times->stratum[times->n++] = stratum;
    }
}

/* Sums from the earliest time of each stratum on; times fall within a stratum. */
static void accumulate(event_times *times)
{
    size_t p = times->p;
    for (size_t e = times->n; e-- > 0;) {
        if (e + 1 >= times->n || times->stratum[e + 1] != times->stratum[e]) continue;
        times->hazard[e] += times->hazard[e + 1];
        add(p, 1, times->mean + (e + 1) * p, times->mean + e * p);
    }
}

/* The latest event time of the stratum at or before `time`, SIZE_MAX when there is none. */
static size_t latest(const event_times *times, int32_t stratum, int32_t time)
{
    size_t low = 0, high = times->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (times->stratum[middle] < stratum || (times->stratum[middle] == stratum && times->time[middle] > time))
            low = middle + 1;
        else
            high = middle;
    }
    return low < times->n && times->stratum[low] == stratum ? low : SIZE_MAX;
}

static void put_row(const mlab_cox_work *work, const event_times *times, size_t i, double *into)
{
    const mlab_cox_rows *rows = work->rows;
    size_t p = rows->p, last = latest(times, rows->stratum[i], rows->stop[i]);
    if (last == SIZE_MAX) return;
    size_t before = rows->start ? latest(times, rows->stratum[i], rows->start[i]) : SIZE_MAX;
    const double *x = rows->x + i * p;
    double w = work->weight[i], risk = work->risk[i], hazard = times->hazard[last];
    if (before != SIZE_MAX) hazard -= times->hazard[before];
    for (size_t j = 0; j < p; j++) {
        double mean = times->mean[last * p + j];
        if (before != SIZE_MAX) mean -= times->mean[before * p + j];
        double residual = -risk * (x[j] * hazard - mean);
        if (rows->event[i])
            residual += w * (x[j] - times->at_event[last * p + j]) + risk * (x[j] * times->own_hazard[last] - times->own_mean[last * p + j]);
        into[j] += residual;
    }
}

static void free_times(const mlab_context *context, event_times *times)
{
    void *parts[] = {times->time, times->stratum, times->hazard, times->mean, times->own_hazard, times->own_mean, times->at_event};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(context, parts[j]);
}

mlab_status mlab_cox_scores(const mlab_context *context, mlab_cox_work *work, const double *beta, const uint32_t *cluster, double *scores,
                            mlab_error *err)
{
    const mlab_cox_rows *rows = work->rows;
    mlab_status status = MLAB_OK;
    size_t p = rows->p, room = rows->n_events, wide = p ? p : 1;
    event_times times = {.p = p};
    times.time = mlab_allocate(context, room, sizeof *times.time);
    times.stratum = mlab_allocate(context, room, sizeof *times.stratum);
    times.hazard = mlab_allocate(context, room, sizeof *times.hazard);
    times.own_hazard = mlab_allocate(context, room, sizeof *times.own_hazard);
    times.mean = mlab_allocate(context, room, wide * sizeof *times.mean);
    times.own_mean = mlab_allocate(context, room, wide * sizeof *times.own_mean);
    times.at_event = mlab_allocate(context, room, wide * sizeof *times.at_event);
    if (!times.time || !times.stratum || !times.hazard || !times.own_hazard || !times.mean || !times.own_mean || !times.at_event) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the score residuals of %zu event times", room);
        goto out;
    }
    mlab_cox_risks(work, beta);
    collect(work, &times);
    accumulate(&times);
    for (size_t i = 0; i < rows->n; i++)
        if (work->weight[i] > 0) put_row(work, &times, i, scores + (cluster ? cluster[rows->row[i]] : rows->row[i]) * p);
out:
    free_times(context, &times);
    return status;
}

mlab_status mlab_cox_influence(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, double **each, mlab_error *err)
{
    const mlab_cox_rows *rows = prepared->own;
    size_t n = rows->n, p = rows->p;
    mlab_cox_work work = {0};
    double *weight = mlab_allocate(context, n, sizeof *weight), *beta = mlab_allocate(context, p, sizeof *beta);
    *each = mlab_allocate(context, n, (p ? p : 1) * sizeof **each);
    mlab_status status = weight && beta && *each ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu rows", n);
    if (status) goto out;
    for (size_t k = 0; k < n; k++) weight[k] = mlab_refit_weight(prepared->problem, NULL, rows->row[k]);
    for (size_t j = 0; j < p; j++) beta[j] = rows->aliased[j] ? 0 : fit->estimate[j] * rows->scale[j];
    if ((status = mlab_cox_work_make(context, rows, weight, &work, err))) goto out;
    if ((status = mlab_cox_scores(context, &work, beta, NULL, *each, err))) goto out;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++) (*each)[i * p + j] *= rows->aliased[j] ? 0 : rows->scale[j];
    status = mlab_influence(context, fit->covariance, p, *each, n, err);
out:
    mlab_cox_work_free(context, &work);
    mlab_release(context, weight);
    mlab_release(context, beta);
    return status;
}

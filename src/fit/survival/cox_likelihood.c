/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The partial likelihood of Cox (1972, 1975), its score and information, in one pass over rows sorted by falling time.
 *
 * A row is in the risk set of an event at t when start < t <= stop. Ties: Efron 1977 (doi:10.1080/01621459.1977.10480613) or
 * Breslow 1974 (doi:10.2307/2529620); exact ones stand in cox_exact.c. With weights an event counts its weight, and Efron's d events of a time share
 * their mean weight, as R's survival does. Cost O(n p^2). Weakness: sums over the risk set lose rows by subtraction, so a risk that is 1e12 times
 * larger than those that stay costs digits. */
#include "fit/kernels.h"
#include "fit/survival/cox.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

mlab_status mlab_cox_work_make(const mlab_context *context, const mlab_cox_rows *rows, const double *weight, mlab_cox_work *work, mlab_error *err)
{
    size_t n = rows->n, p = rows->p;
    *work = (mlab_cox_work){.context = context, .rows = rows, .weight = weight};
    double *m = work->memory = mlab_reallocate(context, NULL, 2 * n + 4 * p + 2 * p * p, sizeof *m);
    if (!m) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a Cox fit of %zu rows and %zu columns", n, p);
    memset(m + 2 * n, 0, (4 * p + 2 * p * p) * sizeof *m);
    work->eta = m;
    work->risk = m + n;
    work->sum = m + 2 * n;
    work->sum2 = work->sum + p;
    work->mean = work->sum2 + p;
    work->part = work->mean + p;
    work->square = work->part + p;
    work->square2 = work->square + p * p;
    return MLAB_OK;
}

void mlab_cox_work_free(const mlab_context *context, mlab_cox_work *work)
{
    mlab_release(context, work->memory);
    work->memory = NULL;
}

static inline void some_predictors(size_t p, const mlab_cox_rows *rows, const double *restrict beta, size_t from, size_t to, double *restrict out)
{
    const double *restrict x = rows->x + from * p;
    for (size_t i = from; i < to; i++, x += p) {
        double eta = rows->offset[i];
        for (size_t j = 0; j < p; j++) eta += x[j] * beta[j];
        out[i] = eta;
    }
}

/* Unrolled for the usual numbers of columns. */
static void predictors(const mlab_cox_rows *rows, const double *beta, size_t from, size_t to, double *out)
{
    switch (rows->p) {
    case 1: some_predictors(1, rows, beta, from, to, out); break;
    case 2: some_predictors(2, rows, beta, from, to, out); break;
    case 3: some_predictors(3, rows, beta, from, to, out); break;
    case 4: some_predictors(4, rows, beta, from, to, out); break;
    case 5: some_predictors(5, rows, beta, from, to, out); break;
    case 6: some_predictors(6, rows, beta, from, to, out); break;
    case 7: some_predictors(7, rows, beta, from, to, out); break;
    case 8: some_predictors(8, rows, beta, from, to, out); break;
    default: some_predictors(rows->p, rows, beta, from, to, out);
    }
}

static void find_risks(mlab_cox_work *work, const double *beta, size_t from, size_t to)
{
    predictors(work->rows, beta, from, to, work->eta);
    mlab_exp_array(work->context, work->eta + from, work->risk + from, to - from);
    for (size_t i = from; i < to; i++) {
        double risk = work->weight[i] * work->risk[i];
        work->risk[i] = work->weight[i] > 0 ? risk : 0;
    }
}

void mlab_cox_risks(mlab_cox_work *work, const double *beta)
{
    find_risks(work, beta, 0, work->rows->n);
}

/* What find_aliased left behind, when all coefficients are 0. */
static bool known(const mlab_cox_work *work, const double *beta, double *log_likelihood, double *score, double *information)
{
    size_t p = work->rows->p;
    bool zero = work->at_zero != NULL;
    for (size_t j = 0; j < p; j++) zero = zero && beta[j] == 0;
    if (!zero) return false;
    *log_likelihood = work->at_zero[0];
    if (score) memcpy(score, work->at_zero + 1, p * sizeof *score);
    if (information) memcpy(information, work->at_zero + 1 + p, p * p * sizeof *information);
    return true;
}

/* What is at risk now, and the events of the current time. */
typedef struct pass {
    mlab_cox_work *work;
    const mlab_kernels *kernels;
    size_t p, at_risk;    /* rows */
    double total, total2; /* of the risks: at risk; of the events */
    size_t events;        /* rows */
    double events_weight;
    double log_likelihood;
    double *score, *information; /* NULL = not wanted */
} pass;

static void empty(pass *at)
{
    at->at_risk = 0;
    at->total = 0;
    memset(at->work->sum, 0, at->p * sizeof(double));
    memset(at->work->square, 0, at->p * at->p * sizeof(double));
}

static void leave(pass *at, size_t i)
{
    mlab_cox_work *work = at->work;
    if (!(work->weight[i] > 0)) return;
    if (at->at_risk == 1) {
        empty(at);
        return;
    }
    at->at_risk--;
    at->total -= work->risk[i];
    const double less = -work->risk[i];
    if (at->score) at->kernels->add_rows(work->rows->x + i * at->p, at->p, &less, 1, work->sum, work->square);
}

/* Rows i .. end - 1, of one time and without an event. */
static void enter(pass *at, size_t i, size_t end)
{
    mlab_cox_work *work = at->work;
    if (at->score) at->kernels->add_rows(work->rows->x + i * at->p, at->p, work->risk + i, end - i, work->sum, work->square);
    for (; i < end; i++) { /* who does not count has a risk of 0 */
        at->at_risk += work->weight[i] > 0;
        at->total += work->risk[i];
    }
}

/* Events are at risk too: their sums join those of the risk set with all others of their time. */
static void enter_events(pass *at, size_t i, size_t end)
{
    mlab_cox_work *work = at->work;
    if (at->score) at->kernels->add_rows(work->rows->x + i * at->p, at->p, work->risk + i, end - i, work->sum2, work->square2);
    for (; i < end; i++) {
        const double *x = work->rows->x + i * at->p;
        double w = work->weight[i];
        if (!(w > 0)) continue;
        at->at_risk++;
        at->events++;
        at->events_weight += w;
        at->total2 += work->risk[i];
        at->log_likelihood += w * work->eta[i];
        for (size_t j = 0; at->score && j < at->p; j++) at->score[j] += w * x[j];
    }
}

/* Sums over the terms of one time: each takes a part of the events' risks out of the risk set T and has the denominator D; r = T / D >= 1. */
typedef struct term_sums {
    double log_sum;                                   /* of weight log D */
    double one, part;                                 /* of weight r, weight part r */
    double one_square, part_square, part_part_square; /* of weight r^2, weight part r^2, weight part^2 r^2 */
} term_sums;

static term_sums sum_terms(const pass *at)
{
    size_t d = at->work->rows->breslow ? 1 : at->events;
    double weight = at->events_weight / (double)d, share = at->total2 / at->total, product = 1;
    term_sums t = {.log_sum = at->events_weight * log(at->total)};
    for (size_t k = 0; k < d; k++) {
        double part = (double)k / (double)d, left = 1 - part * share, r = 1 / left, square = r * r;
        product *= left; /* one logarithm for many terms */
        if (product < 1e-200 || k + 1 == d) {
            t.log_sum += weight * log(product);
            product = 1;
        }
        t.one += r;
        t.part += part * r;
        t.one_square += square;
        t.part_square += part * square;
        t.part_part_square += part * part * square;
    }
    double *const sums[] = {&t.one, &t.part, &t.one_square, &t.part_square, &t.part_part_square};
    for (size_t k = 0; k < 5; k++) *sums[k] *= weight;
    return t;
}

/* All events of one time: sums of means and of their products, without a loop over the events for each pair of columns. */
static void add_terms(pass *at)
{
    const mlab_cox_work *work = at->work;
    double *mean = work->mean, *part = work->part, total = at->total;
    size_t p = at->p;
    term_sums t = sum_terms(at);
    at->log_likelihood -= t.log_sum;
    for (size_t j = 0; at->score && j < p; j++) {
        mean[j] = work->sum[j] / total;
        part[j] = work->sum2[j] / total;
        at->score[j] -= t.one * mean[j] - t.part * part[j];
        for (size_t k = 0; k <= j; k++)
            at->information[j * p + k] +=
                (t.one * work->square[j * p + k] - t.part * work->square2[j * p + k]) / total -
                (t.one_square * mean[j] * mean[k] - t.part_square * (mean[j] * part[k] + part[j] * mean[k]) + t.part_part_square * part[j] * part[k]);
    }
}

static void finish_time(pass *at)
{
    size_t p = at->p;
    if (!at->events) return;
    at->total += at->total2;
    for (size_t j = 0; at->score && j < p; j++) {
        at->work->sum[j] += at->work->sum2[j];
        for (size_t k = 0; k <= j; k++) at->work->square[j * p + k] += at->work->square2[j * p + k];
    }
    add_terms(at);
    at->events = 0;
    at->events_weight = at->total2 = 0;
    if (!at->score) return;
    memset(at->work->sum2, 0, at->p * sizeof(double));
    memset(at->work->square2, 0, at->p * at->p * sizeof(double));
}

enum { BLOCK = 2048 }; /* rows */

/* Risks from `ready` on, `end` rows at least, so that their columns are in the cache when they enter; whoever leaves has entered before. */
static size_t risks_until(mlab_cox_work *work, const double *beta, size_t ready, size_t end)
{
    size_t n = work->rows->n, to = n - ready > BLOCK ? ready + BLOCK : n;
    if (to < end) to = end;
    find_risks(work, beta, ready, to);
    return to;
}

mlab_status mlab_cox_evaluate(void *data, const double *beta, double *log_likelihood, double *score, double *information, mlab_error *err)
{
    mlab_cox_work *work = data;
    const mlab_cox_rows *rows = work->rows;
    size_t n = rows->n, p = rows->p, gone = 0, ready = 0;
    if (known(work, beta, log_likelihood, score, information)) return MLAB_OK;
    if (rows->exact) return mlab_cox_exact_evaluate(work, beta, log_likelihood, score, information, err);
    pass at = {.work = work, .kernels = mlab_kernels_of(work->context), .p = p, .score = score, .information = information};
    if (score) {
        memset(score, 0, p * sizeof *score);
        memset(information, 0, p * p * sizeof *information);
        memset(work->sum2, 0, p * sizeof(double));
        memset(work->square2, 0, p * p * sizeof(double));
    }
    empty(&at);
    for (size_t i = 0; i < n;) {
        int32_t now = rows->stop[i], stratum = rows->stratum[i];
        if (i > 0 && rows->stratum[i - 1] != stratum) empty(&at);
        while (rows->by_start && gone < n) {
            uint32_t k = rows->by_start[gone];
            if (rows->stratum[k] > stratum || (rows->stratum[k] == stratum && rows->start[k] < now)) break;
            if (rows->stratum[k] == stratum) leave(&at, k);
            gone++;
        }
        size_t events = i, first = i;
        while (events < n && rows->event[events] && rows->stop[events] == now && rows->stratum[events] == stratum) events++;
        for (i = events; i < n && !rows->event[i] && rows->stop[i] == now && rows->stratum[i] == stratum;) i++;
        if (i > ready) ready = risks_until(work, beta, ready, i);
        enter_events(&at, first, events);
        enter(&at, events, i);
        finish_time(&at);
    }
    for (size_t j = 0; information && j < p; j++)
        for (size_t k = 0; k < j; k++) information[k * p + j] = information[j * p + k];
    *log_likelihood = at.log_likelihood;
    return MLAB_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact ties of Cox's model: given that d of those at risk have the event at a time, every set of d is as likely as the product of its risks
 * (the discrete logistic model of Cox 1972; Kalbfleisch & Prentice 2002, section 4.3). The sum over all sets, with first and second derivatives,
 * grows row by row (Gail, Lubin & Rubinstein 1981, Biometrika 68, 703-707): B(k, j) = B(k, j - 1) + r_j B(k - 1, j - 1).
 * Risks are divided by their sum over d, so that B stays near exp(d). Weakness: each time costs (rows at risk) x d x p^2; what would take
 * more than some seconds is refused with a sentence. A whole weight w is w equal rows; other weights have no place in it.
 */
#include "fit/survival/cox.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double MOST_STEPS = 2e9; /* multiplications of one evaluation */
enum { MOST_TIED = 600 };             /* exp(600) is a number */

/* Visits each time of each stratum that has events: rows first .. end - 1 of the stratum have not ended before it. */
typedef struct time_of {
    size_t first, begin, end; /* of the stratum; of the rows of this time; past them */
    size_t events;
} time_of;

static bool at_risk(const mlab_cox_work *work, size_t i, int32_t now)
{
    const mlab_cox_rows *rows = work->rows;
    return work->weight[i] > 0 && (!rows->start || rows->start[i] < now);
}

/* The next time with events at or after time->end; false when there is none. */
static bool next_time(const mlab_cox_work *work, time_of *time)
{
    const mlab_cox_rows *rows = work->rows;
    while (time->end < rows->n) {
        size_t i = time->begin = time->end;
        if (i > 0 && rows->stratum[i] != rows->stratum[i - 1]) time->first = i;
        time->events = 0;
        for (; i < rows->n && rows->stop[i] == rows->stop[time->begin] && rows->stratum[i] == rows->stratum[time->begin]; i++)
            if (rows->event[i]) time->events += (size_t)work->weight[i];
        time->end = i;
        if (time->events) return true;
    }
    return false;
}

mlab_status mlab_cox_exact_check(const mlab_context *context, const mlab_fit_problem *problem, const mlab_cox_rows *rows, mlab_error *err)
{
    const char *name = problem->outcome ? problem->outcome : "outcome";
    for (size_t i = 0; problem->weight && i < problem->n; i++)
        if (problem->weights_sampling || problem->weight[i] != floor(problem->weight[i]) || problem->weight[i] > MOST_TIED)
            return mlab_raise(err, MLAB_ERR_FIT_MODEL,
                              "%s: exact ties take whole weights that count rows alone (row %zu has %g); write fit: {ties: efron}", name,
                              (problem->rows ? problem->rows[i] : i) + 1, problem->weight[i]);
    double *weight = mlab_allocate(context, rows->n, sizeof *weight), steps = 0;
    if (!weight) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", rows->n);
    for (size_t k = 0; k < rows->n; k++) weight[k] = problem->weight ? problem->weight[rows->row[k]] : 1;
    mlab_cox_work work = {.rows = rows, .weight = weight};
    double wide = 1 + (double)rows->p * (double)(rows->p + 3) / 2;
    size_t most = 0, at = 0;
    double rows_at_risk = 0;
    for (time_of time = {0}; next_time(&work, &time);) {
        if (at < time.first) rows_at_risk = 0, at = time.first;
        while (at < time.end) rows_at_risk += weight[at++];
        steps += rows_at_risk * (double)time.events * wide;
        most = time.events > most ? time.events : most;
    }
    mlab_release(context, weight);
    if (most > MOST_TIED || steps > MOST_STEPS)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL,
                          "%s: exact ties of up to %zu events at a time would take %.1e steps each time round, allowed %.0e, and up to %d events; "
                          "write fit: {ties: efron}",
                          name, most, steps, MOST_STEPS, MOST_TIED);
    return MLAB_OK;
}

/* Sums over the sets of k rows, k = 0 .. d: of the products of risks, and the derivatives (second ones: lower halves). */
typedef struct sets {
    size_t p, half;
    double *sum, *first, *second;
    double *mean, *x; /* [p] of those at risk; a row less it */
} sets;

/* x less the mean of those at risk: the derivatives stay small. */
static void add_row(const sets *s, size_t d, double risk, const double *row, bool derivatives)
{
    double *x = s->x;
    for (size_t j = 0; derivatives && j < s->p; j++) x[j] = row[j] - s->mean[j];

    size_t p = s->p, half = s->half;
    for (size_t k = d; k > 0; k--) {
        double below = s->sum[k - 1];
        if (derivatives) {
            const double *b = s->first + (k - 1) * p;
            double *to = s->first + k * p, *second = s->second + k * half;
            const double *second_below = s->second + (k - 1) * half;
            for (size_t j = 0, at = 0; j < p; j++)
                for (size_t m = 0; m <= j; m++, at++) second[at] += risk * (second_below[at] + x[j] * b[m] + b[j] * x[m] + below * x[j] * x[m]);
            for (size_t j = 0; j < p; j++) to[j] += risk * (b[j] + below * x[j]);
        }
        s->sum[k] += risk * below;
    }
}

static void add_time(mlab_cox_work *work, const sets *s, const time_of *time, double *log_likelihood, double *score, double *information)
{
    const mlab_cox_rows *rows = work->rows;
    size_t d = time->events, p = s->p, seen = 0;
    int32_t now = rows->stop[time->begin];
    double total = 0;
    for (size_t j = 0; j < p; j++) s->mean[j] = 0;
    for (size_t i = time->first; i < time->end; i++) {
        if (!at_risk(work, i, now)) continue;
        total += work->risk[i];
        for (size_t j = 0; score && j < p; j++) s->mean[j] += work->risk[i] * rows->x[i * p + j];
    }
    for (size_t j = 0; j < p; j++) s->mean[j] /= total;
    double unit = total / (double)d;
    memset(s->sum, 0, (d + 1) * sizeof *s->sum);
    if (score) memset(s->first, 0, (d + 1) * p * sizeof *s->first);
    if (score) memset(s->second, 0, (d + 1) * s->half * sizeof *s->second);
    s->sum[0] = 1;
    for (size_t i = time->first; i < time->end; i++) {
        if (!at_risk(work, i, now)) continue;
        const uint64_t copies = (uint64_t)work->weight[i]; /* whole, as the exact likelihood asks */
        for (uint64_t copy = 0; copy < copies; copy++) {
            seen++;
            add_row(s, seen < d ? seen : d, work->risk[i] / work->weight[i] / unit, rows->x + i * p, score != NULL);
        }
    }
    *log_likelihood -= log(s->sum[d]) + (double)d * log(unit);
    for (size_t i = time->begin; i < time->end; i++) {
        if (!rows->event[i] || !(work->weight[i] > 0)) continue;
        *log_likelihood += work->weight[i] * work->eta[i];
        for (size_t j = 0; score && j < p; j++) score[j] += work->weight[i] * (rows->x[i * p + j] - s->mean[j]);
    }
    for (size_t j = 0, at = 0; score && j < p; j++) {
        double mean = s->first[d * p + j] / s->sum[d];
        score[j] -= mean;
        for (size_t m = 0; m <= j; m++, at++)
            information[j * p + m] += s->second[d * s->half + at] / s->sum[d] - mean * (s->first[d * p + m] / s->sum[d]);
    }
}

mlab_status mlab_cox_exact_evaluate(mlab_cox_work *work, const double *beta, double *log_likelihood, double *score, double *information,
                                    mlab_error *err)
{
    size_t p = work->rows->p, half = p * (p + 1) / 2, most = 0;
    for (time_of time = {0}; next_time(work, &time);) most = time.events > most ? time.events : most;
    if (most > MOST_TIED)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "exact ties of %zu events at a time, allowed up to %d; write fit: {ties: efron}", most, MOST_TIED);
    double *memory = mlab_allocate(work->context, most + 3, (1 + p + half) * sizeof *memory);
    if (!memory) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu tied events", most);
    double *vectors = memory + (most + 1) * (1 + p + half);
    sets s = {p, half, memory, memory + (most + 1), memory + (most + 1) * (1 + p), vectors, vectors + p};
    *log_likelihood = 0;
    if (score) {
        memset(score, 0, p * sizeof *score);
        memset(information, 0, p * p * sizeof *information);
    }
    mlab_cox_risks(work, beta);
    for (time_of time = {0}; next_time(work, &time);) add_time(work, &s, &time, log_likelihood, score, information);
    for (size_t j = 0; score && j < p; j++)
        for (size_t m = 0; m < j; m++) information[m * p + j] = information[j * p + m];
    mlab_release(work->context, memory);
    return MLAB_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proportional hazards: the score test of coefficients that change with time, x (b + c g(t)), at c = 0 (Grambsch & Therneau 1994,
 * doi:10.1093/biomet/81.3.515), with g(t) = 1 - the Kaplan-Meier estimate just before t, as cox.zph of R's survival 3.
 *
 * Rows come as the fit has them: stratum by stratum, times falling; at every event time the mean and covariance of the columns among those at risk
 * give score and information of c (Efron's terms with ties). Frailties are held at their mean given the data, as a known offset. Weakness: a change
 * that g does not follow (up, then down) is not found.
 */
#include "fit/diagnose/diagnose.h"
#include "fit/survival/cox.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "data/design_terms.h"
#include "fit/small.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SURPRISING = 0.01, UNSURE = 0.05;

/* Times of events, rising, and 1 - S(t-) at each; all strata together. */
typedef struct clock {
    size_t n;
    int32_t *time;
    double *g;
} clock;

typedef struct mark {
    int32_t time;
    int what; /* 0 event, 1 censored, 2 enters: at equal times events come first, entries after the time count from it on */
} mark;

static int by_time(const void *a, const void *b)
{
    const mark *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->what - y->what;
}

static mlab_status make_clock(const mlab_context *context, const mlab_cox_rows *rows, const double *weight, clock *made, mlab_error *err)
{
    size_t n = 0;
    *made = (clock){0};
    mark *marks = mlab_allocate(context, 2 * rows->n, sizeof *marks);
    made->time = mlab_allocate(context, rows->n_events + 1, sizeof *made->time);
    made->g = mlab_allocate(context, rows->n_events + 1, sizeof *made->g);
    if (!marks || !made->time || !made->g) {
        mlab_release(context, marks);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu event times", rows->n_events);
    }
    for (size_t i = 0; i < rows->n; i++) {
        if (!(weight[i] > 0)) continue;
        marks[n++] = (mark){rows->stop[i], !rows->event[i]};
        if (rows->by_start) marks[n++] = (mark){rows->start[i], 2};
    }
    qsort(marks, n, sizeof *marks, by_time);
    double survival = 1, at_risk = 0;
    for (size_t i = 0; i < n && !rows->by_start; i++) at_risk++;
    for (size_t i = 0; i < n;) {
        int32_t now = marks[i].time;
        double events = 0, gone = 0, come = 0;
        for (; i < n && marks[i].time == now; i++) *(marks[i].what == 0 ? &events : marks[i].what == 1 ? &gone : &come) += 1;
        if (events > 0) {
            made->time[made->n] = now;
            made->g[made->n++] = 1 - survival;
            survival *= 1 - events / at_risk;
        }
        at_risk += come - events - gone;
    }
    mlab_release(context, marks);
    return MLAB_OK;
}

static double clock_at(const clock *c, int32_t time)
{
    size_t low = 0, high = c->n;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (c->time[middle] <= time)
            low = middle;
        else
            high = middle;
    }
    return c->n ? c->g[low] : 0;
}

/* score [p] of c, and the blocks of information b b, b c, c c, each [p * p]. */
typedef struct sums {
    double *score, *bb, *bc, *cc;
} sums;

/* One event time: its d terms. events: sum of columns over them is in `of_events`. */
static void add_time(const mlab_cox_work *work, size_t events, double weight, double total, double total2, const double *of_events, double g, sums *s)
{
    size_t p = work->rows->p, terms = work->rows->breslow ? 1 : events;
    for (size_t j = 0; j < p; j++) s->score[j] += g * of_events[j];
    for (size_t k = 0; k < terms; k++) {
        double part = work->rows->breslow ? 0 : (double)k / (double)events, rest = total - part * total2, w = weight / (double)terms;
        for (size_t j = 0; j < p; j++) work->mean[j] = (work->sum[j] - part * work->sum2[j]) / rest;
        for (size_t j = 0; j < p; j++) {
            s->score[j] -= w * g * work->mean[j];
            for (size_t m = 0; m <= j; m++) {
                double v = w * ((work->square[j * p + m] - part * work->square2[j * p + m]) / rest - work->mean[j] * work->mean[m]);
                s->bb[j * p + m] += v;
                s->bc[j * p + m] += g * v;
                s->cc[j * p + m] += g * g * v;
            }
        }
    }
}

static void put(const mlab_cox_work *work, size_t i, double by, double *sum, double *square)
{
    size_t p = work->rows->p;
    const double *x = work->rows->x + i * p;
    for (size_t j = 0; j < p; j++) {
        sum[j] += by * x[j];
        for (size_t m = 0; m <= j; m++) square[j * p + m] += by * x[j] * x[m];
    }
}

static void walk(mlab_cox_work *work, const clock *c, double *of_events, sums *s)
{
    const mlab_cox_rows *rows = work->rows;
    size_t p = rows->p, gone = 0;
    double total = 0;
    for (size_t i = 0; i < rows->n;) {
        int32_t now = rows->stop[i], stratum = rows->stratum[i];
        if (i == 0 || rows->stratum[i - 1] != stratum) {
            total = 0;
            memset(work->sum, 0, p * sizeof(double));
            memset(work->square, 0, p * p * sizeof(double));
        }
        while (rows->by_start && gone < rows->n) {
            uint32_t k = rows->by_start[gone];
            if (rows->stratum[k] > stratum || (rows->stratum[k] == stratum && rows->start[k] < now)) break;
            gone++;
            if (rows->stratum[k] != stratum || !(work->weight[k] > 0)) continue;
            total -= work->risk[k];
            put(work, k, -work->risk[k], work->sum, work->square);
        }
        size_t events = 0;
        double weight = 0, total2 = 0;
        memset(work->sum2, 0, p * sizeof(double));
        memset(work->square2, 0, p * p * sizeof(double));
        memset(of_events, 0, p * sizeof(double));
        for (; i < rows->n && rows->stop[i] == now && rows->stratum[i] == stratum; i++) {
            if (!(work->weight[i] > 0)) continue;
            total += work->risk[i];
            put(work, i, work->risk[i], work->sum, work->square);
            if (!rows->event[i]) continue;
            events++;
            weight += work->weight[i];
            total2 += work->risk[i];
            put(work, i, work->risk[i], work->sum2, work->square2);
            for (size_t j = 0; j < p; j++) of_events[j] += work->weight[i] * rows->x[i * p + j];
        }
        if (events) add_time(work, events, weight, total, total2, of_events, clock_at(c, now), s);
    }
}

/* The test of the columns in[j] != 0; df 0 = not possible. room [(2 p)^2 + 2 p]. */
static double test(const mlab_cox_rows *rows, const sums *s, const uint8_t *in, size_t *df, double *room)
{
    size_t p = rows->p, q = 0, n = 0, place[2] = {0};
    (void)place;
    for (size_t j = 0; j < p; j++) n += !rows->aliased[j];
    *df = 0;
    for (size_t j = 0; j < p; j++) *df += in[j] && !rows->aliased[j];
    q = n + *df;
    double *matrix = room, *v = room + q * q, value = 0;
    memset(v, 0, q * sizeof *v);
    size_t a = 0;
    for (size_t half = 0; half < 2; half++)
        for (size_t j = 0; j < p; j++) {
            if (rows->aliased[j] || (half && !in[j])) continue;
            if (half) v[a] = s->score[j];
            size_t b = 0;
            for (size_t other = 0; other < 2; other++)
                for (size_t m = 0; m < p; m++) {
                    if (rows->aliased[m] || (other && !in[m])) continue;
                    size_t at = j > m ? j * p + m : m * p + j;
                    matrix[a * q + b++] = half && other ? s->cc[at] : half || other ? s->bc[at] : s->bb[at];
                }
            a++;
        }
    if (*df == 0 || !mlab_small_factor(matrix, q)) {
        *df = 0;
        return 0;
    }
    mlab_small_solve_lower(matrix, q, v);
    for (size_t k = 0; k < q; k++) value += v[k] * v[k];
    return value;
}

static mlab_status tell(mlab_diagnosing *d, const sums *s, uint8_t *in, double *room, mlab_error *err)
{
    const mlab_cox_rows *rows = d->prepared->own;
    size_t n_terms, df;
    const mlab_design_term *terms = mlab_design_terms(d->prepared->problem->design, &n_terms);
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < n_terms && !status; t++) {
        memset(in, 0, rows->p);
        for (size_t c = 0; c < terms[t].n_columns; c++) in[terms[t].first + c - d->prepared->first_column] = 1;
        double value = test(rows, s, in, &df, room), p = df ? gsl_cdf_chisq_Q(value, (double)df) : 1;
        if (!df) continue;
        status = mlab_diagnose_add(
            d, p < SURPRISING, "proportional hazards", terms[t].label, value, p, err,
            p < SURPRISING
                ? "The hazard ratio of %s changes with time (p = %.2g): one number does not tell it; strata(%s), or a hazard model with time, would."
                : "The hazard ratio of %s does not visibly change with time (p = %.2f).%.0s",
            terms[t].label, p, terms[t].label);
    }
    memset(in, 1, rows->p);
    double value = test(rows, s, in, &df, room), p = df ? gsl_cdf_chisq_Q(value, (double)df) : 1;
    if (!df || status) return status;
    return mlab_diagnose_add(d, p < SURPRISING, "proportional hazards", "", value, p, err,
                             p < SURPRISING ? "Taken together the hazards are not proportional (p = %.2g)."
                             : p < UNSURE   ? "Taken together there is a sign, if no clear one, that the hazards are not proportional (p = %.3f)."
                                            : "Taken together the hazards are as good as proportional (p = %.2f).",
                             p);
}

/* Risks times the mean frailty of each group given its rows. */
static mlab_status hold_frailties(mlab_diagnosing *d, mlab_cox_work *work, mlab_error *err)
{
    const mlab_random_effects *r = d->fit->random;
    const uint32_t *group = d->prepared->problem->random->group;
    for (size_t i = 0; i < work->rows->n; i++) {
        size_t g = group[work->rows->row[i]];
        work->risk[i] *= mlab_exp(r->mode[g] + (r->gamma ? 0 : 0.5 * r->mode_se[g] * r->mode_se[g]));
    }
    return mlab_diagnose_add(
        d, false, "proportional hazards", r->group, -1, -1, err,
        "Proportional hazards are tested within %s: its frailties are held where the data put them, and are not tested themselves.", r->group);
}

mlab_status mlab_diagnose_hazards(mlab_diagnosing *d, mlab_error *err)
{
    if (d->prepared->model != &mlab_model_cox) return MLAB_OK;
    const mlab_cox_rows *rows = d->prepared->own;
    const mlab_fit_problem *problem = d->prepared->problem;
    size_t p = rows->p, q = 2 * p;
    clock c = {0};
    mlab_cox_work work = {0};
    mlab_status status = MLAB_OK;
    if (p == 0 || rows->n_events == 0) return MLAB_OK;
    if (rows->exact)
        return mlab_diagnose_add(d, false, "proportional hazards", "", 0, -1, err,
                                 "Proportional hazards are not tested with exact ties; fit: {ties: efron} does.");
    double *weight = mlab_allocate(d->context, rows->n, sizeof *weight),
           *memory = mlab_allocate(d->context, 3 * p + 3 * p * p + q * q + q, sizeof *memory);
    uint8_t *in = mlab_allocate(d->context, p, 1);
    if (!weight || !memory || !in) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a test of proportional hazards");
        goto out;
    }
    for (size_t i = 0; i < rows->n; i++) weight[i] = problem->weight ? problem->weight[rows->row[i]] : 1;
    if ((status = mlab_cox_work_make(d->context, rows, weight, &work, err))) goto out;
    if ((status = make_clock(d->context, rows, weight, &c, err))) goto out;
    double *beta = memory, *of_events = memory + p;
    sums s = {memory + 2 * p, memory + 3 * p, memory + 3 * p + p * p, memory + 3 * p + 2 * p * p};
    for (size_t j = 0; j < p; j++) beta[j] = rows->aliased[j] ? 0 : d->fit->estimate[j] * rows->scale[j];
    mlab_cox_risks(&work, beta);
    if (problem->n_random && (status = hold_frailties(d, &work, err))) goto out;
    walk(&work, &c, of_events, &s);
    status = tell(d, &s, in, memory + 3 * p + 3 * p * p, err);
out:
    mlab_cox_work_free(d->context, &work);
    mlab_release(d->context, c.time);
    mlab_release(d->context, c.g);
    mlab_release(d->context, weight);
    mlab_release(d->context, memory);
    mlab_release(d->context, in);
    return status;
}

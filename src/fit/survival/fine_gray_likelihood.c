/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weighted partial likelihood of the subdistribution hazards model, its score and information, in time linear in the rows.
 *
 * Somebody with a competing event at X stays in the risk set of later times t with the weight G(t-) / G(X-), G the Kaplan-Meier estimate
 * of staying uncensored (Fine & Gray 1999, doi:10.1080/01621459.1999.10474144). The weight is a product, so the sums over those people are
 * G(t-) times a running sum of risk / G(X-): one scan forward for them, one back for the people still under observation (Kawaguchi, Shen,
 * Suchard & Li 2021, doi:10.1080/10618600.2020.1841650). Both scans go block by block: sums of each block, sums over blocks in order, then the
 * terms of each block. Ties as Breslow's. Cost O(n p^2). Weakness: people far beyond the last censoring get weights of 1 / G that are large
 * where G is small. */
#include "fit/survival/fine_gray.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <string.h>

static size_t part_width(const mlab_fine_gray_rows *rows)
{
    return 1 + rows->p + rows->p * rows->p;
}

static void estimate_uncensored(mlab_fine_gray_work *work)
{
    const mlab_fine_gray_rows *rows = work->rows;
    size_t n = rows->n;
    for (size_t end = n, left = n; left > 0; end = left) { /* weight at risk at each distinct time, from the last one back */
        while (left > 0 && rows->stop[left - 1] == rows->stop[end - 1]) left--;
        double at_risk = end < n ? work->uncensored[end] : 0;
        for (size_t i = left; i < end; i++) at_risk += work->weight[i];
        for (size_t i = left; i < end; i++) work->uncensored[i] = at_risk;
    }
    double g = 1;
    for (size_t i = 0, next; i < n; i = next) {
        double at_risk = work->uncensored[i], censored = 0;
        for (next = i; next < n && rows->stop[next] == rows->stop[i]; next++) {
            if (rows->status[next] == 0) censored += work->weight[next];
            work->uncensored[next] = g;
        }
        if (at_risk > 0 && censored > 0) g *= 1 - censored / at_risk;
    }
}

mlab_status mlab_fine_gray_work_make(const mlab_context *context, const mlab_fine_gray_rows *rows, const double *weight, mlab_fine_gray_work *work,
                                     mlab_error *err)
{
    size_t n = rows->n, p = rows->p, times = rows->n_times ? rows->n_times : 1;
    *work = (mlab_fine_gray_work){.context = context, .rows = rows, .weight = weight};
    work->uncensored = mlab_allocate(context, n, sizeof *work->uncensored);
    work->risk = mlab_allocate(context, n, sizeof *work->risk);
    work->eta = mlab_allocate(context, n, sizeof *work->eta);
    work->at_risk = mlab_allocate(context, rows->n_blocks, rows->width * sizeof *work->at_risk);
    work->competing = mlab_allocate(context, rows->n_blocks, rows->width * sizeof *work->competing);
    work->part = mlab_allocate(context, rows->n_blocks, part_width(rows) * sizeof *work->part);
    work->total = mlab_allocate(context, times, sizeof *work->total);
    work->mean = mlab_allocate(context, times, (p ? p : 1) * sizeof *work->mean);
    work->happened = mlab_allocate(context, times, sizeof *work->happened);
    if (!work->uncensored || !work->risk || !work->eta || !work->at_risk || !work->competing || !work->part || !work->total || !work->mean ||
        !work->happened)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit of %zu rows and %zu columns", n, p);
    estimate_uncensored(work);
    return MLAB_OK;
}

void mlab_fine_gray_work_free(mlab_fine_gray_work *work)
{
    void *parts[] = {work->uncensored, work->risk, work->eta, work->at_risk, work->competing, work->part, work->total, work->mean, work->happened};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(work->context, parts[j]);
    *work = (mlab_fine_gray_work){.context = work->context};
}

typedef struct evaluation {
    mlab_fine_gray_work *work;
    const double *beta;
    bool derivatives;
    size_t width; /* of the sums used: 1 without derivatives */
} evaluation;

static void add(size_t p, bool derivatives, double risk, const double *x, double *sums)
{
    sums[0] += risk;
    if (!derivatives) return;
    double *square = sums + 1 + p;
    for (size_t j = 0; j < p; j++) {
        double rx = risk * x[j];
        sums[1 + j] += rx;
        for (size_t k = 0; k <= j; k++) *square++ += rx * x[k];
    }
}

static mlab_status sum_block(void *data, size_t block, void *scratch, mlab_error *err)
{
    (void)err;
    const evaluation *now = data;
    mlab_fine_gray_work *work = now->work;
    const mlab_fine_gray_rows *rows = work->rows;
    size_t p = rows->p, first = rows->first[block], last = rows->first[block + 1];
    double *at_risk = scratch, *competing = at_risk + now->width; /* sums of other blocks lie in the same cache lines */
    memset(at_risk, 0, 2 * now->width * sizeof *at_risk);
    for (size_t i = first; i < last; i++) {
        const double *x = rows->x + i * p;
        double eta = rows->offset[i];
        for (size_t j = 0; j < p; j++) eta += x[j] * now->beta[j];
        work->eta[i] = eta;
    }
    mlab_exp_array(work->context, work->eta + first, work->risk + first, last - first);
    for (size_t i = first; i < last; i++) {
        double risk = work->risk[i] = work->weight[i] > 0 ? work->weight[i] * work->risk[i] : 0;
        add(p, now->derivatives, risk, rows->x + i * p, at_risk);
        if (rows->status[i] == 2 && risk > 0) add(p, now->derivatives, risk / work->uncensored[i], rows->x + i * p, competing);
    }
    memcpy(work->at_risk + block * now->width, at_risk, now->width * sizeof *at_risk);
    memcpy(work->competing + block * now->width, competing, now->width * sizeof *competing);
    return MLAB_OK;
}

/* From sums of blocks to sums of the blocks after (at risk) and before (competing). */
static void chain(const evaluation *now)
{
    size_t n = now->work->rows->n_blocks, width = now->width;
    for (size_t k = 0; k < width; k++) {
        double after = 0, before = 0;
        for (size_t b = n; b-- > 0;) {
            double *at = now->work->at_risk + b * width + k, own = *at;
            *at = after;
            after += own;
        }
        for (size_t b = 0; b < n; b++) {
            double *at = now->work->competing + b * width + k, own = *at;
            *at = before;
            before += own;
        }
    }
}

/* What is at risk at each time of the event in the block: times [times * width], the first one first. */
static void sum_at_times(const evaluation *now, size_t block, double *running, double *times)
{
    const mlab_fine_gray_work *work = now->work;
    const mlab_fine_gray_rows *rows = work->rows;
    size_t k = rows->first_time[block + 1] - rows->first_time[block];
    memcpy(running, work->at_risk + block * now->width, now->width * sizeof *running);
    for (size_t i = rows->first[block + 1]; i-- > rows->first[block];) {
        size_t end = i;
        bool any = false;
        for (;; i--) {
            any |= rows->status[i] == 1;
            add(rows->p, now->derivatives, work->risk[i], rows->x + i * rows->p, running);
            if (i == rows->first[block] || rows->stop[i - 1] != rows->stop[end]) break;
        }
        if (any) memcpy(times + --k * now->width, running, now->width * sizeof *running);
    }
}

/* One time of the event: sums = the risk set, happened = weight of the events. */
static void term(const evaluation *now, size_t time, double happened, const double *sums, double *part)
{
    mlab_fine_gray_work *work = now->work;
    size_t p = work->rows->p;
    if (!(happened > 0)) return;
    part[0] -= happened * mlab_log(sums[0]);
    work->total[time] = sums[0];
    work->happened[time] = happened;
    if (!now->derivatives) return;
    double *mean = work->mean + time * p, *score = part + 1, *information = part + 1 + p;
    const double *square = sums + 1 + p;
    for (size_t j = 0; j < p; j++) {
        mean[j] = sums[1 + j] / sums[0];
        score[j] -= happened * mean[j];
        for (size_t k = 0; k <= j; k++) information[j * p + k] += happened * (*square++ / sums[0] - mean[j] * mean[k]);
    }
}

static mlab_status terms_block(void *data, size_t block, void *scratch, mlab_error *err)
{
    (void)err;
    const evaluation *now = data;
    mlab_fine_gray_work *work = now->work;
    const mlab_fine_gray_rows *rows = work->rows;
    size_t p = rows->p, width = now->width, time = rows->first_time[block];
    double *part = scratch, *sums = part + part_width(rows), *gone = sums + width, *times = gone + width;
    memset(part, 0, part_width(rows) * sizeof *part);
    sum_at_times(now, block, sums, times);
    memcpy(gone, work->competing + block * width, width * sizeof *gone);
    for (size_t i = rows->first[block], next; i < rows->first[block + 1]; i = next) {
        double happened = 0;
        bool any = false;
        for (next = i; next < rows->first[block + 1] && rows->stop[next] == rows->stop[i]; next++) {
            if (rows->status[next] != 1) continue;
            any = true;
            if (!(work->weight[next] > 0)) continue;
            happened += work->weight[next];
            part[0] += work->weight[next] * work->eta[next];
            for (size_t j = 0; now->derivatives && j < p; j++) part[1 + j] += work->weight[next] * rows->x[next * p + j];
        }
        if (any) {
            const double *at_risk = times + (time - rows->first_time[block]) * width;
            work->happened[time] = 0;
            for (size_t k = 0; k < width; k++) sums[k] = at_risk[k] + work->uncensored[i] * gone[k];
            term(now, time++, happened, sums, part);
        }
        for (size_t k = i; k < next; k++)
            if (rows->status[k] == 2 && work->risk[k] > 0) add(p, now->derivatives, work->risk[k] / work->uncensored[k], rows->x + k * p, gone);
    }
    memcpy(work->part + block * part_width(rows), part, part_width(rows) * sizeof *part);
    return MLAB_OK;
}

mlab_status mlab_fine_gray_evaluate(void *data, const double *beta, double *log_likelihood, double *score, double *information, mlab_error *err)
{
    mlab_fine_gray_work *work = data;
    const mlab_fine_gray_rows *rows = work->rows;
    size_t p = rows->p, most = 0;
    evaluation now = {.work = work, .beta = beta, .derivatives = score != NULL, .width = score ? rows->width : 1};
    for (size_t b = 0; b < rows->n_blocks; b++) {
        size_t times = rows->first_time[b + 1] - rows->first_time[b];
        if (times > most) most = times;
    }
    mlab_status status = mlab_parallel_blocks(work->context, NULL, rows->n_blocks, 2 * now.width * sizeof(double), sum_block, &now, err);
    if (status) return status;
    chain(&now);
    size_t room = part_width(rows) + (most + 2) * now.width;
    status = mlab_parallel_blocks(work->context, NULL, rows->n_blocks, room * sizeof(double), terms_block, &now, err);
    if (status) return status;
    size_t wide = part_width(rows);
    for (size_t k = 0; k < wide; k++) {
        double sum = 0;
        for (size_t b = 0; b < rows->n_blocks; b++) sum += work->part[b * wide + k];
        if (k == 0)
            *log_likelihood = sum;
        else if (score && k <= p)
            score[k - 1] = sum;
        else if (score)
            information[k - 1 - p] = sum;
    }
    for (size_t j = 0; score && j < p; j++)
        for (size_t k = 0; k < j; k++) information[k * p + j] = information[j * p + k];
    return MLAB_OK;
}

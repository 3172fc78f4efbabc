/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each person adds to the score of the subdistribution hazards model, for its sandwich covariance: the martingale part and the part that
 * comes from estimating the censoring distribution (Fine & Gray 1999, eqs. 7 and 8, doi:10.1080/01621459.1999.10474144).
 *
 * Running sums of dH and mean dH over the times of the event, forward for people under observation and back for G dH of those with a competing
 * event, give every row in O(p); so does one forward pass for the censoring part. */
#include "fit/survival/fine_gray.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

/* Sums over the times of the event, with one entry more than there are times. */
typedef struct sums {
    double *hazard, *mean;           /* [times + 1], [(times + 1) * p] over the times before */
    double *late_hazard, *late_mean; /* the same of G dH over this time and those after it */
} sums;

static mlab_status make(const mlab_fine_gray_work *work, sums *over, mlab_error *err)
{
    size_t times = work->rows->n_times + 1, p = work->rows->p ? work->rows->p : 1;
    over->hazard = mlab_allocate(work->context, times, sizeof *over->hazard);
    over->mean = mlab_allocate(work->context, times, p * sizeof *over->mean);
    over->late_hazard = mlab_allocate(work->context, times, sizeof *over->late_hazard);
    over->late_mean = mlab_allocate(work->context, times, p * sizeof *over->late_mean);
    if (!over->hazard || !over->mean || !over->late_hazard || !over->late_mean)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the sums over %zu times", times);
    return MLAB_OK;
}

static void release(const mlab_fine_gray_work *work, sums *over)
{
    void *parts[] = {over->hazard, over->mean, over->late_hazard, over->late_mean};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(work->context, parts[j]);
}

static double hazard_at(const mlab_fine_gray_work *work, size_t time)
{
    return work->happened[time] > 0 ? work->happened[time] / work->total[time] : 0;
}

static void accumulate(const mlab_fine_gray_work *work, sums *over)
{
    const mlab_fine_gray_rows *rows = work->rows;
    size_t p = rows->p, times = rows->n_times, time = 0;
    for (size_t t = 0; t < times; t++) {
        double hazard = hazard_at(work, t);
        over->hazard[t + 1] = over->hazard[t] + hazard;
        for (size_t j = 0; j < p; j++) over->mean[(t + 1) * p + j] = over->mean[t * p + j] + work->mean[t * p + j] * hazard;
    }
    for (size_t i = 0, last = SIZE_MAX; i < rows->n; i++) {
        if (rows->status[i] != 1 || (last != SIZE_MAX && rows->stop[i] == rows->stop[last])) continue;
        over->late_hazard[time++] = work->uncensored[i];
        last = i;
    }
    over->late_hazard[times] = 0;
    for (size_t j = 0; j < p; j++) over->late_mean[times * p + j] = 0;
    for (size_t t = times; t-- > 0;) {
        double hazard = over->late_hazard[t] * hazard_at(work, t);
        over->late_hazard[t] = over->late_hazard[t + 1] + hazard;
        for (size_t j = 0; j < p; j++) over->late_mean[t * p + j] = over->late_mean[(t + 1) * p + j] + work->mean[t * p + j] * hazard;
    }
}

/* The martingale part; `after` = times of the event up to and with the row's own. */
static void put_martingale(const mlab_fine_gray_work *work, const sums *over, size_t i, size_t after, double *into)
{
    const mlab_fine_gray_rows *rows = work->rows;
    size_t p = rows->p;
    const double *x = rows->x + i * p;
    double risk = work->risk[i] / work->weight[i], late = rows->status[i] == 2 ? risk / work->uncensored[i] : 0;
    for (size_t j = 0; j < p; j++) {
        double part = -risk * (x[j] * over->hazard[after] - over->mean[after * p + j]);
        if (rows->status[i] == 1) part += x[j] - work->mean[(after - 1) * p + j];
        if (late > 0) part -= late * (x[j] * over->late_hazard[after] - over->late_mean[after * p + j]);
        into[j] += part;
    }
}

/* One distinct time: rows i .. next - 1, people at risk, times of the event before it. gone: sums of risk / G and of it times x over the
 * competing events before. running [p]: sum of q / Y dH of censoring. */
static void put_censoring(const mlab_fine_gray_work *work, const sums *over, size_t i, size_t next, double at_risk, size_t before, const double *gone,
                          double *running, double *residual)
{
    const mlab_fine_gray_rows *rows = work->rows;
    size_t p = rows->p;
    double censored = 0;
    for (size_t k = i; k < next; k++) censored += rows->status[k] == 0 ? work->weight[k] : 0;
    for (size_t j = 0; j < p; j++) {
        double q = censored > 0 ? (gone[1 + j] * over->late_hazard[before] - gone[0] * over->late_mean[before * p + j]) / at_risk : 0;
        running[j] += q * censored / (at_risk > 0 ? at_risk : 1);
        for (size_t k = i; k < next; k++)
            if (work->weight[k] > 0) residual[rows->row[k] * p + j] += (rows->status[k] == 0 ? q : 0) - running[j];
    }
}

mlab_status mlab_fine_gray_residuals(const mlab_fine_gray_work *work, double *residual, mlab_error *err)
{
    const mlab_fine_gray_rows *rows = work->rows;
    size_t p = rows->p, time = 0;
    sums over = {0};
    double *gone = mlab_allocate(work->context, 2 * p + 1, sizeof *gone), *running = gone + p + 1, at_risk = 0;
    mlab_status status = gone ? make(work, &over, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for residuals");
    if (status) goto out;
    memset(residual, 0, rows->n * p * sizeof *residual);
    accumulate(work, &over);
    for (size_t i = 0; i < rows->n; i++) at_risk += work->weight[i];
    for (size_t i = 0, next; i < rows->n; i = next) {
        bool any = false;
        for (next = i; next < rows->n && rows->stop[next] == rows->stop[i]; next++) any |= rows->status[next] == 1;
        put_censoring(work, &over, i, next, at_risk, time, gone, running, residual);
        time += any;
        for (size_t k = i; k < next; k++) {
            if (!(work->weight[k] > 0)) continue;
            put_martingale(work, &over, k, time, residual + rows->row[k] * p);
            at_risk -= work->weight[k];
            if (rows->status[k] != 2) continue;
            double risk = work->risk[k] / work->uncensored[k];
            gone[0] += risk;
            for (size_t j = 0; j < p; j++) gone[1 + j] += risk * rows->x[k * p + j];
        }
    }
out:
    release(work, &over);
    mlab_release(work->context, gone);
    return status;
}

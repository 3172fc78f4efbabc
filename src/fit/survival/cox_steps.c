/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Influence of rows on the baseline of a Cox fit with the coefficients known: the derivative of Breslow's sum by the weight of the row (the
 * infinitesimal jackknife; Reid & Crepeau 1985, Biometrika 72, 1-9). A row adds its event over the sum at risk, and takes its risk times the
 * integral of the hazard over the sum at risk while it is watched; with Efron's ties a row's own event counts (1 - k/d) of term k.
 *
 * Two shared functions: 1 and that integral. */
#include "fit/survival/cox.h"
#include "fit/survival/steps.h"

#include "core/error.h"
#include "core/memory.h"

/* The first step from `first` to end that is later than `time`; end = none. */
static size_t first_after(const mlab_baseline *b, size_t first, size_t end, int32_t time)
{
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (b->time[middle] > time)
            end = middle;
        else
            first = middle + 1;
    }
    return first;
}

/* fresh: the baseline made anew, whose variance is the integral of the hazard over the sum at risk; own [steps]: at this step alone, the part of it
 * that a row with its event there does not bear. */
static void put_row(const mlab_cox_work *work, const mlab_baseline *fresh, const double *own, size_t i, mlab_steps *steps)
{
    const mlab_cox_rows *rows = work->rows;
    size_t stratum = (size_t)rows->stratum[i], first = fresh->first[stratum], end = fresh->first[stratum + 1];
    size_t from = rows->start ? first_after(fresh, first, end, rows->start[i]) : first, past = first_after(fresh, from, end, rows->stop[i]);
    double w = work->weight[i], risk = work->risk[i];
    if (!(w > 0) || from >= past) return;
    double before = from > first ? fresh->variance[from - 1] : 0, at = fresh->variance[past - 1];
    mlab_steps_change(steps, from, end, rows->row[i], (double[MLAB_STEP_BASES]){risk * before, -risk});
    mlab_steps_change(steps, past, end, rows->row[i], (double[MLAB_STEP_BASES]){-risk * at, risk});
    if (!rows->event[i]) return;
    size_t step = past - 1;
    double hazard = fresh->cumulative_hazard[step] - (step > first ? fresh->cumulative_hazard[step - 1] : 0);
    mlab_steps_change(steps, step, end, rows->row[i], (double[MLAB_STEP_BASES]){w * hazard / fresh->events[step] + risk * own[step]});
}

mlab_status mlab_cox_steps(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_steps *steps, mlab_error *err)
{
    const mlab_cox_rows *rows = prepared->own;
    mlab_cox_work work = {0};
    mlab_fit fresh = {.context = context};
    size_t n = rows->n, p = rows->p;
    double *weight = mlab_allocate(context, n, sizeof *weight), *beta = mlab_allocate(context, p, sizeof *beta);
    double *own = mlab_allocate(context, fit->baseline->n, sizeof *own);
    *steps = (mlab_steps){0};
    mlab_status status = weight && beta && own ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu rows", n);
    for (size_t k = 0; k < n && !status; k++) weight[k] = mlab_refit_weight(prepared->problem, NULL, rows->row[k]);
    for (size_t j = 0; j < p && !status; j++) beta[j] = rows->aliased[j] ? 0 : fit->estimate[j] * rows->scale[j];
    if (!status) status = mlab_cox_work_make(context, rows, weight, &work, err);
    if (!status) status = mlab_cox_baseline(context, prepared, &work, beta, &fresh, own, err);
    if (!status) status = mlab_steps_make(context, fit->baseline, 3 * n, steps, err);
    for (size_t k = 0; k < fit->baseline->n && !status; k++) {
        steps->basis[k * MLAB_STEP_BASES] = 1;
        steps->basis[k * MLAB_STEP_BASES + 1] = fresh.baseline->variance[k];
    }
    for (size_t i = 0; i < n && !status; i++) put_row(&work, fresh.baseline, own, i, steps);
    if (!status) status = mlab_steps_sort(steps, err);
    mlab_baseline_free(context, fresh.baseline);
    mlab_cox_work_free(context, &work);
    void *const memory[] = {weight, beta, own};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    return status;
}

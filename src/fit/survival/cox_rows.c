/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a Cox fit, checked, sorted once and scaled; columns that carry nothing are found here, in the order of the
 * design, as R's coxph does: their pivot in the information at 0 vanishes. */
#include "fit/survival/cox.h"
#include "fit/survival/sorted.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/order.h"

#include <math.h>
#include <string.h>

static mlab_status check(const mlab_fit_problem *problem, mlab_error *err)
{
    if (!problem->stop || !problem->status)
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "a Cox model of \"%s\" needs a response event(time, status)",
                          problem->outcome ? problem->outcome : "");
    if (problem->n > UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "a Cox model of %zu rows, allowed up to 4,294,967,295", problem->n);
    for (size_t i = 0; i < problem->n; i++) {
        size_t row = problem->rows ? problem->rows[i] : i;
        if (problem->start && problem->start[i] >= problem->stop[i])
            return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu: start %d is not before stop %d", row + 1, (int)problem->start[i],
                              (int)problem->stop[i]);
        if (problem->status[i] != 0 && problem->status[i] != 1)
            return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu: status %d, allowed 0 and 1", row + 1, (int)problem->status[i]);
        if (problem->stratum && (problem->stratum[i] < 0 || (size_t)problem->stratum[i] >= problem->n_strata))
            return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "row %zu: stratum %d, allowed 0 to %zu", row + 1, (int)problem->stratum[i],
                              problem->n_strata - 1);
    }
    return MLAB_OK;
}

static mlab_status allocate(const mlab_context *context, const mlab_fit_problem *problem, size_t p, mlab_cox_rows *rows, mlab_error *err)
{
    size_t n = problem->n;
    rows->n = n;
    rows->p = p; /* arrays of rows are written as a whole */
    rows->row = mlab_reallocate(context, NULL, n, sizeof *rows->row);
    rows->stop = mlab_reallocate(context, NULL, n, sizeof *rows->stop);
    rows->stratum = mlab_reallocate(context, NULL, n, sizeof *rows->stratum);
    rows->event = mlab_reallocate(context, NULL, n, sizeof *rows->event);
    rows->offset = mlab_reallocate(context, NULL, n, sizeof *rows->offset);
    rows->x = mlab_reallocate(context, NULL, n, p * sizeof *rows->x);
    rows->centre = mlab_allocate(context, p, sizeof *rows->centre);
    rows->scale = mlab_allocate(context, p, sizeof *rows->scale);
    rows->aliased = mlab_allocate(context, p, sizeof *rows->aliased);
    if (problem->start) {
        rows->start = mlab_allocate(context, n, sizeof *rows->start);
        rows->by_start = mlab_allocate(context, n, sizeof *rows->by_start);
    }
    if (!rows->row || !rows->stop || !rows->stratum || !rows->event || !rows->offset || !rows->x || !rows->centre || !rows->scale || !rows->aliased ||
        (problem->start && (!rows->start || !rows->by_start)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a Cox model of %zu rows and %zu columns", n, p);
    return MLAB_OK;
}

/* A key that rises with the stratum, then as `at` falls, then with `last` (0 or 1). */
static uint64_t key_of(int32_t stratum, int32_t at, uint64_t last)
{
    uint64_t rising = (uint32_t)stratum ^ 0x80000000u, falling = ~((uint32_t)at ^ 0x80000000u);
    return (rising << 33) | ((falling & 0xffffffffu) << 1) | last; /* strata count from 0: the lost bit is that of their sign */
}

static mlab_status sort(const mlab_context *context, const mlab_fit_problem *problem, mlab_cox_rows *rows, mlab_error *err)
{
    size_t n = rows->n;
    mlab_status status;
    uint64_t *keys = mlab_reallocate(context, NULL, n, sizeof *keys);
    if (!keys) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to sort %zu rows", n);
    for (size_t i = 0; i < n; i++) {
        rows->row[i] = (uint32_t)i;
        keys[i] = key_of(problem->stratum ? problem->stratum[i] : 0, problem->stop[i], problem->status[i] == 0);
    }
    if ((status = mlab_order_by(context, keys, rows->row, n, err))) goto out;
    for (size_t k = 0; k < n; k++) {
        uint32_t i = rows->row[k];
        rows->stop[k] = problem->stop[i];
        rows->stratum[k] = problem->stratum ? problem->stratum[i] : 0;
        rows->event[k] = problem->status[i] != 0;
        rows->n_events += rows->event[k];
        if (rows->start) rows->start[k] = problem->start[i];
    }
    for (size_t k = 0; rows->start && k < n; k++) {
        rows->by_start[k] = (uint32_t)k;
        keys[k] = key_of(rows->stratum[k], rows->start[k], 0);
    }
    if (rows->start) status = mlab_order_by(context, keys, rows->by_start, n, err);
out:
    mlab_release(context, keys);
    return status;
}

static mlab_status find_aliased(const mlab_context *context, const mlab_fit_problem *problem, mlab_cox_rows *rows, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n = rows->n, p = rows->p;
    double ll, *a = NULL, *vectors = NULL, *weight = mlab_reallocate(context, NULL, n, sizeof *weight);
    mlab_cox_work work = {0};
    a = mlab_allocate(context, p * p, sizeof *a);
    vectors = mlab_allocate(context, 2 * p, sizeof *vectors);
    rows->at_zero = mlab_allocate(context, 1 + p + p * p, sizeof *rows->at_zero);
    if (!weight || !a || !vectors || !rows->at_zero) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a Cox model of %zu columns", p);
        goto out;
    }
    for (size_t k = 0; k < n; k++) weight[k] = problem->weight ? problem->weight[rows->row[k]] : 1;
    if ((status = mlab_cox_work_make(context, rows, weight, &work, err))) goto out;
    if ((status = mlab_cox_evaluate(&work, vectors, &ll, vectors + p, a, err))) goto out;
    rows->at_zero[0] = ll;
    memcpy(rows->at_zero + 1, vectors + p, p * sizeof *a);
    memcpy(rows->at_zero + 1 + p, a, p * p * sizeof *a);
    mlab_sorted_aliased(a, p, rows->n_events, rows->aliased);
out:
    mlab_cox_work_free(context, &work);
    mlab_release(context, vectors);
    mlab_release(context, a);
    mlab_release(context, weight);
    return status;
}

mlab_status mlab_cox_prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    mlab_status status = check(prepared->problem, err);
    if (status) return status;
    mlab_cox_rows *rows = mlab_allocate(context, 1, sizeof *rows);
    if (!rows) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a Cox model");
    rows->breslow = prepared->options.ties == 1 || prepared->problem->n_random > 0; /* as a likelihood with free steps has it */
    rows->exact = prepared->options.ties == 2;
    if (!(status = allocate(context, prepared->problem, prepared->n_columns, rows, err)) && !(status = sort(context, prepared->problem, rows, err)) &&
        !(status = mlab_sorted_fill(context, prepared, rows->row, rows->x, rows->offset, err))) {
        rows->offset_mean = mlab_sorted_scale(rows->n, rows->p, rows->x, rows->offset, rows->centre, rows->scale);
        if (rows->exact) status = mlab_cox_exact_check(context, prepared->problem, rows, err);
        if (!status) status = find_aliased(context, prepared->problem, rows, err);
    }
    if (status)
        mlab_cox_release(context, rows);
    else
        prepared->own = rows;
    return status;
}

void mlab_cox_release(const mlab_context *context, void *own)
{
    mlab_cox_rows *rows = own;
    if (!rows) return;
    void *parts[] = {rows->row,    rows->by_start, rows->start,  rows->stop,  rows->stratum, rows->event,
                     rows->offset, rows->x,        rows->centre, rows->scale, rows->aliased, rows->at_zero};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(context, parts[j]);
    mlab_release(context, rows);
}

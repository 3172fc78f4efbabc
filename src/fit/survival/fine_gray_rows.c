/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a subdistribution hazards fit: checked, sorted once, scaled, cut into blocks; columns that carry nothing are found here. */
#include "fit/order.h"
#include "fit/survival/fine_gray.h"
#include "fit/survival/sorted.h"

#include "core/error.h"
#include "core/memory.h"

enum { BLOCK_ROWS = 4096 };

static mlab_status check(const mlab_fit_problem *problem, mlab_error *err)
{
    const char *name = problem->outcome ? problem->outcome : "";
    if (problem->start)
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE,
                          "%s: model fine_gray counts every time from 0; late entry, event(start, stop, status), is not built", name);
    if (problem->stratum) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: model fine_gray has no strata()", name);
    if (problem->n > UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "%s: %zu rows, allowed up to 4,294,967,295", name, problem->n);
    return MLAB_OK;
}

static mlab_status allocate(const mlab_context *context, size_t n, size_t p, mlab_fine_gray_rows *rows, mlab_error *err)
{
    rows->n = n;
    rows->p = p;
    rows->width = 1 + p + p * (p + 1) / 2;
    rows->row = mlab_allocate(context, n, sizeof *rows->row);
    rows->stop = mlab_allocate(context, n, sizeof *rows->stop);
    rows->status = mlab_allocate(context, n, sizeof *rows->status);
    rows->offset = mlab_allocate(context, n, sizeof *rows->offset);
    rows->x = mlab_allocate(context, n, p * sizeof *rows->x);
    rows->centre = mlab_allocate(context, p, sizeof *rows->centre);
    rows->scale = mlab_allocate(context, p, sizeof *rows->scale);
    rows->aliased = mlab_allocate(context, p, sizeof *rows->aliased);
    rows->first = mlab_allocate(context, n / BLOCK_ROWS + 2, sizeof *rows->first);
    rows->first_time = mlab_allocate(context, n / BLOCK_ROWS + 2, sizeof *rows->first_time);
    if (!rows->row || !rows->stop || !rows->status || !rows->offset || !rows->x || !rows->centre || !rows->scale || !rows->aliased || !rows->first ||
        !rows->first_time)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a model of %zu rows and %zu columns", n, p);
    return MLAB_OK;
}

/* By time; rows of one time stay in the order of the problem. */
static mlab_status sort(const mlab_context *context, const mlab_fit_problem *problem, mlab_fine_gray_rows *rows, mlab_error *err)
{
    size_t n = rows->n;
    uint64_t *keys = mlab_allocate(context, n, sizeof *keys);
    if (!keys) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to sort %zu rows", n);
    for (size_t i = 0; i < n; i++) {
        rows->row[i] = (uint32_t)i;
        keys[i] = (uint32_t)problem->stop[i] ^ 0x80000000u;
    }
    mlab_status status = mlab_order_by(context, keys, rows->row, n, err);
    mlab_release(context, keys);
    for (size_t k = 0; k < n && !status; k++) {
        rows->stop[k] = problem->stop[rows->row[k]];
        rows->status[k] = (uint8_t)problem->status[rows->row[k]];
        rows->n_events += rows->status[k] == 1;
    }
    return status;
}

/* Blocks of at least BLOCK_ROWS rows that end between distinct times. */
static void cut(mlab_fine_gray_rows *rows)
{
    size_t counted = SIZE_MAX; /* row whose time was counted last */
    for (size_t i = 0; i < rows->n; i++) {
        bool new_time = i == 0 || rows->stop[i] != rows->stop[i - 1];
        if (new_time && (i == 0 || i - rows->first[rows->n_blocks - 1] >= BLOCK_ROWS)) {
            rows->first[rows->n_blocks] = i;
            rows->first_time[rows->n_blocks++] = rows->n_times;
        }
        if (rows->status[i] == 1 && (counted == SIZE_MAX || rows->stop[counted] != rows->stop[i])) {
            rows->n_times++;
            counted = i;
        }
    }
    rows->first[rows->n_blocks] = rows->n;
    rows->first_time[rows->n_blocks] = rows->n_times;
}

static mlab_status find_aliased(const mlab_context *context, const mlab_fit_problem *problem, mlab_fine_gray_rows *rows, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n = rows->n, p = rows->p;
    double ll;
    mlab_fine_gray_work work = {.context = context};
    double *weight = mlab_allocate(context, n, sizeof *weight), *a = mlab_allocate(context, p * p, sizeof *a);
    double *vectors = mlab_allocate(context, 2 * p, sizeof *vectors);
    if (!weight || !a || !vectors) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a model of %zu columns", p);
        goto out;
    }
    for (size_t k = 0; k < n; k++) weight[k] = problem->weight ? problem->weight[rows->row[k]] : 1;
    if ((status = mlab_fine_gray_work_make(context, rows, weight, &work, err))) goto out;
    if ((status = mlab_fine_gray_evaluate(&work, vectors, &ll, vectors + p, a, err))) goto out;
    mlab_sorted_aliased(a, p, rows->n_events, rows->aliased);
out:
    mlab_fine_gray_work_free(&work);
    mlab_release(context, vectors);
    mlab_release(context, a);
    mlab_release(context, weight);
    return status;
}

mlab_status mlab_fine_gray_prepare(const mlab_context *context, mlab_prepared *prepared, mlab_error *err)
{
    mlab_status status = check(prepared->problem, err);
    if (status) return status;
    mlab_fine_gray_rows *rows = mlab_allocate(context, 1, sizeof *rows);
    if (!rows) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a model");
    prepared->own = rows;
    if ((status = allocate(context, prepared->problem->n, prepared->n_columns, rows, err)) ||
        (status = sort(context, prepared->problem, rows, err)) ||
        (status = mlab_sorted_fill(context, prepared, rows->row, rows->x, rows->offset, err)))
        return status;
    cut(rows);
    rows->offset_mean = mlab_sorted_scale(rows->n, rows->p, rows->x, rows->offset, rows->centre, rows->scale);
    return find_aliased(context, prepared->problem, rows, err);
}

void mlab_fine_gray_release(const mlab_context *context, void *own)
{
    mlab_fine_gray_rows *rows = own;
    if (!rows) return;
    void *parts[] = {rows->row,    rows->stop,  rows->status,  rows->offset, rows->x,
                     rows->centre, rows->scale, rows->aliased, rows->first,  rows->first_time};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(context, parts[j]);
    mlab_release(context, rows);
}

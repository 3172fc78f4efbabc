/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a subdistribution hazards fit: checked, sorted once, scaled, cut into blocks; columns that carry nothing are found here. */
#include "fit/survival/fine_gray.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>

enum { FILL_ROWS = 512, BLOCK_ROWS = 512 };

typedef struct sort_key {
    int32_t stop;
    uint32_t row;
} sort_key;

static int by_time(const void *a, const void *b)
{
    const sort_key *x = a, *y = b;
    if (x->stop != y->stop) return x->stop < y->stop ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

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

static mlab_status sort(const mlab_context *context, const mlab_fit_problem *problem, mlab_fine_gray_rows *rows, mlab_error *err)
{
    size_t n = rows->n;
    sort_key *keys = mlab_allocate(context, n, sizeof *keys);
    if (!keys) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to sort %zu rows", n);
    for (size_t i = 0; i < n; i++) keys[i] = (sort_key){problem->stop[i], (uint32_t)i};
    qsort(keys, n, sizeof *keys, by_time);
    for (size_t k = 0; k < n; k++) {
        rows->row[k] = keys[k].row;
        rows->stop[k] = keys[k].stop;
        rows->status[k] = (uint8_t)problem->status[keys[k].row];
        rows->n_events += rows->status[k] == 1;
    }
    mlab_release(context, keys);
    return MLAB_OK;
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

/* Columns and offsets of the design, put in the order of the sorted rows. */
static mlab_status fill(const mlab_context *context, const mlab_prepared *prepared, mlab_fine_gray_rows *rows, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_status status = MLAB_OK;
    size_t n = rows->n, p = rows->p, wide = p + prepared->first_column;
    uint32_t *place = mlab_allocate(context, n, sizeof *place);
    double *x = mlab_allocate(context, FILL_ROWS, (wide ? wide : 1) * sizeof *x), offset[FILL_ROWS];
    if (!place || !x) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the design of %zu rows", n);
        goto out;
    }
    for (size_t k = 0; k < n; k++) place[rows->row[k]] = (uint32_t)k;
    for (size_t first = 0; first < n; first += FILL_ROWS) {
        size_t m = n - first < FILL_ROWS ? n - first : FILL_ROWS;
        if ((status = mlab_design_fill(problem->design, problem->table, problem->rows ? problem->rows + first : NULL, first, m, x, offset, err)))
            goto out;
        for (size_t i = 0; i < m; i++) {
            size_t k = place[first + i];
            rows->offset[k] = offset[i] + (problem->offset ? problem->offset[first + i] : 0);
            for (size_t j = 0; j < p; j++) rows->x[k * p + j] = x[i * wide + prepared->first_column + j];
        }
    }
out:
    mlab_release(context, x);
    mlab_release(context, place);
    return status;
}

static void scale(mlab_fine_gray_rows *rows)
{
    size_t n = rows->n, p = rows->p;
    for (size_t i = 0; i < n; i++) rows->offset_mean += rows->offset[i] / (double)n;
    for (size_t i = 0; i < n; i++) rows->offset[i] -= rows->offset_mean;
    for (size_t j = 0; j < p; j++) {
        double mean = 0, square = 0, largest = 0;
        for (size_t i = 0; i < n; i++) mean += rows->x[i * p + j] / (double)n;
        for (size_t i = 0; i < n; i++) {
            double d = rows->x[i * p + j] - mean;
            largest = fmax(largest, fabs(rows->x[i * p + j]));
            square += d * d / (double)n;
        }
        double sd = sqrt(square);
        rows->centre[j] = mean;
        rows->scale[j] = sd > 1e-13 * largest ? sd : 0;
        for (size_t i = 0; i < n; i++) rows->x[i * p + j] = rows->scale[j] > 0 ? (rows->x[i * p + j] - mean) / sd : 0;
    }
}

/* Cholesky of the information at 0 in the order of the columns; a pivot below 1e-10 of what it began with, or of an event's
 * share of a column of unit variance, is a column that the earlier ones make up. */
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
    for (size_t j = 0; j < p; j++) {
        double pivot = a[j * p + j], floor = 1e-10 * fmax(pivot, 1e-6 * (double)rows->n_events);
        for (size_t k = 0; k < j; k++) {
            if (rows->aliased[k]) continue;
            double s = a[j * p + k];
            for (size_t m = 0; m < k; m++) s -= rows->aliased[m] ? 0 : a[j * p + m] * a[k * p + m];
            a[j * p + k] = s / a[k * p + k];
            pivot -= a[j * p + k] * a[j * p + k];
        }
        rows->aliased[j] = !(pivot > floor);
        a[j * p + j] = rows->aliased[j] ? 0 : sqrt(pivot);
    }
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
        (status = sort(context, prepared->problem, rows, err)) || (status = fill(context, prepared, rows, err)))
        return status;
    cut(rows);
    scale(rows);
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The design of models whose rows are sorted by time: cox and fine_gray. Aliased columns are found as coxph of R does, by a pivot of the
 * information at 0 that vanishes: what the earlier columns, or the strata, make up. */
#include "fit/survival/sorted.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { BLOCK = MLAB_TILE };

typedef struct filling {
    const mlab_prepared *prepared;
    mlab_direct *direct; /* NULL: the design works its columns out */
    double *block, *offsets, *none;
    size_t wide;
} filling;

/* Rows first .. first + m - 1 of the problem in the block, and the step from row to row and from column to column in it. */
static mlab_status fill_block(const filling *f, size_t first, size_t m, size_t *row_step, size_t *column_step, mlab_error *err)
{
    const mlab_fit_problem *problem = f->prepared->problem;
    *row_step = f->direct ? 1 : f->wide;
    *column_step = f->direct ? BLOCK : 1;
    if (!f->direct)
        return mlab_design_fill(problem->design, problem->table, problem->rows ? problem->rows + first : NULL, first, m, f->block, f->offsets, err);
    mlab_direct_fill(f->direct, first, m, f->none, f->block);
    memset(f->offsets, 0, m * sizeof *f->offsets);
    return MLAB_OK;
}

mlab_status mlab_sorted_fill(const mlab_context *context, const mlab_prepared *prepared, const uint32_t *row, double *x, double *offset,
                             mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t n = problem->n, p = prepared->n_columns, wide = p + prepared->first_column, row_step, column_step;
    uint32_t *place = mlab_reallocate(context, NULL, n, sizeof *place);
    filling f = {.prepared = prepared, .wide = wide, .block = mlab_allocate(context, BLOCK * (wide + 1) + wide, sizeof(double))};
    mlab_status status = place && f.block ? mlab_direct_make(context, problem, prepared->first_column, &f.direct, err)
                                          : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the design of %zu rows", n);
    if (status) goto out;
    f.offsets = f.block + BLOCK * wide;
    f.none = f.offsets + BLOCK;
    for (size_t k = 0; k < n; k++) place[row[k]] = (uint32_t)k;
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t m = n - first < BLOCK ? n - first : BLOCK;
        if ((status = fill_block(&f, first, m, &row_step, &column_step, err))) goto out;
        const double *from = f.block + (f.direct ? 0 : prepared->first_column);
        for (size_t i = 0; i < m; i++) {
            size_t k = place[first + i];
            offset[k] = f.offsets[i] + (problem->offset ? problem->offset[first + i] : 0);
            for (size_t j = 0; j < p; j++) x[k * p + j] = from[i * row_step + j * column_step];
        }
    }
out:
    mlab_direct_free(f.direct);
    mlab_release(context, f.block);
    mlab_release(context, place);
    return status;
}

/* Sums of the differences to the first row and of their squares. */
static void look(size_t n, size_t p, const double *x, double *sum, double *square)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < p; j++) {
            double d = x[i * p + j] - x[j];
            sum[j] += d;
            square[j] += d * d;
        }
}

double mlab_sorted_scale(size_t n, size_t p, double *x, double *offset, double *centre, double *scale)
{
    double mean = 0, by[MLAB_SORTED_COLUMNS] = {0};
    for (size_t i = 0; i < n; i++) mean += offset[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) offset[i] -= mean;
    look(n, p, x, centre, scale);
    for (size_t j = 0; j < p; j++) {
        double shift = centre[j] / (double)n, sd = sqrt(fmax(scale[j] / (double)n - shift * shift, 0));
        centre[j] = x[j] + shift;
        scale[j] = sd > 1e-13 * fabs(centre[j]) && isfinite(sd) ? ldexp(1, ilogb(sd)) : 0; /* nothing is lost by a power of two */
    }
    for (size_t from = 0; from < p; from += MLAB_SORTED_COLUMNS) {
        size_t to = p - from < MLAB_SORTED_COLUMNS ? p : from + MLAB_SORTED_COLUMNS;
        for (size_t j = from; j < to; j++) by[j - from] = scale[j] > 0 ? 1 / scale[j] : 0;
        for (size_t i = 0; i < n; i++)
            for (size_t j = from; j < to; j++) x[i * p + j] = (x[i * p + j] - centre[j]) * by[j - from];
    }
    return mean;
}

void mlab_sorted_aliased(double *a, size_t p, size_t n_events, uint8_t *aliased)
{
    for (size_t j = 0; j < p; j++) {
        double pivot = a[j * p + j], floor = 1e-10 * fmax(pivot, 1e-6 * (double)n_events);
        for (size_t k = 0; k < j; k++) {
            if (aliased[k]) continue;
            double s = a[j * p + k];
            for (size_t m = 0; m < k; m++) s -= aliased[m] ? 0 : a[j * p + m] * a[k * p + m];
            a[j * p + k] = s / a[k * p + k];
            pivot -= a[j * p + k] * a[j * p + k];
        }
        aliased[j] = !(pivot > floor);
        a[j * p + j] = aliased[j] ? 0 : sqrt(pivot);
    }
}

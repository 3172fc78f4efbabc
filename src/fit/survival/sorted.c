/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The design of models whose rows are sorted by time: cox and fine_gray. Aliased columns are found as coxph of R does, by a pivot of the
 * information at 0 that vanishes: what the earlier columns, or the strata, make up. */
#include "fit/survival/sorted.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>

enum { BLOCK = 512 };

mlab_status mlab_sorted_fill(const mlab_context *context, const mlab_prepared *prepared, const uint32_t *row, double *x, double *offset,
                             mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_status status = MLAB_OK;
    size_t n = problem->n, p = prepared->n_columns, wide = p + prepared->first_column;
    uint32_t *place = mlab_allocate(context, n, sizeof *place);
    double *block = mlab_allocate(context, BLOCK, (wide ? wide : 1) * sizeof *block), block_offset[BLOCK];
    if (!place || !block) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the design of %zu rows", n);
        goto out;
    }
    for (size_t k = 0; k < n; k++) place[row[k]] = (uint32_t)k;
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t m = n - first < BLOCK ? n - first : BLOCK;
        if ((status =
                 mlab_design_fill(problem->design, problem->table, problem->rows ? problem->rows + first : NULL, first, m, block, block_offset, err)))
            goto out;
        for (size_t i = 0; i < m; i++) {
            size_t k = place[first + i];
            offset[k] = block_offset[i] + (problem->offset ? problem->offset[first + i] : 0);
            for (size_t j = 0; j < p; j++) x[k * p + j] = block[i * wide + prepared->first_column + j];
        }
    }
out:
    mlab_release(context, block);
    mlab_release(context, place);
    return status;
}

double mlab_sorted_scale(size_t n, size_t p, double *x, double *offset, double *centre, double *scale)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++) {
        mean += offset[i];
        for (size_t j = 0; j < p; j++) centre[j] += x[i * p + j];
    }
    mean /= (double)n;
    for (size_t j = 0; j < p; j++) centre[j] /= (double)n;
    for (size_t i = 0; i < n; i++) {
        offset[i] -= mean;
        for (size_t j = 0; j < p; j++) {
            x[i * p + j] -= centre[j];
            scale[j] += x[i * p + j] * x[i * p + j];
        }
    }
    for (size_t j = 0; j < p; j++) {
        double sd = sqrt(scale[j] / (double)n);
        scale[j] = sd > 1e-13 * fabs(centre[j]) ? sd : 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++) x[i * p + j] = scale[j] > 0 ? x[i * p + j] / scale[j] : 0;
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

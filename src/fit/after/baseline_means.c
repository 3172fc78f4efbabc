/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Means of curves exp(-H0(t) exp(x'b)) over rows, and of the areas under them: values, and derivatives by the coefficients and by the steps of H0.
 *
 * H0 moves with the coefficients too, by -(integral of the mean at risk less `at`) (Tsiatis 1981, doi:10.1214/aos/1176345335), which is part of the
 * gradient; what is left is H0 with the coefficients known. An area up to t is the sum of the curve at the steps before t times their widths.
 * Weakness: a mean of areas costs rows x steps exponentials. */
#include "fit/after/baseline_means.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "fit/after/after.h"
#include "fit/survival/cox.h"

#include <math.h>
#include <string.h>

#define ROWS_A_BLOCK ((size_t)256)
#define MOST_BLOCKS ((size_t)64)

bool mlab_baseline_means_apply(const mlab_fit *fit, mlab_scale scale)
{
    return fit->baseline && fit->baseline->variance && fit->baseline->mean && fit->n_random == 0 && fit->n_blocks == 1 &&
           scale >= MLAB_SCALE_SURVIVAL && mlab_predict_width_at(fit, scale, 1) == 1;
}

mlab_status mlab_baseline_means_make(const mlab_context *context, const mlab_fit *fit, size_t n, mlab_baseline_means *means, mlab_error *err)
{
    size_t p = fit->n_parameters, steps = fit->baseline->n;
    *means = (mlab_baseline_means){.context = context, .n = n, .n_parameters = p, .n_steps = steps};
    means->value = mlab_allocate(context, n, sizeof *means->value);
    means->gradient = mlab_allocate(context, n, (p ? p : 1) * sizeof *means->gradient);
    means->weight = mlab_allocate(context, n, steps * sizeof *means->weight);
    if (means->value && means->gradient && means->weight) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_MEMORY, "%s: no memory for the errors of %zu means over %zu steps of the baseline", fit->outcome, n, steps);
}

void mlab_baseline_means_free(mlab_baseline_means *means)
{
    void *const memory[] = {means->value, means->gradient, means->weight};
    for (size_t k = 0; means->context && k < sizeof memory / sizeof *memory; k++) mlab_release(means->context, memory[k]);
    *means = (mlab_baseline_means){0};
}

/* --- sums over rows ----------------------------------------------------------------------------------------------- */

/* Of every step that is wanted: weights of its stratum's rows times the survival, its derivative by the predictor, and that times x - at. */
typedef struct summing {
    const mlab_context *context;
    const mlab_fit *fit;
    const mlab_average_rows *rows;
    const uint8_t *wanted; /* [n_steps] */
    size_t n_blocks, part, wide;
    double *sums; /* [n_blocks * part]: of each stratum its weight, then of each step [wide] */
} summing;

static void add_row(const summing *s, size_t stratum, double weight, double ratio, const double *x, double *part)
{
    const mlab_baseline *b = s->fit->baseline;
    size_t p = b->n_columns;
    part[stratum] += weight;
    for (size_t k = b->first[stratum]; k < b->first[stratum + 1]; k++) {
        if (!s->wanted[k]) continue;
        double hazard = b->cumulative_hazard[k] * ratio, survival = mlab_exp(-hazard), slope = -weight * hazard * survival;
        double *to = part + b->n_strata + k * s->wide;
        to[0] += weight * survival;
        to[1] += slope;
        for (size_t j = 0; j < p; j++) to[2 + j] += slope * (x[j] - b->at[j]);
    }
}

static mlab_status sum_some(const summing *s, size_t first, size_t n, double *x, double *offset, uint32_t *stratum, double *part, mlab_error *err)
{
    const mlab_fit *fit = s->fit;
    const mlab_average_rows *rows = s->rows;
    const uint32_t *row = rows->row ? rows->row + first : NULL;
    size_t columns = mlab_design_columns(fit->design), skip = mlab_fit_first_column(fit);
    double at = mlab_baseline_predictor(fit->baseline, fit->estimate);
    mlab_status status = mlab_design_fill(fit->design, rows->table, row, first, n, x, offset, err);
    memset(stratum, 0, n * sizeof *stratum);
    if (!status && fit->baseline->n_strata > 1) status = mlab_baseline_strata(s->context, fit, rows->table, row, first, n, stratum, err);
    for (size_t i = 0; i < n && !status; i++) {
        double eta;
        const double *own = x + i * columns + skip;
        mlab_fit_predictors_fill(fit, fit->estimate, own, offset[i] + (rows->offset ? rows->offset[first + i] : 0), &eta);
        add_row(s, stratum[i], rows->weight ? rows->weight[first + i] : 1, mlab_exp(fmin(eta - at, 700)), own, part);
    }
    return status;
}

static mlab_status sum_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    const summing *s = work;
    size_t n = s->rows->n, first = block * n / s->n_blocks, last = (block + 1) * n / s->n_blocks;
    double *x = scratch, *offset = x + ROWS_A_BLOCK * mlab_design_columns(s->fit->design);
    uint32_t *stratum = (void *)(offset + ROWS_A_BLOCK);
    for (size_t at = first; at < last; at += ROWS_A_BLOCK) {
        size_t some = last - at < ROWS_A_BLOCK ? last - at : ROWS_A_BLOCK;
        mlab_status status = sum_some(s, at, some, x, offset, stratum, s->sums + block * s->part, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* total [part] */
static mlab_status sum_rows(summing *s, double *total, mlab_error *err)
{
    size_t scratch = ROWS_A_BLOCK * (mlab_design_columns(s->fit->design) + 2) * sizeof(double);
    s->n_blocks = (s->rows->n + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK;
    if (s->n_blocks > MOST_BLOCKS) s->n_blocks = MOST_BLOCKS;
    s->sums = mlab_allocate(s->context, s->n_blocks, s->part * sizeof *s->sums);
    if (!s->sums) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for means of %s", s->fit->outcome);
    mlab_status status = mlab_parallel_blocks(s->context, NULL, s->n_blocks, scratch, sum_block, s, err);
    if (!status) mlab_sum_blocks(s->sums, s->n_blocks, s->part, total);
    mlab_release(s->context, s->sums);
    return status;
}

/* --- means ------------------------------------------------------------------------------------------------------- */

/* Steps of a stratum at or before time t; before it for areas. */
static size_t steps_up_to(const mlab_baseline *b, size_t stratum, bool area, double t)
{
    size_t k = b->first[stratum];
    while (k < b->first[stratum + 1] && (area ? b->time[k] < t : b->time[k] <= t)) k++;
    return k;
}

/* Mean c gets `width` times the curve at step k. */
static void add_step(mlab_baseline_means *means, size_t c, const mlab_baseline *b, size_t k, double width, const double *sums)
{
    size_t p = means->n_parameters;
    double by = b->cumulative_hazard[k] > 0 ? width * sums[1] / b->cumulative_hazard[k] : 0; /* by the cumulative hazard there */
    means->value[c] += width * sums[0];
    means->weight[c * means->n_steps + k] += by;
    for (size_t j = 0; j < p; j++) means->gradient[c * p + j] += width * sums[2 + j] - by * b->mean[k * p + j];
}

static void add_stratum(mlab_baseline_means *means, size_t c, const mlab_baseline *b, size_t stratum, bool area, double t, double share,
                        const double *sums, size_t wide)
{
    size_t first = b->first[stratum], last = steps_up_to(b, stratum, area, t);
    if (!area) {
        if (last == first)
            means->value[c] += share;
        else
            add_step(means, c, b, last - 1, 1, sums + (last - 1) * wide);
        return;
    }
    means->value[c] += share * (last > first ? b->time[first] : t);
    for (size_t k = first; k < last; k++) add_step(means, c, b, k, (k + 1 < last ? b->time[k + 1] : t) - b->time[k], sums + k * wide);
}

/* Incidence is 1 less the curve, time lost to it t less the area. */
static void turn(mlab_baseline_means *means, size_t c, double whole)
{
    means->value[c] = whole - means->value[c];
    for (size_t j = 0; j < means->n_parameters; j++) means->gradient[c * means->n_parameters + j] *= -1;
    for (size_t k = 0; k < means->n_steps; k++) means->weight[c * means->n_steps + k] *= -1;
}

mlab_status mlab_baseline_means_fill(mlab_baseline_means *means, size_t at, const mlab_fit *fit, mlab_scale scale, const double *times,
                                     size_t n_times, const mlab_average_rows *rows, mlab_error *err)
{
    const mlab_baseline *b = fit->baseline;
    summing s = {.context = means->context, .fit = fit, .rows = rows, .wide = 2 + b->n_columns};
    s.part = b->n_strata + b->n * s.wide;
    uint8_t *wanted = mlab_allocate(means->context, b->n, 1);
    double *total = mlab_allocate(means->context, s.part, sizeof *total), weight = 0;
    mlab_status status = wanted && total ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for means of %s", fit->outcome);
    for (size_t t = 0; t < n_times && !status; t++)
        for (size_t stratum = 0; stratum < b->n_strata; stratum++) {
            size_t last = steps_up_to(b, stratum, mlab_scale_is_time(scale), times[t]);
            for (size_t k = mlab_scale_is_time(scale) || last == b->first[stratum] ? b->first[stratum] : last - 1; k < last; k++) wanted[k] = 1;
        }
    s.wanted = wanted;
    if (!status) status = sum_rows(&s, total, err);
    for (size_t stratum = 0; stratum < b->n_strata && !status; stratum++) weight += total[stratum];
    if (!status && !(weight > 0)) status = mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: a mean of predictions of no rows", fit->outcome);
    for (size_t k = 0; k < s.part && !status; k++) total[k] /= weight;
    for (size_t t = 0; t < n_times && !status; t++) {
        for (size_t stratum = 0; stratum < b->n_strata; stratum++)
            add_stratum(means, at + t, b, stratum, mlab_scale_is_time(scale), times[t], total[stratum], total + b->n_strata, s.wide);
        if (scale == MLAB_SCALE_INCIDENCE || scale == MLAB_SCALE_LOST) turn(means, at + t, scale == MLAB_SCALE_LOST ? times[t] : 1);
    }
    mlab_release(means->context, wanted);
    mlab_release(means->context, total);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over the influence of rows on a cumulative baseline hazard, in time linear in rows and steps.
 *
 * Between the times at which a row enters or leaves, its influence is a row's own few numbers times functions of the time that all rows share
 * (integrals of the hazard over the sum at risk). So sums over rows are sums of these numbers, kept up to date, times the functions: nothing of
 * rows x steps is made. Squares of the influence of groups need the sums of the products of their numbers.
 * Weakness: running sums of products lose digits where a group's influence is small beside its parts, as of rows that enter late and leave soon. */
#include "fit/survival/steps.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

enum { F = MLAB_STEP_BASES };

mlab_status mlab_steps_make(const mlab_context *context, const mlab_baseline *baseline, size_t most, mlab_steps *steps, mlab_error *err)
{
    *steps = (mlab_steps){.context = context, .baseline = baseline, .most = most};
    steps->basis = mlab_allocate(context, baseline->n, F * sizeof *steps->basis);
    steps->change = mlab_reallocate(context, NULL, most ? most : 1, sizeof *steps->change);
    steps->start = mlab_allocate(context, baseline->n + 2, sizeof *steps->start);
    if (steps->basis && steps->change && steps->start && most <= UINT32_MAX && baseline->n <= UINT32_MAX) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of rows on %zu steps of a baseline", baseline->n);
}

void mlab_steps_free(mlab_steps *steps)
{
    void *const memory[] = {steps->basis, steps->change, steps->order, steps->start};
    for (size_t k = 0; steps->context && k < sizeof memory / sizeof *memory; k++) mlab_release(steps->context, memory[k]);
    *steps = (mlab_steps){0};
}

void mlab_steps_change(mlab_steps *steps, size_t step, size_t end, uint32_t row, const double by[F])
{
    if (step >= end) return;
    mlab_step_change *to = &steps->change[steps->n++];
    to->step = (uint32_t)step;
    to->row = row;
    memcpy(to->by, by, sizeof to->by);
}

/* By step; within a step as the model made them. */
mlab_status mlab_steps_sort(mlab_steps *steps, mlab_error *err)
{
    size_t *start = steps->start;
    steps->order = mlab_reallocate(steps->context, NULL, steps->n ? steps->n : 1, sizeof *steps->order);
    if (!steps->order) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to sort the influence of rows");
    for (size_t i = 0; i < steps->n; i++) start[steps->change[i].step + 2]++;
    for (size_t k = 2; k < steps->baseline->n + 2; k++) start[k] += start[k - 1];
    for (size_t i = 0; i < steps->n; i++) steps->order[start[steps->change[i].step + 1]++] = (uint32_t)i;
    return MLAB_OK;
}

static inline size_t group_of(const mlab_step_groups *groups, uint32_t row)
{
    return groups->group ? groups->group[row] : row;
}

static inline void scaled(const mlab_step_groups *groups, const mlab_step_change *change, double by[F])
{
    double scale = groups->scale ? groups->scale[change->row] : 1;
    for (int f = 0; f < F; f++) by[f] = scale * change->by[f];
}

/* --- squares ------------------------------------------------------------------------------------------------ */

typedef struct squares {
    const double *influence;
    size_t p;
    double *own;            /* [n_groups * F] coefficients of each group */
    double product[F * F];  /* lower half: sums of products over groups */
    double *with_influence; /* [F * p] */
} squares;

static void take(squares *s, size_t group, const double by[F])
{
    double *own = s->own + group * F;
    for (int a = 0; a < F; a++)
        for (int b = 0; b <= a; b++) s->product[a * F + b] += own[a] * by[b] + by[a] * own[b] + by[a] * by[b];
    for (int a = 0; a < F; a++) {
        own[a] += by[a];
        for (size_t j = 0; j < s->p && by[a] != 0; j++) s->with_influence[(size_t)a * s->p + j] += by[a] * s->influence[group * s->p + j];
    }
}

/* Those of a stratum that is done start at 0 again. */
static void forget(const mlab_steps *steps, const mlab_step_groups *groups, size_t first, size_t end, squares *s)
{
    for (size_t i = steps->start[first]; i < steps->start[end]; i++)
        memset(s->own + group_of(groups, steps->change[steps->order[i]].row) * F, 0, F * sizeof(double));
    memset(s->product, 0, sizeof s->product);
    memset(s->with_influence, 0, F * s->p * sizeof(double));
}

mlab_status mlab_steps_errors(const mlab_steps *steps, const mlab_step_groups *groups, const double *influence, size_t p, double factor,
                              double *variance, double *covariance, mlab_error *err)
{
    const mlab_baseline *b = steps->baseline;
    squares s = {.influence = influence, .p = p};
    s.own = mlab_allocate(steps->context, groups->n_groups, F * sizeof *s.own);
    s.with_influence = mlab_allocate(steps->context, F, (p ? p : 1) * sizeof *s.with_influence);
    mlab_status status = s.own && s.with_influence ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of a baseline");
    for (size_t stratum = 0; stratum < b->n_strata && !status; stratum++) {
        for (size_t k = b->first[stratum]; k < b->first[stratum + 1]; k++) {
            for (size_t i = steps->start[k]; i < steps->start[k + 1]; i++) {
                const mlab_step_change *change = &steps->change[steps->order[i]];
                double by[F];
                scaled(groups, change, by);
                take(&s, group_of(groups, change->row), by);
            }
            const double *basis = steps->basis + k * F;
            for (int a = 0; a < F; a++) {
                for (int c = 0; c < a; c++) variance[k] += 2 * factor * basis[a] * basis[c] * s.product[a * F + c];
                variance[k] += factor * basis[a] * basis[a] * s.product[a * F + a];
                for (size_t j = 0; j < p; j++) covariance[k * p + j] += factor * basis[a] * s.with_influence[(size_t)a * p + j];
            }
        }
        forget(steps, groups, b->first[stratum], b->first[stratum + 1], &s);
    }
    mlab_release(steps->context, s.own);
    mlab_release(steps->context, s.with_influence);
    return status;
}

/* --- sums ------------------------------------------------------------------------------------------------- */

void mlab_steps_towards(const mlab_steps *steps, const mlab_step_groups *groups, const double *multiplier, double *out)
{
    const mlab_baseline *b = steps->baseline;
    for (size_t stratum = 0; stratum < b->n_strata; stratum++) {
        double sum[F] = {0};
        for (size_t k = b->first[stratum]; k < b->first[stratum + 1]; k++) {
            for (size_t i = steps->start[k]; i < steps->start[k + 1]; i++) {
                const mlab_step_change *change = &steps->change[steps->order[i]];
                double by[F], times = multiplier[group_of(groups, change->row)];
                scaled(groups, change, by);
                for (int f = 0; f < F; f++) sum[f] += times * by[f];
            }
            out[k] = 0;
            for (int f = 0; f < F; f++) out[k] += sum[f] * steps->basis[k * F + (size_t)f];
        }
    }
}

void mlab_steps_sum(const mlab_steps *steps, const mlab_step_groups *groups, const double *weight, double *room, double *into)
{
    const mlab_baseline *b = steps->baseline;
    for (size_t stratum = 0; stratum < b->n_strata; stratum++)
        for (size_t k = b->first[stratum + 1]; k-- > b->first[stratum];)
            for (size_t f = 0; f < F; f++)
                room[k * F + f] = weight[k] * steps->basis[k * F + f] + (k + 1 < b->first[stratum + 1] ? room[(k + 1) * F + f] : 0);
    for (size_t i = 0; i < steps->n; i++) {
        const mlab_step_change *change = &steps->change[steps->order[i]];
        double by[F], sum = 0;
        scaled(groups, change, by);
        for (size_t f = 0; f < F; f++) sum += by[f] * room[change->step * F + f];
        into[group_of(groups, change->row)] += sum;
    }
}

mlab_status mlab_baseline_clear_errors(const mlab_context *context, mlab_baseline *baseline, mlab_error *err)
{
    size_t p = baseline->n_columns ? baseline->n_columns : 1;
    if (!baseline->variance) baseline->variance = mlab_allocate(context, baseline->n, sizeof *baseline->variance);
    if (!baseline->covariance) baseline->covariance = mlab_allocate(context, baseline->n, p * sizeof *baseline->covariance);
    if (!baseline->variance || !baseline->covariance)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the errors of a baseline of %zu steps", baseline->n);
    memset(baseline->variance, 0, baseline->n * sizeof *baseline->variance);
    memset(baseline->covariance, 0, baseline->n * baseline->n_columns * sizeof *baseline->covariance);
    return MLAB_OK;
}

mlab_status mlab_baseline_robust(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, double factor, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_steps steps;
    mlab_step_groups groups = {.group = problem->cluster, .n_groups = problem->cluster ? problem->n_clusters : problem->n};
    if (!fit->baseline || !fit->robust || !fit->influence) return MLAB_OK;
    mlab_status status = prepared->model->steps(context, prepared, fit, &steps, err);
    if (!status) status = mlab_baseline_clear_errors(context, fit->baseline, err);
    if (!status)
        status =
            mlab_steps_errors(&steps, &groups, fit->influence, fit->n_parameters, factor, fit->baseline->variance, fit->baseline->covariance, err);
    mlab_steps_free(&steps);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /fits/<outcome>/baseline: the cumulative baseline hazard. Steps of fewer than five events are joined to the next, the last ones to those before
 * them, and strata of fewer than five events have none, so that no step tells of a few people; in a file without people these
 * have no name, which may be that of a person. */
#include "store/stages.h"

#include "core/memory.h"

#include <string.h>

enum { LEAST_EVENTS = 5 };

static void copy_step(const mlab_baseline *from, size_t k, double events, mlab_baseline *to)
{
    size_t at = to->n++, p = from->n_columns;
    to->time[at] = from->time[k];
    to->events[at] = events;
    to->cumulative_hazard[at] = from->cumulative_hazard[k];
    if (from->variance) to->variance[at] = from->variance[k];
    for (size_t j = 0; from->mean && j < p; j++) to->mean[at * p + j] = from->mean[k * p + j];
    for (size_t j = 0; from->covariance && j < p; j++) to->covariance[at * p + j] = from->covariance[k * p + j];
}

size_t mlab_store_kept_steps(const mlab_baseline *baseline, size_t *kept)
{
    size_t n = 0;
    for (size_t s = 0; s < baseline->n_strata; s++) {
        size_t began = n, last = baseline->first[s + 1];
        double events = 0;
        for (size_t k = baseline->first[s]; k < last; k++) {
            events += baseline->events[k];
            if (events < LEAST_EVENTS) continue;
            kept[n++] = k;
            events = 0;
        }
        if (events > 0 && n > began) kept[n - 1] = last - 1;
    }
    return n;
}

static void join_stratum(const mlab_baseline *from, size_t stratum, mlab_baseline *to)
{
    size_t began = to->n, last = from->first[stratum + 1];
    double events = 0;
    for (size_t k = from->first[stratum]; k < last; k++) {
        events += from->events[k];
        if (events < LEAST_EVENTS) continue;
        copy_step(from, k, events, to);
        events = 0;
    }
    if (events > 0 && to->n > began) {
        events += to->events[--to->n];
        copy_step(from, last - 1, events, to);
    }
    to->first[stratum + 1] = to->n - began;
}

/* first: numbers of steps, not their sums. */
static void put_steps(const mlab_h5_group *group, const mlab_baseline *baseline)
{
    mlab_h5_dimension_numbers(group, "step", 0, baseline->n, "1", "step; those of fewer than five events are joined to the next");
    mlab_h5_put(group, "time", "step", MLAB_H5_REAL, baseline->time, "1", "time in the unit of the data");
    mlab_h5_put(group, "events", "step", MLAB_H5_REAL, baseline->events, "1", "weight of the events");
    mlab_h5_put(group, "cumulative_hazard", "step", MLAB_H5_REAL, baseline->cumulative_hazard, "1", "cumulative baseline hazard");
    if (baseline->variance)
        mlab_h5_put(group, "variance", "step", MLAB_H5_REAL, baseline->variance, "1", "variance of it with the coefficients known");
    if (baseline->mean)
        mlab_h5_put(group, "mean", "step column", MLAB_H5_REAL, baseline->mean, "1", "integral of the columns' mean at risk, less at, by the hazard");
    if (baseline->covariance)
        mlab_h5_put(group, "covariance", "step column", MLAB_H5_REAL, baseline->covariance, "1", "robust covariance of it and the coefficients");
}

static void put_strata(const mlab_h5_group *group, const mlab_baseline *baseline, const size_t *steps)
{
    size_t n = baseline->n_strata;
    uint64_t *count = mlab_allocate(group->file->context, n, sizeof *count);
    if (!count) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write %zu strata", n);
    for (size_t s = 0; count && s < n; s++) count[s] = steps[s];
    char **names = baseline->strata ? mlab_allocate(group->file->context, n, sizeof *names) : NULL;
    if (baseline->strata && !names) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write %zu strata", n);
    for (size_t s = 0; names && s < n; s++) names[s] = group->file->without_people && steps[s] == 0 ? (char *)"" : baseline->strata[s];
    if (names)
        mlab_h5_dimension_texts(group, "stratum", names, n, "stratum; those of fewer than five events have no steps");
    else
        mlab_h5_dimension_numbers(group, "stratum", 0, n, "1", "stratum; those of fewer than five events have no steps");
    if (count)
        mlab_h5_put(group, "steps", "stratum", MLAB_H5_COUNT, count, "step", "steps of the stratum, which stand after those of the one before");
    if (baseline->n_stratum_columns)
        mlab_h5_dimension_texts(group, "stratum_column", baseline->stratum_column, baseline->n_stratum_columns, "column that makes the strata");
    mlab_release(group->file->context, names);
    mlab_release(group->file->context, count);
}

void mlab_store_put_baseline(const mlab_h5_group *fit, const mlab_baseline *baseline)
{
    if (!baseline) return;
    const mlab_context *context = fit->file->context;
    mlab_h5_group group = mlab_h5_group_make(fit, "baseline");
    size_t n = baseline->n + 1, p = baseline->n_columns;
    mlab_baseline joined = *baseline;
    double *memory = mlab_allocate(context, n, (4 + 2 * p) * sizeof *memory);
    joined.first = mlab_allocate(context, baseline->n_strata + 1, sizeof *joined.first);
    joined.n = 0;
    if (!memory || !joined.first)
        mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write a baseline");
    else {
        joined.time = memory;
        joined.events = memory + n;
        joined.cumulative_hazard = memory + 2 * n;
        if (baseline->variance) joined.variance = memory + 3 * n;
        if (baseline->mean) joined.mean = memory + 4 * n;
        if (baseline->covariance) joined.covariance = memory + (4 + p) * n;
        for (size_t s = 0; s < baseline->n_strata; s++) join_stratum(baseline, s, &joined);
        mlab_h5_put_real(&group, "offset", baseline->offset, "1", "offset at which the hazard stands");
        mlab_h5_dimension_numbers(&group, "column", 0, p, "1", "column of the design used by the fit");
        mlab_h5_put(&group, "at", "column", MLAB_H5_REAL, baseline->at, "1", "value of the column at which the hazard stands");
        put_steps(&group, &joined);
        put_strata(&group, baseline, joined.first + 1);
    }
    mlab_release(context, memory);
    mlab_release(context, joined.first);
    mlab_h5_group_close(&group);
}

static void get_strata(const mlab_h5_group *group, mlab_baseline *baseline)
{
    const mlab_context *context = group->file->context;
    bool told = mlab_h5_has(group, "stratum"); /* files of before strata were kept have one without a name */
    size_t n = told ? mlab_h5_size(group, "stratum") : 1;
    uint64_t *steps = told ? mlab_h5_get(group, "steps", MLAB_H5_COUNT, n) : NULL;
    baseline->n_strata = n;
    baseline->first = mlab_allocate(context, n + 1, sizeof *baseline->first);
    if (!baseline->first) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read %zu strata", n);
    for (size_t s = 0; steps && baseline->first && s < n; s++) {
        if (steps[s] > baseline->n - baseline->first[s]) {
            mlab_h5_fail(group->file, MLAB_ERR_STORE_READ, "%s: the strata have more steps than the %zu there are", group->file->path, baseline->n);
            break;
        }
        baseline->first[s + 1] = baseline->first[s] + (size_t)steps[s];
    }
    if (!told && baseline->first) baseline->first[1] = baseline->n;
    mlab_release(context, steps);
    if (group->file->status || !mlab_h5_has(group, "stratum_column")) return;
    baseline->strata = mlab_h5_get_texts(group, "stratum", n);
    baseline->n_stratum_columns = mlab_h5_size(group, "stratum_column");
    baseline->stratum_column = mlab_h5_get_texts(group, "stratum_column", baseline->n_stratum_columns);
}

mlab_baseline *mlab_store_get_baseline(const mlab_h5_group *fit)
{
    if (!mlab_h5_has(fit, "baseline")) return NULL;
    mlab_h5_group group = mlab_h5_group_get(fit, "baseline");
    mlab_baseline *baseline = mlab_allocate(fit->file->context, 1, sizeof *baseline);
    if (!baseline)
        mlab_h5_fail(fit->file, MLAB_ERR_MEMORY, "no memory to read a baseline");
    else {
        size_t n = baseline->n = mlab_h5_size(&group, "step"), p = baseline->n_columns = mlab_h5_size(&group, "column");
        baseline->offset = mlab_h5_get_real(&group, "offset");
        baseline->at = mlab_h5_get(&group, "at", MLAB_H5_REAL, p);
        baseline->time = mlab_h5_get(&group, "time", MLAB_H5_REAL, n);
        baseline->events = mlab_h5_get(&group, "events", MLAB_H5_REAL, n);
        baseline->cumulative_hazard = mlab_h5_get(&group, "cumulative_hazard", MLAB_H5_REAL, n);
        if (mlab_h5_has(&group, "variance")) baseline->variance = mlab_h5_get(&group, "variance", MLAB_H5_REAL, n);
        if (mlab_h5_has(&group, "mean")) baseline->mean = mlab_h5_get(&group, "mean", MLAB_H5_REAL, n * p);
        if (mlab_h5_has(&group, "covariance")) baseline->covariance = mlab_h5_get(&group, "covariance", MLAB_H5_REAL, n * p);
        get_strata(&group, baseline);
    }
    mlab_h5_group_close(&group);
    return baseline;
}

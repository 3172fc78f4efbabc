/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a parametric survival fit: times checked and their logarithms taken once, the design in tiles, aliased columns found. */
#include "fit/survival/times.h"

#include "fit/engine.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>

static mlab_status wrong_time(const mlab_fit_problem *problem, size_t i, int32_t found, const char *what, const char *allowed, mlab_error *err)
{
    size_t row = problem->rows ? problem->rows[i] : i;
    const mlab_table *table = problem->table;
    mlab_place place = table && table->lines ? mlab_place_cell(table->file, table->lines[row], 0, NULL) : mlab_place_text("", 0, 0);
    return mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &place, "%s: the %s of row %zu is %d; allowed: %s",
                         problem->outcome ? problem->outcome : "outcome", what, row + 1, (int)found, allowed);
}

static mlab_status set_times(const mlab_context *context, mlab_times *times, mlab_error *err)
{
    const mlab_fit_problem *problem = times->problem;
    bool late = false;
    for (size_t i = 0; i < problem->n; i++) {
        if (problem->stop[i] <= 0) return wrong_time(problem, i, problem->stop[i], "time", "more than 0", err);
        if (problem->start && problem->start[i] < 0) return wrong_time(problem, i, problem->start[i], "start", "0 or more", err);
        late = late || (problem->start && problem->start[i] > 0);
    }
    times->stop = mlab_allocate(context, problem->n, sizeof *times->stop);
    times->log_stop = mlab_allocate(context, problem->n, sizeof *times->log_stop);
    if (late) {
        times->start = mlab_allocate(context, problem->n, sizeof *times->start);
        times->log_start = mlab_allocate(context, problem->n, sizeof *times->log_start);
    }
    if (!times->stop || !times->log_stop || (late && (!times->start || !times->log_start)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu times", problem->n);
    for (size_t i = 0; i < problem->n; i++) {
        times->stop[i] = problem->stop[i];
        if (late) times->start[i] = problem->start[i];
    }
    mlab_log_array(context, times->stop, times->log_stop, problem->n);
    for (size_t i = 0; late && i < problem->n; i++) times->log_start[i] = times->start[i] > 0 ? mlab_log(times->start[i]) : 0;
    return MLAB_OK;
}

mlab_status mlab_times_prepare(const mlab_context *context, mlab_prepared *prepared, const mlab_time_family *family, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_times *times = mlab_allocate(context, 1, sizeof *times);
    if (!times) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit");
    prepared->own = times;
    times->problem = problem;
    times->family = family;
    times->p = prepared->n_columns;
    times->n_ancillary = prepared->n_ancillary;
    times->n = times->p + times->n_ancillary;
    times->intercept = prepared->first_column == 0 && mlab_design_has_intercept(problem->design);
    times->aliased = mlab_allocate(context, times->n, 1);
    times->scale = mlab_allocate(context, times->n, sizeof *times->scale);
    if (!times->aliased || !times->scale) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", times->n);
    mlab_status status = set_times(context, times, err);
    if (status) return status;
    size_t bytes = problem->n_random ? SIZE_MAX : problem->keep_bytes ? problem->keep_bytes : MLAB_PREPARED_BYTES; /* a frailty reads it by group */
    status = mlab_tiles_make(context, problem, prepared->first_column, times->intercept, times->intercept, bytes, &times->tiles, err);
    if (!status) status = mlab_find_aliased(context, times->tiles, false, times->intercept, times->aliased, err);
    for (size_t j = 0; !status && j < times->n; j++) times->scale[j] = j < times->p && times->tiles->reach[j] > 0 ? times->tiles->reach[j] : 1;
    return status;
}

void mlab_times_release(const mlab_context *context, void *own)
{
    mlab_times *times = own;
    if (!times) return;
    mlab_tiles_free(times->tiles);
    void *parts[] = {times->stop, times->log_stop, times->start, times->log_start, times->aliased, times->scale, times->knots, times};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) mlab_release(context, parts[k]);
}

void mlab_times_uncentre(const mlab_times *times, double *v, double sign)
{
    double sum = 0;
    if (sign > 0) mlab_tiles_unmix(times->tiles, v);
    for (size_t j = 0; j < times->p; j++) sum += times->tiles->centre[j] * v[j];
    if (sign < 0) mlab_tiles_remix(times->tiles, v);
    if (times->intercept) v[0] -= sign * sum;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of the rows without a pass of derivatives: numbers that a family allows, what is taken off them, where a log-linear mean starts,
 * predictors, counts of categories. */
#include "fit/engine.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static mlab_status check_numbers(const mlab_fit_problem *problem, const mlab_family *family, mlab_error *err)
{
    for (size_t i = 0; family->bounded && i < problem->n; i++) {
        double y = problem->number[i];
        if ((family->above ? y > family->least : y >= family->least) && (!family->whole || y == floor(y))) continue;
        size_t row = problem->rows ? problem->rows[i] : i;
        const mlab_table *table = problem->table;
        mlab_place place = table && table->lines ? mlab_place_cell(table->file, table->lines[row], 0, NULL) : mlab_place_text("", 0, 0);
        return mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &place, "%s: the response of row %zu is %.10g; allowed: %s %s %g",
                             problem->outcome ? problem->outcome : "outcome", row + 1, y, family->whole ? "whole numbers" : "numbers",
                             family->above ? "above" : "from", family->least);
    }
    return MLAB_OK;
}

mlab_status mlab_engine_numbers(const mlab_context *context, mlab_engine *engine, mlab_error *err)
{
    const mlab_fit_problem *problem = engine->problem;
    const mlab_family *family = engine->family;
    bool shifts = family->additive && engine->intercept;
    engine->number = problem->number;
    if (!problem->number) return MLAB_OK;
    mlab_status status = check_numbers(problem, family, err);
    if (status) return status;
    if (!shifts && !family->log_number) return MLAB_OK;
    engine->own_number = mlab_allocate(context, problem->n, sizeof *engine->own_number);
    if (!engine->own_number) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu numbers", problem->n);
    for (size_t i = 0; i < problem->n; i++) engine->own_number[i] = family->log_number ? mlab_log(problem->number[i]) : problem->number[i];
    engine->shift = shifts ? engine->own_number[0] : 0;
    for (size_t i = 0; i < problem->n; i++) engine->own_number[i] -= engine->shift;
    engine->number = engine->own_number;
    return MLAB_OK;
}

double mlab_engine_log_mean(const mlab_pass *pass)
{
    double sum = 0, weights = 0;
    for (size_t i = 0; i < pass->engine->problem->n; i++) {
        double w = pass->weight ? pass->weight[i] : 1;
        sum += w * pass->engine->number[i];
        weights += w;
    }
    return sum > 0 ? mlab_log(sum / weights) : -1;
}

mlab_status mlab_pass_predictors(const mlab_pass *pass, const double *parameters, double *eta, mlab_error *err)
{
    const mlab_tiles *tiles = pass->engine->tiles;
    const mlab_kernels *kernels = mlab_kernels_of(pass->context);
    double *scratch = mlab_allocate(pass->context, mlab_tiles_scratch(tiles) + MLAB_TILE, sizeof *scratch);
    if (!scratch) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the predictors of %zu rows", tiles->n);
    double *out = scratch + mlab_tiles_scratch(tiles);
    mlab_status status = MLAB_OK;
    for (size_t tile = 0; tile < tiles->n_tiles && !status; tile++) {
        const double *x, *offset;
        size_t rows = mlab_tiles_rows(tiles, tile), n = mlab_whole_lanes(rows);
        if ((status = mlab_tiles_get(tiles, tile, scratch, &x, &offset, err))) break;
        memcpy(out, offset, n * sizeof *out);
        kernels->predict(x, pass->engine->p, parameters + pass->engine->n_thresholds, n, out);
        memcpy(eta + tile * MLAB_TILE, out, rows * sizeof *out);
    }
    mlab_release(pass->context, scratch);
    return status;
}

void mlab_pass_counts(const mlab_pass *pass, double *counts)
{
    enum { LANES = 4, MOST = 64 };
    const mlab_fit_problem *problem = pass->engine->problem;
    size_t k = problem->n_categories, lanes = k <= MOST ? LANES : 1; /* side by side, since a sum waits for the one before it */
    double own[LANES * MOST] = {0}, *into = k <= MOST ? own : counts;
    for (size_t i = 0; i < problem->n; i++) into[i % lanes * k + (size_t)problem->category[i]] += pass->weight ? pass->weight[i] : 1;
    for (size_t at = 0; at < lanes * k && into == own; at++) counts[at % k] += own[at];
}

const char *mlab_no_variation(const mlab_fit_problem *problem)
{
    double first = NAN;
    bool varies = false;
    for (size_t i = 0; i < problem->n; i++) {
        if (problem->weight && problem->weight[i] == 0) continue;
        if (isnan(first)) first = problem->number[i];
        varies = varies || problem->number[i] != first;
    }
    return varies ? "every number is its fitted mean, and nothing is left over that errors could be told from"
                  : "the response does not vary: every row has the same number";
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Score and information of single rows and of groups of them: derivatives by predictors come from one pass of the engine, columns from the
 * design, row by row, centred and mixed as the engine has them. */
#include "fit/after/rows.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/families/ordinal_effects.h"
#include "fit/small.h"

#include <string.h>

/* Position of the parameter of column j of block k. */
static size_t place(const mlab_row_parts *parts, size_t k, size_t j)
{
    return parts->engine.n_thresholds + k * parts->engine.p + j;
}

void mlab_row_outward(const mlab_row_parts *parts, double *v)
{
    mlab_engine_uncentre(&parts->engine, v, 1);
}

void mlab_row_parts_free(mlab_row_parts *parts)
{
    if (!parts->context) return;
    void *const memory[] = {parts->parts, parts->parameters, parts->free, parts->factor};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(parts->context, memory[k]);
    *parts = (mlab_row_parts){0};
}

static mlab_status factorise(mlab_row_parts *made, mlab_error *err)
{
    const mlab_engine *engine = &made->engine;
    size_t n = made->n_parameters, q = made->q;
    double *information = mlab_allocate(made->context, n, n * sizeof *information), *score = mlab_allocate(made->context, n, sizeof *score), sum;
    mlab_status status = MLAB_OK;
    made->factor = mlab_allocate(made->context, q, q * sizeof *made->factor);
    if (!information || !score || !made->factor) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", n);
        goto out;
    }
    mlab_pass pass = {made->context, engine, made->prepared->problem->weight, 1, false};
    if ((status = mlab_pass_evaluate(&pass, made->parameters, &sum, score, information, err))) goto out;
    for (size_t a = 0; a < q; a++)
        for (size_t b = 0; b <= a; b++) made->factor[a * q + b] = made->factor[b * q + a] = information[made->free[b] * n + made->free[a]];
    if (!mlab_small_factor(made->factor, q))
        status = mlab_raise(err, MLAB_ERR_FIT_COVARIANCE, "%s: the information is not positive definite",
                            made->prepared->problem->outcome ? made->prepared->problem->outcome : "outcome");
out:
    mlab_release(made->context, information);
    mlab_release(made->context, score);
    return status;
}

mlab_status mlab_row_parts_make(const mlab_context *context, const mlab_prepared *prepared, const double *estimate, const uint8_t *aliased,
                                double shape, mlab_row_parts *made, mlab_error *err)
{
    *made = (mlab_row_parts){.context = context, .prepared = prepared, .engine = *(const mlab_engine *)prepared->own};
    if (shape > 0) made->engine.shape = shape;
    made->n = prepared->problem->n;
    made->n_parameters = prepared->n_parameters;
    made->width = mlab_pass_row_width(&made->engine);
    made->parts = mlab_allocate(context, made->n, made->width * sizeof *made->parts);
    made->parameters = mlab_allocate(context, made->n_parameters, sizeof *made->parameters);
    made->free = mlab_allocate(context, made->n_parameters, sizeof *made->free);
    if (!made->parts || !made->parameters || !made->free) {
        mlab_row_parts_free(made);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu rows", prepared->problem->n);
    }
    for (size_t j = 0; j < made->n_parameters; j++)
        if (!aliased[j]) made->free[made->q++] = j;
    memcpy(made->parameters, estimate, made->n_parameters * sizeof *estimate);
    mlab_engine_inward(&made->engine, made->parameters);
    mlab_pass pass = {context, &made->engine, prepared->problem->weight, 1, false};
    mlab_status status = mlab_pass_rows(&pass, made->parameters, made->parts, err);
    if (!status) status = factorise(made, err);
    if (status) mlab_row_parts_free(made);
    return status;
}

/* --- one row ---------------------------------------------------------------------------------------------- */

mlab_status mlab_row_reader_make(const mlab_row_parts *parts, mlab_row_reader *reader, mlab_error *err)
{
    const mlab_fit_problem *problem = parts->prepared->problem;
    *reader = (mlab_row_reader){.parts = parts};
    mlab_status status = mlab_design_bind(problem->design, problem->table, &reader->bound, err);
    if (status) return status;
    size_t columns = mlab_design_columns(problem->design) + 1, more = parts->engine.effects ? mlab_level_row_room(&parts->engine) : 0;
    reader->x = mlab_allocate(parts->context, columns + more, sizeof *reader->x);
    if (reader->x) {
        reader->room = reader->x + columns;
        return MLAB_OK;
    }
    mlab_row_reader_free(reader);
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a row of the design");
}

void mlab_row_reader_free(mlab_row_reader *reader)
{
    if (!reader->parts) return;
    mlab_design_bound_free(reader->bound);
    mlab_release(reader->parts->context, reader->x);
    *reader = (mlab_row_reader){0};
}

static void add_thresholds(const mlab_row_parts *parts, size_t y, const double *five, const double *x, double *score, double *information)
{
    size_t t = parts->engine.n_thresholds, n = parts->n_parameters;
    if (y < t) score[y] += five[0];
    if (y > 0) score[y - 1] += five[1];
    if (!information) return;
    if (y < t) information[y * n + y] += five[2];
    if (y > 0) information[(y - 1) * n + y - 1] += five[4];
    if (y < t && y > 0) information[(y - 1) * n + y] += five[3];
    for (size_t j = 0; j < parts->engine.p; j++) {
        if (y < t) information[y * n + t + j] -= (five[2] + five[3]) * x[j];
        if (y > 0) information[(y - 1) * n + t + j] -= (five[4] + five[3]) * x[j];
    }
}

/* As mlab_tiles_mix_tile. */
static void mix_row(const mlab_tiles *tiles, double *x)
{
    size_t p = tiles->p;
    for (size_t j = 0; tiles->mix && j < p; j++) {
        if (!tiles->mixed[j]) continue;
        for (size_t k = 0; k < j; k++)
            if (tiles->mixed[k]) x[j] -= tiles->mix[j * p + k] * x[k];
        x[j] /= tiles->mix[j * p + j];
    }
}

mlab_status mlab_row_add(mlab_row_reader *reader, size_t i, double *score, double *information, mlab_error *err)
{
    const mlab_row_parts *parts = reader->parts;
    const mlab_engine *engine = &parts->engine;
    const mlab_fit_problem *problem = parts->prepared->problem;
    uint32_t row = problem->rows ? problem->rows[i] : (uint32_t)i;
    mlab_status status = mlab_design_bound_fill(reader->bound, &row, 0, 1, reader->x, NULL, err);
    if (status) return status;
    double *x = reader->x + engine->tiles->first_column;
    const double *part = parts->parts + i * parts->width, *curvature = part + engine->n_eta;
    size_t n = parts->n_parameters, p = engine->p;
    if (engine->tiles->exact) {
        if ((status = mlab_tiles_exact_row(engine->tiles, i, x, err))) return status;
    } else {
        for (size_t j = 0; j < p; j++) x[j] -= engine->tiles->centre[j];
        mix_row(engine->tiles, x);
    }
    if (engine->effects) {
        mlab_level_row_add(engine, (size_t)problem->category[i], part, x, reader->room, score, information);
        return MLAB_OK;
    }
    for (size_t k = 0; k < engine->n_eta; k++)
        for (size_t j = 0; j < p; j++) score[place(parts, k, j)] += part[k] * x[j];
    for (size_t k = 0; k < engine->n_eta && information; k++)
        for (size_t l = k; l < engine->n_eta; l++) {
            double c = *curvature++;
            for (size_t j = 0; j < p && c != 0; j++) {
                double cx = c * x[j], *into = information + place(parts, k, j) * n + place(parts, l, 0);
                for (size_t m = k == l ? j : 0; m < p; m++) into[m] += cx * x[m];
            }
        }
    if (engine->n_thresholds)
        add_thresholds(parts, (size_t)problem->category[i], part + engine->n_eta + engine->n_eta * (engine->n_eta + 1) / 2, x, score, information);
    return MLAB_OK;
}

/* --- groups ------------------------------------------------------------------------------------------------ */

mlab_status mlab_row_groups_make(const mlab_context *context, const uint32_t *group, size_t n, size_t n_groups, mlab_row_groups *made,
                                 mlab_error *err)
{
    if (!group) n_groups = n;
    *made = (mlab_row_groups){.context = context, .n_groups = n_groups};
    made->order = mlab_allocate(context, n, sizeof *made->order);
    made->start = mlab_allocate(context, n_groups + 2, sizeof *made->start);
    if (!made->order || !made->start) {
        mlab_row_groups_free(made);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu groups", n_groups);
    }
    for (size_t i = 0; i < n; i++) made->start[(group ? group[i] : i) + 2]++;
    for (size_t g = 2; g < n_groups + 2; g++) made->start[g] += made->start[g - 1];
    for (size_t i = 0; i < n; i++) made->order[made->start[(group ? group[i] : i) + 1]++] = (uint32_t)i;
    return MLAB_OK;
}

void mlab_row_groups_free(mlab_row_groups *groups)
{
    if (!groups->context) return;
    mlab_release(groups->context, groups->order);
    mlab_release(groups->context, groups->start);
    *groups = (mlab_row_groups){0};
}

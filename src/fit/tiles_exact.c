/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of a design that a double cannot hold apart, such as ten powers of an age: centred and made orthogonal in double-double by the
 * triangle of fit/exact.c, then rounded once. Everything that works on tiles is well conditioned then; coefficients come back through the
 * same triangle. Weakness: about a microsecond a row and ten columns.
 */
#include "fit/engine.h"
#include "fit/exact.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "data/design_terms.h"

#include <string.h>

/* One row in place. */
static void orthogonal(const mlab_tiles *tiles, mlab_dd *x)
{
    for (size_t j = 0; j < tiles->p; j++) {
        x[j] = mlab_dd_subtract(x[j], mlab_dd_of(tiles->centre[j]));
        if (!tiles->mixed[j]) continue;
        const double *l = tiles->mix + j * tiles->p;
        for (size_t k = 0; k < j; k++)
            if (tiles->mixed[k]) x[j] = mlab_dd_subtract(x[j], mlab_dd_multiply(x[k], mlab_dd_of(l[k])));
        x[j] = mlab_dd_divide(x[j], mlab_dd_of(l[j]));
    }
}

/* Rows as the design gives them, row i at x + i * stride, column j of it at + j * step. */
static mlab_status fill(const mlab_tiles *tiles, size_t first, size_t n, double *x, size_t stride, size_t step, double *offset, mlab_error *err)
{
    const mlab_fit_problem *problem = tiles->problem;
    size_t q = tiles->design_columns;
    mlab_status status = MLAB_OK;
    double *high = mlab_allocate(tiles->context, n, q * sizeof *high), *low = mlab_allocate(tiles->context, n, q * sizeof *low);
    mlab_dd *row = mlab_allocate(tiles->context, q, sizeof *row);
    if (!high || !low || !row)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a block of rows");
    else
        status =
            mlab_design_fill_precise(problem->design, problem->table, problem->rows ? problem->rows + first : NULL, first, n, high, low, offset, err);
    for (size_t i = 0; i < n && !status; i++) {
        for (size_t j = 0; j < tiles->p; j++) row[j] = (mlab_dd){high[i * q + tiles->first_column + j], low[i * q + tiles->first_column + j]};
        orthogonal(tiles, row);
        for (size_t j = 0; j < tiles->p; j++) x[i * stride + j * step] = row[j].high;
        if (offset && problem->offset) offset[i] += problem->offset[first + i];
    }
    mlab_release(tiles->context, high);
    mlab_release(tiles->context, low);
    mlab_release(tiles->context, row);
    return status;
}

mlab_status mlab_tiles_fill_exact(const mlab_tiles *tiles, size_t first, size_t n, double *x, double *offset, mlab_error *err)
{
    for (size_t j = 0; j < tiles->p && n < MLAB_TILE; j++) memset(x + j * MLAB_TILE + n, 0, (MLAB_TILE - n) * sizeof *x);
    if (offset) memset(offset + n, 0, (MLAB_TILE - n) * sizeof *offset);
    return fill(tiles, first, n, x, 1, MLAB_TILE, offset, err);
}

mlab_status mlab_tiles_exact_row(const mlab_tiles *tiles, size_t i, double *x, mlab_error *err)
{
    return fill(tiles, i, 1, x, 0, 1, NULL, err);
}

static mlab_status fill_chunk(void *work, size_t chunk, void *scratch, mlab_error *err)
{
    (void)scratch;
    mlab_tiles *tiles = work;
    size_t first = chunk * tiles->chunk_tiles;
    for (size_t tile = first; tile < first + tiles->chunk_tiles && tile < tiles->n_tiles; tile++) {
        double *offset = tiles->offset ? tiles->offset + tile * MLAB_TILE : NULL;
        mlab_status status =
            mlab_tiles_fill_exact(tiles, tile * MLAB_TILE, mlab_tiles_rows(tiles, tile), tiles->x + tile * tiles->p * MLAB_TILE, offset, err);
        if (status) return status;
    }
    return MLAB_OK;
}

mlab_status mlab_tiles_make_exact(const mlab_context *context, mlab_tiles *tiles, const mlab_exact *exact, bool intercept, mlab_error *err)
{
    size_t p = tiles->p;
    if (!tiles->mix) {
        tiles->mix = mlab_allocate(tiles->context, p, p * sizeof *tiles->mix);
        tiles->mixed = mlab_allocate(tiles->context, p, 1);
        if (!tiles->mix || !tiles->mixed) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", p);
    }
    tiles->exact = true;
    double root = sqrt((double)tiles->n);
    for (size_t j = 0; j < p; j++) {
        bool first = intercept && j == 0;
        tiles->mixed[j] = !exact->aliased[j] && !first;
        tiles->centre[j] = intercept && tiles->mixed[j] ? exact->triangle[j] / exact->triangle[0] : 0; /* its mean */
        for (size_t k = 0; k <= j && !first; k++) tiles->mix[j * p + k] = exact->triangle[k * p + j] / root;
        if (tiles->mixed[j]) tiles->reach[j] = 3; /* mixtures have mean squares of 1 */
    }
    if (!tiles->x) return mlab_tiles_keep(context, tiles, err);
    return mlab_parallel_blocks(context, NULL, tiles->n_chunks, 0, fill_chunk, tiles, err);
}

/* --- when ---------------------------------------------------------------------------------------------------- */

static mlab_status is_wanted(const mlab_context *context, const mlab_engine *engine, size_t first_column, bool *wanted, mlab_error *err)
{
    *wanted = engine->tiles->mix != NULL;
    uint8_t *formed = mlab_allocate(context, engine->tiles->design_columns, 1);
    if (!formed) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", engine->p);
    mlab_design_formed(engine->problem->design, formed);
    for (size_t j = 0; j < engine->p; j++) *wanted = *wanted || (engine->aliased[j] && formed[first_column + j]);
    mlab_release(context, formed);
    return MLAB_OK;
}

mlab_status mlab_engine_make_exact(const mlab_context *context, const mlab_prepared *prepared, mlab_error *err)
{
    mlab_engine *engine = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    bool wanted = false;
    if (problem->random || engine->p > MLAB_EXACT_COLUMNS) return MLAB_OK;
    mlab_status status = is_wanted(context, engine, prepared->first_column, &wanted, err);
    if (status || !wanted) return status;
    double *logs = NULL;
    if (engine->family->log_number) {
        if (!(logs = mlab_allocate(context, problem->n, sizeof *logs)))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu numbers", problem->n);
        for (size_t i = 0; i < problem->n; i++) logs[i] = mlab_log(problem->number[i]);
    }
    status = mlab_exact_make(context, problem, logs ? logs : problem->number, prepared->first_column, engine->intercept, &engine->exact, err);
    mlab_release(context, logs);
    if (status) return status;
    for (size_t j = 0; j < engine->p; j++) engine->aliased[j] = engine->exact->aliased[j];
    status = mlab_tiles_make_exact(context, engine->tiles, engine->exact, engine->intercept && !engine->aliased[0], err);
    for (size_t j = 0; j < engine->p; j++) engine->scale[j] = engine->tiles->reach[j] > 0 ? engine->tiles->reach[j] : 1;
    return status;
}

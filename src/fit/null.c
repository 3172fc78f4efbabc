/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model without covariates: intercepts or thresholds alone, the offset kept; and start values from it.
 *
 * Of categories it needs only how many rows of each have which offset. Where offsets have few values (the shares of a period that somebody can be
 * at risk) these cells are counted in one pass, and Newton's steps take no time; else the rows are passed over as by any fit, from 65,000 rows
 * on after a fit to every 16th tile. */
#include "fit/engine.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <string.h>

enum { OFFSETS = 64, LANES = 4 };

/* The cells of a chunk. */
typedef struct tally {
    size_t n; /* different offsets; OFFSETS + 1 = too many of them */
    double offset[OFFSETS];
    double count[]; /* [OFFSETS * n_categories] */
} tally;

typedef struct tally_work {
    const mlab_pass *pass;
    size_t categories, most, size; /* offsets allowed; bytes of a tally */
    unsigned char *tallies;
} tally_work;

static tally *tally_of(const tally_work *work, size_t chunk)
{
    return (tally *)(void *)(work->tallies + chunk * work->size);
}

/* The place of an offset, new at the end; `most` when there is no more room. */
static size_t place_of(tally *t, size_t most, double offset)
{
    size_t k = 0;
    while (k < t->n && t->offset[k] != offset) k++;
    if (k == t->n && k < most) t->offset[t->n++] = offset;
    return k;
}

/* Rows of a tile; lanes [LANES * OFFSETS * n_categories] are summed side by side, since a sum waits for the one before it. */
static bool count_tile(const tally_work *work, size_t first, size_t rows, const double *offset, tally *t, double *lanes)
{
    const int32_t *category = work->pass->engine->problem->category + first;
    const double *weight = work->pass->weight ? work->pass->weight + first : NULL;
    size_t place = 0, k = work->categories;
    double last = t->n ? t->offset[0] : 0;
    for (size_t i = 0; i < rows; i++) {
        if (offset[i] != last || t->n == 0) {
            place = place_of(t, work->most, offset[i]);
            last = offset[i];
            if (place == work->most) return false;
        }
        lanes[((i % LANES) * OFFSETS + place) * k + (size_t)category[i]] += weight ? weight[i] : 1;
    }
    return true;
}

static mlab_status tally_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    tally_work *work = arg;
    const mlab_tiles *tiles = work->pass->engine->tiles;
    tally *t = tally_of(work, chunk);
    double *lanes = scratch, *room = lanes + LANES * OFFSETS * work->categories;
    memset(lanes, 0, LANES * OFFSETS * work->categories * sizeof *lanes);
    size_t first = chunk * tiles->chunk_tiles;
    for (size_t tile = first; tile < first + tiles->chunk_tiles && tile < tiles->n_tiles; tile++) {
        const double *offset;
        mlab_status status = mlab_tiles_offset(tiles, tile, room, &offset, err);
        if (status) return status;
        if (!count_tile(work, tile * MLAB_TILE, mlab_tiles_rows(tiles, tile), offset, t, lanes)) {
            t->n = OFFSETS + 1;
            return MLAB_OK;
        }
    }
    for (size_t at = 0; at < t->n * work->categories; at++)
        for (size_t l = 0; l < LANES; l++) t->count[at] += lanes[l * OFFSETS * work->categories + at];
    return MLAB_OK;
}

/* All chunks into that of the first, in order. */
static bool merge(const tally_work *work, size_t n_chunks)
{
    tally *all = tally_of(work, 0);
    bool few = all->n <= OFFSETS;
    for (size_t c = 1; c < n_chunks && few; c++) {
        const tally *t = tally_of(work, c);
        few = t->n <= OFFSETS;
        for (size_t k = 0; k < t->n && few; k++) {
            size_t at = place_of(all, work->most, t->offset[k]);
            few = at < work->most;
            for (size_t y = 0; y < work->categories && few; y++) all->count[at * work->categories + y] += t->count[k * work->categories + y];
        }
    }
    return few;
}

/* A problem of cells in place of rows. */
typedef struct cells {
    mlab_fit_problem problem;
    mlab_tiles tiles;
    mlab_engine engine;
    mlab_pass pass;
    int32_t category[MLAB_TILE];
    double offset[MLAB_TILE], weight[MLAB_TILE];
} cells;

static void fill_cells(const tally_work *work, cells *c)
{
    const tally *t = tally_of(work, 0);
    size_t n = 0;
    for (size_t k = 0; k < t->n; k++)
        for (size_t y = 0; y < work->categories; y++) {
            double count = t->count[k * work->categories + y];
            if (count == 0) continue;
            c->category[n] = (int32_t)y;
            c->offset[n] = t->offset[k];
            c->weight[n++] = count;
        }
    c->problem = (mlab_fit_problem){.n = n, .category = c->category, .n_categories = work->categories};
    c->tiles = (mlab_tiles){.context = work->pass->context, .problem = &c->problem, .n = n, .n_tiles = 1, .chunk_tiles = 1, .n_chunks = 1};
    c->tiles.x = c->tiles.offset = c->offset;
    c->engine = *work->pass->engine;
    c->engine.problem = &c->problem;
    c->engine.tiles = &c->tiles;
    c->pass = (mlab_pass){work->pass->context, &c->engine, c->weight, 1, true};
}

/* *out = NULL where rows are no cells. */
static mlab_status make_cells(const mlab_pass *pass, cells **out, mlab_error *err)
{
    const mlab_engine *engine = pass->engine;
    size_t categories = engine->problem->n_categories, n_chunks = engine->tiles->n_chunks;
    *out = NULL;
    if (!engine->family->start || !engine->problem->category || categories > MLAB_TILE / 2) return MLAB_OK;
    tally_work work = {
        .pass = pass, .categories = categories, .most = MLAB_TILE / categories, .size = sizeof(tally) + OFFSETS * categories * sizeof(double)};
    if (work.most > OFFSETS) work.most = OFFSETS;
    work.tallies = mlab_allocate(pass->context, n_chunks, work.size);
    cells *made = mlab_allocate(pass->context, 1, sizeof *made);
    size_t scratch = LANES * OFFSETS * categories + mlab_tiles_scratch(engine->tiles);
    mlab_status status = work.tallies && made ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the cells of offsets");
    if (!status) status = mlab_parallel_blocks(pass->context, NULL, n_chunks, scratch * sizeof(double), tally_chunk, &work, err);
    if (!status && merge(&work, n_chunks)) {
        fill_cells(&work, made);
        *out = made;
        made = NULL;
    }
    mlab_release(pass->context, work.tallies);
    mlab_release(pass->context, made);
    return status;
}

/* --- start and fit --------------------------------------------------------------------------------------- */

mlab_status mlab_null_start(const mlab_pass *pass, double *intercepts, mlab_error *err)
{
    const mlab_engine *engine = pass->engine;
    if (engine->family->log_mean) intercepts[0] = mlab_engine_log_mean(pass);
    if (!engine->family->start) return MLAB_OK;
    size_t n = engine->problem->n_categories;
    double *counts = mlab_allocate(pass->context, n, sizeof *counts);
    if (!counts) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu categories", n);
    mlab_pass_counts(pass, counts);
    engine->family->start(counts, n, intercepts);
    mlab_release(pass->context, counts);
    return MLAB_OK;
}

static mlab_status fit_rows(mlab_pass *pass, bool large, const mlab_fit_options *options, double *parameters, double *log_likelihood, mlab_error *err)
{
    const mlab_engine *engine = pass->engine;
    mlab_newton_result result;
    mlab_status status = mlab_null_start(pass, parameters, err);
    if (status) return status;
    if (!engine->intercept && engine->n_thresholds == 0) { /* nothing to estimate: predictors are the offset */
        for (size_t k = 0; k < engine->n_eta; k++) parameters[k] = 0;
        return mlab_pass_evaluate(pass, parameters, log_likelihood, NULL, NULL, err);
    }
    if (!engine->tiles->any_offset && engine->family->start) return mlab_pass_evaluate(pass, parameters, log_likelihood, NULL, NULL, err);
    mlab_newton_spec spec = {
        .n = mlab_pass_parameters(pass), .evaluate = mlab_pass_evaluate, .work = pass, .tolerance = 1e-2, .iterations = (int)options->iterations};
    if (large) {
        pass->stride = MLAB_SAMPLE_STRIDE;
        if ((status = mlab_newton(pass->context, &spec, parameters, NULL, NULL, &result, err))) return status;
        pass->stride = 1;
    }
    spec.tolerance = 1e-6; /* the log-likelihood is off by its square */
    if ((status = mlab_newton(pass->context, &spec, parameters, NULL, NULL, &result, err))) return status;
    *log_likelihood = result.log_likelihood;
    return MLAB_OK;
}

mlab_status mlab_null_fit(const mlab_pass *pass, bool large, const mlab_fit_options *options, double *parameters, double *log_likelihood,
                          mlab_error *err)
{
    cells *c;
    mlab_pass rows = *pass;
    rows.null_model = true;
    mlab_status status = make_cells(pass, &c, err);
    if (status) return status;
    if (c) c->tiles.any_offset = pass->engine->tiles->any_offset;
    status = fit_rows(c ? &c->pass : &rows, large && !c, options, parameters, log_likelihood, err);
    mlab_release(pass->context, c);
    return status;
}

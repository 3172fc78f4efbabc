/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes over the rows: log-likelihood, score and information by tiles, and the scores of clusters.
 *
 * Tiles are summed within chunks and chunks in order, so that the sums do not depend on the threads. Blocks of causes share their
 * columns: information of blocks k and l is X' diag(w_kl) X. For hazards w_kl is 0 but in rows with an event, which are few and
 * are summed one by one.
 */
#include "fit/families/ordinal_effects.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

/* Rows of a tile below which a weighted cross product goes row by row. */
#define FEW ((size_t)24)

typedef struct pass_work {
    const mlab_pass *pass;
    const mlab_kernels *kernels;
    const double *parameters;
    size_t p, n_parameters, n_pairs;
    bool derivatives;
    size_t part;            /* doubles of a chunk's part: 1, or 1 + n + n * n */
    double *parts;          /* [n_chunks * part] */
    double *scores, *heads; /* cluster scores: [n_clusters * n_parameters], [n_chunks * n_parameters] */
} pass_work;

/* A thread's own memory. */
typedef struct pass_room {
    double *tiles, *ones, *wx, *arrays;
    mlab_family_tile tile;
    bool summed;
} pass_room;

static size_t room_size(const pass_work *work)
{
    size_t k = work->pass->engine->n_eta;
    return mlab_tiles_scratch(work->pass->engine->tiles) + MLAB_TILE * (2 + 1 + k * 3 + 2 + work->n_pairs + 5);
}

static double *take(double **from, size_t tiles)
{
    double *taken = *from;
    *from += tiles * MLAB_TILE;
    return taken;
}

static pass_room room_of(const pass_work *work, double *memory)
{
    const mlab_engine *engine = work->pass->engine;
    pass_room room = {0};
    room.tiles = memory;
    memory += mlab_tiles_scratch(engine->tiles);
    room.ones = take(&memory, 1);
    room.wx = take(&memory, 1);
    room.tile = (mlab_family_tile){.context = work->pass->context,
                                   .n_eta = engine->n_eta,
                                   .thresholds = work->parameters,
                                   .n_thresholds = engine->n_thresholds,
                                   .derivatives = work->derivatives,
                                   .expected = engine->expected};
    room.arrays = take(&memory, engine->n_eta); /* eta */
    room.tile.eta = room.arrays;
    room.tile.log_likelihood = take(&memory, 1);
    room.tile.score = take(&memory, engine->n_eta);
    room.tile.scratch = take(&memory, engine->n_eta + 2);
    room.tile.curvature = take(&memory, work->n_pairs);
    room.tile.upper = take(&memory, 1);
    room.tile.lower = take(&memory, 1);
    room.tile.upper_upper = take(&memory, 1);
    room.tile.upper_lower = take(&memory, 1);
    room.tile.lower_lower = take(&memory, 1);
    for (size_t i = 0; i < MLAB_TILE; i++) room.ones[i] = 1;
    return room;
}

/* Multiplies by the weights and puts zeros beyond the rows; 0 times an infinite value of a row that does not count is 0. */
static void weigh(const pass_work *work, double *values, const double *weight, size_t rows)
{
    if (weight) work->kernels->weigh(values, weight, rows);
    for (size_t i = rows; i < mlab_whole_lanes(rows); i++) values[i] = 0;
}

/* Predictors and the family's contributions of one tile, weighted. x: its columns. */
static mlab_status do_tile(const pass_work *work, pass_room *room, size_t tile, bool may_sum, const double **x, bool *allowed, mlab_error *err)
{
    const mlab_engine *engine = work->pass->engine;
    const mlab_fit_problem *problem = engine->problem;
    const double *offset;
    mlab_status status = work->pass->null_model ? mlab_tiles_offset(engine->tiles, tile, room->tiles, &offset, err)
                                                : mlab_tiles_get(engine->tiles, tile, room->tiles, x, &offset, err);
    if (status) return status;
    size_t rows = mlab_tiles_rows(engine->tiles, tile), first = tile * MLAB_TILE, n = mlab_whole_lanes(rows);
    size_t next = work->pass->null_model ? SIZE_MAX : tile + work->pass->stride;
    if (work->pass->null_model) *x = room->ones;
    mlab_tiles_fetch(engine->tiles, next, 0);
    for (size_t k = 0; k < engine->n_eta; k++) {
        double *eta = room->arrays + k * MLAB_TILE;
        work->kernels->reals(offset, n, 0, eta);
        work->kernels->predict(*x, work->p, work->parameters + engine->n_thresholds + k * work->p, n, eta);
    }
    mlab_family_tile *own = &room->tile;
    own->rows = rows;
    own->category = problem->category ? problem->category + first : NULL;
    own->number = engine->number ? engine->number + first : NULL;
    own->shape = engine->shape;
    room->summed = false;
    own->summed = may_sum && !work->pass->weight ? &room->summed : NULL;
    mlab_tiles_fetch(engine->tiles, next, 1);
    *allowed = engine->family->tile(own);
    mlab_tiles_fetch(engine->tiles, next, 2);
    if (!*allowed) return MLAB_OK;
    const double *weight = work->pass->weight ? work->pass->weight + first : NULL;
    if (!room->summed) weigh(work, own->log_likelihood, weight, rows);
    if (!work->derivatives) return MLAB_OK;
    for (size_t k = 0; k < engine->n_eta; k++) weigh(work, own->score + k * MLAB_TILE, weight, rows);
    for (size_t k = 0; k < work->n_pairs; k++) weigh(work, own->curvature + k * MLAB_TILE, weight, rows);
    if (engine->n_thresholds == 0) return MLAB_OK;
    double *const five[] = {own->upper, own->lower, own->upper_upper, own->upper_lower, own->lower_lower};
    for (size_t k = 0; k < 5; k++) weigh(work, five[k], weight, rows);
    return MLAB_OK;
}

static void add_cross(const pass_work *work, pass_room *room, const double *x, const double *w, size_t rows, double *into)
{
    size_t used[FEW], n_used = 0;
    for (size_t i = 0; i < rows && n_used <= FEW; i++)
        if (w[i] != 0) {
            if (n_used < FEW) used[n_used] = i;
            n_used++;
        }
    if (n_used > FEW) {
        work->kernels->cross(x, work->p, w, mlab_whole_lanes(rows), into, work->n_parameters, room->wx);
        return;
    }
    for (size_t u = 0; u < n_used; u++)
        for (size_t j = 0; j < work->p; j++) {
            double wx = w[used[u]] * x[j * MLAB_TILE + used[u]];
            if (wx == 0) continue;
            for (size_t k = j; k < work->p; k++) into[j * work->n_parameters + k] += wx * x[k * MLAB_TILE + used[u]];
        }
}

static mlab_status evaluate_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    pass_work *work = arg;
    const mlab_engine *engine = work->pass->engine;
    const mlab_tiles *tiles = engine->tiles;
    pass_room room = room_of(work, scratch);
    double *part = work->parts + chunk * work->part, *score = part + 1, *information = part + 1 + work->n_parameters;
    size_t n = work->n_parameters, first = chunk * tiles->chunk_tiles;
    for (size_t tile = first; tile < first + tiles->chunk_tiles && tile < tiles->n_tiles; tile++) {
        if (tile % work->pass->stride) continue;
        const double *x;
        bool allowed;
        mlab_status status = do_tile(work, &room, tile, true, &x, &allowed, err);
        if (status) return status;
        if (!allowed) {
            part[0] = -HUGE_VAL;
            break;
        }
        size_t rows = room.tile.rows, pair = 0;
        part[0] += room.summed ? room.tile.log_likelihood[0] : work->kernels->sum(room.tile.log_likelihood, mlab_whole_lanes(rows));
        if (!work->derivatives) continue;
        for (size_t k = 0; k < engine->n_eta && work->p > 0; k++) {
            size_t at = engine->n_thresholds + k * work->p;
            work->kernels->project(x, work->p, room.tile.score + k * MLAB_TILE, mlab_whole_lanes(rows), score + at);
            if (k == 0 && !work->pass->null_model) mlab_tiles_fetch(tiles, tile + work->pass->stride, 3);
            for (size_t l = k; l < engine->n_eta; l++, pair++)
                add_cross(work, &room, x, room.tile.curvature + pair * MLAB_TILE, rows, information + at * n + engine->n_thresholds + l * work->p);
        }
        if (engine->n_thresholds)
            mlab_pass_thresholds(work->kernels, &room.tile, x, work->pass->null_model ? 0 : work->p, work->n_parameters, score, information);
    }
    return MLAB_OK;
}

/* The sums hold the upper triangle of each block; fills the rest. */
static void mirror(double *information, size_t n, size_t thresholds, size_t p, size_t blocks)
{
    for (size_t k = 0; k < blocks; k++)
        for (size_t l = k + 1; l < blocks; l++)
            for (size_t i = 0; i < p; i++)
                for (size_t j = 0; j < i; j++)
                    information[(thresholds + k * p + i) * n + thresholds + l * p + j] =
                        information[(thresholds + k * p + j) * n + thresholds + l * p + i];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) information[i * n + j] = information[j * n + i];
}

size_t mlab_pass_parameters(const mlab_pass *pass)
{
    const mlab_engine *engine = pass->engine;
    if (!pass->null_model) return engine->n_parameters;
    return engine->n_thresholds ? engine->n_thresholds : engine->n_eta;
}

static pass_work work_of(const mlab_pass *pass, const double *parameters, bool derivatives)
{
    const mlab_engine *engine = pass->engine;
    pass_work work = {.pass = pass, .kernels = mlab_kernels_of(pass->context), .parameters = parameters, .derivatives = derivatives};
    work.p = !pass->null_model ? engine->p : engine->n_thresholds ? 0 : 1;
    work.n_parameters = mlab_pass_parameters(pass);
    work.n_pairs = engine->n_eta * (engine->n_eta + 1) / 2;
    work.part = derivatives ? 1 + work.n_parameters + work.n_parameters * work.n_parameters : 1;
    return work;
}

mlab_status mlab_pass_evaluate(void *arg, const double *parameters, double *log_likelihood, double *score, double *information, mlab_error *err)
{
    const mlab_pass *pass = arg;
    const mlab_engine *engine = pass->engine;
    if (engine->effects && !pass->null_model) return mlab_level_evaluate(pass, parameters, log_likelihood, score, information, err);
    pass_work work = work_of(pass, parameters, score != NULL);
    size_t n = work.n_parameters, n_chunks = engine->tiles->n_chunks;
    mlab_status status = MLAB_OK;
    double *sums = mlab_allocate(pass->context, work.part, sizeof *sums);
    work.parts = mlab_allocate(pass->context, n_chunks, work.part * sizeof *work.parts);
    if (!sums || !work.parts) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", n);
        goto out;
    }
    status = mlab_parallel_blocks(pass->context, NULL, n_chunks, room_size(&work) * sizeof(double), evaluate_chunk, &work, err);
    if (status) goto out;
    mlab_sum_blocks(work.parts, n_chunks, work.part, sums);
    *log_likelihood = sums[0];
    if (score) {
        memcpy(score, sums + 1, n * sizeof *score);
        memcpy(information, sums + 1 + n, n * n * sizeof *information);
        mirror(information, n, engine->n_thresholds, work.p, engine->n_eta);
    }
out:
    mlab_release(pass->context, sums);
    mlab_release(pass->context, work.parts);
    return status;
}

/* --- scores of clusters --------------------------------------------------------------------------------- */

static bool clusters_in_order(const mlab_fit_problem *problem)
{
    if (!problem->cluster) return true;
    for (size_t i = 1; i < problem->n; i++)
        if (problem->cluster[i] < problem->cluster[i - 1]) return false;
    return true;
}

static void add_row_scores(const pass_work *work, const pass_room *room, const double *x, size_t from, size_t to, double *into)
{
    const mlab_engine *engine = work->pass->engine;
    const mlab_family_tile *tile = &room->tile;
    for (size_t i = from; i < to && engine->n_thresholds; i++) {
        size_t y = (size_t)tile->category[i];
        if (y < engine->n_thresholds) into[y] += tile->upper[i];
        if (y > 0) into[y - 1] += tile->lower[i];
    }
    for (size_t k = 0; k < engine->n_eta; k++)
        for (size_t j = 0; j < work->p; j++) {
            const double *column = x + j * MLAB_TILE, *score = tile->score + k * MLAB_TILE;
            double sum = 0;
            for (size_t i = from; i < to; i++) sum += score[i] * column[i];
            into[engine->n_thresholds + k * work->p + j] += sum;
        }
}

/* Rows of one cluster lie together; those of the chunk's first cluster may continue the chunk before and go to its head. */
static mlab_status score_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    pass_work *work = arg;
    const mlab_tiles *tiles = work->pass->engine->tiles;
    const uint32_t *cluster = work->pass->engine->problem->cluster;
    pass_room room = room_of(work, scratch);
    size_t first = chunk * tiles->chunk_tiles, head = cluster ? cluster[first * MLAB_TILE] : SIZE_MAX;
    for (size_t tile = first; tile < first + tiles->chunk_tiles && tile < tiles->n_tiles; tile++) {
        const double *x;
        bool allowed;
        mlab_status status = do_tile(work, &room, tile, false, &x, &allowed, err);
        if (status) return status;
        if (!allowed) break;
        size_t base = tile * MLAB_TILE;
        for (size_t from = 0, to; from < room.tile.rows; from = to) {
            size_t g = cluster ? cluster[base + from] : base + from;
            for (to = from + 1; cluster && to < room.tile.rows && cluster[base + to] == g;) to++;
            bool to_head = g == head && work->heads;
            add_row_scores(work, &room, x, from, to, to_head ? work->heads + chunk * work->n_parameters : work->scores + g * work->n_parameters);
        }
    }
    return MLAB_OK;
}

mlab_status mlab_pass_cluster_scores(const mlab_pass *pass, const double *parameters, double *scores, mlab_error *err)
{
    const mlab_engine *engine = pass->engine;
    const mlab_fit_problem *problem = engine->problem;
    if (engine->effects) return mlab_level_cluster_scores(pass, parameters, scores, err);
    pass_work work = work_of(pass, parameters, true);
    size_t n_chunks = engine->tiles->n_chunks, size = room_size(&work) * sizeof(double);
    mlab_status status = MLAB_OK;
    work.scores = scores;
    if (!clusters_in_order(problem)) { /* one thread, in row order */
        double *scratch = mlab_allocate(pass->context, 1, size);
        if (!scratch) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu clusters", problem->n_clusters);
        for (size_t c = 0; c < n_chunks && !status; c++) status = score_chunk(&work, c, scratch, err);
        mlab_release(pass->context, scratch);
        return status;
    }
    if (problem->cluster) {
        work.heads = mlab_allocate(pass->context, n_chunks, work.n_parameters * sizeof(double));
        if (!work.heads) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu clusters", problem->n_clusters);
    }
    status = mlab_parallel_blocks(pass->context, NULL, n_chunks, size, score_chunk, &work, err);
    for (size_t c = 0; c < n_chunks && !status && problem->cluster; c++) {
        size_t g = problem->cluster[c * engine->tiles->chunk_tiles * MLAB_TILE];
        for (size_t j = 0; j < work.n_parameters; j++) scores[g * work.n_parameters + j] += work.heads[c * work.n_parameters + j];
    }
    mlab_release(pass->context, work.heads);
    return status;
}

/* --- rows one by one ---------------------------------------------------------------------------------------- */

static mlab_status row_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    pass_work *work = arg;
    const mlab_engine *engine = work->pass->engine;
    const mlab_tiles *tiles = engine->tiles;
    pass_room room = room_of(work, scratch);
    size_t first = chunk * tiles->chunk_tiles, width = mlab_pass_row_width(engine);
    const double *const five[] = {room.tile.upper, room.tile.lower, room.tile.upper_upper, room.tile.upper_lower, room.tile.lower_lower};
    for (size_t tile = first; tile < first + tiles->chunk_tiles && tile < tiles->n_tiles; tile++) {
        const double *x;
        bool allowed;
        mlab_status status = do_tile(work, &room, tile, false, &x, &allowed, err);
        if (status) return status;
        for (size_t i = 0; allowed && i < room.tile.rows; i++) {
            double *out = work->scores + (tile * MLAB_TILE + i) * width;
            for (size_t k = 0; k < engine->n_eta; k++) *out++ = room.tile.score[k * MLAB_TILE + i];
            for (size_t k = 0; k < work->n_pairs; k++) *out++ = room.tile.curvature[k * MLAB_TILE + i];
            for (size_t k = 0; k < 5 && engine->n_thresholds; k++) *out++ = five[k][i];
        }
    }
    return MLAB_OK;
}

mlab_status mlab_pass_rows(const mlab_pass *pass, const double *parameters, double *out, mlab_error *err)
{
    if (pass->engine->effects) return mlab_level_rows(pass, parameters, out, err);
    pass_work work = work_of(pass, parameters, true);
    work.scores = out;
    return mlab_parallel_blocks(pass->context, NULL, pass->engine->tiles->n_chunks, room_size(&work) * sizeof(double), row_chunk, &work, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes over the rows of a parametric survival fit: log-likelihood, score and information of coefficients and ancillary parameters.
 *
 * Tiles are summed within chunks and chunks in order, so the sums do not depend on the threads. These likelihoods need not be concave away from their
 * maximum (late entry, spline, gamma): there the information is made positive definite, so that steps go up. At a maximum it is as it is.
 */
#include "fit/survival/times.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

typedef struct work {
    const mlab_times_pass *pass;
    const mlab_times *times;
    const mlab_kernels *kernels;
    const double *parameters;
    size_t p, n, part;
    bool derivatives;
    double *parts; /* [n_chunks * part] */
} work;

/* A thread's own memory. */
typedef struct room {
    double *tiles, *ones, *wx, *eta;
    mlab_time_tile tile;
} room;

static size_t pairs_of(size_t a)
{
    return a * (a + 1) / 2;
}

static size_t room_size(const mlab_times *times)
{
    size_t a = times->n_ancillary;
    return mlab_tiles_scratch(times->tiles) + MLAB_TILE * (3 + 3 + 2 * a + pairs_of(a));
}

static double *take(double **from, size_t tiles)
{
    double *taken = *from;
    *from += tiles * MLAB_TILE;
    return taken;
}

static room room_of(const work *w, double *memory)
{
    size_t a = w->times->n_ancillary;
    room r = {.tiles = memory};
    memory += mlab_tiles_scratch(w->times->tiles);
    r.ones = take(&memory, 1);
    r.wx = take(&memory, 1);
    r.eta = take(&memory, 1);
    r.tile = (mlab_time_tile){.context = w->pass->context,
                              .n_ancillary = a,
                              .eta = r.eta,
                              .ancillary = w->parameters + w->p,
                              .knots = w->times->knots,
                              .n_knots = w->times->n_knots,
                              .derivatives = w->derivatives};
    r.tile.log_likelihood = take(&memory, 1);
    r.tile.score = take(&memory, 1);
    r.tile.curvature = take(&memory, 1);
    r.tile.own = take(&memory, a);
    r.tile.mixed = take(&memory, a);
    r.tile.own_pairs = take(&memory, pairs_of(a));
    for (size_t i = 0; i < MLAB_TILE; i++) r.ones[i] = 1;
    return r;
}

static void weigh(double *values, size_t items, const double *weight, size_t rows)
{
    for (size_t k = 0; k < items; k++) {
        double *one = values + k * MLAB_TILE;
        for (size_t i = 0; weight && i < rows; i++) one[i] = weight[i] == 0 ? 0 : one[i] * weight[i];
        for (size_t i = rows; i < mlab_whole_lanes(rows); i++) one[i] = 0;
    }
}

/* One tile's contributions, weighted. x: its columns. */
static mlab_status do_tile(const work *w, room *r, size_t at, const double **x, bool *allowed, mlab_error *err)
{
    const mlab_times *times = w->times;
    const double *offset;
    mlab_status status = mlab_tiles_get(times->tiles, at, r->tiles, x, &offset, err);
    if (status) return status;
    size_t rows = mlab_tiles_rows(times->tiles, at), first = at * MLAB_TILE, n = mlab_whole_lanes(rows);
    if (w->pass->null_model) *x = r->ones;
    memcpy(r->eta, offset, n * sizeof *r->eta);
    w->kernels->predict(*x, w->p, w->parameters, n, r->eta);
    mlab_time_tile *own = &r->tile;
    own->rows = rows;
    own->stop = times->stop + first;
    own->log_stop = times->log_stop + first;
    own->start = times->start ? times->start + first : NULL;
    own->log_start = times->log_start ? times->log_start + first : NULL;
    own->status = times->problem->status + first;
    *allowed = times->family->tile(own);
    if (!*allowed) return MLAB_OK;
    const double *weight = w->pass->weight ? w->pass->weight + first : NULL;
    size_t a = times->n_ancillary;
    weigh(own->log_likelihood, 1, weight, rows);
    if (!w->derivatives) return MLAB_OK;
    weigh(own->score, 1, weight, rows);
    weigh(own->curvature, 1, weight, rows);
    weigh(own->own, a, weight, rows);
    weigh(own->mixed, a, weight, rows);
    weigh(own->own_pairs, pairs_of(a), weight, rows);
    return MLAB_OK;
}

static double sum_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i];
    return sum;
}

static void add_tile(const work *w, room *r, const double *x, double *score, double *information)
{
    const mlab_time_tile *tile = &r->tile;
    size_t n = mlab_whole_lanes(tile->rows), a = tile->n_ancillary, pair = 0;
    if (w->p > 0) {
        w->kernels->project(x, w->p, tile->score, n, score);
        w->kernels->cross(x, w->p, tile->curvature, n, information, w->n, r->wx);
    }
    for (size_t k = 0; k < a; k++) {
        score[w->p + k] += sum_of(tile->own + k * MLAB_TILE, tile->rows);
        double *row = information + (w->p + k) * w->n; /* lower left: mirrored later */
        if (w->p > 0) w->kernels->project(x, w->p, tile->mixed + k * MLAB_TILE, n, row);
        for (size_t m = k; m < a; m++, pair++) information[(w->p + m) * w->n + w->p + k] += sum_of(tile->own_pairs + pair * MLAB_TILE, tile->rows);
    }
}

static mlab_status evaluate_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    work *w = arg;
    const mlab_tiles *tiles = w->times->tiles;
    room r = room_of(w, scratch);
    double *part = w->parts + chunk * w->part;
    size_t first = chunk * tiles->chunk_tiles;
    for (size_t at = first; at < first + tiles->chunk_tiles && at < tiles->n_tiles; at++) {
        const double *x;
        bool allowed;
        mlab_status status = do_tile(w, &r, at, &x, &allowed, err);
        if (status) return status;
        if (!allowed) {
            part[0] = -HUGE_VAL;
            break;
        }
        part[0] += sum_of(r.tile.log_likelihood, r.tile.rows);
        if (w->derivatives) add_tile(w, &r, x, part + 1, part + 1 + w->n);
    }
    return MLAB_OK;
}

/* The block of coefficients has its upper half, what the ancillary ones have part in its lower half. */
static void mirror(double *information, size_t n, size_t p)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            if (i < p)
                information[i * n + j] = information[j * n + i];
            else
                information[j * n + i] = information[i * n + j];
        }
}

static work work_of(const mlab_times_pass *pass, const double *parameters, bool derivatives)
{
    const mlab_times *times = pass->times;
    work w = {.pass = pass, .times = times, .kernels = mlab_kernels_of(pass->context), .parameters = parameters, .derivatives = derivatives};
    w.p = pass->null_model ? 1 : times->p;
    w.n = w.p + times->n_ancillary;
    w.part = derivatives ? 1 + w.n + w.n * w.n : 1;
    return w;
}

mlab_status mlab_times_evaluate(void *arg, const double *parameters, double *log_likelihood, double *score, double *information, mlab_error *err)
{
    const mlab_times_pass *pass = arg;
    const mlab_times *times = pass->times;
    work w = work_of(pass, parameters, score != NULL);
    size_t n = w.n, n_chunks = times->tiles->n_chunks;
    mlab_status status = MLAB_OK;
    double *sums = mlab_allocate(pass->context, w.part + n * n, sizeof *sums);
    w.parts = mlab_allocate(pass->context, n_chunks, w.part * sizeof *w.parts);
    if (!sums || !w.parts) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", n);
        goto out;
    }
    status = mlab_parallel_blocks(pass->context, NULL, n_chunks, room_size(times) * sizeof(double), evaluate_chunk, &w, err);
    if (status) goto out;
    bool refused = false;
    for (size_t c = 0; c < n_chunks; c++) refused = refused || !(w.parts[c * w.part] > -HUGE_VAL);
    mlab_sum_blocks(w.parts, n_chunks, w.part, sums);
    *log_likelihood = refused ? -HUGE_VAL : sums[0];
    if (score && information) {
        memcpy(score, sums + 1, n * sizeof *score);
        memcpy(information, sums + 1 + n, n * n * sizeof *information);
        mirror(information, n, w.p);
        mlab_make_definite(information, n, pass->fixed, sums + w.part);
    }
out:
    mlab_release(pass->context, sums);
    mlab_release(pass->context, w.parts);
    return status;
}

mlab_status mlab_times_scores(const mlab_times_pass *pass, const double *parameters, double *scores, mlab_error *err)
{
    const mlab_times *times = pass->times;
    const uint32_t *cluster = times->problem->cluster;
    work w = work_of(pass, parameters, true);
    double *scratch = mlab_allocate(pass->context, room_size(times), sizeof *scratch);
    if (!scratch) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu rows", times->problem->n);
    room r = room_of(&w, scratch);
    mlab_status status = MLAB_OK;
    for (size_t at = 0; at < times->tiles->n_tiles && !status; at++) {
        const double *x;
        bool allowed;
        status = do_tile(&w, &r, at, &x, &allowed, err);
        for (size_t i = 0; !status && allowed && i < r.tile.rows; i++) {
            size_t row = at * MLAB_TILE + i;
            double *into = scores + (cluster ? cluster[row] : row) * w.n;
            for (size_t j = 0; j < w.p; j++) into[j] += r.tile.score[i] * x[j * MLAB_TILE + i];
            for (size_t k = 0; k < r.tile.n_ancillary; k++) into[w.p + k] += r.tile.own[k * MLAB_TILE + i];
        }
    }
    mlab_release(pass->context, scratch);
    return status;
}

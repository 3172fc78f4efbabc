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
    const double *parameters;
    size_t p, n, part;
    bool derivatives;
    double *parts; /* [n_chunks * part] */
} work;

static size_t pairs_of(size_t a)
{
    return a * (a + 1) / 2;
}

size_t mlab_times_room_size(const mlab_times *times)
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

mlab_times_room mlab_times_room_of(const mlab_times_pass *pass, const double *parameters, bool derivatives, double *memory)
{
    const mlab_times *times = pass->times;
    size_t a = times->n_ancillary;
    mlab_times_room r = {.pass = pass, .tiles = memory, .parameters = parameters, .p = pass->null_model ? 1 : times->p};
    memory += mlab_tiles_scratch(times->tiles);
    r.ones = take(&memory, 1);
    r.wx = take(&memory, 1);
    r.eta = take(&memory, 1);
    r.tile = (mlab_time_tile){.context = pass->context,
                              .n_ancillary = a,
                              .eta = r.eta,
                              .ancillary = parameters + r.p,
                              .knots = times->knots,
                              .n_knots = times->n_knots,
                              .derivatives = derivatives};
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

void mlab_times_weigh(const mlab_time_tile *tile, const double *weight)
{
    size_t a = tile->n_ancillary;
    weigh(tile->log_likelihood, 1, weight, tile->rows);
    if (!tile->derivatives) return;
    weigh(tile->score, 1, weight, tile->rows);
    weigh(tile->curvature, 1, weight, tile->rows);
    weigh(tile->own, a, weight, tile->rows);
    weigh(tile->mixed, a, weight, tile->rows);
    weigh(tile->own_pairs, pairs_of(a), weight, tile->rows);
}

mlab_status mlab_times_begin_tile(mlab_times_room *r, size_t at, const double **x, mlab_error *err)
{
    const mlab_times *times = r->pass->times;
    const double *offset;
    mlab_status status = mlab_tiles_get(times->tiles, at, r->tiles, x, &offset, err);
    if (status) return status;
    size_t rows = mlab_tiles_rows(times->tiles, at), first = at * MLAB_TILE, n = mlab_whole_lanes(rows);
    if (r->pass->null_model) *x = r->ones;
    memcpy(r->eta, offset, n * sizeof *r->eta);
    mlab_kernels_of(r->pass->context)->predict(*x, r->p, r->parameters, n, r->eta);
    mlab_time_tile *own = &r->tile;
    own->rows = rows;
    own->stop = times->stop + first;
    own->log_stop = times->log_stop + first;
    own->start = times->start ? times->start + first : NULL;
    own->log_start = times->log_start ? times->log_start + first : NULL;
    own->status = times->problem->status + first;
    return MLAB_OK;
}

/* One tile's contributions, weighted. x: its columns. */
static mlab_status do_tile(mlab_times_room *r, size_t at, const double **x, bool *allowed, mlab_error *err)
{
    mlab_status status = mlab_times_begin_tile(r, at, x, err);
    if (status) return status;
    *allowed = r->pass->times->family->tile(&r->tile);
    if (*allowed) mlab_times_weigh(&r->tile, r->pass->weight ? r->pass->weight + at * MLAB_TILE : NULL);
    return MLAB_OK;
}

static double sum_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i];
    return sum;
}

void mlab_times_add_tile(mlab_times_room *r, const double *x, size_t stride, double *score, double *information)
{
    const mlab_time_tile *tile = &r->tile;
    const mlab_kernels *kernels = mlab_kernels_of(r->pass->context);
    size_t n = mlab_whole_lanes(tile->rows), a = tile->n_ancillary, pair = 0;
    if (r->p > 0) {
        kernels->project(x, r->p, tile->score, n, score);
        kernels->cross(x, r->p, tile->curvature, n, information, stride, r->wx);
    }
    for (size_t k = 0; k < a; k++) {
        score[r->p + k] += sum_of(tile->own + k * MLAB_TILE, tile->rows);
        double *row = information + (r->p + k) * stride; /* lower left: mirrored later */
        if (r->p > 0) kernels->project(x, r->p, tile->mixed + k * MLAB_TILE, n, row);
        for (size_t m = k; m < a; m++, pair++) information[(r->p + m) * stride + r->p + k] += sum_of(tile->own_pairs + pair * MLAB_TILE, tile->rows);
    }
}

static mlab_status evaluate_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    work *w = arg;
    const mlab_tiles *tiles = w->times->tiles;
    mlab_times_room r = mlab_times_room_of(w->pass, w->parameters, w->derivatives, scratch);
    double *part = w->parts + chunk * w->part;
    size_t first = chunk * tiles->chunk_tiles;
    for (size_t at = first; at < first + tiles->chunk_tiles && at < tiles->n_tiles; at++) {
        const double *x;
        bool allowed;
        mlab_status status = do_tile(&r, at, &x, &allowed, err);
        if (status) return status;
        if (!allowed) {
            part[0] = -HUGE_VAL;
            break;
        }
        part[0] += sum_of(r.tile.log_likelihood, r.tile.rows);
        if (w->derivatives) mlab_times_add_tile(&r, x, w->n, part + 1, part + 1 + w->n);
    }
    return MLAB_OK;
}

/* The block of coefficients has its upper half, what the ancillary ones have part in its lower half. */
void mlab_times_mirror(double *information, size_t n, size_t p)
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
    work w = {.pass = pass, .times = times, .parameters = parameters, .derivatives = derivatives};
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
    status = mlab_parallel_blocks(pass->context, NULL, n_chunks, mlab_times_room_size(times) * sizeof(double), evaluate_chunk, &w, err);
    if (status) goto out;
    bool refused = false;
    for (size_t c = 0; c < n_chunks; c++) refused = refused || !(w.parts[c * w.part] > -HUGE_VAL);
    mlab_sum_blocks(w.parts, n_chunks, w.part, sums);
    *log_likelihood = refused ? -HUGE_VAL : sums[0];
    if (score && information) {
        memcpy(score, sums + 1, n * sizeof *score);
        memcpy(information, sums + 1 + n, n * n * sizeof *information);
        mlab_times_mirror(information, n, w.p);
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
    double *scratch = mlab_allocate(pass->context, mlab_times_room_size(times), sizeof *scratch);
    if (!scratch) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu rows", times->problem->n);
    mlab_times_room r = mlab_times_room_of(pass, parameters, true, scratch);
    mlab_status status = MLAB_OK;
    for (size_t at = 0; at < times->tiles->n_tiles && !status; at++) {
        const double *x;
        bool allowed;
        status = do_tile(&r, at, &x, &allowed, err);
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

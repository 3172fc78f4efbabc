/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds aliased columns: those that are linear combinations of columns before them.
 *
 * The rule is R's (LINPACK dqrdc2 as lm and glm use it): column j is aliased when the norm of what is left of it after the columns
 * kept before it is below 1e-7 of its norm. What is left is read from the Cholesky factor of the cross-product; where that says less than
 * 1e-8 of the square it is lost in rounding, and the column's residual is worked out row by row, twice. For speed every 16th
 * tile is looked at first: columns that are independent there are independent.
 */
#include "fit/engine.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

static const double ALIASED = 1e-14;   /* squared ratio of norms */
static const double SUSPICIOUS = 1e-8; /* squared; below it the cross-product cannot tell */
static const double CLEAR = 1e-3;      /* squared; above it columns need no mixing either */

typedef struct alias_work {
    const mlab_tiles *tiles;
    const mlab_kernels *kernels;
    size_t stride, q; /* q columns: the ones when constant, then those of the tiles */
    bool constant;
    size_t column;             /* of residual passes */
    const double *combination; /* [q] */
    size_t part;
    double *parts;
} alias_work;

/* The tile's columns with the ones before them when asked for. */
static mlab_status columns_of(const alias_work *work, size_t tile, double *scratch, const double **x, mlab_error *err)
{
    const double *own, *offset;
    double *rest = scratch + (work->q + 2) * MLAB_TILE;
    mlab_status status = mlab_tiles_get(work->tiles, tile, rest, &own, &offset, err);
    if (status || !work->constant) {
        *x = own;
        return status;
    }
    for (size_t i = 0; i < MLAB_TILE; i++) scratch[i] = i < mlab_tiles_rows(work->tiles, tile);
    memcpy(scratch + MLAB_TILE, own, work->tiles->p * MLAB_TILE * sizeof *own);
    *x = scratch;
    return MLAB_OK;
}

static mlab_status gram_chunk(void *arg, size_t chunk, void *memory, mlab_error *err)
{
    alias_work *work = arg;
    double *scratch = memory, *ones = scratch + work->q * MLAB_TILE, *wx = ones + MLAB_TILE;
    for (size_t i = 0; i < MLAB_TILE; i++) ones[i] = 1;
    size_t first = chunk * work->tiles->chunk_tiles;
    for (size_t tile = first; tile < first + work->tiles->chunk_tiles && tile < work->tiles->n_tiles; tile++) {
        if (tile % work->stride) continue;
        const double *x;
        mlab_status status = columns_of(work, tile, scratch, &x, err);
        if (status) return status;
        size_t n = mlab_whole_lanes(mlab_tiles_rows(work->tiles, tile));
        work->kernels->cross(x, work->q, ones, n, work->parts + chunk * work->part, work->q, wx);
    }
    return MLAB_OK;
}

/* Inner products of the residual r = x[column] - sum of combination x with every column, then with itself. */
static mlab_status residual_chunk(void *arg, size_t chunk, void *memory, mlab_error *err)
{
    alias_work *work = arg;
    double *scratch = memory, *r = scratch + work->q * MLAB_TILE;
    double *part = work->parts + chunk * work->part;
    size_t first = chunk * work->tiles->chunk_tiles;
    for (size_t tile = first; tile < first + work->tiles->chunk_tiles && tile < work->tiles->n_tiles; tile++) {
        const double *x;
        mlab_status status = columns_of(work, tile, scratch, &x, err);
        if (status) return status;
        size_t n = mlab_whole_lanes(mlab_tiles_rows(work->tiles, tile));
        memset(r, 0, n * sizeof *r);
        work->kernels->predict(x, work->q, work->combination, n, r);
        for (size_t i = 0; i < n; i++) r[i] = x[work->column * MLAB_TILE + i] - r[i];
        work->kernels->project(x, work->q, r, n, part);
        part[work->q] += work->kernels->dot(r, r, n);
    }
    return MLAB_OK;
}

static mlab_status sum_over_rows(const mlab_context *context, alias_work *work, mlab_block_function chunk, size_t part, double *sums, mlab_error *err)
{
    size_t n_chunks = work->tiles->n_chunks, size = (work->q + 2) * MLAB_TILE + mlab_tiles_scratch(work->tiles);
    work->part = part;
    work->parts = mlab_allocate(context, n_chunks, part * sizeof *work->parts);
    if (!work->parts) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the cross-product of %zu columns", work->q);
    mlab_status status = mlab_parallel_blocks(context, NULL, n_chunks, size * sizeof(double), chunk, work, err);
    if (!status) mlab_sum_blocks(work->parts, n_chunks, part, sums);
    mlab_release(context, work->parts);
    work->parts = NULL;
    return status;
}

/* Row j of the Cholesky factor on the kept columns before it, from gram's upper triangle; returns what is left of the square. */
static double factor_row(const double *gram, size_t q, size_t j, const uint8_t *dropped, double *l)
{
    double left = gram[j * q + j];
    for (size_t k = 0; k < j; k++) {
        l[j * q + k] = 0;
        if (dropped[k]) continue;
        double sum = gram[k * q + j];
        for (size_t m = 0; m < k; m++) sum -= l[k * q + m] * l[j * q + m];
        l[j * q + k] = sum / l[k * q + k];
        left -= l[j * q + k] * l[j * q + k];
    }
    return left;
}

/* combination [j] += coefficients of the least squares fit, on the kept columns before j, of a column with inner products `with`. */
static void add_combination(const double *l, size_t q, size_t j, const uint8_t *dropped, const double *with, double *work, double *combination)
{
    for (size_t k = 0; k < j; k++) {
        work[k] = 0;
        if (dropped[k]) continue;
        double sum = with[k];
        for (size_t m = 0; m < k; m++) sum -= l[k * q + m] * work[m];
        work[k] = sum / l[k * q + k];
    }
    for (size_t k = j; k-- > 0;) {
        if (dropped[k]) continue;
        double sum = work[k];
        for (size_t m = k + 1; m < j; m++)
            if (!dropped[m]) sum -= l[m * q + k] * work[m];
        work[k] = sum / l[k * q + k];
        combination[k] += work[k];
    }
}

/* What is left of column j by its residual, worked out row by row and made orthogonal twice. room [3 q + 1]. */
static mlab_status look_closely(const mlab_context *context, alias_work *work, const double *l, size_t j, const uint8_t *dropped, double *room,
                                double *left, mlab_error *err)
{
    size_t q = work->q;
    double *combination = room, *sums = room + q, *solve = room + 2 * q + 1;
    memset(combination, 0, q * sizeof *combination);
    work->combination = combination;
    work->column = j;
    for (int pass = 0; pass < 3; pass++) {
        mlab_status status = sum_over_rows(context, work, residual_chunk, q + 1, sums, err);
        if (status) return status;
        *left = sums[q];
        add_combination(l, q, j, dropped, sums, solve, combination);
    }
    return MLAB_OK;
}

/* True when every pivot of the tiles looked at says that its column is well independent of those before. */
static bool all_clear(const double *gram, size_t q, const double *norm, double *l, const uint8_t *none)
{
    for (size_t j = 0; j < q; j++) {
        double left = factor_row(gram, q, j, none, l);
        if (!(left > SUSPICIOUS * norm[j]) || !(left > CLEAR * gram[j * q + j])) return false;
        l[j * q + j] = sqrt(left);
    }
    return true;
}

static mlab_status find(const mlab_context *context, alias_work *work, const double *norm, double *gram, double *l, double *room, uint8_t *dropped,
                        bool *clear, mlab_error *err)
{
    size_t q = work->q;
    work->stride = work->tiles->n_tiles >= 256 ? 16 : 1;
    mlab_status status = sum_over_rows(context, work, gram_chunk, q * q, gram, err);
    *clear = !status && all_clear(gram, q, norm, l, dropped);
    if (status || *clear) return status;
    if (work->stride > 1) {
        work->stride = 1;
        if ((status = sum_over_rows(context, work, gram_chunk, q * q, gram, err))) return status;
    }
    for (size_t j = 0; j < q; j++) {
        double left = factor_row(gram, q, j, dropped, l);
        if (!(left > SUSPICIOUS * gram[j * q + j]) && gram[j * q + j] > 0 && (status = look_closely(context, work, l, j, dropped, room, &left, err)))
            return status;
        dropped[j] = !(left > ALIASED * fmax(norm[j], gram[j * q + j]));
        l[j * q + j] = dropped[j] ? 1 : sqrt(left);
    }
    return MLAB_OK;
}

mlab_status mlab_find_aliased(const mlab_context *context, mlab_tiles *tiles, bool constant, size_t skip, uint8_t *aliased, mlab_error *err)
{
    bool clear;
    alias_work work = {.tiles = tiles, .kernels = mlab_kernels_of(context), .q = tiles->p + constant, .constant = constant};
    size_t q = work.q;
    mlab_status status = MLAB_OK;
    double *gram = mlab_allocate(context, q, q * sizeof *gram), *l = mlab_allocate(context, q, q * sizeof *l);
    double *norm = mlab_allocate(context, q, sizeof *norm), *room = mlab_allocate(context, 3 * q + 1, sizeof *room);
    uint8_t *dropped = mlab_allocate(context, q, 1);
    if (!gram || !l || !norm || !room || !dropped) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the cross-product of %zu columns", q);
        goto out;
    }
    norm[0] = (double)tiles->n;
    memcpy(norm + constant, tiles->norm, tiles->p * sizeof *norm);
    if ((status = find(context, &work, norm, gram, l, room, dropped, &clear, err))) goto out;
    memcpy(aliased, dropped + constant, tiles->p);
    if (!clear) status = mlab_tiles_mix(context, tiles, gram, q, skip, aliased, err);
out:
    mlab_release(context, gram);
    mlab_release(context, l);
    mlab_release(context, norm);
    mlab_release(context, room);
    mlab_release(context, dropped);
    return status;
}

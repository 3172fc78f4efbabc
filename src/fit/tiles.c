/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the tiles of a design: fills them in parallel, then centres columns whose mean is large against their spread.
 *
 * Centring changes the intercept only and is undone in the results; without it a column like a calendar year has a cross-product
 * of condition 1e12. The centre is rounded to 24 bits so that taking it off is mostly exact. Columns that stand in the table (fit/direct.c) are
 * read from there at every pass, which is faster than a kept design beyond the cache. Weakness: a spline with many columns costs its fill
 * again at every pass when the design is too large to be kept.
 */
#include "fit/tiles.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

void mlab_tiles_free(mlab_tiles *tiles)
{
    if (!tiles) return;
    const mlab_context *context = tiles->context;
    mlab_release(context, tiles->centre);
    mlab_release(context, tiles->reach);
    mlab_release(context, tiles->norm);
    mlab_release(context, tiles->mix);
    mlab_release(context, tiles->mixed);
    mlab_direct_free(tiles->direct);
    mlab_release(context, tiles->x);
    mlab_release(context, tiles->offset);
    mlab_release(context, tiles);
}

size_t mlab_tiles_rows(const mlab_tiles *tiles, size_t tile)
{
    size_t left = tiles->n - tile * MLAB_TILE;
    return left < MLAB_TILE ? left : MLAB_TILE;
}

size_t mlab_tiles_scratch(const mlab_tiles *tiles)
{
    size_t filled = MLAB_TILE * (tiles->design_columns + 1);
    return tiles->x ? filled : filled + MLAB_TILE * tiles->p;
}

/* The offset of a tile of direct columns: the problem's own where they are all there; own [MLAB_TILE]. */
static const double *direct_offset(const mlab_tiles *tiles, size_t tile, double *own)
{
    static const double none[MLAB_TILE];
    const mlab_fit_problem *problem = tiles->problem;
    size_t n = mlab_tiles_rows(tiles, tile);
    if (!problem->offset) return none;
    if (n == MLAB_TILE) return problem->offset + tile * MLAB_TILE;
    memcpy(own, problem->offset + tile * MLAB_TILE, n * sizeof *own);
    memset(own + n, 0, (MLAB_TILE - n) * sizeof *own);
    return own;
}

/* Fills one tile into x from the design, less the centres, and into offset unless direct. rows_first [MLAB_TILE * (design_columns + 1)] is scratch.
 */
static mlab_status fill_tile(const mlab_tiles *tiles, size_t tile, double *rows_first, double *x, double *offset, mlab_error *err)
{
    const mlab_fit_problem *problem = tiles->problem;
    size_t n = mlab_tiles_rows(tiles, tile), first = tile * MLAB_TILE, q = tiles->design_columns;
    if (tiles->exact) return mlab_tiles_fill_exact(tiles, first, n, x, tiles->direct ? NULL : offset, err);
    if (tiles->direct) {
        mlab_direct_fill(tiles->direct, first, n, tiles->centre, x);
        if (tiles->mix) mlab_tiles_mix_tile(tiles, n, x);
        return MLAB_OK;
    }
    double *row_offset = rows_first + MLAB_TILE * q;
    mlab_status status =
        mlab_design_fill(problem->design, problem->table, problem->rows ? problem->rows + first : NULL, first, n, rows_first, row_offset, err);
    if (status) return status;
    for (size_t j = 0; j < tiles->p; j++) {
        double *column = x + j * MLAB_TILE, centre = tiles->centre[j];
        const double *from = rows_first + tiles->first_column + j;
        for (size_t i = 0; i < n; i++) column[i] = from[i * q] - centre;
        for (size_t i = n; i < MLAB_TILE; i++) column[i] = 0;
    }
    for (size_t i = 0; i < n; i++) offset[i] = row_offset[i] + (problem->offset ? problem->offset[first + i] : 0);
    for (size_t i = n; i < MLAB_TILE; i++) offset[i] = 0;
    if (tiles->mix) mlab_tiles_mix_tile(tiles, n, x);
    return MLAB_OK;
}

mlab_status mlab_tiles_get(const mlab_tiles *tiles, size_t tile, double *scratch, const double **x, const double **offset, mlab_error *err)
{
    double *own_x = scratch + MLAB_TILE * (tiles->design_columns + 1);
    double *own_offset = scratch + MLAB_TILE * tiles->design_columns; /* where the fill puts it */
    *x = tiles->x ? tiles->x + tile * tiles->p * MLAB_TILE : own_x;
    *offset = tiles->direct ? direct_offset(tiles, tile, own_offset) : tiles->x ? tiles->offset + tile * MLAB_TILE : own_offset;
    return tiles->x ? MLAB_OK : fill_tile(tiles, tile, scratch, own_x, own_offset, err);
}

void mlab_tiles_fetch(const mlab_tiles *tiles, size_t tile, size_t part)
{
    const mlab_direct *direct = tiles->direct;
    if (!direct || tiles->x || tile >= tiles->n_tiles) return;
    size_t n = mlab_tiles_rows(tiles, tile), first = tile * MLAB_TILE;
    mlab_direct_fetch(direct, part, first, n);
    if (part == 0 && tiles->problem->offset) direct->kernels->fetch(tiles->problem->offset + first, n * sizeof *tiles->problem->offset);
    if (part == 0 && tiles->problem->category) direct->kernels->fetch(tiles->problem->category + first, n * sizeof *tiles->problem->category);
}

mlab_status mlab_tiles_offset(const mlab_tiles *tiles, size_t tile, double *scratch, const double **offset, mlab_error *err)
{
    const double *x;
    if (!tiles->direct) return mlab_tiles_get(tiles, tile, scratch, &x, offset, err);
    *offset = direct_offset(tiles, tile, scratch + MLAB_TILE * tiles->design_columns);
    return MLAB_OK;
}

/* --- kept ---------------------------------------------------------------------------------------------- */

static mlab_status keep_chunk(void *work, size_t chunk, void *scratch, mlab_error *err)
{
    mlab_tiles *tiles = work;
    size_t first = chunk * tiles->chunk_tiles;
    for (size_t tile = first; tile < first + tiles->chunk_tiles && tile < tiles->n_tiles; tile++) {
        double *offset = tiles->direct ? NULL : tiles->offset + tile * MLAB_TILE;
        mlab_status status = fill_tile(tiles, tile, scratch, tiles->x + tile * tiles->p * MLAB_TILE, offset, err);
        if (status) return status;
    }
    return MLAB_OK;
}

static mlab_status allocate_kept(const mlab_context *context, mlab_tiles *tiles, mlab_error *err)
{
    tiles->x = mlab_reallocate(context, NULL, tiles->n_tiles * MLAB_TILE, (tiles->p + (tiles->p == 0)) * sizeof *tiles->x); /* all is written */
    if (!tiles->direct) tiles->offset = mlab_reallocate(context, NULL, tiles->n_tiles * MLAB_TILE, sizeof *tiles->offset);
    if (tiles->x && (tiles->direct || tiles->offset)) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design of %zu rows and %zu columns", tiles->n, tiles->p);
}

mlab_status mlab_tiles_keep(const mlab_context *context, mlab_tiles *tiles, mlab_error *err)
{
    if (tiles->x || !tiles->may_keep) return MLAB_OK;
    size_t scratch = mlab_tiles_scratch(tiles);
    mlab_status status = allocate_kept(context, tiles, err);
    return status ? status : mlab_parallel_blocks(context, NULL, tiles->n_chunks, scratch * sizeof(double), keep_chunk, tiles, err);
}

/* --- what the columns look like ---------------------------------------------------------------------- */

/* Means, spreads and reaches choose centres and scales; of large data every 16th tile tells enough, unless a column is constant there. Per chunk and
 * column: sum and sum of squares of x
 * - x of the first row, lowest, highest, sum of squares of x. */
enum { SUM, SQUARES, LOW, HIGH, NORM, N_LOOKS };

typedef struct look_work {
    mlab_tiles *tiles;
    const double *first; /* [p] first row */
    size_t stride;       /* every stride-th tile is looked at */
    double *looks;       /* [n_chunks * p * N_LOOKS] */
    uint8_t *offsets;    /* [n_chunks] */
} look_work;

static void look_at(const double *column, size_t n, double first, double *look)
{
    double sum = 0, squares = 0, norm = 0, low = look[LOW], high = look[HIGH];
    for (size_t i = 0; i < n; i++) {
        double d = column[i] - first;
        sum += d;
        squares += d * d;
        norm += column[i] * column[i];
        if (column[i] < low) low = column[i];
        if (column[i] > high) high = column[i];
    }
    look[SUM] += sum;
    look[SQUARES] += squares;
    look[NORM] += norm;
    look[LOW] = low;
    look[HIGH] = high;
}

static mlab_status look_chunk(void *work, size_t chunk, void *scratch, mlab_error *err)
{
    look_work *look = work;
    mlab_tiles *tiles = look->tiles;
    size_t last = (chunk + 1) * tiles->chunk_tiles < tiles->n_tiles ? (chunk + 1) * tiles->chunk_tiles : tiles->n_tiles;
    double *looks = look->looks + chunk * tiles->p * N_LOOKS;
    for (size_t j = 0; j < tiles->p; j++) looks[j * N_LOOKS + LOW] = looks[j * N_LOOKS + HIGH] = look->first[j];
    for (size_t tile = chunk * tiles->chunk_tiles; tile < last; tile++) {
        bool looked = tile % look->stride == 0;
        if (tiles->direct && !looked) continue;
        double *own = scratch;
        double *x = tiles->x ? tiles->x + tile * tiles->p * MLAB_TILE : own + MLAB_TILE * (tiles->design_columns + 1);
        double *offset = tiles->x ? tiles->offset + tile * MLAB_TILE : own + MLAB_TILE * tiles->design_columns;
        mlab_status status = fill_tile(tiles, tile, own, x, offset, err);
        if (status) return status;
        size_t n = mlab_tiles_rows(tiles, tile);
        for (size_t j = 0; j < tiles->p && looked; j++) look_at(x + j * MLAB_TILE, n, look->first[j], looks + j * N_LOOKS);
        for (size_t i = 0; i < n && !tiles->direct && !look->offsets[chunk]; i++) look->offsets[chunk] = offset[i] != 0;
    }
    const double *offset = tiles->direct ? tiles->problem->offset : NULL;
    size_t from = chunk * tiles->chunk_tiles * MLAB_TILE, to = last * MLAB_TILE < tiles->n ? last * MLAB_TILE : tiles->n;
    for (size_t i = from; offset && i < to && !look->offsets[chunk]; i++) look->offsets[chunk] = offset[i] != 0;
    return MLAB_OK;
}

/* A centre when the mean is more than twice the spread, rounded to 24 bits. */
static double choose_centre(double mean, double variance)
{
    if (!(variance > 0) || mean * mean <= 4 * variance || fabs(mean) > 1e30) return 0;
    return (double)(float)mean;
}

static void summarise_looks(mlab_tiles *tiles, const look_work *look, bool centre, bool intercept)
{
    double n = 0;
    for (size_t tile = 0; tile < tiles->n_tiles; tile += look->stride) n += (double)mlab_tiles_rows(tiles, tile);
    for (size_t j = 0; j < tiles->p; j++) {
        double sum = 0, squares = 0, low = look->first[j], high = look->first[j], norm = 0;
        for (size_t c = 0; c < tiles->n_chunks; c++) {
            const double *one = look->looks + (c * tiles->p + j) * N_LOOKS;
            sum += one[SUM];
            squares += one[SQUARES];
            norm += one[NORM];
            if (one[LOW] < low) low = one[LOW];
            if (one[HIGH] > high) high = one[HIGH];
        }
        double mean = look->first[j] + sum / n, variance = squares / n - sum / n * (sum / n);
        if (centre && !(intercept && j == 0)) tiles->centre[j] = choose_centre(mean, variance);
        tiles->norm[j] = norm * (double)look->stride;
        tiles->reach[j] = high > low ? fmax(fabs(high - tiles->centre[j]), fabs(low - tiles->centre[j])) : 0;
    }
    for (size_t c = 0; c < tiles->n_chunks; c++) tiles->any_offset = tiles->any_offset || look->offsets[c];
}

static mlab_status centre_chunk(void *work, size_t chunk, void *scratch, mlab_error *err)
{
    (void)scratch, (void)err;
    mlab_tiles *tiles = work;
    size_t last = (chunk + 1) * tiles->chunk_tiles < tiles->n_tiles ? (chunk + 1) * tiles->chunk_tiles : tiles->n_tiles;
    for (size_t tile = chunk * tiles->chunk_tiles; tile < last; tile++)
        for (size_t j = 0; j < tiles->p; j++) {
            double centre = tiles->centre[j], *column = tiles->x + (tile * tiles->p + j) * MLAB_TILE;
            if (centre == 0) continue;
            for (size_t i = 0, n = mlab_tiles_rows(tiles, tile); i < n; i++) column[i] -= centre;
        }
    return MLAB_OK;
}

/* Of few tiles a column that is seldom anything but 0 may look constant. */
static bool looks_constant(const mlab_tiles *tiles, bool intercept)
{
    for (size_t j = intercept; j < tiles->p; j++)
        if (tiles->reach[j] == 0) return true;
    return false;
}

/* Looks at every stride-th tile. */
static mlab_status look_once(const mlab_context *context, look_work *look, bool centre, bool intercept, mlab_error *err)
{
    mlab_tiles *tiles = look->tiles;
    memset(tiles->centre, 0, tiles->p * sizeof *tiles->centre);
    memset(look->looks, 0, tiles->n_chunks * tiles->p * N_LOOKS * sizeof *look->looks);
    mlab_status status = mlab_parallel_blocks(context, NULL, tiles->n_chunks, mlab_tiles_scratch(tiles) * sizeof(double), look_chunk, look, err);
    if (!status) summarise_looks(tiles, look, centre, intercept);
    return status;
}

static mlab_status look_at_columns(const mlab_context *context, mlab_tiles *tiles, bool centre, bool intercept, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    look_work look = {.tiles = tiles, .stride = tiles->n_tiles >= 256 ? 16 : 1};
    double *first = mlab_allocate(context, tiles->design_columns + 1, sizeof *first);
    look.looks = mlab_allocate(context, tiles->n_chunks * tiles->p, N_LOOKS * sizeof *look.looks);
    look.offsets = mlab_allocate(context, tiles->n_chunks, sizeof *look.offsets);
    if (!first || !look.looks || !look.offsets) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look at %zu columns", tiles->p);
        goto out;
    }
    const mlab_fit_problem *problem = tiles->problem;
    double offset;
    if ((status = mlab_design_fill(problem->design, problem->table, problem->rows, 0, 1, first, &offset, err))) goto out;
    look.first = first + tiles->first_column;
    if ((status = look_once(context, &look, centre, intercept, err))) goto out;
    if (look.stride > 1 && looks_constant(tiles, intercept)) {
        look.stride = 1;
        if ((status = look_once(context, &look, centre, intercept, err))) goto out;
    }
    if (tiles->x) status = mlab_parallel_blocks(context, NULL, tiles->n_chunks, 0, centre_chunk, tiles, err);
out:
    mlab_release(context, first);
    mlab_release(context, look.looks);
    mlab_release(context, look.offsets);
    return status;
}

/* A kept design of direct columns is read faster than the table while it stays in the cache. */
#define CACHED ((size_t)1 << 22)

static mlab_status make_columns(const mlab_context *context, mlab_tiles *tiles, bool centre, bool intercept, size_t bytes, mlab_error *err)
{
    size_t each = tiles->n_tiles * MLAB_TILE;
    tiles->centre = mlab_allocate(context, tiles->p, sizeof *tiles->centre);
    tiles->reach = mlab_allocate(context, tiles->p, sizeof *tiles->reach);
    tiles->norm = mlab_allocate(context, tiles->p, sizeof *tiles->norm);
    if (!tiles->centre || !tiles->reach || !tiles->norm) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", tiles->p);
    tiles->may_keep = tiles->p + 1 <= bytes / sizeof(double) / (each ? each : 1);
    mlab_status status = mlab_direct_make(context, tiles->problem, tiles->first_column, &tiles->direct, err);
    if (!status && tiles->may_keep && !tiles->direct) status = allocate_kept(context, tiles, err);
    if (!status) status = look_at_columns(context, tiles, centre, intercept, err);
    if (!status && tiles->direct && tiles->p + 1 <= CACHED / sizeof(double) / (each ? each : 1)) status = mlab_tiles_keep(context, tiles, err);
    return status;
}

mlab_status mlab_tiles_make(const mlab_context *context, const mlab_fit_problem *problem, size_t first_column, bool centre, bool intercept,
                            size_t bytes, mlab_tiles **out, mlab_error *err)
{
    *out = NULL;
    mlab_tiles *tiles = mlab_allocate(context, 1, sizeof *tiles);
    if (!tiles) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    tiles->context = context;
    tiles->problem = problem;
    tiles->n = problem->n;
    tiles->n_tiles = (problem->n + MLAB_TILE - 1) / MLAB_TILE;
    tiles->first_column = first_column;
    tiles->design_columns = mlab_design_columns(problem->design);
    tiles->p = tiles->design_columns - first_column;
    tiles->chunk_tiles = (tiles->n_tiles + MLAB_CHUNKS - 1) / MLAB_CHUNKS;
    if (tiles->chunk_tiles < MLAB_CHUNK_TILES) tiles->chunk_tiles = MLAB_CHUNK_TILES;
    tiles->n_chunks = (tiles->n_tiles + tiles->chunk_tiles - 1) / tiles->chunk_tiles;
    mlab_status status = make_columns(context, tiles, centre, intercept, bytes, err);
    if (status) {
        mlab_tiles_free(tiles);
        tiles = NULL;
    }
    *out = tiles;
    return status;
}

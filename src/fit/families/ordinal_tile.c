/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tiles of rows of an ordinal model with effects by threshold or on the scale: what a row contributes (fit/families/ordinal_pass.c), and its sums.
 *
 * A row of level y has part in threshold y by its upper end and in threshold y - 1 by its lower one, with the same columns in both: ones and minus
 * the nominal columns. So for each threshold the derivatives of the rows that have part in it, zero for others, weigh a cross-product of short
 * columns. Weakness: the work grows with the number of thresholds; with many of them rows are summed one by one instead.
 */
#include "fit/families/ordinal_tile.h"

#include "core/elementary.h"

#include <math.h>
#include <string.h>

#define NOT_THERE 1e100 /* an end beyond the last or the first threshold: its square is a number still */

static size_t most_columns(const mlab_engine *engine)
{
    return 1 + engine->p + engine->effects->n_scale;
}

size_t mlab_level_tile_room(const mlab_engine *engine)
{
    size_t columns = most_columns(engine);
    return (1 + MLAB_LEVEL_PARTS + 3 + columns + 3) * MLAB_TILE + columns * columns + 2 * (engine->n_thresholds + 1) +
           engine->p * (sizeof(size_t) / sizeof(double) + 1);
}

mlab_level_tile mlab_level_tile_at(const mlab_context *context, const mlab_engine *engine, double *memory)
{
    const mlab_level_effects *e = engine->effects;
    mlab_level_tile tile = {.engine = engine, .kernels = mlab_kernels_of(context), .q = 1 + e->n_nominal, .n_scale = e->n_scale};
    tile.log_likelihood = memory;
    tile.parts = tile.log_likelihood + MLAB_TILE;
    tile.upper = tile.parts + MLAB_LEVEL_PARTS * MLAB_TILE;
    tile.lower = tile.upper + MLAB_TILE;
    tile.scale = tile.lower + MLAB_TILE;
    tile.columns = tile.scale + MLAB_TILE;
    tile.weight = tile.columns + most_columns(engine) * MLAB_TILE;
    tile.product = tile.weight + MLAB_TILE;
    tile.zeros = tile.product + MLAB_TILE;
    tile.sums = tile.zeros + MLAB_TILE;
    tile.table = tile.sums + most_columns(engine) * most_columns(engine);
    tile.place = (size_t *)(void *)(tile.table + 2 * (engine->n_thresholds + 1));
    for (size_t j = 0; j < engine->p; j++)
        if (e->nominal_at[j] == SIZE_MAX) tile.place[tile.common++] = j;
    for (size_t i = 0; i < MLAB_TILE; i++) {
        tile.columns[i] = 1;
        tile.zeros[i] = 0;
    }
    return tile;
}

/* --- what rows contribute ----------------------------------------------------------------------------------------- */

/* Ends and log scales of the rows. table: of a level its upper and its lower threshold, or the effects there. */
static void find_ends(mlab_level_tile *tile, const double *b, const double *x, const double *offset, const int32_t *level, size_t n)
{
    const mlab_engine *engine = tile->engine;
    const mlab_level_effects *e = engine->effects;
    size_t thresholds = e->n_thresholds;
    double *high = tile->table, *low = high + thresholds + 1, *common = tile->product;
    memcpy(common, offset, n * sizeof *common);
    for (size_t c = 0; c < tile->common; c++) tile->kernels->predict(x + tile->place[c] * MLAB_TILE, 1, b + thresholds + tile->place[c], n, common);
    for (size_t y = 0; y <= thresholds; y++) {
        high[y] = y < thresholds ? b[y] : NOT_THERE;
        low[y] = y > 0 ? b[y - 1] : -NOT_THERE;
    }
    memset(tile->upper, 0, 2 * MLAB_TILE * sizeof *tile->upper);
    tile->kernels->look_up(level, tile->columns, n, high, low, tile->upper, tile->lower);
    for (size_t w = 0; w < e->n_nominal; w++) {
        for (size_t y = 0; y <= thresholds; y++) {
            high[y] = y < thresholds ? -b[mlab_nominal_place(e, y, w)] : 0;
            low[y] = y > 0 ? -b[mlab_nominal_place(e, y - 1, w)] : 0;
        }
        tile->kernels->look_up(level, x + e->nominal[w] * MLAB_TILE, n, high, low, tile->upper, tile->lower);
    }
    for (size_t y = 0; y <= thresholds; y++) high[y] = low[y] = -1;
    tile->kernels->look_up(level, common, n, high, low, tile->upper, tile->lower);
    memset(tile->scale, 0, n * sizeof *tile->scale);
    for (size_t z = 0; z < e->n_scale; z++) {
        double by = b[mlab_scale_place(e, z)], shift = by * engine->tiles->centre[e->scale[z]];
        tile->kernels->predict(x + e->scale[z] * MLAB_TILE, 1, &by, n, tile->scale);
        for (size_t i = 0; i < n; i++) tile->scale[i] += shift;
    }
}

void mlab_level_tile_fill(mlab_level_tile *tile, const double *parameters, const double *x, const double *offset, const int32_t *level, size_t rows,
                          bool derivatives)
{
    const mlab_engine *engine = tile->engine;
    size_t n = mlab_whole_lanes(rows), thresholds = engine->n_thresholds;
    int32_t *whole = (int32_t *)(void *)tile->weight; /* level 0 beyond the rows */
    memset(whole, 0, n * sizeof *whole);
    memcpy(whole, level, rows * sizeof *whole);
    find_ends(tile, parameters, x, offset, whole, n);
    if (engine->link == 0) {
        tile->kernels->level_logit(tile->upper, tile->lower, tile->n_scale ? tile->scale : NULL, n, tile->log_likelihood,
                                   derivatives ? tile->parts : NULL);
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        double parts[MLAB_LEVEL_PARTS] = {0};
        size_t y = (size_t)level[i];
        bool allowed = mlab_level_derive(engine->link, tile->upper[i], tile->lower[i], tile->scale[i], y<thresholds, y> 0, derivatives,
                                         &tile->log_likelihood[i], parts);
        if (!allowed) tile->log_likelihood[i] = -HUGE_VAL;
        for (size_t k = 0; derivatives && k < MLAB_LEVEL_PARTS; k++) tile->parts[k * MLAB_TILE + i] = parts[k];
    }
}

/* --- their sums ----------------------------------------------------------------------------------------------------- */

static double *part(const mlab_level_tile *tile, mlab_level_part which)
{
    return tile->parts + (size_t)which * MLAB_TILE;
}

/* The parameter of short column m at threshold k, and the sign with which the column stands. */
static size_t place_of(const mlab_level_tile *tile, size_t k, size_t m)
{
    return m == 0 ? k : mlab_nominal_place(tile->engine->effects, k, m - 1);
}

static double sign_of(size_t m)
{
    return m == 0 ? 1 : -1;
}

static void put(double *information, size_t n, size_t i, size_t j, double value)
{
    information[i < j ? i * n + j : j * n + i] += value;
}

static double *column(const mlab_level_tile *tile, size_t k)
{
    return tile->columns + k * MLAB_TILE;
}

static void set_columns(mlab_level_tile *tile, const double *x, size_t n)
{
    const mlab_level_effects *e = tile->engine->effects;
    for (size_t w = 0; w < e->n_nominal; w++) memcpy(column(tile, 1 + w), x + e->nominal[w] * MLAB_TILE, n * sizeof *x);
    for (size_t c = 0; c < tile->common; c++) memcpy(column(tile, tile->q + c), x + tile->place[c] * MLAB_TILE, n * sizeof *x);
    for (size_t z = 0; z < e->n_scale; z++) {
        double *to = column(tile, tile->q + tile->common + z), centre = tile->engine->tiles->centre[e->scale[z]];
        for (size_t i = 0; i < n; i++) to[i] = x[e->scale[z] * MLAB_TILE + i] + centre;
    }
}

/* sums [n_columns] of the columns from `first` on, times column m and tile->weight. */
static const double *weighted(mlab_level_tile *tile, size_t m, size_t first, size_t n_columns, size_t n)
{
    const double *by = tile->weight;
    if (m > 0) {
        for (size_t i = 0; i < n; i++) tile->product[i] = tile->weight[i] * column(tile, m)[i];
        by = tile->product;
    }
    memset(tile->sums, 0, n_columns * sizeof *tile->sums);
    tile->kernels->project(column(tile, first), n_columns, by, n, tile->sums);
    return tile->sums;
}

/* Score and information of threshold k and its nominal effects; uu_ul, ll_ul: UPPER_UPPER and LOWER_LOWER, each plus UPPER_LOWER. */
static void add_threshold(mlab_level_tile *tile, size_t k, const int32_t *level, size_t rows, size_t n, const double *uu_ul, const double *ll_ul,
                          double *score, double *information)
{
    const mlab_level_effects *e = tile->engine->effects;
    size_t q = tile->q, size = tile->engine->n_parameters, t = e->n_thresholds;
    int32_t at = (int32_t)k;
    for (size_t i = rows; i < n; i++) tile->weight[i] = 0;
    tile->kernels->pick(level, at, part(tile, MLAB_LEVEL_UPPER), part(tile, MLAB_LEVEL_LOWER), rows, tile->weight);
    const double *sums = weighted(tile, 0, 0, q, n);
    for (size_t m = 0; m < q; m++) score[place_of(tile, k, m)] += sign_of(m) * sums[m];
    tile->kernels->pick(level, at, part(tile, MLAB_LEVEL_UPPER_UPPER), part(tile, MLAB_LEVEL_LOWER_LOWER), rows, tile->weight);
    for (size_t m = 0; m < q; m++) {
        sums = weighted(tile, m, m, q - m, n);
        for (size_t l = m; l < q; l++) put(information, size, place_of(tile, k, m), place_of(tile, k, l), sign_of(m) * sign_of(l) * sums[l - m]);
    }
    tile->kernels->pick(level, at, uu_ul, ll_ul, rows, tile->weight);
    for (size_t m = 0; m < q && tile->common > 0; m++) {
        sums = weighted(tile, m, q, tile->common, n);
        for (size_t c = 0; c < tile->common; c++) put(information, size, place_of(tile, k, m), t + tile->place[c], -sign_of(m) * sums[c]);
    }
    if (tile->n_scale) {
        tile->kernels->pick(level, at, part(tile, MLAB_LEVEL_UPPER_SCALE), part(tile, MLAB_LEVEL_LOWER_SCALE), rows, tile->weight);
        for (size_t m = 0; m < q; m++) {
            sums = weighted(tile, m, q + tile->common, tile->n_scale, n);
            for (size_t z = 0; z < tile->n_scale; z++) put(information, size, place_of(tile, k, m), mlab_scale_place(e, z), sign_of(m) * sums[z]);
        }
    }
    if (k + 1 == t) return;
    tile->kernels->pick(level, at, tile->zeros, part(tile, MLAB_LEVEL_UPPER_LOWER), rows, tile->weight);
    for (size_t m = 0; m < q; m++) {
        sums = weighted(tile, m, 0, q, n);
        for (size_t l = 0; l < q; l++) put(information, size, place_of(tile, k, m), place_of(tile, k + 1, l), sign_of(m) * sign_of(l) * sums[l]);
    }
}

/* Score and information of the effects on the scale, by each other and by the common columns. */
static void add_scale(mlab_level_tile *tile, size_t n, double *score, double *information)
{
    const mlab_level_effects *e = tile->engine->effects;
    size_t first = tile->q + tile->common, size = tile->engine->n_parameters;
    memcpy(tile->weight, part(tile, MLAB_LEVEL_SCALE), n * sizeof *tile->weight);
    const double *sums = weighted(tile, 0, first, tile->n_scale, n);
    for (size_t z = 0; z < tile->n_scale; z++) score[mlab_scale_place(e, z)] += sums[z];
    memcpy(tile->weight, part(tile, MLAB_LEVEL_SCALE_SCALE), n * sizeof *tile->weight);
    for (size_t z = 0; z < tile->n_scale; z++) {
        sums = weighted(tile, first + z, first + z, tile->n_scale - z, n);
        for (size_t y = z; y < tile->n_scale; y++) put(information, size, mlab_scale_place(e, z), mlab_scale_place(e, y), sums[y - z]);
    }
    for (size_t i = 0; i < n; i++) tile->weight[i] = -(part(tile, MLAB_LEVEL_UPPER_SCALE)[i] + part(tile, MLAB_LEVEL_LOWER_SCALE)[i]);
    for (size_t z = 0; z < tile->n_scale && tile->common > 0; z++) {
        sums = weighted(tile, first + z, tile->q, tile->common, n);
        for (size_t c = 0; c < tile->common; c++) put(information, size, mlab_scale_place(e, z), e->n_thresholds + tile->place[c], sums[c]);
    }
}

void mlab_level_tile_add(mlab_level_tile *tile, const double *x, const int32_t *level, size_t rows, double *score, double *information)
{
    const mlab_level_effects *e = tile->engine->effects;
    size_t n = mlab_whole_lanes(rows), t = e->n_thresholds, size = tile->engine->n_parameters;
    const double *uu = part(tile, MLAB_LEVEL_UPPER_UPPER), *ul = part(tile, MLAB_LEVEL_UPPER_LOWER), *ll = part(tile, MLAB_LEVEL_LOWER_LOWER);
    const double *up = part(tile, MLAB_LEVEL_UPPER), *low = part(tile, MLAB_LEVEL_LOWER);
    set_columns(tile, x, n);
    for (size_t i = 0; i < n; i++) tile->weight[i] = -(up[i] + low[i]);
    const double *sums = weighted(tile, 0, tile->q, tile->common, n);
    for (size_t c = 0; c < tile->common; c++) score[t + tile->place[c]] += sums[c];
    for (size_t i = 0; i < n; i++) tile->weight[i] = uu[i] + 2 * ul[i] + ll[i];
    for (size_t c = 0; c < tile->common; c++) {
        sums = weighted(tile, tile->q + c, tile->q + c, tile->common - c, n);
        for (size_t d = c; d < tile->common; d++) put(information, size, t + tile->place[c], t + tile->place[d], sums[d - c]);
    }
    for (size_t i = 0; i < n; i++) { /* the ends are not needed any more */
        tile->upper[i] = uu[i] + ul[i];
        tile->lower[i] = ll[i] + ul[i];
    }
    for (size_t k = 0; k < t; k++) add_threshold(tile, k, level, rows, n, tile->upper, tile->lower, score, information);
    if (tile->n_scale) add_scale(tile, n, score, information);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score of bootstrap samples as a series about the estimate on all rows.
 *
 * Row by row the log-likelihood is a function of one predictor, so that every derivative by the parameters is a derivative by the predictor
 * times products of columns. Third and fourth ones come from differences of the second at predictors 2^-10 apart, right to 1e-6: they only say
 * how a step is to be bent, never where the score is zero. A sample's own third derivatives are summed while their number is below that of the
 * work they save.
 * Weakness: far from the start (samples that move a predictor by more than about one) the series says little; refits then go on without it. */
#include "fit/refits_series.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

#define MOST_OWN ((size_t)5)     /* columns up to which third derivatives are a sample's own */
#define MOST_SHARED ((size_t)12) /* and up to which those of all rows are used */
#define APART 0x1p-10

mlab_series mlab_series_of(const mlab_context *context, const mlab_engine *engine)
{
    size_t p = engine->p;
    mlab_series series = {.context = context, .p = p, .order = 1, .n_sums = p + p * (p + 1) / 2};
    if (engine->expected || p == 0) return series;
    series.order = p <= MOST_OWN ? 3 : p <= MOST_SHARED ? 2 : 1;
    if (series.order == 3) series.n_third = p * (p + 1) * (p + 2) / 6;
    series.n_sums += series.n_third;
    return series;
}

void mlab_series_free(mlab_series *series)
{
    mlab_release(series->context, series->third);
    mlab_release(series->context, series->fourth);
    series->third = series->fourth = NULL;
}

/* Entries with rising indices to all their permutations. */
static void spread_third(const mlab_series *series, const double *rising, double *third)
{
    size_t p = series->p, at = 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = j; k < p; k++)
            for (size_t l = k; l < p; l++, at++) {
                double value = rising[at];
                third[(j * p + k) * p + l] = third[(j * p + l) * p + k] = third[(k * p + j) * p + l] = value;
                third[(k * p + l) * p + j] = third[(l * p + j) * p + k] = third[(l * p + k) * p + j] = value;
            }
}

/* Of third: rising entries only are summed; this fills the others of an array where entry (j, k, l) stands in its place. */
static void mirror_third(size_t p, double *third)
{
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++)
            for (size_t l = 0; l < p; l++) {
                size_t a = j < k ? j : k, c = j < k ? k : j, low = a < l ? a : l, high = c > l ? c : l, middle = j + k + l - low - high;
                third[(j * p + k) * p + l] = third[(low * p + middle) * p + high];
            }
}

typedef struct row_parts {
    double score, curvature, third, fourth;
} row_parts;

static void add_row(mlab_series *series, const row_parts *row, const double *x, double *into)
{
    size_t p = series->p;
    for (size_t j = 0; j < p; j++, into += MLAB_SERIES_BLOCK) *into += row->score * x[j];
    for (size_t j = 0; j < p; j++)
        for (size_t k = j; k < p; k++, into += MLAB_SERIES_BLOCK) *into += row->curvature * x[j] * x[k];
    if (!series->third) return;
    for (size_t j = 0; j < p; j++)
        for (size_t k = j; k < p; k++) {
            double square = x[j] * x[k], by = row->third * square;
            for (size_t l = k; l < p; l++) {
                series->third[(j * p + k) * p + l] += by * x[l];
                if (series->order == 3) *into += by * x[l], into += MLAB_SERIES_BLOCK;
            }
            if (!series->fourth) continue;
            double *fourth = series->fourth + (j * p + k) * p * p;
            for (size_t l = 0; l < p; l++)
                for (size_t m = l; m < p; m++) fourth[l * p + m] += row->fourth * square * x[l] * x[m];
        }
}

/* fourth[j, k] is summed for j <= k and holds l <= m. */
static void mirror_fourth(size_t p, double *fourth)
{
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++) {
            const double *from = fourth + (j < k ? j * p + k : k * p + j) * p * p;
            double *to = fourth + (j * p + k) * p * p;
            for (size_t l = 0; l < p; l++)
                for (size_t m = 0; m < p; m++) to[l * p + m] = from[l <= m ? l * p + m : m * p + l];
        }
}

/* Curvature at the predictors of a tile moved by `by`. */
static bool moved(mlab_family_tile *tile, const mlab_engine *engine, double *eta, const double *own, double by, double *curvature)
{
    for (size_t i = 0; i < tile->rows; i++) eta[i] = own[i] + by;
    bool allowed = engine->family->tile(tile);
    memcpy(curvature, tile->curvature, tile->rows * sizeof *curvature);
    return allowed;
}

typedef struct tile_room {
    double *memory, *tiles, *own, *eta, *up, *down, *x;
    mlab_family_tile tile;
} tile_room;

static mlab_status room_make(const mlab_context *context, const mlab_engine *engine, tile_room *r, mlab_error *err)
{
    size_t tiles = mlab_tiles_scratch(engine->tiles);
    double *at = r->memory = mlab_allocate(context, tiles + 10 * MLAB_TILE + engine->p, sizeof *at);
    if (!at) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits");
    r->tiles = at;
    r->own = at + tiles;
    r->eta = r->own + MLAB_TILE;
    r->up = r->eta + MLAB_TILE;
    r->down = r->up + MLAB_TILE;
    r->tile = (mlab_family_tile){.context = context, .n_eta = 1, .eta = r->eta, .derivatives = true, .expected = engine->expected};
    r->tile.shape = engine->shape;
    r->tile.without_likelihood = true;
    r->tile.log_likelihood = r->down + MLAB_TILE;
    r->tile.score = r->tile.log_likelihood + MLAB_TILE;
    r->tile.curvature = r->tile.score + MLAB_TILE;
    r->tile.scratch = r->tile.curvature + MLAB_TILE;
    r->x = r->tile.scratch + 3 * MLAB_TILE;
    return MLAB_OK;
}

static mlab_status add_tile(tile_room *r, const mlab_engine *engine, const double *parameters, size_t t, double *sums, mlab_series *series,
                            mlab_error *err)
{
    const mlab_fit_problem *problem = engine->problem;
    const double *x, *offset;
    mlab_status status = mlab_tiles_get(engine->tiles, t, r->tiles, &x, &offset, err);
    if (status) return status;
    size_t rows = r->tile.rows = mlab_tiles_rows(engine->tiles, t), first = t * MLAB_TILE, p = engine->p;
    memcpy(r->own, offset, mlab_whole_lanes(rows) * sizeof *offset);
    mlab_kernels_of(r->tile.context)->predict(x, p, parameters, mlab_whole_lanes(rows), r->own);
    r->tile.category = problem->category ? problem->category + first : NULL;
    r->tile.number = engine->number ? engine->number + first : NULL;
    bool bent = series->third && moved(&r->tile, engine, r->eta, r->own, APART, r->up) && moved(&r->tile, engine, r->eta, r->own, -APART, r->down);
    memcpy(r->eta, r->own, rows * sizeof *r->eta);
    if (!engine->family->tile(&r->tile)) return mlab_raise(err, MLAB_ERR_ARGUMENT, "refits begin where the parameters are not allowed");
    for (size_t i = 0; i < rows; i++) {
        size_t g = problem->cluster ? problem->cluster[first + i] : first + i;
        double weight = problem->weight ? problem->weight[first + i] : 1, c = r->tile.curvature[i];
        if (weight == 0) continue;
        row_parts row = {.score = weight * r->tile.score[i], .curvature = weight * c};
        if (bent) row.third = weight * (r->up[i] - r->down[i]) / (2 * APART);
        if (bent) row.fourth = weight * (r->up[i] - 2 * c + r->down[i]) / (APART * APART);
        for (size_t j = 0; j < p; j++) r->x[j] = x[j * MLAB_TILE + i];
        add_row(series, &row, r->x, sums + g / MLAB_SERIES_BLOCK * series->n_sums * MLAB_SERIES_BLOCK + g % MLAB_SERIES_BLOCK);
    }
    return MLAB_OK;
}

mlab_status mlab_series_add(const mlab_context *context, const mlab_engine *engine, const double *parameters, double *sums, mlab_series *series,
                            mlab_error *err)
{
    size_t p = series->p;
    tile_room r = {0};
    mlab_status status = room_make(context, engine, &r, err);
    if (!status && series->order > 1) series->third = mlab_allocate(context, p * p * p, sizeof *series->third);
    if (!status && series->order > 2) series->fourth = mlab_allocate(context, p * p, p * p * sizeof *series->fourth);
    if (!status && ((series->order > 1 && !series->third) || (series->order > 2 && !series->fourth)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits of %zu parameters", p);
    for (size_t t = 0; t < engine->tiles->n_tiles && !status; t++) status = add_tile(&r, engine, parameters, t, sums, series, err);
    if (!status && series->third) mirror_third(p, series->third);
    if (!status && series->fourth) mirror_fourth(p, series->fourth);
    mlab_release(context, r.memory);
    return status;
}

size_t mlab_series_room(const mlab_series *series)
{
    size_t p = series->p;
    return series->order == 3 ? p * p * p : 0;
}

void mlab_series_at(const mlab_series *series, const double *sums, const double *d, double *residual, double *information, double *work)
{
    size_t p = series->p;
    const double *second = sums + p, *third = series->third, *fourth = series->fourth;
    if (series->order == 3) {
        spread_third(series, second + p * (p + 1) / 2, work);
        third = work;
    }
    if (residual) memcpy(residual, sums, p * sizeof *residual);
    for (size_t j = 0; j < p; j++)
        for (size_t k = j; k < p; k++) {
            double h = *second++, t = 0, f = 0;
            for (size_t l = 0; third && l < p; l++) {
                double inner = 0;
                for (size_t m = 0; fourth && m < p; m++) inner += fourth[((j * p + k) * p + l) * p + m] * d[m];
                t += third[(j * p + k) * p + l] * d[l];
                f += inner * d[l];
            }
            information[j * p + k] = h + t + f / 2;
            if (!residual) continue;
            double lost = h + t / 2 + f / 6;
            residual[j] -= lost * d[k];
            if (k > j) residual[k] -= lost * d[j];
        }
}

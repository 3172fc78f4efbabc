/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes over the rows of an ordinal model with effects by threshold or on the scale: log-likelihood, score and observed information.
 *
 * A row of level y has the ends u = threshold_y - eta_y and v = threshold_(y-1) - eta_(y-1), divided by the scale exp(t): l = log(F(u / e^t) -
 * F(v / e^t)). All derivatives are those by u, v and t, each of which is linear in the parameters, so that a row is an outer product of three short
 * vectors. Tiles are summed within chunks and chunks in order, so the sums do not depend on the threads. With effects on the scale the
 * likelihood is not concave everywhere: where the information is not positive definite it is made so, which bends the steps but moves no maximum.
 */
#include "fit/families/ordinal_tile.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

typedef struct work {
    const mlab_pass *pass;
    const mlab_engine *engine;
    const double *parameters;
    bool derivatives;
    size_t n, p, part; /* parameters, columns, doubles of a chunk */
    double *parts;     /* [n_chunks * part] */
    double *rows;      /* [rows * MLAB_LEVEL_PARTS] */
} work;

/* --- one row -------------------------------------------------------------------------------------------------- */

/* Derivatives by the ends u, v and the log scale t; sets the log-likelihood. False where the level has no probability. */
bool mlab_level_derive(int link, double u, double v, double t, bool has_u, bool has_v, bool derivatives, double *log_likelihood, double *parts)
{
    double shrink = mlab_exp(-t), a = has_u ? u * shrink : 0, b = has_v ? v * shrink : 0;
    if (!(shrink > 0) || isinf(shrink) || (has_u && has_v && !(a > b))) return false;
    mlab_level_ends e = mlab_level_ends_of(link, a, b, has_u, has_v);
    *log_likelihood = e.log_p;
    if (!isfinite(e.log_p)) return false;
    if (!derivatives) return true;
    double A = e.upper, B = e.lower, uu = A * A - e.upper_slope, vv = B * B + e.lower_slope, uv = -A * B;
    parts[MLAB_LEVEL_UPPER] = shrink * A;
    parts[MLAB_LEVEL_LOWER] = -shrink * B;
    parts[MLAB_LEVEL_SCALE] = b * B - a * A;
    parts[MLAB_LEVEL_UPPER_UPPER] = shrink * shrink * uu;
    parts[MLAB_LEVEL_UPPER_LOWER] = shrink * shrink * uv;
    parts[MLAB_LEVEL_LOWER_LOWER] = shrink * shrink * vv;
    parts[MLAB_LEVEL_UPPER_SCALE] = shrink * (A - uu * a - uv * b);
    parts[MLAB_LEVEL_LOWER_SCALE] = shrink * (-B - vv * b - uv * a);
    parts[MLAB_LEVEL_SCALE_SCALE] = b * B - a * A + a * a * uu + 2 * a * b * uv + b * b * vv;
    return true;
}

/* A parameter beside the common coefficients that a row has part in: through which of u, v, t, and with which factor. */
typedef struct slot {
    size_t at;
    mlab_level_part end;
    double value;
} slot;

size_t mlab_level_row_room(const mlab_engine *engine)
{
    const mlab_level_effects *e = engine->effects;
    return (2 + 2 * e->n_nominal + e->n_scale) * (sizeof(slot) / sizeof(double) + 1) + e->p;
}

static size_t slots_of(const mlab_engine *engine, size_t y, const double *x, slot *slots)
{
    const mlab_level_effects *e = engine->effects;
    const double *centre = engine->tiles->centre;
    size_t n = 0;
    for (int end = 0; end < 2; end++) {
        mlab_level_part by = end ? MLAB_LEVEL_LOWER : MLAB_LEVEL_UPPER;
        if (end ? y == 0 : y == e->n_thresholds) continue;
        size_t k = end ? y - 1 : y;
        slots[n++] = (slot){k, by, 1};
        for (size_t w = 0; w < e->n_nominal; w++) slots[n++] = (slot){mlab_nominal_place(e, k, w), by, -x[e->nominal[w]]};
    }
    for (size_t z = 0; z < e->n_scale; z++) slots[n++] = (slot){mlab_scale_place(e, z), MLAB_LEVEL_SCALE, x[e->scale[z]] + centre[e->scale[z]]};
    return n;
}

void mlab_level_row_add(const mlab_engine *engine, size_t y, const double parts[MLAB_LEVEL_PARTS], const double *x, double *room, double *score,
                        double *information)
{
    static const int pair[3][3] = {{MLAB_LEVEL_UPPER_UPPER, MLAB_LEVEL_UPPER_LOWER, MLAB_LEVEL_UPPER_SCALE},
                                   {MLAB_LEVEL_UPPER_LOWER, MLAB_LEVEL_LOWER_LOWER, MLAB_LEVEL_LOWER_SCALE},
                                   {MLAB_LEVEL_UPPER_SCALE, MLAB_LEVEL_LOWER_SCALE, MLAB_LEVEL_SCALE_SCALE}};
    const mlab_level_effects *e = engine->effects;
    size_t t = e->n_thresholds, p = e->p, n = engine->n_parameters;
    double *common = room; /* x without the nominal columns */
    slot *slots = (slot *)(void *)(room + p);
    size_t n_slots = slots_of(engine, y, x, slots);
    double both = -(parts[MLAB_LEVEL_UPPER] + parts[MLAB_LEVEL_LOWER]);
    for (size_t j = 0; j < p; j++) common[j] = e->nominal_at[j] == SIZE_MAX ? x[j] : 0;
    for (size_t j = 0; j < p; j++) score[t + j] += both * common[j];
    for (size_t s = 0; s < n_slots; s++) score[slots[s].at] += parts[slots[s].end] * slots[s].value;
    if (!information) return;
    double h = parts[MLAB_LEVEL_UPPER_UPPER] + 2 * parts[MLAB_LEVEL_UPPER_LOWER] + parts[MLAB_LEVEL_LOWER_LOWER];
    for (size_t j = 0; j < p; j++) {
        double hx = h * common[j], *into = information + (t + j) * n + t;
        for (size_t k = j; k < p && hx != 0; k++) into[k] += hx * common[k];
    }
    for (size_t s = 0; s < n_slots; s++) {
        const int *by = pair[slots[s].end];
        double with = -(parts[by[0]] + parts[by[1]]) * slots[s].value;
        size_t at = slots[s].at;
        for (size_t j = 0; j < p; j++) information[at < t + j ? at * n + t + j : (t + j) * n + at] += with * common[j];
        for (size_t r = s; r < n_slots; r++) {
            size_t other = slots[r].at;
            information[at < other ? at * n + other : other * n + at] += parts[by[slots[r].end]] * slots[s].value * slots[r].value;
        }
    }
}

/* --- chunks --------------------------------------------------------------------------------------------------- */

static size_t room_size(const mlab_engine *engine)
{
    return mlab_tiles_scratch(engine->tiles) + mlab_level_tile_room(engine) + engine->p + mlab_level_row_room(engine);
}

typedef struct room {
    mlab_level_tile tile;
    double *tiles, *x, *row; /* x [p] of one row */
} room;

static room room_of(const work *w, double *memory)
{
    size_t tiles = mlab_tiles_scratch(w->engine->tiles), tile = mlab_level_tile_room(w->engine);
    return (room){mlab_level_tile_at(w->pass->context, w->engine, memory + tiles), memory, memory + tiles + tile, memory + tiles + tile + w->p};
}

typedef void (*use_row)(const work *w, size_t i, const double *parts, const double *x, const room *r, double *part);

static void sum_row(const work *w, size_t i, const double *parts, const double *x, const room *r, double *part)
{
    mlab_level_row_add(w->engine, (size_t)w->engine->problem->category[i], parts, x, r->row, part + 1, part + 1 + w->n);
}

static void keep_row(const work *w, size_t i, const double *parts, const double *x, const room *r, double *part)
{
    (void)x, (void)r, (void)part;
    memcpy(w->rows + i * MLAB_LEVEL_PARTS, parts, MLAB_LEVEL_PARTS * sizeof *parts);
}

static void score_row(const work *w, size_t i, const double *parts, const double *x, const room *r, double *scores)
{
    const mlab_fit_problem *problem = w->engine->problem;
    mlab_level_row_add(w->engine, (size_t)problem->category[i], parts, x, r->row, scores + (problem->cluster ? problem->cluster[i] : i) * w->n, NULL);
}

/* Log-likelihoods and parts of a tile, weighted, zero beyond the rows. False where the parameters are not allowed. */
static bool fill_tile(const work *w, room *r, size_t tile, const double *x, const double *offset, size_t rows)
{
    mlab_level_tile *own = &r->tile;
    size_t first = tile * MLAB_TILE, n = mlab_whole_lanes(rows), parts = w->derivatives ? MLAB_LEVEL_PARTS : 0;
    const double *weight = w->pass->weight ? w->pass->weight + first : NULL;
    mlab_level_tile_fill(own, w->parameters, x, offset, w->engine->problem->category + first, rows, w->derivatives);
    for (size_t i = 0; i < rows; i++)
        if (!isfinite(own->log_likelihood[i]) && !(weight && weight[i] == 0)) return false;
    for (size_t k = 0; k <= parts; k++) {
        double *values = k == 0 ? own->log_likelihood : own->parts + (k - 1) * MLAB_TILE;
        if (weight) own->kernels->weigh(values, weight, rows);
        for (size_t i = rows; i < n; i++) values[i] = 0;
    }
    return true;
}

/* One tile; *sum = -HUGE_VAL where the parameters are not allowed. into: what use is given; use NULL: sums of all rows side by side. */
static mlab_status do_tile(const work *w, room *r, size_t tile, use_row use, double *sum, double *into, mlab_error *err)
{
    const mlab_tiles *tiles = w->engine->tiles;
    const double *x, *offset;
    mlab_status status = mlab_tiles_get(tiles, tile, r->tiles, &x, &offset, err);
    if (status) return status;
    size_t rows = mlab_tiles_rows(tiles, tile);
    if (!fill_tile(w, r, tile, x, offset, rows)) {
        *sum = -HUGE_VAL;
        return MLAB_OK;
    }
    *sum += r->tile.kernels->sum(r->tile.log_likelihood, mlab_whole_lanes(rows));
    if (!use && w->derivatives) mlab_level_tile_add(&r->tile, x, w->engine->problem->category + tile * MLAB_TILE, rows, into + 1, into + 1 + w->n);
    for (size_t i = 0; use && i < rows; i++) {
        double parts[MLAB_LEVEL_PARTS];
        for (size_t k = 0; k < MLAB_LEVEL_PARTS; k++) parts[k] = r->tile.parts[k * MLAB_TILE + i];
        for (size_t j = 0; j < w->p; j++) r->x[j] = x[j * MLAB_TILE + i];
        use(w, tile * MLAB_TILE + i, parts, r->x, r, into);
    }
    return MLAB_OK;
}

static mlab_status do_chunk(const work *w, size_t chunk, double *scratch, use_row use, double *sum, double *into, mlab_error *err)
{
    const mlab_tiles *tiles = w->engine->tiles;
    room r = room_of(w, scratch);
    mlab_status status = MLAB_OK;
    size_t first = chunk * tiles->chunk_tiles, last = first + tiles->chunk_tiles;
    for (size_t tile = first; tile < last && tile < tiles->n_tiles && !status && *sum > -HUGE_VAL; tile++)
        if (tile % w->pass->stride == 0) status = do_tile(w, &r, tile, use, sum, into, err);
    return status;
}

static mlab_status evaluate_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    work *w = arg;
    double *part = w->parts + chunk * w->part;
    bool by_rows = w->derivatives && w->engine->n_thresholds > MLAB_TILE_THRESHOLDS;
    return do_chunk(w, chunk, scratch, by_rows ? sum_row : NULL, part, part, err);
}

static mlab_status row_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    double sum = 0;
    return do_chunk(arg, chunk, scratch, keep_row, &sum, NULL, err);
}

static work work_of(const mlab_pass *pass, const double *parameters, bool derivatives)
{
    const mlab_engine *engine = pass->engine;
    size_t n = engine->n_parameters;
    return (work){.pass = pass,
                  .engine = engine,
                  .parameters = parameters,
                  .derivatives = derivatives,
                  .n = n,
                  .p = engine->p,
                  .part = derivatives ? 1 + n + n * n : 1};
}

/* --- passes --------------------------------------------------------------------------------------------------- */

mlab_status mlab_level_evaluate(const mlab_pass *pass, const double *parameters, double *log_likelihood, double *score, double *information,
                                mlab_error *err)
{
    const mlab_engine *engine = pass->engine;
    work w = work_of(pass, parameters, score != NULL);
    size_t n = w.n, n_chunks = engine->tiles->n_chunks;
    mlab_status status = MLAB_OK;
    double *sums = mlab_allocate(pass->context, w.part + n * n, sizeof *sums);
    w.parts = mlab_allocate(pass->context, n_chunks, w.part * sizeof *w.parts);
    if (!sums || !w.parts) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", n);
        goto out;
    }
    status = mlab_parallel_blocks(pass->context, NULL, n_chunks, room_size(engine) * sizeof(double), evaluate_chunk, &w, err);
    if (status) goto out;
    mlab_sum_blocks(w.parts, n_chunks, w.part, sums);
    *log_likelihood = sums[0];
    if (!score) goto out;
    memcpy(score, sums + 1, n * sizeof *score);
    memcpy(information, sums + 1 + n, n * n * sizeof *information);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) information[i * n + j] = information[j * n + i];
    if (engine->effects->n_scale) mlab_make_definite(information, n, engine->aliased, sums + w.part);
out:
    mlab_release(pass->context, sums);
    mlab_release(pass->context, w.parts);
    return status;
}

mlab_status mlab_level_cluster_scores(const mlab_pass *pass, const double *parameters, double *scores, mlab_error *err)
{
    const mlab_engine *engine = pass->engine;
    work w = work_of(pass, parameters, true);
    double *scratch = mlab_allocate(pass->context, room_size(engine), sizeof *scratch), sum = 0;
    if (!scratch) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu rows", engine->problem->n);
    mlab_status status = MLAB_OK;
    for (size_t c = 0; c < engine->tiles->n_chunks && !status; c++) status = do_chunk(&w, c, scratch, score_row, &sum, scores, err);
    mlab_release(pass->context, scratch);
    return status;
}

mlab_status mlab_level_rows(const mlab_pass *pass, const double *parameters, double *out, mlab_error *err)
{
    work w = work_of(pass, parameters, true);
    w.rows = out;
    return mlab_parallel_blocks(pass->context, NULL, pass->engine->tiles->n_chunks, room_size(pass->engine) * sizeof(double), row_chunk, &w, err);
}

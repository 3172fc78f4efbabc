/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log-likelihood of a parametric model of times with a frailty shared by groups, its score and its information, all analytic:
 *
 *     sum over events of the log hazard + sum over groups of log E[z^d exp(-z H)] - log E[exp(-z T)],
 *
 * H all the cumulative hazard of the group and T that before its people came under observation. The law of times is asked three times about a tile:
 * as it is, as if nobody had an event (minus the cumulative hazard), and as if all ended where they enter (minus that before). Rows are passed in
 * chunks, groups in blocks, neither of which depend on the threads.
 * Weakness: the design is kept in memory whole, and a row costs three times what it costs without a frailty.
 */
#include "fit/survival/times_frailty.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

static const double LEAST = -23, MOST = 9; /* of the log variance */
#define GROUPS_A_BLOCK ((size_t)256)
static const int32_t NO_EVENTS[MLAB_TILE] = {0};

typedef struct work {
    mlab_times_groups *g;
    const double *parameters;
    double variance;
    bool derivatives;
    size_t part;
    double *parts;
} work;

/* What a thread needs: the tile as it is, and room for two others. */
typedef struct room {
    mlab_times_room own, seen, before;
} room;

static size_t room_size(const mlab_times *times)
{
    return 3 * mlab_times_room_size(times) * sizeof(double);
}

static room room_of(const work *w, double *memory)
{
    const mlab_times *times = w->g->times;
    size_t n = mlab_times_room_size(times);
    room r;
    mlab_times_room *const rooms[] = {&r.own, &r.seen, &r.before};
    for (int k = 0; k < 3; k++) *rooms[k] = mlab_times_room_of(&w->g->pass, w->parameters, w->derivatives, memory + (size_t)k * n);
    return r;
}

/* The tile as it is, without events, and up to the entries, weighted. */
static mlab_status fill(const work *w, room *r, size_t at, const double **x, bool *allowed, mlab_error *err)
{
    mlab_times_groups *g = w->g;
    size_t first = at * MLAB_TILE;
    mlab_status status = mlab_times_begin_tile(&r->own, at, x, err);
    if (status) return status;
    const mlab_time_tile *own = &r->own.tile;
    mlab_time_tile *const others[] = {&r->seen.tile, &r->before.tile};
    for (int k = 0; k < 2; k++) {
        others[k]->rows = own->rows;
        others[k]->eta = own->eta;
        others[k]->stop = k ? own->start : own->stop;
        others[k]->log_stop = k ? own->log_start : own->log_stop;
        others[k]->start = k ? NULL : own->start;
        others[k]->log_start = k ? NULL : own->log_start;
        others[k]->status = NO_EVENTS;
    }
    bool (*tile)(const mlab_time_tile *) = g->times->family->tile;
    const double *weight = g->pass.weight ? g->pass.weight + first : NULL;
    *allowed = tile(own) && tile(others[0]) && (!g->late || tile(others[1]));
    if (!*allowed) return MLAB_OK;
    mlab_times_weigh(own, weight);
    mlab_times_weigh(others[0], weight);
    if (g->late) mlab_times_weigh(others[1], g->late + first);
    return MLAB_OK;
}

/* --- hazards and terms of the groups ----------------------------------------------------------------------------------- */

static mlab_status hazards_of_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    work *w = arg;
    mlab_times_groups *g = w->g;
    const mlab_tiles *tiles = g->times->tiles;
    room r = room_of(w, scratch);
    for (size_t at = chunk * tiles->chunk_tiles; at < (chunk + 1) * tiles->chunk_tiles && at < tiles->n_tiles; at++) {
        const double *x;
        bool allowed;
        mlab_status status = fill(w, &r, at, &x, &allowed, err);
        if (status) return status;
        if (!allowed) {
            w->parts[chunk] = -HUGE_VAL;
            break;
        }
        for (size_t i = 0, row = at * MLAB_TILE; i < r.own.tile.rows; i++, row++) {
            g->of_row[row] = -r.seen.tile.log_likelihood[i];
            if (g->late) g->of_before[row] = -r.before.tile.log_likelihood[i];
            w->parts[chunk] += r.own.tile.log_likelihood[i] + g->of_row[row];
        }
    }
    return MLAB_OK;
}

static mlab_status terms_of_block(void *arg, size_t block, void *scratch, mlab_error *err)
{
    work *w = arg;
    mlab_times_groups *g = w->g;
    (void)scratch, (void)err;
    for (size_t k = block * GROUPS_A_BLOCK; k < (block + 1) * GROUPS_A_BLOCK && k < g->n_groups; k++) {
        double seen = 0, before = 0;
        for (size_t m = g->first[k]; m < g->first[k + 1]; m++) {
            seen += g->of_row[g->row[m]];
            if (g->late) before += g->of_before[g->row[m]];
        }
        g->hazard[k] = seen + before;
        bool allowed = isfinite(g->hazard[k]) && g->hazard[k] >= 0;
        if (allowed) g->term[k] = g->law(g->events[k], g->hazard[k], w->variance);
        if (allowed && g->late) {
            g->before[k] = before;
            g->entry[k] = g->law(0, before, w->variance);
        }
        double value = allowed ? g->term[k].value - (g->late ? g->entry[k].value : 0) : -HUGE_VAL;
        w->parts[block] += isfinite(value) ? value : -HUGE_VAL;
    }
    return MLAB_OK;
}

static mlab_status value_of(work *w, double *log_likelihood, mlab_error *err)
{
    mlab_times_groups *g = w->g;
    size_t n_chunks = g->times->tiles->n_chunks, n_blocks = (g->n_groups + GROUPS_A_BLOCK - 1) / GROUPS_A_BLOCK;
    w->derivatives = false;
    *log_likelihood = 0;
    w->parts = mlab_allocate(g->context, n_chunks + n_blocks, sizeof *w->parts);
    if (!w->parts) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the hazards of %zu groups", g->n_groups);
    double *all = w->parts;
    mlab_status status = mlab_parallel_blocks(g->context, NULL, n_chunks, room_size(g->times), hazards_of_chunk, w, err);
    w->parts = all + n_chunks;
    bool refused = false;
    for (size_t c = 0; c < n_chunks && !status; c++) refused = refused || !(all[c] > -HUGE_VAL);
    if (!status && !refused) status = mlab_parallel_blocks(g->context, NULL, n_blocks, 1, terms_of_block, w, err);
    for (size_t b = 0; b < n_blocks; b++) refused = refused || !(w->parts[b] > -HUGE_VAL);
    if (!refused) mlab_sum_blocks(all, n_chunks + n_blocks, 1, log_likelihood);
    if (refused) *log_likelihood = -HUGE_VAL;
    mlab_release(g->context, all);
    return status;
}

/* --- derivatives --------------------------------------------------------------------------------------------------------- */

/* into += factor * from, factor of the row's group: mean less one, or what the means before and after the entry differ by. */
static void add_times(const work *w, const mlab_time_tile *from, size_t first, bool before, const mlab_time_tile *into)
{
    const mlab_times_groups *g = w->g;
    size_t a = into->n_ancillary, pairs = a * (a + 1) / 2;
    for (size_t i = 0; i < into->rows; i++) {
        size_t k = g->group[first + i];
        double factor = g->term[k].mean - (before ? g->entry[k].mean : 1);
        into->score[i] += factor * from->score[i];
        into->curvature[i] += factor * from->curvature[i];
        for (size_t j = 0; j < a; j++) into->own[j * MLAB_TILE + i] += factor * from->own[j * MLAB_TILE + i];
        for (size_t j = 0; j < a; j++) into->mixed[j * MLAB_TILE + i] += factor * from->mixed[j * MLAB_TILE + i];
        for (size_t j = 0; j < pairs; j++) into->own_pairs[j * MLAB_TILE + i] += factor * from->own_pairs[j * MLAB_TILE + i];
    }
}

/* by [(1 + a) rows] = derivatives of the hazards of the tile's rows. */
static void keep_slopes(const mlab_time_tile *tile, size_t first, double *by)
{
    size_t a = tile->n_ancillary;
    for (size_t i = 0; i < tile->rows; i++) {
        by[(first + i) * (1 + a)] = -tile->score[i];
        for (size_t j = 0; j < a; j++) by[(first + i) * (1 + a) + 1 + j] = -tile->own[j * MLAB_TILE + i];
    }
}

/* The tile's derivatives with the means of the groups known. */
static mlab_status combine(const work *w, room *r, size_t at, const double **x, mlab_error *err)
{
    mlab_times_groups *g = w->g;
    bool allowed;
    mlab_status status = fill(w, r, at, x, &allowed, err);
    if (status || !allowed) return status; /* they were, for the value */
    add_times(w, &r->seen.tile, at * MLAB_TILE, false, &r->own.tile);
    keep_slopes(&r->seen.tile, at * MLAB_TILE, g->by_row);
    if (!g->late) return MLAB_OK;
    add_times(w, &r->before.tile, at * MLAB_TILE, true, &r->own.tile);
    keep_slopes(&r->before.tile, at * MLAB_TILE, g->by_before);
    return MLAB_OK;
}

static mlab_status slopes_of_chunk(void *arg, size_t chunk, void *scratch, mlab_error *err)
{
    work *w = arg;
    mlab_times_groups *g = w->g;
    const mlab_tiles *tiles = g->times->tiles;
    room r = room_of(w, scratch);
    double *part = w->parts + chunk * w->part;
    for (size_t at = chunk * tiles->chunk_tiles; at < (chunk + 1) * tiles->chunk_tiles && at < tiles->n_tiles; at++) {
        const double *x;
        mlab_status status = combine(w, &r, at, &x, err);
        if (status) return status;
        mlab_times_add_tile(&r.own, x, g->n, part, part + g->n);
    }
    return MLAB_OK;
}

/* a [n - 1] = derivatives of the hazard of group k, from those of its rows. */
static void slope_of_group(const mlab_times_groups *g, size_t k, const double *by, double *a)
{
    const mlab_tiles *tiles = g->times->tiles;
    size_t p = g->times->p, extra = g->times->n_ancillary;
    for (size_t m = g->first[k]; m < g->first[k + 1]; m++) {
        size_t row = g->row[m];
        const double *x = tiles->x + row / MLAB_TILE * p * MLAB_TILE + row % MLAB_TILE, *slope = by + row * (1 + extra);
        for (size_t j = 0; j < p; j++) a[j] += slope[0] * x[j * MLAB_TILE];
        for (size_t j = 0; j < extra; j++) a[p + j] += slope[1 + j];
    }
}

/* Minus the second derivatives that go through the hazard of one group, sign -1 of what came before the entries; scale: of the log variance. */
static void add_group(const mlab_frailty_term *t, const double *a, size_t n, double w, double sign, double *score, double *information)
{
    size_t p = n - 1;
    score[p] += sign * w * t->by;
    information[p * n + p] -= sign * (w * w * t->by_by + w * t->by);
    for (size_t j = 0; j < p; j++) {
        if (a[j] == 0) continue;
        information[p * n + j] -= sign * w * t->by_hazard * a[j];
        double scaled = sign * t->spread * a[j];
        for (size_t m = 0; m <= j; m++) information[j * n + m] -= scaled * a[m];
    }
}

static mlab_status slopes_of_block(void *arg, size_t block, void *scratch, mlab_error *err)
{
    work *w = arg;
    mlab_times_groups *g = w->g;
    size_t n = g->n;
    double *part = w->parts + block * w->part, *a = scratch, *b = a + n;
    (void)err;
    for (size_t k = block * GROUPS_A_BLOCK; k < (block + 1) * GROUPS_A_BLOCK && k < g->n_groups; k++) {
        memset(a, 0, 2 * n * sizeof *a);
        slope_of_group(g, k, g->by_row, a);
        if (g->late) slope_of_group(g, k, g->by_before, b);
        for (size_t j = 0; j < n - 1; j++) a[j] += b[j];
        add_group(&g->term[k], a, n, w->variance, 1, part, part + n);
        if (g->late) add_group(&g->entry[k], b, n, w->variance, -1, part, part + n);
    }
    return MLAB_OK;
}

/* score and information of rows, or of groups, into sums [n + n^2]. */
static mlab_status slopes_of(work *w, bool groups, double *sums, mlab_error *err)
{
    mlab_times_groups *g = w->g;
    size_t n_parts = groups ? (g->n_groups + GROUPS_A_BLOCK - 1) / GROUPS_A_BLOCK : g->times->tiles->n_chunks;
    w->derivatives = true;
    w->part = g->n + g->n * g->n;
    w->parts = mlab_allocate(g->context, n_parts, w->part * sizeof *w->parts);
    if (!w->parts) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", g->n);
    mlab_status status = groups ? mlab_parallel_blocks(g->context, NULL, n_parts, 2 * g->n * sizeof(double), slopes_of_block, w, err)
                                : mlab_parallel_blocks(g->context, NULL, n_parts, room_size(g->times), slopes_of_chunk, w, err);
    if (!status) mlab_sum_blocks(w->parts, n_parts, w->part, sums);
    mlab_release(g->context, w->parts);
    return status;
}

mlab_status mlab_times_groups_evaluate(void *arg, const double *parameters, double *log_likelihood, double *score, double *information,
                                       mlab_error *err)
{
    mlab_times_groups *g = arg;
    size_t n = g->n, p = g->times->p;
    work w = {.g = g, .parameters = parameters, .variance = mlab_exp(fmin(fmax(parameters[n - 1], LEAST), MOST))};
    *log_likelihood = -HUGE_VAL;
    if (!(parameters[n - 1] > LEAST) || !(parameters[n - 1] < MOST)) return MLAB_OK;
    mlab_status status = value_of(&w, log_likelihood, err);
    if (status || !score || !(*log_likelihood > -HUGE_VAL)) return status;
    double *sums = mlab_allocate(g->context, 3 * (n + n * n), sizeof *sums);
    if (!sums) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the information of %zu parameters", n);
    double *of_groups = sums + n + n * n;
    status = slopes_of(&w, false, sums, err);
    if (!status) status = slopes_of(&w, true, of_groups, err);
    if (!status) {
        mlab_times_mirror(sums + n, n, p);
        for (size_t j = 0; j < n; j++) score[j] = sums[j] + of_groups[j];
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k <= j; k++) {
                double own = sums[n + j * n + k] + of_groups[n + j * n + k];
                information[j * n + k] = information[k * n + j] = own;
            }
        mlab_make_definite(information, n, g->held ? g->held : g->fixed, of_groups + n + n * n);
    }
    mlab_release(g->context, sums);
    return status;
}

mlab_status mlab_times_groups_scores(mlab_times_groups *g, const double *parameters, double *scores, mlab_error *err)
{
    const mlab_fit_problem *problem = g->times->problem;
    size_t n = g->n, p = g->times->p;
    work w = {.g = g, .parameters = parameters, .variance = mlab_exp(parameters[n - 1])};
    double value;
    mlab_status status = value_of(&w, &value, err);
    double *memory = mlab_allocate(g->context, 1, room_size(g->times));
    if (!status && !memory) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu rows", problem->n);
    w.derivatives = true;
    room r = {0};
    if (!status) r = room_of(&w, memory);
    for (size_t at = 0; at < g->times->tiles->n_tiles && !status; at++) {
        const double *x;
        status = combine(&w, &r, at, &x, err);
        for (size_t i = 0; !status && i < r.own.tile.rows; i++) {
            double *into = scores + problem->cluster[at * MLAB_TILE + i] * n;
            for (size_t j = 0; j < p; j++) into[j] += r.own.tile.score[i] * x[j * MLAB_TILE + i];
            for (size_t k = 0; k < r.own.tile.n_ancillary; k++) into[p + k] += r.own.tile.own[k * MLAB_TILE + i];
        }
    }
    for (size_t k = 0; k < g->n_groups && !status; k++)
        if (g->first[k] < g->first[k + 1])
            scores[problem->cluster[g->row[g->first[k]]] * n + n - 1] += w.variance * (g->term[k].by - (g->late ? g->entry[k].by : 0));
    mlab_release(g->context, memory);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Large assignment problems: an auction that becomes finer and finer gives prices that are nearly right; they are made exactly right for the
 * pairs that it found, and what cannot be right is undone and done again by shortest paths, which are short with such prices. Rows
 * without a place enter first; then columns with room whose price is above 0 enter from their side, by the same search with the sides
 * turned around. A core of scores of few levels needs no auction, and one that was solved for fewer pairs goes on from there.
 *
 * Bertsekas 1988, doi:10.1007/BF02186476; for the exact finish Jonker & Volgenant 1987, doi:10.1007/BF02278710.
 * Weakness: the steps of epsilon were chosen by trial on random, tied and popular scores; other steps give the same total in another time.
 */
#include "match/assignment.h"

#include "core/error.h"
#include "core/memory.h"
#include "match/assignment_auction.h"
#include "match/policies.h"

#include <math.h>
#include <stdlib.h>

/* epsilon as the highest worth over these; worths of a few levels take larger steps */
static const double coarsest = 4, finer = 5, coarsest_tied = 20, finer_tied = 20, finest = 1e5;
enum { MOST_TRIES = 100, FEW_TRIES = 12, LOOK_EVERY = 1024, FLAT_BIDS = 40, SAMPLE = 2048 };

static size_t slots_of(const int32_t *room, size_t n)
{
    size_t slots = 0;
    for (size_t c = 0; c < n; c++) slots += (size_t)room[c];
    return slots;
}

static mlab_status look_up(const mlab_context *context, mlab_error *err)
{
    if (!context->cancelled || !context->cancelled(context->user)) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_CANCELLED, "matching was stopped on request");
}

static int by_worth(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whether worths are of a few levels, by a sample. */
static bool are_tied(const mlab_arcs *arcs)
{
    double sample[SAMPLE];
    const size_t n = arcs->first[arcs->n_rows], step = n / SAMPLE + 1;
    size_t used = 0, levels = 1;
    for (size_t e = 0; e < n && used < SAMPLE; e += step) sample[used++] = arcs->worth[e];
    if (used < SAMPLE / 4) return false;
    qsort(sample, used, sizeof *sample, by_worth);
    for (size_t k = 1; k < used; k++) levels += sample[k] > sample[k - 1];
    return levels <= used / 8;
}

/* The start was exact for fewer pairs: rows that would rather have another place now leave theirs. */
static void start_warm(mlab_auction *a, const int32_t *room, const uint32_t *mate, const double *price)
{
    for (size_t c = 0; c < a->arcs->n_columns; c++)
        if (room[c]) a->price[c] = price[c];
    const bool tied = are_tied(a->arcs);
    for (size_t row = 0; row < a->arcs->n_rows; row++) {
        double best = 0, mine = 0;
        for (size_t e = a->arcs->first[row]; e < a->arcs->first[row + 1]; e++) {
            const double v = a->arcs->worth[e] - a->price[a->arcs->column[e]];
            if (v > best) best = v;
            if (a->arcs->column[e] == mate[row]) mine = v;
        }
        a->mate[row] = mine < best && !tied ? MLAB_NOBODY : mate[row];
        a->value[row] = mine;
    }
    mlab_auction_seat(a);
    if (tied) mlab_auction_settle(a, MOST_TRIES);
}

static mlab_status run_auction(const mlab_context *context, mlab_auction *a, bool tied, mlab_error *err)
{
    const mlab_arcs *arcs = a->arcs;
    double most = 0;
    for (size_t e = 0; e < arcs->first[arcs->n_rows]; e++) most = arcs->worth[e] > most ? arcs->worth[e] : most;
    const double range = arcs->range > 0 ? arcs->range : most;
    mlab_status status = MLAB_OK;
    /* Where all rows find a place, what pairs are worth by themselves does not matter, and steps of what differs are enough. */
    const bool flat = range < most / 2 && mlab_auction_round(a, floor(range / coarsest), FLAT_BIDS * arcs->n_rows);
    if (!flat) mlab_auction_restart(a);
    if (flat) most = range;
    for (double epsilon = floor(most / (tied ? coarsest_tied : coarsest)); !status && epsilon >= 1 && epsilon > range / finest;
         epsilon = floor(epsilon / (tied ? finer_tied : finer))) {
        mlab_auction_round(a, epsilon, SIZE_MAX);
        if (tied && epsilon < range / 100 && mlab_auction_settle(a, FEW_TRIES) <= arcs->n_rows / 256) break; /* levels lie far apart */
        status = look_up(context, err);
    }
    mlab_auction_settle(a, MOST_TRIES);
    return status;
}

/* Where to begin: in a core of few levels nowhere, since many ways to a free place are equally short and bids would go up in ever smaller
 * steps; else with prices by auction. */
static mlab_status make_start(const mlab_context *context, mlab_auction *a, mlab_error *err)
{
    const bool tied = are_tied(a->arcs);
    return tied && a->arcs->core ? MLAB_OK : run_auction(context, a, tied, err);
}

/* Rows that found no place enter one by one. */
static mlab_status rows_enter(const mlab_context *context, const int32_t *room, size_t slots, mlab_auction *a, mlab_error *err)
{
    const mlab_arcs *arcs = a->arcs;
    mlab_search s = {.arcs = *arcs, .room = room};
    void *block;
    mlab_status status = mlab_search_make(context, &s, slots, &block, err);
    if (status) return status;
    for (size_t c = 0; c < arcs->n_columns; c++) s.price[c] = a->price[c];
    for (uint32_t row = 0; row < arcs->n_rows; row++) {
        const uint32_t c = a->mate[row];
        if (c == MLAB_NOBODY) continue;
        s.value[row] = a->value[row];
        s.slot_row[s.first_slot[c] + s.filled[c]++] = row;
    }
    for (uint32_t row = 0, n = 0; row < arcs->n_rows && !status; row++) {
        if (a->mate[row] != MLAB_NOBODY) continue;
        mlab_search_enter(&s, row, 1);
        if (++n % LOOK_EVERY == 0) status = look_up(context, err);
    }
    for (uint32_t row = 0; row < arcs->n_rows; row++) {
        a->mate[row] = MLAB_NOBODY;
        a->value[row] = s.value[row];
    }
    for (uint32_t c = 0; c < arcs->n_columns; c++) {
        a->price[c] = s.price[c];
        a->filled[c] = s.filled[c];
        for (size_t k = s.first_slot[c]; k < s.first_slot[c] + s.filled[c]; k++) a->mate[s.slot_row[k]] = c;
    }
    mlab_release(context, block);
    return status;
}

/* Columns with room and a price above 0 enter, with the sides turned around. */
static mlab_status columns_enter(const mlab_context *context, const int32_t *room, mlab_auction *a, mlab_error *err)
{
    const size_t n = a->arcs->n_rows, m = a->arcs->n_columns;
    mlab_search s = {.arcs = *a->by_column, .units = room};
    void *block;
    mlab_status status = mlab_search_make(context, &s, n, &block, err);
    if (status) return status;
    for (uint32_t row = 0; row < n; row++) {
        s.price[row] = a->value[row];
        s.slot_row[row] = a->mate[row];
        s.filled[row] = a->mate[row] != MLAB_NOBODY;
    }
    for (uint32_t c = 0; c < m; c++) s.value[c] = a->price[c];
    for (uint32_t c = 0, entered = 0; c < m && !status; c++) {
        const int32_t left = room[c] - (int32_t)a->filled[c];
        if (left <= 0 || !(s.value[c] > 0)) continue;
        mlab_search_enter(&s, c, left);
        if (++entered % LOOK_EVERY == 0) status = look_up(context, err);
    }
    for (uint32_t row = 0; row < n; row++) {
        a->value[row] = s.price[row];
        a->mate[row] = s.filled[row] ? s.slot_row[row] : MLAB_NOBODY;
    }
    for (uint32_t c = 0; c < m; c++) a->price[c] = s.value[c];
    mlab_release(context, block);
    return status;
}

mlab_status mlab_assignment_solve(const mlab_context *context, const mlab_arcs *arcs, const int32_t *room, bool warm, uint32_t *mate, double *value,
                                  double *price, mlab_error *err)
{
    const size_t slots = slots_of(room, arcs->n_columns);
    void *column_block = NULL, *auction_block = NULL;
    mlab_arcs by_column;
    mlab_auction a;
    mlab_status status = mlab_arcs_make(context, arcs->n_columns, arcs->n_rows, arcs->first[arcs->n_rows], &by_column, &column_block, err);
    if (status) goto out;
    mlab_arcs_transpose(arcs, &by_column);
    if ((status = mlab_auction_make(context, arcs, &by_column, room, slots, &a, &auction_block, err))) goto out;
    if (warm)
        start_warm(&a, room, mate, price);
    else if ((status = make_start(context, &a, err)))
        goto out;
    if ((status = rows_enter(context, room, slots, &a, err))) goto out;
    if ((status = columns_enter(context, room, &a, err))) goto out;
    for (size_t i = 0; i < arcs->n_rows; i++) {
        mate[i] = a.mate[i];
        value[i] = a.value[i];
    }
    for (size_t c = 0; c < arcs->n_columns; c++) price[c] = a.price[c] < INFINITY ? a.price[c] : 0x1p53;
out:
    mlab_release(context, auction_block);
    mlab_release(context, column_block);
    return status;
}

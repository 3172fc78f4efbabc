/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An auction for places: rows bid for the column they like best, so much that it becomes epsilon worse than their second best; who is outbid
 * bids again. Then columns with room lower their prices and take who gains by it. Bertsekas 1988, doi:10.1007/BF02186476 (auction); Bertsekas
 * & Castanon 1989 (places of one column); Bertsekas, Castanon & Tsaknakis 1993 (columns bid too, for sides of different size).
 *
 * Weakness: pairs are only within epsilon of their best; what is exact comes after.
 */
#include "match/assignment_auction.h"

#include "match/policies.h"

#include <math.h>

/* --- places of a column: a heap ------------------------------------------------------------------ */

static void put_slot(mlab_auction *a, size_t slot, uint32_t row, double price)
{
    a->slot_row[slot] = row;
    a->slot_price[slot] = price;
}

static void slot_rise(mlab_auction *a, size_t first, size_t k, uint32_t row, double price)
{
    while (k > 0 && price < a->slot_price[first + (k - 1) / 2]) {
        size_t up = (k - 1) / 2;
        put_slot(a, first + k, a->slot_row[first + up], a->slot_price[first + up]);
        k = up;
    }
    put_slot(a, first + k, row, price);
}

static void slot_sink(mlab_auction *a, size_t first, size_t n, uint32_t row, double price)
{
    size_t k = 0;
    for (size_t child = 1; child < n; child = 2 * k + 1) {
        if (child + 1 < n && a->slot_price[first + child + 1] < a->slot_price[first + child]) child++;
        if (!(a->slot_price[first + child] < price)) break;
        put_slot(a, first + k, a->slot_row[first + child], a->slot_price[first + child]);
        k = child;
    }
    put_slot(a, first + k, row, price);
}

static size_t room_of(const mlab_auction *a, uint32_t c)
{
    return a->first_slot[c + 1] - a->first_slot[c];
}

static void queue_row(mlab_auction *a, uint32_t row)
{
    size_t at = a->head + a->waiting++;
    a->queue[at < a->arcs->n_rows ? at : at - a->arcs->n_rows] = row;
}

static void lose_place(mlab_auction *a, uint32_t row)
{
    a->mate[row] = MLAB_NOBODY;
    queue_row(a, row);
}

/* --- rows bid ------------------------------------------------------------------------------------ */

static void place(mlab_auction *a, uint32_t row, uint32_t c, double price)
{
    const size_t first = a->first_slot[c], room = room_of(a, c);
    a->mate[row] = c;
    if (a->filled[c] < room)
        slot_rise(a, first, a->filled[c]++, row, price);
    else {
        lose_place(a, a->slot_row[first]);
        slot_sink(a, first, room, row, price);
    }
    if (a->filled[c] == room) a->price[c] = a->slot_price[first];
}

/* The row takes its best place, for epsilon more than makes it as good as the second best. */
static void bid(mlab_auction *a, uint32_t row)
{
    double best = 0, second = 0;
    uint32_t at = MLAB_NOBODY;
    const size_t last = a->arcs->first[row + 1];
    for (size_t e = a->arcs->first[row]; e < last; e++) {
        const uint32_t c = a->arcs->column[e];
        const double v = a->arcs->worth[e] - a->price[c];
        if (v > second) {
            if (v > best) {
                second = best;
                best = v;
                at = c;
            } else
                second = v;
        }
    }
    if (at != MLAB_NOBODY) place(a, row, at, a->price[at] + (best - second) + a->epsilon);
}

static uint32_t take_row(mlab_auction *a)
{
    const uint32_t row = a->queue[a->head];
    a->head = a->head + 1 < a->arcs->n_rows ? a->head + 1 : 0;
    a->waiting--;
    return row;
}

/* --- columns bid --------------------------------------------------------------------------------- */

static double worth_of(const mlab_arcs *arcs, uint32_t row, uint32_t column)
{
    size_t low = arcs->first[row], n = arcs->first[row + 1] - low;
    while (n > 0) {
        size_t half = n / 2;
        if (arcs->column[low + half] < column) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return arcs->worth[low];
}

static void stack_column(mlab_auction *a, uint32_t c, size_t *n)
{
    if (a->stacked[c] || a->price[c] <= 0 || a->filled[c] == room_of(a, c)) return;
    a->stacked[c] = 1;
    a->stack[(*n)++] = c;
}

static void leave(mlab_auction *a, uint32_t row)
{
    const uint32_t c = a->mate[row];
    size_t slot = a->first_slot[c];
    while (a->slot_row[slot] != row) slot++;
    a->slot_row[slot] = a->slot_row[a->first_slot[c] + --a->filled[c]];
}

/* A column with room goes down to what the second best row would give; the best one comes. */
static void ask(mlab_auction *a, uint32_t c, size_t *n)
{
    double best = 0, second = 0;
    uint32_t at = MLAB_NOBODY;
    for (size_t e = a->by_column->first[c]; e < a->by_column->first[c + 1]; e++) {
        const uint32_t row = a->by_column->column[e];
        const double v = a->by_column->worth[e] - a->value[row];
        if (v <= second || a->mate[row] == c) continue;
        if (v > best) {
            second = best;
            best = v;
            at = row;
        } else
            second = v;
    }
    const double price = second > a->epsilon ? second - a->epsilon : 0;
    const double fall = a->price[c] - price;
    if (fall > 0) {
        a->price[c] = price;
        for (size_t k = a->first_slot[c]; k < a->first_slot[c] + a->filled[c]; k++) a->value[a->slot_row[k]] += fall;
    }
    if (at == MLAB_NOBODY || !(best > a->price[c])) return;
    const uint32_t was = a->mate[at];
    if (was != MLAB_NOBODY) leave(a, at);
    a->mate[at] = c;
    a->value[at] += best - a->price[c];
    a->slot_row[a->first_slot[c] + a->filled[c]++] = at;
    if (was != MLAB_NOBODY) stack_column(a, was, n);
    stack_column(a, c, n);
}

static void columns_bid(mlab_auction *a)
{
    size_t n = 0;
    for (uint32_t c = 0; c < a->arcs->n_columns; c++) stack_column(a, c, &n);
    if (!n) return;
    for (uint32_t row = 0; row < a->arcs->n_rows; row++)
        a->value[row] = a->mate[row] == MLAB_NOBODY ? 0 : worth_of(a->arcs, row, a->mate[row]) - a->price[a->mate[row]];
    while (n) {
        const uint32_t c = a->stack[--n];
        a->stacked[c] = 0;
        ask(a, c, &n);
    }
}

/* --- rounds -------------------------------------------------------------------------------------- */

static bool content(const mlab_auction *a, uint32_t row)
{
    double best = 0, mine = -INFINITY;
    for (size_t e = a->arcs->first[row]; e < a->arcs->first[row + 1]; e++) {
        const double v = a->arcs->worth[e] - a->price[a->arcs->column[e]];
        if (v > best) best = v;
        if (a->arcs->column[e] == a->mate[row]) mine = v;
    }
    return mine >= best - a->epsilon;
}

void mlab_auction_seat(mlab_auction *a)
{
    for (uint32_t c = 0; c < a->arcs->n_columns; c++) a->filled[c] = 0;
    for (uint32_t row = 0; row < a->arcs->n_rows; row++) {
        const uint32_t c = a->mate[row];
        if (c != MLAB_NOBODY) put_slot(a, a->first_slot[c] + a->filled[c]++, row, a->price[c]);
    }
}

bool mlab_auction_round(mlab_auction *a, double epsilon, size_t most_bids)
{
    a->epsilon = epsilon;
    a->head = a->waiting = 0;
    for (uint32_t c = 0; c < a->arcs->n_columns; c++) a->filled[c] = 0;
    for (uint32_t row = 0; row < a->arcs->n_rows; row++) {
        const uint32_t c = a->mate[row];
        if (c == MLAB_NOBODY || !content(a, row))
            lose_place(a, row);
        else
            put_slot(a, a->first_slot[c] + a->filled[c]++, row, a->price[c]);
    }
    for (size_t bids = 0; a->waiting; bids++) {
        if (bids >= most_bids) return false;
        bid(a, take_row(a));
    }
    columns_bid(a);
    return true;
}

/* --- exact prices -------------------------------------------------------------------------------- */

static void raise_price(mlab_auction *a, uint32_t c, double price)
{
    a->price[c] = price;
    for (size_t k = a->first_slot[c]; k < a->first_slot[c] + a->filled[c]; k++) {
        const uint32_t row = a->slot_row[k];
        if (a->queued[row]) continue;
        a->queued[row] = 1;
        queue_row(a, row);
    }
}

static void settle_row(mlab_auction *a, uint32_t row, uint32_t most_tries)
{
    const uint32_t mine = a->mate[row];
    const double value = a->value[row] = worth_of(a->arcs, row, mine) - a->price[mine];
    if (value < 0 || a->tries[row]++ >= most_tries) {
        leave(a, row);
        a->mate[row] = MLAB_NOBODY;
        return;
    }
    for (size_t e = a->arcs->first[row]; e < a->arcs->first[row + 1]; e++) {
        const uint32_t c = a->arcs->column[e];
        if (a->arcs->worth[e] - value > a->price[c]) raise_price(a, c, a->arcs->worth[e] - value); /* never its own: equal there */
    }
}

size_t mlab_auction_settle(mlab_auction *a, uint32_t most_tries)
{
    size_t left = 0;
    a->head = a->waiting = 0;
    for (uint32_t row = 0; row < a->arcs->n_rows; row++) {
        a->tries[row] = 0;
        a->queued[row] = a->mate[row] != MLAB_NOBODY;
        if (a->queued[row]) queue_row(a, row);
    }
    while (a->waiting) {
        const uint32_t row = take_row(a);
        a->queued[row] = 0;
        if (a->mate[row] == MLAB_NOBODY) continue;
        settle_row(a, row, most_tries);
        left += a->mate[row] == MLAB_NOBODY;
    }
    return left;
}

/* --- memory -------------------------------------------------------------------------------------- */

void mlab_auction_restart(mlab_auction *a)
{
    for (size_t row = 0; row < a->arcs->n_rows; row++) a->mate[row] = MLAB_NOBODY;
    for (size_t c = 0; c < a->arcs->n_columns; c++) a->price[c] = room_of(a, (uint32_t)c) ? 0 : INFINITY; /* nobody bids for no room */
}

mlab_status mlab_auction_make(const mlab_context *context, const mlab_arcs *arcs, const mlab_arcs *by_column, const int32_t *room, size_t slots,
                              mlab_auction *a, void **block, mlab_error *err)
{
    const size_t n = arcs->n_rows, m = arcs->n_columns;
    *a = (mlab_auction){.arcs = arcs, .by_column = by_column};
    const mlab_part parts[] = {
        {&a->mate, n, sizeof *a->mate},          {&a->value, n, sizeof *a->value},           {&a->price, m, sizeof *a->price},
        {&a->first_slot, m + 1, sizeof(size_t)}, {&a->slot_row, slots, sizeof *a->slot_row}, {&a->slot_price, slots, sizeof *a->slot_price},
        {&a->filled, m, sizeof *a->filled},      {&a->queue, n, sizeof *a->queue},           {&a->stack, m, sizeof *a->stack},
        {&a->stacked, m, sizeof *a->stacked},    {&a->queued, n, sizeof *a->queued},         {&a->tries, n, sizeof *a->tries}};
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, block, err);
    if (status) return status;
    for (size_t c = 0; c < m; c++) a->first_slot[c + 1] = a->first_slot[c] + (size_t)room[c];
    mlab_auction_restart(a);
    return MLAB_OK;
}

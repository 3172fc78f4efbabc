/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact assignment by successive shortest augmenting paths with prices on sparse lists (Jonker & Volgenant 1987, doi:10.1007/BF02278710; capacities
 * as in the transportation problem, Ahuja, Magnanti & Orlin 1993, ch. 12).
 *
 * Rows enter one after the other; each search (Dijkstra 1959) ends at a free place, or at someone for whom leaving costs least, so being
 * unmatched is worth 0. Every sum is of whole numbers below 2^53, so the result is the same on every processor.
 * Weakness: a search can reach everybody; from no prices at all, large sparse problems take long.
 */
#include "match/assignment.h"

#include "match/policies.h"

#include <math.h>

/* --- heap of columns ----------------------------------------------------------------------------- */

static bool nearer(const mlab_search *s, uint32_t a, uint32_t b)
{
    return s->far[a] != s->far[b] ? s->far[a] < s->far[b] : a < b;
}

static void heap_put(mlab_search *s, size_t i, uint32_t column)
{
    s->heap[i] = column;
    s->heap_at[column] = (uint32_t)i + 1;
}

static void heap_rise(mlab_search *s, size_t i, uint32_t column)
{
    while (i > 0 && nearer(s, column, s->heap[(i - 1) / 2])) {
        heap_put(s, i, s->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_put(s, i, column);
}

static uint32_t heap_take(mlab_search *s)
{
    uint32_t top = s->heap[0], moving = s->heap[--s->n_heap];
    s->heap_at[top] = 0;
    size_t i = 0;
    if (s->n_heap == 0) return top;
    for (size_t child = 1; child < s->n_heap; child = 2 * i + 1) {
        if (child + 1 < s->n_heap && nearer(s, s->heap[child + 1], s->heap[child])) child++;
        if (!nearer(s, s->heap[child], moving)) break;
        heap_put(s, i, s->heap[child]);
        i = child;
    }
    heap_put(s, i, moving);
    return top;
}

/* --- one search ---------------------------------------------------------------------------------- */

static size_t room_of(const mlab_search *s, uint32_t column)
{
    return s->first_slot[column + 1] - s->first_slot[column];
}

static void reach(mlab_search *s, uint32_t row, uint32_t column, double distance)
{
    if (s->far[column] == INFINITY) s->touched[s->n_touched++] = column;
    s->far[column] = distance;
    s->from[column] = row;
    if (s->filled[column] < room_of(s, column)) {
        s->bound = distance;
        s->end_column = column;
        s->end_row = MLAB_NOBODY;
    } else
        heap_rise(s, s->heap_at[column] ? s->heap_at[column] - 1 : s->n_heap++, column);
}

static void visit(mlab_search *s, uint32_t row, double distance, uint32_t slot, uint32_t via)
{
    s->row_seen[row] = 1;
    s->visited[s->n_visited++] = row;
    s->row_far[row] = distance;
    s->row_slot[row] = slot;
    s->row_via[row] = via;
    double base = distance + s->value[row];
    if (base < s->bound) {
        s->bound = base;
        s->end_row = row;
        s->end_column = MLAB_NOBODY;
    }
    const size_t last = s->arcs.first[row + 1];
    for (size_t e = s->arcs.first[row]; e < last; e++) {
        uint32_t c = s->arcs.column[e];
        double d = base - s->arcs.worth[e] + s->price[c];
        if (d < s->bound && d < s->far[c]) reach(s, row, c, d);
    }
}

static void find_path(mlab_search *s, uint32_t root)
{
    s->n_touched = s->n_visited = s->n_heap = 0;
    s->bound = INFINITY;
    visit(s, root, 0, MLAB_NOBODY, MLAB_NOBODY);
    while (s->n_heap && s->far[s->heap[0]] < s->bound) {
        uint32_t c = heap_take(s);
        for (size_t slot = s->first_slot[c]; slot < s->first_slot[c + 1]; slot++)
            if (!s->row_seen[s->slot_row[slot]]) visit(s, s->slot_row[slot], s->far[c], (uint32_t)slot, c);
    }
}

/* Values fall and prices rise so that the path has length 0 and everything else stays at 0 or more. */
static void reprice(mlab_search *s)
{
    for (size_t i = 0; i < s->n_visited; i++) {
        uint32_t r = s->visited[i];
        if (s->row_far[r] < s->bound) s->value[r] -= s->bound - s->row_far[r];
    }
    for (size_t i = 0; i < s->n_touched; i++) {
        uint32_t c = s->touched[i];
        if (s->far[c] < s->bound) s->price[c] += s->bound - s->far[c];
    }
}

static void apply_path(mlab_search *s)
{
    uint32_t row, slot;
    if (s->end_column != MLAB_NOBODY) {
        uint32_t c = s->end_column;
        row = s->from[c];
        s->slot_row[s->first_slot[c] + s->filled[c]++] = row;
    } else
        row = s->end_row;
    while ((slot = s->row_slot[row]) != MLAB_NOBODY) { /* the row gives its slot to the one that reached the column */
        uint32_t taker = s->from[s->row_via[row]];
        s->slot_row[slot] = taker;
        row = taker;
    }
}

static void clear_search(mlab_search *s)
{
    for (size_t i = 0; i < s->n_visited; i++) s->row_seen[s->visited[i]] = 0;
    for (size_t i = 0; i < s->n_touched; i++) s->far[s->touched[i]] = INFINITY;
    for (size_t i = 0; i < s->n_heap; i++) s->heap_at[s->heap[i]] = 0;
}

void mlab_search_enter(mlab_search *s, uint32_t row, int32_t units)
{
    double best = 0;
    for (size_t e = s->arcs.first[row]; e < s->arcs.first[row + 1]; e++) {
        double gain = s->arcs.worth[e] - s->price[s->arcs.column[e]];
        if (gain > best) best = gain;
    }
    s->value[row] = best;
    for (; units > 0 && s->value[row] > 0; units--) {
        find_path(s, row);
        reprice(s);
        apply_path(s);
        clear_search(s);
    }
}

/* --- memory --------------------------------------------------------------------------------------- */

void mlab_arcs_transpose(const mlab_arcs *from, mlab_arcs *to)
{
    for (size_t e = 0; e < from->first[from->n_rows]; e++) to->first[from->column[e] + 1]++;
    for (size_t j = 0; j < to->n_rows; j++) to->first[j + 1] += to->first[j];
    for (size_t row = 0; row < from->n_rows; row++)
        for (size_t e = from->first[row]; e < from->first[row + 1]; e++) {
            size_t at = to->first[from->column[e]]++;
            to->column[at] = (uint32_t)row;
            to->worth[at] = from->worth[e];
        }
    for (size_t j = to->n_rows; j > 0; j--) to->first[j] = to->first[j - 1];
    to->first[0] = 0;
}

mlab_status mlab_arcs_make(const mlab_context *context, size_t n_rows, size_t n_columns, size_t n, mlab_arcs *arcs, void **block, mlab_error *err)
{
    *arcs = (mlab_arcs){.n_rows = n_rows, .n_columns = n_columns};
    const mlab_part parts[] = {
        {&arcs->first, n_rows + 1, sizeof *arcs->first}, {&arcs->column, n, sizeof *arcs->column}, {&arcs->worth, n, sizeof *arcs->worth}};
    return mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, block, err);
}

mlab_status mlab_search_make(const mlab_context *context, mlab_search *s, size_t slots, void **block, mlab_error *err)
{
    const size_t n = s->arcs.n_rows, p = s->arcs.n_columns;
    const mlab_part parts[] = {
        {&s->value, n, sizeof *s->value},        {&s->price, p, sizeof *s->price},     {&s->first_slot, p + 1, sizeof *s->first_slot},
        {&s->slot_row, slots, sizeof(uint32_t)}, {&s->filled, p, sizeof *s->filled},   {&s->far, p, sizeof *s->far},
        {&s->from, p, sizeof *s->from},          {&s->touched, p, sizeof *s->touched}, {&s->row_far, n, sizeof *s->row_far},
        {&s->row_slot, n, sizeof *s->row_slot},  {&s->row_via, n, sizeof *s->row_via}, {&s->visited, n, sizeof *s->visited},
        {&s->row_seen, n, sizeof *s->row_seen},  {&s->heap, p, sizeof *s->heap},       {&s->heap_at, p, sizeof *s->heap_at},
    };
    mlab_status status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, block, err);
    if (status) return status;
    for (size_t c = 0; c < p; c++) {
        s->far[c] = INFINITY;
        s->first_slot[c + 1] = s->first_slot[c] + (s->room ? (size_t)s->room[c] : 1);
    }
    return MLAB_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Optimal matching: the highest total score over all ways to fill the places; of those, the one with the most pairs.
 *
 * Exact, by successive shortest augmenting paths with prices on sparse lists (Jonker & Volgenant 1987, doi:10.1007/BF02278710; capacities as in
 * the transportation problem, Ahuja, Magnanti & Orlin 1993, ch. 12). People of the side with fewer units enter one after the other; each
 * search ends at a free place, or at someone for whom leaving costs least, so being unmatched is worth 0. Scores are taken to whole
 * multiples of 2^-k of a point, k between 20 and 35 by the size of the pool: every sum in the search is a whole number below 2^53, so
 * "equal" means equal and the result is the same on every processor. Where several answers are equally good, an order of mentees and
 * mentors drawn by lot decides, never ids or the order of candidates.
 * Weakness: the total is what counts; a few people may get poor pairs for the good of all, and people may prefer to swap.
 */
#include "match/policies.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>

#define NONE UINT32_MAX

/* Rows enter with `units` each; columns take `room` each. One of the two is 1 throughout, so no pair can be made twice. */
typedef struct graph {
    size_t n_rows, n_columns;
    size_t *first;    /* [n_rows + 1] */
    uint32_t *column; /* [edges] ascending within a row */
    double *worth;    /* [edges] whole numbers >= 1 */
} graph;

typedef struct search {
    graph g;
    const int32_t *units; /* [n_rows] or NULL = 1 each */
    const int32_t *room;  /* [n_columns] or NULL = 1 each */
    double *value;        /* [n_rows] u: what one more unit of the row is worth; value + price >= worth, = on pairs made */
    double *price;        /* [n_columns] 0 while there is room */
    size_t *first_slot;   /* [n_columns + 1] */
    uint32_t *slot_row;   /* [slots] rows paired with the column */
    uint32_t *filled;     /* [n_columns] */
    double *far;          /* [n_columns] distance from the root, INFINITY = not reached */
    uint32_t *from;       /* [n_columns] row that reached it */
    uint32_t *touched;    /* [n_columns] columns reached in this search */
    size_t n_touched;
    double *row_far;    /* [n_rows] */
    uint32_t *row_slot; /* [n_rows] slot through which it was reached, NONE = the root */
    uint32_t *row_via;  /* [n_rows] column of that slot */
    uint32_t *visited;  /* [n_rows] rows reached in this search */
    size_t n_visited;
    uint8_t *row_seen; /* [n_rows] */
    uint32_t *heap;    /* [n_columns] columns reached and not scanned, nearest on top; ties: lower first */
    uint32_t *heap_at; /* [n_columns] place in the heap + 1, 0 = not in it */
    size_t n_heap;
    double bound; /* length of the best path that ends */
    uint32_t end_row, end_column;
} search;

/* --- heap of columns ----------------------------------------------------------------------------- */

static bool nearer(const search *s, uint32_t a, uint32_t b)
{
    return s->far[a] != s->far[b] ? s->far[a] < s->far[b] : a < b;
}

static void heap_put(search *s, size_t i, uint32_t column)
{
    s->heap[i] = column;
    s->heap_at[column] = (uint32_t)i + 1;
}

static void heap_rise(search *s, size_t i, uint32_t column)
{
    while (i > 0 && nearer(s, column, s->heap[(i - 1) / 2])) {
        heap_put(s, i, s->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_put(s, i, column);
}

static uint32_t heap_take(search *s)
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

static size_t room_of(const search *s, uint32_t column)
{
    return s->first_slot[column + 1] - s->first_slot[column];
}

static void reach(search *s, uint32_t row, uint32_t column, double distance)
{
    if (s->far[column] == INFINITY) s->touched[s->n_touched++] = column;
    s->far[column] = distance;
    s->from[column] = row;
    if (s->filled[column] < room_of(s, column)) {
        s->bound = distance;
        s->end_column = column;
        s->end_row = NONE;
    } else
        heap_rise(s, s->heap_at[column] ? s->heap_at[column] - 1 : s->n_heap++, column);
}

static void visit(search *s, uint32_t row, double distance, uint32_t slot, uint32_t via)
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
        s->end_column = NONE;
    }
    const size_t last = s->g.first[row + 1];
    for (size_t e = s->g.first[row]; e < last; e++) {
        uint32_t c = s->g.column[e];
        double d = base - s->g.worth[e] + s->price[c];
        if (d < s->bound && d < s->far[c]) reach(s, row, c, d);
    }
}

static void find_path(search *s, uint32_t root)
{
    s->n_touched = s->n_visited = s->n_heap = 0;
    s->bound = INFINITY;
    visit(s, root, 0, NONE, NONE);
    while (s->n_heap && s->far[s->heap[0]] < s->bound) {
        uint32_t c = heap_take(s);
        for (size_t slot = s->first_slot[c]; slot < s->first_slot[c + 1]; slot++)
            if (!s->row_seen[s->slot_row[slot]]) visit(s, s->slot_row[slot], s->far[c], (uint32_t)slot, c);
    }
}

/* Values fall and prices rise so that the path has length 0 and everything else stays at 0 or more. */
static void reprice(search *s)
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

static void apply_path(search *s)
{
    uint32_t row, slot;
    if (s->end_column != NONE) {
        uint32_t c = s->end_column;
        row = s->from[c];
        s->slot_row[s->first_slot[c] + s->filled[c]++] = row;
    } else
        row = s->end_row;
    while ((slot = s->row_slot[row]) != NONE) { /* the row gives its slot to the one that reached the column */
        uint32_t taker = s->from[s->row_via[row]];
        s->slot_row[slot] = taker;
        row = taker;
    }
}

static void clear_search(search *s)
{
    for (size_t i = 0; i < s->n_visited; i++) s->row_seen[s->visited[i]] = 0;
    for (size_t i = 0; i < s->n_touched; i++) s->far[s->touched[i]] = INFINITY;
    for (size_t i = 0; i < s->n_heap; i++) s->heap_at[s->heap[i]] = 0;
}

static void enter(search *s, uint32_t row)
{
    double best = 0;
    for (size_t e = s->g.first[row]; e < s->g.first[row + 1]; e++) {
        double gain = s->g.worth[e] - s->price[s->g.column[e]];
        if (gain > best) best = gain;
    }
    s->value[row] = best;
    for (int32_t unit = s->units ? s->units[row] : 1; unit > 0 && s->value[row] > 0; unit--) {
        find_path(s, row);
        reprice(s);
        apply_path(s);
        clear_search(s);
    }
}

/* --- from the pool to the graph and back ---------------------------------------------------------- */

/* A pool under the numbers of the lot. */
typedef struct lots {
    mlab_match_turn *mentees, *mentors; /* in turn */
    uint32_t *mentor_turn;              /* [n_mentors] */
    int32_t *places;                    /* [n_mentors] by turn, at most the number of candidates */
} lots;

/* The largest power of two so that (n + 1) * 100 * scale * 2 < 2^53 for pairs worth score * scale * (n + 1) + 1. */
static double scale_for(size_t n_mentees)
{
    double scale = 0x1p35;
    while (scale * 200.0 * ((double)n_mentees + 2) >= 0x1p53) scale /= 2;
    return scale;
}

/* Rows = mentors by turn, each with the mentees by turn: ascending because mentees are walked in turn. */
static void by_mentor(const mlab_pool *pool, const lots *l, graph *g)
{
    const double scale = scale_for(pool->n_mentees), one_more = (double)pool->n_mentees + 1;
    for (size_t e = 0; e < pool->first[pool->n_mentees]; e++) g->first[l->mentor_turn[pool->mentor[e]] + 1]++;
    for (size_t j = 0; j < g->n_rows; j++) g->first[j + 1] += g->first[j];
    for (size_t t = 0; t < pool->n_mentees; t++) {
        uint32_t i = l->mentees[t].who;
        for (size_t e = pool->first[i]; e < pool->first[i + 1]; e++) {
            size_t at = g->first[l->mentor_turn[pool->mentor[e]]]++;
            g->column[at] = (uint32_t)t;
            g->worth[at] = floor(pool->score[e] * scale + 0.5) * one_more + 1;
        }
    }
    for (size_t j = g->n_rows; j > 0; j--) g->first[j] = g->first[j - 1];
    g->first[0] = 0;
}

static void transpose(const graph *from, graph *to)
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

static mlab_status graph_make(const mlab_context *context, size_t n_rows, size_t n_columns, size_t edges, graph *g, void **block, mlab_error *err)
{
    *g = (graph){.n_rows = n_rows, .n_columns = n_columns};
    const mlab_part parts[] = {
        {&g->first, n_rows + 1, sizeof *g->first}, {&g->column, edges, sizeof *g->column}, {&g->worth, edges, sizeof *g->worth}};
    return mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, block, err);
}

static mlab_status search_make(const mlab_context *context, search *s, size_t slots, void **block, mlab_error *err)
{
    const size_t n = s->g.n_rows, p = s->g.n_columns;
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

/* Places of each mentor by turn, no more than the mentees who may have them; their sum. */
static size_t count_places(const mlab_pool *pool, const graph *mentors, lots *l)
{
    size_t places = 0;
    for (size_t t = 0; t < pool->n_mentors; t++) {
        size_t wanted = mentors->first[t + 1] - mentors->first[t];
        int32_t offered = pool->capacity[l->mentors[t].who];
        l->places[t] = (size_t)offered < wanted ? offered : (int32_t)wanted;
        places += (size_t)l->places[t];
    }
    return places;
}

static void read_pairs(const search *s, const lots *l, bool rows_are_mentees, int32_t *mentor_of)
{
    for (uint32_t c = 0; c < s->g.n_columns; c++)
        for (size_t k = s->first_slot[c]; k < s->first_slot[c] + s->filled[c]; k++) {
            uint32_t row = s->slot_row[k], mentee = rows_are_mentees ? row : c, mentor = rows_are_mentees ? c : row;
            mentor_of[l->mentees[mentee].who] = (int32_t)l->mentors[mentor].who;
        }
}

static mlab_status assign(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err)
{
    const mlab_pool *pool = request->pool;
    int32_t *mentor_of = result->mentor_of;
    const size_t n = pool->n_mentees, m = pool->n_mentors;
    void *lot_block = NULL, *mentor_block = NULL, *mentee_block = NULL, *search_block = NULL;
    lots l;
    graph mentors;
    search s = {0};
    const mlab_part parts[] = {{&l.mentees, n, sizeof *l.mentees},
                               {&l.mentors, m, sizeof *l.mentors},
                               {&l.mentor_turn, m, sizeof *l.mentor_turn},
                               {&l.places, m, sizeof *l.places}};
    mlab_status status;
    if ((status = mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, &lot_block, err))) goto out;
    const size_t edges = pool->first[n];
    if (edges >= NONE) {
        status = mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu allowed pairs, at most %u; add a constraint that rules pairs out", edges, NONE);
        goto out;
    }
    if ((status = graph_make(context, m, n, edges, &mentors, &mentor_block, err))) goto out;
    mlab_match_order(request, MLAB_MATCH_MENTEE_ORDER, pool->mentee_entity, n, l.mentees);
    mlab_match_order(request, MLAB_MATCH_MENTOR_ORDER, pool->mentor_entity, m, l.mentors);
    for (size_t t = 0; t < m; t++) l.mentor_turn[l.mentors[t].who] = (uint32_t)t;
    by_mentor(pool, &l, &mentors);
    const size_t places = count_places(pool, &mentors, &l);

    const bool rows_are_mentees = places >= n;
    if (rows_are_mentees) {
        if ((status = graph_make(context, n, m, edges, &s.g, &mentee_block, err))) goto out;
        transpose(&mentors, &s.g);
        s.room = l.places;
    } else {
        s.g = mentors;
        s.units = l.places;
    }
    if ((status = search_make(context, &s, rows_are_mentees ? places : n, &search_block, err))) goto out;
    for (size_t i = 0; i < n; i++) mentor_of[i] = MLAB_UNMATCHED;
    for (uint32_t row = 0; row < s.g.n_rows; row++) enter(&s, row);
    read_pairs(&s, &l, rows_are_mentees, mentor_of);
    result->status = MLAB_POLICY_OPTIMAL;
out:
    mlab_release(context, search_block);
    mlab_release(context, mentee_block);
    mlab_release(context, mentor_block);
    mlab_release(context, lot_block);
    return status;
}

const mlab_policy mlab_policy_optimal = {
    .name = "optimal",
    .summary = "the highest total score that the places allow",
    .source = "Jonker & Volgenant 1987, doi:10.1007/BF02278710",
    .assign = assign,
};

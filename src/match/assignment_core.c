/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Assignment problems in which nearly everybody may have nearly everybody: solved on the best few pairs of each row, then all others are looked
 * through with the prices found; those that the prices do not rule out join, until none is left. The last look is the proof.
 *
 * Volgenant 1996, Computers & Operations Research 23, 917-932 (a core of the pairs). Pairs are asked for row by row, so no matrix is kept. Most are
 * ruled out in single precision with a margin that covers its rounding; what is near is looked at exactly.
 * Weakness: where all rows rank the columns alike, many pairs join; so from round to round more may.
 */
#include "match/assignment.h"

#include "core/memory.h"
#include "core/parallel.h"
#include "match/policies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PICKS = 24, CHUNK = 256, ROWS_A_BLOCK = 64 };

/* A pair that wants to join. */
typedef struct pick {
    double gain, worth; /* gain: worth less price */
    uint32_t column;
} pick;

typedef struct core {
    const mlab_assignment_rows *rows;
    mlab_arcs arcs;
    void *block;
    double *value, *price; /* by row and column */
    float *price_at;       /* [n_columns] in points of score, by place of the column in a row that gives all */
    float slack;           /* points that the rounding of price_at, of a value and of a score can make up */
    size_t picks;          /* at most this many a row and round */
    pick *picked;          /* [n_rows x picks] */
    uint32_t *n_picked;    /* [n_rows] */
    bool first;            /* no prices yet */
} core;

/* The best are kept, equal ones in the order they come; returns whether the list is full. */
static bool keep_pick(const core *c, pick *list, uint32_t *n, pick p)
{
    if (*n == c->picks) {
        if (!(p.gain > list[*n - 1].gain)) return true;
        --*n;
    }
    uint32_t k = (*n)++;
    for (; k > 0 && p.gain > list[k - 1].gain; k--) list[k] = list[k - 1];
    list[k] = p;
    return *n == c->picks;
}

/* How many of a chunk are above; written so that a compiler takes several at a time. */
static int32_t count_above(const float *score, const float *price, size_t n, float least)
{
    int32_t hits = 0;
    for (size_t j = 0; j < n; j++) hits += score[j] - price[j] > least;
    return hits;
}

typedef struct row_scan {
    const mlab_assignment_rows *rows;
    const uint32_t *columns;
    const float *score;
    pick *list;
    uint32_t row, n;
    double base; /* the row's value: only more than this joins */
    float least; /* nothing at or below can join */
} row_scan;

static void scan(const core *c, row_scan *s, size_t from, size_t to)
{
    const mlab_assignment_rows *r = c->rows;
    for (size_t chunk = from; chunk < to; chunk += CHUNK) {
        const size_t end = to - chunk < CHUNK ? to : chunk + CHUNK;
        if (!s->columns && !count_above(s->score + chunk, c->price_at + chunk, end - chunk, s->least)) continue;
        for (size_t j = chunk; j < end; j++) {
            if (!s->columns && !(s->score[j] - c->price_at[j] > s->least)) continue;
            if (s->score[j] < 0) continue;
            const uint32_t column = s->columns ? s->columns[j] : r->column_at[j];
            const double worth = r->worth(r->source, s->row, j, s->score[j]), gain = worth - c->price[column];
            if (!(gain > s->base) || !keep_pick(c, s->list, &s->n, (pick){gain, worth, column})) continue;
            const float least = (float)((s->list[s->n - 1].gain - r->worth_of_pair) / r->worth_of_point) - c->slack;
            s->least = least > s->least ? least : s->least;
        }
    }
}

static void pick_row(const core *c, uint32_t row, float *scratch)
{
    const mlab_assignment_rows *r = c->rows;
    row_scan s = {.rows = r, .list = c->picked + row * c->picks, .row = row, .base = c->first ? 0 : c->value[row]};
    const size_t count = r->fetch(r->source, row, scratch, &s.columns, &s.score);
    s.least = c->first ? -1 : (float)((s.base - r->worth_of_pair) / r->worth_of_point) - c->slack;
    const size_t start = count ? (size_t)((uint64_t)row * 2654435769u % count) : 0; /* equal ones: from another place for each row */
    scan(c, &s, start, count);
    scan(c, &s, 0, start);
    c->n_picked[row] = s.n;
}

static mlab_status pick_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    (void)err;
    const core *c = work;
    const size_t end = (block + 1) * ROWS_A_BLOCK;
    for (size_t row = block * ROWS_A_BLOCK; row < end && row < c->rows->n_rows; row++) pick_row(c, (uint32_t)row, scratch);
    return MLAB_OK;
}

/* Prices in points, and how far off they can be: single precision has 24 bits. */
static void set_prices(core *c)
{
    const mlab_assignment_rows *r = c->rows;
    double most = 100 + 2 * fabs(r->worth_of_pair) / r->worth_of_point;
    for (size_t j = 0; j < r->n_columns; j++) {
        const double price = c->price[r->column_at[j]] / r->worth_of_point;
        c->price_at[j] = price < 1e30 ? (float)price : 1e30F;
        if (price < 1e30 && price > most) most = price;
    }
    for (size_t i = 0; !c->first && i < r->n_rows; i++)
        if (c->value[i] / r->worth_of_point > most) most = c->value[i] / r->worth_of_point;
    c->slack = c->first ? 0 : (float)(most * 0x1p-21); /* the first picks need not be exact */
}

static int by_column(const void *a, const void *b)
{
    const pick *x = a, *y = b;
    return (x->column > y->column) - (x->column < y->column);
}

/* Old arcs and picks of a row, by column. */
static size_t merge_row(const core *c, uint32_t row, mlab_arcs *into, size_t at)
{
    pick *list = c->picked + row * c->picks;
    const uint32_t n = c->n_picked[row];
    qsort(list, n, sizeof *list, by_column);
    size_t e = c->arcs.first ? c->arcs.first[row] : 0;
    const size_t last = c->arcs.first ? c->arcs.first[row + 1] : 0;
    for (uint32_t k = 0; k < n || e < last; at++) {
        if (e < last && (k == n || c->arcs.column[e] < list[k].column)) {
            into->column[at] = c->arcs.column[e];
            into->worth[at] = c->arcs.worth[e++];
        } else {
            into->column[at] = list[k].column;
            into->worth[at] = list[k++].worth;
        }
    }
    return at;
}

static mlab_status join(const mlab_context *context, core *c, size_t joined, mlab_error *err)
{
    mlab_arcs arcs;
    void *block;
    const size_t n = c->rows->n_rows, so_far = c->arcs.first ? c->arcs.first[n] : 0;
    mlab_status status = mlab_arcs_make(context, n, c->rows->n_columns, so_far + joined, &arcs, &block, err);
    if (status) return status;
    arcs.range = 100 * c->rows->worth_of_point;
    for (uint32_t row = 0; row < n; row++) arcs.first[row + 1] = merge_row(c, row, &arcs, arcs.first[row]);
    mlab_release(context, c->block);
    c->block = block;
    c->arcs = arcs;
    return MLAB_OK;
}

static mlab_status make_picks(const mlab_context *context, core *c, void **block, mlab_error *err)
{
    const size_t n = c->rows->n_rows, m = c->rows->n_columns;
    if (c->picks > m) c->picks = m;
    mlab_release(context, *block);
    const mlab_part parts[] = {
        {&c->picked, n * c->picks, sizeof *c->picked}, {&c->n_picked, n, sizeof *c->n_picked}, {&c->price_at, m, sizeof *c->price_at}};
    return mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, block, err);
}

/* Looks through all pairs; the number of those that join. */
static mlab_status look(const mlab_context *context, core *c, size_t *joined, mlab_error *err)
{
    const size_t n = c->rows->n_rows;
    set_prices(c);
    *joined = 0;
    mlab_status status =
        mlab_parallel_blocks(context, NULL, (n + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK, c->rows->n_columns * sizeof(float), pick_block, c, err);
    for (size_t row = 0; !status && row < n; row++) *joined += c->n_picked[row];
    return status;
}

mlab_status mlab_assignment_solve_rows(const mlab_context *context, const mlab_assignment_rows *rows, const int32_t *room, uint32_t *mate,
                                       double *value, double *price, mlab_error *err)
{
    core c = {.rows = rows, .value = value, .price = price, .picks = FIRST_PICKS, .first = true};
    void *block = NULL;
    size_t joined;
    for (size_t j = 0; j < rows->n_columns; j++) price[j] = 0;
    mlab_status status = make_picks(context, &c, &block, err);
    while (!status) {
        if ((status = look(context, &c, &joined, err)) || (!joined && !c.first)) break;
        if ((status = join(context, &c, joined, err))) break;
        if ((status = mlab_assignment_solve(context, &c.arcs, room, !c.first, mate, value, price, err))) break;
        if (!c.first && joined > rows->n_rows * c.picks / 4) { /* rows rank the columns alike */
            c.picks *= 2;
            status = make_picks(context, &c, &block, err);
        }
        c.first = false;
    }
    mlab_release(context, c.block);
    mlab_release(context, block);
    return status;
}

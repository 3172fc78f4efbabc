/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Assignment problems in which nearly everybody may have nearly everybody: solved on the best few pairs of each row, then all others are looked
 * through with the prices found; those that the prices do not rule out join, until none is left. The last look is the proof.
 *
 * Volgenant 1996, Computers & Operations Research 23, 917-932 (a core of the pairs). Pairs are asked for row by row, so no matrix is kept. Most are
 * ruled out in single precision, many at a time, with a margin that covers its rounding; what is near is looked at exactly. Where the best
 * pairs of all rows go to the same few columns, evenly spaced pairs of each row begin beside them: these give all columns a price.
 * Weakness: where all rows rank the columns alike, many pairs join; so from round to round more may.
 */
#include "match/assignment.h"

#include "core/memory.h"
#include "core/parallel.h"
#include "match/assignment_scan.h"
#include "match/policies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PICKS = 24, SHORT_LIST = 32, ROWS_A_BLOCK = 64 };

/* A pair that wants to join. */
typedef struct pick {
    double gain, worth; /* gain: worth less price */
    uint32_t column;
} pick;

typedef enum look_kind {
    LOOK_BEST,   /* no prices yet: the best of each row */
    LOOK_EVENLY, /* no prices yet: some of each row, evenly spaced, each row from another place */
    LOOK_PRICED, /* all that the prices do not rule out */
} look_kind;

typedef struct core {
    const mlab_assignment_rows *rows;
    const mlab_scan_kernels *kernels;
    mlab_arcs arcs;
    void *block;
    double *value, *price; /* by row and column */
    double *exact_at;      /* [n_columns] price by place of the column in a row */
    float *price_at;       /* [n_columns] the same in points of score */
    float slack;           /* points that the rounding of price_at, of a value and of a score can make up */
    double point;          /* worth of a point of score */
    size_t picks;          /* at most this many a row and round */
    pick *picked;          /* [n_rows x picks] */
    uint32_t *n_picked;    /* [n_rows] */
    look_kind kind;
} core;

static const mlab_scan_kernels *kernels_of(const mlab_context *context)
{
    return context->isa == MLAB_ISA_AVX512 ? &mlab_scan_avx512 : context->isa == MLAB_ISA_AVX2 ? &mlab_scan_avx2 : &mlab_scan_generic;
}

/* --- one row ------------------------------------------------------------------------------------- */

typedef struct row_scan {
    const float *score;
    const double *exact; /* the same in full; NULL = single precision is exact */
    pick *list;
    uint32_t row, n;
    double base; /* the row's value: only more than this joins */
    float least; /* nothing at or below can join */
} row_scan;

/* The best are kept, equal ones in the order they come; returns whether the list is full. */
static bool keep_pick(const core *c, row_scan *s, pick p)
{
    if (s->n == c->picks) {
        if (!(p.gain > s->list[s->n - 1].gain)) return true;
        --s->n;
    }
    uint32_t k = s->n++;
    for (; k > 0 && p.gain > s->list[k - 1].gain; k--) s->list[k] = s->list[k - 1];
    s->list[k] = p;
    return s->n == c->picks;
}

static float least_for(const core *c, double gain)
{
    return (float)((gain - c->rows->worth.of_pair) / c->point) - c->slack;
}

static void look_at(const core *c, row_scan *s, size_t j)
{
    if (!(s->score[j] - c->price_at[j] > s->least) || s->score[j] < 0) return;
    const double worth = mlab_worth_of(&c->rows->worth, s->exact ? s->exact[j] : (double)s->score[j]), gain = worth - c->exact_at[j];
    if (!(gain > s->base) || !keep_pick(c, s, (pick){gain, worth, c->rows->column_at[j]})) return;
    const float least = least_for(c, s->list[s->n - 1].gain);
    s->least = least > s->least ? least : s->least;
}

/* Equal scores make many pairs that are as good as the row's own, but not better: these are told apart many at a time. */
static bool any_better(const core *c, const row_scan *s, size_t from, size_t n)
{
    double full[MLAB_SCAN_CHUNK];
    for (size_t j = 0; j < n && !s->exact; j++) full[j] = (double)s->score[from + j];
    return c->kernels->count_better(&c->rows->worth, s->exact ? s->exact + from : full, c->exact_at + from, n, s->base) > 0;
}

static void scan(const core *c, row_scan *s, size_t from, size_t to)
{
    for (size_t at = from; (at = c->kernels->next_above(s->score, c->price_at, at, to, s->least)) < to;) {
        const size_t end = to - at < MLAB_SCAN_CHUNK ? to : at + MLAB_SCAN_CHUNK;
        if (c->kind == LOOK_PRICED && !any_better(c, s, at, end - at))
            at = end;
        else
            for (; at < end; at++) look_at(c, s, at);
    }
}

/* *guess: a score above which there are likely enough pairs, by the row before; what is picked does not depend on it. */
static void pick_best(const core *c, row_scan *s, size_t start, float *guess)
{
    s->least = *guess;
    scan(c, s, start, c->rows->n_columns);
    scan(c, s, 0, start);
    if (s->n < c->picks && *guess >= 0) {
        s->n = 0;
        s->least = -1;
        scan(c, s, start, c->rows->n_columns);
        scan(c, s, 0, start);
    }
    *guess = -1;
    if (s->n < c->picks) return;
    const double last = s->list[s->n - 1].gain;
    *guess = (float)((last - (s->list[0].gain - last) / 2 - c->rows->worth.of_pair) / c->point) - 0x1p-10F;
}

static void pick_evenly(const core *c, row_scan *s, size_t start)
{
    const size_t n = c->rows->n_columns;
    for (size_t k = 0; k < c->picks; k++) {
        const size_t j = (start + k * n / c->picks) % n;
        if (s->score[j] < 0) continue;
        const double worth = mlab_worth_of(&c->rows->worth, s->exact ? s->exact[j] : (double)s->score[j]);
        s->list[s->n++] = (pick){worth, worth, c->rows->column_at[j]};
    }
}

static void pick_row(const core *c, uint32_t row, float *scratch, double *more, float *guess)
{
    const size_t n = c->rows->n_columns;
    row_scan s = {.list = c->picked + row * c->picks, .row = row};
    s.score = c->rows->fetch(c->rows->source, row, scratch, more, &s.exact);
    const size_t start = (size_t)((uint64_t)row * 2654435769u % n); /* equal ones: from another place for each row */
    if (c->kind == LOOK_BEST)
        pick_best(c, &s, start, guess);
    else if (c->kind == LOOK_EVENLY)
        pick_evenly(c, &s, start);
    else {
        s.base = c->value[row];
        s.least = least_for(c, s.base);
        scan(c, &s, start, n);
        scan(c, &s, 0, start);
    }
    c->n_picked[row] = s.n;
}

static mlab_status pick_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    (void)err;
    const core *c = work;
    const size_t end = (block + 1) * ROWS_A_BLOCK;
    double *more = scratch;
    void *rest = more + c->rows->n_columns; /* of single precision */
    float guess = -1;
    for (size_t row = block * ROWS_A_BLOCK; row < end && row < c->rows->n_rows; row++) pick_row(c, (uint32_t)row, rest, more, &guess);
    return MLAB_OK;
}

/* --- rounds -------------------------------------------------------------------------------------- */

/* Prices in points, and how far off they can be: single precision has 24 bits. */
static void set_prices(core *c)
{
    const mlab_assignment_rows *r = c->rows;
    double most = 100 + 2 * fabs(r->worth.of_pair) / c->point;
    for (size_t j = 0; j < r->n_columns; j++) {
        c->exact_at[j] = c->price[r->column_at[j]];
        const double price = c->exact_at[j] / c->point;
        c->price_at[j] = price < 1e30 ? (float)price : 1e30F;
        if (price < 1e30 && price > most) most = price;
    }
    for (size_t i = 0; c->kind == LOOK_PRICED && i < r->n_rows; i++)
        if (c->value[i] / c->point > most) most = c->value[i] / c->point;
    c->slack = c->kind == LOOK_PRICED ? (float)(most * 0x1p-21) : 0; /* the first picks need not be exact */
}

static int by_column(const void *a, const void *b)
{
    const pick *x = a, *y = b;
    return (x->column > y->column) - (x->column < y->column);
}

static void sort_by_column(pick *list, uint32_t n)
{
    if (n > SHORT_LIST) {
        qsort(list, n, sizeof *list, by_column);
        return;
    }
    for (uint32_t k = 1; k < n; k++) {
        const pick moving = list[k];
        uint32_t at = k;
        for (; at > 0 && list[at - 1].column > moving.column; at--) list[at] = list[at - 1];
        list[at] = moving;
    }
}

/* Old arcs and picks of a row, by column. */
static size_t merge_row(const core *c, uint32_t row, mlab_arcs *into, size_t at)
{
    pick *list = c->picked + row * c->picks;
    const uint32_t n = c->n_picked[row];
    sort_by_column(list, n);
    size_t e = c->arcs.first ? c->arcs.first[row] : 0;
    const size_t last = c->arcs.first ? c->arcs.first[row + 1] : 0;
    for (uint32_t k = 0; k < n || e < last; at++) {
        if (e < last && (k == n || c->arcs.column[e] < list[k].column)) {
            into->column[at] = c->arcs.column[e];
            into->worth[at] = c->arcs.worth[e++];
        } else {
            into->column[at] = list[k].column;
            into->worth[at] = list[k].worth;
            e += e < last && c->arcs.column[e] == list[k].column;
            k++;
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
    arcs.range = 100 * c->point;
    arcs.core = true;
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
    const mlab_part parts[] = {{&c->picked, n * c->picks, sizeof *c->picked},
                               {&c->n_picked, n, sizeof *c->n_picked},
                               {&c->price_at, m, sizeof *c->price_at},
                               {&c->exact_at, m, sizeof *c->exact_at}};
    return mlab_allocate_parts(context, parts, sizeof parts / sizeof *parts, block, err);
}

/* Looks through all pairs; the number of those that join. */
static mlab_status look(const mlab_context *context, core *c, size_t *joined, mlab_error *err)
{
    const size_t n = c->rows->n_rows;
    set_prices(c);
    *joined = 0;
    mlab_status status = mlab_parallel_blocks(context, NULL, (n + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK,
                                              c->rows->n_columns * (sizeof(double) + sizeof(float)), pick_block, c, err);
    for (size_t row = 0; !status && row < n; row++) *joined += c->n_picked[row];
    return status;
}

/* Whether all rows want the same few: those picked have fewer places than are wanted. */
static bool is_crowded(const core *c, const int32_t *room)
{
    const size_t n = c->rows->n_rows, m = c->rows->n_columns;
    double all = 0, wanted = 0;
    for (size_t j = 0; j < m; j++) {
        const uint32_t column = c->rows->column_at[j];
        all += room[column];
        c->exact_at[column] = 0;
    }
    for (size_t row = 0; row < n; row++)
        for (size_t k = 0; k < c->n_picked[row]; k++) {
            const uint32_t column = c->picked[row * c->picks + k].column;
            if (c->exact_at[column] == 0) wanted += room[column];
            c->exact_at[column] = 1;
        }
    return wanted < 0.8 * fmin(all, (double)n);
}

static mlab_status first_arcs(const mlab_context *context, core *c, const int32_t *room, mlab_error *err)
{
    size_t joined;
    mlab_status status = look(context, c, &joined, err);
    if (status) return status;
    const bool crowded = is_crowded(c, room);
    if ((status = join(context, c, joined, err)) || !crowded) return status;
    c->kind = LOOK_EVENLY;
    if ((status = look(context, c, &joined, err))) return status;
    return join(context, c, joined, err);
}

mlab_status mlab_assignment_solve_rows(const mlab_context *context, const mlab_assignment_rows *rows, const int32_t *room, uint32_t *mate,
                                       double *value, double *price, mlab_error *err)
{
    core c = {.rows = rows,
              .kernels = kernels_of(context),
              .value = value,
              .price = price,
              .picks = FIRST_PICKS,
              .point = rows->worth.grains * rows->worth.of_grain};
    void *block = NULL;
    size_t joined = 1;
    for (size_t j = 0; j < rows->n_columns; j++) price[j] = 0;
    mlab_status status = make_picks(context, &c, &block, err);
    if (!status) status = first_arcs(context, &c, room, err);
    while (!status) {
        if ((status = mlab_assignment_solve(context, &c.arcs, room, c.kind == LOOK_PRICED, mate, value, price, err))) break;
        c.kind = LOOK_PRICED;
        if (joined > rows->n_rows * c.picks / 4) { /* rows rank the columns alike */
            c.picks *= 2;
            if ((status = make_picks(context, &c, &block, err))) break;
        }
        if ((status = look(context, &c, &joined, err)) || !joined) break;
        status = join(context, &c, joined, err);
    }
    mlab_release(context, c.block);
    mlab_release(context, block);
    return status;
}

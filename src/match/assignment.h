/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assignment problem with capacities on sparse lists, exactly: rows take one place at most, columns have room; the sum of the worths of
 * the pairs made is to be highest. All worths, values and prices are whole numbers held in doubles, below 2^53: "equal" means equal. */
#ifndef MLAB_MATCH_ASSIGNMENT_H
#define MLAB_MATCH_ASSIGNMENT_H

#include "mentorlab/core.h"

#define MLAB_NOBODY UINT32_MAX

/* Who may have whom, by row. */
typedef struct mlab_arcs {
    size_t n_rows, n_columns;
    size_t *first;    /* [n_rows + 1] */
    uint32_t *column; /* [first[n_rows]] ascending within a row */
    double *worth;    /* [first[n_rows]] whole numbers >= 1 */
    double range;     /* of what differs from pair to pair, apart from what they are worth by themselves; 0 = of all; only speed depends on it */
    bool core;        /* the best of many more, so that ways to a free place are short; only speed depends on it */
} mlab_arcs;

/* Arrays of the size given, zeroed, in one block released with mlab_release. */
MLAB_MUST_USE mlab_status mlab_arcs_make(const mlab_context *context, size_t n_rows, size_t n_columns, size_t n, mlab_arcs *arcs, void **block,
                                         mlab_error *err);
/* The same arcs by column; `to` was made with the sizes turned around. */
void mlab_arcs_transpose(const mlab_arcs *from, mlab_arcs *to);

/* Exact search by shortest augmenting paths. Rows enter with `units` each; columns take `room` each; pairs stand in slots of columns. Throughout
 * value + price >= worth, = on pairs made, both >= 0; when all rows have entered, a row that is not full has value 0 and a column that
 * was never full price 0: nothing can be better. */
typedef struct mlab_search {
    mlab_arcs arcs;
    const int32_t *units; /* [n_rows] or NULL = 1 each; of units and room one is 1 throughout, so no pair can be made twice */
    const int32_t *room;  /* [n_columns] or NULL = 1 each */
    double *value;        /* [n_rows] what one more unit of the row is worth */
    double *price;        /* [n_columns] what one more place of the column is worth */
    size_t *first_slot;   /* [n_columns + 1] */
    uint32_t *slot_row;   /* [slots] rows paired with the column */
    uint32_t *filled;     /* [n_columns] */
    double *far;          /* [n_columns] distance from the root, INFINITY = not reached */
    uint32_t *from;       /* [n_columns] row that reached it */
    uint32_t *touched;    /* [n_columns] columns reached in this search */
    size_t n_touched;
    double *row_far;    /* [n_rows] */
    uint32_t *row_slot; /* [n_rows] slot through which it was reached, MLAB_NOBODY = the root */
    uint32_t *row_via;  /* [n_rows] column of that slot */
    uint32_t *visited;  /* [n_rows] rows reached in this search */
    size_t n_visited;
    uint8_t *row_seen; /* [n_rows] */
    uint32_t *heap;    /* [n_columns] columns reached and not scanned, nearest on top; ties: lower first */
    uint32_t *heap_at; /* [n_columns] place in the heap + 1, 0 = not in it */
    size_t n_heap;
    double bound; /* length of the best path that ends */
    uint32_t end_row, end_column;
} mlab_search;

/* Fills the working arrays of s, whose arcs, units and room are set, in one block; slots = sum of room, below 2^32 - 1. */
MLAB_MUST_USE mlab_status mlab_search_make(const mlab_context *context, mlab_search *s, size_t slots, void **block, mlab_error *err);
/* A row enters: its value is set, and `units` units find a place as long as they are worth more than 0. */
void mlab_search_enter(mlab_search *s, uint32_t row, int32_t units);

/* Finds pairs and prices of highest total worth for rows of one unit each. mate [n_rows] = column or MLAB_NOBODY; value [n_rows] and price
 * [n_columns] prove it. room [n_columns], sum below 2^32 - 1. warm: mate and price are a start that is nearly right. For large
 * problems: prices first by an auction that becomes finer and finer, then the exact search for what is left. Errors: MLAB_ERR_MEMORY,
 * MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_assignment_solve(const mlab_context *context, const mlab_arcs *arcs, const int32_t *room, bool warm, uint32_t *mate,
                                                double *value, double *price, mlab_error *err);

/* What a pair of a score is worth: round(score x grains) x of_grain + of_pair, a whole number. */
typedef struct mlab_worth {
    double grains, of_grain, of_pair;
} mlab_worth;
static inline double mlab_worth_of(const mlab_worth *worth, double score)
{
    return (score * worth->grains + 0x1p52 - 0x1p52) * worth->of_grain + worth->of_pair; /* the two sums round to a whole number */
}

/* Pairs that are asked for row by row. fetch gives the scores of a row in points, below 0 = not allowed, in the order of column_at. *exact
 * are the same scores in full where single precision is not; else it is left NULL. scratch and more [n_columns] are there to be used. It is
 * called from several threads. */
typedef struct mlab_assignment_rows {
    size_t n_rows, n_columns;
    const uint32_t *column_at; /* [n_columns] */
    const float *(*fetch)(const void *source, uint32_t row, float *scratch, double *more, const double **exact);
    mlab_worth worth;
    const void *source;
} mlab_assignment_rows;

/* The same for rows with many pairs. Errors: those of mlab_assignment_solve. */
MLAB_MUST_USE mlab_status mlab_assignment_solve_rows(const mlab_context *context, const mlab_assignment_rows *rows, const int32_t *room,
                                                     uint32_t *mate, double *value, double *price, mlab_error *err);

#endif

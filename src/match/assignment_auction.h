/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the assignment solver: an auction with prices in steps of epsilon. */
#ifndef MLAB_MATCH_ASSIGNMENT_AUCTION_H
#define MLAB_MATCH_ASSIGNMENT_AUCTION_H

#include "match/assignment.h"

typedef struct mlab_auction {
    const mlab_arcs *arcs, *by_column;
    uint32_t *mate;     /* [n_rows] column or MLAB_NOBODY */
    double *value;      /* [n_rows] what a row has at the price of its column; kept while columns bid and when settled */
    double *price;      /* [n_columns] of the cheapest place when full, else of the next; INFINITY without room */
    size_t *first_slot; /* [n_columns + 1] */
    uint32_t *slot_row; /* [slots] while rows bid: heap of the rows in a column, the cheapest place on top */
    double *slot_price; /* [slots] */
    uint32_t *filled;   /* [n_columns] */
    uint32_t *queue;    /* [n_rows] ring of rows */
    size_t head, waiting;
    uint8_t *queued;  /* [n_rows] */
    uint32_t *tries;  /* [n_rows] */
    uint32_t *stack;  /* [n_columns] columns with room that ask for more than 0 */
    uint8_t *stacked; /* [n_columns] */
    double epsilon;
} mlab_auction;

/* room [n_columns], slots = its sum. All prices 0, nobody has a place. by_column = arcs transposed. */
MLAB_MUST_USE mlab_status mlab_auction_make(const mlab_context *context, const mlab_arcs *arcs, const mlab_arcs *by_column, const int32_t *room,
                                            size_t slots, mlab_auction *a, void **block, mlab_error *err);
/* Rows that are further than epsilon >= 1 from their best leave their places; rows bid until none waits; then columns with room lower their
 * prices. After it every row is within epsilon of its best, and a column with room has price 0. False when
 * that took more bids than most_bids; then the prices mean nothing. */
bool mlab_auction_round(mlab_auction *a, double epsilon, size_t most_bids);
/* Rows take the places that mate says, at the prices of now. */
void mlab_auction_seat(mlab_auction *a);
/* All prices 0, nobody has a place. */
void mlab_auction_restart(mlab_auction *a);
/* Raises prices until every row with a place has its best exactly; a row that still has not after so many tries leaves. Returns how many left. */
size_t mlab_auction_settle(mlab_auction *a, uint32_t most_tries);

#endif

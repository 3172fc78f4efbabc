/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the curves of several states: the moves of one group, counted by time. */
#ifndef MLAB_FIT_OCCUPATION_H
#define MLAB_FIT_OCCUPATION_H

#include "mentorlab/curves.h"

/* Rows of one group and what happens at its n_times times of a move. */
typedef struct mlab_group_moves {
    size_t n, n_times;
    uint32_t *row;         /* [n] places in the caller's arrays, in an order that does not depend on theirs */
    uint32_t *first, *end; /* [n] times first .. end - 1 fall into the time that the row is watched */
    double *time;          /* [n_times] rising */
    double *out;           /* [n_times * S * S] weight of moves; then its share of those at risk of it, diagonal 1 - all */
    double *at_risk;       /* [n_times * S] */
    double *before;        /* [(n_times + 1) * S] occupation just before each time, and after the last */
    double *begin;         /* [S] occupation at the origin */
    double watched;        /* weight watched at the origin; 0 = nobody, begin is then sure */
    double began;          /* earliest start */
    double *last;          /* [S] latest end of a row in the state; -HUGE_VAL = none, the state is final */
} mlab_group_moves;

static inline double mlab_move_weight(const mlab_moves *moves, size_t row)
{
    return moves->weight ? moves->weight[row] : 1;
}

static inline double mlab_move_start(const mlab_moves *moves, size_t row)
{
    return moves->start ? moves->start[row] : moves->origin;
}

static inline int32_t mlab_move_from(const mlab_moves *moves, size_t row)
{
    return moves->from ? moves->from[row] : 0;
}

/* groups [n_groups], zeroed before. Errors: those of mlab_occupation_fit; release on failure too. */
MLAB_MUST_USE mlab_status mlab_group_moves_make(const mlab_context *context, const mlab_moves *moves, mlab_group_moves *groups, mlab_error *err);
void mlab_group_moves_free(const mlab_context *context, mlab_group_moves *groups, size_t n_groups);

#endif

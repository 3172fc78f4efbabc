/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool in an order of people drawn by lot: what solvers work on, so that neither names nor rows decide between equal answers. */
#ifndef MLAB_MATCH_LOTS_H
#define MLAB_MATCH_LOTS_H

#include "match/policies.h"

typedef struct mlab_lot_edge {
    uint32_t mentor; /* turn of the mentor */
    uint32_t edge;   /* candidate of the pool */
} mlab_lot_edge;

/* People and candidates by turn. */
typedef struct mlab_lots {
    mlab_match_turn *mentees, *mentors; /* [n_mentees], [n_mentors]: turns[t].who comes t-th */
    uint32_t *mentor_turn;              /* [n_mentors] */
    size_t *first;                      /* [n_mentees + 1] by turn of the mentee */
    mlab_lot_edge *edges;               /* [candidates] ascending within a mentee */
    void *memory;
} mlab_lots;

/* Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. Frees nothing on failure but its own. */
MLAB_MUST_USE mlab_status mlab_lots_make(const mlab_context *context, const mlab_policy_request *request, mlab_lots *lots, mlab_error *err);
void mlab_lots_free(const mlab_context *context, mlab_lots *lots);

/* The greatest power of two, at most 2^30, that keeps 200 scale factor nodes below 2^61. */
double mlab_lots_scale(double factor, double nodes);
/* A score in whole multiples of 1 / scale of a point. */
int64_t mlab_lots_whole(double score, double scale);

#endif

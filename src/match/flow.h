/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flows of the highest gain: what matching needs when places are nested (circles, roles, kept pairs). */
#ifndef MLAB_MATCH_FLOW_H
#define MLAB_MATCH_FLOW_H

#include "mentorlab/core.h"

/* Two gains, the first of which decides: `second` counts among equal `first`. */
typedef struct mlab_gain {
    int64_t first, second;
} mlab_gain;

typedef struct mlab_flow_arc {
    uint32_t from, to; /* nodes */
    int32_t room;      /* the flow is 0 .. room */
    mlab_gain gain;    /* of each unit; the sum over the nodes of the greatest |gain| of each kind stays below 2^61 */
} mlab_flow_arc;

/* A circulation: at each node as much comes as goes. Flow 0 is always one. */
typedef struct mlab_flow mlab_flow;
/* Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_flow_make(const mlab_context *context, size_t n_nodes, const mlab_flow_arc *arcs, size_t n_arcs, mlab_flow **made,
                                         mlab_error *err);
void mlab_flow_free(mlab_flow *flow); /* NULL is fine */
/* The circulation of the highest gain; from the last one on when gains were changed since. Errors: MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_flow_solve(mlab_flow *flow, mlab_error *err);
void mlab_flow_set_gain(mlab_flow *flow, size_t arc, mlab_gain gain);
int32_t mlab_flow_on(const mlab_flow *flow, size_t arc);
mlab_gain mlab_flow_total(const mlab_flow *flow);
/* The proof: an arc with value[to] - value[from] + gain above 0 is full, one below 0 is empty. */
mlab_gain mlab_flow_value(const mlab_flow *flow, uint32_t node);

#endif

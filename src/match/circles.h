/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of circles: a network in which circles are opened or closed and pairs bound or ruled out, and the search over both. */
#ifndef MLAB_MATCH_CIRCLES_H
#define MLAB_MATCH_CIRCLES_H

#include "match/flow.h"
#include "match/lots.h"

enum { MLAB_CIRCLE_UNDECIDED = 0, MLAB_CIRCLE_OPEN = 1, MLAB_CIRCLE_CLOSED = 2 };

typedef struct mlab_circles {
    const mlab_context *context;
    const mlab_policy_request *request;
    const mlab_pool *pool;
    mlab_lots lots;
    void *memory;
    size_t n, m, groups; /* mentees, mentors, groups with a bound (0 = no mix) */
    int32_t least, most; /* of each group in a circle */
    int32_t *low, *high; /* [m] by turn: people of a circle */
    mlab_flow_arc *arcs; /* mentees; two a mentor; two a mentor and group; candidates */
    size_t n_arcs, n_before;
    uint32_t *candidate;     /* [n_arcs - n_before] candidate of the pool; MLAB_NO_CANDIDATE = a locked pair that is none */
    uint32_t *mentee;        /* turn */
    uint32_t *mentor;        /* turn */
    uint16_t *bound, *ruled; /* [n_arcs - n_before] how many decisions bind the pair, rule it out */
    uint8_t *state;          /* [m] */
    size_t *first_of;        /* [m + 1] arcs of a mentor: by_mentor[first_of[j]] .. */
    uint32_t *by_mentor;     /* [n_arcs - n_before] */
    size_t n_bound;
    int32_t *tally; /* [3 * most groups of a further column] */
    double scale;
    mlab_flow *flow;
} mlab_circles;
#define MLAB_NO_CANDIDATE UINT32_MAX

/* Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW, MLAB_ERR_MATCH_POOL, MLAB_ERR_MATCH_CAPACITY. */
MLAB_MUST_USE mlab_status mlab_circles_make(const mlab_context *context, const mlab_policy_request *request, mlab_circles *c, mlab_error *err);
void mlab_circles_free(mlab_circles *c);

/* Decisions, each taken back by the opposite number of times. */
void mlab_circles_set(mlab_circles *c, size_t mentor, uint8_t state);
void mlab_circles_bind(mlab_circles *c, size_t pair, int by);     /* by = 1 or -1: the pair, and nobody else of the mentee's team there */
void mlab_circles_rule_out(mlab_circles *c, size_t pair, int by); /* by = 1 or -1 */

/* The relaxation under the decisions: bounds from below hold for open circles alone, teams are free. false = even that is impossible. */
MLAB_MUST_USE mlab_status mlab_circles_relax(mlab_circles *c, bool *possible, mlab_gain *total, mlab_error *err);
int32_t mlab_circles_size(const mlab_circles *c, size_t mentor);

/* What the relaxation breaks: an undecided circle that is too small or badly mixed, or else a pair whose team meets twice in a circle;
 * false = nothing, it is a set of circles. */
typedef struct mlab_circles_breach {
    bool is_pair;
    size_t which;    /* mentor by turn, or pair */
    bool open_first; /* of a circle: nearer to open than to closed */
} mlab_circles_breach;
bool mlab_circles_find_breach(const mlab_circles *c, mlab_circles_breach *breach);
/* The same for further columns of the mix (circles_mix.c); dead: no decision below can mend it. */
bool mlab_circles_find_mix_breach(const mlab_circles *c, mlab_circles_breach *breach, bool *dead);

#endif

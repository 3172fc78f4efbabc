/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of matching in general graphs: the state of the search, and blossoms. */
#ifndef MLAB_MATCH_BLOSSOM_H
#define MLAB_MATCH_BLOSSOM_H

#include "match/graph_matching.h"

enum { MLAB_NODE_FREE = 0, MLAB_NODE_OUTER = 1, MLAB_NODE_INNER = 2 }; /* outer: at an even distance from the root */

/* Nodes are people 0 .. n - 1 and blossoms n .. 2n - 1: odd cycles of nodes shrunk to one. */
typedef struct mlab_blossom_node {
    uint32_t in;                 /* union-find: a node around this one, or itself when it is the outermost */
    uint32_t around;             /* the blossom it is a child of, MLAB_ALONE = none */
    uint32_t next, previous;     /* neighbours on the cycle */
    uint32_t link_from, link_to; /* the edge to `next`: person here, person there */
    uint32_t base;               /* person whose partner is outside the node, or who has none */
    uint32_t base_child;         /* of a blossom: the child with the base */
    uint32_t tree_from, tree_to; /* inner: the edge by which the tree reached it: person of the tree, person here */
    uint32_t stamp;              /* last walk to the root that met it */
    uint8_t label;
} mlab_blossom_node;

/* At time t of a search, outer values are value - t, inner ones value + t, halves of outer blossoms half + t, inner ones half - t. */
typedef struct mlab_blossom_event {
    int64_t time;
    uint32_t a, b;
} mlab_blossom_event;

typedef struct mlab_blossom_search {
    const mlab_context *context;
    const mlab_graph *graph;
    mlab_blossom_node *node; /* [2n] */
    int64_t *value;          /* [n] */
    int64_t *half;           /* [n] by blossom - n: half of its dual, >= 0 */
    uint32_t *partner;       /* [n] */
    int64_t *best;           /* [n] least value - 2 weight over outer neighbours, INT64_MAX = no neighbour is outer */
    uint32_t *best_from;     /* [n] the neighbour */
    uint32_t *reached;       /* [n] people with a best */
    uint32_t *tree;          /* [4n] nodes that got a label, in order */
    uint32_t *spare;         /* [n] blossoms not in use */
    uint32_t *todo;          /* [2n] pairs of a stack: blossoms to be turned; lists of children */
    mlab_blossom_event *heap;
    size_t n_reached, n_tree, n_spare, n_heap, heap_capacity;
    int64_t now, bound;        /* time; when the search ends at the latest */
    uint32_t end_from, end_to; /* the edge that ends it; end_to = MLAB_ALONE: end_from leaves its partner */
    uint32_t stamps;
    mlab_status status; /* of growing the heap */
} mlab_blossom_search;

/* Events by time; one at the bound or later is dropped. */
void mlab_blossom_push(mlab_blossom_search *s, int64_t time, uint32_t a, uint32_t b);
mlab_blossom_event mlab_blossom_pop(mlab_blossom_search *s);
/* Pairs and values of the best matching with halves, its rings cut; the rest is for searches with blossoms. */
void mlab_blossom_begin_with_halves(mlab_blossom_search *s);
/* The search ends at this time at the latest. */
static inline void mlab_blossom_end_at(mlab_blossom_search *s, int64_t time, uint32_t from, uint32_t to)
{
    if (time >= s->bound) return;
    s->bound = time;
    s->end_from = from;
    s->end_to = to;
}
/* Whether an edge with this slack can be of no use before the search ends: outer people meet at half of it, others at all of it or later. Most
 * edges are told apart here, by one number of the other person. */
static inline bool mlab_blossom_too_late(const mlab_blossom_search *s, int64_t slack)
{
    return slack / 2 >= s->bound;
}
/* The outermost node that holds a person. */
uint32_t mlab_blossom_top(mlab_blossom_search *s, uint32_t person);
/* Walks the people of a node: start with at = node, MLAB_ALONE past the last. */
uint32_t mlab_blossom_first_person(const mlab_blossom_search *s, uint32_t node);
uint32_t mlab_blossom_next_person(const mlab_blossom_search *s, uint32_t node, uint32_t person);
/* Pairs the people inside a node so that `person` is its base. */
void mlab_blossom_turn(mlab_blossom_search *s, uint32_t node, uint32_t person);
/* Shrinks the cycle that the edge of outer people a and b closes; the new blossom, outer. */
uint32_t mlab_blossom_shrink(mlab_blossom_search *s, uint32_t a, uint32_t b);
/* Takes an inner blossom apart: its children become outermost nodes without label. */
void mlab_blossom_open(mlab_blossom_search *s, uint32_t blossom);

#endif

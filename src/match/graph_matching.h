/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs from one pool: matching in a graph that need not have two sides. */
#ifndef MLAB_MATCH_GRAPH_MATCHING_H
#define MLAB_MATCH_GRAPH_MATCHING_H

#include "mentorlab/core.h"

#define MLAB_ALONE UINT32_MAX

/* People and who may be paired with whom: each edge stands at both of its people. */
typedef struct mlab_graph {
    size_t n;              /* people, below 2^30 */
    const size_t *first;   /* [n + 1] person i has edges first[i] .. first[i + 1] - 1 */
    const uint32_t *to;    /* [first[n]] the other one, not i, each at most once */
    const int64_t *weight; /* [first[n]] the same at both ends, 0 .. 2^58; an edge of 0 may be left out */
} mlab_graph;

/* Proof that a matching is the heaviest (Edmonds 1965): value[i] + value[j] + the halves of all blossoms that hold both is at
 * least 2 weight(i, j) with value and half not negative, and the sum of the values and of half (size - 1) over the blossoms
 * is 2 the weight of the matching. half counts twice in the first sum: a blossom adds 2 half to each of its edges. */
typedef struct mlab_graph_proof {
    int64_t *value;    /* [n] */
    uint32_t *blossom; /* [n] the smallest blossom that holds the person, or MLAB_ALONE */
    uint32_t *outer;   /* [n] by blossom: the blossom around it, or MLAB_ALONE */
    int64_t *half;     /* [n] by blossom; 0 for numbers that are no blossom */
} mlab_graph_proof;

/* Fills partner [n] with the heaviest matching, MLAB_ALONE = without. proof: arrays of the caller, or NULL. The result depends on
 * the numbering of people where several matchings are equally heavy. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW, MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_graph_matching(const mlab_context *context, const mlab_graph *graph, uint32_t *partner, mlab_graph_proof *proof,
                                              mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scores of one mentee with all mentors at once, term by term over plain arrays. */
#ifndef MLAB_MATCH_SCORE_H
#define MLAB_MATCH_SCORE_H

#include "match/scorer.h"

/* Mentors' values side by side, per term; read only once made, so that threads share it. */
typedef struct mlab_bench {
    double **value;  /* [terms] numbers, width arrays of [mentors] one after the other; NULL for sets and pair terms */
    uint64_t **bits; /* [terms] sets, [mentors * words]; NULL for others */
} mlab_bench;

/* The mentee at work: one lane a thread. */
typedef struct mlab_lane {
    double *sum, *weight, *fit, *known, *allowed, *missing; /* [mentors] */
    double *some;                                           /* [mentors * width] values of the mentors allowed, when these are few */
    uint64_t *some_bits;                                    /* [mentors * words] */
    uint32_t *list;                                         /* [mentors] those allowed, ascending */
    double *sort;                                           /* [mentors] */
    size_t n;                                               /* allowed: list, sum (the score, 0 to 100) and missing hold so many */
} mlab_lane;

/* Bytes of a bench and of a lane for n mentors; with a base, their parts are placed there (64-byte aligned base not needed). */
size_t mlab_bench_place(const mlab_scorer *scorer, size_t n, void *base, mlab_bench *bench);
size_t mlab_lane_place(const mlab_scorer *scorer, size_t n, void *base, mlab_lane *lane);
void mlab_bench_fill(const mlab_scorer *scorer, const mlab_pool_side *mentors, const mlab_bench *bench);

/* list and n: the mentors that every constraint allows mentee i. */
void mlab_lane_allow(const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_bench *bench, size_t i, mlab_lane *lane);
/* After it: their scores in sum, the terms not known in missing. Returns how many have no term that is known. */
size_t mlab_lane_score(const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_bench *bench, size_t i, mlab_lane *lane);
/* After it: the `most` best stay; equals at the cut by lot from a start in 0 .. 1. Returns the best score left out, 0 when none was. */
double mlab_lane_cut(mlab_lane *lane, size_t most, double start);

#endif

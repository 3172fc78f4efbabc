/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well several items measure one thing. */
#ifndef MLAB_DATA_RELIABILITY_H
#define MLAB_DATA_RELIABILITY_H

#include "mentorlab/data.h"

typedef struct mlab_reliability {
    uint64_t n;                 /* people with all items */
    double alpha, lower, upper; /* Cronbach's alpha with its interval */
    bool found;                 /* false: fewer than two items, fewer than three people, or answers that do not vary */
} mlab_reliability;

/* Sums over people, in any order: exact, since answers are levels. */
typedef struct mlab_reliability_sums {
    size_t n_items;
    double *sum, *squares; /* [n_items] */
    double total, total_squares;
    uint64_t n;
} mlab_reliability_sums;

MLAB_MUST_USE mlab_status mlab_reliability_start(const mlab_context *context, size_t n_items, mlab_reliability_sums *sums, mlab_error *err);
void mlab_reliability_add(mlab_reliability_sums *sums, const double *answers); /* [n_items] of one person */
mlab_reliability mlab_reliability_of(const mlab_reliability_sums *sums, double level);
void mlab_reliability_free(const mlab_context *context, mlab_reliability_sums *sums);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the assignment solver: which pairs of a row are worth looking at, many at a time. */
#ifndef MLAB_MATCH_ASSIGNMENT_SCAN_H
#define MLAB_MATCH_ASSIGNMENT_SCAN_H

#include "match/assignment.h"

#include <stddef.h>

enum { MLAB_SCAN_CHUNK = 64 }; /* pairs looked at together */

typedef struct mlab_scan_kernels {
    /* The first place from `from` on where one of the next MLAB_SCAN_CHUNK pairs (of fewer at the end) has score - price above least; `to` = none. */
    size_t (*next_above)(const float *score, const float *price, size_t from, size_t to, float least);
    /* How many of n pairs are worth more than price + base. */
    size_t (*count_better)(const mlab_worth *worth, const double *score, const double *price, size_t n, double base);
} mlab_scan_kernels;

extern const mlab_scan_kernels mlab_scan_generic, mlab_scan_avx2, mlab_scan_avx512;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the best stable matching: all rotations of a market, which of them need which, and the best closed set of them. */
#ifndef MLAB_MATCH_ROTATIONS_H
#define MLAB_MATCH_ROTATIONS_H

#include "mentorlab/core.h"

/* Items with gains, some of which need others. */
typedef struct mlab_closure {
    size_t n_items, n_needs;
    const int64_t *gain;       /* [n_items] |sum of those above 0| below 2^62 */
    const uint32_t (*need)[2]; /* [n_needs] item need[k][0] may be taken only with item need[k][1] */
} mlab_closure;

/* The set that has whatever its members need, of the highest total gain; of several, the smallest. taken [n_items] = 1 or 0. By a minimum cut
 * (Picard 1976, Management Science 22, 1268-1272), found by blocking flows (Dinic 1970). Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_closure_solve(const mlab_context *context, const mlab_closure *closure, uint8_t *taken, mlab_error *err);

#endif

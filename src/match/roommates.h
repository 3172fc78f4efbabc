/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stable pairs from one pool. */
#ifndef MLAB_MATCH_ROOMMATES_H
#define MLAB_MATCH_ROOMMATES_H

#include "mentorlab/core.h"

/* Each person's list of others, the most wanted first; lists are mutual. */
typedef struct mlab_roommates {
    size_t n;
    const size_t *first;     /* [n + 1] */
    const uint32_t *to;      /* [first[n]] */
    const uint32_t *reverse; /* [first[n]] place of the same pair in the other one's list */
} mlab_roommates;

/* Fills partner [n] with a matching in which no two would rather have each other, UINT32_MAX = alone; or proves that there is none:
 * *exists is false and everybody is alone. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_roommates_solve(const mlab_context *context, const mlab_roommates *lists, uint32_t *partner, bool *exists,
                                               mlab_error *err);

#endif

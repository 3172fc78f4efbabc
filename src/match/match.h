/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of matching people from tables: ids, lists, reasons, figures. */
#ifndef MLAB_MATCH_MATCH_H
#define MLAB_MATCH_MATCH_H

#include "match/pool.h"

/* Place of id among ids in byte order, UINT32_MAX = not there. */
uint32_t mlab_match_find_id(const char *const *ids, size_t n, const char *id);

/* keep[i] = 0 for rows of the table where the expression does not hold. Errors: of the expression. */
MLAB_MUST_USE mlab_status mlab_match_where(const mlab_table *table, const char *expression, uint8_t *keep, mlab_error *err);

/* Fills pairs->reason from pairs->mentor_of. */
MLAB_MUST_USE mlab_status mlab_pairs_explain(const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_pool *pool, mlab_pairs *pairs,
                                             mlab_error *err);
/* Fills score, load, totals, blocking pairs and mean rank. */
MLAB_MUST_USE mlab_status mlab_pairs_evaluate(const mlab_context *context, const mlab_pool *pool, mlab_pairs *pairs, mlab_error *err);

#endif

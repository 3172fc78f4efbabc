/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of matching people from tables: ids, lists, reasons, figures. */
#ifndef MLAB_MATCH_MATCH_H
#define MLAB_MATCH_MATCH_H

#include "match/pool.h"

/* What the rows of the options without a free name fill. */
typedef struct mlab_match_settings {
    const char *id_column, *mentor_where, *mentee_where, *role_column, *capacity_column;
    int64_t default_capacity, seed;
} mlab_match_settings;

/* Place of id among ids in byte order, UINT32_MAX = not there. */
uint32_t mlab_match_find_id(const char *const *ids, size_t n, const char *id);

/* keep[i] = 0 for rows of the table where the expression is not yes; place is that of the expression. Errors: of the expression. */
MLAB_MUST_USE mlab_status mlab_match_where(const mlab_table *table, const char *expression, const mlab_place *place, uint8_t *keep,
                                           mlab_findings *findings, mlab_error *err);
/* The id column of the spec, NULL when it is missing or no text. */
const mlab_column *mlab_match_id_column(const mlab_match_spec *spec, const mlab_table *table);

/* Fills pairs->reason from pairs->mentor_of. */
MLAB_MUST_USE mlab_status mlab_pairs_explain(const mlab_scorer *scorer, const mlab_pool_request *request, const mlab_pool *pool, mlab_pairs *pairs,
                                             mlab_error *err);
/* Fills score, load, totals, blocking pairs and mean rank. */
MLAB_MUST_USE mlab_status mlab_pairs_evaluate(const mlab_context *context, const mlab_pool *pool, mlab_pairs *pairs, mlab_error *err);

#endif

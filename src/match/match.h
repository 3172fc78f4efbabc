/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of matching people from tables: ids, lists, reasons, figures. */
#ifndef MLAB_MATCH_MATCH_H
#define MLAB_MATCH_MATCH_H

#include "core/text.h"
#include "match/pool.h"

/* What the rows of the options without a free name fill. */
typedef struct mlab_match_settings {
    const char *id_column, *mentor_where, *mentee_where, *role_column, *capacity_column, *least;
    const char *mentor_hours, *mentee_hours, *wish_column, *group_column;
    int64_t default_capacity, seed, candidates;
    double gap, time_limit, minimum;
    bool compare;
} mlab_match_settings;

/* Place of id among ids in byte order, UINT32_MAX = not there. */
uint32_t mlab_match_find_id(const char *const *ids, size_t n, const char *id);

/* keep[i] = 0 for rows of the table where the expression is not yes; place is that of the expression. Errors: of the expression. */
MLAB_MUST_USE mlab_status mlab_match_where(const mlab_table *table, const char *expression, const mlab_place *place, uint8_t *keep,
                                           mlab_findings *findings, mlab_error *err);
/* The id column of the spec, NULL when it is missing or no text. */
const mlab_column *mlab_match_id_column(const mlab_match_spec *spec, const mlab_table *table);

struct mlab_matching;
/* Empty pairs of the people of a matching. */
MLAB_MUST_USE mlab_status mlab_pairs_make(const struct mlab_matching *matching, const char *policy, size_t each, mlab_pairs **made, mlab_error *err);
/* From mentor_of to figures and reasons. group [mentees] of names, NULL = none. */
MLAB_MUST_USE mlab_status mlab_pairs_finish(const struct mlab_matching *matching, const int32_t *group, char *const *names, size_t n_names,
                                            mlab_pairs *pairs, mlab_error *err);
/* Fills pairs->reason from pairs->mentor_of. */
MLAB_MUST_USE mlab_status mlab_pairs_explain(const struct mlab_matching *matching, mlab_pairs *pairs, mlab_error *err);
/* Fills scores, loads, totals, blocking pairs, ranks and regret. */
MLAB_MUST_USE mlab_status mlab_pairs_evaluate(const struct mlab_matching *matching, mlab_pairs *pairs, mlab_error *err);
/* Fills pairs->groups. */
MLAB_MUST_USE mlab_status mlab_pairs_by_group(mlab_pairs *pairs, const int32_t *group, char *const *names, size_t n_names, mlab_error *err);
/* Fills pairs->rules. */
MLAB_MUST_USE mlab_status mlab_pairs_share_rules(const struct mlab_matching *matching, mlab_pairs *pairs, mlab_error *err);
/* Fills pairs->gains. */
MLAB_MUST_USE mlab_status mlab_pairs_gains(const struct mlab_matching *matching, mlab_pairs *pairs, mlab_error *err);
/* The highest total among policies of one pool becomes the optimum of all, where one of them proved it. */
void mlab_pairs_compare(mlab_pairs **pairs, size_t n);
/* Why the mentee has nobody, in words. */
MLAB_MUST_USE mlab_status mlab_pairs_tell_pair(const struct mlab_matching *matching, size_t mentee, size_t mentor, mlab_text *text, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Informal pairing as a choice: who asks whom. */
#ifndef MLAB_MATCH_CHOICE_H
#define MLAB_MATCH_CHOICE_H

#include "match/policies.h"

/* How attractive a candidate is before chance: choice_score for each 10 points and choice_same_group when both are known to be of one group. */
double mlab_choice_utility(const mlab_pool *pool, const mlab_policy_options *options, size_t mentee, size_t edge);
bool mlab_choice_same_group(const mlab_pool *pool, size_t mentee, size_t edge);

/* Mentees choose one after the other, in an order by lot, among the mentors they meet who have a place in places [n_mentors], which are
 * used up; mentor_of [n_mentees] gets the pairs. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_choice_draw(const mlab_context *context, const mlab_policy_request *request, int32_t *places, int32_t *mentor_of,
                                           mlab_error *err);

#endif

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

/* A pair that formed: candidate edge of a mentee. */
typedef struct mlab_choice {
    size_t mentee, edge;
} mlab_choice;

/* Weights in log-odds; the error of one that cannot be told (nothing varies) is NaN and the weight 0. */
typedef struct mlab_choice_estimate {
    double score, score_error;               /* of 10 points */
    double same_group, same_group_error;     /* of being of one group */
    double likelihood, likelihood_of_chance; /* log-likelihoods: of the estimate, and of all weights 0 */
    size_t n;                                /* choices */
    int steps;
    mlab_trust trust; /* SEPARATED: a weight runs to infinity; NOT_CONVERGED */
} mlab_choice_estimate;

/* Maximum likelihood over n choices. Errors: MLAB_ERR_MATCH_POOL (a choice that is no candidate of its mentee). */
MLAB_MUST_USE mlab_status mlab_choice_fit(const mlab_pool *pool, const mlab_choice *choices, size_t n, mlab_choice_estimate *estimate,
                                          mlab_error *err);

#endif

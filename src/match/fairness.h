/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the fair policy: the pool as a flow in which groups are counted. */
#ifndef MLAB_MATCH_FAIRNESS_H
#define MLAB_MATCH_FAIRNESS_H

#include "match/flow.h"
#include "match/lots.h"

/* The network: root -> group (one arc a mentee) -> mentee -> mentor -> root. Arcs in this order: counts of groups, mentees, candidates, then
 * two for each mentor: the fewest places, the others. Groups that do not count are one group more, the last. */
typedef struct mlab_fairness {
    const mlab_context *context;
    const mlab_policy_request *request;
    mlab_lots lots;
    mlab_flow *flow;
    mlab_flow_arc *arcs; /* [n_arcs] */
    size_t n_nodes, n_arcs, first_mentee, first_candidate, first_mentor;
    size_t n_groups;     /* that count */
    uint32_t *group_of;  /* [n_mentees] by turn; n_groups = counts for none */
    size_t *first_count; /* [n_groups + 2] arcs of a group */
    int32_t *size;       /* [n_groups + 1] mentees, those with locked pairs included */
    int32_t *locked;     /* [n_groups + 1] of those matched already */
    double scale;        /* whole gains of a point of score */
    int64_t per_pair;    /* gain of a pair beside its score: score x scale x (n + 1) + 1 */
    int64_t lower;       /* sum of the fewest places */
    double end;          /* seconds at which time is up, 0 = never */
    void *block;
} mlab_fairness;

/* Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW. Release with mlab_fairness_free also after a failure. */
MLAB_MUST_USE mlab_status mlab_fairness_make(const mlab_context *context, const mlab_policy_request *request, mlab_fairness *f, mlab_error *err);
void mlab_fairness_free(mlab_fairness *f);

void mlab_fairness_set(mlab_fairness *f, size_t arc, mlab_gain gain);
/* The whole gain of candidate k (by turn) times factor, rounded up. */
int64_t mlab_fairness_gain(const mlab_fairness *f, size_t k, double factor);
/* The group is to have lower to upper matched, of which locked ones count: within that is free, below and above decides before all scores. */
void mlab_fairness_bound(mlab_fairness *f, size_t group, int64_t lower, int64_t upper);
/* Reads who has whom from the flow. */
void mlab_fairness_read(const mlab_fairness *f, int32_t *mentor_of);
/* Total score of the pairs of mentor_of that are candidates. */
double mlab_fairness_total(const mlab_fairness *f, const int32_t *mentor_of);
bool mlab_fairness_late(const mlab_fairness *f);

/* The objective and bound of a leximin matching: the lowest score. */
void mlab_fair_tell_lowest(const mlab_pool *pool, mlab_policy_result *result);
MLAB_MUST_USE mlab_status mlab_fair_leximin(mlab_fairness *f, mlab_policy_result *result, mlab_error *err);
/* A matching between `from` and `to` whose means of groups are as close as the level asks where whole chains of changes allow that, with a high
 * total. from, to and between [n_mentees], between another array than both. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_fair_blend(const mlab_fairness *f, const int32_t *from, const int32_t *to, int32_t *between, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_fair_quality(mlab_fairness *f, mlab_policy_result *result, mlab_error *err);

#endif

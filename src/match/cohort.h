/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cohort that was matched before: declines, withdrawals and newcomers change as little as need be, and what that costs is said. */
#ifndef MLAB_MATCH_COHORT_H
#define MLAB_MATCH_COHORT_H

#include "mentorlab/match.h"

/* What became of the pair that a mentee had. */
typedef enum mlab_decision {
    MLAB_DECISION_NEW,      /* no pair before: a newcomer, or somebody left out before */
    MLAB_DECISION_OPEN,     /* not answered yet: the pair is kept where that costs nobody a place, and may move */
    MLAB_DECISION_ACCEPT,   /* kept, whatever it costs */
    MLAB_DECISION_LOCK,     /* kept, also when no constraint would allow it (a pair made by hand) */
    MLAB_DECISION_REJECT,   /* not this mentor again; another one */
    MLAB_DECISION_WITHDRAW, /* the mentee takes no part */
} mlab_decision;

/* What of the old matching counts more than the score. */
typedef enum mlab_cohort_change {
    MLAB_CHANGE_FEWEST, /* most mentees with a mentor, then the fewest OPEN pairs changed, then the highest total score */
    MLAB_CHANGE_PRICED, /* highest total score less `price` points for each OPEN pair changed */
} mlab_cohort_change;

/* The pool of now: newcomers are in it, capacities are whole (kept pairs are taken off here), a mentor who withdrew has capacity 0.
 * Every pair rejected in this or an earlier round stands in `rejected`; past pairs are ruled out by the pool itself. */
typedef struct mlab_cohort_request {
    const mlab_pool *pool;
    const int32_t *previous;       /* [n_mentees] mentor of the earlier matching (index of this pool) or MLAB_UNMATCHED */
    const mlab_decision *decision; /* [n_mentees] */
    const uint64_t *rejected;      /* [n_rejected] (uint64_t)mentee << 32 | mentor, indices of this pool, ascending; may be NULL */
    size_t n_rejected;
    mlab_cohort_change change;
    double price; /* PRICED: 0 .. 100 points */
    uint64_t seed;
} mlab_cohort_request;

/* What became of each mentee. */
typedef enum mlab_fate {
    MLAB_FATE_KEPT,      /* the same mentor */
    MLAB_FATE_MOVED,     /* another mentor than before, without having asked (OPEN) */
    MLAB_FATE_REMATCHED, /* another mentor after a decline */
    MLAB_FATE_PLACED,    /* had none, has one now */
    MLAB_FATE_LOST,      /* had one and has none now */
    MLAB_FATE_WAITING,   /* had none and has none now */
    MLAB_FATE_WITHDRAWN,
} mlab_fate;
enum { MLAB_FATES = MLAB_FATE_WITHDRAWN + 1 };

typedef struct mlab_cohort_result {
    int32_t *mentor_of;       /* [n_mentees] given by the caller */
    mlab_fate *fate;          /* [n_mentees] given by the caller */
    size_t count[MLAB_FATES]; /* mentees of each fate */
    size_t broken;            /* ACCEPT pairs that could not be kept: the mentor has no place any more or a constraint forbids the pair */
    double total_before;      /* score of the earlier pairs that are candidates of this pool, points */
    double total;             /* score of the pairs now; a LOCK that is no candidate adds 0 */
    double total_free;        /* highest total when nobody but ACCEPT and LOCK is bound to an earlier pair (rejected pairs stay out) */
    double cost;              /* total_free - total: what leaving the others undisturbed costs, >= 0 */
    double lost_points;       /* sum over mentees with a pair before and after whose score fell, points >= 0 */
    size_t n_fell;            /* how many of those */
} mlab_cohort_result;

/* The new matching: the same for any order of the input, ties by lot. Errors: MLAB_ERR_MATCH_POOL (a decision that does not fit the
 * earlier pair, a mentor that is not in the pool, rejected pairs that do not ascend), MLAB_ERR_MATCH_CAPACITY (more LOCK pairs than a
 * mentor has places), those of the pool. */
MLAB_MUST_USE mlab_status mlab_cohort_rematch(const mlab_context *context, const mlab_cohort_request *request, mlab_cohort_result *result,
                                              mlab_error *err);

/* "kept", "moved", "rematched", "placed", "lost", "waiting", "withdrawn". */
const char *mlab_fate_name(mlab_fate fate);

#endif

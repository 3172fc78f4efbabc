/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-sided markets with strict preferences on both sides: lists, deferred acceptance, and the order of a pool's preferences when ties are
 * broken by lot. */
#ifndef MLAB_MATCH_MARKET_H
#define MLAB_MATCH_MARKET_H

#include "mentorlab/match.h"

#define MLAB_NO_TAKER UINT64_MAX

/* One entry of a proposer's list: to whom, and the proposer's rank with them, 0 = best, no two alike with one receiver. */
typedef struct mlab_choice {
    uint32_t to, rank;
} mlab_choice;

typedef struct mlab_market {
    size_t n_proposers, n_receivers;
    const size_t *first;       /* [n_proposers + 1] */
    const mlab_choice *choice; /* [first[n_proposers]] each proposer's list, the most wanted first, nobody twice */
    const int32_t *units;      /* [n_proposers] how many receivers a proposer wants, NULL = 1 each */
    const size_t *first_slot;  /* [n_receivers + 1] a receiver takes up to first_slot[r + 1] - first_slot[r]; NULL = 1 each */
} mlab_market;

/* Proposers propose: the stable matching they like best (Gale & Shapley 1962), whatever the order of proposals. held [slots] = rank << 32 | proposer
 * in the slots of a receiver, the worst first, or MLAB_NO_TAKER. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW (2^32 - 1 units or more). */
MLAB_MUST_USE mlab_status mlab_market_clear(const mlab_context *context, const mlab_market *market, uint64_t *held, mlab_error *err);

/* Candidates a and b of one person by the ranks that person gave (may be NULL; 0 = nothing said, after all ranks), then by score: below 0 = a
 * is wanted more, above 0 = b, 0 = a tie. */
int mlab_compare_wishes(const int32_t *rank, const double *score, size_t a, size_t b);

/* Rural hospitals (Roth 1986, Econometrica 54, 425-427): in a market with strict preferences a mentor who is not full has the same mentees in every
 * stable matching. So where one has fewer than the fewest asked for, no stable matching mends it: status and why of the result say so. */
MLAB_MUST_USE mlab_status mlab_tell_fewest(const mlab_context *context, const mlab_pool *pool, mlab_policy_result *result, mlab_error *err);

/* The strict preferences of a pool: by rank, then score, then a lot of the pair; mentees and mentors alike. */
typedef struct mlab_preferences {
    void *block;
    uint32_t *mentee_order; /* [candidates] each mentee's candidates, the most wanted first, as places in the pool */
    size_t *mentor_first;   /* [n_mentors + 1] */
    uint32_t *mentor_order; /* [candidates] each mentor's candidates, the most wanted first, as places in the pool */
    uint32_t *mentor_rank;  /* [candidates] place of the candidate in the mentor's order, 0 = best */
    uint32_t *mentee_of;    /* [candidates] */
} mlab_preferences;

/* Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW (2^32 - 1 candidates or more). */
MLAB_MUST_USE mlab_status mlab_preferences_make(const mlab_context *context, const mlab_policy_request *request, mlab_preferences *p,
                                                mlab_error *err);

#endif

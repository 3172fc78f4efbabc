/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the policies share: their rows, working memory in one block, random keys. */
#ifndef MLAB_MATCH_POLICIES_H
#define MLAB_MATCH_POLICIES_H

#include "mentorlab/match.h"

extern const mlab_policy mlab_policy_random;
extern const mlab_policy mlab_policy_deferred_acceptance;
extern const mlab_policy mlab_policy_optimal;
extern const mlab_policy mlab_policy_serial_dictatorship;
extern const mlab_policy mlab_policy_stable_best;
extern const mlab_policy mlab_policy_lottery;
extern const mlab_policy mlab_policy_fair;
extern const mlab_policy mlab_policy_peer;
extern const mlab_policy mlab_policy_network;
extern const mlab_policy mlab_policy_self_selection;
extern const mlab_policy mlab_policy_hybrid;
extern const mlab_policy mlab_policy_group;

/* Uniforms of a person at purpose MATCH: 0 orders mentees, 1 is a mentee's choice, 2 orders mentors. A pair has one number of
 * its own, uniform 0 at the address of both. */
enum { MLAB_MATCH_TASTE = 2, MLAB_MATCH_MEETING = 3 }; /* uniforms of a pair: taste and meeting of a choice */
enum { MLAB_MATCH_MENTEE_ORDER = 0, MLAB_MATCH_CHOICE = 1, MLAB_MATCH_MENTOR_ORDER = 2 };

double mlab_match_mentee_uniform(const mlab_policy_request *request, size_t mentee, uint32_t which);
double mlab_match_pair_uniform(const mlab_policy_request *request, size_t mentee, size_t mentor);
double mlab_match_pair_draw(const mlab_policy_request *request, size_t mentee, size_t mentor, uint32_t which);

/* A side of n people in an order by lot: turns[k].who comes k-th. */
typedef struct mlab_match_turn {
    double key; /* smaller goes first */
    uint32_t entity, who;
} mlab_match_turn;
void mlab_match_order(const mlab_policy_request *request, uint32_t which, const uint32_t *entities, size_t n, mlab_match_turn *turns);

/* What mlab_policy_assign checks of a pool. Errors: MLAB_ERR_MATCH_CAPACITY, MLAB_ERR_MATCH_POOL, MLAB_ERR_OVERFLOW. */
MLAB_MUST_USE mlab_status mlab_pool_check(const mlab_pool *pool, mlab_error *err);
/* The score of a candidate. */
double mlab_match_score(const mlab_pool *pool, size_t mentee, int32_t mentor);

/* Several arrays in one zeroed block: each *array points into it. Released as one with mlab_release. */
typedef struct mlab_part {
    void *pointer; /* address of the pointer to set */
    size_t count, size;
} mlab_part;
MLAB_MUST_USE mlab_status mlab_allocate_parts(const mlab_context *context, const mlab_part *parts, size_t n, void **block, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pool of people with all that is known of it: from here policies run and their pairs are told. */
#ifndef MLAB_MATCH_MATCHING_H
#define MLAB_MATCH_MATCHING_H

#include "match/people.h"

/* Ranks that one side gives the other: keys as in mlab_forbidden (mentee entity << 32 | mentor entity), ascending. */
typedef struct mlab_wish_list {
    uint64_t *keys; /* [n] */
    int32_t *rank;  /* [n] 1 = first */
    int32_t *of;    /* [n] the last rank that the person gives */
    size_t n;
    double *speaks; /* [members of the side] 1 = names somebody */
    uint64_t *nots; /* [n_nots] pairs that are not wanted, ascending */
    size_t n_nots;
} mlab_wish_list;

struct mlab_matching {
    const mlab_context *context;
    const mlab_match_spec *spec;
    mlab_people people;
    mlab_scorer *scorer;
    mlab_forbidden *forbidden; /* [n_forbidden] of the spec, then pairs not wanted by either side */
    size_t n_forbidden;
    mlab_wish_list wishes[2];
    mlab_pair_values *values; /* [n_values] */
    size_t n_values;
    mlab_pool_request request;
    mlab_pool_work work;
    mlab_pool pool;                     /* of the work, with preferences, least loads, hours and locks */
    int32_t *mentee_rank, *mentor_rank; /* [candidates] or NULL */
    int32_t *locked;                    /* [mentees] or NULL */
    uint64_t *rejected; /* [n_rejected] (uint64_t)mentee << 32 | mentor, members, ascending: turned down in this or an earlier round */
    size_t n_rejected;
    uint8_t *withdrawn; /* [mentors] 1 = withdrew in a review; NULL = nobody did */
    char **decided;     /* [mentees * decided_each] what stands in the decision cells of the next list; NULL = nothing */
    size_t decided_each;
    const uint64_t *bound; /* [n_bound] pairs that stay in a review: mentee << 32 | mentor, members; beside those of locked */
    size_t n_bound;
    uint64_t *past; /* [n_past] pairs there have been, ascending */
    size_t n_past;
};

/* Lists of choices. Errors: MLAB_ERR_MATCH_COLUMN, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_wishes_read(const mlab_people *people, int side, const mlab_wishes *wishes, mlab_findings *findings,
                                           mlab_wish_list *list, mlab_error *err);
void mlab_wish_list_free(const mlab_context *context, mlab_wish_list *list);
/* rank [candidates] of the pool, NULL when nobody names anybody. */
MLAB_MUST_USE mlab_status mlab_wishes_rank(const mlab_context *context, const mlab_wish_list *list, const mlab_pool *pool, int32_t **rank,
                                           mlab_error *err);
/* Values of the terms that are stated pair by pair, into matching->values. Errors: those of reading files. */
MLAB_MUST_USE mlab_status mlab_pair_terms_make(mlab_matching *matching, mlab_findings *findings, mlab_error *err);
void mlab_pair_terms_free(mlab_matching *matching);
/* Locked pairs of the spec into matching->locked. */
MLAB_MUST_USE mlab_status mlab_locks_read(mlab_matching *matching, mlab_findings *findings, mlab_error *err);

/* A file with the columns mentor and mentee and perhaps a third, row by row. third "" when there is none. */
typedef struct mlab_pair_row {
    const char *mentor, *mentee, *third;
    mlab_place place, third_place; /* of the mentee, and of the third */
} mlab_pair_row;
typedef mlab_status (*mlab_pair_row_function)(void *user, const mlab_pair_row *row, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_pair_rows_read(const mlab_context *context, const char *path, const char *name, const char *third,
                                              const mlab_place *place, mlab_findings *findings, mlab_pair_row_function function, void *user,
                                              mlab_error *err);

/* Keys in ascending order, each once; of equal keys the first given stays. value may be NULL. */
typedef struct mlab_keys {
    const mlab_context *context;
    uint64_t *key;
    double *value;
    size_t n, key_capacity, value_capacity;
} mlab_keys;
MLAB_MUST_USE mlab_status mlab_keys_add(mlab_keys *keys, uint64_t key, double value, mlab_error *err);
MLAB_MUST_USE mlab_status mlab_keys_sort(mlab_keys *keys, mlab_error *err);
void mlab_keys_free(mlab_keys *keys);

/* choice_score and choice_same_group of options from the past pairs among the candidates; why: the sentence that says them. Errors:
 * MLAB_ERR_MATCH_POLICY (too few pairs, or weights that run to infinity). */
MLAB_MUST_USE mlab_status mlab_matching_fit_choice(const mlab_matching *matching, const mlab_pool *pool, const mlab_place *place,
                                                   mlab_policy_options *options, char why[200], mlab_error *err);

/* A column by its heading, whatever its case. */
const mlab_column *mlab_table_find_fold(const mlab_table *table, const char *name);
/* The pool of all that is stated: scores of allowed pairs, ranks, places, locks. */
MLAB_MUST_USE mlab_status mlab_matching_build(mlab_matching *matching, mlab_error *err);
/* Policy number `which` alone, without figures and reasons: result->mentor_of [mentees * each]. */
MLAB_MUST_USE mlab_status mlab_matching_assign(const mlab_matching *matching, size_t which, size_t each, mlab_policy_result *result, mlab_error *err);
/* Mentors that the policy may give a mentee. */
MLAB_MUST_USE mlab_status mlab_matching_each(const mlab_matching *matching, size_t which, mlab_findings *findings, size_t *each, mlab_error *err);
/* The score of a pair, allowed or not, as the pool has it. */
double mlab_matching_score(const mlab_matching *matching, size_t mentee, size_t mentor);
/* Place of the pair among the candidates of the pool; SIZE_MAX = none. */
size_t mlab_pool_find(const mlab_pool *pool, size_t mentee, int32_t mentor);

#endif

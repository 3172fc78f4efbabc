/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From rules and tables to a pool. The light way in for the simulator: a scorer is compiled once; then each cohort gives its members and
 * their state as arrays and gets candidates with scores, without allocation once the working memory has grown. */
#ifndef MLAB_MATCH_POOL_H
#define MLAB_MATCH_POOL_H

#include "mentorlab/match.h"

/* "Not known" in an array of attribute values. */
#define MLAB_ATTRIBUTE_MISSING (-1e308)

/* Score and constraints compiled for the columns of two tables (which may be one). */
typedef struct mlab_scorer mlab_scorer;

/* state: names of columns whose values come with each request instead of from the tables (grade, tenure, department), n_state of them;
 * NULL and 0 = none. Such a value is a number that means the same on both sides: the grade for a gap, a code for same and different.
 * The spec must outlive the scorer. A team that rules pairs out (same_team) is a term of the scorer too.
 * Findings get a stop for each column that is missing. Errors: MLAB_ERR_MATCH_COLUMN. */
MLAB_MUST_USE mlab_status mlab_scorer_make(const mlab_context *context, const mlab_match_spec *spec, const mlab_table *mentors,
                                           const mlab_table *mentees, const char *const *state, size_t n_state, mlab_findings *findings,
                                           mlab_scorer **scorer, mlab_error *err);
void mlab_scorer_free(mlab_scorer *scorer); /* NULL is fine */

/* One side of a pool, its members in ascending order of entity. */
typedef struct mlab_pool_side {
    size_t n;
    const uint32_t *row;        /* [n] row in the table of this side */
    const uint32_t *entity;     /* [n] strictly ascending; the same number on both sides is one person, never paired with themselves */
    const double *const *state; /* [n_state] arrays of [n] values by member, or MLAB_ATTRIBUTE_MISSING; NULL without state */
} mlab_pool_side;

/* Pairs ruled out by name: (uint64_t)mentee entity << 32 | mentor entity, ascending. */
typedef struct mlab_forbidden {
    const char *name; /* "line manager", "past pair": as a reason tells it */
    const uint64_t *pairs;
    size_t n;
} mlab_forbidden;

/* Values of a term that is stated pair by pair (past pairs, lists of choices, scores of a file). What a pair counts that is not among them: */
typedef enum mlab_otherwise {
    MLAB_OTHERWISE_NOT_KNOWN,         /* the term is not known for it */
    MLAB_OTHERWISE_NONE,              /* s = 0 */
    MLAB_OTHERWISE_NONE_OF_THE_LISTED /* s = 0 for mentees with any pair among them, else not known */
} mlab_otherwise;
typedef struct mlab_pair_values {
    size_t term;          /* of the scorer */
    const uint64_t *keys; /* [n] as in mlab_forbidden */
    const double *s;      /* [n] 0 .. 1 */
    size_t n;
    mlab_otherwise otherwise;
    const double *mentor_speaks; /* [mentors.n] 1 = s is 0 for pairs of this mentor that are not among them, 0 = not known; NULL = by otherwise */
} mlab_pair_values;

typedef struct mlab_pool_request {
    mlab_pool_side mentees, mentors;
    const int32_t *capacity;         /* [mentors.n] */
    const mlab_forbidden *forbidden; /* [n_forbidden] */
    size_t n_forbidden;
    const mlab_pair_values *pair_values; /* [n_pair_values] */
    size_t n_pair_values;
} mlab_pool_request;

/* Working memory and the pool in it. Start with MLAB_POOL_WORK(context). */
typedef struct mlab_pool_work {
    const mlab_context *context;
    mlab_pool pool;          /* valid until the next build; entities and capacity point into the request */
    uint64_t terms_missing;  /* terms left out of candidates' scores because one side is not known */
    uint64_t pairs_unscored; /* candidates without any term: their score is 50 */
    uint64_t allowed;        /* pairs that every constraint allows, also those left out by `most` */
    uint64_t cut_mentees;    /* mentees of whom candidates were left out */
    double *cut;             /* [mentees] best score that was left out, 0 = none was; NULL when nothing was */
    size_t *first;
    int32_t *mentor;
    double *score;
    void *scratch;
    size_t first_capacity, edge_capacity, scratch_capacity;
} mlab_pool_work;
#define MLAB_POOL_WORK(context_) ((mlab_pool_work){.context = (context_)})

/* Fills work->pool. Errors: MLAB_ERR_MATCH_POOL (entities do not ascend), MLAB_ERR_OVERFLOW, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_pool_build(const mlab_scorer *scorer, const mlab_pool_request *request, mlab_pool_work *work, mlab_error *err);
/* The same by blocks of mentees on all threads of the context, with progress, and no more memory than the candidates need. Of each mentee the
 * `most` best candidates stay (0 = all); equals at the cut by lot (seed). Errors: also MLAB_ERR_CANCELLED. */
MLAB_MUST_USE mlab_status mlab_pool_build_large(const mlab_scorer *scorer, const mlab_pool_request *request, size_t most, uint64_t seed,
                                                mlab_pool_work *work, mlab_error *err);
void mlab_pool_work_free(mlab_pool_work *work);

/* The pairs that the spec's line managers, lists and past pairs rule out, as keys of entities. id of every person: ids [n_ids] in byte
 * order, entity = index. Released with mlab_forbidden_free. Errors: MLAB_ERR_MATCH_COLUMN, errors of reading a list. */
MLAB_MUST_USE mlab_status mlab_forbidden_make(const mlab_context *context, const mlab_match_spec *spec, const mlab_table *mentors,
                                              const mlab_table *mentees, const char *const *ids, size_t n_ids, const char *const (*past)[2],
                                              size_t n_past, mlab_findings *findings, mlab_forbidden **forbidden, size_t *n_forbidden,
                                              mlab_error *err);
void mlab_forbidden_free(const mlab_context *context, mlab_forbidden *forbidden, size_t n);

/* One term of one pair, for reasons. */
typedef struct mlab_term {
    bool known;               /* both sides have the attribute */
    bool allowed;             /* false: a must that does not hold */
    bool listed;              /* PAST, CHOICE, FILE: the pair is among the values */
    double s;                 /* 0 .. 1 */
    uint32_t need, have, all; /* sets: items of the mentee, in common, of both together */
    double gap;               /* GAP: mentor less mentee; HOURS: hours apart */
} mlab_term;
/* A note for each rule and side with members of whom the attribute is not known. */
MLAB_MUST_USE mlab_status mlab_scorer_note_missing(const mlab_scorer *scorer, const mlab_pool_request *request, mlab_findings *findings,
                                                   mlab_error *err);
size_t mlab_scorer_terms(const mlab_scorer *scorer);
const mlab_rule *mlab_scorer_rule(const mlab_scorer *scorer, size_t term);
mlab_term mlab_scorer_term(const mlab_scorer *scorer, const mlab_pool_request *request, size_t term, size_t mentee, size_t mentor);
/* Whether a mentee and a mentor are one person or forbidden by name; NULL = neither, else "themselves" or the name. */
const char *mlab_pool_forbidden(const mlab_pool_request *request, size_t mentee, size_t mentor);

#endif

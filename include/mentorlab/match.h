/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching: who is paired with whom, with a reason for each pair and each unmatched person. */
#ifndef MENTORLAB_MATCH_H
#define MENTORLAB_MATCH_H

#include "mentorlab/data.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MLAB_UNMATCHED (-1)

/* Mentees with the mentors each may have. Mentees and mentors are numbered in byte order of their ids. */
typedef struct mlab_pool {
    size_t n_mentees, n_mentors;
    const int32_t *capacity;       /* [n_mentors] places a mentor offers, >= 0 */
    const size_t *first;           /* [n_mentees + 1] mentee i has candidates first[i] .. first[i + 1] - 1 */
    const int32_t *mentor;         /* [first[n_mentees]] candidates that every constraint allows, ascending within a mentee */
    const double *score;           /* [first[n_mentees]] fit of the pair, 0 to 100, higher is better */
    const int32_t *mentee_rank;    /* [first[n_mentees]] the mentee's rank of the candidate, 1 = first, or NULL = by score */
    const uint32_t *mentee_entity; /* [n_mentees] addresses of random numbers; NULL = 0, 1, ... */
    const uint32_t *mentor_entity; /* [n_mentors] */
} mlab_pool;

/* One rule that fills places. Adding a policy = one file in src/match/policies/ and its row in policies.c. */
typedef struct mlab_policy {
    const char *name;    /* what the user types */
    const char *summary; /* one line, for --help */
    const char *source;  /* paper with DOI */
    /* Fills mentor_of [n_mentees] with a mentor or MLAB_UNMATCHED, never more than the places offered. The same pool, seed,
     * draw, replicate and period give the same pairs; where pairs are equally good a lot decides, never an order of people.
     * Errors: MLAB_ERR_MATCH_POOL (candidates that do not ascend, a score outside 0 to 100), MLAB_ERR_MATCH_CAPACITY. */
    mlab_status (*assign)(const mlab_context *context, const mlab_pool *pool, uint64_t seed, uint32_t draw, uint32_t replicate, uint16_t period,
                          int32_t *mentor_of, mlab_error *err);
} mlab_policy;
MLAB_API const mlab_policy *mlab_policy_find(const char *name); /* NULL = none */
MLAB_API const mlab_policy *mlab_policy_row(size_t row);        /* NULL past the end */

/* One term of the score or one constraint. */
typedef enum mlab_rule_kind {
    MLAB_RULE_OVERLAP,  /* need against offer: sets; s = share of what is needed that is offered */
    MLAB_RULE_GAP,      /* s = 1 - |mentor - mentee - best| / spread, at least 0 */
    MLAB_RULE_SAME,     /* s = 1 when equal */
    MLAB_RULE_DIFFERENT /* s = 1 when not equal */
} mlab_rule_kind;

/* Weights: high 4, some 2, low 1; must = a constraint. */
typedef struct mlab_rule {
    char *name;
    mlab_rule_kind kind;
    char *mentee_column, *mentor_column;
    double weight; /* > 0; ignored when must */
    bool must;
    double best, spread; /* GAP, spread > 0; a must GAP holds while s > 0 */
    char *separator;     /* OVERLAP, ";" by default; a must OVERLAP wants one in common */
    mlab_place place;
} mlab_rule;

/* Forbidden pairs. */
typedef enum mlab_forbid_kind { MLAB_FORBID_LINE_MANAGER, MLAB_FORBID_PAST_PAIR, MLAB_FORBID_SAME_TEAM, MLAB_FORBID_LIST } mlab_forbid_kind;
typedef struct mlab_forbid {
    mlab_forbid_kind kind;
    char *column; /* manager or team column; for a list the path of a file with columns mentor and mentee */
    int levels;   /* LINE_MANAGER: levels up the line, >= 1 */
    mlab_place place;
} mlab_forbid;

typedef struct mlab_match_spec {
    char *id_column;                   /* text; NULL = "id" */
    char *mentor_where, *mentee_where; /* expressions over the people; NULL = all */
    mlab_place mentor_where_place, mentee_where_place;
    char *role_column;        /* "role" with mentor, mentee, both; NULL = none */
    char *capacity_column;    /* NULL = none */
    int32_t default_capacity; /* 0 .. 100 */
    mlab_rule *rules;
    size_t n_rules;
    mlab_forbid *forbids;
    size_t n_forbids;
    char **policies; /* names */
    size_t n_policies;
    uint64_t seed;
} mlab_match_spec;
MLAB_API void mlab_match_spec_free(const mlab_context *context, mlab_match_spec *spec); /* releases what it points to */

/* The result of one policy. */
typedef struct mlab_pairs {
    const mlab_context *context;
    char *policy;
    size_t n_mentees, n_mentors;
    char **mentees, **mentors; /* ids, byte order */
    int32_t *mentor_of;        /* [n_mentees] index into mentors or MLAB_UNMATCHED */
    double *score;             /* [n_mentees] of the pair; 0 when unmatched */
    char **reason;             /* [n_mentees] why this pair, or why nobody */
    int32_t *capacity, *load;  /* [n_mentors] */
    uint64_t places;           /* sum of capacity */
    uint64_t n_pairs;
    double total_score, mean_score, lowest_score;
    uint64_t blocking_pairs; /* mentee and mentor who would both rather have each other (by score) */
    double mean_rank;        /* mentees' mean rank of what they got, among their candidates, of the matched */
    uint64_t candidates;     /* pairs that every constraint allows */
    uint64_t terms_missing;  /* terms left out of their scores because an attribute is not known */
} mlab_pairs;
MLAB_API void mlab_pairs_free(mlab_pairs *pairs);

/* Matches `mentees` with `mentors` (may be the same table) by each policy of the spec. A person in both
 * tables is one person. past: past relationships as (mentor, mentee) ids, may be NULL. results [n_policies] are set, NULL on failure.
 * Findings get missing columns, doubtful capacities and the like. Errors: MLAB_ERR_MATCH_COLUMN, MLAB_ERR_MATCH_POLICY,
 * MLAB_ERR_MATCH_CAPACITY, MLAB_ERR_MATCH_POOL (an id twice), MLAB_ERR_DATA_FORMULA. */
MLAB_API MLAB_MUST_USE mlab_status mlab_match(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees,
                                              const char *const (*past)[2], size_t n_past, const mlab_match_spec *spec, mlab_findings *findings,
                                              mlab_pairs **results, mlab_error *err);

/* A spec for sign-up tables (which may be one) from the headings of their columns: id, role, places, wants against offers, grade,
 * department, language, place of work, manager. sentences: the rules in plain words, one a line; yaml: the matching: block to
 * change them in. Texts are released with mlab_pairs_text_free, the spec with mlab_match_spec_free. Errors: MLAB_ERR_MATCH_COLUMN (no
 * column that can be an id). */
MLAB_API MLAB_MUST_USE mlab_status mlab_match_recognise(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees,
                                                        mlab_match_spec *spec, char **sentences, char **yaml, mlab_error *err);

/* The pairs as CSV (RFC 4180): mentee, mentor, score, reason, one row a mentee, an empty mentor for the unmatched. Ids are quoted
 * texts; a cell that a spreadsheet would run as a formula gets an apostrophe in front. Released with mlab_pairs_text_free. */
MLAB_API MLAB_MUST_USE mlab_status mlab_pairs_csv(const mlab_context *context, const mlab_pairs *pairs, char **text, mlab_error *err);
MLAB_API void mlab_pairs_text_free(const mlab_context *context, char *text);

#ifdef __cplusplus
}
#endif
#endif

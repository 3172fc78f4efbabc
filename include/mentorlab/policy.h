/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pools of people and policies, the rules that match them: what a policy is given, asked, and gives back. */
#ifndef MENTORLAB_POLICY_H
#define MENTORLAB_POLICY_H

#include "mentorlab/data.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MLAB_UNMATCHED (-1)

/* Mentees with the mentors each may have. Mentees and mentors are numbered in byte order of their ids. Everything from mentee_rank on may be
 * NULL or 0: not given. */
typedef struct mlab_pool {
    size_t n_mentees, n_mentors;
    const int32_t *capacity; /* [n_mentors] places a mentor offers, >= 0 */
    const size_t *first;     /* [n_mentees + 1] mentee i has candidates first[i] .. first[i + 1] - 1 */
    const int32_t *mentor;   /* [first[n_mentees]] candidates that every constraint allows, ascending within a mentee */
    const double *score;     /* [first[n_mentees]] fit of the pair, 0 to 100, higher is better */

    /* Preferences, by candidate: 1 = first, equal numbers = a tie, 0 = nothing said, which comes after every rank, by score. NULL = by score. */
    const int32_t *mentee_rank; /* [first[n_mentees]] the mentee's rank of the mentor */
    const int32_t *mentor_rank; /* [first[n_mentees]] the mentor's rank of the mentee */

    const uint32_t *mentee_entity; /* [n_mentees] addresses of random numbers; NULL = 0, 1, ... */
    const uint32_t *mentor_entity; /* [n_mentors] */

    const int32_t *lower;        /* [n_mentors] fewest mentees of a mentor, 0 .. capacity; NULL = 0 */
    const int32_t *mentee_hours; /* [n_mentees] hours a mentee takes of a mentor, >= 1; NULL = 1 each */
    const int32_t *mentor_hours; /* [n_mentors] hours a mentor has, >= 0; NULL = no limit but the places */
    const int32_t *locked;       /* [n_mentees x mentors_each] a mentor who is theirs whatever the policy, allowed or not, or MLAB_UNMATCHED */
    const int32_t *mentee_group; /* [n_mentees] code of the group fairness or mix is about, 0 .. n_groups - 1, or -1 = not known */
    const int32_t *mentor_group; /* [n_mentors] */
    int32_t n_groups;
    const int32_t *mentee_team; /* [n_mentees * team_columns] people of one team in any column shall not share a circle (group); below 0 = of
                                   none; NULL = free */
    size_t team_columns;        /* 0 = 1 */
    const int32_t *mentee_mix;  /* [n_mentees * mix_columns] further columns whose groups the mix of a circle is about; -1 = not known */
    const int32_t *mix_groups;  /* [mix_columns] groups of each */
    size_t mix_columns;
    const int32_t *mentor_role;   /* [n_mentors] 0 .. mentors_each - 1, what the mentor is for (network); NULL = no roles */
    const int64_t *mentee_turn;   /* [n_mentees] sign-up day or priority: smaller goes first, equal ones by lot; NULL = all by lot */
    const uint8_t *mentee_places; /* [n_mentees] 1 = has a claim to a structured place (hybrid); NULL = all */

    /* Instead of first, mentor, score and the ranks (then NULL): every mentor is a candidate, and scores are asked for by rows, so that no
     * matrix need be kept. Fills score [n_mentors] of one mentee: 0 to 100, or below 0 = not allowed. The same values at every call; called
     * from several threads. */
    void (*score_row)(void *source, size_t mentee, float *score);
    void *source;
} mlab_pool;

typedef enum mlab_fair_kind {
    MLAB_FAIR_LEXIMIN,       /* the worst-off mentee's score as high as can be, then the second worst, ...; no mentor counts less than 0 */
    MLAB_FAIR_GROUP_MINIMUM, /* highest total of those in which of each group at least the share fair_level is matched */
    MLAB_FAIR_PARITY_RATE,   /* highest total of those in which the shares matched of any two groups differ by at most fair_level */
    MLAB_FAIR_PARITY_QUALITY /* highest total of those in which the mean scores (no mentor = 0) of two groups differ by at most fair_level */
} mlab_fair_kind;

/* What can be asked of policies; all 0 is the default. Each policy reads what concerns it. */
typedef struct mlab_policy_options {
    double gap;                   /* 0 .. 1: a search may stop when (bound - objective) / bound is at most this */
    double time_limit;            /* seconds; 0 = none, and a search ends after a fixed number of nodes */
    double minimum_score;         /* 0 .. 100: pairs below it are not made */
    int32_t mentors_each;         /* mentors a mentee may have (network); 0 = 1 */
    bool participation_first;     /* the most pairs first, of those the highest total (optimal, lottery, peer) */
    bool mentors_propose;         /* deferred_acceptance: the stable matching that mentors like best */
    double lottery_cap;           /* highest probability of any pair, above 0 to 1; 0 = 1 */
    mlab_fair_kind fair_kind;     /* what fair makes fair */
    double fair_level;            /* a share 0 .. 1, or points of score for quality */
    uint64_t fair_groups;         /* bit g = group g counts; 0 = all */
    bool peer_stable;             /* peer: stable roommates instead of the highest total */
    int32_t group_low;            /* group: fewest mentees of a circle that is opened */
    int32_t group_high;           /* most; 0 = the mentor's places */
    int32_t mix_least;            /* fewest of each group in a circle */
    int32_t mix_most;             /* most of one group in a circle; 0 = no bound */
    double choice_score;          /* self_selection: log-odds of 10 points of score */
    double choice_same_group;     /* log-odds of being of one group */
    bool choice_fitted;           /* mlab_match fits the two weights to the past pairs first; a policy alone refuses it */
    double choice_meeting;        /* probability that two who are allowed meet; 0 = 1 */
    double choice_meeting_across; /* the same for two who are not known to be of one group; 0 = as choice_meeting */
    double hybrid_reserve;        /* 0 .. 1: share of each mentor's places that self-selection leaves (rounded down) */
} mlab_policy_options;

typedef struct mlab_policy_request {
    const mlab_pool *pool;
    uint64_t seed; /* address of the lots: entity and pair are added where numbers are drawn */
    uint32_t draw, replicate;
    uint16_t period;
    mlab_policy_options options;
} mlab_policy_request;

/* How far the result reaches what the policy promises. */
typedef enum mlab_policy_status {
    MLAB_POLICY_DONE,        /* the rule was carried out; it has no best */
    MLAB_POLICY_OPTIMAL,     /* proved best */
    MLAB_POLICY_WITHIN_GAP,  /* the best found is within options.gap of the bound */
    MLAB_POLICY_TIME_LIMIT,  /* the best found when time was up; it may differ from run to run */
    MLAB_POLICY_NONE_EXISTS, /* proved: no matching has what was asked; nobody is matched */
    MLAB_POLICY_INFEASIBLE   /* proved: the bounds cannot all be kept; why says which, the matching breaks them least */
} mlab_policy_status;

/* The caller gives mentor_of (and probability); the rest is filled. */
typedef struct mlab_policy_result {
    int32_t *mentor_of;  /* [n_mentees x mentors_each] mentors or MLAB_UNMATCHED; slot r = role r where there are roles; the partner for peer */
    double *probability; /* [candidates] chance of the pair before the lots were drawn (lottery); NULL = not wanted */
    mlab_policy_status status;
    double objective; /* of what was found, in the policy's own terms: total score where it has no other */
    double bound;     /* proved: no matching of this kind has more */
    double gap;       /* (bound - objective) / bound, 0 when proved best */
    uint64_t nodes;   /* of a search, 0 where there was none */
    char why[200];    /* NONE_EXISTS, INFEASIBLE: what stands in the way; TIME_LIMIT: what else than time ended it; naming nobody; else "" */
} mlab_policy_result;

/* Constraints that not every policy can keep; one that cannot refuses them. Preferences, groups and turns are free to be ignored. */
typedef enum mlab_policy_keeps {
    MLAB_KEEPS_LOWER = 1,         /* pool.lower */
    MLAB_KEEPS_HOURS = 2,         /* mentee_hours that differ */
    MLAB_KEEPS_SEVERAL = 4,       /* mentors_each above 1 */
    MLAB_KEEPS_ROWS = 8,          /* pool.score_row */
    MLAB_KEEPS_OWN_LOCKS = 16,    /* sees pool.locked; for the others locked pairs are taken out of the pool first */
    MLAB_KEEPS_CROWDED_LOCKS = 32 /* a mentor may have more locked pairs than places */
} mlab_policy_keeps;

/* One rule that fills places. Adding a policy = one file in src/match/policies/ and its row in policies.c. */
typedef struct mlab_policy {
    const char *name;    /* what the user types */
    const char *summary; /* one line, for --help */
    const char *source;  /* paper with DOI */
    uint32_t keeps;      /* mlab_policy_keeps */
    size_t again;        /* candidates up to which it is so quick that people can be matched again without each rule; 0 = any number */
    /* Called by mlab_policy_assign, which has checked the request and set result to unmatched, DONE, 0. */
    mlab_status (*assign)(const mlab_context *context, const mlab_policy_request *request, mlab_policy_result *result, mlab_error *err);
} mlab_policy;
MLAB_API const mlab_policy *mlab_policy_find(const char *name); /* NULL = none */
MLAB_API const mlab_policy *mlab_policy_row(size_t row);        /* NULL past the end */

/* Fills result->mentor_of, never more than the places offered; locked pairs stay. The same request gives the same pairs for any number of
 * threads and any order of people; where pairs are equally good a lot decides. A search stopped by time_limit is exempt.
 * Errors: MLAB_ERR_MATCH_POOL (candidates that do not ascend, a score outside 0 to 100), MLAB_ERR_MATCH_CAPACITY (below 0, lower above
 * upper, more locked pairs than places), MLAB_ERR_MATCH_UNSUPPORTED (a constraint this policy cannot keep), MLAB_ERR_ARGUMENT (an option
 * outside its range), MLAB_ERR_OVERFLOW, MLAB_ERR_CANCELLED, MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_policy_assign(const mlab_context *context, const mlab_policy *policy, const mlab_policy_request *request,
                                                      mlab_policy_result *result, mlab_error *err);
/* "done", "optimal", "within_gap", "time_limit", "none_exists", "infeasible". */
MLAB_API const char *mlab_policy_status_name(mlab_policy_status status);

#ifdef __cplusplus
}
#endif
#endif

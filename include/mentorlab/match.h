/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching: who is paired with whom, with a reason for each pair and each unmatched person. */
#ifndef MENTORLAB_MATCH_H
#define MENTORLAB_MATCH_H

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
    const int32_t *mentee_team;   /* [n_mentees] people of one team shall not share a circle (group); below 0 = of none; NULL = free */
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

/* One term of the score or one constraint. s is its fit, 0 to 1. */
typedef enum mlab_rule_kind {
    MLAB_RULE_OVERLAP,   /* need against offer: sets; s = share of what is needed that is offered */
    MLAB_RULE_GAP,       /* s = 1 - |mentor - mentee - best| / spread, at least 0 */
    MLAB_RULE_SAME,      /* s = 1 when equal */
    MLAB_RULE_DIFFERENT, /* s = 1 when not equal */
    MLAB_RULE_COMMON,    /* sets (languages, free hours); s = items in common / enough, at most 1 */
    MLAB_RULE_SIMILAR,   /* of several numbers: s = 1 - mean |difference| / range (Gower 1971); of sets: common / all (Jaccard 1901) */
    MLAB_RULE_UNLIKE,    /* 1 less that */
    MLAB_RULE_HOURS,     /* hours from UTC; s = 1 - hours apart / within, at least 0 */
    MLAB_RULE_PAST,      /* s = 1 when the two were a pair before */
    MLAB_RULE_CHOICE,    /* s by the place on the mentee's or mentor's own list: first 1, last of k 1 / k, not on it 0; no list = not known */
    MLAB_RULE_FILE       /* a score of the user's own by pair, low to high; pairs that are not in the file are not known */
} mlab_rule_kind;

/* Weights: high 4, some 2, low 1, or any number above 0; must = a constraint. */
typedef struct mlab_rule {
    char *name;
    mlab_rule_kind kind;
    char *mentee_column, *mentor_column; /* NULL for PAST, CHOICE, FILE and vectors */
    char **columns;                      /* [n_columns] SIMILAR, UNLIKE: of numbers, the same on both sides */
    size_t n_columns;                    /* 0 = mentee_column and mentor_column are sets */
    double weight;                       /* > 0; ignored when must */
    bool must;
    double best, spread;    /* GAP, spread > 0; a must GAP holds while s > 0 */
    double enough;          /* COMMON, >= 1; a must COMMON wants so many */
    double within;          /* HOURS, > 0; a must HOURS allows so many */
    bool of_mentors;        /* CHOICE: by the mentors' lists */
    char *path, *file_name; /* FILE: to open, and as the study says it: columns mentor, mentee and score */
    char *score_column;     /* FILE: NULL = "score" */
    double low, high;       /* FILE: scores that count 0 and 1; equal = the least and the most of the file */
    char *separator;        /* between the items of sets, ";" by default; a must OVERLAP wants one in common */
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

/* Preferences that one side states about the other, by id. */
typedef struct mlab_wishes {
    char **columns;   /* [n_columns] first, second, ... choice; or one column with a list in each cell, items between separators, "a = b" a tie */
    size_t n_columns; /* 0 = no preferences */
    char *not_column; /* "not this person": a list in each cell; NULL = none */
    bool only;        /* whom one does not name, one does not want; people who name nobody take anybody */
    mlab_place place;
} mlab_wishes;

/* A pair that stays, by id. */
typedef struct mlab_lock {
    char *mentor, *mentee;
    mlab_place place;
} mlab_lock;

/* A policy and what is asked of it. */
typedef struct mlab_policy_ask {
    mlab_policy_options options; /* over those of the spec: what is not 0 wins */
    char *group_column;          /* of both sides, where a side has it: fairness and mix; NULL = the spec's */
    char **groups;               /* [n_groups] values of it that fairness is about; none = all */
    size_t n_groups;
    char *turn_column; /* mentees' date or number; smaller goes first */
    char *role_column; /* mentors' role (network) */
    char **roles;      /* [n_roles] values of it, slot by slot; none = all, in byte order */
    size_t n_roles;
    char *team_column;   /* mentees of one team shall not share a circle (group) */
    char *places_column; /* mentees: yes or 1 = has a claim to a structured place (hybrid) */
    mlab_place place;
} mlab_policy_ask;

typedef struct mlab_match_spec {
    char *id_column;                   /* text; NULL = "id" */
    char *mentor_where, *mentee_where; /* expressions over the people; NULL = all */
    mlab_place mentor_where_place, mentee_where_place;
    char *role_column;                               /* "role" with mentor, mentee, both; NULL = none */
    char *capacity_column;                           /* NULL = none */
    int32_t default_capacity;                        /* 0 .. 100 */
    char *least_column;                              /* fewest mentees of a mentor; NULL = default_least for all */
    int32_t default_least;                           /* >= 0 */
    char *mentor_hours_column, *mentee_hours_column; /* whole hours; NULL = places alone count */
    mlab_rule *rules;
    size_t n_rules;
    mlab_forbid *forbids;
    size_t n_forbids;
    mlab_wishes mentee_wishes, mentor_wishes;
    char *wish_column; /* what people call each other by in lists of choices; NULL = the id */
    mlab_lock *locks;
    size_t n_locks;
    char *lock_file, *lock_name; /* a file with columns mentor and mentee: to open, and as the study says it; NULL = none */
    mlab_place lock_place;
    char **policies;       /* names */
    mlab_policy_ask *asks; /* [n_policies], or NULL = nothing is asked */
    size_t n_policies;
    size_t n_stated;             /* of these, stated: the others are there to compare with; 0 = all */
    mlab_policy_options options; /* of all policies */
    char *group_column;          /* groups whose shares are compared; NULL = none */
    char **carry;                /* columns that lists of pairs show beside each person */
    size_t n_carry;
    size_t most; /* candidates kept of each mentee; 0 = all where they fit into 25 million, else the best */
    uint64_t seed;
} mlab_match_spec;
MLAB_API void mlab_match_spec_free(const mlab_context *context, mlab_match_spec *spec); /* releases what it points to */

/* How a group fared under one policy. */
typedef struct mlab_pairs_group {
    char *name;
    uint64_t n, matched;         /* mentees of it; those with a mentor */
    double rate_low, rate_high;  /* 95 % interval of the share matched (Wilson 1927, doi:10.1080/01621459.1927.10502953) */
    double mean_score, score_sd; /* of those with a mentor */
    double mean_low, mean_high;  /* 95 % interval of the mean (Student's t); NaN under 2 */
    bool below_four_fifths;      /* 5 a m < 4 c n in integers: its share a / n is less than four fifths of the highest, c / m */
} mlab_pairs_group;

/* How much one rule decided. */
typedef struct mlab_rule_share {
    char *name;
    bool must;
    double weight;      /* as asked; 0 for a must */
    double share;       /* of the spread of the scores of allowed pairs: covariance of the term with the score / variance; all terms add up to 1 */
    uint64_t ruled_out; /* must: pairs of the sample that it alone rules out */
    uint64_t not_known; /* pairs of the sample of whom it is not known */
    uint64_t sample;    /* pairs looked at: all, or evenly spaced ones of a large pool */
} mlab_rule_share;

/* The result of one policy. */
typedef struct mlab_pairs {
    const mlab_context *context;
    char *policy;
    size_t n_mentees, n_mentors;
    size_t each;               /* slots of a mentee, 1 but for networks; 0 counts as 1 */
    bool mutual;               /* peers: mentor_of is the partner, each pair stands there twice and counts once */
    char **mentees, **mentors; /* ids, byte order */
    int32_t *mentor_of;        /* [n_mentees * each] index into mentors or MLAB_UNMATCHED */
    double *score;             /* [n_mentees * each] of the pair; 0 when unmatched */
    char **reason;             /* [n_mentees * each] why this pair, or (slot 0) why nobody; "" for a slot without */
    int32_t *capacity, *load;  /* [n_mentors] */
    uint64_t places;           /* sum of capacity */
    uint64_t n_pairs;
    uint64_t n_matched; /* mentees with a mentor */
    double total_score, mean_score, lowest_score, score_sd;
    uint64_t blocking_pairs; /* mentee and mentor who would both rather have each other: by their own ranks where they gave some, else by score */
    double mean_rank;        /* mentees' mean rank of what they got, among their candidates, of the matched */
    double mentor_mean_rank; /* the same of mentors */
    double mean_regret;      /* mean over mentees with candidates: points between the best allowed and what they got (nobody = 0 points) */
    uint64_t mentors_used, mentors_full, most_load; /* mentors with a mentee; with all places taken; most mentees of one */
    uint64_t candidates;                            /* pairs that every constraint allows */
    uint64_t candidates_kept;                       /* of these, kept in the pool */
    double most_left_out;      /* points by which candidates that were not kept could raise the highest total, at most; 0 when all were kept */
    uint64_t terms_missing;    /* terms left out of their scores because an attribute is not known */
    mlab_policy_status status; /* what the policy proved */
    double objective, bound, gap;
    char *why;                /* NONE_EXISTS, INFEASIBLE: what stands in the way; TIME_LIMIT: what ended the search when it was not the
                                 time; DONE: what a choice was fitted to; else "" */
    double optimum;           /* highest total of the same pool; NaN when not worked out */
    char *group_column;       /* "" = no groups */
    mlab_pairs_group *groups; /* [n_groups] by name, without those not known */
    size_t n_groups;
    mlab_rule_share *rules; /* [n_rules] in the order of the score */
    size_t n_rules;
} mlab_pairs;
MLAB_API void mlab_pairs_free(mlab_pairs *pairs);

/* A pool of people with its scores, on which policies run. The tables and the spec must outlive it. */
typedef struct mlab_matching mlab_matching;
/* Matches `mentees` with `mentors` (may be the same table). A person in both tables is one person. past: past relationships as (mentor,
 * mentee) ids, may be NULL. Findings get missing columns, doubtful capacities and the like.
 * Errors: MLAB_ERR_MATCH_COLUMN, MLAB_ERR_MATCH_POLICY, MLAB_ERR_MATCH_CAPACITY, MLAB_ERR_MATCH_POOL (an id twice), MLAB_ERR_DATA_FORMULA,
 * MLAB_ERR_DATA_REJECTED (the findings say why). */
MLAB_API MLAB_MUST_USE mlab_status mlab_matching_open(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees,
                                                      const char *const (*past)[2], size_t n_past, const mlab_match_spec *spec,
                                                      mlab_findings *findings, mlab_matching **matching, mlab_error *err);
MLAB_API void mlab_matching_free(mlab_matching *matching); /* NULL is fine */
/* The pairs of the spec's policy number `which`. Errors: those of the policy. */
MLAB_API MLAB_MUST_USE mlab_status mlab_matching_run(mlab_matching *matching, size_t which, mlab_findings *findings, mlab_pairs **pairs,
                                                     mlab_error *err);

/* All of it: a matching is opened and each policy of the spec is run. results [n_policies] are set, NULL on failure. */
MLAB_API MLAB_MUST_USE mlab_status mlab_match(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees,
                                              const char *const (*past)[2], size_t n_past, const mlab_match_spec *spec, mlab_findings *findings,
                                              mlab_pairs **results, mlab_error *err);

/* Rules for sign-up tables (which may be one) from the headings and cells of their columns. sentences: the rules in five plain sentences, one a
 * line; yaml: the matching: block, for changing. Released with mlab_pairs_text_free. Errors: MLAB_ERR_MATCH_COLUMN (no column that can be
 * an id). */
MLAB_API MLAB_MUST_USE mlab_status mlab_match_recognise(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees,
                                                        char **sentences, char **yaml, mlab_error *err);

/* --- review ------------------------------------------------------------------------------------------ */

/* What became of a mentee when decisions were taken up. */
typedef struct mlab_review_change {
    const char *fate;      /* "kept", "moved", "rematched", "placed", "lost", "waiting", "withdrawn" */
    int32_t before, after; /* mentors, or MLAB_UNMATCHED */
    double points;         /* score now less score before, nobody = 0 */
} mlab_review_change;

typedef struct mlab_review {
    const mlab_context *context;
    mlab_pairs *pairs;           /* policy "reviewed" */
    mlab_review_change *changes; /* [pairs->n_mentees] */
    size_t kept, moved, rematched, placed, lost, waiting, withdrawn;
    size_t broken;              /* accepted pairs that could not be kept */
    double total_before, total; /* points */
    double total_free;          /* highest total with nobody but accepted and locked pairs bound */
    size_t n_fell;              /* mentees with a pair before and after whose score fell ... */
    double lost_points;         /* ... by so much in all */
} mlab_review;

/* Reads a list of pairs (MLAB_VIEW_PAIRS, as CSV or workbook) with decisions: accept, reject, lock, pair with ID, withdraw, mentor withdraws, or
 * nothing. Accepted and locked pairs stay, rejected ones never come back, the others change as little as need be; who is in the matching and not
 * in the list is new. Findings get cells that are not understood, with their place. Errors: MLAB_ERR_DATA_REJECTED (the findings say why),
 * MLAB_ERR_MATCH_COLUMN (no columns mentee, mentor, decision), MLAB_ERR_MATCH_CAPACITY, MLAB_ERR_OPEN, MLAB_ERR_READ. */
MLAB_API MLAB_MUST_USE mlab_status mlab_matching_review(mlab_matching *matching, const char *path, const char *name, mlab_findings *findings,
                                                        mlab_review **review, mlab_error *err);
MLAB_API void mlab_review_free(mlab_review *review); /* NULL is fine */

/* --- lists for people --------------------------------------------------------------------------------- */

/* What a list of pairs shows. They name people: files of them are for their owner alone (mode 0600). */
typedef enum mlab_pairs_view {
    MLAB_VIEW_PAIRS,     /* one row a mentee: decision, pair, carried columns, score, reason, points of each rule, runners-up, five alternatives */
    MLAB_VIEW_BY_PERSON, /* one row a person and partner, with the partner's carried columns: for mail merge */
    MLAB_VIEW_MENTORS,   /* one row a mentor: places, used, who */
    MLAB_VIEW_UNMATCHED, /* mentees without a mentor, and why */
    MLAB_VIEW_SUMMARY,   /* figures of the policy and of its rules; names nobody */
    MLAB_VIEW_CHRONUS,   /* import of connections: Mentor Email Address, Mentee Email Address */
    MLAB_VIEW_PUSHFAR,   /* upload of matches: Mentor Email, Mentee Email */
    MLAB_N_VIEWS
} mlab_pairs_view;
MLAB_API const char *mlab_pairs_view_name(mlab_pairs_view view); /* "pairs", "by_person", ... */

/* A table of texts. */
typedef struct mlab_list {
    const mlab_context *context;
    mlab_pairs_view view;
    char **headings; /* [n_columns] */
    bool *numbers;   /* [n_columns] the cells are numbers (or empty) */
    size_t n_columns, n_rows;
    char **cells; /* [n_rows * n_columns] */
    size_t headings_capacity, numbers_capacity, cells_capacity, n_cells;
} mlab_list;
/* Errors: MLAB_ERR_MATCH_COLUMN (a carried column, or for a platform a column of e-mail addresses, is missing), MLAB_ERR_MEMORY. */
MLAB_API MLAB_MUST_USE mlab_status mlab_pairs_list(const mlab_matching *matching, const mlab_pairs *pairs, mlab_pairs_view view, mlab_list **list,
                                                   mlab_error *err);
MLAB_API void mlab_list_free(mlab_list *list); /* NULL is fine */
/* As CSV (RFC 4180). Texts are quoted; a cell that a spreadsheet would run as a formula gets an apostrophe in front. Released with
 * mlab_pairs_text_free. */
MLAB_API MLAB_MUST_USE mlab_status mlab_list_csv(const mlab_list *list, char **text, mlab_error *err);

/* The pairs alone as CSV: mentee, mentor, score, reason, one row a mentee (and slot), an empty mentor for the unmatched. Released with
 * mlab_pairs_text_free. */
MLAB_API MLAB_MUST_USE mlab_status mlab_pairs_csv(const mlab_context *context, const mlab_pairs *pairs, char **text, mlab_error *err);
MLAB_API void mlab_pairs_text_free(const mlab_context *context, char *text);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching: who is paired with whom, with a reason for each pair and each unmatched person. */
#ifndef MENTORLAB_MATCH_H
#define MENTORLAB_MATCH_H

#include "mentorlab/policy.h"

#ifdef __cplusplus
extern "C" {
#endif

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
    MLAB_RULE_FILE,      /* a score of the user's own by pair, low to high; pairs that are not in the file are not known */
    MLAB_RULE_GAINS      /* what the mentee gains by a fitted model, low to high, whoever the mentor is */
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
    double low, high;       /* FILE, GAINS: what counts 0 and 1; equal = the least and the most of the file; the mean gain less and plus the widest
                               deviation of predicted gains before they are shrunk */
    char *outcome, *arm, *against, *formula; /* GAINS: the outcome's name; the rest may be NULL, as in mlab_gains_ask */
    mlab_place formula_place;
    int32_t months, folds;          /* GAINS: 0 = the default */
    const struct mlab_gains *gains; /* GAINS: worked out from the study's data before matching; outlives it */
    bool not_simulated;             /* a simulation goes without it */
    char *separator;                /* between the items of sets, ";" by default; a must OVERLAP wants one in common */
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
    char **team_columns; /* [n_team_columns] mentees with a value of any of these in common shall not share a circle (group) */
    size_t n_team_columns;
    char **mix_columns; /* [n_mix_columns] beside group_column: the mix of a circle is about these too */
    size_t n_mix_columns;
    char *places_column; /* mentees: yes or 1 = has a claim to a structured place (hybrid) */
    mlab_place place;
} mlab_policy_ask;

/* Where a study names the columns of people; zeros = it does not. */
typedef struct mlab_match_places {
    mlab_place id, role, capacity, least, mentor_hours, mentee_hours, wish, group, carry;
} mlab_match_places;

typedef struct mlab_match_spec {
    char *id_column;                   /* text; NULL = "id" */
    char *mentor_where, *mentee_where; /* expressions over the people; NULL = all */
    mlab_place mentor_where_place, mentee_where_place;
    mlab_match_places places;
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
    bool left_out;      /* people were matched once more without it (mlab_matching_leave_out); then: */
    uint64_t changed;   /* mentees who would have somebody else, or nobody, or somebody for nobody */
    double costs;       /* points of the other rules' total score that it costs them; below 0 = it brings them some */
} mlab_rule_share;

/* What mentees gain by a rule of that kind. */
typedef struct mlab_pairs_gain {
    char *name, *outcome, *unit;                     /* of the rule; "points in 12 months" */
    char *told;                                      /* a sentence: the mean gain, and how much of the differences is signal */
    double *gain, *se;                               /* [mentees] shrunk, and its standard error; NaN = not known */
    double mean, se_of_mean, spread, signal, chance; /* as in mlab_gains */
} mlab_pairs_gain;

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
    mlab_pairs_gain *gains; /* [n_gains] of the rules that ask who gains most */
    size_t n_gains;
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

/* How much each rule of the score decided in fact: people are matched by policy number `which` once more without it, everything else and all lots
 * the same. Fills left_out, changed and costs of pairs->rules, where that is quick: up to MLAB_LEAVE_OUT_MOST pairs of people times rules, and a
 * policy that needs no search (mlab_policy.again candidates, 0 = any number). Errors: those of the policy. */
#define MLAB_LEAVE_OUT_MOST 20000000
MLAB_API MLAB_MUST_USE mlab_status mlab_matching_leave_out(const mlab_matching *matching, size_t which, mlab_pairs *pairs, mlab_error *err);

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

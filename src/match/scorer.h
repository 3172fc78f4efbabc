/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of a scorer: one attribute a side and rule. */
#ifndef MLAB_MATCH_SCORER_H
#define MLAB_MATCH_SCORER_H

#include "match/pool.h"

typedef struct mlab_attribute {
    int32_t state;  /* place in the state arrays, or -1 */
    double *value;  /* [rows * width] numbers or codes; MLAB_ATTRIBUTE_MISSING; NULL for a set, a state or a term of pairs */
    uint64_t *bits; /* [rows * words] a set; empty = missing; NULL otherwise */
} mlab_attribute;

typedef struct mlab_term_rule {
    const mlab_rule *rule;
    bool sets;
    size_t words;  /* of a set */
    size_t width;  /* numbers a row, >= 1 */
    double *range; /* [width] of a vector of numbers: largest less smallest of both sides, 1 where these are equal; NULL otherwise */
    mlab_attribute mentee, mentor;
} mlab_term_rule;

struct mlab_scorer {
    const mlab_context *context;
    mlab_rule *rules;      /* [n_terms] of the spec, then one for each forbidden team; their texts stay the spec's */
    mlab_term_rule *terms; /* [n_terms] */
    size_t n_terms;
};

/* The columns of a vector of numbers, or one column. */
typedef struct mlab_attribute_source {
    const mlab_column *const *columns; /* [width] */
    size_t n_rows;
} mlab_attribute_source;

/* Compiles the attributes of a term from columns. Errors: MLAB_ERR_MATCH_COLUMN for a column that cannot be compared this way;
 * findings get cells that cannot be read; MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_attributes_make(const mlab_context *context, mlab_term_rule *term, const mlab_table *mentees,
                                               const mlab_column *const *mentee, const mlab_table *mentors, const mlab_column *const *mentor,
                                               mlab_findings *findings, mlab_error *err);
/* s of each mentee by what they gain, the same with every mentor. id_column: of the mentees, NULL = none. Errors: MLAB_ERR_MATCH_COLUMN when
 * gains were not worked out, or cannot be (state not NULL: people change); the findings say it at its place. */
MLAB_MUST_USE mlab_status mlab_gains_attributes(const mlab_context *context, mlab_term_rule *term, const mlab_column *id_column,
                                                const mlab_table *mentors, const mlab_table *mentees, const char *const *state,
                                                mlab_findings *findings, mlab_error *err);
/* Hours from UTC: "UTC+2", "gmt-05:30", "+2", "2.5", "UTC". */
bool mlab_hours_parse(const char *text, double *hours);

/* 0 to 100 from the weighted sum of s and the sum of weights; 50 without any. */
double mlab_score_of(double sum, double weight);
/* s of one known value pair. */
double mlab_gap_fit(const mlab_rule *rule, double gap);
double mlab_hours_apart(double a, double b); /* 0 to 12, round the clock */
double mlab_hours_fit(const mlab_rule *rule, double apart);
/* A must holds while s is above this. */
double mlab_rule_least(const mlab_rule *rule);
/* Whether the rule is stated pair by pair. */
bool mlab_rule_is_of_pairs(mlab_rule_kind kind);
/* 1 = a pair that is not listed counts as s = 0; 0 = it is not known. listed: the mentee has some pair in the list. */
double mlab_pair_otherwise(const mlab_pair_values *values, bool listed, size_t mentor);
/* First place of keys [n], ascending, that is not below key. */
size_t mlab_lower_key(const uint64_t *keys, size_t n, uint64_t key);

static inline uint32_t mlab_count_bits(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(x * UINT64_C(0x0101010101010101) >> 56);
}

static inline double mlab_set_fit(const mlab_rule *rule, uint32_t wanted, uint32_t offered, uint32_t in_common)
{
    switch (rule->kind) {
    case MLAB_RULE_COMMON: return (double)in_common >= rule->enough ? 1 : (double)in_common / rule->enough;
    case MLAB_RULE_SIMILAR:
    case MLAB_RULE_UNLIKE: {
        const uint32_t all = wanted + offered - in_common;
        const double like = all ? (double)in_common / (double)all : 0;
        return rule->kind == MLAB_RULE_SIMILAR ? like : 1 - like;
    }
    default: return wanted ? (double)in_common / (double)wanted : 0;
    }
}

#endif

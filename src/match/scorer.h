/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of a scorer: one attribute a side and rule. */
#ifndef MLAB_MATCH_SCORER_H
#define MLAB_MATCH_SCORER_H

#include "match/pool.h"

typedef struct mlab_attribute {
    int32_t state;  /* place in the state arrays, or -1 */
    double *value;  /* [rows] number or code; MLAB_ATTRIBUTE_MISSING; NULL for a set or a state */
    uint64_t *bits; /* [rows * words] a set; empty = missing; NULL otherwise */
} mlab_attribute;

typedef struct mlab_term_rule {
    const mlab_rule *rule;
    size_t words; /* of a set */
    mlab_attribute mentee, mentor;
} mlab_term_rule;

struct mlab_scorer {
    const mlab_context *context;
    mlab_rule *rules;      /* [n_terms] of the spec, then one for each forbidden team; their texts stay the spec's */
    mlab_term_rule *terms; /* [n_terms] */
    size_t n_terms;
};

/* Compiles the attributes of a term from the columns (NULL = state). Errors: MLAB_ERR_MATCH_COLUMN for a column that cannot be
 * compared this way, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_attributes_make(const mlab_context *context, mlab_term_rule *term, const mlab_column *mentee, size_t n_mentees,
                                               const mlab_column *mentor, size_t n_mentors, mlab_error *err);

/* s of one known value pair, and whether a must holds: equal for same, unequal for different, above 0 for overlap and gap. */
double mlab_gap_fit(const mlab_rule *rule, double gap);
uint32_t mlab_count_bits(uint64_t word);

#endif

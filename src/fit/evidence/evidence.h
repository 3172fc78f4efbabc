/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Published effects: read from models/evidence, checked, and converted to a prior of a model's coefficient.
 * docs/evidence.md has the format and the equations. */
#ifndef MLAB_FIT_EVIDENCE_H
#define MLAB_FIT_EVIDENCE_H

#include "mentorlab/fit.h"

/* One file. Errors: MLAB_ERR_OPEN, MLAB_ERR_READ, MLAB_ERR_FIT_EVIDENCE with the place and what is wrong. */
MLAB_MUST_USE mlab_status mlab_evidence_read(const mlab_context *context, const char *path, mlab_evidence **entry, mlab_error *err);
void mlab_evidence_free(mlab_evidence *entry); /* NULL is fine */
/* An entry by its id, from <models>/evidence. Errors: MLAB_ERR_FIT_EVIDENCE with the nearest id when there is none. */
MLAB_MUST_USE mlab_status mlab_evidence_find(const mlab_context *context, const char *id, mlab_evidence **entry, mlab_error *err);
/* All entries of registry.yaml, in its order. */
MLAB_MUST_USE mlab_status mlab_evidence_all(const mlab_context *context, mlab_evidence ***entries, size_t *n, mlab_error *err);
void mlab_evidence_all_free(const mlab_context *context, mlab_evidence **entries, size_t n);

typedef enum mlab_evidence_target {
    MLAB_EVIDENCE_LOG_HAZARD_RATIO, /* coefficient of an arm in a Cox or complementary log-log hazard */
    MLAB_EVIDENCE_LOG_ODDS_RATIO    /* coefficient of an arm in a logit or cumulative logit */
} mlab_evidence_target;

/* A normal prior of a coefficient: what the entry says on the model's scale. */
typedef struct mlab_evidence_prior {
    double mean, standard_error;
    char *steps; /* the conversions with their numbers, one line each */
} mlab_evidence_prior;

/* Converts an entry; every step widens the standard error or leaves it. The ratio is that of the event named by the entry:
 * leaving, also when the entry tells of staying. reference_risk: of the event in the user's own reference arm over the entry's
 * horizon, -1 = the entry's own. Errors: MLAB_ERR_FIT_EVIDENCE: correlations, vendor figures, no interval, no reference risk. */
MLAB_MUST_USE mlab_status mlab_evidence_convert(const mlab_context *context, const mlab_evidence *entry, mlab_evidence_target target,
                                                double reference_risk, mlab_evidence_prior *prior, mlab_error *err);
void mlab_evidence_prior_free(const mlab_context *context, mlab_evidence_prior *prior);

/* Normal prior times normal likelihood; the three are to be reported apart. A standard error of 0 or less means "nothing
 * known": the other one is then the answer. */
void mlab_evidence_update(double prior_mean, double prior_se, double data_mean, double data_se, double *mean, double *se);

#endif

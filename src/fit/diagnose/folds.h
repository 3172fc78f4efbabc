/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of rows that a fit has not seen, and what is told of them. */
#ifndef MLAB_FIT_DIAGNOSE_FOLDS_H
#define MLAB_FIT_DIAGNOSE_FOLDS_H

#include "fit/diagnose/diagnose.h"

enum { MLAB_FOLDS = 10 };

typedef struct mlab_folds {
    mlab_diagnosing *d;
    size_t n, width;
    uint8_t *fold;     /* [n_clusters] */
    double *value;     /* [n * width] predictions of rows that the fit has not seen; numbers: the predictor */
    double *known;     /* [n * width] mixed models: given the effects of groups that the fit has seen; NULL = other models */
    const char *given; /* of sentences: "", or " in groups that it has" */
    const char *about; /* before the cause of a finding: "", or "known groups" */
    bool usable;
    bool some_known; /* some row has a group that the fit has seen */
} mlab_folds;

/* Mixed models: value and known of the rows of one fold (fit/diagnose/folds_mixed.c). */
MLAB_MUST_USE mlab_status mlab_folds_mixed(mlab_folds *folds, uint8_t fold, mlab_error *err);
/* What the self-test of a mixed model says, with one %g for p: a quadrature is advised only where there is one. */
const char *mlab_score_sentence(const mlab_prepared *prepared, bool surprising);
/* Mixed models: the self-test, beside mlab_diagnose_score (fit/diagnose/score_mixed.c). */
MLAB_MUST_USE mlab_status mlab_diagnose_score_mixed(mlab_diagnosing *d, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well predicted risks rank and foretell times that may be censored. */
#ifndef MLAB_FIT_SCORES_H
#define MLAB_FIT_SCORES_H

#include "mentorlab/core.h"

typedef struct mlab_time_scores {
    double harrell;     /* share of pairs, one of whom has the event while the other is still there, that the risks rank rightly; ties half */
    double uno;         /* the same of events up to the horizon, weighted by 1 / G(t-)^2: does not depend on the censoring */
    double auc;         /* of an event by the horizon against none by then */
    double brier;       /* mean squared error of the risk at the horizon, weighted by the inverse of the chance to be still watched */
    double brier_alike; /* of the same risk for everybody, Kaplan & Meier's */
    double share;       /* with the event by the horizon, Kaplan & Meier's */
} mlab_time_scores;

/* time, event (0, 1), risk [n]: of an event by the horizon. Errors: MLAB_ERR_MEMORY. Numbers without pairs are -1. */
MLAB_MUST_USE mlab_status mlab_time_scores_make(const mlab_context *context, size_t n, const double *time, const int32_t *event, const double *risk,
                                                double horizon, mlab_time_scores *scores, mlab_error *err);

#endif

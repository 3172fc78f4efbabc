/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model of several raters: from the ratings of a study to a crossed ordinal or linear model, and what it says. */
#ifndef MLAB_FIT_RATERS_H
#define MLAB_FIT_RATERS_H

#include "fit/outcome.h"
#include "mentorlab/raters.h"

#define MLAB_MOST_RATING_LEVELS ((size_t)10) /* more different scores are numbers */

bool mlab_outcome_is_raters(const mlab_outcome *outcome);
/* "score ~ role + skill + (1 | person) + (1 | rater)", as far as the ratings until the day as_of (INT32_MIN = all) can tell them. Errors:
 * MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_raters_formula(const mlab_context *context, const mlab_table *ratings, int32_t as_of, mlab_text *text,
                                              mlab_error *err);
/* After the formula is read and the rows are known: ordered levels or numbers. made->model becomes that of the ratings. Errors: MLAB_ERR_FIT_RESPONSE
 * (the same score everywhere), MLAB_ERR_FIT_RANK (one rating a person), MLAB_ERR_FIT_MODEL (no effect of the person). */
MLAB_MUST_USE mlab_status mlab_raters_respond(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err);
/* What the fit says; scores: those of the people, too. fit->raters is set, and fit->model becomes "raters". Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_raters_make(const mlab_outcome_problem *made, bool scores, mlab_fit *fit, mlab_error *err);
/* Rows without clusters are clustered by the person who is rated, for samples of whole people. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_raters_cluster(mlab_outcome_problem *made, mlab_error *err);
/* codes [n rows used] of the texts or levels of a column, in their order; *n_codes. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_raters_codes(const mlab_outcome_problem *made, const char *name, uint32_t *codes, size_t *n_codes, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of the ratings while a fit's mlab_raters is made. */
#ifndef MLAB_FIT_RATERS_MADE_H
#define MLAB_FIT_RATERS_MADE_H

#include "fit/raters/raters.h"

/* Arrays over the rows used, in the order of the problem. */
typedef struct mlab_raters_work {
    const mlab_outcome_problem *made;
    const mlab_fit *fit;
    uint32_t *person, *rater, *role; /* [n] codes; rater NULL = not known */
    uint32_t *order;                 /* [n] rows by person, role, rater */
    size_t n_people, n_raters, n_roles;
    size_t person_term;               /* the grouping (... | person) */
    double variance[8];               /* of each grouping's intercept */
    bool role_view[8];                /* the grouping is person:role */
    double person_variance, residual; /* residual: of one rating, on the scale of the model */
} mlab_raters_work;

/* one, alone, needed, raters_each of the roles, and all. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_raters_reliability(const mlab_raters_work *work, mlab_raters *raters, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In which groups the rows of an average are, where it sets their arm: as the rows of that arm are. */
#ifndef MLAB_FIT_AFTER_AVERAGE_GROUPS_H
#define MLAB_FIT_AFTER_AVERAGE_GROUPS_H

#include "fit/after/average.h"
#include "mentorlab/after.h"

/* What the squared shares of rows are, and how often: a mixture. */
typedef struct mlab_average_groups {
    const mlab_context *context;
    size_t n, n_random; /* n 0 = every row as it is */
    double *weight;     /* [n] sum 1 */
    double *squares;    /* [n * n_random] */
} mlab_average_groups;

/* Those of the problem's rows whose `column` has this level (or number, where the column is one); column NULL = of all rows. squares: as
 * mlab_average_squares gives them. groups->n = 0: no row has it. Freed on failure too. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_average_groups_make(const mlab_context *context, const mlab_fit_problem *problem, const double *squares,
                                                   const char *column, const char *level, double number, mlab_average_groups *groups,
                                                   mlab_error *err);
void mlab_average_groups_free(mlab_average_groups *groups); /* zeroed is fine */
/* The rule for a profile: those of the arm that it names, where the fit reads the arm; else of all rows where it is `alone` (one row tells all);
 * else, and without squares (NULL), rows as they are. What was done is said of the fit, once. */
MLAB_MUST_USE mlab_status mlab_average_groups_of_profile(const mlab_context *context, const mlab_fit_problem *problem, mlab_fit *fit,
                                                         const double *squares, const mlab_predict_profile *profile, bool alone,
                                                         mlab_average_groups *groups, mlab_error *err);
/* The same for a level of a factor that everybody is set to. */
MLAB_MUST_USE mlab_status mlab_average_groups_of_level(const mlab_context *context, const mlab_fit_problem *problem, mlab_fit *fit,
                                                       const double *squares, const char *column, const char *level, double number,
                                                       mlab_average_groups *groups, mlab_error *err);

/* mlab_average_over, and (sets not NULL) mlab_average_at, with these squares in the place of those of the rows. */
MLAB_MUST_USE mlab_status mlab_average_over_groups(const mlab_average *average, const mlab_average_rows *rows, const mlab_average_groups *groups,
                                                   const double *sets, size_t n_sets, double *mean, mlab_error *err);

#endif

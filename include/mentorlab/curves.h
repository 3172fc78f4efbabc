/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Curves of several states by group: who is where at each time, and how long they were there (restricted mean time). */
#ifndef MENTORLAB_CURVES_H
#define MENTORLAB_CURVES_H

#include "mentorlab/fit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows: somebody is in state from[i] and watched over (start[i], stop[i]], and moves to to[i] at stop[i], or is last seen there. One event is
 * two states, competing causes one state more than causes, a ladder of grades its grades and the ways out. */
typedef struct mlab_moves {
    size_t n, n_states;
    double origin;        /* time zero */
    const double *start;  /* [n] before stop; NULL = origin */
    const double *stop;   /* [n] in one unit */
    const int32_t *from;  /* [n] state 0 .. n_states - 1; NULL = 0 */
    const int32_t *to;    /* [n] another state, -1 = none (censored) */
    const int32_t *group; /* [n] 0 .. n_groups - 1, -1 = left out; NULL = one group */
    size_t n_groups;
    const double *weight;    /* [n] >= 0; NULL = 1 */
    const uint32_t *cluster; /* [n] 0 .. n_clusters - 1: rows of one person; NULL = each row is its own */
    size_t n_clusters;
} mlab_moves;

/* One group. Arrays of shares and stays are [n_times * n_states], [t * n_states + s]. */
typedef struct mlab_occupation {
    const mlab_context *context;
    size_t n_times, n_states;
    double *time;                                         /* [n_times] as asked for */
    double *at_risk;                                      /* weight of the rows that are in the state and watched just before the time */
    double *share, *share_se, *share_lower, *share_upper; /* probability to be in the state at the time */
    double *stay, *stay_se, *stay_lower, *stay_upper;     /* mean time spent in the state from the origin to the time */
    double *share_covariance, *stay_covariance;           /* with the same number of group 0; 0 for rows that are their own clusters */
    double began;                                         /* earliest time from which a row is watched, the origin or later */
    double followed; /* time up to which the curves are known: HUGE_VAL when everybody is in a final state, -HUGE_VAL when nothing is known: no
                        rows, or nobody watched at the origin and rows that begin in several states; all numbers are then 0 */
} mlab_occupation;
MLAB_API void mlab_occupations_free(mlab_occupation *occupations, size_t n); /* NULL is fine */

/* State occupation by group (Aalen & Johansen 1978) at times [n_times], rising, from the origin on; errors by the infinitesimal jackknife of
 * clusters (as survfit of R with id). Of two states the share of the first is Kaplan & Meier's curve and its stay the restricted mean survival
 * time (Royston & Parmar 2013, doi:10.1186/1471-2288-13-152); of competing causes the stay in a cause is the time lost to it (Andersen,
 * Canudas-Romo & Keiding 2013, doi:10.4054/DemRes.2013.29.41). Those who are watched at the origin say what share
 * begins where; where nobody is, everybody begins in the state that all rows of the group begin in. Intervals of shares
 * as in the options, of stays estimate
 * +- z error within 0 and the time. Errors: MLAB_ERR_FIT_RESPONSE (a row that cannot be), MLAB_ERR_ARGUMENT. */
MLAB_API MLAB_MUST_USE mlab_status mlab_occupation_fit(const mlab_context *context, const mlab_moves *moves, const double *times, size_t n_times,
                                                       const mlab_fit_options *options, mlab_occupation **occupations, mlab_error *err);

/* Two numbers set against each other. */
typedef struct mlab_gap {
    double difference, se, lower, upper;    /* a - b */
    double ratio, ratio_lower, ratio_upper; /* a / b, interval on the log scale; 0 when a or b is not above 0 */
} mlab_gap;
MLAB_API mlab_gap mlab_gap_of(double a, double a_se, double b, double b_se, double covariance, double level);

#ifdef __cplusplus
}
#endif
#endif

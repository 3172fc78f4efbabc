/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generated firms, analysed as a user would, against their known truth: what coverage, bias and the clock study share. */
#ifndef MLAB_TESTS_FIRMS_H
#define MLAB_TESTS_FIRMS_H

#include "mentorlab.h"

/* One number of one firm beside the truth. */
typedef struct firm_number {
    char name[96]; /* "retention voluntary:armstructured", "retention structured - none, 12 months" */
    double truth, truth_se, estimate, se, lower, upper;
    int trust; /* mlab_trust; a fit that failed has estimate and interval 0 and counts as not covering */
} firm_number;

typedef enum firm_study { FIRM_COEFFICIENTS, FIRM_CONTRASTS, FIRM_CLOCK } firm_study;

/* How wrong an exposure can be coded, for the table in the docs. */
typedef enum firm_coding { FIRM_AT_START, FIRM_EVER, FIRM_ANY_DAY, FIRM_CURRENT, FIRM_N_CODINGS } firm_coding;
extern const char *const firm_coding_names[FIRM_N_CODINGS];

enum { FIRM_MAX_NUMBERS = 96 };

/* A study over firms: the truth is worked out once, the firms are independent. */
typedef struct firm_plan {
    const mlab_context *context;
    firm_study study;
    int64_t people;      /* 0 = as in the truth */
    int64_t bootstrap;   /* samples of a contrast */
    mlab_truth *truth;   /* NULL before firm_plan_start */
    mlab_truth *closing; /* the clock study: pairs of leavers close before the exit */
    mlab_true_value *values;
    size_t n_values;
} firm_plan;

mlab_status firm_plan_start(firm_plan *plan, const mlab_context *context, firm_study study, int64_t people, int64_t bootstrap, mlab_error *err);
void firm_plan_end(firm_plan *plan);
/* The numbers of the firm of `seed`; *n at most FIRM_MAX_NUMBERS. */
mlab_status firm_numbers(const firm_plan *plan, const mlab_context *context, uint64_t seed, firm_number *numbers, size_t *n, mlab_error *err);

/* What a set of firms says of one number. */
typedef struct firm_verdict {
    char name[96];
    size_t firms, failed, covered;
    double truth, truth_se, mean, bias, bias_error; /* bias_error: Monte Carlo standard error of the mean bias, that of the truth included */
    double mean_se, empirical_se, coverage;
} firm_verdict;

/* Verdicts over all rows (any order); returns their number, at most max. */
size_t firm_verdicts(const firm_number *numbers, size_t n, firm_verdict *verdicts, size_t max);
/* z of a joint false-alarm rate over m two-sided judgements (Bonferroni). */
double firm_z(double joint_rate, size_t m);
/* The same where the error is estimated from that number of firms: Student's t with firms - 1 degrees of freedom. */
double firm_t(double joint_rate, size_t m, size_t firms);

#endif

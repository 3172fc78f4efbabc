/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every outcome model is fitted to: rows of a table, a design, a response, offsets, weights, clusters. Private to the
 * library; fit/outcome.c makes one from a study's outcome, compare/ makes its own for pooled models and refits them. */
#ifndef MLAB_FIT_PROBLEM_H
#define MLAB_FIT_PROBLEM_H

#include "mentorlab/fit.h"

/* The random effects of one grouping: the columns of `design`, multiplied by the row's share in each of its groups. A row of several
 * memberships has an effect that is their weighted sum (multiple membership: a mentee with several mentors). */
typedef struct mlab_random_grouping {
    const mlab_design *design; /* their columns, the intercept included when there is one */
    bool independent;          /* no correlations between them; with several causes also none between causes */
    size_t memberships;        /* groups a row can be in; 0 = 1 */
    const uint32_t *group;     /* [n * memberships] 0 .. n_groups - 1, one row's side by side; UINT32_MAX = no group in this place */
    const double *share;       /* [n * memberships] or NULL = 1 / groups of the row */
    size_t n_groups;           /* every one has a row */
    const char *name;
    const char *const *groups; /* [n_groups] names of the groups, NULL = 1, 2, ... */
    const uint32_t *person;    /* [n_groups] rank of the person that each group is; NULL = groups are no people */
} mlab_random_grouping;

/* States of rows, and the transitions between them; transition t is category t + 1. */
typedef struct mlab_states {
    size_t n;
    const char *const *names; /* [n] those that one leaves first, then the exits */
    const int32_t *origin;    /* [rows] state at the start of the row, 0 .. n - 1 */
    const int32_t *from, *to; /* [transitions] */
} mlab_states;

/* Zero it, then set what applies; everything is borrowed and must outlive what is made from it. All arrays run over the n
 * rows used, in their order. Rows with a missing response or covariate are not in it. */
typedef struct mlab_fit_problem {
    const mlab_table *table;
    const uint32_t *rows; /* [n] rows of the table used, ascending; NULL = 0 .. n - 1 */
    size_t n;
    const mlab_design *design;

    /* Response: one of the three kinds. */
    const int32_t *category;       /* [n] binomial 0, 1; hazard 0 = no event, else cause + 1; ordinal, multinomial: level, from 0 */
    size_t n_categories;           /* binomial 2; hazard causes + 1; ordinal, multinomial levels */
    const char *const *categories; /* [n_categories] names: levels; hazard: [0] "none", then the causes */
    const mlab_states *states;     /* multistate: categories are transitions; NULL = none */
    const double *number;          /* [n] linear */
    const int32_t *start;          /* [n] Cox: (start, stop] in whole days or periods; NULL = 0 */
    const int32_t *stop;
    const int32_t *status; /* [n] 0 = censored, 1 = event, 2 = a competing event (models that know it) */
    const uint8_t *enters; /* [n] frailty: 1 = first row of somebody who comes late; NULL = found from start, stop and whose rows they are */

    const double *offset;     /* [n] added to the offset() terms of the design, for every cause; NULL = 0 */
    const double *weight;     /* [n] >= 0; NULL = 1 */
    mlab_weight_kind weights; /* what they are; NONE = as frequencies, of any size */
    bool weights_sampling;    /* weights are sampling weights: the sandwich is the covariance; else frequencies */
    const int32_t *stratum;   /* [n] Cox strata, 0 .. n_strata - 1; NULL = one */
    size_t n_strata;
    const char *const *strata;         /* [n_strata] "site=Lyon"; NULL = they have no names */
    const char *const *stratum_column; /* [n_stratum_columns] columns that make the strata; NULL = not told */
    size_t n_stratum_columns;

    const uint32_t *cluster;    /* [n] 0 .. n_clusters - 1; NULL = every row its own */
    const uint32_t *cluster_id; /* [n_clusters] rank of the person (or code of the column), ascending; NULL = 0, 1, ... */
    size_t n_clusters;
    const char *cluster_name; /* "person"; NULL or "" = rows are their own clusters */
    bool cluster_stated;      /* the formula names them: random effects have robust errors by them */

    const mlab_prior *priors; /* [n_priors] of coefficients by name; each at most once */
    size_t n_priors;

    /* A second clustering, crossed with the first (two-way clusters); NULL = none. */
    const uint32_t *cluster_other; /* [n] 0 .. n_clusters_other - 1 */
    size_t n_clusters_other;
    const char *cluster_other_name;

    const mlab_random_grouping *random; /* [n_random] */
    size_t n_random;                    /* 0 = no random effects */
    /* People [rows of the table], those of one person side by side; NULL = every row is a person. */
    const uint32_t *person;
    bool mode_errors; /* mlab_random_effects.mode_error is wanted */

    /* Ordinal models: labels of terms whose effect differs by threshold, and of those that act on the scale too. */
    const char *const *nominal, *const *scale; /* [n_nominal], [n_scale] */
    size_t n_nominal, n_scale;
    const mlab_place *effects_place; /* where they are stated, for sentences; NULL = nowhere */

    const char *arm;            /* column of the table that is the arm; NULL or "" = none */
    const char *outcome;        /* name, for sentences */
    const char *formula;        /* its text */
    const double *warm;         /* start values in the order of mlab_fit.estimate, or NULL */
    const mlab_fit *warm_mixed; /* a fit of the same model to other rows: random effects are fitted from there, without standard errors; or NULL */
    uint64_t n_people;          /* 0 = as many as clusters, or rows without clusters */
    uint64_t n_dropped_missing, n_dropped_stubs, n_dropped_weightless;
    size_t keep_bytes; /* of design kept in memory; 0 = MLAB_PREPARED_BYTES, 1 = none: made anew at every pass */
} mlab_fit_problem;

/* A problem prepared for being fitted more than once: columns centred and scaled, aliased columns found, the design kept in
 * memory when n * p * 8 is at most MLAB_PREPARED_BYTES, else made anew block by block. Read only after it is made: several
 * refits may run at the same time, each with its own context. */
typedef struct mlab_prepared mlab_prepared;
/* Coefficients of a fit: the work goes with their third power, the memory with their square. */
#define MLAB_MOST_PARAMETERS ((size_t)2000)
#define MLAB_PREPARED_BYTES ((size_t)1 << 30)

/* Weights of one refit; NULL = those of the problem. Row i counts row[i] * cluster[problem->cluster[i]]. */
typedef struct mlab_refit_weights {
    const double *cluster; /* [n_clusters] how often each cluster is in the bootstrap sample; NULL = 1 */
    const double *row;     /* [n] instead of the problem's weight; NULL = the problem's */
} mlab_refit_weights;

/* What became of a refit. */
typedef struct mlab_refit_info {
    mlab_trust trust; /* TRUSTED, NOT_CONVERGED or SEPARATED */
    size_t n_aliased; /* columns that carry nothing under these weights, beyond those aliased in the problem */
    int iterations;
    double log_likelihood;
} mlab_refit_info;

/* The problem and model are borrowed. Errors: MLAB_ERR_FIT_RESPONSE, MLAB_ERR_FIT_RANK, MLAB_ERR_FIT_MODEL, those of the design. */
MLAB_MUST_USE mlab_status mlab_prepare(const mlab_context *context, const mlab_model *model, const mlab_fit_problem *problem,
                                       const mlab_fit_options *options, mlab_prepared **prepared, mlab_error *err);
void mlab_prepared_free(mlab_prepared *prepared);               /* NULL is fine */
size_t mlab_prepared_parameters(const mlab_prepared *prepared); /* length of estimate */
/* Everything: estimates, covariance, robust covariance, influence, trust. */
MLAB_MUST_USE mlab_status mlab_prepared_fit(const mlab_context *context, const mlab_prepared *prepared, mlab_fit **fit, mlab_error *err);
/* Estimates only, from `start` (in the order of estimate, e.g. the fit's; NULL = cold). Aliased parameters are 0. Not converging is
 * in info, not an error. */
MLAB_MUST_USE mlab_status mlab_prepared_refit(const mlab_context *context, const mlab_prepared *prepared, const mlab_refit_weights *weights,
                                              const double *start, double *estimate, mlab_refit_info *info, mlab_error *err);
/* mlab_prepare, mlab_prepared_fit, mlab_prepared_free. */
MLAB_MUST_USE mlab_status mlab_fit_problem_fit(const mlab_context *context, const mlab_model *model, const mlab_fit_problem *problem,
                                               const mlab_fit_options *options, mlab_fit **fit, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole clusters of people in a bootstrap whose samples are imputed anew, and the groups of its copies. */
#ifndef MLAB_FIT_IMPUTE_REDRAWN_CLUSTERS_H
#define MLAB_FIT_IMPUTE_REDRAWN_CLUSTERS_H

#include "fit/impute/sampled.h"
#include "fit/outcome.h"

/* What is drawn: people, or clusters of them. */
typedef struct mlab_redrawn_clusters {
    const mlab_context *context;
    size_t n, n_people;
    uint32_t *of_person;  /* [n_people] cluster of each */
    uint32_t *person_row; /* [rows of the data] person of each, as mlab_sampled_persons */
} mlab_redrawn_clusters;

/* name: what the clusters are, NULL = people themselves; data: complete, the outcome is the one that names them. Errors: MLAB_ERR_MEMORY,
 * MLAB_ERR_FIT_DRAWS (a person in two clusters), those of mlab_outcome_problem_make. Freed also after a failure. */
MLAB_MUST_USE mlab_status mlab_redrawn_clusters_make(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                                     const mlab_fit_options *options, const char *name, mlab_redrawn_clusters *clusters,
                                                     mlab_error *err);
void mlab_redrawn_clusters_free(mlab_redrawn_clusters *clusters);
/* people [n_people]: copies of each person, from those of their clusters, counts [n]. */
void mlab_redrawn_clusters_spread(const mlab_redrawn_clusters *clusters, const double *counts, double *people);
/* Groups of a sample's problem, row i of which is row rows[i] of the sampled data: one that lies in one cluster is another one in each copy of it
 * (Field & Welsh 2007), one of several clusters stays one. group [n * memberships], released by the caller. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_redrawn_groups(const mlab_context *context, const mlab_redrawn_clusters *clusters, const mlab_sampled *sampled,
                                              const uint32_t *rows, size_t n, const mlab_random_grouping *from, uint32_t **group, size_t *n_groups,
                                              mlab_error *err);

#endif

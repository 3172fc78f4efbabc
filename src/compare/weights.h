/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who starts an arm: stabilised weights, balance and overlap. */
#ifndef MLAB_COMPARE_WEIGHTS_H
#define MLAB_COMPARE_WEIGHTS_H

#include "compare/cohort.h"

/* The pooled multinomial model of starting an arm among the not yet exposed. */
typedef struct mlab_weights {
    const mlab_cohort *cohort;
    mlab_hazard starts; /* rows only; cells are times */
    double *basis;
    int32_t *block_of; /* [n_arms] block of an arm that somebody starts, else -1 */
    size_t n_parameters;
    double *estimate; /* [n_parameters] on everybody */
    bool converged;
    double truncate;
    uint64_t *started; /* [n_arms] people who start it from the reference arm */
    /* on everybody */
    double *row; /* [cohort n_rows] */
    double lowest, highest, mean, effective_share;
} mlab_weights;

MLAB_MUST_USE mlab_status mlab_weights_make(const mlab_context *context, const mlab_cohort *cohort, const mlab_compare_options *options,
                                            mlab_weights **weights, mlab_error *err);
void mlab_weights_free(mlab_weights *weights); /* NULL is fine */
size_t mlab_weights_room(const mlab_weights *weights);
/* Weights of the rows of a sample's people [cohort n_rows], truncated; false = the model did not converge. */
bool mlab_weights_fit(const mlab_context *context, const mlab_weights *weights, const mlab_sample *sample, double tolerance, mlab_room *room,
                      double *parameters, double *row);
/* Share of people whose chance of starting the arm lies where both those in the arm and those in the reference arm are. */
MLAB_MUST_USE mlab_status mlab_overlap(const mlab_context *context, const mlab_weights *weights, int32_t arm, double *overlap, mlab_error *err);
/* Balance of every covariate for every arm that has rows; appended. Released one by one with mlab_comparison_free. */
MLAB_MUST_USE mlab_status mlab_balance_make(const mlab_context *context, const mlab_weights *weights, mlab_balance **balance, size_t *n,
                                            mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was added to the likelihood of a fit: weights and their kind, Firth's penalty with its profile limits, and priors beside what the data say. */
#include "store/stages.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

static const char *const weight_kinds[] = {"none", "frequency", "precision", "sampling"};

static void put_priors(const mlab_h5_group *fit_group, const mlab_fit *fit)
{
    mlab_h5_group group = mlab_h5_group_make(fit_group, "priors");
    size_t n = fit->n_priors;
    double *real = mlab_allocate(fit->context, n, 4 * sizeof *real);
    int64_t *place = mlab_allocate(fit->context, n, sizeof *place);
    char **sources = mlab_allocate(fit->context, n, sizeof *sources);
    if (!real || !place || !sources) mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write priors");
    for (size_t k = 0; real && place && sources && k < n; k++) {
        const mlab_fit_prior *prior = &fit->priors[k];
        place[k] = (int64_t)prior->parameter;
        sources[k] = prior->source;
        real[k] = prior->mean;
        real[n + k] = prior->sd;
        real[2 * n + k] = prior->data_estimate;
        real[3 * n + k] = isinf(prior->data_se) ? -1 : prior->data_se;
    }
    if (!group.file->status) {
        mlab_h5_dimension_texts(&group, "source", sources, n, "where the prior comes from");
        mlab_h5_put(&group, "place", "source", MLAB_H5_INT64, place, "1", "place of the parameter, from 0");
        mlab_h5_put(&group, "prior_mean", "source", MLAB_H5_REAL, real, "1", "mean of the prior");
        mlab_h5_put(&group, "prior_sd", "source", MLAB_H5_REAL, real + n, "1", "standard deviation of the prior");
        mlab_h5_put(&group, "data_estimate", "source", MLAB_H5_REAL, real + 2 * n, "1", "estimate without priors");
        mlab_h5_put(&group, "data_standard_error", "source", MLAB_H5_REAL, real + 3 * n, "1", "its standard error, -1 = the data have no estimate");
    }
    mlab_release(fit->context, real);
    mlab_release(fit->context, place);
    mlab_release(fit->context, sources);
    mlab_h5_group_close(&group);
}

void mlab_store_put_penalty(const mlab_h5_group *group, const mlab_fit *fit)
{
    mlab_h5_attribute(group, "weights", weight_kinds[fit->weights]);
    mlab_h5_attribute(group, "penalty", fit->penalised ? "firth" : "none");
    if (fit->lower) {
        mlab_h5_put(group, "profile_lower", "parameter", MLAB_H5_REAL, fit->lower, "1", "lower profile limit of the penalised likelihood");
        mlab_h5_put(group, "profile_upper", "parameter", MLAB_H5_REAL, fit->upper, "1", "upper profile limit of the penalised likelihood");
    }
    if (fit->n_priors) put_priors(group, fit);
}

static void get_priors(const mlab_h5_group *fit_group, mlab_fit *fit)
{
    mlab_h5_group group = mlab_h5_group_get(fit_group, "priors");
    size_t n = mlab_h5_size(&group, "source");
    char **sources = mlab_h5_get_texts(&group, "source", n);
    int64_t *place = mlab_h5_get(&group, "place", MLAB_H5_INT64, n);
    static const char *const names[] = {"prior_mean", "prior_sd", "data_estimate", "data_standard_error"};
    double *real[4];
    for (int c = 0; c < 4; c++) real[c] = mlab_h5_get(&group, names[c], MLAB_H5_REAL, n);
    fit->priors = mlab_allocate(fit->context, n, sizeof *fit->priors);
    if (!fit->priors) mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to read priors");
    bool whole = !group.file->status;
    for (size_t k = 0; whole && k < n; k++) {
        if (place[k] < 0 || (size_t)place[k] >= fit->n_parameters)
            mlab_h5_fail(group.file, MLAB_ERR_STORE_READ, "%s: a prior is of parameter %lld of %zu", group.file->path, (long long)place[k],
                         fit->n_parameters);
        fit->priors[k] = (mlab_fit_prior){.parameter = (size_t)place[k], .mean = real[0][k], .sd = real[1][k], .data_estimate = real[2][k]};
        fit->priors[k].data_se = real[3][k] < 0 ? HUGE_VAL : real[3][k];
        fit->priors[k].source = sources[k];
        sources[k] = NULL;
        fit->n_priors = k + 1;
    }
    for (size_t k = 0; sources && k < n; k++) mlab_release(fit->context, sources[k]);
    mlab_release(fit->context, sources);
    mlab_release(fit->context, place);
    for (int c = 0; c < 4; c++) mlab_release(fit->context, real[c]);
    mlab_h5_group_close(&group);
}

void mlab_store_get_penalty(const mlab_h5_group *group, mlab_fit *fit)
{
    char *weights = mlab_h5_attribute_get(group, "weights"), *penalty = mlab_h5_attribute_get(group, "penalty");
    for (int k = 0; weights && k < 4; k++)
        if (strcmp(weights, weight_kinds[k]) == 0) fit->weights = (mlab_weight_kind)k;
    fit->penalised = penalty && strcmp(penalty, "firth") == 0;
    mlab_release(fit->context, weights);
    mlab_release(fit->context, penalty);
    if (mlab_h5_has(group, "profile_lower")) {
        fit->lower = mlab_h5_get(group, "profile_lower", MLAB_H5_REAL, fit->n_parameters);
        fit->upper = mlab_h5_get(group, "profile_upper", MLAB_H5_REAL, fit->n_parameters);
    }
    if (mlab_h5_has(group, "priors")) get_priors(group, fit);
}

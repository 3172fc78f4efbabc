/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rubin's rules (Rubin 1987, ch. 3), with the degrees of freedom of Barnard & Rubin (1999, doi:10.1093/biomet/86.4.948) for samples of any
 * size. Weakness: the pooled likelihood is a mean, good for a look and not for a test. */
#include "mentorlab/impute.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "fit/after/after.h"
#include "fit/impute/pool_random.h"

#include <math.h>
#include <string.h>

void mlab_rubin(const double *estimate, const double *variance, size_t n, double df_complete, double *mean, double *total, double *df,
                double *missing_information)
{
    double q = 0, within = 0, between = 0, m = (double)n;
    for (size_t k = 0; k < n; k++) q += estimate[k] / m, within += variance[k] / m;
    for (size_t k = 0; k < n && n > 1; k++) between += (estimate[k] - q) * (estimate[k] - q) / (m - 1);
    double added = (1 + 1 / m) * between, all = within + added, lambda = all > 0 ? added / all : 0;
    double old = lambda > 0 ? (m - 1) / (lambda * lambda) : HUGE_VAL;
    double seen = isinf(df_complete) ? HUGE_VAL : (df_complete + 1) / (df_complete + 3) * df_complete * (1 - lambda);
    double nu = isinf(old) ? seen : isinf(seen) ? old : old * seen / (old + seen);
    if (mean) *mean = q;
    if (total) *total = all;
    if (df) *df = nu;
    if (missing_information) {
        double r = within > 0 ? added / within : 0;
        *missing_information = added > 0 ? within > 0 ? (r + 2 / (nu + 3)) / (r + 1) : 1 : 0;
    }
}

/* What is used within an imputation. */
static const double *within_of(const mlab_fit *fit)
{
    return fit->robust ? fit->robust : fit->covariance;
}

static mlab_status check(mlab_fit *const *fits, size_t n, mlab_error *err)
{
    if (!mlab_same_random(fits, n))
        return mlab_raise(err, MLAB_ERR_FIT_COVARIANCE, "%s: the groups of random effects differ between imputations", fits[0]->outcome);
    for (size_t k = 1; k < n; k++) {
        bool same = fits[k]->n_parameters == fits[0]->n_parameters && !fits[k]->robust == !fits[0]->robust;
        for (size_t j = 0; same && j < fits[0]->n_parameters; j++)
            same = strcmp(fits[k]->names[j], fits[0]->names[j]) == 0 && fits[k]->aliased[j] == fits[0]->aliased[j];
        if (!same)
            return mlab_raise(err, MLAB_ERR_FIT_COVARIANCE, "%s: imputation %zu has other coefficients than the first; a rare level came in or out",
                              fits[0]->outcome, k + 1);
    }
    return MLAB_OK;
}

/* The first fit becomes the pooled one. */
static mlab_status make_room(mlab_fit *fit, mlab_error *err)
{
    const mlab_context *context = fit->context;
    size_t p = fit->n_parameters;
    bool had = fit->robust != NULL;
    if (!fit->robust) fit->robust = mlab_allocate(context, p, p * sizeof *fit->robust);
    if (!fit->robust_df) fit->robust_df = mlab_allocate(context, p, sizeof *fit->robust_df);
    if (!fit->missing_information) fit->missing_information = mlab_allocate(context, p, sizeof *fit->missing_information);
    mlab_text text = MLAB_TEXT(context);
    mlab_text_print(&text, "pooled%s%s", had ? " " : "", had ? fit->robust_kind : "");
    char *kind = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (kind) {
        mlab_release(context, fit->robust_kind);
        fit->robust_kind = kind;
    }
    return fit->robust && fit->robust_df && fit->missing_information && kind
               ? MLAB_OK
               : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to pool %zu parameters", p);
}

/* What belongs to one imputation alone. */
static void forget(mlab_fit *fit)
{
    mlab_release(fit->context, fit->influence);
    mlab_release(fit->context, fit->influence_id);
    mlab_baseline_free(fit->context, fit->baseline);
    fit->influence = NULL;
    fit->influence_id = NULL;
    fit->baseline = NULL;
}

/* Degrees of freedom of a parameter with nothing missing. */
static double df_of(const mlab_fit *fit, size_t j)
{
    if (fit->robust_df) return fit->robust_df[j];
    double parameters = (double)fit->n_spread;
    for (size_t k = 0; k < fit->n_parameters; k++) parameters += !fit->aliased[k];
    return fit->robust ? (double)fit->n_clusters - 1 : fmax((double)fit->n_rows - parameters, 1);
}

typedef struct pooled {
    double *estimate, *df, *missing, *model, *total; /* [p], [p], [p], [p * p], [p * p] */
    double *one, *variance;                          /* [n] of one parameter */
} pooled_numbers;

static void pool_numbers(mlab_fit *const *fits, size_t n, pooled_numbers *to)
{
    size_t p = fits[0]->n_parameters;
    double m = (double)n;
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k < n; k++) to->one[k] = fits[k]->estimate[j], to->variance[k] = within_of(fits[k])[j * p + j];
        mlab_rubin(to->one, to->variance, n, df_of(fits[0], j), &to->estimate[j], NULL, &to->df[j], &to->missing[j]);
    }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++) {
            double model = 0, within = 0, between = 0;
            for (size_t k = 0; k < n; k++) {
                model += fits[k]->covariance[j * p + i] / m;
                within += within_of(fits[k])[j * p + i] / m;
                between += (fits[k]->estimate[j] - to->estimate[j]) * (fits[k]->estimate[i] - to->estimate[i]) / (m - 1);
            }
            to->model[j * p + i] = model;
            to->total[j * p + i] = within + (1 + 1 / m) * between;
        }
}

static void put_numbers(mlab_fit *const *fits, size_t n, const pooled_numbers *from, mlab_fit *fit)
{
    size_t p = fit->n_parameters;
    double likelihood = 0, null = 0, variance = 0;
    for (size_t k = 0; k < n; k++) {
        likelihood += fits[k]->log_likelihood / (double)n;
        null += fits[k]->null_log_likelihood / (double)n;
        variance += fits[k]->residual_variance / (double)n;
        from->one[k] = fits[k]->shape;
        from->variance[k] = fits[k]->shape_se * fits[k]->shape_se;
    }
    double shape, spread;
    mlab_rubin(from->one, from->variance, n, HUGE_VAL, &shape, &spread, NULL, NULL);
    fit->shape = shape;
    fit->shape_se = sqrt(spread);
    fit->residual_variance = variance;
    fit->log_likelihood = likelihood;
    fit->null_log_likelihood = null;
    fit->n_imputations = (int)n;
    memcpy(fit->estimate, from->estimate, p * sizeof *fit->estimate);
    memcpy(fit->robust_df, from->df, p * sizeof *fit->robust_df);
    memcpy(fit->missing_information, from->missing, p * sizeof *fit->missing_information);
    memcpy(fit->covariance, from->model, p * p * sizeof *fit->covariance);
    memcpy(fit->robust, from->total, p * p * sizeof *fit->robust);
}

mlab_status mlab_fit_pool(const mlab_context *context, mlab_fit **fits, size_t n, mlab_fit **pooled, mlab_error *err)
{
    *pooled = NULL;
    if (n < 2) return mlab_raise(err, MLAB_ERR_ARGUMENT, "%zu fits to pool; at least 2", n);
    if (fits[0]->n_random && !fits[0]->n_spread)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: fits with a frailty are not pooled yet", fits[0]->outcome);
    if (fits[0]->penalised || fits[0]->n_priors)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: fits with a penalty or priors are not pooled yet", fits[0]->outcome);
    mlab_status status = check(fits, n, err);
    if (status) return status;
    size_t p = fits[0]->n_parameters;
    double *memory = mlab_allocate(context, 3 * p + 2 * p * p + 2 * n, sizeof *memory);
    if (!memory) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to pool %zu fits", n);
    double *one = memory + 3 * p + 2 * p * p;
    pooled_numbers numbers = {memory, memory + p, memory + 2 * p, memory + 3 * p, memory + 3 * p + p * p, one, one + n};
    pool_numbers(fits, n, &numbers);
    if (!status && fits[0]->n_random) status = mlab_pool_random(fits, n, err);
    if (!status && !(status = make_room(fits[0], err))) {
        mlab_fit *fit = fits[0];
        double residual = fit->residual_variance;
        put_numbers(fits, n, &numbers, fit);
        if (fit->n_random) fit->residual_variance = residual;
        status = mlab_after_pool(fits, n, err);
        forget(fit);
        for (size_t k = 1; k < n && !status && fit->trust == MLAB_TRUSTED; k++)
            if (fits[k]->trust != MLAB_TRUSTED) status = mlab_fit_doubt(fit, fits[k]->trust, err, "imputation %zu: %s", k + 1, fits[k]->reason);
    }
    mlab_release(context, memory);
    if (status) return status;
    *pooled = fits[0];
    fits[0] = NULL;
    return MLAB_OK;
}

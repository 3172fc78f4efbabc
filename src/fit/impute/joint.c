/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A joint model fitted to every imputation and pooled by Rubin's rules (fit/impute/pool.c): its parameters, then what is made of them. Effects of
 * people have their variance within and between imputations; standard deviations are pooled as those of mixed models (fit/impute/pool_random.c).
 * Weakness: effects of people count as having very many degrees of freedom.
 */
#include "core/error.h"
#include "core/memory.h"
#include "fit/after/after.h"
#include "fit/impute/pool_random.h"
#include "fit/impute/tell.h"
#include "fit/model.h"

#include <math.h>
#include <string.h>

typedef struct work {
    mlab_fit **fits; /* [n] of the imputations; the first becomes the pooled one */
    size_t n;
    bool near;              /* some standard deviation is near 0 in some fit */
    double *one, *variance; /* [n] of one number */
} work;

static double pool(const work *w, double *total)
{
    double mean, all;
    mlab_rubin(w->one, w->variance, w->n, HUGE_VAL, &mean, &all, NULL, NULL);
    *total = all;
    return mean;
}

static bool any_near_zero(const mlab_fit *fit)
{
    bool near = mlab_pool_near_zero(fit);
    for (size_t r = 0; r < fit->joint->n_parts; r++) near = near || mlab_pool_near_zero(fit->joint->parts[r]);
    return near;
}

/* random of one grouping of each fit. */
static void pool_effects(const work *w, mlab_random_effects *const *random)
{
    mlab_random_effects *to = random[0];
    double total;
    for (size_t a = 0; a < to->n; a++) {
        for (size_t k = 0; k < w->n; k++) w->one[k] = random[k]->sd[a], w->variance[k] = random[k]->sd_se[a];
        mlab_pool_sd(w->one, w->variance, w->n, w->near, &to->sd[a], &to->sd_se[a]);
    }
    for (size_t e = 0; e < to->n * to->n; e++) {
        double sum = 0;
        for (size_t k = 0; k < w->n; k++) sum += random[k]->covariance[e] / (double)w->n;
        to->covariance[e] = sum;
    }
    for (size_t e = 0; e < to->n_groups * to->n; e++) {
        for (size_t k = 0; k < w->n; k++) w->one[k] = random[k]->mode[e], w->variance[k] = random[k]->mode_se[e] * random[k]->mode_se[e];
        to->mode[e] = pool(w, &total);
        to->mode_se[e] = sqrt(total);
    }
}

static void pool_association(const work *w, size_t a)
{
    mlab_association *to = &w->fits[0]->joint->associations[a];
    double total, correlation = 0;
    for (size_t k = 0; k < w->n; k++) {
        const mlab_association *from = &w->fits[k]->joint->associations[a];
        w->one[k] = from->per_sd, w->variance[k] = from->per_sd_se * from->per_sd_se;
        correlation += from->correlation / (double)w->n;
    }
    to->correlation = correlation;
    double per_sd = pool(w, &total), per_sd_se = sqrt(total);
    for (size_t k = 0; k < w->n; k++) {
        const mlab_association *from = &w->fits[k]->joint->associations[a];
        w->one[k] = from->loading, w->variance[k] = from->loading_se * from->loading_se;
    }
    to->loading = pool(w, &total);
    to->loading_se = sqrt(total);
    to->per_sd = per_sd;
    to->per_sd_se = per_sd_se;
}

static void copy_block(const double *from, size_t n, size_t at, size_t size, double *to)
{
    for (size_t i = 0; i < size; i++) memcpy(to + i * size, from + (at + i) * n + at, size * sizeof *to);
}

/* The slice of the pooled fit that is part r, whose parameters begin at `at`. */
static mlab_status pool_part(const work *w, size_t r, size_t at, mlab_error *err)
{
    const mlab_fit *whole = w->fits[0];
    mlab_fit *part = whole->joint->parts[r];
    size_t n = part->n_parameters;
    if (!part->robust) part->robust = mlab_allocate(part->context, n, n * sizeof *part->robust);
    if (!part->robust_df) part->robust_df = mlab_allocate(part->context, n, sizeof *part->robust_df);
    if (!part->missing_information) part->missing_information = mlab_allocate(part->context, n, sizeof *part->missing_information);
    char *kind = mlab_copy_text(part->context, whole->robust_kind);
    if (!part->robust || !part->robust_df || !part->missing_information || !kind) {
        mlab_release(part->context, kind);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to pool %s", part->outcome);
    }
    mlab_release(part->context, part->robust_kind);
    part->robust_kind = kind;
    memcpy(part->estimate, whole->estimate + at, n * sizeof *part->estimate);
    memcpy(part->robust_df, whole->robust_df + at, n * sizeof *part->robust_df);
    memcpy(part->missing_information, whole->missing_information + at, n * sizeof *part->missing_information);
    copy_block(whole->covariance, whole->n_parameters, at, n, part->covariance);
    copy_block(whole->robust, whole->n_parameters, at, n, part->robust);
    if (part->residual_variance > 0) part->residual_variance = exp(2 * whole->estimate[at + n]);
    part->log_likelihood = whole->log_likelihood;
    part->n_imputations = whole->n_imputations;
    return MLAB_OK;
}

/* Average effects and predictions of part r. */
static mlab_status pool_after(const work *w, size_t r, mlab_error *err)
{
    mlab_fit *whole = w->fits[0], *first = whole->joint->parts[r];
    if (!first->after) return MLAB_OK;
    mlab_fit **parts = mlab_allocate(whole->context, w->n, sizeof *parts);
    for (size_t k = 0; parts && k < w->n; k++) parts[k] = w->fits[k]->joint->parts[r];
    mlab_status status = parts ? mlab_after_pool(parts, w->n, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to pool %s", first->outcome);
    mlab_release(whole->context, parts);
    if (status || first->after) return status;
    return mlab_fit_doubt(whole, MLAB_TRUSTED, err, "%s: effects and predictions are left out: they are other ones in each imputation",
                          first->outcome);
}

static mlab_status check(const work *w, mlab_error *err)
{
    const mlab_fit *first = w->fits[0];
    for (size_t k = 0; k < w->n; k++) {
        const mlab_fit *fit = w->fits[k];
        if (fit->n_priors)
            return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: joint models with priors are not pooled over imputations yet", fit->outcome);
        if (fit->random->n_groups != first->random->n_groups || fit->random->n != first->random->n)
            return mlab_raise(err, MLAB_ERR_FIT_COVARIANCE, "%s: imputation %zu is of other people than the first", fit->outcome, k + 1);
    }
    return MLAB_OK;
}

/* Random effects stand aside while the parameters are pooled. */
static mlab_status pool_all(work *w, mlab_fit **pooled, mlab_error *err)
{
    const mlab_context *context = w->fits[0]->context;
    mlab_random_effects **random = mlab_allocate(context, w->n, sizeof *random);
    mlab_status status = random ? check(w, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to pool %zu fits", w->n);
    if (status) goto out;
    for (size_t k = 0; k < w->n; k++) w->near = w->near || any_near_zero(w->fits[k]);
    for (size_t k = 0; k < w->n; k++) w->fits[k]->n_random = 0;
    status = mlab_fit_pool(context, w->fits, w->n, pooled, err);
    if (!status) w->fits[0] = *pooled;
    for (size_t k = 0; k < w->n; k++) w->fits[k]->n_random = 1;
    if (status) goto out;
    mlab_fit *to = w->fits[0];
    for (size_t k = 0; k < w->n; k++) random[k] = w->fits[k]->random;
    pool_effects(w, random);
    for (size_t a = 0; a < to->joint->n_associations; a++) pool_association(w, a);
    for (size_t r = 0, at = 0; r < to->joint->n_parts && !status; r++) {
        const mlab_fit *part = to->joint->parts[r];
        for (size_t k = 0; k < w->n; k++) random[k] = w->fits[k]->joint->parts[r]->random;
        pool_effects(w, random);
        status = pool_part(w, r, at, err);
        if (!status) status = pool_after(w, r, err);
        at += part->n_parameters + (part->residual_variance > 0);
    }
    w->fits[0] = NULL;
out:
    mlab_release(context, random);
    return status;
}

mlab_status mlab_fit_joint_imputed(const mlab_context *context, const mlab_data *data, const mlab_joint_outcome *joint, const mlab_outcome *outcomes,
                                   size_t n_outcomes, const mlab_fit_options *options, const mlab_imputation *imputation, mlab_fit **fit,
                                   mlab_error *err)
{
    size_t n = (size_t)imputation->n_imputations;
    work w = {.n = n};
    *fit = NULL;
    w.fits = mlab_allocate(context, n, sizeof *w.fits);
    w.one = mlab_allocate(context, n, sizeof *w.one);
    w.variance = mlab_allocate(context, n, sizeof *w.variance);
    mlab_status status = w.fits && w.one && w.variance ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu fits", n);
    for (size_t k = 0; k < n && !status; k++) {
        mlab_completed *completed;
        if (context->cancelled && context->cancelled(context->user)) {
            status = mlab_raise(err, MLAB_ERR_CANCELLED, "stopped on request");
            break;
        }
        status = mlab_impute_complete(context, data, imputation, (int)k, &completed, err);
        if (!status) status = mlab_fit_joint(context, &completed->data, joint, outcomes, n_outcomes, options, &w.fits[k], err);
        mlab_completed_free(context, completed);
    }
    if (!status) status = pool_all(&w, fit, err);
    if (!status) status = mlab_imputation_tell(data, imputation, false, *fit, err);
    if (status) {
        mlab_fit_free(*fit);
        *fit = NULL;
    }
    for (size_t k = 0; w.fits && k < n; k++) mlab_fit_free(w.fits[k]);
    void *const memory[] = {w.fits, w.one, w.variance};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refits of a bootstrap, each to its own maximum, side by side.
 *
 * At the common start what a row gives is the same in all samples: it is summed by cluster once, and a sample's score and its derivatives there
 * are products of its counts with those sums. The root of their series (fit/refits_series.h) is where a refit begins to look at rows
 * (fit/refits_climb.c). Where that does not come about, the sample is refitted in full, with every check. For models of one predictor without
 * thresholds or penalties; others are refitted in full. */
#include "fit/refits_climb.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

#define MOST_COLUMNS ((size_t)32)
#define MOST_BYTES ((size_t)1 << 29)

void mlab_refits_free(mlab_refits *refits)
{
    if (!refits) return;
    const mlab_context *context = refits->context;
    if (refits->series.context) mlab_series_free(&refits->series);
    mlab_release(context, refits->start);
    mlab_release(context, refits->inward);
    mlab_release(context, refits->sums);
    mlab_release(context, refits);
}

static bool is_shared(const mlab_prepared *prepared, const mlab_engine *engine)
{
    return engine && engine->n_eta == 1 && engine->n_thresholds == 0 && engine->p <= MOST_COLUMNS && prepared->model->refit == mlab_engine_refit &&
           prepared->problem->n_priors == 0 && prepared->options.penalty == 0;
}

/* Sums become floats over a power of two, in the first half of their own memory. They say where a refit begins to look, never where it ends. */
static double halve(double *sums, size_t n)
{
    double most = 0;
    int exponent = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(sums[i]));
    if (most > 0 && isfinite(most)) (void)frexp(most, &exponent);
    double unit = ldexp(1, exponent < -1000 ? -1000 : exponent - 1);
    for (size_t i = 0; i < n; i++) {
        float value = (float)(sums[i] / unit);
        memcpy((char *)sums + i * sizeof value, &value, sizeof value);
    }
    return unit;
}

static mlab_status share(const mlab_context *context, mlab_refits *refits, mlab_error *err)
{
    const mlab_fit_problem *problem = refits->prepared->problem;
    const mlab_engine *engine = refits->engine;
    refits->p = engine->p;
    refits->n_units = problem->cluster ? problem->n_clusters : problem->n;
    refits->n_blocks = (refits->n_units + MLAB_SERIES_BLOCK - 1) / MLAB_SERIES_BLOCK;
    refits->series = mlab_series_of(context, engine);
    if (refits->series.n_sums == 0 || refits->n_blocks > MOST_BYTES / sizeof(double) / MLAB_SERIES_BLOCK / refits->series.n_sums) {
        refits->engine = NULL;
        return MLAB_OK;
    }
    size_t size = refits->n_blocks * MLAB_SERIES_BLOCK * refits->series.n_sums;
    double *sums = mlab_allocate(context, size, sizeof *sums);
    if (!sums) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits of %zu rows", problem->n);
    mlab_status status = mlab_series_add(context, engine, refits->inward, sums, &refits->series, err);
    refits->unit = halve(sums, size);
    refits->sums = mlab_reallocate(context, sums, size, sizeof *refits->sums);
    if (refits->sums) return status;
    mlab_release(context, sums);
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits of %zu rows", problem->n);
}

mlab_status mlab_refits_make(const mlab_context *context, const mlab_prepared *prepared, const double *start, mlab_refits **out, mlab_error *err)
{
    *out = NULL;
    mlab_refits *refits = mlab_allocate(context, 1, sizeof *refits);
    if (!refits) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits");
    *refits = (mlab_refits){.context = context, .prepared = prepared, .engine = mlab_engine_of(prepared)};
    size_t n = mlab_prepared_parameters(prepared);
    mlab_status status = MLAB_OK;
    refits->start = mlab_allocate(context, n, sizeof *refits->start);
    refits->inward = mlab_allocate(context, n, sizeof *refits->inward);
    if (!refits->start || !refits->inward) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for refits of %zu parameters", n);
    } else {
        memcpy(refits->start, start, n * sizeof *start);
        if (!is_shared(prepared, refits->engine)) refits->engine = NULL;
        if (refits->engine) {
            memcpy(refits->inward, start, n * sizeof *start);
            mlab_engine_inward(refits->engine, refits->inward);
            status = share(context, refits, err);
        }
    }
    if (status) {
        mlab_refits_free(refits);
        refits = NULL;
    }
    *out = refits;
    return status;
}

/* --- a batch ---------------------------------------------------------------------------------------------------- */

static mlab_status in_full(const mlab_context *context, const mlab_refits *refits, const uint16_t *count, double *estimate, mlab_refit_info *info,
                           mlab_error *err)
{
    const mlab_fit_problem *problem = refits->prepared->problem;
    size_t units = problem->cluster ? problem->n_clusters : problem->n;
    double *times = mlab_allocate(context, units, sizeof *times);
    if (!times) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a refit");
    for (size_t g = 0; g < units; g++) times[g] = count[g];
    mlab_refit_weights weights = {.cluster = times};
    mlab_status status = mlab_prepared_refit(context, refits->prepared, &weights, refits->start, estimate, info, err);
    mlab_release(context, times);
    return status;
}

mlab_status mlab_refits_run(const mlab_context *context, const mlab_refits *refits, size_t n, const uint16_t *const *count, double *estimates,
                            mlab_refit_info *info, mlab_error *err)
{
    size_t n_parameters = mlab_prepared_parameters(refits->prepared);
    mlab_refits_end ends[MLAB_REFITS_BATCH] = {{0}};
    mlab_status status = refits->engine ? mlab_refits_climb(context, refits, n, count, estimates, ends, err) : MLAB_OK;
    for (size_t k = 0; k < n && !status; k++) {
        info[k] = (mlab_refit_info){.trust = MLAB_TRUSTED, .log_likelihood = NAN, .iterations = ends[k].rounds};
        if (!ends[k].there) status = in_full(context, refits, count[k], estimates + k * n_parameters, &info[k], err);
    }
    return status;
}

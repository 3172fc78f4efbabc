/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of a fit for rows of any table: linear predictors here, every other scale by the model's own hook.
 *
 * Weakness: nothing here says how uncertain a prediction is; see fit/after/predict_scale.c and margins.c, or predict at draws.
 */
#include "fit/after/after.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

#define ROWS_A_BLOCK ((size_t)512)

size_t mlab_predict_width_at(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    if (scale == MLAB_SCALE_RESTRICTED) scale = MLAB_SCALE_SURVIVAL;
    if (scale == MLAB_SCALE_LOST) scale = MLAB_SCALE_INCIDENCE;
    if (scale == MLAB_SCALE_LINK) return mlab_fit_predictors(fit);
    const mlab_model *model = mlab_model_find(fit->model);
    return model && model->width ? model->width(fit, scale, n_times) : 0;
}

size_t mlab_predict_width(const mlab_fit *fit, mlab_scale scale)
{
    return mlab_predict_width_at(fit, scale, 0);
}

typedef struct prediction {
    const mlab_context *context;
    const mlab_fit *fit;
    const mlab_table *table;
    const uint32_t *rows;
    size_t first;
    const double *parameters, *share, *times;
    size_t n_times;
    mlab_scale scale;
    bool share_in_eta;
    size_t columns, first_column, width;
    double *x, *offset, *eta; /* one block */
} prediction;

static mlab_status predict_block(const prediction *work, size_t at, size_t n, double *out, mlab_error *err)
{
    const mlab_fit *fit = work->fit;
    double *eta = work->scale == MLAB_SCALE_LINK ? out : work->eta;
    for (size_t i = 0; i < n; i++) {
        const double *row = work->x + i * work->columns + work->first_column;
        double offset = work->offset[i];
        if (work->share_in_eta) offset += mlab_log(work->share[at + i]);
        mlab_fit_predictors_fill(fit, work->parameters, row, offset, eta + i * mlab_fit_predictors(fit));
    }
    if (work->scale == MLAB_SCALE_LINK) return MLAB_OK;
    return mlab_predict_scale(work->context, fit, work->table, work->rows ? work->rows + at : NULL, work->first + at, n, work->parameters, eta,
                              work->share ? work->share + at : NULL, work->scale, work->times, work->n_times, out, err);
}

const char *mlab_scale_name(int scale)
{
    static const char *const names[] = {"link", "response", "survival", "incidence", "occupation", "restricted_mean", "time_lost"};
    return scale >= 0 && (size_t)scale < sizeof names / sizeof *names ? names[scale] : NULL;
}

static mlab_status check(const mlab_fit *fit, mlab_scale scale, const double *times, size_t n_times, mlab_error *err)
{
    if (scale > MLAB_SCALE_RESPONSE) {
        if (!times || n_times == 0) return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: %s needs times", fit->outcome, mlab_scale_name((int)scale));
        for (size_t t = 0; t < n_times; t++)
            if (!(times[t] >= 0) || isinf(times[t]) || (t && !(times[t] > times[t - 1])))
                return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: time %zu is %g; times of %s are 0 or more and rise", fit->outcome, t + 1, times[t],
                                  mlab_scale_name((int)scale));
    }
    if (mlab_predict_width_at(fit, scale, n_times) == 0)
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s fit has no %s scale", fit->outcome, fit->model, mlab_scale_name((int)scale));
    if (!fit->design) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the fit has no design to predict from", fit->outcome);
    return MLAB_OK;
}

mlab_status mlab_predict_at(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                            const double *parameters, const double *share, mlab_scale scale, const double *times, size_t n_times, double *out,
                            mlab_error *err)
{
    mlab_status status = check(fit, scale, times, n_times, err);
    if (status) return status;
    prediction work = {.context = context,
                       .fit = fit,
                       .table = table,
                       .rows = rows,
                       .first = first,
                       .parameters = parameters ? parameters : fit->estimate,
                       .share = share,
                       .times = times,
                       .n_times = n_times,
                       .scale = scale,
                       .width = mlab_predict_width_at(fit, scale, n_times),
                       .columns = mlab_design_columns(fit->design),
                       .first_column = mlab_fit_first_column(fit)};
    const mlab_model *model = mlab_model_find(fit->model);
    work.share_in_eta = share && model && (model->marks & MLAB_MODEL_SHARE) && strcmp(fit->link, "logit") != 0;
    work.x = mlab_allocate(context, ROWS_A_BLOCK, (work.columns + 1) * sizeof(double));
    work.offset = mlab_allocate(context, ROWS_A_BLOCK, sizeof(double));
    work.eta = mlab_allocate(context, ROWS_A_BLOCK, mlab_fit_predictors(fit) * sizeof(double));
    if (!work.x || !work.offset || !work.eta) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %s", fit->outcome);
        goto out;
    }
    for (size_t at = 0; at < n; at += ROWS_A_BLOCK) {
        size_t some = n - at < ROWS_A_BLOCK ? n - at : ROWS_A_BLOCK;
        status = mlab_design_fill(fit->design, table, rows ? rows + at : NULL, first + at, some, work.x, work.offset, err);
        if (!status) status = predict_block(&work, at, some, out + at * work.width, err);
        if (status) goto out;
    }
out:
    mlab_release(context, work.x);
    mlab_release(context, work.offset);
    mlab_release(context, work.eta);
    return status;
}

mlab_status mlab_predict(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                         const double *parameters, const double *share, mlab_scale scale, double *out, mlab_error *err)
{
    return mlab_predict_at(context, fit, table, rows, first, n, parameters, share, scale, NULL, 0, out, err);
}

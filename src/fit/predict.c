/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of a fit for rows of any table: linear predictors, probabilities, means, for the estimates or a draw.
 *
 * Probabilities are made by differences that do not cancel: P(cause j) = (h_j / H)(1 - exp(-H)) through expm1, those of ordered levels as
 * F(a) F(-b) (1 - exp(b - a)). Weakness: nothing here says how uncertain a prediction is; use draws.
 */
#include "fit/model.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

#define ROWS_A_BLOCK ((size_t)512)

static bool is(const mlab_fit *fit, const char *model)
{
    return strcmp(fit->model, model) == 0;
}

static bool by_logit(const mlab_fit *fit)
{
    return strcmp(fit->link, "logit") == 0;
}

size_t mlab_predict_width(const mlab_fit *fit, mlab_scale scale)
{
    if (scale == MLAB_SCALE_LINK) return fit->n_blocks;
    if (is(fit, "cox")) return 0;
    return fit->n_levels ? fit->n_levels : fit->n_blocks;
}

/* Each takes the predictors of one row and gives its probabilities. */

static double share_below(const mlab_fit *fit, double z)
{
    return strcmp(fit->link, "probit") == 0 ? 0.5 * erfc(-z * 0.70710678118654752440) : -mlab_expm1(-mlab_exp(fmin(z, 600)));
}

static void other_link_row(const mlab_fit *fit, const double *thresholds, double eta, double *out)
{
    double below = 0;
    for (size_t y = 0; y < fit->n_levels; y++) {
        double up_to = y < fit->n_thresholds ? share_below(fit, thresholds[y] - eta) : 1;
        out[y] = up_to - below;
        below = up_to;
    }
}

static void ordinal_row(const mlab_fit *fit, const double *thresholds, double eta, double *out)
{
    if (!by_logit(fit)) {
        other_link_row(fit, thresholds, eta, out);
        return;
    }
    for (size_t y = 0; y < fit->n_levels; y++) {
        double above = y < fit->n_thresholds ? mlab_logistic(thresholds[y] - eta) : 1;
        double not_below = y > 0 ? mlab_logistic(eta - thresholds[y - 1]) : 1;
        double share = y > 0 && y < fit->n_thresholds ? -mlab_expm1(thresholds[y - 1] - thresholds[y]) : 1;
        out[y] = above * not_below * share;
    }
}

static void cloglog_row(size_t n_causes, const double *eta, double *out)
{
    double H = 0;
    for (size_t k = 0; k < n_causes; k++) H += out[k] = mlab_exp(fmin(eta[k], 600)); /* exp of 600 is certain, and finite */
    double any = -mlab_expm1(-H);
    for (size_t k = 0; k < n_causes; k++) out[k] = n_causes == 1 ? any : H > 0 ? any * (out[k] / H) : 0;
}

/* Logit of n categories against the first; out has all n + 1 when with_first, else those beyond the first. */
static void logit_row(size_t n, const double *eta, bool with_first, double *out)
{
    double most = 0, sum;
    for (size_t k = 0; k < n; k++) most = fmax(most, eta[k]);
    double first = mlab_exp(-most);
    double *rest = out + with_first;
    sum = first;
    for (size_t k = 0; k < n; k++) sum += rest[k] = mlab_exp(eta[k] - most);
    for (size_t k = 0; k < n; k++) rest[k] /= sum;
    if (with_first) out[0] = first / sum;
}

static void respond(const mlab_fit *fit, const double *parameters, const double *eta, double *out)
{
    if (fit->n_thresholds)
        ordinal_row(fit, parameters, eta[0], out);
    else if (is(fit, "lognormal"))
        out[0] = mlab_exp(eta[0] + 0.5 * fit->residual_variance);
    else if (strcmp(fit->link, "identity") == 0)
        out[0] = eta[0];
    else if (strcmp(fit->link, "log") == 0)
        out[0] = mlab_exp(eta[0]);
    else if (strcmp(fit->link, "probit") == 0)
        out[0] = share_below(fit, eta[0]);
    else if (by_logit(fit))
        logit_row(fit->n_blocks, eta, fit->n_levels > 0, out);
    else
        cloglog_row(fit->n_blocks, eta, out);
}

typedef struct prediction {
    const mlab_fit *fit;
    const double *parameters, *share;
    mlab_scale scale;
    size_t columns, first_column, p, width;
    double *x, *offset, *eta; /* one block */
} prediction;

static void predict_block(const prediction *work, size_t at, size_t n, double *out)
{
    const mlab_fit *fit = work->fit;
    for (size_t i = 0; i < n; i++) {
        const double *row = work->x + i * work->columns + work->first_column;
        double offset = work->offset[i];
        if (work->share && is(fit, "hazard") && !by_logit(fit)) offset += mlab_log(work->share[at + i]);
        for (size_t k = 0; k < fit->n_blocks; k++) {
            const double *b = work->parameters + fit->n_thresholds + k * work->p;
            double sum = offset;
            for (size_t j = 0; j < work->p; j++) sum += b[j] * row[j];
            work->eta[k] = sum;
        }
        if (work->scale == MLAB_SCALE_LINK)
            memcpy(out + i * work->width, work->eta, work->width * sizeof *out);
        else
            respond(fit, work->parameters, work->eta, out + i * work->width);
    }
}

mlab_status mlab_predict(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                         const double *parameters, const double *share, mlab_scale scale, double *out, mlab_error *err)
{
    prediction work = {.fit = fit, .parameters = parameters ? parameters : fit->estimate, .share = share, .scale = scale};
    work.width = mlab_predict_width(fit, scale);
    if (work.width == 0) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s fit has no response scale", fit->outcome, fit->model);
    if (!fit->design) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the fit has no design to predict from", fit->outcome);
    work.columns = mlab_design_columns(fit->design);
    work.first_column = mlab_fit_first_column(fit);
    work.p = fit->block_size - fit->n_thresholds;
    mlab_status status = MLAB_OK;
    work.x = mlab_allocate(context, ROWS_A_BLOCK, (work.columns + 1) * sizeof(double));
    work.offset = mlab_allocate(context, ROWS_A_BLOCK, sizeof(double));
    work.eta = mlab_allocate(context, fit->n_blocks, sizeof(double));
    if (!work.x || !work.offset || !work.eta) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %s", fit->outcome);
        goto out;
    }
    for (size_t at = 0; at < n; at += ROWS_A_BLOCK) {
        size_t some = n - at < ROWS_A_BLOCK ? n - at : ROWS_A_BLOCK;
        status = mlab_design_fill(fit->design, table, rows ? rows + at : NULL, first + at, some, work.x, work.offset, err);
        if (status) goto out;
        predict_block(&work, at, some, out + at * work.width);
    }
out:
    mlab_release(context, work.x);
    mlab_release(context, work.offset);
    mlab_release(context, work.eta);
    return status;
}

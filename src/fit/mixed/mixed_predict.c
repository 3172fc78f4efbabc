/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of mixed models: for groups whose effects are given, and averaged over the normal effects of groups (Zeger, Liang & Albert 1988,
 * doi:10.2307/2531734) by Gauss-Hermite quadrature of 25 nodes of the sum of all effects, which is one normal number.
 * Weakness: averages are for random intercepts and one predictor alone.
 */
#include "fit/after/after.h"
#include "fit/mixed/mixed.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { ROWS = 512 };

mlab_status mlab_predict_conditional(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                     size_t n, const double *parameters, const double *share, const double *effect, mlab_scale scale,
                                     const double *times, size_t n_times, double *out, mlab_error *err)
{
    size_t width = mlab_predict_width_at(fit, scale, n_times), k = fit->n_blocks;
    if (width == 0) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: a %s fit has no such scale", fit->outcome, fit->model);
    double *eta = mlab_allocate(context, ROWS, k * sizeof *eta);
    mlab_status status = eta ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %s", fit->outcome);
    for (size_t at = 0; at < n && !status; at += ROWS) {
        size_t some = n - at < ROWS ? n - at : ROWS;
        const double *own = share ? share + at : NULL;
        status = mlab_predict_at(context, fit, table, rows ? rows + at : NULL, first + at, some, parameters, own, MLAB_SCALE_LINK, NULL, 0, eta, err);
        for (size_t i = 0; i < some * k && effect && !status; i++) eta[i] += effect[at * k + i];
        if (!status && scale == MLAB_SCALE_LINK)
            memcpy(out + at * width, eta, some * k * sizeof *out);
        else if (!status)
            status = mlab_predict_scale(context, fit, table, rows ? rows + at : NULL, first + at, some, parameters, eta, own, scale, times, n_times,
                                        out + at * width, err);
    }
    mlab_release(context, eta);
    return status;
}

/* The variance of the sum of all effects. */
static mlab_status total_variance(const mlab_fit *fit, double *variance, mlab_error *err)
{
    *variance = 0;
    for (size_t t = 0; t < fit->n_random; t++) {
        const mlab_random_effects *r = &fit->random[t];
        if (r->n != 1 || fit->n_blocks != 1 || strcmp(r->names[0], "(Intercept)") || !strncmp(r->group, "multiple(", 9))
            return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT,
                              "%s: averages over effects of %s are not built yet; they are for one cause and random intercepts of single groups",
                              fit->outcome, r->group);
        *variance += r->covariance[0];
    }
    return MLAB_OK;
}

mlab_status mlab_predict_averaged(const mlab_context *context, const mlab_fit *fit, const mlab_table *table, const uint32_t *rows, size_t first,
                                  size_t n, const double *parameters, const double *share, mlab_scale scale, const double *times, size_t n_times,
                                  double *out, mlab_error *err)
{
    double node[MLAB_MOST_NODES], weight[MLAB_MOST_NODES], variance;
    size_t width = mlab_predict_width_at(fit, scale, n_times);
    mlab_status status = total_variance(fit, &variance, err);
    if (status) return status;
    double *effect = mlab_allocate(context, n, sizeof *effect), *one = mlab_allocate(context, n, width * sizeof *one);
    if (!effect || !one) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for predictions of %s", fit->outcome);
    if (!status) memset(out, 0, n * width * sizeof *out);
    mlab_quadrature_rule(MLAB_MOST_NODES, node, weight);
    for (size_t k = 0; k < MLAB_MOST_NODES && !status; k++) {
        for (size_t i = 0; i < n; i++) effect[i] = sqrt(variance) * node[k];
        status = mlab_predict_conditional(context, fit, table, rows, first, n, parameters, share, effect, scale, times, n_times, one, err);
        for (size_t i = 0; i < n * width && !status; i++) out[i] += exp(weight[k]) * one[i];
    }
    mlab_release(context, effect);
    mlab_release(context, one);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear predictors of a fit: one for each block; ordinal fits may have one for each threshold and one for the log of the scale. */
#include "fit/model.h"

#include <math.h>

static bool by_threshold(const mlab_fit *fit)
{
    return fit->n_nominal > 0;
}

size_t mlab_fit_predictors(const mlab_fit *fit)
{
    return (by_threshold(fit) ? fit->n_thresholds : fit->n_blocks) + (fit->n_scale > 0);
}

bool mlab_fit_takes_offset(const mlab_fit *fit, size_t k)
{
    return fit->n_scale == 0 || k + 1 < mlab_fit_predictors(fit);
}

bool mlab_fit_is_coefficient(const mlab_fit *fit, size_t j)
{
    if (j % fit->block_size < fit->n_thresholds && j < fit->n_blocks * fit->block_size) return false;
    return j < fit->n_parameters - fit->n_ancillary || fit->n_nominal > 0 || fit->n_scale > 0;
}

/* Parameters of nominal columns at threshold k > 0, and of the scale. */
static size_t nominal_from(const mlab_fit *fit, size_t k)
{
    return fit->block_size + (k - 1) * fit->n_nominal;
}

static size_t scale_from(const mlab_fit *fit)
{
    return fit->n_parameters - fit->n_scale;
}

void mlab_fit_predictors_fill(const mlab_fit *fit, const double *parameters, const double *x, double offset, double *eta)
{
    size_t p = fit->block_size - fit->n_thresholds;
    for (size_t k = 0; k < fit->n_blocks; k++) {
        const double *b = parameters + fit->n_thresholds + k * p;
        eta[k] = offset;
        for (size_t j = 0; j < p; j++) eta[k] += b[j] * x[j];
    }
    for (size_t k = 1; k < fit->n_thresholds && by_threshold(fit); k++) {
        const double *first = parameters + fit->n_thresholds, *own = parameters + nominal_from(fit, k);
        eta[k] = eta[0];
        for (size_t w = 0; w < fit->n_nominal; w++) eta[k] += (own[w] - first[fit->nominal[w]]) * x[fit->nominal[w]];
    }
    if (fit->n_scale == 0) return;
    double *log_scale = eta + mlab_fit_predictors(fit) - 1;
    *log_scale = 0;
    for (size_t z = 0; z < fit->n_scale; z++) *log_scale += parameters[scale_from(fit) + z] * x[fit->scale[z]];
}

void mlab_fit_predictors_back(const mlab_fit *fit, const double *x, size_t k, double slope, double *gradient)
{
    size_t p = fit->block_size - fit->n_thresholds;
    if (!mlab_fit_takes_offset(fit, k)) {
        for (size_t z = 0; z < fit->n_scale; z++) gradient[scale_from(fit) + z] += slope * x[fit->scale[z]];
        return;
    }
    double *into = gradient + fit->n_thresholds + (by_threshold(fit) ? 0 : k * p);
    for (size_t j = 0; j < p; j++) into[j] += slope * x[j];
    for (size_t w = 0; w < fit->n_nominal && k > 0; w++) {
        into[fit->nominal[w]] -= slope * x[fit->nominal[w]];
        gradient[nominal_from(fit, k) + w] += slope * x[fit->nominal[w]];
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival at given times of the parametric models, known from the fit alone. */
#include "fit/survival/times.h"

#include "core/elementary.h"
#include "core/error.h"

#include <math.h>
#include <string.h>

size_t mlab_times_width(const mlab_fit *fit, mlab_scale scale, size_t n_times)
{
    (void)fit;
    return scale == MLAB_SCALE_SURVIVAL ? n_times : 0;
}

mlab_status mlab_times_predict(const mlab_context *context, const mlab_fit *fit, mlab_scale scale, const double *parameters, size_t n,
                               const double *eta, const double *share, const double *times, size_t n_times, double *out, mlab_error *err)
{
    (void)scale, (void)share;
    const double *ancillary = parameters + fit->n_parameters - fit->n_ancillary;
    bool spline = strcmp(fit->model, "spline") == 0;
    if (spline && fit->n_knots != fit->n_ancillary + 1) return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: the fit has no knots", fit->outcome);
    if (n == 0) return MLAB_OK;
    mlab_time_law law = mlab_time_law_of(fit, ancillary);
    double *part = out + (n - 1) * n_times; /* the last row's place; it is used up last */
    (void)context;
    for (size_t t = 0; t < n_times; t++) part[t] = mlab_time_law_part(&law, times[t]);
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < n_times; t++) out[i * n_times + t] = mlab_exp(-mlab_time_law_hazard(&law, eta[i], part[t]));
    return MLAB_OK;
}

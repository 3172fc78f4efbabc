/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From priors of coefficients, as they are named, to a quadratic form of the centred, scaled or mixed parameters that Newton moves. */
#include "fit/penalty/penalty.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double ROOT_TWO_PI = 2.506628274631000502416;

mlab_status mlab_penalty_outward(const mlab_context *context, mlab_outward outward, const void *of, size_t n, double **matrix, mlab_error *err)
{
    double *t = *matrix = mlab_allocate(context, n, n * sizeof *t), *unit = mlab_allocate(context, n, sizeof *unit);
    for (size_t k = 0; t && unit && k < n; k++) {
        memset(unit, 0, n * sizeof *unit);
        unit[k] = 1;
        outward(of, unit, 1);
        for (size_t j = 0; j < n; j++) t[j * n + k] = unit[j];
    }
    mlab_release(context, unit);
    return t && unit ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", n);
}

mlab_status mlab_penalty_priors(mlab_penalty *penalty, const mlab_prepared *prepared, const mlab_fit *fit, const uint8_t *aliased,
                                mlab_outward outward, const void *of, double shift, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    const mlab_context *context = penalty->context;
    size_t n = penalty->n, *where = mlab_allocate(context, problem->n_priors, sizeof *where);
    char **names = NULL;
    double *t = NULL, dispersion = prepared->dispersion > 0 ? prepared->dispersion : 1;
    penalty->precision = mlab_allocate(context, n, n * sizeof(double));
    penalty->pull = mlab_allocate(context, n, sizeof(double));
    mlab_status status = where && penalty->precision && penalty->pull
                             ? mlab_penalty_outward(context, outward, of, n, &t, err)
                             : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the priors of %zu parameters", n);
    if (!status && !fit) status = mlab_prepared_names(context, prepared, &names, err);
    if (!status) status = mlab_priors_find(problem, fit ? fit->names : names, n, aliased, where, err);
    for (size_t k = 0; k < problem->n_priors && !status; k++) {
        const mlab_prior *prior = &problem->priors[k];
        const double *row = t + where[k] * n, weight = dispersion / (prior->sd * prior->sd);
        double mean = prior->mean - (where[k] == 0 ? shift : 0);
        penalty->at_means -= 0.5 * weight * mean * mean + dispersion * log(prior->sd * ROOT_TWO_PI);
        for (size_t i = 0; i < n; i++) {
            penalty->pull[i] += weight * mean * row[i];
            for (size_t j = 0; j < n; j++) penalty->precision[i * n + j] += weight * row[i] * row[j];
        }
    }
    mlab_prepared_names_free(context, names, n);
    mlab_release(context, where);
    mlab_release(context, t);
    return status;
}

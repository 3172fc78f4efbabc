/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wald tests of linear hypotheses (Cox & Hinkley 1974, ch. 9). With a robust covariance the statistic over its degrees of freedom is taken as F with
 * the clusters less one (Cameron & Miller 2015, doi:10.3368/jhr.50.2.317). Weakness: they depend on the scale that a parameter stands on. */
#include "fit/after/wald.h"

#include "core/error.h"
#include "core/memory.h"
#include "mentorlab/after.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

mlab_test mlab_chi_squared(double statistic, size_t df)
{
    statistic = fmax(statistic, 0);
    return (mlab_test){df, statistic, gsl_cdf_chisq_Q(statistic, (double)df)};
}

size_t mlab_quadratic(double *v, double *r, size_t n, double *value)
{
    size_t used = 0;
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        double own = v[i * n + i], left = own;
        for (size_t k = 0; k < i; k++) left -= v[i * n + k] * v[i * n + k];
        bool out = !(left > 1e-12 * own);
        double root = out ? 0 : sqrt(left);
        v[i * n + i] = root;
        for (size_t k = 0; k < i; k++) r[i] -= v[i * n + k] * r[k];
        r[i] = out ? 0 : r[i] / root;
        for (size_t j = i + 1; j < n; j++) {
            double sum = v[j * n + i];
            for (size_t k = 0; k < i; k++) sum -= v[j * n + k] * v[i * n + k];
            v[j * n + i] = out ? 0 : sum / root;
        }
        used += !out;
        *value += r[i] * r[i];
    }
    return used;
}

mlab_status mlab_fit_wald(const mlab_context *context, const mlab_fit *fit, const double *hypothesis, const double *value, size_t n, mlab_test *test,
                          mlab_error *err)
{
    size_t p = fit->n_parameters;
    const double *covariance = fit->robust ? fit->robust : fit->covariance;
    *test = (mlab_test){0};
    if (n == 0) return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: a hypothesis without rows", fit->outcome);
    double *v = mlab_allocate(context, n, n * sizeof *v), *r = mlab_allocate(context, n, sizeof *r), *hv = mlab_allocate(context, p, sizeof *hv);
    mlab_status status = v && r && hv ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a hypothesis of %zu rows", n);
    for (size_t a = 0; a < n && !status; a++) {
        const double *h = hypothesis + a * p;
        r[a] = value ? -value[a] : 0;
        for (size_t j = 0; j < p; j++) r[a] += h[j] * fit->estimate[j];
        memset(hv, 0, p * sizeof *hv);
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k < p && h[j] != 0; k++) hv[k] += h[j] * covariance[j * p + k];
        for (size_t b = 0; b < n; b++)
            for (size_t k = 0; k < p; k++) v[a * n + b] += hv[k] * hypothesis[b * p + k];
    }
    if (!status) {
        double statistic;
        size_t df = mlab_quadratic(v, r, n, &statistic);
        if (df) *test = mlab_chi_squared(statistic, df);
        uint64_t clusters = fit->n_clusters_other && fit->n_clusters_other < fit->n_clusters ? fit->n_clusters_other : fit->n_clusters;
        if (df && fit->robust && clusters > 1) test->p = gsl_cdf_fdist_Q(statistic / (double)df, (double)df, (double)clusters - 1);
        if (fit->robust && clusters < 3) *test = (mlab_test){0}; /* no interval, no test */
    }
    mlab_release(context, v);
    mlab_release(context, r);
    mlab_release(context, hv);
    return status;
}

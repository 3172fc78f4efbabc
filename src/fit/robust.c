/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cluster-robust covariance (Liang & Zeger 1986, doi:10.1093/biomet/73.1.13) with the small-sample factor CR1,
 * G / (G - 1) (N - 1) / (N - p), and the influence of clusters that draws of several outcomes are made from.
 * Weakness: with few or very unequal clusters CR1 is too small (Cameron & Miller 2015, doi:10.3368/jhr.50.2.317); intervals use
 * t(G - 1), a warning is given under 10 clusters and no interval under 3.
 */
#include "fit/model.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <string.h>

#define CLUSTERS_A_BLOCK ((size_t)4096)

typedef struct influence_work {
    const double *inverse;
    size_t p, n;
    double *scores;
} influence_work;

static mlab_status influence_block(void *arg, size_t block, void *scratch, mlab_error *err)
{
    (void)err;
    influence_work *work = arg;
    double *into = scratch;
    size_t p = work->p, last = (block + 1) * CLUSTERS_A_BLOCK < work->n ? (block + 1) * CLUSTERS_A_BLOCK : work->n;
    for (size_t g = block * CLUSTERS_A_BLOCK; g < last; g++) {
        double *row = work->scores + g * p;
        memset(into, 0, p * sizeof *into);
        for (size_t k = 0; k < p; k++) {
            if (row[k] == 0) continue;
            const double *from = work->inverse + k * p;
            for (size_t j = 0; j < p; j++) into[j] += row[k] * from[j];
        }
        memcpy(row, into, p * sizeof *into);
    }
    return MLAB_OK;
}

mlab_status mlab_influence(const mlab_context *context, const double *inverse, size_t p, double *scores, size_t n_clusters, mlab_error *err)
{
    influence_work work = {inverse, p, n_clusters, scores};
    size_t n_blocks = (n_clusters + CLUSTERS_A_BLOCK - 1) / CLUSTERS_A_BLOCK;
    return mlab_parallel_blocks(context, NULL, n_blocks, (p + 1) * sizeof(double), influence_block, &work, err);
}

void mlab_influence_product(const double *a, const double *b, size_t n_clusters, size_t p, size_t q, double factor, double *product)
{
    memset(product, 0, p * q * sizeof *product);
    for (size_t g = 0; g < n_clusters; g++)
        for (size_t j = 0; j < p; j++) {
            double scaled = factor * a[g * p + j];
            if (scaled == 0) continue;
            for (size_t k = 0; k < q; k++) product[j * q + k] += scaled * b[g * q + k];
        }
}

static size_t estimated(const mlab_fit *fit)
{
    size_t n = 0;
    for (size_t j = 0; j < fit->n_parameters; j++) n += !fit->aliased[j];
    return n;
}

static mlab_status count_clusters(mlab_fit *fit, mlab_error *err)
{
    if (fit->n_clusters < 3)
        return mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err, "%llu clusters (%s) are too few for an interval; at least 3",
                              (unsigned long long)fit->n_clusters, fit->cluster);
    if (fit->n_clusters < 10)
        return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "only %llu clusters (%s): intervals are rough under 10", (unsigned long long)fit->n_clusters,
                              fit->cluster);
    return MLAB_OK;
}

double mlab_robust_factor(const mlab_fit *fit, double n_observations)
{
    double g = (double)fit->n_clusters;
    return g / (g - 1) * (n_observations - 1) / (n_observations - (double)estimated(fit));
}

mlab_status mlab_fit_robust(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, double *influence, double n_observations,
                            mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t p = fit->n_parameters, n_clusters = problem->cluster ? problem->n_clusters : problem->n;
    bool clustered = problem->cluster != NULL;
    mlab_release(context, fit->influence);
    fit->influence = influence;
    mlab_release(context, fit->influence_id);
    fit->influence_id = mlab_allocate(context, n_clusters, sizeof *fit->influence_id);
    if (!fit->influence_id) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu clusters", n_clusters);
    for (size_t g = 0; g < n_clusters; g++) fit->influence_id[g] = problem->cluster_id ? problem->cluster_id[g] : (uint32_t)g;
    fit->n_clusters = n_clusters;
    if (!clustered && !problem->weights_sampling) return MLAB_OK;
    if (clustered) {
        mlab_status status = count_clusters(fit, err);
        if (status) return status;
    }
    if (n_clusters < 2 || n_observations <= (double)estimated(fit)) return MLAB_OK;
    char *kind = mlab_copy_text(context, "CR1");
    fit->robust = mlab_allocate(context, p, p * sizeof *fit->robust);
    if (kind) {
        mlab_release(context, fit->robust_kind);
        fit->robust_kind = kind;
    }
    if (!fit->robust || !kind) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", p);
    mlab_influence_product(influence, influence, n_clusters, p, p, mlab_robust_factor(fit, n_observations), fit->robust);
    return MLAB_OK;
}

mlab_status mlab_refit_weights_make(const mlab_context *context, const mlab_fit_problem *problem, const mlab_refit_weights *weights, double **own,
                                    mlab_error *err)
{
    *own = NULL;
    if (!weights || (!weights->row && !weights->cluster)) return MLAB_OK;
    *own = mlab_allocate(context, problem->n, sizeof **own);
    if (!*own) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to refit %zu rows", problem->n);
    for (size_t i = 0; i < problem->n; i++) (*own)[i] = mlab_refit_weight(problem, weights, i);
    return MLAB_OK;
}

void mlab_covariance_carry(const void *of, void (*row)(const void *of, double *v, double sign), size_t n, double *covariance)
{
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++) row(of, covariance + i * n, 1);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++) {
                double swap = covariance[i * n + j];
                covariance[i * n + j] = covariance[j * n + i];
                covariance[j * n + i] = swap;
            }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) covariance[i * n + j] = covariance[j * n + i];
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Robust covariance of mixed models by clusters that hold whole groups: H (sum over clusters of s s') H with H the inverse of the information (Liang
 * & Zeger 1986, doi:10.1093/biomet/73.1.13). Linear models: of the coefficients, their standard deviations taken as known (clubSandwich's CR0 and
 * CR1S); others: of all parameters together, whose coefficients are shown and whose whole the draws are made of.
 * CR2 and CR3 weigh the scores by the leverage of the clusters, of all parameters together where the model is not linear.
 * Weakness: frailties have no CR2 or CR3.
 */
#include "fit/mixed/mixed_robust.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

typedef struct sandwich {
    const mlab_context *context;
    const mlab_prepared *prepared;
    mlab_fit *fit;
    mlab_cluster_scores scores;
    double *bread, *meat, *df; /* [n * n], [n * n], [n] */
    size_t *place;
} sandwich;

static const char *const names[] = {[MLAB_ROBUST_CR1] = "CR1", [MLAB_ROBUST_CR0] = "CR0", [MLAB_ROBUST_CR2] = "CR2", [MLAB_ROBUST_CR3] = "CR3",
                                    [MLAB_ROBUST_HC0] = "HC0", [MLAB_ROBUST_HC1] = "HC1", [MLAB_ROBUST_HC2] = "HC2", [MLAB_ROBUST_HC3] = "HC3"};

/* place [all] of the parameters of the fit and of its spread among those that are estimated; SIZE_MAX = aliased. */
static void find_places(const mlab_fit *fit, size_t *place)
{
    size_t at = 0;
    for (size_t j = 0; j < fit->n_parameters + fit->n_spread; j++) place[j] = j < fit->n_parameters && fit->aliased[j] ? SIZE_MAX : at++;
}

/* The sandwich into fit->robust and the joint covariance. */
static void put(const sandwich *w, double factor)
{
    mlab_fit *fit = w->fit;
    size_t p = fit->n_parameters, all = p + fit->n_spread, n = w->scores.n;
    double *v = w->meat;
    mlab_influence_product(w->scores.score, w->scores.score, w->scores.n_clusters, n, n, factor, v);
    for (size_t t = 0; t < fit->n_priors; t++) { /* each prior is one more independent observation */
        const double *row = w->bread + w->place[fit->priors[t].parameter] * n, weight = 1 / (fit->priors[t].sd * fit->priors[t].sd);
        for (size_t k = 0; k < n * n; k++) v[k] += weight * row[k / n] * row[k % n];
    }
    for (size_t j = 0; j < all; j++)
        for (size_t k = 0; k < all; k++) {
            size_t a = w->place[j], b = w->place[k];
            bool inside = a < n && b < n;
            if (j < p && k < p) fit->robust[j * p + k] = inside ? v[a * n + b] : 0;
            if (inside) fit->joint_covariance[j * all + k] = v[a * n + b];
        }
}

static mlab_status make(sandwich *w, mlab_robust kind, mlab_error *err)
{
    mlab_fit *fit = w->fit;
    const mlab_fit_problem *problem = w->prepared->problem;
    size_t n = w->scores.n, p = fit->n_parameters, all = p + fit->n_spread, used = 0, saturated = 0;
    double groups = (double)w->scores.n_clusters, rows = 0, factor = 1;
    bool degrees = kind == MLAB_ROBUST_CR2;
    w->bread = mlab_allocate(w->context, n, n * sizeof *w->bread);
    w->meat = mlab_allocate(w->context, n, n * sizeof *w->meat);
    w->df = mlab_allocate(w->context, n, sizeof *w->df);
    w->place = mlab_allocate(w->context, all, sizeof *w->place);
    fit->robust = mlab_allocate(fit->context, p, p * sizeof *fit->robust);
    if (degrees) fit->robust_df = mlab_allocate(fit->context, p, sizeof *fit->robust_df);
    if (!w->bread || !w->meat || !w->df || !w->place || !fit->robust || (degrees && !fit->robust_df))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", p);
    for (size_t j = 0; j < p; j++) used += !fit->aliased[j];
    for (size_t i = 0; i < problem->n; i++) rows += problem->weight && problem->weights == MLAB_WEIGHTS_FREQUENCY ? problem->weight[i] : 1;
    if (kind == MLAB_ROBUST_CR1) factor = groups / (groups - 1) * (rows - 1) / (rows - (double)used);
    find_places(fit, w->place);
    for (size_t j = 0; j < all; j++)
        for (size_t k = 0; k < all; k++)
            if (w->place[j] < n && w->place[k] < n) w->bread[w->place[j] * n + w->place[k]] = fit->joint_covariance[j * all + k];
    mlab_status status = MLAB_OK;
    if (kind == MLAB_ROBUST_CR2 || kind == MLAB_ROBUST_CR3)
        status = mlab_cluster_scores_adjust(&w->scores, kind == MLAB_ROBUST_CR2 ? -0.5 : -1, degrees ? w->df : NULL, &saturated, err);
    if (!status) status = mlab_influence(w->context, w->bread, n, w->scores.score, w->scores.n_clusters, err);
    if (status) return status;
    put(w, factor);
    for (size_t j = 0; degrees && j < p; j++) fit->robust_df[j] = fit->aliased[j] ? 0 : w->df[w->place[j]];
    if (!saturated) return MLAB_OK;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "%zu clusters fit a coefficient alone: %s cannot adjust for that, and its errors are too small",
                          saturated, names[kind]);
}

/* What the fit is clustered by from now on. */
static mlab_status tell(mlab_fit *fit, const mlab_fit_problem *problem, mlab_robust kind, mlab_error *err)
{
    char *cluster = mlab_copy_text(fit->context, problem->cluster_name ? problem->cluster_name : "cluster");
    char *name = cluster ? mlab_copy_text(fit->context, names[kind]) : NULL;
    if (!name) {
        mlab_release(fit->context, cluster);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    }
    mlab_release(fit->context, fit->cluster);
    mlab_release(fit->context, fit->robust_kind);
    fit->cluster = cluster;
    fit->robust_kind = name;
    fit->n_clusters = problem->n_clusters;
    if (fit->n_clusters < 3)
        return mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err, "%llu clusters (%s) are too few for an interval; at least 3",
                              (unsigned long long)fit->n_clusters, fit->cluster);
    if (fit->n_clusters >= 10) return MLAB_OK;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "only %llu clusters (%s): intervals are rough under 10", (unsigned long long)fit->n_clusters,
                          fit->cluster);
}

/* Why there is none; NULL = there can be one. */
static const char *refusal(const mlab_prepared *prepared, mlab_robust kind)
{
    const mlab_fit_problem *problem = prepared->problem;
    bool frailty = prepared->model->marks & MLAB_MODEL_FRAILTY;
    if (kind >= MLAB_ROBUST_HC0) return "is of rows, which random effects tie together; name whole clusters: cluster(...)";
    if (problem->cluster_other) return "by two clusters is not there: a likelihood with random effects falls apart by one of them only";
    if (!problem->cluster) return "needs clusters; name them: cluster(...)";
    if ((kind == MLAB_ROBUST_CR2 || kind == MLAB_ROBUST_CR3) && frailty) return "is not there for frailties; CR0 and CR1 are";
    if (problem->n_clusters < 2) return "needs more than one cluster";
    return NULL;
}

mlab_status mlab_mixed_robust(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    mlab_robust kind = (mlab_robust)prepared->options.robust;
    sandwich w = {.context = context, .prepared = prepared, .fit = fit};
    if (kind == MLAB_ROBUST_CR1 && !problem->cluster_stated) return MLAB_OK; /* the people of a panel are not asked for */
    if (fit->trust == MLAB_SEPARATED || fit->trust == MLAB_NOT_CONVERGED || problem->warm_mixed || !fit->spread) return MLAB_OK;
    if ((prepared->model->marks & MLAB_MODEL_FRAILTY) && !(fit->spread[0] > 0))
        return mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                              "without a frailty left the errors are those of the model; the fit without (1 | ...) has robust ones");
    const char *why = refusal(prepared, kind), *spans = NULL;
    if (why) return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "%s %s; the errors are those of the model", names[kind], why);
    bool adjusts = kind == MLAB_ROBUST_CR2 || kind == MLAB_ROBUST_CR3;
    mlab_status status = prepared->model->marks & MLAB_MODEL_FRAILTY
                             ? mlab_frailty_cluster_scores(context, prepared, fit, &w.scores, &spans, err)
                             : mlab_cluster_scores_make(context, prepared, fit, adjusts, &w.scores, &spans, err);
    if (!status && spans)
        status =
            mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                           "%s by %s is not there: a group of %s lies in several; clusters must hold whole groups. The errors are those of the model",
                           names[kind], problem->cluster_name ? problem->cluster_name : "cluster", spans);
    else if (!status && !(status = make(&w, kind, err)))
        status = tell(fit, problem, kind, err);
    mlab_cluster_scores_free(&w.scores);
    mlab_release(context, w.bread);
    mlab_release(context, w.meat);
    mlab_release(context, w.df);
    mlab_release(context, w.place);
    return status;
}

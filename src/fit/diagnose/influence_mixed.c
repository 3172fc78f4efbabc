/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leaving out one group would move in a mixed model, to first order: the inverse information times the score of the group's rows (Cook &
 * Weisberg 1982 for one step; scores of clusters as Wang & Merkle 2018, doi:10.18637/jss.v087.c01). Of the first grouping whose groups lie in no two
 * groups of any other: the likelihood falls apart by these alone. Weakness: standard deviations between groups of linear models stay as they are.
 */
#include "fit/diagnose/diagnose.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/mixed_robust.h"

#include <math.h>

static const double STRONG = 1;       /* standard errors that one group moves a coefficient by, */
static const double BY_CHANCE = 3;    /* or, of few groups, times what one of equal groups moves by chance */
#define MOST_WORK ((size_t)200000000) /* groups times parameters squared */

/* cluster [n]: the groups of a grouping, rows without one each by itself; returns how many there are, 0 = rows are in several. */
static size_t cluster_by(const mlab_fit_problem *problem, const mlab_random_grouping *g, uint32_t *cluster)
{
    size_t n = g->n_groups;
    if (g->memberships > 1 || g->share) return 0;
    for (size_t i = 0; i < problem->n; i++) cluster[i] = g->group[i] == UINT32_MAX ? (uint32_t)n++ : g->group[i];
    return n;
}

static mlab_status tell(mlab_diagnosing *d, const char *who, const mlab_cluster_scores *scores, mlab_error *err)
{
    const mlab_fit *fit = d->fit;
    size_t p = fit->n_parameters, all = p + fit->n_spread, which = 0, strong = 0;
    double most = 0, strength = fmax(STRONG, BY_CHANCE / sqrt((double)scores->n_clusters));
    for (size_t g = 0; g < scores->n_clusters; g++) {
        bool one = false;
        for (size_t j = 0; j < p; j++) {
            double by = 0, variance = fit->covariance[j * p + j];
            if (fit->aliased[j] || !(variance > 0)) continue;
            for (size_t k = 0, at = 0; k < (fit->robust ? p : all) && at < scores->n; k++)
                if (k >= p || !fit->aliased[k])
                    by += (fit->robust ? fit->covariance[j * p + k] : fit->joint_covariance[j * all + k]) * scores->score[g * scores->n + at++];
            by = fabs(by) / sqrt(variance);
            one = one || by > strength;
            if (by > most) {
                most = by;
                which = j;
            }
        }
        strong += one;
    }
    if (strong)
        return mlab_diagnose_add(d, true, "influence", fit->names[which], most, -1, err,
                                 "%zu of %zu (%s) move a coefficient by more than %.2g standard errors when left out; the most by %.2g of them (%s).",
                                 strong, scores->n_clusters, who, strength, most, fit->names[which]);
    return mlab_diagnose_add(d, false, "influence", fit->names[which], most, -1, err,
                             "No single %s decides: leaving one out moves a coefficient by %.2f of its standard error at most (%s).", who, most,
                             fit->names[which]);
}

mlab_status mlab_diagnose_influence_mixed(mlab_diagnosing *d, mlab_error *err)
{
    mlab_fit_problem problem = *d->prepared->problem;
    mlab_prepared prepared = *d->prepared;
    size_t parameters = d->fit->n_parameters + d->fit->n_spread;
    const char *spans = "";
    mlab_status status = MLAB_OK;
    if (!d->fit->spread) return MLAB_OK;
    uint32_t *cluster = mlab_allocate(d->context, problem.n, sizeof *cluster);
    if (!cluster) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %zu rows", problem.n);
    for (size_t t = 0; t < problem.n_random && spans && !status; t++) {
        mlab_cluster_scores scores = {0};
        problem.n_clusters = cluster_by(&problem, &problem.random[t], cluster);
        if (problem.n_clusters == 0 || problem.n_clusters * parameters * parameters > MOST_WORK) continue;
        problem.cluster = cluster;
        prepared.problem = &problem;
        status = mlab_cluster_scores_make(d->context, &prepared, d->fit, false, &scores, &spans, err);
        if (!status && !spans) status = tell(d, d->fit->random[t].group, &scores, err);
        mlab_cluster_scores_free(&scores);
    }
    mlab_release(d->context, cluster);
    return status;
}

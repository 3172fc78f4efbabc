/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of clusters that hold whole groups of a frailty: of the marginal likelihood of a parametric model, of the profile likelihood of Cox's. */
#include "fit/mixed/mixed_robust.h"
#include "fit/survival/frailty.h"
#include "fit/survival/frailty_draw.h"
#include "fit/survival/times_frailty.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static bool spans_clusters(const mlab_fit_problem *problem, uint32_t *home)
{
    for (size_t i = 0; i < problem->n; i++) {
        uint32_t *at = &home[problem->random->group[i]], c = problem->cluster[i] + 1;
        if (*at && *at != c) return true;
        *at = c;
    }
    return false;
}

/* all [n_clusters * n] in centred columns and the log variance to those of the design and the standard deviation. */
static mlab_status times_scores(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, double *all, mlab_error *err)
{
    mlab_times_groups g;
    size_t n = fit->n_parameters + 1, n_clusters = prepared->problem->n_clusters;
    mlab_status status = mlab_times_groups_begin(context, prepared, &g, err);
    double *parameters = mlab_allocate(context, 2, n * sizeof *parameters), *columns = mlab_allocate(context, n, n * sizeof *columns);
    if (!status && (!parameters || !columns)) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu clusters", n_clusters);
    if (!status) {
        memcpy(parameters, fit->estimate, (n - 1) * sizeof *parameters);
        mlab_times_uncentre(g.times, parameters, -1);
        parameters[n - 1] = 2 * mlab_log(fit->spread[0]);
        status = mlab_times_groups_scores(&g, parameters, all, err);
    }
    for (size_t j = 0; j + 1 < n && !status; j++) { /* what a unit of a parameter of the design is in the others */
        columns[j * n + j] = 1;
        mlab_times_uncentre(g.times, columns + j * n, -1);
    }
    for (size_t c = 0; c < n_clusters && !status; c++) {
        double *score = all + c * n, *own = parameters + n;
        for (size_t j = 0; j + 1 < n; j++) {
            own[j] = 0;
            for (size_t k = 0; k + 1 < n; k++) own[j] += score[k] * columns[j * n + k];
        }
        memcpy(score, own, (n - 1) * sizeof *score);
        score[n - 1] *= 2 / fit->spread[0];
    }
    mlab_release(context, parameters);
    mlab_release(context, columns);
    mlab_times_groups_end(&g);
    return status;
}

static mlab_status cox_scores(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, double *all, mlab_error *err)
{
    mlab_frailty_again again;
    size_t q = fit->n_parameters + 1;
    mlab_status status = mlab_frailty_again_begin(context, prepared, fit, &again, err);
    if (!status)
        status = mlab_frailty_climb(&again.f, again.f.rows->aliased, prepared->options.tolerance, (int)prepared->options.iterations, &again.top, err);
    if (!status) status = mlab_frailty_scores(&again, prepared->problem->cluster, all, err);
    for (size_t c = 0; c < prepared->problem->n_clusters && !status; c++) all[c * q + q - 1] *= 2 * fit->spread[0];
    mlab_frailty_again_end(&again);
    return status;
}

mlab_status mlab_frailty_cluster_scores(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_cluster_scores *scores,
                                        const char **spans, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    size_t q = fit->n_parameters + 1, n = 0;
    *scores = (mlab_cluster_scores){.context = context, .n_clusters = problem->n_clusters};
    *spans = NULL;
    uint32_t *home = mlab_allocate(context, problem->random->n_groups, sizeof *home);
    double *all = mlab_allocate(context, problem->n_clusters, q * sizeof *all);
    mlab_status status = home && all ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the scores of %zu clusters", problem->n_clusters);
    if (!status && spans_clusters(problem, home)) *spans = fit->random->group;
    if (!status && !*spans) status = (prepared->model == &mlab_model_cox ? cox_scores : times_scores)(context, prepared, fit, all, err);
    for (size_t j = 0; j < q; j++) n += j + 1 == q || !fit->aliased[j];
    for (size_t c = 0; c < problem->n_clusters && !status; c++)
        for (size_t j = 0, to = 0; j < q; j++)
            if (j + 1 == q || !fit->aliased[j]) all[c * n + to++] = all[c * q + j];
    scores->n = n;
    mlab_release(context, home);
    if (status || *spans)
        mlab_release(context, all);
    else
        scores->score = all;
    return status;
}

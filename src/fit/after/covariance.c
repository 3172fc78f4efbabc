/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Robust covariances: of rows (HC0 to HC3; White 1980, doi:10.2307/1912934; MacKinnon & White 1985, doi:10.1016/0304-4076(85)90158-7), of clusters
 * (CR0 to CR3) and of two-way clusters, which are the sum of both less that of their intersection (Cameron, Gelbach & Miller 2011,
 * doi:10.1198/jbes.2010.07136); negative eigenvalues of that difference become 0, and the fit says so.
 * Those of cox, without leverages, sum the score residuals of its rows.
 * Weakness: two-way clusters keep no influence, so that draws of several outcomes take such a fit apart.
 */
#include "fit/after/adjusted.h"
#include "fit/after/after.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/small.h"
#include "fit/survival/cox.h"
#include "fit/survival/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct kind {
    const char *name;
    bool of_rows;
    mlab_adjustment adjustment;
} kind;

static const kind kinds[] = {
    [MLAB_ROBUST_CR1] = {"CR1", false, MLAB_ADJUST_NONE}, [MLAB_ROBUST_CR0] = {"CR0", false, MLAB_ADJUST_NONE},
    [MLAB_ROBUST_CR2] = {"CR2", false, MLAB_ADJUST_HALF}, [MLAB_ROBUST_CR3] = {"CR3", false, MLAB_ADJUST_FULL},
    [MLAB_ROBUST_HC0] = {"HC0", true, MLAB_ADJUST_NONE},  [MLAB_ROBUST_HC1] = {"HC1", true, MLAB_ADJUST_NONE},
    [MLAB_ROBUST_HC2] = {"HC2", true, MLAB_ADJUST_HALF},  [MLAB_ROBUST_HC3] = {"HC3", true, MLAB_ADJUST_FULL},
};

static double observations(const mlab_fit_problem *problem)
{
    double total = 0;
    if (!problem->weight || problem->weights_sampling) return (double)problem->n;
    for (size_t i = 0; i < problem->n; i++) total += problem->weight[i];
    return total;
}

static double factor_of(mlab_robust robust, double groups, double n, double p)
{
    if (robust == MLAB_ROBUST_HC1) return n / (n - p);
    return robust == MLAB_ROBUST_CR1 ? groups / (groups - 1) * (n - 1) / (n - p) : 1;
}

/* --- two ways ------------------------------------------------------------------------------------------------ */

typedef struct pair {
    uint32_t a, b, row;
} pair;

static int by_pair(const void *x, const void *y)
{
    const pair *p = x, *q = y;
    if (p->a != q->a) return p->a < q->a ? -1 : 1;
    if (p->b != q->b) return p->b < q->b ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

/* group [n]: the intersection of both clusters that the row is in. */
static mlab_status intersect(const mlab_context *context, const mlab_fit_problem *problem, uint32_t *group, size_t *n_groups, mlab_error *err)
{
    pair *pairs = mlab_allocate(context, problem->n, sizeof *pairs);
    if (!pairs) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the clusters of %zu rows", problem->n);
    for (size_t i = 0; i < problem->n; i++) pairs[i] = (pair){problem->cluster[i], problem->cluster_other[i], (uint32_t)i};
    qsort(pairs, problem->n, sizeof *pairs, by_pair);
    *n_groups = 0;
    for (size_t i = 0; i < problem->n; i++) {
        if (i == 0 || pairs[i].a != pairs[i - 1].a || pairs[i].b != pairs[i - 1].b) ++*n_groups;
        group[pairs[i].row] = (uint32_t)(*n_groups - 1);
    }
    mlab_release(context, pairs);
    return MLAB_OK;
}

/* Negative eigenvalues of the symmetric a [n * n] to 0; true when there were some. room [2 n^2]. */
static bool repair(double *a, size_t n, double *room)
{
    double *values = room, *vectors = room + n * n, least = 0, most = 0;
    memcpy(values, a, n * n * sizeof *a);
    mlab_small_eigen(values, n, vectors);
    for (size_t k = 0; k < n; k++) {
        least = fmin(least, values[k * n + k]);
        most = fmax(most, values[k * n + k]);
    }
    if (least >= -1e-14 * most) return false;
    memset(a, 0, n * n * sizeof *a);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n && values[k * n + k] > 0; i++)
            for (size_t j = 0; j < n; j++) a[i * n + j] += values[k * n + k] * vectors[i * n + k] * vectors[j * n + k];
    return true;
}

/* --- the work -------------------------------------------------------------------------------------------------- */

typedef struct making {
    const mlab_context *context;
    const mlab_fit_problem *problem;
    mlab_robust robust;
    const kind *kind;
    mlab_row_parts parts;
    double *each; /* [n * p] influence of every row (cox), or NULL: from the parts */
    mlab_fit *fit;
    mlab_steps steps;                 /* of a baseline (cox) */
    double *influence, *product, *df; /* of the last grouping: [n_groups * p], [p * p] */
    size_t saturated, n_groups;
} making;

/* m->product becomes the sum over groups of the outer product of their influence, times the factor, which is returned. */
static double multiply(making *m)
{
    size_t p = m->fit->n_parameters, used = 0;
    for (size_t j = 0; j < p; j++) used += !m->fit->aliased[j];
    double factor = factor_of(m->robust, (double)m->n_groups, observations(m->problem), (double)used);
    mlab_influence_product(m->influence, m->influence, m->n_groups, p, p, factor, m->product);
    return factor;
}

/* The influence of groups as the sum of that of their rows. */
static mlab_status sum_groups(making *m, const uint32_t *group, size_t n_groups, double sign, mlab_error *err)
{
    size_t p = m->fit->n_parameters, n = m->problem->n;
    m->n_groups = group ? n_groups : n;
    mlab_release(m->context, m->influence);
    m->influence = mlab_allocate(m->context, m->n_groups, (p ? p : 1) * sizeof *m->influence);
    if (!m->influence) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu groups", m->n_groups);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++) m->influence[(group ? group[i] : i) * p + j] += m->each[i * p + j];
    double factor = sign * multiply(m);
    for (size_t k = 0; k < p * p; k++) m->fit->robust[k] += sign * m->product[k];
    mlab_baseline *baseline = m->fit->baseline;
    if (!baseline) return MLAB_OK;
    mlab_step_groups groups = {.group = group, .n_groups = m->n_groups};
    return mlab_steps_errors(&m->steps, &groups, m->influence, p, factor, baseline->variance, baseline->covariance, err);
}

/* Adds sign times the covariance by the groups to fit->robust. */
static mlab_status add_groups(making *m, const uint32_t *group, size_t n_groups, double sign, mlab_error *err)
{
    size_t p = m->fit->n_parameters, saturated = 0;
    if (m->each) return sum_groups(m, group, n_groups, sign, err);
    mlab_row_groups groups = {0};
    mlab_status status = mlab_row_groups_make(m->context, group, m->problem->n, n_groups, &groups, err);
    if (status) return status;
    m->n_groups = groups.n_groups;
    mlab_release(m->context, m->influence);
    m->influence = mlab_allocate(m->context, groups.n_groups, p * sizeof *m->influence);
    status = m->influence ? mlab_adjusted_influence(&m->parts, &groups, m->kind->adjustment, m->influence, m->df, &saturated, err)
                          : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu groups", groups.n_groups);
    mlab_row_groups_free(&groups);
    if (status) return status;
    m->saturated += saturated;
    multiply(m);
    for (size_t k = 0; k < p * p; k++) m->fit->robust[k] += sign * m->product[k];
    return MLAB_OK;
}

static mlab_status both_ways(making *m, mlab_error *err)
{
    const mlab_fit_problem *problem = m->problem;
    size_t p = m->fit->n_parameters, n_groups;
    uint32_t *group = mlab_allocate(m->context, problem->n, sizeof *group);
    double *room = mlab_allocate(m->context, 2 * p, p * sizeof *room);
    mlab_status status = group && room ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for two-way clusters");
    if (!status) status = intersect(m->context, problem, group, &n_groups, err);
    if (!status) status = add_groups(m, problem->cluster_other, problem->n_clusters_other, 1, err);
    if (!status) status = add_groups(m, group, n_groups, -1, err);
    if (!status && repair(m->fit->robust, p, room))
        status = mlab_fit_doubt(m->fit, MLAB_TRUSTED, err, "the two-way covariance by %s and %s had negative eigenvalues, which were set to 0",
                                problem->cluster_name, problem->cluster_other_name);
    if (!status && problem->n_clusters_other < 3)
        status = mlab_fit_doubt(m->fit, MLAB_TOO_FEW_CLUSTERS, err, "%zu clusters (%s) are too few for an interval; at least 3",
                                problem->n_clusters_other, problem->cluster_other_name);
    else if (!status && problem->n_clusters_other < 10)
        status = mlab_fit_doubt(m->fit, MLAB_TRUSTED, err, "only %zu clusters (%s): intervals are rough under 10", problem->n_clusters_other,
                                problem->cluster_other_name);
    mlab_release(m->context, group);
    mlab_release(m->context, room);
    return status;
}

static mlab_status rename_text(mlab_fit *fit, char **text, const char *to, mlab_error *err)
{
    char *copy = mlab_copy_text(fit->context, to);
    if (!copy) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    mlab_release(fit->context, *text);
    *text = copy;
    return MLAB_OK;
}

/* The influence of the fit: that of its clusters, or none where rows are taken apart that belong together. */
static void settle_influence(making *m, bool keep)
{
    mlab_fit *fit = m->fit;
    mlab_release(fit->context, fit->influence);
    fit->influence = keep ? m->influence : NULL;
    if (keep) {
        m->influence = NULL;
        return;
    }
    mlab_release(fit->context, fit->influence_id);
    fit->influence_id = NULL;
}

static mlab_status finish(making *m, bool two, mlab_error *err)
{
    mlab_fit *fit = m->fit;
    const mlab_fit_problem *problem = m->problem;
    mlab_status status = rename_text(fit, &fit->robust_kind, m->kind->name, err);
    if (status) return status;
    settle_influence(m, !two && (!m->kind->of_rows || !problem->cluster) && fit->influence);
    if (m->kind->of_rows) {
        fit->cluster[0] = 0;
        fit->n_clusters = problem->n;
    }
    if (two) {
        fit->n_clusters_other = problem->n_clusters_other;
        if ((status = rename_text(fit, &fit->cluster_other, problem->cluster_other_name, err))) return status;
    } else if (m->df) {
        fit->robust_df = m->df;
        m->df = NULL;
    }
    if (m->saturated == 0) return MLAB_OK;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "%zu %s fit%s a coefficient alone: %s cannot adjust for that, and its errors are too small",
                          m->saturated, m->kind->of_rows ? "rows" : "clusters", m->saturated == 1 ? "s" : "", m->kind->name);
}

/* Influence row by row, and what rows add to the baseline, whose errors begin at 0. */
static mlab_status begin_cox(making *m, const mlab_prepared *prepared, mlab_error *err)
{
    mlab_status status = mlab_cox_influence(m->context, prepared, m->fit, &m->each, err);
    if (status || !m->fit->baseline) return status;
    status = mlab_cox_steps(m->context, prepared, m->fit, &m->steps, err);
    return status ? status : mlab_baseline_clear_errors(m->context, m->fit->baseline, err);
}

static mlab_status make(making *m, const mlab_prepared *prepared, mlab_error *err)
{
    mlab_fit *fit = m->fit;
    const mlab_fit_problem *problem = m->problem;
    size_t p = fit->n_parameters;
    bool two = problem->cluster && problem->cluster_other && !m->kind->of_rows;
    mlab_status status;
    if (prepared->model == &mlab_model_cox)
        status = begin_cox(m, prepared, err);
    else
        status = mlab_row_parts_make(m->context, prepared, fit->estimate, fit->aliased, fit->shape, &m->parts, err);
    if (status) return status;
    if (!fit->robust) fit->robust = mlab_allocate(m->context, p, p * sizeof *fit->robust);
    m->product = mlab_allocate(m->context, p, p * sizeof *m->product);
    if (m->robust == MLAB_ROBUST_CR2 && !two) m->df = mlab_allocate(m->context, p, sizeof *m->df);
    if (!fit->robust || !m->product || (m->robust == MLAB_ROBUST_CR2 && !two && !m->df))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", p);
    memset(fit->robust, 0, p * p * sizeof *fit->robust);
    status = add_groups(m, m->kind->of_rows ? NULL : problem->cluster, problem->n_clusters, 1, err);
    if (!status && two) status = both_ways(m, err);
    return status ? status : finish(m, two, err);
}

/* CR0 of models that have no scores row by row here: CR1 without its factor. */
static mlab_status without_factor(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    char *name = mlab_copy_text(context, kinds[MLAB_ROBUST_CR0].name);
    if (!name) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    mlab_release(context, fit->robust_kind);
    fit->robust_kind = name;
    mlab_influence_product(fit->influence, fit->influence, fit->n_clusters, fit->n_parameters, fit->n_parameters, 1, fit->robust);
    return prepared->model->steps ? mlab_baseline_robust(context, prepared, fit, 1, err) : MLAB_OK;
}

mlab_status mlab_fit_robust_again(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_robust robust = (mlab_robust)prepared->options.robust;
    const mlab_fit_problem *problem = prepared->problem;
    bool two = problem->cluster && problem->cluster_other;
    if (fit->trust == MLAB_SEPARATED && !fit->penalised) { /* the scores of what runs away are 0: a sandwich would call it certain */
        mlab_release(fit->context, fit->robust);
        fit->robust = NULL;
    }
    if (robust == MLAB_ROBUST_CR1 && !two) return MLAB_OK;
    if (fit->trust == MLAB_SEPARATED || fit->trust == MLAB_NOT_CONVERGED) return MLAB_OK; /* there is no covariance to speak of */
    bool cox = prepared->model == &mlab_model_cox && kinds[robust].adjustment == MLAB_ADJUST_NONE && prepared->options.ties != 2 && !problem->random;
    bool other = (!mlab_engine_of(prepared) && !cox) || mlab_is_penalised(prepared);
    if (other && robust == MLAB_ROBUST_CR0 && !two && !mlab_is_penalised(prepared) && problem->cluster && !problem->n_random && fit->robust &&
        fit->influence)
        return without_factor(context, prepared, fit, err);
    if (other)
        return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "%s%s not there for %s; its errors are %s", two ? "two-way clusters are" : kinds[robust].name,
                              two ? "" : " is",
                              problem->random               ? "models with random effects"
                              : mlab_is_penalised(prepared) ? "fits with a penalty"
                                                            : fit->model,
                              fit->robust ? "CR1 by one cluster" : "those of the model");
    making m = {.context = context, .problem = problem, .robust = robust, .kind = &kinds[robust], .fit = fit};
    double n = observations(problem), used = 0,
           groups = kinds[robust].of_rows || !problem->cluster ? (double)problem->n : (double)problem->n_clusters;
    for (size_t j = 0; j < fit->n_parameters; j++) used += !fit->aliased[j];
    if (groups < 2 || n <= used || (two && problem->n_clusters_other < 2)) return MLAB_OK; /* said already, or all that can be said */
    mlab_status status = make(&m, prepared, err);
    mlab_row_parts_free(&m.parts);
    mlab_steps_free(&m.steps);
    mlab_release(context, m.each);
    mlab_release(context, m.influence);
    mlab_release(context, m.product);
    mlab_release(context, m.df);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariances of means that rest on a baseline hazard: by the delta method, the steps independent given the coefficients (Tsiatis 1981,
 * doi:10.1214/aos/1176345335), or by the infinitesimal jackknife of rows or clusters, which the derivatives of the means turn into that of
 * each mean. Weakness: with priors, what they say counts once, with the coefficients. */
#include "fit/after/baseline_means.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/after/intervals.h"
#include "fit/survival/cox.h"

#include <math.h>
#include <string.h>

/* --- the jackknife ----------------------------------------------------------------------------------------------- */

/* What sums over groups are multiplied by to be the robust covariance; what priors add to it is left out. */
static double factor_of(const mlab_fit *fit, const mlab_jackknife *j)
{
    size_t p = fit->n_parameters;
    double best = 0, ratio = fit->robust && strcmp(fit->robust_kind, "CR1") == 0 ? mlab_robust_factor(fit, (double)fit->n_rows) : 1;
    for (size_t c = 0; c < p && fit->robust; c++) {
        double sum = 0, own = fit->robust[c * p + c];
        for (size_t g = 0; g < j->groups.n_groups; g++) sum += j->influence[g * p + c] * j->influence[g * p + c];
        for (size_t k = 0; k < fit->n_priors; k++) own -= pow(fit->covariance[c * p + fit->priors[k].parameter] / fit->priors[k].sd, 2);
        if (!(sum > best)) continue;
        best = sum;
        ratio = own / sum;
    }
    return ratio;
}

/* A row of frequency w is w rows, each with its own influence: those of the model's own sandwich (fine_gray). */
static mlab_status split_frequencies(mlab_jackknife *j, const mlab_fit_problem *problem, size_t p, mlab_error *err)
{
    j->scale = mlab_allocate(j->context, problem->n, sizeof *j->scale);
    j->own = mlab_allocate(j->context, problem->n, (p ? p : 1) * sizeof *j->own);
    if (!j->scale || !j->own) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %zu rows", problem->n);
    for (size_t i = 0; i < problem->n; i++) {
        j->scale[i] = problem->weight[i] > 0 ? 1 / sqrt(problem->weight[i]) : 0;
        for (size_t c = 0; c < p; c++) j->own[i * p + c] = j->scale[i] * j->influence[i * p + c];
    }
    j->influence = j->own;
    j->groups.scale = j->scale;
    return MLAB_OK;
}

mlab_status mlab_jackknife_make(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_jackknife *j, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    bool rows = !problem->cluster || (fit->robust && strncmp(fit->robust_kind, "HC", 2) == 0);
    *j = (mlab_jackknife){.context = context, .influence = fit->influence};
    j->groups = (mlab_step_groups){.group = rows ? NULL : problem->cluster, .n_groups = rows ? problem->n : problem->n_clusters};
    if (fit->cluster_other && fit->cluster_other[0])
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: the baseline of a %s fit with two-way clusters is not drawn or averaged yet",
                          fit->outcome, fit->model);
    mlab_status status = MLAB_OK;
    if (!fit->influence && prepared->model == &mlab_model_cox && rows) {
        status = mlab_cox_influence(context, prepared, fit, &j->own, err);
        j->influence = j->own;
    } else if (!fit->influence) {
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: what single rows add to the fit was not kept, so that its baseline is not drawn",
                          fit->outcome);
    }
    if (!status) j->factor = factor_of(fit, j);
    if (!status && !fit->robust && problem->weight && !problem->weights_sampling) status = split_frequencies(j, problem, fit->n_parameters, err);
    if (!status) status = prepared->model->steps(context, prepared, fit, &j->steps, err);
    return status;
}

void mlab_jackknife_free(mlab_jackknife *j)
{
    if (!j->context) return;
    mlab_steps_free(&j->steps);
    mlab_release(j->context, j->own);
    mlab_release(j->context, j->scale);
    *j = (mlab_jackknife){0};
}

/* --- covariances ------------------------------------------------------------------------------------------------- */

/* covariance += gradient V gradient' */
static void add_coefficients(const mlab_baseline_means *means, const double *v, double *half, double *covariance)
{
    size_t p = means->n_parameters;
    for (size_t a = 0; a < means->n; a++) {
        for (size_t k = 0; k < p; k++) {
            half[k] = 0;
            for (size_t j = 0; j < p; j++) half[k] += means->gradient[a * p + j] * v[j * p + k];
        }
        for (size_t b = 0; b < means->n; b++)
            for (size_t k = 0; k < p; k++) covariance[a * means->n + b] += half[k] * means->gradient[b * p + k];
    }
}

/* tail [n * n_steps]: derivative of each mean by single steps: sums of the weights from each step of a stratum to its last. */
static void add_independent(const mlab_baseline_means *means, const mlab_baseline *b, double *tail, double *covariance)
{
    size_t n = means->n, steps = means->n_steps;
    for (size_t a = 0; a < n; a++)
        for (size_t s = 0; s < b->n_strata; s++)
            for (size_t k = b->first[s + 1]; k-- > b->first[s];)
                tail[a * steps + k] = means->weight[a * steps + k] + (k + 1 < b->first[s + 1] ? tail[a * steps + k + 1] : 0);
    for (size_t s = 0; s < b->n_strata; s++)
        for (size_t k = b->first[s]; k < b->first[s + 1]; k++) {
            double variance = b->variance[k] - (k > b->first[s] ? b->variance[k - 1] : 0);
            for (size_t a = 0; a < n; a++)
                for (size_t c = 0; c < n && tail[a * steps + k] != 0; c++)
                    covariance[a * n + c] += variance * tail[a * steps + k] * tail[c * steps + k];
        }
}

/* each [n_groups * n]: influence of every group on every mean. */
static void add_jackknife(const mlab_baseline_means *means, const mlab_jackknife *j, double *room, double *one, double *each, double *covariance)
{
    size_t n = means->n, p = means->n_parameters, groups = j->groups.n_groups;
    for (size_t a = 0; a < n; a++) {
        memset(one, 0, groups * sizeof *one);
        mlab_steps_sum(&j->steps, &j->groups, means->weight + a * means->n_steps, room, one);
        for (size_t g = 0; g < groups; g++) {
            for (size_t k = 0; k < p; k++) one[g] += means->gradient[a * p + k] * j->influence[g * p + k];
            each[g * n + a] = one[g];
        }
    }
    mlab_influence_product(each, each, groups, n, n, j->factor, covariance);
}

/* What priors, not rows, tell of the coefficients. */
static void add_priors(const mlab_baseline_means *means, const mlab_fit *fit, double *covariance)
{
    size_t n = means->n, p = means->n_parameters;
    for (size_t k = 0; k < fit->n_priors; k++)
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++) {
                double one = 0, two = 0;
                for (size_t j = 0; j < p; j++) {
                    double v = fit->covariance[j * p + fit->priors[k].parameter] / fit->priors[k].sd;
                    one += means->gradient[a * p + j] * v;
                    two += means->gradient[b * p + j] * v;
                }
                covariance[a * n + b] += one * two;
            }
}

mlab_status mlab_baseline_means_covariance(const mlab_baseline_means *means, const mlab_fit *fit, const mlab_jackknife *j, double *covariance,
                                           mlab_error *err)
{
    size_t n = means->n, groups = j ? j->groups.n_groups : 0, steps = means->n_steps;
    double *room = mlab_allocate(means->context, j ? steps : n, (j ? (size_t)MLAB_STEP_BASES : steps) * sizeof *room);
    double *one = mlab_allocate(means->context, groups + means->n_parameters + 1, sizeof *one);
    double *each = mlab_allocate(means->context, groups, n * sizeof *each);
    mlab_status status =
        room && one && each ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "%s: no memory for the errors of %zu means", fit->outcome, n);
    memset(covariance, 0, n * n * sizeof *covariance);
    if (!status && j) {
        add_jackknife(means, j, room, one, each, covariance);
        add_priors(means, fit, covariance);
    } else if (!status) {
        add_coefficients(means, mlab_fit_covariance(fit), one, covariance);
        add_independent(means, fit->baseline, room, covariance);
    }
    void *const memory[] = {room, one, each};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(means->context, memory[k]);
    return status;
}

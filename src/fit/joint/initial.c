/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A joint model of the first period: the first value of each person has an equation of its own, which holds a multiple of the person's effect, and
 * everything is one likelihood (Heckman 1981, in Manski & McFadden, Structural Analysis of Discrete Data, 179-195; compared with other ways in
 * Rabe-Hesketh & Skrondal 2013, doi:10.1016/j.econlet.2013.05.024). What comes out is a mixed model with the parameters of these equations behind.
 *
 * Weakness: the person's effect is unrelated to the covariates; the equation of the first value is an approximation where the histories began
 * earlier.
 */
#include "fit/joint/initial.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "fit/joint/joint_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const KINDS[] = {"first", "before"};
static const double NO_SPREAD = 1e-8; /* of a standard deviation: no loading can be told */

typedef struct work {
    const mlab_context *context;
    const mlab_outcome_problem *main;
    mlab_first_equations first;
    mlab_prepared *prepared[MLAB_FIRST_KINDS];
    mlab_joint_part_problem parts[1 + MLAB_FIRST_KINDS];
    const char *names[1 + MLAB_FIRST_KINDS];
    size_t n_parts;
    mlab_fit *whole;    /* the joint fit */
    bool gaussian;      /* every part has the log of a residual SD */
    size_t n, n_spread; /* of the new fit */
    double *slope;      /* [(n + n_spread) * whole] of its parameters by those of the joint fit */
    double *value;      /* [n + n_spread] */
    const char **name;  /* [n] borrowed */
    size_t *from;       /* [n] place in the joint fit; SIZE_MAX = a loading */
} work;

static mlab_status no_memory(const work *w, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the first values of %s", w->main->problem.outcome);
}

static mlab_status check(const mlab_outcome *outcome, const mlab_outcome_problem *main, mlab_error *err)
{
    const mlab_fit_problem *problem = &main->problem;
    bool plain = problem->n_random == 1 && problem->random->person && mlab_design_columns(problem->random->design) == 1;
    if (!plain)
        return mlab_raise_at(err, MLAB_ERR_DATA_NOT_BUILT, &outcome->formula_place,
                             "%s: initial: joint takes one level of each person, (1 | person), and no other random effects; for others write "
                             "initial: wooldridge",
                             outcome->name);
    if (!problem->cluster || strcmp(main->cluster_name, "person") != 0 || main->problem.cluster_other)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place, "%s: leave cluster() out of its formula beside initial: joint",
                             outcome->name);
    return MLAB_OK;
}

static mlab_status join(work *w, const mlab_outcome *outcome, const mlab_prepared *prepared, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    w->parts[0] = (mlab_joint_part_problem){.prepared = prepared};
    w->names[w->n_parts++] = outcome->name;
    for (int k = 0; k < MLAB_FIRST_KINDS && !status; k++) {
        const mlab_outcome_problem *made = w->first.made[k];
        if (!made) continue;
        status = mlab_prepare(w->context, made->model, &made->problem, &made->options, &w->prepared[k], err);
        w->parts[w->n_parts] = (mlab_joint_part_problem){.prepared = w->prepared[k]};
        w->names[w->n_parts++] = KINDS[k];
    }
    if (!status) status = mlab_joint_fit_first(w->context, outcome->name, w->parts, w->names, w->n_parts, &w->main->options, &w->whole, err);
    return status;
}

/* --- parameters ------------------------------------------------------------------------------------------------------ */

static double *slope_at(const work *w, size_t i, size_t j)
{
    return &w->slope[i * w->whole->n_parameters + j];
}

/* Main's own, then of each first equation its own and its loading; then how people differ, as fit->spread holds it. */
static void carry(work *w)
{
    const mlab_fit *whole = w->whole;
    size_t sd_at = whole->n_parameters - w->n_parts, at = 0, n = 0;
    double sd = whole->estimate[sd_at];
    for (size_t r = 0; r < w->n_parts; r++) {
        size_t own = whole->joint->parts[r]->n_parameters + (r && w->gaussian), loading = sd_at + r;
        for (size_t j = 0; j < own; j++, n++) {
            w->from[n] = at + j;
            w->name[n] = whole->names[at + j] + (r ? 0 : strlen(w->names[0]) + 1);
            w->value[n] = whole->estimate[at + j];
            *slope_at(w, n, at + j) = 1;
        }
        at += whole->joint->parts[r]->n_parameters + w->gaussian;
        if (r == 0) continue;
        bool told = sd > NO_SPREAD && isfinite(whole->estimate[loading] / sd);
        w->from[n] = SIZE_MAX;
        w->name[n] = NULL;
        w->value[n] = told ? whole->estimate[loading] / sd : 0;
        *slope_at(w, n, loading) = told ? 1 / sd : 0;
        *slope_at(w, n, sd_at) = told ? -whole->estimate[loading] / (sd * sd) : 0;
        n++;
    }
    size_t log_residual = whole->joint->parts[0]->n_parameters; /* of main, where there is one */
    double residual = w->gaussian ? exp(whole->estimate[log_residual]) : 1;
    w->value[n] = sd / residual;
    *slope_at(w, n, sd_at) = 1 / residual;
    if (!w->gaussian) return;
    *slope_at(w, n, log_residual) = -sd / residual;
    w->value[n + 1] = log(residual);
    *slope_at(w, n + 1, log_residual) = 1;
}

static mlab_status start(work *w, mlab_error *err)
{
    size_t all = w->whole->n_parameters;
    w->gaussian = w->main->problem.number && w->whole->joint->parts[0]->residual_variance > 0;
    w->n_spread = 1 + w->gaussian;
    w->n = w->n_parts - 1; /* loadings */
    for (size_t r = 0; r < w->n_parts; r++) w->n += w->whole->joint->parts[r]->n_parameters + (r && w->gaussian);
    w->slope = mlab_allocate(w->context, w->n + w->n_spread, all * sizeof *w->slope);
    w->value = mlab_allocate(w->context, w->n + w->n_spread, sizeof *w->value);
    w->name = mlab_allocate(w->context, w->n, sizeof *w->name);
    w->from = mlab_allocate(w->context, w->n, sizeof *w->from);
    if (!w->slope || !w->value || !w->name || !w->from) return no_memory(w, err);
    carry(w);
    return MLAB_OK;
}

/* slope * covariance * slope'. */
static mlab_status spread_errors(const work *w, double *to, mlab_error *err)
{
    size_t n = w->n + w->n_spread, all = w->whole->n_parameters;
    double *half = mlab_allocate(w->context, n, all * sizeof *half);
    if (!half) return no_memory(w, err);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < all; k++)
            for (size_t j = 0; j < all; j++) half[i * all + j] += *slope_at(w, i, k) * w->whole->covariance[k * all + j];
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l <= i; l++) {
            double sum = 0;
            for (size_t j = 0; j < all; j++) sum += half[i * all + j] * *slope_at(w, l, j);
            to[i * n + l] = to[l * n + i] = sum;
        }
    mlab_release(w->context, half);
    return MLAB_OK;
}

static char *name_of(const work *w, size_t j, size_t loading)
{
    if (w->name[j]) return mlab_copy_text(w->context, w->name[j]);
    mlab_text text = MLAB_TEXT(w->context);
    mlab_text_print(&text, "%s ~ person", w->names[loading]);
    char *copy = text.failed ? NULL : mlab_copy_text(w->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}

static void free_names(const mlab_fit *fit)
{
    for (size_t j = 0; fit->names && j < fit->n_parameters; j++) mlab_release(fit->context, fit->names[j]);
    mlab_release(fit->context, fit->names);
}

/* The part becomes the longer fit. */
static mlab_status lengthen(const work *w, mlab_fit *fit, mlab_error *err)
{
    const mlab_context *context = w->context;
    size_t n = w->n, loading = 0, extra = n - fit->n_parameters, all = n + w->n_spread;
    free_names(fit);
    void *const old[] = {fit->estimate, fit->aliased, fit->covariance};
    for (size_t k = 0; k < 3; k++) mlab_release(context, old[k]);
    fit->n_parameters = n;
    fit->n_ancillary = fit->n_initial = extra;
    fit->names = mlab_allocate(context, n, sizeof *fit->names);
    fit->estimate = mlab_allocate(context, n, sizeof *fit->estimate);
    fit->aliased = mlab_allocate(context, n, 1);
    fit->covariance = mlab_allocate(context, n, n * sizeof *fit->covariance);
    fit->spread = mlab_allocate(context, w->n_spread, sizeof *fit->spread);
    fit->joint_covariance = mlab_allocate(context, all, all * sizeof *fit->joint_covariance);
    if (!fit->names || !fit->estimate || !fit->aliased || !fit->covariance || !fit->spread || !fit->joint_covariance) return no_memory(w, err);
    fit->n_spread = w->n_spread;
    for (size_t j = 0; j < n; j++) {
        loading += !w->name[j];
        if (!(fit->names[j] = name_of(w, j, loading))) return no_memory(w, err);
        fit->estimate[j] = w->value[j];
        fit->aliased[j] = w->from[j] != SIZE_MAX && w->whole->aliased[w->from[j]];
    }
    memcpy(fit->spread, w->value + n, w->n_spread * sizeof *fit->spread);
    mlab_status status = spread_errors(w, fit->joint_covariance, err);
    for (size_t i = 0; i < n && !status; i++) memcpy(fit->covariance + i * n, fit->joint_covariance + i * all, n * sizeof *fit->covariance);
    return status;
}

/* Priors are of the coefficients of main, which stand in front in both. */
static void take_priors(const work *w, mlab_fit *fit)
{
    mlab_fit *whole = w->whole;
    fit->priors = whole->priors;
    fit->n_priors = whole->n_priors;
    fit->penalised_log_likelihood = whole->penalised_log_likelihood;
    whole->priors = NULL;
    whole->n_priors = 0;
}

/* --- people ------------------------------------------------------------------------------------------------------------ */

static uint32_t rank_of(const mlab_fit_problem *problem, size_t cluster)
{
    return problem->cluster_id ? problem->cluster_id[cluster] : (uint32_t)cluster;
}

static bool has_rank(const mlab_fit_problem *problem, uint32_t rank)
{
    size_t low = 0, high = problem->n_clusters;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rank_of(problem, middle) < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low < problem->n_clusters && rank_of(problem, low) == rank;
}

/* People with a first value alone are no groups of the mixed model: their effects are taken out. */
static void keep_groups(const work *w, mlab_random_effects *random)
{
    const mlab_fit_problem *main = &w->main->problem;
    uint32_t last = 0;
    for (size_t r = 0; r < w->n_parts; r++) {
        const mlab_fit_problem *problem = w->parts[r].prepared->problem;
        if (problem->n_clusters && rank_of(problem, problem->n_clusters - 1) > last) last = rank_of(problem, problem->n_clusters - 1);
    }
    size_t at = 0, to = 0;
    for (uint32_t rank = 0; rank <= last && at < random->n_groups; rank++) {
        bool anywhere = false;
        for (size_t r = 0; r < w->n_parts; r++) anywhere = anywhere || has_rank(w->parts[r].prepared->problem, rank);
        if (!anywhere) continue;
        if (has_rank(main, rank)) {
            random->mode[to] = random->mode[at];
            random->mode_se[to++] = random->mode_se[at];
        }
        at++;
    }
    random->n_groups = to;
    random->people = true;
}

/* First values answered in the panel have no last value, but are modelled: they are not left out. */
static void count_first(const work *w, mlab_fit *fit)
{
    for (int k = 0; k < MLAB_FIRST_KINDS; k++) {
        const mlab_outcome_problem *made = w->first.made[k];
        if (!made) continue;
        fit->n_first_values += made->problem.n;
        if (k == MLAB_FIRST_IN) fit->n_dropped_missing -= made->problem.n < fit->n_dropped_missing ? made->problem.n : fit->n_dropped_missing;
    }
}

/* --- the whole ---------------------------------------------------------------------------------------------------------- */

static mlab_status take(work *w, const mlab_outcome *outcome, mlab_fit **out, mlab_error *err)
{
    mlab_fit *fit = w->whole->joint->parts[0];
    const mlab_context *context = w->context;
    const size_t own = fit->n_parameters;
    mlab_status status = start(w, err);
    if (!status) status = lengthen(w, fit, err);
    if (!status) status = mlab_initial_count_behind(w->main, &w->first, own, w->whole->joint->parts, w->n_parts, w->gaussian, fit, err);
    if (!status) status = mlab_joint_text(context, &fit->outcome, outcome->name, err);
    if (!status) status = mlab_joint_text(context, &fit->reason, w->whole->reason, err);
    if (!status) status = mlab_joint_text(context, &fit->robust_kind, "", err);
    if (!status) status = mlab_joint_text(context, &fit->cluster, "", err);
    if (status) return status;
    keep_groups(w, fit->random);
    take_priors(w, fit);
    count_first(w, fit);
    fit->n_clusters = 0;
    fit->trust = w->whole->trust;
    mlab_release(context, fit->robust);
    fit->robust = NULL;
    const size_t all = w->whole->n_parameters, sd_at = all - w->n_parts;
    fit->random->sd_se[0] = sqrt(w->whole->covariance[sd_at * all + sd_at]); /* all errors here are those of the model */
    w->whole->joint->parts[0] = NULL;
    *out = fit;
    return MLAB_OK;
}

mlab_status mlab_fit_initial(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome, const mlab_outcome_problem *main,
                             const mlab_prepared *prepared, mlab_fit **fit, mlab_error *err)
{
    work w = {.context = context, .main = main};
    *fit = NULL;
    mlab_status status = check(outcome, main, err);
    if (!status) status = mlab_first_equations_make(data, outcome, main, &w.first, err);
    if (!status) status = join(&w, outcome, prepared, err);
    if (!status) status = take(&w, outcome, fit, err);
    void *const memory[] = {w.slope, w.value, (void *)w.name, w.from};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    mlab_fit_free(w.whole);
    for (int k = 0; k < MLAB_FIRST_KINDS; k++) mlab_prepared_free(w.prepared[k]);
    mlab_first_equations_free(&w.first);
    return status;
}

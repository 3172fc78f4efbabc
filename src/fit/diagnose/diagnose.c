/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnoses in sentences: convergence, collinearity (generalised variance inflation, Fox & Monette 1992, doi:10.1080/01621459.1992.10475190) and the
 * influence of single clusters; the others have files of their own.
 *
 * Weakness: thresholds of "careful" are conventions, and with many rows small departures are found that do not matter.
 */
#include "fit/diagnose/diagnose.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/design_terms.h"
#include "fit/mixed/mixed_robust.h"
#include "fit/small.h"
#include "fit/survival/times.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double INFLATED = 3.1622776601683795; /* of a standard error: a variance inflation of 10 */
static const double STRONG = 1;                    /* standard errors that one cluster moves a coefficient by */

mlab_status mlab_diagnose_add(mlab_diagnosing *d, bool doubt, const char *what, const char *about, double statistic, double p, mlab_error *err,
                              const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    mlab_after *after = d->after;
    mlab_status status = mlab_grow(d->context, &after->diagnoses, after->n_diagnoses, &d->capacity, sizeof *after->diagnoses, err);
    if (status) return status;
    mlab_diagnosis *made = &after->diagnoses[after->n_diagnoses++];
    *made = (mlab_diagnosis){.doubt = doubt, .statistic = statistic, .p = p};
    made->what = mlab_copy_text(d->context, what);
    made->about = mlab_copy_text(d->context, about);
    made->sentence = mlab_copy_text(d->context, sentence);
    return made->what && made->about && made->sentence ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a diagnosis");
}

enum { FEW_PEOPLE = 10 };

static mlab_status convergence(mlab_diagnosing *d, mlab_error *err)
{
    const mlab_fit *fit = d->fit;
    bool trouble = fit->trust == MLAB_NOT_CONVERGED || fit->trust == MLAB_SEPARATED || fit->trust == MLAB_INDEFINITE;
    if (trouble) {
        char *reason = NULL; /* the sentence is made before it is known from which number of people on a group may be told */
        mlab_status status = mlab_fit_reason_told(fit->context, fit, FEW_PEOPLE, &reason, err);
        if (!status)
            status = mlab_diagnose_add(d, true, "convergence", "", fit->gradient, -1, err, "%s: %s.", mlab_trust_sentence(fit->trust), reason);
        mlab_fit_reason_free(fit->context, reason);
        return status;
    }
    return mlab_diagnose_add(d, false, "convergence", "", fit->gradient, -1, err,
                             "Converged in %d steps; the largest score left is %.1g standard errors, no coefficient runs away.", fit->iterations,
                             fit->gradient);
}

/* --- collinearity -------------------------------------------------------------------------------------------- */

/* log determinant of the rows and columns `which` [n] of the correlation of coefficients; HUGE_VAL when it has none. room [n * n]. */
static double log_determinant(const mlab_fit *fit, const size_t *which, size_t n, double *room)
{
    size_t p = fit->n_parameters;
    const double *v = fit->covariance;
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) room[a * n + b] = v[which[a] * p + which[b]] / sqrt(v[which[a] * p + which[a]] * v[which[b] * p + which[b]]);
    return mlab_small_log_determinant(room, n);
}

/* Coefficients of block k that are estimated, but the intercept; owner: their terms. */
static size_t coefficients(const mlab_diagnosing *d, size_t k, size_t *which, size_t *owner)
{
    size_t n_terms, n = 0, p = d->prepared->n_columns, first = d->prepared->first_column;
    const mlab_design_term *terms = mlab_design_terms(d->prepared->problem->design, &n_terms);
    for (size_t t = 0; t < n_terms; t++)
        for (size_t c = 0; c < terms[t].n_columns; c++) {
            size_t j = d->fit->n_thresholds + k * p + terms[t].first + c - first;
            if (d->fit->aliased[j] || !(d->fit->covariance[j * d->fit->n_parameters + j] > 0)) continue;
            which[n] = j;
            owner[n++] = t;
        }
    return n;
}

/* GVIF^(1 / (2 df)) of term t among the n coefficients; 0 = the term has none, or all. */
static double inflation(const mlab_fit *fit, const size_t *which, const size_t *owner, size_t n, size_t t, size_t *split, double *room)
{
    size_t own = 0, others = 0;
    for (size_t a = 0; a < n; a++)
        if (owner[a] == t) split[own++] = which[a];
    for (size_t a = 0; a < n; a++)
        if (owner[a] != t) split[own + others++] = which[a];
    if (!own || !others) return 0;
    double log_gvif = log_determinant(fit, split, own, room) + log_determinant(fit, split + own, others, room) - log_determinant(fit, which, n, room);
    return isfinite(log_gvif) ? exp(log_gvif / (2 * (double)own)) : HUGE_VAL;
}

mlab_status mlab_diagnose_collinearity(mlab_diagnosing *d, mlab_error *err)
{
    size_t n_terms, n = d->fit->n_parameters, worst_term = 0;
    const mlab_design_term *terms = mlab_design_terms(d->prepared->problem->design, &n_terms);
    size_t *room = mlab_allocate(d->context, 3 * n, sizeof *room);
    double *matrix = mlab_allocate(d->context, n, n * sizeof *matrix), worst = 0;
    mlab_status status = room && matrix ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a diagnosis");
    for (size_t k = 0; k < d->fit->n_blocks && !status; k++) {
        size_t used = coefficients(d, k, room, room + n);
        for (size_t t = 0; t < n_terms && !status; t++) {
            double by = inflation(d->fit, room, room + n, used, t, room + 2 * n, matrix);
            if (by > worst) {
                worst = by;
                worst_term = t;
            }
            if (by > INFLATED)
                status = mlab_diagnose_add(d, true, "collinearity", terms[t].label, by, -1, err,
                                           "%s%s%s is nearly told by the other terms: its standard errors are %.1f times what they would be alone.",
                                           terms[t].label, d->fit->n_blocks > 1 ? " of " : "", d->fit->n_blocks > 1 ? d->fit->blocks[k] : "", by);
        }
    }
    if (!status && worst > 0 && worst <= INFLATED)
        status =
            mlab_diagnose_add(d, false, "collinearity", terms[worst_term].label, worst, -1, err,
                              "No term is nearly told by the others: the most is %s, whose standard errors are %.1f times what they would be alone.",
                              terms[worst_term].label, worst);
    mlab_release(d->context, room);
    mlab_release(d->context, matrix);
    return status;
}

/* --- influence ------------------------------------------------------------------------------------------------- */

/* Of the groups of a frailty: inverse information of all parameters times the group's score. */
static mlab_status influence_of_groups(mlab_diagnosing *d, mlab_error *err)
{
    const mlab_fit *fit = d->fit;
    mlab_prepared prepared = *d->prepared;
    mlab_fit_problem problem = *prepared.problem;
    mlab_cluster_scores scores = {0};
    const char *spans;
    size_t p = fit->n_parameters, q = p + 1, which = 0, strong = 0;
    double most = 0;
    if (fit->robust || fit->trust == MLAB_ON_BOUNDARY || !fit->joint_covariance) return MLAB_OK;
    problem.cluster = problem.random->group;
    problem.n_clusters = problem.random->n_groups;
    prepared.problem = &problem;
    mlab_times times = {0};
    if (prepared.model != &mlab_model_cox) { /* its rows know their clusters by themselves */
        times = *(const mlab_times *)prepared.own;
        times.problem = &problem;
        prepared.own = &times;
    }
    mlab_status status = mlab_frailty_cluster_scores(d->context, &prepared, fit, &scores, &spans, err);
    for (size_t g = 0; g < problem.n_clusters && !status; g++) {
        bool one = false;
        for (size_t j = 0; j < p; j++) {
            double by = 0, se = sqrt(fit->covariance[j * p + j]);
            for (size_t k = 0, at = 0; k < q; k++)
                if (k == p || !fit->aliased[k]) by += fit->joint_covariance[j * q + k] * scores.score[g * scores.n + at++];
            by = se > 0 ? fabs(by) / se : 0;
            one = one || by > STRONG;
            if (by > most) {
                most = by;
                which = j;
            }
        }
        strong += one;
    }
    mlab_cluster_scores_free(&scores);
    if (status || p == 0) return status;
    const char *who = fit->random->group;
    if (strong)
        return mlab_diagnose_add(d, true, "influence", fit->names[which], most, -1, err,
                                 "%zu of %zu groups of %s move a coefficient by more than its standard error when left out; the most by %.1f of them "
                                 "(%s).",
                                 strong, problem.n_clusters, who, most, fit->names[which]);
    return mlab_diagnose_add(d, false, "influence", fit->names[which], most, -1, err,
                             "No single group of %s decides: leaving one out moves a coefficient by %.2f of its standard error at most (%s).", who,
                             most, fit->names[which]);
}

mlab_status mlab_diagnose_influence(mlab_diagnosing *d, mlab_error *err)
{
    if (d->fit->n_random && (d->prepared->model->marks & MLAB_MODEL_FRAILTY)) return influence_of_groups(d, err);
    const mlab_fit *fit = d->fit;
    size_t p = fit->n_parameters, which = 0, strong = 0;
    double most = 0;
    if (mlab_diagnosing_mixed(d)) return mlab_diagnose_influence_mixed(d, err);
    if (!fit->influence) return MLAB_OK;
    for (size_t g = 0; g < fit->n_clusters; g++) {
        bool one = false;
        for (size_t j = 0; j < p; j++) {
            double se = sqrt(fit->covariance[j * p + j]), by = se > 0 ? fabs(fit->influence[g * p + j]) / se : 0; /* a robust one holds it already */
            one = one || by > STRONG;
            if (by > most) {
                most = by;
                which = j;
            }
        }
        strong += one;
    }
    const char *who = fit->cluster[0] ? fit->cluster : "row";
    if (strong)
        return mlab_diagnose_add(d, true, "influence", fit->names[which], most, -1, err,
                                 "%zu of %llu (%s) move a coefficient by more than its standard error when left out; the most by %.1f of them (%s).",
                                 strong, (unsigned long long)fit->n_clusters, who, most, fit->names[which]);
    return mlab_diagnose_add(d, false, "influence", fit->names[which], most, -1, err,
                             "No single %s decides: leaving one out moves a coefficient by %.2f of its standard error at most (%s).", who, most,
                             fit->names[which]);
}

/* --- all --------------------------------------------------------------------------------------------------------- */

mlab_status mlab_after_diagnose(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    static mlab_status (*const looks[])(mlab_diagnosing *, mlab_error *) = {
        mlab_diagnose_collinearity, mlab_diagnose_influence, mlab_diagnose_hazards, mlab_diagnose_odds,
        mlab_diagnose_residuals,    mlab_diagnose_folds,     mlab_diagnose_score,   mlab_diagnose_times};
    mlab_diagnosing d = {.context = context, .prepared = prepared, .fit = fit, .after = after};
    mlab_status status = convergence(&d, err);
    bool usable = fit->trust != MLAB_NOT_CONVERGED && fit->trust != MLAB_SEPARATED && fit->trust != MLAB_INDEFINITE;
    for (size_t k = 0; k < sizeof looks / sizeof *looks && usable && !status; k++) status = looks[k](&d, err);
    return status;
}

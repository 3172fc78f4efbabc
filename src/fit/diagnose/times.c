/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnoses of models of times: discrimination, accuracy and calibration on people that the fit has not seen, and residuals.
 *
 * People (clusters) are put into ten folds, each predicted from a fit to the others; a Cox fit's curve is Breslow's from the others
 * (fit/diagnose/scores.h has the scores). The horizon is the time by which three quarters of the events have happened. Calibration: risks expected
 * beside Kaplan & Meier's share, for the levels of the factors of the formula and fifths of the risk. Residuals: randomised survival probabilities,
 * S(t) of an event and a uniform share of it where censored, uniform when the model is right (Li, Wu & Feng); an event of a curve of steps is
 * anywhere within its step, as ties are wide. Weakness: rows that enter late,
 * strata without events and priors are not looked at; a Cox fit's curve follows the data as a whole, so that its residuals find only what
 * differs between people. With a frailty folds are of whole groups, risks are averages over groups, and residuals are given a frailty drawn from its
 * distribution given the group's rows, so that they are uniform when the model is right. */
#include "fit/diagnose/diagnose.h"
#include "fit/diagnose/scores.h"
#include "fit/mixed/mixed.h"
#include "fit/survival/frailty_draw.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "data/design_terms.h"
#include "fit/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 10, FEW_EVENTS = 20, FIFTHS = 5, LEAST_EVENTS = 5 };
static const double OFF_GROUP = 4, SURPRISING = 0.001, NOTABLE = 0.05;

typedef struct timed {
    mlab_diagnosing *d;
    size_t n, n_clusters;
    double horizon;
    double *time, *risk; /* [n] risk: of the event by the horizon, from a fit without the row's fold */
    int32_t *event;
    uint32_t *by_time;
    uint8_t *fold; /* [n_clusters] */
    bool usable;
} timed;

/* What is left out together: groups of a frailty, else clusters, else rows. */
static size_t cluster_of(const mlab_fit_problem *problem, size_t i)
{
    return problem->n_random ? problem->random->group[i] : problem->cluster ? problem->cluster[i] : i;
}

/* Breslow's cumulative hazard at the horizon from rows of other folds, by stratum; eta [n] becomes the risk of the fold's own rows. */
static mlab_status breslow_risks(timed *t, uint8_t fold, double *eta, mlab_error *err)
{
    const mlab_fit_problem *problem = t->d->prepared->problem;
    size_t n_strata = problem->stratum ? problem->n_strata : 1;
    double *sums = mlab_allocate(t->d->context, n_strata, 2 * sizeof *sums);
    if (!sums) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu strata", n_strata);
    for (size_t end = t->n, first; end > 0; end = first) {
        double now = t->time[t->by_time[end - 1]];
        for (first = end; first > 0 && t->time[t->by_time[first - 1]] == now;) first--;
        for (size_t k = first; k < end; k++) {
            size_t i = t->by_time[k];
            if (t->fold[cluster_of(problem, i)] != fold) sums[2 * (size_t)(problem->stratum ? problem->stratum[i] : 0)] += mlab_exp(eta[i]);
        }
        for (size_t k = first; k < end && now <= t->horizon; k++) {
            size_t i = t->by_time[k];
            double *own = sums + 2 * (size_t)(problem->stratum ? problem->stratum[i] : 0);
            if (t->event[i] && t->fold[cluster_of(problem, i)] != fold) own[1] += 1 / own[0];
        }
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->fold[cluster_of(problem, i)] == fold)
            t->risk[i] = -mlab_expm1(-sums[2 * (size_t)(problem->stratum ? problem->stratum[i] : 0) + 1] * mlab_exp(eta[i]));
    mlab_release(t->d->context, sums);
    return MLAB_OK;
}

/* Risks of the groups of a fold by a fit to the others, averaged over groups. */
static mlab_status predict_groups(timed *t, uint8_t fold, const double *weight, double *estimate, double *out, mlab_error *err)
{
    const mlab_fit *fit = t->d->fit;
    mlab_prepared prepared = *t->d->prepared;
    mlab_fit_problem problem = *prepared.problem;
    mlab_refit_weights weights = {.cluster = weight};
    mlab_refit_info info = {0};
    mlab_fit view = *fit;
    mlab_random_effects random = *fit->random;
    mlab_baseline baseline = {0};
    double spread = 0, variance;
    if (fit->baseline) baseline = *fit->baseline;
    double *hazard = mlab_allocate(t->d->context, baseline.n, sizeof *hazard);
    if (!hazard) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the folds of %zu rows", t->n);
    problem.cluster = problem.random->group;
    problem.n_clusters = problem.random->n_groups;
    prepared.problem = &problem;
    mlab_status status =
        mlab_mixed_refit_whole(t->d->context, &prepared, &weights, fit, fit->estimate, estimate, &spread, fit->baseline ? hazard : NULL, &info, err);
    t->usable = t->usable && (status || info.trust == MLAB_TRUSTED);
    variance = spread * spread;
    random.covariance = &variance;
    view.random = &random;
    view.estimate = estimate;
    if (fit->baseline) {
        baseline.cumulative_hazard = hazard;
        view.baseline = &baseline;
    }
    if (!status && t->usable)
        status = mlab_predict_averaged(t->d->context, &view, problem.table, problem.rows, 0, t->n, NULL, NULL, MLAB_SCALE_SURVIVAL, &t->horizon, 1,
                                       out, err);
    for (size_t i = 0; i < t->n && !status && t->usable; i++)
        if (t->fold[cluster_of(&problem, i)] == fold) t->risk[i] = 1 - out[i];
    mlab_release(t->d->context, hazard);
    return status;
}

static mlab_status predict_fold(timed *t, uint8_t fold, double *weight, double *estimate, double *out, mlab_error *err)
{
    const mlab_fit_problem *problem = t->d->prepared->problem;
    const mlab_fit *fit = t->d->fit;
    mlab_refit_weights weights = {.cluster = weight};
    mlab_refit_info info = {0};
    bool cox = strcmp(fit->model, "cox") == 0;
    for (size_t g = 0; g < t->n_clusters; g++) weight[g] = t->fold[g] != fold;
    if (problem->n_random) return predict_groups(t, fold, weight, estimate, out, err);
    mlab_status status = mlab_prepared_refit(t->d->context, t->d->prepared, &weights, fit->estimate, estimate, &info, err);
    if (status) return status;
    if (info.trust != MLAB_TRUSTED) {
        t->usable = false;
        return MLAB_OK;
    }
    if (cox) {
        status = mlab_predict(t->d->context, fit, problem->table, problem->rows, 0, t->n, estimate, NULL, MLAB_SCALE_LINK, out, err);
        return status ? status : breslow_risks(t, fold, out, err);
    }
    status =
        mlab_predict_at(t->d->context, fit, problem->table, problem->rows, 0, t->n, estimate, NULL, MLAB_SCALE_SURVIVAL, &t->horizon, 1, out, err);
    for (size_t i = 0; i < t->n && !status; i++)
        if (t->fold[cluster_of(problem, i)] == fold) t->risk[i] = 1 - out[i];
    return status;
}

/* Kaplan & Meier's share with the event by the horizon among rows with member[i] == which, its error and the mean risk. */
static double group_off(const timed *t, const int32_t *member, int32_t which, double *expected, double *seen)
{
    double there = 0, survival = 1, variance = 0, risk = 0, events = 0;
    for (size_t i = 0; i < t->n; i++)
        if (member[i] == which) {
            there++;
            risk += t->risk[i];
        }
    *expected = there > 0 ? risk / there : 0;
    double n = there;
    for (size_t i = 0, end; i < t->n && t->time[t->by_time[i]] <= t->horizon; i = end) {
        double now = t->time[t->by_time[i]], happened = 0, left = 0;
        for (end = i; end < t->n && t->time[t->by_time[end]] == now; end++)
            if (member[t->by_time[end]] == which) {
                happened += t->event[t->by_time[end]];
                left++;
            }
        if (happened > 0 && n > happened) variance += happened / (n * (n - happened));
        if (happened > 0) survival *= 1 - happened / n;
        events += happened;
        n -= left;
    }
    *seen = 1 - survival;
    double se = survival * sqrt(variance);
    return events >= LEAST_EVENTS && se > 0 ? (*seen - *expected) / se : 0;
}

typedef struct worst_group {
    double off, expected, seen;
    char where[160];
} worst_group;

static void look_at(const timed *t, const int32_t *member, int32_t which, const char *name, const char *level, worst_group *worst)
{
    double expected, seen, off = group_off(t, member, which, &expected, &seen);
    if (fabs(off) <= fabs(worst->off)) return;
    *worst = (worst_group){off, expected, seen, ""};
    snprintf(worst->where, sizeof worst->where, "%.70s %.70s", name, level);
}

static mlab_status look_at_groups(const timed *t, worst_group *worst, mlab_error *err)
{
    const mlab_fit_problem *problem = t->d->prepared->problem;
    size_t n_variables;
    const mlab_design_variable *variables = mlab_design_variables(problem->design, &n_variables);
    int32_t *member = mlab_allocate(t->d->context, t->n, sizeof *member);
    uint32_t *order = mlab_allocate(t->d->context, t->n, sizeof *order);
    uint64_t *keys = mlab_allocate(t->d->context, t->n, sizeof *keys);
    mlab_status status = member && order && keys ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %zu rows", t->n);
    for (size_t v = 0; v < n_variables && !status; v++) {
        const mlab_column *column = variables[v].kind == MLAB_VARIABLE_FACTOR ? mlab_table_find(problem->table, variables[v].column) : NULL;
        if (!column || column->type != MLAB_COLUMN_FACTOR) continue;
        for (size_t i = 0; i < t->n; i++) member[i] = column->as.integer[problem->rows ? problem->rows[i] : i];
        for (int32_t l = 0; l < column->n_levels; l++) look_at(t, member, l, variables[v].column, column->levels[l], worst);
    }
    for (size_t i = 0; i < t->n && !status; i++) {
        order[i] = (uint32_t)i;
        keys[i] = mlab_order_of_real(t->risk[i]);
    }
    if (!status) status = mlab_order_by(t->d->context, keys, order, t->n, err);
    for (size_t k = 0; k < t->n && !status; k++) member[order[k]] = (int32_t)(k * FIFTHS / t->n);
    static const char *const fifths[FIFTHS] = {"fifth with the lowest risk", "second fifth by risk", "third fifth by risk", "fourth fifth by risk",
                                               "fifth with the highest risk"};
    for (int32_t l = 0; l < FIFTHS && !status; l++) look_at(t, member, l, "the", fifths[l], worst);
    mlab_release(t->d->context, member);
    mlab_release(t->d->context, order);
    mlab_release(t->d->context, keys);
    return status;
}

static mlab_status tell(timed *t, mlab_error *err)
{
    mlab_time_scores s;
    worst_group worst = {0};
    double expected = 0;
    mlab_status status = mlab_time_scores_make(t->d->context, t->n, t->time, t->event, t->risk, t->horizon, &s, err);
    if (!status) status = look_at_groups(t, &worst, err);
    for (size_t i = 0; i < t->n; i++) expected += t->risk[i] / (double)t->n;
    if (!status && s.harrell >= 0)
        status = mlab_diagnose_add(
            t->d, s.harrell < 0.5, "discrimination", "", s.harrell, -1, err,
            "Of people%s it has not seen, the model ranks %.0f of 100 pairs rightly (C %.3f; %.3f with weights for censoring); events "
            "by time %g against none: %.3f.",
            t->d->fit->n_random ? " of groups" : "", 100 * s.harrell, s.harrell, s.uno, t->horizon, s.auc);
    if (!status && s.brier_alike > 0)
        status = mlab_diagnose_add(t->d, s.brier > s.brier_alike * 1.02, "prediction", "", s.brier, -1, err,
                                   "Brier score of the risk by time %g, weighted for censoring: %.4f, %.1f %% %s that of the same risk for all.",
                                   t->horizon, s.brier, fabs(100 * (1 - s.brier / s.brier_alike)), s.brier > s.brier_alike ? "above" : "below");
    if (!status && worst.where[0])
        status =
            mlab_diagnose_add(t->d, fabs(worst.off) > OFF_GROUP, "calibration by group", worst.where, fabs(worst.off), -1, err,
                              "By time %g, %.1f %% are expected to have the event and %.1f %% had it; the group furthest from its prediction is %s: "
                              "%.1f %% and %.1f %%, %.1f standard errors.",
                              t->horizon, 100 * expected, 100 * s.share, worst.where, 100 * worst.expected, 100 * worst.seen, fabs(worst.off));
    return status;
}

/* The survival at each person's own time, [2]: half a unit before it, for steps, and there; given a frailty of 1. */
static mlab_status own_survival(const timed *t, double *own, mlab_error *err)
{
    const mlab_fit_problem *problem = t->d->prepared->problem;
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < t->n && !status; i++) {
        uint32_t row = problem->rows ? problem->rows[i] : (uint32_t)i;
        double when[2] = {fmax(t->time[i] - 0.5, 0), t->time[i]};
        own[2 * i] = own[2 * i + 1] = 1;
        if (when[1] > when[0])
            status =
                mlab_predict_at(t->d->context, t->d->fit, problem->table, &row, 0, 1, NULL, NULL, MLAB_SCALE_SURVIVAL, when, 2, own + 2 * i, err);
    }
    return status;
}

/* To the power of a frailty of each group, drawn given its events and its hazard; room [2 * n_groups]. */
static void bend(const timed *t, double *own, double *room)
{
    const mlab_fit_problem *problem = t->d->prepared->problem;
    const mlab_random_effects *r = t->d->fit->random;
    double *events = room, *hazard = room + r->n_groups;
    for (size_t i = 0; i < t->n; i++) {
        events[problem->random->group[i]] += t->event[i];
        hazard[problem->random->group[i]] -= mlab_log(fmax(own[2 * i + 1], 1e-300));
    }
    for (size_t g = 0; g < r->n_groups; g++) {
        mlab_address address = {.seed = 1, .entity = (uint32_t)g, .purpose = MLAB_PURPOSE_DIAGNOSE, .block = 1};
        events[g] = mlab_frailty_quantile(r->gamma, events[g], hazard[g], r->covariance[0], mlab_random_uniform(&address, 0));
    }
    for (size_t k = 0; k < 2 * t->n; k++) own[k] = mlab_exp(mlab_exp(events[problem->random->group[k / 2]]) * mlab_log(fmax(own[k], 1e-300)));
}

static mlab_status residuals(timed *t, double *u, mlab_error *err)
{
    const mlab_fit *fit = t->d->fit;
    double n = (double)t->n, distance = 0, *own = mlab_allocate(t->d->context, t->n, 2 * sizeof *own);
    double *room = mlab_allocate(t->d->context, fit->n_random ? fit->random->n_groups : 0, 2 * sizeof *room);
    mlab_status status = own && room ? own_survival(t, own, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for residuals of %zu rows", t->n);
    if (!status && fit->n_random) bend(t, own, room);
    for (size_t i = 0; i < t->n && !status; i++) {
        mlab_address address = {.seed = 1, .entity = (uint32_t)i, .purpose = MLAB_PURPOSE_DIAGNOSE};
        double share = mlab_random_uniform(&address, 0), s = own[2 * i + 1];
        u[i] = !t->event[i] ? s * share : fit->baseline ? s + share * (own[2 * i] - s) : s;
    }
    mlab_release(t->d->context, own);
    mlab_release(t->d->context, room);
    if (status) return status;
    mlab_sort_numbers(u, t->n);
    for (size_t i = 0; i < t->n; i++) distance = fmax(distance, fmax(u[i] - (double)i / n, (double)(i + 1) / n - u[i]));
    double p = mlab_kolmogorov(distance, n);
    bool doubt = p < SURPRISING && distance > NOTABLE;
    return mlab_diagnose_add(t->d, doubt, "residuals", "", distance, p, err,
                             doubt ? "Survival at each person's own time is not uniform (largest distance %.3f): the law does not fit the times."
                                   : "Survival at each person's own time is as good as uniform (largest distance %.3f).",
                             distance);
}

/* Times, their order and the horizon; false: too few events. */
static mlab_status set_times(timed *t, bool *enough, mlab_error *err)
{
    const mlab_fit_problem *problem = t->d->prepared->problem;
    size_t events = 0, seen = 0;
    uint64_t *keys = mlab_allocate(t->d->context, t->n, sizeof *keys);
    if (!keys) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu times", t->n);
    for (size_t i = 0; i < t->n; i++) {
        t->time[i] = problem->stop[i];
        t->event[i] = problem->status[i] == 1;
        t->by_time[i] = (uint32_t)i;
        keys[i] = mlab_order_of_real(t->time[i]);
        events += problem->status[i] == 1;
    }
    mlab_status status = mlab_order_by(t->d->context, keys, t->by_time, t->n, err);
    mlab_release(t->d->context, keys);
    for (size_t k = 0; k < t->n && 4 * seen < 3 * events; k++) {
        seen += (size_t)t->event[t->by_time[k]];
        t->horizon = t->time[t->by_time[k]];
    }
    *enough = events >= FEW_EVENTS && t->horizon < t->time[t->by_time[t->n - 1]];
    return status;
}

/* What keeps a fit from being looked at; NULL: nothing. */
static const char *obstacle(const mlab_diagnosing *d)
{
    const mlab_fit_problem *problem = d->prepared->problem;
    const mlab_baseline *baseline = d->fit->baseline;
    for (size_t i = 0; problem->start && i < problem->n; i++)
        if (problem->start[i] > 0) return "some people are watched from later than time 0, or have several rows";
    for (size_t s = 0; baseline && s < baseline->n_strata; s++)
        if (baseline->first[s] == baseline->first[s + 1]) return "a stratum has no events, so that its curve is not known";
    return NULL;
}

static bool applies(const mlab_diagnosing *d)
{
    const mlab_fit_problem *problem = d->prepared->problem;
    unsigned marks = d->prepared->model->marks;
    bool models = (marks & MLAB_MODEL_TIMES) && !(marks & MLAB_MODEL_COMPETING) && d->prepared->model->width &&
                  (d->fit->n_random == 0 || (marks & MLAB_MODEL_FRAILTY));
    bool nameless = d->fit->baseline && d->fit->baseline->n_strata > 1 && !d->fit->baseline->strata; /* a row's stratum cannot be told */
    return models && !nameless && d->prepared->model->width(d->fit, MLAB_SCALE_SURVIVAL, 1) == 1 && !problem->weight && !problem->offset &&
           problem->n > 1;
}

mlab_status mlab_diagnose_times(mlab_diagnosing *d, mlab_error *err)
{
    const mlab_fit_problem *problem = d->prepared->problem;
    if (!applies(d)) return MLAB_OK;
    const char *why = obstacle(d);
    if (why) return mlab_diagnose_add(d, false, "discrimination", "", -1, -1, err, "Not looked at: %s.", why);
    timed t = {.d = d, .n = problem->n, .usable = true};
    t.n_clusters = problem->n_random ? problem->random->n_groups : problem->cluster ? problem->n_clusters : problem->n;
    t.time = mlab_allocate(d->context, t.n, sizeof *t.time);
    t.risk = mlab_allocate(d->context, t.n, sizeof *t.risk);
    t.event = mlab_allocate(d->context, t.n, sizeof *t.event);
    t.by_time = mlab_allocate(d->context, t.n, sizeof *t.by_time);
    t.fold = mlab_allocate(d->context, t.n_clusters, 1);
    double *room = mlab_allocate(d->context, t.n_clusters + d->fit->n_parameters + t.n, sizeof *room);
    bool enough = false;
    mlab_status status = t.time && t.risk && t.event && t.by_time && t.fold && room
                             ? MLAB_OK
                             : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the folds of %zu rows", t.n);
    if (!status) status = set_times(&t, &enough, err);
    if (!status) status = residuals(&t, room, err);
    for (size_t g = 0; g < t.n_clusters && !status; g++) {
        mlab_address address = {.seed = 1, .entity = (uint32_t)g, .purpose = MLAB_PURPOSE_CROSS_FIT};
        if (problem->cluster_id && !problem->n_random) address.entity = problem->cluster_id[g];
        t.fold[g] = (uint8_t)mlab_random_below(&address, 0, FOLDS);
    }
    bool few = t.n_clusters < 2 * FOLDS;
    if (!status && enough && few && problem->n_random)
        status = mlab_diagnose_add(d, false, "discrimination", "", -1, -1, err,
                                   "Not looked at on groups the fit has not seen: %zu groups of %s are too few to leave out tenths of them.",
                                   t.n_clusters, d->fit->random->group);
    enough = enough && !few;
    for (uint8_t k = 0; k < FOLDS && enough && t.usable && !status; k++)
        status = predict_fold(&t, k, room, room + t.n_clusters, room + t.n_clusters + d->fit->n_parameters, err);
    if (!status && enough && t.usable)
        status = tell(&t, err);
    else if (!status && enough)
        status = mlab_diagnose_add(d, true, "cross-validation", "", -1, -1, err,
                                   "Without a tenth of the %s the model cannot be fitted: some term hangs on a few of them.",
                                   problem->n_random ? "groups" : "people");
    void *const memory[] = {t.time, t.risk, t.event, t.by_time, t.fold, room};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(d->context, memory[k]);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Residuals of mixed models. Given the data, the effects of all groups are drawn once from their conditional distribution: together with the
 * responses they are then distributed as the model says when it is right (Waagepetersen 2006, Scandinavian Journal of Statistics), while the most
 * likely effects are drawn in towards 0 and follow the responses. So randomised quantile residuals (Dunn & Smyth 1996,
 * doi:10.1080/10618600.1996.10474708) given them are uniform, and the effects, in units of their fitted covariance, normal.
 *
 * Without effects: the total of each group's responses beside those of sets drawn from the fit with new effects of all groups, as its randomised rank
 * among them (as the residuals of the R package DHARMa, by group).
 *
 * Weakness: the parameters are those of the same rows, which makes distances smaller than their p takes them to be; where the data tell little of
 * single groups, drawn effects look normal whatever the groups are like (the sentence says so); crossed groups share rows, so that their totals are
 * not independent.
 */
#include "fit/after/simulated.h"
#include "fit/diagnose/diagnose.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/mixed/web_draw.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

enum { SETS = 199, FEWEST_GROUPS = 8 };
enum { UNIFORMS = 1, RANKS = 2, EFFECTS = 16, FIRST_SET = 100 }; /* replicates, and the first draw, of the addresses */
static const double SURPRISING = 0.001;
static const double NOTABLE = 0.02, NOTABLE_GROUPS = 0.05; /* distances that matter */
static const double TOLD = 0.4;                            /* share of an effect's variance that the data tell, under which they tell little */
#define MOST_WORK ((size_t)20000000)                       /* rows times sets */

typedef struct looking {
    mlab_diagnosing *d;
    mlab_expected expected;
    mlab_simulated simulated;
} looking;

static const mlab_fit_problem *problem_of(const looking *w)
{
    return w->d->prepared->problem;
}

/* --- given drawn effects ----------------------------------------------------------------------------------------- */

static mlab_status tell_residuals(looking *w, mlab_error *err)
{
    size_t n = problem_of(w)->n;
    mlab_expected now = w->expected;
    double *u = mlab_allocate(w->d->context, n, sizeof *u);
    if (!u) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu residuals", n);
    mlab_status status = mlab_simulated_expect(&w->simulated, &w->expected, err);
    now.value = w->simulated.value;
    for (size_t i = 0; i < n && !status; i++) {
        mlab_address address = {.seed = 1, .entity = (uint32_t)i, .replicate = UNIFORMS, .purpose = MLAB_PURPOSE_DIAGNOSE};
        double below, up_to;
        mlab_expected_below(&now, i, &below, &up_to);
        u[i] = below + mlab_random_uniform(&address, 0) * (up_to - below);
    }
    if (!status) {
        double distance = mlab_distance_from_uniform(u, n), p = mlab_kolmogorov(distance, (double)n);
        bool doubt = p < SURPRISING && distance > NOTABLE;
        status = mlab_diagnose_add(
            w->d, doubt, "residuals", "", distance, p, err,
            doubt ? "Quantile residuals given the groups' effects are not uniform (largest distance %.3f): the model's distribution does not fit the "
                    "responses."
                  : "Quantile residuals given the groups' effects are as good as uniform (largest distance %.3f).",
            distance);
    }
    mlab_release(w->d->context, u);
    return status;
}

/* Effects of grouping t in units of their covariance, by its lower factor: u [n_groups * n], uniform when they are normal; returns how many there are
 * (an effect that others foretell, or that is 0, has none). */
static size_t standardise(const mlab_random_effects *r, const double *effect, double *u)
{
    size_t q = r->n, made = 0;
    double l[64 * 64], z[64];
    memcpy(l, r->covariance, q * q * sizeof *l);
    for (size_t j = 0; j < q; j++)
        for (size_t i = j; i < q; i++) {
            double sum = l[i * q + j];
            for (size_t k = 0; k < j; k++) sum -= l[i * q + k] * l[j * q + k];
            double pivot = i == j ? sqrt(fmax(sum, 0)) : l[j * q + j];
            if (i == j && !(sum > 1e-6 * r->covariance[j * q + j])) pivot = 0;
            l[i * q + j] = i == j ? pivot : pivot > 0 ? sum / pivot : 0;
        }
    for (size_t g = 0; g < r->n_groups; g++)
        for (size_t a = 0; a < q; a++) {
            z[a] = effect[g * q + a];
            for (size_t b = 0; b < a; b++) z[a] -= l[a * q + b] * z[b];
            z[a] = l[a * q + a] > 0 ? z[a] / l[a * q + a] : 0;
            if (l[a * q + a] > 0) u[made++] = gsl_cdf_ugaussian_P(z[a]);
        }
    return made;
}

/* The mean share of the effects' variance that the data tell. */
static double share_told(const mlab_random_effects *r)
{
    double sum = 0, n = 0;
    for (size_t a = 0; a < r->n; a++)
        for (size_t g = 0; g < r->n_groups && r->sd[a] > 0; g++, n++) {
            double left = r->mode_se[g * r->n + a] / r->sd[a];
            sum += fmax(0, 1 - left * left);
        }
    return n > 0 ? sum / n : 0;
}

static mlab_status tell_normality(looking *w, size_t t, mlab_error *err)
{
    const mlab_random_effects *r = &w->d->fit->random[t];
    if (r->n > 64 || r->n_groups < FEWEST_GROUPS) return MLAB_OK;
    double *u = mlab_allocate(w->d->context, r->n_groups, r->n * sizeof *u);
    if (!u) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the effects of %zu groups", r->n_groups);
    size_t n = standardise(r, w->simulated.effect[t], u);
    mlab_status status = MLAB_OK;
    if (n > 0) {
        double distance = mlab_distance_from_uniform(u, n), p = mlab_kolmogorov(distance, (double)n);
        bool doubt = p < SURPRISING && distance > NOTABLE_GROUPS;
        if (doubt)
            status = mlab_diagnose_add(w->d, true, "effects", r->group, distance, p, err,
                                       "The effects of %s are not normal (largest distance %.3f): some groups differ more, or less evenly, than the "
                                       "model says.",
                                       r->group, distance);
        else
            status = mlab_diagnose_add(w->d, false, "effects", r->group, distance, p, err,
                                       "The effects of %s are as good as normal (largest distance %.3f)%s.", r->group, distance,
                                       share_told(r) < TOLD ? ", but the data tell too little of each to see much" : "");
    }
    mlab_release(w->d->context, u);
    return status;
}

static mlab_status given_effects(looking *w, mlab_error *err)
{
    const mlab_fit *fit = w->d->fit;
    mlab_web_draw *draw = NULL;
    mlab_address address = {.seed = 1, .replicate = EFFECTS, .purpose = MLAB_PURPOSE_DIAGNOSE};
    bool possible = false;
    mlab_error failed = {0};
    mlab_status status = mlab_web_draw_make(w->d->context, w->d->prepared, fit, &draw, &failed);
    if (status == MLAB_ERR_FIT_DRAWS) return MLAB_OK; /* groups without most likely effects have none to look at */
    if (status) return mlab_raise(err, status, "%s", failed.sentence);
    status = mlab_web_draw_effects(draw, fit->estimate, fit->spread, &address, w->simulated.effect, &possible, err);
    if (!status && possible) status = tell_residuals(w, err);
    for (size_t t = 0; t < fit->n_random && possible && !status; t++) status = tell_normality(w, t, err);
    mlab_web_draw_free(draw);
    return status;
}

/* --- totals of groups --------------------------------------------------------------------------------------------- */

/* Whether each row of the grouping is wholly of one group. */
static bool is_whole(const mlab_random_grouping *g)
{
    return g->memberships <= 1 && !g->share && g->n_groups >= FEWEST_GROUPS;
}

/* total [n_groups] of numbers, or of categories: events of any cause, levels by their number. */
static void add_up(const looking *w, const mlab_random_grouping *g, const double *number, const int32_t *category, double *total)
{
    bool levels = w->d->fit->n_thresholds > 0;
    memset(total, 0, g->n_groups * sizeof *total);
    for (size_t i = 0; i < problem_of(w)->n; i++)
        if (g->group[i] != UINT32_MAX) total[g->group[i]] += number ? number[i] : levels ? category[i] : category[i] != 0;
}

/* below, same [groups of all groupings] are counted over the sets; seen: the totals of the data. */
static mlab_status count_ranks(looking *w, const double *seen, double *drawn, uint32_t *below, uint32_t *same, mlab_error *err)
{
    const mlab_fit_problem *problem = problem_of(w);
    for (uint32_t s = 0; s < SETS; s++) {
        mlab_address address = {.seed = 1, .draw = FIRST_SET + s, .purpose = MLAB_PURPOSE_DIAGNOSE};
        mlab_status status = mlab_simulated_draw(&w->simulated, &w->expected, &address, err);
        if (status) return status;
        for (size_t t = 0, at = 0; t < problem->n_random; at += problem->random[t++].n_groups) {
            if (!is_whole(&problem->random[t])) continue;
            add_up(w, &problem->random[t], w->simulated.response, w->simulated.category, drawn);
            for (size_t g = 0; g < problem->random[t].n_groups; g++) {
                below[at + g] += drawn[g] < seen[at + g];
                same[at + g] += drawn[g] == seen[at + g];
            }
        }
    }
    return MLAB_OK;
}

static mlab_status tell_totals(looking *w, size_t t, const uint32_t *below, const uint32_t *same, double *u, mlab_error *err)
{
    const mlab_random_grouping *g = &problem_of(w)->random[t];
    const char *name = w->d->fit->random[t].group;
    for (size_t k = 0; k < g->n_groups; k++) {
        mlab_address address = {.seed = 1, .entity = (uint32_t)k, .period = (uint16_t)t, .replicate = RANKS, .purpose = MLAB_PURPOSE_DIAGNOSE};
        u[k] = (below[k] + mlab_random_uniform(&address, 0) * (same[k] + 1.0)) / (SETS + 1.0);
    }
    double distance = mlab_distance_from_uniform(u, g->n_groups), p = mlab_kolmogorov(distance, (double)g->n_groups);
    bool doubt = p < SURPRISING && distance > NOTABLE_GROUPS;
    return mlab_diagnose_add(w->d, doubt, "group totals", name, distance, p, err,
                             doubt ? "Totals by %s do not lie among those of responses drawn from the fit with new effects (largest distance %.3f): "
                                     "groups differ otherwise than the model says."
                                   : "Totals by %s lie evenly among those of responses drawn from the fit with new effects (largest distance %.3f).",
                             name, distance);
}

static mlab_status totals(looking *w, mlab_error *err)
{
    const mlab_fit_problem *problem = problem_of(w);
    size_t groups = 0, at = 0;
    for (size_t t = 0; t < problem->n_random; t++) groups += problem->random[t].n_groups;
    double *room = mlab_allocate(w->d->context, groups, 2 * sizeof *room);
    uint32_t *counts = mlab_allocate(w->d->context, groups, 2 * sizeof *counts);
    mlab_status status = room && counts ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the totals of %zu groups", groups);
    for (size_t t = 0; t < problem->n_random && !status; at += problem->random[t++].n_groups)
        if (is_whole(&problem->random[t])) add_up(w, &problem->random[t], problem->number, problem->category, room + at);
    if (!status) status = count_ranks(w, room, room + groups, counts, counts + groups, err);
    at = 0;
    for (size_t t = 0; t < problem->n_random && !status; at += problem->random[t++].n_groups)
        if (is_whole(&problem->random[t])) status = tell_totals(w, t, counts + at, counts + groups + at, room + groups, err);
    mlab_release(w->d->context, room);
    mlab_release(w->d->context, counts);
    return status;
}

mlab_status mlab_diagnose_residuals_mixed(mlab_diagnosing *d, mlab_error *err)
{
    const mlab_fit_problem *problem = d->prepared->problem;
    looking w = {.d = d};
    if (!d->prepared->model->predict || problem->weight || !d->fit->spread) return MLAB_OK;
    mlab_status status = mlab_expected_make(d->context, d->prepared, d->fit, &w.expected, err);
    if (!status) status = mlab_simulated_make(d->context, &w.expected, &w.simulated, err);
    if (!status) status = given_effects(&w, err);
    if (!status && problem->n * SETS <= MOST_WORK) status = totals(&w, err);
    mlab_simulated_free(&w.simulated);
    mlab_expected_free(&w.expected);
    return status;
}

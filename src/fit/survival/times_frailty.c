/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parametric models of times with a frailty shared by groups, (1 | group), log-normal or gamma: the marginal likelihood (Duchateau & Janssen 2008,
 * The Frailty Model, ch. 2; Munda, Rotolo & Legrand 2012, doi:10.18637/jss.v051.i11) at its maximum over coefficients, ancillary parameters and the
 * logarithm of the variance together, by Newton steps with its own second derivatives, from the maximum without a frailty. Errors are those of the
 * joint observed information.
 *
 * Weakness: a maximum nearby, from up to three variances; with few groups the variance is estimated too small.
 */
#include "fit/survival/times_frailty.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double STARTS[] = {0.3, 0.03, 2};
static const double NOTHING = 1e-8; /* a variance below it is 0 */

static mlab_status allocate(mlab_times_groups *g, mlab_error *err)
{
    const mlab_times *times = g->times;
    size_t n = times->problem->n, k = g->n_groups, extra = 1 + times->n_ancillary;
    const bool late = g->late_of != NULL;
    g->first = mlab_allocate(g->context, k + 1, sizeof *g->first);
    g->row = mlab_allocate(g->context, n, sizeof *g->row);
    g->fixed = mlab_allocate(g->context, g->n, 1);
    g->term = mlab_allocate(g->context, (1 + late) * k, sizeof *g->term);
    double **const arrays[] = {&g->events, &g->hazard, &g->of_row, &g->by_row, &g->before, &g->late, &g->of_before, &g->by_before};
    const size_t sizes[] = {k, k, n, extra * n, k, n, n, extra * n};
    bool whole = g->first && g->row && g->fixed && g->term;
    for (int a = 0; a < (late ? 8 : 4); a++) whole = (*arrays[a] = mlab_allocate(g->context, sizes[a], sizeof(double))) && whole;
    return whole ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the frailty of %zu groups", k);
}

mlab_status mlab_times_groups_begin(const mlab_context *context, const mlab_prepared *prepared, mlab_times_groups *g, mlab_error *err)
{
    const mlab_times *times = prepared->own;
    const mlab_fit_problem *problem = prepared->problem;
    *g = (mlab_times_groups){.context = context, .times = times, .n_groups = problem->random->n_groups, .n = times->n + 1};
    g->pass = (mlab_times_pass){context, times, problem->weight, times->aliased, false};
    g->law = prepared->options.frailty == 1 ? mlab_frailty_gamma : mlab_frailty_normal;
    g->group = problem->random->group;
    g->late_of = prepared->enters;
    mlab_status status = allocate(g, err);
    if (status) return status;
    if (g->late_of) g->entry = g->term + g->n_groups;
    memcpy(g->fixed, times->aliased, times->n);
    for (size_t i = 0; i < problem->n; i++) {
        double weight = problem->weight ? problem->weight[i] : 1;
        g->first[g->group[i] + 1]++;
        if (problem->status[i]) g->events[g->group[i]] += weight;
        if (g->late && g->late_of) g->late[i] = g->late_of[i] ? weight : 0;
    }
    for (size_t k = 0; k < g->n_groups; k++) g->first[k + 1] += g->first[k];
    for (size_t i = problem->n; i-- > 0;) g->row[--g->first[g->group[i] + 1]] = (uint32_t)i;
    for (size_t k = 0; k < g->n_groups; k++) g->first[k] = g->first[k + 1]; /* ends went back to beginnings */
    g->first[g->n_groups] = problem->n;
    return MLAB_OK;
}

void mlab_times_groups_end(mlab_times_groups *g)
{
    if (!g->context) return;
    void *const memory[] = {g->first,  g->row,    g->fixed,  g->term, g->events,    g->hazard,
                            g->of_row, g->by_row, g->before, g->late, g->of_before, g->by_before};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(g->context, memory[k]);
}

/* --- the climb ---------------------------------------------------------------------------------------------------------------- */

typedef struct top {
    double *parameters, *inverse; /* [n], [n * n] */
    mlab_newton_result result;
    bool found;
} top;

/* From several variances until one holds. none: the log-likelihood without a frailty, slope: in the variance there. */
static mlab_status find_top(mlab_times_groups *g, const mlab_prepared *prepared, const double *begin, double none, double slope, top *t,
                            mlab_error *err)
{
    size_t n = g->n;
    int used = 0;
    mlab_newton_spec spec = {.n = n,
                             .evaluate = mlab_times_groups_evaluate,
                             .work = g,
                             .fixed = g->fixed,
                             .bounded = true,
                             .tolerance = prepared->options.tolerance,
                             .iterations = (int)prepared->options.iterations};
    const mlab_fit *warm = prepared->problem->warm_mixed;
    double warm_variance = warm && warm->n_spread == 1 ? warm->spread[0] * warm->spread[0] : 0;
    for (size_t k = 0; k < sizeof STARTS / sizeof *STARTS && !t->found; k++) {
        memcpy(t->parameters, begin, (n - 1) * sizeof *begin);
        t->parameters[n - 1] = mlab_log(k == 0 && warm_variance > 1e-3 ? warm_variance : STARTS[k]);
        mlab_status status = mlab_newton(g->context, &spec, t->parameters, t->inverse, NULL, &t->result, err);
        if (status) return status;
        used += t->result.iterations;
        t->found = t->result.converged && t->result.log_likelihood > none && t->parameters[n - 1] > log(NOTHING);
        if (!(slope > 0) && !t->found && !(t->result.log_likelihood > none + 1e-6)) break;
    }
    t->result.iterations = used;
    return MLAB_OK;
}

/* --- what comes out ----------------------------------------------------------------------------------------------------------- */

static void uncentre_row(const void *times, double *v, double sign)
{
    mlab_times_uncentre(times, v, sign);
}

static mlab_status put(mlab_times_groups *g, top *t, double none, mlab_fit *fit, mlab_error *err)
{
    size_t p = fit->n_parameters, n = g->n;
    double variance = mlab_exp(t->parameters[p]), se = variance * sqrt(fmax(t->inverse[n * n - 1], 0));
    mlab_covariance_carry(g->times, uncentre_row, n, t->inverse);
    for (size_t j = 0; j < n; j++) t->inverse[j * n + p] *= variance; /* of the variance, not its logarithm */
    for (size_t j = 0; j < n; j++) t->inverse[p * n + j] *= variance;
    for (size_t j = 0; j < p; j++) memcpy(fit->covariance + j * p, t->inverse + j * n, p * sizeof *fit->covariance);
    memcpy(fit->estimate, t->parameters, p * sizeof *fit->estimate);
    mlab_times_uncentre(g->times, fit->estimate, 1);
    fit->log_likelihood = t->result.log_likelihood;
    fit->iterations += t->result.iterations;
    fit->gradient = t->result.gradient;
    mlab_frailty_effects_place(g->term, variance, se, fit->log_likelihood - none, fit);
    return mlab_frailty_keep_spread(g->context, t->inverse, fit, err);
}

static mlab_status doubts(const mlab_times_groups *g, const top *t, mlab_fit *fit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (!t->found)
        status =
            mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err, "the frailty of %s did not settle in %d steps", fit->random->group, t->result.iterations);
    if (!status && g->n_groups < 5)
        status = mlab_fit_doubt(fit, MLAB_TOO_FEW_CLUSTERS, err,
                                "%zu groups of %s are too few to tell how they differ: intervals for other groups than these would be wider",
                                g->n_groups, fit->random->group);
    return status;
}

mlab_status mlab_times_frailty_fit(const mlab_context *context, const mlab_prepared *prepared, const double *parameters, mlab_fit *fit,
                                   mlab_error *err)
{
    mlab_times_groups g;
    top t = {0};
    double none = fit->log_likelihood, value, slope;
    fit->cluster[0] = 0;
    mlab_status status = mlab_times_groups_begin(context, prepared, &g, err);
    if (status) goto out;
    t.parameters = mlab_allocate(context, g.n, sizeof *t.parameters);
    t.inverse = mlab_allocate(context, g.n, g.n * sizeof *t.inverse);
    if (!t.parameters || !t.inverse) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu parameters", g.n);
        goto out;
    }
    if ((status = mlab_frailty_effects_make(context, prepared, fit, err))) goto out;
    memcpy(t.parameters, parameters, (g.n - 1) * sizeof *parameters);
    t.parameters[g.n - 1] = log(NOTHING);
    if ((status = mlab_times_groups_evaluate(&g, t.parameters, &value, NULL, NULL, err))) goto out;
    slope = mlab_frailty_slope(g.events, g.hazard, g.before, g.n_groups);
    if ((status = find_top(&g, prepared, parameters, none, slope, &t, err))) goto out;
    if (!t.found && !(slope > 0) && !(t.result.log_likelihood > none + 1e-6))
        t.found = !(status = mlab_frailty_boundary(context, fit, err));
    else if (!(status = mlab_times_groups_evaluate(&g, t.parameters, &value, NULL, NULL, err))) /* terms at the maximum */
        status = put(&g, &t, none, fit, err);
    if (!status) status = doubts(&g, &t, fit, err);
out:
    mlab_release(context, t.parameters);
    mlab_release(context, t.inverse);
    mlab_times_groups_end(&g);
    return status;
}

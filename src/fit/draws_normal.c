/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of the parameters of all outcomes together: jointly normal on an unbounded scale.
 *
 * The covariance of two outcomes is the sum over people of the products of their influence (stacked estimating equations; Stefanski
 * & Boos 2002, doi:10.1198/000313002753631330), each outcome scaled by its CR1 factor, so that its own block is its robust
 * covariance. Thresholds are drawn as the first and the logs of the gaps, by the delta method. Draw d is a function of the seed and
 * d alone (purpose PARAMETERS, entity = parameter). A covariance that is not positive definite is an error, not a patch. Mixed models have no
 * influence: they are drawn by themselves, with the parameters of how groups differ (fit/spread.h). Baselines of models of times are drawn given
 * their coefficients (fit/draws_baseline.c). Weakness: normal tails; with few clusters they are too thin, see the t quantile of intervals.
 */
#include "fit/draws.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "fit/spread.h"
#include "fit/spread_profile.h"

#include <math.h>
#include <string.h>

/* All outcomes side by side: parameters of the first, its spread, parameters of the second, ... */
typedef struct normal {
    mlab_draws *draws;
    const mlab_fit *const *fits;
    size_t n, *at, *first_spread;        /* [n_outcomes + 1] */
    const mlab_spread_profile *profiles; /* of all spreads, or NULL */
} normal;

/* --- the unbounded scale ---------------------------------------------------------------------------------- */

/* In place: thresholds to the first and the logs of the gaps, spread to its own scale, and back. v [n_parameters + n_spread]. */
static void unbound(const mlab_fit *fit, double *v)
{
    mlab_spread_unbound(fit, v + fit->n_parameters);
    for (size_t t = fit->n_thresholds; t-- > 1;) v[t] = log(v[t] - v[t - 1]);
}

static void bound(const mlab_fit *fit, double *v)
{
    mlab_spread_bound(fit, v + fit->n_parameters);
    for (size_t t = 1; t < fit->n_thresholds; t++) v[t] = v[t - 1] + exp(v[t]);
}

/* In place: a deviation of the parameters to the unbounded scale, by the derivative of unbound. */
static void unbound_deviation(const mlab_fit *fit, double *v)
{
    for (size_t t = fit->n_thresholds; t-- > 1;) v[t] = (v[t] - v[t - 1]) / (fit->estimate[t] - fit->estimate[t - 1]);
}

/* --- the joint covariance --------------------------------------------------------------------------------- */

/* What an influence product is multiplied by to be the robust covariance: N / (N - p) where rows are their own clusters. */
static double factor_of(const mlab_fit *fit)
{
    size_t p = fit->n_parameters, used = 0;
    double best = 0, ratio = 1;
    for (size_t j = 0; j < p; j++) used += !fit->aliased[j];
    if (!fit->robust) return fit->n_rows > used ? (double)fit->n_rows / (double)(fit->n_rows - used) : 1;
    for (size_t j = 0; j < p; j++) {
        double sum = 0;
        for (size_t g = 0; g < fit->n_clusters; g++) sum += fit->influence[g * p + j] * fit->influence[g * p + j];
        if (sum > best) {
            best = sum;
            double own = fit->robust[j * p + j]; /* without what priors add */
            for (size_t k = 0; k < fit->n_priors; k++) {
                double v = fit->covariance[j * p + fit->priors[k].parameter] / fit->priors[k].sd;
                own -= v * v;
            }
            ratio = own / sum;
        }
    }
    return ratio;
}

/* The influence of a fit on the unbounded scale, times the root of its factor; NULL = no memory. */
static double *scaled_influence(const mlab_context *context, const mlab_fit *fit)
{
    size_t p = fit->n_parameters;
    double *all = mlab_allocate(context, fit->n_clusters, p * sizeof *all), root = sqrt(factor_of(fit));
    if (!all) return NULL;
    for (size_t g = 0; g < fit->n_clusters; g++) {
        for (size_t j = 0; j < p; j++) all[g * p + j] = root * fit->influence[g * p + j];
        unbound_deviation(fit, all + g * p);
    }
    return all;
}

/* into (rows of stride n) = sum over the clusters that both fits have of a' b. */
static void add_shared(const mlab_fit *f, const double *a, const mlab_fit *g, const double *b, double *into, size_t n)
{
    size_t i = 0, k = 0;
    while (i < f->n_clusters && k < g->n_clusters) {
        if (f->influence_id[i] != g->influence_id[k]) {
            if (f->influence_id[i] < g->influence_id[k])
                i++;
            else
                k++;
            continue;
        }
        const double *x = a + i++ * f->n_parameters, *y = b + k++ * g->n_parameters;
        for (size_t j = 0; j < f->n_parameters; j++)
            for (size_t m = 0; m < g->n_parameters && x[j] != 0; m++) into[j * n + m] += x[j] * y[m];
    }
}

/* The block of a fit without influence: its covariance on the unbounded scale. */
static mlab_status own_block(const mlab_context *context, const mlab_fit *fit, double *into, size_t n, mlab_error *err)
{
    size_t p = fit->n_parameters, all = p + fit->n_spread;
    const double *covariance = fit->n_spread ? fit->joint_covariance : fit->robust ? fit->robust : fit->covariance;
    double *column = mlab_allocate(context, all, sizeof *column);
    if (!column) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %s", fit->outcome);
    for (size_t j = 0; j < all; j++) {
        memcpy(into + j * n, covariance + j * all, all * sizeof *into);
        unbound_deviation(fit, into + j * n);
        mlab_spread_unbound_deviation(fit, into + j * n + p);
    }
    for (size_t m = 0; m < all; m++) {
        for (size_t j = 0; j < all; j++) column[j] = into[j * n + m];
        unbound_deviation(fit, column);
        mlab_spread_unbound_deviation(fit, column + p);
        for (size_t j = 0; j < all; j++) into[j * n + m] = column[j];
    }
    mlab_release(context, column);
    return MLAB_OK;
}

/* Whether the covariance is that of the fit itself: with a penalty the influence of the rows alone is not all that is known. */
static bool has_own_block(const mlab_fit *fit)
{
    return !fit->influence || fit->n_priors > 0 || (fit->penalised && !fit->robust);
}

static bool share_clusters(const mlab_fit *a, const mlab_fit *b)
{
    if (a != b && ((a->penalised && !a->robust) || (b->penalised && !b->robust) || (a->n_priors && !a->robust) || (b->n_priors && !b->robust)))
        return false;
    return a->influence && b->influence && strcmp(a->cluster, b->cluster) == 0;
}

static bool has_profile(const normal *w, size_t k, size_t s)
{
    return w->profiles && w->profiles[w->first_spread[k] + s].n > 1;
}

/* Entries that are drawn by their profile: a normal number each, by itself. */
static void stand_apart(const normal *w, size_t k, double *covariance)
{
    for (size_t s = 0; s < w->fits[k]->n_spread; s++) {
        size_t j = w->at[k] + w->fits[k]->n_parameters + s;
        if (!has_profile(w, k, s)) continue;
        for (size_t i = 0; i < w->n; i++) covariance[i * w->n + j] = covariance[j * w->n + i] = i == j;
    }
}

static mlab_status joint_covariance(const normal *w, double *covariance, mlab_error *err)
{
    const mlab_context *context = w->draws->context;
    const mlab_fit *const *fits = w->fits;
    size_t n = w->n, outcomes = w->draws->n_outcomes;
    mlab_status status = MLAB_OK;
    double **influence = mlab_allocate(context, outcomes, sizeof *influence);
    if (!influence) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws");
    for (size_t k = 0; k < outcomes; k++)
        if (fits[k]->influence && !(influence[k] = scaled_influence(context, fits[k]))) {
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %s", fits[k]->outcome);
            goto out;
        }
    for (size_t k = 0; k < outcomes; k++) {
        double *into = covariance + w->at[k] * n;
        if (has_own_block(fits[k]) && (status = own_block(context, fits[k], into + w->at[k], n, err))) goto out;
        stand_apart(w, k, covariance);
        for (size_t l = 0; l <= k; l++)
            if (share_clusters(fits[k], fits[l]) && !(k == l && has_own_block(fits[k])))
                add_shared(fits[k], influence[k], fits[l], influence[l], into + w->at[l], n);
    }
out:
    for (size_t k = 0; k < outcomes; k++) mlab_release(context, influence[k]);
    mlab_release(context, influence);
    return status;
}

/* What has no variance of its own, for a sentence. */
static const char *name_of(const normal *w, size_t j)
{
    size_t k = 0;
    while (w->at[k + 1] <= j) k++;
    size_t own = j - w->at[k];
    return own < w->fits[k]->n_parameters ? w->draws->names[w->draws->first[k] + own] : "a standard deviation between groups";
}

static mlab_status factor(const normal *w, const uint8_t *aliased, double *a, mlab_error *err)
{
    size_t j = mlab_factor_covariance(a, w->n, aliased);
    if (j == w->n) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_FIT_COVARIANCE,
                      "the joint covariance of %zu outcomes is not positive definite: %s has no variance of its own (are there fewer "
                      "clusters than parameters?)",
                      w->draws->n_outcomes, name_of(w, j));
}

/* Entity of the random number of element j: parameters as without random effects, then the spreads. */
static uint32_t entity_of(const normal *w, size_t k, size_t own)
{
    size_t p = w->fits[k]->n_parameters;
    return (uint32_t)(own < p ? w->draws->first[k] + own : w->draws->n_parameters + w->first_spread[k] + own - p);
}

static void draw_all(const normal *w, const uint8_t *aliased, const double *l, double *all, double *spread)
{
    const mlab_draws *draws = w->draws;
    size_t n = w->n, p = draws->n_parameters, n_spread = n - p;
    for (size_t d = 0; d < draws->n_draws; d++) {
        for (size_t k = 0; k < draws->n_outcomes; k++) {
            const mlab_fit *fit = w->fits[k];
            memcpy(all + w->at[k], fit->estimate, fit->n_parameters * sizeof *all);
            if (fit->n_spread) memcpy(all + w->at[k] + fit->n_parameters, fit->spread, fit->n_spread * sizeof *all);
            unbound(fit, all + w->at[k]);
            for (size_t s = 0; s < fit->n_spread; s++)
                if (has_profile(w, k, s)) all[w->at[k] + fit->n_parameters + s] = 0;
        }
        for (size_t k = 0; k < draws->n_outcomes; k++)
            for (size_t j = w->at[k]; j < w->at[k + 1]; j++) {
                if (aliased[j]) continue;
                mlab_address address = {
                    .seed = draws->seed, .draw = (uint32_t)d, .entity = entity_of(w, k, j - w->at[k]), .purpose = MLAB_PURPOSE_PARAMETERS};
                double z = mlab_random_normal(&address, 0);
                for (size_t i = j; i < n; i++) all[i] += l[i * n + j] * z;
            }
        for (size_t k = 0; k < draws->n_outcomes; k++) {
            size_t own = w->fits[k]->n_parameters;
            bound(w->fits[k], all + w->at[k]);
            for (size_t s = 0; s < w->fits[k]->n_spread; s++)
                if (has_profile(w, k, s))
                    all[w->at[k] + own + s] = mlab_spread_profile_at(&w->profiles[w->first_spread[k] + s], all[w->at[k] + own + s]);
            memcpy(draws->value + d * p + draws->first[k], all + w->at[k], own * sizeof *all);
            memcpy(spread + d * n_spread + w->first_spread[k], all + w->at[k] + own, w->fits[k]->n_spread * sizeof *all);
        }
    }
}

static mlab_status work(normal *w, double **spread, mlab_error *err)
{
    const mlab_context *context = w->draws->context;
    const mlab_draws *draws = w->draws;
    mlab_status status = MLAB_OK;
    double *covariance = mlab_allocate(context, w->n, w->n * sizeof *covariance), *all = mlab_allocate(context, w->n, sizeof *all);
    uint8_t *aliased = mlab_allocate(context, w->n, 1);
    *spread = mlab_allocate(context, draws->n_draws, (w->n - draws->n_parameters) * sizeof **spread);
    if (!covariance || !all || !aliased || !*spread) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", w->n);
        goto out;
    }
    for (size_t k = 0; k < draws->n_outcomes; k++) memcpy(aliased + w->at[k], w->fits[k]->aliased, w->fits[k]->n_parameters);
    if ((status = joint_covariance(w, covariance, err)) || (status = factor(w, aliased, covariance, err))) goto out;
    draw_all(w, aliased, covariance, all, *spread);
out:
    mlab_release(context, covariance);
    mlab_release(context, all);
    mlab_release(context, aliased);
    return status;
}

mlab_status mlab_draws_normal(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws, uint64_t seed,
                              const mlab_spread_profile *profiles, mlab_draws **out, double **spread, mlab_error *err)
{
    normal w = {.fits = fits, .profiles = profiles};
    mlab_status status = MLAB_OK;
    *out = NULL;
    *spread = NULL;
    if (n_draws > UINT32_MAX) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%zu draws are asked for; allowed: up to %lu", n_draws, 4294967295ul);
    for (size_t k = 0; k < n_fits; k++)
        if ((status = mlab_draws_check(fits[k], true, err))) return status;
    if ((status = mlab_draws_frame(context, MLAB_DRAWS_NORMAL, fits, n_fits, n_draws, &w.draws, err))) return status;
    w.draws->seed = seed;
    w.at = mlab_allocate(context, n_fits + 1, sizeof *w.at);
    w.first_spread = mlab_allocate(context, n_fits + 1, sizeof *w.first_spread);
    if (!w.at || !w.first_spread) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws");
    for (size_t k = 0; k < n_fits && !status; k++) {
        w.first_spread[k + 1] = w.first_spread[k] + fits[k]->n_spread;
        w.n = w.at[k + 1] = w.at[k] + fits[k]->n_parameters + fits[k]->n_spread;
    }
    if (!status) status = work(&w, spread, err);
    if (!status) status = mlab_draws_fill_baselines(context, w.draws, fits, err);
    mlab_release(context, w.at);
    mlab_release(context, w.first_spread);
    if (status) {
        mlab_draws_free(w.draws);
        mlab_release(context, *spread);
        w.draws = NULL;
        *spread = NULL;
    }
    *out = w.draws;
    return status;
}

mlab_status mlab_draws_make(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws, uint64_t seed, mlab_draws **out,
                            mlab_error *err)
{
    double *spread;
    *out = NULL;
    for (size_t k = 0; k < n_fits; k++)
        if (fits[k]->n_random) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: draws of a mixed model need its data", fits[k]->outcome);
    for (size_t k = 0; k < n_fits; k++)
        if (mlab_draws_needs_rows(fits[k]))
            return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: draws of the baseline of a %s fit with robust errors need its data", fits[k]->outcome,
                              fits[k]->model);
    mlab_status status = mlab_draws_normal(context, fits, n_fits, n_draws, seed, NULL, out, &spread, err);
    mlab_release(context, spread);
    return status;
}

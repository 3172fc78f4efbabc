/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of the parameters of all outcomes together: jointly normal on an unbounded scale.
 *
 * The covariance of two outcomes is the sum over people of the products of their influence (stacked estimating equations; Stefanski
 * & Boos 2002, doi:10.1198/000313002753631330), each outcome scaled by its CR1 factor, so that its own block is its robust
 * covariance. Thresholds are drawn as the first and the logs of the gaps, by the delta method. Draw d is a function of the seed and
 * d alone (purpose PARAMETERS, entity = parameter). A covariance that is not positive definite is an error, not a patch.
 * Weakness: normal tails; with few clusters they are too thin, see the t quantile of intervals.
 */
#include "fit/draws.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

void mlab_draws_free(mlab_draws *draws)
{
    if (!draws) return;
    const mlab_context *context = draws->context;
    for (size_t k = 0; draws->outcomes && k < draws->n_outcomes; k++) mlab_release(context, draws->outcomes[k]);
    for (size_t j = 0; j < draws->n_parameters; j++) {
        if (draws->names) mlab_release(context, draws->names[j]);
        if (draws->sources) mlab_release(context, draws->sources[j]);
    }
    mlab_release(context, draws->outcomes);
    mlab_release(context, draws->names);
    mlab_release(context, draws->sources);
    mlab_release(context, draws->first);
    mlab_release(context, draws->estimate);
    mlab_release(context, draws->value);
    mlab_release(context, draws->note);
    mlab_release(context, draws);
}

/* --- the frame: names and estimates ----------------------------------------------------------------------- */

static char *joined(const mlab_context *context, const char *outcome, const char *name)
{
    mlab_text text = MLAB_TEXT(context);
    mlab_text_append(&text, outcome);
    mlab_text_append(&text, ":");
    mlab_text_append(&text, name);
    char *copy = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}

/* "fit", or "fit with stated", "fit with evidence: <id>" where a prior had part in it. */
static char *source_of(const mlab_context *context, const mlab_fit *fit, size_t j)
{
    mlab_text text = MLAB_TEXT(context);
    mlab_text_append(&text, "fit");
    for (size_t k = 0; k < fit->n_priors; k++)
        if (fit->priors[k].parameter == j) {
            mlab_text_append(&text, strncmp(fit->priors[k].source, "evidence", 8) ? " with prior: " : " with ");
            mlab_text_append(&text, fit->priors[k].source);
        }
    char *copy = text.failed ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}

static bool fill_frame(const mlab_context *context, mlab_draws *draws, const mlab_fit *const *fits)
{
    for (size_t k = 0; k < draws->n_outcomes; k++) {
        if (!(draws->outcomes[k] = mlab_copy_text(context, fits[k]->outcome))) return false;
        for (size_t j = 0; j < fits[k]->n_parameters; j++) {
            size_t at = draws->first[k] + j;
            draws->names[at] = joined(context, fits[k]->outcome, fits[k]->names[j]);
            draws->sources[at] = source_of(context, fits[k], j);
            if (!draws->names[at] || !draws->sources[at]) return false;
            draws->estimate[at] = fits[k]->estimate[j];
        }
    }
    return true;
}

mlab_status mlab_draws_frame(const mlab_context *context, mlab_draws_kind kind, const mlab_fit *const *fits, size_t n_fits, size_t n_draws,
                             mlab_draws **out, mlab_error *err)
{
    *out = NULL;
    mlab_draws *draws = mlab_allocate(context, 1, sizeof *draws);
    if (!draws) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws");
    draws->context = context;
    draws->kind = kind;
    draws->n_draws = n_draws;
    draws->n_outcomes = n_fits;
    draws->first = mlab_allocate(context, n_fits + 1, sizeof *draws->first);
    draws->outcomes = mlab_allocate(context, n_fits, sizeof *draws->outcomes);
    bool whole = draws->first && draws->outcomes;
    size_t n = 0;
    for (size_t k = 0; whole && k < n_fits; k++) draws->first[k + 1] = n += fits[k]->n_parameters;
    if (whole) {
        draws->n_parameters = n;
        draws->names = mlab_allocate(context, n, sizeof *draws->names);
        draws->sources = mlab_allocate(context, n, sizeof *draws->sources);
        draws->estimate = mlab_allocate(context, n, sizeof *draws->estimate);
        draws->value = mlab_allocate(context, n_draws, n * sizeof *draws->value);
        whole = draws->names && draws->sources && draws->estimate && draws->value && fill_frame(context, draws, fits);
    }
    if (!whole) {
        mlab_draws_free(draws);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws", n_draws);
    }
    *out = draws;
    return MLAB_OK;
}

mlab_status mlab_draws_check(const mlab_fit *fit, bool uncertain, mlab_error *err)
{
    const char *why = mlab_model_not_simulated(fit->model);
    if (why) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: %s; fit a hazard instead", fit->outcome, why);
    if (fit->n_random)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: draws of a mixed model are not built yet; a simulation needs a fit without (... | %s)",
                          fit->outcome, fit->random->group);
    bool broken =
        fit->trust == MLAB_NOT_CONVERGED || fit->trust == MLAB_SEPARATED || fit->trust == MLAB_INDEFINITE || fit->trust == MLAB_TOO_FEW_CLUSTERS;
    if (uncertain && broken)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: no draws can be made of a fit that is %s: %s", fit->outcome, mlab_trust_name(fit->trust),
                          fit->reason);
    return MLAB_OK;
}

mlab_status mlab_draws_make_fixed(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws, mlab_draws **draws,
                                  mlab_error *err)
{
    *draws = NULL;
    for (size_t k = 0; k < n_fits; k++) {
        mlab_status status = mlab_draws_check(fits[k], false, err);
        if (status) return status;
    }
    mlab_status status = mlab_draws_frame(context, MLAB_DRAWS_FIXED, fits, n_fits, n_draws, draws, err);
    if (status) return status;
    size_t n = (*draws)->n_parameters;
    for (size_t d = 0; d < n_draws; d++) memcpy((*draws)->value + d * n, (*draws)->estimate, n * sizeof(double));
    return MLAB_OK;
}

/* --- the unbounded scale ---------------------------------------------------------------------------------- */

/* In place: thresholds to the first and the logs of the gaps, and back. */
static void unbound(const mlab_fit *fit, double *v)
{
    for (size_t t = fit->n_thresholds; t-- > 1;) v[t] = log(v[t] - v[t - 1]);
}

static void bound(const mlab_fit *fit, double *v)
{
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
    size_t p = fit->n_parameters;
    const double *covariance = fit->robust ? fit->robust : fit->covariance;
    double *column = mlab_allocate(context, p, sizeof *column);
    if (!column) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %s", fit->outcome);
    for (size_t j = 0; j < p; j++) {
        memcpy(into + j * n, covariance + j * p, p * sizeof *into);
        unbound_deviation(fit, into + j * n);
    }
    for (size_t m = 0; m < p; m++) {
        for (size_t j = 0; j < p; j++) column[j] = into[j * n + m];
        unbound_deviation(fit, column);
        for (size_t j = 0; j < p; j++) into[j * n + m] = column[j];
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

static mlab_status joint_covariance(const mlab_context *context, const mlab_draws *draws, const mlab_fit *const *fits, double *covariance,
                                    mlab_error *err)
{
    size_t n = draws->n_parameters;
    mlab_status status = MLAB_OK;
    double **influence = mlab_allocate(context, draws->n_outcomes, sizeof *influence);
    if (!influence) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws");
    for (size_t k = 0; k < draws->n_outcomes; k++)
        if (fits[k]->influence && !(influence[k] = scaled_influence(context, fits[k]))) {
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the influence of %s", fits[k]->outcome);
            goto out;
        }
    for (size_t k = 0; k < draws->n_outcomes; k++) {
        double *into = covariance + draws->first[k] * n;
        if (has_own_block(fits[k]) && (status = own_block(context, fits[k], into + draws->first[k], n, err))) goto out;
        for (size_t l = 0; l <= k; l++)
            if (share_clusters(fits[k], fits[l]) && !(k == l && has_own_block(fits[k])))
                add_shared(fits[k], influence[k], fits[l], influence[l], into + draws->first[l], n);
    }
out:
    for (size_t k = 0; k < draws->n_outcomes; k++) mlab_release(context, influence[k]);
    mlab_release(context, influence);
    return status;
}

/* Lower Cholesky factor in place, aliased parameters left out as rows of 0. */
static mlab_status factor(const mlab_draws *draws, const uint8_t *aliased, double *a, mlab_error *err)
{
    size_t n = draws->n_parameters;
    for (size_t j = 0; j < n; j++) {
        double variance = a[j * n + j], left = variance;
        for (size_t k = 0; k < j; k++) {
            double sum = a[j * n + k];
            for (size_t m = 0; m < k; m++) sum -= a[j * n + m] * a[k * n + m];
            a[j * n + k] = aliased[j] || aliased[k] ? 0 : sum / a[k * n + k];
            left -= a[j * n + k] * a[j * n + k];
        }
        if (aliased[j]) continue;
        if (!(left > 1e-12 * variance))
            return mlab_raise(err, MLAB_ERR_FIT_COVARIANCE,
                              "the joint covariance of %zu outcomes is not positive definite: %s has no variance of its own (are there fewer "
                              "clusters than parameters?)",
                              draws->n_outcomes, draws->names[j]);
        a[j * n + j] = sqrt(left);
    }
    return MLAB_OK;
}

static void draw_all(const mlab_draws *draws, const mlab_fit *const *fits, const uint8_t *aliased, const double *l)
{
    size_t n = draws->n_parameters;
    for (size_t d = 0; d < draws->n_draws; d++) {
        double *value = draws->value + d * n;
        memcpy(value, draws->estimate, n * sizeof *value);
        for (size_t k = 0; k < draws->n_outcomes; k++) unbound(fits[k], value + draws->first[k]);
        for (size_t j = 0; j < n; j++) {
            if (aliased[j]) continue;
            mlab_address address = {.seed = draws->seed, .draw = (uint32_t)d, .entity = (uint32_t)j, .purpose = MLAB_PURPOSE_PARAMETERS};
            double z = mlab_random_normal(&address, 0);
            for (size_t i = j; i < n; i++) value[i] += l[i * n + j] * z;
        }
        for (size_t k = 0; k < draws->n_outcomes; k++) bound(fits[k], value + draws->first[k]);
    }
}

mlab_status mlab_draws_make(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws, uint64_t seed, mlab_draws **out,
                            mlab_error *err)
{
    mlab_draws *draws = NULL;
    double *covariance = NULL;
    uint8_t *aliased = NULL;
    mlab_status status = MLAB_OK;
    *out = NULL;
    if (n_draws > UINT32_MAX) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%zu draws are asked for; allowed: up to %lu", n_draws, 4294967295ul);
    for (size_t k = 0; k < n_fits; k++)
        if ((status = mlab_draws_check(fits[k], true, err))) return status;
    if ((status = mlab_draws_frame(context, MLAB_DRAWS_NORMAL, fits, n_fits, n_draws, &draws, err))) return status;
    draws->seed = seed;
    size_t n = draws->n_parameters;
    covariance = mlab_allocate(context, n, n * sizeof *covariance);
    aliased = mlab_allocate(context, n, 1);
    if (!covariance || !aliased) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the covariance of %zu parameters", n);
        goto out;
    }
    for (size_t k = 0; k < n_fits; k++) memcpy(aliased + draws->first[k], fits[k]->aliased, fits[k]->n_parameters);
    if ((status = joint_covariance(context, draws, fits, covariance, err))) goto out;
    if ((status = factor(draws, aliased, covariance, err))) goto out;
    draw_all(draws, fits, aliased, covariance);
out:
    mlab_release(context, covariance);
    mlab_release(context, aliased);
    if (status) {
        mlab_draws_free(draws);
        draws = NULL;
    }
    *out = draws;
    return status;
}

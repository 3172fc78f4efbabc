/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of parameters where values are missing: people are drawn with replacement, each with all rows, and in every sample the missing values are
 * imputed anew, copies of one person apart, before every outcome is refitted to it: bootstrap, then impute (Schomaker & Heumann 2018,
 * doi:10.1002/sim.7654; Bartlett & Hughes 2020, doi:10.1177/0962280220932189). Designs stay those of the pooled fits, so that draws fit their
 * recipes. Where a fit names clusters (cluster(department)) these are drawn whole. Groups that hold several people and no clusters are named for stay
 * one group each, as in other bootstraps of people, so that what they share spreads too little. Effects are drawn given the refit's parameters.
 * Weakness: one imputation a sample, so that draws spread a little more than the pooled errors; every draw imputes, which takes long. */
#include "fit/penalty/redrawn.h"
#include "fit/after/after.h"
#include "fit/draws.h"
#include "fit/impute/redrawn_clusters.h"
#include "fit/mixed/web.h"
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/text.h"

#include <string.h>

enum { ATTEMPTS = 5 };
#define MOST_FAILED(n_) ((n_) / 5) /* refits that may fail, as in fit/after/bootstrap.c */

typedef struct redrawing {
    const mlab_context *context;
    const mlab_data *data;
    const mlab_outcome *const *outcomes; /* [n] those that are drawn */
    const mlab_outcome *all;             /* [n_all] those whose formulas say what is imputed */
    const mlab_fit_options *options;
    const mlab_fit *const *fits; /* [n] pooled */
    mlab_redrawn_clusters clusters;
    bool whole; /* clusters of people are drawn */
    size_t n, n_all;
    int rounds;
    uint64_t seed;
    mlab_draws *draws;
    double *spread; /* [n_draws * stride] of mixed outcomes, in their order */
    size_t stride;
    uint8_t *attempts; /* [n_draws] that failed */
} redrawing;

/* Designs and columns of the effects are those of the pooled fit, whatever levels the sample has; the groups of whole clusters are apart in each
 * copy. random, group [n_random]; what group points to is released by the caller, also after a failure. */
static mlab_status take_designs(const redrawing *r, const mlab_context *context, const mlab_sampled *sampled, const mlab_fit *fit,
                                mlab_outcome_problem *made, mlab_random_grouping *random, uint32_t **group, mlab_error *err)
{
    mlab_fit_problem *problem = &made->problem;
    mlab_status status = MLAB_OK;
    problem->design = fit->design; /* borrowed: knots and levels of the fit */
    for (size_t t = 0; t < problem->n_random && !status; t++) {
        random[t] = problem->random[t];
        if (fit->random[t].design) random[t].design = fit->random[t].design;
        if (!r->whole) continue;
        status =
            mlab_redrawn_groups(context, &r->clusters, sampled, made->rows, problem->n, &problem->random[t], &group[t], &random[t].n_groups, err);
        random[t].group = group[t];
        random[t].groups = NULL;
        random[t].person = NULL;
    }
    problem->random = problem->n_random ? random : NULL;
    return status;
}

static mlab_status refit(const redrawing *r, const mlab_context *context, const mlab_sampled *sampled, const mlab_data *data, size_t k,
                         const mlab_address *address, double *value, double *spread, bool *good, mlab_error *err)
{
    mlab_outcome_problem *made = NULL;
    mlab_prepared *prepared = NULL;
    mlab_refit_info info = {0};
    const mlab_fit *fit = r->fits[k];
    mlab_random_grouping random[MLAB_MOST_TERMS];
    uint32_t *group[MLAB_MOST_TERMS] = {NULL};
    mlab_error failed = {0};
    size_t aliased = 0;
    mlab_status status = mlab_outcome_problem_make(context, data, r->outcomes[k], r->options, &made, &failed);
    bool same = !status && made->problem.n_random == fit->n_random && fit->n_random <= MLAB_MOST_TERMS;
    if (same) status = take_designs(r, context, sampled, fit, made, random, group, &failed);
    if (same && !status) status = mlab_prepare(context, made->model, &made->problem, &made->options, &prepared, &failed);
    *good = same && !status && mlab_prepared_parameters(prepared) == fit->n_parameters;
    if (*good) status = mlab_refit_redrawn(context, prepared, NULL, fit, address, value, spread, &info, &failed);
    for (size_t j = 0; j < fit->n_parameters; j++) aliased += fit->aliased[j];
    for (size_t j = 0; *good && !status && prepared && j < fit->n_parameters; j++) *good = fit->aliased[j] || value[j] != 0;
    *good = *good && !status && info.trust == MLAB_TRUSTED && info.n_aliased <= aliased;
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
    for (size_t t = 0; t < MLAB_MOST_TERMS; t++) mlab_release(context, group[t]);
    if (status == MLAB_ERR_MEMORY || status == MLAB_ERR_CANCELLED) return mlab_raise(err, status, "%s", failed.sentence);
    return MLAB_OK; /* a sample without some level, or without an event, is drawn again */
}

static mlab_status try_sample(const redrawing *r, const mlab_context *context, size_t d, uint16_t attempt, double *count, bool *good, mlab_error *err)
{
    mlab_address address = {.seed = r->seed, .draw = (uint32_t)d, .period = attempt, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    mlab_sampled *sampled = NULL;
    mlab_imputation *imputation = NULL;
    mlab_completed *completed = NULL;
    mlab_error failed = {0};
    *good = false;
    mlab_random_sample(context, &address, r->clusters.n, count + r->clusters.n_people);
    mlab_redrawn_clusters_spread(&r->clusters, count + r->clusters.n_people, count);
    mlab_status status = mlab_sampled_make(context, r->data, r->outcomes, r->n, count, &sampled, err);
    if (status) return status;
    uint64_t own = r->seed ^ (UINT64_C(0x9e3779b97f4a7c15) * (ATTEMPTS * (uint64_t)d + attempt + 1));
    status = mlab_impute(context, &sampled->data, r->all, r->n_all, 1, r->rounds, own, &imputation, &failed);
    bool usable = !status;
    if (status == MLAB_ERR_MEMORY || status == MLAB_ERR_CANCELLED)
        status = mlab_raise(err, status, "%s", failed.sentence);
    else
        status = MLAB_OK; /* a column without any value in the sample */
    if (!status && usable) status = mlab_impute_complete(context, &sampled->data, imputation, 0, &completed, err);
    *good = !status && usable;
    double *spread = r->spread + d * r->stride;
    for (size_t k = 0; k < r->n && *good && !status; spread += r->fits[k++]->n_spread) {
        mlab_address at = address;
        at.replicate = (uint32_t)k;
        status = refit(r, context, sampled, &completed->data, k, &at, r->draws->value + d * r->draws->n_parameters + r->draws->first[k], spread, good,
                       err);
    }
    mlab_completed_free(context, completed);
    mlab_imputation_free(imputation);
    mlab_sampled_free(sampled);
    return status;
}

static mlab_status draw_one(void *work, size_t d, void *scratch, mlab_error *err)
{
    const redrawing *r = work;
    mlab_context own = *r->context;
    mlab_status status = MLAB_OK;
    bool good = false;
    own.threads = 1;
    for (uint16_t attempt = 0; attempt < ATTEMPTS && !good && !status; attempt++) {
        status = try_sample(r, &own, d, attempt, scratch, &good, err);
        r->attempts[d] += !good;
    }
    return status;
}

static mlab_status count_failures(redrawing *r, mlab_error *err)
{
    mlab_draws *draws = r->draws;
    bool hopeless = false;
    for (size_t d = 0; d < draws->n_draws; d++) {
        draws->n_failed += r->attempts[d];
        hopeless = hopeless || r->attempts[d] == ATTEMPTS;
    }
    if (draws->n_failed == 0) return MLAB_OK;
    mlab_text text = MLAB_TEXT(r->context);
    mlab_text_print(&text,
                    "%llu samples, each imputed anew, could not be fitted (a level, an event or a maximum is missing there) and were drawn again",
                    (unsigned long long)draws->n_failed);
    draws->note = text.failed ? NULL : mlab_copy_text(r->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!draws->note) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
    if (!hopeless && draws->n_failed <= MOST_FAILED(draws->n_draws)) return MLAB_OK;
    return mlab_raise(err, MLAB_ERR_FIT_DRAWS,
                      "of %zu bootstrap samples too many cannot be fitted (%s); fewer terms or levels would help, or fit.draws: normal",
                      draws->n_draws, draws->note);
}

/* Why a fit cannot be drawn like that. */
static mlab_status check_fit(const mlab_fit *fit, mlab_error *err)
{
    mlab_status status = mlab_draws_check(fit, true, err);
    if (status) return status;
    const char *model = fit->outcome, *why = NULL;
    if (mlab_fit_has_frailty(fit)) why = "with a frailty";
    if (fit->n_initial) why = "with initial: joint";
    for (size_t t = 0; t < fit->n_random && !why; t++)
        if (fit->random[t].people && strcmp(fit->random[t].group, "person") != 0) why = "with effects of mentors";
    if (why)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: bootstrap draws of imputed data %s are not built; use fit.draws: normal", model, why);
    return MLAB_OK;
}

/* The clusters that all fits can be drawn by: those that one of them names, or people. */
static mlab_status find_clusters(redrawing *r, const mlab_imputation *imputation, mlab_error *err)
{
    const char *name = NULL;
    const mlab_outcome *by = NULL;
    mlab_completed *completed = NULL;
    for (size_t k = 0; k < r->n; k++) {
        const char *own = r->fits[k]->cluster;
        if (!own[0] || strcmp(own, "person") == 0) continue;
        if (name && strcmp(name, own) != 0)
            return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: bootstrap draws of imputed data draw %s or %s, not both; use fit.draws: normal",
                              r->fits[k]->outcome, name, own);
        name = own;
        by = r->outcomes[k];
    }
    r->whole = name != NULL;
    mlab_status status = name ? mlab_impute_complete(r->context, r->data, imputation, 0, &completed, err) : MLAB_OK;
    if (!status) status = mlab_redrawn_clusters_make(r->context, completed ? &completed->data : r->data, by, r->options, name, &r->clusters, err);
    mlab_completed_free(r->context, completed);
    return status;
}

/* Effects of all groups given the parameters of each draw: those of draw d given the values of imputation d modulo their number. */
static mlab_status add_effects(const redrawing *r, const mlab_imputation *imputation, mlab_error *err)
{
    const size_t m = (size_t)imputation->n_imputations;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < m && r->stride > 0 && !status; k++) {
        mlab_completed *completed = NULL;
        mlab_draws part = *r->draws; /* its effects alone are its own */
        part.effects = NULL;
        part.n_effects = 0;
        status = mlab_impute_complete(r->context, r->data, imputation, (int)k, &completed, err);
        if (!status) status = mlab_draws_add_effects(r->context, &completed->data, r->outcomes, r->options, r->fits, r->spread, &part, err);
        if (!status && k == 0)
            r->draws->effects = part.effects, r->draws->n_effects = part.n_effects, part.effects = NULL;
        else if (!status && !mlab_draws_take_effects(r->draws, &part, k, m))
            status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "imputation %zu has other groups than the first", k + 1);
        mlab_draws_drop_effects(&part);
        mlab_completed_free(r->context, completed);
    }
    return status;
}

mlab_status mlab_draws_redrawn(const mlab_context *context, const mlab_data *data, const mlab_outcome *all, size_t n_all,
                               const mlab_outcome *const *outcomes, const mlab_fit_options *options, const mlab_fit *const *fits, size_t n_fits,
                               const mlab_imputation *imputation, size_t n_draws, uint64_t seed, mlab_draws **out, mlab_error *err)
{
    redrawing r = {.context = context,
                   .data = data,
                   .outcomes = outcomes,
                   .all = all,
                   .options = options,
                   .fits = fits,
                   .n = n_fits,
                   .n_all = n_all,
                   .rounds = imputation->n_rounds,
                   .seed = seed};
    mlab_status status = MLAB_OK;
    *out = NULL;
    if (n_draws > UINT32_MAX) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%zu draws are asked for; allowed: up to %lu", n_draws, 4294967295ul);
    for (size_t k = 0; k < n_fits && !status; k++) {
        status = check_fit(fits[k], err);
        r.stride += fits[k]->n_spread;
    }
    if (!status) status = find_clusters(&r, imputation, err);
    if (!status) status = mlab_draws_frame(context, MLAB_DRAWS_BOOTSTRAP, fits, n_fits, n_draws, &r.draws, err);
    if (status) goto out;
    r.draws->seed = seed;
    r.attempts = mlab_allocate(context, n_draws, 1);
    r.spread = mlab_allocate(context, n_draws, (r.stride + 1) * sizeof *r.spread);
    if (!r.attempts || !r.spread) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws", n_draws);
    if (!status) status = mlab_parallel_blocks(context, "draws", n_draws, (r.clusters.n_people + r.clusters.n) * sizeof(double), draw_one, &r, err);
    if (!status) status = count_failures(&r, err);
    if (!status) status = add_effects(&r, imputation, err);
out:
    mlab_redrawn_clusters_free(&r.clusters);
    mlab_release(context, r.attempts);
    mlab_release(context, r.spread);
    if (status) {
        mlab_draws_free(r.draws);
        r.draws = NULL;
    }
    *out = r.draws;
    return status;
}

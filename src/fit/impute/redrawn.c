/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of parameters where values are missing: people are drawn with replacement, each with all rows, and in every sample the missing values are
 * imputed anew, copies of one person apart, before every outcome is refitted to it: bootstrap, then impute (Schomaker & Heumann 2018,
 * doi:10.1002/sim.7654; Bartlett & Hughes 2020, doi:10.1177/0962280220932189). Designs stay those of the pooled fits, so that draws fit their
 * recipes. Weakness: one imputation a sample, so that draws spread a little more than the pooled errors; every draw imputes, which takes long. */
#include "fit/draws.h"
#include "fit/impute/sampled.h"
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
    size_t n, n_all, people;
    int rounds;
    uint64_t seed;
    mlab_draws *draws;
    uint8_t *attempts; /* [n_draws] that failed */
} redrawing;

static mlab_status refit(const redrawing *r, const mlab_context *context, const mlab_data *data, size_t k, double *value, bool *good, mlab_error *err)
{
    mlab_outcome_problem *made = NULL;
    mlab_prepared *prepared = NULL;
    mlab_refit_info info = {0};
    const mlab_fit *fit = r->fits[k];
    mlab_error failed = {0};
    mlab_status status = mlab_outcome_problem_make(context, data, r->outcomes[k], r->options, &made, &failed);
    if (!status) {
        made->problem.design = fit->design; /* borrowed: knots and levels of the fit */
        status = mlab_prepare(context, made->model, &made->problem, &made->options, &prepared, &failed);
    }
    *good = !status && mlab_prepared_parameters(prepared) == fit->n_parameters;
    if (*good) status = mlab_prepared_refit(context, prepared, NULL, fit->estimate, value, &info, &failed);
    size_t aliased = 0;
    for (size_t j = 0; j < fit->n_parameters; j++) aliased += fit->aliased[j];
    for (size_t j = 0; *good && !status && prepared && j < fit->n_parameters; j++) *good = fit->aliased[j] || value[j] != 0;
    *good = *good && !status && info.trust == MLAB_TRUSTED && info.n_aliased <= aliased;
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
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
    mlab_random_sample(context, &address, r->people, count);
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
    for (size_t k = 0; k < r->n && *good && !status; k++)
        status = refit(r, context, &completed->data, k, r->draws->value + d * r->draws->n_parameters + r->draws->first[k], good, err);
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

mlab_status mlab_draws_redrawn(const mlab_context *context, const mlab_data *data, const mlab_outcome *all, size_t n_all,
                               const mlab_outcome *const *outcomes, const mlab_fit_options *options, const mlab_fit *const *fits, size_t n_fits,
                               int n_rounds, size_t n_draws, uint64_t seed, mlab_draws **out, mlab_error *err)
{
    redrawing r = {.context = context,
                   .data = data,
                   .outcomes = outcomes,
                   .all = all,
                   .options = options,
                   .fits = fits,
                   .n = n_fits,
                   .n_all = n_all,
                   .people = mlab_sampled_people(data),
                   .rounds = n_rounds,
                   .seed = seed};
    mlab_status status = MLAB_OK;
    *out = NULL;
    if (n_draws > UINT32_MAX) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%zu draws are asked for; allowed: up to %lu", n_draws, 4294967295ul);
    for (size_t k = 0; k < n_fits && !status; k++) {
        const char *cluster = fits[k]->cluster;
        status = mlab_draws_check(fits[k], true, err);
        if (!status && fits[k]->n_random)
            status = mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT,
                                "%s: bootstrap draws of imputed data with random effects are not built; use fit.draws: normal", fits[k]->outcome);
        if (!status && cluster[0] && strcmp(cluster, "person") != 0)
            status = mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: bootstrap draws of imputed data draw people, not %s; use fit.draws: normal",
                                fits[k]->outcome, cluster);
    }
    if (!status) status = mlab_draws_frame(context, MLAB_DRAWS_BOOTSTRAP, fits, n_fits, n_draws, &r.draws, err);
    if (status) return status;
    r.draws->seed = seed;
    if (!(r.attempts = mlab_allocate(context, n_draws, 1))) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws", n_draws);
    if (!status) status = mlab_parallel_blocks(context, "draws", n_draws, r.people * sizeof(double), draw_one, &r, err);
    if (!status) status = count_failures(&r, err);
    mlab_release(context, r.attempts);
    if (status) {
        mlab_draws_free(r.draws);
        r.draws = NULL;
    }
    *out = r.draws;
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of parameters by refitting: to people drawn with replacement, each with all their rows (cluster bootstrap; Field & Welsh 2007,
 * doi:10.1111/j.1467-9868.2007.00593.x), or to responses drawn from the fits (Efron & Tibshirani 1993, ch. 6).
 *
 * Person j of draw d is the one at floor(n u), u at the address (seed, draw d, entity j, period = attempt, replicate = clustering, purpose
 * BOOTSTRAP): the same samples as in compare, whatever the threads. Outcomes that are clustered alike share the sample. Every refit is a fit of its
 * own, started from the estimate. Weakness: samples that separate a coefficient are drawn again, so that its draws lack those tails; they are
 * counted. Two-way clusters are drawn by the first. The parametric bootstrap takes rows as independent given the effects of their groups, which it
 * draws anew for every sample. Then the effects of the groups in the data are drawn given the refit's parameters and the data (fit/draws_effects.c).
 */
#include "fit/after/simulated.h"
#include "fit/draws.h"
#include "fit/mixed/mixed.h"
#include "fit/outcome.h"
#include "fit/penalty/redrawn.h"
#include "fit/raters/raters.h"
#include "fit/refits.h"
#include "fit/survival/times_draw.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/text.h"

#include <string.h>

#define MOST_TOGETHER ((size_t)1 << 19) /* clusters of an outcome, beyond which draws are made one by one to save memory */

/* Outcomes that are clustered by the same thing. */
typedef struct population {
    const char *name;
    uint32_t *at; /* [most id + 1] place of the id among those that have rows, plus 1; 0 = none */
    size_t n_ids, n;
} population;

typedef struct one_outcome {
    mlab_outcome_problem *made;    /* NULL: the rows were at hand */
    mlab_prepared *own;            /* NULL with it */
    const mlab_prepared *prepared; /* either */
    mlab_refits *refits;           /* of samples of people */
    mlab_expected expected;
    mlab_times_draw *times; /* instead of it, of a model of times */
    size_t population, first_spread;
} one_outcome;

typedef struct boot {
    const mlab_context *context;
    const mlab_fit *const *fits;
    one_outcome *outcome;   /* [n] */
    population *population; /* [n_populations] */
    size_t n, n_populations;
    size_t most_clusters, batch; /* of any outcome; draws side by side */
    mlab_draws *draws;
    bool parametric, priors; /* priors: some outcome has them */
    double *spread;          /* [n_draws * stride] of mixed outcomes, in their order */
    size_t stride;
    uint8_t *attempts;                       /* [n_draws] that failed */
    uint32_t (*reasons)[MLAB_DRAWS_REASONS]; /* [n_draws] */
} boot;

static uint32_t id_of(const mlab_fit_problem *problem, size_t g)
{
    return problem->cluster_id ? problem->cluster_id[g] : (uint32_t)g;
}

static size_t clusters_of(const mlab_fit_problem *problem)
{
    return problem->cluster ? problem->n_clusters : problem->n;
}

/* --- who can be drawn --------------------------------------------------------------------------------------------- */

static size_t population_of(boot *b, const char *name)
{
    size_t k = 0;
    while (k < b->n_populations && strcmp(b->population[k].name, name) != 0) k++;
    if (k == b->n_populations) b->population[b->n_populations++].name = name;
    return k;
}

static mlab_status make_populations(boot *b, mlab_error *err)
{
    for (size_t k = 0; k < b->n; k++) {
        const mlab_fit_problem *problem = b->outcome[k].prepared->problem;
        b->outcome[k].population = population_of(b, problem->cluster && problem->cluster_name ? problem->cluster_name : "");
        population *p = &b->population[b->outcome[k].population];
        for (size_t g = 0; g < clusters_of(problem); g++)
            if (id_of(problem, g) >= p->n_ids) p->n_ids = (size_t)id_of(problem, g) + 1;
    }
    for (size_t s = 0; s < b->n_populations; s++) {
        population *p = &b->population[s];
        if (!(p->at = mlab_allocate(b->context, p->n_ids, sizeof *p->at)))
            return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu people", p->n_ids);
        for (size_t k = 0; k < b->n; k++)
            for (size_t g = 0; b->outcome[k].population == s && g < clusters_of(b->outcome[k].prepared->problem); g++)
                p->at[id_of(b->outcome[k].prepared->problem, g)] = 1;
        for (size_t i = 0; i < p->n_ids; i++)
            if (p->at[i]) p->at[i] = (uint32_t)++p->n;
    }
    return MLAB_OK;
}

/* --- one draw --------------------------------------------------------------------------------------------------- */

/* count [population]: how often each is in the sample. */
static void take_sample(const boot *b, size_t s, const mlab_address *address, double *count)
{
    mlab_address at = *address;
    at.replicate = (uint32_t)s;
    mlab_random_sample(b->context, &at, b->population[s].n, count);
}

/* The same in narrower numbers. */
static void take_counts(const boot *b, size_t s, const mlab_address *address, uint16_t *count)
{
    mlab_address at = *address;
    at.replicate = (uint32_t)s;
    mlab_random_counts(b->context, &at, b->population[s].n, count);
}

/* weight [clusters of outcome k]: how often each is in the sample of its population. */
static void weigh_clusters(const boot *b, size_t k, const double *count, double *weight)
{
    const mlab_fit_problem *problem = b->outcome[k].prepared->problem;
    const population *p = &b->population[b->outcome[k].population];
    for (size_t g = 0; g < clusters_of(problem); g++) weight[g] = count[p->at[id_of(problem, g)] - 1];
}

/* Whether a refit is one that a draw can be; counts why it is not. */
static bool is_good(const boot *b, size_t d, const mlab_refit_info *info)
{
    if (info->trust == MLAB_TRUSTED && info->n_aliased == 0) return true;
    b->reasons[d][info->trust == MLAB_SEPARATED ? MLAB_DRAWS_SEPARATED
                  : info->trust == MLAB_TRUSTED ? MLAB_DRAWS_LOST_COLUMN
                                                : MLAB_DRAWS_NOT_CONVERGED]++;
    b->attempts[d]++;
    return false;
}

static mlab_status refit(const boot *b, const mlab_context *context, size_t k, const mlab_address *address, const double *const *counts,
                         double *weight, mlab_simulated *simulated, double *value, double *spread, double *hazard, mlab_refit_info *info,
                         mlab_error *err)
{
    const one_outcome *outcome = &b->outcome[k];
    const mlab_fit *fit = b->fits[k];
    mlab_refit_weights weights = {.cluster = weight};
    if (simulated) {
        mlab_address at = *address;
        at.replicate = (uint32_t)k;
        if (outcome->times) return mlab_times_draw_refit(context, outcome->times, &at, value, spread, hazard, info, err);
        mlab_status status = mlab_simulated_draw(simulated, &outcome->expected, &at, err);
        if (status) return status;
        return mlab_refit_redrawn(context, &simulated->prepared, NULL, fit, &at, value, spread, info, err);
    }
    weigh_clusters(b, k, counts[outcome->population], weight);
    if (fit->n_random && hazard)
        return mlab_mixed_refit_whole(context, outcome->prepared, &weights, fit, fit->estimate, value, spread, hazard, info, err);
    mlab_address at = *address;
    at.replicate = (uint32_t)k;
    return mlab_refit_redrawn(context, outcome->prepared, &weights, fit, &at, value, spread, info, err);
}

/* The baseline of a refit, where the model has one. weight [clusters] as it was refitted. */
static mlab_status keep_baseline(const boot *b, const mlab_context *context, size_t k, size_t d, const double *weight, mlab_error *err)
{
    const mlab_draws_baseline *into = mlab_draws_baseline_of(b->draws, k);
    const one_outcome *outcome = &b->outcome[k];
    mlab_refit_weights weights = {.cluster = weight};
    if (!into || b->fits[k]->n_random) return MLAB_OK; /* a frailty's came with the refit */
    return outcome->prepared->model->baseline(context, outcome->prepared, &weights, b->fits[k],
                                              b->draws->value + d * b->draws->n_parameters + b->draws->first[k],
                                              into->cumulative_hazard + d * into->n, err);
}

/* The same of a sample in narrower numbers. */
static mlab_status keep_baseline_of(const boot *b, const mlab_context *context, size_t k, size_t d, const uint16_t *count, mlab_error *err)
{
    size_t n = clusters_of(b->outcome[k].prepared->problem);
    if (!mlab_draws_baseline_of(b->draws, k)) return MLAB_OK;
    double *weight = mlab_allocate(context, n, sizeof *weight);
    if (!weight) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a bootstrap sample");
    for (size_t g = 0; g < n; g++) weight[g] = count[g];
    mlab_status status = keep_baseline(b, context, k, d, weight, err);
    mlab_release(context, weight);
    return status;
}

static mlab_status try_all(const boot *b, const mlab_context *context, size_t d, uint16_t attempt, double *const *counts, double *weight,
                           mlab_simulated *simulated, bool *good, mlab_error *err)
{
    mlab_address address = {.seed = b->draws->seed, .draw = (uint32_t)d, .period = attempt, .purpose = MLAB_PURPOSE_BOOTSTRAP};
    double *value = b->draws->value + d * b->draws->n_parameters;
    *good = false;
    for (size_t s = 0; s < b->n_populations && !b->parametric; s++) take_sample(b, s, &address, counts[s]);
    for (size_t k = 0; k < b->n; k++) {
        mlab_refit_info info = {0};
        const mlab_draws_baseline *into = mlab_draws_baseline_of(b->draws, k);
        mlab_status status =
            refit(b, context, k, &address, (const double *const *)counts, weight, simulated ? &simulated[k] : NULL, value + b->draws->first[k],
                  b->spread + d * b->stride + b->outcome[k].first_spread, into ? into->cumulative_hazard + d * into->n : NULL, &info, err);
        if (status) return status;
        if (!is_good(b, d, &info)) return MLAB_OK;
        if (!simulated && (status = keep_baseline(b, context, k, d, weight, err))) return status;
    }
    *good = true;
    return MLAB_OK;
}

/* Draw d alone, from its attempt `from` on. */
static mlab_status draw_one(const boot *b, const mlab_context *context, size_t d, uint16_t from, mlab_error *err)
{
    mlab_context own = *context;
    mlab_status status = MLAB_OK;
    bool good = false;
    double *weight = mlab_allocate(&own, b->most_clusters, sizeof *weight), **counts = mlab_allocate(&own, b->n_populations, sizeof *counts);
    mlab_simulated *simulated = b->parametric ? mlab_allocate(&own, b->n, sizeof *simulated) : NULL;
    if (!weight || !counts || (b->parametric && !simulated)) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a bootstrap sample");
    for (size_t s = 0; s < b->n_populations && !status; s++)
        if (!(counts[s] = mlab_allocate(&own, b->population[s].n, sizeof **counts)))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a bootstrap sample");
    for (size_t k = 0; k < b->n && b->parametric && !status; k++)
        if (!b->outcome[k].times) status = mlab_simulated_make(&own, &b->outcome[k].expected, &simulated[k], err);
    for (uint16_t attempt = from; attempt < MLAB_DRAWS_ATTEMPTS && !good && !status; attempt++)
        status = try_all(b, &own, d, attempt, counts, weight, simulated, &good, err);
    for (size_t s = 0; counts && s < b->n_populations; s++) mlab_release(&own, counts[s]);
    for (size_t k = 0; simulated && k < b->n; k++) mlab_simulated_free(&simulated[k]);
    mlab_release(&own, simulated);
    mlab_release(&own, counts);
    mlab_release(&own, weight);
    return status;
}

/* The first attempts of draws first .. first + n - 1 side by side (fit/refits.h). */
static mlab_status draw_together(const boot *b, const mlab_context *context, size_t first, size_t n, bool *good, mlab_error *err)
{
    size_t people = 0, parameters = b->draws->n_parameters, m = b->most_clusters;
    for (size_t s = 0; s < b->n_populations; s++) people += b->population[s].n;
    uint16_t *counts = mlab_allocate(context, n * people, sizeof *counts), *weight = mlab_allocate(context, n * m, sizeof *weight);
    double *estimates = mlab_allocate(context, n * parameters, sizeof *estimates);
    mlab_status status = MLAB_OK;
    if (!counts || !weight || !estimates) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu bootstrap samples", n);
    for (size_t i = 0; i < n && !status; i++) {
        mlab_address address = {.seed = b->draws->seed, .draw = (uint32_t)(first + i), .purpose = MLAB_PURPOSE_BOOTSTRAP};
        uint16_t *count = counts + i * people;
        for (size_t s = 0; s < b->n_populations; count += b->population[s++].n) take_counts(b, s, &address, count);
        good[i] = true;
    }
    for (size_t k = 0; k < b->n && !status; k++) {
        const uint16_t *each[MLAB_REFITS_BATCH] = {NULL};
        const mlab_fit_problem *problem = b->outcome[k].prepared->problem;
        const population *p = &b->population[b->outcome[k].population];
        mlab_refit_info info[MLAB_REFITS_BATCH];
        size_t own = b->fits[k]->n_parameters, before = 0;
        for (size_t s = 0; s < b->outcome[k].population; s++) before += b->population[s].n;
        for (size_t i = 0; i < n; i++) {
            const uint16_t *count = counts + i * people + before;
            for (size_t g = 0; g < clusters_of(problem); g++) weight[i * m + g] = count[p->at[id_of(problem, g)] - 1];
            each[i] = weight + i * m;
        }
        if ((status = mlab_refits_run(context, b->outcome[k].refits, n, each, estimates, info, err))) break;
        for (size_t i = 0; i < n && !status; i++) {
            memcpy(b->draws->value + (first + i) * parameters + b->draws->first[k], estimates + i * own, own * sizeof *estimates);
            good[i] = good[i] && is_good(b, first + i, &info[i]);
            if (good[i]) status = keep_baseline_of(b, context, k, first + i, each[i], err);
        }
    }
    mlab_release(context, counts);
    mlab_release(context, weight);
    mlab_release(context, estimates);
    return status;
}

static mlab_status draw_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    (void)scratch;
    const boot *b = work;
    mlab_context own = *b->context;
    bool good[MLAB_REFITS_BATCH] = {false};
    mlab_status status = MLAB_OK;
    size_t first = block * b->batch, n = b->draws->n_draws - first < b->batch ? b->draws->n_draws - first : b->batch;
    own.threads = 1;
    bool together = !b->parametric && b->stride == 0 && !b->priors; /* mixed models, and samples of priors, are refitted one by one */
    if (together) status = draw_together(b, &own, first, n, good, err);
    for (size_t i = 0; i < n && !status; i++)
        if (!good[i]) status = draw_one(b, &own, first + i, together, err);
    return status;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

/* The rows of an outcome, from the data. */
static mlab_status make_outcome(boot *b, size_t k, const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options,
                                mlab_error *err)
{
    one_outcome *one = &b->outcome[k];
    mlab_status status = mlab_outcome_problem_make(b->context, data, outcome, options, &one->made, err);
    if (!status && mlab_outcome_is_raters(outcome)) status = mlab_raters_cluster(one->made, err);
    if (!status) status = mlab_prepare(b->context, one->made->model, &one->made->problem, &one->made->options, &one->own, err);
    one->prepared = one->own;
    return status;
}

static mlab_status ready_outcome(boot *b, size_t k, mlab_error *err)
{
    one_outcome *one = &b->outcome[k];
    const mlab_prepared *prepared = one->prepared;
    const mlab_fit *fit = b->fits[k];
    if (prepared->n_parameters != fit->n_parameters) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is to other data", fit->outcome);
    b->priors = b->priors || prepared->problem->n_priors > 0;
    if (!b->parametric) return b->stride ? MLAB_OK : mlab_refits_make(b->context, prepared, fit->estimate, &one->refits, err);
    if (prepared->model->marks & MLAB_MODEL_TIMES) return mlab_times_draw_make(b->context, prepared, fit, &one->times, err);
    mlab_status status = mlab_simulated_check(b->context, prepared, err);
    return status ? status : mlab_expected_make(b->context, prepared, fit, &one->expected, err);
}

static void boot_free(boot *b)
{
    for (size_t k = 0; b->outcome && k < b->n; k++) {
        mlab_expected_free(&b->outcome[k].expected);
        mlab_times_draw_free(b->outcome[k].times);
        mlab_refits_free(b->outcome[k].refits);
        mlab_prepared_free(b->outcome[k].own);
        mlab_outcome_problem_free(b->outcome[k].made);
    }
    for (size_t s = 0; s < b->n_populations; s++) mlab_release(b->context, b->population[s].at);
    void *const memory[] = {b->outcome, b->population, b->attempts, b->reasons, b->spread};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(b->context, memory[k]);
}

/* Room for the draws; ended by boot_free, also after a failure. */
static mlab_status boot_begin(boot *b, size_t n_draws, uint64_t seed, mlab_error *err)
{
    if (n_draws > UINT32_MAX) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%zu draws are asked for; allowed: up to %lu", n_draws, 4294967295ul);
    mlab_status status =
        mlab_draws_frame(b->context, b->parametric ? MLAB_DRAWS_PARAMETRIC : MLAB_DRAWS_BOOTSTRAP, b->fits, b->n, n_draws, &b->draws, err);
    if (status) return status;
    b->draws->seed = seed;
    b->outcome = mlab_allocate(b->context, b->n, sizeof *b->outcome);
    b->population = mlab_allocate(b->context, b->n, sizeof *b->population);
    b->attempts = mlab_allocate(b->context, n_draws, 1);
    b->reasons = mlab_allocate(b->context, n_draws, sizeof *b->reasons);
    for (size_t k = 0; b->outcome && k < b->n; b->stride += b->fits[k++]->n_spread) b->outcome[k].first_spread = b->stride;
    b->spread = mlab_allocate(b->context, n_draws, b->stride * sizeof *b->spread);
    if (!b->outcome || !b->population || !b->attempts || !b->reasons || !b->spread)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu draws", n_draws);
    return MLAB_OK;
}

/* All draws, the rows of the outcomes being there. */
static mlab_status boot_run(boot *b, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n_draws = b->draws->n_draws;
    for (size_t k = 0; k < b->n && !status; k++) status = ready_outcome(b, k, err);
    if (!status) status = make_populations(b, err);
    if (!status) status = mlab_draws_make_baselines(b->draws, b->fits, err);
    for (size_t k = 0; k < b->n && !status; k++) {
        size_t clusters = clusters_of(b->outcome[k].prepared->problem);
        if (clusters > b->most_clusters) b->most_clusters = clusters;
    }
    b->batch = b->parametric || b->stride || b->priors || b->most_clusters > MOST_TOGETHER ? 1 : MLAB_REFITS_BATCH;
    if (!status) status = mlab_parallel_blocks(b->context, "draws", (n_draws + b->batch - 1) / b->batch, 0, draw_block, b, err);
    return status ? status : mlab_draws_count_failures(b->draws, b->attempts, b->reasons, err);
}

static mlab_status boot_end(boot *b, mlab_status status, mlab_draws **out)
{
    boot_free(b);
    if (status) mlab_draws_free(b->draws);
    *out = status ? NULL : b->draws;
    return status;
}

mlab_status mlab_draws_bootstrap(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                 const mlab_fit_options *options, const mlab_fit *const *fits, size_t n_fits, bool parametric, size_t n_draws,
                                 uint64_t seed, mlab_draws **out, mlab_error *err)
{
    boot b = {.context = context, .fits = fits, .n = n_fits, .parametric = parametric};
    mlab_status status = boot_begin(&b, n_draws, seed, err);
    for (size_t k = 0; k < n_fits && !status; k++) status = mlab_draws_check_refits(fits[k], err);
    for (size_t k = 0; k < n_fits && !status; k++) status = make_outcome(&b, k, data, outcomes[k], options, err);
    if (!status) status = boot_run(&b, err);
    if (!status) status = mlab_draws_add_effects(context, data, outcomes, options, fits, b.spread, b.draws, err);
    return boot_end(&b, status, out);
}

mlab_status mlab_draws_bootstrap_prepared(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, bool parametric,
                                          size_t n_draws, uint64_t seed, mlab_draws **out, mlab_error *err)
{
    *out = NULL;
    if (fit->n_random) return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: draws of a mixed model need its data", fit->outcome);
    boot b = {.context = context, .fits = &fit, .n = 1, .parametric = parametric};
    mlab_status status = boot_begin(&b, n_draws, seed, err);
    if (!status) status = mlab_draws_check_refits(fit, err);
    if (!status) {
        b.outcome->prepared = prepared;
        status = boot_run(&b, err);
    }
    return boot_end(&b, status, out);
}

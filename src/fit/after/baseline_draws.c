/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of a baseline hazard whose errors are those of the jackknife (robust cox, fine_gray), given the coefficients of each draw.
 *
 * The influence of every row or cluster times a standard normal number, summed, has the distribution that estimates have in large samples (multiplier
 * method; Lin, Fleming & Wei 1994, doi:10.1093/biomet/81.1.73; Fine & Gray 1999, section 4). The same numbers give coefficients too; where the draw
 * has others, the baseline moves by its regression on them, so that both are a draw from their joint normal distribution. The logarithm of the hazard
 * takes the sum, so that limits are those of log(-log), and steps that fell are put in order. Weakness: as all normal draws, rough where there are
 * few events. */
#include "fit/after/baseline_draws.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/random.h"
#include "fit/after/intervals.h"
#include "fit/after/limits.h"
#include "fit/draws.h"
#include "fit/outcome.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct drawing {
    const mlab_draws *draws;
    const mlab_fit *fit;
    const mlab_jackknife *jackknife;
    size_t outcome;
    double *inverse; /* [p * p] of the covariance of the coefficients */
    mlab_draws_baseline *into;
} drawing;

/* own [p]: the coefficients, less the estimates, that the normal numbers z give. */
static void coefficients_of(const drawing *w, mlab_address *address, const double *z, double *own)
{
    const mlab_fit *fit = w->fit;
    size_t p = fit->n_parameters, groups = w->jackknife->groups.n_groups;
    double root = sqrt(w->jackknife->factor);
    memset(own, 0, p * sizeof *own);
    for (size_t g = 0; g < groups; g++)
        for (size_t j = 0; j < p; j++) own[j] += root * z[g] * w->jackknife->influence[g * p + j];
    for (size_t k = 0; k < fit->n_priors && fit->robust; k++) {
        address->entity = (uint32_t)(groups + k);
        double by = mlab_random_normal(address, 0) / fit->priors[k].sd;
        for (size_t j = 0; j < p; j++) own[j] += by * fit->covariance[j * p + fit->priors[k].parameter];
    }
}

static mlab_status draw_one(void *work, size_t d, void *scratch, mlab_error *err)
{
    (void)err;
    const drawing *w = work;
    const mlab_baseline *b = w->fit->baseline;
    size_t p = w->fit->n_parameters, groups = w->jackknife->groups.n_groups;
    double *z = scratch, *away = z + groups, *own = away + p, *pull = own + p, *hazard = w->into->cumulative_hazard + d * b->n;
    const double *value = w->draws->value + d * w->draws->n_parameters + w->draws->first[w->outcome];
    mlab_address address = {.seed = w->draws->seed, .draw = (uint32_t)d, .replicate = (uint32_t)w->outcome + 1, .purpose = MLAB_PURPOSE_PARAMETERS};
    for (size_t g = 0; g < groups; g++) {
        address.entity = (uint32_t)g;
        z[g] = mlab_random_normal(&address, 0);
    }
    for (size_t j = 0; j < p; j++) away[j] = value[j] - w->fit->estimate[j];
    coefficients_of(w, &address, z, own);
    for (size_t j = 0; j < p; j++) {
        pull[j] = 0;
        for (size_t k = 0; k < p; k++) pull[j] += w->inverse[j * p + k] * (away[k] - own[k]);
    }
    mlab_steps_towards(&w->jackknife->steps, &w->jackknife->groups, z, hazard);
    for (size_t k = 0; k < b->n; k++) {
        double by = sqrt(w->jackknife->factor) * hazard[k], at = b->cumulative_hazard[k];
        for (size_t j = 0; j < p; j++) by += b->covariance[k * p + j] * pull[j] - b->mean[k * p + j] * away[j];
        hazard[k] = at > 0 ? at * mlab_exp(fmin(by / at, 700)) : 0;
    }
    for (size_t s = 0; s < b->n_strata; s++) qsort(hazard + b->first[s], b->first[s + 1] - b->first[s], sizeof *hazard, mlab_by_size);
    return MLAB_OK;
}

mlab_status mlab_draws_fill_jackknife(const mlab_context *context, mlab_draws *draws, size_t outcome, const mlab_fit *fit,
                                      const mlab_jackknife *jackknife, mlab_error *err)
{
    size_t p = fit->n_parameters, room = p ? p : 1;
    drawing w = {.draws = draws, .fit = fit, .jackknife = jackknife, .outcome = outcome};
    for (size_t k = 0; k < draws->n_baselines; k++)
        if (draws->baselines[k].outcome == outcome) w.into = &draws->baselines[k];
    double *work = mlab_allocate(context, room, room * sizeof *work);
    uint8_t *out = mlab_allocate(context, room, 1);
    w.inverse = mlab_allocate(context, room, room * sizeof *w.inverse);
    mlab_status status = work && out && w.inverse ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for draws of %s", fit->outcome);
    if (!status && p) {
        memcpy(w.inverse, mlab_fit_covariance(fit), p * p * sizeof *w.inverse);
        (void)mlab_symmetric_invert(w.inverse, p, fit->aliased, out, work);
    }
    if (!status && w.into)
        status = mlab_parallel_blocks(context, NULL, draws->n_draws, (jackknife->groups.n_groups + 3 * p) * sizeof(double), draw_one, &w, err);
    mlab_release(context, work);
    mlab_release(context, out);
    mlab_release(context, w.inverse);
    return status;
}

mlab_status mlab_draws_add_baselines(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes,
                                     const mlab_fit_options *options, const mlab_fit *const *fits, mlab_draws *draws, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < draws->n_outcomes && !status; k++) {
        mlab_outcome_problem *made = NULL;
        mlab_prepared *prepared = NULL;
        mlab_jackknife jackknife = {0};
        if (!mlab_draws_needs_rows(fits[k])) continue;
        status = mlab_outcome_problem_make(context, data, outcomes[k], options, &made, err);
        if (!status) status = mlab_prepare(context, made->model, &made->problem, &made->options, &prepared, err);
        if (!status && (prepared->n_parameters != fits[k]->n_parameters || made->problem.n != fits[k]->n_rows))
            status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the fit is to other data", fits[k]->outcome);
        if (!status) status = mlab_jackknife_make(context, prepared, fits[k], &jackknife, err);
        if (!status) status = mlab_draws_fill_jackknife(context, draws, k, fits[k], &jackknife, err);
        mlab_jackknife_free(&jackknife);
        mlab_prepared_free(prepared);
        mlab_outcome_problem_free(made);
    }
    return status;
}

mlab_status mlab_draws_make_prepared(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, size_t n_draws, uint64_t seed,
                                     mlab_draws **draws, mlab_error *err)
{
    int kind = prepared->options.draws;
    if (kind) return mlab_draws_bootstrap_prepared(context, prepared, fit, kind == 2, n_draws, seed, draws, err);
    if (!mlab_draws_needs_rows(fit)) return mlab_draws_make(context, &fit, 1, n_draws, seed, draws, err);
    double *spread = NULL;
    mlab_jackknife jackknife = {0};
    mlab_status status = mlab_draws_normal(context, &fit, 1, n_draws, seed, NULL, draws, &spread, err);
    if (!status) status = mlab_jackknife_make(context, prepared, fit, &jackknife, err);
    if (!status) status = mlab_draws_fill_jackknife(context, *draws, 0, fit, &jackknife, err);
    mlab_jackknife_free(&jackknife);
    mlab_release(context, spread);
    if (status) {
        mlab_draws_free(*draws);
        *draws = NULL;
    }
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of draws: names, estimates, what cannot be drawn, and draws that are all the estimate. */
#include "fit/draws.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

#define MOST_FAILED 5 /* one refit in so many may fail */

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
    mlab_draws_drop_effects(draws);
    mlab_draws_drop_baselines(draws);
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
    if (fit->n_random && !fit->n_spread)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: effects of %s are not drawn yet in model %s", fit->outcome, fit->random->group,
                          fit->model);
    if (uncertain && fit->baseline && !(fit->baseline->variance && fit->baseline->mean))
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: the baseline of this %s fit has no errors, so it has no draws", fit->outcome, fit->model);
    bool broken =
        fit->trust == MLAB_NOT_CONVERGED || fit->trust == MLAB_SEPARATED || fit->trust == MLAB_INDEFINITE || fit->trust == MLAB_TOO_FEW_CLUSTERS;
    if (uncertain && broken)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: no draws can be made of a fit that is %s: %s", fit->outcome, mlab_trust_name(fit->trust),
                          fit->reason);
    return MLAB_OK;
}

mlab_status mlab_draws_check_refits(const mlab_fit *fit, mlab_error *err)
{
    mlab_status status = mlab_draws_check(fit, true, err);
    if (!status && fit->n_initial)
        status = mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "%s: bootstrap draws of a fit with initial: joint are not built; use fit.draws: normal",
                            fit->outcome);
    return status;
}

mlab_status mlab_draws_make_fixed(const mlab_context *context, const mlab_fit *const *fits, size_t n_fits, size_t n_draws, mlab_draws **draws,
                                  mlab_error *err)
{
    *draws = NULL;
    for (size_t k = 0; k < n_fits; k++) {
        mlab_status status = mlab_draws_check(fits[k], false, err);
        if (!status && fits[k]->n_random) status = mlab_raise(err, MLAB_ERR_FIT_DRAWS, "%s: draws of a mixed model need its data", fits[k]->outcome);
        if (status) return status;
    }
    mlab_status status = mlab_draws_frame(context, MLAB_DRAWS_FIXED, fits, n_fits, n_draws, draws, err);
    if (status) return status;
    size_t n = (*draws)->n_parameters;
    for (size_t d = 0; d < n_draws; d++) memcpy((*draws)->value + d * n, (*draws)->estimate, n * sizeof(double));
    if ((status = mlab_draws_make_baselines(*draws, fits, err))) {
        mlab_draws_free(*draws);
        *draws = NULL;
    }
    return status;
}

mlab_status mlab_draws_count_failures(mlab_draws *draws, const uint8_t *attempts, uint32_t (*each)[MLAB_DRAWS_REASONS], mlab_error *err)
{
    uint64_t reasons[MLAB_DRAWS_REASONS] = {0}, hopeless = 0;
    for (size_t d = 0; d < draws->n_draws; d++) {
        draws->n_failed += attempts[d];
        hopeless += attempts[d] == MLAB_DRAWS_ATTEMPTS;
        for (size_t r = 0; r < MLAB_DRAWS_REASONS; r++) reasons[r] += each[d][r];
    }
    if (draws->n_failed == 0) return MLAB_OK;
    mlab_text text = MLAB_TEXT(draws->context);
    mlab_text_print(
        &text,
        "%llu refits failed and were drawn again: %llu with a coefficient without a maximum, %llu that did not converge, %llu that lost a column",
        (unsigned long long)draws->n_failed, (unsigned long long)reasons[MLAB_DRAWS_SEPARATED], (unsigned long long)reasons[MLAB_DRAWS_NOT_CONVERGED],
        (unsigned long long)reasons[MLAB_DRAWS_LOST_COLUMN]);
    draws->note = text.failed ? NULL : mlab_copy_text(draws->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!draws->note) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
    if (hopeless || draws->n_failed > draws->n_draws / MOST_FAILED)
        return mlab_raise(err, MLAB_ERR_FIT_DRAWS,
                          "of %zu bootstrap samples too many cannot be fitted (%s); fewer terms or levels would help, or fit.draws: normal",
                          draws->n_draws, draws->note);
    return MLAB_OK;
}

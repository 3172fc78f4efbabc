/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcomes fitted to every imputation, pooled, with draws that hold both kinds of uncertainty. */
#include "mentorlab/impute.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "fit/draws.h"
#include "fit/impute/tell.h"

#include <math.h>
#include <string.h>

typedef struct work {
    const mlab_context *context;
    const mlab_data *data;
    const mlab_outcome *outcomes;
    const mlab_fit_options *options;
    const mlab_imputation *imputation;
    size_t n_outcomes, n_draws, m;
    bool left_out; /* something that is not made of imputed data was asked for */
    const uint8_t *used;
    uint64_t seed;
    mlab_fit **all;                 /* [n_outcomes * m], those of an outcome together */
    const mlab_fit **drawn;         /* [n_outcomes] those of one imputation that are drawn */
    const mlab_outcome **described; /* [n_outcomes] what they were fitted to */
    mlab_draws *draws;
    mlab_error draws_failed;
} work;

/* Draws of one imputation; those whose turn it is go into the draws of all. */
static mlab_status draw(work *now, const mlab_data *data, size_t k, mlab_error *err)
{
    size_t n = 0;
    mlab_draws *own;
    for (size_t o = 0; o < now->n_outcomes; o++)
        if (!now->used || now->used[o]) now->described[n] = &now->outcomes[o], now->drawn[n++] = now->all[o * now->m + k];
    mlab_status status = mlab_draws_make_mixed(now->context, data, now->described, now->options, now->drawn, n, now->n_draws, now->seed, &own, err);
    if (status) return status;
    if (k == 0) {
        mlab_draws_drop_baselines(own); /* every imputation has its own */
        now->draws = own;
        return MLAB_OK;
    }
    size_t p = now->draws->n_parameters;
    if (own->n_parameters == p)
        for (size_t d = k; d < now->n_draws; d += now->m) memcpy(now->draws->value + d * p, own->value + d * p, p * sizeof *own->value);
    bool same = own->n_parameters == p && mlab_draws_take_effects(now->draws, own, k, now->m);
    mlab_draws_free(own);
    return same ? MLAB_OK : mlab_raise(err, MLAB_ERR_FIT_DRAWS, "the fits to imputation %zu have other parameters than the first", k + 1);
}

static mlab_status fit_one(work *now, size_t k, mlab_error *err)
{
    mlab_completed *completed;
    mlab_status status = mlab_impute_complete(now->context, now->data, now->imputation, (int)k, &completed, err);
    for (size_t o = 0; o < now->n_outcomes && !status; o++) {
        mlab_fit **fit = &now->all[o * now->m + k];
        if (now->context->cancelled && now->context->cancelled(now->context->user))
            status = mlab_raise(err, MLAB_ERR_CANCELLED, "stopped on request");
        else
            status = mlab_fit_outcome(now->context, &completed->data, &now->outcomes[o], now->options, fit, err);
    }
    if (!status && now->n_draws > 0 && !now->draws_failed.status) {
        mlab_status drawn = draw(now, &completed->data, k, &now->draws_failed);
        if (drawn == MLAB_ERR_MEMORY || drawn == MLAB_ERR_CANCELLED) status = mlab_raise(err, drawn, "%s", now->draws_failed.sentence);
    }
    for (size_t o = 0; o < now->n_outcomes && !status; o++) { /* influence is for draws alone */
        mlab_fit *fit = now->all[o * now->m + k];
        mlab_release(now->context, fit->influence);
        fit->influence = NULL;
    }
    mlab_completed_free(now->context, completed);
    return status;
}

/* "performance for 492 people, department for 262; 10 times in 10 rounds, largest R-hat 1.03". */
mlab_status mlab_imputation_tell(const mlab_data *data, const mlab_imputation *imputation, bool left_out, mlab_fit *fit, mlab_error *err)
{
    double largest = 0;
    uint64_t unaided = 0;
    bool unsettled = false;
    mlab_text text = MLAB_TEXT(fit->context);
    for (size_t c = 0; c < imputation->n_columns; c++) {
        const mlab_imputed_column *column = &imputation->columns[c];
        mlab_text_print(&text, "%s%s for %zu %s", c ? ", " : "", column->name, column->n_missing, data->panel ? "people" : "rows");
        largest = fmax(largest, column->r_hat);
        unaided += column->n_unaided;
        unsettled |= column->unsettled;
    }
    mlab_text_print(&text, "; %zu times in %d rounds", (size_t)imputation->n_imputations, imputation->n_rounds);
    if (largest > 0) mlab_text_print(&text, ", largest R-hat %.2f", largest);
    if (unaided > 0)
        mlab_text_print(&text, "; in %llu rounds the model of a column could not be fitted and its values were drawn from those there are",
                        (unsigned long long)unaided);
    if (left_out) mlab_text_append(&text, "; tests, profiles and diagnoses are not made of imputed data");
    fit->imputed = text.failed ? NULL : mlab_copy_text(fit->context, mlab_text_get(&text));
    mlab_text_free(&text);
    if (!fit->imputed) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sentence");
    if (unsettled)
        return mlab_fit_doubt(fit, MLAB_NOT_CONVERGED, err,
                              "the chains of imputations have not settled (R-hat %.2f); state more fit.imputation_rounds", largest);
    return MLAB_OK;
}

/* Estimates of the draws are those of the pooled fits. */
static void put_estimates(const work *now, mlab_fit *const *fits)
{
    for (size_t o = 0, at = 0; o < now->n_outcomes && now->draws; o++) {
        if (now->used && !now->used[o]) continue;
        memcpy(now->draws->estimate + now->draws->first[at++], fits[o]->estimate, fits[o]->n_parameters * sizeof(double));
    }
}

/* Draws by samples of people in which everything is imputed anew; why there are none stands in draws_failed. */
static void redraw(work *now, mlab_fit *const *fits, size_t n_draws)
{
    const mlab_outcome **outcomes = mlab_allocate(now->context, now->n_outcomes, sizeof *outcomes);
    size_t n = 0;
    for (size_t o = 0; outcomes && o < now->n_outcomes; o++) {
        if (now->used && !now->used[o]) continue;
        now->drawn[n] = fits[o];
        outcomes[n++] = &now->outcomes[o];
    }
    if (!outcomes)
        now->draws_failed.status = mlab_raise(&now->draws_failed, MLAB_ERR_MEMORY, "no memory for draws");
    else
        now->draws_failed.status = mlab_draws_redrawn(now->context, now->data, now->outcomes, now->n_outcomes, outcomes, now->options, now->drawn, n,
                                                      now->imputation, n_draws, now->seed, &now->draws, &now->draws_failed);
    mlab_release(now->context, outcomes);
}

static void work_free(work *now)
{
    for (size_t k = 0; now->all && k < now->n_outcomes * now->m; k++) mlab_fit_free(now->all[k]);
    mlab_release(now->context, now->all);
    mlab_release(now->context, now->drawn);
    mlab_release(now->context, now->described);
    mlab_draws_free(now->draws);
}

static void drop(mlab_fit **fits, size_t n)
{
    for (size_t o = 0; o < n; o++) {
        mlab_fit_free(fits[o]);
        fits[o] = NULL;
    }
}

mlab_status mlab_fit_imputed(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcomes, size_t n_outcomes,
                             const mlab_fit_options *options, const mlab_imputation *imputation, size_t n_draws, const uint8_t *used, uint64_t seed,
                             mlab_fit **fits, mlab_draws **draws, mlab_error *err)
{
    mlab_fit_options plain = *options;
    plain.tests = plain.diagnose = plain.profile = false; /* they would be those of one imputation; effects and predictions are pooled */
    work now = {.context = context,
                .data = data,
                .outcomes = outcomes,
                .options = &plain,
                .imputation = imputation,
                .n_outcomes = n_outcomes,
                .n_draws = n_draws,
                .m = (size_t)imputation->n_imputations,
                .left_out = options->tests || options->diagnose || options->profile,
                .used = used,
                .seed = seed};
    memset(fits, 0, n_outcomes * sizeof *fits);
    if (draws) *draws = NULL;
    if (n_draws > 0 && options->draws == 2)
        return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT,
                          "fit.draws: parametric with fit.imputations is not built: responses are drawn, not what is missing; bootstrap redraws it");
    if (options->draws) now.n_draws = 0; /* they are made after pooling */
    now.all = mlab_allocate(context, n_outcomes, now.m * sizeof(mlab_fit *));
    now.drawn = mlab_allocate(context, n_outcomes, sizeof *now.drawn);
    now.described = mlab_allocate(context, n_outcomes, sizeof *now.described);
    mlab_status status =
        now.all && now.drawn && now.described ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu fits", n_outcomes * now.m);
    for (size_t k = 0; k < now.m && !status; k++) status = fit_one(&now, k, err);
    for (size_t o = 0; o < n_outcomes && !status; o++) status = mlab_fit_pool(context, now.all + o * now.m, now.m, &fits[o], err);
    for (size_t o = 0; o < n_outcomes && !status; o++) status = mlab_imputation_tell(data, imputation, now.left_out, fits[o], err);
    if (!status && n_draws > now.n_draws && draws) redraw(&now, fits, n_draws);
    if (now.draws_failed.status == MLAB_ERR_MEMORY || now.draws_failed.status == MLAB_ERR_CANCELLED)
        status = mlab_raise(err, now.draws_failed.status, "%s", now.draws_failed.sentence);
    if (!status && now.draws && !now.draws_failed.status && draws) {
        put_estimates(&now, fits);
        *draws = now.draws;
        now.draws = NULL;
    }
    work_free(&now);
    if (status)
        drop(fits, n_outcomes);
    else if (now.draws_failed.status)
        status = mlab_raise(err, now.draws_failed.status, "%s", now.draws_failed.sentence);
    return status;
}

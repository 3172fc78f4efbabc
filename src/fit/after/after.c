/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a fit's options ask for beyond the fit, made while the rows are at hand. */
#include "fit/after/after.h"

#include "core/error.h"
#include "core/memory.h"
#include "fit/penalty/penalty.h"

#include <string.h>

static void forget_margins(mlab_after *after)
{
    for (size_t k = 0; after->margins && k < after->n_margins; k++) {
        mlab_release(after->context, after->margins[k].what);
        mlab_release(after->context, after->margins[k].of);
        mlab_release(after->context, after->margins[k].measure);
        mlab_release(after->context, after->margins[k].unit);
    }
    mlab_release(after->context, after->margins);
    after->margins = NULL;
    after->n_margins = 0;
}

static void forget_predictions(mlab_after *after)
{
    for (size_t k = 0; after->predictions && k < after->n_predictions; k++) {
        mlab_prediction *p = &after->predictions[k];
        char *const texts[] = {p->profile, p->measure, p->against, p->scale, p->of, p->unit, p->stated_unit};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) mlab_release(after->context, texts[t]);
    }
    mlab_release(after->context, after->predictions);
    after->predictions = NULL;
    after->n_predictions = 0;
}

void mlab_after_free(mlab_after *after)
{
    if (!after) return;
    const mlab_context *context = after->context;
    for (size_t k = 0; after->tests && k < after->n_tests; k++) mlab_release(context, after->tests[k].term);
    forget_margins(after);
    forget_predictions(after);
    for (size_t k = 0; after->profiles && k < after->n_profiles; k++) mlab_release(context, after->profiles[k].name);
    for (size_t k = 0; after->diagnoses && k < after->n_diagnoses; k++) {
        mlab_release(context, after->diagnoses[k].what);
        mlab_release(context, after->diagnoses[k].about);
        mlab_release(context, after->diagnoses[k].sentence);
    }
    mlab_release(context, after->tests);
    mlab_release(context, after->profiles);
    mlab_release(context, after->diagnoses);
    mlab_release(after->context, after);
}

typedef mlab_status (*making)(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_after *after, mlab_error *err);

/* Thresholds that cross somewhere leave it out, and the fit says so. */
static mlab_status unless_crossed(making make, void (*forget)(mlab_after *after), const char *what, const mlab_context *context,
                                  const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    mlab_error failed = {0};
    mlab_status status = make(context, prepared, fit, fit->after, &failed);
    if (status == MLAB_ERR_FIT_CROSSED) {
        forget(fit->after);
        return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "no %s: %s", what, failed.sentence);
    }
    if (status && err) *err = failed;
    return status;
}

/* Once for predictions and average effects together. */
static mlab_status doubt_beyond(const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_predict_spec *spec = prepared->options.predict;
    const mlab_after *after = fit->after;
    char words[300];
    bool any = after->n_predictions > 0;
    for (size_t k = 0; k < after->n_margins; k++) any = any || after->margins[k].time >= 0;
    for (size_t k = 0; any && spec && k < spec->n_outcomes; k++)
        if (strcmp(spec->outcomes[k].outcome, fit->outcome) == 0)
            return mlab_times_beyond(prepared->problem, fit, &spec->outcomes[k], words, sizeof words)
                       ? mlab_fit_doubt(fit, MLAB_TRUSTED, err, "%s", words)
                       : MLAB_OK;
    return MLAB_OK;
}

/* What was asked for and is not there is said. */
static mlab_status tell_missing(const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_after *after = fit->after;
    const bool priors = prepared->problem->n_priors > 0, firth = prepared->options.penalty != 0;
    const char *why = priors  ? "with priors in this model they are not made"
                      : firth ? "with Firth's penalty they are not made of so many rows and coefficients, nor of effects by threshold or on the scale"
                              : "this model has none";
    mlab_status status = MLAB_OK;
    if (prepared->options.tests && after->n_tests == 0) status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "no tests of terms: %s", why);
    if (prepared->problem->weights_sampling) why = "sampling weights make a pseudo-likelihood, which falls too fast or too slowly";
    if (fit->trust == MLAB_SEPARATED)
        why = !firth && !priors && mlab_model_takes_firth(fit->model) && !prepared->problem->n_random
                  ? "the likelihood has no maximum; fit.penalty: firth has them"
                  : "the likelihood has no maximum";
    if (fit->trust == MLAB_NOT_CONVERGED) why = "the fit did not converge";
    if (!status && prepared->options.profile && after->n_profiles == 0)
        status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "no profile intervals: %s", why);
    return status;
}

mlab_status mlab_after_make(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_options *options = &prepared->options;
    if (!options->tests && !options->margins && !options->ratios && !options->profile && !options->diagnose && !options->predict) return MLAB_OK;
    fit->after = mlab_allocate(context, 1, sizeof *fit->after);
    if (!fit->after) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for tests of %s", fit->outcome);
    fit->after->context = context;
    fit->after->level = options->level;
    mlab_status status = MLAB_OK;
    if (options->tests) status = mlab_after_tests(context, prepared, fit, fit->after, err);
    if (!status && (options->margins || options->ratios))
        status = unless_crossed(mlab_after_margins, forget_margins, "average effects", context, prepared, fit, err);
    if (!status && options->predict) status = unless_crossed(mlab_after_predictions, forget_predictions, "predictions", context, prepared, fit, err);
    if (!status && options->profile) status = mlab_after_profiles(context, prepared, fit, fit->after, err);
    if (!status && options->diagnose) status = mlab_after_diagnose(context, prepared, fit, fit->after, err);
    if (!status) status = doubt_beyond(prepared, fit, err);
    return status ? status : tell_missing(prepared, fit, err);
}

static uint64_t mix(uint64_t h, uint64_t value)
{
    return (h ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (h >> 29);
}

static uint64_t bits(double value)
{
    uint64_t b;
    memcpy(&b, &value, sizeof b);
    return b;
}

uint64_t mlab_rows_digest(const mlab_fit_problem *problem)
{
    uint64_t h = mix(1, problem->n);
    for (size_t i = 0; i < problem->n; i++) {
        uint64_t what = problem->category ? (uint64_t)(uint32_t)problem->category[i] : 0;
        h = mix(h, (problem->rows ? problem->rows[i] : i) | what << 32);
        if (problem->number) h = mix(h, bits(problem->number[i]));
        if (problem->stop) h = mix(h, (uint64_t)(uint32_t)problem->stop[i] | (uint64_t)(uint32_t)problem->status[i] << 32);
        if (problem->start) h = mix(h, (uint64_t)(uint32_t)problem->start[i]);
        if (problem->weight) h = mix(h, bits(problem->weight[i]));
        if (problem->offset) h = mix(h, bits(problem->offset[i]));
    }
    return h ? h : 1;
}

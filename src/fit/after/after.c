/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a fit's options ask for beyond the fit, made while the rows are at hand. */
#include "fit/after/after.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

static void forget_margins(mlab_after *after)
{
    for (size_t k = 0; after->margins && k < after->n_margins; k++) {
        mlab_release(after->context, after->margins[k].what);
        mlab_release(after->context, after->margins[k].of);
    }
    mlab_release(after->context, after->margins);
    after->margins = NULL;
    after->n_margins = 0;
}

void mlab_after_free(mlab_after *after)
{
    if (!after) return;
    const mlab_context *context = after->context;
    for (size_t k = 0; after->tests && k < after->n_tests; k++) mlab_release(context, after->tests[k].term);
    forget_margins(after);
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

mlab_status mlab_after_make(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_error *err)
{
    const mlab_fit_options *options = &prepared->options;
    if (!options->tests && !options->margins && !options->profile && !options->diagnose) return MLAB_OK;
    fit->after = mlab_allocate(context, 1, sizeof *fit->after);
    if (!fit->after) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for tests of %s", fit->outcome);
    fit->after->context = context;
    mlab_status status = MLAB_OK;
    if (options->tests) status = mlab_after_tests(context, prepared, fit, fit->after, err);
    if (!status && options->margins) {
        mlab_error failed = {0};
        status = mlab_after_margins(context, prepared, fit, fit->after, &failed);
        if (status == MLAB_ERR_FIT_CROSSED) {
            forget_margins(fit->after);
            status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "no average effects: %s", failed.sentence);
        } else if (status && err)
            *err = failed;
    }
    if (!status && options->profile) status = mlab_after_profiles(context, prepared, fit, fit->after, err);
    if (!status && options->diagnose) status = mlab_after_diagnose(context, prepared, fit, fit->after, err);
    return status;
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

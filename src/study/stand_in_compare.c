/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Until comparisons are built: they say that they are not. */
#include "core/error.h"
#include "core/memory.h"
#include "mentorlab/compare.h"

static void free_texts(const mlab_context *context, char *const *texts, size_t n)
{
    for (size_t k = 0; texts && k < n; k++) mlab_release(context, texts[k]);
}

__attribute__((weak)) void mlab_comparison_free(mlab_comparison *comparison)
{
    if (!comparison) return;
    const mlab_context *context = comparison->context;
    for (size_t k = 0; k < comparison->n_contrasts; k++) {
        mlab_contrast *c = &comparison->contrasts[k];
        free_texts(context, (char *const[]){c->outcome, c->arm, c->reference, c->group, c->estimand, c->measure, c->method, c->reason, c->caveats},
                   9);
    }
    for (size_t k = 0; k < comparison->n_balance; k++)
        free_texts(context, (char *const[]){comparison->balance[k].arm, comparison->balance[k].covariate}, 2);
    for (size_t k = 0; k < comparison->n_curves; k++) {
        mlab_curve *c = &comparison->curves[k];
        mlab_release(context, c->group);
        double *const arrays[] = {c->time, c->at_risk, c->events, c->estimate, c->se, c->lower, c->upper};
        for (size_t i = 0; i < 7; i++) mlab_release(context, arrays[i]);
    }
    free_texts(context, comparison->standardised_names, comparison->n_standardised);
    mlab_release(context, comparison->standardised_names);
    mlab_release(context, comparison->contrasts);
    mlab_release(context, comparison->balance);
    mlab_release(context, comparison->curves);
    mlab_release(context, comparison->standardised);
    mlab_release(context, comparison->caveats);
    mlab_release(context, comparison);
}

__attribute__((weak)) mlab_status mlab_compare(const mlab_context *context, const mlab_data *data, const mlab_compare_spec *spec,
                                               const mlab_compare_options *options, mlab_comparison **comparison, mlab_error *err)
{
    (void)context, (void)data, (void)spec, (void)options;
    *comparison = NULL;
    return mlab_raise(err, MLAB_ERR_DATA_NOT_BUILT, "comparisons are not built yet");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights of a stated kind and normal priors: outcomes.<name>.weights and .priors, or those of fit, which hold for every outcome. */
#include "core/error.h"
#include "core/memory.h"
#include "study/inside.h"

#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read weights and priors");
}

/* The map `key` of the outcome, else that of fit; NULL = neither. */
static const mlab_setting *map_of(const mlab_study_reading *reading, const mlab_setting *outcome, const char *key)
{
    const mlab_setting *fit = mlab_settings_find(reading->settings, NULL, "fit");
    const mlab_setting *found = outcome ? mlab_settings_find(reading->settings, outcome, key) : NULL;
    if (!found && fit && mlab_setting_kind_of(fit) == MLAB_SETTING_MAP) found = mlab_settings_find(reading->settings, fit, key);
    return found && mlab_setting_kind_of(found) == MLAB_SETTING_MAP ? found : NULL;
}

static mlab_status read_weights(const mlab_study_reading *reading, const mlab_setting *map, mlab_outcome *outcome, mlab_error *err)
{
    static const char *const kinds[] = {"frequency", "precision", "sampling"};
    const mlab_setting *weights = map_of(reading, map, "weights");
    if (!weights) return MLAB_OK;
    const char *column = mlab_study_text_at(reading, weights, "column"), *kind = mlab_study_text_at(reading, weights, "kind");
    mlab_place place = mlab_setting_place(weights);
    if (!column || !kind)
        return mlab_study_stop(reading, "missing_key", &place, NULL, err,
                               "weights name a column and what they are: weights: {column: w, kind: frequency, precision or sampling}");
    for (int k = 0; k < 3; k++)
        if (strcmp(kind, kinds[k]) == 0) outcome->weights = (mlab_weight_kind)(k + 1);
    outcome->weight_place = place;
    outcome->weight = mlab_study_keep_text(reading->study, column);
    return outcome->weight ? MLAB_OK : no_memory(err);
}

mlab_status mlab_study_add_prior(mlab_study *study, mlab_outcome *outcome, const mlab_prior *prior, mlab_error *err)
{
    mlab_prior *all = mlab_study_keep(study, outcome->n_priors + 1, sizeof *all);
    if (!all) return no_memory(err);
    for (size_t k = 0; k < outcome->n_priors; k++) all[k] = outcome->priors[k];
    mlab_prior *added = &all[outcome->n_priors];
    *added = *prior;
    added->parameter = mlab_study_keep_text(study, prior->parameter);
    added->source = mlab_study_keep_text(study, prior->source);
    if (!added->parameter || !added->source) return no_memory(err);
    outcome->priors = all;
    outcome->n_priors++;
    return MLAB_OK;
}

static mlab_status read_priors(const mlab_study_reading *reading, const mlab_setting *map, mlab_outcome *outcome, mlab_error *err)
{
    const mlab_setting *priors = map_of(reading, map, "priors");
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && priors && k < mlab_setting_size(priors); k++) {
        const mlab_setting *item = mlab_setting_item(priors, k);
        mlab_prior prior = {.source = (char *)"stated", .place = mlab_setting_key_place(priors, k)};
        prior.parameter = (char *)mlab_setting_key(priors, k);
        bool whole = mlab_setting_kind_of(item) == MLAB_SETTING_MAP && mlab_study_number_at(reading, item, "mean", &prior.mean) &&
                     mlab_study_number_at(reading, item, "sd", &prior.sd) && prior.sd > 0;
        status = whole ? mlab_study_add_prior(reading->study, outcome, &prior, err)
                       : mlab_study_stop(reading, "bad_value", &prior.place, prior.parameter, err,
                                         "the prior of %s needs a mean and a standard deviation above 0: {mean: 0, sd: 0.5}", prior.parameter);
    }
    return status;
}

mlab_status mlab_study_read_priors(const mlab_study_reading *reading, const mlab_setting *map, mlab_outcome *outcome, mlab_error *err)
{
    mlab_status status = read_weights(reading, map, outcome, err);
    return status ? status : read_priors(reading, map, outcome, err);
}

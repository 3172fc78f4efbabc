/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nominal and scale of an ordinal outcome: terms of its formula whose effect differs by threshold, and that act on the scale. */
#include "core/error.h"
#include "data/formula.h"
#include "study/inside.h"

#include <string.h>

static mlab_status check_terms(const mlab_study_reading *reading, const mlab_setting *list, const char *key, const mlab_formula *formula,
                               const mlab_outcome *outcome, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < mlab_setting_size(list) && !status; i++) {
        const mlab_setting *item = mlab_setting_item(list, i);
        if (mlab_setting_kind_of(item) != MLAB_SETTING_TEXT || mlab_formula_has_term(formula, mlab_setting_text(item))) continue;
        mlab_place place = mlab_setting_place(item);
        status = mlab_study_stop(reading, "effects", &place, mlab_setting_text(item), err,
                                 "%s of %s: '%s' is not a term of \"%s\"; allowed are its terms, written as there", key, outcome->name,
                                 mlab_setting_text(item), outcome->formula);
    }
    return status;
}

mlab_status mlab_study_read_effects(const mlab_study_reading *reading, const mlab_setting *map, mlab_outcome *outcome, mlab_error *err)
{
    static const char *const keys[] = {"nominal", "scale"};
    const mlab_setting *lists[] = {mlab_settings_find(reading->settings, map, keys[0]), mlab_settings_find(reading->settings, map, keys[1])};
    mlab_status status = mlab_study_list_at(reading, map, keys[0], &outcome->nominal, &outcome->n_nominal, err);
    if (!status) status = mlab_study_list_at(reading, map, keys[1], &outcome->scale, &outcome->n_scale, err);
    if (status || (!outcome->n_nominal && !outcome->n_scale)) return status;
    outcome->effects_place = mlab_setting_place(lists[outcome->n_nominal ? 0 : 1]);
    if (outcome->model ? strcmp(outcome->model, "ordinal") != 0 : outcome->kind != MLAB_OUTCOME_ORDINAL)
        return mlab_study_stop(reading, "effects", &outcome->effects_place, outcome->name, err,
                               "nominal and scale are for ordinal outcomes; write model: ordinal, or leave them out");
    mlab_formula *formula = NULL;
    mlab_error failed;
    if (!outcome->formula || mlab_formula_parse(reading->study->context, outcome->formula, &outcome->formula_place, &formula, &failed))
        return MLAB_OK; /* a default formula is known with the data; a wrong one is told elsewhere */
    if (mlab_formula_random(formula))
        status = mlab_study_stop(reading, "not_built", &outcome->effects_place, outcome->name, err,
                                 "nominal and scale beside random effects are not built yet; leave them or \"|\" out of %s", outcome->name);
    for (size_t k = 0; k < 2 && !status; k++)
        if (lists[k] && mlab_setting_kind_of(lists[k]) != MLAB_SETTING_MAP) status = check_terms(reading, lists[k], keys[k], formula, outcome, err);
    mlab_formula_free(formula);
    return status;
}

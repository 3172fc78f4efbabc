/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block outcomes: what is modelled, how, and which direction is better. Promotion, retention, satisfaction and
 * compensation are known; any other name says its kind or its model. */
#include "core/error.h"
#include "study/inside.h"

#include <string.h>

typedef struct preset {
    const char *name;
    mlab_outcome_kind kind;
    int better;
    bool absence;
} preset;
static const preset presets[] = {
    {"promotion", MLAB_OUTCOME_EVENT, 1, false},
    {"retention", MLAB_OUTCOME_EVENT, 1, true},
    {"satisfaction", MLAB_OUTCOME_ORDINAL, 1, false},
    {"compensation", MLAB_OUTCOME_NUMBER, 1, false},
};

/* The kinds by name, in the order of mlab_outcome_kind, and the model each has on a panel. */
static const char *const kinds[] = {"event", "ordinal", "number", "count", "yes_no"};

static bool is_name(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name) && strcmp(name, "draws") != 0;
}

static mlab_status stop_name(const mlab_study_reading *reading, const mlab_place *place, const char *name, mlab_error *err)
{
    return mlab_study_stop(reading, "bad_name", place, name, err, "'%s' cannot name an outcome: letters, digits and _ only, and not 'draws'", name);
}

static mlab_status read_joint(const mlab_study_reading *reading, const char *name, const mlab_place *place, const mlab_setting *map, mlab_error *err)
{
    return is_name(name) ? mlab_study_read_joint(reading, name, place, map, err) : stop_name(reading, place, name, err);
}

/* Kind from what is written, the model, or the preset, in this order. */
static bool find_kind(const mlab_study_reading *reading, const mlab_setting *map, const preset *known, mlab_outcome *outcome)
{
    const char *kind = mlab_study_text_at(reading, map, "kind"), *model = mlab_study_text_at(reading, map, "model");
    for (size_t k = 0; kind && k < sizeof kinds / sizeof *kinds; k++)
        if (strcmp(kinds[k], kind) == 0) {
            outcome->kind = (mlab_outcome_kind)k;
            return true;
        }
    if (model && mlab_model_kind(model, &outcome->kind)) return true;
    if (!known && model && strcmp(model, "multinomial") == 0) return outcome->kind = MLAB_OUTCOME_YES_NO, true; /* of each of its levels */
    if (!known) return false;
    outcome->kind = known->kind;
    return true;
}

/* Its writing can be judged before there are data; its columns cannot. */
static mlab_status check_formula(const mlab_study_reading *reading, const mlab_outcome *outcome, mlab_error *err)
{
    mlab_formula *formula = NULL;
    mlab_error failed = {0};
    if (!outcome->formula) return MLAB_OK;
    mlab_status status = mlab_formula_parse(reading->study->context, outcome->formula, &outcome->formula_place, &formula, &failed);
    size_t n_random = status ? 0 : mlab_formula_random(formula);
    mlab_formula_free(formula);
    if (status == MLAB_ERR_DATA_FORMULA || status == MLAB_ERR_DATA_NOT_BUILT)
        return mlab_study_stop(reading, status == MLAB_ERR_DATA_NOT_BUILT ? "not_built" : "formula", &failed.place, outcome->formula, err, "%s",
                               failed.sentence);
    if (!status && n_random > 0 && outcome->model && !mlab_model_mixed(outcome->model))
        return mlab_study_stop(reading, "not_built", &outcome->formula_place, outcome->formula, err,
                               "random effects in model %s are not built yet; leave out (... | ...), or choose another model", outcome->model);
    return status ? mlab_raise(err, status, "%s", failed.sentence) : MLAB_OK;
}

static mlab_status read_outcome(const mlab_study_reading *reading, const char *name, const mlab_place *place, const mlab_setting *map,
                                mlab_outcome *outcome, mlab_error *err)
{
    const preset *known = NULL;
    for (size_t k = 0; k < sizeof presets / sizeof *presets; k++)
        if (strcmp(presets[k].name, name) == 0) known = &presets[k];
    if (!is_name(name)) return stop_name(reading, place, name, err);
    *outcome = (mlab_outcome){.better = known ? known->better : 1, .absence = known && known->absence};
    if (!find_kind(reading, map, known, outcome))
        return mlab_study_stop(reading, "unclear_outcome", place, name, err,
                               "outcome '%s' is not a known one: write its kind (event, ordinal, number, "
                               "count, yes_no)",
                               name);
    const char *better = mlab_study_text_at(reading, map, "better"), *whose = mlab_study_text_at(reading, map, "whose");
    if (better) outcome->better = strcmp(better, "lower") == 0 ? -1 : 1;
    outcome->of_mentor = whose && strcmp(whose, "mentor") == 0;
    const char *initial = mlab_study_text_at(reading, map, "initial");
    if (initial && strcmp(initial, "wooldridge") == 0) outcome->initial = MLAB_INITIAL_WOOLDRIDGE;
    if (initial && strcmp(initial, "joint") == 0) outcome->initial = MLAB_INITIAL_JOINT;
    const char *model = mlab_study_text_at(reading, map, "model");
    const mlab_setting *formula = mlab_settings_find(reading->settings, map, "formula");
    outcome->name = mlab_study_keep_text(reading->study, name);
    if (!outcome->name) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read outcomes");
    const char *link = mlab_study_text_at(reading, map, "link"), *frailty = mlab_study_text_at(reading, map, "frailty");
    if ((model && !(outcome->model = mlab_study_keep_text(reading->study, model))) ||
        (link && !(outcome->link = mlab_study_keep_text(reading->study, link))) ||
        (frailty && !(outcome->frailty = mlab_study_keep_text(reading->study, frailty))))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read outcomes");
    if (formula && mlab_setting_kind_of(formula) == MLAB_SETTING_TEXT && *mlab_setting_text(formula)) {
        outcome->formula = mlab_study_keep_text(reading->study, mlab_setting_text(formula));
        if (!outcome->formula) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read outcomes");
        outcome->formula_place = mlab_setting_place(formula);
        if (mlab_setting_quoted(formula) && outcome->formula_place.column) outcome->formula_place.column++;
    } else {
        outcome->formula_place = *place;
    }
    size_t n;
    mlab_status status = mlab_study_list_at(reading, map, "causes", &outcome->causes, &n, err);
    outcome->n_causes = (int32_t)n;
    if (!status) status = mlab_study_read_priors(reading, map, outcome, err);
    if (!status) status = mlab_study_read_effects(reading, map, outcome, err);
    if (!status) status = mlab_study_refuse_joint_keys(reading, map, name, err);
    return status ? status : check_formula(reading, outcome, err);
}

mlab_status mlab_study_read_outcomes(const mlab_study_reading *reading, mlab_error *err)
{
    mlab_study *study = reading->study;
    const mlab_setting *block = mlab_settings_find(reading->settings, NULL, "outcomes");
    if (!block || mlab_setting_kind_of(block) != MLAB_SETTING_MAP) return MLAB_OK;
    size_t n = mlab_setting_size(block);
    study->outcomes_stated = n > 0;
    study->outcomes = mlab_study_keep(study, n, sizeof *study->outcomes);
    if (!study->outcomes) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read outcomes");
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < n; i++) {
        mlab_place place = mlab_setting_key_place(block, i);
        mlab_outcome outcome = {0};
        if (mlab_study_is_joint(reading, mlab_setting_item(block, i))) {
            status = read_joint(reading, mlab_setting_key(block, i), &place, mlab_setting_item(block, i), err);
            continue;
        }
        status = read_outcome(reading, mlab_setting_key(block, i), &place, mlab_setting_item(block, i), &outcome, err);
        if (!status && outcome.name) study->outcomes[study->n_outcomes++] = outcome;
    }
    return status ? status : mlab_study_check_joints(reading, err);
}

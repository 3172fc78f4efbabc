/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcomes with model: joint: which other outcomes are their parts, and what ties them. Parts that cannot be tied are findings with their place. */
#include "core/error.h"
#include "core/text.h"
#include "study/inside.h"

#include <stdio.h>
#include <string.h>

bool mlab_study_is_joint(const mlab_study_reading *reading, const mlab_setting *map)
{
    const char *model = mlab_study_text_at(reading, map, "model");
    return model && strcmp(model, "joint") == 0;
}

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read a joint model");
}

/* Keys that belong to the parts. */
static mlab_status check_keys(const mlab_study_reading *reading, const char *name, const mlab_setting *map, mlab_error *err)
{
    static const char *const keys[] = {"formula", "causes", "weights", "priors", "link", "from", "kind", "satisfied", "initial", "nominal", "scale"};
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < sizeof keys / sizeof *keys && !status; k++) {
        const mlab_setting *found = mlab_settings_find(reading->settings, map, keys[k]);
        if (!found) continue;
        mlab_place place = mlab_setting_place(found);
        status =
            mlab_study_stop(reading, "joint", &place, keys[k], err, "%s is a joint model: %s belongs to its parts; leave it out here", name, keys[k]);
    }
    return status;
}

/* Keys of joint models in another outcome would be passed over. */
mlab_status mlab_study_refuse_joint_keys(const mlab_study_reading *reading, const mlab_setting *map, const char *name, mlab_error *err)
{
    static const char *const keys[] = {"of", "effects", "simulate"};
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < sizeof keys / sizeof *keys && !status; k++) {
        const mlab_setting *found = mlab_settings_find(reading->settings, map, keys[k]);
        if (!found) continue;
        mlab_place place = mlab_setting_place(found);
        status = mlab_study_stop(reading, "joint", &place, keys[k], err, "%s: '%s' belongs to a joint model; leave it out, or write model: joint",
                                 name, keys[k]);
    }
    return status;
}

/* A flag that is not one is a finding of the options. */
static bool is_yes(const mlab_study_reading *reading, const mlab_setting *map, const char *key)
{
    const char *text = mlab_study_text_at(reading, map, key);
    return text && (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0);
}

mlab_status mlab_study_read_joint(const mlab_study_reading *reading, const char *name, const mlab_place *place, const mlab_setting *map,
                                  mlab_error *err)
{
    mlab_study *study = reading->study;
    mlab_joint_outcome *all = mlab_study_keep(study, study->n_joints + 1, sizeof *all), *joint = NULL;
    if (!all) return no_memory(err);
    for (size_t k = 0; k < study->n_joints; k++) all[k] = study->joints[k];
    joint = &all[study->n_joints];
    *joint = (mlab_joint_outcome){.name = mlab_study_keep_text(study, name), .place = *place};
    if (!joint->name) return no_memory(err);
    const char *effects = mlab_study_text_at(reading, map, "effects");
    if (effects)
        joint->effects = strcmp(effects, "own") == 0          ? MLAB_JOINT_OWN
                         : strcmp(effects, "correlated") == 0 ? MLAB_JOINT_CORRELATED
                                                              : MLAB_JOINT_SHARED;
    joint->simulated = is_yes(reading, map, "simulate");
    mlab_status status = mlab_study_list_at(reading, map, "of", &joint->of, &joint->n_of, err);
    if (!status) status = check_keys(reading, name, map, err);
    if (status) return status;
    if (joint->n_of < 2 || joint->n_of > MLAB_JOINT_PARTS)
        return mlab_study_stop(
            reading, "joint", place, name, err,
            "the joint model %s has %zu part%s; write 2 to %d outcomes, the one whose level by person ties them first: of: [satisfaction, "
            "retention]",
            name, joint->n_of, joint->n_of == 1 ? "" : "s", MLAB_JOINT_PARTS);
    joint->of_places = mlab_study_keep(study, joint->n_of, sizeof *joint->of_places);
    if (!joint->of_places) return no_memory(err);
    const mlab_setting *of = mlab_settings_find(reading->settings, map, "of");
    for (size_t k = 0; k < joint->n_of; k++) joint->of_places[k] = mlab_setting_place(mlab_setting_item(of, k));
    study->joints = all;
    study->n_joints++;
    return MLAB_OK;
}

static const mlab_outcome *find(const mlab_study *study, const char *name)
{
    for (size_t k = 0; k < study->n_outcomes; k++)
        if (strcmp(study->outcomes[k].name, name) == 0) return &study->outcomes[k];
    return NULL;
}

static mlab_status unknown_part(const mlab_study_reading *reading, const mlab_joint_outcome *joint, size_t part, mlab_error *err)
{
    const mlab_study *study = reading->study;
    const char *names[64], *near;
    size_t n = 0;
    for (size_t k = 0; k < study->n_outcomes && n < 64; k++) names[n++] = study->outcomes[k].name;
    near = mlab_nearest(joint->of[part], names, n);
    for (size_t k = 0; k < study->n_joints; k++)
        if (strcmp(study->joints[k].name, joint->of[part]) == 0)
            return mlab_study_stop(reading, "joint", &joint->of_places[part], joint->of[part], err,
                                   "%s cannot be a part of %s: it is a joint model itself; name its parts", joint->of[part], joint->name);
    if (near)
        return mlab_study_stop(reading, "joint", &joint->of_places[part], joint->of[part], err,
                               "%s has a part '%s' that is no outcome of the study: did you mean '%s'?", joint->name, joint->of[part], near);
    return mlab_study_stop(reading, "joint", &joint->of_places[part], joint->of[part], err,
                           "%s has a part '%s' that is no outcome of the study; add it under outcomes, %s: {}", joint->name, joint->of[part],
                           joint->of[part]);
}

mlab_status mlab_study_check_joints(const mlab_study_reading *reading, mlab_error *err)
{
    const mlab_study *study = reading->study;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < study->n_joints; k++)
        for (size_t p = 0; p < study->joints[k].n_of && !status; p++) {
            const mlab_joint_outcome *joint = &study->joints[k];
            bool twice = false;
            for (size_t i = 0; i < p; i++) twice = twice || strcmp(joint->of[i], joint->of[p]) == 0;
            if (twice)
                status = mlab_study_stop(reading, "joint", &joint->of_places[p], joint->of[p], err, "%s stands twice among the parts of %s",
                                         joint->of[p], joint->name);
            else if (!find(study, joint->of[p]))
                status = unknown_part(reading, joint, p, err);
        }
    return status;
}

/* --- when the data are there -------------------------------------------------------------------------------------------- */

static const char *const models[] = {"hazard", "ordinal", "linear", "lognormal", "logit", "cloglog", "probit", "multinomial", "poisson"};

/* Why the formula of part p cannot be tied by effects of people; "" = it can. */
static mlab_status judge_formula(const mlab_study *study, const mlab_outcome *outcome, size_t p, char *why, size_t size, mlab_error *err)
{
    mlab_formula *formula = NULL;
    mlab_error failed = {0};
    const char *const *columns;
    bool multiple = false;
    *why = 0;
    mlab_status status = mlab_formula_parse(study->context, outcome->formula, &outcome->formula_place, &formula, &failed);
    if (status == MLAB_ERR_MEMORY) return mlab_raise(err, status, "%s", failed.sentence);
    if (status) return MLAB_OK; /* told already */
    size_t n = mlab_formula_random(formula);
    if (n && p)
        snprintf(why, size, "has random effects in its formula; leave them out there, or write effects: own beside of");
    else if (n && (n > 1 || mlab_formula_random_columns(formula, 0, &columns, &multiple) != 1 || multiple || strcmp(columns[0], "person")))
        snprintf(why, size, "has random effects of other groups than people; a joint model takes (1 | person), or slopes (1 + tenure | person)");
    mlab_formula_free(formula);
    return MLAB_OK;
}

static mlab_status bind_part(mlab_study *study, const mlab_joint_outcome *joint, size_t p, mlab_findings *findings, mlab_error *err)
{
    const mlab_outcome *outcome = find(study, joint->of[p]);
    const mlab_place *place = &joint->of_places[p];
    bool known = false;
    char why[200];
    if (!outcome || !outcome->model) return MLAB_OK;
    for (size_t k = 0; k < sizeof models / sizeof *models; k++) known = known || strcmp(models[k], outcome->model) == 0;
    if (!study->data->panel)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "joint", place, outcome->name, NULL, err,
                                 "%s needs periods of people; this study has one row a person: leave it out", joint->name);
    if (!known)
        return mlab_findings_add(
            findings, MLAB_SEVERITY_STOP, "joint", place, outcome->model, NULL, err,
            "part %s of %s has model %s; a joint model takes hazard, ordinal, linear, lognormal, logit, cloglog, probit, multinomial "
            "and poisson",
            outcome->name, joint->name, outcome->model);
    const bool several = outcome->n_nominal || outcome->n_scale;
    if (study->fit_options.penalty || several)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "not_built", place, outcome->name, NULL, err,
                                 "%s of part %s in the joint model %s are not built yet",
                                 several ? "effects that differ by threshold or act on the scale" : "penalties", outcome->name, joint->name);
    const mlab_outcome *first = find(study, joint->of[0]);
    bool other = outcome->weight && (!first->weight || first->weights != outcome->weights || strcmp(first->weight, outcome->weight));
    if (other || (!outcome->weight && first && first->weight) || (outcome->weight && outcome->weights == MLAB_WEIGHTS_PRECISION))
        return mlab_findings_add(
            findings, MLAB_SEVERITY_STOP, "joint", place, outcome->name, NULL, err,
            "the weights of part %s in the joint model %s must be those of all its parts, frequency or sampling, the same for all "
            "rows of a person; write fit: {weights: ...}",
            outcome->name, joint->name);
    if (!outcome->formula) return MLAB_OK;
    mlab_status status = judge_formula(study, outcome, p, why, sizeof why, err);
    if (status || !*why) return status;
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "joint", place, outcome->name, NULL, err, "part %s of %s %s", outcome->name, joint->name,
                             why);
}

/* What drives the simulation is one model. */
static mlab_status check_simulated(mlab_study *study, size_t k, mlab_findings *findings, mlab_error *err)
{
    const mlab_joint_outcome *joint = &study->joints[k];
    if (!joint->simulated) return MLAB_OK;
    if (study->fit_options.imputations > 0)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "not_built", &joint->place, joint->name, NULL, err,
                                 "%s: simulate: yes of a joint model beside fit.imputations is not built yet; leave one of them out", joint->name);
    for (size_t j = 0; j < k; j++)
        for (size_t p = 0; p < joint->n_of && study->joints[j].simulated; p++)
            for (size_t o = 0; o < study->joints[j].n_of; o++)
                if (strcmp(joint->of[p], study->joints[j].of[o]) == 0)
                    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "joint", &joint->of_places[p], joint->of[p], NULL, err,
                                             "%s is simulated by %s already; leave simulate: yes out of %s", joint->of[p], study->joints[j].name,
                                             joint->name);
    return MLAB_OK;
}

mlab_status mlab_study_bind_joints(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < study->n_joints && !status; k++) {
        for (size_t p = 0; p < study->joints[k].n_of && !status; p++) status = bind_part(study, &study->joints[k], p, findings, err);
        if (!status) status = check_simulated(study, k, findings, err);
    }
    return status;
}

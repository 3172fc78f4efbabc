/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evidence meets the data: an entry for an effect that the data estimate becomes a prior of its coefficients; one for an arm that the data do not
 * have stays what the simulation assumes. An entry about leaving, where several causes of it are fitted, is a prior of each cause's coefficient,
 * its standard error times the root of their number: together they say no more than the entry does. */
#include "core/error.h"
#include "study/inside.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static mlab_outcome *outcome_of(mlab_study *study, const char *name)
{
    for (size_t k = 0; k < study->n_outcomes; k++)
        if (strcmp(study->outcomes[k].name, name) == 0) return &study->outcomes[k];
    return NULL;
}

/* What the simulation would assume of the arm, taken from its list. */
static bool take_assumption(mlab_study *study, const char *outcome, const char *arm, mlab_assumption *taken)
{
    char begins[200];
    snprintf(begins, sizeof begins, "%s.%s.", outcome, arm);
    for (size_t k = 0; k < study->n_assumptions; k++) {
        if (strncmp(study->assumptions[k].name, begins, strlen(begins)) != 0 || strncmp(study->assumptions[k].source, "evidence", 8) != 0) continue;
        *taken = study->assumptions[k];
        for (size_t m = k + 1; m < study->n_assumptions; m++) study->assumptions[m - 1] = study->assumptions[m];
        study->n_assumptions--;
        return true;
    }
    return false;
}

static mlab_status add_priors(mlab_study *study, mlab_outcome *outcome, const char *arm, const mlab_assumption *assumption, const mlab_place *place,
                              mlab_error *err)
{
    const mlab_panel_event *event = outcome->kind == MLAB_OUTCOME_EVENT ? mlab_panel_find_event(study->data->panel, outcome->name) : NULL;
    char *const *causes = outcome->n_causes ? outcome->causes : event ? event->causes : NULL;
    int32_t n = outcome->n_causes ? outcome->n_causes : event ? event->n_causes : 1;
    mlab_status status = MLAB_OK;
    for (int32_t k = 0; k < n && !status; k++) {
        char name[300];
        snprintf(name, sizeof name, "%s%sarm%s", n > 1 ? causes[k] : "", n > 1 ? ":" : "", arm);
        mlab_prior prior = {.parameter = name, .mean = assumption->value, .sd = assumption->standard_error * sqrt(n), .place = *place};
        prior.source = (char *)assumption->source;
        status = mlab_study_add_prior(study, outcome, &prior, err);
    }
    return status;
}

/* Whether the model's coefficients are on the scale that entries are converted to: log hazard ratios, or log odds ratios. */
static bool takes_priors(const mlab_study *study, const mlab_outcome *outcome)
{
    const char *model = outcome->model ? outcome->model : "", *link = outcome->link ? outcome->link : "";
    if (outcome->formula && strchr(outcome->formula, '|')) return false;
    if (strcmp(model, "hazard") == 0) return !link[0] || (strcmp(link, "logit") == 0) == (study->fit_options.link == 1);
    if (strcmp(model, "ordinal") == 0) return link[0] ? strcmp(link, "logit") == 0 : study->fit_options.ordinal_link == 0;
    return strcmp(model, "logit") == 0 && outcome->kind != MLAB_OUTCOME_EVENT;
}

mlab_status mlab_study_bind_evidence(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    const mlab_setting *block = mlab_settings_find(study->settings, NULL, "evidence");
    const mlab_panel *panel = study->data->panel;
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && panel && block && mlab_setting_kind_of(block) == MLAB_SETTING_MAP && i < mlab_setting_size(block); i++) {
        const mlab_setting *map = mlab_setting_item(block, i), *use = mlab_settings_find(study->settings, map, "use"),
                           *named = mlab_settings_find(study->settings, map, "arm");
        const char *arm = named ? mlab_setting_text(named) : "structured";
        mlab_outcome *outcome = outcome_of(study, mlab_setting_key(block, i));
        if (!outcome || (use && strcmp(mlab_setting_text(use), "stated") == 0)) continue;
        bool estimated = false;
        for (int32_t k = 1; k < panel->n_arms; k++) estimated |= strcmp(panel->arms[k], arm) == 0;
        mlab_place place = use ? mlab_setting_place(use) : mlab_setting_key_place(block, i);
        mlab_assumption assumption;
        if (estimated && !takes_priors(study, outcome))
            status = mlab_findings_add(
                findings, MLAB_SEVERITY_STOP, "not_built", &place, NULL, "use: stated", err,
                "a prior of this entry in model %s (%s on %s) is not built yet; stated puts the entry in the place of what the data say",
                outcome->model ? outcome->model : "", arm, outcome->name);
        else if (estimated && take_assumption(study, outcome->name, arm, &assumption))
            status = add_priors(study, outcome, arm, &assumption, &place, err);
    }
    return status;
}

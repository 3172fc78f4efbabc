/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the data say of an outcome's name and causes: an outcome named after one event of the panel that models another would be told as what it is
 * not, and causes that no model reads would be dropped in silence. */
#include "study/inside.h"

#include <stdio.h>
#include <string.h>

static mlab_status check_causes(mlab_study *study, const mlab_outcome *outcome, const mlab_panel_event *event, mlab_findings *findings,
                                mlab_error *err)
{
    char path[300];
    if (!outcome->n_causes || event || (outcome->model && strcmp(outcome->model, "fine_gray") == 0)) return MLAB_OK;
    snprintf(path, sizeof path, "outcomes.%.200s.causes", outcome->name);
    const mlab_setting *causes = mlab_settings_find(study->settings, NULL, path);
    mlab_place place = causes ? mlab_setting_place(causes) : outcome->formula_place;
    return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_value", &place, outcome->causes[0], NULL, err,
                             "%s: causes belong to an exit of a panel, or to model fine_gray; leave them out", outcome->name);
}

/* Of the outcome's key in the study file; a formula may stand in a definition. */
static mlab_place key_place(const mlab_study *study, const mlab_outcome *outcome)
{
    const mlab_setting *block = mlab_settings_find(study->settings, NULL, "outcomes");
    for (size_t i = 0; block && i < mlab_setting_size(block); i++)
        if (strcmp(mlab_setting_key(block, i), outcome->name) == 0) return mlab_setting_key_place(block, i);
    return outcome->formula_place;
}

mlab_status mlab_study_check_response(mlab_study *study, const mlab_outcome *outcome, const mlab_formula *formula, mlab_findings *findings,
                                      mlab_error *err)
{
    const mlab_panel *panel = study->data->panel;
    const bool column = mlab_formula_response(formula) == MLAB_RESPONSE_COLUMN;
    const char *name = column ? mlab_formula_response_name(formula, 0) : NULL;
    const mlab_panel_event *event = panel && name ? mlab_panel_find_event(panel, name) : NULL;
    const mlab_panel_event *named = panel ? mlab_panel_find_event(panel, outcome->name) : NULL;
    const mlab_place place = key_place(study, outcome);
    if (event && named && event != named)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "wrong_event", &place, name, NULL, err,
                                 "outcome '%s' models %s, which is %s; write %s: in the place of %s:, or %s ~ ...", outcome->name, event->response,
                                 event->name, event->name, outcome->name, named->response);
    return check_causes(study, outcome, event, findings, err);
}

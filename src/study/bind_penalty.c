/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firth's penalty meets the models of the outcomes: those that have none are told where it is stated, before any work. */
#include "fit/penalty/penalty.h"
#include "study/inside.h"

#include <string.h>

mlab_status mlab_study_bind_penalty(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    const mlab_setting *stated = mlab_settings_find(study->settings, NULL, "fit.penalty");
    mlab_status status = MLAB_OK;
    if (!study->fit_options.penalty || !stated) return MLAB_OK;
    const mlab_place place = mlab_setting_place(stated);
    for (size_t k = 0; k < study->n_outcomes && !status; k++) {
        const mlab_outcome *outcome = &study->outcomes[k];
        if (!outcome->model || mlab_model_takes_firth(outcome->model)) continue;
        status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "penalty", &place, outcome->model, NULL, err,
                                   "%s: Firth's penalty is for " MLAB_FIRTH_MODELS ", not for %s; write fit: {penalty: none}", outcome->name,
                                   outcome->model);
    }
    return status;
}

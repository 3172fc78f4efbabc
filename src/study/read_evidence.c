/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block evidence: published effects in place of parameters that the data cannot give (design rule: the default includes
 * no effect; an entry is used only when the study names it, and every output names it again). */
#include "core/error.h"
#include "fit/evidence/evidence.h"
#include "study/inside.h"

#include <stdio.h>
#include <string.h>

/* Answers are modelled by odds, and so are events with link logit. */
static bool is_answered(const mlab_study *study, const char *outcome)
{
    if (study->fit_options.link == 1 || strcmp(outcome, "satisfaction") == 0) return true;
    for (size_t k = 0; k < study->n_outcomes; k++)
        if (strcmp(study->outcomes[k].name, outcome) == 0) return study->outcomes[k].kind != MLAB_OUTCOME_EVENT;
    return false;
}

static mlab_status add_assumption(const mlab_study_reading *reading, const char *outcome, const char *arm, const char *id, const mlab_place *place,
                                  mlab_error *err)
{
    mlab_study *study = reading->study;
    mlab_evidence *entry = NULL;
    mlab_evidence_prior prior = {0};
    mlab_error failed;
    mlab_status status = mlab_evidence_find(study->context, id, &entry, &failed);
    const bool odds = is_answered(study, outcome);
    if (!status)
        status =
            mlab_evidence_convert(study->context, entry, odds ? MLAB_EVIDENCE_LOG_ODDS_RATIO : MLAB_EVIDENCE_LOG_HAZARD_RATIO, -1, &prior, &failed);
    if (!status) {
        char name[200], source[200];
        snprintf(name, sizeof name, "%s.%s.%s", outcome, arm, odds ? "log_odds_ratio" : "log_hazard_ratio");
        snprintf(source, sizeof source, "evidence: %s", id);
        mlab_assumption *assumption = &study->assumptions[study->n_assumptions];
        *assumption = (mlab_assumption){mlab_study_keep_text(study, name), prior.mean, prior.standard_error, mlab_study_keep_text(study, source)};
        if (assumption->name && assumption->source)
            study->n_assumptions++;
        else
            status = mlab_raise(&failed, MLAB_ERR_MEMORY, "no memory to read the evidence");
    }
    mlab_evidence_prior_free(study->context, &prior);
    mlab_evidence_free(entry);
    if (status == MLAB_ERR_MEMORY) return mlab_raise(err, status, "%s", failed.sentence);
    return status ? mlab_study_stop(reading, "evidence", place, id, err, "%s", failed.sentence) : MLAB_OK;
}

mlab_status mlab_study_read_evidence(const mlab_study_reading *reading, mlab_error *err)
{
    mlab_study *study = reading->study;
    const mlab_setting *block = mlab_settings_find(reading->settings, NULL, "evidence");
    if (!block || mlab_setting_kind_of(block) != MLAB_SETTING_MAP) return MLAB_OK;
    size_t n = mlab_setting_size(block);
    study->assumptions = mlab_study_keep(study, n, sizeof *study->assumptions);
    if (!study->assumptions) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read the evidence");
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < n; i++) {
        const mlab_setting *map = mlab_setting_item(block, i), *entry = mlab_settings_find(reading->settings, map, "entry");
        const char *arm = mlab_study_text_at(reading, map, "arm");
        mlab_place key_place = mlab_setting_key_place(block, i);
        if (mlab_setting_kind_of(map) != MLAB_SETTING_MAP) continue;
        if (!entry || mlab_setting_kind_of(entry) != MLAB_SETTING_TEXT) {
            status = mlab_study_stop(reading, "missing_key", &key_place, mlab_setting_key(block, i), err,
                                     "evidence for '%s' names no entry; the ids are the names of the files in models/evidence",
                                     mlab_setting_key(block, i));
            continue;
        }
        mlab_place place = mlab_setting_place(entry);
        status = add_assumption(reading, mlab_setting_key(block, i), arm ? arm : "structured", mlab_setting_text(entry), &place, err);
    }
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pairs of a study with their ids: pairs read from a stage file carry pseudonyms, which only the study's secret and its
 * people can undo. */
#include "core/error.h"
#include "core/memory.h"
#include "study/inside.h"

#include <stdlib.h>
#include <string.h>

static mlab_status unmask_list(const mlab_study *study, const mlab_known_person *people, char **names, size_t n, mlab_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const char *found = mlab_study_id_of(study, people, names[i]);
        if (!found)
            return mlab_raise(err, MLAB_ERR_STORE_READ, "pseudonym %s belongs to nobody in the people file; run match with --force", names[i]);
        char *id = mlab_copy_text(study->context, found);
        if (!id) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for ids");
        mlab_release(study->context, names[i]);
        names[i] = id;
    }
    return MLAB_OK;
}

/* Puts the ids back into pairs that were read from a stage file. */
static mlab_status unmask(mlab_study *study, mlab_error *err)
{
    mlab_known_person *people;
    mlab_status status = mlab_study_know_people(study, &people, err);
    for (size_t k = 0; !status && k < study->n_pairs; k++) {
        mlab_pairs *pairs = study->pairs[k];
        status = unmask_list(study, people, pairs->mentees, pairs->n_mentees, err);
        if (!status) status = unmask_list(study, people, pairs->mentors, pairs->n_mentors, err);
    }
    mlab_release(study->context, people);
    if (!status) study->pairs_masked = study->results.pairs_masked = false;
    return status;
}

mlab_status mlab_study_pairs_csv(mlab_study *study, size_t which, char **text, mlab_error *err)
{
    *text = NULL;
    if (which >= study->n_pairs) return mlab_raise(err, MLAB_ERR_STUDY_STAGE, "there are no pairs");
    mlab_status status = study->pairs_masked ? unmask(study, err) : MLAB_OK;
    return status ? status : mlab_pairs_csv(study->context, study->pairs[which], text, err);
}

/* --- people of a study ---------------------------------------------------------------------------------- */

/* Ids of past relationships, pointing into the panel. */
static const char *(*past_pairs(const mlab_study *study, mlab_error *err))[2]
{
    const mlab_data *data = study->data;
    const char *(*past)[2] = mlab_allocate(study->context, data->n_relationships, sizeof *past);
    if (!past) {
        mlab_raise(err, MLAB_ERR_MEMORY, "no memory for past pairs");
        return NULL;
    }
    for (size_t k = 0; k < data->n_relationships; k++) {
        past[k][0] = data->relationships[k].mentor < data->panel->n_ids ? data->panel->ids[data->relationships[k].mentor] : "";
        past[k][1] = data->relationships[k].mentee < data->panel->n_ids ? data->panel->ids[data->relationships[k].mentee] : "";
    }
    return past;
}

mlab_status mlab_study_match_people(mlab_study *study, mlab_findings *findings, mlab_matched **matched, mlab_error *err)
{
    *matched = NULL;
    mlab_matched *made = mlab_allocate(study->context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to match");
    made->context = study->context;
    mlab_status status = mlab_study_present(study, &made->mentees, err);
    if (!status) status = mlab_study_gains(study, made->mentees, findings, err);
    const char *(*past)[2] = status ? NULL : past_pairs(study, err);
    if (!status && !past) status = MLAB_ERR_MEMORY;
    if (!status)
        status = mlab_matching_open(study->context, made->mentees, made->mentees, (const char *const(*)[2])past, study->data->n_relationships,
                                    &study->matching, findings, &made->matching, err);
    if (!status) status = mlab_matched_run(made, &study->matching, findings, err);
    mlab_release(study->context, past);
    if (status)
        mlab_matched_free(made);
    else
        *matched = made;
    return status;
}

mlab_status mlab_study_matched(mlab_study *study, mlab_findings *findings, mlab_matched **matched, mlab_error *err)
{
    *matched = NULL;
    if (!study->data || !study->data->panel || !study->has_matching) return mlab_raise(err, MLAB_ERR_STUDY_STAGE, "this study matches nobody");
    return mlab_study_match_people(study, findings, matched, err);
}

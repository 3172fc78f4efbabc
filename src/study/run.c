/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The graph of stages: each is brought up to date in order, or skipped when its stage file carries the key it would get now.
 * Nothing of an earlier run is touched before the input is accepted, and results are replaced whole at the end. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/os.h"
#include "core/text.h"
#include "report/export.h"
#include "study/inside.h"

#include <stdio.h>
#include <string.h>

typedef struct running {
    mlab_study *study;
    bool force;
    mlab_stage_listener listener;
    void *user;
} running;

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to run the study");
}

static void tell(const running *r, mlab_stage stage, mlab_stage_state state, const char *line, double seconds)
{
    if (r->listener) r->listener(r->user, stage, state, line, seconds);
}

static char *stage_path(const mlab_study *study, mlab_stage stage)
{
    char name[40];
    snprintf(name, sizeof name, "%s.h5", mlab_stage_rows[stage].name);
    return mlab_os_join(study->context, study->state, name);
}

/* --- check ------------------------------------------------------------------------------------------ */

static bool is_rejected(const mlab_findings *findings)
{
    return mlab_findings_count(findings, MLAB_SEVERITY_STOP) || mlab_findings_count(findings, MLAB_SEVERITY_DECIDE);
}

static mlab_status reject(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_STUDY_REJECTED, "the study was rejected; the findings say why");
}

static mlab_status tell_check(const running *r, double seconds, mlab_error *err)
{
    const mlab_data *data = r->study->data;
    mlab_text line = MLAB_TEXT(r->study->context);
    char number[64];
    mlab_number_for_people((double)(data->panel ? data->panel->n_people : data->people->n_rows), 0, number, sizeof number);
    mlab_text_print(&line, "%s people", number);
    if (data->panel) {
        mlab_number_for_people((double)data->panel->n_rows, 0, number, sizeof number);
        mlab_text_print(&line, " · %s person-%ss", number, data->panel->period_name);
    }
    if (data->n_relationships) {
        mlab_number_for_people((double)data->n_relationships, 0, number, sizeof number);
        mlab_text_print(&line, " · %s relationships", number);
    }
    tell(r, MLAB_STAGE_CHECK, MLAB_STAGE_RAN, mlab_text_get(&line), seconds);
    bool failed = line.failed;
    mlab_text_free(&line);
    return failed ? no_memory(err) : MLAB_OK;
}

/* Moves findings to those of the caller. */
static mlab_status join_findings(mlab_findings *to, const mlab_findings *from, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < from->n; k++) {
        const mlab_finding *f = &from->items[k];
        for (size_t i = 0; !status && i < f->n_occurrences; i++)
            status =
                mlab_findings_add(to, f->severity, f->kind, &f->occurrences[i].place, f->occurrences[i].value, f->remedy, err, "%s", f->sentence);
        for (size_t j = 0; !status && j < to->n; j++) /* those beyond the kept ones count too */
            if (strcmp(to->items[j].kind, f->kind) == 0 && strcmp(to->items[j].sentence, f->sentence) == 0 && to->items[j].count < f->count)
                to->items[j].count = f->count;
    }
    return status;
}

/* The data judge their own findings: those of other blocks must not keep them from being read. */
static mlab_status load_data(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    mlab_findings own;
    mlab_findings_start(&own, study->context);
    mlab_status status = mlab_data_load(study->context, study->settings, &own, &study->data, err);
    mlab_status joined = join_findings(findings, &own, status ? NULL : err);
    mlab_findings_free(&own);
    if (!status && !joined) joined = mlab_survey_judge(study->context, study->data->survey, (uint64_t)study->report_options.minimum_cell, err);
    return status ? status : joined;
}

static mlab_status check(const running *r, mlab_findings *findings, mlab_error *err)
{
    mlab_study *study = r->study;
    if (study->data) return is_rejected(findings) ? reject(err) : MLAB_OK;
    double start = mlab_os_seconds();
    mlab_status status = load_data(study, findings, err);
    if (status == MLAB_ERR_DATA_REJECTED) return reject(err);
    if (status) return status;
    status = mlab_study_bind(study, findings, err);
    if (status) return status;
    if (is_rejected(findings)) return reject(err);
    status = tell_check(r, mlab_os_seconds() - start, err);
    return status ? status : mlab_study_key(study, MLAB_STAGE_CHECK, err);
}

/* --- a stage ---------------------------------------------------------------------------------------- */

/* Reads the stage file when it carries the key; false = it has to be made. */
static bool is_up_to_date(mlab_study *study, mlab_stage stage, const char *path)
{
    char key[65];
    if (!mlab_os_exists(path) || mlab_store_key(study->context, path, key, NULL) || strcmp(key, study->key[stage]) != 0) return false;
    return mlab_stage_rows[stage].load(study, path, NULL) == MLAB_OK;
}

static mlab_status note_not_applicable(mlab_study *study, mlab_stage stage, const char *why, mlab_error *err)
{
    mlab_text line = MLAB_TEXT(study->context);
    mlab_text_print(&line, "%s: %s", mlab_stage_rows[stage].name, why);
    if (line.failed) {
        mlab_text_free(&line);
        return no_memory(err);
    }
    mlab_release(study->context, study->not_applicable[stage]);
    study->not_applicable[stage] = line.bytes;
    return MLAB_OK;
}

static mlab_status tell_stage(const running *r, mlab_stage stage, mlab_stage_state state, double seconds, mlab_error *err)
{
    mlab_text line = MLAB_TEXT(r->study->context);
    if (mlab_stage_rows[stage].tell) mlab_stage_rows[stage].tell(r->study, &line);
    tell(r, stage, state, mlab_text_get(&line), seconds);
    bool failed = line.failed;
    mlab_text_free(&line);
    return failed ? no_memory(err) : MLAB_OK;
}

static mlab_status bring_up_to_date(const running *r, mlab_stage stage, mlab_error *err)
{
    mlab_study *study = r->study;
    const mlab_stage_row *row = &mlab_stage_rows[stage];
    double start = mlab_os_seconds();
    const char *why = row->why_not(study);
    if (why) {
        mlab_status noted = note_not_applicable(study, stage, why, err);
        if (!noted) tell(r, stage, MLAB_STAGE_NOT_APPLICABLE, why, 0);
        return noted;
    }
    mlab_status status = mlab_study_key(study, stage, err);
    if (status) return status;
    char *path = stage_path(study, stage);
    if (!path) return no_memory(err);
    if (!r->force && is_up_to_date(study, stage, path)) {
        status = tell_stage(r, stage, MLAB_STAGE_UP_TO_DATE, mlab_os_seconds() - start, err);
    } else {
        status = row->work(study, path, study->key[stage], err);
        if (status)
            tell(r, stage, MLAB_STAGE_FAILED, "", mlab_os_seconds() - start);
        else
            status = tell_stage(r, stage, MLAB_STAGE_RAN, mlab_os_seconds() - start, err);
    }
    mlab_release(study->context, path);
    return status;
}

/* A stage that was not asked for joins the results when its stage file is still good. */
static mlab_status join(mlab_study *study, mlab_stage stage, mlab_error *err)
{
    if (mlab_stage_rows[stage].why_not(study)) return MLAB_OK;
    for (int k = MLAB_STAGE_FIT; k < MLAB_STAGE_REPORT; k++)
        if ((mlab_stage_rows[stage].needs & (1u << k)) && !study->done[k]) return MLAB_OK;
    mlab_status status = mlab_study_key(study, stage, err);
    if (status) return status;
    char *path = stage_path(study, stage);
    if (!path) return no_memory(err);
    study->done[stage] = is_up_to_date(study, stage, path);
    mlab_release(study->context, path);
    return MLAB_OK;
}

/* --- results ---------------------------------------------------------------------------------------- */

static void doubt(mlab_study *study, mlab_trust trust)
{
    if (trust != MLAB_TRUSTED && study->trust == MLAB_TRUSTED) study->trust = trust;
}

static void gather(mlab_study *study)
{
    study->results = (mlab_results){.data = study->data,
                                    .fits = (const mlab_fit *const *)study->fits,
                                    .n_fits = study->n_fits,
                                    .draws = study->draws,
                                    .comparison = study->comparison_result,
                                    .pairs = (const mlab_pairs *const *)study->pairs,
                                    .n_pairs = study->n_pairs,
                                    .review = study->review,
                                    .outcomes = study->outcomes_result,
                                    .forecast = study->forecast_result,
                                    .provenance = study->provenance,
                                    .run = study->run,
                                    .pseudonym_secret = study->secret};
    study->trust = MLAB_TRUSTED;
    for (size_t k = 0; k < study->n_fits; k++) doubt(study, study->fits[k]->trust);
    for (size_t k = 0; study->comparison_result && k < study->comparison_result->n_contrasts; k++)
        doubt(study, study->comparison_result->contrasts[k].trust);
    study->n_told = 0;
    for (int k = 0; k < MLAB_N_STAGES; k++)
        if (study->not_applicable[k]) study->told[study->n_told++] = study->not_applicable[k];
    study->report = (mlab_report_spec){.title = study->title,
                                       .simulated = study->simulated,
                                       .sampling = mlab_study_setting(study, "data.sampling"),
                                       .truth = study->truth,
                                       .results = &study->results,
                                       .findings = study->findings,
                                       .not_applicable = study->told,
                                       .n_not_applicable = study->n_told};
}

static mlab_status write_text(const mlab_study *study, const char *name, const char *text, mlab_error *err)
{
    char *path = mlab_os_join(study->context, study->folder, name);
    if (!path) return no_memory(err);
    mlab_status status = mlab_os_write_file(study->context, path, text, strlen(text), false, err);
    mlab_release(study->context, path);
    return status;
}

/* The key of the whole: that of every stage in it. */
static void results_key(const mlab_study *study, char key[65])
{
    mlab_sha256 hash;
    mlab_sha256_start(&hash, study->context);
    for (int k = 0; k < MLAB_STAGE_REPORT; k++)
        if (study->done[k]) mlab_sha256_add(&hash, study->key[k], 64);
    mlab_sha256_end(&hash, key);
}

/* Pairs of this run carry ids; the results need the same pseudonyms as those read back. */
static mlab_status write_results(mlab_study *study, mlab_error *err)
{
    char key[65];
    mlab_results results = study->results;
    results_key(study, key);
    char *path = mlab_os_join(study->context, study->folder, "results.h5");
    if (!path) return no_memory(err);
    results.pairs_masked = study->pairs_masked;
    results.without_people = true;
    results.minimum_cell = (uint64_t)study->report_options.minimum_cell;
    mlab_shared_comparison *shared = NULL;
    mlab_status status = results.comparison ? mlab_share_comparison(results.comparison, study->report_options.minimum_cell, &shared, err) : MLAB_OK;
    results.comparison = mlab_shared_comparison_get(shared);
    if (!status) status = mlab_store_write(study->context, path, &results, key, err);
    mlab_shared_comparison_free(shared);
    mlab_release(study->context, path);
    return status;
}

static mlab_status write_report(mlab_study *study, mlab_error *err)
{
    char *text = NULL;
    mlab_status status = mlab_report_markdown(study->context, &study->report, &study->report_options, &text, err);
    if (!status) status = write_text(study, "summary.md", text, err);
    mlab_report_text_free(study->context, text);
    text = NULL;
    if (!status) status = mlab_report_page(study->context, &study->report, &study->report_options, &text, err);
    if (!status) status = write_text(study, "report.html", text, err);
    mlab_report_text_free(study->context, text);
    return status;
}

/* Report and summary always go with the results, so that they never tell of others. */
static mlab_status finish(const running *r, bool tells, mlab_error *err)
{
    mlab_study *study = r->study;
    double start = mlab_os_seconds();
    mlab_release(study->context, study->provenance);
    mlab_release(study->context, study->run);
    study->provenance = study->run = NULL;
    mlab_status status = mlab_study_provenance(study, &study->provenance, err);
    if (!status) status = mlab_study_run_attribute(study, &study->run, err);
    gather(study);
    if (!status) status = write_results(study, err);
    if (!status) status = write_report(study, err);
    if (!status && tells) tell(r, MLAB_STAGE_REPORT, MLAB_STAGE_RAN, "report.html · summary.md · results.h5", mlab_os_seconds() - start);
    return status;
}

/* Stage files that another version has left may be open to others. */
static mlab_status tighten(const mlab_study *study, mlab_error *err)
{
    for (mlab_stage stage = MLAB_STAGE_FIT; stage < MLAB_STAGE_REPORT; stage++) {
        char *path = stage_path(study, stage);
        if (!path) return no_memory(err);
        mlab_os_tighten(path);
        mlab_release(study->context, path);
    }
    return MLAB_OK;
}

static mlab_status run_locked(const running *r, mlab_stage last, mlab_error *err)
{
    mlab_study *study = r->study;
    mlab_status status = tighten(study, err);
    if (!status) status = mlab_study_secret(study, err);
    for (mlab_stage stage = MLAB_STAGE_FIT; !status && stage < MLAB_STAGE_REPORT; stage++) {
        bool wanted = stage == last || (mlab_stage_rows[last].needs & (1u << stage));
        if (wanted && !study->done[stage]) status = bring_up_to_date(r, stage, err);
        if (wanted && !status) study->done[stage] = !study->not_applicable[stage];
        if (!wanted && !study->done[stage]) status = join(study, stage, err);
    }
    return status ? status : finish(r, last == MLAB_STAGE_REPORT, err);
}

mlab_status mlab_study_run(mlab_study *study, mlab_stage last, bool force, mlab_stage_listener listener, void *user, mlab_findings *findings,
                           mlab_error *err)
{
    const running r = {study, force, listener, user};
    study->findings = findings;
    mlab_status status = check(&r, findings, err);
    if (status || last == MLAB_STAGE_CHECK) {
        study->findings = NULL;
        return status;
    }
    study->done[MLAB_STAGE_CHECK] = true;
    char *lock = mlab_os_join(study->context, study->state, "lock");
    if (!lock) return no_memory(err);
    status = mlab_os_make_folder(study->state, err);
    if (!status) status = mlab_os_lock(study->context, lock, err);
    if (!status) {
        status = run_locked(&r, last, err);
        mlab_os_unlock(lock);
    }
    mlab_release(study->context, lock);
    study->findings = NULL;
    return status;
}

const mlab_results *mlab_study_results(const mlab_study *study)
{
    return &study->results;
}
const mlab_report_spec *mlab_study_report(const mlab_study *study)
{
    return &study->report;
}
mlab_trust mlab_study_trust(const mlab_study *study)
{
    return study->trust;
}
const mlab_data *mlab_study_data(const mlab_study *study)
{
    return study->data;
}

mlab_status mlab_study_put_review(mlab_study *study, const mlab_review *review, mlab_findings *findings, mlab_error *err)
{
    const running r = {study, false, NULL, NULL};
    if (!study->done[MLAB_STAGE_MATCH]) return mlab_raise(err, MLAB_ERR_STUDY_STAGE, "nobody was matched, so that there is nothing to review");
    char *lock = mlab_os_join(study->context, study->state, "lock");
    if (!lock) return no_memory(err);
    study->findings = findings;
    study->review = review;
    mlab_status status = mlab_os_lock(study->context, lock, err);
    if (!status) {
        status = finish(&r, false, err);
        mlab_os_unlock(lock);
    }
    study->review = NULL;
    study->results.review = NULL;
    study->findings = NULL;
    mlab_release(study->context, lock);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a study: the file is read against all rows of options, then each block by its reader; everything that is wrong is a
 * finding with its place. */
#include "compare/options.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "fit/options.h"
#include "forecast/options.h"
#include "match/options.h"
#include "simulate/options.h"
#include "study/inside.h"

#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to open the study");
}

static mlab_status make_paths(mlab_study *study, const char *path, const char *out_folder, mlab_error *err)
{
    const mlab_context *context = study->context;
    const char *out = out_folder && *out_folder ? out_folder : ".";
    study->here = mlab_os_folder_of(context, path);
    study->folder = mlab_copy_text(context, out);
    study->state = mlab_os_join(context, out, ".mentorlab");
    return study->here && study->folder && study->state ? MLAB_OK : no_memory(err);
}

static mlab_status override_all(mlab_study *study, const mlab_override *overrides, size_t n, mlab_findings *findings, mlab_error *err)
{
    mlab_place place = mlab_place_text("command line", 0, 0);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < n; k++)
        status = mlab_settings_override(study->settings, overrides[k].key, overrides[k].value, &place, findings, err);
    return status;
}

static mlab_status read_truth(const mlab_study_reading *reading, mlab_error *err)
{
    mlab_study *study = reading->study;
    const mlab_setting *setting = mlab_settings_find(reading->settings, NULL, "truth");
    if (!setting || mlab_setting_kind_of(setting) != MLAB_SETTING_TEXT) return MLAB_OK;
    char *path = mlab_os_join(study->context, study->here, mlab_setting_text(setting));
    if (!path) return no_memory(err);
    size_t n;
    mlab_error failed;
    mlab_place place = mlab_setting_place(setting);
    mlab_status status = mlab_os_read_file(study->context, path, &study->truth, &n, &failed);
    mlab_release(study->context, path);
    if (status == MLAB_ERR_MEMORY) return no_memory(err);
    return status ? mlab_study_stop(reading, "no_file", &place, mlab_setting_text(setting), err, "%s", failed.sentence) : MLAB_OK;
}

static mlab_status read_head(const mlab_study_reading *reading, mlab_error *err)
{
    mlab_study *study = reading->study;
    const char *title = mlab_study_text_at(reading, NULL, "title"), *simulated = mlab_study_text_at(reading, NULL, "simulated");
    study->title = mlab_copy_text(study->context, title && *title ? title : mlab_settings_file(reading->settings));
    study->simulated = simulated && (strcmp(simulated, "yes") == 0 || strcmp(simulated, "true") == 0);
    study->has_matching = mlab_settings_find(reading->settings, NULL, "matching") != NULL;
    study->has_forecast = mlab_settings_find(reading->settings, NULL, "forecast") != NULL;
    study->has_simulation =
        mlab_settings_find(reading->settings, NULL, "simulation") != NULL || mlab_settings_find(reading->settings, NULL, "scenarios") != NULL;
    study->report.title = study->title;
    return study->title ? read_truth(reading, err) : no_memory(err);
}

static mlab_status fill_options(mlab_study *study, mlab_error *err)
{
    mlab_status status = mlab_settings_fill(study->settings, mlab_fit_option_rows, mlab_fit_n_option_rows, &study->fit_options, err);
    if (!status) status = mlab_settings_fill(study->settings, mlab_compare_option_rows, mlab_compare_n_option_rows, &study->compare_options, err);
    if (!status) status = mlab_settings_fill(study->settings, mlab_study_option_rows, mlab_study_n_option_rows, &study->report_options, err);
    return status;
}

/* Stated assumptions join those of the evidence. */
static mlab_status read_assumptions(const mlab_study_reading *reading, mlab_error *err)
{
    mlab_study *study = reading->study;
    mlab_assumption *stated = NULL;
    size_t n = 0;
    mlab_status status = mlab_assumptions_read(study->context, study->settings, reading->findings, &stated, &n, err);
    if (status || n == 0) {
        mlab_assumptions_free(study->context, stated, n);
        return status;
    }
    mlab_assumption *all = mlab_study_keep(study, study->n_assumptions + n, sizeof *all);
    for (size_t k = 0; all && k < study->n_assumptions; k++) all[k] = study->assumptions[k];
    for (size_t k = 0; all && k < n; k++) {
        mlab_assumption *to = &all[study->n_assumptions + k];
        *to = stated[k];
        to->name = mlab_study_keep_text(study, stated[k].name);
        to->source = mlab_study_keep_text(study, stated[k].source);
        if (!to->name || !to->source) status = no_memory(err);
    }
    if (!all) status = no_memory(err);
    if (!status) {
        study->assumptions = all;
        study->n_assumptions += n;
    }
    mlab_assumptions_free(study->context, stated, n);
    return status;
}

static mlab_status read_blocks(const mlab_study_reading *reading, mlab_error *err)
{
    mlab_study *study = reading->study;
    mlab_status status = read_head(reading, err);
    if (!status) status = fill_options(study, err);
    if (!status) status = mlab_study_read_outcomes(reading, err);
    if (!status) status = mlab_study_read_predict(reading, err);
    if (!status) status = mlab_study_read_comparison(reading, err);
    if (!status) status = mlab_match_spec_read(study->context, study->settings, reading->findings, &study->matching, err);
    if (!status) status = mlab_simulation_read(study->settings, reading->findings, &study->simulate_options, err);
    if (!status) status = mlab_forecast_spec_read(study->context, study->settings, reading->findings, &study->forecast, err);
    if (!status) status = mlab_study_read_evidence(reading, err);
    if (!status) status = read_assumptions(reading, err);
    return status;
}

mlab_status mlab_study_open(const mlab_context *context, const char *path, const mlab_override *overrides, size_t n_overrides, const char *out_folder,
                            mlab_findings *findings, mlab_study **study, mlab_error *err)
{
    *study = NULL;
    mlab_study *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return no_memory(err);
    made->context = context;
    made->started = mlab_os_wall_seconds();
    const mlab_option_tables rows = mlab_study_options();
    mlab_study_reading reading = {made, NULL, findings};
    mlab_status status = make_paths(made, path, out_folder, err);
    if (!status) status = mlab_settings_read(context, path, rows.tables, rows.n_rows, rows.n, findings, &made->settings, err);
    if (!status) status = override_all(made, overrides, n_overrides, findings, err);
    reading.settings = made->settings;
    if (!status) status = mlab_study_read_definitions(&reading, err);
    if (!status) status = read_blocks(&reading, err);
    if (status)
        mlab_study_free(made);
    else
        *study = made;
    return status;
}

static void free_results(mlab_study *study)
{
    const mlab_context *context = study->context;
    for (size_t k = 0; study->fits && k < study->n_fits; k++) mlab_fit_free(study->fits[k]);
    mlab_release(context, study->fits);
    mlab_draws_free(study->draws);
    mlab_imputation_free(study->imputation);
    mlab_comparison_free(study->comparison_result);
    for (size_t k = 0; study->pairs && k < study->n_pairs; k++) mlab_pairs_free(study->pairs[k]);
    mlab_release(context, study->pairs);
    mlab_outcomes_free(study->outcomes_result);
    mlab_forecast_free(study->forecast_result);
    mlab_data_free(study->data);
}

void mlab_study_free(mlab_study *study)
{
    if (!study) return;
    const mlab_context *context = study->context;
    free_results(study);
    mlab_study_gains_free(study);
    mlab_match_spec_free(context, &study->matching);
    mlab_forecast_spec_free(context, &study->forecast);
    mlab_scenarios_free(context, study->scenarios, study->n_scenarios);
    for (size_t k = 0; k < MLAB_N_STAGES; k++) mlab_release(context, study->not_applicable[k]);
    for (size_t k = 0; k < study->n_kept; k++) mlab_release(context, study->kept[k]);
    mlab_release(context, study->kept);
    mlab_settings_free(study->settings);
    for (size_t k = 0; k < study->n_definitions; k++) mlab_settings_free(study->definitions[k]);
    mlab_release(context, study->definitions);
    mlab_release(context, study->truth);
    mlab_release(context, study->title);
    mlab_release(context, study->here);
    mlab_release(context, study->folder);
    mlab_release(context, study->state);
    mlab_release(context, study->provenance);
    mlab_release(context, study->run);
    mlab_release(context, study);
}

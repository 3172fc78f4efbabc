/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study meets its data: defaults for what is not stated, formulas and columns checked, levels found. Every default is a
 * line of the study that could have been written; the outputs show it. */
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "study/inside.h"

#include "fit/outcome.h"
#include "forecast/options.h"
#include "simulate/options.h"

#include <stdio.h>
#include <string.h>

const mlab_table *mlab_study_table(const mlab_study *study)
{
    return study->data->panel ? study->data->panel->rows : study->data->people;
}

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to check the study");
}

/* Columns that a comparison is adjusted for when the study names none, as far as they are there. */
static const char *const usual[] = {"grade", "tenure", "department", "gender", "performance", "age"};
enum { N_USUAL = sizeof usual / sizeof *usual };

/* What a table of persons is about is no reason for it: its duration may be called tenure. */
static bool is_response(const mlab_study *study, const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "data.columns.%s.type", name);
    const mlab_setting *type = mlab_settings_find(study->settings, NULL, path);
    return type && !study->data->panel && (!strcmp(mlab_setting_text(type), "duration") || !strcmp(mlab_setting_text(type), "event"));
}

static bool may_adjust(const mlab_study *study, const char *name)
{
    if (is_response(study, name)) return false;
    const mlab_column *column = mlab_table_find(mlab_study_table(study), name);
    return column && column->type != MLAB_COLUMN_TEXT && column->type != MLAB_COLUMN_DATE;
}

static mlab_status default_adjust(mlab_study *study, mlab_error *err)
{
    mlab_compare_spec *spec = &study->comparison;
    if (spec->adjust || mlab_settings_find(study->settings, NULL, "comparison.adjust")) return MLAB_OK;
    if (!(spec->adjust = mlab_study_keep(study, N_USUAL, sizeof *spec->adjust))) return no_memory(err);
    for (size_t k = 0; k < N_USUAL; k++) {
        if (!may_adjust(study, usual[k])) continue;
        if (!(spec->adjust[spec->n_adjust] = mlab_study_keep_text(study, usual[k]))) return no_memory(err);
        spec->n_adjust++;
    }
    return MLAB_OK;
}

/* 12 months, and 24 where the data go so far; a panel shorter than a year gives its own length. */
static mlab_status default_horizons(mlab_study *study, mlab_error *err)
{
    mlab_compare_spec *spec = &study->comparison;
    bool event = study->data->panel != NULL;
    for (size_t k = 0; k < study->n_outcomes; k++) event = event || study->outcomes[k].kind == MLAB_OUTCOME_EVENT;
    if (spec->n_horizons || !event) return MLAB_OK; /* rows without a time have no horizons */
    if (!(spec->horizons = mlab_study_keep(study, 2, sizeof *spec->horizons))) return no_memory(err);
    const mlab_panel *panel = study->data->panel;
    double months = panel ? (double)panel->n_periods * panel->months_per_period : 12;
    spec->horizons[spec->n_horizons++] = months < 12 ? months : 12;
    if (months >= 24) spec->horizons[spec->n_horizons++] = 24;
    return MLAB_OK;
}

/* --- default models ------------------------------------------------------------------------------- */

/* The fit's own default, kept so that checks, provenance and outputs show it. */
static mlab_status default_formula(mlab_study *study, mlab_outcome *outcome, mlab_findings *findings, mlab_error *err)
{
    char *text = NULL;
    mlab_error failed;
    mlab_status status = mlab_outcome_default_formula(study->context, study->data, outcome, &text, &failed);
    if (status == MLAB_ERR_DATA_FORMULA)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "no_outcome", &outcome->formula_place, outcome->name, NULL, err, "%s",
                                 failed.sentence);
    if (status) return mlab_raise(err, status, "%s", failed.sentence);
    outcome->formula = mlab_study_keep_text(study, text);
    outcome->stated_default = true;
    mlab_release(study->context, text);
    return outcome->formula ? MLAB_OK : no_memory(err);
}

static mlab_status default_model(mlab_study *study, mlab_outcome *outcome, mlab_error *err)
{
    static const char *const on_panel[] = {"hazard", "ordinal", "linear", "poisson", "logit"};
    if (outcome->model) return MLAB_OK;
    bool times = outcome->formula && strncmp(outcome->formula, "event(", 6) == 0;
    const char *model = times || (outcome->kind == MLAB_OUTCOME_EVENT && !study->data->panel) ? "cox" : on_panel[outcome->kind];
    outcome->model = mlab_study_keep_text(study, model);
    return outcome->model ? MLAB_OK : no_memory(err);
}

/* Without a block outcomes: every event and measure of the panel, or the one event of a person-level table. */
static mlab_status default_outcomes(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    const mlab_panel *panel = study->data->panel;
    size_t n = panel ? panel->n_events + panel->n_measures : 1;
    mlab_outcome *outcomes = mlab_study_keep(study, n, sizeof *outcomes);
    if (!outcomes) return no_memory(err);
    study->outcomes = outcomes;
    study->n_outcomes = 0;
    for (size_t k = 0; panel && k < panel->n_events; k++) {
        const char *name = panel->events[k].name;
        outcomes[study->n_outcomes++] = (mlab_outcome){
            .name = mlab_study_keep_text(study, name), .kind = MLAB_OUTCOME_EVENT, .better = 1, .absence = strcmp(name, "retention") == 0};
    }
    for (size_t k = 0; panel && k < panel->n_measures; k++) {
        const mlab_column *column = mlab_table_find(panel->rows, panel->measures[k]);
        bool ordinal = column && column->type == MLAB_COLUMN_FACTOR;
        outcomes[study->n_outcomes++] = (mlab_outcome){
            .name = mlab_study_keep_text(study, panel->measures[k]), .kind = ordinal ? MLAB_OUTCOME_ORDINAL : MLAB_OUTCOME_NUMBER, .better = 1};
    }
    if (!panel)
        outcomes[study->n_outcomes++] =
            (mlab_outcome){.name = mlab_study_keep_text(study, "retention"), .kind = MLAB_OUTCOME_EVENT, .better = 1, .absence = true};
    mlab_study_reading reading = {study, study->settings, findings};
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < study->n_outcomes && !status; k++)
        status = outcomes[k].name ? mlab_study_read_priors(&reading, NULL, &outcomes[k], err) : no_memory(err);
    return status;
}

/* --- checks --------------------------------------------------------------------------------------- */

/* Where a name stands in a text as a whole word, from 0; 0 when it is not found. */
static uint32_t offset_of(const char *text, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    size_t n = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if ((at == text || !strchr(letters, at[-1])) && (!at[n] || !strchr(letters, at[n]))) return (uint32_t)(at - text);
    return 0;
}

mlab_status mlab_study_check_column(mlab_study *study, const char *name, const mlab_place *place, mlab_findings *findings, mlab_error *err)
{
    const mlab_table *table = mlab_study_table(study);
    if (mlab_table_find(table, name)) return MLAB_OK;
    const char **names = mlab_allocate(study->context, table->n_columns, sizeof *names);
    if (!names) return no_memory(err);
    for (size_t k = 0; k < table->n_columns; k++) names[k] = table->columns[k].name;
    const char *near = mlab_nearest(name, names, table->n_columns);
    mlab_status status =
        mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_column", place, name, NULL, err, "column '%s' is not in the %s%s%s%s", name,
                          study->data->panel ? "panel" : "people file", near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    mlab_release(study->context, names);
    return status;
}

mlab_status mlab_study_check_identity(mlab_study *study, const char *name, const mlab_place *place, mlab_findings *findings, mlab_error *err)
{
    bool tells;
    mlab_status status = mlab_study_tells_who(study, name, &tells, err);
    if (status || !tells) return status;
    return mlab_findings_add(
        findings, MLAB_SEVERITY_STOP, "tells_who", place, name, NULL, err,
        "the values of column '%s' tell who somebody is, and would be names in the results; leave it out, or use cluster(%s) in a "
        "formula",
        name, name);
}

/* Only the groups of cluster() and strata() are used, not their names. */
static bool only_groups(const mlab_formula *formula, const char *name)
{
    const char *const *strata, *cluster = mlab_formula_cluster(formula);
    size_t n = mlab_formula_strata(formula, &strata);
    if (cluster && strcmp(cluster, name) == 0) return true;
    for (size_t k = 0; k < mlab_formula_random(formula); k++) {
        const char *const *columns;
        bool multiple;
        const size_t m = mlab_formula_random_columns(formula, k, &columns, &multiple);
        for (size_t c = 0; c < m; c++)
            if (strcmp(columns[c], name) == 0) return true;
    }
    for (size_t k = 0; k < n; k++)
        if (strcmp(strata[k], name) == 0) return true;
    return false;
}

static mlab_status check_formula_columns(mlab_study *study, const mlab_outcome *outcome, const mlab_formula *formula, mlab_findings *findings,
                                         mlab_error *err)
{
    const char *const *names;
    size_t n = mlab_formula_columns(formula, &names);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < n + 3; k++) {
        const char *name = k < n ? names[k] : mlab_formula_response_name(formula, (int)(k - n));
        if (!name) continue;
        mlab_place place = outcome->formula_place;
        if (!outcome->stated_default && place.column) place.column += offset_of(outcome->formula, name);
        const bool groups = k < n && only_groups(formula, name);
        if (groups && study->data->panel && (strcmp(name, "person") == 0 || strcmp(name, "mentor") == 0)) continue; /* a panel knows both */
        status = mlab_study_check_column(study, name, &place, findings, err);
        if (!status && k < n && !groups) status = mlab_study_check_identity(study, name, &place, findings, err);
    }
    return status;
}

/* Columns of multiple(): a row may have none of them, so they are not among those that a complete row needs. */
static mlab_status check_memberships(mlab_study *study, const mlab_outcome *outcome, const mlab_formula *formula, mlab_findings *findings,
                                     mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < mlab_formula_random(formula); k++) {
        const char *const *columns;
        bool multiple;
        const size_t n = mlab_formula_random_columns(formula, k, &columns, &multiple);
        for (size_t c = 0; c < n && multiple && !status; c++) {
            mlab_place place = outcome->formula_place;
            if (!outcome->stated_default && place.column) place.column += offset_of(outcome->formula, columns[c]);
            status = mlab_study_check_column(study, columns[c], &place, findings, err);
        }
    }
    return status;
}

/* Labels as an ordinal outcome have an order that only the study can say: that of the alphabet is none. */
static mlab_status check_order(mlab_study *study, const mlab_outcome *outcome, const mlab_formula *formula, mlab_findings *findings, mlab_error *err)
{
    char path[300], remedy[300];
    const bool ordinal = outcome->model && !strcmp(outcome->model, "ordinal");
    if (!ordinal || mlab_formula_response(formula) != MLAB_RESPONSE_COLUMN) return MLAB_OK;
    const char *name = mlab_formula_response_name(formula, 0);
    const mlab_column *column = mlab_table_find(mlab_study_table(study), name);
    if (!column || column->type != MLAB_COLUMN_FACTOR || column->ordered || column->n_levels < 3) return MLAB_OK;
    snprintf(path, sizeof path, "data.columns.%.200s.levels", name);
    if (mlab_settings_find(study->settings, NULL, path)) return MLAB_OK; /* in the order of the list */
    mlab_place place = outcome->formula_place;
    snprintf(remedy, sizeof remedy, "columns: {%.80s: {scale: [lowest, ..., highest]}}", name);
    return mlab_findings_add(findings, MLAB_SEVERITY_DECIDE, "scale_unordered", &place, column->levels[0], remedy, err,
                             "the labels of '%s' have no stated order; an ordinal model needs one", name);
}

static mlab_status check_formula(mlab_study *study, const mlab_outcome *outcome, mlab_findings *findings, mlab_error *err)
{
    mlab_formula *formula = NULL;
    mlab_error failed = {0};
    mlab_status status = mlab_formula_parse(study->context, outcome->formula, &outcome->formula_place, &formula, &failed);
    if (status == MLAB_ERR_DATA_FORMULA || status == MLAB_ERR_DATA_NOT_BUILT) return MLAB_OK; /* a finding of the reading already */
    if (status) return mlab_raise(err, status, "%s", failed.sentence);
    status = check_formula_columns(study, outcome, formula, findings, err);
    if (!status) status = check_memberships(study, outcome, formula, findings, err);
    if (!status) status = check_order(study, outcome, formula, findings, err);
    if (!status) status = mlab_study_check_response(study, outcome, formula, findings, err);
    mlab_formula_free(formula);
    return status;
}

static mlab_status check_list(mlab_study *study, const char *path, mlab_findings *findings, mlab_error *err)
{
    const mlab_setting *list = mlab_settings_find(study->settings, NULL, path);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && list && mlab_setting_kind_of(list) != MLAB_SETTING_MAP && i < mlab_setting_size(list); i++) {
        const mlab_setting *item = mlab_setting_item(list, i);
        mlab_place place = mlab_setting_place(item);
        if (mlab_setting_kind_of(item) != MLAB_SETTING_TEXT) continue;
        status = mlab_study_check_column(study, mlab_setting_text(item), &place, findings, err);
        if (!status) status = mlab_study_check_identity(study, mlab_setting_text(item), &place, findings, err);
    }
    return status;
}

/* States are labels or whole numbers of a panel. */
static mlab_status check_states(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    const mlab_setting *list = mlab_settings_find(study->settings, NULL, "comparison.states");
    mlab_status status = check_list(study, "comparison.states", findings, err);
    for (size_t i = 0; !status && i < study->comparison.n_states; i++) {
        const char *name = study->comparison.states[i];
        const mlab_column *column = mlab_table_find(mlab_study_table(study), name);
        mlab_place place = mlab_setting_place(list);
        if (column && !study->data->panel)
            status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_value", &place, name, NULL, err,
                                       "states need a panel of periods with the state in each; these data have one row a person");
        else if (column && column->type != MLAB_COLUMN_FACTOR && column->type != MLAB_COLUMN_INTEGER)
            status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_value", &place, name, NULL, err,
                                       "%s has no states, allowed are columns of labels or whole numbers", name);
    }
    return status;
}

/* satisfied: [High, Very high] names the best levels of an ordinal outcome. */
static mlab_status find_satisfied(mlab_study *study, const mlab_outcome *outcome, mlab_findings *findings, mlab_error *err)
{
    char path[256];
    snprintf(path, sizeof path, "outcomes.%s.satisfied", outcome->name);
    const mlab_setting *list = mlab_settings_find(study->settings, NULL, path);
    const mlab_column *column = mlab_table_find(mlab_study_table(study), outcome->name);
    if (!list || !column || column->type != MLAB_COLUMN_FACTOR) return MLAB_OK;
    int32_t lowest = column->n_levels;
    size_t n = mlab_setting_size(list);
    for (size_t i = 0; i < n; i++) {
        const mlab_setting *item = mlab_setting_item(list, i);
        int32_t level = 0;
        while (level < column->n_levels && strcmp(column->levels[level], mlab_setting_text(item)) != 0) level++;
        mlab_place place = mlab_setting_place(item);
        if (level == column->n_levels)
            return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_level", &place, mlab_setting_text(item), NULL, err,
                                     "'%s' is not a level of %s", mlab_setting_text(item), outcome->name);
        if (level < lowest) lowest = level;
    }
    mlab_place place = mlab_setting_place(list);
    if ((size_t)(column->n_levels - lowest) != n)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_value", &place, NULL, NULL, err,
                                 "satisfied must name the best levels of %s without a gap", outcome->name);
    study->comparison.satisfied_from = lowest;
    return MLAB_OK;
}

static mlab_status check_weights(mlab_study *study, const mlab_outcome *outcome, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = mlab_study_check_column(study, outcome->weight, &outcome->weight_place, findings, err);
    if (status || !mlab_settings_find(study->settings, NULL, "comparison")) return status;
    return mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "weights", &outcome->weight_place, outcome->weight, NULL, err,
                             "the comparison does not weigh rows: weights are used by fit, and through its draws by the simulation");
}

static mlab_status bind_outcome(mlab_study *study, mlab_outcome *outcome, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = default_model(study, outcome, err);
    bool raters = outcome->model && !strcmp(outcome->model, "raters");
    if (!status && !outcome->formula && !(raters && !study->data->ratings)) status = default_formula(study, outcome, findings, err);
    if (!status && raters) return mlab_study_bind_raters(study, outcome, findings, err);
    if (status || !outcome->formula) return status;
    status = check_formula(study, outcome, findings, err);
    if (!status && outcome->weight) status = check_weights(study, outcome, findings, err);
    return status ? status : find_satisfied(study, outcome, findings, err);
}

/* Arms that the study names must be there. */
static mlab_status check_reference(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    const mlab_setting *setting = mlab_settings_find(study->settings, NULL, "comparison.reference");
    const mlab_panel *panel = study->data->panel;
    const mlab_column *column = panel || !study->data->arm_column ? NULL : mlab_table_find(study->data->people, study->data->arm_column);
    char *const *arms = panel ? panel->arms : column ? column->levels : NULL;
    int32_t n = panel ? panel->n_arms : column ? column->n_levels : 0;
    if (!setting || mlab_setting_kind_of(setting) != MLAB_SETTING_TEXT || !n) return MLAB_OK;
    mlab_text allowed = MLAB_TEXT(study->context);
    for (int32_t k = 0; k < n; k++) {
        if (strcmp(arms[k], mlab_setting_text(setting)) == 0) {
            mlab_text_free(&allowed);
            return MLAB_OK;
        }
        mlab_text_append(&allowed, k ? ", " : "");
        mlab_text_append(&allowed, arms[k]);
    }
    mlab_place place = mlab_setting_place(setting);
    mlab_status status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_arm", &place, mlab_setting_text(setting), NULL, err,
                                           "the reference '%s' is not in the data, allowed %s", mlab_setting_text(setting), mlab_text_get(&allowed));
    mlab_text_free(&allowed);
    return status;
}

mlab_status mlab_study_bind(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = check_list(study, "comparison.adjust", findings, err);
    if (!status) status = check_list(study, "comparison.by", findings, err);
    if (!status) status = check_states(study, findings, err);
    if (!status) status = check_reference(study, findings, err);
    if (!status) status = default_adjust(study, err);
    if (!status) status = default_horizons(study, err);
    if (!status && !study->outcomes_stated) status = default_outcomes(study, findings, err);
    for (size_t k = 0; !status && k < study->n_outcomes; k++) status = bind_outcome(study, &study->outcomes[k], findings, err);
    if (!status) status = mlab_study_bind_penalty(study, findings, err);
    if (!status) status = mlab_study_bind_joints(study, findings, err);
    if (!status) status = mlab_study_bind_evidence(study, findings, err);
    if (!status) status = mlab_study_bind_predict(study, findings, err);
    if (!status && study->data->panel && study->has_simulation && !study->scenarios)
        status = mlab_scenarios_read(study->context, study->settings, study->data->panel->months_per_period, findings, &study->scenarios,
                                     &study->n_scenarios, err);
    if (!status && study->has_forecast) status = mlab_forecast_salaries_of(study->context, study->data, findings, &study->forecast, err);
    study->comparison.outcomes = study->outcomes;
    study->comparison.n_outcomes = study->n_outcomes;
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grid, the arms and the rules of exposure, handed to the panel builder. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/arms.h"

#include <stdio.h>
#include <string.h>

/* What the builder gets that has to live while it works. */
typedef struct asking {
    mlab_arms arms;
    const char **ids;        /* [n] */
    const char **attributes; /* [n_attributes] */
    size_t n_attributes;
    const char **states, **clocks; /* [n_states] */
    size_t n_states;
} asking;

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the panel");
}

/* --- the grid --------------------------------------------------------------------------------------- */

static mlab_status make_grid(mlab_loading *l, mlab_panel_spec *spec, mlab_error *err)
{
    static const char *const names[] = {"month", "quarter", "half-year", "year"};
    static const int32_t months[] = {1, 3, 6, 12};
    int period = mlab_choice_of(mlab_loading_text(l, "panel", "period", "quarter"), names, 4);
    char day[16];
    mlab_place place = mlab_place_text(mlab_settings_file(l->settings), 0, 0);
    spec->months_per_period = months[period < 0 ? 1 : period];
    spec->as_of = l->data->as_of;
    spec->from = mlab_loading_date(l, "panel", "from");
    spec->to = mlab_loading_date(l, "panel", "to");
    if (spec->as_of == MLAB_DATE_MISSING)
        return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "no_dates", &place, NULL, "as_of: 2024-12-31", err, "no file has a usable date");
    if (spec->to == MLAB_DATE_MISSING) spec->to = spec->as_of;
    if (spec->from == MLAB_DATE_MISSING && l->first_seen != MLAB_DATE_MISSING) {
        spec->from = l->first_seen;
        mlab_date_print(spec->from, day, sizeof day);
        mlab_text_print(&l->guesses, "the panel begins on the first day on which anything is recorded; to pin it: panel: {from: %s}\n", day);
    }
    if (spec->from != MLAB_DATE_MISSING && spec->from < spec->to) return MLAB_OK;
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "empty_grid", &place, NULL, "panel: {from: 2021-01-01, to: 2024-12-31}", err,
                             "the panel ends before it begins");
}

/* --- attributes ------------------------------------------------------------------------------------- */

static bool is_state(const mlab_loading *l, const char *name)
{
    static const char *const states[] = {"id", "hired", "left", "exit_reason"};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (!strcmp(name, states[i])) return true;
    return !strcmp(name, "grade") && l->n_grades > 0;
}

/* A column of the panel itself. */
static bool is_made_here(const mlab_loading *l, const char *name)
{
    static const char *const made[] = {"arm", "tenure", "time_in_grade", "months_in_role", "mentoring_others", "period", "since", "promoted", "exit"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (!strcmp(name, made[i])) return true;
    for (size_t k = 0; k < l->n_records; k++)
        if (!strcmp(name, l->records[k].name)) return true;
    for (size_t k = 0; k < l->n_measures; k++) {
        size_t n = strlen(l->measures[k]);
        if (!strncmp(name, l->measures[k], n) && (!name[n] || !strcmp(name + n, "_last"))) return true;
    }
    return false;
}

/* Where the study reads such a column it has to say which of the two is meant. */
static mlab_status say_name_taken(const mlab_loading *l, const char *name, mlab_error *err)
{
    char remedy[200];
    bool named = mlab_dictionary_find(&l->words, name, strlen(name)) != MLAB_DICTIONARY_NONE;
    mlab_place place = mlab_place_cell(l->data->people->file, 0, 0, name);
    snprintf(remedy, sizeof remedy, "columns: {%.60s_in_file: {from: \"%.60s\"}}", name, name);
    return mlab_findings_add(l->findings, named ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE, "name_taken", &place, NULL, remedy, err,
                             "columns whose names stand for what is worked out for every period; those of the file are left out%s",
                             named ? ", unless they get another name" : "");
}

static bool changes_in_time(const mlab_loading *l, const char *name)
{
    for (size_t s = 0; s < l->n_states; s++)
        if (!strcmp(l->states[s], name)) return true;
    return false;
}

/* Grades come by promotions; the months in a role count from its changes. */
static mlab_status list_states(mlab_loading *l, asking *a, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    a->states = mlab_allocate(l->context, l->n_states, sizeof *a->states);
    a->clocks = mlab_allocate(l->context, l->n_states, sizeof *a->clocks);
    if (!a->states || !a->clocks) return no_memory(err);
    for (size_t s = 0; s < l->n_states && !status; s++) {
        const char *name = l->states[s];
        if (!strcmp(name, "grade") && l->n_grades) continue;
        if (is_made_here(l, name)) {
            mlab_place place = mlab_place_cell(l->job->file, 0, 0, name);
            status = mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "name_taken", &place, NULL, NULL, err,
                                       "states whose names stand for what is worked out for every period are left out");
            continue;
        }
        a->clocks[a->n_states] = !strcmp(name, "role") ? "months_in_role" : NULL;
        a->states[a->n_states++] = name;
    }
    return status;
}

static mlab_status list_people(mlab_loading *l, asking *a, mlab_error *err)
{
    const mlab_table *people = l->data->people;
    a->ids = mlab_allocate(l->context, l->ids.n, sizeof *a->ids);
    a->attributes = mlab_allocate(l->context, people->n_columns, sizeof *a->attributes);
    if (!a->ids || !a->attributes) return no_memory(err);
    for (uint32_t rank = 0; rank < l->ids.n; rank++) a->ids[rank] = mlab_ids_text(&l->ids, rank);
    mlab_status status = list_states(l, a, err);
    for (size_t k = 0; k < people->n_columns && !status; k++) {
        const char *name = people->columns[k].name;
        if (is_made_here(l, name))
            status = say_name_taken(l, name, err);
        else if (!is_state(l, name) && !changes_in_time(l, name))
            a->attributes[a->n_attributes++] = name;
    }
    return status;
}

static mlab_place place_of_panel(const mlab_loading *l)
{
    const mlab_setting *panel = mlab_settings_find(l->settings, NULL, "panel");
    return panel ? mlab_setting_place(panel) : mlab_place_text(mlab_settings_file(l->settings), 0, 0);
}

static mlab_panel_relationships relationships_of(mlab_loading *l, const mlab_arms *arms)
{
    return (mlab_panel_relationships){.table = l->relationships,
                                      .items = l->pairs,
                                      .row = l->pair_row,
                                      .n = l->n_pairs,
                                      .meeting_first = arms->meeting_first,
                                      .meeting_day = arms->meeting_day,
                                      .known_from = mlab_loading_date(l, "data.relationships", "known_from"),
                                      .known_to = mlab_loading_date(l, "data.relationships", "known_to")};
}

/* What is wrong in the study is a finding; the rest stays an error. */
static mlab_status tell_no_panel(mlab_loading *l, mlab_status status, mlab_error *why, mlab_error *err)
{
    if (status != MLAB_ERR_DATA_FORMULA && status != MLAB_ERR_DATA_COLUMN && status != MLAB_ERR_DATA_TYPE && status != MLAB_ERR_DATA_EMPTY &&
        status != MLAB_ERR_OVERFLOW)
        return status;
    if (!why->place.file[0]) why->place = place_of_panel(l);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "no_panel", &why->place, NULL, NULL, err, "%s", why->sentence);
}

static mlab_status build(mlab_loading *l, const asking *a, const mlab_panel_spec *spec, mlab_error *err)
{
    const mlab_panel_states states = {.table = l->job,
                                      .n = l->n_changes,
                                      .person = l->change_person,
                                      .date = l->change_date,
                                      .row = l->change_row,
                                      .names = a->states,
                                      .clocks = a->clocks,
                                      .n_names = a->n_states};
    const mlab_panel_people people = {.table = l->data->people,
                                      .n = l->ids.n,
                                      .ids = a->ids,
                                      .row = l->ids.row_of_rank,
                                      .spells = l->spells,
                                      .n_spells = l->n_spells,
                                      .leaves = l->leaves,
                                      .n_leaves = l->n_leaves,
                                      .states = l->n_states ? &states : NULL,
                                      .causes = l->causes,
                                      .n_causes = l->n_causes,
                                      .grades = (const char *const *)l->grades,
                                      .n_grades = l->n_grades,
                                      .grade_is_number = l->grade_is_number,
                                      .grade_value = l->grade_value,
                                      .attributes = a->attributes,
                                      .n_attributes = a->n_attributes};
    const mlab_panel_surveys surveys = {.table = l->n_measures ? l->data->surveys : NULL,
                                        .n = l->n_answers,
                                        .person = l->answer_person,
                                        .date = l->answer_date,
                                        .row = l->answer_row,
                                        .measures = l->measures,
                                        .n_measures = l->n_measures};
    mlab_panel_relationships relationships = relationships_of(l, &a->arms);
    mlab_error why = {0};
    mlab_status status =
        mlab_panel_build(l->context, &people, l->promotions, l->n_promotions, &surveys, &relationships, spec, l->findings, &l->data->panel, &why);
    if (status && err) *err = why;
    if (status) return tell_no_panel(l, status, &why, err);
    l->data->relationships = l->pairs; /* they belong to the data now */
    l->data->n_relationships = l->n_pairs;
    l->pairs = NULL;
    mlab_survey_group_sizes(l->data);
    return mlab_survey_rates(l, err);
}

/* panel.unknown: left_out, none, or an arm that time with an unknown arm is counted as: a bound. */
static mlab_status find_filling(mlab_loading *l, const mlab_arms *arms, mlab_panel_spec *spec, mlab_error *err)
{
    const mlab_setting *at = mlab_settings_find(l->settings, NULL, "panel.unknown");
    const char *text = at ? mlab_setting_text(at) : "left_out";
    if (!strcmp(text, "left_out")) return MLAB_OK;
    if (!strcmp(text, spec->reference)) spec->fill_unknown = 1;
    for (size_t k = 0; k < arms->n; k++)
        if (!strcmp(text, arms->arms[k].name)) spec->fill_unknown = (int32_t)k + 2;
    mlab_place place = mlab_setting_place(at);
    if (spec->fill_unknown)
        mlab_text_print(&l->caveats,
                        "Time of which nothing says in which group it was is counted as %s: every difference is a bound, not an estimate.\n", text);
    if (spec->fill_unknown)
        return mlab_findings_add(
            l->findings, MLAB_SEVERITY_NOTE, "unknown_filled", &place, text, NULL, err,
            "time of which nothing says in which arm it was is counted as %s: every number with an arm is a bound, not an estimate", text);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "unknown_arm", &place, text, NULL, err,
                             "'%s' is no arm; unknown is left_out, %s or an arm", text, spec->reference);
}

mlab_status mlab_load_panel(mlab_loading *l, mlab_error *err)
{
    asking a = {0};
    mlab_panel_spec spec = {.reference = "none"};
    const mlab_setting *reference = mlab_settings_find(l->settings, NULL, "comparison.reference");
    if (reference && *mlab_setting_text(reference)) spec.reference = mlab_setting_text(reference);
    size_t stops = mlab_findings_count(l->findings, MLAB_SEVERITY_STOP);
    if (l->data->promotions) spec.promotions_file = l->data->promotions->file;
    if (l->job) spec.promotions_file = l->job->file;
    mlab_status status = mlab_arms_make(l, &a.arms, err);
    /* A reference that is an arm of its own leaves "none" as the name of those without a relationship. */
    for (size_t k = 0; k < a.arms.n; k++)
        if (!strcmp(a.arms.arms[k].name, spec.reference)) spec.reference = "none";
    if (!status) status = find_filling(l, &a.arms, &spec, err);
    if (!status) status = make_grid(l, &spec, err);
    if (!status) status = list_people(l, &a, err);
    spec.arms = a.arms.arms;
    spec.n_arms = a.arms.n;
    spec.priority = a.arms.priority;
    spec.both_separate = a.arms.both_separate;
    spec.records = l->records;
    spec.n_records = l->n_records;
    spec.exposures = a.arms.exposures.asked ? &a.arms.exposures : NULL;
    spec.exposure_current = !strcmp(mlab_loading_text(l, "panel", "exposure", "started"), "current");
    spec.split_exact = !strcmp(mlab_loading_text(l, "panel", "split", "grid"), "exact");
    if (!status && mlab_findings_count(l->findings, MLAB_SEVERITY_STOP) == stops) status = build(l, &a, &spec, err);
    mlab_arms_free(l->context, &a.arms);
    mlab_release(l->context, (void *)a.ids);
    mlab_release(l->context, (void *)a.attributes);
    mlab_release(l->context, (void *)a.states);
    mlab_release(l->context, (void *)a.clocks);
    return status;
}

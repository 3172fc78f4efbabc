/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grid, the arms and the rules of exposure, handed to the panel builder. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/loading.h"

#include <stdio.h>
#include <string.h>

/* What the builder gets that has to live while it works. */
typedef struct asking {
    mlab_panel_arm *arms; /* [n_arms] */
    char **made;          /* [n_arms] filters made here */
    size_t n_arms;
    int32_t *priority;
    const char **ids;        /* [n] */
    const char **attributes; /* [n_attributes] */
    size_t n_attributes;
} asking;

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the panel");
}

/* --- arms ------------------------------------------------------------------------------------------- */

static bool is_rule(const char *name)
{
    return !strcmp(name, "both");
}

static mlab_status stated_arms(mlab_loading *l, const mlab_setting *arms, asking *a, mlab_error *err)
{
    const char *meetings = mlab_table_find(l->relationships, "meetings") ? "meetings" : "";
    for (size_t i = 0; i < mlab_setting_size(arms); i++) {
        const char *name = mlab_setting_key(arms, i);
        const mlab_setting *arm = mlab_setting_item(arms, i), *filter = mlab_settings_find(l->settings, arm, "relationships");
        const mlab_setting *met = mlab_settings_find(l->settings, arm, "met");
        if (is_rule(name)) continue;
        mlab_panel_arm *made = &a->arms[a->n_arms++];
        *made = (mlab_panel_arm){.name = name, .filter = filter ? mlab_setting_text(filter) : "", .met = ""};
        made->place = filter ? mlab_setting_place(filter) : mlab_setting_key_place(arms, i);
        if (!met) continue;
        made->met = meetings;
        if (!mlab_number_parse(mlab_setting_text(met), strlen(mlab_setting_text(met)), '.', &made->least_meetings)) continue;
        if (*meetings) continue;
        mlab_place place = mlab_setting_place(met);
        mlab_status status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "no_meetings", &place, NULL, "relationships: {meetings: <column>}",
                                               err, "met asks for a number of meetings, and no column of %s holds it", l->relationships->file);
        if (status) return status;
    }
    return MLAB_OK;
}

/* Each kind of relationship is an arm; without kinds all of them are "mentored". */
static mlab_status found_arms(mlab_loading *l, const mlab_column *kind, asking *a, mlab_error *err)
{
    if (!kind) {
        a->arms[a->n_arms++] = (mlab_panel_arm){.name = "mentored", .filter = "", .met = ""};
        mlab_text_append(&l->guesses, "every relationship counts as the arm mentored; to pin it: arms: {mentored: {}}\n");
        return MLAB_OK;
    }
    for (int32_t i = 0; i < kind->n_levels; i++) {
        char filter[300];
        const char *quote = strchr(kind->levels[i], '\'') ? "\"" : "'";
        snprintf(filter, sizeof filter, "kind == %s%.250s%s", quote, kind->levels[i], quote);
        if (!(a->made[a->n_arms] = mlab_copy_text(l->context, filter))) return no_memory(err);
        a->arms[a->n_arms] = (mlab_panel_arm){.name = kind->levels[i], .filter = a->made[a->n_arms], .met = ""};
        mlab_text_print(&l->guesses, "relationships of kind %s are the arm %s; to pin it: arms: {%s: {relationships: \"%s\"}}\n", kind->levels[i],
                        kind->levels[i], kind->levels[i], filter);
        a->n_arms++;
    }
    return MLAB_OK;
}

static mlab_status say_no_relationships(const mlab_loading *l, const mlab_setting *arms, mlab_error *err)
{
    mlab_place place = mlab_setting_place(arms);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "arms_without_relationships", &place, NULL, "data: {relationships: {file: pairs.csv}}",
                             err, "arms are named, and no file says who mentors whom");
}

static mlab_status make_arms(mlab_loading *l, asking *a, mlab_error *err)
{
    const mlab_setting *arms = mlab_settings_find(l->settings, NULL, "arms");
    if (!l->relationships) return arms && !mlab_settings_find(l->settings, NULL, "data.relationships") ? say_no_relationships(l, arms, err) : MLAB_OK;
    const mlab_column *kind = mlab_table_find(l->relationships, "kind");
    if (kind && kind->type != MLAB_COLUMN_FACTOR) kind = NULL;
    bool stated = arms && mlab_setting_kind_of(arms) == MLAB_SETTING_MAP;
    size_t most = (stated ? mlab_setting_size(arms) : 0) + (kind ? (size_t)kind->n_levels : 0) + 1;
    a->arms = mlab_allocate(l->context, most, sizeof *a->arms);
    a->made = mlab_allocate(l->context, most, sizeof *a->made);
    a->priority = mlab_allocate(l->context, most, sizeof *a->priority);
    if (!a->arms || !a->made || !a->priority) return no_memory(err);
    mlab_status status = stated ? stated_arms(l, arms, a, err) : MLAB_OK;
    return status || a->n_arms ? status : found_arms(l, kind, a, err);
}

/* `both: [a, b]`: the first listed wins; arms that are not listed come after those that are. */
static mlab_status order_arms(mlab_loading *l, asking *a, bool *separate, mlab_error *err)
{
    const mlab_setting *both = mlab_settings_find(l->settings, NULL, "arms.both");
    *separate = !both || (mlab_setting_kind_of(both) == MLAB_SETTING_TEXT && !strcmp(mlab_setting_text(both), "separate"));
    size_t n = 0;
    for (size_t i = 0; both && !*separate && i < mlab_setting_size(both); i++) {
        const mlab_setting *item = mlab_setting_item(both, i);
        size_t k = 0;
        while (k < a->n_arms && strcmp(a->arms[k].name, mlab_setting_text(item))) k++;
        if (k < a->n_arms && n < a->n_arms) {
            a->priority[n++] = (int32_t)k;
            continue;
        }
        mlab_place place = mlab_setting_place(item);
        mlab_status status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "unknown_arm", &place, mlab_setting_text(item), NULL, err,
                                               "'%s' is no arm; both is 'separate' or a list of arms", mlab_setting_text(item));
        if (status) return status;
    }
    for (size_t k = 0; k < a->n_arms; k++) {
        size_t i = 0;
        while (i < n && a->priority[i] != (int32_t)k) i++;
        if (i == n) a->priority[n++] = (int32_t)k;
    }
    return MLAB_OK;
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
    static const char *const made[] = {"arm", "tenure", "time_in_grade", "mentoring_others", "period", "since", "promoted", "exit"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (!strcmp(name, made[i])) return true;
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

static mlab_status list_people(mlab_loading *l, asking *a, mlab_error *err)
{
    const mlab_table *people = l->data->people;
    a->ids = mlab_allocate(l->context, l->ids.n, sizeof *a->ids);
    a->attributes = mlab_allocate(l->context, people->n_columns, sizeof *a->attributes);
    if (!a->ids || !a->attributes) return no_memory(err);
    for (uint32_t rank = 0; rank < l->ids.n; rank++) a->ids[rank] = mlab_ids_text(&l->ids, rank);
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < people->n_columns && !status; k++) {
        const char *name = people->columns[k].name;
        if (is_made_here(l, name))
            status = say_name_taken(l, name, err);
        else if (!is_state(l, name))
            a->attributes[a->n_attributes++] = name;
    }
    return status;
}

static mlab_place place_of_panel(const mlab_loading *l)
{
    const mlab_setting *panel = mlab_settings_find(l->settings, NULL, "panel");
    return panel ? mlab_setting_place(panel) : mlab_place_text(mlab_settings_file(l->settings), 0, 0);
}

static mlab_status build(mlab_loading *l, const asking *a, const mlab_panel_spec *spec, mlab_error *err)
{
    const mlab_panel_people people = {.table = l->data->people,
                                      .n = l->ids.n,
                                      .ids = a->ids,
                                      .row = l->ids.row_of_rank,
                                      .spells = l->spells,
                                      .n_spells = l->n_spells,
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
    mlab_panel_relationships relationships = {.table = l->relationships, .items = l->pairs, .row = l->pair_row, .n = l->n_pairs};
    relationships.known_from = mlab_loading_date(l, "data.relationships", "known_from");
    relationships.known_to = mlab_loading_date(l, "data.relationships", "known_to");
    mlab_error why = {0};
    mlab_status status =
        mlab_panel_build(l->context, &people, l->promotions, l->n_promotions, &surveys, &relationships, spec, l->findings, &l->data->panel, &why);
    if (status && err) *err = why;
    if (status == MLAB_ERR_DATA_FORMULA || status == MLAB_ERR_DATA_COLUMN || status == MLAB_ERR_DATA_TYPE || status == MLAB_ERR_DATA_EMPTY ||
        status == MLAB_ERR_OVERFLOW) {
        if (!why.place.file[0]) why.place = place_of_panel(l);
        return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "no_panel", &why.place, NULL, NULL, err, "%s", why.sentence);
    }
    if (status) return status;
    l->data->relationships = l->pairs; /* they belong to the data now */
    l->data->n_relationships = l->n_pairs;
    l->pairs = NULL;
    return MLAB_OK;
}

mlab_status mlab_load_panel(mlab_loading *l, mlab_error *err)
{
    asking a = {0};
    mlab_panel_spec spec = {.reference = "none"};
    const mlab_setting *reference = mlab_settings_find(l->settings, NULL, "comparison.reference");
    if (reference && *mlab_setting_text(reference)) spec.reference = mlab_setting_text(reference);
    size_t stops = mlab_findings_count(l->findings, MLAB_SEVERITY_STOP);
    if (l->data->promotions) spec.promotions_file = l->data->promotions->file;
    mlab_status status = make_arms(l, &a, err);
    /* A reference that is an arm of its own leaves "none" as the name of those without a relationship. */
    for (size_t k = 0; k < a.n_arms; k++)
        if (!strcmp(a.arms[k].name, spec.reference)) spec.reference = "none";
    if (!status) status = order_arms(l, &a, &spec.both_separate, err);
    if (!status) status = make_grid(l, &spec, err);
    if (!status) status = list_people(l, &a, err);
    spec.arms = a.arms;
    spec.n_arms = a.n_arms;
    spec.priority = a.priority;
    spec.exposure_current = !strcmp(mlab_loading_text(l, "panel", "exposure", "started"), "current");
    spec.split_exact = !strcmp(mlab_loading_text(l, "panel", "split", "grid"), "exact");
    if (!status && mlab_findings_count(l->findings, MLAB_SEVERITY_STOP) == stops) status = build(l, &a, &spec, err);
    for (size_t k = 0; a.made && k < a.n_arms; k++) mlab_release(l->context, a.made[k]);
    mlab_release(l->context, a.made);
    mlab_release(l->context, a.arms);
    mlab_release(l->context, a.priority);
    mlab_release(l->context, (void *)a.ids);
    mlab_release(l->context, (void *)a.attributes);
    return status;
}

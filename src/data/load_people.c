/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People: a person-level table, or ids with hire, exit and grade. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/expression.h"
#include "data/measures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the people");
}

static mlab_status say_no_people(const mlab_loading *l, mlab_error *err)
{
    const mlab_setting *data = mlab_settings_find(l->settings, NULL, "data");
    if (!data) return MLAB_OK; /* found already */
    mlab_place place = mlab_setting_place(data);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "missing_key", &place, NULL, NULL, err,
                             "missing key 'people' in data (the file with one row a person)");
}

/* --- a person-level study ---------------------------------------------------------------------------- */

/* The column that the study calls an arm, and what it says about its exposure. */
static mlab_status find_arm(mlab_loading *l, mlab_error *err)
{
    const mlab_setting *columns = mlab_settings_find(l->settings, NULL, "data.columns");
    const char *name = "", *exposure = "";
    bool map = columns && mlab_setting_kind_of(columns) == MLAB_SETTING_MAP;
    for (size_t i = 0; map && i < mlab_setting_size(columns); i++) {
        const mlab_setting *column = mlab_setting_item(columns, i), *type = mlab_settings_find(l->settings, column, "type");
        if (!type || strcmp(mlab_setting_text(type), "arm")) continue;
        if (*name) {
            mlab_place place = mlab_setting_key_place(columns, i);
            mlab_status status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "two_arms", &place, NULL, NULL, err,
                                                   "'%s' is a second column of type arm, allowed one", mlab_setting_key(columns, i));
            if (status) return status;
            continue;
        }
        const mlab_setting *said = mlab_settings_find(l->settings, column, "exposure");
        name = mlab_setting_key(columns, i);
        l->data->arm_place = mlab_setting_key_place(columns, i);
        exposure = said ? mlab_setting_text(said) : "";
    }
    l->data->arm_column = mlab_copy_text(l->context, name);
    l->data->arm_exposure = mlab_copy_text(l->context, exposure);
    return l->data->arm_column && l->data->arm_exposure ? MLAB_OK : no_memory(err);
}

static mlab_status say_no_arm(const mlab_loading *l, mlab_error *err)
{
    const mlab_table *people = l->data->people;
    const mlab_column *arm = people && *l->data->arm_column ? mlab_table_find(people, l->data->arm_column) : NULL;
    mlab_status status = MLAB_OK;
    for (size_t i = 0; arm && arm->missing && i < people->n_rows && !status; i++)
        if (arm->missing[i])
            status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "no_arm", people, i, arm->name, NULL, NULL, err,
                                      "people whose group is not known; they are left out of comparisons");
    return status;
}

/* Ids as they are compared: those of people, and columns that the study calls ids (a manager). */
static mlab_status rewrite_ids(mlab_loading *l, mlab_table *people, const mlab_specs *specs, mlab_error *err)
{
    mlab_status status = mlab_loading_id_rule(l, "data.people", &l->id_rule, err);
    for (size_t i = 0; people && i < specs->n && !status; i++)
        if (specs->items[i].type == MLAB_READ_ID) status = mlab_ids_rewrite(people, specs->items[i].name, &l->id_rule, l->findings, err);
    return status;
}

static mlab_status find_members(mlab_loading *l, uint8_t **member, mlab_error *err);

mlab_status mlab_load_person_level(mlab_loading *l, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_measure_specs measures = {0};
    mlab_column_spec *id;
    l->data->person_level = true;
    if (!mlab_settings_find(l->settings, NULL, "data.people")) return say_no_people(l, err);
    uint8_t *member = NULL;
    mlab_status status = find_arm(l, err);
    if (!status) status = mlab_loading_columns(l, "data", &specs, err);
    if (!status && mlab_loading_at(l, "data.people", "id")) {
        status = mlab_loading_column(l, "data.people", "id", "id", MLAB_READ_ID, false, &specs, &id, err);
    }
    if (!status) status = mlab_measures_stated(l, "data", NULL, &measures, err);
    if (!status) status = mlab_measures_columns(l, "data.people", &measures, &specs, err);
    if (!status) status = mlab_loading_file(l, "data.people", &specs, &reading, err);
    if (!status) status = rewrite_ids(l, reading.table, &specs, err);
    mlab_table *people = l->data->people = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    if (!status && people) status = find_members(l, &member, err);
    size_t n = people ? people->n_rows : 0;
    if (!status && member) mlab_table_keep_rows(people, member);
    if (!status && member) status = mlab_load_flow_of_rows(l, n, err);
    mlab_release(l->context, member);
    if (!status && people && mlab_loading_at(l, "data.people", "id") && mlab_table_find(people, "id"))
        status = mlab_ids_make(people, "id", NULL, l->id_rule.fold, l->findings, &l->ids, err);
    if (!status) status = mlab_people_measures_make(l, &measures, err);
    mlab_release(l->context, specs.items);
    mlab_release(l->context, measures.items);
    return status ? status : say_no_arm(l, err);
}

/* --- people of a panel --------------------------------------------------------------------------------- */

/* hired: none: volunteers, members; all are there from the panel's first day on. */
static bool nobody_is_hired(const mlab_loading *l)
{
    return !strcmp(mlab_loading_text(l, "data.people", "hired", ""), "none");
}

static bool drops_impossible(const mlab_loading *l)
{
    return !strcmp(mlab_loading_text(l, "data.people", "impossible", "stop"), "drop");
}

static mlab_status read_people(mlab_loading *l, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *id, *hired, *left, *reason, *grade, *birth;
    const mlab_setting *scale = mlab_loading_at(l, "data.people", "grade.scale");
    mlab_status status = mlab_loading_columns(l, "data", &specs, err);
    if (!status) status = mlab_loading_column(l, "data.people", "id", "id", MLAB_READ_ID, false, &specs, &id, err);
    bool job = mlab_has_job(l->settings);
    if (!status && !nobody_is_hired(l)) {
        status = mlab_loading_column(l, "data.people", "hired", "hired", MLAB_READ_DATE, job, &specs, &hired, err);
        if (!status) hired->filled = !job && !drops_impossible(l);
        if (!status) hired->filled_remedy = "people: {impossible: drop}      (or fill the cells)";
    }
    if (!status) status = mlab_loading_column(l, "data.people", "left", "left", MLAB_READ_DATE, true, &specs, &left, err);
    if (!status) left->open_end = true;
    if (!status) status = mlab_loading_column(l, "data.people", "exit_reason", "exit_reason", MLAB_READ_FACTOR, true, &specs, &reason, err);
    if (!status) status = mlab_loading_column(l, "data.people", "grade", "grade", MLAB_READ_FOUND, true, &specs, &grade, err);
    if (!status && job) grade->optional = true; /* it may stand in the job history */
    if (!status && scale) {
        grade->type = MLAB_READ_FACTOR;
        grade->levels = scale;
        grade->ordered = true;
    }
    if (!status) /* the columns before it may move in memory */
        status = mlab_loading_column(l, "data.people", "birth", "birth",
                                     mlab_loading_at(l, "data.people", "birth") ? MLAB_READ_DATE : MLAB_READ_FOUND, true, &specs, &birth, err);
    if (!status) status = mlab_loading_file(l, "data.people", &specs, &reading, err);
    if (!status) status = rewrite_ids(l, reading.table, &specs, err);
    l->data->people = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status;
}

/* People of a study without a people file: the ids of the job's rows. */
static mlab_status people_of_job(mlab_loading *l, mlab_error *err)
{
    const char *block = mlab_settings_find(l->settings, NULL, "data.history") ? "data.history" : "data.snapshots";
    const mlab_column *person = mlab_table_find(l->job, "person");
    mlab_id_text text = {0};
    mlab_dictionary ids;
    mlab_column *column = NULL;
    uint32_t code;
    if (!person) return MLAB_OK;
    mlab_dictionary_start(&ids, l->context);
    mlab_status status = mlab_loading_id_rule(l, block, &l->id_rule, err);
    for (size_t i = 0; i < l->job->n_rows && !status; i++) {
        if (mlab_is_missing_at(person, i)) continue;
        status = mlab_id_apply(l->context, &l->id_rule, mlab_column_text(person, i), &text, err);
        if (!status) status = mlab_dictionary_add(&ids, text.bytes, text.n, &code, err);
    }
    if (!status) status = mlab_table_make(l->context, ids.n, &l->data->people, err);
    if (!status) status = mlab_table_add(l->data->people, "id", MLAB_COLUMN_TEXT, NULL, 0, &column, err);
    for (uint32_t k = 0; k < ids.n && !status; k++) {
        const char *id = mlab_dictionary_text(&ids, k);
        status = mlab_column_set_text(l->data->people, column, k, id, strlen(id), err);
    }
    char *file = status ? NULL : mlab_copy_text(l->context, l->job->file);
    if (file) {
        mlab_release(l->context, l->data->people->file);
        l->data->people->file = file;
    }
    mlab_release(l->context, text.bytes);
    mlab_dictionary_free(&ids);
    return status || file ? status : no_memory(err);
}

const mlab_setting *mlab_loading_population(const mlab_loading *l)
{
    const mlab_setting *population = mlab_loading_at(l, "data.people", "population");
    if (!population) population = mlab_settings_find(l->settings, NULL, "data.population");
    return population && *mlab_setting_text(population) ? population : NULL;
}

/* member[i] = 1 for people of the population; NULL when the study states none. A condition on what changes in time is for the stays. */
static mlab_status find_members(mlab_loading *l, uint8_t **member, mlab_error *err)
{
    const mlab_setting *population = mlab_loading_population(l);
    const mlab_table *people = l->data->people;
    mlab_expression *condition = NULL;
    *member = NULL;
    if (!population) return MLAB_OK;
    mlab_place place = mlab_setting_place(population);
    mlab_error why = {0};
    mlab_status status =
        mlab_expression_compile(l->context, mlab_setting_text(population), &place, people, MLAB_EXPRESSION_CONDITION, &condition, &why);
    if (status == MLAB_ERR_MEMORY) {
        if (err) *err = why;
        return status;
    }
    if (status == MLAB_ERR_DATA_COLUMN && mlab_has_job(l->settings)) {
        l->population_in_time = true;
        return MLAB_OK;
    }
    if (status)
        return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "bad_condition", why.place.line ? &why.place : &place, NULL, NULL, err, "%s",
                                 why.sentence);
    size_t outside = 0;
    if (!(*member = mlab_allocate(l->context, people->n_rows, 1))) status = no_memory(err);
    for (size_t i = 0; !status && i < people->n_rows; i++) {
        (*member)[i] = mlab_expression_test(condition, i) == MLAB_ANSWER_YES;
        outside += !(*member)[i];
    }
    mlab_expression_free(condition);
    if (!status && outside)
        status = mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "outside_population", &place, NULL, NULL, err,
                                   "%zu of %zu people do not belong to the study's population and are left out", outside, people->n_rows);
    return status;
}

/* One row a person of the population; ranks keep pointing at their rows. */
static mlab_status keep_members(mlab_loading *l, const uint8_t *member, mlab_error *err)
{
    uint32_t *new_row = mlab_allocate(l->context, l->data->people->n_rows, sizeof *new_row), n = 0;
    if (!new_row) return no_memory(err);
    for (size_t i = 0; i < l->data->people->n_rows; i++) {
        new_row[i] = n;
        n += member[i];
    }
    for (uint32_t rank = 0; rank < l->ids.n; rank++) l->ids.row_of_rank[rank] = new_row[l->ids.row_of_rank[rank]];
    mlab_table_keep_rows(l->data->people, member);
    mlab_release(l->context, new_row);
    return MLAB_OK;
}

static int32_t date_at(const mlab_column *column, size_t row)
{
    return column && column->type == MLAB_COLUMN_DATE && !mlab_is_missing_at(column, row) ? column->as.integer[row] : MLAB_DATE_MISSING;
}

/* Hired before 1940, or as a child, or after ninety. */
static mlab_status check_sense(const mlab_loading *l, mlab_error *err)
{
    const mlab_column *birth = mlab_table_find(l->data->people, "birth");
    bool keep = mlab_loading_at(l, "data.people", "odd_dates") != NULL;
    mlab_status status = MLAB_OK;
    for (uint32_t rank = 0; rank < l->ids.n && !status; rank++) {
        uint32_t row = l->ids.row_of_rank[rank];
        int32_t hired = l->hired[rank], born = date_at(birth, row);
        double age = born == MLAB_DATE_MISSING ? 40 : (hired - (double)born) / 365.25;
        bool early = hired != MLAB_DATE_MISSING && hired < mlab_date_from_civil(1940, 1, 1);
        if (hired == MLAB_DATE_MISSING || (!early && age >= 14 && age <= 90)) continue;
        char day[16];
        mlab_date_print(hired, day, sizeof day);
        status = mlab_loading_say(l, keep ? MLAB_SEVERITY_NOTE : MLAB_SEVERITY_DECIDE, early ? "hired_early" : "age_at_hire", l->data->people, row,
                                  "hired", day, keep ? NULL : "people: {odd_dates: keep}      (or correct the cells)", err,
                                  early ? "people who were hired before 1940" : "people who were under 14 or over 90 when they were hired");
    }
    return status;
}

/* impossible: drop. Who has no day of hire, or left before it, is taken out of the members. */
static mlab_status drop_impossible(mlab_loading *l, uint8_t **member, mlab_error *err)
{
    const mlab_table *people = l->data->people;
    const mlab_column *hired = mlab_table_find(people, "hired"), *left = mlab_table_find(people, "left");
    bool job = mlab_has_job(l->settings);
    mlab_status status = MLAB_OK;
    if (!drops_impossible(l) || nobody_is_hired(l)) return MLAB_OK;
    if (!*member && (*member = mlab_allocate(l->context, people->n_rows, 1))) memset(*member, 1, people->n_rows);
    if (!*member) return no_memory(err);
    for (size_t i = 0; i < people->n_rows && !status; i++) {
        int32_t from = date_at(hired, i), to = date_at(left, i);
        bool none = from == MLAB_DATE_MISSING && !job, before = from != MLAB_DATE_MISSING && to != MLAB_DATE_MISSING && to < from;
        char day[16] = "";
        if (!(*member)[i] || (!none && !before)) continue;
        (*member)[i] = 0;
        l->n_impossible++;
        if (before) mlab_date_print(to, day, sizeof day);
        status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, before ? "left_before_hired" : "no_day_of_hire", people, i, before ? "left" : "hired", day,
                                  NULL, err,
                                  before ? "people who left before they were hired; left out, as the study says"
                                         : "people without a day of hire; left out, as the study says");
    }
    return status;
}

static mlab_status say_no_first_day(const mlab_loading *l, mlab_error *err)
{
    mlab_place place = mlab_setting_place(mlab_loading_at(l, "data.people", "hired"));
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "no_first_day", &place, NULL, "panel: {from: 2021-01-01}", err,
                             "nobody is hired, so that the panel has to say on which day it begins");
}

static mlab_status take_dates(mlab_loading *l, mlab_error *err)
{
    int32_t first = nobody_is_hired(l) ? mlab_loading_date(l, "panel", "from") : MLAB_DATE_MISSING;
    const mlab_table *people = l->data->people;
    const mlab_column *hired = mlab_table_find(people, "hired"), *left = mlab_table_find(people, "left");
    l->hired = mlab_allocate(l->context, l->ids.n, sizeof *l->hired);
    l->left = mlab_allocate(l->context, l->ids.n, sizeof *l->left);
    l->spells = mlab_allocate(l->context, l->ids.n, sizeof *l->spells);
    if (!l->hired || !l->left || !l->spells) return no_memory(err);
    mlab_status status = nobody_is_hired(l) && first == MLAB_DATE_MISSING ? say_no_first_day(l, err) : MLAB_OK;
    for (uint32_t rank = 0; rank < l->ids.n && !status; rank++) {
        uint32_t row = l->ids.row_of_rank[rank];
        l->hired[rank] = first == MLAB_DATE_MISSING ? date_at(hired, row) : first;
        l->left[rank] = date_at(left, row);
        l->spells[l->n_spells++] = (mlab_panel_spell){.person = rank,
                                                      .from = l->hired[rank],
                                                      .to = l->left[rank],
                                                      .cause = MLAB_CAUSE_STAYS,
                                                      .since = l->hired[rank],
                                                      .grade = -1,
                                                      .grade_since = l->hired[rank] == MLAB_DATE_MISSING ? 0 : l->hired[rank] - 1};
        mlab_loading_seen(l, l->left[rank]);
        if (l->hired[rank] != MLAB_DATE_MISSING && (l->last_seen == MLAB_DATE_MISSING || l->hired[rank] > l->last_seen))
            l->last_seen = l->hired[rank];
        if (l->left[rank] == MLAB_DATE_MISSING || l->hired[rank] == MLAB_DATE_MISSING || l->left[rank] >= l->hired[rank]) continue;
        char day[16];
        mlab_date_print(l->left[rank], day, sizeof day);
        status = mlab_loading_say(l, MLAB_SEVERITY_STOP, "left_before_hired", people, row, "left", day,
                                  "people: {impossible: drop}      (or correct the cells)", err, "people who left before they were hired");
    }
    return status;
}

mlab_status mlab_load_people(mlab_loading *l, mlab_error *err)
{
    uint8_t *member = NULL;
    bool stated = mlab_settings_find(l->settings, NULL, "data.people") != NULL;
    if (!stated && !mlab_has_job(l->settings)) return say_no_people(l, err);
    mlab_status status = stated ? read_people(l, err) : l->job ? people_of_job(l, err) : MLAB_OK;
    if (status || !l->data->people || !mlab_table_find(l->data->people, "id")) return status;
    status = find_members(l, &member, err);
    if (!status) status = drop_impossible(l, &member, err);
    if (!status) status = mlab_ids_make(l->data->people, "id", member, l->id_rule.fold, l->findings, &l->ids, err);
    l->ids.heading = mlab_loading_id_heading(l, "data.people");
    if (!status && member) status = keep_members(l, member, err);
    mlab_release(l->context, member);
    if (!status) status = take_dates(l, err);
    return status ? status : check_sense(l, err);
}

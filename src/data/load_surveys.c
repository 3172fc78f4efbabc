/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers to surveys: a file a wave or one file with a day of its own for every answer, linked to people, made into scores. Rows that
 * nobody finished are left out, unless the study keeps them. The waves: survey_waves.c; answers without a person: survey_groups.c. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/surveys.h"
#include "data/table_join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK "data.surveys"

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the surveys");
}

/* --- what is asked of a file ------------------------------------------------------------------------- */

/* satisfaction, measures, and every outcome that says which question it is read from. */
static mlab_status list_measures(mlab_loading *l, mlab_measure_specs *measures, mlab_error *err)
{
    const mlab_setting *outcomes = mlab_settings_find(l->settings, NULL, "outcomes"), *scale = mlab_loading_at(l, BLOCK, "scale");
    size_t n = outcomes && mlab_setting_kind_of(outcomes) == MLAB_SETTING_MAP ? mlab_setting_size(outcomes) : 0;
    mlab_status status = mlab_measures_add(l, measures, "satisfaction", "satisfaction", mlab_loading_at(l, BLOCK, "satisfaction"), scale, err);
    if (!status) status = mlab_measures_stated(l, BLOCK, scale, measures, err);
    for (size_t i = 0; i < n && !status; i++) {
        const mlab_setting *outcome = mlab_setting_item(outcomes, i), *from = mlab_settings_find(l->settings, outcome, "from");
        const mlab_setting *kind = mlab_settings_find(l->settings, outcome, "kind");
        const char *said = kind ? mlab_setting_text(kind) : "ordinal";
        if (!from || !strcmp(mlab_setting_key(outcomes, i), "satisfaction") || !strcmp(said, "event")) continue;
        status =
            mlab_measures_add(l, measures, mlab_setting_key(outcomes, i), mlab_setting_text(from), from, strcmp(said, "ordinal") ? NULL : scale, err);
        if (!status) measures->items[measures->n - 1].kind = said;
    }
    return status;
}

static const char *finished_column(const mlab_loading *l)
{
    return mlab_loading_text(l, BLOCK, "finished.column", NULL);
}

/* Questions that make arms: labels as they stand. */
static mlab_status ask_arms(mlab_loading *l, mlab_specs *specs, mlab_error *err)
{
    const mlab_setting *arms = mlab_settings_find(l->settings, NULL, "arms");
    mlab_status status = MLAB_OK;
    size_t n = arms && mlab_setting_kind_of(arms) == MLAB_SETTING_MAP ? mlab_setting_size(arms) : 0;
    for (size_t i = 0; i < n && !status; i++) {
        const mlab_setting *arm = mlab_setting_item(arms, i);
        const mlab_setting *question = mlab_settings_find(l->settings, arm, "survey"), *since = mlab_settings_find(l->settings, arm, "since");
        const mlab_setting *from = since && mlab_setting_kind_of(since) == MLAB_SETTING_MAP ? mlab_settings_find(l->settings, since, "from") : since;
        mlab_column_spec *spec;
        if (question) {
            const char *name = mlab_setting_text(question);
            status = mlab_loading_column(l, BLOCK, name, name, MLAB_READ_FACTOR, false, specs, &spec, err);
            if (!status) spec->place = mlab_setting_place(question);
            if (!status) spec->folded = true;
        }
        if (status || !from || !*mlab_setting_text(from)) continue;
        const char *name = mlab_setting_text(from);
        bool brackets = since != from && mlab_settings_find(l->settings, since, "brackets");
        status = mlab_loading_column(l, BLOCK, name, name, brackets ? MLAB_READ_FACTOR : MLAB_READ_FOUND, false, specs, &spec, err);
        if (!status) spec->place = mlab_setting_place(from);
        if (!status) spec->folded = brackets;
    }
    return status;
}

static mlab_status ask_columns(mlab_loading *l, const mlab_surveying *s, mlab_specs *specs, mlab_error *err)
{
    mlab_column_spec *spec;
    const char *id = mlab_loading_id_heading(l, BLOCK), *finished = finished_column(l);
    mlab_status status = mlab_loading_columns(l, BLOCK, specs, err);
    if (!status && !s->anonymous) status = mlab_loading_column(l, BLOCK, "person", id, MLAB_READ_ID, false, specs, &spec, err);
    if (!status && s->group) status = mlab_loading_column(l, BLOCK, s->group, s->group, MLAB_READ_FACTOR, false, specs, &spec, err);
    if (!status && !s->waves) {
        status = mlab_loading_column(l, BLOCK, "date", "date", MLAB_READ_DATE, false, specs, &spec, err);
        if (!status) spec->filled = true;
    }
    if (!status && finished) status = mlab_loading_column(l, BLOCK, finished, finished, MLAB_READ_FACTOR, false, specs, &spec, err);
    if (!status && finished) spec->folded = true;
    if (!status) status = mlab_measures_columns(l, BLOCK, &s->measures, specs, err);
    return status ? status : ask_arms(l, specs, err);
}

/* --- one file ---------------------------------------------------------------------------------------- */

static bool is_finished(const mlab_setting *is, const char *text)
{
    if (!is) return mlab_equal_fold(text, "true") || mlab_equal_fold(text, "yes") || !strcmp(text, "1");
    for (size_t i = 0; i < mlab_setting_size(is); i++)
        if (mlab_equal_fold(mlab_setting_text(mlab_setting_item(is, i)), text)) return true;
    return false;
}

static mlab_status drop_unfinished(const mlab_loading *l, mlab_table *table, uint64_t *unfinished, mlab_error *err)
{
    const char *name = finished_column(l);
    const mlab_column *column = name ? mlab_table_find(table, name) : NULL;
    bool keep = !strcmp(mlab_loading_text(l, BLOCK, "unfinished", "drop"), "keep");
    mlab_status status = MLAB_OK;
    if (!column || column->type != MLAB_COLUMN_FACTOR) return MLAB_OK;
    uint8_t *use = mlab_allocate(l->context, table->n_rows, 1);
    if (!use) return no_memory(err);
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        const char *text = mlab_column_text(column, i);
        use[i] = is_finished(mlab_loading_at(l, BLOCK, "finished.is"), text);
        if (use[i]) continue;
        ++*unfinished;
        use[i] = keep;
        status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "unfinished", table, i, name, text, keep ? NULL : "surveys: {unfinished: keep}", err,
                                  keep ? "answers that nobody finished; kept, as the study says" : "answers that nobody finished; left out");
    }
    if (!status && *unfinished == table->n_rows && table->n_rows)
        status = mlab_loading_say(l, MLAB_SEVERITY_DECIDE, "none_finished", table, 0, name, mlab_column_text(column, 0),
                                  "surveys: {finished: {is: ...}}", err, "no answer counts as finished");
    if (!status) mlab_table_keep_rows(table, use);
    mlab_release(l->context, use);
    return status;
}

static mlab_status add_day(mlab_table *table, int32_t day, mlab_error *err)
{
    mlab_column *column;
    mlab_table_drop(table, "date"); /* the wave's day is stated */
    mlab_status status = mlab_table_add(table, "date", MLAB_COLUMN_DATE, NULL, 0, &column, err);
    for (size_t i = 0; i < table->n_rows && !status; i++) column->as.integer[i] = day;
    return status;
}

static mlab_status link_people(mlab_loading *l, mlab_survey_part *part, mlab_error *err)
{
    if (!l->ids.context || !mlab_table_find(part->table, "person")) return MLAB_OK;
    part->rank = mlab_allocate(l->context, part->table->n_rows, sizeof *part->rank);
    return part->rank ? mlab_loading_link(l, BLOCK, part->table, "person", "people with answers", part->rank, err) : no_memory(err);
}

/* One file of a wave; day MLAB_DATE_MISSING = its rows have their own. */
static mlab_status read_part(mlab_loading *l, mlab_surveying *s, const mlab_setting *file, int32_t day, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_status status = mlab_grow(l->context, &s->parts, s->n_parts, &s->parts_capacity, sizeof *s->parts, err);
    if (!status) status = ask_columns(l, s, &specs, err);
    if (!status) status = mlab_loading_file_of(l, BLOCK, file, &specs, &reading, err);
    if (!status && reading.table) {
        mlab_survey_part *part = &s->parts[s->n_parts++];
        *part = (mlab_survey_part){.table = reading.table, .day = day};
        reading.table = NULL;
        status = drop_unfinished(l, part->table, &part->unfinished, err);
        if (!status && day != MLAB_DATE_MISSING) status = add_day(part->table, day, err);
        if (!status && !s->anonymous) status = link_people(l, part, err);
    }
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status;
}

/* --- all files --------------------------------------------------------------------------------------- */

static mlab_status read_waves(mlab_loading *l, mlab_surveying *s, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < mlab_setting_size(s->waves) && !status; i++) {
        const char *key = mlab_setting_key(s->waves, i);
        const mlab_setting *files = mlab_setting_item(s->waves, i);
        mlab_date day;
        if (!mlab_date_parse_iso(key, strlen(key), &day)) {
            mlab_place place = mlab_setting_key_place(s->waves, i);
            status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "bad_wave", &place, key, "surveys: {files: {2022-05-01: wave1.csv}}", err,
                                       "'%.60s' is not the day of a wave, written as 2022-05-01", key);
            continue;
        }
        bool whole = mlab_setting_kind_of(files) == MLAB_SETTING_MAP; /* {file, sheet} */
        if (whole) status = read_part(l, s, files, day, err);
        for (size_t k = 0; !whole && k < mlab_setting_size(files) && !status; k++) status = read_part(l, s, mlab_setting_item(files, k), day, err);
    }
    return status;
}

static mlab_status join_parts(mlab_loading *l, mlab_surveying *s, mlab_error *err)
{
    if (s->n_parts == 1) {
        l->data->surveys = s->parts[0].table;
        s->parts[0].table = NULL;
        s->rank = s->parts[0].rank;
        s->parts[0].rank = NULL;
        return MLAB_OK;
    }
    size_t n = 0;
    const mlab_table **tables = mlab_allocate(l->context, s->n_parts, sizeof *tables);
    if (!tables) return no_memory(err);
    bool linked = true;
    for (size_t p = 0; p < s->n_parts; p++) {
        tables[p] = s->parts[p].table;
        linked &= s->parts[p].rank != NULL;
        n += tables[p]->n_rows;
    }
    mlab_status status = mlab_tables_join(l->context, tables, s->n_parts, "surveys", l->findings, &l->data->surveys, err);
    mlab_release(l->context, tables);
    if (status || !linked) return status;
    if (!(s->rank = mlab_allocate(l->context, n, sizeof *s->rank))) return no_memory(err);
    for (size_t p = 0, at = 0; p < s->n_parts; p++)
        for (size_t i = 0; i < s->parts[p].table->n_rows; i++) s->rank[at++] = s->parts[p].rank[i];
    return MLAB_OK;
}

mlab_status mlab_survey_say(const mlab_loading *l, const mlab_surveying *s, mlab_severity severity, const char *kind, size_t row, const char *column,
                            const char *value, const char *remedy, mlab_error *err, const char *sentence)
{
    size_t at = row, p = 0;
    while (p + 1 < s->n_parts && at >= s->parts[p].n_rows) at -= s->parts[p++].n_rows;
    const char *file = s->n_parts > 1 && s->parts[p].table ? s->parts[p].table->file : l->data->surveys->file;
    mlab_place place = mlab_place_cell(file, l->data->surveys->lines ? l->data->surveys->lines[row] : 0, 0, column);
    return mlab_findings_add(l->findings, severity, kind, &place, value, remedy, err, "%s", sentence);
}

static mlab_status make_scores(mlab_loading *l, mlab_surveying *s, mlab_error *err)
{
    mlab_survey *survey = l->data->survey;
    mlab_status status = MLAB_OK;
    l->measures = mlab_allocate(l->context, s->measures.n, sizeof *l->measures);
    survey->measures = mlab_allocate(l->context, s->measures.n, sizeof *survey->measures);
    s->made = mlab_allocate(l->context, s->measures.n, sizeof *s->made);
    if (!l->measures || !survey->measures || !s->made) return no_memory(err);
    for (size_t k = 0; k < s->measures.n && !status; k++) {
        bool usable;
        status = mlab_measure_make(l, l->data->surveys, &s->measures.items[k], &survey->measures[survey->n_measures], &usable, err);
        if (!usable || !survey->measures[survey->n_measures].name) continue;
        s->made[survey->n_measures++] = k;
        l->measures[l->n_measures++] = s->measures.items[k].name;
    }
    return status;
}

static void surveying_free(const mlab_context *context, mlab_surveying *s)
{
    for (size_t p = 0; p < s->n_parts; p++) {
        mlab_table_free(s->parts[p].table);
        mlab_release(context, s->parts[p].rank);
    }
    mlab_release(context, s->parts);
    mlab_release(context, s->measures.items);
    mlab_release(context, s->rank);
    mlab_release(context, s->made);
}

static mlab_status say_no_file(const mlab_loading *l, mlab_error *err)
{
    mlab_place place = mlab_setting_place(mlab_settings_find(l->settings, NULL, BLOCK));
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "no_survey_file", &place, NULL, "surveys: {file: survey.csv}", err,
                             "the surveys name no file; one is wanted, or a file a wave (files)");
}

mlab_status mlab_load_surveys(mlab_loading *l, mlab_error *err)
{
    if (!mlab_settings_find(l->settings, NULL, BLOCK)) return MLAB_OK;
    const mlab_setting *file = mlab_loading_at(l, BLOCK, "file"), *files = mlab_loading_at(l, BLOCK, "files");
    mlab_surveying s = {.waves = files && mlab_setting_kind_of(files) == MLAB_SETTING_MAP ? files : NULL};
    s.group = mlab_loading_text(l, BLOCK, "group", NULL);
    s.anonymous = (s.group && !mlab_loading_at(l, BLOCK, "person")) || mlab_loading_yes(l, BLOCK, "anonymous");
    mlab_status status = list_measures(l, &s.measures, err);
    if (!status && !file && !mlab_loading_at(l, BLOCK, "sql") && (!s.waves || !mlab_setting_size(s.waves))) {
        surveying_free(l->context, &s);
        return status ? status : say_no_file(l, err);
    }
    if (!status) status = s.waves ? read_waves(l, &s, err) : read_part(l, &s, file, MLAB_DATE_MISSING, err);
    for (size_t p = 0; p < s.n_parts; p++) s.parts[p].n_rows = s.parts[p].table->n_rows;
    if (!status && s.n_parts && !(l->data->survey = mlab_allocate(l->context, 1, sizeof *l->data->survey))) status = no_memory(err);
    if (!status && s.n_parts) status = join_parts(l, &s, err);
    if (!status && s.n_parts) status = make_scores(l, &s, err);
    if (!status && s.n_parts) status = s.anonymous ? mlab_survey_take_groups(l, &s, err) : mlab_survey_take_answers(l, &s, err);
    surveying_free(l->context, &s);
    return status;
}

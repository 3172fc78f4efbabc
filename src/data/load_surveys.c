/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers to surveys, and the measures that are read from them. */
#include "core/error.h"
#include "core/memory.h"
#include "data/loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the surveys");
}

static mlab_status add_measure(mlab_loading *l, mlab_specs *specs, const char *name, const char *from, const mlab_setting *scale, bool optional,
                               const mlab_setting *at, const char *kind, mlab_error *err)
{
    mlab_column_spec *spec;
    mlab_status status = mlab_loading_column(l, "data.surveys", name, from, MLAB_READ_FOUND, true, specs, &spec, err);
    if (status) return status;
    spec->from = from;
    spec->optional = optional;
    if (at) spec->place = mlab_setting_place(at);
    if (scale) {
        spec->type = MLAB_READ_FACTOR;
        spec->levels = scale;
        spec->ordered = true;
    } else if (kind && (!strcmp(kind, "number") || !strcmp(kind, "count")))
        spec->type = MLAB_READ_NUMBER;
    l->measures[l->n_measures++] = spec->name;
    return MLAB_OK;
}

/* satisfaction, and every outcome that says which question it is read from. */
static mlab_status add_measures(mlab_loading *l, mlab_specs *specs, mlab_error *err)
{
    const mlab_setting *outcomes = mlab_settings_find(l->settings, NULL, "outcomes"), *all = mlab_loading_at(l, "data.surveys", "scale");
    const mlab_setting *stated = mlab_loading_at(l, "data.surveys", "satisfaction"), *own = mlab_loading_at(l, "data.surveys", "satisfaction.scale");
    size_t n = outcomes && mlab_setting_kind_of(outcomes) == MLAB_SETTING_MAP ? mlab_setting_size(outcomes) : 0;
    if (!(l->measures = mlab_allocate(l->context, n + 1, sizeof *l->measures))) return no_memory(err);
    mlab_status status = add_measure(l, specs, "satisfaction", mlab_loading_text(l, "data.surveys", "satisfaction", "satisfaction"), own ? own : all,
                                     !stated, stated, NULL, err);
    for (size_t i = 0; i < n && !status; i++) {
        const mlab_setting *outcome = mlab_setting_item(outcomes, i), *from = mlab_settings_find(l->settings, outcome, "from");
        const mlab_setting *kind = mlab_settings_find(l->settings, outcome, "kind");
        const char *said = kind ? mlab_setting_text(kind) : "ordinal";
        if (!from || !strcmp(mlab_setting_key(outcomes, i), "satisfaction") || !strcmp(said, "event")) continue;
        bool labels = !strcmp(said, "ordinal");
        status = add_measure(l, specs, mlab_setting_key(outcomes, i), mlab_setting_text(from), labels ? all : NULL, false, from, said, err);
    }
    return status;
}

/* Whole numbers of a scale become an ordered factor 1, 2, ...: the answers are levels, not amounts. */
static mlab_status make_ordered(mlab_loading *l, const char *name, mlab_error *err)
{
    mlab_table *table = l->data->surveys;
    const mlab_column *column = mlab_table_find(table, name);
    if (!column || column->type != MLAB_COLUMN_INTEGER) return MLAB_OK;
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (size_t i = 0; i < table->n_rows; i++) {
        if (mlab_is_missing_at(column, i)) continue;
        if (column->as.integer[i] < low) low = column->as.integer[i];
        if (column->as.integer[i] > high) high = column->as.integer[i];
    }
    if (low > high || (int64_t)high - low > 20) return MLAB_OK; /* an amount, not a scale */
    char text[21][16];
    const char *levels[21];
    int32_t n = high - low + 1;
    for (int32_t i = 0; i < n; i++) {
        snprintf(text[i], sizeof text[i], "%d", (int)(low + i));
        levels[i] = text[i];
    }
    mlab_column *made = NULL;
    mlab_status status = mlab_table_add(table, "\n", MLAB_COLUMN_FACTOR, levels, n, &made, err); /* no heading can be a line end */
    if (status) return status;
    column = mlab_table_find(table, name);
    for (size_t i = 0; i < table->n_rows; i++) {
        made->as.integer[i] = mlab_is_missing_at(column, i) ? 0 : column->as.integer[i] - low;
        if (mlab_is_missing_at(column, i) && (status = mlab_column_set_missing(table, made, i, err))) return status;
    }
    char *renamed = mlab_copy_text(l->context, name);
    if (!renamed) return no_memory(err);
    made->ordered = true;
    mlab_release(l->context, made->name);
    made->name = renamed;
    mlab_table_drop(table, name); /* the first of that name: the numbers */
    mlab_text_print(&l->guesses, "%s: %s is a scale from %d to %d; to pin it: surveys: {scale: [%d, ..., %d]}\n", table->file, name, (int)low,
                    (int)high, (int)low, (int)high);
    return MLAB_OK;
}

static mlab_status read_surveys(mlab_loading *l, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *person, *date;
    mlab_status status = mlab_loading_columns(l, "data.surveys", &specs, err);
    if (!status)
        status =
            mlab_loading_column(l, "data.surveys", "person", mlab_loading_id_heading(l, "data.surveys"), MLAB_READ_ID, false, &specs, &person, err);
    if (!status) status = mlab_loading_column(l, "data.surveys", "date", "date", MLAB_READ_DATE, false, &specs, &date, err);
    if (!status) date->filled = true;
    if (!status) status = add_measures(l, &specs, err);
    if (!status) status = mlab_loading_file(l, "data.surveys", &specs, &reading, err);
    l->data->surveys = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status;
}

/* Measures that are there, as levels or numbers. */
static mlab_status settle_measures(mlab_loading *l, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n = 0;
    for (size_t k = 0; k < l->n_measures && !status; k++) {
        status = make_ordered(l, l->measures[k], err);
        const mlab_column *column = mlab_table_find(l->data->surveys, l->measures[k]);
        if (!column) continue;
        bool usable =
            column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER || (column->type == MLAB_COLUMN_FACTOR && column->ordered);
        if (usable) {
            l->measures[n++] = l->measures[k];
            continue;
        }
        mlab_place place = mlab_place_cell(l->data->surveys->file, 0, 0, l->measures[k]);
        if (!status)
            status = mlab_findings_add(l->findings, MLAB_SEVERITY_DECIDE, "scale_unordered", &place, NULL, "surveys: {scale: [lowest, ..., highest]}",
                                       err, "answers are labels without an order; write the scale from low to high");
    }
    l->n_measures = n;
    return status;
}

typedef struct answer {
    uint32_t person, row;
    int32_t date;
} answer;

static int by_answer(const void *a, const void *b)
{
    const answer *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->date != y->date) return x->date < y->date ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static mlab_status take_answers(mlab_loading *l, const uint32_t *rank, mlab_error *err)
{
    const mlab_table *table = l->data->surveys;
    const mlab_column *date = mlab_table_find(table, "date");
    if (!date || date->type != MLAB_COLUMN_DATE) return MLAB_OK;
    answer *answers = mlab_allocate(l->context, table->n_rows, sizeof *answers);
    l->answer_person = mlab_allocate(l->context, table->n_rows, sizeof *l->answer_person);
    l->answer_row = mlab_allocate(l->context, table->n_rows, sizeof *l->answer_row);
    l->answer_date = mlab_allocate(l->context, table->n_rows, sizeof *l->answer_date);
    mlab_status status = answers && l->answer_person && l->answer_row && l->answer_date ? MLAB_OK : no_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        if (rank[i] >= l->ids.n || mlab_is_missing_at(date, i)) continue;
        answers[n++] = (answer){rank[i], (uint32_t)i, date->as.integer[i]};
        mlab_loading_seen(l, date->as.integer[i]);
    }
    if (!status) qsort(answers, n, sizeof *answers, by_answer);
    for (size_t i = 0; i < n && !status; i++) {
        l->answer_person[i] = answers[i].person;
        l->answer_row[i] = answers[i].row;
        l->answer_date[i] = answers[i].date;
        if (i == 0 || answers[i - 1].person != answers[i].person || answers[i - 1].date != answers[i].date) continue;
        status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "answered_twice", table, answers[i].row, "person", mlab_ids_text(&l->ids, answers[i].person),
                                  NULL, err, "people with two answers on one day; the later row counts");
    }
    l->n_answers = status ? 0 : n;
    mlab_release(l->context, answers);
    return status;
}

mlab_status mlab_load_surveys(mlab_loading *l, mlab_error *err)
{
    if (!mlab_settings_find(l->settings, NULL, "data.surveys")) return MLAB_OK;
    mlab_status status = read_surveys(l, err);
    if (status || !l->data->surveys) return status;
    status = settle_measures(l, err);
    if (status || !l->ids.context || !mlab_table_find(l->data->surveys, "person")) return status;
    uint32_t *rank = mlab_allocate(l->context, l->data->surveys->n_rows, sizeof *rank);
    status = rank ? mlab_loading_link(l, "data.surveys", l->data->surveys, "person", "people with answers", rank, err) : no_memory(err);
    if (!status) status = take_answers(l, rank, err);
    mlab_release(l->context, rank);
    return status;
}

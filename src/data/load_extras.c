/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that a study may have beside the others: ratings (a score of a person on a day), training and goals. Ratings become answers of
 * their own, the mean of a day; training, goals and meetings add up until a period begins. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/expression.h"
#include "data/loading.h"
#include "data/table_join.h"

#include "data/surveys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEETINGS_WINDOW 91 /* days over which meetings a month are counted */

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the further tables");
}

/* One table while it is read: the rows of people who are linked. */
typedef struct extra {
    mlab_loading *l;
    const char *block;
    mlab_table *table;
    uint32_t *rank;
} extra;

typedef struct extra_column {
    const char *key;
    mlab_reading_type type;
    bool optional, filled;
} extra_column;

static mlab_status read_extra(extra *x, const extra_column *columns, size_t n, const char *who, mlab_error *err)
{
    mlab_loading *l = x->l;
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *spec;
    mlab_status status = mlab_loading_columns(l, x->block, &specs, err);
    if (!status) status = mlab_loading_column(l, x->block, "person", mlab_loading_id_heading(l, x->block), MLAB_READ_ID, false, &specs, &spec, err);
    for (size_t k = 0; k < n && !status; k++) {
        status = mlab_loading_column(l, x->block, columns[k].key, columns[k].key, columns[k].type, columns[k].optional, &specs, &spec, err);
        if (status) break;
        if (columns[k].filled) spec->filled = true;
        if (columns[k].type == MLAB_READ_ID) spec->filled = false;
    }
    if (!status) status = mlab_loading_file(l, x->block, &specs, &reading, err);
    x->table = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    if (status || !x->table || !l->ids.context || !mlab_table_find(x->table, "person")) return status;
    x->rank = mlab_allocate(l->context, x->table->n_rows, sizeof *x->rank);
    return x->rank ? mlab_loading_link(l, x->block, x->table, "person", who, x->rank, err) : no_memory(err);
}

static void extra_free(extra *x)
{
    mlab_table_free(x->table);
    mlab_release(x->l->context, x->rank);
}

static const mlab_column *typed(const mlab_table *table, const char *name, mlab_column_type type)
{
    const mlab_column *column = mlab_table_find(table, name);
    return column && column->type == type ? column : NULL;
}

/* A table whose columns nothing in the study names is said to be unused. */
static mlab_status say_unused(const mlab_loading *l, const char *block, const char *file, const char *const *names, size_t n, mlab_error *err)
{
    bool used = false;
    for (size_t k = 0; k < n; k++) used |= mlab_dictionary_find(&l->words, names[k], strlen(names[k])) != MLAB_DICTIONARY_NONE;
    if (used) return MLAB_OK;
    mlab_place place = mlab_setting_place(mlab_settings_find(l->settings, NULL, block));
    return mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "not_used", &place, NULL, NULL, err,
                             "%s is read and checked, and nothing in the study uses it yet; %s may stand in a formula or in adjust", file,
                             names[n - 1]);
}

/* --- what adds up ------------------------------------------------------------------------------------ */

typedef struct dated {
    uint32_t person;
    int32_t date;
    double value;
} dated;

static int by_dated(const void *a, const void *b)
{
    const dated *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->date != y->date) return x->date < y->date ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

/* Keeps n dated values as a record of the panel; items is sorted here. */
static mlab_status keep_record(mlab_loading *l, const char *name, const char *unit, int32_t window, double scale, dated *items, size_t n,
                               mlab_error *err)
{
    mlab_panel_record *record = &l->records[l->n_records];
    uint32_t *person = mlab_allocate(l->context, n, sizeof *person);
    int32_t *date = mlab_allocate(l->context, n, sizeof *date);
    double *value = mlab_allocate(l->context, n, sizeof *value);
    *record = (mlab_panel_record){name, unit, n, person, date, value, window, scale};
    l->n_records++;
    if (!person || !date || !value) return no_memory(err);
    qsort(items, n, sizeof *items, by_dated);
    for (size_t i = 0; i < n; i++) {
        person[i] = items[i].person;
        date[i] = items[i].date;
        value[i] = items[i].value;
    }
    return MLAB_OK;
}

/* Rows with a person and a day; value NULL = 1 each. */
static mlab_status add_record(extra *x, const char *name, const char *unit, const mlab_column *date, const mlab_column *value, mlab_error *err)
{
    size_t n = 0;
    if (!date || !x->rank) return MLAB_OK;
    dated *items = mlab_allocate(x->l->context, x->table->n_rows, sizeof *items);
    if (!items) return no_memory(err);
    for (size_t i = 0; i < x->table->n_rows; i++) {
        if (x->rank[i] >= x->l->ids.n || mlab_is_missing_at(date, i) || (value && mlab_is_missing_at(value, i))) continue;
        items[n++] = (dated){x->rank[i], date->as.integer[i], value ? value->as.real[i] : 1};
        mlab_loading_seen(x->l, date->as.integer[i]);
    }
    mlab_status status = keep_record(x->l, name, unit, 0, 1, items, n, err);
    mlab_release(x->l->context, items);
    return status;
}

static mlab_status load_training(mlab_loading *l, mlab_error *err)
{
    static const extra_column columns[] = {
        {"date", MLAB_READ_DATE, false, true}, {"hours", MLAB_READ_NUMBER, false, false}, {"provider", MLAB_READ_FACTOR, true, false}};
    static const char *const names[] = {"training_hours"};
    extra x = {.l = l, .block = "data.training"};
    if (!mlab_settings_find(l->settings, NULL, x.block)) return MLAB_OK;
    mlab_status status = read_extra(&x, columns, 3, "people with training", err);
    const mlab_column *hours = x.table ? typed(x.table, "hours", MLAB_COLUMN_REAL) : NULL;
    for (size_t i = 0; !status && hours && i < x.table->n_rows; i++)
        if (!mlab_is_missing_at(hours, i) && hours->as.real[i] < 0)
            status = mlab_loading_say(l, MLAB_SEVERITY_STOP, "negative_hours", x.table, i, "hours", NULL, NULL, err, "hours of training below 0");
    if (!status && hours) status = add_record(&x, names[0], "hours", typed(x.table, "date", MLAB_COLUMN_DATE), hours, err);
    if (!status && x.table) status = say_unused(l, x.block, x.table->file, names, 1, err);
    extra_free(&x);
    return status;
}

static mlab_status load_goals(mlab_loading *l, mlab_error *err)
{
    static const extra_column columns[] = {{"set", MLAB_READ_DATE, false, true}, {"reached", MLAB_READ_DATE, true, false}};
    static const char *const names[] = {"goals_set", "goals_reached"};
    extra x = {.l = l, .block = "data.goals"};
    if (!mlab_settings_find(l->settings, NULL, x.block)) return MLAB_OK;
    mlab_status status = read_extra(&x, columns, 2, "people with goals", err);
    const mlab_column *set = x.table ? typed(x.table, "set", MLAB_COLUMN_DATE) : NULL;
    const mlab_column *reached = x.table ? typed(x.table, "reached", MLAB_COLUMN_DATE) : NULL;
    for (size_t i = 0; !status && set && reached && i < x.table->n_rows; i++) {
        char day[16];
        if (mlab_is_missing_at(set, i) || mlab_is_missing_at(reached, i) || reached->as.integer[i] >= set->as.integer[i]) continue;
        mlab_date_print(reached->as.integer[i], day, sizeof day);
        status = mlab_loading_say(l, MLAB_SEVERITY_STOP, "reached_before_set", x.table, i, "reached", day, NULL, err,
                                  "goals that were reached before they were set");
    }
    if (!status && x.table) status = add_record(&x, names[0], "goals", set, NULL, err);
    if (!status && x.table && reached) status = add_record(&x, names[1], "goals", reached, NULL, err);
    if (!status && x.table) status = say_unused(l, x.block, x.table->file, names, 2, err);
    extra_free(&x);
    return status;
}

/* Meetings of a mentee in the last quarter of a year, a month. */
static mlab_status count_meetings(mlab_loading *l, mlab_error *err)
{
    const mlab_column *date = l->meetings ? typed(l->meetings, "date", MLAB_COLUMN_DATE) : NULL;
    size_t n = 0;
    if (!date || !l->meeting_mentee) return MLAB_OK;
    dated *items = mlab_allocate(l->context, l->meetings->n_rows, sizeof *items);
    if (!items) return no_memory(err);
    for (size_t i = 0; i < l->meetings->n_rows; i++)
        if (l->meeting_mentee[i] < l->ids.n && !mlab_is_missing_at(date, i)) items[n++] = (dated){l->meeting_mentee[i], date->as.integer[i], 1};
    mlab_status status = keep_record(l, "meetings_per_month", "meetings", MEETINGS_WINDOW, 30.4375 / MEETINGS_WINDOW, items, n, err);
    mlab_release(l->context, items);
    static const char *const names[] = {"met", "meetings_per_month"};
    return status ? status : say_unused(l, "data.meetings", l->meetings->file, names, 2, err);
}

/* --- ratings ----------------------------------------------------------------------------------------- */

/* use[i] = 0 where the condition `where` does not hold. */
static mlab_status filter_rows(extra *x, uint8_t *use, mlab_error *err)
{
    const mlab_setting *where = mlab_loading_at(x->l, x->block, "where");
    mlab_expression *condition = NULL;
    mlab_error why = {0};
    memset(use, 1, x->table->n_rows);
    if (!where || !*mlab_setting_text(where)) return MLAB_OK;
    mlab_place place = mlab_setting_place(where);
    mlab_status status =
        mlab_expression_compile(x->l->context, mlab_setting_text(where), &place, x->table, MLAB_EXPRESSION_CONDITION, &condition, &why);
    if (status && status != MLAB_ERR_MEMORY)
        return mlab_findings_add(x->l->findings, MLAB_SEVERITY_STOP, "bad_condition", why.place.line ? &why.place : &place, NULL, NULL, err, "%s",
                                 why.sentence);
    if (status && err) *err = why;
    for (size_t i = 0; !status && i < x->table->n_rows; i++) use[i] = mlab_expression_test(condition, i) == MLAB_ANSWER_YES;
    mlab_expression_free(condition);
    return status;
}

/* Means of each person's day, as a table of two columns and lists as of answers. */
static mlab_status mean_of_days(extra *x, const uint8_t *use, dated *items, size_t *n, mlab_error *err)
{
    const mlab_column *date = typed(x->table, "date", MLAB_COLUMN_DATE), *score = typed(x->table, "score", MLAB_COLUMN_REAL);
    size_t rows = 0;
    (void)err;
    *n = 0;
    if (!date || !score || !x->rank) return MLAB_OK;
    for (size_t i = 0; i < x->table->n_rows; i++) {
        if (!use[i] || x->rank[i] >= x->l->ids.n || mlab_is_missing_at(date, i) || mlab_is_missing_at(score, i)) continue;
        items[rows++] = (dated){x->rank[i], date->as.integer[i], score->as.real[i]};
        mlab_loading_seen(x->l, date->as.integer[i]);
    }
    qsort(items, rows, sizeof *items, by_dated); /* by value last, so that sums do not depend on the order of the file */
    for (size_t i = 0, end; i < rows; i = end) {
        double sum = 0;
        for (end = i; end < rows && items[end].person == items[i].person && items[end].date == items[i].date; end++) sum += items[end].value;
        items[(*n)++] = (dated){items[i].person, items[i].date, sum / (double)(end - i)};
    }
    return MLAB_OK;
}

/* Answers of the surveys and of the ratings, sorted again. */
static mlab_status add_answers(mlab_loading *l, const dated *items, size_t n, size_t first_row, mlab_error *err)
{
    size_t all = l->n_answers + n;
    mlab_survey_answer *answers = mlab_allocate(l->context, all, sizeof *answers);
    uint32_t *person = mlab_allocate(l->context, all, sizeof *person), *row = mlab_allocate(l->context, all, sizeof *row);
    int32_t *date = mlab_allocate(l->context, all, sizeof *date);
    const char **measures = mlab_reallocate(l->context, (void *)l->measures, l->n_measures + 1, sizeof *measures);
    if (measures) l->measures = measures;
    if (!answers || !person || !row || !date || !measures) {
        void *made[] = {answers, person, row, date};
        for (size_t i = 0; i < 4; i++) mlab_release(l->context, made[i]);
        return no_memory(err);
    }
    for (size_t i = 0; i < l->n_answers; i++) answers[i] = (mlab_survey_answer){l->answer_person[i], l->answer_row[i], l->answer_date[i]};
    for (size_t i = 0; i < n; i++) answers[l->n_answers + i] = (mlab_survey_answer){items[i].person, (uint32_t)(first_row + i), items[i].date};
    qsort(answers, all, sizeof *answers, mlab_by_survey_answer);
    for (size_t i = 0; i < all; i++) {
        person[i] = answers[i].person;
        row[i] = answers[i].row;
        date[i] = answers[i].date;
    }
    void *old[] = {answers, l->answer_person, l->answer_row, l->answer_date};
    for (size_t i = 0; i < 4; i++) mlab_release(l->context, old[i]);
    l->answer_person = person;
    l->answer_row = row;
    l->answer_date = date;
    l->n_answers = all;
    l->measures[l->n_measures++] = "rating";
    return MLAB_OK;
}

/* Ratings stand below the answers of the surveys, in a column of their own. */
static mlab_status join_ratings(mlab_loading *l, const dated *items, size_t n, mlab_error *err)
{
    mlab_table *ratings = NULL, *joined = NULL;
    mlab_column *column;
    size_t first = l->data->surveys ? l->data->surveys->n_rows : 0;
    if (l->data->surveys && mlab_table_find(l->data->surveys, "rating"))
        return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "the surveys have a column 'rating', and so have the ratings; name it otherwise");
    mlab_status status = mlab_table_make(l->context, n, &ratings, err);
    if (!status) status = mlab_table_add(ratings, "rating", MLAB_COLUMN_REAL, NULL, 0, &column, err);
    for (size_t i = 0; !status && i < n; i++) column->as.real[i] = items[i].value;
    const mlab_table *parts[] = {l->data->surveys, ratings};
    if (!status) status = mlab_tables_join(l->context, parts + !first, 2 - (size_t)!first, "surveys and ratings", l->findings, &joined, err);
    mlab_table_free(ratings);
    if (status) return status;
    mlab_table_free(l->data->surveys);
    l->data->surveys = joined;
    return add_answers(l, items, n, first, err);
}

static mlab_status load_ratings(mlab_loading *l, mlab_error *err)
{
    static const extra_column columns[] = {{"date", MLAB_READ_DATE, false, true},
                                           {"score", MLAB_READ_NUMBER, false, false},
                                           {"rater", MLAB_READ_ID, true, false},
                                           {"role", MLAB_READ_FACTOR, true, false},
                                           {"skill", MLAB_READ_FACTOR, true, false}};
    static const char *const names[] = {"raters", "rating", "rating_last"};
    extra x = {.l = l, .block = "data.ratings"};
    if (!mlab_settings_find(l->settings, NULL, x.block)) return MLAB_OK;
    mlab_status status = read_extra(&x, columns, 5, "people with ratings", err);
    size_t rows = x.table ? x.table->n_rows : 0, n = 0;
    uint8_t *use = mlab_allocate(l->context, rows, 1);
    dated *items = mlab_allocate(l->context, rows, sizeof *items);
    if (!status && (!use || !items)) status = no_memory(err);
    if (!status && x.table) status = filter_rows(&x, use, err);
    if (!status && x.table) status = mean_of_days(&x, use, items, &n, err);
    if (!status && n) status = join_ratings(l, items, n, err);
    if (!status && n) status = mlab_keep_ratings(l, x.table, x.rank, use, err);
    bool outcomes = mlab_settings_find(l->settings, NULL, "outcomes"); /* without the block every measure is an outcome */
    if (!status && x.table && outcomes) status = say_unused(l, x.block, x.table->file, names, 3, err);
    mlab_release(l->context, use);
    mlab_release(l->context, items);
    extra_free(&x);
    return status;
}

mlab_status mlab_load_extras(mlab_loading *l, mlab_error *err)
{
    mlab_status status = load_ratings(l, err);
    if (!status) status = load_training(l, err);
    if (!status) status = load_goals(l, err);
    return status ? status : count_meetings(l, err);
}

void mlab_extras_free(mlab_loading *l)
{
    for (size_t k = 0; k < l->n_records; k++) {
        mlab_release(l->context, (void *)(uintptr_t)l->records[k].person);
        mlab_release(l->context, (void *)(uintptr_t)l->records[k].date);
        mlab_release(l->context, (void *)(uintptr_t)l->records[k].value);
    }
    l->n_records = 0;
}

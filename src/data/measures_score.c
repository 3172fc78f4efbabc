/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores from answers. An answer counts as its place on the scale (1, 2, ..., from low to high), or as its own number where all labels
 * of the scale are whole numbers; a reversed item counts from the other end; the score of several items is the mean of those that were
 * answered, where enough were. One item stays levels. Weakness: the mean of levels takes their distances as equal. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/measures.h"
#include "data/reliability.h"

#include <stdio.h>
#include <string.h>

#define ALPHA_LEVEL 0.95
#define ALPHA_LOW 0.5

static mlab_status no_memory(const mlab_measure_spec *measure, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the score %s", measure->name);
}

static bool is_turned(const mlab_measure_spec *measure, const char *item)
{
    for (size_t i = 0; measure->reverse && i < mlab_setting_size(measure->reverse); i++)
        if (!strcmp(mlab_setting_text(mlab_setting_item(measure->reverse, i)), item)) return true;
    return false;
}

/* --- one item ---------------------------------------------------------------------------------------- */

/* Whole numbers of a scale become an ordered factor 1, 2, ...: the answers are levels, not amounts. */
static mlab_status make_ordered(mlab_loading *l, mlab_table *table, const char *name, mlab_error *err)
{
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
    if (!renamed) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the score %s", name);
    made->ordered = true;
    mlab_release(l->context, made->name);
    made->name = renamed;
    mlab_table_drop(table, name); /* the first of that name: the numbers */
    mlab_text_print(&l->guesses, "%s: %s is a scale from %d to %d; to pin it: surveys: {scale: [%d, ..., %d]}\n", table->file, name, (int)low,
                    (int)high, (int)low, (int)high);
    return MLAB_OK;
}

static void reverse_levels(mlab_table *table, mlab_column *column)
{
    int32_t n = column->n_levels;
    for (size_t i = 0; i < table->n_rows; i++)
        if (!mlab_is_missing_at(column, i)) column->as.integer[i] = n - 1 - column->as.integer[i];
    for (int32_t k = 0; k < n / 2; k++) {
        char *level = column->levels[k];
        column->levels[k] = column->levels[n - 1 - k];
        column->levels[n - 1 - k] = level;
    }
}

static mlab_status say_unordered(const mlab_loading *l, const mlab_table *table, const char *column, mlab_error *err)
{
    mlab_place place = mlab_place_cell(table->file, 0, 0, column);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_DECIDE, "scale_unordered", &place, NULL, "surveys: {scale: [lowest, ..., highest]}", err,
                             "answers are labels without an order; write the scale from low to high");
}

static mlab_status say_no_scale(const mlab_loading *l, const mlab_measure_spec *measure, mlab_error *err)
{
    mlab_place place = mlab_setting_place(measure->reverse);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_DECIDE, "reverse_without_scale", &place, NULL, "surveys: {scale: [1, 2, 3, 4, 5]}", err,
                             "%s has reversed items, and nothing says from where to where their scale goes", measure->name);
}

static void count_scored(const mlab_table *table, const mlab_column *column, mlab_measure *made)
{
    for (size_t i = 0; i < table->n_rows; i++) made->scored += !mlab_is_missing_at(column, i);
}

static bool is_scale(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_FACTOR && column->ordered;
}

static bool is_amount(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER;
}

/* Labels that are all whole numbers stand for themselves. */
static bool numbers_of(const mlab_column *column, int32_t level, double *value)
{
    bool all = true;
    *value = level + 1;
    for (int32_t k = 0; k < column->n_levels && all; k++) {
        int64_t number = 0;
        all = mlab_integer_parse(column->levels[k], strlen(column->levels[k]), &number) && number > -1000000 && number < 1000000;
        if (all && k == level) *value = (double)number;
    }
    if (!all) *value = level + 1;
    return all;
}

static void find_ends(const mlab_column *column, mlab_measure *made)
{
    if (!is_scale(column) || column->n_levels == 0) return;
    numbers_of(column, 0, &made->low);
    numbers_of(column, column->n_levels - 1, &made->high);
    if (made->low < made->high) return;
    made->low = 1; /* numbers from high to low: places are counted */
    made->high = column->n_levels;
}

static mlab_status make_single(mlab_loading *l, mlab_table *table, const mlab_measure_spec *measure, mlab_measure *made, bool *usable,
                               mlab_error *err)
{
    bool number = measure->kind && (!strcmp(measure->kind, "number") || !strcmp(measure->kind, "count"));
    mlab_status status = number ? MLAB_OK : make_ordered(l, table, measure->name, err);
    mlab_column *column = status ? NULL : mlab_table_find(table, measure->name);
    if (!column) return status;
    if (!is_scale(column) && !is_amount(column)) return say_unordered(l, table, measure->name, err);
    *usable = true;
    made->n_items = made->need = 1;
    if (measure->reverse && mlab_setting_size(measure->reverse)) {
        if (!is_scale(column) || !measure->scale) return say_no_scale(l, measure, err);
        made->n_reversed = 1;
        reverse_levels(table, column);
    }
    find_ends(column, made);
    count_scored(table, column, made);
    return MLAB_OK;
}

/* --- several items ----------------------------------------------------------------------------------- */

typedef struct item {
    const mlab_column *column;
    double *value; /* [n_levels] of a scale, turned when the item is; NULL = amounts */
} item;

static void items_free(const mlab_context *context, item *items, size_t n)
{
    for (size_t k = 0; items && k < n; k++) mlab_release(context, items[k].value);
    mlab_release(context, items);
}

/* false = not answered */
static bool answer_of(const item *it, size_t row, double *value)
{
    const mlab_column *column = it->column;
    if (mlab_is_missing_at(column, row)) return false;
    if (it->value)
        *value = it->value[column->as.integer[row]];
    else
        *value = column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
    return true;
}

static mlab_status value_levels(const mlab_loading *l, const mlab_measure_spec *measure, bool turned, const mlab_measure *made, item *it,
                                mlab_error *err)
{
    const mlab_column *column = it->column;
    double first, last;
    it->value = mlab_allocate(l->context, (size_t)column->n_levels, sizeof *it->value);
    if (!it->value) return no_memory(measure, err);
    bool own = numbers_of(column, 0, &first) && numbers_of(column, column->n_levels - 1, &last) && first < last;
    for (int32_t k = 0; k < column->n_levels; k++) {
        double value = k + 1;
        if (own) numbers_of(column, k, &value);
        it->value[k] = turned ? made->low + made->high - value : value;
    }
    return MLAB_OK;
}

/* *usable = false: a finding says why. */
static mlab_status find_items(const mlab_loading *l, const mlab_table *table, const mlab_measure_spec *measure, mlab_measure *made, item *items,
                              bool *usable, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    *usable = true;
    for (size_t k = 0; k < mlab_setting_size(measure->items) && !status; k++) {
        const char *name = mlab_setting_text(mlab_setting_item(measure->items, k));
        const mlab_column *column = items[k].column = mlab_table_find(table, name);
        bool turned = is_turned(measure, name);
        if (!column) {
            *usable = false; /* the missing heading was a finding */
        } else if (is_scale(column)) {
            if (k == 0) find_ends(column, made);
            status = value_levels(l, measure, turned, made, &items[k], err);
        } else if (!is_amount(column)) {
            *usable = false;
            status = say_unordered(l, table, name, err);
        } else if (turned) {
            *usable = false;
            status = say_no_scale(l, measure, err);
        }
        made->n_reversed += turned;
    }
    return status;
}

static void say_made(mlab_loading *l, const mlab_table *table, const mlab_measure_spec *measure, const mlab_measure *made)
{
    char low[32], high[32];
    mlab_number_print(made->low, low, sizeof low);
    mlab_number_print(made->high, high, sizeof high);
    mlab_text_print(&l->guesses, "%s: %s is the mean of the answered ones of %d items (%d reversed) where at least %d are answered, a number",
                    table->file, measure->name, (int)made->n_items, (int)made->n_reversed, (int)made->need);
    if (made->low < made->high) mlab_text_print(&l->guesses, " from %s to %s", low, high);
    if (!measure->need) mlab_text_print(&l->guesses, "; to pin it: %s: {need: %d}", measure->name, (int)made->need);
    mlab_text_append(&l->guesses, "\n");
}

static mlab_status score_rows(mlab_table *table, const mlab_measure_spec *measure, item *items, mlab_measure *made, mlab_error *err)
{
    mlab_column *column = NULL;
    mlab_status status = mlab_table_add(table, measure->name, MLAB_COLUMN_REAL, NULL, 0, &column, err);
    if (status) return status;
    for (size_t k = 0; k < (size_t)made->n_items; k++) /* the table's columns may have moved */
        items[k].column = mlab_table_find(table, mlab_setting_text(mlab_setting_item(measure->items, k)));
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        int32_t answered = 0;
        double sum = 0, value = 0;
        for (int32_t k = 0; k < made->n_items; k++) {
            if (!answer_of(&items[k], i, &value)) continue;
            sum += value;
            answered++;
        }
        made->scored += answered >= made->need;
        made->too_few += answered && answered < made->need;
        if (answered >= made->need)
            column->as.real[i] = sum / answered;
        else
            status = mlab_column_set_missing(table, column, i, err);
    }
    return status;
}

static mlab_status make_mean(mlab_loading *l, mlab_table *table, const mlab_measure_spec *measure, mlab_measure *made, bool *usable, mlab_error *err)
{
    size_t n = mlab_setting_size(measure->items);
    item *items = mlab_allocate(l->context, n, sizeof *items);
    if (!items) return no_memory(measure, err);
    made->n_items = (int32_t)n;
    made->need = measure->need ? measure->need : (made->n_items + 1) / 2;
    mlab_status status = find_items(l, table, measure, made, items, usable, err);
    if (!status && *usable && mlab_table_find(table, measure->name)) {
        mlab_place place = mlab_setting_place(measure->at);
        *usable = false;
        status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "name_taken", &place, measure->name, NULL, err,
                                   "the score '%.80s' has the name of a column of %s; give it another", measure->name, table->file);
    }
    if (!status && *usable) status = score_rows(table, measure, items, made, err);
    if (!status && *usable) say_made(l, table, measure, made);
    items_free(l->context, items, n);
    return status;
}

mlab_status mlab_measure_make(mlab_loading *l, mlab_table *table, const mlab_measure_spec *measure, mlab_measure *made, bool *usable, mlab_error *err)
{
    *made = (mlab_measure){0};
    *usable = false;
    mlab_status status =
        mlab_measure_is_single(measure) ? make_single(l, table, measure, made, usable, err) : make_mean(l, table, measure, made, usable, err);
    if (status || !*usable) return status;
    made->name = mlab_copy_text(l->context, measure->name);
    return made->name ? MLAB_OK : no_memory(measure, err);
}

/* --- reliability ------------------------------------------------------------------------------------- */

static void add_people(const item *items, size_t n_items, const uint32_t *rows, const uint32_t *person, size_t n, double *answers,
                       mlab_reliability_sums *sums)
{
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        if (person && person[i] == last) continue;
        size_t row = rows ? rows[i] : i, k = 0;
        while (k < n_items && answer_of(&items[k], row, &answers[k])) k++;
        if (k < n_items) continue;
        if (person) last = person[i];
        mlab_reliability_add(sums, answers);
    }
}

/* Items that go against each other are likeliest one that was not reversed. */
static mlab_status say_low(const mlab_loading *l, const mlab_measure_spec *measure, const mlab_measure *made, mlab_error *err)
{
    char alpha[64];
    mlab_place place = mlab_setting_place(measure->items);
    mlab_number_for_people(made->alpha, 2, alpha, sizeof alpha);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "low_reliability", &place, alpha, made->alpha < 0 ? "reverse: [<item>]" : NULL, err,
                             made->alpha < 0 ? "the items of %s go against each other (alpha below 0); is one of them to be reversed?"
                                             : "the items of %s hardly go together (alpha below 0.5); their mean may measure nothing",
                             measure->name);
}

mlab_status mlab_measure_alpha(const mlab_loading *l, const mlab_table *table, const mlab_measure_spec *measure, const uint32_t *rows,
                               const uint32_t *person, size_t n, mlab_measure *made, mlab_error *err)
{
    if (mlab_measure_is_single(measure)) return MLAB_OK;
    size_t n_items = mlab_setting_size(measure->items);
    bool usable = false;
    mlab_measure again = {0};
    mlab_reliability_sums sums = {0};
    item *items = mlab_allocate(l->context, n_items, sizeof *items);
    double *answers = mlab_allocate(l->context, n_items, sizeof *answers);
    mlab_status status = items && answers ? mlab_reliability_start(l->context, n_items, &sums, err) : no_memory(measure, err);
    if (!status) status = find_items(l, table, measure, &again, items, &usable, err);
    if (!status && usable) {
        add_people(items, n_items, rows, person, rows ? n : table->n_rows, answers, &sums);
        mlab_reliability r = mlab_reliability_of(&sums, ALPHA_LEVEL);
        if (r.found) {
            made->alpha_people = r.n;
            made->alpha = r.alpha;
            made->alpha_lower = r.lower;
            made->alpha_upper = r.upper;
            if (r.alpha < ALPHA_LOW) status = say_low(l, measure, made, err);
        }
    }
    mlab_reliability_free(l->context, &sums);
    items_free(l->context, items, n_items);
    mlab_release(l->context, answers);
    return status;
}

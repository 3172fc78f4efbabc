/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of the results and what is hidden, worked out once for the terminal, the Markdown and the page.
 *
 * A difference is told only where both groups have enough people. The sizes of the groups are told only where none that is hidden
 * follows from them and their sum. A difference in a subgroup is told only where no small subgroup follows from it and the whole.
 * Weakness: people who were in several groups are counted in each, so that the sums are larger than the number of people; that hides no less.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "report/tell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

mlab_report_options mlab_report_defaults(void)
{
    return (mlab_report_options){.minimum_cell = 5, .width = 80};
}

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}
static bool everyone(const mlab_contrast *c)
{
    return !c->group || !*c->group;
}

/* --- privacy of contrasts ---------------------------------------------------------------------------- */

enum { MOST_NAMES = 64 };
typedef struct names {
    const char *items[MOST_NAMES];
    size_t n;
    bool full; /* there are more: nothing of the table is told */
} names;

static size_t place_of(names *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (is(list->items[i], name)) return i;
    if (list->n == MOST_NAMES) {
        list->full = true;
        return 0;
    }
    list->items[list->n] = name;
    return list->n++;
}

/* "gender" of "gender = female"; the length. */
static size_t variable_of(const char *group)
{
    const char *end = strstr(group, " = ");
    return end ? (size_t)(end - group) : strlen(group);
}

static bool same_variable(const char *a, const char *b)
{
    const size_t n = variable_of(a);
    return n == variable_of(b) && strncmp(a, b, n) == 0;
}

/* Whether contrast c stands in the same table of people as `of`: everyone, or the subgroups of one variable, for one outcome. */
static bool same_table(const mlab_contrast *c, const mlab_contrast *of)
{
    return is(c->outcome, of->outcome) && everyone(c) == everyone(of) && (everyone(c) || same_variable(c->group, of->group));
}

static const char *row_name(const mlab_contrast *c)
{
    return everyone(c) ? "" : c->group;
}

static void count_people(const mlab_story *story, const mlab_contrast *of, names *rows, names *columns, uint64_t *count)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < story->n_contrasts; k++) {
            const mlab_contrast *c = story->contrasts[k].contrast;
            if (!same_table(c, of)) continue;
            const size_t row = place_of(rows, row_name(c)), arm = place_of(columns, c->arm), base = place_of(columns, c->reference);
            if (pass == 0) continue;
            count[row * columns->n + arm] = c->n_arm == MLAB_COUNT_HIDDEN ? 0 : c->n_arm; /* hidden by the file itself */
            count[row * columns->n + base] = c->n_reference == MLAB_COUNT_HIDDEN ? 0 : c->n_reference;
        }
}

/* Marks the contrasts of one table. The sum over the groups counts as printed for everyone; for subgroups it is the size of each group. */
static mlab_status judge_table(mlab_story *story, size_t first, mlab_error *err)
{
    const mlab_contrast *of = story->contrasts[first].contrast;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    names rows = {.n = 0}, columns = {.n = 0};
    uint64_t count[MOST_NAMES * MOST_NAMES] = {0};
    uint8_t shown[MOST_NAMES * MOST_NAMES], sum_shown[MOST_NAMES];
    count_people(story, of, &rows, &columns, count);
    mlab_status status = mlab_privacy_table(story->context, count, rows.n, columns.n, minimum, shown, everyone(of) ? sum_shown : NULL,
                                            everyone(of) ? NULL : sum_shown, err);
    for (size_t k = 0; k < story->n_contrasts && !status; k++) {
        mlab_told_contrast *told = &story->contrasts[k];
        const mlab_contrast *c = told->contrast;
        if (!same_table(c, of)) continue;
        const size_t row = place_of(&rows, row_name(c)) * columns.n;
        const bool enough = c->n_arm >= minimum && c->n_reference >= minimum && !rows.full && !columns.full;
        told->people_told = enough && shown[row + place_of(&columns, c->arm)] && shown[row + place_of(&columns, c->reference)];
        told->told = everyone(c) ? enough : told->people_told;
    }
    return status;
}

/* Events are told for everyone alone, and only where those with and those without the event are enough in both groups. */
static void judge_events(const mlab_story *story, mlab_told_contrast *told)
{
    const mlab_contrast *c = told->contrast;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell;
    const uint64_t cells[] = {c->events_arm, c->n_arm - c->events_arm, c->events_reference, c->n_reference - c->events_reference};
    told->events_told =
        told->people_told && c->events_arm != MLAB_COUNT_HIDDEN && everyone(c) && c->events_arm <= c->n_arm && c->events_reference <= c->n_reference;
    for (int i = 0; i < 4; i++)
        if (cells[i] > 0 && cells[i] < minimum) told->events_told = false;
}

/* Bounds tell of people of unknown group: for everyone alone, and where those with and those without the event are enough. */
static void judge_bounds(const mlab_story *story, mlab_told_contrast *told)
{
    const mlab_contrast *c = told->contrast;
    const uint64_t minimum = (uint64_t)story->options->minimum_cell, with = c->unknown_events, without = c->unknown_people - c->unknown_events;
    told->bounds_told = told->told && everyone(c) && c->unknown_events <= c->unknown_people && c->unknown_people >= minimum &&
                        (with == 0 || with >= minimum) && (without == 0 || without >= minimum);
}

static mlab_status judge(mlab_story *story, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < story->n_contrasts && !status; k++) {
        const mlab_contrast *c = story->contrasts[k].contrast;
        bool before = false; /* its table has been judged already */
        for (size_t i = 0; i < k && !before; i++) before = same_table(story->contrasts[i].contrast, c);
        if (!before) status = judge_table(story, k, err);
    }
    for (size_t k = 0; k < story->n_contrasts; k++) {
        judge_events(story, &story->contrasts[k]);
        judge_bounds(story, &story->contrasts[k]);
    }
    return status;
}

/* --- known truth -------------------------------------------------------------------------------------- */

enum { N_FIELDS = 8 };
static const char *const fields[N_FIELDS] = {"kind", "outcome", "name", "reference", "measure", "horizon_months", "value", "monte_carlo_error"};

typedef struct cell {
    const char *text;
    size_t n;
} cell;

/* Cells of a line without quotes, which is how truth.csv is written; the line after it. */
static const char *split_line(const char *line, cell *cells, size_t most, size_t *n)
{
    *n = 0;
    while (*line && *line != '\n') {
        const size_t length = strcspn(line, ",\r\n");
        if (*n < most) cells[(*n)++] = (cell){line, length};
        line += length;
        if (*line == ',') line++;
        while (*line == '\r') line++;
    }
    return *line ? line + 1 : line;
}

static bool cell_is(cell c, const char *text)
{
    return text && strlen(text) == c.n && strncmp(c.text, text, c.n) == 0;
}

static void take_truth(mlab_story *story, const cell *value)
{
    double months, truth, error;
    if (!cell_is(value[0], "contrast") || !mlab_number_parse(value[5].text, value[5].n, '.', &months) ||
        !mlab_number_parse(value[6].text, value[6].n, '.', &truth) || !mlab_number_parse(value[7].text, value[7].n, '.', &error))
        return;
    for (size_t k = 0; k < story->n_contrasts; k++) {
        mlab_told_contrast *told = &story->contrasts[k];
        const mlab_contrast *c = told->contrast;
        if (!everyone(c) || !cell_is(value[1], c->outcome) || !cell_is(value[2], c->arm) || !cell_is(value[3], c->reference) ||
            !cell_is(value[4], c->measure) || fabs(c->horizon - months) > 0.01)
            continue;
        told->has_truth = true;
        told->truth = truth * told->factor;
        told->truth_error = error * told->factor;
    }
}

static void read_truth(mlab_story *story, const char *text)
{
    cell heading[32], line[32], value[N_FIELDS];
    size_t n, at[N_FIELDS], cells;
    const char *rest = split_line(text, heading, 32, &n);
    for (size_t f = 0; f < N_FIELDS; f++) {
        for (at[f] = 0; at[f] < n && !cell_is(heading[at[f]], fields[f]);) at[f]++;
        if (at[f] == n) return;
    }
    while (*rest) {
        rest = split_line(rest, line, 32, &cells);
        bool whole = true;
        for (size_t f = 0; f < N_FIELDS; f++) {
            whole = whole && at[f] < cells;
            if (whole) value[f] = line[at[f]];
        }
        if (whole) take_truth(story, value);
    }
}

/* --- the story ------------------------------------------------------------------------------------------ */

static void set_people(mlab_story *story)
{
    const mlab_data *data = story->spec->results->data;
    story->from = story->to = MLAB_DATE_MISSING;
    if (!data) return;
    if (data->panel) {
        story->people = data->panel->n_people;
        story->from = data->panel->from;
        story->to = data->panel->to;
    } else if (data->people)
        story->people = data->people->n_rows;
}

static void take_contrast(mlab_story *story, const mlab_contrast *c)
{
    mlab_told_contrast *told = &story->contrasts[story->n_contrasts++];
    told->contrast = c;
    told->factor = is(c->measure, "mean_difference") ? 1 : 100;
    told->error = told->factor * (c->se > 0 ? c->se : mlab_error_of(c->lower, c->upper, c->level));
    told->decimals = mlab_decimals_for(told->error);
    /* a range beside zero must not be rounded to one that touches it */
    const double nearest = told->factor * (c->lower > 0 ? c->lower : c->upper < 0 ? -c->upper : 0);
    for (int more = 0; more < 3 && nearest > 0 && nearest < 0.5 * pow(10, -told->decimals); more++) told->decimals++;
}

mlab_status mlab_story_make(const mlab_context *context, const mlab_report_spec *spec, const mlab_report_options *options, mlab_story *story,
                            mlab_error *err)
{
    const mlab_comparison *comparison = spec->results ? spec->results->comparison : NULL;
    *story = (mlab_story){.context = context, .spec = spec, .options = options};
    if (!spec->results) return mlab_raise(err, MLAB_ERR_ARGUMENT, "there are no results to tell");
    if (options->minimum_cell < 1 || options->minimum_cell > 1000 || options->width < 60 || options->width > 200)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "minimum_cell must be 1 to 1000 and width 60 to 200");
    set_people(story);
    const size_t n = comparison ? comparison->n_contrasts : 0;
    if (!(story->contrasts = mlab_allocate(context, n, sizeof *story->contrasts)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the report");
    for (size_t k = 0; k < n; k++) { /* outcome by outcome, in the order of their first */
        bool before = false;
        for (size_t i = 0; i < k; i++) before |= is(comparison->contrasts[i].outcome, comparison->contrasts[k].outcome);
        for (size_t i = k; i < n && !before; i++)
            if (is(comparison->contrasts[i].outcome, comparison->contrasts[k].outcome)) take_contrast(story, &comparison->contrasts[i]);
    }
    mlab_status status = judge(story, err);
    if (!status && spec->truth) read_truth(story, spec->truth);
    if (status) mlab_story_free(story);
    return status;
}

void mlab_story_free(mlab_story *story)
{
    mlab_release(story->context, story->contrasts);
    story->contrasts = NULL;
    story->n_contrasts = 0;
}

bool mlab_story_is_main(const mlab_story *story, size_t k)
{
    const mlab_contrast *c = story->contrasts[k].contrast;
    if (!everyone(c)) return false;
    for (size_t i = 0; i < story->n_contrasts; i++) {
        const mlab_contrast *o = story->contrasts[i].contrast;
        if (i == k || !everyone(o) || !is(o->outcome, c->outcome) || !is(o->arm, c->arm) || !is(o->reference, c->reference)) continue;
        const double theirs = fabs(o->horizon - 12), mine = fabs(c->horizon - 12);
        if (theirs < mine || (theirs == mine && i < k)) return false;
    }
    return true;
}

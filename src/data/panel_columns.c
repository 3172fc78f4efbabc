/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns of a panel: made empty, and those that follow from person and dates alone: attributes and answers. */
#include "data/panel_work.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/parallel.h"

#include <stdio.h>
#include <string.h>

enum { FILL_BLOCK = MLAB_PANEL_FILL_BLOCK };

static mlab_status no_memory(const mlab_panel_work *work, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a panel of %zu person-periods", work->panel ? work->panel->n_rows : 0);
}

static char **copy_names(const mlab_context *context, const char *const *names, size_t n)
{
    char **copy = mlab_allocate(context, n, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++) {
        copy[i] = mlab_copy_text(context, names[i]);
        if (copy[i]) continue;
        for (size_t k = 0; k < i; k++) mlab_release(context, copy[k]);
        mlab_release(context, copy);
        return NULL;
    }
    return copy;
}

/* Adds a column with room for missing ones when asked; into and missing get its arrays, which stay where they are. */
static mlab_status add(mlab_panel_work *work, const char *name, mlab_column_type type, const char *const *levels, int32_t n_levels, const char *unit,
                       void *into, uint8_t **missing, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = mlab_table_add(work->panel->rows, name, type, levels, n_levels, &column, err);
    if (status) return status;
    if (unit[0]) {
        char *copy = mlab_copy_text(work->context, unit);
        if (!copy) return no_memory(work, err);
        mlab_release(work->context, column->unit);
        column->unit = copy;
    }
    if (missing) {
        column->missing = mlab_allocate(work->context, work->panel->n_rows, 1);
        if (!column->missing) return no_memory(work, err);
        *missing = column->missing;
    }
    if (type == MLAB_COLUMN_REAL)
        *(double **)into = column->as.real;
    else
        *(int32_t **)into = column->as.integer;
    return MLAB_OK;
}

static mlab_status add_state(mlab_panel_work *work, mlab_error *err)
{
    const mlab_panel_people *people = work->people;
    mlab_panel_columns *c = &work->columns;
    mlab_panel *panel = work->panel;
    mlab_status status;
    if ((status = add(work, "arm", MLAB_COLUMN_FACTOR, (const char *const *)panel->arms, panel->n_arms, "", &c->arm, &c->arm_missing, err)))
        return status;
    if (people->n_grades) {
        bool number = people->grade_is_number;
        status = add(work, "grade", number ? MLAB_COLUMN_INTEGER : MLAB_COLUMN_FACTOR, number ? NULL : people->grades, number ? 0 : people->n_grades,
                     "", &c->grade, &c->grade_missing, err);
        if (status) return status;
        mlab_table_find(panel->rows, "grade")->ordered = !number;
    }
    if ((status = add(work, "tenure", MLAB_COLUMN_REAL, NULL, 0, "years", &c->tenure, NULL, err))) return status;
    if ((people->n_grades || work->promotions) &&
        (status = add(work, "time_in_grade", MLAB_COLUMN_REAL, NULL, 0, "years", &c->time_in_grade, NULL, err)))
        return status;
    if ((status = add(work, "mentoring_others", MLAB_COLUMN_INTEGER, NULL, 0, "", &c->mentoring, NULL, err)) ||
        (status = add(work, "period", MLAB_COLUMN_INTEGER, NULL, 0, "", &c->period, NULL, err)))
        return status;
    return add(work, "since", MLAB_COLUMN_INTEGER, NULL, 0, "", &c->since, NULL, err);
}

static mlab_status make_event(mlab_panel_work *work, const char *name, const char *response, const char *const *causes, int32_t n_causes,
                              mlab_panel_event *event, mlab_error *err)
{
    const mlab_context *context = work->context;
    size_t n = work->panel->n_rows;
    event->name = mlab_copy_text(context, name);
    event->response = mlab_copy_text(context, response);
    event->causes = copy_names(context, causes, (size_t)n_causes);
    if (event->causes) event->n_causes = n_causes;
    event->what = mlab_allocate(context, n, 1);
    event->at_risk = mlab_allocate(context, n, 1);
    event->share = mlab_allocate(context, n, sizeof *event->share);
    event->day = mlab_allocate(context, n, sizeof *event->day);
    bool whole = event->name && event->response && event->causes && event->what && event->at_risk && event->share && event->day;
    return whole ? MLAB_OK : no_memory(work, err);
}

static mlab_status add_events(mlab_panel_work *work, mlab_error *err)
{
    static const char *const promotion[] = {"promotion"};
    const mlab_panel_people *people = work->people;
    mlab_panel *panel = work->panel;
    mlab_panel_columns *c = &work->columns;
    mlab_status status;
    panel->events = mlab_allocate(work->context, 2, sizeof *panel->events);
    if (!panel->events) return no_memory(work, err);
    if (work->promotions) {
        work->promotion = &panel->events[panel->n_events++];
        if ((status = make_event(work, "promotion", "promoted", promotion, 1, work->promotion, err)) ||
            (status = add(work, "promoted", MLAB_COLUMN_INTEGER, NULL, 0, "", &c->promoted, &c->promoted_missing, err)))
            return status;
    }
    if (!people->n_causes) return MLAB_OK;
    work->exit = &panel->events[panel->n_events++];
    if ((status = make_event(work, "retention", "exit", people->causes, people->n_causes, work->exit, err))) return status;
    const char **levels = mlab_allocate(work->context, (size_t)people->n_causes + 1, sizeof *levels);
    if (!levels) return no_memory(work, err);
    levels[0] = "none";
    for (int32_t k = 0; k < people->n_causes; k++) levels[k + 1] = people->causes[k];
    status = add(work, "exit", MLAB_COLUMN_FACTOR, levels, people->n_causes + 1, "", &c->exit, &c->exit_missing, err);
    mlab_release(work->context, levels);
    return status;
}

static mlab_status name_arms(mlab_panel_work *work, mlab_error *err)
{
    const mlab_panel_spec *spec = work->spec;
    size_t n = spec->n_arms + 3;
    const char **names = mlab_allocate(work->context, n, sizeof *names);
    if (!names) return no_memory(work, err);
    names[0] = spec->reference;
    for (size_t a = 0; a < spec->n_arms; a++) names[a + 1] = spec->arms[a].name;
    names[n - 2] = "both"; /* codes n_arms + 1 and n_arms + 2; dropped later when nobody is in them */
    names[n - 1] = "past";
    work->panel->arms = copy_names(work->context, names, n);
    if (work->panel->arms) work->panel->n_arms = (int32_t)n;
    mlab_release(work->context, names);
    return work->panel->arms ? MLAB_OK : no_memory(work, err);
}

static const char *period_name(int32_t months)
{
    return months == 1 ? "month" : months == 3 ? "quarter" : months == 6 ? "half-year" : "year";
}

mlab_status mlab_panel_make_columns(mlab_panel_work *work, size_t n_rows, mlab_error *err)
{
    const mlab_context *context = work->context;
    const mlab_panel_people *people = work->people;
    mlab_status status;
    mlab_panel *panel = work->panel = mlab_allocate(context, 1, sizeof *panel);
    if (!panel) return no_memory(work, err);
    *panel = (mlab_panel){.context = context, .n_rows = n_rows, .n_periods = work->n_periods, .from = work->spec->from, .to = work->spec->to};
    panel->months_per_period = work->spec->months_per_period;
    panel->period_name = mlab_copy_text(context, period_name(panel->months_per_period));
    panel->ids = copy_names(context, people->ids, people->n);
    if (panel->ids) panel->n_ids = people->n;
    panel->person = mlab_allocate(context, n_rows, sizeof *panel->person);
    panel->spell = mlab_allocate(context, n_rows, sizeof *panel->spell);
    panel->period = mlab_allocate(context, n_rows, sizeof *panel->period);
    panel->since = mlab_allocate(context, n_rows, sizeof *panel->since);
    panel->start = mlab_allocate(context, n_rows, sizeof *panel->start);
    panel->stop = mlab_allocate(context, n_rows, sizeof *panel->stop);
    panel->arm = mlab_allocate(context, n_rows, sizeof *panel->arm);
    panel->prevalent = mlab_allocate(context, n_rows, 1);
    panel->final = mlab_allocate(context, people->n, sizeof *panel->final);
    if (!panel->period_name || !panel->ids || !panel->person || !panel->spell || !panel->period || !panel->since || !panel->start || !panel->stop ||
        !panel->arm || !panel->prevalent || !panel->final)
        return no_memory(work, err);
    size_t n_measures = work->surveys && work->surveys->table ? work->surveys->n_measures : 0;
    panel->measures = copy_names(context, n_measures ? work->surveys->measures : NULL, n_measures);
    if (!panel->measures) return no_memory(work, err);
    panel->n_measures = n_measures;
    if ((status = mlab_table_make(context, n_rows, &panel->rows, err)) || (status = name_arms(work, err)) || (status = add_state(work, err)))
        return status;
    return add_events(work, err);
}

/* --- columns that follow from person and dates --------------------------------------------------- */

typedef struct spread {
    const mlab_panel_work *work;
    const mlab_column *from, *last_from;
    mlab_column *to, *last_to; /* an attribute: to alone; a measure: the answer inside the row and the last before */
} spread;

void mlab_panel_copy_value(const mlab_column *from, size_t source, mlab_column *to, size_t row)
{
    if (from->missing && from->missing[source]) {
        to->missing[row] = 1;
        return;
    }
    if (from->type == MLAB_COLUMN_REAL)
        to->as.real[row] = from->as.real[source];
    else if (from->type == MLAB_COLUMN_TEXT)
        to->as.text[row] = from->as.text[source];
    else
        to->as.integer[row] = from->as.integer[source];
}

static mlab_status spread_attribute(void *from, size_t block, void *scratch, mlab_error *err)
{
    const spread *s = from;
    const mlab_panel *panel = s->work->panel;
    (void)scratch, (void)err;
    size_t last = (block + 1) * FILL_BLOCK < panel->n_rows ? (block + 1) * FILL_BLOCK : panel->n_rows;
    for (size_t i = block * FILL_BLOCK; i < last; i++) mlab_panel_copy_value(s->from, s->work->people->row[panel->person[i]], s->to, i);
    return MLAB_OK;
}

/* The latest answer with a value in (after, until], or SIZE_MAX. */
static size_t latest_answer(const mlab_panel_work *work, const mlab_column *column, uint32_t person, int32_t after, int32_t until)
{
    const mlab_panel_surveys *s = work->surveys;
    for (size_t k = work->answer_first[person + 1]; k-- > work->answer_first[person];) {
        if (s->date[k] > until) continue;
        if (s->date[k] <= after) return SIZE_MAX;
        if (!column->missing || !column->missing[s->row[k]]) return s->row[k];
    }
    return SIZE_MAX;
}

static mlab_status spread_answers(void *from, size_t block, void *scratch, mlab_error *err)
{
    const spread *s = from;
    const mlab_panel *panel = s->work->panel;
    (void)scratch, (void)err;
    size_t last = (block + 1) * FILL_BLOCK < panel->n_rows ? (block + 1) * FILL_BLOCK : panel->n_rows;
    for (size_t i = block * FILL_BLOCK; i < last; i++) {
        size_t inside = latest_answer(s->work, s->from, panel->person[i], panel->start[i], panel->stop[i]);
        size_t before = latest_answer(s->work, s->from, panel->person[i], INT32_MIN, panel->start[i]);
        if (inside == SIZE_MAX)
            s->to->missing[i] = 1;
        else
            mlab_panel_copy_value(s->from, inside, s->to, i);
        if (before == SIZE_MAX)
            s->last_to->missing[i] = 1;
        else
            mlab_panel_copy_value(s->from, before, s->last_to, i);
    }
    return MLAB_OK;
}

mlab_status mlab_panel_add_like(mlab_panel_work *work, const char *name, const mlab_column *from, mlab_error *err)
{
    mlab_column *column;
    mlab_status status = mlab_table_add(work->panel->rows, name, from->type, (const char *const *)from->levels,
                                        from->type == MLAB_COLUMN_FACTOR ? from->n_levels : 0, &column, err);
    if (status) return status;
    column->ordered = from->ordered;
    column->missing = mlab_allocate(work->context, work->panel->n_rows, 1);
    char *unit = mlab_copy_text(work->context, from->unit ? from->unit : "");
    if (!unit || !column->missing) {
        mlab_release(work->context, unit);
        return no_memory(work, err);
    }
    mlab_release(work->context, column->unit);
    column->unit = unit;
    if (from->type != MLAB_COLUMN_TEXT) return MLAB_OK;
    char *pool = mlab_allocate(work->context, from->pool_size, 1); /* offsets stay those of the people's column */
    if (!pool) return no_memory(work, err);
    memcpy(pool, from->pool, from->pool_size);
    mlab_release(work->context, column->pool);
    column->pool = pool;
    column->pool_size = column->pool_capacity = from->pool_size;
    return MLAB_OK;
}

static void drop_empty_missing(const mlab_panel_work *work)
{
    mlab_table *rows = work->panel->rows;
    for (size_t c = 0; c < rows->n_columns; c++)
        if (rows->columns[c].missing && !memchr(rows->columns[c].missing, 1, rows->n_rows)) {
            mlab_release(work->context, rows->columns[c].missing);
            rows->columns[c].missing = NULL;
        }
}

static mlab_status spread_measure(mlab_panel_work *work, const char *name, size_t n_blocks, mlab_error *err)
{
    char last[256];
    mlab_status status;
    spread s = {.work = work, .from = mlab_table_find(work->surveys->table, name)};
    if (!s.from) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "the surveys have no column \"%s\"", name);
    if (s.from->type == MLAB_COLUMN_TEXT)
        return mlab_raise(err, MLAB_ERR_DATA_TYPE, "the survey column \"%s\" is text, not a scale or a number", name);
    if (snprintf(last, sizeof last, "%s_last", name) >= (int)sizeof last)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "the name of a survey column has over %zu bytes", sizeof last - 6);
    if ((status = mlab_panel_add_like(work, name, s.from, err)) || (status = mlab_panel_add_like(work, last, s.from, err))) return status;
    s.to = mlab_table_find(work->panel->rows, name);
    s.last_to = mlab_table_find(work->panel->rows, last);
    return mlab_parallel_blocks(work->context, NULL, n_blocks, 0, spread_answers, &s, err);
}

/* Arms "both" and "past" stay only when somebody is in them; they are the last two codes. */
static void drop_empty_arms(mlab_panel_work *work)
{
    mlab_panel *panel = work->panel;
    int32_t both = panel->n_arms - 2, past = panel->n_arms - 1;
    bool any[2] = {false, false};
    for (size_t i = 0; i < panel->n_rows; i++)
        if (panel->arm[i] >= both) any[panel->arm[i] - both] = true;
    for (size_t i = 0; i < panel->n_ids; i++)
        if (panel->final[i].arm >= both) any[panel->final[i].arm - both] = true;
    mlab_column *column = mlab_table_find(panel->rows, "arm");
    for (int32_t k = 1; k >= 0; k--) {
        if (any[k]) continue;
        int32_t code = k ? past : both;
        mlab_release(work->context, panel->arms[code]);
        mlab_release(work->context, column->levels[code]);
        if (code == both && any[1]) {
            panel->arms[both] = panel->arms[past];
            column->levels[both] = column->levels[past];
            for (size_t i = 0; i < panel->n_rows; i++)
                if (panel->arm[i] == past) panel->arm[i] = column->as.integer[i] = both;
            for (size_t i = 0; i < panel->n_ids; i++)
                if (panel->final[i].arm == past) panel->final[i].arm = both;
        }
        panel->n_arms--;
        column->n_levels--;
    }
}

static mlab_status spread_attributes(mlab_panel_work *work, size_t n_blocks, mlab_error *err)
{
    const mlab_panel_people *people = work->people;
    mlab_status status = MLAB_OK;
    for (size_t a = 0; a < people->n_attributes && !status; a++) {
        spread s = {.work = work, .from = mlab_table_find(people->table, people->attributes[a])};
        if (!s.from) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "the people have no column \"%s\"", people->attributes[a]);
        if ((status = mlab_panel_add_like(work, people->attributes[a], s.from, err))) return status;
        s.to = mlab_table_find(work->panel->rows, people->attributes[a]);
        status = mlab_parallel_blocks(work->context, NULL, n_blocks, 0, spread_attribute, &s, err);
    }
    return status;
}

mlab_status mlab_panel_fill_columns(mlab_panel_work *work, mlab_error *err)
{
    size_t n_blocks = (work->panel->n_rows + FILL_BLOCK - 1) / FILL_BLOCK;
    mlab_status status = spread_attributes(work, n_blocks, err);
    if (!status) status = mlab_panel_fill_states(work, err);
    if (status) return status;
    for (size_t m = 0; m < work->panel->n_measures; m++)
        if ((status = spread_measure(work, work->panel->measures[m], n_blocks, err))) return status;
    if ((status = mlab_panel_fill_records(work, err))) return status;
    drop_empty_arms(work);
    drop_empty_missing(work);
    return MLAB_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data of a bootstrap sample of people, row by row, so that copies of one person can be imputed apart.
 * Weakness: it is copied as a whole for every sample. */
#include "fit/impute/sampled.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

/* Rows of the sample: where each comes from, and whose copy it is. */
typedef struct taken {
    size_t n, n_people;
    uint32_t *from, *person, *copy;
} taken;

static const mlab_table *rows_of(const mlab_data *data)
{
    return data->panel ? data->panel->rows : data->people;
}

static bool begins(const mlab_data *data, size_t row)
{
    return !data->panel || row == 0 || data->panel->person[row] != data->panel->person[row - 1];
}

size_t mlab_sampled_people(const mlab_data *data)
{
    size_t people = 0;
    for (size_t row = 0; row < rows_of(data)->n_rows; row++) people += begins(data, row);
    return people;
}

mlab_status mlab_sampled_persons(const mlab_context *context, const mlab_data *data, uint32_t **person, mlab_error *err)
{
    size_t n = rows_of(data)->n_rows;
    uint32_t people = 0;
    if (!(*person = mlab_allocate(context, n, sizeof **person))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the people of %zu rows", n);
    for (size_t row = 0; row < n; row++) {
        people += begins(data, row);
        (*person)[row] = people - 1;
    }
    return MLAB_OK;
}

static mlab_status take(const mlab_context *context, const mlab_data *data, const double *count, taken *t, mlab_error *err)
{
    size_t n = rows_of(data)->n_rows, people = 0;
    for (size_t row = 0; row < n; row++) {
        people += begins(data, row);
        t->n += (size_t)count[people - 1];
    }
    t->from = mlab_allocate(context, t->n, sizeof *t->from);
    t->person = mlab_allocate(context, t->n, sizeof *t->person);
    t->copy = mlab_allocate(context, t->n, sizeof *t->copy);
    if (!t->from || !t->person || !t->copy) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sample of %zu rows", t->n);
    people = 0;
    for (size_t row = 0, end, at = 0; row < n; row = end, people++) {
        for (end = row + 1; end < n && !begins(data, end);) end++;
        for (size_t copy = 0; copy < (size_t)count[people]; copy++, t->n_people++)
            for (size_t r = row; r < end; r++, at++) {
                t->from[at] = (uint32_t)r;
                t->person[at] = (uint32_t)t->n_people;
                t->copy[at] = (uint32_t)copy;
            }
    }
    return MLAB_OK;
}

static bool is_named(const mlab_outcome *const *outcomes, size_t n, const char *column)
{
    bool named = false;
    for (size_t k = 0; k < n; k++) named = named || (outcomes[k]->formula && strstr(outcomes[k]->formula, column));
    return named;
}

static mlab_status take_column(const taken *t, const mlab_column *from, mlab_table *table, mlab_error *err)
{
    mlab_column *to;
    mlab_status status = mlab_table_add(table, from->name, from->type, (const char *const *)from->levels, from->n_levels, &to, err);
    if (status) return status;
    to->ordered = from->ordered;
    for (size_t i = 0; i < t->n && !status; i++) {
        size_t row = t->from[i];
        if (from->missing && from->missing[row]) {
            status = mlab_column_set_missing(table, to, i, err);
        } else if (from->type == MLAB_COLUMN_TEXT) {
            const char *text = mlab_column_text(from, row);
            status = mlab_column_set_text(table, to, i, text, strlen(text), err);
        } else if (from->type == MLAB_COLUMN_REAL) {
            to->as.real[i] = from->as.real[row];
        } else {
            to->as.integer[i] = from->as.integer[row];
        }
    }
    return status;
}

/* Copies [n] of an array by row; NULL stays NULL. */
static mlab_status gather(const mlab_context *context, const taken *t, const void *from, size_t size, void *into, mlab_error *err)
{
    char *made = NULL;
    if (from) {
        if (!(made = mlab_allocate(context, t->n, size))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sample of %zu rows", t->n);
        for (size_t i = 0; i < t->n; i++) memcpy(made + i * size, (const char *)from + (size_t)t->from[i] * size, size);
    }
    memcpy(into, &made, sizeof made);
    return MLAB_OK;
}

static mlab_status take_panel(const mlab_context *context, const taken *t, const mlab_panel *from, mlab_sampled *to, mlab_error *err)
{
    mlab_panel *panel = &to->panel;
    *panel = *from;
    panel->context = context;
    panel->rows = to->rows;
    panel->n_rows = t->n;
    panel->n_people = panel->n_ids = t->n_people;
    panel->ids = NULL;
    panel->final = NULL;
    panel->person = NULL;
    panel->spell = NULL;
    panel->period = panel->since = panel->start = panel->stop = panel->arm = NULL;
    panel->prevalent = NULL;
    panel->events = to->events = mlab_allocate(context, from->n_events, sizeof *to->events);
    if (!to->events) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the events of a sample");
    mlab_status status = gather(context, t, from->person, sizeof *from->person, &panel->person, err);
    for (size_t i = 0; i < t->n && !status; i++) panel->person[i] = t->person[i];
    if (!status) status = gather(context, t, from->spell, sizeof *from->spell, &panel->spell, err);
    if (!status) status = gather(context, t, from->period, sizeof *from->period, &panel->period, err);
    if (!status) status = gather(context, t, from->since, sizeof *from->since, &panel->since, err);
    if (!status) status = gather(context, t, from->start, sizeof *from->start, &panel->start, err);
    if (!status) status = gather(context, t, from->stop, sizeof *from->stop, &panel->stop, err);
    if (!status) status = gather(context, t, from->arm, sizeof *from->arm, &panel->arm, err);
    if (!status) status = gather(context, t, from->prevalent, sizeof *from->prevalent, &panel->prevalent, err);
    for (size_t e = 0; e < from->n_events && !status; e++) {
        const mlab_panel_event *own = &from->events[e];
        mlab_panel_event *event = &to->events[e];
        *event = *own;
        event->what = event->at_risk = NULL;
        event->share = NULL;
        event->day = NULL;
        to->n_events = e + 1;
        status = gather(context, t, own->what, sizeof *own->what, &event->what, err);
        if (!status) status = gather(context, t, own->at_risk, sizeof *own->at_risk, &event->at_risk, err);
        if (!status) status = gather(context, t, own->share, sizeof *own->share, &event->share, err);
        if (!status) status = gather(context, t, own->day, sizeof *own->day, &event->day, err);
    }
    return status;
}

mlab_status mlab_sampled_make(const mlab_context *context, const mlab_data *data, const mlab_outcome *const *outcomes, size_t n_outcomes,
                              const double *count, mlab_sampled **out, mlab_error *err)
{
    const mlab_table *from = rows_of(data);
    taken t = {0};
    *out = NULL;
    mlab_sampled *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a sample");
    made->context = context;
    mlab_status status = take(context, data, count, &t, err);
    if (!status) status = mlab_table_make(context, t.n, &made->rows, err);
    for (size_t c = 0; c < from->n_columns && !status; c++)
        if (from->columns[c].type != MLAB_COLUMN_TEXT || is_named(outcomes, n_outcomes, from->columns[c].name))
            status = take_column(&t, &from->columns[c], made->rows, err);
    made->data = *data;
    made->data.context = context;
    made->data.relationships = NULL;
    made->data.n_relationships = 0;
    if (data->panel) {
        if (!status) status = take_panel(context, &t, data->panel, made, err);
        made->data.panel = &made->panel;
    } else {
        made->data.people = made->rows;
    }
    made->source = t.from;
    made->copy = t.copy;
    mlab_release(context, t.person);
    if (status) {
        mlab_sampled_free(made);
        made = NULL;
    }
    *out = made;
    return status;
}

void mlab_sampled_free(mlab_sampled *sampled)
{
    if (!sampled) return;
    const mlab_context *context = sampled->context;
    for (size_t e = 0; sampled->events && e < sampled->n_events; e++) {
        void *const memory[] = {sampled->events[e].what, sampled->events[e].at_risk, sampled->events[e].share, sampled->events[e].day};
        for (size_t k = 0; k < 4; k++) mlab_release(context, memory[k]);
    }
    const mlab_panel *p = &sampled->panel;
    if (sampled->events) {
        void *const memory[] = {p->person, p->spell, p->period, p->since, p->start, p->stop, p->arm, p->prevalent};
        for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
    }
    mlab_release(context, sampled->events);
    mlab_release(context, sampled->source);
    mlab_release(context, sampled->copy);
    mlab_table_free(sampled->rows);
    mlab_release(context, sampled);
}

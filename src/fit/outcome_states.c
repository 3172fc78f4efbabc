/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States and transitions of a panel: a column of states at the start of every row, and the exits.
 *
 * The state at the end of a row is that at the start of the person's next row, or the cause of exit. A row with both a change and an exit counts as
 * the exit. Rows whose end is not known are left out: those of the last period of the grid, for everybody, and the last row of somebody who is not
 * seen any more without having left. */
#include "fit/outcome.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/missing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATES = 60 };

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

typedef struct ladder {
    const mlab_column *column;
    const mlab_panel_event *exit;
    int32_t value[MOST_STATES]; /* of the column, by state, rising */
    size_t n_values;
} ladder;

static bool next_row(const mlab_panel *panel, size_t row)
{
    return row + 1 < panel->n_rows && panel->person[row + 1] == panel->person[row] && panel->spell[row + 1] == panel->spell[row];
}

static mlab_status find_columns(const mlab_outcome_problem *made, const mlab_outcome *outcome, ladder *of, mlab_error *err)
{
    const char *name = mlab_outcome_response_name(made);
    if (!made->panel)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place, "%s: model multistate needs a panel of periods", outcome->name);
    of->column = name ? mlab_table_find(made->table, name) : NULL;
    of->exit = mlab_panel_find_event(made->panel, "exit");
    if (!of->column || (of->column->type != MLAB_COLUMN_FACTOR && of->column->type != MLAB_COLUMN_INTEGER))
        return mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &outcome->formula_place,
                             "%s: model multistate needs a column of states before ~ (whole numbers or labels, as grade)", outcome->name);
    return MLAB_OK;
}

mlab_status mlab_outcome_keep_states(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    ladder of = {0};
    mlab_status status = find_columns(made, outcome, &of, err);
    for (size_t row = 0; !status && row < made->panel->n_rows; row++) {
        bool gone = of.exit && of.exit->what[row] > 0, at_risk = !of.exit || (of.exit->at_risk[row] && of.exit->share[row] > 0);
        bool known = made->panel->period[row] + 1 < made->panel->n_periods && (gone || next_row(made->panel, row));
        bool missing = mlab_is_missing_at(of.column, row) || (known && !gone && mlab_is_missing_at(of.column, row + 1));
        made->keep[row] = at_risk && known && !missing;
        made->problem.n_dropped_missing += at_risk && known && missing;
    }
    return status;
}

static size_t state_of(const ladder *of, size_t row)
{
    size_t s = 0;
    while (s < of->n_values && of->value[s] != of->column->as.integer[row]) s++;
    return s;
}

/* Every value that a row begins or ends with, rising. */
static mlab_status find_values(const mlab_outcome_problem *made, ladder *of, mlab_error *err)
{
    for (size_t i = 0; i < made->problem.n; i++)
        for (size_t row = made->rows[i], end = row + (next_row(made->panel, row) ? 1 : 0); row <= end; row++) {
            if (mlab_is_missing_at(of->column, row) || state_of(of, row) < of->n_values) continue;
            if (of->n_values == MOST_STATES)
                return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" has over %d states", made->problem.outcome, of->column->name, MOST_STATES);
            of->value[of->n_values++] = of->column->as.integer[row];
        }
    qsort(of->value, of->n_values, sizeof *of->value, by_number);
    return MLAB_OK;
}

static mlab_status name_state(mlab_outcome_problem *made, size_t s, const char *text, mlab_error *err)
{
    made->state_names[s] = mlab_copy_text(made->context, text);
    return made->state_names[s] ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states of %s", made->problem.outcome);
}

static mlab_status name_states(mlab_outcome_problem *made, const ladder *of, mlab_error *err)
{
    size_t n_exits = of->exit ? (size_t)of->exit->n_causes : 0;
    mlab_status status = MLAB_OK;
    made->n_state_names = of->n_values + n_exits;
    made->state_names = mlab_allocate(made->context, made->n_state_names, sizeof *made->state_names);
    if (!made->state_names) {
        made->n_state_names = 0;
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states of %s", made->problem.outcome);
    }
    for (size_t s = 0; s < of->n_values && !status; s++) {
        char number[16];
        snprintf(number, sizeof number, "%d", (int)of->value[s]);
        status = name_state(made, s, of->column->type == MLAB_COLUMN_FACTOR ? of->column->levels[of->value[s]] : number, err);
    }
    for (size_t c = 0; c < n_exits && !status; c++) status = name_state(made, of->n_values + c, of->exit->causes[c], err);
    return status;
}

/* Numbers the transitions that happen, by origin, then destination: number [S * S], 0 = never. */
static mlab_status name_transitions(mlab_outcome_problem *made, int32_t *number, mlab_error *err)
{
    size_t s = made->n_state_names, n = 0;
    for (size_t k = 0; k < s * s; k++)
        if (number[k]) number[k] = (int32_t)++n;
    if (n == 0) return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: nobody changes state and nobody leaves", made->problem.outcome);
    made->names = mlab_allocate(made->context, n + 1, sizeof *made->names);
    made->from = mlab_allocate(made->context, 2 * n, sizeof *made->from);
    if (!made->names || !made->from) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu transitions", n);
    made->n_names = n + 1;
    for (size_t k = 0; k < s * s; k++) {
        if (!number[k]) continue;
        mlab_text text = MLAB_TEXT(made->context);
        mlab_text_print(&text, "%s>%s", made->state_names[k / s], made->state_names[k % s]);
        made->names[number[k]] = text.failed ? NULL : mlab_copy_text(made->context, mlab_text_get(&text));
        mlab_text_free(&text);
        if (!made->names[number[k]]) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu transitions", n);
        made->from[number[k] - 1] = (int32_t)(k / s);
        made->from[n + (size_t)number[k] - 1] = (int32_t)(k % s);
    }
    made->names[0] = mlab_copy_text(made->context, "none");
    return made->names[0] ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu transitions", n);
}

static size_t destination(const mlab_outcome_problem *made, const ladder *of, size_t row)
{
    if (of->exit && of->exit->what[row] > 0) return of->n_values + (size_t)of->exit->what[row] - 1;
    return state_of(of, made->panel && next_row(made->panel, row) ? row + 1 : row);
}

mlab_status mlab_outcome_respond_states(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    ladder of = {0};
    int32_t *number = NULL;
    mlab_fit_problem *problem = &made->problem;
    mlab_status status = find_columns(made, outcome, &of, err);
    if (!status) status = find_values(made, &of, err);
    if (!status) status = name_states(made, &of, err);
    if (status) return status;
    size_t s = made->n_state_names, n = problem->n;
    number = mlab_allocate(made->context, s * s, sizeof *number);
    made->category = mlab_allocate(made->context, n, sizeof *made->category);
    made->origin = mlab_allocate(made->context, n, sizeof *made->origin);
    made->offset = mlab_allocate(made->context, n, sizeof *made->offset);
    if (!number || !made->category || !made->origin || !made->offset) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states of %zu rows", n);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        size_t from = state_of(&of, made->rows[i]), to = destination(made, &of, made->rows[i]);
        if (from != to) number[from * s + to] = 1;
    }
    if ((status = name_transitions(made, number, err))) goto out;
    for (size_t i = 0; i < n; i++) {
        size_t row = made->rows[i], from = state_of(&of, row), to = destination(made, &of, row);
        made->origin[i] = (int32_t)from;
        made->category[i] = from == to ? 0 : number[from * s + to];
        made->offset[i] = of.exit && of.exit->share[row] < 1 ? mlab_log(of.exit->share[row]) : 0;
    }
    made->states = (mlab_states){
        .n = s, .names = (const char *const *)made->state_names, .origin = made->origin, .from = made->from, .to = made->from + (made->n_names - 1)};
    problem->states = &made->states;
    problem->category = made->category;
    problem->offset = made->offset;
    problem->n_categories = made->n_names;
    problem->categories = (const char *const *)made->names;
out:
    mlab_release(made->context, number);
    return status;
}

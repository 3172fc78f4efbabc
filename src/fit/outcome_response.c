/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The response of an outcome: categories, numbers or times of the rows that have one.
 *
 * Hazards: rows at risk, category = cause, offset log(days at risk / days in the period); with the logit link, and in the other models of
 * categories, rows at risk for part of a period are stubs, left out and counted. Events of causes that are not fitted end a row without an event.
 * Times of cox are whole days or periods; on a panel they are days since time zero, and a row ends on the day of its event.
 */
#include "fit/outcome.h"

#include "core/elementary.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/event_status.h"
#include "data/missing.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MOST_TIME 2e9      /* times fit 32 bits */
enum { MOST_LEVELS = 20 }; /* that a sentence lists */

static mlab_status no_column(const mlab_outcome_problem *made, const char *name, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "%s: the response \"%s\" of \"%s\" is not a column of the data", made->problem.outcome, name,
                      made->text);
}

/* --- which rows ------------------------------------------------------------------------------------------------ */

/* Whole periods are asked for by all models of periods that do not know the share at risk. */
static void keep_at_risk(mlab_outcome_problem *made, bool whole)
{
    const mlab_panel_event *event = made->event;
    for (size_t i = 0; i < made->table->n_rows; i++) {
        bool at_risk = event->at_risk[i] && event->share[i] > 0, stub = at_risk && whole && event->share[i] < 1;
        made->keep[i] = at_risk && !stub;
        made->problem.n_dropped_stubs += stub;
    }
}

static bool same_spell(const mlab_panel *panel, size_t row, size_t other)
{
    return panel->person[row] == panel->person[other] && panel->spell[row] == panel->spell[other];
}

/* The first row at risk of every spell: a subdistribution hazard has covariates of time zero. */
static void keep_first(mlab_outcome_problem *made)
{
    const mlab_panel *panel = made->panel;
    for (size_t row = 0, first = SIZE_MAX; row < panel->n_rows; row++) {
        if (row == 0 || !same_spell(panel, row, row - 1)) first = SIZE_MAX;
        if (made->keep[row] && first == SIZE_MAX)
            first = row;
        else
            made->keep[row] = 0;
    }
}

static mlab_status keep_present(mlab_outcome_problem *made, const char *name, mlab_error *err)
{
    const mlab_column *column = mlab_table_find(made->table, name);
    if (!column) return no_column(made, name, err);
    for (size_t i = 0; i < made->table->n_rows; i++)
        if (mlab_is_missing_at(column, i)) {
            made->problem.n_dropped_missing += made->keep[i] && !made->panel; /* a panel row without an answer is not a missing answer */
            made->keep[i] = 0;
        }
    return MLAB_OK;
}

mlab_status mlab_outcome_keep(mlab_outcome_problem *made, const mlab_outcome *outcome, const mlab_fit_options *options, mlab_error *err)
{
    memset(made->keep, 1, made->table->n_rows);
    if (made->model->marks & MLAB_MODEL_STATES) return mlab_outcome_keep_states(made, outcome, err);
    if (made->event) {
        bool share = (made->model->marks & MLAB_MODEL_SHARE) && options->link == 0;
        keep_at_risk(made, !share && !(made->model->marks & MLAB_MODEL_TIMES));
        if (made->model->marks & MLAB_MODEL_COMPETING) keep_first(made);
        return MLAB_OK;
    }
    for (int which = 0; which < 3; which++) {
        const char *name = mlab_formula_response_name(made->formula, which);
        mlab_status status = name ? keep_present(made, name, err) : MLAB_OK;
        if (status) return status;
    }
    return MLAB_OK;
}

/* --- categories ------------------------------------------------------------------------------------------------ */

static mlab_status make_names(mlab_outcome_problem *made, size_t n, mlab_error *err)
{
    made->names = mlab_allocate(made->context, n, sizeof *made->names);
    made->category = mlab_allocate(made->context, made->problem.n, sizeof *made->category);
    if (!made->names || !made->category) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the response of %s", made->problem.outcome);
    made->n_names = n;
    made->problem.category = made->category;
    made->problem.n_categories = n;
    made->problem.categories = (const char *const *)made->names;
    return MLAB_OK;
}

static mlab_status name_category(mlab_outcome_problem *made, size_t k, const char *name, mlab_error *err)
{
    made->names[k] = mlab_copy_text(made->context, name);
    return made->names[k] ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the levels of %s", made->problem.outcome);
}

/* Category of each cause of the event: 0 when it is not fitted. of [n_causes]. Returns the number of causes fitted, 0 with an error. */
static mlab_status choose_causes(const mlab_outcome_problem *made, const mlab_outcome *outcome, int32_t *of, size_t *n, mlab_error *err)
{
    const mlab_panel_event *event = made->event;
    *n = 0;
    for (int32_t c = 0; c < event->n_causes && outcome->n_causes == 0; c++) of[c] = (int32_t)++ * n;
    for (int32_t k = 0; k < outcome->n_causes; k++) {
        int32_t c = 0;
        while (c < event->n_causes && strcmp(event->causes[c], outcome->causes[k]) != 0) c++;
        if (c == event->n_causes)
            return mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &outcome->formula_place, "%s: \"%s\" is not a cause of %s; the first of %d is \"%s\"",
                                 outcome->name, outcome->causes[k], event->name, event->n_causes, event->n_causes > 0 ? event->causes[0] : "");
        if (of[c] == 0) of[c] = (int32_t)++ * n;
    }
    return *n > 0 ? MLAB_OK : mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: the event %s has no causes", outcome->name, event->name);
}

/* Categories of causes; models of two categories see any of them. */
static mlab_status respond_event(mlab_outcome_problem *made, const mlab_outcome *outcome, const mlab_fit_options *options, mlab_error *err)
{
    const mlab_panel_event *event = made->event;
    bool two = made->model->marks & MLAB_MODEL_TWO, share = (made->model->marks & MLAB_MODEL_SHARE) && options->link == 0;
    size_t n_causes;
    int32_t *of = mlab_allocate(made->context, (size_t)event->n_causes, sizeof *of);
    if (!of) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the causes of %s", event->name);
    mlab_status status = choose_causes(made, outcome, of, &n_causes, err);
    if (status || (status = make_names(made, two ? 2 : n_causes + 1, err))) goto out;
    if ((status = name_category(made, 0, "none", err))) goto out;
    for (int32_t c = 0; c < event->n_causes && !status; c++)
        if (of[c] > 0 && (!two || !made->names[1]))
            status = name_category(made, two ? 1 : (size_t)of[c], two ? event->response : event->causes[c], err);
    if (status) goto out;
    if (share) {
        made->offset = mlab_allocate(made->context, made->problem.n, sizeof *made->offset);
        if (!made->offset) {
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", made->problem.n);
            goto out;
        }
        made->problem.offset = made->offset;
    }
    for (size_t i = 0; i < made->problem.n; i++) {
        size_t row = made->rows[i];
        int32_t category = event->what[row] ? of[event->what[row] - 1] : 0;
        made->category[i] = two ? category > 0 : category;
        if (share) made->offset[i] = event->share[row] == 1 ? 0 : mlab_log(event->share[row]);
    }
out:
    mlab_release(made->context, of);
    return status;
}

/* Levels that some row has; the others are dropped, as a threshold between them cannot be told. */
static mlab_status respond_factor(mlab_outcome_problem *made, const mlab_column *column, mlab_error *err)
{
    int32_t *to = mlab_allocate(made->context, (size_t)column->n_levels, sizeof *to);
    if (!to) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the levels of %s", made->problem.outcome);
    size_t n = 0;
    for (size_t i = 0; i < made->problem.n; i++) to[column->as.integer[made->rows[i]]] = 1;
    for (int32_t l = 0; l < column->n_levels; l++) n += to[l] > 0;
    mlab_status status = make_names(made, n, err);
    size_t k = 0;
    for (int32_t l = 0; l < column->n_levels && !status; l++)
        if (to[l]) {
            to[l] = (int32_t)k;
            status = name_category(made, k++, column->levels[l], err);
        }
    for (size_t i = 0; i < made->problem.n && !status; i++) made->category[i] = to[column->as.integer[made->rows[i]]];
    mlab_release(made->context, to);
    return status;
}

static double value_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

static mlab_status not_zero_one(const mlab_outcome_problem *made, const mlab_column *column, size_t row, mlab_error *err)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    bool whole = true;
    const char *outcome = made->problem.outcome, *name = column->name;
    for (size_t i = 0; i < made->problem.n; i++) {
        double value = value_at(column, made->rows[i]);
        whole = whole && value == floor(value);
        low = fmin(low, value);
        high = fmax(high, value);
    }
    if (!(made->model->marks & (MLAB_MODEL_THRESHOLDS | MLAB_MODEL_BLOCK_EACH)) || !whole || high - low > MOST_LEVELS ||
        fmax(fabs(low), fabs(high)) > MOST_TIME) /* beyond 2^53 a step of 1 is none */
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" is %.6g in row %lu; allowed: 0 and 1, or a factor", outcome, name,
                          value_at(column, row), (unsigned long)row + 1);
    mlab_text scale = MLAB_TEXT(made->context);
    for (int64_t level = (int64_t)low; level <= (int64_t)high; level++)
        mlab_text_print(&scale, "%s%" PRId64, level == (int64_t)low ? "" : ", ", level);
    mlab_status status =
        mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" is numbers, model %s needs levels; write data: {columns: {%s: {scale: [%s]}}}", outcome,
                   name, made->model->name, name, mlab_text_get(&scale));
    mlab_text_free(&scale);
    return status;
}

/* Whole numbers from 0: no and yes. */
static mlab_status respond_zero_one(mlab_outcome_problem *made, const mlab_column *column, mlab_error *err)
{
    mlab_status status = make_names(made, 2, err);
    if (!status) status = name_category(made, 0, "0", err);
    if (!status) status = name_category(made, 1, "1", err);
    for (size_t i = 0; i < made->problem.n && !status; i++) {
        double value = value_at(column, made->rows[i]);
        if (value != 0 && value != 1) return not_zero_one(made, column, made->rows[i], err);
        made->category[i] = (int32_t)value;
    }
    return status;
}

static mlab_status respond_number(mlab_outcome_problem *made, const mlab_column *column, mlab_error *err)
{
    if (column->type == MLAB_COLUMN_TEXT || (column->type == MLAB_COLUMN_FACTOR && !column->ordered))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" is not a number; model %s needs one", made->problem.outcome, column->name,
                          made->model->name);
    made->number = mlab_allocate(made->context, made->problem.n, sizeof *made->number);
    if (!made->number) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu numbers", made->problem.n);
    double first = column->type == MLAB_COLUMN_FACTOR ? 1 : 0; /* levels count from 1 */
    for (size_t i = 0; i < made->problem.n; i++) made->number[i] = value_at(column, made->rows[i]) + first;
    made->problem.number = made->number;
    return MLAB_OK;
}

/* --- times ------------------------------------------------------------------------------------------------------- */

static mlab_status make_times(mlab_outcome_problem *made, bool start, mlab_error *err)
{
    size_t n = made->problem.n;
    if (start) made->start = mlab_allocate(made->context, n, sizeof *made->start);
    made->stop = mlab_allocate(made->context, n, sizeof *made->stop);
    made->status = mlab_allocate(made->context, n, sizeof *made->status);
    if ((start && !made->start) || !made->stop || !made->status) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu times", n);
    made->problem.start = made->start;
    made->problem.stop = made->stop;
    made->problem.status = made->status;
    return MLAB_OK;
}

static mlab_status read_times(mlab_outcome_problem *made, const char *name, bool zero_one, int32_t *into, mlab_error *err)
{
    const mlab_column *column = mlab_table_find(made->table, name);
    if (column->type == MLAB_COLUMN_TEXT || (column->type == MLAB_COLUMN_FACTOR && (!zero_one || column->n_levels != 2)))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" is not a %s", made->problem.outcome, name, zero_one ? "status of 0 and 1" : "time");
    int32_t censored = 0;
    mlab_status status = zero_one ? mlab_event_none(column, made->problem.outcome, &censored, err) : MLAB_OK;
    if (status) return status;
    for (size_t i = 0; i < made->problem.n; i++) {
        double value = value_at(column, made->rows[i]);
        if (column->type == MLAB_COLUMN_FACTOR) value = mlab_event_at(column, censored, made->rows[i]);
        bool fine = value == floor(value) && fabs(value) < MOST_TIME && (!zero_one || value == 0 || value == 1);
        if (!fine)
            return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" is %.10g in row %lu; allowed: %s", made->problem.outcome, name, value,
                              (unsigned long)made->rows[i] + 1, zero_one ? "0 and 1" : "whole days; state its unit with type: duration");
        into[i] = (int32_t)value;
    }
    return MLAB_OK;
}

/* Days from the row to the event of its spell, or to the end of what was seen. wanted: cause of interest, 0 = any. */
static void put_first_events(mlab_outcome_problem *made, int32_t wanted)
{
    const mlab_panel *panel = made->panel;
    const mlab_panel_event *event = made->event;
    for (size_t i = 0; i < made->problem.n; i++) {
        size_t first = made->rows[i], row = first;
        while (event->what[row] == 0 && row + 1 < panel->n_rows && same_spell(panel, row + 1, first)) row++;
        int32_t what = event->what[row], end = what > 0 ? event->day[row] : panel->stop[row];
        made->stop[i] = end - panel->start[first];
        made->status[i] = what == 0 ? 0 : wanted == 0 || what == wanted ? 1 : 2;
    }
}

/* Days since the person's time zero; clocks of promotions are not offered. */
static mlab_status respond_panel_times(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    const mlab_panel *panel = made->panel;
    const mlab_panel_event *event = made->event;
    int32_t wanted = outcome->n_causes == 1 ? -1 : 0;
    for (int32_t c = 0; c < event->n_causes && wanted < 0; c++)
        if (strcmp(event->causes[c], outcome->causes[0]) == 0) wanted = c + 1;
    if (wanted < 0 || (wanted == 0 && event->n_causes > 1))
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place,
                             "%s: %s takes one cause of %s at a time; name it under causes, or use model hazard for all together", outcome->name,
                             made->model->name, event->name);
    bool competing = made->model->marks & MLAB_MODEL_COMPETING;
    mlab_status status = make_times(made, !competing, err);
    if (status) return status;
    if (competing) {
        put_first_events(made, wanted);
        return MLAB_OK;
    }
    int32_t zero = 0;
    size_t at = 0;
    for (size_t row = 0; row < panel->n_rows; row++) {
        if (row == 0 || !same_spell(panel, row, row - 1)) zero = panel->start[row];
        if (!made->keep[row]) continue;
        bool any = event->what[row] > 0;
        made->start[at] = panel->start[row] - zero;
        made->stop[at] = (any ? event->day[row] : panel->stop[row]) - zero;
        made->status[at++] = any && (wanted == 0 || event->what[row] == wanted);
    }
    return MLAB_OK;
}

static mlab_status no_cause(const mlab_outcome_problem *made, const mlab_outcome *outcome, const mlab_column *column, int32_t censored,
                            mlab_error *err)
{
    const char *first = "...", *found = outcome->n_causes == 1 ? outcome->causes[0] : NULL;
    for (int32_t l = column->n_levels; l-- > 0;)
        if (l != censored) first = column->levels[l];
    const char *near = found ? mlab_nearest(found, (const char *const *)column->levels, (size_t)column->n_levels) : NULL;
    return mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &outcome->formula_place,
                         "%s: model %s needs one cause, a level of \"%s\" other than \"%s\", which stands for no event%s%s%s; write causes: [%s]",
                         outcome->name, made->model->name, column->name, column->n_levels > 0 ? column->levels[censored] : "",
                         found ? ", found '" : "", found ? found : "", found ? "'" : "", near ? near : first);
}

/* The status of a model that knows competing events, from a factor: the level named under causes, or of the others the first, is the event of
 * interest. */
static mlab_status read_competing(mlab_outcome_problem *made, const mlab_outcome *outcome, const mlab_column *column, mlab_error *err)
{
    int32_t censored;
    mlab_status status = mlab_event_none(column, made->problem.outcome, &censored, err);
    if (status) return status;
    int32_t wanted = outcome->n_causes == 0 && column->n_levels > 1 ? censored == 0 : -1;
    for (int32_t l = 0; outcome->n_causes == 1 && l < column->n_levels; l++)
        if (strcmp(column->levels[l], outcome->causes[0]) == 0) wanted = l;
    if (wanted < 0 || wanted == censored) return no_cause(made, outcome, column, censored, err);
    for (size_t i = 0; i < made->problem.n; i++) {
        int32_t level = column->as.integer[made->rows[i]];
        made->status[i] = level == censored ? 0 : level == wanted ? 1 : 2;
    }
    return MLAB_OK;
}

static mlab_status respond_times(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    const char *start = mlab_formula_response_name(made->formula, 0);
    mlab_status status = make_times(made, start != NULL, err);
    if (!status && start) status = read_times(made, start, false, made->start, err);
    if (!status) status = read_times(made, mlab_formula_response_name(made->formula, 1), false, made->stop, err);
    if (status) return status;
    const char *name = mlab_formula_response_name(made->formula, 2);
    const mlab_column *column = mlab_table_find(made->table, name);
    if ((made->model->marks & MLAB_MODEL_COMPETING) && column && column->type == MLAB_COLUMN_FACTOR)
        return read_competing(made, outcome, column, err);
    return read_times(made, name, true, made->status, err);
}

mlab_status mlab_outcome_respond(mlab_outcome_problem *made, const mlab_outcome *outcome, const mlab_fit_options *options, mlab_error *err)
{
    bool times = made->model->marks & MLAB_MODEL_TIMES;
    if (made->model->marks & MLAB_MODEL_STATES) return mlab_outcome_respond_states(made, outcome, err);
    if (made->event) return times ? respond_panel_times(made, outcome, err) : respond_event(made, outcome, options, err);
    if (times) return respond_times(made, outcome, err);
    const mlab_column *column = mlab_table_find(made->table, mlab_outcome_response_name(made));
    if (made->model->marks & MLAB_MODEL_NUMBER) return respond_number(made, column, err);
    if (column->type == MLAB_COLUMN_FACTOR) return respond_factor(made, column, err);
    if (column->type == MLAB_COLUMN_INTEGER || column->type == MLAB_COLUMN_REAL) return respond_zero_one(made, column, err);
    return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" is text or a date; model %s needs levels", made->problem.outcome, column->name,
                      made->model->name);
}

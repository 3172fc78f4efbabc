/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an outcome is compared on: which event or answer it is, and the memory of its model. */
#include "compare/task.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

/* Retention counts the voluntary exits where the causes say which they are; else the first cause named. */
static size_t target_of(const mlab_panel_event *event, const mlab_outcome *outcome)
{
    for (int32_t k = 0; k < event->n_causes; k++)
        if (!strcmp(event->causes[k], "voluntary")) return (size_t)k;
    for (int32_t k = 0; outcome->n_causes > 0 && k < event->n_causes; k++)
        if (!strcmp(event->causes[k], outcome->causes[0])) return (size_t)k;
    return 0;
}

const char *mlab_task_cause(const mlab_task *task)
{
    return task->kind == MLAB_TASK_EXIT && task->event && task->event->n_causes > 1 ? task->event->causes[task->target] : "";
}

char *mlab_task_yes(const mlab_task *task)
{
    const mlab_column *column = task->column;
    mlab_text text = MLAB_TEXT(task->cohort->context);
    mlab_text_print(&text, "%s = %s", column->name,
                    column->type == MLAB_COLUMN_FACTOR && column->n_levels > 0 ? column->levels[column->n_levels - 1] : "1");
    char *made = text.failed ? NULL : mlab_copy_text(task->cohort->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return made;
}

static bool is_measure(const mlab_panel *panel, const char *name)
{
    for (size_t m = 0; m < panel->n_measures; m++)
        if (!strcmp(panel->measures[m], name)) return true;
    return false;
}

/* The name on the left of the outcome's formula, copied; "" when there is none. */
static mlab_status response_name(const mlab_context *context, const mlab_outcome *outcome, char **name, mlab_error *err)
{
    mlab_formula *formula = NULL;
    *name = NULL;
    if (outcome->formula && *outcome->formula) {
        mlab_status status = mlab_formula_parse(context, outcome->formula, &outcome->formula_place, &formula, err);
        if (status) return status;
    }
    bool has = formula && mlab_formula_response(formula) == MLAB_RESPONSE_COLUMN;
    *name = mlab_copy_text(context, has ? mlab_formula_response_name(formula, 0) : "");
    mlab_formula_free(formula);
    return *name ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for outcome %s", outcome->name);
}

static const char *find_panel_outcome(mlab_task *task, const mlab_panel *panel, const char *response)
{
    const mlab_outcome *outcome = task->outcome;
    task->event = mlab_panel_find_event(panel, outcome->name);
    if (!task->event && *response) task->event = mlab_panel_find_event(panel, response);
    task->exit = mlab_panel_find_event(panel, "exit");
    if (!task->exit) task->exit = mlab_panel_find_event(panel, "retention");
    if (task->event) {
        task->kind = task->event == task->exit ? MLAB_TASK_EXIT : MLAB_TASK_FIRST;
        task->target = target_of(task->event, outcome);
        return task->event->n_causes > 7 ? "it has more than 7 causes" : NULL;
    }
    const char *measure = is_measure(panel, outcome->name) ? outcome->name : is_measure(panel, response) ? response : NULL;
    if (!measure) return "the panel has neither an event nor a survey answer of that name";
    task->kind = MLAB_TASK_ANSWERS;
    task->column = mlab_table_find(panel->rows, measure);
    if (!task->column) return "the panel has no column of its answers";
    return task->column->type == MLAB_COLUMN_TEXT || task->column->type == MLAB_COLUMN_DATE ? "its answers are neither levels nor numbers" : NULL;
}

static mlab_status find_outcome(const mlab_context *context, mlab_task *task, const char **why, mlab_error *err)
{
    if (task->cohort->person_level && !task->cohort->no_time) {
        task->kind = MLAB_TASK_EXIT;
        *why = task->outcome->kind == MLAB_OUTCOME_EVENT ? NULL
                                                         : "beside an event, which has a time, other outcomes of a table of persons are not compared";
        return MLAB_OK;
    }
    char *response;
    mlab_status status = response_name(context, task->outcome, &response, err);
    if (status) return status;
    if (task->cohort->no_time) {
        task->kind = MLAB_TASK_ANSWERS;
        task->column = mlab_table_find(task->cohort->table, response);
        if (!task->column)
            *why = "the left side of its formula is no column";
        else if (task->column->type == MLAB_COLUMN_TEXT || task->column->type == MLAB_COLUMN_DATE)
            *why = "its answers are neither levels nor numbers";
        mlab_release(context, response);
        return MLAB_OK;
    }
    *why = task->outcome->of_mentor ? "outcomes of mentors are not compared yet" : find_panel_outcome(task, task->cohort->data->panel, response);
    mlab_release(context, response);
    return MLAB_OK;
}

static mlab_status allocate(const mlab_context *context, mlab_task *task, mlab_error *err)
{
    size_t arms = task->cohort->n_arms;
    task->people = mlab_allocate(context, arms, sizeof *task->people);
    task->events = mlab_allocate(context, arms, sizeof *task->events);
    task->years = mlab_allocate(context, arms, sizeof *task->years);
    task->followed = mlab_allocate(context, arms, sizeof *task->followed);
    task->begins = mlab_allocate(context, arms, sizeof *task->begins);
    if (!task->people || !task->events || !task->years || !task->followed || !task->begins)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to compare %s", task->outcome->name);
    return MLAB_OK;
}

static mlab_status allocate_estimates(const mlab_context *context, mlab_task *task, mlab_error *err)
{
    task->n_main = task->kind == MLAB_TASK_ANSWERS ? mlab_answers_parameters(&task->answers)
                                                   : task->main.is.n_blocks * (task->main.is.n_basis + task->main.is.n_z);
    task->n_leaving = task->has_leaving ? task->leaving.is.n_basis + task->leaving.is.n_z : 0;
    task->estimate = mlab_allocate(context, task->n_main + task->n_leaving, sizeof *task->estimate);
    task->information = mlab_allocate(context, task->n_main * task->n_main, sizeof *task->information);
    task->leaving_information = mlab_allocate(context, task->n_leaving * task->n_leaving, sizeof *task->leaving_information);
    if (!task->estimate || !task->information || !task->leaving_information)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the model of %s", task->outcome->name);
    return MLAB_OK;
}

mlab_status mlab_task_make(const mlab_context *context, const mlab_task_request *request, mlab_task **out, const char **why, mlab_error *err)
{
    *out = NULL;
    *why = NULL;
    mlab_task *task = mlab_allocate(context, 1, sizeof *task);
    if (!task) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to compare %s", request->outcome->name);
    task->cohort = request->cohort;
    task->outcome = request->outcome;
    task->weighted = request->weighted;
    task->horizon = request->horizon;
    task->n_horizons = request->n_horizons;
    task->n_stats = 1;
    mlab_status status = find_outcome(context, task, why, err);
    if (!status && !*why) status = allocate(context, task, err);
    if (!status && !*why) status = task->kind == MLAB_TASK_ANSWERS ? mlab_task_answers(task, request, err) : mlab_task_hazards(task, request, err);
    if (!status && !*why) status = allocate_estimates(context, task, err);
    if (status || *why)
        mlab_task_free(task);
    else
        *out = task;
    return status;
}

void mlab_task_free(mlab_task *task)
{
    if (!task) return;
    const mlab_context *context = task->cohort->context;
    void *parts[] = {task->main.first_run,
                     task->main.first_row,
                     task->main.runs,
                     task->main.rows,
                     task->leaving.first_run,
                     task->leaving.first_row,
                     task->leaving.runs,
                     task->leaving.rows,
                     task->answers.first,
                     task->answers.cell,
                     task->answers.level,
                     task->answers.number,
                     task->basis,
                     task->leaving_basis,
                     task->row,
                     task->leaving_row,
                     task->eligible,
                     task->score,
                     task->wave,
                     task->estimate,
                     task->information,
                     task->leaving_information,
                     task->people,
                     task->events,
                     task->years,
                     task->followed,
                     task->begins};
    for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) mlab_release(context, parts[j]);
    mlab_release(context, task);
}

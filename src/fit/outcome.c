/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits one outcome of a study: chooses table, model and formula, leaves out incomplete rows and counts them.
 *
 * On a panel the rows are person-periods and clusters are people; in a person-level study every row is a person. Weakness: rows
 * with a missing value are left out (complete cases), which is right only when what is missing does not depend on the outcome.
 */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "fit/after/after.h"
#include "fit/joint/initial.h"
#include "fit/raters/raters.h"

#include <string.h>

void mlab_outcome_problem_free(mlab_outcome_problem *made)
{
    if (!made) return;
    const mlab_context *context = made->context;
    mlab_design_free(made->design);
    mlab_table_free(made->own_table);
    mlab_outcome_random_free(made);
    mlab_formula_free(made->formula);
    for (size_t k = 0; made->names && k < made->n_names; k++) mlab_release(context, made->names[k]);
    for (size_t k = 0; made->state_names && k < made->n_state_names; k++) mlab_release(context, made->state_names[k]);
    for (size_t k = 0; made->strata && k < made->problem.n_strata; k++) mlab_release(context, made->strata[k]);
    void *const memory[] = {made->strata,  made->origin,     made->from,         made->state_names,   made->text,
                            made->keep,    made->rows,       made->category,     made->start,         made->stop,
                            made->status,  made->names,      made->stratum,      made->number,        made->offset,
                            made->cluster, made->cluster_id, made->cluster_name, made->cluster_other, made->cluster_other_name,
                            made->weight};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) mlab_release(context, memory[i]);
    mlab_release(context, made);
}

/* The event of the panel that the outcome or the formula's response names. */
static const mlab_panel_event *find_event(const mlab_outcome_problem *made, const mlab_outcome *outcome)
{
    if (!made->panel) return NULL;
    const char *response = mlab_outcome_response_name(made);
    const mlab_panel_event *event = response ? mlab_panel_find_event(made->panel, response) : NULL;
    if (!event && outcome->kind == MLAB_OUTCOME_EVENT) event = mlab_panel_find_event(made->panel, outcome->name);
    return event;
}

const char *mlab_outcome_response_name(const mlab_outcome_problem *made)
{
    switch (mlab_formula_response(made->formula)) {
    case MLAB_RESPONSE_COLUMN: return mlab_formula_response_name(made->formula, 0);
    case MLAB_RESPONSE_EVENT: return mlab_formula_response_name(made->formula, 2);
    default: return NULL;
    }
}

static const char *default_model(const mlab_outcome_problem *made, const mlab_outcome *outcome)
{
    if (mlab_formula_response(made->formula) == MLAB_RESPONSE_EVENT) return "cox";
    if (made->event) return "hazard";
    const char *response = mlab_outcome_response_name(made);
    const mlab_column *column = response ? mlab_table_find(made->table, response) : NULL;
    if (outcome->kind == MLAB_OUTCOME_COUNT) return "poisson";
    if (outcome->kind == MLAB_OUTCOME_NUMBER) return "linear";
    if (column && column->type == MLAB_COLUMN_FACTOR && column->n_levels > 2) return column->ordered ? "ordinal" : "multinomial";
    if (column && column->type == MLAB_COLUMN_REAL) return "linear";
    return outcome->kind == MLAB_OUTCOME_ORDINAL ? "ordinal" : "logit";
}

static mlab_status choose_model(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    const char *name = outcome->model && outcome->model[0] ? outcome->model : default_model(made, outcome);
    made->model = mlab_model_find(name);
    if (!made->model) return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place, "%s: there is no model \"%s\"", outcome->name, name);
    bool times = made->model->marks & MLAB_MODEL_TIMES;
    if (!times && mlab_formula_response(made->formula) == MLAB_RESPONSE_EVENT)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place,
                             "%s: model %s has no use for event(time, status); use cox, or name the event", outcome->name, name);
    if (times && mlab_formula_response(made->formula) == MLAB_RESPONSE_COLUMN && !made->event)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place, "%s: model %s needs a response event(time, status)", outcome->name,
                             name);
    if ((made->model->marks & MLAB_MODEL_SHARE) && !made->event)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place,
                             "%s: model %s needs person-periods with an event (promoted, exit); for one row a person use cox or logit", outcome->name,
                             name);
    const char *const *names;
    bool partial = times && (made->model->marks & MLAB_MODEL_NO_INTERCEPT); /* likelihoods that leave the baseline open */
    if (!partial && mlab_formula_strata(made->formula, &names) > 0)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place,
                             "%s: strata() is for cox and fine_gray; put %s into the formula as a factor", outcome->name, names[0]);
    return MLAB_OK;
}

static mlab_status read_formula(mlab_outcome_problem *made, const mlab_data *data, const mlab_outcome *outcome, mlab_error *err)
{
    mlab_status status;
    if (outcome->formula && outcome->formula[0]) {
        made->text = mlab_copy_text(made->context, outcome->formula);
        if (!made->text) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula");
    } else if ((status = mlab_outcome_default_formula(made->context, data, outcome, &made->text, err)))
        return status;
    status = mlab_formula_parse(made->context, made->text, &outcome->formula_place, &made->formula, err);
    if (status) return status;
    if (mlab_formula_response(made->formula) == MLAB_RESPONSE_NONE)
        return mlab_raise_at(err, MLAB_ERR_DATA_FORMULA, &outcome->formula_place, "%s: the formula \"%s\" has no response before ~", outcome->name,
                             made->text);
    return MLAB_OK;
}

/* Leaves out rows where a column of the right side is missing. Columns that are not there are the design's to report. */
static mlab_status drop_incomplete(mlab_outcome_problem *made, mlab_error *err)
{
    const char *const *names;
    size_t n_names = mlab_formula_columns(made->formula, &names), n = made->table->n_rows, used = 0, kept = 0;
    for (size_t i = 0; i < n; i++) used += made->keep[i];
    for (size_t k = 0; k < n_names; k++) {
        const mlab_column *column = mlab_table_find(made->table, names[k]);
        for (size_t i = 0; column && column->missing && i < n; i++)
            if (column->missing[i]) made->keep[i] = 0;
    }
    for (size_t i = 0; i < n; i++) kept += made->keep[i];
    made->problem.n_dropped_missing += used - kept;
    if (kept == 0)
        return mlab_raise(err, MLAB_ERR_DATA_EMPTY, "%s: none of %zu rows with a response is complete in \"%s\"", made->problem.outcome, used,
                          made->text);
    made->rows = mlab_allocate(made->context, kept, sizeof *made->rows);
    if (!made->rows) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", kept);
    for (size_t i = 0; i < n; i++)
        if (made->keep[i]) made->rows[made->problem.n++] = (uint32_t)i;
    made->problem.rows = made->rows;
    return MLAB_OK;
}

/* The link that the outcome states, where its model has that choice. */
static mlab_status choose_link(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    static const char *const of_hazards[] = {"cloglog", "logit"}, *const of_levels[] = {"logit", "probit", "cloglog"};
    static const char *const of_times[] = {"cloglog", "logit", "probit"};
    if (outcome->frailty && outcome->frailty[0]) {
        if (!(made->model->marks & MLAB_MODEL_FRAILTY))
            return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place,
                                 "%s: model %s has no frailty; cox and the parametric models of times have, with (1 | group)", outcome->name,
                                 made->model->name);
        made->options.frailty = strcmp(outcome->frailty, "gamma") == 0;
    }
    bool spline = made->model == &mlab_model_spline, hazard = made->model->marks & MLAB_MODEL_SHARE,
         ordinal = made->model->marks & (MLAB_MODEL_THRESHOLDS | MLAB_MODEL_RATINGS);
    if (!outcome->link || !outcome->link[0]) return MLAB_OK;
    for (int k = 0; hazard && k < 2; k++)
        if (strcmp(outcome->link, of_hazards[k]) == 0) return made->options.link = k, MLAB_OK;
    for (int k = 0; ordinal && k < 3; k++)
        if (strcmp(outcome->link, of_levels[k]) == 0) return made->options.ordinal_link = k, MLAB_OK;
    for (int k = 0; spline && k < 3; k++)
        if (strcmp(outcome->link, of_times[k]) == 0) return made->options.survival_link = k, MLAB_OK;
    return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place, "%s: model %s has no link \"%s\"; allowed: %s", outcome->name,
                         made->model->name, outcome->link,
                         hazard    ? "cloglog, logit"
                         : ordinal ? "logit, probit, cloglog"
                         : spline  ? "cloglog, logit, probit"
                                   : "none");
}

static mlab_status start(mlab_outcome_problem *made, const mlab_data *data, const mlab_outcome *outcome, mlab_error *err)
{
    made->data = data;
    bool raters = mlab_outcome_is_raters(outcome);
    made->panel = raters ? NULL : data->panel;
    made->table = raters ? data->ratings : data->panel ? data->panel->rows : data->people;
    if (raters && (!made->table || made->table->n_rows == 0))
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place,
                             "%s: model raters needs ratings of people: data: {ratings: {file: ...}}", outcome->name);
    if (!made->table) return mlab_raise(err, MLAB_ERR_DATA_EMPTY, "%s: there are no rows to fit", outcome->name);
    made->problem.table = made->table;
    made->problem.person = made->panel ? made->panel->person : NULL;
    made->problem.arm = raters ? NULL : made->panel ? "arm" : data->arm_column;
    made->problem.outcome = outcome->name;
    made->problem.priors = outcome->priors;
    made->problem.n_priors = outcome->n_priors;
    made->problem.nominal = (const char *const *)outcome->nominal;
    made->problem.n_nominal = outcome->n_nominal;
    made->problem.scale = (const char *const *)outcome->scale;
    made->problem.n_scale = outcome->n_scale;
    made->problem.effects_place = &outcome->effects_place;
    mlab_status status = read_formula(made, data, outcome, err);
    if (status) return status;
    made->event = find_event(made, outcome);
    made->problem.formula = made->text;
    if ((status = choose_model(made, outcome, err))) return status;
    made->keep = mlab_allocate(made->context, made->table->n_rows, 1);
    return made->keep ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", made->table->n_rows);
}

/* Ratings after the day of the export have not happened. */
static void keep_seen(const mlab_outcome_problem *made)
{
    const mlab_column *date = mlab_table_find(made->table, "date");
    for (size_t i = 0; date && made->data->as_of != INT32_MIN && i < made->table->n_rows; i++)
        if (date->as.integer[i] > made->data->as_of) made->keep[i] = 0;
}

mlab_status mlab_outcome_problem_make(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                      const mlab_fit_options *options, mlab_outcome_problem **out, mlab_error *err)
{
    return mlab_outcome_problem_make_of(context, data, outcome, options, NULL, out, err);
}

mlab_status mlab_outcome_problem_make_of(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome,
                                         const mlab_fit_options *options, const uint8_t *only, mlab_outcome_problem **out, mlab_error *err)
{
    *out = NULL;
    mlab_outcome_problem *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a fit");
    made->context = context;
    made->options = *options;
    mlab_status status = start(made, data, outcome, err);
    if (!status) status = choose_link(made, outcome, err);
    if (!status) status = mlab_outcome_keep(made, outcome, &made->options, err);
    if (!status && mlab_outcome_is_raters(outcome)) keep_seen(made);
    for (size_t i = 0; only && !status && i < made->table->n_rows; i++) made->keep[i] = made->keep[i] && only[i];
    if (!status) status = mlab_outcome_keep_weighted(made, outcome, err);
    if (!status) status = drop_incomplete(made, err);
    if (!status) status = mlab_outcome_initial(made, outcome, err);
    if (!status && mlab_outcome_is_raters(outcome)) status = mlab_raters_respond(made, outcome, err);
    if (!status) status = mlab_design_make(made->formula, made->table, made->keep, &made->design, err);
    if (!status) status = mlab_outcome_respond(made, outcome, &made->options, err);
    if (!status) status = mlab_outcome_weigh(made, outcome, err);
    if (!status) status = mlab_outcome_group(made, err);
    if (!status && !only && !mlab_outcome_is_raters(outcome)) status = mlab_outcome_varies(made, err);
    if (status) {
        mlab_outcome_problem_free(made);
        return status;
    }
    made->problem.design = made->design;
    *out = made;
    return MLAB_OK;
}

/* The outcome's last value holds the person's effect, which the model takes as unrelated to its covariates (Wooldridge 2005, doi:10.1002/jae.770). */
static mlab_status doubt_lag(const mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_fit *fit, mlab_error *err)
{
    const char *lag;
    if (outcome->initial != MLAB_INITIAL_NONE || !mlab_outcome_has_people_effects(made) || !mlab_outcome_lag(made, &lag)) return MLAB_OK;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err,
                          "%s and an effect of each person share what stays the same in a person: the coefficient of %s is too large (a true 0.30 is "
                          "fitted as about 0.36); write initial: wooldridge or initial: joint beside the formula of %s",
                          lag, lag, outcome->name);
}

/* Labels stand in the order of the alphabet: which of two counts as the event is said, but where the label says it. */
static mlab_status tell_event(const mlab_outcome_problem *made, mlab_fit *fit, mlab_error *err)
{
    static const char *const words[] = {"1", "yes", "Yes", "YES", "y", "true", "TRUE", "True"};
    if (!(made->model->marks & MLAB_MODEL_TWO) || made->event || made->n_names != 2) return MLAB_OK;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strcmp(made->names[1], words[w]) == 0) return MLAB_OK;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "an event here is %s = %s, against %s: a positive coefficient means more of %s",
                          mlab_formula_response_name(made->formula, 0), made->names[1], made->names[0], made->names[1]);
}

/* What is made after a fit by refitting its rows would refit them without the first values. */
static mlab_status leave_out_refits(const mlab_outcome *outcome, const mlab_fit_options *options, mlab_fit *fit, mlab_error *err)
{
    if (outcome->initial != MLAB_INITIAL_JOINT || (!options->tests && !options->profile && !options->diagnose)) return MLAB_OK;
    return mlab_fit_doubt(fit, MLAB_TRUSTED, err, "tests, profile limits and diagnoses are not built beside initial: joint, and were left out");
}

mlab_status mlab_fit_outcome(const mlab_context *context, const mlab_data *data, const mlab_outcome *outcome, const mlab_fit_options *options,
                             mlab_fit **fit, mlab_error *err)
{
    mlab_outcome_problem *made = NULL;
    mlab_prepared *prepared = NULL;
    double began = mlab_os_seconds();
    *fit = NULL;
    mlab_status status = mlab_outcome_problem_make(context, data, outcome, options, &made, err);
    bool joint = outcome->initial == MLAB_INITIAL_JOINT;
    if (!status && joint) made->options.tests = made->options.profile = made->options.diagnose = false;
    if (!status) status = mlab_prepare(context, made->model, &made->problem, &made->options, &prepared, err);
    if (!status && joint) status = mlab_fit_initial(context, data, outcome, made, prepared, fit, err);
    if (!status && !joint) status = mlab_prepared_fit(context, prepared, fit, err);
    if (!status) status = doubt_lag(made, outcome, *fit, err);
    if (!status) status = mlab_outcome_doubt_terms(made, NULL, *fit, err);
    if (!status) status = tell_event(made, *fit, err);
    if (!status) status = mlab_outcome_tell_groups(made, *fit, err);
    if (!status) status = mlab_outcome_count_behind(made, *fit, err);
    if (!status) status = leave_out_refits(outcome, options, *fit, err);
    if (!status && mlab_outcome_is_raters(outcome)) status = mlab_raters_make(made, options->scores > 0, *fit, err);
    if (!status) {
        (*fit)->seconds = mlab_os_seconds() - began;
        (*fit)->rows_digest = mlab_rows_digest(&made->problem);
        status = mlab_after_make(context, prepared, *fit, err);
    }
    if (status) {
        mlab_fit_free(*fit);
        *fit = NULL;
        if (err && !err->place.line && status != MLAB_ERR_MEMORY && status != MLAB_ERR_CANCELLED) err->place = outcome->formula_place;
    }
    mlab_prepared_free(prepared);
    mlab_outcome_problem_free(made);
    return status;
}

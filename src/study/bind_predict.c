/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block predict meets the data: columns, levels and numbers of profiles, the scales that models have, and times in their unit. */
#include "core/error.h"
#include "core/number.h"
#include "core/text.h"
#include "fit/model.h"
#include "study/inside.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_TOLD = 20 }; /* levels that a sentence lists */

static mlab_status check_level(mlab_study *study, const mlab_column *column, const mlab_profile_value *value, mlab_findings *findings,
                               mlab_error *err)
{
    mlab_text known = MLAB_TEXT(study->context);
    bool found = false;
    for (int32_t l = 0; l < column->n_levels && !found; l++) {
        found = strcmp(column->levels[l], value->text) == 0;
        if (l < MOST_TOLD) mlab_text_print(&known, "%s%s", l ? ", " : "", column->levels[l]);
    }
    if (column->n_levels > MOST_TOLD) mlab_text_print(&known, ", ... %d more", (int)column->n_levels - MOST_TOLD);
    const char *near = found ? NULL : mlab_nearest(value->text, (const char *const *)column->levels, (size_t)column->n_levels);
    mlab_status status = MLAB_OK;
    if (!found)
        status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_level", &value->place, value->text, NULL, err,
                                   "'%s' is not a level of %s, allowed %s%s%s%s", value->text, value->column, mlab_text_get(&known),
                                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    mlab_text_free(&known);
    return status;
}

/* A number outside of what the data have is an extrapolation, and said. */
static mlab_status check_number(const mlab_table *table, const mlab_column *column, const mlab_profile_value *value, mlab_findings *findings,
                                mlab_error *err)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    char from[64], to[64];
    if (!value->is_number)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_value", &value->place, value->text, NULL, err, "%s is a number, found '%s'",
                                 value->column, value->text);
    for (size_t row = 0; row < table->n_rows; row++) {
        if (column->missing && column->missing[row]) continue;
        double x = column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
        low = fmin(low, x);
        high = fmax(high, x);
    }
    if (value->number >= low && value->number <= high) return MLAB_OK;
    mlab_number_print(low, from, sizeof from);
    mlab_number_print(high, to, sizeof to);
    return mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "extrapolated", &value->place, value->text, NULL, err,
                             "%s = %s is outside of the data (%s to %s): predictions there rest on the form of the model alone", value->column,
                             value->text, from, to);
}

/* Whether some outcome's formula reads the column. */
static mlab_status check_read(mlab_study *study, const mlab_profile_value *value, mlab_findings *findings, mlab_error *err)
{
    bool found = false;
    for (size_t k = 0; k < study->n_outcomes && !found; k++) {
        mlab_formula *formula;
        const char *const *names;
        if (!study->outcomes[k].formula || mlab_formula_parse(study->context, study->outcomes[k].formula, NULL, &formula, NULL)) continue;
        size_t n = mlab_formula_columns(formula, &names);
        for (size_t c = 0; c < n; c++) found = found || strcmp(names[c], value->column) == 0;
        mlab_formula_free(formula);
    }
    return found ? MLAB_OK
                 : mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "unused", &value->place, value->column, NULL, err,
                                     "no formula of an outcome reads '%s': it changes no prediction", value->column);
}

static mlab_status check_value(mlab_study *study, const mlab_profile_value *value, mlab_findings *findings, mlab_error *err)
{
    const mlab_table *table = mlab_study_table(study);
    const mlab_column *column = mlab_table_find(table, value->column);
    if (!column) return mlab_study_check_column(study, value->column, &value->place, findings, err);
    bool tells;
    mlab_status status = mlab_study_tells_who(study, value->column, &tells, err);
    if (!status && tells) return mlab_study_check_identity(study, value->column, &value->place, findings, err);
    if (!status) status = check_read(study, value, findings, err);
    if (status) return status;
    switch (column->type) {
    case MLAB_COLUMN_FACTOR: return check_level(study, column, value, findings, err);
    case MLAB_COLUMN_REAL:
    case MLAB_COLUMN_INTEGER: return check_number(table, column, value, findings, err);
    default: return MLAB_OK;
    }
}

/* The scales that the models of a name have. */
static mlab_status check_scale(const mlab_outcome *outcome, const mlab_model *model, const mlab_predict_outcome *wish, mlab_findings *findings,
                               mlab_error *err)
{
    bool states = model->marks & MLAB_MODEL_STATES, times = !states && (model->marks & MLAB_MODEL_TIMES);
    bool share = model->marks & MLAB_MODEL_SHARE, subdistribution = model->marks & MLAB_MODEL_COMPETING;
    const bool has[] = {true,
                        !states && !times,
                        share || (times && !subdistribution),
                        (share && !states) || subdistribution,
                        states,
                        share || (times && !subdistribution),
                        (share && !states) || subdistribution};
    char list[160] = "";
    for (int s = 0; mlab_scale_name(s); s++)
        if (has[s]) snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "", mlab_scale_name(s));
    if (wish->scale >= 0 && !has[wish->scale])
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_scale", &wish->place, mlab_scale_name(wish->scale), NULL, err,
                                 "%s is fitted by model %s, which has no %s scale, allowed %s", outcome->name, model->name,
                                 mlab_scale_name(wish->scale), list);
    if (wish->scale < 0 && !has[MLAB_SCALE_RESPONSE] && !wish->n_times)
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "missing_key", &wish->place, outcome->name, NULL, err,
                                 "%s is fitted by model %s, which predicts over time: write times, as in times: [12, 24]", outcome->name,
                                 model->name);
    return MLAB_OK;
}

/* The unit in which the outcome's times run: periods of the panel, days, or that of the response's column; NULL = it has none. */
static mlab_status unit_of(mlab_study *study, const mlab_outcome *outcome, const mlab_model *model, char **unit, mlab_error *err)
{
    const mlab_panel *panel = study->data->panel;
    *unit = NULL;
    if (panel) {
        char name[64];
        snprintf(name, sizeof name, "%ss", model->marks & MLAB_MODEL_TIMES ? "day" : panel->period_name);
        *unit = mlab_study_keep_text(study, name);
        return *unit ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a unit");
    }
    mlab_formula *formula;
    if (!outcome->formula || mlab_formula_parse(study->context, outcome->formula, NULL, &formula, NULL)) return MLAB_OK;
    const char *stop = mlab_formula_response_name(formula, 1);
    const mlab_column *column = stop ? mlab_table_find(study->data->people, stop) : NULL;
    if (column && column->unit && column->unit[0]) *unit = column->unit;
    mlab_formula_free(formula);
    return MLAB_OK;
}

/* Stated times become those of the data. */
static mlab_status convert(mlab_study *study, const mlab_outcome *outcome, const mlab_model *model, mlab_predict_outcome *wish,
                           mlab_findings *findings, mlab_error *err)
{
    static const struct {
        const char *name;
        double days;
    } units[] = {{"days", 1}, {"weeks", 7}, {"months", MLAB_DAYS_PER_MONTH}, {"quarters", 3 * MLAB_DAYS_PER_MONTH}, {"years", MLAB_DAYS_PER_YEAR}};
    char *stated = wish->stated_unit;
    double from = 0, to = 0;
    mlab_status status = unit_of(study, outcome, model, &wish->unit, err);
    if (status || !stated) return status;
    const mlab_panel *panel = study->data->panel;
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        if (strcmp(units[u].name, stated) == 0) from = units[u].days;
        if (wish->unit && strcmp(units[u].name, wish->unit) == 0) to = units[u].days;
    }
    if (panel && !(model->marks & MLAB_MODEL_TIMES)) to = panel->months_per_period * MLAB_DAYS_PER_MONTH;
    if (!(from > 0)) return MLAB_OK; /* a finding of the walk */
    if (!(to > 0))
        return mlab_findings_add(findings, MLAB_SEVERITY_STOP, "no_unit", &wish->place, stated, NULL, err,
                                 "the times of %s have no unit in the data: write times: [...] in their own, or give the column type: duration and a "
                                 "unit",
                                 outcome->name);
    if (!(wish->stated = mlab_study_keep(study, wish->n_times, sizeof *wish->stated))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for times");
    for (size_t t = 0; t < wish->n_times; t++) {
        wish->stated[t] = wish->times[t];
        wish->times[t] *= from / to;
    }
    return MLAB_OK;
}

/* What is asked of an outcome is asked of it as a part of a joint model, too. */
static mlab_status name_parts(mlab_study *study, const mlab_joint_outcome *joint, const mlab_predict_outcome *wish, mlab_findings *findings,
                              mlab_error *err)
{
    mlab_text parts = MLAB_TEXT(study->context);
    for (size_t k = 0; k < joint->n_of; k++) mlab_text_print(&parts, "%s%s: {}", k ? ", " : "", joint->of[k]);
    mlab_status status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_outcome", &wish->place, wish->outcome, NULL, err,
                                           "'%s' is a joint model, of which the parts are predicted, each as it is asked for by its own name: "
                                           "outcomes: {%s}",
                                           wish->outcome, mlab_text_get(&parts));
    mlab_text_free(&parts);
    return status;
}

static mlab_status check_outcome(mlab_study *study, mlab_predict_outcome *wish, mlab_findings *findings, mlab_error *err)
{
    for (size_t k = 0; k < study->n_joints; k++)
        if (strcmp(study->joints[k].name, wish->outcome) == 0) return name_parts(study, &study->joints[k], wish, findings, err);
    mlab_text known = MLAB_TEXT(study->context);
    for (size_t k = 0; k < study->n_outcomes; k++) {
        mlab_text_print(&known, "%s%s", k ? ", " : "", study->outcomes[k].name);
        if (strcmp(study->outcomes[k].name, wish->outcome) == 0) {
            const mlab_model *model = study->outcomes[k].model ? mlab_model_find(study->outcomes[k].model) : NULL;
            mlab_text_free(&known);
            mlab_status status = model ? check_scale(&study->outcomes[k], model, wish, findings, err) : MLAB_OK;
            return status || !model ? status : convert(study, &study->outcomes[k], model, wish, findings, err);
        }
    }
    mlab_status status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_outcome", &wish->place, wish->outcome, NULL, err,
                                           "'%s' is no outcome of the study, allowed %s", wish->outcome, mlab_text_get(&known));
    mlab_text_free(&known);
    return status;
}

mlab_status mlab_study_bind_predict(mlab_study *study, mlab_findings *findings, mlab_error *err)
{
    const mlab_predict_spec *spec = &study->predict;
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < spec->n_profiles && !status; k++)
        for (size_t v = 0; v < spec->profiles[k].n_values && !status; v++) status = check_value(study, &spec->profiles[k].values[v], findings, err);
    for (size_t k = 0; k < spec->n_outcomes && !status; k++) status = check_outcome(study, &spec->outcomes[k], findings, err);
    return status;
}

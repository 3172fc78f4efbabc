/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The initial condition of a model with both a lag of its outcome and an effect of each person: the person's first value and the means of the
 * covariates that change become terms of the formula, so that the effect is what is left over given them (Wooldridge 2005,
 * doi:10.1002/jae.770). Means are over the rows of the fit, which begin after the first value: means that hold the first period too, without its
 * covariates as terms of their own, are biased in short panels (Rabe-Hesketh & Skrondal 2013, Economics Letters 120:346-349).
 *
 * Weakness: right when the person's effect, given these terms, is normal with a mean linear in them, and when covariates do not answer to
 * earlier outcomes; values of covariates after a row stand in the means, so such a fit describes and does not forecast.
 */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

typedef struct initial {
    mlab_outcome_problem *made;
    const mlab_outcome *outcome;
    mlab_table *view; /* the panel's columns, and those made here */
    double *mean;     /* [n] of each row's person */
    mlab_text text;   /* of the longer formula */
} initial;

bool mlab_outcome_lag(const mlab_outcome_problem *made, const char **lag)
{
    const char *const *columns, *response = mlab_outcome_response_name(made);
    size_t length = response ? strlen(response) : 0;
    size_t n = response ? mlab_formula_columns(made->formula, &columns) : 0;
    for (size_t k = 0; k < n; k++)
        if (strncmp(columns[k], response, length) == 0 && strcmp(columns[k] + length, "_last") == 0) {
            *lag = columns[k];
            return true;
        }
    return false;
}

bool mlab_outcome_has_people_effects(const mlab_outcome_problem *made)
{
    const char *const *columns;
    bool multiple;
    for (size_t t = 0, n = mlab_formula_random(made->formula); t < n; t++)
        if (mlab_formula_random_columns(made->formula, t, &columns, &multiple) == 1 && strcmp(columns[0], "person") == 0) return true;
    return false;
}

/* Columns that group rows are no covariates. */
static bool groups_rows(const mlab_formula *formula, const char *name)
{
    const char *const *columns, *cluster = mlab_formula_cluster(formula), *other = mlab_formula_cluster_other(formula);
    bool multiple;
    if ((cluster && strcmp(cluster, name) == 0) || (other && strcmp(other, name) == 0)) return true;
    for (size_t t = 0, n = mlab_formula_random(formula); t < n; t++)
        for (size_t k = mlab_formula_random_columns(formula, t, &columns, &multiple); k-- > 0;)
            if (strcmp(columns[k], name) == 0) return true;
    return false;
}

static double value_at(const mlab_column *column, size_t row, int32_t level)
{
    if (level >= 0) return column->as.integer[row] == level;
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

/* Means of each person's rows; false when nobody's values change, or all have the same mean. */
static bool average(const initial *in, const mlab_column *column, int32_t level)
{
    const uint32_t *rows = in->made->rows, *person = in->made->panel->person;
    size_t n = in->made->problem.n;
    bool changes = false, differs = false;
    for (size_t from = 0, to; from < n; from = to) {
        double sum = 0, first = value_at(column, rows[from], level);
        for (to = from; to < n && person[rows[to]] == person[rows[from]]; to++) {
            double value = value_at(column, rows[to], level);
            sum += value;
            changes = changes || value < first || value > first;
        }
        for (size_t i = from; i < to; i++) in->mean[i] = sum / (double)(to - from);
        differs = differs || in->mean[from] < in->mean[0] || in->mean[from] > in->mean[0];
    }
    return changes && differs;
}

/* A new column, missing in all rows but those of the fit, as a term. */
static mlab_status add_term(initial *in, const char *name, const mlab_column *like, mlab_column **column, mlab_error *err)
{
    const mlab_context *context = in->made->context;
    bool factor = like && like->type == MLAB_COLUMN_FACTOR, ordered = like && like->ordered; /* adding moves columns */
    bool plain = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") == strlen(name);
    if (mlab_table_find(in->view, name))
        return mlab_raise_at(err, MLAB_ERR_DATA_COLUMN, &in->outcome->formula_place,
                             "%s: initial: wooldridge makes a column \"%s\", and the data have one; leave out one of them", in->outcome->name, name);
    mlab_status status = mlab_table_add(in->view, name, like ? like->type : MLAB_COLUMN_REAL, factor ? (const char *const *)like->levels : NULL,
                                        factor ? like->n_levels : 0, column, err);
    if (status) return status;
    (*column)->ordered = ordered;
    (*column)->missing = mlab_allocate(context, in->view->n_rows, 1);
    if (!(*column)->missing) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the initial condition of %s", in->outcome->name);
    memset((*column)->missing, 1, in->view->n_rows);
    for (size_t i = 0; i < in->made->problem.n; i++) (*column)->missing[in->made->rows[i]] = 0;
    mlab_text_append(&in->text, plain ? " + " : " + `");
    mlab_text_append(&in->text, name);
    mlab_text_append(&in->text, plain ? "" : "`");
    return MLAB_OK;
}

/* The lag in each person's first row of the fit: what everything after it is conditional on. */
static mlab_status add_first(initial *in, const char *lag, mlab_error *err)
{
    const mlab_column *from = mlab_table_find(in->view, lag);
    const uint32_t *rows = in->made->rows, *person = in->made->panel->person;
    mlab_column *column;
    char name[256];
    size_t first = 0;
    if (!from) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "%s: \"%s\" is not a column of the data", in->outcome->name, lag);
    snprintf(name, sizeof name, "%.*s_first", (int)(strlen(lag) - strlen("_last")), lag);
    mlab_status status = add_term(in, name, from, &column, err);
    from = mlab_table_find(in->view, lag); /* adding moves columns */
    for (size_t i = 0; i < in->made->problem.n && !status; i++) {
        if (person[rows[i]] != person[rows[first]]) first = i;
        if (from->type == MLAB_COLUMN_REAL)
            column->as.real[rows[i]] = from->as.real[rows[first]];
        else
            column->as.integer[rows[i]] = from->as.integer[rows[first]];
    }
    return status;
}

/* The mean of a number, or the share of the person's rows with a level of a factor (level >= 0). */
static mlab_status add_mean(initial *in, const char *of, int32_t level, mlab_error *err)
{
    const mlab_column *from = mlab_table_find(in->view, of);
    mlab_column *column;
    char name[256];
    if (!average(in, from, level)) return MLAB_OK;
    if (level < 0)
        snprintf(name, sizeof name, "%s_mean", of);
    else
        snprintf(name, sizeof name, "%s_%s_mean", of, from->levels[level]);
    mlab_status status = add_term(in, name, NULL, &column, err);
    for (size_t i = 0; i < in->made->problem.n && !status; i++) column->as.real[in->made->rows[i]] = in->mean[i];
    return status;
}

static mlab_status add_means(initial *in, const char *lag, mlab_error *err)
{
    const char *const *names;
    mlab_status status = MLAB_OK;
    size_t n = mlab_formula_columns(in->made->formula, &names);
    for (size_t k = 0; k < n && !status; k++) {
        const mlab_column *column = mlab_table_find(in->view, names[k]);
        if (!column || strcmp(names[k], lag) == 0 || groups_rows(in->made->formula, names[k])) continue;
        const bool number = column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER;
        const int32_t n_levels = column->type == MLAB_COLUMN_FACTOR ? column->n_levels : 0;
        if (number) status = add_mean(in, names[k], -1, err); /* adding moves columns */
        for (int32_t l = 1; l < n_levels && !status; l++) status = add_mean(in, names[k], l, err);
    }
    return status;
}

/* The longer formula, and the view, become those of the problem. */
static mlab_status take(initial *in, mlab_error *err)
{
    mlab_outcome_problem *made = in->made;
    mlab_formula *formula = NULL;
    char *text = in->text.failed ? NULL : mlab_copy_text(made->context, mlab_text_get(&in->text));
    mlab_status status = text ? mlab_formula_parse(made->context, text, &in->outcome->formula_place, &formula, err)
                              : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula");
    if (status) {
        mlab_release(made->context, text);
        return status;
    }
    mlab_formula_free(made->formula);
    mlab_release(made->context, made->text);
    made->formula = formula;
    made->text = text;
    made->problem.formula = text;
    made->own_table = in->view;
    made->table = in->view;
    made->problem.table = in->view;
    in->view = NULL;
    return MLAB_OK;
}

mlab_status mlab_outcome_initial(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    const char *lag = "";
    const char *const kind = outcome->initial == MLAB_INITIAL_JOINT ? "joint" : "wooldridge";
    if (outcome->initial == MLAB_INITIAL_NONE) return MLAB_OK;
    if (!made->panel)
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place,
                             "%s: initial: %s needs a panel, where it is known which value of a person came first", outcome->name, kind);
    if (!mlab_outcome_lag(made, &lag) || !mlab_outcome_has_people_effects(made))
        return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->formula_place,
                             "%s: initial: %s is for a formula with the outcome's last value and an effect of each person: "
                             "\"%s_last + ... + (1 | person)\"",
                             outcome->name, kind, mlab_outcome_response_name(made) ? mlab_outcome_response_name(made) : "answer");
    if (outcome->initial == MLAB_INITIAL_JOINT) return MLAB_OK; /* the formula stays: fit/joint/initial.c */
    initial in = {.made = made, .outcome = outcome, .text = MLAB_TEXT(made->context)};
    mlab_status status = mlab_table_borrow(made->table, &in.view, err);
    if (!status && !(in.mean = mlab_allocate(made->context, made->problem.n, sizeof *in.mean)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the initial condition of %s", outcome->name);
    mlab_text_append(&in.text, made->text);
    if (!status) status = add_first(&in, lag, err);
    if (!status) status = add_means(&in, lag, err);
    if (!status) status = take(&in, err);
    mlab_table_free(in.view);
    mlab_release(made->context, in.mean);
    mlab_text_free(&in.text);
    return status;
}

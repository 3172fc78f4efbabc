/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In which groups the rows of an average are, where it sets their arm. People without a mentor have no effect of one; somebody who is set to be
 * mentored has one. So the squared shares of rows that are set to an arm are drawn from those of the rows of the fit that are in it, independently
 * of the other columns: a mixture over their different values (standardisation over the joint distribution, as for a column that the arm decides).
 * Of more than MOST values, neighbours are taken together by their means. Weakness: within an arm, having a group does not hang on other columns.
 */
#include "fit/after/average_groups.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/design_terms.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 8 }; /* values of a mixture; each costs an average */

typedef struct member {
    const double *squares; /* [n] */
    double weight;
    size_t n;
} member;

static int by_squares(const void *a, const void *b)
{
    const member *x = a, *y = b;
    for (size_t t = 0; t < x->n; t++)
        if (x->squares[t] < y->squares[t] || x->squares[t] > y->squares[t]) return x->squares[t] < y->squares[t] ? -1 : 1;
    return x->weight < y->weight ? -1 : x->weight > y->weight;
}

static bool same_squares(const member *a, const member *b)
{
    return memcmp(a->squares, b->squares, a->n * sizeof *a->squares) == 0;
}

static bool has_level(const mlab_column *column, size_t row, const char *level, double number)
{
    if (column->missing && column->missing[row]) return false;
    if (column->type == MLAB_COLUMN_TEXT) return strcmp(mlab_column_text(column, row), level) == 0;
    if (column->type == MLAB_COLUMN_REAL) return !(column->as.real[row] < number) && !(column->as.real[row] > number);
    if (column->type == MLAB_COLUMN_FACTOR) return strcmp(column->levels[column->as.integer[row]], level) == 0;
    return !(column->as.integer[row] < number) && !(column->as.integer[row] > number);
}

static void add_member(mlab_average_groups *groups, size_t k, const member *from)
{
    groups->n = k + 1 > groups->n ? k + 1 : groups->n;
    groups->weight[k] += from->weight;
    for (size_t t = 0; t < groups->n_random; t++) groups->squares[k * groups->n_random + t] += from->weight * from->squares[t];
}

/* members [n] sorted. */
static void mix(mlab_average_groups *groups, const member *members, size_t n, double all)
{
    size_t different = 0, k = 0, used = 0;
    double before = 0;
    for (size_t i = 0; i < n; i++) different += i == 0 || !same_squares(&members[i], &members[i - 1]);
    for (size_t i = 0; i < n; before += members[i++].weight) {
        if (different <= MOST)
            k += i > 0 && !same_squares(&members[i], &members[i - 1]);
        else
            k = (size_t)(MOST * (before + members[i].weight / 2) / all);
        add_member(groups, k < MOST ? k : MOST - 1, &members[i]);
    }
    for (k = 0; k < groups->n; k++) { /* values of no weight go */
        double weight = groups->weight[k];
        if (!(weight > 0)) continue;
        for (size_t t = 0; t < groups->n_random; t++)
            groups->squares[used * groups->n_random + t] = groups->squares[k * groups->n_random + t] / weight;
        groups->weight[used++] = weight / all;
    }
    groups->n = used;
}

mlab_status mlab_average_groups_make(const mlab_context *context, const mlab_fit_problem *problem, const double *squares, const char *column,
                                     const char *level, double number, mlab_average_groups *groups, mlab_error *err)
{
    const mlab_column *from = column ? mlab_table_find(problem->table, column) : NULL;
    size_t n = 0;
    double all = 0;
    *groups = (mlab_average_groups){.context = context, .n_random = problem->n_random};
    if (column && !from) return MLAB_OK;
    member *members = mlab_allocate(context, problem->n, sizeof *members);
    groups->weight = mlab_allocate(context, MOST, sizeof *groups->weight);
    groups->squares = mlab_allocate(context, MOST, problem->n_random * sizeof *groups->squares);
    mlab_status status = MLAB_OK;
    if (!members || !groups->weight || !groups->squares) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the groups of %zu rows", problem->n);
        goto out;
    }
    for (size_t i = 0; i < problem->n; i++) {
        double weight = problem->weight ? problem->weight[i] : 1;
        if (!(weight > 0) || (from && !has_level(from, problem->rows ? problem->rows[i] : i, level, number))) continue;
        members[n] = (member){.squares = squares + i * problem->n_random, .weight = weight, .n = problem->n_random};
        n++;
        all += weight;
    }
    qsort(members, n, sizeof *members, by_squares);
    if (n > 0) mix(groups, members, n, all);
out:
    mlab_release(context, members);
    return status;
}

void mlab_average_groups_free(mlab_average_groups *groups)
{
    if (!groups->context) return;
    mlab_release(groups->context, groups->weight);
    mlab_release(groups->context, groups->squares);
    *groups = (mlab_average_groups){0};
}

/* --- the rule ------------------------------------------------------------------------------------------------------- */

/* Whether the predictors of the fit hang on a column. */
static bool reads(const mlab_fit *fit, const char *column)
{
    size_t n_variables, n_inputs;
    const mlab_design_variable *variables = mlab_design_variables(fit->design, &n_variables);
    const char *const *inputs = mlab_design_inputs(fit->design, &n_inputs);
    bool found = false;
    for (size_t k = 0; k < n_variables && !found; k++) found = variables[k].kind == MLAB_VARIABLE_FACTOR && strcmp(variables[k].column, column) == 0;
    for (size_t k = 0; k < n_inputs && !found; k++) found = strcmp(inputs[k], column) == 0;
    return found;
}

static mlab_status say(mlab_fit *fit, mlab_error *err)
{
    static const char sentence[] = "where an arm is set: as in the rows of that arm";
    mlab_text names = MLAB_TEXT(fit->context);
    if (strstr(fit->reason, sentence)) return MLAB_OK;
    for (size_t t = 0; t < fit->n_random; t++) mlab_text_print(&names, "%s%s", t ? ", " : "", fit->random[t].group);
    mlab_status status = mlab_fit_doubt(fit, MLAB_TRUSTED, err, "effects of %s %s", mlab_text_get(&names), sentence);
    mlab_text_free(&names);
    return status;
}

mlab_status mlab_average_groups_of_level(const mlab_context *context, const mlab_fit_problem *problem, mlab_fit *fit, const double *squares,
                                         const char *column, const char *level, double number, mlab_average_groups *groups, mlab_error *err)
{
    *groups = (mlab_average_groups){0};
    if (!squares || !problem->arm || strcmp(problem->arm, column) != 0 || !reads(fit, column)) return MLAB_OK;
    mlab_status status = mlab_average_groups_make(context, problem, squares, column, level, number, groups, err);
    return status || groups->n == 0 ? status : say(fit, err);
}

mlab_status mlab_average_groups_of_profile(const mlab_context *context, const mlab_fit_problem *problem, mlab_fit *fit, const double *squares,
                                           const mlab_predict_profile *profile, bool alone, mlab_average_groups *groups, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    *groups = (mlab_average_groups){0};
    if (!squares) return MLAB_OK;
    for (size_t v = 0; v < profile->n_values && !status && groups->n == 0; v++) {
        const mlab_profile_value *value = &profile->values[v];
        mlab_average_groups_free(groups);
        status = mlab_average_groups_of_level(context, problem, fit, squares, value->column, value->text, value->number, groups, err);
    }
    if (status || groups->n > 0 || !alone) return status;
    mlab_average_groups_free(groups);
    return mlab_average_groups_make(context, problem, squares, NULL, NULL, 0, groups, err);
}

/* --- averages ------------------------------------------------------------------------------------------------------- */

mlab_status mlab_average_over_groups(const mlab_average *average, const mlab_average_rows *rows, const mlab_average_groups *groups,
                                     const double *sets, size_t n_sets, double *mean, mlab_error *err)
{
    if (groups->n == 0) return sets ? mlab_average_at(average, rows, sets, n_sets, mean, err) : mlab_average_over(average, rows, mean, err);
    const mlab_context *context = average->context;
    size_t n_random = groups->n_random, n = sets ? n_sets * average->width : average->part;
    double *squares = mlab_allocate(context, rows->n, n_random * sizeof *squares), *one = mlab_allocate(context, n, sizeof *one);
    mlab_status status = squares && one ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for averages of %s", average->fit->outcome);
    mlab_average_rows with = *rows;
    with.squares = squares;
    if (!status) memset(mean, 0, n * sizeof *mean);
    for (size_t k = 0; k < groups->n && !status; k++) {
        for (size_t i = 0; i < rows->n; i++) memcpy(squares + i * n_random, groups->squares + k * n_random, n_random * sizeof *squares);
        status = sets ? mlab_average_at(average, &with, sets, n_sets, one, err) : mlab_average_over(average, &with, one, err);
        for (size_t c = 0; c < n && !status; c++) mean[c] += groups->weight[k] * one[c];
    }
    mlab_release(context, squares);
    mlab_release(context, one);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights of a stated kind, read from a column of the rows. Frequencies are whole numbers; sampling weights are scaled to sum to the number of
 * rows, so that neither the log-likelihood nor the residual variance depends on their unit; rows of weight 0 are left out and counted. */
#include "fit/outcome.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>

static double value_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

static mlab_status refuse(const mlab_outcome_problem *made, const mlab_outcome *outcome, const char *why, mlab_error *err)
{
    return mlab_raise_at(err, MLAB_ERR_FIT_MODEL, &outcome->weight_place, "%s: %s cannot be fitted with %s", outcome->name, made->model->name, why);
}

static mlab_status check_kind(const mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    bool random = mlab_formula_random(made->formula) > 0;
    if (outcome->weights == MLAB_WEIGHTS_PRECISION && (random || !(made->model->marks & MLAB_MODEL_PRECISION)))
        return refuse(made, outcome, "precision weights, which belong to linear and lognormal without random effects", err);
    if (outcome->weights == MLAB_WEIGHTS_SAMPLING && random)
        return refuse(made, outcome, "random effects and sampling weights: which level they sample is not known", err);
    return MLAB_OK;
}

mlab_status mlab_outcome_keep_weighted(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    if (!outcome->weight) return MLAB_OK;
    mlab_status status = check_kind(made, outcome, err);
    if (status) return status;
    const mlab_column *column = mlab_table_find(made->table, outcome->weight);
    if (!column)
        return mlab_raise_at(err, MLAB_ERR_DATA_COLUMN, &outcome->weight_place, "%s: the weights \"%s\" are not a column of the data", outcome->name,
                             outcome->weight);
    if (column->type != MLAB_COLUMN_REAL && column->type != MLAB_COLUMN_INTEGER)
        return mlab_raise_at(err, MLAB_ERR_DATA_TYPE, &outcome->weight_place, "%s: the weights \"%s\" are not numbers", outcome->name,
                             outcome->weight);
    for (size_t i = 0; i < made->table->n_rows; i++) {
        bool missing = column->missing && column->missing[i];
        if (!made->keep[i]) continue;
        double w = missing ? 0 : value_at(column, i);
        if (!(w >= 0) || isinf(w) || (outcome->weights == MLAB_WEIGHTS_FREQUENCY && w != floor(w)))
            return mlab_raise_at(err, MLAB_ERR_FIT_RESPONSE, &outcome->weight_place, "%s: the weight \"%s\" is %.10g in row %zu; allowed: %s from 0",
                                 outcome->name, outcome->weight, w, i + 1, outcome->weights == MLAB_WEIGHTS_FREQUENCY ? "whole numbers" : "numbers");
        made->problem.n_dropped_missing += missing;
        made->problem.n_dropped_weightless += !missing && w == 0;
        made->keep[i] = w > 0;
    }
    return MLAB_OK;
}

mlab_status mlab_outcome_weigh(mlab_outcome_problem *made, const mlab_outcome *outcome, mlab_error *err)
{
    if (!outcome->weight) return MLAB_OK;
    const mlab_column *column = mlab_table_find(made->table, outcome->weight);
    size_t n = made->problem.n;
    double sum = 0;
    made->weight = mlab_allocate(made->context, n, sizeof *made->weight);
    if (!made->weight) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu weights", n);
    for (size_t i = 0; i < n; i++) sum += made->weight[i] = value_at(column, made->rows[i]);
    if (outcome->weights == MLAB_WEIGHTS_SAMPLING)
        for (size_t i = 0; i < n; i++) made->weight[i] *= (double)n / sum;
    made->problem.weight = made->weight;
    made->problem.weights = outcome->weights;
    made->problem.weights_sampling = outcome->weights == MLAB_WEIGHTS_SAMPLING;
    return MLAB_OK;
}

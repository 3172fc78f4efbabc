/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Average marginal effects: the mean over the rows of the fit of what the response would change by if one variable changed and all else stayed (Lane
 * & Nelder 1982, doi:10.2307/2530043; Hanmer & Kalkan 2013, doi:10.1111/j.1540-5907.2012.00602.x).
 *
 * A factor is set to each level for everybody and compared with its first; a number is moved a little (differences of fourth order, a thousandth
 * of its standard deviation). Standard errors by the delta method (fit/after/average.c); those of mixed models are averaged over the effects of
 * groups. Weakness: rows stand as they are (for a stated profile see fit/after/predictions.c); effects are conditional on the other terms, and of
 * no program unless the design says so; the first period's covariates do not move on.
 */
#include "fit/after/after.h"
#include "fit/after/average.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/design_terms.h"

#include <math.h>
#include <string.h>

typedef struct variants {
    const mlab_prepared *prepared;
    mlab_average a;
    mlab_average_rows rows;
    mlab_after *after;
    size_t capacity;
    mlab_variant variant;
    double *sums[2]; /* [part] */
} variants;

/* mean [part] over the rows of the variant. */
static mlab_status average(variants *v, double *mean, mlab_error *err)
{
    v->rows.table = &v->variant.table;
    return mlab_average_over(&v->a, &v->rows, mean, err);
}

/* difference [part]: of means and gradients. One line a response. */
static mlab_status add(variants *v, const char *what, const double *difference, mlab_error *err)
{
    const mlab_fit *fit = v->a.fit;
    mlab_after *after = v->after;
    double factor = mlab_fit_interval_factor(fit, v->prepared->options.level);
    for (size_t c = 0; c < v->a.width; c++) {
        char name[200];
        mlab_status status = mlab_grow(v->a.context, &after->margins, after->n_margins, &v->capacity, sizeof *after->margins, err);
        if (status) return status;
        mlab_margin *m = &after->margins[after->n_margins++];
        double se = mlab_average_error(fit, difference + 1 + v->a.width + c * fit->n_parameters), effect = difference[1 + c];
        bool interval = isfinite(factor) && fit->trust != MLAB_NOT_CONVERGED && fit->trust != MLAB_SEPARATED;
        *m = (mlab_margin){
            .effect = effect, .se = se, .lower = interval ? effect - factor * se : effect, .upper = interval ? effect + factor * se : effect};
        m->what = mlab_copy_text(v->a.context, what);
        m->of = mlab_copy_text(v->a.context, mlab_average_name(&v->a, c, name, sizeof name));
        if (!m->what || !m->of) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    }
    return MLAB_OK;
}

static mlab_status add_named(variants *v, mlab_text *what, const double *difference, mlab_error *err)
{
    mlab_status status = what->failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name") : add(v, mlab_text_get(what), difference, err);
    mlab_text_free(what);
    return status;
}

static mlab_status of_level(variants *v, const mlab_design_variable *variable, int32_t level, double *into, mlab_error *err)
{
    mlab_column *column;
    bool number = variable->level_values != NULL;
    mlab_variant_reset(&v->variant, v->prepared->problem->table);
    mlab_status status = mlab_variant_column(&v->variant, variable->column, number ? NULL : variable->levels, variable->n_levels, &column, err);
    if (status) return status;
    for (size_t i = 0; i < v->variant.table.n_rows; i++) {
        if (number)
            column->as.real[i] = variable->level_values[level];
        else
            column->as.integer[i] = level;
    }
    return average(v, into, err);
}

static mlab_status factor_margins(variants *v, const mlab_design_variable *variable, mlab_error *err)
{
    mlab_status status = of_level(v, variable, 0, v->sums[0], err);
    for (int32_t l = 1; l < variable->n_levels && !status; l++) {
        if ((status = of_level(v, variable, l, v->sums[1], err))) break;
        for (size_t k = 1; k < v->a.part; k++) v->sums[1][k] -= v->sums[0][k];
        mlab_text what = MLAB_TEXT(v->a.context);
        mlab_text_print(&what, "%s: %s - %s", variable->column, variable->levels[l], variable->levels[0]);
        status = add_named(v, &what, v->sums[1], err);
    }
    return status;
}

static double value_of(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

static mlab_status number_margins(variants *v, const char *name, mlab_error *err)
{
    const mlab_fit_problem *problem = v->prepared->problem;
    const mlab_column *own = mlab_table_find(problem->table, name);
    double mean = 0, square = 0, n = (double)problem->n;
    if (!own || (own->type != MLAB_COLUMN_REAL && own->type != MLAB_COLUMN_INTEGER)) return MLAB_OK;
    for (size_t i = 0; i < problem->n; i++) mean += value_of(own, problem->rows ? problem->rows[i] : i) / n;
    for (size_t i = 0; i < problem->n; i++) square += pow(value_of(own, problem->rows ? problem->rows[i] : i) - mean, 2) / n;
    double step = MLAB_AVERAGE_AWAY * sqrt(square);
    if (!(step > 0)) return MLAB_OK;
    memset(v->sums[0], 0, v->a.part * sizeof(double));
    for (int s = 0; s < 4; s++) {
        mlab_column *column;
        mlab_error failed;
        mlab_variant_reset(&v->variant, problem->table);
        mlab_status status = mlab_variant_column(&v->variant, name, NULL, 0, &column, err);
        if (status) return status;
        for (size_t i = 0; i < v->variant.table.n_rows; i++)
            column->as.real[i] = own->missing && own->missing[i] ? 0 : value_of(own, i) + mlab_average_points[s] * step;
        status = average(v, v->sums[1], &failed);
        if (status == MLAB_ERR_DATA_TYPE) return MLAB_OK; /* log(0) a step away: there is no slope there */
        if (status) return mlab_raise(err, status, "%s", failed.sentence);
        for (size_t k = 1; k < v->a.part; k++) v->sums[0][k] += mlab_average_parts[s] / step * v->sums[1][k];
    }
    mlab_text what = MLAB_TEXT(v->a.context);
    mlab_text_print(&what, "%s: slope", name);
    return add_named(v, &what, v->sums[0], err);
}

static mlab_status all_margins(variants *v, mlab_error *err)
{
    size_t n_variables, n_inputs;
    const mlab_design *design = v->a.fit->design;
    const mlab_design_variable *variables = mlab_design_variables(design, &n_variables);
    const char *const *inputs = mlab_design_inputs(design, &n_inputs);
    mlab_status status = average(v, v->sums[0], err);
    if (!status) status = add(v, "mean", v->sums[0], err);
    for (size_t k = 0; k < n_variables && !status; k++)
        if (variables[k].kind == MLAB_VARIABLE_FACTOR) status = factor_margins(v, &variables[k], err);
    for (size_t k = 0; k < n_inputs && !status; k++) {
        bool factor = false;
        for (size_t m = 0; m < n_variables; m++)
            factor = factor || (variables[m].kind == MLAB_VARIABLE_FACTOR && strcmp(variables[m].column, inputs[k]) == 0);
        if (!factor) status = number_margins(v, inputs[k], err);
    }
    return status;
}

mlab_status mlab_after_margins(const mlab_context *context, const mlab_prepared *prepared, mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    const mlab_fit_problem *problem = prepared->problem;
    double *squares = NULL;
    variants v = {.prepared = prepared,
                  .a = {.context = context, .fit = fit, .scale = MLAB_SCALE_RESPONSE, .averaged = true},
                  .rows = {.row = problem->rows, .n = problem->n, .weight = problem->weight, .offset = problem->offset},
                  .after = after};
    if (!mlab_average_start(&v.a)) return MLAB_OK;
    mlab_status status = mlab_average_squares(context, problem, &squares, err);
    v.rows.squares = squares;
    v.sums[0] = mlab_allocate(context, 2, v.a.part * sizeof(double));
    v.sums[1] = v.sums[0] ? v.sums[0] + v.a.part : NULL;
    if (!status && !v.sums[0]) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for average effects");
    if (!status) status = mlab_variant_make(context, problem->table, problem->table->n_rows, 1, &v.variant, err);
    if (!status) status = all_margins(&v, err);
    mlab_variant_free(&v.variant);
    mlab_release(context, v.sums[0]);
    mlab_release(context, squares);
    return status;
}

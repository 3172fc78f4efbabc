/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Average marginal effects: the mean over the rows of the fit of what the response would change by if one variable changed and all else stayed (Lane
 * & Nelder 1982, doi:10.2307/2530043; Hanmer & Kalkan 2013, doi:10.1111/j.1540-5907.2012.00602.x).
 *
 * A factor is set to each level for everybody and compared with its first; a number is moved a little (differences of fourth order, a thousandth
 * of its standard deviation). Standard errors by the delta method with the whole gradient: by each predictor through the model's own prediction,
 * times the columns of the design; by thresholds and ancillary parameters directly. Weakness: rows stand as they are (not at a stated profile);
 * effects are conditional on the other terms, and of no program unless the design says so; the first period's covariates do not move on.
 */
#include "fit/after/after.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/text.h"
#include "data/design_terms.h"

#include <math.h>
#include <string.h>

#define ROWS_A_BLOCK ((size_t)512)
#define MOST_BLOCKS ((size_t)64)
static const double AWAY = 1e-3; /* of a predictor, and of a standard deviation or standard error */
static const double POINTS[4] = {-2, -1, 1, 2}, PARTS[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};

typedef struct averaging {
    const mlab_context *context;
    const mlab_prepared *prepared;
    const mlab_fit *fit;
    const mlab_table *table; /* the variant */
    size_t width, p, n_blocks, part;
    double *sums; /* [n_blocks * part]: weight, means [width], gradient [width * n_parameters] */
} averaging;

typedef struct rows_room {
    double *x, *offset, *eta, *moved, *out, *slope, *parameters;
} rows_room;

static rows_room room_of(const averaging *a, double *memory)
{
    const mlab_fit *fit = a->fit;
    rows_room r;
    r.x = memory;
    r.offset = r.x + ROWS_A_BLOCK * mlab_design_columns(fit->design);
    r.eta = r.offset + ROWS_A_BLOCK;
    r.moved = r.eta + ROWS_A_BLOCK * fit->n_blocks;
    r.out = r.moved + ROWS_A_BLOCK * fit->n_blocks;
    r.slope = r.out + ROWS_A_BLOCK * a->width;
    r.parameters = r.slope + ROWS_A_BLOCK * a->width;
    return r;
}

static size_t room_size(const averaging *a)
{
    return ROWS_A_BLOCK * (mlab_design_columns(a->fit->design) + 1 + 2 * a->fit->n_blocks + 2 * a->width) + a->fit->n_parameters;
}

static mlab_status respond(const averaging *a, const double *parameters, const double *eta, size_t n, double *out, mlab_error *err)
{
    return a->prepared->model->predict(a->context, a->fit, MLAB_SCALE_RESPONSE, parameters, n, eta, NULL, NULL, 0, out, err);
}

/* slope = derivative of the response by predictor k, or (k = n_blocks) by parameter j. */
static mlab_status slopes(const averaging *a, rows_room *r, size_t k, size_t j, size_t n, mlab_error *err)
{
    const mlab_fit *fit = a->fit;
    double se = k < fit->n_blocks ? 1 : sqrt(fit->covariance[j * fit->n_parameters + j]), step = AWAY * (se > 0 ? fmin(se, 1) : 1);
    memset(r->slope, 0, n * a->width * sizeof(double));
    for (int s = 0; s < 4; s++) {
        memcpy(r->moved, r->eta, n * fit->n_blocks * sizeof(double));
        memcpy(r->parameters, fit->estimate, fit->n_parameters * sizeof(double));
        for (size_t i = 0; i < n && k < fit->n_blocks; i++) r->moved[i * fit->n_blocks + k] += POINTS[s] * step;
        if (k == fit->n_blocks) r->parameters[j] += POINTS[s] * step;
        mlab_status status = respond(a, r->parameters, r->moved, n, r->out, err);
        if (status) return status;
        for (size_t i = 0; i < n * a->width; i++) r->slope[i] += PARTS[s] / step * r->out[i];
    }
    return MLAB_OK;
}

static mlab_status average_rows(const averaging *a, rows_room *r, size_t first, size_t n, double *part, mlab_error *err)
{
    const mlab_fit *fit = a->fit;
    const mlab_fit_problem *problem = a->prepared->problem;
    size_t columns = mlab_design_columns(fit->design), skip = mlab_fit_first_column(fit), np = fit->n_parameters;
    const double *weight = problem->weight ? problem->weight + first : NULL;
    mlab_status status = mlab_design_fill(fit->design, a->table, problem->rows ? problem->rows + first : NULL, first, n, r->x, r->offset, err);
    if (status) return status;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < fit->n_blocks; k++) {
            double sum = r->offset[i] + (problem->offset ? problem->offset[first + i] : 0);
            for (size_t j = 0; j < a->p; j++) sum += fit->estimate[fit->n_thresholds + k * a->p + j] * r->x[i * columns + skip + j];
            r->eta[i * fit->n_blocks + k] = sum;
        }
    if ((status = respond(a, fit->estimate, r->eta, n, r->out, err))) return status;
    for (size_t i = 0; i < n; i++) {
        double w = weight ? weight[i] : 1;
        part[0] += w;
        for (size_t c = 0; c < a->width; c++) part[1 + c] += w * r->out[i * a->width + c];
    }
    double *gradient = part + 1 + a->width;
    for (size_t k = 0; k < fit->n_blocks; k++) {
        if ((status = slopes(a, r, k, 0, n, err))) return status;
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < a->width; c++) {
                double w = (weight ? weight[i] : 1) * r->slope[i * a->width + c], *into = gradient + c * np + fit->n_thresholds + k * a->p;
                for (size_t j = 0; j < a->p; j++) into[j] += w * r->x[i * columns + skip + j];
            }
    }
    for (size_t j = 0; j < np; j++) {
        if (j >= fit->n_thresholds && j < fit->n_thresholds + fit->n_blocks * a->p) continue;
        if ((status = slopes(a, r, fit->n_blocks, j, n, err))) return status;
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < a->width; c++) gradient[c * np + j] += (weight ? weight[i] : 1) * r->slope[i * a->width + c];
    }
    return MLAB_OK;
}

static mlab_status average_block(void *work, size_t block, void *scratch, mlab_error *err)
{
    const averaging *a = work;
    size_t n = a->prepared->problem->n, first = block * n / a->n_blocks, last = (block + 1) * n / a->n_blocks;
    rows_room r = room_of(a, scratch);
    for (size_t at = first; at < last; at += ROWS_A_BLOCK) {
        size_t some = last - at < ROWS_A_BLOCK ? last - at : ROWS_A_BLOCK;
        mlab_status status = average_rows(a, &r, at, some, a->sums + block * a->part, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* mean [part]: means and gradient over the rows of the table, from [1] on; [0] is used up. */
static mlab_status average(averaging *a, const mlab_table *table, double *mean, mlab_error *err)
{
    a->table = table;
    memset(a->sums, 0, a->n_blocks * a->part * sizeof *a->sums);
    mlab_status status = mlab_parallel_blocks(a->context, NULL, a->n_blocks, room_size(a) * sizeof(double), average_block, a, err);
    if (status) return status;
    mlab_sum_blocks(a->sums, a->n_blocks, a->part, mean);
    for (size_t k = 1; k < a->part && mean[0] > 0; k++) mean[k] /= mean[0];
    return MLAB_OK;
}

/* --- one line a response ---------------------------------------------------------------------------------------- */

static const char *name_of(const mlab_fit *fit, size_t width, size_t c)
{
    if (width == 1) return "";
    return fit->n_levels == width ? fit->levels[c] : fit->n_blocks == width ? fit->blocks[c] : "";
}

/* difference [part]: of means and gradients. */
static mlab_status add(const averaging *a, mlab_after *after, size_t *capacity, const char *what, const double *difference, mlab_error *err)
{
    const mlab_fit *fit = a->fit;
    size_t np = fit->n_parameters;
    const double *v = fit->robust ? fit->robust : fit->covariance;
    double factor = mlab_fit_interval_factor(fit, a->prepared->options.level);
    for (size_t c = 0; c < a->width; c++) {
        const double *g = difference + 1 + a->width + c * np;
        double variance = 0;
        for (size_t j = 0; j < np; j++)
            for (size_t k = 0; k < np && g[j] != 0; k++) variance += g[j] * v[j * np + k] * g[k];
        mlab_status status = mlab_grow(a->context, &after->margins, after->n_margins, capacity, sizeof *after->margins, err);
        if (status) return status;
        mlab_margin *m = &after->margins[after->n_margins++];
        double se = sqrt(fmax(variance, 0)), effect = difference[1 + c];
        bool interval = isfinite(factor) && fit->trust != MLAB_NOT_CONVERGED && fit->trust != MLAB_SEPARATED;
        *m = (mlab_margin){
            .effect = effect, .se = se, .lower = interval ? effect - factor * se : effect, .upper = interval ? effect + factor * se : effect};
        m->what = mlab_copy_text(a->context, what);
        m->of = mlab_copy_text(a->context, name_of(fit, a->width, c));
        if (!m->what || !m->of) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name");
    }
    return MLAB_OK;
}

/* --- variants ---------------------------------------------------------------------------------------------------- */

typedef struct variants {
    averaging *a;
    mlab_after *after;
    size_t capacity;
    mlab_table table; /* shares all columns but one */
    mlab_column *columns;
    double *real; /* [rows of the table] */
    int32_t *codes;
    double *sums[3]; /* [part] */
} variants;

static mlab_column *vary(variants *v, const char *name, mlab_column_type type)
{
    const mlab_table *table = v->a->prepared->problem->table;
    memcpy(v->columns, table->columns, table->n_columns * sizeof *v->columns);
    v->table = *table;
    v->table.columns = v->columns;
    mlab_column *column = mlab_table_find(&v->table, name);
    if (!column) return NULL;
    column->type = type;
    column->missing = NULL;
    if (type == MLAB_COLUMN_REAL)
        column->as.real = v->real;
    else
        column->as.integer = v->codes;
    return column;
}

static mlab_status of_level(variants *v, const mlab_design_variable *variable, int32_t level, double *into, mlab_error *err)
{
    bool number = variable->level_values != NULL;
    mlab_column *column = vary(v, variable->column, number ? MLAB_COLUMN_REAL : MLAB_COLUMN_FACTOR);
    if (!column) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "column '%s' is not in the table", variable->column);
    for (size_t i = 0; i < v->table.n_rows; i++) {
        if (number)
            v->real[i] = variable->level_values[level];
        else
            v->codes[i] = level;
    }
    if (!number) {
        column->levels = variable->levels;
        column->n_levels = variable->n_levels;
    }
    return average(v->a, &v->table, into, err);
}

static mlab_status factor_margins(variants *v, const mlab_design_variable *variable, mlab_error *err)
{
    mlab_status status = of_level(v, variable, 0, v->sums[0], err);
    for (int32_t l = 1; l < variable->n_levels && !status; l++) {
        if ((status = of_level(v, variable, l, v->sums[1], err))) break;
        for (size_t k = 1; k < v->a->part; k++) v->sums[1][k] -= v->sums[0][k];
        mlab_text what = MLAB_TEXT(v->a->context);
        mlab_text_print(&what, "%s: %s - %s", variable->column, variable->levels[l], variable->levels[0]);
        status = what.failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name")
                             : add(v->a, v->after, &v->capacity, mlab_text_get(&what), v->sums[1], err);
        mlab_text_free(&what);
    }
    return status;
}

static double value_of(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

static mlab_status number_margins(variants *v, const char *name, mlab_error *err)
{
    const mlab_fit_problem *problem = v->a->prepared->problem;
    const mlab_column *own = mlab_table_find(problem->table, name);
    double mean = 0, square = 0, n = (double)problem->n;
    if (!own || (own->type != MLAB_COLUMN_REAL && own->type != MLAB_COLUMN_INTEGER)) return MLAB_OK;
    for (size_t i = 0; i < problem->n; i++) mean += value_of(own, problem->rows ? problem->rows[i] : i) / n;
    for (size_t i = 0; i < problem->n; i++) square += pow(value_of(own, problem->rows ? problem->rows[i] : i) - mean, 2) / n;
    double step = AWAY * sqrt(square);
    if (!(step > 0)) return MLAB_OK;
    memset(v->sums[0], 0, v->a->part * sizeof(double));
    for (int s = 0; s < 4; s++) {
        vary(v, name, MLAB_COLUMN_REAL);
        for (size_t i = 0; i < v->table.n_rows; i++) v->real[i] = own->missing && own->missing[i] ? 0 : value_of(own, i) + POINTS[s] * step;
        mlab_error failed;
        mlab_status status = average(v->a, &v->table, v->sums[1], &failed);
        if (status == MLAB_ERR_DATA_TYPE) return MLAB_OK; /* log(0) a step away: there is no slope there */
        if (status) return mlab_raise(err, status, "%s", failed.sentence);
        for (size_t k = 1; k < v->a->part; k++) v->sums[0][k] += PARTS[s] / step * v->sums[1][k];
    }
    mlab_text what = MLAB_TEXT(v->a->context);
    mlab_text_print(&what, "%s: slope", name);
    mlab_status status = what.failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a name")
                                     : add(v->a, v->after, &v->capacity, mlab_text_get(&what), v->sums[0], err);
    mlab_text_free(&what);
    return status;
}

static mlab_status all_margins(variants *v, mlab_error *err)
{
    size_t n_variables, n_inputs;
    const mlab_design *design = v->a->fit->design;
    const mlab_design_variable *variables = mlab_design_variables(design, &n_variables);
    const char *const *inputs = mlab_design_inputs(design, &n_inputs);
    mlab_status status = average(v->a, v->a->prepared->problem->table, v->sums[0], err);
    if (!status) status = add(v->a, v->after, &v->capacity, "mean", v->sums[0], err);
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

mlab_status mlab_after_margins(const mlab_context *context, const mlab_prepared *prepared, const mlab_fit *fit, mlab_after *after, mlab_error *err)
{
    const mlab_model *model = prepared->model;
    averaging a = {.context = context, .prepared = prepared, .fit = fit};
    if (!model->width || !model->predict || (a.width = model->width(fit, MLAB_SCALE_RESPONSE, 0)) == 0) return MLAB_OK;
    const mlab_table *table = prepared->problem->table;
    a.p = mlab_design_columns(fit->design) - mlab_fit_first_column(fit);
    a.part = 1 + a.width * (1 + fit->n_parameters);
    a.n_blocks = (prepared->problem->n + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK;
    if (a.n_blocks > MOST_BLOCKS) a.n_blocks = MOST_BLOCKS;
    variants v = {.a = &a, .after = after};
    a.sums = mlab_allocate(context, a.n_blocks + 3, a.part * sizeof *a.sums);
    v.columns = mlab_allocate(context, table->n_columns, sizeof *v.columns);
    v.real = mlab_allocate(context, table->n_rows, sizeof *v.real);
    v.codes = mlab_allocate(context, table->n_rows, sizeof *v.codes);
    mlab_status status = a.sums && v.columns && v.real && v.codes ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for average effects");
    for (size_t k = 0; k < 3 && !status; k++) v.sums[k] = a.sums + (a.n_blocks + k) * a.part;
    if (!status) status = all_margins(&v, err);
    mlab_release(context, a.sums);
    mlab_release(context, v.columns);
    mlab_release(context, v.real);
    mlab_release(context, v.codes);
    return status;
}

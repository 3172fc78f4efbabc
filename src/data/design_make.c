/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a design learns from its table: levels that are present, knots, orthogonal polynomials.
 * Levels come from the kept rows that are complete; knots from the kept rows where the number itself is present: both as in
 * R's model.frame. */
#include "data/design.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct maker {
    mlab_design *design;
    const mlab_table *table;
    const uint8_t *keep; /* NULL = all */
    uint8_t *use;        /* [n_rows] kept and complete */
    size_t n_use;
    mlab_error *err;
} maker;

/* A column that only says which rows belong together. */
static bool groups_only(const mlab_formula *formula, const char *name)
{
    for (size_t k = 0; k < formula->n_random; k++)
        for (size_t c = 0; c < formula->random[k].n_columns; c++)
            if (!strcmp(name, formula->random[k].columns[c])) return true;
    return formula->cluster && !strcmp(name, formula->cluster);
}

mlab_status mlab_design_complete(const mlab_design *design, const mlab_table *table, uint8_t *complete, mlab_error *err)
{
    const mlab_formula *formula = design->formula;
    memset(complete, 1, table->n_rows);
    for (size_t c = 0; c < formula->n_columns; c++) {
        const mlab_column *column;
        const char *name = formula->columns[c];
        if (groups_only(formula, name) && !mlab_table_find(table, name)) continue; /* "person": the fit knows it */
        mlab_status status = mlab_design_column(design, table, name, &column, err);
        if (status) return status;
        if (!column->missing) continue;
        for (size_t i = 0; i < table->n_rows; i++) complete[i] &= (uint8_t)!column->missing[i];
    }
    return MLAB_OK;
}

/* --- levels ------------------------------------------------------------------------------------- */

static mlab_status keep_level(mlab_design_variable *variable, const mlab_context *context, const char *text, mlab_error *err)
{
    variable->levels[variable->n_levels] = mlab_copy_text(context, text);
    if (!variable->levels[variable->n_levels]) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for levels");
    variable->n_levels++;
    return MLAB_OK;
}

enum { BLOCK = 65536 }; /* rows between two looks whether all levels have been met */

static mlab_status levels_of_factor(maker *m, mlab_design_variable *variable, const mlab_column *column)
{
    const mlab_context *context = m->design->context;
    mlab_status status = MLAB_OK;
    size_t n = (size_t)column->n_levels;
    uint8_t *present = mlab_allocate(context, n, 1);
    variable->levels = mlab_allocate(context, n, sizeof *variable->levels);
    if (!present || !variable->levels) status = mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for %zu levels", n);
    for (size_t first = 0, seen = 0; first < m->table->n_rows && seen < n && !status; first += BLOCK) {
        size_t last = m->table->n_rows - first < BLOCK ? m->table->n_rows : first + BLOCK;
        for (size_t i = first; i < last; i++)
            if (m->use[i]) present[column->as.integer[i]] = 1;
        seen = 0;
        for (size_t l = 0; l < n; l++) seen += present[l];
    }
    for (size_t l = 0; l < n && !status; l++)
        if (present[l]) status = keep_level(variable, context, column->levels[l], m->err);
    mlab_release(context, present);
    return status;
}

/* Distinct texts in byte order, found by halving. */
static mlab_status levels_of_text(maker *m, mlab_design_variable *variable, const mlab_column *column)
{
    const mlab_context *context = m->design->context;
    mlab_status status = MLAB_OK;
    const char **seen = NULL;
    size_t n = 0, capacity = 0;
    for (size_t i = 0; i < m->table->n_rows; i++) {
        if (!m->use[i]) continue;
        const char *text = column->pool + column->as.text[i];
        size_t low = 0, high = n;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (strcmp(seen[middle], text) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < n && !strcmp(seen[low], text)) continue;
        if ((status = mlab_grow(context, &seen, n, &capacity, sizeof *seen, m->err))) goto out;
        memmove(seen + low + 1, seen + low, (n - low) * sizeof *seen);
        seen[low] = text;
        if (++n > MLAB_DESIGN_COLUMNS) {
            status = mlab_design_raise(m->design, column->name, m->err, MLAB_ERR_DATA_TYPE, "\"%.60s\" has over %d different texts", column->name,
                                       MLAB_DESIGN_COLUMNS);
            goto out;
        }
    }
    variable->levels = mlab_allocate(context, n, sizeof *variable->levels);
    if (!variable->levels) status = mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for %zu levels", n);
    for (size_t l = 0; l < n && !status; l++) status = keep_level(variable, context, seen[l], m->err);
out:
    mlab_release(context, seen);
    return status;
}

static void number_as_level(const mlab_column *column, double value, char *into, size_t size)
{
    if (column->type == MLAB_COLUMN_DATE)
        mlab_date_print((mlab_date)value, into, size);
    else if (column->type == MLAB_COLUMN_INTEGER)
        snprintf(into, size, "%d", (int)value);
    else
        mlab_number_as_r(value, into, size);
}

static double number_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row];
}

static mlab_status levels_of_number(maker *m, mlab_design_variable *variable, const mlab_column *column)
{
    const mlab_context *context = m->design->context;
    mlab_status status = MLAB_OK;
    size_t n = 0, capacity = 0;
    for (size_t i = 0; i < m->table->n_rows; i++) {
        if (!m->use[i]) continue;
        double value = number_at(column, i);
        size_t low = 0, high = n;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (variable->level_values[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < n && variable->level_values[low] == value) continue;
        if ((status = mlab_grow(context, &variable->level_values, n, &capacity, sizeof(double), m->err))) return status;
        memmove(variable->level_values + low + 1, variable->level_values + low, (n - low) * sizeof(double));
        variable->level_values[low] = value;
        if (++n > 10000)
            return mlab_design_raise(m->design, column->name, m->err, MLAB_ERR_DATA_TYPE, "factor(%.60s) has over 10000 levels", column->name);
    }
    variable->levels = mlab_allocate(context, n, sizeof *variable->levels);
    if (!variable->levels) return mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for %zu levels", n);
    for (size_t l = 0; l < n && !status; l++) {
        char text[48];
        number_as_level(column, variable->level_values[l], text, sizeof text);
        status = keep_level(variable, context, text, m->err);
    }
    return status;
}

/* --- numbers ------------------------------------------------------------------------------------ */

static mlab_status check_number(maker *m, const char *name)
{
    const mlab_column *column;
    mlab_status status = mlab_design_column(m->design, m->table, name, &column, m->err);
    if (status) return status;
    if (column->type == MLAB_COLUMN_FACTOR || column->type == MLAB_COLUMN_TEXT)
        return mlab_design_raise(m->design, name, m->err, MLAB_ERR_DATA_TYPE, "\"%.60s\" is a %s where a number is needed", name,
                                 column->type == MLAB_COLUMN_FACTOR ? "factor" : "text");
    return MLAB_OK;
}

static mlab_status not_finite(maker *m, const mlab_program *program, size_t row)
{
    return mlab_raise(m->err, MLAB_ERR_DATA_TYPE,
                      "formula: %.100s has no finite value in row %zu of the table; leave such rows out or use another transformation",
                      program->label, row + 1);
}

/* Values of a program in the rows with which[i] != 0 and nothing missing in its columns. */
static mlab_status values_of(maker *m, const mlab_program *program, const uint8_t *which, double **values, size_t *n)
{
    const mlab_context *context = m->design->context;
    mlab_status status = MLAB_OK;
    *values = NULL;
    *n = 0;
    double *inputs = mlab_allocate(context, m->design->n_inputs, sizeof *inputs), *stack = mlab_allocate(context, program->depth, sizeof *stack);
    const mlab_column **columns = mlab_allocate(context, m->design->n_inputs, sizeof *columns);
    double *kept = mlab_allocate(context, m->table->n_rows, sizeof *kept);
    if (!inputs || !stack || !columns || !kept) {
        status = mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for %zu values", m->table->n_rows);
        goto out;
    }
    for (size_t k = 0; k < program->n; k++)
        if (program->steps[k].kind == MLAB_STEP_COLUMN)
            columns[program->steps[k].column] = mlab_table_find(m->table, m->design->inputs[program->steps[k].column]);
    for (size_t i = 0; i < m->table->n_rows; i++) {
        if (which && !which[i]) continue;
        bool missing = false;
        for (size_t j = 0; j < m->design->n_inputs; j++) {
            if (!columns[j]) continue;
            missing = missing || (columns[j]->missing && columns[j]->missing[i]);
            inputs[j] = number_at(columns[j], i);
        }
        if (missing) continue;
        kept[*n] = mlab_program_value(program, inputs, stack);
        if (!isfinite(kept[(*n)++])) {
            status = not_finite(m, program, i);
            goto out;
        }
    }
    *values = kept;
    kept = NULL;
out:
    mlab_release(context, inputs);
    mlab_release(context, stack);
    mlab_release(context, columns);
    mlab_release(context, kept);
    return status;
}

static mlab_status make_spline(maker *m, const mlab_atom *atom, mlab_design_variable *variable)
{
    const mlab_context *context = m->design->context;
    double *x = NULL, knots[MLAB_SPLINE_KNOTS], boundary[2] = {DBL_MAX, -DBL_MAX};
    size_t n;
    int32_t n_knots = atom->df ? atom->df - 1 - atom->basis_intercept : atom->n_knots;
    mlab_status status = values_of(m, &variable->program, m->keep, &x, &n);
    if (status) return status;
    if (!n) {
        status = mlab_raise(m->err, MLAB_ERR_DATA_EMPTY, "formula: %.100s has no values", atom->label);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        boundary[0] = x[i] < boundary[0] ? x[i] : boundary[0];
        boundary[1] = x[i] > boundary[1] ? x[i] : boundary[1];
    }
    if (atom->has_boundary) {
        boundary[0] = atom->boundary[0];
        boundary[1] = atom->boundary[1];
        size_t inside = 0;
        for (size_t i = 0; i < n; i++)
            if (x[i] >= boundary[0] && x[i] <= boundary[1]) x[inside++] = x[i];
        n = inside;
    }
    if (!(boundary[1] > boundary[0]) || (!n && atom->df)) {
        status = mlab_raise(m->err, MLAB_ERR_DATA_EMPTY, "formula: %.100s needs at least two different values", atom->label);
        goto out;
    }
    for (int32_t k = 0; k < n_knots; k++) knots[k] = atom->df ? mlab_quantile_reorder(x, n, (double)(k + 1) / (double)(n_knots + 1)) : atom->knots[k];
    for (int32_t k = 0; k < n_knots; k++)
        if (knots[k] < boundary[0] || knots[k] > boundary[1]) {
            status = mlab_raise(m->err, MLAB_ERR_DATA_FORMULA, "formula: knot %d of %.100s lies outside the values", k + 1, atom->label);
            goto out;
        }
    status = mlab_spline_make(context, knots, n_knots, boundary, atom->basis_intercept, &variable->spline, m->err);
    if (!status) variable->width = (size_t)variable->spline.n_basis;
out:
    mlab_release(context, x);
    return status;
}

/* Orthogonal polynomials on the values by the three-term recurrence (Forsythe 1957, doi:10.1137/0105007). */
static mlab_status make_poly(maker *m, mlab_design_variable *variable)
{
    const mlab_context *context = m->design->context;
    size_t n, degree = variable->width;
    double *x = NULL, *now = NULL, *before = NULL;
    mlab_status status = values_of(m, &variable->program, m->use, &x, &n);
    if (status) return status;
    now = mlab_allocate(context, n, sizeof *now);
    before = mlab_allocate(context, n, sizeof *before);
    variable->alpha = mlab_allocate(context, degree, sizeof *variable->alpha);
    variable->norm2 = mlab_allocate(context, degree + 2, sizeof *variable->norm2);
    if (!now || !before || !variable->alpha || !variable->norm2) {
        status = mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for %zu values", n);
        goto out;
    }
    variable->norm2[0] = 1;
    variable->norm2[1] = (double)n;
    double mean = 0;
    for (size_t i = 0; i < n; i++) mean += x[i];
    mean = n ? mean / (double)n : 0;
    for (size_t i = 0; i < n; i++) now[i] = 1;
    for (size_t d = 0; d < degree; d++) {
        double first = 0, norm = 0, ratio = d ? variable->norm2[d + 1] / variable->norm2[d] : 0;
        for (size_t i = 0; i < n; i++) first += (x[i] - mean) * now[i] * now[i];
        variable->alpha[d] = first / variable->norm2[d + 1] + mean;
        for (size_t i = 0; i < n; i++) {
            double next = (x[i] - variable->alpha[d]) * now[i] - ratio * before[i];
            before[i] = now[i];
            now[i] = next;
            norm += next * next;
        }
        variable->norm2[d + 2] = norm;
        if (!(norm > 1e-14 * variable->norm2[d + 1])) {
            status = mlab_raise(m->err, MLAB_ERR_DATA_EMPTY, "formula: %.100s needs more than %zu different values", variable->label, degree);
            goto out;
        }
    }
out:
    mlab_release(context, x);
    mlab_release(context, now);
    mlab_release(context, before);
    return status;
}

static mlab_status learn_variable(maker *m, size_t i)
{
    const mlab_atom *atom = &m->design->formula->atoms[i];
    mlab_design_variable *variable = &m->design->variables[i];
    if (variable->kind == MLAB_VARIABLE_SPLINE) return make_spline(m, atom, variable);
    if (variable->kind == MLAB_VARIABLE_POLY && !variable->raw) return make_poly(m, variable);
    if (variable->kind == MLAB_VARIABLE_POLY || variable->kind == MLAB_VARIABLE_EXPRESSION) return MLAB_OK;
    const mlab_column *column;
    mlab_status status = mlab_design_column(m->design, m->table, variable->column, &column, m->err);
    if (status) return status;
    bool labels = column->type == MLAB_COLUMN_FACTOR || column->type == MLAB_COLUMN_TEXT;
    if (atom->kind == MLAB_ATOM_COLUMN && !labels) return MLAB_OK;
    variable->kind = MLAB_VARIABLE_FACTOR;
    status = column->type == MLAB_COLUMN_FACTOR ? levels_of_factor(m, variable, column)
             : labels                           ? levels_of_text(m, variable, column)
                                                : levels_of_number(m, variable, column);
    variable->width = (size_t)variable->n_levels;
    return status;
}

/* Expressions are tried on all rows now, so that log(0) is found here and not in a fit. */
static mlab_status try_expressions(maker *m)
{
    double *values;
    size_t n;
    for (size_t i = 0; i < m->design->n_variables + m->design->n_offsets; i++) {
        const mlab_design_variable *variable = i < m->design->n_variables ? &m->design->variables[i] : NULL;
        if (variable && variable->kind != MLAB_VARIABLE_EXPRESSION && !(variable->kind == MLAB_VARIABLE_POLY && variable->raw)) continue;
        mlab_status status = values_of(m, variable ? &variable->program : &m->design->offsets[i - m->design->n_variables], m->use, &values, &n);
        mlab_release(m->design->context, values);
        if (status) return status;
    }
    return MLAB_OK;
}

mlab_status mlab_design_make(const mlab_formula *formula, const mlab_table *table, const uint8_t *keep, mlab_design **design, mlab_error *err)
{
    *design = NULL;
    mlab_design *made = NULL;
    maker m = {.table = table, .keep = keep, .err = err};
    const mlab_context *context = formula->context;
    mlab_status status = mlab_design_start(context, formula->text, formula->has_place ? &formula->place : NULL, &made, err);
    if (status) return status;
    m.design = made;
    m.use = mlab_allocate(context, table->n_rows, 1);
    if (!m.use) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rows", table->n_rows);
        goto out;
    }
    if ((status = mlab_design_complete(made, table, m.use, err))) goto out;
    for (size_t i = 0; i < table->n_rows; i++) {
        if (keep && !keep[i]) m.use[i] = 0;
        m.n_use += m.use[i];
    }
    if (!m.n_use) {
        status = mlab_raise(err, MLAB_ERR_DATA_EMPTY, "formula: no row has all of its columns");
        goto out;
    }
    for (size_t j = 0; j < made->n_inputs; j++)
        if ((status = check_number(&m, made->inputs[j]))) goto out;
    for (size_t i = 0; i < made->n_variables; i++)
        if ((status = learn_variable(&m, i))) goto out;
    if ((status = try_expressions(&m)) || (status = mlab_design_assemble(made, err))) goto out;
    *design = made;
    made = NULL;
out:
    mlab_release(context, m.use);
    mlab_design_free(made);
    return status;
}

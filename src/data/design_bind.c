/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A design meets a table: columns and levels are looked up once; then the numbers and level codes of a block of rows are gathered
 * without any name. Weakness: levels of text columns are found by halving for every row. */
#include "data/design.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { BLOCK = MLAB_DESIGN_BLOCK };

/* --- bind --------------------------------------------------------------------------------------- */

static mlab_status bind_factor(const mlab_design *design, const mlab_design_variable *variable, const mlab_table *table, mlab_bound_variable *bound,
                               mlab_error *err)
{
    mlab_status status = mlab_design_column(design, table, variable->column, &bound->column, err);
    if (status) return status;
    const mlab_column *column = bound->column;
    bool labels = column->type == MLAB_COLUMN_FACTOR || column->type == MLAB_COLUMN_TEXT;
    if (labels == (variable->level_values != NULL))
        return mlab_design_raise(design, variable->column, err, MLAB_ERR_DATA_TYPE, "\"%.60s\" was a %s when the design was made", variable->column,
                                 labels ? "number" : "factor or text");
    bound->codes = mlab_allocate(design->context, BLOCK, sizeof *bound->codes);
    if (!bound->codes) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a block of rows");
    if (column->type != MLAB_COLUMN_FACTOR) return MLAB_OK;
    bool same = column->n_levels == variable->n_levels;
    for (int32_t l = 0; same && l < column->n_levels; l++) same = !strcmp(column->levels[l], variable->levels[l]);
    if (same) return MLAB_OK;
    bound->map = mlab_allocate(design->context, (size_t)column->n_levels, sizeof *bound->map);
    if (!bound->map) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %d levels", column->n_levels);
    for (int32_t l = 0, from = 0; l < column->n_levels; l++) {
        bound->map[l] = -1;
        for (int32_t k = 0; k < variable->n_levels; k++) { /* levels mostly come in the same order: go on where the last was */
            int32_t at = (from + k) % variable->n_levels;
            if (strcmp(column->levels[l], variable->levels[at]) != 0) continue;
            bound->map[l] = at;
            from = at + 1;
            break;
        }
    }
    return MLAB_OK;
}

static mlab_status bind_inputs(mlab_design_bound *bound, mlab_error *err)
{
    const mlab_design *design = bound->design;
    for (size_t j = 0; j < design->n_inputs; j++) {
        mlab_status status = mlab_design_column(design, bound->table, design->inputs[j], &bound->inputs[j], err);
        if (status) return status;
        if (bound->inputs[j]->type == MLAB_COLUMN_FACTOR || bound->inputs[j]->type == MLAB_COLUMN_TEXT)
            return mlab_design_raise(design, design->inputs[j], err, MLAB_ERR_DATA_TYPE, "\"%.60s\" is not a number", design->inputs[j]);
    }
    return MLAB_OK;
}

/* Number columns of a term: the product of the widths of its variables that are not factors. */
static size_t number_columns(const mlab_design *design, const mlab_design_term *term)
{
    size_t n = 1;
    for (size_t k = 0; k < term->n_variables; k++)
        if (design->variables[term->variables[k]].kind != MLAB_VARIABLE_FACTOR) n *= term->width[k];
    return n;
}

static mlab_status make_room(mlab_design_bound *bound, mlab_error *err)
{
    const mlab_design *design = bound->design;
    const mlab_context *context = design->context;
    size_t depth = 1, most = 1;
    for (size_t i = 0; i < design->n_offsets; i++) depth = design->offsets[i].depth > depth ? design->offsets[i].depth : depth;
    for (size_t i = 0; i < design->n_variables; i++) depth = design->variables[i].program.depth > depth ? design->variables[i].program.depth : depth;
    for (size_t t = 0; t < design->n_terms; t++) {
        const mlab_design_term *term = &design->terms[t];
        size_t n = number_columns(design, term);
        most = n > most ? n : most;
        for (size_t k = 0; k < term->n_variables; k++) {
            const mlab_design_variable *variable = &design->variables[term->variables[k]];
            mlab_bound_variable *own = &bound->variables[term->variables[k]];
            if (variable->kind == MLAB_VARIABLE_FACTOR) bound->sparse = true;
            if (term->n_variables == 1 || variable->kind == MLAB_VARIABLE_FACTOR || own->values) continue;
            own->values = mlab_allocate(context, BLOCK * variable->width, sizeof *own->values);
            if (!own->values) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a block of rows");
        }
    }
    bound->products = mlab_allocate(context, most, sizeof *bound->products);
    bound->stack = mlab_allocate(context, depth * BLOCK, sizeof *bound->stack);
    return bound->products && bound->stack ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a block of rows");
}

mlab_status mlab_design_bind(const mlab_design *design, const mlab_table *table, mlab_design_bound **bound, mlab_error *err)
{
    const mlab_context *context = design->context;
    mlab_status status = MLAB_OK;
    *bound = NULL;
    mlab_design_bound *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to bind a design");
    *made = (mlab_design_bound){.design = design, .table = table};
    made->inputs = mlab_allocate(context, design->n_inputs, sizeof *made->inputs);
    made->gathered = mlab_allocate(context, design->n_inputs * BLOCK, sizeof *made->gathered);
    made->variables = mlab_allocate(context, design->n_variables, sizeof *made->variables);
    if (!made->inputs || !made->gathered || !made->variables) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to bind a design");
    if (!status) status = bind_inputs(made, err);
    for (size_t i = 0; i < design->n_variables && !status; i++) {
        const mlab_design_variable *variable = &design->variables[i];
        if (variable->kind == MLAB_VARIABLE_FACTOR) {
            status = bind_factor(design, variable, table, &made->variables[i], err);
            continue;
        }
        made->variables[i].number = mlab_allocate(context, BLOCK, sizeof(double));
        if (!made->variables[i].number) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to bind a design");
    }
    if (!status) status = make_room(made, err);
    if (status) {
        mlab_design_bound_free(made);
        return status;
    }
    *bound = made;
    return MLAB_OK;
}

void mlab_design_bound_free(mlab_design_bound *bound)
{
    if (!bound) return;
    const mlab_context *context = bound->design->context;
    for (size_t i = 0; bound->variables && i < bound->design->n_variables; i++) {
        mlab_release(context, bound->variables[i].map);
        mlab_release(context, bound->variables[i].codes);
        mlab_release(context, bound->variables[i].values);
        mlab_release(context, bound->variables[i].number);
    }
    mlab_release(context, bound->variables);
    mlab_release(context, bound->inputs);
    mlab_release(context, bound->gathered);
    mlab_release(context, bound->products);
    mlab_release(context, bound->stack);
    mlab_release(context, bound);
}

/* --- gather one block of rows -------------------------------------------------------------------------- */

static mlab_status missing_row(const mlab_column *column, size_t row, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_ARGUMENT, "\"%.100s\" is missing in row %zu; only complete rows have a design", column->name, row + 1);
}

static mlab_status unknown_level(const mlab_design *design, const mlab_design_variable *variable, const mlab_column *column, size_t row,
                                 mlab_error *err)
{
    const char *text = column->type == MLAB_COLUMN_FACTOR || column->type == MLAB_COLUMN_TEXT ? mlab_column_text(column, row) : "a number";
    return mlab_design_raise(design, variable->column, err, MLAB_ERR_DATA_LEVEL,
                             "row %zu: \"%.60s\" of %.60s is not among the %d levels that the design knows", row + 1, text, variable->label,
                             variable->n_levels);
}

static mlab_status gather_input(const mlab_column *column, const uint32_t *rows, size_t first, size_t n, double *into, mlab_error *err)
{
    if (column->missing)
        for (size_t i = 0; i < n; i++)
            if (column->missing[rows ? rows[i] : first + i]) return missing_row(column, rows ? rows[i] : first + i, err);
    if (column->type == MLAB_COLUMN_REAL) {
        if (rows)
            for (size_t i = 0; i < n; i++) into[i] = column->as.real[rows[i]];
        else
            memcpy(into, column->as.real + first, n * sizeof *into);
        return MLAB_OK;
    }
    for (size_t i = 0; i < n; i++) into[i] = column->as.integer[rows ? rows[i] : first + i];
    return MLAB_OK;
}

static int32_t code_of_text(const mlab_design_variable *variable, const char *text)
{
    int32_t low = 0, high = variable->n_levels;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (strcmp(variable->levels[middle], text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < variable->n_levels && !strcmp(variable->levels[low], text)) return low;
    for (int32_t l = 0; l < variable->n_levels; l++) /* levels that came from a factor are in its order */
        if (!strcmp(variable->levels[l], text)) return l;
    return -1;
}

static int32_t code_of_number(const mlab_design_variable *variable, double value)
{
    int32_t low = 0, high = variable->n_levels;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (variable->level_values[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < variable->n_levels && variable->level_values[low] == value ? low : -1;
}

static mlab_status gather_codes(const mlab_design *design, const mlab_design_variable *variable, mlab_bound_variable *bound, const uint32_t *rows,
                                size_t first, size_t n, mlab_error *err)
{
    const mlab_column *column = bound->column;
    int32_t lowest = 0;
    for (size_t i = 0; i < n; i++) {
        size_t row = rows ? rows[i] : first + i;
        if (column->missing && column->missing[row]) return missing_row(column, row, err);
        int32_t code;
        if (column->type == MLAB_COLUMN_FACTOR) {
            code = column->as.integer[row];
            if (bound->map) code = bound->map[code];
        } else if (column->type == MLAB_COLUMN_TEXT)
            code = code_of_text(variable, column->pool + column->as.text[row]);
        else
            code = code_of_number(variable, column->type == MLAB_COLUMN_REAL ? column->as.real[row] : column->as.integer[row]);
        bound->codes[i] = code;
        lowest = code < lowest ? code : lowest;
    }
    if (lowest >= 0) return MLAB_OK;
    for (size_t i = 0; i < n; i++)
        if (bound->codes[i] < 0) return unknown_level(design, variable, column, rows ? rows[i] : first + i, err);
    return MLAB_OK;
}

mlab_status mlab_design_gather(mlab_design_bound *bound, const uint32_t *rows, size_t first, size_t n, mlab_error *err)
{
    const mlab_design *design = bound->design;
    mlab_status status;
    for (size_t j = 0; j < design->n_inputs; j++)
        if ((status = gather_input(bound->inputs[j], rows, first, n, bound->gathered + j * BLOCK, err))) return status;
    for (size_t v = 0; v < design->n_variables; v++) {
        const mlab_design_variable *variable = &design->variables[v];
        mlab_bound_variable *own = &bound->variables[v];
        if (variable->kind == MLAB_VARIABLE_FACTOR) {
            if ((status = gather_codes(design, variable, own, rows, first, n, err))) return status;
            continue;
        }
        mlab_program_run(design->context, &variable->program, bound->gathered, n, bound->stack, own->number);
        if (variable->program.n > 1) {
            bool finite = true;
            for (size_t i = 0; i < n; i++) finite = finite && isfinite(own->number[i]);
            if (!finite) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "formula: %.100s has no finite value in some row", variable->label);
        }
        if (own->values)
            for (size_t i = 0; i < n; i++) mlab_design_variable_at(variable, own->number[i], own->values + i * variable->width);
    }
    return MLAB_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a design, block by block: columns of the table are looked up once (bind), each block of 256 rows gathers the numbers
 * and level codes it needs, then every term writes its columns. It is inside the loop of every fit. */
#include "data/design.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { BLOCK = MLAB_DESIGN_BLOCK };

typedef struct bound_variable {
    const mlab_column *column; /* FACTOR */
    int32_t *map;              /* FACTOR of a factor column: its code -> ours, -1 = not among ours; NULL = the same */
    int32_t *codes;            /* FACTOR [BLOCK] */
    double *values;            /* others: [BLOCK * width], when a product needs them; else NULL */
    double *number;            /* others: [BLOCK] value of the program; LINEAR: the gathered input */
} bound_variable;

struct mlab_design_bound {
    const mlab_design *design;
    const mlab_table *table;
    const mlab_column **inputs; /* [n_inputs] */
    double *gathered;           /* [n_inputs * BLOCK] */
    double *stack;
    bound_variable *variables;
    double *products; /* [2 * the most number columns of a term] */
    bool sparse;      /* some term has factors: x must be zeroed first */
};

void mlab_design_variable_at(const mlab_design_variable *variable, double value, double *into)
{
    if (variable->kind == MLAB_VARIABLE_SPLINE) {
        mlab_spline_at(&variable->spline, value, into);
        return;
    }
    if (variable->kind != MLAB_VARIABLE_POLY) {
        into[0] = value;
        return;
    }
    if (variable->raw) {
        double power = value;
        for (size_t d = 0; d < variable->width; d++, power *= value) into[d] = power;
        return;
    }
    double before = 0, now = 1;
    for (size_t d = 0; d < variable->width; d++) {
        double ratio = d ? variable->norm2[d + 1] / variable->norm2[d] : 0;
        double next = (value - variable->alpha[d]) * now - ratio * before;
        before = now;
        now = next;
        into[d] = next / sqrt(variable->norm2[d + 2]);
    }
}

/* --- bind --------------------------------------------------------------------------------------- */

static mlab_status bind_factor(const mlab_design *design, const mlab_design_variable *variable, const mlab_table *table, bound_variable *bound,
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
            bound_variable *own = &bound->variables[term->variables[k]];
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

/* --- one block of rows -------------------------------------------------------------------------- */

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

static mlab_status gather_codes(const mlab_design *design, const mlab_design_variable *variable, bound_variable *bound, const uint32_t *rows,
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

static mlab_status gather(mlab_design_bound *bound, const uint32_t *rows, size_t first, size_t n, mlab_error *err)
{
    const mlab_design *design = bound->design;
    mlab_status status;
    for (size_t j = 0; j < design->n_inputs; j++)
        if ((status = gather_input(bound->inputs[j], rows, first, n, bound->gathered + j * BLOCK, err))) return status;
    for (size_t v = 0; v < design->n_variables; v++) {
        const mlab_design_variable *variable = &design->variables[v];
        bound_variable *own = &bound->variables[v];
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

static void fill_factor(const mlab_design_term *term, const int32_t *codes, size_t n, size_t p, double *x)
{
    int32_t shift = term->full[0] ? 0 : 1;
    x += term->first;
    for (size_t i = 0; i < n; i++) {
        int32_t at = codes[i] - shift;
        if (at >= 0) x[i * p + (size_t)at] = 1;
    }
}

static void fill_numbers(const mlab_design_term *term, const mlab_design_variable *variable, const double *number, size_t n, size_t p, double *x)
{
    x += term->first;
    if (variable->kind == MLAB_VARIABLE_LINEAR || variable->kind == MLAB_VARIABLE_EXPRESSION)
        for (size_t i = 0; i < n; i++) x[i * p] = number[i];
    else if (variable->kind == MLAB_VARIABLE_SPLINE)
        for (size_t i = 0; i < n; i++) mlab_spline_at(&variable->spline, number[i], x + i * p);
    else
        for (size_t i = 0; i < n; i++) mlab_design_variable_at(variable, number[i], x + i * p);
}

/* The product of several variables in row i: factors choose the place, numbers are multiplied out. */
static void fill_product(mlab_design_bound *bound, const mlab_design_term *term, size_t i, double *x)
{
    const mlab_design *design = bound->design;
    double *products = bound->products;
    size_t base = term->first, n = 1, numbers = 0;
    for (size_t k = 0; k < term->n_variables; k++) {
        size_t v = term->variables[k];
        if (design->variables[v].kind != MLAB_VARIABLE_FACTOR) {
            numbers += term->width[k] > 1;
            continue;
        }
        int32_t at = bound->variables[v].codes[i] - (term->full[k] ? 0 : 1);
        if (at < 0) return;
        base += (size_t)at * term->stride[k];
    }
    products[0] = 1;
    for (size_t k = 0; k < term->n_variables; k++) {
        const bound_variable *own = &bound->variables[term->variables[k]];
        if (design->variables[term->variables[k]].kind == MLAB_VARIABLE_FACTOR) continue;
        const double *values = own->values + i * term->width[k];
        for (size_t w = term->width[k]; w-- > 0;) /* from the top, so that the lowest part is read last */
            for (size_t m = 0; m < n; m++) products[w * n + m] = products[m] * values[w];
        n *= term->width[k];
    }
    if (numbers == 0) {
        x[base] = products[0];
        return;
    }
    for (size_t m = 0; m < n; m++) { /* back from the number of the product to the columns */
        size_t rest = m, at = base;
        for (size_t k = 0; k < term->n_variables; k++) {
            if (design->variables[term->variables[k]].kind == MLAB_VARIABLE_FACTOR) continue;
            at += rest % term->width[k] * term->stride[k];
            rest /= term->width[k];
        }
        x[at] = products[m];
    }
}

static mlab_status fill_offsets(mlab_design_bound *bound, size_t n, double *offset, mlab_error *err)
{
    const mlab_design *design = bound->design;
    double part[BLOCK];
    for (size_t i = 0; i < n; i++) offset[i] = 0;
    for (size_t k = 0; k < design->n_offsets; k++) {
        bool finite = true;
        mlab_program_run(design->context, &design->offsets[k], bound->gathered, n, bound->stack, part);
        for (size_t i = 0; i < n; i++) {
            offset[i] += part[i];
            finite = finite && isfinite(offset[i]);
        }
        if (!finite) return mlab_raise(err, MLAB_ERR_DATA_TYPE, "formula: offset(%.100s) has no finite value in some row", design->offsets[k].label);
    }
    return MLAB_OK;
}

static void fill_terms(mlab_design_bound *bound, size_t n, double *x)
{
    const mlab_design *design = bound->design;
    size_t p = design->n_columns;
    if (bound->sparse) memset(x, 0, n * p * sizeof *x);
    if (design->intercept)
        for (size_t i = 0; i < n; i++) x[i * p] = 1;
    for (size_t t = 0; t < design->n_terms; t++) {
        const mlab_design_term *term = &design->terms[t];
        if (!term->n_columns) continue;
        size_t v = term->variables[0];
        if (term->n_variables > 1)
            for (size_t i = 0; i < n; i++) fill_product(bound, term, i, x + i * p);
        else if (design->variables[v].kind == MLAB_VARIABLE_FACTOR)
            fill_factor(term, bound->variables[v].codes, n, p, x);
        else
            fill_numbers(term, &design->variables[v], bound->variables[v].number, n, p, x);
    }
}

mlab_status mlab_design_bound_fill(mlab_design_bound *bound, const uint32_t *rows, size_t first, size_t n, double *x, double *offset, mlab_error *err)
{
    size_t p = bound->design->n_columns;
    for (size_t done = 0; done < n; done += BLOCK) {
        size_t now = n - done < BLOCK ? n - done : BLOCK;
        mlab_status status = gather(bound, rows ? rows + done : NULL, first + done, now, err);
        if (status) return status;
        if (x) fill_terms(bound, now, x + done * p);
        if (offset && (status = fill_offsets(bound, now, offset + done, err))) return status;
    }
    return MLAB_OK;
}

mlab_status mlab_design_fill(const mlab_design *design, const mlab_table *table, const uint32_t *rows, size_t first, size_t n, double *x,
                             double *offset, mlab_error *err)
{
    mlab_design_bound *bound;
    mlab_status status = mlab_design_bind(design, table, &bound, err);
    if (status) return status;
    status = mlab_design_bound_fill(bound, rows, first, n, x, offset, err);
    mlab_design_bound_free(bound);
    return status;
}

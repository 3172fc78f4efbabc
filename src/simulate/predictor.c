/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a design to a predictor: each column of the design goes where it is cheapest to evaluate.
 *
 *   all variables fixed with the person      one number a person, summed once a draw
 *   all variables in the state code          one table of states
 *   one clock alone (linear, poly, spline)   cubics on pieces
 *   anything else                            products, evaluated person by person
 *
 * Nothing here approximates: the sum equals the design's row times the coefficients but for rounding (a test says so).
 * Weakness: products are slow (about 100 ns a term and person). */
#include "simulate/predictor.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

static mlab_state_place place_of(const mlab_world *world, const char *column)
{
    static const char *const future[] = {"period", "since", "promoted", "exit"};
    if (!strcmp(column, "arm") || !strcmp(column, "grade") || !strcmp(column, "mentoring_others")) return MLAB_PLACE_STATE;
    if (world->last_column && !strcmp(column, world->last_column->name)) return MLAB_PLACE_STATE;
    if (!strcmp(column, "tenure")) return MLAB_PLACE_TENURE;
    if (!strcmp(column, "time_in_grade")) return MLAB_PLACE_IN_GRADE;
    for (size_t k = 0; k < sizeof future / sizeof *future; k++)
        if (!strcmp(column, future[k])) return MLAB_PLACE_UNKNOWN;
    for (size_t k = 0; k < world->panel->n_measures; k++) {
        const char *measure = world->panel->measures[k];
        size_t n = strlen(measure);
        if (!strncmp(column, measure, n) && (!column[n] || !strcmp(column + n, "_last"))) return MLAB_PLACE_UNKNOWN;
    }
    return MLAB_PLACE_SOURCE;
}

static mlab_status unknown(const mlab_fit *fit, const char *label, const char *why, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the formula of %s reads '%s', %s", fit->outcome, label, why);
}

/* The one place that a variable depends on; *input is its column among the design's inputs. */
mlab_status mlab_variable_place(const mlab_world *world, const mlab_fit *fit, const mlab_design_variable *variable, mlab_state_place *place,
                                uint32_t *input, mlab_error *err)
{
    static const char why[] = "which the simulation cannot carry into the future; leave it out, or fit it under compare";
    *input = 0;
    if (variable->kind == MLAB_VARIABLE_FACTOR) {
        *place = place_of(world, variable->column);
        if (*place == MLAB_PLACE_TENURE || *place == MLAB_PLACE_IN_GRADE) *place = MLAB_PLACE_UNKNOWN;
        return *place == MLAB_PLACE_UNKNOWN ? unknown(fit, variable->label, why, err) : MLAB_OK;
    }
    size_t n_inputs;
    const char *const *inputs = mlab_design_inputs(fit->design, &n_inputs);
    bool any = false;
    *place = MLAB_PLACE_SOURCE;
    for (size_t s = 0; s < variable->program.n; s++) {
        const mlab_step *step = &variable->program.steps[s];
        if (step->kind != MLAB_STEP_COLUMN) continue;
        mlab_state_place here = place_of(world, inputs[step->column]);
        if (here == MLAB_PLACE_UNKNOWN) return unknown(fit, variable->label, why, err);
        if (any && here != *place)
            return unknown(fit, variable->label, "an expression over things that change and things that do not; write it as a product of terms", err);
        any = true;
        *place = here;
        *input = step->column;
    }
    return MLAB_OK;
}

/* --- values of one variable ---------------------------------------------------------------------- */

/* A cell as the design sees it: a text for factors, a number for programs. */
typedef struct cell {
    const char *label;
    double number;
    bool missing;
} cell;

static cell source_cell(const mlab_world *world, const char *name, uint32_t source)
{
    const mlab_column *column = mlab_table_find(world->panel->rows, name);
    uint32_t row = world->panel_row[source];
    cell c = {"", 0, !column || (column->missing && column->missing[row])};
    if (c.missing) return c;
    switch (column->type) {
    case MLAB_COLUMN_REAL: c.number = column->as.real[row]; break;
    case MLAB_COLUMN_INTEGER:
    case MLAB_COLUMN_DATE: c.number = column->as.integer[row]; break;
    default: c.label = mlab_column_text(column, row);
    }
    return c;
}

/* The value of a state column in state code `code`. */
static cell state_cell(const mlab_world *world, const char *name, uint32_t code)
{
    uint32_t arm = code % world->n_arms, grade = code / world->n_arms % world->n_grades;
    uint32_t mentoring = code / (world->n_arms * world->n_grades) % 2, last = code / (world->n_arms * world->n_grades * 2);
    cell c = {"", 0, false};
    if (!strcmp(name, "arm")) {
        c.label = world->arms[arm];
    } else if (!strcmp(name, "mentoring_others")) {
        c.number = mentoring;
    } else if (!strcmp(name, "grade")) {
        c.label = world->grade_label[grade];
        c.number = world->lowest_grade + (double)grade;
    } else {
        c.missing = last == 0;
        if (last) c.label = world->last_column->levels[last - 1];
    }
    return c;
}

static int32_t level_of(const mlab_design_variable *variable, cell c)
{
    for (int32_t l = 0; l < variable->n_levels; l++)
        if (variable->level_values ? variable->level_values[l] == c.number : !strcmp(variable->levels[l], c.label)) return l;
    return -1;
}

/* The numbers of a variable at a source or state, into [width]; false = missing or a level that the fit has not seen. */
static bool variable_values(const mlab_world *world, const mlab_fit *fit, const mlab_design_variable *variable, bool full, mlab_state_place place,
                            uint32_t at, double *inputs, double *stack, double *into)
{
    size_t n_inputs;
    const char *const *names = mlab_design_inputs(fit->design, &n_inputs);
    if (variable->kind == MLAB_VARIABLE_FACTOR) {
        cell c = place == MLAB_PLACE_SOURCE ? source_cell(world, variable->column, at) : state_cell(world, variable->column, at);
        int32_t level = c.missing ? -1 : level_of(variable, c);
        size_t width = (size_t)(variable->n_levels - !full);
        memset(into, 0, width * sizeof *into);
        if (level < 0) return false;
        if (full || level) into[level - !full] = 1;
        return true;
    }
    for (size_t s = 0; s < variable->program.n; s++) {
        const mlab_step *step = &variable->program.steps[s];
        if (step->kind != MLAB_STEP_COLUMN) continue;
        cell c = place == MLAB_PLACE_SOURCE ? source_cell(world, names[step->column], at) : state_cell(world, names[step->column], at);
        if (c.missing) return false;
        inputs[step->column] = c.number;
    }
    mlab_design_variable_at(variable, mlab_program_value(&variable->program, inputs, stack), into);
    return true;
}

/* --- terms --------------------------------------------------------------------------------------- */

typedef struct making {
    const mlab_world *world;
    const mlab_fit *fit;
    mlab_predictor *to;
    const mlab_design_variable *variables;
    double *inputs, *stack, *values; /* [n_inputs], [deepest], [widest] */
    mlab_error *err;
} making;

static mlab_status missing_cell(const making *m, const mlab_design_variable *variable, uint32_t source)
{
    size_t n = 0;
    for (uint32_t s = 0; s < m->world->n_sources; s++)
        n += !variable_values(m->world, m->fit, variable, true, MLAB_PLACE_SOURCE, s, m->inputs, m->stack, m->values);
    (void)source;
    return mlab_raise(m->err, MLAB_ERR_SIMULATE_PARAMETER,
                      "%zu of %u people have no value of '%s', or one that the fit of %s has not seen; give it, or leave it out of the formula", n,
                      (unsigned)m->world->n_sources, variable->label, m->fit->outcome);
}

/* Fills values [n * width] of a variable at all sources or states. */
static mlab_status fill_values(const making *m, const mlab_design_term *term, size_t v, mlab_state_place place, double *values)
{
    const mlab_design_variable *variable = &m->variables[term->variables[v]];
    uint32_t n = place == MLAB_PLACE_SOURCE ? m->world->n_sources : m->world->n_states;
    for (uint32_t at = 0; at < n; at++) {
        bool known = variable_values(m->world, m->fit, variable, term->full[v], place, at, m->inputs, m->stack, values + at * term->width[v]);
        if (known) continue;
        if (place == MLAB_PLACE_SOURCE) return missing_cell(m, variable, at);
        m->to->unseen[at] = 1;
    }
    return MLAB_OK;
}

static mlab_status add_product(const making *m, const mlab_design_term *term, const mlab_state_place *places, const uint32_t *input,
                               mlab_product_term *product)
{
    const mlab_context *context = m->world->context;
    *product = (mlab_product_term){.first = term->first, .n_columns = term->n_columns, .n_variables = term->n_variables};
    product->variables = mlab_allocate(context, term->n_variables, sizeof *product->variables);
    if (!product->variables) return mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for a predictor");
    for (size_t v = 0; v < term->n_variables; v++) {
        mlab_factor_values *f = &product->variables[v];
        *f = (mlab_factor_values){places[v], &m->variables[term->variables[v]], input[v], term->width[v], term->stride[v], NULL};
        if (places[v] != MLAB_PLACE_SOURCE && places[v] != MLAB_PLACE_STATE) continue;
        size_t n = places[v] == MLAB_PLACE_SOURCE ? m->world->n_sources : m->world->n_states;
        f->values = mlab_allocate(context, n * f->width, sizeof *f->values);
        if (!f->values) return mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for a predictor");
        mlab_status status = fill_values(m, term, v, places[v], f->values);
        if (status) return status;
    }
    return MLAB_OK;
}

/* Adds the columns of a term that lives in one place to x [n][*n_columns], which grows by the term's columns. */
static mlab_status add_columns(const making *m, const mlab_product_term *product, size_t n, size_t *n_columns, uint32_t **column, double **x)
{
    const mlab_context *context = m->world->context;
    size_t old = *n_columns, wide = old + product->n_columns;
    double *grown = mlab_allocate(context, n * wide, sizeof *grown);
    uint32_t *names = grown ? mlab_reallocate(context, *column, wide, sizeof *names) : NULL;
    if (!names) {
        mlab_release(context, grown);
        return mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for a predictor");
    }
    *column = names;
    for (size_t c = 0; c < product->n_columns; c++) names[old + c] = (uint32_t)(product->first + c);
    for (size_t at = 0; at < n; at++) {
        if (old) memcpy(grown + at * wide, *x + at * old, old * sizeof **x);
        for (size_t c = 0; c < product->n_columns; c++) {
            double value = 1;
            for (size_t v = 0; v < product->n_variables; v++) {
                const mlab_factor_values *f = &product->variables[v];
                value *= f->values[at * f->width + c / f->stride % f->width];
            }
            grown[at * wide + old + c] = value;
        }
    }
    mlab_release(context, *x);
    *x = grown;
    *n_columns = wide;
    return MLAB_OK;
}

static void free_product(const mlab_context *context, mlab_product_term *product)
{
    for (size_t v = 0; product->variables && v < product->n_variables; v++) mlab_release(context, product->variables[v].values);
    mlab_release(context, product->variables);
    product->variables = NULL;
}

static mlab_status add_term(const making *m, const mlab_design_term *term)
{
    mlab_state_place places[16] = {MLAB_PLACE_SOURCE};
    uint32_t input[16] = {0};
    bool one = true, large = false;
    size_t clocks = 0;
    mlab_status status;
    if (!term->n_columns) return MLAB_OK;
    if (term->n_variables > 16) return unknown(m->fit, term->label, "a product of more than 16 variables", m->err);
    for (size_t v = 0; v < term->n_variables; v++) {
        if ((status = mlab_variable_place(m->world, m->fit, &m->variables[term->variables[v]], &places[v], &input[v], m->err))) return status;
        one = one && places[v] == places[0];
        clocks += places[v] == MLAB_PLACE_TENURE || places[v] == MLAB_PLACE_IN_GRADE;
        large = large || m->variables[term->variables[v]].width > 64 || m->variables[term->variables[v]].program.depth > 64;
    }
    if (clocks && (clocks > 4 || large || m->to->n_inputs > 64)) return unknown(m->fit, term->label, "a product too large to simulate", m->err);
    bool clock = places[0] == MLAB_PLACE_TENURE || places[0] == MLAB_PLACE_IN_GRADE;
    mlab_clock_basis *basis = &m->to->clock[places[0] == MLAB_PLACE_IN_GRADE];
    if (clock && term->n_variables == 1 && mlab_clock_takes(basis, &m->variables[term->variables[0]]))
        return mlab_clock_add(m->world->context, term, &m->variables[term->variables[0]], basis, m->err);

    mlab_product_term product;
    status = add_product(m, term, places, input, &product);
    if (!status && one && places[0] == MLAB_PLACE_SOURCE)
        status = add_columns(m, &product, m->world->n_sources, &m->to->n_fixed, &m->to->fixed_column, &m->to->fixed);
    else if (!status && one && places[0] == MLAB_PLACE_STATE)
        status = add_columns(m, &product, m->world->n_states, &m->to->n_stated, &m->to->stated_column, &m->to->stated);
    else if (!status) {
        m->to->products[m->to->n_products++] = product;
        return MLAB_OK;
    }
    free_product(m->world->context, &product);
    return status;
}

static mlab_status add_offsets(const making *m)
{
    size_t n, n_inputs;
    const mlab_program *offsets = mlab_design_offsets(m->fit->design, &n);
    const char *const *names = mlab_design_inputs(m->fit->design, &n_inputs);
    if (!n) return MLAB_OK;
    m->to->offset = mlab_allocate(m->world->context, m->world->n_sources, sizeof *m->to->offset);
    if (!m->to->offset) return mlab_raise(m->err, MLAB_ERR_MEMORY, "no memory for a predictor");
    for (size_t k = 0; k < n; k++)
        for (uint32_t s = 0; s < m->world->n_sources; s++) {
            for (size_t step = 0; step < offsets[k].n; step++) {
                if (offsets[k].steps[step].kind != MLAB_STEP_COLUMN) continue;
                const char *name = names[offsets[k].steps[step].column];
                cell c = source_cell(m->world, name, s);
                if (place_of(m->world, name) != MLAB_PLACE_SOURCE || c.missing)
                    return unknown(m->fit, offsets[k].label, "an offset that is missing or changes over time", m->err);
                m->inputs[offsets[k].steps[step].column] = c.number;
            }
            m->to->offset[s] += mlab_program_value(&offsets[k], m->inputs, m->stack);
        }
    return MLAB_OK;
}

mlab_status mlab_predictor_make(const mlab_world *world, const mlab_fit *fit, mlab_predictor *predictor, mlab_error *err)
{
    const mlab_context *context = world->context;
    size_t n_terms, n_variables, n_offsets, widest = 1, deepest = 1;
    const mlab_design_term *terms = mlab_design_terms(fit->design, &n_terms);
    making m = {world, fit, predictor, mlab_design_variables(fit->design, &n_variables), NULL, NULL, NULL, err};
    const mlab_program *offsets = mlab_design_offsets(fit->design, &n_offsets);
    mlab_status status = MLAB_OK;

    *predictor = (mlab_predictor){.context = context, .design = fit->design};
    mlab_design_inputs(fit->design, &predictor->n_inputs);
    for (size_t v = 0; v < n_variables; v++) {
        if (m.variables[v].width > widest) widest = m.variables[v].width;
        if (m.variables[v].program.depth > deepest) deepest = m.variables[v].program.depth;
    }
    for (size_t k = 0; k < n_offsets; k++)
        if (offsets[k].depth > deepest) deepest = offsets[k].depth;
    m.inputs = mlab_allocate(context, predictor->n_inputs, sizeof *m.inputs);
    m.stack = mlab_allocate(context, deepest, sizeof *m.stack);
    m.values = mlab_allocate(context, widest, sizeof *m.values);
    predictor->products = mlab_allocate(context, n_terms, sizeof *predictor->products);
    predictor->unseen = mlab_allocate(context, world->n_states, 1);
    predictor->unseen_arm = mlab_allocate(context, world->n_arms, 1);
    for (size_t v = 0; v < n_variables; v++)
        predictor->reads_arm = predictor->reads_arm || (m.variables[v].kind == MLAB_VARIABLE_FACTOR && !strcmp(m.variables[v].column, "arm"));
    if (!predictor->unseen_arm || !m.inputs || !m.stack || !m.values || !predictor->products || !predictor->unseen) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the predictor of %s", fit->outcome);
        goto out;
    }
    if ((status = mlab_clock_start(world, fit, MLAB_PLACE_TENURE, &predictor->clock[0], err))) goto out;
    if ((status = mlab_clock_start(world, fit, MLAB_PLACE_IN_GRADE, &predictor->clock[1], err))) goto out;
    for (size_t t = 0; t < n_terms; t++)
        if ((status = add_term(&m, &terms[t]))) goto out;
    status = add_offsets(&m);
out:
    mlab_release(context, m.values);
    mlab_release(context, m.stack);
    mlab_release(context, m.inputs);
    if (status) mlab_predictor_free(predictor);
    return status;
}

void mlab_predictor_free(mlab_predictor *predictor)
{
    if (!predictor->context) return;
    const mlab_context *context = predictor->context;
    for (size_t t = 0; predictor->products && t < predictor->n_products; t++) free_product(context, &predictor->products[t]);
    for (int c = 0; c < 2; c++) {
        mlab_release(context, predictor->clock[c].column);
        mlab_release(context, predictor->clock[c].origin);
        mlab_release(context, predictor->clock[c].cubic);
    }
    void *owned[] = {predictor->products,     predictor->unseen, predictor->unseen_arm,    predictor->stand_in, predictor->fixed,
                     predictor->fixed_column, predictor->stated, predictor->stated_column, predictor->offset};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) mlab_release(context, owned[k]);
    *predictor = (mlab_predictor){0};
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A design's terms and names from its formula and variables: the columns of R's model.matrix with treatment contrasts.
 * Coding by R's rule (Chambers & Hastie 1992, ch. 2.4.1): in a term, a factor has contrasts when the term without it is
 * contained in an earlier term, else a column for every level. */
#include "data/design.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

mlab_status mlab_design_start(const mlab_context *context, const char *text, const mlab_place *place, mlab_design **design, mlab_error *err)
{
    mlab_status status;
    *design = NULL;
    mlab_design *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    made->context = context;
    if ((status = mlab_formula_parse(context, text, place, &made->formula, err))) goto fail;
    const mlab_formula *formula = made->formula;
    made->intercept = formula->intercept;
    made->variables = mlab_allocate(context, formula->n_atoms, sizeof *made->variables);
    made->offsets = mlab_allocate(context, formula->n_offsets, sizeof *made->offsets);
    if (!made->variables || !made->offsets) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
        goto fail;
    }
    made->n_variables = formula->n_atoms;
    made->n_offsets = formula->n_offsets;
    for (size_t i = 0; i < formula->n_offsets; i++)
        if ((status = mlab_program_make(made, formula->offsets[i], &made->offsets[i], err))) goto fail;
    for (size_t i = 0; i < formula->n_atoms; i++) {
        const mlab_atom *atom = &formula->atoms[i];
        mlab_design_variable *variable = &made->variables[i];
        static const mlab_variable_kind kinds[] = {MLAB_VARIABLE_LINEAR, MLAB_VARIABLE_FACTOR, MLAB_VARIABLE_SPLINE, MLAB_VARIABLE_POLY,
                                                   MLAB_VARIABLE_EXPRESSION};
        variable->kind = kinds[atom->kind];
        variable->label = atom->label;
        variable->width = atom->kind == MLAB_ATOM_POLY ? (size_t)atom->degree : 1;
        variable->raw = atom->raw;
        if (formula->nodes[atom->node].kind == MLAB_NODE_NAME) variable->column = formula->nodes[atom->node].text;
        if (atom->kind == MLAB_ATOM_COLUMN || atom->kind == MLAB_ATOM_FACTOR) continue;
        if ((status = mlab_program_make(made, atom->node, &variable->program, err))) goto fail;
    }
    *design = made;
    return MLAB_OK;
fail:
    mlab_design_free(made);
    return status;
}

static void free_program(const mlab_context *context, mlab_program *program)
{
    mlab_release(context, program->steps);
    mlab_release(context, program->label);
}

static void free_variable(const mlab_context *context, mlab_design_variable *variable)
{
    free_program(context, &variable->program);
    for (int32_t l = 0; variable->levels && l < variable->n_levels; l++) mlab_release(context, variable->levels[l]);
    mlab_release(context, variable->levels);
    mlab_release(context, variable->level_values);
    mlab_spline_free(&variable->spline);
    mlab_release(context, variable->alpha);
    mlab_release(context, variable->norm2);
}

static void free_term(const mlab_context *context, mlab_design_term *term)
{
    void *const memory[] = {term->label, term->variables, term->full, term->width, term->stride};
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) mlab_release(context, memory[k]);
}

void mlab_design_free(mlab_design *design)
{
    if (!design) return;
    const mlab_context *context = design->context;
    for (size_t i = 0; design->variables && i < design->n_variables; i++) free_variable(context, &design->variables[i]);
    for (size_t i = 0; design->offsets && i < design->n_offsets; i++) free_program(context, &design->offsets[i]);
    for (size_t i = 0; i < design->n_inputs; i++) mlab_release(context, design->inputs[i]);
    for (size_t i = 0; design->terms && i < design->n_terms; i++) free_term(context, &design->terms[i]);
    for (size_t j = 0; design->names && j < design->n_columns; j++) mlab_release(context, design->names[j]);
    mlab_release(context, design->names);
    mlab_release(context, design->terms);
    mlab_release(context, design->offsets);
    mlab_release(context, design->inputs);
    mlab_release(context, design->variables);
    mlab_formula_free(design->formula);
    mlab_release(context, design);
}

/* R's TermCode: does the term without the variable lie inside an earlier term (or is it empty)? */
static bool has_margin(const mlab_formula *formula, size_t term, size_t atom)
{
    mlab_bits rest = formula->terms[term];
    mlab_bits_clear(&rest, atom);
    uint64_t any = 0;
    for (int k = 0; k < MLAB_FORMULA_WORDS; k++) any |= rest.word[k];
    if (!any) return true;
    for (size_t t = 0; t < term; t++) {
        uint64_t outside = 0;
        for (int k = 0; k < MLAB_FORMULA_WORDS; k++) outside |= rest.word[k] & ~formula->terms[t].word[k];
        if (!outside) return true;
    }
    return false;
}

static mlab_status start_term(mlab_design *design, size_t t, mlab_error *err)
{
    const mlab_formula *formula = design->formula;
    mlab_design_term *term = &design->terms[t];
    size_t n = 0;
    for (size_t a = 0; a < formula->n_atoms; a++) n += mlab_bits_get(&formula->terms[t], a);
    term->n_variables = n;
    term->variables = mlab_allocate(design->context, n, sizeof *term->variables);
    term->full = mlab_allocate(design->context, n, sizeof *term->full);
    term->width = mlab_allocate(design->context, n, sizeof *term->width);
    term->stride = mlab_allocate(design->context, n, sizeof *term->stride);
    if (!term->variables || !term->full || !term->width || !term->stride) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    n = 0;
    for (size_t a = 0; a < formula->n_atoms; a++) {
        if (!mlab_bits_get(&formula->terms[t], a)) continue;
        term->variables[n] = a;
        term->full[n++] = !has_margin(formula, t, a);
    }
    mlab_text label = MLAB_TEXT(design->context);
    for (size_t k = 0; k < n; k++) {
        if (k) mlab_text_append(&label, ":");
        mlab_text_append(&label, design->variables[term->variables[k]].label);
    }
    term->label = label.failed ? NULL : mlab_copy_text(design->context, mlab_text_get(&label));
    mlab_text_free(&label);
    return term->label ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
}

/* Without an intercept the first factor of the first term with one has a column for every level. */
static void widen_first_factor(mlab_design *design)
{
    for (size_t t = 0; t < design->n_terms; t++)
        for (size_t k = 0; k < design->terms[t].n_variables; k++)
            if (design->variables[design->terms[t].variables[k]].kind == MLAB_VARIABLE_FACTOR) {
                design->terms[t].full[k] = 1;
                return;
            }
}

static mlab_status place_columns(mlab_design *design, mlab_error *err)
{
    size_t p = design->intercept ? 1 : 0;
    for (size_t t = 0; t < design->n_terms; t++) {
        mlab_design_term *term = &design->terms[t];
        size_t n = 1;
        for (size_t k = 0; k < term->n_variables; k++) {
            const mlab_design_variable *variable = &design->variables[term->variables[k]];
            bool contrasts = variable->kind == MLAB_VARIABLE_FACTOR && !term->full[k];
            term->width[k] = variable->width - (contrasts ? 1 : 0);
            term->stride[k] = n;
            n *= term->width[k];
            if (n > MLAB_DESIGN_COLUMNS || p + n > MLAB_DESIGN_COLUMNS)
                return mlab_raise(err, MLAB_ERR_OVERFLOW, "formula: the term %.100s brings the design over %d columns", term->label,
                                  MLAB_DESIGN_COLUMNS);
        }
        term->first = p;
        term->n_columns = n;
        p += n;
    }
    design->n_columns = p;
    return MLAB_OK;
}

static void append_name(const mlab_design_variable *variable, bool full, size_t index, mlab_text *name)
{
    mlab_text_append(name, variable->label);
    if (variable->kind == MLAB_VARIABLE_FACTOR)
        mlab_text_append(name, variable->levels[index + (full ? 0 : 1)]);
    else if (variable->width > 1)
        mlab_text_print(name, "%zu", index + 1);
}

static mlab_status name_columns(mlab_design *design, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    mlab_text name = MLAB_TEXT(design->context);
    design->names = mlab_allocate(design->context, design->n_columns, sizeof *design->names);
    if (!design->names) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu names", design->n_columns);
    if (design->intercept && !(design->names[0] = mlab_copy_text(design->context, "(Intercept)"))) status = MLAB_ERR_MEMORY;
    for (size_t t = 0; t < design->n_terms && !status; t++) {
        const mlab_design_term *term = &design->terms[t];
        for (size_t c = 0; c < term->n_columns && !status; c++) {
            name.n = 0;
            for (size_t k = 0; k < term->n_variables; k++) {
                if (k) mlab_text_append(&name, ":");
                append_name(&design->variables[term->variables[k]], term->full[k], c / term->stride[k] % term->width[k], &name);
            }
            design->names[term->first + c] = name.failed ? NULL : mlab_copy_bytes_as_text(design->context, name.bytes, name.n);
            if (!design->names[term->first + c]) status = MLAB_ERR_MEMORY;
        }
    }
    mlab_text_free(&name);
    return status ? mlab_raise(err, status, "no memory for %zu names", design->n_columns) : MLAB_OK;
}

mlab_status mlab_design_assemble(mlab_design *design, mlab_error *err)
{
    mlab_status status;
    for (size_t i = 0; i < design->n_variables; i++) {
        mlab_design_variable *variable = &design->variables[i];
        if (variable->kind == MLAB_VARIABLE_LINEAR && !variable->program.n &&
            (status = mlab_program_make(design, design->formula->atoms[i].node, &variable->program, err)))
            return status;
        if (variable->kind != MLAB_VARIABLE_FACTOR && !variable->column)
            for (size_t k = 0, n = 0; k < variable->program.n; k++)
                if (variable->program.steps[k].kind == MLAB_STEP_COLUMN) {
                    const char *name = design->inputs[variable->program.steps[k].column];
                    variable->column = n++ && (!variable->column || strcmp(variable->column, name) != 0) ? NULL : name;
                }
    }
    design->terms = mlab_allocate(design->context, design->formula->n_terms, sizeof *design->terms);
    if (!design->terms) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a design");
    design->n_terms = design->formula->n_terms;
    for (size_t t = 0; t < design->n_terms; t++)
        if ((status = start_term(design, t, err))) return status;
    if (!design->formula->intercept) widen_first_factor(design);
    if ((status = place_columns(design, err))) return status;
    return name_columns(design, err);
}

void mlab_design_drop_terms(mlab_design *design, const uint8_t *drop)
{
    size_t terms = 0, columns = design->intercept ? 1 : 0;
    for (size_t t = 0; t < design->n_terms; t++) {
        mlab_design_term term = design->terms[t];
        if (drop[t]) {
            for (size_t c = 0; c < term.n_columns; c++) mlab_release(design->context, design->names[term.first + c]);
            free_term(design->context, &term);
            continue;
        }
        memmove(design->names + columns, design->names + term.first, term.n_columns * sizeof *design->names);
        term.first = columns;
        columns += term.n_columns;
        design->terms[terms++] = term;
    }
    design->n_terms = terms;
    design->n_columns = columns;
}

void mlab_design_drop_intercept(mlab_design *design)
{
    if (!design->intercept) return;
    mlab_release(design->context, design->names[0]);
    memmove(design->names, design->names + 1, (design->n_columns - 1) * sizeof *design->names);
    design->n_columns--;
    design->intercept = false;
    for (size_t t = 0; t < design->n_terms; t++) design->terms[t].first--;
}

mlab_status mlab_design_raise(const mlab_design *design, const char *column, mlab_error *err, mlab_status status, const char *format, ...)
{
    char sentence[400];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    uint32_t at = 0;
    for (int32_t i = 0; i < design->formula->n_nodes; i++)
        if (design->formula->nodes[i].kind == MLAB_NODE_NAME && !strcmp(design->formula->nodes[i].text, column)) {
            at = design->formula->nodes[i].at;
            break;
        }
    return mlab_formula_raise(design->formula, err, status, at, "%s", sentence);
}

mlab_status mlab_design_column(const mlab_design *design, const mlab_table *table, const char *name, const mlab_column **column, mlab_error *err)
{
    *column = mlab_table_find(table, name);
    if (*column) return MLAB_OK;
    const char **names = mlab_allocate(design->context, table->n_columns, sizeof *names);
    const char *near = NULL;
    for (size_t i = 0; names && i < table->n_columns; i++) names[i] = table->columns[i].name;
    if (names) near = mlab_nearest(name, names, table->n_columns);
    mlab_status status = mlab_design_raise(design, name, err, MLAB_ERR_DATA_COLUMN, "there is no column \"%.60s\"%s%.60s%s", name,
                                           near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    mlab_release(design->context, names);
    return status;
}

size_t mlab_design_columns(const mlab_design *design)
{
    return design->n_columns;
}
bool mlab_design_has_intercept(const mlab_design *design)
{
    return design->intercept;
}
const char *mlab_design_name(const mlab_design *design, size_t column)
{
    return column < design->n_columns ? design->names[column] : "";
}
const char *mlab_design_formula(const mlab_design *design)
{
    return design->formula->text;
}

const mlab_design_variable *mlab_design_variables(const mlab_design *design, size_t *n)
{
    *n = design->n_variables;
    return design->variables;
}

const mlab_design_term *mlab_design_terms(const mlab_design *design, size_t *n)
{
    *n = design->n_terms;
    return design->terms;
}

const mlab_program *mlab_design_offsets(const mlab_design *design, size_t *n)
{
    *n = design->n_offsets;
    return design->offsets;
}

const char *const *mlab_design_inputs(const mlab_design *design, size_t *n)
{
    *n = design->n_inputs;
    return (const char *const *)design->inputs;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds for each column of a design the array of the table that it is read from, and writes tiles from them.
 *
 * A kept design of eight columns is read at 64 bytes a row in every pass; the arrays of the table are 8 bytes a number and 4 a whole number or a
 * factor of any number of levels. Weakness: products, splines and arithmetic are not among them. */
#include "fit/direct.h"

#include "core/error.h"
#include "core/memory.h"
#include "data/design_terms.h"

#include <string.h>

static size_t row_of(const mlab_fit_problem *problem, size_t i)
{
    return problem->rows ? problem->rows[i] : i;
}

static bool has_missing(const mlab_fit_problem *problem, const mlab_column *column)
{
    uint8_t any = 0;
    for (size_t i = 0; column->missing && i < problem->n; i++) any |= column->missing[row_of(problem, i)];
    return any;
}

/* codes [n_levels of the variable]: the column's code of each level. False when a row has a level that is not among them. */
static bool find_codes(const mlab_fit_problem *problem, const mlab_design_variable *variable, const mlab_column *column, uint8_t *known,
                       int32_t *codes)
{
    int32_t n_known = 0;
    for (int32_t l = 0, from = 0; l < column->n_levels; l++)
        for (int32_t k = 0; k < variable->n_levels; k++) { /* levels mostly come in the same order */
            int32_t at = (from + k) % variable->n_levels;
            if (strcmp(column->levels[l], variable->levels[at]) != 0) continue;
            codes[at] = l;
            known[l] = 1;
            n_known++;
            from = at + 1;
            break;
        }
    if (n_known < variable->n_levels) return false;
    if (n_known == column->n_levels) return true;
    uint8_t all = 1;
    for (size_t i = 0; i < problem->n; i++) all &= known[column->as.integer[row_of(problem, i)]];
    return all;
}

static mlab_status set_levels(const mlab_context *context, const mlab_fit_problem *problem, const mlab_design_term *term,
                              const mlab_design_variable *variable, const mlab_column *column, size_t first_column, mlab_direct *direct, bool *fine,
                              mlab_error *err)
{
    uint8_t *known = mlab_allocate(context, (size_t)column->n_levels, 1);
    int32_t *codes = mlab_allocate(context, (size_t)variable->n_levels, sizeof *codes);
    mlab_status status = MLAB_OK;
    if (!known || !codes)
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %d levels", column->n_levels);
    else
        *fine = find_codes(problem, variable, column, known, codes);
    for (size_t j = 0; *fine && !status && j < term->n_columns; j++)
        direct->columns[term->first + j - first_column] =
            (mlab_direct_column){.kind = MLAB_DIRECT_LEVEL, .whole = column->as.integer, .code = codes[j + (term->full[0] ? 0 : 1)]};
    mlab_release(context, known);
    mlab_release(context, codes);
    return status;
}

static mlab_status set_term(const mlab_context *context, const mlab_fit_problem *problem, const mlab_design_term *term,
                            const mlab_design_variable *variable, size_t first_column, mlab_direct *direct, bool *fine, mlab_error *err)
{
    bool factor = variable->kind == MLAB_VARIABLE_FACTOR;
    *fine = term->n_variables == 1 && (factor || variable->kind == MLAB_VARIABLE_LINEAR) && term->first >= first_column;
    const mlab_column *column = *fine ? mlab_table_find(problem->table, variable->column) : NULL;
    *fine = column && !has_missing(problem, column);
    if (!*fine) return MLAB_OK;
    if (factor) {
        *fine = column->type == MLAB_COLUMN_FACTOR && !variable->level_values;
        return *fine ? set_levels(context, problem, term, variable, column, first_column, direct, fine, err) : MLAB_OK;
    }
    mlab_direct_column *into = &direct->columns[term->first - first_column];
    *fine = column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER || column->type == MLAB_COLUMN_DATE;
    if (column->type == MLAB_COLUMN_REAL)
        *into = (mlab_direct_column){.kind = MLAB_DIRECT_REAL, .real = column->as.real};
    else
        *into = (mlab_direct_column){.kind = MLAB_DIRECT_WHOLE, .whole = column->as.integer};
    return MLAB_OK;
}

mlab_status mlab_direct_make(const mlab_context *context, const mlab_fit_problem *problem, size_t first_column, mlab_direct **out, mlab_error *err)
{
    const mlab_design *design = problem->design;
    size_t n_terms, n_variables, n_offsets, n = mlab_design_columns(design) - first_column;
    const mlab_design_term *terms = mlab_design_terms(design, &n_terms);
    const mlab_design_variable *variables = mlab_design_variables(design, &n_variables);
    *out = NULL;
    mlab_design_offsets(design, &n_offsets);
    if (n_offsets) return MLAB_OK;
    mlab_direct *direct = mlab_allocate(context, 1, sizeof *direct + n * sizeof *direct->columns);
    if (!direct) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu columns", n);
    direct->context = context;
    direct->kernels = mlab_kernels_of(context);
    direct->rows = problem->rows;
    direct->n = n; /* zeros are columns of ones: the intercept */
    mlab_status status = MLAB_OK;
    bool fine = true;
    for (size_t t = 0; t < n_terms && fine && !status; t++)
        if (terms[t].n_columns) status = set_term(context, problem, &terms[t], &variables[terms[t].variables[0]], first_column, direct, &fine, err);
    if (status || !fine)
        mlab_direct_free(direct);
    else
        *out = direct;
    return status;
}

void mlab_direct_free(mlab_direct *direct)
{
    if (direct) mlab_release(direct->context, direct);
}

static void fill_column(const mlab_kernels *kernels, const mlab_direct_column *column, const uint32_t *rows, size_t first, size_t n, double centre,
                        double *into)
{
    double real[MLAB_TILE];
    int32_t whole[MLAB_TILE];
    const double *from = column->real;
    const int32_t *codes = column->whole;
    if (from) from += rows ? 0 : first;
    if (codes) codes += rows ? 0 : first;
    if (rows && from) {
        for (size_t i = 0; i < n; i++) real[i] = from[rows[i]];
        from = real;
    } else if (rows && codes) {
        for (size_t i = 0; i < n; i++) whole[i] = codes[rows[i]];
        codes = whole;
    }
    if (column->kind == MLAB_DIRECT_REAL)
        kernels->reals(from, n, centre, into);
    else if (column->kind == MLAB_DIRECT_WHOLE)
        kernels->wholes(codes, n, centre, into);
    else if (column->kind == MLAB_DIRECT_LEVEL)
        kernels->level(codes, column->code, n, centre, into);
    else
        for (size_t i = 0; i < n; i++) into[i] = 1 - centre;
}

void mlab_direct_fill(const mlab_direct *direct, size_t first, size_t n, const double *centre, double *x)
{
    const uint32_t *rows = direct->rows ? direct->rows + first : NULL;
    size_t run = 1; /* rows of a sample may come more than once: first and last do not tell */
    while (rows && run < n && rows[run] == rows[0] + run) run++;
    if (rows && run == n) {
        first = rows[0];
        rows = NULL;
    }
    for (size_t j = 0; j < direct->n; j++) {
        double *into = x + j * MLAB_TILE;
        fill_column(direct->kernels, &direct->columns[j], rows, first, n, centre[j], into);
        for (size_t i = n; i < MLAB_TILE; i++) into[i] = 0;
    }
}

void mlab_direct_fetch(const mlab_direct *direct, size_t part, size_t first, size_t n)
{
    if (direct->rows) first = direct->rows[first]; /* rows that are left out make it somewhat late */
    for (size_t j = part; j < direct->n; j += MLAB_DIRECT_PARTS) {
        const mlab_direct_column *column = &direct->columns[j];
        if (column->real) direct->kernels->fetch(column->real + first, n * sizeof *column->real);
        if (column->whole) direct->kernels->fetch(column->whole + first, n * sizeof *column->whole);
    }
}

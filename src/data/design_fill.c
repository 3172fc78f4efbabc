/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a design, block by block: each term writes its columns from the gathered numbers and level codes. It is inside the loop
 * of every fit. */
#include "data/design.h"

#include "core/error.h"

#include <math.h>
#include <string.h>

enum { BLOCK = MLAB_DESIGN_BLOCK };

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
        const mlab_bound_variable *own = &bound->variables[term->variables[k]];
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
        mlab_status status = mlab_design_gather(bound, rows ? rows + done : NULL, first + done, now, err);
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

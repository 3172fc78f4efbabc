/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a design to about 32 digits: powers, products and arithmetic that a formula asks for are worked out in double-double from
 * the stored numbers, so that no column that the program itself forms is rounded. For least squares of nearly collinear columns
 * (fit/exact.c).
 *
 * Weakness: logarithms, exponentials, powers that are not whole, splines and orthogonal polynomials are doubles: their low part is 0.
 */
#include "data/design.h"

#include "core/double_double.h"
#include "core/error.h"
#include "core/memory.h"

#include <string.h>

enum { BLOCK = MLAB_DESIGN_BLOCK };

typedef struct precise {
    mlab_design_bound *bound;
    mlab_dd *stack;    /* [deepest program] */
    mlab_dd *values;   /* [widest variable] */
    mlab_dd *products; /* [most number columns of a term] */
} precise;

/* Whether the value is a rational function of numbers: such programs are worked out to the last digit. */
static bool is_rational(const mlab_program *program)
{
    for (size_t k = 0; k < program->n; k++) {
        mlab_step_kind kind = program->steps[k].kind;
        if (kind == MLAB_STEP_POWER) {
            const mlab_step *exponent = &program->steps[k - 1]; /* a power has two operands before it */
            if (exponent->kind != MLAB_STEP_NUMBER || exponent->number != floor(exponent->number) || fabs(exponent->number) > 64) return false;
        } else if (kind > MLAB_STEP_POWER && kind != MLAB_STEP_NEGATE && kind != MLAB_STEP_ABS && kind != MLAB_STEP_SQRT)
            return false;
    }
    return true;
}

static bool is_formed(const mlab_design_variable *variable)
{
    return (variable->kind == MLAB_VARIABLE_POLY && variable->raw && variable->width > 1) ||
           (variable->kind == MLAB_VARIABLE_EXPRESSION && is_rational(&variable->program));
}

static bool term_is_formed(const mlab_design *design, const mlab_design_term *term)
{
    size_t numbers = 0;
    bool formed = false;
    for (size_t k = 0; k < term->n_variables; k++) {
        const mlab_design_variable *variable = &design->variables[term->variables[k]];
        numbers += variable->kind != MLAB_VARIABLE_FACTOR;
        formed = formed || is_formed(variable);
    }
    return formed || numbers > 1;
}

void mlab_design_formed(const mlab_design *design, uint8_t *formed)
{
    memset(formed, 0, design->n_columns);
    for (size_t t = 0; t < design->n_terms; t++) {
        const mlab_design_term *term = &design->terms[t];
        if (!term_is_formed(design, term)) continue;
        bool power = term->n_variables == 1 && design->variables[term->variables[0]].kind == MLAB_VARIABLE_POLY;
        for (size_t j = power; j < term->n_columns; j++) formed[term->first + j] = 1; /* the first power is the data's own */
    }
}

/* --- one row ---------------------------------------------------------------------------------------------- */

static mlab_dd whole_power(mlab_dd base, double exponent)
{
    mlab_dd product = mlab_dd_of(1);
    for (int k = (int)fabs(exponent); k; k >>= 1, base = mlab_dd_multiply(base, base))
        if (k & 1) product = mlab_dd_multiply(product, base);
    return exponent < 0 ? mlab_dd_divide(mlab_dd_of(1), product) : product;
}

static mlab_dd apply(mlab_step_kind kind, mlab_dd a, mlab_dd b)
{
    switch (kind) {
    case MLAB_STEP_ADD: return mlab_dd_add(a, b);
    case MLAB_STEP_SUBTRACT: return mlab_dd_subtract(a, b);
    case MLAB_STEP_MULTIPLY: return mlab_dd_multiply(a, b);
    case MLAB_STEP_DIVIDE: return mlab_dd_divide(a, b);
    case MLAB_STEP_POWER: return whole_power(a, b.high);
    case MLAB_STEP_NEGATE: return mlab_dd_negate(a);
    case MLAB_STEP_SQRT: return mlab_dd_root(a);
    default: return a.high < 0 ? mlab_dd_negate(a) : a;
    }
}

/* Row i of the block through a rational program. */
static mlab_dd program_value(const precise *w, const mlab_program *program, size_t i)
{
    size_t height = 0;
    for (size_t k = 0; k < program->n; k++) {
        const mlab_step *step = &program->steps[k];
        if (step->kind == MLAB_STEP_COLUMN)
            w->stack[height++] = mlab_dd_of(w->bound->gathered[(size_t)step->column * BLOCK + i]);
        else if (step->kind == MLAB_STEP_NUMBER)
            w->stack[height++] = mlab_dd_of(step->number);
        else if (step->kind <= MLAB_STEP_POWER) {
            height--;
            w->stack[height - 1] = apply(step->kind, w->stack[height - 1], w->stack[height]);
        } else
            w->stack[height - 1] = apply(step->kind, w->stack[height - 1], mlab_dd_of(0));
    }
    return w->stack[0];
}

/* The numbers of a variable that is no factor, into w->values. */
static void variable_values(const precise *w, size_t v, size_t i)
{
    const mlab_design_variable *variable = &w->bound->design->variables[v];
    double number = w->bound->variables[v].number[i];
    mlab_dd value = is_rational(&variable->program) ? program_value(w, &variable->program, i) : mlab_dd_of(number);
    if (variable->kind == MLAB_VARIABLE_POLY && variable->raw) {
        mlab_dd power = value;
        for (size_t d = 0; d < variable->width; d++, power = mlab_dd_multiply(power, value)) w->values[d] = power;
        return;
    }
    w->values[0] = value;
    if (variable->kind != MLAB_VARIABLE_SPLINE && variable->kind != MLAB_VARIABLE_POLY) return;
    double *rounded = w->bound->products; /* as wide as any variable, see start */
    mlab_design_variable_at(variable, number, rounded);
    for (size_t d = 0; d < variable->width; d++) w->values[d] = mlab_dd_of(rounded[d]);
}

static void put(double *x, double *low, size_t at, mlab_dd value)
{
    x[at] = value.high;
    low[at] = isfinite(value.low) ? value.low : 0; /* beyond 2^996 there is none */
}

/* The columns of one term in row i, as fill_product of data/design_fill.c. */
static void fill_term(const precise *w, const mlab_design_term *term, size_t i, double *x, double *low)
{
    const mlab_design *design = w->bound->design;
    size_t base = term->first, n = 1;
    for (size_t k = 0; k < term->n_variables; k++) {
        size_t v = term->variables[k];
        if (design->variables[v].kind != MLAB_VARIABLE_FACTOR) continue;
        int32_t at = w->bound->variables[v].codes[i] - (term->full[k] ? 0 : 1);
        if (at < 0) return; /* all zeros */
        base += (size_t)at * term->stride[k];
    }
    w->products[0] = mlab_dd_of(1);
    for (size_t k = 0; k < term->n_variables; k++) {
        if (design->variables[term->variables[k]].kind == MLAB_VARIABLE_FACTOR) continue;
        variable_values(w, term->variables[k], i);
        for (size_t d = term->width[k]; d-- > 0;) /* from the top, so that the lowest part is read last */
            for (size_t m = 0; m < n; m++) w->products[d * n + m] = mlab_dd_multiply(w->products[m], w->values[d]);
        n *= term->width[k];
    }
    for (size_t m = 0; m < n; m++) {
        size_t rest = m, at = base;
        for (size_t k = 0; k < term->n_variables; k++) {
            if (design->variables[term->variables[k]].kind == MLAB_VARIABLE_FACTOR) continue;
            at += rest % term->width[k] * term->stride[k];
            rest /= term->width[k];
        }
        put(x, low, at, w->products[m]);
    }
}

/* --- blocks of rows ---------------------------------------------------------------------------------------- */

static mlab_status start(const mlab_design *design, precise *w, mlab_error *err)
{
    const mlab_context *context = design->context;
    size_t depth = 1, widest = 1, most = 1;
    for (size_t v = 0; v < design->n_variables; v++) {
        const mlab_design_variable *variable = &design->variables[v];
        if (variable->kind == MLAB_VARIABLE_FACTOR) continue;
        if (variable->program.depth > depth) depth = variable->program.depth;
        if (variable->width > widest) widest = variable->width;
    }
    for (size_t t = 0; t < design->n_terms; t++) {
        size_t n = 1;
        for (size_t k = 0; k < design->terms[t].n_variables; k++)
            if (design->variables[design->terms[t].variables[k]].kind != MLAB_VARIABLE_FACTOR) n *= design->terms[t].width[k];
        if (n > most) most = n;
    }
    w->stack = mlab_allocate(context, depth, sizeof *w->stack);
    w->values = mlab_allocate(context, widest, sizeof *w->values);
    w->products = mlab_allocate(context, most, sizeof *w->products);
    return w->stack && w->values && w->products ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a block of rows");
}

mlab_status mlab_design_fill_precise(const mlab_design *design, const mlab_table *table, const uint32_t *rows, size_t first, size_t n, double *x,
                                     double *low, double *offset, mlab_error *err)
{
    size_t p = design->n_columns;
    precise w = {0};
    mlab_status status = mlab_design_bind(design, table, &w.bound, err);
    if (!status) status = start(design, &w, err);
    for (size_t done = 0; done < n && !status; done += BLOCK) {
        size_t now = n - done < BLOCK ? n - done : BLOCK;
        double *own_x = x + done * p, *own_low = low + done * p;
        status = mlab_design_bound_fill(w.bound, rows ? rows + done : NULL, first + done, now, own_x, offset ? offset + done : NULL, err);
        if (status) break;
        memset(own_low, 0, now * p * sizeof *own_low);
        for (size_t t = 0; t < design->n_terms; t++) {
            if (!design->terms[t].n_columns || !term_is_formed(design, &design->terms[t])) continue;
            for (size_t i = 0; i < now; i++) fill_term(&w, &design->terms[t], i, own_x + i * p, own_low + i * p);
        }
    }
    mlab_release(design->context, w.stack);
    mlab_release(design->context, w.values);
    mlab_release(design->context, w.products);
    mlab_design_bound_free(w.bound);
    return status;
}

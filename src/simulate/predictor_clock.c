/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terms of one clock alone as cubics on pieces: linear terms, poly of degree up to 3, one natural spline a clock.
 * A polynomial is rewritten around each piece's origin, so that one Horner step serves all terms of the clock. */
#include "simulate/predictor.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

/* Cubics of the columns of a variable on the pieces of a clock. */
static void cubics_of(const mlab_design_variable *variable, const mlab_clock_basis *clock, size_t column, double *cubic)
{
    memset(cubic, 0, (size_t)clock->n_pieces * 4 * sizeof *cubic);
    for (int32_t k = 0; k < clock->n_pieces; k++) {
        double o = clock->origin[k], *c = cubic + 4 * k;
        if (variable->kind == MLAB_VARIABLE_LINEAR) {
            c[0] = o, c[1] = 1;
        } else if (variable->kind == MLAB_VARIABLE_SPLINE) {
            for (size_t q = 0; q < 4; q++) c[q] = variable->spline.coefficients[((size_t)k * 4 + q) * (size_t)variable->spline.n_basis + column];
        } else {
            /* powers of (u + o), or R's orthogonal polynomials by their recurrence on cubics in u */
            double before[4] = {0}, now[4] = {1}, next[4];
            for (size_t d = 0; d <= column; d++) {
                double shift = o - (variable->raw ? 0 : variable->alpha[d]);
                double back = variable->raw || d == 0 ? 0 : variable->norm2[d + 1] / variable->norm2[d];
                for (size_t q = 0; q < 4; q++) next[q] = shift * now[q] + (q ? now[q - 1] : 0) - back * before[q];
                memcpy(before, now, sizeof now);
                memcpy(now, next, sizeof now);
            }
            double scale = variable->raw ? 1 : 1 / sqrt(variable->norm2[column + 2]);
            for (size_t q = 0; q < 4; q++) c[q] = scale * now[q];
        }
    }
}

/* A term of one clock that the basis can take: linear, poly of degree up to 3, or the first spline. */
bool mlab_clock_takes(const mlab_clock_basis *clock, const mlab_design_variable *variable)
{
    if (variable->program.n != 1) return false;
    if (variable->kind == MLAB_VARIABLE_LINEAR) return true;
    if (variable->kind == MLAB_VARIABLE_POLY) return variable->width <= 3;
    return variable->kind == MLAB_VARIABLE_SPLINE && clock->breaks == variable->spline.breaks;
}

/* The pieces of a clock are those of the first spline over it, else one. */
mlab_status mlab_clock_start(const mlab_world *world, const mlab_fit *fit, mlab_state_place place, mlab_clock_basis *clock, mlab_error *err)
{
    size_t n_terms, n_variables;
    const mlab_design_term *terms = mlab_design_terms(fit->design, &n_terms);
    const mlab_design_variable *variables = mlab_design_variables(fit->design, &n_variables), *spline = NULL;
    for (size_t t = 0; t < n_terms && !spline; t++) {
        const mlab_design_variable *v = &variables[terms[t].variables[0]];
        if (terms[t].n_variables != 1 || v->kind != MLAB_VARIABLE_SPLINE || v->program.n != 1) continue;
        mlab_state_place here;
        uint32_t input;
        mlab_status status = mlab_variable_place(world, fit, v, &here, &input, err);
        if (status) return status;
        if (here == place) spline = v;
    }
    clock->n_pieces = spline ? spline->spline.n_pieces : 1;
    clock->breaks = spline ? spline->spline.breaks : NULL;
    clock->origin = mlab_allocate(world->context, (size_t)clock->n_pieces, sizeof *clock->origin);
    if (!clock->origin) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a predictor");
    for (int32_t k = 0; spline && k < clock->n_pieces; k++) clock->origin[k] = spline->spline.origin[k];
    return MLAB_OK;
}

mlab_status mlab_clock_add(const mlab_context *context, const mlab_design_term *term, const mlab_design_variable *variable, mlab_clock_basis *clock,
                           mlab_error *err)
{
    size_t n = clock->n_columns + term->n_columns, pieces = (size_t)clock->n_pieces * 4;
    uint32_t *column = mlab_reallocate(context, clock->column, n, sizeof *column);
    if (!column) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a predictor");
    clock->column = column;
    double *cubic = mlab_reallocate(context, clock->cubic, n * pieces, sizeof *cubic);
    if (!cubic) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a predictor");
    clock->cubic = cubic;
    for (size_t c = 0; c < term->n_columns; c++) {
        column[clock->n_columns] = (uint32_t)(term->first + c);
        cubics_of(variable, clock, c, cubic + clock->n_columns * pieces);
        clock->n_columns++;
    }
    return MLAB_OK;
}

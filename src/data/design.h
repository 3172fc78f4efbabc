/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of a design: the parts that its files share. */
#ifndef MLAB_DATA_DESIGN_H
#define MLAB_DATA_DESIGN_H

#include "data/design_terms.h"
#include "data/formula.h"

enum { MLAB_DESIGN_COLUMNS = 100000 }; /* columns of a design, at most */

struct mlab_design {
    const mlab_context *context;
    mlab_formula *formula; /* its own */
    bool intercept;        /* column 0 is "(Intercept)" */
    char **inputs;         /* [n_inputs] columns read as numbers */
    size_t n_inputs, inputs_capacity;
    mlab_design_variable *variables; /* [n_variables], one for each atom of the formula */
    size_t n_variables;
    mlab_design_term *terms;
    size_t n_terms;
    mlab_program *offsets;
    size_t n_offsets;
    char **names; /* [n_columns] */
    size_t n_columns;
};

/* A design of the formula text, with programs but without levels, knots and terms. */
MLAB_MUST_USE mlab_status mlab_design_start(const mlab_context *context, const char *text, const mlab_place *place, mlab_design **design,
                                            mlab_error *err);
/* Terms and names, when all variables are known. */
MLAB_MUST_USE mlab_status mlab_design_assemble(mlab_design *design, mlab_error *err);
/* Compiles the arithmetic of a node; its columns become inputs of the design. */
MLAB_MUST_USE mlab_status mlab_program_make(mlab_design *design, int32_t node, mlab_program *program, mlab_error *err);
/* into[i] for n <= 256 rows: inputs[j * 256 + i]; stack [depth * 256]. */
enum { MLAB_DESIGN_BLOCK = 256 };
void mlab_program_run(const mlab_context *context, const mlab_program *program, const double *inputs, size_t n, double *stack, double *into);
/* A variable of a design in one table. */
typedef struct mlab_bound_variable {
    const mlab_column *column; /* FACTOR */
    int32_t *map;              /* FACTOR of a factor column: its code -> ours, -1 = not among ours; NULL = the same */
    int32_t *codes;            /* FACTOR [MLAB_DESIGN_BLOCK] */
    double *values;            /* others: [MLAB_DESIGN_BLOCK * width], when a product needs them; else NULL */
    double *number;            /* others: [MLAB_DESIGN_BLOCK] value of the program; LINEAR: the gathered input */
} mlab_bound_variable;

struct mlab_design_bound {
    const mlab_design *design;
    const mlab_table *table;
    const mlab_column **inputs; /* [n_inputs] */
    double *gathered;           /* [n_inputs * MLAB_DESIGN_BLOCK] */
    double *stack;
    mlab_bound_variable *variables;
    double *products; /* [2 * the most number columns of a term] */
    bool sparse;      /* some term has factors: x must be zeroed first */
};

/* Numbers and level codes of n <= MLAB_DESIGN_BLOCK rows. Errors: a missing value, an unknown level, a value that is not finite. */
MLAB_MUST_USE mlab_status mlab_design_gather(mlab_design_bound *bound, const uint32_t *rows, size_t first, size_t n, mlab_error *err);
/* The column, or MLAB_ERR_DATA_COLUMN with the nearest name, at its place in the formula. */
MLAB_MUST_USE mlab_status mlab_design_column(const mlab_design *design, const mlab_table *table, const char *name, const mlab_column **column,
                                             mlab_error *err);
/* Raises at the first appearance of the column in the formula. */
mlab_status mlab_design_raise(const mlab_design *design, const char *column, mlab_error *err, mlab_status status, const char *format, ...)
    MLAB_PRINTF(5, 6);

#endif

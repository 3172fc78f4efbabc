/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a design is made of, for whoever compiles a linear predictor for one person: every term is a product of
 * variables, every variable is a lookup (factor), a number, or a few polynomials of a number.
 *
 *   eta = sum over columns b[column] * x[column]
 *   term  "arm:ns(tenure, 3)"  first = 7, n_columns = 6      column of (level l, basis k) = first + l * stride[0] + k * stride[1]
 *           variable "arm"            FACTOR  levels none, structured, informal (none has no column: full = 0)
 *           variable "ns(tenure, 3)"  SPLINE of the column tenure, width 3
 */
#ifndef MLAB_DATA_DESIGN_TERMS_H
#define MLAB_DATA_DESIGN_TERMS_H

#include "data/spline.h"
#include "mentorlab/data.h"

typedef enum mlab_variable_kind {
    MLAB_VARIABLE_LINEAR,    /* the column itself, one number */
    MLAB_VARIABLE_FACTOR,    /* level of a factor or text column, or of factor(number) */
    MLAB_VARIABLE_SPLINE,    /* ns() of a number */
    MLAB_VARIABLE_POLY,      /* poly() of a number */
    MLAB_VARIABLE_EXPRESSION /* arithmetic over columns, one number */
} mlab_variable_kind;

/* One step of an arithmetic program on a stack of numbers. */
typedef enum mlab_step_kind {
    MLAB_STEP_COLUMN, /* push column `column` of the program's inputs */
    MLAB_STEP_NUMBER, /* push `number` */
    MLAB_STEP_ADD,
    MLAB_STEP_SUBTRACT,
    MLAB_STEP_MULTIPLY,
    MLAB_STEP_DIVIDE,
    MLAB_STEP_POWER,
    MLAB_STEP_NEGATE,
    MLAB_STEP_LOG,
    MLAB_STEP_EXP,
    MLAB_STEP_SQRT,
    MLAB_STEP_LOG1P,
    MLAB_STEP_LOG2,
    MLAB_STEP_LOG10,
    MLAB_STEP_ABS
} mlab_step_kind;

typedef struct mlab_step {
    mlab_step_kind kind;
    uint32_t column; /* index into mlab_design_inputs */
    double number;
} mlab_step;

typedef struct mlab_program {
    mlab_step *steps; /* [n] */
    size_t n;
    size_t depth; /* of the stack */
    char *label;  /* as R writes the expression */
} mlab_program;

typedef struct mlab_design_variable {
    mlab_variable_kind kind;
    const char *label;    /* as R names it: "ns(tenure, 3)" */
    const char *column;   /* FACTOR: its column; else the one column read, NULL when several are */
    size_t width;         /* FACTOR: n_levels; else numbers it gives */
    mlab_program program; /* all but FACTOR: the number that it is a function of (LINEAR: one step) */
    char **levels;        /* FACTOR [n_levels]; the first is the reference */
    int32_t n_levels;
    double *level_values; /* FACTOR of a number: [n_levels] ascending; else NULL */
    mlab_spline spline;   /* SPLINE */
    bool raw;             /* POLY: powers; else orthogonal polynomials by recurrence */
    double *alpha;        /* POLY orthogonal [width]; R's attr(, "coefs")$alpha */
    double *norm2;        /* POLY orthogonal [width + 2] */
} mlab_design_variable;

typedef struct mlab_design_term {
    char *label;      /* "arm:tenure" */
    size_t first;     /* its first column in the design */
    size_t n_columns; /* 0 = a factor with a single level */
    size_t n_variables;
    size_t *variables; /* [n_variables] in the order of R's columns: the first varies fastest */
    uint8_t *full;     /* [n_variables] FACTOR: 1 = a column for every level, 0 = none for the first */
    size_t *width;     /* [n_variables] columns that the variable contributes here */
    size_t *stride;    /* [n_variables] */
} mlab_design_term;

const mlab_design_variable *mlab_design_variables(const mlab_design *design, size_t *n);
const mlab_design_term *mlab_design_terms(const mlab_design *design, size_t *n);
const mlab_program *mlab_design_offsets(const mlab_design *design, size_t *n); /* their sum is the offset */
/* Columns that programs read as numbers. */
const char *const *mlab_design_inputs(const mlab_design *design, size_t *n);
const char *mlab_design_formula(const mlab_design *design);

/* Leaves out the intercept column but keeps the coding of factors, as R does for coxph and polr. */
void mlab_design_drop_intercept(mlab_design *design);

/* Leaves out the terms k with drop[k] != 0; the coding of the others stays. The text of the design, and so its copies, still have them. */
void mlab_design_drop_terms(mlab_design *design, const uint8_t *drop);

/* One number through a program: inputs[j] is the value of input j; stack [depth]. */
double mlab_program_value(const mlab_program *program, const double *inputs, double *stack);
/* The numbers that a variable (not a FACTOR) makes of the value of its program; into [width]. */
void mlab_design_variable_at(const mlab_design_variable *variable, double value, double *into);

/* A design bound to a table: names are looked up once, then blocks are filled without any. One per thread. */
typedef struct mlab_design_bound mlab_design_bound;
MLAB_MUST_USE mlab_status mlab_design_bind(const mlab_design *design, const mlab_table *table, mlab_design_bound **bound, mlab_error *err);
/* As mlab_design_fill. No allocation. */
MLAB_MUST_USE mlab_status mlab_design_bound_fill(mlab_design_bound *bound, const uint32_t *rows, size_t first, size_t n, double *x, double *offset,
                                                 mlab_error *err);
void mlab_design_bound_free(mlab_design_bound *bound);

/* As mlab_design_fill, to about 32 digits: x + low [n * p each]. Columns that are powers, products or arithmetic of stored numbers have a
 * low part, others have 0 (data/design_precise.c). */
MLAB_MUST_USE mlab_status mlab_design_fill_precise(const mlab_design *design, const mlab_table *table, const uint32_t *rows, size_t first, size_t n,
                                                   double *x, double *low, double *offset, mlab_error *err);
/* formed [p] = 1: a column that the formula forms of stored numbers and mlab_design_fill_precise knows to its last digit. */
void mlab_design_formed(const mlab_design *design, uint8_t *formed);

#endif

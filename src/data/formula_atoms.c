/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variables of a formula: columns, factor(), ns(), poly() and arithmetic, with the arguments R gives them
 * (splines::ns, stats::poly). Weakness: other functions of R are refused by name, not looked up. */
#include "data/formula.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

static const char *const functions[] = {"ns",   "poly",  "I",   "log",    "exp",    "sqrt",    "log1p",
                                        "log2", "log10", "abs", "factor", "offset", "cluster", "strata"};
static const char functions_allowed[] = "ns, poly, I, log, exp, sqrt, log1p, log2, log10, abs, factor, offset, strata, cluster";

static mlab_status unknown_function(const mlab_formula *formula, int32_t at, mlab_error *err)
{
    const mlab_node *node = &formula->nodes[at];
    if (!strcmp(node->text, "Surv")) return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "found \"Surv\"; write event(...)");
    if (!strcmp(node->text, "event"))
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "event(...) stands left of \"~\" only");
    const char *near = mlab_nearest(node->text, functions, sizeof functions / sizeof *functions);
    return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "there is no function \"%.40s\"%s%s%s; allowed are %s", node->text,
                              near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "", functions_allowed);
}

mlab_status mlab_formula_note_column(mlab_formula *formula, const char *name, mlab_error *err)
{
    mlab_status status;
    for (size_t i = 0; i < formula->n_columns; i++)
        if (!strcmp(formula->columns[i], name)) return MLAB_OK;
    if ((status = mlab_grow(formula->context, &formula->columns, formula->n_columns, &formula->columns_capacity, sizeof *formula->columns, err)))
        return status;
    formula->columns[formula->n_columns++] = name;
    return MLAB_OK;
}

static bool is_arithmetic_function(const char *name)
{
    static const char *const names[] = {"I", "log", "exp", "sqrt", "log1p", "log2", "log10", "abs"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) return true;
    return false;
}

mlab_status mlab_formula_arithmetic(mlab_formula *formula, int32_t at, mlab_error *err)
{
    const mlab_node *nodes = formula->nodes, *node = &nodes[at];
    mlab_status status;
    switch (node->kind) {
    case MLAB_NODE_NAME: return mlab_formula_note_column(formula, node->text, err);
    case MLAB_NODE_NUMBER: return MLAB_OK;
    case MLAB_NODE_TEXT:
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "found the text \"%.40s\" where a number or a column is expected",
                                  node->text);
    case MLAB_NODE_PARENTHESIS: return mlab_formula_arithmetic(formula, node->first, err);
    case MLAB_NODE_CALL:
        if (!is_arithmetic_function(node->text)) {
            for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
                if (!strcmp(node->text, functions[i]))
                    return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "%s(...) cannot stand inside arithmetic", node->text);
            return unknown_function(formula, at, err);
        }
        if (node->first < 0 || nodes[node->first].next >= 0 || nodes[node->first].argument)
            return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "%s(...) takes one argument without a name", node->text);
        return mlab_formula_arithmetic(formula, node->first, err);
    default: break;
    }
    if (!strchr("+-*/^", node->op))
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "found an operator that is not arithmetic; allowed are + - * / ^");
    if ((status = mlab_formula_arithmetic(formula, node->first, err)) || node->kind == MLAB_NODE_UNARY) return status;
    return mlab_formula_arithmetic(formula, nodes[node->first].next, err);
}

/* A plain number, also -3. */
static bool constant(const mlab_formula *formula, int32_t at, double *value)
{
    const mlab_node *node = &formula->nodes[at];
    if (node->kind == MLAB_NODE_NUMBER) {
        *value = node->number;
        return true;
    }
    if (node->kind != MLAB_NODE_UNARY || node->op != '-' || !constant(formula, node->first, value)) return false;
    *value = -*value;
    return true;
}

static mlab_status whole(const mlab_formula *formula, int32_t at, const char *what, int32_t low, int32_t high, int32_t *value, mlab_error *err)
{
    double number;
    if (!constant(formula, at, &number) || number != floor(number) || number < low || number > high)
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[at].at, "%s is not a whole number from %d to %d", what, low,
                                  high);
    *value = (int32_t)number;
    return MLAB_OK;
}

static mlab_status flag(const mlab_formula *formula, int32_t at, const char *what, bool *value, mlab_error *err)
{
    const mlab_node *node = &formula->nodes[at];
    bool yes = node->kind == MLAB_NODE_NAME && (!strcmp(node->text, "TRUE") || !strcmp(node->text, "T"));
    bool no = node->kind == MLAB_NODE_NAME && (!strcmp(node->text, "FALSE") || !strcmp(node->text, "F"));
    if (!yes && !no) return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "%s is neither TRUE nor FALSE", what);
    *value = yes;
    return MLAB_OK;
}

/* Reads c(1, 2, 3), or one number. */
static mlab_status numbers(const mlab_formula *formula, int32_t at, const char *what, double *into, int32_t most, int32_t *n, mlab_error *err)
{
    const mlab_node *node = &formula->nodes[at];
    bool list = node->kind == MLAB_NODE_CALL && !strcmp(node->text, "c");
    *n = 0;
    for (int32_t i = list ? node->first : at; i >= 0; i = list ? formula->nodes[i].next : -1) {
        if (*n == most || !constant(formula, i, &into[*n]))
            return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[i].at, "%s is c(number, ...) with at most %d numbers", what,
                                      most);
        if (*n && into[*n] <= into[*n - 1])
            return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[i].at, "the numbers of %s do not ascend", what);
        ++*n;
    }
    return MLAB_OK;
}

/* The name of an argument: as written, or by its position. */
static const char *argument_name(const mlab_node *node, const char *const *order, size_t n, size_t *position)
{
    if (node->argument) return node->argument;
    return *position < n ? order[(*position)++] : NULL;
}

static mlab_status spline_arguments(mlab_formula *formula, int32_t call, mlab_atom *atom, mlab_error *err)
{
    static const char *const order[] = {"x", "df", "knots", "intercept", "Boundary.knots"};
    size_t position = 0;
    mlab_status status = MLAB_OK;
    for (int32_t i = formula->nodes[call].first; i >= 0 && !status; i = formula->nodes[i].next) {
        const char *name = argument_name(&formula->nodes[i], order, 5, &position);
        int32_t n;
        if (name && !strcmp(name, "x"))
            atom->node = i;
        else if (name && !strcmp(name, "df"))
            status = whole(formula, i, "df of ns(...)", 1, MLAB_SPLINE_KNOTS, &atom->df, err);
        else if (name && !strcmp(name, "knots"))
            status = numbers(formula, i, "knots", atom->knots, MLAB_SPLINE_KNOTS, &atom->n_knots, err);
        else if (name && !strcmp(name, "intercept"))
            status = flag(formula, i, "intercept of ns(...)", &atom->basis_intercept, err);
        else if (name && !strcmp(name, "Boundary.knots")) {
            status = numbers(formula, i, "Boundary.knots", atom->boundary, 2, &n, err);
            if (!status && n != 2)
                status = mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[i].at, "Boundary.knots is c(low, high)");
            atom->has_boundary = true;
        } else
            status = mlab_formula_raise(
                formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[i].at,
                "ns(...) has no such argument; allowed are ns(x, df = , knots = c(...), intercept = , Boundary.knots = c(low, high))");
    }
    if (status) return status;
    if (atom->node < 0)
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[call].at, "ns() names no column; write ns(x, 3)");
    if (atom->n_knots) atom->df = 0; /* knots given: they decide, as in R */
    if (!atom->n_knots && !atom->df) atom->df = atom->basis_intercept ? 2 : 1;
    if (atom->df && atom->df < 1 + atom->basis_intercept)
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[call].at, "ns(..., intercept = TRUE) needs df of at least 2");
    return mlab_formula_arithmetic(formula, atom->node, err);
}

static mlab_status poly_arguments(mlab_formula *formula, int32_t call, mlab_atom *atom, mlab_error *err)
{
    static const char *const order[] = {"x", "degree"};
    size_t position = 0;
    mlab_status status = MLAB_OK;
    atom->degree = 1;
    for (int32_t i = formula->nodes[call].first; i >= 0 && !status; i = formula->nodes[i].next) {
        const mlab_node *node = &formula->nodes[i];
        bool bare_raw = !node->argument && node->kind == MLAB_NODE_NAME && !strcmp(node->text, "raw") && position > 0;
        const char *name = bare_raw ? "raw" : argument_name(node, order, 2, &position);
        if (bare_raw)
            atom->raw = true;
        else if (name && !strcmp(name, "x"))
            atom->node = i;
        else if (name && !strcmp(name, "degree"))
            status = whole(formula, i, "the degree of poly(...)", 1, MLAB_POLY_DEGREE, &atom->degree, err);
        else if (name && !strcmp(name, "raw"))
            status = flag(formula, i, "raw of poly(...)", &atom->raw, err);
        else
            status = mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at,
                                        "poly(...) has no such argument; allowed are poly(x, degree, raw = TRUE)");
    }
    if (status) return status;
    if (atom->node < 0)
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[call].at, "poly() names no column; write poly(x, 2)");
    return mlab_formula_arithmetic(formula, atom->node, err);
}

/* poly(x, 2, raw) is our short form; its label is the one R has for poly(x, 2, raw = TRUE). */
static void expand_raw(mlab_formula *formula, int32_t call)
{
    for (int32_t i = formula->nodes[call].first; i >= 0; i = formula->nodes[i].next) {
        mlab_node *node = &formula->nodes[i];
        if (i == formula->nodes[call].first || node->argument || node->kind != MLAB_NODE_NAME || strcmp(node->text, "raw") != 0) continue;
        node->argument = "raw";
        node->text = "TRUE";
    }
}

static mlab_status describe(mlab_formula *formula, int32_t at, mlab_atom *atom, mlab_error *err)
{
    const mlab_node *node = &formula->nodes[at];
    *atom = (mlab_atom){.kind = MLAB_ATOM_EXPRESSION, .node = at};
    if (node->kind == MLAB_NODE_NAME) {
        atom->kind = MLAB_ATOM_COLUMN;
        return mlab_formula_note_column(formula, node->text, err);
    }
    if (!strcmp(node->text, "factor")) {
        atom->kind = MLAB_ATOM_FACTOR;
        atom->node = node->first;
        if (node->first < 0 || formula->nodes[node->first].next >= 0 || formula->nodes[node->first].kind != MLAB_NODE_NAME)
            return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "factor(...) takes one column");
        return mlab_formula_note_column(formula, formula->nodes[node->first].text, err);
    }
    if (!strcmp(node->text, "ns")) {
        atom->kind = MLAB_ATOM_SPLINE;
        atom->node = -1;
        return spline_arguments(formula, at, atom, err);
    }
    if (!strcmp(node->text, "poly")) {
        atom->kind = MLAB_ATOM_POLY;
        atom->node = -1;
        return poly_arguments(formula, at, atom, err);
    }
    return mlab_formula_arithmetic(formula, at, err);
}

mlab_status mlab_formula_atom(mlab_formula *formula, int32_t node, size_t *number, mlab_error *err)
{
    mlab_atom atom;
    mlab_status status = describe(formula, node, &atom, err);
    if (status) return status;
    if (atom.kind == MLAB_ATOM_POLY && atom.raw) expand_raw(formula, node);
    atom.label = mlab_formula_deparse(formula, node);
    if (!atom.label) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a term of the formula");
    for (size_t i = 0; i < formula->n_atoms; i++)
        if (!strcmp(formula->atoms[i].label, atom.label)) {
            mlab_release(formula->context, atom.label);
            *number = i;
            return MLAB_OK;
        }
    if (formula->n_atoms == MLAB_FORMULA_ATOMS)
        status = mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[node].at, "more than %d variables", MLAB_FORMULA_ATOMS);
    if (!status) status = mlab_grow(formula->context, &formula->atoms, formula->n_atoms, &formula->atoms_capacity, sizeof *formula->atoms, err);
    if (status) {
        mlab_release(formula->context, atom.label);
        return status;
    }
    *number = formula->n_atoms;
    formula->atoms[formula->n_atoms++] = atom;
    return MLAB_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* (terms | groups) of a formula: groups are a column, a:b (every pair of values), a/b (a and a:b), or multiple(a, b), columns that name the
 * groups of a row of several memberships. */
#include "data/formula.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

static mlab_status refuse(const mlab_formula *formula, uint32_t at, mlab_error *err)
{
    return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, at,
                              "the right side of \"|\" is one column that groups the rows, a/b, a:b, or multiple(a, b)");
}

/* The columns that `op` joins, at most MLAB_RANDOM_COLUMNS. */
static mlab_status collect(const mlab_formula *formula, int32_t at, char op, const char **columns, size_t *n, mlab_error *err)
{
    const mlab_node *node = &formula->nodes[at];
    if (node->kind == MLAB_NODE_NAME && *n < MLAB_RANDOM_COLUMNS) {
        for (size_t k = 0; k < *n; k++)
            if (!strcmp(columns[k], node->text))
                return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "\"%.40s\" stands twice in one grouping", node->text);
        columns[(*n)++] = node->text;
        return MLAB_OK;
    }
    if (node->kind != MLAB_NODE_BINARY || node->op != op) return refuse(formula, node->at, err);
    mlab_status status = collect(formula, node->first, op, columns, n, err);
    return status ? status : collect(formula, formula->nodes[node->first].next, op, columns, n, err);
}

static char *label_of(const mlab_formula *formula, const char *const *columns, size_t n, bool multiple)
{
    mlab_text text = MLAB_TEXT(formula->context);
    if (multiple) mlab_text_append(&text, "multiple(");
    for (size_t k = 0; k < n; k++) {
        if (k) mlab_text_append(&text, multiple ? ", " : ":");
        mlab_text_append(&text, columns[k]);
    }
    if (multiple) mlab_text_append(&text, ")");
    char *label = text.failed ? NULL : mlab_copy_text(formula->context, mlab_text_get(&text));
    mlab_text_free(&text);
    return label;
}

/* One grouping, with a formula of its own for the terms. */
static mlab_status add(mlab_formula *formula, int32_t bar, const char *const *columns, size_t n, bool multiple, mlab_error *err)
{
    uint32_t at = formula->nodes[bar].at;
    mlab_status status = mlab_grow(formula->context, &formula->random, formula->n_random, &formula->random_capacity, sizeof *formula->random, err);
    if (status) return status;
    mlab_random_term *made = &formula->random[formula->n_random];
    mlab_text text = MLAB_TEXT(formula->context);
    char *terms = mlab_formula_deparse(formula, formula->nodes[bar].first), *label = label_of(formula, columns, n, multiple);
    mlab_text_append(&text, "~ ");
    mlab_text_append(&text, terms ? terms : "");
    *made = (mlab_random_term){.group = label, .n_columns = n, .multiple = multiple, .independent = formula->text[at + 1] == '|', .at = at};
    memcpy(made->columns, columns, n * sizeof *columns);
    status = terms && label && !text.failed
                 ? mlab_formula_parse(formula->context, mlab_text_get(&text), formula->has_place ? &formula->place : NULL, &made->formula, err)
                 : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula");
    mlab_text_free(&text);
    mlab_release(formula->context, terms);
    if (status) {
        mlab_release(formula->context, label);
        return status;
    }
    formula->n_random++;
    const mlab_formula *own = made->formula;
    if (own->n_random || own->n_offsets || own->n_strata || own->cluster)
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, at, "the left side of \"|\" holds terms only, such as 1 or 1 + x");
    for (size_t k = 0; k < own->n_columns && !status; k++) status = mlab_formula_note_column(formula, own->columns[k], err);
    for (size_t k = 0; k < n && !multiple && !status; k++) status = mlab_formula_note_column(formula, columns[k], err);
    return status;
}

static mlab_status add_multiple(mlab_formula *formula, int32_t bar, int32_t call, mlab_error *err)
{
    const char *columns[MLAB_RANDOM_COLUMNS];
    size_t n = 0;
    mlab_status status = MLAB_OK;
    for (int32_t i = formula->nodes[call].first; i >= 0 && !status; i = formula->nodes[i].next)
        status = formula->nodes[i].argument || formula->nodes[i].kind != MLAB_NODE_NAME ? refuse(formula, formula->nodes[i].at, err)
                                                                                        : collect(formula, i, ',', columns, &n, err);
    if (!status && n < 2)
        status =
            mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, formula->nodes[call].at,
                               "multiple() has %zu column%s; write multiple(mentor1, mentor2), up to %d", n, n == 1 ? "" : "s", MLAB_RANDOM_COLUMNS);
    return status ? status : add(formula, bar, columns, n, true, err);
}

mlab_status mlab_formula_random_term(mlab_formula *formula, int32_t bar, mlab_error *err)
{
    int32_t group = formula->nodes[formula->nodes[bar].first].next;
    const mlab_node *node = &formula->nodes[group];
    const char *columns[MLAB_RANDOM_COLUMNS];
    size_t n = 0;
    if (node->kind == MLAB_NODE_CALL && !strcmp(node->text, "multiple")) return add_multiple(formula, bar, group, err);
    bool nested = node->kind == MLAB_NODE_BINARY && node->op == '/';
    mlab_status status = collect(formula, group, nested ? '/' : ':', columns, &n, err);
    for (size_t k = nested ? 1 : n; k <= n && !status; k++) status = add(formula, bar, columns, k, false, err);
    return status;
}

size_t mlab_formula_random(const mlab_formula *formula)
{
    return formula->n_random;
}

const mlab_formula *mlab_formula_random_terms(const mlab_formula *formula, size_t k, const char **group, bool *independent)
{
    if (k >= formula->n_random) return NULL;
    *group = formula->random[k].group;
    *independent = formula->random[k].independent;
    return formula->random[k].formula;
}

size_t mlab_formula_random_columns(const mlab_formula *formula, size_t k, const char *const **names, bool *multiple)
{
    if (k >= formula->n_random) return 0;
    *names = formula->random[k].columns;
    *multiple = formula->random[k].multiple;
    return formula->random[k].n_columns;
}

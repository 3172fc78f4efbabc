/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the nodes of a formula to its terms, by the algebra of R's terms.formula (Wilkinson & Rogers 1973,
 * doi:10.2307/2346786): a term is a set of variables; terms are sorted by their number of variables. */
#include "data/formula.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

typedef struct term_list {
    mlab_bits *at;
    size_t n, capacity;
} term_list;

typedef struct walker {
    mlab_formula *formula;
    mlab_error *err;
    bool subtract; /* inside the right side of a minus: 1 and 0 say the opposite */
} walker;

static mlab_status eval(walker *w, int32_t at, bool additive, term_list *out);

static bool same(const mlab_bits *a, const mlab_bits *b)
{
    for (int k = 0; k < MLAB_FORMULA_WORDS; k++)
        if (a->word[k] != b->word[k]) return false;
    return true;
}

static mlab_bits joined(const mlab_bits *a, const mlab_bits *b)
{
    mlab_bits both;
    for (int k = 0; k < MLAB_FORMULA_WORDS; k++) both.word[k] = a->word[k] | b->word[k];
    return both;
}

static mlab_status add_term(walker *w, term_list *list, const mlab_bits *term, uint32_t at)
{
    mlab_status status;
    for (size_t i = 0; i < list->n; i++)
        if (same(&list->at[i], term)) return MLAB_OK;
    if (list->n == MLAB_FORMULA_TERMS)
        return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, at, "more than %d terms", MLAB_FORMULA_TERMS);
    if ((status = mlab_grow(w->formula->context, &list->at, list->n, &list->capacity, sizeof *list->at, w->err))) return status;
    list->at[list->n++] = *term;
    return MLAB_OK;
}

static mlab_status add_all(walker *w, term_list *list, const term_list *more, uint32_t at)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < more->n && !status; i++) status = add_term(w, list, &more->at[i], at);
    return status;
}

static mlab_status add_products(walker *w, term_list *list, const term_list *left, const term_list *right, uint32_t at)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < left->n; i++)
        for (size_t j = 0; j < right->n && !status; j++) {
            mlab_bits both = joined(&left->at[i], &right->at[j]);
            status = add_term(w, list, &both, at);
        }
    return status;
}

static mlab_status power(walker *w, const term_list *left, int32_t exponent, uint32_t at, term_list *out)
{
    const mlab_node *node = &w->formula->nodes[exponent];
    if (node->kind != MLAB_NODE_NUMBER || node->number < 1 || node->number > 20 || node->number != (double)(int)node->number)
        return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, at,
                                  "\"^\" between terms takes a whole number from 1 to 20; a power of a column is written I(x^2)");
    mlab_status status = add_all(w, out, left, at);
    for (int i = 1; i < (int)node->number && !status; i++) {
        term_list next = {NULL, 0, 0};
        status = add_products(w, &next, left, out, at);
        mlab_release(w->formula->context, out->at);
        *out = next;
    }
    return status;
}

/* a / b: a, then b within every combination of a */
static mlab_status nested(walker *w, const term_list *left, const term_list *right, uint32_t at, term_list *out)
{
    mlab_bits all = {{0}};
    for (size_t i = 0; i < left->n; i++) all = joined(&all, &left->at[i]);
    mlab_status status = add_all(w, out, left, at);
    for (size_t j = 0; j < right->n && !status; j++) {
        mlab_bits both = joined(&all, &right->at[j]);
        status = add_term(w, out, &both, at);
    }
    return status;
}

static mlab_status eval_minus(walker *w, int32_t at, const term_list *left, bool unary, term_list *out)
{
    const mlab_node *node = &w->formula->nodes[at];
    term_list right = {NULL, 0, 0};
    w->subtract = !w->subtract;
    mlab_status status = eval(w, unary ? node->first : w->formula->nodes[node->first].next, false, &right);
    w->subtract = !w->subtract;
    for (size_t i = 0; i < left->n && !status; i++) {
        bool gone = false;
        for (size_t j = 0; j < right.n; j++) gone = gone || same(&left->at[i], &right.at[j]);
        if (!gone) status = add_term(w, out, &left->at[i], node->at);
    }
    mlab_release(w->formula->context, right.at);
    return status;
}

static mlab_status eval_binary(walker *w, int32_t at, bool additive, term_list *out)
{
    const mlab_node *node = &w->formula->nodes[at];
    int32_t second = w->formula->nodes[node->first].next;
    term_list left = {NULL, 0, 0}, right = {NULL, 0, 0};
    mlab_status status = eval(w, node->first, additive && (node->op == '+' || node->op == '-'), &left);
    if (status) goto out;
    if (node->op == '-') {
        status = eval_minus(w, at, &left, false, out);
        goto out;
    }
    if (node->op == '^') {
        status = power(w, &left, second, node->at, out);
        goto out;
    }
    if ((status = eval(w, second, additive && node->op == '+', &right))) goto out;
    if (node->op == '/') {
        status = nested(w, &left, &right, node->at, out);
        goto out;
    }
    if (node->op != ':' && ((status = add_all(w, out, &left, node->at)) || (status = add_all(w, out, &right, node->at)))) goto out;
    if (node->op != '+') status = add_products(w, out, &left, &right, node->at);
out:
    mlab_release(w->formula->context, left.at);
    mlab_release(w->formula->context, right.at);
    return status;
}

static mlab_status special(walker *w, int32_t at, bool additive)
{
    mlab_formula *formula = w->formula;
    const mlab_node *node = &formula->nodes[at];
    mlab_status status;
    if (!additive)
        return mlab_formula_raise(formula, w->err, MLAB_ERR_DATA_FORMULA, node->at, "%s(...) is added with \"+\", not combined with other terms",
                                  node->text);
    if (node->first < 0) return mlab_formula_raise(formula, w->err, MLAB_ERR_DATA_FORMULA, node->at, "%s() is empty", node->text);
    if (!strcmp(node->text, "offset")) {
        if (formula->nodes[node->first].next >= 0)
            return mlab_formula_raise(formula, w->err, MLAB_ERR_DATA_FORMULA, node->at, "offset(...) takes one argument");
        if ((status = mlab_formula_arithmetic(formula, node->first, w->err))) return status;
        if ((status =
                 mlab_grow(formula->context, &formula->offsets, formula->n_offsets, &formula->offsets_capacity, sizeof *formula->offsets, w->err)))
            return status;
        formula->offsets[formula->n_offsets++] = node->first;
        return MLAB_OK;
    }
    bool strata = !strcmp(node->text, "strata");
    for (int32_t i = node->first; i >= 0; i = formula->nodes[i].next) {
        if (formula->nodes[i].kind != MLAB_NODE_NAME || formula->nodes[i].argument)
            return mlab_formula_raise(formula, w->err, MLAB_ERR_DATA_FORMULA, formula->nodes[i].at, "%s(...) takes columns", node->text);
        if ((status = mlab_formula_note_column(formula, formula->nodes[i].text, w->err))) return status;
        if (!strata && formula->cluster_other)
            return mlab_formula_raise(formula, w->err, MLAB_ERR_DATA_FORMULA, formula->nodes[i].at, "a third cluster; two columns are allowed");
        if (!strata) {
            *(formula->cluster ? &formula->cluster_other : &formula->cluster) = formula->nodes[i].text;
            continue;
        }
        if ((status = mlab_grow(formula->context, &formula->strata, formula->n_strata, &formula->strata_capacity, sizeof *formula->strata, w->err)))
            return status;
        formula->strata[formula->n_strata++] = formula->nodes[i].text;
    }
    return MLAB_OK;
}

static bool is_special(const mlab_node *node)
{
    return node->kind == MLAB_NODE_CALL && (!strcmp(node->text, "offset") || !strcmp(node->text, "strata") || !strcmp(node->text, "cluster"));
}

static mlab_status eval_variable(walker *w, int32_t at, term_list *out)
{
    const mlab_node *node = &w->formula->nodes[at];
    size_t atom;
    mlab_bits term = {{0}};
    if (node->kind == MLAB_NODE_NAME && !strcmp(node->text, "."))
        return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, node->at, "\".\" for all columns is not allowed; name the columns");
    if (node->kind == MLAB_NODE_NAME && (!strcmp(node->text, "TRUE") || !strcmp(node->text, "FALSE")))
        return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, node->at, "found %s where a term is expected", node->text);
    for (int k = 0; k < 3; k++)
        if (node->kind == MLAB_NODE_NAME && w->formula->names[k] && !strcmp(node->text, w->formula->names[k]))
            return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, node->at, "\"%.40s\" stands on both sides of \"~\"", node->text);
    mlab_status status = mlab_formula_atom(w->formula, at, &atom, w->err);
    if (status) return status;
    mlab_bits_set(&term, atom);
    return add_term(w, out, &term, node->at);
}

/* (terms | groups) */
static mlab_status random_term(walker *w, int32_t at, bool additive)
{
    if (!additive || w->subtract)
        return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, w->formula->nodes[at].at,
                                  "random effects are added with \"+\", not part of another term");
    return mlab_formula_random_term(w->formula, at, w->err);
}

static mlab_status eval(walker *w, int32_t at, bool additive, term_list *out)
{
    const mlab_node *node = &w->formula->nodes[at];
    if (is_special(node)) return special(w, at, additive);
    switch (node->kind) {
    case MLAB_NODE_NAME:
    case MLAB_NODE_CALL: return eval_variable(w, at, out);
    case MLAB_NODE_PARENTHESIS: {
        const mlab_node *inside = &w->formula->nodes[node->first];
        bool bar = inside->kind == MLAB_NODE_BINARY && inside->op == '|';
        return bar ? random_term(w, node->first, additive) : eval(w, node->first, additive, out);
    }
    case MLAB_NODE_TEXT:
        return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, node->at, "found the text \"%.40s\" where a term is expected",
                                  node->text);
    case MLAB_NODE_NUMBER:
        if (node->number != 0 && node->number != 1)
            return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, node->at,
                                      "found the number %.40s as a term; allowed are 1, 0 and -1; arithmetic is written I(2 * x)", node->text);
        w->formula->intercept = (node->number == 1) != w->subtract;
        return MLAB_OK;
    default: break;
    }
    if (node->op == '|')
        return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, node->at, "random effects stand in parentheses: (1 | group)");
    if (!strchr("+-*/:^", node->op))
        return mlab_formula_raise(w->formula, w->err, MLAB_ERR_DATA_FORMULA, node->at,
                                  "this operator is not allowed between terms; allowed are + - * / : ^");
    if (node->kind == MLAB_NODE_BINARY) return eval_binary(w, at, additive, out);
    if (node->op == '-') {
        const term_list none = {NULL, 0, 0};
        return eval_minus(w, at, &none, true, out);
    }
    return eval(w, node->first, additive, out);
}

static mlab_status response(mlab_formula *formula, mlab_error *err)
{
    formula->response = MLAB_RESPONSE_NONE;
    if (formula->left < 0) return MLAB_OK;
    const mlab_node *nodes = formula->nodes, *node = &nodes[formula->left];
    formula->response = MLAB_RESPONSE_COLUMN;
    formula->names[0] = node->text;
    if (node->kind == MLAB_NODE_NAME) return MLAB_OK;
    if (node->kind == MLAB_NODE_CALL && !strcmp(node->text, "Surv"))
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at, "found \"Surv\"; write event(...)");
    if (node->kind != MLAB_NODE_CALL || strcmp(node->text, "event") != 0)
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at,
                                  "the left side is neither a column nor event(time, status) nor event(start, stop, status)");
    int n = 0;
    const char *names[3] = {NULL, NULL, NULL};
    for (int32_t i = node->first; i >= 0; i = nodes[i].next) {
        if (nodes[i].kind != MLAB_NODE_NAME || nodes[i].argument || n == 3)
            return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, nodes[i].at,
                                      "event(...) takes columns: event(time, status) or event(start, stop, status)");
        names[n++] = nodes[i].text;
    }
    if (n < 2)
        return mlab_formula_raise(formula, err, MLAB_ERR_DATA_FORMULA, node->at,
                                  "event(...) has %d column%s; allowed are event(time, status) and event(start, stop, status)", n, n == 1 ? "" : "s");
    formula->response = MLAB_RESPONSE_EVENT;
    formula->names[0] = n == 3 ? names[0] : NULL;
    formula->names[1] = names[n - 2];
    formula->names[2] = names[n - 1];
    return MLAB_OK;
}

static size_t order_of(const mlab_formula *formula, const mlab_bits *term)
{
    size_t n = 0;
    for (size_t i = 0; i < formula->n_atoms; i++) n += mlab_bits_get(term, i);
    return n;
}

mlab_status mlab_formula_terms(mlab_formula *formula, mlab_error *err)
{
    mlab_status status;
    term_list list = {NULL, 0, 0};
    walker w = {formula, err, false};
    formula->intercept = true;
    if ((status = response(formula, err)) || (status = eval(&w, formula->right, true, &list))) goto out;
    for (size_t order = 1; order <= formula->n_atoms; order++)
        for (size_t i = 0; i < list.n; i++) {
            if (order_of(formula, &list.at[i]) != order) continue;
            if ((status = mlab_grow(formula->context, &formula->terms, formula->n_terms, &formula->terms_capacity, sizeof *formula->terms, err)))
                goto out;
            formula->terms[formula->n_terms++] = list.at[i];
        }
out:
    mlab_release(formula->context, list.at);
    return status;
}

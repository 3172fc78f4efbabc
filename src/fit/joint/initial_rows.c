/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first values of people as outcomes of their own: whose are in the panel, whose lie before it, and the formula that is left without the last
 * value.
 *
 * Weakness: a first value from before the panel is explained by covariates of the first row after it.
 */
#include "fit/joint/initial.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/formula.h"
#include "data/missing.h"

#include <string.h>

enum { FEW = 50 }; /* people below whom a kind of first values has no equation of its own beside the other */

void mlab_first_equations_free(mlab_first_equations *first)
{
    for (int k = 0; first && k < MLAB_FIRST_KINDS; k++) mlab_outcome_problem_free(first->made[k]);
}

/* --- the formula --------------------------------------------------------------------------------------------------- */

static bool reads(const mlab_formula *formula, int32_t node, const char *column)
{
    const mlab_node *n = &formula->nodes[node];
    if (n->kind == MLAB_NODE_NAME && strcmp(n->text, column) == 0) return true;
    for (int32_t child = n->first; child >= 0; child = formula->nodes[child].next)
        if (reads(formula, child, column)) return true;
    return false;
}

static bool term_reads(const mlab_formula *formula, size_t term, const char *column)
{
    for (size_t a = 0; a < formula->n_atoms; a++)
        if (mlab_bits_get(&formula->terms[term], a) && reads(formula, formula->atoms[a].node, column)) return true;
    return false;
}

static void append_term(const mlab_formula *formula, size_t term, mlab_text *text)
{
    const char *between = " + ";
    for (size_t a = 0; a < formula->n_atoms; a++) {
        if (!mlab_bits_get(&formula->terms[term], a)) continue;
        mlab_text_append(text, between);
        mlab_text_append(text, formula->atoms[a].label);
        between = ":";
    }
}

/* "y ~ x + offset(z)" of "y ~ y_last + x + offset(z) + (1 | person)". NULL = no memory. */
static char *formula_of(const mlab_context *context, const mlab_formula *formula, const char *response, const char *lag)
{
    mlab_text text = MLAB_TEXT(context);
    mlab_text_print(&text, "%s ~ %s", response, formula->intercept ? "1" : "0");
    for (size_t t = 0; t < formula->n_terms; t++)
        if (!term_reads(formula, t, lag)) append_term(formula, t, &text);
    bool whole = true;
    for (size_t k = 0; k < formula->n_offsets && whole; k++) {
        if (reads(formula, formula->offsets[k], lag)) continue;
        char *inside = mlab_formula_deparse(formula, formula->offsets[k]);
        whole = inside != NULL;
        mlab_text_print(&text, " + offset(%s)", inside ? inside : "");
        mlab_release(context, inside);
    }
    char *copy = text.failed || !whole ? NULL : mlab_copy_text(context, mlab_text_get(&text));
    mlab_text_free(&text);
    return copy;
}

/* --- rows ------------------------------------------------------------------------------------------------------------ */

typedef struct finding {
    const mlab_outcome_problem *main;
    const mlab_column *response, *lag;
    uint8_t *only[MLAB_FIRST_KINDS]; /* [rows of the panel] */
    size_t n[MLAB_FIRST_KINDS];
} finding;

/* Rows of one person: answered without an answer before, and before the first row of the fit. False = nobody's. */
static bool first_in(const finding *f, size_t from, size_t to, size_t *row)
{
    for (*row = from; *row < to && !f->main->keep[*row]; ++*row)
        if (!mlab_is_missing_at(f->response, *row) && mlab_is_missing_at(f->lag, *row)) return true;
    return false;
}

/* Covariates of the formula, the last value aside, are all there. */
static bool complete(const finding *f, const char *lag, size_t row)
{
    const char *const *names;
    for (size_t k = 0, n = mlab_formula_columns(f->main->formula, &names); k < n; k++) {
        const mlab_column *column = strcmp(names[k], lag) ? mlab_table_find(f->main->table, names[k]) : NULL;
        if (column && mlab_is_missing_at(column, row)) return false;
    }
    return true;
}

static void find_rows(finding *f, const char *lag, bool before_alone)
{
    const mlab_panel *panel = f->main->panel;
    f->n[MLAB_FIRST_IN] = f->n[MLAB_FIRST_BEFORE] = 0;
    memset(f->only[MLAB_FIRST_IN], 0, panel->n_rows);
    memset(f->only[MLAB_FIRST_BEFORE], 0, panel->n_rows);
    for (size_t from = 0, to, row; from < panel->n_rows; from = to) {
        for (to = from; to < panel->n_rows && panel->person[to] == panel->person[from]; to++) continue;
        int kind = MLAB_FIRST_IN;
        if (before_alone || !first_in(f, from, to, &row) || !complete(f, lag, row)) {
            kind = MLAB_FIRST_BEFORE;
            for (row = from; row < to && !f->main->keep[row]; row++) continue;
        }
        if (row == to) continue;
        f->only[kind][row] = 1;
        f->n[kind]++;
    }
}

static mlab_status make_one(const finding *f, const mlab_data *data, const mlab_outcome *outcome, const char *lag, int kind,
                            mlab_outcome_problem **made, mlab_error *err)
{
    const mlab_context *context = f->main->context;
    const char *response = kind == MLAB_FIRST_IN ? mlab_outcome_response_name(f->main) : lag;
    mlab_outcome first = *outcome;
    first.initial = MLAB_INITIAL_NONE;
    first.priors = NULL; /* they are of the outcome's own equation */
    first.n_priors = 0;
    first.model = (char *)(uintptr_t)f->main->model->name;
    first.formula = formula_of(context, f->main->formula, response, lag);
    if (!first.formula) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a formula");
    mlab_status status = mlab_outcome_problem_make_of(context, data, &first, &f->main->options, f->only[kind], made, err);
    mlab_release(context, first.formula);
    return status;
}

mlab_status mlab_first_equations_make(const mlab_data *data, const mlab_outcome *outcome, const mlab_outcome_problem *main,
                                      mlab_first_equations *first, mlab_error *err)
{
    const mlab_context *context = main->context;
    const char *lag = "";
    *first = (mlab_first_equations){0};
    if (!main->panel || !mlab_outcome_lag(main, &lag))
        return mlab_raise(err, MLAB_ERR_FIT_MODEL, "%s: there is no last value in \"%s\"", outcome->name, main->text);
    finding f = {.main = main, .response = mlab_table_find(main->table, mlab_outcome_response_name(main)), .lag = mlab_table_find(main->table, lag)};
    mlab_status status = MLAB_OK;
    if (!f.response || !f.lag) return mlab_raise(err, MLAB_ERR_DATA_COLUMN, "%s: \"%s\" is not a column of the data", outcome->name, lag);
    for (int k = 0; k < MLAB_FIRST_KINDS; k++)
        if (!(f.only[k] = mlab_allocate(context, main->panel->n_rows, 1)))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the first values of %s", outcome->name);
    if (!status) {
        find_rows(&f, lag, false);
        bool mixed = f.n[MLAB_FIRST_IN] > 0 && f.n[MLAB_FIRST_BEFORE] > 0;
        if (mixed && (f.n[MLAB_FIRST_IN] < FEW || f.n[MLAB_FIRST_BEFORE] < FEW)) find_rows(&f, lag, true);
    }
    for (int k = 0; k < MLAB_FIRST_KINDS && !status; k++)
        if (f.n[k] > 0) status = make_one(&f, data, outcome, lag, k, &first->made[k], err);
    for (int k = 0; k < MLAB_FIRST_KINDS; k++) mlab_release(context, f.only[k]);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows that gains are fitted to: those of two arms, with the people of one fold hidden; and the formula, by default the outcome's with the arm
 * crossed with every other term.
 *
 * Folds are drawn by person (addressed random numbers), so that no row of somebody is in the fit that scores them. Weakness: a formula crossed
 * throughout has many coefficients; where the events are too few for it, the fit is not trusted and a shorter formula has to be stated.
 */
#include "match/gains.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"

#include <string.h>

/* --- the formula ---------------------------------------------------------------------------------------- */

/* End of the term that begins at text: the next + outside of brackets, or the end. subtracts: a - stood outside of brackets. */
static const char *end_of_term(const char *text, bool *random, bool *subtracts)
{
    int depth = 0;
    bool quoted = false;
    *random = false;
    for (; *text; text++) {
        if (*text == '`') quoted = !quoted;
        if (quoted) continue;
        if (*text == '(') depth++;
        if (*text == ')') depth--;
        if (*text == '|') *random = true;
        if (depth == 0 && *text == '-') *subtracts = true;
        if (depth == 0 && *text == '+') break;
    }
    return text;
}

static bool begins(const char *text, size_t n, const char *word)
{
    return n >= strlen(word) && strncmp(text, word, strlen(word)) == 0;
}

/* "y ~ arm + x + (1 | g) + offset(o)" as "y ~ arm * (x) + offset(o)". */
static mlab_status cross(const mlab_context *context, const char *formula, char **crossed, mlab_error *err)
{
    const char *right = strchr(formula, '~');
    mlab_text inside = MLAB_TEXT(context), outside = MLAB_TEXT(context);
    bool subtracts = false, random;
    for (const char *at = right ? right + 1 : ""; *at;) {
        const char *end = end_of_term(at, &random, &subtracts);
        size_t n = (size_t)(end - at);
        while (n && *at == ' ') at++, n--;
        while (n && at[n - 1] == ' ') n--;
        const bool apart = begins(at, n, "offset(") || begins(at, n, "cluster(") || begins(at, n, "strata("),
                   only_arm = n == 3 && begins(at, n, "arm");
        mlab_text *into = apart ? &outside : &inside;
        if (n && !random && !only_arm && !(n == 1 && (*at == '1' || *at == '0'))) {
            mlab_text_append(into, apart || into->n ? " + " : "");
            mlab_text_append_bytes(into, at, n);
        }
        at = *end ? end + 1 : end;
    }
    mlab_status status = MLAB_OK;
    mlab_text text = MLAB_TEXT(context);
    if (!right || subtracts || !inside.n)
        status = mlab_raise(err, MLAB_ERR_MATCH_GAINS,
                            "\"%s\" cannot be crossed with the arm; state a formula for the gains, for example \"exit ~ arm * grade\"", formula);
    else {
        mlab_text_append_bytes(&text, formula, (size_t)(right - formula) + 1);
        mlab_text_print(&text, " arm * (%s)%s", mlab_text_get(&inside), outside.n ? mlab_text_get(&outside) : "");
        if (inside.failed || outside.failed || text.failed || !(*crossed = mlab_copy_text(context, mlab_text_get(&text))))
            status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the formula of gains");
    }
    mlab_text_free(&inside);
    mlab_text_free(&outside);
    mlab_text_free(&text);
    return status;
}

/* Of several causes the voluntary one, or the first that the outcome names: the others end a row. */
static mlab_status take_outcome(const mlab_gains_ask *ask, mlab_gain_rows *rows, mlab_error *err)
{
    const mlab_outcome *outcome = ask->outcome;
    const mlab_panel_event *event = outcome->name ? mlab_panel_find_event(&rows->panel, outcome->name) : NULL;
    const char *formula = ask->formula ? ask->formula : outcome->formula;
    mlab_status status = MLAB_OK;
    rows->outcome = *outcome;
    if (ask->formula) rows->outcome.formula_place = ask->formula_place;
    if (event && event->n_causes > 1) {
        char *const *causes = outcome->n_causes ? outcome->causes : event->causes;
        const int32_t n = outcome->n_causes ? outcome->n_causes : event->n_causes;
        int32_t k = 0;
        while (k < n && strcmp(causes[k], "voluntary") != 0) k++;
        if (!(rows->cause = mlab_copy_text(rows->context, causes[k < n ? k : 0]))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for gains");
        rows->outcome.causes = &rows->cause;
        rows->outcome.n_causes = 1;
    }
    if (!formula) return mlab_raise(err, MLAB_ERR_MATCH_GAINS, "outcome '%s' has no formula to work gains out from", outcome->name);
    if (ask->formula)
        rows->formula = mlab_copy_text(rows->context, formula);
    else
        status = cross(rows->context, formula, &rows->formula, err);
    if (!status && !rows->formula) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the formula of gains");
    rows->outcome.formula = rows->formula;
    return status;
}

/* --- the rows ------------------------------------------------------------------------------------------- */

static mlab_status find_arm(const mlab_panel *panel, const char *name, int32_t *arm, mlab_error *err)
{
    mlab_text list = MLAB_TEXT(panel->context);
    mlab_status status = MLAB_OK;
    for (*arm = 0; *arm < panel->n_arms && strcmp(panel->arms[*arm], name) != 0; ++*arm)
        mlab_text_print(&list, "%s%s", *arm ? ", " : "", panel->arms[*arm]);
    if (*arm == panel->n_arms) status = mlab_raise(err, MLAB_ERR_MATCH_GAINS, "nobody is in an arm '%s', allowed %s", name, mlab_text_get(&list));
    mlab_text_free(&list);
    return status;
}

static void draw_folds(const mlab_panel *panel, uint64_t seed, int32_t folds, uint8_t *fold)
{
    for (size_t k = 0; k < panel->n_ids; k++) {
        const mlab_address address = {.seed = seed, .entity = (uint32_t)k, .purpose = MLAB_PURPOSE_CROSS_FIT};
        fold[k] = (uint8_t)mlab_random_below(&address, 0, (uint64_t)folds);
    }
}

static mlab_status put_arm(mlab_gain_rows *rows, const mlab_panel *panel, const char *arm, const char *against, mlab_error *err)
{
    int32_t codes[2];
    mlab_status status = find_arm(panel, against, &codes[0], err);
    if (!status) status = find_arm(panel, arm, &codes[1], err);
    if (!status && codes[0] == codes[1])
        status = mlab_raise(err, MLAB_ERR_MATCH_GAINS, "gains are a difference between two arms, and both are '%s'", arm);
    const char *const levels[] = {against, arm};
    mlab_column *column = NULL;
    if (!status) status = mlab_table_borrow(panel->rows, &rows->table, err);
    if (status) return status;
    mlab_table_drop(rows->table, "arm");
    status = mlab_table_add(rows->table, "arm", MLAB_COLUMN_FACTOR, levels, 2, &column, err);
    if (!status && panel->n_rows) status = mlab_column_set_missing(rows->table, column, 0, err);
    if (status) return status;
    rows->missing = column->missing;
    for (size_t i = 0; i < panel->n_rows; i++) {
        rows->code[i] = panel->arm[i] == codes[0] ? 0 : panel->arm[i] == codes[1] ? 1 : -1;
        column->as.integer[i] = rows->code[i] > 0;
    }
    return MLAB_OK;
}

mlab_status mlab_gain_rows_make(const mlab_context *context, const mlab_data *data, const mlab_gains_ask *ask, const char *arm, const char *against,
                                int32_t folds, mlab_gain_rows *rows, mlab_error *err)
{
    *rows = (mlab_gain_rows){.context = context, .data = *data, .panel = *data->panel};
    rows->code = mlab_allocate(context, data->panel->n_rows, sizeof *rows->code);
    rows->fold = mlab_allocate(context, data->panel->n_ids, sizeof *rows->fold);
    if (!rows->code || !rows->fold) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the rows of gains");
    mlab_status status = put_arm(rows, data->panel, arm, against, err);
    if (!status) status = take_outcome(ask, rows, err);
    if (status) return status;
    rows->panel.rows = rows->table;
    rows->data.panel = &rows->panel;
    draw_folds(data->panel, ask->seed, folds, rows->fold);
    return MLAB_OK;
}

void mlab_gain_rows_free(mlab_gain_rows *rows)
{
    if (!rows->context) return;
    mlab_table_free(rows->table);
    mlab_release(rows->context, rows->code);
    mlab_release(rows->context, rows->fold);
    mlab_release(rows->context, rows->cause);
    mlab_release(rows->context, rows->formula);
}

mlab_status mlab_gain_rows_fit(mlab_gain_rows *rows, int32_t fold, const mlab_fit_options *options, mlab_fit **fit, mlab_error *err)
{
    const mlab_panel *panel = &rows->panel;
    for (size_t i = 0; i < panel->n_rows; i++) {
        const bool hidden = rows->code[i] < 0 || (fold >= 0 && rows->fold[panel->person[i]] == fold);
        rows->missing[i] = hidden;
    }
    mlab_status status = mlab_fit_outcome(rows->context, &rows->data, &rows->outcome, options, fit, err);
    if (status) return status;
    if ((*fit)->trust == MLAB_TRUSTED) return MLAB_OK;
    status = mlab_raise(err, MLAB_ERR_MATCH_GAINS, "the model of gains, %s, is not trusted (%s); state a shorter formula, or do without this term",
                        rows->formula, (*fit)->reason);
    mlab_fit_free(*fit);
    *fit = NULL;
    return status;
}

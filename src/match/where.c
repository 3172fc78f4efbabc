/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may take part: an expression over the columns of the people. A person of whom the answer is not known takes no part. */
#include "data/expression.h"
#include "match/match.h"

static mlab_status note_absent(const mlab_expression *expression, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    const char *text, *near = NULL;
    mlab_place place;
    for (size_t i = 0; !status && (text = mlab_expression_absent(expression, i, &near, &place)); i++)
        status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "absent_level", &place, text, "", err,
                                   "nobody has the value '%s' that the expression asks for%s%s%s", text, near ? "; did you mean '" : "",
                                   near ? near : "", near ? "'?" : "");
    return status;
}

mlab_status mlab_match_where(const mlab_table *table, const char *expression, const mlab_place *place, uint8_t *keep, mlab_findings *findings,
                             mlab_error *err)
{
    mlab_expression *compiled = NULL;
    mlab_status status = mlab_expression_compile(table->context, expression, place, table, MLAB_EXPRESSION_CONDITION, &compiled, err);
    for (size_t i = 0; !status && i < table->n_rows; i++)
        if (mlab_expression_test(compiled, i) != MLAB_ANSWER_YES) keep[i] = 0;
    if (!status) status = note_absent(compiled, findings, err);
    mlab_expression_free(compiled);
    return status;
}

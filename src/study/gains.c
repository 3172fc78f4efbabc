/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gains most, for the rules of matching that ask it: an outcome of the study by name, and its model fitted with the arm crossed. */
#include "mentorlab/gains.h"
#include "core/error.h"
#include "core/text.h"
#include "study/inside.h"

#include <string.h>

bool mlab_study_asks_gains(const mlab_study *study)
{
    for (size_t k = 0; k < study->matching.n_rules; k++)
        if (study->matching.rules[k].kind == MLAB_RULE_GAINS) return true;
    return false;
}

void mlab_study_gains_free(mlab_study *study)
{
    for (size_t k = 0; k < study->matching.n_rules; k++) {
        mlab_gains *owned; /* ours, handed out as const */
        memcpy(&owned, &study->matching.rules[k].gains, sizeof owned);
        mlab_gains_free(owned);
        study->matching.rules[k].gains = NULL;
    }
}

static mlab_status refuse(const mlab_study *study, const mlab_rule *rule, const mlab_place *place, mlab_findings *findings, mlab_error *err,
                          const char *why)
{
    mlab_status status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "no_gains", place && place->line ? place : &rule->place, rule->outcome, "",
                                           err, "rule '%s': %s", rule->name, why);
    (void)study;
    return status ? status : mlab_raise(err, MLAB_ERR_DATA_REJECTED, "what people gain cannot be told; the findings say why");
}

static mlab_status find_outcome(const mlab_study *study, const mlab_rule *rule, const mlab_outcome **outcome, mlab_findings *findings,
                                mlab_error *err)
{
    const char *names[64] = {NULL};
    size_t n = 0;
    mlab_text why = MLAB_TEXT(study->context);
    *outcome = NULL;
    for (size_t k = 0; k < study->n_outcomes; k++) {
        if (n < 64) names[n++] = study->outcomes[k].name;
        if (strcmp(study->outcomes[k].name, rule->outcome) == 0) *outcome = &study->outcomes[k];
    }
    if (*outcome) return MLAB_OK;
    const char *near = mlab_nearest(rule->outcome, names, n);
    mlab_text_print(&why, "the study has no outcome '%s'", rule->outcome);
    if (near) mlab_text_print(&why, "; did you mean '%s'?", near);
    for (size_t k = 0; !near && k < n; k++) mlab_text_print(&why, "%s%s", k ? ", " : ", allowed ", names[k]);
    mlab_status status =
        why.failed ? mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a finding") : refuse(study, rule, NULL, findings, err, mlab_text_get(&why));
    mlab_text_free(&why);
    return status;
}

/* What the data cannot tell is a finding at its place; what went wrong is an error. */
static bool is_of_the_input(mlab_status status)
{
    return status == MLAB_ERR_MATCH_GAINS || status == MLAB_ERR_DATA_FORMULA || status == MLAB_ERR_DATA_COLUMN || status == MLAB_ERR_DATA_NOT_BUILT ||
           status == MLAB_ERR_DATA_EMPTY || status == MLAB_ERR_DATA_TYPE || status == MLAB_ERR_FIT_MODEL || status == MLAB_ERR_FIT_RESPONSE ||
           status == MLAB_ERR_FIT_RANK;
}

static mlab_status make(mlab_study *study, mlab_rule *rule, const mlab_table *people, mlab_findings *findings, mlab_error *err)
{
    mlab_gains_ask ask = {.formula = rule->formula,
                          .formula_place = rule->formula_place,
                          .arm = rule->arm,
                          .against = rule->against,
                          .months = rule->months,
                          .folds = rule->folds,
                          .seed = study->matching.seed};
    mlab_error own = {0};
    mlab_gains *gains = NULL;
    mlab_status status = find_outcome(study, rule, &ask.outcome, findings, err);
    if (status) return status;
    status = mlab_gains_make(study->context, study->data, people, &ask, &study->fit_options, &gains, &own);
    if (is_of_the_input(status)) return refuse(study, rule, &own.place, findings, err, own.sentence);
    if (status && err) *err = own;
    rule->gains = gains;
    return status;
}

mlab_status mlab_study_gains(mlab_study *study, const mlab_table *people, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < study->matching.n_rules; k++) {
        mlab_rule *rule = &study->matching.rules[k];
        if (rule->kind == MLAB_RULE_GAINS && !rule->gains) status = make(study, rule, people, findings, err);
    }
    return status;
}

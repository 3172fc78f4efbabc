/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gains as a term of the score: the same with every mentor, so that it decides who gets a place, not which.
 *
 * s = (gain - low) / (high - low). Without stated bounds the mean gain counts 1/2 and the widest deviation of the predicted gains, before they are
 * shrunk, reaches 0 or 1: the term spreads people as far as its signal goes, and where there is none it counts 1/2 for everybody.
 */
#include "core/error.h"
#include "core/memory.h"
#include "match/matching.h"
#include "match/scorer.h"
#include "mentorlab/gains.h"

#include <math.h>

static mlab_status refuse(const mlab_rule *rule, const char *why, mlab_findings *findings, mlab_error *err)
{
    mlab_status status =
        mlab_findings_add(findings, MLAB_SEVERITY_STOP, "no_gains", &rule->place, rule->outcome, "", err, "rule '%s': %s", rule->name, why);
    return status ? status : mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &rule->place, "rule '%s': %s", rule->name, why);
}

mlab_status mlab_gains_attributes(const mlab_context *context, mlab_term_rule *term, const mlab_column *id_column, const mlab_table *mentors,
                                  const mlab_table *mentees, const char *const *state, mlab_findings *findings, mlab_error *err)
{
    const mlab_rule *rule = term->rule;
    const mlab_gains *gains = rule->gains;
    if (state)
        return refuse(rule,
                      "gains are worked out for people as they are today; people who are simulated change, and have none; "
                      "in_simulation: leave_out does without it",
                      findings, err);
    if (!gains || !id_column)
        return refuse(rule, "what people gain is told by a study with outcomes, mentorlab match study.yaml; lists alone do not", findings, err);
    term->mentee.value = mlab_allocate(context, mentees->n_rows, sizeof(double));
    term->mentor.value = mlab_allocate(context, mentors->n_rows, sizeof(double)); /* known of all, and of no matter */
    if (!term->mentee.value || !term->mentor.value) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the gains of '%s'", rule->name);
    const bool stated = rule->high > rule->low;
    const double low = stated ? rule->low : gains->mean - gains->widest, high = stated ? rule->high : gains->mean + gains->widest;
    for (size_t i = 0; i < mentees->n_rows; i++) {
        const size_t at = mlab_gains_find(gains, mlab_column_text(id_column, i));
        const bool known = at != SIZE_MAX && gains->known[at];
        term->mentee.value[i] = !known ? MLAB_ATTRIBUTE_MISSING : high > low ? fmin(1, fmax(0, (gains->gain[at] - low) / (high - low))) : 0.5;
    }
    return MLAB_OK;
}

static mlab_status keep_gains(const mlab_matching *m, const mlab_rule *rule, mlab_pairs *pairs, mlab_error *err)
{
    const mlab_gains *gains = rule->gains;
    const size_t n = pairs->n_mentees;
    mlab_pairs_gain *into = &pairs->gains[pairs->n_gains++];
    *into = (mlab_pairs_gain){
        .mean = gains->mean, .se_of_mean = gains->se_of_mean, .spread = gains->spread, .signal = gains->signal, .chance = gains->chance};
    into->name = mlab_copy_text(m->context, rule->name);
    into->outcome = mlab_copy_text(m->context, gains->outcome);
    into->unit = mlab_copy_text(m->context, gains->unit);
    into->gain = mlab_allocate(m->context, n, sizeof(double));
    into->se = mlab_allocate(m->context, n, sizeof(double));
    if (!into->name || !into->outcome || !into->unit || !into->gain || !into->se)
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the gains of %zu mentees", n);
    for (size_t i = 0; i < n; i++) {
        const size_t at = mlab_gains_find(gains, pairs->mentees[i]);
        const bool known = at != SIZE_MAX && gains->known[at];
        into->gain[i] = known ? gains->gain[at] : NAN;
        into->se[i] = known ? gains->se[at] : NAN;
    }
    return mlab_gains_tell(gains, &into->told, err);
}

mlab_status mlab_pairs_gains(const mlab_matching *m, mlab_pairs *pairs, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n = 0;
    for (size_t t = 0; t < m->scorer->n_terms; t++) n += m->scorer->terms[t].rule->kind == MLAB_RULE_GAINS;
    if (!n) return MLAB_OK;
    if (!(pairs->gains = mlab_allocate(m->context, n, sizeof *pairs->gains))) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for gains");
    for (size_t t = 0; !status && t < m->scorer->n_terms; t++)
        if (m->scorer->terms[t].rule->kind == MLAB_RULE_GAINS) status = keep_gains(m, m->scorer->terms[t].rule, pairs, err);
    return status;
}

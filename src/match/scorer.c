/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score of a pair: 100 sum(w s) / sum(w) over the terms whose attributes are known on both sides.
 *
 * What is not known neither helps nor harms and is counted; a pair of whom nothing is known scores 50. A must that cannot be looked at
 * because a value is missing does not rule the pair out, and the findings say for how many people that is so.
 * Weakness: a weighted mean lets much of one term make up for none of another; use must for what has to hold.
 */
#include "match/scorer.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "match/match.h"

#include <math.h>
#include <string.h>

void mlab_scorer_free(mlab_scorer *scorer)
{
    if (!scorer) return;
    for (size_t i = 0; scorer->terms && i < scorer->n_terms; i++) {
        mlab_term_rule *term = &scorer->terms[i];
        mlab_release(scorer->context, term->mentee.value);
        mlab_release(scorer->context, term->mentor.value);
        mlab_release(scorer->context, term->mentee.bits);
        mlab_release(scorer->context, term->mentor.bits);
        mlab_release(scorer->context, term->range);
    }
    mlab_release(scorer->context, scorer->terms);
    mlab_release(scorer->context, scorer->rules);
    mlab_release(scorer->context, scorer);
}

static int32_t find_state(const char *const *state, size_t n_state, const char *name)
{
    for (size_t i = 0; i < n_state; i++)
        if (strcmp(state[i], name) == 0) return (int32_t)i;
    return -1;
}

/* Where a rule finds its attribute on a side: a state, or a column. */
typedef struct source {
    int32_t state;
    const mlab_column *column; /* NULL with a state, or when there is none */
} source;

static source find_source(const mlab_table *table, const char *const *state, size_t n_state, const char *name)
{
    int32_t k = find_state(state, n_state, name);
    return (source){k, k < 0 ? mlab_table_find(table, name) : NULL};
}

static bool found(source s)
{
    return s.state >= 0 || s.column;
}

static mlab_status report_missing_column(const mlab_table *table, const mlab_rule *rule, const char *name, const char *side, mlab_findings *findings,
                                         mlab_error *err)
{
    const char *near = NULL;
    const char **names = mlab_allocate(table->context, table->n_columns, sizeof *names);
    if (!names) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the names of columns");
    for (size_t i = 0; i < table->n_columns; i++) names[i] = table->columns[i].name;
    near = mlab_nearest(name, names, table->n_columns);
    mlab_status status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_column", &rule->place, name, "", err,
                                           "rule '%s': column '%s' is not in the %s' table%s%s%s", rule->name, name, side,
                                           near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    mlab_release(table->context, names);
    return status;
}

/* A column of a side: a finding when it is missing. */
static mlab_status need_column(const mlab_table *table, const mlab_rule *rule, const char *name, const char *side, const mlab_column **column,
                               mlab_findings *findings, mlab_error *err)
{
    *column = mlab_table_find(table, name);
    if (*column) return MLAB_OK;
    mlab_status status = report_missing_column(table, rule, name, side, findings, err);
    return status ? status : mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &rule->place, "rule '%s': column '%s' is not in the table", rule->name, name);
}

static bool is_words(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_TEXT || (column->type == MLAB_COLUMN_FACTOR && !column->ordered);
}

/* A vector of numbers: the same columns on both sides. */
static mlab_status compile_vector(mlab_scorer *scorer, mlab_term_rule *term, const mlab_table *mentors, const mlab_table *mentees,
                                  mlab_findings *findings, mlab_error *err)
{
    const mlab_rule *rule = term->rule;
    const mlab_column **columns = mlab_allocate(scorer->context, rule->n_columns, 2 * sizeof *columns);
    if (!columns) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the columns of '%s'", rule->name);
    mlab_status status = MLAB_OK, first = MLAB_OK;
    for (size_t k = 0; k < 2 * rule->n_columns; k++) { /* on to the end, so that all missing columns are found */
        const bool of_mentors = k >= rule->n_columns;
        status = need_column(of_mentors ? mentors : mentees, rule, rule->columns[k % rule->n_columns], of_mentors ? "mentors" : "mentees",
                             &columns[k], findings, err);
        if (status && !first) first = status;
    }
    term->width = rule->n_columns;
    if (!first && rule->n_columns == 1 && is_words(columns[0]) && is_words(columns[1])) term->sets = true; /* a list in each cell */
    if (!first) first = mlab_attributes_make(scorer->context, term, mentees, columns, mentors, columns + rule->n_columns, findings, err);
    mlab_release(scorer->context, columns);
    return first;
}

static mlab_status compile_columns(mlab_scorer *scorer, mlab_term_rule *term, const mlab_table *mentors, const mlab_table *mentees,
                                   const char *const *state, size_t n_state, mlab_findings *findings, mlab_error *err)
{
    const mlab_rule *rule = term->rule;
    mlab_status status = MLAB_OK;
    source mentee = find_source(mentees, state, n_state, rule->mentee_column), mentor = find_source(mentors, state, n_state, rule->mentor_column);
    if (!found(mentee)) status = report_missing_column(mentees, rule, rule->mentee_column, "mentees", findings, err);
    if (!status && !found(mentor)) status = report_missing_column(mentors, rule, rule->mentor_column, "mentors", findings, err);
    if (status) return status;
    if (!found(mentee) || !found(mentor))
        return mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &rule->place, "rule '%s': column '%s' is not in the table", rule->name,
                             found(mentee) ? rule->mentor_column : rule->mentee_column);
    term->mentee.state = mentee.state;
    term->mentor.state = mentor.state;
    const bool by_state = mentee.state >= 0 || mentor.state >= 0, by_value = rule->kind <= MLAB_RULE_DIFFERENT && rule->kind != MLAB_RULE_OVERLAP;
    if (by_state && (mentee.state < 0 || mentor.state < 0 || !by_value))
        return mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &rule->place, "rule '%s': '%s' and '%s' cannot be compared while people change", rule->name,
                             rule->mentee_column, rule->mentor_column);
    if (by_state) return MLAB_OK;
    return mlab_attributes_make(scorer->context, term, mentees, &mentee.column, mentors, &mentor.column, findings, err);
}

static bool rule_is_likeness(const mlab_rule *rule)
{
    return rule->kind == MLAB_RULE_SIMILAR || rule->kind == MLAB_RULE_UNLIKE;
}

static mlab_status compile_term(mlab_scorer *scorer, mlab_term_rule *term, const mlab_column *id_column, const mlab_table *mentors,
                                const mlab_table *mentees, const char *const *state, size_t n_state, mlab_findings *findings, mlab_error *err)
{
    const bool like = rule_is_likeness(term->rule);
    term->width = 1;
    term->sets = term->rule->kind == MLAB_RULE_OVERLAP || term->rule->kind == MLAB_RULE_COMMON || (like && !term->rule->n_columns);
    term->mentee.state = term->mentor.state = -1;
    if (term->rule->kind == MLAB_RULE_GAINS) return mlab_gains_attributes(scorer->context, term, id_column, mentors, mentees, state, findings, err);
    if (mlab_rule_is_of_pairs(term->rule->kind)) { /* their values come with the request */
        if (!state) return MLAB_OK;
        return mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &term->rule->place,
                             "rule '%s' is stated pair by pair, and people who are simulated have no such pairs; in_simulation: leave_out does "
                             "without it",
                             term->rule->name);
    }
    if (term->rule->n_columns) return compile_vector(scorer, term, mentors, mentees, findings, err);
    return compile_columns(scorer, term, mentors, mentees, state, n_state, findings, err);
}

/* The rules of the spec; "not of the same team" for each team that the spec forbids; "only whom they name" where people said so. */
static mlab_status list_rules(mlab_scorer *scorer, const mlab_match_spec *spec, bool of_people, size_t *n, mlab_error *err)
{
    static char team_name[] = "team", names[2][32] = {"only whom the mentee names", "only whom the mentor names"};
    const size_t most = spec->n_rules + spec->n_forbids + 2;
    scorer->rules = mlab_allocate(scorer->context, most, sizeof *scorer->rules);
    scorer->terms = mlab_allocate(scorer->context, most, sizeof *scorer->terms);
    if (!scorer->rules || !scorer->terms) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rules", spec->n_rules);
    *n = 0;
    for (size_t i = 0; i < spec->n_rules; i++)
        if (of_people || !spec->rules[i].not_simulated) scorer->rules[(*n)++] = spec->rules[i];
    for (size_t i = 0; i < spec->n_forbids; i++) {
        const mlab_forbid *forbid = &spec->forbids[i];
        if (forbid->kind != MLAB_FORBID_SAME_TEAM) continue;
        char *column = forbid->column ? forbid->column : team_name;
        scorer->rules[(*n)++] = (mlab_rule){.name = column,
                                            .kind = MLAB_RULE_DIFFERENT,
                                            .mentee_column = column,
                                            .mentor_column = column,
                                            .must = true,
                                            .weight = 1,
                                            .place = forbid->place};
    }
    for (int side = 0; of_people && side < 2; side++) {
        const mlab_wishes *wishes = side ? &spec->mentor_wishes : &spec->mentee_wishes;
        if (!wishes->only) continue;
        scorer->rules[(*n)++] =
            (mlab_rule){.name = names[side], .kind = MLAB_RULE_CHOICE, .of_mentors = side == 1, .must = true, .weight = 1, .place = wishes->place};
    }
    return MLAB_OK;
}

mlab_status mlab_scorer_make(const mlab_context *context, const mlab_match_spec *spec, const mlab_table *mentors, const mlab_table *mentees,
                             const char *const *state, size_t n_state, mlab_findings *findings, mlab_scorer **scorer, mlab_error *err)
{
    size_t n = 0;
    mlab_status first = MLAB_OK;
    *scorer = NULL;
    mlab_scorer *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a score");
    made->context = context;
    mlab_status status = list_rules(made, spec, !state, &n, err);
    for (size_t i = 0; !status && i < n; i++) {
        made->terms[i].rule = &made->rules[i];
        made->n_terms = i + 1;
        status = compile_term(made, &made->terms[i], mlab_match_id_column(spec, mentees), mentors, mentees, state, n_state, findings, err);
        if (status == MLAB_ERR_MATCH_COLUMN) { /* go on, so that the findings name every missing column */
            first = status;
            status = MLAB_OK;
        }
    }
    if (!status) status = first;
    if (status)
        mlab_scorer_free(made);
    else
        *scorer = made;
    return status;
}

size_t mlab_scorer_terms(const mlab_scorer *scorer)
{
    return scorer->n_terms;
}
const mlab_rule *mlab_scorer_rule(const mlab_scorer *scorer, size_t term)
{
    return scorer->terms[term].rule;
}

double mlab_gap_fit(const mlab_rule *rule, double gap)
{
    double s = 1 - fabs(gap - rule->best) / rule->spread;
    return s > 0 ? s : 0;
}

double mlab_hours_apart(double a, double b)
{
    const double straight = fabs(a - b), apart = straight >= 24 ? straight - 24 : straight; /* both lie within 14 hours of UTC */
    return apart > 12 ? 24 - apart : apart;
}

double mlab_hours_fit(const mlab_rule *rule, double apart)
{
    /* Above 0 at `within` itself, so that a must allows it; a trifle less than any other term can tell. */
    return apart >= rule->within ? (apart > rule->within ? 0 : 1e-12) : 1 - apart / rule->within;
}

double mlab_rule_least(const mlab_rule *rule)
{
    return rule->kind == MLAB_RULE_COMMON ? 1 - 1e-9 : 0; /* enough in common, exactly */
}

bool mlab_rule_is_of_pairs(mlab_rule_kind kind)
{
    return kind == MLAB_RULE_PAST || kind == MLAB_RULE_CHOICE || kind == MLAB_RULE_FILE;
}

double mlab_pair_otherwise(const mlab_pair_values *values, bool listed, size_t mentor)
{
    if (!values) return 0;
    if (values->mentor_speaks) return values->mentor_speaks[mentor];
    return values->otherwise == MLAB_OTHERWISE_NONE || (values->otherwise == MLAB_OTHERWISE_NONE_OF_THE_LISTED && listed);
}

static double value_of(const mlab_attribute *attribute, const mlab_pool_side *side, size_t member)
{
    return attribute->state >= 0 ? side->state[attribute->state][member] : attribute->value[side->row[member]];
}

static void set_term(const mlab_term_rule *term, const uint64_t *need, const uint64_t *offer, mlab_term *t)
{
    uint32_t offered = 0;
    for (size_t w = 0; w < term->words; w++) {
        t->need += mlab_count_bits(need[w]);
        offered += mlab_count_bits(offer[w]);
        t->have += mlab_count_bits(need[w] & offer[w]);
    }
    t->all = t->need + offered - t->have;
    t->known = t->need && offered;
    if (t->known) t->s = mlab_set_fit(term->rule, t->need, offered, t->have);
}

static void vector_term(const mlab_term_rule *term, const double *a, const double *b, mlab_term *t)
{
    double sum = 0, n = 0;
    for (size_t k = 0; k < term->width; k++) {
        if (a[k] == MLAB_ATTRIBUTE_MISSING || b[k] == MLAB_ATTRIBUTE_MISSING) continue;
        sum += fabs(b[k] - a[k]) / term->range[k];
        n++;
    }
    t->known = n > 0;
    if (t->known) t->s = term->rule->kind == MLAB_RULE_UNLIKE ? sum / n : 1 - sum / n;
}

static void pair_term(const mlab_pool_request *request, size_t which, size_t mentee, size_t mentor, mlab_term *t)
{
    const mlab_pair_values *values = NULL;
    for (size_t k = 0; k < request->n_pair_values; k++)
        if (request->pair_values[k].term == which) values = &request->pair_values[k];
    if (!values) return;
    const uint64_t first = (uint64_t)request->mentees.entity[mentee] << 32, key = first | request->mentors.entity[mentor];
    size_t at = mlab_lower_key(values->keys, values->n, first);
    const bool listed = at < values->n && values->keys[at] >> 32 == first >> 32;
    at = mlab_lower_key(values->keys, values->n, key);
    t->listed = at < values->n && values->keys[at] == key;
    t->known = t->listed || mlab_pair_otherwise(values, listed, mentor) > 0;
    if (t->listed) t->s = values->s[at];
}

static void value_term(const mlab_term_rule *term, double a, double b, mlab_term *t)
{
    const mlab_rule *rule = term->rule;
    t->known = a != MLAB_ATTRIBUTE_MISSING && b != MLAB_ATTRIBUTE_MISSING;
    if (!t->known) return;
    t->gap = rule->kind == MLAB_RULE_HOURS ? mlab_hours_apart(a, b) : b - a;
    t->s = rule->kind == MLAB_RULE_GAINS   ? a
           : rule->kind == MLAB_RULE_GAP   ? mlab_gap_fit(rule, t->gap)
           : rule->kind == MLAB_RULE_HOURS ? mlab_hours_fit(rule, t->gap)
                                           : (rule->kind == MLAB_RULE_SAME) == (a == b);
}

static bool is_missing(const mlab_term_rule *term, const mlab_attribute *attribute, const mlab_pool_side *side, size_t member)
{
    if (term->range) {
        const double *value = attribute->value + side->row[member] * term->width;
        size_t k = 0;
        while (k < term->width && value[k] == MLAB_ATTRIBUTE_MISSING) k++;
        return k == term->width;
    }
    if (!attribute->bits) return value_of(attribute, side, member) == MLAB_ATTRIBUTE_MISSING;
    uint64_t any = 0;
    for (size_t w = 0; w < term->words; w++) any |= attribute->bits[side->row[member] * term->words + w];
    return any == 0;
}

static mlab_status note_missing(const mlab_term_rule *term, const mlab_attribute *attribute, const char *column, const mlab_pool_side *side,
                                const char *name, mlab_findings *findings, mlab_error *err)
{
    size_t missing = 0;
    for (size_t i = 0; i < side->n; i++) missing += is_missing(term, attribute, side, i);
    if (!missing) return MLAB_OK;
    const mlab_rule *rule = term->rule;
    if (rule->kind == MLAB_RULE_GAINS)
        return mlab_findings_add(
            findings, MLAB_SEVERITY_NOTE, "attribute_not_known", &rule->place, "", "", err,
            "rule '%s': values that its formula reads are missing or new for %zu of %zu mentees; it neither helps nor harms them", rule->name,
            missing, side->n);
    return mlab_findings_add(findings, MLAB_SEVERITY_NOTE, rule->must ? "must_not_known" : "attribute_not_known", &rule->place, "", "", err,
                             "rule '%s': column '%s' is empty for %zu of %zu %s; %s", rule->name, column, missing, side->n, name,
                             rule->must ? "they may be paired with anybody" : "it neither helps nor harms them");
}

mlab_status mlab_scorer_note_missing(const mlab_scorer *scorer, const mlab_pool_request *request, mlab_findings *findings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t t = 0; t < scorer->n_terms && !status; t++) {
        const mlab_term_rule *term = &scorer->terms[t];
        const char *vector = term->rule->n_columns ? term->rule->columns[0] : NULL;
        if (mlab_rule_is_of_pairs(term->rule->kind)) continue;
        status = note_missing(term, &term->mentee, vector ? vector : term->rule->mentee_column, &request->mentees, "mentees", findings, err);
        if (!status && term->rule->kind != MLAB_RULE_GAINS)
            status = note_missing(term, &term->mentor, vector ? vector : term->rule->mentor_column, &request->mentors, "mentors", findings, err);
    }
    return status;
}

mlab_term mlab_scorer_term(const mlab_scorer *scorer, const mlab_pool_request *request, size_t which, size_t mentee, size_t mentor)
{
    const mlab_term_rule *term = &scorer->terms[which];
    const mlab_rule *rule = term->rule;
    const size_t a = mentee < request->mentees.n ? request->mentees.row[mentee] : 0, b = request->mentors.row[mentor];
    mlab_term t = {.allowed = true};
    if (mlab_rule_is_of_pairs(rule->kind))
        pair_term(request, which, mentee, mentor, &t);
    else if (term->mentee.bits)
        set_term(term, term->mentee.bits + a * term->words, term->mentor.bits + b * term->words, &t);
    else if (term->range)
        vector_term(term, term->mentee.value + a * term->width, term->mentor.value + b * term->width, &t);
    else
        value_term(term, value_of(&term->mentee, &request->mentees, mentee), value_of(&term->mentor, &request->mentors, mentor), &t);
    if (rule->must && t.known) t.allowed = t.s > mlab_rule_least(rule);
    return t;
}

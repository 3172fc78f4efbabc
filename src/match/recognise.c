/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules from the headings and cells of a sign-up list, so that people can be paired without a study file. Everything taken is said in five
 * sentences and written down as a matching: block; what is not used is named.
 *
 * Weakness: it knows English headings; a column with another heading is not used, and the fourth sentence says so.
 */
#include "match/recognise.h"

#include "core/error.h"
#include "core/memory.h"

#include <string.h>

typedef struct maker {
    const mlab_context *context;
    const mlab_table *mentors, *mentees;
    const mlab_column *used[64]; /* of either table */
    size_t n_used;
    const mlab_column *carried[24];
    size_t n_carried;
    mlab_text who, better, never, yaml, score, forbid, carry;
    const mlab_column *manager;
} maker;

static void use(maker *m, const mlab_column *column)
{
    if (column && m->n_used < sizeof m->used / sizeof *m->used) m->used[m->n_used++] = column;
}

static bool is_used(const maker *m, const char *name)
{
    for (size_t k = 0; k < m->n_used; k++)
        if (strcmp(m->used[k]->name, name) == 0) return true;
    return false;
}

/* --- terms ---------------------------------------------------------------------------------------------- */

/* A column of each side by words; both must be there. */
static bool find_both(maker *m, const char *const *mentee_words, const char *const *mentor_words, const mlab_column *found[2])
{
    found[0] = mlab_recognise_column(m->mentees, mentee_words);
    found[1] = mlab_recognise_column(m->mentors, mentor_words);
    if (!found[0] || !found[1]) return false;
    use(m, found[0]);
    use(m, found[1]);
    return true;
}

static void begin_term(maker *m, const char *name, const char *mentee_key, const char *mentor_key, const mlab_column *const found[2])
{
    mlab_text_print(&m->score, "    %s: {%s: ", name, mentee_key);
    mlab_recognise_quote(&m->score, found[0]->name);
    mlab_text_print(&m->score, ", %s: ", mentor_key);
    mlab_recognise_quote(&m->score, found[1]->name);
}

static void end_term(maker *m, const char *rest, const char *separator)
{
    mlab_text_print(&m->score, ", %s", rest);
    if (separator && strcmp(separator, ";") != 0) {
        mlab_text_append(&m->score, ", separator: ");
        mlab_recognise_quote(&m->score, separator);
    }
    mlab_text_append(&m->score, "}\n");
}

static void say_better(maker *m, const char *sentence, const char *column, const char *weight)
{
    if (m->better.n) mlab_text_append(&m->better, "; ");
    mlab_text_print(&m->better, sentence, column);
    mlab_text_print(&m->better, " (%s)", weight);
}

static void say_never(maker *m, const char *sentence, const char *column)
{
    if (m->never.n) mlab_text_append(&m->never, ", nor ");
    mlab_text_print(&m->never, sentence, column);
}

static void recognise_skills(maker *m)
{
    const mlab_column *found[2];
    if (find_both(m, mlab_words_need, mlab_words_offer, found) && mlab_recognise_is_text(found[0]) && mlab_recognise_is_text(found[1])) {
        begin_term(m, "skills", "need", "offer", found);
        end_term(m, "weight: high", mlab_recognise_separator(m->mentees, found[0], m->mentors, found[1]));
        mlab_text_print(&m->better, "the mentor offers under '%s' what the mentee names under '%s' (high)", found[1]->name, found[0]->name);
    }
    if (!find_both(m, mlab_words_interests, mlab_words_interests, found) || !mlab_recognise_is_text(found[0]) || !mlab_recognise_is_text(found[1]))
        return;
    begin_term(m, "interests", "mentee", "mentor", found);
    end_term(m, "similar: yes, weight: some", mlab_recognise_separator(m->mentees, found[0], m->mentors, found[1]));
    say_better(m, "they share '%s'", found[1]->name, "some");
}

static void recognise_grade(maker *m)
{
    const mlab_column *found[2];
    if (!find_both(m, mlab_words_grade, mlab_words_grade, found)) return;
    if (!mlab_recognise_is_number(m->mentees, found[0]) || !mlab_recognise_is_number(m->mentors, found[1])) {
        m->n_used -= 2;
        return;
    }
    begin_term(m, "seniority_gap", "mentee", "mentor", found);
    end_term(m, "best: 2, spread: 3, weight: some", NULL);
    say_better(m, "the mentor is two steps above in '%s'", found[1]->name, "some");
}

static void recognise_likeness(maker *m, const char *name, const char *const *words, const char *yaml, const char *sentence, const char *weight)
{
    const mlab_column *found[2];
    if (!find_both(m, words, words, found)) return;
    if (mlab_recognise_is_text(found[0]) != mlab_recognise_is_text(found[1])) {
        m->n_used -= 2;
        return;
    }
    begin_term(m, name, "mentee", "mentor", found);
    end_term(m, yaml, NULL);
    say_better(m, sentence, found[1]->name, weight);
}

/* One language a person: the same. Several: one in common. */
static void recognise_language(maker *m)
{
    const mlab_column *found[2];
    if (!find_both(m, mlab_words_language, mlab_words_language, found) || !mlab_recognise_is_text(found[0]) || !mlab_recognise_is_text(found[1]))
        return;
    const char *separator = mlab_recognise_separator(m->mentees, found[0], m->mentors, found[1]);
    const bool lists = mlab_recognise_has_lists(m->mentees, found[0], separator) || mlab_recognise_has_lists(m->mentors, found[1], separator);
    begin_term(m, "language", "mentee", "mentor", found);
    end_term(m, lists ? "common: 1, weight: must" : "same: must", lists ? separator : NULL);
    say_never(m, lists ? "without a '%s' in common" : "without the same '%s'", found[1]->name);
}

static void recognise_hours(maker *m)
{
    const mlab_column *found[2];
    if (find_both(m, mlab_words_availability, mlab_words_availability, found) && mlab_recognise_is_text(found[0]) &&
        mlab_recognise_is_text(found[1])) {
        begin_term(m, "availability", "mentee", "mentor", found);
        end_term(m, "common: 2, weight: some", mlab_recognise_separator(m->mentees, found[0], m->mentors, found[1]));
        say_better(m, "they have two items of '%s' in common", found[1]->name, "some");
    }
    if (!find_both(m, mlab_words_zone, mlab_words_zone, found)) return;
    if (mlab_recognise_is_hours(m->mentees, found[0]) && mlab_recognise_is_hours(m->mentors, found[1])) {
        begin_term(m, "time_zone", "mentee", "mentor", found);
        end_term(m, "within: 6, weight: some", NULL);
        say_better(m, "their '%s' are fewer than six hours apart", found[1]->name, "some");
    } else if (mlab_recognise_is_text(found[0]) && mlab_recognise_is_text(found[1])) {
        begin_term(m, "time_zone", "mentee", "mentor", found);
        end_term(m, "same: prefer, weight: low", NULL);
        say_better(m, "they have the same '%s'", found[1]->name, "low");
    } else
        m->n_used -= 2;
}

/* --- what is not scored --------------------------------------------------------------------------------- */

static void recognise_manager(maker *m)
{
    const mlab_column *column = mlab_recognise_column(m->mentees, mlab_words_manager);
    if (!column || !mlab_recognise_is_text(column)) return;
    use(m, column);
    mlab_text_append(&m->forbid, "  forbid: [{line_manager: ");
    mlab_recognise_quote(&m->forbid, column->name);
    mlab_text_append(&m->forbid, ", levels: 1}]\n");
    say_never(m, "with their own manager ('%s')", column->name);
}

/* Choices of mentees: first, second, third; names or ids, whichever the cells hold. */
static void recognise_choices(maker *m, const char *id)
{
    const mlab_column *choices[8], *not_wanted = mlab_recognise_column(m->mentees, mlab_words_not);
    const size_t n = mlab_recognise_choices(m->mentees, choices, 8);
    if (!n && !not_wanted) return;
    mlab_text_append(&m->forbid, "  preferences:\n");
    const char *by = mlab_recognise_called(m->mentees, n ? choices[0] : not_wanted, m->mentors, id);
    if (by && strcmp(by, id) != 0) {
        mlab_text_append(&m->forbid, "    by: ");
        mlab_recognise_quote(&m->forbid, by);
        mlab_text_append(&m->forbid, "\n");
    }
    mlab_text_append(&m->forbid, "    mentees: {");
    if (n) mlab_text_append(&m->forbid, "ranks: [");
    for (size_t k = 0; k < n; k++) {
        use(m, choices[k]);
        mlab_text_append(&m->forbid, k ? ", " : "");
        mlab_recognise_quote(&m->forbid, choices[k]->name);
    }
    if (n) mlab_text_append(&m->forbid, not_wanted ? "], " : "]");
    if (not_wanted) {
        use(m, not_wanted);
        mlab_text_append(&m->forbid, "not: ");
        mlab_recognise_quote(&m->forbid, not_wanted->name);
        say_never(m, "with somebody named under '%s'", not_wanted->name);
    }
    mlab_text_append(&m->forbid, "}\n");
    if (!n) return;
    mlab_text_append(&m->score, "    choice: {choice: mentees, weight: high}\n");
    say_better(m, "the mentee named the mentor under '%s'", choices[0]->name, "high");
}

static void recognise_sides(maker *m)
{
    const mlab_column *role = m->mentors == m->mentees ? mlab_recognise_column(m->mentors, mlab_words_role) : NULL;
    const mlab_column *capacity = mlab_recognise_column(m->mentors, mlab_words_capacity);
    if (role && mlab_recognise_is_text(role)) {
        use(m, role);
        mlab_text_append(&m->yaml, "  role: ");
        mlab_recognise_quote(&m->yaml, role->name);
        mlab_text_append(&m->yaml, "\n");
        mlab_text_print(&m->who, "'%s' says who is mentor, mentee or both; ", role->name);
    } else if (m->mentors == m->mentees)
        mlab_text_append(&m->who, "Nothing says who is mentor or mentee, so everybody is both; ");
    else
        mlab_text_append(&m->who, "One list has the mentors, the other the mentees; ");
    mlab_text_append(&m->yaml, "  mentors: {capacity: {");
    if (capacity && mlab_recognise_is_number(m->mentors, capacity)) {
        use(m, capacity);
        mlab_text_append(&m->yaml, "from: ");
        mlab_recognise_quote(&m->yaml, capacity->name);
        mlab_text_append(&m->yaml, ", ");
        mlab_text_print(&m->who, "a mentor takes as many mentees as '%s' says, one where it is empty.", capacity->name);
    } else
        mlab_text_append(&m->who, "a mentor takes one mentee.");
    mlab_text_append(&m->yaml, "default: 1}}\n");
}

/* --- what is shown ---------------------------------------------------------------------------------------- */

enum { MOST_TEXTS = 12 }; /* short texts are shown up to here; long ones as far as there is room */

static bool carry(maker *m, const mlab_column *column)
{
    for (size_t k = 0; k < m->n_carried; k++)
        if (strcmp(m->carried[k]->name, column->name) == 0) return true;
    if (m->n_carried == sizeof m->carried / sizeof *m->carried) return false;
    m->carried[m->n_carried++] = column;
    return true;
}

/* Columns that nothing uses: texts and contacts are shown beside each pair as far as there is room, the others are named. */
static void look_at_rest(maker *m, const mlab_table *table, mlab_text *shown, mlab_text *unused)
{
    for (size_t k = 0; k < table->n_columns; k++) {
        const mlab_column *column = &table->columns[k];
        const bool contact = mlab_recognise_is_one(column, mlab_words_contact);
        if (contact) carry(m, column);
        if (contact || is_used(m, column->name)) continue;
        use(m, column);
        const bool text = mlab_recognise_is_text(column) && (mlab_recognise_is_free_text(table, column) || m->n_carried < MOST_TEXTS);
        mlab_text *into = text && carry(m, column) ? shown : unused;
        mlab_text_print(into, "%s'%s'", into->n ? ", " : "", column->name);
    }
}

static void tell_rest(maker *m, mlab_text *sentences)
{
    mlab_text shown = MLAB_TEXT(m->context), unused = MLAB_TEXT(m->context);
    look_at_rest(m, m->mentees, &shown, &unused);
    if (m->mentors != m->mentees) look_at_rest(m, m->mentors, &shown, &unused);
    if (shown.n) mlab_text_print(sentences, "Not used, but shown beside each pair: %s", mlab_text_get(&shown));
    if (unused.n) mlab_text_print(sentences, "%s: %s", shown.n ? "; not used at all" : "Not used at all", mlab_text_get(&unused));
    mlab_text_append(sentences, shown.n || unused.n ? ".\n" : "Every column is used or shown beside each pair.\n");
    sentences->failed |= shown.failed || unused.failed;
    mlab_text_free(&shown);
    mlab_text_free(&unused);
    if (m->n_carried) mlab_text_append(&m->carry, "  carry: [");
    for (size_t k = 0; k < m->n_carried; k++) {
        if (k) mlab_text_append(&m->carry, ", ");
        mlab_recognise_quote(&m->carry, m->carried[k]->name);
    }
    if (m->n_carried) mlab_text_append(&m->carry, "]\n");
}

/* --- all -------------------------------------------------------------------------------------------------- */

static void recognise_all(maker *m, const mlab_column *id, mlab_text *sentences)
{
    mlab_text_append(&m->yaml, "matching:\n  id: ");
    mlab_recognise_quote(&m->yaml, id->name);
    mlab_text_append(&m->yaml, "\n");
    use(m, id);
    recognise_sides(m);
    recognise_skills(m);
    recognise_choices(m, id->name);
    recognise_grade(m);
    recognise_likeness(m, "department", mlab_words_department, "same: avoid, weight: some", "they are of different '%s'", "some");
    recognise_hours(m);
    recognise_likeness(m, "site", mlab_words_site, "same: prefer, weight: low", "they are of the same '%s'", "low");
    recognise_language(m);
    recognise_manager(m);
    mlab_text_print(sentences, "%s\n", mlab_text_get(&m->who));
    if (m->better.n)
        mlab_text_print(sentences, "A pair fits the better the more of this is so: %s.\n", mlab_text_get(&m->better));
    else
        mlab_text_append(sentences, "No column tells one pair from another, so that only the lot decides.\n");
    if (m->never.n)
        mlab_text_print(sentences, "Nobody is paired %s.\n", mlab_text_get(&m->never));
    else
        mlab_text_append(sentences, "Nothing rules a pair out but being one person.\n");
    tell_rest(m, sentences);
    mlab_text_append(sentences, "Of all ways to fill the places the one with the highest total score is taken; equals go by lot.\n");
    if (m->score.n) mlab_text_append(&m->yaml, "  score:\n");
    mlab_text_append(&m->yaml, mlab_text_get(&m->score));
    mlab_text_append(&m->yaml, mlab_text_get(&m->forbid));
    mlab_text_append(&m->yaml, mlab_text_get(&m->carry));
    mlab_text_append(&m->yaml, "  policies: [optimal]\n");
}

mlab_status mlab_match_recognise(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees, char **sentences, char **yaml,
                                 mlab_error *err)
{
    maker m = {.context = context, .mentors = mentors, .mentees = mentees};
    m.who = m.better = m.never = m.yaml = m.score = m.forbid = m.carry = MLAB_TEXT(context);
    mlab_text said = MLAB_TEXT(context);
    *sentences = *yaml = NULL;
    const mlab_column *id = mlab_recognise_column(mentees, mlab_words_id), *other = mlab_recognise_column(mentors, mlab_words_id);
    if (!id || !other || strcmp(id->name, other->name) != 0 || !mlab_recognise_is_text(id) || !mlab_recognise_is_text(other))
        return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "no text column says who is who; give both lists a column 'id'");
    recognise_all(&m, id, &said);
    mlab_text *const parts[] = {&m.who, &m.better, &m.never, &m.score, &m.forbid, &m.carry};
    bool failed = said.failed || m.yaml.failed;
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        failed |= parts[k]->failed;
        mlab_text_free(parts[k]);
    }
    if (!failed) {
        *sentences = said.bytes;
        *yaml = m.yaml.bytes;
        return MLAB_OK;
    }
    mlab_text_free(&said);
    mlab_text_free(&m.yaml);
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the rules of matching");
}

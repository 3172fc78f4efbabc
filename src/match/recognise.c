/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules from the headings of a sign-up list, so that people can be paired without a study file. Everything taken is said and can be changed.
 *
 * Weakness: it knows English headings; a column with another heading is not looked at, and the sentences show that it was not.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "mentorlab/match.h"

#include <string.h>

static const char *const id_words[] = {"id", "person_id", "employee_id", "worker", "worker_id", "person", "email", "e_mail", "name", NULL};
static const char *const role_words[] = {"role", "mentoring_role", NULL};
static const char *const capacity_words[] = {"capacity", "places", "max_mentees", "number_of_mentees", "slots", NULL};
static const char *const need_words[] = {"wants", "wanted", "skills_wanted", "needs", "goals", "wants_to_learn", "learning_goals", NULL};
static const char *const offer_words[] = {"offers", "offered", "skills_offered", "expertise", "can_teach", "skills", NULL};
static const char *const interest_words[] = {"interests", "topics", "skills", NULL};
static const char *const grade_words[] = {"grade", "level", "job_level", "seniority", NULL};
static const char *const department_words[] = {"department", "team", "unit", "division", NULL};
static const char *const language_words[] = {"language", NULL};
static const char *const site_words[] = {"site", "location", "office", "time_zone", "timezone", "country", NULL};
static const char *const manager_words[] = {"manager", "line_manager", "supervisor", "manager_id", NULL};

enum { MOST_RULES = 5, HEADING = 64 };

typedef struct maker {
    const mlab_context *context;
    const mlab_table *mentors, *mentees;
    mlab_match_spec *spec;
    mlab_text sentences, yaml, score, forbid;
    bool failed;
} maker;

/* "Skills wanted" is skills_wanted. */
static void plain(const char *heading, char into[HEADING])
{
    size_t n = 0;
    for (; *heading && n + 1 < HEADING; heading++) {
        const char c = *heading;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            into[n++] = c;
        else if (c >= 'A' && c <= 'Z')
            into[n++] = (char)(c - 'A' + 'a');
        else if (n && into[n - 1] != '_')
            into[n++] = '_';
    }
    while (n && into[n - 1] == '_') n--;
    into[n] = '\0';
}

/* The column whose heading is the earliest of the words; NULL = none. */
static const mlab_column *find_column(const mlab_table *table, const char *const *words)
{
    for (; *words; words++)
        for (size_t i = 0; i < table->n_columns; i++) {
            char heading[HEADING];
            plain(table->columns[i].name, heading);
            if (strcmp(heading, *words) == 0) return &table->columns[i];
        }
    return NULL;
}

static bool is_text(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR;
}

static bool is_number(const mlab_table *table, const mlab_column *column)
{
    if (!is_text(column)) return column->type != MLAB_COLUMN_DATE;
    for (size_t i = 0; i < table->n_rows; i++) {
        double ignored;
        const char *text = mlab_column_text(column, i);
        if (*text && !mlab_number_parse(text, strlen(text), '.', &ignored)) return false;
    }
    return true;
}

static char *keep(maker *m, const char *text)
{
    char *copy = mlab_copy_text(m->context, text);
    if (!copy) m->failed = true;
    return copy;
}

/* A heading as YAML text, always in quotes: any heading is safe there. */
static void put_quoted(mlab_text *text, const char *heading)
{
    mlab_text_append(text, "\"");
    for (; *heading; heading++) {
        if (*heading == '"' || *heading == '\\') mlab_text_append(text, "\\");
        mlab_text_append_bytes(text, heading, 1);
    }
    mlab_text_append(text, "\"");
}

static mlab_rule *add_rule(maker *m, const char *name, mlab_rule_kind kind, const mlab_column *mentee, const mlab_column *mentor, double weight)
{
    mlab_rule *rule = &m->spec->rules[m->spec->n_rules++];
    *rule = (mlab_rule){.name = keep(m, name),
                        .kind = kind,
                        .mentee_column = keep(m, mentee->name),
                        .mentor_column = keep(m, mentor->name),
                        .weight = weight,
                        .separator = keep(m, ";"),
                        .spread = 1};
    mlab_text_print(&m->score, "    %s: {", name);
    return rule;
}

static void put_columns(maker *m, const char *mentee_key, const mlab_column *mentee, const char *mentor_key, const mlab_column *mentor)
{
    mlab_text_print(&m->score, "%s: ", mentee_key);
    put_quoted(&m->score, mentee->name);
    mlab_text_print(&m->score, ", %s: ", mentor_key);
    put_quoted(&m->score, mentor->name);
}

static void recognise_skills(maker *m)
{
    const mlab_column *need = find_column(m->mentees, need_words), *offer = find_column(m->mentors, offer_words);
    if (!need || !offer) {
        need = find_column(m->mentees, interest_words);
        offer = find_column(m->mentors, interest_words);
    }
    if (!need || !offer || !is_text(need) || !is_text(offer)) return;
    add_rule(m, "skills", MLAB_RULE_OVERLAP, need, offer, 4);
    put_columns(m, "need", need, "offer", offer);
    mlab_text_append(&m->score, ", weight: high}\n");
    mlab_text_print(&m->sentences, "What a mentee names under '%s' is looked for under the mentor's '%s' (weight high; items between semicolons).\n",
                    need->name, offer->name);
}

static void recognise_grade(maker *m)
{
    const mlab_column *mentee = find_column(m->mentees, grade_words), *mentor = find_column(m->mentors, grade_words);
    if (!mentee || !mentor || !is_number(m->mentees, mentee) || !is_number(m->mentors, mentor)) return;
    mlab_rule *rule = add_rule(m, "seniority_gap", MLAB_RULE_GAP, mentee, mentor, 2);
    rule->best = 2;
    rule->spread = 3;
    put_columns(m, "mentee", mentee, "mentor", mentor);
    mlab_text_append(&m->score, ", best: 2, spread: 3, weight: some}\n");
    mlab_text_print(&m->sentences, "A mentor two steps above in '%s' fits best (weight some).\n", mentor->name);
}

static void recognise_likeness(maker *m, const char *name, const char *const *words, mlab_rule_kind kind, double weight, bool must, const char *yaml,
                               const char *sentence)
{
    const mlab_column *mentee = find_column(m->mentees, words), *mentor = find_column(m->mentors, words);
    if (!mentee || !mentor || is_text(mentee) != is_text(mentor)) return;
    add_rule(m, name, kind, mentee, mentor, weight)->must = must;
    put_columns(m, "mentee", mentee, "mentor", mentor);
    mlab_text_print(&m->score, ", %s}\n", yaml);
    mlab_text_print(&m->sentences, sentence, mentor->name);
}

static void recognise_manager(maker *m)
{
    const mlab_column *column = find_column(m->mentees, manager_words);
    if (!column || !is_text(column)) return;
    m->spec->forbids[m->spec->n_forbids++] = (mlab_forbid){.kind = MLAB_FORBID_LINE_MANAGER, .column = keep(m, column->name), .levels = 1};
    mlab_text_append(&m->forbid, "  forbid: [{line_manager: ");
    put_quoted(&m->forbid, column->name);
    mlab_text_append(&m->forbid, ", levels: 1}]\n");
    mlab_text_print(&m->sentences, "Nobody gets their own manager ('%s').\n", column->name);
}

static void recognise_sides(maker *m)
{
    const mlab_column *role = m->mentors == m->mentees ? find_column(m->mentors, role_words) : NULL;
    const mlab_column *capacity = find_column(m->mentors, capacity_words);
    m->spec->default_capacity = 1;
    if (role && is_text(role)) {
        m->spec->role_column = keep(m, role->name);
        mlab_text_append(&m->yaml, "  role: ");
        put_quoted(&m->yaml, role->name);
        mlab_text_append(&m->yaml, "\n");
    }
    mlab_text_append(&m->yaml, "  mentors: {capacity: {");
    if (capacity && is_number(m->mentors, capacity)) {
        m->spec->capacity_column = keep(m, capacity->name);
        mlab_text_append(&m->yaml, "from: ");
        put_quoted(&m->yaml, capacity->name);
        mlab_text_append(&m->yaml, ", ");
        mlab_text_print(&m->sentences, "A mentor takes as many mentees as '%s' says, one where it is empty.\n", capacity->name);
    } else
        mlab_text_append(&m->sentences, "A mentor takes one mentee.\n");
    mlab_text_append(&m->yaml, "default: 1}}\n");
}

static void recognise_all(maker *m)
{
    recognise_sides(m);
    recognise_skills(m);
    recognise_grade(m);
    recognise_likeness(m, "department", department_words, MLAB_RULE_DIFFERENT, 2, false, "same: avoid, weight: some",
                       "Another '%s' is better (weight some).\n");
    recognise_likeness(m, "language", language_words, MLAB_RULE_SAME, 2, true, "same: must", "The same '%s' is a must.\n");
    recognise_likeness(m, "site", site_words, MLAB_RULE_SAME, 1, false, "same: prefer, weight: low", "The same '%s' is better (weight low).\n");
    recognise_manager(m);
    mlab_text_append(&m->sentences, "Of all ways to fill the places, the one with the highest total score is taken; equals go by lot.\n");
    if (m->spec->n_rules) mlab_text_append(&m->yaml, "  score:\n");
    mlab_text_append(&m->yaml, mlab_text_get(&m->score));
    mlab_text_append(&m->yaml, mlab_text_get(&m->forbid));
    mlab_text_append(&m->yaml, "  policies: [optimal]\n");
}

mlab_status mlab_match_recognise(const mlab_context *context, const mlab_table *mentors, const mlab_table *mentees, mlab_match_spec *spec,
                                 char **sentences, char **yaml, mlab_error *err)
{
    maker m = {.context = context, .mentors = mentors, .mentees = mentees, .spec = spec};
    m.sentences = m.yaml = m.score = m.forbid = MLAB_TEXT(context);
    *spec = (mlab_match_spec){.seed = 1};
    *sentences = *yaml = NULL;
    const mlab_column *id = find_column(mentees, id_words), *other = find_column(mentors, id_words);
    if (!id || !other || strcmp(id->name, other->name) != 0 || !is_text(id) || !is_text(other))
        return mlab_raise(err, MLAB_ERR_MATCH_COLUMN, "no text column says who is who; give both lists a column 'id'");

    spec->rules = mlab_allocate(context, MOST_RULES, sizeof *spec->rules);
    spec->forbids = mlab_allocate(context, 1, sizeof *spec->forbids);
    spec->policies = mlab_allocate(context, 1, sizeof *spec->policies);
    spec->id_column = keep(&m, id->name);
    m.failed |= !spec->rules || !spec->forbids || !spec->policies;
    if (!m.failed) {
        spec->policies[spec->n_policies++] = keep(&m, "optimal");
        mlab_text_append(&m.yaml, "matching:\n  id: ");
        put_quoted(&m.yaml, id->name);
        mlab_text_append(&m.yaml, "\n");
        recognise_all(&m);
    }
    const bool failed = m.failed || m.sentences.failed || m.yaml.failed || m.score.failed || m.forbid.failed;
    mlab_text_free(&m.score);
    mlab_text_free(&m.forbid);
    if (!failed) {
        *sentences = m.sentences.bytes;
        *yaml = m.yaml.bytes;
        return MLAB_OK;
    }
    mlab_text_free(&m.sentences);
    mlab_text_free(&m.yaml);
    mlab_match_spec_free(context, spec);
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the rules of matching");
}

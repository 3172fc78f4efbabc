/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of headings, and what the cells of a column are like. */
#include "match/recognise.h"

#include "core/number.h"
#include "match/scorer.h"

#include <string.h>

#define WORDS(name_, ...) const char *const mlab_words_##name_[] = {__VA_ARGS__, NULL}
WORDS(id, "id", "person_id", "employee_id", "worker", "worker_id", "person", "participant_id", "staff_id", "email", "e_mail", "email_address",
      "name");
WORDS(role, "role", "mentoring_role", "signing_up_as", "i_am_a", "mentor_or_mentee");
WORDS(capacity, "capacity", "places", "max_mentees", "maximum_mentees", "number_of_mentees", "mentees", "slots", "how_many_mentees");
WORDS(need, "wants", "wanted", "skills_wanted", "needs", "goals", "wants_to_learn", "learning_goals", "skills_to_learn", "areas_of_need");
WORDS(offer, "offers", "offered", "skills_offered", "expertise", "can_teach", "skills", "areas_of_expertise", "strengths");
WORDS(interests, "interests", "topics", "hobbies");
WORDS(grade, "grade", "level", "job_level", "seniority", "band");
WORDS(department, "department", "team", "unit", "division", "function");
WORDS(language, "language", "languages");
WORDS(site, "site", "location", "office", "city", "country");
WORDS(zone, "time_zone", "timezone", "utc_offset", "hours_from_utc");
WORDS(availability, "availability", "available", "free", "when", "times", "free_hours");
WORDS(manager, "manager", "line_manager", "supervisor", "manager_id", "reports_to");
WORDS(not, "not", "not_with", "not_these", "not_this_person", "avoid", "do_not_pair_with");
WORDS(contact, "name", "full_name", "first_name", "last_name", "email", "e_mail", "email_address", "department");

enum { HEADING = 64 };

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

const mlab_column *mlab_recognise_column(const mlab_table *table, const char *const *words)
{
    for (; *words; words++)
        for (size_t i = 0; i < table->n_columns; i++) {
            char heading[HEADING];
            plain(table->columns[i].name, heading);
            if (strcmp(heading, *words) == 0) return &table->columns[i];
        }
    return NULL;
}

bool mlab_recognise_is_one(const mlab_column *column, const char *const *words)
{
    char heading[HEADING];
    plain(column->name, heading);
    for (; *words; words++)
        if (strcmp(heading, *words) == 0) return true;
    return false;
}

bool mlab_recognise_is_text(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR;
}

bool mlab_recognise_is_number(const mlab_table *table, const mlab_column *column)
{
    if (!mlab_recognise_is_text(column)) return column->type != MLAB_COLUMN_DATE;
    for (size_t i = 0; i < table->n_rows; i++) {
        double ignored;
        const char *text = mlab_column_text(column, i);
        if (*text && !mlab_number_parse(text, strlen(text), '.', &ignored)) return false;
    }
    return true;
}

bool mlab_recognise_is_hours(const mlab_table *table, const mlab_column *column)
{
    if (!mlab_recognise_is_text(column)) return column->type != MLAB_COLUMN_DATE;
    for (size_t i = 0; i < table->n_rows; i++) {
        double ignored;
        const char *text = mlab_column_text(column, i);
        if (*text && !mlab_hours_parse(text, &ignored)) return false;
    }
    return true;
}

bool mlab_recognise_is_free_text(const mlab_table *table, const mlab_column *column)
{
    size_t filled = 0, length = 0, blanks = 0;
    if (!mlab_recognise_is_text(column)) return false;
    for (size_t i = 0; i < table->n_rows; i++) {
        const char *text = mlab_column_text(column, i);
        if (!*text) continue;
        filled++;
        length += strlen(text);
        for (; *text; text++) blanks += *text == ' ';
    }
    return filled > 0 && length > 30 * filled && blanks > 4 * filled;
}

static size_t cells_with(const mlab_table *table, const mlab_column *column, const char *separator)
{
    size_t n = 0;
    for (size_t i = 0; i < table->n_rows; i++) n += strstr(mlab_column_text(column, i), separator) != NULL;
    return n;
}

const char *mlab_recognise_separator(const mlab_table *a, const mlab_column *in_a, const mlab_table *b, const mlab_column *in_b)
{
    static const char *const separators[] = {";", ",", "|", "\n", "/"};
    const char *best = ";";
    size_t most = 0;
    for (size_t k = 0; k < sizeof separators / sizeof *separators; k++) {
        const size_t n = cells_with(a, in_a, separators[k]) + cells_with(b, in_b, separators[k]);
        if (n <= most) continue;
        most = n;
        best = separators[k];
    }
    return best;
}

bool mlab_recognise_has_lists(const mlab_table *table, const mlab_column *column, const char *separator)
{
    return cells_with(table, column, separator) > 0;
}

size_t mlab_recognise_choices(const mlab_table *table, const mlab_column **into, size_t most)
{
    static const char *const ordinals[] = {"first", "second", "third", "fourth", "fifth"};
    size_t n = 0;
    for (size_t k = 0; k < 5 && n < most; k++) {
        char numbered[32] = "choice1", called[40], spaced[32] = "choice_1", preferred[40] = "preferred_mentor_1";
        numbered[6] = spaced[7] = preferred[17] = (char)('1' + k);
        strcpy(called, ordinals[k]);
        strcat(called, "_choice");
        const char *const words[] = {numbered, spaced, called, preferred, k ? NULL : "preferred_mentor", NULL};
        const mlab_column *found = mlab_recognise_column(table, words);
        if (!found || !mlab_recognise_is_text(found)) break;
        into[n++] = found;
    }
    return n;
}

static size_t how_many_named(const mlab_table *mentees, const mlab_column *choice, const mlab_table *mentors, const mlab_column *column)
{
    size_t n = 0;
    for (size_t i = 0; i < mentees->n_rows; i++) {
        const char *text = mlab_column_text(choice, i);
        bool found = false;
        for (size_t j = 0; *text && !found && j < mentors->n_rows; j++) found = mlab_equal_fold(text, mlab_column_text(column, j));
        n += found;
    }
    return n;
}

const char *mlab_recognise_called(const mlab_table *mentees, const mlab_column *choice, const mlab_table *mentors, const char *id)
{
    const mlab_column *best = mlab_table_find(mentors, id);
    size_t most = best ? how_many_named(mentees, choice, mentors, best) : 0;
    for (size_t k = 0; k < mentors->n_columns; k++) {
        const mlab_column *column = &mentors->columns[k];
        if (!mlab_recognise_is_text(column) || !mlab_recognise_is_one(column, mlab_words_contact)) continue;
        const size_t n = how_many_named(mentees, choice, mentors, column);
        if (n <= most) continue;
        most = n;
        best = column;
    }
    return best ? best->name : NULL;
}

void mlab_recognise_quote(mlab_text *text, const char *heading)
{
    mlab_text_append(text, "\"");
    for (; *heading; heading++) {
        if (*heading == '\n') {
            mlab_text_append(text, "\\n");
            continue;
        }
        if (*heading == '"' || *heading == '\\') mlab_text_append(text, "\\");
        mlab_text_append_bytes(text, heading, 1);
    }
    mlab_text_append(text, "\"");
}

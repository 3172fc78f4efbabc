/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of files that are recognised: what their columns can mean, what must be there, and what the shape of the table says.
 *
 * Weakness: a job history that tells something of everybody on a few regular days (a review of all grades each January) has the shape of
 * snapshots when no column says why; then it is asked whether who is missing has left.
 */
#include "core/memory.h"
#include "data/recognise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array_) (sizeof(array_) / sizeof *(array_))

const char *const mlab_file_role_names[MLAB_N_FILE_ROLES] = {"unknown",       "people",    "history", "promotions", "surveys",
                                                             "relationships", "snapshots", "ratings", "meetings",   "training",
                                                             "goals",         "crosswalk", "persons"};

static const mlab_meaning people[] = {{"id", MLAB_NEED_ID, 2, true},
                                      {"hired", MLAB_NEED_DATE, 3, false},
                                      {"left", MLAB_NEED_DATE, 1.5, false},
                                      {"exit_reason", MLAB_NEED_LABEL, 1.5, false},
                                      {"grade", MLAB_NEED_ANY, 0.5, false},
                                      {"email", MLAB_NEED_EMAIL, 0.5, false},
                                      {"gender", MLAB_NEED_LABEL, 1, false},
                                      {"department", MLAB_NEED_LABEL, 0.5, false},
                                      {"location", MLAB_NEED_LABEL, 0.5, false},
                                      {"type", MLAB_NEED_LABEL, 0.5, false},
                                      {"manager", MLAB_NEED_ID, 0.3, false},
                                      {"born", MLAB_NEED_DATE, 1, false},
                                      {"fte", MLAB_NEED_NUMBER, 0.5, false},
                                      {"salary", MLAB_NEED_NUMBER, 0.5, false},
                                      {"performance", MLAB_NEED_ANY, 0.3, false},
                                      {"capacity", MLAB_NEED_NUMBER, 0.3, false},
                                      {"name", MLAB_NEED_ANY, 0.1, false},
                                      {"first_name", MLAB_NEED_ANY, 0.1, false},
                                      {"last_name", MLAB_NEED_ANY, 0.1, false}};
static const mlab_meaning history[] = {
    {"person", MLAB_NEED_ID, 1, true},     {"from", MLAB_NEED_DATE, 2, true},           {"until", MLAB_NEED_DATE, 1, false},
    {"order", MLAB_NEED_NUMBER, 2, false}, {"reason", MLAB_NEED_LABEL, 2, false},       {"event", MLAB_NEED_LABEL, 2, false},
    {"grade", MLAB_NEED_ANY, 1, false},    {"department", MLAB_NEED_LABEL, 0.5, false}, {"location", MLAB_NEED_LABEL, 0.5, false},
    {"manager", MLAB_NEED_ID, 0.3, false}, {"fte", MLAB_NEED_NUMBER, 0.3, false},       {"salary", MLAB_NEED_NUMBER, 0.3, false},
    {"type", MLAB_NEED_LABEL, 0.3, false}, {"status", MLAB_NEED_LABEL, 0.5, false}};
static const mlab_meaning promotions[] = {{"person", MLAB_NEED_ID, 2, true}, {"date", MLAB_NEED_DATE, 2, true}, {"to", MLAB_NEED_ANY, 3, true}};
static const mlab_meaning surveys[] = {{"person", MLAB_NEED_ID, 1, false},        {"email", MLAB_NEED_EMAIL, 1, false},
                                       {"date", MLAB_NEED_DATE, 1, false},        {"finished", MLAB_NEED_LABEL, 1, false},
                                       {"satisfaction", MLAB_NEED_ANY, 3, false}, {"informal", MLAB_NEED_LABEL, 2, false},
                                       {"since", MLAB_NEED_ANY, 1, false}};
static const mlab_meaning relationships[] = {{"mentor", MLAB_NEED_ID, 4, true},        {"mentee", MLAB_NEED_ID, 4, true},
                                             {"start", MLAB_NEED_DATE, 1, false},      {"end", MLAB_NEED_DATE, 1, false},
                                             {"kind", MLAB_NEED_LABEL, 0.5, false},    {"form", MLAB_NEED_LABEL, 0.5, false},
                                             {"meetings", MLAB_NEED_NUMBER, 1, false}, {"status", MLAB_NEED_LABEL, 0.5, false}};
static const mlab_meaning crosswalk[] = {{"from", MLAB_NEED_EMAIL, 3, true}, {"to", MLAB_NEED_ID, 3, true}};

static const mlab_meaning persons[] = {
    {"duration", MLAB_NEED_NUMBER, 2, true}, {"event", MLAB_NEED_LABEL, 2, true}, {"arm", MLAB_NEED_LABEL, 1, false}};

static const mlab_meaning snapshots[] = {{"person", MLAB_NEED_ID, 1, true},       {"date", MLAB_NEED_DATE, 2, false},
                                         {"grade", MLAB_NEED_ANY, 1, false},      {"department", MLAB_NEED_LABEL, 1, false},
                                         {"location", MLAB_NEED_LABEL, 1, false}, {"manager", MLAB_NEED_ID, 0.5, false},
                                         {"fte", MLAB_NEED_NUMBER, 0.5, false},   {"salary", MLAB_NEED_NUMBER, 0.5, false},
                                         {"type", MLAB_NEED_LABEL, 0.5, false},   {"hired", MLAB_NEED_DATE, 1, false}};
static const mlab_meaning ratings[] = {{"person", MLAB_NEED_ID, 1, true}, {"date", MLAB_NEED_DATE, 1, true},   {"score", MLAB_NEED_NUMBER, 3, true},
                                       {"rater", MLAB_NEED_ID, 2, false}, {"role", MLAB_NEED_LABEL, 1, false}, {"skill", MLAB_NEED_LABEL, 1, false}};
static const mlab_meaning meetings[] = {{"mentor", MLAB_NEED_ID, 4, true},
                                        {"mentee", MLAB_NEED_ID, 4, true},
                                        {"date", MLAB_NEED_DATE, 1.5, true},
                                        {"minutes", MLAB_NEED_NUMBER, 2, false}};
static const mlab_meaning training[] = {{"person", MLAB_NEED_ID, 1, true},
                                        {"date", MLAB_NEED_DATE, 1, true},
                                        {"hours", MLAB_NEED_NUMBER, 3, true},
                                        {"provider", MLAB_NEED_LABEL, 2, false}};
static const mlab_meaning goals[] = {{"person", MLAB_NEED_ID, 1, true}, {"set", MLAB_NEED_DATE, 2, true}, {"reached", MLAB_NEED_DATE, 3, true}};

const mlab_meaning *mlab_meanings_of(mlab_file_role role, size_t *n)
{
    static const struct {
        const mlab_meaning *rows;
        size_t n;
    } all[MLAB_N_FILE_ROLES] = {{NULL, 0},
                                {people, COUNT(people)},
                                {history, COUNT(history)},
                                {promotions, COUNT(promotions)},
                                {surveys, COUNT(surveys)},
                                {relationships, COUNT(relationships)},
                                {snapshots, COUNT(snapshots)},
                                {ratings, COUNT(ratings)},
                                {meetings, COUNT(meetings)},
                                {training, COUNT(training)},
                                {goals, COUNT(goals)},
                                {crosswalk, COUNT(crosswalk)},
                                {persons, COUNT(persons)}};
    *n = all[role].n;
    return all[role].rows;
}

/* --- shapes ------------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

enum { MOST_SNAPSHOTS = 600 };

/* Everybody (well, half of them) on each of at least three days about as far apart, and no reasons: who is there, day by day. */
static bool like_snapshots(const mlab_known_file *file)
{
    int date = mlab_known_column(file, "date"), person = mlab_known_column(file, "person");
    int32_t days[MOST_SNAPSHOTS];
    if (date < 0 || person < 0) return false;
    const mlab_dictionary *values = &file->columns[date].values;
    size_t n = 0, n_people = file->columns[person].values.n;
    if (values->n < 3 || values->n > MOST_SNAPSHOTS || n_people < 2) return false;
    for (uint32_t i = 0; i < values->n; i++)
        if (mlab_profile_day(&file->columns[date], i, &days[n])) n++;
    if (n != values->n || 2 * file->n_rows < (uint64_t)n * n_people) return false;
    qsort(days, n, sizeof *days, by_number);
    int32_t least = INT32_MAX, most = 0;
    for (size_t i = 1; i < n; i++) {
        int32_t gap = days[i] - days[i - 1];
        if (gap < least) least = gap;
        if (gap > most) most = gap;
    }
    return least >= 27 && 2 * (int64_t)most <= 3 * (int64_t)least;
}

/* A length, or more than one row a mentee; and a heading that is the day of the meeting and not that of a start. */
static bool like_meetings(const mlab_known_file *file)
{
    int date = mlab_known_column(file, "date"), mentee = mlab_known_column(file, "mentee");
    if (date < 0 || mentee < 0 || !mlab_known_by_whole_heading(file, "date")) return false;
    return mlab_known_column(file, "minutes") >= 0 || file->n_rows >= 2 * (uint64_t)file->columns[mentee].values.n;
}

/* What the shape of the table says against the role: 0 = it cannot be, 1 = fine, more = for it. */
double mlab_recognise_shape(const mlab_known_file *file)
{
    int id = mlab_known_column(file, file->role == MLAB_FILE_PEOPLE ? "id" : file->role == MLAB_FILE_CROSSWALK ? "to" : "person");
    double rows_an_id = id < 0 || !file->columns[id].values.n ? 1 : (double)file->n_rows / (double)file->columns[id].values.n;
    size_t labelled = 0, numbered = 0;
    for (size_t j = 0; j < file->n_columns; j++) {
        labelled += file->scale_of[j] >= 0;
        numbered += file->scale_of[j] < -1;
    }
    switch (file->role) {
    case MLAB_FILE_PEOPLE: return rows_an_id < 1.25 && mlab_known_column(file, "id") >= 0 ? 1 : 0;
    case MLAB_FILE_HISTORY: {
        bool tells = mlab_known_column(file, "reason") >= 0 || mlab_known_column(file, "event") >= 0 || mlab_known_column(file, "grade") >= 0;
        return !tells || (rows_an_id < 1.05 && mlab_known_column(file, "until") < 0) ? 0 : rows_an_id > 1.3 ? 3 : 1;
    }
    case MLAB_FILE_PROMOTIONS: return file->n_columns <= 8 ? 1 : 0;
    case MLAB_FILE_SURVEYS: {
        bool told = mlab_known_column(file, "satisfaction") >= 0;
        if (!labelled && !told && (!numbered || mlab_known_column(file, "finished") < 0)) return 0;
        return 1 + (labelled ? 2 + 0.5 * (double)(labelled < 5 ? labelled : 5) : 0);
    }
    case MLAB_FILE_CROSSWALK: return file->n_columns <= 3 && rows_an_id < 1.1 ? 1 : 0;
    case MLAB_FILE_RELATIONSHIPS:
    case MLAB_FILE_RATINGS:
    case MLAB_FILE_TRAINING:
    case MLAB_FILE_GOALS: return 1;
    case MLAB_FILE_SNAPSHOTS: return like_snapshots(file) ? 4 : 0;
    case MLAB_FILE_MEETINGS: return like_meetings(file) ? 1 : 0;
    case MLAB_FILE_PERSONS: { /* an event is one of two things */
        int event = mlab_known_column(file, "event");
        return event >= 0 && file->columns[event].values.n == 2 ? 0.5 : 0;
    }
    case MLAB_FILE_UNKNOWN:
    case MLAB_N_FILE_ROLES:
    default: return 0;
    }
}

/* --- none of these ----------------------------------------------------------------------------------- */

static double told(const mlab_known_file *file, const char **missing)
{
    size_t n;
    double weight = 0;
    const mlab_meaning *meanings = mlab_meanings_of(file->role, &n);
    *missing = NULL;
    for (size_t m = 0; m < n; m++) {
        if (file->column_of[m] >= 0 && *file->word_of[m]) weight += meanings[m].weight;
        if (file->column_of[m] < 0 && meanings[m].required && !*missing) *missing = meanings[m].name;
    }
    return weight;
}

void mlab_recognise_why_not(const mlab_layouts *layouts, mlab_known_file *file, char *into, size_t size)
{
    mlab_file_role best = MLAB_FILE_UNKNOWN;
    double most = 0;
    const char *missing, *lacks = NULL;
    if (!file->n_columns || !file->n_rows) {
        snprintf(into, size, "it has no rows of data");
        return;
    }
    for (mlab_file_role role = MLAB_FILE_PEOPLE; role < MLAB_N_FILE_ROLES; role++) {
        mlab_recognise_as(layouts, file, role);
        double weight = told(file, &missing);
        if (weight <= most) continue;
        most = weight;
        best = role;
        lacks = missing;
    }
    mlab_recognise_as(layouts, file, MLAB_FILE_UNKNOWN);
    if (best == MLAB_FILE_UNKNOWN)
        snprintf(into, size, "none of its headings is known (\"%.40s\"%s%.40s%s)", file->columns[0].heading, file->n_columns > 1 ? ", \"" : "",
                 file->n_columns > 1 ? file->columns[1].heading : "",
                 file->n_columns > 2   ? "\", ..."
                 : file->n_columns > 1 ? "\""
                                       : "");
    else if (lacks)
        snprintf(into, size, "it comes nearest to %s, but no column is its %s", mlab_file_role_names[best], lacks);
    else
        snprintf(into, size, "it comes nearest to %s, but its rows do not have that shape", mlab_file_role_names[best]);
}

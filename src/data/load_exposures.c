/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is in an arm by their answers to a survey. A yes says: in the arm on that day, since some day; a no says: not in it on that day.
 * Either is carried for the stated time after the answer, or until the next one, and is not carried back: only who was still there could
 * answer, so that the time before an answer is time in which nobody can have left, and counting it as exposed (or as not) would be
 * immortal time (Suissa 2008, doi:10.1093/aje/kwm324). `counts: from_since` does so by name, for outcomes other than leaving. A day that
 * is known only to lie in a bracket (less than a year ago) is the latest one that it can be, unless the study says otherwise. What nobody
 * said is unknown. Weakness: a beginning between two answers shows from the second on, which makes arms more alike than they are. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/arms.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CARRY_DAYS 365 /* when not stated: 12 months */

enum { SAYS_NOTHING = -1, SAYS_NO = 0, SAYS_YES = 1 };
enum { RULE_LATEST, RULE_MIDPOINT, RULE_EARLIEST };

typedef struct asking {
    mlab_loading *l;
    mlab_arms *arms;
    int32_t arm;
    const mlab_setting *at, *since_at; /* in the study file */
    const mlab_column *question, *since;
    int *says;          /* [levels of the question] */
    double *low, *high; /* [levels of since] days before the answer; high INFINITY = open; NULL = not in brackets */
    double days;        /* of one unit of since, when it counts; 0 = it is a date; -1 = calendar years */
    int32_t carry;      /* days */
    int rule;
    bool from_since;  /* counts: from_since */
    bool none_before; /* before: none */
    uint64_t yes, no, nothing;
} asking;

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the answers that make arms");
}

static const mlab_setting *stated(const asking *a, const char *key)
{
    return mlab_settings_find(a->l->settings, a->at, key);
}

static const char *arm_name(const asking *a)
{
    return a->arms->arms[a->arm].name;
}

/* --- what the labels say ------------------------------------------------------------------------------ */

static int usual_answer(const char *text)
{
    static const char *const yes[] = {"yes", "y", "true", "1"}, *const no[] = {"no", "n", "false", "0", "none"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (mlab_equal_fold(text, yes[i])) return SAYS_YES;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (mlab_equal_fold(text, no[i])) return SAYS_NO;
    return SAYS_NOTHING;
}

static bool is_listed(const mlab_setting *list, const char *text)
{
    for (size_t i = 0; i < mlab_setting_size(list); i++)
        if (mlab_equal_fold(mlab_setting_text(mlab_setting_item(list, i)), text)) return true;
    return false;
}

static mlab_status read_labels(asking *a, mlab_error *err)
{
    const mlab_setting *is = stated(a, "is");
    mlab_status status = MLAB_OK;
    if (!(a->says = mlab_allocate(a->l->context, (size_t)a->question->n_levels, sizeof *a->says))) return no_memory(err);
    for (int32_t k = 0; k < a->question->n_levels && !status; k++) {
        const char *level = a->question->levels[k], *text = level;
        size_t n = strlen(text);
        char word[256], remedy[300];
        mlab_trim(&text, &n);
        snprintf(word, sizeof word, "%.*s", (int)(n < 255 ? n : 255), text);
        a->says[k] = is ? is_listed(is, word) : usual_answer(word);
        if (!is && a->says[k] != SAYS_NOTHING)
            mlab_text_print(&a->l->guesses, "%s: %s counts as %s the arm %s; to pin it: arms: {%s: {is: [...]}}\n", a->question->name, word,
                            a->says[k] == SAYS_YES ? "in" : "not in", arm_name(a), arm_name(a));
        if (is || a->says[k] != SAYS_NOTHING) continue;
        mlab_place place = mlab_setting_place(stated(a, "survey"));
        snprintf(remedy, sizeof remedy, "arms: {%.60s: {is: [\"%.60s\"]}}      (or surveys: {missing: [\"%.60s\"]})", arm_name(a), word, word);
        status = mlab_findings_add(a->l->findings, MLAB_SEVERITY_DECIDE, "unknown_answer", &place, word, remedy, err,
                                   "'%.80s' is neither a yes nor a no; say which answers mean the arm %.60s", word, arm_name(a));
    }
    return status;
}

/* [a, b] of a bracket: days before the answer; an end that is not there is open. */
static bool read_bracket(const mlab_setting *bracket, double unit, double *low, double *high)
{
    const char *first = mlab_setting_size(bracket) > 0 ? mlab_setting_text(mlab_setting_item(bracket, 0)) : "";
    const char *last = mlab_setting_size(bracket) > 1 ? mlab_setting_text(mlab_setting_item(bracket, 1)) : "";
    *low = 0;
    *high = HUGE_VAL;
    if (!mlab_number_parse(first, strlen(first), '.', low) || *low < 0) return false;
    if (*last && (!mlab_number_parse(last, strlen(last), '.', high) || *high < *low)) return false;
    *low *= unit;
    *high *= unit;
    return true;
}

static mlab_status read_brackets(asking *a, const mlab_setting *brackets, double unit, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t n = (size_t)a->since->n_levels;
    a->low = mlab_allocate(a->l->context, n, sizeof *a->low);
    a->high = mlab_allocate(a->l->context, n, sizeof *a->high);
    if (!a->low || !a->high) return no_memory(err);
    for (size_t k = 0; k < n && !status; k++) {
        const char *level = a->since->levels[k];
        const mlab_setting *bracket = NULL;
        char remedy[300];
        for (size_t i = 0; i < mlab_setting_size(brackets) && !bracket; i++) {
            const char *key = mlab_setting_key(brackets, i), *text = level;
            size_t length = strlen(text);
            mlab_trim(&text, &length);
            char word[256];
            snprintf(word, sizeof word, "%.*s", (int)(length < 255 ? length : 255), text);
            if (mlab_equal_fold(key, word)) bracket = mlab_setting_item(brackets, i);
        }
        if (bracket && read_bracket(bracket, unit, &a->low[k], &a->high[k])) continue;
        mlab_place place = mlab_setting_place(bracket ? bracket : brackets);
        snprintf(remedy, sizeof remedy, "since: {brackets: {\"%.100s\": [0, 12]}}", level);
        status = mlab_findings_add(a->l->findings, MLAB_SEVERITY_STOP, bracket ? "bad_bracket" : "no_bracket", &place, level, remedy, err,
                                   bracket ? "the bracket of '%.80s' is not two numbers from low to high" : "'%.80s' has no bracket of time", level);
    }
    return status;
}

static double unit_days(const char *unit)
{
    static const char *const names[] = {"days", "weeks", "months", "quarters", "years", "calendar_year"};
    static const double days[] = {1, 7, 30.4375, 91.3125, 365.25, -1};
    int k = mlab_choice_of(unit, names, 6);
    return k < 0 ? 30.4375 : days[k];
}

static mlab_status say_bad_since(const asking *a, mlab_error *err)
{
    mlab_place place = mlab_setting_place(a->since_at);
    return mlab_findings_add(a->l->findings, MLAB_SEVERITY_DECIDE, "since_unclear", &place, a->since->name, "since: {from: ..., unit: months}", err,
                             "\"%s\" holds no dates; say what it counts (unit: months, years, calendar_year) or give its brackets of time",
                             a->since->name);
}

/* What the column since holds: dates, brackets, durations or calendar years. */
static mlab_status read_since(asking *a, mlab_error *err)
{
    const mlab_setting *since = a->since_at, *unit = NULL, *brackets = NULL, *rule = NULL;
    static const char *const rules[] = {"latest", "midpoint", "earliest"};
    if (!since) return MLAB_OK;
    const char *name = mlab_setting_text(since);
    if (mlab_setting_kind_of(since) == MLAB_SETTING_MAP) {
        const mlab_setting *from = mlab_settings_find(a->l->settings, since, "from");
        name = from ? mlab_setting_text(from) : "";
        unit = mlab_settings_find(a->l->settings, since, "unit");
        brackets = mlab_settings_find(a->l->settings, since, "brackets");
        rule = mlab_settings_find(a->l->settings, since, "rule");
    }
    int which = rule ? mlab_choice_of(mlab_setting_text(rule), rules, 3) : RULE_LATEST;
    a->rule = which < 0 ? RULE_LATEST : which;
    a->since = mlab_table_find(a->l->data->surveys, name);
    if (!a->since) return MLAB_OK; /* a missing heading was a finding */
    double days = unit_days(unit ? mlab_setting_text(unit) : "months");
    if (brackets && a->since->type == MLAB_COLUMN_FACTOR) return read_brackets(a, brackets, days < 0 ? 30.4375 : days, err);
    bool number = a->since->type == MLAB_COLUMN_INTEGER || a->since->type == MLAB_COLUMN_REAL;
    bool empty = a->since->missing && !memchr(a->since->missing, 0, a->l->data->surveys->n_rows);
    if (number && unit) a->days = days;
    if ((number && unit) || a->since->type == MLAB_COLUMN_DATE) return MLAB_OK;
    if (!empty) return say_bad_since(a, err);
    a->since = NULL;
    return MLAB_OK;
}

/* --- one answer ---------------------------------------------------------------------------------------- */

/* The first and the last day on which the exposure can have begun; *low MLAB_DATE_MISSING = open. */
static void find_bounds(const asking *a, size_t row, int32_t day, int32_t *low, int32_t *high)
{
    *low = MLAB_DATE_MISSING;
    *high = day;
    if (!a->since || mlab_is_missing_at(a->since, row)) return;
    if (a->low) {
        int32_t level = a->since->as.integer[row];
        *high = day - (int32_t)lrint(fmin(a->low[level], 100000));
        if (a->high[level] < HUGE_VAL) *low = day - (int32_t)lrint(fmin(a->high[level], 100000));
    } else if (a->since->type == MLAB_COLUMN_DATE) {
        *low = *high = a->since->as.integer[row];
    } else {
        double value = a->since->type == MLAB_COLUMN_REAL ? a->since->as.real[row] : a->since->as.integer[row];
        if (a->days < 0) { /* some day of that year */
            *low = mlab_date_from_civil((int)fmin(fmax(value, 1), 9999), 1, 1);
            *high = mlab_date_from_civil((int)fmin(fmax(value, 1), 9999), 12, 31);
            if (*high > day && *low <= day) *high = day;
        } else {
            *low = *high = day - (int32_t)lrint(fmin(fmax(value * a->days, 0), 100000));
        }
    }
}

static mlab_status add(asking *a, uint32_t person, int32_t from, int32_t to, bool in, mlab_error *err)
{
    if (to != MLAB_DATE_MISSING && to < from) return MLAB_OK;
    mlab_status status = mlab_grow(a->l->context, &a->arms->items, a->arms->n_items, &a->arms->capacity, sizeof *a->arms->items, err);
    if (!status) a->arms->items[a->arms->n_items++] = (mlab_panel_exposure){person, a->arm, from, to, in, from};
    return status;
}

static mlab_status say_answer(const asking *a, size_t row, int32_t day, const char *kind, const char *sentence, mlab_error *err)
{
    char value[16];
    mlab_date_print(day, value, sizeof value);
    return mlab_loading_say(a->l, MLAB_SEVERITY_NOTE, kind, a->l->data->surveys, row, a->since ? a->since->name : a->question->name, value, NULL, err,
                            sentence);
}

/* What was said before, while the answers of one person are walked in time. */
typedef struct said {
    int what;
    int32_t day;
    bool any;
} said;

/* When the exposure of a yes began, by the rule, and the first day that is not known to be free of it; findings about what cannot be. */
static mlab_status find_beginning(const asking *a, size_t row, int32_t day, const said *before, int32_t *began, int32_t *open, mlab_error *err)
{
    int32_t low, high;
    mlab_status status = MLAB_OK;
    find_bounds(a, row, day, &low, &high);
    if (high > day) {
        status = say_answer(a, row, high, "since_after_answer", "a mentor since a day after the answer: counted from the day of the answer", err);
        high = day;
        if (low != MLAB_DATE_MISSING && low > day) low = day;
    }
    if (before->any && before->what == SAYS_NO) { /* on that day there was none */
        bool denied = high <= before->day;
        if (!status && denied)
            status = say_answer(a, row, high, "since_contradicts",
                                "a mentor since a day on which an earlier answer says no, or before it: since the day after that answer", err);
        if (denied) high = before->day + 1;
        if (low == MLAB_DATE_MISSING || low <= before->day) low = before->day + 1;
    }
    *began = high;
    if (low != MLAB_DATE_MISSING && a->rule == RULE_EARLIEST) *began = low;
    if (low != MLAB_DATE_MISSING && a->rule == RULE_MIDPOINT) *began = low + (high - low) / 2;
    *open = a->rule == RULE_LATEST && low != MLAB_DATE_MISSING ? low : *began;
    return status;
}

static mlab_status take_yes(asking *a, uint32_t person, size_t row, int32_t day, int32_t until, const said *before, mlab_error *err)
{
    int32_t began, open;
    mlab_status status = find_beginning(a, row, day, before, &began, &open, err);
    if (!a->from_since) open = day; /* nothing is known before the answer */
    if (!status && before->any && before->what == SAYS_NO) {
        int32_t carried = before->day + a->carry;
        status = add(a, person, before->day, carried < open - 1 ? carried : open - 1, false, err);
    } else if (!status && !before->any && a->none_before && a->since && !mlab_is_missing_at(a->since, row)) {
        status = add(a, person, a->l->hired[person], open - 1, false, err);
    }
    if (!status) status = add(a, person, a->from_since ? began : day, until, true, err);
    if (!status && a->arms->n_items && a->arms->items[a->arms->n_items - 1].in) a->arms->items[a->arms->n_items - 1].began = began;
    return status;
}

/* A no is put down when what comes next is known, since a later yes may reach back into the time that it is carried. */
static mlab_status end_no(asking *a, uint32_t person, const said *before, int32_t until, mlab_error *err)
{
    if (!before->any || before->what != SAYS_NO) return MLAB_OK;
    int32_t carried = before->day + a->carry;
    return add(a, person, before->day, carried < until ? carried : until, false, err);
}

static mlab_status take_answer(asking *a, uint32_t person, size_t row, int32_t day, int32_t next, said *before, mlab_error *err)
{
    int what = a->says[a->question->as.integer[row]];
    mlab_status status = MLAB_OK;
    if (what == SAYS_NOTHING) return MLAB_OK;
    a->yes += what == SAYS_YES;
    a->no += what == SAYS_NO;
    if (what == SAYS_YES) {
        int32_t until = next != MLAB_DATE_MISSING && next - 1 < day + a->carry ? next - 1 : day + a->carry;
        status = take_yes(a, person, row, day, until, before, err);
    } else if (before->any) {
        status = end_no(a, person, before, day - 1, err);
    } else if (a->none_before) {
        status = add(a, person, a->l->hired[person], day - 1, false, err);
    }
    *before = (said){what, day, true};
    return status;
}

/* The day of the person's next answer that says the opposite; MLAB_DATE_MISSING = none. */
static int32_t next_other(const asking *a, size_t i)
{
    const mlab_loading *l = a->l;
    int now = a->says[a->question->as.integer[l->answer_row[i]]];
    for (size_t k = i + 1; k < l->n_answers && l->answer_person[k] == l->answer_person[i]; k++) {
        if (mlab_is_missing_at(a->question, l->answer_row[k])) continue;
        int says = a->says[a->question->as.integer[l->answer_row[k]]];
        if (says != SAYS_NOTHING && says != now) return l->answer_date[k];
    }
    return MLAB_DATE_MISSING;
}

/* Is there another answer of the person on the same day, further down? The later row counts. */
static bool is_replaced(const asking *a, size_t i)
{
    const mlab_loading *l = a->l;
    for (size_t k = i + 1; k < l->n_answers && l->answer_person[k] == l->answer_person[i] && l->answer_date[k] == l->answer_date[i]; k++)
        if (!mlab_is_missing_at(a->question, l->answer_row[k])) return true;
    return false;
}

static mlab_status walk_answers(asking *a, mlab_error *err)
{
    mlab_loading *l = a->l;
    mlab_status status = MLAB_OK;
    said before = {0};
    for (size_t i = 0; i < l->n_answers && !status; i++) {
        if (i && l->answer_person[i] != l->answer_person[i - 1]) {
            status = end_no(a, l->answer_person[i - 1], &before, INT32_MAX, err);
            before = (said){0};
        }
        a->nothing += mlab_is_missing_at(a->question, l->answer_row[i]);
        if (status || mlab_is_missing_at(a->question, l->answer_row[i]) || is_replaced(a, i)) continue;
        status = take_answer(a, l->answer_person[i], l->answer_row[i], l->answer_date[i], next_other(a, i), &before, err);
    }
    return status || !l->n_answers ? status : end_no(a, l->answer_person[l->n_answers - 1], &before, INT32_MAX, err);
}

/* --- all ------------------------------------------------------------------------------------------------ */

static int32_t carry_of(const asking *a)
{
    static const mlab_option row = {.key = "arms.*.carry", .type = MLAB_OPTION_DURATION, .high = HUGE_VAL, .unit = "", .help = ""};
    const mlab_setting *at = stated(a, "carry");
    double days = CARRY_DAYS;
    if (at && mlab_option_read(&row, mlab_setting_text(at), &days, NULL)) days = CARRY_DAYS; /* a bad value was a finding of the walk */
    return (int32_t)lrint(fmin(fmax(days, 0), 100000));
}

static mlab_status say_no_answers(const asking *a, mlab_error *err)
{
    mlab_place place = mlab_setting_place(stated(a, "survey"));
    bool anonymous = a->l->data->survey && a->l->data->survey->anonymous;
    return mlab_findings_add(a->l->findings, MLAB_SEVERITY_STOP, "arm_without_answers", &place, NULL,
                             anonymous ? "surveys: {person: <column>}" : "data: {surveys: {file: survey.csv}}", err,
                             anonymous ? "the arm %s is asked for in a survey whose answers no key links to people"
                                       : "the arm %s is asked for in a survey, and no file holds answers",
                             arm_name(a));
}

static mlab_status say_counts(const asking *a, mlab_error *err)
{
    mlab_place place = mlab_setting_place(stated(a, "survey"));
    mlab_status status =
        mlab_findings_add(a->l->findings, MLAB_SEVERITY_NOTE, "arm_from_answers", &place, NULL, NULL, err,
                          "%s: %llu answers say yes, %llu no, %llu nothing; a yes counts from %s on, a no from its own day, and both are carried %d "
                          "days",
                          arm_name(a), (unsigned long long)a->yes, (unsigned long long)a->no, (unsigned long long)a->nothing,
                          a->from_since ? "the day that it tells of (from_since)" : "the day of the answer (from_answer)", (int)a->carry);
    mlab_text_print(&a->l->caveats, "%s is what people answered; it counts from %s\n", arm_name(a),
                    a->from_since ? "the day that the answer tells of (from_since), so that time in which nobody can have left counts as mentored."
                                  : "the day of the answer (from_answer): a beginning between two answers shows from the second one on.");
    if (status || !a->from_since) return status;
    a->l->data->before_answer |= UINT64_C(1) << (a->arm + 1);
    place = mlab_setting_place(stated(a, "counts"));
    return mlab_findings_add(a->l->findings, MLAB_SEVERITY_NOTE, "counted_before_answer", &place, NULL, "counts: from_answer", err,
                             "%s counts from before the answer: only who was still there could answer, so that nobody can have left in that time "
                             "(immortal time); do not compare retention with it",
                             arm_name(a));
}

mlab_status mlab_arms_ask(mlab_loading *l, mlab_arms *arms, size_t which, mlab_error *err)
{
    asking a = {.l = l, .arms = arms, .arm = (int32_t)which, .at = arms->at[which]};
    const char *name = mlab_setting_text(stated(&a, "survey"));
    const mlab_setting *before = stated(&a, "before"), *counts = stated(&a, "counts");
    mlab_status status = MLAB_OK;
    a.since_at = stated(&a, "since");
    a.from_since = counts && !strcmp(mlab_setting_text(counts), "from_since");
    a.none_before = a.from_since && before && !strcmp(mlab_setting_text(before), "none");
    a.carry = carry_of(&a);
    arms->asked[which] = 1;
    arms->exposures.asked = arms->asked;
    a.question = l->data->surveys ? mlab_table_find(l->data->surveys, name) : NULL;
    if (!l->data->surveys || (l->data->survey && l->data->survey->anonymous)) return say_no_answers(&a, err);
    if (!a.question || a.question->type != MLAB_COLUMN_FACTOR || !l->hired) return MLAB_OK; /* found already */
    status = read_labels(&a, err);
    if (!status) status = read_since(&a, err);
    if (!status) status = walk_answers(&a, err);
    if (!status) status = say_counts(&a, err);
    mlab_release(l->context, a.says);
    mlab_release(l->context, a.low);
    mlab_release(l->context, a.high);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which changes in a job history are promotions, by the study's rule and reasons, and on which day an exit is the last day. A regrading
 * of many on one day looks like promotions; it is found by its number. Rules: docs/history.md. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/expression.h"
#include "data/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the promotions of a job history");
}

/* --- the last day -------------------------------------------------------------------------------------- */

/* Exits whose day is the last day of the people file, or the day after it. */
static void count_by_people(const mlab_loading *l, size_t *same, size_t *after)
{
    *same = *after = 0;
    for (size_t k = 0; k < l->n_days; k++) {
        int32_t left = l->left[l->days[k].person];
        if (!l->days[k].exits || left == MLAB_DATE_MISSING) continue;
        *same += l->days[k].date == left;
        *after += l->days[k].date == left + 1;
    }
}

/* Exits on the first and on the last day of a month. */
static void count_by_month(const mlab_loading *l, size_t *first, size_t *last, size_t *all)
{
    *first = *last = *all = 0;
    for (size_t k = 0; k < l->n_days; k++) {
        int y, m, d;
        if (!l->days[k].exits) continue;
        mlab_date_to_civil(l->days[k].date, &y, &m, &d);
        *first += d == 1;
        mlab_date_to_civil(l->days[k].date + 1, &y, &m, &d);
        *last += d == 1;
        (*all)++;
    }
}

mlab_status mlab_history_last_days(mlab_loading *l, mlab_error *err)
{
    const char *stated = mlab_loading_text(l, "data.history", "exit_day", NULL), *why = "the usual reading";
    size_t same, after, first, last, all;
    bool gone = stated && !strcmp(stated, "first_day_gone");
    (void)err;
    count_by_people(l, &same, &after);
    count_by_month(l, &first, &last, &all);
    if (!stated && same + after > 0) {
        gone = after > same;
        why = "as in the people file";
    } else if (!stated && first * 2 > all && first > last) {
        gone = true;
        why = "as most of them are the first of a month";
    }
    for (size_t k = 0; k < l->n_days; k++)
        if (l->days[k].exits) l->days[k].last = l->days[k].date - gone;
    if (!stated && all)
        mlab_text_print(&l->guesses, "%s: the day of an exit is %s, %s; to pin it: history: {exit_day: %s}\n", l->job->file,
                        gone ? "the first day gone" : "the last day there", why, gone ? "first_day_gone" : "last_day");
    return MLAB_OK;
}

/* --- changes as a table ---------------------------------------------------------------------------------- */

typedef struct change {
    size_t day, before; /* of l->days; the one before in the same stay */
} change;

typedef struct judging {
    mlab_loading *l;
    change *changes; /* [n] */
    size_t n;
    mlab_table *table; /* states, previous_<state>, and previous = that of the grade; one row a change */
    mlab_expression *when;
    uint8_t *promotes; /* [n] */
    mlab_error *err;
} judging;

/* The stay that covers the day. */
static const mlab_panel_spell *stay_of(const mlab_loading *l, uint32_t person, int32_t date, size_t *at)
{
    while (*at < l->n_spells && (l->spells[*at].person < person ||
                                 (l->spells[*at].person == person && l->spells[*at].to != MLAB_DATE_MISSING && l->spells[*at].to < date)))
        (*at)++;
    if (*at == l->n_spells || l->spells[*at].person != person || l->spells[*at].from > date) return NULL;
    return &l->spells[*at];
}

/* A change on the last day there still is one: it happens in the evening of that day, as the exit does, and a promotion comes first. On the
 * first day gone, and in the row of the exit itself, nothing changes any more. */
static bool has_state(const mlab_job_day *day)
{
    return !day->exits || (day->last == day->date && day->state != UINT32_MAX);
}

static uint32_t row_of(const mlab_job_day *day)
{
    return day->exits ? day->state : day->row;
}

/* Days of a stay, each with the one before; a first day that is later than the stay's beginning has none before. */
static mlab_status find_changes(judging *j)
{
    mlab_loading *l = j->l;
    const mlab_panel_spell *before = NULL;
    size_t at = 0, last = SIZE_MAX;
    if (!(j->changes = mlab_allocate(l->context, l->n_days, sizeof *j->changes))) return no_memory(j->err);
    for (size_t k = 0; k < l->n_days; k++) {
        const mlab_panel_spell *stay = stay_of(l, l->days[k].person, l->days[k].date, &at);
        if (!stay || !has_state(&l->days[k])) continue;
        j->changes[j->n++] = (change){k, stay == before ? last : SIZE_MAX};
        before = stay;
        last = k;
    }
    return MLAB_OK;
}

static mlab_status add_state(judging *j, const mlab_column *from, const char *name, bool previous)
{
    mlab_loading *l = j->l;
    mlab_column *made;
    bool grade = !strcmp(from->name, "grade") && l->n_grades && !l->grade_is_number; /* a scale: by its order */
    mlab_column_type type = grade ? MLAB_COLUMN_FACTOR : from->type;
    const char *const *levels = grade ? (const char *const *)l->grades : (const char *const *)from->levels;
    mlab_status status = mlab_table_add(j->table, name, type, levels,
                                        type != MLAB_COLUMN_FACTOR ? 0
                                        : grade                    ? l->n_grades
                                                                   : from->n_levels,
                                        &made, j->err);
    if (status) return status;
    made->ordered = grade || from->ordered;
    for (size_t i = 0; i < j->n && !status; i++) {
        size_t day = previous ? j->changes[i].before : j->changes[i].day;
        uint32_t row = day == SIZE_MAX ? 0 : row_of(&l->days[day]);
        int32_t code = grade && day != SIZE_MAX ? mlab_grade_code(l, from, row) : 0;
        if (day == SIZE_MAX || mlab_is_missing_at(from, row) || code < 0)
            status = mlab_column_set_missing(j->table, made, i, j->err);
        else if (grade)
            made->as.integer[i] = code;
        else if (type == MLAB_COLUMN_REAL)
            made->as.real[i] = from->as.real[row];
        else if (type == MLAB_COLUMN_TEXT)
            status = mlab_column_set_text(j->table, made, i, mlab_column_text(from, row), strlen(mlab_column_text(from, row)), j->err);
        else
            made->as.integer[i] = from->as.integer[row];
    }
    return status;
}

static mlab_status make_table(judging *j)
{
    mlab_loading *l = j->l;
    mlab_status status = mlab_table_make(l->context, j->n, &j->table, j->err);
    for (size_t s = 0; s < l->n_states && !status; s++) {
        char name[200];
        const mlab_column *from = mlab_table_find(l->job, l->states[s]);
        if (!from) continue;
        snprintf(name, sizeof name, "previous_%.150s", from->name);
        status = add_state(j, from, from->name, false);
        if (!status) status = add_state(j, from, name, true);
        if (!status && !strcmp(from->name, "grade")) status = add_state(j, from, "previous", true);
    }
    return status;
}

static mlab_status compile_rule(judging *j)
{
    mlab_loading *l = j->l;
    const mlab_setting *stated = mlab_settings_find(l->settings, NULL, "events.promotion.when");
    mlab_place place = stated ? mlab_setting_place(stated) : mlab_place_text(mlab_settings_file(l->settings), 0, 0);
    mlab_error why = {0};
    if (!stated && !l->n_grades) return MLAB_OK;
    if (!stated) mlab_text_append(&l->guesses, "a promotion is a rise in grade; to pin it: events: {promotion: {when: \"grade > previous\"}}\n");
    mlab_status status = make_table(j);
    if (status) return status;
    status = mlab_expression_compile(l->context, stated ? mlab_setting_text(stated) : "grade > previous", &place, j->table, MLAB_EXPRESSION_CONDITION,
                                     &j->when, &why);
    if (status == MLAB_ERR_MEMORY && j->err) *j->err = why;
    if (!status || status == MLAB_ERR_MEMORY) return status;
    return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "bad_condition", why.place.line ? &why.place : &place, NULL,
                             "events: {promotion: {when: \"grade > previous\"}}", j->err, "%s", why.sentence);
}

/* --- many at once ---------------------------------------------------------------------------------------- */

typedef struct at_once {
    enum { AT_ONCE_WARN, AT_ONCE_DROP, AT_ONCE_KEEP } what;
    double share;
} at_once;

static mlab_status read_at_once(const judging *j, at_once *rule)
{
    const mlab_setting *at = mlab_settings_find(j->l->settings, NULL, "events.promotion.at_once");
    const char *text = at ? mlab_setting_text(at) : "warn 5%";
    size_t n = strlen(text);
    *rule = (at_once){AT_ONCE_KEEP, 1};
    if (!strcmp(text, "keep")) return MLAB_OK;
    bool good = n > 6 && text[n - 1] == '%' && text[4] == ' ' && (!strncmp(text, "warn", 4) || !strncmp(text, "drop", 4)) &&
                mlab_number_parse(text + 5, n - 6, '.', &rule->share) && rule->share > 0 && rule->share <= 100;
    rule->what = text[0] == 'd' ? AT_ONCE_DROP : AT_ONCE_WARN;
    rule->share /= 100;
    if (good) return MLAB_OK;
    rule->what = AT_ONCE_KEEP;
    mlab_place place = mlab_setting_place(at);
    return mlab_findings_add(j->l->findings, MLAB_SEVERITY_STOP, "bad_value", &place, text, NULL, j->err,
                             "events.promotion.at_once is '%s', allowed 'warn 5%%', 'drop 5%%' (any share) and 'keep'", text);
}

static size_t there_on(const mlab_loading *l, int32_t day)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n_spells; i++) n += l->spells[i].from <= day && (l->spells[i].to == MLAB_DATE_MISSING || l->spells[i].to >= day);
    return n;
}

static int by_date(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static mlab_status say_day(judging *j, const at_once *rule, int32_t date, size_t n, size_t there)
{
    char day[16], share[64], sentence[300];
    mlab_status status = MLAB_OK;
    bool stated = mlab_settings_find(j->l->settings, NULL, "events.promotion.at_once") != NULL, drop = rule->what == AT_ONCE_DROP;
    mlab_date_print(date, day, sizeof day);
    mlab_number_for_people(100.0 * (double)n / (double)there, 0, share, sizeof share);
    snprintf(sentence, sizeof sentence, "%zu promotions on %s, %s %% of the people there: %s", n, day, share,
             drop ? "left out as a regrading, as the study says" : "a regrading, or a yearly round?");
    for (size_t i = 0; i < j->n && !status; i++) {
        const mlab_job_day *d = &j->l->days[j->changes[i].day];
        if (!j->promotes[i] || d->date != date) continue;
        if (drop) j->promotes[i] = 0;
        status = mlab_loading_say(j->l, stated ? MLAB_SEVERITY_NOTE : MLAB_SEVERITY_DECIDE, "many_at_once", j->l->job, row_of(d), "from", day,
                                  stated ? NULL : "events: {promotion: {at_once: keep}}      (or drop 5%, or not_reason: [...])", j->err, sentence);
    }
    return status;
}

/* At least twenty on one day, and at least the share of those there. */
static mlab_status find_many(judging *j)
{
    at_once rule;
    size_t n = 0;
    mlab_status status = read_at_once(j, &rule);
    if (status || rule.what == AT_ONCE_KEEP) return status;
    int32_t *dates = mlab_allocate(j->l->context, j->n, sizeof *dates);
    if (!dates) return no_memory(j->err);
    for (size_t i = 0; i < j->n; i++)
        if (j->promotes[i]) dates[n++] = j->l->days[j->changes[i].day].date;
    qsort(dates, n, sizeof *dates, by_date);
    for (size_t i = 0, next; i < n && !status; i = next) {
        for (next = i + 1; next < n && dates[next] == dates[i];) next++;
        if (next - i < 20) continue;
        size_t there = there_on(j->l, dates[i]);
        if ((double)(next - i) >= rule.share * (double)there) status = say_day(j, &rule, dates[i], next - i, there);
    }
    mlab_release(j->l->context, dates);
    return status;
}

/* --- all ------------------------------------------------------------------------------------------------- */

static bool is_away(const mlab_loading *l, uint32_t person, int32_t date)
{
    size_t low = 0, high = l->n_leaves;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->leaves[middle].person < person || (l->leaves[middle].person == person && l->leaves[middle].to < date))
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->n_leaves && l->leaves[low].person == person && l->leaves[low].from <= date;
}

static mlab_status judge(judging *j)
{
    const mlab_loading *l = j->l;
    if (!(j->promotes = mlab_allocate(l->context, j->n, 1))) return no_memory(j->err);
    for (size_t i = 0; i < j->n; i++) {
        const mlab_job_day *day = &l->days[j->changes[i].day];
        if (j->changes[i].before == SIZE_MAX && !day->promotes) continue;
        bool rule = j->when && mlab_expression_test(j->when, i) == MLAB_ANSWER_YES;
        j->promotes[i] = day->promotes || (rule && !day->promotes_not);
    }
    return find_many(j);
}

/* A change of grade is told to the panel even when it is no promotion: it sets the grade. */
static mlab_status emit(judging *j)
{
    mlab_loading *l = j->l;
    const mlab_column *grade = l->n_grades ? mlab_table_find(l->job, "grade") : NULL;
    size_t on_leave = 0;
    if (!(l->promotions = mlab_allocate(l->context, j->n + 1, sizeof *l->promotions))) return no_memory(j->err);
    for (size_t i = 0; i < j->n; i++) {
        const mlab_job_day *day = &l->days[j->changes[i].day];
        size_t before = j->changes[i].before;
        int32_t now = grade ? mlab_grade_code(l, grade, row_of(day)) : -1,
                was = grade && before != SIZE_MAX ? mlab_grade_code(l, grade, row_of(&l->days[before])) : -2;
        bool away = j->promotes[i] && is_away(l, day->person, day->date), counts = j->promotes[i] && !away;
        on_leave += away;
        if (!counts && now == was) continue;
        l->promotions[l->n_promotions++] = (mlab_panel_promotion){.person = day->person,
                                                                  .date = day->date,
                                                                  .to = now < 0 ? MLAB_GRADE_UNKNOWN : now,
                                                                  .line = l->job->lines ? l->job->lines[row_of(day)] : 0,
                                                                  .counting = counts ? MLAB_COUNTS_ALWAYS : MLAB_COUNTS_NEVER};
        if (counts) mlab_loading_seen(l, day->date);
    }
    if (!on_leave) return MLAB_OK;
    mlab_place place = mlab_place_cell(l->job->file, 0, 0, NULL);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "promoted_on_leave", &place, NULL, NULL, j->err,
                             "promotions on days of leave, which are not at risk, set the grade and are not counted as events: %zu", on_leave);
}

mlab_status mlab_job_promotions(mlab_loading *l, mlab_error *err)
{
    judging j = {.l = l, .err = err};
    bool stated = mlab_settings_find(l->settings, NULL, "events.promotion") != NULL;
    if (mlab_settings_find(l->settings, NULL, "data.promotions")) {
        if (!stated) return MLAB_OK; /* the file says which they are */
        mlab_place place = mlab_setting_place(mlab_settings_find(l->settings, NULL, "events.promotion"));
        return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "two_promotions", &place, NULL, NULL, err,
                                 "promotions come from a file and by a rule; take one of the two out");
    }
    if (!stated && !l->n_grades) return MLAB_OK;
    mlab_status status = find_changes(&j);
    if (!status) status = compile_rule(&j);
    if (!status) status = judge(&j);
    if (!status) status = emit(&j);
    mlab_expression_free(j.when);
    mlab_table_free(j.table);
    mlab_release(l->context, j.changes);
    mlab_release(l->context, j.promotes);
    return status;
}

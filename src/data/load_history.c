/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job history: rows that hold from a day on, with the reason of the change. The rows of a person and day become one day, on which the
 * last row counts for the state and all reasons count for what happened. Rules: docs/history.md. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the job history");
}

bool mlab_has_job(const mlab_settings *settings)
{
    return mlab_settings_find(settings, NULL, "data.history") || mlab_settings_find(settings, NULL, "data.snapshots");
}

/* --- reading ----------------------------------------------------------------------------------------- */

mlab_status mlab_job_states(mlab_loading *l, const char *block, mlab_specs *specs, mlab_error *err)
{
    const mlab_setting *list = mlab_loading_at(l, block, "state"), *scale = mlab_loading_at(l, "data.people", "grade.scale");
    mlab_status status = MLAB_OK;
    for (size_t i = 0; list && i < mlab_setting_size(list) && !status; i++) {
        const mlab_setting *item = mlab_setting_item(list, i);
        mlab_column_spec *spec;
        status = mlab_loading_column(l, block, mlab_setting_text(item), mlab_setting_text(item), MLAB_READ_FOUND, false, specs, &spec, err);
        if (!status && !spec->place.file[0]) spec->place = mlab_setting_place(item);
    }
    mlab_column_spec *grade, *hired;
    if (!status) status = mlab_loading_column(l, block, "hired", "hired", MLAB_READ_DATE, true, specs, &hired, err);
    if (status || !scale) return status;
    status = mlab_loading_column(l, block, "grade", "grade", MLAB_READ_FOUND, true, specs, &grade, err);
    if (status || grade->levels) return status;
    grade->type = MLAB_READ_FACTOR;
    grade->levels = scale;
    grade->ordered = true;
    return MLAB_OK;
}

static bool is_own(const char *name)
{
    static const char *const own[] = {"person", "from", "to", "order", "reason", "date", "hired", "job"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!strcmp(name, own[i])) return true;
    return false;
}

mlab_status mlab_job_name_states(mlab_loading *l, const char *block, mlab_error *err)
{
    bool stated = mlab_loading_at(l, block, "state") != NULL;
    const mlab_setting *list = mlab_loading_at(l, block, "state");
    if (!(l->states = mlab_allocate(l->context, l->job->n_columns + 1, sizeof *l->states))) return no_memory(err);
    for (size_t c = 0; c < l->job->n_columns; c++) {
        const char *name = l->job->columns[c].name;
        if (is_own(name) || (stated && !mlab_setting_holds(list, name))) continue;
        l->states[l->n_states++] = name;
        if (!stated) mlab_text_print(&l->guesses, "%s%s", l->n_states == 1 ? "states that change in time: " : ", ", name);
    }
    if (!stated && l->n_states) mlab_text_print(&l->guesses, "; to pin it: %s: {state: [...]}\n", block + 5);
    return MLAB_OK;
}

mlab_status mlab_job_rewrite(mlab_loading *l, mlab_table *table, const mlab_specs *specs, mlab_error *err)
{
    mlab_id_rule rule;
    mlab_status status = mlab_loading_id_rule(l, "data.people", &rule, err);
    for (size_t i = 0; table && i < specs->n && !status; i++)
        if (specs->items[i].type == MLAB_READ_ID && strcmp(specs->items[i].name, "person"))
            status = mlab_ids_rewrite(table, specs->items[i].name, &rule, l->findings, err);
    mlab_pattern_free(rule.take);
    return status;
}

static mlab_status read_history(mlab_loading *l, mlab_error *err)
{
    const char *block = "data.history";
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *spec;
    mlab_status status = mlab_loading_columns(l, block, &specs, err);
    if (!status) status = mlab_loading_column(l, block, "person", mlab_loading_id_heading(l, block), MLAB_READ_ID, false, &specs, &spec, err);
    if (!status) status = mlab_loading_column(l, block, "from", "from", MLAB_READ_DATE, false, &specs, &spec, err);
    if (!status) spec->filled = true;
    if (!status) status = mlab_loading_column(l, block, "to", "to", MLAB_READ_DATE, true, &specs, &spec, err);
    if (!status) spec->open_end = true;
    if (!status) status = mlab_loading_column(l, block, "order", "order", MLAB_READ_NUMBER, true, &specs, &spec, err);
    if (!status) status = mlab_loading_column(l, block, "reason", "reason", MLAB_READ_FACTOR, true, &specs, &spec, err);
    if (!status && mlab_loading_at(l, block, "job")) status = mlab_loading_column(l, block, "job", "job", MLAB_READ_TEXT, false, &specs, &spec, err);
    if (!status) status = mlab_job_states(l, block, &specs, err);
    if (!status) status = mlab_loading_file(l, block, &specs, &reading, err);
    if (!status) status = mlab_job_rewrite(l, reading.table, &specs, err);
    l->job = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status || !l->job ? status : mlab_job_name_states(l, block, err);
}

mlab_status mlab_read_job(mlab_loading *l, mlab_error *err)
{
    const mlab_setting *history = mlab_settings_find(l->settings, NULL, "data.history");
    const mlab_setting *snapshots = mlab_settings_find(l->settings, NULL, "data.snapshots");
    if (!history && !snapshots) return MLAB_OK;
    if (history && snapshots) {
        mlab_place place = mlab_setting_place(snapshots);
        return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "two_histories", &place, NULL, NULL, err,
                                 "a job history and snapshots are given; people's states come from one of them");
    }
    return history ? read_history(l, err) : mlab_read_snapshots(l, err);
}

/* --- what reasons mean --------------------------------------------------------------------------------- */

/* What a label of the column of reasons says. */
typedef struct meaning {
    int32_t cause; /* MLAB_CAUSE_STAYS = no exit */
    bool hires, leave_begins, leave_ends, promotes, promotes_not, listed;
} meaning;

static bool sounds_like(const char *reason, const char *part)
{
    char lower[200];
    size_t n = 0;
    for (; reason[n] && n + 1 < sizeof lower; n++) lower[n] = reason[n] >= 'A' && reason[n] <= 'Z' ? (char)(reason[n] - 'A' + 'a') : reason[n];
    lower[n] = '\0';
    return strstr(lower, part) != NULL;
}

static bool sounds_like_hire(const char *reason)
{
    static const char *const parts[] = {"hire", "eintritt", "einstellung", "embauche", "contrataci"};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        if (sounds_like(reason, parts[k])) return true;
    return false;
}

static meaning meaning_of(const mlab_loading *l, const mlab_setting *exits, const char *reason)
{
    const mlab_settings *s = l->settings;
    const mlab_setting *hire = mlab_settings_find(s, NULL, "events.hire");
    meaning m = {.cause = exits ? mlab_exit_cause(l, exits, reason) : MLAB_CAUSE_STAYS};
    bool other = mlab_setting_holds(mlab_settings_find(s, NULL, "events.other"), reason);
    m.hires = hire ? mlab_setting_holds(hire, reason) : !other && sounds_like_hire(reason);
    m.leave_begins = mlab_setting_holds(mlab_settings_find(s, NULL, "events.leave.begins"), reason);
    m.leave_ends = mlab_setting_holds(mlab_settings_find(s, NULL, "events.leave.ends"), reason);
    m.promotes = mlab_setting_holds(mlab_settings_find(s, NULL, "events.promotion.or_reason"), reason);
    m.promotes_not = mlab_setting_holds(mlab_settings_find(s, NULL, "events.promotion.not_reason"), reason);
    m.listed = m.cause != MLAB_CAUSE_STAYS || m.hires || m.leave_begins || m.leave_ends || m.promotes || m.promotes_not || other;
    return m;
}

/* What an unlisted reason sounds like, and the line that would list it; true = it has to be decided. */
static bool propose(const mlab_loading *l, const char *reason, char *what, size_t size, char *remedy, size_t remedy_size)
{
    bool regrading = sounds_like(reason, "reclass") || sounds_like(reason, "regrad");
    if (*mlab_exit_sounds_like(reason)) {
        snprintf(what, size, "it sounds like an exit");
        mlab_exit_remedy(reason, remedy, remedy_size);
        return true;
    }
    if (sounds_like(reason, "promot") || sounds_like(reason, "beförder") || sounds_like(reason, "befoerder") || regrading) {
        snprintf(what, size, "its rows are promotions where %s",
                 l->n_grades || mlab_table_find(l->job, "grade") ? "the grade rises" : "a rule says so");
        snprintf(remedy, remedy_size, "events: {promotion: {%s: [..., \"%.80s\"]}}", regrading ? "not_reason" : "or_reason", reason);
        return false;
    }
    snprintf(what, size, "its rows change states and nothing else");
    snprintf(remedy, remedy_size, "events: {other: [..., \"%.80s\"]}", reason);
    return false;
}

enum { MOST_REASONS = 30 }; /* unlisted ones that are told one by one */

/* Every reason that the study does not name, with its count. */
static mlab_status say_unlisted(const mlab_loading *l, const mlab_column *reasons, const meaning *meanings, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    int32_t unlisted = 0;
    for (int32_t k = 0; k < reasons->n_levels; k++) unlisted += !meanings[k].listed;
    for (size_t i = 0; i < l->job->n_rows && !status; i++) {
        char sentence[300], remedy[300], what[120];
        if (mlab_is_missing_at(reasons, i) || meanings[reasons->as.integer[i]].listed) continue;
        const char *reason = reasons->levels[reasons->as.integer[i]];
        bool decide = propose(l, reason, what, sizeof what, remedy, sizeof remedy);
        if (unlisted > MOST_REASONS && !decide) {
            snprintf(sentence, sizeof sentence, "%d reasons are not listed; their rows change states and nothing else", (int)unlisted);
            remedy[0] = '\0';
        } else {
            snprintf(sentence, sizeof sentence, "the reason '%.100s' is not listed; %s", reason, what);
        }
        status = mlab_loading_say(l, decide ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE, decide ? "exit_not_listed" : "reason_not_listed", l->job, i,
                                  "reason", reason, remedy, err, sentence);
    }
    return status;
}

enum { FEW_ROWS = 5, RECENT_DAYS = 366 };

/* A reason that is not listed and behind which nobody has a row, for longer than a year: in whatever language, it may be an exit. */
static mlab_status say_last(const mlab_loading *l, const mlab_job_row *rows, size_t n, const mlab_column *reasons, const meaning *meanings,
                            mlab_error *err)
{
    const int32_t levels = reasons ? reasons->n_levels : 0;
    mlab_status status = MLAB_OK;
    int32_t last = INT32_MIN;
    int32_t *count = mlab_allocate(l->context, (size_t)levels, 2 * sizeof *count), *first = count ? count + levels : NULL;
    if (!count) return no_memory(err);
    for (size_t i = 0; i < n; i++) last = rows[i].date > last ? rows[i].date : last;
    for (size_t i = 0; levels && i < n; i++) {
        if (mlab_is_missing_at(reasons, rows[i].row)) continue;
        const int32_t k = reasons->as.integer[rows[i].row];
        bool ends = (i + 1 == n || rows[i + 1].person != rows[i].person) && i > 0 && rows[i - 1].person == rows[i].person;
        if (meanings[k].listed || !ends || *mlab_exit_sounds_like(reasons->levels[k])) count[k] = -1;
        if (count[k] < 0) continue;
        if (!count[k] || rows[i].date < first[k]) first[k] = rows[i].date;
        count[k]++;
    }
    for (int32_t k = 0; k < levels && !status; k++) {
        char remedy[300];
        mlab_place place = mlab_place_cell(l->job->file, 0, 0, "reason");
        if (count[k] < FEW_ROWS || last - first[k] <= RECENT_DAYS) continue;
        snprintf(remedy, sizeof remedy, "events: {exit: {voluntary: [..., \"%.80s\"]}}      (or another cause; or other: [..., \"%.80s\"])",
                 reasons->levels[k], reasons->levels[k]);
        status = mlab_findings_add(l->findings, MLAB_SEVERITY_DECIDE, "reason_ends_rows", &place, reasons->levels[k], remedy, err,
                                   "the reason '%.100s' is not listed, and each of its %d rows is the last one of somebody; is it an exit?",
                                   reasons->levels[k], (int)count[k]);
    }
    mlab_release(l->context, count);
    return status;
}

static mlab_status find_meanings(mlab_loading *l, const mlab_column *reasons, meaning **meanings, mlab_error *err)
{
    const mlab_setting *exits = mlab_settings_find(l->settings, NULL, "events.exit");
    if (exits && mlab_setting_kind_of(exits) != MLAB_SETTING_MAP) exits = NULL;
    *meanings = NULL;
    l->exits_known = exits && reasons && !mlab_table_find(l->data->people, "left"); /* none may have happened */
    if (!reasons) return MLAB_OK;
    if (!(*meanings = mlab_allocate(l->context, (size_t)reasons->n_levels, sizeof **meanings))) return no_memory(err);
    for (int32_t k = 0; k < reasons->n_levels; k++) {
        (*meanings)[k] = meaning_of(l, exits, reasons->levels[k]);
        l->exits_known |= (*meanings)[k].cause != MLAB_CAUSE_STAYS;
        l->hires_known |= (*meanings)[k].hires;
    }
    if (l->hires_known && !mlab_settings_find(l->settings, NULL, "events.hire")) {
        mlab_text_append(&l->guesses, "who comes, and comes back, by the reasons ");
        bool any = false;
        for (int32_t k = 0; k < reasons->n_levels; k++) {
            if (!(*meanings)[k].hires) continue;
            mlab_text_print(&l->guesses, "%s'%s'", any ? ", " : "", reasons->levels[k]);
            any = true;
        }
        mlab_text_append(&l->guesses, "; to pin it: events: {hire: [...]}\n");
    }
    return say_unlisted(l, reasons, *meanings, err);
}

/* --- days ---------------------------------------------------------------------------------------------- */

int mlab_job_row_order(const void *a, const void *b)
{
    const mlab_job_row *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->date != y->date) return x->date < y->date ? -1 : 1;
    if (x->order < y->order || x->order > y->order) return x->order < y->order ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

int32_t mlab_job_date(const mlab_column *column, size_t row)
{
    return column && column->type == MLAB_COLUMN_DATE && !mlab_is_missing_at(column, row) ? column->as.integer[row] : MLAB_DATE_MISSING;
}

static mlab_status take_rows(mlab_loading *l, const uint32_t *rank, const mlab_column *reasons, const meaning *meanings, mlab_job_row **rows,
                             size_t *n, mlab_error *err)
{
    const mlab_column *from = mlab_table_find(l->job, "from"), *order = mlab_table_find(l->job, "order");
    int32_t as_of = mlab_loading_date(l, "", "as_of");
    mlab_status status = MLAB_OK;
    *n = 0;
    if (!(*rows = mlab_allocate(l->context, l->job->n_rows, sizeof **rows))) return no_memory(err);
    for (size_t i = 0; i < l->job->n_rows && !status; i++) {
        int32_t date = mlab_job_date(from, i);
        if (rank[i] >= l->ids.n || date == MLAB_DATE_MISSING) continue; /* found already */
        if (as_of != MLAB_DATE_MISSING && date > as_of) {
            char day[16];
            mlab_date_print(date, day, sizeof day);
            status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "later_rows", l->job, i, "from", day, NULL, err,
                                      "rows of the job history after the day of the export have not happened yet and are left out");
            continue;
        }
        bool ordered = order && order->type == MLAB_COLUMN_REAL && !mlab_is_missing_at(order, i);
        bool exits = reasons && !mlab_is_missing_at(reasons, i) && meanings[reasons->as.integer[i]].cause != MLAB_CAUSE_STAYS;
        (*rows)[(*n)++] = (mlab_job_row){rank[i], (uint32_t)i, date, ordered ? order->as.real[i] : 0, exits, false};
    }
    qsort(*rows, *n, sizeof **rows, mlab_job_row_order);
    return status;
}

static void take_reason(const meaning *m, mlab_job_day *day)
{
    if (m->cause != MLAB_CAUSE_STAYS) {
        day->exits = true;
        day->cause = m->cause;
    } else if (m->hires) { /* gone and taken on again on one day is no exit */
        day->exits = false;
        day->hires = true;
    }
    day->leave_begins |= m->leave_begins;
    day->leave_ends |= m->leave_ends;
    day->promotes |= m->promotes;
    day->promotes_not |= m->promotes_not;
}

static void make_days(mlab_loading *l, const mlab_job_row *rows, size_t n, const mlab_column *reasons, const meaning *meanings)
{
    for (size_t i = 0; i < n; i++) {
        bool new_day = i == 0 || rows[i].person != rows[i - 1].person || rows[i].date != rows[i - 1].date;
        if (new_day)
            l->days[l->n_days++] = (mlab_job_day){
                .person = rows[i].person, .date = rows[i].date, .state = UINT32_MAX, .last = MLAB_DATE_MISSING, .cause = MLAB_CAUSE_STAYS};
        mlab_job_day *day = &l->days[l->n_days - 1];
        day->row = rows[i].row;
        if (!rows[i].exits) day->state = rows[i].row;
        if (reasons && !rows[i].again && !mlab_is_missing_at(reasons, rows[i].row)) take_reason(&meanings[reasons->as.integer[rows[i].row]], day);
    }
}

/* A state that ends before the next one begins: somebody is gone in between. */
static mlab_status close_days(mlab_loading *l, int32_t cause, mlab_error *err)
{
    const mlab_column *to = mlab_table_find(l->job, "to");
    int32_t as_of = mlab_loading_date(l, "", "as_of");
    mlab_status status = MLAB_OK;
    for (size_t i = 0; to && i < l->n_days && !status; i++) {
        mlab_job_day *day = &l->days[i];
        int32_t end = mlab_job_date(to, day->row);
        bool next = i + 1 < l->n_days && l->days[i + 1].person == day->person;
        if (end == MLAB_DATE_MISSING || day->exits) continue;
        if (end < day->date) {
            char text[16];
            mlab_date_print(end, text, sizeof text);
            status = mlab_loading_say(l, MLAB_SEVERITY_STOP, "ended_before_start", l->job, day->row, "to", text, NULL, err,
                                      "rows of the job history that end before they begin");
            continue;
        }
        if (next && end >= l->days[i + 1].date - 1) {
            if (end >= l->days[i + 1].date && !mlab_loading_at(l, "data.history", "concurrent"))
                status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "overlapping_rows", l->job, day->row, "to", NULL, NULL, err,
                                          "rows of the job history that last into a later one; the later one counts from its day on");
            continue;
        }
        if (as_of != MLAB_DATE_MISSING && end >= as_of) continue; /* what comes after it lies ahead of the export */
        day->closes = l->exits_known = true;
        day->last = end;
        day->cause = cause;
        if (cause == MLAB_CAUSE_STAYS)
            status = mlab_loading_say(l, MLAB_SEVERITY_DECIDE, "exit_without_reason", l->job, day->row, "to", NULL,
                                      "events: {exit: {no_reason: end_of_study}}      (or a cause)", err,
                                      "people left without a reason; say which cause they count for");
    }
    return status;
}

mlab_status mlab_history_days(mlab_loading *l, const uint32_t *rank, mlab_error *err)
{
    const mlab_setting *exits = mlab_settings_find(l->settings, NULL, "events.exit");
    const mlab_column *reasons = mlab_table_find(l->job, "reason");
    if (reasons && reasons->type != MLAB_COLUMN_FACTOR) reasons = NULL;
    if (exits && mlab_setting_kind_of(exits) != MLAB_SETTING_MAP) exits = NULL;
    mlab_job_row *rows = NULL;
    meaning *meanings = NULL;
    size_t n = 0;
    int32_t none = MLAB_CAUSE_STAYS;
    mlab_status status = mlab_exit_causes(l, exits, NULL, err);
    if (!status) status = mlab_exit_without_reason(l, exits, &none, err);
    if (!status) status = find_meanings(l, reasons, &meanings, err);
    if (!status) status = take_rows(l, rank, reasons, meanings, &rows, &n, err);
    if (!status) status = say_last(l, rows, n, reasons, meanings, err);
    if (!status) status = mlab_history_concurrent(l, &rows, &n, err);
    if (!status && !(l->days = mlab_allocate(l->context, n, sizeof *l->days))) status = no_memory(err);
    if (!status) {
        make_days(l, rows, n, reasons, meanings);
        status = close_days(l, none, err);
    }
    if (!status) status = mlab_history_last_days(l, err);
    mlab_release(l->context, rows);
    mlab_release(l->context, meanings);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the days of a job history or of snapshots to stays, the states in them, and leaves. A stay begins with the first day on which
 * somebody is there and belongs to the population, and ends with an exit, or where they no longer belong to it. Rules: docs/history.md. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/expression.h"
#include "data/history.h"

#include <stdio.h>
#include <string.h>

#define FAR_AHEAD 84005 /* 2199-12-31: a leave without an end */

typedef struct staying {
    mlab_loading *l;
    mlab_expression *population; /* over the job's rows; NULL = everybody */
    const mlab_column *grade;
    mlab_column *on_leave; /* of the job; NULL = no leaves */
    bool from_people;      /* exits are those of the people file */
    bool keep_service;     /* rehire: same_person */
    bool leave_at_risk, leave_ends_stated;
    size_t capacity, leaves_capacity; /* of spells, of leaves */
    mlab_error *err;
    /* the person at hand */
    uint32_t person;
    mlab_panel_spell *open; /* NULL = not there */
    bool gone;
    int32_t served;     /* days of earlier stays */
    int32_t leave_from; /* MLAB_DATE_MISSING = not on leave */
    size_t first_change;
    size_t stray, outside, on_leave_exits, since_unknown;
    size_t returns;      /* after an exit, by rows of which nothing says that they bring somebody back */
    uint32_t return_row; /* the first of them */
} staying;

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the stays");
}

const char *mlab_job_block(const mlab_loading *l)
{
    return mlab_settings_find(l->settings, NULL, "data.history") ? "data.history" : "data.snapshots";
}

static bool belongs(const staying *s, uint32_t row)
{
    return !s->population || mlab_expression_test(s->population, row) == MLAB_ANSWER_YES;
}

/* --- one stay ------------------------------------------------------------------------------------------ */

static mlab_status begin(staying *s, int32_t from, const mlab_job_day *day)
{
    mlab_loading *l = s->l;
    mlab_status status = mlab_grow(l->context, &l->spells, l->n_spells, &s->capacity, sizeof *l->spells, s->err);
    if (status) return status;
    bool first = l->n_spells == 0 || l->spells[l->n_spells - 1].person != s->person;
    int32_t grade = day && s->grade && l->n_grades && day->date <= from ? mlab_grade_code(l, s->grade, day->row) : -1;
    s->open = &l->spells[l->n_spells++];
    *s->open = (mlab_panel_spell){.person = s->person, .from = from, .to = MLAB_DATE_MISSING, .cause = MLAB_CAUSE_STAYS, .grade = grade};
    s->open->since = s->keep_service && !first ? from - s->served : from;
    s->open->grade_since = from - 1;
    s->gone = false;
    return MLAB_OK;
}

static mlab_status end_leave(staying *s, int32_t last)
{
    mlab_loading *l = s->l;
    if (s->leave_from == MLAB_DATE_MISSING) return MLAB_OK;
    if (!s->leave_at_risk && last >= s->leave_from) {
        mlab_status status = mlab_grow(l->context, &l->leaves, l->n_leaves, &s->leaves_capacity, sizeof *l->leaves, s->err);
        if (status) return status;
        l->leaves[l->n_leaves++] = (mlab_panel_leave){s->person, s->leave_from, last};
    }
    s->leave_from = MLAB_DATE_MISSING;
    return MLAB_OK;
}

static mlab_status end(staying *s, int32_t to, int32_t cause)
{
    mlab_panel_spell *spell = s->open;
    if (to < spell->from) to = spell->from;
    spell->to = to;
    spell->cause = cause;
    s->served += to - spell->from + 1;
    s->open = NULL;
    if (s->leave_from != MLAB_DATE_MISSING && !s->leave_at_risk && cause != MLAB_CAUSE_CENSORS) { /* days on leave have no events */
        spell->cause = MLAB_CAUSE_CENSORS;
        s->on_leave_exits++;
    }
    if (cause != MLAB_CAUSE_CENSORS) mlab_loading_seen(s->l, to);
    return end_leave(s, to);
}

static void add_change(staying *s, size_t day)
{
    mlab_loading *l = s->l;
    l->change_person[l->n_changes] = s->person;
    l->change_date[l->n_changes] = l->days[day].date;
    l->change_row[l->n_changes++] = l->days[day].row;
}

static mlab_status take_leave(staying *s, const mlab_job_day *day)
{
    bool was = s->leave_from != MLAB_DATE_MISSING, ends = s->leave_ends_stated ? day->leave_ends : !day->leave_begins;
    mlab_status status = MLAB_OK;
    if (was && ends) status = end_leave(s, day->date - 1);
    if (!was && day->leave_begins) s->leave_from = day->date;
    if (s->on_leave) s->on_leave->as.integer[day->row] = s->leave_from != MLAB_DATE_MISSING;
    return status;
}

static mlab_status take_day(staying *s, size_t k, size_t first)
{
    mlab_loading *l = s->l;
    mlab_job_day *day = &l->days[k];
    int32_t hired = l->hired[s->person], left = s->from_people ? l->left[s->person] : MLAB_DATE_MISSING;
    mlab_status status = MLAB_OK;
    if (s->from_people && hired != MLAB_DATE_MISSING && day->date < hired) day->date = hired; /* what held before holds then */
    if (left != MLAB_DATE_MISSING && day->date > left) {
        s->stray++;
        return MLAB_OK;
    }
    if (day->exits) {
        if (s->open)
            status = end(s, day->last, day->cause);
        else if (!s->gone)
            status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "exit_without_hire", l->job, day->row, "reason", NULL, NULL, s->err,
                                      "exits of people who are in no earlier row; they are not used");
        s->gone = true;
        return status;
    }
    if (s->open && day->hires && s->open->from < day->date)
        status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "hired_while_there", l->job, day->row, "reason", NULL, NULL, s->err,
                                  "people who are hired while they are there; the row counts as a change of their job");
    if (status) return status;
    if (!s->open && s->gone && l->hires_known && !day->hires) {
        s->stray++;
        return MLAB_OK;
    }
    if (!belongs(s, day->row)) {
        s->outside++;
        return s->open ? end(s, day->date - 1, MLAB_CAUSE_CENSORS) : MLAB_OK;
    }
    if (!s->open && s->gone && !l->hires_known && mlab_table_find(l->job, "reason")) {
        if (!s->returns++) s->return_row = day->row;
    }
    bool earlier = k == first && hired != MLAB_DATE_MISSING && hired < day->date;
    if (!s->open) status = begin(s, earlier ? hired : day->date, day);
    if (!status) status = take_leave(s, day);
    if (status) return status;
    add_change(s, k);
    return day->closes ? (s->gone = true, end(s, day->last, day->cause)) : MLAB_OK;
}

static mlab_status take_person(staying *s, uint32_t person, size_t first, size_t after)
{
    mlab_loading *l = s->l;
    mlab_status status = MLAB_OK;
    s->person = person;
    s->open = NULL;
    s->gone = false;
    s->served = 0;
    s->leave_from = MLAB_DATE_MISSING;
    for (size_t k = first; k < after && !status; k++) status = take_day(s, k, first);
    int32_t hired = l->hired[person], left = l->left[person];
    s->since_unknown += first < after && hired == MLAB_DATE_MISSING && l->hires_known && !l->days[first].hires;
    if (!status && first == after && s->from_people && hired != MLAB_DATE_MISSING && !s->population) status = begin(s, hired, NULL);
    if (status || !s->open) return status;
    if (!s->from_people || left == MLAB_DATE_MISSING) return end_leave(s, FAR_AHEAD);
    return end(s, left, MLAB_CAUSE_STAYS); /* its cause is that of the people file */
}

/* --- what is told --------------------------------------------------------------------------------------- */

static mlab_status note(const staying *s, const char *kind, size_t n, const char *sentence)
{
    mlab_place place = mlab_place_cell(s->l->job->file, 0, 0, NULL);
    if (!n) return MLAB_OK;
    return mlab_findings_add(s->l->findings, MLAB_SEVERITY_NOTE, kind, &place, NULL, NULL, s->err, "%s: %zu", sentence, n);
}

static mlab_status say_without_rows(staying *s, const uint8_t *has_day)
{
    mlab_loading *l = s->l;
    size_t n = 0;
    double accept = mlab_loading_number(l, mlab_job_block(l), "accept_missing", 0.05);
    for (uint32_t rank = 0; rank < l->ids.n; rank++) n += !has_day[rank];
    if (!n) return MLAB_OK;
    double share = (double)n / l->ids.n;
    char sentence[300], remedy[100], number[32];
    mlab_status status = MLAB_OK;
    mlab_number_print(share > 0.99 ? 1 : (double)(int)(share * 100 + 1) / 100, number, sizeof number);
    snprintf(remedy, sizeof remedy, "%s: {accept_missing: %s}", mlab_job_block(l) + 5, number);
    snprintf(sentence, sizeof sentence, "%zu of %u people have no row in %s%s", n, (unsigned)l->ids.n, l->job->file,
             s->from_people ? "; they have no states" : " and are left out");
    for (uint32_t rank = 0; rank < l->ids.n && !status; rank++)
        if (!has_day[rank])
            status = mlab_loading_say(l, share > accept ? MLAB_SEVERITY_DECIDE : MLAB_SEVERITY_NOTE, "no_job_row", l->data->people,
                                      l->ids.row_of_rank[rank], "id", mlab_ids_text(&l->ids, rank), share > accept ? remedy : NULL, s->err, sentence);
    return status;
}

/* Whether days on leave are at risk changes every hazard: it has to be said. */
static mlab_status say_leave(const staying *s)
{
    const mlab_loading *l = s->l;
    size_t n = 0;
    for (size_t k = 0; k < l->n_days; k++) n += l->days[k].leave_begins;
    if (!n || mlab_settings_find(l->settings, NULL, "events.leave.at_risk")) return MLAB_OK;
    mlab_place place = mlab_setting_place(mlab_settings_find(l->settings, NULL, "events.leave"));
    return mlab_findings_add(l->findings, MLAB_SEVERITY_DECIDE, "leave_at_risk", &place, NULL,
                             "events: {leave: {at_risk: yes}}      (or no: its days are left out)", s->err,
                             "%zu leaves begin; do their days count as days at risk of promotion and exit?", n);
}

/* Does a change of data after an exit bring somebody back? Without a reason for coming nothing says so. */
static mlab_status say_returns(const staying *s)
{
    const mlab_loading *l = s->l;
    char remedy[200], sentence[200];
    if (!s->returns) return MLAB_OK;
    const char *reason = mlab_column_text(mlab_table_find(l->job, "reason"), s->return_row);
    snprintf(remedy, sizeof remedy, "events: {hire: [\"%.60s\", ...]}      (the reasons with which people come, and come back)", reason);
    snprintf(sentence, sizeof sentence, "rows after an exit would bring somebody back, and no reason is known that does: %zu", s->returns);
    return mlab_loading_say(l, MLAB_SEVERITY_DECIDE, "unclear_returns", l->job, s->return_row, "reason", reason, remedy, s->err, sentence);
}

static mlab_status tell(staying *s, const uint8_t *has_day)
{
    mlab_status status = note(s, "tenure_from_records", s->since_unknown,
                              "without a row of a hire and a day of hire tenure counts from the first row, which is too short; people");
    if (!status) status = note(s, "rows_after_exit", s->stray, "rows after an exit that bring nobody back are not used; days");
    if (!status) status = note(s, "outside_population", s->outside, "rows of people who do not belong to the population then; days");
    if (!status)
        status = note(s, "exit_on_leave", s->on_leave_exits,
                      "exits during a leave end somebody's time and are no events, as leaves are not at risk; people");
    if (!status) status = say_returns(s);
    if (!status) status = say_leave(s);
    return status ? status : say_without_rows(s, has_day);
}

/* --- all ------------------------------------------------------------------------------------------------ */

/* Columns of people that the condition names go beside the states, for the rows that are used. */
static mlab_status add_attribute(mlab_loading *l, const mlab_column *from, mlab_error *err)
{
    mlab_column *made;
    mlab_status status = mlab_table_add(l->job, from->name, from->type, (const char *const *)from->levels, from->n_levels, &made, err);
    if (status) return status;
    made->ordered = from->ordered;
    for (size_t k = 0; k < l->n_days && !status; k++) {
        uint32_t at = l->days[k].row, row = l->ids.row_of_rank[l->days[k].person];
        if (mlab_is_missing_at(from, row))
            status = mlab_column_set_missing(l->job, made, at, err);
        else if (from->type == MLAB_COLUMN_TEXT)
            status = mlab_column_set_text(l->job, made, at, mlab_column_text(from, row), strlen(mlab_column_text(from, row)), err);
        else if (from->type == MLAB_COLUMN_REAL)
            made->as.real[at] = from->as.real[row];
        else
            made->as.integer[at] = from->as.integer[row];
    }
    return status;
}

static mlab_status add_attributes(mlab_loading *l, const char *condition, mlab_error *err)
{
    const mlab_table *people = l->data->people;
    mlab_status status = MLAB_OK;
    for (size_t c = 0; c < people->n_columns && !status; c++) {
        const mlab_column *column = &people->columns[c];
        if (!mlab_table_find(l->job, column->name) && strstr(condition, column->name)) status = add_attribute(l, column, err);
    }
    return status;
}

static mlab_status compile_population(staying *s)
{
    const mlab_setting *population = mlab_loading_population(s->l);
    mlab_error why = {0};
    if (!population || !s->l->population_in_time) return MLAB_OK;
    mlab_place place = mlab_setting_place(population);
    mlab_status status = add_attributes(s->l, mlab_setting_text(population), s->err);
    if (status) return status;
    status =
        mlab_expression_compile(s->l->context, mlab_setting_text(population), &place, s->l->job, MLAB_EXPRESSION_CONDITION, &s->population, &why);
    if (status == MLAB_ERR_MEMORY && s->err) *s->err = why;
    if (!status || status == MLAB_ERR_MEMORY) return status;
    return mlab_findings_add(s->l->findings, MLAB_SEVERITY_STOP, "bad_condition", why.place.line ? &why.place : &place, NULL, NULL, s->err, "%s",
                             why.sentence);
}

/* The day of hire may stand in the rows of jobs: that of somebody's first row counts where people do not say. */
static void take_hired(mlab_loading *l)
{
    const mlab_column *hired = mlab_table_find(l->job, "hired");
    for (size_t k = 0; k < l->n_days; k++) {
        const mlab_job_day *day = &l->days[k];
        bool first = k == 0 || l->days[k - 1].person != day->person;
        if (first && l->hired[day->person] == MLAB_DATE_MISSING) l->hired[day->person] = mlab_job_date(hired, day->row);
    }
}

static mlab_status prepare(staying *s)
{
    mlab_loading *l = s->l;
    s->from_people = !l->exits_known && mlab_table_find(l->data->people, "left");
    s->keep_service = !strcmp(mlab_loading_text(l, mlab_job_block(l), "rehire", "new_spell"), "same_person");
    s->leave_at_risk = !mlab_settings_find(l->settings, NULL, "events.leave.at_risk") || mlab_loading_yes(l, "events.leave", "at_risk");
    s->leave_ends_stated = mlab_settings_find(l->settings, NULL, "events.leave.ends") != NULL;
    l->n_spells = 0; /* those of the people file */
    take_hired(l);
    s->capacity = l->ids.n;
    l->change_person = mlab_allocate(l->context, l->n_days, sizeof *l->change_person);
    l->change_date = mlab_allocate(l->context, l->n_days, sizeof *l->change_date);
    l->change_row = mlab_allocate(l->context, l->n_days, sizeof *l->change_row);
    if (!l->change_person || !l->change_date || !l->change_row) return no_memory(s->err);
    bool leaves = false;
    for (size_t k = 0; k < l->n_days; k++) leaves |= l->days[k].leave_begins;
    mlab_status status = MLAB_OK;
    if (leaves && !mlab_table_find(l->job, "on_leave")) {
        status = mlab_table_add(l->job, "on_leave", MLAB_COLUMN_INTEGER, NULL, 0, &s->on_leave, s->err);
        if (!status) l->states[l->n_states++] = s->on_leave->name;
    }
    s->grade = mlab_table_find(l->job, "grade");
    if (s->grade && (s->grade->type == MLAB_COLUMN_REAL || s->grade->type == MLAB_COLUMN_DATE)) s->grade = NULL;
    const mlab_grade_source source = {s->grade, l->job->n_rows};
    if (!status && s->grade) status = mlab_load_grades(l, &source, 1, l->job->file, s->err);
    return status ? status : compile_population(s);
}

/* First and last days of people, by their stays. */
static void set_days(mlab_loading *l)
{
    for (uint32_t rank = 0; rank < l->ids.n; rank++) l->hired[rank] = l->left[rank] = MLAB_DATE_MISSING;
    for (size_t i = 0; i < l->n_spells; i++) {
        const mlab_panel_spell *spell = &l->spells[i];
        if (l->hired[spell->person] == MLAB_DATE_MISSING) l->hired[spell->person] = spell->from;
        l->left[spell->person] = spell->to;
        if (l->last_seen == MLAB_DATE_MISSING || spell->from > l->last_seen) l->last_seen = spell->from;
    }
}

mlab_status mlab_load_stays(mlab_loading *l, mlab_error *err)
{
    staying s = {.l = l, .err = err};
    uint8_t *has_day = mlab_allocate(l->context, l->ids.n, 1);
    mlab_status status = has_day ? prepare(&s) : no_memory(err);
    size_t k = 0;
    if (!status && !(l->fate = mlab_allocate(l->context, l->ids.n, 1))) status = no_memory(err);
    for (uint32_t rank = 0; rank < l->ids.n && !status; rank++) {
        size_t first = k, spells = l->n_spells, outside = s.outside;
        while (k < l->n_days && l->days[k].person == rank) k++;
        has_day[rank] = k > first;
        status = take_person(&s, rank, first, k);
        if (l->n_spells == spells) l->fate[rank] = k == first ? MLAB_FATE_NO_ROW : s.outside > outside ? MLAB_FATE_NO_MEMBER : MLAB_FATE_NO_STAY;
    }
    if (!status) {
        for (size_t i = 0; i < l->n_days; i++)
            if (l->last_seen == MLAB_DATE_MISSING || l->days[i].date > l->last_seen) l->last_seen = l->days[i].date;
        set_days(l);
        status = tell(&s, has_day);
    }
    mlab_expression_free(s.population);
    mlab_release(l->context, has_day);
    return status;
}

mlab_status mlab_load_job(mlab_loading *l, mlab_error *err)
{
    const char *block = mlab_job_block(l);
    if (!l->job || !l->ids.context || !l->hired || !mlab_table_find(l->job, "person")) return MLAB_OK;
    if (!mlab_table_find(l->job, strcmp(block, "data.history") ? "date" : "from")) return MLAB_OK; /* found already */
    uint32_t *rank = mlab_allocate(l->context, l->job->n_rows, sizeof *rank);
    mlab_status status = rank ? mlab_loading_link(l, block, l->job, "person", "people with job rows", rank, err) : no_memory(err);
    if (!status) status = strcmp(block, "data.history") ? mlab_snapshot_days(l, rank, err) : mlab_history_days(l, rank, err);
    mlab_release(l->context, rank);
    if (!status) status = mlab_load_stays(l, err);
    return status ? status : mlab_job_promotions(l, err);
}

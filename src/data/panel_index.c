/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before any row: the calendar grid, whose promotions, answers and relationships are whose, and which arm each relationship
 * belongs to. */
#include "data/panel_work.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/expression.h"

#include <string.h>

/* Period q covers the days from + q months .. from + (q + 1) months - 1; a boundary is the day before. */
static mlab_status make_boundaries(mlab_panel_work *work, mlab_error *err)
{
    const mlab_panel_spec *spec = work->spec;
    size_t n = 0, capacity = 0;
    mlab_status status;
    for (int32_t q = 0;; q++) {
        mlab_date first = mlab_date_add_months(spec->from, q * spec->months_per_period);
        if (first == MLAB_DATE_MISSING || q > 65536) return mlab_raise(err, MLAB_ERR_OVERFLOW, "the panel has over 65536 periods");
        if ((status = mlab_grow(work->context, &work->boundaries, n, &capacity, sizeof *work->boundaries, err))) return status;
        work->boundaries[n++] = first - 1;
        if (first - 1 >= spec->to) break;
    }
    work->n_periods = (int32_t)n - 1;
    work->last = spec->to < spec->as_of ? spec->to : spec->as_of;
    return MLAB_OK;
}

/* Offsets of each person's part of a list that is sorted by person: owner(list, i) */
static mlab_status make_offsets(mlab_panel_work *work, size_t **first, mlab_error *err)
{
    *first = mlab_allocate(work->context, (size_t)work->people->n + 2, sizeof **first);
    return *first ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to index %u people", work->people->n);
}

static void sum_up(size_t *first, size_t n)
{
    for (size_t i = 0; i < n; i++) first[i + 1] += first[i];
}

/* ties of each mentee (or mentor), in the order of the relationships: by start */
static mlab_status index_ties(mlab_panel_work *work, bool mentor, size_t **first, uint32_t **ties, mlab_error *err)
{
    const mlab_panel_relationships *r = work->relationships;
    mlab_status status = make_offsets(work, first, err);
    if (status) return status;
    *ties = mlab_allocate(work->context, r ? r->n : 0, sizeof **ties);
    if (!*ties) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to index %zu relationships", r ? r->n : 0);
    size_t *at = *first;
    for (size_t i = 0; r && i < r->n; i++) {
        uint32_t who = mentor ? r->items[i].mentor : r->items[i].mentee;
        if (who != MLAB_NO_PERSON) at[who + 2]++; /* shifted by one more, so that placing below leaves the offsets */
    }
    sum_up(at, (size_t)work->people->n + 1);
    for (size_t i = 0; r && i < r->n; i++) {
        uint32_t who = mentor ? r->items[i].mentor : r->items[i].mentee;
        if (who != MLAB_NO_PERSON) (*ties)[at[who + 1]++] = (uint32_t)i;
    }
    return MLAB_OK;
}

/* The last day of the stay in which somebody is on the day, or of the next one; of the last one when none is later. */
static int32_t left_day(const mlab_panel_work *work, uint32_t person, int32_t day)
{
    if (person == MLAB_NO_PERSON) return INT32_MAX;
    int32_t left = INT32_MAX;
    for (size_t s = work->spell_first[person]; s < work->spell_first[person + 1]; s++) {
        left = work->people->spells[s].to == MLAB_DATE_MISSING ? INT32_MAX : work->people->spells[s].to;
        if (left >= day) break;
    }
    return left;
}

static void set_ends(mlab_panel_work *work)
{
    const mlab_panel_relationships *r = work->relationships;
    for (size_t i = 0; r && i < r->n; i++) {
        work->begins[i] = r->items[i].start;
        int32_t end = r->items[i].end == MLAB_DATE_MISSING ? INT32_MAX : r->items[i].end, start = r->items[i].start;
        int32_t mentor = left_day(work, r->items[i].mentor, start), mentee = left_day(work, r->items[i].mentee, start);
        end = mentor < end ? mentor : end;
        work->ends[i] = mentee < end ? mentee : end;
    }
}

/* --- arms of relationships ----------------------------------------------------------------------- */

typedef struct arm_filter {
    mlab_expression *filter; /* NULL = every relationship */
    const mlab_column *met;  /* NULL = not asked */
} arm_filter;

static mlab_status compile_arm(mlab_panel_work *work, const mlab_panel_arm *arm, arm_filter *into, mlab_findings *findings, mlab_error *err)
{
    const mlab_table *table = work->relationships->table;
    mlab_status status;
    if (arm->filter && arm->filter[0]) {
        if ((status = mlab_expression_compile(work->context, arm->filter, &arm->place, table, MLAB_EXPRESSION_CONDITION, &into->filter, err)))
            return status;
        const char *text, *near;
        mlab_place place;
        for (size_t i = 0; (text = mlab_expression_absent(into->filter, i, &near, &place)); i++) {
            status = mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "no_such_level", &place, text, "", err,
                                       "the filter of arm %s names a value that no relationship has%s%s%s", arm->name, near ? "; did you mean '" : "",
                                       near ? near : "", near ? "'?" : "");
            if (status) return status;
        }
    }
    if (arm->met_dated || !arm->met || !arm->met[0]) return MLAB_OK;
    into->met = mlab_table_find(table, arm->met);
    if (!into->met)
        return mlab_raise_at(err, MLAB_ERR_DATA_COLUMN, &arm->place, "arm %s: the relationships have no column \"%s\"", arm->name, arm->met);
    if (into->met->type != MLAB_COLUMN_REAL && into->met->type != MLAB_COLUMN_INTEGER)
        return mlab_raise_at(err, MLAB_ERR_DATA_TYPE, &arm->place, "arm %s: the column \"%s\" is not a number of meetings", arm->name, arm->met);
    return MLAB_OK;
}

/* With the days of meetings the arm begins with the one that makes it count: counting the time before it would be immortal time. */
static int32_t met_by_then(const mlab_panel_work *work, size_t tie, size_t a)
{
    const mlab_panel_relationships *r = work->relationships;
    double least = work->spec->arms[a].least_meetings;
    size_t first = r->meeting_first[tie], n = r->meeting_first[tie + 1] - first;
    if ((double)n < least) return MLAB_TIE_UNMET;
    if (least >= 1 && r->meeting_day[first + (size_t)least - 1] > work->begins[tie]) work->begins[tie] = r->meeting_day[first + (size_t)least - 1];
    return (int32_t)a + 1;
}

static int32_t meaning_of(const mlab_panel_work *work, const arm_filter *filters, size_t tie)
{
    const mlab_panel_relationships *r = work->relationships;
    size_t row = r->row ? r->row[tie] : tie;
    for (size_t a = 0; a < work->spec->n_arms; a++) {
        if (work->spec->arms[a].not_related) continue;
        mlab_answer passes = filters[a].filter ? mlab_expression_test(filters[a].filter, row) : MLAB_ANSWER_YES;
        if (passes == MLAB_ANSWER_NO) continue;
        if (passes == MLAB_ANSWER_UNKNOWN) return MLAB_TIE_UNCLEAR;
        const mlab_column *met = filters[a].met;
        if (work->spec->arms[a].met_dated && r->meeting_first) return met_by_then(work, tie, a);
        if (!met) return (int32_t)a + 1;
        if (met->missing && met->missing[row]) return MLAB_TIE_UNCLEAR;
        double meetings = met->type == MLAB_COLUMN_REAL ? met->as.real[row] : met->as.integer[row];
        return meetings >= work->spec->arms[a].least_meetings ? (int32_t)a + 1 : MLAB_TIE_UNMET;
    }
    return MLAB_TIE_NO_ARM;
}

static mlab_status set_meanings(mlab_panel_work *work, mlab_findings *findings, mlab_error *err)
{
    mlab_panel_relationships *r = work->relationships;
    mlab_status status = MLAB_OK;
    if (!r || !r->n) return MLAB_OK;
    arm_filter *filters = mlab_allocate(work->context, work->spec->n_arms, sizeof *filters);
    if (!filters) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the filters of the arms");
    for (size_t a = 0; a < work->spec->n_arms && !status; a++)
        if (r->table && !work->spec->arms[a].not_related) status = compile_arm(work, &work->spec->arms[a], &filters[a], findings, err);
    for (size_t i = 0; i < r->n && !status; i++) {
        work->meaning[i] = meaning_of(work, filters, i);
        r->items[i].kind = work->meaning[i] > 0 ? work->meaning[i] : -1;
    }
    for (size_t a = 0; a < work->spec->n_arms; a++) mlab_expression_free(filters[a].filter);
    mlab_release(work->context, filters);
    return status;
}

/* Whose spells, leaves, states, promotions and answers are whose. */
static mlab_status index_people(mlab_panel_work *work, mlab_error *err)
{
    const mlab_panel_people *people = work->people;
    mlab_status status;
    size_t n = people->n;
    if ((status = make_offsets(work, &work->spell_first, err)) || (status = make_offsets(work, &work->leave_first, err)) ||
        (status = make_offsets(work, &work->state_first, err)) || (status = make_offsets(work, &work->promotion_first, err)) ||
        (status = make_offsets(work, &work->answer_first, err)) || (status = make_offsets(work, &work->exposure_first, err)))
        return status;
    for (size_t i = 0; i < people->n_spells; i++) work->spell_first[people->spells[i].person + 1]++;
    for (size_t i = 0; i < people->n_leaves; i++) work->leave_first[people->leaves[i].person + 1]++;
    for (size_t i = 0; people->states && i < people->states->n; i++) work->state_first[people->states->person[i] + 1]++;
    for (size_t i = 0; i < work->n_promotions; i++) work->promotion_first[work->promotions[i].person + 1]++;
    for (size_t i = 0; work->surveys && i < work->surveys->n; i++) work->answer_first[work->surveys->person[i] + 1]++;
    for (size_t i = 0; work->spec->exposures && i < work->spec->exposures->n; i++) work->exposure_first[work->spec->exposures->items[i].person + 1]++;
    sum_up(work->exposure_first, n);
    sum_up(work->spell_first, n);
    sum_up(work->leave_first, n);
    sum_up(work->state_first, n);
    sum_up(work->promotion_first, n);
    sum_up(work->answer_first, n);
    return MLAB_OK;
}

mlab_status mlab_panel_index(mlab_panel_work *work, mlab_findings *findings, mlab_error *err)
{
    mlab_status status;
    size_t n_ties = work->relationships ? work->relationships->n : 0;
    if ((status = make_boundaries(work, err)) || (status = make_offsets(work, &work->row_first, err)) || (status = index_people(work, err)))
        return status;
    if ((status = index_ties(work, false, &work->mentee_first, &work->mentee_ties, err)) ||
        (status = index_ties(work, true, &work->mentor_first, &work->mentor_ties, err)))
        return status;
    work->meaning = mlab_allocate(work->context, n_ties, sizeof *work->meaning);
    work->begins = mlab_allocate(work->context, n_ties, sizeof *work->begins);
    work->ends = mlab_allocate(work->context, n_ties, sizeof *work->ends);
    if (!work->meaning || !work->begins || !work->ends) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu relationships", n_ties);
    set_ends(work);
    return set_meanings(work, findings, err);
}

void mlab_panel_work_free(mlab_panel_work *work)
{
    const mlab_context *context = work->context;
    mlab_release(context, work->boundaries);
    mlab_release(context, work->spell_first);
    mlab_release(context, work->leave_first);
    mlab_release(context, work->state_first);
    mlab_release(context, work->promotion_first);
    mlab_release(context, work->answer_first);
    mlab_release(context, work->mentee_first);
    mlab_release(context, work->mentor_first);
    mlab_release(context, work->mentee_ties);
    mlab_release(context, work->mentor_ties);
    mlab_release(context, work->meaning);
    mlab_release(context, work->begins);
    mlab_release(context, work->ends);
    mlab_release(context, work->exposure_first);
    mlab_release(context, work->row_first);
    mlab_panel_free(work->panel);
    work->panel = NULL;
}

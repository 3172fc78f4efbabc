/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Meetings of pairs, one row a meeting: linked to people, and each to the relationship that goes on on its day. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/arms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK "data.meetings"

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the meetings");
}

static mlab_status read_meetings(mlab_loading *l, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *spec;
    mlab_status status = mlab_loading_columns(l, BLOCK, &specs, err);
    if (!status) status = mlab_loading_column(l, BLOCK, "mentor", "mentor", MLAB_READ_ID, false, &specs, &spec, err);
    if (!status) spec->filled = false;
    if (!status) status = mlab_loading_column(l, BLOCK, "mentee", "mentee", MLAB_READ_ID, false, &specs, &spec, err);
    if (!status) status = mlab_loading_column(l, BLOCK, "date", "date", MLAB_READ_DATE, false, &specs, &spec, err);
    if (!status) spec->filled = true;
    if (!status) status = mlab_loading_column(l, BLOCK, "minutes", "minutes", MLAB_READ_NUMBER, true, &specs, &spec, err);
    if (!status) spec->low = 0;
    if (!status) status = mlab_loading_file(l, BLOCK, &specs, &reading, err);
    l->meetings = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status;
}

mlab_status mlab_load_meetings(mlab_loading *l, mlab_error *err)
{
    if (!mlab_settings_find(l->settings, NULL, BLOCK)) return MLAB_OK;
    mlab_status status = read_meetings(l, err);
    const mlab_table *table = l->meetings;
    if (status || !table || !l->ids.context || !mlab_table_find(table, "mentor") || !mlab_table_find(table, "mentee")) return status;
    l->meeting_mentor = mlab_allocate(l->context, table->n_rows, sizeof *l->meeting_mentor);
    l->meeting_mentee = mlab_allocate(l->context, table->n_rows, sizeof *l->meeting_mentee);
    if (!l->meeting_mentor || !l->meeting_mentee) return no_memory(err);
    status = mlab_loading_link(l, BLOCK, table, "mentor", "mentors who met", l->meeting_mentor, err);
    if (!status) status = mlab_loading_link(l, BLOCK, table, "mentee", "mentees who met", l->meeting_mentee, err);
    const mlab_column *date = mlab_table_find(table, "date");
    for (size_t i = 0; !status && date && date->type == MLAB_COLUMN_DATE && i < table->n_rows; i++)
        if (!mlab_is_missing_at(date, i) && l->meeting_mentee[i] < l->ids.n) mlab_loading_seen(l, date->as.integer[i]);
    return status;
}

/* --- meetings of each pair --------------------------------------------------------------------------- */

typedef struct pair_key {
    uint32_t mentor, mentee;
    int32_t start;
    size_t at; /* of the pairs */
} pair_key;

static int by_pair(const void *a, const void *b)
{
    const pair_key *x = a, *y = b;
    if (x->mentee != y->mentee) return x->mentee < y->mentee ? -1 : 1;
    if (x->mentor != y->mentor) return x->mentor < y->mentor ? -1 : 1;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

typedef struct met {
    size_t pair;
    int32_t day;
} met;

static int by_meeting(const void *a, const void *b)
{
    const met *x = a, *y = b;
    if (x->pair != y->pair) return x->pair < y->pair ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

/* The pair of a meeting: the last one that had begun by the day and had not ended; SIZE_MAX = none. */
static size_t pair_of(const mlab_loading *l, const pair_key *keys, uint32_t mentor, uint32_t mentee, int32_t day)
{
    size_t low = 0, high = l->n_pairs, found = SIZE_MAX;
    const pair_key sought = {mentor, mentee, INT32_MIN, 0};
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_pair(&keys[middle], &sought) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < l->n_pairs && keys[low].mentor == mentor && keys[low].mentee == mentee && keys[low].start <= day; low++) {
        const mlab_relationship *pair = &l->pairs[keys[low].at];
        if (pair->end == MLAB_DATE_MISSING || pair->end >= day) found = keys[low].at;
    }
    return found;
}

static mlab_status match_meetings(mlab_loading *l, const pair_key *keys, met *meetings, size_t *n, mlab_error *err)
{
    const mlab_column *date = mlab_table_find(l->meetings, "date");
    mlab_status status = MLAB_OK;
    *n = 0;
    for (size_t i = 0; i < l->meetings->n_rows && !status; i++) {
        if (l->meeting_mentee[i] >= l->ids.n || mlab_is_missing_at(date, i)) continue;
        int32_t day = date->as.integer[i];
        uint32_t mentor = l->meeting_mentor[i] < l->ids.n ? l->meeting_mentor[i] : MLAB_NO_PERSON;
        if (l->data->as_of != MLAB_DATE_MISSING && day > l->data->as_of) continue;
        size_t pair = pair_of(l, keys, mentor, l->meeting_mentee[i], day);
        char text[16];
        mlab_date_print(day, text, sizeof text);
        if (pair == SIZE_MAX)
            status = mlab_loading_say(l, MLAB_SEVERITY_NOTE, "meeting_of_no_pair", l->meetings, i, "date", text, NULL, err,
                                      "meetings of two people who are no pair on that day; they count for no relationship");
        else
            meetings[(*n)++] = (met){pair, day};
    }
    return status;
}

mlab_status mlab_arms_meetings(mlab_loading *l, mlab_arms *arms, mlab_error *err)
{
    const mlab_column *date = mlab_table_find(l->meetings, "date");
    if (!l->meeting_mentee || !date || date->type != MLAB_COLUMN_DATE) return MLAB_OK;
    size_t n = 0;
    pair_key *keys = mlab_allocate(l->context, l->n_pairs, sizeof *keys);
    met *meetings = mlab_allocate(l->context, l->meetings->n_rows, sizeof *meetings);
    arms->meeting_first = mlab_allocate(l->context, l->n_pairs + 1, sizeof *arms->meeting_first);
    arms->meeting_day = mlab_allocate(l->context, l->meetings->n_rows, sizeof *arms->meeting_day);
    mlab_status status = keys && meetings && arms->meeting_first && arms->meeting_day ? MLAB_OK : no_memory(err);
    for (size_t i = 0; i < l->n_pairs && !status; i++) keys[i] = (pair_key){l->pairs[i].mentor, l->pairs[i].mentee, l->pairs[i].start, i};
    if (!status) {
        qsort(keys, l->n_pairs, sizeof *keys, by_pair);
        status = match_meetings(l, keys, meetings, &n, err);
    }
    if (!status) {
        qsort(meetings, n, sizeof *meetings, by_meeting);
        for (size_t i = 0; i < n; i++) {
            arms->meeting_first[meetings[i].pair + 1]++;
            arms->meeting_day[i] = meetings[i].day;
        }
        for (size_t i = 0; i < l->n_pairs; i++) arms->meeting_first[i + 1] += arms->meeting_first[i];
    }
    mlab_release(l->context, keys);
    mlab_release(l->context, meetings);
    return status;
}

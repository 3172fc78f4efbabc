/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Relationships: linked to people, impossible ones found, and notes about ends and overlaps. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK "data.relationships"

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the relationships");
}

static mlab_status read_relationships(mlab_loading *l, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *spec;
    mlab_status status = mlab_loading_columns(l, BLOCK, &specs, err);
    if (!status) status = mlab_loading_column(l, BLOCK, "mentor", "mentor", MLAB_READ_ID, false, &specs, &spec, err);
    if (!status) spec->filled = false; /* a group may have no mentor by name */
    if (!status) status = mlab_loading_column(l, BLOCK, "mentee", "mentee", MLAB_READ_ID, false, &specs, &spec, err);
    if (!status) status = mlab_loading_column(l, BLOCK, "start", "start", MLAB_READ_DATE, false, &specs, &spec, err);
    if (!status) spec->filled = true;
    if (!status) status = mlab_loading_column(l, BLOCK, "end", "end", MLAB_READ_DATE, true, &specs, &spec, err);
    if (!status) spec->open_end = true;
    if (!status) status = mlab_loading_column(l, BLOCK, "kind", "kind", MLAB_READ_FACTOR, true, &specs, &spec, err);
    if (!status) spec->makes_arms = true;
    if (!status) status = mlab_loading_column(l, BLOCK, "form", "form", MLAB_READ_FACTOR, true, &specs, &spec, err);
    if (!status) status = mlab_loading_column(l, BLOCK, "meetings", "meetings", MLAB_READ_NUMBER, true, &specs, &spec, err);
    if (!status) status = mlab_loading_file(l, BLOCK, &specs, &reading, err);
    l->relationships = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status;
}

/* --- what cannot be ---------------------------------------------------------------------------------- */

typedef struct trouble {
    const char *kind, *column, *stopped, *dropped;
    int32_t day;
} trouble;

/* Had they come before the day, and are not there on it? Between two stays they are not. */
static bool had_left(const mlab_loading *l, uint32_t rank, int32_t day)
{
    if (rank == MLAB_NO_PERSON || l->hired[rank] == MLAB_DATE_MISSING || l->hired[rank] > day) return false;
    return !mlab_loading_there(l, rank, day, NULL);
}

/* The last day of the mentee's stay in which it began; MLAB_DATE_MISSING = still there. */
static int32_t mentee_left(const mlab_loading *l, const mlab_relationship *r)
{
    int32_t last;
    mlab_loading_there(l, r->mentee, r->start, &last);
    return last;
}

static trouble trouble_of(const mlab_loading *l, const mlab_relationship *r)
{
    if (r->mentor == r->mentee)
        return (trouble){"mentoring_oneself", "mentee", "people who mentor themselves", "people who mentor themselves: left out, as the study says",
                         MLAB_DATE_MISSING};
    if (r->end != MLAB_DATE_MISSING && r->end < r->start)
        return (trouble){"ended_before_start", "end", "relationships that end before they start",
                         "relationships that end before they start: left out, as the study says", r->end};
    if (had_left(l, r->mentee, r->start))
        return (trouble){"mentee_had_left", "start", "relationships that start after the mentee had left",
                         "relationships that start after the mentee had left: left out, as the study says", r->start};
    if (had_left(l, r->mentor, r->start))
        return (trouble){"mentor_had_left", "start", "relationships that start after the mentor had left",
                         "relationships that start after the mentor had left: left out, as the study says", r->start};
    return (trouble){0};
}

static mlab_status check_possible(const mlab_loading *l, const mlab_relationship *r, size_t row, bool *usable, mlab_error *err)
{
    const char *remedy;
    char value[64] = "";
    mlab_severity severity = mlab_loading_impossible(l, BLOCK, &remedy);
    trouble wrong = trouble_of(l, r);
    *usable = !wrong.kind;
    if (!wrong.kind) return MLAB_OK;
    if (wrong.day == MLAB_DATE_MISSING)
        snprintf(value, sizeof value, "%.60s", mlab_ids_text(&l->ids, r->mentee));
    else
        mlab_date_print(wrong.day, value, sizeof value);
    return mlab_loading_say(l, severity, wrong.kind, l->relationships, row, wrong.column, value, remedy, err,
                            severity == MLAB_SEVERITY_STOP ? wrong.stopped : wrong.dropped);
}

/* --- taking ------------------------------------------------------------------------------------------ */

typedef struct taken {
    mlab_relationship relationship;
    uint32_t row;
} taken;

static int by_start(const void *a, const void *b)
{
    const taken *x = a, *y = b;
    if (x->relationship.start != y->relationship.start) return x->relationship.start < y->relationship.start ? -1 : 1;
    if (x->relationship.mentor != y->relationship.mentor) return x->relationship.mentor < y->relationship.mentor ? -1 : 1;
    if (x->relationship.mentee != y->relationship.mentee) return x->relationship.mentee < y->relationship.mentee ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static int32_t date_at(const mlab_column *column, size_t row)
{
    return column && column->type == MLAB_COLUMN_DATE && !mlab_is_missing_at(column, row) ? column->as.integer[row] : MLAB_DATE_MISSING;
}

static mlab_status take_rows(mlab_loading *l, const uint32_t *mentor, const uint32_t *mentee, taken *all, size_t *n, mlab_error *err)
{
    const mlab_table *table = l->relationships;
    const mlab_column *start = mlab_table_find(table, "start"), *end = mlab_table_find(table, "end");
    mlab_status status = MLAB_OK;
    *n = 0;
    for (size_t i = 0; i < table->n_rows && !status; i++) {
        mlab_relationship r = {mentor[i] < l->ids.n ? mentor[i] : MLAB_NO_PERSON, mentee[i], date_at(start, i), date_at(end, i), -1, false, 0};
        r.line = table->lines ? table->lines[i] : 0;
        if (mentee[i] >= l->ids.n || r.start == MLAB_DATE_MISSING) continue; /* not linked, or without a start: found already */
        bool usable;
        status = check_possible(l, &r, i, &usable, err);
        if (status || !usable) continue;
        mlab_loading_seen(l, r.start); /* an end is often planned: it does not tell how far the records go */
        all[(*n)++] = (taken){r, (uint32_t)i};
    }
    return status;
}

static mlab_status take_relationships(mlab_loading *l, const uint32_t *mentor, const uint32_t *mentee, mlab_error *err)
{
    size_t most = l->relationships->n_rows, n = 0;
    taken *all = mlab_allocate(l->context, most, sizeof *all);
    l->pairs = mlab_allocate(l->context, most, sizeof *l->pairs);
    l->pair_row = mlab_allocate(l->context, most, sizeof *l->pair_row);
    mlab_status status = all && l->pairs && l->pair_row ? take_rows(l, mentor, mentee, all, &n, err) : no_memory(err);
    if (!status) {
        qsort(all, n, sizeof *all, by_start);
        for (size_t i = 0; i < n; i++) {
            l->pairs[i] = all[i].relationship;
            l->pair_row[i] = all[i].row;
        }
        l->n_pairs = n;
    }
    mlab_release(l->context, all);
    return status;
}

mlab_status mlab_load_relationships(mlab_loading *l, mlab_error *err)
{
    if (!mlab_settings_find(l->settings, NULL, BLOCK)) return MLAB_OK;
    mlab_status status = read_relationships(l, err);
    const mlab_table *table = l->relationships;
    if (status || !table || !l->ids.context || !mlab_table_find(table, "mentor") || !mlab_table_find(table, "mentee")) return status;
    uint32_t *mentor = mlab_allocate(l->context, table->n_rows, sizeof *mentor), *mentee = mlab_allocate(l->context, table->n_rows, sizeof *mentee);
    if (!mentor || !mentee) status = no_memory(err);
    if (!status) status = mlab_loading_link(l, BLOCK, table, "mentor", "mentors", mentor, err);
    if (!status) status = mlab_loading_link(l, BLOCK, table, "mentee", "mentees", mentee, err);
    if (!status) status = take_relationships(l, mentor, mentee, err);
    mlab_release(l->context, mentor);
    mlab_release(l->context, mentee);
    return status;
}

/* --- notes ------------------------------------------------------------------------------------------- */

static mlab_status say_pair(const mlab_loading *l, size_t i, const char *kind, const char *column, int32_t day, const char *remedy, mlab_error *err,
                            const char *sentence)
{
    char value[16] = "";
    if (day != MLAB_DATE_MISSING) mlab_date_print(day, value, sizeof value);
    return mlab_loading_say(l, MLAB_SEVERITY_NOTE, kind, l->relationships, l->pair_row[i], column, value, remedy, err, sentence);
}

/* Up to 90 days before the mentee leaves, the day of leaving itself apart. */
static bool ends_before_exit(const mlab_loading *l, const mlab_relationship *r)
{
    int32_t left = mentee_left(l, r);
    return r->end != MLAB_DATE_MISSING && left != MLAB_DATE_MISSING && r->end < left && (int64_t)left - r->end <= 90;
}

/* Pairs tend to close when somebody is about to go. */
static mlab_status note_ends(const mlab_loading *l, mlab_error *err)
{
    bool current = !strcmp(mlab_loading_text(l, "panel", "exposure", "started"), "current");
    size_t n = 0;
    char sentence[300];
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < l->n_pairs; i++) n += ends_before_exit(l, &l->pairs[i]);
    snprintf(sentence, sizeof sentence, "%zu of %zu relationships end within 90 days before the mentee leaves; %s", n, l->n_pairs,
             current ? "exposure: current counts these exits as not mentored, which is biased"
                     : "exposure as started is used, so this does not bias the comparison");
    for (size_t i = 0; i < l->n_pairs && !status; i++)
        if (ends_before_exit(l, &l->pairs[i]))
            status = say_pair(l, i, "ends_before_exit", "end", l->pairs[i].end, current ? "panel: {exposure: started}" : NULL, err, sentence);
    return status;
}

typedef struct span {
    uint32_t mentor, mentee;
    int32_t start, end;
    size_t at;
} span;

static int by_pair(const void *a, const void *b)
{
    const span *x = a, *y = b;
    if (x->mentee != y->mentee) return x->mentee < y->mentee ? -1 : 1;
    if (x->mentor != y->mentor) return x->mentor < y->mentor ? -1 : 1;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static mlab_status note_overlaps(const mlab_loading *l, mlab_error *err)
{
    span *spans = mlab_allocate(l->context, l->n_pairs, sizeof *spans);
    if (!spans) return no_memory(err);
    for (size_t i = 0; i < l->n_pairs; i++) {
        const mlab_relationship *r = &l->pairs[i];
        spans[i] = (span){r->mentor, r->mentee, r->start, r->end == MLAB_DATE_MISSING ? INT32_MAX : r->end, i};
    }
    qsort(spans, l->n_pairs, sizeof *spans, by_pair);
    mlab_status status = MLAB_OK;
    for (size_t i = 1; i < l->n_pairs && !status; i++) {
        span *before = &spans[i - 1], *now = &spans[i];
        if (before->mentor != now->mentor || before->mentee != now->mentee || now->mentor == MLAB_NO_PERSON) continue;
        if (now->start <= before->end)
            status = say_pair(l, now->at, "overlapping_spells", "start", now->start, NULL, err,
                              "relationships of one pair that overlap in time; they count once");
        if (before->end > now->end) now->end = before->end;
    }
    mlab_release(l->context, spans);
    return status;
}

mlab_status mlab_check_relationships(const mlab_loading *l, mlab_error *err)
{
    if (!l->n_pairs) return MLAB_OK;
    mlab_status status = note_ends(l, err);
    if (!status) status = note_overlaps(l, err);
    for (size_t i = 0; i < l->n_pairs && !status; i++) {
        const mlab_relationship *r = &l->pairs[i];
        int32_t left = mentee_left(l, r);
        if (r->end != MLAB_DATE_MISSING && left != MLAB_DATE_MISSING && r->end > left)
            status =
                say_pair(l, i, "ends_after_exit", "end", r->end, NULL, err, "relationships that end after the mentee had left; the exit ends them");
    }
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots: files of who is there on a day. Who is missing from the next one has left in between; on which day is a stated rule, and
 * that a day was found so is said. Weakness: who leaves and comes back between two snapshots, and what changes twice, is not seen. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/history.h"
#include "data/table_join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK "data.snapshots"

static mlab_status no_memory(mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the snapshots");
}

/* --- reading ----------------------------------------------------------------------------------------- */

/* One file; day MLAB_DATE_MISSING = its rows have their own. */
static mlab_status read_file(mlab_loading *l, const mlab_setting *file, int32_t day, mlab_table **table, mlab_error *err)
{
    mlab_specs specs = {0};
    mlab_reading reading = {0};
    mlab_column_spec *spec;
    mlab_column *column;
    mlab_status status = mlab_loading_columns(l, BLOCK, &specs, err);
    if (!status) status = mlab_loading_column(l, BLOCK, "person", mlab_loading_id_heading(l, BLOCK), MLAB_READ_ID, false, &specs, &spec, err);
    if (!status && day == MLAB_DATE_MISSING) {
        status = mlab_loading_column(l, BLOCK, "date", "date", MLAB_READ_DATE, false, &specs, &spec, err);
        if (!status) spec->filled = true;
    }
    if (!status) status = mlab_job_states(l, BLOCK, &specs, err);
    if (!status) status = mlab_loading_file_of(l, BLOCK, file, &specs, &reading, err);
    if (!status) status = mlab_job_rewrite(l, reading.table, &specs, err);
    if (!status && reading.table && day != MLAB_DATE_MISSING) {
        mlab_table_drop(reading.table, "date"); /* the day is stated */
        status = mlab_table_add(reading.table, "date", MLAB_COLUMN_DATE, NULL, 0, &column, err);
        for (size_t i = 0; i < reading.table->n_rows && !status; i++) column->as.integer[i] = day;
    }
    *table = reading.table;
    reading.table = NULL;
    mlab_reading_free(l->context, &reading);
    mlab_release(l->context, specs.items);
    return status;
}

static mlab_status read_files(mlab_loading *l, const mlab_setting *files, mlab_error *err)
{
    size_t n = 0, most = mlab_setting_size(files);
    mlab_table **parts = mlab_allocate(l->context, most, sizeof *parts);
    mlab_status status = parts ? MLAB_OK : no_memory(err);
    for (size_t i = 0; i < most && !status; i++) {
        const char *key = mlab_setting_key(files, i);
        mlab_date day;
        if (!mlab_date_parse_iso(key, strlen(key), &day)) {
            mlab_place place = mlab_setting_key_place(files, i);
            status = mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "bad_snapshot", &place, key, "snapshots: {files: {2021-01-31: january.csv}}",
                                       err, "'%.60s' is not the day of a snapshot, written as 2021-01-31", key);
            continue;
        }
        mlab_table *part = NULL;
        status = read_file(l, mlab_setting_item(files, i), day, &part, err);
        if (part) parts[n++] = part;
    }
    if (!status && n == 1) {
        l->job = parts[0];
        parts[0] = NULL;
    } else if (!status && n > 1) {
        status = mlab_tables_join(l->context, (const mlab_table *const *)parts, n, "snapshots", l->findings, &l->job, err);
    }
    for (size_t i = 0; parts && i < n; i++) mlab_table_free(parts[i]);
    mlab_release(l->context, parts);
    return status;
}

mlab_status mlab_read_snapshots(mlab_loading *l, mlab_error *err)
{
    const mlab_setting *file = mlab_loading_at(l, BLOCK, "file"), *files = mlab_loading_at(l, BLOCK, "files");
    mlab_status status = MLAB_OK;
    if (file)
        status = read_file(l, file, MLAB_DATE_MISSING, &l->job, err);
    else if (files && mlab_setting_kind_of(files) == MLAB_SETTING_MAP)
        status = read_files(l, files, err);
    else {
        mlab_place place = mlab_setting_place(mlab_settings_find(l->settings, NULL, BLOCK));
        return mlab_findings_add(l->findings, MLAB_SEVERITY_STOP, "missing_key", &place, NULL, "snapshots: {files: {2021-01-31: january.csv}}", err,
                                 "snapshots have neither a file nor files");
    }
    return status || !l->job ? status : mlab_job_name_states(l, BLOCK, err);
}

/* --- days ---------------------------------------------------------------------------------------------- */

typedef struct seen_row {
    uint32_t person, row;
    int32_t date;
} seen_row;

static int by_day(const void *a, const void *b)
{
    const seen_row *x = a, *y = b;
    if (x->person != y->person) return x->person < y->person ? -1 : 1;
    if (x->date != y->date) return x->date < y->date ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static int by_number(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The distinct days of all rows, in order; also of rows of people who are not linked: a snapshot was taken on them. */
static mlab_status find_grid(const mlab_loading *l, const mlab_column *date, int32_t as_of, int32_t **grid, size_t *n, mlab_error *err)
{
    *n = 0;
    if (!(*grid = mlab_allocate(l->context, l->job->n_rows, sizeof **grid))) return no_memory(err);
    size_t all = 0;
    for (size_t i = 0; i < l->job->n_rows; i++)
        if (!mlab_is_missing_at(date, i) && (as_of == MLAB_DATE_MISSING || date->as.integer[i] <= as_of)) (*grid)[all++] = date->as.integer[i];
    qsort(*grid, all, sizeof **grid, by_number);
    for (size_t i = 0; i < all; i++)
        if (i == 0 || (*grid)[i] != (*grid)[i - 1]) (*grid)[(*n)++] = (*grid)[i];
    return MLAB_OK;
}

/* The snapshot after the day; MLAB_DATE_MISSING = it was the last one. */
static int32_t next_of(const int32_t *grid, size_t n, int32_t day)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (grid[middle] <= day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n ? grid[low] : MLAB_DATE_MISSING;
}

static int32_t last_day(const mlab_loading *l, int32_t seen, int32_t missing)
{
    const char *rule = mlab_loading_text(l, BLOCK, "left", "latest");
    if (!strcmp(rule, "earliest")) return seen;
    return !strcmp(rule, "middle") ? seen + (missing - seen) / 2 : missing - 1;
}

static mlab_status make_days(mlab_loading *l, const seen_row *rows, size_t n, const int32_t *grid, size_t n_grid, int32_t cause, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < n && !status; i++) {
        bool same = i > 0 && rows[i].person == rows[i - 1].person && rows[i].date == rows[i - 1].date;
        if (same)
            status =
                mlab_loading_say(l, MLAB_SEVERITY_NOTE, "twice_in_snapshot", l->job, rows[i].row, "person", mlab_ids_text(&l->ids, rows[i].person),
                                 NULL, err, "people with two rows in one snapshot; the later row counts");
        else
            l->days[l->n_days++] =
                (mlab_job_day){.person = rows[i].person, .date = rows[i].date, .last = MLAB_DATE_MISSING, .cause = MLAB_CAUSE_STAYS};
        mlab_job_day *day = &l->days[l->n_days - 1];
        int32_t next = next_of(grid, n_grid, day->date);
        bool there = i + 1 < n && rows[i + 1].person == day->person && rows[i + 1].date <= next;
        day->row = rows[i].row;
        if (next == MLAB_DATE_MISSING || there || !l->exits_known) continue;
        day->closes = true;
        day->last = last_day(l, day->date, next);
        day->cause = cause;
        if (cause == MLAB_CAUSE_STAYS)
            status = mlab_loading_say(l, MLAB_SEVERITY_DECIDE, "exit_without_reason", l->job, day->row, "person", NULL,
                                      "events: {exit: {no_reason: voluntary}}      (or another cause, or end_of_study)", err,
                                      "people left without a reason; say which cause they count for");
    }
    return status;
}

/* Who is in the first snapshot was there before it; since when only a day of hire can say. */
static mlab_status say_since(const mlab_loading *l, const seen_row *rows, size_t n, int32_t first, mlab_error *err)
{
    size_t unknown = 0;
    for (size_t i = 0; i < n; i++)
        unknown += rows[i].date == first && l->hired[rows[i].person] == MLAB_DATE_MISSING && (i == 0 || rows[i - 1].person != rows[i].person) &&
                   mlab_job_date(mlab_table_find(l->job, "hired"), rows[i].row) == MLAB_DATE_MISSING;
    if (!unknown) return MLAB_OK;
    mlab_place place = mlab_place_cell(l->job->file, 0, 0, NULL);
    return mlab_findings_add(l->findings, MLAB_SEVERITY_NOTE, "tenure_from_records", &place, NULL, "snapshots: {hired: <column>}", err,
                             "who is in the first snapshot and has no day of hire has a tenure from that snapshot, which is too short; people: %zu",
                             unknown);
}

static void say_rule(mlab_loading *l, size_t n_grid)
{
    const char *rule = mlab_loading_text(l, BLOCK, "left", NULL);
    if (!l->exits_known)
        mlab_text_append(&l->guesses, "the last days are those of the people file, not those of the snapshots\n");
    else if (!rule)
        mlab_text_print(&l->guesses,
                        "who is missing from the next of %zu snapshots left on the day before it; to pin it: snapshots: {left: latest}\n", n_grid);
}

mlab_status mlab_snapshot_days(mlab_loading *l, const uint32_t *rank, mlab_error *err)
{
    const mlab_column *date = mlab_table_find(l->job, "date");
    const mlab_setting *exits = mlab_settings_find(l->settings, NULL, "events.exit");
    int32_t as_of = mlab_loading_date(l, "", "as_of"), none = MLAB_CAUSE_STAYS, *grid = NULL;
    size_t n = 0, n_grid = 0;
    if (!date || date->type != MLAB_COLUMN_DATE) return MLAB_OK; /* found already */
    if (exits && mlab_setting_kind_of(exits) != MLAB_SETTING_MAP) exits = NULL;
    seen_row *rows = mlab_allocate(l->context, l->job->n_rows, sizeof *rows);
    l->days = mlab_allocate(l->context, l->job->n_rows, sizeof *l->days);
    l->exits_known = !mlab_table_find(l->data->people, "left");
    mlab_status status = rows && l->days ? mlab_exit_causes(l, exits, NULL, err) : no_memory(err);
    if (!status) status = mlab_exit_without_reason(l, exits, &none, err);
    if (!status) status = find_grid(l, date, as_of, &grid, &n_grid, err);
    for (size_t i = 0; i < l->job->n_rows && !status; i++) {
        if (rank[i] >= l->ids.n || mlab_is_missing_at(date, i) || (as_of != MLAB_DATE_MISSING && date->as.integer[i] > as_of)) continue;
        rows[n++] = (seen_row){rank[i], (uint32_t)i, date->as.integer[i]};
    }
    if (!status) {
        qsort(rows, n, sizeof *rows, by_day);
        status = make_days(l, rows, n, grid, n_grid, none, err);
    }
    if (!status && n) status = say_since(l, rows, n, grid[0], err);
    if (!status) say_rule(l, n_grid);
    mlab_release(l->context, rows);
    mlab_release(l->context, grid);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a file into a typed table: headings to columns, blocks of rows into them, copies of rows, and the finish.
 *
 * Columns that nothing in the study names are read like the others in files up to 256 MB, so that they can be tabulated
 * and asked about; in larger files their rows are checked for their form and the columns are not kept.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/checks.h"
#include "data/duplicates.h"
#include "data/read_column.h"
#include "data/read_lines.h"
#include "data/rows_query.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DROP_UNNAMED_ABOVE ((uint64_t)256 << 20)

typedef struct table_reading {
    const mlab_context *context;
    mlab_rows *rows;
    const mlab_file_spec *spec;
    mlab_findings *findings;
    mlab_text *guesses;
    mlab_column_reading *columns; /* [n_columns] */
    size_t n_columns;
    uint8_t *used;       /* [rows->n_columns] headings that a stated column reads */
    mlab_line_runs runs; /* of lines; `lines` is made of them when the table is */
    uint64_t *lines;
    size_t n;
    uint8_t *use; /* rows of the block that are no empty rows */
    size_t use_capacity;
    uint64_t *hashes; /* of the block's cells */
    size_t hashes_capacity;
    uint8_t *ignored; /* [rows->n_columns] columns that near-duplicates may differ in */
    mlab_row_digests exact, near;
    mlab_row_copies exact_copies, near_copies;
} table_reading;

static mlab_status no_memory(const table_reading *r, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", r->spec->file);
}

/* --- headings -------------------------------------------------------------------------------------- */

static size_t heading_of(const mlab_rows *rows, const char *name)
{
    size_t i = 0;
    while (i < rows->n_columns && strcmp(rows->names[i], name)) i++;
    return i;
}

/* The first headings of the file, for somebody who looks for one. */
static void list_headings(const mlab_rows *rows, char *into, size_t size)
{
    enum { SHOWN = 8 };
    size_t n = 0;
    into[0] = '\0';
    for (size_t i = 0; i < rows->n_columns && i < SHOWN && n + 48 < size; i++)
        n += (size_t)snprintf(into + n, size - n, "%s'%.40s'", i ? ", " : "", rows->names[i]);
    if (rows->n_columns > SHOWN) snprintf(into + n, size - n, " and %zu more", rows->n_columns - SHOWN);
}

static mlab_status say_no_heading(const table_reading *r, const mlab_column_spec *column, mlab_error *err)
{
    if (!r->rows->n_columns || r->rows->no_header) return MLAB_OK; /* found already: there are no headings to look among */
    const char *near = mlab_nearest(column->from, (const char *const *)r->rows->names, r->rows->n_columns);
    const mlab_place *place = column->place.file[0] ? &column->place : NULL;
    char headings[480], remedy[200];
    list_headings(r->rows, headings, sizeof headings);
    snprintf(remedy, sizeof remedy, "%s: {%s: %s}      (the heading that holds it)", r->spec->role ? r->spec->role : "people", column->name,
             near ? near : "HEADING");
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "missing_column", place, NULL, place ? NULL : remedy, err,
                             "column '%s' is not in %s%s%s%s", column->from, r->rows->file, near ? "; did you mean '" : "; its headings are ",
                             near ? near : headings, near ? "'?" : "");
}

static mlab_column_reading *add_column(table_reading *r, const mlab_column_spec *spec, size_t at)
{
    mlab_column_reading *column = &r->columns[r->n_columns++];
    mlab_column_reading_start(column, r->context);
    column->file = r->rows->file;
    column->spec = *spec;
    column->spec.pin = r->spec->role;
    column->at = at;
    column->typed = r->rows->kind->typed;
    if (!column->spec.rules.decimal) column->spec.rules.decimal = column->typed ? '.' : r->spec->rules.decimal;
    if (!column->spec.rules.thousands && !column->typed) column->spec.rules.thousands = r->spec->rules.thousands;
    if (!column->spec.rules.dates) column->spec.rules.dates = r->spec->rules.dates;
    if (!column->spec.rules.missing) column->spec.rules.missing = r->spec->rules.missing;
    if (column->spec.rules.serials == MLAB_SERIALS_UNSTATED) column->spec.rules.serials = r->spec->rules.serials;
    if (column->spec.rules.zone == MLAB_ZONE_UNSTATED) column->spec.rules.zone = r->spec->rules.zone;
    column->spec.rules.trim |= r->spec->rules.trim;
    bool numbers = spec->type == MLAB_READ_NUMBER || spec->type == MLAB_READ_INTEGER || spec->type == MLAB_READ_DURATION;
    column->hold = numbers ? MLAB_HOLD_NUMBERS : spec->type == MLAB_READ_TEXT || spec->type == MLAB_READ_ID ? MLAB_HOLD_TEXTS : MLAB_HOLD_CODES;
    return column;
}

/* Columns of the file that no stated column reads keep their heading as name, unless a stated one has that name. */
static void add_others(table_reading *r)
{
    bool drop = r->spec->drop_unnamed || r->rows->n_bytes > DROP_UNNAMED_ABOVE;
    size_t n_stated = r->n_columns;
    for (size_t i = 0; i < r->rows->n_columns; i++) {
        const char *name = r->rows->names[i];
        bool taken = r->used[i] || (r->rows->heading_twice && heading_of(r->rows, name) != i);
        for (size_t k = 0; k < n_stated && !taken; k++) taken = !strcmp(r->columns[k].spec.name, name);
        if (taken) continue;
        const mlab_column_spec other = {.name = name, .from = name, .low = -HUGE_VAL, .high = HUGE_VAL, .pin = r->spec->role};
        mlab_column_reading *column = add_column(r, &other, i);
        column->named = !r->spec->named || r->spec->named(r->spec->user, name);
        if (!column->named && drop) column->hold = MLAB_HOLD_NOTHING;
    }
}

/* The heading that is there in the place of the one that would be taken. */
static void take_other(table_reading *r, mlab_column_spec *column)
{
    const char *role = r->spec->role ? r->spec->role : "people";
    mlab_text_print(r->guesses, "%s, column \"%s\": ids of people, since no column is called \"%s\"; to pin it: %s: {%s: %s}\n", r->rows->file,
                    column->also, column->from, role, column->name, column->also);
    column->from = column->also;
}

static mlab_status match_headings(table_reading *r, mlab_error *err)
{
    r->columns = mlab_allocate(r->context, r->spec->n_columns + r->rows->n_columns, sizeof *r->columns);
    r->used = mlab_allocate(r->context, r->rows->n_columns, 1);
    r->ignored = mlab_allocate(r->context, r->rows->n_columns, 1);
    if (!r->columns || !r->used || !r->ignored) return no_memory(r, err);
    for (size_t k = 0; k < r->spec->n_columns; k++) {
        mlab_column_spec own = r->spec->columns[k], *column = &own;
        size_t at = heading_of(r->rows, column->from);
        if (at >= r->rows->n_columns && column->also && !column->place.file[0]) {
            at = heading_of(r->rows, column->also);
            if (at < r->rows->n_columns) take_other(r, column);
        }
        if (at < r->rows->n_columns) {
            r->used[at] = 1;
            add_column(r, column, at)->named = true;
        } else if (!column->optional) {
            mlab_status status = say_no_heading(r, column, err);
            if (status) return status;
        }
    }
    add_others(r);
    for (size_t i = 0; r->spec->near_ignoring && i < mlab_setting_size(r->spec->near_ignoring); i++) {
        const mlab_setting *item = mlab_setting_item(r->spec->near_ignoring, i);
        size_t at = heading_of(r->rows, mlab_setting_text(item));
        mlab_column_spec missing = {.from = mlab_setting_text(item), .place = mlab_setting_place(item)};
        if (at < r->rows->n_columns)
            r->ignored[at] = 1;
        else {
            mlab_status status = say_no_heading(r, &missing, err);
            if (status) return status;
        }
    }
    return MLAB_OK;
}

/* --- rows ------------------------------------------------------------------------------------------ */

static mlab_status note_digest(table_reading *r, mlab_row_digests *digests, const uint64_t *hashes, const uint8_t *skip, mlab_error *err)
{
    mlab_status status = mlab_grow(r->context, &digests->items, digests->n, &digests->capacity, sizeof *digests->items, err);
    if (!status) digests->items[digests->n++] = mlab_row_digest_of(hashes, r->rows->n_columns, skip);
    return status;
}

static mlab_status make_room(table_reading *r, const mlab_row_block *block, mlab_error *err)
{
    size_t cells = block->n_rows * block->n_columns;
    if (block->n_rows > r->use_capacity) {
        uint8_t *use = mlab_reallocate(r->context, r->use, block->n_rows, 1);
        if (!use) return no_memory(r, err);
        r->use = use;
        r->use_capacity = block->n_rows;
    }
    if (cells > r->hashes_capacity) {
        uint64_t *hashes = mlab_reallocate(r->context, r->hashes, cells, sizeof *hashes);
        if (!hashes) return no_memory(r, err);
        r->hashes = hashes;
        r->hashes_capacity = cells;
    }
    return MLAB_OK;
}

static bool is_empty_row(const mlab_cell *cells, size_t n)
{
    for (size_t c = 0; c < n; c++)
        if (cells[c].n || cells[c].quoted) return false;
    return true;
}

static mlab_status take_row(table_reading *r, const mlab_row_block *block, size_t i, mlab_error *err)
{
    const mlab_cell *cells = block->cells + i * block->n_columns;
    if (!r->hashes) return mlab_raise(err, MLAB_ERR_ARGUMENT, "no room for the hashes of a block of rows");
    uint64_t *hashes = r->hashes + i * block->n_columns;
    r->use[i] = !is_empty_row(cells, block->n_columns);
    if (!r->use[i]) {
        mlab_place place = mlab_place_cell(r->rows->file, block->lines[i], 0, NULL);
        return mlab_findings_add(r->findings, MLAB_SEVERITY_NOTE, "empty_row", &place, NULL, NULL, err, "rows without any content are left out");
    }
    for (size_t c = 0; c < block->n_columns; c++) hashes[c] = mlab_hash_bytes(cells[c].text, cells[c].n);
    mlab_status status = mlab_line_runs_add(r->context, &r->runs, r->n, block->lines[i], err);
    if (!status) r->n++;
    if (!status) status = note_digest(r, &r->exact, hashes, NULL, err);
    return status || !r->spec->near_ignoring ? status : note_digest(r, &r->near, hashes, r->ignored, err);
}

static mlab_status take_rows(table_reading *r, const mlab_row_block *block, mlab_error *err)
{
    mlab_status status = make_room(r, block, err);
    for (size_t i = 0; i < block->n_rows && !status; i++) status = take_row(r, block, i, err);
    for (size_t k = 0; k < r->n_columns && !status; k++) status = mlab_column_reading_take(&r->columns[k], block, r->use, r->hashes, err);
    return status;
}

static mlab_status read_blocks(table_reading *r, mlab_error *err)
{
    for (;;) {
        mlab_row_block block;
        mlab_status status = mlab_rows_next(r->rows, &block, err);
        if (status || !block.n_rows) return status;
        if (r->context->progress && r->rows->n_bytes) r->context->progress(r->context->user, r->spec->file, r->rows->n_read, r->rows->n_bytes);
        if (r->context->cancelled && r->context->cancelled(r->context->user))
            return mlab_raise(err, MLAB_ERR_CANCELLED, "stopped while reading %s", r->spec->file);
        if ((status = take_rows(r, &block, err))) return status;
    }
}

/* --- copies ---------------------------------------------------------------------------------------- */

static mlab_status say_copy(const table_reading *r, size_t row, size_t of, const char *kind, const char *remedy, mlab_error *err,
                            const char *sentence)
{
    char value[40];
    mlab_place place = mlab_place_cell(r->rows->file, r->lines[row], 0, NULL);
    snprintf(value, sizeof value, "like row %llu", (unsigned long long)r->lines[of]);
    return mlab_findings_add(r->findings, MLAB_SEVERITY_NOTE, kind, &place, value, remedy, err, "%s", sentence);
}

static mlab_status say_copies(const table_reading *r, const mlab_row_copies *copies, const char *kind, const char *remedy, mlab_error *err,
                              const char *sentence)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < copies->n && !status; i++) status = say_copy(r, copies->items[i].row, copies->items[i].of, kind, remedy, err, sentence);
    return status;
}

/* Finds the copies and lets go of the digests; exact ones are not near ones. */
static mlab_status find_copies(table_reading *r, mlab_error *err)
{
    mlab_status status = mlab_row_digests_copies(r->context, &r->exact, &r->exact_copies, err);
    mlab_release(r->context, r->exact.items);
    r->exact = (mlab_row_digests){0};
    if (status || !r->spec->near_ignoring) return status;
    if ((status = mlab_row_digests_copies(r->context, &r->near, &r->near_copies, err))) return status;
    mlab_row_copies *near = &r->near_copies;
    size_t n = 0;
    for (size_t i = 0, k = 0; i < near->n; i++) {
        while (k < r->exact_copies.n && r->exact_copies.items[k].row < near->items[i].row) k++;
        if (k == r->exact_copies.n || r->exact_copies.items[k].row != near->items[i].row) near->items[n++] = near->items[i];
    }
    near->n = n;
    return MLAB_OK;
}

/* Says them; leaves out the exact ones when that is asked for. */
static mlab_status settle_copies(table_reading *r, mlab_table *table, mlab_error *err)
{
    char sentence[200];
    size_t n = r->exact_copies.n;
    snprintf(sentence, sizeof sentence, "%zu %s of earlier ones; %s%s", n, n == 1 ? "row is an exact copy" : "rows are exact copies",
             r->spec->drop_duplicates ? "left out" : "kept", r->spec->duplicates_stated ? ", as the study says" : "");
    const char *remedy = r->spec->drop_duplicates ? "duplicates: keep" : "duplicates: drop";
    mlab_status status = say_copies(r, &r->exact_copies, "exact_duplicate", remedy, err, sentence);
    n = r->near_copies.n;
    snprintf(sentence, sizeof sentence, "%zu %s an earlier one in all columns but those of near_duplicates; kept", n,
             n == 1 ? "row equals" : "rows equal");
    if (!status) status = say_copies(r, &r->near_copies, "near_duplicate", NULL, err, sentence);
    if (status || !r->spec->drop_duplicates || !r->exact_copies.n) return status;
    uint8_t *keep = mlab_allocate(r->context, r->n, 1);
    if (!keep) return no_memory(r, err);
    memset(keep, 1, r->n);
    for (size_t i = 0; i < r->exact_copies.n; i++) keep[r->exact_copies.items[i].row] = 0;
    mlab_table_keep_rows(table, keep);
    mlab_release(r->context, keep);
    return MLAB_OK;
}

/* --- the whole ------------------------------------------------------------------------------------- */

static mlab_status finish_table(table_reading *r, mlab_table **table, mlab_error *err)
{
    mlab_status status = mlab_table_make(r->context, r->n, table, err);
    if (status) return status;
    char *file = mlab_copy_text(r->context, r->rows->file);
    if (!file) return no_memory(r, err);
    mlab_release(r->context, (*table)->file);
    (*table)->file = file;
    (*table)->lines = r->lines;
    const mlab_column_finish finish = {*table, r->findings, r->guesses};
    for (size_t k = 0; k < r->n_columns && !status; k++) {
        status = mlab_column_reading_finish(&r->columns[k], &finish, err);
        mlab_column_reading_free(&r->columns[k]);
    }
    r->lines = NULL; /* the table's now */
    if (!status) status = mlab_check_columns(*table, r->findings, err);
    if (!status) {
        r->lines = (*table)->lines;
        status = settle_copies(r, *table, err);
        r->lines = NULL;
    }
    return status;
}

/* What was found about the frame of the rows, with the lines that pin it. */
static void say_frame(const table_reading *r)
{
    const mlab_rows *rows = r->rows;
    const char *file = r->spec->file, *role = r->spec->role;
    if (rows->sheet && rows->sheet_found)
        mlab_text_print(r->guesses, "%s: the sheet \"%s\" is read; to pin it: %s: {sheet: \"%s\"}\n", file, rows->sheet, role, rows->sheet);
    if (rows->utf16_found) mlab_text_print(r->guesses, "%s: its characters are stored as UTF-16; to pin it: encoding: utf-16\n", file);
    if (rows->header_found)
        mlab_text_print(r->guesses, "%s: the headings are in row %llu, what stands above them is left out; to pin it: %s: {header: %llu}\n", file,
                        (unsigned long long)rows->header_line, role, (unsigned long long)rows->header_line);
    if (rows->header_rows_found)
        mlab_text_print(r->guesses, "%s: %u rows of headings, the first names the columns; to pin it: %s: {header_rows: %u}\n", file,
                        (unsigned)rows->header_rows, role, (unsigned)rows->header_rows);
    if (rows->stop_found)
        mlab_text_print(r->guesses,
                        "%s: row %llu (\"%s\") is taken for totals, %llu row%s from there on left out; to pin it: %s: {stop_at: \"%s\"}\n", file,
                        (unsigned long long)rows->stop_line, rows->stop_text, (unsigned long long)rows->n_after_stop,
                        rows->n_after_stop == 1 ? "" : "s", role, rows->stop_text);
}

static mlab_status describe_input(const table_reading *r, mlab_input *input, mlab_error *err)
{
    input->role = mlab_copy_text(r->context, r->spec->role);
    input->file = mlab_copy_text(r->context, r->spec->file);
    if (!input->role || !input->file) return no_memory(r, err);
    memcpy(input->sha256, r->rows->sha256, sizeof input->sha256);
    input->rows = r->n;
    static const char *const names[] = {"comma", "semicolon", "tab", "bar"};
    const char *at = r->rows->delimiter ? strchr(",;\t|", r->rows->delimiter) : NULL;
    if (at && r->rows->found && r->rows->n_columns > 1 && *at != ',')
        mlab_text_print(r->guesses, "%s: cells are divided by %s; to pin it: delimiter: %s\n", r->spec->file,
                        *at == '\t'  ? "tabs"
                        : *at == ';' ? "semicolons"
                                     : "bars",
                        names[at - (const char *)",;\t|"]);
    say_frame(r);
    return MLAB_OK;
}

static mlab_status say_no_rows(const table_reading *r, mlab_error *err)
{
    mlab_place place = mlab_place_cell(r->rows->file, 0, 0, NULL);
    if (r->n || !r->rows->n_columns || r->rows->n_rows) return MLAB_OK;
    return mlab_findings_add(r->findings, MLAB_SEVERITY_STOP, "no_rows", &place, NULL, NULL, err, "the file has headings but no rows");
}

mlab_status mlab_read_rows(mlab_rows *rows, const mlab_file_spec *spec, mlab_findings *findings, mlab_text *guesses, mlab_reading *reading,
                           mlab_error *err)
{
    *reading = (mlab_reading){0};
    table_reading r = {.context = rows->context, .rows = rows, .spec = spec, .findings = findings, .guesses = guesses};
    size_t stops = mlab_findings_count(findings, MLAB_SEVERITY_STOP);
    mlab_status status = match_headings(&r, err);
    if (!status) status = read_blocks(&r, err);
    reading->complete = mlab_findings_count(findings, MLAB_SEVERITY_STOP) == stops;
    if (!status) status = say_no_rows(&r, err);
    if (!status) status = describe_input(&r, &reading->input, err);
    if (!status) status = find_copies(&r, err);
    if (!status) status = mlab_line_runs_expand(r.context, &r.runs, r.n, &r.lines, err);
    if (!status) status = finish_table(&r, &reading->table, err);
    for (size_t k = 0; r.columns && k < r.n_columns; k++) mlab_column_reading_free(&r.columns[k]);
    void *owned[] = {r.columns,          r.used, r.use, r.hashes, r.ignored, r.lines, r.runs.items, r.exact.items, r.near.items, r.exact_copies.items,
                     r.near_copies.items};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) mlab_release(r.context, owned[k]);
    if (status) mlab_reading_free(rows->context, reading);
    return status;
}

mlab_status mlab_read_file(const mlab_context *context, const mlab_file_spec *spec, mlab_findings *findings, mlab_text *guesses,
                           mlab_reading *reading, mlab_error *err)
{
    mlab_rows *rows = NULL;
    *reading = (mlab_reading){0};
    mlab_status status = spec->sql ? mlab_rows_open_sql(context, spec->file, spec->sql, spec->connection, spec->folder, findings, &rows, err)
                                   : mlab_rows_open(context, spec->path, spec->file, &spec->rows, findings, &rows, err);
    if (!status) status = mlab_read_rows(rows, spec, findings, guesses, reading, err);
    mlab_rows_close(rows);
    return status;
}

void mlab_reading_free(const mlab_context *context, mlab_reading *reading)
{
    mlab_table_free(reading->table);
    mlab_release(context, reading->input.role);
    mlab_release(context, reading->input.file);
    *reading = (mlab_reading){0};
}

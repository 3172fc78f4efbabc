/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From rows as they stand in a file to rows under headings: rows of titles above the headings, several rows of headings, rows of
 * totals below the data.
 *
 * The headings are those of the first row unless that row is mostly empty beside the rows below it; then they are the first row that
 * is as full as those and holds texts. What was not stated and is not in the first row is kept for a line to the user.
 * Weakness: headings below more than 30 rows, or with numbers as names, have to be stated.
 */
#include "data/rows_frame.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "data/dictionary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MOST_COLUMNS ((size_t)20000)

static mlab_status no_memory(const mlab_rows *rows, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", rows->file);
}

static void trim(const char **text, size_t *n)
{
    while (*n && (**text == ' ' || **text == '\t')) {
        ++*text;
        --*n;
    }
    while (*n && ((*text)[*n - 1] == ' ' || (*text)[*n - 1] == '\t')) --*n;
}

mlab_status mlab_rows_say(mlab_rows *rows, mlab_severity severity, const char *kind, uint64_t line, size_t column, const char *value,
                          const char *remedy, mlab_error *err, const char *sentence)
{
    const char *heading = column && column <= rows->n_columns ? rows->names[column - 1] : NULL;
    mlab_place place = mlab_place_cell(rows->file, line, (uint32_t)column, heading);
    return mlab_findings_add(rows->findings, severity, kind, &place, value, remedy, err, "%s", sentence);
}

/* --- the headings ----------------------------------------------------------------------------------- */

static mlab_status say_twice(mlab_rows *rows, uint64_t line, size_t i, mlab_error *err)
{
    const char *name = rows->names[i];
    char sentence[300];
    size_t j = 0;
    while (strcmp(name, rows->names[j])) j++;
    rows->heading_twice = true;
    snprintf(sentence, sizeof sentence, "the heading '%.100s' stands in columns %zu and %zu; one of them needs another name", name, j + 1, i + 1);
    return mlab_rows_say(rows, MLAB_SEVERITY_STOP, "duplicate_heading", line, i + 1, name, NULL, err, sentence);
}

static mlab_status check_names(mlab_rows *rows, uint64_t line, mlab_error *err)
{
    size_t like_data = 0;
    mlab_dictionary seen;
    mlab_status status = MLAB_OK;
    mlab_dictionary_start(&seen, rows->context);
    for (size_t i = 0; i < rows->n_columns && !status; i++) {
        const char *name = rows->names[i];
        double number;
        mlab_date date;
        uint32_t code;
        const size_t before = seen.n;
        like_data += mlab_number_parse(name, strlen(name), '.', &number) || mlab_date_parse_iso(name, strlen(name), &date);
        status = mlab_dictionary_add(&seen, name, strlen(name), &code, err);
        if (!status && seen.n == before) status = say_twice(rows, line, i, err);
    }
    mlab_dictionary_free(&seen);
    if (status) return status;
    if (2 * like_data <= rows->n_columns) return MLAB_OK;
    rows->no_header = true;
    return mlab_rows_say(rows, MLAB_SEVERITY_STOP, "no_header", line, 0, rows->names[0], NULL, err,
                         "the first row holds numbers or dates where headings are expected; add a row with the names of the columns");
}

static mlab_status take_name(mlab_rows *rows, const mlab_cell *cell, size_t i, uint64_t line, mlab_error *err)
{
    const char *text = cell->text;
    size_t n = cell->n;
    char made[32];
    mlab_status status = MLAB_OK;
    trim(&text, &n);
    if (n != cell->n && n)
        status =
            mlab_rows_say(rows, MLAB_SEVERITY_NOTE, "heading_blanks", line, i + 1, cell->text, NULL, err, "blanks around a heading are left out");
    if (n == 0) {
        snprintf(made, sizeof made, "column_%zu", i + 1);
        text = made;
        n = strlen(made);
        status = mlab_rows_say(rows, MLAB_SEVERITY_NOTE, "no_heading", line, i + 1, made, NULL, err,
                               "columns without a heading are called column_ and their number here");
    }
    if (status) return status;
    rows->names[i] = mlab_copy_bytes_as_text(rows->context, text, n);
    return rows->names[i] ? MLAB_OK : no_memory(rows, err);
}

static mlab_status take_labels(mlab_rows *rows, const mlab_cell *cells, size_t n, mlab_error *err)
{
    rows->labels = mlab_allocate(rows->context, rows->n_columns, sizeof *rows->labels);
    if (!rows->labels) return no_memory(rows, err);
    for (size_t i = 0; i < rows->n_columns; i++)
        if (!(rows->labels[i] = mlab_copy_text(rows->context, i < n ? cells[i].text : ""))) return no_memory(rows, err);
    return MLAB_OK;
}

/* Cells of row i up to the last filled one when the kind gives short rows. */
static size_t cells_of(const mlab_rows *rows, size_t i, const mlab_cell **cells)
{
    size_t n = rows->raw.first[i + 1] - rows->raw.first[i];
    *cells = rows->raw.cells + rows->raw.first[i];
    while (rows->kind->short_rows && n > 1 && !(*cells)[n - 1].n) n--;
    return n;
}

static mlab_status take_header(mlab_rows *rows, const mlab_rows_options *options, size_t at, mlab_error *err)
{
    const mlab_cell *cells, *below;
    size_t n = cells_of(rows, at, &cells);
    rows->header_line = rows->raw.lines[at];
    rows->raw_at = at + 1;
    if (n > MOST_COLUMNS)
        return mlab_rows_say(rows, MLAB_SEVERITY_STOP, "too_many_columns", rows->header_line, 0, NULL, NULL, err, "more than 20,000 columns");
    rows->names = mlab_allocate(rows->context, n, sizeof *rows->names);
    if (!rows->names) return no_memory(rows, err);
    for (size_t i = 0; i < n; i++) {
        mlab_status status = take_name(rows, &cells[i], i, rows->header_line, err);
        if (status) return status;
        rows->n_columns = i + 1;
    }
    rows->header_rows = options->header_rows ? options->header_rows : mlab_frame_header_rows(rows, at);
    rows->header_rows_found = !options->header_rows && rows->header_rows > 1;
    rows->skip = rows->header_rows - 1 + options->skip_after_header;
    if (rows->header_rows > 1 && at + 1 < rows->raw.n_rows) {
        n = cells_of(rows, at + 1, &below);
        mlab_status status = take_labels(rows, below, n, err);
        if (status) return status;
    }
    return check_names(rows, rows->header_line, err);
}

/* Blocks are passed over up to the stated line. */
static mlab_status seek_header(mlab_rows *rows, const mlab_rows_options *options, size_t *at, mlab_error *err)
{
    char sentence[200], value[40] = "";
    for (;;) {
        for (*at = 0; *at < rows->raw.n_rows && rows->raw.lines[*at] < options->header;) ++*at;
        if (*at < rows->raw.n_rows || !rows->raw.n_rows) break;
        mlab_status status = rows->kind->next(rows, &rows->raw, err);
        if (status) return status;
    }
    if (*at < rows->raw.n_rows && rows->raw.lines[*at] == options->header) return MLAB_OK;
    if (*at < rows->raw.n_rows) snprintf(value, sizeof value, "row %" PRIu64 " is the next", rows->raw.lines[*at]);
    snprintf(sentence, sizeof sentence, "the headings are said to be in row %u, where no row with cells begins", (unsigned)options->header);
    *at = rows->raw.n_rows;
    return mlab_rows_say(rows, MLAB_SEVERITY_STOP, "no_header_there", options->header, 0, value, NULL, err, sentence);
}

static mlab_status say_empty(mlab_rows *rows, size_t stops, mlab_error *err)
{
    if (rows->troubled || mlab_findings_count(rows->findings, MLAB_SEVERITY_STOP) > stops) return MLAB_OK;
    return mlab_rows_say(rows, MLAB_SEVERITY_STOP, "empty_file", 0, 0, NULL, NULL, err,
                         "the file is empty; a row of headings and rows of data are expected");
}

mlab_status mlab_rows_frame(mlab_rows *rows, const mlab_rows_options *options, mlab_error *err)
{
    size_t at = 0, stops = mlab_findings_count(rows->findings, MLAB_SEVERITY_STOP);
    if (options->stop_at && !(rows->stop_at = mlab_copy_text(rows->context, options->stop_at))) return no_memory(rows, err);
    mlab_status status = rows->kind->next(rows, &rows->raw, err);
    if (status) return status;
    if (!rows->raw.n_rows) return say_empty(rows, stops, err);
    if (options->header) {
        status = seek_header(rows, options, &at, err);
        return status || at == rows->raw.n_rows ? status : take_header(rows, options, at, err);
    }
    size_t blank = mlab_frame_blank_rows(rows);
    if (blank == rows->raw.n_rows) return say_empty(rows, stops, err);
    at = mlab_frame_find_header(rows, blank);
    rows->header_found = at > blank;
    return take_header(rows, options, at, err);
}

/* --- the rows below ---------------------------------------------------------------------------------- */

/* Does the one cell of the row hold the row, divided by another mark? */
static char other_delimiter(const mlab_rows *rows, const mlab_cell *cells, size_t n)
{
    for (const char *mark = rows->delimiter && n == 1 && rows->n_columns > 1 ? ",;\t|" : ""; *mark; mark++) {
        size_t marks = 0;
        for (size_t i = 0; i < cells[0].n; i++) marks += cells[0].text[i] == *mark;
        if (*mark != rows->delimiter && marks + 1 == rows->n_columns) return *mark;
    }
    return '\0';
}

/* A row that is not as wide as the headings; *keep = it is usable all the same. */
static mlab_status check_width(mlab_rows *rows, const mlab_cell *cells, size_t n, uint64_t line, bool *keep, mlab_error *err)
{
    char sentence[200], value[40], remedy[120];
    size_t wanted = rows->n_columns, filled = mlab_frame_filled(cells, n);
    *keep = false;
    size_t used = n;
    while (used > wanted && !cells[used - 1].n) used--;
    *keep = used == wanted || (rows->kind->short_rows && used < wanted);
    if (*keep)
        return rows->kind->short_rows ? MLAB_OK
                                      : mlab_rows_say(rows, MLAB_SEVERITY_NOTE, "extra_empty_cells", line, wanted + 1, NULL, NULL, err,
                                                      "empty cells beyond the last heading are left out");
    snprintf(value, sizeof value, "%zu cells", n);
    if (other_delimiter(rows, cells, n)) {
        snprintf(value, sizeof value, "'%c'", other_delimiter(rows, cells, n));
        return mlab_rows_say(rows, MLAB_SEVERITY_STOP, "other_delimiter", line, 0, value, NULL, err,
                             "rows whose cells are divided by another mark than those of the headings; save the file anew with one of them");
    }
    if (wanted > 2 && filled == 1 && n < wanted) {
        const mlab_cell *text = cells;
        while (!text->n) text++;
        snprintf(sentence, sizeof sentence, "rows with one text in place of the %zu cells of the headings; notes above or below the table?", wanted);
        snprintf(remedy, sizeof remedy, "stop_at: \"%.*s\"", text->n > 60 ? 60 : (int)text->n, text->text);
        return mlab_rows_say(rows, MLAB_SEVERITY_STOP, "loose_text", line, 0, text->text, remedy, err, sentence);
    }
    snprintf(sentence, sizeof sentence, "rows with %s cells than the %zu headings", n < wanted ? "fewer" : "more", wanted);
    return mlab_rows_say(rows, MLAB_SEVERITY_STOP, n < wanted ? "too_few_cells" : "too_many_cells", line, 0, value, NULL, err, sentence);
}

/* Is row i one of data? Passes over the rest of the headings and over what stands from the row of totals on. */
static mlab_status is_wanted(mlab_rows *rows, const mlab_cell *cells, size_t n, uint64_t line, bool *wanted, mlab_error *err)
{
    *wanted = false;
    if (rows->skip) {
        rows->skip--;
        return MLAB_OK;
    }
    if (!rows->stopped && mlab_frame_stops(rows, cells, n)) {
        const mlab_cell *text = cells;
        while (!text->n) text++;
        rows->stopped = true;
        rows->stop_found = !rows->stop_at;
        rows->stop_line = line;
        if (!(rows->stop_text = mlab_copy_text(rows->context, text->text))) return no_memory(rows, err);
    }
    if (!rows->stopped) {
        *wanted = true;
        return MLAB_OK;
    }
    rows->n_after_stop++;
    if (!rows->stop_found || rows->n_after_stop == 1 || n != rows->n_columns || 2 * mlab_frame_filled(cells, n) <= n) return MLAB_OK;
    char remedy[200];
    snprintf(remedy, sizeof remedy, "stop_at: \"%.60s\"      (or stop_at: \"\" when all rows are data)", rows->stop_text);
    rows->stop_found = false; /* said once */
    return mlab_rows_say(rows, MLAB_SEVERITY_DECIDE, "total_row", rows->stop_line, 0, rows->stop_text, remedy, err,
                         "a row of totals stands among the rows of data; do the data end there?");
}

/* Moves the cells of a row to the frame's own, as many as there are headings. */
static mlab_status keep_row(mlab_rows *rows, mlab_row_block *block, const mlab_cell *cells, size_t n, uint64_t line, mlab_error *err)
{
    static const mlab_cell none = {.text = ""};
    size_t wanted = rows->n_columns, at = block->n_rows * wanted;
    if (rows->cells_capacity - at < wanted) {
        size_t capacity = rows->cells_capacity + rows->cells_capacity / 2 + 64 * wanted;
        mlab_cell *grown = mlab_reallocate(rows->context, rows->cells, capacity, sizeof *grown);
        if (!grown) return no_memory(rows, err);
        rows->cells = grown;
        rows->cells_capacity = capacity;
    }
    mlab_status status = mlab_grow(rows->context, &rows->lines, block->n_rows, &rows->lines_capacity, sizeof *rows->lines, err);
    if (status) return status;
    for (size_t k = 0; k < wanted; k++) rows->cells[at + k] = k < n ? cells[k] : none;
    rows->lines[block->n_rows++] = line;
    return MLAB_OK;
}

/* The raw rows from raw_at on that can be handed out as they are. */
static size_t plain_rows(const mlab_rows *rows)
{
    const mlab_raw_block *raw = &rows->raw;
    size_t i = rows->raw_at;
    if (rows->skip || rows->stopped) return 0;
    while (i < raw->n_rows && raw->first[i + 1] - raw->first[i] == rows->n_columns &&
           !mlab_frame_stops(rows, raw->cells + raw->first[i], rows->n_columns))
        i++;
    return i - rows->raw_at;
}

static mlab_status frame_next(mlab_rows *rows, mlab_row_block *block, mlab_error *err)
{
    while (!block->n_rows) {
        mlab_raw_block *raw = &rows->raw;
        if (rows->raw_at >= raw->n_rows) {
            mlab_status status = rows->kind->next(rows, raw, err);
            rows->raw_at = 0;
            if (status || !raw->n_rows) return status;
        }
        size_t plain = plain_rows(rows);
        if (plain) {
            *block = (mlab_row_block){plain, rows->n_columns, raw->cells + raw->first[rows->raw_at], raw->lines + rows->raw_at};
            rows->raw_at += plain;
            return MLAB_OK;
        }
        for (; rows->raw_at < raw->n_rows; rows->raw_at++) {
            const mlab_cell *cells = raw->cells + raw->first[rows->raw_at];
            size_t n = raw->first[rows->raw_at + 1] - raw->first[rows->raw_at];
            bool keep;
            mlab_status status = is_wanted(rows, cells, n, raw->lines[rows->raw_at], &keep, err);
            if (!status && keep && n != rows->n_columns) status = check_width(rows, cells, n, raw->lines[rows->raw_at], &keep, err);
            if (!status && keep) status = keep_row(rows, block, cells, n, raw->lines[rows->raw_at], err);
            if (status) return status;
        }
        *block = (mlab_row_block){block->n_rows, rows->n_columns, rows->cells, rows->lines};
    }
    return MLAB_OK;
}

mlab_status mlab_rows_next(mlab_rows *rows, mlab_row_block *block, mlab_error *err)
{
    *block = (mlab_row_block){0};
    mlab_status status = rows->n_columns ? frame_next(rows, block, err) : MLAB_OK;
    if (status) return status;
    rows->n_rows += block->n_rows;
    return block->n_rows || rows->sha256[0] ? MLAB_OK : rows->kind->digest(rows, rows->sha256, err);
}

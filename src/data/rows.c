/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of delimited text: opening, the delimiter, the header, and blocks of rows that all have the header's cells. */
#include "data/rows.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/rows_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define MOST_COLUMNS ((size_t)20000)

static mlab_status say(mlab_text_rows *t, mlab_severity severity, const char *kind, uint64_t line, size_t column, const char *value, mlab_error *err,
                       const char *sentence)
{
    mlab_place place =
        mlab_place_cell(t->base.file, line, (uint32_t)column, column && column <= t->base.n_columns ? t->base.names[column - 1] : NULL);
    return mlab_findings_add(t->base.findings, severity, kind, &place, value, NULL, err, "%s", sentence);
}

/* --- delimiter -------------------------------------------------------------------------------------- */

/* Cells of the first line outside quotes, for each candidate; the most wins, the earlier on a tie. */
static char find_delimiter(const char *bytes, size_t n)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t counts[sizeof candidates] = {0};
    bool quoted = false;
    for (size_t i = 0; i < n && (quoted || (bytes[i] != '\n' && bytes[i] != '\r')); i++) {
        if (bytes[i] == '"') quoted = !quoted;
        for (size_t c = 0; !quoted && c < sizeof candidates; c++) counts[c] += bytes[i] == candidates[c];
    }
    size_t best = 0;
    for (size_t c = 1; c < sizeof candidates; c++)
        if (counts[c] > counts[best]) best = c;
    return candidates[best];
}

/* --- header ----------------------------------------------------------------------------------------- */

static void trim(const char **text, size_t *n)
{
    while (*n && (**text == ' ' || **text == '\t')) {
        ++*text;
        --*n;
    }
    while (*n && ((*text)[*n - 1] == ' ' || (*text)[*n - 1] == '\t')) --*n;
}

static mlab_status check_names(mlab_text_rows *t, uint64_t line, mlab_error *err)
{
    size_t like_data = 0, filled = 0;
    for (size_t i = 0; i < t->base.n_columns; i++) {
        const char *name = t->base.names[i];
        double number;
        mlab_date date;
        filled++;
        like_data += mlab_number_parse(name, strlen(name), '.', &number) || mlab_date_parse_iso(name, strlen(name), &date);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(name, t->base.names[j])) continue;
            char sentence[300];
            snprintf(sentence, sizeof sentence, "the heading '%.100s' stands in columns %zu and %zu; one of them needs another name", name, j + 1,
                     i + 1);
            mlab_status status = say(t, MLAB_SEVERITY_STOP, "duplicate_heading", line, i + 1, name, err, sentence);
            if (status) return status;
            break;
        }
    }
    if (2 * like_data <= filled) return MLAB_OK;
    t->base.no_header = true;
    return say(t, MLAB_SEVERITY_STOP, "no_header", line, 0, t->base.names[0], err,
               "the first row holds numbers or dates where headings are expected; add a row with the names of the columns");
}

static mlab_status take_name(mlab_text_rows *t, size_t i, uint64_t line, mlab_error *err)
{
    const char *text = t->cells[i].text;
    size_t n = t->cells[i].n;
    char made[32];
    mlab_status status = MLAB_OK;
    trim(&text, &n);
    if (n != t->cells[i].n && n)
        status = say(t, MLAB_SEVERITY_NOTE, "heading_blanks", line, i + 1, t->cells[i].text, err, "blanks around a heading are left out");
    if (n == 0) {
        char sentence[200];
        snprintf(made, sizeof made, "column_%zu", i + 1);
        snprintf(sentence, sizeof sentence, "column %zu has no heading; it is called '%s' here", i + 1, made);
        text = made;
        n = strlen(made);
        status = say(t, MLAB_SEVERITY_NOTE, "no_heading", line, i + 1, NULL, err, sentence);
    }
    if (status) return status;
    t->base.names[i] = mlab_copy_bytes_as_text(t->base.context, text, n);
    return t->base.names[i] ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", t->base.file);
}

/* A row or the end, reading on as needed; blank lines are passed. */
static mlab_status next_row(mlab_text_rows *t, size_t *n, uint64_t *line, mlab_scan *got, mlab_error *err)
{
    do {
        *line = t->line;
        mlab_status status = mlab_text_scan(t, n, got, err);
        if (!status && *got == MLAB_SCAN_MORE) status = mlab_text_bytes_more(&t->input, t->base.file, err);
        if (status) return status;
    } while (*got == MLAB_SCAN_MORE || (*got == MLAB_SCAN_BLANK && !t->broken));
    return MLAB_OK;
}

static mlab_status read_header(mlab_text_rows *t, mlab_error *err)
{
    size_t n;
    uint64_t line;
    mlab_scan got;
    size_t before = mlab_findings_count(t->base.findings, MLAB_SEVERITY_STOP);
    mlab_status status = next_row(t, &n, &line, &got, err);
    if (status) return status;
    if (got != MLAB_SCAN_ROW) {
        if (mlab_findings_count(t->base.findings, MLAB_SEVERITY_STOP) > before) return MLAB_OK;
        return say(t, MLAB_SEVERITY_STOP, "empty_file", 0, 0, NULL, err, "the file is empty; a row of headings and rows of data are expected");
    }
    if (n > MOST_COLUMNS) {
        t->broken = true;
        return say(t, MLAB_SEVERITY_STOP, "too_many_columns", line, 0, NULL, err, "more than 20,000 columns");
    }
    t->base.names = mlab_allocate(t->base.context, n, sizeof *t->base.names);
    if (!t->base.names) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", t->base.file);
    for (size_t i = 0; i < n; i++) {
        if ((status = take_name(t, i, line, err))) return status;
        t->base.n_columns = i + 1;
    }
    t->n_cells = 0;
    return check_names(t, line, err);
}

/* --- blocks ----------------------------------------------------------------------------------------- */

static mlab_status keep_row(mlab_text_rows *t, size_t n, uint64_t line, mlab_error *err)
{
    size_t wanted = t->base.n_columns;
    if (n != wanted) {
        char sentence[120], value[40];
        t->n_cells -= n;
        snprintf(sentence, sizeof sentence, "rows with %s cells than the %zu headings", n < wanted ? "fewer" : "more", wanted);
        snprintf(value, sizeof value, "%zu cells", n);
        return say(t, MLAB_SEVERITY_STOP, n < wanted ? "too_few_cells" : "too_many_cells", line, 0, value, err, sentence);
    }
    mlab_status status = mlab_grow(t->base.context, &t->lines, t->n_lines, &t->lines_capacity, sizeof *t->lines, err);
    if (!status) t->lines[t->n_lines++] = line;
    return status;
}

/* All rows that are whole in the buffer; reads more only when there is none. */
static mlab_status text_next(mlab_rows *rows, mlab_row_block *block, mlab_error *err)
{
    mlab_text_rows *t = (mlab_text_rows *)rows;
    t->n_cells = t->n_lines = 0;
    while (!t->broken) {
        size_t n;
        mlab_scan got;
        uint64_t line = t->line;
        mlab_status status = mlab_text_scan(t, &n, &got, err);
        if (!status && got == MLAB_SCAN_ROW) status = keep_row(t, n, line, err);
        if (status) return status;
        if (got == MLAB_SCAN_END || (got == MLAB_SCAN_MORE && t->n_lines)) break;
        if (got != MLAB_SCAN_MORE) continue;
        status = mlab_text_bytes_more(&t->input, rows->file, err);
        if (status == MLAB_ERR_OVERFLOW) {
            t->broken = true;
            status = say(t, MLAB_SEVERITY_STOP, "row_too_long", line, 0, NULL, err,
                         "a row longer than 16 MB begins here; is a quote opened and never closed?");
        }
        if (status) return status;
    }
    *block = (mlab_row_block){t->n_lines, rows->n_columns, t->cells, t->lines};
    return MLAB_OK;
}

/* The digest is that of the whole file, also when rows could not be read to its end. */
static mlab_status finish_digest(mlab_text_rows *t, mlab_error *err)
{
    while (!t->input.at_end) {
        t->input.start = t->input.end;
        mlab_status status = mlab_text_bytes_more(&t->input, t->base.file, err);
        if (status) return status;
    }
    mlab_sha256 hash = t->input.hash;
    mlab_sha256_end(&hash, t->base.sha256);
    return MLAB_OK;
}

mlab_status mlab_rows_next(mlab_rows *rows, mlab_row_block *block, mlab_error *err)
{
    *block = (mlab_row_block){0};
    mlab_status status = rows->n_columns ? rows->kind->next(rows, block, err) : MLAB_OK;
    if (status) return status;
    rows->n_rows += block->n_rows;
    return block->n_rows ? MLAB_OK : finish_digest((mlab_text_rows *)rows, err);
}

static void text_close(mlab_rows *rows)
{
    mlab_text_rows *t = (mlab_text_rows *)rows;
    const mlab_context *context = rows->context;
    if (t->input.stream) fclose(t->input.stream);
    mlab_release(context, t->input.raw);
    mlab_release(context, t->input.buffer);
    mlab_release(context, t->cells);
    mlab_release(context, t->lines);
}

static const mlab_rows_kind text_kind = {.name = "delimited text", .next = text_next, .close = text_close};

void mlab_rows_close(mlab_rows *rows)
{
    if (!rows) return;
    const mlab_context *context = rows->context;
    rows->kind->close(rows);
    for (size_t i = 0; rows->names && i < rows->n_columns; i++) mlab_release(context, rows->names[i]);
    mlab_release(context, rows->names);
    mlab_release(context, rows->file);
    mlab_release(context, rows);
}

/* --- opening ---------------------------------------------------------------------------------------- */

static mlab_status begin(mlab_text_rows *t, const mlab_rows_text_options *options, mlab_error *err)
{
    t->line = 1;
    t->input.context = t->base.context;
    t->input.windows_1252 = options->windows_1252;
    mlab_sha256_start(&t->input.hash, t->base.context);
    mlab_status status = mlab_text_bytes_more(&t->input, t->base.file, err);
    if (status) return status;
    if (t->input.end >= 2 && (!memcmp(t->input.buffer, "\xFF\xFE", 2) || !memcmp(t->input.buffer, "\xFE\xFF", 2))) {
        t->broken = true;
        return say(t, MLAB_SEVERITY_STOP, "utf16", 1, 0, NULL, err, "the file is UTF-16 text; save it as UTF-8 (in a spreadsheet: CSV UTF-8)");
    }
    if (t->input.end >= 4 && !memcmp(t->input.buffer, "PK\x03\x04", 4)) {
        t->broken = true;
        return say(t, MLAB_SEVERITY_STOP, "not_text", 1, 0, NULL, err,
                   "the file is a spreadsheet or an archive, which is not built yet; save it as CSV UTF-8");
    }
    if (t->input.end >= 3 && !memcmp(t->input.buffer, "\xEF\xBB\xBF", 3)) t->input.start = 3;
    t->base.found = !options->delimiter;
    t->base.delimiter = options->delimiter ? options->delimiter : find_delimiter(t->input.buffer + t->input.start, t->input.end - t->input.start);
    mlab_text_classes(t, t->base.delimiter);
    return read_header(t, err);
}

static mlab_text_rows *make(const mlab_context *context, const char *name, mlab_findings *findings)
{
    mlab_text_rows *t = mlab_allocate(context, 1, sizeof *t);
    if (!t) return NULL;
    t->base = (mlab_rows){.context = context, .kind = &text_kind, .findings = findings, .file = mlab_copy_text(context, name)};
    if (t->base.file) return t;
    mlab_release(context, t);
    return NULL;
}

static mlab_status open_made(mlab_text_rows *t, const mlab_rows_text_options *options, mlab_rows **rows, mlab_error *err)
{
    mlab_status status = begin(t, options, err);
    if (status == MLAB_ERR_OVERFLOW) { /* the header itself never ends */
        t->broken = true;
        status =
            say(t, MLAB_SEVERITY_STOP, "row_too_long", 1, 0, NULL, err, "the first row is longer than 16 MB; is a quote opened and never closed?");
    }
    if (status)
        mlab_rows_close(&t->base);
    else
        *rows = &t->base;
    return status;
}

mlab_status mlab_rows_open_bytes(const mlab_context *context, const char *name, const char *bytes, size_t n, const mlab_rows_text_options *options,
                                 mlab_findings *findings, mlab_rows **rows, mlab_error *err)
{
    *rows = NULL;
    mlab_text_rows *t = make(context, name, findings);
    if (!t) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    t->input.bytes = bytes;
    t->input.bytes_left = n;
    t->base.n_bytes = n;
    return open_made(t, options, rows, err);
}

mlab_status mlab_rows_open_text(const mlab_context *context, const char *path, const char *name, const mlab_rows_text_options *options,
                                mlab_findings *findings, mlab_rows **rows, mlab_error *err)
{
    *rows = NULL;
    FILE *stream = fopen(path, "rb");
    if (!stream) return mlab_raise(err, MLAB_ERR_OPEN, "%s cannot be opened: %s", name, strerror(errno));
    mlab_text_rows *t = make(context, name, findings);
    if (!t) {
        fclose(stream);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    }
    t->input.stream = stream;
    if (!fseek(stream, 0, SEEK_END)) {
        long size = ftell(stream);
        if (size > 0) t->base.n_bytes = (uint64_t)size;
        rewind(stream);
    }
    return open_made(t, options, rows, err);
}

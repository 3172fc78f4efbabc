/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind of rows that delimited text is: opening, the delimiter, and blocks of rows as they stand in the file. */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows_text.h"

#include <errno.h>
#include <string.h>

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

/* --- blocks ----------------------------------------------------------------------------------------- */

static mlab_status keep_row(mlab_text_rows *t, uint64_t line, mlab_error *err)
{
    if (t->n_lines + 2 > t->lines_capacity) {
        size_t capacity = t->lines_capacity + t->lines_capacity / 2 + 1024;
        uint64_t *lines = mlab_reallocate(t->base.context, t->lines, capacity, sizeof *lines);
        if (!lines) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", t->base.file);
        t->lines = lines;
        size_t *first = mlab_reallocate(t->base.context, t->first, capacity, sizeof *first);
        if (!first) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", t->base.file);
        t->first = first;
        t->first[0] = 0;
        t->lines_capacity = capacity;
    }
    t->lines[t->n_lines++] = line;
    t->first[t->n_lines] = t->n_cells;
    return MLAB_OK;
}

/* All rows that are whole in the buffer; reads more only when there is none. */
static mlab_status text_next(mlab_rows *rows, mlab_raw_block *block, mlab_error *err)
{
    mlab_text_rows *t = (mlab_text_rows *)rows;
    t->n_cells = t->n_lines = 0;
    while (!t->broken) {
        size_t n;
        mlab_scan got;
        uint64_t line = t->line;
        mlab_status status = mlab_text_scan(t, &n, &got, err);
        if (!status && got == MLAB_SCAN_ROW) status = keep_row(t, line, err);
        if (status) return status;
        if (got == MLAB_SCAN_END || (got == MLAB_SCAN_MORE && t->n_lines)) break;
        if (got != MLAB_SCAN_MORE) continue;
        status = mlab_text_bytes_more(&t->input, rows->file, err);
        if (status == MLAB_ERR_OVERFLOW) {
            t->broken = true;
            status = mlab_rows_say(rows, MLAB_SEVERITY_STOP, "row_too_long", line, 0, NULL, NULL, err,
                                   "a row longer than 16 MB begins here; is a quote opened and never closed?");
        }
        if (status) return status;
    }
    *block = (mlab_raw_block){t->n_lines, t->cells, t->first, t->lines};
    return MLAB_OK;
}

/* The digest is that of the whole file, also when rows could not be read to its end. */
static mlab_status text_digest(mlab_rows *rows, char into[65], mlab_error *err)
{
    mlab_text_rows *t = (mlab_text_rows *)rows;
    while (!t->input.at_end) {
        t->input.start = t->input.end;
        mlab_status status = mlab_text_bytes_more(&t->input, t->base.file, err);
        if (status) return status;
    }
    mlab_sha256_end(&t->input.hash, into);
    return MLAB_OK;
}

static void text_close(mlab_rows *rows)
{
    mlab_text_rows *t = (mlab_text_rows *)rows;
    const mlab_context *context = rows->context;
    if (t->input.stream) fclose(t->input.stream);
    mlab_release(context, t->input.raw);
    mlab_release(context, t->input.buffer);
    mlab_release(context, t->cells);
    mlab_release(context, t->first);
    mlab_release(context, t->lines);
    mlab_release(context, t->waiting);
}

static const mlab_rows_kind text_kind = {.name = "delimited text", .next = text_next, .digest = text_digest, .close = text_close};

/* --- opening ---------------------------------------------------------------------------------------- */

static mlab_status begin(mlab_text_rows *t, const mlab_rows_options *options, mlab_error *err)
{
    t->line = 1;
    t->input.context = t->base.context;
    t->input.windows_1252 = options->encoding == MLAB_ENCODING_WINDOWS_1252;
    mlab_sha256_start(&t->input.hash, t->base.context);
    mlab_status status = mlab_text_bytes_more(&t->input, t->base.file, err);
    if (status) return status;
    if (t->input.end >= 2 && (!memcmp(t->input.buffer, "\xFF\xFE", 2) || !memcmp(t->input.buffer, "\xFE\xFF", 2))) {
        t->broken = true;
        return mlab_rows_say(&t->base, MLAB_SEVERITY_STOP, "utf16", 1, 0, NULL, NULL, err,
                             "the file is UTF-16 text; save it as UTF-8 (in a spreadsheet: CSV UTF-8)");
    }
    if (t->input.end >= 3 && !memcmp(t->input.buffer, "\xEF\xBB\xBF", 3)) t->input.start = 3;
    t->base.found = !options->delimiter;
    t->base.delimiter = options->delimiter ? options->delimiter : find_delimiter(t->input.buffer + t->input.start, t->input.end - t->input.start);
    mlab_text_classes(t, t->base.delimiter);
    status = mlab_rows_frame(&t->base, options, err);
    t->framed = true;
    return status ? status : mlab_text_say_waiting(t, err);
}

static mlab_text_rows *make(const mlab_context *context, const char *name, mlab_findings *findings)
{
    mlab_text_rows *t = mlab_allocate(context, 1, sizeof *t);
    if (t && mlab_rows_start(&t->base, context, &text_kind, name, findings)) return t;
    mlab_release(context, t);
    return NULL;
}

static mlab_status open_made(mlab_text_rows *t, const mlab_rows_options *options, mlab_rows **rows, mlab_error *err)
{
    mlab_status status = begin(t, options, err);
    if (status)
        mlab_rows_close(&t->base);
    else
        *rows = &t->base;
    return status;
}

mlab_status mlab_rows_open_bytes(const mlab_context *context, const char *name, const char *bytes, size_t n, const mlab_rows_options *options,
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

mlab_status mlab_rows_open_text(const mlab_context *context, const char *path, const char *name, const mlab_rows_options *options,
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

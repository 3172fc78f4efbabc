/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind of rows that delimited text is: opening, the delimiter, and blocks of rows as they stand in the file. */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows_text.h"

#include <errno.h>
#include <string.h>

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
        t->marked_at = SIZE_MAX / 2;
        if (status == MLAB_ERR_OVERFLOW) {
            t->broken = true;
            status = mlab_rows_say(rows, MLAB_SEVERITY_STOP, "row_too_long", line, 0, NULL, NULL, err,
                                   "a row longer than 16 MB begins here; is a quote opened and never closed?");
        }
        if (status) return status;
    }
    rows->n_read = t->input.n_read;
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

static mlab_status cannot_read(mlab_text_rows *t, const char *kind, const char *remedy, mlab_error *err, const char *sentence)
{
    t->broken = true;
    return mlab_rows_say(&t->base, MLAB_SEVERITY_STOP, kind, 1, 0, NULL, remedy, err, sentence);
}

static mlab_status check_encoding(mlab_text_rows *t, mlab_error *err)
{
    const mlab_text_bytes *input = &t->input;
    if (input->encoding == MLAB_TEXT_UTF32)
        return cannot_read(t, "utf32", NULL, err, "the file is UTF-32 text; save it as UTF-8 (in a spreadsheet: CSV UTF-8)");
    if (!input->says_otherwise) return MLAB_OK;
    if (input->encoding == MLAB_TEXT_UTF8)
        return cannot_read(t, "encoding", "encoding: utf-8", err, "the file begins with the mark of UTF-8, the study says another encoding");
    return cannot_read(t, "encoding", "encoding: utf-16", err, "the file begins with the mark of UTF-16, the study says another encoding");
}

/* "sep=;" in the first line is what a spreadsheet program is told. */
static bool take_sep(mlab_text_rows *t, char *delimiter)
{
    const char *at = t->input.buffer + t->input.start;
    if (t->input.end - t->input.start < 6 || memcmp(at, "sep=", 4) || !at[4] || !strchr(",;\t|", at[4]) || (at[5] != '\n' && at[5] != '\r'))
        return false;
    *delimiter = at[4];
    t->input.start += at[5] == '\r' && at[6] == '\n' ? 7 : 6; /* at[6] is the terminator at worst */
    t->line = 2;
    return true;
}

static mlab_status settle_delimiter(mlab_text_rows *t, char stated, mlab_error *err)
{
    static const char *const names[] = {"commas", "semicolons", "tabs", "bars"}, marks[] = ",;\t|";
    char mixed = 0, sentence[200];
    t->base.found = !take_sep(t, &t->base.delimiter) && !stated;
    if (stated) t->base.delimiter = stated;
    if (t->base.found) t->base.delimiter = mlab_text_find_delimiter(t->input.buffer + t->input.start, t->input.end - t->input.start, &mixed);
    mlab_text_classes(t, t->base.delimiter);
    if (!mixed) return MLAB_OK;
    snprintf(sentence, sizeof sentence, "the headings are divided by %s and the rows below by %s; save the file anew with one of them",
             names[strchr(marks, mixed) - (const char *)marks], names[strchr(marks, t->base.delimiter) - (const char *)marks]);
    return cannot_read(t, "mixed_delimiters", NULL, err, sentence);
}

static mlab_status begin(mlab_text_rows *t, const mlab_rows_options *options, mlab_error *err)
{
    t->line = 1;
    t->input.context = t->base.context;
    t->input.stated = options->encoding;
    mlab_sha256_start(&t->input.hash, t->base.context);
    mlab_status status = mlab_text_bytes_more(&t->input, t->base.file, err);
    if (!status) status = check_encoding(t, err);
    if (!status && !t->broken) status = settle_delimiter(t, options->delimiter, err);
    if (status || t->broken) return status;
    t->base.utf16_found = !options->encoding && (t->input.encoding == MLAB_TEXT_UTF16_LE || t->input.encoding == MLAB_TEXT_UTF16_BE);
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

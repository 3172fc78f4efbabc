/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind of rows that a sheet of a workbook is: choosing the sheet, giving its blocks, the digest of the file.
 * Only the shared strings and one block of rows are in memory. */
#include "data/rows_sheet.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "data/rows_sniff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static mlab_status no_memory(const mlab_sheet_rows *s, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
}

/* --- the kind ---------------------------------------------------------------------------------------- */

static void give(const mlab_sheet_rows *s, mlab_raw_block *block)
{
    *block = (mlab_raw_block){s->n_rows, s->cells, s->first, s->lines};
}

static mlab_status sheet_next(mlab_rows *rows, mlab_raw_block *block, mlab_error *err)
{
    mlab_sheet_rows *s = (mlab_sheet_rows *)rows;
    mlab_status status = MLAB_OK;
    *block = (mlab_raw_block){0};
    if (s->first_block_ready) /* was read to see whether the sheet has rows */
        s->first_block_ready = false;
    else
        status = mlab_sheet_read_block(s, err);
    rows->n_read = s->xml.part.unpacked;
    if (!status) give(s, block);
    return status;
}

static mlab_status sheet_digest(mlab_rows *rows, char into[65], mlab_error *err)
{
    mlab_sheet_rows *s = (mlab_sheet_rows *)rows;
    mlab_sha256 hash;
    mlab_sha256_start(&hash, rows->context);
    for (size_t i = 0; i < s->parts.n_memory; i++) mlab_sha256_add(&hash, s->parts.memory[i].bytes, s->parts.memory[i].n);
    if (s->path) {
        char bytes[65536];
        FILE *stream = fopen(s->path, "rb");
        if (!stream) return mlab_raise(err, MLAB_ERR_OPEN, "%s cannot be opened: %s", rows->file, strerror(errno));
        for (size_t got; (got = fread(bytes, 1, sizeof bytes, stream)) > 0;) mlab_sha256_add(&hash, bytes, got);
        const bool failed = ferror(stream) != 0;
        fclose(stream);
        if (failed) return mlab_raise(err, MLAB_ERR_READ, "%s cannot be read", rows->file);
    }
    mlab_sha256_end(&hash, into);
    return MLAB_OK;
}

static void sheet_close(mlab_rows *rows)
{
    mlab_sheet_rows *s = (mlab_sheet_rows *)rows;
    const mlab_context *context = rows->context;
    mlab_sheet_xml_close(&s->xml);
    mlab_sheet_parts_close(&s->parts);
    mlab_sheet_book_free(s);
    mlab_sheet_merges_free(s);
    mlab_text_free(&s->value);
    mlab_text_free(&s->arena);
    for (size_t i = 0; i < s->n_waiting; i++) mlab_release(context, s->waiting[i].value);
    mlab_release(context, s->waiting);
    mlab_release(context, s->cells);
    mlab_release(context, s->offsets);
    mlab_release(context, s->first);
    mlab_release(context, s->lines);
    mlab_release(context, s->path);
}

static const mlab_rows_kind sheet_kind = {
    .name = "sheet of a workbook", .typed = true, .short_rows = true, .next = sheet_next, .digest = sheet_digest, .close = sheet_close};

/* --- choosing the sheet ------------------------------------------------------------------------------ */

static mlab_status say(mlab_sheet_rows *s, mlab_severity severity, const char *kind, const char *value, const char *remedy, const char *sentence,
                       mlab_error *err)
{
    return mlab_rows_say(&s->base, severity, kind, 0, 0, value, remedy, err, sentence);
}

/* Parses the sheet up to its first block of rows. */
static mlab_status begin_sheet(mlab_sheet_rows *s, const mlab_sheet_entry *sheet, mlab_error *err)
{
    bool there = false;
    mlab_sheet_xml_close(&s->xml);
    if (s->merged == MLAB_MERGED_FILL && sheet->part) {
        mlab_status status = mlab_sheet_read_merges(s, sheet->part, err);
        if (status || s->broken) return status;
    }
    s->row = 0;
    s->in_data = s->in_row = s->in_cell = s->hidden_row_said = s->hidden_column_said = false;
    mlab_status status = mlab_sheet_xml_open(s, sheet->part, &mlab_sheet_cell_handlers, &s->xml, &there, err);
    if (status || s->broken) return status;
    if (!there) {
        char sentence[300];
        snprintf(
            sentence, sizeof sentence,
            "the sheet \"%.80s\" is listed in the workbook and missing in it; open the file in a spreadsheet program, let that repair it and save "
            "it anew",
            sheet->name);
        s->broken = true;
        return say(s, MLAB_SEVERITY_STOP, "missing_sheet", NULL, NULL, sentence, err);
    }
    mlab_release(s->base.context, s->base.sheet);
    s->base.sheet = mlab_copy_text(s->base.context, sheet->name);
    if (!s->base.sheet) return no_memory(s, err);
    s->first_block_ready = true;
    s->base.n_bytes = s->xml.part.size;
    return mlab_sheet_read_block(s, err);
}

/* Names of the sheets with cells, for a sentence. */
static void list_sheets(const mlab_sheet_rows *s, char *into, size_t size)
{
    size_t n = 0;
    into[0] = '\0';
    for (size_t i = 0, k = 0; i < s->n_sheets && n + 60 < size; i++) {
        if (!s->sheets[i].part) continue;
        n += (size_t)snprintf(into + n, size - n, "%s\"%.31s\"", k++ ? ", " : "", s->sheets[i].name);
    }
}

static mlab_status say_no_such_sheet(mlab_sheet_rows *s, const char *wanted, mlab_error *err)
{
    char names[300], sentence[500], remedy[120] = "";
    const char **candidates = mlab_allocate(s->base.context, s->n_sheets, sizeof *candidates);
    size_t n = 0;
    if (!candidates) return no_memory(s, err);
    for (size_t i = 0; i < s->n_sheets; i++)
        if (s->sheets[i].part) candidates[n++] = s->sheets[i].name;
    const char *near = mlab_nearest(wanted, candidates, n);
    for (size_t i = 0; i < n && !near; i++)
        if (mlab_equal_fold(candidates[i], wanted)) near = candidates[i];
    if (near || n == 1) snprintf(remedy, sizeof remedy, "sheet: \"%.80s\"", near ? near : candidates[0]);
    mlab_release(s->base.context, candidates);
    list_sheets(s, names, sizeof names);
    snprintf(sentence, sizeof sentence, "there is no sheet \"%.80s\" in the workbook; it has %s", wanted, *names ? names : "none with cells");
    s->broken = true;
    return say(s, MLAB_SEVERITY_STOP, "no_such_sheet", NULL, remedy, sentence, err);
}

static mlab_status choose_named(mlab_sheet_rows *s, const char *wanted, mlab_error *err)
{
    for (size_t i = 0; i < s->n_sheets; i++) {
        if (!s->sheets[i].part || strcmp(s->sheets[i].name, wanted)) continue;
        mlab_status status = begin_sheet(s, &s->sheets[i], err);
        if (status || s->broken || s->n_rows || s->n_waiting) return status;
        s->broken = true;
        return say(s, MLAB_SEVERITY_STOP, "empty_sheet", s->sheets[i].name, NULL,
                   "the sheet is empty; a row of headings and rows of data are expected", err);
    }
    return say_no_such_sheet(s, wanted, err);
}

/* The first sheet with rows, hidden ones last; *hidden = it is one of those. */
static mlab_status choose_first(mlab_sheet_rows *s, mlab_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_sheets; i++) n += s->sheets[i].part != NULL;
    for (int hidden = 0; hidden < 2; hidden++) {
        for (size_t i = 0; i < s->n_sheets; i++) {
            if (!s->sheets[i].part || s->sheets[i].hidden != (hidden == 1)) continue;
            mlab_status status = begin_sheet(s, &s->sheets[i], err);
            if (status || s->broken) return status;
            if (!s->n_rows && !s->n_waiting) continue;
            s->base.sheet_found = n > 1;
            if (!hidden) return MLAB_OK;
            return say(s, MLAB_SEVERITY_NOTE, "hidden_sheet", s->sheets[i].name, NULL, "the only sheet with rows is a hidden one; it is read", err);
        }
    }
    s->broken = true;
    return say(s, MLAB_SEVERITY_STOP, "empty_workbook", NULL, NULL,
               n ? "no sheet of the workbook has any rows; a row of headings and rows of data are expected" : "the workbook has no sheets of cells",
               err);
}

/* Places tell the sheet where there are several. */
static mlab_status name_sheet(mlab_sheet_rows *s, mlab_error *err)
{
    mlab_text name = MLAB_TEXT(s->base.context);
    if (s->n_sheets < 2 || !s->base.sheet) return MLAB_OK;
    mlab_text_print(&name, "%s, sheet \"%s\"", s->base.file, s->base.sheet);
    if (name.failed) {
        mlab_text_free(&name);
        return no_memory(s, err);
    }
    mlab_release(s->base.context, s->base.file);
    s->base.file = name.bytes;
    return MLAB_OK;
}

/* --- opening ----------------------------------------------------------------------------------------- */

static mlab_status say_waiting(mlab_sheet_rows *s, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    s->framed = true;
    for (size_t i = 0; i < s->n_waiting && !status; i++) {
        const struct mlab_sheet_waiting *w = &s->waiting[i];
        status = mlab_rows_say(&s->base, w->severity, w->kind, w->row, w->column, w->value, NULL, err, w->sentence);
    }
    return status;
}

static mlab_status begin(mlab_sheet_rows *s, const mlab_rows_options *options, mlab_error *err)
{
    s->merged = options->merged;
    mlab_status status = s->broken ? MLAB_OK : mlab_sheet_read_book(s, err);
    if (!status && !s->broken) status = options->sheet && *options->sheet ? choose_named(s, options->sheet, err) : choose_first(s, err);
    if (!status) status = name_sheet(s, err);
    s->base.troubled = s->broken || s->n_waiting; /* said here */
    if (!status) status = mlab_rows_frame(&s->base, options, err);
    if (!status) status = mlab_sheet_merge_first_block(s, err);
    return status ? status : say_waiting(s, err);
}

static mlab_sheet_rows *make(const mlab_context *context, const char *name, mlab_findings *findings)
{
    mlab_sheet_rows *s = mlab_allocate(context, 1, sizeof *s);
    if (!s || !mlab_rows_start(&s->base, context, &sheet_kind, name, findings)) {
        mlab_release(context, s);
        return NULL;
    }
    s->value = MLAB_TEXT(context);
    s->arena = MLAB_TEXT(context);
    s->folder = "";
    return s;
}

static mlab_status open_made(mlab_sheet_rows *s, mlab_status status, const mlab_rows_options *options, mlab_rows **rows, mlab_error *err)
{
    if (!status) status = begin(s, options, err);
    if (status)
        mlab_rows_close(&s->base);
    else
        *rows = &s->base;
    return status;
}

mlab_status mlab_rows_open_sheet(const mlab_context *context, const char *path, const char *name, const mlab_rows_options *options,
                                 mlab_findings *findings, mlab_rows **rows, mlab_error *err)
{
    *rows = NULL;
    mlab_sheet_rows *s = make(context, name, findings);
    if (!s) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    s->path = mlab_copy_text(context, path);
    mlab_status status = s->path ? mlab_sheet_parts_open(s, path, err) : no_memory(s, err);
    return open_made(s, status, options, rows, err);
}

mlab_status mlab_rows_open_parts(const mlab_context *context, const char *name, const mlab_sheet_bytes *parts, size_t n,
                                 const mlab_rows_options *options, mlab_findings *findings, mlab_rows **rows, mlab_error *err)
{
    *rows = NULL;
    mlab_sheet_rows *s = make(context, name, findings);
    if (!s) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    s->parts = (mlab_sheet_parts){.memory = parts, .n_memory = n};
    return open_made(s, MLAB_OK, options, rows, err);
}

/* --- the sheets of a workbook ------------------------------------------------------------------------ */

void mlab_sheet_names_free(mlab_sheet_names *sheets)
{
    for (size_t i = 0; sheets->names && i < sheets->n; i++) mlab_release(sheets->context, sheets->names[i]);
    mlab_release(sheets->context, sheets->names);
    mlab_release(sheets->context, sheets->hidden);
    *sheets = (mlab_sheet_names){0};
}

static mlab_status take_names(const mlab_sheet_rows *s, mlab_sheet_names *sheets, mlab_error *err)
{
    sheets->context = s->base.context;
    sheets->names = mlab_allocate(sheets->context, s->n_sheets, sizeof *sheets->names);
    sheets->hidden = mlab_allocate(sheets->context, s->n_sheets, sizeof *sheets->hidden);
    if (!sheets->names || !sheets->hidden) return no_memory(s, err);
    for (size_t i = 0; i < s->n_sheets; i++) {
        if (!s->sheets[i].part) continue;
        sheets->hidden[sheets->n] = s->sheets[i].hidden;
        if (!(sheets->names[sheets->n++] = mlab_copy_text(sheets->context, s->sheets[i].name))) return no_memory(s, err);
    }
    return MLAB_OK;
}

mlab_status mlab_rows_sheet_names(const mlab_context *context, const char *path, const char *name, mlab_sheet_names *sheets, mlab_error *err)
{
    const char *sentence, *remedy;
    mlab_file_is is = MLAB_FILE_OTHER;
    mlab_findings unheard; /* what is wrong with the workbook is told when it is read */
    *sheets = (mlab_sheet_names){0};
    FILE *stream = fopen(path, "rb");
    if (!stream) return mlab_raise(err, MLAB_ERR_OPEN, "%s cannot be opened: %s", name, strerror(errno));
    mlab_status status = fseek(stream, 0, SEEK_SET) ? MLAB_OK : mlab_rows_sniff(context, stream, name, &is, &sentence, &remedy, err);
    const bool piped = fseek(stream, 0, SEEK_SET) != 0;
    fclose(stream);
    if (status || piped || is != MLAB_FILE_WORKBOOK) return status;
    mlab_findings_start(&unheard, context);
    mlab_sheet_rows *s = make(context, name, &unheard);
    status = s ? mlab_sheet_parts_open(s, path, err) : mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    if (!status && !s->broken) status = mlab_sheet_read_entries(s, err);
    if (!status && !s->broken) status = take_names(s, sheets, err);
    if (status) mlab_sheet_names_free(sheets);
    if (s) mlab_rows_close(&s->base);
    mlab_findings_free(&unheard);
    return status;
}

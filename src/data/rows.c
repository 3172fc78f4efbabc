/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a file as rows: its first bytes say which kind it is. */
#include "data/rows.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"
#include "data/rows_sniff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool mlab_rows_start(mlab_rows *rows, const mlab_context *context, const mlab_rows_kind *kind, const char *name, mlab_findings *findings)
{
    rows->context = context;
    rows->kind = kind;
    rows->findings = findings;
    rows->file = mlab_copy_text(context, name);
    return rows->file != NULL;
}

static void release_texts(const mlab_context *context, char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++) mlab_release(context, texts[i]);
    mlab_release(context, texts);
}

void mlab_rows_close(mlab_rows *rows)
{
    if (!rows) return;
    const mlab_context *context = rows->context;
    rows->kind->close(rows);
    release_texts(context, rows->names, rows->n_columns);
    release_texts(context, rows->labels, rows->n_columns);
    mlab_release(context, rows->file);
    mlab_release(context, rows->sheet);
    mlab_release(context, rows->stop_at);
    mlab_release(context, rows->stop_text);
    mlab_release(context, rows->cells);
    mlab_release(context, rows->lines);
    mlab_release(context, rows);
}

/* --- a file that cannot be read ------------------------------------------------------------------------ */

typedef struct no_rows {
    mlab_rows base;
    FILE *stream;
    mlab_sha256 hash;
} no_rows;

static mlab_status no_next(mlab_rows *rows, mlab_raw_block *block, mlab_error *err)
{
    (void)rows;
    (void)err;
    *block = (mlab_raw_block){0};
    return MLAB_OK;
}

static mlab_status no_digest(mlab_rows *rows, char into[65], mlab_error *err)
{
    no_rows *n = (no_rows *)rows;
    char bytes[4096];
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, n->stream)) > 0;) mlab_sha256_add(&n->hash, bytes, got);
    if (ferror(n->stream)) return mlab_raise(err, MLAB_ERR_READ, "%s cannot be read: %s", rows->file, strerror(errno));
    mlab_sha256_end(&n->hash, into);
    return MLAB_OK;
}

static void no_close(mlab_rows *rows)
{
    no_rows *n = (no_rows *)rows;
    if (n->stream) fclose(n->stream);
}

static const mlab_rows_kind no_kind = {.name = "nothing", .next = no_next, .digest = no_digest, .close = no_close};

mlab_status mlab_rows_open_nothing(const mlab_context *context, const char *path, const char *name, mlab_findings *findings, mlab_rows **rows,
                                   mlab_error *err)
{
    *rows = NULL;
    no_rows *n = mlab_allocate(context, 1, sizeof *n);
    if (!n || !mlab_rows_start(&n->base, context, &no_kind, name, findings)) {
        mlab_release(context, n);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    }
    mlab_sha256_start(&n->hash, context);
    n->stream = fopen(path, "rb");
    if (!n->stream) {
        mlab_status status = mlab_raise(err, MLAB_ERR_OPEN, "%s cannot be opened: %s", name, strerror(errno));
        mlab_rows_close(&n->base);
        return status;
    }
    *rows = &n->base;
    return MLAB_OK;
}

/* --- opening ------------------------------------------------------------------------------------------- */

mlab_status mlab_rows_open(const mlab_context *context, const char *path, const char *name, const mlab_rows_options *options, mlab_findings *findings,
                           mlab_rows **rows, mlab_error *err)
{
    const char *sentence, *remedy;
    mlab_file_is is;
    *rows = NULL;
    FILE *stream = fopen(path, "rb");
    if (!stream) return mlab_raise(err, MLAB_ERR_OPEN, "%s cannot be opened: %s", name, strerror(errno));
    if (fseek(stream, 0, SEEK_END)) { /* a pipe can be read only once */
        fclose(stream);
        return mlab_rows_open_text(context, path, name, options, findings, rows, err);
    }
    rewind(stream);
    mlab_status status = mlab_rows_sniff(context, stream, name, &is, &sentence, &remedy, err);
    fclose(stream);
    if (status) return status;
    if (is == MLAB_FILE_WORKBOOK) return mlab_rows_open_sheet(context, path, name, options, findings, rows, err);
    if (is == MLAB_FILE_TEXT) return mlab_rows_open_text(context, path, name, options, findings, rows, err);
    status = mlab_rows_open_nothing(context, path, name, findings, rows, err);
    if (!status) status = mlab_rows_say(*rows, MLAB_SEVERITY_STOP, "not_text", 1, 0, NULL, remedy, err, sentence);
    if (status) {
        mlab_rows_close(*rows);
        *rows = NULL;
    }
    return status;
}

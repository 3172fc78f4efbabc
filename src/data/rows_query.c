/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind of rows that a query answers. Cells are what the same table saved as text would hold: numbers shortest round trip, a missing
 * value an empty cell, a text marked as quoted. The digest is that of the names and of all cells, each with its length.
 * Weakness: the answer's order decides the digest; a query without "order by" may be read anew though nothing changed.
 */
#include "data/rows_query.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_ROWS ((size_t)4096)
#define BLOCK_BYTES ((size_t)1 << 20)

static mlab_status no_memory(const mlab_query_rows *q, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", q->base.file);
}

/* --- cells ------------------------------------------------------------------------------------------ */

static bool is_ascii(const char *text, size_t n)
{
    unsigned all = 0;
    for (size_t i = 0; i < n; i++) all |= (unsigned char)text[i];
    return all < 0x80;
}

static void hash_cell(mlab_query_rows *q, size_t n, bool quoted, const char *text)
{
    char length[32];
    int digits = snprintf(length, sizeof length, "%c%zu:", quoted ? 't' : n ? 'v' : 'm', n);
    mlab_sha256_add(&q->hash, length, (size_t)digits);
    if (n) mlab_sha256_add(&q->hash, text, n);
}

/* The bytes from q->begun on are a cell. */
static mlab_status finish_cell(mlab_query_rows *q, bool quoted, mlab_error *err)
{
    size_t n = q->pool.n - q->begun, at = q->n_cells;
    mlab_text_append_bytes(&q->pool, "", 1);
    if (q->pool.failed) return no_memory(q, err);
    if (n > UINT32_MAX) return mlab_raise(err, MLAB_ERR_OVERFLOW, "a cell of %s has %zu bytes", q->base.file, n);
    if (at == q->cells_capacity) {
        size_t capacity = q->cells_capacity + q->cells_capacity / 2 + 256;
        mlab_cell *cells = mlab_reallocate(q->base.context, q->cells, capacity, sizeof *cells);
        if (!cells) return no_memory(q, err);
        q->cells = cells;
        size_t *offsets = mlab_reallocate(q->base.context, q->offsets, capacity, sizeof *offsets);
        if (!offsets) return no_memory(q, err);
        q->offsets = offsets;
        q->cells_capacity = capacity;
    }
    const char *text = q->pool.bytes + q->begun;
    q->cells[at] = (mlab_cell){.n = (uint32_t)n, .quoted = quoted, .not_ascii = !is_ascii(text, n)};
    q->offsets[at] = q->begun;
    q->n_cells++;
    q->begun = q->pool.n;
    hash_cell(q, n, quoted, text);
    return MLAB_OK;
}

mlab_status mlab_query_put_null(mlab_query_rows *rows, mlab_error *err)
{
    return finish_cell(rows, false, err);
}

mlab_status mlab_query_put_text(mlab_query_rows *rows, const char *text, size_t n, mlab_error *err)
{
    if (n) mlab_text_append_bytes(&rows->pool, text, n);
    return finish_cell(rows, true, err);
}

mlab_status mlab_query_put_number(mlab_query_rows *rows, double value, mlab_error *err)
{
    char text[40];
    if (!isfinite(value)) {
        const char *word = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        return mlab_query_put_text(rows, word, strlen(word), err);
    }
    mlab_number_print(value, text, sizeof text);
    mlab_text_append(&rows->pool, text);
    return finish_cell(rows, false, err);
}

static void add_code(mlab_query_rows *q, unsigned code)
{
    char bytes[4];
    size_t n = 0;
    if (code < 0x80) {
        bytes[n++] = (char)code;
    } else if (code < 0x800) {
        bytes[n++] = (char)(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[n++] = (char)(0xE0 | code >> 12);
        bytes[n++] = (char)(0x80 | (code >> 6 & 0x3F));
    } else {
        bytes[n++] = (char)(0xF0 | code >> 18);
        bytes[n++] = (char)(0x80 | (code >> 12 & 0x3F));
        bytes[n++] = (char)(0x80 | (code >> 6 & 0x3F));
    }
    if (code >= 0x80) bytes[n++] = (char)(0x80 | (code & 0x3F));
    mlab_text_append_bytes(&q->pool, bytes, n);
}

void mlab_query_add_utf16(mlab_query_rows *rows, const uint16_t *units, size_t n)
{
    enum { REPLACEMENT = 0xFFFD };
    for (size_t i = 0; i < n; i++) {
        unsigned unit = units[i];
        bool second = unit >= 0xDC00 && unit < 0xE000;
        if (rows->high && second) {
            add_code(rows, 0x10000 + ((rows->high - 0xD800) << 10) + (unit - 0xDC00));
            rows->high = 0;
            continue;
        }
        if (rows->high) add_code(rows, REPLACEMENT);
        rows->high = unit >= 0xD800 && unit < 0xDC00 ? unit : 0;
        if (!rows->high) add_code(rows, second || !unit ? REPLACEMENT : unit);
    }
}

mlab_status mlab_query_end_utf16(mlab_query_rows *rows, mlab_error *err)
{
    if (rows->high) add_code(rows, 0xFFFD);
    rows->high = 0;
    return finish_cell(rows, true, err);
}

/* --- rows ------------------------------------------------------------------------------------------- */

static mlab_status finish_row(mlab_query_rows *q, mlab_error *err)
{
    if (q->n_rows + 2 > q->rows_capacity) {
        size_t capacity = q->rows_capacity + q->rows_capacity / 2 + 256;
        uint64_t *lines = mlab_reallocate(q->base.context, q->lines, capacity, sizeof *lines);
        if (!lines) return no_memory(q, err);
        q->lines = lines;
        size_t *first = mlab_reallocate(q->base.context, q->first, capacity, sizeof *first);
        if (!first) return no_memory(q, err);
        q->first = first;
        q->first[0] = 0;
        q->rows_capacity = capacity;
    }
    q->lines[q->n_rows++] = q->given ? q->given : 1; /* the names have no row of their own: the first row of the answer is row 1 */
    q->given++;
    q->first[q->n_rows] = q->n_cells;
    mlab_sha256_add(&q->hash, "\n", 1);
    return MLAB_OK;
}

static mlab_status query_next(mlab_rows *rows, mlab_raw_block *block, mlab_error *err)
{
    mlab_query_rows *q = (mlab_query_rows *)rows;
    q->pool.n = q->n_cells = q->n_rows = q->begun = 0;
    while (!q->ended && q->n_rows < BLOCK_ROWS && q->pool.n < BLOCK_BYTES) {
        mlab_status status = q->source.row(q->source.user, q, &q->ended, err);
        if (!status && !q->ended) status = finish_row(q, err);
        if (status) return status;
    }
    for (size_t i = 0; i < q->n_cells; i++) q->cells[i].text = q->pool.bytes + q->offsets[i];
    *block = (mlab_raw_block){q->n_rows, q->cells, q->first, q->lines};
    return MLAB_OK;
}

static mlab_status query_digest(mlab_rows *rows, char into[65], mlab_error *err)
{
    (void)err;
    mlab_sha256_end(&((mlab_query_rows *)rows)->hash, into);
    return MLAB_OK;
}

static void query_close(mlab_rows *rows)
{
    mlab_query_rows *q = (mlab_query_rows *)rows;
    q->source.close(q->source.user);
    mlab_text_free(&q->pool);
    mlab_release(rows->context, q->cells);
    mlab_release(rows->context, q->offsets);
    mlab_release(rows->context, q->first);
    mlab_release(rows->context, q->lines);
}

static const mlab_rows_kind query_kind = {.name = "query", .typed = true, .next = query_next, .digest = query_digest, .close = query_close};

mlab_status mlab_rows_open_source(const mlab_context *context, const char *name, const mlab_query_source *source, mlab_findings *findings,
                                  mlab_rows **rows, mlab_error *err)
{
    /* The names are known: nothing is to be found. */
    const mlab_rows_options options = {.header = 1, .header_rows = 1, .stop_at = ""};
    *rows = NULL;
    mlab_query_rows *q = mlab_allocate(context, 1, sizeof *q);
    if (!q || !mlab_rows_start(&q->base, context, &query_kind, name, findings)) {
        source->close(source->user);
        mlab_release(context, q);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", name);
    }
    q->source = *source;
    q->pool = MLAB_TEXT(context);
    mlab_sha256_start(&q->hash, context);
    mlab_status status = mlab_rows_frame(&q->base, &options, err);
    if (status)
        mlab_rows_close(&q->base);
    else
        *rows = &q->base;
    return status;
}

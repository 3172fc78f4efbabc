/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shared strings of a workbook: each text once, runs of rich text joined, phonetic readings left out.
 * Source: ECMA-376 part 1, 18.4 (shared string table) and 22.9.2.19 (_xHHHH_). */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows_sheet.h"

#include <string.h>

#define NOT_ASCII ((uint64_t)1 << 63)

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* The code of _xHHHH_ at text; -1 = there is none. */
static int escaped_code(const char *text, size_t n)
{
    int code = 0;
    if (n < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_') return -1;
    for (size_t i = 2; i < 6; i++) {
        if (hex_digit(text[i]) < 0) return -1;
        code = code * 16 + hex_digit(text[i]);
    }
    return code == 0 || (code >= 0xD800 && code < 0xE000) ? -1 : code;
}

size_t mlab_sheet_unescape(char *text, size_t n)
{
    const char *first = memchr(text, '_', n);
    if (!first) return n;
    size_t k = (size_t)(first - text);
    for (size_t i = k; i < n;) {
        const int code = escaped_code(text + i, n - i);
        if (code < 0) {
            text[k++] = text[i++];
            continue;
        }
        if (code < 0x80)
            text[k++] = (char)code;
        else if (code < 0x800) {
            text[k++] = (char)(0xC0 | code >> 6);
            text[k++] = (char)(0x80 | (code & 0x3F));
        } else {
            text[k++] = (char)(0xE0 | code >> 12);
            text[k++] = (char)(0x80 | (code >> 6 & 0x3F));
            text[k++] = (char)(0x80 | (code & 0x3F));
        }
        i += 7;
    }
    text[k] = '\0';
    return k;
}

static bool any_not_ascii(const char *text, size_t n)
{
    unsigned char any = 0;
    for (size_t i = 0; i < n; i++) any |= (unsigned char)text[i];
    return any >= 0x80;
}

static mlab_status no_memory(const mlab_sheet_rows *s)
{
    return mlab_raise(s->err, MLAB_ERR_MEMORY, "no memory for the texts of %s", s->base.file);
}

/* The text gathered in s->value, at the end of the pool. */
static mlab_status add_string(mlab_sheet_rows *s)
{
    mlab_sheet_strings *strings = &s->strings;
    if (s->value.failed) return no_memory(s);
    if (strings->n >= MLAB_SHEET_MOST_STRINGS) {
        s->broken = true;
        return mlab_rows_say(&s->base, MLAB_SEVERITY_STOP, "too_many_strings", 0, 0, NULL, NULL, s->err,
                             "the workbook has more texts than any spreadsheet program takes; save the sheet as CSV UTF-8");
    }
    if (s->value.bytes) s->value.n = mlab_sheet_unescape(s->value.bytes, s->value.n);
    const char *text = mlab_text_get(&s->value);
    const size_t n = s->value.n;
    if (strings->pool_capacity - strings->pool_size < n + 1) {
        const size_t wanted = strings->pool_capacity + strings->pool_capacity / 2 + n + 4096;
        char *pool = mlab_reallocate(s->base.context, strings->pool, wanted, 1);
        if (!pool) return no_memory(s);
        strings->pool = pool;
        strings->pool_capacity = wanted;
    }
    if (strings->n + 2 > strings->capacity) {
        const size_t wanted = strings->capacity + strings->capacity / 2 + 1024;
        uint64_t *at = mlab_reallocate(s->base.context, strings->at, wanted, sizeof *at);
        if (!at) return no_memory(s);
        strings->at = at;
        strings->capacity = wanted;
    }
    memcpy(strings->pool + strings->pool_size, text, n);
    strings->pool[strings->pool_size + n] = '\0';
    strings->at[strings->n++] = strings->pool_size | (any_not_ascii(text, n) ? NOT_ASCII : 0);
    strings->pool_size += n + 1;
    strings->at[strings->n] = strings->pool_size;
    return MLAB_OK;
}

static void on_start(mlab_sheet_rows *s, const char *name, const char **attributes)
{
    (void)attributes;
    if (!strcmp(name, "si")) {
        s->in_inline = true;
        s->in_phonetic = 0;
        s->value.n = 0;
    } else if (!strcmp(name, "rPh"))
        s->in_phonetic++;
    else if (!strcmp(name, "t"))
        s->collecting = s->in_inline && !s->in_phonetic;
}

static void on_end(mlab_sheet_rows *s, const char *name)
{
    if (!strcmp(name, "t"))
        s->collecting = false;
    else if (!strcmp(name, "rPh"))
        s->in_phonetic -= s->in_phonetic > 0;
    else if (!strcmp(name, "si") && s->in_inline) {
        s->in_inline = false;
        mlab_sheet_fail(s, add_string(s));
    }
}

static void on_text(mlab_sheet_rows *s, const char *text, size_t n)
{
    if (!s->collecting) return;
    mlab_text_append_bytes(&s->value, text, n);
    if (s->value.n <= MLAB_SHEET_LONGEST_TEXT) return;
    s->broken = true;
    mlab_sheet_fail(s, mlab_rows_say(&s->base, MLAB_SEVERITY_STOP, "text_too_long", 0, 0, NULL, NULL, s->err,
                                     "a text of the workbook is longer than 16 MB; a cell of a spreadsheet takes 32,767 characters"));
}

mlab_status mlab_sheet_read_strings(mlab_sheet_rows *s, const char *part, mlab_error *err)
{
    static const mlab_sheet_handlers handlers = {on_start, on_end, on_text};
    bool there;
    mlab_status status = mlab_sheet_xml_whole(s, part, &handlers, &there, err);
    s->in_inline = s->collecting = false;
    s->in_phonetic = 0;
    return status;
}

mlab_cell mlab_sheet_string(const mlab_sheet_strings *strings, size_t index)
{
    const uint64_t from = strings->at[index] & ~NOT_ASCII, to = strings->at[index + 1] & ~NOT_ASCII;
    return (mlab_cell){
        .text = strings->pool + from, .n = (uint32_t)(to - from - 1), .quoted = to - from > 1, .not_ascii = (strings->at[index] & NOT_ASCII) != 0};
}

void mlab_sheet_strings_free(const mlab_context *context, mlab_sheet_strings *strings)
{
    mlab_release(context, strings->pool);
    mlab_release(context, strings->at);
    *strings = (mlab_sheet_strings){0};
}

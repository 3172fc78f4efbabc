/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing text, UTF-8 (RFC 3629), and edit distance for "did you mean" (optimal string alignment: a swap of two
 * neighbours counts as one edit). Letters are compared as bytes, so that an accent may count as two edits. */
#include "core/text.h"
#include "core/memory.h"
#include "core/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for more bytes and the terminator. */
static bool make_room(mlab_text *text, size_t more)
{
    if (text->failed) return false;
    if (more >= SIZE_MAX / 2 - text->n) {
        text->failed = true;
        return false;
    }
    size_t needed = text->n + more + 1;
    if (needed <= text->capacity) return true;
    size_t capacity = text->capacity < 64 ? 64 : text->capacity;
    while (capacity < needed) capacity *= 2;
    char *bytes = mlab_reallocate(text->context, text->bytes, capacity, 1);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void mlab_text_append_bytes(mlab_text *text, const char *more, size_t n)
{
    if (!make_room(text, n)) return;
    if (n) memcpy(text->bytes + text->n, more, n);
    text->n += n;
    text->bytes[text->n] = '\0';
}

void mlab_text_append(mlab_text *text, const char *more)
{
    mlab_text_append_bytes(text, more, strlen(more));
}

void mlab_text_print(mlab_text *text, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int n = vsnprintf(NULL, 0, format, list);
    if (n < 0)
        text->failed = true;
    else if (make_room(text, (size_t)n)) {
        vsnprintf(text->bytes + text->n, (size_t)n + 1, format, again);
        text->n += (size_t)n;
    }
    va_end(again);
    va_end(list);
}

void mlab_text_number(mlab_text *text, double value)
{
    char digits[32];
    mlab_text_append_bytes(text, digits, mlab_number_print(value, digits, sizeof digits));
}

void mlab_json_text(mlab_text *json, const char *text)
{
    mlab_text_append(json, "\"");
    for (const char *c = text ? text : ""; *c; c++) {
        if (*c == '"' || *c == '\\') mlab_text_append(json, "\\");
        if ((unsigned char)*c < 0x20)
            mlab_text_print(json, "\\u%04x", (unsigned)*c);
        else
            mlab_text_append_bytes(json, c, 1);
    }
    mlab_text_append(json, "\"");
}

void mlab_text_csv(mlab_text *csv, const char *cell)
{
    double number;
    const bool runs = *cell && strchr("=+-@\t\r", *cell) && !mlab_number_parse(cell, strlen(cell), '.', &number);
    mlab_text_append(csv, runs ? "\"'" : "\"");
    for (; *cell; cell++) mlab_text_append_bytes(csv, *cell == '"' ? "\"\"" : cell, *cell == '"' ? 2 : 1);
    mlab_text_append(csv, "\"");
}

size_t mlab_text_width(const char *text)
{
    size_t n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

void mlab_text_free(mlab_text *text)
{
    if (!text) return;
    if (text->bytes) mlab_release(text->context, text->bytes);
    *text = MLAB_TEXT(text->context);
}

const char *mlab_text_get(const mlab_text *text)
{
    return text->bytes ? text->bytes : "";
}

/* Length of the valid sequence at the start of bytes, 0 when there is none. */
static size_t sequence_length(const unsigned char *bytes, size_t n)
{
    unsigned char lead = bytes[0];
    if (lead < 0x80) return 1;
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || n < length) return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80) return 0;
    if (lead == 0xE0 && bytes[1] < 0xA0) return 0; /* overlong */
    if (lead == 0xED && bytes[1] > 0x9F) return 0; /* surrogates */
    if (lead == 0xF0 && bytes[1] < 0x90) return 0; /* overlong */
    if (lead == 0xF4 && bytes[1] > 0x8F) return 0; /* above U+10FFFF */
    return length;
}

bool mlab_utf8_valid(const char *bytes, size_t n, size_t *first_bad)
{
    for (size_t i = 0; i < n;) {
        if ((unsigned char)bytes[i] < 0x80) {
            i++;
            continue;
        }
        size_t length = sequence_length((const unsigned char *)bytes + i, n - i);
        if (length == 0) {
            if (first_bad) *first_bad = i;
            return false;
        }
        i += length;
    }
    return true;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool mlab_equal_fold(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (fold(*a) != fold(*b)) return false;
    return *a == *b;
}

enum { LONGEST_WORD = 80 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edits that turn a into b, ASCII case aside; both at most LONGEST_WORD bytes. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST_WORD + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++) above[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = above[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
            bool swap = i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]);
            if (swap && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[m];
}

const char *mlab_nearest(const char *word, const char *const *candidates, size_t n)
{
    size_t length = strlen(word);
    if (length > LONGEST_WORD) return NULL;
    size_t limit = length < 5 ? 1 : 2;
    if (limit >= length) limit = length ? length - 1 : 0;
    const char *best = NULL;
    size_t best_distance = limit + 1;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(candidates[i]);
        if (other > LONGEST_WORD) continue;
        size_t distance = edit_distance(word, length, candidates[i], other);
        if (distance >= best_distance) continue;
        best = candidates[i];
        best_distance = distance;
    }
    return best;
}

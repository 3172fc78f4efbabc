/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raising errors and printing places. A sentence that is too long is cut at a whole UTF-8 character. */
#include "core/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Drops a UTF-8 sequence that lost its end when the text was cut. */
static void drop_torn_character(char *text)
{
    size_t n = strlen(text), start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (n - (start - 1) < length) text[start - 1] = '\0';
}

static mlab_status raise_list(mlab_error *err, mlab_status status, const mlab_place *place, const char *format, va_list list)
{
    if (!err) return status;
    char sentence[sizeof err->sentence]; /* the arguments may point into err */
    int length = vsnprintf(sentence, sizeof sentence, format, list);
    if (length < 0) snprintf(sentence, sizeof sentence, "%s", mlab_status_sentence(status));
    if (length >= (int)sizeof sentence) drop_torn_character(sentence);
    mlab_place where = place ? *place : (mlab_place){0};
    err->status = status;
    err->place = where;
    memcpy(err->sentence, sentence, sizeof sentence);
    return status;
}

mlab_status(mlab_raise)(mlab_error *err, mlab_status status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    raise_list(err, status, NULL, format, list);
    va_end(list);
    return status;
}

mlab_status(mlab_raise_at)(mlab_error *err, mlab_status status, const mlab_place *place, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    raise_list(err, status, place, format, list);
    va_end(list);
    return status;
}

static void copy_cut_at_front(char *into, size_t size, const char *text)
{
    size_t n = strlen(text);
    if (n < size) {
        memcpy(into, text, n + 1);
        return;
    }
    const char *rest = text + n - (size - 4);
    while (((unsigned char)*rest & 0xC0) == 0x80) rest++;
    snprintf(into, size, "...%s", rest);
}

mlab_place mlab_place_text(const char *file, uint64_t line, uint32_t column)
{
    return mlab_place_cell(file, line, column, NULL);
}

mlab_place mlab_place_cell(const char *file, uint64_t line, uint32_t column, const char *column_name)
{
    mlab_place place = {.line = line, .column = column};
    if (file) copy_cut_at_front(place.file, sizeof place.file, file);
    if (column_name && snprintf(place.column_name, sizeof place.column_name, "%s", column_name) >= (int)sizeof place.column_name)
        drop_torn_character(place.column_name);
    return place;
}

const char *mlab_column_letters(uint32_t column, char into[MLAB_COLUMN_LETTERS])
{
    char reversed[MLAB_COLUMN_LETTERS];
    size_t n = 0, k = 0;
    for (; column; column = (column - 1) / 26) reversed[n++] = (char)('A' + (column - 1) % 26);
    while (n) into[k++] = reversed[--n];
    into[k] = '\0';
    return into;
}

const char *mlab_place_print(const mlab_place *place, char *into, size_t size)
{
    char letters[MLAB_COLUMN_LETTERS];
    if (size == 0) return "";
    into[0] = '\0';
    if (place->column_name[0] && place->line && place->column)
        snprintf(into, size, "%s, row %" PRIu64 ", column %s \"%s\"", place->file, place->line, mlab_column_letters(place->column, letters),
                 place->column_name);
    else if (place->column_name[0] && place->line)
        snprintf(into, size, "%s, row %" PRIu64 ", column \"%s\"", place->file, place->line, place->column_name);
    else if (place->column_name[0])
        snprintf(into, size, "%s, column \"%s\"", place->file, place->column_name);
    else if (place->line && place->column)
        snprintf(into, size, "%s:%" PRIu64 ":%" PRIu32, place->file, place->line, place->column);
    else if (place->line)
        snprintf(into, size, "%s:%" PRIu64, place->file, place->line);
    else
        snprintf(into, size, "%s", place->file);
    return into;
}

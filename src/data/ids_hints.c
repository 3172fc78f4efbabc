/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would link more: every text that is not linked is tried with leading zeros, without regard to case, without blanks, by the
 * digits in it, and as a value of another column of the people file (an e-mail address). The one that links most is told.
 * Weakness: two of these at once are tried only for digits with leading zeros. */
#include "core/error.h"
#include "data/ids.h"

#include <stdio.h>
#include <string.h>

/* The ways in which ids are made alike before they are compared; the same on both sides. */
typedef enum way { WAY_ZEROS, WAY_CASE, WAY_BLANKS, WAY_PARENTHESES, WAY_DIGITS, N_WAYS } way;

enum { LONGEST = 128 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t drop_zeros(char *text, size_t n)
{
    size_t zeros = 0;
    while (zeros + 1 < n && text[zeros] == '0') zeros++;
    memmove(text, text + zeros, n - zeros);
    return n - zeros;
}

/* The only run of digits of a text, else nothing. */
static size_t only_digits(char *text, size_t n)
{
    size_t first = 0, last;
    while (first < n && !is_digit(text[first])) first++;
    for (last = first; last < n && is_digit(text[last]);) last++;
    for (size_t i = last; i < n; i++)
        if (is_digit(text[i])) return 0;
    memmove(text, text + first, last - first);
    return last - first;
}

/* What stands in the last parentheses, "Jane Doe (00123456)"; the whole text when there are none. */
static size_t in_parentheses(char *text, size_t n)
{
    size_t last = n, first;
    while (last > 0 && text[last - 1] != ')') last--;
    for (first = last; first > 0 && text[first - 1] != '(';) first--;
    if (!last || !first) return n;
    memmove(text, text + first, last - 1 - first);
    return last - 1 - first;
}

/* 0 = the text says nothing in this way */
static size_t alike(way how, bool of_people, const char *text, char *into)
{
    size_t n = strlen(text), k = 0;
    if (n >= LONGEST) return 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (how == WAY_BLANKS && (c == ' ' || c == '\t')) continue;
        if (how == WAY_CASE && c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        into[k++] = c;
    }
    if (how == WAY_PARENTHESES) k = in_parentheses(into, k);
    if (how == WAY_DIGITS && !of_people) k = only_digits(into, k);
    if ((how == WAY_ZEROS || how == WAY_DIGITS) && k) k = drop_zeros(into, k);
    return k;
}

static mlab_status count_way(const mlab_ids *ids, const mlab_dictionary *unlinked, way how, size_t *n, mlab_error *err)
{
    mlab_dictionary all;
    char text[LONGEST];
    uint32_t code;
    mlab_dictionary_start(&all, ids->context);
    mlab_status status = MLAB_OK;
    *n = 0;
    for (uint32_t i = 0; i < ids->texts.n && !status; i++) {
        size_t length = alike(how, true, mlab_dictionary_text(&ids->texts, i), text);
        if (length) status = mlab_dictionary_add(&all, text, length, &code, err);
    }
    for (uint32_t i = 0; i < unlinked->n && !status; i++) {
        size_t length = alike(how, false, mlab_dictionary_text(unlinked, i), text);
        *n += length && mlab_dictionary_find(&all, text, length) != MLAB_DICTIONARY_NONE;
    }
    mlab_dictionary_free(&all);
    return status;
}

/* Texts that stand, whatever their case, in a column of people. */
static mlab_status count_column(const mlab_ids *ids, const mlab_dictionary *unlinked, const mlab_column *column, size_t *n, mlab_error *err)
{
    mlab_dictionary all;
    char text[LONGEST];
    uint32_t code;
    mlab_dictionary_start(&all, ids->context);
    mlab_status status = MLAB_OK;
    *n = 0;
    for (size_t i = 0; i < ids->people->n_rows && !status; i++) {
        if (column->missing && column->missing[i]) continue;
        size_t length = alike(WAY_CASE, true, mlab_column_text(column, i), text);
        if (length) status = mlab_dictionary_add(&all, text, length, &code, err);
    }
    for (uint32_t i = 0; i < unlinked->n && !status; i++) {
        size_t length = alike(WAY_CASE, false, mlab_dictionary_text(unlinked, i), text);
        *n += length && mlab_dictionary_find(&all, text, length) != MLAB_DICTIONARY_NONE;
    }
    mlab_dictionary_free(&all);
    return status;
}

/* A column with few different texts holds no ids: half of its rows at least must differ. */
static bool may_be_ids(const mlab_ids *ids, const mlab_column *column)
{
    return column->type == MLAB_COLUMN_TEXT || (column->type == MLAB_COLUMN_FACTOR && (size_t)column->n_levels * 2 >= ids->people->n_rows);
}

static mlab_status best_column(const mlab_ids *ids, const mlab_dictionary *unlinked, size_t *best, const char **name, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    *best = 0;
    *name = NULL;
    for (size_t c = 0; ids->people && c < ids->people->n_columns && !status; c++) {
        const mlab_column *column = &ids->people->columns[c];
        size_t n = 0;
        if (!may_be_ids(ids, column)) continue;
        status = count_column(ids, unlinked, column, &n, err);
        if (n > *best) {
            *best = n;
            *name = column->name;
        }
    }
    return status;
}

static void write_way(const mlab_ids *ids, way how, size_t n, mlab_link_hint *hint)
{
    static const char *const what[] = {[WAY_ZEROS] = "with leading zeros",
                                       [WAY_CASE] = "when case does not count",
                                       [WAY_BLANKS] = "without the blanks in them",
                                       [WAY_PARENTHESES] = "by what stands in parentheses",
                                       [WAY_DIGITS] = "by the digits in them"};
    snprintf(hint->sentence, sizeof hint->sentence, "; %zu of them match %s", n, what[how]);
    if (how == WAY_ZEROS) snprintf(hint->remedy, sizeof hint->remedy, "id: {pad: %zu}", ids->most);
    if (how == WAY_CASE) snprintf(hint->remedy, sizeof hint->remedy, "id: {case: ignore}");
    if (how == WAY_BLANKS) snprintf(hint->remedy, sizeof hint->remedy, "id: {blanks: drop}");
    bool of_people = ids->texts.n && strchr(mlab_dictionary_text(&ids->texts, 0), '(');
    if (how == WAY_PARENTHESES)
        snprintf(hint->remedy, sizeof hint->remedy,
                 of_people ? "id: {take: '\\(([^)]+)\\)'}      (in the block of %.100s)" : "id: {take: '\\(([^)]+)\\)'}", ids->file);
    if (how == WAY_DIGITS) snprintf(hint->remedy, sizeof hint->remedy, "id: {take: '(\\d+)', pad: %zu}", ids->most);
}

mlab_status mlab_ids_hint(const mlab_ids *ids, const mlab_dictionary *unlinked, mlab_link_hint *hint, mlab_error *err)
{
    size_t best = 0, n = 0;
    way how = N_WAYS;
    const char *name = NULL;
    *hint = (mlab_link_hint){0};
    for (int w = 0; w < N_WAYS; w++) { /* the simpler way comes first and wins a tie */
        mlab_status status = count_way(ids, unlinked, (way)w, &n, err);
        if (status) return status;
        if (n > best) {
            best = n;
            how = (way)w;
        }
    }
    mlab_status status = best_column(ids, unlinked, &n, &name, err);
    if (status) return status;
    if (n > best) {
        snprintf(hint->sentence, sizeof hint->sentence, "; %zu of them stand in its column \"%.80s\"", n, name);
        snprintf(hint->remedy, sizeof hint->remedy, "crosswalk: {file: %.80s, from: %.60s, to: %.60s}", ids->file, name,
                 ids->heading ? ids->heading : "id");
    } else if (how != N_WAYS) {
        write_way(ids, how, best, hint);
    }
    return MLAB_OK;
}

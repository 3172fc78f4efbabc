/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns as numbers that two sides can be compared by: a number, a code of a text that both sides share, a set of words.
 *
 * Texts are compared without blanks around them and without ASCII case, so that "English" and " english" are one language.
 * Weakness: letters beyond ASCII keep their case, and "AI" and "machine learning" are two words to it.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/missing.h"
#include "match/scorer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct word {
    const char *text;
    size_t n;
    uint32_t side, row; /* 0 mentee, 1 mentor */
} word;

typedef struct words {
    const mlab_context *context;
    word *items;
    size_t n, capacity;
} words;

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int compare_words(const word *a, const word *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        unsigned char x = (unsigned char)folded(a->text[i]), y = (unsigned char)folded(b->text[i]);
        if (x != y) return x < y ? -1 : 1;
    }
    return a->n < b->n ? -1 : a->n > b->n;
}

static int by_word(const void *a, const void *b)
{
    return compare_words(a, b);
}

static mlab_status add_word(words *list, const char *text, size_t n, uint32_t side, size_t row, mlab_error *err)
{
    while (n && blank(*text)) text++, n--;
    while (n && blank(text[n - 1])) n--;
    if (!n) return MLAB_OK;
    mlab_status status = mlab_grow(list->context, &list->items, list->n, &list->capacity, sizeof *list->items, err);
    if (!status) list->items[list->n++] = (word){text, n, side, (uint32_t)row};
    return status;
}

/* The words of a text; separator "" or NULL = the whole text is one. */
static mlab_status split(words *list, const char *text, const char *separator, uint32_t side, size_t row, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t step = separator ? strlen(separator) : 0;
    for (const char *end; !status && step && (end = strstr(text, separator)); text = end + step)
        status = add_word(list, text, (size_t)(end - text), side, row, err);
    return status ? status : add_word(list, text, strlen(text), side, row, err);
}

static bool is_text(const mlab_column *column)
{
    return column->type == MLAB_COLUMN_TEXT || column->type == MLAB_COLUMN_FACTOR;
}
static double number_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : (double)column->as.integer[row];
}

static double *missing_values(const mlab_context *context, size_t n)
{
    double *value = mlab_allocate(context, n, sizeof *value);
    for (size_t i = 0; value && i < n; i++) value[i] = MLAB_ATTRIBUTE_MISSING;
    return value;
}

static void copy_numbers(const mlab_column *column, size_t n, double *value)
{
    for (size_t i = 0; i < n; i++)
        if (!mlab_is_missing_at(column, i)) value[i] = number_at(column, i);
}

/* Numbers of a gap: of a number column, of texts that all are numbers, or the place among ordered levels. */
static bool gap_numbers(const mlab_column *column, size_t n, double *value)
{
    if (!is_text(column)) {
        copy_numbers(column, n, value);
        return true;
    }
    bool all = true;
    for (size_t i = 0; i < n && all; i++) {
        const char *text = mlab_column_text(column, i);
        if (*text) all = mlab_number_parse(text, strlen(text), '.', &value[i]);
    }
    if (all) return true;
    if (!column->ordered) return false;
    copy_numbers(column, n, value);
    return true;
}

static mlab_status collect(words *list, const mlab_column *column, size_t n, const char *separator, uint32_t side, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < n && !status; i++)
        if (!mlab_is_missing_at(column, i)) status = split(list, mlab_column_text(column, i), separator, side, i, err);
    return status;
}

static size_t distinct(const words *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) n += i == 0 || compare_words(&list->items[i - 1], &list->items[i]) != 0;
    return n;
}

static mlab_status make_codes(const words *list, mlab_term_rule *term)
{
    double code = -1;
    for (size_t i = 0; i < list->n; i++) {
        if (i == 0 || compare_words(&list->items[i - 1], &list->items[i]) != 0) code++;
        (list->items[i].side ? term->mentor.value : term->mentee.value)[list->items[i].row] = code;
    }
    return MLAB_OK;
}

static mlab_status make_sets(const mlab_context *context, const words *list, mlab_term_rule *term, size_t n_mentees, size_t n_mentors,
                             mlab_error *err)
{
    term->words = (distinct(list) + 63) / 64;
    if (term->words == 0) term->words = 1;
    if (n_mentees > SIZE_MAX / term->words || n_mentors > SIZE_MAX / term->words)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "%zu people with %zu words are too many", n_mentees + n_mentors, term->words * 64);
    term->mentee.bits = mlab_allocate(context, n_mentees * term->words, sizeof *term->mentee.bits);
    term->mentor.bits = mlab_allocate(context, n_mentors * term->words, sizeof *term->mentor.bits);
    if (!term->mentee.bits || !term->mentor.bits) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the sets of '%s'", term->rule->name);
    size_t code = 0;
    for (size_t i = 0; i < list->n; i++) {
        const word *w = &list->items[i];
        code += i > 0 && compare_words(w - 1, w) != 0;
        (w->side ? term->mentor.bits : term->mentee.bits)[w->row * term->words + code / 64] |= UINT64_C(1) << code % 64;
    }
    return MLAB_OK;
}

/* Codes or sets of the texts of both sides together. */
static mlab_status from_texts(const mlab_context *context, mlab_term_rule *term, const mlab_column *mentee, size_t n_mentees,
                              const mlab_column *mentor, size_t n_mentors, mlab_error *err)
{
    const bool sets = term->sets;
    const char *separator = sets ? term->rule->separator : NULL;
    words list = {.context = context};
    mlab_status status = collect(&list, mentee, n_mentees, separator, 0, err);
    if (!status) status = collect(&list, mentor, n_mentors, separator, 1, err);
    if (!status) {
        if (list.n) qsort(list.items, list.n, sizeof *list.items, by_word);
        status = sets ? make_sets(context, &list, term, n_mentees, n_mentors, err) : make_codes(&list, term);
    }
    mlab_release(context, list.items);
    return status;
}

static mlab_status unfit(const mlab_term_rule *term, const mlab_column *column, const char *needs, mlab_error *err)
{
    return mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &term->rule->place, "rule '%s': column '%s' must be %s", term->rule->name, column->name, needs);
}

/* --- hours from UTC ----------------------------------------------------------------------------------- */

static bool digits_to_hours(const char *text, size_t n, double *hours)
{
    const char *colon = memchr(text, ':', n);
    double h, m = 0;
    if (!mlab_number_parse(text, colon ? (size_t)(colon - text) : n, '.', &h)) return false;
    if (colon && !mlab_number_parse(colon + 1, n - (size_t)(colon + 1 - text), '.', &m)) return false;
    if (!(h >= 0 && h <= 14 && m >= 0 && m < 60)) return false;
    *hours = h + m / 60;
    return true;
}

bool mlab_hours_parse(const char *text, double *hours)
{
    static const char *const names[] = {"utc", "gmt", "z"};
    size_t n = strlen(text);
    while (n && blank(*text)) text++, n--;
    while (n && blank(text[n - 1])) n--;
    for (size_t k = 0; k < 3; k++) {
        const word here = {text, n < strlen(names[k]) ? n : strlen(names[k]), 0, 0}, name = {names[k], strlen(names[k]), 0, 0};
        if (compare_words(&here, &name) != 0) continue;
        text += name.n;
        n -= name.n;
        while (n && blank(*text)) text++, n--;
        if (!n) {
            *hours = 0;
            return true;
        }
        break;
    }
    const bool west = n && *text == '-';
    if (n && (*text == '-' || *text == '+')) text++, n--;
    double size;
    if (!n || !digits_to_hours(text, n, &size)) return false;
    *hours = west ? -size : size;
    return true;
}

static mlab_status hours_of(const mlab_term_rule *term, const mlab_table *table, const mlab_column *column, double *value, mlab_findings *findings,
                            mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < table->n_rows; i++) {
        char number[40];
        const char *text = is_text(column) ? mlab_column_text(column, i) : number;
        if (mlab_is_missing_at(column, i)) continue;
        if (text == number) mlab_number_print(number_at(column, i), number, sizeof number);
        if (!*text || mlab_hours_parse(text, &value[i])) continue;
        mlab_place place = mlab_place_cell(table->file ? table->file : "", table->lines ? table->lines[i] : i + 2, 0, column->name);
        status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "bad_hours", &place, text, "", err,
                                   "rule '%s': column '%s' must be hours from UTC, such as +1, UTC-5 or +05:30", term->rule->name, column->name);
    }
    return status;
}

/* --- vectors of numbers --------------------------------------------------------------------------------- */

static void find_range(const mlab_term_rule *term, const double *value, size_t n, size_t k, double *low, double *high)
{
    for (size_t i = 0; i < n; i++) {
        const double x = value[i * term->width + k];
        if (x == MLAB_ATTRIBUTE_MISSING) continue;
        if (x < *low) *low = x;
        if (x > *high) *high = x;
    }
}

static mlab_status fill_vector(const mlab_term_rule *term, const mlab_column *const *columns, size_t n, double *value, mlab_error *err)
{
    for (size_t k = 0; k < term->width; k++) {
        if (is_text(columns[k]) && !columns[k]->ordered) return unfit(term, columns[k], "numbers or ordered levels", err);
        for (size_t i = 0; i < n; i++)
            if (!mlab_is_missing_at(columns[k], i)) value[i * term->width + k] = number_at(columns[k], i);
    }
    return MLAB_OK;
}

/* A coordinate counts by its range over both sides, as in Gower 1971 (doi:10.2307/2528823). */
static mlab_status from_vectors(const mlab_context *context, mlab_term_rule *term, const mlab_column *const *mentee, size_t n_mentees,
                                const mlab_column *const *mentor, size_t n_mentors, mlab_error *err)
{
    mlab_status status = fill_vector(term, mentee, n_mentees, term->mentee.value, err);
    if (!status) status = fill_vector(term, mentor, n_mentors, term->mentor.value, err);
    if (!status && !(term->range = mlab_allocate(context, term->width, sizeof *term->range)))
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the ranges of '%s'", term->rule->name);
    for (size_t k = 0; !status && k < term->width; k++) {
        double low = INFINITY, high = -INFINITY;
        find_range(term, term->mentee.value, n_mentees, k, &low, &high);
        find_range(term, term->mentor.value, n_mentors, k, &low, &high);
        term->range[k] = high > low ? high - low : 1;
    }
    return status;
}

mlab_status mlab_attributes_make(const mlab_context *context, mlab_term_rule *term, const mlab_table *mentees, const mlab_column *const *mentee,
                                 const mlab_table *mentors, const mlab_column *const *mentor, mlab_findings *findings, mlab_error *err)
{
    const mlab_rule_kind kind = term->rule->kind;
    const size_t n = mentees->n_rows, m = mentors->n_rows;
    if (term->sets) {
        if (!is_text(*mentee)) return unfit(term, *mentee, "text, a list of words", err);
        if (!is_text(*mentor)) return unfit(term, *mentor, "text, a list of words", err);
        return from_texts(context, term, *mentee, n, *mentor, m, err);
    }
    if (n > SIZE_MAX / term->width || m > SIZE_MAX / term->width)
        return mlab_raise(err, MLAB_ERR_OVERFLOW, "too many values of '%s'", term->rule->name);
    term->mentee.value = missing_values(context, n * term->width);
    term->mentor.value = missing_values(context, m * term->width);
    if (!term->mentee.value || !term->mentor.value) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the values of '%s'", term->rule->name);
    if (kind == MLAB_RULE_SIMILAR || kind == MLAB_RULE_UNLIKE) return from_vectors(context, term, mentee, n, mentor, m, err);
    if (kind == MLAB_RULE_HOURS) {
        mlab_status status = hours_of(term, mentees, *mentee, term->mentee.value, findings, err);
        return status ? status : hours_of(term, mentors, *mentor, term->mentor.value, findings, err);
    }
    if (kind == MLAB_RULE_GAP) {
        if (!gap_numbers(*mentee, n, term->mentee.value)) return unfit(term, *mentee, "numbers or ordered levels", err);
        if (!gap_numbers(*mentor, m, term->mentor.value)) return unfit(term, *mentor, "numbers or ordered levels", err);
        return MLAB_OK;
    }
    if (is_text(*mentee) != is_text(*mentor))
        return unfit(term, *mentor, is_text(*mentee) ? "text, as on the mentees' side" : "numbers, as on the mentees' side", err);
    if (is_text(*mentee)) return from_texts(context, term, *mentee, n, *mentor, m, err);
    copy_numbers(*mentee, n, term->mentee.value);
    copy_numbers(*mentor, m, term->mentor.value);
    return MLAB_OK;
}

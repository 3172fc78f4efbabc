/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in the columns of a file: counts of what cells can be read as, and the distinct texts for comparing ids. */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/recognise.h"

#include <string.h>

enum { MOST_ROWS = 300000 };

void mlab_profile_free(const mlab_context *context, mlab_profile *column)
{
    mlab_release(context, column->heading);
    mlab_release(context, column->question);
    if (column->values.context) mlab_dictionary_free(&column->values);
}

bool mlab_profile_is_date(const mlab_profile *column)
{
    return column->filled && 10 * (column->shapes + column->timed) >= 9 * column->filled;
}

bool mlab_profile_is_email(const mlab_profile *column)
{
    return column->filled && 10 * column->emails >= 9 * column->filled;
}

bool mlab_profile_is_bracketed(const mlab_profile *column)
{
    return column->filled && 10 * column->bracketed >= 9 * column->filled;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_digit(text[i])) return false;
    return n > 0;
}

/* Something, an @, something with a point in it; no blanks. */
static bool is_email(const char *text, size_t n)
{
    const char *at = memchr(text, '@', n);
    if (!at || at == text || memchr(text, ' ', n)) return false;
    size_t rest = n - (size_t)(at - text) - 1;
    const char *point = memchr(at + 1, '.', rest);
    return point && point > at + 1 && point + 1 < text + n;
}

/* "... (00123456)": digits in brackets; their number, 0 = none. */
static size_t digits_in_brackets(const char *text, size_t n)
{
    const char *open = memchr(text, '(', n);
    if (!open) return 0;
    size_t i = (size_t)(open - text) + 1, first = i;
    while (i < n && is_digit(text[i])) i++;
    return i < n && text[i] == ')' ? i - first : 0;
}

static void see_day(mlab_profile *p, const char *text, size_t n, unsigned as)
{
    int32_t day, year_2200 = mlab_date_from_civil(2200, 1, 1);
    mlab_date_order order = as & MLAB_AS_ISO   ? MLAB_DATES_FOUND
                            : as & MLAB_AS_YMD ? MLAB_DATES_YMD
                            : as & MLAB_AS_DMY ? MLAB_DATES_DMY
                                               : MLAB_DATES_MDY;
    if (!mlab_read_date(text, n, order, &day) || day >= year_2200) return;
    if (p->first == MLAB_DATE_MISSING || day < p->first) p->first = day;
    if (p->last == MLAB_DATE_MISSING || day > p->last) p->last = day;
}

bool mlab_profile_day(const mlab_profile *column, uint32_t value, int32_t *day)
{
    const char *text = mlab_dictionary_text(&column->values, value);
    mlab_date_order order = column->iso == column->shapes   ? MLAB_DATES_FOUND
                            : column->ymd == column->shapes ? MLAB_DATES_YMD
                            : column->dmy >= column->mdy    ? MLAB_DATES_DMY
                                                            : MLAB_DATES_MDY;
    size_t n = strlen(text);
    return mlab_read_date(text, n > 10 && (text[10] == ' ' || text[10] == 'T') ? 10 : n, order, day);
}

/* "2022-05-17 09:10:11", and with a T; the day stands in front. */
static bool is_timed(const char *text, size_t n)
{
    mlab_date day;
    return n >= 15 && n <= 32 && (text[10] == ' ' || text[10] == 'T') && memchr(text + 11, ':', n - 11) && mlab_date_parse_iso(text, 10, &day);
}

static mlab_status see(mlab_profile *p, const char *text, size_t n, mlab_error *err)
{
    uint32_t ignored;
    mlab_trim(&text, &n);
    if (!n || (n == 2 && !memcmp(text, "NA", 2))) return MLAB_OK;
    unsigned as = mlab_text_readings(text, n);
    p->filled++;
    p->numbers += (as & (MLAB_AS_NUMBER | MLAB_AS_COMMA_NUMBER | MLAB_AS_COMMA_GROUPS | MLAB_AS_POINT_GROUPS)) != 0;
    p->whole += (as & MLAB_AS_INTEGER) != 0;
    p->commas += (as & MLAB_AS_COMMA_NUMBER) && !(as & (MLAB_AS_NUMBER | MLAB_AS_COMMA_GROUPS));
    p->points += (as & MLAB_AS_NUMBER) && !(as & (MLAB_AS_COMMA_NUMBER | MLAB_AS_POINT_GROUPS));
    p->iso += (as & MLAB_AS_ISO) != 0;
    p->dmy += (as & MLAB_AS_DMY) != 0;
    p->mdy += (as & MLAB_AS_MDY) != 0;
    p->ymd += (as & MLAB_AS_YMD) != 0;
    p->shapes += (as & MLAB_AS_DATE_SHAPE) != 0;
    if (as & MLAB_AS_DATE_SHAPE) {
        see_day(p, text, n, as);
    } else if (is_timed(text, n)) {
        p->timed++;
        see_day(p, text, 10, MLAB_AS_ISO);
    }
    p->emails += is_email(text, n);
    size_t bracketed = digits_in_brackets(text, n), length = all_digits(text, n) ? n : bracketed;
    p->bracketed += bracketed > 0;
    p->digits += length == n;
    p->zeros += length && (length == n ? text[0] : ((const char *)memchr(text, '(', n))[1]) == '0' && length > 1;
    if (length > p->longest) p->longest = length;
    if (p->values.n > MLAB_PROFILE_MOST_DISTINCT) return MLAB_OK;
    return mlab_dictionary_add(&p->values, text, n, &ignored, err);
}

mlab_status mlab_profile_rows(mlab_rows *rows, mlab_profile *columns, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t j = 0; j < rows->n_columns && !status; j++) {
        mlab_profile *p = &columns[j];
        mlab_dictionary_start(&p->values, rows->context);
        p->first = p->last = MLAB_DATE_MISSING;
        p->heading = mlab_copy_text(rows->context, rows->names[j]);
        p->question = mlab_copy_text(rows->context, rows->labels && rows->labels[j] ? rows->labels[j] : "");
        if (!p->heading || !p->question) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to look at %s", rows->file);
        if (!status) mlab_plain_words(p->heading, p->words, sizeof p->words);
    }
    while (!status && rows->n_rows < MOST_ROWS) {
        mlab_row_block block;
        status = mlab_rows_next(rows, &block, err);
        if (status || !block.n_rows) break;
        for (size_t i = 0; i < block.n_rows * block.n_columns && !status; i++)
            status = see(&columns[i % block.n_columns], block.cells[i].text, block.cells[i].n, err);
    }
    return status;
}

/* --- links ---------------------------------------------------------------------------------------------- */

static const char *small_letters(const char *text, size_t n, char *into, size_t size)
{
    if (n >= size) n = size - 1;
    for (size_t i = 0; i < n; i++) into[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    into[n] = '\0';
    return into;
}

/* The three forms of an id: as written, the digits in brackets (or as written), and those without leading zeros. */
static const char *form_of(const char *text, int form, char *into, size_t size)
{
    size_t n = strlen(text), digits = digits_in_brackets(text, n);
    if (form && digits) {
        text = strchr(text, '(') + 1;
        n = digits;
    }
    if (form == 2 && all_digits(text, n))
        for (; n > 1 && *text == '0'; n--) text++;
    return small_letters(text, n, into, size);
}

mlab_status mlab_link_columns(const mlab_context *context, const mlab_profile *from, const mlab_profile *to, mlab_link_evidence *evidence,
                              mlab_error *err)
{
    mlab_dictionary forms[3];
    char text[256];
    uint32_t ignored;
    mlab_status status = MLAB_OK;
    *evidence = (mlab_link_evidence){.distinct = from->values.n};
    for (int form = 0; form < 3; form++) mlab_dictionary_start(&forms[form], context);
    for (uint32_t i = 0; i < to->values.n && !status; i++)
        for (int form = 0; form < 3 && !status; form++) {
            form_of(mlab_dictionary_text(&to->values, i), form, text, sizeof text);
            status = mlab_dictionary_add(&forms[form], text, strlen(text), &ignored, err);
        }
    uint64_t *counts[] = {&evidence->as_written, &evidence->with_take, &evidence->with_zeros};
    for (uint32_t i = 0; i < from->values.n && !status; i++)
        for (int form = 0; form < 3; form++) {
            form_of(mlab_dictionary_text(&from->values, i), form, text, sizeof text);
            if (mlab_dictionary_find(&forms[form], text, strlen(text)) == MLAB_DICTIONARY_NONE) continue;
            for (int k = form; k < 3; k++) ++*counts[k];
            break;
        }
    for (int form = 0; form < 3; form++) mlab_dictionary_free(&forms[form]);
    return status;
}

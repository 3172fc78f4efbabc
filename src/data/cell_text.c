/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one text can be read as: numbers with marks, dates in their orders. Two readings are both told; choosing is
 * left to whoever sees the whole column.
 */
#include "core/number.h"
#include "data/reading.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The no-break space U+00A0, and the byte order mark U+FEFF that programs leave inside files: their length, or 0. */
static size_t odd_blank(const char *text, size_t n)
{
    if (n >= 2 && !memcmp(text, "\xC2\xA0", 2)) return 2;
    return n >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
}

void mlab_trim(const char **text, size_t *n)
{
    for (size_t step = 1; step;) {
        step = *n && is_blank(**text) ? 1 : odd_blank(*text, *n);
        *text += step;
        *n -= step;
    }
    for (size_t step = 1; step;) {
        step = *n && is_blank((*text)[*n - 1]) ? 1 : 0;
        if (!step && *n >= 2) step = odd_blank(*text + *n - 2, 2);
        if (!step && *n >= 3) step = odd_blank(*text + *n - 3, 3) == 3 ? 3 : 0;
        *n -= step;
    }
}

/* Takes thousands marks out of [+-]d{1,3}(mark ddd)+[rest]; false when they stand elsewhere. into: n bytes. */
static bool ungroup(const char *text, size_t n, char mark, char decimal, char *into, size_t *length)
{
    size_t i = 0, k = 0, group = 0, marks = 0;
    if (i < n && (text[i] == '-' || text[i] == '+')) into[k++] = text[i++];
    if (i < n && text[i] == '0') return false; /* no group begins a number with 0 */
    for (; i < n && (is_digit(text[i]) || text[i] == mark); i++) {
        if (text[i] != mark) {
            into[k++] = text[i];
            if (++group > 3) return false;
            continue;
        }
        if (group == 0 || (marks && group != 3)) return false;
        group = 0;
        marks++;
    }
    if (!marks || group != 3) return false;
    if (i < n && text[i] != decimal) return false;
    for (; i < n; i++) into[k++] = text[i];
    *length = k;
    return true;
}

/* The blanks U+00A0 and U+202F and the apostrophe U+2019 that programs put between thousands become plain ones. into: n bytes. */
static size_t plain_marks(const char *text, size_t n, char *into)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (n - i >= 2 && !memcmp(text + i, "\xC2\xA0", 2)) {
            into[k++] = ' ';
            i++;
        } else if (n - i >= 3 && (!memcmp(text + i, "\xE2\x80\xAF", 3) || !memcmp(text + i, "\xE2\x80\x99", 3))) {
            into[k++] = (unsigned char)text[i + 2] == 0x99 ? '\'' : ' ';
            i += 2;
        } else {
            into[k++] = text[i];
        }
    }
    return k;
}

bool mlab_read_number(const char *text, size_t n, char decimal, char thousands, double *value)
{
    mlab_trim(&text, &n);
    if (mlab_number_parse(text, n, decimal, value)) return true;
    char plain[64], marked[64];
    size_t length;
    if (!thousands || n > sizeof plain) return false;
    if (thousands == ' ' || thousands == '\'') {
        n = plain_marks(text, n, marked);
        text = marked;
    }
    if (!ungroup(text, n, thousands, decimal, plain, &length)) return false;
    return mlab_number_parse(plain, length, decimal, value);
}

static unsigned number_readings(const char *text, size_t n)
{
    unsigned as = 0;
    double value;
    int64_t integer;
    size_t digits = n && (*text == '-' || *text == '+') ? 1 : 0;
    if (n > digits + 1 && text[digits] == '0' && is_digit(text[digits + 1])) return 0; /* a code: 007, 01234 */
    if (mlab_number_parse(text, n, '.', &value)) as |= MLAB_AS_NUMBER;
    if (mlab_number_parse(text, n, ',', &value)) as |= MLAB_AS_COMMA_NUMBER;
    if (mlab_integer_parse(text, n, &integer) && integer >= -INT32_MAX && integer <= INT32_MAX) as |= MLAB_AS_INTEGER;
    char plain[64];
    size_t length;
    if (n <= sizeof plain && ungroup(text, n, ',', '.', plain, &length)) as |= MLAB_AS_COMMA_GROUPS;
    if (n <= sizeof plain && ungroup(text, n, '.', ',', plain, &length)) as |= MLAB_AS_POINT_GROUPS;
    if (as || n > sizeof plain) return as;
    char marked[64];
    n = plain_marks(text, n, marked);
    if (ungroup(marked, n, ' ', '.', plain, &length) || ungroup(marked, n, ' ', ',', plain, &length)) as |= MLAB_AS_BLANK_GROUPS;
    if (ungroup(marked, n, '\'', '.', plain, &length) || ungroup(marked, n, '\'', ',', plain, &length)) as |= MLAB_AS_APOSTROPHE_GROUPS;
    return as;
}

unsigned mlab_text_readings(const char *text, size_t n)
{
    mlab_trim(&text, &n);
    if (n == 0 || n > 64) return 0;
    if (!is_digit(*text) && !strchr("+-.,", *text)) return mlab_date_readings(text, n);
    return number_readings(text, n) | (is_digit(*text) ? mlab_date_readings(text, n) : 0);
}

bool mlab_is_missing(const mlab_setting *codes, const char *text, size_t n)
{
    if (!codes) return n == 0 || (n == 2 && !memcmp(text, "NA", 2));
    for (size_t i = 0; i < mlab_setting_size(codes); i++) {
        const char *code = mlab_setting_text(mlab_setting_item(codes, i));
        if (!strncmp(code, text, n) && code[n] == '\0') return true;
    }
    return false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the numbers of a workbook are shown: the number formats of its styles, and numbers as texts by them. A day is a number
 * in a workbook; only the format of its cell says that it is one.
 *
 * Days are counted from 1899-12-31 = 0, with a 29th of February 1900 that never was (so 60 is shown and refused as
 * 1900-02-29), or from 1904-01-01 = 0.
 * Source: ECMA-376 part 1, 18.8.30 (numFmt, formats 0 to 49), 18.8.31 (format codes), 18.17.4 (dates and times).
 * Weakness: formats 27 to 36, 50 to 58 and 71 to 81 are dates in East Asian and Thai programs and are taken for dates always.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/number.h"
#include "data/rows_sheet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- format codes ------------------------------------------------------------------------------------ */

typedef struct parts_of_code {
    bool year_or_day, month, hour_or_second, elapsed, digits;
} parts_of_code;

/* A bracket: [h], [mm] and the like are hours beyond a day; colours, conditions and [$-409] are nothing. */
static const char *pass_bracket(const char *c, parts_of_code *found)
{
    const char *end = strchr(c, ']');
    if (!end) return c + strlen(c);
    bool same = end > c + 1;
    for (const char *k = c + 1; k < end; k++) same &= (*k | 32) == (c[1] | 32);
    found->elapsed |= same && strchr("hmsHMS", c[1]) != NULL;
    return end + 1;
}

static const char *pass_quoted(const char *c)
{
    const char *end = strchr(c + 1, '"');
    return end ? end + 1 : c + strlen(c);
}

static parts_of_code look_at(const char *code)
{
    parts_of_code found = {0};
    for (const char *c = code; *c && *c != ';';) {
        switch (*c) {
        case '"': c = pass_quoted(c); continue;
        case '[': c = pass_bracket(c, &found); continue;
        case '\\':
        case '_':
        case '*': c += c[1] ? 2 : 1; continue;
        case 'y':
        case 'Y':
        case 'd':
        case 'D': found.year_or_day = true; break;
        case 'm':
        case 'M': found.month = true; break;
        case 'h':
        case 'H':
        case 's':
        case 'S': found.hour_or_second = true; break;
        case '0':
        case '#':
        case '?': found.digits = true; break;
        case 'G': /* General, and its G would begin an era */
        case 'g':
            if (!strncmp(c, "General", 7) || !strncmp(c, "GENERAL", 7) || !strncmp(c, "general", 7)) {
                c += 7;
                continue;
            }
            break;
        default: break;
        }
        c++;
    }
    return found;
}

/* 0000000 and 000-00-0000: only zeros, at least three before anything else, and literal signs between them. */
static bool mask_of(const char *code, mlab_sheet_style *style)
{
    size_t n = 0, zeros = 0;
    for (const char *c = code; *c && *c != ';';) {
        char sign = *c++;
        if (sign == '\\')
            sign = *c ? *c++ : '\0';
        else if (sign == '"') {
            if (!*c || *c == '"' || c[1] != '"') return false;
            sign = *c;
            c += 2;
        } else if (sign != '0' && sign != '-' && sign != ' ' && sign != '/')
            return false;
        if (!sign || (sign != '0' && zeros < 3) || n == sizeof style->mask) return false;
        if (sign >= '1' && sign <= '9') return false;
        zeros += sign == '0';
        style->mask[n++] = sign;
    }
    style->n_mask = (uint8_t)n;
    return zeros >= 3;
}

mlab_sheet_style mlab_sheet_style_of(const char *code)
{
    mlab_sheet_style style = {.shown = MLAB_SHOWN_NUMBER};
    const parts_of_code found = look_at(code);
    if (found.elapsed)
        style.shown = MLAB_SHOWN_ELAPSED;
    else if (found.year_or_day || (found.month && !found.hour_or_second && !found.digits))
        style.shown = MLAB_SHOWN_DATE;
    else if (found.hour_or_second)
        style.shown = MLAB_SHOWN_TIME;
    else if (mask_of(code, &style))
        style.shown = MLAB_SHOWN_MASK;
    return style;
}

mlab_sheet_style mlab_sheet_style_builtin(uint64_t id)
{
    mlab_sheet_style style = {.shown = MLAB_SHOWN_NUMBER};
    if ((id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58) || (id >= 71 && id <= 81))
        style.shown = MLAB_SHOWN_DATE;
    if ((id >= 18 && id <= 21) || id == 45 || id == 47) style.shown = MLAB_SHOWN_TIME;
    if (id == 46) style.shown = MLAB_SHOWN_ELAPSED;
    return style;
}

/* --- styles.xml -------------------------------------------------------------------------------------- */

static mlab_status add_format(mlab_sheet_rows *s, const char **attributes)
{
    uint64_t id;
    const char *code = mlab_sheet_attribute(attributes, "formatCode");
    if (!code || !mlab_sheet_count(mlab_sheet_attribute(attributes, "numFmtId"), UINT32_MAX, &id) || s->n_formats >= MLAB_SHEET_MOST_STYLES)
        return MLAB_OK;
    mlab_status status = mlab_grow(s->base.context, &s->formats, s->n_formats, &s->formats_capacity, sizeof *s->formats, s->err);
    if (!status) {
        s->formats[s->n_formats].id = id;
        s->formats[s->n_formats++].style = mlab_sheet_style_of(code);
    }
    return status;
}

static mlab_status add_style(mlab_sheet_rows *s, const char **attributes)
{
    uint64_t id = 0;
    if (s->n_styles >= MLAB_SHEET_MOST_STYLES) return MLAB_OK;
    mlab_status status = mlab_grow(s->base.context, &s->styles, s->n_styles, &s->styles_capacity, sizeof *s->styles, s->err);
    if (status) return status;
    mlab_sheet_count(mlab_sheet_attribute(attributes, "numFmtId"), UINT32_MAX, &id);
    mlab_sheet_style style = mlab_sheet_style_builtin(id);
    if (s->n_styles && s->last_format == id)
        style = s->styles[s->n_styles - 1];
    else
        for (size_t i = 0; i < s->n_formats; i++)
            if (s->formats[i].id == id) style = s->formats[i].style;
    s->last_format = id;
    s->styles[s->n_styles++] = style;
    return MLAB_OK;
}

static void on_start(mlab_sheet_rows *s, const char *name, const char **attributes)
{
    if (!strcmp(name, "numFmts"))
        s->in_formats = true;
    else if (!strcmp(name, "cellXfs"))
        s->in_cell_styles = true;
    else if (s->in_formats && !strcmp(name, "numFmt"))
        mlab_sheet_fail(s, add_format(s, attributes));
    else if (s->in_cell_styles && !strcmp(name, "xf"))
        mlab_sheet_fail(s, add_style(s, attributes));
}

static void on_end(mlab_sheet_rows *s, const char *name)
{
    if (!strcmp(name, "numFmts")) s->in_formats = false;
    if (!strcmp(name, "cellXfs")) s->in_cell_styles = false;
}

mlab_status mlab_sheet_read_styles(mlab_sheet_rows *s, const char *part, mlab_error *err)
{
    static const mlab_sheet_handlers handlers = {on_start, on_end, NULL};
    bool there;
    mlab_status status = mlab_sheet_xml_whole(s, part, &handlers, &there, err);
    mlab_release(s->base.context, s->formats);
    s->formats = NULL;
    s->n_formats = s->formats_capacity = 0;
    return status;
}

/* --- numbers as texts --------------------------------------------------------------------------------- */

enum { DAY_1900 = -25568 /* 1899-12-31 */, DAY_1904 = -24107 /* 1904-01-01 */, LAST_SERIAL = 2958465 /* 9999-12-31 */ };
#define DAY_MILLISECONDS INT64_C(86400000)

static size_t print_time(int64_t milliseconds, char *into, size_t size)
{
    const int64_t seconds = milliseconds / 1000, rest = milliseconds % 1000;
    int n = snprintf(into, size, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (rest) n += snprintf(into + n, size - (size_t)n, ".%03" PRId64, rest);
    return (size_t)n;
}

/* value in 0 .. LAST_SERIAL */
static size_t print_day(double value, const mlab_sheet_style *style, bool date_1904, char *into, size_t size)
{
    const int64_t all = (int64_t)rint(value * (double)DAY_MILLISECONDS);
    const int64_t day = all / DAY_MILLISECONDS, time = all % DAY_MILLISECONDS;
    if (style->shown == MLAB_SHOWN_ELAPSED || (style->shown == MLAB_SHOWN_TIME && day == 0)) return print_time(all, into, size);
    size_t n;
    if (!date_1904 && (day == 0 || day == 60))
        n = (size_t)snprintf(into, size, "%s", day ? "1900-02-29" : "1900-01-00");
    else
        n = mlab_date_print((mlab_date)(day + (date_1904 ? DAY_1904 : DAY_1900 - (day > 60))), into, size);
    if (!time) return n;
    into[n++] = ' ';
    return n + print_time(time, into + n, size - n);
}

/* Digits from the right into the zeros, what is left over in front of them. */
static size_t print_mask(uint64_t value, const mlab_sheet_style *style, char *into, size_t size)
{
    char digits[24], reversed[64];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, value), k = 0;
    for (size_t i = style->n_mask; i-- > 0;) reversed[k++] = style->mask[i] != '0' ? style->mask[i] : n ? digits[--n] : '0';
    while (n) reversed[k++] = digits[--n];
    if (k >= size) return 0;
    for (size_t i = 0; i < k; i++) into[i] = reversed[k - 1 - i];
    into[k] = '\0';
    return k;
}

/* The shortest digits that read back, filled up with zeros: an id, never 1.2e+17. */
static size_t print_whole(double value, char *into, size_t size)
{
    char shortest[32];
    if (fabs(value) < 9e15) return (size_t)snprintf(into, size, "%" PRId64, (int64_t)value);
    mlab_number_print(value, shortest, sizeof shortest);
    const char *e = strchr(shortest, 'e');
    size_t n = 0, after = 0;
    bool point = false;
    for (const char *c = shortest; c != (e ? e : shortest + strlen(shortest)); c++) {
        if (*c == '.')
            point = true;
        else {
            into[n++] = *c;
            after += point;
        }
    }
    int64_t power = 0;
    if (e && !mlab_integer_parse(e + 1, strlen(e + 1), &power)) power = 0;
    for (; after < (size_t)power && n + 1 < size; after++) into[n++] = '0';
    into[n] = '\0';
    return n;
}

/* At most 15 digits and nothing that a shortest print would write in another way. */
static bool is_shortest(const char *text, size_t n)
{
    size_t i = n && *text == '-' ? 1 : 0, digits = 0;
    const char *point = NULL;
    if (n - i > 17 || n == i || (n - i > 1 && text[i] == '0' && text[i + 1] != '.') || (n == 2 && text[i] == '0' && i)) return false;
    for (; i < n; i++) {
        if (text[i] == '.') {
            if (point || !digits || i + 1 == n) return false;
            point = text + i;
        } else if (text[i] >= '0' && text[i] <= '9')
            digits++;
        else
            return false;
    }
    return digits <= 15 && !(point && (text[n - 1] == '0' || (digits > 5 && point[-1] == '0')));
}

bool mlab_sheet_number_text(const char *written, size_t n, const mlab_sheet_style *style, bool date_1904, char *into, size_t *length, bool *as_text)
{
    double value;
    const size_t size = 64;
    *as_text = false;
    if (style->shown == MLAB_SHOWN_NUMBER && is_shortest(written, n)) {
        memcpy(into, written, n);
        into[n] = '\0';
        *length = n;
        return true;
    }
    if (!mlab_number_parse(written, n, '.', &value)) return false;
    const bool whole = value == floor(value) && value >= 0 && value < 1e15;
    if (style->shown == MLAB_SHOWN_MASK && whole && (*length = print_mask((uint64_t)value, style, into, size)))
        *as_text = true;
    else if (style->shown != MLAB_SHOWN_NUMBER && style->shown != MLAB_SHOWN_MASK && value >= 0 && value < LAST_SERIAL + 1)
        *length = print_day(value, style, date_1904, into, size);
    else if (value == floor(value) && fabs(value) < 1e18)
        *length = print_whole(value, into, size);
    else
        *length = mlab_number_print(value, into, size);
    return true;
}

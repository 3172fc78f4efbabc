/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one text can be read as a day: day, month and year in their orders, months by name, a time and a zone behind them, and the days
 * that spreadsheets count. The day is the civil day as it is written. The forms with T and a zone are those of RFC 3339. Spreadsheets count
 * from 1 = 1900-01-01 with a 29 February 1900 that never was, or from 0 = 1904-01-01 (ECMA-376 part 1, 18.17.4.1).
 * Weakness: months by name are English; years have four digits. */
#include "core/number.h"
#include "data/reading.h"

#include <math.h>
#include <string.h>

/* The runs of a date, in the order written. */
typedef struct parts {
    int part[3];
    size_t length[3];
    char mark;
    int named; /* place of a month by its name, -1 = none */
} parts;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* A month by its first three letters or more; its length, 0 = none. */
static size_t month_name(const char *text, size_t n, int *month)
{
    static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    size_t length = 0;
    while (length < n && is_letter(text[length])) length++;
    if (length < 3) return 0;
    for (int m = 0; m < 12; m++) {
        size_t k = 0, most = strlen(names[m]);
        while (k < length && k < most && (text[k] | 32) == names[m][k]) k++;
        bool whole = k == most && length == most, brief = k == 3 && length == 3, sept = m == 8 && k == 4 && length == 4;
        if (!whole && !brief && !sept) continue;
        *month = m + 1;
        return length;
    }
    return 0;
}

/* One run of digits, or a month by name; its length, 0 = neither. */
static size_t one_part(const char *text, size_t n, int k, parts *p)
{
    size_t i = 0;
    p->part[k] = 0;
    for (; i < n && is_digit(text[i]) && i < 5; i++) p->part[k] = p->part[k] * 10 + (text[i] - '0');
    p->length[k] = i;
    if (i || p->named >= 0) return i;
    i = month_name(text, n, &p->part[k]);
    p->length[k] = i ? 2 : 0;
    if (i) p->named = k;
    return i;
}

/* Three runs divided by one mark ("Jan 5, 2024" by a blank and a comma); where they end, 0 = no date. */
static size_t date_parts(const char *text, size_t n, parts *p)
{
    size_t i = 0;
    *p = (parts){.named = -1};
    for (int k = 0; k < 3; k++) {
        size_t length = one_part(text + i, n - i, k, p);
        if (!length) return 0;
        i += length;
        if (k == 2) break;
        if (k == 1 && p->named == 0 && i + 1 < n && text[i] == ',') i++;
        if (i >= n || !strchr("/.- ", text[i]) || (k == 1 && text[i] != p->mark)) return 0;
        p->mark = text[i++];
    }
    return i;
}

static bool two_digits(const char **at, const char *end, int most, int *value)
{
    *value = 0;
    size_t k = 0;
    for (; *at < end && is_digit(**at) && k < 2; k++) *value = *value * 10 + (*(*at)++ - '0');
    return k && *value <= most;
}

static bool skip(const char **at, const char *end, char c)
{
    if (*at >= end || (**at | (is_letter(**at) ? 32 : 0)) != c) return false;
    (*at)++;
    return true;
}

/* Z, UTC, GMT, +02:00, -0500; nothing is no zone. */
static bool read_zone(const char *at, const char *end, mlab_moment *moment)
{
    while (at < end && *at == ' ') at++;
    if (at == end) return true;
    moment->zoned = true;
    if (skip(&at, end, 'z')) return at == end;
    if (end - at == 3 && (!memcmp(at, "UTC", 3) || !memcmp(at, "GMT", 3))) return true;
    int hours, minutes = 0, sign = *at == '-' ? -1 : 1;
    if (*at != '+' && *at != '-') return false;
    at++;
    if (!two_digits(&at, end, 14, &hours)) return false;
    skip(&at, end, ':');
    if (at < end && !two_digits(&at, end, 59, &minutes)) return false;
    moment->offset = sign * (hours * 60 + minutes);
    return at == end;
}

/* What stands behind the date: nothing, or a time and perhaps a zone. */
static bool read_time(const char *at, const char *end, mlab_moment *moment)
{
    int hours, minutes, seconds = 0;
    if (at == end) return true;
    if (*at != ' ' && *at != 'T' && *at != 't') return false;
    at++;
    if (!two_digits(&at, end, 24, &hours) || !skip(&at, end, ':') || !two_digits(&at, end, 59, &minutes)) return false;
    if (skip(&at, end, ':') && !two_digits(&at, end, 60, &seconds)) return false;
    if (at < end && (*at == '.' || *at == ','))
        for (at++; at < end && is_digit(*at);) at++;
    const char *half = at;
    while (half < end && *half == ' ') half++;
    bool am = end - half >= 2 && (half[0] | 32) == 'a' && (half[1] | 32) == 'm',
         pm = end - half >= 2 && (half[0] | 32) == 'p' && (half[1] | 32) == 'm';
    if (am || pm) {
        if (hours < 1 || hours > 12) return false;
        hours = hours % 12 + (pm ? 12 : 0);
        at = half + 2;
    }
    moment->second = hours * 3600 + minutes * 60 + seconds;
    return moment->second <= 86400 && read_zone(at, end, moment);
}

static bool date_in_order(const parts *p, mlab_date_order order, int32_t *date)
{
    int y = order == MLAB_DATES_YMD ? 0 : 2, m = order == MLAB_DATES_MDY ? 0 : 1, d = order == MLAB_DATES_DMY ? 0 : order == MLAB_DATES_MDY ? 1 : 2;
    if (p->named >= 0 && p->named != m) return false;
    if (p->length[y] != 4 || p->length[m] > 2 || p->length[d] > 2) return false;
    mlab_date made = mlab_date_from_civil(p->part[y], p->part[m], p->part[d]);
    if (made == MLAB_DATE_MISSING) return false;
    *date = made;
    return true;
}

/* A month by name leaves no doubt about the order. */
static bool named_date(const parts *p, int32_t *date)
{
    return date_in_order(p, p->named == 0 ? MLAB_DATES_MDY : p->length[0] == 4 ? MLAB_DATES_YMD : MLAB_DATES_DMY, date);
}

static bool plain_date(const parts *p, mlab_date_order order, int32_t *date)
{
    if (p->named >= 0) return named_date(p, date);
    if (p->mark == '-' && p->length[0] == 4 && p->length[1] == 2 && p->length[2] == 2) return date_in_order(p, MLAB_DATES_YMD, date);
    return order != MLAB_DATES_FOUND && date_in_order(p, order, date);
}

bool mlab_read_moment(const char *text, size_t n, mlab_date_order order, mlab_moment *moment)
{
    parts p;
    mlab_trim(&text, &n);
    size_t at = date_parts(text, n, &p);
    *moment = (mlab_moment){0};
    return at && read_time(text + at, text + n, moment) && plain_date(&p, order, &moment->date);
}

bool mlab_read_date(const char *text, size_t n, mlab_date_order order, int32_t *date)
{
    mlab_moment moment;
    if (!mlab_read_moment(text, n, order, &moment)) return false;
    *date = moment.date;
    return true;
}

bool mlab_read_serial(const char *text, size_t n, bool since_1904, int32_t *date)
{
    double value;
    mlab_trim(&text, &n);
    if (!mlab_number_parse(text, n, '.', &value) || !(value >= 0) || value >= 200000) return false;
    int32_t days = (int32_t)floor(value);
    if (!since_1904 && (days == 0 || days == 60)) return false;
    *date = since_1904 ? mlab_date_from_civil(1904, 1, 1) + days : mlab_date_from_civil(1899, 12, 30) + days + (days < 60);
    return true;
}

unsigned mlab_date_readings(const char *text, size_t n)
{
    parts p;
    mlab_moment moment = {0};
    int32_t date;
    unsigned as = MLAB_AS_DATE_SHAPE;
    size_t at = date_parts(text, n, &p);
    if (!at || (p.length[0] != 4 && p.length[2] != 4) || !read_time(text + at, text + n, &moment)) return 0;
    if (p.named >= 0) return named_date(&p, &date) ? as | MLAB_AS_ISO | MLAB_AS_DMY | MLAB_AS_MDY | MLAB_AS_YMD : as;
    if (plain_date(&p, MLAB_DATES_FOUND, &date)) as |= MLAB_AS_ISO;
    if (date_in_order(&p, MLAB_DATES_DMY, &date)) as |= MLAB_AS_DMY;
    if (date_in_order(&p, MLAB_DATES_MDY, &date)) as |= MLAB_AS_MDY;
    if (date_in_order(&p, MLAB_DATES_YMD, &date)) as |= MLAB_AS_YMD;
    return as;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machinery of the options table: texts to values, defaults, checks, and what is allowed in words. */
#include "core/options.h"
#include "core/error.h"
#include "core/number.h"
#include "core/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool has_range(const mlab_option *option)
{
    return option->low != 0 || option->high != 0;
}

static bool in_range(const mlab_option *option, double value)
{
    if (isnan(value)) return false;
    return !has_range(option) || (value >= option->low && value <= option->high);
}

static mlab_status refuse(const mlab_option *option, const char *found, mlab_error *err)
{
    char allowed[256];
    return mlab_raise(err, MLAB_ERR_OPTION, "%s: found \"%s\", allowed %s", option->key, found, mlab_option_allowed(option, allowed, sizeof allowed));
}

static bool read_flag(const char *text, bool *value)
{
    if (mlab_equal_fold(text, "yes") || mlab_equal_fold(text, "true"))
        *value = true;
    else if (mlab_equal_fold(text, "no") || mlab_equal_fold(text, "false"))
        *value = false;
    else
        return false;
    return true;
}

/* The place of text among names separated by '|', or -1. */
static int find_choice(const char *choices, const char *text)
{
    size_t n = strlen(text);
    int at = 0;
    for (const char *name = choices; name; at++) {
        size_t length = strcspn(name, "|");
        if (length == n && memcmp(name, text, n) == 0) return at;
        name = name[length] ? name + length + 1 : NULL;
    }
    return -1;
}

static int count_choices(const char *choices)
{
    int n = 1;
    for (const char *c = choices; *c; c++) n += *c == '|';
    return n;
}

static mlab_status refuse_choice(const mlab_option *option, const char *found, mlab_error *err)
{
    enum { MOST = 64, LETTERS = 1024 };
    char copy[LETTERS];
    const char *names[MOST];
    size_t n = 0;
    int length = snprintf(copy, sizeof copy, "%s", option->choices);
    for (char *at = length < LETTERS ? copy : NULL; at && n < MOST; n++) {
        names[n] = at;
        at = strchr(at, '|');
        if (at) *at++ = '\0';
    }
    const char *near = mlab_nearest(found, names, n);
    if (!near) return refuse(option, found, err);
    return mlab_raise(err, MLAB_ERR_OPTION, "%s: found \"%s\", allowed %s; did you mean \"%s\"?", option->key, found, option->choices, near);
}

static bool read_duration(const char *text, double *days)
{
    static const struct {
        const char *unit;
        double days;
    } units[] = {{"day", 1}, {"week", 7}, {"month", MLAB_DAYS_PER_MONTH}, {"quarter", 3 * MLAB_DAYS_PER_MONTH}, {"year", MLAB_DAYS_PER_YEAR}};
    size_t n = strcspn(text, " ");
    double count;
    if (!mlab_number_parse(text, n, '.', &count)) return false;
    const char *unit = text + n + strspn(text + n, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].unit);
        if (strncmp(unit, units[i].unit, length) != 0) continue;
        if (unit[length] != '\0' && strcmp(unit + length, "s") != 0) continue;
        *days = count * units[i].days;
        return true;
    }
    return false;
}

mlab_status mlab_option_read(const mlab_option *option, const char *text, void *value, mlab_error *err)
{
    bool flag;
    int64_t whole;
    double number;
    int choice;
    mlab_date date;
    switch (option->type) {
    case MLAB_OPTION_FLAG:
        if (!read_flag(text, &flag)) return refuse(option, text, err);
        memcpy(value, &flag, sizeof flag);
        return MLAB_OK;
    case MLAB_OPTION_INTEGER:
        if (!mlab_integer_parse(text, strlen(text), &whole) || !in_range(option, (double)whole)) return refuse(option, text, err);
        memcpy(value, &whole, sizeof whole);
        return MLAB_OK;
    case MLAB_OPTION_NUMBER:
        if (!mlab_number_parse(text, strlen(text), '.', &number) || !in_range(option, number)) return refuse(option, text, err);
        memcpy(value, &number, sizeof number);
        return MLAB_OK;
    case MLAB_OPTION_DURATION:
        if (!read_duration(text, &number) || !in_range(option, number)) return refuse(option, text, err);
        memcpy(value, &number, sizeof number);
        return MLAB_OK;
    case MLAB_OPTION_TEXT: memcpy(value, &text, sizeof text); return MLAB_OK;
    case MLAB_OPTION_CHOICE:
        choice = find_choice(option->choices, text);
        if (choice < 0) return refuse_choice(option, text, err);
        memcpy(value, &choice, sizeof choice);
        return MLAB_OK;
    case MLAB_OPTION_DATE:
        if (!mlab_date_parse_iso(text, strlen(text), &date)) return refuse(option, text, err);
        memcpy(value, &date, sizeof date);
        return MLAB_OK;
    case MLAB_OPTION_LIST:
    case MLAB_OPTION_MAP:
    case MLAB_OPTION_ANY: break;
    }
    return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s: a list or a map is not read from one text", option->key);
}

static bool has_field(const mlab_option *option)
{
    if ((option->marks & MLAB_OPTION_NO_STRUCT) || strchr(option->key, '*')) return false;
    return option->type != MLAB_OPTION_LIST && option->type != MLAB_OPTION_MAP && option->type != MLAB_OPTION_ANY;
}

size_t mlab_option_size(const mlab_option *option)
{
    if (!has_field(option)) return 0;
    switch (option->type) {
    case MLAB_OPTION_FLAG: return sizeof(bool);
    case MLAB_OPTION_INTEGER: return sizeof(int64_t);
    case MLAB_OPTION_NUMBER:
    case MLAB_OPTION_DURATION: return sizeof(double);
    case MLAB_OPTION_TEXT: return sizeof(const char *);
    case MLAB_OPTION_CHOICE: return sizeof(int);
    case MLAB_OPTION_DATE: return sizeof(mlab_date);
    case MLAB_OPTION_LIST:
    case MLAB_OPTION_MAP:
    case MLAB_OPTION_ANY: break;
    }
    return 0;
}

static void set_absent(const mlab_option *option, unsigned char *field)
{
    const bool no = false;
    const int64_t no_integer = INT64_MIN;
    const double no_number = NAN;
    const char *const no_text = NULL;
    const int no_choice = -1;
    const mlab_date no_date = MLAB_DATE_MISSING;
    const void *absent = &no_number;
    if (option->type == MLAB_OPTION_FLAG) absent = &no;
    if (option->type == MLAB_OPTION_INTEGER) absent = &no_integer;
    if (option->type == MLAB_OPTION_TEXT) absent = &no_text;
    if (option->type == MLAB_OPTION_CHOICE) absent = &no_choice;
    if (option->type == MLAB_OPTION_DATE) absent = &no_date;
    memcpy(field, absent, mlab_option_size(option));
}

mlab_status mlab_options_default(const mlab_option *rows, size_t n, void *into, mlab_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!has_field(&rows[i])) continue;
        unsigned char *field = (unsigned char *)into + rows[i].offset;
        if (!rows[i].fallback) {
            set_absent(&rows[i], field);
            continue;
        }
        mlab_status status = mlab_option_read(&rows[i], rows[i].fallback, field, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* Absent is allowed where there is no default. */
static mlab_status check_number(const mlab_option *option, double value, mlab_error *err)
{
    char found[32];
    if (in_range(option, value) || (isnan(value) && !option->fallback)) return MLAB_OK;
    mlab_number_print(value, found, sizeof found);
    return refuse(option, found, err);
}

static mlab_status check_integer(const mlab_option *option, int64_t value, mlab_error *err)
{
    char found[32];
    if (in_range(option, (double)value) || (value == INT64_MIN && !option->fallback)) return MLAB_OK;
    snprintf(found, sizeof found, "%" PRId64, value);
    return refuse(option, found, err);
}

static mlab_status check_choice(const mlab_option *option, int value, mlab_error *err)
{
    char found[32];
    int first = option->fallback ? 0 : -1;
    if (value >= first && value < count_choices(option->choices)) return MLAB_OK;
    snprintf(found, sizeof found, "%d", value);
    return refuse(option, found, err);
}

static mlab_status check_field(const mlab_option *option, const unsigned char *field, mlab_error *err)
{
    double number;
    int64_t whole;
    int choice;
    const char *text;
    mlab_date date;
    switch (option->type) {
    case MLAB_OPTION_NUMBER:
    case MLAB_OPTION_DURATION: memcpy(&number, field, sizeof number); return check_number(option, number, err);
    case MLAB_OPTION_INTEGER: memcpy(&whole, field, sizeof whole); return check_integer(option, whole, err);
    case MLAB_OPTION_CHOICE: memcpy(&choice, field, sizeof choice); return check_choice(option, choice, err);
    case MLAB_OPTION_TEXT: memcpy(&text, field, sizeof text); return text || !option->fallback ? MLAB_OK : refuse(option, "nothing", err);
    case MLAB_OPTION_DATE:
        memcpy(&date, field, sizeof date);
        return date != MLAB_DATE_MISSING || !option->fallback ? MLAB_OK : refuse(option, "no day", err);
    case MLAB_OPTION_FLAG:
    case MLAB_OPTION_LIST:
    case MLAB_OPTION_MAP:
    case MLAB_OPTION_ANY: break;
    }
    return MLAB_OK;
}

mlab_status mlab_options_check(const mlab_option *rows, size_t n, const void *from, mlab_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!has_field(&rows[i])) continue;
        mlab_status status = check_field(&rows[i], (const unsigned char *)from + rows[i].offset, err);
        if (status) return status;
    }
    return MLAB_OK;
}

/* "0 to 1", "1 or more", "at most 5", or nothing when there is no limit. */
static void print_range(const mlab_option *option, char *into, size_t size)
{
    char low[32], high[32];
    into[0] = '\0';
    if (!has_range(option)) return;
    mlab_number_print(option->low, low, sizeof low);
    mlab_number_print(option->high, high, sizeof high);
    if (isinf(option->low) && isinf(option->high)) return;
    if (isinf(option->high))
        snprintf(into, size, "%s or more", low);
    else if (isinf(option->low))
        snprintf(into, size, "at most %s", high);
    else
        snprintf(into, size, "%s to %s", low, high);
}

const char *mlab_option_allowed(const mlab_option *option, char *into, size_t size)
{
    char range[80];
    print_range(option, range, sizeof range);
    const char *text = "text, a list or a map";
    switch (option->type) {
    case MLAB_OPTION_FLAG: text = "yes or no"; break;
    case MLAB_OPTION_INTEGER: text = range[0] ? "a whole number, " : "a whole number"; break;
    case MLAB_OPTION_NUMBER: text = range[0] ? "" : "a number"; break;
    case MLAB_OPTION_TEXT: text = "text"; break;
    case MLAB_OPTION_CHOICE: text = option->choices; break;
    case MLAB_OPTION_DATE: text = "a day like 2024-12-31"; break;
    case MLAB_OPTION_DURATION:
        text = range[0] ? "a time like 18 months, 4 quarters or 90 days; in days " : "a time like 18 months, 4 quarters or 90 days";
        break;
    case MLAB_OPTION_LIST: text = "a list"; break;
    case MLAB_OPTION_MAP: text = "a map of keys and values"; break;
    case MLAB_OPTION_ANY: break;
    }
    bool ranged = option->type == MLAB_OPTION_INTEGER || option->type == MLAB_OPTION_NUMBER || option->type == MLAB_OPTION_DURATION;
    snprintf(into, size, "%s%s", text, ranged ? range : "");
    return into;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Civil days: days since 1970-01-01 in the proleptic Gregorian calendar, years 0 to 9999, no time zone.
 * Day counts by eras of 400 years with the year begun in March, so that the leap day comes last. */
#include "core/number.h"

#include <stdio.h>
#include <string.h>

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

mlab_date mlab_date_from_civil(int year, int month, int day)
{
    if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return MLAB_DATE_MISSING;
    int from_march = (month + 9) % 12;
    int years = year + 400 - (month <= 2); /* one era later, so that nothing is negative */
    int in_era = years % 400;
    int day_of_year = (153 * from_march + 2) / 5 + day - 1;
    return (years / 400) * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - 146097 - 719468;
}

void mlab_date_to_civil(mlab_date date, int *year, int *month, int *day)
{
    int64_t days = (int64_t)date + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int in_era = (int)(days - era * 146097);
    int years = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int day_of_year = in_era - (365 * years + years / 4 - years / 100);
    int from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int)(era * 400) + years + (*month <= 2);
}

static bool read_digits(const char *text, size_t n, int *value)
{
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *value = *value * 10 + (text[i] - '0');
    }
    return true;
}

bool mlab_date_parse_iso(const char *text, size_t n, mlab_date *date)
{
    int year, month, day;
    if (n != 10 || text[4] != '-' || text[7] != '-') return false;
    if (!read_digits(text, 4, &year) || !read_digits(text + 5, 2, &month) || !read_digits(text + 8, 2, &day)) return false;
    mlab_date read = mlab_date_from_civil(year, month, day);
    if (read == MLAB_DATE_MISSING) return false;
    *date = read;
    return true;
}

size_t mlab_date_print(mlab_date date, char *into, size_t size)
{
    if (size < 16) {
        if (size) into[0] = '\0';
        return 0;
    }
    int year, month, day;
    if (date == MLAB_DATE_MISSING) {
        into[0] = '\0';
        return 0;
    }
    mlab_date_to_civil(date, &year, &month, &day);
    int length = snprintf(into, size, "%04d-%02d-%02d", year, month, day);
    return length > 0 ? (size_t)length : 0;
}

mlab_date mlab_date_add_months(mlab_date date, int months)
{
    if (date == MLAB_DATE_MISSING) return date;
    int year, month, day;
    mlab_date_to_civil(date, &year, &month, &day);
    int64_t count = (int64_t)year * 12 + (month - 1) + months;
    if (count < 0 || count > 9999 * 12 + 11) return MLAB_DATE_MISSING;
    year = (int)(count / 12);
    month = (int)(count % 12) + 1;
    int last = days_in_month(year, month);
    return mlab_date_from_civil(year, month, day < last ? day : last);
}

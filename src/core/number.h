/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers and dates as text, whatever the locale: decimal only, no hex, inf, nan, and no half-parsed text. */
#ifndef MLAB_CORE_NUMBER_H
#define MLAB_CORE_NUMBER_H

#include "mentorlab/core.h"

/* Reads all n bytes as a number: [+-] digits [mark digits] [e [+-] digits]; correctly rounded. decimal_mark '.' or ','.
 * Returns false when the text is anything else or the value is not finite; *value is then unchanged. */
bool mlab_number_parse(const char *text, size_t n, char decimal_mark, double *value);
bool mlab_integer_parse(const char *text, size_t n, int64_t *value);

/* Shortest text that reads back as the same double ("0.1", "1e+300", "-0"); size >= 32; returns the length. */
size_t mlab_number_print(double value, char *into, size_t size);
/* Fixed decimals with thousands marks for people: mlab_number_for_people(1234.5, 1, ...) is "1,234.5"; size >= 64. */
size_t mlab_number_for_people(double value, int decimals, char *into, size_t size);

/* Civil days: days since 1970-01-01, proleptic Gregorian. */
typedef int32_t mlab_date;
#define MLAB_DATE_MISSING INT32_MIN
mlab_date mlab_date_from_civil(int year, int month, int day); /* MLAB_DATE_MISSING when there is no such day */
void mlab_date_to_civil(mlab_date date, int *year, int *month, int *day);
bool mlab_date_parse_iso(const char *text, size_t n, mlab_date *date); /* YYYY-MM-DD only */
size_t mlab_date_print(mlab_date date, char *into, size_t size);       /* YYYY-MM-DD; size >= 16 */
mlab_date mlab_date_add_months(mlab_date date, int months);            /* the last day of the month when the day is not in it */

#endif

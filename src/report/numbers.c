/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as people read them: rounded by how unsure they are, with thousands marks and a sign where the direction matters. */
#include "core/elementary.h"
#include "core/number.h"
#include "report/tell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int mlab_decimals_for(double standard_error)
{
    if (!(standard_error > 0) || !isfinite(standard_error)) return 2;
    const int place = (int)floor(log10(standard_error));
    const double first = standard_error / pow(10, place);
    const int decimals = first < 3.55 ? 1 - place : -place; /* 3.54 and below keep two digits */
    return decimals > 6 ? 6 : decimals < -9 ? -9 : decimals;
}

const char *mlab_tell_number(double value, int decimals, bool sign, mlab_number_text into)
{
    char digits[MLAB_NUMBER_SIZE];
    if (decimals < 0) {
        const double unit = pow(10, -decimals);
        value = floor(value / unit + 0.5) * unit;
    }
    mlab_number_for_people(fabs(value), decimals < 0 ? 0 : decimals, digits, sizeof digits);
    const bool zero = strspn(digits, "0.,") == strlen(digits);
    snprintf(into, MLAB_NUMBER_SIZE, "%s%.60s", zero ? "" : value < 0 ? "-" : sign ? "+" : "", digits);
    return into;
}

const char *mlab_tell_range(double lower, double upper, int decimals, bool sign, char *into, size_t size)
{
    mlab_number_text a, b;
    snprintf(into, size, "%s to %s", mlab_tell_number(lower, decimals, sign, a), mlab_tell_number(upper, decimals, sign, b));
    return into;
}

double mlab_error_of(double lower, double upper, double level)
{
    if (!(level > 0 && level < 1)) return 0;
    return (upper - lower) / 2 / mlab_normal_quantile(0.5 + level / 2);
}

const char *mlab_tell_count(uint64_t count, uint64_t minimum, mlab_number_text into)
{
    if (count > 0 && count < minimum)
        snprintf(into, MLAB_NUMBER_SIZE, "fewer than %llu", (unsigned long long)minimum);
    else
        mlab_number_for_people((double)count, 0, into, MLAB_NUMBER_SIZE);
    return into;
}

const char *mlab_tell_chance(double share, size_t n, mlab_number_text into)
{
    mlab_number_text number;
    if (n == 0) return strcpy(into, "not known");
    const double edge = fmin(100, ceil(300 / (double)n)); /* of 100, the 95 % limit of a share when none of n was seen */
    if (share <= 0)
        snprintf(into, MLAB_NUMBER_SIZE, "under %s %%", mlab_tell_number(edge, 0, false, number));
    else if (share >= 1)
        snprintf(into, MLAB_NUMBER_SIZE, "over %s %%", mlab_tell_number(100 - edge, 0, false, number));
    else
        snprintf(into, MLAB_NUMBER_SIZE, "%s %%", mlab_tell_number(100 * share, 0, false, number));
    return into;
}

void mlab_tell_name(mlab_text *text, const char *name, bool capital)
{
    for (size_t i = 0; name && name[i]; i++) {
        char c = name[i] == '_' ? ' ' : name[i];
        if (i == 0 && capital && c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        mlab_text_append_bytes(text, &c, 1);
    }
}

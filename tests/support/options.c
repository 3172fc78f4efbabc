/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/options.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_words(const mlab_option *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(rows[i].key && rows[i].key[0], "row %zu has no key", i);
        ck_assert_msg(rows[i].help && rows[i].help[0] && !strchr(rows[i].help, '\n'), "%s: the help is one line", rows[i].key);
        ck_assert_msg(rows[i].unit, "%s: the unit is \"\" when there is none", rows[i].key);
        ck_assert_msg((rows[i].type == MLAB_OPTION_CHOICE) == (rows[i].choices && rows[i].choices[0]), "%s: choices", rows[i].key);
        ck_assert_msg(rows[i].low <= rows[i].high, "%s: range", rows[i].key);
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(strcmp(rows[i].key, rows[j].key) != 0, "%s stands twice", rows[i].key);
            bool apart = !rows[i].flag || !rows[j].flag || strcmp(rows[i].flag, rows[j].flag) != 0;
            bool commands = rows[i].commands && rows[j].commands && strcmp(rows[i].commands, rows[j].commands) != 0;
            ck_assert_msg(apart || commands, "--%s stands twice", rows[i].flag);
        }
    }
}

/* Two structs of different filling: after the defaults the fields agree and all else is as before. */
static void check_defaults(const mlab_option *rows, size_t n, size_t size)
{
    unsigned char *a = malloc(size + 1), *b = malloc(size + 1), *owner = calloc(size + 1, 1);
    mlab_error err = {.sentence = ""};
    memset(a, 0x5A, size);
    memset(b, 0xA5, size);
    for (size_t i = 0; i < n; i++)
        for (size_t byte = 0; byte < mlab_option_size(&rows[i]); byte++) {
            size_t at = rows[i].offset + byte;
            ck_assert_msg(at < size, "%s lies outside its struct", rows[i].key);
            ck_assert_msg(owner[at] == 0, "%s lies on top of another field", rows[i].key);
            owner[at] = 1;
        }
    ck_assert_msg(mlab_options_default(rows, n, a, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_options_default(rows, n, b, &err) == MLAB_OK, "%s", err.sentence);
    for (size_t i = 0; i < size; i++) {
        if (owner[i])
            ck_assert_msg(a[i] == b[i], "byte %zu has no default", i);
        else
            ck_assert_msg(a[i] == 0x5A && b[i] == 0xA5, "byte %zu belongs to no row", i);
    }
    ck_assert_msg(mlab_options_check(rows, n, a, &err) == MLAB_OK, "%s", err.sentence);
    free(owner);
    free(b);
    free(a);
}

static void refuse_number(const mlab_option *rows, size_t n, size_t row, double value, unsigned char *into)
{
    mlab_error err;
    ck_assert_int_eq(mlab_options_default(rows, n, into, &err), MLAB_OK);
    if (rows[row].type == MLAB_OPTION_INTEGER) {
        int64_t whole = (int64_t)value;
        memcpy(into + rows[row].offset, &whole, sizeof whole);
    } else
        memcpy(into + rows[row].offset, &value, sizeof value);
    ck_assert_msg(mlab_options_check(rows, n, into, &err) == MLAB_ERR_OPTION, "%s takes %g", rows[row].key, value);
    ck_assert_msg(strncmp(err.sentence, rows[row].key, strlen(rows[row].key)) == 0, "the error does not name %s", rows[row].key);
}

static void check_edges(const mlab_option *rows, size_t n, size_t size)
{
    unsigned char *into = malloc(size + 1);
    for (size_t i = 0; i < n; i++) {
        bool whole = rows[i].type == MLAB_OPTION_INTEGER, real = rows[i].type == MLAB_OPTION_NUMBER || rows[i].type == MLAB_OPTION_DURATION;
        if (mlab_option_size(&rows[i]) == 0 || (!whole && !real)) continue;
        if (real && rows[i].fallback) refuse_number(rows, n, i, NAN, into);
        if (rows[i].low == 0 && rows[i].high == 0) continue;
        double step = whole ? 1 : 1e-9;
        if (isfinite(rows[i].low) && fabs(rows[i].low) < 1e15) refuse_number(rows, n, i, rows[i].low - step * fmax(1, fabs(rows[i].low)), into);
        if (isfinite(rows[i].high) && fabs(rows[i].high) < 1e15) refuse_number(rows, n, i, rows[i].high + step * fmax(1, fabs(rows[i].high)), into);
    }
    free(into);
}

void mlab_test_options(const mlab_option *rows, size_t n, size_t size)
{
    check_words(rows, n);
    check_defaults(rows, n, size);
    check_edges(rows, n, size);
}

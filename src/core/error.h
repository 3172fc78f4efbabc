/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raising errors: the one way a function of the library fails. */
#ifndef MLAB_CORE_ERROR_H
#define MLAB_CORE_ERROR_H

#include "mentorlab/core.h"

/* Fills err (may be NULL) with status and sentence, no place, and returns status: `return mlab_raise(err, ...)`. */
mlab_status mlab_raise(mlab_error *err, mlab_status status, const char *format, ...) MLAB_PRINTF(3, 4);

/* The same with a place (may be NULL). */
mlab_status mlab_raise_at(mlab_error *err, mlab_status status, const mlab_place *place, const char *format, ...) MLAB_PRINTF(4, 5);

/* A compiler does not see that a function with many arguments gives its status back, and would follow every failure as if
 * nothing had failed; so the status is given back here, in its sight. It is named twice: no side effects in it. */
static inline mlab_status mlab_given(mlab_status raised, mlab_status status)
{
    (void)raised;
    return status;
}
#define mlab_raise(err_, status_, ...) mlab_given((mlab_raise)(err_, status_, __VA_ARGS__), status_)
#define mlab_raise_at(err_, status_, place_, ...) mlab_given((mlab_raise_at)(err_, status_, place_, __VA_ARGS__), status_)

/* A place in a text file (column 0 = not known), and a cell of a table. Long file names are cut at the front. */
mlab_place mlab_place_text(const char *file, uint64_t line, uint32_t column);
mlab_place mlab_place_cell(const char *file, uint64_t line, uint32_t column, const char *column_name);

/* Column 1 is "A", 28 is "AB", as spreadsheets call it; 0 is "". */
enum { MLAB_COLUMN_LETTERS = 8 };
const char *mlab_column_letters(uint32_t column, char into[MLAB_COLUMN_LETTERS]);

/* "study.yaml:14:9" or `jobs.csv, row 214, column D "Hire Date"`; returns into, always terminated. */
const char *mlab_place_print(const mlab_place *place, char *into, size_t size);

#endif

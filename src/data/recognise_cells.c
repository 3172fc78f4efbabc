/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that their cells alone tell, where no heading does: ids, the first and the last day of people, the reason that stands where
 * the last day stands, e-mails. Weakness: another pair of days (birth and marriage) looks the same; the user is asked.
 */
#include "data/recognise.h"

#include <string.h>

/* A column of ids where no heading says so: digits, most of them different. */
void mlab_recognise_ids(mlab_known_file *file, size_t meaning)
{
    size_t best = 0;
    for (size_t j = 0; j < file->n_columns; j++) {
        const mlab_profile *p = &file->columns[j];
        bool ids = p->filled && (10 * p->digits >= 9 * p->filled || mlab_profile_is_bracketed(p)) && p->longest >= 3 && p->values.n > 10;
        for (size_t m = 0; ids && m < MLAB_MOST_MEANINGS; m++) ids = file->column_of[m] != (int)j;
        if (!ids || p->values.n <= best) continue;
        best = p->values.n;
        file->column_of[meaning] = (int)j;
    }
}

/* The one column of labels that is filled as often as another, -1 = none or several. */
static int filled_as(const mlab_known_file *file, int other)
{
    int found = -1;
    uint64_t filled = file->columns[other].filled;
    for (size_t j = 0; j < file->n_columns; j++) {
        const mlab_profile *p = &file->columns[j];
        bool taken = (int)j == other || mlab_profile_is_date(p) || p->values.n > 40 || 2 * p->numbers > p->filled || p->filled == file->n_rows;
        for (size_t m = 0; m < MLAB_MOST_MEANINGS; m++) taken = taken || file->column_of[m] == (int)j;
        if (taken || !p->filled || p->filled != filled) continue;
        if (found >= 0) return -1;
        found = (int)j;
    }
    return found;
}

/* Days of people where no heading says so: the first day is one that all have, the last day one that some have; e-mails. */
void mlab_recognise_cells(mlab_known_file *file)
{
    size_t n, dates = 0;
    const mlab_meaning *meanings = mlab_meanings_of(file->role, &n);
    int all = -1, some = -1, mails = -1;
    for (size_t j = 0; j < file->n_columns; j++) {
        const mlab_profile *p = &file->columns[j];
        if (mlab_profile_is_email(p)) mails = mails == -1 ? (int)j : -2;
        if (!mlab_profile_is_date(p)) continue;
        dates++;
        if (20 * p->filled >= 19 * file->n_rows) all = all == -1 ? (int)j : -2;
        if (2 * p->filled < file->n_rows) some = some == -1 ? (int)j : -2;
    }
    for (size_t m = 0; m < n; m++) {
        bool told = file->column_of[m] >= 0;
        if (told) dates -= mlab_profile_is_date(&file->columns[file->column_of[m]]);
        if (!strcmp(meanings[m].name, "email") && !told && mails >= 0) file->column_of[m] = mails;
    }
    for (size_t m = 0; m < n && dates == 2; m++) {
        if (!strcmp(meanings[m].name, "hired") && all >= 0) file->column_of[m] = all;
        if (!strcmp(meanings[m].name, "left") && some >= 0) file->column_of[m] = some;
    }
    int left = mlab_known_column(file, "left");
    for (size_t m = 0; m < n && left >= 0; m++)
        if (!strcmp(meanings[m].name, "exit_reason") && file->column_of[m] < 0) file->column_of[m] = filled_as(file, left);
}

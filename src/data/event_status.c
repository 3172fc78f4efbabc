/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a status says. Levels stand in the order of the alphabet unless a scale is stated, which says nothing of which one is no event: "left" stands
 * before "stayed". So a level is known by its word, or asked for. Weakness: the words are English. */
#include "data/event_status.h"

#include "core/error.h"

/* Capitals of ASCII aside. */
static bool same_word(const char *a, const char *word)
{
    for (; *a && *word; a++, word++)
        if ((*a >= 'A' && *a <= 'Z' ? *a - 'A' + 'a' : *a) != *word) return false;
    return *a == *word;
}

mlab_status mlab_event_none(const mlab_column *column, const char *outcome, int32_t *none, mlab_error *err)
{
    static const char *const words[] = {"0",      "no",    "none", "n",    "false",       "censored",   "alive",    "active",
                                        "stayed", "stays", "stay", "here", "still there", "still here", "no event", "employed"};
    size_t found = 0;
    *none = 0;
    if (column->type != MLAB_COLUMN_FACTOR || column->ordered) return MLAB_OK;
    for (int32_t l = 0; l < column->n_levels; l++)
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (same_word(column->levels[l], words[w])) {
                *none = l;
                found++;
            }
    if (found == 1) return MLAB_OK;
    return mlab_raise(
        err, MLAB_ERR_FIT_RESPONSE,
        "%s: which level of \"%s\" says that nothing happened is not known (%s%s%s, ...); write data: {columns: {%s: {scale: [...]}}} with "
        "that level first",
        outcome, column->name, column->n_levels > 0 ? column->levels[0] : "", column->n_levels > 1 ? ", " : "",
        column->n_levels > 1 ? column->levels[1] : "", column->name);
}

static double number_at(const mlab_column *column, size_t row)
{
    return column->type == MLAB_COLUMN_REAL ? column->as.real[row] : (double)column->as.integer[row];
}

mlab_status mlab_event_two(const mlab_column *column, size_t n_rows, const char *outcome, int32_t *none, mlab_error *err)
{
    *none = 0;
    bool factor = column->type == MLAB_COLUMN_FACTOR, number = column->type == MLAB_COLUMN_REAL || column->type == MLAB_COLUMN_INTEGER;
    if ((!factor && !number) || (factor && column->n_levels != 2))
        return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" is not a status of 0 and 1, or of two levels", outcome, column->name);
    for (size_t i = 0; number && i < n_rows; i++) {
        if (column->missing && column->missing[i]) continue;
        double value = number_at(column, i);
        if (value != 0 && value != 1)
            return mlab_raise(err, MLAB_ERR_FIT_RESPONSE, "%s: \"%s\" is %.10g in row %lu; allowed: 0 and 1", outcome, column->name, value,
                              (unsigned long)i + 1);
    }
    return mlab_event_none(column, outcome, none, err);
}

bool mlab_event_at(const mlab_column *column, int32_t none, size_t row)
{
    return column->type == MLAB_COLUMN_FACTOR ? column->as.integer[row] != none : number_at(column, row) != 0;
}

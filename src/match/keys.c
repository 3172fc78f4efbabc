/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs of people as numbers with a value each, and files that list pairs. */
#include "match/matching.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/rows.h"

#include <stdlib.h>
#include <string.h>

mlab_status mlab_keys_add(mlab_keys *keys, uint64_t key, double value, mlab_error *err)
{
    mlab_status status = mlab_grow(keys->context, &keys->key, keys->n, &keys->key_capacity, sizeof *keys->key, err);
    if (!status) status = mlab_grow(keys->context, &keys->value, keys->n, &keys->value_capacity, sizeof *keys->value, err);
    if (status) return status;
    keys->key[keys->n] = key;
    keys->value[keys->n++] = value;
    return MLAB_OK;
}

typedef struct keyed {
    uint64_t key;
    size_t at;
    double value;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

mlab_status mlab_keys_sort(mlab_keys *keys, mlab_error *err)
{
    keyed *all = mlab_allocate(keys->context, keys->n, sizeof *all);
    if (!all) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu pairs", keys->n);
    for (size_t i = 0; i < keys->n; i++) all[i] = (keyed){keys->key[i], i, keys->value[i]};
    if (keys->n) qsort(all, keys->n, sizeof *all, by_key);
    size_t kept = 0;
    for (size_t i = 0; i < keys->n; i++) {
        if (i && all[i].key == all[i - 1].key) continue;
        keys->key[kept] = all[i].key;
        keys->value[kept++] = all[i].value;
    }
    keys->n = kept;
    mlab_release(keys->context, all);
    return MLAB_OK;
}

void mlab_keys_free(mlab_keys *keys)
{
    mlab_release(keys->context, keys->key);
    mlab_release(keys->context, keys->value);
    *keys = (mlab_keys){.context = keys->context};
}

/* --- files of pairs --------------------------------------------------------------------------------- */

static size_t find_heading(const mlab_rows *rows, const char *name)
{
    size_t i = 0;
    while (i < rows->n_columns && !mlab_equal_fold(rows->names[i], name)) i++;
    return i;
}

static mlab_status read_pairs(mlab_rows *rows, const char *name, const char *third, const mlab_place *place, mlab_pair_row_function function,
                              void *user, mlab_error *err)
{
    const size_t mentor = find_heading(rows, "mentor"), mentee = find_heading(rows, "mentee"), value = third ? find_heading(rows, third) : 0;
    if (mentor == rows->n_columns || mentee == rows->n_columns || value == rows->n_columns)
        return mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, place, "the file %s has no column '%s', needed: mentor, mentee%s%s", name,
                             mentor == rows->n_columns   ? "mentor"
                             : mentee == rows->n_columns ? "mentee"
                                                         : third,
                             third ? ", " : "", third ? third : "");
    mlab_row_block block;
    mlab_status status = MLAB_OK;
    while (!status && !(status = mlab_rows_next(rows, &block, err)) && block.n_rows)
        for (size_t i = 0; !status && i < block.n_rows; i++) {
            const mlab_cell *row = &block.cells[i * block.n_columns];
            const mlab_pair_row pair = {row[mentor].text, row[mentee].text, third ? row[value].text : "",
                                        mlab_place_cell(rows->file, block.lines[i], (uint32_t)mentee + 1, rows->names[mentee]),
                                        mlab_place_cell(rows->file, block.lines[i], (uint32_t)value + 1, rows->names[value])};
            status = function(user, &pair, err);
        }
    return status;
}

mlab_status mlab_pair_rows_read(const mlab_context *context, const char *path, const char *name, const char *third, const mlab_place *place,
                                mlab_findings *findings, mlab_pair_row_function function, void *user, mlab_error *err)
{
    const mlab_rows_options options = {0};
    mlab_rows *rows = NULL;
    mlab_status status = mlab_rows_open(context, path, name, &options, findings, &rows, err);
    if (status && err && !err->place.line && place) err->place = *place; /* where the study names the file */
    if (!status) status = read_pairs(rows, name, third, place, function, user, err);
    mlab_rows_close(rows);
    return status;
}

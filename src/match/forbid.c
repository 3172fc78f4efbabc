/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs that are ruled out by name: the mentee's own line upwards, pairs there have been, and a list.
 *
 * Weakness: a line is followed through the manager column of the tables given; a manager whose own row is in neither ends it.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows.h"
#include "match/match.h"

#include <stdlib.h>
#include <string.h>

#define NOT_THERE UINT32_MAX

typedef struct keys {
    const mlab_context *context;
    uint64_t *items;
    size_t n, capacity;
} keys;

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static mlab_status add_key(keys *list, uint32_t mentee, uint32_t mentor, mlab_error *err)
{
    if (mentee == NOT_THERE || mentor == NOT_THERE) return MLAB_OK;
    mlab_status status = mlab_grow(list->context, &list->items, list->n, &list->capacity, sizeof *list->items, err);
    if (!status) list->items[list->n++] = (uint64_t)mentee << 32 | mentor;
    return status;
}

static void sort_keys(keys *list)
{
    size_t kept = 0;
    if (list->n) qsort(list->items, list->n, sizeof *list->items, by_value);
    for (size_t i = 0; i < list->n; i++)
        if (i == 0 || list->items[i] != list->items[i - 1]) list->items[kept++] = list->items[i];
    list->n = kept;
}

uint32_t mlab_match_find_id(const char *const *ids, size_t n, const char *id)
{
    size_t low = 0;
    for (size_t left = n; left > 0;) {
        size_t half = left / 2;
        if (strcmp(ids[low + half], id) < 0) {
            low += half + 1;
            left -= half + 1;
        } else
            left = half;
    }
    return low < n && strcmp(ids[low], id) == 0 ? (uint32_t)low : NOT_THERE;
}

/* manager [n_ids] of each person as far as the table tells. */
static void read_managers(const mlab_table *table, const mlab_column *id, const mlab_column *column, const char *const *ids, size_t n_ids,
                          uint32_t *manager)
{
    for (size_t row = 0; row < table->n_rows; row++) {
        uint32_t who = mlab_match_find_id(ids, n_ids, mlab_column_text(id, row));
        uint32_t boss = mlab_match_find_id(ids, n_ids, mlab_column_text(column, row));
        if (who != NOT_THERE && boss != NOT_THERE) manager[who] = boss;
    }
}

static mlab_status forbid_line(const mlab_match_spec *spec, const mlab_forbid *forbid, const mlab_table *mentors, const mlab_table *mentees,
                               const char *const *ids, size_t n_ids, mlab_findings *findings, keys *list, mlab_error *err)
{
    const char *name = forbid->column ? forbid->column : "manager";
    const mlab_column *of_mentees = mlab_table_find(mentees, name), *of_mentors = mlab_table_find(mentors, name);
    if (!of_mentees) {
        mlab_status status = mlab_findings_add(findings, MLAB_SEVERITY_STOP, "unknown_column", &forbid->place, name, "", err,
                                               "forbid line_manager: column '%s' is not in the mentees' table", name);
        return status ? status : mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &forbid->place, "column '%s' is not in the mentees' table", name);
    }
    uint32_t *manager = mlab_allocate(list->context, n_ids, sizeof *manager);
    if (!manager) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu managers", n_ids);
    for (size_t i = 0; i < n_ids; i++) manager[i] = NOT_THERE;
    if (of_mentors) read_managers(mentors, mlab_match_id_column(spec, mentors), of_mentors, ids, n_ids, manager);
    read_managers(mentees, mlab_match_id_column(spec, mentees), of_mentees, ids, n_ids, manager);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < n_ids; i++) {
        uint32_t boss = manager[i];
        for (int level = 0; !status && level < forbid->levels && boss != NOT_THERE; level++, boss = manager[boss])
            status = add_key(list, (uint32_t)i, boss, err);
    }
    mlab_release(list->context, manager);
    return status;
}

static mlab_status forbid_past(const char *const (*past)[2], size_t n_past, const char *const *ids, size_t n_ids, keys *list, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < n_past; i++)
        status = add_key(list, mlab_match_find_id(ids, n_ids, past[i][1]), mlab_match_find_id(ids, n_ids, past[i][0]), err);
    return status;
}

static size_t find_heading(const mlab_rows *rows, const char *name)
{
    size_t i = 0;
    while (i < rows->n_columns && strcmp(rows->names[i], name) != 0) i++;
    return i;
}

/* Ids of a list that are in no table are noted: the likeliest slip is a lost leading zero. */
static mlab_status add_listed(const mlab_rows *rows, uint64_t line, const char *mentee, const char *mentor, const char *const *ids, size_t n_ids,
                              mlab_findings *findings, keys *list, mlab_error *err)
{
    uint32_t a = mlab_match_find_id(ids, n_ids, mentee), b = mlab_match_find_id(ids, n_ids, mentor);
    if (a != NOT_THERE && b != NOT_THERE) return add_key(list, a, b, err);
    mlab_place place = mlab_place_cell(rows->file, line, 0, "");
    return mlab_findings_add(findings, MLAB_SEVERITY_NOTE, "unlinked_id", &place, a == NOT_THERE ? mentee : mentor, "", err,
                             "a pair of the list names somebody who is not in the tables; the line changes nothing");
}

static mlab_status read_list(const mlab_forbid *forbid, mlab_rows *rows, const char *const *ids, size_t n_ids, mlab_findings *findings, keys *list,
                             mlab_error *err)
{
    const size_t mentor = find_heading(rows, "mentor"), mentee = find_heading(rows, "mentee");
    if (mentor == rows->n_columns || mentee == rows->n_columns)
        return mlab_raise_at(err, MLAB_ERR_MATCH_COLUMN, &forbid->place, "the list %s has no column '%s', needed: mentor and mentee", forbid->column,
                             mentor == rows->n_columns ? "mentor" : "mentee");
    mlab_row_block block;
    mlab_status status = MLAB_OK;
    while (!status && !(status = mlab_rows_next(rows, &block, err)) && block.n_rows)
        for (size_t i = 0; !status && i < block.n_rows; i++) {
            const mlab_cell *row = &block.cells[i * block.n_columns];
            status = add_listed(rows, block.lines[i], row[mentee].text, row[mentor].text, ids, n_ids, findings, list, err);
        }
    return status;
}

static mlab_status forbid_list(const mlab_forbid *forbid, const char *const *ids, size_t n_ids, mlab_findings *findings, keys *list, mlab_error *err)
{
    const mlab_rows_options options = {0};
    mlab_rows *rows = NULL;
    mlab_status status = mlab_rows_open(list->context, forbid->column, forbid->column, &options, findings, &rows, err);
    if (status && err && !err->place.line) err->place = forbid->place;
    if (!status) status = read_list(forbid, rows, ids, n_ids, findings, list, err);
    mlab_rows_close(rows);
    return status;
}

static mlab_status forbid_one(const mlab_context *context, const mlab_match_spec *spec, const mlab_forbid *forbid, const mlab_table *mentors,
                              const mlab_table *mentees, const char *const *ids, size_t n_ids, const char *const (*past)[2], size_t n_past,
                              mlab_findings *findings, mlab_forbidden *into, mlab_error *err)
{
    keys list = {.context = context};
    mlab_status status = MLAB_OK;
    if (forbid->kind == MLAB_FORBID_LINE_MANAGER) {
        into->name = forbid->levels > 1 ? "own line of managers" : "own line manager";
        status = forbid_line(spec, forbid, mentors, mentees, ids, n_ids, findings, &list, err);
    } else if (forbid->kind == MLAB_FORBID_PAST_PAIR) {
        into->name = "were a pair before";
        status = forbid_past(past, n_past, ids, n_ids, &list, err);
    } else if (forbid->kind == MLAB_FORBID_LIST) {
        into->name = "on the list of pairs to avoid";
        status = forbid_list(forbid, ids, n_ids, findings, &list, err);
    } else
        into->name = "team"; /* same_team is a term of the score */
    if (!status) sort_keys(&list);
    into->pairs = list.items;
    into->n = list.n;
    return status;
}

mlab_status mlab_forbidden_make(const mlab_context *context, const mlab_match_spec *spec, const mlab_table *mentors, const mlab_table *mentees,
                                const char *const *ids, size_t n_ids, const char *const (*past)[2], size_t n_past, mlab_findings *findings,
                                mlab_forbidden **forbidden, size_t *n_forbidden, mlab_error *err)
{
    *forbidden = mlab_allocate(context, spec->n_forbids, sizeof **forbidden);
    *n_forbidden = 0;
    if (!*forbidden) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu rules", spec->n_forbids);
    mlab_status status = MLAB_OK;
    for (size_t i = 0; !status && i < spec->n_forbids; i++)
        status = forbid_one(context, spec, &spec->forbids[i], mentors, mentees, ids, n_ids, past, n_past, findings, &(*forbidden)[i], err);
    if (status) {
        mlab_forbidden_free(context, *forbidden, spec->n_forbids);
        *forbidden = NULL;
    } else
        *n_forbidden = spec->n_forbids;
    return status;
}

void mlab_forbidden_free(const mlab_context *context, mlab_forbidden *forbidden, size_t n)
{
    for (size_t i = 0; forbidden && i < n; i++) {
        void *owned;
        memcpy(&owned, &forbidden[i].pairs, sizeof owned); /* owned, handed out as const */
        mlab_release(context, owned);
    }
    mlab_release(context, forbidden);
}

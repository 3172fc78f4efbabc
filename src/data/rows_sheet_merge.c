/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merged cells: only the first of them holds the value. Where they reach into the data it is asked whether the value counts for all of
 * them (merged: fill) or for the first (merged: first); nothing is filled or left empty in silence. Source: ECMA-376 part 1, 18.3.1.54.
 *
 * They are listed behind the rows, so that filling reads the sheet twice. The first block is filled once its headings are known.
 */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows_sheet.h"

#include <stdlib.h>
#include <string.h>

#define MOST_MERGES ((size_t)1 << 20)

static mlab_status no_memory(const mlab_sheet_rows *s)
{
    return mlab_raise(s->err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
}

/* "B5:C9"; false = it is no range of several cells. */
static bool read_range(const char *reference, mlab_sheet_merge *range)
{
    const char *to = reference ? strchr(reference, ':') : NULL;
    char from[16] = "";
    if (!to || (size_t)(to - reference) >= sizeof from) return false;
    memcpy(from, reference, (size_t)(to - reference));
    *range = (mlab_sheet_merge){0};
    if (!mlab_sheet_column_of(from, &range->column) || !mlab_sheet_column_of(to + 1, &range->last_column)) return false;
    if (!mlab_sheet_count(from + strcspn(from, "0123456789"), MLAB_SHEET_MOST_ROWS, &range->row)) return false;
    if (!mlab_sheet_count(to + 1 + strcspn(to + 1, "0123456789"), MLAB_SHEET_MOST_ROWS, &range->last)) return false;
    return range->last >= range->row && range->last_column >= range->column && (range->last > range->row || range->last_column > range->column);
}

static uint64_t first_data(const mlab_sheet_rows *s)
{
    return s->base.header_line + (s->base.header_rows ? s->base.header_rows : 1);
}

mlab_status mlab_sheet_take_merge(mlab_sheet_rows *s, const char *reference)
{
    mlab_sheet_merge range;
    if (!read_range(reference, &range) || !s->base.n_columns || range.column >= s->base.n_columns) return MLAB_OK;
    if (range.last < first_data(s) || (s->base.stopped && range.row >= s->base.stop_line)) return MLAB_OK;
    if (range.row < first_data(s))
        return mlab_rows_say(&s->base, MLAB_SEVERITY_STOP, "merged_headings", range.row, range.column + 1, reference, NULL, s->err,
                             "cells are merged from the headings into the rows of data; unmerge them in the spreadsheet");
    if (s->merged == MLAB_MERGED_FILL)
        return mlab_rows_say(&s->base, MLAB_SEVERITY_NOTE, "merged_cells", range.row, range.column + 1, reference, NULL, s->err,
                             "merged cells; the value of the first counts for all of them, as the study says");
    if (s->merged == MLAB_MERGED_FIRST)
        return mlab_rows_say(&s->base, MLAB_SEVERITY_NOTE, "merged_cells", range.row, range.column + 1, reference, NULL, s->err,
                             "merged cells; the first holds the value and the others are empty, as the study says");
    return mlab_rows_say(&s->base, MLAB_SEVERITY_DECIDE, "merged_cells", range.row, range.column + 1, reference,
                         "merged: fill      (or merged: first, which leaves the others empty)", s->err,
                         "cells are merged, and only the first of them holds the value; does it count for all of them?");
}

/* --- filling ------------------------------------------------------------------------------------------ */

static void keep_merge(mlab_sheet_rows *s, const char *name, const char **attributes)
{
    mlab_sheet_merge range;
    if (strcmp(name, "mergeCell") || !read_range(mlab_sheet_attribute(attributes, "ref"), &range) || s->n_merges >= MOST_MERGES) return;
    mlab_status status = mlab_grow(s->base.context, &s->merges, s->n_merges, &s->merges_capacity, sizeof *s->merges, s->err);
    if (status)
        mlab_sheet_fail(s, status);
    else
        s->merges[s->n_merges++] = range;
}

static void nothing(mlab_sheet_rows *s, const char *name)
{
    (void)s, (void)name;
}

static int by_row(const void *a, const void *b)
{
    const mlab_sheet_merge *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

mlab_status mlab_sheet_read_merges(mlab_sheet_rows *s, const char *part, mlab_error *err)
{
    static const mlab_sheet_handlers handlers = {keep_merge, nothing, NULL};
    bool there;
    mlab_sheet_merges_free(s);
    mlab_status status = mlab_sheet_xml_whole(s, part, &handlers, &there, err);
    if (status || !s->n_merges) return status;
    qsort(s->merges, s->n_merges, sizeof *s->merges, by_row);
    s->err = err;
    s->active = mlab_allocate(s->base.context, s->n_merges, sizeof *s->active);
    return s->active ? MLAB_OK : no_memory(s);
}

void mlab_sheet_merges_free(mlab_sheet_rows *s)
{
    for (size_t i = 0; i < s->n_merges; i++) mlab_release(s->base.context, s->merges[i].text);
    mlab_release(s->base.context, s->merges);
    mlab_release(s->base.context, s->active);
    s->merges = NULL;
    s->active = NULL;
    s->n_merges = s->merges_capacity = s->n_active = s->next_merge = 0;
}

/* The merges that cover the row; rows come in their order. */
static void advance(mlab_sheet_rows *s, uint64_t row)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n_active; i++)
        if (s->merges[s->active[i]].last >= row) s->active[kept++] = s->active[i];
    s->n_active = kept;
    for (; s->next_merge < s->n_merges && s->merges[s->next_merge].row <= row; s->next_merge++)
        if (s->merges[s->next_merge].last >= row) s->active[s->n_active++] = s->next_merge;
}

static mlab_status keep_value(mlab_sheet_rows *s, mlab_sheet_merge *range, const mlab_cell *cell, const char *text)
{
    if (!cell->n) return MLAB_OK;
    range->text = mlab_copy_bytes_as_text(s->base.context, text, cell->n);
    range->n = cell->n;
    range->quoted = cell->quoted;
    range->not_ascii = cell->not_ascii;
    return range->text ? MLAB_OK : no_memory(s);
}

/* The cells [first, first + n) of the block are those of the row. */
static mlab_status fill(mlab_sheet_rows *s, size_t first, size_t n, uint64_t row)
{
    mlab_status status = MLAB_OK;
    for (size_t i = 0; i < s->n_active && !status; i++) {
        mlab_sheet_merge *range = &s->merges[s->active[i]];
        if (range->row < first_data(s)) continue;
        if (range->row == row && range->column < n && !range->text) {
            const mlab_cell *cell = &s->cells[first + range->column];
            status = keep_value(s, range, cell, cell->text ? cell->text : s->arena.bytes + s->offsets[first + range->column]);
        }
        for (size_t k = range->column; k <= range->last_column && k < n && range->text; k++)
            if (!s->cells[first + k].n)
                s->cells[first + k] = (mlab_cell){.text = range->text, .n = range->n, .quoted = range->quoted, .not_ascii = range->not_ascii};
    }
    return status;
}

mlab_status mlab_sheet_merge_row(mlab_sheet_rows *s)
{
    size_t width = 0;
    advance(s, s->row);
    for (size_t i = 0; i < s->n_active; i++)
        if (s->merges[s->active[i]].last_column >= width) width = s->merges[s->active[i]].last_column + 1;
    if (s->framed && width > s->base.n_columns) width = s->base.n_columns;
    mlab_status status = width ? mlab_sheet_pad_row(s, width) : MLAB_OK;
    return status || !s->framed ? status : fill(s, s->row_begin, s->n_cells - s->row_begin, s->row);
}

mlab_status mlab_sheet_merge_first_block(mlab_sheet_rows *s, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    if (!s->n_merges || !s->base.n_columns) return MLAB_OK;
    s->err = err;
    s->n_active = s->next_merge = 0;
    for (size_t i = 0; i < s->n_rows && !status; i++) {
        advance(s, s->lines[i]);
        if (s->lines[i] >= first_data(s)) status = fill(s, s->first[i], s->first[i + 1] - s->first[i], s->lines[i]);
    }
    return status;
}

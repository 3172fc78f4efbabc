/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of lines: 16 bytes for each place where a line is not the one before and one. Weakness: a file in which every row has a line end in
 * quotes takes 16 bytes a row. */
#include "data/read_lines.h"
#include "core/error.h"
#include "core/memory.h"

mlab_status mlab_line_runs_add(const mlab_context *context, mlab_line_runs *runs, size_t row, uint64_t line, mlab_error *err)
{
    const mlab_line_run *last = runs->n ? &runs->items[runs->n - 1] : NULL;
    if (last && last->line + (row - last->row) == line) return MLAB_OK;
    mlab_status status = mlab_grow(context, &runs->items, runs->n, &runs->capacity, sizeof *runs->items, err);
    if (!status) runs->items[runs->n++] = (mlab_line_run){row, line};
    return status;
}

mlab_status mlab_line_runs_expand(const mlab_context *context, const mlab_line_runs *runs, size_t n_rows, uint64_t **lines, mlab_error *err)
{
    *lines = mlab_allocate(context, n_rows, sizeof **lines);
    if (!*lines) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the places of %zu rows", n_rows);
    for (size_t k = 0; k < runs->n; k++) {
        size_t end = k + 1 < runs->n ? runs->items[k + 1].row : n_rows;
        for (size_t i = runs->items[k].row; i < end; i++) (*lines)[i] = runs->items[k].line + (i - runs->items[k].row);
    }
    return MLAB_OK;
}

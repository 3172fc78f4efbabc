/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages that are made rather than read, and written as results files of one table. */
#include "core/error.h"
#include "core/memory.h"
#include "store/export.h"
#include "store/h5.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

mlab_status mlab_page_make(const mlab_context *context, const char *path, size_t n_lines, mlab_page **page, mlab_error *err)
{
    *page = mlab_allocate(context, 1, sizeof **page);
    if (!*page) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for a table of %zu lines", n_lines);
    (*page)->context = context;
    (*page)->is_table = true;
    (*page)->n_lines = n_lines;
    snprintf((*page)->path, sizeof(*page)->path, "%s", path);
    return MLAB_OK;
}

mlab_status mlab_page_add(mlab_page *page, const char *name, const char *unit, mlab_page_kind kind, mlab_page_column **column, mlab_error *err)
{
    *column = NULL;
    if (page->n_columns == MLAB_PAGE_MOST_COLUMNS)
        return mlab_raise(err, MLAB_ERR_ARGUMENT, "%s has over %d columns", page->path, (int)MLAB_PAGE_MOST_COLUMNS);
    mlab_page_column *to = &page->columns[page->n_columns++];
    *to = (mlab_page_column){.n = page->n_lines};
    snprintf(to->name, sizeof to->name, "%s", name);
    snprintf(to->unit, sizeof to->unit, "%s", unit);
    if (kind == MLAB_PAGE_TEXTS) to->texts = mlab_allocate(page->context, page->n_lines, sizeof *to->texts);
    if (kind == MLAB_PAGE_REALS) to->reals = mlab_allocate(page->context, page->n_lines, sizeof *to->reals);
    if (kind == MLAB_PAGE_NUMBERS) to->numbers = mlab_allocate(page->context, page->n_lines, sizeof *to->numbers);
    if (!to->texts && !to->reals && !to->numbers) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu lines", page->n_lines);
    *column = to;
    return MLAB_OK;
}

static bool hides_any(const mlab_page_column *column)
{
    for (size_t i = 0; column->hidden && i < column->n; i++)
        if (column->hidden[i]) return true;
    return false;
}

/* What is hidden goes into no file: texts are empty there, numbers NaN, so that whole ones among them are stored as real ones. */
static void put_hiding(const mlab_h5_group *group, const mlab_page *page, const mlab_page_column *column)
{
    char nothing[] = "";
    char **texts = column->texts ? mlab_allocate(page->context, column->n, sizeof *texts) : NULL;
    double *reals = column->texts ? NULL : mlab_allocate(page->context, column->n, sizeof *reals);
    if (!texts && !reals) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write %s", page->path);
    for (size_t i = 0; texts && i < column->n; i++) texts[i] = column->hidden[i] ? nothing : column->texts[i];
    for (size_t i = 0; reals && i < column->n; i++)
        reals[i] = column->hidden[i] ? NAN : column->reals ? column->reals[i] : (double)column->numbers[i];
    if (texts) mlab_h5_put_texts(group, column->name, "row", texts, column->name);
    if (reals) mlab_h5_put(group, column->name, "row", MLAB_H5_REAL, reals, column->unit, column->name);
    mlab_release(page->context, texts);
    mlab_release(page->context, reals);
}

mlab_status mlab_page_store(const mlab_page *page, const char *path, bool secret, mlab_error *err)
{
    mlab_h5_file file;
    mlab_h5_group root = mlab_h5_create(&file, page->context, path, secret, err), group = root, parents[8];
    size_t depth = 0;
    mlab_h5_attribute(&root, "format", MLAB_H5_FORMAT);
    mlab_h5_attribute_integer(&root, "format_version", MLAB_FORMAT_VERSION);
    for (const char *at = page->path; *at && depth < 8;) {
        char name[512];
        size_t n = strcspn(++at, "/");
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        group = parents[depth++] = mlab_h5_group_make(&group, name);
        at += n;
    }
    mlab_h5_dimension_numbers(&group, "row", 0, page->n_lines, "1", "row of the table");
    for (size_t k = 0; k < page->n_columns; k++) {
        const mlab_page_column *column = &page->columns[k];
        if (hides_any(column))
            put_hiding(&group, page, column);
        else if (column->texts)
            mlab_h5_put_texts(&group, column->name, "row", column->texts, column->name);
        else
            mlab_h5_put(&group, column->name, "row", column->reals ? MLAB_H5_REAL : MLAB_H5_INT64,
                        column->reals ? (const void *)column->reals : (const void *)column->numbers, column->unit, column->name);
    }
    while (depth > 0) mlab_h5_group_close(&parents[--depth]);
    return mlab_h5_close(&file, &root);
}

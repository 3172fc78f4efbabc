/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects of groups, exported: those of groups of few people have no numbers, by the rule of the report (mlab_groups_told), and so have those of
 * groups that may not be named. Effects are those most likely (/fits) and drawn ones (/draws). */
#include "core/error.h"
#include "core/memory.h"
#include "report/export.h"

#include <stdio.h>
#include <string.h>

/* "/fits/retention/random_effects/grouping_1" or "/draws/effects_1" of a page below it. */
static bool grouping_of(const mlab_page *page, char *into, size_t size)
{
    const char *at = strncmp(page->path, "/draws/effects_", strlen("/draws/effects_")) ? NULL : page->path + strlen("/draws/");
    if (!at && !strncmp(page->path, "/fits/", strlen("/fits/")) && (at = strstr(page->path, "/random_effects/"))) at += strlen("/random_effects/");
    if (!at) return false;
    snprintf(into, size, "%.*s", (int)(at - page->path + (ptrdiff_t)strcspn(at, "/")), page->path);
    return *at != '\0';
}

/* Which rows a group has is told by nobody. */
static bool tells_rows(const mlab_page_column *column)
{
    return !strcmp(column->name, "key") || !strcmp(column->name, "place");
}

/* told [n], NULL = of none; what is of no group of these is hidden. */
static mlab_status hide_groups(mlab_page *page, size_t n, const uint8_t *told, size_t *n_hidden, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    size_t first = page->is_table ? 0 : page->n_columns - 1, axis = SIZE_MAX;
    for (size_t k = 0; k < page->n_columns; k++)
        if (!strcmp(page->columns[k].name, "group")) axis = k;
    for (size_t line = 0; line < page->n_lines; line++)
        for (size_t k = first; k < page->n_columns && !status; k++) {
            mlab_page_column *column = &page->columns[k];
            size_t at = mlab_page_at(page, k, line), group = axis == SIZE_MAX ? SIZE_MAX : mlab_page_at(page, axis, line);
            const bool shown = axis == SIZE_MAX || (told && group < n && told[group]);
            if (column->texts || k == axis || (shown && !tells_rows(column)) || mlab_page_hidden(column, at)) continue;
            status = mlab_page_hide(page, column, at, err);
            ++*n_hidden;
        }
    return status;
}

mlab_status mlab_page_protect_groups(mlab_page *page, const char *file, uint64_t minimum, size_t *n_hidden, mlab_error *err)
{
    char path[600], grouping[520];
    mlab_page *people = NULL;
    if (!grouping_of(page, grouping, sizeof grouping)) return MLAB_OK;
    snprintf(path, sizeof path, "%s/people", grouping);
    mlab_error failed = {0};
    mlab_status status = mlab_page_load(page->context, file, path, &people, &failed);
    if (status == MLAB_ERR_STORE_READ) return hide_groups(page, 0, NULL, n_hidden, err); /* its groups may not be told */
    if (status) return mlab_raise(err, status, "%s", failed.sentence);
    const mlab_page_column *count = &people->columns[people->n_columns - 1];
    uint8_t *told = mlab_allocate(page->context, count->n, 1);
    uint64_t *numbers = mlab_allocate(page->context, count->n, sizeof *numbers);
    if (!told || !numbers) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", page->path);
    for (size_t g = 0; g < count->n && !status; g++) numbers[g] = count->numbers ? (uint64_t)count->numbers[g] : 0;
    if (!status) mlab_groups_told(numbers, count->n, minimum, told);
    if (!status) status = hide_groups(page, count->n, told, n_hidden, err);
    mlab_release(page->context, told);
    mlab_release(page->context, numbers);
    mlab_page_free(people);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The workbook itself: which part it is, its sheets in their order, where its strings and styles are, its date system.
 * Source: ECMA-376 part 2 (relationships) and part 1, 18.2 (workbook); the strict variant has the same names. */
#include "core/error.h"
#include "core/memory.h"
#include "data/rows_sheet.h"

#include <stdio.h>
#include <string.h>

static mlab_status no_memory(const mlab_sheet_rows *s, mlab_error *err)
{
    return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to read %s", s->base.file);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = text ? strlen(text) : 0, m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

/* folder + target, "../" and "./" undone; an absolute target begins at the root. */
static char *resolve(const mlab_context *context, const char *folder, const char *target)
{
    size_t n = *target == '/' ? 0 : strlen(folder);
    target += *target == '/';
    char *path = mlab_allocate(context, n + strlen(target) + 1, 1);
    if (!path) return NULL;
    memcpy(path, folder, n);
    while (*target == '.') {
        if (!strncmp(target, "./", 2))
            target += 2;
        else if (!strncmp(target, "../", 3)) {
            target += 3;
            n -= n > 0;
            while (n && path[n - 1] != '/') n--;
        } else
            break;
    }
    memcpy(path + n, target, strlen(target) + 1);
    return path;
}

/* --- relationships ----------------------------------------------------------------------------------- */

static void take(mlab_sheet_rows *s, char **where, const char *target)
{
    if (*where) return;
    *where = resolve(s->base.context, s->folder, target);
    if (!*where) mlab_sheet_fail(s, no_memory(s, s->err));
}

static void relation(mlab_sheet_rows *s, const char *name, const char **attributes)
{
    if (strcmp(name, "Relationship")) return;
    const char *id = mlab_sheet_attribute(attributes, "Id"), *type = mlab_sheet_attribute(attributes, "Type");
    const char *target = mlab_sheet_attribute(attributes, "Target");
    if (!id || !type || !target) return;
    if (ends_with(type, "/officeDocument")) take(s, &s->book_part, target);
    if (ends_with(type, "/sharedStrings")) take(s, &s->strings_part, target);
    if (ends_with(type, "/styles")) take(s, &s->styles_part, target);
    if (!ends_with(type, "/worksheet")) return;
    for (size_t i = 0; i < s->n_sheets && !s->status; i++)
        if (s->sheets[i].relation && !strcmp(s->sheets[i].relation, id)) take(s, &s->sheets[i].part, target);
}

static void nothing(mlab_sheet_rows *s, const char *name)
{
    (void)s, (void)name;
}

static const mlab_sheet_handlers relation_handlers = {relation, nothing, NULL};

/* --- sheets ------------------------------------------------------------------------------------------ */

static mlab_status add_sheet(mlab_sheet_rows *s, const char **attributes)
{
    const char *name = mlab_sheet_attribute(attributes, "name"), *state = mlab_sheet_attribute(attributes, "state");
    const char *relation_id = NULL;
    for (const char **a = attributes; *a; a += 2) /* r:id, beside sheetId */
        if (ends_with(*a, ":id") || !strcmp(*a, "id")) relation_id = a[1];
    if (!name || s->n_sheets >= MLAB_SHEET_MOST_SHEETS) return MLAB_OK;
    mlab_status status = mlab_grow(s->base.context, &s->sheets, s->n_sheets, &s->sheets_capacity, sizeof *s->sheets, s->err);
    if (status) return status;
    mlab_sheet_entry *sheet = &s->sheets[s->n_sheets++];
    *sheet = (mlab_sheet_entry){.name = mlab_copy_text(s->base.context, name), .hidden = state && strcmp(state, "visible")};
    if (relation_id) sheet->relation = mlab_copy_text(s->base.context, relation_id);
    return sheet->name && (sheet->relation || !relation_id) ? MLAB_OK : no_memory(s, s->err);
}

static void book_element(mlab_sheet_rows *s, const char *name, const char **attributes)
{
    if (!strcmp(name, "sheet")) mlab_sheet_fail(s, add_sheet(s, attributes));
    if (!strcmp(name, "workbookPr") && mlab_sheet_attribute(attributes, "date1904"))
        s->date_1904 = mlab_sheet_true(mlab_sheet_attribute(attributes, "date1904"));
}

static const mlab_sheet_handlers book_handlers = {book_element, nothing, NULL};

/* --- the whole --------------------------------------------------------------------------------------- */

/* "xl/workbook.xml" has its relationships in "xl/_rels/workbook.xml.rels"; s->folder becomes "xl/". */
static mlab_status read_relations(mlab_sheet_rows *s, mlab_error *err)
{
    const char *slash = strrchr(s->book_part, '/');
    const size_t n = slash ? (size_t)(slash - s->book_part) + 1 : 0;
    bool there;
    char *folder = mlab_copy_bytes_as_text(s->base.context, s->book_part, n);
    const size_t size = strlen(s->book_part) + sizeof "_rels/.rels";
    char *part = mlab_allocate(s->base.context, size, 1);
    mlab_status status = folder && part ? MLAB_OK : no_memory(s, err);
    if (!status) {
        snprintf(part, size, "%s_rels/%s.rels", folder, s->book_part + n);
        s->folder = folder;
        status = mlab_sheet_xml_whole(s, part, &relation_handlers, &there, err);
        s->folder = "";
    }
    mlab_release(s->base.context, part);
    mlab_release(s->base.context, folder);
    return status;
}

static mlab_status say_no_book(mlab_sheet_rows *s, mlab_error *err)
{
    s->broken = true;
    return mlab_rows_say(&s->base, MLAB_SEVERITY_STOP, "no_workbook", 0, 0, s->book_part, NULL, err,
                         "the part of the workbook that lists its sheets is missing; open the file in a spreadsheet program, let that repair it and "
                         "save it anew");
}

mlab_status mlab_sheet_read_entries(mlab_sheet_rows *s, mlab_error *err)
{
    bool there = false;
    s->folder = "";
    mlab_status status = mlab_sheet_xml_whole(s, "_rels/.rels", &relation_handlers, &there, err);
    if (!status && !s->broken && !s->book_part && !(s->book_part = mlab_copy_text(s->base.context, "xl/workbook.xml"))) status = no_memory(s, err);
    if (status || s->broken) return status;
    status = mlab_sheet_xml_whole(s, s->book_part, &book_handlers, &there, err);
    if (!status && !s->broken && !there) status = say_no_book(s, err);
    return status || s->broken ? status : read_relations(s, err);
}

mlab_status mlab_sheet_read_book(mlab_sheet_rows *s, mlab_error *err)
{
    mlab_status status = mlab_sheet_read_entries(s, err);
    if (!status && !s->broken && s->styles_part) status = mlab_sheet_read_styles(s, s->styles_part, err);
    if (!status && !s->broken && s->strings_part) status = mlab_sheet_read_strings(s, s->strings_part, err);
    return status;
}

void mlab_sheet_book_free(mlab_sheet_rows *s)
{
    const mlab_context *context = s->base.context;
    for (size_t i = 0; i < s->n_sheets; i++) {
        mlab_release(context, s->sheets[i].name);
        mlab_release(context, s->sheets[i].relation);
        mlab_release(context, s->sheets[i].part);
    }
    mlab_release(context, s->sheets);
    mlab_release(context, s->book_part);
    mlab_release(context, s->strings_part);
    mlab_release(context, s->styles_part);
    mlab_release(context, s->styles);
    mlab_release(context, s->formats);
    mlab_sheet_strings_free(context, &s->strings);
}

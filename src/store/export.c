/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One group or variable of a results file as CSV or JSON.
 *
 * A group gives its variables over one dimension (`row`, or the first it has) side by side; a variable over several
 * dimensions gives one line a value, with the labels of its dimensions before it. JSON is a list of objects. */
#include "store/export.h"
#include "core/error.h"
#include "core/memory.h"
#include "store/walk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A page while it is loaded. */
typedef struct loading {
    mlab_h5_file *file;
    mlab_page *page;
    char dimension[128]; /* of a group's table, "" = not yet known */
} loading;

void mlab_page_free(mlab_page *page)
{
    if (!page) return;
    for (size_t k = 0; k < page->n_columns; k++) {
        mlab_h5_free_texts(page->context, page->columns[k].texts, page->columns[k].n);
        mlab_release(page->context, page->columns[k].reals);
        mlab_release(page->context, page->columns[k].numbers);
        mlab_release(page->context, page->columns[k].hidden);
    }
    mlab_release(page->context, page);
}

/* Counts that the file itself does not tell. */
static void load_hidden(loading *p, mlab_page_column *column)
{
    for (size_t i = 0; column->numbers && i < column->n; i++)
        if (column->numbers[i] == (int64_t)MLAB_COUNT_HIDDEN && mlab_page_hide(p->page, column, i, NULL))
            mlab_h5_fail(p->file, MLAB_ERR_MEMORY, "no memory to export %s", p->page->path);
}

static void load(loading *p, hid_t group, hid_t dataset, const char *name)
{
    if (p->file->status || p->page->n_columns == MLAB_PAGE_MOST_COLUMNS) return;
    mlab_page_column *c = &p->page->columns[p->page->n_columns++];
    *c = (mlab_page_column){.n = 0};
    snprintf(c->name, sizeof c->name, "%s", name);
    mlab_h5_text_of(dataset, "units", c->unit, sizeof c->unit);
    mlab_h5_group in = {p->file, group};
    hid_t type = H5Dget_type(dataset);
    H5T_class_t kind = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    if (type >= 0) H5Tclose(type);
    c->n = mlab_h5_size(&in, name);
    if (mlab_h5_is_bare_dimension(dataset)) {
        c->numbers = mlab_allocate(p->file->context, c->n, sizeof *c->numbers);
        if (!c->numbers) mlab_h5_fail(p->file, MLAB_ERR_MEMORY, "no memory to export %s", name);
        for (size_t i = 0; c->numbers && i < c->n; i++) c->numbers[i] = (int64_t)i;
    } else if (kind == H5T_STRING) {
        c->texts = mlab_h5_get_texts(&in, name, c->n);
    } else if (kind == H5T_INTEGER) {
        c->numbers = mlab_h5_get(&in, name, MLAB_H5_INT64, c->n);
        if (H5Aexists(dataset, "_FillValue") > 0) load_hidden(p, c);
    } else {
        c->reals = mlab_h5_get(&in, name, MLAB_H5_REAL, c->n);
    }
}

/* Loads the variables of a group over its table dimension, in file order. */
static void load_group(loading *p, hid_t group, const char *path)
{
    H5G_info_t info;
    if (H5Lexists(group, "row", H5P_DEFAULT) > 0) snprintf(p->dimension, sizeof p->dimension, "row");
    if (p->file->status || H5Gget_info(group, &info) < 0) return;
    for (hsize_t i = 0; i < info.nlinks && !p->file->status; i++) {
        char name[128], axis[128];
        ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        hid_t object = n < 0 || n >= (ssize_t)sizeof name ? -1 : H5Oopen(group, name, H5P_DEFAULT);
        if (object >= 0 && H5Iget_type(object) == H5I_DATASET) {
            hid_t space = H5Dget_space(object);
            if (H5Sget_simple_extent_ndims(space) == 1) {
                mlab_h5_axis_name(object, 0, axis, sizeof axis);
                if (!p->dimension[0]) snprintf(p->dimension, sizeof p->dimension, "%s", axis);
                if (strcmp(axis, p->dimension) == 0 && !mlab_h5_is_bare_dimension(object)) load(p, group, object, name);
            }
            if (space >= 0) H5Sclose(space);
        }
        if (object >= 0) H5Oclose(object);
    }
    if (!p->page->n_columns) mlab_h5_fail(p->file, MLAB_ERR_STORE_READ, "%s: '%s' holds no table; name one of its variables", p->file->path, path);
}

/* --- lines -------------------------------------------------------------------------------------------- */

size_t mlab_page_at(const mlab_page *page, size_t column, size_t line)
{
    if (page->is_table || column + 1 == page->n_columns) return line;
    for (size_t k = page->n_columns - 2; k > column; k--) line /= page->columns[k].n;
    return line % page->columns[column].n;
}

bool mlab_page_hidden(const mlab_page_column *column, size_t at)
{
    return column->hidden && column->hidden[at];
}

mlab_status mlab_page_hide(const mlab_page *page, mlab_page_column *column, size_t at, mlab_error *err)
{
    if (!column->hidden && !(column->hidden = mlab_allocate(page->context, column->n, 1)))
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", page->path);
    column->hidden[at] = 1;
    return MLAB_OK;
}

static void put_cell(mlab_text *out, const mlab_page_column *c, size_t i, bool json)
{
    if (mlab_page_hidden(c, i))
        mlab_text_append(out, json ? "null" : "");
    else if (c->texts && json)
        mlab_json_text(out, c->texts[i]);
    else if (c->texts && !strpbrk(c->texts[i], "\",\n\r") && (!c->texts[i][0] || !strchr("=+-@\t", c->texts[i][0])))
        mlab_text_append(out, c->texts[i]);
    else if (c->texts)
        mlab_text_csv(out, c->texts[i]);
    else if (c->numbers)
        mlab_text_print(out, "%lld", (long long)c->numbers[i]);
    else if (isfinite(c->reals[i]))
        mlab_text_number(out, c->reals[i]);
    else
        mlab_text_append(out, json ? "null" : "");
}

static void put_line(mlab_text *out, const mlab_page *p, size_t line, bool json)
{
    mlab_text_append(out, json ? (line ? ",\n{" : "\n{") : "");
    for (size_t k = 0; k < p->n_columns; k++) {
        if (k) mlab_text_append(out, json ? ", " : ",");
        if (json) {
            mlab_json_text(out, p->columns[k].name);
            mlab_text_append(out, ": ");
        }
        put_cell(out, &p->columns[k], mlab_page_at(p, k, line), json);
    }
    mlab_text_append(out, json ? "}" : "\n");
}

void mlab_page_print(const mlab_page *p, bool json, mlab_text *out)
{
    mlab_text_append(out, json ? "[" : "");
    for (size_t k = 0; !json && k < p->n_columns; k++) mlab_text_print(out, "%s%s", k ? "," : "", p->columns[k].name);
    if (!json) mlab_text_append(out, "\n");
    for (size_t line = 0; line < p->n_lines && !out->failed; line++) put_line(out, p, line, json);
    if (json) mlab_text_append(out, "\n]\n");
}

/* --- loading ------------------------------------------------------------------------------------------ */

/* Loads the labels of the axes, then the variable. */
static void load_variable(loading *p, hid_t group, hid_t dataset, const char *name)
{
    hid_t space = H5Dget_space(dataset);
    int rank = space < 0 ? 0 : H5Sget_simple_extent_ndims(space);
    if (space >= 0) H5Sclose(space);
    for (int k = 0; k < rank && H5DSis_scale(dataset) <= 0; k++) {
        char axis[128];
        mlab_h5_axis_name(dataset, (unsigned)k, axis, sizeof axis);
        hid_t scale = H5Dopen2(group, axis, H5P_DEFAULT);
        if (scale < 0) mlab_h5_fail(p->file, MLAB_ERR_STORE_READ, "%s: variable '%s' has an axis without a dimension", p->file->path, name);
        if (scale >= 0) {
            load(p, group, scale, axis);
            H5Dclose(scale);
        }
    }
    load(p, group, dataset, name);
}

static void load_object(loading *p, const mlab_h5_group *root, const char *name)
{
    hid_t object = name[0] && H5Oexists_by_name(root->id, name, H5P_DEFAULT) > 0 ? H5Oopen(root->id, name, H5P_DEFAULT) : -1;
    const char *slash = strrchr(name, '/');
    p->page->is_table = object >= 0 && H5Iget_type(object) == H5I_GROUP;
    if (object < 0) {
        mlab_h5_fail(p->file, MLAB_ERR_STORE_READ, "%s has no group or variable '%s'; mentorlab inspect lists what there is", p->file->path, name);
    } else if (p->page->is_table) {
        load_group(p, object, name);
    } else {
        char folder[1024] = "/";
        if (slash && slash > name) snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        hid_t group = H5Gopen2(root->id, folder, H5P_DEFAULT);
        load_variable(p, group, object, slash ? slash + 1 : name);
        if (group >= 0) H5Gclose(group);
    }
    if (object >= 0) H5Oclose(object);
    if (!p->file->status) p->page->n_lines = p->page->columns[p->page->is_table ? 0 : p->page->n_columns - 1].n;
}

mlab_status mlab_page_load(const mlab_context *context, const char *path, const char *name, mlab_page **page, mlab_error *err)
{
    mlab_h5_file file;
    *page = NULL;
    mlab_page *made = mlab_allocate(context, 1, sizeof *made);
    if (!made) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", name);
    made->context = context;
    int n = snprintf(made->path, sizeof made->path, "%s%s", *name == '/' ? "" : "/", name);
    while (n > 1 && n < (int)sizeof made->path && made->path[n - 1] == '/') made->path[--n] = '\0';
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    loading p = {.file = &file, .page = made};
    if (!file.status) load_object(&p, &root, name);
    mlab_status status = mlab_h5_close(&file, &root);
    if (status)
        mlab_page_free(made);
    else
        *page = made;
    return status;
}

mlab_status mlab_store_export(const mlab_context *context, const char *path, const char *name, bool json, char **text, mlab_error *err)
{
    mlab_page *page;
    mlab_text out = MLAB_TEXT(context);
    *text = NULL;
    mlab_status status = mlab_page_load(context, path, name, &page, err);
    if (status) return status;
    mlab_page_print(page, json, &out);
    mlab_page_free(page);
    if (out.failed) {
        mlab_text_free(&out);
        return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to export %s", name);
    }
    *text = out.bytes;
    return MLAB_OK;
}

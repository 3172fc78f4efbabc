/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One group or variable of a results file as CSV or JSON.
 *
 * A group gives its variables over one dimension (`row`, or the first it has) side by side; a variable over several
 * dimensions gives one line a value, with the labels of its dimensions before it. JSON is a list of objects. */
#include "core/error.h"
#include "core/memory.h"
#include "store/walk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_COLUMNS 256

typedef struct column {
    char name[128];
    size_t n;
    char **texts;     /* texts [n], or */
    double *reals;    /* [n], or */
    int64_t *numbers; /* [n] */
} column;

typedef struct page {
    mlab_h5_file *file;
    column columns[MOST_COLUMNS];
    size_t n_columns;
    char dimension[128]; /* of a group's table, "" = not yet known */
} page;

static void free_columns(page *p)
{
    for (size_t k = 0; k < p->n_columns; k++) {
        mlab_h5_free_texts(p->file->context, p->columns[k].texts, p->columns[k].n);
        mlab_release(p->file->context, p->columns[k].reals);
        mlab_release(p->file->context, p->columns[k].numbers);
    }
    p->n_columns = 0;
}

static void load(page *p, hid_t group, hid_t dataset, const char *name)
{
    if (p->file->status || p->n_columns == MOST_COLUMNS) return;
    column *c = &p->columns[p->n_columns++];
    *c = (column){.n = 0};
    snprintf(c->name, sizeof c->name, "%s", name);
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
    } else {
        c->reals = mlab_h5_get(&in, name, MLAB_H5_REAL, c->n);
    }
}

/* Loads the variables of a group over its table dimension, in file order. */
static void load_group(page *p, hid_t group, const char *path)
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
    if (!p->n_columns) mlab_h5_fail(p->file, MLAB_ERR_STORE_READ, "%s: '%s' holds no table; name one of its variables", p->file->path, path);
}

static void put_text(mlab_text *out, const char *text, bool json)
{
    if (!json && !strpbrk(text, "\",\n\r")) {
        mlab_text_append(out, text);
        return;
    }
    mlab_text_append(out, "\"");
    for (const char *c = text; *c; c++) {
        if (json && (*c == '"' || *c == '\\'))
            mlab_text_append(out, *c == '"' ? "\\\"" : "\\\\");
        else if (!json && *c == '"')
            mlab_text_append(out, "\"\"");
        else if (json && (unsigned char)*c < 0x20)
            mlab_text_print(out, "\\u%04x", (unsigned)*c);
        else
            mlab_text_append_bytes(out, c, 1);
    }
    mlab_text_append(out, "\"");
}

static void put_cell(mlab_text *out, const column *c, size_t i, bool json)
{
    if (c->texts)
        put_text(out, c->texts[i], json);
    else if (c->numbers)
        mlab_text_print(out, "%lld", (long long)c->numbers[i]);
    else if (isfinite(c->reals[i]))
        mlab_text_number(out, c->reals[i]);
    else
        mlab_text_append(out, json ? "null" : "");
}

/* Line i shows value at[k] of column k. */
static void put_line(mlab_text *out, const page *p, const size_t *at, bool json, bool first)
{
    mlab_text_append(out, json ? (first ? "\n{" : ",\n{") : "");
    for (size_t k = 0; k < p->n_columns; k++) {
        if (k) mlab_text_append(out, json ? ", " : ",");
        if (json) {
            put_text(out, p->columns[k].name, true);
            mlab_text_append(out, ": ");
        }
        put_cell(out, &p->columns[k], at[k], json);
    }
    mlab_text_append(out, json ? "}" : "\n");
}

static void put_head(mlab_text *out, const page *p, bool json)
{
    if (json) mlab_text_append(out, "[");
    for (size_t k = 0; !json && k < p->n_columns; k++) {
        if (k) mlab_text_append(out, ",");
        put_text(out, p->columns[k].name, false);
    }
    if (!json) mlab_text_append(out, "\n");
}

static void print_table(mlab_text *out, const page *p, bool json)
{
    size_t at[MOST_COLUMNS];
    put_head(out, p, json);
    for (size_t i = 0; i < p->columns[0].n && !out->failed; i++) {
        for (size_t k = 0; k < p->n_columns; k++) at[k] = i;
        put_line(out, p, at, json, i == 0);
    }
    if (json) mlab_text_append(out, "\n]\n");
}

/* The last column is the variable, those before it its dimensions, the last of which runs fastest. */
static void print_variable(mlab_text *out, const page *p, bool json)
{
    const size_t rank = p->n_columns - 1;
    size_t at[MOST_COLUMNS] = {0};
    put_head(out, p, json);
    for (size_t i = 0; i < p->columns[rank].n && !out->failed; i++) {
        size_t rest = i;
        for (size_t k = rank; k-- > 0;) {
            at[k] = rest % p->columns[k].n;
            rest /= p->columns[k].n;
        }
        at[rank] = i;
        put_line(out, p, at, json, i == 0);
    }
    if (json) mlab_text_append(out, "\n]\n");
}

/* Loads the labels of the axes, then the variable. */
static void load_variable(page *p, hid_t group, hid_t dataset, const char *name)
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

static void export_object(page *p, const mlab_h5_group *root, const char *name, bool json, mlab_text *out)
{
    hid_t object = name[0] && H5Oexists_by_name(root->id, name, H5P_DEFAULT) > 0 ? H5Oopen(root->id, name, H5P_DEFAULT) : -1;
    bool is_group = object >= 0 && H5Iget_type(object) == H5I_GROUP;
    const char *slash = strrchr(name, '/');
    if (object < 0) {
        mlab_h5_fail(p->file, MLAB_ERR_STORE_READ, "%s has no group or variable '%s'; mentorlab inspect lists what there is", p->file->path, name);
    } else if (is_group) {
        load_group(p, object, name);
    } else {
        char folder[1024] = "/";
        if (slash && slash > name) snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        hid_t group = H5Gopen2(root->id, folder, H5P_DEFAULT);
        load_variable(p, group, object, slash ? slash + 1 : name);
        if (group >= 0) H5Gclose(group);
    }
    if (object >= 0) H5Oclose(object);
    if (p->file->status) return;
    if (is_group)
        print_table(out, p, json);
    else
        print_variable(out, p, json);
    if (out->failed) mlab_h5_fail(p->file, MLAB_ERR_MEMORY, "no memory to export %s", name);
}

mlab_status mlab_store_export(const mlab_context *context, const char *path, const char *name, bool json, char **text, mlab_error *err)
{
    *text = NULL;
    mlab_h5_file file;
    mlab_text out = MLAB_TEXT(context);
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    page *p = mlab_allocate(context, 1, sizeof *p);
    if (!p) mlab_h5_fail(&file, MLAB_ERR_MEMORY, "no memory to export %s", name);
    if (p) {
        p->file = &file;
        if (!file.status) export_object(p, &root, name, json, &out);
        free_columns(p);
    }
    mlab_release(context, p);
    mlab_status status = mlab_h5_close(&file, &root);
    if (status)
        mlab_text_free(&out);
    else
        *text = out.bytes;
    return status;
}

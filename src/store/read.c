/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading groups, variables and attributes back, with their sizes checked against what the caller expects. */
#include "store/h5.h"

#include "core/memory.h"

#include <string.h>

static void lacks(mlab_h5_file *file, const char *what, const char *name)
{
    mlab_h5_fail(file, MLAB_ERR_STORE_READ, "%s has no %s '%s', or it is damaged", file->path, what, name);
}

mlab_h5_group mlab_h5_group_get(const mlab_h5_group *parent, const char *name)
{
    mlab_h5_group group = {parent->file, -1};
    if (group.file->status) return group;
    group.id = H5Gopen2(parent->id, name, H5P_DEFAULT);
    if (group.id < 0) lacks(group.file, "group", name);
    return group;
}

bool mlab_h5_has(const mlab_h5_group *group, const char *name)
{
    return !group->file->status && H5Lexists(group->id, name, H5P_DEFAULT) > 0;
}

/* Counts the groups below; with `wanted` below the count also copies that one's name. */
static size_t walk_groups(const mlab_h5_group *group, size_t wanted, char **name)
{
    H5G_info_t info;
    size_t found = 0;
    if (group->file->status || H5Gget_info(group->id, &info) < 0) return 0;
    for (hsize_t i = 0; i < info.nlinks; i++) {
        char text[256];
        ssize_t n = H5Lget_name_by_idx(group->id, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, text, sizeof text, H5P_DEFAULT);
        H5O_info_t object;
        if (n < 0 || n >= (ssize_t)sizeof text || H5Oget_info_by_name2(group->id, text, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0) {
            lacks(group->file, "readable list of", "groups");
            return 0;
        }
        if (object.type != H5O_TYPE_GROUP) continue;
        if (name && found == wanted) *name = mlab_copy_text(group->file->context, text);
        found++;
    }
    return found;
}

size_t mlab_h5_group_count(const mlab_h5_group *group)
{
    return walk_groups(group, 0, NULL);
}

char *mlab_h5_group_name(const mlab_h5_group *group, size_t which)
{
    char *name = NULL;
    size_t n = walk_groups(group, which, &name);
    if (!group->file->status && !name) {
        if (which < n)
            mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read %s", group->file->path);
        else
            lacks(group->file, "group of that number in", "it");
    }
    return name;
}

char *mlab_h5_attribute_get(const mlab_h5_group *group, const char *name)
{
    mlab_h5_file *file = group->file;
    if (file->status) return NULL;
    char *text = NULL, *mine = NULL;
    hid_t attribute = H5Aopen(group->id, name, H5P_DEFAULT), type = attribute < 0 ? -1 : H5Aget_type(attribute);
    if (type >= 0 && H5Tis_variable_str(type) > 0) {
        hid_t memory = mlab_h5_text_type();
        if (memory < 0 || H5Aread(attribute, memory, &text) < 0 || !text)
            lacks(file, "attribute", name);
        else if (!(mine = mlab_copy_text(file->context, text)))
            mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to read %s", file->path);
        if (memory >= 0) H5Tclose(memory);
        if (text) H5free_memory(text);
    } else if (type >= 0 && H5Tget_class(type) == H5T_STRING) {
        size_t size = H5Tget_size(type);
        mine = mlab_allocate(file->context, size + 1, 1);
        if (!mine)
            mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to read %s", file->path);
        else if (H5Aread(attribute, type, mine) < 0)
            lacks(file, "attribute", name);
    } else {
        lacks(file, "attribute", name);
    }
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    return mine;
}

int64_t mlab_h5_attribute_integer_get(const mlab_h5_group *group, const char *name)
{
    int64_t value = 0;
    if (group->file->status) return 0;
    hid_t attribute = H5Aopen(group->id, name, H5P_DEFAULT), space = attribute < 0 ? -1 : H5Aget_space(attribute);
    if (space < 0 || H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0)
        lacks(group->file, "attribute", name);
    if (space >= 0) H5Sclose(space);
    if (attribute >= 0) H5Aclose(attribute);
    return value;
}

/* Elements of a variable; it stays open in *dataset. */
static size_t open_variable(const mlab_h5_group *group, const char *name, hid_t *dataset)
{
    *dataset = -1;
    if (group->file->status) return 0;
    *dataset = H5Dopen2(group->id, name, H5P_DEFAULT);
    hid_t space = *dataset < 0 ? -1 : H5Dget_space(*dataset);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    if (space >= 0) H5Sclose(space);
    if (n < 0) lacks(group->file, "variable", name);
    return n < 0 ? 0 : (size_t)n;
}

size_t mlab_h5_size(const mlab_h5_group *group, const char *dimension)
{
    hid_t dataset;
    size_t n = open_variable(group, dimension, &dataset);
    if (dataset >= 0) H5Dclose(dataset);
    return n;
}

static bool right_size(const mlab_h5_group *group, const char *name, size_t found, size_t expected)
{
    if (group->file->status) return false;
    if (found == expected) return true;
    mlab_h5_fail(group->file, MLAB_ERR_STORE_READ, "%s: variable '%s' has %zu values, expected %zu", group->file->path, name, found, expected);
    return false;
}

void *mlab_h5_get(const mlab_h5_group *group, const char *name, mlab_h5_type type, size_t n)
{
    mlab_h5_file *file = group->file;
    hid_t dataset;
    void *values = NULL;
    size_t found = open_variable(group, name, &dataset);
    if (right_size(group, name, found, n)) {
        values = mlab_allocate(file->context, n, mlab_h5_type_size(type));
        if (!values)
            mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to read %s", file->path);
        else if (n && H5Dread(dataset, mlab_h5_memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
            lacks(file, "readable variable", name);
    }
    if (dataset >= 0) H5Dclose(dataset);
    if (file->status) {
        mlab_release(file->context, values);
        values = NULL;
    }
    return values;
}

static void copy_texts(mlab_h5_file *file, char **raw, size_t n, char **texts)
{
    for (size_t i = 0; i < n; i++)
        if (!(texts[i] = mlab_copy_text(file->context, raw[i] ? raw[i] : ""))) {
            mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to read %s", file->path);
            return;
        }
}

char **mlab_h5_get_texts(const mlab_h5_group *group, const char *name, size_t n)
{
    mlab_h5_file *file = group->file;
    hid_t dataset, type = -1, space = -1, transfer = -1;
    char **raw = NULL, **texts = NULL;
    size_t found = open_variable(group, name, &dataset);
    if (right_size(group, name, found, n)) {
        texts = mlab_allocate(file->context, n, sizeof *texts);
        raw = mlab_allocate(file->context, n, sizeof *raw);
        type = mlab_h5_text_type();
        space = H5Dget_space(dataset);
        transfer = mlab_h5_text_transfer(n);
        if (!texts || !raw)
            mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to read %s", file->path);
        else if (type < 0 || space < 0 || transfer < 0 || (n && H5Dread(dataset, type, H5S_ALL, H5S_ALL, transfer, raw) < 0))
            lacks(file, "readable texts", name);
        else if (n) {
            copy_texts(file, raw, n, texts);
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
        }
    }
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (transfer >= 0) H5Pclose(transfer);
    if (dataset >= 0) H5Dclose(dataset);
    mlab_release(file->context, raw);
    if (file->status) {
        mlab_h5_free_texts(file->context, texts, n);
        texts = NULL;
    }
    return texts;
}

void mlab_h5_free_texts(const mlab_context *context, char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++) mlab_release(context, texts[i]);
    mlab_release(context, texts);
}

double mlab_h5_get_real(const mlab_h5_group *group, const char *name)
{
    double *value = mlab_h5_get(group, name, MLAB_H5_REAL, 1), got = value ? *value : 0;
    mlab_release(group->file->context, value);
    return got;
}

int64_t mlab_h5_get_integer(const mlab_h5_group *group, const char *name)
{
    int64_t *value = mlab_h5_get(group, name, MLAB_H5_INT64, 1), got = value ? *value : 0;
    mlab_release(group->file->context, value);
    return got;
}

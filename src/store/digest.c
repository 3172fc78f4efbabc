/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A digest of what a results file says: names, shapes, attributes and values in the order of names, whatever the layout of
 * the bytes. Left out: the attribute `run`, and what only ties dimensions to variables. */
#include "core/memory.h"
#include "core/os.h"
#include "store/walk.h"

#include <stdio.h>
#include <string.h>

typedef struct digest {
    mlab_sha256 hash;
} digest;

static void add_text(digest *d, const char *text)
{
    mlab_sha256_add(&d->hash, text, strlen(text) + 1);
}

static bool is_plumbing(const char *name)
{
    static const char *const names[] = {"run",  "DIMENSION_LIST", "REFERENCE_LIST",      "CLASS",
                                        "NAME", "_Netcdf4Dimid",  "_Netcdf4Coordinates", "_NCProperties"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(name, names[k]) == 0) return true;
    return false;
}

/* Reads all values of an attribute or a variable as the machine's own type and adds them. */
static bool values_fail(digest *d, const mlab_context *context, hid_t object, bool is_attribute)
{
    hid_t type = is_attribute ? H5Aget_type(object) : H5Dget_type(object), space = is_attribute ? H5Aget_space(object) : H5Dget_space(object);
    H5T_class_t kind = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    bool texts = kind == H5T_STRING && H5Tis_variable_str(type) > 0;
    hid_t memory = texts ? mlab_h5_text_type() : type < 0 ? -1 : kind == H5T_STRING ? H5Tcopy(type) : H5Tget_native_type(type, H5T_DIR_ASCEND);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    size_t size = memory < 0 ? 0 : H5Tget_size(memory);
    void *values = n < 0 || !size ? NULL : mlab_allocate(context, (size_t)n, size);
    bool fails = !values || (kind != H5T_STRING && kind != H5T_INTEGER && kind != H5T_FLOAT);
    if (!fails && n) fails = (is_attribute ? H5Aread(object, memory, values) : H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values)) < 0;
    char shape[64];
    snprintf(shape, sizeof shape, "%d %zu %lld", (int)kind, texts ? 0 : size, (long long)n);
    add_text(d, shape);
    if (!fails && texts) {
        for (hssize_t i = 0; i < n; i++) add_text(d, ((char **)values)[i] ? ((char **)values)[i] : "");
        if (n) H5Dvlen_reclaim(memory, space, H5P_DEFAULT, values);
    } else if (!fails) {
        mlab_sha256_add(&d->hash, values, (size_t)n * size);
    }
    mlab_release(context, values);
    if (memory >= 0) H5Tclose(memory);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return fails;
}

static void add_attributes(digest *d, mlab_h5_file *file, hid_t object, const char *path)
{
    H5O_info_t info;
    if (H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS) < 0) {
        mlab_h5_fail(file, MLAB_ERR_STORE_READ, "%s: '%s' cannot be read", file->path, path);
        return;
    }
    for (hsize_t i = 0; i < info.num_attrs && !file->status; i++) {
        char name[256] = "";
        hid_t attribute = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT);
        bool fails = attribute < 0 || H5Aget_name(attribute, sizeof name, name) < 0;
        if (!fails && !is_plumbing(name)) {
            add_text(d, "attribute");
            add_text(d, name);
            fails = values_fail(d, file->context, attribute, true);
        }
        if (attribute >= 0) H5Aclose(attribute);
        if (fails) mlab_h5_fail(file, MLAB_ERR_STORE_READ, "%s: attribute '%s' of '%s' cannot be read", file->path, name, path);
    }
}

static void add_shape(digest *d, hid_t dataset)
{
    hid_t space = H5Dget_space(dataset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    hsize_t size[H5S_MAX_RANK] = {0};
    if (rank > 0) H5Sget_simple_extent_dims(space, size, NULL);
    for (int k = 0; k < rank; k++) {
        char name[256], text[300];
        mlab_h5_axis_name(dataset, (unsigned)k, name, sizeof name);
        snprintf(text, sizeof text, "%s %llu", name, (unsigned long long)size[k]);
        add_text(d, text);
    }
    if (space >= 0) H5Sclose(space);
}

static bool visit(void *user, mlab_h5_file *file, hid_t object, bool is_group, const char *path)
{
    digest *d = user;
    add_text(d, is_group ? "group" : "variable");
    add_text(d, path);
    if (!is_group) add_shape(d, object);
    add_attributes(d, file, object, path);
    if (!is_group && !file->status && !mlab_h5_is_bare_dimension(object) && values_fail(d, file->context, object, false))
        mlab_h5_fail(file, MLAB_ERR_STORE_READ, "%s: variable '%s' cannot be read", file->path, path);
    return !file->status;
}

mlab_status mlab_store_digest(const mlab_context *context, const char *path, const char *group, char into[65], mlab_error *err)
{
    into[0] = '\0';
    mlab_h5_file file;
    digest d;
    mlab_sha256_start(&d.hash, context);
    mlab_h5_group root = mlab_h5_open(&file, context, path, err), start = mlab_h5_group_get(&root, group);
    if (!file.status) {
        add_attributes(&d, &file, start.id, group);
        mlab_h5_walk(&file, start.id, "", H5_INDEX_NAME, visit, &d);
    }
    mlab_h5_group_close(&start);
    mlab_status status = mlab_h5_close(&file, &root);
    char hex[65];
    mlab_sha256_end(&d.hash, hex);
    if (!status) memcpy(into, hex, sizeof hex);
    return status;
}

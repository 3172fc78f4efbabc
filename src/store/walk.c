/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking over a results file that may come from anywhere: names, axes and units of what is there. */
#include "store/walk.h"

#include <stdio.h>
#include <string.h>

void mlab_h5_walk(mlab_h5_file *file, hid_t group, const char *path, H5_index_t order, mlab_h5_visit visit, void *user)
{
    H5G_info_t info;
    if (file->status) return;
    if (H5Gget_info(group, &info) < 0) {
        mlab_h5_fail(file, MLAB_ERR_STORE_READ, "%s: group '%s' cannot be read", file->path, path);
        return;
    }
    for (hsize_t i = 0; i < info.nlinks && !file->status; i++) {
        char name[256], below[1024];
        ssize_t n = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        hid_t object = n < 0 || n >= (ssize_t)sizeof name ? -1 : H5Oopen(group, name, H5P_DEFAULT);
        H5I_type_t type = object < 0 ? H5I_BADID : H5Iget_type(object);
        snprintf(below, sizeof below, "%s/%s", path, object < 0 ? "?" : name);
        bool goes_on = true;
        if (type == H5I_GROUP || type == H5I_DATASET)
            goes_on = visit(user, file, object, type == H5I_GROUP, below);
        else if (object < 0)
            mlab_h5_fail(file, MLAB_ERR_STORE_READ, "%s: '%s' cannot be read", file->path, below);
        if (type == H5I_GROUP && goes_on) mlab_h5_walk(file, object, below, order, visit, user);
        if (object >= 0) H5Oclose(object);
        if (!goes_on) return;
    }
}

void mlab_h5_text_of(hid_t object, const char *name, char *into, size_t size)
{
    into[0] = '\0';
    if (H5Aexists(object, name) <= 0) return;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = attribute < 0 ? -1 : H5Aget_type(attribute);
    if (type >= 0 && H5Tis_variable_str(type) > 0) {
        char *text = NULL;
        hid_t memory = mlab_h5_text_type();
        if (memory >= 0 && H5Aread(attribute, memory, &text) >= 0 && text) snprintf(into, size, "%s", text);
        if (memory >= 0) H5Tclose(memory);
        if (text) H5free_memory(text);
    } else if (type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tget_size(type) < size && H5Aread(attribute, type, into) >= 0) {
        into[H5Tget_size(type)] = '\0';
    }
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
}

bool mlab_h5_is_bare_dimension(hid_t dataset)
{
    char name[128];
    if (H5DSis_scale(dataset) <= 0) return false;
    mlab_h5_text_of(dataset, "NAME", name, sizeof name);
    return strncmp(name, "This is a netCDF dimension but not", 34) == 0;
}

typedef struct axis {
    char *into;
    size_t size;
} axis;

static herr_t take_scale(hid_t dataset, unsigned dimension, hid_t scale, void *user)
{
    (void)dataset, (void)dimension;
    axis *found = user;
    char path[1024];
    if (H5Iget_name(scale, path, sizeof path) <= 0) return 1;
    const char *slash = strrchr(path, '/');
    snprintf(found->into, found->size, "%s", slash ? slash + 1 : path);
    return 1;
}

void mlab_h5_axis_name(hid_t dataset, unsigned dimension, char *into, size_t size)
{
    into[0] = '\0';
    if (H5DSis_scale(dataset) > 0) {
        char path[1024];
        if (H5Iget_name(dataset, path, sizeof path) <= 0) return;
        const char *slash = strrchr(path, '/');
        snprintf(into, size, "%s", slash ? slash + 1 : path);
        return;
    }
    axis found = {into, size};
    if (H5Aexists(dataset, "DIMENSION_LIST") > 0) H5DSiterate_scales(dataset, dimension, NULL, take_scale, &found);
}

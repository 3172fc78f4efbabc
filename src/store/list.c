/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in a results file: groups and variables with shape, unit and long name, in the order they were written. */
#include "store/walk.h"

#include <stdio.h>
#include <string.h>

typedef struct listing {
    mlab_store_visit visit;
    void *user;
} listing;

static void print_shape(hid_t dataset, char *into, size_t size)
{
    hid_t space = H5Dget_space(dataset);
    int rank = space < 0 ? 0 : H5Sget_simple_extent_ndims(space);
    hsize_t n[H5S_MAX_RANK] = {0};
    if (rank > 0) H5Sget_simple_extent_dims(space, n, NULL);
    size_t used = 0;
    into[0] = '\0';
    for (int k = 0; k < rank && used < size; k++) {
        char name[256];
        mlab_h5_axis_name(dataset, (unsigned)k, name, sizeof name);
        int wrote = snprintf(into + used, size - used, "%s%s %llu", k ? " x " : "", name, (unsigned long long)n[k]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    if (space >= 0) H5Sclose(space);
}

static bool visit(void *user, mlab_h5_file *file, hid_t object, bool is_group, const char *path)
{
    (void)file;
    const listing *list = user;
    char shape[512] = "", unit[128] = "", long_name[512] = "";
    if (!is_group && mlab_h5_is_bare_dimension(object)) return true;
    if (!is_group) print_shape(object, shape, sizeof shape);
    mlab_h5_text_of(object, "units", unit, sizeof unit);
    mlab_h5_text_of(object, "long_name", long_name, sizeof long_name);
    list->visit(list->user, path, is_group ? "group" : shape, unit, long_name);
    return true;
}

mlab_status mlab_store_list(const mlab_context *context, const char *path, mlab_store_visit tell, void *user, mlab_error *err)
{
    mlab_h5_file file;
    listing list = {tell, user};
    mlab_h5_group root = mlab_h5_open(&file, context, path, err);
    mlab_h5_walk(&file, root.id, "", H5_INDEX_CRT_ORDER, visit, &list);
    return mlab_h5_close(&file, &root);
}

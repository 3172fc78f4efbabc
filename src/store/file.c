/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results files as files: how they are created, opened, closed, and what happens when something fails.
 *
 * Rules that make the file readable by netCDF-4 tools without help: creation order tracked everywhere, version bounds V18,
 * no object times (technical note: The HDF Group, "HDF5 dimension scale specification"; Unidata, "NetCDF-4 format").
 * HDF5's own locking is off because cluster file systems lack it; a lock file of the study keeps two runs apart. */
#include "store/h5.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/os.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void mlab_h5_fail(mlab_h5_file *file, mlab_status status, const char *format, ...)
{
    if (file->status) return;
    char sentence[sizeof file->err->sentence];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    file->status = mlab_raise(file->err, status, "%s", sentence);
}

/* HDF5 prints its error stack unless told otherwise; the printer is the process's, so it is put back. */
static void silence(mlab_h5_file *file)
{
    H5E_auto2_t function = NULL;
    void *data = NULL;
    if (H5Eget_auto2(H5E_DEFAULT, &function, &data) >= 0) {
        file->handler.function = function;
        file->handler.data = data;
    }
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void mlab_store_end_plainly(void)
{
    H5dont_atexit();
}

static hid_t access_list(void)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0) return list;
    if (H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18) < 0 || H5Pset_file_locking(list, false, true) < 0 ||
        H5Pset_fclose_degree(list, H5F_CLOSE_STRONG) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

hid_t mlab_h5_creation_list(hid_t class_id)
{
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    hid_t list = H5Pcreate(class_id);
    if (list < 0) return list;
    bool fails = H5Pset_attr_creation_order(list, order) < 0 || H5Pset_obj_track_times(list, false) < 0;
    if (!fails && (class_id == H5P_FILE_CREATE || class_id == H5P_GROUP_CREATE)) fails = H5Pset_link_creation_order(list, order) < 0;
    if (!fails) return list;
    H5Pclose(list);
    return -1;
}

static mlab_h5_group root_of(mlab_h5_file *file)
{
    mlab_h5_group root = {file, -1};
    if (file->status) return root;
    root.id = H5Gopen2(file->id, "/", H5P_DEFAULT);
    if (root.id < 0) mlab_h5_fail(file, MLAB_ERR_STORE_OPEN, "%s has no root group", file->path);
    return root;
}

mlab_h5_group mlab_h5_create(mlab_h5_file *file, const mlab_context *context, const char *path, bool secret, mlab_error *err)
{
    *file = (mlab_h5_file){.context = context, .path = path, .id = -1, .err = err};
    silence(file);
    mlab_text name = MLAB_TEXT(context);
    mlab_text_append(&name, path);
    mlab_text_append(&name, ".part");
    if (name.failed) {
        mlab_text_free(&name);
        mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to write %s", path);
        return root_of(file);
    }
    file->temporary = name.bytes;
    mlab_error refused;
    if (secret && mlab_os_make_private(file->temporary, &refused)) { /* what HDF5 truncates keeps its mode */
        mlab_h5_fail(file, MLAB_ERR_STORE_WRITE, "%s", refused.sentence);
        return root_of(file);
    }
    hid_t creation = mlab_h5_creation_list(H5P_FILE_CREATE), access = access_list();
    file->id = H5Fcreate(file->temporary, H5F_ACC_TRUNC, creation, access);
    if (creation >= 0) H5Pclose(creation);
    if (access >= 0) H5Pclose(access);
    if (file->id < 0)
        mlab_h5_fail(file, MLAB_ERR_STORE_WRITE, "%s cannot be created: is the folder there and may it be written to?", file->temporary);
    return root_of(file);
}

static void check_format(mlab_h5_file *file, const mlab_h5_group *root)
{
    if (file->status) return;
    if (H5Aexists(root->id, "format") <= 0 || H5Aexists(root->id, "format_version") <= 0) {
        mlab_h5_fail(file, MLAB_ERR_STORE_OPEN, "%s is an HDF5 file, but not one of mentorlab: its root has no attribute 'format'", file->path);
        return;
    }
    char *format = mlab_h5_attribute_get(root, "format");
    int64_t version = mlab_h5_attribute_integer_get(root, "format_version");
    if (!file->status && strcmp(format, MLAB_H5_FORMAT) != 0)
        mlab_h5_fail(file, MLAB_ERR_STORE_OPEN, "%s has format '%s', expected '%s'", file->path, format, MLAB_H5_FORMAT);
    if (!file->status && version != MLAB_FORMAT_VERSION)
        mlab_h5_fail(file, MLAB_ERR_STORE_VERSION, "%s has format version %lld, this program reads %d: run the study again", file->path,
                     (long long)version, MLAB_FORMAT_VERSION);
    mlab_release(file->context, format);
}

mlab_h5_group mlab_h5_open(mlab_h5_file *file, const mlab_context *context, const char *path, mlab_error *err)
{
    *file = (mlab_h5_file){.context = context, .path = path, .id = -1, .err = err};
    silence(file);
    if (!mlab_os_exists(path)) {
        mlab_h5_fail(file, MLAB_ERR_STORE_OPEN, "%s is not there", path);
        return root_of(file);
    }
    hid_t access = access_list();
    file->id = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (access >= 0) H5Pclose(access);
    if (file->id < 0) mlab_h5_fail(file, MLAB_ERR_STORE_OPEN, "%s is not a whole results file (cut off, damaged, or of another kind)", path);
    mlab_h5_group root = root_of(file);
    check_format(file, &root);
    return root;
}

mlab_status mlab_h5_close(mlab_h5_file *file, mlab_h5_group *root)
{
    mlab_h5_group_close(root);
    if (file->id >= 0 && H5Fclose(file->id) < 0)
        mlab_h5_fail(file, file->temporary ? MLAB_ERR_STORE_WRITE : MLAB_ERR_STORE_READ, "%s cannot be closed: is the disk full?", file->path);
    file->id = -1;
    if (file->temporary) {
        mlab_error renaming;
        if (!file->status && file->fleeting && rename(file->temporary, file->path) != 0)
            mlab_h5_fail(file, MLAB_ERR_STORE_WRITE, "%s cannot get its name", file->temporary);
        if (!file->status && !file->fleeting && mlab_os_sync_and_rename(file->temporary, file->path, &renaming))
            mlab_h5_fail(file, MLAB_ERR_STORE_WRITE, "%s", renaming.sentence);
        if (file->status) mlab_os_remove(file->temporary);
        mlab_release(file->context, file->temporary);
        file->temporary = NULL;
    }
    H5Eset_auto2(H5E_DEFAULT, file->handler.function, file->handler.data);
    return file->status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing groups, dimensions, variables and attributes.
 *
 * A dimension is a one-dimensional dataset marked as a dimension scale; every axis of every variable is attached to one
 * (with a scale on some axes only, netCDF tools fail). Texts are of variable length: fixed-length ones crash ncdump 4.9. */
#include "store/h5.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

#define COMPRESS_FROM 65536u   /* bytes of a variable from which it is compressed */
#define CHUNK_ELEMENTS 262144u /* most elements of a chunk */
#define NO_VALUES "This is a netCDF dimension but not a netCDF variable."

size_t mlab_h5_type_size(mlab_h5_type type)
{
    static const size_t size[] = {sizeof(double), sizeof(float), 8, 4, 8, 4, 1};
    return size[type];
}

hid_t mlab_h5_memory_type(mlab_h5_type type)
{
    switch (type) {
    case MLAB_H5_REAL: return H5T_NATIVE_DOUBLE;
    case MLAB_H5_FLOAT: return H5T_NATIVE_FLOAT;
    case MLAB_H5_INT64: return H5T_NATIVE_INT64;
    case MLAB_H5_INT32: return H5T_NATIVE_INT32;
    case MLAB_H5_COUNT: return H5T_NATIVE_INT64; /* a hidden count is -1 there, all bits in memory */
    case MLAB_H5_COUNT32: return H5T_NATIVE_UINT32;
    case MLAB_H5_BYTE: return H5T_NATIVE_UINT8;
    }
    return -1;
}

hid_t mlab_h5_file_type(mlab_h5_type type)
{
    switch (type) {
    case MLAB_H5_REAL: return H5T_IEEE_F64LE;
    case MLAB_H5_FLOAT: return H5T_IEEE_F32LE;
    case MLAB_H5_INT64:
    case MLAB_H5_COUNT:
    case MLAB_H5_COUNT32: return H5T_STD_I64LE;
    case MLAB_H5_INT32: return H5T_STD_I32LE;
    case MLAB_H5_BYTE: return H5T_STD_I8LE;
    }
    return -1;
}

hid_t mlab_h5_text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

hid_t mlab_h5_text_transfer(size_t n)
{
    enum { ELEMENT = 32, SMALLEST = 1024, LARGEST = 1 << 20 };
    size_t size = n > LARGEST / ELEMENT ? LARGEST : n * ELEMENT < SMALLEST ? SMALLEST : n * ELEMENT;
    hid_t list = H5Pcreate(H5P_DATASET_XFER);
    if (list >= 0 && H5Pset_buffer(list, size, NULL, NULL) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

static void cannot_write(mlab_h5_file *file, const char *name)
{
    mlab_h5_fail(file, MLAB_ERR_STORE_WRITE, "%s: '%s' cannot be written: is the disk full?", file->path, name);
}

mlab_h5_group mlab_h5_group_make(const mlab_h5_group *parent, const char *name)
{
    mlab_h5_group group = {parent->file, -1};
    if (group.file->status) return group;
    hid_t list = mlab_h5_creation_list(H5P_GROUP_CREATE);
    group.id = H5Gcreate2(parent->id, name, H5P_DEFAULT, list, H5P_DEFAULT);
    if (list >= 0) H5Pclose(list);
    if (group.id < 0) cannot_write(group.file, name);
    return group;
}

void mlab_h5_group_close(mlab_h5_group *group)
{
    if (group->id >= 0) H5Gclose(group->id);
    group->id = -1;
}

/* Writes one value of `type` as attribute of any object. */
static bool attribute_fails(hid_t object, const char *name, hid_t type, hid_t memory_type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool fails = attribute < 0 || H5Awrite(attribute, memory_type, value) < 0;
    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return fails;
}

static bool text_attribute_fails(hid_t object, const char *name, const char *text)
{
    if (!text) text = "";
    hid_t type = mlab_h5_text_type();
    bool fails = type < 0 || attribute_fails(object, name, type, type, &text);
    if (type >= 0) H5Tclose(type);
    return fails;
}

void mlab_h5_attribute(const mlab_h5_group *group, const char *name, const char *text)
{
    if (!group->file->status && text_attribute_fails(group->id, name, text)) cannot_write(group->file, name);
}

void mlab_h5_attribute_fixed(const mlab_h5_group *group, const char *name, const char *text, size_t size)
{
    mlab_h5_file *file = group->file;
    if (file->status) return;
    if (strlen(text) > size) {
        mlab_h5_fail(file, MLAB_ERR_ARGUMENT, "attribute '%s' has %zu bytes, allowed %zu", name, strlen(text), size);
        return;
    }
    char *padded = mlab_allocate(file->context, size + 1, 1);
    if (!padded) {
        mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to write %s", file->path);
        return;
    }
    memset(padded, ' ', size);
    memcpy(padded, text, strlen(text));
    mlab_h5_attribute(group, name, padded);
    mlab_release(file->context, padded);
}

void mlab_h5_attribute_integer(const mlab_h5_group *group, const char *name, int64_t value)
{
    if (!group->file->status && attribute_fails(group->id, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value)) cannot_write(group->file, name);
}

static bool describe_fails(hid_t dataset, const char *unit, const char *long_name)
{
    return text_attribute_fails(dataset, "units", unit && *unit ? unit : "1") || text_attribute_fails(dataset, "long_name", long_name);
}

void mlab_h5_dimension(const mlab_h5_group *group, const char *name, size_t n)
{
    if (group->file->status) return;
    char label[sizeof NO_VALUES + 24];
    snprintf(label, sizeof label, NO_VALUES "%10zu", n);
    const hsize_t size = n;
    hid_t space = H5Screate_simple(1, &size, NULL), list = mlab_h5_creation_list(H5P_DATASET_CREATE);
    hid_t dataset = H5Dcreate2(group->id, name, H5T_IEEE_F32BE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (dataset < 0 || H5DSset_scale(dataset, label) < 0) cannot_write(group->file, name);
    if (dataset >= 0) H5Dclose(dataset);
    if (list >= 0) H5Pclose(list);
    if (space >= 0) H5Sclose(space);
}

/* A dataset with its creation list, chunked and compressed when it is large. */
static hid_t create_dataset(const mlab_h5_group *group, const char *name, hid_t type, int rank, const hsize_t *size, size_t element,
                            bool may_compress)
{
    hid_t space = rank ? H5Screate_simple(rank, size, NULL) : H5Screate(H5S_SCALAR);
    hid_t list = mlab_h5_creation_list(H5P_DATASET_CREATE), dataset = -1;
    hsize_t chunk[MLAB_H5_MOST_DIMENSIONS], elements = 1;
    for (int k = 0; k < rank; k++) {
        chunk[k] = size[k];
        elements *= size[k];
    }
    bool fails = list < 0;
    if (!fails && may_compress && elements > 0 && elements * element >= COMPRESS_FROM) {
        hsize_t left = elements;
        for (int k = 0; k < rank && left > CHUNK_ELEMENTS; k++) {
            left /= size[k];
            chunk[k] = left >= CHUNK_ELEMENTS ? 1 : CHUNK_ELEMENTS / left;
            if (chunk[k] > size[k]) chunk[k] = size[k];
        }
        fails = H5Pset_chunk(list, rank, chunk) < 0 || H5Pset_shuffle(list) < 0 || H5Pset_deflate(list, 1) < 0;
    }
    if (!fails && space >= 0) dataset = H5Dcreate2(group->id, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (list >= 0) H5Pclose(list);
    if (space >= 0) H5Sclose(space);
    return dataset;
}

/* Writes all values; texts with a transfer list of their own. */
static bool write_fails(hid_t dataset, hid_t memory_type, const void *values, size_t n)
{
    const bool texts = H5Tis_variable_str(memory_type) > 0;
    if (n == 0) return false;
    const hid_t transfer = texts ? mlab_h5_text_transfer(n) : H5P_DEFAULT;
    const bool fails = transfer < 0 || H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, transfer, values) < 0;
    if (texts && transfer >= 0) H5Pclose(transfer);
    return fails;
}

static void put_dimension(const mlab_h5_group *group, const char *name, hid_t type, hid_t memory_type, size_t element, const void *values, size_t n,
                          const char *unit, const char *long_name)
{
    const hsize_t size = n;
    hid_t dataset = create_dataset(group, name, type, 1, &size, element, false);
    if (dataset < 0 || write_fails(dataset, memory_type, values, n) || H5DSset_scale(dataset, name) < 0 || describe_fails(dataset, unit, long_name))
        cannot_write(group->file, name);
    if (dataset >= 0) H5Dclose(dataset);
}

/* The texts with "" for NULL; the array alone is new. */
static const char **without_null(mlab_h5_file *file, char *const *texts, size_t n)
{
    const char **safe = mlab_allocate(file->context, n, sizeof *safe);
    if (!safe) mlab_h5_fail(file, MLAB_ERR_MEMORY, "no memory to write %zu texts", n);
    for (size_t i = 0; safe && i < n; i++) safe[i] = texts[i] ? texts[i] : "";
    return safe;
}

void mlab_h5_dimension_texts(const mlab_h5_group *group, const char *name, char *const *texts, size_t n, const char *long_name)
{
    if (group->file->status) return;
    const char **safe = without_null(group->file, texts, n);
    hid_t type = mlab_h5_text_type();
    if (safe) put_dimension(group, name, type, type, sizeof *safe, safe, n, "1", long_name);
    if (type >= 0) H5Tclose(type);
    mlab_release(group->file->context, safe);
}

void mlab_h5_dimension_values(const mlab_h5_group *group, const char *name, mlab_h5_type type, const void *values, size_t n, const char *unit,
                              const char *long_name)
{
    if (group->file->status) return;
    put_dimension(group, name, mlab_h5_file_type(type), mlab_h5_memory_type(type), mlab_h5_type_size(type), values, n, unit, long_name);
}

void mlab_h5_dimension_numbers(const mlab_h5_group *group, const char *name, int64_t first, size_t n, const char *unit, const char *long_name)
{
    if (group->file->status) return;
    int64_t *numbers = mlab_allocate(group->file->context, n, sizeof *numbers);
    if (!numbers) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write dimension '%s'", name);
        return;
    }
    for (size_t i = 0; i < n; i++) numbers[i] = first + (int64_t)i;
    mlab_h5_dimension_values(group, name, MLAB_H5_INT64, numbers, n, unit, long_name);
    mlab_release(group->file->context, numbers);
}

/* Opens the dimensions named in the text; -1 after a failure. */
static int open_dimensions(const mlab_h5_group *group, const char *names, hid_t scale[MLAB_H5_MOST_DIMENSIONS], hsize_t size[MLAB_H5_MOST_DIMENSIONS])
{
    int rank = 0;
    while (*names) {
        char name[64];
        size_t n = strcspn(names, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        names += n;
        names += strspn(names, " ");
        scale[rank] = H5Dopen2(group->id, name, H5P_DEFAULT);
        hid_t space = scale[rank] < 0 ? -1 : H5Dget_space(scale[rank]);
        bool fails = space < 0 || H5Sget_simple_extent_dims(space, &size[rank], NULL) != 1;
        if (space >= 0) H5Sclose(space);
        if (scale[rank] >= 0) rank++;
        if (fails || (*names && rank == MLAB_H5_MOST_DIMENSIONS)) {
            for (int k = 0; k < rank; k++) H5Dclose(scale[k]);
            mlab_h5_fail(group->file, MLAB_ERR_STORE_WRITE, "%s has no dimension '%s'", group->file->path, name);
            return -1;
        }
    }
    return rank;
}

/* Tools that know netCDF take what is hidden as missing: _FillValue, CF conventions 2.5.1. */
static bool mark_hidden_fails(hid_t dataset, const uint64_t *counts, size_t n)
{
    const int64_t hidden = -1;
    size_t i = 0;
    while (i < n && counts[i] != MLAB_COUNT_HIDDEN) i++;
    return i < n && attribute_fails(dataset, "_FillValue", H5T_STD_I64LE, H5T_NATIVE_INT64, &hidden);
}

static void put(const mlab_h5_group *group, const char *name, const char *dimensions, hid_t type, hid_t memory_type, size_t element,
                const void *values, bool counts, bool may_compress, const char *unit, const char *long_name)
{
    hid_t scale[MLAB_H5_MOST_DIMENSIONS];
    hsize_t size[MLAB_H5_MOST_DIMENSIONS], elements = 1;
    int rank = open_dimensions(group, dimensions, scale, size);
    if (rank < 0) return;
    for (int k = 0; k < rank; k++) elements *= size[k];
    hid_t dataset = create_dataset(group, name, type, rank, size, element, may_compress);
    bool fails = dataset < 0 || write_fails(dataset, memory_type, values, (size_t)elements) || describe_fails(dataset, unit, long_name);
    fails = fails || (counts && mark_hidden_fails(dataset, values, (size_t)elements));
    for (int k = 0; k < rank; k++) {
        fails = fails || H5DSattach_scale(dataset, scale[k], (unsigned)k) < 0;
        H5Dclose(scale[k]);
    }
    if (dataset >= 0) H5Dclose(dataset);
    if (fails) cannot_write(group->file, name);
}

void mlab_h5_put(const mlab_h5_group *group, const char *name, const char *dimensions, mlab_h5_type type, const void *values, const char *unit,
                 const char *long_name)
{
    if (group->file->status) return;
    put(group, name, dimensions, mlab_h5_file_type(type), mlab_h5_memory_type(type), mlab_h5_type_size(type), values, type == MLAB_H5_COUNT, true,
        unit, long_name);
}

static size_t elements_of(const mlab_h5_group *group, const char *dimensions)
{
    hid_t scale[MLAB_H5_MOST_DIMENSIONS];
    hsize_t size[MLAB_H5_MOST_DIMENSIONS], elements = 1;
    int rank = open_dimensions(group, dimensions, scale, size);
    for (int k = 0; k < rank; k++) {
        elements *= size[k];
        H5Dclose(scale[k]);
    }
    return (size_t)elements;
}

void mlab_h5_put_texts(const mlab_h5_group *group, const char *name, const char *dimensions, char *const *texts, const char *long_name)
{
    if (group->file->status) return;
    size_t n = elements_of(group, dimensions);
    if (group->file->status) return;
    const char **safe = without_null(group->file, texts, n);
    hid_t type = mlab_h5_text_type();
    if (safe) put(group, name, dimensions, type, type, sizeof *safe, safe, false, false, "1", long_name);
    if (type >= 0) H5Tclose(type);
    mlab_release(group->file->context, safe);
}

void mlab_h5_put_real(const mlab_h5_group *group, const char *name, double value, const char *unit, const char *long_name)
{
    mlab_h5_put(group, name, "", MLAB_H5_REAL, &value, unit, long_name);
}

void mlab_h5_put_integer(const mlab_h5_group *group, const char *name, int64_t value, const char *unit, const char *long_name)
{
    mlab_h5_put(group, name, "", MLAB_H5_INT64, &value, unit, long_name);
}

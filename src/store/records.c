/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of C structs, field by field: gathered into one array each to be written, scattered when read. No compound types: netCDF tools drop or cut
 * them. */
#include "store/records.h"

#include "core/memory.h"

#include <stdint.h>
#include <string.h>

_Static_assert(sizeof(size_t) == 8 && sizeof(char *) == 8 && sizeof(double) == 8, "no field of a record is wider than 8 bytes");

static const mlab_h5_type types[] = {[MLAB_RECORD_REAL] = MLAB_H5_REAL,
                                     [MLAB_RECORD_COUNT] = MLAB_H5_COUNT,
                                     [MLAB_RECORD_ENUM] = MLAB_H5_INT64,
                                     [MLAB_RECORD_YES_NO] = MLAB_H5_INT64,
                                     [MLAB_RECORD_FLAG] = MLAB_H5_BYTE};

/* A field of a struct into element k of an array of the file's type; a text field gives the pointer. */
static void gather(mlab_record_kind kind, void *array, size_t k, const void *field)
{
    switch (kind) {
    case MLAB_RECORD_TEXT:
    case MLAB_RECORD_REAL:
    case MLAB_RECORD_COUNT: memcpy((uint64_t *)array + k, field, sizeof(uint64_t)); break;
    case MLAB_RECORD_ENUM: ((int64_t *)array)[k] = *(const int *)field; break;
    case MLAB_RECORD_YES_NO: ((int64_t *)array)[k] = *(const bool *)field; break;
    case MLAB_RECORD_FLAG: ((uint8_t *)array)[k] = *(const bool *)field; break;
    }
}

static void scatter(mlab_record_kind kind, const void *array, size_t k, void *field)
{
    switch (kind) {
    case MLAB_RECORD_TEXT:
    case MLAB_RECORD_REAL:
    case MLAB_RECORD_COUNT: memcpy(field, (const uint64_t *)array + k, sizeof(uint64_t)); break;
    case MLAB_RECORD_ENUM: *(int *)field = (int)((const int64_t *)array)[k]; break;
    case MLAB_RECORD_YES_NO: *(bool *)field = ((const int64_t *)array)[k] != 0; break;
    case MLAB_RECORD_FLAG: *(bool *)field = ((const uint8_t *)array)[k] != 0; break;
    }
}

static void put_fields(const mlab_h5_group *group, const mlab_record_table *table, const void *records, size_t n)
{
    const mlab_context *context = group->file->context;
    uint64_t *array = mlab_allocate(context, n, sizeof *array); /* no kind is wider */
    if (!array) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write %s", table->name);
    for (size_t f = 0; array && f < table->n_fields; f++) {
        const mlab_record_field *field = &table->fields[f];
        for (size_t k = 0; k < n; k++) gather(field->kind, array, k, (const char *)records + k * table->size + field->offset);
        if (field->kind == MLAB_RECORD_TEXT)
            mlab_h5_put_texts(group, field->name, "row", (char *const *)(void *)array, field->long_name);
        else
            mlab_h5_put(group, field->name, "row", types[field->kind], array, field->unit, field->long_name);
    }
    mlab_release(context, array);
}

void mlab_records_put_in(const mlab_h5_group *group, const mlab_record_table *table, const void *records, size_t n)
{
    mlab_h5_dimension(group, "row", n);
    put_fields(group, table, records, n);
}

void mlab_records_put(const mlab_h5_group *all, const mlab_record_table *table, const void *records, size_t n)
{
    if (!records) return;
    mlab_h5_group group = mlab_h5_group_make(all, table->name);
    mlab_h5_dimension_numbers(&group, "row", 0, n, "1", "row of the table");
    put_fields(&group, table, records, n);
    mlab_h5_group_close(&group);
}

/* What was read stands in the structs after a failure, too: their owner releases it. */
void *mlab_records_get_in(const mlab_h5_group *group, const mlab_record_table *table, size_t *n)
{
    const mlab_context *context = group->file->context;
    size_t size = mlab_h5_size(group, "row");
    *n = 0;
    if (group->file->status) return NULL;
    char *records = mlab_allocate(context, size, table->size);
    if (!records) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read %s", table->name);
    for (size_t f = 0; records && f < table->n_fields; f++) {
        const mlab_record_field *field = &table->fields[f];
        void *array = field->kind == MLAB_RECORD_TEXT ? (void *)mlab_h5_get_texts(group, field->name, size)
                                                      : mlab_h5_get(group, field->name, types[field->kind], size);
        for (size_t k = 0; array && k < size; k++) scatter(field->kind, array, k, records + k * table->size + field->offset);
        mlab_release(context, array); /* the texts themselves now belong to the structs */
    }
    if (records) *n = size;
    return records;
}

void *mlab_records_get(const mlab_h5_group *all, const mlab_record_table *table, size_t *n)
{
    *n = 0;
    if (!mlab_h5_has(all, table->name)) return NULL;
    mlab_h5_group group = mlab_h5_group_get(all, table->name);
    void *records = mlab_records_get_in(&group, table, n);
    mlab_h5_group_close(&group);
    return records;
}

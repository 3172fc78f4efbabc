/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of C structs, field by field: gathered into one array each to be written, scattered when read. */
#include "store/records.h"

#include "core/memory.h"

#include <stdint.h>
#include <string.h>

_Static_assert(sizeof(size_t) == 8 && sizeof(char *) == 8 && sizeof(double) == 8, "fields of records are 8 bytes wide");

static const mlab_h5_type types[] = {[MLAB_RECORD_REAL] = MLAB_H5_REAL, [MLAB_RECORD_COUNT] = MLAB_H5_INT64, [MLAB_RECORD_FLAG] = MLAB_H5_BYTE};

/* A field of a struct into element k of an array; texts, numbers and counts are of one width, a flag is a byte. */
static void gather(mlab_record_kind kind, void *array, size_t k, const void *field)
{
    if (kind == MLAB_RECORD_FLAG)
        ((uint8_t *)array)[k] = *(const bool *)field;
    else
        memcpy((uint64_t *)array + k, field, sizeof(uint64_t));
}

static void scatter(mlab_record_kind kind, const void *array, size_t k, void *field)
{
    if (kind == MLAB_RECORD_FLAG)
        *(bool *)field = ((const uint8_t *)array)[k] != 0;
    else
        memcpy(field, (const uint64_t *)array + k, sizeof(uint64_t));
}

void mlab_records_put(const mlab_h5_group *all, const mlab_record_table *table, const void *records, size_t n)
{
    if (!records) return;
    const mlab_context *context = all->file->context;
    mlab_h5_group group = mlab_h5_group_make(all, table->name);
    uint64_t *array = mlab_allocate(context, n, sizeof *array); /* no kind is wider */
    if (!array) mlab_h5_fail(all->file, MLAB_ERR_MEMORY, "no memory to write %s", table->name);
    mlab_h5_dimension_numbers(&group, "row", 0, n, "1", "row of the table");
    for (size_t f = 0; array && f < table->n_fields; f++) {
        const mlab_record_field *field = &table->fields[f];
        for (size_t k = 0; k < n; k++) gather(field->kind, array, k, (const char *)records + k * table->size + field->offset);
        if (field->kind == MLAB_RECORD_TEXT)
            mlab_h5_put_texts(&group, field->name, "row", (char *const *)(void *)array, field->long_name);
        else
            mlab_h5_put(&group, field->name, "row", types[field->kind], array, field->unit, field->long_name);
    }
    mlab_release(context, array);
    mlab_h5_group_close(&group);
}

void *mlab_records_get(const mlab_h5_group *all, const mlab_record_table *table, size_t *n)
{
    *n = 0;
    if (!mlab_h5_has(all, table->name)) return NULL;
    const mlab_context *context = all->file->context;
    mlab_h5_group group = mlab_h5_group_get(all, table->name);
    size_t size = mlab_h5_size(&group, "row");
    char *records = mlab_allocate(context, size, table->size);
    if (!records) mlab_h5_fail(all->file, MLAB_ERR_MEMORY, "no memory to read %s", table->name);
    for (size_t f = 0; records && f < table->n_fields; f++) {
        const mlab_record_field *field = &table->fields[f];
        void *array = field->kind == MLAB_RECORD_TEXT ? (void *)mlab_h5_get_texts(&group, field->name, size)
                                                      : mlab_h5_get(&group, field->name, types[field->kind], size);
        for (size_t k = 0; array && k < size; k++) scatter(field->kind, array, k, records + k * table->size + field->offset);
        mlab_release(context, array);
    }
    if (records) *n = size;
    mlab_h5_group_close(&group);
    return records;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of structs as one variable a field. No compound types: netCDF tools drop or cut them. */
#include "store/table.h"

#include "core/memory.h"

#include <string.h>

/* The values of one field, gathered from all structs; a text field gives the pointers. */
static void gather(const mlab_h5_column *column, const char *structs, size_t stride, size_t n, void *into)
{
    for (size_t i = 0; i < n; i++) {
        const char *from = structs + i * stride + column->offset;
        switch (column->field) {
        case MLAB_FIELD_TEXT: ((const char **)into)[i] = *(char *const *)from; break;
        case MLAB_FIELD_REAL: memcpy((double *)into + i, from, sizeof(double)); break;
        case MLAB_FIELD_COUNT: memcpy((int64_t *)into + i, from, sizeof(int64_t)); break;
        case MLAB_FIELD_ENUM: {
            int value;
            memcpy(&value, from, sizeof value);
            ((int64_t *)into)[i] = value;
            break;
        }
        case MLAB_FIELD_FLAG: ((int64_t *)into)[i] = *(const bool *)from; break;
        }
    }
}

void mlab_h5_put_table(const mlab_h5_group *group, const mlab_h5_column *columns, size_t n_columns, const void *structs, size_t stride, size_t n)
{
    if (group->file->status) return;
    void *values = mlab_allocate(group->file->context, n, sizeof(int64_t));
    if (!values) {
        mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write %zu rows", n);
        return;
    }
    mlab_h5_dimension(group, "row", n);
    for (size_t k = 0; k < n_columns; k++) {
        const mlab_h5_column *column = &columns[k];
        gather(column, structs, stride, n, values);
        if (column->field == MLAB_FIELD_TEXT)
            mlab_h5_put_texts(group, column->name, "row", values, column->long_name);
        else
            mlab_h5_put(group, column->name, "row", column->field == MLAB_FIELD_REAL ? MLAB_H5_REAL : MLAB_H5_INT64, values, column->unit,
                        column->long_name);
    }
    mlab_release(group->file->context, values);
}

static void scatter(const mlab_h5_column *column, const void *values, char *structs, size_t stride, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *into = structs + i * stride + column->offset;
        switch (column->field) {
        case MLAB_FIELD_TEXT: *(char **)into = ((char *const *)values)[i]; break;
        case MLAB_FIELD_REAL: memcpy(into, (const double *)values + i, sizeof(double)); break;
        case MLAB_FIELD_COUNT: memcpy(into, (const int64_t *)values + i, sizeof(int64_t)); break;
        case MLAB_FIELD_ENUM: memcpy(into, &(int){(int)((const int64_t *)values)[i]}, sizeof(int)); break;
        case MLAB_FIELD_FLAG: *(bool *)into = ((const int64_t *)values)[i] != 0; break;
        }
    }
}

void *mlab_h5_get_table(const mlab_h5_group *group, const mlab_h5_column *columns, size_t n_columns, size_t stride, size_t *n)
{
    const mlab_context *context = group->file->context;
    *n = mlab_h5_size(group, "row");
    if (group->file->status) return NULL;
    char *structs = mlab_allocate(context, *n, stride);
    if (!structs) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to read %zu rows", *n);
    for (size_t k = 0; structs && k < n_columns; k++) {
        const mlab_h5_column *column = &columns[k];
        void *values = column->field == MLAB_FIELD_TEXT
                           ? (void *)mlab_h5_get_texts(group, column->name, *n)
                           : mlab_h5_get(group, column->name, column->field == MLAB_FIELD_REAL ? MLAB_H5_REAL : MLAB_H5_INT64, *n);
        if (values) scatter(column, values, structs, stride, *n);
        mlab_release(context, values); /* the texts themselves now belong to the structs */
    }
    return structs; /* also after a failure: the owner's _free releases what was read */
}

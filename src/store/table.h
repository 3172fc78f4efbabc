/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table: an array of structs as a group with a `row` dimension and one variable a field. One list of columns serves
 * writing and reading. */
#ifndef MLAB_STORE_TABLE_H
#define MLAB_STORE_TABLE_H

#include "store/group.h"

typedef enum mlab_h5_field { MLAB_FIELD_TEXT, MLAB_FIELD_REAL, MLAB_FIELD_COUNT, MLAB_FIELD_ENUM, MLAB_FIELD_FLAG } mlab_h5_field;

/* A field of a struct: char *, double, uint64_t, an enum or int, bool. */
typedef struct mlab_h5_column {
    const char *name;
    mlab_h5_field field;
    size_t offset;
    const char *unit, *long_name;
} mlab_h5_column;

/* Writes n structs of `stride` bytes as columns of the group, which gets the dimension `row`. */
void mlab_h5_put_table(const mlab_h5_group *group, const mlab_h5_column *columns, size_t n_columns, const void *structs, size_t stride, size_t n);
/* Reads them back; *n = rows. NULL after a failure or without memory; texts and the array are the caller's (mlab_release). */
void *mlab_h5_get_table(const mlab_h5_group *group, const mlab_h5_column *columns, size_t n_columns, size_t stride, size_t *n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of C structs in a results file: a group each with a `row` dimension and one variable a field. One list of fields serves writing and reading.
 */
#ifndef MLAB_STORE_RECORDS_H
#define MLAB_STORE_RECORDS_H

#include "store/group.h"

#include <stddef.h>

typedef enum mlab_record_kind {
    MLAB_RECORD_TEXT,   /* char * */
    MLAB_RECORD_REAL,   /* double */
    MLAB_RECORD_COUNT,  /* uint64_t or size_t */
    MLAB_RECORD_ENUM,   /* an enum or int; in the file as wide as a count */
    MLAB_RECORD_YES_NO, /* bool; in the file as wide as a count */
    MLAB_RECORD_FLAG    /* bool; in the file a byte */
} mlab_record_kind;

typedef struct mlab_record_field {
    mlab_record_kind kind;
    const char *name;
    size_t offset; /* in the struct */
    const char *unit, *long_name;
} mlab_record_field;

/* A table: the group's name, the size of a struct, its fields. */
typedef struct mlab_record_table {
    const char *name;
    size_t size;
    const mlab_record_field *fields;
    size_t n_fields;
} mlab_record_table;

#define MLAB_RECORD_TABLE(name_, type_, fields_)                                                                                                     \
    {                                                                                                                                                \
        name_, sizeof(type_), fields_, sizeof(fields_) / sizeof *(fields_)                                                                           \
    }

/* records [n] of the table's structs, or NULL = the table is not written. */
void mlab_records_put(const mlab_h5_group *all, const mlab_record_table *table, const void *records, size_t n);

/* [*n] structs with the fields of the table, all else zeroed, released by the caller with their texts; NULL where the table is not there. */
void *mlab_records_get(const mlab_h5_group *all, const mlab_record_table *table, size_t *n);

/* The same in a group that is there, whose `row` has no numbers of its own. */
void mlab_records_put_in(const mlab_h5_group *group, const mlab_record_table *table, const void *records, size_t n);
void *mlab_records_get_in(const mlab_h5_group *group, const mlab_record_table *table, size_t *n);

#endif

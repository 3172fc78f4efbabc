/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups, dimensions, variables and attributes of a results file, over HDF5. Every writer and reader of a stage is a list
 * of calls of this layer. The first failure stays in the file (`status`, `err`); calls after it do nothing, so that a
 * writer looks once, at the end. */
#ifndef MLAB_STORE_GROUP_H
#define MLAB_STORE_GROUP_H

#include "core/text.h"
#include "mentorlab/core.h"

typedef int64_t mlab_h5_id; /* hid_t of HDF5; negative = none */

/* An open file. Made by mlab_h5_create or mlab_h5_open, given back by mlab_h5_close, also after a failure. */
typedef struct mlab_h5_file {
    const mlab_context *context;
    const char *path;
    char *temporary;     /* name while writing; NULL when reading */
    bool fleeting;       /* not synced before it gets its name: a loss of power may cut it, and then it counts as missing */
    bool without_people; /* effects of single people are left out, and of groups of fewer than */
    uint64_t minimum;    /* people */
    mlab_h5_id id;
    mlab_status status;
    mlab_error *err;
    struct mlab_h5_handler { /* HDF5's error printer, put back by mlab_h5_close */
        int (*function)(int64_t, void *);
        void *data;
    } handler;
} mlab_h5_file;

typedef struct mlab_h5_group {
    mlab_h5_file *file;
    mlab_h5_id id;
} mlab_h5_group;

typedef enum mlab_h5_type {
    MLAB_H5_REAL,    /* double */
    MLAB_H5_FLOAT,   /* float */
    MLAB_H5_INT64,   /* int64_t */
    MLAB_H5_INT32,   /* int32_t */
    MLAB_H5_COUNT,   /* uint64_t in memory, int64 in the file: old readers know no unsigned numbers; MLAB_COUNT_HIDDEN is -1, with _FillValue */
    MLAB_H5_COUNT32, /* uint32_t in memory, int64 in the file */
    MLAB_H5_BYTE     /* uint8_t in memory, int8 in the file */
} mlab_h5_type;
size_t mlab_h5_type_size(mlab_h5_type type); /* bytes in memory */

/* --- files ------------------------------------------------------------------------------------- */

/* Starts a file under a temporary name beside path; `root` is its root group. secret: mode 0600 from the first byte on. */
mlab_h5_group mlab_h5_create(mlab_h5_file *file, const mlab_context *context, const char *path, bool secret, mlab_error *err);
/* Opens a file and checks its format and version. Errors: MLAB_ERR_STORE_OPEN, MLAB_ERR_STORE_VERSION. */
mlab_h5_group mlab_h5_open(mlab_h5_file *file, const mlab_context *context, const char *path, mlab_error *err);
/* Closes. A file that was written whole gets its name (fsync, rename), any other is removed. Returns the first failure. */
MLAB_MUST_USE mlab_status mlab_h5_close(mlab_h5_file *file, mlab_h5_group *root);
/* Notes a failure of the caller's own, e.g. MLAB_ERR_MEMORY, as the file's. */
void mlab_h5_fail(mlab_h5_file *file, mlab_status status, const char *format, ...) MLAB_PRINTF(3, 4);

/* --- writing ----------------------------------------------------------------------------------- */

mlab_h5_group mlab_h5_group_make(const mlab_h5_group *parent, const char *name);
void mlab_h5_group_close(mlab_h5_group *group);
void mlab_h5_attribute(const mlab_h5_group *group, const char *name, const char *text); /* NULL = "" */
/* Padded with blanks to `size` bytes. Of variable length to HDF5: such texts stand in a heap without checksum, so that two files
 * which differ in this text alone differ in these bytes alone. */
void mlab_h5_attribute_fixed(const mlab_h5_group *group, const char *name, const char *text, size_t size);
void mlab_h5_attribute_integer(const mlab_h5_group *group, const char *name, int64_t value);

/* A dimension without values, one with texts, one with the numbers first .. first + n - 1. */
void mlab_h5_dimension(const mlab_h5_group *group, const char *name, size_t n);
void mlab_h5_dimension_texts(const mlab_h5_group *group, const char *name, char *const *texts, size_t n, const char *long_name);
void mlab_h5_dimension_numbers(const mlab_h5_group *group, const char *name, int64_t first, size_t n, const char *unit, const char *long_name);
void mlab_h5_dimension_values(const mlab_h5_group *group, const char *name, mlab_h5_type type, const void *values, size_t n, const char *unit,
                              const char *long_name);

/* A variable over dimensions of the group, named in `dimensions` separated by blanks, "" = one number. Large ones are
 * compressed (shuffle, deflate 1) in chunks that depend on their shape alone. */
void mlab_h5_put(const mlab_h5_group *group, const char *name, const char *dimensions, mlab_h5_type type, const void *values, const char *unit,
                 const char *long_name);
void mlab_h5_put_texts(const mlab_h5_group *group, const char *name, const char *dimensions, char *const *texts, const char *long_name);
void mlab_h5_put_real(const mlab_h5_group *group, const char *name, double value, const char *unit, const char *long_name);
void mlab_h5_put_integer(const mlab_h5_group *group, const char *name, int64_t value, const char *unit, const char *long_name);

/* --- reading ----------------------------------------------------------------------------------- */

mlab_h5_group mlab_h5_group_get(const mlab_h5_group *parent, const char *name);
bool mlab_h5_has(const mlab_h5_group *group, const char *name); /* a group or variable of that name */
/* Groups below, in the order they were made: number, and the name of one (released with mlab_release). */
size_t mlab_h5_group_count(const mlab_h5_group *group);
char *mlab_h5_group_name(const mlab_h5_group *group, size_t which);
char *mlab_h5_attribute_get(const mlab_h5_group *group, const char *name); /* NULL after a failure; mlab_release */
int64_t mlab_h5_attribute_integer_get(const mlab_h5_group *group, const char *name);
size_t mlab_h5_size(const mlab_h5_group *group, const char *dimension);
/* The values of a variable that must have n of them; NULL after a failure; mlab_release. */
void *mlab_h5_get(const mlab_h5_group *group, const char *name, mlab_h5_type type, size_t n);
char **mlab_h5_get_texts(const mlab_h5_group *group, const char *name, size_t n); /* each text and the array: mlab_release */
double mlab_h5_get_real(const mlab_h5_group *group, const char *name);
int64_t mlab_h5_get_integer(const mlab_h5_group *group, const char *name);
void mlab_h5_free_texts(const mlab_context *context, char **texts, size_t n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several files of one kind as one table. */
#ifndef MLAB_DATA_TABLE_JOIN_H
#define MLAB_DATA_TABLE_JOIN_H

#include "mentorlab/data.h"

/* The rows of all parts, one after the other, with every column that one of them has: whole numbers and numbers become numbers, labels
 * get the levels of all parts in the order met; where a part has no such column the cells are missing. A column that is of another type in
 * another part is a stop. `file` is the name of the whole. Errors: MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW; *joined NULL then. */
MLAB_MUST_USE mlab_status mlab_tables_join(const mlab_context *context, const mlab_table *const *parts, size_t n_parts, const char *file,
                                           mlab_findings *findings, mlab_table **joined, mlab_error *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What kind of file the first bytes tell of. */
#ifndef MLAB_DATA_ROWS_SNIFF_H
#define MLAB_DATA_ROWS_SNIFF_H

#include "core/text.h"
#include "data/rows.h"

#include <stdio.h>

typedef enum mlab_file_is { MLAB_FILE_TEXT, MLAB_FILE_WORKBOOK, MLAB_FILE_OTHER } mlab_file_is;

/* Reads the ends of the file, from its start; of another kind *sentence says what it is and how to save it so that it can be read, and
 * *remedy is the line for the study file, or NULL. */
MLAB_MUST_USE mlab_status mlab_rows_sniff(const mlab_context *context, FILE *stream, const char *name, mlab_file_is *is, const char **sentence,
                                          const char **remedy, mlab_error *err);

#endif

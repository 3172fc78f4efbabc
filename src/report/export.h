/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables and variables of a results file for people: CSV, JSON or a workbook, through the privacy filter. */
#ifndef MLAB_REPORT_EXPORT_H
#define MLAB_REPORT_EXPORT_H

#include "store/export.h"

typedef enum mlab_export_format { MLAB_EXPORT_CSV, MLAB_EXPORT_JSON, MLAB_EXPORT_XLSX, MLAB_EXPORT_H5 } mlab_export_format;
/* The format that the ending of a name tells: .csv, .json, .xlsx, .h5; false = none of them. */
bool mlab_export_format_of(const char *name, mlab_export_format *format);

/* Hides what report.html would hide (privacy_page.c); *n_hidden = numbers hidden. file is that of the page. minimum: 1 to 1000. */
MLAB_MUST_USE mlab_status mlab_page_protect(mlab_page *page, const char *file, int64_t minimum, size_t *n_hidden, mlab_error *err);
/* Its part for ratings by several raters (privacy_raters.c); adds to *n_hidden. */
MLAB_MUST_USE mlab_status mlab_page_protect_raters(mlab_page *page, const char *file, uint64_t minimum, size_t *n_hidden, mlab_error *err);
/* Its part for effects of groups of few people (privacy_groups.c). */
MLAB_MUST_USE mlab_status mlab_page_protect_groups(mlab_page *page, const char *file, uint64_t minimum, size_t *n_hidden, mlab_error *err);
/* The comparison as it may be shared, in results.h5: what the report hides is NaN or MLAB_COUNT_HIDDEN. It borrows from the comparison. Errors:
 * MLAB_ERR_MEMORY. */
typedef struct mlab_shared_comparison mlab_shared_comparison;
MLAB_MUST_USE mlab_status mlab_share_comparison(const mlab_comparison *comparison, int64_t minimum, mlab_shared_comparison **shared, mlab_error *err);
const mlab_comparison *mlab_shared_comparison_get(const mlab_shared_comparison *shared); /* NULL of NULL */
void mlab_shared_comparison_free(mlab_shared_comparison *shared);                        /* NULL is fine */
/* Rows about single people (pairs, under pseudonyms): written for their owner alone. */
bool mlab_page_is_about_people(const mlab_page *page);
/* Writes the page to a path, mode 0600 when it is about people. Errors: MLAB_ERR_WRITE, MLAB_ERR_MEMORY, MLAB_ERR_OVERFLOW (more lines
 * than a sheet takes). */
MLAB_MUST_USE mlab_status mlab_page_write(const mlab_page *page, mlab_export_format format, const char *path, mlab_error *err);

#endif

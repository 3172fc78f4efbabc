/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One group or variable of a results file as lines of cells, for whoever writes them somewhere. */
#ifndef MLAB_STORE_EXPORT_H
#define MLAB_STORE_EXPORT_H

#include "core/text.h"
#include "mentorlab/store.h"

enum { MLAB_PAGE_MOST_COLUMNS = 256 };

typedef struct mlab_page_column {
    char name[128], unit[64];
    size_t n;
    char **texts;     /* texts [n], or */
    double *reals;    /* [n], or */
    int64_t *numbers; /* [n] */
    uint8_t *hidden;  /* [n], 1 = not to be shown; NULL = all are shown */
} mlab_page_column;

/* A table has its columns side by side; a variable is the last column, those before it are the labels of its axes, the last of
 * which runs fastest. */
typedef struct mlab_page {
    const mlab_context *context;
    char path[512]; /* "/comparison/contrasts", no slash at the end */
    bool is_table;
    mlab_page_column columns[MLAB_PAGE_MOST_COLUMNS];
    size_t n_columns, n_lines;
} mlab_page;

/* Errors: MLAB_ERR_OPEN, MLAB_ERR_STORE_READ (no such name, a group without a table), MLAB_ERR_MEMORY; *page NULL then. */
MLAB_MUST_USE mlab_status mlab_page_load(const mlab_context *context, const char *file, const char *name, mlab_page **page, mlab_error *err);
/* Writes a table as a file of its own, for xarray and the like: the group of its path, a variable a column; mode 0600 when secret. What is hidden is
 * not in it: NaN, or an empty text. The file that was there stays on failure. Errors: MLAB_ERR_STORE_WRITE, MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_page_store(const mlab_page *page, const char *path, bool secret, mlab_error *err);
/* A page without columns, and the next of its columns: room for n texts, reals or numbers is the caller's to fill. Errors: MLAB_ERR_MEMORY. */
MLAB_MUST_USE mlab_status mlab_page_make(const mlab_context *context, const char *path, size_t n_lines, mlab_page **page, mlab_error *err);
typedef enum mlab_page_kind { MLAB_PAGE_TEXTS, MLAB_PAGE_REALS, MLAB_PAGE_NUMBERS } mlab_page_kind;
MLAB_MUST_USE mlab_status mlab_page_add(mlab_page *page, const char *name, const char *unit, mlab_page_kind kind, mlab_page_column **column,
                                        mlab_error *err);
void mlab_page_free(mlab_page *page); /* NULL is fine */
/* The value of the column that stands on a line. */
size_t mlab_page_at(const mlab_page *page, size_t column, size_t line);
bool mlab_page_hidden(const mlab_page_column *column, size_t at);
MLAB_MUST_USE mlab_status mlab_page_hide(const mlab_page *page, mlab_page_column *column, size_t at, mlab_error *err);
/* CSV or JSON, a list of objects; what is hidden is an empty cell or null. Cells of CSV are no formulas. */
void mlab_page_print(const mlab_page *page, bool json, mlab_text *out);

#endif

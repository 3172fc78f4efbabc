/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small tables for tests, column by column; NULL or a blank text is missing. */
#ifndef MLAB_TESTS_TABLES_H
#define MLAB_TESTS_TABLES_H

#include "mentorlab/match.h"
#include "support/support.h"

#include <string.h>

static inline mlab_table *test_table(const mlab_context *context, size_t n)
{
    mlab_table *table = NULL;
    ck_assert_int_eq(mlab_table_make(context, n, &table, NULL), MLAB_OK);
    return table;
}

static inline void test_texts(mlab_table *table, const char *name, const char *const *texts)
{
    mlab_column *column = NULL;
    ck_assert_int_eq(mlab_table_add(table, name, MLAB_COLUMN_TEXT, NULL, 0, &column, NULL), MLAB_OK);
    for (size_t i = 0; i < table->n_rows; i++)
        if (texts[i] && *texts[i])
            ck_assert_int_eq(mlab_column_set_text(table, column, i, texts[i], strlen(texts[i]), NULL), MLAB_OK);
        else
            ck_assert_int_eq(mlab_column_set_missing(table, column, i, NULL), MLAB_OK);
}

static inline void test_integers(mlab_table *table, const char *name, const int32_t *values)
{
    mlab_column *column = NULL;
    ck_assert_int_eq(mlab_table_add(table, name, MLAB_COLUMN_INTEGER, NULL, 0, &column, NULL), MLAB_OK);
    for (size_t i = 0; i < table->n_rows; i++)
        if (values[i] == INT32_MIN)
            ck_assert_int_eq(mlab_column_set_missing(table, column, i, NULL), MLAB_OK);
        else
            column->as.integer[i] = values[i];
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__})
#define INTEGERS(...) ((const int32_t[]){__VA_ARGS__})

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mentorlab/data.h"
#include "support/support.h"

#include <string.h>

/*  row  grade   score  id
 *   0   junior   1.5   007
 *   1   -        2.5   008
 *   2   senior   -     ""
 */
static mlab_status make_small(const mlab_context *context, mlab_table **table, mlab_error *err)
{
    static const char *const levels[] = {"junior", "senior"};
    mlab_column *grade = NULL, *score = NULL, *id = NULL;
    mlab_status status = mlab_table_make(context, 3, table, err);
    if (status) return status;
    if ((status = mlab_table_add(*table, "grade", MLAB_COLUMN_FACTOR, levels, 2, &grade, err))) goto out;
    grade->as.integer[2] = 1;
    if ((status = mlab_column_set_missing(*table, grade, 1, err))) goto out;
    if ((status = mlab_table_add(*table, "score", MLAB_COLUMN_REAL, NULL, 0, &score, err))) goto out;
    score->as.real[0] = 1.5;
    score->as.real[1] = 2.5;
    if ((status = mlab_column_set_missing(*table, score, 2, err))) goto out;
    if ((status = mlab_table_add(*table, "id", MLAB_COLUMN_TEXT, NULL, 0, &id, err))) goto out;
    if ((status = mlab_column_set_text(*table, id, 0, "007x", 3, err))) goto out;
    status = mlab_column_set_text(*table, id, 1, "008", 3, err);
out:
    if (status) {
        mlab_table_free(*table);
        *table = NULL;
    }
    return status;
}

START_TEST(values_levels_and_texts_come_back)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_table *table = NULL;
    mlab_error err;
    ck_assert_int_eq(make_small(&context, &table, &err), MLAB_OK);
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "grade"), 0), "junior");
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "grade"), 1), "");
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "grade"), 2), "senior");
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "id"), 0), "007");
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "id"), 1), "008");
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "id"), 2), "");
    ck_assert_ptr_null(mlab_table_find(table, "Grade"));
    ck_assert_int_eq(mlab_table_find(table, "score")->missing[2], 1);
    mlab_table_free(table);
    mlab_table_free(NULL);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(a_name_can_be_taken_once_and_anew_after_a_drop)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_table *table = NULL;
    mlab_column *column = NULL;
    mlab_error err;
    ck_assert_int_eq(make_small(&context, &table, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(table, "score", MLAB_COLUMN_INTEGER, NULL, 0, &column, &err), MLAB_ERR_DATA_COLUMN);
    ck_assert_str_eq(err.sentence, "a column named 'score' is already in the table");
    mlab_table_drop(table, "score");
    mlab_table_drop(table, "not there");
    ck_assert_ptr_null(mlab_table_find(table, "score"));
    ck_assert_int_eq(mlab_table_add(table, "score", MLAB_COLUMN_INTEGER, NULL, 0, &column, &err), MLAB_OK);
    ck_assert_int_eq(column->as.integer[2], 0);
    mlab_table_free(table);
}
END_TEST

START_TEST(a_view_shares_columns_and_leaves_the_original_as_it_was)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_table *table = NULL, *view = NULL;
    mlab_column *column = NULL;
    mlab_error err;
    ck_assert_int_eq(make_small(&context, &table, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_borrow(table, &view, &err), MLAB_OK);
    ck_assert_ptr_eq(mlab_table_find(view, "score")->as.real, mlab_table_find(table, "score")->as.real);
    ck_assert_int_eq(mlab_column_set_missing(view, mlab_table_find(view, "score"), 0, &err), MLAB_ERR_ARGUMENT);
    ck_assert_int_eq(mlab_column_set_text(view, mlab_table_find(view, "id"), 0, "9", 1, &err), MLAB_ERR_DATA_TYPE);
    mlab_table_drop(view, "score");
    ck_assert_int_eq(mlab_table_add(view, "score", MLAB_COLUMN_REAL, NULL, 0, &column, &err), MLAB_OK);
    column->as.real[0] = 99;
    ck_assert(mlab_table_find(table, "score")->as.real[0] == 1.5);
    mlab_table_free(view);
    ck_assert_str_eq(mlab_column_text(mlab_table_find(table, "id"), 0), "007");
    mlab_table_free(table);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(an_empty_table_can_be_borrowed_and_grown)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_table *table = NULL, *view = NULL;
    mlab_error err;
    ck_assert_int_eq(mlab_table_make(&context, 0, &table, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_borrow(table, &view, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(view, "a", MLAB_COLUMN_REAL, NULL, 0, NULL, &err), MLAB_OK);
    ck_assert_int_eq(mlab_table_add(view, "b", MLAB_COLUMN_TEXT, NULL, 0, NULL, &err), MLAB_OK);
    mlab_table_free(view);
    mlab_table_free(table);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(every_failed_allocation_of_a_table_is_reported_and_nothing_leaks)
{
    for (long k = 1;; k++) {
        mlab_test_memory memory = {0};
        mlab_context context = mlab_test_context(&memory, 1);
        memory.fail_at = k;
        mlab_table *table = NULL, *view = NULL;
        mlab_error err;
        mlab_status status = make_small(&context, &table, &err);
        if (!status) status = mlab_table_borrow(table, &view, &err);
        bool failed = memory.calls >= k;
        ck_assert_int_eq(status, failed ? MLAB_ERR_MEMORY : MLAB_OK);
        if (failed) ck_assert_ptr_null(view);
        mlab_table_free(view);
        mlab_table_free(table);
        ck_assert_int_eq(memory.live, 0);
        if (!failed) break;
    }
}
END_TEST

MLAB_TEST_MAIN("table", values_levels_and_texts_come_back, a_name_can_be_taken_once_and_anew_after_a_drop,
               a_view_shares_columns_and_leaves_the_original_as_it_was, an_empty_table_can_be_borrowed_and_grown,
               every_failed_allocation_of_a_table_is_reported_and_nothing_leaks)

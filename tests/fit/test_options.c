/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/options.h"
#include "fit/worlds.h"

static bool same_options(const mlab_fit_options *a, const mlab_fit_options *b)
{
    return a->ties == b->ties && a->information == b->information && a->link == b->link && a->iterations == b->iterations &&
           a->tolerance == b->tolerance && a->curve_interval == b->curve_interval && a->level == b->level;
}

START_TEST(the_rows_and_the_function_give_the_same_defaults)
{
    mlab_fit_options by_rows, by_function = mlab_fit_defaults();
    mlab_error err = {0};
    memset(&by_rows, 0x7f, sizeof by_rows); /* a field without a row would keep this */
    ck_assert_msg(mlab_options_default(mlab_fit_option_rows, mlab_fit_n_option_rows, &by_rows, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert(same_options(&by_rows, &by_function));
    ck_assert_int_eq(mlab_options_check(mlab_fit_option_rows, mlab_fit_n_option_rows, &by_function, NULL), MLAB_OK);
    by_function.iterations = 0;
    ck_assert_int_eq(mlab_options_check(mlab_fit_option_rows, mlab_fit_n_option_rows, &by_function, &err), MLAB_ERR_OPTION);
    ck_assert_msg(strstr(err.sentence, "iterations") != NULL, "%s", err.sentence);
}
END_TEST

START_TEST(every_model_of_the_table_is_found_and_is_a_choice_of_the_study_file)
{
    const char *choices = NULL;
    for (size_t k = 0; k < mlab_fit_n_option_rows; k++)
        if (!strcmp(mlab_fit_option_rows[k].key, "outcomes.*.model")) choices = mlab_fit_option_rows[k].choices;
    ck_assert_ptr_nonnull(choices);
    size_t n = 0, bars = 0;
    for (; mlab_model_name(n); n++) {
        ck_assert_ptr_nonnull(mlab_model_find(mlab_model_name(n)));
        ck_assert(strlen(mlab_model_summary(n)) > 10);
        ck_assert_msg(strstr(choices, mlab_model_name(n)) != NULL, "%s", mlab_model_name(n));
    }
    for (const char *c = choices; *c; c++) bars += *c == '|';
    ck_assert_uint_eq(bars + 1, n);
    ck_assert_ptr_null(mlab_model_find("guess"));
    ck_assert_ptr_null(mlab_model_summary(n));
}
END_TEST

MLAB_TEST_MAIN("options", the_rows_and_the_function_give_the_same_defaults, every_model_of_the_table_is_found_and_is_a_choice_of_the_study_file)

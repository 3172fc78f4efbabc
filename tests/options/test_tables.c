/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every folder's options table is held to the same rules, and all of them together make one study file. */
#include "compare/options.h"
#include "data/settings.h"
#include "fit/options.h"
#include "forecast/options.h"
#include "match/match.h"
#include "match/options.h"
#include "simulate/options.h"
#include "simulate/truth.h"
#include "support/options.h"
#include "support/support.h"

#include <string.h>

START_TEST(each_table_keeps_the_rules)
{
    mlab_test_options(mlab_data_options, mlab_data_n_options, 0);
    mlab_test_options(mlab_fit_option_rows, mlab_fit_n_option_rows, sizeof(mlab_fit_options));
    mlab_test_options(mlab_match_option_rows, mlab_match_n_option_rows, sizeof(mlab_match_settings));
    mlab_test_options(mlab_simulate_option_rows, mlab_simulate_n_option_rows, sizeof(mlab_simulate_options));
    mlab_test_options(mlab_compare_option_rows, mlab_compare_n_option_rows, sizeof(mlab_compare_options));
    mlab_test_options(mlab_forecast_option_rows, mlab_forecast_n_option_rows, sizeof(mlab_forecast_spec));
    mlab_test_options(mlab_truth_options, mlab_truth_n_options, sizeof(mlab_truth));
}
END_TEST

typedef struct part {
    const mlab_option *rows;
    size_t n;
} part;

START_TEST(no_key_stands_in_two_tables)
{
    const part parts[] = {{mlab_data_options, mlab_data_n_options},
                          {mlab_fit_option_rows, mlab_fit_n_option_rows},
                          {mlab_match_option_rows, mlab_match_n_option_rows},
                          {mlab_simulate_option_rows, mlab_simulate_n_option_rows},
                          {mlab_compare_option_rows, mlab_compare_n_option_rows},
                          {mlab_forecast_option_rows, mlab_forecast_n_option_rows}};
    enum { PARTS = sizeof parts / sizeof *parts };
    for (size_t p = 0; p < PARTS; p++)
        for (size_t i = 0; i < parts[p].n; i++) {
            const mlab_option *row = &parts[p].rows[i];
            for (size_t q = 0; q < PARTS; q++)
                for (size_t j = 0; j < parts[q].n; j++) {
                    const mlab_option *other = &parts[q].rows[j];
                    ck_assert_msg(other == row || strcmp(other->key, row->key) != 0, "%s stands in two tables", row->key);
                }
        }
}
END_TEST

MLAB_TEST_MAIN("tables", each_table_keeps_the_rules, no_key_stands_in_two_tables)

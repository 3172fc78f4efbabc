/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leaves a results file: the privacy filter over its tables, and the three ways of writing them.
 *
 *     three people, two arms; contrasts of 200 against 700; curves with 80 and with 1 at risk; pairs of two mentees
 */
#include "core/memory.h"
#include "core/os.h"
#include "data/rows.h"
#include "report/export.h"
#include "store/small_results.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char file[4200];

static void make_file(void)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    snprintf(file, sizeof file, "%s/results.h5", mlab_test_folder("export"));
    mlab_results results = small_results(&context);
    ck_assert_msg(!mlab_store_write(&context, file, &results, KEY, &err), "%s", err.sentence);
}

/* The page as CSV after the filter. */
static void exports(const char *name, int64_t minimum, size_t wanted_hidden, const char *wanted)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_page *page;
    mlab_error err;
    mlab_text text = MLAB_TEXT(&context);
    size_t n_hidden;
    ck_assert_msg(!mlab_page_load(&context, file, name, &page, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_page_protect(page, file, minimum, &n_hidden, &err), "%s", err.sentence);
    mlab_page_print(page, false, &text);
    ck_assert_msg(strstr(mlab_text_get(&text), wanted) != NULL, "%s: '%s' is not in\n%s", name, wanted, mlab_text_get(&text));
    ck_assert_msg(n_hidden == wanted_hidden, "%s: %zu hidden in\n%s", name, n_hidden, mlab_text_get(&text));
    mlab_text_free(&text);
    mlab_page_free(page);
    ck_assert_int_eq(memory.live, 0);
}

START_TEST(counts_of_few_people_are_hidden_and_simulated_people_are_nobody)
{
    make_file();
    exports("/data/people", 5, 1, "people\n\n");
    exports("/data/people", 3, 0, "people\n3\n");
    exports("/data/arms/events", 5, 2, "retention,none,\nretention,structured,\n"); /* one event in all */
    exports("/data/arms/events", 1, 0, "retention,none,1\nretention,structured,0\n");
    exports("/simulation/promotions", 5, 0, "scenario,draw,replicate,period,group,promotions\n");
    exports("/simulation/assumptions", 5, 0, "hire.rate,0.25");
}
END_TEST

START_TEST(contrasts_are_judged_as_in_the_report)
{
    make_file();
    exports("/comparison/contrasts/n_arm", 5, 1, "row,n_arm\n0,200\n1,\n"); /* the second has nobody */
    exports("/comparison/contrasts/n_arm", 300, 2, "");
    exports("/comparison/contrasts/horizon", 300, 0, "");
    exports("/comparison/standardised/standardised", 5, 4, "");                        /* no difference of everyone with these groups is told */
    exports("/comparison/contrasts/worst_lowest", 1, 2, "row,worst_lowest\n0,\n1,\n"); /* of a subgroup, and of nobody */
}
END_TEST

START_TEST(curves_end_where_few_are_at_risk)
{
    make_file();
    exports("/comparison/curves/time", 5, 0, "");
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_page *page;
    size_t n_hidden, at_risk = 0;
    ck_assert_int_eq(mlab_page_load(&context, file, "/comparison/curves", &page, NULL), MLAB_OK);
    while (strcmp(page->columns[at_risk].name, "at_risk") != 0) at_risk++;
    ck_assert_int_eq(mlab_page_protect(page, file, 5, &n_hidden, NULL), MLAB_OK);
    for (size_t i = 0; i < page->n_lines; i++)
        for (size_t k = at_risk; k < page->n_columns; k++)
            if (page->columns[at_risk].reals[i] < 5) ck_assert(mlab_page_hidden(&page->columns[k], i));
    ck_assert_uint_gt(n_hidden, 0);
    mlab_page_free(page);
}
END_TEST

START_TEST(pairs_are_for_their_owner_alone_and_other_tables_are_not)
{
    static const struct {
        const char *table, *name;
        unsigned mode;
        mlab_export_format format;
    } cases[] = {{"/matching/optimal", "pairs.csv", 0600, MLAB_EXPORT_CSV},
                 {"/matching/optimal", "pairs.xlsx", 0600, MLAB_EXPORT_XLSX},
                 {"/simulation/assumptions", "a.json", 0644, MLAB_EXPORT_JSON},
                 {"/simulation/assumptions", "a.xlsx", 0644, MLAB_EXPORT_XLSX}};
    mlab_context context = mlab_test_context(NULL, 1);
    char path[4300];
    make_file();
    for (size_t k = 0; k < 4; k++) {
        mlab_page *page;
        struct stat info;
        snprintf(path, sizeof path, "%s.%s", file, cases[k].name);
        ck_assert_int_eq(mlab_page_load(&context, file, cases[k].table, &page, NULL), MLAB_OK);
        ck_assert_int_eq(mlab_page_write(page, cases[k].format, path, NULL), MLAB_OK);
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_uint_eq(info.st_mode & 0777 & ~022u, cases[k].mode & ~022u);
        mlab_page_free(page);
    }
    const mlab_rows_options options = {0};
    mlab_findings findings;
    mlab_rows *rows;
    mlab_row_block block;
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_rows_open(&context, path, path, &options, &findings, &rows, NULL), MLAB_OK);
    ck_assert_str_eq(rows->sheet, "assumptions");
    ck_assert_str_eq(rows->names[2], "standard_error");
    ck_assert_int_eq(mlab_rows_next(rows, &block, NULL), MLAB_OK);
    ck_assert_str_eq(block.cells[0].text, "hire.rate");
    ck_assert_str_eq(block.cells[1].text, "0.25");
    mlab_rows_close(rows);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(no_memory_at_any_call_is_an_error_and_nothing_leaks)
{
    static const char *const names[] = {"/comparison/contrasts", "/comparison/curves", "/data/arms", "/comparison/balance"};
    char path[4300];
    make_file();
    snprintf(path, sizeof path, "%s.xlsx", file);
    for (size_t which = 0; which < 4; which++)
        for (long k = 1;; k++) {
            mlab_test_memory memory = {.fail_at = k};
            mlab_context context = mlab_test_context(&memory, 1);
            mlab_page *page;
            size_t n_hidden;
            mlab_status status = mlab_page_load(&context, file, names[which], &page, NULL);
            if (!status) status = mlab_page_protect(page, file, 5, &n_hidden, NULL);
            if (!status) status = mlab_page_write(page, MLAB_EXPORT_XLSX, path, NULL);
            mlab_page_free(page);
            ck_assert_int_eq(memory.live, 0);
            if (!status) break;
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
        }
}
END_TEST

/* Three teams by name, with 6, 1 and 9 people; drawn effects follow the same rule, and so do groups that may not be named. */
START_TEST(effects_of_groups_of_few_people_are_hidden_where_they_are_likely_and_where_they_are_drawn)
{
    static char *names[] = {"blue", "green", "red"};
    static uint64_t people[] = {6, 1, 9};
    static double mode[] = {0.1, 0.2, 0.3}, mode_se[] = {0.5, 0.6, 0.7}, value[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static uint32_t key[] = {0, 1, 2}, place[3];
    small_random[0].n_groups = small_effects[0].n_groups = 3;
    small_random[0].groups = names, small_random[0].n_people = people, small_random[0].mode = mode, small_random[0].mode_se = mode_se;
    small_effects[0].people = false, small_effects[0].key = key, small_effects[0].place = place, small_effects[0].value = value;
    draw_outcomes[0] = "satisfaction";
    small_draws.n_baselines = 0;
    make_file();
    exports("/fits/satisfaction/random_effects/grouping_1/mode", 1, 0, "green,(Intercept),0.2\n");
    exports("/fits/satisfaction/random_effects/grouping_1/mode", 5, 2, "blue,(Intercept),\ngreen,(Intercept),\nred,(Intercept),0.3\n");
    exports("/draws/effects_1/value", 1, 0, "0,2,1,2\n");
    exports("/draws/effects_1/value", 5, 6, "0,1,1,\n0,2,1,\n0,3,1,3\n1,1,1,\n");
    exports("/draws/effects_1/key", 1, 3, "1,\n2,\n3,\n");
    exports("/draws/effects_1/factor", 5, 0, "0,1,1,0.5\n");
    small_random[0].n_people = NULL;
    make_file();
    exports("/fits/satisfaction/random_effects/grouping_1/mode", 1, 3, "1,(Intercept),\n");
    exports("/fits/satisfaction/random_effects/grouping_1/standard_deviation", 5, 0, "(Intercept),0.5\n");
    exports("/draws/effects_1/value", 1, 9, "0,1,1,\n");
}
END_TEST

MLAB_TEST_MAIN("export", effects_of_groups_of_few_people_are_hidden_where_they_are_likely_and_where_they_are_drawn,
               counts_of_few_people_are_hidden_and_simulated_people_are_nobody, contrasts_are_judged_as_in_the_report,
               curves_end_where_few_are_at_risk, pairs_are_for_their_owner_alone_and_other_tables_are_not,
               no_memory_at_any_call_is_an_error_and_nothing_leaks)

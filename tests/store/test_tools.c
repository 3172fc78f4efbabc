/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other people's tools read what we write. */
#include "store/small_results.h"
#include "support/support.h"

#include "core/os.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static void line_of_reals(mlab_text *out, const char *name, const double *values, size_t n)
{
    mlab_text_append(out, name);
    for (size_t i = 0; i < n; i++) {
        mlab_text_append(out, "\t");
        mlab_text_number(out, values[i]);
    }
    mlab_text_append(out, "\n");
}

static void line_of_texts(mlab_text *out, const char *name, char *const *values, size_t n)
{
    mlab_text_append(out, name);
    for (size_t i = 0; i < n; i++) mlab_text_print(out, "\t\"%s\"", values[i]);
    mlab_text_append(out, "\n");
}

static void what_was_written(mlab_text *out)
{
    static const char *const metric_names[] = {
#define NAME(name, long_name, unit) #name,
        MLAB_METRICS(NAME)
#undef NAME
    };
    line_of_reals(out, "/fits/retention/estimate", estimates, 4);
    line_of_texts(out, "/fits/retention/parameter", parameter_names, 4);
    line_of_reals(out, "/fits/retention/covariance", covariances, 16);
    line_of_reals(out, "/fits/retention/robust_covariance", robusts, 16);
    line_of_reals(out, "/fits/retention/log_likelihood", &(double){-123.5}, 1);
    line_of_texts(out, "/fits/satisfaction/level", level_names, 3);
    line_of_reals(out, "/draws/value", draw_values, 6);
    line_of_texts(out, "/draws/source", draw_sources, 2);
    line_of_reals(out, "/comparison/contrasts/estimate", (double[]){0.031, -0.5}, 2);
    line_of_texts(out, "/comparison/contrasts/caveats", (char *[]){"no trial\\nno, really", ""}, 2);
    line_of_reals(out, "/comparison/contrasts/n_arm", (double[]){200, 0}, 2);
    line_of_reals(out, "/comparison/standardised/standardised", standardised_values, 4);
    line_of_reals(out, "/comparison/curves/n_times", (double[]){3, 0, 1}, 3);
    line_of_reals(out, "/matching/optimal/n_pairs", (double[]){2}, 1);
    line_of_texts(out, "/simulation/scenario", scenario_names, 2);
    line_of_texts(out, "/simulation/group", group_names, 2);
    for (size_t k = 0; k < MLAB_N_METRICS; k++) {
        char name[100];
        double values[CELLS];
        for (size_t i = 0; i < CELLS; i++) values[i] = (double)metric_values[k][i];
        snprintf(name, sizeof name, "/simulation/%s", metric_names[k]);
        line_of_reals(out, name, values, CELLS);
    }
    line_of_texts(out, "/simulation/assumptions/name", (char *[]){"hire.rate", "retention.structured"}, 2);
    line_of_reals(out, "/forecast/ledger/amount", ledger_amount, LEDGER);
    line_of_texts(out, "/forecast/ledger/kind", (char *[]){"cash", "avoided"}, 2);
    line_of_reals(out, "/forecast/net_present_value", (double[]){310000.5}, 1);
    line_of_reals(out, "/data/people", (double[]){3}, 1);
    line_of_reals(out, "/data/arms/person_periods", (double[]){2, 1}, 2);
    line_of_reals(out, "/data/arms/events", (double[]){1, 0}, 2);
    line_of_texts(out, "/data/inputs/file", (char *[]){"people.csv", "promotions.csv"}, 2);
    line_of_reals(out, "/data/inputs/accept_unlinked", (double[]){-1, 0.25}, 2);
}

static char path[4200], expected[4200];

/* results.h5 and what stands in it, in a new folder. */
static void write_both(void)
{
    mlab_context context = mlab_test_context(NULL, 1);
    const char *folder = mlab_test_folder("tools");
    snprintf(path, sizeof path, "%s/results.h5", folder);
    snprintf(expected, sizeof expected, "%s/expected.txt", folder);
    mlab_results results = small_results(&context);
    mlab_error err;
    ck_assert_int_eq(mlab_store_write(&context, path, &results, KEY, &err), MLAB_OK);
    mlab_text text = MLAB_TEXT(&context);
    what_was_written(&text);
    ck_assert(!text.failed);
    ck_assert_int_eq(mlab_os_write_file(&context, expected, text.bytes, text.n, false, &err), MLAB_OK);
    mlab_text_free(&text);
}

START_TEST(xarray_h5py_and_ncdump_read_every_value)
{
    char command[13000];
    write_both();
    snprintf(command, sizeof command, "PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 %s %s %s", mlab_test_path("store/read_back.py"), path, expected);
    int status = system(command);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        fprintf(stderr, "SKIPPED: reading results with xarray, h5py and ncdump, because one of them is missing (see above)\n");
        return;
    }
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(r_reads_every_value)
{
    char command[13000];
    if (system("Rscript -e 'library(hdf5r)' >/dev/null 2>&1") != 0) {
        fprintf(stderr, "SKIPPED: reading results with R, because R is not there with hdf5r\n");
        return;
    }
    write_both();
    snprintf(command, sizeof command, "Rscript %s %s %s", mlab_test_path("store/read_back.R"), path, expected);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

static void take(void *user, const char *name, const char *shape, const char *unit, const char *long_name)
{
    mlab_text_print(user, "%s|%s|%s|%s\n", name, shape, unit, long_name);
}

START_TEST(the_listing_names_shape_unit_and_meaning_in_the_order_written)
{
    mlab_context context = mlab_test_context(NULL, 1);
    snprintf(path, sizeof path, "%s/results.h5", mlab_test_folder("list"));
    mlab_results results = small_results(&context);
    mlab_error err;
    ck_assert_int_eq(mlab_store_write(&context, path, &results, KEY, &err), MLAB_OK);
    mlab_text text = MLAB_TEXT(&context);
    ck_assert_int_eq(mlab_store_list(&context, path, take, &text, &err), MLAB_OK);
    ck_assert_ptr_nonnull(strstr(text.bytes, "/simulation/promotions|scenario 2 x draw 3 x replicate 2 x period 4 x group 2|promotions|promotions in "
                                             "the period\n"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "/comparison/contrasts/horizon|row 2|month|time from time zero\n"));
    const char *data = strstr(text.bytes, "/data|group"), *fits = strstr(text.bytes, "/fits|group"),
               *forecast = strstr(text.bytes, "/forecast|group");
    ck_assert(data && fits && forecast && data < fits && fits < forecast);
    mlab_text_free(&text);
}
END_TEST

static void exported(const char *from, const char *name, bool json, const char *wanted)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_error err;
    char *text;
    ck_assert_msg(mlab_store_export(&context, from, name, json, &text, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_str_eq(text, wanted);
    mlab_store_text_free(&context, text);
    ck_assert_int_eq(memory.live, 0);
}

START_TEST(a_table_or_variable_is_exported_as_csv_or_json)
{
    mlab_context context = mlab_test_context(NULL, 1);
    char *text;
    snprintf(path, sizeof path, "%s/results.h5", mlab_test_folder("export"));
    mlab_results results = small_results(&context);
    mlab_error err;
    ck_assert_int_eq(mlab_store_write(&context, path, &results, KEY, &err), MLAB_OK);
    exported(path, "/simulation/assumptions", false,
             "name,value,standard_error,source\nhire.rate,0.25,0,stated\nretention.structured,-0.1,0.05,evidence: x\n");
    exported(path, "/simulation/assumptions", true,
             "[\n{\"name\": \"hire.rate\", \"value\": 0.25, \"standard_error\": 0, \"source\": \"stated\"},\n{\"name\": \"retention.structured\", "
             "\"value\": -0.1, \"standard_error\": 0.05, \"source\": \"evidence: x\"}\n]\n");
    exported(path, "/comparison/standardised/standardised", false,
             "curve,time,standardised\nretention/none,0,0.05\nretention/none,3,0.1\nretention/structured,0,0.04\nretention/structured,3,0.07\n");
    exported(path, "data/arms/events", false, "outcome,arm,events\nretention,none,1\nretention,structured,0\n");
    exported(path, "/data/people", false, "people\n3\n");
    exported(path, "/simulation/group", false, "group\n1\n2\n");
    ck_assert_int_eq(mlab_store_export(&context, path, "/comparison/contrast", false, &text, &err), MLAB_ERR_STORE_READ);
    ck_assert_ptr_nonnull(strstr(err.sentence, "has no group or variable '/comparison/contrast'"));
    ck_assert_ptr_null(text);
}
END_TEST

MLAB_TEST_MAIN("store/tools", xarray_h5py_and_ncdump_read_every_value, r_reads_every_value,
               the_listing_names_shape_unit_and_meaning_in_the_order_written, a_table_or_variable_is_exported_as_csv_or_json)

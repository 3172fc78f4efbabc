/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every folder below tests/data/broken is a study with something wrong: expected.txt holds all that must be found.
 * MLAB_TEST_WRITE=1 writes expected.txt anew, to be read before it is kept. */
#include "core/memory.h"
#include "core/os.h"
#include "data/render.h"
#include "data/settings.h"
#include "support/support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const mlab_option others[] = {
    {"title", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"outcomes", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"comparison", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"forecast.discount_rate", NULL, NULL, MLAB_OPTION_NUMBER, 0, "0.03", 0, 1, NULL, "", "", MLAB_OPTION_NO_STRUCT},
    {"report", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "", MLAB_OPTION_NO_STRUCT},
};

static void run_case(mlab_text *got)
{
    const mlab_option *tables[] = {mlab_data_options, others};
    const size_t n_rows[] = {mlab_data_n_options, sizeof others / sizeof *others};
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_findings findings;
    mlab_settings *settings = NULL;
    mlab_data *data = NULL;
    mlab_error err = {0};
    mlab_findings_start(&findings, &context);
    mlab_status status = mlab_settings_read(&context, "study.yaml", tables, n_rows, 2, &findings, &settings, &err);
    if (!status) status = mlab_data_load(&context, settings, &findings, &data, &err);
    render_findings(&findings, got);
    mlab_text_print(got, "= %s\n", mlab_status_name(status));
    ck_assert((status != MLAB_OK) == (data == NULL));
    mlab_data_free(data);
    mlab_settings_free(settings);
    mlab_findings_free(&findings);
    ck_assert_int_eq(memory.live, 0);
}

static void check_case(const char *name)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_text got = MLAB_TEXT(&context);
    mlab_error err;
    char *expected = NULL;
    size_t n = 0;
    ck_assert_int_eq(chdir(name), 0);
    run_case(&got);
    if (getenv("MLAB_TEST_WRITE")) ck_assert_int_eq(mlab_os_write_file(&context, "expected.txt", got.bytes, got.n, false, &err), MLAB_OK);
    ck_assert_msg(mlab_os_read_file(&context, "expected.txt", &expected, &n, &err) == MLAB_OK, "%s has no expected.txt", name);
    ck_assert_msg(!strcmp(expected, mlab_text_get(&got)), "%s: expected\n%sgot\n%s", name, expected, mlab_text_get(&got));
    ck_assert_int_eq(chdir(".."), 0);
    mlab_release(&context, expected);
    mlab_text_free(&got);
}

START_TEST(every_broken_study_gives_its_complete_list_of_findings)
{
    ck_assert_int_eq(chdir(mlab_test_path("data/broken")), 0);
    DIR *folder = opendir(".");
    ck_assert_ptr_nonnull(folder);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        check_case(entry->d_name);
        n++;
    }
    closedir(folder);
    ck_assert_uint_ge(n, 30);
}
END_TEST

/* The real table of employees; MLAB_TEST_DATA names the folder that holds employee-turnover/turnover.csv. */
START_TEST(the_dirt_of_the_turnover_data_is_found_with_its_rows)
{
    const char *folder = getenv("MLAB_TEST_DATA");
    if (!folder || !*folder) {
        fprintf(stderr, "SKIPPED: MLAB_TEST_DATA is not set, the turnover data are not checked\n");
        return;
    }
    const mlab_option *tables[] = {mlab_data_options, others};
    const size_t n_rows[] = {mlab_data_n_options, sizeof others / sizeof *others};
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_settings *settings = NULL;
    mlab_data *data = NULL;
    mlab_error err;
    char file[4096];
    mlab_findings_start(&findings, &context);
    snprintf(file, sizeof file, "%s/employee-turnover/turnover.csv", folder);
    ck_assert_int_eq(mlab_settings_read(&context, mlab_test_path("real/employee-turnover/study.yaml"), tables, n_rows, 2, &findings, &settings, &err),
                     MLAB_OK);
    ck_assert_int_eq(mlab_settings_override(settings, "data.people.file", file, NULL, &findings, &err), MLAB_OK);
    ck_assert_msg(mlab_data_load(&context, settings, &findings, &data, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(data->people->n_rows, 1129);
    ck_assert_str_eq(data->inputs[0].role, "people");
    static const struct {
        const char *kind;
        uint64_t count, first;
        const char *value;
    } wanted[] = {
        {"exact_duplicate", 13, 0, NULL}, {"label_blanks", 11, 0, " HoReCa"}, {"fractions", 9, 0, "30.40033257"}, {"near_duplicate", 0, 0, NULL}};
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
        const mlab_finding *found = NULL;
        for (size_t i = 0; i < findings.n; i++)
            if (!strcmp(findings.items[i].kind, wanted[k].kind)) found = &findings.items[i];
        ck_assert_msg(found, "no finding %s", wanted[k].kind);
        ck_assert_int_eq(found->severity, MLAB_SEVERITY_NOTE);
        if (wanted[k].count) ck_assert_msg(found->count == wanted[k].count, "%s: %d", wanted[k].kind, (int)found->count);
        if (wanted[k].value) ck_assert_str_eq(found->occurrences[0].value, wanted[k].value);
        ck_assert_uint_gt(found->occurrences[0].place.line, 1);
    }
    if (getenv("MLAB_TEST_WRITE")) {
        mlab_text shown = MLAB_TEXT(&context);
        render_findings(&findings, &shown);
        fprintf(stderr, "%s%s", mlab_text_get(&shown), data->guesses);
        mlab_text_free(&shown);
    }
    mlab_data_free(data);
    mlab_settings_free(settings);
    mlab_findings_free(&findings);
}
END_TEST

MLAB_TEST_MAIN("broken", every_broken_study_gives_its_complete_list_of_findings, the_dirt_of_the_turnover_data_is_found_with_its_rows)

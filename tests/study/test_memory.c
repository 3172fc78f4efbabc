/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole run in which one allocation fails, for every one of them: an error, no leak, nothing of an earlier run touched. */
#include "support/support.h"

#include "core/os.h"
#include "mentorlab.h"

#include <stdio.h>
#include <string.h>

static const char people[] = "id,arm,months,left,age\n"
                             "a,none,3,yes,30\nb,none,14,no,41\nc,none,7,yes,25\nd,coach,15,no,38\ne,coach,5,yes,29\nf,none,9,yes,33\n"
                             "g,coach,12,no,45\nh,coach,16,yes,27\ni,none,4,yes,36\nj,coach,13,yes,31\nk,none,11,no,40\nl,coach,8,no,28\n";
static const char study_text[] = "data:\n"
                                 "  people: {file: people.csv}\n"
                                 "  columns:\n"
                                 "    months: {type: duration, unit: months}\n"
                                 "    left: {type: event}\n"
                                 "    arm: {type: arm, exposure: baseline, levels: [none, coach]}\n"
                                 "outcomes:\n"
                                 "  retention: {model: cox, formula: \"event(months, left) ~ arm + age\"}\n";

static char folder[4200], path[4300], results[4300];

static void put(const mlab_context *context, const char *name, const char *text)
{
    char at[4400];
    mlab_error err;
    snprintf(at, sizeof at, "%s/%s", folder, name);
    ck_assert_int_eq(mlab_os_write_file(context, at, text, strlen(text), false, &err), MLAB_OK);
}

/* Opens and runs up to the fit; everything is made again. */
static mlab_status run(const mlab_context *context, mlab_error *err)
{
    mlab_findings findings;
    mlab_study *study = NULL;
    mlab_findings_start(&findings, context);
    mlab_status status = mlab_study_open(context, path, NULL, 0, folder, &findings, &study, err);
    if (!status) status = mlab_study_run(study, MLAB_STAGE_FIT, true, NULL, NULL, &findings, err);
    mlab_study_free(study);
    mlab_findings_free(&findings);
    return status;
}

START_TEST(every_failed_allocation_of_a_run_is_an_error_without_leak_or_damage)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    char digest[65], after[65];
    mlab_error err = {0};
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("memory"));
    snprintf(path, sizeof path, "%s/study.yaml", folder);
    snprintf(results, sizeof results, "%s/results.h5", folder);
    put(&context, "people.csv", people);
    put(&context, "study.yaml", study_text);
    ck_assert_msg(run(&context, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_int_eq(mlab_store_digest(&context, results, "/", digest, &err), MLAB_OK);
    memory.calls = 0;
    ck_assert_int_eq(run(&context, &err), MLAB_OK);
    const long n = memory.calls;
    ck_assert_int_lt(n, 2000);
    for (long k = 1; k <= n; k++) {
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = run(&context, &err);
        ck_assert_msg(status == MLAB_ERR_MEMORY, "allocation %ld of %ld: %s %s", k, n, mlab_status_name(status), status ? err.sentence : "");
        ck_assert_msg(memory.live == 0, "allocation %ld of %ld leaks %ld blocks", k, n, memory.live);
        memory.fail_at = 0;
        if (k % 25) continue;
        ck_assert_int_eq(mlab_store_digest(&context, results, "/", after, &err), MLAB_OK);
        ck_assert_str_eq(digest, after);
    }
    memory = (mlab_test_memory){0};
    ck_assert_int_eq(run(&context, &err), MLAB_OK);
    ck_assert_int_eq(mlab_store_digest(&context, results, "/", after, &err), MLAB_OK);
    ck_assert_str_eq(digest, after);
}
END_TEST

MLAB_TEST_MAIN("study/memory", every_failed_allocation_of_a_run_is_an_error_without_leak_or_damage)

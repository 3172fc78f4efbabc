/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole line, from files to the report, on a tiny firm, with each allocation of ours failing in turn: an error, no leak, and nothing
 * of an earlier run touched. */
#include "support/support.h"

#include "core/os.h"
#include "mentorlab.h"

#include <stdio.h>
#include <string.h>

static const char study_text[] = "data:\n"
                                 "  people: {file: people.csv}\n"
                                 "  relationships: {file: pairs.csv}\n"
                                 "arms:\n"
                                 "  structured: {relationships: \"\"}\n"
                                 "panel: {period: quarter, from: 2021-01-01, to: 2021-12-31}\n"
                                 "outcomes:\n"
                                 "  retention: {model: hazard, formula: \"exit ~ arm\"}\n"
                                 "comparison: {horizons: {quarters: [2]}, bootstrap: 0, adjust: []}\n"
                                 "matching:\n"
                                 "  mentors: {where: \"grade >= 2\"}\n"
                                 "  mentees: {where: \"grade <= 1\"}\n"
                                 "  policies: [optimal]\n"
                                 "simulation: {horizon: 2 quarters, draws: 2, replicates: 2, seed: 1}\n"
                                 "scenarios:\n"
                                 "  today: {policy: none}\n"
                                 "  plan: {policy: optimal, start_every: 2 quarters, duration: 2 quarters}\n"
                                 "forecast:\n"
                                 "  currency: EUR\n"
                                 "  costs:\n"
                                 "    software: {kind: cash, per: person year, amount: 60}\n";

static char folder[4200], path[4300], results[4300];

static void put(const mlab_context *context, const char *name, const char *text)
{
    char at[4400];
    mlab_error err;
    snprintf(at, sizeof at, "%s/%s", folder, name);
    ck_assert_int_eq(mlab_os_write_file(context, at, text, strlen(text), false, &err), MLAB_OK);
}

/* 36 people, every third leaves at some time, every fourth has a mentor. */
static void put_firm(const mlab_context *context)
{
    static char people[8192], pairs[4096];
    size_t n = (size_t)snprintf(people, sizeof people, "id,hired,left,grade\n"),
           m = (size_t)snprintf(pairs, sizeof pairs, "mentor,mentee,start,end\n");
    for (int i = 0; i < 36; i++) {
        n += (size_t)snprintf(people + n, sizeof people - n, "p%02d,2019-0%d-01,", i, i % 9 + 1);
        if (i % 3 == 0) n += (size_t)snprintf(people + n, sizeof people - n, "2021-%02d-15", i / 3 % 12 + 1);
        n += (size_t)snprintf(people + n, sizeof people - n, ",%d\n", i % 3 + 1);
        if (i % 4 == 1)
            m += (size_t)snprintf(pairs + m, sizeof pairs - m, "p%02d,p%02d,2021-01-%02d,\n", (i + 1) / 3 * 3 + 2 < 36 ? (i + 1) / 3 * 3 + 2 : 35, i,
                                  i % 20 + 5);
    }
    put(context, "people.csv", people);
    put(context, "pairs.csv", pairs);
    put(context, "study.yaml", study_text);
}

static mlab_status run(const mlab_context *context, mlab_findings *findings, mlab_error *err)
{
    mlab_study *study = NULL;
    mlab_findings_start(findings, context);
    mlab_status status = mlab_study_open(context, path, NULL, 0, folder, findings, &study, err);
    if (!status) status = mlab_study_run(study, MLAB_STAGE_REPORT, true, NULL, NULL, findings, err);
    mlab_study_free(study);
    return status;
}

START_TEST(every_failed_allocation_of_the_whole_line_is_an_error_without_leak_or_damage)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    char digest[65], after[65];
    mlab_error err = {0};
    mlab_findings findings;
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("whole"));
    snprintf(path, sizeof path, "%s/study.yaml", folder);
    snprintf(results, sizeof results, "%s/results.h5", folder);
    put_firm(&context);
    mlab_status first = run(&context, &findings, &err);
    for (size_t i = 0; first && i < findings.n; i++) printf("%s\n", findings.items[i].sentence);
    mlab_findings_free(&findings);
    ck_assert_msg(first == MLAB_OK, "%s", err.sentence);
    ck_assert_int_eq(mlab_store_digest(&context, results, "/", digest, &err), MLAB_OK);
    memory.calls = 0;
    ck_assert_int_eq(run(&context, &findings, &err), MLAB_OK);
    mlab_findings_free(&findings);
    const long n = memory.calls;
    ck_assert_int_lt(n, 3000); /* the test tries each */
    long redone = 0;
    for (long k = 1; k <= n; k++) {
        memory = (mlab_test_memory){.fail_at = k};
        mlab_status status = run(&context, &findings, &err);
        mlab_findings_free(&findings);
        ck_assert_msg(status == MLAB_ERR_MEMORY || status == MLAB_OK, "allocation %ld of %ld: %s %s", k, n, mlab_status_name(status), err.sentence);
        ck_assert_msg(memory.live == 0, "allocation %ld of %ld leaks %ld blocks", k, n, memory.live);
        memory.fail_at = 0;
        if (status && k % 25) continue; /* a shard that could not be looked at is made again: the same results */
        redone += !status;
        ck_assert_int_eq(mlab_store_digest(&context, results, "/", after, &err), MLAB_OK);
        ck_assert_str_eq(digest, after);
    }
    ck_assert_int_le(redone, 10);
}
END_TEST

MLAB_TEST_MAIN("faults/whole_run", every_failed_allocation_of_the_whole_line_is_an_error_without_leak_or_damage)

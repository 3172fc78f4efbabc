/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/error.h"
#include "mentorlab/data.h"
#include "support/support.h"

#include <string.h>

static mlab_status add(mlab_findings *findings, mlab_severity severity, const char *kind, uint64_t line, const char *sentence)
{
    mlab_place place = mlab_place_cell("people.csv", line, 2, "age");
    mlab_error err;
    return mlab_findings_add(findings, severity, kind, &place, "x", "type: text", &err, "%s", sentence);
}

START_TEST(the_same_kind_and_sentence_is_one_finding_with_two_places)
{
    mlab_test_memory memory = {0};
    mlab_context context = mlab_test_context(&memory, 1);
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(add(&findings, MLAB_SEVERITY_STOP, "bad_cell", 4, "not a number"), MLAB_OK);
    ck_assert_int_eq(add(&findings, MLAB_SEVERITY_NOTE, "blank", 5, "leading blank"), MLAB_OK);
    ck_assert_int_eq(add(&findings, MLAB_SEVERITY_STOP, "bad_cell", 9, "not a number"), MLAB_OK);
    ck_assert_int_eq(add(&findings, MLAB_SEVERITY_DECIDE, "bad_cell", 9, "not a number"), MLAB_OK);
    ck_assert_uint_eq(findings.n, 3);
    ck_assert_uint_eq(findings.items[0].count, 2);
    ck_assert_uint_eq(findings.items[0].occurrences[1].place.line, 9);
    ck_assert_str_eq(findings.items[0].occurrences[1].value, "x");
    ck_assert_str_eq(findings.items[0].remedy, "type: text");
    ck_assert_uint_eq(mlab_findings_count(&findings, MLAB_SEVERITY_STOP), 1);
    ck_assert_uint_eq(mlab_findings_count(&findings, MLAB_SEVERITY_DECIDE), 1);
    ck_assert_uint_eq(mlab_findings_count(&findings, MLAB_SEVERITY_NOTE), 1);
    mlab_findings_free(&findings);
    mlab_findings_free(&findings);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(a_group_counts_on_after_its_places_are_full)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    for (uint64_t line = 2; line < 12002; line++) ck_assert_int_eq(add(&findings, MLAB_SEVERITY_NOTE, "k", line, "s"), MLAB_OK);
    ck_assert_uint_eq(findings.items[0].count, 12000);
    ck_assert_uint_eq(findings.items[0].n_occurrences, 10000);
    mlab_findings_free(&findings);
}
END_TEST

START_TEST(every_failed_allocation_of_a_finding_is_reported_and_nothing_leaks)
{
    for (long k = 1;; k++) {
        mlab_test_memory memory = {0};
        mlab_context context = mlab_test_context(&memory, 1);
        memory.fail_at = k;
        mlab_findings findings;
        mlab_findings_start(&findings, &context);
        mlab_status status = MLAB_OK;
        for (uint64_t line = 2; !status && line < 20; line++) status = add(&findings, MLAB_SEVERITY_NOTE, line % 2 ? "a" : "b", line, "s");
        bool failed = memory.calls >= k;
        ck_assert_int_eq(status, failed ? MLAB_ERR_MEMORY : MLAB_OK);
        mlab_findings_free(&findings);
        ck_assert_int_eq(memory.live, 0);
        if (!failed) break;
    }
}
END_TEST

MLAB_TEST_MAIN("findings", the_same_kind_and_sentence_is_one_finding_with_two_places, a_group_counts_on_after_its_places_are_full,
               every_failed_allocation_of_a_finding_is_reported_and_nothing_leaks)

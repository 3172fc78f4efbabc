/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/support.h"

#include "study/inside.h"

#include "core/memory.h"
#include "core/os.h"

#include <stdio.h>
#include <string.h>

static char folder[4200], path[4300];

static void put(const mlab_context *context, const char *name, const char *text)
{
    mlab_error err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(mlab_os_write_file(context, path, text, strlen(text), false, &err) == MLAB_OK, "%s", err.sentence);
}

static size_t row_of(const mlab_table *people, const char *id)
{
    for (size_t i = 0; i < people->n_rows; i++)
        if (!strcmp(mlab_column_text(mlab_table_find(people, "id"), i), id)) return i;
    ck_abort_msg("%s is not there", id);
    return 0;
}

/* The last quarter of the panel:
 *   a   grade 1, promoted to 2 and 3 in it; a relationship since November; answers 4 in it
 *   b   the mentor of a; stays in grade 4
 *   c   resigns in it      d   retires on its last day                                        */
START_TEST(people_are_matched_as_they_are_on_the_last_day)
{
    mlab_context context = mlab_test_context(NULL, 1);
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("present"));
    put(&context, "people.csv",
        "id,hired,left,exit_reason,grade\na,2021-01-01,,,1\nb,2020-01-01,,,4\nc,2020-01-01,2021-11-30,resigned,2\nd,2010-01-01,2021-12-31,retired,"
        "4\n");
    put(&context, "promotions.csv", "id,date,to\na,2021-10-20,2\na,2021-12-01,3\n");
    put(&context, "relationships.csv", "mentor,mentee,start,end,kind\nb,a,2021-11-05,,program\n");
    put(&context, "surveys.csv", "id,date,mood\na,2021-06-01,2\na,2021-11-15,4\nb,2021-06-01,3\n");
    put(&context, "study.yaml",
        "as_of: 2021-12-31\n"
        "data:\n"
        "  people: {file: people.csv}\n"
        "  promotions: {file: promotions.csv, columns: {to: {type: integer}}}\n"
        "  surveys: {file: surveys.csv, satisfaction: {from: mood, scale: [1, 2, 3, 4, 5]}}\n"
        "  relationships: {file: relationships.csv}\n"
        "  columns: {grade: {type: integer}}\n"
        "events: {exit: {voluntary: [resigned], end_of_study: [retired]}}\n"
        "arms: {program: {relationships: \"kind == 'program'\"}}\n"
        "panel: {period: quarter, from: 2021-01-01, to: 2021-12-31}\n");
    mlab_findings findings;
    mlab_findings_start(&findings, &context);
    mlab_study *study = NULL;
    mlab_error err = {0};
    mlab_status status = mlab_study_open(&context, path, NULL, 0, folder, &findings, &study, &err);
    for (size_t k = 0; k < findings.n; k++) fprintf(stderr, "%s\n", findings.items[k].sentence);
    ck_assert_msg(status == MLAB_OK, "%s", err.sentence);
    ck_assert_msg(mlab_study_run(study, MLAB_STAGE_CHECK, false, NULL, NULL, &findings, &err) == MLAB_OK, "%s", err.sentence);
    mlab_table *people = NULL;
    ck_assert_msg(mlab_study_present(study, &people, &err) == MLAB_OK, "%s", err.sentence);
    ck_assert_uint_eq(people->n_rows, 2); /* c and d are gone */
    const size_t a = row_of(people, "a"), b = row_of(people, "b");
    ck_assert_int_eq(mlab_table_find(people, "grade")->as.integer[a], 3);
    ck_assert_int_eq(mlab_table_find(people, "grade")->as.integer[b], 4);
    ck_near(mlab_table_find(people, "tenure")->as.real[a], 365 / 365.25, 1e-12, 0);
    ck_near(mlab_table_find(people, "time_in_grade")->as.real[a], 30 / 365.25, 1e-12, 0);
    ck_assert_str_eq(mlab_column_text(mlab_table_find(people, "arm"), a), "program");
    ck_assert_str_eq(mlab_column_text(mlab_table_find(people, "arm"), b), "none");
    ck_assert_int_eq(mlab_table_find(people, "mentoring_others")->as.integer[a], 0);
    ck_assert_int_eq(mlab_table_find(people, "mentoring_others")->as.integer[b], 1);
    ck_assert_str_eq(mlab_column_text(mlab_table_find(people, "satisfaction_last"), a), "4");
    ck_assert_str_eq(mlab_column_text(mlab_table_find(people, "satisfaction_last"), b), "3");
    mlab_table_free(people);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

MLAB_TEST_MAIN("study/present", people_are_matched_as_they_are_on_the_last_day)

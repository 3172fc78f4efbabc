/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a study can answer, as the reader sees it: counts, differences, and nothing that gives a small group away. */
#include "support/support.h"

#include "core/os.h"
#include "mentorlab.h"
#include "study/firm.h"

#include <stdio.h>
#include <string.h>

static const char study_text[] = "data:\n"
                                 "  people: {file: people.csv}\n"
                                 "  columns:\n"
                                 "    months: {type: duration, unit: months}\n"
                                 "    left: {type: event}\n"
                                 "    arm: {type: arm, exposure: baseline, levels: [none, coach, \"Göran\"]}\n"
                                 "outcomes:\n"
                                 "  retention: {model: cox, formula: \"event(months, left) ~ arm + age\"}\n"
                                 "report: {minimum_cell: 5}\n";

static char folder[4200], path[4300];

/* People by arm, 12 months each; the first of every two leaves. */
static void write_people(const mlab_context *context, int none, int coach, int third)
{
    static const char *const arms[] = {"none", "coach", "Göran"};
    const int n[] = {none, coach, third};
    char text[20000], at[4300];
    size_t used = (size_t)snprintf(text, sizeof text, "id,arm,months,left,age\n");
    mlab_error err;
    for (int k = 0, id = 0; k < 3; k++)
        for (int i = 0; i < n[k]; i++, id++)
            used += (size_t)snprintf(text + used, sizeof text - used, "p%03d,%s,12,%s,%d\n", id, arms[k], i % 2 ? "no" : "yes", 20 + id * 7 % 40);
    snprintf(folder, sizeof folder, "%s", mlab_test_folder("answers"));
    snprintf(path, sizeof path, "%s/study.yaml", folder);
    ck_assert_int_eq(mlab_os_write_file(context, path, study_text, sizeof study_text - 1, false, &err), MLAB_OK);
    snprintf(at, sizeof at, "%s/people.csv", folder);
    ck_assert_int_eq(mlab_os_write_file(context, at, text, used, false, &err), MLAB_OK);
}

/* What check tells, in a static buffer. */
static const char *answers(const mlab_context *context, bool json)
{
    static char told[8000];
    mlab_findings findings;
    mlab_study *study = NULL;
    mlab_error err = {0};
    char *text;
    mlab_findings_start(&findings, context);
    ck_assert_msg(!mlab_study_open(context, path, NULL, 0, folder, &findings, &study, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_study_run(study, MLAB_STAGE_CHECK, false, NULL, NULL, &findings, &err), "%s", err.sentence);
    ck_assert_msg(!mlab_study_answers(study, json, &text, &err), "%s", err.sentence);
    snprintf(told, sizeof told, "%s", text);
    mlab_study_text_free(study, text);
    mlab_study_free(study);
    mlab_findings_free(&findings);
    return told;
}

START_TEST(groups_are_counted_with_the_difference_that_could_be_seen)
{
    mlab_context context = mlab_test_context(NULL, 1);
    write_people(&context, 60, 40, 20);
    ck_assert_str_eq(answers(&context, false), "What this study can answer\n"
                                               "  retention                people     exits  person-years  seen in 12 months\n"
                                               "    none                       60        30            60  compared with\n"
                                               "    coach                      40        20            40  from +-25 points on\n"
                                               "    Göran                      20        10            20  from +-31 points on\n"
                                               "  seen: with 80 % power in a test at 5 %, before any adjustment, which needs more\n");
    const char *json = answers(&context, true);
    ck_assert_ptr_nonnull(strstr(json, "\"group\": \"Göran\", \"people\": 20, \"events\": 10, \"person_years\": "));
}
END_TEST

/* 3 people of one group: with the total known, a second group has to go with it. */
START_TEST(a_small_group_is_hidden_and_so_is_what_gives_it_away)
{
    mlab_context context = mlab_test_context(NULL, 1);
    write_people(&context, 60, 40, 3);
    const char *text = answers(&context, false);
    ck_assert_msg(strstr(text, "    Göran                 fewer than 5 people\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "    coach                 hidden, because another group is small\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "    none                       60        30            60  compared with\n") != NULL, "%s", text);
    ck_assert_ptr_null(strstr(text, "40"));
    const char *json = answers(&context, true);
    ck_assert_ptr_nonnull(
        strstr(json, "{\"group\": \"coach\", \"people\": null, \"events\": null, \"person_years\": null, \"smallest_difference\": null}"));
}
END_TEST

/* 8 people, 4 of whom leave: those who leave and those who stay are both few. */
START_TEST(few_events_are_hidden_with_the_time_and_the_difference)
{
    mlab_context context = mlab_test_context(NULL, 1);
    write_people(&context, 60, 40, 8);
    const char *text = answers(&context, false);
    ck_assert_msg(strstr(text, "    Göran                       8    hidden") != NULL, "%s", text);
    ck_assert_msg(!strstr(text, "too few"), "%s", text);
}
END_TEST

START_TEST(an_exit_by_another_name_is_counted_under_it)
{
    mlab_context context = mlab_test_context(NULL, 1);
    firm_make(&context);
    firm_write_with(&context, "  retention: {formula", "  leaving: {kind: event, model: hazard, formula");
    snprintf(folder, sizeof folder, "%s", firm_folder);
    snprintf(path, sizeof path, "%s", firm_path);
    const char *text = answers(&context, false);
    ck_assert_msg(strstr(text, "  leaving                  people     exits") && !strstr(text, "  retention "), "%s", text);
}
END_TEST

START_TEST(an_outcome_named_after_one_event_does_not_model_another)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_findings findings;
    mlab_study *study = NULL;
    mlab_error err = {0};
    bool said = false;
    firm_make(&context);
    firm_write_with(&context, "\"exit ~ arm + grade\"", "\"promoted ~ arm + grade\"");
    mlab_findings_start(&findings, &context);
    ck_assert_msg(!mlab_study_open(&context, firm_path, NULL, 0, firm_folder, &findings, &study, &err), "%s", err.sentence);
    ck_assert_int_eq(mlab_study_run(study, MLAB_STAGE_CHECK, false, NULL, NULL, &findings, &err), MLAB_ERR_STUDY_REJECTED);
    for (size_t k = 0; k < findings.n; k++)
        said = said || (strstr(findings.items[k].sentence, "write promotion: in the place of retention:, or exit ~ ...") &&
                        findings.items[k].occurrences[0].place.line == 13);
    ck_assert(said);
    mlab_study_free(study);
    mlab_findings_free(&findings);
}
END_TEST

MLAB_TEST_MAIN("study/answers", groups_are_counted_with_the_difference_that_could_be_seen, a_small_group_is_hidden_and_so_is_what_gives_it_away,
               few_events_are_hidden_with_the_time_and_the_difference, an_exit_by_another_name_is_counted_under_it,
               an_outcome_named_after_one_event_does_not_model_another)

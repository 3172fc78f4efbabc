/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the exports of one firm are taken for: the role of each file, its layout, the meaning of its columns. */
#include "data/recognise.h"
#include "layouts/firm.h"

#include "core/os.h"

#include <stdio.h>
#include <string.h>

static const char *folder;
static mlab_layouts layouts;

static mlab_context context;

static void start(void)
{
    mlab_error err;
    context = mlab_test_context(NULL, 1);
    ck_assert_msg(!mlab_layouts_read(&context, &layouts, &err), "%s", err.sentence);
    folder = mlab_test_folder("recognise");
}

static mlab_known_file known;
static const mlab_known_file *recognise(const char *name)
{
    char path[4400];
    mlab_findings findings;
    mlab_error err;
    mlab_known_file_free(&known);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    mlab_findings_start(&findings, &context);
    ck_assert_msg(!mlab_recognise(&context, &layouts, path, NULL, &findings, &known, &err), "%s", err.sentence);
    ck_assert_uint_eq(mlab_findings_count(&findings, MLAB_SEVERITY_STOP), 0);
    mlab_findings_free(&findings);
    return &known;
}

#define ck_known(file_, role_, layout_)                                                                                                              \
    do {                                                                                                                                             \
        recognise((file_));                                                                                                                          \
        ck_assert_str_eq(mlab_file_role_names[known.role], (role_));                                                                                 \
        const mlab_setting *is_ = known.layout ? mlab_settings_find(known.layout, NULL, "layout") : NULL;                                            \
        ck_assert_str_eq(is_ ? mlab_setting_text(is_) : "", (layout_));                                                                              \
    } while (0)
#define ck_heading(meaning_, heading_) ck_assert_pstr_eq(mlab_known_heading(&known, (meaning_)), (heading_))

START_TEST(each_file_of_the_simple_form_is_known)
{
    start();
    firm *f = firm_make(&context, 300, 1, false);
    firm_write_simple(f, folder);
    ck_known("people.csv", "people", "");
    ck_heading("id", "id");
    ck_heading("hired", "hired");
    ck_heading("exit_reason", "exit_reason");
    ck_known("promotions.csv", "promotions", "");
    ck_heading("to", "to");
    ck_known("surveys.csv", "surveys", "");
    ck_heading("satisfaction", "satisfaction");
    ck_heading("informal", "has_informal_mentor");
    ck_heading("since", "mentor_since");
    ck_known("pairs.csv", "relationships", "");
    ck_heading("mentor", "mentor");
    ck_heading("meetings", "meetings");
    mlab_known_file_free(&known);
    mlab_layouts_free(&layouts);
    firm_free(f);
}
END_TEST

START_TEST(each_export_of_a_personnel_system_is_known)
{
    start();
    firm *f = firm_make(&context, 300, 1, false);
    firm_write_workday(f, folder);
    firm_write_successfactors(f, folder);
    firm_write_oracle(f, folder);
    firm_write_crosswalk(f, folder);
    ck_known("workers.xlsx", "people", "workday"); /* below its title rows */
    ck_heading("id", "Worker");
    ck_heading("email", "Email - Primary Work");
    ck_heading("hired", "Hire Date");
    ck_known("job_history.xlsx", "history", "workday");
    ck_heading("from", "Effective Date");
    ck_heading("reason", "Business Process Reason");
    ck_heading("department", "Cost Center");
    ck_known("employees.txt", "people", "successfactors");
    ck_heading("id", "User ID");
    ck_heading("hired", NULL);
    ck_known("job_info.txt", "history", "successfactors");
    ck_heading("from", "Event Date");
    ck_heading("until", "End Date");
    ck_heading("reason", "Event Reason");
    ck_heading("event", "Event");
    ck_heading("grade", "Pay Grade");
    ck_assert_str_eq(mlab_setting_text(mlab_known_setting(&known, "last_day")), "first_day_gone");
    ck_known("persons.csv", "people", "oracle");
    ck_heading("gender", "SEX");
    ck_known("assignments.csv", "history", "oracle");
    ck_heading("reason", "ACTION_CODE");
    ck_heading("manager", "MANAGER_PERSON_NUMBER");
    ck_known("ids.csv", "crosswalk", "");
    ck_heading("from", "Email");
    ck_heading("to", "Employee ID");
    mlab_known_file_free(&known);
    mlab_layouts_free(&layouts);
    firm_free(f);
}
END_TEST

START_TEST(each_export_of_a_survey_is_known)
{
    start();
    firm *f = firm_make(&context, 300, 1, false);
    firm_write_qualtrics(f, folder);
    firm_write_cultureamp(f, folder);
    ck_known("wave_2022-05-17.csv", "surveys", "qualtrics");
    ck_heading("person", "ExternalReference");
    ck_heading("date", "RecordedDate");
    ck_heading("finished", "Finished");
    ck_heading("informal", "Q5"); /* by the question below the heading */
    ck_heading("since", "Q6");
    ck_known("survey.csv", "surveys", "culture_amp");
    ck_heading("email", "Email");
    ck_heading("finished", "Status");
    ck_heading("informal", "Informal mentor");
    mlab_known_file_free(&known);
    mlab_layouts_free(&layouts);
    firm_free(f);
}
END_TEST

START_TEST(each_list_of_pairs_of_a_platform_is_known)
{
    start();
    firm *f = firm_make(&context, 300, 1, false);
    firm_write_pairs_chronus(f, folder);
    firm_write_pairs_mentorcliq(f, folder);
    firm_write_pairs_together(f, folder);
    firm_write_pairs_pushfar(f, folder);
    ck_known("connections.csv", "relationships", "chronus");
    ck_heading("mentor", "Mentor Email Address"); /* not the column of names */
    ck_heading("start", "Started On");
    ck_known("relationships.xlsx", "relationships", "mentorcliq");
    ck_heading("meetings", "Meetings Logged");
    ck_known("pairings.csv", "relationships", "together");
    ck_heading("mentee", "Mentee Email");
    ck_heading("meetings", "Sessions Completed");
    ck_known("mentoring_relationships.csv", "relationships", "pushfar");
    ck_heading("end", "Relationship End");
    mlab_known_file_free(&known);
    mlab_layouts_free(&layouts);
    firm_free(f);
}
END_TEST

START_TEST(headings_are_compared_without_case_blanks_and_punctuation)
{
    char plain[64];
    static const char *const pairs[][2] = {{"RecordedDate", "recorded date"}, {"PERSON_NUMBER", "person number"}, {"  E-Mail ", "e mail"},
                                           {"Start  date:", "start date"},    {"don't know", "dont know"},        {"", ""}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        mlab_plain_words(pairs[i][0], plain, sizeof plain);
        ck_assert_str_eq(plain, pairs[i][1]);
    }
    ck_assert(mlab_same_words("user id", "userid"));
    ck_assert(!mlab_same_words("user id", "user ids"));
    mlab_plain_words("a very long heading", plain, 8);
    ck_assert_uint_lt(strlen(plain), 8);
}
END_TEST

START_TEST(a_file_of_nothing_known_is_said_to_be_so)
{
    start();
    char path[4400];
    mlab_error err;
    static const char text[] = "fruit,colour\napple,red\npear,green\n";
    snprintf(path, sizeof path, "%s/fruit.csv", folder);
    ck_assert(!mlab_os_write_file(&context, path, text, strlen(text), false, &err));
    ck_known("fruit.csv", "unknown", "");
    mlab_known_file_free(&known);
    mlab_layouts_free(&layouts);
}
END_TEST

MLAB_TEST_MAIN("recognise", each_file_of_the_simple_form_is_known, each_export_of_a_personnel_system_is_known, each_export_of_a_survey_is_known,
               each_list_of_pairs_of_a_platform_is_known, headings_are_compared_without_case_blanks_and_punctuation,
               a_file_of_nothing_known_is_said_to_be_so)

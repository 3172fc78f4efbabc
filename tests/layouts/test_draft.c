/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies drafted from exports: what is guessed, what is asked, and that nothing leaks when memory runs out. */
#include "layouts/firm.h"
#include "mentorlab.h"

#include "core/os.h"

#include <stdio.h>
#include <string.h>

static mlab_test_memory memory;
static mlab_context context;
static char paths[8][4400];
static const char *const *path_list(size_t n)
{
    static const char *list[8];
    for (size_t i = 0; i < n; i++) list[i] = paths[i];
    return list;
}

static void put(size_t i, const char *name, const char *text)
{
    mlab_error err;
    snprintf(paths[i], sizeof paths[i], "%s/%s", mlab_test_folder("draft"), name);
    ck_assert(!mlab_os_write_file(&context, paths[i], text, strlen(text), false, &err));
}

/* Eleven people, so that ids are told from labels; two leave, one is promoted, one pair. */
static void little_world(void)
{
    memory = (mlab_test_memory){0};
    context = mlab_test_context(&memory, 1);
    mlab_text people = MLAB_TEXT(&context);
    mlab_text_append(&people, "Badge,E-Mail,Joined,Left us,Reason for leaving,Level,Sex\n");
    for (int i = 0; i < 11; i++)
        mlab_text_print(&people, "%05d,p%d@example.com,2020-0%d-10,%s,%s,%d,%s\n", 100 + 7 * i, i, 1 + i % 9,
                        i == 3   ? "2022-03-31"
                        : i == 5 ? "2022-05-31"
                                 : "",
                        i == 3   ? "Resigned"
                        : i == 5 ? "Aliens"
                                 : "",
                        1 + i % 3, i % 2 ? "f" : "m");
    put(0, "people.csv", mlab_text_get(&people));
    mlab_text_free(&people);
    put(1, "raises.csv", "Badge,Promotion Date,New Grade\n00100,2021-07-01,2\n00114,2022-01-01,3\n");
    put(3, "jobs.csv",
        "Badge,Effective Date,Reason,Level\n00100,2020-01-10,Hire,1\n00100,2021-07-01,Promotion,2\n00107,2020-02-10,Hire,1\n"
        "00107,2022-01-01,Leave of absence,1\n00107,2022-06-01,Return to work,1\n00107,2023-01-31,Resignation,1\n");
    put(4, "survey_2022-05-01.csv",
        "E-Mail,Finished,Q1,Q2,Q3,Informal mentor\np1@example.com,True,Agree,Agree,N/A,Yes\n"
        "p2@example.com,True,Neutral,Disagree,Agree,No\np3@example.com,False,Agree,,,\n");
    put(5, "ids.csv", "Email,Badge\np1@example.com,00107\np2@example.com,00114\np3@example.com,00121\n");
    put(2, "pairs.csv", "Mentor Email,Mentee Email,Start Date,End Date\np4@example.com,P1@example.com,2021-03-01,\n");
}

static mlab_draft *draft(size_t n, const char *as_of)
{
    mlab_findings findings;
    mlab_error err;
    mlab_draft *made = NULL;
    mlab_findings_start(&findings, &context);
    mlab_status status = mlab_draft_study(&context, path_list(n), n, mlab_test_folder("study"), as_of, &findings, &made, &err);
    ck_assert_msg(!status, "%s", err.sentence);
    mlab_findings_free(&findings);
    return made;
}

#define ck_has(text_, part_) ck_assert_msg(strstr(text_, part_) != NULL, "'%s' is not in:\n%s", part_, text_)

START_TEST(every_guess_stands_in_its_line_with_its_reason)
{
    little_world();
    mlab_draft *made = draft(3, "2024-12-31");
    ck_has(made->yaml, "as_of: 2024-12-31\n");
    ck_has(made->yaml, "    file: ../mentorlab-draft-"); /* relative to the folder of the study */
    ck_has(made->yaml, "    id: Badge        ");
    ck_has(made->yaml, "    hired: Joined    ");
    ck_has(made->yaml, "    exit_reason: Reason for leaving ");
    ck_has(made->yaml, "# guessed: by its heading; change it here");
    ck_has(made->yaml, "    date: Promotion Date");
    ck_has(made->yaml, "    mentee: Mentee Email");
    ck_has(made->yaml, "by its heading; 1 of 1 are people");
    ck_has(made->yaml, "  crosswalk:\n");
    ck_has(made->yaml, "    voluntary: [Resigned]");
    ck_has(made->yaml, "gender: {from: Sex}");
    ck_has(made->says, "people.csv: people, one row a person (11 rows, 7 columns)");
    mlab_draft_free(made);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

START_TEST(what_only_people_know_is_asked_with_the_line_that_answers_it)
{
    little_world();
    mlab_draft *made = draft(3, NULL);
    bool as_of = false, reason = false;
    ck_assert_uint_le(made->n_questions, 10);
    for (size_t q = 0; q < made->n_questions; q++) {
        as_of = as_of || (strstr(made->questions[q], "exported") && strstr(made->questions[q], "\n  as_of: 20"));
        reason = reason || (strstr(made->questions[q], "\"Aliens\" (1 row)") && strstr(made->questions[q], "events.exit"));
    }
    ck_assert(as_of);
    ck_assert(reason);
    ck_has(made->yaml, "# Questions that only you can answer");
    mlab_draft_free(made);
}
END_TEST

START_TEST(without_a_list_of_people_nothing_is_drafted)
{
    little_world();
    mlab_findings findings;
    mlab_error err;
    mlab_draft *made = NULL;
    const char *only_pairs[] = {paths[2]}, *gone[] = {"/nowhere/people.csv"};
    mlab_findings_start(&findings, &context);
    ck_assert_int_eq(mlab_draft_study(&context, only_pairs, 1, ".", NULL, &findings, &made, &err), MLAB_ERR_DATA_EMPTY);
    ck_has(err.sentence, "one row a person");
    ck_assert_int_eq(mlab_draft_study(&context, gone, 1, ".", NULL, &findings, &made, &err), MLAB_ERR_OPEN);
    ck_assert_int_eq(mlab_draft_study(&context, gone, 0, ".", NULL, &findings, &made, &err), MLAB_ERR_ARGUMENT);
    ck_assert_ptr_null(made);
    mlab_findings_free(&findings);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* Each of the first hundred allocations, then every 37th; all of them are of one kind after that. */
static void fail_all(size_t n_files)
{
    mlab_findings findings;
    mlab_error err;
    mlab_draft *made = NULL;
    mlab_status status = MLAB_ERR_MEMORY;
    long fails = 0;
    for (long k = 1; status && fails < 5000; k += k < 100 ? 1 : 37) {
        mlab_findings_start(&findings, &context);
        memory.calls = 0;
        memory.fail_at = k;
        status = mlab_draft_study(&context, path_list(n_files), n_files, mlab_test_folder("study"), NULL, &findings, &made, &err);
        memory.fail_at = 0;
        fails++;
        if (status) {
            ck_assert_int_eq(status, MLAB_ERR_MEMORY);
            ck_assert_ptr_null(made);
        }
        mlab_draft_free(made);
        mlab_findings_free(&findings);
        ck_assert_int_eq(memory.live, 0);
    }
    ck_assert_int_eq(status, MLAB_OK);
    ck_assert_int_gt(fails, 100);
}

START_TEST(nothing_is_lost_when_memory_runs_out)
{
    little_world();
    fail_all(3);
    fail_all(6);
}
END_TEST

START_TEST(a_history_a_wave_and_a_crosswalk_are_drafted)
{
    little_world();
    mlab_draft *made = draft(6, "2024-12-31");
    ck_has(made->says, "jobs.csv: a job history, one row a change (6 rows, 4 columns)");
    ck_has(made->yaml, "    from: Effective Date");
    ck_has(made->yaml, "  hire: [Hire]");
    ck_has(made->yaml, "    begins: [Leave of absence]");
    ck_has(made->yaml, "    ends: [Return to work]");
    ck_has(made->yaml, "    voluntary: [Resignation]");
    ck_has(made->says, "survey_2022-05-01.csv: answers to a survey");
    ck_has(made->yaml, "missing: [\"\", NA, N/A]");
    ck_has(made->yaml, "    person: E-Mail");
    ck_has(made->yaml, "informal: {survey: Informal mentor, carry: 12 months}");
    ck_has(made->says, "ids.csv: e-mails in \"Email\" lead to the ids in \"Badge\"");
    mlab_draft_free(made);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

MLAB_TEST_MAIN("draft", every_guess_stands_in_its_line_with_its_reason, what_only_people_know_is_asked_with_the_line_that_answers_it,
               without_a_list_of_people_nothing_is_drafted, nothing_is_lost_when_memory_runs_out, a_history_a_wave_and_a_crosswalk_are_drafted)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two commands from exports to a first report, as a newcomer types them. */
#include "cli/program.h"
#include "layouts/firm.h"

#include "core/text.h"

static mlab_context context;

/* exports/: the simple lists of people and promotions, a survey and pairs by e-mail. */
static void start_with_exports(int n_people)
{
    char folder[4300];
    mlab_error err;
    start_here();
    context = mlab_test_context(NULL, 1);
    snprintf(folder, sizeof folder, "%s/exports", here);
    ck_assert(!mlab_os_make_folder(folder, &err));
    firm *f = firm_make(&context, n_people, 7, false);
    firm_write_simple(f, folder);
    firm_write_cultureamp(f, folder);
    firm_write_pairs_pushfar(f, folder);
    firm_free(f);
}

#define NEW(folder_) PROGRAM " new " folder_ " " FROM
#define FROM "--from exports/people.csv exports/mentoring_relationships.csv exports/promotions.csv exports/survey.csv --as-of 2024-12-31"

START_TEST(two_commands_lead_from_exports_to_a_first_report)
{
    start_with_exports(700);
    ck_assert_msg(shell(NEW("mine")) == 0, "%s", err_out);
    ck_says(out, "people.csv: people, one row a person (700 rows, 11 columns)");
    ck_says(out, "survey.csv: answers to a survey");
    ck_says(out, "mentor         Mentor Email");
    ck_says(out, "mine/study.yaml is written; every guess is marked in its line.");
    ck_says(out, " 1. ");
    ck_says_not(out, "11. ");
    int code = shell(PROGRAM " run mine/study.yaml --out mine");
    ck_assert_msg(code == 0 || code == 4, "%s%s", out, err_out); /* 4: few exits in a small firm */
    ck_says(out, "DID IT WORK?");
    ck_says(out, "structured against none");
    ck_assert_int_eq(shell("test -s mine/report.html && test -s mine/results.h5"), 0);
    ck_assert_int_eq(shell("ls mine | sort | tr '\\n' ' '"), 0);
    ck_assert_str_eq(out, "report.html results.h5 study.yaml summary.md "); /* nothing of the exports is copied */
    /* before the first survey nobody is known to have no mentor: a grid that begins earlier leaves that time to the model, and says so */
    ck_assert_int_eq(shell(PROGRAM " compare mine/study.yaml --out early --set panel.from=2021-01-01"), 4);
    ck_assert_int_eq(shell(PROGRAM
                           " export early/results.h5 /comparison/contrasts | grep -c '^[^,]*retention.*Fewer than 5 people of one of the groups "
                           "were seen'"),
                     0);
}
END_TEST

static void write_exports(const char *folder, void (*const *writers)(const firm *f, const char *folder))
{
    char path[4300];
    mlab_error err;
    snprintf(path, sizeof path, "%s/%s", here, folder);
    ck_assert(!mlab_os_make_folder(path, &err));
    firm *f = firm_make(&context, 400, 11, true);
    for (; *writers; writers++) (*writers)(f, path);
    firm_free(f);
}

START_TEST(every_system_leads_to_a_first_report_in_two_commands)
{
    static void (*const systems[][5])(const firm *f, const char *folder) = {
        {firm_write_workday, firm_write_qualtrics, firm_write_pairs_chronus, NULL},
        {firm_write_successfactors, firm_write_cultureamp, firm_write_pairs_mentorcliq, NULL},
        {firm_write_oracle, firm_write_crosswalk, firm_write_cultureamp, firm_write_pairs_together, NULL}};
    start_here();
    context = mlab_test_context(NULL, 1);
    for (int k = 0; k < 3; k++) {
        char folder[16];
        snprintf(folder, sizeof folder, "from%d", k);
        write_exports(folder, systems[k]);
        ck_assert_msg(shell(PROGRAM " new mine%d --from %s/*", k, folder) == 0, "%s%s", out, err_out);
        ck_says(out, "as_of: 2024-12-31"); /* the rows that lie ahead are told from those that happened */
        ck_says_not(out, "11. ");
        ck_says_not(out, "nothing tells what this file is");
        ck_assert_int_eq(shell("grep -c 'formula' mine%d/study.yaml", k), 1); /* no formula */
        int code = shell(PROGRAM " run mine%d/study.yaml --out mine%d --set comparison.bootstrap=20", k, k);
        ck_assert_msg(code == 0 || code == 4, "%s%s", out, err_out);
        ck_says(out, "DID IT WORK?");
        ck_says(out, "Retention");
        ck_says(out, "structured against none");
    }
}
END_TEST

START_TEST(a_study_that_is_there_is_never_written_over)
{
    start_with_exports(60);
    ck_assert_int_eq(shell(NEW("mine")), 0);
    ck_assert_int_eq(shell("echo '# mine' >> mine/study.yaml; cp mine/study.yaml before"), 0);
    ck_assert_int_eq(shell(PROGRAM " new mine " FROM), 2);
    ck_says(err_out, "mine/study.yaml is there already; choose another folder");
    ck_assert_int_eq(shell("cmp mine/study.yaml before"), 0);
}
END_TEST

START_TEST(wrong_usage_is_told)
{
    start_with_exports(60);
    ck_assert_int_eq(shell(PROGRAM " new mine exports/people.csv"), 2);
    ck_says(err_out, "files come after --from");
    ck_assert_int_eq(shell(PROGRAM " new mine --as-of 2024-12-31"), 2);
    ck_assert_int_eq(shell(PROGRAM " new mine --from exports/people.csv --as-of yesterday"), 2);
    ck_says(err_out, "--as-of takes YYYY-MM-DD, found 'yesterday'");
    ck_assert_int_eq(shell(PROGRAM " new mine --from exports/nobody.csv"), 1);
    ck_says(err_out, "nobody.csv cannot be opened");
    ck_assert_int_eq(shell(PROGRAM " new mine --from exports/survey.csv"), 3);
    ck_says(err_out, "one row a person");
    ck_assert_int_eq(shell("test ! -e mine"), 0);
}
END_TEST

/* The heading "Hire Date" stands over the day of the last change of contract, the true one is "First Day". */
START_TEST(a_wrong_guess_is_pinned_in_one_line)
{
    start_with_exports(300);
    ck_assert_int_eq(shell(NEW("right") " && " PROGRAM " panel right/study.yaml --names --out right"), 0);
    ck_assert_int_eq(shell("awk -F, -v OFS=, 'NR == 1 { $3 = \"First Day\"; print $0, \"Hire Date\"; next } { print $0, \"2020-01-01\" }' "
                           "exports/people.csv > exports/p && tr -d '\\r' < exports/p > exports/people.csv"),
                     0);
    ck_assert_int_eq(shell(NEW("mine")), 0);
    ck_says(out, "hired          Hire Date");
    ck_assert_int_ne(
        shell(PROGRAM " panel mine/study.yaml --names --out mine && cut -d, -f1-8 right/panel.csv > a && cut -d, -f1-8 mine/panel.csv | cmp - a"), 0);
    ck_assert_int_eq(shell("sed -i 's/^    hired: Hire Date .*/    hired: First Day/' mine/study.yaml"), 0);
    ck_assert_msg(shell(PROGRAM " panel mine/study.yaml --names --out mine") == 0, "%s%s", out, err_out);
    ck_assert_int_eq(shell("cut -d, -f1-8 right/panel.csv > a; cut -d, -f1-8 mine/panel.csv | cmp - a"), 0);
}
END_TEST

/* "Employee ID" is a number that no other file uses; the ids stand under "Token". */
START_TEST(the_column_that_links_is_taken_for_the_id)
{
    start_with_exports(300);
    ck_assert_int_eq(shell("awk -F, -v OFS=, 'NR == 1 { $1 = \"Token\"; print $0, \"Employee ID\"; next } { print $0, 700000 + NR }' "
                           "exports/people.csv > exports/p && tr -d '\\r' < exports/p > exports/people.csv"),
                     0);
    ck_assert_int_eq(shell(NEW("mine")), 0);
    ck_says(out, "id             Token                        links most ids of the other files");
    ck_assert_msg(shell(PROGRAM " check mine/study.yaml") == 0, "%s%s", out, err_out);
}
END_TEST

/* One row a person: months there, left or not, coached or not; 400 people, the coached stay longer. */
START_TEST(a_table_of_persons_is_refused_until_its_arm_is_said_to_be_fixed)
{
    start_here();
    context = mlab_test_context(NULL, 1);
    mlab_text table = MLAB_TEXT(&context);
    mlab_text_append(&table, "stag,event,coach,gender,age\n");
    for (unsigned i = 0, x = 7; i < 400; i++) {
        x = x * 1664525u + 1013904223u;
        unsigned months = 1 + (x >> 8) % 90 + (i % 3 ? 0u : 20u);
        mlab_text_print(&table, "%u,%u,%s,%s,%u\n", months, (x >> 20) % 5 > 1 ? 1u : 0u, i % 3 ? "no" : "yes", x >> 30 & 1 ? "f" : "m",
                        20 + (x >> 12) % 40);
    }
    write_here("turnover.csv", mlab_text_get(&table));
    mlab_text_free(&table);
    ck_assert_int_eq(shell(PROGRAM " new mine --from turnover.csv"), 0);
    ck_says(out, "a table of persons, how long each was there");
    ck_says(out, "The study is refused until you say so.");
    ck_assert_int_eq(shell("grep -q 'tenure: {from: stag, type: duration, unit: months}' mine/study.yaml"), 0);
    ck_assert_int_eq(shell("grep -q 'levels: {\"no\": none, \"yes\": mentored}' mine/study.yaml"), 0);
    ck_assert_int_eq(shell(PROGRAM " run mine/study.yaml --out mine"), 3);
    ck_says(err_out, "immortal time");
    ck_assert_int_eq(shell("sed -i 's/type: arm/type: arm, exposure: baseline/' mine/study.yaml"), 0);
    ck_assert_msg(shell(PROGRAM " run mine/study.yaml --out mine") == 0, "%s%s", out, err_out); /* the duration is no covariate of itself */
    ck_says(out, "mentored against none");
    ck_says_not(out, "did not converge");
}
END_TEST

MLAB_TEST_MAIN("new", a_table_of_persons_is_refused_until_its_arm_is_said_to_be_fixed, two_commands_lead_from_exports_to_a_first_report,
               every_system_leads_to_a_first_report_in_two_commands, a_study_that_is_there_is_never_written_over, wrong_usage_is_told,
               a_wrong_guess_is_pinned_in_one_line, the_column_that_links_is_taken_for_the_id)

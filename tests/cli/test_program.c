/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program as it is typed: help, wrong usage, a study from beginning to end, machine output. */
#include "cli/program.h"

#include "cli/cli.h"

static const char *const all_commands[] = {"new", "check",   "fit",   "compare", "match",  "simulate", "forecast", "report",
                                           "run", "inspect", "panel", "predict", "export", "generate", "words",    "help"};
enum { N_COMMANDS = sizeof all_commands / sizeof *all_commands };

START_TEST(the_help_of_every_command_fits_a_screen_and_gives_an_example)
{
    start_here();
    for (size_t k = 0; k < N_COMMANDS; k++) {
        ck_assert_int_eq(shell(PROGRAM " %s --help", all_commands[k]), 0);
        size_t lines = 0, columns = 0, longest = 0;
        for (const char *c = out; *c; c++) {
            columns = *c == '\n' ? 0 : columns + 1;
            lines += *c == '\n';
            longest = columns > longest ? columns : longest;
        }
        ck_assert_msg(lines <= 25 && longest <= 80, "%s: %zu lines of up to %zu", all_commands[k], lines, longest);
        ck_says(out, "for example");
    }
    ck_assert_int_eq(shell(PROGRAM " --help"), 0);
    for (size_t k = 0; k < N_COMMANDS; k++) ck_says(out, all_commands[k]);
    ck_assert_int_eq(shell(PROGRAM " --version"), 0);
    ck_says(out, "mentorlab 0.");
}
END_TEST

START_TEST(wrong_usage_is_code_two_with_what_was_meant)
{
    static const struct {
        const char *typed, *said;
    } cases[] = {
        {"", "Begin with"},
        {"chekc study.yaml", "there is no command 'chekc'; did you mean 'check'?"},
        {"check", "expected STUDY.yaml, found 0 arguments"},
        {"check a b", "found 2 arguments"},
        {"run study.yaml --thread 2", "unknown flag '--thread'; did you mean '--threads'?"},
        {"run study.yaml --threads none", "--threads: found \"none\""},
        {"run study.yaml --threads", "--threads needs a value"},
        {"run study.yaml --quiet=yes", "--quiet takes no value"},
        {"run study.yaml -x", "unknown flag '-x'; flags begin with two dashes"},
        {"run study.yaml --set nothing", "--set takes KEY=VALUE, found 'nothing'"},
        {"match", "give a study, or --people, or --mentors with --mentees"},
        {"match --mentors a.csv", "--mentors and --mentees go together"},
        {"words nonsense", "'nonsense' is not in the table of words"},
        {"help nonsense", "there is no command 'nonsense'"},
        {"generate t.yaml --people 3", "--people takes a whole number of 20 or more"},
    };
    start_here();
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ck_assert_msg(shell(PROGRAM " %s", cases[k].typed) == 2, "%s", cases[k].typed);
        ck_says(err_out, cases[k].said);
    }
    ck_assert_int_eq(shell(PROGRAM " run nowhere.yaml"), 1);
    ck_says(err_out, "nowhere.yaml");
}
END_TEST

START_TEST(a_starter_study_goes_all_the_way_and_the_second_time_nothing_is_done_again)
{
    make_study(250);
    int code = shell(PROGRAM " run first/study.yaml --out first");
    ck_assert_msg(code == 0 || code == 4, "code %d: %s", code, err_out);
    ck_says(out, "My mentoring program");
    for (size_t k = 1; k < 8; k++) ck_says(out, all_commands[k]);
    ck_says_not(out, "up to date");
    ck_says_not(out, "\033");
    ck_assert_int_eq(shell("ls first/results.h5 && grep -q '</html>' first/report.html && grep -q 'My mentoring program' first/summary.md"), 0);
    ck_assert_int_eq(shell(PROGRAM " run first/study.yaml --out first"), code);
    size_t n = 0;
    for (const char *at = out; (at = strstr(at, "up to date")); at++) n++;
    ck_assert_uint_eq(n, 5);
    ck_assert_int_eq(shell(PROGRAM " run first/study.yaml --out first --quiet"), code);
    ck_assert_str_eq(out, "");
    ck_assert_int_eq(shell(PROGRAM " new first"), 2);
    ck_says(err_out, "is there already");
    ck_assert_int_eq(shell("stat -c %%a first/.mentorlab/secret"), 0);
    ck_assert_str_eq(out, "600\n");
}
END_TEST

START_TEST(machine_output_is_json_and_parses)
{
    static const char *const typed[] = {"check first/study.yaml",
                                        "fit first/study.yaml",
                                        "compare first/study.yaml",
                                        "match first/study.yaml",
                                        "forecast first/study.yaml",
                                        "inspect first/results.h5",
                                        "inspect first/results.h5 --digest",
                                        "export first/results.h5 /comparison/contrasts",
                                        "export first/results.h5 /simulation/promotions",
                                        "words",
                                        "words arm",
                                        "run nowhere.yaml"};
    make_study(250);
    for (size_t k = 0; k < sizeof typed / sizeof *typed; k++) {
        shell(PROGRAM " %s --out first --json > said.json", typed[k]);
        ck_assert_msg(shell("/usr/bin/python3 -m json.tool said.json") == 0, "%s: %s", typed[k], err_out);
    }
    write_here("broken.yaml", "data: {people: {file: people.csv}}\nnonsense: 1\n");
    ck_assert_int_eq(shell(PROGRAM " run broken.yaml --json > said.json"), 3);
    ck_assert_int_eq(shell("/usr/bin/python3 -m json.tool said.json"), 0);
    ck_says(out, "unknown key 'nonsense'");
}
END_TEST

START_TEST(the_manual_and_the_completion_know_every_command_and_flag)
{
    static char manual[1 << 20];
    start_here();
    ck_assert_int_eq(shell(PROGRAM " help --man"), 0);
    snprintf(manual, sizeof manual, "%s", out);
    for (size_t k = 0; k < N_COMMANDS; k++) {
        char heading[64];
        snprintf(heading, sizeof heading, ".SS mentorlab %s", all_commands[k]);
        ck_says(manual, heading);
    }
    ck_says(manual, "comparison.bootstrap");
    ck_says(manual, ".SH EXIT STATUS");
    ck_assert_int_eq(shell(PROGRAM " help --completion > c.bash && bash -c '. ./c.bash; COMP_WORDS=(mentorlab run --thr); COMP_CWORD=2; _mentorlab; "
                                   "echo ${COMPREPLY[@]}'"),
                     0);
    ck_assert_str_eq(out, "--threads\n");
}
END_TEST

START_TEST(sign_up_lists_are_matched_without_a_study)
{
    start_here();
    write_here("signup.csv",
               "Employee ID,Role,Wants,Offers,Grade,Places\n007,mentor,,sql;python,5,2\n021,mentee,sql,,2,\n022,mentee,python;sql,,3,\n");
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv --pairs -"), 0);
    ck_says(out, "\"decision\",\"mentee\",\"mentor\",\"score\",\"reason\",\"points: skills\",\"points: seniority_gap\",");
    ck_says(out, "\"\",\"021\",\"007\",88.9,\"1 of 1 wanted skills, three grades above\",66.7,22.2,");
    ck_says(out, "\"\",\"022\",\"007\",100,\"2 of 2 wanted skills, two grades above\",66.7,33.3,");
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv"), 0);
    ck_says(out, "a mentor takes as many mentees as 'Places' says");
    ck_says(out, "the rules are in ./matching.yaml");
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv --pairs p.csv --quiet && stat -c %%a p.csv"), 0);
    ck_assert_str_eq(out, "600\n");
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv --compare --pairs p.xlsx"), 0);
    ck_says(out, "deferred_acceptance");
    ck_says(out, "the pairs of 'optimal' are in p.xlsx");
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv --rules matching.yaml --policy random --decisions p.xlsx"), 0);
    ck_says(out, "2 kept, 0 moved");
    ck_says(out, "nobody lost by the changes");
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv --pairs - --for pushfarr"), 2);
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv --pairs - --for chronus"), 3);
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv --set matching.minimum=101"), 3);
    write_here("decided.csv", "decision,mentee,mentor\nacept,021,007\n");
    ck_assert_int_eq(shell(PROGRAM " match --people signup.csv --decisions decided.csv 2>&1"), 3);
    ck_says(out, "did you mean 'accept'?");
    write_here("broken.csv", "Role,Wants\nmentor\n");
    ck_assert_int_eq(shell(PROGRAM " match --people broken.csv"), 3);
}
END_TEST

START_TEST(the_panel_is_written_with_pseudonyms_for_the_owner_alone)
{
    make_study(250);
    ck_assert_int_eq(shell(PROGRAM " panel first/study.yaml --out p && stat -c %%a p/panel.csv"), 0);
    ck_says(out, "600\n");
    ck_assert_int_eq(shell("head -3 p/panel.csv; grep -c SIM00 p/panel.csv"), 1);
    ck_says(out, "person,spell,period,since,start,stop");
    ck_assert_int_eq(shell(PROGRAM " panel first/study.yaml --out p --names && grep -c SIM00 p/panel.csv"), 0);
    if (shell("command -v Rscript") == 0)
        ck_assert_msg(shell("cd p && Rscript check.R") == 0, "%s", err_out);
    else
        fprintf(stderr, "SKIPPED: check.R, because R is not there\n");
}
END_TEST

MLAB_TEST_MAIN("cli/program", the_help_of_every_command_fits_a_screen_and_gives_an_example, wrong_usage_is_code_two_with_what_was_meant,
               a_starter_study_goes_all_the_way_and_the_second_time_nothing_is_done_again, machine_output_is_json_and_parses,
               the_manual_and_the_completion_know_every_command_and_flag, sign_up_lists_are_matched_without_a_study,
               the_panel_is_written_with_pseudonyms_for_the_owner_alone)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever is wrong with a study, the program says it all with its place, ends with code 3, and leaves earlier results alone. The
 * files of tests/data/broken are read; what must be found in them is in their expected.txt. */
#include "cli/program.h"

#include <dirent.h>

static const char before[] = "the results of an earlier run";

static char said[1 << 16]; /* by the last refusal */

/* Runs every command that writes results over the study in `here`; all must refuse it. */
static void refused(const char *name)
{
    static const char *const commands[] = {"run", "fit"};
    write_here("results.h5", before);
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        int code = shell(PROGRAM " %s study.yaml", commands[k]);
        ck_assert_msg(code == 3, "%s: %s ends with %d: %s%s", name, commands[k], code, out, err_out);
        ck_assert_msg(err_out[0] && !strstr(err_out, "MLAB_"), "%s: %s", name, err_out);
    }
    snprintf(said, sizeof said, "%s", err_out);
    ck_assert_int_eq(shell("cat results.h5; ls -a"), 0);
    ck_assert_msg(strncmp(out, before, strlen(before)) == 0, "%s: results.h5 was changed", name);
    ck_says_not(out, ".mentorlab");
    ck_says_not(out, "report.html");
}

/* The sentences of expected.txt: lines that begin with seven blanks and a letter. */
static void says_all(const char *name, const char *expected)
{
    char line[1000];
    for (const char *at = expected; *at;) {
        size_t n = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, at);
        at += n + (at[n] == '\n');
        if (strncmp(line, "       ", 7) != 0 || line[7] == ' ' || line[7] == '>') continue;
        ck_assert_msg(strstr(err_out, line + 7) || strstr(out, line + 7), "%s: '%s' is not in: %s", name, line + 7, err_out);
    }
}

START_TEST(every_broken_study_is_refused_with_all_that_is_wrong)
{
    static char expected[1 << 16];
    char folder[4300];
    snprintf(folder, sizeof folder, "%s", mlab_test_path("data/broken"));
    DIR *all = opendir(folder);
    ck_assert_ptr_nonnull(all);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(all));) {
        if (entry->d_name[0] == '.') continue;
        start_here();
        ck_assert_int_eq(shell("cp -r '%s/%s/.' .", folder, entry->d_name), 0);
        read_into("expected.txt", expected, sizeof expected);
        bool fine = strstr(expected, "= MLAB_OK") != NULL;
        int code = shell(PROGRAM " check study.yaml");
        ck_assert_msg(code == (fine ? 0 : 3), "%s ends with %d: %s", entry->d_name, code, err_out);
        if (!strstr(expected, "= MLAB_ERR_DATA_SYNTAX")) says_all(entry->d_name, expected);
        if (!fine) refused(entry->d_name);
        n++;
    }
    closedir(all);
    ck_assert_uint_ge(n, 30);
}
END_TEST

static const char head[] = "data:\n"                                                                              /* 1 */
                           "  people: {file: people.csv}\n"                                                       /* 2 */
                           "  promotions: {file: promotions.csv}\n"                                               /* 3 */
                           "  surveys: {file: surveys.csv, satisfaction: satisfaction, scale: [1, 2, 3, 4, 5]}\n" /* 4 */
                           "  relationships: {file: relationships.csv}\n"                                         /* 5 */
                           "panel: {from: 2021-01-01, to: 2024-12-31}\n";                                         /* 6 */

START_TEST(what_is_wrong_in_the_other_blocks_is_found_at_its_place)
{
    static const struct {
        const char *block;
        const char *said; /* lines after "study.yaml:" */
    } cases[] = {
        {"outcomes: {happiness: {formula: \"satisfaction ~ arm\"}}\n",
         "7:12: outcome 'happiness' is not a known one: write its kind (event, ordinal, number, count, yes_no)\n"},
        {"outcomes: {retention: {formula: \"exit ~ arm +\"}}\n", "7:46: formula, character 13: "},
        {"outcomes: {retention: {formula: \"exit ~ ns(tenure, 3\"}}\n", "7:"},
        {"outcomes: {retention: {formula: \"exit ~ grad\"}}\n", "7:41: column 'grad' is not in the panel; did you mean 'grade'?\n"},
        {"outcomes: {retention: {model: coxx}}\n", "7:31: "},
        {"outcomes: {satisfaction: {satisfied: [4, 6]}}\n", "7:42: '6' is not a level of satisfaction\n"},
        {"outcomes: {satisfaction: {satisfied: [2, 4]}}\n", "7:38: satisfied must name the best levels of satisfaction without a gap\n"},
        {"outcomes: {\"a/b\": {kind: event}}\n", "7:12: 'a/b' cannot name an outcome"},
        {"comparison: {horizons: {months: [12, soon]}}\n", "7:38: horizon is 'soon', allowed a number of months above 0"},
        {"comparison: {estimands: [ate, all]}\n", "7:31: estimand is 'all', allowed ate\n"},
        {"comparison: {adjust: [grade, department, ag]}\n", "7:42: column 'ag' is not in the panel\n"},
        {"comparison: {bootstrap: many}\n", "7:25: "},
        {"matching: {policies: [optimum]}\n", "7:23: there is no policy 'optimum'; did you mean 'optimal'?\n"},
        {"matching: {score: {skills: {need: wants}}}\n", "7:"},
        {"matching: {mentors: {capacity: -1}}\n", "7:"},
        {"scenarios: {today: {policy: none}, best: {policy: best}}\n", "7:51: there is no matching rule 'best', allowed none, random"},
        {"scenarios: {today: {start_every: 1 year}}\n", "7:13: missing key 'policy' in scenarios.today"},
        {"scenarios: {today: {policy: none, duration: 100 days}}\n", "7:45: duration must be a whole number of periods of 3 months\n"},
        {"simulation: {draws: 0}\n", "7:21: "},
        {"simulation: {promotions: vacancies}\n", "7:26: simulation.promotions: vacancies is not built yet\n"},
        {"forecast: {discount_rate: 5}\n", "7:27: forecast.discount_rate: found \"5\", allowed 0 to 1; for 5 % write 0.05\n"},
        {"forecast: {costs: {software: {kind: money}}}\n", "7:37: "},
        {"evidence: {retention: {use: prior, entry: no_such_paper}}\n", "7:43: "},
        {"report: {minimum_cells: 5}\n", "7:10: unknown key 'minimum_cells' in report; did you mean 'minimum_cell'?\n"},
        {"horizons: 3\n", "7:1: unknown key 'horizons' in the study file; it belongs in comparison\n"},
    };
    char text[2000], wanted[400];
    start_here();
    ck_assert_int_eq(shell(PROGRAM " new firm && cp firm/*.csv ."), 0);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        snprintf(text, sizeof text, "%s%s", head, cases[k].block);
        write_here("study.yaml", text);
        refused(cases[k].block);
        snprintf(wanted, sizeof wanted, "study.yaml:%s", cases[k].said);
        ck_says(said, wanted);
        ck_says(said, "nothing was run, results.h5 is unchanged.");
    }
}
END_TEST

START_TEST(a_locale_with_decimal_comma_changes_nothing)
{
    start_here();
    ck_assert_int_eq(
        shell(PROGRAM " new first && sed -i 's/bootstrap: 50/bootstrap: 20/; s/draws: 40/draws: 4/; s/12 quarters/4 quarters/' first/study.yaml"), 0);
    int code = shell("LC_ALL=C " PROGRAM " run first/study.yaml --out a");
    ck_assert_msg(code == 0 || code == 4, "%s", err_out);
    ck_assert_int_eq(shell("mkdir -p b/.mentorlab && cp -p a/.mentorlab/secret b/.mentorlab"), 0);
    ck_assert_int_eq(shell("LC_ALL=de_DE.UTF-8 " PROGRAM " run first/study.yaml --out b"), code);
    ck_assert_int_eq(shell("cmp a/summary.md b/summary.md && cmp a/report.html b/report.html"), 0);
    ck_assert_int_eq(shell("/usr/bin/python3 %s a/results.h5 b/results.h5", mlab_test_path("cli/same_but_run.py")), 0);
}
END_TEST

/* A limit of the size of files is what a full disk is: the write fails. */
START_TEST(a_run_without_room_on_the_disk_says_so_and_leaves_the_results_and_nothing_else)
{
    make_study(100);
    int code = shell(PROGRAM " match first/study.yaml --out o --quiet && cp -r o old");
    ck_assert_msg(code == 0 || code == 4, "code %d: %s", code, err_out);
    for (int blocks = 8; blocks <= 64; blocks *= 8) {
        ck_assert_int_eq(shell("ulimit -f %d; " PROGRAM " match first/study.yaml --out o --force", blocks), 1);
        ck_says(err_out, "is the disk full?");
        ck_assert_int_eq(shell("cmp o/results.h5 old/results.h5 && cmp o/report.html old/report.html"), 0);
        ck_assert_int_eq(shell("find o -name '*.part' -o -name '*.tmp' -o -name 'lock*'"), 0);
        ck_assert_str_eq(out, "");
    }
}
END_TEST

MLAB_TEST_MAIN("cli/broken", a_run_without_room_on_the_disk_says_so_and_leaves_the_results_and_nothing_else,
               every_broken_study_is_refused_with_all_that_is_wrong, what_is_wrong_in_the_other_blocks_is_found_at_its_place,
               a_locale_with_decimal_comma_changes_nothing)

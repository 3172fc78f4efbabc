/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of rows as a user gets them: files in four forms, whose they are, and what happens when they cannot be made or written. */
#include "cli/program.h"

#include <sys/stat.h>

static void make_predicted(const char *predict)
{
    make_study(250);
    ck_assert_int_eq(
        shell("sed -i 's/^  satisfaction: {formula.*/  satisfaction: {formula: \"satisfaction ~ arm + (1 | department)\"}/; /^comparison:/,$d' "
              "first/study.yaml"),
        0);
    ck_assert_int_eq(shell("printf '%%s\\n' '%s' >> first/study.yaml", predict), 0);
}

static int mode_of(const char *name)
{
    struct stat file;
    char path[4400];
    snprintf(path, sizeof path, "%s/%s", here, name);
    return stat(path, &file) ? -1 : (int)(file.st_mode & 0777);
}

START_TEST(rows_are_written_for_their_owner_under_pseudonyms)
{
    make_predicted("predict: {draws: 100}");
    int code = shell(PROGRAM " predict first/study.yaml");
    ck_assert_msg(code == 0 || code == 4, "%s", err_out);
    ck_says(out, "predictions_satisfaction.csv: response of ");
    ck_says(out, "for the row's own groups (conditional), errors by draws");
    ck_says(out, "rows of retention, errors by the delta method");
    ck_assert_int_eq(mode_of("predictions_retention.csv"), 0600);
    ck_assert_int_eq(shell("head -1 predictions_satisfaction.csv predictions_retention.csv"), 0);
    ck_says(out,
            "person,period,start,stop,response_1_own_groups,response_1_own_groups_error,response_1_own_groups_lower,response_1_own_groups_upper");
    ck_says(out, "person,period,start,stop,response_voluntary,response_voluntary_error");
    ck_assert_int_eq(shell("tail -n +2 predictions_retention.csv | grep -vcE '^[0-9a-f]{16},'"), 1); /* pseudonyms alone */
    ck_assert_int_eq(shell("tail -n +2 predictions_retention.csv | cut -d, -f1 | sort -c"), 0);
    ck_assert_int_eq(shell("cp predictions_satisfaction.csv s; " PROGRAM " panel first/study.yaml >/dev/null && cut -d, -f1,3 panel.csv | sort > a; "
                           "tail -n +2 s | cut -d, -f1,2 | sort | comm -23 - a | wc -l"),
                     0);
    ck_assert_str_eq(out, "0\n"); /* every line is one of the panel */
    code = shell(PROGRAM " predict first/study.yaml --threads 2 --quiet");
    ck_assert(code == 0 || code == 4);
    ck_assert_int_eq(shell("cmp s predictions_satisfaction.csv"), 0); /* read back, with other threads */
}
END_TEST

/* The results file joins steps of a baseline of few events: predictions are those of all steps, whether the fit was made now or read back. */
START_TEST(a_cox_fit_that_was_read_back_predicts_the_same_bytes)
{
    make_predicted("predict: {draws: 100, interval: draws, outcomes: {retention: {scale: survival, times: {months: [3, 24]}}}}");
    ck_assert_int_eq(
        shell("sed -i 's/^  retention: .*/  retention: {model: cox, causes: [voluntary], formula: \"exit ~ arm + grade\"}/' first/study.yaml; "
              "grep -c 'model: cox' first/study.yaml"),
        0);
    int code = shell(PROGRAM " predict first/study.yaml --outcome retention");
    ck_assert_msg(code == 0 || code == 4, "%s", err_out);
    ck_says(out, "rows of retention, errors by draws\n"); /* of a baseline with robust errors, too */
    code = shell("cp predictions_retention.csv s; " PROGRAM " predict first/study.yaml --outcome retention --threads 2");
    ck_assert(code == 0 || code == 4);
    ck_says(out, "rows of retention, errors by draws\n");
    ck_assert_int_eq(shell("cmp s predictions_retention.csv"), 0);
}
END_TEST

START_TEST(ids_are_written_when_they_are_asked_for)
{
    make_predicted("predict: {draws: 100}");
    int code = shell(PROGRAM " predict first/study.yaml --names --outcome retention --out named.csv");
    ck_assert(code == 0 || code == 4);
    ck_assert_int_eq(mode_of("named.csv"), 0600);
    ck_assert_int_eq(
        shell("tail -n +2 named.csv | cut -d, -f1 | sort -u > a; tail -n +2 first/people.csv | cut -d, -f1 | sort | comm -23 a - | wc -l"), 0);
    ck_assert_str_eq(out, "0\n");
}
END_TEST

START_TEST(files_have_the_form_of_their_ending)
{
    make_predicted("predict: {draws: 100}");
    int code = shell(PROGRAM " predict first/study.yaml --outcome satisfaction --effects averaged --out s.h5");
    ck_assert_msg(code == 0 || code == 4, "%s", err_out);
    ck_says(out, "averaged over groups, errors by the delta method");
    ck_assert_int_eq(mode_of("s.h5"), 0600);
    ck_assert_int_eq(shell(PROGRAM " export s.h5 /predictions/satisfaction --out s.csv"), 0);
    ck_says(out, "mode 0600");
    ck_assert_int_eq(shell("head -1 s.csv | grep response_1_averaged_error"), 0);
    code = shell(PROGRAM " predict first/study.yaml --outcome satisfaction --effects typical --out s.xlsx --json");
    ck_assert(code == 0 || code == 4);
    ck_says(out, "for a typical group");
    ck_assert_int_eq(mode_of("s.xlsx"), 0600);
    code = shell(PROGRAM " predict first/study.yaml --outcome satisfaction --effects typical --out s.json");
    ck_assert(code == 0 || code == 4);
    ck_assert_int_eq(shell("head -c 200 s.json | grep response_1_typical"), 0);
}
END_TEST

/* Departments have names and enough people; people and small departments are not told. */
START_TEST(the_report_draws_the_effects_of_groups_and_of_nobody)
{
    make_predicted("");
    ck_assert_int_eq(shell("sed -i 's/~ arm + (1 | department)/~ arm + (1 | department) + (1 | person)/' first/study.yaml"), 0);
    int code = shell(PROGRAM " fit first/study.yaml");
    ck_assert_msg(code == 0 || code == 4, "%s", err_out);
    ck_assert_int_eq(
        shell("grep 'Effects of department in the model of satisfaction are not drawn: that they differ at all cannot be told' report.html"), 0);
    ck_assert_int_ne(shell("grep 'this is no ranking' report.html"), 0); /* no figure of what may be chance */
    /* sixteen teams, whose answers do differ */
    ck_assert_int_eq(
        shell("awk -F, -v OFS=, '{ print $0, NR == 1 ? \"team\" : \"T\" NR %% 16 }' first/people.csv > s && mv s first/people.csv; "
              "awk -F, -v OFS=, 'NR == FNR { t[$1] = substr($NF, 2); next } FNR == 1 { for (i = 1; i <= NF; i++) if ($i == \"satisfaction\") s = i } "
              "FNR > 1 && $s != \"\" { $s = 1 + int((t[$1] + FNR %% 9) / 5) } 1' first/people.csv first/surveys.csv > s && mv s first/surveys.csv; "
              "sed -i 's/(1 | department)/(1 | team)/' first/study.yaml"),
        0);
    code = shell(PROGRAM " fit first/study.yaml");
    ck_assert_msg(code == 0 || code == 4, "%s", err_out);
    ck_assert_int_eq(shell("! grep 'are not drawn' report.html && grep -c 'this is no ranking' report.html"), 0);
    ck_assert_int_eq(shell("grep 'given the estimated spread between groups' report.html"), 0);
    ck_assert_int_ne(shell("grep 'Effects of person' report.html"), 0);
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/satisfaction/random_effects/grouping_1/mode"), 0);
    ck_says(out, "T3,(Intercept),");
    ck_says_not(out, ",\n");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/satisfaction/random_effects/grouping_1/mode --minimum-cell 1000"), 0);
    ck_says(out, "T3,(Intercept),\n"); /* hidden */
    code = shell("sed -i 's/minimum_cell: 5/minimum_cell: 1000/' first/study.yaml; " PROGRAM " fit first/study.yaml --set report.minimum_cell=1000");
    ck_assert(code == 0 || code == 4);
    ck_assert_int_ne(shell("grep 'Effects of team in the model of satisfaction' report.html"), 0);
}
END_TEST

START_TEST(what_is_wrong_is_said_and_files_that_were_there_stay)
{
    make_predicted("predict: {outcomes: {retention: {scale: survival, times: {months: [6, 12]}}, promotion: {}}}");
    ck_assert_int_eq(shell("echo old > r.csv; " PROGRAM " predict first/study.yaml --outcome retensn --out r.csv"), 2);
    ck_says(err_out, "'retensn' is no outcome of the study; allowed: promotion, retention, satisfaction");
    ck_assert_int_eq(shell("rm -rf .mentorlab; " PROGRAM " predict first/study.yaml --outcome retentoin --out r.csv"), 2);
    ck_says(err_out, "(did you mean 'retention'?)");
    ck_assert_int_ne(shell("ls .mentorlab/*.h5"), 0); /* before any work */
    ck_assert_int_eq(shell(PROGRAM " predict first/study.yaml --outcome retention --out r.txt"), 2);
    ck_says(err_out, "--out r.txt: predictions go to a file that ends in .csv, .json, .xlsx or .h5, or into a folder");
    ck_assert_int_eq(shell(PROGRAM " predict first/study.yaml --out r.csv"), 2);
    ck_says(err_out, "r.csv would hold 2 outcomes (promotion, retention): name one by --outcome, or a folder by --out");
    ck_assert_int_eq(shell(PROGRAM " predict first/study.yaml --effects mine"), 2);
    ck_says(err_out, "--effects is own, averaged or typical, found 'mine'");
    ck_assert_int_eq(shell("cat r.csv"), 0);
    ck_assert_str_eq(out, "old\n");
    ck_assert_int_eq(shell("mkdir taken.csv; " PROGRAM " predict first/study.yaml --outcome retention --out taken.csv"), 1); /* cannot be written */
    ck_says(err_out, "taken.csv");
    ck_assert_int_ne(shell("ls -A taken.csv | grep ."), 0);
    ck_assert_int_ne(shell("ls | grep -E 'taken.csv.+'"), 0); /* nothing stays behind */
    ck_assert_int_ne(shell("trap '' XFSZ; ulimit -f 8; " PROGRAM " predict first/study.yaml --outcome retention --out r.csv"), 0); /* no space */
    ck_assert_int_eq(shell("cat r.csv"), 0);
    ck_assert_str_eq(out, "old\n");
    ck_assert_int_eq(shell(PROGRAM " predict first/study.yaml; head -1 predictions_retention.csv; ls predictions_satisfaction.csv"),
                     2); /* not asked */
    ck_says(out, "survival_6_months,survival_6_months_error,survival_6_months_lower,survival_6_months_upper,survival_12_months");
}
END_TEST

/* Without a panel the line of the people file would tell whose pseudonym it is. Numbers are ids, too. */
START_TEST(without_a_panel_no_line_tells_whose_pseudonym_it_is)
{
    static const char *const ids[] = {"p%d", "%d"};
    for (int k = 0; k < 2; k++) {
        start_here();
        ck_assert_int_eq(
            shell("awk 'BEGIN { print \"id,x,y\"; for (i = 0; i < 60; i++) printf \"%s,%%d,%%d\\n\", 1000 + i, i %% 7, i %% 7 + i %% 3 }' "
                  "> people.csv",
                  ids[k]),
            0);
        write_here("study.yaml", "data: {people: {file: people.csv}}\noutcomes: {score: {kind: number, model: linear, formula: \"y ~ x\"}}\n");
        int code = shell(PROGRAM " predict study.yaml");
        ck_assert_msg(code == 0 || code == 4, "%s", err_out);
        ck_assert_int_eq(shell("head -1 predictions_score.csv; tail -n +2 predictions_score.csv | grep -cE '^[0-9a-f]{16},'"), 0);
        ck_assert_int_eq(strncmp(out, "person,response,", 16), 0);
        ck_says(out, "\n60\n");
        ck_assert_int_eq(shell("tail -n +2 predictions_score.csv | cut -d, -f1 | sort -c"), 0);
        code = shell(PROGRAM " predict study.yaml --names");
        ck_assert(code == 0 || code == 4);
        ck_assert_int_eq(shell("head -2 predictions_score.csv"), 0);
        ck_says(out, "person,line,response");
        ck_says(out, k ? "\n1000,2," : "\np1000,2,");
    }
    ck_assert_int_eq(shell("sed -i 's/^id,/badge,/' people.csv; " PROGRAM " predict study.yaml; head -1 predictions_score.csv"), 0);
    ck_says(out, "line,response");
}
END_TEST

MLAB_TEST_MAIN("predict", rows_are_written_for_their_owner_under_pseudonyms, a_cox_fit_that_was_read_back_predicts_the_same_bytes,
               ids_are_written_when_they_are_asked_for, without_a_panel_no_line_tells_whose_pseudonym_it_is, files_have_the_form_of_their_ending,
               the_report_draws_the_effects_of_groups_and_of_nobody, what_is_wrong_is_said_and_files_that_were_there_stay)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratings by several raters as a user sees them: from files to screens, scores.csv, the results file and the report; wrong input. */
#include "cli/program.h"

#include "core/random.h"

#include <math.h>
#include <sys/stat.h>

enum { PEOPLE = 80 };

static double normal(uint32_t who, uint16_t what)
{
    mlab_address at = {.seed = 41, .entity = who, .period = what, .purpose = MLAB_PURPOSE_TEST};
    return mlab_random_normal(&at, 0);
}

/* 80 people, rated by themself, by a manager of 8 and by 3 co-workers; levels 1 to 5. */
static void put_firm(const char *outcome)
{
    static char text[60000], study[2000];
    size_t n = 0;
    start_here();
    n = (size_t)snprintf(text, sizeof text, "id,hired,left,grade\n");
    for (uint32_t p = 0; p < PEOPLE; p++)
        n += (size_t)snprintf(text + n, sizeof text - n, "p%02u,2020-01-01,%s,%u\n", p, p % 3 ? "" : "2022-06-15", 1 + p % 3);
    write_here("people.csv", text);
    n = (size_t)snprintf(text, sizeof text, "id,rater,role,date,score\n");
    for (uint32_t p = PEOPLE; p-- > 0;)
        for (uint32_t k = 0; k < 5; k++) {
            uint32_t rater = k == 0 ? p : k == 4 ? 100 + p / 8 : (p + 5 * k) % PEOPLE;
            double eta = 3 + 1.2 * normal(p, 1) + 0.5 * normal(rater, 2) + normal(1000 + 5 * p + k, 3) + (k == 0) - (k == 4);
            int score = eta < 1 ? 1 : eta > 5 ? 5 : (int)floor(eta + 0.5);
            n += (size_t)snprintf(text + n, sizeof text - n, "p%02u,%s%02u,%s,2022-03-0%u,%d\n", p, k == 4 ? "m" : "p", rater % 100,
                                  k == 0   ? "self"
                                  : k == 4 ? "manager"
                                           : "co-worker",
                                  1 + p % 4, score);
        }
    write_here("ratings.csv", text);
    snprintf(study, sizeof study,
             "as_of: 2022-12-31\ndata:\n  people: {file: people.csv}\n  ratings: {file: ratings.csv}\n"
             "panel: {period: quarter, from: 2021-01-01, to: 2022-12-31}\noutcomes:\n  performance: {model: raters%s}\n",
             outcome);
    write_here("study.yaml", study);
}

START_TEST(a_fit_tells_roles_and_reliability_and_keeps_scores_to_itself)
{
    put_firm("");
    ck_assert_msg(shell(PROGRAM " fit study.yaml") == 0, "%s", err_out);
    ck_says(out, "raters: score ~ role + (1 | person) + (1 | rater)");
    ck_says(out, "manager");
    ck_says(out, "all ratings together: reliability");
    ck_says(out, "% of the variance");
    ck_says_not(out, "scores.csv");
    ck_assert_int_ne(shell("test -e scores.csv"), 0);
    ck_assert_int_eq(shell(PROGRAM " export results.h5"), 0);
    ck_says(out, "/fits/performance/raters/roles");
    ck_says_not(out, "raters/scores");
    ck_says_not(out, "grouping_1/mode"); /* effects of people are scores */
    ck_assert_int_eq(shell(PROGRAM " inspect results.h5"), 0);
    ck_says_not(out, "mode_standard_error");
    ck_assert_int_eq(shell("grep -a -c 'p0[0-9]' results.h5"), 1); /* nobody's id */
}
END_TEST

START_TEST(scores_are_written_when_asked_for_under_pseudonyms_for_their_owner)
{
    struct stat file;
    char path[4400];
    put_firm("");
    ck_assert_msg(shell(PROGRAM " fit study.yaml --scores yes") == 0, "%s", err_out);
    ck_says(out, "scores.csv: the scores of 80 people");
    snprintf(path, sizeof path, "%s/scores.csv", here);
    ck_assert_int_eq(stat(path, &file), 0);
    ck_assert_int_eq(file.st_mode & 0777, 0600);
    ck_assert_int_eq(shell("wc -l < scores.csv; grep -c ',\"p[0-9][0-9]\"' scores.csv"), 1);
    ck_says(out, "81");
    ck_assert_int_eq(shell("grep -a -c 'p0[0-9]' results.h5"), 1);
    ck_assert_int_eq(shell("mv scores.csv b; " PROGRAM " fit study.yaml --scores yes | grep 'up to date' && cmp scores.csv b"), 0); /* read back */
    ck_assert_int_eq(shell("cut -d, -f3- scores.csv | sort > a; " PROGRAM " fit study.yaml --scores names"), 0);
    ck_assert_int_eq(shell("grep -c ',\"p[0-9][0-9]\"' scores.csv; cut -d, -f3- scores.csv | sort | diff a -"), 0);
    ck_says(out, "80");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/performance/raters/scores --out s.csv"), 0);
    ck_says(out, "mode 0600");
    ck_assert_int_eq(shell(PROGRAM " report study.yaml && grep -c 'Raters by role' report.html"), 0);
    ck_assert_int_eq(shell("grep -c 'Differences between groups' report.html"), 0);
}
END_TEST

START_TEST(the_order_of_ratings_and_the_threads_do_not_matter)
{
    put_firm("");
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml --scores yes --threads 1 && cp scores.csv one.csv"), 0);
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml --scores yes --force --threads 2 && cmp scores.csv one.csv"), 0);
    ck_assert_int_eq(shell("(head -1 ratings.csv; tail -n +2 ratings.csv | sort -t, -k5 -r) > r && mv r ratings.csv"), 0);
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml --scores yes --threads 2 && cmp scores.csv one.csv"), 0);
}
END_TEST

/* Two managers, m00 and m01, of everybody: under five raters of a role. */
START_TEST(roles_of_few_raters_are_told_nowhere)
{
    put_firm("");
    ck_assert_int_eq(shell("sed -i -E 's/,m0[0-9],/,m00,/; s/,m00,manager,2022-03-02/,m01,manager,2022-03-02/' ratings.csv"), 0);
    int code = shell(PROGRAM " fit study.yaml --margins --tests");
    ck_assert_msg(code == 0 || code == 4, "%s", err_out);
    ck_says(out, "1 role of fewer than 5 people or raters not shown");
    ck_says(out, "rolemanager                                not told  it tells of fewer than");
    ck_says_not(out, "role: manager");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/performance/raters/roles"), 0);
    ck_says(out, "manager,,,,,,,,,,\n");
    ck_says(err_out, "hidden");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/performance/raters/roles | cut -d, -f6-9 | sort -u"), 0);
    ck_says(out, ",,,\nseverity,severity_error,lower,upper\n");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/performance/estimate | grep role"), 0);
    ck_assert_str_eq(out, "rolemanager,\nroleself,\n");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/performance/margins | grep role: | cut -d, -f3- | sort -u"), 0);
    ck_says(out, ",,");
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml --json | grep -o '\"rolemanager\", \"estimate\": null'"), 0);
    code = shell(PROGRAM " report study.yaml");
    ck_assert(code == 0 || code == 4);
    ck_assert_int_ne(shell("grep -E 'rolemanager|role: manager|<td>manager' report.html"), 0);
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /fits/performance/raters/roles --minimum-cell 1 | grep -c manager,[0-9]"), 0);
}
END_TEST

START_TEST(ids_are_found_under_person_where_people_call_them_otherwise)
{
    put_firm("");
    ck_assert_int_eq(shell("sed -i '1s/^id,/person,/' ratings.csv; " PROGRAM " check study.yaml"), 0);
    ck_says(out, "ratings.csv, column \"person\": ids of people, since no column is called \"id\"; to pin it: ratings: {person: person}");
    ck_assert_int_eq(shell("sed -i '1s/^person,/who,/' ratings.csv; " PROGRAM " check study.yaml"), 3);
    ck_says(err_out, "column 'id' is not in ");
    ck_assert_int_eq(
        shell("sed -i '1s/^who,/person,/; ' ratings.csv; sed -i 's/{file: ratings.csv}/{file: ratings.csv, id: id}/' study.yaml; " PROGRAM
              " check study.yaml"),
        3); /* stated: not looked for */
}
END_TEST

START_TEST(wrong_formulas_are_told_with_their_place)
{
    put_firm(", formula: \"score ~ roel + (1 | person)\"");
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 3);
    ck_says(err_out, "study.yaml:7:50: column 'roel' is not in the ratings; did you mean 'role'?");
    put_firm(", formula: \"score ~ rater + (1 | person)\"");
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 3);
    ck_says(err_out, "write (1 | rater)");
    put_firm("");
    ck_assert_int_eq(shell("sed -i '/ratings:/d' study.yaml; " PROGRAM " fit study.yaml"), 3);
    ck_says(err_out, "the study has none");
}
END_TEST

MLAB_TEST_MAIN("raters", a_fit_tells_roles_and_reliability_and_keeps_scores_to_itself,
               scores_are_written_when_asked_for_under_pseudonyms_for_their_owner, the_order_of_ratings_and_the_threads_do_not_matter,
               roles_of_few_raters_are_told_nowhere, ids_are_found_under_person_where_people_call_them_otherwise,
               wrong_formulas_are_told_with_their_place)

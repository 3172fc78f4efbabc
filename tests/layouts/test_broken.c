/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are fine alone and wrong together, as a user meets them: what `mentorlab check` says, where, and the line that
 * settles it; exit code 3; the results of before stay as they are.
 *
 *   people.csv 40 people, hired 2019 to 2021, p05 and p06 leave          surveys.csv 2022-05-10, p07 .. p36
 *   promotions.csv p10 and p11 in 2022, in four-digit ids                pairs.csv p30 .. p35 mentor p10 .. p15
 */
#include "cli/program.h"

#include "core/text.h"

static const char study[] = "title: Broken\n"                                                                      /* 1 */
                            "as_of: 2024-12-31\n"                                                                  /* 2 */
                            "data:\n"                                                                              /* 3 */
                            "  people: {file: people.csv, id: worker}\n"                                           /* 4 */
                            "  promotions: {file: promotions.csv}\n"                                               /* 5 */
                            "  surveys: {file: surveys.csv, satisfaction: satisfaction, scale: [1, 2, 3, 4, 5]}\n" /* 6 */
                            "  relationships: {file: pairs.csv}\n"                                                 /* 7 */
                            "events:\n"                                                                            /* 8 */
                            "  exit: {voluntary: [resigned], involuntary: [dismissed]}\n"                          /* 9 */
                            "panel: {period: quarter, from: 2022-01-01}\n";                                        /* 10 */

static void write_world(void)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_text people = MLAB_TEXT(&context), surveys = MLAB_TEXT(&context), pairs = MLAB_TEXT(&context);
    mlab_text_append(&people, "worker,email,hired,left,exit_reason,grade\n");
    mlab_text_append(&surveys, "worker,date,satisfaction\n");
    mlab_text_append(&pairs, "mentor,mentee,start,end,kind\n");
    for (int i = 1; i <= 40; i++)
        mlab_text_print(&people, "%04d,p%02d@example.com,20%d-%02d-01,%s,%s,%d\n", i, i, 19 + i % 3, 1 + i % 12,
                        i == 5   ? "2023-03-31"
                        : i == 6 ? "2023-08-31"
                                 : "",
                        i == 5   ? "resigned"
                        : i == 6 ? "dismissed"
                                 : "",
                        1 + i % 4);
    for (int i = 7; i <= 36; i++) mlab_text_print(&surveys, "%04d,2022-05-10,%d\n", i, 1 + i % 5);
    for (int i = 0; i < 6; i++) mlab_text_print(&pairs, "%04d,%04d,2022-02-01,2023-01-31,program\n", 30 + i, 10 + i);
    write_here("people.csv", mlab_text_get(&people));
    write_here("surveys.csv", mlab_text_get(&surveys));
    write_here("pairs.csv", mlab_text_get(&pairs));
    write_here("promotions.csv", "worker,date,to\n0010,2022-04-01,4\n0011,2022-09-15,5\n");
    write_here("study.yaml", study);
    mlab_text_free(&people);
    mlab_text_free(&surveys);
    mlab_text_free(&pairs);
}

typedef struct broken {
    const char *name;
    const char *command; /* of the shell, that breaks the files */
    const char *says[4]; /* on the screen of check, in any order */
} broken;

static const broken cases[] = {
    {"a promotion before the hire",
     "echo 0012,2001-01-01,3 >> promotions.csv",
     {"promotions.csv  promotions before the person was hired", "row 4 column \"date\"  2001-01-01", "promotions: {impossible: drop}"}},
    {"a promotion after the exit",
     "echo 0005,2024-01-01,4 >> promotions.csv",
     {"promotions.csv  promotions after the person had left", "row 4 column \"date\"  2024-01-01", "promotions: {impossible: drop}"}},
    {"left before hired",
     "sed -i 's/^0005,\\(.*\\),2021-06-01,2023-03-31/0005,\\1,2021-06-01,2020-03-31/' people.csv",
     {"people.csv  people who left before they were hired", "row 6 column \"left\"  2020-03-31"}},
    {"the wrong column for ids",
     "sed -i 's/id: worker/id: email/' study.yaml",
     {"6 of 6 mentors are not in people.csv (100.0 %, allowed 5 %); 6 of them stand in its column \"worker\"",
      "crosswalk: {file: people.csv, from: worker, to: email}",
      "column 'email' is not in surveys.csv; its headings are 'worker', 'date', 'satisfaction'"}},
    {"a join with 3 % linked",
     "sed -i '3,$s/^00/77/' surveys.csv",
     {"surveys.csv  29 of 30 people with answers are not in people.csv (96.7 %, allowed 5 %)", "row 3 column \"person\"  7708",
      "surveys: {person: HEADING}      (the column of their ids; or people: {file: ...}, or a crosswalk)"}},
    {"answers without a person",
     "sed -i 's/^[^,]*,//' surveys.csv",
     {"column 'worker' is not in surveys.csv; its headings are 'date', 'satisfaction'", "surveys: {person: HEADING}"}},
    {"mentors who are nobody",
     "sed -i '2,$s/^00/99/' pairs.csv",
     {"pairs.csv  6 of 6 mentors are not in people.csv (100.0 %, allowed 5 %)", "row 2 column \"mentor\"  9930", "relationships: {mentor: HEADING}"}},
    {"people and pairs swapped",
     "mv people.csv x; mv pairs.csv people.csv; mv x pairs.csv",
     {"study.yaml:4:34: column 'worker' is not in people.csv; its headings are 'mentor', 'mentee', 'start', 'end', 'kind'",
      "column 'mentor' is not in pairs.csv; its headings are 'worker'", "relationships: {mentor: HEADING}"}},
    {"promotions and answers swapped",
     "mv promotions.csv x; mv surveys.csv promotions.csv; mv x surveys.csv",
     {"study.yaml:6:46: column 'satisfaction' is not in surveys.csv; its headings are 'worker', 'date', 'to'"}},
    {"mentoring oneself",
     "echo 0020,0020,2022-03-01,,program >> pairs.csv",
     {"pairs.csv  people who mentor themselves", "row 8 column \"mentee\"  0020", "relationships: {impossible: drop}"}},
    {"a pair that ends before it starts",
     "echo 0020,0021,2022-03-01,2021-03-01,program >> pairs.csv",
     {"pairs.csv  relationships that end before they start", "row 8 column \"end\"  2021-03-01", "relationships: {impossible: drop}"}},
    {"a pair begun after the exit",
     "echo 0020,0005,2024-03-01,,program >> pairs.csv",
     {"pairs.csv  relationships that start after the mentee had left", "row 8 column \"start\"  2024-03-01", "relationships: {impossible: drop}"}},
    {"one id in two rows",
     "echo 0005,again@example.com,2022-01-01,,,2 >> people.csv",
     {"people.csv  ids of people.csv stand in more than one row; one row a person is expected", "row 42 column \"id\"  0005",
      "duplicates: drop      (only where the rows are exact copies)"}},
    {"a reason that is not listed",
     "sed -i 's/,dismissed,/,abducted,/' people.csv",
     {"decide   people.csv  the reason for leaving 'abducted' belongs to no cause of exit", "row 7 column \"exit_reason\"  abducted",
      "events: {exit: {voluntary: [..., \"abducted\"]}}"}},
    {"an exit without a reason",
     "sed -i 's/,dismissed,/,,/' people.csv",
     {"decide   people.csv  people left without a reason; say which cause they count for", "row 7 column \"exit_reason\"",
      "events: {exit: {no_reason: voluntary}}"}},
    {"days that can be read in two ways",
     "sed -i 's/2022-05-10/05\\/06\\/2022/' surveys.csv",
     {"decide   surveys.csv  column \"date\" reads as day/month and as month/day; no row settles it", "row 2 column B \"date\"  05/06/2022",
      "dates: dmy      (or mdy)"}},
    {"an answer outside the scale",
     "echo 0038,2022-05-10,9 >> surveys.csv",
     {"surveys.csv  column \"satisfaction\" has the label '9', which is not among its scale", "row 32 column C \"satisfaction\"  9"}},
    {"zeros gone from the pairs",
     "sed -i 's/\\b00*//g; s/,0*/,/g; 2,$s/,2-/,2022-/' pairs.csv",
     {"6 of 6 mentors are not in people.csv (100.0 %, allowed 5 %); 6 of them match with leading zeros", "row 2 column \"mentor\"  30",
      "id: {pad: 4}"}},
    {"a file that is not there", "rm promotions.csv", {"study.yaml:5:22: promotions.csv cannot be opened: No such file or directory"}},
    {"a population of nobody",
     "sed -i 's/id: worker/id: worker, population: grade > 9/' study.yaml",
     {"study.yaml:4:54: 40 of 40 people do not belong to the study's population",
      "nobody is there between the first and the last day of the panel; see panel.from, panel.to, as_of"}},
    {"an export before everything",
     "sed -i 's/as_of: 2024-12-31/as_of: 2018-12-31/' study.yaml",
     {"30 answers after 2018-12-31 have not happened yet", "the panel ends before it begins", "panel: {from: 2021-01-01, to: 2024-12-31}"}},
    {"a grid that ends before it begins",
     "sed -i 's/from: 2022-01-01/from: 2022-01-01, to: 2021-01-01/' study.yaml",
     {"the panel ends before it begins", "panel: {from: 2021-01-01, to: 2024-12-31}"}},
    {"grades without an order",
     "sed -i '2,$s/,\\([1-4]\\)$/,g\\1/' people.csv",
     {"decide   people.csv  grades are labels without an order; write them from low to high",
      "people: {grade: {from: grade, scale: [4, 5, g1, g2, g3, ...]}}"}},
    {"nobody was ever hired on a day",
     "sed -i '2,$s/,20[12][0-9]-[0-9]*-01,/,soon,/' people.csv",
     {"people.csv  cells of column \"hired\" are not dates", "row 2 column C \"hired\"  soon"}},
    {"the hire of one is missing",
     "sed -i 's/^0009,\\([^,]*\\),[^,]*,/0009,\\1,,/' people.csv",
     {"people.csv  column \"hired\" must not have missing cells", "row 10 column C \"hired\""}},
    {"headings of another language",
     "sed -i '1s/.*/worker,email,Eintritt,Austritt,Grund,Stufe/' people.csv",
     {"column 'hired' is not in people.csv; its headings are 'worker', 'email', 'Eintritt', 'Austritt', 'Grund', 'Stufe'",
      "people: {hired: HEADING}      (the heading that holds it)"}},
    {"an arm on numbers where labels stand",
     "echo 'arms: {coaching: {relationships: \"kind == 9\"}}' >> study.yaml",
     {"study.yaml:11:34: expression, character 1: \"kind\" has levels such as 'program', not numbers; levels stand in quotes"}},
    {"a condition on a column that is not there",
     "printf 'arms:\\n  coaching: {relationships: \"sort == 1\"}\\n' >> study.yaml",
     {"study.yaml:12:29: expression, character 1: there is no column \"sort\"; texts stand in quotes"}},
};

START_TEST(what_is_wrong_between_files_is_told_with_its_remedy)
{
    start_here();
    write_world();
    int code = shell(PROGRAM " run study.yaml && cp results.h5 before.h5");
    ck_assert_msg(code == 0 || code == 4, "%s%s", out, err_out);
    shell("cp results.h5 before.h5");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_world();
        ck_assert_int_eq(shell("%s", cases[i].command), 0);
        code = shell(PROGRAM " check study.yaml");
        ck_assert_msg(code == 3, "%s: exit code %d\n%s%s", cases[i].name, code, out, err_out);
        for (size_t k = 0; k < 4 && cases[i].says[k]; k++)
            ck_assert_msg(strstr(out, cases[i].says[k]) || strstr(err_out, cases[i].says[k]), "%s: '%s' is not in:\n%s%s", cases[i].name,
                          cases[i].says[k], out, err_out);
        ck_assert_int_eq(shell(PROGRAM " run study.yaml"), 3);
        ck_assert_int_eq(shell("cmp results.h5 before.h5"), 0);
    }
}
END_TEST

MLAB_TEST_MAIN("broken", what_is_wrong_between_files_is_told_with_its_remedy)

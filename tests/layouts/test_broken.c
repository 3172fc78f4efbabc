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

/* --- job histories and crosswalks ------------------------------------------------------------------------
 *
 *   people.csv 0001 .. 0030 with e-mails          history.csv hired in 2020 or 2021, every fifth promoted in 2022, 0007 and 0014 leave
 *   pairs.csv by e-mail: 0001 .. 0004 mentor 0011 .. 0014 from 2022-02-01       ids.csv leads from e-mails to ids */

static const char history_study[] = "title: Broken\n"                                                                              /* 1 */
                                    "as_of: 2024-12-31\n"                                                                          /* 2 */
                                    "data:\n"                                                                                      /* 3 */
                                    "  people: {file: people.csv}\n"                                                               /* 4 */
                                    "  history: {file: history.csv, person: id, from: from, reason: reason, exit_day: last_day}\n" /* 5 */
                                    "  relationships: {file: pairs.csv}\n"                                                         /* 6 */
                                    "  crosswalk: {file: ids.csv, from: email, to: person}\n"                                      /* 7 */
                                    "events:\n"                                                                                    /* 8 */
                                    "  promotion: {when: \"grade > previous\"}\n"                                                  /* 9 */
                                    "  hire: [Hire]\n"                                                                             /* 10 */
                                    "  exit: {voluntary: [Resigned], involuntary: [Dismissed]}\n"                                  /* 11 */
                                    "  other: [Promotion]\n"                                                                       /* 12 */
                                    "panel: {period: quarter, from: 2022-01-01}\n";                                                /* 13 */

static void write_history_world(void)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_text people = MLAB_TEXT(&context), history = MLAB_TEXT(&context), ids = MLAB_TEXT(&context), pairs = MLAB_TEXT(&context);
    mlab_text_append(&people, "id,gender\n");
    mlab_text_append(&ids, "email,person\n");
    mlab_text_append(&history, "id,from,to,reason,grade\n");
    mlab_text_append(&pairs, "mentor,mentee,start,end,kind\n");
    for (int i = 1; i <= 30; i++) {
        bool leaves = i == 7 || i == 14, rises = i % 5 == 0;
        mlab_text_print(&people, "%04d,%s\n", i, i % 2 ? "f" : "m");
        mlab_text_print(&ids, "p%02d@example.com,%04d\n", i, i);
        mlab_text_print(&history, "%04d,202%d-%02d-01,,Hire,%d\n", i, i % 2, 1 + i % 12, 1 + i % 3);
        if (rises) mlab_text_print(&history, "%04d,2022-%02d-15,,Promotion,%d\n", i, 1 + i % 12, 2 + i % 3);
        if (leaves) mlab_text_print(&history, "%04d,2023-0%d-28,,%s,%d\n", i, i / 7, i == 7 ? "Resigned" : "Dismissed", 1 + i % 3);
    }
    for (int i = 1; i <= 4; i++) mlab_text_print(&pairs, "p%02d@example.com,p%02d@example.com,2022-02-01,2023-01-31,program\n", i, 10 + i);
    write_here("people.csv", mlab_text_get(&people));
    write_here("history.csv", mlab_text_get(&history));
    write_here("ids.csv", mlab_text_get(&ids));
    write_here("pairs.csv", mlab_text_get(&pairs));
    write_here("study.yaml", history_study);
    mlab_text_free(&people);
    mlab_text_free(&history);
    mlab_text_free(&ids);
    mlab_text_free(&pairs);
}

static const broken histories[] = {
    {"a row that ends before it begins",
     "sed -i 's/^0003,\\(2021-04-01\\),,/0003,\\1,2020-01-01,/' history.csv",
     {"history.csv  rows of the job history that end before they begin", "row 4 column \"to\"  2020-01-01"}},
    {"spells that overlap",
     "echo 0004,2022-05-01,,Hire,3 >> history.csv",
     {"note     history.csv  people who are hired while they are there; the row counts as a change of their job", "row 40 column \"reason\""}},
    {"an exit of somebody who never came",
     "sed -i '/^0007,.*Hire/d' history.csv",
     {"note     history.csv  exits of people who are in no earlier row; they are not used", "row 9 column \"reason\""}},
    {"rows after the exit and no return",
     "echo 0007,2023-09-01,,Promotion,3 >> history.csv",
     {"note     history.csv  rows after an exit that bring nobody back are not used; days: 1"}},
    {"a reason that sounds like an exit",
     "echo 0009,2023-05-31,,Termination by court,1 >> history.csv",
     {"decide   history.csv  the reason 'Termination by court' is not listed; it sounds like an exit",
      "row 40 column \"reason\"  Termination by court",
      "events: {exit: {voluntary: [..., \"Termination by court\"]}}      (or involuntary, or end_of_study)"}},
    {"a history of other people",
     "sed -i '2,$s/^00/88/' history.csv",
     {"history.csv  30 of 30 people with job rows are not in people.csv (100.0 %, allowed 5 %)", "row 2 column \"person\"  8801",
      "history: {person: HEADING}"}},
    {"half of the people without a row",
     "sed -i '/^00[12][0-9]/d' history.csv",
     {"decide   people.csv  20 of 30 people have no row in history.csv", "row 11 column \"id\"  0010", "history: {accept_missing: 0.67}"}},
    {"a leave, and nobody says whether it is at risk",
     "echo 0008,2022-08-01,,Family leave,1 >> history.csv; sed -i 's/^  other:/  leave: {begins: [Family leave]}\\n  other:/' study.yaml",
     {"study.yaml:12:10: 1 leaves begin; do their days count as days at risk of promotion and exit?",
      "events: {leave: {at_risk: yes}}      (or no: its days are left out)"}},
    {"a day before which all is ahead",
     "sed -i 's/as_of: 2024-12-31/as_of: 2019-12-31/' study.yaml",
     {"30 of 30 people have no row in history.csv", "history: {accept_missing: 1}"}},
    {"days of the history in two readings",
     "sed -i '2,$s/,\\(20..\\)-\\(..\\)-..,/,\\2\\/01\\/\\1,/' history.csv",
     {"decide   history.csv  column \"from\" reads as day/month and as month/day; no row settles it", "dates: dmy      (or mdy)"}},
    {"a state that ends and nobody says why",
     "sed -i 's/^0003,\\(2021-04-01\\),,/0003,\\1,2022-06-30,/' history.csv",
     {"decide   history.csv  people left without a reason; say which cause they count for", "row 4 column \"to\"",
      "events: {exit: {no_reason: end_of_study}}      (or a cause)"}},
    {"grades of the history without an order",
     "sed -i '2,$s/,\\([1-4]\\)$/,g\\1/' history.csv",
     {"decide   history.csv  grades are labels without an order; write them from low to high",
      "people: {grade: {from: grade, scale: [g1, g2, g3, g4]}}"}},
    {"an e-mail that leads to two people",
     "echo p01@example.com,0002 >> ids.csv",
     {"ids.csv  what leads to two different people in a crosswalk; each may lead to one", "row 32 column \"from\"  p01@example.com"}},
    {"a crosswalk to ids of nobody",
     "sed -i '2,$s/,00/,55/' ids.csv",
     {"pairs.csv  4 of 4 mentors are not in people.csv", "note     ids.csv  rows of a crosswalk that lead to ids which are not in the people file",
      "row 2 column \"to\"  5501"}},
    {"no crosswalk",
     "sed -i '/crosswalk/d' study.yaml",
     {"pairs.csv  4 of 4 mentees are not in people.csv (100.0 %, allowed 5 %); 4 of them match by the digits in them",
      "id: {take: '(\\d+)', pad: 4}"}},
    {"a promotion by a column that is not there",
     "sed -i 's/grade > previous/band > previous/' study.yaml",
     {"study.yaml:9:21: expression, character 1: there is no column \"band\"; texts stand in quotes",
      "events: {promotion: {when: \"grade > previous\"}}"}},
    {"a reason of two causes",
     "sed -i 's/involuntary: .Dismissed./involuntary: [Dismissed, Resigned]/' study.yaml",
     {"study.yaml:11:58: the reason 'Resigned' stands under voluntary and under involuntary; it can count for one"}},
};

static void check_all(const broken *rows, size_t n, void (*write_files)(void))
{
    start_here();
    write_files();
    int code = shell(PROGRAM " run study.yaml");
    ck_assert_msg(code == 0 || code == 4, "%s%s", out, err_out);
    ck_assert_int_eq(shell("cp results.h5 before.h5"), 0);
    for (size_t i = 0; i < n; i++) {
        write_files();
        ck_assert_int_eq(shell("%s", rows[i].command), 0);
        code = shell(PROGRAM " check study.yaml");
        bool is_note = !strncmp(rows[i].says[0], "note", 4); /* worth knowing, and no reason to stop */
        ck_assert_msg(code == (is_note ? 0 : 3), "%s: exit code %d\n%s%s", rows[i].name, code, out, err_out);
        for (size_t k = 0; k < 4 && rows[i].says[k]; k++)
            ck_assert_msg(strstr(out, rows[i].says[k]) || strstr(err_out, rows[i].says[k]), "%s: '%s' is not in:\n%s%s", rows[i].name,
                          rows[i].says[k], out, err_out);
        if (is_note) continue;
        ck_assert_int_eq(shell(PROGRAM " run study.yaml"), 3);
        ck_assert_int_eq(shell("cmp results.h5 before.h5"), 0);
    }
}

START_TEST(what_is_wrong_between_files_is_told_with_its_remedy)
{
    check_all(cases, sizeof cases / sizeof *cases, write_world);
}
END_TEST

START_TEST(what_is_wrong_in_a_job_history_or_a_crosswalk_is_told_with_its_remedy)
{
    check_all(histories, sizeof histories / sizeof *histories, write_history_world);
}
END_TEST

MLAB_TEST_MAIN("broken", what_is_wrong_between_files_is_told_with_its_remedy, what_is_wrong_in_a_job_history_or_a_crosswalk_is_told_with_its_remedy)

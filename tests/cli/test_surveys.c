/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Surveys and arms from several sources as a user sees them: what check tells, the report, the results file. */
#include "cli/program.h"

#include <unistd.h>

/* 120 people; 30 of them in a program since February 2021, the rest asked twice whether they have an informal mentor. The first 20 never
 * answer. In June 2022 some leave. Waves in May 2021 and 2022. */
static void put_firm(const char *surveys)
{
    static const char *const labels[] = {"Disagree", "Neutral", "Agree"};
    char path[4400];
    start_here();
    ck_assert_int_eq(chdir(here), 0);
    FILE *people = fopen("people.csv", "w"), *pairs = fopen("pairs.csv", "w"), *study = fopen("study.yaml", "w");
    ck_assert(people && pairs && study);
    fputs("id,hired,left,grade\n", people);
    fputs("mentor,mentee,start,end,kind\n", pairs);
    for (int i = 0; i < 120; i++) {
        bool program = i % 4 == 0;
        bool leaves = program ? i % 20 == 0 : i % 4 == 1 || i % 12 == 2;
        fprintf(people, "p%03d,2020-01-01,%s,%d\n", i, leaves ? "2022-06-15" : "", 1 + i % 3);
        if (program) fprintf(pairs, "p%03d,p%03d,2021-02-01,,program\n", (i + 1) % 120, i);
    }
    for (int wave = 0; wave < 2; wave++) {
        snprintf(path, sizeof path, "w%d.csv", wave + 1);
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fputs("id,q1,q2,q3,mentor,dept,done\n", file);
        for (int i = 20; i < 120; i++) {
            int mood = (i * 7 + wave) % 3;
            fprintf(file, "p%03d,%s,%s,%s,%s,%s,%s\n", i, labels[mood], labels[(mood + i % 2) % 3], labels[2 - mood], i % 4 == 2 ? "Yes" : "No",
                    i < 23  ? "Small"
                    : i % 2 ? "Lab"
                            : "Shop",
                    i % 50 == 49 ? "False" : "True");
        }
        fclose(file);
    }
    fprintf(study,
            "as_of: 2022-12-31\n"
            "data:\n"
            "  people: {file: people.csv}\n"
            "  relationships: {file: pairs.csv}\n"
            "  surveys:\n"
            "    files: {2021-05-01: w1.csv, 2022-05-01: w2.csv}\n"
            "    scale: [Disagree, Neutral, Agree]\n"
            "    satisfaction: {items: [q1, q2, q3], reverse: [q3], need: 2}\n"
            "    finished: {column: done}\n%s"
            "arms:\n"
            "  structured: {relationships: \"kind == 'program'\"}\n"
            "%s"
            "  both: [structured%s]\n"
            "panel: {period: quarter, from: 2021-01-01, to: 2022-12-31}\n"
            "outcomes: {retention: {model: hazard, formula: \"exit ~ arm\"}%s}\n",
            surveys, *surveys ? "" : "  informal: {survey: mentor, carry: 12 months}\n", *surveys ? "" : ", informal",
            *surveys ? "" : ", satisfaction: {model: linear, formula: \"satisfaction ~ arm\"}");
    fclose(people);
    fclose(pairs);
    fclose(study);
}

START_TEST(check_tells_who_answered_how_well_and_what_the_unknown_could_move)
{
    put_firm("");
    ck_assert_msg(shell(PROGRAM " check study.yaml") == 0, "%s", err_out);
    ck_says(out, "answers that nobody finished; left out");
    ck_says(out, "row 31 column \"done\"  False      row 81 column \"done\"  False      w2.csv row 31 column \"done\"  False   ... 1 more");
    ck_says(out, "arm informal");
    ck_says(out, "no source says who was mentored in");
    ck_says(out, "scores                      items    scored   reliability (alpha, 95 %)");
    ck_says(out, "satisfaction                3       196   0.");
    ck_says(out, "informal, raw: ");
    ck_says(out, "; if all unknown were none ");
    ck_says(out, ", if they were informal ");
    ck_assert_msg(shell(PROGRAM " check study.yaml --json") == 0, "%s", err_out);
    ck_says(out, "\"items\": 3, \"alpha\": 0.");
    ck_says(out, "\"raw_difference_if_unknown_were_reference\": ");
}
END_TEST

START_TEST(the_results_and_the_report_hold_scores_and_who_answered)
{
    put_firm("");
    ck_assert_msg(shell(PROGRAM " fit study.yaml") == 0, "%s", err_out);
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /data/surveys/alpha"), 0);
    ck_says(out, "satisfaction,0.");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /data/surveys/invited"), 0);
    ck_says(out, "satisfaction,structured,60");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /data/surveys/invited --minimum-cell 20"), 0); /* 10 of them did not answer */
    ck_says(out, "satisfaction,structured,\n");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /data/surveys/replied --minimum-cell 20"), 0);
    ck_says(out, "satisfaction,structured,\n");
    ck_assert_int_eq(shell("cat summary.md"), 0);
    ck_says(out, "### How far could the unknown move it?");
    ck_says(out, "| Satisfaction, mean | informal | ");
    ck_says(out, "### Surveys");
    ck_says(out, "| satisfaction | structured | 83 % |"); /* 25 of 30, twice */
}
END_TEST

START_TEST(answers_without_a_person_are_told_by_group_and_small_groups_are_hidden)
{
    put_firm("    group: dept\n");
    ck_assert_msg(shell(PROGRAM " fit study.yaml") == 0, "%s", err_out);
    ck_assert_int_eq(shell(PROGRAM " check study.yaml"), 0);
    ck_says(out, "no key leads from the answers to people");
    ck_says(out, "satisfaction by dept: mean (answers); no difference between groups of mentoring can be told");
    ck_says(out, "    Small                             hidden          hidden\n");
    ck_says(out, "hidden");
    ck_assert_int_eq(shell("cat summary.md"), 0);
    ck_says(out, "satisfaction by dept and wave: mean (95 % interval), answers");
    ck_says(out, "), 48 answers");
    ck_says(out, "| Small | hidden | hidden |");
    ck_assert_int_eq(shell(PROGRAM " inspect results.h5"), 0);
    ck_says(out, "/data/surveys/alpha");
    ck_says_not(out, "Small");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /data/survey_groups"), 0);
    ck_says(out, "measure,group,wave,told,size,n,mean,lower,upper\n");
    ck_says(out, "satisfaction,Small,2021-05-01,0,,,,,\n");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /data/survey_groups --out groups.json && cat groups.json"), 0);
    ck_says(out, "\"group\": \"Small\", \"wave\": \"2021-05-01\", \"told\": 0, \"size\": null, \"n\": null, \"mean\": null");
    ck_assert_int_eq(shell(PROGRAM " export results.h5 /data/survey_groups --minimum-cell 100"), 0);
    ck_says_not(out, ",1,,4");
    ck_says(out, "satisfaction,Shop,2021-05-01,1,,,,,\n");
}
END_TEST

/* The alphabet is no order of answers. */
START_TEST(labels_of_an_ordinal_outcome_need_an_order)
{
    start_here();
    ck_assert_int_eq(chdir(here), 0);
    ck_assert_int_eq(
        shell("printf 'mood,site\\n' > p.csv; for i in 1 2 3 4 5 6; do printf 'Agree,a\\nDisagree,b\\nNeutral,a\\nAgree,b\\n' >> p.csv; done; "
              "printf 'data: {people: {file: p.csv}}\\noutcomes: {mood: {model: ordinal, formula: \"mood ~ site\"}}\\n' > study.yaml"),
        0);
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 3);
    ck_says(err_out, "the labels of 'mood' have no stated order; an ordinal model needs one");
    ck_says(err_out, "columns: {mood: {scale: [lowest, ..., highest]}}");
    ck_assert_int_eq(shell("printf 'data: {people: {file: p.csv}, columns: {mood: {scale: [Disagree, Neutral, Agree]}}}\\n"
                           "outcomes: {mood: {model: ordinal, formula: \"mood ~ site\"}}\\n' > study.yaml"),
                     0);
    ck_assert_msg(shell(PROGRAM " fit study.yaml") == 0, "%s", err_out);
    ck_says(out, "Disagree|Neutral");
}
END_TEST

START_TEST(a_study_whose_fit_gives_no_draws_may_be_run_again)
{
    put_firm("");
    /* nobody at desk a leaves: the coefficient has no maximum, and no draws can be made of it */
    ck_assert_int_eq(
        shell("awk -F, 'NR == 1 {print $0 \",desk\"; next} {print $1 \",\" $2 \",\" ($4 == 1 ? \"\" : $3) \",\" $4 \",\" ($4 == 1 ? "
              "\"a\" : \"b\")}' people.csv > p.csv && mv p.csv people.csv && sed -i 's/exit ~ arm/exit ~ desk/' study.yaml && "
              "printf 'simulation: {horizon: 2 quarters, draws: 10, replicates: 2}\\nscenarios: {today: {policy: none}}\\n' >> study.yaml"),
        0);
    int first = shell(PROGRAM " fit study.yaml");
    ck_assert_msg(first == 4, "%d %s %s", first, out, err_out);
    ck_assert_int_eq(shell(PROGRAM " fit study.yaml"), 4);
}
END_TEST

MLAB_TEST_MAIN("cli/surveys", labels_of_an_ordinal_outcome_need_an_order, a_study_whose_fit_gives_no_draws_may_be_run_again,
               check_tells_who_answered_how_well_and_what_the_unknown_could_move, the_results_and_the_report_hold_scores_and_who_answered,
               answers_without_a_person_are_told_by_group_and_small_groups_are_hidden)

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Surveys: waves, items, scales, unfinished rows, reliability, answers without a person. */
#include "data/reliability.h"
#include "data/study_world.h"

#include <math.h>

/*  wave 2022-05-01, w1.csv                wave 2023-05-01, w2.csv
 *  id   q1      q2     q3 (reversed)      id   q1   q2   q3
 *  p1   agree   agree  disagree  5 5 5    p1   ...
 */
static void put_firm(const char *surveys, const char *rest)
{
    static char text[4000];
    ck_assert_int_eq(chdir(mlab_test_folder("surveys")), 0);
    put("people.csv", "id,hired\np1,2020-01-01\np2,2020-01-01\np3,2020-01-01\np4,2022-09-01\n");
    put("w1.csv", "id,q1,q2,q3,done,dept\n"
                  "p1,Agree,agree ,Disagree,True,Lab\n"
                  "p2,\xEF\xBB\xBFNeutral,n/a,NEUTRAL,TRUE,Lab\n"
                  "p3,Disagree,,,True,Shop\n");
    put("w2.csv", "id,q1,q2,q3,done,dept\n"
                  "p4,Agree,Neutral,Neutral,True,Shop\n"
                  "p1,Disagree,Disagree,Agree,True,Lab\n"
                  "p2,Agree,Agree,Agree,False,Lab\n");
    snprintf(text, sizeof text,
             "as_of: 2023-12-31\n"
             "data:\n"
             "  people: {file: people.csv}\n"
             "  surveys:\n%s"
             "panel: {period: quarter, from: 2022-01-01, to: 2023-12-31}\n%s",
             surveys, rest);
    put("study.yaml", text);
}

static const char waves[] = "    files: {2023-05-01: w2.csv, 2022-05-01: w1.csv}\n"
                            "    scale: [Disagree, Neutral, Agree]\n"
                            "    missing: [N/A, \"\"]\n"
                            "    satisfaction: {items: [q1, q2, q3], reverse: [q3], need: 2}\n"
                            "    finished: {column: done, is: \"true\"}\n";

/* The score of a person in the quarter of a day; -1 = none. */
static double score_at(const study_world *w, const char *id, const char *date, const char *column)
{
    const mlab_panel *panel = w->data->panel;
    mlab_date day;
    ck_assert(mlab_date_parse_iso(date, 10, &day));
    const mlab_column *score = mlab_table_find(panel->rows, column);
    ck_assert_msg(score, "no column %s", column);
    for (size_t i = 0; i < panel->n_rows; i++)
        if (!strcmp(panel->ids[panel->person[i]], id) && panel->start[i] < day && panel->stop[i] >= day) {
            if (score->missing && score->missing[i]) return -1;
            return score->type == MLAB_COLUMN_REAL ? score->as.real[i] : score->as.integer[i];
        }
    return -2;
}

START_TEST(waves_in_files_become_scores_of_items)
{
    study_world w;
    put_firm(waves, "");
    world_load(&w, 0);
    has_loaded(&w);
    ck_assert(score_at(&w, "p1", "2022-05-01", "satisfaction") == 3); /* 3, 3 and 1 from the other end */
    ck_assert(score_at(&w, "p2", "2022-05-01", "satisfaction") == 2); /* two of three are enough */
    ck_assert(score_at(&w, "p3", "2022-05-01", "satisfaction") == -1);
    ck_assert(score_at(&w, "p1", "2023-05-01", "satisfaction") == 1);
    ck_near(score_at(&w, "p4", "2023-05-01", "satisfaction"), 7.0 / 3, 1e-15, 0);
    ck_assert(score_at(&w, "p2", "2023-05-01", "satisfaction") == -1); /* not finished */
    ck_assert(score_at(&w, "p1", "2022-10-01", "satisfaction_last") == 3);
    ck_assert(score_at(&w, "p1", "2022-05-01", "satisfaction_last") == -1);
    has_finding(&w, "unfinished", MLAB_SEVERITY_NOTE, 1, "surveys: {unfinished: keep}");
    ck_assert_str_eq(finding_of(&w, "unfinished")->occurrences[0].place.file, "w2.csv");
    ck_assert_uint_eq(finding_of(&w, "unfinished")->occurrences[0].place.line, 4);
    const mlab_survey *s = w.data->survey;
    ck_assert_uint_eq(s->n_waves, 2);
    ck_assert_str_eq(s->waves[0].name, "2022-05-01");
    ck_assert_uint_eq(s->waves[0].answers, 3);
    ck_assert_uint_eq(s->waves[1].answers, 2);
    ck_assert_uint_eq(s->waves[1].unfinished, 1);
    ck_assert_uint_eq(s->n_measures, 1);
    ck_assert_uint_eq(s->measures[0].scored, 4);
    ck_assert_uint_eq(s->measures[0].too_few, 1);
    ck_assert_int_eq(s->measures[0].n_reversed, 1);
    ck_assert(s->measures[0].low == 1 && s->measures[0].high == 3);
    ck_assert_ptr_nonnull(strstr(w.data->guesses,
                                 "satisfaction is the mean of the answered ones of 3 items (1 reversed) where at least 2 are answered, a "
                                 "number from 1 to 3"));
    world_close(&w);
}
END_TEST

/* p1 mentored by p3 from August 2022 on; wave 1: three asked, two scored; wave 2: four asked, two scored. */
START_TEST(who_was_asked_and_who_answered_is_counted_by_arm)
{
    study_world w;
    put_firm(waves, "");
    static char text[4000];
    snprintf(text, sizeof text,
             "as_of: 2023-12-31\ndata:\n  people: {file: people.csv}\n  relationships: {file: pairs.csv}\n  surveys:\n%s"
             "panel: {period: quarter, from: 2022-01-01, to: 2023-12-31}\n",
             waves);
    put("study.yaml", text);
    put("pairs.csv", "mentor,mentee,start,end\np3,p1,2022-08-01,\n");
    world_load(&w, 0);
    has_loaded(&w);
    const mlab_survey *s = w.data->survey;
    ck_assert_int_eq(s->n_arms, 2);
    ck_assert_uint_eq(s->invited[0], 3 + 3);
    ck_assert_uint_eq(s->replied[0], 2 + 1);
    ck_assert_uint_eq(s->invited[1], 1);
    ck_assert_uint_eq(s->replied[1], 1);
    ck_assert_uint_eq(s->invited[2], 0);
    world_close(&w);
}
END_TEST

START_TEST(items_that_go_against_each_other_are_noted)
{
    study_world w;
    put_firm("    files: {2022-05-01: w1.csv, 2023-05-01: w2.csv}\n"
             "    scale: [Disagree, Neutral, Agree]\n"
             "    missing: [N/A, \"\"]\n"
             "    satisfaction: {items: [q1, q3], need: 2}\n",
             "");
    world_load(&w, 0);
    has_loaded(&w);
    has_finding(&w, "low_reliability", MLAB_SEVERITY_NOTE, 1, "reverse: [<item>]");
    world_close(&w);
}
END_TEST

START_TEST(the_order_of_rows_and_files_changes_nothing)
{
    study_world a, b;
    put_firm(waves, "");
    world_load(&a, 0);
    has_loaded(&a);
    put_firm("    files: {2022-05-01: w1.csv, 2023-05-01: w2.csv}\n"
             "    scale: [Disagree, Neutral, Agree]\n"
             "    missing: [N/A, \"\"]\n"
             "    satisfaction: {items: [q1, q2, q3], reverse: [q3], need: 2}\n"
             "    finished: {column: done, is: \"true\"}\n",
             "");
    put("w2.csv", "id,q1,q2,q3,done,dept\np2,Agree,Agree,Agree,False,Lab\np1,Disagree,Disagree,Agree,True,Lab\np4,Agree,Neutral,Neutral,True,Shop\n");
    world_load(&b, 0);
    has_loaded(&b);
    ck_assert_uint_eq(a.data->panel->n_rows, b.data->panel->n_rows);
    const mlab_column *x = mlab_table_find(a.data->panel->rows, "satisfaction"), *y = mlab_table_find(b.data->panel->rows, "satisfaction");
    ck_assert_mem_eq(x->as.real, y->as.real, a.data->panel->n_rows * sizeof *x->as.real);
    ck_assert_mem_eq(x->missing, y->missing, a.data->panel->n_rows);
    world_close(&a);
    world_close(&b);
}
END_TEST

START_TEST(unfinished_rows_are_kept_when_the_study_says_so)
{
    study_world w;
    static char text[1000];
    snprintf(text, sizeof text, "%s    unfinished: keep\n", waves);
    put_firm(text, "");
    world_load(&w, 0);
    has_loaded(&w);
    ck_near(score_at(&w, "p2", "2023-05-01", "satisfaction"), 7.0 / 3, 1e-15, 0); /* 3, 3, and 3 turned to 1 */
    has_finding(&w, "unfinished", MLAB_SEVERITY_NOTE, 1, "");
    world_close(&w);
}
END_TEST

START_TEST(one_item_stays_levels_and_may_be_turned)
{
    study_world w;
    put_firm("    files: {2022-05-01: w1.csv, 2023-05-01: w2.csv}\n"
             "    scale: [Disagree, Neutral, Agree]\n"
             "    missing: [N/A, \"\"]\n"
             "    satisfaction: {items: [q3], reverse: [q3]}\n"
             "    measures: {pride: q1, ease: {items: [q1, q2], need: 2}}\n",
             "");
    world_load(&w, 0);
    has_loaded(&w);
    const mlab_column *column = mlab_table_find(w.data->panel->rows, "satisfaction");
    ck_assert_int_eq(column->type, MLAB_COLUMN_FACTOR);
    ck_assert(column->ordered);
    ck_assert_str_eq(column->levels[0], "Agree");
    ck_assert(score_at(&w, "p1", "2022-05-01", "satisfaction") == 2);
    ck_assert(score_at(&w, "p1", "2023-05-01", "satisfaction") == 0);
    ck_assert(score_at(&w, "p3", "2022-05-01", "pride") == 0);
    ck_assert(score_at(&w, "p1", "2022-05-01", "ease") == 3);
    ck_assert(score_at(&w, "p2", "2022-05-01", "ease") == -1);
    ck_assert_uint_eq(w.data->survey->n_measures, 3);
    world_close(&w);
}
END_TEST

static void refuses(const char *surveys, const char *kind, mlab_severity severity, const char *part)
{
    study_world w;
    put_firm(surveys, "");
    world_load(&w, 0);
    ck_assert_int_eq(w.status, MLAB_ERR_DATA_REJECTED);
    const mlab_finding *f = finding_of(&w, kind);
    ck_assert_msg(f, "no finding '%s'; the first is '%s'", kind, w.findings.n ? w.findings.items[0].kind : "none");
    ck_assert_int_eq(f->severity, severity);
    ck_assert_msg(strstr(f->sentence, part) || strstr(f->remedy, part), "%s / %s", f->sentence, f->remedy);
    world_close(&w);
}

START_TEST(what_is_wrong_with_a_survey_is_said)
{
    refuses("    files: {may 2022: w1.csv}\n", "bad_wave", MLAB_SEVERITY_STOP, "written as 2022-05-01");
    refuses("    files: {2022-05-01: none.csv}\n", "cannot_open", MLAB_SEVERITY_STOP, "none.csv");
    refuses("    scale: [1, 2, 3]\n", "no_survey_file", MLAB_SEVERITY_STOP, "name no file");
    refuses("    files: {}\n", "no_survey_file", MLAB_SEVERITY_STOP, "name no file");
    refuses("    file: w1.csv\n", "missing_column", MLAB_SEVERITY_STOP, "date");
    refuses("    files: {2022-05-01: w1.csv}\n    scale: [Disagree, Neutral, Agree]\n    satisfaction: {items: [q1, q9]}\n", "missing_column",
            MLAB_SEVERITY_STOP, "q9");
    refuses("    files: {2022-05-01: w1.csv}\n    scale: [Disagree, Neutral, Agree]\n    satisfaction: {items: [q1, q2], reverse: [q3]}\n",
            "unknown_item", MLAB_SEVERITY_STOP, "'q3' is reversed and is none of the items of satisfaction");
    refuses("    files: {2022-05-01: w1.csv}\n    scale: [Disagree, Neutral, Agree]\n    satisfaction: {items: [q1, q2], need: 3}\n",
            "too_much_needed", MLAB_SEVERITY_STOP, "needs 3 answers, it has 2 items");
    refuses("    files: {2022-05-01: w1.csv}\n    scale: [Disagre, Neutral, Agree]\n    missing: [N/A, \"\"]\n    satisfaction: {items: [q1, q2]}\n",
            "unknown_label", MLAB_SEVERITY_STOP, "did you mean 'Disagre'?");
    refuses("    files: {2022-05-01: w1.csv}\n    missing: [N/A, \"\"]\n    satisfaction: {items: [q1, q2]}\n", "scale_unordered",
            MLAB_SEVERITY_DECIDE, "scale: [lowest, ..., highest]");
    refuses("    files: {2022-05-01: w1.csv}\n    finished: {column: done, is: Complete}\n", "none_finished", MLAB_SEVERITY_DECIDE, "finished");
}
END_TEST

START_TEST(answers_without_a_person_are_told_by_group_and_wave_alone)
{
    study_world w;
    put_firm("    files: {2022-05-01: w1.csv, 2023-05-01: w2.csv}\n"
             "    scale: [Disagree, Neutral, Agree]\n"
             "    missing: [N/A, \"\"]\n"
             "    satisfaction: {items: [q1, q2, q3], reverse: [q3], need: 2}\n"
             "    group: dept\n",
             "");
    world_load(&w, 0);
    has_loaded(&w);
    has_finding(&w, "answers_without_person", MLAB_SEVERITY_NOTE, 1, "surveys: {person: <column>}");
    ck_assert_uint_eq(w.data->panel->n_measures, 0);
    ck_assert_ptr_null(mlab_table_find(w.data->panel->rows, "satisfaction"));
    const mlab_survey *s = w.data->survey;
    ck_assert(s->anonymous);
    ck_assert_uint_eq(s->n_groups, 2);
    ck_assert_str_eq(s->groups[0], "Lab");
    ck_assert_uint_eq(s->cells[0].n, 2); /* Lab, 2022: 3 and 2 */
    ck_near(s->cells[0].mean, 2.5, 1e-15, 0);
    ck_near(s->cells[0].sd, sqrt(0.5), 1e-15, 0);
    ck_near(s->cells[0].upper, 2.5 + 12.706204736174698 * sqrt(0.5) / sqrt(2), 1e-12, 0); /* t with 1 degree of freedom */
    ck_assert_int_eq(s->cells[0].size, -1);
    ck_assert(!mlab_survey_size_told(&s->cells[0], 1));
    ck_assert_uint_eq(s->cells[2].n, 0); /* Shop, 2022: one answer to too few items */
    ck_assert_uint_eq(s->cells[3].n, 1);
    world_close(&w);
}
END_TEST

START_TEST(days_of_one_file_make_waves)
{
    study_world w;
    put_firm("    file: all.csv\n    scale: [1, 2, 3, 4, 5]\n", "");
    put("all.csv", "id,date,satisfaction\np1,2022-05-20,4\np2,2022-05-03,5\np3,2022-06-15,1\np1,2023-05-02,2\np4,2023-05-09,3\n");
    world_load(&w, 0);
    has_loaded(&w);
    const mlab_survey *s = w.data->survey;
    ck_assert_uint_eq(s->n_waves, 2);
    ck_assert_str_eq(s->waves[0].name, "2022-05-03");
    ck_assert_int_eq(s->waves[0].last - s->waves[0].first, 43);
    ck_assert_uint_eq(s->waves[1].answers, 2);
    world_close(&w);
}
END_TEST

START_TEST(alpha_and_its_interval_are_those_of_the_formula)
{
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    mlab_reliability_sums sums;
    /* R: x <- cbind(c(1,2,3,4,5,3), c(2,2,3,5,5,2), c(1,3,2,4,4,3)); k <- 3; n <- 6; a <- k/(k-1)*(1-sum(diag(cov(x)))/sum(cov(x)));
     * a; 1-(1-a)*qf(c(.975,.025), n-1, (n-1)*(k-1)) */
    static const double answers[6][3] = {{1, 2, 1}, {2, 2, 3}, {3, 3, 2}, {4, 5, 4}, {5, 5, 4}, {3, 2, 3}};
    ck_assert_int_eq(mlab_reliability_start(&context, 3, &sums, &err), MLAB_OK);
    ck_assert(!mlab_reliability_of(&sums, 0.95).found);
    for (int i = 0; i < 6; i++) mlab_reliability_add(&sums, answers[i]);
    mlab_reliability r = mlab_reliability_of(&sums, 0.95);
    ck_assert(r.found);
    ck_near(r.alpha, 0.923611111111111, 1e-12, 0);
    ck_near(r.lower, 0.6764101225689236, 1e-10, 0);
    ck_near(r.upper, 0.9884594186713208, 1e-10, 0);
    mlab_reliability_free(&context, &sums);
    ck_assert_int_eq(mlab_reliability_start(&context, 2, &sums, &err), MLAB_OK);
    for (int i = 0; i < 6; i++) mlab_reliability_add(&sums, (double[]){3, 3});
    ck_assert(!mlab_reliability_of(&sums, 0.95).found); /* nothing varies */
    mlab_reliability_free(&context, &sums);
}
END_TEST

START_TEST(every_allocation_may_fail_while_surveys_are_read)
{
    put_firm(waves, "");
    sweep_allocations();
}
END_TEST

START_TEST(every_allocation_may_fail_while_groups_are_told)
{
    put_firm("    files: {2022-05-01: w1.csv, 2023-05-01: w2.csv}\n"
             "    scale: [Disagree, Neutral, Agree]\n"
             "    missing: [N/A, \"\"]\n"
             "    satisfaction: {items: [q1, q2, q3], reverse: [q3], need: 2}\n"
             "    group: dept\n",
             "");
    sweep_allocations();
}
END_TEST

MLAB_TEST_MAIN("data/surveys", waves_in_files_become_scores_of_items, who_was_asked_and_who_answered_is_counted_by_arm,
               items_that_go_against_each_other_are_noted, the_order_of_rows_and_files_changes_nothing,
               unfinished_rows_are_kept_when_the_study_says_so, one_item_stays_levels_and_may_be_turned, what_is_wrong_with_a_survey_is_said,
               answers_without_a_person_are_told_by_group_and_wave_alone, days_of_one_file_make_waves,
               alpha_and_its_interval_are_those_of_the_formula, every_allocation_may_fail_while_surveys_are_read,
               every_allocation_may_fail_while_groups_are_told)
